/* SPDX-License-Identifier: Apache-2.0 */
#include <ek_test.h>
#include <schema/schema_types.h>

#include <ekube/str.h>

enum { MAX = 8 << 20 };

static struct ek_json *document(int version, const char *group, const char *gv)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(MAX);
	struct ek_json *doc = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_eq(version == 2 ? ek_openapi_v2(t_kinds, &b) :
					ek_openapi_v3(group, gv, t_kinds, &b),
			 0);
	ck_assert_msg(ek_json_parse(b.data, b.len, MAX, &doc, NULL, &err) == 0, "%s", err.msg);
	return doc;
}

static const struct ek_json *definition(const struct ek_json *doc, int version, const char *name)
{
	const struct ek_json *d = version == 2 ? ek_json_get(doc, "definitions") :
						 ek_json_at(doc, "components.schemas");

	return ek_json_get(d, name);
}

static void assert_json(const struct ek_json *got, const char *want)
{
	EK_JSON struct ek_json *w = t_json(want);
	EK_FREE char *text = t_text(got);

	ck_assert_msg(ek_json_equal(got, w), "%s\nwanted %s", text, want);
}

/* ---- references lead somewhere ---- */

static void check_refs(const struct ek_json *doc, const struct ek_json *v)
{
	const char *ref = ek_json_str_at(v, "$ref");
	static const char *const roots[][3] = {
		{ "#/definitions/", "definitions", NULL },
		{ "#/components/schemas/", "components", "schemas" },
		{ "#/parameters/", "parameters", NULL },
	};
	bool found = !ref;

	for (size_t i = 0; ref && i < EK_ARRAY_LEN(roots); i++) {
		const struct ek_json *in = ek_json_get(doc, roots[i][1]);

		if (roots[i][2])
			in = ek_json_get(in, roots[i][2]);
		found |= ek_str_starts(ref, roots[i][0]) &&
			 ek_json_get(in, ref + strlen(roots[i][0]));
	}
	ck_assert_msg(found, "dangling %s", ref);
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
		check_refs(doc, it.value);
}

START_TEST(no_dangling_references)
{
	EK_JSON struct ek_json *v2 = document(2, NULL, NULL), *apps = document(3, "apps", "v1");
	EK_JSON struct ek_json *core = document(3, "", "v1");

	check_refs(v2, v2);
	check_refs(apps, apps);
	check_refs(core, core);
}
END_TEST

/* ---- definitions ---- */

