/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_world.h"
#include "core.h"
#include "ek_test.h"

#include <ekube/clock.h>
#include <ekube/str.h>

static const char deployment[] =
	"{'metadata':{'name':'d'},'spec':{'replicas':3,'selector':{'matchLabels':{'a':'b'}},'template':{'metadata':"
	"{'labels':{'a':'b'}},'spec':{'containers':[{'name':'c','image':'i'}]}}}}";
static const char pod[] =
	"{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]}}";

static int sub(struct world *w, enum ek_verb verb, const struct ek_kind *k, const char *name,
	       const char *subresource, const char *text)
{
	world_begin(w, verb, k, k->namespaced ? "default" : NULL, name)->subresource = subresource;
	w->call.patch_type = EK_PATCH_MERGE_DOC;
	return world_call(w, NULL, text);
}

/* ---- scale ---- */

START_TEST(scale_is_a_window_on_replicas)
{
	struct world w;
	int64_t rev;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_deployment, "default", deployment), 0);
	rev = w.call.object->rev;
	ck_assert_int_eq(sub(&w, EK_DO_GET, &ek_kind_deployment, "d", "scale", NULL), 0);
	ck_assert_str_eq(world_str(&w, "kind"), "Scale");
	ck_assert_str_eq(world_str(&w, "apiVersion"), "autoscaling/v1");
	ck_assert_int_eq(world_int(&w, "spec.replicas"), 3);
	ck_assert_int_eq(world_int(&w, "status.replicas"), 0);
	ck_assert_str_eq(world_str(&w, "status.selector"), "a=b");
	ck_assert_int_eq(w.call.object->rev, rev);

	ck_assert_int_eq(sub(&w, EK_DO_UPDATE, &ek_kind_deployment, "d", "scale",
			     "{'metadata':{'name':'d'},'spec':{'replicas':5}}"),
			 0);
	ck_assert_int_eq(world_int(&w, "spec.replicas"), 5);
	ck_assert_int_gt(w.call.object->rev, rev);
	ck_assert_int_eq(sub(&w, EK_DO_PATCH, &ek_kind_deployment, "d", "scale",
			     "{'spec':{'replicas':0}}"),
			 0);
	ck_assert_int_eq(world_int(&w, "spec.replicas"), -1); /* zero is left out */
	ck_assert_int_eq(world_get(&w, &ek_kind_deployment, "default", "d"), 0);
	ck_assert_int_eq(world_int(&w, "spec.replicas"), 0);
	ck_assert_int_eq(world_int(&w, "metadata.generation"), 3);

	ck_assert_int_eq(sub(&w, EK_DO_PATCH, &ek_kind_deployment, "d", "scale",
			     "{'spec':{'replicas':-1}}"),
			 EK_EINVALID);
	ck_assert_str_eq(
		world_message(&w),
		"Scale.autoscaling \"d\" is invalid: spec.replicas: Invalid value: -1: must be "
		"greater than or equal to 0");
	ck_assert_int_eq(
		sub(&w, EK_DO_UPDATE, &ek_kind_deployment, "d", "scale",
		    "{'metadata':{'name':'d','resourceVersion':'1'},'spec':{'replicas':5}}"),
		EK_ECONFLICT);
	ck_assert_int_eq(sub(&w, EK_DO_GET, &ek_kind_deployment, "x", "scale", NULL), EK_ENOTFOUND);
	world_close(&w);
}
END_TEST

/* ---- status ---- */

START_TEST(status_changes_status_alone)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_deployment, "default", deployment), 0);
	ck_assert_int_eq(
		sub(&w, EK_DO_PATCH, &ek_kind_deployment, "d", "status",
		    "{'metadata':{'labels':{'x':'y'}},'spec':{'replicas':9},'status':{'replicas':1}}"),
		0);
	ck_assert_int_eq(world_int(&w, "status.replicas"), 1);
	ck_assert_int_eq(world_int(&w, "spec.replicas"), 3);
	ck_assert_int_eq(sub(&w, EK_DO_PATCH, &ek_kind_deployment, "d", NULL,
			     "{'status':{'replicas':7}}"),
			 0);
	ck_assert_int_eq(world_int(&w, "status.replicas"), 1);
	world_close(&w);
}
END_TEST

