/* SPDX-License-Identifier: Apache-2.0 */

/* Definitions: what a table says of a type, in OpenAPI's words. */

#include "openapi.h"

#include "kinds/tables.h"

#include <stdlib.h>

#define META "io.k8s.apimachinery.pkg.apis.meta.v1."

/* ---- types that are leaves in the tables but have a name in OpenAPI ---- */

static EK_RAW_TYPE(time_type, META "Time", "A time of RFC 3339, in whole seconds.");
static EK_RAW_TYPE(micro_time_type, META "MicroTime", "A time of RFC 3339, in microseconds.");
static EK_RAW_TYPE(duration_type, META "Duration", "A duration as Go writes it: \"1h30m\".");
static EK_RAW_TYPE(quantity_type, "io.k8s.apimachinery.pkg.api.resource.Quantity",
		   "A number with an SI suffix: \"100m\", \"1Gi\".");
static EK_RAW_TYPE(int_or_string_type, "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
		   "A number, or a string such as \"25%\" or the name of a port.");

static const struct {
	const struct ek_type *type;
	const char *v2, *v3; /* the schema, as a template */
} leaves[] = {
	{ &time_type, "{'type':'string','format':'date-time'}", NULL },
	{ &micro_time_type, "{'type':'string','format':'date-time'}", NULL },
	{ &duration_type, "{'type':'string'}", NULL },
	{ &quantity_type, "{'type':'string'}", "{'oneOf':[{'type':'string'},{'type':'number'}]}" },
	{ &int_or_string_type, "{'type':'string','format':'int-or-string'}",
	  "{'format':'int-or-string','oneOf':[{'type':'integer'},{'type':'string'}]}" },
};

/* The named type of a value, NULL for a plain one. */
static const struct ek_type *named_type(const struct ek_field *f)
{
	switch (f->type) {
	case EK_F_OBJ:
		return f->of;
	case EK_F_RAW:
		return f->of ? f->of : &ek_type_raw_extension;
	case EK_F_TIME:
		return &time_type;
	case EK_F_MICROTIME:
		return &micro_time_type;
	case EK_F_DURATION:
		return &duration_type;
	case EK_F_QUANTITY:
		return &quantity_type;
	case EK_F_INTORSTR:
		return &int_or_string_type;
	default:
		return NULL;
	}
}

/* ---- what is in the document ---- */

static void add_type(struct ek_openapi *o, const struct ek_type *t)
{
	const struct ek_type_index *ix;

	if (ek_map_get(&o->types, t->name))
		return;
	(void)ek_map_put(&o->types, t->name, (void *)(uintptr_t)t);
	ix = ek_type_index(t);
	for (size_t i = 0; i < ix->n; i++) {
		const struct ek_type *named = named_type(ix->rows[i].f);

		if (named)
			add_type(o, named);
	}
}

static void add_gvk(struct ek_openapi *o, const char *type_name, const char *group,
		    const char *version, const char *kind)
{
	struct ek_json *list = ek_map_get(&o->gvks, type_name);
	EK_JSON struct ek_json *gvk = ek_openapi_gvk(group, version, kind);

	if (!list) {
		list = ek_json_array();
		(void)ek_map_put(&o->gvks, type_name, list);
	}
	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);)
		if (ek_json_equal(it.value, gvk))
			return;
	ek_json_append(list, ek_steal(gvk));
}

static void add_kind(struct ek_openapi *o, const struct ek_kind *k)
{
	EK_FREE char *list_name = ek_openapi_list_name(k),
		     *list_kind = ek_str_fmt("%sList", k->kind);

	ek_vec_push(&o->kinds, k);
	add_type(o, k->type);
	add_gvk(o, k->type->name, k->group, k->version, k->kind);
	add_gvk(o, ek_type_delete_options.name, k->group, k->version, "DeleteOptions");
	if (k->verbs & EK_V_LIST)
		add_gvk(o, list_name, k->group, k->version, list_kind);
	for (const struct ek_subresource *s = k->subresources; s && s->name; s++) {
		if (!s->type)
			continue;
		add_type(o, s->type);
		add_gvk(o, s->type->name, s->group ? s->group : k->group,
			s->version ? s->version : k->version, s->kind ? s->kind : k->kind);
	}
}

