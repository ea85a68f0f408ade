/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The registry: the one road that every request takes, whether it came over HTTP or from a local
 * client. Routing and encoding are the front's; what happens to objects is here.
 *
 *	write:  authorize ─► decode ─► prepare ─► default ─► admit ─► validate ─► store ─► answer
 *	read:   authorize ─► store ─► (convert) ─► answer
 *
 * It knows nothing of HTTP; the front knows nothing of strategies.
 */

#include <ekube/api.h>

struct ek_user {
	const char        *name;
	const char        *uid;
	const char *const *groups; /* NULL-terminated */
	struct ek_json    *extra;  /* object of arrays of strings, or NULL */
};

struct ek_registry; /* one per server: store, caches for authorization and admission, allocators */

struct ek_registry_options {
	struct ek_loop              *loop;
	struct ek_store             *store;
	const struct ek_api_options *api;  /* borrowed for life */
};
int  ek_registry_new(const struct ek_registry_options *o, struct ek_registry **ret, struct ek_err *err);
void ek_registry_free(struct ek_registry *r);
/* Coldplug: load RBAC and allocators, make the default objects; then done. */
void ek_registry_start(struct ek_registry *r, void (*done)(void *arg, int rc, const struct ek_err *err), void *arg);

/* ---- one object: create, get, update, patch, delete, and every subresource that is data ---- */
struct ek_op {
	/* request; borrowed until the callback */
	const struct ek_user  *user;
	enum ek_verb           verb;
	const struct ek_kind  *kind;         /* as named in the URL (events.k8s.io stays events.k8s.io) */
	const char            *ns, *name, *subresource;
	const struct ek_json  *body;         /* raw outside JSON (object, patch, DeleteOptions) or NULL */
	enum ek_patch_type     patch_type;
	enum ek_strictness     strictness;
	const char            *field_manager;
	bool                   force, dry_run;
	/* get: 0 any */
	int64_t                rev;
	/* delete, also through DeleteOptions in the body or the query; the body wins */
	int64_t                grace_s;      /* -1: default */
	const char            *propagation;
	const char            *if_uid;
	int64_t                if_rev;
	/* delete collection */
	const char            *label_selector, *field_selector;

	/* rc 0, or the code of `status`. Fires exactly once, possibly before start returns. */
	void (*cb)(struct ek_op *op, int rc);

	/* result, the op's until ek_op_done() */
	struct ek_object *object;            /* in the version that was asked for; NULL when `answer` is set */
	struct ek_json   *answer;            /* an answer that is not a stored object (review, token, scale, Status) */
	struct ek_json   *status;            /* failure as metav1.Status */
	/* Array of strings for Warning headers, or NULL. In: what the parser found ("duplicate field \"x\""); owned. */
	struct ek_json   *warnings;
	bool              created;           /* 201 instead of 200 */
	bool              accepted;          /* 202 */

	/* private */
	void *impl;
};
void ek_op_init(struct ek_op *op, enum ek_verb verb, const struct ek_kind *kind, void (*cb)(struct ek_op *op, int rc));
void ek_op_start(struct ek_registry *r, struct ek_op *op);
void ek_op_abandon(struct ek_op *op); /* the asker is gone: no callback; a started write completes; op may be freed */
void ek_op_done(struct ek_op *op);

/* ---- list: objects flow as they come from the store; memory stays flat ---- */
enum ek_rev_match { EK_REV_UNSET, EK_REV_NOT_OLDER, EK_REV_EXACT };
struct ek_list_op {
	const struct ek_user *user;
	const struct ek_kind *kind;
	const char           *ns;
	const char           *label_selector, *field_selector;
	int64_t               rev;           /* -1: not given */
	enum ek_rev_match     rev_match;
	size_t                limit;
	const char           *continue_token;

	/* The list's revision is known before the first object. */
	void (*on_start)(struct ek_list_op *l, int64_t list_rev);
	bool (*on_object)(struct ek_list_op *l, struct ek_object *o); /* false: pause, then ek_list_op_resume */
	/* next: continue token or NULL; remaining: remainingItemCount or -1. status only with rc < 0. */
	void (*done)(struct ek_list_op *l, int rc, const char *next, int64_t remaining, struct ek_json *status);
	/* private */
	void *impl;
};
void ek_list_op_start(struct ek_registry *r, struct ek_list_op *l);
void ek_list_op_resume(struct ek_list_op *l);
void ek_list_op_cancel(struct ek_list_op *l); /* no callbacks after */

/* ---- watch ---- */
struct ek_watch_op {
	const struct ek_user *user;
	const struct ek_kind *kind;
	const char           *ns;
	const char           *label_selector, *field_selector;
	int64_t               rev;            /* -1: not given; 0: any */
	enum ek_rev_match     rev_match;
	bool                  bookmarks, initial_events;
	int64_t               timeout_s;      /* 0: the server's choice (30-60 minutes); negative: none */

	/* The watch stands: answer 200. Exactly one of started or ended comes first. */
	void (*started)(struct ek_watch_op *w);
	/* One event; false pauses. `line` is the encoded event {"type":..,"object":..}\n, shared by all watchers. */
	bool (*on_event)(struct ek_watch_op *w, enum ek_watch_type type, struct ek_object *o, struct ek_bytes *line);
	/* rc 0: time is over; < 0: status (sent as an ERROR event when started, else as the answer). */
	void (*ended)(struct ek_watch_op *w, int rc, struct ek_json *status);
	bool want_objects;                    /* local clients: parsed objects; HTTP: only `line` */
	/* private */
	void *impl;
};
void ek_watch_op_start(struct ek_registry *r, struct ek_watch_op *w);
void ek_watch_op_resume(struct ek_watch_op *w);
void ek_watch_op_stop(struct ek_watch_op *w);

/* ---- questions of the front ---- */
/* May user do verb ("get", "list", ... or an arbitrary one) ? Non-resource paths: kind NULL, path set. */
struct ek_authz_attrs {
	const struct ek_user *user;
	const char *verb, *group, *resource, *subresource, *ns, *name, *path;
	const struct ek_field_selector *fields; /* of a list or watch; may be NULL */
};
bool ek_authorize(struct ek_registry *r, const struct ek_authz_attrs *a, char *ret_reason, size_t n);
/* The Status of a refused request, with upstream's sentence. */
struct ek_json *ek_status_forbidden(const struct ek_authz_attrs *a, const char *reason);

/* Statuses (k8s.io/apimachinery/pkg/api/errors): message, reason, details, causes, code. New values. */
struct ek_json *ek_status_new(int code, const char *group, const char *kind_or_resource, const char *name,
			      const char *fmt, ...) EK_PRINTF(5, 6);
struct ek_json *ek_status_from_err(const struct ek_err *err);
struct ek_json *ek_status_invalid(const struct ek_kind *k, const char *name, const struct ek_causes *causes);

/* Service account tokens: made by the token subresource, checked by the front's authentication. */
int ek_token_issue(struct ek_registry *r, const struct ek_json *sa, const char *const *audiences, int64_t expires_s,
		   const struct ek_json *bound_object, char **ret_token, int64_t *ret_expires_us, struct ek_err *err);
/* Fills a user whose strings live until ek_user_done(); EK_EUNAUTHORIZED. `audiences` NULL: the API server's own. */
struct ek_token_user {
	struct ek_user user;
	char          *strings; /* private */
	char         **audiences;
};
int  ek_token_check(struct ek_registry *r, const char *token, const char *const *audiences, struct ek_token_user *ret,
		    struct ek_err *err);
void ek_token_user_done(struct ek_token_user *u);
