/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field rolling_update_stateful_set_strategy_rows[] = {
	{ "partition", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 1 },
	{ "maxUnavailable", EK_F_INTORSTR, EK_ONE, EK_POINTER, .pb = 2 },
};
static EK_TYPE(rolling_update_stateful_set_strategy_type,
	       "io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy", NULL,
	       rolling_update_stateful_set_strategy_rows);

static const struct ek_field stateful_set_update_strategy_rows[] = {
	{ "type", EK_F_STR, .pb = 1, .go = "v1.StatefulSetUpdateStrategyType" },
	{ "rollingUpdate", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2,
	  .of = &rolling_update_stateful_set_strategy_type },
};
static EK_TYPE(stateful_set_update_strategy_type, "io.k8s.api.apps.v1.StatefulSetUpdateStrategy",
	       NULL, stateful_set_update_strategy_rows);

static const struct ek_field stateful_set_persistent_volume_claim_retention_policy_rows[] = {
	{ "whenDeleted", EK_F_STR, .pb = 1, .go = "v1.PersistentVolumeClaimRetentionPolicyType",
	  .dflt = "\"Retain\"", .one_of = EK_ONE_OF("Retain", "Delete") },
	{ "whenScaled", EK_F_STR, .pb = 2, .go = "v1.PersistentVolumeClaimRetentionPolicyType",
	  .dflt = "\"Retain\"", .one_of = EK_ONE_OF("Retain", "Delete") },
};
static EK_TYPE(stateful_set_persistent_volume_claim_retention_policy_type,
	       "io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy", NULL,
	       stateful_set_persistent_volume_claim_retention_policy_rows);

static const struct ek_field stateful_set_ordinals_rows[] = {
	{ "start", EK_F_INT32, EK_ONE, EK_KEEP | EK_OPTIONAL, .pb = 1 },
};
static EK_TYPE(stateful_set_ordinals_type, "io.k8s.api.apps.v1.StatefulSetOrdinals", NULL,
	       stateful_set_ordinals_rows);

static const struct ek_field stateful_set_spec_rows[] = {
	{ "replicas", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 1, .max = EK_NO_MAX, .dflt = "1" },
	{ "selector", EK_F_OBJ, EK_ONE, EK_KEEP | EK_POINTER | EK_REQUIRED, .pb = 2,
	  .of = &ek_type_label_selector },
	{ "template", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 3, .of = &ek_type_pod_template_spec },
	{ "volumeClaimTemplates", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 4,
	  .of = &ek_type_persistent_volume_claim },
	{ "serviceName", EK_F_STR, EK_ONE, EK_KEEP, .pb = 5 },
	{ "podManagementPolicy", EK_F_STR, .pb = 6, .go = "v1.PodManagementPolicyType",
	  .dflt = "\"OrderedReady\"" },
	{ "updateStrategy", EK_F_OBJ, .pb = 7, .of = &stateful_set_update_strategy_type },
	{ "revisionHistoryLimit", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 8, .dflt = "10" },
	{ "minReadySeconds", EK_F_INT32, .pb = 9, .max = EK_NO_MAX },
	{ "persistentVolumeClaimRetentionPolicy", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10,
	  .of = &stateful_set_persistent_volume_claim_retention_policy_type, .dflt = "{}" },
	{ "ordinals", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &stateful_set_ordinals_type },
};
static EK_TYPE(stateful_set_spec_type, "io.k8s.api.apps.v1.StatefulSetSpec", NULL,
	       stateful_set_spec_rows);

static const struct ek_field stateful_set_condition_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.StatefulSetConditionType" },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ConditionStatus" },
	{ "lastTransitionTime", EK_F_TIME, .pb = 3 },
	{ "reason", EK_F_STR, .pb = 4 },
	{ "message", EK_F_STR, .pb = 5 },
};
static EK_TYPE(stateful_set_condition_type, "io.k8s.api.apps.v1.StatefulSetCondition", NULL,
	       stateful_set_condition_rows);

static const struct ek_field stateful_set_status_rows[] = {
	{ "observedGeneration", EK_F_INT64, .pb = 1, .max = EK_NO_MAX },
	{ "replicas", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 2, .max = EK_NO_MAX },
	{ "readyReplicas", EK_F_INT32, .pb = 3, .max = EK_NO_MAX },
	{ "currentReplicas", EK_F_INT32, .pb = 4, .max = EK_NO_MAX },
	{ "updatedReplicas", EK_F_INT32, .pb = 5, .max = EK_NO_MAX },
	{ "currentRevision", EK_F_STR, .pb = 6 },
	{ "updateRevision", EK_F_STR, .pb = 7 },
	{ "collisionCount", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 9, .max = EK_NO_MAX },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 10,
	  .of = &stateful_set_condition_type, .list_keys = "type", .merge_key = "type" },
	{ "availableReplicas", EK_F_INT32, EK_ONE, EK_KEEP | EK_OPTIONAL, .pb = 11,
	  .max = EK_NO_MAX },
};
static EK_TYPE(stateful_set_status_type, "io.k8s.api.apps.v1.StatefulSetStatus", NULL,
	       stateful_set_status_rows);

static const struct ek_field stateful_set_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &stateful_set_spec_type },
	{ "status", EK_F_OBJ, .pb = 3, .of = &stateful_set_status_type },
};
static EK_TYPE(stateful_set_type, "io.k8s.api.apps.v1.StatefulSet", NULL, stateful_set_rows);

static const struct ek_subresource statefulset_subresources[] = {
	{ "scale", "autoscaling", "v1", "Scale", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE, .type = &ek_type_autoscaling_scale },
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

EK_CELL(cell_ready)
{
	return ek_json_new_fmt("%" PRId64 "/%" PRId64, ek_json_int_at(obj, "status.readyReplicas", 0),
			       ek_json_int_at(obj, "spec.replicas", 0));
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Ready", .type = "string", .doc = "How many pods are ready, of how many.", .cell = cell_ready },
	EK_COLUMN_AGE,
	EK_COLUMN_CONTAINERS,
	EK_COLUMN_IMAGES,
	{ 0 },
};

const struct ek_kind ek_kind_statefulset = {
	.group = "apps", .version = "v1", .kind = "StatefulSet",
	.plural = "statefulsets", .singular = "statefulset",
	.short_names = (const char *const[]){ "sts", NULL },
	.categories = (const char *const[]){ "all", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = statefulset_subresources,
	.type = &stateful_set_type,
	.columns = columns,
};
