/* SPDX-License-Identifier: Apache-2.0 */
#include "prepare.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <ekube/file.h>

#include "spec/env.h"
#include "spec/podspec.h"
#include "spec/spec_security.h"
#include "volume/subpath.h"
#include "spec/user.h"

enum { PROFILE_MAX = 1 << 20, DEVICES_MAX = 4096, DEVICES_DEPTH = 4 };

static void mount_done(struct ek_prepare_mount *m)
{
	free(m->volume);
	free(m->sub);
	free(m->bind_at);
	free(m->target);
}

void ek_prepare_done(struct ek_prepare *p)
{
	char *texts[] = { p->dir,   p->shim_dir, p->hostname,  p->cgroup,
			  p->netns, p->ipcns,	 p->utsns,     p->pidns,
			  p->shm,   p->log_path, p->term_path, p->seccomp_dir };

	for (size_t i = 0; i < EK_ARRAY_LEN(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < p->mounts.n; i++)
		mount_done(&p->mounts.items[i]);
	ek_vec_done(&p->mounts);
	ek_env_done(&p->env);
	if (p->image.user)
		ek_image_config_done(&p->image);
	ek_json_unref(p->pod);
	ek_json_unref(p->container);
	ek_json_unref(p->devices);
}

/* ---- in the pool ---- */

static int fail_config(struct ek_prepare *p, int rc)
{
	p->reason = "CreateContainerConfigError";
	return rc;
}

static int fail_create(struct ek_prepare *p, int rc)
{
	p->reason = "CreateContainerError";
	return rc;
}

static int make_folder_of(const char *path, mode_t mode, struct ek_err *err)
{
	EK_FREE char *copy = ek_str_dup(path);

	return ek_dir_make(AT_FDCWD, dirname(copy), mode, err);
}

/* The container may write its last words whoever it runs as. */
static int make_term_file(const struct ek_prepare *p, struct ek_err *err)
{
	int rc = make_folder_of(p->term_path, 0755, err);

	if (rc == 0)
		rc = ek_file_write(AT_FDCWD, p->term_path, "", 0, 0666, false, err);
	if (rc == 0 && chmod(p->term_path, 0666) < 0)
		rc = ek_fail_errno(err, "chmod %s", p->term_path);
	return rc;
}

static int make_folders(struct ek_prepare *p)
{
	int rc = make_folder_of(p->log_path, 0755, &p->err);

	if (rc == 0)
		rc = make_term_file(p, &p->err);
	if (rc == 0 && mkdir(p->shim_dir, 0700) < 0)
		rc = ek_fail_errno(&p->err, "make %s", p->shim_dir);
	return rc;
}

static int bind_subpaths(struct ek_prepare *p)
{
	const char *name = ek_json_str_at(p->container, "name");

	for (size_t i = 0; i < p->mounts.n; i++) {
		struct ek_prepare_mount *m = &p->mounts.items[i];
		int rc = m->sub ? ek_subpath_bind(m->volume, m->sub, m->bind_at, &p->err) : 0;

		if (rc < 0)
			return ek_wrap(&p->err, rc, "failed to prepare subPath for volumeMount \"%s\" of container \"%s\"",
				       m->target, name);
	}
	return 0;
}

static int load_profile(struct ek_prepare *p, struct ek_json **ret)
{
	const char *file, *type = ek_spec_seccomp_type(p->pod, p->container, &file);
	EK_CLOSE int dir = -1, fd = -1;
	EK_FREE char *text = NULL, *path = NULL;
	EK_JSON struct ek_json *v = NULL;
	size_t n;
	int rc;

	if (!ek_streq(type, "Localhost"))
		return 0;
	dir = open(p->seccomp_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = dir < 0 ? -errno : ek_open_beneath(dir, file ? file : "", O_RDONLY | O_CLOEXEC, 0, false);
	if (fd < 0)
		return ek_fail(&p->err, EK_ENOTFOUND, "cannot load seccomp profile \"%s/%s\": %s", p->seccomp_dir, file ? file : "",
			       ek_err_name(fd));
	path = ek_str_fmt("/proc/self/fd/%d", fd);
	rc = ek_file_read(AT_FDCWD, path, PROFILE_MAX, &text, &n, &p->err);
	if (rc == 0)
		rc = ek_json_parse(text, n, PROFILE_MAX, &v, NULL, &p->err);
	if (rc == 0)
		rc = ek_spec_seccomp_check(v, &p->err);
	if (rc < 0)
		return ek_wrap(&p->err, rc, "cannot load seccomp profile \"%s/%s\"", p->seccomp_dir, file);
	*ret = ek_steal(v);
	return 0;
}

static int write_json(const char *dir, const char *name, const struct ek_json *v,
		      struct ek_err *err)
{
	EK_FREE char *path = ek_path_join(dir, name), *text = ek_json_text(v);

	return ek_file_write(AT_FDCWD, path, text, strlen(text), 0600, false, err);
}

static int write_config(struct ek_prepare *p, const struct ek_user *user,
			const struct ek_json *profile)
{
	EK_FREE char *root = ek_path_join(p->dir, "rootfs");
	EK_JSON struct ek_json *config = NULL;
	EK_VEC(struct ek_spec_mount) mounts = { 0 };
	struct ek_spec_input in = {
		.pod = p->pod,
		.container = p->container,
		.image = &p->image,
		.env = &p->env,
		.user = user,
		.root = root,
		.hostname = p->hostname,
		.cgroup = p->cgroup,
		.netns = p->netns,
		.ipcns = p->ipcns,
		.utsns = p->utsns,
		.pidns = p->pidns,
		.shm = p->shm,
		.devices = p->devices,
		.localhost_profile = profile,
		.machine = p->machine,
		.no_limits = p->no_limits,
	};
	int rc;

	for (size_t i = 0; i < p->mounts.n; i++) {
		const struct ek_prepare_mount *m = &p->mounts.items[i];
		struct ek_spec_mount s = { .source = m->sub ? m->bind_at : m->volume,
					   .target = m->target,
					   .read_only = m->read_only,
					   .recursive_read_only = m->recursive_read_only,
					   .propagation = m->propagation };

		ek_vec_push(&mounts, s);
	}
	in.mounts = mounts.items;
	in.n_mounts = mounts.n;
	rc = ek_runtime_spec(&in, &config, &p->err);
	ek_vec_done(&mounts);
	if (rc == 0)
		rc = write_json(p->dir, "config.json", config, &p->err);
	return rc < 0 ? rc : write_json(p->dir, "process.json", ek_json_get(config, "process"), &p->err);
}

int ek_prepare_run(struct ek_prepare *p)
{
	EK_FREE char *root = ek_path_join(p->dir, "rootfs");
	EK_CLOSE int root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EK_JSON struct ek_json *profile = NULL;
	bool checks_user = ek_json_bool(ek_security_field(p->pod, p->container, "runAsNonRoot"), false);
	struct ek_user user;
	int rc;

	if (root_fd < 0)
		return fail_create(p, ek_fail_errno(&p->err, "open %s", root));
	rc = ek_user_resolve(root_fd, p->pod, p->container, p->image.user, &user, &p->err);
	if (rc < 0)
		return checks_user ? fail_config(p, rc) : fail_create(p, rc);
	rc = make_folders(p);
	if (rc < 0)
		return fail_create(p, rc);
	rc = bind_subpaths(p);
	if (rc < 0)
		return fail_config(p, rc);
	rc = load_profile(p, &profile);
	if (rc == 0)
		rc = write_config(p, &user, profile);
	return rc < 0 ? fail_create(p, rc) : 0;
}

/* ---- devices ---- */

static void add_device(struct ek_json *list, const char *path, const struct stat *st)
{
	if (ek_json_len(list) < DEVICES_MAX)
		ek_json_append(
			list,
			ek_json_make(
				"{'path':%s,'type':%s,'major':%d,'minor':%d,'fileMode':%d,'uid':%d,'gid':%d}",
				path, S_ISCHR(st->st_mode) ? "c" : "b", (int)major(st->st_rdev),
				(int)minor(st->st_rdev), (int)(st->st_mode & 07777),
				(int)st->st_uid, (int)st->st_gid));
}

static void walk_devices(const char *dir, struct ek_json *list, int depth)
{
	static const char *const skipped[] = { "pts", "shm",  "fd",	     "mqueue", ".",
					       "..",  ".lxc", ".lxd-mounts", ".udev",  "console" };
	DIR *d = opendir(dir);

	for (struct dirent *e; d && (e = readdir(d));) {
		EK_FREE char *path = ek_path_join(dir, e->d_name);
		bool skip = false;
		struct stat st;

		for (size_t i = 0; i < EK_ARRAY_LEN(skipped); i++)
			skip |= ek_streq(skipped[i], e->d_name);
		if (skip || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth > 0)
			walk_devices(path, list, depth - 1);
		else if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
			add_device(list, path, &st);
	}
	if (d)
		closedir(d);
}

struct ek_json *ek_prepare_devices(void)
{
	struct ek_json *list = ek_json_array();

	walk_devices("/dev", list, DEVICES_DEPTH);
	return list;
}
