/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_world.h"
#include "core.h"
#include "ek_test.h"
#include "auth/node_graph.h"

#include <ekube/str.h>

/*
 * Pod a on n1 refers to things in all ways that there are; pod b on n2 and pod c on no node to one
 * Secret each; pod m on n1 calls itself a file's mirror. The claim of a is bound to the volume vol.
 */
static const struct {
	const struct ek_kind *kind;
	const char *ns, *text;
} objects[] = {
	{ &ek_kind_pod, "default",
	  "{'metadata':{'name':'a'},'spec':{'nodeName':'n1','imagePullSecrets':[{'name':'pull'}],"
	  "'initContainers':[{'name':'i','image':'x','env':[{'name':'A','valueFrom':{'configMapKeyRef':"
	  "{'name':'init-c','key':'k'}}}]}],'containers':[{'name':'c','image':'x','envFrom':["
	  "{'secretRef':{'name':'from-s'}},{'configMapRef':{'name':'from-c'}}],'env':[{'name':'A',"
	  "'valueFrom':{'secretKeyRef':{'name':'env-s','key':'k'}}},{'name':'B','value':'plain'}]}],"
	  "'volumes':[{'name':'s','secret':{'secretName':'vol-s'}},{'name':'c','configMap':{'name':"
	  "'vol-c'}},{'name':'p','projected':{'sources':[{'secret':{'name':'proj-s'}},{'configMap':"
	  "{'name':'proj-c'}}]}},{'name':'v','persistentVolumeClaim':{'claimName':'claim'}},{'name':'e',"
	  "'emptyDir':{}}]}}" },
	{ &ek_kind_pod, "default",
	  "{'metadata':{'name':'b'},'spec':{'nodeName':'n2','containers':[{'name':'c','image':'x'}],"
	  "'volumes':[{'name':'s','secret':{'secretName':'other-s'}}]}}" },
	{ &ek_kind_pod, "default",
	  "{'metadata':{'name':'c'},'spec':{'containers':[{'name':'c','image':'x'}],"
	  "'volumes':[{'name':'s','secret':{'secretName':'later-s'}}]}}" },
	{ &ek_kind_pod, "default",
	  "{'metadata':{'name':'m','annotations':{'kubernetes.io/config.mirror':'x'}},'spec':{'nodeName':'n1',"
	  "'containers':[{'name':'c','image':'x'}],'volumes':[{'name':'s','configMap':{'name':'mirror-c'}}]}}" },
	{ &ek_kind_pv, NULL,
	  "{'metadata':{'name':'vol'},'spec':{'capacity':{'storage':'1Gi'},'accessModes':['ReadWriteOnce'],"
	  "'claimRef':{'namespace':'default','name':'claim'},'csi':{'driver':'d.test','volumeHandle':'h',"
	  "'nodePublishSecretRef':{'namespace':'storage','name':'node-s'},'controllerPublishSecretRef':"
	  "{'namespace':'storage','name':'controller-s'}}}}" },
	{ &ek_kind_pv, NULL,
	  "{'metadata':{'name':'loose'},'spec':{'capacity':{'storage':'1Gi'},'accessModes':['ReadWriteOnce'],"
	  "'hostPath':{'path':'/x'}}}" },
	{ &ek_kind_pvc, "default",
	  "{'metadata':{'name':'claim'},'spec':{'volumeName':'vol','accessModes':['ReadWriteOnce'],"
	  "'resources':{'requests':{'storage':'1Gi'}}}}" },
};

static void populate(struct world *w)
{
	world_open(w);
	for (size_t i = 0; i < EK_ARRAY_LEN(objects); i++)
		ck_assert_msg(world_create(w, objects[i].kind, objects[i].ns, objects[i].text) == 0,
			      "%zu: %s", i, world_message(w));
	world_settle(w);
}

/* ---- questions ---- */

static const char n1[] = "system:node:n1";
static const char stranger[] = "no relationship found between node 'n1' and this object";

struct question {
	const char *user, *verb, *resource, *ns, *name, *fields;
	bool        allowed;
	const char *reason;
};

