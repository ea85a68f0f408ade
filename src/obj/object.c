/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/object.h>

#include "index.h"
#include "text.h"

#include <ekube/log.h>
#include <ekube/str.h>

#include <stdio.h>
#include <stdlib.h>

enum { USUAL_BYTES = 4000 }; /* what most objects fit into */

static struct ek_object *new_object(struct ek_bytes *take_value, struct ek_bytes *take_index,
				    int64_t rev, size_t body_at, size_t rv_at)
{
	struct ek_object *o = ek_new(struct ek_object);

	o->refs = 1;
	o->rev = rev;
	o->value = take_value;
	o->index = take_index;
	o->body_at = (uint32_t)body_at;
	o->rv_at = (uint32_t)rv_at;
	return o;
}

/* ---- encoding ---- */

static void put_head(struct ek_buf *out, const char *key, const struct ek_json *v)
{
	if (!ek_json_str(v))
		return;
	(void)ek_buf_fmt(out, "\"%s\":", key);
	(void)ek_json_write(v, out);
	(void)ek_buf_char(out, ',');
}

static void put_member(struct ek_buf *out, bool comma, const char *key, const struct ek_json *v)
{
	if (comma)
		(void)ek_buf_char(out, ',');
	ek_json_write_key(out, key);
	(void)ek_json_write(v, out);
}

/* "metadata":{...}, without resourceVersion; returns where its first member begins. */
static size_t put_metadata(struct ek_buf *out, const struct ek_json *meta)
{
	size_t at;

	(void)ek_buf_str(out, "\"metadata\":{");
	at = out->len;
	if (!ek_json_is_object(meta))
		meta = NULL;
	for (struct ek_json_iter it = ek_json_iter(meta); ek_json_next(&it);)
		if (!ek_streq(it.key, "resourceVersion"))
			put_member(out, out->len > at, it.key, it.value);
	(void)ek_buf_char(out, '}');
	return at;
}

static void put_rest(struct ek_buf *out, const struct ek_json *tree)
{
	static const char *const done[] = { "kind", "apiVersion", "metadata" };

	for (struct ek_json_iter it = ek_json_iter(tree); ek_json_next(&it);) {
		bool skip = false;

		for (size_t i = 0; i < EK_ARRAY_LEN(done); i++)
			skip = skip || ek_streq(it.key, done[i]);
		if (!skip)
			put_member(out, true, it.key, it.value);
	}
}

struct ek_object *ek_object_new(const struct ek_json *tree, int64_t rev,
				const char *const *selectable_fields)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(UINT32_MAX / 2);
	size_t body_at, rv_at;

	EK_ASSERT(ek_json_is_object(tree));
	(void)ek_buf_reserve(&out, USUAL_BYTES);
	(void)ek_buf_char(&out, '{');
	put_head(&out, "kind", ek_json_get(tree, "kind"));
	put_head(&out, "apiVersion", ek_json_get(tree, "apiVersion"));
	body_at = out.len;
	rv_at = put_metadata(&out, ek_json_get(tree, "metadata"));
	put_rest(&out, tree);
	(void)ek_buf_char(&out, '}');
	EK_ASSERT(!out.overflow);
	return new_object(ek_bytes_new(out.data, out.len), ek_index_new(tree, selectable_fields),
			  rev, body_at, rv_at);
}

/* ---- decoding: only as far as the places that the fields point at ---- */

/* Behind `"key":"...",` when it is at p, else p. */
static const char *skip_member(const char *p, const char *key)
{
	const char *s = p;
	size_t n = strlen(key);

	if (*s != '"' || strncmp(s + 1, key, n) != 0 || strncmp(s + 1 + n, "\":\"", 3) != 0)
		return p;
	for (s += n + 4; *s && *s != '"'; s++)
		if (*s == '\\' && s[1])
			s++;
	return *s == '"' && s[1] == ',' ? s + 2 : p;
}