void ek_openapi_init(struct ek_openapi *o, int version, const char *group, const char *gv_version,
		     const struct ek_kind *const *kinds)
{
	*o = (struct ek_openapi){ .version = version };
	add_type(o, &ek_type_status);
	add_type(o, &ek_type_delete_options);
	add_type(o, &ek_type_patch);
	add_type(o, &ek_type_list_meta);
	add_gvk(o, ek_type_status.name, "", "v1", "Status");
	for (; *kinds; kinds++)
		if (!group || (strcmp((*kinds)->group, group) == 0 &&
			       strcmp((*kinds)->version, gv_version) == 0))
			add_kind(o, *kinds);
}

void ek_openapi_done(struct ek_openapi *o)
{
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&o->gvks, e));)
		ek_json_unref(e->value);
	ek_map_done(&o->gvks);
	ek_map_done(&o->types);
	ek_vec_done(&o->kinds);
}

/* ---- names and references ---- */

char *ek_openapi_list_name(const struct ek_kind *k)
{
	return ek_str_fmt("%sList", k->type->name);
}

struct ek_json *ek_openapi_ref(const struct ek_openapi *o, const char *type_name)
{
	struct ek_json *ref = ek_json_object();

	ek_json_set(ref, "$ref",
		    ek_json_new_fmt("%s%s",
				    o->version == 2 ? "#/definitions/" : "#/components/schemas/",
				    type_name));
	return ref;
}

struct ek_json *ek_openapi_gvk(const char *group, const char *version, const char *kind)
{
	return ek_json_make("{'group':%s,'kind':%s,'version':%s}", group, kind, version);
}

/* ---- schemas ---- */

static struct ek_json *parse(const char *json)
{
	struct ek_json *v = NULL;

	EK_ASSERT(ek_json_parse(json, strlen(json), EK_JSON_MAX_BYTES, &v, NULL, NULL) == 0);
	return v;
}

/*
 * v3 lets nothing stand beside a reference: with a description or a default it is wrapped. A struct
 * that is no pointer always exists and so has the default {}.
 */
static struct ek_json *wrap_ref(const struct ek_openapi *o, struct ek_json *take_ref, bool dflt)
{
	EK_JSON struct ek_json *ref = take_ref;

	if (o->version == 2)
		return ek_steal(ref);
	return ek_json_make(dflt ? "{'allOf':[%v],'default':{}}" : "{'allOf':[%v]}", ref);
}

static const char *plain_schema(const struct ek_field *f, const char **ret_zero)
{
	*ret_zero = "0";
	switch (f->type) {
	case EK_F_INT32:
		return "{\"type\":\"integer\",\"format\":\"int32\"}";
	case EK_F_INT64:
		return "{\"type\":\"integer\",\"format\":\"int64\"}";
	case EK_F_DOUBLE:
		return "{\"type\":\"number\",\"format\":\"double\"}";
	case EK_F_BOOL:
		*ret_zero = "false";
		return "{\"type\":\"boolean\"}";
	case EK_F_BYTES:
		*ret_zero = NULL;
		return "{\"type\":\"string\",\"format\":\"byte\"}";
	default:
		*ret_zero = "\"\"";
		return "{\"type\":\"string\"}";
	}
}

/* One value, element or member, without what is said of the field. always: it is never nil. */
static struct ek_json *one_schema(const struct ek_openapi *o, const struct ek_field *f, bool always)
{
	const struct ek_type *named = named_type(f);
	struct ek_json *out;
	const char *zero;

