/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What scheduling needs to know of a pod, worked out once: sums of its requests, its host ports, its
 * rules about other pods. Ten thousand of these are not parsed again for a decision.
 */

#include <ekube/object.h>
#include <ekube/vec.h>

enum { DEFAULT_SCHEDULER_MILLI_CPU = 100, DEFAULT_SCHEDULER_MEMORY = 200 << 20 };

struct scalar {
	char   *name; /* extended resource: "example.com/gpu", "hugepages-2Mi" */
	int64_t value;
};

struct resources {
	int64_t milli_cpu, memory, ephemeral, pods;
	EK_VEC(struct scalar) scalars;
};

struct host_port {
	char ip[46]; /* "0.0.0.0" for all */
	char protocol[8];
	int  port;
};

struct pod_info {
	unsigned          refs;
	char             *ns, *name, *uid;
	struct ek_bytes  *index;          /* labels */
	struct resources  requests;
	int64_t           scored_cpu, scored_memory; /* requests, or what a pod without any is taken for */
	EK_VEC(struct host_port) ports;
	int64_t           priority;
	bool              deleting;
	struct ek_json   *anti_affinity;  /* required terms, when it has any: existing pods may refuse new ones */
	struct ek_json   *affinity_all;   /* spec.affinity, when it has rules about pods */
	int64_t           start_us;       /* when it began to count: for choosing victims */
};

struct pod_info *pod_info_new(const struct ek_json *pod, struct ek_bytes *index);
struct pod_info *pod_info_ref(struct pod_info *p);
void             pod_info_unref(struct pod_info *p);

/* Of a Node's status.allocatable. */
void    resources_of_list(struct resources *r, const struct ek_json *list);
void    resources_add(struct resources *a, const struct resources *b, int sign);
void    resources_done(struct resources *r);
int64_t resources_scalar(const struct resources *r, const char *name);

/* Label of a pod, from its index. */
const char *pod_info_label(void *pod_info, const char *key);
