/* SPDX-License-Identifier: Apache-2.0 */
#include "impl.h"

#include <stdlib.h>

#include <ekube/clock.h>

/*
 * The store in memory: what the others are measured by, so everything is as plain as it can be.
 * Each logged change holds the state before it, and with it the answer to "what was this key at
 * revision R?": the state before the first change after R.
 */
struct entry {
	enum ek_event_type type;
	char              *key;
	int64_t            rev;
	int64_t            at_ms;
	struct version     before;
	struct ek_bytes   *value, *index;
};

struct memory {
	struct ek_store  store;
	struct keymap    live;     /* key -> struct version, its own references */
	EK_VEC(struct entry) log;
	size_t           n_committed; /* entries of log; the rest belongs to the open batch */
};

struct memory_cursor {
	struct keymap past;        /* key -> struct version as it was at at_rev, if changed since */
	int64_t       scanned_rev; /* past knows of all changes up to here */
	struct version current;
};

static struct memory *memory_of(struct ek_store *s)
{
	return ek_container_of(s, struct memory, store);
}

static struct version version_copy(const struct version *v)
{
	return (struct version){ v->rev, v->create_rev, ref_or_null(v->value),
				 ref_or_null(v->index) };
}

static void version_free(void *v)
{
	version_done(v);
	free(v);
}

static void entry_done(struct entry *e)
{
	free(e->key);
	version_done(&e->before);
	ek_bytes_unref(e->value);
	ek_bytes_unref(e->index);
}

/* ---- writes ---- */

static int memory_find(struct ek_store *s, const char *key, struct version *ret, struct ek_err *err)
{
	const struct version *v = keymap_get(&memory_of(s)->live, key);

	if (!v)
		return ek_fail(err, EK_ENOTFOUND, "%s does not exist", key);
	*ret = version_copy(v);
	return 0;
}

static int memory_put(struct ek_store *s, const struct change *c, const struct version *before,
		      struct ek_err *err)
{
	struct memory *m = memory_of(s);
	struct entry e = {
		.type = c->type,
		.key = ek_str_dup(c->key),
		.rev = c->rev,
		.at_ms = ek_clock_mono_ms(),
		.value = ek_bytes_ref(c->value),
		.index = ek_bytes_ref(c->index),
	};
	struct version *old, *v = NULL;

	(void)err;
	if (c->type == EK_EVENT_DELETED) {
		old = keymap_del(&m->live, c->key);
	} else {
		v = ek_new(struct version);
		*v = (struct version){ c->rev, c->create_rev, ek_bytes_ref(c->value),
				       ek_bytes_ref(c->index) };
		old = keymap_put(&m->live, c->key, v);
	}
	if (old)
		version_free(old);
	e.before = version_copy(before);
	ek_vec_push(&m->log, e);
	return 0;
}

static void memory_rollback(struct ek_store *s)
{
	struct memory *m = memory_of(s);

	while (m->log.n > m->n_committed) {
		struct entry *e = &m->log.items[--m->log.n];
		struct version *now = keymap_del(&m->live, e->key);

		if (now)
			version_free(now);
		if (e->before.rev) {
			struct version *v = ek_memdup(&e->before, sizeof(e->before));

			e->before = (struct version){ 0 };
			keymap_put(&m->live, e->key, v);
		}
		entry_done(e);
	}
}

static void trim(struct memory *m)
{
	const struct ek_store_options *o = &m->store.options;
	int64_t oldest_ms = ek_clock_mono_ms() - o->log_max_age_ms;
	size_t n = 0;

	/* the newest stays, as on disk, where it tells the revision */
	while (n + 1 < m->log.n &&
	       ((int64_t)(m->log.n - n) > o->log_max_records || m->log.items[n].at_ms < oldest_ms))
		n++;
	/* in portions, so that moving the rest costs little for each */
	if (n == 0 || (n < m->log.n / 8 && n < 256))
		return;
	m->store.floor = m->log.items[n - 1].rev;
	for (size_t i = 0; i < n; i++)
		entry_done(&m->log.items[i]);
	m->log.n -= n;
	memmove(m->log.items, m->log.items + n, m->log.n * sizeof(m->log.items[0]));
}

static int memory_commit(struct ek_store *s, struct ek_err *err)
{
	struct memory *m = memory_of(s);

	(void)err;
	trim(m);
	m->n_committed = m->log.n;
	return 0;
}

/* ---- reads ---- */

