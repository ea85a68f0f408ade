/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/str.h>

#include "node/fake_runtime.h"
#include "node/shim_box.h"
#include "container/shim_record.h"

/* ---- what a container says and how it ends ---- */

static const struct {
	const char *script;
	int         code, signum;
	const char *log;
} lives[] = {
	{ "exit 0", 0, 0, "" },
	{ "exit 7", 7, 0, "" },
	{ "kill -9 $$", 137, 9, "" },
	{ "kill -TERM $$", 143, 15, "" },
	{ "echo one; echo two; exit 3", 3, 0, "stdout F one\nstdout F two\n" },
	{ "echo bad >&2", 0, 0, "stderr F bad\n" },
	{ "printf 'no newline'", 0, 0, "stdout P no newline\n" },
	{ "printf 'a\\n\\nb\\n'", 0, 0, "stdout F a\nstdout F \nstdout F b\n" },
	{ "printf 'half '; sleep 0.2; echo done", 0, 0, "stdout F half done\n" },
	{ "trap 'echo bye; exit 5' TERM; kill -TERM $$; sleep 1", 5, 0, "stdout F bye\n" },
	{ "cat", 0, 0, "" }, /* stdin is /dev/null */
	{ "sleep 0.3 & exit 4", 4, 0, "" }, /* an orphan holds the pipe */
	{ "readlink /proc/self/fd/3; ls /proc/self/fd | wc -l", 0, 0, "stdout F 4\n" }, /* 0 1 2 and ls's own */
	{ "grep '^SigBlk' /proc/self/status", 0, 0, "stdout F SigBlk:\t0000000000000000\n" },
	/* 32 and 33 are libc's own: no libc lets them be changed */
	{ "grep -c '^SigIgn:.0000000[01][08]0000000$' /proc/self/status", 0, 0, "stdout F 1\n" },
};

