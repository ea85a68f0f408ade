/* SPDX-License-Identifier: Apache-2.0 */

/* Expected texts are what a Go API server of v1.32 says and encodes for the same input. */

#include <ek_test.h>
#include <schema/schema_types.h>

#include <ekube/str.h>
#include <pthread.h>

#define TM "'metadata':{'creationTimestamp':null}"
#define POD(spec) "{'spec':{'template':{'spec':" spec "}}}"
#define POD_OUT(spec) "{" TM ",'spec':{'selector':null,'template':{" TM ",'spec':" spec "},'strategy':{}},'status':{}}"
#define AT "json: cannot unmarshal "
#define QUANTITY "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

static const struct row {
	const struct ek_type *type;
	const char *in;
	const char *out; /* NULL: refused */
	const char *msg;
} rows[] = {
	/* what Go encodes of structs, pointers and nil */
	{ &t_deployment, "{}", "{" TM ",'spec':{'selector':null,'template':{" TM ",'spec':{'containers':null}},"
	  "'strategy':{}},'status':{}}", NULL },
	{ &t_deployment, "{'spec':null,'metadata':null}", POD_OUT("{'containers':null}"), NULL },
	{ &t_deployment, POD("{'containers':[]}"), POD_OUT("{'containers':null}"), NULL },
	{ &t_deployment, POD("{'containers':[null,{'command':['a',null],'name':'x'}],'nodeSelector':{'a':null},"
			     "'volumes':[],'hostNetwork':false,'restartPolicy':''}"),
	  POD_OUT("{'containers':[{'name':'','resources':{}},{'name':'x','command':['a',''],'resources':{}}],"
		  "'nodeSelector':{'a':''}}"), NULL },
	{ &t_deployment, POD("{'volumes':[{'hostPath':{'type':'','path':'/x'},'name':'w'},{'name':'v','emptyDir':{}}]}"),
	  POD_OUT("{'volumes':[{'name':'w','hostPath':{'path':'/x','type':''}},{'name':'v','emptyDir':{}}],"
		  "'containers':null}"), NULL },
	{ &t_deployment, "{'spec':{'replicas':0,'minReadySeconds':0,'paused':true,'selector':{}}}",
	  "{" TM ",'spec':{'replicas':0,'selector':{},'template':{" TM ",'spec':{'containers':null}},'strategy':{},"
	  "'paused':true},'status':{}}", NULL },
	{ &t_deployment, POD("{'containers':[{'livenessProbe':{'httpGet':{'port':'http'}},"
			     "'securityContext':{'privileged':false}}]}"),
	  POD_OUT("{'containers':[{'name':'','resources':{},'livenessProbe':{'httpGet':{'port':'http'}},"
		  "'securityContext':{'privileged':false}}]}"), NULL },
	/* quantities */
	{ &t_deployment, POD("{'containers':[{'resources':{'limits':{'cpu':0.5,'memory':'1024Mi','x':null}},"
			     "'env':[{'name':'a','valueFrom':{'resourceFieldRef':{'resource':'x'}}}]}]}"),
	  POD_OUT("{'containers':[{'name':'','env':[{'name':'a','valueFrom':{'resourceFieldRef':"
		  "{'resource':'x','divisor':'0'}}}],'resources':{'limits':{'cpu':'500m','memory':'1Gi','x':'0'}}}]}"),
	  NULL },
	{ &t_everything, "{'quantity':' 2000m '}", "{'duration':'0s','quantity':'2','keepInt':0,'keepBool':false,"
	  "'keepPtr':null}", NULL },
	{ &t_deployment, POD("{'containers':[{'resources':{'limits':{'cpu':'1x'}}}]}"), NULL, QUANTITY },
	{ &t_deployment, POD("{'containers':[{'resources':{'limits':{'cpu':{}}}}]}"), NULL, QUANTITY },
	/* times */
	{ &t_deployment, "{'metadata':{'creationTimestamp':'2024-01-01T01:02:03.999+01:00'}}",
	  "{'metadata':{'creationTimestamp':'2024-01-01T00:02:03Z'},'spec':{'selector':null,'template':{" TM
	  ",'spec':{'containers':null}},'strategy':{}},'status':{}}", NULL },
	{ &t_event, "{'eventTime':'2024-01-01T00:00:00.123456Z'}",
	  "{" TM ",'eventTime':'2024-01-01T00:00:00.123456Z'}", NULL },
	{ &t_event, "{'eventTime':null,'metadata':{'creationTimestamp':'0001-01-01T00:00:00Z'}}",
	  "{" TM ",'eventTime':null}", NULL },
	{ &t_event, "{'eventTime':'2024-01-01T00:00:00Z'}", NULL,
	  "parsing time \"2024-01-01T00:00:00Z\" as \"2006-01-02T15:04:05.000000Z07:00\": "
	  "cannot parse \"Z\" as \".000000\"" },
	{ &t_event, "{'metadata':{'creationTimestamp':'yesterday'}}", NULL,
	  "parsing time \"yesterday\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"yesterday\" as \"2006\"" },
	{ &t_event, "{'metadata':{'creationTimestamp':'2024-13-01T00:00:00Z'}}", NULL,
	  "parsing time \"2024-13-01T00:00:00Z\": month out of range" },
	{ &t_event, "{'metadata':{'creationTimestamp':'2023-02-29T00:00:00Z'}}", NULL,
	  "parsing time \"2023-02-29T00:00:00Z\": day out of range" },
	{ &t_event, "{'metadata':{'creationTimestamp':'2024-01-01 00:00:00Z'}}", NULL,
	  "parsing time \"2024-01-01 00:00:00Z\" as \"2006-01-02T15:04:05Z07:00\": "
	  "cannot parse \" 00:00:00Z\" as \"T\"" },
	{ &t_event, "{'metadata':{'creationTimestamp':'2024-01-01T00:00:00'}}", NULL,
	  "parsing time \"2024-01-01T00:00:00\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"Z07:00\"" },
	{ &t_event, "{'metadata':{'creationTimestamp':'2024-01-01T00:00:00ZZ'}}", NULL,
	  "parsing time \"2024-01-01T00:00:00ZZ\": extra text: \"Z\"" },
	{ &t_event, "{'metadata':{'creationTimestamp':5}}", NULL,
	  AT "number into Go struct field ObjectMeta.metadata.creationTimestamp of type string" },
	/* bytes */
	{ &t_secret, "{'data':{'a':'aGk=\\n','b':'aGl=','c':null,'d':''}}",
	  "{" TM ",'data':{'a':'aGk=','b':'aGk=','c':'','d':''}}", NULL },
	{ &t_secret, "{'data':{'a':'aGk','b':'x'}}", NULL, "illegal base64 data at input byte 0" },
	{ &t_secret, "{'data':{'a':'aG k='}}", NULL, "illegal base64 data at input byte 2" },
	{ &t_secret, "{'data':{'a':'aG=x'}}", NULL, "illegal base64 data at input byte 2" },
	{ &t_secret, "{'data':{'a':'aG='}}", NULL, "illegal base64 data at input byte 3" },
	{ &t_secret, "{'data':{'a':'=aaa'}}", NULL, "illegal base64 data at input byte 0" },
	{ &t_secret, "{'data':{'a':'aGk=x'}}", NULL, "illegal base64 data at input byte 4" },
	{ &t_secret, "{'data':{'a':'aGlqa'}}", NULL, "illegal base64 data at input byte 4" },
	{ &t_secret, "{'data':{'a':[104,105,null],'b':[]}}", "{" TM ",'data':{'a':'aGkA','b':''}}", NULL },
	{ &t_secret, "{'data':{'a':[256]}}", NULL,
	  AT "number 256 into Go struct field Secret.data of type uint8" },
	{ &t_secret, "{'data':{'a':['x']}}", NULL, AT "string into Go struct field Secret.data of type uint8" },
	{ &t_secret, "{'data':{'a':5}}", NULL, AT "number into Go struct field Secret.data of type []uint8" },
	/* types */
	{ &t_deployment, "{'spec':{'replicas':'3'}}", NULL,
	  AT "string into Go struct field DeploymentSpec.spec.replicas of type int32" },
	{ &t_deployment, "{'spec':{'replicas':3000000000}}", NULL,
	  AT "number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32" },
	{ &t_deployment, "{'spec':{'replicas':1.5}}", NULL,
	  AT "number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32" },
	{ &t_deployment, "{'spec':{'replicas':1.0}}", NULL,
	  AT "number 1.0 into Go struct field DeploymentSpec.spec.replicas of type int32" },
	{ &t_deployment, POD("{'containers':[{'name':1,'ports':[{'containerPort':true}]}]}"), NULL,
	  AT "number into Go struct field Container.spec.template.spec.containers.name of type string" },
	{ &t_deployment, POD("{'containers':[{'ports':[{'containerPort':true}]}]}"), NULL,
	  AT "bool into Go struct field ContainerPort.spec.template.spec.containers.ports.containerPort of type int32" },
	{ &t_deployment, POD("{'containers':{'name':1}}"), NULL,
	  AT "object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container" },
	{ &t_deployment, POD("{'restartPolicy':1}"), NULL,
	  AT "number into Go struct field PodSpec.spec.template.spec.restartPolicy of type v1.RestartPolicy" },
	{ &t_deployment, POD("'x'"), NULL,
	  AT "string into Go struct field PodTemplateSpec.spec.template.spec of type v1.PodSpec" },
	{ &t_deployment, "{'metadata':{'labels':{'a':1}}}", NULL,
	  AT "number into Go struct field ObjectMeta.metadata.labels of type string" },
	{ &t_deployment, "{'metadata':{'labels':[]}}", NULL,
	  AT "array into Go struct field ObjectMeta.metadata.labels of type map[string]string" },
	{ &t_deployment, POD("{'containers':[{'resources':{'limits':'x'}}]}"), NULL,
	  AT "string into Go struct field ResourceRequirements.spec.template.spec.containers.resources.limits "
	  "of type v1.ResourceList" },
	{ &t_deployment, POD("{'containers':[{'livenessProbe':{'httpGet':{'port':true}}}]}"), NULL,
	  AT "bool into Go struct field HTTPGetAction.spec.template.spec.containers.livenessProbe.httpGet.port "
	  "of type int32" },
	{ &t_deployment, POD("{'containers':[{'livenessProbe':{'httpGet':{'port':99999999999}}}]}"), NULL,
	  AT "number 99999999999 into Go struct field "
	  "HTTPGetAction.spec.template.spec.containers.livenessProbe.httpGet.port of type int32" },
	{ &t_deployment, "[]", NULL, AT "array into Go value of type v1.Deployment" },
	{ &t_deployment, "'x'", NULL, AT "string into Go value of type v1.Deployment" },
	/* the first wrong type is reported, but a type's own parser has the last word */
	{ &t_deployment, "{'spec':{'paused':1,'replicas':'x'}}", NULL,
	  AT "number into Go struct field DeploymentSpec.spec.paused of type bool" },
	{ &t_deployment, "{'spec':{'replicas':'x','template':{'spec':{'containers':[{'resources':"
	  "{'limits':{'cpu':'1x'}}}]}}}}", NULL, QUANTITY },
	/* the rest of the types */
	{ &t_everything, "{'double':1.5,'duration':'90s','durationPtr':'0s','raw':{'a':[null]},'extra':{'k':['a'],'n':null},"
	  "'bytes':'aGk=','times':['2024-01-01T00:00:00Z',null],'quantity':1,'objects':{'a':{},'b':null},"
	  "'keepInt':7,'keepBool':true,'keepPtr':'','tags':['a']}",
	  "{'double':1.5,'duration':'1m30s','durationPtr':'0s','raw':{'a':[null]},'extra':{'k':['a'],'n':null},"
	  "'bytes':'aGk=','times':['2024-01-01T00:00:00Z',null],'quantity':'1','objects':{'a':{},'b':{}},"
	  "'keepInt':7,'keepBool':true,'keepPtr':'','tags':['a']}", NULL },
	{ &t_everything, "{'extra':{'k':'a'}}", NULL,
	  AT "string into Go struct field Everything.extra of type v1.ExtraValue" },
	{ &t_everything, "{'extra':{'k':[1]}}", NULL, AT "number into Go struct field Everything.extra of type string" },
	{ &t_everything, "{'extra':1}", NULL,
	  AT "number into Go struct field Everything.extra of type map[string]v1.ExtraValue" },
	{ &t_everything, "{'double':'x'}", NULL, AT "string into Go struct field Everything.double of type float64" },
	{ &t_everything, "{'duration':'5'}", NULL, "time: missing unit in duration \"5\"" },
	{ &t_everything, "{'duration':5}", NULL, AT "number into Go struct field Everything.duration of type string" },
	{ &t_open, "{'other':{'a':null},'known':3}", "{'known':3,'other':{'a':null}}", NULL },
};

