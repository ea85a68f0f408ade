/* SPDX-License-Identifier: Apache-2.0 */
#include "quantity.h"

#include <ekube/str.h>

#include <stdio.h>
#include <stdlib.h>

/*
 * Arithmetic and the canonical form. Values never hold INT64_MIN, so that negation is safe, and
 * scales stay within NANO .. SCALE_MAX, which bounds the text.
 */

/* v * 10^n; false when it does not fit. */
static bool times_pow10(int64_t v, int n, int64_t *ret)
{
	for (; n > 0 && v != 0; n--)
		if (__builtin_mul_overflow(v, 10, &v))
			return false;
	*ret = v;
	return v != INT64_MIN;
}

/* v / 10^n, towards zero. */
static int64_t over_pow10(int64_t v, int n, bool *ret_exact)
{
	bool exact = true;
	int64_t q = v;

	for (; n > 0 && q != 0; n--) {
		exact = exact && q % 10 == 0;
		q /= 10;
	}
	*ret_exact = exact;
	return q;
}

/* What is not whole at the new scale goes away from zero, or towards it. False: it does not fit. */
static bool rescale(const struct ek_quantity *q, int scale, bool away, int64_t *ret)
{
	bool exact;

	if (q->scale >= scale)
		return times_pow10(q->value, q->scale - scale, ret);
	*ret = over_pow10(q->value, scale - q->scale, &exact);
	if (!exact && away)
		*ret += q->value > 0 ? 1 : -1;
	return true;
}

static int64_t saturated(const struct ek_quantity *q, int scale)
{
	int64_t v;

	if (rescale(q, scale, true, &v))
		return v;
	return q->value > 0 ? INT64_MAX : -INT64_MAX;
}

int64_t ek_quantity_value(const struct ek_quantity *q)
{
	return saturated(q, 0);
}

int64_t ek_quantity_milli(const struct ek_quantity *q)
{
	return saturated(q, -3);
}

int ek_quantity_cmp(const struct ek_quantity *a, const struct ek_quantity *b)
{
	int scale = EK_MIN(a->scale, b->scale);
	int64_t x, y;

	/* what does not fit at the finer scale is the larger in size */
	if (!rescale(a, scale, true, &x))
		return a->value > 0 ? 1 : -1;
	if (!rescale(b, scale, true, &y))
		return b->value > 0 ? -1 : 1;
	return (x > y) - (x < y);
}

void ek_quantity_add(struct ek_quantity *a, const struct ek_quantity *b)
{
	bool same_sign = (a->value > 0) == (b->value > 0);
	int64_t x, y, sum;

	if (a->value == 0) {
		*a = *b;
		return;
	}
	if (b->value == 0)
		return;
	/* at the finest scale that holds both and their sum; what does not is rounded up */
	for (int scale = EK_MIN(a->scale, b->scale); scale <= EK_QUANTITY_SCALE_MAX; scale++) {
		if (!rescale(a, scale, same_sign, &x) || !rescale(b, scale, same_sign, &y) ||
		    __builtin_add_overflow(x, y, &sum) || sum == INT64_MIN)
			continue;
		a->value = sum;
		a->scale = (int8_t)scale;
		return;
	}
	a->value = a->value > 0 ? INT64_MAX : -INT64_MAX;
	a->scale = EK_QUANTITY_SCALE_MAX;
}

void ek_quantity_sub(struct ek_quantity *a, const struct ek_quantity *b)
{
	struct ek_quantity minus = *b;

	minus.value = -minus.value;
	ek_quantity_add(a, &minus);
}

/* ---- canonical form ---- */

static const char *const dec_suffix[] = { "n", "u", "m", "", "k", "M", "G", "T", "P", "E" };
static const char *const bin_suffix[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei" };

/* No trailing zeros in the number, an exponent that is a multiple of three. */
static void format_decimal(const struct ek_quantity *q, bool exponent_form, char out[40])
{
	int64_t v = q->value;
	int exp = q->scale, zeros = 0;

	for (; v % 10 == 0; v /= 10)
		exp++;
	while ((exp - zeros) % 3 != 0 || (!exponent_form && exp - zeros > 18))
		zeros++;
	exp -= zeros;
	if (!exponent_form)
		(void)snprintf(out, 40, "%" PRId64 "%.*s%s", v, zeros,
			       "00000000000000000000000000000000", dec_suffix[(exp + 9) / 3]);
	else if (exp == 0)
		(void)snprintf(out, 40, "%" PRId64 "%.*s", v, zeros, "00");
	else
		(void)snprintf(out, 40, "%" PRId64 "%.*se%d", v, zeros, "00", exp);
}

/* Only whole numbers of at least 1024 are shown with Ki and its like. */
static bool format_binary(const struct ek_quantity *q, char out[40])
{
	bool exact = true;
	size_t i = 0;
	int64_t v;

	if (q->scale >= 0) {
		if (!times_pow10(q->value, q->scale, &v))
			return false;
	} else {
		v = over_pow10(q->value, -q->scale, &exact);
	}
	if (!exact || (v > -1024 && v < 1024))
		return false;
	for (; v % 1024 == 0 && i + 1 < EK_ARRAY_LEN(bin_suffix); i++)
		v /= 1024;
	(void)snprintf(out, 40, "%" PRId64 "%s", v, bin_suffix[i]);
	return true;
}

void ek_quantity_format(const struct ek_quantity *q, char out[40])
{
	if (q->value == 0)
		(void)snprintf(out, 40, "0");
	else if (q->format != EK_Q_BINARY_SI || !format_binary(q, out))
		format_decimal(q, q->format == EK_Q_DECIMAL_EXPONENT, out);
}

/* ---- JSON: a string, or a number as people write them in YAML ---- */

int ek_quantity_from_json(const struct ek_json *v, struct ek_quantity *ret, struct ek_err *err)
{
	char text[EK_REAL_TEXT];
	const char *s = ek_json_str(v);
	EK_FREE char *trimmed = NULL;

	switch (ek_json_type(v)) {
	case EK_JSON_INT:
		(void)snprintf(text, sizeof text, "%" PRId64, ek_json_int(v, 0));
		return ek_quantity_parse(text, ret, err);
	case EK_JSON_REAL:
		ek_json_real_text(ek_json_real(v, 0), text);
		return ek_quantity_parse(text, ret, err);
	case EK_JSON_STR:
		if (!strpbrk(s, " \t\n\r")) /* as all that is stored */
			return ek_quantity_parse(s, ret, err);
		s += strspn(s, " \t\n\r");
		trimmed = ek_str_dup(s);
		for (size_t n = strlen(trimmed); n && strchr(" \t\n\r", trimmed[n - 1]); n--)
			trimmed[n - 1] = '\0';
		return ek_quantity_parse(trimmed, ret, err);
	case EK_JSON_NULL:
		*ret = (struct ek_quantity){ 0 };
		return 0;
	default:
		return ek_quantity_parse("", ret, err);
	}
}

int64_t ek_quantity_json_value(const struct ek_json *v)
{
	struct ek_quantity q;

	return ek_quantity_from_json(v, &q, NULL) == 0 ? ek_quantity_value(&q) : 0;
}

int64_t ek_quantity_json_milli(const struct ek_json *v)
{
	struct ek_quantity q;

	return ek_quantity_from_json(v, &q, NULL) == 0 ? ek_quantity_milli(&q) : 0;
}
