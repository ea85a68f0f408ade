/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

#include <stdlib.h>

#include <ekube/clock.h>
#include <ekube/log.h>

/*
 * Volatile versions wait here for the disk, the newest of each key. Readers, lists and watches
 * see them as if they were there. They go to the disk
 *	- when the first of them has waited volatile_ms (a timer runs only while any waits),
 *	- with the next durable commit once the oldest has waited half of that,
 *	- when their key is written durably,
 *	- when a list in progress needs the version that a newer one would replace,
 *	- when they are too many.
 *
 * The revisions they take must never be given out again after a crash: a number on the disk,
 * raised in steps of RESERVE, stays ahead of them.
 */

enum {
	RESERVE      = 512,
	MAX_PENDING  = 8192,
	MAX_BYTES    = 2 << 20,
	NODE_BYTES   = 256, /* what one costs beside its key and blocks, about */
	RETRY_MIN_MS = 1000,
};

static size_t size_of(const struct pending *p)
{
	return NODE_BYTES + 2 * strlen(p->key) + p->now.value->len + p->now.index->len;
}

static void pending_free(struct pending *p)
{
	version_done(&p->now);
	free(p->key);
	free(p);
}

static void pending_free_value(void *p)
{
	pending_free(p);
}

static void enter(struct sqlite *q, struct pending *p)
{
	struct ek_list *at = &q->pending;

	/* nearly always the newest; only a rollback puts back older ones */
	while (at->prev != &q->pending &&
	       ek_container_of(at->prev, struct pending, node)->now.rev > p->now.rev)
		at = at->prev;
	ek_list_add_tail(at, &p->node);
	keymap_put(&q->overlay, p->key, p);
	q->overlay_bytes += size_of(p);
}

static void leave(struct sqlite *q, struct pending *p)
{
	ek_list_del(&p->node);
	keymap_del(&q->overlay, p->key);
	q->overlay_bytes -= size_of(p);
}

static void remember(struct sqlite *q, const char *key, struct pending *old)
{
	struct overlay_undo u = { ek_str_dup(key), old };

	ek_vec_push(&q->tx_undo, u);
}

struct pending *overlay_get(struct sqlite *q, const char *key)
{
	return q->overlay.n ? keymap_get(&q->overlay, key) : NULL;
}

int overlay_settle(struct sqlite *q, struct pending *p, struct ek_err *err)
{
	int rc = sqlite_write_pending(q, p, err);

	if (rc < 0)
		return rc;
	leave(q, p);
	remember(q, p->key, p);
	return 0;
}

int overlay_settle_all(struct sqlite *q, struct ek_err *err)
{
	EK_LIST_EACH(node, tmp, &q->pending) {
		int rc = overlay_settle(q, ek_container_of(node, struct pending, node), err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int reserve(struct sqlite *q, int64_t rev, struct ek_err *err)
{
	sqlite3_stmt *st;
	int rc = sqlite_begin(q, err);

	if (rc < 0)
		return rc;
	st = db_stmt(q, ST_META_SET);
	db_bind_key(st, 1, "reserved");
	sqlite3_bind_int64(st, 2, rev);
	rc = db_run(q, st, "reserve revisions", err);
	if (rc == 0)
		q->tx_reserved = rev;
	return rc;
}

/* What stands in the way of one more: too many, or a list that needs the one it would replace. */
static int make_room(struct sqlite *q, const struct change *c, struct ek_err *err)
{
	struct pending *p = overlay_get(q, c->key);

	if (q->overlay.n >= MAX_PENDING || q->overlay_bytes >= MAX_BYTES)
		return overlay_settle_all(q, err);
	if (p && lists_need(&q->store, c->key, p->now.rev, c->rev))
		return overlay_settle(q, p, err);
	return 0;
}

int overlay_put(struct sqlite *q, const struct change *c, struct ek_err *err)
{
	struct pending *old, *p;
	int rc = 0;

	if (c->rev > EK_MAX(q->reserved, q->tx_reserved))
		rc = reserve(q, c->rev + RESERVE, err);
	if (rc == 0)
		rc = make_room(q, c, err);
	if (rc < 0)
		return rc;
	old = overlay_get(q, c->key);
	p = ek_new(struct pending);
	p->key = ek_str_dup(c->key);
	p->now = (struct version){ c->rev, c->create_rev, ek_bytes_ref(c->value),
				   ek_bytes_ref(c->index) };
	p->disk_rev = old ? old->disk_rev : c->prev_rev;
	p->since = old ? old->since : c->rev;
	if (q->overlay.n == 0)
		q->overlay_since_ms = ek_clock_mono_ms();
	if (old)
		leave(q, old);
	remember(q, c->key, old);
	enter(q, p);
	return 0;
}

bool overlay_is_ripe(const struct sqlite *q)
{
	return q->overlay.n > 0 &&
	       ek_clock_mono_ms() - q->overlay_since_ms >= q->store.options.volatile_ms / 2;
}

static void undo_clear(struct sqlite *q)
{
	for (size_t i = 0; i < q->tx_undo.n; i++)
		free(q->tx_undo.items[i].key);
	q->tx_undo.n = 0;
}

void overlay_rolled_back(struct sqlite *q)
{
	for (size_t i = q->tx_undo.n; i-- > 0;) {
		struct overlay_undo *u = &q->tx_undo.items[i];
		struct pending *now = overlay_get(q, u->key);

		if (now) {
			leave(q, now);
			pending_free(now);
		}
		if (u->old)
			enter(q, u->old);
	}
	undo_clear(q);
}

static int flush_all(struct sqlite *q, struct ek_err *err)
{
	int rc = overlay_settle_all(q, err);

	if (rc == 0)
		return sqlite_commit(&q->store, err);
	sqlite_rollback(&q->store);
	return rc;
}

static void on_flush(struct ek_timer *t)
{
	struct sqlite *q = ek_container_of(t, struct sqlite, flush);
	struct ek_err err = { 0 };

	if (flush_all(q, &err) == 0) {
		hub_trimmed(&q->store);
		return;
	}
	if (!q->warned)
		ek_warn("volatile records not written", "error", err.msg);
	q->warned = true;
	ek_timer_start(q->store.loop, &q->flush, EK_MAX(q->store.options.volatile_ms, RETRY_MIN_MS),
		       on_flush);
}

void overlay_committed(struct sqlite *q)
{
	for (size_t i = 0; i < q->tx_undo.n; i++)
		if (q->tx_undo.items[i].old)
			pending_free(q->tx_undo.items[i].old);
	undo_clear(q);
	if (q->overlay.n == 0) {
		ek_timer_stop(&q->flush);
		q->warned = false;
	} else if (!ek_timer_active(&q->flush)) {
		ek_timer_start(q->store.loop, &q->flush, q->store.options.volatile_ms, on_flush);
	}
}

int overlay_close(struct sqlite *q, struct ek_err *err)
{
	if (q->reserved > q->store.rev && reserve(q, q->store.rev, err) < 0)
		sqlite_rollback(&q->store); /* harmless: revisions will jump ahead */
	return flush_all(q, err);
}

void overlay_done(struct sqlite *q)
{
	ek_timer_stop(&q->flush);
	keymap_done(&q->overlay, pending_free_value);
	undo_clear(q);
	ek_vec_done(&q->tx_undo);
}
