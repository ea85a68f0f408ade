/* SPDX-License-Identifier: Apache-2.0 */
#include "nodes.h"
#include "value.h"

#include <ekube/str.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Before any thread and any value: allocation that aborts instead of failing, so that no
 * jansson call below can return NULL for want of memory, and a random hash seed.
 */
__attribute__((constructor)) static void json_start(void)
{
	nodes_start();
	json_set_alloc_funcs(nodes_alloc, nodes_free);
	json_object_seed(0);
}

struct ek_json *ek_json_ref(const struct ek_json *v)
{
	return ek_v(json_incref(ek_j(v)));
}

void ek_json_unref(struct ek_json *v)
{
	json_decref(ek_j(v));
}

void ek_json_unrefp(struct ek_json **v)
{
	json_decref(ek_j(*v));
	*v = NULL;
}

enum ek_json_type ek_json_type(const struct ek_json *v)
{
	if (!v)
		return EK_JSON_ABSENT;
	switch (json_typeof(ek_j(v))) {
	case JSON_OBJECT:  return EK_JSON_OBJECT;
	case JSON_ARRAY:   return EK_JSON_ARRAY;
	case JSON_STRING:  return EK_JSON_STR;
	case JSON_INTEGER: return EK_JSON_INT;
	case JSON_REAL:    return EK_JSON_REAL;
	case JSON_TRUE:
	case JSON_FALSE:   return EK_JSON_BOOL;
	case JSON_NULL:    return EK_JSON_NULL;
	}
	return EK_JSON_NULL;
}

struct ek_json *ek_json_get(const struct ek_json *obj, const char *key)
{
	return ek_v(json_object_get(ek_j(obj), key));
}

/* One segment of a path: a member, or the element of an array when it is a number. */
static json_t *step(json_t *j, const char *seg, size_t n)
{
	size_t i = 0;

	if (!json_is_array(j))
		return json_object_getn(j, seg, n);
	for (size_t k = 0; k < n; k++) {
		if (seg[k] < '0' || seg[k] > '9' || i > SIZE_MAX / 16)
			return NULL;
		i = i * 10 + (size_t)(seg[k] - '0');
	}
	return n ? json_array_get(j, i) : NULL;
}

struct ek_json *ek_json_at(const struct ek_json *v, const char *path)
{
	json_t *j = ek_j(v);

	while (j) {
		const char *dot = strchr(path, '.');

		if (!dot)
			return ek_v(step(j, path, strlen(path)));
		j = step(j, path, (size_t)(dot - path));
		path = dot + 1;
	}
	return NULL;
}

const char *ek_json_str(const struct ek_json *v)
{
	return json_string_value(ek_j(v));
}

size_t ek_json_str_len(const struct ek_json *v)
{
	return json_string_length(ek_j(v));
}

int64_t ek_json_int(const struct ek_json *v, int64_t dflt)
{
	double d;

	if (json_is_integer(ek_j(v)))
		return json_integer_value(ek_j(v));
	if (!json_is_real(ek_j(v)))
		return dflt;
	d = json_real_value(ek_j(v));
	/* 2^63 is exact as a double, INT64_MAX is not */
	if (!(d >= -9223372036854775808.0 && d < 9223372036854775808.0) || d != trunc(d))
		return dflt;
	return (int64_t)d;
}

double ek_json_real(const struct ek_json *v, double dflt)
{
	return json_is_number(ek_j(v)) ? json_number_value(ek_j(v)) : dflt;
}

bool ek_json_bool(const struct ek_json *v, bool dflt)
{
	return json_is_boolean(ek_j(v)) ? json_is_true(ek_j(v)) : dflt;
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
	if (json_is_array(ek_j(v)))
		return json_array_size(ek_j(v));
	return json_is_object(ek_j(v)) ? json_object_size(ek_j(v)) : 0;
}

struct ek_json *ek_json_elem(const struct ek_json *arr, size_t i)
{
	return ek_v(json_array_get(ek_j(arr), i));
}

struct ek_json *ek_json_find(const struct ek_json *arr, const char *key, const char *value,
			     size_t *ret_i)
{
	for (size_t i = 0; value && i < json_array_size(ek_j(arr)); i++) {
		json_t *e = json_array_get(ek_j(arr), i);

		if (ek_streq(json_string_value(json_object_get(e, key)), value)) {
			if (ret_i)
				*ret_i = i;
			return ek_v(e);
		}
	}
	return NULL;
}

bool ek_json_has_str(const struct ek_json *arr, const char *s)
{
	for (size_t i = 0; s && i < json_array_size(ek_j(arr)); i++)
		if (ek_streq(json_string_value(json_array_get(ek_j(arr), i)), s))
			return true;
	return false;
}

struct ek_json_iter ek_json_iter(const struct ek_json *v)
{
	return (struct ek_json_iter){ .in = v, .i = SIZE_MAX };
}

bool ek_json_next(struct ek_json_iter *it)
{
	json_t *in = ek_j(it->in);

	it->i++;
	it->value = NULL;
	if (json_is_array(in)) {
		it->value = ek_v(json_array_get(in, it->i));
	} else if (json_is_object(in)) {
		it->pos = it->i == 0 ? json_object_iter(in) : json_object_iter_next(in, it->pos);
		it->key = it->pos ? json_object_iter_key(it->pos) : NULL;
		it->value = it->pos ? ek_v(json_object_iter_value(it->pos)) : NULL;
	}
	return it->value;
}

/* ---- comparing ---- */

static bool scalar_equal(const json_t *a, const json_t *b)
{
	size_t n = json_string_length(a);

	if (json_is_string(a) && json_is_string(b))
		return n == json_string_length(b) &&
		       memcmp(json_string_value(a), json_string_value(b), n) == 0;
	if (json_is_integer(a) && json_is_integer(b))
		return json_integer_value(a) == json_integer_value(b);
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	return json_typeof(a) == json_typeof(b); /* null, true, false */
}

typedef bool equal_fn(const struct ek_json *a, const struct ek_json *b);

static bool arrays_equal(const json_t *a, const json_t *b, equal_fn *eq)
{
	if (json_array_size(a) != json_array_size(b))
		return false;
	for (size_t i = 0; i < json_array_size(a); i++)
		if (!eq(ek_v(json_array_get(a, i)), ek_v(json_array_get(b, i))))
			return false;
	return true;
}

bool ek_json_equal(const struct ek_json *a, const struct ek_json *b)
{
	if (a == b || !a || !b)
		return a == b;
	if (json_is_array(ek_j(a)) && json_is_array(ek_j(b)))
		return arrays_equal(ek_j(a), ek_j(b), ek_json_equal);
	if (!json_is_object(ek_j(a)) || !json_is_object(ek_j(b)))
		return scalar_equal(ek_j(a), ek_j(b));
	if (ek_json_len(a) != ek_json_len(b))
		return false;
	for (struct ek_json_iter it = ek_json_iter(a); ek_json_next(&it);)
		if (!ek_json_equal(it.value, ek_json_get(b, it.key)))
			return false;
	return true;
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
	if (json_is_object(ek_j(a)) && json_is_object(ek_j(b)))
		return members_same(a, b, false) && members_same(b, a, true);
	if (json_is_array(ek_j(a)) && json_is_array(ek_j(b)))
		return arrays_equal(ek_j(a), ek_j(b), ek_json_same);
	return scalar_equal(ek_j(a), ek_j(b));
}