/* "leases.coordination.k8s.io/status": resource, group, subresource */
static bool ask(struct world *w, const struct question *q, char reason[256])
{
	static const char *const groups[] = { "system:nodes", "system:authenticated", NULL };
	const struct ek_user user = { .name = q->user, .groups = groups };
	EK_CLEANUP(ek_field_selector_done) struct ek_field_selector fields = { 0 };
	EK_FREE char *what = ek_str_dup(q->resource);
	char *sub = strchr(what, '/'), *group = strchr(what, '.');

	if (sub)
		*sub++ = '\0';
	if (group)
		*group++ = '\0';
	ck_assert_int_eq(ek_field_selector_parse(q->fields ? q->fields : "", &fields, NULL), 0);
	return ek_authorize(ek_api_registry(w->api),
			    &(struct ek_authz_attrs){ .user = &user,
						      .verb = q->verb,
						      .group = group ? group : "",
						      .resource = what,
						      .subresource = sub,
						      .ns = q->ns,
						      .name = q->name,
						      .fields = &fields },
			    reason, 256);
}

static bool may_get(struct world *w, const char *resource, const char *name)
{
	const struct question q = { .user = n1, .verb = "get", .resource = resource, .ns = "default", .name = name };
	char reason[256];

	return ask(w, &q, reason);
}

static const char read_only[] = "can only read resources of this type";
static const char get_only[] = "can only get individual resources of this type";
static const char own_pods[] = "can only list/watch pods with spec.nodeName field selector";
static const char tokens_only[] = "can only create tokens for individual service accounts";

