/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ekube/str.h>

#include "ek_test.h"
#include "node/node_box.h"

/* Pods from the first word of them to the last, on a real runtime. */

#define C "status.containerStatuses.0."

static const char brief[] = "'terminationGracePeriodSeconds':1,";
static const char forever[] = "trap \\\"exit 0\\\" TERM; echo up; while true; do sleep 0.05; done";

/* ---- ends ---- */

static const struct {
	const char *policy, *container, *script, *phase, *reason, *code, *message;
} end_rows[] = {
	{ "Never", "", "exit 0", "Succeeded", "Completed", "0", NULL },
	{ "OnFailure", "", "exit 0", "Succeeded", "Completed", "0", NULL },
	{ "Never", "", "echo bye >/dev/termination-log; exit 3", "Failed", "Error", "3", "bye\n" },
	{ "Never", "'terminationMessagePolicy':'FallbackToLogsOnError',", "echo last; exit 4", "Failed", "Error", "4", "last\n" },
	{ "Never", "'terminationMessagePolicy':'FallbackToLogsOnError',", "echo last", "Succeeded", "Completed", "0", NULL },
	{ "Never", "'terminationMessagePath':'/tmp/x',", "echo there >/tmp/x", "Succeeded", "Completed", "0", "there\n" },
	{ "Never", "", "kill -9 $$; sleep 5; exit 1", "Failed", "Error", "1", NULL }, /* immune to itself, then it ends */
	{ "Never", "'resources':{'limits':{'memory':'8Mi'}},", "x=a; while true; do x=$x$x; done", "Failed", "OOMKilled", "137", NULL },
};

START_TEST(ends)
{
	EK_FREE char *more = ek_str_fmt("'restartPolicy':'%s',", end_rows[_i].policy);
	EK_FREE char *message = NULL;
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", more, end_rows[_i].container, end_rows[_i].script);
	node_box_sees(&b, "p", "status.phase", end_rows[_i].phase);
	node_box_sees(&b, "p", C "state.terminated.exitCode", end_rows[_i].code);
	node_box_sees(&b, "p", C "state.terminated.reason", end_rows[_i].reason);
	node_box_sees(&b, "p", C "restartCount", "0");
	message = node_box_value(&b, "p", C "state.terminated.message");
	ck_assert_pstr_eq(message, end_rows[_i].message);
	node_box_delete(&b, "p", -1);
	node_box_sees_none(&b, "p");
	node_box_quiet(&b);
	node_box_close(&b);
}
END_TEST

START_TEST(starts_again)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", brief, "", "echo x >/dev/termination-log; exit 2");
	node_box_sees(&b, "p", C "state.waiting.reason", "CrashLoopBackOff");
	node_box_sees(&b, "p", C "restartCount", "1");
	node_box_sees(&b, "p", C "lastState.terminated.exitCode", "2");
	node_box_sees(&b, "p", C "lastState.terminated.message", "x\n");
	node_box_sees(&b, "p", "status.phase", "Running");
	ck_assert_str_eq(node_box_event(&b, "p", "Created"), "Created container: c");
	ck_assert_ptr_nonnull(strstr(node_box_event(&b, "p", "BackOff"), "Back-off restarting failed container c in pod p_default("));
	node_box_close(&b);
}
END_TEST

/* ---- starts that fail ---- */

static const struct {
	const char *more, *container, *script, *reason, *message;
} wait_rows[] = {
	{ "", "'env':[{'name':'X','valueFrom':{'configMapKeyRef':{'name':'no','key':'k'}}}],", "true", "CreateContainerConfigError",
	  "configmap \"no\" not found" },
	{ "", "'securityContext':{'runAsNonRoot':true},", "true", "CreateContainerConfigError", "will run as root" },
	{ "", "'image':'other:1','imagePullPolicy':'Never',", "true", "ErrImageNeverPull", "is not present with pull policy of Never" },
	{ "", "'image':'127.0.0.1:9/x:1',", "true", "ErrImagePull", "failed to pull and unpack image" },
	{ "", "'image':'127.0.0.1:9/x:1',", "true", "ImagePullBackOff", "Back-off pulling image \"127.0.0.1:9/x:1\"" },
	{ "", "'image':'UPPER CASE',", "true", "InvalidImageName", "couldn't parse image name" },
	{ "", "'workingDir':'/bin/sh',", "true", "RunContainerError", "failed to start container" },
	{ "", "'lifecycle':{'postStart':{'exec':{'command':['false']}}},", "sleep 1000", "PostStartHookError", "" },
	{ "'volumes':[{'name':'v','hostPath':{'path':'/no/such','type':'Directory'}}],", "", "true", "ContainerCreating", NULL },
};

