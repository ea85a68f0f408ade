/* SPDX-License-Identifier: Apache-2.0 */

/* The types of k8s.io/apimachinery/pkg/apis/meta/v1 that all kinds share. */

#include "tables.h"

#define META "io.k8s.apimachinery.pkg.apis.meta.v1."

EK_RAW_TYPE(ek_type_fields_v1, META "FieldsV1", "A set of fields as a tree of keys, each a path element.");
EK_RAW_TYPE(ek_type_raw_extension, "io.k8s.apimachinery.pkg.runtime.RawExtension",
	    "An object of any kind, as it came.");
EK_RAW_TYPE(ek_type_patch, META "Patch", "The body of a PATCH request.");

static const struct ek_field owner_reference_rows[] = {
	{ "apiVersion", EK_F_STR, .flags = EK_KEEP, .pb = 5, .doc = "API version of the owner." },
	{ "kind", EK_F_STR, .flags = EK_KEEP, .pb = 1, .doc = "Kind of the owner." },
	{ "name", EK_F_STR, .flags = EK_KEEP, .pb = 3, .doc = "Name of the owner." },
	{ "uid", EK_F_STR, .flags = EK_KEEP, .pb = 4, .go = "types.UID", .doc = "UID of the owner." },
	{ "controller", EK_F_BOOL, .flags = EK_POINTER, .pb = 6,
	  .doc = "Whether the owner is the controller that manages this object." },
	{ "blockOwnerDeletion", EK_F_BOOL, .flags = EK_POINTER, .pb = 7,
	  .doc = "Whether foreground deletion of the owner waits for this object." },
};
EK_TYPE(ek_type_owner_reference, META "OwnerReference",
	"Names an object that owns this one: in the same namespace, or cluster-scoped.",
	owner_reference_rows, .flags = EK_ATOMIC);

static const struct ek_field managed_fields_entry_rows[] = {
	{ "manager", EK_F_STR, .pb = 1, .doc = "Who manages these fields." },
	{ "operation", EK_F_STR, .pb = 2, .go = "v1.ManagedFieldsOperationType", .doc = "Apply or Update." },
	{ "apiVersion", EK_F_STR, .pb = 3, .doc = "The version in which the fields are named." },
	{ "time", EK_F_TIME, .flags = EK_POINTER, .pb = 4, .doc = "When the set last grew or changed." },
	{ "fieldsType", EK_F_STR, .pb = 6, .doc = "Format of the set: FieldsV1." },
	{ "fieldsV1", EK_F_RAW, .flags = EK_POINTER, .pb = 7, .of = &ek_type_fields_v1, .doc = "The set of fields." },
	{ "subresource", EK_F_STR, .pb = 8, .doc = "The subresource through which the fields were written." },
};
EK_TYPE(ek_type_managed_fields_entry, META "ManagedFieldsEntry",
	"Fields of an object that one manager set through one version and operation.",
	managed_fields_entry_rows);

static const struct ek_field object_meta_rows[] = {
	{ "name", EK_F_STR, .pb = 1, .doc = "Name, unique in its namespace; cannot be changed." },
	{ "generateName", EK_F_STR, .pb = 2,
	  .doc = "Prefix from which the server makes a unique name when there is no name." },
	{ "namespace", EK_F_STR, .pb = 3, .doc = "Namespace in which the name is unique; cannot be changed." },
	{ "selfLink", EK_F_STR, .pb = 4, .doc = "Deprecated: no longer set." },
	{ "uid", EK_F_STR, .pb = 5, .go = "types.UID", .doc = "Unique in space and time; set by the server." },
	{ "resourceVersion", EK_F_STR, .pb = 6,
	  .doc = "Opaque version for optimistic concurrency and watches; set by the server." },
	{ "generation", EK_F_INT64, .pb = 7, .doc = "Counts changes of the desired state; set by the server." },
	{ "creationTimestamp", EK_F_TIME, .pb = 8, .doc = "When the object was created; set by the server." },
	{ "deletionTimestamp", EK_F_TIME, .flags = EK_POINTER, .pb = 9,
	  .doc = "When the object is to be gone, once its deletion was asked for; set by the server." },
	{ "deletionGracePeriodSeconds", EK_F_INT64, .flags = EK_POINTER, .pb = 10,
	  .doc = "Seconds allowed to end gracefully; set with deletionTimestamp." },
	{ "labels", EK_F_STR, EK_MAP, .pb = 11, .doc = "Keys and values to select objects by." },
	{ "annotations", EK_F_STR, EK_MAP, .pb = 12, .doc = "Keys and values that tools keep with the object." },
	{ "ownerReferences", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 13,
	  .of = &ek_type_owner_reference, .list_keys = "uid", .merge_key = "uid",
	  .doc = "Objects this one depends on: when all are gone it is collected." },
	{ "finalizers", EK_F_STR, EK_LIST, EK_LIST_SET | EK_PATCH_MERGE, .pb = 14,
	  .doc = "Who must agree before the object goes." },
	{ "managedFields", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 17, .of = &ek_type_managed_fields_entry,
	  .doc = "Which manager set which fields." },
};
EK_TYPE(ek_type_object_meta, META "ObjectMeta", "What all stored objects have.", object_meta_rows);

