/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

#include <stdlib.h>

static const char reading[] = "read";

/* ---- one key ---- */

int sqlite_find_on_disk(struct sqlite *q, const char *key, struct version *ret, struct ek_err *err)
{
	sqlite3_stmt *st = db_stmt(q, ST_GET);
	int rc;

	db_bind_key(st, 1, key);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		*ret = (struct version){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
					 db_bytes(st, 3), db_bytes(st, 2) };
		rc = 0;
	} else {
		rc = rc == SQLITE_DONE ? ek_fail(err, EK_ENOTFOUND, "%s does not exist", key) :
					 db_fail(q, reading, err);
	}
	sqlite3_reset(st);
	return rc;
}

int sqlite_find(struct ek_store *s, const char *key, struct version *ret, struct ek_err *err)
{
	struct sqlite *q = sqlite_of(s);
	const struct pending *p = overlay_get(q, key);

	if (!p)
		return sqlite_find_on_disk(q, key, ret, err);
	*ret = p->now;
	ek_bytes_ref(ret->value);
	ek_bytes_ref(ret->index);
	return 0;
}

/* ---- many keys ---- */

/*
 * Three ordered sources meet: the live table, the overlay, and the keys deleted since at_rev. A key
 * that was changed since is followed back through its log rows.
 */
struct block {
	struct ek_bytes *bytes;
	size_t           room;
};

struct sqlite_cursor {
	sqlite3_stmt  *st;          /* on the live table; NULL: to be opened at the position */
	bool           has_row;     /* st stands on a row that was not used yet */
	bool           ended;       /* st has no more rows under the prefix */
	struct keymap  gone;        /* key -> int64_t: its first deletion after at_rev */
	int64_t        scanned_rev; /* gone knows of all deletions up to here */
	struct version current;
	struct block   value, index; /* of rows as they are */
	char           key[EK_STORE_MAX_KEY + 1];
};

static int scan_gone(struct sqlite *q, struct cursor *c, struct sqlite_cursor *sc,
		     struct ek_err *err)
{
	sqlite3_stmt *st;
	int rc;

	if (sc->scanned_rev >= q->store.rev)
		return 0;
	st = db_stmt(q, ST_LOG_GONE);
	sqlite3_bind_int64(st, 1, sc->scanned_rev);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		int64_t rev = sqlite3_column_int64(st, 0);
		const char *key = (const char *)sqlite3_column_text(st, 1);

		if (!ek_str_starts(key, c->prefix) || (c->pos && strcmp(key, c->pos) <= 0) ||
		    keymap_get(&sc->gone, key))
			continue;
		keymap_put(&sc->gone, key, ek_memdup(&rev, sizeof(rev)));
	}
	rc = rc == SQLITE_DONE ? 0 : db_fail(q, reading, err);
	sqlite3_reset(st);
	if (rc == 0)
		sc->scanned_rev = q->store.rev;
	return rc;
}

static void open_statement(struct sqlite *q, const struct cursor *c, struct sqlite_cursor *sc)
{
	const char *from = c->pos ? c->pos : c->prefix;

	sc->st = db_take(q, ST_LIST);
	/* with its NUL a key comes just behind itself and before all others */
	sqlite3_bind_text(sc->st, 1, from, (int)strlen(from) + (c->pos ? 1 : 0), SQLITE_TRANSIENT);
}

/* Have the next live row ready, if there is one. */
static int fetch(struct sqlite *q, const struct cursor *c, struct sqlite_cursor *sc,
		 struct ek_err *err)
{
	int rc;

	if (sc->has_row || sc->ended)
		return 0;
	if (!sc->st)
		open_statement(q, c, sc);
	rc = sqlite3_step(sc->st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_fail(q, reading, err);
	sc->has_row = rc == SQLITE_ROW &&
		      ek_str_starts((const char *)sqlite3_column_text(sc->st, 0), c->prefix);
	sc->ended = !sc->has_row;
	return 0;
}

/*
 * A row's bytes. A block that nobody kept is filled again: a list that is only sent on allocates
 * nothing. One that is more than twice too large is not, since it might be kept.
 */
static struct ek_bytes *fill(struct block *k, sqlite3_stmt *st, int column)
{
	const void *data = sqlite3_column_blob(st, column);
	size_t n = (size_t)sqlite3_column_bytes(st, column);

	if (!k->bytes || n > k->room || n < k->room / 2 ||
	    __atomic_load_n(&k->bytes->refs, __ATOMIC_ACQUIRE) > 1) {
		ek_bytes_unref(k->bytes);
		k->bytes = ek_bytes_new(data ? data : "", n);
		k->room = n;
		return ek_bytes_ref(k->bytes);
	}
	if (n)
		memcpy(k->bytes->data, data, n);
	k->bytes->data[n] = '\0';
	k->bytes->len = (uint32_t)n;
	return ek_bytes_ref(k->bytes);
}

static int state_of_row(struct sqlite *q, const struct cursor *c, struct sqlite_cursor *sc,
			struct ek_err *err)
{
	sqlite3_stmt *st = sc->st;
	int64_t rev = sqlite3_column_int64(st, 1);
	int64_t create_rev = sqlite3_column_int64(st, 2);

