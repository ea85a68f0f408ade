/* SPDX-License-Identifier: Apache-2.0 */
#include "sources.h"

#include <stdlib.h>

#include <ekube/clock.h>
#include <ekube/str.h>

/*
 *   want ──► LIST ──► WATCH ──┐       a watch that ends lists again, after a pause when it
 *              ▲──── pause ◄──┘       ends in failure. An immutable object is not watched.
 */

enum { RETRY_MIN_MS = 200, RETRY_MAX_MS = 30 * 1000 };

struct ek_sources {
	struct ek_loop   *loop;
	struct ek_client *client;
	struct ek_map     all; /* "c/ns/name" -> struct ek_source */
};

struct ek_source {
	struct ek_sources     *owner;
	char                  *key, *ns, *name, *selector;
	enum ek_source_kind    kind;
	struct ek_json        *object;
	bool                   known, listing, watching, telling, unwanted;
	struct ek_call         call;
	struct ek_client_watch watch;
	struct ek_timer        retry;
	int64_t                pause_ms;
	char                   error[256];
	struct ek_list         refs;
};

struct ek_sources *ek_sources_new(struct ek_loop *loop, struct ek_client *client)
{
	struct ek_sources *s = ek_new(struct ek_sources);

	s->loop = loop;
	s->client = client;
	return s;
}

void ek_sources_free(struct ek_sources *s)
{
	if (!s)
		return;
	EK_ASSERT(s->all.n == 0);
	ek_map_done(&s->all);
	free(s);
}

/* ---- one source ---- */

static void list(struct ek_source *src);

static void source_free(struct ek_source *src)
{
	if (src->listing)
		ek_call_cancel(&src->call);
	if (src->watching)
		ek_client_watch_stop(&src->watch);
	ek_timer_stop(&src->retry);
	ek_json_unref(src->object);
	free(src->key);
	free(src->ns);
	free(src->name);
	free(src->selector);
	free(src);
}

/* Any of them may drop its reference, or another's; the last one to go takes the source with it. */
static void tell(struct ek_source *src)
{
	struct ek_list round;

	ek_list_init(&round);
	src->telling = true;
	while (!ek_list_empty(&src->refs)) {
		struct ek_list *n = src->refs.next;

		ek_list_del(n);
		ek_list_add_tail(&round, n);
	}
	while (!ek_list_empty(&round)) {
		struct ek_source_ref *r = ek_list_first(&round, struct ek_source_ref, node);

		ek_list_del(&r->node);
		ek_list_add_tail(&src->refs, &r->node);
		r->changed(r);
	}
	src->telling = false;
	if (src->unwanted && ek_list_empty(&src->refs))
		source_free(src);
}

/* May free the source. */
static void set_object(struct ek_source *src, const struct ek_json *object)
{
	bool same = src->known && ek_json_equal(src->object, object);
	struct ek_json *old = src->object;

	src->object = object ? ek_json_ref(object) : NULL;
	src->known = true;
	src->error[0] = '\0';
	ek_json_unref(old);
	if (!same)
		tell(src);
}

static void on_retry(struct ek_timer *t)
{
	list(ek_container_of(t, struct ek_source, retry));
}

static void pause_then_list(struct ek_source *src)
{
	src->pause_ms = src->pause_ms ? EK_MIN(2 * src->pause_ms, (int64_t)RETRY_MAX_MS) :
					RETRY_MIN_MS;
	ek_timer_start(src->owner->loop, &src->retry,
		       src->pause_ms + (int64_t)ek_rand_below(RETRY_MIN_MS), on_retry);
}

static void on_event(struct ek_client_watch *w, enum ek_watch_type type, struct ek_object *o)
{
	struct ek_source *src = ek_container_of(w, struct ek_source, watch);

	if (type == EK_WATCH_BOOKMARK)
		return;
	set_object(src, type == EK_WATCH_DELETED ? NULL : ek_object_tree(o));
}

static void on_end(struct ek_client_watch *w, int rc)
{
	struct ek_source *src = ek_container_of(w, struct ek_source, watch);

	src->watching = false;
	if (rc == EK_EEXPIRED)
		list(src);
	else
		pause_then_list(src);
}