static const struct ek_field list_meta_rows[] = {
	{ "selfLink", EK_F_STR, .pb = 1, .doc = "Deprecated: no longer set." },
	{ "resourceVersion", EK_F_STR, .pb = 2, .doc = "Version of the whole list, to watch from." },
	{ "continue", EK_F_STR, .pb = 3, .doc = "Opaque token for the next page, when there is one." },
	{ "remainingItemCount", EK_F_INT64, .flags = EK_POINTER, .pb = 4,
	  .doc = "About how many items follow this page." },
};
EK_TYPE(ek_type_list_meta, META "ListMeta", "What all lists have.", list_meta_rows);

static const struct ek_field field_selector_requirement_rows[] = {
	{ "key", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "The field that the requirement is about." },
	{ "operator", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.FieldSelectorOperator",
	  .doc = "In, NotIn, Exists or DoesNotExist." },
	{ "values", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3, .doc = "Values for In and NotIn." },
};
EK_TYPE(ek_type_field_selector_requirement, META "FieldSelectorRequirement",
	"One requirement of a field selector.", field_selector_requirement_rows);

static const struct ek_field label_selector_requirement_rows[] = {
	{ "key", EK_F_STR, .flags = EK_KEEP, .pb = 1, .doc = "Label key." },
	{ "operator", EK_F_STR, .flags = EK_KEEP, .pb = 2, .go = "v1.LabelSelectorOperator",
	  .doc = "In, NotIn, Exists or DoesNotExist." },
	{ "values", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3, .doc = "Values for In and NotIn; else empty." },
};
EK_TYPE(ek_type_label_selector_requirement, META "LabelSelectorRequirement",
	"One condition on a label.", label_selector_requirement_rows);

static const struct ek_field label_selector_rows[] = {
	{ "matchLabels", EK_F_STR, EK_MAP, .pb = 1, .doc = "Labels that must have exactly these values." },
	{ "matchExpressions", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &ek_type_label_selector_requirement,
	  .doc = "Conditions that must all hold." },
};
EK_TYPE(ek_type_label_selector, META "LabelSelector",
	"Selects objects by their labels: empty selects all, absent none.",
	label_selector_rows, .flags = EK_ATOMIC);

static const struct ek_field condition_rows[] = {
	{ "type", EK_F_STR, .flags = EK_KEEP, .pb = 1, .doc = "Which condition, in CamelCase." },
	{ "status", EK_F_STR, .flags = EK_KEEP, .pb = 2, .go = "v1.ConditionStatus", .doc = "True, False or Unknown." },
	{ "observedGeneration", EK_F_INT64, .pb = 3, .doc = "metadata.generation that the condition was made from." },
	{ "lastTransitionTime", EK_F_TIME, .flags = EK_KEEP, .pb = 4, .doc = "When the status last changed." },
	{ "reason", EK_F_STR, .flags = EK_KEEP, .pb = 5, .doc = "Why, as one CamelCase word." },
	{ "message", EK_F_STR, .flags = EK_KEEP, .pb = 6, .doc = "Why, for people." },
};
EK_TYPE(ek_type_condition, META "Condition", "One aspect of the state of a resource.", condition_rows);

static const struct ek_field status_cause_rows[] = {
	{ "reason", EK_F_STR, .pb = 1, .go = "v1.CauseType", .doc = "Machine-readable cause." },
	{ "message", EK_F_STR, .pb = 2, .doc = "The cause for people." },
	{ "field", EK_F_STR, .pb = 3, .doc = "The field that caused it: \"items[0].name\"." },
};
EK_TYPE(ek_type_status_cause, META "StatusCause", "One of several causes of a failure.", status_cause_rows);

