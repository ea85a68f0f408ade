/* SPDX-License-Identifier: Apache-2.0 */
#include "pod_phase.h"

#include <ekube/clock.h>
#include <ekube/meta.h>
#include <ekube/str.h>

#include "pod_status.h"
#include "spec/podspec.h"

static const struct ek_json *status_of(const struct ek_json *status, const struct ek_ctr_view *c)
{
	const char *list = ek_ctr_is_init(c) ? "initContainerStatuses" : "containerStatuses";

	return ek_json_find(ek_json_get(status, list), "name", c->name, NULL);
}

static bool was_terminated(const struct ek_json *s)
{
	return ek_json_at(s, "lastState.terminated") != NULL;
}

static bool is_started(const struct ek_json *s)
{
	return ek_json_at(s, "state.running") && ek_json_bool_at(s, "started", false);
}

/* ---- phase ---- */

struct tally {
	int pending_init, pending_sidecars, failed_init;
	int running, waiting, stopped, succeeded;
	bool any_main;
};

static void count_init(const struct ek_json *s, struct tally *t)
{
	if (ek_json_at(s, "state.terminated"))
		t->failed_init += ek_json_int_at(s, "state.terminated.exitCode", 0) != 0;
	else if (ek_json_at(s, "state.waiting") && was_terminated(s))
		t->failed_init += ek_json_int_at(s, "lastState.terminated.exitCode", 0) != 0;
	else
		t->pending_init++;
}

static void count_sidecar(const struct ek_json *s, struct tally *t)
{
	if (ek_json_at(s, "state.running")) {
		t->pending_sidecars += !ek_json_bool_at(s, "started", false);
		t->running++;
	} else if (ek_json_at(s, "state.waiting") && !was_terminated(s)) {
		t->pending_sidecars++;
		t->waiting++;
	}
}

static void count_main(const struct ek_json *s, struct tally *t)
{
	t->any_main |= was_terminated(s) || !ek_json_at(s, "state.waiting");
	if (ek_json_at(s, "state.running")) {
		t->running++;
	} else if (ek_json_at(s, "state.terminated")) {
		t->stopped++;
		t->succeeded += ek_json_int_at(s, "state.terminated.exitCode", -1) == 0;
	} else if (was_terminated(s)) {
		t->stopped++;
	} else {
		t->waiting++;
	}
}

const char *ek_pod_phase(const struct ek_pod_view *p, const struct ek_json *status)
{
	struct tally t = { 0 };

	for (size_t i = 0; i < p->n_ctrs; i++) {
		const struct ek_ctr_view *c = &p->ctrs[i];

		if (c->role == EK_CTR_INIT)
			count_init(status_of(status, c), &t);
		else if (c->role == EK_CTR_SIDECAR)
			count_sidecar(status_of(status, c), &t);
		else if (c->role == EK_CTR_MAIN)
			count_main(status_of(status, c), &t);
	}
	if (t.failed_init > 0 && ek_streq(p->policy, "Never"))
		return "Failed";
	if (t.pending_init > 0 || (t.pending_sidecars > 0 && !t.any_main) || t.waiting > 0)
		return "Pending";
	if (t.running > 0)
		return "Running";
	if (t.stopped == 0)
		return "Pending";
	if (p->ending)
		return t.stopped == t.succeeded ? "Succeeded" : "Failed";
	if (ek_streq(p->policy, "Always"))
		return "Running"; /* on its way up again */
	if (t.stopped == t.succeeded)
		return "Succeeded";
	return ek_streq(p->policy, "Never") ? "Failed" : "Running";
}

bool ek_pod_was_initialized(const struct ek_pod_view *p, const struct ek_json *status)
{
	const struct ek_ctr_view *last = NULL;
	const struct ek_json *s;

	for (size_t i = 0; i < p->n_ctrs; i++) {
		const struct ek_ctr_view *c = &p->ctrs[i];

		s = status_of(status, c);
		if (c->role == EK_CTR_MAIN && (was_terminated(s) || !ek_json_at(s, "state.waiting")))
			return true;
		if (ek_ctr_is_init(c))
			last = c;
	}
	if (!last)
		return true;
	s = status_of(status, last);
	if (last->role == EK_CTR_SIDECAR)
		return is_started(s);
	return ek_json_int_at(s, "lastState.terminated.exitCode", -1) == 0 ||
	       ek_json_int_at(s, "state.terminated.exitCode", -1) == 0;
}

/* ---- conditions ---- */

struct condition {
	const char *type;
	bool        is_true;
	const char *reason;
	struct ek_buf message;
};

#define CONDITION(type_) { .type = (type_), .message = EK_BUF_INIT(32 << 10) }

static void put(const struct ek_pod_view *p, struct ek_json *list, struct condition *c)
{
	const struct ek_json *old =
		ek_json_find(ek_json_get(p->old_status, "conditions"), "type", c->type, NULL);
	struct ek_json *o = ek_json_make("{'type':%s,'status':%s,'lastProbeTime':null}", c->type,
					 c->is_true ? "True" : "False");
	char now[32];

	ek_time_format(p->now_us, now);
	if (old && ek_streq(ek_json_str_at(old, "status"), ek_json_str_at(o, "status")) &&
	    ek_json_str_at(old, "lastTransitionTime"))
		ek_json_set(o, "lastTransitionTime", ek_json_ref(ek_json_get(old, "lastTransitionTime")));
	else
		ek_json_set_str(o, "lastTransitionTime", now);
	ek_json_set_str(o, "reason", c->reason);
	if (c->message.len > 0)
		ek_json_set_str(o, "message", c->message.data);
	ek_json_append(list, o);
	ek_buf_done(&c->message);
}