static const struct question questions[] = {
	/* what pods here refer to, in each way */
	{ n1, "get", "secrets", "default", "pull", NULL, true, "" },
	{ n1, "get", "secrets", "default", "from-s", NULL, true, "" },
	{ n1, "get", "secrets", "default", "env-s", NULL, true, "" },
	{ n1, "get", "secrets", "default", "vol-s", NULL, true, "" },
	{ n1, "list", "secrets", "default", "proj-s", NULL, true, "" },
	{ n1, "watch", "secrets", "default", "proj-s", NULL, true, "" },
	{ n1, "get", "configmaps", "default", "init-c", NULL, true, "" },
	{ n1, "get", "configmaps", "default", "from-c", NULL, true, "" },
	{ n1, "list", "configmaps", "default", "vol-c", NULL, true, "" },
	{ n1, "watch", "configmaps", "default", "proj-c", NULL, true, "" },
	/* and nothing else */
	{ n1, "get", "secrets", "default", "other-s", NULL, false, stranger },
	{ n1, "get", "secrets", "default", "later-s", NULL, false, stranger },
	{ n1, "get", "configmaps", "default", "mirror-c", NULL, false, stranger },
	{ n1, "get", "secrets", "kube-system", "vol-s", NULL, false, stranger },
	{ n1, "get", "secrets", "default", "vol-c", NULL, false, stranger },
	{ n1, "get", "configmaps", "default", "vol-s", NULL, false, stranger },
	{ n1, "list", "secrets", "default", NULL, NULL, false, "No Object name found" },
	{ n1, "list", "secrets", NULL, NULL, NULL, false, "can only read namespaced object of this type" },
	{ n1, "update", "secrets", "default", "vol-s", NULL, false, read_only },
	{ n1, "delete", "configmaps", "default", "vol-c", NULL, false, read_only },
	{ n1, "get", "secrets/status", "default", "vol-s", NULL, false, "cannot read subresource" },
	{ "system:node:n2", "get", "secrets", "default", "other-s", NULL, true, "" },
	{ "system:node:n3", "get", "secrets", "default", "vol-s", NULL, false,
	  "no relationship found between node 'n3' and this object" },

	/* claims, volumes, their secrets */
	{ n1, "get", "persistentvolumeclaims", "default", "claim", NULL, true, "" },
	{ n1, "get", "persistentvolumeclaims", "default", "other", NULL, false, stranger },
	{ n1, "list", "persistentvolumeclaims", "default", NULL, NULL, false, get_only },
	{ n1, "update", "persistentvolumeclaims", "default", "claim", NULL, false, get_only },
	{ n1, "patch", "persistentvolumeclaims/status", "default", "claim", NULL, true, "" },
	{ n1, "patch", "persistentvolumeclaims/status", "default", "other", NULL, false, stranger },
	{ n1, "get", "persistentvolumeclaims/status", "default", "claim", NULL, false,
	  "can only get/update/patch this type" },
	{ n1, "get", "persistentvolumeclaims/x", "default", "claim", NULL, false, "cannot get subresource" },
	{ n1, "get", "persistentvolumes", NULL, "vol", NULL, true, "" },
	{ n1, "get", "persistentvolumes", NULL, "loose", NULL, false, stranger },
	{ n1, "get", "persistentvolumes", NULL, "none", NULL, false, stranger },
	{ n1, "list", "persistentvolumes", NULL, NULL, NULL, false, get_only },
	{ n1, "get", "secrets", "storage", "node-s", NULL, true, "" },
	{ n1, "get", "secrets", "storage", "controller-s", NULL, false, stranger },
	{ n1, "get", "secrets", "default", "node-s", NULL, false, stranger },
	{ "system:node:n2", "get", "persistentvolumes", NULL, "vol", NULL, false,
	  "no relationship found between node 'n2' and this object" },
	{ "system:node:n2", "get", "secrets", "storage", "node-s", NULL, false,
	  "no relationship found between node 'n2' and this object" },

	/* accounts */
	{ n1, "create", "serviceaccounts/token", "default", "default", NULL, true, "" },
	{ n1, "create", "serviceaccounts/token", "default", "other", NULL, false, stranger },
	{ n1, "create", "serviceaccounts/token", "kube-system", "default", NULL, false, stranger },
	{ n1, "create", "serviceaccounts/token", "default", NULL, NULL, false, tokens_only },
	{ n1, "get", "serviceaccounts", "default", "default", NULL, false, tokens_only },
	{ n1, "create", "serviceaccounts", "default", "default", NULL, false,
	  "can only create token subresource of serviceaccount" },

	/* pods */
	{ n1, "get", "pods", "default", "a", NULL, true, "" },
	{ n1, "get", "pods", "default", "m", NULL, true, "" },
	{ n1, "get", "pods", "default", "b", NULL, false, stranger },
	{ n1, "get", "pods", "default", "c", NULL, false, stranger },
	{ n1, "list", "pods", NULL, NULL, "spec.nodeName=n1", true, "" },
	{ n1, "watch", "pods", NULL, NULL, "status.phase!=Failed,spec.nodeName==n1", true, "" },
	{ n1, "list", "pods", NULL, NULL, "spec.nodeName=n2", false, own_pods },
	{ n1, "list", "pods", NULL, NULL, "spec.nodeName!=n1", false, own_pods },
	{ n1, "watch", "pods", NULL, NULL, NULL, false, own_pods },
	{ n1, "watch", "pods", "default", "a", "metadata.name=a", true, "" },
	{ n1, "watch", "pods", "default", "b", "metadata.name=b", false, stranger },
	{ n1, "create", "pods", "default", NULL, NULL, true, "" },
	{ n1, "delete", "pods", "default", "a", NULL, true, "" },
	{ n1, "update", "pods", "default", "a", NULL, false, "" },
	{ n1, "deletecollection", "pods", "default", NULL, "spec.nodeName=n1", false, "" },
	{ n1, "patch", "pods/status", "default", "a", NULL, true, "" },
	{ n1, "get", "pods/status", "default", "a", NULL, false, "" },
	{ n1, "create", "pods/eviction", "default", "a", NULL, true, "" },
	{ n1, "create", "pods/exec", "default", "a", NULL, false, "" },
	{ n1, "create", "pods/binding", "default", "a", NULL, false, "" },

	/* nodes */
	{ n1, "get", "nodes", NULL, "n1", NULL, true, "" },
	{ n1, "watch", "nodes", NULL, "n1", "metadata.name=n1", true, "" },
	{ n1, "get", "nodes", NULL, "n2", NULL, false, "node 'n1' cannot read 'n2', only its own Node object" },
	{ n1, "list", "nodes", NULL, NULL, NULL, false, "node 'n1' cannot read all nodes, only its own Node object" },
	{ n1, "create", "nodes", NULL, NULL, NULL, true, "" },
	{ n1, "update", "nodes", NULL, "n1", NULL, true, "" },
	{ n1, "patch", "nodes/status", NULL, "n1", NULL, true, "" },
	{ n1, "get", "nodes/status", NULL, "n1", NULL, false, "" },
	{ n1, "get", "nodes/proxy", NULL, "n1", NULL, false, "" },
	{ n1, "delete", "nodes", NULL, "n1", NULL, false, "" },

	/* what is the node's by its name */
	{ n1, "get", "leases.coordination.k8s.io", "kube-node-lease", "n1", NULL, true, "" },
	{ n1, "create", "leases.coordination.k8s.io", "kube-node-lease", NULL, NULL, true, "" },
	{ n1, "patch", "leases.coordination.k8s.io", "kube-node-lease", "n2", NULL, false,
	  "can only access node lease with the same name as the requesting node" },
	{ n1, "get", "leases.coordination.k8s.io", "default", "n1", NULL, false,
	  "can only access leases in the \"kube-node-lease\" system namespace" },
	{ n1, "list", "leases.coordination.k8s.io", "kube-node-lease", NULL, NULL, false,
	  "can only get, create, update, patch, or delete a node lease" },
	{ n1, "get", "csinodes.storage.k8s.io", NULL, "n1", NULL, true, "" },
	{ n1, "get", "csinodes.storage.k8s.io", NULL, "n2", NULL, false,
	  "can only access CSINode with the same name as the requesting node" },
	{ n1, "list", "csinodes.storage.k8s.io", NULL, NULL, NULL, false,
	  "can only get, create, update, patch, or delete a CSINode" },
	{ n1, "update", "csinodes.storage.k8s.io/status", NULL, "n1", NULL, false,
	  "cannot authorize CSINode subresources" },
	{ n1, "get", "volumeattachments.storage.k8s.io", NULL, "x", NULL, false, stranger },

	/* what all nodes may, and nobody who says he is none in particular */
	{ n1, "watch", "services", NULL, NULL, NULL, true, "" },
	{ n1, "create", "events", "default", NULL, NULL, true, "" },
	{ n1, "list", "endpointslices.discovery.k8s.io", NULL, NULL, NULL, false, "" },
	{ n1, "delete", "services", "default", "x", NULL, false, "" },
	{ "system:node:", "watch", "services", NULL, NULL, NULL, false, "unknown node for user \"system:node:\"" },
	{ "n1", "watch", "services", NULL, NULL, NULL, false, "" },
};

