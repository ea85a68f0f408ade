/* SPDX-License-Identifier: Apache-2.0 */
#include "quantity.h"

#include <ekube/str.h>

#include <stdio.h>
#include <string.h>

/*
 * [+-] digits [. digits] suffix. The number is held exactly, as a small big integer, until it has
 * been multiplied by its suffix and rounded up to nano: then it becomes an int64 and a scale.
 * Kubernetes keeps more than 63 bits of a mantissa; here the digits that do not fit are rounded up.
 */
static const char format_wrong[] =
	"quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
static const char numeric_wrong[] = "unable to parse numeric part of quantity";
static const char suffix_wrong[] = "unable to parse quantity's suffix";

/* ---- an unsigned integer of 864 bits: 240 decimal digits times 2^60 are 858 ---- */

enum { LIMBS = 27, MAX_DIGITS = 240 };

struct big {
	uint32_t limb[LIMBS]; /* least significant first */
	int      n;           /* how many are in use: nearly always one or two */
};

static void big_mul_add(struct big *b, uint32_t by, uint32_t add)
{
	uint64_t carry = add;

	for (int i = 0; i < b->n; i++) {
		carry += (uint64_t)b->limb[i] * by;
		b->limb[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry) {
		EK_ASSERT(b->n < LIMBS);
		b->limb[b->n++] = (uint32_t)carry;
	}
}

static uint32_t big_div(struct big *b, uint32_t by)
{
	uint64_t rest = 0;

	for (int i = b->n - 1; i >= 0; i--) {
		rest = rest << 32 | b->limb[i];
		b->limb[i] = (uint32_t)(rest / by);
		rest %= by;
	}
	return (uint32_t)rest;
}

static bool big_to_int(const struct big *b, int64_t *ret)
{
	for (int i = 2; i < b->n; i++)
		if (b->limb[i])
			return false;
	if (b->limb[1] >> 31)
		return false;
	*ret = (int64_t)((uint64_t)b->limb[1] << 32 | b->limb[0]);
	return true;
}

static bool big_is_zero(const struct big *b)
{
	int64_t v;

	return big_to_int(b, &v) && v == 0;
}

/* ---- the text ---- */

struct parts {
	bool        negative;
	const char *num, *denom, *suffix; /* num without leading zeros */
	size_t      n_num, n_denom;
	bool        no_digits; /* not even a zero */
};

static size_t span_digits(const char *s)
{
	return strspn(s, "0123456789");
}

static bool split(const char *s, struct parts *ret)
{
	struct parts p = { .negative = *s == '-' };
	const char *start;

	s += *s == '-' || *s == '+';
	start = s;
	s += strspn(s, "0");
	p.num = s;
	p.n_num = span_digits(s);
	s += p.n_num;
	p.denom = s + (*s == '.');
	p.n_denom = *s == '.' ? span_digits(p.denom) : 0;
	p.no_digits = s == start && p.n_denom == 0;
	s = p.denom + p.n_denom;
	p.suffix = s;
	s += strspn(s, "eEinumkKMGTP");
	s += *s == '-' || *s == '+';
	s += span_digits(s);
	*ret = p;
	return *s == '\0';
}

static const struct {
	const char *text;
	uint8_t     format;
	int8_t      exp; /* of 10 or of 2 */
} suffixes[] = {
	{ "", EK_Q_DECIMAL_SI, 0 },    { "n", EK_Q_DECIMAL_SI, -9 },  { "u", EK_Q_DECIMAL_SI, -6 },
	{ "m", EK_Q_DECIMAL_SI, -3 },  { "k", EK_Q_DECIMAL_SI, 3 },   { "M", EK_Q_DECIMAL_SI, 6 },
	{ "G", EK_Q_DECIMAL_SI, 9 },   { "T", EK_Q_DECIMAL_SI, 12 },  { "P", EK_Q_DECIMAL_SI, 15 },
	{ "E", EK_Q_DECIMAL_SI, 18 },  { "Ki", EK_Q_BINARY_SI, 10 },  { "Mi", EK_Q_BINARY_SI, 20 },
	{ "Gi", EK_Q_BINARY_SI, 30 },  { "Ti", EK_Q_BINARY_SI, 40 },  { "Pi", EK_Q_BINARY_SI, 50 },
	{ "Ei", EK_Q_BINARY_SI, 60 },
};

static bool read_suffix(const char *s, uint8_t *ret_format, int *ret_exp)
{
	int64_t exp;

	for (size_t i = 0; i < EK_ARRAY_LEN(suffixes); i++) {
		if (!ek_streq(s, suffixes[i].text))
			continue;
		*ret_format = suffixes[i].format;
		*ret_exp = suffixes[i].exp;
		return true;
	}
	if ((*s != 'e' && *s != 'E') || ek_str_to_int(s + 1, -100000, 100000, &exp) < 0)
		return false;
	*ret_format = EK_Q_DECIMAL_EXPONENT;
	*ret_exp = (int)exp;
	return true;
}

static struct big read_digits(const struct parts *p)
{
	struct big b = { 0 };

	for (size_t i = 0; i < p->n_num; i++)
		big_mul_add(&b, 10, (uint32_t)(p->num[i] - '0'));
	for (size_t i = 0; i < p->n_denom; i++)
		big_mul_add(&b, 10, (uint32_t)(p->denom[i] - '0'));
	return b;
}

/* b * 10^scale as value and scale, rounded up: to nano, and to what 63 bits hold. */
static bool reduce(struct big *b, int scale, struct ek_quantity *q)
{
	bool inexact = false;

	if (big_is_zero(b)) {
		q->value = 0;
		q->scale = 0;
		return true;
	}
	while (!big_to_int(b, &q->value) || scale < EK_QUANTITY_NANO) {
		if (big_is_zero(b)) { /* less than a nano of anything */
			scale = EK_QUANTITY_NANO;
			break;
		}
		inexact |= big_div(b, 10) != 0;
		scale++;
	}
	if (inexact && q->value == INT64_MAX) {
		q->value = INT64_MAX / 10;
		scale++;
	}
	q->value += inexact;
	for (; scale > EK_QUANTITY_SCALE_MAX; scale--)
		if (__builtin_mul_overflow(q->value, 10, &q->value))
			return false;
	q->scale = (int8_t)scale;
	return true;
}

static void cap_binary(struct ek_quantity *q)
{
	static const struct ek_quantity max = { .value = INT64_MAX }, one = { .value = 1 };

	if (ek_quantity_cmp(q, &max) > 0) {
		q->value = INT64_MAX;
		q->scale = 0;
	}
	if (q->value > 0 && ek_quantity_cmp(q, &one) < 0)
		q->format = EK_Q_DECIMAL_SI;
}

/*
 * Kubernetes keeps the text of what it thinks canonical already, and its test is coarse:
 * "1.500" and "+5" stay as they are. What clients read back depends on it.
 */
static bool keeps_text(const struct parts *p, uint8_t format, int exp, const struct ek_quantity *q)
{
	size_t n = p->n_num ? p->n_num : 1; /* an empty numerator counts as "0" */
	int scale = exp - (int)p->n_denom;
	char last[4] = "";
	size_t all;

	if (format == EK_Q_BINARY_SI) {
		int room = 15 - (int)n - exp * 3 / 10 - 1;

		return p->n_denom == 0 && room >= 0 && p->n_num > 0 && ((q->value >> exp) & 7) != 0;
	}
	all = n + p->n_denom;
	if (all > 18 || scale < EK_QUANTITY_NANO || scale % 3 != 0 || p->n_num == 0)
		return false;
	for (size_t i = 0; i < 3 && i < all; i++) {
		size_t at = all - 1 - i;

		last[i] = at < p->n_num ? p->num[at] : p->denom[at - p->n_num];
	}
	return !ek_streq(last, "000");
}

static int parse(const char *s, struct ek_quantity *ret, bool *ret_keep, struct ek_err *err)
{
	struct ek_quantity q = { 0 };
	struct parts p;
	struct big b;
	int exp;

	if (!s || !*s || strnlen(s, EK_QUANTITY_MAX_BYTES) == EK_QUANTITY_MAX_BYTES ||
	    !split(s, &p))
		return ek_fail(err, EK_EINVALID, "%s", format_wrong);
	if (!read_suffix(p.suffix, &q.format, &exp))
		return ek_fail(err, EK_EINVALID, "%s", suffix_wrong);
	/* "Mi" alone is zero; upstream's slow path, which these take, wants a digit */
	if (p.no_digits && (q.format == EK_Q_BINARY_SI ? exp >= 50 : exp < EK_QUANTITY_NANO))
		return ek_fail(err, EK_EINVALID, "%s", numeric_wrong);
	if (p.n_num + p.n_denom > MAX_DIGITS)
		return ek_fail(err, EK_EINVALID, "%s", numeric_wrong);
	b = read_digits(&p);
	if (q.format == EK_Q_BINARY_SI) {
		big_mul_add(&b, 1u << (exp / 2), 0);
		big_mul_add(&b, 1u << (exp / 2), 0);
	}
	if (!reduce(&b, (q.format == EK_Q_BINARY_SI ? 0 : exp) - (int)p.n_denom, &q))
		return ek_fail(err, EK_EINVALID, "%s", numeric_wrong);
	*ret_keep = keeps_text(&p, q.format, exp, &q);
	if (q.format == EK_Q_BINARY_SI)
		cap_binary(&q);
	if (p.negative)
		q.value = -q.value;
	*ret = q;
	return 0;
}

int ek_quantity_parse(const char *s, struct ek_quantity *ret, struct ek_err *err)
{
	bool keep;

	return parse(s, ret, &keep, err);
}

int ek_quantity_canonical(const char *s, char out[40], struct ek_err *err)
{
	struct ek_quantity q;
	bool keep;
	int rc = parse(s, &q, &keep, err);

	if (rc < 0)
		return rc;
	if (keep && strlen(s) < 40)
		(void)snprintf(out, 40, "%s", s);
	else
		ek_quantity_format(&q, out);
	return 0;
}