/* "containers with unready status: [a b]" of those for which `pick` says so */
static void name_containers(const struct ek_pod_view *p, const struct ek_json *status,
			    struct ek_buf *out, const char *what,
			    bool (*pick)(const struct ek_ctr_view *c, const struct ek_json *s))
{
	struct ek_buf names = EK_BUF_INIT(30 << 10);

	for (size_t i = 0; i < p->n_ctrs; i++)
		if (pick(&p->ctrs[i], status_of(status, &p->ctrs[i])))
			(void)ek_buf_fmt(&names, "%s%s", names.len ? " " : "", p->ctrs[i].name);
	if (names.len > 0)
		(void)ek_buf_fmt(out, "containers with %s status: [%s]", what, names.data);
	ek_buf_done(&names);
}

static bool is_incomplete(const struct ek_ctr_view *c, const struct ek_json *s)
{
	if (c->role == EK_CTR_SIDECAR)
		return !ek_json_bool_at(s, "started", false);
	return c->role == EK_CTR_INIT && !ek_json_bool_at(s, "ready", false);
}

static bool is_unready(const struct ek_ctr_view *c, const struct ek_json *s)
{
	return (c->role == EK_CTR_MAIN || c->role == EK_CTR_SIDECAR) && !ek_json_bool_at(s, "ready", false);
}

static bool any_main_started(const struct ek_pod_view *p, const struct ek_json *status)
{
	for (size_t i = 0; i < p->n_ctrs; i++) {
		const struct ek_json *s = status_of(status, &p->ctrs[i]);

		if (p->ctrs[i].role == EK_CTR_MAIN &&
		    (is_started(s) || ek_json_at(s, "state.running") || ek_json_at(s, "state.terminated") ||
		     was_terminated(s)))
			return true;
	}
	return false;
}

static void initialized(const struct ek_pod_view *p, const struct ek_json *status,
			struct condition *c)
{
	c->is_true = true;
	if (ek_streq(ek_json_str_at(status, "phase"), "Succeeded")) {
		c->reason = "PodCompleted";
		return;
	}
	if (any_main_started(p, status))
		return;
	name_containers(p, status, &c->message, "incomplete", is_incomplete);
	if (c->message.len > 0) {
		c->is_true = false;
		c->reason = "ContainersNotInitialized";
	}
}

static void containers_ready(const struct ek_pod_view *p, const struct ek_json *status,
			     struct condition *c)
{
	const char *phase = ek_json_str_at(status, "phase");

	if (ek_streq(phase, "Succeeded")) {
		c->reason = "PodCompleted";
		return;
	}
	if (ek_streq(phase, "Failed")) {
		c->reason = "PodFailed";
		return;
	}
	name_containers(p, status, &c->message, "unready", is_unready);
	c->is_true = c->message.len == 0;
	c->reason = c->is_true ? NULL : "ContainersNotReady";
}

static void ready(const struct ek_pod_view *p, const struct ek_json *status, struct condition *c)
{
	const struct ek_json *gates = ek_json_at(p->pod, "spec.readinessGates");

	containers_ready(p, status, c);
	if (!c->is_true)
		return;
	for (size_t i = 0; i < ek_json_len(gates); i++) {
		const char *type = ek_json_str_at(ek_json_elem(gates, i), "conditionType");
		const struct ek_json *gate = ek_meta_condition(p->pod, type ? type : "");
		const char *is = ek_json_str_at(gate, "status");

		if (ek_streq(is, "True"))
			continue;
		(void)ek_buf_str(&c->message, c->message.len ? ", " : "");
		if (!gate)
			(void)ek_buf_fmt(&c->message, "corresponding condition of pod readiness gate \"%s\" does not exist.",
					 type ? type : "");
		else
			(void)ek_buf_fmt(&c->message, "the status of pod readiness gate \"%s\" is not \"True\", but %s",
					 type, is ? is : "");
		c->is_true = false;
		c->reason = "ReadinessGatesNotReady";
	}
}

void ek_pod_conditions_put(const struct ek_pod_view *p, struct ek_json *status)
{
	struct condition sandbox = CONDITION("PodReadyToStartContainers"), init = CONDITION("Initialized"),
			 pod_ready = CONDITION("Ready"), all_ready = CONDITION("ContainersReady"),
			 scheduled = CONDITION("PodScheduled");
	const struct ek_json *others = ek_json_at(p->pod, "status.conditions");
	struct ek_json *list = ek_json_array();

	sandbox.is_true = p->sandbox == EK_SANDBOX_READY;
	initialized(p, status, &init);
	ready(p, status, &pod_ready);
	containers_ready(p, status, &all_ready);
	scheduled.is_true = true;
	put(p, list, &sandbox);
	put(p, list, &init);
	put(p, list, &pod_ready);
	put(p, list, &all_ready);
	put(p, list, &scheduled);
	for (size_t i = 0; i < ek_json_len(others); i++)
		if (!ek_pod_status_owns(ek_json_str_at(ek_json_elem(others, i), "type")))
			ek_json_append(list, ek_json_ref(ek_json_elem(others, i)));
	ek_json_set(status, "conditions", list);
}
