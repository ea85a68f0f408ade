/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/str.h>

#include "session/console.h"
#include "node/fake_runtime.h"
#include "node/shim_box.h"

enum { WAIT_MS = 20000 };

/* The "process" of the fake runtime is a shell script. */
struct run {
	struct ek_exec x;
	struct box    *box;
	struct ek_buf  text[3];
	bool           started, ended, close_at_output, pause_at_output;
	int            rc, code;
	struct ek_err  err;
};

static void on_started(struct ek_exec *x)
{
	ek_container_of(x, struct run, x)->started = true;
}

static void on_output(struct ek_exec *x, int channel, const char *data, size_t n)
{
	struct run *r = ek_container_of(x, struct run, x);

	ck_assert_int_eq(ek_buf_append(&r->text[channel], data, n), 0);
	if (r->close_at_output)
		ek_exec_close(x);
	if (r->pause_at_output)
		ek_exec_pause(x);
}

static void on_end(struct ek_exec *x, int rc, int code, const struct ek_err *err)
{
	struct run *r = ek_container_of(x, struct run, x);

	ck_assert(!r->ended);
	r->ended = true;
	r->rc = rc;
	r->code = code;
	r->err = *err;
}

static void run_start(struct box *b, struct run *r, const char *script,
		      const struct ek_exec_spec *options)
{
	const char *const runtime[] = { fake_runtime_path(), "fake-runtime", NULL };
	struct ek_exec_spec spec = options ? *options : (struct ek_exec_spec){ 0 };
	struct ek_err err = { 0 };

	*r = (struct run){
		.box = b,
		.x = { .on_started = on_started, .on_output = on_output, .on_end = on_end }
	};
	for (int i = 0; i < 3; i++)
		ek_buf_init(&r->text[i], 64 << 20);
	spec.program = b->program;
	spec.runtime = runtime;
	spec.id = "c";
	spec.dir = b->dir;
	spec.process = script;
	ck_assert_msg(ek_exec_start(b->loop, &r->x, &spec, &err) == 0, "%s", err.msg);
}

static void run_end(struct run *r)
{
	ck_assert(ek_loop_until(r->box->loop, &r->ended, WAIT_MS));
}

static const char *heard(const struct run *r, int channel)
{
	return r->text[channel].data ? r->text[channel].data : "";
}

static bool hears(struct run *r, const char *text)
{
	bool never = false;

	for (int64_t until = ek_clock_mono_ms() + WAIT_MS; ek_clock_mono_ms() < until;) {
		if (strstr(heard(r, 1), text))
			return true;
		(void)ek_loop_until(r->box->loop, &never, 2);
	}
	return false;
}

static void run_free(struct run *r)
{
	for (int i = 0; i < 3; i++)
		ek_buf_done(&r->text[i]);
}

/* Nothing may stay behind in the folder but the shim. */
static void box_is_clean(struct box *b)
{
	DIR *d = opendir(b->dir);
	struct dirent *e;

	while ((e = readdir(d)))
		ck_assert_msg(e->d_name[0] == '.' || strcmp(e->d_name, "ekube-shim") == 0,
			      "left: %s", e->d_name);
	closedir(d);
}

static const struct {
	const char *script;
	int         rc, code;
	const char *out, *err;
} runs[] = {
	{ "exit 0", 0, 0, "", "" },
	{ "exit 42", 0, 42, "", "" },
	{ "echo a; echo b >&2; exit 1", 0, 1, "a\n", "b\n" },
	{ "kill -9 $$", 0, 137, "", "" },
	{ "cat; echo end", 0, 0, "end\n", "" },
	{ "! exec failed: no such file", EK_EINTERNAL, 0, "", "" },
	{ "sleep 30 >/dev/null 2>&1 & echo x", 0, 0, "x\n", "" },
	{ "(sleep 0.2; echo late) & echo early", 0, 0, "early\nlate\n", "" },
	{ "ls /proc/self/fd | wc -l", 0, 0, "4\n", "" },
};

START_TEST(runs_and_ends)
{
	struct box b;
	struct run r;

	box_open(&b);
	run_start(&b, &r, runs[_i].script, NULL);
	run_end(&r);
	ck_assert_int_eq(r.rc, runs[_i].rc);
	ck_assert_int_eq(r.code, runs[_i].code);
	ck_assert_int_eq(r.started, runs[_i].rc == 0);
	ck_assert_str_eq(heard(&r, 1), runs[_i].out);
	ck_assert_str_eq(heard(&r, 2), runs[_i].err);
	if (runs[_i].rc < 0)
		ck_assert_str_eq(r.err.msg, " exec failed: no such file");
	run_free(&r);
	box_is_clean(&b);
	box_close(&b);
}
END_TEST

