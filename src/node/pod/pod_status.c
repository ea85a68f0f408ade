/* SPDX-License-Identifier: Apache-2.0 */
#include "pod_status.h"

#include <stdlib.h>
#include <string.h>

#include <ekube/clock.h>
#include <ekube/meta.h>
#include <ekube/str.h>
#include <ekube/vec.h>

#include "pod_phase.h"
#include "spec/podspec.h"

#define UNKNOWN_REASON "ContainerStatusUnknown"

static struct ek_json *new_time(int64_t us)
{
	char text[32];

	ek_time_format(us, text);
	return ek_json_new_str(text);
}

/* ---- one container ---- */

static struct ek_json *container_id(const struct ek_pod_view *p, const struct ek_ctr_run *run)
{
	return ek_json_new_fmt("%s://%s", p->runtime, run->id);
}

static struct ek_json *terminated(const struct ek_pod_view *p, const struct ek_ctr_run *run)
{
	struct ek_json *t = ek_json_object();

	ek_json_set_int(t, "exitCode", run->code);
	ek_json_set_str(t, "reason", run->reason);
	if (!ek_str_empty(run->message))
		ek_json_set_str(t, "message", run->message);
	ek_json_set(t, "startedAt", new_time(run->started_us));
	ek_json_set(t, "finishedAt", new_time(run->finished_us));
	ek_json_set(t, "containerID", container_id(p, run));
	return t;
}

static struct ek_json *lost(const char *message)
{
	return ek_json_make("{'exitCode':137,'reason':'" UNKNOWN_REASON "','message':%s,'startedAt':null,"
			    "'finishedAt':null}", message);
}

static struct ek_json *wrap(const char *key, struct ek_json *take_value)
{
	struct ek_json *o = ek_json_object();

	ek_json_set(o, key, take_value);
	return o;
}

static struct ek_json *waiting(const char *reason, const char *message)
{
	struct ek_json *w = ek_json_object();

	ek_json_set_str(w, "reason", reason);
	if (!ek_str_empty(message))
		ek_json_set_str(w, "message", message);
	return wrap("waiting", w);
}

static bool has_init(const struct ek_pod_view *p)
{
	return ek_json_len(ek_json_at(p->pod, "spec.initContainers")) > 0;
}

static const char *default_reason(const struct ek_pod_view *p)
{
	return has_init(p) ? "PodInitializing" : "ContainerCreating";
}

static struct ek_json *old_of(const struct ek_pod_view *p, const struct ek_ctr_view *c)
{
	const char *list = c->role == EK_CTR_MAIN      ? "containerStatuses" :
			   c->role == EK_CTR_EPHEMERAL ? "ephemeralContainerStatuses" :
							 "initContainerStatuses";

	return ek_json_find(ek_json_get(p->old_status, list), "name", c->name, NULL);
}

/* Nothing is known of it here: what the API remembers, if it ever ran. */
static void put_unknown(const struct ek_pod_view *p, const struct ek_ctr_view *c, struct ek_json *s)
{
	const struct ek_json *old = old_of(p, c);
	struct ek_json *last = ek_json_get(old, "lastState");
	struct ek_json *ended = ek_json_at(old, "state.terminated");
	int64_t restarts = EK_MAX(ek_json_int_at(old, "restartCount", 0), (int64_t)c->restarts);

	if (ended && c->state != EK_CTR_STARTING) {
		ek_json_set(s, "state", wrap("terminated", ek_json_ref(ended)));
		ek_json_set(s, "imageID", ek_json_ref(ek_json_get(old, "imageID")));
		ek_json_set(s, "containerID", ek_json_ref(ek_json_get(old, "containerID")));
	} else {
		ek_json_set(s, "state", waiting(default_reason(p), NULL));
	}
	if (ended && c->state == EK_CTR_STARTING) {
		ek_json_set(s, "lastState", wrap("terminated", ek_json_ref(ended)));
	} else if (ek_json_at(old, "state.running")) {
		ek_json_set(s, "lastState", wrap("terminated", lost(
			"The container could not be located when the pod was deleted.  "
			"The container used to be Running")));
		restarts += !ek_meta_deleting(p->pod);
	} else if (last) {
		ek_json_set(s, "lastState", ek_json_ref(last));
	}
	ek_json_set_int(s, "restartCount", restarts);
}

