/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml_scalar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char    *text;
	enum yaml_kind kind;
	bool           b;
} words[] = {
	{ "", YAML_NULL, 0 },          { "~", YAML_NULL, 0 },        { "null", YAML_NULL, 0 },
	{ "Null", YAML_NULL, 0 },      { "NULL", YAML_NULL, 0 },
	{ "y", YAML_BOOL, 1 },         { "Y", YAML_BOOL, 1 },        { "yes", YAML_BOOL, 1 },
	{ "Yes", YAML_BOOL, 1 },       { "YES", YAML_BOOL, 1 },      { "true", YAML_BOOL, 1 },
	{ "True", YAML_BOOL, 1 },      { "TRUE", YAML_BOOL, 1 },     { "on", YAML_BOOL, 1 },
	{ "On", YAML_BOOL, 1 },        { "ON", YAML_BOOL, 1 },
	{ "n", YAML_BOOL, 0 },         { "N", YAML_BOOL, 0 },        { "no", YAML_BOOL, 0 },
	{ "No", YAML_BOOL, 0 },        { "NO", YAML_BOOL, 0 },       { "false", YAML_BOOL, 0 },
	{ "False", YAML_BOOL, 0 },     { "FALSE", YAML_BOOL, 0 },    { "off", YAML_BOOL, 0 },
	{ "Off", YAML_BOOL, 0 },       { "OFF", YAML_BOOL, 0 },
	{ ".nan", YAML_NOT_FINITE, 0 }, { ".NaN", YAML_NOT_FINITE, 0 }, { ".NAN", YAML_NOT_FINITE, 0 },
	{ ".inf", YAML_NOT_FINITE, 0 }, { ".Inf", YAML_NOT_FINITE, 0 }, { ".INF", YAML_NOT_FINITE, 0 },
	{ "+.inf", YAML_NOT_FINITE, 0 }, { "+.Inf", YAML_NOT_FINITE, 0 }, { "+.INF", YAML_NOT_FINITE, 0 },
	{ "-.inf", YAML_NOT_FINITE, 0 }, { "-.Inf", YAML_NOT_FINITE, 0 }, { "-.INF", YAML_NOT_FINITE, 0 },
};

static const char *digits(const char *p)
{
	return p + strspn(p, "0123456789");
}

/* [-+]? (.d+ | d+ [. d*]) [eE [-+]? d+], as a whole. */
static bool looks_like_float(const char *p)
{
	const char *start;

	p += *p == '-' || *p == '+';
	start = p;
	p = digits(p);
	if (*p == '.') {
		bool whole = p > start;

		start = ++p;
		p = digits(p);
		if (!whole && p == start)
			return false;
	} else if (p == start) {
		return false;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '-' || *p == '+';
		start = p;
		p = digits(p);
		if (p == start)
			return false;
	}
	return *p == '\0';
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* As Go's ParseInt with base 0, then ParseUint: 0x 0o 0b and a leading 0 choose the base. */
static bool read_int(const char *p, struct yaml_scalar *ret)
{
	bool sign = *p == '-' || *p == '+', negative = *p == '-';
	uint64_t n = 0;
	int base = 10;

	p += sign;
	if (*p == '0' && p[1]) {
		char c = (char)(p[1] | 0x20);

		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		p += c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
	}
	if (!*p)
		return false;
	for (; *p; p++) {
		int d = digit_value(*p);

		if (d >= base || __builtin_mul_overflow(n, (uint64_t)base, &n) ||
		    __builtin_add_overflow(n, (uint64_t)d, &n))
			return false;
	}
	if (n <= (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
		/* the last one below zero has no positive: counted in two steps */
		ret->i = negative && n ? -(int64_t)(n - 1) - 1 : (int64_t)n;
		ret->kind = YAML_INT;
		return true;
	}
	if (sign)
		return false;
	ret->d = (double)n;
	ret->kind = YAML_FLOAT;
	return true;
}

static bool read_float(const char *p, struct yaml_scalar *ret)
{
	if (!looks_like_float(p))
		return false;
	ret->d = strtod(p, NULL);
	ret->kind = YAML_FLOAT;
	return isfinite(ret->d); /* what overflows stays a string */
}

struct yaml_scalar ek_yaml_resolve(const char *s, size_t n)
{
	struct yaml_scalar r = { .kind = YAML_STR };
	EK_FREE char *plain = NULL;
	size_t k = 0;

	if (n && !strchr("+-0123456789yYnNtTfFoO~.", *s))
		return r;
	if (memchr(s, '\0', n))
		return r;
	for (size_t i = 0; i < EK_ARRAY_LEN(words); i++)
		if (n == strlen(words[i].text) && memcmp(s, words[i].text, n) == 0)
			return (struct yaml_scalar){ .kind = words[i].kind, .b = words[i].b };
	if (!strchr("+-0123456789.", *s))
		return r;
	plain = ek_malloc(n + 1);
	for (size_t i = 0; i < n; i++)
		if (s[i] != '_' || *s == '.')
			plain[k++] = s[i];
	plain[k] = '\0';
	if ((*s == '.' || !read_int(plain, &r)) && !read_float(plain, &r))
		r.kind = YAML_STR;
	return r;
}

bool ek_yaml_base60(const char *s)
{
	bool colon = false;

	s += *s == '-' || *s == '+';
	if (*s < '0' || *s > '9')
		return false;
	for (; *s; s++) {
		colon = colon || *s == ':';
		if (*s == '.')
			return colon && s[1 + strspn(s + 1, "0123456789_")] == '\0';
		if ((*s < '0' || *s > '9') && *s != ':' && *s != '_')
			return false;
	}
	return colon;
}