/* ---- binding ---- */

START_TEST(binding_gives_a_pod_its_node)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_pod, "default", pod), 0);
	ck_assert_int_eq(
		sub(&w, EK_DO_CREATE, &ek_kind_pod, "p", "binding",
		    "{'metadata':{'name':'p','annotations':{'a':'b'}},'target':{'kind':'Node','name':'n1'}}"),
		0);
	ck_assert_str_eq(world_str(&w, "status"), "Success");
	ck_assert_int_eq(world_int(&w, "code"), 201);
	ck_assert_int_eq(world_get(&w, &ek_kind_pod, "default", "p"), 0);
	ck_assert_str_eq(world_str(&w, "spec.nodeName"), "n1");
	ck_assert_str_eq(world_str(&w, "metadata.annotations.a"), "b");
	ck_assert(ek_meta_condition_is(world_object(&w), "PodScheduled", "True"));
	ck_assert_int_eq(sub(&w, EK_DO_CREATE, &ek_kind_pod, "p", "binding",
			     "{'metadata':{'name':'p'},'target':{'name':'n2'}}"),
			 EK_ECONFLICT);
	ck_assert_str_eq(
		world_message(&w),
		"Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned "
		"to node \"n1\"");
	world_close(&w);
}
END_TEST

static const struct bad_binding {
	const char *name, *text;
	int         rc;
} bad_bindings[] = {
	{ "x", "{'metadata':{'name':'x'},'target':{'name':'n'}}", EK_ENOTFOUND },
	{ "p", "{'metadata':{'name':'q'},'target':{'name':'n'}}", EK_EBADREQUEST },
	{ "p", "{'metadata':{'name':'p'},'target':{'kind':'Pod','name':'n'}}", EK_EINTERNAL },
	{ "p", "{'metadata':{'name':'p'},'target':{'kind':'Node'}}", EK_EINTERNAL },
	{ "p", "{'metadata':{'name':'p','uid':'x'},'target':{'name':'n'}}", EK_ECONFLICT },
	{ "p", "{'metadata':{'name':'p','resourceVersion':'1'},'target':{'name':'n'}}",
	  EK_ECONFLICT },
	{ "p", "7", EK_EBADREQUEST },
};

START_TEST(bad_bindings_are_refused)
{
	const struct bad_binding *b = &bad_bindings[_i];
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_pod, "default", pod), 0);
	ck_assert_int_eq(sub(&w, EK_DO_CREATE, &ek_kind_pod, b->name, "binding", b->text), b->rc);
	ck_assert_int_eq(world_get(&w, &ek_kind_pod, "default", "p"), 0);
	ck_assert_ptr_null(world_str(&w, "spec.nodeName"));
	world_close(&w);
}
END_TEST

START_TEST(what_is_not_offered_is_not_allowed)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_pod, "default", pod), 0);
	ck_assert_int_eq(sub(&w, EK_DO_DELETE, &ek_kind_pod, "p", "status", NULL), EK_ENOTALLOWED);
	ck_assert_int_eq(sub(&w, EK_DO_GET, &ek_kind_pod, "p", "binding", NULL), EK_ENOTALLOWED);
	ck_assert_int_eq(sub(&w, EK_DO_GET, &ek_kind_configmap, "p", "scale", NULL),
			 EK_ENOTALLOWED);
	world_close(&w);
}
END_TEST

/* ---- ephemeral containers ---- */

