/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"
#include "value.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Values to text. Straight into the caller's buffer: an object is written once and its bytes
 * are shared by everybody after, so this is the place where a copy would count.
 * The buffer's overflow flag sticks; it is looked at once, at the end.
 */
struct writer {
	struct ek_buf *out;
	int            indent; /* 0 = compact */
	int            depth;
};

/* The shortest "d.ddde+xx" that reads back as d, split into its digits and its exponent. */
static size_t shortest(double d, char digits[24], int *ret_exp)
{
	char text[EK_REAL_TEXT];
	size_t n = 0;

	/* 15 digits always survive, 17 always suffice; what is subnormal has fewer of its own */
	for (int precision = d < DBL_MIN ? 0 : 14; precision < 17; precision++) {
		(void)snprintf(text, sizeof text, "%.*e", precision, d);
		if (strtod(text, NULL) == d)
			break;
	}
	for (const char *p = text; *p && *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	*ret_exp = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	return n;
}

void ek_json_real_text(double d, char out[EK_REAL_TEXT])
{
	char digits[24] = "0";
	char *o = out;
	int point; /* digits in front of the decimal point; may be negative or past the end */
	int n, exp;

	if (signbit(d))
		*o++ = '-';
	n = (int)shortest(fabs(d), digits, &exp);
	if (d != 0 && (exp < -6 || exp >= 21)) {
		*o++ = digits[0];
		if (n > 1)
			o += snprintf(o, 24, ".%.*s", n - 1, digits + 1);
		(void)snprintf(o, 8, "e%+d", exp);
		return;
	}
	point = exp + 1;
	if (point <= 0)
		o += snprintf(o, 12, "0.%.*s", -point, "000000");
	for (int i = 0; i < EK_MAX(n, point); i++) {
		if (i == point && i > 0)
			*o++ = '.';
		*o++ = i < n ? digits[i] : '0';
	}
	*o = '\0';
}

static void write_escaped(struct ek_buf *out, unsigned char c)
{
	switch (c) {
	case '"':  (void)ek_buf_append(out, "\\\"", 2); break;
	case '\\': (void)ek_buf_append(out, "\\\\", 2); break;
	case '\n': (void)ek_buf_append(out, "\\n", 2); break;
	case '\r': (void)ek_buf_append(out, "\\r", 2); break;
	case '\t': (void)ek_buf_append(out, "\\t", 2); break;
	case '\b': (void)ek_buf_append(out, "\\b", 2); break;
	case '\f': (void)ek_buf_append(out, "\\f", 2); break;
	default:   (void)ek_buf_fmt(out, "\\u%04x", (unsigned)c); break;
	}
}

static void write_escapes(struct ek_buf *out, const char *s, size_t n)
{
	(void)ek_buf_char(out, '"');
	while (n > 0) {
		size_t run = ek_json_plain_span(s, n, NULL);

		(void)ek_buf_append(out, s, run);
		s += run;
		n -= run;
		if (n > 0) {
			write_escaped(out, (unsigned char)*s++);
			n--;
		}
	}
	(void)ek_buf_char(out, '"');
}

/*
 * A string with a character in front and one behind it, '\0' for none. Nearly all need no escape
 * and go out in one piece; the words are known not to.
 */
static void write_text(struct ek_buf *out, char lead, const struct ek_json *str, char tail)
{
	const char *s = text_of(str);
	size_t n = text_len(str);
	char *to;

	if (str->refs != IMMORTAL && ek_json_plain_span(s, n, NULL) < n) {
		(void)ek_buf_append(out, &lead, lead != '\0');
		write_escapes(out, s, n);
		(void)ek_buf_append(out, &tail, tail != '\0');
		return;
	}
	to = ek_buf_reserve(out, (lead != '\0') + n + 2 + (tail != '\0'));
	if (!to)
		return;
	if (lead)
		*to++ = lead;
	*to++ = '"';
	memcpy(to, s, n);
	to += n;
	*to++ = '"';
	if (tail)
		*to++ = tail;
	ek_buf_grew(out, (size_t)(to - (out->data + out->len)));
}

void ek_json_write_key(struct ek_buf *out, const char *key)
{
	size_t n = strlen(key);

	if (ek_json_plain_span(key, n, NULL) < n) {
		write_escapes(out, key, n);
	} else {
		(void)ek_buf_char(out, '"');
		(void)ek_buf_append(out, key, n);
		(void)ek_buf_char(out, '"');
	}
	(void)ek_buf_char(out, ':');
}

static void new_line(struct writer *w)
{
	if (!w->indent)
		return;
	(void)ek_buf_char(w->out, '\n');
	for (int i = 0; i < w->depth * w->indent; i++)
		(void)ek_buf_char(w->out, ' ');
}

void ek_json_write_int(struct ek_buf *out, int64_t n)
{
	char digits[24], *from = digits + sizeof(digits);
	uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;

	do {
		*--from = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (n < 0)
		*--from = '-';
	(void)ek_buf_append(out, from, (size_t)(digits + sizeof(digits) - from));
}

static void write_value(struct writer *w, const struct ek_json *v);

static void write_array(struct writer *w, const struct ek_json *arr)
{
	size_t n;
	struct ek_json **at = elements_of(arr, &n);

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			(void)ek_buf_char(w->out, ',');
		new_line(w);
		write_value(w, at[i]);
	}
}

static void write_object(struct writer *w, const struct ek_json *obj)
{
	size_t n;
	const struct member *at = members_of(obj, &n);
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		if (!at[i].key)
			continue;
		if (w->indent) {
			(void)ek_buf_append(w->out, ",", !first);
			new_line(w);
			write_text(w->out, '\0', at[i].key, ':');
			(void)ek_buf_char(w->out, ' ');
		} else {
			write_text(w->out, first ? '\0' : ',', at[i].key, ':');
		}
		first = false;
		write_value(w, at[i].value);
	}
}

