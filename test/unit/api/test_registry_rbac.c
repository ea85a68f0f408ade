/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_world.h"
#include "auth/authz.h"
#include "core.h"
#include "ek_test.h"

#include <ekube/str.h>

static const struct ek_kind *review_kind(const char *group, const char *kind)
{
	const struct ek_kind *k = ek_kind_find(group, "v1", kind);

	ck_assert_ptr_nonnull(k);
	return k;
}

static struct ek_client *as(struct world *w, const char *user, const char *group)
{
	const char *const groups[] = { group, NULL };

	return ek_api_local_client(w->api, user, groups);
}

/*
 * alice reads pods in default (Role) and lists nodes (ClusterRole); the group devs has the
 * ClusterRole edit in default; the service account default/robot may get the ConfigMap "a" and no
 * other.
 */
static void populate(struct world *w)
{
	static const struct {
		const struct ek_kind *kind;
		const char *ns, *text;
	} objects[] = {
		{ &ek_kind_role, "default",
		  "{'metadata':{'name':'reader'},'rules':[{'verbs':['get','list'],'apiGroups':[''],'resources':['pods',"
		  "'pods/log']}]}" },
		{ &ek_kind_rolebinding, "default",
		  "{'metadata':{'name':'reader'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'Role','name':"
		  "'reader'},'subjects':[{'kind':'User','name':'alice'}]}" },
		{ &ek_kind_clusterrole, NULL,
		  "{'metadata':{'name':'nodes'},'rules':[{'verbs':['*'],'apiGroups':[''],'resources':['nodes','*/scale']},"
		  "{'verbs':['get'],'nonResourceURLs':['/logs/*']}]}" },
		{ &ek_kind_clusterrolebinding, NULL,
		  "{'metadata':{'name':'nodes'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole',"
		  "'name':'nodes'},'subjects':[{'kind':'User','name':'alice'}]}" },
		{ &ek_kind_rolebinding, "default",
		  "{'metadata':{'name':'devs'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole',"
		  "'name':'edit'},'subjects':[{'kind':'Group','name':'devs'}]}" },
		{ &ek_kind_role, "default",
		  "{'metadata':{'name':'one'},'rules':[{'verbs':['get'],'apiGroups':[''],'resources':['configmaps'],"
		  "'resourceNames':['a']}]}" },
		{ &ek_kind_rolebinding, "default",
		  "{'metadata':{'name':'one'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'Role','name':"
		  "'one'},'subjects':[{'kind':'ServiceAccount','name':'robot'}]}" },
		{ &ek_kind_rolebinding, "default",
		  "{'metadata':{'name':'broken'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'Role','name':"
		  "'none'},'subjects':[{'kind':'User','name':'bob'}]}" },
	};

	world_open(w);
	for (size_t i = 0; i < EK_ARRAY_LEN(objects); i++)
		ck_assert_msg(world_create(w, objects[i].kind, objects[i].ns, objects[i].text) == 0,
			      "%zu: %s", i, world_message(w));
	world_settle(w);
}

/* ---- questions ---- */

