/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include <math.h>

struct ek_json *ek_json_ref(const struct ek_json *v)
{
	return value_ref(v);
}

void ek_json_unref(struct ek_json *v)
{
	value_unref(v);
}

void ek_json_unrefp(struct ek_json **v)
{
	value_unref(*v);
	*v = NULL;
}

enum ek_json_type ek_json_type(const struct ek_json *v)
{
	return v ? (enum ek_json_type)v->type : EK_JSON_ABSENT;
}

struct ek_json *ek_json_getn(const struct ek_json *obj, const char *key, size_t n)
{
	const struct member *m = is_type(obj, EK_JSON_OBJECT) ? object_find(obj, key, n) : NULL;

	return m ? m->value : NULL;
}

/* One segment of a path: a member, or the element of an array when it is a number. */
static struct ek_json *step(const struct ek_json *v, const char *seg, size_t n)
{
	size_t i = 0;

	if (!is_type(v, EK_JSON_ARRAY))
		return ek_json_getn(v, seg, n);
	for (size_t k = 0; k < n; k++) {
		if (seg[k] < '0' || seg[k] > '9' || i > SIZE_MAX / 16)
			return NULL;
		i = i * 10 + (size_t)(seg[k] - '0');
	}
	return n ? ek_json_elem(v, i) : NULL;
}

struct ek_json *ek_json_at(const struct ek_json *v, const char *path)
{
	while (v) {
		size_t n = 0;

		while (path[n] && path[n] != '.')
			n++;
		v = step(v, path, n);
		if (path[n] == '\0')
			return NODE(struct ek_json, v);
		path += n + 1;
	}
	return NULL;
}

const char *ek_json_str(const struct ek_json *v)
{
	return is_type(v, EK_JSON_STR) ? text_of(v) : NULL;
}

size_t ek_json_str_len(const struct ek_json *v)
{
	return is_type(v, EK_JSON_STR) ? text_len(v) : 0;
}

int64_t ek_json_int(const struct ek_json *v, int64_t dflt)
{
	double d;

	if (is_type(v, EK_JSON_INT))
		return NODE(struct number, v)->i;
	if (!is_type(v, EK_JSON_REAL))
		return dflt;
	d = NODE(struct number, v)->d;
	/* 2^63 is exact as a double, INT64_MAX is not */
	if (!(d >= -9223372036854775808.0 && d < 9223372036854775808.0) || d != trunc(d))
		return dflt;
	return (int64_t)d;
}

double ek_json_real(const struct ek_json *v, double dflt)
{
	if (is_type(v, EK_JSON_INT))
		return (double)NODE(struct number, v)->i;
	return is_type(v, EK_JSON_REAL) ? NODE(struct number, v)->d : dflt;
}

bool ek_json_bool(const struct ek_json *v, bool dflt)
{
	return is_type(v, EK_JSON_BOOL) ? v->n : dflt;
}

const char *ek_json_str_at(const struct ek_json *v, const char *path)
{
	return ek_json_str(ek_json_at(v, path));
}

int64_t ek_json_int_at(const struct ek_json *v, const char *path, int64_t dflt)
{
	return ek_json_int(ek_json_at(v, path), dflt);
}

bool ek_json_bool_at(const struct ek_json *v, const char *path, bool dflt)
{
	return ek_json_bool(ek_json_at(v, path), dflt);
}

size_t ek_json_len(const struct ek_json *v)
{
	size_t n = 0;

	if (is_type(v, EK_JSON_ARRAY))
		(void)elements_of(v, &n);
	return is_type(v, EK_JSON_OBJECT) ? object_len(v) : n;
}

struct ek_json *ek_json_elem(const struct ek_json *arr, size_t i)
{
	struct ek_json **at;
	size_t n;

	if (!is_type(arr, EK_JSON_ARRAY))
		return NULL;
	at = elements_of(arr, &n);
	return i < n ? at[i] : NULL;
}

/* Up to the first NUL, as C compares strings. */
static bool is_str(const struct ek_json *v, const char *s, size_t n)
{
	return is_type(v, EK_JSON_STR) && text_len(v) >= n && bytes_equal(text_of(v), s, n) &&
	       text_of(v)[n] == '\0';
}

struct ek_json *ek_json_find(const struct ek_json *arr, const char *key, const char *value,
			     size_t *ret_i)
{
	size_t key_n = strlen(key), value_n = value ? strlen(value) : 0;

	for (size_t i = 0; value && i < ek_json_len(arr); i++) {
		struct ek_json *e = ek_json_elem(arr, i);

		if (is_str(ek_json_getn(e, key, key_n), value, value_n)) {
			if (ret_i)
				*ret_i = i;
			return e;
		}
	}
	return NULL;
}

