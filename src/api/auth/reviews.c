/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "node_authz.h"
#include "status.h"

#include <ekube/str.h>

#include <stdlib.h>

/*
 * Kinds that are questions (authentication.k8s.io, authorization.k8s.io): created, answered in
 * their status, never stored.
 */

/* ---- users ---- */

static struct ek_json *strings_json(const char *const *s)
{
	struct ek_json *list = ek_json_array();

	for (size_t i = 0; s && s[i]; i++)
		ek_json_append(list, ek_json_new_str(s[i]));
	return list;
}

static struct ek_json *user_json(const struct ek_user *u)
{
	EK_JSON struct ek_json *groups = strings_json(u->groups);

	return ek_json_make("{'username':%s,'uid':%s,'groups':%v,'extra':%v}", u->name,
			    ek_str_empty(u->uid) ? NULL : u->uid,
			    ek_json_len(groups) ? groups : NULL,
			    ek_json_len(u->extra) ? u->extra : NULL);
}

/* A NULL-terminated view of an array of strings, borrowed from it. */
static const char **strings_of(const struct ek_json *list)
{
	const char **s = ek_calloc(ek_json_len(list) + 1, sizeof(*s));
	size_t n = 0;

	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);)
		if (ek_json_str(it.value))
			s[n++] = ek_json_str(it.value);
	return s;
}

/* ---- authentication ---- */

static int review_token(struct ek_request *q, struct ek_json *obj)
{
	const char *token = ek_json_str_at(obj, "spec.token");
	const struct ek_json *wanted = ek_json_at(obj, "spec.audiences");
	EK_FREE const char **audiences = strings_of(wanted);
	EK_JSON struct ek_json *user = NULL, *have = NULL;
	struct ek_token_user u = { 0 };
	struct ek_err err;

	if (ek_str_empty(token))
		return ek_request_fail(
			q, ek_status_bad_request(
				   "token is required for TokenReview in authentication"));
	if (ek_token_check(q->r, token, ek_json_len(wanted) ? audiences : NULL, &u, &err) < 0) {
		ek_json_set(obj, "status", ek_json_make("{'user':{},'error':%s}", err.msg));
		return 0;
	}
	user = user_json(&u.user);
	have = strings_json((const char *const *)u.audiences);
	ek_json_set(obj, "status",
		    ek_json_make("{'authenticated':true,'user':%v,'audiences':%v}", user, have));
	ek_token_user_done(&u);
	return 0;
}

static int review_self(struct ek_request *q, struct ek_json *obj)
{
	EK_JSON struct ek_json *user = user_json(q->op->user);

	ek_json_set(obj, "status", ek_json_make("{'userInfo':%v}", user));
	return 0;
}

/* ---- authorization ---- */

static int check_attributes(struct ek_request *q, const struct ek_json *spec, bool of_self)
{
	const struct ek_json *res = ek_json_get(spec, "resourceAttributes");
	const struct ek_json *path = ek_json_get(spec, "nonResourceAttributes");
	struct ek_causes causes = { 0 };
	struct ek_path at = { 0 };
	size_t mark;
	int rc = 0;

	(void)ek_path_push(&at, "spec");
	if (res && path) {
		mark = ek_path_push(&at, "nonResourceAttributes");
		ek_cause_add(&causes, EK_CAUSE_INVALID, &at, path,
			     "cannot be specified in combination with resourceAttributes");
		ek_path_pop(&at, mark);
	}
	if (!res && !path) {
		mark = ek_path_push(&at, "resourceAttributes");
		ek_cause_add(
			&causes, EK_CAUSE_INVALID, &at, NULL,
			"exactly one of nonResourceAttributes or resourceAttributes must be specified");
		ek_path_pop(&at, mark);
	}
	if (!of_self && ek_str_empty(ek_json_str_at(spec, "user")) &&
	    ek_json_len(ek_json_get(spec, "groups")) == 0) {
		EK_JSON struct ek_json *none = ek_json_new_str("");

		mark = ek_path_push(&at, "user");
		ek_cause_add(&causes, EK_CAUSE_INVALID, &at, none,
			     "at least one of user or group must be specified");
		ek_path_pop(&at, mark);
	}
	if (causes.v.n > 0)
		rc = ek_request_invalid(q, &causes);
	ek_causes_done(&causes);
	return rc;
}

