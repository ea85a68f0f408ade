/* SPDX-License-Identifier: Apache-2.0 */
#include "nodes.h"

#include <ekube/json.h>

#include <stdlib.h>
#include <string.h>

/*
 * A pod is three hundred blocks of a few sizes, all given back within the millisecond. So the main
 * thread, which runs the loop, keeps freed blocks by size for the next tree; ek_json_trim() gives
 * them back when it is quiet. Other threads have few trees and go to malloc.
 *
 * Blocks have no head: who frees one knows its size. The sizes are those that malloc's slots hold
 * without a gap (multiples of 16, 4 of them its own).
 */
enum {
	STEP     = 16,
	OVERHEAD = 4,
	CLASSES  = 12,      /* up to 188 bytes: all but long strings and large objects */
	KEEP_MAX = 4 << 20, /* bytes: the trees of a hundred writes under way */
};

struct block {
	struct block *next;
};

static struct {
	struct block *free[CLASSES];
	size_t        bytes;
} kept;

static __thread bool keeps;

void nodes_start(void)
{
#if !defined(__SANITIZE_ADDRESS__) /* it wants to see every block go */
	keeps = true;
#endif
}

static size_t class_of(size_t n)
{
	return (EK_MAX(n, (size_t)1) + OVERHEAD - 1) / STEP;
}

static size_t size_of(size_t class)
{
	return (class + 1) * STEP - OVERHEAD;
}

void *nodes_alloc(size_t n)
{
	size_t class = class_of(n);
	struct block *b;

	if (class >= CLASSES)
		return ek_malloc(n);
	b = keeps ? kept.free[class] : NULL;
	if (!b)
		return ek_malloc(size_of(class));
	kept.free[class] = b->next;
	kept.bytes -= size_of(class);
	return b;
}

void nodes_free(void *p, size_t n)
{
	size_t class = class_of(n);
	struct block *b = p;

	if (!p || !keeps || class >= CLASSES || kept.bytes >= KEEP_MAX) {
		free(p);
		return;
	}
	b->next = kept.free[class];
	kept.free[class] = b;
	kept.bytes += size_of(class);
}

void *nodes_resize(void *p, size_t before, size_t n)
{
	void *to;

	if (class_of(before) >= CLASSES && class_of(n) >= CLASSES)
		return ek_realloc(p, n);
	to = nodes_alloc(n);
	if (p)
		memcpy(to, p, EK_MIN(before, n));
	nodes_free(p, before);
	return to;
}

size_t ek_json_kept(void)
{
	return keeps ? kept.bytes : 0;
}

void ek_json_trim(void)
{
	for (size_t i = 0; keeps && i < CLASSES; i++)
		for (struct block *b; (b = kept.free[i]);) {
			kept.free[i] = b->next;
			kept.bytes -= size_of(i);
			free(b);
		}
}
