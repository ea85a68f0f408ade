/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The store: keys, revisions and bytes with etcd's promises. It knows no JSON.
 *
 * Two things are kept: the live records, and a bounded log of changes for watches. One counter
 * numbers every write (the revision); the revision of a record is that of its last write.
 *
 * Promises, the same on every back end (test/unit/store/conformance runs on each):
 *  - a write is acknowledged after it is durable; many writes share one commit;
 *  - all results of a batch, failures included, are delivered after its commit, in order: who
 *    reads after a conflict sees the write that won;
 *  - reads see committed state only; a list is one consistent snapshot with its revision;
 *  - a watch from revision R delivers every change after R once, in order, or EK_EEXPIRED;
 *  - a failed commit fails every write of its batch and leaves the state of before.
 *
 * Keys are paths, "/<group>/<resource>/<namespace>/<name>", at most EK_STORE_MAX_KEY bytes; values
 * at most EK_STORE_MAX_VALUE. `index` is a small opaque block kept beside each value (see object.h).
 *
 * Requests are embedded by the caller, zeroed, filled, started; the callback fires exactly once.
 * Reads may call back before start returns; writes never do.
 */

#include <ekube/buf.h>
#include <ekube/err.h>
#include <ekube/loop.h>

enum {
	EK_STORE_MAX_KEY   = 1024,
	EK_STORE_MAX_VALUE = 4 << 20,
};

struct ek_store;

struct ek_record {
	const char      *key;         /* valid during the callback */
	int64_t          rev;
	int64_t          create_rev;
	struct ek_bytes *value;       /* borrowed: take a reference to keep */
	struct ek_bytes *index;
};

/* ---- writes ---- */
enum ek_put_flag {
	EK_PUT_VOLATILE = 1, /* high churn (lease, heartbeat): may be coalesced with later writes of the same
				key and reach the disk late; acknowledged at once, visible to readers and
				watchers at once, lost at worst for the store's volatile window on power cut
				or kill. Ignored for deletes and where the index changes; revisions never repeat */
};

enum ek_write_op { EK_WRITE_CREATE, EK_WRITE_UPDATE, EK_WRITE_DELETE };

struct ek_store_write {
	enum ek_write_op op;
	const char      *key;       /* copied */
	int64_t          if_rev;    /* update, delete: must be the record's revision; 0: any */
	struct ek_bytes *value;     /* create, update; for delete: the final state that watchers get */
	struct ek_bytes *index;
	void            *made;      /* the writer's own form of value, for watchers while it is new; alive until cb */
	unsigned         flags;
	/*
	 * 0: rev is the new revision. EK_EEXISTS, EK_ENOTFOUND, EK_ECONFLICT; EK_EINVALID, EK_ETOOLARGE (a
	 * limit); -ENOSPC, EK_EINTERNAL, EK_EUNAVAILABLE (closing, or another program holds the file).
	 */
	void (*cb)(struct ek_store_write *w, int rc);
	/* result */
	int64_t rev;
	struct ek_err err;
	/* private */
	struct ek_list node;
};
void ek_store_write(struct ek_store *s, struct ek_store_write *w);

/* ---- reads ---- */
/* EK_ENOTFOUND when there is none. r is valid during the call only. */
typedef void (*ek_store_get_cb)(void *arg, int rc, const struct ek_record *r);
void ek_store_get(struct ek_store *s, const char *key, ek_store_get_cb cb, void *arg);

/*
 * All records under a prefix, in key order, from a snapshot, a page at a time so that memory stays
 * flat. on_record returns false to pause; ek_store_list_resume() goes on, ek_store_list_cancel() ends
 * it without `done`. Between pages the snapshot is kept by `at_rev`: a record changed since is
 * delivered as it was when that can be told from the log, else done(EK_EEXPIRED).
 */
