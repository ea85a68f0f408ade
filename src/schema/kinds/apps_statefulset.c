/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field rolling_update_stateful_set_strategy_rows[] = {
	{ "partition", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 1,
	  .doc = "Pods with a lower number stay as they are." },
	{ "maxUnavailable", EK_F_INTORSTR, EK_ONE, EK_POINTER, .pb = 2,
	  .doc = "How many pods may be missing; a number or a percentage." },
};
static EK_TYPE(rolling_update_stateful_set_strategy_type,
	       "io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy", "Settings of a rolling update.",
	       rolling_update_stateful_set_strategy_rows);

static const struct ek_field stateful_set_update_strategy_rows[] = {
	{ "type", EK_F_STR, .pb = 1, .go = "v1.StatefulSetUpdateStrategyType",
	  .doc = "RollingUpdate or OnDelete." },
	{ "rollingUpdate", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2,
	  .of = &rolling_update_stateful_set_strategy_type, .doc = "Settings of RollingUpdate." },
};
static EK_TYPE(stateful_set_update_strategy_type, "io.k8s.api.apps.v1.StatefulSetUpdateStrategy",
	       "How old pods give way to new ones.", stateful_set_update_strategy_rows);

static const struct ek_field stateful_set_persistent_volume_claim_retention_policy_rows[] = {
	{ "whenDeleted", EK_F_STR, .pb = 1, .go = "v1.PersistentVolumeClaimRetentionPolicyType",
	  .dflt = "\"Retain\"", .one_of = EK_ONE_OF("Retain", "Delete"),
	  .doc = "Retain or Delete, when the set goes." },
	{ "whenScaled", EK_F_STR, .pb = 2, .go = "v1.PersistentVolumeClaimRetentionPolicyType",
	  .dflt = "\"Retain\"", .one_of = EK_ONE_OF("Retain", "Delete"),
	  .doc = "Retain or Delete, when the pod goes." },
};
static EK_TYPE(stateful_set_persistent_volume_claim_retention_policy_type,
	       "io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
	       "What becomes of claims.", stateful_set_persistent_volume_claim_retention_policy_rows);

static const struct ek_field stateful_set_ordinals_rows[] = {
	{ "start", EK_F_INT32, EK_ONE, EK_KEEP | EK_OPTIONAL, .pb = 1, .doc = "Number of the first one." },
};
static EK_TYPE(stateful_set_ordinals_type, "io.k8s.api.apps.v1.StatefulSetOrdinals", "How pods are numbered.",
	       stateful_set_ordinals_rows);

static const struct ek_field stateful_set_spec_rows[] = {
	{ "replicas", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 1, .max = EK_NO_MAX, .dflt = "1",
	  .doc = "How many pods; 1 by default." },
	{ "selector", EK_F_OBJ, EK_ONE, EK_KEEP | EK_POINTER | EK_REQUIRED, .pb = 2,
	  .of = &ek_type_label_selector, .doc = "Which pods are its own; must match the template's labels." },
	{ "template", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 3, .of = &ek_type_pod_template_spec,
	  .doc = "The pods it makes: name-0, name-1 and so on." },
	{ "volumeClaimTemplates", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 4,
	  .of = &ek_type_persistent_volume_claim, .doc = "Claims that every pod gets and keeps." },
	{ "serviceName", EK_F_STR, EK_ONE, EK_KEEP, .pb = 5,
	  .doc = "Service that gives the pods their names." },
	{ "podManagementPolicy", EK_F_STR, .pb = 6, .go = "v1.PodManagementPolicyType",
	  .dflt = "\"OrderedReady\"", .doc = "OrderedReady or Parallel." },
	{ "updateStrategy", EK_F_OBJ, .pb = 7, .of = &stateful_set_update_strategy_type,
	  .doc = "How old pods give way to new ones." },
	{ "revisionHistoryLimit", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 8, .dflt = "10",
	  .doc = "How many old revisions to keep for going back; 10 by default." },
	{ "minReadySeconds", EK_F_INT32, .pb = 9, .max = EK_NO_MAX,
	  .doc = "Seconds a pod must be ready before it counts as available." },
	{ "persistentVolumeClaimRetentionPolicy", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10,
	  .of = &stateful_set_persistent_volume_claim_retention_policy_type, .dflt = "{}",
	  .doc = "What becomes of the claims." },
	{ "ordinals", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &stateful_set_ordinals_type,
	  .doc = "How pods are numbered." },
};
static EK_TYPE(stateful_set_spec_type, "io.k8s.api.apps.v1.StatefulSetSpec",
	       "What is wanted of a StatefulSet.", stateful_set_spec_rows);

static const struct ek_field stateful_set_condition_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.StatefulSetConditionType",
	  .doc = "Which one." },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ConditionStatus",
	  .doc = "True, False or Unknown." },
	{ "lastTransitionTime", EK_F_TIME, .pb = 3, .doc = "When the status last changed." },
	{ "reason", EK_F_STR, .pb = 4, .doc = "Why, as one CamelCase word." },
	{ "message", EK_F_STR, .pb = 5, .doc = "Why, for people." },
};
static EK_TYPE(stateful_set_condition_type, "io.k8s.api.apps.v1.StatefulSetCondition",
	       "One aspect of its state.", stateful_set_condition_rows);

static const struct ek_field stateful_set_status_rows[] = {
	{ "observedGeneration", EK_F_INT64, .pb = 1, .max = EK_NO_MAX,
	  .doc = "metadata.generation that the controller has last acted on." },
	{ "replicas", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 2, .max = EK_NO_MAX, .doc = "How many pods." },
	{ "readyReplicas", EK_F_INT32, .pb = 3, .max = EK_NO_MAX, .doc = "How many are ready." },
	{ "currentReplicas", EK_F_INT32, .pb = 4, .max = EK_NO_MAX,
	  .doc = "How many have the current revision." },
	{ "updatedReplicas", EK_F_INT32, .pb = 5, .max = EK_NO_MAX,
	  .doc = "How many have the new revision." },
	{ "currentRevision", EK_F_STR, .pb = 6, .doc = "Revision of pods that are not updated yet." },
	{ "updateRevision", EK_F_STR, .pb = 7, .doc = "Revision that pods are updated to." },
	{ "collisionCount", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 9, .max = EK_NO_MAX,
	  .doc = "Collisions of hashes so far, to make a new name." },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 10,
	  .of = &stateful_set_condition_type, .list_keys = "type", .merge_key = "type",
	  .doc = "Aspects of its state." },
	{ "availableReplicas", EK_F_INT32, EK_ONE, EK_KEEP | EK_OPTIONAL, .pb = 11, .max = EK_NO_MAX,
	  .doc = "How many can serve." },
};
static EK_TYPE(stateful_set_status_type, "io.k8s.api.apps.v1.StatefulSetStatus", "What a StatefulSet has.",
	       stateful_set_status_rows);

static const struct ek_field stateful_set_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &stateful_set_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &stateful_set_status_type, .doc = "What there is now." },
};
static EK_TYPE(stateful_set_type, "io.k8s.api.apps.v1.StatefulSet", "Pods with lasting names and storage.",
	       stateful_set_rows);

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