static void put_known(const struct ek_pod_view *p, const struct ek_ctr_view *c, struct ek_json *s)
{
	const struct ek_ctr_run *run = c->run;

	ek_json_set_int(s, "restartCount", run->restarts);
	ek_json_set_str(s, "image", run->image);
	ek_json_set_str(s, "imageID", run->image_id);
	ek_json_set(s, "containerID", container_id(p, run));
	if (run->ended)
		ek_json_set(s, "state", wrap("terminated", terminated(p, run)));
	else if (c->hook_running)
		ek_json_set(s, "state", waiting(default_reason(p), NULL));
	else
		ek_json_set(s, "state", wrap("running", wrap("startedAt", new_time(run->started_us))));
	if (c->before)
		ek_json_set(s, "lastState", wrap("terminated", terminated(p, c->before)));
}

/* The last start failed, or has to wait: that is more telling than how the last run ended. */
static void put_waiting(const struct ek_pod_view *p, const struct ek_ctr_view *c, struct ek_json *s)
{
	struct ek_json *ended = ek_json_at(s, "state.terminated");

	if (!c->wait_reason || !ek_ctr_wants_start(p, c) || p->ending)
		return;
	if (ended)
		ek_json_set(s, "lastState", wrap("terminated", ek_json_ref(ended)));
	ek_json_set(s, "state", waiting(c->wait_reason, c->wait_message));
}

static void put_mounts(const struct ek_ctr_view *c, struct ek_json *s)
{
	const struct ek_json *mounts = ek_json_get(c->spec, "volumeMounts");
	struct ek_json *list = ek_json_len(mounts) ? ek_json_array() : NULL;

	for (size_t i = 0; i < ek_json_len(mounts); i++) {
		const struct ek_json *m = ek_json_elem(mounts, i);
		bool ro = ek_json_bool_at(m, "readOnly", false);
		bool recursive = ek_streq(ek_json_str_at(m, "recursiveReadOnly"), "Enabled");
		struct ek_json *o = ek_json_make("{'name':%s,'mountPath':%s}", ek_json_str_at(m, "name"),
						 ek_json_str_at(m, "mountPath"));

		if (ro) {
			ek_json_set_bool(o, "readOnly", true);
			ek_json_set_str(o, "recursiveReadOnly", recursive ? "Enabled" : "Disabled");
		}
		ek_json_append(list, o);
	}
	if (list)
		ek_json_set(s, "volumeMounts", list);
}

/*
 * It was stopped in order to start again, and will at once: then it is seen to run all the time.
 * The API would not take back the end of one that succeeded, and nobody should hear of an end that
 * is none.
 */
static struct ek_json *between_runs(const struct ek_pod_view *p, const struct ek_ctr_view *c)
{
	struct ek_json *old = old_of(p, c);

	if (!c->must_restart || p->ending || c->wait_reason || !c->run || !c->run->ended)
		return NULL;
	return ek_json_at(old, "state.running") ? ek_json_ref(old) : NULL;
}

static struct ek_json *container_status(const struct ek_pod_view *p, const struct ek_ctr_view *c)
{
	struct ek_json *s = between_runs(p, c);
	bool running, started;

	if (s)
		return s;
	s = ek_json_make("{'name':%s,'state':{},'lastState':{},'ready':false,'restartCount':0,'image':%s,'imageID':''}",
			 c->name, ek_json_str_at(c->spec, "image"));
	if (c->run)
		put_known(p, c, s);
	else
		put_unknown(p, c, s);
	put_waiting(p, c, s);
	running = ek_json_at(s, "state.running") != NULL;
	started = running && c->started;
	if (c->role == EK_CTR_INIT)
		ek_json_set_bool(s, "ready", ek_json_int_at(s, "state.terminated.exitCode", -1) == 0);
	else if (c->role != EK_CTR_EPHEMERAL)
		ek_json_set_bool(s, "ready", started && c->ready);
	if (c->role != EK_CTR_EPHEMERAL)
		ek_json_set_bool(s, "started", started);
	put_mounts(c, s);
	return s;
}

/* ---- all containers ---- */

