/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field rolling_update_deployment_rows[] = {
	{ "maxUnavailable", EK_F_INTORSTR, EK_ONE, EK_POINTER, .pb = 1,
	  .doc = "How many pods may be missing; a number or a percentage." },
	{ "maxSurge", EK_F_INTORSTR, EK_ONE, EK_POINTER, .pb = 2,
	  .doc = "How many pods may be too many; a number or a percentage." },
};
static EK_TYPE(rolling_update_deployment_type, "io.k8s.api.apps.v1.RollingUpdateDeployment",
	       "Settings of a rolling update.", rolling_update_deployment_rows);

static const struct ek_field deployment_strategy_rows[] = {
	{ "type", EK_F_STR, .pb = 1, .go = "v1.DeploymentStrategyType", .dflt = "\"RollingUpdate\"",
	  .one_of = EK_ONE_OF("Recreate", "RollingUpdate"), .doc = "Recreate or RollingUpdate." },
	{ "rollingUpdate", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &rolling_update_deployment_type,
	  .doc = "Settings of RollingUpdate." },
};
static EK_TYPE(deployment_strategy_type, "io.k8s.api.apps.v1.DeploymentStrategy",
	       "How old pods give way to new ones.", deployment_strategy_rows);

static const struct ek_field deployment_spec_rows[] = {
	{ "replicas", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 1, .max = EK_NO_MAX, .dflt = "1",
	  .doc = "How many pods; 1 by default." },
	{ "selector", EK_F_OBJ, EK_ONE, EK_KEEP | EK_POINTER | EK_REQUIRED, .pb = 2,
	  .of = &ek_type_label_selector, .doc = "Which pods are its own; must match the template's labels." },
	{ "template", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 3, .of = &ek_type_pod_template_spec,
	  .doc = "The pods it makes." },
	{ "strategy", EK_F_OBJ, EK_ONE, EK_PATCH_RETAIN, .pb = 4, .of = &deployment_strategy_type,
	  .doc = "How old pods give way to new ones." },
	{ "minReadySeconds", EK_F_INT32, .pb = 5, .max = EK_NO_MAX,
	  .doc = "Seconds a pod must be ready before it counts as available." },
	{ "revisionHistoryLimit", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 6, .max = EK_NO_MAX, .dflt = "10",
	  .doc = "How many old revisions to keep for going back; 10 by default." },
	{ "paused", EK_F_BOOL, .pb = 7, .doc = "Whether changes of the template wait." },
	{ "progressDeadlineSeconds", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 9, .max = EK_NO_MAX, .dflt = "600",
	  .doc = "Seconds without progress before it says that it is stuck." },
};
static EK_TYPE(deployment_spec_type, "io.k8s.api.apps.v1.DeploymentSpec", "What is wanted of a Deployment.",
	       deployment_spec_rows);

static const struct ek_field deployment_condition_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.DeploymentConditionType",
	  .doc = "Which one." },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ConditionStatus",
	  .doc = "True, False or Unknown." },
	{ "lastUpdateTime", EK_F_TIME, .pb = 6, .doc = "When it was last looked at." },
	{ "lastTransitionTime", EK_F_TIME, .pb = 7, .doc = "When the status last changed." },
	{ "reason", EK_F_STR, .pb = 4, .doc = "Why, as one CamelCase word." },
	{ "message", EK_F_STR, .pb = 5, .doc = "Why, for people." },
};
static EK_TYPE(deployment_condition_type, "io.k8s.api.apps.v1.DeploymentCondition",
	       "One aspect of a Deployment's state.", deployment_condition_rows);

static const struct ek_field deployment_status_rows[] = {
	{ "observedGeneration", EK_F_INT64, .pb = 1, .max = EK_NO_MAX,
	  .doc = "metadata.generation that the controller has last acted on." },
	{ "replicas", EK_F_INT32, .pb = 2, .max = EK_NO_MAX, .doc = "How many pods." },
	{ "updatedReplicas", EK_F_INT32, .pb = 3, .max = EK_NO_MAX,
	  .doc = "How many follow the current template." },
	{ "readyReplicas", EK_F_INT32, .pb = 7, .max = EK_NO_MAX, .doc = "How many are ready." },
	{ "availableReplicas", EK_F_INT32, .pb = 4, .max = EK_NO_MAX, .doc = "How many can serve." },
	{ "unavailableReplicas", EK_F_INT32, .pb = 5, .max = EK_NO_MAX,
	  .doc = "How many are missing to what is wanted." },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 6,
	  .of = &deployment_condition_type, .list_keys = "type", .merge_key = "type",
	  .doc = "Available, Progressing, ReplicaFailure." },
	{ "collisionCount", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 8, .max = EK_NO_MAX,
	  .doc = "Collisions of hashes so far, to make a new name." },
};
static EK_TYPE(deployment_status_type, "io.k8s.api.apps.v1.DeploymentStatus", "What a Deployment has.",
	       deployment_status_rows);

static const struct ek_field deployment_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &deployment_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &deployment_status_type, .doc = "What there is now." },
};
static EK_TYPE(deployment_type, "io.k8s.api.apps.v1.Deployment",
	       "Pods of one template, replaced bit by bit when the template changes.", deployment_rows);

static const struct ek_subresource deployment_subresources[] = {
	{ "scale", "autoscaling", "v1", "Scale", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE, .type = &ek_type_autoscaling_scale },
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

EK_CELL(cell_ready)
{
	return ek_json_new_fmt("%" PRId64 "/%" PRId64, ek_json_int_at(obj, "status.readyReplicas", 0),
			       ek_json_int_at(obj, "spec.replicas", 0));
}

EK_CELL(cell_updated)
{
	return ek_json_new_int(ek_json_int_at(obj, "status.updatedReplicas", 0));
}

EK_CELL(cell_available)
{
	return ek_json_new_int(ek_json_int_at(obj, "status.availableReplicas", 0));
}

/* Unlike that of the other workloads: nothing for nothing. */
EK_CELL(cell_selector)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *s = NULL;
	EK_FREE char *text = NULL;

	if (ek_selector_from_json(ek_json_at(obj, "spec.selector"), &s, NULL) < 0)
		return ek_json_new_str("<invalid>");
	text = ek_selector_text(s);
	return ek_json_new_str(text);
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Ready", .type = "string", .doc = "How many pods are ready, of how many.", .cell = cell_ready },
	{ .name = "Up-to-date", .type = "string", .doc = "How many follow the current template.", .cell = cell_updated },
	{ .name = "Available", .type = "string", .doc = "How many can serve.", .cell = cell_available },
	EK_COLUMN_AGE,
	EK_COLUMN_CONTAINERS,
	EK_COLUMN_IMAGES,
	{ .name = "Selector", .type = "string", .priority = 1, .doc = "Which pods belong to it.",
	  .cell = cell_selector },
	{ 0 },
};

const struct ek_kind ek_kind_deployment = {
	.group = "apps", .version = "v1", .kind = "Deployment",
	.plural = "deployments", .singular = "deployment",
	.short_names = (const char *const[]){ "deploy", NULL },
	.categories = (const char *const[]){ "all", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = deployment_subresources,
	.type = &deployment_type,
	.columns = columns,
};
