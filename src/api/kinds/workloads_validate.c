/* SPDX-License-Identifier: Apache-2.0 */

/* A selector, a template, how many, how to change: k8s.io/kubernetes/pkg/apis/apps/validation. */

#include "kinds.h"
#include "pod_validate.h"

#include <ekube/str.h>

#include <ctype.h>

static const char *const always[] = { "Always", NULL };

/* ---- selector and template ---- */

static void check_selector(struct ek_check *c, const struct ek_type *of, const struct ek_json *spec,
			   const char *kind)
{
	const struct ek_json *selector = ek_json_get(spec, "selector");
	size_t mark = ek_check_push(c, "selector");

	ek_label_selector_validate(selector, false, &c->at, c->causes);
	if (!ek_json_is_null(selector) && ek_json_len(ek_json_get(selector, "matchLabels")) == 0 &&
	    ek_json_len(ek_json_get(selector, "matchExpressions")) == 0) {
		EK_FREE char *text = ek_check_text_of(of, "spec.selector", selector);
		EK_FREE char *detail = ek_str_fmt("empty selector is invalid for %s", kind);

		ek_check_invalid_text(c, NULL, text, detail);
	}
	ek_check_pop(c, mark);
}

static void check_labels(struct ek_check *c, const struct ek_selector *selector,
			 const struct ek_json *spec)
{
	const struct ek_json *labels = ek_json_at(spec, "template.metadata.labels");

	if (ek_selector_empty(selector) || ek_selector_match(selector, labels))
		return;
	if (labels)
		ek_check_invalid(c, "template.metadata.labels", labels,
				 "`selector` does not match template `labels`");
	else
		ek_check_invalid_text(c, "template.metadata.labels", "map[string]string(nil)",
				      "`selector` does not match template `labels`");
}

/* No selector at all selects nothing, and so not the template either. */
static void check_match(struct ek_check *c, const struct ek_json *spec)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *selector = NULL;

	if (ek_selector_from_json(ek_json_get(spec, "selector"), &selector, NULL) == 0)
		check_labels(c, selector, spec);
}

/* Pods of a controller run on: it is the controller that ends them. */
static void check_lasting(struct ek_check *c, const struct ek_json *spec, const char *kind)
{
	const char *policy = ek_json_str_at(spec, "template.spec.restartPolicy");

	if (!ek_streq(policy, "Always"))
		ek_check_unsupported(c, "template.spec.restartPolicy", policy, always);
	if (ek_json_at(spec, "template.spec.activeDeadlineSeconds"))
		ek_check_forbidden(c, "template.spec.activeDeadlineSeconds",
				   "activeDeadlineSeconds in %s is not Supported", kind);
}

static void check_template(struct ek_check *c, const struct ek_json *spec, const char *kind)
{
	size_t mark = ek_check_push(c, "template");

	ek_pod_template_validate(c, ek_json_get(spec, "template"));
	ek_check_pop(c, mark);
	check_lasting(c, spec, kind);
}

/* ---- how many at a time ---- */

