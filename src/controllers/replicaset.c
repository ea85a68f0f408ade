/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "pods.h"
#include "refs.h"

#include <ekube/clock.h>
#include <ekube/str.h>

/*
 * ReplicaSet, and ReplicationController by the same code: as many active pods as spec.replicas
 * says. Upstream: pkg/controller/replicaset.
 */

enum {
	PODS,	 /* in the namespace: what it controls and what its selector matches */
	RELATED, /* pods of all ReplicaSets with the same controller */
	BURST = 500,
	FIRST_BATCH = 1,
};

struct counts {
	int replicas, labeled, ready, available;
	int64_t again_us; /* until the next pod becomes available; INT64_MAX: none */
};

static int wanted(const struct snapshot *s)
{
	return (int)ek_json_int_at(s->object, "spec.replicas", 1);
}

/* 1, 2, 4, ... at once: a mistake in the template costs one refused request, not five hundred */
static void create_pods(const struct snapshot *s, int missing, struct plan *p)
{
	int batch = FIRST_BATCH, in_batch = 0;

	for (int i = 0; i < EK_MIN(missing, (int)BURST); i++) {
		struct plan_write *w;

		if (in_batch++ == batch) {
			plan_next_step(p);
			batch *= 2;
			in_batch = 1;
		}
		w = plan_create(p, &ek_kind_pod, s->ns, pod_from_template(s->kind, s->object));
		w->done = (struct plan_event){ "Normal", "SuccessfulCreate",
					       ek_str_dup("Created pod: "), NULL };
		w->failed = (struct plan_event){ "Warning", "FailedCreate",
						 ek_str_dup("Error creating: "), NULL };
	}
}

static void delete_pods(const struct snapshot *s, struct objects *active, int surplus,
			struct plan *p)
{
	surplus = EK_MIN(surplus, (int)BURST);
	if ((size_t)surplus < active->n)
		pods_sort_for_deletion(active->items, active->n, &s->list[RELATED], s->now_us);
	for (int i = 0; i < surplus; i++) {
		struct plan_write *w = plan_delete(p, &ek_kind_pod, active->items[i]);

		w->done = (struct plan_event){ "Normal", "SuccessfulDelete",
					       ek_str_dup("Deleted pod: "), NULL };
		w->failed = (struct plan_event){ "Warning", "FailedDelete",
						 ek_str_dup("Error deleting: "), NULL };
	}
}

static bool has_labels_of(const struct ek_json *pod, const struct ek_json *labels)
{
	for (struct ek_json_iter it = ek_json_iter(labels); ek_json_next(&it);)
		if (!ek_streq(ek_meta_label(pod, it.key), ek_json_str(it.value)))
			return false;
	return true;
}

static struct counts count(const struct snapshot *s, const struct objects *active)
{
	int64_t min_ready = ek_json_int_at(s->object, "spec.minReadySeconds", 0);
	struct counts c = { .replicas = (int)active->n, .again_us = INT64_MAX };

	for (size_t i = 0; i < active->n; i++) {
		int64_t left = INT64_MAX;

		c.labeled += has_labels_of(active->items[i],
					   ek_json_at(s->object, "spec.template.metadata.labels"));
		c.ready += pod_is_ready(active->items[i]);
		c.available += pod_is_available(active->items[i], min_ready, s->now_us, &left);
		c.again_us = EK_MIN(c.again_us, left);
	}
	return c;
}

/* An absent member and zero are the same: Go leaves zeros out. */
static void set_count(struct ek_json *status, const char *key, int n)
{
	if (n)
		ek_json_set_int(status, key, n);
	else
		ek_json_del(status, key);
}

static void set_failure(const struct snapshot *s, struct ek_json *obj, int have)
{
	struct ek_json *list = ek_json_at(obj, "status.conditions");
	size_t at;
	char now[32];

	if (!s->failure) {
		if (ek_json_find(list, "type", "ReplicaFailure", &at))
			ek_json_remove(list, at);
		if (list && !ek_json_len(list))
			ek_json_del(ek_json_get(obj, "status"), "conditions");
		return;
	}
	if (ek_meta_condition(obj, "ReplicaFailure") || have == wanted(s))
		return;
	ek_time_format(s->now_us, now);
	(void)ek_meta_set_condition(obj, "ReplicaFailure", "True",
				    have < wanted(s) ? "FailedCreate" : "FailedDelete",
				    s->failure_text, now);
}

