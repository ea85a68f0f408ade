/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "pods.h"

#include <ekube/clock.h>
#include <ekube/str.h>

/*
 * Pods that nobody will end: on a node that is gone, or deleted before they had one; and the oldest
 * of finished pods when there are too many. Upstream: pkg/controller/podgc.
 */

enum {
	NODE,
	FINISHED
}; /* the pod's node; finished pods, oldest first, in the pass for the crowd */
enum { MAX_FINISHED = 12500, QUARANTINE_MS = 40 * 1000 };

/* The key of the pass over all finished pods: no namespace can have this name. */
#define CROWD_NS   "*"
#define CROWD_NAME "finished"

/* A patch, because that is all that the role may do to a status. */
static void mark_failed(const struct snapshot *s, const char *message, struct plan *p)
{
	struct ek_json *pod = ek_json_copy(s->object);
	char now[32];

	ek_time_format(s->now_us, now);
	(void)ek_meta_set_condition(pod, "DisruptionTarget", "True", "DeletionByPodGC", message,
				    now);
	plan_patch(p, &ek_kind_pod, s->object, "status",
		   ek_json_make(
			   "{'metadata':{'uid':%s,'resourceVersion':%s},'status':{'phase':'Failed',"
			   "'conditions':%v}}",
			   ek_meta_uid(pod), ek_json_str_at(pod, "metadata.resourceVersion"),
			   ek_json_at(pod, "status.conditions")))
		->ignore = PLAN_IGNORE_NOTFOUND;
	plan_next_step(p);
	ek_json_unref(pod);
}

static void end_pod(const struct snapshot *s, const char *message, struct plan *p)
{
	if (message && !pod_is_over(s->object))
		mark_failed(s, message, p);
	plan_delete(p, &ek_kind_pod, s->object)->grace_s = 0;
}

static void end_crowd(const struct snapshot *s, struct plan *p)
{
	const struct objects *all = &s->list[FINISHED];

	for (size_t i = 0; i + MAX_FINISHED < all->n; i++)
		plan_delete(p, &ek_kind_pod, all->items[i])->grace_s = 0;
}

int pod_gc_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err)
{
	const char *node = ek_json_str_at(s->object, "spec.nodeName");

	(void)err;
	end_crowd(s, p);
	if (!s->object)
		return 0;
	if (ek_str_empty(node)) {
		if (ek_meta_deleting(s->object))
			end_pod(s, NULL, p);
	} else if (!s->list[NODE].n) {
		/* the cache may be younger than the node */
		(void)plan_check(p, PLAN_CHECK_ABSENT, &ek_kind_node, NULL, node, NULL);
		plan_next_step(p);
		end_pod(s, "PodGC: node no longer exists", p);
	}
	return 0;
}

/* ---- what it sees ---- */

static bool index_is_over(const struct ek_object *o)
{
	const char *phase = ek_index_field(o->index, "status.phase");

	return ek_streq(phase, "Succeeded") || ek_streq(phase, "Failed");
}

static int by_age(const void *a, const void *b)
{
	const struct ek_json *x = *(struct ek_json *const *)a, *y = *(struct ek_json *const *)b;
	int64_t tx = object_time_us(x, "metadata.creationTimestamp"),
		ty = object_time_us(y, "metadata.creationTimestamp");

	return tx != ty ? (tx < ty ? -1 : 1) : strcmp(ek_meta_name(x), ek_meta_name(y));
}

static void collect_crowd(struct running *r, struct snapshot *s)
{
	struct ek_informer *pods = running_informer(r, &ek_kind_pod);
	struct ek_informer_iter it;
	size_t n = 0;

	for (struct ek_object *o = ek_informer_first(pods, NULL, NULL, &it); o;
	     o = ek_informer_next(&it))
		n += index_is_over(o);
	if (n <= MAX_FINISHED)
		return;
	for (struct ek_object *o = ek_informer_first(pods, NULL, NULL, &it); o;
	     o = ek_informer_next(&it))
		if (index_is_over(o))
			snapshot_add(s, FINISHED, o);
	qsort(s->list[FINISHED].items, s->list[FINISHED].n, sizeof(struct ek_json *), by_age);
}

static void collect(struct running *r, struct snapshot *s)
{
	const char *node = ek_json_str_at(s->object, "spec.nodeName");
	struct ek_object *o;

	if (ek_streq(s->ns, CROWD_NS)) {
		collect_crowd(r, s);
		return;
	}
	o = ek_str_empty(node) ? NULL :
				 ek_informer_find(running_informer(r, &ek_kind_node), NULL, node);
	if (o)
		snapshot_add(s, NODE, o);
}

static void map_pod(struct running *r, struct ek_object *before, struct ek_object *after)
{
	const char *node = after ? ek_index_field(after->index, "spec.nodeName") : NULL;
	const struct ek_json *pod;

	if (!after)
		return;
	if (index_is_over(after) && !(before && index_is_over(before)) &&
	    ek_informer_count(running_informer(r, &ek_kind_pod)) > MAX_FINISHED)
		running_enqueue(r, CROWD_NS, CROWD_NAME);
	pod = ek_object_tree(after);
	if (ek_str_empty(node)) {
		if (ek_meta_deleting(pod))
			running_enqueue(r, ek_meta_namespace(pod), ek_meta_name(pod));
	} else if (!before && !ek_informer_find(running_informer(r, &ek_kind_node), NULL, node)) {
		running_enqueue_after(r, ek_meta_namespace(pod), ek_meta_name(pod), QUARANTINE_MS);
	}
}

/* A node that was taken away may come back under its name: its pods wait a while. */
static void map_node(struct running *r, struct ek_object *before, struct ek_object *after)
{
	struct ek_informer_iter it;
	const char *name;

	if (after)
		return;
	name = ek_meta_name(ek_object_tree(before));
	for (struct ek_object *o =
		     ek_informer_first(running_informer(r, &ek_kind_pod), NULL, NULL, &it);
	     o; o = ek_informer_next(&it)) {
		if (!ek_streq(ek_index_field(o->index, "spec.nodeName"), name))
			continue;
		running_enqueue_after(r, ek_meta_namespace(ek_object_tree(o)),
				      ek_meta_name(ek_object_tree(o)), QUARANTINE_MS);
		ek_object_slim(o);
	}
}

static const struct watch_row watches[] = {
	{ .kind = &ek_kind_pod, .map = map_pod },
	{ .kind = &ek_kind_node, .map = map_node },
	{ 0 },
};
const struct controller pod_gc_controller = {
	.name = "pod-garbage-collector",
	.user = "pod-garbage-collector",
	.kind = &ek_kind_pod,
	.watches = watches,
	.collect = collect,
	.reconcile = pod_gc_reconcile,
};
