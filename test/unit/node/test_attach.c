/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/str.h>

#include "node/shim_box.h"

enum { ALL = EK_SHIM_WANT_IN | EK_SHIM_WANT_OUT | EK_SHIM_WANT_ERR };

START_TEST(hears_both_outputs_and_the_end)
{
	struct box b;
	struct jar j;
	struct ear e;

	box_open(&b);
	jar_launch(&b, &j, "c", "sleep 0.3; echo out; echo err >&2", NULL);
	jar_running(&j);
	ear_open(&j, &e, EK_SHIM_WANT_OUT | EK_SHIM_WANT_ERR);
	ck_assert(ek_loop_until(b.loop, &e.ended, 10000));
	ck_assert_int_eq(e.rc, 0);
	ck_assert_str_eq(e.text[1].data, "out\n");
	ck_assert(strstr(e.text[2].data, "err\n"));
	ear_close(&e);
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(feeds_stdin)
{
	struct ek_shim_spec spec = { .in = EK_SHIM_STDIN_KEEP };
	struct box b;
	struct jar j;
	struct ear e;
	EK_FREE char *log = NULL;

	box_open(&b);
	jar_launch(&b, &j, "c",
		   "while read x; do echo got $x; [ $x != end ] || exit 6; done; exit 1", &spec);
	jar_running(&j);
	ear_open(&j, &e, ALL);
	ck_assert_int_eq(ek_attach_write(&e.a, "hello\n", 6), 0);
	ck_assert(ear_hears(&b, &e, 1, "got hello\n"));
	ek_attach_end_stdin(&e.a); /* keep: the container's stdin stays open */
	ear_close(&e);
	ear_open(&j, &e, ALL);
	ck_assert_int_eq(ek_attach_write(&e.a, "end\n", 4), 0);
	jar_ended(&j);
	ck_assert_int_eq(j.shim.status.code, 6);
	log = strip_stamps(jar_log(&j));
	ck_assert_str_eq(log, "stdout F got hello\nstdout F got end\n");
	ear_close(&e);
	jar_close(&j);
	box_close(&b);
}
END_TEST

/* once: closed with the first client that feeds it, politely or not */
START_TEST(stdin_once)
{
	struct ek_shim_spec spec = { .in = EK_SHIM_STDIN_ONCE };
	struct box b;
	struct jar j;
	struct ear watcher, e;
	EK_FREE char *log = NULL;

	box_open(&b);
	jar_launch(&b, &j, "c", "cat; echo closed", &spec);
	jar_running(&j);
	ear_open(&j, &watcher, EK_SHIM_WANT_OUT);
	ear_open(&j, &e, ALL);
	ck_assert_int_eq(ek_attach_write(&e.a, "data\n", 5), 0);
	if (_i == 0)
		ek_attach_end_stdin(&e.a);
	else
		ck_assert(ear_hears(&b, &e, 1, "data\n"));
	if (_i == 1)
		ear_close(&e);
	ck_assert(ear_hears(&b, &watcher, 1, "data\nclosed\n"));
	jar_ended(&j);
	log = strip_stamps(jar_log(&j));
	ck_assert_str_eq(log, "stdout F data\nstdout F closed\n");
	ear_close(&watcher);
	if (_i == 0)
		ear_close(&e);
	jar_close(&j);
	box_close(&b);
}
END_TEST

static const char *const once_rows[] = { "says so", "just goes" };

START_TEST(much_stdin_to_a_slow_reader)
{
	struct ek_shim_spec spec = { .in = EK_SHIM_STDIN_ONCE };
	enum { N = 3 << 20 };
	EK_FREE char *data = ek_malloc(N);
	EK_FREE char *log = NULL;
	struct box b;
	struct jar j;
	struct ear e;

	memset(data, 'x', N);
	box_open(&b);
	jar_launch(&b, &j, "c", "sleep 0.3; wc -c", &spec);
	jar_running(&j);
	ear_open(&j, &e, ALL);
	ck_assert_int_eq(ek_attach_write(&e.a, data, N), 0);
	ck_assert_uint_gt(ek_attach_pending(&e.a), N / 2); /* it pushes back */
	ek_attach_end_stdin(&e.a);
	jar_ended(&j);
	log = strip_stamps(jar_log(&j));
	ck_assert_str_eq(log, "stdout F 3145728\n");
	ear_close(&e);
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(stdin_that_nobody_reads)
{
	struct ek_shim_spec spec = { .in = EK_SHIM_STDIN_KEEP };
	struct box b;
	struct jar j;
	struct ear e;

	box_open(&b);
	jar_launch(&b, &j, "c", "exec <&-; echo shut; sleep 0.5; exit 2", &spec);
	jar_running(&j);
	ear_open(&j, &e, ALL);
	for (int i = 0; i < 50; i++)
		(void)ek_attach_write(&e.a, "0123456789abcdef", 16);
	jar_ended(&j);
	ck_assert_int_eq(j.shim.status.code, 2);
	ear_close(&e);
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(a_terminal)
{
	struct ek_shim_spec spec = { .in = EK_SHIM_STDIN_KEEP, .tty = true };
	struct box b;
	struct jar j;
	struct ear e;
	EK_FREE char *log = NULL;

	box_open(&b);
	jar_launch(&b, &j, "c",
		   "tty >/dev/null || exit 1; trap 'stty size' WINCH; echo ready >&2;"
		   "while :; do read x; echo got $x; [ \"$x\" = bye ] && exit 5; done",
		   &spec);
	jar_running(&j);
	ear_open(&j, &e, ALL);
	ck_assert_int_eq(ek_attach_write(&e.a, "hello\n", 6), 0);
	ck_assert(ear_hears(&b, &e, 1, "hello\r\n")); /* echoed by the terminal */
	ck_assert(ear_hears(&b, &e, 1, "got hello\r\n"));
	ek_attach_resize(&e.a, 120, 40);
	ck_assert(ear_hears(&b, &e, 1, "40 120"));
	ck_assert_int_eq(ek_attach_write(&e.a, "bye\n", 4), 0);
	jar_ended(&j);
	ck_assert_int_eq(j.shim.status.code, 5);
	ck_assert_uint_eq(e.text[2].len, 0); /* stderr is the terminal too */
	log = strip_stamps(jar_log(&j));
	ck_assert_ptr_nonnull(strstr(log, "stdout F ready\r\n"));
	ck_assert_ptr_nonnull(strstr(log, "stdout F 40 120\r\n"));
	ear_close(&e);
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(a_terminal_survives_its_clients)
{
	struct ek_shim_spec spec = { .in = EK_SHIM_STDIN_ONCE, .tty = true };
	struct box b;
	struct jar j;
	struct ear e;

	box_open(&b);
	jar_launch(&b, &j, "c", "while read x; do echo got $x; [ $x != end ] || exit 4; done",
		   &spec);
	jar_running(&j);
	ear_open(&j, &e, ALL);
	ck_assert_int_eq(ek_attach_write(&e.a, "one\n", 4), 0);
	ck_assert(ear_hears(&b, &e, 1, "got one\r\n"));
	ear_close(&e);
	ear_open(&j, &e, ALL);
	ck_assert_int_eq(ek_attach_write(&e.a, "end\n", 4), 0);
	jar_ended(&j);
	ck_assert_int_eq(j.shim.status.code, 4);
	ear_close(&e);
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(everybody_hears_all_of_it)
{
	enum { EARS = EK_SHIM_CLIENTS_MAX };
	struct box b;
	struct jar j;
	struct ear e[EARS], extra = { 0 };
	struct ek_shim_spec spec = { .in = EK_SHIM_STDIN_KEEP };

	box_open(&b);
	jar_launch(&b, &j, "c",
		   "read x; i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done", &spec);
	jar_running(&j);
	for (int i = 0; i < EARS; i++)
		ear_open(&j, &e[i], EK_SHIM_WANT_OUT | (i == 0 ? EK_SHIM_WANT_IN : 0));
	/* one more is turned away, and does no harm */
	ear_try(&j, &extra, EK_SHIM_WANT_OUT);
	ck_assert(ek_loop_until(b.loop, &extra.ended, 5000));
	ck_assert_int_eq(ek_attach_write(&e[0].a, "go\n", 3), 0);
	for (int i = 0; i < EARS; i++) {
		ck_assert(ek_loop_until(b.loop, &e[i].ended, 20000));
		ck_assert_uint_eq(e[i].text[1].len,
				  5 * 20000 + 10 + 90 * 2 + 900 * 3 + 9000 * 4 + 10000 * 5 + 20000);
		ear_close(&e[i]);
	}
	jar_ended(&j);
	jar_close(&j);
	box_close(&b);
}
END_TEST

/* It holds the container back for a while, then it is dropped and the container goes on. */
START_TEST(a_client_that_does_not_read)
{
	struct ek_shim_spec spec = { .in = EK_SHIM_STDIN_KEEP };
	struct box b;
	struct jar j;
	struct ear e, other;
	int64_t began;

	box_open(&b);
	jar_launch(&b, &j, "c", "read x; yes 0123456789 | head -c 3000000; exit 8", &spec);
	jar_running(&j);
	ear_open(&j, &e, ALL);
	ear_open(&j, &other, EK_SHIM_WANT_OUT);
	ek_attach_pause(&e.a);
	began = ek_clock_mono_ms();
	ck_assert_int_eq(ek_attach_write(&e.a, "go\n", 3), 0);
	jar_ended(&j);
	ck_assert_int_ge(ek_clock_mono_ms() - began, EK_SHIM_STALL_MS - 1500);
	ck_assert_int_eq(j.shim.status.code, 8);
	ck_assert_int_eq(j.shim.status.log_lost, 0);
	ck_assert(ek_loop_until(b.loop, &other.ended, 5000));
	ck_assert_uint_eq(other.text[1].len, 3000000);
	ek_attach_resume(&e.a);
	ck_assert(ek_loop_until(b.loop, &e.ended, 5000));
	ck_assert_uint_lt(e.text[1].len, 3000000);
	ear_close(&e);
	ear_close(&other);
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(a_client_that_pauses_a_little_loses_nothing)
{
	struct ek_shim_spec spec = { .in = EK_SHIM_STDIN_KEEP };
	struct box b;
	struct jar j;
	struct ear e;
	bool never = false;

	box_open(&b);
	jar_launch(&b, &j, "c", "read x; yes 0123456789 | head -c 3000000", &spec);
	jar_running(&j);
	ear_open(&j, &e, ALL);
	ck_assert_int_eq(ek_attach_write(&e.a, "go\n", 3), 0);
	for (int i = 0; i < 5; i++) {
		ek_attach_pause(&e.a);
		(void)ek_loop_until(b.loop, &never, 100);
		ek_attach_resume(&e.a);
		(void)ek_loop_until(b.loop, &never, 3);
	}
	ck_assert(ek_loop_until(b.loop, &e.ended, 20000));
	ck_assert_uint_eq(e.text[1].len, 3000000);
	jar_ended(&j);
	ear_close(&e);
	jar_close(&j);
	box_close(&b);
}
END_TEST

/* ---- a client of another make ---- */

static const struct {
	const char *bytes;
	size_t      n;
} rude[] = {
	{ "", 0 },
	{ "G", 1 },
	{ "GET / HTTP/1.1\r\n\r\n", 18 },
	{ "\1\0\xff\xff", 4 },       /* a HELLO of 64 KiB */
	{ "\3\0\0\0", 4 },           /* a RESIZE of nothing */
	{ "\1\0\1\0", 4 },           /* a HELLO that does not come */
	{ "\1\0\1\0\xff\2\0\xff\xff" "abc", 12 }, /* half a frame of stdin */
	{ "\0\0\0\0", 4 },
	{ "\xff\xff\xff\xff\xff\xff\xff\xff", 8 },
};

START_TEST(rude_clients_do_no_harm)
{
	struct ek_shim_spec spec = { .in = EK_SHIM_STDIN_KEEP };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct box b;
	struct jar j;
	struct ear e;
	int fd;

	box_open(&b);
	jar_launch(&b, &j, "c", "while read x; do echo $x; done", &spec);
	jar_running(&j);
	for (int i = 0; i < 20; i++) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/attach", j.dir);
		ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
		(void)send(fd, rude[_i].bytes, rude[_i].n, MSG_NOSIGNAL);
		close(fd);
	}
	ear_open(&j, &e, ALL);
	ck_assert_int_eq(ek_attach_write(&e.a, "\nfine\n", 6), 0);
	ck_assert(ear_hears(&b, &e, 1, "fine\n"));
	ear_close(&e);
	jar_close(&j);
	box_close(&b);
}
END_TEST

START_TEST(no_shim_no_attach)
{
	struct box b;
	struct jar j;
	struct ear e = { 0 };

	box_open(&b);
	ck_assert_int_eq(ek_attach_open(b.loop, &e.a, "/nonexistent", ALL, NULL), -ENOENT);
	jar_launch(&b, &j, "c", "true", NULL);
	jar_ended(&j);
	ear_try(&j, &e, ALL);
	ck_assert(ek_loop_until(b.loop, &e.ended, 5000));
	ck_assert_int_eq(e.rc, -ENOENT);
	ear_close(&e);
	jar_close(&j);
	box_close(&b);
}
END_TEST

EK_TESTS("node/attach", hears_both_outputs_and_the_end, feeds_stdin,
	 EK_ROWS(stdin_once, once_rows), much_stdin_to_a_slow_reader, stdin_that_nobody_reads,
	 a_terminal, a_terminal_survives_its_clients, everybody_hears_all_of_it,
	 a_client_that_does_not_read, a_client_that_pauses_a_little_loses_nothing,
	 EK_ROWS(rude_clients_do_no_harm, rude), no_shim_no_attach)
