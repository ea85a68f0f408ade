/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How a value lies in memory; for the files of this layer.
 *
 *   string     refs type wide n  text...              to 255 bytes: one byte of length, no gap before the text
 *              refs type wide .  .  length  text...   longer
 *   number     refs type .    .  .  int64_t | double
 *   array      refs type wide n  room  value value ...
 *   object     refs type wide n  room  key value key value ...
 *
 * A value is one block. Only a container that outgrows its room (`wide`) keeps its children in a second one,
 * which `store` points at; the first stays where it is, because others point at it.
 * Keys are strings like any other: those that everybody knows are constants (words.h), the others are counted.
 */

#include <ekube/json.h>

#include <string.h>

struct ek_json {
	uint32_t refs; /* IMMORTAL: a constant, possibly in read-only memory */
	uint8_t  type; /* enum ek_json_type */
	bool     wide;
	uint8_t  n;    /* length, or children; of a bool its value; unless wide */
	uint8_t  room; /* children that fit; in a short string the text begins here */
};

#define IMMORTAL UINT32_MAX

_Static_assert(sizeof(struct ek_json) == 8 && offsetof(struct ek_json, type) == 4, "text_tag reads the last four");

enum {
	SHORT_AT   = offsetof(struct ek_json, room),
	LONG_AT    = sizeof(struct ek_json) + sizeof(uint32_t),
	SHORT_MAX  = UINT8_MAX,
	INLINE_MAX = 16, /* members of an object that are searched one by one; with more it has an index */
};

struct number {
	struct ek_json head;
	union {
		int64_t i;
		double  d;
	};
};

struct member {
	struct ek_json *key; /* NULL: a hole, in an object with an index only */
	struct ek_json *value;
};

struct members {
	uint32_t      n, room;  /* places used, holes included; places */
	uint32_t      holes;
	uint32_t      mask;     /* slots - 1; 0 while there is no index */
	uint32_t     *slots;    /* hash -> place + 1, linear probing */
	struct member at[];
};

struct object {
	struct ek_json head;
	union {
		struct members *store;
		struct member   at[1];
	};
};

struct elements {
	uint32_t        n, room;
	struct ek_json *at[];
};

struct array {
	struct ek_json head;
	union {
		struct elements *store;
		struct ek_json  *at[1];
	};
};

/* A few instructions each and called everywhere, which -Os would not inline. */
#define HOT static inline __attribute__((always_inline))

#define NODE(type_, v) ((type_ *)(uintptr_t)(v))

/* With place for `store` at least. */
static inline size_t array_size(size_t room)
{
	return offsetof(struct array, at) + EK_MAX(room, (size_t)1) * sizeof(struct ek_json *);
}

static inline size_t object_size(size_t room)
{
	return offsetof(struct object, at) + EK_MAX(room, (size_t)1) * sizeof(struct member);
}

/* ---- value.c ---- */

/* A string of n bytes that are UTF-8: a constant when it is well known. */
struct ek_json *text_new(const char *s, size_t n);
struct ek_json *number_new_int(int64_t n);
struct ek_json *number_new_real(double d);
/* The last reference is gone. Depth costs no stack. */
void            value_drop(struct ek_json *v);

HOT bool is_type(const struct ek_json *v, enum ek_json_type type)
{
	return v && v->type == type;
}

HOT bool is_container(const struct ek_json *v)
{
	return v && v->type >= EK_JSON_ARRAY;
}

HOT struct ek_json *value_ref(const struct ek_json *v)
{
	struct ek_json *w = NODE(struct ek_json, v);

	if (v && __atomic_load_n(&v->refs, __ATOMIC_RELAXED) != IMMORTAL)
		__atomic_fetch_add(&w->refs, 1, __ATOMIC_RELAXED);
	return w;
}

/* Whether this was the last reference; then nobody else can see v any more. */
HOT bool value_leave(struct ek_json *v)
{
	uint32_t refs = __atomic_load_n(&v->refs, __ATOMIC_ACQUIRE);

	if (refs == 1)
		return true;
	return refs != IMMORTAL && __atomic_sub_fetch(&v->refs, 1, __ATOMIC_ACQ_REL) == 0;
}