START_TEST(decodes)
{
	const struct row *r = &rows[_i];
	EK_JSON struct ek_json *in = t_json(r->in), *out = NULL;
	struct ek_err err = { 0 };
	int rc = ek_schema_decode(r->type, in, EK_FIELDS_IGNORE, &out, NULL, &err);

	if (r->out) {
		EK_JSON struct ek_json *want = t_json(r->out);
		EK_FREE char *got_text = t_text(out), *want_text = t_text(want);

		ck_assert_msg(rc == 0, "%s", err.msg);
		ck_assert_str_eq(got_text, want_text); /* text: the order of members counts */
	} else {
		ck_assert_int_eq(rc, EK_EBADREQUEST);
		ck_assert_ptr_null(out);
		ck_assert_str_eq(err.msg, r->msg);
	}
}
END_TEST

START_TEST(decoding_twice_changes_nothing)
{
	const struct row *r = &rows[_i];
	EK_JSON struct ek_json *in = t_json(r->in), *once = NULL, *twice = NULL;

	if (!r->out)
		return;
	ck_assert_int_eq(ek_schema_decode(r->type, in, EK_FIELDS_STRICT, &once, NULL, NULL), 0);
	ck_assert_int_eq(ek_schema_decode(r->type, once, EK_FIELDS_STRICT, &twice, NULL, NULL), 0);
	ck_assert(ek_json_equal(once, twice));
}
END_TEST