	if (named) {
		struct ek_json *ref = ek_openapi_ref(o, named->name);

		if (!always || f->type != EK_F_OBJ)
			return ref;
		return wrap_ref(o, ref, true);
	}
	out = parse(plain_schema(f, &zero));
	if (f->one_of) {
		struct ek_json *values = ek_json_array();

		for (size_t i = 0; f->one_of[i]; i++)
			ek_json_append(values, ek_json_new_str(f->one_of[i]));
		ek_json_set(out, "enum", values);
	}
	if (o->version == 3 && always && zero)
		ek_json_set(out, "default", parse(zero));
	return out;
}

static struct ek_json *shape_schema(const struct ek_openapi *o, const struct ek_field *f,
				    enum ek_fshape shape)
{
	EK_JSON struct ek_json *below = NULL;

	switch (shape) {
	case EK_LIST:
		below = one_schema(o, f, true);
		return ek_json_make("{'type':'array','items':%v}", below);
	case EK_MAP:
		below = one_schema(o, f, true);
		return ek_json_make("{'type':'object','additionalProperties':%v}", below);
	case EK_MAP_OF_LISTS:
		below = shape_schema(o, f, EK_LIST);
		return ek_json_make("{'type':'object','additionalProperties':%v}", below);
	default:
		return one_schema(o, f,
				  !(f->flags & EK_POINTER) &&
					  (f->type == EK_F_OBJ || (f->flags & EK_KEEP)));
	}
}

static void add_list_extensions(const struct ek_field *f, struct ek_json *schema)
{
	const char *type = (f->flags & EK_LIST_MAP) ? "map" :
			   (f->flags & EK_LIST_SET) ? "set" :
			   (f->flags & EK_ATOMIC)   ? "atomic" :
						      NULL;

	if (f->shape != EK_LIST) {
		if (f->flags & EK_ATOMIC)
			ek_json_set_str(schema, "x-kubernetes-map-type", "atomic");
		return;
	}
	if ((f->flags & EK_LIST_MAP) && f->list_keys) {
		struct ek_json *keys = ek_json_array();
		EK_FREE char *text = ek_str_dup(f->list_keys);
		char *parts[16];
		size_t n = ek_str_split(text, ',', parts, EK_ARRAY_LEN(parts));

		for (size_t i = 0; i < n; i++)
			ek_json_append(keys, ek_json_new_str(parts[i]));
		ek_json_set(schema, "x-kubernetes-list-map-keys", keys);
	}
	ek_json_set_str(schema, "x-kubernetes-list-type", type);
}

static void add_patch_extensions(const struct ek_field *f, struct ek_json *schema)
{
	unsigned how = f->flags & (EK_PATCH_MERGE | EK_PATCH_RETAIN | EK_PATCH_REPLACE);
	const char *strategy = how == (EK_PATCH_MERGE | EK_PATCH_RETAIN) ? "merge,retainKeys" :
			       how == EK_PATCH_MERGE			 ? "merge" :
			       how == EK_PATCH_RETAIN			 ? "retainKeys" :
			       how == EK_PATCH_REPLACE			 ? "replace" :
									   NULL;

	ek_json_set_str(schema, "x-kubernetes-patch-merge-key", f->merge_key);
	ek_json_set_str(schema, "x-kubernetes-patch-strategy", strategy);
}

static struct ek_json *field_schema(const struct ek_openapi *o, const struct ek_field *f)
{
	struct ek_json *schema = shape_schema(o, f, f->shape);

	if (o->version == 3 && ek_json_get(schema, "$ref"))
		schema = wrap_ref(o, schema, false);
	if (o->version == 3 && f->dflt)
		ek_json_set(schema, "default", parse(f->dflt));
	ek_json_set_str(schema, "description", f->doc);
	add_list_extensions(f, schema);
	add_patch_extensions(f, schema);
	return schema;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Properties in alphabetical order: `kubectl explain` shows them as they come. */
static void add_properties(const struct ek_openapi *o, const struct ek_type *t,
			   struct ek_json *schema)
{
	const struct ek_type_index *ix = ek_type_index(t);
	EK_FREE const char **names = ek_calloc(ix->n + 1, sizeof(*names));
	struct ek_json *properties = ek_json_object();
	EK_JSON struct ek_json *required = ek_json_array();