static inline void value_unref(struct ek_json *v)
{
	if (v && value_leave(v))
		value_drop(v);
}

/* A container that may be written to: nobody else has seen it. */
static inline bool value_is_own(const struct ek_json *v)
{
	return v && __atomic_load_n(&v->refs, __ATOMIC_ACQUIRE) == 1;
}

/* ---- text ---- */

HOT const char *text_of(const struct ek_json *str)
{
	return (const char *)str + (str->wide ? LONG_AT : SHORT_AT);
}

HOT size_t text_len(const struct ek_json *str)
{
	return str->wide ? *(const uint32_t *)(const void *)(str + 1) : str->n;
}

HOT bool words_equal(const char *a, const char *b, size_t n)
{
	uint64_t x = 0, y = 0;

	memcpy(&x, a, n);
	memcpy(&y, b, n);
	return x == y;
}

/* Keys are short and libc's memcmp goes byte by byte. What is no multiple of eight or four overlaps at the end. */
HOT bool bytes_equal(const char *a, const char *b, size_t n)
{
	if (n >= 8) {
		for (; n > 8; n -= 8, a += 8, b += 8)
			if (!words_equal(a, b, 8))
				return false;
		a -= 8 - n;
		b -= 8 - n;
		return words_equal(a, b, 8);
	}
	if (n >= 4)
		return words_equal(a, b, 4) && words_equal(a + n - 4, b + n - 4, 4);
	for (; n > 0; n--)
		if (*a++ != *b++)
			return false;
	return true;
}

HOT bool text_is(const struct ek_json *str, const char *s, size_t n)
{
	return text_len(str) == n && bytes_equal(text_of(str), s, n);
}

/*
 * Type, length and first byte of a short string as they lie in memory, in one word: two strings with different
 * ones differ, and most do.
 */
HOT uint32_t text_tag(const struct ek_json *str)
{
	uint32_t tag;

	memcpy(&tag, &str->type, sizeof(tag));
	return tag;
}

HOT uint32_t tag_of(const char *s, size_t n)
{
	const struct ek_json head = {
		.type = EK_JSON_STR, .wide = n > SHORT_MAX, .n = (uint8_t)n, .room = n ? (uint8_t)*s : 0,
	};

	return text_tag(&head);
}

/* ---- arrays: elements.c ---- */

struct ek_json *array_new(size_t room);
void            array_free_store(struct ek_json *arr);
void            array_append(struct ek_json *arr, struct ek_json *take_value);
void            array_insert(struct ek_json *arr, size_t i, struct ek_json *take_value);
void            array_replace(struct ek_json *arr, size_t i, struct ek_json *take_value);
void            array_remove(struct ek_json *arr, size_t i);

HOT struct ek_json **elements_of(const struct ek_json *arr, size_t *ret_n)
{
	struct array *a = NODE(struct array, arr);

	if (!arr->wide) {
		*ret_n = arr->n;
		return a->at;
	}
	*ret_n = a->store->n;
	return a->store->at;
}

/* ---- objects: members.c ---- */

struct ek_json *object_new(size_t room);
void            object_free_store(struct ek_json *obj);
/* A member that is known to be new. */
void            object_append(struct ek_json *obj, struct ek_json *take_key, struct ek_json *take_value);
/* Whether the key is new; else its value is replaced in place. */
bool            object_put(struct ek_json *obj, const char *key, size_t n, struct ek_json *take_value);
void            object_del(struct ek_json *obj, const char *key, size_t n);
struct member  *object_find(const struct ek_json *obj, const char *key, size_t n);
size_t          object_len(const struct ek_json *obj);
/* Give back the places that are not used: no more members will come. */
void            object_fit(struct ek_json *obj);

/* All places, of which some may be holes. */
HOT struct member *members_of(const struct ek_json *obj, size_t *ret_n)
{
	struct object *o = NODE(struct object, obj);

	if (!obj->wide) {
		*ret_n = obj->n;
		return o->at;
	}
	*ret_n = o->store->n;
	return o->store->at;
}
