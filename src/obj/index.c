/* SPDX-License-Identifier: Apache-2.0 */
#include "index.h"

#include "text.h"

#include <ekube/str.h>

#include <stdio.h>

/*
 *	version(1)  n_owners  n_fields  n_labels      numbers are LEB128, least significant first
 *	uid  owner*  (field value)*  (label value)*   strings are length, bytes, NUL
 *
 * No machine's byte order or alignment, no offsets to get wrong, and the strings can be handed
 * out as they lie. An object has a handful of entries, so that a walk is faster than a table.
 */
enum { INDEX_VERSION = 1 };

/* ---- writing ---- */

static void put_number(struct ek_buf *out, size_t n)
{
	for (; n >= 0x80; n >>= 7)
		(void)ek_buf_char(out, (char)(0x80 | (n & 0x7f)));
	(void)ek_buf_char(out, (char)n);
}

/* What is behind a NUL inside a string is not indexed: no valid name or label holds one. */
static void put_string(struct ek_buf *out, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	put_number(out, n);
	(void)ek_buf_append(out, s ? s : "", n + 1);
}

/* A field's value as fields.Set would hold it: scalars as text, what is absent as NULL. */
static const char *field_text(const struct ek_json *v, char scratch[EK_REAL_TEXT])
{
	switch (ek_json_type(v)) {
	case EK_JSON_STR:
		return ek_json_str_len(v) ? ek_json_str(v) : NULL;
	case EK_JSON_BOOL:
		return ek_json_bool(v, false) ? "true" : "false";
	case EK_JSON_INT:
		return ek_str_into(scratch, EK_REAL_TEXT, "%" PRId64, ek_json_int(v, 0));
	case EK_JSON_REAL:
		ek_json_real_text(ek_json_real(v, 0), scratch);
		return scratch;
	default:
		return NULL;
	}
}

static void put_described(struct ek_buf *out, const struct ek_json *tree, const char *row)
{
	char scratch[EK_REAL_TEXT];
	EK_FREE char *name = ek_str_dup(row);
	char *dflt = strchr(name, '=');
	char *path, *paths[4];
	const char *value = NULL;
	size_t n;

	if (dflt)
		*dflt++ = '\0';
	path = strchr(name, '<');
	if (path)
		*path++ = '\0';
	put_string(out, name);
	if (!path)
		path = name;
	n = ek_str_split(path, '|', paths, EK_ARRAY_LEN(paths));
	for (size_t i = 0; i < n && !value; i++)
		value = field_text(ek_json_at(tree, paths[i]), scratch);
	put_string(out, value ? value : dflt);
}

/* One row of selectable_fields: "name[<path[|path]...][=default]"; most are only a name. */
static void put_field(struct ek_buf *out, const struct ek_json *tree, const char *row)
{
	char scratch[EK_REAL_TEXT];

	if (row[strcspn(row, "<=")] != '\0') {
		put_described(out, tree, row);
		return;
	}
	put_string(out, row);
	put_string(out, field_text(ek_json_at(tree, row), scratch));
}

static size_t count_strings(const struct ek_json *map)
{
	size_t n = 0;

	for (struct ek_json_iter it = ek_json_iter(map); ek_json_next(&it);)
		n += ek_json_str(it.value) != NULL;
	return n;
}

static size_t count_owners(const struct ek_json *owners)
{
	size_t n = 0;

	for (size_t i = 0; i < ek_json_len(owners); i++)
		n += ek_json_str(ek_json_get(ek_json_elem(owners, i), "uid")) != NULL;
	return n;
}

struct ek_bytes *ek_index_new(const struct ek_json *tree, const char *const *selectable_fields)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(UINT32_MAX / 2);
	const struct ek_json *owners = ek_json_at(tree, "metadata.ownerReferences");
	const struct ek_json *labels = ek_meta_labels(tree);
	size_t n_fields = 2;

	for (const char *const *f = selectable_fields; f && *f; f++)
		n_fields++;
	(void)ek_buf_char(&out, INDEX_VERSION);
	put_number(&out, count_owners(owners));
	put_number(&out, n_fields);
	put_number(&out, count_strings(labels));
	put_string(&out, ek_meta_uid(tree));
	for (size_t i = 0; i < ek_json_len(owners); i++) {
		const char *uid = ek_json_str(ek_json_get(ek_json_elem(owners, i), "uid"));

		if (uid)
			put_string(&out, uid);
	}
	put_field(&out, tree, "metadata.name");
	put_field(&out, tree, "metadata.namespace");
	for (const char *const *f = selectable_fields; f && *f; f++)
		put_field(&out, tree, *f);
	for (struct ek_json_iter it = ek_json_iter(labels); ek_json_next(&it);) {
		if (!ek_json_str(it.value))
			continue;
		put_string(&out, it.key);
		put_string(&out, ek_json_str(it.value));
	}
	EK_ASSERT(!out.overflow);
	return ek_bytes_new(out.data, out.len);
}

