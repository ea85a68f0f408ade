/* SPDX-License-Identifier: Apache-2.0 */

/* Deployment, ReplicaSet, ReplicationController: a selector, a template, how many. */

#include "kinds.h"

#include <ekube/str.h>

void deployment_default(struct ek_json *d)
{
	struct ek_json *spec = ek_json_get(d, "spec");
	struct ek_json *strategy, *rolling;

	if (!spec)
		return;
	pod_template_default(d);
	default_int(spec, "revisionHistoryLimit", 10);
	default_int(spec, "progressDeadlineSeconds", 600);
	if (!ek_json_get(spec, "strategy"))
		ek_json_set(spec, "strategy", ek_json_object());
	strategy = ek_json_get(spec, "strategy");
	default_str(strategy, "type", "RollingUpdate");
	if (!ek_streq(ek_json_str_at(strategy, "type"), "RollingUpdate"))
		return;
	if (!ek_json_get(strategy, "rollingUpdate"))
		ek_json_set(strategy, "rollingUpdate", ek_json_object());
	rolling = ek_json_get(strategy, "rollingUpdate");
	if (ek_json_is_null(ek_json_get(rolling, "maxUnavailable")))
		ek_json_set_str(rolling, "maxUnavailable", "25%");
	if (ek_json_is_null(ek_json_get(rolling, "maxSurge")))
		ek_json_set_str(rolling, "maxSurge", "25%");
}

/* In v1 a controller without selector or labels takes its template's. */
void rc_default(struct ek_json *rc)
{
	struct ek_json *spec = ek_json_get(rc, "spec"), *metadata = ek_json_get(rc, "metadata");
	const struct ek_json *labels = ek_json_at(spec, "template.metadata.labels");

	if (!spec)
		return;
	pod_template_default(rc);
	if (ek_json_len(labels) == 0)
		return;
	if (ek_json_len(ek_json_get(spec, "selector")) == 0)
		ek_json_set(spec, "selector", ek_json_copy(labels));
	if (metadata && ek_json_len(ek_json_get(metadata, "labels")) == 0)
		ek_json_set(metadata, "labels", ek_json_copy(labels));
}

void workload_validate(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *sel = NULL;
	const struct ek_json *selector = ek_json_at(obj, "spec.selector");
	const struct ek_json *labels = ek_json_at(obj, "spec.template.metadata.labels");
	const char *policy = ek_json_str_at(obj, "spec.template.spec.restartPolicy");
	struct ek_path at = { .len = 0 };
	size_t mark;

	mark = ek_path_push(&at, "spec.selector");
	ek_label_selector_validate(selector, false, &at, causes);
	if (selector && ek_json_len(selector) == 0)
		ek_cause_add(causes, EK_CAUSE_INVALID, &at, selector, "empty selector is invalid for deployment");
	if (old && !ek_json_same(selector, ek_json_at(old, "spec.selector")))
		ek_cause_add(causes, EK_CAUSE_INVALID, &at, selector, "field is immutable");
	ek_path_pop(&at, mark);
	if (ek_json_len(selector) && ek_selector_from_json(selector, &sel, NULL) == 0 && !ek_selector_match(sel, labels)) {
		mark = ek_path_push(&at, "spec.template.metadata.labels");
		ek_cause_add(causes, EK_CAUSE_INVALID, &at, labels, "`selector` does not match template `labels`");
		ek_path_pop(&at, mark);
	}
	if (policy && !ek_streq(policy, "Always")) {
		EK_JSON struct ek_json *bad = ek_json_new_str(policy);

		(void)ek_path_push(&at, "spec.template.spec.restartPolicy");
		ek_cause_unsupported(causes, &at, bad, (const char *const[]){ "Always", NULL });
	}
}

static bool is_zero(const struct ek_json *v)
{
	int n;

	return ek_int_or_percent(v, 100, true, &n) == 0 && n == 0;
}

void deployment_validate(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes)
{
	const struct ek_json *rolling = ek_json_at(obj, "spec.strategy.rollingUpdate");
	struct ek_path at = { .len = 0 };

	workload_validate(obj, old, causes);
	if (ek_streq(ek_json_str_at(obj, "spec.strategy.type"), "Recreate") && rolling) {
		(void)ek_path_push(&at, "spec.strategy.rollingUpdate");
		ek_cause_add(causes, EK_CAUSE_FORBIDDEN, &at, NULL, "may not be specified when strategy `type` is 'Recreate'");
	} else if (rolling && is_zero(ek_json_get(rolling, "maxUnavailable")) && is_zero(ek_json_get(rolling, "maxSurge"))) {
		(void)ek_path_push(&at, "spec.strategy.rollingUpdate.maxUnavailable");
		ek_cause_add(causes, EK_CAUSE_INVALID, &at, ek_json_get(rolling, "maxUnavailable"),
			     "may not be 0 when `maxSurge` is 0");
	}
}