static const char *const unknown =
	"{'spec':{'foo':1,'template':{'spec':{'containers':[{'Name':'n','bar':{'x':1}},{'foo':2}],"
	"'volumes':[{'emptydir':{}}]}}},'a\\nb':1}";

START_TEST(unknown_fields)
{
	static const char *const want[] = {
		"unknown field \"spec.foo\"",
		"unknown field \"spec.template.spec.containers[0].Name\"",
		"unknown field \"spec.template.spec.containers[0].bar\"",
		"unknown field \"spec.template.spec.containers[1].foo\"",
		"unknown field \"spec.template.spec.volumes[0].emptydir\"",
		"unknown field \"a\\nb\"",
	};
	EK_JSON struct ek_json *in = t_json(unknown), *out = NULL, *warnings = ek_json_array();
	EK_FREE char *text = NULL;

	ck_assert_int_eq(ek_schema_decode(&t_deployment, in, EK_FIELDS_WARN, &out, warnings, NULL),
			 0);
	ck_assert_uint_eq(ek_json_len(warnings), EK_ARRAY_LEN(want));
	for (size_t i = 0; i < EK_ARRAY_LEN(want); i++)
		ck_assert_str_eq(ek_json_str(ek_json_elem(warnings, i)), want[i]);
	text = t_text(out);
	ck_assert_ptr_null(strstr(text, "foo"));
}
END_TEST

