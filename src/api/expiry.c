/* SPDX-License-Identifier: Apache-2.0 */
#include "expiry.h"

#include <ekube/clock.h>
#include <ekube/log.h>
#include <ekube/str.h>

#include <stdlib.h>

/*
 * All live equally long, so the order of writing is the order of going: a queue, whose head says
 * when to wake. A little late, so that what is due together goes together: the store then needs one
 * commit.
 */
enum {
	TTL_MS   = 60 * 60 * 1000,
	SLACK_MS = 60 * 1000,
};

struct entry {
	struct ek_list node;
	int64_t        due_ms;
	int64_t        rev;
	char           key[];
};

struct removal {
	struct ek_list        node;
	struct ek_store_write write;
};

struct ek_expiry {
	struct ek_registry   *r;
	char                 *prefix;
	struct ek_list        queue;    /* struct entry, first due first */
	struct ek_map         entries;  /* key -> struct entry */
	struct ek_list        removals; /* in flight */
	struct ek_timer       timer;
	struct ek_store_list  list;
	struct ek_store_watch watch;
	int                   rc;
};

static void arm(struct ek_expiry *x);

/* ---- the queue ---- */

static void forget(struct ek_expiry *x, const char *key)
{
	struct entry *e = ek_map_del(&x->entries, key);

	if (!e)
		return;
	ek_list_del(&e->node);
	free(e);
}

/* At the end: who is written now goes last. */
static void remember(struct ek_expiry *x, const char *key, int64_t rev, int64_t due_ms)
{
	size_t n = strlen(key);
	struct entry *e = ek_malloc(sizeof(*e) + n + 1);

	forget(x, key);
	*e = (struct entry){ .due_ms = due_ms, .rev = rev };
	memcpy(e->key, key, n + 1);
	ek_map_put(&x->entries, e->key, e);
	ek_list_add_tail(&x->queue, &e->node);
}

/* ---- removal ---- */

static void on_removed(struct ek_store_write *w, int rc)
{
	struct removal *d = ek_container_of(w, struct removal, write);

	/* written again or gone meanwhile: the watch has told */
	if (rc < 0 && rc != EK_ECONFLICT && rc != EK_ENOTFOUND)
		ek_warn("an expired event stays", "error", w->err.msg);
	ek_list_del(&d->node);
	free(d);
}

static void removal_start(struct ek_expiry *x, const struct entry *e)
{
	struct removal *d = ek_new(struct removal);

	d->write.op = EK_WRITE_DELETE;
	d->write.key = e->key;
	d->write.if_rev = e->rev;
	d->write.cb = on_removed;
	ek_list_add_tail(&x->removals, &d->node);
	ek_store_write(x->r->store, &d->write);
}

static void on_due(struct ek_timer *t)
{
	struct ek_expiry *x = ek_container_of(t, struct ek_expiry, timer);
	int64_t now = ek_clock_mono_ms();
	struct entry *e;

	while ((e = ek_list_first(&x->queue, struct entry, node)) && e->due_ms <= now) {
		removal_start(x, e);
		forget(x, e->key);
	}
	arm(x);
}

static void arm(struct ek_expiry *x)
{
	const struct entry *e = ek_list_first(&x->queue, struct entry, node);
	int64_t left = e ? e->due_ms - ek_clock_mono_ms() : 0;

	if (e && !ek_timer_active(&x->timer))
		ek_timer_start(x->r->loop, &x->timer, EK_MAX(left, (int64_t)0) + SLACK_MS, on_due);
}

/* ---- what happens to events ---- */

static bool on_event(struct ek_store_watch *w, const struct ek_store_event *e)
{
	struct ek_expiry *x = ek_container_of(w, struct ek_expiry, watch);

	if (e->type == EK_EVENT_DELETED)
		forget(x, e->key);
	else
		remember(x, e->key, e->rev, ek_clock_mono_ms() + TTL_MS);
	arm(x);
	return true;
}

