/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field ingress_class_parameters_reference_rows[] = {
	{ "apiGroup", EK_F_STR, EK_ONE, EK_POINTER, .pb = 1, .doc = "Group of the kind; absent for core." },
	{ "kind", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .doc = "Kind of the object." },
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 3, .doc = "Name of the object." },
	{ "scope", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL | EK_POINTER, .pb = 4, .dflt = "\"Cluster\"",
	  .one_of = EK_ONE_OF("Cluster", "Namespace"), .doc = "Cluster or Namespace." },
	{ "namespace", EK_F_STR, EK_ONE, EK_POINTER, .pb = 5,
	  .doc = "Namespace of the object, for Namespace." },
};
static EK_TYPE(ingress_class_parameters_reference_type,
	       "io.k8s.api.networking.v1.IngressClassParametersReference", "An object with settings.",
	       ingress_class_parameters_reference_rows);

static const struct ek_field ingress_class_spec_rows[] = {
	{ "controller", EK_F_STR, .pb = 1, .doc = "Name of the controller: example.com/ingress." },
	{ "parameters", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &ingress_class_parameters_reference_type,
	  .doc = "Object with its settings." },
};
static EK_TYPE(ingress_class_spec_type, "io.k8s.api.networking.v1.IngressClassSpec",
	       "Who serves Ingresses, and how.", ingress_class_spec_rows);

static const struct ek_field ingress_class_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &ingress_class_spec_type, .doc = "What is wanted." },
};
static EK_TYPE(ingress_class_type, "io.k8s.api.networking.v1.IngressClass", "Who serves Ingresses.",
	       ingress_class_rows);

/* "kind.group/name" */
EK_CELL(cell_parameters)
{
	const struct ek_json *p = ek_json_at(obj, "spec.parameters");
	const char *group = ek_json_str_at(p, "apiGroup"), *kind = ek_json_str_at(p, "kind");
	const char *name = ek_json_str_at(p, "name");

	if (ek_json_is_null(p))
		return ek_json_new_str("<none>");
	return ek_json_new_fmt("%s%s%s/%s", kind ? kind : "", group ? "." : "", group ? group : "", name ? name : "");
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Controller", .type = "string", .doc = "Who serves it.", .path = "spec.controller" },
	{ .name = "Parameters", .type = "string", .doc = "Object with its settings.", .cell = cell_parameters },
	EK_COLUMN_AGE,
	{ 0 },
};

const struct ek_kind ek_kind_ingressclass = {
	.group = "networking.k8s.io", .version = "v1", .kind = "IngressClass",
	.plural = "ingressclasses", .singular = "ingressclass",
	.verbs = EK_V_ALL,
	.type = &ingress_class_type,
	.columns = columns,
};
