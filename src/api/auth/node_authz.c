/* SPDX-License-Identifier: Apache-2.0 */
#include "node_authz.h"

#include "node_graph.h"
#include "rbac_defaults.h"
#include "status.h"

#include <ekube/str.h>

#include <stdio.h>
#include <stdlib.h>

struct ek_node_authz {
	struct ek_node_graph *graph;
	struct ek_rules      *rules; /* of the role system:node, whatever became of the object */
};

struct ask {
	struct ek_node_graph        *graph;
	const struct ek_authz_attrs *attrs;
	const char                  *node;
	const struct ek_kind        *kind; /* NULL: not served here */
	char                        *reason;
	size_t                       n;
};

static bool deny(const struct ask *q, const char *fmt, ...) EK_PRINTF(2, 3);

static bool deny(const struct ask *q, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(q->reason, q->n, fmt, ap);
	va_end(ap);
	return false;
}

static bool is_one_of(const char *what, const char *const *list)
{
	for (; *list; list++)
		if (ek_streq(*list, what))
			return true;
	return false;
}

static bool is_verb(const struct ask *q, const char *const *list)
{
	return is_one_of(q->attrs->verb, list);
}

static bool is_main(const struct ask *q)
{
	return ek_str_empty(q->attrs->subresource);
}

static const char *const reads[] = { "get", "list", "watch", NULL };
static const char *const changes[] = { "update", "patch", NULL };
static const char *const own_verbs[] = { "get", "create", "update", "patch", "delete", NULL };

/* ---- what belongs to pods ---- */

static bool related(const struct ask *q)
{
	if (ek_str_empty(q->attrs->name))
		return deny(q, "No Object name found");
	if (!q->kind ||
	    !ek_node_graph_has(q->graph, q->node, q->kind, q->attrs->ns, q->attrs->name))
		return deny(q, "no relationship found between node '%s' and this object", q->node);
	return true;
}

static bool may_read(const struct ask *q)
{
	if (!is_verb(q, reads))
		return deny(q, "can only read resources of this type");
	if (!is_main(q))
		return deny(q, "cannot read subresource");
	if (ek_str_empty(q->attrs->ns))
		return deny(q, "can only read namespaced object of this type");
	return related(q);
}

static bool may_get(const struct ask *q)
{
	if (!ek_streq(q->attrs->verb, "get"))
		return deny(q, "can only get individual resources of this type");
	if (!is_main(q))
		return deny(q, "cannot get subresource");
	return related(q);
}

static bool may_use_claim(const struct ask *q)
{
	if (!ek_streq(q->attrs->subresource, "status"))
		return may_get(q);
	if (!is_verb(q, changes))
		return deny(q, "can only get/update/patch this type");
	return related(q);
}

static bool may_make_token(const struct ask *q)
{
	if (!ek_streq(q->attrs->verb, "create") || ek_str_empty(q->attrs->name))
		return deny(q, "can only create tokens for individual service accounts");
	if (!ek_streq(q->attrs->subresource, "token"))
		return deny(q, "can only create token subresource of serviceaccount");
	return related(q);
}

/* ---- what is the node's own by its name; when it is created admission looks at the name ---- */

static bool may_use_lease(const struct ask *q)
{
	if (!is_verb(q, own_verbs))
		return deny(q, "can only get, create, update, patch, or delete a node lease");
	if (!ek_streq(q->attrs->ns, "kube-node-lease"))
		return deny(q, "can only access leases in the %s system namespace",
			    EK_Q("kube-node-lease"));
	if (!ek_streq(q->attrs->verb, "create") && !ek_streq(q->attrs->name, q->node))
		return deny(
			q,
			"can only access node lease with the same name as the requesting node");
	return true;
}

static bool may_use_csinode(const struct ask *q)
{
	if (!is_verb(q, own_verbs))
		return deny(q, "can only get, create, update, patch, or delete a CSINode");
	if (!is_main(q))
		return deny(q, "cannot authorize CSINode subresources");
	if (!ek_streq(q->attrs->verb, "create") && !ek_streq(q->attrs->name, q->node))
		return deny(q,
			    "can only access CSINode with the same name as the requesting node");
	return true;
}

/* By name, not by the graph: a node looks for its object before there is one. */
static bool may_use_node(const struct ask *q)
{
	if (is_verb(q, changes))
		return is_main(q) || ek_streq(q->attrs->subresource, "status");
	if (!is_main(q))
		return false;
	if (!is_verb(q, reads))
		return ek_streq(q->attrs->verb, "create");
	if (ek_str_empty(q->attrs->name))
		return deny(q, "node '%s' cannot read all nodes, only its own Node object",
			    q->node);
	if (!ek_streq(q->attrs->name, q->node))
		return deny(q, "node '%s' cannot read '%s', only its own Node object", q->node,
			    q->attrs->name);
	return true;
}