struct ek_store_list {
	const char *prefix;      /* borrowed until done */
	const char *after;       /* exclusive start key (continue token); NULL from the start */
	int64_t     at_rev;      /* 0: now. In: exact revision wanted (future: EK_EINVALID). Out: the snapshot's */
	size_t      limit;       /* records; 0: all */
	bool (*on_record)(struct ek_store_list *l, const struct ek_record *r);
	void (*done)(struct ek_store_list *l, int rc, bool more);
	void *private_;
};
void ek_store_list(struct ek_store *s, struct ek_store_list *l);
void ek_store_list_resume(struct ek_store_list *l);
void ek_store_list_cancel(struct ek_store_list *l);
/* Records under a prefix, now. */
int64_t ek_store_count(struct ek_store *s, const char *prefix);
/* Revision of the newest durable write. */
int64_t ek_store_rev(struct ek_store *s);
/* A watch may begin at this revision or later; what happened before is forgotten. */
int64_t ek_store_floor(struct ek_store *s);

/* ---- watch ---- */
enum ek_event_type { EK_EVENT_ADDED, EK_EVENT_MODIFIED, EK_EVENT_DELETED };

struct ek_store_event {
	enum ek_event_type type;
	const char        *key;
	int64_t            rev;         /* of this change; for DELETED the revision of the delete */
	struct ek_bytes   *value;       /* DELETED: the final state */
	struct ek_bytes   *index;
	struct ek_bytes   *prev_index;  /* of the state before; NULL for ADDED */
	void              *made;        /* ek_store_write.made; NULL for past events */
	/*
	 * One slot for the first consumer to leave its encoding for the others (encode once, share with
	 * every watcher): counted bytes, dropped with the event. NULL when empty.
	 */
	struct ek_bytes  **shared;
};

/*
 * Events after `from_rev`, past ones first. on_event may be called before start returns; it
 * returns false when it cannot take more now (the event was taken): ek_store_watch_resume() goes on.
 * While paused nothing is queued per watcher: the position in the log is kept, and a watcher so
 * slow that the log was trimmed past it gets on_end(EK_EEXPIRED).
 */
struct ek_store_watch {
	const char *prefix;      /* copied */
	int64_t     from_rev;    /* 0: from now */
	bool (*on_event)(struct ek_store_watch *w, const struct ek_store_event *e);
	void (*on_end)(struct ek_store_watch *w, int rc); /* once, only when the store ends it */
	/*
	 * The revision up to which everything has been delivered (>= the last event's): what a bookmark
	 * may carry. Kept current also when nothing under the prefix changes.
	 */
	int64_t at_rev;
	/* private */
	struct ek_list node;
	void *private_;
};
int  ek_store_watch(struct ek_store *s, struct ek_store_watch *w, struct ek_err *err);
void ek_store_watch_resume(struct ek_store_watch *w);
void ek_store_watch_stop(struct ek_store_watch *w);

/* ---- back ends ---- */
struct ek_store_options {
	const char *path;            /* directory of the data (sqlite) */
	int64_t     log_max_records; /* history kept for watches; 0: default 10 000 */
	int64_t     log_max_age_ms;  /* and not longer than; 0: default 5 minutes, as etcd's compaction */
	int64_t     volatile_ms;     /* window of EK_PUT_VOLATILE; 0: default 60 s */
};
/*
 * SQLite in options->path: integrity check at start (quick; full after an unclean end), schema version
 * checked (another version is EK_EINVALID with a sentence), WAL, synchronous=FULL, the file given back
 * as it shrinks. One process at a time (lock): EK_ECONFLICT says who holds it.
 */
int ek_store_open_sqlite(struct ek_loop *loop, const struct ek_store_options *options,
			 struct ek_store **ret, struct ek_err *err);
/* In memory: the reference model and the test double. Faults: see test/lib. */
struct ek_store *ek_store_open_memory(struct ek_loop *loop, const struct ek_store_options *options);
/* Commits what is open, writes volatile records, closes. Watches end without on_end. */
void ek_store_close(struct ek_store *s);

/* Counters for metrics and the bench. */
struct ek_store_stats {
	int64_t writes, commits, bytes_written, log_records, watchers, file_bytes;
};
void ek_store_stats(struct ek_store *s, struct ek_store_stats *ret);
