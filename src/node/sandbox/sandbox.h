/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What all containers of a pod share: network, IPC and UTS namespaces, cgroup, /dev/shm, files below /etc. */

#include "node_impl.h"

/* Paths that containers are given; malloc'd, NULL: the node's own. */
struct ek_sandbox_paths {
	char *ipc, *uts, *pid, *shm, *hosts, *resolv, *hostname;
};
void ek_sandbox_paths(const struct ek_pod *p, struct ek_sandbox_paths *ret);
void ek_sandbox_paths_done(struct ek_sandbox_paths *paths);

/* The pod's address; the node's when it shares its network. "" before it has one. */
const char *ek_pod_ip(const struct ek_pod *p);

/*
 * What a former ekube made is all there (memory and kernel: nothing of it outlives a reboot). For coldplug.
 */
bool ek_sandbox_find(struct ek_pod *p);

/* Remove what is of a pod outside of its network, whoever made it. Blocks. */
struct ek_sandbox_trash {
	struct ek_cgroups *cgroups;
	char *cgroup, *ns_dir, *shm, *dir, *memory_dir;
};
/* Namespaces and /dev/shm only. */
void ek_sandbox_release(const char *ns_dir, const char *shm);
int ek_sandbox_remove(const struct ek_sandbox_trash *t, struct ek_err *err);

/* Namespaces pinned to files in dir; those that are there already stay. Blocks. */
int ek_namespaces_pin(const char *dir, const char *hostname, bool ipc, bool uts, struct ek_err *err);
bool ek_namespace_is_pinned(const char *path);
void ek_namespace_unpin(const char *path); /* harmless when it is not */
/* A PID namespace pinned to a file and the process that holds it, in a cgroup of the pod's. Blocks. */
int ek_pidns_hold(const struct ek_cgroups *c, const char *pod_cgroup, const char *shim,
		  const char *file, struct ek_err *err);
