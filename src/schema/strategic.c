/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Strategic merge patch on maps: k8s.io/apimachinery/pkg/util/strategicpatch as the server applies
 * it (parallel lists are merged, unmatched nulls dropped). Values are private copies, edited in
 * place.
 */

#include "strategic.h"

#include "decode.h"

#include <ekube/str.h>
#include <stdlib.h>

#define DELETE_LIST   "$deleteFromPrimitiveList"
#define RETAIN_KEYS   "$retainKeys"
#define ELEMENT_ORDER "$setElementOrder"

enum { MAX_MESSAGE = 64 << 10 };

/* ---- errors ---- */

int ek_smp_bad_type(const char *expected, const struct ek_json *actual, struct ek_err *err)
{
	static const char *const go[] = {
		[EK_JSON_ABSENT] = "%!s(<nil>)",
		[EK_JSON_NULL] = "%!s(<nil>)",
		[EK_JSON_BOOL] = "bool",
		[EK_JSON_INT] = "int64",
		[EK_JSON_REAL] = "float64",
		[EK_JSON_STR] = "string",
		[EK_JSON_ARRAY] = "[]interface {}",
		[EK_JSON_OBJECT] = "map[string]interface {}",
	};

	return ek_fail(err, EK_EINVALID, "expected a %s, but received a %s", expected,
		       go[ek_json_type(actual)]);
}

int ek_smp_no_merge_key(const struct ek_json *map, const char *key, struct ek_err *err)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(MAX_MESSAGE);

	ek_go_print(&text, map);
	return ek_fail(err, EK_EINVALID, "map: %s does not contain declared merge key: %s",
		       text.data, key);
}

int ek_smp_bad_directive(const struct ek_json *directive, const struct ek_json *map,
			 struct ek_err *err)
{
	EK_BUF struct ek_buf type = EK_BUF_INIT(MAX_MESSAGE), text = EK_BUF_INIT(MAX_MESSAGE);

	ek_go_print(&type, directive);
	ek_go_print(&text, map);
	return ek_fail(err, EK_EINVALID, "unknown patch type: %s in map: %s",
		       type.data ? type.data : "", text.data);
}

/* ---- helpers ---- */

/* Names of members, copied: the object may change while they are walked. */
struct names {
	EK_VEC(char *) v;
};

static void names_done(struct names *n)
{
	for (size_t i = 0; i < n->v.n; i++)
		free(n->v.items[i]);
	ek_vec_done(&n->v);
}

static struct names names_of(const struct ek_json *obj)
{
	struct names n = { 0 };

	for (struct ek_json_iter it = ek_json_iter(obj); ek_json_next(&it);)
		ek_vec_push(&n.v, ek_str_dup(it.key));
	return n;
}

/* Take a member out, so that it has one owner again; null keeps its place among the others. */
static struct ek_json *take(struct ek_json *obj, const char *key)
{
	struct ek_json *v = ek_json_ref(ek_json_get(obj, key));

	ek_json_set(obj, key, ek_json_null());
	return v;
}

bool ek_smp_remove_directives(struct ek_json *v)
{
	if (ek_json_is_object(v)) {
		EK_CLEANUP(names_done) struct names names = names_of(v);

		if (ek_json_get(v, "$patch"))
			return false;
		for (size_t i = 0; i < names.v.n; i++)
			if (!ek_smp_remove_directives(ek_json_get(v, names.v.items[i])))
				ek_json_del(v, names.v.items[i]);
	} else if (ek_json_is_array(v)) {
		for (size_t i = ek_json_len(v); i > 0; i--)
			if (!ek_smp_remove_directives(ek_json_elem(v, i - 1)))
				ek_json_remove(v, i - 1);
	}
	return true;
}

/* Nulls delete; in what is new there is nothing to delete. */
static void discard_nulls(struct ek_json *v)
{
	if (ek_json_is_object(v)) {
		EK_CLEANUP(names_done) struct names names = names_of(v);

		for (size_t i = 0; i < names.v.n; i++)
			if (ek_json_is_null(ek_json_get(v, names.v.items[i])))
				ek_json_del(v, names.v.items[i]);
	}
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
		discard_nulls(it.value);
}

/* "$setElementOrder/containers" -> "containers" */
static const char *parallel_name(const char *key, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(key, prefix, n) == 0 && key[n] == '/' ? key + n + 1 : NULL;
}

