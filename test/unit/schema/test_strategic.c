/* SPDX-License-Identifier: Apache-2.0 */

/* Expected results and messages are apimachinery's own for the same document and patch. */

#include <ek_test.h>
#include <schema/schema_types.h>

#include <ekube/str.h>

static const char *const deployment =
	"{'kind':'Deployment','metadata':{'name':'web','labels':{'app':'web'},"
	"'annotations':{'deployment.kubernetes.io/revision':'3'},'finalizers':['a','b'],"
	"'ownerReferences':[{'uid':'1','name':'x'}]},'spec':{'replicas':2,'strategy':{'type':'RollingUpdate',"
	"'rollingUpdate':{'maxSurge':'25%','maxUnavailable':'25%'}},'template':{'metadata':{'labels':{'app':'web'}},"
	"'spec':{'containers':[{'name':'nginx','image':'nginx:1.14','ports':[{'containerPort':80,'protocol':'TCP'}],"
	"'env':[{'name':'A','value':'1'},{'name':'B','value':'2'}],'command':['x','y']},{'name':'log','image':'log:1'}],"
	"'volumes':[{'name':'v','emptyDir':{'medium':'Memory'}}],'nodeSelector':{'zone':'a'}}}},"
	"'status':{'conditions':[{'type':'Available','status':'True'}]}}";

