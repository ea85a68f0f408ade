/* SPDX-License-Identifier: Apache-2.0 */
#include "probes.h"

#include <stdlib.h>

#include <ekube/clock.h>
#include <ekube/informer.h>
#include <ekube/str.h>

#include "spec/env.h"
#include "handler.h"

/*
 *   initialDelay ──► try ──► count ──► period ──► try ...
 *
 * Liveness and readiness rest until startup has succeeded. A verdict that calls for the
 * container to be
 * stopped ends its probe: the next container has its own.
 */

enum which { STARTUP, LIVENESS, READINESS, N_PROBES };

static const char *const fields[] = { "startupProbe", "livenessProbe", "readinessProbe" };
static const char *const titles[] = { "Startup", "Liveness", "Readiness" };

struct probe {
	struct ek_probes     *all;
	enum which            which;
	bool                  exists, running, over;
	struct ek_json       *spec;
	struct ek_timer       timer;
	struct ek_handler    *handler;
	struct ek_probe_count count;
	int64_t               period_ms, timeout_ms;
};

struct ek_probes {
	struct ek_slot *slot;
	struct ek_ctr  *ctr;
	bool            started;
	struct probe    p[N_PROBES];
};

bool ek_probe_count(struct ek_probe_count *c, bool success)
{
	bool was = c->good;

	c->successes = success ? c->successes + 1 : 0;
	c->failures = success ? 0 : c->failures + 1;
	if (success && c->successes >= c->success_threshold)
		c->good = true;
	else if (!success && c->failures >= c->failure_threshold)
		c->good = false;
	return c->good != was;
}

/* ---- trying ---- */

static void try(struct ek_timer *t);

static void begin(struct probe *p)
{
	int64_t age = (ek_clock_wall_us() - p->all->ctr->shim.status.started_us) / 1000;
	int64_t delay = ek_json_int_at(p->spec, "initialDelaySeconds", 0) * 1000;

	if (!p->exists || p->running || p->over)
		return;
	p->running = true;
	ek_timer_start(p->all->slot->pod->node->loop, &p->timer,
		       EK_MAX(delay - EK_MAX(age, (int64_t)0), (int64_t)0), try);
}

static void rest(struct probe *p)
{
	ek_timer_stop(&p->timer);
	ek_handler_cancel(ek_steal(p->handler));
	p->running = false;
}

static void tell(struct probe *p, enum ek_outcome outcome, const char *words)
{
	const struct ek_slot *s = p->all->slot;

	if (outcome == EK_HANDLER_FAILED)
		ek_pod_event(s->pod, s->name, "Warning", "Unhealthy", "%s probe failed: %s", titles[p->which], words);
	else if (outcome == EK_HANDLER_ERRORED)
		ek_pod_event(s->pod, s->name, "Warning", "Unhealthy", "%s probe errored: %s", titles[p->which], words);
	else if (outcome == EK_HANDLER_WARNED)
		ek_pod_event(s->pod, s->name, "Warning", "ProbeWarning", "%s probe warning: %s", titles[p->which], words);
}

static void pass_startup(struct ek_probes *all)
{
	all->started = true;
	rest(&all->p[STARTUP]);
	all->p[STARTUP].over = true;
	begin(&all->p[LIVENESS]);
	begin(&all->p[READINESS]);
}

static void on_tried(void *arg, enum ek_outcome outcome, const char *words)
{
	struct probe *p = arg;
	struct ek_probes *all = p->all;
	bool good = outcome == EK_HANDLER_OK || outcome == EK_HANDLER_WARNED, changed;

	p->handler = NULL;
	tell(p, outcome, words);
	ek_timer_start(all->slot->pod->node->loop, &p->timer, p->period_ms, try);
	if (outcome == EK_HANDLER_ERRORED)
		return; /* says nothing of the container */
	changed = ek_probe_count(&p->count, good);
	if (p->which == STARTUP && p->count.good) {
		pass_startup(all);
		changed = true;
	} else if (p->which != READINESS && !good &&
		   p->count.failures >= p->count.failure_threshold) {
		p->over = true;
		rest(p);
		changed = true;
	}
	if (changed)
		ek_pod_kick(all->slot->pod);
}

