/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include "nodes.h"

#include <ekube/hash.h>

#include <stdlib.h>

/*
 * The members of objects, in order of insertion. Up to sixteen are searched one by one. More have
 * an index: slots that hold place + 1, linear probing, at most half full, under a keyed hash,
 * because a request may have three hundred thousand keys of somebody's choice. There, removal
 * leaves a hole, which also keeps the probe chains whole; holes go when the places run out or when
 * they outnumber the members.
 */
enum { FIRST_STORE = 8 };

static size_t store_size(size_t room)
{
	return sizeof(struct members) + room * sizeof(struct member);
}

static struct members *store_new(size_t room)
{
	struct members *m = nodes_alloc(store_size(room));

	*m = (struct members){ .room = (uint32_t)room };
	return m;
}

struct ek_json *object_new(size_t room)
{
	bool wide = room > INLINE_MAX;
	struct object *o = nodes_alloc(object_size(wide ? 0 : room));

	EK_ASSERT(room < UINT32_MAX / 8);
	o->head = (struct ek_json){
		.refs = 1, .type = EK_JSON_OBJECT, .wide = wide, .room = wide ? 0 : (uint8_t)room,
	};
	if (wide)
		o->store = store_new(room);
	return &o->head;
}

void object_free_store(struct ek_json *obj)
{
	struct members *m = obj->wide ? NODE(struct object, obj)->store : NULL;

	if (!m)
		return;
	free(m->slots);
	nodes_free(m, store_size(m->room));
}

size_t object_len(const struct ek_json *obj)
{
	const struct members *m = obj->wide ? NODE(struct object, obj)->store : NULL;

	return m ? m->n - m->holes : obj->n;
}

/* ---- the index ---- */

static void link_slot(struct members *m, size_t place)
{
	const struct ek_json *key = m->at[place].key;
	uint32_t i = ek_hash(text_of(key), text_len(key)) & m->mask;

	while (m->slots[i])
		i = (i + 1) & m->mask;
	m->slots[i] = (uint32_t)(place + 1);
}

/* Close the holes and lay the index out for as many members as there is room for. */
static void lay_out(struct members *m)
{
	size_t slots = INLINE_MAX * 2, kept = 0;

	while (slots < (size_t)m->room * 2)
		slots *= 2;
	for (size_t i = 0; i < m->n; i++)
		if (m->at[i].key)
			m->at[kept++] = m->at[i];
	m->n = (uint32_t)kept;
	m->holes = 0;
	free(m->slots);
	m->slots = ek_calloc(slots, sizeof(*m->slots));
	m->mask = (uint32_t)(slots - 1);
	for (size_t i = 0; i < kept; i++)
		link_slot(m, i);
}

static struct member *find_indexed(struct members *m, const char *key, size_t n)
{
	for (uint32_t i = ek_hash(key, n) & m->mask; m->slots[i]; i = (i + 1) & m->mask) {
		struct member *at = &m->at[m->slots[i] - 1];

		if (at->key && text_is(at->key, key, n))
			return at;
	}
	return NULL;
}

struct member *object_find(const struct ek_json *obj, const char *key, size_t n)
{
	size_t left;
	struct member *at = members_of(obj, &left);
	uint32_t tag;

	if (obj->wide && NODE(struct object, obj)->store->mask)
		return find_indexed(NODE(struct object, obj)->store, key, n);
	tag = tag_of(key, n);
	for (; left > 0; left--, at++)
		if (text_tag(at->key) == tag && text_is(at->key, key, n))
			return at;
	return NULL;
}

/* ---- changes ---- */

/* Out of the block of its own into a store, or into a larger one. */
static void grow(struct ek_json *obj)
{
	struct object *o = NODE(struct object, obj);
	struct members *m = o->store;
	size_t room;

	if (!obj->wide) {
		m = store_new(EK_MAX((size_t)FIRST_STORE, (size_t)obj->n * 2));
		memcpy(m->at, o->at, obj->n * sizeof(m->at[0]));
		m->n = obj->n;
		o->store = m;
		obj->wide = true;
		return;
	}
	if (m->holes <= m->n / 4) {
		EK_ASSERT(m->room < UINT32_MAX / 8);
		room = (size_t)m->room * 2;
		o->store = m = nodes_resize(m, store_size(m->room), store_size(room));
		m->room = (uint32_t)room;
	}
	if (m->mask)
		lay_out(m);
}

static void append_wide(struct members *m, struct member member)
{
	m->at[m->n++] = member;
	if (m->mask)
		link_slot(m, m->n - 1);
	else if (m->n > INLINE_MAX)
		lay_out(m);
}

void object_append(struct ek_json *obj, struct ek_json *take_key, struct ek_json *take_value)
{
	struct object *o = NODE(struct object, obj);
	struct member member = { take_key, take_value };

	if (obj->wide ? o->store->n == o->store->room : obj->n == obj->room)
		grow(obj);
	if (obj->wide)
		append_wide(o->store, member);
	else
		o->at[obj->n++] = member;
}

bool object_put(struct ek_json *obj, const char *key, size_t n, struct ek_json *take_value)
{
	struct member *m = object_find(obj, key, n);

	if (!m) {
		object_append(obj, text_new(key, n), take_value);
		return true;
	}
	value_unref(m->value);
	m->value = take_value;
	return false;
}

/* Few members close up; many leave a hole. */
static void take_out(struct ek_json *obj, struct member *m)
{
	size_t n;
	struct member *at = members_of(obj, &n), *end = at + n;
	struct members *store = obj->wide ? NODE(struct object, obj)->store : NULL;

	if (store && store->mask) {
		*m = (struct member){ 0 };
		store->holes++;
		if (store->holes > store->n / 2 + INLINE_MAX)
			lay_out(store);
		return;
	}
	memmove(m, m + 1, (size_t)(end - (m + 1)) * sizeof(*m));
	if (store)
		store->n--;
	else
		obj->n--;
}

void object_del(struct ek_json *obj, const char *key, size_t n)
{
	struct member *m = object_find(obj, key, n);
	struct member gone;

	if (!m)
		return;
	gone = *m;
	take_out(obj, m);
	value_unref(gone.key);
	value_unref(gone.value);
}

void object_fit(struct ek_json *obj)
{
	struct object *o = NODE(struct object, obj);
	struct members *m = obj->wide ? o->store : NULL;

	if (!m || m->n == m->room)
		return;
	o->store = m = nodes_resize(m, store_size(m->room), store_size(m->n));
	m->room = m->n;
	if ((size_t)m->n * 4 <= m->mask)
		lay_out(m);
}