START_TEST(strict)
{
	EK_JSON struct ek_json *in = t_json("{'foo':1,'spec':{'bar':2}}"), *out = NULL;
	EK_JSON struct ek_json *fine = t_json("{'spec':{'replicas':1}}");
	EK_JSON struct ek_json *found = t_json("['duplicate field \\'spec.x\\'']");
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_schema_decode(&t_deployment, in, EK_FIELDS_STRICT, &out, NULL, &err),
			 EK_EBADREQUEST);
	ck_assert_str_eq(
		err.msg,
		"strict decoding error: unknown field \"foo\", unknown field \"spec.bar\"");
	ck_assert_int_eq(ek_schema_decode(&t_deployment, fine, EK_FIELDS_STRICT, &out, found, &err),
			 EK_EBADREQUEST);
	ck_assert_str_eq(err.msg, "strict decoding error: duplicate field \"spec.x\"");
	ck_assert_ptr_null(out);
	ck_assert_int_eq(ek_schema_decode(&t_deployment, in, EK_FIELDS_IGNORE, &out, NULL, &err),
			 0);
}
END_TEST

/* a wrong type is worse than an unknown name */
START_TEST(strict_yields_to_types)
{
	EK_JSON struct ek_json *in = t_json("{'foo':1,'spec':{'replicas':true}}"), *out = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_schema_decode(&t_deployment, in, EK_FIELDS_STRICT, &out, NULL, &err),
			 EK_EBADREQUEST);
	ck_assert_str_eq(err.msg,
			 AT "bool into Go struct field DeploymentSpec.spec.replicas of type int32");
}
END_TEST

START_TEST(findings_are_bounded)
{
	EK_JSON struct ek_json *in = ek_json_object(), *out = NULL, *warnings = ek_json_array();

	for (int i = 0; i < 1000; i++)
		ek_json_set_int(in, EK_F("x%d", i), i);
	ck_assert_int_eq(ek_schema_decode(&t_deployment, in, EK_FIELDS_WARN, &out, warnings, NULL),
			 0);
	ck_assert_uint_eq(ek_json_len(warnings), 100);
}
END_TEST