static const struct {
	const char *name, *patch;
	const char *change; /* the result, as a JSON merge patch (RFC 7386) of the document */
} patches[] = {
	{ "set image",
	  "{'spec':{'template':{'spec':{'$setElementOrder/containers':[{'name':'nginx'},{"
	  "'name':'log'}],'containers':[{'name':'nginx','image':'nginx:1.15'}]}}}}",
	  "{'spec':{'template':{'spec':{'containers':[{'command':['x','y'],'env':[{'name':'A',"
	  "'value':'1'},{'name':'B','value':'2'}],'image':'nginx:1.15','name':'nginx','ports':[{"
	  "'containerPort':80,'protocol':'TCP'}]},{'image':'log:1','name':'log'}]}}}}" },
	{ "label and annotate",
	  "{'metadata':{'labels':{'tier':'front','app':null},'annotations':{'note':'x'}}}",
	  "{'metadata':{'labels':{'app':null,'tier':'front'},'annotations':{'note':'x'}}}" },
	{ "rollout restart",
	  "{'spec':{'template':{'metadata':{'annotations':{"
	  "'kubectl.kubernetes.io/restartedAt':'2024-01-01T00:00:00Z'}}}}}",
	  "{'spec':{'template':{'metadata':{'annotations':{"
	  "'kubectl.kubernetes.io/restartedAt':'2024-01-01T00:00:00Z'}}}}}" },
	{ "scale",
	  "{'spec':{'replicas':5}}",
	  "{'spec':{'replicas':5}}" },
	{ "add a sidecar",
	  "{'spec':{'template':{'spec':{'containers':[{'name':'side','image':'side:1'}]}}}}",
	  "{'spec':{'template':{'spec':{'containers':[{'image':'side:1','name':'side'},{'command':['x',"
	  "'y'],'env':[{'name':'A','value':'1'},{'name':'B','value':'2'}],'image':'nginx:1.14',"
	  "'name':'nginx','ports':[{'containerPort':80,'protocol':'TCP'}]},{'image':'log:1',"
	  "'name':'log'}]}}}}" },
	{ "apply: one container goes, another comes",
	  "{'spec':{'template':{'spec':{'$setElementOrder/containers':[{'name':'nginx'},{"
	  "'name':'new'}],'containers':[{'name':'new','image':'n:1'},{'$patch':'delete',"
	  "'name':'log'}]}}}}",
	  "{'spec':{'template':{'spec':{'containers':[{'command':['x','y'],'env':[{'name':'A',"
	  "'value':'1'},{'name':'B','value':'2'}],'image':'nginx:1.14','name':'nginx','ports':[{"
	  "'containerPort':80,'protocol':'TCP'}]},{'image':'n:1','name':'new'}]}}}}" },
	{ "apply: new order",
	  "{'spec':{'template':{'spec':{'$setElementOrder/containers':[{'name':'log'},{"
	  "'name':'nginx'}]}}}}",
	  "{'spec':{'template':{'spec':{'containers':[{'image':'log:1','name':'log'},{'command':['x',"
	  "'y'],'env':[{'name':'A','value':'1'},{'name':'B','value':'2'}],'image':'nginx:1.14',"
	  "'name':'nginx','ports':[{'containerPort':80,'protocol':'TCP'}]}]}}}}" },
	{ "apply: add in front",
	  "{'spec':{'template':{'spec':{'$setElementOrder/containers':[{'name':'first'},{"
	  "'name':'nginx'},{'name':'log'}],'containers':[{'name':'first','image':'f'}]}}}}",
	  "{'spec':{'template':{'spec':{'containers':[{'image':'f','name':'first'},{'command':['x',"
	  "'y'],'env':[{'name':'A','value':'1'},{'name':'B','value':'2'}],'image':'nginx:1.14',"
	  "'name':'nginx','ports':[{'containerPort':80,'protocol':'TCP'}]},{'image':'log:1',"
	  "'name':'log'}]}}}}" },
	{ "edit env",
	  "{'spec':{'template':{'spec':{'$setElementOrder/containers':[{'name':'nginx'},{"
	  "'name':'log'}],'containers':[{'name':'nginx','$setElementOrder/env':[{'name':'C'},{"
	  "'name':'A'}],'env':[{'name':'C','value':'3'},{'name':'A','value':'9'},{'$patch':'delete',"
	  "'name':'B'}]}]}}}}",
	  "{'spec':{'template':{'spec':{'containers':[{'command':['x','y'],'env':[{'name':'C',"
	  "'value':'3'},{'name':'A','value':'9'}],'image':'nginx:1.14','name':'nginx','ports':[{"
	  "'containerPort':80,'protocol':'TCP'}]},{'image':'log:1','name':'log'}]}}}}" },
	{ "unset env",
	  "{'spec':{'template':{'spec':{'containers':[{'name':'nginx','env':null}]}}}}",
	  "{'spec':{'template':{'spec':{'containers':[{'command':['x','y'],'image':'nginx:1.14',"
	  "'name':'nginx','ports':[{'containerPort':80,'protocol':'TCP'}]},{'image':'log:1',"
	  "'name':'log'}]}}}}" },
	{ "atomic list is replaced",
	  "{'spec':{'template':{'spec':{'containers':[{'name':'nginx','command':['z']}]}}}}",
	  "{'spec':{'template':{'spec':{'containers':[{'command':['z'],'env':[{'name':'A','value':'1'},"
	  "{'name':'B','value':'2'}],'image':'nginx:1.14','name':'nginx','ports':[{'containerPort':80,"
	  "'protocol':'TCP'}]},{'image':'log:1','name':'log'}]}}}}" },
	{ "replace a list",
	  "{'spec':{'template':{'spec':{'containers':[{'$patch':'replace'},{'name':'only',"
	  "'image':'o'}]}}}}",
	  "{'spec':{'template':{'spec':{'containers':[{'image':'o','name':'only'}]}}}}" },
	{ "replace a map",
	  "{'spec':{'template':{'spec':{'$patch':'replace','containers':[{'name':'a'}]}}}}",
	  "{'spec':{'template':{'spec':{'containers':[{'name':'a'}],'volumes':null,"
	  "'nodeSelector':null}}}}" },
	{ "delete a map",
	  "{'spec':{'strategy':{'$patch':'delete'}}}",
	  "{'spec':{'strategy':{'type':null,'rollingUpdate':null}}}" },
	{ "recreate strategy, retainKeys",
	  "{'spec':{'strategy':{'$retainKeys':['type'],'type':'Recreate'}}}",
	  "{'spec':{'strategy':{'type':'Recreate','rollingUpdate':null}}}" },
	{ "recreate strategy, null",
	  "{'spec':{'strategy':{'type':'Recreate','rollingUpdate':null}}}",
	  "{'spec':{'strategy':{'type':'Recreate','rollingUpdate':null}}}" },
	{ "another kind of volume",
	  "{'spec':{'template':{'spec':{'volumes':[{'$retainKeys':['name','hostPath'],'name':'v',"
	  "'hostPath':{'path':'/x'}}]}}}}",
	  "{'spec':{'template':{'spec':{'volumes':[{'hostPath':{'path':'/x'},'name':'v'}]}}}}" },
	{ "finalizers merge",
	  "{'metadata':{'finalizers':['c','a']}}",
	  "{'metadata':{'finalizers':['c','a','b']}}" },
	{ "finalizers: delete from list",
	  "{'metadata':{'$deleteFromPrimitiveList/finalizers':['a'],"
	  "'$setElementOrder/finalizers':['b']}}",
	  "{'metadata':{'finalizers':['b']}}" },
	{ "finalizers: order",
	  "{'metadata':{'$setElementOrder/finalizers':['c','b'],'finalizers':['c']}}",
	  "{'metadata':{'finalizers':['c','a','b']}}" },
	{ "delete from an absent list",
	  "{'metadata':{'$deleteFromPrimitiveList/nothing':['a']}}",
	  "{}" },
	{ "owner goes",
	  "{'metadata':{'ownerReferences':[{'$patch':'delete','uid':'1'}]}}",
	  "{'metadata':{'ownerReferences':[]}}" },
	{ "status condition",
	  "{'status':{'conditions':[{'type':'Available','status':'False'},{'type':'Progressing',"
	  "'status':'True'}]}}",
	  "{'status':{'conditions':[{'status':'False','type':'Available'},{'status':'True',"
	  "'type':'Progressing'}]}}" },
	{ "null of nothing",
	  "{'spec':{'paused':null,'template':{'spec':{'hostNetwork':null}}}}",
	  "{}" },
	{ "nulls in what is new vanish",
	  "{'spec':{'selector':{'matchLabels':{'a':null,'b':'c'},'matchExpressions':[{'key':null,"
	  "'x':1}]}}}",
	  "{'spec':{'selector':{'matchExpressions':[{'x':1}],'matchLabels':{'b':'c'}}}}" },
	{ "directives in what is new vanish",
	  "{'spec':{'selector':{'matchLabels':{'$patch':'replace','b':'c'},'matchExpressions':[{"
	  "'$patch':'delete','key':'x'},{'key':'y'}]}}}",
	  "{'spec':{'selector':{'matchExpressions':[{'key':'y'}]}}}" },
	{ "nothing",
	  "{}",
	  "{}" },
	{ "whole object replaced",
	  "{'$patch':'replace','kind':'X'}",
	  "{'kind':'X','metadata':null,'spec':null,'status':null}" },
	{ "another type of value",
	  "{'spec':{'replicas':{'a':1},'template':[1]}}",
	  "{'spec':{'replicas':{'a':1},'template':[1]}}" },
	{ "map value",
	  "{'spec':{'template':{'spec':{'nodeSelector':{'zone':'b','disk':'ssd'}}}}}",
	  "{'spec':{'template':{'spec':{'nodeSelector':{'zone':'b','disk':'ssd'}}}}}" },
};

