/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a unit test needs around Check: a main().
 *
 *	START_TEST(parses_numbers) { ck_assert_int_eq(...); } END_TEST
 *	START_TEST(refuses)        { const struct row *r = &bad[_i]; ... } END_TEST
 *
 *	EK_TESTS("obj/json", parses_numbers, EK_ROWS(refuses, bad))
 *
 * EK_ROWS runs a test once for every element of an array, each in a process of its own, with
 * _i as the index. Check's variables hold: CK_FORK=no under a debugger, CK_RUN_CASE, CK_VERBOSITY.
 * The binary takes names of tests as arguments and then runs only these.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define EK_TEST_TIMEOUT 60 /* seconds, for each test; CK_TIMEOUT_MULTIPLIER stretches it */

struct ek_test_rows {
	const TTest *test;
	int n;
};

static struct ek_test_rows ek_test_rows_seen[256];
static size_t ek_test_rows_n;

static inline const TTest *ek_test_rows(const TTest *test, size_t n)
{
	if (ek_test_rows_n == sizeof(ek_test_rows_seen) / sizeof(ek_test_rows_seen[0]))
		abort();
	ek_test_rows_seen[ek_test_rows_n++] = (struct ek_test_rows){ test, (int)n };
	return test;
}

static inline int ek_test_wanted(const TTest *test, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], test->name) == 0)
			return 1;
	return argc < 2;
}

static inline int ek_test_main(const char *suite, const TTest *const *tests, size_t n, int argc, char **argv)
{
	Suite *s = suite_create(suite);
	TCase *tc = tcase_create(suite);
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_set_timeout(tc, EK_TEST_TIMEOUT);
	suite_add_tcase(s, tc);
	for (size_t i = 0; i < n; i++) {
		int rows = 1;

		for (size_t r = 0; r < ek_test_rows_n; r++)
			if (ek_test_rows_seen[r].test == tests[i])
				rows = ek_test_rows_seen[r].n;
		if (ek_test_wanted(tests[i], argc, argv))
			_tcase_add_test(tc, tests[i], 0, 0, 0, rows);
	}
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define EK_ROWS(fn, rows) ek_test_rows(fn, sizeof(rows) / sizeof((rows)[0]))

#define EK_TESTS(suite, ...)                                                              \
	int main(int argc, char **argv)                                                   \
	{                                                                                 \
		const TTest *ek_tests[] = { __VA_ARGS__ };                                \
		return ek_test_main(suite, ek_tests, sizeof(ek_tests) / sizeof(ek_tests[0]), argc, argv); \
	}
