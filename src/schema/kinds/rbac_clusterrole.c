/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field aggregation_rule_rows[] = {
	{ "clusterRoleSelectors", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &ek_type_label_selector,
	  .doc = "Those that match any of these." },
};
static EK_TYPE(aggregation_rule_type, "io.k8s.api.rbac.v1.AggregationRule",
	       "Which ClusterRoles to take rules of.", aggregation_rule_rows);

static const struct ek_field cluster_role_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "rules", EK_F_OBJ, EK_LIST, EK_KEEP | EK_OPTIONAL | EK_ATOMIC, .pb = 2,
	  .of = &ek_type_rbac_policy_rule, .doc = "The rules; what no rule allows is not allowed." },
	{ "aggregationRule", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &aggregation_rule_type,
	  .doc = "Take the rules of other ClusterRoles." },
};
static EK_TYPE(cluster_role_type, "io.k8s.api.rbac.v1.ClusterRole",
	       "What may be done in the whole cluster, or in any namespace that binds it.",
	       cluster_role_rows);

const struct ek_kind ek_kind_clusterrole = {
	.group = "rbac.authorization.k8s.io", .version = "v1", .kind = "ClusterRole",
	.plural = "clusterroles", .singular = "clusterrole",
	.verbs = EK_V_ALL,
	.type = &cluster_role_type,
	.columns = ek_columns_created,
};