START_TEST(applies)
{
	EK_JSON struct ek_json *doc = t_json(deployment), *before = ek_json_copy(doc);
	EK_JSON struct ek_json *patch = t_json(patches[_i].patch),
			       *patch_before = ek_json_copy(patch);
	EK_JSON struct ek_json *change = t_json(patches[_i].change),
			       *want = ek_merge_patch(doc, change), *out = NULL;
	EK_FREE char *text = NULL;
	struct ek_err err = { 0 };

	ck_assert_msg(ek_strategic_patch(&t_deployment, doc, patch, &out, &err) == 0, "%s: %s",
		      patches[_i].name, err.msg);
	text = t_text(out);
	ck_assert_msg(ek_json_equal(out, want), "%s: %s", patches[_i].name, text);
	ck_assert(ek_json_equal(doc, before) && ek_json_equal(patch, patch_before));
}
END_TEST

static const struct {
	const char *name, *patch;
	int rc;
	const char *msg;
} refused[] = {
	{ "no merge key",
	  "{'spec':{'template':{'spec':{'containers':[{'image':'x'}]}}}}",
	  EK_EINVALID, "map: map[image:x] does not contain declared merge key: name" },
	{ "unknown directive",
	  "{'spec':{'template':{'spec':{'containers':[{'$patch':'mangle','name':'nginx'}]}}}}",
	  EK_EINVALID, "unknown patch type: mangle in map: map[$patch:mangle name:nginx]" },
	{ "unknown directive of a map",
	  "{'spec':{'$patch':'mangle'}}",
	  EK_EINVALID, "unknown patch type: mangle in map: map[$patch:mangle]" },
	{ "merge directive",
	  "{'spec':{'template':{'spec':{'containers':[{'$patch':'merge','name':'nginx'}]}}}}",
	  EK_EINVALID, "merging lists cannot yet be specified in the patch" },
	{ "retainKeys is no list",
	  "{'spec':{'strategy':{'$retainKeys':'type'}}}",
	  EK_EBADREQUEST, "invalid patch format of retainKeys" },
	{ "retainKeys lacks a key",
	  "{'spec':{'strategy':{'$retainKeys':['type'],'rollingUpdate':{'maxSurge':1}}}}",
	  EK_EBADREQUEST, "invalid patch format of retainKeys" },
	{ "element order is no list",
	  "{'spec':{'template':{'spec':{'$setElementOrder/containers':'x'}}}}",
	  EK_EINVALID, "expected a []interface {}, but received a string" },
	{ "element order without name",
	  "{'spec':{'template':{'spec':{'$setElementOrder':[]}}}}",
	  EK_EBADREQUEST, "invalid patch format of setElementOrder list" },
	{ "element order of an unknown field",
	  "{'spec':{'template':{'spec':{'$setElementOrder/foo':[{'name':'x'}]}}}}",
	  EK_EINVALID, "unable to find api field in struct PodSpec for the json field \"foo\"" },
	{ "delete list without name",
	  "{'metadata':{'$deleteFromPrimitiveListX':['a']}}",
	  EK_EBADREQUEST, "invalid patch format of primitive list" },
	{ "order disagrees",
	  "{'spec':{'template':{'spec':{'$setElementOrder/containers':[{'name':'log'},{"
	  "'name':'nginx'}],'containers':[{'name':'nginx','image':'a'},{'name':'log','image':'b'}]}}}}",
	  EK_EINVALID, "The order in patch list:\n[map[image:a name:nginx] map[image:b name:log]]\n doesn't match $s"
	  "etElementOrder list:\n[map[name:log] map[name:nginx]]\n" },
	{ "order lacks an element",
	  "{'spec':{'template':{'spec':{'$setElementOrder/containers':[{'name':'log'}],'containers':[{"
	  "'name':'nginx','image':'a'}]}}}}",
	  EK_EINVALID, "The order in patch list:\n[map[image:a name:nginx]]\n doesn't match $setElementOrder list:\n"
	  "[map[name:log]]\n" },
	{ "elements of two types",
	  "{'spec':{'template':{'spec':{'containers':['x']}}}}",
	  EK_EINVALID, "list element types are not identical: [[map[command:[x y] env:[map[name:A value:1] map[name:"
	  "B value:2]] image:nginx:1.14 name:nginx ports:[map[containerPort:80 protocol:TCP]]] map[imag"
	  "e:log:1 name:log]] [x]]" },
	{ "list of lists",
	  "{'metadata':{'finalizers':[['a']]}}",
	  EK_EINVALID, "list element types are not identical: [[a b] [[a]]]" },
	{ "order of scalars for maps",
	  "{'spec':{'template':{'spec':{'$setElementOrder/containers':['nginx'],'containers':[{"
	  "'name':'nginx'}]}}}}",
	  EK_EINVALID, "expected a map[string]interface {}, but received a string" },
	{ "no object", "[]", EK_EBADREQUEST,
	  "json: cannot unmarshal array into Go value of type map[string]interface {}" },
	{ "a number", "3", EK_EBADREQUEST,
	  "json: cannot unmarshal number into Go value of type map[string]interface {}" },
};

