/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../../src/node/session/logs.h"

#include <ekube/file.h>
#include <ekube/str.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static struct ek_loop *loop;
static struct ek_log_reader reader;
static struct ek_buf got;
static char dir[64], path[96];
static bool ended;
static int end_rc;
static size_t enough; /* on_data says "enough" once when it has so many bytes */

static bool on_data(struct ek_log_reader *r, const char *data, size_t n)
{
	(void)r;
	(void)ek_buf_append(&got, data, n);
	return !enough || got.len < enough;
}

static void on_end(struct ek_log_reader *r, int rc)
{
	(void)r;
	ended = true;
	end_rc = rc;
}

static void append(const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	ck_assert_int_eq(ek_write_all(fd, text, strlen(text)), 0);
	(void)close(fd);
}

#define L1 "2024-01-01T00:00:01.000000000Z stdout F one\n"
#define L2 "2024-01-01T00:00:02.000000000Z stderr P tw\n"
#define L3 "2024-01-01T00:00:02.500000000Z stderr F o\n"
#define L4 "2024-01-01T00:00:03.000000000Z stdout F three\n"

static void setup(void)
{
	loop = ek_loop_new();
	ek_buf_init(&got, 1 << 20);
	ended = false;
	enough = 0;
	strcpy(dir, "/tmp/ek-logs-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/0.log", dir);
	reader = (struct ek_log_reader){ .on_data = on_data, .on_end = on_end };
}

static void teardown(void)
{
	ek_log_close(&reader);
	ek_buf_done(&got);
	ek_loop_free(loop);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, dir, NULL), 0);
}

static const char *text(void)
{
	return got.data ? got.data : "";
}

static const struct {
	const char *what;
	struct ek_log_options o;
	const char *want;
} rows[] = {
	{ "all", { -1, -1, 0, false, false }, "one\ntwo\nthree\n" },
	{ "the last line", { 1, -1, 0, false, false }, "three\n" },
	{ "none", { 0, -1, 0, false, false }, "" },
	{ "more than there are", { 99, -1, 0, false, false }, "one\ntwo\nthree\n" },
	{ "a limit", { -1, 5, 0, false, false }, "one\nt" },
	{ "since", { -1, -1, INT64_C(1704067203000000), false, false }, "three\n" },
	{ "with times", { 1, -1, 0, true, false }, "2024-01-01T00:00:03.000000000Z three\n" },
};

START_TEST(reads_as_asked)
{
	struct ek_err err;

	setup();
	append(L1 L2 L3 L4);
	ck_assert_int_eq(ek_log_open(loop, &reader, path, &rows[_i].o, &err), 0);
	ck_assert(ek_loop_until(loop, &ended, 5000));
	ck_assert_int_eq(end_rc, 0);
	ck_assert_msg(ek_streq(text(), rows[_i].want), "%s: '%s'", rows[_i].what, text());
	teardown();
}
END_TEST

/* A container that writes on does not make more of the last lines. */
START_TEST(the_last_lines_are_no_more_than_asked)
{
	const struct ek_log_options o = { 2, -1, 0, false, false };

	setup();
	append(L1 L4);
	ck_assert_int_eq(ek_log_open(loop, &reader, path, &o, NULL), 0);
	append(L1 L1);
	ck_assert(ek_loop_until(loop, &ended, 5000));
	ck_assert_str_eq(text(), "one\nthree\n");
	teardown();
}
END_TEST

START_TEST(follows_over_a_rotation_until_the_end)
{
	const struct ek_log_options o = { -1, -1, 0, false, true };
	const bool never = false;
	char old[128];

	setup();
	append(L1);
	ck_assert_int_eq(ek_log_open(loop, &reader, path, &o, NULL), 0);
	(void)ek_loop_until(loop, &never, 50);
	ck_assert_str_eq(text(), "one\n");
	append(L2);
	append(L3);
	(void)ek_loop_until(loop, &never, 50);
	ck_assert_str_eq(text(), "one\ntwo\n");
	(void)snprintf(old, sizeof(old), "%s.20240101-000000", path);
	ck_assert_int_eq(rename(path, old), 0);
	append(L4);
	(void)ek_loop_until(loop, &never, 50);
	ck_assert_str_eq(text(), "one\ntwo\nthree\n");
	ck_assert(!ended);
	ek_log_finish(&reader);
	ck_assert(ek_loop_until(loop, &ended, 5000));
	teardown();
}
END_TEST

START_TEST(waits_for_a_slow_user)
{
	const struct ek_log_options o = { -1, -1, 0, false, false };
	const bool never = false;

	setup();
	for (int i = 0; i < 5000; i++)
		append(L1);
	enough = 1;
	ck_assert_int_eq(ek_log_open(loop, &reader, path, &o, NULL), 0);
	(void)ek_loop_until(loop, &never, 100);
	ck_assert(!ended);
	ck_assert_uint_lt(got.len, 5000 * 4);
	enough = 0;
	ek_log_resume(&reader);
	ck_assert(ek_loop_until(loop, &ended, 5000));
	ck_assert_uint_eq(got.len, 5000 * 4);
	teardown();
}
END_TEST

START_TEST(damaged_lines_are_left_out)
{
	const struct ek_log_options o = { -1, -1, 0, false, false };

	setup();
	append("junk\n" L1 "2024 x\n" L4);
	ck_assert_int_eq(ek_log_open(loop, &reader, path, &o, NULL), 0);
	ck_assert(ek_loop_until(loop, &ended, 5000));
	ck_assert_str_eq(text(), "one\nthree\n");
	teardown();
}
END_TEST

START_TEST(no_such_log)
{
	const struct ek_log_options o = { -1, -1, 0, false, false };

	setup();
	ck_assert_int_lt(ek_log_open(loop, &reader, path, &o, NULL), 0);
	teardown();
}
END_TEST

EK_TESTS("node/logs", EK_ROWS(reads_as_asked, rows), the_last_lines_are_no_more_than_asked,
	 follows_over_a_rotation_until_the_end, waits_for_a_slow_user, damaged_lines_are_left_out,
	 no_such_log)
