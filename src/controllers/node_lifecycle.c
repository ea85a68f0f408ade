/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "pods.h"

#include <ekube/clock.h>
#include <ekube/str.h>

/*
 * Node lifecycle: a node that is silent for too long is not known to be ready any more; what its
 * conditions say becomes taints. Upstream: pkg/controller/nodelifecycle.
 *
 * A sign of life is a renewed lease or a new heartbeat in the status, and counts from when we saw
 * it, on our own monotonic clock: neither a skewed clock of a node nor a jump of ours loses a node.
 */

enum { PODS }; /* on the node and ready; only when the node is not. flag: another node is ready */

enum { GRACE_MS = 40 * 1000, STARTUP_GRACE_MS = 60 * 1000 };

#define NOT_READY   "node.kubernetes.io/not-ready"
#define UNREACHABLE "node.kubernetes.io/unreachable"

/* ---- conditions of a silent node ---- */

static const struct ek_json *ready_of(const struct ek_json *node)
{
	return ek_meta_condition(node, "Ready");
}

static const char *ready_status(const struct ek_json *node)
{
	const char *status = ek_json_str_at(ready_of(node), "status");

	return status ? status : "Unknown";
}

static int64_t silence_left_us(const struct snapshot *s)
{
	int64_t grace_ms = ready_of(s->object) ? (s->grace_ms ? s->grace_ms : GRACE_MS) :
						 STARTUP_GRACE_MS;

	return s->seen_us + grace_ms * 1000 - s->now_us;
}

static void mark_unknown(const struct snapshot *s, struct ek_json *node, const char *type,
			 const char *now)
{
	struct ek_json *c = ek_meta_condition(node, type);

	if (!c) {
		if (!ek_json_is_array(ek_json_at(node, "status.conditions")))
			ek_json_set_at(node, "status.conditions", ek_json_array());
		ek_json_append(
			ek_json_at(node, "status.conditions"),
			ek_json_make(
				"{'type':%s,'status':'Unknown','lastHeartbeatTime':%s,'lastTransitionTime':%s,"
				"'reason':'NodeStatusNeverUpdated','message':'Kubelet never posted node status.'}",
				type, ek_json_str_at(s->object, "metadata.creationTimestamp"),
				now));
		return;
	}
	if (ek_streq(ek_json_str_at(c, "status"), "Unknown"))
		return;
	ek_json_set_str(c, "status", "Unknown");
	ek_json_set_str(c, "reason", "NodeStatusUnknown");
	ek_json_set_str(c, "message", "Kubelet stopped posting node status.");
	ek_json_set_str(c, "lastTransitionTime", now);
}

/* The node as it is now known: a new reference; *ret_changed when conditions were changed. */
static struct ek_json *judge_silence(const struct snapshot *s, struct plan *p, bool *ret_changed)
{
	static const char *const types[] = { "Ready", "MemoryPressure", "DiskPressure",
					     "PIDPressure" };
	struct ek_json *node;
	char now[32];

	if (silence_left_us(s) > 0) {
		plan_again(p, silence_left_us(s) / 1000 + 1);
		return ek_json_ref(s->object);
	}
	ek_time_format(s->now_us, now);
	node = ek_json_copy(s->object);
	if (!ek_json_is_object(ek_json_get(node, "status")))
		ek_json_set(node, "status", ek_json_object());
	for (size_t i = 0; i < EK_ARRAY_LEN(types); i++)
		mark_unknown(s, node, types[i], now);
	*ret_changed = !ek_json_same(ek_json_get(node, "status"), ek_json_get(s->object, "status"));
	return node;
}

/* ---- taints ---- */

struct taint_rule {
	const char *condition, *status; /* condition NULL: spec.unschedulable */
	const char *taint;
};
static const struct taint_rule rules[] = {
	{ "Ready", "False", NOT_READY },
	{ "Ready", "Unknown", UNREACHABLE },
	{ "MemoryPressure", "True", "node.kubernetes.io/memory-pressure" },
	{ "DiskPressure", "True", "node.kubernetes.io/disk-pressure" },
	{ "PIDPressure", "True", "node.kubernetes.io/pid-pressure" },
	{ "NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable" },
	{ NULL, NULL, "node.kubernetes.io/unschedulable" },
};

static bool rule_applies(const struct taint_rule *rule, const struct ek_json *node)
{
	if (!rule->condition)
		return ek_json_bool_at(node, "spec.unschedulable", false);
	return ek_meta_condition_is(node, rule->condition, rule->status);
}

static const struct ek_json *find_taint(const struct ek_json *taints, const char *key,
					const char *effect)
{
	for (struct ek_json_iter it = ek_json_iter(taints); ek_json_next(&it);)
		if (ek_streq(ek_json_str_at(it.value, "key"), key) &&
		    ek_streq(ek_json_str_at(it.value, "effect"), effect))
			return it.value;
	return NULL;
}

