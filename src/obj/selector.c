/* SPDX-License-Identifier: Apache-2.0 */
#include "selector.h"

#include <ekube/str.h>

#include <stdio.h>
#include <stdlib.h>

static const char *const op_text[] = {
	[SEL_IN] = " in ", [SEL_NOT_IN] = " notin ", [SEL_EQ] = "=",      [SEL_EQ2] = "==", [SEL_NE] = "!=",
	[SEL_GT] = ">",    [SEL_LT] = "<",           [SEL_EXISTS] = "", [SEL_NOT_EXISTS] = "",
};

void ek_selector_req_done(struct selector_req *r)
{
	free(r->key);
	for (size_t i = 0; i < r->values.n; i++)
		free(r->values.items[i]);
	ek_vec_done(&r->values);
}

struct ek_selector *ek_selector_ref(struct ek_selector *s)
{
	if (s)
		__atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
	return s;
}

void ek_selector_unref(struct ek_selector *s)
{
	if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (size_t i = 0; i < s->reqs.n; i++)
		ek_selector_req_done(&s->reqs.items[i]);
	ek_vec_done(&s->reqs);
	free(s);
}

void ek_selector_unrefp(struct ek_selector **s)
{
	ek_selector_unref(*s);
	*s = NULL;
}

bool ek_selector_empty(const struct ek_selector *s)
{
	return !s->nothing && s->reqs.n == 0;
}

/* ---- making one ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_key(const void *a, const void *b)
{
	const struct selector_req *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	return c ? c : (x->seq > y->seq) - (x->seq < y->seq);
}

/* Values are a set: sorted, each once. */
static void sort_values(struct selector_req *r)
{
	size_t n = 0;

	if (r->values.n < 2)
		return;
	qsort(r->values.items, r->values.n, sizeof *r->values.items, by_text);
	for (size_t i = 0; i < r->values.n; i++) {
		if (n && ek_streq(r->values.items[n - 1], r->values.items[i]))
			free(r->values.items[i]);
		else
			r->values.items[n++] = r->values.items[i];
	}
	r->values.n = n;
}

/* One finding; several are shown in brackets, as Go's aggregate does. */
static void finding(struct ek_buf *out, size_t *n, const char *fmt, ...) EK_PRINTF(3, 4);
static void finding(struct ek_buf *out, size_t *n, const char *fmt, ...)
{
	va_list ap;

	if ((*n)++)
		(void)ek_buf_str(out, ", ");
	va_start(ap, fmt);
	(void)ek_buf_vfmt(out, fmt, ap);
	va_end(ap);
}

static void check_count(const struct selector_req *r, struct ek_buf *out, size_t *n)
{
	static const char *const none = "[]string{}";
	const char *shown = r->values.n ? "[]string{...}" : none;

	switch (r->op) {
	case SEL_IN:
	case SEL_NOT_IN:
		if (r->values.n == 0)
			finding(out, n, "values: Invalid value: %s: for 'in', 'notin' operators, values set can't be empty", none);
		break;
	case SEL_EXISTS:
	case SEL_NOT_EXISTS:
		if (r->values.n)
			finding(out, n, "values: Invalid value: %s: values set must be empty for exists and does not exist", shown);
		break;
	default: /* the rest is only made with one value */
		break;
	}
}

static void check_values(const struct selector_req *r, struct ek_buf *out, size_t *n)
{
	char quoted[160];

	for (size_t i = 0; i < r->values.n; i++) {
		const char *v = r->values.items[i];
		const char *bad = ek_name_label_value(v);
		int64_t ignored;

		if ((r->op == SEL_GT || r->op == SEL_LT) &&
		    ek_str_to_int(v, INT64_MIN, INT64_MAX, &ignored) < 0)
			finding(out, n, "values[%zu]: Invalid value: %s: for 'Gt', 'Lt' operators, the value must be an integer",
				i, ek_quote(v, quoted, sizeof quoted));
		if (bad)
			finding(out, n, "values[%zu][%s]: Invalid value: %s: %s", i, r->key,
				ek_quote(v, quoted, sizeof quoted), bad);
	}
}

int ek_selector_add(struct ek_selector *s, struct selector_req *take_req, struct ek_err *err)
{
	EK_BUF struct ek_buf found = EK_BUF_INIT(4096);
	const char *bad = ek_name_qualified(take_req->key);
	char quoted[160];
	size_t n = 0;

	sort_values(take_req);
	if (bad)
		finding(&found, &n, "key: Invalid value: %s: %s", ek_quote(take_req->key, quoted, sizeof quoted), bad);
	check_count(take_req, &found, &n);
	check_values(take_req, &found, &n);
	if (n) {
		ek_selector_req_done(take_req);
		return ek_fail(err, EK_EINVALID, n > 1 ? "[%s]" : "%s", found.data ? found.data : "");
	}
	take_req->seq = s->reqs.n;
	ek_vec_push(&s->reqs, *take_req);
	return 0;
}

void ek_selector_sort(struct ek_selector *s)
{
	if (s->reqs.n > 1)
		qsort(s->reqs.items, s->reqs.n, sizeof *s->reqs.items, by_key);
}

struct ek_selector *ek_selector_new(void)
{
	struct ek_selector *s = ek_new(struct ek_selector);

	s->refs = 1;
	return s;
}

struct ek_selector *ek_selector_from_map(const struct ek_json *map)
{
	struct ek_selector *s = ek_selector_new();

