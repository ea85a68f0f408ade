/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What to do next with a pod: a pure function of what is wanted and what is seen. It is asked after every
 * change and answers with everything that can be begun now; what is under way it sees as such
 * (STARTING, STOPPING) and leaves alone. pod_act.c executes.
 */

#include "view.h"

enum ek_plan_verb {
	EK_PLAN_SETUP,    /* network, cgroup, volumes */
	EK_PLAN_START,    /* a container; what it needs of the set-up it waits for itself */
	EK_PLAN_BACKOFF,  /* a container waits: tell */
	EK_PLAN_STOP,     /* a container: preStop, TERM, grace, KILL */
	EK_PLAN_TURN,     /* a stopping container may be signalled now */
	EK_PLAN_END,      /* nothing is left to run: the pod is over */
	EK_PLAN_TEARDOWN, /* everything stopped: take network, cgroup, volumes away */
};

enum ek_kill_why { EK_KILL_OTHER, EK_KILL_STARTUP, EK_KILL_LIVENESS, EK_KILL_POD, EK_KILL_HOOK };

struct ek_plan_action {
	enum ek_plan_verb verb;
	size_t            ctr;       /* index in the view */
	enum ek_kill_why  why;       /* STOP */
	bool              hold;      /* STOP: do not signal before its turn */
	bool              restart;   /* STOP: it is to start again, whatever its exit code */
	char              message[256]; /* STOP: of the event; "" is the usual one */
};

struct ek_plan {
	struct ek_plan_action *items;
	size_t                 n, cap;
	int64_t                again_ms; /* look again after this long; -1: only when something changes */
};

void ek_pod_plan(const struct ek_pod_view *p, struct ek_plan *plan); /* plan: zeroed */
void ek_plan_done(struct ek_plan *plan);

/* Has every init container done its part? */
bool ek_plan_initialized(const struct ek_pod_view *p);

/* ---- back-off of restarts, as client-go's flowcontrol.Backoff ---- */

enum { EK_BACKOFF_FIRST_MS = 10 * 1000, EK_BACKOFF_MAX_MS = 300 * 1000 };

struct ek_backoff {
	int64_t ms;         /* 0: none yet */
	int64_t updated_ms;
};

/* When may something that ended at `ended_ms` begin again? 0: now. */
int64_t ek_backoff_until(const struct ek_backoff *b, int64_t ended_ms);
/* It begins again at now_ms: the next wait is longer. */
void ek_backoff_next(struct ek_backoff *b, int64_t ended_ms, int64_t now_ms);