/* How the member merges; *ret_f is NULL when nothing is known of it. */
static int look_up(const struct ek_type *t, const char *name, const struct ek_field **ret_f,
		   struct ek_err *err)
{
	EK_BUF struct ek_buf quoted = EK_BUF_INIT(MAX_MESSAGE);

	*ret_f = t ? ek_type_field(t, name) : NULL;
	if (*ret_f || !t || (t->flags & EK_OPEN))
		return 0;
	ek_go_quote(&quoted, name);
	return ek_fail(err, EK_EINVALID,
		       "unable to find api field in struct %s for the json field %s",
		       ek_go_struct(t), quoted.data);
}

static struct ek_smp_list list_of(const struct ek_field *f)
{
	return (struct ek_smp_list){
		.elem = f && f->type == EK_F_OBJ ? f->of : NULL,
		.merge_key = f && f->merge_key ? f->merge_key : "",
		.merges = f && (f->flags & EK_PATCH_MERGE),
	};
}

/* ---- directives ---- */

static int apply_directive(struct ek_json **original, const struct ek_json *directive,
			   struct ek_json *patch, struct ek_err *err)
{
	struct ek_json *to;

	if (ek_streq(ek_json_str(directive), "delete")) {
		to = ek_json_object();
	} else if (ek_streq(ek_json_str(directive), "replace")) {
		to = ek_json_copy(patch);
		ek_json_del(to, "$patch");
	} else {
		return ek_smp_bad_directive(directive, patch, err);
	}
	ek_json_unref(*original);
	*original = to;
	return 0;
}

/* "$retainKeys": only the named members survive, and the patch may set no other. */
static int retain_keys(struct ek_json *original, struct ek_json *patch, struct ek_err *err)
{
	EK_CLEANUP(names_done) struct names names = names_of(original);
	EK_JSON struct ek_json *retain = ek_json_ref(ek_json_get(patch, RETAIN_KEYS));

	if (!retain)
		return 0;
	ek_json_del(patch, RETAIN_KEYS);
	if (!ek_json_is_array(retain))
		return ek_fail(err, EK_EBADREQUEST, "invalid patch format of retainKeys");
	for (struct ek_json_iter it = ek_json_iter(patch); ek_json_next(&it);)
		if (!ek_json_is_null(it.value) && !ek_str_starts(it.key, DELETE_LIST) &&
		    !ek_str_starts(it.key, ELEMENT_ORDER) && !ek_json_has_str(retain, it.key))
			return ek_fail(err, EK_EBADREQUEST, "invalid patch format of retainKeys");
	for (size_t i = 0; i < names.v.n; i++)
		if (!ek_json_has_str(retain, names.v.items[i]))
			ek_json_del(original, names.v.items[i]);
	return 0;
}

/* One "$setElementOrder/x", together with the patch's own x: both are done with afterwards. */
static int set_order(const struct ek_type *t, struct ek_json *original, struct ek_json *patch,
		     const char *key, struct ek_err *err)
{
	EK_JSON struct ek_json *order = take(patch, key), *patch_list = NULL, *out = NULL;
	const char *name = parallel_name(key, ELEMENT_ORDER);
	const struct ek_field *f;
	struct ek_smp_list how;
	int rc;

	ek_json_del(patch, key);
	if (!ek_json_is_array(order))
		return ek_smp_bad_type("[]interface {}", order, err);
	if (!name)
		return ek_fail(err, EK_EBADREQUEST, "invalid patch format of setElementOrder list");
	rc = look_up(t, name, &f, err);
	if (rc < 0)
		return rc;
	how = list_of(f);
	if (ek_json_get(patch, name))
		patch_list = take(patch, name);
	rc = ek_smp_order_list(&how, ek_json_get(original, name), patch_list, order, &out, err);
	if (rc < 0)
		return rc;
	ek_json_del(patch, name);
	if (out)
		ek_json_set(original, name, ek_steal(out));
	return 0;
}

static int set_orders(const struct ek_type *t, struct ek_json *original, struct ek_json *patch,
		      struct ek_err *err)
{
	EK_CLEANUP(names_done) struct names names = names_of(patch);

