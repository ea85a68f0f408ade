/* SPDX-License-Identifier: Apache-2.0 */
#include "authz.h"

#include "node_authz.h"
#include "status.h"

#include <ekube/str.h>

#include <stdlib.h>

enum { MAX_MISSING = 4096, MAX_REASON = 512 };

struct binding {
	char    *ns;          /* NULL: of the cluster */
	char    *role_kind, *role_name;
	char    *head;        /* `ClusterRoleBinding "x" of ClusterRole "y" to`, for reasons */
	EK_VEC(char *) subjects; /* keys in authz.grants */
};

/* What one subject was granted: bindings, each with the words that name the subject. */
struct grant {
	const struct binding *binding;
	char                 *subject;
};
struct grants {
	EK_VEC(struct grant) v;
};

struct ek_authz {
	struct ek_map roles;    /* "name", "ns/name" -> struct ek_rules */
	struct ek_map bindings; /* the same -> struct binding */
	struct ek_map grants;   /* "u:alice", "g:admins" -> struct grants */
};

/* "name" of the cluster, "ns/name" of a namespace. */
static char *key_of(const char *ns, const char *name)
{
	return ek_str_fmt("%s%s%s", ns ? ns : "", ek_str_empty(ns) ? "" : "/", name ? name : "");
}

static char *key_of_object(struct ek_object *o)
{
	return key_of(ek_meta_namespace(ek_object_tree(o)), ek_meta_name(ek_object_tree(o)));
}

/* ---- roles ---- */

void ek_authz_role_changed(void *arg, struct ek_object *before, struct ek_object *after)
{
	struct ek_authz *a = arg;
	EK_FREE char *key = key_of_object(after ? after : before);

	if (after)
		free(ek_map_put(&a->roles, key,
				ek_rules_new(ek_json_get(ek_object_tree(after), "rules"))));
	else
		free(ek_map_del(&a->roles, key));
}

const struct ek_rules *ek_authz_role(const struct ek_authz *a, const char *kind, const char *ns,
				     const char *name)
{
	EK_FREE char *key = key_of(ek_streq(kind, "Role") ? ns : NULL, name);

	if (ek_streq(kind, "Role") ? ek_str_empty(ns) : !ek_streq(kind, "ClusterRole"))
		return NULL;
	return ek_map_get(&a->roles, key);
}

/* ---- bindings ---- */

static void revoke(struct ek_authz *a, const struct binding *b, const char *subject)
{
	struct grants *g = ek_map_get(&a->grants, subject);

	for (size_t i = 0; g && i < g->v.n; i++) {
		if (g->v.items[i].binding != b)
			continue;
		free(g->v.items[i].subject);
		ek_vec_remove(&g->v, i);
		break;
	}
	if (g && g->v.n == 0) {
		ek_map_del(&a->grants, subject);
		ek_vec_done(&g->v);
		free(g);
	}
}

static void binding_free(struct ek_authz *a, struct binding *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->subjects.n; i++) {
		revoke(a, b, b->subjects.items[i]);
		free(b->subjects.items[i]);
	}
	ek_vec_done(&b->subjects);
	free(b->ns);
	free(b->role_kind);
	free(b->role_name);
	free(b->head);
	free(b);
}

static void grant(struct ek_authz *a, struct binding *b, char *take_key, char *take_words)
{
	struct grants *g = ek_map_get(&a->grants, take_key);
	struct grant one = { b, take_words };

	if (!g) {
		g = ek_new(struct grants);
		ek_map_put(&a->grants, take_key, g);
	}
	ek_vec_push(&g->v, one);
	ek_vec_push(&b->subjects, take_key);
}

static void grant_subject(struct ek_authz *a, struct binding *b, const struct ek_json *s)
{
	const char *kind = ek_json_str_at(s, "kind"), *name = ek_json_str_at(s, "name");
	const char *ns = ek_json_str_at(s, "namespace");

	if (!name)
		return;
	ns = ek_str_empty(ns) ? b->ns : ns;
	if (ek_streq(kind, "User"))
		grant(a, b, ek_str_fmt("u:%s", name), ek_str_fmt("User %s", EK_Q(name)));
	else if (ek_streq(kind, "Group"))
		grant(a, b, ek_str_fmt("g:%s", name), ek_str_fmt("Group %s", EK_Q(name)));
	else if (ek_streq(kind, "ServiceAccount") && ns)
		grant(a, b, ek_str_fmt("u:system:serviceaccount:%s:%s", ns, name),
		      ek_str_fmt("ServiceAccount \"%s/%s\"", name, ns));
}

static struct binding *binding_new(const struct ek_json *obj)
{
	struct binding *b = ek_new(struct binding);
	const char *ns = ek_meta_namespace(obj), *name = ek_meta_name(obj);
	const char *role_kind = ek_json_str_at(obj, "roleRef.kind"),
		   *role = ek_json_str_at(obj, "roleRef.name");

	b->ns = ek_str_empty(ns) ? NULL : ek_str_dup(ns);
	b->role_kind = ek_str_dup(role_kind ? role_kind : "");
	b->role_name = ek_str_dup(role ? role : "");
	if (b->ns)
		b->head = ek_str_fmt("RoleBinding \"%s/%s\" of %s %s to", name, ns, b->role_kind,
				     EK_Q(b->role_name));
	else
		b->head = ek_str_fmt("ClusterRoleBinding %s of %s %s to", EK_Q(name), b->role_kind,
				     EK_Q(b->role_name));
	return b;
}

