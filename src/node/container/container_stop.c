/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/clock.h>
#include <ekube/informer.h>
#include <ekube/log.h>

#include "container.h"
#include "handler.h"
#include "spec/podspec.h"
#include "probes.h"

/*
 *   PRESTOP ──► (its turn) ──► TERM ──► grace is over: KILL ──► the shim tells of the end
 *
 * All of it takes the grace period at most, and two seconds of it are left for TERM in any case.
 */

enum { GRACE_LEAST_MS = 2000, KILL_AGAIN_MS = 5000, ENTER_STEP_MS = 5, ENTER_MAX_MS = 1000 };

static void on_time(struct ek_timer *t);

/* "SIGQUIT", "QUIT", "3", "SIGRTMIN+3" */
static int signal_of(const char *name)
{
	static const struct {
		const char *name;
		int         n;
	} signals[] = {
		{ "HUP", SIGHUP },     { "INT", SIGINT },   { "QUIT", SIGQUIT },
		{ "ABRT", SIGABRT },   { "KILL", SIGKILL }, { "USR1", SIGUSR1 },
		{ "USR2", SIGUSR2 },   { "PIPE", SIGPIPE }, { "ALRM", SIGALRM },
		{ "TERM", SIGTERM },   { "CONT", SIGCONT }, { "STOP", SIGSTOP },
		{ "WINCH", SIGWINCH }, { "PWR", SIGPWR },
	};
	int64_t n;

	if (ek_str_to_int(name, 1, 64, &n) == 0)
		return (int)n;
	if (ek_str_starts(name, "SIG"))
		name += 3;
	if (ek_str_starts(name, "RTMIN+") && ek_str_to_int(name + 6, 0, 29, &n) == 0)
		return 34 + (int)n; /* of the kernel's numbering, not the C library's */
	for (size_t i = 0; i < EK_ARRAY_LEN(signals); i++)
		if (strcasecmp(signals[i].name, name) == 0)
			return signals[i].n;
	return SIGTERM;
}

static int64_t left_ms(const struct ek_ctr *c)
{
	return c->grace_ms - (ek_clock_mono_ms() - c->stop_began_ms);
}

static void wake_in(struct ek_ctr *c, int64_t ms)
{
	ek_timer_start(c->pod->node->loop, &c->stop_timer, EK_MAX(ms, (int64_t)0), on_time);
}

static void send(struct ek_ctr *c, int signum)
{
	int rc = ek_shim_signal(&c->shim, signum);

	if (rc < 0 && rc != -ESRCH)
		ek_warn("a container cannot be signalled", "id", c->id, "signal", EK_I(signum), "error", ek_err_name(rc));
}

static void kill_now(struct ek_ctr *c)
{
	c->killed = true;
	send(c, SIGKILL);
	/* it cannot fail to die, but a signal may be lost on the way to a pid that changed */
	wake_in(c, KILL_AGAIN_MS);
}

static void terminate(struct ek_ctr *c)
{
	c->holding = false;
	/* it shall be the program that gets the signal; a start is so far for a moment only */
	if (ek_shim_is_entering(&c->shim) && ek_clock_mono_ms() - c->stop_began_ms < ENTER_MAX_MS) {
		wake_in(c, ENTER_STEP_MS);
		return;
	}
	c->signalled = true;
	send(c, signal_of(c->stop_signal[0] ? c->stop_signal : "TERM"));
	wake_in(c, EK_MAX(left_ms(c), (int64_t)GRACE_LEAST_MS));
}

/* preStop is over, or never was. */
static void next(struct ek_ctr *c)
{
	if (c->holding && left_ms(c) > 0)
		wake_in(c, left_ms(c)); /* no longer than there is time */
	else
		terminate(c);
}

static void on_time(struct ek_timer *t)
{
	struct ek_ctr *c = ek_container_of(t, struct ek_ctr, stop_timer);

	if (c->signalled) {
		kill_now(c);
		return;
	}
	ek_handler_cancel(ek_steal(c->hook)); /* preStop took all the time there was */
	c->hook_running = false;
	terminate(c);
}

static void on_prestop(void *arg, enum ek_outcome outcome, const char *words)
{
	struct ek_ctr *c = arg;

	(void)words;
	c->hook = NULL;
	c->hook_running = false;
	if (outcome == EK_HANDLER_FAILED || outcome == EK_HANDLER_ERRORED)
		ek_pod_event(c->pod, c->slot->name, "Warning", "FailedPreStopHook", "PreStopHook failed");
	next(c);
}

/* ---- how long ---- */

static int64_t grace_s(const struct ek_ctr *c, enum ek_kill_why why)
{
	const struct ek_json *pod = ek_pod_json(c->pod), *spec = ek_slot_spec(c->slot);
	int64_t deletion = ek_json_int_at(pod, "metadata.deletionGracePeriodSeconds", -1);
	int64_t own = ek_json_int_at(pod, "spec.terminationGracePeriodSeconds", 30), probe = -1;

	if (c->pod->grace_s >= 0)
		return c->pod->grace_s;
	if (deletion >= 0)
		return EK_MAX(deletion, (int64_t)1); /* also who is in a hurry has a second */
	if (why == EK_KILL_STARTUP)
		probe = ek_json_int_at(spec, "startupProbe.terminationGracePeriodSeconds", -1);
	else if (why == EK_KILL_LIVENESS)
		probe = ek_json_int_at(spec, "livenessProbe.terminationGracePeriodSeconds", -1);
	return probe >= 0 ? probe : own;
}

/* ---- from outside ---- */

void ek_ctr_stop(struct ek_ctr *c, const struct ek_plan_action *a)
{
	const struct ek_json *hook = ek_json_at(ek_slot_spec(c->slot), "lifecycle.preStop");
	int64_t grace = grace_s(c, a->why);

	if (c->stopping || c->ended)
		return;
	c->stopping = true;
	c->holding = a->hold;
	c->slot->must_restart |= a->restart;
	c->stop_began_ms = ek_clock_mono_ms();
	c->grace_ms = grace * 1000;
	ek_probes_leave_ready(c->slot);
	ek_handler_cancel(ek_steal(c->hook)); /* a postStart that is still at it */
	c->hook_running = false;
	if (a->message[0])
		ek_pod_event(c->pod, c->slot->name, "Normal", "Killing", "%s", a->message);
	else
		ek_pod_event(c->pod, c->slot->name, "Normal", "Killing", "Stopping container %s", c->slot->name);
	if (!hook || grace <= 0) {
		next(c);
		return;
	}
	c->hook_running = true;
	wake_in(c, c->grace_ms);
	c->hook = ek_handler_start(c, hook, "kube-lifecycle/1.32", 0, on_prestop, c);
}

void ek_ctr_turn(struct ek_ctr *c)
{
	if (!c->holding)
		return;
	c->holding = false;
	if (!c->hook_running && !c->signalled)
		terminate(c);
}

void ek_ctr_hurry(struct ek_ctr *c)
{
	int64_t grace_ms = grace_s(c, EK_KILL_POD) * 1000;

	if (!c->stopping || c->ended || c->killed || grace_ms >= c->grace_ms)
		return;
	c->grace_ms = grace_ms;
	wake_in(c, EK_MAX(left_ms(c), c->signalled ? (int64_t)0 : left_ms(c)));
}

void ek_ctr_stop_done(struct ek_ctr *c)
{
	ek_timer_stop(&c->stop_timer);
	ek_handler_cancel(ek_steal(c->hook));
	c->hook_running = c->holding = false;
}