START_TEST(start_fails)
{
	EK_FREE char *more = ek_str_fmt("%s%s", brief, wait_rows[_i].more), *message = NULL, *spec = NULL;
	struct node_box b;

	if (!node_box_open(&b))
		return;
	if (strstr(wait_rows[_i].container, "'image'")) {
		spec = ek_str_fmt("%s'containers':[{'name':'c',%s'command':['true']}]", more, wait_rows[_i].container);
		node_box_spec(&b, "p", spec);
	} else {
		node_box_pod(&b, "p", more, wait_rows[_i].container, wait_rows[_i].script);
	}
	node_box_sees(&b, "p", C "state.waiting.reason", wait_rows[_i].reason);
	message = node_box_value(&b, "p", C "state.waiting.message");
	if (wait_rows[_i].message)
		ck_assert_msg(strstr(message ? message : "", wait_rows[_i].message) != NULL, "%s", message);
	node_box_delete(&b, "p", 1);
	node_box_sees_none(&b, "p");
	node_box_quiet(&b);
	node_box_close(&b);
}
END_TEST

START_TEST(is_refused)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", "'nodeSelector':{'no':'where'},", "", "true");
	node_box_sees(&b, "p", "status.phase", "Failed");
	node_box_sees(&b, "p", "status.reason", "NodeAffinity");
	node_box_sees(&b, "p", "status.message",
		      "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
	ck_assert_ptr_null(node_box_value(&b, "p", "status.containerStatuses"));
	ck_assert_ptr_nonnull(node_box_event(&b, "p", "NodeAffinity"));
	node_box_delete(&b, "p", -1);
	node_box_sees_none(&b, "p");
	node_box_close(&b);
}
END_TEST

/* ---- stopping ---- */

static const struct {
	const char *container, *script;
	int         grace;
	const char *log;
} stop_rows[] = {
	{ "", "trap \\\"echo got; exit 0\\\" TERM; echo up; while true; do sleep 0.05; done", 30, "stdout F up\nstdout F got\n" },
	{ "", "trap \\\"\\\" TERM; echo up; while true; do sleep 0.05; done", 1, "stdout F up\n" },
	{ "'lifecycle':{'preStop':{'exec':{'command':['touch','/tmp/pre']}}},",
	  "trap \\\"ls /tmp; exit 0\\\" TERM; echo up; while true; do sleep 0.05; done", 30, "stdout F up\nstdout F pre\n" },
	{ "'lifecycle':{'preStop':{'exec':{'command':['sleep','100']}}},",
	  "trap \\\"echo got; exit 0\\\" TERM; echo up; while true; do sleep 0.05; done", 1, "stdout F up\nstdout F got\n" },
	{ "'lifecycle':{'preStop':{'sleep':{'seconds':1}}},",
	  "trap \\\"echo got; exit 0\\\" TERM; echo up; while true; do sleep 0.05; done", 30, "stdout F up\nstdout F got\n" },
};

START_TEST(stops)
{
	EK_FREE char *log = NULL;
	struct node_box b;

	if (!node_box_open(&b))
		return;
	/* a finalizer: what was left is to be seen */
	node_box_pod(&b, "p", "'restartPolicy':'Never',", stop_rows[_i].container, stop_rows[_i].script);
	node_box_sees(&b, "p", C "ready", "true");
	node_box_turns(&b, 200);
	node_box_delete(&b, "p", stop_rows[_i].grace);
	while (fake_client_get(b.api, &ek_kind_pod, "default", "p")) {
		EK_FREE char *state = node_box_value(&b, "p", C "state.terminated");

		if (state && !log)
			log = node_box_log(&b, "p", 0);
		node_box_turns(&b, 1);
	}
	ck_assert_pstr_eq(log, stop_rows[_i].log);
	node_box_quiet(&b);
	node_box_close(&b);
}
END_TEST

START_TEST(ends_at_its_deadline)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", "'activeDeadlineSeconds':1,", "", forever);
	node_box_sees(&b, "p", "status.reason", "DeadlineExceeded");
	node_box_sees(&b, "p", "status.phase", "Failed");
	node_box_close(&b);
}
END_TEST