static void try(struct ek_timer *t)
{
	struct probe *p = ek_container_of(t, struct probe, timer);

	p->handler = ek_handler_start(p->all->ctr, p->spec, "kube-probe/1.32", p->timeout_ms, on_tried, p);
}

/* ---- all three ---- */

/*
 * $(NAME) in a command is what the container's env says of it in plain words; nothing else is
 * known here.
 */
static struct ek_json *expanded(const struct ek_json *spec, const struct ek_json *container)
{
	const struct ek_json *command = ek_json_at(spec, "exec.command"), *env = ek_json_get(container, "env");
	struct ek_map values = { 0 };
	struct ek_json *copy;

	if (!command)
		return ek_json_ref(spec);
	for (size_t i = 0; i < ek_json_len(env); i++) {
		const struct ek_json *e = ek_json_elem(env, i);
		const char *value = ek_json_str_at(e, "value");

		if (!ek_json_get(e, "valueFrom"))
			(void)ek_map_put(&values, ek_json_str_at(e, "name"), (void *)(uintptr_t)(value ? value : ""));
	}
	copy = ek_json_copy(spec);
	for (size_t i = 0; i < ek_json_len(command); i++) {
		EK_FREE char *word =
			ek_env_expand_map(ek_json_str(ek_json_elem(command, i)), &values);

		ek_json_replace(ek_json_at(copy, "exec.command"), i, ek_json_new_str(word));
	}
	ek_map_done(&values);
	return copy;
}

static void set_up(struct ek_probes *all, enum which which, const struct ek_json *container)
{
	struct probe *p = &all->p[which];
	const struct ek_json *spec = ek_json_get(container, fields[which]);

	*p = (struct probe){ .all = all, .which = which, .exists = spec != NULL };
	if (!spec)
		return;
	p->spec = expanded(spec, container);
	p->period_ms = EK_MAX(ek_json_int_at(spec, "periodSeconds", 10), (int64_t)1) * 1000;
	p->timeout_ms = EK_MAX(ek_json_int_at(spec, "timeoutSeconds", 1), (int64_t)1) * 1000;
	p->count.success_threshold = (int)EK_MAX(ek_json_int_at(spec, "successThreshold", 1), (int64_t)1);
	p->count.failure_threshold = (int)EK_MAX(ek_json_int_at(spec, "failureThreshold", 3), (int64_t)1);
	p->count.good = which == LIVENESS;
}

void ek_probes_start(struct ek_slot *s, bool known_started, bool known_ready)
{
	const struct ek_json *container = ek_slot_spec(s);
	struct ek_probes *all;

	ek_probes_stop(s);
	if (s->role == EK_CTR_EPHEMERAL || s->role == EK_CTR_INIT)
		return;
	all = ek_new(struct ek_probes);
	all->slot = s;
	all->ctr = s->cur;
	for (int i = 0; i < N_PROBES; i++)
		set_up(all, (enum which)i, container);
	all->p[READINESS].count.good = known_ready;
	s->probes = all;
	if (!all->p[STARTUP].exists || known_started)
		pass_startup(all);
	else
		begin(&all->p[STARTUP]);
}

void ek_probes_stop(struct ek_slot *s)
{
	struct ek_probes *all = s->probes;

	s->probes = NULL;
	for (int i = 0; all && i < N_PROBES; i++) {
		rest(&all->p[i]);
		ek_json_unref(all->p[i].spec);
	}
	free(all);
}

void ek_probes_leave_ready(struct ek_slot *s)
{
	if (!s->probes)
		return;
	rest(&s->probes->p[STARTUP]);
	rest(&s->probes->p[LIVENESS]);
}

bool ek_probes_started(const struct ek_slot *s)
{
	return !s->probes || s->probes->started;
}

bool ek_probes_ready(const struct ek_slot *s)
{
	const struct probe *p = s->probes ? &s->probes->p[READINESS] : NULL;

	return !p || !p->exists || p->count.good;
}

static bool has_failed(const struct ek_slot *s, enum which which)
{
	const struct probe *p = s->probes ? &s->probes->p[which] : NULL;

	return p && p->exists && p->over && p->count.failures >= p->count.failure_threshold;
}

bool ek_probes_liveness_failed(const struct ek_slot *s)
{
	return has_failed(s, LIVENESS);
}

bool ek_probes_startup_failed(const struct ek_slot *s)
{
	return has_failed(s, STARTUP);
}