START_TEST(a_node_may_what_its_pods_need)
{
	char reason[256];
	struct world w;

	populate(&w);
	for (size_t i = 0; i < EK_ARRAY_LEN(questions); i++) {
		const struct question *q = &questions[i];

		ck_assert_msg(ask(&w, q, reason) == q->allowed, "row %zu, %s %s %s: %s", i, q->verb,
			      q->resource, q->name ? q->name : "-", reason);
		ck_assert_msg(ek_streq(reason, q->reason), "row %zu, %s %s: %s", i, q->verb,
			      q->resource, reason);
	}
	world_close(&w);
}
END_TEST

/* ---- pods come and go ---- */

START_TEST(a_pod_brings_and_takes_what_it_refers_to)
{
	struct world w;

	populate(&w);
	ck_assert(!may_get(&w, "secrets", "later-s"));
	world_begin(&w, EK_DO_CREATE, &ek_kind_pod, "default", "c");
	w.call.subresource = "binding";
	ck_assert_int_eq(world_call(&w, NULL, "{'metadata':{'name':'c'},'target':{'kind':'Node','name':'n1'}}"), 0);
	ck_assert(may_get(&w, "secrets", "later-s"));
	ck_assert(may_get(&w, "pods", "c"));

	world_begin(&w, EK_DO_PATCH, &ek_kind_pod, "default", "c");
	w.call.subresource = "ephemeralcontainers";
	w.call.patch_type = EK_PATCH_STRATEGIC;
	ck_assert_msg(
		world_call(
			&w, NULL,
			"{'spec':{'ephemeralContainers':[{'name':'d','image':'x','terminationMessagePolicy':"
			"'File','imagePullPolicy':'Always','envFrom':[{'secretRef':{'name':'debug-s'}}]}]}}") ==
			0,
		"%s", world_message(&w));
	ck_assert(may_get(&w, "secrets", "debug-s"));
	ck_assert(may_get(&w, "secrets", "later-s"));

	world_begin(&w, EK_DO_DELETE, &ek_kind_pod, "default", "c");
	w.call.grace_s = 0;
	ck_assert_int_eq(world_call(&w, NULL, NULL), 0);
	ck_assert(!may_get(&w, "secrets", "later-s"));
	ck_assert(!may_get(&w, "secrets", "debug-s"));
	ck_assert(!may_get(&w, "pods", "c"));
	ck_assert(may_get(&w, "secrets", "vol-s"));
	world_close(&w);
}
END_TEST