static const char *text_or_empty(const struct ek_json *v, const char *path)
{
	const char *s = ek_json_str_at(v, path);

	return s ? s : "";
}

/* What cannot be understood restricts nothing, and so may allow less. */
static void read_fields(const struct ek_json *selector, struct ek_field_selector *ret)
{
	const struct ek_json *list = ek_json_get(selector, "requirements");
	const char *raw = ek_json_str_at(selector, "rawSelector");

	if (!ek_str_empty(raw) && ek_field_selector_parse(raw, ret, NULL) < 0)
		*ret = (struct ek_field_selector){ 0 };
	if (ret->n > 0 || ek_json_len(list) == 0)
		return;
	ek_field_selector_done(ret);
	ret->terms = ek_calloc(ek_json_len(list), sizeof(*ret->terms));
	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		const char *op = text_or_empty(it.value, "operator");
		const struct ek_json *values = ek_json_get(it.value, "values");

		if (ek_json_len(values) != 1 || (!ek_streq(op, "In") && !ek_streq(op, "NotIn")))
			continue;
		ret->terms[ret->n++] = (struct ek_field_term){
			.path = ek_str_dup(text_or_empty(it.value, "key")),
			.value = ek_str_dup(text_or_empty(values, "0")),
			.negate = ek_streq(op, "NotIn"),
		};
	}
}

static void decide(struct ek_request *q, struct ek_json *obj, const struct ek_user *user)
{
	EK_CLEANUP(ek_field_selector_done) struct ek_field_selector fields = { 0 };
	const struct ek_json *spec = ek_json_get(obj, "spec");
	const struct ek_json *res = ek_json_get(spec, "resourceAttributes");
	const struct ek_json *path = ek_json_get(spec, "nonResourceAttributes");
	const struct ek_authz_attrs a = {
		.user = user,
		.verb = text_or_empty(res ? res : path, "verb"),
		.group = text_or_empty(res, "group"),
		.resource = text_or_empty(res, "resource"),
		.subresource = text_or_empty(res, "subresource"),
		.ns = text_or_empty(res, "namespace"),
		.name = text_or_empty(res, "name"),
		.path = res ? NULL : text_or_empty(path, "path"),
		.fields = &fields,
	};
	char reason[512] = "";
	bool allowed;

	read_fields(ek_json_get(res, "fieldSelector"), &fields);
	allowed = ek_authorize(q->r, &a, reason, sizeof(reason));
	ek_json_set(obj, "status",
		    ek_json_make("{'allowed':%b,'reason':%s}", allowed, *reason ? reason : NULL));
}

static int review_self_access(struct ek_request *q, struct ek_json *obj)
{
	int rc = check_attributes(q, ek_json_get(obj, "spec"), true);

	if (rc == 0)
		decide(q, obj, q->op->user);
	return rc;
}

static int review_access(struct ek_request *q, struct ek_json *obj)
{
	const struct ek_json *spec = ek_json_get(obj, "spec");
	EK_FREE const char **groups = strings_of(ek_json_get(spec, "groups"));
	const struct ek_user user = {
		.name = text_or_empty(spec, "user"),
		.uid = text_or_empty(spec, "uid"),
		.groups = groups,
		.extra = ek_json_get(spec, "extra"),
	};
	int rc = check_attributes(q, spec, false);

	if (rc == 0)
		decide(q, obj, &user);
	return rc;
}

static int review_local_access(struct ek_request *q, struct ek_json *obj)
{
	const char *ns = text_or_empty(obj, "spec.resourceAttributes.namespace");
	int rc = check_attributes(q, ek_json_get(obj, "spec"), false);

	if (rc < 0)
		return rc;
	if (!ek_streq(ns, q->ns))
		return ek_request_fail(
			q, ek_status_bad_request(
				   "spec.resourceAttributes.namespace must match namespace: %s",
				   q->ns ? q->ns : ""));
	return review_access(q, obj);
}

