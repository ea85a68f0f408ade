/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment.h"

#include <ekube/clock.h>

/*
 * Deployment: a rollout from old ReplicaSets to the one with the present template.
 * Upstream: pkg/controller/deployment.
 *
 *	claim sets ─► paused or resized? ─yes─► scale ─► status
 *	                    │no
 *	                    └─► rolling: grow the new one, shrink the old ones ─► status, progress
 *	                        recreate: old ones to zero, wait, then the new one
 */

static void load_numbers(struct rollout *r)
{
	const struct ek_json *ru = ek_json_at(r->d, "spec.strategy.rollingUpdate");

	r->replicas = (int)ek_json_int_at(r->d, "spec.replicas", 1);
	r->rolling = !ek_streq(ek_json_str_at(r->d, "spec.strategy.type"), "Recreate");
	if (!r->rolling)
		return;
	if (ek_json_get(ru, "maxSurge"))
		(void)ek_int_or_percent(ek_json_get(ru, "maxSurge"), r->replicas, true,
					&r->max_surge);
	if (ek_json_get(ru, "maxUnavailable"))
		(void)ek_int_or_percent(ek_json_get(ru, "maxUnavailable"), r->replicas, false,
					&r->max_unavailable);
	if (r->max_surge == 0 && r->max_unavailable == 0)
		r->max_unavailable = 1; /* both may round to zero: then nothing would ever move */
	r->max_unavailable = EK_MIN(r->max_unavailable, r->replicas);
}

/* ---- rolling update ---- */

static bool grow_fresh(struct rollout *r)
{
	int size = r->fresh->replicas > r->replicas ? r->replicas :
						      deployment_new_size(r, r->fresh);

	return r->fresh->replicas != r->replicas && deployment_scale_set(r, r->fresh, size);
}

/* What is not available anyway goes first: it must not block the rollout. */
static int drop_unhealthy(struct rollout *r, int max)
{
	int dropped = 0;

	EACH_OLD_SET(x, r)
	{
		int n = EK_MIN(max - dropped, x->replicas - x->available);

		if (n <= 0 || x->replicas == 0)
			continue;
		deployment_scale_set(r, x, x->replicas - n);
		dropped += n;
	}
	return dropped;
}

static int drop_healthy(struct rollout *r)
{
	int available = 0, dropped = 0, max;

	EACH_SET(x, r)
	available += x->available;
	max = available - (r->replicas - r->max_unavailable);
	EACH_OLD_SET(x, r)
	{
		int n = EK_MIN(x->replicas, max - dropped);

		if (n <= 0)
			continue;
		deployment_scale_set(r, x, x->replicas - n);
		dropped += n;
	}
	return dropped;
}

static bool shrink_old(struct rollout *r)
{
	int max = deployment_total(r, false) - (r->replicas - r->max_unavailable) -
		  (r->fresh->replicas - r->fresh->available);
	int dropped;

	if (deployment_total(r, true) == 0 || max <= 0)
		return false;
	dropped = drop_unhealthy(r, max);
	return dropped + drop_healthy(r) > 0;
}

static void roll(struct rollout *r)
{
	deployment_sync_fresh(r, true);
	if (r->stop)
		return;
	if (grow_fresh(r) || shrink_old(r))
		return;
	if (deployment_is_complete(r, ek_json_get(r->d, "status")))
		deployment_trim_history(r);
}

/* ---- recreate ---- */

static bool old_pods_run(const struct rollout *r)
{
	const struct objects *pods = &r->s->list[DEPLOYMENT_PODS];

	EACH_OLD_SET(x, r)
	{
		if (x->actual > 0)
			return true;
	}
	for (size_t i = 0; i < pods->n; i++) {
		const char *owner = ek_json_str_at(ek_meta_controller(pods->items[i]), "uid");

		if (!pod_is_over(pods->items[i]) && !(r->fresh && ek_streq(owner, r->fresh->uid)))
			return true;
	}
	return false;
}

static void recreate(struct rollout *r)
{
	bool scaled = false;

	deployment_sync_fresh(r, false);
	EACH_OLD_SET(x, r)
	scaled |= deployment_scale_set(r, x, 0);
	if (scaled || old_pods_run(r))
		return;
	if (!r->fresh)
		deployment_sync_fresh(r, true);
	if (r->stop)
		return;
	deployment_scale_set(r, r->fresh, r->replicas);
	if (deployment_is_complete(r, ek_json_get(r->d, "status")))
		deployment_trim_history(r);
}

/* ---- the pass ---- */

static void note_pause(struct rollout *r)
{
	const struct ek_json *c =
		ek_json_find(ek_json_get(r->status, "conditions"), "type", "Progressing", NULL);
	const char *reason = ek_json_str_at(c, "reason");
	bool paused = ek_json_bool_at(r->d, "spec.paused", false);

	if (!deployment_has_deadline(r->d) || ek_streq(reason, "ProgressDeadlineExceeded"))
		return;
	if (paused && !ek_streq(reason, "DeploymentPaused"))
		deployment_set_condition(r, "Progressing", "Unknown", "DeploymentPaused",
					 "Deployment is paused");
	else if (!paused && ek_streq(reason, "DeploymentPaused"))
		deployment_set_condition(r, "Progressing", "Unknown", "DeploymentResumed",
					 "Deployment is resumed");
}

static void decide(struct rollout *r)
{
	if (ek_meta_deleting(r->d)) {
		deployment_sync_fresh(r, false);
		deployment_count_status(r);
		return;
	}
	note_pause(r);
	if (ek_json_bool_at(r->d, "spec.paused", false) || deployment_is_scaling(r)) {
		deployment_sync_fresh(r, false);
		deployment_scale(r);
		deployment_trim_history(r);
		deployment_count_status(r);
		return;
	}
	if (r->rolling)
		roll(r);
	else
		recreate(r);
	if (r->stop)
		return;
	deployment_count_status(r);
	deployment_judge_progress(r);
}

