/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * All objects of one kind in memory, kept current by a watch on the store: what the registry must know
 * while it answers. A write is in here before its writer hears of it.
 */

#include "core.h"

struct ek_cache;

struct ek_cache_spec {
	const struct ek_kind *kind;
	/* Told of every change; before is NULL for an addition, after for a removal. May be NULL. */
	void (*changed)(void *arg, struct ek_object *before, struct ek_object *after);
	void *arg;
};

struct ek_cache *ek_cache_new(struct ek_registry *r, const struct ek_cache_spec *spec);
void             ek_cache_free(struct ek_cache *c);
/* Reads what is stored and follows it from there. The store answers at once, so it is complete on return. */
int              ek_cache_load(struct ek_cache *c, struct ek_err *err);
/* Borrowed; NULL when there is none. ns NULL for cluster kinds. */
struct ek_object *ek_cache_get(const struct ek_cache *c, const char *ns, const char *name);
/* All, or those of a namespace: for (o = ek_cache_next(c, ns, &pos); o; o = ...), pos NULL at first. */
struct ek_object *ek_cache_next(const struct ek_cache *c, const char *ns, void **pos);
