/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "container/container.h"
#include "ek_test.h"
#include "node/node_box.h"

/*
 * What a node finds when it starts: its own pods, running and ended, and what was left half made
 * or half removed.
 */

#define C "status.containerStatuses.0."

static const char brief[] = "'terminationGracePeriodSeconds':1,";
static const char forever[] = "trap \\\"exit 0\\\" TERM; echo up; while true; do sleep 0.05; done";

static void run_pod(struct node_box *b, const char *script)
{
	node_box_pod(b, "p", brief, "", script);
	node_box_sees(b, "p", C "ready", "true");
}

static void leave(struct node_box *b)
{
	node_box_delete(b, "p", 1);
	node_box_sees_none(b, "p");
	node_box_quiet(b);
	node_box_close(b);
}

static int first_process(struct node_box *b)
{
	EK_FREE char *path = NULL, *text = NULL, *id = node_box_value(b, "p", C "containerID");

	path = ek_str_fmt("%s/containers/%s/shim/pid", b->data, id + strlen("runc://"));
	ck_assert_int_eq(ek_file_read(AT_FDCWD, path, 64, &text, NULL, NULL), 0);
	return atoi(text);
}

/* Somebody else's zombie is not. */
static bool is_alive(int pid)
{
	EK_FREE char *path = ek_str_fmt("/proc/%d/cmdline", pid), *text = NULL;
	size_t n = 0;

	return ek_file_read(AT_FDCWD, path, 4096, &text, &n, NULL) == 0 && n > 0;
}

START_TEST(running_pods_are_left_alone)
{
	EK_FREE char *before = NULL, *after = NULL, *log = NULL;
	struct node_box b;
	int pid;

	if (!node_box_open(&b))
		return;
	run_pod(&b, forever);
	before = node_box_value(&b, "p", C "containerID");
	pid = first_process(&b);
	for (int i = 0; i < 3; i++) {
		node_box_stop(&b);
		ck_assert_int_eq(kill(pid, 0), 0);
		node_box_start(&b);
		node_box_turns(&b, 150);
	}
	after = node_box_value(&b, "p", C "containerID");
	ck_assert_str_eq(before, after);
	node_box_sees(&b, "p", C "restartCount", "0");
	node_box_sees(&b, "p", C "ready", "true");
	log = node_box_log(&b, "p", 0);
	ck_assert_str_eq(log, "stdout F up\n");
	leave(&b);
}
END_TEST

/* Its container ends while nobody is here. */
START_TEST(an_end_is_noticed)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	run_pod(&b, forever);
	node_box_stop(&b);
	(void)kill(first_process(&b), SIGKILL);
	(void)usleep(200 * 1000);
	node_box_start(&b);
	node_box_sees(&b, "p", C "restartCount", "1");
	node_box_sees(&b, "p", C "lastState.terminated.exitCode", "137");
	node_box_sees(&b, "p", C "ready", "true");
	leave(&b);
}
END_TEST

/* The shim was killed, and the container lives on: it cannot be held any more. */
START_TEST(a_lost_container_is_replaced)
{
	EK_FREE char *path = NULL, *text = NULL, *id = NULL;
	struct node_box b;
	int pid;

	if (!node_box_open(&b))
		return;
	run_pod(&b, forever);
	pid = first_process(&b);
	id = node_box_value(&b, "p", C "containerID");
	path = ek_str_fmt("%s/containers/%s/shim/shim", b.data, id + strlen("runc://"));
	ck_assert_int_eq(ek_file_read(AT_FDCWD, path, 256, &text, NULL, NULL), 0);
	node_box_stop(&b);
	ck_assert_int_eq(kill(atoi(text + strlen("pid ")), SIGKILL), 0);
	node_box_start(&b);
	node_box_sees(&b, "p", C "restartCount", "1");
	node_box_sees(&b, "p", C "lastState.terminated.reason", "ContainerStatusUnknown");
	node_box_sees(&b, "p", C "ready", "true");
	ck_assert(!is_alive(pid));
	leave(&b);
}
END_TEST

/* Deleted, or removed by force, while nobody is here. */
static const bool forced[] = { false, true };

