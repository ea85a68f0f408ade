/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_test.h"

#include <ekube/meta.h>
#include <ekube/str.h>

#include "spec/env.h"
#include "spec/podspec.h"

static const char pod_text[] =
	"{'metadata':{'name':'web-1','namespace':'shop','uid':'u-1','labels':{'b':'2','a':'x\\\"y'},"
	"'annotations':{'n/Note':'two\\nlines'}},"
	"'spec':{'nodeName':'n1','serviceAccountName':'sa','containers':["
	"{'name':'c','resources':{'limits':{'cpu':'1500m'},'requests':{'cpu':'250m','memory':'64Mi'}}},"
	"{'name':'d','resources':{'limits':{'memory':'1Gi'}}}]}}";

static const struct ek_json *find_object(void *arg, const char *kind, const char *name)
{
	return ek_json_get(ek_json_get(arg, kind), name);
}

struct world {
	struct ek_json *pod, *objects, *allocatable, *services[3], *container;
	struct ek_env_source src;
};

static void world_open(struct world *w, const char *container)
{
	w->pod = ek_json_make(pod_text);
	w->allocatable = ek_json_make("{'cpu':'4','memory':'8Gi','ephemeral-storage':'100'}");
	w->objects = ek_json_make(
		"{'ConfigMap':{'cm':{'metadata':{'name':'cm'},'data':{'color':'red','size.x':'9'}}},"
		"'Secret':{'s':{'metadata':{'name':'s'},'data':{'pw':'aHVudGVyMg==','nul':'AAE=','bad':'*'}}}}");
	w->services[0] = ek_json_make("{'metadata':{'name':'kubernetes','namespace':'default'},'spec':"
				      "{'clusterIP':'10.43.0.1','ports':[{'name':'https','port':443}]}}");
	w->services[1] = ek_json_make("{'metadata':{'name':'my-db','namespace':'shop'},'spec':{'clusterIP':'fd00::1',"
				      "'ports':[{'port':53,'protocol':'UDP'},{'name':'web-ui','port':80}]}}");
	w->services[2] = ek_json_make("{'metadata':{'name':'headless','namespace':'shop'},'spec':{'clusterIP':'None'}}");
	w->container = ek_json_make(container);
	w->src = (struct ek_env_source){
		.pod = w->pod,
		.container = w->container,
		.pod_ip = "10.42.0.5",
		.host_ip = "192.0.2.1",
		.allocatable = w->allocatable,
		.services = (const struct ek_json *const *)w->services,
		.n_services = 3,
		.find = find_object,
		.arg = w->objects,
	};
}

static void world_close(struct world *w)
{
	struct ek_json *all[] = { w->pod,	  w->objects,	  w->allocatable, w->services[0],
				  w->services[1], w->services[2], w->container };

	for (size_t i = 0; i < EK_ARRAY_LEN(all); i++)
		ek_json_unref(all[i]);
}

/* ---- expansion: the rules of third_party/forked/golang/expansion ---- */

static const struct {
	const char *in, *out;
} expand_rows[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "$(A)", "1" },
	{ "$(A)$(B)-$(A)", "12-1" },
	{ "$(NONE)", "$(NONE)" },
	{ "$$(A)", "$(A)" },
	{ "$$$(A)", "$1" },
	{ "$A ${A}", "$A ${A}" },
	{ "$(A", "$(A" },
	{ "$", "$" },
	{ "x$$", "x$" },
	{ "$()", "$()" },
	{ "$(A))", "1)" },
	{ "$($(A))", "$($(A))" },
};

static const char *lookup(void *arg, const char *name)
{
	(void)arg;
	return ek_streq(name, "A") ? "1" : ek_streq(name, "B") ? "2" : NULL;
}

START_TEST(expands)
{
	EK_FREE char *got = ek_env_expand(expand_rows[_i].in, lookup, NULL);

	ck_assert_str_eq(got, expand_rows[_i].out);
}
END_TEST

/* ---- fields and resources ---- */

static const struct {
	const char *path, *want; /* NULL: refused */
} field_rows[] = {
	{ "metadata.name", "web-1" },
	{ "metadata.namespace", "shop" },
	{ "metadata.uid", "u-1" },
	{ "metadata.labels", "a=\"x\\\"y\"\nb=\"2\"" },
	{ "metadata.labels['b']", "2" },
	{ "metadata.labels['none']", "" },
	{ "metadata.annotations", "n/Note=\"two\\nlines\"" },
	{ "metadata.annotations['n/Note']", "two\nlines" },
	{ "metadata.labels['']", NULL },
	{ "metadata.name['x']", NULL },
	{ "spec.nodeName", "n1" },
	{ "spec.serviceAccountName", "sa" },
	{ "status.hostIP", "192.0.2.1" },
	{ "status.podIP", "10.42.0.5" },
	{ "status.podIPs", "10.42.0.5" },
	{ "spec.containers", NULL },
	{ "", NULL },
};

