/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

#include <ekube/clock.h>

/*
 * A row of the log holds the state before its change. To tell the state after it, a replay needs
 * the key's next row; `links` knows it for the rows that a replay has asked about, 16 bytes a row,
 * read from the disk when first needed and kept up by every commit. (An index or a column for it
 * would cost a page more in nearly every lone update.)
 */

enum {
	TRIM_CHUNK = 64,  /* rows; fewer are not worth the pages */
	TRIM_MAX   = 256, /* beyond what the transaction adds */
	MAX_MARKS  = 32,
};

static const char reading[] = "read the log";

/* ---- links ---- */

/* The first link at or after rev. */
static size_t link_at(const struct sqlite *q, int64_t rev)
{
	size_t lo = 0, hi = q->links.n;

	if (hi > 0 && q->links.items[hi - 1].rev < rev)
		return hi;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (q->links.items[mid].rev < rev)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void link_add(struct sqlite *q, int64_t rev, int64_t prev_rev)
{
	struct link l = { rev, 0 };
	size_t i;

	if (rev <= q->links_from)
		return;
	i = link_at(q, rev);
	ek_vec_push(&q->links, l);
	/* a volatile change may come late, behind durable ones that have passed it */
	memmove(&q->links.items[i + 1], &q->links.items[i], (q->links.n - 1 - i) * sizeof(l));
	q->links.items[i] = l;
	if (prev_rev <= q->links_from)
		return;
	i = link_at(q, prev_rev);
	if (i < q->links.n && q->links.items[i].rev == prev_rev)
		q->links.items[i].next = rev;
}

static int64_t link_next(const struct sqlite *q, int64_t rev)
{
	size_t i = link_at(q, rev);

	return i < q->links.n && q->links.items[i].rev == rev ? q->links.items[i].next : 0;
}

/* Know the links of all rows after `from`. Reaches further back each time, so it is done seldom. */
static int links_cover(struct sqlite *q, int64_t from, struct ek_err *err)
{
	int64_t reach = q->store.rev - 2 * (q->store.rev - q->links_from);
	sqlite3_stmt *st;
	int rc;

	if (from >= q->links_from)
		return 0;
	q->links.n = 0;
	q->links_from = EK_MAX(EK_MIN(from, reach), q->store.floor);
	st = db_stmt(q, ST_LOG_LINKS);
	sqlite3_bind_int64(st, 1, q->links_from);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		link_add(q, sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1));
	rc = rc == SQLITE_DONE ? 0 : db_fail(q, reading, err);
	if (rc < 0) {
		q->links.n = 0;
		q->links_from = q->store.rev;
	}
	sqlite3_reset(st);
	return rc;
}

/* ---- trimming ---- */

/* The newest revision that is older than the age limit. */
static int64_t too_old(struct sqlite *q)
{
	int64_t limit = ek_clock_mono_ms() - q->store.options.log_max_age_ms;
	int64_t rev = 0;

	for (size_t i = 0; i < q->marks.n && q->marks.items[i].at_ms <= limit; i++)
		rev = q->marks.items[i].rev;
	return rev;
}

static void mark_time(struct sqlite *q)
{
	struct log_mark m = { ek_clock_mono_ms(), q->log_last };
	int64_t step = q->store.options.log_max_age_ms / (MAX_MARKS / 2);

	while (q->marks.n > 1 && q->marks.items[1].rev <= q->store.floor)
		ek_vec_remove(&q->marks, 0);
	if (q->marks.n == MAX_MARKS)
		ek_vec_remove(&q->marks, 0);
	if (q->marks.n == 0 || m.at_ms - q->marks.items[q->marks.n - 1].at_ms >= step)
		ek_vec_push(&q->marks, m);
}

/* How many of the oldest rows this transaction takes away, and not past revision *ret_limit. */
static int64_t trim_wish(struct sqlite *q, int64_t *ret_limit)
{
	int64_t added = (int64_t)q->tx_rows.n;
	int64_t surplus = q->log_rows + added - q->store.options.log_max_records;
	int64_t chunk = EK_MIN(TRIM_CHUNK, q->store.options.log_max_records / 8 + 1);
	int64_t old = too_old(q);

	*ret_limit = INT64_MAX;
	if (surplus < chunk && old - q->store.floor >= TRIM_CHUNK) {
		*ret_limit = old;
		surplus = TRIM_MAX;
	}
	return surplus < chunk ? 0 : EK_MIN(surplus, added + TRIM_MAX);
}