START_TEST(deleted_meanwhile)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	run_pod(&b, forever);
	node_box_stop(&b);
	if (forced[_i])
		fake_client_remove(b.api, &ek_kind_pod, "default", "p");
	else
		node_box_delete(&b, "p", 1);
	node_box_start(&b);
	node_box_sees_none(&b, "p");
	node_box_quiet(&b);
	node_box_close(&b);
}
END_TEST

/* A stop at some moment of a start or an end; the next node finishes or undoes. */
static const int moments_ms[] = { 0, 5, 15, 30, 60, 100 };

START_TEST(stops_while_it_starts)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", brief, "'lifecycle':{'postStart':{'sleep':{'seconds':0}}},", forever);
	node_box_turns(&b, moments_ms[_i]);
	node_box_stop(&b);
	node_box_start(&b);
	node_box_sees(&b, "p", C "ready", "true");
	ck_assert_int_eq(node_box_files(&b, "containers"), 1);
	leave(&b);
}
END_TEST

START_TEST(stops_while_it_ends)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	run_pod(&b, forever);
	node_box_delete(&b, "p", 5);
	node_box_turns(&b, moments_ms[_i]);
	node_box_stop(&b);
	node_box_start(&b);
	node_box_sees_none(&b, "p");
	node_box_quiet(&b);
	node_box_close(&b);
}
END_TEST

/* A crash while the sandbox was made, and a delete before anything is done about it. */
START_TEST(what_is_in_parts_goes_with_its_pod)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", brief, "'imagePullPolicy':'Never','image':'none:1',", forever);
	node_box_sees(&b, "p", "status.conditions.0.status", "True"); /* ready to start containers */
	ck_assert_int_eq(node_box_files(&b, "../run/ns"), 1);
	node_box_stop(&b);
	node_box_sh("rm %s/ns/*/ready", b.run);
	/* so that nothing is done at first */
	fake_client_fail(b.api, EK_DO_LIST, &ek_kind_service, EK_EUNAVAILABLE, 1);
	node_box_start(&b);
	node_box_delete(&b, "p", 1);
	node_box_sees_none(&b, "p");
	node_box_quiet(&b);
	ck_assert_int_eq(node_box_files(&b, "../run/ns"), 0);
	ck_assert_int_eq(node_box_files(&b, "../run/shm"), 0);
	node_box_close(&b);
}
END_TEST