static const struct {
	int version;
	const char *type, *field, *want; /* field NULL: the definition without its properties */
} schemas[] = {
	{ 2, "io.k8s.api.apps.v1.Deployment", NULL, "{'type':'object','description':'A deployment.',"
	  "'x-kubernetes-group-version-kind':[{'group':'apps','kind':'Deployment','version':'v1'}]}" },
	{ 2, "io.k8s.api.apps.v1.DeploymentList", NULL, "{'type':'object','description':'A list of Deployment.',"
	  "'required':['items'],"
	  "'x-kubernetes-group-version-kind':[{'group':'apps','kind':'DeploymentList','version':'v1'}]}" },
	{ 2, "io.k8s.api.autoscaling.v1.Scale", NULL, "{'type':'object','description':'How many.',"
	  "'x-kubernetes-group-version-kind':[{'group':'autoscaling','kind':'Scale','version':'v1'}]}" },
	{ 2, "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", NULL, "{'type':'object',"
	  "'description':'How an object is to be deleted.','x-kubernetes-group-version-kind':["
	  "{'group':'','kind':'DeleteOptions','version':'v1'},{'group':'apps','kind':'DeleteOptions','version':'v1'},"
	  "{'group':'example.com','kind':'DeleteOptions','version':'v1beta1'}]}" },
	{ 2, "io.k8s.api.core.v1.ObjectFieldSelector", NULL, "{'type':'object','description':'A field.',"
	  "'required':['fieldPath'],'x-kubernetes-map-type':'atomic'}" },
	{ 2, "com.example.v1.Open", NULL, "{'type':'object','description':'Keeps what it does not know.',"
	  "'x-kubernetes-preserve-unknown-fields':true,"
	  "'x-kubernetes-group-version-kind':[{'group':'example.com','kind':'Thing','version':'v1beta1'}]}" },
	{ 2, "io.k8s.apimachinery.pkg.api.resource.Quantity", NULL,
	  "{'type':'string','description':'A number with an SI suffix: \\u0022100m\\u0022, \\u00221Gi\\u0022.'}" },
	{ 2, "io.k8s.apimachinery.pkg.apis.meta.v1.Time", NULL,
	  "{'type':'string','format':'date-time','description':'A time of RFC 3339, in whole seconds.'}" },
	{ 2, "io.k8s.api.apps.v1.DeploymentSpec", "replicas",
	  "{'type':'integer','format':'int32','description':'How many.'}" },
	{ 2, "io.k8s.api.apps.v1.DeploymentSpec", "template",
	  "{'$ref':'#/definitions/io.k8s.api.core.v1.PodTemplateSpec','description':'Template.'}" },
	{ 2, "io.k8s.api.apps.v1.DeploymentSpec", "strategy",
	  "{'$ref':'#/definitions/io.k8s.api.apps.v1.DeploymentStrategy','description':'How.',"
	  "'x-kubernetes-patch-strategy':'retainKeys'}" },
	{ 2, "io.k8s.api.core.v1.Container", "ports",
	  "{'type':'array','items':{'$ref':'#/definitions/io.k8s.api.core.v1.ContainerPort'},'description':'Ports.',"
	  "'x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['containerPort','protocol'],"
	  "'x-kubernetes-patch-strategy':'merge','x-kubernetes-patch-merge-key':'containerPort'}" },
	{ 2, "io.k8s.api.core.v1.PodSpec", "nodeSelector",
	  "{'type':'object','additionalProperties':{'type':'string'},'description':'Node labels.',"
	  "'x-kubernetes-map-type':'atomic'}" },
	{ 2, "io.k8s.api.core.v1.ContainerPort", "protocol",
	  "{'type':'string','enum':['SCTP','TCP','UDP'],'description':'Protocol.'}" },
	{ 2, "io.k8s.api.core.v1.Volume", "emptyDir", /* of an inlined type */
	  "{'$ref':'#/definitions/io.k8s.api.core.v1.EmptyDirVolumeSource','description':'Scratch.'}" },
	{ 2, "io.k8s.api.core.v1.HTTPGetAction", "port",
	  "{'$ref':'#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString','description':'Port.'}" },
	{ 3, "io.k8s.apimachinery.pkg.api.resource.Quantity", NULL,
	  "{'oneOf':[{'type':'string'},{'type':'number'}],"
	  "'description':'A number with an SI suffix: \\u0022100m\\u0022, \\u00221Gi\\u0022.'}" },
	{ 3, "io.k8s.api.apps.v1.DeploymentSpec", "template",
	  "{'allOf':[{'$ref':'#/components/schemas/io.k8s.api.core.v1.PodTemplateSpec'}],'default':{},"
	  "'description':'Template.'}" },
	{ 3, "io.k8s.api.apps.v1.DeploymentSpec", "selector",
	  "{'allOf':[{'$ref':'#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector'}],"
	  "'description':'Which.'}" },
	{ 3, "io.k8s.api.apps.v1.DeploymentSpec", "replicas",
	  "{'type':'integer','format':'int32','default':1,'description':'How many.'}" },
	{ 3, "io.k8s.api.core.v1.PodSpec", "volumes",
	  "{'type':'array','items':{'allOf':[{'$ref':'#/components/schemas/io.k8s.api.core.v1.Volume'}],'default':{}},"
	  "'description':'Volumes.','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['name'],"
	  "'x-kubernetes-patch-strategy':'merge,retainKeys','x-kubernetes-patch-merge-key':'name'}" },
	{ 3, "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "finalizers",
	  "{'type':'array','items':{'type':'string','default':''},'description':'Who must agree before the object goes.',"
	  "'x-kubernetes-list-type':'set','x-kubernetes-patch-strategy':'merge'}" },
	{ 3, "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference", "name",
	  "{'type':'string','default':'','description':'Name of the owner.'}" },
	{ 3, "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "creationTimestamp",
	  "{'allOf':[{'$ref':'#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.Time'}],"
	  "'description':'When the object was created; set by the server.'}" },
};

