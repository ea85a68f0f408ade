/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A flow is one asynchronous job written as a table of small steps.
 *
 * Each step runs on the loop thread, never blocks, and returns what comes next:
 *	EK_GO(s)    run step s now;
 *	EK_WAIT(s)  an operation was started: run s when its callback calls ek_flow_resume().
 * The first negative result, from a step or from a resume, sends the flow to its last state,
 * whose step releases everything in reverse order and returns EK_END. The last step may itself
 * EK_WAIT on itself while it undoes asynchronously.
 * `done` fires exactly once, always last; the owner may free the flow in it.
 */

#include <ekube/base.h>

struct ek_flow;
typedef int (*ek_step_fn)(struct ek_flow *f);

struct ek_flow_state {
	const char *name;
	ek_step_fn  step;
	uint32_t    next; /* bit mask of the states reachable from this one */
};

struct ek_flow {
	const struct ek_flow_state *states;
	int  n_states;
	int  state;
	int  rc;        /* first failure, 0 while all is well */
	bool running;   /* inside a step: a resume from here is only noted */
	bool resumed;
	bool cancelled;
	bool ending;    /* the last step was entered: a cancel comes too late */
	bool active;
	void (*abort)(struct ek_flow *f); /* cancel what is in flight; may be NULL */
	void (*done)(struct ek_flow *f);
};

#define EK_GO(s)   (s)
#define EK_WAIT(s) ((s) | 0x100)
#define EK_END     0x200

void ek_flow_start(struct ek_flow *f, const struct ek_flow_state *states, int n);
void ek_flow_resume(struct ek_flow *f, int rc);
/* Idempotent. `abort` must make the operation in flight call back soon; the flow then ends. */
void ek_flow_cancel(struct ek_flow *f);
bool ek_flow_active(const struct ek_flow *f); /* started and done has not fired */
