/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment.h"

#include <ekube/clock.h>

bool deployment_has_deadline(const struct ek_json *d)
{
	const struct ek_json *v = ek_json_at(d, "spec.progressDeadlineSeconds");

	return v && ek_json_int(v, INT32_MAX) != INT32_MAX;
}

static struct ek_json *condition(const struct ek_json *status, const char *type)
{
	return ek_json_find(ek_json_get(status, "conditions"), "type", type, NULL);
}

static void drop_condition(struct rollout *r, const char *type)
{
	struct ek_json *list = ek_json_get(r->status, "conditions");
	size_t at;

	if (ek_json_find(list, "type", type, &at))
		ek_json_remove(list, at);
}

/* As upstream: the same status and reason change nothing; what changes moves to the end. */
void deployment_set_condition(struct rollout *r, const char *type, const char *status,
			      const char *reason, const char *message)
{
	const struct ek_json *old = condition(r->status, type);
	bool same = ek_streq(ek_json_str_at(old, "status"), status);
	EK_JSON struct ek_json *since = NULL;

	if (same && ek_streq(ek_json_str_at(old, "reason"), reason))
		return;
	since = same ? ek_json_ref(ek_json_get(old, "lastTransitionTime")) :
		       ek_json_new_str(r->now);
	drop_condition(r, type);
	if (!ek_json_is_array(ek_json_get(r->status, "conditions")))
		ek_json_set(r->status, "conditions", ek_json_array());
	ek_json_append(
		ek_json_get(r->status, "conditions"),
		ek_json_make(
			"{'type':%s,'status':%s,'lastUpdateTime':%s,'lastTransitionTime':%v,'reason':%s,"
			"'message':%s}",
			type, status, r->now, since, reason, message));
}

static void set_count(struct ek_json *status, const char *key, int64_t n)
{
	if (n)
		ek_json_set_int(status, key, n);
	else
		ek_json_del(status, key);
}

void deployment_count_status(struct rollout *r)
{
	int actual = 0, ready = 0, available = 0;

	EACH_SET(x, r)
	{
		actual += x->actual;
		ready += x->ready;
		available += x->available;
	}
	set_count(r->status, "observedGeneration", ek_meta_generation(r->d));
	set_count(r->status, "replicas", actual);
	set_count(r->status, "updatedReplicas", r->fresh ? r->fresh->actual : 0);
	set_count(r->status, "readyReplicas", ready);
	set_count(r->status, "availableReplicas", available);
	set_count(r->status, "unavailableReplicas",
		  EK_MAX(deployment_total(r, false) - available, 0));
	if (available >= r->replicas - r->max_unavailable)
		deployment_set_condition(r, "Available", "True", "MinimumReplicasAvailable",
					 "Deployment has minimum availability.");
	else
		deployment_set_condition(r, "Available", "False", "MinimumReplicasUnavailable",
					 "Deployment does not have minimum availability.");
}

static int64_t number(const struct ek_json *status, const char *key)
{
	return ek_json_int_at(status, key, 0);
}

bool deployment_is_complete(const struct rollout *r, const struct ek_json *status)
{
	return number(status, "updatedReplicas") == r->replicas &&
	       number(status, "replicas") == r->replicas &&
	       number(status, "availableReplicas") == r->replicas &&
	       number(status, "observedGeneration") >= ek_meta_generation(r->d);
}

static bool made_progress(const struct ek_json *now, const struct ek_json *before)
{
	return number(now, "updatedReplicas") > number(before, "updatedReplicas") ||
	       number(now, "replicas") - number(now, "updatedReplicas") <
		       number(before, "replicas") - number(before, "updatedReplicas") ||
	       number(now, "readyReplicas") > number(before, "readyReplicas") ||
	       number(now, "availableReplicas") > number(before, "availableReplicas");
}