START_TEST(lives_and_logs)
{
	struct box b;
	struct jar j;
	EK_FREE char *log = NULL;

	box_open(&b);
	jar_launch(&b, &j, "c", lives[_i].script, NULL);
	jar_ended(&j);
	ck_assert_int_eq(j.shim.status.state, EK_SHIM_EXITED);
	ck_assert_str_eq(j.shim.status.error, "");
	ck_assert_int_eq(j.shim.status.code, lives[_i].code);
	ck_assert_int_eq(j.shim.status.signum, lives[_i].signum);
	ck_assert(j.shim.status.finished_us >= j.shim.status.started_us);
	ck_assert(j.shim.status.finished_ms >= j.shim.status.started_ms &&
		  j.shim.status.started_ms > 0);
	ck_assert(j.shim.status.pid > 1);
	log = strip_stamps(jar_log(&j));
	ck_assert_str_eq(log, lives[_i].log);
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(stamps_are_rfc3339_with_nanoseconds)
{
	struct box b;
	struct jar j;
	EK_FREE char *log = NULL;
	int64_t before = ek_clock_wall_us(), at;

	box_open(&b);
	jar_launch(&b, &j, "c", "echo x", NULL);
	jar_ended(&j);
	log = jar_log(&j);
	ck_assert_uint_eq(strcspn(log, " "), strlen("2006-01-02T15:04:05.000000000Z"));
	log[strcspn(log, " ")] = '\0';
	ck_assert_int_eq(ek_time_parse(log, &at), 0);
	ck_assert(at >= before && at <= ek_clock_wall_us());
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(tells_that_it_runs)
{
	struct box b;
	struct jar j;

	box_open(&b);
	jar_launch(&b, &j, "c", "sleep 100", NULL);
	ck_assert_int_eq(j.shim.status.state, EK_SHIM_STARTING);
	jar_running(&j);
	ck_assert_int_eq(kill(j.shim.status.pid, 0), 0);
	ck_assert_int_eq(j.changes, 1);
	ck_assert_int_eq(ek_shim_signal(&j.shim, SIGTERM), 0);
	jar_ended(&j);
	ck_assert_int_eq(j.changes, 2);
	ck_assert_int_eq(j.shim.status.signum, SIGTERM);
	ck_assert_int_eq(ek_shim_signal(&j.shim, SIGTERM), -ESRCH);
	jar_close(&j);
	box_close(&b);
}
END_TEST

/* ---- what cannot be started ---- */

static const struct {
	const char *argv[4];
	const char *error;
} refusals[] = {
	{ { "fake-runtime", "--fail", "no such image" }, "no such image" },
	{ { "fake-runtime", "--fail", "line one\nline two" }, "line one line two" },
	{ { "fake-runtime", "--fail", "" }, "the container runtime failed and did not say why" },
	{ { "--help-that-is-not" }, NULL }, /* some other program's words */
};

START_TEST(a_runtime_that_refuses)
{
	const char *argv[6] = { fake_runtime_path() };
	struct box b;
	struct jar j;

	box_open(&b);
	for (int i = 0; i < 4 && refusals[_i].argv[i]; i++)
		argv[i + 1] = refusals[_i].argv[i];
	if (!refusals[_i].error)
		argv[0] = "/nonexistent/runc";
	jar_launch_argv(&b, &j, "c", argv, NULL);
	jar_ended(&j);
	ck_assert_int_eq(j.shim.status.state, EK_SHIM_EXITED);
	ck_assert_int_eq(j.shim.status.code, 128);
	ck_assert_str_eq(j.shim.status.error,
			 refusals[_i].error ? refusals[_i].error :
					      "the container runtime could not be executed");
	jar_close(&j);
	/* a later ekube reads the same */
	jar_adopt(&b, &j, "c");
	ck_assert_int_eq(j.shim.status.state, EK_SHIM_EXITED);
	ck_assert(j.shim.status.error[0]);
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(a_log_that_cannot_be_opened)
{
	struct ek_shim_spec spec = { .log_path = "/nonexistent/0.log" };
	struct box b;
	struct jar j;

	box_open(&b);
	jar_launch(&b, &j, "c", "true", &spec);
	jar_ended(&j);
	ck_assert_str_eq(j.shim.status.error, "the container's log could not be opened");
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(a_program_that_is_not_there)
{
	const char *const argv[] = { "true", NULL };
	struct box b;
	struct ek_shim s = { 0 };
	struct ek_err err = { 0 };
	struct ek_shim_spec spec = { .program = "/nonexistent/shim",
				     .log_path = "/tmp/x.log",
				     .runtime = argv };

	box_open(&b);
	spec.dir = b.dir;
	ck_assert_int_lt(ek_shim_launch(b.loop, &s, &spec, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent/shim"));
	ek_shim_stop(&s);
	box_close(&b);
}
END_TEST

START_TEST(two_shims_never_share_a_folder)
{
	struct box b;
	struct jar j, k;
	const char *argv[] = { fake_runtime_path(), "fake-runtime", "--fail", "ran twice", NULL };
	struct ek_shim_spec spec = { .runtime = argv };
	struct ek_err err = { 0 };

	box_open(&b);
	jar_launch(&b, &j, "c", "sleep 100", NULL);
	jar_running(&j);
	k = (struct jar){ .box = &b, .shim = { .on_change = j.shim.on_change } };
	spec.program = b.program;
	spec.dir = j.dir;
	spec.log_path = j.log;
	ck_assert_int_eq(ek_shim_launch(b.loop, &k.shim, &spec, &err), 0);
	ck_assert(ek_loop_until(b.loop, &k.ended, 10000));
	ck_assert_str_eq(k.shim.status.error, "the container's folder has an owner already");
	ck_assert_int_eq(kill(j.shim.status.pid, 0), 0);
	ek_shim_stop(&k.shim);
	jar_close(&j);
	box_close(&b);
}
END_TEST

/* ---- ekube comes and goes ---- */

START_TEST(a_killed_ekube_changes_nothing)
{
	struct box b;
	struct jar j;
	EK_FREE char *log = NULL;
	int st, pid;

	box_open(&b);
	pid = fork();
	if (pid == 0) { /* an ekube of its own, killed as soon as the container runs */
		struct ek_loop *loop = ek_loop_new();

		b.loop = loop;
		jar_launch(&b, &j, "c", "echo before; sleep 0.5; echo after; exit 9", NULL);
		jar_running(&j);
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	ck_assert(WIFSIGNALED(st));
	jar_adopt(&b, &j, "c");
	ck_assert_int_eq(j.shim.status.state, EK_SHIM_RUNNING);
	ck_assert(j.shim.status.started_us > 0);
	jar_ended(&j);
	ck_assert_int_eq(j.shim.status.code, 9);
	log = strip_stamps(jar_log(&j));
	ck_assert_str_eq(log, "stdout F before\nstdout F after\n");
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(killed_at_any_moment_of_the_launch)
{
	struct box b;
	struct jar j;
	int st, pid;

	box_open(&b);
	for (int i = 0; i < 25; i++) {
		char name[16];

		snprintf(name, sizeof(name), "c%d", i);
		pid = fork();
		if (pid == 0) {
			b.loop = ek_loop_new();
			jar_launch(&b, &j, name, "sleep 100", NULL);
			usleep((useconds_t)i * 250);
			kill(getpid(), SIGKILL);
		}
		ck_assert_int_eq(waitpid(pid, &st, 0), pid);
		jar_adopt(&b, &j, name);
		jar_running(&j);
		/* it runs and is ours, or never will: a late shim finds the folder taken */
		if (j.shim.status.state == EK_SHIM_NONE) {
			usleep(20000);
			ck_assert_int_ne(access(EK_F("%s/started", j.dir), F_OK), 0);
		} else {
			ck_assert_int_eq(j.shim.status.state, EK_SHIM_RUNNING);
		}
		jar_close(&j);
	}
	box_close(&b);
}
END_TEST

START_TEST(adopted_while_it_starts)
{
	struct box b;
	struct jar j, k;

	box_open(&b);
	EK_FREE char *pid = ek_str_fmt("%s/c/pid", b.dir);
	EK_FREE char *script =
		ek_str_fmt("sleep 0.4; exec %s fake-runtime --pid-file %s --sh 'sleep 100'",
			   fake_runtime_path(), pid);
	const char *argv[] = { "/bin/sh", "-c", script, NULL };

	jar_launch_argv(&b, &j, "c", argv, NULL);
	while (access(EK_F("%s/shim", j.dir), F_OK) < 0)
		usleep(1000);
	jar_adopt(&b, &k, "c");
	ck_assert_int_eq(k.shim.status.state, EK_SHIM_STARTING);
	jar_running(&k);
	ck_assert_int_eq(k.shim.status.state, EK_SHIM_RUNNING);
	ck_assert(k.shim.status.pid > 1);
	jar_running(&j); /* the one who launched it hears the same, a little later */
	ek_shim_stop(&j.shim);
	jar_close(&k);
	box_close(&b);
}
END_TEST

START_TEST(an_empty_folder_is_disowned)
{
	const char *argv[] = { fake_runtime_path(), "fake-runtime", "--fail", "must not run",
			       NULL };
	struct ek_shim_spec spec = { .runtime = argv };
	struct box b;
	struct jar j;

	box_open(&b);
	ck_assert_int_eq(mkdir(EK_F("%s/c", b.dir), 0700), 0);
	jar_adopt(&b, &j, "c");
	ck_assert_int_eq(j.shim.status.state, EK_SHIM_NONE);
	jar_close(&j);
	jar_adopt(&b, &j, "c");
	ck_assert_int_eq(j.shim.status.state, EK_SHIM_NONE);
	ek_shim_stop(&j.shim);

	spec.program = b.program;
	spec.dir = j.dir;
	spec.log_path = j.log;
	ck_assert_int_eq(ek_shim_launch(b.loop, &j.shim, &spec, NULL), 0);
	jar_ended(&j);
	ck_assert_str_eq(j.shim.status.error, "the container's folder has an owner already");
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(a_killed_shim_is_noticed)
{
	struct ek_shim_record r;
	struct box b;
	struct jar j;
	int pid;

	box_open(&b);
	jar_launch(&b, &j, "c", "sleep 100", NULL);
	jar_running(&j);
	pid = j.shim.status.pid;
	ck_assert_int_eq(ek_shim_record_read(j.dir, &r, NULL), 0);
	ck_assert_int_eq(kill(r.shim_pid, SIGKILL), 0);
	jar_ended(&j);
	ck_assert_int_eq(j.shim.status.state, EK_SHIM_LOST);
	ck_assert_int_eq(j.shim.status.pid, pid);
	ck_assert_int_eq(kill(pid, 0), 0); /* it still runs, and can be reached */
	ck_assert_int_eq(ek_shim_signal(&j.shim, SIGKILL), 0);
	ek_shim_stop(&j.shim);
	jar_adopt(&b, &j, "c");
	ck_assert_int_eq(j.shim.status.state, EK_SHIM_LOST);
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(another_boot_is_another_world)
{
	struct box b;
	struct jar j;
	EK_FREE char *record = NULL;

	box_open(&b);
	ck_assert_int_eq(mkdir(EK_F("%s/c", b.dir), 0700), 0);
	/* our own number and start, so that only the boot differs */
	record = ek_str_fmt("pid %d\nstart 1\nboot 00000000-0000-0000-0000-000000000000\n",
			    (int)getpid());
	ck_assert_int_eq(ek_file_write(AT_FDCWD, EK_F("%s/c/shim", b.dir), record, strlen(record),
				       0600, false, NULL),
			 0);
	jar_adopt(&b, &j, "c");
	ck_assert_int_eq(j.shim.status.state, EK_SHIM_LOST);
	ck_assert_int_eq(ek_shim_signal(&j.shim, 0), -ESRCH);
	jar_close(&j);
	box_close(&b);
}
END_TEST

static const char *const garbage[] = {
	"", "pid", "pid \n", "pid x\nstart y\n", "\n\n\n", "pid 99999999999999999999\nstart -1\nboot \n",
	"pid 1\nstart 1\nboot \xff\xfe\n", "start 5\n",
};

START_TEST(records_may_hold_anything)
{
	static const char *const files[] = { "shim", "started", "exit" };
	struct box b;
	struct jar j;

	box_open(&b);
	ck_assert_int_eq(mkdir(EK_F("%s/c", b.dir), 0700), 0);
	for (size_t i = 0; i < EK_ARRAY_LEN(files); i++) {
		ck_assert_int_eq(ek_file_write(AT_FDCWD, EK_F("%s/c/%s", b.dir, files[i]),
					       garbage[_i], strlen(garbage[_i]), 0600, false, NULL),
				 0);
		jar_adopt(&b, &j, "c");
		ck_assert_int_ne(j.shim.status.state, EK_SHIM_RUNNING);
		ek_shim_stop(&j.shim);
	}
	box_close(&b);
}
END_TEST

/* ---- the log ---- */

START_TEST(long_lines_come_in_parts)
{
	struct box b;
	struct jar j;
	EK_FREE char *log = NULL;
	size_t total = 0;
	int parts = 0, wholes = 0;

	box_open(&b);
	jar_launch(&b, &j, "c", "head -c 100000 /dev/zero | tr '\\0' x; echo; echo end", NULL);
	jar_ended(&j);
	log = strip_stamps(jar_log(&j));
	for (char *at = log; *at;) {
		size_t n = strcspn(at, "\n");

		if (ek_str_starts(at, "stdout P ")) {
			ck_assert_uint_eq(n - 9, EK_SHIM_LINE_MAX);
			parts++;
		} else {
			ck_assert(ek_str_starts(at, "stdout F "));
			wholes++;
		}
		total += n - 9;
		at += n + 1;
	}
	ck_assert_int_eq(parts, 6);
	ck_assert_int_eq(wholes, 2);
	ck_assert_uint_eq(total, 100000 + 3);
	jar_close(&j);
	box_close(&b);
}
END_TEST

struct files {
	char   names[64][256];
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void list_logs(const char *dir, struct files *f)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	f->n = 0;
	while ((e = readdir(d)))
		if (strncmp(e->d_name, "0.log", 5) == 0 && f->n < 64)
			snprintf(f->names[f->n++], 256, "%s", e->d_name);
	closedir(d);
	qsort(f->names, f->n, sizeof(f->names[0]), by_name);
}

START_TEST(rotates_by_size_and_keeps_so_many)
{
	struct ek_shim_spec spec = { .log_max_bytes = 20000, .log_max_files = 3 };
	struct box b;
	struct jar j;
	struct files f;
	long last = -1;

	box_open(&b);
	jar_launch(&b, &j, "c", "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done",
		   &spec);
	jar_ended(&j);
	list_logs(j.dir, &f);
	ck_assert_uint_eq(f.n, 3);
	ck_assert_str_eq(f.names[0], "0.log");
	/* 0.log.20060102-150405, in order, and together the end of what was said without a gap */
	for (size_t i = 1; i <= f.n; i++) {
		EK_FREE char *text = NULL;
		struct ek_err err = { 0 };

		if (i < f.n) {
			ck_assert_uint_eq(strlen(f.names[i]), strlen("0.log.20060102-150405"));
			ck_assert_int_eq(f.names[i][14], '-');
		}
		ck_assert_int_eq(ek_file_read(AT_FDCWD, EK_F("%s/%s", j.dir, f.names[i % f.n]),
					      1 << 20, &text, NULL, &err),
				 0);
		for (char *at = strstr(text, "line "); at; at = strstr(at + 1, "line ")) {
			long n = strtol(at + 5, NULL, 10);

			ck_assert(last < 0 || n == last + 1);
			last = n;
		}
	}
	ck_assert_int_eq(last, 4999);
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(a_flood_is_logged_whole)
{
	struct box b;
	struct jar j;
	struct stat st;
	struct ek_shim_spec spec = { .log_max_bytes = -1 };
	int64_t began = ek_clock_mono_ms(), ms;

	box_open(&b);
	jar_launch(&b, &j, "c", "yes 0123456789012345678901234567890123456789 | head -n 400000",
		   &spec);
	jar_ended(&j);
	ms = ek_clock_mono_ms() - began;
	ck_assert_int_eq(stat(j.log, &st), 0);
	ck_assert_int_eq(st.st_size, 400000LL * (41 + 40));
	ck_assert_int_eq(j.shim.status.log_lost, 0);
	if (getenv("EK_VERBOSE"))
		printf("flood: 16.4 MB logged in %d ms\n", (int)ms);
	jar_close(&j);
	box_close(&b);
}
END_TEST

/* A file system of 256 KiB, made and unmounted here. */
START_TEST(a_full_disk_costs_lines_not_life)
{
	struct ek_shim_spec spec = { .log_max_bytes = -1 };
	struct box b;
	struct jar j;
	EK_FREE char *small = NULL, *path = NULL, *filler = NULL, *log = NULL;

	if (geteuid() != 0) {
		printf("skipped: a_full_disk_costs_lines_not_life needs root\n");
		return;
	}
	box_open(&b);
	small = ek_str_fmt("%s/small", b.dir);
	path = ek_str_fmt("%s/0.log", small);
	filler = ek_str_fmt("%s/filler", small);
	ck_assert_int_eq(mkdir(small, 0700), 0);
	ck_assert_int_eq(mount("tmpfs", small, "tmpfs", 0, "size=256k"), 0);
	spec.log_path = path;
	EK_FREE char *script = ek_str_fmt(
		"head -c 200000 /dev/zero >%s; i=0; while [ $i -lt 4000 ]; do echo line $i; i=$((i+1)); done;"
		"sleep 0.3; rm %s; echo room again; exit 3",
		filler, filler);
	jar_launch(&b, &j, "c", script, &spec);
	jar_ended(&j);
	ck_assert_int_eq(j.shim.status.code, 3);
	ck_assert_int_gt(j.shim.status.log_lost, 50000);
	snprintf(j.log, sizeof(j.log), "%s", path);
	log = jar_log(&j);
	ck_assert_ptr_nonnull(strstr(log, "stdout F line 0\n"));
	ck_assert_ptr_nonnull(strstr(log, "bytes of this log were lost"));
	ck_assert_ptr_nonnull(strstr(log, " stdout F room again\n"));
	ck_assert_int_eq(umount(small), 0);
	jar_close(&j);
	box_close(&b);
}
END_TEST

/* ---- out of memory ---- */

static const struct {
	const char *text;
	bool        oom;
} oom_files[] = {
	{ "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n", true },
	{ "low 0\nhigh 0\nmax 12\noom 3\noom_kill 0\n", false },
	{ "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", true },
	{ "oom_kill_disable 1\nunder_oom 0\noom_kill 0\n", false },
	{ "", false },
};

START_TEST(sees_out_of_memory)
{
	struct box b;
	struct jar j;
	EK_FREE char *path = NULL;
	struct ek_shim_spec spec = { 0 };

	box_open(&b);
	spec.oom_file = path = ek_str_fmt("%s/events", b.dir);
	if (oom_files[_i].text[0])
		ck_assert_int_eq(ek_file_write(AT_FDCWD, path, oom_files[_i].text,
					       strlen(oom_files[_i].text), 0600, false, NULL),
				 0);
	jar_launch(&b, &j, "c", "kill -9 $$", &spec);
	jar_ended(&j);
	ck_assert_int_eq(j.shim.status.oom, oom_files[_i].oom);
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(installs_itself_once)
{
	struct box b;
	struct stat before, after;
	EK_FREE char *again = NULL;

	box_open(&b);
	ck_assert_int_eq(stat(b.program, &before), 0);
	ck_assert_int_eq(before.st_mode & 0777, 0755);
#ifndef __SANITIZE_ADDRESS__ /* glibc's is larger */
	ck_assert_int_lt(before.st_size, 64 * 1024);
#endif
	ck_assert_int_eq(ek_shim_install(b.dir, &again, NULL), 0);
	ck_assert_int_eq(stat(b.program, &after), 0);
	ck_assert(before.st_ino == after.st_ino);
	ck_assert_int_eq(truncate(b.program, 100), 0);
	free(ek_steal(again));
	ck_assert_int_eq(ek_shim_install(b.dir, &again, NULL), 0);
	ck_assert_int_eq(stat(b.program, &after), 0);
	ck_assert(after.st_size == before.st_size);
	box_close(&b);
}
END_TEST

static const struct {
	const char *name; /* of the container's first process */
	bool        entering;
} first_processes[] = {
	{ "runc:[2:INIT]", true },
	{ "runc", false },
	{ "nginx", false },
};

START_TEST(sees_a_program_that_is_not_there_yet)
{
	struct ek_shim s = { 0 };
	int ready[2];
	char byte;

	ck_assert_int_eq(pipe(ready), 0);
	s.status.pid = fork();
	if (s.status.pid == 0) {
		(void)prctl(PR_SET_NAME, first_processes[_i].name);
		(void)close(ready[1]);
		(void)pause();
		_exit(0);
	}
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 0); /* it has its name */
	ck_assert_int_eq(ek_shim_is_entering(&s), first_processes[_i].entering);
	ck_assert_int_eq(kill(s.status.pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(s.status.pid, NULL, 0), s.status.pid);
	ck_assert(!ek_shim_is_entering(&s)); /* it is gone */
	(void)close(ready[0]);
}
END_TEST

EK_TESTS("node/shim", EK_ROWS(lives_and_logs, lives), stamps_are_rfc3339_with_nanoseconds,
	 tells_that_it_runs, EK_ROWS(a_runtime_that_refuses, refusals),
	 a_log_that_cannot_be_opened, a_program_that_is_not_there, two_shims_never_share_a_folder,
	 a_killed_ekube_changes_nothing, killed_at_any_moment_of_the_launch,
	 adopted_while_it_starts, an_empty_folder_is_disowned, a_killed_shim_is_noticed,
	 another_boot_is_another_world, EK_ROWS(records_may_hold_anything, garbage),
	 long_lines_come_in_parts, rotates_by_size_and_keeps_so_many, a_flood_is_logged_whole,
	 a_full_disk_costs_lines_not_life, EK_ROWS(sees_out_of_memory, oom_files),
	 installs_itself_once, EK_ROWS(sees_a_program_that_is_not_there_yet, first_processes))