/* Everything that a crash may leave, for nobody. */
START_TEST(leftovers_go)
{
	static const char uid[] = "11111111-2222-3333-4444-555555555555";
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_stop(&b);
	node_box_sh(
		"cd %s && mkdir -p containers/aa/rootfs containers/bb pods/%s/volumes pods/bad logs/x_y_z && "
		"echo '{' >pods/bad/pod.json && echo '{}' >containers/bb/record.json && "
		"mkdir -p %s/ns/%s %s/shm/%s %s/volumes/%s/v %s/runtime/aa && touch %s/ns/%s/ready",
		b.data, uid, b.run, uid, b.run, uid, b.run, uid, b.run, b.run, uid);
	ck_assert_int_eq(mount("x", EK_F("%s/containers/aa/rootfs", b.data), "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(mount("x", EK_F("%s/shm/%s", b.run, uid), "tmpfs", 0, NULL), 0);
	node_box_start(&b);
	node_box_turns(&b, 200);
	ck_assert_int_eq(rmdir(EK_F("%s/logs/x_y_z", b.data)), 0); /* logs of nobody are left to whoever reads them */
	node_box_quiet(&b);
	ck_assert_int_eq(node_box_files(&b, "../run/runtime"), 0);
	node_box_close(&b);
}
END_TEST

/*
 * Old attempts whose removal was interrupted: the two newest count, in whatever order they are
 * met.
 */
START_TEST(two_attempts_are_remembered)
{
	struct node_box b;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", brief, "", "exit 7");
	node_box_sees(&b, "p", C "restartCount", "1");
	node_box_sees(&b, "p", C "state.waiting.reason", "CrashLoopBackOff");
	node_box_stop(&b);
	ck_assert_int_eq(node_box_files(&b, "containers"), 2);
	/* three more of a past that never was */
	node_box_sh("cd %s/containers && n=0 && for d in $(ls); do for k in 1 2 3; do n=$((n + 1)); "
				     "cp -r $d $(printf %%064d $n); sed -i 's/\"attempt\":[0-9]*/\"attempt\":-'$k'/' "
				     "$(printf %%064d $n)/record.json; done; done", b.data);
	ck_assert_int_eq(node_box_files(&b, "containers"), 8);
	node_box_start(&b);
	node_box_sees(&b, "p", C "restartCount", "1");
	for (int i = 0; i < 200 && node_box_files(&b, "containers") > 2; i++)
		node_box_turns(&b, 10);
	ck_assert_int_eq(node_box_files(&b, "containers"), 2);
	leave(&b);
}
END_TEST

/* After a reboot nothing of a sandbox is there: a new one, and the containers again. */
START_TEST(a_reboot)
{
	struct node_box b;
	struct ek_node_options o;

	if (!node_box_open(&b))
		return;
	run_pod(&b, forever);
	node_box_stop(&b);
	o = node_box_options(&b);
	/*
	 * kills, unmounts, removes what the kernel has; only the pod's folder and its records stay
	 */
	node_box_sh("cp -r %s/containers %s/kept && for c in %s/kept/*; do rm -rf $c/rootfs $c/shim/exit; "
				     "sed -i 's/^boot .*/boot other/' $c/shim/shim; done", b.data, b.data, b.data);
	ck_assert_int_eq(ek_node_remove_all(&o, NULL), 0);
	node_box_sh("rm -rf %s/containers && mv %s/kept %s/containers", b.data, b.data, b.data);
	node_box_start(&b);
	node_box_sees(&b, "p", C "restartCount", "1");
	node_box_sees(&b, "p", C "lastState.terminated.exitCode", "137");
	node_box_sees(&b, "p", C "ready", "true");
	leave(&b);
}
END_TEST

/* `ekube killall`: containers run, and nothing of them may stay but data and logs. */
START_TEST(remove_all)
{
	struct node_box b;
	int pid;

	if (!node_box_open(&b))
		return;
	node_box_pod(&b, "p", "'shareProcessNamespace':true,'volumes':[{'name':'m','emptyDir':{'medium':'Memory'}},{'name':'e','emptyDir':{}}],",
		     "'volumeMounts':[{'name':'m','mountPath':'/m'},{'name':'e','mountPath':'/e'},"
		     "{'name':'e','mountPath':'/s','subPath':'sub'}],", "echo data >/e/f; sleep 1000");
	node_box_sees(&b, "p", C "ready", "true");
	node_box_turns(&b, 100);
	pid = first_process(&b);
	node_box_stop(&b);
	node_box_close(&b);
	ck_assert(!is_alive(pid));
}
END_TEST

/* Two things that cannot be removed: code and words are the first one's. */
START_TEST(remove_all_tells_the_first_failure)
{
	struct node_box b;
	struct ek_node_options o;
	struct ek_err err = { 0 };

	if (!node_box_open(&b))
		return;
	node_box_stop(&b);
	o = node_box_options(&b);
	node_box_sh("touch %s/containers/x && mkdir -p %s/runtime && mount -t tmpfs none %s/runtime", b.data, b.run, b.run);
	ck_assert_int_eq(ek_node_remove_all(&o, &err), -ENOTDIR);
	ck_assert_int_eq(err.code, -ENOTDIR);
	ck_assert_msg(strstr(err.msg, "/containers/x: ") != NULL, "%s", err.msg);
	node_box_sh("umount %s/runtime && rm %s/containers/x", b.run, b.data);
	node_box_close(&b);
}
END_TEST

EK_TESTS("node/coldplug", running_pods_are_left_alone, an_end_is_noticed,
	 a_lost_container_is_replaced, EK_ROWS(deleted_meanwhile, forced),
	 EK_ROWS(stops_while_it_starts, moments_ms), EK_ROWS(stops_while_it_ends, moments_ms),
	 what_is_in_parts_goes_with_its_pod, leftovers_go, two_attempts_are_remembered, a_reboot,
	 remove_all, remove_all_tells_the_first_failure)
