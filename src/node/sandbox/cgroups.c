/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>
#include <ekube/vec.h>

#include "spec/runtime_spec.h"

enum { MOUNTINFO_MAX = 4 << 20, FILE_MAX = 1 << 20, DEPTH_MAX = 16, HIERARCHIES_MAX = 32 };

struct hierarchy {
	char *mount;   /* where it is mounted */
	char *options; /* "rw,memory": v1's controllers */
	bool  v2;
	bool  whole;   /* not a part of it: names are as /proc has them */
};

struct ek_cgroups {
	char *instance;
	bool  limits, unified;
	EK_VEC(struct hierarchy) all;
};

/* ---- what the machine has ---- */

static const struct hierarchy *with_controller(const struct ek_cgroups *c, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < c->all.n; i++) {
		const struct hierarchy *h = &c->all.items[i];

		for (const char *at = h->options; !h->v2 && (at = strstr(at, name)); at += n)
			if ((at == h->options || at[-1] == ',') && (at[n] == ',' || !at[n]))
				return h;
	}
	return NULL;
}

/* "36 35 98:0 /root /mount/point rw,noatime master:1 - type source rw,options" */
static void read_mount(struct ek_cgroups *c, char *line)
{
	char *dash = strstr(line, " - "), *head[8], *tail[3];
	struct hierarchy h = { 0 };

	if (!dash || c->all.n >= HIERARCHIES_MAX)
		return;
	*dash = '\0';
	if (ek_str_split(line, ' ', head, EK_ARRAY_LEN(head)) < 6 ||
	    ek_str_split(dash + 3, ' ', tail, 3) < 3)
		return;
	h.v2 = ek_streq(tail[0], "cgroup2");
	if (!h.v2 && !ek_streq(tail[0], "cgroup"))
		return;
	/* the same hierarchy may be mounted twice */
	for (size_t i = 0; i < c->all.n; i++)
		if (c->all.items[i].v2 == h.v2 && ek_streq(c->all.items[i].options, tail[2]))
			return;
	h.whole = ek_streq(head[3], "/");
	h.mount = ek_str_dup(head[4]);
	h.options = ek_str_dup(tail[2]);
	ek_vec_push(&c->all, h);
}

int ek_cgroups_open(const char *instance, bool limits, struct ek_cgroups **ret, struct ek_err *err)
{
	struct ek_cgroups *c = ek_new(struct ek_cgroups);
	EK_FREE char *text = NULL;
	char *line, *next;
	int rc = ek_file_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, NULL, err);

	c->instance = ek_str_dup(instance);
	c->limits = limits;
	for (line = text; rc == 0 && line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		read_mount(c, line);
	}
	if (rc == 0 && c->all.n == 0)
		rc = ek_fail(err, EK_EUNAVAILABLE,
			     "no cgroup file system is mounted: mount cgroup2 on /sys/fs/cgroup");
	if (rc < 0) {
		ek_cgroups_free(c);
		return rc;
	}
	/* v1 rules where it has the controllers, whatever else is mounted: so do runtimes */
	c->unified = !with_controller(c, "memory") && !with_controller(c, "cpu") && !with_controller(c, "pids");
	*ret = c;
	return 0;
}

void ek_cgroups_free(struct ek_cgroups *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->all.n; i++) {
		free(c->all.items[i].mount);
		free(c->all.items[i].options);
	}
	ek_vec_done(&c->all);
	free(c->instance);
	free(c);
}

bool ek_cgroups_unified(const struct ek_cgroups *c)
{
	return c->unified;
}

bool ek_cgroups_swap_limit(const struct ek_cgroups *c)
{
	const struct hierarchy *h = with_controller(c, "memory");
	EK_FREE char *path = ek_str_fmt("%s/memory.memsw.limit_in_bytes", h ? h->mount : "");

	return c->unified || access(path, F_OK) == 0;
}

/* ---- files ---- */

static const struct hierarchy *v2(const struct ek_cgroups *c)
{
	for (size_t i = 0; i < c->all.n; i++)
		if (c->all.items[i].v2)
			return &c->all.items[i];
	return NULL;
}

