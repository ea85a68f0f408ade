/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/clock.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Own calendar: gmtime needs a 64-bit time_t, and locale and leap tables have no say here. */

#define DAY      INT64_C(86400)
#define MILLION  INT64_C(1000000)
#define SEC_MIN  INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define SEC_MAX  INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

struct civil {
	unsigned year, month, day, hour, minute, second;
};

/* Days from 1970-01-01. Years begin in March, so that the leap day comes last. */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static struct civil civil_of(int64_t sec)
{
	int64_t days, z, era, doe, yoe, doy, mp, rest;

	sec = EK_MAX(EK_MIN(sec, SEC_MAX), SEC_MIN);
	days = (sec >= 0 ? sec : sec - (DAY - 1)) / DAY;
	rest = sec - days * DAY;
	z = days + 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	return (struct civil){
		.year = (unsigned)(yoe + era * 400 + (mp >= 10)),
		.month = (unsigned)(mp < 10 ? mp + 3 : mp - 9),
		.day = (unsigned)(doy - (153 * mp + 2) / 5 + 1),
		.hour = (unsigned)(rest / 3600),
		.minute = (unsigned)(rest / 60 % 60),
		.second = (unsigned)(rest % 60),
	};
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* "2006-01-02T15:04:05", a fraction of so many digits, "Z". */
static void format(char *out, size_t size, int64_t sec, int digits, uint32_t fraction)
{
	struct civil c = civil_of(sec);
	int n = snprintf(out, size, "%04u-%02u-%02uT%02u:%02u:%02u", c.year, c.month, c.day, c.hour,
			 c.minute, c.second);

	if (digits > 0)
		n += snprintf(out + n, size - (size_t)n, ".%0*" PRIu32, digits, fraction);
	(void)snprintf(out + n, size - (size_t)n, "Z");
}

void ek_time_format(int64_t wall_us, char out[32])
{
	format(out, 32, floor_div(wall_us, MILLION), 0, 0);
}

void ek_time_format_micro(int64_t wall_us, char out[40])
{
	int64_t sec = floor_div(wall_us, MILLION);

	format(out, 40, sec, 6, (uint32_t)(wall_us - sec * MILLION));
}

void ek_time_format_nano(int64_t sec, int32_t nsec, char out[40])
{
	EK_ASSERT(nsec >= 0 && nsec < 1000000000);
	format(out, 40, sec, 9, (uint32_t)nsec);
}

const char *ek_time_now(char out[32])
{
	ek_time_format(ek_clock_wall_us(), out);
	return out;
}

/* Exactly n digits within [min, max] at *s, which moves past them. */
static bool take_digits(const char **s, int n, unsigned min, unsigned max, unsigned *ret)
{
	unsigned v = 0;

	for (; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		v = v * 10 + (unsigned)(**s - '0');
	}
	*ret = v;
	return v >= min && v <= max;
}

static bool take_char(const char **s, char c)
{
	return **s == c && (*s)++;
}

static unsigned days_in(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_date_time(const char **s, struct civil *c)
{
	return take_digits(s, 4, 0, 9999, &c->year) && take_char(s, '-') &&
	       take_digits(s, 2, 1, 12, &c->month) && take_char(s, '-') &&
	       take_digits(s, 2, 1, days_in(c->year, c->month), &c->day) && take_char(s, 'T') &&
	       take_digits(s, 2, 0, 23, &c->hour) && take_char(s, ':') &&
	       take_digits(s, 2, 0, 59, &c->minute) && take_char(s, ':') &&
	       take_digits(s, 2, 0, 59, &c->second);
}

/* ".123456789": as many digits as there are; those past the sixth are dropped. */
static bool take_fraction(const char **s, int64_t *ret_us)
{
	int64_t place = MILLION / 10;
	const char *start;

	*ret_us = 0;
	if (!take_char(s, '.') && !take_char(s, ','))
		return true;
	for (start = *s; **s >= '0' && **s <= '9'; (*s)++, place /= 10)
		*ret_us += (**s - '0') * place;
	return *s > start;
}

static bool take_offset(const char **s, int64_t *ret_sec)
{
	bool west = **s == '-';
	unsigned hours, minutes;

	*ret_sec = 0;
	if (take_char(s, 'Z'))
		return true;
	if (!take_char(s, '+') && !take_char(s, '-'))
		return false;
	if (!take_digits(s, 2, 0, 23, &hours) || !take_char(s, ':') ||
	    !take_digits(s, 2, 0, 59, &minutes))
		return false;
	*ret_sec = (west ? -1 : 1) * (int64_t)(hours * 3600 + minutes * 60);
	return true;
}

int ek_time_parse(const char *s, int64_t *ret_wall_us)
{
	struct civil c = { 0 };
	int64_t us, offset, sec;

	if (!s || !take_date_time(&s, &c) || !take_fraction(&s, &us))
		return -EINVAL;
	if (!take_offset(&s, &offset) || *s)
		return -EINVAL;
	sec = days_of(c.year, c.month, c.day) * DAY + c.hour * 3600 + c.minute * 60 + c.second;
	*ret_wall_us = (sec - offset) * MILLION + us;
	return 0;
}
