/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/str.h>

#include <ek_test.h>

#define S INT64_C(1000000000)

static const struct {
	const char *s;
	int64_t ns;
	const char *same; /* as Go writes it */
} good[] = {
	{ "0", 0, "0s" },
	{ "0s", 0, "0s" },
	{ "-0", 0, "0s" },
	{ "+0", 0, "0s" },
	{ "1ns", 1, "1ns" },
	{ "999ns", 999, "999ns" },
	{ "1us", 1000, "1\xc2\xb5s" },
	{ "1.5\xc2\xb5s", 1500, "1.5\xc2\xb5s" },
	{ "1.5\xce\xbcs", 1500, "1.5\xc2\xb5s" },
	{ "250ms", 250000000, "250ms" },
	{ "1.234567ms", 1234567, "1.234567ms" },
	{ "1s", S, "1s" },
	{ "+1s", S, "1s" },
	{ "-1s", -S, "-1s" },
	{ ".5s", S / 2, "500ms" },
	{ "1.s", S, "1s" },
	{ "1.000000001s", S + 1, "1.000000001s" },
	{ "59s", 59 * S, "59s" },
	{ "60s", 60 * S, "1m0s" },
	{ "1h30m", 5400 * S, "1h30m0s" },
	{ "1h", 3600 * S, "1h0m0s" },
	{ "1h15m30.918273645s", 4530918273645, "1h15m30.918273645s" },
	{ "1m1h", 3660 * S, "1h1m0s" },
	{ "0.100000000000000000000h", 360 * S, "6m0s" },
	{ "0.3333333333333333333h", 1200 * S, "20m0s" },
	{ "9007199254740993ns", 9007199254740993, "2501h59m59.254740993s" },
	{ "9223372036854775807ns", INT64_MAX, "2562047h47m16.854775807s" },
	{ "-9223372036854775808ns", INT64_MIN, "-2562047h47m16.854775808s" },
	{ "-2562047h47m16.854775808s", INT64_MIN, "-2562047h47m16.854775808s" },
};

START_TEST(reads_and_writes)
{
	int64_t ns = -77;
	char out[32];

	ck_assert_int_eq(ek_duration_parse(good[_i].s, &ns, NULL), 0);
	ck_assert_int_eq(ns, good[_i].ns);
	ek_duration_format(ns, out);
	ck_assert_str_eq(out, good[_i].same);
	ck_assert_int_eq(ek_duration_parse(out, &ns, NULL), 0);
	ck_assert_int_eq(ns, good[_i].ns);
}
END_TEST

static const struct {
	const char *s, *message;
} bad[] = {
	{ "", "time: invalid duration \"\"" },
	{ "-", "time: invalid duration \"-\"" },
	{ ".", "time: invalid duration \".\"" },
	{ "-.s", "time: invalid duration \"-.s\"" },
	{ "s", "time: invalid duration \"s\"" },
	{ " 1s", "time: invalid duration \" 1s\"" },
	{ "3", "time: missing unit in duration \"3\"" },
	{ "1h3", "time: missing unit in duration \"1h3\"" },
	{ "1.5.2s", "time: missing unit in duration \"1.5.2s\"" },
	{ "1d", "time: unknown unit \"d\" in duration \"1d\"" },
	{ "1s ", "time: unknown unit \"s \" in duration \"1s \"" },
	{ "1S", "time: unknown unit \"S\" in duration \"1S\"" },
	{ "9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\"" },
	{ "-9223372036854775809ns", "time: invalid duration \"-9223372036854775809ns\"" },
	{ "99999999999999999999ns", "time: invalid duration \"99999999999999999999ns\"" },
	{ "18446744073709551617ns", "time: invalid duration \"18446744073709551617ns\"" },
	{ "2562048h", "time: invalid duration \"2562048h\"" },
	{ "2562047h48m", "time: invalid duration \"2562047h48m\"" },
	{ "9223372036854775.808us", "time: invalid duration \"9223372036854775.808us\"" },
};

START_TEST(refuses)
{
	struct ek_err err;
	int64_t ns = -77;

	ck_assert_int_eq(ek_duration_parse(bad[_i].s, &ns, &err), EK_EINVALID);
	ck_assert_str_eq(err.msg, bad[_i].message);
	ck_assert_int_eq(ns, -77);
}
END_TEST

START_TEST(null_is_empty)
{
	int64_t ns;

	ck_assert_int_eq(ek_duration_parse(NULL, &ns, NULL), EK_EINVALID);
}
END_TEST

EK_TESTS("base/duration", EK_ROWS(reads_and_writes, good), EK_ROWS(refuses, bad), null_is_empty)
