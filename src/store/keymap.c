/* SPDX-License-Identifier: Apache-2.0 */
#include "keymap.h"

#include <stdlib.h>
#include <string.h>

/*
 * at[i] becomes the link at level i that leads to the first node not before `key` (after it when
 * `past`).
 */
static void seek(struct keymap *m, const char *key, bool past, struct keynode **at[KEYMAP_LEVELS])
{
	struct keynode **links = m->head;

	for (int i = KEYMAP_LEVELS - 1; i >= 0; i--) {
		while (links[i]) {
			int cmp = strcmp(links[i]->key, key);

			if (cmp > 0 || (cmp == 0 && !past))
				break;
			links = links[i]->next;
		}
		at[i] = &links[i];
	}
}

struct keynode *keymap_from(const struct keymap *m, const char *key, bool inclusive)
{
	struct keynode **at[KEYMAP_LEVELS];

	if (!key)
		return m->head[0];
	seek((struct keymap *)m, key, !inclusive, at);
	return *at[0];
}

void *keymap_get(const struct keymap *m, const char *key)
{
	struct keynode *n = keymap_from(m, key, true);

	return n && strcmp(n->key, key) == 0 ? n->value : NULL;
}

/* One level more with a chance of one in four. */
static int levels(struct keymap *m)
{
	int n = 1;

	m->seed = m->seed * 1664525u + 1013904223u;
	for (uint32_t r = m->seed >> 8; n < KEYMAP_LEVELS && (r & 3) == 0; r >>= 2)
		n++;
	return n;
}

void *keymap_put(struct keymap *m, const char *key, void *value)
{
	struct keynode **at[KEYMAP_LEVELS];
	struct keynode *node;
	size_t key_size = strlen(key) + 1;
	size_t node_size;
	int n;

	seek(m, key, false, at);
	node = *at[0];
	if (node && strcmp(node->key, key) == 0) {
		void *old = node->value;

		node->value = value;
		return old;
	}
	n = levels(m);
	node_size = sizeof(*node) + (size_t)n * sizeof(node->next[0]);
	node = ek_malloc(node_size + key_size);
	node->value = value;
	node->key = memcpy((char *)node + node_size, key, key_size);
	for (int i = 0; i < n; i++) {
		node->next[i] = *at[i];
		*at[i] = node;
	}
	m->n++;
	return NULL;
}

void *keymap_del(struct keymap *m, const char *key)
{
	struct keynode **at[KEYMAP_LEVELS];
	struct keynode *node;
	void *value;

	seek(m, key, false, at);
	node = *at[0];
	if (!node || strcmp(node->key, key) != 0)
		return NULL;
	for (int i = 0; i < KEYMAP_LEVELS && *at[i] == node; i++)
		*at[i] = node->next[i];
	value = node->value;
	free(node);
	m->n--;
	return value;
}

void keymap_done(struct keymap *m, void (*free_value)(void *value))
{
	struct keynode *next;

	for (struct keynode *n = m->head[0]; n; n = next) {
		next = n->next[0];
		if (free_value)
			free_value(n->value);
		free(n);
	}
	memset(m, 0, sizeof(*m));
}