START_TEST(is_removed_by_force)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", "", "", forever);
	node_box_sees(&b, "p", C "ready", "true");
	fake_client_remove(b.api, &ek_kind_pod, "default", "p");
	node_box_quiet(&b);
	node_box_close(&b);
}
END_TEST

/* The pod goes at some moment of its start. */
static const int moments_ms[] = { 0, 5, 15, 30, 60, 100 };

START_TEST(goes_while_it_starts)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", brief, "'lifecycle':{'postStart':{'exec':{'command':['sleep','1']}}},", forever);
	node_box_turns(&b, moments_ms[_i]);
	if (_i % 2)
		fake_client_remove(b.api, &ek_kind_pod, "default", "p");
	else
		node_box_delete(&b, "p", 1);
	node_box_sees_none(&b, "p");
	node_box_quiet(&b);
	node_box_close(&b);
}
END_TEST

START_TEST(another_takes_its_name)
{
	EK_FREE char *before = NULL, *after = NULL;
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", brief, "", forever);
	node_box_sees(&b, "p", C "ready", "true");
	before = node_box_value(&b, "p", C "containerID");
	fake_client_remove(b.api, &ek_kind_pod, "default", "p");
	node_box_pod(&b, "p", brief, "", forever);
	node_box_sees(&b, "p", C "ready", "true");
	after = node_box_value(&b, "p", C "containerID");
	ck_assert_str_ne(before, after);
	node_box_delete(&b, "p", 1);
	node_box_sees_none(&b, "p");
	node_box_quiet(&b);
	node_box_close(&b);
}
END_TEST

/* ---- the API is in trouble ---- */

START_TEST(api_refuses_for_a_while)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	fake_client_fail(b.api, EK_DO_PATCH, &ek_kind_pod, EK_EUNAVAILABLE, 2);
	node_box_pod(&b, "p", "'restartPolicy':'Never',", "", "exit 0");
	node_box_sees(&b, "p", "status.phase", "Succeeded");
	fake_client_fail(b.api, EK_DO_DELETE, &ek_kind_pod, EK_EUNAVAILABLE, 1);
	node_box_delete(&b, "p", 0); /* this one fails */
	fake_client_fail(b.api, EK_DO_DELETE, &ek_kind_pod, EK_EUNAVAILABLE, 0);
	node_box_delete(&b, "p", 1);
	fake_client_fail(b.api, EK_DO_DELETE, &ek_kind_pod, EK_EUNAVAILABLE,
			 1); /* and the node's own */
	node_box_sees_none(&b, "p");
	node_box_quiet(&b);
	node_box_close(&b);
}
END_TEST

/* One write at a time, and few of them. */
START_TEST(writes_little)
{
	struct node_box b;
	int before;

	if (!node_box_open(&b))
		return;
	node_box_turns(&b, 200);
	before = fake_client_calls_of(b.api, EK_DO_PATCH);
	node_box_pod(&b, "p", "", "", forever);
	node_box_sees(&b, "p", C "ready", "true");
	node_box_turns(&b, 300);
	ck_assert_int_le(fake_client_calls_of(b.api, EK_DO_PATCH) - before, 5);
	node_box_close(&b);
}
END_TEST

/* ---- several containers ---- */

START_TEST(init_and_sidecar)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_spec(&b, "p",
		      "'restartPolicy':'Never','volumes':[{'name':'v','emptyDir':{}}],'initContainers':["
		      "{'name':'i','image':'box:1','command':['sh','-c','echo 1 >>/v/x'],'volumeMounts':[{'name':'v','mountPath':'/v'}]},"
		      "{'name':'s','image':'box:1','restartPolicy':'Always','command':['sh','-c',"
		      "'echo 2 >>/v/x; trap \\\"exit 0\\\" TERM; while true; do sleep 0.05; done'],"
		      "'startupProbe':{'exec':{'command':['cat','/v/x']},'periodSeconds':1},"
		      "'volumeMounts':[{'name':'v','mountPath':'/v'}]}],"
		      "'containers':[{'name':'c','image':'box:1','command':['sh','-c','cat /v/x'],"
		      "'volumeMounts':[{'name':'v','mountPath':'/v'}]}]");
	node_box_sees(&b, "p", "status.phase", "Succeeded");
	node_box_sees(&b, "p", "status.initContainerStatuses.0.state.terminated.reason", "Completed");
	node_box_sees(&b, "p", "status.initContainerStatuses.1.state.terminated.exitCode", "0");
	EK_FREE char *log = node_box_log(&b, "p", 0);

	ck_assert_str_eq(log, "stdout F 1\nstdout F 2\n");
	ck_assert_ptr_nonnull(node_box_event(&b, "p", "Killing"));
	node_box_close(&b);
}
END_TEST