static void write_container(struct writer *w, const struct ek_json *v)
{
	bool object = v->type == EK_JSON_OBJECT;

	(void)ek_buf_char(w->out, object ? '{' : '[');
	w->depth++;
	if (object)
		write_object(w, v);
	else
		write_array(w, v);
	w->depth--;
	if (ek_json_len(v))
		new_line(w);
	(void)ek_buf_char(w->out, object ? '}' : ']');
}

static void write_value(struct writer *w, const struct ek_json *v)
{
	char number[EK_REAL_TEXT];

	if (w->out->overflow)
		return;
	switch (ek_json_type(v)) {
	case EK_JSON_ABSENT:
	case EK_JSON_NULL:
		(void)ek_buf_append(w->out, "null", 4);
		break;
	case EK_JSON_BOOL:
		(void)ek_buf_str(w->out, ek_json_bool(v, false) ? "true" : "false");
		break;
	case EK_JSON_INT:
		ek_json_write_int(w->out, ek_json_int(v, 0));
		break;
	case EK_JSON_REAL:
		ek_json_real_text(ek_json_real(v, 0), number);
		(void)ek_buf_str(w->out, number);
		break;
	case EK_JSON_STR:
		write_text(w->out, '\0', v, '\0');
		break;
	case EK_JSON_ARRAY:
	case EK_JSON_OBJECT:
		write_container(w, v);
		break;
	}
}

int ek_json_write(const struct ek_json *v, struct ek_buf *out)
{
	struct writer w = { .out = out };

	write_value(&w, v);
	return out->overflow ? EK_ETOOLARGE : 0;
}

int ek_json_write_pretty(const struct ek_json *v, struct ek_buf *out)
{
	struct writer w = { .out = out, .indent = 2 };

	write_value(&w, v);
	return out->overflow ? EK_ETOOLARGE : 0;
}

char *ek_json_text(const struct ek_json *v)
{
	struct ek_buf out = EK_BUF_INIT(SIZE_MAX / 2);

	(void)ek_json_write(v, &out);
	return ek_buf_steal(&out);
}