void ek_authz_binding_changed(void *arg, struct ek_object *before, struct ek_object *after)
{
	struct ek_authz *a = arg;
	EK_FREE char *key = key_of_object(after ? after : before);
	const struct ek_json *obj;
	struct binding *b;

	binding_free(a, ek_map_del(&a->bindings, key));
	if (!after)
		return;
	obj = ek_object_tree(after);
	b = binding_new(obj);
	ek_map_put(&a->bindings, key, b);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(obj, "subjects"));
	     ek_json_next(&it);)
		grant_subject(a, b, it.value);
}

/* ---- life ---- */

struct ek_authz *ek_authz_new(void)
{
	return ek_new(struct ek_authz);
}

void ek_authz_free(struct ek_authz *a)
{
	if (!a)
		return;
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&a->bindings, e));)
		binding_free(a, e->value);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&a->roles, e));)
		free(e->value);
	ek_map_done(&a->bindings);
	ek_map_done(&a->roles);
	ek_map_done(&a->grants);
	free(a);
}

/* ---- questions ---- */

bool ek_user_in(const struct ek_user *user, const char *group)
{
	for (size_t i = 0; user->groups && user->groups[i]; i++)
		if (ek_streq(user->groups[i], group))
			return true;
	return false;
}

struct walk {
	const struct ek_authz *a;
	const char            *ns;
	ek_authz_rule_fn       fn;
	void                  *arg;
	struct ek_buf         *missing;
};

static void note_missing(struct ek_buf *out, const struct binding *b)
{
	bool cluster = ek_streq(b->role_kind, "ClusterRole");

	if (!out)
		return;
	(void)ek_buf_fmt(out, "%s%s.rbac.authorization.k8s.io %s not found", out->len ? ", " : "",
			 cluster ? "clusterrole" : "role", EK_Q(b->role_name));
}

static bool walk_grant(const struct walk *w, const struct grant *g)
{
	const struct binding *b = g->binding;
	const struct ek_rules *rules = ek_authz_role(w->a, b->role_kind, b->ns, b->role_name);
	struct ek_rule rule;

	if (!rules) {
		note_missing(w->missing, b);
		return true;
	}
	for (size_t pos = 0; ek_rules_next(rules, &pos, &rule);)
		if (!w->fn(w->arg, &rule, b->head, g->subject))
			return false;
	return true;
}

/* Those of the cluster first, then those of the namespace. */
static bool walk_subject(const struct walk *w, const char *key)
{
	const struct grants *g = ek_map_get(&w->a->grants, key);

	for (size_t i = 0; g && i < g->v.n; i++)
		if (!g->v.items[i].binding->ns && !walk_grant(w, &g->v.items[i]))
			return false;
	for (size_t i = 0; g && !ek_str_empty(w->ns) && i < g->v.n; i++)
		if (ek_streq(g->v.items[i].binding->ns, w->ns) && !walk_grant(w, &g->v.items[i]))
			return false;
	return true;
}

void ek_authz_visit(const struct ek_authz *a, const struct ek_user *user, const char *ns,
		    ek_authz_rule_fn fn, void *arg, struct ek_buf *missing)
{
	const struct walk w = { a, ns, fn, arg, missing };
	EK_FREE char *key = ek_str_fmt("u:%s", user->name);

	if (!walk_subject(&w, key))
		return;
	for (size_t i = 0; user->groups && user->groups[i]; i++) {
		EK_FREE char *group = ek_str_fmt("g:%s", user->groups[i]);

		if (!walk_subject(&w, group))
			return;
	}
}

struct question {
	const struct ek_authz_attrs *attrs;
	char                        *reason;
	size_t                       n;
	bool                         allowed;
};

static bool on_rule(void *arg, const struct ek_rule *rule, const char *binding, const char *subject)
{
	struct question *q = arg;

	if (!ek_rule_allows(rule, q->attrs))
		return true;
	q->allowed = true;
	ek_str_into(q->reason, q->n, "RBAC: allowed by %s %s", binding, subject);
	return false;
}

static bool rbac_authorize(const struct ek_authz *z, const struct ek_authz_attrs *a,
			   char *ret_reason, size_t n)
{
	EK_BUF struct ek_buf missing = EK_BUF_INIT(MAX_MISSING);
	struct question q = { a, ret_reason, n, false };

	ret_reason[0] = '\0';
	ek_authz_visit(z, a->user, a->ns, on_rule, &q, &missing);
	if (!q.allowed && missing.len > 0)
		ek_str_into(ret_reason, n, "RBAC: %s", missing.data);
	return q.allowed;
}

/* As --authorization-mode=Node,RBAC: the first to allow does, and each says why he did not. */
bool ek_authorize(struct ek_registry *r, const struct ek_authz_attrs *a, char *ret_reason, size_t n)
{
	char node[MAX_REASON] = "", rbac[MAX_REASON] = "";
	bool allowed = ek_user_in(a->user, "system:masters") ||
		       ek_node_authorize(r->node_authz, a, node, sizeof(node)) ||
		       rbac_authorize(r->authz, a, rbac, sizeof(rbac));

	if (ret_reason && allowed)
		ek_str_into(ret_reason, n, "%s", rbac);
	else if (ret_reason)
		ek_str_into(ret_reason, n, "%s%s%s", node, *node && *rbac ? "\n" : "", rbac);
	return allowed;
}