/* ---- all rules of a user ---- */

struct rule_lists {
	struct ek_json *resource, *path;
};

static bool add_rule(void *arg, const struct ek_rule *rule, const char *binding,
		     const char *subject)
{
	struct rule_lists *l = arg;
	struct ek_json *r;

	(void)binding;
	(void)subject;
	if (rule->resources.n > 0) {
		r = ek_rule_json(rule);
		ek_json_del(r, "nonResourceURLs");
		ek_json_append(l->resource, r);
	}
	if (rule->urls.n > 0) {
		r = ek_json_object();
		ek_json_set(r, "verbs", ek_strings_json(&rule->verbs));
		ek_json_set(r, "nonResourceURLs", ek_strings_json(&rule->urls));
		ek_json_append(l->path, r);
	}
	return true;
}

static int review_rules(struct ek_request *q, struct ek_json *obj)
{
	const char *ns = text_or_empty(obj, "spec.namespace");
	struct rule_lists l = { ek_json_array(), ek_json_array() };
	EK_JSON struct ek_json *resource = l.resource, *path = l.path;
	EK_BUF struct ek_buf missing = EK_BUF_INIT(4096);

	if (!*ns)
		return ek_request_fail(q, ek_status_bad_request("no namespace on request"));
	if (ek_user_in(q->op->user, "system:masters")) {
		ek_json_append(resource,
			       ek_json_make("{'verbs':['*'],'apiGroups':['*'],'resources':['*']}"));
		ek_json_append(path, ek_json_make("{'verbs':['*'],'nonResourceURLs':['*']}"));
	}
	if (ek_user_node(q->op->user))
		(void)ek_buf_str(&missing,
				 "node authorizer does not support user rule resolution");
	ek_authz_visit(q->r->authz, q->op->user, ns, add_rule, &l, &missing);
	ek_json_set(obj, "status",
		    ek_json_make("{'resourceRules':%v,'nonResourceRules':%v,'incomplete':%b,"
				 "'evaluationError':%s}",
				 resource, path, missing.len > 0,
				 missing.len > 0 ? missing.data : NULL));
	return 0;
}

/* ---- the table ---- */

static const struct row {
	const char *group, *kind;
	int (*answer)(struct ek_request *q, struct ek_json *obj);
} rows[] = {
	{ "authentication.k8s.io", "TokenReview", review_token },
	{ "authentication.k8s.io", "SelfSubjectReview", review_self },
	{ "authorization.k8s.io", "SubjectAccessReview", review_access },
	{ "authorization.k8s.io", "LocalSubjectAccessReview", review_local_access },
	{ "authorization.k8s.io", "SelfSubjectAccessReview", review_self_access },
	{ "authorization.k8s.io", "SelfSubjectRulesReview", review_rules },
};

static const struct row *find_row(const struct ek_kind *k)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++)
		if (ek_streq(rows[i].kind, k->kind) && ek_streq(rows[i].group, k->group))
			return &rows[i];
	return NULL;
}

static int review(struct ek_request *q)
{
	const struct ek_kind *k = q->kind;
	struct ek_json *obj = NULL;
	int rc;

	if (q->op->verb != EK_DO_CREATE)
		return ek_request_fail(q, ek_status_not_allowed(k, ek_verb_name(q->op->verb)));
	rc = ek_request_authorize(q, "create");
	if (rc == 0)
		rc = ek_request_decode(q, k->type, k->group, k->version, k->kind, q->op->body,
				       &obj);
	if (rc < 0)
		return rc;
	q->obj = obj;
	ek_json_set_str(ek_json_get(obj, "metadata"), "namespace", k->namespaced ? q->ns : NULL);
	rc = find_row(k)->answer(q, obj);
	if (rc < 0)
		return rc;
	q->answer = ek_json_ref(obj);
	q->created = true;
	return 0;
}

bool ek_review_start(struct ek_request *q)
{
	if (!find_row(q->kind))
		return false;
	ek_answer_start(q, review);
	return true;
}
