/* SPDX-License-Identifier: Apache-2.0 */
#include "pod_plan.h"

#include <stdio.h>
#include <stdlib.h>

#include <ekube/str.h>
#include <ekube/vec.h>

/* ---- back-off ---- */

/* Ten minutes after the last restart a failure counts as the first one. */
static bool is_forgotten(const struct ek_backoff *b, int64_t ended_ms)
{
	return ended_ms - b->updated_ms > 2 * (int64_t)EK_BACKOFF_MAX_MS;
}

int64_t ek_backoff_until(const struct ek_backoff *b, int64_t ended_ms)
{
	return b->ms == 0 || is_forgotten(b, ended_ms) ? 0 : ended_ms + b->ms;
}

void ek_backoff_next(struct ek_backoff *b, int64_t ended_ms, int64_t now_ms)
{
	if (b->ms == 0 || is_forgotten(b, ended_ms))
		b->ms = EK_BACKOFF_FIRST_MS;
	else
		b->ms = EK_MIN(2 * b->ms, (int64_t)EK_BACKOFF_MAX_MS);
	b->updated_ms = now_ms;
}

/* ---- actions ---- */

static struct ek_plan_action *add(struct ek_plan *plan, enum ek_plan_verb verb, size_t ctr)
{
	struct ek_plan_action a = { .verb = verb, .ctr = ctr };

	ek_vec_push(plan, a);
	return &plan->items[plan->n - 1];
}

static struct ek_plan_action *stop(struct ek_plan *plan, size_t i, enum ek_kill_why why,
				   const char *fmt, ...) EK_PRINTF(4, 5);

static struct ek_plan_action *stop(struct ek_plan *plan, size_t i, enum ek_kill_why why,
				   const char *fmt, ...)
{
	struct ek_plan_action *a = add(plan, EK_PLAN_STOP, i);
	va_list ap;

	a->why = why;
	va_start(ap, fmt);
	(void)vsnprintf(a->message, sizeof(a->message), fmt, ap);
	va_end(ap);
	return a;
}

static void look_again(struct ek_plan *plan, int64_t ms)
{
	if (plan->again_ms < 0 || ms < plan->again_ms)
		plan->again_ms = EK_MAX(ms, 0);
}

static void start(const struct ek_pod_view *p, struct ek_plan *plan, size_t i)
{
	const struct ek_ctr_view *c = &p->ctrs[i];

	if (c->not_before_ms <= p->now_ms) {
		(void)add(plan, EK_PLAN_START, i);
		return;
	}
	(void)add(plan, EK_PLAN_BACKOFF, i);
	look_again(plan, c->not_before_ms - p->now_ms);
}

bool ek_ctr_wants_start(const struct ek_pod_view *p, const struct ek_ctr_view *c)
{
	bool failed = c->run && c->run->ended && c->run->code != 0;

	if (c->state == EK_CTR_NONE)
		return true;
	if (c->state != EK_CTR_EXITED && c->state != EK_CTR_STARTING)
		return false;
	if (c->must_restart)
		return true;
	switch (c->role) {
	case EK_CTR_EPHEMERAL:
		return false;
	case EK_CTR_SIDECAR:
		return true;
	case EK_CTR_INIT:
		return !c->run || (failed && !ek_streq(p->policy, "Never"));
	case EK_CTR_MAIN:
		return !c->run || ek_streq(p->policy, "Always") ||
		       (failed && ek_streq(p->policy, "OnFailure"));
	}
	return false;
}

/* ---- the end ---- */

/* A sidecar goes after all main containers, and after the sidecars behind it. */
static bool is_its_turn(const struct ek_pod_view *p, size_t i)
{
	if (p->ctrs[i].role != EK_CTR_SIDECAR)
		return true;
	for (size_t k = 0; k < p->n_ctrs; k++) {
		const struct ek_ctr_view *c = &p->ctrs[k];

		if (!ek_ctr_is_alive(c))
			continue;
		if (c->role == EK_CTR_MAIN || (c->role == EK_CTR_SIDECAR && k > i))
			return false;
	}
	return true;
}

static void plan_end(const struct ek_pod_view *p, struct ek_plan *plan)
{
	bool alive = false;

	for (size_t i = 0; i < p->n_ctrs; i++) {
		const struct ek_ctr_view *c = &p->ctrs[i];

		alive |= ek_ctr_is_alive(c);
		if (c->state == EK_CTR_STARTING || c->state == EK_CTR_RUNNING) {
			stop(plan, i, EK_KILL_POD, "%s", "")->hold = !is_its_turn(p, i);
		} else if (c->state == EK_CTR_STOPPING && c->holding && is_its_turn(p, i)) {
			(void)add(plan, EK_PLAN_TURN, i);
		}
	}
	if (!alive && (p->sandbox == EK_SANDBOX_READY || p->sandbox == EK_SANDBOX_STARTING))
		(void)add(plan, EK_PLAN_TEARDOWN, 0);
}

/* ---- init containers ---- */