START_TEST(reads_fields)
{
	struct world w;
	EK_FREE char *got = NULL;
	struct ek_err err;
	int rc;

	world_open(&w, "{}");
	rc = ek_field_ref(&w.src, field_rows[_i].path, &got, &err);
	if (field_rows[_i].want) {
		ck_assert_int_eq(rc, 0);
		ck_assert_str_eq(got, field_rows[_i].want);
	} else {
		ck_assert_int_eq(rc, EK_EINVALID);
	}
	world_close(&w);
}
END_TEST

static const struct {
	const char *ref, *want;
} resource_rows[] = {
	{ "{'containerName':'c','resource':'limits.cpu'}", "2" },
	{ "{'containerName':'c','resource':'limits.cpu','divisor':'1m'}", "1500" },
	{ "{'containerName':'c','resource':'requests.cpu','divisor':'0'}", "1" },
	{ "{'containerName':'c','resource':'requests.memory','divisor':'1Mi'}", "64" },
	{ "{'containerName':'c','resource':'limits.memory','divisor':'1Gi'}", "8" }, /* the node's */
	{ "{'containerName':'d','resource':'limits.memory'}", "1073741824" },
	{ "{'containerName':'d','resource':'requests.cpu'}", "0" },
	{ "{'containerName':'d','resource':'limits.ephemeral-storage'}", "100" },
	{ "{'containerName':'none','resource':'limits.cpu'}", NULL },
	{ "{'containerName':'c','resource':'cpu'}", NULL },
	{ "{'containerName':'c','resource':'limits.gpu'}", NULL },
	{ "{}", NULL },
};

START_TEST(reads_resources)
{
	struct world w;
	EK_JSON struct ek_json *ref = ek_json_make(resource_rows[_i].ref);
	EK_FREE char *got = NULL;
	struct ek_err err;

	world_open(&w, "{'name':'x'}");
	if (resource_rows[_i].want) {
		ck_assert_int_eq(ek_resource_ref(&w.src, ref, &got, &err), 0);
		ck_assert_str_eq(got, resource_rows[_i].want);
	} else {
		ck_assert_int_lt(ek_resource_ref(&w.src, ref, &got, &err), 0);
	}
	world_close(&w);
}
END_TEST

/* ---- whole environments ---- */

