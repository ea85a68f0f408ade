/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

#include <ekube/meta.h>

#include <errno.h>

static const struct {
	const char *in;
	int         total, up, down; /* INT_MIN: refused */
} rows[] = {
	{ "5", 10, 5, 5 },
	{ "-1", 10, -1, -1 },
	{ "2.0", 10, 2, 2 },
	{ "'25%'", 10, 3, 2 },
	{ "'50%'", 10, 5, 5 },
	{ "'0%'", 10, 0, 0 },
	{ "'100%'", 7, 7, 7 },
	{ "'1%'", 0, 0, 0 },
	{ "'33%'", 3, 1, 0 },
	{ "'-25%'", 10, -2, -3 },
	{ "'+10%'", 10, 1, 1 },
	{ "'200%'", 3, 6, 6 },
	{ "'5'", 10, INT32_MIN, INT32_MIN },
	{ "'%'", 10, INT32_MIN, INT32_MIN },
	{ "'a%'", 10, INT32_MIN, INT32_MIN },
	{ "'5%%'", 10, INT32_MIN, INT32_MIN },
	{ "'1.5%'", 10, INT32_MIN, INT32_MIN },
	{ "'2147483647%'", 2147483647, INT32_MIN, INT32_MIN },
	{ "'99999999999%'", 1, INT32_MIN, INT32_MIN },
	{ "4294967296", 1, INT32_MIN, INT32_MIN },
	{ "1.5", 1, INT32_MIN, INT32_MIN },
	{ "''", 1, INT32_MIN, INT32_MIN },
	{ "null", 1, INT32_MIN, INT32_MIN },
	{ "{}", 1, INT32_MIN, INT32_MIN },
};

START_TEST(scales)
{
	EK_JSON struct ek_json *v = json(rows[_i].in);
	bool refused = rows[_i].up == INT32_MIN;
	int up = INT32_MIN, down = INT32_MIN;

	ck_assert_int_eq(ek_int_or_percent(v, rows[_i].total, true, &up), refused ? -EINVAL : 0);
	ck_assert_int_eq(ek_int_or_percent(v, rows[_i].total, false, &down), refused ? -EINVAL : 0);
	ck_assert_int_eq(up, rows[_i].up);
	ck_assert_int_eq(down, rows[_i].down);
}
END_TEST

START_TEST(absent_is_refused)
{
	int n;

	ck_assert_int_eq(ek_int_or_percent(NULL, 1, true, &n), -EINVAL);
}
END_TEST

EK_TESTS("obj/int_or_percent", EK_ROWS(scales, rows), absent_is_refused)