int log_trim(struct sqlite *q, struct ek_err *err)
{
	int64_t limit, to;
	int64_t n = trim_wish(q, &limit);
	sqlite3_stmt *st;
	int rc;

	if (n == 0)
		return 0;
	st = db_stmt(q, ST_LOG_NTH);
	sqlite3_bind_int64(st, 1, n - 1);
	to = st && sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : INT64_MAX;
	sqlite3_reset(st);
	/* the newest stays: it tells the revision at the next start */
	to = EK_MIN(EK_MIN(to, limit), q->log_last - 1);
	if (to <= q->store.floor)
		return 0;
	st = db_stmt(q, ST_LOG_TRIM);
	sqlite3_bind_int64(st, 1, to);
	rc = db_run(q, st, "trim the log", err);
	if (rc < 0)
		return rc;
	q->tx_trimmed = sqlite3_changes(q->db);
	q->tx_trim_to = to;
	return 0;
}

static void trimmed(struct sqlite *q)
{
	size_t n = link_at(q, q->tx_trim_to + 1);

	q->store.floor = q->tx_trim_to;
	q->log_rows = EK_MAX(q->log_rows - q->tx_trimmed, 1);
	if (q->open_rev && q->store.floor >= q->open_rev) {
		q->log_rows = db_number(q->db, "SELECT count(*) FROM log", q->log_rows);
		q->open_rev = 0;
	}
	q->tx_trim_to = q->tx_trimmed = 0;
	q->links_from = EK_MAX(q->links_from, q->store.floor);
	q->links.n -= n;
	memmove(q->links.items, q->links.items + n, q->links.n * sizeof(q->links.items[0]));
}

void log_committed(struct sqlite *q)
{
	for (size_t i = 0; i < q->tx_rows.n; i++) {
		const struct log_row *r = &q->tx_rows.items[i];

		q->log_last = EK_MAX(q->log_last, r->rev);
		link_add(q, r->rev, r->prev_rev);
	}
	q->log_rows += (int64_t)q->tx_rows.n;
	q->tx_rows.n = 0;
	if (q->tx_trim_to)
		trimmed(q);
	mark_time(q);
}

/*
 * Counting the rows would read the whole log. Revisions are dense but for merged volatile changes
 * and jumps after a crash, so their span is near enough until the rows found here are gone.
 */
int log_open(struct sqlite *q, struct ek_err *err)
{
	int64_t first = db_number(q->db, "SELECT min(rev) FROM log", 0);
	int64_t last = db_number(q->db, "SELECT max(rev) FROM log", 0);

	if (sqlite3_errcode(q->db) != SQLITE_OK && sqlite3_errcode(q->db) != SQLITE_DONE)
		return db_fail(q, reading, err);
	q->reserved = db_number(q->db, "SELECT value FROM meta WHERE name = 'reserved'", 0);
	q->log_last = last;
	q->log_rows = last ? last - first + 1 : 0;
	/* 1: revision 0 means "any" everywhere */
	q->store.rev = EK_MAX(EK_MAX(last, q->reserved), 1);
	q->store.floor = last ? first - 1 : q->store.rev;
	q->open_rev = q->links_from = q->store.rev;
	mark_time(q);
	return 0;
}

void log_done(struct sqlite *q)
{
	ek_vec_done(&q->links);
	ek_vec_done(&q->marks);
	ek_vec_done(&q->tx_rows);
}

/* ---- the past ---- */

int log_state_at(struct sqlite *q, int64_t rev, int64_t at_rev, struct version *ret,
		 struct ek_err *err)
{
	sqlite3_stmt *st = db_stmt(q, ST_LOG_GET);
	int rc = 1;

	*ret = (struct version){ 0 };
	while (rc == 1) {
		int64_t since;

		sqlite3_bind_int64(st, 1, rev);
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW) {
			rc = rc == SQLITE_DONE ? EK_EEXPIRED : db_fail(q, reading, err);
			break;
		}
		rc = 0;
		since = sqlite3_column_type(st, 1) == SQLITE_NULL ? rev :
								    sqlite3_column_int64(st, 1);
		rev = sqlite3_column_int64(st, 0);
		if (rev > at_rev) {
			rc = 1; /* further back */
		} else if (since <= at_rev) {
			rc = EK_EEXPIRED; /* a volatile version that never reached the disk */
		} else if (rev != 0) {
			*ret = (struct version){ rev, sqlite3_column_int64(st, 2), db_bytes(st, 4),
						 db_bytes(st, 3) };
		}
		sqlite3_reset(st);
	}
	sqlite3_reset(st);
	return rc;
}

struct replay {
	struct sqlite *q;
	const char    *prefix;
	int64_t        from_rev;
	replay_fn      fn;
	void          *arg;
};

/* Borrowed: `after` becomes the state after the row that `st` stands on. */
static int state_after(struct sqlite *q, sqlite3_stmt *st, struct version *after,
		       struct ek_err *err)
{
	int64_t rev = sqlite3_column_int64(st, 0);
	int64_t next = link_next(q, rev);
	sqlite3_stmt *get;
	int rc;

