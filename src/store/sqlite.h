/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The SQLite back end: one database file, one connection on the loop thread, one more that only
 * copies the WAL into the file from the thread pool (checkpoint). README.md has the why.
 *
 *	live   one row a key: what it is now
 *	log    one row a change: what the key was before. The state after a change is the state
 *	       before the key's next one, or the live row, so values are kept once, a create costs
 *	       a few bytes here, and every snapshot since the floor can be told
 *	meta   numbers by name
 */

#include <ekube/file.h>
#include <sqlite3.h>

#include "impl.h"

enum {
	SQLITE_SCHEMA_VERSION = 1,
	SQLITE_PAGE_SIZE      = 4096,
	SQLITE_APPLICATION_ID = 0x656b7562, /* "ekub" */
};

/* Statements are prepared when first used and kept. */
#define STATEMENTS(X)                                                                              \
	X(BEGIN,      "BEGIN IMMEDIATE")                                                           \
	X(COMMIT,     "COMMIT")                                                                    \
	X(ROLLBACK,   "ROLLBACK")                                                                  \
	X(GET,        "SELECT rev, create_rev, idx, value FROM live WHERE key = ?1")               \
	X(INSERT,     "INSERT INTO live (key, rev, create_rev, idx, value) VALUES (?1, ?2, ?3, ?4, ?5)") \
	X(UPDATE,     "UPDATE live SET rev = ?2, idx = ?4, value = ?5 WHERE key = ?1")             \
	X(DELETE,     "DELETE FROM live WHERE key = ?1")                                           \
	X(LIST,       "SELECT key, rev, create_rev, idx, value FROM live WHERE key >= ?1 ORDER BY key") \
	X(COUNT,      "SELECT count(*) FROM live WHERE key >= ?1 AND key < ?2")                    \
	X(LOG_ADD,    "INSERT INTO log (rev, type, since, prev_rev, create_rev, key, final_idx, final_value, " \
		      "idx, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")              \
	X(LOG_GET,    "SELECT prev_rev, since, create_rev, idx, value FROM log WHERE rev = ?1")    \
	X(LOG_REPLAY, "SELECT rev, type, since, key, final_idx, final_value, idx, value FROM log " \
		      "WHERE rev > ?1 ORDER BY rev")                                               \
	X(LOG_GONE,   "SELECT rev, key FROM log WHERE rev > ?1 AND type = 2 ORDER BY rev")         \
	X(LOG_LINKS,  "SELECT rev, prev_rev FROM log WHERE rev > ?1 ORDER BY rev")                 \
	X(LOG_NTH,    "SELECT rev FROM log ORDER BY rev LIMIT 1 OFFSET ?1")                        \
	X(LOG_TRIM,   "DELETE FROM log WHERE rev <= ?1")                                           \
	X(META_SET,   "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")

enum statement {
#define X(name, sql) ST_##name,
	STATEMENTS(X)
#undef X
	N_STATEMENTS
};

/* A volatile version that is not on the disk yet. */
struct pending {
	struct ek_list node;      /* sqlite.pending, in order of revision */
	char          *key;
	struct version now;
	int64_t        disk_rev;  /* what the live table has; 0: nothing */
	int64_t        since;     /* revision of the oldest version merged into this one */
};

/* Undo of the overlay, should the transaction fail. */
struct overlay_undo {
	char           *key;
	struct pending *old;      /* NULL: there was none */
};

/* A log row: which is the key's next? */
struct link {
	int64_t rev;
	int64_t next;             /* 0: none */
};

/* A log row of the open transaction. */
struct log_row {
	int64_t rev;
	int64_t prev_rev;
};

struct log_mark {
	int64_t at_ms;
	int64_t rev;
};

struct checkpoint;

struct sqlite {
	struct ek_store store;
	sqlite3        *db;
	sqlite3_stmt   *statements[N_STATEMENTS];
	char           *path;
	int             lock_fd;
	int             os_error;             /* of the step that failed */

	/* the transaction */
	bool     in_tx;
	int64_t  tx_trim_to;                  /* floor after the commit; 0: unchanged */
	int64_t  tx_reserved;
	int64_t  tx_trimmed;                  /* rows */
	EK_VEC(struct log_row) tx_rows;
	EK_VEC(struct overlay_undo) tx_undo;

	/* volatile versions */
	struct keymap   overlay;              /* key -> struct pending */
	struct ek_list  pending;
	size_t          overlay_bytes;
	int64_t         overlay_since_ms;     /* when the first of them came */
	struct ek_timer flush;
	int64_t         reserved;             /* no revision up to here will be given out again after a crash */

