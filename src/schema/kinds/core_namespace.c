/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field namespace_spec_rows[] = {
	{ "finalizers", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 1, .go = "v1.FinalizerName",
	  .doc = "Who must agree before it goes." },
};
static EK_TYPE(namespace_spec_type, "io.k8s.api.core.v1.NamespaceSpec", "What is wanted of a namespace.",
	       namespace_spec_rows);

static const struct ek_field namespace_condition_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.NamespaceConditionType",
	  .doc = "Which one." },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ConditionStatus",
	  .doc = "True, False or Unknown." },
	{ "lastTransitionTime", EK_F_TIME, .pb = 4, .doc = "When the status last changed." },
	{ "reason", EK_F_STR, .pb = 5, .doc = "Why, as one CamelCase word." },
	{ "message", EK_F_STR, .pb = 6, .doc = "Why, for people." },
};
static EK_TYPE(namespace_condition_type, "io.k8s.api.core.v1.NamespaceCondition", "One aspect of its state.",
	       namespace_condition_rows);

static const struct ek_field namespace_status_rows[] = {
	{ "phase", EK_F_STR, .pb = 1, .go = "v1.NamespacePhase", .dflt = "\"Active\"",
	  .doc = "Active or Terminating." },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 2,
	  .of = &namespace_condition_type, .list_keys = "type", .merge_key = "type",
	  .doc = "What keeps it from going." },
};
static EK_TYPE(namespace_status_type, "io.k8s.api.core.v1.NamespaceStatus", "State of a namespace.",
	       namespace_status_rows);

static const struct ek_field namespace_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &namespace_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &namespace_status_type, .doc = "What there is now." },
};
static EK_TYPE(namespace_type, "io.k8s.api.core.v1.Namespace", "A room for names.", namespace_rows);

static const struct ek_subresource namespace_subresources[] = {
	{ "finalize", .verbs = EK_V_UPDATE },
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Status", .type = "string", .doc = "Active or Terminating.", .path = "status.phase" },
	EK_COLUMN_AGE,
	{ 0 },
};

const struct ek_kind ek_kind_namespace = {
	.group = "", .version = "v1", .kind = "Namespace",
	.plural = "namespaces", .singular = "namespace",
	.short_names = (const char *const[]){ "ns", NULL },
	.verbs = EK_V_ALL & ~EK_V_DELETECOLLECTION,
	.subresources = namespace_subresources,
	.type = &namespace_type,
	.columns = columns,
	.fields = (const char *const[]){
		"status.phase",
		NULL,
	},
};
