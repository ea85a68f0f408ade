/* SPDX-License-Identifier: Apache-2.0 */
#include "admission.h"

#include "auth/authz.h"
#include "status.h"

#include <ekube/str.h>

#include <stdlib.h>

/*
 * Nobody grants what he does not hold: who writes a role must hold every rule in it (or may
 * `escalate` it), who binds one must hold every rule of it (or may `bind` it).
 * k8s.io/kubernetes/pkg/registry/rbac.
 */

static bool may(struct ek_request *q, const char *verb, const char *resource, const char *name)
{
	const struct ek_authz_attrs a = {
		.user = q->op->user,
		.verb = verb,
		.group = "rbac.authorization.k8s.io",
		.resource = resource,
		.ns = q->ns,
		.name = name,
	};

	return ek_authorize(q->r, &a, NULL, 0);
}

/* ---- does the user hold a rule? ---- */

/* One of the single permissions that a rule breaks down to. */
struct single {
	const char *verb, *group, *resource, *name, *url;
};

struct holding {
	struct single want;
	bool          held;
};

static bool covers_resource(const struct ek_strings *have, const char *want)
{
	const char *slash = strchr(want, '/');

	if (ek_strings_has(have, "*") || ek_strings_has(have, want))
		return true;
	return slash && ek_strings_has(have, EK_F("*%s", slash));
}

static bool covers_url(const struct ek_strings *have, const char *want)
{
	const char *p = NULL;

	while ((p = ek_strings_next(have, p))) {
		size_t n = strlen(p);

		if (strcmp(p, want) == 0 ||
		    (n > 0 && p[n - 1] == '*' && strncmp(p, want, n - 1) == 0))
			return true;
	}
	return false;
}

static bool on_own_rule(void *arg, const struct ek_rule *own, const char *binding,
			const char *subject)
{
	struct holding *h = arg;
	const struct single *w = &h->want;

	(void)binding;
	(void)subject;
	if (!ek_strings_has(&own->verbs, "*") && !ek_strings_has(&own->verbs, w->verb))
		return true;
	if (w->url)
		h->held = covers_url(&own->urls, w->url);
	else
		h->held = (ek_strings_has(&own->groups, "*") ||
			   ek_strings_has(&own->groups, w->group)) &&
			  covers_resource(&own->resources, w->resource) &&
			  (own->names.n == 0 || (w->name && ek_strings_has(&own->names, w->name)));
	return !h->held;
}

/* ---- what is missing, as upstream prints it ---- */

static void put_list(struct ek_buf *out, const char *name, const char *value)
{
	if (value)
		(void)ek_buf_fmt(out, "%s%s:[%s]", out->len > 1 ? ", " : "", name, EK_Q(value));
}

static char *describe(const struct single *w)
{
	struct ek_buf out = EK_BUF_INIT(4096);

	(void)ek_buf_char(&out, '{');
	put_list(&out, "APIGroups", w->group);
	put_list(&out, "Resources", w->resource);
	put_list(&out, "ResourceNames", w->name);
	put_list(&out, "NonResourceURLs", w->url);
	put_list(&out, "Verbs", w->verb);
	(void)ek_buf_char(&out, '}');
	return ek_buf_steal(&out);
}

struct check {
	struct ek_request *q;
	struct ek_buf      missing;
};

static void need(struct check *c, const struct single *want)
{
	struct holding h = { .want = *want };
	EK_FREE char *text = NULL;

	ek_authz_visit(c->q->r->authz, c->q->op->user, c->q->ns, on_own_rule, &h, NULL);
	if (h.held)
		return;
	text = describe(want);
	(void)ek_buf_fmt(&c->missing, "\n%s", text);
}

static void need_resources(struct check *c, const struct ek_rule *rule, const char *verb)
{
	const char *group = NULL, *resource, *name;

	while ((group = ek_strings_next(&rule->groups, group))) {
		resource = NULL;
		while ((resource = ek_strings_next(&rule->resources, resource))) {
			if (rule->names.n == 0)
				need(c, &(struct single){ verb, group, resource, NULL, NULL });
			name = NULL;
			while ((name = ek_strings_next(&rule->names, name)))
				need(c, &(struct single){ verb, group, resource, name, NULL });
		}
	}
}

