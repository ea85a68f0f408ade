/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field object_reference_rows[] = {
	{ "kind", EK_F_STR, .pb = 1, .doc = "Kind of the object." },
	{ "namespace", EK_F_STR, .pb = 2, .doc = "Namespace of the object." },
	{ "name", EK_F_STR, .pb = 3, .doc = "Name of the object." },
	{ "uid", EK_F_STR, .pb = 4, .go = "types.UID", .doc = "UID of the object." },
	{ "apiVersion", EK_F_STR, .pb = 5, .doc = "API version of the object." },
	{ "resourceVersion", EK_F_STR, .pb = 6, .doc = "Version of the object that is meant." },
	{ "fieldPath", EK_F_STR, .pb = 7,
	  .doc = "Part of the object that is meant: \"spec.containers{web}\"." },
};
EK_TYPE(ek_type_object_reference, "io.k8s.api.core.v1.ObjectReference", "Points at another object.",
	object_reference_rows, .flags = EK_ATOMIC);

static const struct ek_field local_object_reference_rows[] = {
	{ "name", EK_F_STR, .pb = 1, .doc = "Name of the object." },
};
EK_TYPE(ek_type_local_object_reference, "io.k8s.api.core.v1.LocalObjectReference",
	"Names an object in the same namespace.", local_object_reference_rows, .flags = EK_ATOMIC);

static const struct ek_field secret_reference_rows[] = {
	{ "name", EK_F_STR, .pb = 1, .doc = "Name of the secret." },
	{ "namespace", EK_F_STR, .pb = 2, .doc = "Namespace of the secret." },
};
EK_TYPE(ek_type_secret_reference, "io.k8s.api.core.v1.SecretReference", "Names a secret in any namespace.",
	secret_reference_rows, .flags = EK_ATOMIC);

static const struct ek_field typed_local_object_reference_rows[] = {
	{ "apiGroup", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL | EK_POINTER, .pb = 1,
	  .doc = "Group of the kind; absent for core." },
	{ "kind", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "Kind of the object." },
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3, .doc = "Name of the object." },
};
EK_TYPE(ek_type_typed_local_object_reference, "io.k8s.api.core.v1.TypedLocalObjectReference",
	"Names an object of any kind in the same namespace.",
	typed_local_object_reference_rows, .flags = EK_ATOMIC);

static const struct ek_field typed_object_reference_rows[] = {
	{ "apiGroup", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL | EK_POINTER, .pb = 1,
	  .doc = "Group of the kind; absent for core." },
	{ "kind", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "Kind of the object." },
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3, .doc = "Name of the object." },
	{ "namespace", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4,
	  .doc = "Namespace of the object; absent for one's own." },
};
EK_TYPE(ek_type_typed_object_reference, "io.k8s.api.core.v1.TypedObjectReference",
	"Names an object of any kind in any namespace.", typed_object_reference_rows);

static const struct ek_field node_selector_requirement_rows[] = {
	{ "key", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "The label or field." },
	{ "operator", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.NodeSelectorOperator",
	  .doc = "In, NotIn, Exists, DoesNotExist, Gt or Lt." },
	{ "values", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3,
	  .doc = "Values for In and NotIn, one number for Gt and Lt, else none." },
};
static EK_TYPE(node_selector_requirement_type, "io.k8s.api.core.v1.NodeSelectorRequirement",
	       "One condition on a label or field of a node.", node_selector_requirement_rows);

static const struct ek_field node_selector_term_rows[] = {
	{ "matchExpressions", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &node_selector_requirement_type,
	  .doc = "Conditions on labels." },
	{ "matchFields", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &node_selector_requirement_type,
	  .doc = "Conditions on fields; metadata.name is the one there is." },
};
EK_TYPE(ek_type_node_selector_term, "io.k8s.api.core.v1.NodeSelectorTerm",
	"Conditions on a node that must all hold; an empty term matches none.",
	node_selector_term_rows, .flags = EK_ATOMIC);

static const struct ek_field node_selector_rows[] = {
	{ "nodeSelectorTerms", EK_F_OBJ, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1,
	  .of = &ek_type_node_selector_term, .doc = "Terms, one of which must match." },
};
EK_TYPE(ek_type_node_selector, "io.k8s.api.core.v1.NodeSelector",
	"Selects nodes: those that match any of its terms.", node_selector_rows, .flags = EK_ATOMIC);

/* A LocalObjectReference that must name something; only ever inlined. */
static const struct ek_field named_reference_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 1, .doc = "Name of the object; required here." },
};
const struct ek_type ek_type_named_reference = {
	.name = "io.k8s.api.core.v1.NamedObjectReference",
	.doc = "Names an object in the same namespace.",
	.fields = named_reference_rows,
	.n_fields = EK_ARRAY_LEN(named_reference_rows),
	.cache = &(struct ek_type_cache){ 0 },
};
