/* SPDX-License-Identifier: Apache-2.0 */
#include "impl.h"

#include <stdlib.h>

/*
 * Watchers of the same prefix form a group. An event finds its groups by asking a hash for each
 * length of prefix that anybody watches, so its cost depends on who is concerned, not on how many
 * there are.
 *
 *	      start, from_rev < rev                on_event: false
 *	  ──────────────► replay ──► LIVE ──────────────────────► PAUSED
 *	                    ▲         one callback per event         │ resume
 *	                    └────────────────────────────────────────┘
 *
 * A watcher only ever gets what is newer than its at_rev, wherever it comes from. So a watch that
 * is started or resumed inside a callback of another, in the middle of a batch, replays to the end
 * of that batch and is passed over by the rest of the fan-out.
 */

enum {
	/* Above this, at_rev of who has no events follows by a timer, not with every commit. */
	SETTLE_AT_ONCE = 4096,
	SETTLE_MS      = 250,
};

struct watch_group {
	struct ek_list watchers; /* ek_store_watch.node */
	size_t         len;
	char           prefix[];
};

struct watch_state {
	struct ek_list         node; /* in hub.paused */
	struct ek_store       *store;
	struct watch_group    *group;
	struct ek_store_watch *watch;
	bool                   paused;
	bool                   resumed; /* from inside its own on_event */
};

/* On the stack around each callback: tells afterwards whether the watch is still there. */
struct watch_delivery {
	struct ek_store_watch *watch;
	struct watch_delivery *outer;
	bool                   gone;
};

enum outcome { GOING, PAUSED, GONE };

/* ---- who is there ---- */

static struct watch_group *group_get(struct watch_hub *hub, const char *prefix)
{
	struct watch_group *g = ek_map_get(&hub->groups, prefix);
	size_t len = strlen(prefix);

	if (g)
		return g;
	g = ek_malloc(sizeof(*g) + len + 1);
	ek_list_init(&g->watchers);
	g->len = len;
	memcpy(g->prefix, prefix, len + 1);
	ek_map_put(&hub->groups, prefix, g);
	hub->n_prefixes[len]++;
	return g;
}

static void group_put(struct watch_hub *hub, struct watch_group *g)
{
	if (!ek_list_empty(&g->watchers) || g == hub->current)
		return;
	hub->n_prefixes[g->len]--;
	ek_map_del(&hub->groups, g->prefix);
	free(g);
}

static struct watch_state *enter(struct ek_store *s, struct ek_store_watch *w)
{
	struct watch_state *ws = ek_new(struct watch_state);

	ws->store = s;
	ws->group = group_get(&s->hub, w->prefix);
	ws->watch = w;
	w->private_ = ws;
	ek_list_add_tail(&ws->group->watchers, &w->node);
	s->hub.n_watchers++;
	return ws;
}

static void leave(struct watch_state *ws)
{
	struct watch_hub *hub = &ws->store->hub;
	struct ek_store_watch *w = ws->watch;

	for (struct watch_delivery *d = hub->deliveries; d; d = d->outer)
		if (d->watch == w)
			d->gone = true;
	if (hub->next == &w->node)
		hub->next = w->node.next;
	ek_list_del(&w->node);
	ek_list_del(&ws->node);
	w->private_ = NULL;
	hub->n_watchers--;
	group_put(hub, ws->group);
	free(ws);
}

static void end(struct watch_state *ws, int rc)
{
	struct ek_store_watch *w = ws->watch;

	leave(ws);
	if (w->on_end)
		w->on_end(w, rc);
}

/* ---- one event to one watcher ---- */

static enum outcome deliver(struct watch_state *ws, const struct ek_store_event *e)
{
	struct watch_hub *hub = &ws->store->hub;
	struct watch_delivery d = { .watch = ws->watch, .outer = hub->deliveries };
	bool more;

	ws->watch->at_rev = e->rev;
	ws->resumed = false;
	hub->deliveries = &d;
	more = ws->watch->on_event(ws->watch, e);
	hub->deliveries = d.outer;
	if (d.gone)
		return GONE;
	if (more || ws->resumed)
		return GOING;
	ws->paused = true;
	ek_list_add_tail(&hub->paused, &ws->node);
	return PAUSED;
}

struct catch_up {
	struct watch_state *ws;
	enum outcome outcome;
};

static bool on_past(void *arg, const struct ek_store_event *e)
{
	struct catch_up *c = arg;

	c->outcome = deliver(c->ws, e);
	return c->outcome == GOING;
}

/* From at_rev to now. A failure leaves the watch where it is. */
static int catch_up(struct watch_state *ws, struct ek_err *err)
{
	struct ek_store *s = ws->store;
	struct ek_store_watch *w = ws->watch;
	struct catch_up c = { .ws = ws, .outcome = GOING };
	EK_FREE char *prefix = NULL;
	int rc = 0;

	if (w->at_rev < s->floor)
		return ek_fail(err, EK_EEXPIRED,
			       "revision %" PRId64 " is gone, the oldest known is %" PRId64,
			       w->at_rev, s->floor);
	if (w->at_rev >= s->rev)
		return 0;
	prefix = ek_str_dup(ws->group->prefix); /* the group may go with the watch */
	rc = s->ops->replay(s, prefix, w->at_rev, on_past, &c, err);
	if (rc == 0 && c.outcome == GOING)
		w->at_rev = s->rev;
	return c.outcome == GONE ? 0 : rc;
}

