/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

#include <ekube/meta.h>

/* RFC 7386 appendix A where documents are objects, and the habits of the API server's library. */
static const struct {
	const char *doc, *patch, *want;
} rows[] = {
	{ "{'a':'b'}", "{'a':'c'}", "{'a':'c'}" },
	{ "{'a':'b'}", "{'b':'c'}", "{'a':'b','b':'c'}" },
	{ "{'a':'b'}", "{'a':null}", "{}" },
	{ "{'a':'b','b':'c'}", "{'a':null}", "{'b':'c'}" },
	{ "{'a':['b']}", "{'a':'c'}", "{'a':'c'}" },
	{ "{'a':'c'}", "{'a':['b']}", "{'a':['b']}" },
	{ "{'a':{'b':'c'}}", "{'a':{'b':'d','c':null}}", "{'a':{'b':'d'}}" },
	{ "{'a':[{'b':'c'}]}", "{'a':[1]}", "{'a':[1]}" },
	{ "{'e':null}", "{'a':1}", "{'e':null,'a':1}" },
	{ "{}", "{'a':{'bb':{'ccc':null}}}", "{'a':{'bb':{}}}" },
	{ "{'a':'x'}", "{'a':{'b':null,'c':1}}", "{'a':{'c':1}}" },
	{ "{'a':null}", "{'a':{'b':null}}", "{'a':{}}" },
	{ "{}", "{'a':[1,null,{'b':null,'c':[{'d':null}]}]}", "{'a':[1,null,{'c':[{}]}]}" },
	{ "{'a':[1]}", "{'a':[{'b':null}]}", "{'a':[{}]}" },
	{ "{'a':{'x':1}}", "{'a':[{'b':null}]}", "{'a':[{'b':null}]}" },
	{ "{'a':{'x':1,'y':{'z':2}}}", "{'a':{'y':{'w':3}}}", "{'a':{'x':1,'y':{'z':2,'w':3}}}" },
	{ "{'a':1}", "{}", "{'a':1}" },
	{ "{'a':1}", "['c']", "['c']" },
};

START_TEST(merges)
{
	EK_JSON struct ek_json *doc = json(rows[_i].doc);
	EK_JSON struct ek_json *patch = json(rows[_i].patch);
	EK_JSON struct ek_json *got = ek_merge_patch(doc, patch);

	check_json(got, rows[_i].want);
	check_json(doc, rows[_i].doc);
	check_json(patch, rows[_i].patch);
}
END_TEST

START_TEST(the_result_is_private)
{
	EK_JSON struct ek_json *doc = json("{'a':{'b':1}}");
	EK_JSON struct ek_json *patch = json("{'c':{'d':[{}]}}");
	EK_JSON struct ek_json *got = ek_merge_patch(doc, patch);

	ek_json_set_at(got, "a.b", ek_json_new_int(2));
	ek_json_set_at(got, "c.d.0.x", ek_json_new_int(3));
	check_json(doc, "{'a':{'b':1}}");
	check_json(patch, "{'c':{'d':[{}]}}");
}
END_TEST

static const struct {
	const char *a, *b, *diff; /* diff: NULL when equal */
} diffs[] = {
	{ "{}", "{}", NULL },
	{ "{'a':1,'b':2}", "{'b':2,'a':1}", NULL },
	{ "{'a':1}", "{'a':1.0}", NULL },
	{ "{'a':1}", "{'a':2}", "{'a':2}" },
	{ "{'a':1}", "{}", "{'a':null}" },
	{ "{}", "{'a':{'b':1}}", "{'a':{'b':1}}" },
	{ "{'a':{'b':1,'c':2}}", "{'a':{'b':1,'c':3}}", "{'a':{'c':3}}" },
	{ "{'a':{'b':1}}", "{'a':{}}", "{'a':{'b':null}}" },
	{ "{'a':[1,2]}", "{'a':[1,3]}", "{'a':[1,3]}" },
	{ "{'a':{'b':1}}", "{'a':[1]}", "{'a':[1]}" },
	{ "{'a':[1]}", "{'a':{'b':1}}", "{'a':{'b':1}}" },
	{ "[1]", "[2]", "[2]" },
};

START_TEST(finds_differences)
{
	EK_JSON struct ek_json *a = json(diffs[_i].a);
	EK_JSON struct ek_json *b = json(diffs[_i].b);
	EK_JSON struct ek_json *diff = ek_merge_diff(a, b);
	EK_JSON struct ek_json *again = NULL;

	if (!diffs[_i].diff) {
		ck_assert_ptr_null(diff);
		return;
	}
	check_json(diff, diffs[_i].diff);
	again = ek_merge_patch(a, diff);
	ck_assert(ek_json_equal(again, b));
}
END_TEST

EK_TESTS("obj/merge_patch", EK_ROWS(merges, rows), the_result_is_private, EK_ROWS(finds_differences, diffs))
