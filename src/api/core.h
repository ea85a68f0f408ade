/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the parts of the registry share: the registry itself, and a write request on its way.
 *
 *	registry.c   life, dispatch                request.c   steps that every write has
 *	create.c update.c delete.c collection.c    the four kinds of writes, as flows
 *	read.c list.c watch.c                      reads
 *	subresources.c reviews.c token.c           what is not a plain object
 */

#include "kinds/strategy.h"
#include "registry.h"

#include <ekube/flow.h>

struct ek_cache;
struct ek_authz;
struct ek_node_authz;
struct ek_services;
struct ek_expiry;
struct ek_tokens;
struct ek_bootstrap;
struct ek_own_service;
struct ek_aggregation;
struct ek_quotas;

/* Kinds that the server itself reads while it serves others: kept in memory, always current. */
enum ek_cached {
	EK_CACHED_NAMESPACES,
	EK_CACHED_SERVICEACCOUNTS,
	EK_CACHED_PRIORITYCLASSES,
	EK_CACHED_LIMITRANGES,
	EK_CACHED_QUOTAS,
	EK_CACHED_SERVICES,
	EK_CACHED_ROLES,
	EK_CACHED_CLUSTERROLES,
	EK_CACHED_ROLEBINDINGS,
	EK_CACHED_CLUSTERROLEBINDINGS,
	EK_N_CACHED,
};

struct ek_registry {
	struct ek_loop              *loop;
	struct ek_store             *store;
	const struct ek_api_options *api;
	struct ek_cache             *caches[EK_N_CACHED];
	struct ek_authz             *authz;
	struct ek_node_authz        *node_authz; /* asked before authz */
	struct ek_services          *services;   /* addresses and ports that Services hold */
	struct ek_expiry            *expiry;     /* events go after an hour */
	struct ek_tokens            *tokens;
	struct ek_aggregation       *aggregation; /* ClusterRoles made of others */
	struct ek_quotas            *quotas;     /* what namespaces may hold */
	struct ek_bootstrap         *bootstrap;  /* while it runs */
	struct ek_own_service       *own_service;
	struct ek_list               requests;   /* struct ek_request.node: writes in flight */
	struct ek_list               watches;    /* watch.c: those that get bookmarks */
	struct ek_timer              bookmarks;
	struct ek_timer              quiet;      /* request.c: memory of trees is given back */
	uint64_t                     n_done, n_done_before; /* writes; when the timer last looked */
};

/* For tests: the registry behind an API. */
struct ek_registry *ek_api_registry(struct ek_api *api);

/* The server's own identity: may do anything. */
extern const struct ek_user ek_user_self;

/* Where it is stored and whose strategy it follows. */
const struct ek_kind *ek_kind_stored(const struct ek_kind *k);

/* "//pods/default/x", "/apps/deployments/default/x", "//nodes/x"; with name NULL the prefix of them all. */
char *ek_key_make(const struct ek_kind *k, const char *ns, const char *name) EK_MUST_USE;

/*
 * One read, answered before the call returns: the back ends of this server do. NULL when there is none.
 * The object is the caller's.
 */
struct ek_object *ek_registry_read(struct ek_registry *r, const struct ek_kind *k, const char *ns, const char *name);

/* The object that an event tells of, a twin of the one that was written. NULL: damaged. */
struct ek_object *ek_object_of_event(const struct ek_store_event *e);

/* ---- a write on its way ---- */

struct ek_request;
struct collection; /* collection.c */

/* Which of a kind's hooks look at a change. */
enum ek_hooks {
	EK_HOOKS_MAIN,
	EK_HOOKS_STATUS,
	EK_HOOKS_EPHEMERAL, /* main ones, but for validate_ephemeral */
	EK_HOOKS_NONE,      /* and no validation: make has seen to everything */
};

/* How a request that changes an existing object does so: one row a subresource. */
struct ek_change {
	/* From q->old and the body: leaves the changed object (of the stored kind, unshared) in q->obj. */
	int (*make)(struct ek_request *q);
	/* After the write: what to answer instead of the object. NULL: the object. */
	struct ek_json *(*answer)(struct ek_request *q);
	enum ek_hooks hooks;
	bool          creates; /* answered with 201 */
};

