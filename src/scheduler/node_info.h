/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A node and the pods that count on it, with sums kept current. */

#include "pod_info.h"

struct node_info {
	char            *name;
	struct ek_json  *node;        /* the Node's tree; NULL while only its pods are known */
	struct resources allocatable, requested;
	int64_t          scored_cpu, scored_memory;
	EK_VEC(struct pod_info *) pods;
};

/* All nodes at one moment: what a decision looks at. */
struct snapshot {
	struct node_info **nodes;
	size_t             n;
	/* Namespaces by name, for namespaceSelector; may be NULL. */
	const struct ek_json *(*namespace_labels)(void *arg, const char *ns);
	void *arg;
};

struct node_info *node_info_new(const char *name);
void              node_info_free(struct node_info *n);
void              node_info_set(struct node_info *n, const struct ek_json *node);  /* NULL: the Node is gone */
void              node_info_add(struct node_info *n, struct pod_info *p);          /* takes a reference of its own */
bool              node_info_remove(struct node_info *n, const char *uid);
struct pod_info  *node_info_find(const struct node_info *n, const char *uid);
/* A copy that may be changed to see what would be; the pods are shared. */
struct node_info *node_info_copy(const struct node_info *n);
