/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_test.h"

/* The harness itself: rows are handed out by index, and each test runs in a process of its own. */

static const int squares[] = { 0, 1, 4, 9 };
static int touched;

START_TEST(row_gets_its_index)
{
	ck_assert_int_eq(squares[_i], _i * _i);
	ck_assert_int_eq(touched, 0);
	touched = 1;
}
END_TEST

START_TEST(assertion_failure_is_seen_by_the_parent)
{
	ck_assert_int_eq(touched, 0);
}
END_TEST

EK_TESTS("base/harness", EK_ROWS(row_gets_its_index, squares),
	 assertion_failure_is_seen_by_the_parent)
