/* SPDX-License-Identifier: Apache-2.0 */
#include "node_info.h"

#include <ekube/str.h>
#include <stdlib.h>

struct node_info *node_info_new(const char *name)
{
	struct node_info *n = ek_new(struct node_info);

	n->name = ek_str_dup(name);
	return n;
}

void node_info_free(struct node_info *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->pods.n; i++)
		pod_info_unref(n->pods.items[i]);
	ek_vec_done(&n->pods);
	resources_done(&n->allocatable);
	resources_done(&n->requested);
	ek_json_unref(n->node);
	free(n->name);
	free(n);
}

void node_info_set(struct node_info *n, const struct ek_json *node)
{
	ek_json_unref(n->node);
	n->node = node ? ek_json_copy(node) : NULL;
	resources_done(&n->allocatable);
	n->allocatable = (struct resources){ 0 };
	if (node)
		resources_of_list(&n->allocatable, ek_json_at(node, "status.allocatable"));
}

static void count(struct node_info *n, const struct pod_info *p, int sign)
{
	resources_add(&n->requested, &p->requests, sign);
	n->scored_cpu += sign * p->scored_cpu;
	n->scored_memory += sign * p->scored_memory;
}

void node_info_add(struct node_info *n, struct pod_info *p)
{
	ek_vec_push(&n->pods, pod_info_ref(p));
	count(n, p, 1);
}

bool node_info_remove(struct node_info *n, const char *uid)
{
	for (size_t i = 0; i < n->pods.n; i++) {
		struct pod_info *p = n->pods.items[i];

		if (!ek_streq(p->uid, uid))
			continue;
		ek_vec_remove(&n->pods, i);
		count(n, p, -1);
		pod_info_unref(p);
		return true;
	}
	return false;
}

struct pod_info *node_info_find(const struct node_info *n, const char *uid)
{
	for (size_t i = 0; i < n->pods.n; i++)
		if (ek_streq(n->pods.items[i]->uid, uid))
			return n->pods.items[i];
	return NULL;
}

struct node_info *node_info_copy(const struct node_info *n)
{
	struct node_info *copy = node_info_new(n->name);

	copy->node = ek_json_ref(n->node);
	resources_add(&copy->allocatable, &n->allocatable, 1);
	for (size_t i = 0; i < n->pods.n; i++)
		node_info_add(copy, n->pods.items[i]);
	return copy;
}
