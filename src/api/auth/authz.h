/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who may do what: rules by subject, kept current by the caches of the four RBAC kinds. A question
 * touches only the bindings of the user and of his groups.
 */

#include "core.h"
#include "rules.h"

struct ek_authz *ek_authz_new(void);
void             ek_authz_free(struct ek_authz *a);

/* Changes of the four kinds, as caches report them; arg is the struct ek_authz. */
void ek_authz_role_changed(void *arg, struct ek_object *before, struct ek_object *after);
void ek_authz_binding_changed(void *arg, struct ek_object *before, struct ek_object *after);

/* Every rule that applies to the user in a namespace (NULL: cluster-wide ones). False from fn ends the walk. */
typedef bool (*ek_authz_rule_fn)(void *arg, const struct ek_rule *rule, const char *binding, const char *subject);
void ek_authz_visit(const struct ek_authz *a, const struct ek_user *user, const char *ns, ek_authz_rule_fn fn,
		    void *arg, struct ek_buf *missing);
/* Rules of a role by reference ("Role" or "ClusterRole"); NULL when there is none. */
const struct ek_rules *ek_authz_role(const struct ek_authz *a, const char *kind, const char *ns, const char *name);

bool ek_user_in(const struct ek_user *user, const char *group);