static bool is_percent(const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (n < 2 || s[n - 1] != '%')
		return false;
	for (size_t i = 0; i + 1 < n; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return true;
}

static int64_t amount_of(const struct ek_json *v)
{
	int64_t n = 0;

	if (!ek_json_str(v))
		return ek_json_int(v, 0);
	for (const char *s = ek_json_str(v); isdigit((unsigned char)*s) && n < INT32_MAX; s++)
		n = n * 10 + (*s - '0');
	return n;
}

static void invalid_amount(struct ek_check *c, const char *field, const struct ek_json *v,
			   const char *detail)
{
	EK_FREE char *text = ek_check_text_intorstr(v);

	ek_check_invalid_text(c, field, text, detail);
}

static void check_amount(struct ek_check *c, const char *field, const struct ek_json *v)
{
	if (ek_json_str(v) && !is_percent(ek_json_str(v)))
		invalid_amount(
			c, field, v,
			"a valid percent string must be a numeric string followed by an ending '%' "
			"(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')");
	else if (!ek_json_str(v))
		ek_check_nonnegative(c, field, v);
}

static void check_not_over(struct ek_check *c, const char *field, const struct ek_json *v)
{
	if (is_percent(ek_json_str(v)) && amount_of(v) > 100)
		invalid_amount(c, field, v, "must not be greater than 100%");
}

/* ---- Deployment ---- */

static void check_strategy(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *rolling = ek_json_at(spec, "strategy.rollingUpdate");
	const struct ek_json *unavailable = ek_json_get(rolling, "maxUnavailable"),
			     *surge = ek_json_get(rolling, "maxSurge");
	size_t mark = ek_check_push(c, "strategy.rollingUpdate");

	if (ek_streq(ek_json_str_at(spec, "strategy.type"), "Recreate") && rolling) {
		ek_check_forbidden(c, NULL,
				   "may not be specified when strategy `type` is 'Recreate'");
	} else if (rolling) {
		check_amount(c, "maxUnavailable", unavailable);
		check_amount(c, "maxSurge", surge);
		if (amount_of(unavailable) == 0 && amount_of(surge) == 0)
			invalid_amount(c, "maxUnavailable", unavailable,
				       "may not be 0 when `maxSurge` is 0");
		check_not_over(c, "maxUnavailable", unavailable);
	}
	ek_check_pop(c, mark);
}

void ek_deployment_validate(const struct ek_json *obj, const struct ek_json *old,
			    struct ek_causes *causes)
{
	const struct ek_json *spec = ek_json_get(obj, "spec"),
			     *deadline = ek_json_get(spec, "progressDeadlineSeconds");
	struct ek_check c = { .causes = causes };

	(void)ek_check_push(&c, "spec");
	check_selector(&c, ek_kind_deployment.type, spec, "deployment");
	check_match(&c, spec);
	check_template(&c, spec, "ReplicaSet");
	check_strategy(&c, spec);
	if (deadline && ek_json_int(deadline, 0) <= ek_json_int_at(spec, "minReadySeconds", 0))
		ek_check_invalid(&c, "progressDeadlineSeconds", deadline,
				 "must be greater than minReadySeconds");
	if (old)
		ek_check_immutable(&c, ek_type_field(ek_kind_deployment.type, "spec")->of,
				   "selector", spec, ek_json_get(old, "spec"));
}

/* ---- ReplicaSet, ReplicationController ---- */

void ek_replicaset_validate(const struct ek_json *obj, const struct ek_json *old,
			    struct ek_causes *causes)
{
	const struct ek_json *spec = ek_json_get(obj, "spec");
	struct ek_check c = { .causes = causes };

	(void)ek_check_push(&c, "spec");
	check_selector(&c, ek_kind_replicaset.type, spec, "deployment");
	check_match(&c, spec);
	check_template(&c, spec, "ReplicaSet");
	if (old)
		ek_check_immutable(&c, ek_type_field(ek_kind_replicaset.type, "spec")->of,
				   "selector", spec, ek_json_get(old, "spec"));
}

void ek_rc_validate(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes)
{
	const struct ek_json *spec = ek_json_get(obj, "spec"),
			     *selector = ek_json_get(spec, "selector");
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *s = ek_selector_from_map(selector);
	struct ek_check c = { .causes = causes };

	(void)old;
	(void)ek_check_push(&c, "spec");
	if (ek_json_is_null(ek_json_get(spec, "template")))
		return;
	check_labels(&c, s, spec);
	check_template(&c, spec, "ReplicationController");
}

/* ---- DaemonSet ---- */

static void check_daemon_strategy(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *rolling = ek_json_at(spec, "updateStrategy.rollingUpdate");
	const struct ek_json *unavailable = ek_json_get(rolling, "maxUnavailable"),
			     *surge = ek_json_get(rolling, "maxSurge");
	size_t mark = ek_check_push(c, "updateStrategy.rollingUpdate");

	if (ek_streq(ek_json_str_at(spec, "updateStrategy.type"), "RollingUpdate") && rolling) {
		check_amount(c, "maxUnavailable", unavailable);
		check_amount(c, "maxSurge", surge);
		check_not_over(c, "maxUnavailable", unavailable);
		check_not_over(c, "maxSurge", surge);
		if (amount_of(unavailable) != 0 && amount_of(surge) != 0)
			invalid_amount(c, "maxSurge", surge,
				       "may not be set when maxUnavailable is non-zero");
		else if (amount_of(unavailable) == 0 && amount_of(surge) == 0)
			ek_check_required(c, "maxUnavailable", "cannot be 0 when maxSurge is 0");
	}
	ek_check_pop(c, mark);
}

void ek_daemonset_validate(const struct ek_json *obj, const struct ek_json *old,
			   struct ek_causes *causes)
{
	const struct ek_json *spec = ek_json_get(obj, "spec");
	struct ek_check c = { .causes = causes };

	(void)ek_check_push(&c, "spec");
	check_match(&c, spec);
	check_selector(&c, ek_kind_daemonset.type, spec, "daemonset");
	check_template(&c, spec, "DaemonSet");
	check_daemon_strategy(&c, spec);
	if (old)
		ek_check_immutable(&c, ek_type_field(ek_kind_daemonset.type, "spec")->of,
				   "selector", spec, ek_json_get(old, "spec"));
}

/* ---- StatefulSet ---- */

static void check_stateful_strategy(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *strategy = ek_json_get(spec, "updateStrategy");
	const struct ek_json *rolling = ek_json_get(strategy, "rollingUpdate");
	const char *type = ek_json_str_at(strategy, "type"),
		   *management = ek_json_str_at(spec, "podManagementPolicy");

	if (!ek_str_empty(management) && !ek_streq(management, "OrderedReady") &&
	    !ek_streq(management, "Parallel"))
		ek_check_invalid_str(c, "podManagementPolicy", management,
				     "must be 'OrderedReady' or 'Parallel'");
	if (ek_streq(type, "OnDelete")) {
		if (rolling)
			ek_check_invalid(c, "updateStrategy.rollingUpdate", rolling,
					 "only allowed for updateStrategy 'RollingUpdate'");
	} else if (ek_streq(type, "RollingUpdate")) {
		ek_check_nonnegative(c, "updateStrategy.rollingUpdate.partition",
				     ek_json_get(rolling, "partition"));
	} else {
		EK_FREE char *text =
			ek_check_text_of(ek_kind_statefulset.type, "spec.updateStrategy", strategy);

		ek_check_invalid_text(c, "updateStrategy", text,
				      "must be 'RollingUpdate' or 'OnDelete'");
	}
}

static void check_stateful_update(struct ek_check *c, const struct ek_json *spec,
				  const struct ek_json *old)
{
	static const char *const may_change[] = { "replicas",
						  "ordinals",
						  "template",
						  "updateStrategy",
						  "persistentVolumeClaimRetentionPolicy",
						  "minReadySeconds" };
	EK_JSON struct ek_json *a = ek_json_copy(spec), *b = ek_json_copy(old);

	for (size_t i = 0; i < EK_ARRAY_LEN(may_change); i++) {
		ek_json_del(a, may_change[i]);
		ek_json_del(b, may_change[i]);
	}
	if (!ek_json_same(a, b))
		ek_check_forbidden(
			c, NULL,
			"updates to statefulset spec for fields other than 'replicas', 'ordinals', "
			"'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and "
			"'minReadySeconds' are forbidden");
}

/* The pods' spec is not looked into: its volumes are only known with the claims. */
void ek_statefulset_validate(const struct ek_json *obj, const struct ek_json *old,
			     struct ek_causes *causes)
{
	const struct ek_json *spec = ek_json_get(obj, "spec");
	struct ek_check c = { .causes = causes };
	size_t mark;

	(void)ek_check_push(&c, "spec");
	check_stateful_strategy(&c, spec);
	ek_check_nonnegative(&c, "ordinals.start", ek_json_at(spec, "ordinals.start"));
	check_selector(&c, ek_kind_statefulset.type, spec, "statefulset");
	check_match(&c, spec);
	mark = ek_check_push(&c, "template");
	ek_pod_template_metadata_validate(&c, ek_json_get(spec, "template"));
	ek_check_pop(&c, mark);
	check_lasting(&c, spec, "StatefulSet");
	if (old)
		check_stateful_update(&c, spec, ek_json_get(old, "spec"));
}

/* ---- status: counts that contradict each other ---- */

static void check_counts(struct ek_check *c, const struct ek_json *status,
			 const char *const *counts, const char *ready)
{
	int64_t replicas = ek_json_int_at(status, "replicas", 0);
	const struct ek_json *available = ek_json_get(status, "availableReplicas");

	for (; *counts; counts++) {
		const struct ek_json *n = ek_json_get(status, *counts);

		ek_check_nonnegative(c, *counts, n);
		if (ek_json_int(n, 0) > replicas)
			ek_check_invalid(c, *counts, n, "cannot be greater than status.replicas");
	}
	if (ek_json_int(available, 0) > ek_json_int_at(status, "readyReplicas", 0))
		ek_check_invalid(c, "availableReplicas", available, "cannot be greater than %s",
				 ready);
}

static void check_status(const struct ek_json *obj, const struct ek_json *old,
			 const char *const *counts, const char *ready, struct ek_causes *causes)
{
	const struct ek_json *status = ek_json_get(obj, "status"),
			     *collisions = ek_json_get(status, "collisionCount");
	struct ek_check c = { .causes = causes };

	(void)ek_check_push(&c, "status");
	ek_check_nonnegative(&c, "observedGeneration", ek_json_get(status, "observedGeneration"));
	ek_check_nonnegative(&c, "replicas", ek_json_get(status, "replicas"));
	check_counts(&c, status, counts, ready);
	if (ek_json_int(collisions, 0) < ek_json_int_at(old, "status.collisionCount", 0)) {
		EK_JSON struct ek_json *n = ek_json_new_int(ek_json_int(collisions, 0));

		ek_check_invalid(&c, "collisionCount", n, "cannot be decremented");
	}
}

void ek_deployment_status_validate(const struct ek_json *obj, const struct ek_json *old,
				   struct ek_causes *causes)
{
	static const char *const counts[] = { "updatedReplicas", "readyReplicas",
					      "availableReplicas", NULL };

	check_status(obj, old, counts, "readyReplicas", causes);
}

void ek_replicaset_status_validate(const struct ek_json *obj, const struct ek_json *old,
				   struct ek_causes *causes)
{
	static const char *const counts[] = { "fullyLabeledReplicas", "readyReplicas",
					      "availableReplicas", NULL };

	check_status(obj, old, counts, "readyReplicas", causes);
}

void ek_statefulset_status_validate(const struct ek_json *obj, const struct ek_json *old,
				    struct ek_causes *causes)
{
	static const char *const counts[] = { "readyReplicas", "currentReplicas", "updatedReplicas",
					      "availableReplicas", NULL };

	check_status(obj, old, counts, "status.readyReplicas", causes);
}

void ek_controllerrevision_validate(const struct ek_json *obj, const struct ek_json *old,
				    struct ek_causes *causes)
{
	const struct ek_json *data = ek_json_get(obj, "data");
	struct ek_check c = { .causes = causes };

	if (old && !ek_json_same(data, ek_json_get(old, "data")))
		ek_check_invalid(&c, "data", data, "field is immutable");
	else if (!old && ek_json_is_null(data))
		ek_check_required(&c, "data", "data is mandatory");
	else if (!old && !ek_json_is_object(data))
		ek_check_required(&c, "data", "data must be a valid JSON object");
}