static bool find_places(const struct ek_bytes *value, size_t *ret_body, size_t *ret_rv)
{
	static const char meta[] = "\"metadata\":{";
	const char *p = value->data;

	if (value->len < 2 || p[0] != '{' || p[value->len - 1] != '}' ||
	    memchr(p, '\0', value->len))
		return false;
	p = skip_member(p + 1, "kind");
	p = skip_member(p, "apiVersion");
	*ret_body = (size_t)(p - value->data);
	if (!ek_str_starts(p, meta))
		return false;
	*ret_rv = *ret_body + sizeof meta - 1;
	/* "metadata":{ wants at least its own brace and the object's */
	return value->len - *ret_rv >= 2 &&
	       (value->data[*ret_rv] == '"' || value->data[*ret_rv] == '}');
}

int ek_object_from_stored(struct ek_bytes *value, struct ek_bytes *index, int64_t rev,
			  struct ek_object **ret, struct ek_err *err)
{
	size_t body_at, rv_at;

	if (!find_places(value, &body_at, &rv_at))
		return ek_fail(err, EK_EINTERNAL, "stored object at revision %" PRId64 " is damaged", rev);
	if (!ek_index_valid(index))
		return ek_fail(err, EK_EINTERNAL, "index of the stored object at revision %" PRId64 " is damaged", rev);
	*ret = new_object(ek_bytes_ref(value), ek_bytes_ref(index), rev, body_at, rv_at);
	return 0;
}

struct ek_object *ek_object_ref(struct ek_object *o)
{
	if (o)
		o->refs++;
	return o;
}

void ek_object_unref(struct ek_object *o)
{
	if (!o || --o->refs > 0)
		return;
	ek_object_slim(o);
	ek_bytes_unref(o->value);
	ek_bytes_unref(o->index);
	free(o);
}

void ek_object_unrefp(struct ek_object **o)
{
	ek_object_unref(*o);
	*o = NULL;
}

struct ek_object *ek_object_twin(const struct ek_object *o)
{
	struct ek_object *twin = new_object(ek_bytes_ref(o->value), ek_bytes_ref(o->index), o->rev,
					    o->body_at, o->rv_at);

	twin->tree = o->tree ? ek_json_ref(o->tree) : NULL;
	return twin;
}

/*
 * Bytes that passed from_stored() and still do not parse were damaged inside: the object shows
 * as an empty one, said once in the log, and the rest of the cluster goes on.
 */
static struct ek_json *parse_tree(const struct ek_object *o)
{
	struct ek_json *tree = NULL;
	struct ek_err err;

	if (ek_json_parse(o->value->data, o->value->len, o->value->len, &tree, NULL, &err) == 0 &&
	    ek_json_is_object(ek_json_get(tree, "metadata")))
		return tree;
	ek_error("stored object is damaged", "revision", EK_I(o->rev), "uid", ek_index_uid(o->index));
	ek_json_unref(tree);
	return ek_json_make("{'metadata':{}}");
}

static void set_rev(struct ek_object *o)
{
	ek_json_set_str(ek_json_get(o->tree, "metadata"), "resourceVersion", EK_I(o->rev));
}

void ek_object_written(struct ek_object *o, int64_t rev)
{
	if (o->rev == rev)
		return;
	o->rev = rev;
	if (o->tree)
		set_rev(o);
}

const struct ek_json *ek_object_tree(struct ek_object *o)
{
	if (!o->tree) {
		o->tree = parse_tree(o);
		set_rev(o);
	}
	return o->tree;
}

void ek_object_slim(struct ek_object *o)
{
	ek_json_unrefp(&o->tree);
}

/* ---- sending ---- */

static int write_from(const struct ek_object *o, size_t from, struct ek_buf *out)
{
	const char *data = o->value->data;
	size_t rv = o->rv_at;

	(void)ek_buf_append(out, data + from, rv - from);
	(void)ek_buf_str(out, "\"resourceVersion\":\"");
	ek_json_write_int(out, o->rev);
	(void)ek_buf_str(out, data[rv] == '}' ? "\"" : "\",");
	(void)ek_buf_append(out, data + rv, o->value->len - rv);
	return out->overflow ? EK_ETOOLARGE : 0;
}

int ek_object_write(const struct ek_object *o, struct ek_buf *out)
{
	return write_from(o, 0, out);
}

int ek_object_write_item(const struct ek_object *o, struct ek_buf *out)
{
	(void)ek_buf_char(out, '{');
	return write_from(o, o->body_at, out);
}
