/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_world.h"
#include "ek_test.h"

#include <ekube/str.h>

static const char pod[] =
	"{'metadata':{'name':'web'},'spec':{'containers':[{'name':'c','image':'nginx'}]}}";
static const char map[] = "{'metadata':{'name':'a'},'data':{'k':'v'}}";

/* ---- create, get, update, delete ---- */

START_TEST(a_config_map_lives)
{
	struct world w;
	char uid[40];

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_configmap, "default", map), 0);
	ck_assert_str_eq(world_str(&w, "kind"), "ConfigMap");
	ck_assert_str_eq(world_str(&w, "apiVersion"), "v1");
	ck_assert_str_eq(world_str(&w, "metadata.namespace"), "default");
	ck_assert_uint_eq(strlen(world_str(&w, "metadata.creationTimestamp")), 20);
	ek_str_into(uid, sizeof(uid), "%s", world_str(&w, "metadata.uid"));
	ck_assert_uint_eq(strlen(uid), 36);

	ck_assert_int_eq(world_get(&w, &ek_kind_configmap, "default", "a"), 0);
	ck_assert_str_eq(world_str(&w, "data.k"), "v");
	ck_assert_str_eq(world_str(&w, "metadata.uid"), uid);

	ck_assert_int_eq(world_do(&w, NULL, EK_DO_UPDATE, &ek_kind_configmap, "default", "a",
				  "{'metadata':{'name':'a'},'data':{'k':'w'}}"),
			 0);
	ck_assert_str_eq(world_str(&w, "data.k"), "w");
	ck_assert_str_eq(world_str(&w, "metadata.uid"), uid);

	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_configmap, "default", "a", NULL),
			 0);
	ck_assert_str_eq(world_str(&w, "status"), "Success");
	ck_assert_str_eq(world_str(&w, "details.uid"), uid);
	ck_assert_str_eq(world_str(&w, "details.kind"), "configmaps");
	ck_assert_int_eq(world_get(&w, &ek_kind_configmap, "default", "a"), EK_ENOTFOUND);
	ck_assert_str_eq(world_message(&w), "configmaps \"a\" not found");
	world_close(&w);
}
END_TEST

START_TEST(a_pod_is_completed)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_pod, "default", pod), 0);
	ck_assert_str_eq(world_str(&w, "status.phase"), "Pending");
	ck_assert_str_eq(world_str(&w, "status.qosClass"), "BestEffort");
	ck_assert_str_eq(world_str(&w, "spec.serviceAccountName"), "default");
	ck_assert_str_eq(world_str(&w,
				   "spec.volumes.0.projected.sources.0.serviceAccountToken.path"),
			 "token");
	ck_assert(ek_str_starts(world_str(&w, "spec.volumes.0.name"), "kube-api-access-"));
	ck_assert_str_eq(world_str(&w, "spec.containers.0.volumeMounts.0.mountPath"),
			 "/var/run/secrets/kubernetes.io/serviceaccount");
	ck_assert_int_eq(world_int(&w, "spec.priority"), 0);
	ck_assert_int_eq(world_int(&w, "spec.tolerations.1.tolerationSeconds"), 300);
	world_close(&w);
}
END_TEST

START_TEST(limits_alone_make_a_pod_guaranteed)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(
		world_create(
			&w, &ek_kind_pod, "default",
			"{'metadata':{'name':'g'},'spec':{'containers':[{'name':'c','image':'i',"
			"'resources':{'limits':{'cpu':'1','memory':'1Gi'}}}]}}"),
		0);
	ck_assert_str_eq(world_str(&w, "spec.containers.0.resources.requests.cpu"), "1");
	ck_assert_str_eq(world_str(&w, "status.qosClass"), "Guaranteed");
	world_close(&w);
}
END_TEST

START_TEST(an_update_that_changes_nothing_writes_nothing)
{
	struct world w;
	int64_t rev;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_configmap, "default", map), 0);
	rev = w.call.object->rev;
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_UPDATE, &ek_kind_configmap, "default", "a", map),
			 0);
	ck_assert_int_eq(w.call.object->rev, rev);
	ck_assert_int_eq(ek_store_rev(w.store), rev);
	world_close(&w);
}
END_TEST

START_TEST(names_are_generated)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_configmap, "default",
				      "{'metadata':{'generateName':'gen-'}}"),
			 0);
	ck_assert_uint_eq(strlen(world_str(&w, "metadata.name")), 9);
	ck_assert(ek_str_starts(world_str(&w, "metadata.name"), "gen-"));
	world_close(&w);
}
END_TEST

