/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_test.h"

#include <stdio.h>

#include <ekube/meta.h>
#include <ekube/schema.h>
#include <ekube/str.h>

#include "pod/pod_status.h"
#include "spec/podspec.h"

/*
 * A pod in one line: containers as name, role and state.
 *	i s m e      init, sidecar, main, ephemeral
 *	-            nothing yet;    S starting
 *	R r          running: started and ready; not ready; u: startup probe still open
 *	X<code>      ended
 *	,<code>      and the run before it ended so
 *	!Reason      waits for this reason
 */
struct pod {
	struct ek_json *object;
	struct ek_ctr_view ctrs[8];
	struct ek_ctr_run runs[8], before[8];
	char reasons[8][40];
	struct ek_pod_view view;
};

static void read_run(struct ek_ctr_run *run, int code, int restarts)
{
	*run = (struct ek_ctr_run){ .id = "abc",
				    .image_id = "sha256:1",
				    .image = "docker.io/library/x:1",
				    .restarts = restarts,
				    .started_us = 1000000,
				    .ended = true,
				    .code = code,
				    .finished_us = 2000000,
				    .reason = code ? "Error" : "Completed" };
}

static void read_ctr(struct pod *p, size_t i, char *s)
{
	struct ek_ctr_view *c = &p->ctrs[i];
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
	static const char *const lists[] = { "initContainers", "initContainers", "containers", "ephemeralContainers" };
	struct ek_json *list;
	char *more;

	c->name = names[i];
	c->role = s[0] == 'i' ? EK_CTR_INIT :
		  s[0] == 's' ? EK_CTR_SIDECAR :
		  s[0] == 'm' ? EK_CTR_MAIN :
				EK_CTR_EPHEMERAL;
	list = ek_json_get(ek_json_get(p->object, "spec"), lists[c->role]);
	ek_json_append(list, ek_json_make("{'name':%s,'image':'x','restartPolicy':%s}", c->name,
					  c->role == EK_CTR_SIDECAR ? "Always" : NULL));
	c->spec = ek_json_elem(list, ek_json_len(list) - 1);
	c->state = s[1] == '-' ? EK_CTR_NONE :
		   s[1] == 'S' ? EK_CTR_STARTING :
		   s[1] == 'X' ? EK_CTR_EXITED :
				 EK_CTR_RUNNING;
	c->started = s[1] == 'R' || s[1] == 'r';
	c->ready = s[1] == 'R';
	if (c->state == EK_CTR_RUNNING || c->state == EK_CTR_EXITED) {
		read_run(&p->runs[i], c->state == EK_CTR_EXITED ? s[2] - '0' : 0,
			 strchr(s, ',') != NULL);
		p->runs[i].ended = c->state == EK_CTR_EXITED;
		c->run = &p->runs[i];
	}
	more = strchr(s, ',');
	if (more) {
		read_run(&p->before[i], more[1] - '0', 0);
		c->before = &p->before[i];
	}
	more = strchr(s, '!');
	if (more) {
		snprintf(p->reasons[i], sizeof(p->reasons[i]), "%s", more + 1);
		c->wait_reason = p->reasons[i];
	}
}

static void pod_open(struct pod *p, const char *policy, const char *ctrs)
{
	char text[128], *parts[8];

	*p = (struct pod){ 0 };
	p->object = ek_json_make("{'metadata':{'name':'p','namespace':'n','uid':'u'},'spec':{'initContainers':[],"
				 "'containers':[],'ephemeralContainers':[],'restartPolicy':%s},'status':{'phase':'Pending'}}", policy);
	snprintf(text, sizeof(text), "%s", ctrs);
	p->view = (struct ek_pod_view){ .pod = p->object,
					.policy = policy,
					.sandbox = EK_SANDBOX_READY,
					.ctrs = p->ctrs,
					.old_status = ek_json_get(p->object, "status"),
					.runtime = "runc",
					.now_us = 5000000,
					.start_us = 500000,
					.host_ip = "192.0.2.1",
					.ip = "10.42.0.7" };
	p->view.n_ctrs = ek_str_split(text, ' ', parts, 8);
	for (size_t i = 0; i < p->view.n_ctrs; i++)
		read_ctr(p, i, parts[i]);
}

static void pod_close(struct pod *p)
{
	ek_json_unref(p->object);
}