/* The pod is over: what never came to an end here counts as failed. */
static void close_statuses(const struct ek_json *list, bool all)
{
	bool reached = all;

	for (size_t i = ek_json_len(list); i-- > 0;) {
		struct ek_json *s = ek_json_elem(list, i);

		reached |= !ek_json_at(s, "state.waiting") || ek_json_at(s, "lastState.terminated") || i == 0;
		if (reached && !ek_json_at(s, "state.terminated"))
			ek_json_set(s, "state", wrap("terminated", lost(
				"The container could not be located when the pod was terminated")));
	}
}

static int by_name(const void *a, const void *b)
{
	const struct ek_ctr_view *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Init containers in the order of the spec, the others by name: as everybody expects them. */
static struct ek_json *statuses(const struct ek_pod_view *p, bool init, enum ek_ctr_role role)
{
	struct ek_json *list = ek_json_array();
	EK_VEC(const struct ek_ctr_view *) ctrs = { 0 };

	for (size_t i = 0; i < p->n_ctrs; i++)
		if (init ? ek_ctr_is_init(&p->ctrs[i]) : p->ctrs[i].role == role)
			ek_vec_push(&ctrs, &p->ctrs[i]);
	if (!init && ctrs.n > 1)
		qsort(ctrs.items, ctrs.n, sizeof(*ctrs.items), by_name);
	for (size_t i = 0; i < ctrs.n; i++)
		ek_json_append(list, container_status(p, ctrs.items[i]));
	ek_vec_done(&ctrs);
	return list;
}

static void put_containers(const struct ek_pod_view *p, struct ek_json *status)
{
	static const struct {
		const char      *key;
		bool             init;
		enum ek_ctr_role role;
	} lists[] = {
		{ "initContainerStatuses", true, EK_CTR_INIT },
		{ "containerStatuses", false, EK_CTR_MAIN },
		{ "ephemeralContainerStatuses", false, EK_CTR_EPHEMERAL },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(lists); i++) {
		struct ek_json *list = statuses(p, lists[i].init, lists[i].role);

		if (ek_json_len(list) > 0)
			ek_json_set(status, lists[i].key, list);
		else
			ek_json_unref(list);
	}
}

/* ---- the pod ---- */

static void put_phase(const struct ek_pod_view *p, struct ek_json *status)
{
	const char *old = ek_json_str_at(p->old_status, "phase");
	const char *phase = ek_pod_phase(p, status);
	bool was_over = ek_podspec_is_finished(p->pod);

	if (was_over)
		old = ek_json_str_at(p->pod, "status.phase");
	if (p->ended) {
		struct ek_json *init = ek_json_get(status, "initContainerStatuses");

		if (!init || ek_pod_was_initialized(p, status))
			close_statuses(ek_json_get(status, "containerStatuses"), true);
		close_statuses(init, false);
	}
	if (p->fail_reason)
		phase = "Failed";
	else if (p->ended && !ek_streq(phase, "Succeeded"))
		phase = "Failed";
	/*
	 * a finished pod stays as it finished; one that is not yet at rest is not called finished
	 */
	if (was_over || ek_streq(old, "Succeeded") || ek_streq(old, "Failed"))
		phase = old;
	else if (!p->ended && (ek_streq(phase, "Succeeded") || ek_streq(phase, "Failed")))
		phase = old ? old : "Pending";
	ek_json_set_str(status, "phase", phase);
	if (p->fail_reason && ek_streq(phase, "Failed")) {
		ek_json_set_str(status, "reason", p->fail_reason);
		ek_json_set_str(status, "message", p->fail_message);
	} else if (ek_streq(phase, old)) {
		ek_json_set_str(status, "reason", ek_json_str_at(p->old_status, "reason"));
		ek_json_set_str(status, "message", ek_json_str_at(p->old_status, "message"));
	}
}

static void put_addresses(const struct ek_pod_view *p, struct ek_json *status)
{
	const char *ip = p->ip;

	if (p->host_ip) {
		ek_json_set_str(status, "hostIP", p->host_ip);
		ek_json_set(status, "hostIPs", ek_json_make("[{'ip':%s}]", p->host_ip));
	}
	if (ek_podspec_host_network(p->pod))
		ip = p->host_ip;
	else if (!ip) /* it is gone; what was known of it stays */
		ip = ek_json_str_at(p->old_status, "podIP");
	if (ip) {
		ek_json_set_str(status, "podIP", ip);
		ek_json_set(status, "podIPs", ek_json_make("[{'ip':%s}]", ip));
	}
}

static struct ek_json *rejected(const struct ek_pod_view *p, struct ek_json *status)
{
	ek_json_set_str(status, "phase", "Failed");
	ek_json_set_str(status, "reason", p->fail_reason);
	ek_json_set_str(status, "message", p->fail_message);
	return status;
}

struct ek_json *ek_pod_status_make(const struct ek_pod_view *p)
{
	struct ek_json *status = ek_json_object();
	struct ek_json *start = ek_json_get(p->old_status, "startTime");

	ek_json_set(status, "startTime", ek_json_str(start) ? ek_json_ref(start) : new_time(p->start_us));
	ek_json_set_str(status, "qosClass", ek_podspec_qos(p->pod));
	if (p->rejected)
		return rejected(p, status);
	put_containers(p, status);
	put_phase(p, status);
	ek_pod_conditions_put(p, status);
	put_addresses(p, status);
	return status;
}

/* ---- the patch ---- */

static const char *const owned[] = { "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady",
				     "PodScheduled" };

bool ek_pod_status_owns(const char *condition)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(owned); i++)
		if (ek_streq(owned[i], condition))
			return true;
	return false;
}