static const struct ek_field status_details_rows[] = {
	{ "name", EK_F_STR, .pb = 1, .doc = "Name of the resource." },
	{ "group", EK_F_STR, .pb = 2, .doc = "Group of the resource." },
	{ "kind", EK_F_STR, .pb = 3, .doc = "Kind of the resource." },
	{ "uid", EK_F_STR, .pb = 6, .go = "types.UID", .doc = "UID of the resource." },
	{ "causes", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 4, .of = &ek_type_status_cause, .doc = "What went wrong, field by field." },
	{ "retryAfterSeconds", EK_F_INT32, .pb = 5, .doc = "Seconds to wait before trying again." },
};
EK_TYPE(ek_type_status_details, META "StatusDetails", "More about a failure.", status_details_rows);

static const struct ek_field status_rows[] = {
	EK_ROWS_TYPE_META,
	{ "metadata", EK_F_OBJ, .pb = 1, .of = &ek_type_list_meta, .doc = "List metadata." },
	{ "status", EK_F_STR, .pb = 2, .doc = "Success or Failure." },
	{ "message", EK_F_STR, .pb = 3, .doc = "What happened, for people." },
	{ "reason", EK_F_STR, .pb = 4, .go = "v1.StatusReason", .doc = "Machine-readable reason of a failure." },
	{ "details", EK_F_OBJ, .flags = EK_POINTER | EK_ATOMIC, .pb = 5, .of = &ek_type_status_details,
	  .doc = "Data that goes with the reason." },
	{ "code", EK_F_INT32, .pb = 6, .doc = "HTTP status." },
};
EK_TYPE(ek_type_status, META "Status", "The answer of calls that return no other object.", status_rows);

static const struct ek_field preconditions_rows[] = {
	{ "uid", EK_F_STR, .flags = EK_POINTER, .pb = 1, .go = "types.UID", .doc = "The UID that the object must have." },
	{ "resourceVersion", EK_F_STR, .flags = EK_POINTER, .pb = 2, .doc = "The version that the object must have." },
};
EK_TYPE(ek_type_preconditions, META "Preconditions", "What must hold for a write to be done.", preconditions_rows);

static const struct ek_field delete_options_rows[] = {
	EK_ROWS_TYPE_META,
	{ "gracePeriodSeconds", EK_F_INT64, .flags = EK_POINTER, .pb = 1,
	  .doc = "Seconds to wait before the object goes; zero means at once." },
	{ "preconditions", EK_F_OBJ, .flags = EK_POINTER, .pb = 2, .of = &ek_type_preconditions,
	  .doc = "What must hold, else 409 Conflict." },
	{ "orphanDependents", EK_F_BOOL, .flags = EK_POINTER | EK_DEPRECATED, .pb = 3,
	  .doc = "Deprecated: use propagationPolicy." },
	{ "propagationPolicy", EK_F_STR, .flags = EK_POINTER, .pb = 4, .go = "v1.DeletionPropagation",
	  .doc = "Orphan, Background or Foreground." },
	{ "dryRun", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 5, .doc = "All: everything is done but the write." },
	{ "ignoreStoreReadErrorWithClusterBreakingPotential", EK_F_BOOL, .flags = EK_POINTER, .pb = 6,
	  .doc = "Delete an object that the store cannot read." },
};
EK_TYPE(ek_type_delete_options, META "DeleteOptions", "How an object is to be deleted.", delete_options_rows);

static const struct ek_field watch_event_rows[] = {
	{ "type", EK_F_STR, .flags = EK_KEEP, .pb = 1, .doc = "ADDED, MODIFIED, DELETED, BOOKMARK or ERROR." },
	{ "object", EK_F_RAW, .flags = EK_KEEP, .pb = 2, .of = &ek_type_raw_extension,
	  .doc = "The object's new state, its last one when deleted, or a Status." },
};
EK_TYPE(ek_type_watch_event, META "WatchEvent", "One event of a watch.", watch_event_rows);

static const struct ek_field group_version_kind_rows[] = {
	{ "group", EK_F_STR, .flags = EK_KEEP, .pb = 1, .doc = "Group." },
	{ "version", EK_F_STR, .flags = EK_KEEP, .pb = 2, .doc = "Version." },
	{ "kind", EK_F_STR, .flags = EK_KEEP, .pb = 3, .doc = "Kind." },
};
EK_TYPE(ek_type_group_version_kind, META "GroupVersionKind", "Names a kind.", group_version_kind_rows);
