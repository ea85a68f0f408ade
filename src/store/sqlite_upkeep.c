/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

#include <pthread.h>
#include <stdlib.h>

/*
 * What keeps the files small and the memory free.
 *
 * Checkpoint: copying the WAL into the database takes seconds on a slow card, so it is done in the
 * thread pool over a connection of its own; writers go on meanwhile. What they have added by then
 * is little, and is copied on the loop thread, so that the next write finds everything copied and
 * begins the WAL anew instead of making it longer.
 *
 * Timer: armed by a commit, never by itself, unless there is more to give back.
 */

enum {
	CHECKPOINT_PAGES = 1000,      /* 4 MB of WAL: a page rewritten often is copied once */
	WAL_MAX_PAGES    = 16 * 1000, /* the thread does not keep up: copy on the loop thread */
	UPKEEP_MS        = 10 * 1000,
	MORE_MS          = 100,
	FREE_PAGES_MIN   = 64,        /* and an eighth of the file: less is kept for later writes */
};

struct checkpoint {
	struct ek_work  work;
	pthread_mutex_t lock;    /* held while the thread is in SQLite */
	struct sqlite  *owner;   /* loop thread; NULL: the store was closed */
	char           *path;
	sqlite3        *db;      /* the thread's */
	bool            closed;  /* under lock */
	bool            running; /* loop thread */
	int             pages, done_pages;
};

static sqlite3 *open_second(const char *path)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	/* reading anything makes it notice the WAL */
	if (rc == SQLITE_OK)
		rc = db_exec(db,
			     "PRAGMA cache_size=4; PRAGMA synchronous=FULL; PRAGMA schema_version");
	if (rc == SQLITE_OK)
		return db;
	sqlite3_close(db);
	return NULL;
}

static int checkpoint_run(struct ek_work *w)
{
	struct checkpoint *cp = ek_container_of(w, struct checkpoint, work);
	int rc = 0;

	pthread_mutex_lock(&cp->lock);
	if (!cp->closed) {
		if (!cp->db)
			cp->db = open_second(cp->path);
		rc = cp->db ? sqlite3_wal_checkpoint_v2(cp->db, NULL, SQLITE_CHECKPOINT_PASSIVE,
							&cp->pages, &cp->done_pages) :
			      SQLITE_CANTOPEN;
	}
	pthread_mutex_unlock(&cp->lock);
	return rc == SQLITE_OK ? 0 : EK_EINTERNAL;
}

static void checkpoint_free(struct checkpoint *cp)
{
	pthread_mutex_destroy(&cp->lock);
	free(cp->path);
	free(cp);
}

/* What is left, on this thread. */
static void copy_rest(struct sqlite *q, int mode)
{
	int pages = 0, copied = 0;

	sqlite3_wal_checkpoint_v2(q->db, NULL, mode, &pages, &copied);
	if (pages < 0 || copied < 0)
		return;
	q->bytes_written += (int64_t)EK_MAX(copied - q->wal_copied, 0) * SQLITE_PAGE_SIZE;
	q->wal_pages = pages;
	q->wal_copied = copied;
}

static void checkpoint_done(struct ek_work *w, int rc)
{
	struct checkpoint *cp = ek_container_of(w, struct checkpoint, work);
	struct sqlite *q = cp->owner;

	cp->running = false;
	if (!q)
		checkpoint_free(cp);
	else if (rc == 0) /* else the WAL keeps everything, and the next commit tries again */
		copy_rest(q, q->truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE);
}

static void checkpoint_start(struct sqlite *q, bool truncate)
{
	struct checkpoint *cp = q->checkpoint;

	if (cp->running)
		return;
	cp->running = true;
	q->truncate = truncate;
	cp->work = (struct ek_work){ .run = checkpoint_run, .done = checkpoint_done };
	ek_work_start(q->store.loop, &cp->work);
}

/* A step of giving free pages back; true: there may be more. */
static bool shrink(struct sqlite *q)
{
	int64_t free_pages = db_number(q->db, "PRAGMA freelist_count", 0);
	int64_t pages = db_number(q->db, "PRAGMA page_count", 0);

	if (free_pages < EK_MAX(FREE_PAGES_MIN, pages / 8))
		return false;
	return db_exec(q->db, "PRAGMA incremental_vacuum(256)") ==
	       SQLITE_OK; /* 1 MB is moved at most */
}

static void on_upkeep(struct ek_timer *t)
{
	struct sqlite *q = ek_container_of(t, struct sqlite, upkeep);

	if (shrink(q)) {
		q->shrunk = true;
		ek_timer_start(q->store.loop, t, MORE_MS, on_upkeep);
		return;
	}
	if (q->shrunk || q->wal_pages - q->wal_copied >= CHECKPOINT_PAGES)
		checkpoint_start(q, true);
	q->shrunk = false;
	sqlite3_db_release_memory(q->db);
}

/* After each commit; `pages` is the length of the WAL. */
static int on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct sqlite *q = arg;
	bool anew = q->wal_copied == q->wal_pages;

	(void)db;
	(void)name;
	q->bytes_written +=
		(int64_t)(anew ? pages : pages - q->wal_pages) * (SQLITE_PAGE_SIZE + 24);
	q->wal_pages = pages;
	if (anew)
		q->wal_copied = 0;
	return SQLITE_OK;
}

void upkeep_committed(struct sqlite *q)
{
	int waiting = q->wal_pages - q->wal_copied;

	if (waiting >= WAL_MAX_PAGES)
		copy_rest(q, SQLITE_CHECKPOINT_PASSIVE);
	else if (waiting >= CHECKPOINT_PAGES)
		checkpoint_start(q, false);
	if (!ek_timer_active(&q->upkeep))
		ek_timer_start(q->store.loop, &q->upkeep, UPKEEP_MS, on_upkeep);
}

void upkeep_init(struct sqlite *q)
{
	struct checkpoint *cp = ek_new(struct checkpoint);

	pthread_mutex_init(&cp->lock, NULL);
	cp->owner = q;
	cp->path = ek_str_dup(q->path);
	q->checkpoint = cp;
	sqlite3_wal_hook(q->db, on_wal, q);
}

/* Waits for a thread that is copying: it must not have the file open when it is given up. */
void upkeep_done(struct sqlite *q)
{
	struct checkpoint *cp = q->checkpoint;

	ek_timer_stop(&q->upkeep);
	if (!cp)
		return;
	pthread_mutex_lock(&cp->lock);
	cp->closed = true;
	sqlite3_close(cp->db);
	pthread_mutex_unlock(&cp->lock);
	cp->owner = NULL;
	if (!cp->running)
		checkpoint_free(cp);
}