struct ek_request {
	struct ek_flow            flow;
	struct ek_list            node;
	struct ek_registry       *r;
	struct ek_op             *op;        /* NULL: the asker is gone; then nothing of it is read */
	const struct ek_kind     *kind;      /* as it was asked for */
	const struct ek_kind     *stored;
	const struct ek_strategy *strategy;  /* NULL: none */
	const struct ek_change   *change;
	char                     *ns, *name; /* name: of the object, once it is known */
	char                     *key;
	bool                      dry_run;
	struct ek_object         *old;       /* as stored; NULL: there is none */
	struct ek_json           *obj;       /* the object that is to be, of the stored kind */
	struct ek_object         *next;      /* the same, encoded */
	struct ek_json           *warnings;  /* array */
	struct ek_json           *status;    /* of a failure */
	struct ek_json           *answer;
	struct ek_store_write     write;
	int (*run)(struct ek_request *q);    /* ek_answer_start */
	int (*begin)(struct ek_request *q);  /* of a deletion that is another request: leaves q->options */
	struct ek_timer           patience;
	int                       tries;
	bool                      created;
	bool                      unwritten; /* nothing changed, nothing was written */
	bool                      deletes;   /* the object is gone after the write */
	bool                      trusted;   /* part of a request that was authorized and admitted as a whole */
	struct ek_json           *options;   /* DeleteOptions */
	struct collection        *collection;
	/* what admission took for this object and gives back when the write fails */
	struct ek_json           *taken;
	struct ek_json           *charge;    /* to quotas, until it is written: amounts by resource */
};

/* request.c: the parts of writes */
struct ek_request *ek_request_new(struct ek_registry *r, struct ek_op *op);
void               ek_request_free(struct ek_request *q);
/* Fails the request: takes the Status, returns its code. */
int  ek_request_fail(struct ek_request *q, struct ek_json *take_status);
int  ek_request_invalid(struct ek_request *q, const struct ek_causes *causes);
/* The user may do `verb`, or 403. */
int  ek_request_authorize(struct ek_request *q, const char *verb);
/* Outside JSON to the typed form, with its kind checked; *ret is unshared. */
int  ek_request_decode(struct ek_request *q, const struct ek_type *type, const char *group, const char *version,
		       const char *kind, const struct ek_json *in, struct ek_json **ret);
/* Validation of q->obj by table, metadata rules and the kind's hooks. */
int  ek_request_validate(struct ek_request *q);
/* q->obj to q->next; 413 when it has grown too large. */
int  ek_request_encode(struct ek_request *q);
void ek_request_read(struct ek_request *q);      /* q->old, now */
void ek_request_write(struct ek_request *q, enum ek_write_op op); /* resumes the flow */
/* What a store's refusal is to a client. */
int  ek_request_store_failed(struct ek_request *q, const struct ek_err *err);
/* Last step of every flow: hands the result over and ends the request. */
int  ek_request_end(struct ek_flow *f);
void ek_request_done(struct ek_flow *f);
/* The object as the asker's kind has it. */
struct ek_object *ek_object_as(struct ek_object *o, const struct ek_kind *asked);
struct ek_request *ek_request_of(struct ek_flow *f);

/* A request that is answered in one step: fn leaves q->answer or q->next, or fails the request. */
void ek_answer_start(struct ek_request *q, int (*fn)(struct ek_request *q));
void ek_read_start(struct ek_request *q);
void ek_create_start(struct ek_request *q);
int  ek_create_put(struct ek_request *q);  /* q->obj is decoded: everything up to the write */
void ek_update_start(struct ek_request *q, const struct ek_change *change);
/* The options may be there already, and the change that tells what to answer. */
void ek_delete_start(struct ek_request *q);
void ek_collection_start(struct ek_request *q);
int  ek_delete_options(struct ek_request *q, const struct ek_json *body);
/* The patch in the body applied to doc, and its result in typed form. */
int  ek_patch_apply(struct ek_request *q, const struct ek_type *type, const struct ek_json *doc,
		    struct ek_json **ret);
int  ek_patch_decode(struct ek_request *q, const struct ek_type *type, const struct ek_json *patched,
		     struct ek_json **ret);

/* ---- who takes a request; false when it is none of theirs ---- */

/* Subresources that are data: subresources.c. */
bool ek_subresource_start(struct ek_request *q);
/* What GET answers instead of the object; NULL: the object. */
struct ek_json *ek_subresource_answer(struct ek_request *q);
/* Kinds that are questions, answered and never stored: reviews.c. */
bool ek_review_start(struct ek_request *q);

extern const struct ek_change ek_change_main, ek_change_status;

const char *ek_verb_name(enum ek_verb verb); /* "get", "deletecollection" */
