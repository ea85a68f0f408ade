/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

#include <ekube/meta.h>

#define SELECTOR EK_CLEANUP(ek_selector_unrefp) struct ek_selector

/* Rows were checked against k8s.io/apimachinery/pkg/labels. */
static const struct {
	const char *in, *out;
} good[] = {
	{ "", "" },
	{ " \t ", "" },
	{ "a=b", "a=b" },
	{ " a = b ", "a=b" },
	{ "a==b", "a==b" },
	{ "a!=b", "a!=b" },
	{ "a", "a" },
	{ "!a", "!a" },
	{ "! a", "!a" },
	{ "a=", "a=" },
	{ "a=,b", "a=,b" },
	{ "b=1,a=2", "a=2,b=1" },
	{ "a=1,a=2,a!=3", "a=1,a=2,a!=3" },
	{ "a in (x)", "a in (x)" },
	{ "a in (y,x,y)", "a in (x,y)" },
	{ "a in ()", "a in ()" },
	{ "a in (,x,,y,)", "a in (,x,y)" },
	{ "a notin (x, y)", "a notin (x,y)" },
	{ "in in (in,notin)", "in in (in,notin)" },
	{ "in=notin,notin", "in=notin,notin" },
	{ "a>5,b<3", "a>5,b<3" },
	{ "app.kubernetes.io/name=x", "app.kubernetes.io/name=x" },
};

START_TEST(reads)
{
	SELECTOR *s = NULL;
	struct ek_err err = { 0 };
	int rc = ek_selector_parse(good[_i].in, &s, &err);
	EK_FREE char *text = NULL;

	ck_assert_msg(rc == 0, "%s", err.msg);
	text = ek_selector_text(s);
	ck_assert_str_eq(text, good[_i].out);
}
END_TEST

#define NAME_PART                                                                            \
	"name part must consist of alphanumeric characters, '-', '_' or '.', and must start "  \
	"and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', " \
	"regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define LABEL_VALUE                                                                          \
	"a valid label must be an empty string or consist of alphanumeric characters, '-', "   \
	"'_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  " \
	"or 'my_value',  or '12345', regex used for validation is "                            \
	"'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

static const struct {
	const char *in, *msg;
} bad[] = {
	{ "(", "found '(', expected: !, identifier, or 'end of string'" },
	{ ",a", "found ',', expected: !, identifier, or 'end of string'" },
	{ "=a", "found '=', expected: !, identifier, or 'end of string'" },
	{ "!", "unable to parse requirement: found '', expected: identifier" },
	{ "!=a", "found '!=', expected: !, identifier, or 'end of string'" },
	{ "a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt" },
	{ "!a=b", "found '=', expected: ',' or 'end of string'" },
	{ "a=b=c", "found '=', expected: ',' or 'end of string'" },
	{ "a=b,", "found '', expected: identifier after ','" },
	{ "a,,b", "found ',', expected: identifier after ','" },
	{ "a=(", "unable to parse requirement: found '(', expected: identifier" },
	{ "a in x", "unable to parse requirement: found 'x' expected: '('" },
	{ "a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier" },
	{ "a in (x y)", "unable to parse requirement: found 'y', expected: ',' or ')'" },
	{ "a in (x", "unable to parse requirement: found '', expected: ',' or ')'" },
	{ "a in (x,=)", "unable to parse requirement: found '=', expected: ',', or identifier" },
	{ "a>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer" },
	{ "_a=b", "unable to parse requirement: <nil>: Invalid value: \"_a\": " NAME_PART },
	{ "a=-", "unable to parse requirement: values[0][a]: Invalid value: \"-\": " LABEL_VALUE },
};

START_TEST(refuses)
{
	struct ek_selector *s = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_selector_parse(bad[_i].in, &s, &err), EK_EBADREQUEST);
	ck_assert_str_eq(err.msg, bad[_i].msg);
	ck_assert_ptr_null(s);
	ck_assert_int_eq(ek_selector_parse(bad[_i].in, &s, NULL), EK_EBADREQUEST);
}
END_TEST

START_TEST(bounds_length)
{
	EK_FREE char *text = ek_malloc(70000);
	struct ek_selector *s = NULL;
	struct ek_err err;

	memset(text, 'a', 69999);
	text[69999] = '\0';
	ck_assert_int_eq(ek_selector_parse(text, &s, &err), EK_EBADREQUEST);
	ck_assert_str_eq(err.msg, "label selector is longer than 65536 bytes");
	for (size_t i = 1; i < 65536; i += 2)
		text[i] = ',';
	text[65535] = '\0';
	ck_assert_int_eq(ek_selector_parse(text, &s, &err), 0); /* many, and quickly */
	ek_selector_unref(s);
}
END_TEST

static const char labels[] = "{'a':'x','n':'10','empty':'','odd':7}";