START_TEST(ephemeral_containers_come_by_their_own_door)
{
	static const char debug[] =
		"{'metadata':{'labels':{'a':'b'}},'spec':{'nodeName':'n9','ephemeralContainers':["
		"{'name':'debug','image':'i'}]}}";
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_pod, "default", pod), 0);
	ck_assert_int_eq(sub(&w, EK_DO_PATCH, &ek_kind_pod, "p", NULL, debug), EK_EINVALID);
	ck_assert_msg(sub(&w, EK_DO_PATCH, &ek_kind_pod, "p", "ephemeralcontainers", debug) == 0,
		      "%s", world_message(&w));
	ck_assert_str_eq(world_str(&w, "spec.ephemeralContainers.0.name"), "debug");
	ck_assert_ptr_null(world_str(&w, "spec.nodeName"));
	ck_assert_ptr_null(ek_meta_label(world_object(&w), "a"));
	/* what is there stays */
	ck_assert_int_eq(sub(&w, EK_DO_PATCH, &ek_kind_pod, "p", "ephemeralcontainers",
			     "{'spec':{'ephemeralContainers':null}}"),
			 EK_EINVALID);
	ck_assert_int_eq(sub(&w, EK_DO_GET, &ek_kind_pod, "p", "ephemeralcontainers", NULL), 0);
	ck_assert_str_eq(world_str(&w, "kind"), "Pod");
	world_close(&w);
}
END_TEST

/* ---- tokens ---- */

static int token(struct world *w, const char *account, const char *text)
{
	return sub(w, EK_DO_CREATE, &ek_kind_serviceaccount, account, "token", text);
}

START_TEST(a_token_tells_who_it_is)
{
	static const char *const audience[] = { "vault", NULL };
	struct ek_token_user u = { 0 };
	struct ek_registry *r;
	struct world w;
	char *text;

	world_open(&w);
	r = ek_api_registry(w.api);
	ck_assert_int_eq(token(&w, "default", "{'spec':{}}"), 0);
	ck_assert_int_eq(world_int(&w, "spec.expirationSeconds"), 3600);
	ck_assert_str_eq(world_str(&w, "spec.audiences.0"), "https://issuer.test");
	text = ek_str_dup(world_str(&w, "status.token"));
	ck_assert_int_eq(ek_token_check(r, text, NULL, &u, NULL), 0);
	ck_assert_str_eq(u.user.name, "system:serviceaccount:default:default");
	ck_assert_str_eq(u.user.groups[0], "system:serviceaccounts");
	ck_assert_str_eq(u.user.groups[1], "system:serviceaccounts:default");
	ck_assert_str_eq(u.user.groups[2], "system:authenticated");
	ck_assert(ek_str_starts(
		ek_json_str(ek_json_elem(ek_json_get(u.user.extra,
						     "authentication.kubernetes.io/credential-id"),
					 0)),
		"JTI="));
	ek_token_user_done(&u);
	ck_assert_int_eq(ek_token_check(r, text, audience, &u, NULL), EK_EUNAUTHORIZED);
	/* the account goes, and with it the token */
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_serviceaccount, "default",
				  "default", NULL),
			 0);
	ck_assert_int_eq(ek_token_check(r, text, NULL, &u, NULL), EK_EUNAUTHORIZED);
	ek_secret_freep(&text);
	world_close(&w);
}
END_TEST

START_TEST(a_pods_token_dies_with_it)
{
	struct ek_token_user u = { 0 };
	struct ek_registry *r;
	struct ek_err err;
	struct world w;
	char *text;

	world_open(&w);
	r = ek_api_registry(w.api);
	ck_assert_int_eq(world_create(&w, &ek_kind_pod, "default", pod), 0);
	ck_assert_int_eq(
		token(&w, "default",
		      "{'spec':{'boundObjectRef':{'apiVersion':'v1','kind':'Pod','name':'p'}}}"),
		0);
	text = ek_str_dup(world_str(&w, "status.token"));
	ck_assert_int_eq(ek_token_check(r, text, NULL, &u, NULL), 0);
	ck_assert_str_eq(
		ek_json_str(ek_json_elem(
			ek_json_get(u.user.extra, "authentication.kubernetes.io/pod-name"), 0)),
		"p");
	ek_token_user_done(&u);
	/* another pod of the same name is another pod */
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_pod, "default", "p", NULL), 0);
	ck_assert_int_eq(ek_token_check(r, text, NULL, &u, &err), EK_EUNAUTHORIZED);
	ck_assert_str_eq(err.msg, "service account token has been invalidated");
	ck_assert_int_eq(world_create(&w, &ek_kind_pod, "default", pod), 0);
	ck_assert_int_eq(ek_token_check(r, text, NULL, &u, NULL), EK_EUNAUTHORIZED);
	ek_secret_freep(&text);
	world_close(&w);
}
END_TEST