/* Probes' verdicts and changes of a container that runs. False when it has to go. */
static bool keep(struct ek_plan *plan, const struct ek_ctr_view *c, size_t i, bool restarts)
{
	const char *what = ek_ctr_is_init(c) ? "Init container" : "Container";
	bool main_again = restarts && !ek_ctr_is_init(c);
	const char *then = main_again ? ", will be restarted" : "";

	if (c->hook_failed) {
		(void)stop(plan, i, EK_KILL_HOOK, "FailedPostStartHook");
	} else if (c->changed) {
		/* whatever the restart policy says: the API wants something else to run */
		then = ek_ctr_is_init(c) ? "" : ", will be restarted";
		stop(plan, i, EK_KILL_OTHER, "%s %s definition changed%s", what, c->name, then)
			->restart = true;
	} else if (c->liveness_failed) {
		stop(plan, i, EK_KILL_LIVENESS, "%s %s failed liveness probe%s", what, c->name,
		     then)
			->restart = main_again;
	} else if (c->startup_failed) {
		stop(plan, i, EK_KILL_STARTUP, "%s %s failed startup probe%s", what, c->name, then)
			->restart = main_again;
	} else {
		return true;
	}
	return false;
}

/* Of the init containers the last one that was begun; all, when a main container runs. */
static int reached(const struct ek_pod_view *p)
{
	int last = -1, n_init = 0;

	for (size_t i = 0; i < p->n_ctrs; i++) {
		const struct ek_ctr_view *c = &p->ctrs[i];

		if (ek_ctr_is_init(c)) {
			n_init = (int)i + 1;
			if (c->state != EK_CTR_NONE)
				last = (int)i;
		} else if (c->role == EK_CTR_MAIN && ek_ctr_is_alive(c)) {
			return n_init;
		}
	}
	return last;
}

static bool is_done(const struct ek_ctr_view *c)
{
	if (c->role == EK_CTR_SIDECAR)
		return c->state == EK_CTR_RUNNING && c->started;
	return c->state == EK_CTR_EXITED && c->run && c->run->code == 0;
}

bool ek_plan_initialized(const struct ek_pod_view *p)
{
	int at = reached(p);

	for (size_t i = 0; i < p->n_ctrs && ek_ctr_is_init(&p->ctrs[i]); i++)
		if ((int)i > at || ((int)i == at && !is_done(&p->ctrs[i])))
			return false;
	return true;
}

enum init_result { INIT_BUSY, INIT_DONE, INIT_FAILED };

static enum init_result plan_init_one(const struct ek_pod_view *p, struct ek_plan *plan, size_t i,
				      bool passed)
{
	const struct ek_ctr_view *c = &p->ctrs[i];

	if (passed && c->role == EK_CTR_INIT)
		return INIT_DONE;
	if (c->state == EK_CTR_NONE || c->state == EK_CTR_EXITED) {
		if (is_done(c))
			return INIT_DONE;
		if (!ek_ctr_wants_start(p, c))
			return INIT_FAILED;
		start(p, plan, i);
		return INIT_BUSY;
	}
	if (c->state == EK_CTR_RUNNING && (c->role == EK_CTR_SIDECAR || c->hook_failed) &&
	    !keep(plan, c, i, true))
		return INIT_BUSY;
	return is_done(c) ? INIT_DONE : INIT_BUSY;
}

/*
 * One after the other; a sidecar's part is done when it has started. Those before the one that was
 * reached have done theirs: of them only sidecars are looked after.
 */
static enum init_result plan_init(const struct ek_pod_view *p, struct ek_plan *plan)
{
	int at = reached(p);

	for (size_t i = 0; i < p->n_ctrs && ek_ctr_is_init(&p->ctrs[i]); i++) {
		bool passed = (int)i < at;
		enum init_result r = plan_init_one(p, plan, i, passed);

		if (!passed && r != INIT_DONE)
			return r;
	}
	return INIT_DONE;
}

/* ---- main containers ---- */

/* True when there is nothing left to keep, to start or to wait for. */
static bool plan_main(const struct ek_pod_view *p, struct ek_plan *plan)
{
	bool restarts = !ek_streq(p->policy, "Never");
	bool over = true;

	for (size_t i = 0; i < p->n_ctrs; i++) {
		const struct ek_ctr_view *c = &p->ctrs[i];

		if (c->role != EK_CTR_MAIN)
			continue;
		if (c->state == EK_CTR_RUNNING)
			(void)keep(plan, c, i, restarts);
		if (ek_ctr_is_alive(c)) {
			over = false;
		} else if (ek_ctr_wants_start(p, c)) {
			start(p, plan, i);
			over = false;
		}
	}
	return over;
}

static void plan_ephemeral(const struct ek_pod_view *p, struct ek_plan *plan)
{
	for (size_t i = 0; i < p->n_ctrs; i++)
		if (p->ctrs[i].role == EK_CTR_EPHEMERAL && p->ctrs[i].state == EK_CTR_NONE)
			(void)add(plan, EK_PLAN_START, i);
}

void ek_pod_plan(const struct ek_pod_view *p, struct ek_plan *plan)
{
	enum init_result init;

	plan->again_ms = -1;
	if (p->ending) {
		plan_end(p, plan);
		return;
	}
	if (p->sandbox == EK_SANDBOX_NONE)
		(void)add(plan, EK_PLAN_SETUP, 0);
	plan_ephemeral(p, plan);
	init = plan_init(p, plan);
	if (init == INIT_FAILED || (init == INIT_DONE && plan_main(p, plan))) {
		plan->n = 0;
		plan->again_ms = -1;
		(void)add(plan, EK_PLAN_END, 0);
	}
}

void ek_plan_done(struct ek_plan *plan)
{
	free(plan->items);
	*plan = (struct ek_plan){ 0 };
}
