/* SPDX-License-Identifier: Apache-2.0 */
#include "selector.h"

#include <ekube/str.h>

#include <stdlib.h>

/*
 * requirements = [ requirement { "," requirement } ]
 * requirement  = "!" key | key | key op value | key ("in" | "notin") "(" values ")"
 *
 * One token ahead is enough. "in" and "notin" are operators only where an operator is expected.
 */
enum { SELECTOR_MAX_BYTES = 64 << 10 };

enum token { T_END, T_ID, T_OPEN, T_CLOSE, T_COMMA, T_NOT, T_EQ, T_EQ2, T_NE, T_GT, T_LT };

struct lexer {
	const char *p;   /* behind the token */
	enum token  tok; /* the token ahead */
	const char *lit; /* its text, not terminated */
	size_t      len;
};

struct sel_parser {
	struct lexer   x;
	struct ek_err *err;
};

#define LIT(x) (int)EK_MIN((x).len, 200), (x).lit

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_special(char c)
{
	return c && strchr("=!(),><", c);
}

static enum token special(const char *p, size_t *len)
{
	*len = 1;
	switch (*p) {
	case '(': return T_OPEN;
	case ')': return T_CLOSE;
	case ',': return T_COMMA;
	case '>': return T_GT;
	case '<': return T_LT;
	default:  break;
	}
	if (p[1] == '=') {
		*len = 2;
		return *p == '!' ? T_NE : T_EQ2;
	}
	return *p == '!' ? T_NOT : T_EQ;
}

/* Step over the token ahead. */
static void advance(struct lexer *x)
{
	while (is_space(*x->p))
		x->p++;
	x->lit = x->p;
	x->len = 0;
	if (!*x->p) {
		x->tok = T_END;
	} else if (is_special(*x->p)) {
		x->tok = special(x->p, &x->len);
	} else {
		while (x->p[x->len] && !is_special(x->p[x->len]) && !is_space(x->p[x->len]))
			x->len++;
		x->tok = T_ID;
	}
	x->p += x->len;
}

static bool lit_is(const struct lexer *x, const char *word)
{
	return x->tok == T_ID && x->len == strlen(word) && memcmp(x->lit, word, x->len) == 0;
}

static int parse_key(struct sel_parser *s, struct selector_req *r)
{
	EK_FREE char *key = NULL;
	const char *bad;
	char quoted[160];

	r->op = SEL_EXISTS;
	if (s->x.tok == T_NOT) {
		r->op = SEL_NOT_EXISTS;
		advance(&s->x);
	}
	if (s->x.tok != T_ID)
		return ek_fail(s->err, EK_EBADREQUEST, "found '%.*s', expected: identifier", LIT(s->x));
	key = ek_str_ndup(s->x.lit, s->x.len);
	bad = ek_name_qualified(key);
	if (bad)
		return ek_fail(s->err, EK_EBADREQUEST, "<nil>: Invalid value: %s: %s",
			       ek_quote(key, quoted, sizeof quoted), bad);
	r->key = ek_steal(key);
	advance(&s->x);
	return 0;
}

static int parse_operator(struct sel_parser *s, struct selector_req *r)
{
	switch (s->x.tok) {
	case T_EQ:  r->op = SEL_EQ; break;
	case T_EQ2: r->op = SEL_EQ2; break;
	case T_NE:  r->op = SEL_NE; break;
	case T_GT:  r->op = SEL_GT; break;
	case T_LT:  r->op = SEL_LT; break;
	default:
		if (lit_is(&s->x, "in"))
			r->op = SEL_IN;
		else if (lit_is(&s->x, "notin"))
			r->op = SEL_NOT_IN;
		else
			return ek_fail(s->err, EK_EBADREQUEST,
				       "found '%.*s', expected: in, notin, =, ==, !=, gt, lt", LIT(s->x));
	}
	advance(&s->x);
	return 0;
}

static void add_value(struct selector_req *r, const char *s, size_t n)
{
	ek_vec_push(&r->values, ek_str_ndup(s, n));
}

static int parse_exact(struct sel_parser *s, struct selector_req *r)
{
	if (s->x.tok == T_END || s->x.tok == T_COMMA) {
		add_value(r, "", 0);
		return 0;
	}
	if (s->x.tok != T_ID)
		return ek_fail(s->err, EK_EBADREQUEST, "found '%.*s', expected: identifier", LIT(s->x));
	add_value(r, s->x.lit, s->x.len);
	advance(&s->x);
	return 0;
}

