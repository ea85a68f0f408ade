/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include <ekube/str.h>

#include <stdlib.h>
#include <string.h>

/*
 * Templates are written by us, so the reader is small and strict: anything that it does not
 * understand is a bug in the caller and aborts with the template's text.
 *
 * Every function consumes its arguments also when the value is dropped, so that one NULL does
 * not shift the others.
 */
struct tmpl {
	const char *whole, *p;
	va_list     ap;
};

static json_t *make_value(struct tmpl *t);

EK_NORETURN static void malformed(const struct tmpl *t)
{
	EK_FREE char *what = ek_str_fmt("JSON template, at byte %zu of %s", (size_t)(t->p - t->whole), t->whole);

	ek_bug_(__FILE__, __LINE__, what);
}

static char next_char(struct tmpl *t)
{
	while (*t->p == ' ' || *t->p == '\n' || *t->p == '\t')
		t->p++;
	return *t->p;
}

static void expect(struct tmpl *t, char c)
{
	if (next_char(t) != c)
		malformed(t);
	t->p++;
}

/* One conversion inside a string. False: its argument was NULL. */
static bool text_arg(struct tmpl *t, struct ek_buf *out)
{
	const char *s;

	switch (*t->p++) {
	case 's':
		s = va_arg(t->ap, const char *);
		return s && ek_buf_str(out, s) == 0;
	case 'd':
		return ek_buf_fmt(out, "%d", va_arg(t->ap, int)) == 0;
	case 'D':
		return ek_buf_fmt(out, "%" PRId64, va_arg(t->ap, int64_t)) == 0;
	case '%':
		return ek_buf_char(out, '%') == 0;
	default:
		malformed(t);
	}
}

/* A quoted string with its conversions done; false when one of them was NULL. */
static bool make_text(struct tmpl *t, struct ek_buf *out)
{
	char quote = *t->p++;
	bool present = true;

	while (*t->p != quote) {
		char c = *t->p++;

		if (c == '\0')
			malformed(t);
		if (c == '%') {
			present = text_arg(t, out) && present;
			continue;
		}
		if (c == '\\') {
			c = *t->p++;
			if (c != 'n' && c != '\\' && c != '"' && c != '\'')
				malformed(t);
			c = c == 'n' ? '\n' : c;
		}
		(void)ek_buf_char(out, c);
	}
	t->p++;
	return present;
}

static json_t *make_string(struct tmpl *t)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(SIZE_MAX / 2);

	if (!make_text(t, &text))
		return NULL;
	return ek_j(ek_json_new_strn(text.data ? text.data : "", text.len));
}

/* A key: a quoted string or a bare %s. NULL when an argument was NULL. */
static char *make_key(struct tmpl *t)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(SIZE_MAX / 2);
	bool present;

	switch (next_char(t)) {
	case '%':
		t->p++;
		present = text_arg(t, &text);
		break;
	case '"':
	case '\'':
		present = make_text(t, &text);
		break;
	default:
		malformed(t);
	}
	return present ? ek_buf_steal(&text) : NULL;
}

static json_t *make_object(struct tmpl *t)
{
	json_t *obj = json_object();

	t->p++;
	if (next_char(t) == '}') {
		t->p++;
		return obj;
	}
	for (;;) {
		EK_FREE char *key = make_key(t);
		json_t *v;

		expect(t, ':');
		v = make_value(t);
		if (key && v)
			(void)json_object_set_new_nocheck(obj, key, v);
		else
			json_decref(v);
		if (next_char(t) != ',')
			break;
		t->p++;
	}
	expect(t, '}');
	return obj;
}

static json_t *make_array(struct tmpl *t)
{
	json_t *arr = json_array();

	t->p++;
	if (next_char(t) == ']') {
		t->p++;
		return arr;
	}
	for (;;) {
		json_t *v = make_value(t);

		if (v)
			(void)json_array_append_new(arr, v);
		if (next_char(t) != ',')
			break;
		t->p++;
	}
	expect(t, ']');
	return arr;
}

static json_t *make_arg(struct tmpl *t)
{
	const char *s;

	t->p++;
	switch (*t->p++) {
	case 's':
		s = va_arg(t->ap, const char *);
		return s ? ek_j(ek_json_new_str(s)) : NULL;
	case 'd':
		return json_integer(va_arg(t->ap, int));
	case 'D':
		return json_integer(va_arg(t->ap, int64_t));
	case 'b':
		return json_boolean(va_arg(t->ap, int));
	case 'v':
		return json_incref(ek_j(va_arg(t->ap, struct ek_json *)));
	default:
		malformed(t);
	}
}

/* A word or number: JSON's own reader knows them. */
static json_t *make_plain(struct tmpl *t)
{
	size_t n = strcspn(t->p, ",]} \n\t");
	struct ek_json *v = NULL;

	if (ek_json_parse(t->p, n, n, &v, NULL, NULL) < 0)
		malformed(t);
	t->p += n;
	return ek_j(v);
}

/* NULL: dropped. */
static json_t *make_value(struct tmpl *t)
{
	switch (next_char(t)) {
	case '{':  return make_object(t);
	case '[':  return make_array(t);
	case '%':  return make_arg(t);
	case '"':
	case '\'': return make_string(t);
	default:   return make_plain(t);
	}
}

struct ek_json *ek_json_make(const char *tmpl, ...)
{
	struct tmpl t = { .whole = tmpl, .p = tmpl };
	json_t *v;

	va_start(t.ap, tmpl);
	v = make_value(&t);
	va_end(t.ap);
	if (!v || next_char(&t) != '\0')
		malformed(&t);
	return ek_v(v);
}
