/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "pods.h"

#include <ekube/clock.h>
#include <ekube/str.h>

/*
 * Taint eviction: pods that do not tolerate a NoExecute taint of their node go, at once or when
 * their tolerationSeconds are over. Upstream: pkg/controller/tainteviction.
 */

enum { NODE }; /* the pod's */

static bool tolerates(const struct ek_json *toleration, const struct ek_json *taint)
{
	const char *key = ek_json_str_at(toleration, "key"),
		   *effect = ek_json_str_at(toleration, "effect");
	const char *op = ek_json_str_at(toleration, "operator");
	const char *value = ek_json_str_at(toleration, "value"),
		   *want = ek_json_str_at(taint, "value");

	if (!ek_str_empty(effect) && !ek_streq(effect, ek_json_str_at(taint, "effect")))
		return false;
	if (!ek_str_empty(key) && !ek_streq(key, ek_json_str_at(taint, "key")))
		return false;
	if (ek_streq(op, "Exists"))
		return true;
	return (ek_str_empty(op) || ek_streq(op, "Equal")) &&
	       ek_streq(value ? value : "", want ? want : "");
}

/*
 * How long the pod may stay, in seconds from when the taints came: -1 for ever, 0 not at all. Of
 * several tolerations that are needed the shortest counts. *ret_since_us: the earliest timeAdded,
 * if told.
 */
static int64_t stay_s(const struct ek_json *pod, const struct ek_json *node, bool *ret_tainted,
		      int64_t *ret_since_us)
{
	int64_t stay = -1;

	for (struct ek_json_iter t = ek_json_iter(ek_json_at(node, "spec.taints"));
	     ek_json_next(&t);) {
		const struct ek_json *used = NULL, *seconds;
		int64_t added = object_time_us(t.value, "timeAdded");

		if (!ek_streq(ek_json_str_at(t.value, "effect"), "NoExecute"))
			continue;
		*ret_tainted = true;
		for (struct ek_json_iter it = ek_json_iter(ek_json_at(pod, "spec.tolerations"));
		     !used && ek_json_next(&it);)
			used = tolerates(it.value, t.value) ? it.value : NULL;
		if (!used)
			return 0;
		if (added && (!*ret_since_us || added < *ret_since_us))
			*ret_since_us = added;
		seconds = ek_json_get(used, "tolerationSeconds");
		if (seconds && (stay < 0 || ek_json_int(seconds, 0) < stay))
			stay = EK_MAX(ek_json_int(seconds, 0), (int64_t)0);
	}
	return stay;
}

static void evict(const struct snapshot *s, struct plan *p)
{
	struct ek_json *pod = ek_json_copy(s->object);
	char now[32];

	plan_event(p, "Normal", "TaintManagerEviction", "Marking for deletion Pod %s/%s", s->ns,
		   s->name);
	ek_time_format(s->now_us, now);
	if (ek_meta_set_condition(pod, "DisruptionTarget", "True", "DeletionByTaintManager",
				  "Taint manager: deleting due to NoExecute taint", now))
		plan_update(p, &ek_kind_pod, "status", pod)->ignore = PLAN_IGNORE_NOTFOUND;
	else
		ek_json_unref(pod);
	plan_next_step(p);
	plan_delete(p, &ek_kind_pod, s->object);
}

int taint_eviction_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err)
{
	const struct ek_json *node = s->list[NODE].n ? s->list[NODE].items[0] : NULL;
	bool tainted = false;
	int64_t since = 0, stay, left;

	(void)err;
	if (!s->object || ek_meta_deleting(s->object))
		return 0;
	stay = stay_s(s->object, node, &tainted, &since);
	if (!tainted || stay < 0) {
		if (s->flag)
			plan_event(p, "Normal", "TaintManagerEviction",
				   "Cancelling deletion of Pod %s/%s", s->ns, s->name);
		return 0;
	}
	/* timeAdded survives our restart; taints that people set have none */
	since = since && since < s->seen_us ? since : s->seen_us;
	left = since + stay * 1000000 - s->now_us;
	if (stay == 0 || left <= 0)
		evict(s, p);
	else
		plan_again(p, left / 1000 + 1);
	return 0;
}

/* ---- what it sees ---- */

struct since { /* a pod that may stay for a while only */
	int64_t mono_ms;
};

