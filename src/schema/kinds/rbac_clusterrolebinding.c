/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field cluster_role_binding_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "subjects", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &ek_type_rbac_subject,
	  .doc = "Who is granted it." },
	{ "roleRef", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 3, .of = &ek_type_rbac_role_ref,
	  .doc = "The role; cannot be changed." },
};
static EK_TYPE(cluster_role_binding_type, "io.k8s.api.rbac.v1.ClusterRoleBinding",
	       "Grants a role in the whole cluster.", cluster_role_binding_rows);

const struct ek_kind ek_kind_clusterrolebinding = {
	.group = "rbac.authorization.k8s.io", .version = "v1", .kind = "ClusterRoleBinding",
	.plural = "clusterrolebindings", .singular = "clusterrolebinding",
	.verbs = EK_V_ALL,
	.type = &cluster_role_binding_type,
	.columns = ek_columns_binding,
};
