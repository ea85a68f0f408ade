/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/clock.h>

#include <errno.h>
#include <time.h>

#include <ek_test.h>

static const struct {
	int64_t us;
	const char *sec, *micro;
} times[] = {
	{ 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z" },
	{ 1136214245000006, "2006-01-02T15:04:05Z", "2006-01-02T15:04:05.000006Z" },
	{ 951782400000000, "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z" },
	{ 951868799999999, "2000-02-29T23:59:59Z", "2000-02-29T23:59:59.999999Z" },
	{ 4107542400000000, "2100-03-01T00:00:00Z", "2100-03-01T00:00:00.000000Z" },
	{ 4294967296000000, "2106-02-07T06:28:16Z", "2106-02-07T06:28:16.000000Z" },
	{ -1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999999Z" },
	{ -2208988800000000, "1900-01-01T00:00:00Z", "1900-01-01T00:00:00.000000Z" },
	{ -62135596800000000, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z" },
	{ -62167219200000000, "0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z" },
	{ 253402300799000000, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z" },
};

START_TEST(formats_and_reads_back)
{
	char sec[32], micro[40];
	int64_t us;

	ek_time_format(times[_i].us, sec);
	ck_assert_str_eq(sec, times[_i].sec);
	ek_time_format_micro(times[_i].us, micro);
	ck_assert_str_eq(micro, times[_i].micro);
	ck_assert_int_eq(ek_time_parse(micro, &us), 0);
	ck_assert_int_eq(us, times[_i].us);
}
END_TEST

START_TEST(every_day_agrees_with_libc)
{
	/* four centuries: every kind of leap year; noon, so that a wrong day shows */
	for (int64_t day = -70000; day < 80000; day++) {
		time_t t = (time_t)(day * 86400 + 43200);
		char want[32], got[32];
		int64_t us;
		struct tm tm;

		ck_assert_ptr_nonnull(gmtime_r(&t, &tm));
		ck_assert_uint_gt(strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm), 0);
		ek_time_format((int64_t)t * 1000000, got);
		ck_assert_str_eq(got, want);
		ck_assert_int_eq(ek_time_parse(got, &us), 0);
		ck_assert_int_eq(us, (int64_t)t * 1000000);
	}
}
END_TEST

START_TEST(what_cannot_be_written_is_clamped)
{
	char out[32];

	ek_time_format(INT64_MAX, out);
	ck_assert_str_eq(out, "9999-12-31T23:59:59Z");
	ek_time_format(INT64_MIN, out);
	ck_assert_str_eq(out, "0000-01-01T00:00:00Z");
}
END_TEST

START_TEST(nanoseconds)
{
	char out[40];

	ek_time_format_nano(1136214245, 7, out);
	ck_assert_str_eq(out, "2006-01-02T15:04:05.000000007Z");
	ek_time_format_nano(0, 999999999, out);
	ck_assert_str_eq(out, "1970-01-01T00:00:00.999999999Z");
}
END_TEST

static const struct {
	const char *s;
	int64_t us;
} readable[] = {
	{ "2006-01-02T15:04:05Z", 1136214245000000 },
	{ "2006-01-02T15:04:05+00:00", 1136214245000000 },
	{ "2006-01-02T15:04:05-07:00", 1136239445000000 },
	{ "2006-01-02T15:04:05+05:30", 1136194445000000 },
	{ "2006-01-02T15:04:05.5Z", 1136214245500000 },
	{ "2006-01-02T15:04:05,25Z", 1136214245250000 },
	{ "2006-01-02T15:04:05.123456789Z", 1136214245123456 },
	{ "1969-12-31T23:59:59.9+00:00", -100000 },
	{ "2024-02-29T00:00:00Z", 1709164800000000 },
};

START_TEST(reads_rfc3339)
{
	int64_t us;

	ck_assert_int_eq(ek_time_parse(readable[_i].s, &us), 0);
	ck_assert_int_eq(us, readable[_i].us);
}
END_TEST

static const char *const unreadable[] = {
	NULL, "", "2006", "2006-01-02", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z",
	"2006-01-02t15:04:05Z", "2006-01-02T15:04:05z", "2006-1-02T15:04:05Z",
	"2006-13-02T15:04:05Z", "2006-00-02T15:04:05Z", "2006-01-00T15:04:05Z",
	"2006-01-32T15:04:05Z", "2006-02-29T15:04:05Z", "2100-02-29T15:04:05Z",
	"2006-01-02T24:04:05Z", "2006-01-02T15:60:05Z", "2006-01-02T15:04:60Z",
	"2006-01-02T15:04:05.Z", "2006-01-02T15:04:05Z ", "2006-01-02T15:04:05+0700",
	"2006-01-02T15:04:05+7:00", "2006-01-02T15:04:05+24:00", "2006-01-02T15:04:05+01:60",
	"2006-01-02T15:04:05.1", "-006-01-02T15:04:05Z", "12006-01-02T15:04:05Z",
	"2006-01-02T15:04:05+", " 2006-01-02T15:04:05Z",
};

START_TEST(refuses_the_rest)
{
	int64_t us = -77;

	ck_assert_int_eq(ek_time_parse(unreadable[_i], &us), -EINVAL);
	ck_assert_int_eq(us, -77);
}
END_TEST

START_TEST(machine_clocks_run)
{
	int64_t mono = ek_clock_mono_ms(), wall = ek_clock_wall_us();

	ck_assert_int_ge(ek_clock_mono_ms(), mono);
	ck_assert_int_le(llabs(wall / 1000000 - (int64_t)time(NULL)), 2);
}
END_TEST

static int64_t fixed_mono(void *arg)
{
	return *(int64_t *)arg;
}

static int64_t fixed_wall(void *arg)
{
	return *(int64_t *)arg * 1000000;
}

START_TEST(clocks_can_be_replaced)
{
	int64_t now = 1136214245;
	struct ek_clock_source source = { fixed_mono, fixed_wall, &now };
	char out[32];

	ek_clock_set_source(&source);
	ck_assert_int_eq(ek_clock_mono_ms(), now);
	ck_assert_ptr_eq(ek_time_now(out), out);
	ck_assert_str_eq(out, "2006-01-02T15:04:05Z");
	now++;
	ck_assert_str_eq(ek_time_now(out), "2006-01-02T15:04:06Z");
	source.wall_us = NULL; /* one may stay the machine's */
	ek_clock_set_source(&source);
	ck_assert_int_gt(ek_clock_wall_us(), now * 1000000);
	ek_clock_set_source(NULL);
	ck_assert_int_ne(ek_clock_mono_ms(), now);
}
END_TEST

EK_TESTS("base/clock", EK_ROWS(formats_and_reads_back, times), every_day_agrees_with_libc,
	 what_cannot_be_written_is_clamped, nanoseconds, EK_ROWS(reads_rfc3339, readable),
	 EK_ROWS(refuses_the_rest, unreadable), machine_clocks_run, clocks_can_be_replaced)