	for (struct ek_json_iter it = ek_json_iter(map); ek_json_next(&it);) {
		struct selector_req r = { .key = ek_str_dup(it.key), .op = SEL_EQ, .seq = it.i };
		const char *v = ek_json_str(it.value);

		ek_vec_push(&r.values, ek_str_dup(v ? v : ""));
		ek_vec_push(&s->reqs, r);
	}
	ek_selector_sort(s);
	return s;
}

static int add_labels(struct ek_selector *s, const struct ek_json *labels, struct ek_err *err)
{
	int rc = 0;

	for (struct ek_json_iter it = ek_json_iter(labels); rc == 0 && ek_json_next(&it);) {
		struct selector_req r = { .key = ek_str_dup(it.key), .op = SEL_EQ };
		const char *v = ek_json_str(it.value);

		ek_vec_push(&r.values, ek_str_dup(v ? v : ""));
		rc = ek_selector_add(s, &r, err);
	}
	return rc;
}

static int add_expression(struct ek_selector *s, const struct ek_json *expr, struct ek_err *err)
{
	static const struct {
		const char      *name;
		enum selector_op op;
	} ops[] = {
		{ "In", SEL_IN }, { "NotIn", SEL_NOT_IN }, { "Exists", SEL_EXISTS }, { "DoesNotExist", SEL_NOT_EXISTS },
	};
	const char *name = ek_json_str(ek_json_get(expr, "operator"));
	const char *key = ek_json_str(ek_json_get(expr, "key"));
	struct selector_req r = { 0 };
	char quoted[160];
	size_t i = 0;

	while (i < EK_ARRAY_LEN(ops) && !ek_streq(ops[i].name, name))
		i++;
	if (i == EK_ARRAY_LEN(ops))
		return ek_fail(err, EK_EINVALID, "%s is not a valid label selector operator",
			       ek_quote(name ? name : "", quoted, sizeof quoted));
	r.op = ops[i].op;
	r.key = ek_str_dup(key ? key : "");
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(expr, "values")); ek_json_next(&it);) {
		const char *v = ek_json_str(it.value);

		ek_vec_push(&r.values, ek_str_dup(v ? v : ""));
	}
	return ek_selector_add(s, &r, err);
}

int ek_selector_from_json(const struct ek_json *label_selector, struct ek_selector **ret,
			  struct ek_err *err)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *s = ek_selector_new();
	int rc;

	s->nothing = ek_json_is_null(label_selector);
	rc = add_labels(s, ek_json_get(label_selector, "matchLabels"), err);
	if (rc < 0)
		return rc;
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(label_selector, "matchExpressions"));
	     ek_json_next(&it);) {
		rc = add_expression(s, it.value, err);
		if (rc < 0)
			return rc;
	}
	ek_selector_sort(s);
	*ret = ek_steal(s);
	return 0;
}

/* ---- asking ---- */

static bool has_value(const struct selector_req *r, const char *v)
{
	return r->values.n &&
	       bsearch(&v, r->values.items, r->values.n, sizeof *r->values.items, by_text);
}

static bool compare(const struct selector_req *r, const char *v)
{
	int64_t have, want;

	if (ek_str_to_int(v, INT64_MIN, INT64_MAX, &have) < 0 ||
	    ek_str_to_int(r->values.items[0], INT64_MIN, INT64_MAX, &want) < 0)
		return false;
	return r->op == SEL_GT ? have > want : have < want;
}

static bool req_match(const struct selector_req *r, const char *v)
{
	switch (r->op) {
	case SEL_IN:
	case SEL_EQ:
	case SEL_EQ2:        return v && has_value(r, v);
	case SEL_NOT_IN:
	case SEL_NE:         return !v || !has_value(r, v);
	case SEL_EXISTS:     return v;
	case SEL_NOT_EXISTS: return !v;
	case SEL_GT:
	case SEL_LT:         return v && compare(r, v);
	}
	return false;
}

bool ek_selector_match_fn(const struct ek_selector *s,
			  const char *(*get)(void *arg, const char *key), void *arg)
{
	if (s->nothing)
		return false;
	for (size_t i = 0; i < s->reqs.n; i++)
		if (!req_match(&s->reqs.items[i], get(arg, s->reqs.items[i].key)))
			return false;
	return true;
}

static const char *get_json(void *arg, const char *key)
{
	return ek_json_str(ek_json_get(arg, key));
}

bool ek_selector_match(const struct ek_selector *s, const struct ek_json *labels)
{
	return ek_selector_match_fn(s, get_json, (void *)(uintptr_t)labels);
}

char *ek_selector_text(const struct ek_selector *s)
{
	struct ek_buf out = EK_BUF_INIT(SIZE_MAX / 2);

	for (size_t i = 0; i < s->reqs.n; i++) {
		const struct selector_req *r = &s->reqs.items[i];
		bool set = r->op == SEL_IN || r->op == SEL_NOT_IN;

		(void)ek_buf_fmt(&out, "%s%s%s%s%s", i ? "," : "", r->op == SEL_NOT_EXISTS ? "!" : "",
				 r->key, op_text[r->op], set ? "(" : "");
		for (size_t k = 0; k < r->values.n; k++)
			(void)ek_buf_fmt(&out, "%s%s", k ? "," : "", r->values.items[k]);
		if (set)
			(void)ek_buf_char(&out, ')');
	}
	return ek_buf_steal(&out);
}
