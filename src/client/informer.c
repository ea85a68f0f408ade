/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/informer.h>

#include "cache.h"

#include <ekube/log.h>
#include <ekube/str.h>
#include <stdlib.h>
#include <string.h>

/*
 *   LIST ──► WATCH ──► (ended) ──► WATCH again from the last revision
 *    ▲                    │
 *    └──── EXPIRED ◄──────┘        failures: wait 0.8 s, doubling to 30 s, as client-go's reflector
 */

enum { RETRY_MIN_MS = 800, RETRY_MAX_MS = 30000, PAGE = 500 };

struct ek_informers {
	struct ek_client *client;
	struct ek_map     informers; /* by kind, namespace and selectors */
};

struct ek_informer {
	struct ek_informers   *factory;
	const struct ek_kind  *kind;
	char                  *ns, *labels, *fields;
	char                  *next;       /* of a list under way: where its next page begins */
	struct cache           cache;
	struct ek_list         handlers;
	struct ek_call         list;
	struct ek_client_watch watch;
	struct ek_timer        retry;
	int64_t                retry_ms;
	int64_t                rev;        /* newest seen */
	uint32_t               generation; /* counts lists */
	bool                   listing, watching, synced;
	bool                   metadata_only;
};

static void start_page(struct ek_informer *inf);
static void start_watch(struct ek_informer *inf);

/* ---- telling the handlers ---- */

static void tell(struct ek_informer *inf, struct ek_object *before, struct ek_object *after)
{
	EK_LIST_EACH(node, tmp, &inf->handlers) {
		struct ek_informer_handler *h =
			ek_container_of(node, struct ek_informer_handler, node);

		if (h->on_change)
			h->on_change(h, before, after);
	}
	/* trees are for the moment; what stays is bytes */
	if (after)
		ek_object_slim(after);
}

static void put(struct ek_informer *inf, struct ek_object *o)
{
	EK_OBJECT struct ek_object *before = NULL;
	EK_OBJECT struct ek_object *kept = inf->metadata_only ? ek_object_metadata(o) :
								ek_object_ref(o);
	struct cache_entry *e = cache_put(&inf->cache, kept, &before);

	e->generation = inf->generation;
	if (!before || before->rev != o->rev)
		tell(inf, before, o);
}

/* `last` is the final state as the API told it; NULL when it was missed. */
static void drop(struct ek_informer *inf, const char *key, struct ek_object *last)
{
	EK_OBJECT struct ek_object *before = cache_remove(&inf->cache, key);

	if (!before)
		return;
	cache_tidy(&inf->cache);
	tell(inf, last ? last : before, NULL);
}

static void drop_unlisted(struct ek_informer *inf)
{
	EK_VEC(char *) gone = { 0 };

	for (struct ek_map_entry *m = NULL; (m = ek_map_next(&inf->cache.by_key, m));) {
		struct cache_entry *e = m->value;

		if (e->generation != inf->generation)
			ek_vec_push(&gone, ek_str_dup(e->key));
	}
	for (size_t i = 0; i < gone.n; i++) {
		drop(inf, gone.items[i], NULL);
		free(gone.items[i]);
	}
	ek_vec_done(&gone);
}

static void tell_synced(struct ek_informer *inf)
{
	if (inf->synced)
		return;
	inf->synced = true;
	EK_LIST_EACH(node, tmp, &inf->handlers) {
		struct ek_informer_handler *h =
			ek_container_of(node, struct ek_informer_handler, node);

		if (h->on_synced)
			h->on_synced(h);
	}
}

/* ---- list, watch, and trouble ---- */

static void on_retry(struct ek_timer *t)
{
	struct ek_informer *inf = ek_container_of(t, struct ek_informer, retry);

	if (inf->rev > 0)
		start_watch(inf);
	else
		start_page(inf);
}

static void retry_later(struct ek_informer *inf)
{
	inf->retry_ms =
		EK_MIN(EK_MAX(inf->retry_ms * 2, (int64_t)RETRY_MIN_MS), (int64_t)RETRY_MAX_MS);
	ek_timer_start(inf->factory->client->loop, &inf->retry, inf->retry_ms, on_retry);
}

