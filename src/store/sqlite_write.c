/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

/*
 * A batch is one transaction, opened by the first change that must reach the disk. Everything
 * kept in memory beside the database (overlay, links of the log, floor) changes when COMMIT has
 * succeeded, or is put back when anything failed.
 */

static const char writing[] = "write";

int sqlite_begin(struct sqlite *q, struct ek_err *err)
{
	int rc;

	if (q->in_tx)
		return 0;
	rc = db_run(q, db_stmt(q, ST_BEGIN), writing, err);
	q->in_tx = rc == 0;
	return rc;
}

/* `c` less its value, with the state before; DELETED: the final state where it differs. */
static int add_to_log(struct sqlite *q, const struct change *c, int64_t since,
		      const struct version *before, struct ek_err *err)
{
	sqlite3_stmt *st = db_stmt(q, ST_LOG_ADD);
	struct log_row row = { c->rev, before->rev };
	bool gone = c->type == EK_EVENT_DELETED;

	if (c->rev <= q->store.floor)
		return 0; /* a late volatile change: who could ask for it has been told "expired" */
	sqlite3_bind_int64(st, 1, c->rev);
	sqlite3_bind_int(st, 2, c->type);
	if (since != c->rev)
		sqlite3_bind_int64(st, 3, since);
	else
		sqlite3_bind_null(st, 3);
	sqlite3_bind_int64(st, 4, before->rev);
	sqlite3_bind_int64(st, 5, before->create_rev);
	db_bind_key(st, 6, c->key);
	db_bind_bytes(st, 7, gone && !bytes_equal(c->index, before->index) ? c->index : NULL);
	db_bind_bytes(st, 8, gone && !bytes_equal(c->value, before->value) ? c->value : NULL);
	db_bind_bytes(st, 9, before->index);
	db_bind_bytes(st, 10, before->value);
	ek_vec_push(&q->tx_rows, row);
	return db_run(q, st, writing, err);
}

static int change_live(struct sqlite *q, const struct change *c, struct ek_err *err)
{
	static const enum statement of[] = {
		[EK_EVENT_ADDED] = ST_INSERT,
		[EK_EVENT_MODIFIED] = ST_UPDATE,
		[EK_EVENT_DELETED] = ST_DELETE,
	};
	sqlite3_stmt *st = db_stmt(q, of[c->type]);

	db_bind_key(st, 1, c->key);
	if (c->type != EK_EVENT_DELETED) {
		sqlite3_bind_int64(st, 2, c->rev);
		if (c->type == EK_EVENT_ADDED)
			sqlite3_bind_int64(st, 3, c->create_rev);
		db_bind_bytes(st, 4, c->index);
		db_bind_bytes(st, 5, c->value);
	}
	return db_run(q, st, writing, err);
}

int sqlite_write_pending(struct sqlite *q, const struct pending *p, struct ek_err *err)
{
	struct change c = {
		.type = p->disk_rev ? EK_EVENT_MODIFIED : EK_EVENT_ADDED,
		.key = p->key,
		.rev = p->now.rev,
		.create_rev = p->now.create_rev,
		.value = p->now.value,
		.index = p->now.index,
	};
	struct version before = { 0 };
	int rc = sqlite_begin(q, err);

	if (rc == 0 && p->disk_rev)
		rc = sqlite_find_on_disk(q, p->key, &before, err);
	if (rc == 0)
		rc = add_to_log(q, &c, p->since, &before, err);
	if (rc == 0)
		rc = change_live(q, &c, err);
	version_done(&before);
	return rc;
}

/*
 * A volatile change may wait when all it changes is the value: the index decides who sees the
 * object, and a watch that resumes must learn every step of that.
 */
static bool may_wait(const struct change *c)
{
	if (!c->may_wait || c->type == EK_EVENT_DELETED)
		return false;
	return c->type == EK_EVENT_ADDED || bytes_equal(c->index, c->prev_index);
}

int sqlite_put(struct ek_store *s, const struct change *c, const struct version *before,
	       struct ek_err *err)
{
	struct sqlite *q = sqlite_of(s);
	struct pending *p;
	int rc = 0;

	if (may_wait(c))
		return overlay_put(q, c, err);
	p = overlay_get(q, c->key);
	if (p)
		rc = overlay_settle(q, p, err);
	if (rc == 0)
		rc = sqlite_begin(q, err);
	if (rc == 0)
		rc = add_to_log(q, c, c->rev, before, err);
	if (rc == 0)
		rc = change_live(q, c, err);
	return rc;
}

void sqlite_rollback(struct ek_store *s)
{
	struct sqlite *q = sqlite_of(s);

	/* after some failures SQLite has rolled back by itself */
	if (q->in_tx && !sqlite3_get_autocommit(q->db))
		db_run(q, db_stmt(q, ST_ROLLBACK), writing, NULL);
	q->in_tx = false;
	q->tx_rows.n = 0;
	q->tx_trim_to = q->tx_trimmed = q->tx_reserved = 0;
	overlay_rolled_back(q);
}

static int end_transaction(struct sqlite *q, struct ek_err *err)
{
	int rc = 0;

	if (overlay_is_ripe(q))
		rc = overlay_settle_all(q, err);
	if (rc == 0)
		rc = log_trim(q, err);
	if (rc == 0)
		rc = db_run(q, db_stmt(q, ST_COMMIT), writing, err);
	return rc;
}

int sqlite_commit(struct ek_store *s, struct ek_err *err)
{
	struct sqlite *q = sqlite_of(s);
	int rc = 0;

	if (q->in_tx) {
		rc = end_transaction(q, err);
		if (rc < 0) {
			sqlite_rollback(s);
			return rc;
		}
		q->in_tx = false;
		if (q->tx_reserved)
			q->reserved = q->tx_reserved;
		q->tx_reserved = 0;
		log_committed(q);
		upkeep_committed(q);
	}
	overlay_committed(q);
	return 0;
}