START_TEST(describes_types)
{
	EK_JSON struct ek_json *doc = document(schemas[_i].version, "apps", "v1"), *copy = NULL;
	const struct ek_json *d = definition(doc, schemas[_i].version, schemas[_i].type);

	ck_assert_ptr_nonnull(d);
	if (schemas[_i].field) {
		assert_json(ek_json_get(ek_json_get(d, "properties"), schemas[_i].field),
			    schemas[_i].want);
		return;
	}
	copy = ek_json_copy(d);
	ek_json_del(copy, "properties");
	assert_json(copy, schemas[_i].want);
}
END_TEST

START_TEST(properties_are_sorted)
{
	EK_JSON struct ek_json *doc = document(2, NULL, NULL);

	for (struct ek_json_iter d = ek_json_iter(ek_json_get(doc, "definitions"));
	     ek_json_next(&d);) {
		const char *last = "";

		for (struct ek_json_iter p = ek_json_iter(ek_json_get(d.value, "properties"));
		     ek_json_next(&p);) {
			ck_assert_int_lt(strcmp(last, p.key), 0);
			last = p.key;
		}
	}
}
END_TEST

/* v3 holds one group and version, v2 all */
START_TEST(scope)
{
	EK_JSON struct ek_json *v2 = document(2, NULL, NULL), *apps = document(3, "apps", "v1");
	EK_JSON struct ek_json *none = document(3, "apps", "v2");

	ck_assert_ptr_nonnull(ek_json_get(ek_json_get(v2, "paths"), "/api/v1/pods"));
	ck_assert_ptr_null(ek_json_get(ek_json_get(apps, "paths"), "/api/v1/pods"));
	ck_assert_ptr_nonnull(ek_json_get(ek_json_get(apps, "paths"), "/apis/apps/v1/deployments"));
	ck_assert_ptr_null(definition(apps, 3, "io.k8s.api.core.v1.Pod"));
	ck_assert_uint_eq(ek_json_len(ek_json_get(none, "paths")), 0);
	ck_assert_str_eq(ek_json_str_at(v2, "swagger"), "2.0");
	ck_assert_str_eq(ek_json_str_at(apps, "openapi"), "3.0.0");
}
END_TEST

/* ---- paths ---- */

#define DEPLOYMENTS "/apis/apps/v1/namespaces/{namespace}/deployments"
#define PODS "/api/v1/namespaces/{namespace}/pods"

