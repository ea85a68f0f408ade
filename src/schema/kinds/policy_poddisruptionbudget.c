/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field pod_disruption_budget_spec_rows[] = {
	{ "minAvailable", EK_F_INTORSTR, EK_ONE, EK_POINTER, .pb = 1,
	  .doc = "How many must stay; a number or a percentage." },
	{ "selector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &ek_type_label_selector,
	  .doc = "Which pods." },
	{ "maxUnavailable", EK_F_INTORSTR, EK_ONE, EK_POINTER, .pb = 3,
	  .doc = "How many may be missing; a number or a percentage." },
	{ "unhealthyPodEvictionPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4,
	  .go = "v1.UnhealthyPodEvictionPolicyType", .one_of = EK_ONE_OF("AlwaysAllow", "IfHealthyBudget"),
	  .doc = "IfHealthyBudget or AlwaysAllow: for pods that are not ready." },
};
static EK_TYPE(pod_disruption_budget_spec_type, "io.k8s.api.policy.v1.PodDisruptionBudgetSpec",
	       "Which pods, and how many.", pod_disruption_budget_spec_rows);

static const struct ek_field pod_disruption_budget_status_rows[] = {
	{ "observedGeneration", EK_F_INT64, .pb = 1,
	  .doc = "metadata.generation that the controller has last acted on." },
	{ "disruptedPods", EK_F_TIME, EK_MAP, .pb = 2, .doc = "Pods that are leaving, by name." },
	{ "disruptionsAllowed", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 3, .max = EK_NO_MAX,
	  .doc = "How many may leave now." },
	{ "currentHealthy", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 4, .max = EK_NO_MAX,
	  .doc = "How many are healthy." },
	{ "desiredHealthy", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 5, .max = EK_NO_MAX,
	  .doc = "How many must be." },
	{ "expectedPods", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 6, .max = EK_NO_MAX,
	  .doc = "How many there should be." },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 7, .of = &ek_type_condition,
	  .list_keys = "type", .merge_key = "type", .doc = "DisruptionAllowed." },
};
static EK_TYPE(pod_disruption_budget_status_type, "io.k8s.api.policy.v1.PodDisruptionBudgetStatus",
	       "How many may leave now.", pod_disruption_budget_status_rows);

static const struct ek_field pod_disruption_budget_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &pod_disruption_budget_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &pod_disruption_budget_status_type,
	  .doc = "What there is now." },
};
static EK_TYPE(pod_disruption_budget_type, "io.k8s.api.policy.v1.PodDisruptionBudget",
	       "How many pods of a set may leave at the same time.", pod_disruption_budget_rows);

/* A number or a percentage, "N/A" when it is absent. */
static struct ek_json *int_or_percent(const struct ek_json *v)
{
	if (ek_json_str(v))
		return ek_json_ref(v);
	return v ? ek_json_new_fmt("%" PRId64, ek_json_int(v, 0)) : ek_json_new_str("N/A");
}

EK_CELL(cell_min)
{
	return int_or_percent(ek_json_at(obj, "spec.minAvailable"));
}

EK_CELL(cell_max)
{
	return int_or_percent(ek_json_at(obj, "spec.maxUnavailable"));
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Min Available", .type = "string", .doc = "How many pods must stay.", .cell = cell_min },
	{ .name = "Max Unavailable", .type = "string", .doc = "How many may be missing.", .cell = cell_max },
	{ .name = "Allowed Disruptions", .type = "integer", .doc = "How many may leave now.",
	  .path = "status.disruptionsAllowed" },
	EK_COLUMN_AGE,
	{ 0 },
};

static const struct ek_subresource subresources[] = {
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

const struct ek_kind ek_kind_pdb = {
	.group = "policy", .version = "v1", .kind = "PodDisruptionBudget",
	.plural = "poddisruptionbudgets", .singular = "poddisruptionbudget",
	.short_names = (const char *const[]){ "pdb", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = subresources,
	.type = &pod_disruption_budget_type,
	.columns = columns,
};