	for (size_t i = 0; i < ix->n; i++)
		names[i] = ix->rows[i].f->name;
	qsort(names, ix->n, sizeof(*names), compare);
	for (size_t i = 0; i < ix->n; i++) {
		const struct ek_field *f = ek_type_field(t, names[i]);

		ek_json_set(properties, f->name, field_schema(o, f));
		if ((f->flags & EK_KEEP) && !(f->flags & EK_OPTIONAL))
			ek_json_append(required, ek_json_new_str(f->name));
	}
	ek_json_set(schema, "properties", properties);
	if (ek_json_len(required) > 0)
		ek_json_set(schema, "required", ek_steal(required));
}

static struct ek_json *leaf_definition(const struct ek_openapi *o, const struct ek_type *t)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(leaves); i++)
		if (leaves[i].type == t)
			return ek_json_make(o->version == 3 && leaves[i].v3 ? leaves[i].v3 :
									      leaves[i].v2);
	if (t->n_fields == 0 && (t->flags & EK_OPEN))
		return ek_json_object(); /* not even an object: any value */
	return ek_json_make("{'type':'object'}");
}

static struct ek_json *definition(const struct ek_openapi *o, const struct ek_type *t)
{
	struct ek_json *gvks = ek_map_get(&o->gvks, t->name), *schema = leaf_definition(o, t);

	ek_json_set_str(schema, "description", t->doc);
	if (t->n_fields > 0) {
		add_properties(o, t, schema);
		if (t->flags & EK_OPEN)
			ek_json_set_bool(schema, "x-kubernetes-preserve-unknown-fields", true);
	}
	if (gvks)
		ek_json_set(schema, "x-kubernetes-group-version-kind", ek_json_copy(gvks));
	if (t->flags & EK_ATOMIC)
		ek_json_set_str(schema, "x-kubernetes-map-type", "atomic");
	return schema;
}

static struct ek_json *list_definition(const struct ek_openapi *o, const struct ek_kind *k)
{
	EK_FREE char *name = ek_openapi_list_name(k), *doc = ek_str_fmt("A list of %s.", k->kind);
	const struct ek_field rows[] = {
		EK_ROWS_TYPE_META,
		{ "metadata", EK_F_OBJ, .of = &ek_type_list_meta, .doc = "What all lists have." },
		{ "items", EK_F_OBJ, EK_LIST, EK_KEEP, .of = k->type, .doc = "The elements." },
	};
	struct ek_type_cache cache = { 0 };
	const struct ek_type t = { .name = name,
				   .doc = doc,
				   .fields = rows,
				   .n_fields = EK_ARRAY_LEN(rows),
				   .cache = &cache };
	struct ek_json *schema = definition(o, &t);

	ek_type_cache_done(&cache);
	return schema;
}

void ek_openapi_definitions(struct ek_openapi *o, ek_openapi_emit emit, void *arg)
{
	EK_VEC(const char *) names = { 0 };
	struct ek_map lists = { 0 }; /* name -> kind; its keys are the names that are kept */

	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&o->types, e));)
		ek_vec_push(&names, e->key);
	for (size_t i = 0; i < o->kinds.n; i++) {
		EK_FREE char *name = ek_openapi_list_name(o->kinds.items[i]);

		if ((o->kinds.items[i]->verbs & EK_V_LIST) && !ek_map_get(&lists, name))
			(void)ek_map_put(&lists, name, (void *)(uintptr_t)o->kinds.items[i]);
	}
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&lists, e));)
		ek_vec_push(&names, e->key);
	if (names.n > 1)
		qsort(names.items, names.n, sizeof(*names.items), compare);
	for (size_t i = 0; i < names.n; i++) {
		const struct ek_kind *of_list = ek_map_get(&lists, names.items[i]);
		EK_JSON struct ek_json *schema =
			of_list ? list_definition(o, of_list) :
				  definition(o, ek_map_get(&o->types, names.items[i]));

		emit(arg, names.items[i], schema);
	}
	ek_vec_done(&names);
	ek_map_done(&lists);
}