static bool selects_all(const struct ek_json *d)
{
	return ek_json_len(ek_json_at(d, "spec.selector")) == 0;
}

static struct ek_json *status_copy(const struct ek_json *d)
{
	const struct ek_json *status = ek_json_get(d, "status");

	return ek_json_is_object(status) ? ek_json_copy(status) : ek_json_object();
}

/*
 * After a failure only its words are written, and only when it was the new set that could not be
 * made.
 */
static bool creation_was_refused(const struct rollout *r)
{
	int code = r->s->failure;

	if (code == EK_ECONFLICT || code == EK_EEXISTS || code == EK_ENOTFOUND)
		return false; /* the cache was behind */
	return r->rolling || deployment_total(r, true) == 0;
}

static void rollout_done(struct rollout *r)
{
	EACH_SET(x, r)
	ek_json_unref(x->rs);
	free(r->sets);
	ek_json_unref(r->status);
}

int deployment_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *selector = NULL;
	struct rollout r = { .s = s, .d = s->object, .p = p };
	struct plan unused = { 0 };
	struct objects mine = { 0 };

	if (!s->object)
		return 0;
	ek_time_format(s->now_us, r.now);
	r.status = status_copy(r.d);
	if (selects_all(r.d)) {
		plan_event(
			p, "Warning", "SelectingAll",
			"This deployment is selecting all pods. A non-empty selector is required.");
		ek_json_set_int(r.status, "observedGeneration", ek_meta_generation(r.d));
		deployment_write_status(&r);
		rollout_done(&r);
		return 0;
	}
	if (ek_selector_from_json(ek_json_at(r.d, "spec.selector"), &selector, err) < 0) {
		rollout_done(&r);
		return 0; /* validation refuses such selectors */
	}
	refs_claim(s->kind, r.d, selector, &ek_kind_replicaset, &s->list[DEPLOYMENT_SETS],
		   s->failure ? &unused : p, &mine);
	plan_done(&unused);
	load_numbers(&r);
	deployment_load_sets(&r, &mine);
	deployment_find_fresh(&r);
	if (s->failure) {
		if (!r.fresh && creation_was_refused(&r))
			deployment_sync_fresh(&r, true);
	} else {
		decide(&r);
		deployment_write_sets(&r);
	}
	deployment_write_status(&r);
	rollout_done(&r);
	ek_vec_done(&mine);
	return 0;
}

/* ---- what it sees ---- */

static bool concerns(const struct snapshot *s, const struct ek_selector *selector,
		     struct ek_object *o)
{
	EK_FREE char *prefix = ek_str_fmt("%s-", s->name);
	const char *owner, *uid = ek_meta_uid(s->object);

	for (size_t pos = 0; (owner = ek_index_owner(o->index, &pos));)
		if (ek_streq(owner, uid))
			return true;
	return ek_index_match(o->index, selector, NULL) ||
	       ek_str_starts(ek_meta_name(ek_object_tree(o)), prefix);
}

static void collect_pods(struct running *r, struct snapshot *s, struct ek_object *rs)
{
	struct ek_informer_iter it;

	for (struct ek_object *o = ek_informer_first(running_informer(r, &ek_kind_pod), NULL,
						     ek_index_uid(rs->index), &it);
	     o; o = ek_informer_next(&it))
		snapshot_add(s, DEPLOYMENT_PODS, o);
}

static void collect(struct running *r, struct snapshot *s)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *selector = NULL;
	bool recreate_wants_pods =
		ek_streq(ek_json_str_at(s->object, "spec.strategy.type"), "Recreate");
	struct ek_informer_iter it;

	if (!s->object ||
	    ek_selector_from_json(ek_json_at(s->object, "spec.selector"), &selector, NULL) < 0)
		return;
	for (struct ek_object *o =
		     ek_informer_first(running_informer(r, &ek_kind_replicaset), s->ns, NULL, &it);
	     o; o = ek_informer_next(&it)) {
		if (!concerns(s, selector, o)) {
			ek_object_slim(o);
			continue;
		}
		if (recreate_wants_pods &&
		    ek_meta_owned_by(ek_object_tree(o), ek_meta_uid(s->object)))
			collect_pods(r, s, o);
		snapshot_add(s, DEPLOYMENT_SETS, o);
	}
}

/* A pod that went may have been the last that a Recreate waits for. */
static void map_pod(struct running *r, struct ek_object *before, struct ek_object *after)
{
	const struct ek_json *pod = ek_object_tree(after ? after : before),
			     *ref = ek_meta_controller(pod);
	struct ek_object *rs;

	if (after && !pod_is_over(pod))
		return;
	rs = ref ? ek_informer_find_uid(running_informer(r, &ek_kind_replicaset),
					ek_json_str_at(ref, "uid")) :
		   NULL;
	if (!rs)
		return;
	map_controller(r, NULL, rs);
	ek_object_slim(rs);
}

static const struct watch_row watches[] = {
	{ .kind = &ek_kind_deployment, .map = map_self },
	{ .kind = &ek_kind_replicaset, .map = map_controller_or_selectors },
	{ .kind = &ek_kind_pod, .map = map_pod },
	{ 0 },
};

const struct controller deployment_controller = {
	.name = "deployment-controller",
	.user = "deployment-controller",
	.kind = &ek_kind_deployment,
	.watches = watches,
	.workers = 5,
	.collect = collect,
	.reconcile = deployment_reconcile,
	.tells_failure = true,
};