static const struct {
	const char *path, *method, *id, *action, *gvk, *ok; /* type of the answer, NULL: text */
} operations[] = {
	{ DEPLOYMENTS, "get", "listAppsV1NamespacedDeployment", "list", "apps/v1/Deployment",
	  "io.k8s.api.apps.v1.DeploymentList" },
	{ DEPLOYMENTS, "post", "createAppsV1NamespacedDeployment", "post", "apps/v1/Deployment",
	  "io.k8s.api.apps.v1.Deployment" },
	{ DEPLOYMENTS, "delete", "deleteAppsV1CollectionNamespacedDeployment", "deletecollection", "apps/v1/Deployment",
	  "io.k8s.apimachinery.pkg.apis.meta.v1.Status" },
	{ DEPLOYMENTS "/{name}", "get", "readAppsV1NamespacedDeployment", "get", "apps/v1/Deployment",
	  "io.k8s.api.apps.v1.Deployment" },
	{ DEPLOYMENTS "/{name}", "put", "replaceAppsV1NamespacedDeployment", "put", "apps/v1/Deployment",
	  "io.k8s.api.apps.v1.Deployment" },
	{ DEPLOYMENTS "/{name}", "patch", "patchAppsV1NamespacedDeployment", "patch", "apps/v1/Deployment",
	  "io.k8s.api.apps.v1.Deployment" },
	{ DEPLOYMENTS "/{name}", "delete", "deleteAppsV1NamespacedDeployment", "delete", "apps/v1/Deployment",
	  "io.k8s.apimachinery.pkg.apis.meta.v1.Status" },
	{ "/apis/apps/v1/deployments", "get", "listAppsV1DeploymentForAllNamespaces", "list", "apps/v1/Deployment",
	  "io.k8s.api.apps.v1.DeploymentList" },
	{ DEPLOYMENTS "/{name}/status", "patch", "patchAppsV1NamespacedDeploymentStatus", "patch", "apps/v1/Deployment",
	  "io.k8s.api.apps.v1.Deployment" },
	{ DEPLOYMENTS "/{name}/scale", "put", "replaceAppsV1NamespacedDeploymentScale", "put", "autoscaling/v1/Scale",
	  "io.k8s.api.autoscaling.v1.Scale" },
	{ PODS "/{name}/log", "get", "readCoreV1NamespacedPodLog", "get", "/v1/Pod", NULL },
	{ PODS "/{name}/exec", "post", "connectCoreV1PostNamespacedPodExec", "connect", "/v1/PodExecOptions", NULL },
	{ PODS "/{name}/exec", "get", "connectCoreV1GetNamespacedPodExec", "connect", "/v1/PodExecOptions", NULL },
	{ PODS "/{name}/proxy", "head", "connectCoreV1HeadNamespacedPodProxy", "connect", "/v1/PodProxyOptions", NULL },
	{ PODS "/{name}/proxy/{path}", "options", "connectCoreV1OptionsNamespacedPodProxyWithPath", "connect",
	  "/v1/PodProxyOptions", NULL },
	{ "/apis/example.com/v1beta1/things", "post", "createExampleComV1beta1Thing", "post",
	  "example.com/v1beta1/Thing", "com.example.v1.Open" },
	{ "/apis/example.com/v1beta1/things/{name}", "get", "readExampleComV1beta1Thing", "get",
	  "example.com/v1beta1/Thing", "com.example.v1.Open" },
};

static const struct ek_json *operation(const struct ek_json *doc, const char *path,
				       const char *method)
{
	return ek_json_get(ek_json_get(ek_json_get(doc, "paths"), path), method);
}

START_TEST(describes_operations)
{
	EK_JSON struct ek_json *doc = document(2, NULL, NULL);
	const struct ek_json *op = operation(doc, operations[_i].path, operations[_i].method), *gvk,
			     *ok;
	EK_FREE char *got = NULL;

	ck_assert_ptr_nonnull(op);
	ck_assert_str_eq(ek_json_str_at(op, "operationId"), operations[_i].id);
	ck_assert_str_eq(ek_json_str_at(op, "x-kubernetes-action"), operations[_i].action);
	gvk = ek_json_get(op, "x-kubernetes-group-version-kind");
	got = ek_str_fmt("%s/%s/%s", ek_json_str_at(gvk, "group"), ek_json_str_at(gvk, "version"),
			 ek_json_str_at(gvk, "kind"));
	ck_assert_str_eq(got, operations[_i].gvk);
	ok = ek_json_at(op, "responses.200.schema");
	if (operations[_i].ok)
		ck_assert_str_eq(ek_json_str_at(ok, "$ref"),
				 EK_F("#/definitions/%s", operations[_i].ok));
	else
		ck_assert_str_eq(ek_json_str_at(ok, "type"), "string");
}
END_TEST

static bool has_param(const struct ek_json *op, const char *name)
{
	return ek_json_find(ek_json_get(op, "parameters"), "name", name, NULL);
}

