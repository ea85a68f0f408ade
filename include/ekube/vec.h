/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Containers.
 *
 * EK_VEC(T) is a growable array of T. Zero-initialised is empty.
 *	EK_VEC(int) v = { 0 };
 *	ek_vec_push(&v, 7);
 *	for (size_t i = 0; i < v.n; i++) use(v.items[i]);
 *	ek_vec_done(&v);
 */

#include <ekube/base.h>
#include <stdlib.h>

#define EK_VEC(type)           \
	struct {               \
		type  *items;  \
		size_t n, cap; \
	}

void *ek_vec_grow_(void *items, size_t *cap, size_t need, size_t item_size);

#define ek_vec_push(v, x)                                                                       \
	do {                                                                                    \
		if ((v)->n == (v)->cap)                                                         \
			(v)->items = ek_vec_grow_((v)->items, &(v)->cap, (v)->n + 1,            \
						  sizeof(*(v)->items));                         \
		(v)->items[(v)->n++] = (x);                                                     \
	} while (0)

/* Remove item i, keeping the order of the others. */
#define ek_vec_remove(v, i)                                                                     \
	do {                                                                                    \
		size_t ek_i_ = (i);                                                             \
		for ((v)->n--; ek_i_ < (v)->n; ek_i_++)                                         \
			(v)->items[ek_i_] = (v)->items[ek_i_ + 1];                              \
	} while (0)

#define ek_vec_done(v)                                                                          \
	do {                                                                                    \
		free((v)->items);                                                               \
		(v)->items = NULL;                                                              \
		(v)->n = (v)->cap = 0;                                                          \
	} while (0)

/*
 * String-keyed map. Keys are copied; values are the caller's pointers, never NULL.
 * Iteration is in order of insertion; removal during iteration is allowed for the current key only.
 */
struct ek_map {
	struct ek_map_entry *entries; /* insertion order; a NULL key is a hole */
	uint32_t            *slots;   /* hash -> entry index + 1 */
	size_t               n;       /* live entries */
	size_t               n_entries, cap, n_slots;
};
struct ek_map_entry {
	char    *key;
	void    *value;
	uint32_t hash;
};

void *ek_map_get(const struct ek_map *m, const char *key);
void *ek_map_put(struct ek_map *m, const char *key, void *value); /* returns the value replaced, or NULL */
void *ek_map_del(struct ek_map *m, const char *key);              /* returns the value removed, or NULL */
/* After removals: give back what a crowd left behind. Moves entries, so not within an iteration. */
void  ek_map_tidy(struct ek_map *m);
void  ek_map_done(struct ek_map *m);                              /* values are the caller's to free first */

/* for (struct ek_map_entry *e = NULL; (e = ek_map_next(m, e));) */
struct ek_map_entry *ek_map_next(const struct ek_map *m, const struct ek_map_entry *after);

/* Intrusive doubly linked list; a head is a node that points at itself. */
struct ek_list {
	struct ek_list *prev, *next;
};

static inline void ek_list_init(struct ek_list *l)
{
	l->prev = l->next = l;
}

static inline bool ek_list_empty(const struct ek_list *l)
{
	return !l->next || l->next == l;
}

static inline void ek_list_add_tail(struct ek_list *head, struct ek_list *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

/* Unlink; harmless on a node that is in no list (zeroed or already removed). */
static inline void ek_list_del(struct ek_list *node)
{
	if (!node->next)
		return;
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->prev = node->next = NULL;
}

#define ek_list_first(head, type, field) \
	(ek_list_empty(head) ? NULL : ek_container_of((head)->next, type, field))

/* The current node may be removed inside the loop. */
#define EK_LIST_EACH(node, tmp, head)                                                           \
	for (struct ek_list *node = (head)->next, *tmp = node ? node->next : NULL;              \
	     node && node != (head); node = tmp, tmp = node->next)
