/* SPDX-License-Identifier: Apache-2.0 */

/* Paths and operations: what a kind's verbs and subresources mean in HTTP. */

#include "openapi.h"

#include <ekube/str.h>
#include <ctype.h>
#include <stdlib.h>

/* ---- parameters ---- */

enum param_set {
	P_PATH   = 1 << 0, /* of the path item, for all its operations */
	P_LIST   = 1 << 1,
	P_CREATE = 1 << 2,
	P_UPDATE = 1 << 3,
	P_PATCH  = 1 << 4,
	P_DELETE = 1 << 5,
	P_DELETE_ALL = 1 << 6,
	P_WRITE  = P_CREATE | P_UPDATE | P_PATCH,
};

/*
 * `inlined`: kubectl before 1.27 looks for these two in the operation itself to learn whether the
 * server validates fields and dry-runs; it does not follow references to shared parameters.
 */
static const struct param {
	const char *name, *in, *type;
	unsigned    sets;
	bool        inlined;
	const char *doc;
} params[] = {
	{ "allowWatchBookmarks", "query", "boolean", P_LIST, false, "Send events of type BOOKMARK in a watch." },
	{ "continue", "query", "string", P_LIST | P_DELETE_ALL, false, "The token of the page before." },
	{ "dryRun", "query", "string", P_WRITE | P_DELETE | P_DELETE_ALL, true,
	  "All: everything is done but the write." },
	{ "fieldManager", "query", "string", P_WRITE, false, "Who makes the change, for managedFields." },
	{ "fieldSelector", "query", "string", P_LIST | P_DELETE_ALL, false, "Selects objects by their fields." },
	{ "fieldValidation", "query", "string", P_WRITE, true,
	  "Ignore, Warn or Strict: what unknown and duplicate fields lead to." },
	{ "force", "query", "boolean", P_PATCH, false, "Apply: take fields over from other managers." },
	{ "gracePeriodSeconds", "query", "integer", P_DELETE | P_DELETE_ALL, false,
	  "Seconds before the object goes; 0 means at once." },
	{ "ignoreStoreReadErrorWithClusterBreakingPotential", "query", "boolean", P_DELETE | P_DELETE_ALL, false,
	  "Delete an object that the store cannot read." },
	{ "labelSelector", "query", "string", P_LIST | P_DELETE_ALL, false, "Selects objects by their labels." },
	{ "limit", "query", "integer", P_LIST | P_DELETE_ALL, false, "At most so many objects in one answer." },
	{ "orphanDependents", "query", "boolean", P_DELETE | P_DELETE_ALL, false,
	  "Deprecated: use propagationPolicy." },
	{ "pretty", "query", "string", P_PATH, false, "Indent the answer." },
	{ "propagationPolicy", "query", "string", P_DELETE | P_DELETE_ALL, false,
	  "Orphan, Background or Foreground: what becomes of dependents." },
	{ "resourceVersion", "query", "string", P_LIST | P_DELETE_ALL, false, "Which version may answer." },
	{ "resourceVersionMatch", "query", "string", P_LIST | P_DELETE_ALL, false,
	  "How resourceVersion is meant: Exact or NotOlderThan." },
	{ "sendInitialEvents", "query", "boolean", P_LIST | P_DELETE_ALL, false,
	  "Begin a watch with the objects that are there." },
	{ "timeoutSeconds", "query", "integer", P_LIST | P_DELETE_ALL, false, "When the call ends." },
	{ "watch", "query", "boolean", P_LIST, false, "Answer with changes as they happen." },
};

static struct ek_json *parameter(const struct ek_openapi *o, const char *name, const char *in,
				 const char *type, const char *doc)
{
	EK_JSON struct ek_json *p =
		ek_json_make("{'name':%s,'in':%s,'description':%s}", name, in, doc);

	if (strcmp(in, "path") == 0)
		ek_json_set_bool(p, "required", true);
	if (o->version == 3) {
		ek_json_set(p, "schema", ek_json_make("{'type':%s,'uniqueItems':true}", type));
	} else {
		ek_json_set_str(p, "type", type);
		ek_json_set_bool(p, "uniqueItems", true);
	}
	return ek_steal(p);
}

static struct ek_json *shared(const char *name)
{
	struct ek_json *ref = ek_json_object();

	ek_json_set(ref, "$ref", ek_json_new_fmt("#/parameters/%s", name));
	return ref;
}