START_TEST(dry_run_leaves_no_trace)
{
	struct world w;
	int64_t rev;

	world_open(&w);
	rev = ek_store_rev(w.store);
	world_begin(&w, EK_DO_CREATE, &ek_kind_configmap, "default", NULL)->dry_run = true;
	ck_assert_int_eq(world_call(&w, NULL, map), 0);
	ck_assert_str_eq(world_str(&w, "data.k"), "v");
	ck_assert_int_eq(ek_store_rev(w.store), rev);
	ck_assert_int_eq(world_get(&w, &ek_kind_configmap, "default", "a"), EK_ENOTFOUND);
	world_close(&w);
}
END_TEST

START_TEST(a_missing_lease_is_made_by_put)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_UPDATE, &ek_kind_lease, "default", "l",
				  "{'metadata':{'name':'l'},'spec':{'holderIdentity':'me'}}"),
			 0);
	ck_assert_str_eq(world_str(&w, "spec.holderIdentity"), "me");
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_UPDATE, &ek_kind_configmap, "default", "a", map),
			 EK_ENOTFOUND);
	world_close(&w);
}
END_TEST

START_TEST(metadata_of_the_server_cannot_be_chosen)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(
		world_create(
			&w, &ek_kind_configmap, "default",
			"{'metadata':{'name':'m','uid':'mine','creationTimestamp':'2001-01-01T00:00:00Z',"
			"'deletionTimestamp':'2001-01-01T00:00:00Z','selfLink':'x','managedFields':[{}]}}"),
		0);
	ck_assert_str_ne(world_str(&w, "metadata.uid"), "mine");
	ck_assert_str_ne(world_str(&w, "metadata.creationTimestamp"), "2001-01-01T00:00:00Z");
	ck_assert_ptr_null(world_str(&w, "metadata.deletionTimestamp"));
	ck_assert_ptr_null(ek_json_at(world_object(&w), "metadata.managedFields"));
	world_close(&w);
}
END_TEST

START_TEST(generation_counts_changes_of_spec)
{
	static const char d[] =
		"{'metadata':{'name':'d'},'spec':{'replicas':%d,'selector':{'matchLabels':{'a':'b'}},"
		"'template':{'metadata':{'labels':{'a':'b'}},'spec':{'containers':[{'name':'c',"
		"'image':'i'}]}}},'status':{'replicas':7}}";
	struct world w;
	char text[512];

	world_open(&w);
	ek_str_into(text, sizeof(text), d, 1);
	ck_assert_int_eq(world_create(&w, &ek_kind_deployment, "default", text), 0);
	ck_assert_int_eq(world_int(&w, "metadata.generation"), 1);
	ck_assert_int_eq(world_int(&w, "status.replicas"), -1);
	ek_str_into(text, sizeof(text), d, 2);
	ck_assert_int_eq(
		world_do(&w, NULL, EK_DO_UPDATE, &ek_kind_deployment, "default", "d", text), 0);
	ck_assert_int_eq(world_int(&w, "metadata.generation"), 2);
	ck_assert_int_eq(world_int(&w, "status.replicas"), -1);
	world_begin(&w, EK_DO_PATCH, &ek_kind_deployment, "default", "d");
	w.call.subresource = "status";
	w.call.patch_type = EK_PATCH_MERGE_DOC;
	ck_assert_int_eq(world_call(&w, NULL, "{'spec':{'replicas':9},'status':{'replicas':2}}"),
			 0);
	ck_assert_int_eq(world_int(&w, "metadata.generation"), 2);
	ck_assert_int_eq(world_int(&w, "spec.replicas"), 2);
	ck_assert_int_eq(world_int(&w, "status.replicas"), 2);
	world_close(&w);
}
END_TEST

/* ---- refusals: one request each, in a world with ConfigMap default/a ---- */

