/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

#include <ekube/meta.h>

#include <stdio.h>

/* Rows were checked against k8s.io/apimachinery/pkg/fields. Shown: path|value or path!value. */
static const struct {
	const char *in, *out;
} good[] = {
	{ "", "" },
	{ ",,", "" },
	{ "metadata.name=x", "metadata.name|x " },
	{ "metadata.name==x", "metadata.name|x " },
	{ "a!=b", "a!b " },
	{ "b=1,a=2", "a|2 b|1 " },
	{ "a=", "a| " },
	{ "a=b\\,c\\=d\\\\", "a|b,c=d\\ " },
	{ " a =b", " a |b " },
	{ "a!b=c", "a!b|c " },
};

START_TEST(reads)
{
	EK_CLEANUP(ek_field_selector_done) struct ek_field_selector s = { 0 };
	char seen[200] = "";
	size_t at = 0;

	ck_assert_int_eq(ek_field_selector_parse(good[_i].in, &s, NULL), 0);
	for (size_t i = 0; i < s.n; i++)
		at += (size_t)snprintf(seen + at, sizeof seen - at, "%s%c%s ", s.terms[i].path,
				       s.terms[i].negate ? '!' : '|', s.terms[i].value);
	ck_assert_str_eq(seen, good[_i].out);
}
END_TEST

static const struct {
	const char *in, *msg;
} bad[] = {
	{ "a", "invalid selector: 'a'; can't understand 'a'" },
	{ "a=1,b", "invalid selector: 'a=1,b'; can't understand 'b'" },
	{ "a=b=c", "invalid field selector: unescaped character in value: 61" },
	{ "a=b\\x", "invalid field selector: invalid escape sequence: \\x" },
	{ "a=b\\", "invalid field selector: invalid escape sequence: \\" },
};

START_TEST(refuses)
{
	struct ek_field_selector s = { 0 };
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_field_selector_parse(bad[_i].in, &s, &err), EK_EBADREQUEST);
	ck_assert_str_eq(err.msg, bad[_i].msg);
	ck_assert_uint_eq(s.n, 0);
}
END_TEST

START_TEST(bounds_length)
{
	EK_FREE char *text = ek_malloc(70000);
	struct ek_field_selector s;
	struct ek_err err;

	memset(text, 'a', 69999);
	text[69999] = '\0';
	ck_assert_int_eq(ek_field_selector_parse(text, &s, &err), EK_EBADREQUEST);
	ck_assert_str_eq(err.msg, "field selector is longer than 65536 bytes");
}
END_TEST

EK_TESTS("obj/field_selector", EK_ROWS(reads, good), EK_ROWS(refuses, bad), bounds_length)