static void on_list(struct ek_call *c, int rc)
{
	struct ek_source *src = ek_container_of(c, struct ek_source, call);
	const struct ek_kind *kind = c->kind;
	struct ek_object *o = NULL;
	int64_t rev = c->list_rev;

	src->listing = false;
	if (rc < 0) {
		(void)ek_str_into(src->error, sizeof(src->error), "%s", c->err.msg);
		ek_call_done(c);
		pause_then_list(src);
		return;
	}
	if (c->n_items > 0)
		o = ek_object_ref(c->items[0]);
	ek_call_done(c);
	src->pause_ms = 0;
	if (!o || !ek_json_bool_at(ek_object_tree(o), "immutable", false)) {
		src->watch = (struct ek_client_watch){ .kind = kind,
						       .ns = src->ns,
						       .field_selector = src->selector,
						       .from_rev = rev,
						       .on_event = on_event,
						       .on_end = on_end };
		src->watching = true;
		ek_client_watch_start(src->owner->client, &src->watch);
	}
	set_object(src, o ? ek_object_tree(o) : NULL);
	ek_object_unref(o);
}

static void list(struct ek_source *src)
{
	const struct ek_kind *kind = src->kind == EK_SOURCE_SECRET ? &ek_kind_secret :
								     &ek_kind_configmap;

	ek_call_init(&src->call, EK_DO_LIST, kind, src->ns, NULL, on_list);
	src->call.field_selector = src->selector;
	src->listing = true;
	ek_call_start(src->owner->client, &src->call);
}

/* ---- references ---- */

static struct ek_source *source_new(struct ek_sources *s, const char *key, enum ek_source_kind kind,
				    const char *ns, const char *name)
{
	struct ek_source *src = ek_new(struct ek_source);

	src->owner = s;
	src->kind = kind;
	src->key = ek_str_dup(key);
	src->ns = ek_str_dup(ns);
	src->name = ek_str_dup(name);
	src->selector = ek_str_fmt("metadata.name=%s", name);
	ek_list_init(&src->refs);
	(void)ek_map_put(&s->all, key, src);
	/* in a later turn: whoever wants it is not yet ready to be told */
	ek_timer_start(s->loop, &src->retry, 0, on_retry);
	return src;
}

void ek_source_want(struct ek_sources *s, struct ek_source_ref *r, enum ek_source_kind kind,
		    const char *ns, const char *name, void (*changed)(struct ek_source_ref *r))
{
	EK_FREE char *key = ek_str_fmt("%d/%s/%s", kind, ns, name);
	struct ek_source *src = ek_map_get(&s->all, key);

	if (!src)
		src = source_new(s, key, kind, ns, name);
	*r = (struct ek_source_ref){ .changed = changed, .source = src };
	ek_list_add_tail(&src->refs, &r->node);
}

/* Is nobody left, counting those that tell() has yet to reach? */
static bool is_wanted(const struct ek_source *src, const struct ek_list *gone)
{
	return !ek_list_empty(&src->refs) || gone->next != gone;
}

void ek_source_drop(struct ek_source_ref *r)
{
	struct ek_source *src = r->source;
	struct ek_list *next = r->node.next;

	if (!src)
		return;
	ek_list_del(&r->node);
	*r = (struct ek_source_ref){ 0 };
	/* unlinked from a ring whose other nodes may only be a head */
	if (is_wanted(src, next))
		return;
	(void)ek_map_del(&src->owner->all, src->key);
	src->unwanted = true;
	if (!src->telling)
		source_free(src);
}

bool ek_source_known(const struct ek_source_ref *r)
{
	return r->source->known;
}

const struct ek_json *ek_source_object(const struct ek_source_ref *r)
{
	return r->source->object;
}

enum ek_source_kind ek_source_kind_of(const struct ek_source_ref *r)
{
	return r->source->kind;
}

const char *ek_source_name(const struct ek_source_ref *r)
{
	return r->source->name;
}

const char *ek_source_error(const struct ek_source_ref *r)
{
	return r->source->error;
}