/* "ready" of a status: T, F */
static void put_flag(struct ek_buf *b, const struct ek_json *status, const char *type)
{
	const struct ek_json *c = ek_json_find(ek_json_get(status, "conditions"), "type", type, NULL);

	(void)ek_buf_char(b, *ek_json_str_at(c, "status"));
}

/* phase and the conditions Initialized, ContainersReady, Ready in short */
static char *summary(const struct ek_json *status)
{
	struct ek_buf b = EK_BUF_INIT(256);

	(void)ek_buf_fmt(&b, "%s ", ek_json_str_at(status, "phase"));
	put_flag(&b, status, "Initialized");
	put_flag(&b, status, "ContainersReady");
	put_flag(&b, status, "Ready");
	return ek_buf_steal(&b);
}

static const struct {
	const char *name, *policy, *ctrs;
	char        mode; /* ' ' as usual, e: ending, E: ended */
	const char *want;
} rows[] = {
	{ "nothing yet", "Always", "m- m-", ' ', "Pending TFF" },
	{ "starting", "Always", "mS", ' ', "Pending TFF" },
	{ "one of two", "Always", "mR mS", ' ', "Pending TFF" },
	{ "running", "Always", "mR mR", ' ', "Running TTT" },
	{ "running, not ready", "Always", "mR mr", ' ', "Running TFF" },
	{ "startup probe open", "Always", "mu", ' ', "Running TFF" },
	{ "init runs", "Always", "iR m-", ' ', "Pending FFF" },
	{ "init failed, waits", "Always", "iX1!CrashLoopBackOff m-", ' ', "Pending FFF" },
	{ "init failed for ever", "Never", "iX1 m-", 'E', "Failed FFF" },
	{ "init done", "Always", "iX0 mR", ' ', "Running TTT" },
	{ "sidecar starting", "Always", "su m-", ' ', "Pending FFF" },
	{ "sidecar and main", "Always", "sR mR", ' ', "Running TTT" },
	{ "sidecar not ready", "Always", "sr mR", ' ', "Running TFF" },
	{ "sidecar down, main runs", "Always", "sX1!CrashLoopBackOff mR", ' ', "Running TFF" },
	{ "crash loop", "Always", "mX1!CrashLoopBackOff", ' ', "Running TFF" },
	{ "crashed, again", "Always", "mX1", ' ', "Running TFF" },
	{ "image cannot be pulled", "Always", "mS!ErrImagePull", ' ', "Pending TFF" },
	{ "on failure, succeeded", "OnFailure", "mX0 mX0", 'E', "Succeeded TFF" },
	{ "on failure, one to repeat", "OnFailure", "mX0 mX1", ' ', "Running TFF" },
	{ "never, one failed, one runs", "Never", "mX1 mR", ' ', "Running TFF" },
	{ "never, failed", "Never", "mX1 mX0", 'E', "Failed TFF" },
	{ "never, succeeded", "Never", "mX0", 'E', "Succeeded TFF" },
	{ "finished, but not at rest", "Never", "sR mX0", 'e', "Running TFF" },
	{ "deleted, all stopped well", "Always", "mX0", 'E', "Succeeded TFF" },
	{ "deleted, killed", "Always", "mX9", 'E', "Failed TFF" },
	{ "deleted before anything ran", "Always", "m-", 'E', "Failed TFF" },
	{ "deleted while init ran", "Always", "iX9 m-", 'E', "Failed FFF" },
	{ "ephemeral counts for nothing", "Always", "mR eX1", ' ', "Running TTT" },
};

START_TEST(phases)
{
	struct pod p;
	struct ek_json *status;
	EK_FREE char *got = NULL;

	pod_open(&p, rows[_i].policy, rows[_i].ctrs);
	p.view.ending = rows[_i].mode != ' ';
	p.view.ended = rows[_i].mode == 'E';
	if (strstr(rows[_i].want, "Running") && rows[_i].mode == 'e')
		ek_json_set_at(p.object, "status.phase", ek_json_new_str("Running"));
	status = ek_pod_status_make(&p.view);
	got = summary(status);
	ck_assert_msg(ek_streq(got, rows[_i].want), "%s: want %s, got %s", rows[_i].name, rows[_i].want, got);
	ek_json_unref(status);
	pod_close(&p);
}
END_TEST

/* ---- single fields ---- */