static const struct {
	const char *container, *name, *want; /* want NULL: no such variable */
	const char *error;
} env_rows[] = {
	{ "{}", "KUBERNETES_SERVICE_HOST", "10.43.0.1", NULL },
	{ "{}", "KUBERNETES_SERVICE_PORT", "443", NULL },
	{ "{}", "KUBERNETES_SERVICE_PORT_HTTPS", "443", NULL },
	{ "{}", "KUBERNETES_PORT", "tcp://10.43.0.1:443", NULL },
	{ "{}", "KUBERNETES_PORT_443_TCP_ADDR", "10.43.0.1", NULL },
	{ "{}", "MY_DB_SERVICE_PORT", "53", NULL },
	{ "{}", "MY_DB_SERVICE_PORT_WEB_UI", "80", NULL },
	{ "{}", "MY_DB_PORT", "udp://[fd00::1]:53", NULL },
	{ "{}", "MY_DB_PORT_80_TCP_PROTO", "tcp", NULL },
	{ "{}", "HEADLESS_SERVICE_HOST", NULL, NULL },
	{ "{'env':[{'name':'A','value':'1'},{'name':'B','value':'$(A)$(C)'},{'name':'C','value':'3'}]}", "B", "1$(C)", NULL },
	{ "{'env':[{'name':'A','value':'$(KUBERNETES_SERVICE_HOST)'}]}", "A", "10.43.0.1", NULL },
	{ "{'env':[{'name':'KUBERNETES_SERVICE_HOST','value':'mine'}]}", "KUBERNETES_SERVICE_HOST", "mine", NULL },
	{ "{'env':[{'name':'A','value':'1'},{'name':'A','value':'2'}]}", "A", "2", NULL },
	{ "{'env':[{'name':'E'}]}", "E", "", NULL },
	{ "{'env':[{'name':'P','valueFrom':{'fieldRef':{'fieldPath':'status.podIP'}}}]}", "P", "10.42.0.5", NULL },
	{ "{'env':[{'name':'P','valueFrom':{'fieldRef':{'fieldPath':'x'}}}]}", NULL, NULL, "unsupported fieldPath: x" },
	{ "{'name':'c','resources':{'limits':{'cpu':'2'}},'env':[{'name':'R','valueFrom':{'resourceFieldRef':"
	  "{'resource':'limits.cpu'}}}]}", "R", "2", NULL },
	{ "{'env':[{'name':'K','valueFrom':{'configMapKeyRef':{'name':'cm','key':'color'}}}]}", "K", "red", NULL },
	{ "{'env':[{'name':'K','valueFrom':{'secretKeyRef':{'name':'s','key':'pw'}}}]}", "K", "hunter2", NULL },
	{ "{'env':[{'name':'K','valueFrom':{'configMapKeyRef':{'name':'cm','key':'none'}}}]}", NULL, NULL,
	  "couldn't find key none in ConfigMap shop/cm" },
	{ "{'env':[{'name':'K','valueFrom':{'secretKeyRef':{'name':'s','key':'none'}}}]}", NULL, NULL,
	  "couldn't find key none in Secret shop/s" },
	{ "{'env':[{'name':'K','valueFrom':{'configMapKeyRef':{'name':'cm','key':'none','optional':true}}}]}", "K", NULL, NULL },
	{ "{'env':[{'name':'K','valueFrom':{'configMapKeyRef':{'name':'no','key':'x'}}}]}", NULL, NULL,
	  "configmap \"no\" not found" },
	{ "{'env':[{'name':'K','valueFrom':{'secretKeyRef':{'name':'no','key':'x'}}}]}", NULL, NULL, "secret \"no\" not found" },
	{ "{'env':[{'name':'K','valueFrom':{'secretKeyRef':{'name':'no','key':'x','optional':true}}}]}", "K", NULL, NULL },
	{ "{'env':[{'name':'K','valueFrom':{'secretKeyRef':{'name':'s','key':'nul'}}}]}", NULL, NULL,
	  "a Secret's value holds a zero byte and cannot be a variable" },
	{ "{'env':[{'name':'K','valueFrom':{'secretKeyRef':{'name':'s','key':'bad'}}}]}", NULL, NULL,
	  "a Secret's value is not base64" },
	{ "{'envFrom':[{'configMapRef':{'name':'cm'}}]}", "size.x", "9", NULL },
	{ "{'envFrom':[{'prefix':'P_','configMapRef':{'name':'cm'}}],'env':[{'name':'A','value':'$(P_color)'}]}", "A", "red", NULL },
	{ "{'envFrom':[{'configMapRef':{'name':'cm'}}],'env':[{'name':'color','value':'blue'}]}", "color", "blue", NULL },
	{ "{'envFrom':[{'configMapRef':{'name':'no'}}]}", NULL, NULL, "configmap \"no\" not found" },
	{ "{'envFrom':[{'secretRef':{'name':'no','optional':true}}]}", "x", NULL, NULL },
};

START_TEST(makes_environments)
{
	struct world w;
	struct ek_map env = { 0 };
	struct ek_err err = { 0 };
	int rc;

	world_open(&w, env_rows[_i].container);
	rc = ek_env_make(&w.src, &env, &err);
	if (env_rows[_i].error) {
		ck_assert_int_lt(rc, 0);
		ck_assert_str_eq(err.msg, env_rows[_i].error);
	} else {
		const char *got = ek_map_get(&env, env_rows[_i].name);

		ck_assert_msg(rc == 0, "%s", err.msg);
		ck_assert_msg(ek_streq(got, env_rows[_i].want), "%s: %s", env_rows[_i].name, got ? got : "absent");
	}
	ek_env_done(&env);
	world_close(&w);
}
END_TEST

START_TEST(links_may_be_off)
{
	struct world w;
	struct ek_map env = { 0 };

	world_open(&w, "{}");
	ek_json_set_at(w.pod, "spec.enableServiceLinks", ek_json_new_bool(false));
	ck_assert_int_eq(ek_env_make(&w.src, &env, NULL), 0);
	ck_assert_ptr_null(ek_map_get(&env, "MY_DB_SERVICE_HOST"));
	ck_assert_ptr_nonnull(ek_map_get(&env, "KUBERNETES_SERVICE_HOST"));
	ek_env_done(&env);
	world_close(&w);
}
END_TEST

/* ---- quality of service, sums ---- */

