/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/str.h>

#include <stdio.h>

#define NS  INT64_C(1)
#define US  (1000 * NS)
#define MS  (1000 * US)
#define SEC (1000 * MS)

static const struct {
	const char *name;
	int64_t     ns;
} units[] = {
	{ "ns", NS },
	{ "us", US },
	{ "\xc2\xb5s", US }, /* U+00B5, the micro sign */
	{ "\xce\xbcs", US }, /* U+03BC, the Greek letter */
	{ "ms", MS },
	{ "s", SEC },
	{ "m", 60 * SEC },
	{ "h", 3600 * SEC },
};

/* One "1.5h": a whole number, a fraction and the unit they count. */
struct term {
	uint64_t whole;
	uint64_t fraction;
	double   scale; /* ten to the digits of the fraction */
	size_t   digits;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* False when the whole number leaves 63 bits. */
static bool take_term(const char **s, struct term *t)
{
	const char *at = *s;

	*t = (struct term){ .scale = 1 };
	for (; is_digit(*at); at++, t->digits++) {
		t->whole = t->whole * 10 + (uint64_t)(*at - '0');
		if (t->whole > (uint64_t)1 << 63 || (t->whole > INT64_MAX / 10 && is_digit(at[1])))
			return false;
	}
	if (*at == '.')
		for (at++; is_digit(*at); at++, t->digits++) {
			if (t->fraction > (INT64_MAX - 9) / 10)
				continue; /* beyond what a nanosecond can tell */
			t->fraction = t->fraction * 10 + (uint64_t)(*at - '0');
			t->scale *= 10;
		}
	*s = at;
	return true;
}

/* The unit at *s in nanoseconds; 0 when unknown. *ret_len is its length either way. */
static int64_t unit_at(const char *s, size_t *ret_len)
{
	*ret_len = strcspn(s, ".0123456789");
	for (size_t i = 0; i < EK_ARRAY_LEN(units); i++)
		if (strlen(units[i].name) == *ret_len &&
		    strncmp(s, units[i].name, *ret_len) == 0)
			return units[i].ns;
	return 0;
}

/* *sum += t units; false past 2^63. */
static bool add_term(uint64_t *sum, const struct term *t, int64_t unit)
{
	const uint64_t limit = (uint64_t)1 << 63;
	uint64_t v;

	if (t->whole > limit / (uint64_t)unit)
		return false;
	v = t->whole * (uint64_t)unit;
	if (t->fraction > 0)
		v += (uint64_t)((double)t->fraction * ((double)unit / t->scale));
	if (v > limit || *sum > limit - v)
		return false;
	*sum += v;
	return true;
}

static int invalid(struct ek_err *err, const char *s)
{
	return ek_fail(err, EK_EINVALID, "time: invalid duration \"%s\"", s);
}

int ek_duration_parse(const char *s, int64_t *ret_ns, struct ek_err *err)
{
	const char *at = s ? s : "";
	bool minus = *at == '-';
	uint64_t sum = 0;

	s = at;
	if (*at == '-' || *at == '+')
		at++;
	if (strcmp(at, "0") == 0) {
		*ret_ns = 0;
		return 0;
	}
	if (!*at)
		return invalid(err, s);
	while (*at) {
		struct term t;
		int64_t unit;
		size_t len;

		if (!take_term(&at, &t) || t.digits == 0)
			return invalid(err, s);
		unit = unit_at(at, &len);
		if (len == 0)
			return ek_fail(err, EK_EINVALID, "time: missing unit in duration \"%s\"",
				       s);
		if (!unit)
			return ek_fail(err, EK_EINVALID,
				       "time: unknown unit \"%.*s\" in duration \"%s\"",
				       (int)EK_MIN(len, (size_t)64), at, s);
		if (!add_term(&sum, &t, unit))
			return invalid(err, s);
		at += len;
	}
	if (sum > (uint64_t)INT64_MAX && !minus)
		return invalid(err, s);
	*ret_ns = minus ? (int64_t)(0 - sum) : (int64_t)sum;
	return 0;
}

/* "12.34" for v / unit: no trailing zeros. Returns the length. */
static size_t format_decimal(char *out, size_t size, uint64_t v, uint64_t unit)
{
	size_t n = (size_t)snprintf(out, size, "%" PRIu64, v / unit);
	uint64_t rest = v % unit;

	if (rest == 0)
		return n;
	out[n++] = '.';
	for (unit /= 10; rest > 0; rest %= unit, unit /= 10) {
		out[n++] = (char)('0' + rest / unit);
		if (unit == 1)
			break;
	}
	out[n] = '\0';
	return n;
}

void ek_duration_format(int64_t ns, char out[32])
{
	uint64_t v = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	size_t n = 0;

	if (ns < 0)
		out[n++] = '-';
	if (v == 0 || v >= (uint64_t)SEC) {
		uint64_t minutes = v / (uint64_t)(60 * SEC);

		if (minutes >= 60)
			n += (size_t)snprintf(out + n, 32 - n, "%" PRIu64 "h", minutes / 60);
		if (minutes > 0)
			n += (size_t)snprintf(out + n, 32 - n, "%" PRIu64 "m", minutes % 60);
		n += format_decimal(out + n, 32 - n, v % (uint64_t)(60 * SEC), (uint64_t)SEC);
		(void)snprintf(out + n, 32 - n, "s");
		return;
	}
	if (v < (uint64_t)US) {
		(void)snprintf(out + n, 32 - n, "%" PRIu64 "ns", v);
		return;
	}
	n += format_decimal(out + n, 32 - n, v, (uint64_t)(v < (uint64_t)MS ? US : MS));
	(void)snprintf(out + n, 32 - n, v < (uint64_t)MS ? "\xc2\xb5s" : "ms");
}