static int64_t deadline_us(const struct rollout *r, const struct ek_json *progressing)
{
	return object_time_us(progressing, "lastUpdateTime") +
	       ek_json_int_at(r->d, "spec.progressDeadlineSeconds", 0) * 1000000;
}

/* Here the same reason does renew lastUpdateTime: it is what the deadline counts from. */
static void note_progress(struct rollout *r, const char *message)
{
	const struct ek_json *old = condition(r->status, "Progressing");
	EK_JSON struct ek_json *since = NULL;

	if (ek_streq(ek_json_str_at(old, "status"), "True"))
		since = ek_json_ref(ek_json_get(old, "lastTransitionTime"));
	drop_condition(r, "Progressing");
	deployment_set_condition(r, "Progressing", "True", "ReplicaSetUpdated", message);
	if (since) {
		struct ek_json *list = ek_json_get(r->status, "conditions");

		ek_json_set(ek_json_elem(list, ek_json_len(list) - 1), "lastTransitionTime",
			    ek_steal(since));
	}
}

static void note_timeout(struct rollout *r, const struct ek_json *progressing, const char *message)
{
	const char *reason = ek_json_str_at(progressing, "reason");

	if (!progressing || ek_streq(reason, "NewReplicaSetAvailable"))
		return;
	if (ek_streq(reason, "ProgressDeadlineExceeded") ||
	    deadline_us(r, progressing) < r->s->now_us)
		deployment_set_condition(r, "Progressing", "False", "ProgressDeadlineExceeded",
					 message);
	else
		/* times are whole seconds: one more, so that it has passed for sure */
		plan_again(r->p, (deadline_us(r, progressing) - r->s->now_us) / 1000 + 1000);
}

static char *about(const struct rollout *r, const char *what)
{
	return ek_str_fmt("%s \"%s\" %s.", r->fresh ? "ReplicaSet" : "Deployment",
			  r->fresh ? r->fresh->name : ek_meta_name(r->d), what);
}

static void judge(struct rollout *r)
{
	const struct ek_json *before = ek_json_get(r->d, "status");
	const struct ek_json *progressing = condition(r->status, "Progressing");
	EK_FREE char *done = about(r, "has successfully progressed"),
		     *going = about(r, "is progressing"),
		     *late = about(r, "has timed out progressing");

	if (number(r->status, "replicas") == number(r->status, "updatedReplicas") &&
	    ek_streq(ek_json_str_at(progressing, "reason"), "NewReplicaSetAvailable"))
		return; /* the rollout is over: what happens now is not its progress */
	if (deployment_is_complete(r, r->status))
		deployment_set_condition(r, "Progressing", "True", "NewReplicaSetAvailable", done);
	else if (made_progress(r->status, before))
		note_progress(r, going);
	else
		note_timeout(r, progressing, late);
}

static const struct ek_json *failure_of(const struct set *x)
{
	return ek_meta_condition(x->rs, "ReplicaFailure");
}

static void copy_failures(struct rollout *r)
{
	const struct ek_json *c = r->fresh ? failure_of(r->fresh) : NULL;

	EACH_SET(x, r)
	c = c ? c : failure_of(x);
	if (c)
		deployment_set_condition(r, "ReplicaFailure", ek_json_str_at(c, "status"),
					 ek_json_str_at(c, "reason"), ek_json_str_at(c, "message"));
	else
		drop_condition(r, "ReplicaFailure");
}

void deployment_judge_progress(struct rollout *r)
{
	if (deployment_has_deadline(r->d))
		judge(r);
	else
		drop_condition(r, "Progressing");
	copy_failures(r);
}

void deployment_write_status(struct rollout *r)
{
	struct ek_json *d;

	if (ek_json_same(r->status, ek_json_get(r->d, "status")))
		return;
	d = ek_json_copy(r->d);
	ek_json_set(d, "status", ek_json_ref(r->status));
	plan_next_step(r->p);
	plan_update(r->p, r->s->kind, "status", d);
}
