/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/vec.h>

#include <ekube/hash.h>

#include <string.h>

/*
 * Entries lie in order of insertion; slots hold entry index + 1, linear probing, at most half
 * full. Removal leaves its entry as a hole and its slot pointing at the hole: that is the
 * tombstone which keeps probe chains whole. Holes go when the entries fill up and the table is
 * laid out anew, so nothing moves on removal and iteration survives it.
 */

#define MIN_CAP ((size_t)8)
#define TIDY_CAP ((size_t)256)

static struct ek_map_entry *find(const struct ek_map *m, const char *key, uint32_t hash)
{
	size_t mask = m->n_slots - 1;

	if (m->n == 0)
		return NULL;
	for (size_t i = hash & mask; m->slots[i]; i = (i + 1) & mask) {
		struct ek_map_entry *e = &m->entries[m->slots[i] - 1];

		if (e->key && e->hash == hash && strcmp(e->key, key) == 0)
			return e;
	}
	return NULL;
}

static void link_slot(struct ek_map *m, size_t entry)
{
	size_t mask = m->n_slots - 1;
	size_t i = m->entries[entry].hash & mask;

	while (m->slots[i])
		i = (i + 1) & mask;
	m->slots[i] = (uint32_t)(entry + 1);
}

/* Close the holes and choose the size anew: half of n stays free, so the work amortises. */
static void lay_out(struct ek_map *m)
{
	size_t want = m->n + m->n / 2 + 1;
	size_t cap = MIN_CAP;
	size_t kept = 0;

	while (cap < want)
		cap *= 2;
	EK_ASSERT(cap < UINT32_MAX / 4 && cap < SIZE_MAX / 4 / sizeof(*m->entries));
	for (size_t i = 0; i < m->n_entries; i++)
		if (m->entries[i].key)
			m->entries[kept++] = m->entries[i];
	m->entries = ek_realloc(m->entries, cap * sizeof(*m->entries));
	m->cap = cap;
	m->n_entries = kept;
	free(m->slots);
	m->n_slots = cap * 2;
	m->slots = ek_calloc(m->n_slots, sizeof(*m->slots));
	for (size_t i = 0; i < kept; i++)
		link_slot(m, i);
}

void *ek_map_get(const struct ek_map *m, const char *key)
{
	struct ek_map_entry *e = m->n ? find(m, key, ek_hash(key, strlen(key))) : NULL;

	return e ? e->value : NULL;
}

void *ek_map_put(struct ek_map *m, const char *key, void *value)
{
	uint32_t hash = ek_hash(key, strlen(key));
	struct ek_map_entry *e = find(m, key, hash);

	EK_ASSERT(value);
	if (e) {
		void *old = e->value;

		e->value = value;
		return old;
	}
	if (m->n_entries == m->cap)
		lay_out(m);
	e = &m->entries[m->n_entries];
	e->key = ek_memdup(key, strlen(key) + 1);
	e->value = value;
	e->hash = hash;
	link_slot(m, m->n_entries++);
	m->n++;
	return NULL;
}

void *ek_map_del(struct ek_map *m, const char *key)
{
	struct ek_map_entry *e = m->n ? find(m, key, ek_hash(key, strlen(key))) : NULL;
	void *old;

	if (!e)
		return NULL;
	old = e->value;
	free(e->key); /* the caller's `key` may be this very string: not read again */
	e->key = NULL;
	e->value = NULL;
	m->n--;
	return old;
}

void ek_map_tidy(struct ek_map *m)
{
	if (m->cap > TIDY_CAP && m->n < m->cap / 8)
		lay_out(m);
}

void ek_map_done(struct ek_map *m)
{
	for (size_t i = 0; i < m->n_entries; i++)
		free(m->entries[i].key);
	free(m->entries);
	free(m->slots);
	*m = (struct ek_map){ 0 };
}

struct ek_map_entry *ek_map_next(const struct ek_map *m, const struct ek_map_entry *after)
{
	size_t i = after ? (size_t)(after - m->entries) + 1 : 0;

	for (; i < m->n_entries; i++)
		if (m->entries[i].key)
			return &m->entries[i];
	return NULL;
}