static void on_list(struct ek_call *c, int rc)
{
	struct ek_informer *inf = ek_container_of(c, struct ek_informer, list);

	inf->listing = false;
	if (rc < 0) {
		ek_warn("cannot list", "resource", inf->kind->plural, "error", c->err.msg);
		ek_call_done(c);
		ek_str_set(&inf->next, NULL);
		inf->rev = 0;
		retry_later(inf);
		return;
	}
	inf->retry_ms = 0;
	if (!inf->next)
		inf->generation++;
	inf->rev = c->list_rev;
	for (size_t i = 0; i < c->n_items; i++)
		put(inf, c->items[i]);
	ek_str_set(&inf->next, ek_str_empty(c->next) ? NULL : c->next);
	ek_call_done(c);
	if (inf->next) {
		start_page(inf);
		return;
	}
	drop_unlisted(inf);
	tell_synced(inf);
	start_watch(inf);
}

/* A list goes page by page, so that it is never in memory as a whole beside the cache. */
static void start_page(struct ek_informer *inf)
{
	ek_call_init(&inf->list, EK_DO_LIST, inf->kind, inf->ns, NULL, on_list);
	inf->list.label_selector = inf->labels;
	inf->list.field_selector = inf->fields;
	inf->list.limit = PAGE;
	inf->list.continue_token = inf->next;
	inf->listing = true;
	ek_call_start(inf->factory->client, &inf->list);
}

static void on_event(struct ek_client_watch *w, enum ek_watch_type type, struct ek_object *o)
{
	struct ek_informer *inf = ek_container_of(w, struct ek_informer, watch);
	EK_FREE char *key = NULL;

	inf->retry_ms = 0;
	inf->rev = EK_MAX(inf->rev, o->rev);
	switch (type) {
	case EK_WATCH_ADDED:
	case EK_WATCH_MODIFIED:
		put(inf, o);
		return;
	case EK_WATCH_DELETED:
		key = cache_key_of(o);
		drop(inf, key, o);
		return;
	case EK_WATCH_BOOKMARK:
		return;
	}
}

static void on_watch_end(struct ek_client_watch *w, int rc)
{
	struct ek_informer *inf = ek_container_of(w, struct ek_informer, watch);

	inf->watching = false;
	if (rc == EK_EEXPIRED || rc == EK_EGONE)
		inf->rev = 0; /* history is gone: list again */
	if (rc == 0)
		start_watch(inf);
	else
		retry_later(inf);
}

static void start_watch(struct ek_informer *inf)
{
	inf->watch = (struct ek_client_watch){
		.kind = inf->kind,
		.ns = inf->ns,
		.label_selector = inf->labels,
		.field_selector = inf->fields,
		.from_rev = inf->rev,
		.on_event = on_event,
		.on_end = on_watch_end,
	};
	inf->watching = true;
	ek_client_watch_start(inf->factory->client, &inf->watch);
}

/* ---- the factory ---- */

struct ek_informers *ek_informers_new(struct ek_client *client)
{
	struct ek_informers *f = ek_new(struct ek_informers);

	f->client = client;
	return f;
}

static void informer_free(struct ek_informer *inf)
{
	ek_timer_stop(&inf->retry);
	if (inf->listing)
		ek_call_cancel(&inf->list);
	if (inf->watching)
		ek_client_watch_stop(&inf->watch);
	cache_done(&inf->cache);
	free(inf->next);
	free(inf->ns);
	free(inf->labels);
	free(inf->fields);
	free(inf);
}

void ek_informers_free(struct ek_informers *f)
{
	if (!f)
		return;
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&f->informers, e));)
		informer_free(e->value);
	ek_map_done(&f->informers);
	free(f);
}

static char *id_of(const struct ek_kind *kind, const char *ns, const char *label_selector,
		   const char *field_selector)
{
	return ek_str_fmt("%s/%s/%s?%s&%s", kind->group, kind->plural, ns ? ns : "",
			  label_selector ? label_selector : "",
			  field_selector ? field_selector : "");
}

static struct ek_informer *informer_new(struct ek_informers *f, const char *id,
					const struct ek_kind *kind, const char *ns)
{
	struct ek_informer *inf = ek_new(struct ek_informer);

	inf->factory = f;
	inf->kind = kind;
	inf->ns = ek_str_dup(ns);
	ek_list_init(&inf->handlers);
	ek_map_put(&f->informers, id, inf);
	return inf;
}