	for (size_t i = 0; i < names.v.n; i++) {
		int rc;

		if (!ek_str_starts(names.v.items[i], ELEMENT_ORDER))
			continue;
		rc = set_order(t, original, patch, names.v.items[i], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- members ---- */

/* What is new, or of another type than before, takes the place as it is. */
static void put(struct ek_json *original, const char *name, const struct ek_json *v)
{
	EK_JSON struct ek_json *copy = ek_json_copy(v);

	discard_nulls(copy);
	if (ek_smp_remove_directives(copy))
		ek_json_set(original, name, ek_steal(copy));
	else
		ek_json_del(original, name);
}

static int merge_object(const struct ek_field *f, struct ek_json *original, const char *name,
			struct ek_json *patch, struct ek_err *err)
{
	const struct ek_type *t = f && f->type == EK_F_OBJ && f->shape == EK_ONE ? f->of : NULL;
	EK_JSON struct ek_json *child = NULL;
	int rc;

	if (f && (f->flags & EK_PATCH_REPLACE)) {
		ek_json_set(original, name, ek_json_copy(patch));
		return 0;
	}
	child = take(original, name);
	rc = ek_smp_merge_map(t, &child, patch, err);
	if (rc < 0)
		return rc;
	ek_json_set(original, name, ek_steal(child));
	return 0;
}

static int merge_array(const struct ek_field *f, struct ek_json *original, const char *name,
		       const struct ek_json *patch, bool is_delete, struct ek_err *err)
{
	const struct ek_smp_list how = list_of(f);
	EK_JSON struct ek_json *child = take(original, name), *out = NULL;
	int rc;

	if (!how.merges && !is_delete) {
		ek_json_set(original, name, ek_json_copy(patch));
		return 0;
	}
	rc = ek_smp_merge_list(&how, child, patch, is_delete, &out, err);
	if (rc < 0)
		return rc;
	ek_json_set(original, name, ek_steal(out));
	return 0;
}

static bool same_type(const struct ek_json *a, const struct ek_json *b)
{
	return ek_json_type(a) == ek_json_type(b);
}

static int merge_member(const struct ek_type *t, struct ek_json *original, struct ek_json *patch,
			const char *key, struct ek_err *err)
{
	bool is_delete = ek_str_starts(key, DELETE_LIST);
	const char *name = is_delete ? parallel_name(key, DELETE_LIST) : key;
	struct ek_json *v = ek_json_get(patch, key), *had;
	const struct ek_field *f;
	int rc;

	if (!name)
		return ek_fail(err, EK_EBADREQUEST, "invalid patch format of primitive list");
	had = ek_json_get(original, name);
	if (ek_json_is_null(v)) {
		ek_json_del(original, name);
		return 0;
	}
	if (!had || !same_type(had, v)) {
		if (!is_delete)
			put(original, name, v);
		return 0;
	}
	if (!ek_json_is_object(v) && !ek_json_is_array(v)) {
		ek_json_set(original, name, ek_json_ref(v));
		return 0;
	}
	rc = look_up(t, name, &f, err);
	if (rc < 0)
		return rc;
	if (ek_json_is_object(v))
		return merge_object(f, original, name, v, err);
	return merge_array(f, original, name, v, is_delete, err);
}

int ek_smp_merge_map(const struct ek_type *t, struct ek_json **original, struct ek_json *patch,
		     struct ek_err *err)
{
	const struct ek_json *directive = ek_json_get(patch, "$patch");
	EK_CLEANUP(names_done) struct names names = { 0 };
	int rc;

	if (directive)
		return apply_directive(original, directive, patch, err);
	rc = retain_keys(*original, patch, err);
	if (rc < 0)
		return rc;
	rc = set_orders(t, *original, patch, err);
	if (rc < 0)
		return rc;
	names = names_of(patch);
	for (size_t i = 0; i < names.v.n; i++) {
		rc = merge_member(t, *original, patch, names.v.items[i], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int ek_strategic_patch(const struct ek_type *t, const struct ek_json *doc,
		       const struct ek_json *patch, struct ek_json **ret, struct ek_err *err)
{
	EK_JSON struct ek_json *original = ek_json_is_object(doc) ? ek_json_copy(doc) :
								    ek_json_object();
	EK_JSON struct ek_json *with = NULL;
	char what[64];
	int rc;

	if (!ek_json_is_null(patch) && !ek_json_is_object(patch))
		return ek_fail(
			err, EK_EBADREQUEST,
			"json: cannot unmarshal %s into Go value of type map[string]interface {}",
			ek_decode_what(patch, false, what));
	with = ek_json_is_null(patch) ? ek_json_object() : ek_json_copy(patch);
	rc = ek_smp_merge_map(t, &original, with, err);
	if (rc < 0)
		return rc;
	*ret = ek_steal(original);
	return 0;
}
