/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/log.h>

/*
 * Checking reads every page: half a millisecond for each megabyte that is in memory already, and
 * what the card needs for one that is not. So a small file is always checked, a larger one when
 * the power may have failed; a process that was killed has left whole pages behind.
 */
enum {
	QUICK_CHECK_MAX_BYTES = 4 << 20,
	FULL_CHECK_MAX_BYTES  = 64 << 20,
};

static const char schema[] =
	"BEGIN;"
	"CREATE TABLE live (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, rev INTEGER NOT NULL,"
	" create_rev INTEGER NOT NULL, idx BLOB NOT NULL, value BLOB NOT NULL);"
	"CREATE TABLE log (rev INTEGER PRIMARY KEY, type INTEGER NOT NULL, since INTEGER,"
	" prev_rev INTEGER NOT NULL, create_rev INTEGER NOT NULL, key TEXT NOT NULL,"
	" final_idx BLOB, final_value BLOB, idx BLOB, value BLOB);"
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"PRAGMA application_id = %d;"
	"PRAGMA user_version = %d;"
	"COMMIT";

/* ---- steps of opening ---- */

static int damaged(struct sqlite *q, const char *how, struct ek_err *err)
{
	return ek_fail(err, EK_EINTERNAL,
		       "%s is damaged (%s): restore a backup, or move it away to begin anew",
		       q->path, how);
}

static int complain(struct sqlite *q, struct ek_err *err)
{
	int code = sqlite3_errcode(q->db) & 0xff;

	if (code == SQLITE_NOTADB)
		return ek_fail(err, EK_EINVALID, "%s is not a database of ekube", q->path);
	if (code == SQLITE_CORRUPT)
		return damaged(q, sqlite3_errmsg(q->db), err);
	return db_fail(q, "open", err);
}

/* SQLite gives its side files the mode of this one: secrets are in all of them. */
static int make_private(const char *path, struct ek_err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return ek_fail_errno(err, "open %s", path);
	close(fd);
	return 0;
}

static int connect(struct sqlite *q, struct ek_err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	int rc = make_private(q->path, err);

	if (rc < 0)
		return rc;
	if (sqlite3_open_v2(q->path, &q->db, flags, NULL) != SQLITE_OK)
		return complain(q, err);
	sqlite3_extended_result_codes(q->db, 1);
	sqlite3_db_config(q->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 512, 64);
	rc = db_exec(q->db,
		     "PRAGMA synchronous=FULL; PRAGMA cache_size=-1024; PRAGMA temp_store=MEMORY;"
		     "PRAGMA journal_size_limit=4194304; PRAGMA cell_size_check=ON;"
		     "PRAGMA trusted_schema=OFF");
	return rc == SQLITE_OK ? 0 : complain(q, err);
}

static int create(struct sqlite *q, struct ek_err *err)
{
	char sql[sizeof(schema) + 32];

	snprintf(sql, sizeof(sql), schema, SQLITE_APPLICATION_ID, SQLITE_SCHEMA_VERSION);
	if (db_exec(q->db, "PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL;"
			   "PRAGMA journal_mode=WAL") != SQLITE_OK ||
	    db_exec(q->db, sql) != SQLITE_OK)
		return complain(q, err);
	return 0;
}

static int check_schema(struct sqlite *q, struct ek_err *err)
{
	int64_t app = db_number(q->db, "PRAGMA application_id", -1);
	int64_t version = db_number(q->db, "PRAGMA user_version", -1);

	if (app < 0 || version < 0)
		return complain(q, err);
	if (app != SQLITE_APPLICATION_ID)
		return ek_fail(err, EK_EINVALID, "%s is not a database of ekube", q->path);
	if (version != SQLITE_SCHEMA_VERSION)
		return ek_fail(err, EK_EINVALID,
			       "%s was written by another version of ekube (its schema is %" PRId64
			       ", this ekube knows %d): use that version, or restore a backup",
			       q->path, version, SQLITE_SCHEMA_VERSION);
	if (db_exec(q->db, "PRAGMA journal_mode=WAL") != SQLITE_OK)
		return complain(q, err);
	return 0;
}