/* The grace: quiet for a second, then it is over, whoever still holds the pipe. */
START_TEST(an_orphan_with_the_pipe)
{
	struct box b;
	struct run r;
	int64_t began = ek_clock_mono_ms();

	box_open(&b);
	run_start(&b, &r, "sleep 30 & echo $!", NULL);
	run_end(&r);
	ck_assert_int_lt(ek_clock_mono_ms() - began, 10000);
	ck_assert_int_eq(r.code, 0);
	kill(atoi(heard(&r, 1)), SIGKILL);
	run_free(&r);
	box_close(&b);
}
END_TEST

START_TEST(stdin_flows_with_back_pressure)
{
	enum { N = 4 << 20 };
	struct ek_exec_spec spec = { .in = true };
	EK_FREE char *data = ek_malloc(N);
	struct box b;
	struct run r;

	memset(data, 'y', N);
	box_open(&b);
	run_start(&b, &r, "sleep 0.2; cat", &spec);
	ck_assert(ek_loop_until(b.loop, &r.started, WAIT_MS));
	ck_assert_int_eq(ek_exec_write(&r.x, data, N), 0);
	ck_assert_uint_gt(ek_exec_pending(&r.x), N / 2);
	ek_exec_end_stdin(&r.x);
	run_end(&r);
	ck_assert_uint_eq(r.text[1].len, N);
	ck_assert_int_eq(r.code, 0);
	run_free(&r);
	box_close(&b);
}
END_TEST

START_TEST(stdin_that_is_closed_early)
{
	struct ek_exec_spec spec = { .in = true };
	EK_FREE char *data = ek_calloc(1, 1 << 20);
	struct box b;
	struct run r;

	box_open(&b);
	run_start(&b, &r, "exec <&-; sleep 0.3; exit 3", &spec);
	ck_assert(ek_loop_until(b.loop, &r.started, WAIT_MS));
	(void)ek_exec_write(&r.x, data, 1 << 20);
	run_end(&r);
	ck_assert_int_eq(r.code, 3);
	run_free(&r);
	box_close(&b);
}
END_TEST

START_TEST(a_paused_reader_loses_nothing)
{
	struct box b;
	struct run r;
	bool never = false;

	box_open(&b);
	run_start(&b, &r, "yes | head -c 500000; exit 5", NULL);
	ck_assert(ek_loop_until(b.loop, &r.started, WAIT_MS));
	r.pause_at_output = true;
	while (!r.ended) { /* each piece pauses; the exit may come long before the last */
		(void)ek_loop_until(b.loop, &never, r.text[1].len < 100000 ? 150 : 1);
		ek_exec_resume(&r.x);
		ck_assert_uint_le(r.text[1].len, 500000);
	}
	ck_assert_uint_eq(r.text[1].len, 500000);
	ck_assert_int_eq(r.code, 5);
	run_free(&r);
	box_close(&b);
}
END_TEST

START_TEST(a_terminal)
{
	struct ek_exec_spec spec = { .tty = true, .in = true, .cols = 100, .rows = 30 };
	struct box b;
	struct run r;

	box_open(&b);
	run_start(
		&b, &r,
		"trap 'stty size' WINCH; stty size; while :; do read x; [ \"$x\" = bye ] && exit 9; done",
		&spec);
	ck_assert(hears(&r, "30 100\r\n"));
	ek_exec_resize(&r.x, 90, 20);
	ck_assert(hears(&r, "20 90\r\n"));
	ck_assert_int_eq(ek_exec_write(&r.x, "bye\n", 4), 0);
	run_end(&r);
	ck_assert_int_eq(r.rc, 0);
	ck_assert_int_eq(r.code, 9);
	ck_assert_uint_eq(r.text[2].len, 0);
	run_free(&r);
	box_is_clean(&b);
	box_close(&b);
}
END_TEST

START_TEST(refused_on_a_terminal)
{
	struct ek_exec_spec spec = { .tty = true };
	struct box b;
	struct run r;

	box_open(&b);
	run_start(&b, &r, "!no shell here", &spec);
	run_end(&r);
	ck_assert_int_eq(r.rc, EK_EINTERNAL);
	ck_assert_str_eq(r.err.msg, "no shell here");
	run_free(&r);
	box_is_clean(&b);
	box_close(&b);
}
END_TEST

