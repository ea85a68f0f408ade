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

static struct ek_json *make_value(struct tmpl *t);

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

/* A string or key: most stand in the template as they are, the others are put together in `own`. */
struct text {
	const char   *s; /* NULL: an argument was */
	size_t        n;
	struct ek_buf own;
};
#define TEXT EK_CLEANUP(text_done)

static void text_done(struct text *x)
{
	ek_buf_done(&x->own);
}

static void text_owned(struct text *x, bool present)
{
	x->s = x->own.data ? x->own.data : "";
	x->n = x->own.len;
	if (!present)
		x->s = NULL;
}

/* A quoted string with its conversions done. */
static void make_text(struct tmpl *t, struct text *x)
{
	const char stops[] = { *t->p, '%', '\\', '\0' };
	bool present = true;
	size_t n;

	t->p++;
	for (;;) {
		n = strcspn(t->p, stops);
		if (t->p[n] == stops[0])
			break;
		(void)ek_buf_append(&x->own, t->p, n);
		t->p += n + 1;
		switch (t->p[-1]) {
		case '%':
			present = text_arg(t, &x->own) && present;
			break;
		case '\\':
			if (*t->p != 'n' && *t->p != '\\' && *t->p != '"' && *t->p != '\'')
				malformed(t);
			(void)ek_buf_char(&x->own, *t->p == 'n' ? '\n' : *t->p);
			t->p++;
			break;
		default:
			malformed(t);
		}
	}
	x->s = t->p;
	x->n = n;
	t->p += n + 1;
	if (x->own.data || !present) {
		(void)ek_buf_append(&x->own, x->s, n);
		text_owned(x, present);
	}
}

static struct ek_json *make_string(struct tmpl *t)
{
	TEXT struct text x = { .own = EK_BUF_INIT(SIZE_MAX / 2) };

	make_text(t, &x);
	return x.s ? ek_json_new_strn(x.s, x.n) : NULL;
}

/* A key: a quoted string or a bare %s. */
static void make_key(struct tmpl *t, struct text *x)
{
	switch (next_char(t)) {
	case '%':
		t->p++;
		text_owned(x, text_arg(t, &x->own));
		break;
	case '"':
	case '\'':
		make_text(t, x);
		break;
	default:
		malformed(t);
	}
}

static struct ek_json *make_object(struct tmpl *t)
{
	struct ek_json *obj = ek_json_object();

	t->p++;
	if (next_char(t) == '}') {
		t->p++;
		return obj;
	}
	for (;;) {
		TEXT struct text key = { .own = EK_BUF_INIT(SIZE_MAX / 2) };
		struct ek_json *v;

		make_key(t, &key);
		expect(t, ':');
		v = make_value(t);
		if (key.s && v)
			(void)object_put(obj, key.s, key.n, v);
		else
			ek_json_unref(v);
		if (next_char(t) != ',')
			break;
		t->p++;
	}
	expect(t, '}');
	return obj;
}

static struct ek_json *make_array(struct tmpl *t)
{
	struct ek_json *arr = ek_json_array();

	t->p++;
	if (next_char(t) == ']') {
		t->p++;
		return arr;
	}
	for (;;) {
		struct ek_json *v = make_value(t);

		if (v)
			array_append(arr, v);
		if (next_char(t) != ',')
			break;
		t->p++;
	}
	expect(t, ']');
	return arr;
}

static struct ek_json *make_arg(struct tmpl *t)
{
	const char *s;

	t->p++;
	switch (*t->p++) {
	case 's':
		s = va_arg(t->ap, const char *);
		return s ? ek_json_new_str(s) : NULL;
	case 'd':
		return ek_json_new_int(va_arg(t->ap, int));
	case 'D':
		return ek_json_new_int(va_arg(t->ap, int64_t));
	case 'b':
		return ek_json_new_bool(va_arg(t->ap, int));
	case 'v':
		return ek_json_ref(va_arg(t->ap, struct ek_json *));
	default:
		malformed(t);
	}
}

/* A word or number: JSON's own reader knows them. */
static struct ek_json *make_plain(struct tmpl *t)
{
	size_t n = strcspn(t->p, ",]} \n\t");
	struct ek_json *v = NULL;

	if (ek_json_parse(t->p, n, n, &v, NULL, NULL) < 0)
		malformed(t);
	t->p += n;
	return v;
}

/* NULL: dropped. */
static struct ek_json *make_value(struct tmpl *t)
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

struct ek_json *ek_json_const(struct ek_json **slot, const char *tmpl)
{
	struct ek_json *have = __atomic_load_n(slot, __ATOMIC_ACQUIRE), *mine;

	if (have)
		return ek_json_ref(have);
	mine = ek_json_make(tmpl);
	if (__atomic_compare_exchange_n(slot, &have, mine, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return ek_json_ref(mine);
	ek_json_unref(mine); /* another thread was faster */
	return ek_json_ref(have);
}

struct ek_json *ek_json_make(const char *tmpl, ...)
{
	struct tmpl t = { .whole = tmpl, .p = tmpl };
	struct ek_json *v;

	va_start(t.ap, tmpl);
	v = make_value(&t);
	va_end(t.ap);
	if (!v || next_char(&t) != '\0')
		malformed(&t);
	return v;
}
