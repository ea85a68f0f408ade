/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The one client: everything above the API talks through it. In the server it is a function call
 * into the registry (through admission and validation, under its own identity), in an agent HTTP over
 * the tunnel, at the edge a decorator over a local store. Callers cannot tell.
 *
 * A call is embedded by its owner: zero it, fill the request, start it; the callback fires exactly
 * once, possibly before start returns; the result is the call's until ek_call_done().
 */

#include <ekube/loop.h>
#include <ekube/object.h>
#include <ekube/schema.h>

struct ek_client;

enum ek_verb {
	EK_DO_GET,
	EK_DO_LIST,
	EK_DO_CREATE,
	EK_DO_UPDATE,
	EK_DO_PATCH,
	EK_DO_DELETE,
	EK_DO_DELETE_COLLECTION,
};

enum ek_patch_type { EK_PATCH_JSON, EK_PATCH_MERGE_DOC, EK_PATCH_STRATEGIC, EK_PATCH_APPLY };

struct ek_call {
	/* ---- request: borrowed until the callback ---- */
	enum ek_verb          verb;
	const struct ek_kind *kind;
	const char           *ns;            /* NULL: cluster scope, or all namespaces in a list */
	const char           *name;
	const char           *subresource;   /* "status", "scale", "binding", "eviction", "token", ... */
	const struct ek_json *body;          /* object, patch, or DeleteOptions (may be NULL) */
	enum ek_patch_type    patch_type;
	const char           *field_manager;
	bool                  force;         /* apply */
	bool                  dry_run;
	/* delete */
	int64_t               grace_s;       /* -1: the kind's default */
	const char           *propagation;   /* "Background", "Foreground", "Orphan", NULL: default */
	const char           *if_uid;        /* preconditions */
	int64_t               if_rev;
	/* list */
	const char           *label_selector, *field_selector;
	size_t                limit;
	const char           *continue_token;

	/* 0, or the code of the Status; err has its message, status the whole object (may be NULL). */
	void (*cb)(struct ek_call *c, int rc);

	/* ---- result ---- */
	struct ek_object  *object;           /* what the API answered with */
	struct ek_object **items;            /* EK_DO_LIST */
	size_t             n_items;
	int64_t            list_rev;
	char              *next;             /* continue token of the rest */
	struct ek_json    *status;           /* the Status of a failure: details, causes */
	struct ek_err      err;

	/* private */
	struct ek_client *client;
	void             *impl;
};

void ek_call_init(struct ek_call *c, enum ek_verb verb, const struct ek_kind *kind, const char *ns,
		  const char *name, void (*cb)(struct ek_call *c, int rc)); /* zeroes, grace_s = -1 */
void ek_call_start(struct ek_client *client, struct ek_call *c);
void ek_call_cancel(struct ek_call *c);   /* cb will not fire any more; a write may still happen */
void ek_call_done(struct ek_call *c);     /* drop the result */
struct ek_object *ek_call_take_object(struct ek_call *c);

enum ek_watch_type { EK_WATCH_ADDED, EK_WATCH_MODIFIED, EK_WATCH_DELETED, EK_WATCH_BOOKMARK };

struct ek_client_watch {
	/* ---- request: borrowed until stopped ---- */
	const struct ek_kind *kind;
	const char           *ns;
	const char           *label_selector, *field_selector;
	int64_t               from_rev;
	/* The object is borrowed: take a reference to keep it. */
	void (*on_event)(struct ek_client_watch *w, enum ek_watch_type type, struct ek_object *o);
	/* Ended by the other side: EK_EEXPIRED means list again. Never after stop. */
	void (*on_end)(struct ek_client_watch *w, int rc);
	/* private */
	struct ek_client *client;
	void             *impl;
};
void ek_client_watch_start(struct ek_client *client, struct ek_client_watch *w);
void ek_client_watch_stop(struct ek_client_watch *w);

/* What a transport implements. */
struct ek_client_ops {
	void (*call)(struct ek_client *client, struct ek_call *c);
	void (*call_cancel)(struct ek_client *client, struct ek_call *c);
	void (*watch)(struct ek_client *client, struct ek_client_watch *w);
	void (*watch_stop)(struct ek_client *client, struct ek_client_watch *w);
	void (*free)(struct ek_client *client);
};
struct ek_client {
	const struct ek_client_ops *ops;
	struct ek_loop             *loop;
};
void ek_client_free(struct ek_client *client);