static const struct question {
	const char *user, *group, *verb, *api_group, *resource, *sub, *ns, *name, *path;
	bool        allowed;
	const char *reason;
} questions[] = {
	{ "alice", "x", "get", "", "pods", "", "default", "p", NULL, true,
	  "RBAC: allowed by RoleBinding \"reader/default\" of Role \"reader\" to User \"alice\"" },
	{ "alice", "x", "get", "", "pods", "log", "default", "p", NULL, true, NULL },
	{ "alice", "x", "get", "", "pods", "exec", "default", "p", NULL, false, "" },
	{ "alice", "x", "get", "", "pods", "", "kube-system", "p", NULL, false, "" },
	{ "alice", "x", "get", "", "pods", "", NULL, "p", NULL, false, "" },
	{ "alice", "x", "delete", "", "pods", "", "default", "p", NULL, false, "" },
	{ "alice", "x", "get", "apps", "pods", "", "default", "p", NULL, false, "" },
	{ "alice", "x", "delete", "", "nodes", "", NULL, "n", NULL, true,
	  "RBAC: allowed by ClusterRoleBinding \"nodes\" of ClusterRole \"nodes\" to User \"alice\"" },
	{ "alice", "x", "get", "", "anything", "scale", "default", "n", NULL, true, NULL },
	{ "alice", "x", "get", NULL, NULL, NULL, NULL, NULL, "/logs/a", true, NULL },
	{ "alice", "x", "get", NULL, NULL, NULL, NULL, NULL, "/log", false, "" },
	{ "bob", "devs", "create", "apps", "deployments", "", "default", NULL, NULL, true, NULL },
	{ "bob", "devs", "create", "apps", "deployments", "", "kube-system", NULL, NULL, false,
	  NULL },
	{ "bob", "devs", "create", "rbac.authorization.k8s.io", "roles", "", "default", NULL, NULL,
	  false, NULL },
	{ "bob", "x", "get", "", "pods", "", "default", NULL, NULL, false,
	  "RBAC: role.rbac.authorization.k8s.io \"none\" not found" },
	{ "system:serviceaccount:default:robot", "x", "get", "", "configmaps", "", "default", "a",
	  NULL, true, NULL },
	{ "system:serviceaccount:default:robot", "x", "get", "", "configmaps", "", "default", "b",
	  NULL, false, "" },
	{ "system:serviceaccount:default:robot", "x", "list", "", "configmaps", "", "default", NULL,
	  NULL, false, "" },
	{ "system:serviceaccount:kube-system:robot", "x", "get", "", "configmaps", "", "default",
	  "a", NULL, false, "" },
	{ "root", "system:masters", "anything", "any", "thing", "", NULL, NULL, NULL, true, "" },
	{ "carol", "system:authenticated", "get", NULL, NULL, NULL, NULL, NULL, "/api/v1", true,
	  NULL },
	{ "system:anonymous", "system:unauthenticated", "get", NULL, NULL, NULL, NULL, NULL,
	  "/healthz", true, NULL },
	{ "system:anonymous", "system:unauthenticated", "get", NULL, NULL, NULL, NULL, NULL, "/api",
	  false, "" },
	{ "system:node:n1", "system:nodes", "get", "", "services", "", "default", "s", NULL, true,
	  "" },
	{ "system:node:n1", "system:nodes", "delete", "", "services", "", "default", "s", NULL,
	  false, "" },
	{ "system:node:n1", "x", "get", "", "services", "", "default", "s", NULL, false, "" },
	{ "system:kube-scheduler", "x", "create", "", "pods", "binding", "default", "p", NULL, true,
	  NULL },
};

START_TEST(decides)
{
	const struct question *q = &questions[_i];
	const char *const groups[] = { q->group, NULL };
	const struct ek_user user = { .name = q->user, .groups = groups };
	const struct ek_authz_attrs a = { .user = &user,
					  .verb = q->verb,
					  .group = q->api_group,
					  .resource = q->resource,
					  .subresource = q->sub,
					  .ns = q->ns,
					  .name = q->name,
					  .path = q->path };
	char reason[256];
	struct world w;

	populate(&w);
	ck_assert_msg(ek_authorize(ek_api_registry(w.api), &a, reason, sizeof(reason)) ==
			      q->allowed,
		      "row %d: %s", _i, reason);
	if (q->reason)
		ck_assert_str_eq(reason, q->reason);
	world_close(&w);
}
END_TEST

START_TEST(changes_count_at_once)
{
	struct ek_client *alice;
	struct world w;

	populate(&w);
	alice = as(&w, "alice", "x");
	ck_assert_int_eq(world_do(&w, alice, EK_DO_LIST, &ek_kind_pod, "default", NULL, NULL), 0);
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_rolebinding, "default", "reader",
				  NULL),
			 0);
	ck_assert_int_eq(world_do(&w, alice, EK_DO_LIST, &ek_kind_pod, "default", NULL, NULL),
			 EK_EFORBIDDEN);
	ek_client_free(alice);
	world_close(&w);
}
END_TEST

/* ---- how a refusal reads ---- */

static const struct sentence {
	enum ek_verb          verb;
	const struct ek_kind *kind;
	const char           *ns, *name, *sub, *want;
} sentences[] = {
	{ EK_DO_LIST, &ek_kind_secret, "default", NULL, NULL,
	  "secrets is forbidden: User \"eve\" cannot list resource \"secrets\" in API group \"\" in the namespace "
	  "\"default\"" },
	{ EK_DO_LIST, &ek_kind_node, NULL, NULL, NULL,
	  "nodes is forbidden: User \"eve\" cannot list resource \"nodes\" in API group \"\" at the cluster scope" },
	{ EK_DO_GET, &ek_kind_deployment, "default", "d", NULL,
	  "deployments.apps \"d\" is forbidden: User \"eve\" cannot get resource \"deployments\" in API group \"apps\" in "
	  "the namespace \"default\"" },
	{ EK_DO_CREATE, &ek_kind_pod, "default", "p", "eviction",
	  "pods \"p\" is forbidden: User \"eve\" cannot create resource \"pods/eviction\" in API group \"\" in the "
	  "namespace \"default\"" },
	{ EK_DO_DELETE_COLLECTION, &ek_kind_pod, "default", NULL, NULL,
	  "pods is forbidden: User \"eve\" cannot deletecollection resource \"pods\" in API group \"\" in the namespace "
	  "\"default\"" },
};