static bool same_condition(const struct ek_json *a, const struct ek_json *b)
{
	static const char *const keys[] = { "status", "reason", "message", "lastTransitionTime" };

	for (size_t i = 0; i < EK_ARRAY_LEN(keys); i++)
		if (!ek_json_same(ek_json_get(a, keys[i]), ek_json_get(b, keys[i])))
			return false;
	return true;
}

static struct ek_json *patch_conditions(const struct ek_json *have, const struct ek_json *want)
{
	struct ek_json *list = NULL;

	for (size_t i = 0; i < ek_json_len(want); i++) {
		struct ek_json *c = ek_json_elem(want, i), *full;
		const char *type = ek_json_str_at(c, "type");

		if (!ek_pod_status_owns(type) || same_condition(ek_json_find(have, "type", type, NULL), c))
			continue;
		if (!list)
			list = ek_json_array();
		/* members merge too: what is not said would stay */
		full = ek_json_copy(c);
		if (!ek_json_get(full, "reason"))
			ek_json_set(full, "reason", ek_json_null());
		if (!ek_json_get(full, "message"))
			ek_json_set(full, "message", ek_json_null());
		ek_json_append(list, full);
	}
	return list;
}

/* A list that would merge by key is replaced as a whole. */
static struct ek_json *replaced(const struct ek_json *list)
{
	struct ek_json *r = ek_json_array();

	ek_json_append(r, ek_json_make("{'$patch':'replace'}"));
	for (size_t i = 0; i < ek_json_len(list); i++)
		ek_json_append(r, ek_json_ref(ek_json_elem(list, i)));
	return r;
}

struct ek_json *ek_pod_status_patch(const struct ek_json *pod, const struct ek_json *have,
				    const struct ek_json *want)
{
	static const char *const keys[] = {
		"phase", "reason", "message", "hostIP", "hostIPs", "podIP", "podIPs", "startTime", "qosClass",
		"initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses",
	};
	struct ek_json *status = ek_json_object(), *conditions;

	for (size_t i = 0; i < EK_ARRAY_LEN(keys); i++) {
		struct ek_json *new = ek_json_get(want, keys[i]);

		if (ek_json_same(ek_json_get(have, keys[i]), new))
			continue;
		if (!new)
			ek_json_set(status, keys[i], ek_json_null());
		else if (ek_str_ends(keys[i], "IPs"))
			ek_json_set(status, keys[i], replaced(new));
		else
			ek_json_set(status, keys[i], ek_json_ref(new));
	}
	conditions = patch_conditions(ek_json_get(have, "conditions"), ek_json_get(want, "conditions"));
	if (conditions)
		ek_json_set(status, "conditions", conditions);
	if (ek_json_len(status) == 0) {
		ek_json_unref(status);
		return NULL;
	}
	conditions = ek_json_make("{'metadata':{'uid':%s},'status':%v}", ek_meta_uid(pod), status);
	ek_json_unref(status);
	return conditions;
}
