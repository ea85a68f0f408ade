/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field replica_set_spec_rows[] = {
	{ "replicas", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 1, .max = EK_NO_MAX, .dflt = "1",
	  .doc = "How many pods; 1 by default." },
	{ "minReadySeconds", EK_F_INT32, .pb = 4, .max = EK_NO_MAX,
	  .doc = "Seconds a pod must be ready before it counts as available." },
	{ "selector", EK_F_OBJ, EK_ONE, EK_KEEP | EK_POINTER | EK_REQUIRED, .pb = 2,
	  .of = &ek_type_label_selector, .doc = "Which pods are its own; must match the template's labels." },
	{ "template", EK_F_OBJ, .pb = 3, .of = &ek_type_pod_template_spec, .doc = "The pods it makes." },
};
static EK_TYPE(replica_set_spec_type, "io.k8s.api.apps.v1.ReplicaSetSpec", "What is wanted of a ReplicaSet.",
	       replica_set_spec_rows);

static const struct ek_field replica_set_condition_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.ReplicaSetConditionType",
	  .doc = "Which one." },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ConditionStatus",
	  .doc = "True, False or Unknown." },
	{ "lastTransitionTime", EK_F_TIME, .pb = 3, .doc = "When the status last changed." },
	{ "reason", EK_F_STR, .pb = 4, .doc = "Why, as one CamelCase word." },
	{ "message", EK_F_STR, .pb = 5, .doc = "Why, for people." },
};
static EK_TYPE(replica_set_condition_type, "io.k8s.api.apps.v1.ReplicaSetCondition",
	       "One aspect of its state.", replica_set_condition_rows);

static const struct ek_field replica_set_status_rows[] = {
	{ "replicas", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .max = EK_NO_MAX, .doc = "How many pods." },
	{ "fullyLabeledReplicas", EK_F_INT32, .pb = 2, .max = EK_NO_MAX,
	  .doc = "How many have the template's labels." },
	{ "readyReplicas", EK_F_INT32, .pb = 4, .max = EK_NO_MAX, .doc = "How many are ready." },
	{ "availableReplicas", EK_F_INT32, .pb = 5, .max = EK_NO_MAX, .doc = "How many can serve." },
	{ "observedGeneration", EK_F_INT64, .pb = 3, .max = EK_NO_MAX,
	  .doc = "metadata.generation that the controller has last acted on." },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 6,
	  .of = &replica_set_condition_type, .list_keys = "type", .merge_key = "type",
	  .doc = "Aspects of its state." },
};
static EK_TYPE(replica_set_status_type, "io.k8s.api.apps.v1.ReplicaSetStatus", "What a ReplicaSet has.",
	       replica_set_status_rows);

static const struct ek_field replica_set_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &replica_set_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &replica_set_status_type, .doc = "What there is now." },
};
static EK_TYPE(replica_set_type, "io.k8s.api.apps.v1.ReplicaSet", "Keeps a number of equal pods running.",
	       replica_set_rows);

static const struct ek_subresource replicaset_subresources[] = {
	{ "scale", "autoscaling", "v1", "Scale", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE, .type = &ek_type_autoscaling_scale },
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Desired", .type = "integer", .doc = "How many pods it shall have.", .path = "spec.replicas" },
	{ .name = "Current", .type = "integer", .doc = "How many it has.", .path = "status.replicas" },
	{ .name = "Ready", .type = "integer", .doc = "How many are ready.", .path = "status.readyReplicas" },
	EK_COLUMN_AGE,
	EK_COLUMN_CONTAINERS,
	EK_COLUMN_IMAGES,
	EK_COLUMN_SELECTOR,
	{ 0 },
};

const struct ek_kind ek_kind_replicaset = {
	.group = "apps", .version = "v1", .kind = "ReplicaSet",
	.plural = "replicasets", .singular = "replicaset",
	.short_names = (const char *const[]){ "rs", NULL },
	.categories = (const char *const[]){ "all", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = replicaset_subresources,
	.type = &replica_set_type,
	.columns = columns,
};