static bool is_ours(const struct ek_json *taint)
{
	const char *key = ek_json_str_at(taint, "key"), *effect = ek_json_str_at(taint, "effect");

	if (ek_streq(effect, "NoExecute"))
		return ek_streq(key, NOT_READY) || ek_streq(key, UNREACHABLE);
	for (size_t i = 0; i < EK_ARRAY_LEN(rules) && ek_streq(effect, "NoSchedule"); i++)
		if (ek_streq(key, rules[i].taint))
			return true;
	return false;
}

static void want_taint(struct ek_json *taints, const struct ek_json *old, const char *key,
		       const char *effect, const char *now)
{
	const struct ek_json *have = find_taint(old, key, effect);

	ek_json_append(taints, have ? ek_json_ref(have) :
				      ek_json_make("{'key':%s,'effect':%s,'timeAdded':%s}", key,
						   effect, now));
}

/*
 * When no other node is ready the fault is more likely on our side, and there is nowhere to go:
 * nobody is evicted then (upstream's "full disruption").
 */
static struct ek_json *taints_for(const struct snapshot *s, const struct ek_json *node)
{
	const struct ek_json *old = ek_json_at(node, "spec.taints");
	struct ek_json *taints = ek_json_array();
	char now[32];

	ek_time_format(s->now_us, now);
	for (struct ek_json_iter it = ek_json_iter(old); ek_json_next(&it);)
		if (!is_ours(it.value))
			ek_json_append(taints, ek_json_ref(it.value));
	for (size_t i = 0; i < EK_ARRAY_LEN(rules); i++)
		if (rule_applies(&rules[i], node))
			want_taint(taints, old, rules[i].taint, "NoSchedule", now);
	if (s->flag && ek_meta_condition_is(node, "Ready", "False"))
		want_taint(taints, old, NOT_READY, "NoExecute", now);
	else if (s->flag && ek_meta_condition_is(node, "Ready", "Unknown"))
		want_taint(taints, old, UNREACHABLE, "NoExecute", now);
	return taints;
}

static bool same_taints(const struct ek_json *a, const struct ek_json *b)
{
	if (ek_json_len(a) != ek_json_len(b))
		return false;
	for (struct ek_json_iter it = ek_json_iter(a); ek_json_next(&it);)
		if (!find_taint(b, ek_json_str_at(it.value, "key"),
				ek_json_str_at(it.value, "effect")))
			return false;
	return true;
}

/* ---- pods ---- */

static void mark_pods(const struct snapshot *s, struct plan *p)
{
	char now[32];

	ek_time_format(s->now_us, now);
	for (size_t i = 0; i < s->list[PODS].n; i++) {
		struct ek_json *pod = ek_json_copy(s->list[PODS].items[i]),
			       *c = ek_meta_condition(pod, "Ready");

		ek_json_set_str(c, "status", "False");
		ek_json_set_str(c, "lastTransitionTime", now);
		plan_event_about(p, s->list[PODS].items[i], "Warning", "NodeNotReady",
				 "Node is not ready");
		plan_update(p, &ek_kind_pod, "status", pod)->ignore = PLAN_IGNORE_NOTFOUND;
	}
}

/* It was ready when we last said something about it: neither taint of a node that is not. */
static bool was_ready(const struct ek_json *node)
{
	const struct ek_json *taints = ek_json_at(node, "spec.taints");

	return !find_taint(taints, NOT_READY, "NoSchedule") &&
	       !find_taint(taints, UNREACHABLE, "NoSchedule");
}

int node_lifecycle_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err)
{
	EK_JSON struct ek_json *node = NULL, *taints = NULL;
	bool changed = false;

	(void)err;
	if (!s->object || ek_meta_deleting(s->object))
		return 0;
	if (s->first)
		plan_event(p, "Normal", "RegisteredNode",
			   "Node %s event: Registered Node %s in Controller", s->name, s->name);
	node = judge_silence(s, p, &changed);
	/*
	 * pods before the taints: that they are missing is what says that pods are still to be
	 * marked
	 */
	if (!ek_streq(ready_status(node), "True") && was_ready(s->object) && ready_of(node) &&
	    !s->first) {
		plan_event(p, "Normal", "NodeNotReady", "Node %s status is now: NodeNotReady",
			   s->name);
		mark_pods(s, p);
	}
	plan_next_step(p);
	if (changed)
		plan_update(p, &ek_kind_node, "status", ek_json_ref(node));
	taints = taints_for(s, node);
	if (!same_taints(taints, ek_json_at(node, "spec.taints"))) {
		struct ek_json *tainted = ek_json_copy(node);

		ek_json_set_at(tainted, "spec.taints",
			       ek_json_len(taints) ? ek_json_ref(taints) : NULL);
		plan_next_step(p);
		plan_update(p, &ek_kind_node, NULL, tainted);
	}
	return 0;
}

/* ---- what it sees ---- */

struct seen {
	int64_t mono_ms; /* the last sign of life */
	bool told;	 /* that it is registered */
};

static void *seen_new(void)
{
	return ek_new(struct ek_map);
}

