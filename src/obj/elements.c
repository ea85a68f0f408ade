/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include "nodes.h"

/* The children of arrays. */

enum { FIRST_STORE = 16 };

static size_t store_size(size_t room)
{
	return sizeof(struct elements) + room * sizeof(struct ek_json *);
}

static struct elements *store_new(size_t room)
{
	struct elements *e = nodes_alloc(store_size(room));

	e->n = 0;
	e->room = (uint32_t)room;
	return e;
}

struct ek_json *array_new(size_t room)
{
	bool wide = room > UINT8_MAX;
	struct array *a = nodes_alloc(array_size(wide ? 0 : room));

	EK_ASSERT(room < UINT32_MAX / 2);
	a->head = (struct ek_json){
		.refs = 1, .type = EK_JSON_ARRAY, .wide = wide, .room = wide ? 0 : (uint8_t)room,
	};
	if (wide)
		a->store = store_new(room);
	return &a->head;
}

void array_free_store(struct ek_json *arr)
{
	struct elements *e = arr->wide ? NODE(struct array, arr)->store : NULL;

	if (e)
		nodes_free(e, store_size(e->room));
}

/* Out of the block of its own into a store, or into a larger one. */
static void grow(struct ek_json *arr)
{
	struct array *a = NODE(struct array, arr);
	struct elements *e;
	size_t room;

	if (!arr->wide) {
		e = store_new(EK_MAX((size_t)FIRST_STORE, (size_t)arr->n * 2));
		memcpy(e->at, a->at, arr->n * sizeof(e->at[0]));
		e->n = arr->n;
		a->store = e;
		arr->wide = true;
		return;
	}
	EK_ASSERT(a->store->room < UINT32_MAX / 2);
	room = (size_t)a->store->room * 2;
	a->store = nodes_resize(a->store, store_size(a->store->room), store_size(room));
	a->store->room = (uint32_t)room;
}

/* Make one more place at the end; all places. */
static struct ek_json **extend(struct ek_json *arr)
{
	struct array *a = NODE(struct array, arr);

	if (arr->wide ? a->store->n == a->store->room : arr->n == arr->room)
		grow(arr);
	if (!arr->wide) {
		arr->n++;
		return a->at;
	}
	a->store->n++;
	return a->store->at;
}

void array_append(struct ek_json *arr, struct ek_json *take_value)
{
	size_t n;

	(void)extend(arr);
	elements_of(arr, &n)[n - 1] = take_value;
}

void array_insert(struct ek_json *arr, size_t i, struct ek_json *take_value)
{
	struct ek_json **at;
	size_t n;

	(void)extend(arr);
	at = elements_of(arr, &n);
	EK_ASSERT(i < n);
	memmove(at + i + 1, at + i, (n - 1 - i) * sizeof(*at));
	at[i] = take_value;
}

void array_replace(struct ek_json *arr, size_t i, struct ek_json *take_value)
{
	size_t n;
	struct ek_json **at = elements_of(arr, &n);

	EK_ASSERT(i < n);
	value_unref(at[i]);
	at[i] = take_value;
}

void array_remove(struct ek_json *arr, size_t i)
{
	size_t n;
	struct ek_json **at = elements_of(arr, &n);

	EK_ASSERT(i < n);
	value_unref(at[i]);
	memmove(at + i, at + i + 1, (n - 1 - i) * sizeof(*at));
	if (arr->wide)
		NODE(struct array, arr)->store->n--;
	else
		arr->n--;
}
