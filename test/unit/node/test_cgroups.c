/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "sandbox/cgroups.h"
#include "container/warm.h"

/* Under an instance of its own, which is gone at the end. */

static char name[32];

static struct ek_cgroups *open_or_skip(void)
{
	struct ek_cgroups *c = NULL;
	struct ek_err err = { 0 };

	snprintf(name, sizeof(name), "ek-test-%d", (int)getpid());
	if (geteuid() != 0 || ek_cgroups_open(name, true, &c, &err) < 0) {
		printf("skipped: needs root and cgroups %s\n", err.msg);
		return NULL;
	}
	return c;
}

static void close_all(struct ek_cgroups *c)
{
	char **left;

	ek_cgroups_remove_instance(c);
	left = ek_cgroups_list_pods(c);
	ck_assert_ptr_null(left[0]);
	ek_cgroups_list_free(left);
	ek_cgroups_free(c);
}

START_TEST(names_pods)
{
	struct ek_cgroups *c = open_or_skip();
	static const struct {
		const char *qos, *path;
	} rows[] = { { "Guaranteed", "/kubepods/podu" }, { "Burstable", "/kubepods/burstable/podu" },
		     { "BestEffort", "/kubepods/besteffort/podu" } };

	if (!c)
		return;
	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
		EK_FREE char *path = ek_cgroups_pod_path(c, rows[i].qos, "u");

		ck_assert(ek_str_ends(path, rows[i].path) && ek_str_starts(path + 1, name));
	}
	close_all(c);
}
END_TEST

static char *read_limit(const char *dir, const char *path, const char *file)
{
	EK_FREE char *full = ek_str_fmt("%s%s/%s", dir, path, file);
	char *text = NULL;

	if (ek_file_read(AT_FDCWD, full, 4096, &text, NULL, NULL) < 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text;
}

START_TEST(limits_pods)
{
	struct ek_cgroups *c = open_or_skip();
	const struct ek_cgroup_limits limits = { .cpu_request_milli = 500,
						 .cpu_limit_milli = 1000,
						 .memory_limit = 64 << 20 };
	struct ek_err err = { 0 };

	if (!c)
		return;
	EK_FREE char *path = ek_cgroups_pod_path(c, "Burstable", "u");
	ck_assert_msg(ek_cgroups_pod_make(c, path, &limits, &err) == 0, "%s", err.msg);
	if (!ek_cgroups_unified(c)) {
		EK_FREE char *shares = read_limit("/sys/fs/cgroup/cpu", path, "cpu.shares");
		EK_FREE char *quota = read_limit("/sys/fs/cgroup/cpu", path, "cpu.cfs_quota_us");
		EK_FREE char *memory = read_limit("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes");

		ck_assert_str_eq(shares, "512");
		ck_assert_str_eq(quota, "100000");
		ck_assert_str_eq(memory, "67108864");
	}
	char **list = ek_cgroups_list_pods(c);
	ck_assert_str_eq(list[0], path);
	ck_assert_ptr_null(list[1]);
	ek_cgroups_list_free(list);
	ck_assert_int_ge(ek_cgroups_usage(c, path).memory_usage, 0);
	EK_FREE char *oom = ek_cgroups_oom_file(c, path);
	ck_assert_int_eq(access(oom, F_OK), 0);
	ck_assert_int_eq(ek_cgroups_pod_make(c, path, &limits, NULL), 0); /* again is fine */
	ck_assert_int_eq(ek_cgroups_remove(c, path, 1000, &err), 0);
	ck_assert_int_eq(ek_cgroups_remove(c, path, 1000, &err), 0); /* missing is fine */
	close_all(c);
}
END_TEST

/* A process that forks and does not want to go. */
static pid_t start_stubborn(const char *procs)
{
	pid_t pid = fork();

	if (pid == 0) {
		FILE *f = fopen(procs, "w");

		signal(SIGTERM, SIG_IGN);
		if (!f || fprintf(f, "%d", (int)getpid()) < 0 || fclose(f) != 0)
			_exit(1);
		if (fork() == 0)
			for (;;)
				pause();
		for (;;)
			pause();
	}
	return pid;
}

START_TEST(kills_what_lives)
{
	struct ek_cgroups *c = open_or_skip();
	const struct ek_cgroup_limits none = { 0 };
	struct ek_err err = { 0 };
	int status;
	pid_t pid;

	if (!c)
		return;
	EK_FREE char *path = ek_cgroups_pod_path(c, "Guaranteed", "u");
	EK_FREE char *inner = ek_str_fmt("%s/inner", path);
	ck_assert_int_eq(ek_cgroups_pod_make(c, inner, &none, &err), 0);
	EK_FREE char *oom = ek_cgroups_oom_file(c, inner);
	EK_FREE char *procs = ek_str_fmt("%.*s/cgroup.procs", (int)(strrchr(oom, '/') - oom), oom);
	pid = start_stubborn(procs);
	usleep(50000);
	ck_assert_int_eq(ek_cgroups_remove(c, path, 0, &err), -EBUSY);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_msg(ek_cgroups_remove(c, path, 5000, &err) == 0, "%s", err.msg);
	close_all(c);
}
END_TEST

static char *where_we_are(void)
{
	char *text = NULL;

	ck_assert_int_eq(ek_file_read(AT_FDCWD, "/proc/self/cgroup", 1 << 16, &text, NULL, NULL), 0);
	return text;
}

/* Only the unified hierarchy in sight, as on a machine of today. */
START_TEST(unified_only)
{
	struct ek_cgroups *c = NULL;
	const struct ek_cgroup_limits limits = { .cpu_request_milli = 500 };
	struct ek_err err = { 0 };

	snprintf(name, sizeof(name), "ek-test-%d", (int)getpid());
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		printf("skipped: needs root\n");
		return;
	}
	while (umount2("/sys/fs/cgroup/unified", MNT_DETACH) == 0 || umount2("/sys/fs/cgroup", MNT_DETACH) == 0)
		;
	if (mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) < 0 || ek_cgroups_open(name, true, &c, &err) < 0) {
		printf("skipped: no cgroup v2 %s\n", err.msg);
		return;
	}
	ck_assert(ek_cgroups_unified(c));
	EK_FREE char *path = ek_cgroups_pod_path(c, "Burstable", "u");
	ck_assert_msg(ek_cgroups_pod_make(c, path, &limits, &err) == 0, "%s", err.msg);
	EK_FREE char *procs = ek_str_fmt("/sys/fs/cgroup%s/cgroup.procs", path);
	ck_assert_int_eq(access(procs, F_OK), 0);
	ck_assert_int_eq(ek_cgroups_remove(c, path, 1000, &err), 0);
	EK_FREE char *before = where_we_are();
	ck_assert_int_le(ek_cgroups_stay(c), 0);
	EK_FREE char *after = where_we_are();
	ck_assert_str_eq(before, after);
	close_all(c);
}
END_TEST

