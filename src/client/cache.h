/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The contents of an informer: objects by "namespace/name", by uid, by namespace and by owner. It
 * knows nothing of clients or time. Lookups that reconciles make all day cost one hash each.
 */

#include <ekube/object.h>
#include <ekube/vec.h>

struct cache_entry;

/* One place in the list of an owner or a namespace. */
struct cache_link {
	struct ek_list      node;
	struct cache_entry *entry;
	struct cache_group *group;
};

/* All entries that share an owner uid or a namespace; goes when its last entry goes. */
struct cache_group {
	struct ek_list list;
	struct ek_map *map; /* where it is registered */
	char          *key;
};

struct cache_entry {
	struct ek_object  *object; /* a reference */
	char              *key;    /* "ns/name", "name" in cluster scope */
	char              *uid;
	uint32_t           generation; /* of the last list that had it */
	struct cache_link  ns;
	struct cache_link *owners;
	size_t             n_owners;
};

struct cache {
	struct ek_map by_key;   /* struct cache_entry */
	struct ek_map by_uid;   /* the same */
	struct ek_map by_ns;    /* struct cache_group */
	struct ek_map by_owner; /* struct cache_group */
};

/* The key of an object; malloc'd. */
char *cache_key(const char *ns, const char *name) EK_MUST_USE;
char *cache_key_of(struct ek_object *o) EK_MUST_USE;

/*
 * Put a new state in place. *ret_before is the state it replaced (a reference that is now the caller's)
 * or NULL.
 */
struct cache_entry *cache_put(struct cache *c, struct ek_object *o, struct ek_object **ret_before);
/* The state that was removed (the caller's reference), NULL when there was none. */
struct ek_object *cache_remove(struct cache *c, const char *key);
/* After a removal, outside of any walk: memory follows the number of objects also downwards. */
void cache_tidy(struct cache *c);
struct cache_entry *cache_find(const struct cache *c, const char *ns, const char *name);
void cache_done(struct cache *c);
