/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

#include <errno.h>

static const char *const sql_of[] = {
#define X(name, sql) [ST_##name] = sql,
	STATEMENTS(X)
#undef X
};

/*
 * A full disk has many names: quota, file size limit, and what SQLite makes of them. For a failed
 * COMMIT it does not keep errno, so db_run() does.
 */
static bool is_full(const struct sqlite *q)
{
	int code = sqlite3_errcode(q->db) & 0xff;
	int e = q->os_error;

	return code == SQLITE_FULL ||
	       (code == SQLITE_IOERR && (e == ENOSPC || e == EDQUOT || e == EFBIG));
}

int db_fail(struct sqlite *q, const char *what, struct ek_err *err)
{
	int code = sqlite3_errcode(q->db) & 0xff;
	const char *why = sqlite3_errmsg(q->db);

	if (is_full(q))
		return ek_fail(err, -ENOSPC, "%s: no space left for %s", what, q->path);
	if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return ek_fail(err, EK_EUNAVAILABLE, "%s: another program holds %s", what, q->path);
	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		return ek_fail(err, EK_EINTERNAL, "%s: %s is damaged: %s", what, q->path, why);
	return ek_fail(err, EK_EINTERNAL, "%s: %s: %s (%d, errno %d)", what, q->path, why,
		       sqlite3_extended_errcode(q->db), q->os_error);
}

static sqlite3_stmt *prepare(struct sqlite *q, enum statement which)
{
	sqlite3_stmt *st = NULL;

	sqlite3_prepare_v3(q->db, sql_of[which], -1, SQLITE_PREPARE_PERSISTENT, &st, NULL);
	return st; /* NULL is fine everywhere: stepping it fails, the connection says why */
}

sqlite3_stmt *db_stmt(struct sqlite *q, enum statement which)
{
	if (!q->statements[which])
		q->statements[which] = prepare(q, which);
	return q->statements[which];
}

sqlite3_stmt *db_take(struct sqlite *q, enum statement which)
{
	return q->statements[which] ? ek_steal(q->statements[which]) : prepare(q, which);
}

void db_give(struct sqlite *q, enum statement which, sqlite3_stmt *st)
{
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	if (q->statements[which])
		sqlite3_finalize(st);
	else
		q->statements[which] = st;
}

int db_run(struct sqlite *q, sqlite3_stmt *st, const char *what, struct ek_err *err)
{
	int rc;

	errno = 0;
	rc = sqlite3_step(st);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
		q->os_error = errno;
		rc = db_fail(q, what, err); /* before reset changes what the connection says */
		q->os_error = 0;
		sqlite3_reset(st);
		return rc;
	}
	sqlite3_reset(st);
	return 0;
}

void db_bind_key(sqlite3_stmt *st, int at, const char *key)
{
	sqlite3_bind_text(st, at, key, -1, SQLITE_STATIC);
}

void db_bind_bytes(sqlite3_stmt *st, int at, const struct ek_bytes *b)
{
	if (b)
		sqlite3_bind_blob(st, at, b->data, (int)b->len, SQLITE_STATIC);
	else
		sqlite3_bind_null(st, at);
}

struct ek_bytes *db_bytes(sqlite3_stmt *st, int column)
{
	const void *data = sqlite3_column_blob(st, column);

	return ek_bytes_new(data, (size_t)sqlite3_column_bytes(st, column));
}

int db_exec(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

int64_t db_number(sqlite3 *db, const char *sql, int64_t otherwise)
{
	sqlite3_stmt *st = NULL;

	sqlite3_prepare_v2(db, sql, -1, &st, NULL);
	if (st && sqlite3_step(st) == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL)
		otherwise = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return otherwise;
}

void db_finalize(struct sqlite *q)
{
	for (size_t i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(ek_steal(q->statements[i]));
}
