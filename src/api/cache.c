/* SPDX-License-Identifier: Apache-2.0 */
#include "cache.h"

#include <ekube/log.h>
#include <ekube/str.h>

#include <stdlib.h>

struct ek_cache {
	struct ek_registry   *r;
	struct ek_cache_spec  spec;
	char                 *prefix;
	struct ek_map         objects;  /* key -> struct ek_object, a reference each */
	struct ek_store_list  list;
	struct ek_store_watch watch;
	int                   rc;       /* of the list */
	bool                  listed;
};

static void set(struct ek_cache *c, const char *key, struct ek_object *take)
{
	struct ek_object *before = take ? ek_map_put(&c->objects, key, take) :
					  ek_map_del(&c->objects, key);

	if (!take)
		ek_map_tidy(&c->objects);
	if (c->spec.changed && (before || take))
		c->spec.changed(c->spec.arg, before, take);
	if (take)
		ek_object_slim(take);
	ek_object_unref(before);
}

static bool on_record(struct ek_store_list *list, const struct ek_record *rec)
{
	struct ek_cache *c = ek_container_of(list, struct ek_cache, list);
	struct ek_object *o = NULL;

	if (ek_object_from_stored(rec->value, rec->index, rec->rev, &o, NULL) == 0)
		set(c, rec->key, o);
	return true;
}

static void on_done(struct ek_store_list *list, int rc, bool more)
{
	struct ek_cache *c = ek_container_of(list, struct ek_cache, list);

	(void)more;
	c->rc = rc;
	c->listed = true;
}

static bool on_event(struct ek_store_watch *watch, const struct ek_store_event *e)
{
	struct ek_cache *c = ek_container_of(watch, struct ek_cache, watch);
	struct ek_object *o = NULL;

	if (e->type != EK_EVENT_DELETED) {
		o = ek_object_of_event(e);
		if (!o)
			return true;
	}
	set(c, e->key, o);
	return true;
}

/* A watch that never pauses is never left behind. */
static void on_end(struct ek_store_watch *watch, int rc)
{
	const struct ek_cache *c = ek_container_of(watch, struct ek_cache, watch);

	ek_error("a cache of the API server lost the store", "kind", c->spec.kind->kind, "error",
		 ek_err_name(rc));
}

struct ek_cache *ek_cache_new(struct ek_registry *r, const struct ek_cache_spec *spec)
{
	struct ek_cache *c = ek_new(struct ek_cache);

	c->r = r;
	c->spec = *spec;
	c->prefix = ek_key_make(spec->kind, NULL, NULL);
	return c;
}

void ek_cache_free(struct ek_cache *c)
{
	if (!c)
		return;
	ek_store_watch_stop(&c->watch);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&c->objects, e));)
		ek_object_unref(e->value);
	ek_map_done(&c->objects);
	free(c->prefix);
	free(c);
}

int ek_cache_load(struct ek_cache *c, struct ek_err *err)
{
	c->list.prefix = c->prefix;
	c->list.on_record = on_record;
	c->list.done = on_done;
	ek_store_list(c->r->store, &c->list);
	EK_ASSERT(c->listed);
	if (c->rc < 0)
		return ek_fail(err, c->rc, "read %s: %s", c->spec.kind->plural, ek_err_name(c->rc));
	c->watch.prefix = c->prefix;
	c->watch.from_rev = c->list.at_rev;
	c->watch.on_event = on_event;
	c->watch.on_end = on_end;
	return ek_store_watch(c->r->store, &c->watch, err);
}

struct ek_object *ek_cache_get(const struct ek_cache *c, const char *ns, const char *name)
{
	EK_FREE char *key = ek_key_make(c->spec.kind, ns, name);

	return ek_map_get(&c->objects, key);
}

struct ek_object *ek_cache_next(const struct ek_cache *c, const char *ns, void **pos)
{
	EK_FREE char *prefix = ek_key_make(c->spec.kind, ns, NULL);
	struct ek_map_entry *e = *pos;

	while ((e = ek_map_next(&c->objects, e)))
		if (ek_str_starts(e->key, prefix))
			break;
	*pos = e;
	return e ? e->value : NULL;
}