static void add_params(const struct ek_openapi *o, unsigned set, struct ek_json *list)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(params); i++) {
		const struct param *p = &params[i];

		if (!(p->sets & set))
			continue;
		if (o->version == 2 && !p->inlined)
			ek_json_append(list, shared(p->name));
		else
			ek_json_append(list, parameter(o, p->name, p->in, p->type, p->doc));
	}
}

static struct ek_json *body_parameter(const struct ek_openapi *o, const char *type_name,
				      bool required)
{
	EK_JSON struct ek_json *ref = ek_openapi_ref(o, type_name);

	return ek_json_make(required ? "{'name':'body','in':'body','required':true,'schema':%v}" :
				       "{'name':'body','in':'body','schema':%v}",
			    ref);
}

static const char *const namespace_doc = "Namespace of the object, for authorization and scope.";

void ek_openapi_parameters(struct ek_openapi *o, ek_openapi_emit emit, void *arg)
{
	EK_JSON struct ek_json *ns = parameter(o, "namespace", "path", "string", namespace_doc);
	EK_JSON struct ek_json *del = body_parameter(o, ek_type_delete_options.name, false);
	EK_JSON struct ek_json *patch =
		body_parameter(o, "io.k8s.apimachinery.pkg.apis.meta.v1.Patch", true);

	for (size_t i = 0; i < EK_ARRAY_LEN(params); i++) {
		EK_JSON struct ek_json *p =
			parameter(o, params[i].name, params[i].in, params[i].type, params[i].doc);

		if (!params[i].inlined)
			emit(arg, params[i].name, p);
	}
	emit(arg, "namespace", ns);
	emit(arg, "body-DeleteOptions", del);
	emit(arg, "body-Patch", patch);
}

/* ---- operations ---- */

/* What an operation takes and gives. */
enum body { BODY_NONE, BODY_OBJECT, BODY_PATCH, BODY_DELETE };
enum answer { GIVES_OBJECT, GIVES_LIST, GIVES_STATUS };

static const struct op {
	unsigned    verb;
	const char *method, *action, *id, *id_rest; /* "delete" + CoreV1 + "Collection" + NamespacedPod */
	const char *doc;                            /* with %s for the kind */
	unsigned    params;
	enum body   body;
	enum answer answer;
	bool        creates;                        /* may answer 201 */
	bool        accepts;                        /* may answer 202 */
} ops[] = {
	{ EK_V_GET, "get", "get", "read", "", "read the specified %s", 0, BODY_NONE, GIVES_OBJECT, false, false },
	{ EK_V_UPDATE, "put", "put", "replace", "", "replace the specified %s", P_UPDATE, BODY_OBJECT, GIVES_OBJECT,
	  true, false },
	{ EK_V_PATCH, "patch", "patch", "patch", "", "partially update the specified %s", P_PATCH, BODY_PATCH,
	  GIVES_OBJECT, true, false },
	{ EK_V_DELETE, "delete", "delete", "delete", "", "delete a %s", P_DELETE, BODY_DELETE, GIVES_STATUS, false,
	  true },
	{ EK_V_LIST, "get", "list", "list", "", "list or watch objects of kind %s", P_LIST, BODY_NONE, GIVES_LIST,
	  false, false },
	{ EK_V_CREATE, "post", "post", "create", "", "create a %s", P_CREATE, BODY_OBJECT, GIVES_OBJECT, true, true },
	{ EK_V_DELETECOLLECTION, "delete", "deletecollection", "delete", "Collection", "delete collection of %s",
	  P_DELETE_ALL, BODY_DELETE, GIVES_STATUS, false, false },
};

/* Verbs by the place they have in a path. */
enum {
	ON_ITEM = EK_V_GET | EK_V_UPDATE | EK_V_PATCH | EK_V_DELETE,
	ON_COLLECTION = EK_V_LIST | EK_V_CREATE | EK_V_DELETECOLLECTION,
};

/* Where an operation stands. */
struct place {
	const struct ek_kind        *kind;
	const struct ek_subresource *sub;
	bool                         namespaced; /* the path names one */
	bool                         everywhere; /* the list of all namespaces */
	char                         id[96];     /* "CoreV1" */
	char                         tag[96];    /* "core_v1" */
};

