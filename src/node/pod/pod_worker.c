/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include <ekube/clock.h>

#include "container/container.h"
#include "spec/podspec.h"
#include "container/probes.h"
#include "sandbox/sandbox.h"

/*
 * One pass over a pod: look, decide, begin, tell. It runs at the end of a turn of the loop in
 * which something
 * happened to the pod, however much that was.
 *
 *   ek_pod_kick() ──► view ──► ek_pod_plan() ──► ek_pod_act() ──► view ──► ek_status_update()
 */

/* ---- what is seen ---- */

static enum ek_ctr_state state_of(const struct ek_slot *s)
{
	const struct ek_ctr *c = s->cur;

	if (s->starting)
		return EK_CTR_STARTING;
	if (!c)
		return EK_CTR_NONE;
	/* nobody holds it, but it may still run: the next one begins when it does not */
	if (c->ended)
		return c->shim.status.state == EK_SHIM_LOST && !c->cleaned ? EK_CTR_STOPPING :
									     EK_CTR_EXITED;
	if (c->stopping)
		return EK_CTR_STOPPING;
	return c->shim.status.state == EK_SHIM_STARTING ? EK_CTR_STARTING : EK_CTR_RUNNING;
}

static int64_t not_before(const struct ek_slot *s)
{
	int64_t backoff =
		s->cur && s->cur->ended ? ek_backoff_until(&s->backoff, s->cur->ended_ms) : 0;

	return EK_MAX(backoff, s->retry_ms);
}

static void view_slot(const struct ek_slot *s, const struct ek_json *spec, struct ek_ctr_view *ret,
		      struct ek_ctr_run *runs)
{
	const struct ek_ctr *c = s->cur;
	bool running = ek_ctr_is_running(c);

	*ret = (struct ek_ctr_view){
		.spec = spec,
		.name = s->name,
		.role = s->role,
		.state = state_of(s),
		.restarts = s->restarts,
		.wait_reason = s->wait_reason,
		.wait_message = s->wait_message,
		.not_before_ms = not_before(s),
		.must_restart = s->must_restart,
	};
	if (c) {
		ek_ctr_fill_run(c, &runs[0]);
		ret->run = &runs[0];
		ret->holding = c->holding;
	}
	if (s->before) {
		ek_ctr_fill_run(s->before, &runs[1]);
		ret->before = &runs[1];
	}
	if (!c || !running)
		return;
	ret->hook_failed = c->hook_failed;
	ret->hook_running = c->hook_running && !c->stopping;
	ret->started = ek_probes_started(s) && !ret->hook_running && !c->hook_failed;
	ret->ready = ret->started && ek_probes_ready(s);
	ret->liveness_failed = ek_probes_liveness_failed(s);
	ret->startup_failed = ek_probes_startup_failed(s);
	ret->changed = !ek_streq(c->image_spec, ek_json_str_at(spec, "image"));
}

void ek_pod_view(struct ek_pod *p, struct ek_pod_view *ret, struct ek_ctr_run *runs)
{
	const struct ek_json *pod = ek_pod_json(p);
	struct ek_ctr_view *ctrs = ret->ctrs;
	enum ek_ctr_role role;

	*ret = (struct ek_pod_view){
		.pod = pod,
		.old_status = ek_status_last(p),
		.policy = ek_podspec_policy(pod),
		.sandbox = p->sandbox.state,
		.ending = p->ending,
		.ended = p->ended,
		.rejected = p->rejected,
		.fail_reason = p->fail_reason,
		.fail_message = p->fail_message,
		.ip = p->sandbox.ip[0] ? p->sandbox.ip : NULL,
		.host_ip = p->node->ip,
		.runtime = p->node->runtime_name,
		.now_ms = ek_clock_mono_ms(),
		.now_us = ek_clock_wall_us(),
		.start_us = p->first_seen_us,
		.ctrs = ctrs,
		.n_ctrs = p->slots.n,
	};
	for (size_t i = 0; i < p->slots.n; i++)
		view_slot(p->slots.items[i], ek_podspec_container(pod, i, &role), &ctrs[i],
			  &runs[2 * i]);
}

/* ---- the pass ---- */

static bool has_come_to_rest(const struct ek_pod *p)
{
	for (size_t i = 0; i < p->slots.n; i++) {
		const struct ek_slot *s = p->slots.items[i];

		if (s->starting || (s->cur && !s->cur->ended))
			return false;
	}
	return p->sandbox.state == EK_SANDBOX_NONE && p->cleanups == 0 && !p->volumes_leaving;
}

static void on_again(struct ek_timer *t)
{
	ek_pod_kick(ek_container_of(t, struct ek_pod, again));
}

static void decide(struct ek_pod *p, struct ek_pod_view *view, struct ek_ctr_run *runs)
{
	struct ek_plan plan = { 0 };

	ek_pod_view(p, view, runs);
	ek_pod_plan(view, &plan);
	ek_pod_act(p, &plan);
	if (plan.again_ms >= 0)
		ek_timer_start(p->node->loop, &p->again, plan.again_ms, on_again);
	else
		ek_timer_stop(&p->again);
	ek_plan_done(&plan);
}

static void pass(struct ek_pod *p)
{
	EK_FREE struct ek_ctr_view *ctrs = ek_calloc(p->slots.n, sizeof(*ctrs));
	EK_FREE struct ek_ctr_run *runs = ek_calloc(2 * p->slots.n, sizeof(*runs));
	struct ek_pod_view view = { .ctrs = ctrs };

	/* one that a former ekube left: its volumes are followed again */
	if (!p->ending && !p->volumes && p->sandbox.state == EK_SANDBOX_READY)
		ek_sandbox_setup(p);
	if (!p->ended)
		decide(p, &view, runs);
	if (p->ending && !p->ended && has_come_to_rest(p)) {
		p->ended = true;
		ek_timer_stop(&p->again);
	}
	ek_pod_view(p, &view, runs);
	ek_status_update(p, &view);
}

static void on_kick(struct ek_defer *d)
{
	struct ek_pod *p = ek_container_of(d, struct ek_pod, kick);

	if (p->node->stopping)
		return;
	/* before the API has spoken nobody knows what it wants of an old pod */
	if (!p->leaving &&
	    (p->ending || (p->in_api && ek_informer_synced(p->node->service_informer))))
		pass(p);
	if (p->leaving || (p->ended && !p->in_api)) {
		ek_pod_forget(p);
		return;
	}
	ek_object_slim(p->object); /* trees are for the moment */
}

void ek_pod_kick(struct ek_pod *p)
{
	ek_defer(p->node->loop, &p->kick, on_kick);
}
