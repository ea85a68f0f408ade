/* SPDX-License-Identifier: Apache-2.0 */
#include "scan.h"
#include "value.h"

#include <ekube/str.h>
#include <ekube/vec.h>

/*
 * Text to values in one pass. The children of a container are gathered on a stack, so that it is
 * made when their number is known. Of duplicate keys the last wins and each is reported; depth is
 * bounded.
 */
struct parser {
	struct scan    in;
	EK_VEC(struct ek_json *) open; /* what is read of the containers around us; keys, too */
	struct ek_buf  duplicates;     /* their paths, one a line */
	size_t         n_duplicates;
	struct place  *place;          /* the innermost container, NULL at the top */
	int            depth;
};

/* Where in the tree we are, for the paths of duplicate fields: a member or an element. */
struct place {
	struct place *up;
	const char   *key; /* NULL in an array */
	size_t        n;   /* length of the key, or the index */
};

enum { MAX_DUPLICATES = 100, MAX_DUPLICATES_BYTES = 16 << 10 };

static struct ek_json *parse_value(struct parser *x);

/* ---- arrays ---- */

/* An array of what lies on the stack from `base` on. */
static struct ek_json *close_array(struct parser *x, size_t base)
{
	struct ek_json *arr = array_new(x->open.n - base);

	for (size_t i = base; i < x->open.n; i++)
		array_append(arr, x->open.items[i]);
	x->open.n = base;
	x->in.p++;
	return arr;
}

static struct ek_json *parse_array(struct parser *x, struct place *here)
{
	size_t base = x->open.n;

	x->in.p++;
	scan_space(&x->in);
	if (scan_at(&x->in, ']'))
		return close_array(x, base);
	for (;;) {
		struct ek_json *v = parse_value(x);

		if (!v)
			return NULL;
		ek_vec_push(&x->open, v);
		here->n++;
		scan_space(&x->in);
		if (scan_at(&x->in, ']'))
			return close_array(x, base);
		if (!scan_at(&x->in, ','))
			return scan_fail_here(&x->in, "after array element");
		x->in.p++;
	}
}

/* ---- objects ---- */

static void put_path(struct ek_buf *out, const struct place *at_)
{
	if (!at_)
		return;
	put_path(out, at_->up);
	if (!at_->key) {
		(void)ek_buf_fmt(out, "[%zu]", at_->n);
		return;
	}
	(void)ek_buf_str(out, at_->up ? "." : "");
	(void)ek_buf_append(out, at_->key, at_->n);
}

static void report_duplicate(struct parser *x)
{
	if (x->n_duplicates == MAX_DUPLICATES)
		return;
	(void)ek_buf_str(&x->duplicates, x->n_duplicates++ ? "\n" : "");
	put_path(&x->duplicates, x->place);
}

/*
 * The object that is being read: its first members lie on the stack, key and value in turn. When
 * there are more than can be compared one by one, an object with an index lies there alone.
 */
struct reading {
	size_t base;
	bool   indexed;
};

static struct ek_json *gather(struct parser *x, size_t base, size_t room)
{
	struct ek_json *obj = object_new(room);

	for (size_t i = base; i < x->open.n; i += 2)
		object_append(obj, x->open.items[i], x->open.items[i + 1]);
	x->open.n = base;
	return obj;
}

/* The value of a member that was read before, NULL when there is none. */
static struct ek_json **read_before(struct parser *x, const struct reading *o, const char *key,
				    size_t n)
{
	uint32_t tag = tag_of(key, n);

	for (size_t i = o->base; i < x->open.n; i += 2)
		if (text_tag(x->open.items[i]) == tag && text_is(x->open.items[i], key, n))
			return &x->open.items[i + 1];
	return NULL;
}

static void put_member(struct parser *x, struct reading *o, const char *key, size_t n,
		       struct ek_json *take_value)
{
	struct ek_json **before;

	if (!o->indexed && x->open.n - o->base == 2 * (size_t)INLINE_MAX) {
		struct ek_json *obj = gather(x, o->base, (size_t)INLINE_MAX * 4);

		ek_vec_push(&x->open, obj);
		o->indexed = true;
	}
	if (o->indexed) {
		if (!object_put(x->open.items[o->base], key, n, take_value))
			report_duplicate(x);
		return;
	}
	before = read_before(x, o, key, n);
	if (before) {
		value_unref(*before);
		*before = take_value;
		report_duplicate(x);
		return;
	}
	ek_vec_push(&x->open, text_new(key, n));
	ek_vec_push(&x->open, take_value);
}

