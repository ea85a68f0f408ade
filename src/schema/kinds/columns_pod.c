/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What "kubectl get pods" prints: the story of a pod in one word, told from its phase, its
 * conditions and the states of its containers. Same words as k8s.io/kubernetes/pkg/printers.
 */

#include "tables.h"

#include <ekube/clock.h>

enum { MAX_REASON = 256 }; /* a reason is one CamelCase word */

struct summary {
	char    status[MAX_REASON];
	int64_t ready, total;
	int64_t restarts, restarted_us; /* when the last of them happened; 0: unknown */
};

static bool is_sidecar(const struct ek_json *init_container)
{
	return ek_streq(ek_json_str_at(init_container, "restartPolicy"), "Always");
}

static void set_status(struct summary *s, const char *prefix, const char *reason)
{
	ek_str_into(s->status, sizeof(s->status), "%s%s", prefix, reason ? reason : "");
}

static void add_restarts(struct summary *s, const struct ek_json *container)
{
	const char *finished = ek_json_str_at(container, "lastState.terminated.finishedAt");
	int64_t us;

	s->restarts += ek_json_int_at(container, "restartCount", 0);
	if (finished && ek_time_parse(finished, &us) == 0)
		s->restarted_us = EK_MAX(s->restarted_us, us);
}

/* "Error", or "ExitCode:1" when nobody gave a reason. */
static void set_terminated(struct summary *s, const char *prefix, const struct ek_json *terminated)
{
	const char *reason = ek_json_str_at(terminated, "reason");
	int64_t signo = ek_json_int_at(terminated, "signal", 0);
	int64_t code = ek_json_int_at(terminated, "exitCode", 0);

	if (!ek_str_empty(reason))
		set_status(s, prefix, reason);
	else if (signo)
		ek_str_into(s->status, sizeof(s->status), "%sSignal:%" PRId64, prefix, signo);
	else
		ek_str_into(s->status, sizeof(s->status), "%sExitCode:%" PRId64, prefix, code);
}

/* Is this init container what the pod waits for? Then the status says so. */
static bool holds_up(struct summary *s, const struct ek_json *pod, const struct ek_json *container, size_t i,
		     bool sidecar)
{
	const struct ek_json *terminated = ek_json_at(container, "state.terminated");
	const char *waiting = ek_json_str_at(container, "state.waiting.reason");

	if (!ek_json_is_null(terminated) && ek_json_int_at(terminated, "exitCode", 0) == 0)
		return false;
	if (sidecar && ek_json_bool_at(container, "started", false)) {
		s->ready += ek_json_bool_at(container, "ready", false);
		return false;
	}
	if (!ek_json_is_null(terminated))
		set_terminated(s, "Init:", terminated);
	else if (!ek_str_empty(waiting) && strcmp(waiting, "PodInitializing") != 0)
		set_status(s, "Init:", waiting);
	else
		ek_str_into(s->status, sizeof(s->status), "Init:%zu/%zu", i,
			    ek_json_len(ek_json_at(pod, "spec.initContainers")));
	return true;
}

/* True while init containers are at work; *sidecars then has the restarts that stay counted after. */
static bool look_at_init_containers(struct summary *s, struct summary *sidecars, const struct ek_json *pod)
{
	const struct ek_json *specs = ek_json_at(pod, "spec.initContainers");
	const struct ek_json *all = ek_json_at(pod, "status.initContainerStatuses");

	for (struct ek_json_iter it = ek_json_iter(specs); ek_json_next(&it);)
		s->total += is_sidecar(it.value);
	for (struct ek_json_iter it = ek_json_iter(all); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		bool sidecar = name && is_sidecar(ek_json_find(specs, "name", name, NULL));

		add_restarts(s, it.value);
		if (sidecar)
			add_restarts(sidecars, it.value);
		if (holds_up(s, pod, it.value, it.i, sidecar))
			return true;
	}
	return false;
}

static void look_at_containers(struct summary *s, const struct ek_json *pod)
{
	const struct ek_json *all = ek_json_at(pod, "status.containerStatuses");
	bool any_runs = false;

	/* backwards: the first container that has something to say has the last word */
	for (size_t i = ek_json_len(all); i-- > 0;) {
		const struct ek_json *c = ek_json_elem(all, i);
		const struct ek_json *terminated = ek_json_at(c, "state.terminated");
		const char *waiting = ek_json_str_at(c, "state.waiting.reason");

		add_restarts(s, c);
		if (!ek_str_empty(waiting)) {
			set_status(s, "", waiting);
		} else if (!ek_json_is_null(terminated)) {
			set_terminated(s, "", terminated);
		} else if (ek_json_bool_at(c, "ready", false) && ek_json_at(c, "state.running")) {
			any_runs = true;
			s->ready++;
		}
	}
	if (any_runs && strcmp(s->status, "Completed") == 0)
		set_status(s, "", ek_meta_condition_is(pod, "Ready", "True") ? "Running" : "NotReady");
}