static const struct bad_token {
	const char *account, *text;
	int         rc;
	const char *message;
} bad_tokens[] = {
	{ "none", "{'spec':{}}", EK_ENOTFOUND, "serviceaccounts \"none\" not found" },
	{ "default", "{'spec':{'expirationSeconds':5}}", EK_EINVALID,
	  "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 5: may not specify a "
	  "duration less than 10 minutes" },
	{ "default", "{'spec':{'boundObjectRef':{'apiVersion':'v1','kind':'Pod','name':'x'}}}",
	  EK_ENOTFOUND, "pods \"x\" not found" },
	{ "default",
	  "{'spec':{'boundObjectRef':{'apiVersion':'v1','kind':'ConfigMap','name':'x'}}}",
	  EK_EBADREQUEST, "cannot bind token to object of type v1, Kind=ConfigMap" },
	{ "default",
	  "{'spec':{'boundObjectRef':{'apiVersion':'v1','kind':'Pod','name':'p','uid':'x'}}}",
	  EK_ECONFLICT, NULL },
	{ "other", "{'spec':{'boundObjectRef':{'apiVersion':'v1','kind':'Pod','name':'p'}}}",
	  EK_EBADREQUEST, NULL },
};

START_TEST(bad_token_requests_are_refused)
{
	const struct bad_token *b = &bad_tokens[_i];
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_serviceaccount, "default",
				      "{'metadata':{'name':'other'}}"),
			 0);
	ck_assert_int_eq(world_create(&w, &ek_kind_pod, "default", pod), 0);
	ck_assert_msg(token(&w, b->account, b->text) == b->rc, "%d %s", w.rc, world_message(&w));
	if (b->message)
		ck_assert_str_eq(world_message(&w), b->message);
	world_close(&w);
}
END_TEST

START_TEST(a_node_gets_tokens_of_its_own_pods)
{
	static const char *const groups[] = { "system:nodes", NULL };
	static const char ask[] =
		"{'spec':{'boundObjectRef':{'apiVersion':'v1','kind':'Pod','name':'p','uid':'%s'}}}";
	struct ek_client *mine, *other;
	struct world w;
	char text[256];

	world_open(&w);
	mine = ek_api_local_client(w.api, "system:node:n1", groups);
	other = ek_api_local_client(w.api, "system:node:n2", groups);
	ck_assert_int_eq(
		world_create(
			&w, &ek_kind_pod, "default",
			"{'metadata':{'name':'p'},'spec':{'nodeName':'n1','containers':[{'name':'c','image':"
			"'i'}]}}"),
		0);
	ek_str_into(text, sizeof(text), ask, world_str(&w, "metadata.uid"));
	world_begin(&w, EK_DO_CREATE, &ek_kind_serviceaccount, "default", "default")->subresource =
		"token";
	ck_assert_int_eq(world_call(&w, mine, text), 0);
	world_begin(&w, EK_DO_CREATE, &ek_kind_serviceaccount, "default", "default")->subresource =
		"token";
	ck_assert_int_eq(world_call(&w, other, text), EK_EFORBIDDEN);
	world_begin(&w, EK_DO_CREATE, &ek_kind_serviceaccount, "default", "default")->subresource =
		"token";
	ck_assert_int_eq(world_call(&w, mine, "{'spec':{}}"), EK_EFORBIDDEN);
	ck_assert(strstr(world_message(&w), "node requested token not bound to a pod"));
	ek_client_free(mine);
	ek_client_free(other);
	world_close(&w);
}
END_TEST

