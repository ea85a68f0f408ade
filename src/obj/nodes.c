/* SPDX-License-Identifier: Apache-2.0 */
#include "nodes.h"

#include <ekube/json.h>

#include <stdlib.h>

/*
 * A pod is six hundred blocks of a few sizes, all given back within the millisecond, and they were
 * a quarter of what its create costs. So the main thread, which runs the loop, keeps freed blocks
 * by size for the next tree; ek_json_trim() gives them back when it is quiet. Other threads have
 * few trees and go to malloc.
 *
 * Every block has its class in front of it, so that any thread may free it.
 */
enum {
	STEP      = 16,
	CLASSES   = 12,       /* up to 192 bytes: all but long strings and large objects */
	KEEP_MAX  = 4 << 20,  /* bytes: the trees of a hundred writes under way */
	NO_CLASS  = CLASSES,
};

struct block {
	uint64_t      class;
	struct block *next; /* while it is free; the caller's bytes begin here */
};

#define HEAD offsetof(struct block, next)

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
	return n <= STEP * CLASSES ? (EK_MAX(n, (size_t)1) - 1) / STEP : NO_CLASS;
}

static size_t size_of(size_t class)
{
	return HEAD + (class + 1) * STEP;
}

void *nodes_alloc(size_t n)
{
	size_t class = class_of(n);
	struct block *b;

	if (keeps && class != NO_CLASS && kept.free[class]) {
		b = kept.free[class];
		kept.free[class] = b->next;
		kept.bytes -= size_of(class);
		return &b->next;
	}
	b = ek_malloc(class == NO_CLASS ? HEAD + n : size_of(class));
	b->class = class;
	return &b->next;
}

void nodes_free(void *p)
{
	struct block *b;

	if (!p)
		return;
	b = ek_container_of(p, struct block, next);
	if (!keeps || b->class == NO_CLASS || kept.bytes >= KEEP_MAX) {
		free(b);
		return;
	}
	b->next = kept.free[b->class];
	kept.free[b->class] = b;
	kept.bytes += size_of(b->class);
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