static void start_status(struct summary *s, const struct ek_json *pod)
{
	const char *reason = ek_json_str_at(pod, "status.reason");
	const struct ek_json *scheduled = ek_meta_condition(pod, "PodScheduled");

	set_status(s, "", ek_str_empty(reason) ? ek_json_str_at(pod, "status.phase") : reason);
	if (ek_streq(ek_json_str_at(scheduled, "reason"), "SchedulingGated"))
		set_status(s, "", "SchedulingGated");
}

static void summarize(struct summary *s, const struct ek_json *pod)
{
	const char *phase = ek_json_str_at(pod, "status.phase");
	struct summary sidecars = { .total = 0 };
	bool initializing;

	*s = (struct summary){ .total = (int64_t)ek_json_len(ek_json_at(pod, "spec.containers")) };
	start_status(s, pod);
	initializing = look_at_init_containers(s, &sidecars, pod);
	if (!initializing || ek_meta_condition_is(pod, "Initialized", "True")) {
		s->restarts = sidecars.restarts;
		s->restarted_us = sidecars.restarted_us;
		look_at_containers(s, pod);
	}
	if (!ek_meta_deleting(pod))
		return;
	if (ek_streq(ek_json_str_at(pod, "status.reason"), "NodeLost"))
		set_status(s, "", "Unknown");
	else if (!ek_streq(phase, "Failed") && !ek_streq(phase, "Succeeded"))
		set_status(s, "", "Terminating");
}

EK_CELL(cell_ready)
{
	struct summary s;

	summarize(&s, obj);
	return ek_json_new_fmt("%" PRId64 "/%" PRId64, s.ready, s.total);
}

EK_CELL(cell_status)
{
	struct summary s;

	summarize(&s, obj);
	return ek_json_new_str(s.status);
}

/* "3 (5m ago)" */
EK_CELL(cell_restarts)
{
	struct summary s;
	char ago[24];

	summarize(&s, obj);
	if (!s.restarts || !s.restarted_us)
		return ek_json_new_fmt("%" PRId64, s.restarts);
	ek_human_duration(now_us - s.restarted_us, ago);
	return ek_json_new_fmt("%" PRId64 " (%s ago)", s.restarts, ago);
}

EK_CELL(cell_ip)
{
	return ek_cell_str(ek_json_str_at(obj, "status.podIPs.0.ip"), "<none>");
}

EK_CELL(cell_node)
{
	return ek_cell_str(ek_json_str_at(obj, "spec.nodeName"), "<none>");
}

EK_CELL(cell_nominated)
{
	return ek_cell_str(ek_json_str_at(obj, "status.nominatedNodeName"), "<none>");
}

EK_CELL(cell_gates)
{
	const struct ek_json *gates = ek_json_at(obj, "spec.readinessGates");
	size_t open = 0;

	if (ek_json_len(gates) == 0)
		return ek_json_new_str("<none>");
	for (struct ek_json_iter it = ek_json_iter(gates); ek_json_next(&it);) {
		const char *type = ek_json_str_at(it.value, "conditionType");

		open += ek_meta_condition_is(obj, type ? type : "", "True");
	}
	return ek_json_new_fmt("%zu/%zu", open, ek_json_len(gates));
}

const struct ek_column ek_columns_pod[] = {
	EK_COLUMN_NAME,
	{ .name = "Ready", .type = "string", .doc = "How many containers are ready, of how many.", .cell = cell_ready },
	{ .name = "Status", .type = "string", .doc = "What the pod is doing or waits for.", .cell = cell_status },
	{ .name = "Restarts", .type = "string", .doc = "How often containers restarted, and when last.",
	  .cell = cell_restarts },
	EK_COLUMN_AGE,
	{ .name = "IP", .type = "string", .priority = 1, .doc = "Address of the pod.", .cell = cell_ip },
	{ .name = "Node", .type = "string", .priority = 1, .doc = "Where it runs.", .cell = cell_node },
	{ .name = "Nominated Node", .type = "string", .priority = 1,
	  .doc = "Where room is being made for it.", .cell = cell_nominated },
	{ .name = "Readiness Gates", .type = "string", .priority = 1,
	  .doc = "How many of its further conditions for readiness are true.", .cell = cell_gates },
	{ 0 },
};