static void update_status(const struct snapshot *s, const struct counts *c, struct plan *p)
{
	struct ek_json *obj = ek_json_copy(s->object), *status;

	if (!ek_json_is_object(ek_json_get(obj, "status")))
		ek_json_set(obj, "status", ek_json_object());
	status = ek_json_get(obj, "status");
	set_failure(s, obj, c->replicas);
	ek_json_set_int(status, "replicas", c->replicas);
	set_count(status, "fullyLabeledReplicas", c->labeled);
	set_count(status, "readyReplicas", c->ready);
	set_count(status, "availableReplicas", c->available);
	set_count(status, "observedGeneration", (int)ek_meta_generation(obj));
	if (ek_json_same(status, ek_json_get(s->object, "status"))) {
		ek_json_unref(obj);
		return;
	}
	plan_next_step(p);
	plan_update(p, s->kind, "status", obj);
}

static void split_active(const struct objects *all, struct objects *active)
{
	for (size_t i = 0; i < all->n; i++)
		if (pod_is_active(all->items[i]))
			ek_vec_push(active, all->items[i]);
}

int replicaset_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *selector = NULL;
	struct objects active = { 0 }, mine = { 0 };
	struct counts c;
	struct plan unused = { 0 };
	int diff;

	if (!s->object)
		return 0;
	if (refs_selector(s->kind, s->object, &selector, err) < 0)
		return 0; /* validation refuses such selectors */
	split_active(&s->list[PODS], &active);
	refs_claim(s->kind, s->object, selector, &ek_kind_pod, &active, s->failure ? &unused : p,
		   &mine);
	plan_done(&unused);
	c = count(s, &mine);
	diff = wanted(s) - c.replicas;
	if (!s->failure && !ek_meta_deleting(s->object)) {
		if (diff > 0)
			create_pods(s, diff, p);
		else if (diff < 0)
			delete_pods(s, &mine, -diff, p);
	}
	update_status(s, &c, p);
	if (c.again_us != INT64_MAX)
		plan_again(p, c.again_us / 1000 + 1);
	ek_vec_done(&active);
	ek_vec_done(&mine);
	return 0;
}

/* ---- what it sees ---- */

static void collect_pods(struct running *r, struct snapshot *s)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *selector = NULL;
	struct ek_informer_iter it;
	const char *uid = ek_meta_uid(s->object);

	if (refs_selector(s->kind, s->object, &selector, NULL) < 0)
		return;
	for (struct ek_object *o =
		     ek_informer_first(running_informer(r, &ek_kind_pod), s->ns, NULL, &it);
	     o; o = ek_informer_next(&it)) {
		bool mine = ek_index_match(o->index, selector, NULL);
		const char *owner;

		for (size_t pos = 0; !mine && (owner = ek_index_owner(o->index, &pos));)
			mine = ek_streq(owner, uid);
		if (mine)
			snapshot_add(s, PODS, o);
	}
}

static void collect_pods_of(struct running *r, struct snapshot *s, const char *rs_uid)
{
	struct ek_informer_iter it;

	for (struct ek_object *o =
		     ek_informer_first(running_informer(r, &ek_kind_pod), NULL, rs_uid, &it);
	     o; o = ek_informer_next(&it))
		snapshot_add(s, RELATED, o);
}

static void collect(struct running *r, struct snapshot *s)
{
	const struct ek_json *ref = ek_meta_controller(s->object);
	struct ek_informer_iter it;

	if (!s->object)
		return;
	collect_pods(r, s);
	if ((size_t)wanted(s) >= s->list[PODS].n)
		return; /* ranks matter only when pods have to go */
	if (!ref || s->kind != &ek_kind_replicaset) {
		collect_pods_of(r, s, ek_meta_uid(s->object));
		return;
	}
	for (struct ek_object *o = ek_informer_first(running_informer(r, s->kind), NULL,
						     ek_json_str_at(ref, "uid"), &it);
	     o; o = ek_informer_next(&it))
		collect_pods_of(r, s, ek_index_uid(o->index));
}

static const struct watch_row rs_watches[] = {
	{ .kind = &ek_kind_replicaset, .map = map_self },
	{ .kind = &ek_kind_pod, .map = map_controller_or_selectors },
	{ 0 },
};
static const struct watch_row rc_watches[] = {
	{ .kind = &ek_kind_rc, .map = map_self },
	{ .kind = &ek_kind_pod, .map = map_controller_or_selectors },
	{ 0 },
};

const struct controller replicaset_controller = {
	.name = "replicaset-controller",
	.user = "replicaset-controller",
	.kind = &ek_kind_replicaset,
	.watches = rs_watches,
	.workers = 5,
	.collect = collect,
	.reconcile = replicaset_reconcile,
	.tells_failure = true,
};
const struct controller replication_controller = {
	.name = "replication-controller",
	.user = "replication-controller",
	.kind = &ek_kind_rc,
	.watches = rc_watches,
	.workers = 5,
	.collect = collect,
	.reconcile = replicaset_reconcile,
	.tells_failure = true,
};