static void *state_new(void)
{
	return ek_new(struct ek_map);
}

static void state_free(void *state)
{
	struct ek_map *m = state;

	for (struct ek_map_entry *e = NULL; (e = ek_map_next(m, e));)
		free(e->value);
	ek_map_done(m);
	free(m);
}

static struct ek_object *node_of(struct running *r, const struct ek_object *pod)
{
	const char *name = ek_index_field(pod->index, "spec.nodeName");

	return ek_str_empty(name) ?
		       NULL :
		       ek_informer_find(running_informer(r, &ek_kind_node), NULL, name);
}

static bool has_no_execute(struct ek_object *node)
{
	bool found;

	if (!node)
		return false;
	found = ek_json_find(ek_json_at(ek_object_tree(node), "spec.taints"), "effect", "NoExecute",
			     NULL) != NULL;
	ek_object_slim(node);
	return found;
}

/*
 * Only pods that may stay for a while have an entry: that theirs ends early is news. flag: it had
 * one.
 */
static void collect(struct running *r, struct snapshot *s)
{
	struct ek_object *pod = ek_informer_find(running_informer(r, &ek_kind_pod), s->ns, s->name);
	struct ek_object *node = pod ? node_of(r, pod) : NULL;
	struct ek_map *m = running_state(r);
	EK_FREE char *key = ek_str_fmt("%s/%s", s->ns, s->name);
	struct since *x = ek_map_get(m, key);
	bool tainted = false;
	int64_t unused = 0;

	s->flag = x != NULL;
	s->seen_us = s->now_us;
	if (node)
		snapshot_add(s, NODE, node);
	if (!node || stay_s(s->object, s->list[NODE].items[0], &tainted, &unused) <= 0) {
		free(ek_map_del(m, key));
		return;
	}
	if (!x) {
		x = ek_new(struct since);
		x->mono_ms = ek_clock_mono_ms();
		(void)ek_map_put(m, key, x);
	}
	s->seen_us = s->now_us - (ek_clock_mono_ms() - x->mono_ms) * 1000;
}

static void forget(struct running *r, struct ek_object *pod)
{
	const struct ek_json *obj = ek_object_tree(pod);
	EK_FREE char *key = ek_str_fmt("%s/%s", ek_meta_namespace(obj), ek_meta_name(obj));

	free(ek_map_del(running_state(r), key));
}

/* Of a pod only where it runs matters, and that is settled once. */
static void map_pod(struct running *r, struct ek_object *before, struct ek_object *after)
{
	if (!after) {
		forget(r, before);
		return;
	}
	if (before &&
	    ek_streq(ek_index_field(before->index, "spec.nodeName"),
		     ek_index_field(after->index, "spec.nodeName")) &&
	    ek_streq(ek_index_uid(before->index), ek_index_uid(after->index)))
		return;
	if (running_is_starting(r) || has_no_execute(node_of(r, after)))
		map_self(r, before, after);
}

static void map_node(struct running *r, struct ek_object *before, struct ek_object *after)
{
	struct ek_informer_iter it;
	const char *name;

	if (!after || (before && ek_json_same(ek_json_at(ek_object_tree(before), "spec.taints"),
					      ek_json_at(ek_object_tree(after), "spec.taints"))))
		return;
	if (!before && !has_no_execute(after))
		return;
	name = ek_meta_name(ek_object_tree(after));
	for (struct ek_object *o =
		     ek_informer_first(running_informer(r, &ek_kind_pod), NULL, NULL, &it);
	     o; o = ek_informer_next(&it)) {
		if (!ek_streq(ek_index_field(o->index, "spec.nodeName"), name))
			continue;
		running_enqueue(r, ek_meta_namespace(ek_object_tree(o)),
				ek_meta_name(ek_object_tree(o)));
		ek_object_slim(o);
	}
}

static const struct watch_row watches[] = {
	{ .kind = &ek_kind_pod, .map = map_pod },
	{ .kind = &ek_kind_node, .map = map_node },
	{ 0 },
};
const struct controller taint_eviction_controller = {
	.name = "taint-eviction-controller",
	.user = "node-controller",
	.kind = &ek_kind_pod,
	.watches = watches,
	.workers = 8,
	.collect = collect,
	.reconcile = taint_eviction_reconcile,
	.state_new = state_new,
	.state_free = state_free,
};
