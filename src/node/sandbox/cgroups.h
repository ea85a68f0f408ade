/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The cgroups of an instance:
 *
 *	/<instance>/kubepods/pod<uid>                 Guaranteed
 *	/<instance>/kubepods/burstable/pod<uid>
 *	/<instance>/kubepods/besteffort/pod<uid>/<container>
 *
 * in cgroup v2, in every v1 hierarchy, or in both (hybrid). Container's cgroups are made by the runtime;
 * all are removed here. Immutable once open: every thread may use it, and most of it may block.
 */

#include <ekube/err.h>

struct ek_cgroups;

/*
 * Find out what the machine has (its mounts). EK_EUNAVAILABLE when there is no cgroup file system.
 * instance: one path component. limits: false places pods but limits nothing.
 */
int  ek_cgroups_open(const char *instance, bool limits, struct ek_cgroups **ret, struct ek_err *err);
void ek_cgroups_free(struct ek_cgroups *c);

bool ek_cgroups_unified(const struct ek_cgroups *c);    /* v2 alone */
bool ek_cgroups_swap_limit(const struct ek_cgroups *c); /* swap is accounted */

char *ek_cgroups_pod_path(const struct ek_cgroups *c, const char *qos, const char *uid); /* malloc'd */

/* What a pod as a whole may use; 0: not limited. */
struct ek_cgroup_limits {
	int64_t cpu_request_milli, cpu_limit_milli, memory_limit;
};
int ek_cgroups_pod_make(const struct ek_cgroups *c, const char *path, const struct ek_cgroup_limits *limits,
			struct ek_err *err);

/* Put a process into a cgroup below a pod's, in every hierarchy that pods have. */
int  ek_cgroups_place(const struct ek_cgroups *c, const char *path, int pid, struct ek_err *err);
bool ek_cgroups_has_process(const struct ek_cgroups *c, const char *path);

/*
 * Move this process to the cgroup that it is in. Nothing changes, but it waits as every such move does, for
 * the kernel to be ready for one; whoever moves something right afterwards need not (warm.h).
 */
int  ek_cgroups_stay(const struct ek_cgroups *c);

/* What all Burstable pods together have asked for: their share against the other classes. */
void ek_cgroups_set_burstable(const struct ek_cgroups *c, int64_t cpu_milli);

/*
 * Kill what is in the cgroup and below and remove it everywhere. Missing is success. Waits up to ms for
 * what was killed to be gone; -EBUSY when it is not.
 */
int ek_cgroups_remove(const struct ek_cgroups *c, const char *path, int64_t ms, struct ek_err *err);

/* The file in which the kernel tells of kills for want of memory; malloc'd, NULL when there is none. */
char *ek_cgroups_oom_file(const struct ek_cgroups *c, const char *path);

/* CPU time in ns and working set in bytes, for statistics; -1 where unknown. */
struct ek_cgroup_usage {
	int64_t cpu_ns, memory_usage, memory_working_set, memory_rss, pids;
};
struct ek_cgroup_usage ek_cgroups_usage(const struct ek_cgroups *c, const char *path);

/* Names of the pods' cgroups that exist: paths, malloc'd, NULL-terminated; for coldplug. */
char **ek_cgroups_list_pods(const struct ek_cgroups *c);
void   ek_cgroups_list_free(char **list);
/* The instance's own directories, when nothing is left in them. */
void ek_cgroups_remove_instance(const struct ek_cgroups *c);