/* The first entry after rev. */
static size_t log_after(const struct memory *m, int64_t rev)
{
	size_t lo = 0, hi = m->log.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->log.items[mid].rev > rev)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static struct memory_cursor *cursor_state(struct cursor *c)
{
	struct memory *m = memory_of(c->store);
	struct memory_cursor *mc = c->state;

	if (!mc) {
		mc = c->state = ek_new(struct memory_cursor);
		mc->scanned_rev = c->at_rev;
	}
	for (size_t i = log_after(m, mc->scanned_rev); i < m->log.n; i++) {
		const struct entry *e = &m->log.items[i];
		struct version *v;

		mc->scanned_rev = e->rev;
		if (!ek_str_starts(e->key, c->prefix) || keymap_get(&mc->past, e->key))
			continue; /* the first change after at_rev is the one that tells */
		v = ek_new(struct version);
		*v = version_copy(&e->before);
		keymap_put(&mc->past, e->key, v);
	}
	return mc;
}

static int memory_next(struct cursor *c, struct ek_record *ret, struct ek_err *err)
{
	struct memory_cursor *mc = cursor_state(c);
	const char *pos = c->pos ? c->pos : c->prefix;
	bool inclusive = !c->pos;

	(void)err;
	for (;;) {
		const struct keynode *live =
			keymap_from(&memory_of(c->store)->live, pos, inclusive);
		const struct keynode *past = keymap_from(&mc->past, pos, inclusive);
		const struct keynode *n = live;
		const struct version *v;

		if (past && (!live || strcmp(past->key, live->key) <= 0))
			n = past;
		if (!n || !ek_str_starts(n->key, c->prefix))
			return 1;
		v = n->value;
		pos = n->key;
		inclusive = false;
		if (v->rev == 0)
			continue;
		version_done(&mc->current);
		mc->current = version_copy(v);
		*ret = (struct ek_record){ n->key, v->rev, v->create_rev, v->value, v->index };
		return 0;
	}
}

static void memory_suspend(struct cursor *c)
{
	struct memory_cursor *mc = c->state;

	version_done(&mc->current);
}

static void memory_close_cursor(struct cursor *c)
{
	struct memory_cursor *mc = ek_steal(c->state);

	if (!mc)
		return;
	keymap_done(&mc->past, version_free);
	version_done(&mc->current);
	free(mc);
}

static int64_t memory_count(struct ek_store *s, const char *prefix)
{
	const struct keynode *n = keymap_from(&memory_of(s)->live, prefix, true);
	int64_t count = 0;

	for (; n && ek_str_starts(n->key, prefix); n = n->next[0])
		count++;
	return count;
}

static int memory_replay(struct ek_store *s, const char *prefix, int64_t from_rev, replay_fn fn,
			 void *arg, struct ek_err *err)
{
	struct memory *m = memory_of(s);
	bool more = true;

	(void)err;
	for (size_t i = log_after(m, from_rev); i < m->log.n && more; i++) {
		const struct entry *e = &m->log.items[i];
		struct ek_bytes *shared = NULL;
		struct ek_store_event event = {
			.type = e->type,
			.key = e->key,
			.rev = e->rev,
			.value = e->value,
			.index = e->index,
			.prev_index = e->before.index,
			.shared = &shared,
		};

		if (!ek_str_starts(e->key, prefix))
			continue;
		more = fn(arg, &event);
		ek_bytes_unref(shared);
	}
	return 0;
}

static void memory_stats(struct ek_store *s, struct ek_store_stats *ret)
{
	ret->log_records = (int64_t)memory_of(s)->log.n;
}

static void memory_close(struct ek_store *s)
{
	struct memory *m = memory_of(s);

	lists_drop(s);
	keymap_done(&m->live, version_free);
	for (size_t i = 0; i < m->log.n; i++)
		entry_done(&m->log.items[i]);
	ek_vec_done(&m->log);
	store_done(s);
}

static const struct store_ops memory_ops = {
	.find = memory_find,
	.put = memory_put,
	.commit = memory_commit,
	.rollback = memory_rollback,
	.next = memory_next,
	.suspend = memory_suspend,
	.close_cursor = memory_close_cursor,
	.count = memory_count,
	.replay = memory_replay,
	.stats = memory_stats,
	.close = memory_close,
};

struct ek_store *ek_store_open_memory(struct ek_loop *loop, const struct ek_store_options *options)
{
	struct memory *m = ek_new(struct memory);

	store_init(&m->store, loop, options, &memory_ops);
	m->store.rev = m->store.floor = 1; /* 0 means "any" everywhere */
	return &m->store;
}