START_TEST(refuses)
{
	EK_JSON struct ek_json *doc = t_json(deployment), *patch = t_json(refused[_i].patch),
			       *out = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_strategic_patch(&t_deployment, doc, patch, &out, &err), refused[_i].rc);
	ck_assert_str_eq(err.msg, refused[_i].msg);
	ck_assert_ptr_null(out);
}
END_TEST

/* what no table knows merges as in RFC 7386 */
START_TEST(without_a_type)
{
	EK_JSON struct ek_json *doc = t_json("{'a':{'b':1,'c':[1,2]},'d':1}"), *out = NULL;
	EK_JSON struct ek_json *patch = t_json("{'a':{'c':[3],'e':{'f':null}},'d':null}");
	EK_JSON struct ek_json *want = t_json("{'a':{'b':1,'c':[3],'e':{}}}");

	ck_assert_int_eq(ek_strategic_patch(NULL, doc, patch, &out, NULL), 0);
	ck_assert(ek_json_equal(out, want));
	ek_json_unrefp(&out);
	ck_assert_int_eq(ek_strategic_patch(&t_open, doc, patch, &out, NULL), 0);
	ck_assert(ek_json_equal(out, want));
}
END_TEST

START_TEST(null_patch_changes_nothing)
{
	EK_JSON struct ek_json *doc = t_json(deployment), *patch = ek_json_null(), *out = NULL;

	ck_assert_int_eq(ek_strategic_patch(&t_deployment, doc, patch, &out, NULL), 0);
	ck_assert(ek_json_equal(out, doc));
}
END_TEST

