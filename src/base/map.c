/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/vec.h>

#include <pthread.h>
#include <string.h>

#include "rand.h"

/*
 * Entries lie in order of insertion; slots hold entry index + 1, linear probing, at most half
 * full. Removal leaves its entry as a hole and its slot pointing at the hole: that is the
 * tombstone which keeps probe chains whole. Holes go when the entries fill up and the table is
 * laid out anew, so nothing moves on removal and iteration survives it.
 */

#define MIN_CAP ((size_t)8)
#define TIDY_CAP ((size_t)256)

static pthread_once_t hash_once = PTHREAD_ONCE_INIT;
static uint64_t hash_key[2];

/* From the kernel even when chance is seeded: nothing that is visible depends on it. */
static void make_hash_key(void)
{
	ek_rand_kernel(hash_key, sizeof(hash_key));
}

static uint64_t rotl(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

/* SipHash-1-3 under a key of this process: keys come from outside and must not collide at will. */
static uint32_t hash_of(const char *key)
{
	size_t n = strlen(key), left = n;
	uint64_t v[4], m, last = (uint64_t)n << 56;

	(void)pthread_once(&hash_once, make_hash_key);
	v[0] = hash_key[0] ^ UINT64_C(0x736f6d6570736575);
	v[1] = hash_key[1] ^ UINT64_C(0x646f72616e646f6d);
	v[2] = hash_key[0] ^ UINT64_C(0x6c7967656e657261);
	v[3] = hash_key[1] ^ UINT64_C(0x7465646279746573);
	for (; left >= 8; left -= 8, key += 8) {
		memcpy(&m, key, 8);
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	m = 0;
	memcpy(&m, key, left);
	last ^= m;
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	m = v[0] ^ v[1] ^ v[2] ^ v[3];
	return (uint32_t)(m ^ (m >> 32));
}

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
	struct ek_map_entry *e = m->n ? find(m, key, hash_of(key)) : NULL;

	return e ? e->value : NULL;
}

void *ek_map_put(struct ek_map *m, const char *key, void *value)
{
	uint32_t hash = hash_of(key);
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
	struct ek_map_entry *e = m->n ? find(m, key, hash_of(key)) : NULL;
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