/* Pods that were there before the server: each is read when its own node asks. */
START_TEST(what_was_stored_already_is_known)
{
	struct ek_node_graph *g;
	struct world w;

	populate(&w);
	g = ek_node_graph_new(ek_api_registry(w.api));
	ck_assert_int_eq(ek_node_graph_load(g, NULL), 0);
	ck_assert(ek_node_graph_has(g, "n1", &ek_kind_pod, "default", "a"));
	ck_assert(ek_node_graph_has(g, "n1", &ek_kind_secret, "storage", "node-s"));
	ck_assert(ek_node_graph_has(g, "n1", &ek_kind_secret, "default", "vol-s"));
	ck_assert(ek_node_graph_has(g, "n2", &ek_kind_secret, "default", "other-s"));
	ck_assert(!ek_node_graph_has(g, "n1", &ek_kind_configmap, "default", "mirror-c"));
	world_begin(&w, EK_DO_DELETE, &ek_kind_pod, "default", "b");
	w.call.grace_s = 0;
	ck_assert_int_eq(world_call(&w, NULL, NULL), 0);
	ck_assert(!ek_node_graph_has(g, "n2", &ek_kind_secret, "default", "other-s"));
	ek_node_graph_free(g);
	world_close(&w);
}
END_TEST

/* ---- through the registry ---- */

static int read_as(struct world *w, struct ek_client *node, const struct ek_kind *k, const char *ns,
		   const char *fields)
{
	world_begin(w, EK_DO_LIST, k, ns, NULL);
	w->call.field_selector = fields;
	return world_call(w, node, NULL);
}

START_TEST(selectors_say_what_a_list_asks_for)
{
	static const char *const groups[] = { "system:nodes", "system:authenticated", NULL };
	struct ek_client *node;
	struct world w;

	populate(&w);
	node = ek_api_local_client(w.api, n1, groups);
	ck_assert_int_eq(read_as(&w, node, &ek_kind_pod, NULL, "spec.nodeName=n1"), 0);
	ck_assert_uint_eq(w.call.n_items, 2); /* a, m */
	ck_assert_int_eq(read_as(&w, node, &ek_kind_secret, "default", "metadata.name=vol-s"), 0);
	ck_assert_int_eq(read_as(&w, node, &ek_kind_node, NULL, "metadata.name=n1"), 0);
	ck_assert_int_eq(read_as(&w, node, &ek_kind_pod, NULL, NULL), EK_EFORBIDDEN);
	ck_assert_str_eq(
		world_message(&w),
		"pods is forbidden: User \"system:node:n1\" cannot list resource \"pods\" in API group \"\" at the "
		"cluster scope: can only list/watch pods with spec.nodeName field selector");
	ck_assert_int_eq(read_as(&w, node, &ek_kind_secret, "default", "metadata.name=other-s"),
			 EK_EFORBIDDEN);
	ck_assert_str_eq(
		world_message(&w),
		"secrets \"other-s\" is forbidden: User \"system:node:n1\" cannot list resource \"secrets\" in API "
		"group \"\" in the namespace \"default\": no relationship found between node 'n1' and this object");
	ck_assert_int_eq(read_as(&w, node, &ek_kind_secret, NULL, "metadata.name=vol-s"),
			 EK_EFORBIDDEN);
	ek_client_free(node);
	world_close(&w);
}
END_TEST