/* "rbac.authorization.k8s.io" -> "rbacAuthorization"; the first letter as asked. */
static void camel(char *out, size_t size, const char *s, bool capital)
{
	size_t n = strlen(s), to = 0;

	if (ek_str_ends(s, ".k8s.io"))
		n -= strlen(".k8s.io");
	for (size_t i = 0; i < n && to + 1 < size; i++) {
		if (!isalnum((unsigned char)s[i])) {
			capital = true;
			continue;
		}
		out[to++] = capital ? (char)toupper((unsigned char)s[i]) : s[i];
		capital = false;
	}
	out[to] = '\0';
}

static void name_place(struct place *p)
{
	const char *group = *p->kind->group ? p->kind->group : "core";
	char g[64], v[32];

	camel(g, sizeof(g), group, true);
	camel(v, sizeof(v), p->kind->version, true);
	ek_str_into(p->id, sizeof(p->id), "%s%s", g, v);
	camel(g, sizeof(g), group, false);
	ek_str_into(p->tag, sizeof(p->tag), "%s_%s", g, p->kind->version);
}

/* What follows the verb: "NamespacedPodStatus", "PodForAllNamespaces". */
static char *subject(const struct place *p)
{
	char sub[64] = "";

	if (p->sub)
		camel(sub, sizeof(sub), p->sub->name, true);
	return ek_str_fmt("%s%s%s%s", p->namespaced ? "Namespaced" : "", p->kind->kind, sub,
			  p->everywhere ? "ForAllNamespaces" : "");
}

static const char *object_type(const struct place *p)
{
	return p->sub && p->sub->type ? p->sub->type->name : p->kind->type->name;
}

static struct ek_json *place_gvk(const struct place *p)
{
	const struct ek_subresource *s = p->sub;

	return ek_openapi_gvk(s && s->group ? s->group : p->kind->group,
			      s && s->version ? s->version : p->kind->version,
			      s && s->kind ? s->kind : p->kind->kind);
}

static void add_content(struct ek_json *to, const char *type, const struct ek_json *schema)
{
	struct ek_json *content = ek_json_get(to, "content");

	if (!content) {
		content = ek_json_object();
		ek_json_set(to, "content", content);
	}
	ek_json_set(content, type, ek_json_make("{'schema':%v}", schema));
}

static const char *const media[] = { "application/json", "application/yaml" };
static const char *const patch_media[] = {
	"application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
};

static struct ek_json *strings(const char *const *items, size_t n)
{
	struct ek_json *out = ek_json_array();

	for (size_t i = 0; i < n; i++)
		ek_json_append(out, ek_json_new_str(items[i]));
	return out;
}

static struct ek_json *response(const struct ek_openapi *o, const char *doc,
				const struct ek_json *schema)
{
	struct ek_json *r = ek_json_make("{'description':%s}", doc);

	if (!schema)
		return r;
	if (o->version == 2)
		ek_json_set(r, "schema", ek_json_ref(schema));
	else
		for (size_t i = 0; i < EK_ARRAY_LEN(media); i++)
			add_content(r, media[i], schema);
	return r;
}

static struct ek_json *responses(const struct ek_openapi *o, const struct place *p,
				 const struct op *op)
{
	EK_FREE char *list = ek_openapi_list_name(p->kind);
	const char *type = op->answer == GIVES_LIST   ? list :
			   op->answer == GIVES_STATUS ? ek_type_status.name :
							object_type(p);
	EK_JSON struct ek_json *schema = ek_openapi_ref(o, type);
	struct ek_json *out = ek_json_object();

	ek_json_set(out, "200", response(o, "OK", schema));
	if (op->creates)
		ek_json_set(out, "201", response(o, "Created", schema));
	if (op->accepts)
		ek_json_set(out, "202", response(o, "Accepted", schema));
	ek_json_set(out, "401", response(o, "Unauthorized", NULL));
	return out;
}

static void add_body_v3(const struct ek_openapi *o, const struct place *p, enum body body,
			struct ek_json *out)
{
	const char *type = body == BODY_PATCH  ? "io.k8s.apimachinery.pkg.apis.meta.v1.Patch" :
			   body == BODY_DELETE ? ek_type_delete_options.name :
						 object_type(p);
	EK_JSON struct ek_json *schema = ek_openapi_ref(o, type);
	struct ek_json *request = ek_json_object();

	if (body == BODY_PATCH)
		for (size_t i = 0; i < EK_ARRAY_LEN(patch_media); i++)
			add_content(request, patch_media[i], schema);
	else
		add_content(request, "*/*", schema);
	if (body != BODY_DELETE)
		ek_json_set_bool(request, "required", true);
	ek_json_set(out, "requestBody", request);
}