static const struct {
	const char *ctrs, *path, *want; /* of the status; want NULL: absent */
} field_rows[] = {
	{ "m-", "containerStatuses.0.state.waiting.reason", "ContainerCreating" },
	{ "i- m-", "containerStatuses.0.state.waiting.reason", "PodInitializing" },
	{ "i- m-", "initContainerStatuses.0.state.waiting.reason", "PodInitializing" },
	{ "m-", "containerStatuses.0.image", "x" },
	{ "m-", "containerStatuses.0.imageID", "" },
	{ "m-", "containerStatuses.0.containerID", NULL },
	{ "mR", "containerStatuses.0.containerID", "runc://abc" },
	{ "mR", "containerStatuses.0.image", "docker.io/library/x:1" },
	{ "mR", "containerStatuses.0.imageID", "sha256:1" },
	{ "mR", "containerStatuses.0.state.running.startedAt", "1970-01-01T00:00:01Z" },
	{ "mR,7", "containerStatuses.0.lastState.terminated.reason", "Error" },
	{ "mR,7", "containerStatuses.0.lastState.terminated.finishedAt", "1970-01-01T00:00:02Z" },
	{ "mX3", "containerStatuses.0.state.terminated.reason", "Error" },
	{ "mX3!CrashLoopBackOff", "containerStatuses.0.state.waiting.reason", "CrashLoopBackOff" },
	{ "mX3!CrashLoopBackOff", "containerStatuses.0.state.terminated", NULL },
	{ "mX3!CrashLoopBackOff", "containerStatuses.0.lastState.terminated.reason", "Error" },
	{ "mS!ErrImagePull", "containerStatuses.0.state.waiting.reason", "ErrImagePull" },
	{ "iX0!CrashLoopBackOff m-", "initContainerStatuses.0.state.terminated.reason", "Completed" },
	{ "m- eX1", "ephemeralContainerStatuses.0.state.terminated.reason", "Error" },
	{ "mR", "phase", "Running" },
	{ "mR", "podIP", "10.42.0.7" },
	{ "mR", "podIPs.0.ip", "10.42.0.7" },
	{ "mR", "hostIPs.0.ip", "192.0.2.1" },
	{ "mR", "qosClass", "BestEffort" },
	{ "mR", "startTime", "1970-01-01T00:00:00Z" },
	{ "mR m-", "conditions.2.reason", "ContainersNotReady" },
	{ "mR m- mr", "conditions.2.message", "containers with unready status: [b c]" },
	{ "i- i- m-", "conditions.1.message", "containers with incomplete status: [a b]" },
	{ "mR", "conditions.0.type", "PodReadyToStartContainers" },
	{ "mR", "conditions.0.status", "True" },
	{ "mR", "conditions.4.type", "PodScheduled" },
	{ "mR", "conditions.2.lastTransitionTime", "1970-01-01T00:00:05Z" },
};

START_TEST(fields)
{
	struct pod p;
	struct ek_json *status;
	const char *got;

	pod_open(&p, "Always", field_rows[_i].ctrs);
	status = ek_pod_status_make(&p.view);
	got = ek_json_str_at(status, field_rows[_i].path);
	if (field_rows[_i].want)
		ck_assert_msg(ek_streq(got, field_rows[_i].want), "%s: %s", field_rows[_i].path, got ? got : "absent");
	else
		ck_assert_ptr_null(ek_json_at(status, field_rows[_i].path));
	ek_json_unref(status);
	pod_close(&p);
}
END_TEST

/*
 * What a Go API server would store is what we wrote: otherwise every write would look like a
 * change.
 */
START_TEST(is_canonical)
{
	static const char *const pods[] = { "m-", "i- m-", "sR mR,1", "mX1!CrashLoopBackOff", "iX0 mX0 eR" };

	for (size_t i = 0; i < EK_ARRAY_LEN(pods); i++) {
		struct pod p;
		struct ek_json *status, *decoded = NULL;
		struct ek_err err = { 0 };

		pod_open(&p, "Always", pods[i]);
		status = ek_pod_status_make(&p.view);
		EK_JSON struct ek_json *whole = ek_json_make("{'kind':'Pod','apiVersion':'v1','status':%v}", status);
		ck_assert_msg(ek_schema_decode(ek_kind_pod.type, whole, EK_FIELDS_STRICT, &decoded, NULL, &err) == 0, "%s", err.msg);
		EK_FREE char *a = ek_json_text(status), *b = ek_json_text(ek_json_get(decoded, "status"));
		ck_assert_msg(ek_json_same(status, ek_json_get(decoded, "status")), "%s\n%s", a, b);
		ck_assert_ptr_null(ek_pod_status_patch(p.object, ek_json_get(decoded, "status"), status));
		ek_json_unref(decoded);
		ek_json_unref(status);
		pod_close(&p);
	}
}
END_TEST