static void seen_free(void *state)
{
	struct ek_map *m = state;

	for (struct ek_map_entry *e = NULL; (e = ek_map_next(m, e));)
		free(e->value);
	ek_map_done(m);
	free(m);
}

static struct seen *seen_of(struct running *r, const char *node)
{
	struct ek_map *m = running_state(r);
	struct seen *x = ek_map_get(m, node);

	if (x)
		return x;
	x = ek_new(struct seen);
	x->mono_ms = ek_clock_mono_ms();
	(void)ek_map_put(m, node, x);
	return x;
}

static bool another_is_ready(struct running *r, const char *name)
{
	struct ek_informer_iter it;
	bool found = false;

	for (struct ek_object *o =
		     ek_informer_first(running_informer(r, &ek_kind_node), NULL, NULL, &it);
	     o && !found; o = ek_informer_next(&it)) {
		const struct ek_json *node = ek_object_tree(o);

		found = !ek_streq(ek_meta_name(node), name) && ek_streq(ready_status(node), "True");
		ek_object_slim(o);
	}
	return found;
}

static void collect_ready_pods(struct running *r, struct snapshot *s)
{
	struct ek_informer_iter it;

	for (struct ek_object *o =
		     ek_informer_first(running_informer(r, &ek_kind_pod), NULL, NULL, &it);
	     o; o = ek_informer_next(&it)) {
		if (!ek_streq(ek_index_field(o->index, "spec.nodeName"), s->name))
			continue;
		if (pod_is_ready(ek_object_tree(o)))
			snapshot_add(s, PODS, o);
		else
			ek_object_slim(o);
	}
}

static void collect(struct running *r, struct snapshot *s)
{
	struct seen *x;

	if (!s->object)
		return;
	x = seen_of(r, s->name);
	s->first = !x->told;
	x->told = true;
	s->seen_us = s->now_us - (ek_clock_mono_ms() - x->mono_ms) * 1000;
	s->flag = another_is_ready(r, s->name);
	if (was_ready(s->object) &&
	    (!ek_streq(ready_status(s->object), "True") || silence_left_us(s) <= 0))
		collect_ready_pods(r, s);
}

static bool same_at(struct ek_object *a, struct ek_object *b, const char *path)
{
	return ek_json_same(ek_json_at(ek_object_tree(a), path),
			    ek_json_at(ek_object_tree(b), path));
}

static void enqueue_all(struct running *r)
{
	struct ek_informer_iter it;

	for (struct ek_object *o =
		     ek_informer_first(running_informer(r, &ek_kind_node), NULL, NULL, &it);
	     o; o = ek_informer_next(&it)) {
		running_enqueue(r, NULL, ek_meta_name(ek_object_tree(o)));
		ek_object_slim(o);
	}
}

static bool is_heartbeat(struct ek_object *before, struct ek_object *after)
{
	return !ek_json_same(ek_json_at(ready_of(ek_object_tree(before)), "lastHeartbeatTime"),
			     ek_json_at(ready_of(ek_object_tree(after)), "lastHeartbeatTime"));
}

static void map_node(struct running *r, struct ek_object *before, struct ek_object *after)
{
	const char *name = ek_meta_name(ek_object_tree(after ? after : before));
	bool other_ready = !before || !after ||
			   !ek_streq(ready_status(ek_object_tree(before)),
				     ready_status(ek_object_tree(after)));

	if (!after)
		free(ek_map_del(running_state(r), name));
	else if (!before || is_heartbeat(before, after))
		seen_of(r, name)->mono_ms = ek_clock_mono_ms();
	if (other_ready) /* whether anybody is ready concerns all */
		enqueue_all(r);
	else if (!same_at(before, after, "spec.taints") ||
		 !same_at(before, after, "spec.unschedulable") ||
		 !same_at(before, after, "status.conditions"))
		running_enqueue(r, NULL, name);
	if (before)
		ek_object_slim(before);
}

/* Renewals only move a number: the timer that waits for silence looks at it when it fires. */
static void map_lease(struct running *r, struct ek_object *before, struct ek_object *after)
{
	const struct ek_json *lease = ek_object_tree(after ? after : before);

	if (after && ek_streq(ek_meta_namespace(lease), "kube-node-lease") &&
	    (!before || !same_at(before, after, "spec.renewTime")))
		seen_of(r, ek_meta_name(lease))->mono_ms = ek_clock_mono_ms();
	if (before)
		ek_object_slim(before);
}

static const struct watch_row watches[] = {
	{ .kind = &ek_kind_node, .map = map_node },
	{ .kind = &ek_kind_lease, .map = map_lease },
	{ .kind = &ek_kind_pod },
	{ 0 },
};
const struct controller node_lifecycle_controller = {
	.name = "node-controller",
	.user = "node-controller",
	.kind = &ek_kind_node,
	.watches = watches,
	.workers = 8,
	.collect = collect,
	.reconcile = node_lifecycle_reconcile,
	.state_new = seen_new,
	.state_free = seen_free,
};