static int run_check(struct sqlite *q, const char *sql, struct ek_err *err)
{
	sqlite3_stmt *st = NULL;
	const char *said;
	int rc = 0;

	if (sqlite3_prepare_v2(q->db, sql, -1, &st, NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW) {
		rc = complain(q, err);
	} else {
		said = (const char *)sqlite3_column_text(st, 0);
		if (!ek_streq(said, "ok"))
			rc = damaged(q, said, err);
	}
	sqlite3_finalize(st);
	return rc;
}

static int check_integrity(struct sqlite *q, bool unclean, bool same_boot, struct ek_err *err)
{
	int64_t bytes = db_number(q->db, "PRAGMA page_count", 0) * SQLITE_PAGE_SIZE;

	if (unclean)
		ek_info("store was not closed", "path", q->path, "bytes", EK_I(bytes));
	if (unclean && !same_boot && bytes <= FULL_CHECK_MAX_BYTES)
		return run_check(q, "PRAGMA integrity_check(1)", err);
	if (bytes <= QUICK_CHECK_MAX_BYTES)
		return run_check(q, "PRAGMA quick_check(1)", err);
	return 0;
}

/* A clean end removes the WAL. */
static bool ended_uncleanly(const struct sqlite *q)
{
	EK_FREE char *wal = ek_str_fmt("%s-wal", q->path);
	struct stat st;

	return stat(wal, &st) == 0;
}

static int open_all(struct sqlite *q, const char *dir, struct ek_err *err)
{
	bool unclean, same_boot = false;
	int64_t tables;
	int rc = ek_dir_make(AT_FDCWD, dir, 0700, err);

	if (rc == 0)
		rc = sqlite_lock(dir, &q->lock_fd, &same_boot, err);
	if (rc < 0)
		return rc;
	unclean = ended_uncleanly(q);
	rc = connect(q, err);
	if (rc < 0)
		return rc;
	tables = db_number(q->db, "SELECT count(*) FROM sqlite_schema", -1);
	if (tables < 0)
		return complain(q, err);
	rc = tables == 0 ? create(q, err) : check_schema(q, err);
	if (rc == 0 && tables > 0)
		rc = check_integrity(q, unclean, same_boot, err);
	if (rc == 0)
		rc = log_open(q, err);
	if (rc == 0)
		upkeep_init(q);
	return rc;
}

/* ---- life ---- */

static void release(struct sqlite *q)
{
	lists_drop(&q->store);
	upkeep_done(q);
	overlay_done(q);
	log_done(q);
	db_finalize(q);
	sqlite3_close(q->db);
	if (q->lock_fd >= 0)
		close(q->lock_fd);
	free(q->path);
	store_done(&q->store);
}

static void sqlite_close(struct ek_store *s)
{
	struct sqlite *q = sqlite_of(s);
	struct ek_err err = { 0 };

	if (overlay_close(q, &err) < 0)
		ek_error("volatile records lost", "error", err.msg);
	release(q);
}

static void sqlite_stats(struct ek_store *s, struct ek_store_stats *ret)
{
	struct sqlite *q = sqlite_of(s);
	int64_t pages = db_number(q->db, "PRAGMA page_count", 0);

	ret->bytes_written = q->bytes_written;
	ret->log_records = q->log_rows;
	ret->file_bytes =
		pages * SQLITE_PAGE_SIZE + (int64_t)q->wal_pages * (SQLITE_PAGE_SIZE + 24);
}

static const struct store_ops sqlite_ops = {
	.find = sqlite_find,
	.put = sqlite_put,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.next = sqlite_next,
	.suspend = sqlite_suspend,
	.close_cursor = sqlite_close_cursor,
	.count = sqlite_count,
	.replay = sqlite_replay,
	.stats = sqlite_stats,
	.close = sqlite_close,
};

int ek_store_open_sqlite(struct ek_loop *loop, const struct ek_store_options *options,
			 struct ek_store **ret, struct ek_err *err)
{
	struct sqlite *q = ek_new(struct sqlite);
	int rc;

	EK_ASSERT(options && options->path);
	store_init(&q->store, loop, options, &sqlite_ops);
	ek_list_init(&q->pending);
	q->lock_fd = -1;
	q->path = ek_path_join(options->path, "store.db");
	rc = open_all(q, options->path, err);
	if (rc < 0) {
		release(q);
		return rc;
	}
	*ret = &q->store;
	return 0;
}