/* kubectl looks for these in PATCH to choose between its own validation and the server's */
START_TEST(writes_take_dry_run_and_field_validation)
{
	EK_JSON struct ek_json *v2 = document(2, NULL, NULL), *v3 = document(3, "apps", "v1");
	static const char *const methods[][2] = {
		{ DEPLOYMENTS, "post" },
		{ DEPLOYMENTS "/{name}", "put" },
		{ DEPLOYMENTS "/{name}", "patch" },
		{ DEPLOYMENTS "/{name}/scale", "patch" },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(methods); i++) {
		const struct ek_json *a = operation(v2, methods[i][0], methods[i][1]);
		const struct ek_json *b = operation(v3, methods[i][0], methods[i][1]);

		ck_assert(has_param(a, "dryRun") && has_param(a, "fieldValidation"));
		ck_assert(has_param(b, "dryRun") && has_param(b, "fieldValidation"));
	}
	ck_assert(!has_param(operation(v3, DEPLOYMENTS "/{name}", "get"), "dryRun"));
	ck_assert(has_param(operation(v3, DEPLOYMENTS "/{name}", "delete"), "dryRun"));
	ck_assert(!has_param(operation(v3, DEPLOYMENTS "/{name}", "delete"), "fieldValidation"));
}
END_TEST

START_TEST(only_what_is_offered)
{
	EK_JSON struct ek_json *doc = document(2, NULL, NULL);

	ck_assert_ptr_null(operation(doc, "/apis/example.com/v1beta1/things", "delete"));
	ck_assert_ptr_null(operation(doc, "/apis/example.com/v1beta1/things/{name}", "patch"));
	ck_assert_ptr_null(operation(doc, DEPLOYMENTS "/{name}/scale", "delete"));
	ck_assert_ptr_null(operation(doc, PODS "/{name}/log", "post"));
	ck_assert_ptr_null(operation(doc, PODS "/{name}/exec", "head"));
	ck_assert_ptr_null(operation(doc, PODS "/{name}/exec/{path}", "get"));
}
END_TEST

START_TEST(v3_bodies)
{
	EK_JSON struct ek_json *doc = document(3, "apps", "v1");
	const struct ek_json *patch =
		ek_json_get(operation(doc, DEPLOYMENTS "/{name}", "patch"), "requestBody");
	const struct ek_json *post =
		ek_json_get(operation(doc, DEPLOYMENTS, "post"), "requestBody");

	ck_assert_ptr_nonnull(ek_json_get(ek_json_get(patch, "content"),
					  "application/strategic-merge-patch+json"));
	assert_json(ek_json_at(post, "content.*/*.schema"),
		    "{'$ref':'#/components/schemas/io.k8s.api.apps.v1.Deployment'}");
	ck_assert(ek_json_bool_at(post, "required", false));
}
END_TEST

/* ---- protobuf ---- */

struct field {
	uint64_t number, value; /* of a varint */
	const char *data;
	size_t len;
};

static bool take_varint(const char **p, const char *end, uint64_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; *p < end && shift < 64; shift += 7) {
		uint8_t c = (uint8_t) * (*p)++;

		*ret |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return true;
	}
	return false;
}

static bool take_field(const char **p, const char *end, struct field *f)
{
	uint64_t key, n;

	if (*p == end || !take_varint(p, end, &key))
		return false;
	*f = (struct field){ .number = key >> 3 };
	if ((key & 7) == 0)
		return take_varint(p, end, &f->value);
	if ((key & 7) != 2 || !take_varint(p, end, &n) || n > (uint64_t)(end - *p))
		return false;
	f->data = *p;
	f->len = (size_t)n;
	*p += n;
	return true;
}

/* How many fields `number` a message has; *ret becomes the one whose own field 1 is `name`. */
static size_t count(const char *data, size_t n, uint64_t number, const char *name,
		    struct field *ret)
{
	const char *p = data, *end = data + n;
	struct field f, g;
	size_t seen = 0;

	while (p < end) {
		ck_assert(take_field(&p, end, &f));
		if (f.number != number)
			continue;
		seen++;
		if (name) {
			const char *q = f.data;

			ck_assert(take_field(&q, f.data + f.len, &g));
			if (g.number != 1 || g.len != strlen(name) ||
			    memcmp(g.data, name, g.len) != 0)
				continue;
		}
		if (ret)
			*ret = f;
	}
	return seen;
}

