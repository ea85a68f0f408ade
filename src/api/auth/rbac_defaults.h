/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The roles and bindings that every cluster begins with. Source of the facts:
 * k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy.
 */

#include <ekube/json.h>

/* Lists are words with a space between; the group "core" is "" in the object. */
struct ek_rbac_rule {
	const char *verbs, *groups, *resources, *names, *urls;
};

struct ek_rbac_role {
	const char *ns;            /* NULL: a ClusterRole */
	const char *name;
	const char *aggregates_to; /* its rules become part of "admin", "edit" or "view" */
	const char *made_of;       /* it has no rules but those that aggregate to this */
	const struct ek_rbac_rule *rules; /* ended by NULL verbs */
};

/* subjects: words "User:x", "Group:x", "SA:namespace/x". NULL: nobody. */
struct ek_rbac_binding {
	const char *ns;            /* NULL: a ClusterRoleBinding */
	const char *name;
	const char *role;          /* NULL: of the same name */
	const char *subjects;
};

extern const struct ek_rbac_role    ek_rbac_roles[];    /* ended by a NULL name */
extern const struct ek_rbac_binding ek_rbac_bindings[]; /* the same; those of controllers are made of their roles */

/* The objects. */
struct ek_json *ek_rbac_role_new(const struct ek_rbac_role *r);
struct ek_json *ek_rbac_binding_new(const struct ek_rbac_binding *b);
/* "system:controller:x" is bound to the service account kube-system/x. False when it is no controller's. */
bool            ek_rbac_controller_binding(const struct ek_rbac_role *r, struct ek_rbac_binding *ret, char text[256]);
