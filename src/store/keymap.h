/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An ordered map from keys to pointers, in byte order as SQLite's BINARY: a skip list. Keys are
 * copied. A node stays where it is until its key is removed.
 */

#include <ekube/base.h>

enum { KEYMAP_LEVELS = 12 };

struct keynode {
	void           *value;
	char           *key;
	struct keynode *next[]; /* next[0]: the following key */
};

struct keymap {
	struct keynode *head[KEYMAP_LEVELS];
	size_t          n;
	uint32_t        seed;
};

void           *keymap_get(const struct keymap *m, const char *key);
/* The first key after `key`, or at it when `inclusive`; NULL key: the first of all. */
struct keynode *keymap_from(const struct keymap *m, const char *key, bool inclusive);
void           *keymap_put(struct keymap *m, const char *key, void *value); /* returns the value replaced */
void           *keymap_del(struct keymap *m, const char *key);              /* returns the value removed */
void            keymap_done(struct keymap *m, void (*free_value)(void *value));