/* ---- pods ---- */

static bool selects_own_pods(const struct ask *q)
{
	const struct ek_field_selector *f = q->attrs->fields;

	for (size_t i = 0; f && i < f->n; i++)
		if (ek_streq(f->terms[i].path, "spec.nodeName") && !f->terms[i].negate &&
		    ek_streq(f->terms[i].value, q->node))
			return true;
	return false;
}

static bool may_use_pod(const struct ask *q)
{
	static const char *const mirror[] = { "create", "delete", NULL };

	if (ek_streq(q->attrs->subresource, "status"))
		return is_verb(q, changes);
	if (ek_streq(q->attrs->subresource, "eviction"))
		return ek_streq(q->attrs->verb, "create");
	if (!is_main(q))
		return false;
	if (ek_streq(q->attrs->verb, "get"))
		return may_get(q);
	if (!is_verb(q, reads))
		return is_verb(q, mirror);
	if (selects_own_pods(q))
		return true;
	if (ek_str_empty(q->attrs->name))
		return deny(q, "can only list/watch pods with spec.nodeName field selector");
	return related(q);
}

/* ---- the decision ---- */

static const struct {
	const char           *group, *resource;
	const struct ek_kind *kind;
	bool (*may)(const struct ask *q);
} narrowed[] = {
	{ "", "secrets", &ek_kind_secret, may_read },
	{ "", "configmaps", &ek_kind_configmap, may_read },
	{ "", "persistentvolumeclaims", &ek_kind_pvc, may_use_claim },
	{ "", "persistentvolumes", &ek_kind_pv, may_get },
	{ "", "serviceaccounts", &ek_kind_serviceaccount, may_make_token },
	{ "", "nodes", &ek_kind_node, may_use_node },
	{ "", "pods", &ek_kind_pod, may_use_pod },
	{ "coordination.k8s.io", "leases", &ek_kind_lease, may_use_lease },
	{ "storage.k8s.io", "csinodes", NULL, may_use_csinode },
	{ "storage.k8s.io", "volumeattachments", NULL, may_get },
	{ "resource.k8s.io", "resourceclaims", NULL, may_get },
};

const char *ek_user_node(const struct ek_user *user)
{
	static const char prefix[] = "system:node:";

	if (!ek_str_starts(user->name, prefix) || !ek_user_in(user, "system:nodes") ||
	    ek_user_in(user, "system:masters"))
		return NULL;
	return user->name + sizeof(prefix) - 1;
}

bool ek_node_authorize(struct ek_node_authz *z, const struct ek_authz_attrs *a, char *ret_reason,
		       size_t n)
{
	struct ask q = { z->graph, a, ek_user_node(a->user), NULL, ret_reason, n };
	struct ek_rule rule;

	ret_reason[0] = '\0';
	if (!q.node)
		return false;
	if (!*q.node)
		return deny(&q, "unknown node for user %s", EK_Q(a->user->name));
	for (size_t i = 0; !a->path && i < EK_ARRAY_LEN(narrowed); i++) {
		if (!ek_streq(narrowed[i].group, a->group) ||
		    !ek_streq(narrowed[i].resource, a->resource))
			continue;
		q.kind = narrowed[i].kind;
		return narrowed[i].may(&q);
	}
	for (size_t pos = 0; ek_rules_next(z->rules, &pos, &rule);)
		if (ek_rule_allows(&rule, a))
			return true;
	return false;
}

/* ---- life ---- */

static struct ek_rules *node_rules(void)
{
	for (const struct ek_rbac_role *role = ek_rbac_roles; role->name; role++) {
		EK_JSON struct ek_json *obj = NULL;

		if (role->ns || !ek_streq(role->name, "system:node"))
			continue;
		obj = ek_rbac_role_new(role);
		return ek_rules_new(ek_json_get(obj, "rules"));
	}
	return NULL;
}

struct ek_node_authz *ek_node_authz_new(struct ek_registry *r)
{
	struct ek_node_authz *z = ek_new(struct ek_node_authz);

	z->graph = ek_node_graph_new(r);
	z->rules = node_rules();
	return z;
}

void ek_node_authz_free(struct ek_node_authz *z)
{
	if (!z)
		return;
	ek_node_graph_free(z->graph);
	free(z->rules);
	free(z);
}

int ek_node_authz_load(struct ek_node_authz *z, struct ek_err *err)
{
	return ek_node_graph_load(z->graph, err);
}