/* a long list costs no more than its length */
START_TEST(long_lists)
{
	EK_JSON struct ek_json *doc = ek_json_object(), *patch = ek_json_object(), *out = NULL;
	struct ek_json *list = ek_json_array(), *more = ek_json_array(), *order = ek_json_array();
	enum { N = 50000 };

	for (int i = 0; i < N; i++) {
		ek_json_append(list, ek_json_new_fmt("f%d", i));
		ek_json_append(more, ek_json_new_fmt("f%d", i + N / 2));
		ek_json_append(order, ek_json_new_fmt("f%d", i + N / 2));
	}
	ek_json_set(doc, "tags", list);
	ek_json_set(patch, "tags", more);
	ek_json_set(patch, "$setElementOrder/tags", order);
	ck_assert_int_eq(ek_strategic_patch(&t_everything, doc, patch, &out, NULL), 0);
	ck_assert_uint_eq(ek_json_len(ek_json_get(out, "tags")), N + N / 2);
	ck_assert_str_eq(ek_json_str_at(out, "tags.0"), "f0");
	ck_assert_str_eq(ek_json_str_at(out, "tags.74999"), "f74999");
}
END_TEST

EK_TESTS("schema/strategic", EK_ROWS(applies, patches), EK_ROWS(refuses, refused), without_a_type,
	 null_patch_changes_nothing, long_lists)