/* the result shares no container with the input, so it can be edited */
START_TEST(result_is_private)
{
	EK_JSON struct ek_json *in = t_json("{'raw':{'a':[1]},'objects':{'a':{}},'tags':['x']}"),
			       *out = NULL;
	struct ek_json *before;

	ck_assert_int_eq(ek_schema_decode(&t_everything, in, EK_FIELDS_IGNORE, &out, NULL, NULL),
			 0);
	before = out;
	ck_assert_ptr_eq(ek_json_edit(&out), before);
	ek_json_set_at(out, "raw.b", ek_json_new_int(2));
	ck_assert_uint_eq(ek_json_len(ek_json_get(in, "raw")), 1);
}
END_TEST

static void *decode_many(void *arg)
{
	const struct ek_json *in = arg;

	for (int i = 0; i < 200; i++) {
		EK_JSON struct ek_json *out = NULL;

		if (ek_schema_decode(&t_deployment, in, EK_FIELDS_IGNORE, &out, NULL, NULL) < 0)
			return arg;
	}
	return NULL;
}

START_TEST(threads_share_tables)
{
	EK_JSON struct ek_json *in =
		t_json(POD("{'containers':[{'name':'a','ports':[{'containerPort':1}]}]}"));
	pthread_t threads[4];

	for (size_t i = 0; i < EK_ARRAY_LEN(threads); i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, decode_many, in), 0);
	for (size_t i = 0; i < EK_ARRAY_LEN(threads); i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		ck_assert_ptr_null(failed);
	}
}
END_TEST

static const struct {
	const struct ek_type *type;
	const char *in, *out;
} defaults[] = {
	{ &t_deployment, "{'spec':{'template':{'spec':{'containers':[{'name':'a','ports':[{'containerPort':1},"
	  "{'protocol':'UDP'}],'livenessProbe':{'httpGet':{}}}]}},'strategy':{'rollingUpdate':{'maxSurge':1}}}}",
	  "{'spec':{'template':{'spec':{'containers':[{'name':'a','ports':[{'containerPort':1,'protocol':'TCP'},"
	  "{'protocol':'UDP'}],'livenessProbe':{'httpGet':{'path':'/','scheme':'HTTP'},'periodSeconds':10},"
	  "'terminationMessagePath':'/dev/termination-log'}],'restartPolicy':'Always',"
	  "'terminationGracePeriodSeconds':30}},'strategy':{'rollingUpdate':{'maxSurge':1,'maxUnavailable':'25%'},"
	  "'type':'RollingUpdate'},'replicas':1}}" },
	{ &t_deployment, "{'spec':{'replicas':0,'strategy':{'type':''}}}",
	  "{'spec':{'replicas':0,'strategy':{'type':'RollingUpdate'}}}" },
	{ &t_pod_spec, "{'volumes':[{'name':'v','hostPath':{'path':'/'}}],'terminationGracePeriodSeconds':0,"
	  "'restartPolicy':'Never'}",
	  "{'volumes':[{'name':'v','hostPath':{'path':'/','type':''}}],'terminationGracePeriodSeconds':0,"
	  "'restartPolicy':'Never'}" },
};

START_TEST(fills_defaults)
{
	EK_JSON struct ek_json *obj = t_json(defaults[_i].in), *want = t_json(defaults[_i].out);
	EK_FREE char *text = NULL;

	ek_schema_default(defaults[_i].type, obj);
	text = t_text(obj);
	ck_assert_msg(ek_json_equal(obj, want), "%s", text);
}
END_TEST

START_TEST(finds_fields)
{
	ck_assert_str_eq(ek_type_field(&t_deployment, "spec")->of->name,
			 "io.k8s.api.apps.v1.DeploymentSpec");
	ck_assert_ptr_null(ek_type_field(&t_deployment, "Spec"));
	ck_assert_ptr_null(ek_type_field(&t_deployment, ""));
	/* through an inlined type */
	ck_assert_ptr_nonnull(ek_type_field(ek_type_field(&t_pod_spec, "volumes")->of, "emptyDir"));
}
END_TEST

EK_TESTS("schema/decode", EK_ROWS(decodes, rows), EK_ROWS(decoding_twice_changes_nothing, rows),
	 unknown_fields, strict, strict_yields_to_types, findings_are_bounded, result_is_private,
	 threads_share_tables, EK_ROWS(fills_defaults, defaults), finds_fields)