START_TEST(shares_processes)
{
	struct node_box b;
	EK_FREE char *log = NULL;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", "'restartPolicy':'Never','shareProcessNamespace':true,", "", "ps; ls -l /proc/1/cmdline >/dev/null");
	node_box_sees(&b, "p", "status.phase", "Succeeded");
	log = node_box_log(&b, "p", 0);
	ck_assert_msg(strstr(log, "/pause\n") != NULL, "%s", log);
	ck_assert_ptr_null(strstr(log, b.run)); /* what it holds is not told to containers */
	node_box_delete(&b, "p", -1);
	node_box_sees_none(&b, "p");
	node_box_quiet(&b);
	node_box_close(&b);
}
END_TEST

/* ---- probes ---- */

START_TEST(liveness_restarts)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", "",
		     "'env':[{'name':'HOW','value':'sick'}],"
		     "'livenessProbe':{'exec':{'command':['sh','-c','echo $(HOW); exit 1']},'periodSeconds':1,'failureThreshold':2,"
		     "'terminationGracePeriodSeconds':1},", forever);
	node_box_sees(&b, "p", C "restartCount", "1");
	ck_assert_str_eq(node_box_event(&b, "p", "Unhealthy"), "Liveness probe failed: sick\n");
	ck_assert_str_eq(node_box_event(&b, "p", "Killing"), "Container c failed liveness probe, will be restarted");
	node_box_close(&b);
}
END_TEST

/* Until postStart is done the container does not count as running, and nobody probes it. */
START_TEST(post_start_comes_first)
{
	EK_FREE char *reason = NULL;
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", brief, "'lifecycle':{'postStart':{'sleep':{'seconds':2}}},"
		     "'readinessProbe':{'exec':{'command':['touch','/tmp/probed']},'periodSeconds':1},",
		     "sleep 1; ls /tmp; echo looked; sleep 1000");
	node_box_sees(&b, "p", C "state.waiting.reason", "ContainerCreating");
	node_box_turns(&b, 1500);
	reason = node_box_value(&b, "p", C "state.waiting.reason");
	ck_assert_pstr_eq(reason, "ContainerCreating");
	node_box_sees(&b, "p", C "ready", "true");
	EK_FREE char *log = node_box_log(&b, "p", 0);

	ck_assert_str_eq(log, "stdout F looked\n");
	node_box_close(&b);
}
END_TEST

START_TEST(startup_holds_back_the_others)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", brief,
		     "'startupProbe':{'exec':{'command':['cat','/tmp/go']},'periodSeconds':1,'failureThreshold':100},"
		     "'readinessProbe':{'exec':{'command':['sleep','3']},'timeoutSeconds':1,'periodSeconds':1},",
		     "sleep 1; touch /tmp/go; sleep 1000");
	node_box_sees(&b, "p", C "started", "true");
	ck_assert_ptr_nonnull(strstr(node_box_event(&b, "p", "Unhealthy"), "Startup probe failed: "));
	node_box_sees(&b, "p", C "ready", "false");
	while (strstr(node_box_event(&b, "p", "Unhealthy"), "Startup") && fake_client_calls(b.api) < 100000) {
		const struct ek_json *e;
		bool found = false;

		for (size_t i = 0; (e = fake_client_nth(b.api, &ek_kind_event, i)); i++)
			found |= ek_streq(ek_json_str_at(e, "message"),
					  "Readiness probe failed: command timed out: \"sleep 3\" timed out after 1s");
		if (found)
			break;
		node_box_turns(&b, 1);
	}
	node_box_close(&b);
}
END_TEST

EK_TESTS("node/pods", EK_ROWS(ends, end_rows), starts_again, EK_ROWS(start_fails, wait_rows),
	 is_refused, EK_ROWS(stops, stop_rows), ends_at_its_deadline, is_removed_by_force,
	 EK_ROWS(goes_while_it_starts, moments_ms), another_takes_its_name, api_refuses_for_a_while,
	 writes_little, init_and_sidecar, shares_processes, liveness_restarts,
	 post_start_comes_first, startup_holds_back_the_others)