static void add_body(const struct ek_openapi *o, const struct place *p, enum body body,
		     struct ek_json *out, struct ek_json *list)
{
	if (body == BODY_NONE)
		return;
	if (o->version == 3)
		add_body_v3(o, p, body, out);
	else if (body == BODY_PATCH)
		ek_json_append(list, shared("body-Patch"));
	else if (body == BODY_DELETE)
		ek_json_append(list, shared("body-DeleteOptions"));
	else
		ek_json_append(list, body_parameter(o, object_type(p), true));
}

static struct ek_json *operation_frame(const struct ek_openapi *o, const struct place *p,
				       const char *doc, const char *id, const char *action)
{
	EK_JSON struct ek_json *gvk = place_gvk(p);
	struct ek_json *out = ek_json_make(
		"{'description':%s,'operationId':%s,'tags':[%s],'x-kubernetes-action':%s,"
		"'x-kubernetes-group-version-kind':%v}",
		doc, id, p->tag, action, gvk);

	if (o->version == 2)
		ek_json_set(out, "schemes", ek_json_make("['https']"));
	return out;
}

static struct ek_json *operation(const struct ek_openapi *o, const struct place *p,
				 const struct op *op)
{
	EK_FREE char *what = subject(p),
		     *id = ek_str_fmt("%s%s%s%s", op->id, p->id, op->id_rest, what);
	EK_FREE char *of =
		p->sub ? ek_str_fmt("%s of the specified %s", p->sub->name, p->kind->kind) :
			 ek_str_dup(p->kind->kind);
	const char *at = strstr(op->doc, "the specified %s");
	EK_FREE char *doc = p->sub && at ?
				    ek_str_fmt("%.*s%s", (int)(at - op->doc), op->doc, of) :
				    ek_str_fmt("%.*s%s", (int)(strlen(op->doc) - 2), op->doc, of);
	struct ek_json *out = operation_frame(o, p, doc, id, op->action);
	EK_JSON struct ek_json *list = ek_json_array();

	add_params(o, op->params, list);
	add_body(o, p, op->body, out, list);
	if (ek_json_len(list) > 0)
		ek_json_set(out, "parameters", ek_steal(list));
	if (o->version == 2) {
		ek_json_set(out, "consumes",
			    op->body == BODY_PATCH ?
				    strings(patch_media, EK_ARRAY_LEN(patch_media)) :
				    ek_json_make("['*/*']"));
		ek_json_set(out, "produces", strings(media, EK_ARRAY_LEN(media)));
	}
	ek_json_set(out, "responses", responses(o, p, op));
	return out;
}

/* A connection or plain text: log, exec, attach, portforward, proxy. `more`: of its name. */
static struct ek_json *stream_operation(const struct ek_openapi *o, const struct place *p,
					const char *method, const char *more)
{
	bool is_log = strcmp(p->sub->name, "log") == 0;
	char name[16];
	EK_FREE char *what = subject(p), *doc = NULL, *id = NULL;
	EK_JSON struct ek_json *text = ek_json_make("{'type':'string'}");
	struct ek_json *out, *answers;

	camel(name, sizeof(name), method, true);
	id = is_log ? ek_str_fmt("read%s%s", p->id, what) :
		      ek_str_fmt("connect%s%s%s%s", p->id, name, what, more);
	doc = is_log ? ek_str_fmt("read log of the specified %s", p->kind->kind) :
		       ek_str_fmt("connect %s requests to %s of %s", name, p->sub->name,
				  p->kind->kind);
	out = operation_frame(o, p, doc, id, is_log ? "get" : "connect");
	answers = ek_json_object();
	if (o->version == 2) {
		ek_json_set(out, "consumes", ek_json_make("['*/*']"));
		ek_json_set(out, "produces", ek_json_make(is_log ? "['text/plain']" : "['*/*']"));
		ek_json_set(answers, "200", response(o, "OK", text));
	} else {
		struct ek_json *ok = response(o, "OK", NULL);

		add_content(ok, is_log ? "text/plain" : "*/*", text);
		ek_json_set(answers, "200", ok);
	}
	ek_json_set(answers, "401", response(o, "Unauthorized", NULL));
	ek_json_set(out, "responses", answers);
	return out;
}

/* ---- paths ---- */