static void on_end(struct ek_store_watch *w, int rc)
{
	(void)w;
	ek_error("events do not expire any more", "error", ek_err_name(rc));
}

/*
 * When the server was down nobody counted: the event's own times tell how old it is. They are
 * searched for in the bytes, because parsing thousands of events would keep the server from its
 * start: inside a string a quote is escaped, so that what is found is a member.
 */
static int64_t age_ms(const struct ek_bytes *value)
{
	static const char *const times[] = { "\"lastTimestamp\":\"", "\"eventTime\":\"",
					     "\"lastObservedTime\":\"",
					     "\"creationTimestamp\":\"" };
	int64_t newest = 0, us, age;

	for (size_t i = 0; i < EK_ARRAY_LEN(times); i++) {
		const char *p = strstr(value->data, times[i]);
		EK_FREE char *text = NULL;

		if (!p)
			continue;
		p += strlen(times[i]);
		text = ek_str_ndup(p, strcspn(p, "\""));
		if (ek_time_parse(text, &us) == 0)
			newest = EK_MAX(newest, us);
	}
	age = (ek_clock_wall_us() - newest) / 1000;
	return EK_MAX(age, (int64_t)0);
}

static bool on_record(struct ek_store_list *list, const struct ek_record *rec)
{
	struct ek_expiry *x = ek_container_of(list, struct ek_expiry, list);
	int64_t left = TTL_MS - age_ms(rec->value);

	remember(x, rec->key, rec->rev, ek_clock_mono_ms() + EK_MAX(left, (int64_t)0));
	return true;
}

static int by_due(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;

	return x->due_ms < y->due_ms ? -1 : x->due_ms > y->due_ms;
}

/* They came in order of keys. */
static void sort(struct ek_expiry *x)
{
	EK_VEC(struct entry *) v = { 0 };

	EK_LIST_EACH(node, tmp, &x->queue) {
		struct entry *e = ek_container_of(node, struct entry, node);

		ek_list_del(node);
		ek_vec_push(&v, e);
	}
	if (v.n > 1)
		qsort(v.items, v.n, sizeof(*v.items), by_due);
	for (size_t i = 0; i < v.n; i++)
		ek_list_add_tail(&x->queue, &v.items[i]->node);
	ek_vec_done(&v);
}

static void on_listed(struct ek_store_list *list, int rc, bool more)
{
	struct ek_expiry *x = ek_container_of(list, struct ek_expiry, list);

	(void)more;
	x->rc = rc;
	sort(x);
}

/* ---- life ---- */

struct ek_expiry *ek_expiry_new(struct ek_registry *r)
{
	struct ek_expiry *x = ek_new(struct ek_expiry);

	x->r = r;
	x->prefix = ek_key_make(&ek_kind_event, NULL, NULL);
	ek_list_init(&x->queue);
	ek_list_init(&x->removals);
	return x;
}

int ek_expiry_load(struct ek_expiry *x, struct ek_err *err)
{
	x->list.prefix = x->prefix;
	x->list.on_record = on_record;
	x->list.done = on_listed;
	ek_store_list(x->r->store, &x->list);
	if (x->rc < 0)
		return ek_fail(err, x->rc, "read events: %s", ek_err_name(x->rc));
	x->watch.prefix = x->prefix;
	x->watch.from_rev = x->list.at_rev;
	x->watch.on_event = on_event;
	x->watch.on_end = on_end;
	arm(x);
	return ek_store_watch(x->r->store, &x->watch, err);
}

void ek_expiry_free(struct ek_expiry *x)
{
	struct ek_map_entry *e;

	if (!x)
		return;
	ek_timer_stop(&x->timer);
	ek_store_watch_stop(&x->watch);
	EK_LIST_EACH(node, tmp, &x->removals)
		ek_list_del(node); /* they end on their own */
	while ((e = ek_map_next(&x->entries, NULL)))
		forget(x, ((struct entry *)e->value)->key);
	ek_map_done(&x->entries);
	free(x->prefix);
	free(x);
}