	/* the log */
	int64_t         log_last;             /* newest row; 0: empty */
	int64_t         log_rows;
	int64_t         open_rev;             /* while rows from before are there, log_rows may be too large */
	EK_VEC(struct link) links;            /* rows after links_from, in order */
	int64_t         links_from;
	EK_VEC(struct log_mark) marks;        /* when was which revision: for trimming by age */

	/* upkeep */
	struct checkpoint *checkpoint;
	struct ek_timer    upkeep;
	int                wal_pages;         /* in use */
	int                wal_copied;        /* of these: in the database too */
	bool               truncate;          /* the WAL, when the checkpoint is done */
	bool               shrunk;
	int64_t            bytes_written;
	bool               warned;            /* of a failing flush: said once */
};

static inline struct sqlite *sqlite_of(struct ek_store *s)
{
	return ek_container_of(s, struct sqlite, store);
}

/* ---- sqlite_db.c: the connection and its statements ---- */
int           db_fail(struct sqlite *q, const char *what, struct ek_err *err);
/* For use without a callback in between; reset it. NULL: db_fail() says why. */
sqlite3_stmt *db_stmt(struct sqlite *q, enum statement which);
/* For use across callbacks, which may want the same one. */
sqlite3_stmt *db_take(struct sqlite *q, enum statement which);
void          db_give(struct sqlite *q, enum statement which, sqlite3_stmt *st);
int           db_run(struct sqlite *q, sqlite3_stmt *st, const char *what, struct ek_err *err); /* once, and reset */
int           db_exec(sqlite3 *db, const char *sql);
int64_t       db_number(sqlite3 *db, const char *sql, int64_t otherwise);
void          db_bind_bytes(sqlite3_stmt *st, int at, const struct ek_bytes *b);
struct ek_bytes *db_bytes(sqlite3_stmt *st, int column);
void          db_bind_key(sqlite3_stmt *st, int at, const char *key);
void          db_finalize(struct sqlite *q);

/* ---- sqlite_write.c ---- */
int  sqlite_begin(struct sqlite *q, struct ek_err *err);  /* no-op inside a transaction */
int  sqlite_put(struct ek_store *s, const struct change *c, const struct version *before, struct ek_err *err);
int  sqlite_commit(struct ek_store *s, struct ek_err *err);
void sqlite_rollback(struct ek_store *s);
int  sqlite_write_pending(struct sqlite *q, const struct pending *p, struct ek_err *err);

/* ---- sqlite_overlay.c ---- */
struct pending *overlay_get(struct sqlite *q, const char *key);
int  overlay_put(struct sqlite *q, const struct change *c, struct ek_err *err);
/* Write this one into the open transaction, and forget it when that commits. */
int  overlay_settle(struct sqlite *q, struct pending *p, struct ek_err *err);
int  overlay_settle_all(struct sqlite *q, struct ek_err *err);
/* A commit comes anyway, and the oldest has waited half its time. */
bool overlay_is_ripe(const struct sqlite *q);
void overlay_committed(struct sqlite *q);
void overlay_rolled_back(struct sqlite *q);
/* A clean end: all of them to the disk, and no revision is reserved any more. */
int  overlay_close(struct sqlite *q, struct ek_err *err);
void overlay_done(struct sqlite *q);

/* ---- sqlite_log.c ---- */
int  log_trim(struct sqlite *q, struct ek_err *err);
void log_committed(struct sqlite *q);
int  log_open(struct sqlite *q, struct ek_err *err);
void log_done(struct sqlite *q);
int  sqlite_replay(struct ek_store *s, const char *prefix, int64_t from_rev, replay_fn fn, void *arg,
		   struct ek_err *err);
/* The state of the key of row `rev` as it was at at_rev, which is before rev. ret->rev 0: none. */
int  log_state_at(struct sqlite *q, int64_t rev, int64_t at_rev, struct version *ret, struct ek_err *err);

/* ---- sqlite_read.c ---- */
int     sqlite_find(struct ek_store *s, const char *key, struct version *ret, struct ek_err *err);
int     sqlite_find_on_disk(struct sqlite *q, const char *key, struct version *ret, struct ek_err *err);
int     sqlite_next(struct cursor *c, struct ek_record *ret, struct ek_err *err);
void    sqlite_suspend(struct cursor *c);
void    sqlite_close_cursor(struct cursor *c);
int64_t sqlite_count(struct ek_store *s, const char *prefix);

/* ---- sqlite_upkeep.c: checkpoints, the free list, memory ---- */
void upkeep_init(struct sqlite *q);
void upkeep_committed(struct sqlite *q);
void upkeep_done(struct sqlite *q);

/* ---- sqlite_lock.c ---- */
/* *ret_same_boot: the last holder ran since the machine was started. */
int  sqlite_lock(const char *dir, int *ret_fd, bool *ret_same_boot, struct ek_err *err);
