/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/log.h>

#include <ekube/clock.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include <ek_test.h>

#define STAMP "time=2006-01-02T15:04:05.000006Z "

static int64_t then(void *arg)
{
	(void)arg;
	return INT64_C(1136214245000006);
}

static char last[8192];
static int lines;

static void remember(void *arg, const char *line)
{
	ck_assert_ptr_eq(arg, &lines);
	ck_assert_uint_lt(strlen(line), sizeof(last));
	strcpy(last, line);
	lines++;
}

static void capture(void)
{
	const struct ek_clock_source source = { .wall_us = then };

	ek_clock_set_source(&source);
	ek_log_capture(remember, &lines);
}

START_TEST(one_line_an_event)
{
	capture();
	ek_info("pod started", "pod", EK_F("%s/%s", "a", "b"), "ms", EK_I(12));
	ck_assert_str_eq(last, STAMP "level=info msg=\"pod started\" pod=a/b ms=12");
	ek_error("bye");
	ck_assert_str_eq(last, STAMP "level=error msg=bye");
	ek_warn("");
	ck_assert_str_eq(last, STAMP "level=warn msg=\"\"");
}
END_TEST

START_TEST(levels)
{
	capture();
	ek_debug("hidden");
	ck_assert_int_eq(lines, 0);
	ek_log_set_level(EK_LOG_DEBUG);
	ck_assert(ek_log_enabled(EK_LOG_DEBUG));
	ek_debug("seen", "k", "v");
	ck_assert_str_eq(last, STAMP "level=debug msg=seen k=v");
	ek_log_set_level(EK_LOG_ERROR);
	ck_assert(!ek_log_enabled(EK_LOG_WARN));
	ek_warn("hidden");
	ck_assert_int_eq(lines, 1);
	ek_error("seen");
	ck_assert_int_eq(lines, 2);
}
END_TEST

static const struct {
	const char *value, *shown;
} values[] = {
	{ "plain", "plain" },
	{ "a/b:c@d-1.2", "a/b:c@d-1.2" },
	{ "", "\"\"" },
	{ "two words", "\"two words\"" },
	{ "a=b", "\"a=b\"" },
	{ "say \"hi\"", "\"say \\\"hi\\\"\"" },
	{ "back\\slash", "\"back\\\\slash\"" },
	{ "x\nlevel=error msg=forged", "\"x\\nlevel=error msg=forged\"" },
	{ "\r\t\x01\x1b[31m\x7f", "\"\\r\\t\\x01\\x1b[31m\\x7f\"" },
	{ "caf\xc3\xa9 \xf0\x9f\x9a\x80", "\"caf\xc3\xa9 \xf0\x9f\x9a\x80\"" },
	{ "\xc2\x9b" "31m", "\"\\xc2\\x9b" "31m\"" },       /* a C1 control */
	{ "\xe2\x80\xae", "\"\\xe2\\x80\\xae\"" },          /* right-to-left override */
	{ "\xff\xc3(", "\"\\xff\\xc3(\"" },                 /* not UTF-8 */
};

START_TEST(hostile_values_cannot_forge_a_line)
{
	capture();
	ek_info("x", "v", values[_i].value);
	ck_assert_str_eq(last, EK_F(STAMP "level=info msg=x v=%s", values[_i].shown));
}
END_TEST

START_TEST(long_values_are_cut)
{
	char text[3000];

	capture();
	memset(text, 'a', sizeof(text));
	text[1024] = '\0';
	ek_info("x", "v", text);
	ck_assert_ptr_null(strstr(last, "..."));
	text[1024] = 'a';
	text[sizeof(text) - 1] = '\0';
	ek_info("x", "v", text, "after", "ok");
	ck_assert_ptr_nonnull(strstr(last, "aaa...\" after=ok"));
	ck_assert_uint_lt(strlen(last), 1200);
	memset(text, '\x01', sizeof(text) - 1);
	ek_info("x", "v", text, "after", "ok");
	ck_assert_ptr_nonnull(strstr(last, "\\x01...\" after=ok"));
	ck_assert_uint_lt(strlen(last), 1200);
}
END_TEST

START_TEST(lines_have_an_end)
{
	char v[1001];

	capture();
	memset(v, 'v', 1000);
	v[1000] = '\0';
	ek_info("x", "a", v, "b", v, "c", v, "d", v, "e", v, "f", v);
	ck_assert_uint_le(strlen(last), 4095);
	ck_assert_uint_gt(strlen(last), 3000);
}
END_TEST

START_TEST(null_value_ends_the_list)
{
	capture();
	ek_log_write(EK_LOG_INFO, "x", "a", "1", "b", (char *)NULL, (char *)NULL);
	ck_assert_str_eq(last, STAMP "level=info msg=x a=1 b=");
}
END_TEST

enum { THREADS = 4, EACH = 500 };

static void *chatter(void *arg)
{
	for (int i = 0; i < EACH; i++) {
		errno = E2BIG;
		ek_info("hello", "from", arg, "n", EK_I(i));
		ck_assert_int_eq(errno, E2BIG);
	}
	return NULL;
}

START_TEST(threads_do_not_tear_lines)
{
	static const char *const names[THREADS] = { "ann", "bob", "cat", "dan" };
	int next[THREADS] = { 0 }, total = 0;
	FILE *f = tmpfile();
	pthread_t threads[THREADS];
	char line[256];

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fcntl(fileno(f), F_SETFL, O_APPEND), 0);
	ck_assert_int_ge(dup2(fileno(f), STDERR_FILENO), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *name = (void *)(uintptr_t)names[i];

		ck_assert_int_eq(pthread_create(&threads[i], NULL, chatter, name), 0);
	}
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	rewind(f);
	for (; fgets(line, sizeof(line), f); total++) {
		char name[8];
		int n, end = 0;

		ck_assert_int_eq(sscanf(line, "time=%*s level=info msg=hello from=%7s n=%d\n%n",
					name, &n, &end), 2);
		ck_assert_uint_eq((size_t)end, strlen(line));
		for (size_t i = 0; i < THREADS; i++)
			if (strcmp(name, names[i]) == 0)
				ck_assert_int_eq(n, next[i]++);
	}
	ck_assert_int_eq(total, THREADS * EACH);
	(void)fclose(f);
}
END_TEST

EK_TESTS("base/log", one_line_an_event, levels,
	 EK_ROWS(hostile_values_cannot_forge_a_line, values), long_values_are_cut,
	 lines_have_an_end, null_value_ends_the_list, threads_do_not_tear_lines)