/* Follow field numbers down, the first of each; fails the test when one is missing. */
static struct field walk(struct field f, const unsigned *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *p = f.data, *end = f.data + f.len;
		struct field next = { 0 };

		while (take_field(&p, end, &next) && next.number != numbers[i])
			;
		ck_assert_uint_eq(next.number, numbers[i]);
		f = next;
	}
	return f;
}
#define WALK(f, ...)                                  \
	walk(f, (const unsigned[]){ __VA_ARGS__ },    \
	     EK_ARRAY_LEN(((const unsigned[]){ __VA_ARGS__ })))

static void assert_text(struct field f, const char *want)
{
	ck_assert_uint_eq(f.len, strlen(want));
	ck_assert_mem_eq(f.data, want, f.len);
}

START_TEST(protobuf)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(MAX);
	EK_JSON struct ek_json *doc = document(2, NULL, NULL);
	struct field paths, definitions, parameters, f = { 0 }, top;

	ck_assert_int_eq(ek_openapi_v2_pb(t_kinds, &b), 0);
	top = (struct field){ .data = b.data, .len = b.len };
	assert_text(WALK(top, 1), "2.0");
	paths = WALK(top, 8);
	definitions = WALK(top, 9);
	parameters = WALK(top, 10);
	ck_assert_uint_eq(count(paths.data, paths.len, 2, NULL, NULL),
			  ek_json_len(ek_json_get(doc, "paths")));
	ck_assert_uint_eq(count(definitions.data, definitions.len, 1, NULL, NULL),
			  ek_json_len(ek_json_get(doc, "definitions")));
	ck_assert_uint_eq(count(parameters.data, parameters.len, 1, NULL, NULL),
			  ek_json_len(ek_json_get(doc, "parameters")));
	/* a field's reference: NamedSchema.value.properties.additional_properties.value._ref */
	count(definitions.data, definitions.len, 1, "io.k8s.api.core.v1.HTTPGetAction", &f);
	f = WALK(f, 2, 25);
	count(f.data, f.len, 1, "port", &f);
	assert_text(WALK(f, 2, 1), "#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString");
	/* an extension of a definition: vendor_extension { name, value { yaml } } */
	count(definitions.data, definitions.len, 1, "io.k8s.api.apps.v1.Deployment", &f);
	assert_text(WALK(f, 2, 31, 1), "x-kubernetes-group-version-kind");
	assert_text(WALK(f, 2, 31, 2, 2),
		    "[{\"group\":\"apps\",\"kind\":\"Deployment\",\"version\":\"v1\"}]");
	/* PathItem.patch.parameters: the first is dryRun, a query parameter */
	count(paths.data, paths.len, 2, DEPLOYMENTS "/{name}", &f);
	assert_text(WALK(f, 2, 8, 8, 1, 2, 3, 4), "dryRun");
	/* Responses { NamedResponseValue { name, value { Response { description } } } } */
	assert_text(WALK(f, 2, 8, 9, 1, 1), "200");
	assert_text(WALK(f, 2, 8, 9, 1, 2, 1, 1), "OK");
}
END_TEST

/* ---- the whole ---- */

START_TEST(deterministic)
{
	EK_BUF struct ek_buf a = EK_BUF_INIT(MAX), b = EK_BUF_INIT(MAX);

	ck_assert_int_eq(ek_openapi_v2_pb(t_kinds, &a), 0);
	ck_assert_int_eq(ek_openapi_v2_pb(t_kinds, &b), 0);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.data, b.data, a.len);
}
END_TEST

START_TEST(has_a_limit)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(1000);

	ck_assert_int_eq(ek_openapi_v2(t_kinds, &b), EK_ETOOLARGE);
	ek_buf_done(&b);
	ck_assert_int_eq(ek_openapi_v2_pb(t_kinds, &b), EK_ETOOLARGE);
	ek_buf_done(&b);
	ck_assert_int_eq(ek_openapi_v3("apps", "v1", t_kinds, &b), EK_ETOOLARGE);
}
END_TEST

EK_TESTS("schema/openapi", no_dangling_references, EK_ROWS(describes_types, schemas),
	 properties_are_sorted, scope, EK_ROWS(describes_operations, operations),
	 writes_take_dry_run_and_field_validation, only_what_is_offered, v3_bodies, protobuf,
	 deterministic, has_a_limit)
