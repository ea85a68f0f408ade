/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/clock.h>

#include "container/container.h"
#include "spec/podspec.h"
#include "sandbox/sandbox.h"

/* The other half of pod_plan.c: what was decided is begun. */

enum { SEEN_MS = 1000 };

/* How a start failed is to be seen for a moment, before all that is told is that it waits. */
static bool is_to_be_seen(const struct ek_slot *s, struct ek_plan *plan)
{
	int64_t left = s->wait_reason ? SEEN_MS - (ek_clock_mono_ms() - s->cur->ended_ms) : 0;

	if (left > 0)
		plan->again_ms = EK_MIN(plan->again_ms, left);
	return left > 0;
}

/* A crash that waits for its next try: said once an attempt. */
static void tell_backoff(struct ek_slot *s, struct ek_plan *plan)
{
	EK_FREE char *label = NULL, *words = NULL;
	char pause[32];

	if (!s->cur || !s->cur->ended || ek_streq(s->wait_reason, "CrashLoopBackOff") || is_to_be_seen(s, plan))
		return;
	label = ek_podspec_label(ek_pod_json(s->pod));
	ek_duration_format(s->backoff.ms * 1000000, pause);
	words = ek_str_fmt("back-off %s restarting failed container=%s pod=%s", pause, s->name, label);
	ek_pod_event(s->pod, s->name, "Warning", "BackOff", "Back-off restarting failed container %s in pod %s", s->name, label);
	ek_slot_wait(s, "CrashLoopBackOff", words, 0);
}

/* What is launched already is stopped when it runs; what is not yet is called off. */
static void stop(struct ek_slot *s, const struct ek_plan_action *a)
{
	if (s->starting)
		ek_starting_cancel(s->starting);
	else if (s->cur)
		ek_ctr_stop(s->cur, a);
}

static void act(struct ek_pod *p, const struct ek_plan_action *a, struct ek_plan *plan)
{
	bool of_pod = a->verb == EK_PLAN_SETUP || a->verb == EK_PLAN_END ||
		      a->verb == EK_PLAN_TEARDOWN;
	struct ek_slot *s = of_pod ? NULL : p->slots.items[a->ctr];

	EK_ASSERT(of_pod || s);
	switch (a->verb) {
	case EK_PLAN_SETUP:
		ek_sandbox_setup(p);
		break;
	case EK_PLAN_START:
		ek_slot_start(s);
		break;
	case EK_PLAN_BACKOFF:
		tell_backoff(s, plan);
		break;
	case EK_PLAN_STOP:
		stop(s, a);
		break;
	case EK_PLAN_TURN:
		ek_ctr_turn(s->cur);
		break;
	case EK_PLAN_END:
		ek_pod_end(p, NULL, NULL, -1);
		break;
	case EK_PLAN_TEARDOWN:
		ek_sandbox_teardown(p);
		break;
	}
}

void ek_pod_act(struct ek_pod *p, struct ek_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		act(p, &plan->items[i], plan);
}

void ek_pod_end(struct ek_pod *p, const char *reason, const char *message, int64_t grace_s)
{
	if (reason && !p->ending) {
		ek_str_set(&p->fail_reason, reason);
		ek_str_set(&p->fail_message, message);
	}
	if (grace_s >= 0 && (p->grace_s < 0 || grace_s < p->grace_s))
		p->grace_s = grace_s;
	p->ending = true;
	if (p->sandbox.state == EK_SANDBOX_NONE && p->sandbox.in_parts)
		p->sandbox.state = EK_SANDBOX_STARTING; /* taken down as if it were made */
	ek_timer_stop(&p->deadline);
	for (size_t i = 0; i < p->slots.n; i++)
		if (p->slots.items[i]->cur)
			ek_ctr_hurry(p->slots.items[i]->cur);
	ek_pod_kick(p);
}

void ek_pod_poke(struct ek_pod *p)
{
	for (size_t i = 0; i < p->slots.n; i++)
		if (p->slots.items[i]->starting)
			ek_starting_poke(p->slots.items[i]->starting);
}
