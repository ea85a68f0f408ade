/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include "text.h"

#include <ekube/str.h>

#include <math.h>

enum { ROOM = 3 }; /* of a container that begins empty: more go into a store */

static const struct ek_json null = { .refs = IMMORTAL, .type = EK_JSON_NULL };
static const struct ek_json bools[] = {
	{ .refs = IMMORTAL, .type = EK_JSON_BOOL, .n = false },
	{ .refs = IMMORTAL, .type = EK_JSON_BOOL, .n = true },
};

struct ek_json *ek_json_object(void)
{
	return object_new(ROOM);
}

struct ek_json *ek_json_array(void)
{
	return array_new(ROOM);
}

struct ek_json *ek_json_null(void)
{
	return NODE(struct ek_json, &null);
}

struct ek_json *ek_json_new_bool(bool b)
{
	return NODE(struct ek_json, &bools[b]);
}

struct ek_json *ek_json_new_int(int64_t n)
{
	return number_new_int(n);
}

struct ek_json *ek_json_new_real(double d)
{
	EK_ASSERT(isfinite(d)); /* JSON cannot say NaN or infinity */
	return number_new_real(d);
}

struct ek_json *ek_json_new_strn(const char *s, size_t n)
{
	EK_BUF struct ek_buf fixed = EK_BUF_INIT(SIZE_MAX / 2);

	if (ek_json_utf8_span(s, n) == n)
		return text_new(s, n);
	(void)ek_json_utf8_append(&fixed, s, n);
	return text_new(fixed.data, fixed.len);
}

struct ek_json *ek_json_new_str(const char *s)
{
	return s ? ek_json_new_strn(s, strlen(s)) : ek_json_null();
}

struct ek_json *ek_json_new_fmt(const char *fmt, ...)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(SIZE_MAX / 2);
	va_list ap;

	va_start(ap, fmt);
	(void)ek_buf_vfmt(&text, fmt, ap);
	va_end(ap);
	return ek_json_new_strn(text.data ? text.data : "", text.len);
}

void ek_json_set(struct ek_json *obj, const char *key, struct ek_json *take_value)
{
	EK_ASSERT(value_is_own(obj) && obj->type == EK_JSON_OBJECT && take_value != obj);
	if (take_value)
		(void)object_put(obj, key, strlen(key), take_value);
	else
		object_del(obj, key, strlen(key));
}

void ek_json_set_str(struct ek_json *obj, const char *key, const char *s)
{
	ek_json_set(obj, key, s ? ek_json_new_str(s) : NULL);
}

void ek_json_set_int(struct ek_json *obj, const char *key, int64_t n)
{
	ek_json_set(obj, key, ek_json_new_int(n));
}

void ek_json_set_bool(struct ek_json *obj, const char *key, bool b)
{
	ek_json_set(obj, key, ek_json_new_bool(b));
}

void ek_json_del(struct ek_json *obj, const char *key)
{
	ek_json_set(obj, key, NULL);
}

/* An array that may be written to, and what may stand in it. */
static bool may_take(const struct ek_json *arr, const struct ek_json *v)
{
	return value_is_own(arr) && arr->type == EK_JSON_ARRAY && v && v != arr;
}

void ek_json_append(struct ek_json *arr, struct ek_json *take_value)
{
	EK_ASSERT(may_take(arr, take_value));
	array_append(arr, take_value);
}

void ek_json_insert(struct ek_json *arr, size_t i, struct ek_json *take_value)
{
	EK_ASSERT(may_take(arr, take_value) && i <= ek_json_len(arr));
	array_insert(arr, i, take_value);
}

void ek_json_replace(struct ek_json *arr, size_t i, struct ek_json *take_value)
{
	EK_ASSERT(may_take(arr, take_value) && i < ek_json_len(arr));
	array_replace(arr, i, take_value);
}

void ek_json_remove(struct ek_json *arr, size_t i)
{
	EK_ASSERT(value_is_own(arr) && arr->type == EK_JSON_ARRAY && i < ek_json_len(arr));
	array_remove(arr, i);
}

static size_t path_index(const char *seg, size_t n)
{
	char digits[24];
	int64_t i = 0;

	EK_ASSERT(n < sizeof(digits));
	memcpy(digits, seg, n);
	digits[n] = '\0';
	EK_ASSERT(ek_str_to_int(digits, 0, INT32_MAX, &i) == 0);
	return (size_t)i;
}

/* The container under one segment of a path, made when it is not there. */
static struct ek_json *descend(struct ek_json *v, const char *seg, size_t n)
{
	struct member *m;
	struct ek_json *next;

	if (v->type == EK_JSON_ARRAY) {
		next = ek_json_elem(v, path_index(seg, n));
		EK_ASSERT(next);
		return next;
	}
	EK_ASSERT(v->type == EK_JSON_OBJECT);
	m = object_find(v, seg, n);
	if (m && m->value->type != EK_JSON_NULL)
		return m->value;
	next = ek_json_object();
	(void)object_put(v, seg, n, next);
	return next;
}

void ek_json_set_at(struct ek_json *obj, const char *path, struct ek_json *take_value)
{
	struct ek_json *v = obj;

	EK_ASSERT(value_is_own(v));
	for (const char *dot; (dot = strchr(path, '.')); path = dot + 1) {
		v = descend(v, path, (size_t)(dot - path));
		EK_ASSERT(value_is_own(v));
	}
	if (v->type == EK_JSON_ARRAY)
		ek_json_replace(v, path_index(path, strlen(path)), take_value);
	else
		ek_json_set(v, path, take_value);
}

/* ---- copies: containers are copied, scalars never change and are shared ---- */

static struct ek_json *copy_array(const struct ek_json *v)
{
	size_t n;
	struct ek_json **at = elements_of(v, &n), *to = array_new(n);

	for (size_t i = 0; i < n; i++)
		array_append(to, ek_json_copy(at[i]));
	return to;
}

static struct ek_json *copy_object(const struct ek_json *v)
{
	size_t n;
	const struct member *at = members_of(v, &n);
	struct ek_json *to = object_new(object_len(v));

	for (size_t i = 0; i < n; i++)
		if (at[i].key)
			object_append(to, value_ref(at[i].key), ek_json_copy(at[i].value));
	return to;
}

struct ek_json *ek_json_copy(const struct ek_json *v)
{
	if (!is_container(v))
		return value_ref(v);
	return v->type == EK_JSON_ARRAY ? copy_array(v) : copy_object(v);
}

static bool unshare(struct ek_json *v);

/* Put a copy in the place of a child that is shared. */
static void unshare_child(struct ek_json **child)
{
	struct ek_json *shared = *child;

	if (!is_container(shared) || unshare(shared))
		return;
	*child = ek_json_copy(shared);
	value_unref(shared);
}

/* Make v editable all the way down, in place; false when it is shared itself. */
static bool unshare(struct ek_json *v)
{
	size_t n;

	if (!value_is_own(v))
		return false;
	if (v->type == EK_JSON_OBJECT) {
		struct member *at = members_of(v, &n);

		for (size_t i = 0; i < n; i++)
			unshare_child(&at[i].value);
	} else {
		struct ek_json **at = elements_of(v, &n);

		for (size_t i = 0; i < n; i++)
			unshare_child(&at[i]);
	}
	return true;
}

struct ek_json *ek_json_edit(struct ek_json **p)
{
	if (is_container(*p))
		unshare_child(p);
	return *p;
}
