/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/file.h>
#include <ekube/images.h>

#include "container/container.h"
#include "node_dirs.h"
#include "sandbox/sandbox.h"

/*
 * Everything that the kernel holds for this instance's pods: first the processes, by their
 * cgroups, then mounts and
 * folders. The first failure is told; the rest is removed all the same.
 */

enum { WAIT_MS = 10 * 1000 };

struct removal {
	struct ek_node_dirs dirs;
	struct ek_cgroups  *cgroups;
	int                 rc;
	struct ek_err      *err;
};

static void keep_first(struct removal *r, int rc, const struct ek_err *err)
{
	if (rc == 0 || r->rc < 0)
		return;
	r->rc = rc;
	if (r->err)
		*r->err = *err;
}

static void each_name(struct removal *r, const char *dir,
		      int (*remove)(struct removal *r, const char *name, struct ek_err *err))
{
	DIR *d = opendir(dir);

	for (struct dirent *e; d && (e = readdir(d));) {
		struct ek_err err = { 0 };

		if (e->d_name[0] != '.')
			keep_first(r, remove(r, e->d_name, &err), &err);
	}
	if (d)
		closedir(d);
}

static void remove_cgroups(struct removal *r)
{
	char **list = ek_cgroups_list_pods(r->cgroups);

	for (size_t i = 0; list[i]; i++) {
		struct ek_err err = { 0 };

		keep_first(r, ek_cgroups_remove(r->cgroups, list[i], WAIT_MS, &err), &err);
	}
	ek_cgroups_list_free(list);
	ek_cgroups_remove_instance(r->cgroups);
}

static int remove_container(struct removal *r, const char *id, struct ek_err *err)
{
	EK_FREE char *dir = ek_path_join(r->dirs.containers, id);
	int rc = ek_rootfs_remove(dir, err);

	return rc < 0 ? rc : ek_dir_remove(AT_FDCWD, dir, err);
}

/* Mounts go; volumes on the disk stay, for the pod if it is ever started again. */
static int release_pod(struct removal *r, const char *uid, struct ek_err *err)
{
	EK_FREE char *ns = ek_path_join(r->dirs.ns, uid), *shm = ek_path_join(r->dirs.shm, uid);
	EK_FREE char *dir = ek_path_join(r->dirs.pods, uid),
		     *memory = ek_path_join(r->dirs.memory, uid);

	ek_sandbox_release(ns, shm);
	return ek_volumes_release(dir, memory, err);
}

int ek_node_remove_all(const struct ek_node_options *o, struct ek_err *err)
{
	struct removal r = { .err = err };
	struct ek_err last = { 0 };
	int rc = ek_cgroups_open(o->cgroup, true, &r.cgroups, err);

	if (rc < 0)
		return rc;
	ek_node_dirs_name(&r.dirs, o);
	remove_cgroups(&r);
	each_name(&r, r.dirs.containers, remove_container);
	each_name(&r, r.dirs.pods, release_pod);
	each_name(&r, r.dirs.memory, release_pod);
	each_name(&r, r.dirs.ns, release_pod);
	each_name(&r, r.dirs.shm, release_pod);
	keep_first(&r, ek_dir_remove(AT_FDCWD, r.dirs.runtime, &last), &last);
	ek_node_dirs_done(&r.dirs);
	ek_cgroups_free(r.cgroups);
	return r.rc;
}
