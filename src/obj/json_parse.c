/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include <ekube/str.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Text to jansson values in one pass. jansson's own reader is not used because the API needs
 * what it cannot say: integers past 64 bits become reals, bad UTF-8 becomes U+FFFD, the last of
 * duplicate keys wins and the first is reported, depth is bounded, and errors speak like
 * Go's encoding/json, whose words clients know.
 */
struct parser {
	const char    *start, *p, *end;
	struct ek_buf  scratch;    /* a string that is not literally in the text */
	struct ek_buf  duplicates; /* their paths, one a line */
	size_t         n_duplicates;
	struct place  *place;      /* the innermost container, NULL at the top */
	struct ek_err *err;
	int            rc;
	int            depth;
};

/* Where in the tree we are, for the paths of duplicate fields: a member or an element. */
struct place {
	struct place *up;
	const char   *key; /* NULL in an array */
	size_t        n;   /* length of the key, or the index */
};

enum { MAX_DUPLICATES = 100, MAX_DUPLICATES_BYTES = 16 << 10 };

static json_t *parse_value(struct parser *x);

/* ---- errors ---- */

static json_t *fail_at(struct parser *x, const char *at, const char *what)
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
static json_t *fail_char(struct parser *x, unsigned char c, const char *where)
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
	return fail_at(x, x->p, what);
}

/* Between tokens, or in a string. */
static json_t *fail_here(struct parser *x, const char *where)
{
	if (x->p >= x->end)
		return fail_at(x, x->end, "unexpected end of JSON input");
	return fail_char(x, (unsigned char)*x->p, where);
}

/* Within a word, number or escape; there Go shows the end of the text as a space. */
static json_t *fail_token(struct parser *x, const char *where)
{
	return fail_char(x, x->p < x->end ? (unsigned char)*x->p : ' ', where);
}

static void skip_space(struct parser *x)
{
	while (x->p < x->end && (*x->p == ' ' || *x->p == '\n' || *x->p == '\t' || *x->p == '\r'))
		x->p++;
}

static bool at(const struct parser *x, char c)
{
	return x->p < x->end && *x->p == c;
}

/* ---- strings ---- */

static int hex4(struct parser *x, uint32_t *ret)
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
static int unicode_escape(struct parser *x)
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

