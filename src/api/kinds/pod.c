/* SPDX-License-Identifier: Apache-2.0 */

/* What the server makes of a pod: k8s.io/kubernetes/pkg/registry/core/pod's strategy. */

#include "kinds.h"

#include <ekube/str.h>

/* ---- quality of service: k8s.io/kubernetes/pkg/apis/core/v1/helper/qos ---- */

static const char *const qos_resources[] = { "cpu", "memory" };

/* The amount when it counts: there and more than nothing. */
static const struct ek_quantity *amount(const struct ek_json *list, const char *name,
					struct ek_quantity *q)
{
	const struct ek_json *v = ek_json_get(list, name);

	return v && ek_quantity_from_json(v, q, NULL) == 0 && q->value > 0 ? q : NULL;
}

/* Adds up what all containers ask for of cpu and memory; all_limited: every one limits both. */
static void look_at(const struct ek_json *containers, struct ek_quantity *requests,
		    struct ek_quantity *limits, bool *any, bool *all_limited)
{
	for (struct ek_json_iter it = ek_json_iter(containers); ek_json_next(&it);)
		for (size_t i = 0; i < EK_ARRAY_LEN(qos_resources); i++) {
			struct ek_quantity r, l;
			bool asks = amount(ek_json_at(it.value, "resources.requests"),
					   qos_resources[i], &r);
			bool has_limit = amount(ek_json_at(it.value, "resources.limits"),
						qos_resources[i], &l);

			if (asks)
				ek_quantity_add(&requests[i], &r);
			if (has_limit)
				ek_quantity_add(&limits[i], &l);
			else
				*all_limited = false;
			*any = *any || asks || has_limit;
		}
}

static const char *qos_class(const struct ek_json *spec)
{
	struct ek_quantity requests[2] = { { 0 } }, limits[2] = { { 0 } };
	bool any = false, all_limited = true;

	look_at(ek_json_get(spec, "containers"), requests, limits, &any, &all_limited);
	look_at(ek_json_get(spec, "initContainers"), requests, limits, &any, &all_limited);
	if (!any)
		return "BestEffort";
	if (all_limited && ek_quantity_cmp(&requests[0], &limits[0]) == 0 &&
	    ek_quantity_cmp(&requests[1], &limits[1]) == 0)
		return "Guaranteed";
	return "Burstable";
}

/* ---- matchLabelKeys of pod affinity become expressions with this pod's own labels ---- */

static void add_expressions(struct ek_json *selector, const struct ek_json *keys, const char *op,
			    const struct ek_json *labels)
{
	for (struct ek_json_iter it = ek_json_iter(keys); ek_json_next(&it);) {
		const char *key = ek_json_str(it.value),
			   *value = key ? ek_json_str(ek_json_get(labels, key)) : NULL;

		if (!value)
			continue;
		if (ek_json_is_null(ek_json_get(selector, "matchExpressions")))
			ek_json_set(selector, "matchExpressions", ek_json_array());
		ek_json_append(ek_json_get(selector, "matchExpressions"),
			       ek_json_make("{'key':%s,'operator':%s,'values':[%s]}", key, op,
					    value));
	}
}

static void complete_term(const struct ek_json *term, const struct ek_json *labels)
{
	struct ek_json *selector = ek_json_get(term, "labelSelector");

	if (!selector)
		return;
	add_expressions(selector, ek_json_get(term, "matchLabelKeys"), "In", labels);
	add_expressions(selector, ek_json_get(term, "mismatchLabelKeys"), "NotIn", labels);
}

static void complete_affinity(const struct ek_json *pod)
{
	static const char *const sides[] = { "podAffinity", "podAntiAffinity" };
	const struct ek_json *affinity = ek_json_at(pod, "spec.affinity"),
			     *labels = ek_meta_labels(pod);

	for (size_t i = 0; i < EK_ARRAY_LEN(sides); i++) {
		const struct ek_json *side = ek_json_get(affinity, sides[i]);
		struct ek_json_iter it;

		for (it = ek_json_iter(
			     ek_json_get(side, "requiredDuringSchedulingIgnoredDuringExecution"));
		     ek_json_next(&it);)
			complete_term(it.value, labels);
		for (it = ek_json_iter(
			     ek_json_get(side, "preferredDuringSchedulingIgnoredDuringExecution"));
		     ek_json_next(&it);)
			complete_term(ek_json_get(it.value, "podAffinityTerm"), labels);
	}
}

/* ---- hooks ---- */

void ek_pod_prepare_create(struct ek_json *pod)
{
	struct ek_json *spec = ek_json_get(pod, "spec");

	/* admission may have named the account */
	ek_pod_sync_account(spec);
	ek_pod_spec_drop_disabled(spec, NULL);
	complete_affinity(pod);
	ek_json_set(pod, "status",
		    ek_json_make("{'phase':'Pending','qosClass':%s}", qos_class(spec)));
	if (ek_json_len(ek_json_get(spec, "schedulingGates")) > 0)
		ek_json_set_at(
			pod, "status.conditions",
			ek_json_make(
				"[{'type':'PodScheduled','status':'False','lastProbeTime':null,"
				"'lastTransitionTime':null,'reason':'SchedulingGated','message':"
				"'Scheduling is blocked due to non-empty scheduling gates'}]"));
}

void ek_pod_prepare_update(struct ek_json *pod, const struct ek_json *old)
{
	struct ek_json *status = ek_json_get(old, "status");

	ek_pod_sync_account(ek_json_get(pod, "spec"));
	ek_pod_spec_drop_disabled(ek_json_get(pod, "spec"), ek_json_get(old, "spec"));
	if (status)
		ek_json_set(pod, "status", ek_json_copy(status));
}

/* Who was never given a node, or is over, has nothing to end gracefully. */
int64_t ek_pod_grace(const struct ek_json *pod, int64_t asked_s)
{
	const char *phase = ek_json_str_at(pod, "status.phase");
	int64_t grace = asked_s >= 0 ?
				asked_s :
				ek_json_int_at(pod, "spec.terminationGracePeriodSeconds", 30);

	if (ek_str_empty(ek_json_str_at(pod, "spec.nodeName")) || ek_streq(phase, "Succeeded") ||
	    ek_streq(phase, "Failed"))
		return 0;
	return grace < 0 ? 1 : grace;
}
