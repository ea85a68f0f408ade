/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/meta.h>

#include <ekube/str.h>
#include <ekube/vec.h>

#include <stdlib.h>

enum { FIELD_SELECTOR_MAX_BYTES = 64 << 10 };

/* The end of the term at p: the next comma that no backslash hides. */
static const char *term_end(const char *p)
{
	for (; *p && *p != ','; p++)
		if (*p == '\\' && p[1])
			p++;
	return p;
}

static int unescape(char *s, struct ek_err *err)
{
	char *to = s;

	for (; *s; s++) {
		if (*s == ',' || *s == '=')
			return ek_fail(err, EK_EBADREQUEST, "invalid field selector: unescaped character in value: %d", *s);
		if (*s == '\\') {
			s++;
			if (!*s)
				return ek_fail(err, EK_EBADREQUEST, "invalid field selector: invalid escape sequence: \\");
			if (*s != '\\' && *s != ',' && *s != '=')
				return ek_fail(err, EK_EBADREQUEST, "invalid field selector: invalid escape sequence: \\%c", *s);
		}
		*to++ = *s;
	}
	*to = '\0';
	return 0;
}

/* "path=value", "path==value", "path!=value": the first operator splits. */
static int parse_term(const char *text, const char *term, struct ek_field_term *ret,
		      struct ek_err *err)
{
	const char *op = term;
	EK_FREE char *value = NULL;
	size_t len;
	int rc;

	while (*op && *op != '=' && !(*op == '!' && op[1] == '='))
		op++;
	if (!*op)
		return ek_fail(err, EK_EBADREQUEST, "invalid selector: '%.150s'; can't understand '%.150s'", text, term);
	len = *op == '!' || op[1] == '=' ? 2 : 1;
	value = ek_str_dup(op + len);
	rc = unescape(value, err);
	if (rc < 0)
		return rc;
	*ret = (struct ek_field_term){
		.path = ek_str_ndup(term, (size_t)(op - term)),
		.value = ek_steal(value),
		.negate = *op == '!',
	};
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int parse_terms(const char *text, char **terms, size_t n, struct ek_field_selector *sel,
		       struct ek_err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct ek_field_term t;
		int rc = parse_term(text, terms[i], &t, err);

		if (rc < 0)
			return rc;
		sel->terms[sel->n++] = t;
	}
	return 0;
}

int ek_field_selector_parse(const char *text, struct ek_field_selector *ret, struct ek_err *err)
{
	EK_CLEANUP(ek_field_selector_done) struct ek_field_selector sel = { 0 };
	EK_VEC(char *) terms = { 0 };
	int rc;

	if (strnlen(text, FIELD_SELECTOR_MAX_BYTES + 1) > FIELD_SELECTOR_MAX_BYTES)
		return ek_fail(err, EK_EBADREQUEST, "field selector is longer than %d bytes", FIELD_SELECTOR_MAX_BYTES);
	for (const char *p = text; *p;) {
		const char *end = term_end(p);

		if (end > p)
			ek_vec_push(&terms, ek_str_ndup(p, (size_t)(end - p)));
		p = *end ? end + 1 : end;
	}
	if (terms.n) {
		qsort(terms.items, terms.n, sizeof *terms.items, by_text);
		sel.terms = ek_calloc(terms.n, sizeof *sel.terms);
	}
	rc = parse_terms(text, terms.items, terms.n, &sel, err);
	for (size_t i = 0; i < terms.n; i++)
		free(terms.items[i]);
	ek_vec_done(&terms);
	if (rc < 0)
		return rc;
	*ret = sel;
	sel = (struct ek_field_selector){ 0 };
	return 0;
}

void ek_field_selector_done(struct ek_field_selector *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->terms[i].path);
		free(s->terms[i].value);
	}
	free(s->terms);
	*s = (struct ek_field_selector){ 0 };
}
