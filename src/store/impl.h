/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the parts of the store share. store.c decides what a write does, list.c drives lists,
 * watch.c fans out; a back end keeps versions of keys and a log of changes, behind store_ops.
 */

#include <ekube/store.h>
#include <ekube/str.h>

#include "keymap.h"

/* The state of a key between two writes. Counted blocks are never NULL in a version that is. */
struct version {
	int64_t          rev;        /* 0: the key does not exist */
	int64_t          create_rev;
	struct ek_bytes *value;
	struct ek_bytes *index;
};
void version_done(struct version *v);

/* A write that was found good, with the revision it will have. */
struct change {
	enum ek_event_type type;
	const char        *key;
	int64_t            rev;
	int64_t            create_rev;
	int64_t            prev_rev;   /* 0: there was none */
	struct ek_bytes   *value;      /* DELETED: the final state */
	struct ek_bytes   *index;
	struct ek_bytes   *prev_index; /* NULL for ADDED */
	void              *made;       /* ek_store_write.made */
	bool               may_wait;   /* EK_PUT_VOLATILE */
};

/*
 * Walks the keys under a prefix, in order, as they were at at_rev. Between two calls of next with
 * a suspend between them the store may change; without it it may not.
 */
struct cursor {
	struct ek_store *store;
	const char      *prefix;     /* borrowed */
	const char      *pos;        /* last key returned, or where to begin (exclusive); NULL: the beginning */
	int64_t          at_rev;
	void            *state;      /* the back end's */
};

/* Takes one past event; false: enough. */
typedef bool (*replay_fn)(void *arg, const struct ek_store_event *e);

struct store_ops {
	/*
	 * One batch: find and put in turn, then commit, or rollback after a put that failed. find sees
	 * what the batch has put. A commit that fails has rolled back when it returns.
	 */
	int  (*find)(struct ek_store *s, const char *key, struct version *ret, struct ek_err *err);
	int  (*put)(struct ek_store *s, const struct change *c, const struct version *before, struct ek_err *err);
	int  (*commit)(struct ek_store *s, struct ek_err *err);
	void (*rollback)(struct ek_store *s);

	/* 0 with *ret filled (its blocks are the cursor's until the next call), 1 at the end, or a failure. */
	int     (*next)(struct cursor *c, struct ek_record *ret, struct ek_err *err);
	void    (*suspend)(struct cursor *c);
	void    (*close_cursor)(struct cursor *c);
	int64_t (*count)(struct ek_store *s, const char *prefix);

	/* Everything logged after from_rev under prefix, in order. The caller checked the floor. */
	int  (*replay)(struct ek_store *s, const char *prefix, int64_t from_rev, replay_fn fn, void *arg,
		       struct ek_err *err);
	void (*stats)(struct ek_store *s, struct ek_store_stats *ret);
	void (*close)(struct ek_store *s);
};

/* Who watches which prefix. */
struct watch_hub {
	struct ek_map   groups;                          /* prefix -> struct watch_group */
	uint32_t        n_prefixes[EK_STORE_MAX_KEY + 1]; /* groups with a prefix of this length */
	size_t          n_watchers;
	struct ek_list  paused;                          /* struct watch_state.node */
	struct ek_list *next;                            /* of the group being fanned out: where to go on */
	struct watch_group    *current;
	struct watch_delivery *deliveries;               /* callbacks we are inside of */
	struct ek_timer settle;
};

struct ek_store {
	const struct store_ops *ops;
	struct ek_loop *loop;
	struct ek_store_options options;
	struct ek_bytes *empty;      /* stands for an index or value that was not given */
	int64_t          rev;        /* of the newest change that is visible */
	int64_t          floor;      /* every change after this revision is in the log */
	struct ek_list   writes;     /* not yet in a batch */
	struct ek_defer  commit;
	struct ek_list   lists;      /* struct list_state.node: lists that are not done */
	struct watch_hub hub;
	int64_t          n_writes, n_commits;
	bool             in_batch;
	bool             closing;
};

void store_init(struct ek_store *s, struct ek_loop *loop, const struct ek_store_options *options,
		const struct store_ops *ops);
void store_done(struct ek_store *s);

/* ---- list.c ---- */
/* A list in progress still has to deliver this key as it was at a revision in [from, before). */
bool lists_need(const struct ek_store *s, const char *key, int64_t from, int64_t before);
void lists_drop(struct ek_store *s);

/* ---- watch.c ---- */
void hub_init(struct ek_store *s);
void hub_done(struct ek_store *s);
void hub_publish(struct ek_store *s, const struct change *changes, size_t n);
/* After the floor rose: end the watches that were left behind. */
void hub_trimmed(struct ek_store *s);

static inline struct ek_bytes *ref_or_null(struct ek_bytes *b)
{
	return b ? ek_bytes_ref(b) : NULL;
}

static inline bool bytes_equal(const struct ek_bytes *a, const struct ek_bytes *b)
{
	return a == b || (a && b && a->len == b->len && memcmp(a->data, b->data, a->len) == 0);
}
