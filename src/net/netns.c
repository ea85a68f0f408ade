/* SPDX-License-Identifier: Apache-2.0 */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "rtnl.h"

#define NSFS_MAGIC 0x6e736673

/* What the short-lived thread is given and what it leaves behind. */
struct visit {
	int ns_fd;        /* -1: a new namespace, pinned to path */
	const char *path;
	int (*fn)(void *arg);
	void *arg;
	struct ek_err *err;
	int rc;
};

static int loopback_up(struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	EK_NL struct ek_nl nl = EK_NL_INIT;
	int rc = ek_nl_open(&nl, NETLINK_ROUTE, err);

	if (rc < 0)
		return rc;
	ek_rtnl_put_up(&b, 1); /* loopback is the first link of every namespace */
	rc = ek_nl_talk(&nl, &b, NULL, NULL, NULL, err);
	return rc < 0 ? ek_wrap(err, rc, "set loopback up") : 0;
}

static int make_and_pin(struct visit *v)
{
	EK_CLOSE int fd = -1;

	if (unshare(CLONE_NEWNET) < 0)
		return ek_fail_errno(v->err, "make a network namespace");
	fd = open(v->path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0)
		return ek_fail_errno(v->err, "create %s", v->path);
	if (mount("/proc/thread-self/ns/net", v->path, NULL, MS_BIND, NULL) < 0) {
		int rc = ek_fail_errno(v->err, "pin a network namespace to %s", v->path);

		(void)unlink(v->path);
		return rc;
	}
	return loopback_up(v->err);
}

static int enter(struct visit *v)
{
	if (v->ns_fd < 0)
		return make_and_pin(v);
	if (setns(v->ns_fd, CLONE_NEWNET) < 0)
		return ek_fail_errno(v->err, "enter a network namespace");
	return 0;
}

static void *visit(void *arg)
{
	struct visit *v = arg;

	v->rc = enter(v);
	if (v->rc == 0)
		v->rc = v->fn(v->arg);
	return NULL;
}

static int run(struct visit *v)
{
	sigset_t all, old;
	pthread_t thread;
	int rc;

	sigfillset(&all); /* signals are the business of the threads that stay */
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&thread, NULL, visit, v);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0)
		return ek_fail(v->err, -rc, "start a thread: %s", strerror(rc));
	(void)pthread_join(thread, NULL);
	return v->rc;
}

int ek_netns_run(int ns_fd, int (*fn)(void *arg), void *arg, struct ek_err *err)
{
	struct visit v = { .ns_fd = ns_fd, .fn = fn, .arg = arg, .err = err };

	EK_ASSERT(ns_fd >= 0);
	return run(&v);
}

int ek_netns_create(const char *path, int (*fn)(void *arg), void *arg, struct ek_err *err)
{
	struct visit v = { .ns_fd = -1, .path = path, .fn = fn, .arg = arg, .err = err };
	int rc = run(&v);

	if (rc < 0 && rc != -EEXIST)
		(void)ek_netns_delete(path, NULL);
	return rc;
}

int ek_netns_open(const char *path, struct ek_err *err)
{
	EK_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 && errno != ENOENT)
		return ek_fail_errno(err, "open %s", path);
	/* a plain file is what a kill between creating and pinning leaves behind */
	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return ek_fail(err, EK_ENOTFOUND, "no network namespace at %s", path);
	return ek_steal_fd(fd);
}

int ek_netns_delete(const char *path, struct ek_err *err)
{
	/* EINVAL: not a mount point, only the file is left */
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL && errno != ENOENT)
		return ek_fail_errno(err, "unmount %s", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return ek_fail_errno(err, "remove %s", path);
	return 0;
}

int ek_sysctl_set(const char *key, const char *value, struct ek_err *err)
{
	EK_FREE char *path = ek_str_fmt("/proc/sys/%s", key);
	EK_FREE char *now = NULL;
	EK_CLOSE int fd = -1;
	size_t n = 0;
	int rc = ek_file_read(AT_FDCWD, path, 4096, &now, &n, err);

	if (rc < 0)
		return rc;
	if (n > 0 && now[n - 1] == '\n')
		now[n - 1] = '\0';
	if (strcmp(now, value) == 0)
		return 0; /* so that a read-only /proc/sys that is already right does not matter */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || ek_write_all(fd, value, strlen(value)) < 0)
		return ek_fail_errno(err, "set %s to %s", path, value);
	return 0;
}
