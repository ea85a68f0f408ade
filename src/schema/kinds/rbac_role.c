/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field role_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "rules", EK_F_OBJ, EK_LIST, EK_KEEP | EK_OPTIONAL | EK_ATOMIC, .pb = 2,
	  .of = &ek_type_rbac_policy_rule, .doc = "The rules; what no rule allows is not allowed." },
};
static EK_TYPE(role_type, "io.k8s.api.rbac.v1.Role", "What may be done in one namespace.", role_rows);

const struct ek_kind ek_kind_role = {
	.group = "rbac.authorization.k8s.io", .version = "v1", .kind = "Role",
	.plural = "roles", .singular = "role",
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &role_type,
	.columns = ek_columns_created,
};