/* ---- fan-out ---- */

static void fan_out(struct watch_hub *hub, struct watch_group *g, const struct ek_store_event *e)
{
	hub->current = g;
	for (struct ek_list *node = g->watchers.next; node != &g->watchers; node = hub->next) {
		struct ek_store_watch *w = ek_container_of(node, struct ek_store_watch, node);
		struct watch_state *ws = w->private_;

		hub->next = node->next;
		if (!ws->paused && e->rev > w->at_rev)
			deliver(ws, e);
	}
	hub->current = NULL;
	hub->next = NULL;
	group_put(hub, g);
}

static void publish_one(struct watch_hub *hub, const struct change *c)
{
	struct ek_bytes *shared = NULL;
	struct ek_store_event e = {
		.type = c->type,
		.key = c->key,
		.rev = c->rev,
		.value = c->value,
		.index = c->index,
		.prev_index = c->prev_index,
		.made = c->made,
		.shared = &shared,
	};
	char prefix[EK_STORE_MAX_KEY + 1];
	size_t len = strlen(c->key);

	memcpy(prefix, c->key, len + 1);
	for (size_t i = 0; i <= len; i++) {
		struct watch_group *g;

		if (hub->n_prefixes[i] == 0)
			continue;
		prefix[i] = '\0';
		g = ek_map_get(&hub->groups, prefix);
		prefix[i] = c->key[i];
		if (g)
			fan_out(hub, g, &e);
	}
	ek_bytes_unref(shared);
}

static void settle(struct ek_store *s)
{
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&s->hub.groups, e));) {
		struct watch_group *g = e->value;

		EK_LIST_EACH(node, tmp, &g->watchers) {
			struct ek_store_watch *w =
				ek_container_of(node, struct ek_store_watch, node);
			const struct watch_state *ws = w->private_;

			if (!ws->paused && w->at_rev < s->rev)
				w->at_rev = s->rev;
		}
	}
}

static void on_settle(struct ek_timer *t)
{
	settle(ek_container_of(t, struct ek_store, hub.settle));
}

void hub_publish(struct ek_store *s, const struct change *changes, size_t n)
{
	struct watch_hub *hub = &s->hub;

	EK_ASSERT(!hub->current);
	for (size_t i = 0; i < n && hub->n_watchers > 0; i++)
		publish_one(hub, &changes[i]);
	if (hub->n_watchers <= SETTLE_AT_ONCE)
		settle(s);
	else if (!ek_timer_active(&hub->settle))
		ek_timer_start(s->loop, &hub->settle, SETTLE_MS, on_settle);
}

void hub_trimmed(struct ek_store *s)
{
	struct ek_list *node = s->hub.paused.next;

	while (node != &s->hub.paused) {
		struct watch_state *ws = ek_container_of(node, struct watch_state, node);

		node = node->next;
		if (ws->watch->at_rev >= s->floor)
			continue;
		end(ws, EK_EEXPIRED);
		node = s->hub.paused.next; /* the callback may have changed anything */
	}
}

/* ---- the interface ---- */

int ek_store_watch(struct ek_store *s, struct ek_store_watch *w, struct ek_err *err)
{
	struct watch_state *ws;
	int rc;

	EK_ASSERT(w->prefix && w->on_event && !w->private_);
	if (strlen(w->prefix) > EK_STORE_MAX_KEY)
		return ek_fail(err, EK_EINVALID, "a prefix has at most %d bytes", EK_STORE_MAX_KEY);
	if (s->closing)
		return ek_fail(err, EK_EUNAVAILABLE, "the store is being closed");
	w->at_rev = w->from_rev ? w->from_rev : s->rev;
	ws = enter(s, w);
	rc = catch_up(ws, err);
	if (rc < 0)
		leave(ws);
	return rc;
}

void ek_store_watch_resume(struct ek_store_watch *w)
{
	struct watch_state *ws = w->private_;
	int rc;

	if (!ws)
		return;
	ws->resumed = true;
	if (!ws->paused)
		return;
	ws->paused = false;
	ek_list_del(&ws->node);
	rc = catch_up(ws, NULL);
	if (rc < 0)
		end(ws, rc);
}

void ek_store_watch_stop(struct ek_store_watch *w)
{
	if (w->private_)
		leave(w->private_);
}

void hub_init(struct ek_store *s)
{
	ek_list_init(&s->hub.paused);
}

void hub_done(struct ek_store *s)
{
	struct ek_map_entry *e;

	EK_ASSERT(!s->hub.deliveries);
	while ((e = ek_map_next(&s->hub.groups, NULL))) {
		struct watch_group *g = e->value;

		EK_LIST_EACH(node, tmp, &g->watchers) {
			struct ek_store_watch *w =
				ek_container_of(node, struct ek_store_watch, node);

			ek_list_del(&w->node);
			free(ek_steal(w->private_));
		}
		ek_map_del(&s->hub.groups, g->prefix);
		free(g);
	}
	ek_map_done(&s->hub.groups);
	ek_timer_stop(&s->hub.settle);
	ek_list_init(&s->hub.paused);
	s->hub.n_watchers = 0;
}
