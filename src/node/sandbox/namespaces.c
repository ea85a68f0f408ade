/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "sandbox.h"

/*
 * A thread that has moved into new namespaces is of no use to anybody else: the work is done in
 * one that ends
 * with it. The namespaces stay, held by the files that they are mounted on.
 */

enum { NSFS = 0x6e736673, STACK = 64 << 10 };

struct pinning {
	const char    *dir, *hostname;
	bool           ipc, uts;
	int            rc;
	struct ek_err *err;
};

bool ek_namespace_is_pinned(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == NSFS;
}

void ek_namespace_unpin(const char *path)
{
	while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	(void)unlink(path);
}

static int pin(const char *dir, const char *name, struct ek_err *err)
{
	EK_FREE char *path = ek_path_join(dir, name), *ns = ek_str_fmt("/proc/thread-self/ns/%s", name);
	EK_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return ek_fail_errno(err, "make %s", path);
	if (mount(ns, path, NULL, MS_BIND, NULL) < 0)
		return ek_fail_errno(err, "pin a namespace to %s", path);
	return 0;
}

static void *run(void *arg)
{
	struct pinning *p = arg;
	int flags = (p->ipc ? CLONE_NEWIPC : 0) | (p->uts ? CLONE_NEWUTS : 0);

	if (unshare(flags) < 0 || (p->uts && sethostname(p->hostname, strlen(p->hostname)) < 0))
		p->rc = ek_fail_errno(p->err, "make namespaces");
	if (p->rc == 0 && p->ipc)
		p->rc = pin(p->dir, "ipc", p->err);
	if (p->rc == 0 && p->uts)
		p->rc = pin(p->dir, "uts", p->err);
	return NULL;
}

int ek_namespaces_pin(const char *dir, const char *hostname, bool ipc, bool uts, struct ek_err *err)
{
	EK_FREE char *ipc_path = ek_path_join(dir, "ipc"), *uts_path = ek_path_join(dir, "uts");
	struct pinning p = { .dir = dir, .hostname = hostname, .err = err,
			     .ipc = ipc && !ek_namespace_is_pinned(ipc_path),
			     .uts = uts && !ek_namespace_is_pinned(uts_path) };
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	if (!p.ipc && !p.uts)
		return 0;
	rc = ek_dir_make(AT_FDCWD, dir, 0700, err);
	if (rc < 0)
		return rc;
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK);
	rc = -pthread_create(&thread, &attr, run, &p);
	(void)pthread_attr_destroy(&attr);
	if (rc < 0)
		return ek_fail(err, rc, "make a thread: %s", ek_err_name(rc));
	(void)pthread_join(thread, NULL);
	return p.rc;
}