static const struct refusal {
	const char           *what;
	enum ek_verb          verb;
	const struct ek_kind *kind;
	const char           *ns, *name, *body;
	int                   rc;
	const char           *message;
} refusals[] = {
	{ "taken name", EK_DO_CREATE, &ek_kind_configmap, "default", NULL,
	  "{'metadata':{'name':'a'}}", EK_EEXISTS, "configmaps \"a\" already exists" },
	{ "no such namespace", EK_DO_CREATE, &ek_kind_configmap, "nowhere", NULL,
	  "{'metadata':{'name':'a'}}", EK_ENOTFOUND, "namespaces \"nowhere\" not found" },
	{ "group in the name", EK_DO_GET, &ek_kind_deployment, "default", "x", NULL, EK_ENOTFOUND,
	  "deployments.apps \"x\" not found" },
	{ "other namespace in the body", EK_DO_CREATE, &ek_kind_configmap, "default", NULL,
	  "{'metadata':{'name':'b','namespace':'kube-system'}}", EK_EBADREQUEST,
	  "the namespace of the provided object does not match the namespace sent on the request" },
	{ "other name in the body", EK_DO_UPDATE, &ek_kind_configmap, "default", "a",
	  "{'metadata':{'name':'b'}}", EK_EBADREQUEST,
	  "the name of the object (b) does not match the name on the URL (a)" },
	{ "no name in the body", EK_DO_UPDATE, &ek_kind_configmap, "default", "a", "{'data':{}}",
	  EK_EBADREQUEST,
	  "the name of the object (a based on URL) was undeterminable: name must be provided" },
	{ "revision on create", EK_DO_CREATE, &ek_kind_configmap, "default", NULL,
	  "{'metadata':{'name':'b','resourceVersion':'1'}}", EK_EINTERNAL,
	  "resourceVersion should not be set on objects to be created" },
	{ "stale revision", EK_DO_UPDATE, &ek_kind_configmap, "default", "a",
	  "{'metadata':{'name':'a','resourceVersion':'1'}}", EK_ECONFLICT,
	  "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes "
	  "to the latest version and try again" },
	{ "no name at all", EK_DO_CREATE, &ek_kind_configmap, "default", NULL, "{'data':{}}",
	  EK_EINVALID,
	  "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required" },
	{ "other kind", EK_DO_CREATE, &ek_kind_configmap, "default", NULL,
	  "{'kind':'Secret','apiVersion':'v1','metadata':{'name':'s'}}", EK_EBADREQUEST,
	  "Secret in version \"v1\" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): "
	  "unknown conversion" },
	{ "unknown kind", EK_DO_CREATE, &ek_kind_configmap, "default", NULL,
	  "{'kind':'Wheel','apiVersion':'v1','metadata':{'name':'s'}}", EK_EBADREQUEST,
	  "Wheel in version \"v1\" cannot be handled as a ConfigMap: no kind \"Wheel\" is registered for version \"v1\" "
	  "in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"" },
	{ "other version", EK_DO_CREATE, &ek_kind_event, "default", NULL,
	  "{'kind':'Event','apiVersion':'events.k8s.io/v1','metadata':{'name':'s'}}",
	  EK_EBADREQUEST,
	  "the API version in the data (events.k8s.io/v1) does not match the expected API version (v1)" },
	{ "wrong type", EK_DO_CREATE, &ek_kind_configmap, "default", NULL,
	  "{'metadata':{'name':'s'},'data':7}", EK_EBADREQUEST,
	  "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct "
	  "field ConfigMap.data of type map[string]string" },
	{ "another object's uid", EK_DO_UPDATE, &ek_kind_configmap, "default", "a",
	  "{'metadata':{'name':'a','uid':'x'}}", EK_ECONFLICT, NULL },
	{ "a Lease without revision", EK_DO_UPDATE, &ek_kind_lease, "kube-node-lease", "n",
	  "{'metadata':{'name':'n'},'spec':{'leaseDurationSeconds':40}}", EK_EINVALID,
	  "leases.coordination.k8s.io \"n\" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified "
	  "for an update" },
	{ "deletion of what is not there", EK_DO_DELETE, &ek_kind_pod, "default", "x", NULL,
	  EK_ENOTFOUND, "pods \"x\" not found" },
};

START_TEST(refuses)
{
	const struct refusal *r = &refusals[_i];
	struct world w;
	int64_t rev;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_configmap, "default", map), 0);
	ck_assert_int_eq(
		world_create(&w, &ek_kind_lease, "kube-node-lease",
			     "{'metadata':{'name':'n'},'spec':{'leaseDurationSeconds':40}}"),
		0);
	rev = ek_store_rev(w.store);
	ck_assert_msg(world_do(&w, NULL, r->verb, r->kind, r->ns, r->name, r->body) == r->rc,
		      "%s: %d %s", r->what, w.rc, world_message(&w));
	if (r->message)
		ck_assert_str_eq(world_message(&w), r->message);
	ck_assert_str_eq(world_status(&w, "status"), "Failure");
	ck_assert_int_eq(ek_json_int_at(w.call.status, "code", 0), ek_err_http(r->rc));
	ck_assert_msg(ek_store_rev(w.store) == rev, "%s: something was written", r->what);
	world_close(&w);
}
END_TEST