bool ek_json_has_str(const struct ek_json *arr, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	for (size_t i = 0; s && i < ek_json_len(arr); i++)
		if (is_str(ek_json_elem(arr, i), s, n))
			return true;
	return false;
}

struct ek_json_iter ek_json_iter(const struct ek_json *v)
{
	return (struct ek_json_iter){ .in = v, .i = SIZE_MAX };
}

/* pos: the place behind the member, ahead of i when there are holes */
static void next_member(struct ek_json_iter *it)
{
	size_t pos = (size_t)(uintptr_t)it->pos, n;
	const struct member *at = members_of(it->in, &n);

	it->key = NULL;
	while (pos < n && !at[pos].key)
		pos++;
	if (pos < n) {
		it->key = text_of(at[pos].key);
		it->value = at[pos].value;
		pos++;
	}
	it->pos = (void *)(uintptr_t)pos;
}

bool ek_json_next(struct ek_json_iter *it)
{
	it->i++;
	it->value = NULL;
	if (is_type(it->in, EK_JSON_OBJECT))
		next_member(it);
	else
		it->value = ek_json_elem(it->in, it->i);
	return it->value;
}

/* ---- comparing ---- */

static bool is_number(const struct ek_json *v)
{
	return v->type == EK_JSON_INT || v->type == EK_JSON_REAL;
}

static bool scalar_equal(const struct ek_json *a, const struct ek_json *b)
{
	if (is_number(a) && is_number(b)) {
		if (a->type == EK_JSON_INT && b->type == EK_JSON_INT)
			return ek_json_int(a, 0) == ek_json_int(b, 0);
		return ek_json_real(a, 0) == ek_json_real(b, 0);
	}
	if (a->type != b->type)
		return false;
	if (a->type == EK_JSON_STR)
		return text_is(a, text_of(b), text_len(b));
	return a->n == b->n; /* null, true, false */
}

typedef bool equal_fn(const struct ek_json *a, const struct ek_json *b);

static bool arrays_equal(const struct ek_json *a, const struct ek_json *b, equal_fn *eq)
{
	size_t n = ek_json_len(a);

	if (n != ek_json_len(b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!eq(ek_json_elem(a, i), ek_json_elem(b, i)))
			return false;
	return true;
}

static bool objects_equal(const struct ek_json *a, const struct ek_json *b)
{
	if (object_len(a) != object_len(b))
		return false;
	for (struct ek_json_iter it = ek_json_iter(a); ek_json_next(&it);)
		if (!ek_json_equal(it.value, ek_json_get(b, it.key)))
			return false;
	return true;
}

bool ek_json_equal(const struct ek_json *a, const struct ek_json *b)
{
	if (a == b || !a || !b)
		return a == b;
	if (!is_container(a) || !is_container(b))
		return !is_container(a) && !is_container(b) && scalar_equal(a, b);
	if (a->type != b->type)
		return false;
	return a->type == EK_JSON_ARRAY ? arrays_equal(a, b, ek_json_equal) : objects_equal(a, b);
}

static bool nothing(const struct ek_json *v)
{
	switch (ek_json_type(v)) {
	case EK_JSON_ABSENT:
	case EK_JSON_NULL:   return true;
	case EK_JSON_STR:    return ek_json_str_len(v) == 0;
	case EK_JSON_ARRAY:
	case EK_JSON_OBJECT: return ek_json_len(v) == 0;
	default:             return false;
	}
}

/* Every member of a is the same in b; members of b alone are checked by the second call. */
static bool members_same(const struct ek_json *a, const struct ek_json *b, bool only_missing)
{
	for (struct ek_json_iter it = ek_json_iter(a); ek_json_next(&it);) {
		const struct ek_json *other = ek_json_get(b, it.key);

		if (!(other && only_missing) && !ek_json_same(it.value, other))
			return false;
	}
	return true;
}

bool ek_json_same(const struct ek_json *a, const struct ek_json *b)
{
	if (a == b || (nothing(a) && nothing(b)))
		return true;
	if (!a || !b)
		return false;
	if (!is_container(a) || !is_container(b))
		return !is_container(a) && !is_container(b) && scalar_equal(a, b);
	if (a->type != b->type)
		return false;
	if (a->type == EK_JSON_ARRAY)
		return arrays_equal(a, b, ek_json_same);
	return members_same(a, b, false) && members_same(b, a, true);
}