static int escape(struct parser *x)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *hit;

	x->p++;
	if (at(x, 'u')) {
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
static int slow_string(struct parser *x, const char *run)
{
	ek_buf_clear(&x->scratch);
	(void)ek_buf_append(&x->scratch, run, (size_t)(x->p - run));
	for (;;) {
		size_t len;

		if (x->p >= x->end || (unsigned char)*x->p < 0x20) {
			fail_here(x, "in string literal");
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

/*
 * A string, x->p at its opening quote. The result points into the text or into the scratch
 * buffer and is good until the next string.
 */
static int parse_string(struct parser *x, const char **ret, size_t *ret_n)
{
	const char *run = ++x->p;

	while (x->p < x->end && *x->p != '"' && *x->p != '\\' && (unsigned char)*x->p >= 0x20) {
		size_t len = (unsigned char)*x->p < 0x80 ? 1 : ek_json_utf8_len(x->p, x->end);

		if (len == 0)
			break;
		x->p += len;
	}
	if (at(x, '"')) {
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

static json_t *to_real(struct parser *x, const char *from)
{
	EK_FREE char *text = ek_str_ndup(from, (size_t)(x->p - from));
	double d = strtod(text, NULL);
	char what[160];

	if (isfinite(d))
		return json_real(d);
	(void)snprintf(what, sizeof what, "json: cannot unmarshal number %.60s into Go value of type float64", text);
	return fail_at(x, from, what);
}

static json_t *parse_number(struct parser *x)
{
	const char *from = x->p;
	bool whole = true;
	int64_t n;

	x->p += *x->p == '-';
	if (x->p >= x->end || *x->p < '0' || *x->p > '9')
		return fail_token(x, "in numeric literal");
	x->p = *x->p == '0' ? x->p + 1 : digits(x->p, x->end);
	if (at(x, '.')) {
		const char *fraction = ++x->p;

		whole = false;
		x->p = digits(x->p, x->end);
		if (x->p == fraction)
			return fail_token(x, "after decimal point in numeric literal");
	}
	if (at(x, 'e') || at(x, 'E')) {
		const char *exponent;

		whole = false;
		x->p++;
		x->p += at(x, '+') || at(x, '-');
		exponent = x->p;
		x->p = digits(x->p, x->end);
		if (x->p == exponent)
			return fail_token(x, "in exponent of numeric literal");
	}
	if (whole && to_int(from, x->p, &n))
		return json_integer(n);
	return to_real(x, from);
}

/* ---- containers ---- */

static json_t *parse_array(struct parser *x, struct place *here)
{
	json_auto_t *arr = json_array();

	x->p++;
	skip_space(x);
	if (at(x, ']')) {
		x->p++;
		return ek_steal(arr);
	}
	for (;;) {
		json_t *v = parse_value(x);

		if (!v)
			return NULL;
		(void)json_array_append_new(arr, v);
		here->n++;
		skip_space(x);
		if (at(x, ']'))
			break;
		if (!at(x, ','))
			return fail_here(x, "after array element");
		x->p++;
	}
	x->p++;
	return ek_steal(arr);
}

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

static void put_member(struct parser *x, json_t *obj, const char *key, size_t n, json_t *take_value)
{
	size_t before = json_object_size(obj);

	(void)json_object_setn_new_nocheck(obj, key, n, take_value);
	if (json_object_size(obj) != before || x->n_duplicates == MAX_DUPLICATES)
		return;
	(void)ek_buf_str(&x->duplicates, x->n_duplicates++ ? "\n" : "");
	put_path(&x->duplicates, x->place);
}

static bool parse_member(struct parser *x, struct place *here, json_t *obj)
{
	EK_FREE char *own = NULL; /* a key that needed unescaping outlives the scratch buffer */
	const char *begin = x->p;
	const char *key;
	json_t *v;
	size_t n;

	if (!at(x, '"'))
		return fail_here(x, "looking for beginning of object key string");
	if (parse_string(x, &key, &n) < 0)
		return false;
	if (key == x->scratch.data) {
		if (memchr(key, '\0', n))
			return fail_at(x, begin, "invalid character '\\x00' in object key string");
		own = ek_str_ndup(key, n);
		key = own;
	}
	skip_space(x);
	if (!at(x, ':'))
		return fail_here(x, "after object key");
	x->p++;
	here->key = key;
	here->n = n;
	v = parse_value(x);
	if (v)
		put_member(x, obj, key, n, v);
	return v;
}

static json_t *parse_object(struct parser *x, struct place *here)
{
	json_auto_t *obj = json_object();

	x->p++;
	skip_space(x);
	if (at(x, '}')) {
		x->p++;
		return ek_steal(obj);
	}
	for (;;) {
		if (!parse_member(x, here, obj))
			return NULL;
		skip_space(x);
		if (at(x, '}'))
			break;
		if (!at(x, ','))
			return fail_here(x, "after object key:value pair");
		x->p++;
		skip_space(x);
	}
	x->p++;
	return ek_steal(obj);
}

static json_t *parse_word(struct parser *x, const char *word, json_t *v)
{
	char where[64];

	for (const char *w = word; *w; w++, x->p++) {
		if (at(x, *w))
			continue;
		(void)snprintf(where, sizeof where, "in literal %s (expecting '%c')", word, *w);
		return fail_token(x, where);
	}
	return v;
}

static json_t *parse_nested(struct parser *x)
{
	struct place here = { .up = x->place };
	json_t *v;

	if (x->depth == EK_JSON_MAX_DEPTH)
		return fail_at(x, x->p, "exceeded max depth");
	x->depth++;
	x->place = &here;
	v = *x->p == '{' ? parse_object(x, &here) : parse_array(x, &here);
	x->place = here.up;
	x->depth--;
	return v;
}

static json_t *parse_value(struct parser *x)
{
	const char *s;
	size_t n;

	skip_space(x);
	switch (x->p < x->end ? *x->p : '\0') {
	case '{':
	case '[': return parse_nested(x);
	case '"': return parse_string(x, &s, &n) < 0 ? NULL : json_stringn_nocheck(s, n);
	case 't': return parse_word(x, "true", json_true());
	case 'f': return parse_word(x, "false", json_false());
	case 'n': return parse_word(x, "null", json_null());
	case '-':
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9': return parse_number(x);
	default:  return fail_here(x, "looking for beginning of value");
	}
}

int ek_json_parse(const char *text, size_t n, size_t max, struct ek_json **ret,
		  char **ret_duplicate, struct ek_err *err)
{
	struct parser x = {
		.start = text, .p = text, .end = text + n, .err = err,
		.duplicates = EK_BUF_INIT(MAX_DUPLICATES_BYTES),
	};
	json_auto_t *v = NULL;

	if (n > max)
		return ek_fail(err, EK_ETOOLARGE, "Request entity too large: limit is %zu", max);
	/* a byte that is not UTF-8 grows to three */
	ek_buf_init(&x.scratch, n > SIZE_MAX / 4 ? SIZE_MAX : n * 3 + 16);
	v = parse_value(&x);
	if (v) {
		skip_space(&x);
		if (x.p < x.end)
			fail_here(&x, "after top-level value");
	}
	ek_buf_done(&x.scratch);
	if (x.rc == 0) {
		*ret = ek_v(ek_steal(v));
		if (ret_duplicate)
			*ret_duplicate = x.n_duplicates ? ek_buf_steal(&x.duplicates) : NULL;
	}
	ek_buf_done(&x.duplicates);
	return x.rc;
}