/* Where the controller's files are: its v1 hierarchy, or the unified one. */
static const struct hierarchy *home_of(const struct ek_cgroups *c, const char *controller)
{
	return c->unified ? v2(c) : with_controller(c, controller);
}

static int write_file(const char *dir, const char *name, const char *value)
{
	EK_FREE char *path = ek_path_join(dir, name);
	EK_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

static int write_number(const char *dir, const char *name, int64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, n);
	return write_file(dir, name, text);
}

static int64_t read_number(const char *dir, const char *name)
{
	EK_FREE char *path = ek_path_join(dir, name);
	EK_FREE char *text = NULL;
	int64_t n;

	if (ek_file_read(AT_FDCWD, path, FILE_MAX, &text, NULL, NULL) < 0)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	return ek_str_to_int(text, 0, INT64_MAX, &n) < 0 ? -1 : n;
}

/* "key 123" in a file of such lines */
static int64_t read_key(const char *dir, const char *name, const char *key)
{
	EK_FREE char *path = ek_path_join(dir, name);
	EK_FREE char *text = NULL;
	size_t n = strlen(key);

	if (ek_file_read(AT_FDCWD, path, FILE_MAX, &text, NULL, NULL) < 0)
		return -1;
	for (char *at = text; (at = strstr(at, key)); at += n)
		if ((at == text || at[-1] == '\n') && at[n] == ' ')
			return strtoll(at + n + 1, NULL, 10);
	return -1;
}

/* ---- making ---- */

/* In v2 a controller is there only when every cgroup above hands it down. */
static void hand_down(const char *dir)
{
	static const char *const controllers[] = { "+cpu",    "+memory", "+pids",
						   "+cpuset", "+io",	 "+hugetlb" };

	for (size_t i = 0; i < EK_ARRAY_LEN(controllers); i++)
		(void)write_file(dir, "cgroup.subtree_control", controllers[i]);
}

/* mkdir -p below the mount, handing controllers down on the way. */
static int make_path(const struct hierarchy *h, const char *path, struct ek_err *err)
{
	EK_FREE char *full = ek_str_fmt("%s%s", h->mount, path);
	size_t at = strlen(h->mount);

	for (;;) {
		char *slash = strchr(full + at + 1, '/');

		if (h->v2) {
			char keep = full[at];

			full[at] = '\0';
			hand_down(full);
			full[at] = keep;
		}
		if (slash)
			*slash = '\0';
		if (mkdir(full, 0755) < 0 && errno != EEXIST)
			return ek_fail_errno(err, "make cgroup %s", full);
		if (!slash)
			return 0;
		at = (size_t)(slash - full);
		*slash = '/';
	}
}

static int put_v1(const struct ek_cgroups *c, const char *path, const struct ek_cgroup_limits *l,
		  struct ek_err *err)
{
	const struct hierarchy *cpu = with_controller(c, "cpu"), *memory = with_controller(c, "memory");
	int rc = cpu ? make_path(cpu, path, err) : 0;

	if (rc == 0 && memory && memory != cpu)
		rc = make_path(memory, path, err);
	if (rc < 0 || !c->limits)
		return rc;
	if (cpu) {
		EK_FREE char *dir = ek_str_fmt("%s%s", cpu->mount, path);

		(void)write_number(dir, "cpu.shares", ek_cpu_shares(l->cpu_request_milli));
		if (l->cpu_limit_milli > 0)
			rc = write_number(dir, "cpu.cfs_quota_us", ek_cpu_quota(l->cpu_limit_milli));
	}
	if (memory && rc == 0 && l->memory_limit > 0) {
		EK_FREE char *dir = ek_str_fmt("%s%s", memory->mount, path);

		rc = write_number(dir, "memory.limit_in_bytes", l->memory_limit);
	}
	return rc < 0 ? ek_fail(err, rc, "limit cgroup %s: %s", path, ek_err_name(rc)) : 0;
}