START_TEST(keeps_history)
{
	struct pod p;
	struct ek_json *first, *second;

	pod_open(&p, "Always", "mR");
	first = ek_pod_status_make(&p.view);
	p.view.old_status = first;
	p.view.now_us = 99000000;
	p.view.start_us = 98000000;
	p.ctrs[0].ready = false;
	second = ek_pod_status_make(&p.view);
	ck_assert_str_eq(ek_json_str_at(second, "startTime"), "1970-01-01T00:00:00Z");
	ck_assert_str_eq(ek_json_str_at(second, "conditions.2.lastTransitionTime"), "1970-01-01T00:01:39Z");
	ck_assert_str_eq(ek_json_str_at(second, "conditions.0.lastTransitionTime"), "1970-01-01T00:00:05Z");
	ek_json_unref(first);
	ek_json_unref(second);
	pod_close(&p);
}
END_TEST

/* Stopped in order to start again: no end is told of, unless it has to wait. */
static const struct {
	const char *name, *ctrs;
	bool        restart, ending;
	const char *state, *summary;
} restart_rows[] = {
	{ "about to start again", "mX0", true, false, "{\"running\":{\"startedAt\":\"1970-01-01T00:00:01Z\"}}", "Running TTT" },
	{ "has to wait", "mX0!CrashLoopBackOff", true, false, "{\"waiting\":{\"reason\":\"CrashLoopBackOff\"}}",
	  "Running TFF" },
	{ "the pod ends meanwhile", "mX0", true, true, NULL, "Running TFF" },
	{ "ended by itself", "mX0", false, false, NULL, "Running TFF" },
};

START_TEST(tells_of_restarts)
{
	struct pod p;
	EK_JSON struct ek_json *old = NULL, *now = NULL;
	EK_FREE char *state = NULL, *got = NULL;

	pod_open(&p, "OnFailure", "mR");
	old = ek_pod_status_make(&p.view);
	pod_close(&p);
	pod_open(&p, "OnFailure", restart_rows[_i].ctrs);
	p.view.old_status = old;
	p.view.ending = restart_rows[_i].ending;
	p.ctrs[0].must_restart = restart_rows[_i].restart;
	now = ek_pod_status_make(&p.view);
	got = summary(now);
	state = ek_json_text(ek_json_at(now, "containerStatuses.0.state"));
	ck_assert_str_eq(got, restart_rows[_i].summary);
	if (restart_rows[_i].state)
		ck_assert_str_eq(state, restart_rows[_i].state);
	else
		ck_assert_int_eq(ek_json_int_at(now, "containerStatuses.0.state.terminated.exitCode", -1), 0);
	pod_close(&p);
}
END_TEST

/* The node lost its memory (its disk), the API has not. */
START_TEST(takes_over_what_the_api_knows)
{
	struct pod p;
	EK_JSON struct ek_json *old = ek_json_make(
		"{'phase':'Running','containerStatuses':[{'name':'a','restartCount':3,'state':{'running':{'startedAt':"
		"'2020-01-01T00:00:00Z'}}},{'name':'b','restartCount':1,'imageID':'i','state':{'terminated':{'exitCode':5}}}]}");
	struct ek_json *status;

	pod_open(&p, "Always", "m- m-");
	p.view.old_status = old;
	status = ek_pod_status_make(&p.view);
	ck_assert_int_eq(ek_json_int_at(status, "containerStatuses.0.restartCount", 0), 4);
	ck_assert_str_eq(ek_json_str_at(status, "containerStatuses.0.lastState.terminated.reason"), "ContainerStatusUnknown");
	ck_assert_int_eq(ek_json_int_at(status, "containerStatuses.0.lastState.terminated.exitCode", 0), 137);
	ck_assert_int_eq(ek_json_int_at(status, "containerStatuses.1.state.terminated.exitCode", 0), 5);
	ck_assert_str_eq(ek_json_str_at(status, "phase"), "Running");
	ek_json_unref(status);
	pod_close(&p);
}
END_TEST