START_TEST(who_stays_is_where_it_was)
{
	struct ek_cgroups *c = open_or_skip();
	EK_FREE char *before = where_we_are(), *after = NULL;

	if (!c)
		return;
	ck_assert_int_le(ek_cgroups_stay(c), 0);
	after = where_we_are();
	ck_assert_str_eq(before, after);
	close_all(c);
}
END_TEST

static void count_held(void *arg, bool hold)
{
	*(int *)arg += hold ? 1 : -1;
}

START_TEST(launches_are_accompanied_to_their_end)
{
	struct ek_cgroups *c = open_or_skip();
	struct ek_loop *loop = ek_loop_new();
	int held = 0;
	struct ek_warm w = { .loop = loop, .cgroups = c, .held = count_held, .arg = &held };

	for (int i = 0; c && i < 2; i++)
		ek_warm_begin(&w);
	ck_assert(!c || (w.working && held == 1)); /* two launches, one move */
	for (int i = 0; c && i < 2; i++)
		ek_warm_end(&w);
	while (w.working)
		ek_loop_turn(loop);
	ck_assert_int_eq(held, 0);
	ck_assert(!ek_timer_active(&w.again));
	ek_warm_stop(&w);
	if (c) {
		ek_warm_begin(&w);
		ck_assert(!w.working && !ek_timer_active(&w.again));
		close_all(c);
	}
	ek_loop_free(loop);
}
END_TEST

START_TEST(a_long_launch_is_not_accompanied_for_ever)
{
	struct ek_cgroups *c = open_or_skip();
	struct ek_loop *loop = ek_loop_new();
	int held = 0;
	struct ek_warm w = { .loop = loop, .cgroups = c, .held = count_held, .arg = &held };

	if (c)
		ek_warm_begin(&w);
	while (w.working || ek_timer_active(&w.again))
		ek_loop_turn(loop);
	ck_assert(!c || w.useless || w.moves_left == 0);
	if (c)
		close_all(c);
	ek_loop_free(loop);
}
END_TEST

EK_TESTS("node/cgroups", names_pods, limits_pods, kills_what_lives, unified_only, who_stays_is_where_it_was,
	 launches_are_accompanied_to_their_end, a_long_launch_is_not_accompanied_for_ever)