static int put_v2(const struct ek_cgroups *c, const char *path, const struct ek_cgroup_limits *l,
		  struct ek_err *err)
{
	const struct hierarchy *h = v2(c);
	EK_FREE char *dir = ek_str_fmt("%s%s", h->mount, path);
	int rc = make_path(h, path, err);

	if (rc < 0 || !c->limits)
		return rc;
	hand_down(dir);
	(void)write_number(dir, "cpu.weight", ek_cpu_weight(ek_cpu_shares(l->cpu_request_milli)));
	if (l->cpu_limit_milli > 0) {
		char text[64];

		(void)snprintf(text, sizeof(text), "%" PRId64 " %d", ek_cpu_quota(l->cpu_limit_milli), EK_CPU_PERIOD);
		rc = write_file(dir, "cpu.max", text);
	}
	if (rc == 0 && l->memory_limit > 0)
		rc = write_number(dir, "memory.max", l->memory_limit);
	/* a machine without the controller says ENOENT: it was told so at the start */
	return rc < 0 && rc != -ENOENT ? ek_fail(err, rc, "limit cgroup %s: %s", path, ek_err_name(rc)) : 0;
}

char *ek_cgroups_pod_path(const struct ek_cgroups *c, const char *qos, const char *uid)
{
	const char *class = ek_streq(qos, "Guaranteed") ? "" :
			    ek_streq(qos, "Burstable")	? "/burstable" :
							  "/besteffort";

	return ek_str_fmt("/%s/kubepods%s/pod%s", c->instance, class, uid);
}

int ek_cgroups_pod_make(const struct ek_cgroups *c, const char *path,
			const struct ek_cgroup_limits *limits, struct ek_err *err)
{
	return c->unified ? put_v2(c, path, limits, err) : put_v1(c, path, limits, err);
}

static int place(const struct hierarchy *h, const char *path, int pid, struct ek_err *err)
{
	EK_FREE char *dir = ek_str_fmt("%s%s", h->mount, path);
	int rc = make_path(h, path, err);

	if (rc == 0)
		rc = write_number(dir, "cgroup.procs", pid);
	return rc < 0 ? ek_fail(err, rc, "put a process into cgroup %s: %s", path, ek_err_name(rc)) : 0;
}

int ek_cgroups_place(const struct ek_cgroups *c, const char *path, int pid, struct ek_err *err)
{
	const struct hierarchy *cpu = home_of(c, "cpu"), *memory = home_of(c, "memory");
	int rc = memory ? place(memory, path, pid, err) : 0;

	return rc < 0 || !cpu || cpu == memory ? rc : place(cpu, path, pid, err);
}

/* "4:cpu,cpuacct:/a/b", or "0::/a/b" for v2: the path, if the line is of this hierarchy. */
static const char *path_in(char *line, const char *controller, bool unified)
{
	char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
	char *name, *rest;

	if (!path)
		return NULL;
	*path++ = '\0';
	if (unified)
		return names[1] ? NULL : path;
	for (name = strtok_r(names + 1, ",", &rest); name; name = strtok_r(NULL, ",", &rest))
		if (ek_streq(name, controller))
			return path;
	return NULL;
}

int ek_cgroups_stay(const struct ek_cgroups *c)
{
	const struct hierarchy *h = home_of(c, "memory");
	EK_FREE char *text = NULL, *dir = NULL;
	char *line, *rest;
	int rc = h && h->whole ? ek_file_read(AT_FDCWD, "/proc/self/cgroup", FILE_MAX, &text, NULL, NULL) : -ENOENT;

	if (rc < 0)
		return rc;
	for (line = strtok_r(text, "\n", &rest); line && !dir; line = strtok_r(NULL, "\n", &rest)) {
		const char *path = path_in(line, "memory", c->unified);

		dir = path ? ek_str_fmt("%s%s", h->mount, path) : NULL;
	}
	return dir ? write_file(dir, "cgroup.procs", "0") : -ENOENT;
}

