/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field persistent_volume_claim_condition_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.PersistentVolumeClaimConditionType",
	  .doc = "Which one." },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ConditionStatus",
	  .doc = "True, False or Unknown." },
	{ "lastProbeTime", EK_F_TIME, .pb = 3, .doc = "When it was last looked at." },
	{ "lastTransitionTime", EK_F_TIME, .pb = 4, .doc = "When the status last changed." },
	{ "reason", EK_F_STR, .pb = 5, .doc = "Why, as one CamelCase word." },
	{ "message", EK_F_STR, .pb = 6, .doc = "Why, for people." },
};
static EK_TYPE(persistent_volume_claim_condition_type, "io.k8s.api.core.v1.PersistentVolumeClaimCondition",
	       "One aspect of a claim's state.", persistent_volume_claim_condition_rows);

static const struct ek_field modify_volume_status_rows[] = {
	{ "targetVolumeAttributesClassName", EK_F_STR, .pb = 1, .doc = "Class it is changing to." },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.PersistentVolumeClaimModifyVolumeStatus",
	  .doc = "Pending, InProgress or Infeasible." },
};
static EK_TYPE(modify_volume_status_type, "io.k8s.api.core.v1.ModifyVolumeStatus",
	       "State of a change of attributes.", modify_volume_status_rows);

static const struct ek_field persistent_volume_claim_status_rows[] = {
	{ "phase", EK_F_STR, .pb = 1, .go = "v1.PersistentVolumeClaimPhase", .dflt = "\"Pending\"",
	  .doc = "Pending, Bound or Lost." },
	{ "accessModes", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2, .go = "v1.PersistentVolumeAccessMode",
	  .doc = "Access modes of its volume." },
	{ "capacity", EK_F_QUANTITY, EK_MAP, .pb = 3, .doc = "How much its volume holds." },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 4,
	  .of = &persistent_volume_claim_condition_type, .list_keys = "type", .merge_key = "type",
	  .doc = "Aspects of its state." },
	{ "allocatedResources", EK_F_QUANTITY, EK_MAP, .pb = 5, .doc = "How much it is growing to." },
	{ "allocatedResourceStatuses", EK_F_STR, EK_MAP, .pb = 7, .go = "v1.ClaimResourceStatus",
	  .doc = "How far the growing is." },
	{ "currentVolumeAttributesClassName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 8,
	  .doc = "Attributes class in use." },
	{ "modifyVolumeStatus", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 9, .of = &modify_volume_status_type,
	  .doc = "State of a change of attributes." },
};
static EK_TYPE(persistent_volume_claim_status_type, "io.k8s.api.core.v1.PersistentVolumeClaimStatus",
	       "State of a claim.", persistent_volume_claim_status_rows);

static const struct ek_field persistent_volume_claim_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &ek_type_persistent_volume_claim_spec, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &persistent_volume_claim_status_type,
	  .doc = "What there is now." },
};
EK_TYPE(ek_type_persistent_volume_claim, "io.k8s.api.core.v1.PersistentVolumeClaim", "A wish for storage.",
	persistent_volume_claim_rows);

static const struct ek_subresource pvc_subresources[] = {
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

static bool is_bound(const struct ek_json *claim)
{
	return !ek_str_empty(ek_json_str_at(claim, "spec.volumeName"));
}

EK_CELL(cell_capacity)
{
	return ek_cell_str(is_bound(obj) ? ek_json_str_at(obj, "status.capacity.storage") : "", is_bound(obj) ? "0" : "");
}

EK_CELL(cell_access)
{
	return ek_cell_access_modes(is_bound(obj) ? ek_json_at(obj, "status.accessModes") : NULL);
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Status", .type = "string", .doc = "Where it is in its life.", .cell = ek_cell_volume_phase },
	{ .name = "Volume", .type = "string", .doc = "The volume it is bound to.", .path = "spec.volumeName" },
	{ .name = "Capacity", .type = "string", .doc = "How much that volume holds.", .cell = cell_capacity },
	{ .name = "Access Modes", .type = "string", .doc = "How that volume may be mounted.", .cell = cell_access },
	{ .name = "StorageClass", .type = "string", .doc = "Its storage class.", .cell = ek_cell_volume_class },
	{ .name = "VolumeAttributesClass", .type = "string", .doc = "Its volume attributes class.",
	  .cell = ek_cell_volume_attributes_class },
	EK_COLUMN_AGE,
	{ .name = "VolumeMode", .type = "string", .priority = 1, .doc = "Filesystem or Block.",
	  .cell = ek_cell_volume_mode },
	{ 0 },
};

const struct ek_kind ek_kind_pvc = {
	.group = "", .version = "v1", .kind = "PersistentVolumeClaim",
	.plural = "persistentvolumeclaims", .singular = "persistentvolumeclaim",
	.short_names = (const char *const[]){ "pvc", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = pvc_subresources,
	.type = &ek_type_persistent_volume_claim,
	.columns = columns,
};
