/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Informers: a cache of one kind kept current by list and watch, shared by all who ask for the same
 * kind, namespace and selectors; and the work queue that turns its events into keys.
 *
 * What a handler may believe (the contract of client-go's SharedInformer, in our words): the cache
 * follows the API's history of each object in order, may skip states, never goes back. Handlers run on
 * the loop, after the cache has the change. After on_synced the cache has seen a complete list.
 */

#include <ekube/client.h>
#include <ekube/clock.h>

struct ek_informers; /* one per client: shares the caches */
struct ek_informer;

struct ek_informers *ek_informers_new(struct ek_client *client); /* borrows the client */
void                 ek_informers_free(struct ek_informers *f);

/* The shared cache for a kind (ns, selectors may be NULL). Starts at first use; lives with the factory. */
struct ek_informer *ek_informer_get(struct ek_informers *f, const struct ek_kind *kind, const char *ns,
				    const char *label_selector, const char *field_selector);

/*
 * The same, for who looks at metadata only: objects may be there without annotations, spec, status and
 * whatever else is not name, namespace, uid, revision, generation, labels, owners, finalizers or a time of
 * deletion. Where somebody keeps the kind whole already, that cache is shared: ask after those who need it
 * whole.
 */
struct ek_informer *ek_informer_get_metadata(struct ek_informers *f, const struct ek_kind *kind, const char *ns);

struct ek_informer_handler {
	/* before is NULL for an addition, after for a removal. Borrowed. NULL: the cache is all that is wanted. */
	void (*on_change)(struct ek_informer_handler *h, struct ek_object *before, struct ek_object *after);
	void (*on_synced)(struct ek_informer_handler *h); /* once; may be NULL */
	/* private */
	struct ek_list node;
};
/* Present objects are delivered as additions before this returns (or when the list arrives). */
void ek_informer_add(struct ek_informer *inf, struct ek_informer_handler *h);
void ek_informer_remove(struct ek_informer *inf, struct ek_informer_handler *h);

bool              ek_informer_synced(const struct ek_informer *inf);
struct ek_object *ek_informer_find(struct ek_informer *inf, const char *ns, const char *name); /* borrowed */
struct ek_object *ek_informer_find_uid(struct ek_informer *inf, const char *uid);
/*
 * The newest revision that the cache has seen (of its list, or of any event). Revisions are global and
 * events come in order, so a write at revision R is in the cache as soon as this reaches R.
 */
int64_t           ek_informer_rev(const struct ek_informer *inf);
size_t            ek_informer_count(const struct ek_informer *inf);
/*
 * Walk: all (ns NULL), or a namespace; owner_uid, when given, only what it owns (an index: cheap).
 *	for (struct ek_object *o = ek_informer_first(inf, ns, uid, &it); o; o = ek_informer_next(&it))
 */
struct ek_informer_iter {
	struct ek_informer *inf;
	const char         *ns, *owner_uid;
	void               *head, *pos;
};
struct ek_object *ek_informer_first(struct ek_informer *inf, const char *ns, const char *owner_uid,
				    struct ek_informer_iter *it);
struct ek_object *ek_informer_next(struct ek_informer_iter *it);

/*
 * Work queue: never two workers on one key, nothing lost: a key added while it is being worked on is
 * worked on again afterwards. Failures back off exponentially (5 ms doubling to 1000 s, client-go's
 * default) and are forgotten on success. At most `workers` keys are in work at once.
 */
struct ek_queue {
	/* Start work on key; must end in ek_queue_finish(), possibly before it returns. */
	void (*work)(struct ek_queue *q, const char *key);
	unsigned workers;
	/* private */
	struct ek_loop *loop;
	void           *impl;
};
void ek_queue_init(struct ek_loop *loop, struct ek_queue *q, unsigned workers,
		   void (*work)(struct ek_queue *q, const char *key));
void ek_queue_add(struct ek_queue *q, const char *key);
void ek_queue_add_after(struct ek_queue *q, const char *key, int64_t ms);
/* rc < 0 retries with back-off; 0 forgets the failures; again_ms > 0 comes back after that long. */
void ek_queue_finish(struct ek_queue *q, const char *key, int rc, int64_t again_ms);
void ek_queue_close(struct ek_queue *q); /* no work starts any more; what is in flight may still finish */
void ek_queue_free(struct ek_queue *q);  /* nothing may be in flight any more */

/* Events as client-go's recorder writes them: correlated (count, series), rate-limited, never blocking. */
struct ek_recorder;
struct ek_recorder *ek_recorder_new(struct ek_client *client, const char *component, const char *host);
void ek_recorder_free(struct ek_recorder *r);
/* type "Normal" or "Warning"; about: the object (kind, namespace, name, uid are read from it). */
void ek_record(struct ek_recorder *r, const struct ek_json *about, const char *field_path, const char *type,
	       const char *reason, const char *fmt, ...) EK_PRINTF(6, 7);
