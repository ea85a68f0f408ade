/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <arpa/inet.h>
#include <ekube/file.h>
#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "machine_try.h"
#include "server.h"

enum { SAID = 160, MAX_PROC = 64 << 10, MIN_FREE = 4 << 20 };

#define CGROUP2_MAGIC 0x63677270L

/* ---- who, what ---- */

static int look_root(const struct server_config *c, char said[SAID], struct ek_err *err)
{
	(void)c;
	(void)ek_str_into(said, SAID, "user %d", (int)geteuid());
	if (geteuid() == 0)
		return 0;
	return ek_fail(
		err, -EPERM,
		"a node needs root: run `sudo ekube server`, or only the control plane with --disable-agent");
}

static int look_kernel(const struct server_config *c, char said[SAID], struct ek_err *err)
{
	struct utsname u;

	(void)c;
	if (uname(&u) < 0)
		return ek_fail_errno(err, "uname");
	(void)ek_str_into(said, SAID, "%s %s", u.release, u.machine);
	return 0;
}

static int look_runtime(const struct server_config *c, char said[SAID], struct ek_err *err)
{
	EK_FREE char *path = ek_program_find(c->runtime);

	if (!path && strchr(c->runtime, '/'))
		return ek_fail(err, -ENOENT,
			       "--runtime %.200s is not a program: give the path of runc or crun",
			       c->runtime);
	if (!path)
		return ek_fail(
			err, -ENOENT,
			"%.100s is not installed: install it (Debian: apt-get install %.100s), "
			"or name another with --runtime",
			c->runtime, c->runtime);
	(void)ek_str_into(said, SAID, "%.100s", path);
	return 0;
}

static int look_runtime_version(const struct server_config *c, char said[SAID], struct ek_err *err)
{
	EK_FREE char *path = ek_program_find(c->runtime);
	EK_FREE char *text = NULL;
	char version[64];

	if (!path)
		return ek_fail(err, -ENOENT, "%.100s: there is none", c->runtime);
	text = machine_output_of(path, "--version");
	machine_runtime_version(text, version);
	if (!version[0])
		return ek_fail(err, EK_EINVALID,
			       "%.200s does not say its version: is it runc or crun?", path);
	(void)ek_str_into(said, SAID, "%.60s", version);
	return 0;
}

void machine_runtime_version(const char *text, char out[64])
{
	const char *at = text ? strstr(text, " version ") : NULL;

	out[0] = '\0';
	if (at && at < text + strcspn(text, "\n"))
		(void)ek_str_into(out, 64, "%.*s", (int)strcspn(at + 9, " \n"), at + 9);
}

/* ---- the kernel ---- */

/* "memory 0 34 1": the last column says whether it is on. */
static bool is_on(const char *text, const char *controller, bool unified)
{
	size_t n = strlen(controller);

	for (const char *at = text; (at = strstr(at, controller)); at += n) {
		bool starts = at == text || at[-1] == '\n' || at[-1] == ' ';
		size_t rest = strcspn(at, "\n");

		if (!starts || (at[n] && !strchr(" \t\n", at[n])))
			continue;
		return unified || (rest > 0 && at[rest - 1] == '1');
	}
	return false;
}

const char *machine_missing_controller(const char *text, bool unified)
{
	static const char *const wanted[] = { "cpu", "memory", "pids" };

	for (size_t i = 0; i < EK_ARRAY_LEN(wanted); i++)
		if (!is_on(text, wanted[i], unified))
			return wanted[i];
	return NULL;
}

static int look_cgroups(const struct server_config *c, char said[SAID], struct ek_err *err)
{
	EK_FREE char *text = NULL;
	struct statfs fs;
	const char *missing;
	bool unified;

	(void)c;
	if (statfs("/sys/fs/cgroup", &fs) < 0)
		return ek_fail(err, -ENOENT, "no cgroups: mount them at /sys/fs/cgroup");
	unified = (long)fs.f_type == CGROUP2_MAGIC;
	if (ek_file_read(AT_FDCWD, unified ? "/sys/fs/cgroup/cgroup.controllers" : "/proc/cgroups",
			 MAX_PROC, &text, NULL, err) < 0)
		return ek_wrap(err, -ENOENT, "no cgroups");
	missing = machine_missing_controller(text, unified);
	if (missing)
		return ek_fail(
			err, -ENOENT,
			"the kernel's %s cgroup is off: add cgroup_enable=%s to its command line and reboot",
			missing, missing);
	if (unified)
		(void)ek_str_into(said, SAID, "version 2");
	else
		(void)ek_str_into(said, SAID, "version 1%s",
				  access("/sys/fs/cgroup/unified", F_OK) == 0 ? ", hybrid" : "");
	return 0;
}

/*
 * A mount without options fails in any case; how it fails tells whether the kernel has the file
 * system, after it has loaded the module.
 */
static int look_overlay(const struct server_config *c, char said[SAID], struct ek_err *err)
{
	(void)c;
	if (mount("overlay", "/", "overlay", 0, "") == 0 || (errno != ENODEV && errno != EPERM)) {
		(void)ek_str_into(said, SAID, "there");
		return 0;
	}
	if (errno == EPERM)
		return ek_fail(
			err, -EPERM,
			"this root may not mount: run ekube on the machine itself, or in a privileged container");
	return ek_fail(
		err, -ENODEV,
		"the kernel has no overlayfs, on which images are mounted: load it (modprobe overlay), or use a "
		"kernel with CONFIG_OVERLAY_FS");
}

/* The whole network, in a namespace that goes away. */
static int look_network(const struct server_config *c, char said[SAID], struct ek_err *err)
{
	(void)ek_str_into(said, SAID, "bridge, veth, nf_tables");
	return machine_try_network(c, err);
}

