/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field policy_rule_rows[] = {
	{ "verbs", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1 },
	{ "apiGroups", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2 },
	{ "resources", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3 },
	{ "resourceNames", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 4 },
	{ "nonResourceURLs", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 5 },
};
EK_TYPE(ek_type_rbac_policy_rule, "io.k8s.api.rbac.v1.PolicyRule", NULL, policy_rule_rows);

static const struct ek_field role_ref_rows[] = {
	{ "apiGroup", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .dflt = "\"rbac.authorization.k8s.io\"",
	  .one_of = EK_ONE_OF("rbac.authorization.k8s.io") },
	{ "kind", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2 },
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3, .check = ek_name_path_segment },
};
EK_TYPE(ek_type_rbac_role_ref, "io.k8s.api.rbac.v1.RoleRef", NULL,
	role_ref_rows, .flags = EK_ATOMIC);

static const struct ek_field subject_rows[] = {
	{ "kind", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
	{ "apiGroup", EK_F_STR, .pb = 2 },
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3 },
	{ "namespace", EK_F_STR, .pb = 4 },
};
EK_TYPE(ek_type_rbac_subject, "io.k8s.api.rbac.v1.Subject", NULL, subject_rows, .flags = EK_ATOMIC);
