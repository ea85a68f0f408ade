/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field object_reference_rows[] = {
	{ "kind", EK_F_STR, .pb = 1 },
	{ "namespace", EK_F_STR, .pb = 2 },
	{ "name", EK_F_STR, .pb = 3 },
	{ "uid", EK_F_STR, .pb = 4, .go = "types.UID" },
	{ "apiVersion", EK_F_STR, .pb = 5 },
	{ "resourceVersion", EK_F_STR, .pb = 6 },
	{ "fieldPath", EK_F_STR, .pb = 7 },
};
EK_TYPE(ek_type_object_reference, "io.k8s.api.core.v1.ObjectReference", NULL,
	object_reference_rows, .flags = EK_ATOMIC);

static const struct ek_field local_object_reference_rows[] = {
	{ "name", EK_F_STR, .pb = 1 },
};
EK_TYPE(ek_type_local_object_reference, "io.k8s.api.core.v1.LocalObjectReference", NULL,
	local_object_reference_rows, .flags = EK_ATOMIC);

static const struct ek_field secret_reference_rows[] = {
	{ "name", EK_F_STR, .pb = 1 },
	{ "namespace", EK_F_STR, .pb = 2 },
};
EK_TYPE(ek_type_secret_reference, "io.k8s.api.core.v1.SecretReference", NULL,
	secret_reference_rows, .flags = EK_ATOMIC);

static const struct ek_field typed_local_object_reference_rows[] = {
	{ "apiGroup", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL | EK_POINTER, .pb = 1 },
	{ "kind", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3 },
};
EK_TYPE(ek_type_typed_local_object_reference, "io.k8s.api.core.v1.TypedLocalObjectReference", NULL,
	typed_local_object_reference_rows, .flags = EK_ATOMIC);

static const struct ek_field typed_object_reference_rows[] = {
	{ "apiGroup", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL | EK_POINTER, .pb = 1 },
	{ "kind", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3 },
	{ "namespace", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4 },
};
EK_TYPE(ek_type_typed_object_reference, "io.k8s.api.core.v1.TypedObjectReference", NULL,
	typed_object_reference_rows);

static const struct ek_field node_selector_requirement_rows[] = {
	{ "key", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
	{ "operator", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.NodeSelectorOperator" },
	{ "values", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3 },
};
static EK_TYPE(node_selector_requirement_type, "io.k8s.api.core.v1.NodeSelectorRequirement", NULL,
	       node_selector_requirement_rows);

static const struct ek_field node_selector_term_rows[] = {
	{ "matchExpressions", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1,
	  .of = &node_selector_requirement_type },
	{ "matchFields", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2,
	  .of = &node_selector_requirement_type },
};
EK_TYPE(ek_type_node_selector_term, "io.k8s.api.core.v1.NodeSelectorTerm", NULL,
	node_selector_term_rows, .flags = EK_ATOMIC);

static const struct ek_field node_selector_rows[] = {
	{ "nodeSelectorTerms", EK_F_OBJ, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1,
	  .of = &ek_type_node_selector_term },
};
EK_TYPE(ek_type_node_selector, "io.k8s.api.core.v1.NodeSelector", NULL,
	node_selector_rows, .flags = EK_ATOMIC);

/* A LocalObjectReference that must name something; only ever inlined. */
static const struct ek_field named_reference_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 1, .doc = "Name of the object; required here." },
};
const struct ek_type ek_type_named_reference = {
	.name = "io.k8s.api.core.v1.NamedObjectReference",
	.fields = named_reference_rows,
	.n_fields = EK_ARRAY_LEN(named_reference_rows),
	.cache = &(struct ek_type_cache){ 0 },
};