struct ek_informer *ek_informer_get(struct ek_informers *f, const struct ek_kind *kind,
				    const char *ns, const char *label_selector,
				    const char *field_selector)
{
	EK_FREE char *id = id_of(kind, ns, label_selector, field_selector);
	struct ek_informer *inf = ek_map_get(&f->informers, id);

	if (inf)
		return inf;
	inf = informer_new(f, id, kind, ns);
	inf->labels = ek_str_dup(label_selector);
	inf->fields = ek_str_dup(field_selector);
	start_page(inf);
	return inf;
}

struct ek_informer *ek_informer_get_metadata(struct ek_informers *f, const struct ek_kind *kind,
					     const char *ns)
{
	EK_FREE char *whole = id_of(kind, ns, NULL, NULL), *id = ek_str_fmt("%s#metadata", whole);
	struct ek_informer *inf = ek_map_get(&f->informers, whole);

	if (!inf)
		inf = ek_map_get(&f->informers, id);
	if (inf)
		return inf;
	inf = informer_new(f, id, kind, ns);
	inf->metadata_only = true;
	start_page(inf);
	return inf;
}

/* ---- handlers and lookups ---- */

void ek_informer_add(struct ek_informer *inf, struct ek_informer_handler *h)
{
	EK_VEC(struct ek_object *) present = { 0 };

	/* a handler may call into the API, and so change the cache, while it is told */
	for (struct ek_map_entry *m = NULL;
	     h->on_change && (m = ek_map_next(&inf->cache.by_key, m));)
		ek_vec_push(&present, ek_object_ref(((struct cache_entry *)m->value)->object));
	ek_list_add_tail(&inf->handlers, &h->node);
	for (size_t i = 0; i < present.n; i++) {
		h->on_change(h, NULL, present.items[i]);
		ek_object_slim(present.items[i]);
		ek_object_unref(present.items[i]);
	}
	ek_vec_done(&present);
	if (inf->synced && h->on_synced)
		h->on_synced(h);
}

void ek_informer_remove(struct ek_informer *inf, struct ek_informer_handler *h)
{
	(void)inf;
	ek_list_del(&h->node);
}

bool ek_informer_synced(const struct ek_informer *inf)
{
	return inf->synced;
}

struct ek_object *ek_informer_find(struct ek_informer *inf, const char *ns, const char *name)
{
	struct cache_entry *e = cache_find(&inf->cache, ns, name);

	return e ? e->object : NULL;
}

struct ek_object *ek_informer_find_uid(struct ek_informer *inf, const char *uid)
{
	struct cache_entry *e = ek_map_get(&inf->cache.by_uid, uid);

	return e ? e->object : NULL;
}

int64_t ek_informer_rev(const struct ek_informer *inf)
{
	return inf->rev;
}

size_t ek_informer_count(const struct ek_informer *inf)
{
	return inf->cache.by_key.n;
}

/*
 * A walk follows the narrowest list there is: the owner's, else the namespace's, else everything.
 * `pos` is the link or map entry that was given out last, at first the list's head.
 */
struct ek_object *ek_informer_first(struct ek_informer *inf, const char *ns, const char *owner_uid,
				    struct ek_informer_iter *it)
{
	struct cache_group *g;

	*it = (struct ek_informer_iter){ .inf = inf, .ns = ns, .owner_uid = owner_uid };
	if (owner_uid || ns) {
		g = ek_map_get(owner_uid ? &inf->cache.by_owner : &inf->cache.by_ns,
			       owner_uid ? owner_uid : ns);
		if (!g)
			return NULL;
		it->head = it->pos = &g->list;
	}
	return ek_informer_next(it);
}

static struct ek_object *next_of_group(struct ek_informer_iter *it)
{
	for (struct ek_list *node = ((struct ek_list *)it->pos)->next; node != it->head;
	     node = node->next) {
		struct ek_object *o = ek_container_of(node, struct cache_link, node)->entry->object;

		if (it->owner_uid && it->ns &&
		    !ek_streq(it->ns, ek_index_field(o->index, "metadata.namespace")))
			continue;
		it->pos = node;
		return o;
	}
	return NULL;
}

struct ek_object *ek_informer_next(struct ek_informer_iter *it)
{
	struct ek_map_entry *m;

	if (it->head)
		return next_of_group(it);
	m = ek_map_next(&it->inf->cache.by_key, it->pos);
	it->pos = m;
	return m ? ((struct cache_entry *)m->value)->object : NULL;
}