/* ---- reading: a cursor that goes to the end and stays there at the first oddity ---- */

struct cursor {
	const char *p, *end;
	size_t      n_owners, n_fields, n_labels;
};

static bool get_number(struct cursor *c, size_t *ret)
{
	size_t n = 0;

	for (unsigned shift = 0; c->p < c->end && shift < 28; shift += 7) {
		unsigned char b = (unsigned char)*c->p++;

		n |= (size_t)(b & 0x7f) << shift;
		if (b < 0x80) {
			*ret = n;
			return true;
		}
	}
	return false;
}

static const char *get_string(struct cursor *c, size_t *ret_n)
{
	const char *s;
	size_t n;

	if (!get_number(c, &n) || n >= (size_t)(c->end - c->p) || c->p[n] != '\0') {
		c->p = c->end;
		return NULL;
	}
	s = c->p;
	c->p += n + 1;
	*ret_n = n;
	return s;
}

static bool open_index(const struct ek_bytes *ix, struct cursor *c)
{
	*c = (struct cursor){ .p = ix->data, .end = ix->data + ix->len };
	return c->p < c->end && *c->p++ == INDEX_VERSION && get_number(c, &c->n_owners) &&
	       get_number(c, &c->n_fields) && get_number(c, &c->n_labels);
}

static bool skip(struct cursor *c, size_t n)
{
	size_t len;

	for (; n > 0; n--)
		if (!get_string(c, &len))
			return false;
	return true;
}

/* The value of `key` among the next n pairs. */
static const char *find(struct cursor *c, size_t n, const char *key)
{
	size_t want = strlen(key), key_n, len;

	for (; n > 0; n--) {
		const char *k = get_string(c, &key_n);
		const char *v = get_string(c, &len);

		if (!k || !v)
			return NULL;
		if (key_n == want && memcmp(k, key, want) == 0)
			return v;
	}
	return NULL;
}

const char *ek_index_uid(const struct ek_bytes *ix)
{
	struct cursor c;
	size_t n;
	const char *uid = open_index(ix, &c) ? get_string(&c, &n) : NULL;

	return uid ? uid : "";
}

const char *ek_index_owner(const struct ek_bytes *ix, size_t *pos)
{
	struct cursor c;
	size_t n;

	if (!open_index(ix, &c) || *pos >= c.n_owners || !skip(&c, 1 + *pos))
		return NULL;
	++*pos;
	return get_string(&c, &n);
}

const char *ek_index_field(const struct ek_bytes *ix, const char *path)
{
	struct cursor c;

	return open_index(ix, &c) && skip(&c, 1 + c.n_owners) ? find(&c, c.n_fields, path) : NULL;
}

const char *ek_index_label(const struct ek_bytes *ix, const char *key)
{
	struct cursor c;

	/* a count from outside is at most 2^28: doubling it is safe in 32 bits */
	return open_index(ix, &c) && skip(&c, 1 + c.n_owners + 2 * c.n_fields) ?
		       find(&c, c.n_labels, key) : NULL;
}

bool ek_index_valid(const struct ek_bytes *ix)
{
	struct cursor c;
	const char *s;
	size_t n, strings;

	if (!open_index(ix, &c))
		return false;
	strings = 1 + c.n_owners + 2 * c.n_fields + 2 * c.n_labels;
	for (; strings > 0; strings--) {
		s = get_string(&c, &n);
		if (!s || strlen(s) != n)
			return false;
	}
	return c.p == c.end;
}

static const char *get_label(void *arg, const char *key)
{
	return ek_index_label(arg, key);
}

bool ek_index_match(const struct ek_bytes *ix, const struct ek_selector *labels,
		    const struct ek_field_selector *fields)
{
	for (size_t i = 0; fields && i < fields->n; i++) {
		const struct ek_field_term *t = &fields->terms[i];
		const char *v = ek_index_field(ix, t->path);

		if (ek_streq(v ? v : "", t->value) == t->negate)
			return false;
	}
	return !labels || ek_selector_match_fn(labels, get_label, (void *)(uintptr_t)ix);
}
