/* SPDX-License-Identifier: Apache-2.0 */
#include "cache.h"

#include <ekube/str.h>
#include <stdlib.h>
#include <string.h>

char *cache_key(const char *ns, const char *name)
{
	return ek_str_empty(ns) ? ek_str_dup(name) : ek_str_fmt("%s/%s", ns, name);
}

char *cache_key_of(struct ek_object *o)
{
	return cache_key(ek_index_field(o->index, "metadata.namespace"),
			 ek_index_field(o->index, "metadata.name"));
}

static void join(struct ek_map *map, const char *key, struct cache_entry *e,
		 struct cache_link *link)
{
	struct cache_group *g = ek_map_get(map, key);

	if (!g) {
		g = ek_new(struct cache_group);
		ek_list_init(&g->list);
		g->map = map;
		g->key = ek_str_dup(key);
		ek_map_put(map, key, g);
	}
	link->entry = e;
	link->group = g;
	ek_list_add_tail(&g->list, &link->node);
}

static void leave(struct cache_link *link)
{
	struct cache_group *g = link->group;

	if (!g)
		return;
	ek_list_del(&link->node);
	link->group = NULL;
	if (!ek_list_empty(&g->list))
		return;
	ek_map_del(g->map, g->key);
	free(g->key);
	free(g);
}

static void index_owners(struct cache *c, struct cache_entry *e)
{
	const char *uid;
	size_t pos = 0, n = 0;

	while (ek_index_owner(e->object->index, &pos))
		n++;
	if (n == 0)
		return;
	e->owners = ek_calloc(n, sizeof(*e->owners));
	for (pos = 0; (uid = ek_index_owner(e->object->index, &pos));)
		join(&c->by_owner, uid, e, &e->owners[e->n_owners++]);
}

static void unindex_owners(struct cache_entry *e)
{
	for (size_t i = 0; i < e->n_owners; i++)
		leave(&e->owners[i]);
	free(e->owners);
	e->owners = NULL;
	e->n_owners = 0;
}

static void forget_uid(struct cache *c, struct cache_entry *e)
{
	/* a successor under the same name has another uid and may be in place already */
	if (e->uid && ek_map_get(&c->by_uid, e->uid) == e)
		ek_map_del(&c->by_uid, e->uid);
	free(e->uid);
	e->uid = NULL;
}

static struct cache_entry *new_entry(struct cache *c, struct ek_object *o, char *take_key)
{
	const char *ns = ek_index_field(o->index, "metadata.namespace");
	struct cache_entry *e = ek_new(struct cache_entry);

	e->key = take_key;
	ek_map_put(&c->by_key, e->key, e);
	if (!ek_str_empty(ns))
		join(&c->by_ns, ns, e, &e->ns);
	return e;
}

struct cache_entry *cache_put(struct cache *c, struct ek_object *o, struct ek_object **ret_before)
{
	EK_FREE char *key = cache_key_of(o);
	struct cache_entry *e = ek_map_get(&c->by_key, key);
	const char *uid = ek_index_uid(o->index);

	if (!e)
		e = new_entry(c, o, ek_steal(key));
	*ret_before = e->object;
	e->object = ek_object_ref(o);
	unindex_owners(e);
	index_owners(c, e);
	if (!ek_streq(uid, e->uid)) {
		forget_uid(c, e);
		e->uid = ek_str_dup(uid);
		if (e->uid)
			ek_map_put(&c->by_uid, e->uid, e);
	}
	return e;
}

struct ek_object *cache_remove(struct cache *c, const char *key)
{
	struct cache_entry *e = ek_map_del(&c->by_key, key);
	struct ek_object *o;

	if (!e)
		return NULL;
	o = e->object;
	unindex_owners(e);
	leave(&e->ns);
	forget_uid(c, e);
	free(e->key);
	free(e);
	return o;
}

void cache_tidy(struct cache *c)
{
	ek_map_tidy(&c->by_key);
	ek_map_tidy(&c->by_uid);
	ek_map_tidy(&c->by_ns);
	ek_map_tidy(&c->by_owner);
}

struct cache_entry *cache_find(const struct cache *c, const char *ns, const char *name)
{
	EK_FREE char *key = cache_key(ns, name);

	return ek_map_get(&c->by_key, key);
}

void cache_done(struct cache *c)
{
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&c->by_key, e));) {
		EK_FREE char *key = ek_str_dup(e->key);

		ek_object_unref(cache_remove(c, key));
	}
	ek_map_done(&c->by_key);
	ek_map_done(&c->by_uid);
	ek_map_done(&c->by_ns);
	ek_map_done(&c->by_owner);
}