/* Inside the parentheses; "(,a,,b,)" has empty values at both ends and in the middle. */
static int parse_list(struct sel_parser *s, struct selector_req *r)
{
	for (;;) {
		if (s->x.tok == T_ID) {
			add_value(r, s->x.lit, s->x.len);
			advance(&s->x);
			if (s->x.tok == T_CLOSE)
				return 0;
			if (s->x.tok != T_COMMA)
				return ek_fail(s->err, EK_EBADREQUEST, "found '%.*s', expected: ',' or ')'", LIT(s->x));
			continue;
		}
		if (s->x.tok != T_COMMA)
			return ek_fail(s->err, EK_EBADREQUEST, "found '%.*s', expected: ',', or identifier", LIT(s->x));
		if (r->values.n == 0)
			add_value(r, "", 0);
		advance(&s->x);
		if (s->x.tok == T_CLOSE) {
			add_value(r, "", 0);
			return 0;
		}
		if (s->x.tok == T_COMMA) {
			add_value(r, "", 0);
			advance(&s->x);
		}
	}
}

static int parse_set(struct sel_parser *s, struct selector_req *r)
{
	int rc = 0;

	if (s->x.tok != T_OPEN)
		return ek_fail(s->err, EK_EBADREQUEST, "found '%.*s' expected: '('", LIT(s->x));
	advance(&s->x);
	if (s->x.tok == T_CLOSE)
		add_value(r, "", 0);
	else if (s->x.tok == T_ID || s->x.tok == T_COMMA)
		rc = parse_list(s, r);
	else
		return ek_fail(s->err, EK_EBADREQUEST, "found '%.*s', expected: ',', ')' or identifier", LIT(s->x));
	if (rc == 0)
		advance(&s->x); /* the ")" */
	return rc;
}

static int parse_requirement(struct sel_parser *s, struct selector_req *r)
{
	int rc = parse_key(s, r);

	if (rc < 0 || r->op == SEL_NOT_EXISTS || s->x.tok == T_END || s->x.tok == T_COMMA)
		return rc;
	rc = parse_operator(s, r);
	if (rc < 0)
		return rc;
	return r->op == SEL_IN || r->op == SEL_NOT_IN ? parse_set(s, r) : parse_exact(s, r);
}

static int parse_all(struct sel_parser *s, struct ek_selector *sel)
{
	int rc;

	while (s->x.tok == T_ID || s->x.tok == T_NOT) {
		EK_CLEANUP(ek_selector_req_done) struct selector_req r = { 0 };

		rc = parse_requirement(s, &r);
		if (rc == 0) {
			struct selector_req moved = r;

			r = (struct selector_req){ 0 };
			rc = ek_selector_add(sel, &moved, s->err);
		}
		if (rc < 0)
			return ek_wrap(s->err, EK_EBADREQUEST, "unable to parse requirement");
		if (s->x.tok == T_END)
			return 0;
		if (s->x.tok != T_COMMA)
			return ek_fail(s->err, EK_EBADREQUEST, "found '%.*s', expected: ',' or 'end of string'", LIT(s->x));
		advance(&s->x);
		if (s->x.tok != T_ID && s->x.tok != T_NOT)
			return ek_fail(s->err, EK_EBADREQUEST, "found '%.*s', expected: identifier after ','", LIT(s->x));
	}
	if (s->x.tok != T_END)
		return ek_fail(s->err, EK_EBADREQUEST, "found '%.*s', expected: !, identifier, or 'end of string'", LIT(s->x));
	return 0;
}

int ek_selector_parse(const char *text, struct ek_selector **ret, struct ek_err *err)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *sel = NULL;
	struct ek_err own;
	struct sel_parser s = { .x = { .p = text }, .err = err ? err : &own };
	int rc;

	if (strnlen(text, SELECTOR_MAX_BYTES + 1) > SELECTOR_MAX_BYTES)
		return ek_fail(err, EK_EBADREQUEST, "label selector is longer than %d bytes", SELECTOR_MAX_BYTES);
	sel = ek_selector_new();
	advance(&s.x);
	rc = parse_all(&s, sel);
	if (rc < 0)
		return rc;
	ek_selector_sort(sel);
	*ret = ek_steal(sel);
	return 0;
}