static bool review(struct world *w, const char *selector)
{
	EK_FREE char *text =
		ek_str_fmt("{'spec':{'user':'system:node:n1','groups':['system:nodes'],'resourceAttributes':"
			   "{'verb':'list','resource':'pods','fieldSelector':%s}}}",
			   selector);

	ck_assert_msg(world_create(w,
				   ek_kind_find("authorization.k8s.io", "v1", "SubjectAccessReview"),
				   NULL, text) == 0,
		      "%s", world_message(w));
	return ek_json_bool_at(world_object(w), "status.allowed", false);
}

#define REQUIRES(what) "{'requirements':[{'key':'spec.nodeName'," what "}]}"

START_TEST(reviews_know_selectors_too)
{
	static const char *const groups[] = { "system:nodes", "system:authenticated", NULL };
	struct ek_client *node;
	struct world w;

	populate(&w);
	ck_assert(review(&w, "{'rawSelector':'spec.nodeName=n1'}"));
	ck_assert(!review(&w, "{'rawSelector':'spec.nodeName=n2'}"));
	ck_assert_str_eq(world_str(&w, "status.reason"), own_pods);
	ck_assert(review(&w, REQUIRES("'operator':'In','values':['n1']")));
	ck_assert(!review(&w, REQUIRES("'operator':'In','values':['n1','n2']")));
	ck_assert(!review(&w, REQUIRES("'operator':'NotIn','values':['n1']")));

	node = ek_api_local_client(w.api, n1, groups);
	ck_assert_int_eq(
		world_do(&w, node, EK_DO_CREATE,
			 ek_kind_find("authorization.k8s.io", "v1", "SelfSubjectRulesReview"), NULL,
			 NULL, "{'spec':{'namespace':'default'}}"),
		0);
	ck_assert(ek_json_bool_at(world_object(&w), "status.incomplete", false));
	ck_assert_str_eq(world_str(&w, "status.evaluationError"),
			 "node authorizer does not support user rule resolution");
	ek_client_free(node);
	world_close(&w);
}
END_TEST

/* Who has what else beside the node's rights is said by both. */
START_TEST(what_a_node_may_not_somebody_may_have_granted)
{
	const struct question granted = { .user = "system:node:n2", .verb = "get", .resource = "secrets",
					  .ns = "default", .name = "vol-s" };
	const struct question refused = { .user = n1, .verb = "get", .resource = "secrets",
					  .ns = "default", .name = "other-s" };
	char reason[256];
	struct world w;

	populate(&w);
	ck_assert_int_eq(
		world_create(&w, &ek_kind_rolebinding, "default",
			     "{'metadata':{'name':'extra'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io',"
			     "'kind':'ClusterRole','name':'edit'},'subjects':[{'kind':'User','name':"
			     "'system:node:n2'}]}"),
		0);
	ck_assert_int_eq(
		world_create(&w, &ek_kind_rolebinding, "default",
			     "{'metadata':{'name':'broken'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io',"
			     "'kind':'Role','name':'none'},'subjects':[{'kind':'User','name':"
			     "'system:node:n1'}]}"),
		0);
	ck_assert(ask(&w, &granted, reason));
	ck_assert_str_eq(reason, "RBAC: allowed by RoleBinding \"extra/default\" of ClusterRole \"edit\" to "
				 "User \"system:node:n2\"");
	ck_assert(!ask(&w, &refused, reason));
	ck_assert_str_eq(reason, "no relationship found between node 'n1' and this object\n"
				 "RBAC: role.rbac.authorization.k8s.io \"none\" not found");
	world_close(&w);
}
END_TEST

