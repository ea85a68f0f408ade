/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field policy_rule_rows[] = {
	{ "verbs", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1,
	  .doc = "get, list, watch, create, update, patch, delete, deletecollection; \"*\" for all." },
	{ "apiGroups", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2, .doc = "Groups; \"\" is core, \"*\" all." },
	{ "resources", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3,
	  .doc = "Resources: pods, pods/log; \"*\" for all." },
	{ "resourceNames", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 4,
	  .doc = "Names of objects; absent for all." },
	{ "nonResourceURLs", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 5,
	  .doc = "Paths like /healthz; \"*\" at the end matches the rest." },
};
EK_TYPE(ek_type_rbac_policy_rule, "io.k8s.api.rbac.v1.PolicyRule", "What may be done to which resources.",
	policy_rule_rows);

static const struct ek_field role_ref_rows[] = {
	{ "apiGroup", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .dflt = "\"rbac.authorization.k8s.io\"",
	  .one_of = EK_ONE_OF("rbac.authorization.k8s.io"), .doc = "rbac.authorization.k8s.io." },
	{ "kind", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .doc = "Role or ClusterRole." },
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3, .check = ek_name_path_segment,
	  .doc = "Its name." },
};
EK_TYPE(ek_type_rbac_role_ref, "io.k8s.api.rbac.v1.RoleRef", "The role that a binding grants.",
	role_ref_rows, .flags = EK_ATOMIC);

static const struct ek_field subject_rows[] = {
	{ "kind", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "User, Group or ServiceAccount." },
	{ "apiGroup", EK_F_STR, .pb = 2,
	  .doc = "\"\" for service accounts, else rbac.authorization.k8s.io." },
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3, .doc = "The name." },
	{ "namespace", EK_F_STR, .pb = 4, .doc = "Namespace of a service account." },
};
EK_TYPE(ek_type_rbac_subject, "io.k8s.api.rbac.v1.Subject", "Who is granted a role.",
	subject_rows, .flags = EK_ATOMIC);

/* ---- columns of both kinds of bindings ---- */

EK_CELL(cell_role)
{
	const char *kind = ek_json_str_at(obj, "roleRef.kind"), *name = ek_json_str_at(obj, "roleRef.name");

	return ek_json_new_fmt("%s/%s", kind ? kind : "", name ? name : "");
}

static struct ek_json *subjects(const struct ek_json *binding, const char *kind, bool with_namespace)
{
	EK_BUF struct ek_buf text = EK_CELL_TEXT;

	for (struct ek_json_iter it = ek_json_iter(ek_json_get(binding, "subjects")); ek_json_next(&it);) {
		const char *ns = ek_json_str_at(it.value, "namespace"), *name = ek_json_str_at(it.value, "name");

		if (!ek_streq(ek_json_str_at(it.value, "kind"), kind))
			continue;
		ek_cell_add(&text, ", ", with_namespace ? ns : name);
		if (with_namespace)
			(void)ek_buf_fmt(&text, "/%s", name ? name : "");
	}
	return ek_cell_text(&text, "");
}

EK_CELL(cell_users)
{
	return subjects(obj, "User", false);
}

EK_CELL(cell_groups)
{
	return subjects(obj, "Group", false);
}

EK_CELL(cell_service_accounts)
{
	return subjects(obj, "ServiceAccount", true);
}

const struct ek_column ek_columns_binding[] = {
	EK_COLUMN_NAME,
	{ .name = "Role", .type = "string", .doc = "What it grants.", .cell = cell_role },
	EK_COLUMN_AGE,
	{ .name = "Users", .type = "string", .priority = 1, .doc = "Users it grants that to.", .cell = cell_users },
	{ .name = "Groups", .type = "string", .priority = 1, .doc = "Groups it grants that to.", .cell = cell_groups },
	{ .name = "ServiceAccounts", .type = "string", .priority = 1, .doc = "Service accounts it grants that to.",
	  .cell = cell_service_accounts },
	{ 0 },
};