START_TEST(refusals_read_as_upstream)
{
	const struct sentence *s = &sentences[_i];
	struct ek_client *eve;
	struct world w;

	populate(&w);
	eve = as(&w, "eve", "x");
	world_begin(&w, s->verb, s->kind, s->ns, s->name)->subresource = s->sub;
	ck_assert_int_eq(world_call(&w, eve, "{}"), EK_EFORBIDDEN);
	ck_assert_str_eq(world_message(&w), s->want);
	ck_assert_str_eq(world_status(&w, "reason"), "Forbidden");
	ek_client_free(eve);
	world_close(&w);
}
END_TEST

/* ---- nobody grants what he does not hold ---- */

START_TEST(roles_do_not_escalate)
{
	static const char role[] =
		"{'metadata':{'name':'r'},'rules':[{'verbs':['get'],'apiGroups':[''],'resources':['%s']}]}";
	struct ek_client *dan;
	struct world w;
	char text[256];

	populate(&w);
	ck_assert_int_eq(
		world_create(
			&w, &ek_kind_rolebinding, "default",
			"{'metadata':{'name':'dan'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':"
			"'ClusterRole','name':'admin'},'subjects':[{'kind':'User','name':'dan'}]}"),
		0);
	dan = as(&w, "dan", "x");
	ek_str_into(text, sizeof(text), role, "pods");
	ck_assert_msg(world_do(&w, dan, EK_DO_CREATE, &ek_kind_role, "default", NULL, text) == 0,
		      "%s", world_message(&w));
	ek_str_into(text, sizeof(text), role, "nodes");
	ck_assert_int_eq(world_do(&w, dan, EK_DO_UPDATE, &ek_kind_role, "default", "r", text),
			 EK_EFORBIDDEN);
	ck_assert_str_eq(
		world_message(&w),
		"roles.rbac.authorization.k8s.io \"r\" is forbidden: user \"dan\" (groups=[\"x\" "
		"\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n"
		"{APIGroups:[\"\"], Resources:[\"nodes\"], Verbs:[\"get\"]}");
	/* a binding to more than he has */
	ck_assert_int_eq(
		world_do(
			&w, dan, EK_DO_CREATE, &ek_kind_rolebinding, "default", NULL,
			"{'metadata':{'name':'up'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':"
			"'ClusterRole','name':'cluster-admin'},'subjects':[{'kind':'User','name':'dan'}]}"),
		EK_EFORBIDDEN);
	/* and to what he has */
	ck_assert_int_eq(
		world_do(
			&w, dan, EK_DO_CREATE, &ek_kind_rolebinding, "default", NULL,
			"{'metadata':{'name':'same'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':"
			"'ClusterRole','name':'view'},'subjects':[{'kind':'User','name':'eve'}]}"),
		0);
	ek_client_free(dan);
	world_close(&w);
}
END_TEST

/* ---- aggregation ---- */

START_TEST(roles_are_made_of_others)
{
	struct world w;
	const struct ek_rules *rules;
	size_t n = 0;
	struct ek_rule rule;

	world_open(&w);
	ck_assert_int_eq(world_get(&w, &ek_kind_clusterrole, NULL, "admin"), 0);
	ck_assert_uint_gt(ek_json_len(ek_json_get(world_object(&w), "rules")), 15);
	ck_assert_int_eq(
		world_create(
			&w, &ek_kind_clusterrole, NULL,
			"{'metadata':{'name':'wheels','labels':{'rbac.authorization.k8s.io/aggregate-to-view':"
			"'true'}},'rules':[{'verbs':['get'],'apiGroups':['cars'],'resources':['wheels']}]}"),
		0);
	world_settle(&w);
	ck_assert_int_eq(world_get(&w, &ek_kind_clusterrole, NULL, "admin"), 0);
	rules = ek_authz_role(ek_api_registry(w.api)->authz, "ClusterRole", NULL, "admin");
	for (size_t pos = 0; ek_rules_next(rules, &pos, &rule);)
		n += ek_strings_has(&rule.resources, "wheels");
	ck_assert_uint_eq(n, 1);
	world_close(&w);
}
END_TEST