static void need_rules(struct check *c, const struct ek_rules *rules)
{
	struct ek_rule rule;

	for (size_t pos = 0; ek_rules_next(rules, &pos, &rule);) {
		const char *verb = NULL, *url;

		while ((verb = ek_strings_next(&rule.verbs, verb))) {
			need_resources(c, &rule, verb);
			url = NULL;
			while ((url = ek_strings_next(&rule.urls, url)))
				need(c, &(struct single){ verb, NULL, NULL, NULL, url });
		}
	}
}

static char *groups_text(const struct ek_user *u)
{
	struct ek_buf out = EK_BUF_INIT(4096);

	(void)ek_buf_char(&out, '[');
	for (size_t i = 0; u->groups && u->groups[i]; i++)
		(void)ek_buf_fmt(&out, "%s%s", i ? " " : "", EK_Q(u->groups[i]));
	(void)ek_buf_char(&out, ']');
	return ek_buf_steal(&out);
}

static int must_hold(struct ek_request *q, const struct ek_rules *rules)
{
	struct check c = { .q = q, .missing = EK_BUF_INIT(32 << 10) };
	EK_FREE char *groups = NULL;
	int rc = 0;

	need_rules(&c, rules);
	if (c.missing.len > 0) {
		groups = groups_text(q->op->user);
		rc = ek_admit_deny(
			q,
			"user %s (groups=%s) is attempting to grant RBAC permissions not currently held:%s",
			EK_Q(q->op->user->name), groups, c.missing.data);
	}
	ek_buf_done(&c.missing);
	return rc;
}

static bool holds_everything(struct ek_request *q)
{
	EK_JSON struct ek_json *all =
		ek_json_make("[{'verbs':['*'],'apiGroups':['*'],'resources':['*']},"
			     "{'verbs':['*'],'nonResourceURLs':['*']}]");
	struct check c = { .q = q, .missing = EK_BUF_INIT(4096) };
	struct ek_rules *rules = ek_rules_new(all);
	bool held;

	need_rules(&c, rules);
	held = c.missing.len == 0;
	ek_buf_done(&c.missing);
	free(rules);
	return held;
}

/* ---- roles ---- */

int ek_admit_role(struct ek_request *q, enum ek_admit_op op)
{
	const struct ek_json *old = op == EK_ADMIT_UPDATE ? ek_object_tree(q->old) : NULL;
	struct ek_rules *rules;
	int rc;

	if (ek_user_in(q->op->user, "system:masters") ||
	    may(q, "escalate", q->stored->plural, ek_meta_name(q->obj)))
		return 0;
	if (old && ek_json_same(ek_json_get(old, "rules"), ek_json_get(q->obj, "rules")) &&
	    ek_json_same(ek_json_get(old, "aggregationRule"),
			 ek_json_get(q->obj, "aggregationRule")))
		return 0;
	if (ek_json_get(q->obj, "aggregationRule") && !holds_everything(q))
		return ek_admit_deny(
			q, "must have cluster-admin privileges to use the aggregationRule");
	rules = ek_rules_new(ek_json_get(q->obj, "rules"));
	rc = must_hold(q, rules);
	free(rules);
	return rc;
}

/* ---- bindings ---- */

int ek_admit_binding(struct ek_request *q, enum ek_admit_op op)
{
	const char *kind = ek_json_str_at(q->obj, "roleRef.kind"),
		   *name = ek_json_str_at(q->obj, "roleRef.name");
	const struct ek_json *old = op == EK_ADMIT_UPDATE ? ek_object_tree(q->old) : NULL;
	bool cluster = ek_streq(kind, "ClusterRole");
	const struct ek_rules *rules;

	if (ek_user_in(q->op->user, "system:masters") || !kind || !name ||
	    may(q, "bind", cluster ? "clusterroles" : "roles", name))
		return 0;
	if (old && ek_json_same(ek_json_get(old, "subjects"), ek_json_get(q->obj, "subjects")) &&
	    ek_json_same(ek_json_get(old, "roleRef"), ek_json_get(q->obj, "roleRef")))
		return 0;
	rules = ek_authz_role(q->r->authz, kind, q->ns, name);
	if (!rules)
		return ek_request_fail(
			q,
			ek_status_not_found(cluster ? &ek_kind_clusterrole : &ek_kind_role, name));
	return must_hold(q, rules);
}