START_TEST(a_closed_terminal_hangs_up)
{
	struct ek_exec_spec spec = { .tty = true };
	struct box b;
	struct run r;
	int pid;
	bool never = false;

	box_open(&b);
	run_start(&b, &r, "echo pid $$.; sleep 100", &spec);
	ck_assert(hears(&r, ".\r\n"));
	pid = atoi(strstr(heard(&r, 1), "pid ") + 4);
	ek_exec_close(&r.x);
	for (int i = 0; i < 500 && kill(pid, 0) == 0; i++)
		(void)ek_loop_until(b.loop, &never, 10);
	ck_assert_int_ne(kill(pid, 0), 0);
	ck_assert(!r.ended);
	/* the helper's end is still to be collected */
	for (int i = 0; i < 100; i++)
		(void)ek_loop_until(b.loop, &never, 2);
	run_free(&r);
	box_is_clean(&b);
	box_close(&b);
}
END_TEST

START_TEST(closed_in_its_own_callback)
{
	struct box b;
	struct run r;
	bool never = false;

	box_open(&b);
	run_start(&b, &r, "echo x; exec sleep 0.2", NULL);
	r.close_at_output = true;
	ck_assert(hears(&r, "x\n"));
	for (int i = 0; i < 100; i++)
		(void)ek_loop_until(b.loop, &never, 5);
	ck_assert(!r.ended);
	run_free(&r);
	box_is_clean(&b);
	box_close(&b);
}
END_TEST

START_TEST(times_out)
{
	struct ek_exec_spec spec = { .timeout_ms = 300 };
	struct box b;
	struct run r;

	box_open(&b);
	run_start(&b, &r,
		  _i ? "echo $$; exec sleep 100" :
		       "trap '' TERM INT; echo $$; while :; do sleep 0.1; done",
		  &spec);
	run_end(&r);
	ck_assert_int_eq(r.rc, EK_ETIMEOUT);
	ck_assert_int_ne(kill(atoi(heard(&r, 1)), 0), 0);
	run_free(&r);
	box_close(&b);
}
END_TEST
static const int two[2];

START_TEST(killed_by_its_owner)
{
	struct box b;
	struct run r;

	box_open(&b);
	run_start(&b, &r, "echo up; exec sleep 100", NULL);
	ck_assert(hears(&r, "up\n"));
	ek_exec_kill(&r.x);
	run_end(&r);
	ck_assert_int_eq(r.rc, 0);
	ck_assert_int_eq(r.code, 137);
	run_free(&r);
	box_close(&b);
}
END_TEST

START_TEST(closed_before_it_began)
{
	struct box b;
	struct run r;
	bool never = false;

	box_open(&b);
	EK_FREE char *script = ek_str_fmt("sleep %d; touch %s/ran", _i, b.dir);

	run_start(&b, &r, script, NULL);
	ek_exec_close(&r.x);
	for (int i = 0; i < 50; i++)
		(void)ek_loop_until(b.loop, &never, 5);
	run_free(&r);
	box_close(&b);
}
END_TEST

/* The server stops while something runs: the loop is freed, and nothing of ours stays. */
START_TEST(closed_while_it_runs)
{
	struct box b;
	struct run r;

	box_open(&b);
	run_start(&b, &r, "echo up; exec sleep 3", NULL);
	ck_assert(hears(&r, "up\n"));
	ek_exec_close(&r.x);
	ck_assert(!r.ended);
	run_free(&r);
	box_close(&b);
}
END_TEST

/* ---- the console socket, against somebody who is not a runtime ---- */

struct caller {
	struct ek_console c;
	int  fd;
	bool got;
};

static void on_terminal(struct ek_console *c, int take_fd)
{
	struct caller *k = ek_container_of(c, struct caller, c);

	k->fd = take_fd;
	k->got = true;
}

START_TEST(console_without_a_descriptor)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct caller k = { .c = { .on_terminal = on_terminal }, .fd = -1 };
	struct box b;
	char path[64];
	int fd;

	box_open(&b);
	ck_assert_int_eq(ek_console_open(b.loop, &k.c, b.dir, "tty", path, NULL), 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	for (int i = 0; i < 3; i++) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
		if (i)
			ck_assert_int_eq(send(fd, "hello", 5, 0), 5);
		close(fd);
		(void)ek_loop_until(b.loop, &k.got, 20);
		ck_assert(!k.got);
	}
	ek_console_look(&k.c);
	ck_assert(!k.got);
	ek_console_close(&k.c);
	box_is_clean(&b);
	box_close(&b);
}
END_TEST

EK_TESTS("node/exec", EK_ROWS(runs_and_ends, runs), an_orphan_with_the_pipe,
	 stdin_flows_with_back_pressure, stdin_that_is_closed_early,
	 a_paused_reader_loses_nothing, a_terminal, refused_on_a_terminal,
	 a_closed_terminal_hangs_up, closed_in_its_own_callback, EK_ROWS(times_out, two),
	 killed_by_its_owner, EK_ROWS(closed_before_it_began, two), closed_while_it_runs,
	 console_without_a_descriptor)
