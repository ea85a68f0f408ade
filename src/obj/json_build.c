/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include <ekube/str.h>

#include <math.h>
#include <string.h>

struct ek_json *ek_json_object(void)
{
	return ek_v(json_object());
}

struct ek_json *ek_json_array(void)
{
	return ek_v(json_array());
}

struct ek_json *ek_json_null(void)
{
	return ek_v(json_null());
}

struct ek_json *ek_json_new_bool(bool b)
{
	return ek_v(json_boolean(b));
}

struct ek_json *ek_json_new_int(int64_t n)
{
	return ek_v(json_integer(n));
}

struct ek_json *ek_json_new_real(double d)
{
	EK_ASSERT(isfinite(d)); /* JSON cannot say NaN or infinity */
	return ek_v(json_real(d));
}

struct ek_json *ek_json_new_strn(const char *s, size_t n)
{
	EK_BUF struct ek_buf fixed = EK_BUF_INIT(SIZE_MAX / 2);
	const char *p = s, *end = s + n;
	size_t len;

	while (p < end && (len = (unsigned char)*p < 0x80 ? 1 : ek_json_utf8_len(p, end)) > 0)
		p += len;
	if (p == end)
		return ek_v(json_stringn_nocheck(s, n));
	(void)ek_json_utf8_append(&fixed, s, n);
	return ek_v(json_stringn_nocheck(fixed.data, fixed.len));
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
	json_t *j = ek_j_own(obj);

	EK_ASSERT(json_is_object(j) && take_value != obj);
	if (!take_value)
		(void)json_object_del(j, key);
	else
		EK_ASSERT(json_object_set_new_nocheck(j, key, ek_j(take_value)) == 0);
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

void ek_json_append(struct ek_json *arr, struct ek_json *take_value)
{
	EK_ASSERT(take_value && json_array_append_new(ek_j_own(arr), ek_j(take_value)) == 0);
}

void ek_json_insert(struct ek_json *arr, size_t i, struct ek_json *take_value)
{
	EK_ASSERT(take_value && json_array_insert_new(ek_j_own(arr), i, ek_j(take_value)) == 0);
}

void ek_json_replace(struct ek_json *arr, size_t i, struct ek_json *take_value)
{
	EK_ASSERT(take_value && json_array_set_new(ek_j_own(arr), i, ek_j(take_value)) == 0);
}

void ek_json_remove(struct ek_json *arr, size_t i)
{
	EK_ASSERT(json_array_remove(ek_j_own(arr), i) == 0);
}

/* The container under one segment of a path, made when it is not there. */
static json_t *descend(json_t *j, const char *seg, size_t n)
{
	json_t *next;

	if (json_is_array(j)) {
		char digits[24];
		int64_t i = 0;

		EK_ASSERT(n < sizeof digits);
		memcpy(digits, seg, n);
		digits[n] = '\0';
		EK_ASSERT(ek_str_to_int(digits, 0, INT32_MAX, &i) == 0);
		next = json_array_get(j, (size_t)i);
		EK_ASSERT(next);
		return next;
	}
	next = json_object_getn(j, seg, n);
	if (!next || json_is_null(next)) {
		next = json_object();
		EK_ASSERT(json_object_setn_new_nocheck(j, seg, n, next) == 0);
	}
	return next;
}

void ek_json_set_at(struct ek_json *obj, const char *path, struct ek_json *take_value)
{
	json_t *j = ek_j_own(obj);

	for (const char *dot; (dot = strchr(path, '.')); path = dot + 1)
		j = ek_j_own(ek_v(descend(j, path, (size_t)(dot - path))));
	if (json_is_array(j)) {
		int64_t i = 0;

		EK_ASSERT(ek_str_to_int(path, 0, INT32_MAX, &i) == 0);
		ek_json_replace(ek_v(j), (size_t)i, take_value);
		return;
	}
	ek_json_set(ek_v(j), path, take_value);
}

/* ---- copies: containers are copied, scalars never change and are shared ---- */

struct ek_json *ek_json_copy(const struct ek_json *v)
{
	json_t *to;

	if (!json_is_object(ek_j(v)) && !json_is_array(ek_j(v)))
		return ek_json_ref(v);
	to = json_is_object(ek_j(v)) ? json_object() : json_array();
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);) {
		json_t *child = ek_j(ek_json_copy(it.value));

		EK_ASSERT((it.key ? json_object_set_new_nocheck(to, it.key, child) :
				    json_array_append_new(to, child)) == 0);
	}
	return ek_v(to);
}

static bool is_container(const json_t *j)
{
	return json_is_object(j) || json_is_array(j);
}

static bool unshare(json_t *j);

/* What stands in for a child so that the tree is editable: a copy, or NULL when it may stay. */
static json_t *replacement(json_t *child)
{
	if (!is_container(child) || unshare(child))
		return NULL;
	return ek_j(ek_json_copy(ek_v(child)));
}

/* Make j editable all the way down, in place; false when it is shared itself. */
static bool unshare(json_t *j)
{
	json_t *copy;

	if (j->refcount != 1)
		return false;
	for (void *pos = json_object_iter(j); pos; pos = json_object_iter_next(j, pos)) {
		copy = replacement(json_object_iter_value(pos));
		if (copy)
			EK_ASSERT(json_object_iter_set_new(j, pos, copy) == 0);
	}
	for (size_t i = 0; i < json_array_size(j); i++) {
		copy = replacement(json_array_get(j, i));
		if (copy)
			EK_ASSERT(json_array_set_new(j, i, copy) == 0);
	}
	return true;
}

struct ek_json *ek_json_edit(struct ek_json **p)
{
	json_t *j = ek_j(*p);

	if (is_container(j) && !unshare(j)) {
		*p = ek_json_copy(ek_v(j));
		json_decref(j);
	}
	return *p;
}