	if (rev > c->at_rev)
		return create_rev > c->at_rev ?
			       0 :
			       log_state_at(q, rev, c->at_rev, &sc->current, err);
	sc->current = (struct version){ rev, create_rev, fill(&sc->value, st, 4),
					fill(&sc->index, st, 3) };
	return 0;
}

/* The state of sc->key at at_rev into sc->current (rev 0: it was not there). */
static int state_of(struct sqlite *q, const struct cursor *c, struct sqlite_cursor *sc,
		    bool has_row, struct ek_err *err)
{
	const int64_t *gone = sc->gone.n ? keymap_get(&sc->gone, sc->key) : NULL;
	const struct pending *p = overlay_get(q, sc->key);

	version_done(&sc->current);
	if (gone)
		return log_state_at(q, *gone, c->at_rev, &sc->current, err);
	if (p && p->now.rev <= c->at_rev) {
		sc->current = p->now;
		ek_bytes_ref(sc->current.value);
		ek_bytes_ref(sc->current.index);
		return 0;
	}
	if (p && p->since <= c->at_rev)
		return EK_EEXPIRED; /* replaced in memory before any list asked for it */
	return has_row ? state_of_row(q, c, sc, err) : 0;
}

/* The smallest key of the three into sc->key; false at the end. */
static bool choose(struct sqlite *q, const struct cursor *c, struct sqlite_cursor *sc,
		   const char *pos, bool *ret_is_row)
{
	const char *row = sc->has_row ? (const char *)sqlite3_column_text(sc->st, 0) : NULL;
	const char *best = row;
	const struct keymap *maps[] = { &q->overlay, &sc->gone };

	for (size_t i = 0; i < EK_ARRAY_LEN(maps); i++) {
		const struct keynode *n;

		if (maps[i]->n == 0)
			continue;
		n = keymap_from(maps[i], pos ? pos : c->prefix, !pos);
		if (n && ek_str_starts(n->key, c->prefix) && (!best || strcmp(n->key, best) < 0))
			best = n->key;
	}
	if (!best)
		return false;
	*ret_is_row = row && strcmp(row, best) == 0;
	memmove(sc->key, best, strlen(best) + 1);
	return true;
}

int sqlite_next(struct cursor *c, struct ek_record *ret, struct ek_err *err)
{
	struct sqlite *q = sqlite_of(c->store);
	struct sqlite_cursor *sc = c->state;
	const char *pos = c->pos;
	int rc;

	if (!sc) {
		sc = c->state = ek_new(struct sqlite_cursor);
		sc->scanned_rev = c->at_rev;
	}
	rc = scan_gone(q, c, sc, err);
	while (rc == 0) {
		bool is_row;

		rc = fetch(q, c, sc, err);
		if (rc < 0)
			break;
		if (!choose(q, c, sc, pos, &is_row))
			return 1;
		rc = state_of(q, c, sc, is_row, err);
		if (is_row)
			sc->has_row = false;
		pos = sc->key;
		if (rc == 0 && sc->current.rev) {
			*ret = (struct ek_record){ sc->key, sc->current.rev, sc->current.create_rev,
						   sc->current.value, sc->current.index };
			return 0;
		}
	}
	return rc;
}

void sqlite_suspend(struct cursor *c)
{
	struct sqlite_cursor *sc = c->state;

	version_done(&sc->current);
	ek_bytes_unref(ek_steal(sc->value.bytes));
	ek_bytes_unref(ek_steal(sc->index.bytes));
	if (sc->st)
		db_give(sqlite_of(c->store), ST_LIST, ek_steal(sc->st));
	sc->has_row = sc->ended = false;
}

void sqlite_close_cursor(struct cursor *c)
{
	struct sqlite_cursor *sc = c->state;

	if (!sc)
		return;
	sqlite_suspend(c);
	keymap_done(&sc->gone, free);
	free(sc);
	c->state = NULL;
}

int64_t sqlite_count(struct ek_store *s, const char *prefix)
{
	struct sqlite *q = sqlite_of(s);
	sqlite3_stmt *st = db_stmt(q, ST_COUNT);
	EK_FREE char *end = ek_str_dup(prefix);
	size_t n = strlen(end);
	int64_t count = 0;

	db_bind_key(st, 1, prefix);
	while (n > 0 && (unsigned char)end[n - 1] == 0xff)
		n--;
	if (n > 0) {
		end[n - 1] = (char)((unsigned char)end[n - 1] + 1);
		sqlite3_bind_text(st, 2, end, (int)n, SQLITE_STATIC);
	} else {
		sqlite3_bind_zeroblob(st, 2, 0); /* every text is less than any blob */
	}
	if (sqlite3_step(st) == SQLITE_ROW)
		count = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	for (const struct keynode *k = keymap_from(&q->overlay, prefix, true);
	     k && ek_str_starts(k->key, prefix); k = k->next[0])
		count += ((const struct pending *)k->value)->disk_rev == 0;
	return count;
}