/* ---- reviews ---- */

START_TEST(reviews_answer_in_their_status)
{
	struct ek_client *alice;
	struct world w;

	populate(&w);
	alice = as(&w, "alice", "x");
	ck_assert_int_eq(
		world_do(
			&w, alice, EK_DO_CREATE,
			review_kind("authorization.k8s.io", "SelfSubjectAccessReview"), NULL, NULL,
			"{'spec':{'resourceAttributes':{'verb':'list','resource':'pods','namespace':"
			"'default'}}}"),
		0);
	ck_assert(ek_json_bool_at(world_object(&w), "status.allowed", false));
	ck_assert_int_eq(
		world_do(&w, alice, EK_DO_CREATE,
			 review_kind("authorization.k8s.io", "SelfSubjectAccessReview"), NULL, NULL,
			 "{'spec':{'nonResourceAttributes':{'verb':'get','path':'/secret'}}}"),
		0);
	ck_assert(!ek_json_bool_at(world_object(&w), "status.allowed", true));
	ck_assert_int_eq(world_do(&w, alice, EK_DO_CREATE,
				  review_kind("authorization.k8s.io", "SubjectAccessReview"), NULL,
				  NULL,
				  "{'spec':{'user':'x','resourceAttributes':{'verb':'get'}}}"),
			 EK_EFORBIDDEN);
	ck_assert_int_eq(
		world_create(
			&w, review_kind("authorization.k8s.io", "SubjectAccessReview"), NULL,
			"{'spec':{'user':'alice','resourceAttributes':{'verb':'delete','resource':'nodes'}}}"),
		0);
	ck_assert(ek_json_bool_at(world_object(&w), "status.allowed", false));
	ck_assert_int_eq(
		world_create(
			&w, review_kind("authorization.k8s.io", "LocalSubjectAccessReview"),
			"default",
			"{'spec':{'user':'alice','resourceAttributes':{'verb':'get','resource':'pods',"
			"'namespace':'other'}}}"),
		EK_EBADREQUEST);
	ck_assert_int_eq(world_do(&w, alice, EK_DO_CREATE,
				  review_kind("authorization.k8s.io", "SelfSubjectRulesReview"),
				  NULL, NULL, "{'spec':{'namespace':'default'}}"),
			 0);
	ck_assert_uint_ge(ek_json_len(ek_json_at(world_object(&w), "status.resourceRules")), 3);
	ck_assert_int_eq(world_do(&w, alice, EK_DO_CREATE,
				  review_kind("authentication.k8s.io", "SelfSubjectReview"), NULL,
				  NULL, "{}"),
			 0);
	ck_assert_str_eq(world_str(&w, "status.userInfo.username"), "alice");
	ck_assert_str_eq(world_str(&w, "status.userInfo.groups.1"), "system:authenticated");
	ek_client_free(alice);
	world_close(&w);
}
END_TEST

static const struct bad_review {
	const char *kind, *text, *message;
} bad_reviews[] = {
	{ "SubjectAccessReview", "{'spec':{'user':'a'}}",
	  "SubjectAccessReview.authorization.k8s.io \"\" is invalid: spec.resourceAttributes: Invalid value: \"null\": exactly "
	  "one of nonResourceAttributes or resourceAttributes must be specified" },
	{ "SubjectAccessReview", "{'spec':{'resourceAttributes':{}}}",
	  "SubjectAccessReview.authorization.k8s.io \"\" is invalid: spec.user: Invalid value: \"\": at least one of user or "
	  "group must be specified" },
	{ "SelfSubjectRulesReview", "{'spec':{}}", "no namespace on request" },
};

START_TEST(bad_reviews_are_refused)
{
	const struct bad_review *r = &bad_reviews[_i];
	struct world w;

	world_open(&w);
	ck_assert_int_lt(
		world_create(&w, review_kind("authorization.k8s.io", r->kind), NULL, r->text), 0);
	ck_assert_str_eq(world_message(&w), r->message);
	world_close(&w);
}
END_TEST

EK_TESTS("api/registry_rbac", EK_ROWS(decides, questions), changes_count_at_once,
	 EK_ROWS(refusals_read_as_upstream, sentences), roles_do_not_escalate,
	 roles_are_made_of_others, reviews_answer_in_their_status,
	 EK_ROWS(bad_reviews_are_refused, bad_reviews))