bool ek_cgroups_has_process(const struct ek_cgroups *c, const char *path)
{
	const struct hierarchy *h = home_of(c, "memory");
	EK_FREE char *procs = ek_str_fmt("%s%s/cgroup.procs", h ? h->mount : "", path), *text = NULL;
	size_t n = 0;

	return ek_file_read(AT_FDCWD, procs, FILE_MAX, &text, &n, NULL) == 0 && n > 0;
}

void ek_cgroups_set_burstable(const struct ek_cgroups *c, int64_t cpu_milli)
{
	const struct hierarchy *h = home_of(c, "cpu");
	int64_t shares = ek_cpu_shares(cpu_milli);

	if (!h || !c->limits)
		return;
	EK_FREE char *burstable = ek_str_fmt("%s/%s/kubepods/burstable", h->mount, c->instance);
	EK_FREE char *best_effort = ek_str_fmt("%s/%s/kubepods/besteffort", h->mount, c->instance);

	if (c->unified) {
		(void)write_number(burstable, "cpu.weight", ek_cpu_weight(shares));
		(void)write_number(best_effort, "cpu.weight", 1);
	} else {
		(void)write_number(burstable, "cpu.shares", shares);
		(void)write_number(best_effort, "cpu.shares", 2);
	}
}

/* ---- removing ---- */