	if (sqlite3_column_int(st, 1) == EK_EVENT_DELETED) {
		bool same_index = sqlite3_column_type(st, 4) == SQLITE_NULL;
		bool same_value = sqlite3_column_type(st, 5) == SQLITE_NULL;

		*after = (struct version){ rev, 0, db_bytes(st, same_value ? 7 : 5),
					   db_bytes(st, same_index ? 6 : 4) };
		return 0;
	}
	if (next == 0)
		return sqlite_find_on_disk(q, (const char *)sqlite3_column_text(st, 3), after, err);
	get = db_stmt(q, ST_LOG_GET);
	sqlite3_bind_int64(get, 1, next);
	rc = sqlite3_step(get);
	if (rc == SQLITE_ROW)
		*after = (struct version){ sqlite3_column_int64(get, 0), 0, db_bytes(get, 4),
					   db_bytes(get, 3) };
	rc = rc == SQLITE_ROW ? 0 : db_fail(q, reading, err);
	sqlite3_reset(get);
	return rc;
}

/*
 * Merged volatile versions: a watch that has seen an earlier one of them gets the newest as a
 * modification, and their indexes are equal.
 */
static bool emit(const struct replay *r, enum ek_event_type type, int64_t since, const char *key,
		 const struct version *after, struct ek_bytes *before_index)
{
	struct ek_bytes *shared = NULL;
	bool seen = type != EK_EVENT_DELETED && since <= r->from_rev;
	struct ek_store_event e = {
		.type = seen ? EK_EVENT_MODIFIED : type,
		.key = key,
		.rev = after->rev,
		.value = after->value,
		.index = after->index,
		.prev_index = seen		     ? after->index :
			      type == EK_EVENT_ADDED ? NULL :
						       before_index,
		.shared = &shared,
	};
	bool more = r->fn(r->arg, &e);

	ek_bytes_unref(shared);
	return more;
}

/* 0: go on; 1: enough. */
static int replay_row(const struct replay *r, sqlite3_stmt *st, struct ek_err *err)
{
	const char *key = (const char *)sqlite3_column_text(st, 3);
	int64_t rev = sqlite3_column_int64(st, 0);
	struct ek_bytes *before_index;
	struct version after = { 0 };
	int rc;

	if (!ek_str_starts(key, r->prefix))
		return 0;
	rc = state_after(r->q, st, &after, err);
	if (rc == 0 && after.rev != rev)
		rc = ek_fail(err, EK_EINTERNAL, "%s: the state at revision %" PRId64 " is missing",
			     key, rev);
	if (rc == 0) {
		bool merged = sqlite3_column_type(st, 2) != SQLITE_NULL;

		before_index = db_bytes(st, 6);
		rc = !emit(r, (enum ek_event_type)sqlite3_column_int(st, 1),
			   merged ? sqlite3_column_int64(st, 2) : rev, key, &after, before_index);
		ek_bytes_unref(before_index);
	}
	version_done(&after);
	return rc;
}

/* The volatile versions before revision `until`; *at is where they go on. Same results. */
static int replay_pending(const struct replay *r, struct ek_list **at, int64_t until)
{
	while (*at != &r->q->pending) {
		const struct pending *p = ek_container_of(*at, struct pending, node);
		enum ek_event_type type = p->disk_rev ? EK_EVENT_MODIFIED : EK_EVENT_ADDED;

		if (p->now.rev >= until)
			return 0;
		*at = (*at)->next;
		if (p->now.rev <= r->from_rev || !ek_str_starts(p->key, r->prefix))
			continue;
		if (!emit(r, type, p->since, p->key, &p->now, p->now.index))
			return 1;
	}
	return 0;
}

int sqlite_replay(struct ek_store *s, const char *prefix, int64_t from_rev, replay_fn fn, void *arg,
		  struct ek_err *err)
{
	struct sqlite *q = sqlite_of(s);
	struct replay r = { q, prefix, from_rev, fn, arg };
	struct ek_list *pending = q->pending.next;
	int rc = links_cover(q, from_rev, err);
	sqlite3_stmt *st;

	if (rc < 0)
		return rc;
	st = db_take(q, ST_LOG_REPLAY);
	sqlite3_bind_int64(st, 1, from_rev);
	while (rc == 0) {
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW) {
			rc = rc == SQLITE_DONE ? replay_pending(&r, &pending, INT64_MAX) :
						 db_fail(q, reading, err);
			break;
		}
		rc = replay_pending(&r, &pending, sqlite3_column_int64(st, 0));
		if (rc == 0)
			rc = replay_row(&r, st, err);
	}
	db_give(q, ST_LOG_REPLAY, st);
	return rc < 0 ? rc : 0;
}
