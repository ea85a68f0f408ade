/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Controllers decide, the runtime acts. A controller is a row of functions; the runtime turns the
 * changes that it watches into keys, takes a snapshot, has it decide, executes the plan, and does
 * not work on a key again before the caches have reached what it last wrote.
 */

#include "plan.h"
#include "snapshot.h"

#include <ekube/informer.h>

struct running; /* a controller at work */

struct watch_row {
	const struct ek_kind *kind;
	/*
	 * Call running_enqueue for every key that the change touches. NULL: only read by `collect`.
	 */
	void (*map)(struct running *r, struct ek_object *before, struct ek_object *after);
	const char *fields; /* a field selector; NULL: all objects */
	bool metadata;      /* whole objects are not needed: ek_informer_get_metadata() */
};

struct controller {
	const char *name;		 /* component of events */
	const char *user;		 /* acts as system:serviceaccount:kube-system:<user> */
	const struct ek_kind *kind;	 /* a key is namespace/name of this kind */
	const struct watch_row *watches; /* ended by a NULL kind */
	/*
	 * More rows, when they are not known beforehand; malloc'd, ended by a NULL kind. May be
	 * NULL.
	 */
	struct watch_row *(*more_watches)(void);
	unsigned workers;
	/* s has kind, ns, name, object, time. Add the rest. May be NULL. */
	void (*collect)(struct running *r, struct snapshot *s);
	/* Pure: no I/O, no clock, no log. */
	int (*reconcile)(const struct snapshot *s, struct plan *p, struct ek_err *err);
	bool tells_failure; /* call reconcile again, with s->failure, when writes failed */
	/* What it remembers between passes; both may be NULL. */
	void *(*state_new)(void);
	void (*state_free)(void *state);
};

struct runtime_env {
	struct ek_loop *loop;
	struct ek_informers *informers;
	const char *root_ca;
	int64_t node_grace_ms;
};

struct running *running_start(const struct controller *row, const struct runtime_env *env,
			      struct ek_client *client);
void running_stop(struct running *r);

/* ---- for map and collect ---- */
void running_enqueue(struct running *r, const char *ns, const char *name);
void running_enqueue_after(struct running *r, const char *ns, const char *name, int64_t ms);
struct ek_informer *running_informer(struct running *r, const struct ek_kind *kind);
void *running_state(struct running *r);
bool running_is_starting(const struct running *r); /* the caches are not complete yet */

/* ---- maps that many share ---- */
void map_self(struct running *r, struct ek_object *before,
	      struct ek_object *after); /* the kind itself */
void map_controller(struct running *r, struct ek_object *before,
		    struct ek_object *after); /* what the kind controls */
void map_same_name(struct running *r, struct ek_object *before,
		   struct ek_object *after); /* a kind of equal names */
/*
 * What the kind controls, and for objects that nobody controls all of the kind in the namespace
 * whose spec.selector matches their labels: they may adopt it.
 */
void map_controller_or_selectors(struct running *r, struct ek_object *before,
				 struct ek_object *after);