/* ---- claims ---- */

static int say(struct world *w, struct ek_client *node, const char *text)
{
	world_begin(w, EK_DO_PATCH, &ek_kind_pvc, "default", "claim")->subresource = "status";
	w->call.patch_type = EK_PATCH_MERGE_DOC;
	return world_call(w, node, text);
}

START_TEST(a_node_says_how_large_a_claim_has_become)
{
	static const char *const groups[] = { "system:nodes", "system:authenticated", NULL };
	struct ek_client *node;
	struct world w;

	populate(&w);
	node = ek_api_local_client(w.api, n1, groups);
	ck_assert_int_eq(say(&w, node, "{'status':{'capacity':{'storage':'2Gi'}}}"), 0);
	ck_assert_int_eq(say(&w, node, "{'status':{'phase':'Lost'}}"), EK_EFORBIDDEN);
	ck_assert_str_eq(
		world_message(&w),
		"persistentvolumeclaims \"claim\" is forbidden: node \"n1\" is not allowed to update fields "
		"other than status.quantity and status.conditions");
	ck_assert_int_eq(say(&w, node, "{'metadata':{'labels':{'a':'b'}}}"), EK_EFORBIDDEN);
	ck_assert_int_eq(say(&w, NULL, "{'status':{'phase':'Lost'}}"), 0);
	ek_client_free(node);
	world_close(&w);
}
END_TEST

/* ---- tokens ---- */

static const struct refused_token {
	const char *ref, *message;
} refused_tokens[] = {
	{ "null", "node requested token not bound to a pod" },
	{ "{'kind':'Secret','apiVersion':'v1','name':'none'}", "node requested token not bound to a pod" },
	{ "{'kind':'Pod','apiVersion':'v1'}", "node requested token not bound to a pod" },
	{ "{'kind':'Pod','apiVersion':'v1','name':'a'}", "node requested token with a pod binding without a uid" },
	{ "{'kind':'Pod','apiVersion':'v1','name':'b','uid':'%s'}",
	  "node requested token bound to a pod scheduled on a different node" },
};

START_TEST(a_node_asks_for_tokens_of_its_pods)
{
	static const char *const groups[] = { "system:nodes", "system:authenticated", NULL };
	const struct refused_token *t = &refused_tokens[_i];
	EK_FREE char *message = NULL, *text = NULL, *ref = NULL;
	struct ek_client *node;
	struct world w;

	populate(&w);
	ck_assert_int_eq(world_get(&w, &ek_kind_pod, "default", "b"), 0);
	ref = strstr(t->ref, "%s") ? ek_str_fmt("%.*s%s'}", (int)(strstr(t->ref, "%s") - t->ref),
						t->ref, world_str(&w, "metadata.uid")) :
				     ek_str_dup(t->ref);
	text = ek_str_fmt("{'spec':{'boundObjectRef':%s}}", ref);
	message = ek_str_fmt("serviceaccounts \"default\" is forbidden: %s", t->message);
	node = ek_api_local_client(w.api, n1, groups);
	world_begin(&w, EK_DO_CREATE, &ek_kind_serviceaccount, "default", "default")->subresource =
		"token";
	ck_assert_int_eq(world_call(&w, node, text), EK_EFORBIDDEN);
	ck_assert_str_eq(world_message(&w), message);
	ek_client_free(node);
	world_close(&w);
}
END_TEST

EK_TESTS("api/node_authz", a_node_may_what_its_pods_need, a_pod_brings_and_takes_what_it_refers_to,
	 what_was_stored_already_is_known, selectors_say_what_a_list_asks_for,
	 reviews_know_selectors_too, what_a_node_may_not_somebody_may_have_granted,
	 a_node_says_how_large_a_claim_has_become,
	 EK_ROWS(a_node_asks_for_tokens_of_its_pods, refused_tokens))