static const struct {
	const char *spec, *qos;
	int64_t cpu, memory, cpu_limit, memory_limit;
} amount_rows[] = {
	{ "{'containers':[{'name':'a'}]}", "BestEffort", 0, 0, -1, -1 },
	{ "{'containers':[{'name':'a','resources':{'requests':{'cpu':'1'}}}]}", "Burstable", 1000, 0, -1, -1 },
	{ "{'containers':[{'name':'a','resources':{'requests':{'cpu':'1','memory':'1k'},'limits':{'cpu':'1','memory':'1k'}}}]}",
	  "Guaranteed", 1000, 1000, 1000, 1000 },
	{ "{'containers':[{'name':'a','resources':{'requests':{'cpu':'1','memory':'1k'},'limits':{'cpu':'1','memory':'1k'}}},"
	  "{'name':'b'}]}", "Burstable", 1000, 1000, -1, -1 },
	{ "{'containers':[{'name':'a','resources':{'limits':{'cpu':'1'},'requests':{'cpu':'1'}}}]}", "Burstable", 1000, 0, 1000, -1 },
	{ "{'initContainers':[{'name':'i','resources':{'requests':{'cpu':'3'}}}],"
	  "'containers':[{'name':'a','resources':{'requests':{'cpu':'1'}}},{'name':'b','resources':{'requests':{'cpu':'1'}}}]}",
	  "Burstable", 3000, 0, -1, -1 },
	{ "{'initContainers':[{'name':'s','restartPolicy':'Always','resources':{'requests':{'cpu':'1'}}},"
	  "{'name':'i','resources':{'requests':{'cpu':'2'}}}],'containers':[{'name':'a','resources':{'requests':{'cpu':'1'}}}],"
	  "'overhead':{'cpu':'100m'}}", "Burstable", 3100, 0, -1, -1 },
	{ "{'containers':[{'name':'a'}],'ephemeralContainers':[{'name':'e','resources':{'requests':{'cpu':'9'}}}]}",
	  "BestEffort", 0, 0, -1, -1 },
};

START_TEST(counts_amounts)
{
	EK_JSON struct ek_json *spec = ek_json_make(amount_rows[_i].spec);
	EK_JSON struct ek_json *pod = ek_json_make("{'spec':%v}", spec);
	struct ek_pod_amount req = ek_podspec_requests(pod), lim = ek_podspec_limits(pod);

	ck_assert_str_eq(ek_podspec_qos(pod), amount_rows[_i].qos);
	ck_assert_int_eq(req.cpu_milli, amount_rows[_i].cpu);
	ck_assert_int_eq(req.memory, amount_rows[_i].memory);
	ck_assert_int_eq(lim.cpu_milli, amount_rows[_i].cpu_limit);
	ck_assert_int_eq(lim.memory, amount_rows[_i].memory_limit);
}
END_TEST

START_TEST(finds_containers)
{
	EK_JSON struct ek_json *pod = ek_json_make(
		"{'metadata':{'name':'p','namespace':'n','uid':'u'},'spec':{'initContainers':[{'name':'i'},"
		"{'name':'s','restartPolicy':'Always'}],'containers':[{'name':'m'}],'ephemeralContainers':[{'name':'e'}]}}");
	static const enum ek_ctr_role want[] = { EK_CTR_INIT, EK_CTR_SIDECAR, EK_CTR_MAIN,
						 EK_CTR_EPHEMERAL };
	EK_FREE char *label = ek_podspec_label(pod), *path = ek_podspec_field_path(pod, "s");
	enum ek_ctr_role role;

	for (size_t i = 0; i < 4; i++) {
		ck_assert_ptr_nonnull(ek_podspec_container(pod, i, &role));
		ck_assert_int_eq(role, want[i]);
	}
	ck_assert_ptr_null(ek_podspec_container(pod, 4, &role));
	ck_assert_ptr_nonnull(ek_podspec_find(pod, "e"));
	ck_assert_ptr_null(ek_podspec_find(pod, "x"));
	ck_assert_str_eq(label, "p_n(u)");
	ck_assert_str_eq(path, "spec.initContainers{s}");
	ck_assert_str_eq(ek_podspec_policy(pod), "Always");
	ck_assert_int_eq(ek_podspec_grace(pod), 30);
}
END_TEST

EK_TESTS("node/env", EK_ROWS(expands, expand_rows), EK_ROWS(reads_fields, field_rows),
	 EK_ROWS(reads_resources, resource_rows), EK_ROWS(makes_environments, env_rows),
	 links_may_be_off, EK_ROWS(counts_amounts, amount_rows), finds_containers)