static struct ek_json *path_parameters(const struct ek_openapi *o, const struct place *p,
				       bool named)
{
	struct ek_json *list = ek_json_array();
	EK_FREE char *doc = ek_str_fmt("Name of the %s.", p->kind->kind);

	if (named)
		ek_json_append(list, parameter(o, "name", "path", "string", doc));
	if (p->namespaced)
		ek_json_append(list, o->version == 2 ? shared("namespace") :
						       parameter(o, "namespace", "path", "string",
								 namespace_doc));
	add_params(o, P_PATH, list);
	return list;
}

/* The operations that `verbs` offer at one path; nothing is written when there are none. */
static void emit_path(struct ek_openapi *o, const struct place *p, const char *path, unsigned verbs,
		      bool named, ek_openapi_emit emit, void *arg)
{
	EK_JSON struct ek_json *item = ek_json_object();

	for (size_t i = 0; i < EK_ARRAY_LEN(ops); i++)
		if (verbs & ops[i].verb)
			ek_json_set(item, ops[i].method, operation(o, p, &ops[i]));
	if (ek_json_len(item) == 0)
		return;
	ek_json_set(item, "parameters", path_parameters(o, p, named));
	emit(arg, path, item);
}

/* `below`: any path may follow. */
static void emit_stream(struct ek_openapi *o, const struct place *p, const char *path, bool below,
			ek_openapi_emit emit, void *arg)
{
	static const struct {
		unsigned verb;
		const char *method;
	} methods[] = {
		{ EK_V_GET, "get" },	   { EK_V_CREATE, "post" }, { EK_V_UPDATE, "put" },
		{ EK_V_DELETE, "delete" }, { EK_V_PATCH, "patch" }, { EK_V_PROXY, "head" },
		{ EK_V_PROXY, "options" },
	};
	EK_JSON struct ek_json *item = ek_json_object();
	struct ek_json *list;

	for (size_t i = 0; i < EK_ARRAY_LEN(methods); i++)
		if ((p->sub->verbs & methods[i].verb) == methods[i].verb)
			ek_json_set(item, methods[i].method,
				    stream_operation(o, p, methods[i].method, below ? "WithPath" : ""));
	if (ek_json_len(item) == 0)
		return;
	list = path_parameters(o, p, true);
	if (below)
		ek_json_append(list, parameter(o, "path", "path", "string", "Path at the backend."));
	ek_json_set(item, "parameters", list);
	emit(arg, path, item);
}

static void emit_streams(struct ek_openapi *o, const struct place *p, const char *path,
			 ek_openapi_emit emit, void *arg)
{
	EK_FREE char *below = ek_str_fmt("%s/{path}", path);

	emit_stream(o, p, path, false, emit, arg);
	if (strcmp(p->sub->name, "proxy") == 0)
		emit_stream(o, p, below, true, emit, arg);
}

static void emit_kind(struct ek_openapi *o, const struct ek_kind *k, ek_openapi_emit emit,
		      void *arg)
{
	char gv[96];
	EK_FREE char *root =
		ek_str_fmt("%s/%s/", *k->group ? "/apis" : "/api", ek_kind_api_version(k, gv));
	EK_FREE char *collection = ek_str_fmt(
		"%s%s%s", root, k->namespaced ? "namespaces/{namespace}/" : "", k->plural);
	EK_FREE char *all = ek_str_fmt("%s%s", root, k->plural),
		     *item = ek_str_fmt("%s/{name}", collection);
	struct place p = { .kind = k, .namespaced = k->namespaced };

	name_place(&p);
	emit_path(o, &p, collection, k->verbs & ON_COLLECTION, false, emit, arg);
	emit_path(o, &p, item, k->verbs & ON_ITEM, true, emit, arg);
	for (const struct ek_subresource *s = k->subresources; s && s->name; s++) {
		EK_FREE char *path = ek_str_fmt("%s/%s", item, s->name);

		p.sub = s;
		if (s->stream)
			emit_streams(o, &p, path, emit, arg);
		else
			emit_path(o, &p, path, s->verbs & (ON_ITEM | EK_V_CREATE), true, emit, arg);
	}
	p = (struct place){ .kind = k, .everywhere = true };
	name_place(&p);
	if (k->namespaced)
		emit_path(o, &p, all, k->verbs & EK_V_LIST, false, emit, arg);
}

void ek_openapi_paths(struct ek_openapi *o, ek_openapi_emit emit, void *arg)
{
	for (size_t i = 0; i < o->kinds.n; i++)
		emit_kind(o, o->kinds.items[i], emit, arg);
}