static void rest(int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* Signal everything in one directory; true when there was something. */
static bool kill_one(int dir)
{
	EK_FREE char *text = NULL;
	bool any = false;
	char *at, *end;

	if (ek_file_read(dir, "cgroup.procs", FILE_MAX, &text, NULL, NULL) < 0)
		return false;
	for (at = text; *at; at = end + (*end == '\n')) {
		long pid = strtol(at, &end, 10);

		if (end == at)
			break;
		any = true;
		if (pid > 1 && pid != getpid()) /* 0: of a pid namespace that this one cannot see */
			(void)kill((pid_t)pid, SIGKILL);
	}
	return any;
}

/*
 * Children first. remove: rmdir as well. Returns whether something still lives or could not be
 * removed.
 */
static bool walk(int parent, const char *name, bool remove, int depth)
{
	EK_CLOSE int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool busy = false;
	DIR *d;

	if (fd < 0)
		return errno != ENOENT;
	d = fdopendir(dup(fd));
	for (struct dirent *e; d && depth > 0 && (e = readdir(d));)
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			busy |= walk(fd, e->d_name, remove, depth - 1);
	if (d)
		closedir(d);
	if (!remove)
		return kill_one(fd) || busy;
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		busy = true;
	return busy;
}

static bool walk_in(const struct hierarchy *h, const char *path, bool remove)
{
	EK_CLOSE int root = open(h->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return root >= 0 && walk(root, path + 1, remove, DEPTH_MAX);
}

/* Everything is in every hierarchy; one that is there tells who lives. */
static bool kill_all(const struct ek_cgroups *c, const char *path)
{
	bool any = false;

	for (size_t i = 0; i < c->all.n; i++) {
		EK_FREE char *dir = ek_str_fmt("%s%s", c->all.items[i].mount, path);

		(void)write_file(dir, "pids.max", "0"); /* no forks while we count */
		if (c->all.items[i].v2)
			(void)write_file(dir, "cgroup.kill", "1");
		any |= walk_in(&c->all.items[i], path, false);
	}
	return any;
}

static bool remove_all(const struct ek_cgroups *c, const char *path)
{
	bool busy = false;

	for (size_t i = 0; i < c->all.n; i++)
		busy |= walk_in(&c->all.items[i], path, true);
	return busy;
}

int ek_cgroups_remove(const struct ek_cgroups *c, const char *path, int64_t ms, struct ek_err *err)
{
	int64_t pause = 1;

	/*
	 * rmdir refuses where something lives: the usual case, all dead, costs no look at processes
	 */
	for (;;) {
		if (!remove_all(c, path))
			return 0;
		(void)kill_all(c, path);
		if (ms <= 0)
			return ek_fail(err, -EBUSY, "cgroup %s is still in use", path);
		rest(pause);
		ms -= pause;
		pause = EK_MIN(pause * 2, (int64_t)50);
	}
}

void ek_cgroups_remove_instance(const struct ek_cgroups *c)
{
	static const char *const parts[] = { "/kubepods/burstable", "/kubepods/besteffort", "/kubepods", "" };

	for (size_t i = 0; i < c->all.n; i++)
		for (size_t k = 0; k < EK_ARRAY_LEN(parts); k++) {
			EK_FREE char *dir = ek_str_fmt("%s/%s%s", c->all.items[i].mount, c->instance, parts[k]);

			(void)rmdir(dir);
		}
}

/* ---- looking ---- */

char *ek_cgroups_oom_file(const struct ek_cgroups *c, const char *path)
{
	const struct hierarchy *h = home_of(c, "memory");

	return h ? ek_str_fmt("%s%s/%s", h->mount, path, c->unified ? "memory.events" : "memory.oom_control") : NULL;
}

static char *dir_of(const struct ek_cgroups *c, const char *controller, const char *path)
{
	const struct hierarchy *h = home_of(c, controller);

	return ek_str_fmt("%s%s", h ? h->mount : "/nowhere", path);
}

struct ek_cgroup_usage ek_cgroups_usage(const struct ek_cgroups *c, const char *path)
{
	EK_FREE char *cpu = dir_of(c, "cpuacct", path), *memory = dir_of(c, "memory", path), *pids = dir_of(c, "pids", path);
	struct ek_cgroup_usage u = { .pids = read_number(pids, "pids.current") };
	int64_t inactive;

	if (c->unified) {
		u.cpu_ns = read_key(cpu, "cpu.stat", "usage_usec");
		u.cpu_ns = u.cpu_ns < 0 ? -1 : u.cpu_ns * 1000;
		u.memory_usage = read_number(memory, "memory.current");
		u.memory_rss = read_key(memory, "memory.stat", "anon");
		inactive = read_key(memory, "memory.stat", "inactive_file");
	} else {
		u.cpu_ns = read_number(cpu, "cpuacct.usage");
		u.memory_usage = read_number(memory, "memory.usage_in_bytes");
		u.memory_rss = read_key(memory, "memory.stat", "total_rss");
		inactive = read_key(memory, "memory.stat", "total_inactive_file");
	}
	u.memory_working_set =
		u.memory_usage < 0 ?
			-1 :
			EK_MAX(u.memory_usage - EK_MAX(inactive, (int64_t)0), (int64_t)0);
	return u;
}

/* ---- what is there ---- */

struct found {
	EK_VEC(char *) paths;
};

static void add_found(struct found *f, const char *path)
{
	for (size_t i = 0; i < f->paths.n; i++)
		if (ek_streq(f->paths.items[i], path))
			return;
	ek_vec_push(&f->paths, ek_str_dup(path));
}

static void list_in(const struct hierarchy *h, const char *path, struct found *f)
{
	EK_FREE char *dir = ek_str_fmt("%s%s", h->mount, path);
	DIR *d = opendir(dir);

	for (struct dirent *e; d && (e = readdir(d));) {
		EK_FREE char *full = ek_str_fmt("%s/%s", path, e->d_name);

		if (ek_str_starts(e->d_name, "pod"))
			add_found(f, full);
	}
	if (d)
		closedir(d);
}

char **ek_cgroups_list_pods(const struct ek_cgroups *c)
{
	static const char *const classes[] = { "", "/burstable", "/besteffort" };
	struct found f = { 0 };

	for (size_t i = 0; i < c->all.n; i++)
		for (size_t k = 0; k < EK_ARRAY_LEN(classes); k++) {
			EK_FREE char *path = ek_str_fmt("/%s/kubepods%s", c->instance, classes[k]);

			list_in(&c->all.items[i], path, &f);
		}
	ek_vec_push(&f.paths, NULL);
	return f.paths.items;
}

void ek_cgroups_list_free(char **list)
{
	for (char **s = list; s && *s; s++)
		free(*s);
	free(list);
}
