/* SPDX-License-Identifier: Apache-2.0 */
#include "kinds.h"

#include <ekube/str.h>

/* ---- quality of service: k8s.io/kubernetes/pkg/apis/core/v1/helper/qos ---- */

/* Adds up what all containers ask for of cpu and memory; all_limited: every one limits both. */
static void look_at(const struct ek_json *containers, struct ek_quantity *requests, struct ek_quantity *limits,
		    bool *any, bool *all_limited)
{
	static const char *const names[] = { "cpu", "memory" };

	for (struct ek_json_iter it = ek_json_iter(containers); ek_json_next(&it);)
		for (size_t i = 0; i < EK_ARRAY_LEN(names); i++) {
			const struct ek_json *r = ek_json_get(ek_json_at(it.value, "resources.requests"), names[i]);
			const struct ek_json *l = ek_json_get(ek_json_at(it.value, "resources.limits"), names[i]);
			struct ek_quantity q;

			if (r && ek_quantity_parse(ek_json_str(r), &q, NULL) == 0 && q.value > 0) {
				ek_quantity_add(&requests[i], &q);
				*any = true;
			}
			if (l && ek_quantity_parse(ek_json_str(l), &q, NULL) == 0 && q.value > 0) {
				ek_quantity_add(&limits[i], &q);
				*any = true;
			} else {
				*all_limited = false;
			}
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

void pod_prepare_create(struct ek_json *pod)
{
	/* what was not asked for is its limit: decided before the class is */
	pod_default(pod);
	ek_json_set(pod, "status", ek_json_make("{'phase':'Pending','qosClass':%s}", qos_class(ek_json_get(pod, "spec"))));
}

void pod_prepare_update(struct ek_json *pod, const struct ek_json *old)
{
	struct ek_json *status = ek_json_get(old, "status");

	if (status)
		ek_json_set(pod, "status", ek_json_copy(status));
}

/* Who was never given a node, or is over, has nothing to end gracefully. */
int64_t pod_grace(const struct ek_json *pod, int64_t asked_s)
{
	const char *phase = ek_json_str_at(pod, "status.phase");
	int64_t grace = asked_s >= 0 ? asked_s : ek_json_int_at(pod, "spec.terminationGracePeriodSeconds", 30);

	if (ek_str_empty(ek_json_str_at(pod, "spec.nodeName")) || ek_streq(phase, "Succeeded") || ek_streq(phase, "Failed"))
		return 0;
	return EK_MAX(grace, (int64_t)0);
}
