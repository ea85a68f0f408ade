/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a reconcile wants done: writes with their preconditions, events to record, and when to look
 * again. Executed by the runtime, compared by the tests.
 *
 * Writes stand in steps. Those of one step run side by side; the next step begins when all of them
 * have succeeded. When one fails, what follows is left out and the key is tried again later.
 */

#include <ekube/client.h>

enum plan_verb {
	PLAN_CREATE,
	PLAN_UPDATE,
	PLAN_PATCH, /* merge patch */
	PLAN_DELETE,
	PLAN_DELETE_ALL, /* the kind's objects in ns */
	/* reads that must hold before what follows */
	PLAN_CHECK_ALIVE,  /* a read: fails unless the object has if_uid and is not being deleted */
	PLAN_CHECK_ABSENT, /* a read: fails when the object is there and has if_uid (NULL: any) */
	PLAN_CHECK_EMPTY,  /* a read: fails when ns has objects of the kind */
};

/* failures that count as done */
enum {
	PLAN_IGNORE_NOTFOUND = 1 << 0,
	PLAN_IGNORE_EXISTS = 1 << 1,
	PLAN_IGNORE_CONFLICT = 1 << 2,
};

struct plan_event {
	const char *type;      /* "Normal", "Warning"; NULL: no event. Static. */
	const char *reason;    /* static */
	char *text;	       /* of a write: before the object's name or the error */
	struct ek_json *about; /* NULL: the reconciled object */
};

struct plan_write {
	enum plan_verb verb;
	const struct ek_kind *kind;
	char *ns, *name;
	const char *subresource; /* static */
	struct ek_json *body;
	char *if_uid;
	int64_t if_rev;
	int64_t grace_s;	 /* -1: the kind's default */
	const char *propagation; /* static */
	unsigned step, ignore;
	struct plan_event done;	  /* text and the answer's name */
	struct plan_event failed; /* text and the error's words */
};

struct plan {
	EK_VEC(struct plan_write) writes;
	EK_VEC(struct plan_event) events; /* recorded when all writes are done */
	unsigned step;
	int64_t again_ms; /* 0: only when something changes */
};

void plan_done(struct plan *p);
/* What is added from now on waits for what was added before. */
void plan_next_step(struct plan *p);
/* Of several wishes the earliest counts; ms <= 0 means at once. */
void plan_again(struct plan *p, int64_t ms);

/* The writes are the plan's; a pointer is good until the next is added. */
struct plan_write *plan_create(struct plan *p, const struct ek_kind *kind, const char *ns,
			       struct ek_json *take_body);
/* The body tells namespace, name and, through resourceVersion, the state that it was made from. */
struct plan_write *plan_update(struct plan *p, const struct ek_kind *kind, const char *subresource,
			       struct ek_json *take_body);
struct plan_write *plan_patch(struct plan *p, const struct ek_kind *kind, const struct ek_json *obj,
			      const char *subresource, struct ek_json *take_patch);
/* With the uid as precondition; one that is gone already is done. */
struct plan_write *plan_delete(struct plan *p, const struct ek_kind *kind,
			       const struct ek_json *obj);
struct plan_write *plan_check(struct plan *p, enum plan_verb verb, const struct ek_kind *kind,
			      const char *ns, const char *name, const char *uid);
struct plan_write *plan_delete_all(struct plan *p, const struct ek_kind *kind, const char *ns);

void plan_event(struct plan *p, const char *type, const char *reason, const char *fmt, ...)
	EK_PRINTF(4, 5);
void plan_event_about(struct plan *p, const struct ek_json *about, const char *type,
		      const char *reason, const char *fmt, ...) EK_PRINTF(5, 6);

/* For tests: one line a write ("create pods a/b", "delete pods a/c"), then events. Malloc'd. */
char *plan_text(const struct plan *p);