START_TEST(failed_pods)
{
	struct pod p;
	struct ek_json *status;

	pod_open(&p, "Always", "mX9 m-");
	p.view.ending = true;
	p.view.fail_reason = "DeadlineExceeded";
	p.view.fail_message = "late";
	status = ek_pod_status_make(&p.view);
	ck_assert_str_eq(ek_json_str_at(status, "phase"), "Pending"); /* not at rest yet */
	ek_json_unref(status);
	p.view.ended = true;
	status = ek_pod_status_make(&p.view);
	ck_assert_str_eq(ek_json_str_at(status, "phase"), "Failed");
	ck_assert_str_eq(ek_json_str_at(status, "reason"), "DeadlineExceeded");
	ck_assert_str_eq(ek_json_str_at(status, "message"), "late");
	ck_assert_str_eq(ek_json_str_at(status, "containerStatuses.1.state.terminated.reason"), "ContainerStatusUnknown");
	ck_assert_str_eq(ek_json_str_at(status, "conditions.2.reason"), "PodFailed");
	/* what is over stays over */
	ek_json_set(p.object, "status", ek_json_ref(status));
	p.view.old_status = ek_json_get(p.object, "status");
	p.view.fail_reason = NULL;
	p.view.ended = false;
	EK_JSON struct ek_json *again = ek_pod_status_make(&p.view);
	ck_assert_str_eq(ek_json_str_at(again, "phase"), "Failed");
	ck_assert_str_eq(ek_json_str_at(again, "reason"), "DeadlineExceeded");
	ek_json_unref(status);
	pod_close(&p);
}
END_TEST

START_TEST(readiness_gates)
{
	struct pod p;
	struct ek_json *status;

	pod_open(&p, "Always", "mR");
	ek_json_set_at(p.object, "spec.readinessGates", ek_json_make("[{'conditionType':'x/lb'}]"));
	status = ek_pod_status_make(&p.view);
	ck_assert_str_eq(ek_json_str_at(status, "conditions.2.message"),
			 "corresponding condition of pod readiness gate \"x/lb\" does not exist.");
	ck_assert_str_eq(ek_json_str_at(status, "conditions.3.status"), "True");
	ek_json_unref(status);
	ek_json_set_at(p.object, "status.conditions", ek_json_make("[{'type':'x/lb','status':'True'}]"));
	status = ek_pod_status_make(&p.view);
	ck_assert_str_eq(ek_json_str_at(status, "conditions.2.status"), "True");
	ck_assert_str_eq(ek_json_str_at(status, "conditions.5.type"), "x/lb"); /* not ours, kept */
	ek_json_unref(status);
	pod_close(&p);
}
END_TEST

START_TEST(patches)
{
	struct pod p;
	struct ek_json *have, *want, *patch, *merged = NULL;

	pod_open(&p, "Always", "mS");
	have = ek_pod_status_make(&p.view);
	ek_json_append(ek_json_get(have, "conditions"), ek_json_make("{'type':'x/lb','status':'True'}"));
	p.view.old_status = have;
	p.ctrs[0].state = EK_CTR_RUNNING;
	read_run(&p.runs[0], 0, 0);
	p.runs[0].ended = false;
	p.ctrs[0].run = &p.runs[0];
	p.ctrs[0].started = p.ctrs[0].ready = true;
	p.view.ip = "10.42.0.8";
	want = ek_pod_status_make(&p.view);
	patch = ek_pod_status_patch(p.object, have, want);
	ck_assert_str_eq(ek_json_str_at(patch, "metadata.uid"), "u");
	ck_assert_int_eq(ek_json_len(ek_json_at(patch, "status.conditions")), 2); /* Ready, ContainersReady */
	ck_assert_ptr_null(ek_json_at(patch, "status.hostIP"));

	EK_JSON struct ek_json *before = ek_json_make("{'metadata':{'uid':'u'},'status':%v}", have);
	ck_assert_int_eq(ek_strategic_patch(ek_kind_pod.type, before, patch, &merged, NULL), 0);
	ck_assert_ptr_null(ek_pod_status_patch(p.object, ek_json_get(merged, "status"), want));
	ck_assert_int_eq(ek_json_len(ek_json_at(merged, "status.podIPs")), 1);
	ck_assert_int_eq(ek_json_len(ek_json_at(merged, "status.conditions")), 6); /* another's is untouched */
	ek_json_unref(merged);
	ek_json_unref(patch);
	ek_json_unref(have);
	ek_json_unref(want);
	pod_close(&p);
}
END_TEST

EK_TESTS("node/pod_status", EK_ROWS(phases, rows), EK_ROWS(fields, field_rows), is_canonical,
	 keeps_history, EK_ROWS(tells_of_restarts, restart_rows), takes_over_what_the_api_knows,
	 failed_pods, readiness_gates, patches)