static const struct {
	const char *selector;
	bool        match;
} matches[] = {
	{ "", true },
	{ "a=x", true },
	{ "a==x", true },
	{ "a=y", false },
	{ "b=x", false },
	{ "a!=x", false },
	{ "a!=y", true },
	{ "b!=x", true },
	{ "a in (w,x)", true },
	{ "a in (w,y)", false },
	{ "b in (x)", false },
	{ "a notin (w,x)", false },
	{ "b notin (x)", true },
	{ "a", true },
	{ "b", false },
	{ "!a", false },
	{ "!b", true },
	{ "n>9", true },
	{ "n>10", false },
	{ "n<11", true },
	{ "a>1", false },
	{ "b>1", false },
	{ "empty=", true },
	{ "empty", true },
	{ "missing=", false },
	{ "odd", false },
	{ "a=x,n=10,!b", true },
	{ "a=x,n=11", false },
};

START_TEST(selects)
{
	EK_JSON struct ek_json *l = json(labels);
	SELECTOR *s = NULL;

	ck_assert_int_eq(ek_selector_parse(matches[_i].selector, &s, NULL), 0);
	ck_assert_int_eq(ek_selector_match(s, l), matches[_i].match);
	ck_assert_int_eq(ek_selector_empty(s), !*matches[_i].selector);
}
END_TEST

static const struct {
	const char *in, *out; /* out: the text, or the error */
	int         rc;
} objects[] = {
	{ "{}", "", 0 },
	{ "{'matchLabels':{'b':'1','a':'2'}}", "a=2,b=1", 0 },
	{ "{'matchExpressions':[{'key':'a','operator':'In','values':['y','x']},{'key':'b','operator':'NotIn','values':['z']},"
	  "{'key':'c','operator':'Exists'},{'key':'d','operator':'DoesNotExist','values':[]}],'matchLabels':{'e':'f'}}",
	  "a in (x,y),b notin (z),c,!d,e=f", 0 },
	{ "{'matchExpressions':[{'key':'a','operator':'Gt','values':['1']}]}",
	  "\"Gt\" is not a valid label selector operator", EK_EINVALID },
	{ "{'matchExpressions':[{'key':'a'}]}", "\"\" is not a valid label selector operator", EK_EINVALID },
	{ "{'matchExpressions':[{'key':'a','operator':'In'}]}",
	  "values: Invalid value: []string{}: for 'in', 'notin' operators, values set can't be empty", EK_EINVALID },
	{ "{'matchLabels':{'_a':'b'}}", "key: Invalid value: \"_a\": " NAME_PART, EK_EINVALID },
	{ "{'matchLabels':{'a':'-'}}", "values[0][a]: Invalid value: \"-\": " LABEL_VALUE, EK_EINVALID },
	{ "{'matchExpressions':[{'key':'a','operator':'Exists','values':['x']}]}",
	  "values: Invalid value: []string{...}: values set must be empty for exists and does not exist", EK_EINVALID },
};

START_TEST(from_label_selectors)
{
	EK_JSON struct ek_json *v = json(objects[_i].in);
	SELECTOR *s = NULL;
	struct ek_err err = { 0 };
	EK_FREE char *text = NULL;

	ck_assert_int_eq(ek_selector_from_json(v, &s, &err), objects[_i].rc);
	text = objects[_i].rc ? ek_str_dup(err.msg) : ek_selector_text(s);
	ck_assert_str_eq(text, objects[_i].out);
}
END_TEST

START_TEST(several_findings_in_brackets)
{
	EK_JSON struct ek_json *v = json("{'matchExpressions':[{'key':'a','operator':'Exists','values':['-']}]}");
	struct ek_selector *s = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_selector_from_json(v, &s, &err), EK_EINVALID);
	ck_assert(ek_str_starts(err.msg, "[values: Invalid value: []string{...}: values set must be empty"));
	ck_assert(strstr(err.msg, ", values[0][a]: Invalid value: \"-\": "));
	ck_assert(ek_str_ends(err.msg, "]"));
}
END_TEST

START_TEST(no_selector_selects_nothing)
{
	EK_JSON struct ek_json *l = json(labels);
	EK_JSON struct ek_json *null = ek_json_null();
	SELECTOR *a = NULL;
	SELECTOR *b = NULL;

	ck_assert_int_eq(ek_selector_from_json(NULL, &a, NULL), 0);
	ck_assert_int_eq(ek_selector_from_json(null, &b, NULL), 0);
	ck_assert(!ek_selector_match(a, l) && !ek_selector_match(a, NULL) && !ek_selector_empty(a));
	ck_assert(!ek_selector_match(b, l));
}
END_TEST

START_TEST(from_maps)
{
	EK_JSON struct ek_json *map = json("{'n':'10','a':'x'}");
	EK_JSON struct ek_json *l = json(labels);
	SELECTOR *s = ek_selector_from_map(map);
	SELECTOR *all = ek_selector_from_map(NULL);
	SELECTOR *again = ek_selector_ref(s);
	EK_FREE char *text = ek_selector_text(again);

	ck_assert_str_eq(text, "a=x,n=10");
	ck_assert(ek_selector_match(s, l) && !ek_selector_match(s, NULL));
	ck_assert(ek_selector_empty(all) && ek_selector_match(all, NULL));
}
END_TEST

EK_TESTS("obj/selector", EK_ROWS(reads, good), EK_ROWS(refuses, bad), bounds_length,
	 EK_ROWS(selects, matches), EK_ROWS(from_label_selectors, objects),
	 several_findings_in_brackets, no_selector_selects_nothing, from_maps)
