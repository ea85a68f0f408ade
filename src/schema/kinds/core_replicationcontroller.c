/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field replication_controller_spec_rows[] = {
	{ "replicas", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 1, .max = EK_NO_MAX, .dflt = "1" },
	{ "minReadySeconds", EK_F_INT32, .pb = 4, .max = EK_NO_MAX },
	{ "selector", EK_F_STR, EK_MAP, EK_ATOMIC | EK_REQUIRED, .pb = 2 },
	{ "template", EK_F_OBJ, EK_ONE, EK_POINTER | EK_REQUIRED, .pb = 3,
	  .of = &ek_type_pod_template_spec },
};
static EK_TYPE(replication_controller_spec_type, "io.k8s.api.core.v1.ReplicationControllerSpec",
	       NULL, replication_controller_spec_rows);

static const struct ek_field replication_controller_condition_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1,
	  .go = "v1.ReplicationControllerConditionType" },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ConditionStatus" },
	{ "lastTransitionTime", EK_F_TIME, .pb = 3 },
	{ "reason", EK_F_STR, .pb = 4 },
	{ "message", EK_F_STR, .pb = 5 },
};
static EK_TYPE(replication_controller_condition_type,
	       "io.k8s.api.core.v1.ReplicationControllerCondition", NULL,
	       replication_controller_condition_rows);

static const struct ek_field replication_controller_status_rows[] = {
	{ "replicas", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .max = EK_NO_MAX },
	{ "fullyLabeledReplicas", EK_F_INT32, .pb = 2, .max = EK_NO_MAX },
	{ "readyReplicas", EK_F_INT32, .pb = 4, .max = EK_NO_MAX },
	{ "availableReplicas", EK_F_INT32, .pb = 5, .max = EK_NO_MAX },
	{ "observedGeneration", EK_F_INT64, .pb = 3, .max = EK_NO_MAX },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 6,
	  .of = &replication_controller_condition_type, .list_keys = "type", .merge_key = "type" },
};
static EK_TYPE(replication_controller_status_type, "io.k8s.api.core.v1.ReplicationControllerStatus",
	       NULL, replication_controller_status_rows);

static const struct ek_field replication_controller_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &replication_controller_spec_type },
	{ "status", EK_F_OBJ, .pb = 3, .of = &replication_controller_status_type },
};
static EK_TYPE(replication_controller_type, "io.k8s.api.core.v1.ReplicationController", NULL,
	       replication_controller_rows);

static const struct ek_subresource rc_subresources[] = {
	{ "scale", "autoscaling", "v1", "Scale", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE, .type = &ek_type_autoscaling_scale },
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

EK_CELL(cell_selector)
{
	return ek_cell_labels(ek_json_at(obj, "spec.selector"));
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Desired", .type = "integer", .doc = "How many pods it shall have.", .path = "spec.replicas" },
	{ .name = "Current", .type = "integer", .doc = "How many it has.", .path = "status.replicas" },
	{ .name = "Ready", .type = "integer", .doc = "How many are ready.", .path = "status.readyReplicas" },
	EK_COLUMN_AGE,
	EK_COLUMN_CONTAINERS,
	EK_COLUMN_IMAGES,
	{ .name = "Selector", .type = "string", .priority = 1, .doc = "Which pods belong to it.",
	  .cell = cell_selector },
	{ 0 },
};

const struct ek_kind ek_kind_rc = {
	.group = "", .version = "v1", .kind = "ReplicationController",
	.plural = "replicationcontrollers", .singular = "replicationcontroller",
	.short_names = (const char *const[]){ "rc", NULL },
	.categories = (const char *const[]){ "all", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = rc_subresources,
	.type = &replication_controller_type,
	.columns = columns,
	.fields = (const char *const[]){
		"status.replicas=0",
		NULL,
	},
};