/* ---- places ---- */

static int look_port(const struct server_config *c, char said[SAID], struct ek_err *err)
{
	EK_CLOSE int fd = -1;
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)c->port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = in4.sin_port };
	bool is4 = inet_pton(AF_INET, c->bind_address, &in4.sin_addr) == 1;
	int on = 1, rc;

	if (!is4 && inet_pton(AF_INET6, c->bind_address, &in6.sin6_addr) != 1)
		return ek_fail(err, EK_EINVALID, "--bind-address %.60s is not an address",
			       c->bind_address);
	fd = socket(is4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ek_fail_errno(err, "socket for --bind-address %.60s", c->bind_address);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	rc = is4 ? bind(fd, (struct sockaddr *)&in4, sizeof(in4)) :
		   bind(fd, (struct sockaddr *)&in6, sizeof(in6));
	if (rc == 0)
		rc = listen(fd, 1);
	(void)ek_str_into(said, SAID, "%.60s:%d is free", c->bind_address, c->port);
	if (rc == 0)
		return 0;
	if (errno == EADDRINUSE)
		return ek_fail(
			err, -EADDRINUSE,
			"port %d is in use by another program: stop it, or choose another with --https-listen-port",
			c->port);
	if (errno == EADDRNOTAVAIL)
		return ek_fail(
			err, -EADDRNOTAVAIL,
			"--bind-address %.60s is no address of this machine: `ip address` lists those it has",
			c->bind_address);
	return ek_fail_errno(err, "listen on %.60s port %d (--bind-address, --https-listen-port)",
			     c->bind_address, c->port);
}

/* The path itself, or what of it exists. */
static char *existing_part(const char *path)
{
	char *copy = ek_str_dup(path);

	while (access(copy, F_OK) < 0 && strrchr(copy, '/') > copy)
		*strrchr(copy, '/') = '\0';
	if (access(copy, F_OK) < 0)
		ek_str_set(&copy, "/");
	return copy;
}

/* For a first start: what is there already may be read from a full disk, too. */
static int look_space(const struct server_config *c, char said[SAID], struct ek_err *err)
{
	EK_FREE char *layout = ek_path_join(c->instance.data_dir, "layout");
	EK_FREE char *place = existing_part(c->instance.data_dir);
	struct statvfs fs;
	uint64_t bytes;

	if (statvfs(place, &fs) < 0)
		return ek_fail_errno(err, "--data-dir %.200s", c->instance.data_dir);
	bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	(void)ek_str_into(said, SAID, "%" PRIu64 " MB free for %.100s", bytes >> 20,
			  c->instance.data_dir);
	if (fs.f_flag & ST_RDONLY)
		return ek_fail(
			err, -EROFS,
			"%.200s is on a file system that is read-only: choose another --data-dir",
			c->instance.data_dir);
	if (bytes >= MIN_FREE || access(layout, F_OK) == 0)
		return 0;
	return ek_fail(err, -ENOSPC,
		       "the disk of %.200s is full (%" PRIu64
		       " KB are free): make room, or choose another --data-dir",
		       c->instance.data_dir, bytes >> 10);
}

static int look_kubeconfig(const struct server_config *c, char said[SAID], struct ek_err *err)
{
	EK_FREE char *copy = ek_str_dup(c->kubeconfig);
	EK_FREE char *place = existing_part(dirname(copy));
	struct stat st;

	(void)ek_str_into(said, SAID, "%.150s", c->kubeconfig);
	if (stat(c->kubeconfig, &st) == 0 && S_ISDIR(st.st_mode))
		return ek_fail(err, -EISDIR,
			       "--write-kubeconfig %.200s is a directory: name a file",
			       c->kubeconfig);
	if (stat(place, &st) == 0 && !S_ISDIR(st.st_mode))
		return ek_fail(
			err, -ENOTDIR,
			"the kubeconfig cannot be written, %.200s is not a directory: choose another "
			"file with --write-kubeconfig",
			place);
	if (access(place, W_OK) < 0)
		return ek_fail(
			err, -errno,
			"the kubeconfig cannot be written to %.200s (%s): choose another file with "
			"--write-kubeconfig",
			place, strerror(errno));
	return 0;
}

/* ---- all of it ---- */

const struct machine_need machine_needs[] = {
	{ "root",            MACHINE_NODE,                 look_root },
	{ "kernel",          0,                            look_kernel },
	{ "cgroups",         MACHINE_NODE,                 look_cgroups },
	{ "overlayfs",       MACHINE_NODE,                 look_overlay },
	{ "network",         MACHINE_NETWORK | MACHINE_SLOW, look_network },
	{ "runtime",         MACHINE_NODE,                 look_runtime },
	{ "runtime version", MACHINE_NODE | MACHINE_SLOW,  look_runtime_version },
	{ "port",            0,                            look_port },
	{ "disk",            0,                            look_space },
	{ "kubeconfig",      0,                            look_kubeconfig },
};
const size_t n_machine_needs = EK_ARRAY_LEN(machine_needs);

bool machine_need_applies(const struct machine_need *need, const struct server_config *c)
{
	if ((need->flags & MACHINE_NODE) && c->disable_agent)
		return false;
	return !((need->flags & MACHINE_NETWORK) && (c->disable_agent || c->disable_network));
}

int machine_check(const struct server_config *c, struct ek_err *err)
{
	char said[SAID];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n_machine_needs; i++)
		if (!(machine_needs[i].flags & MACHINE_SLOW) &&
		    machine_need_applies(&machine_needs[i], c))
			rc = machine_needs[i].look(c, said, err);
	return rc;
}