static struct ek_json *close_object(struct parser *x, const struct reading *o)
{
	struct ek_json *obj;

	x->in.p++;
	if (!o->indexed)
		return gather(x, o->base, (x->open.n - o->base) / 2);
	obj = x->open.items[--x->open.n];
	object_fit(obj);
	return obj;
}

static bool parse_member(struct parser *x, struct place *here, struct reading *o)
{
	EK_FREE char *own = NULL; /* a key that needed unescaping outlives the scratch buffer */
	const char *begin = x->in.p;
	const char *key;
	struct ek_json *v;
	size_t n;

	if (!scan_at(&x->in, '"'))
		return scan_fail_here(&x->in, "looking for beginning of object key string");
	if (scan_string(&x->in, &key, &n) < 0)
		return false;
	if (key == x->in.scratch.data) {
		if (memchr(key, '\0', n))
			return scan_fail_at(&x->in, begin, "invalid character '\\x00' in object key string");
		own = ek_str_ndup(key, n);
		key = own;
	}
	scan_space(&x->in);
	if (!scan_at(&x->in, ':'))
		return scan_fail_here(&x->in, "after object key");
	x->in.p++;
	here->key = key;
	here->n = n;
	v = parse_value(x);
	if (v)
		put_member(x, o, key, n, v);
	return v;
}

static struct ek_json *parse_object(struct parser *x, struct place *here)
{
	struct reading o = { .base = x->open.n };

	x->in.p++;
	scan_space(&x->in);
	if (scan_at(&x->in, '}'))
		return close_object(x, &o);
	for (;;) {
		if (!parse_member(x, here, &o))
			return NULL;
		scan_space(&x->in);
		if (scan_at(&x->in, '}'))
			return close_object(x, &o);
		if (!scan_at(&x->in, ','))
			return scan_fail_here(&x->in, "after object key:value pair");
		x->in.p++;
		scan_space(&x->in);
	}
}

/* ---- values ---- */

static struct ek_json *parse_nested(struct parser *x)
{
	struct place here = { .up = x->place };
	struct ek_json *v;

	if (x->depth == EK_JSON_MAX_DEPTH)
		return scan_fail_at(&x->in, x->in.p, "exceeded max depth");
	x->depth++;
	x->place = &here;
	v = *x->in.p == '{' ? parse_object(x, &here) : parse_array(x, &here);
	x->place = here.up;
	x->depth--;
	return v;
}

static struct ek_json *parse_value(struct parser *x)
{
	const char *s;
	size_t n;

	scan_space(&x->in);
	switch (x->in.p < x->in.end ? *x->in.p : '\0') {
	case '{':
	case '[': return parse_nested(x);
	case '"': return scan_string(&x->in, &s, &n) < 0 ? NULL : text_new(s, n);
	case 't': return scan_word(&x->in, "true", ek_json_new_bool(true));
	case 'f': return scan_word(&x->in, "false", ek_json_new_bool(false));
	case 'n': return scan_word(&x->in, "null", ek_json_null());
	case '-':
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9': return scan_number(&x->in);
	default:  return scan_fail_here(&x->in, "looking for beginning of value");
	}
}

int ek_json_parse(const char *text, size_t n, size_t max, struct ek_json **ret,
		  char **ret_duplicate, struct ek_err *err)
{
	struct parser x = {
		.in = { .start = text, .p = text, .end = text + n, .err = err },
		.duplicates = EK_BUF_INIT(MAX_DUPLICATES_BYTES),
	};
	EK_JSON struct ek_json *v = NULL;

	if (n > max)
		return ek_fail(err, EK_ETOOLARGE, "Request entity too large: limit is %zu", max);
	/* a byte that is not UTF-8 grows to three */
	ek_buf_init(&x.in.scratch, n > SIZE_MAX / 4 ? SIZE_MAX : n * 3 + 16);
	v = parse_value(&x);
	if (v) {
		scan_space(&x.in);
		if (x.in.p < x.in.end)
			scan_fail_here(&x.in, "after top-level value");
	}
	ek_buf_done(&x.in.scratch);
	for (size_t i = 0; i < x.open.n; i++) /* a failure leaves them */
		value_unref(x.open.items[i]);
	ek_vec_done(&x.open);
	if (x.in.rc == 0) {
		*ret = ek_steal(v);
		if (ret_duplicate)
			*ret_duplicate = x.n_duplicates ? ek_buf_steal(&x.duplicates) : NULL;
	}
	ek_buf_done(&x.duplicates);
	return x.in.rc;
}