START_TEST(a_token_review_looks_into_a_token)
{
	const struct ek_kind *k = ek_kind_find("authentication.k8s.io", "v1", "TokenReview");
	struct ek_buf body = EK_BUF_INIT(8192);
	struct world w;

	world_open(&w);
	ck_assert_int_eq(token(&w, "default", "{'spec':{'audiences':['vault']}}"), 0);
	(void)ek_buf_fmt(&body, "{'spec':{'token':'%s','audiences':['vault','x']}}",
			 world_str(&w, "status.token"));
	ck_assert_int_eq(world_create(&w, k, NULL, body.data), 0);
	ck_assert(ek_json_bool_at(world_object(&w), "status.authenticated", false));
	ck_assert_str_eq(world_str(&w, "status.user.username"),
			 "system:serviceaccount:default:default");
	ck_assert_str_eq(world_str(&w, "status.audiences.0"), "vault");
	ck_assert_int_eq(world_create(&w, k, NULL, "{'spec':{'token':'abc'}}"), 0);
	ck_assert(!ek_json_bool_at(world_object(&w), "status.authenticated", false));
	ck_assert_str_eq(world_str(&w, "status.error"), "invalid bearer token");
	ck_assert_int_eq(world_create(&w, k, NULL, "{'spec':{}}"), EK_EBADREQUEST);
	ek_buf_done(&body);
	world_close(&w);
}
END_TEST

static int64_t offset_us;

static int64_t mono(void *arg)
{
	(void)arg;
	return offset_us / 1000;
}

static int64_t wall(void *arg)
{
	(void)arg;
	return 1700000000000000 + offset_us;
}

START_TEST(a_token_expires)
{
	static const struct ek_clock_source clock = { .mono_ms = mono, .wall_us = wall };
	struct ek_token_user u = { 0 };
	struct ek_err err;
	struct world w;
	char *text;

	ek_clock_set_source(&clock);
	world_open(&w);
	ck_assert_int_eq(token(&w, "default", "{'spec':{'expirationSeconds':600}}"), 0);
	ck_assert_str_eq(world_str(&w, "status.expirationTimestamp"), "2023-11-14T22:23:20Z");
	text = ek_str_dup(world_str(&w, "status.token"));
	offset_us = 660LL * 1000000;
	ck_assert_int_eq(ek_token_check(ek_api_registry(w.api), text, NULL, &u, NULL), 0);
	ek_token_user_done(&u);
	offset_us = 661LL * 1000000;
	ck_assert_int_eq(ek_token_check(ek_api_registry(w.api), text, NULL, &u, &err),
			 EK_EUNAUTHORIZED);
	ck_assert_str_eq(err.msg, "service account token has expired");
	offset_us = -61LL * 1000000;
	ck_assert_int_eq(ek_token_check(ek_api_registry(w.api), text, NULL, &u, &err),
			 EK_EUNAUTHORIZED);
	offset_us = 0;
	ek_secret_freep(&text);
	world_close(&w);
}
END_TEST

EK_TESTS("api/registry_subresources", scale_is_a_window_on_replicas, status_changes_status_alone,
	 binding_gives_a_pod_its_node, EK_ROWS(bad_bindings_are_refused, bad_bindings),
	 ephemeral_containers_come_by_their_own_door, what_is_not_offered_is_not_allowed,
	 a_token_tells_who_it_is, a_pods_token_dies_with_it,
	 EK_ROWS(bad_token_requests_are_refused, bad_tokens), a_node_gets_tokens_of_its_own_pods,
	 a_token_review_looks_into_a_token, a_token_expires)
