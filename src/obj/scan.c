/* SPDX-License-Identifier: Apache-2.0 */
#include "scan.h"

#include "text.h"

#include <ekube/str.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- errors ---- */

struct ek_json *scan_fail_at(struct scan *x, const char *at, const char *what)
{
	size_t line = 1;
	const char *bol = x->start;

	for (const char *p = x->start; p < at; p++) {
		if (*p != '\n')
			continue;
		line++;
		bol = p + 1;
	}
	x->rc = ek_fail(x->err, EK_EBADREQUEST, "%s (line %zu, column %zu)", what, line,
			(size_t)(at - bol) + 1);
	return NULL;
}

/* What is at x->p has no place there: "invalid character 'x' <where>". */
static struct ek_json *fail_char(struct scan *x, unsigned char c, const char *where)
{
	char what[128];

	if (c == '\'' || c == '\\')
		(void)snprintf(what, sizeof what, "invalid character '\\%c' %s", c, where);
	else if (c >= 0x20 && c < 0x7f)
		(void)snprintf(what, sizeof what, "invalid character '%c' %s", c, where);
	else if (c == '\n' || c == '\t' || c == '\r')
		(void)snprintf(what, sizeof what, "invalid character '\\%c' %s",
			       c == '\n' ? 'n' : c == '\t' ? 't' : 'r', where);
	else if (c > 0xa0 && c != 0xad) /* Go takes a byte for a character */
		(void)snprintf(what, sizeof what, "invalid character '%c%c' %s", 0xc0 | c >> 6,
			       0x80 | (c & 0x3f), where);
	else
		(void)snprintf(what, sizeof what, "invalid character '\\x%02x' %s", (unsigned)c, where);
	return scan_fail_at(x, x->p, what);
}

struct ek_json *scan_fail_here(struct scan *x, const char *where)
{
	if (x->p >= x->end)
		return scan_fail_at(x, x->end, "unexpected end of JSON input");
	return fail_char(x, (unsigned char)*x->p, where);
}

/* Within a word, number or escape; there Go shows the end of the text as a space. */
static struct ek_json *fail_token(struct scan *x, const char *where)
{
	return fail_char(x, x->p < x->end ? (unsigned char)*x->p : ' ', where);
}

/* ---- strings ---- */

static int hex4(struct scan *x, uint32_t *ret)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++, x->p++) {
		char c = x->p < x->end ? *x->p : '\0';

		if (c >= '0' && c <= '9') {
			v = v << 4 | (uint32_t)(c - '0');
		} else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
			v = v << 4 | ((uint32_t)(c | 0x20) - 'a' + 10);
		} else {
			fail_token(x, "in \\u hexadecimal character escape");
			return -1;
		}
	}
	*ret = v;
	return 0;
}

/* Behind "\u": one escape, or the two of a surrogate pair; a lone surrogate becomes U+FFFD. */
static int unicode_escape(struct scan *x)
{
	const char *second;
	uint32_t c, low;

	if (hex4(x, &c) < 0)
		return -1;
	second = x->p;
	if (c >= 0xd800 && c < 0xdc00 && x->end - x->p >= 6 && x->p[0] == '\\' && x->p[1] == 'u') {
		x->p += 2;
		if (hex4(x, &low) < 0)
			return -1;
		if (low >= 0xdc00 && low < 0xe000)
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		else
			x->p = second;
	}
	return ek_json_utf8_char(&x->scratch, c);
}

static int escape(struct scan *x)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *hit;

	x->p++;
	if (scan_at(x, 'u')) {
		x->p++;
		return unicode_escape(x);
	}
	hit = x->p < x->end && *x->p ? strchr(from, *x->p) : NULL;
	if (!hit) {
		fail_token(x, "in string escape code");
		return -1;
	}
	x->p++;
	return ek_buf_char(&x->scratch, to[hit - from]);
}

/* The rest of a string from its first byte that cannot be taken as it is. */
static int slow_string(struct scan *x, const char *run)
{
	ek_buf_clear(&x->scratch);
	(void)ek_buf_append(&x->scratch, run, (size_t)(x->p - run));
	for (;;) {
		size_t len;

		if (x->p >= x->end || (unsigned char)*x->p < 0x20) {
			scan_fail_here(x, "in string literal");
			return -1;
		}
		if (*x->p == '"')
			return 0;
		if (*x->p == '\\') {
			if (escape(x) < 0)
				return -1;
			continue;
		}
		len = ek_json_utf8_len(x->p, x->end);
		(void)(len ? ek_buf_append(&x->scratch, x->p, len) :
			     ek_json_utf8_char(&x->scratch, 0xfffd));
		x->p += len ? len : 1;
	}
}

int scan_string(struct scan *x, const char **ret, size_t *ret_n)
{
	const char *run = ++x->p;
	bool ascii;
	size_t n = ek_json_plain_span(run, (size_t)(x->end - run), &ascii);

	x->p += ascii ? n : ek_json_utf8_span(run, n);
	if (scan_at(x, '"')) {
		*ret = run;
		*ret_n = (size_t)(x->p++ - run);
		return 0;
	}
	if (slow_string(x, run) < 0)
		return -1;
	x->p++;
	*ret = x->scratch.data ? x->scratch.data : "";
	*ret_n = x->scratch.len;
	return 0;
}

/* ---- numbers ---- */

static const char *digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

static bool to_int(const char *p, const char *end, int64_t *ret)
{
	bool negative = *p == '-';
	int64_t n = 0;

	for (p += negative; p < end; p++) {
		int d = *p - '0';

		/* downwards, because INT64_MIN has no positive */
		if (n < (INT64_MIN + d) / 10)
			return false;
		n = n * 10 - d;
	}
	if (!negative && n == INT64_MIN)
		return false;
	*ret = negative ? n : -n;
	return true;
}

static struct ek_json *to_real(struct scan *x, const char *from)
{
	EK_FREE char *text = ek_str_ndup(from, (size_t)(x->p - from));
	double d = strtod(text, NULL);
	char what[160];

	if (isfinite(d))
		return number_new_real(d);
	(void)snprintf(what, sizeof what, "json: cannot unmarshal number %.60s into Go value of type float64", text);
	return scan_fail_at(x, from, what);
}

struct ek_json *scan_number(struct scan *x)
{
	const char *from = x->p;
	bool whole = true;
	int64_t n;

	x->p += *x->p == '-';
	if (x->p >= x->end || *x->p < '0' || *x->p > '9')
		return fail_token(x, "in numeric literal");
	x->p = *x->p == '0' ? x->p + 1 : digits(x->p, x->end);
	if (scan_at(x, '.')) {
		const char *fraction = ++x->p;

		whole = false;
		x->p = digits(x->p, x->end);
		if (x->p == fraction)
			return fail_token(x, "after decimal point in numeric literal");
	}
	if (scan_at(x, 'e') || scan_at(x, 'E')) {
		const char *exponent;

		whole = false;
		x->p++;
		x->p += scan_at(x, '+') || scan_at(x, '-');
		exponent = x->p;
		x->p = digits(x->p, x->end);
		if (x->p == exponent)
			return fail_token(x, "in exponent of numeric literal");
	}
	if (whole && to_int(from, x->p, &n))
		return number_new_int(n);
	return to_real(x, from);
}

/* ---- words ---- */

struct ek_json *scan_word(struct scan *x, const char *word, struct ek_json *v)
{
	char where[64];

	for (const char *w = word; *w; w++, x->p++) {
		if (scan_at(x, *w))
			continue;
		(void)snprintf(where, sizeof where, "in literal %s (expecting '%c')", word, *w);
		return fail_token(x, where);
	}
	return v;
}