/* ---- patches of ConfigMap default/a {"k":"v"} ---- */

static const struct patch {
	const char         *what;
	enum ek_patch_type  type;
	const char         *text;
	int                 rc;
	const char         *path, *want; /* of the result, or of the Status */
} patches[] = {
	{ "merge", EK_PATCH_MERGE_DOC, "{'data':{'k':'w','l':'x'}}", 0, "data.l", "x" },
	{ "merge removes", EK_PATCH_MERGE_DOC, "{'data':{'k':null}}", 0, "data.k", NULL },
	{ "json", EK_PATCH_JSON, "[{'op':'replace','path':'/data/k','value':'j'}]", 0, "data.k",
	  "j" },
	{ "json test fails", EK_PATCH_JSON, "[{'op':'test','path':'/data/k','value':'j'}]",
	  EK_EINVALID, "message",
	  "the server rejected our request due to an error in our request" },
	{ "json is no list", EK_PATCH_JSON, "{'op':'test'}", EK_EBADREQUEST, "reason",
	  "BadRequest" },
	{ "strategic", EK_PATCH_STRATEGIC, "{'metadata':{'labels':{'x':'y'}}}", 0,
	  "metadata.labels.x", "y" },
	{ "stale revision", EK_PATCH_MERGE_DOC, "{'metadata':{'resourceVersion':'1'}}",
	  EK_ECONFLICT, "reason", "Conflict" },
	{ "renaming", EK_PATCH_MERGE_DOC, "{'metadata':{'name':'b'}}", EK_EBADREQUEST, "message",
	  "the name of the object (b) does not match the name on the URL (a)" },
	{ "breaks a type", EK_PATCH_MERGE_DOC, "{'data':[1]}", EK_EINVALID,
	  "details.causes.0.field", "patch" },
	{ "no object", EK_PATCH_MERGE_DOC, "7", EK_EBADREQUEST, "reason", "BadRequest" },
	{ "apply", EK_PATCH_APPLY, "{'data':{}}", EK_EUNSUPPORTED, "reason",
	  "UnsupportedMediaType" },
};

START_TEST(patches_)
{
	const struct patch *p = &patches[_i];
	const char *have;
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_configmap, "default", map), 0);
	world_begin(&w, EK_DO_PATCH, &ek_kind_configmap, "default", "a");
	w.call.patch_type = p->type;
	ck_assert_msg(world_call(&w, NULL, p->text) == p->rc, "%s: %d %s", p->what, w.rc,
		      world_message(&w));
	have = p->rc == 0 ? world_str(&w, p->path) : world_status(&w, p->path);
	ck_assert_pstr_eq(have, p->want);
	world_close(&w);
}
END_TEST

/* ---- events are one kind with two faces ---- */

START_TEST(an_event_has_two_faces)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(
		world_create(
			&w, &ek_kind_event, "default",
			"{'metadata':{'name':'e'},'involvedObject':{'kind':'Pod','name':'p','namespace':"
			"'default'},'reason':'R','message':'m','type':'Normal'}"),
		0);
	ck_assert_int_eq(world_get(&w, &ek_kind_events_event, "default", "e"), 0);
	ck_assert_str_eq(world_str(&w, "apiVersion"), "events.k8s.io/v1");
	ck_assert_str_eq(world_str(&w, "regarding.name"), "p");
	ck_assert_str_eq(world_str(&w, "note"), "m");
	world_close(&w);
}
END_TEST

EK_TESTS("api/registry_objects", a_config_map_lives, a_pod_is_completed,
	 limits_alone_make_a_pod_guaranteed, an_update_that_changes_nothing_writes_nothing,
	 names_are_generated, dry_run_leaves_no_trace, a_missing_lease_is_made_by_put,
	 metadata_of_the_server_cannot_be_chosen, generation_counts_changes_of_spec,
	 EK_ROWS(refuses, refusals), EK_ROWS(patches_, patches), an_event_has_two_faces)
