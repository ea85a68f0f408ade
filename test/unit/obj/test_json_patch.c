/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

#include <ekube/meta.h>

/* Rows were checked against evanphx/json-patch v4, which the API server uses. NULL: refused. */
static const struct {
	const char *doc, *patch, *want;
} rows[] = {
	{ "{'a':1}", "[]", "{'a':1}" },
	/* add */
	{ "{}", "[{'op':'add','path':'/a','value':1}]", "{'a':1}" },
	{ "{'a':1}", "[{'op':'add','path':'/a','value':{'b':[]}}]", "{'a':{'b':[]}}" },
	{ "{'a':[1,3]}", "[{'op':'add','path':'/a/1','value':2}]", "{'a':[1,2,3]}" },
	{ "{'a':[1]}", "[{'op':'add','path':'/a/1','value':2}]", "{'a':[1,2]}" },
	{ "{'a':[1]}", "[{'op':'add','path':'/a/-','value':2}]", "{'a':[1,2]}" },
	{ "{'a':[1]}", "[{'op':'add','path':'/a/-1','value':2}]", "{'a':[1,2]}" },
	{ "{'a':[1]}", "[{'op':'add','path':'/a/-2','value':2}]", "{'a':[2,1]}" },
	{ "{'a':[1]}", "[{'op':'add','path':'/a/2','value':2}]", NULL },
	{ "{'a':[1]}", "[{'op':'add','path':'/a/-3','value':2}]", NULL },
	{ "{'a':[1]}", "[{'op':'add','path':'/a/x','value':2}]", NULL },
	{ "{'a':[1]}", "[{'op':'add','path':'/a/','value':2}]", NULL },
	{ "{}", "[{'op':'add','path':'/a/b','value':1}]", NULL },
	{ "{'a':'x'}", "[{'op':'add','path':'/a/b','value':1}]", NULL },
	{ "{'a':null}", "[{'op':'add','path':'/a/b','value':1}]", NULL },
	{ "{}", "[{'op':'add','path':'','value':{}}]", NULL },
	{ "{}", "[{'op':'add','path':'/a'}]", "{'a':null}" },
	{ "{}", "[{'op':'add','path':'/','value':1}]", "{'':1}" },
	{ "{}", "[{'op':'add','path':'/a~1b~0c~2~','value':1}]", "{'a/b~c~2~':1}" },
	{ "{}", "[{'op':'add','path':'a','value':1}]", NULL },
	{ "{}", "[{'op':'add','path':'x/a','value':1}]", "{'a':1}" },
	/* remove */
	{ "{'a':1,'b':2}", "[{'op':'remove','path':'/a'}]", "{'b':2}" },
	{ "{'a':[1,2,3]}", "[{'op':'remove','path':'/a/1'}]", "{'a':[1,3]}" },
	{ "{'a':[1,2,3]}", "[{'op':'remove','path':'/a/-1'}]", "{'a':[1,2]}" },
	{ "{'a':[1]}", "[{'op':'remove','path':'/a/1'}]", NULL },
	{ "{'a':[1]}", "[{'op':'remove','path':'/a/-'}]", NULL },
	{ "{}", "[{'op':'remove','path':'/a'}]", NULL },
	{ "{}", "[{'op':'remove','path':''}]", NULL },
	/* replace */
	{ "{'a':1}", "[{'op':'replace','path':'/a','value':2}]", "{'a':2}" },
	{ "{}", "[{'op':'replace','path':'/a','value':2}]", "{'a':2}" },
	{ "{'a':[1,2]}", "[{'op':'replace','path':'/a/-1','value':3}]", "{'a':[1,3]}" },
	{ "{'a':[1]}", "[{'op':'replace','path':'/a/1','value':3}]", NULL },
	{ "{'a':1}", "[{'op':'replace','path':'','value':{'b':2}}]", "{'b':2}" },
	{ "{'a':1}", "[{'op':'replace','path':'','value':[1]},{'op':'add','path':'/0','value':0}]", "[0,1]" },
	/* move */
	{ "{'a':1}", "[{'op':'move','from':'/a','path':'/b'}]", "{'b':1}" },
	{ "{'a':[1,2,3]}", "[{'op':'move','from':'/a/0','path':'/a/2'}]", "{'a':[2,3,1]}" },
	{ "{'a':{'b':{'c':1}}}", "[{'op':'move','from':'/a/b','path':'/x'}]", "{'a':{},'x':{'c':1}}" },
	{ "{'a':{'b':1}}", "[{'op':'move','from':'/a','path':'/a/b'}]", NULL },
	{ "{}", "[{'op':'move','from':'/a','path':'/b'}]", NULL },
	{ "{'a':1}", "[{'op':'move','path':'/b'}]", NULL },
	/* copy */
	{ "{'a':{'x':[1]}}", "[{'op':'copy','from':'/a','path':'/b'},{'op':'add','path':'/b/x/0','value':0}]",
	  "{'a':{'x':[1]},'b':{'x':[0,1]}}" },
	{ "{'a':{'x':1}}", "[{'op':'copy','from':'/a','path':'/a/y'}]", "{'a':{'x':1,'y':{'x':1}}}" },
	{ "{}", "[{'op':'copy','from':'/a','path':'/b'}]", "{'b':null}" },
	{ "{'a':[]}", "[{'op':'copy','from':'/a/0','path':'/b'}]", NULL },
	{ "{'a':1}", "[{'op':'copy','path':'/b'}]", NULL },
	/* test */
	{ "{'a':{'b':[1,'x',null]}}", "[{'op':'test','path':'/a','value':{'b':[1,'x',null]}}]", "{'a':{'b':[1,'x',null]}}" },
	{ "{'a':1}", "[{'op':'test','path':'','value':{'a':1}}]", "{'a':1}" },
	{ "{'a':1}", "[{'op':'test','path':'/a','value':2}]", NULL },
	{ "{'a':1}", "[{'op':'test','path':'/a'}]", NULL },
	{ "{'a':1}", "[{'op':'test','path':'/b','value':null}]", "{'a':1}" },
	{ "{'a':1}", "[{'op':'test','path':'/b','value':1}]", NULL },
	{ "{'a':null}", "[{'op':'test','path':'/a','value':null}]", "{'a':null}" },
	{ "{'a':1}", "[{'op':'test','path':'/a','value':null}]", NULL },
	{ "{'a':[1]}", "[{'op':'test','path':'/a/1','value':1}]", NULL },
	/* all or nothing; what is no operation */
	{ "{'a':1}", "[{'op':'add','path':'/b','value':1},{'op':'remove','path':'/c'}]", NULL },
	{ "{}", "[{'op':'nop','path':'/a'}]", NULL },
	{ "{}", "[{'path':'/a'}]", NULL },
	{ "{}", "[{'op':'add','value':1}]", NULL },
	{ "{}", "[{'op':1,'path':'/a'}]", NULL },
	{ "{}", "[{'op':'add','path':1,'value':1}]", NULL },
	{ "{}", "[null]", NULL },
};

START_TEST(patches)
{
	EK_JSON struct ek_json *doc = json(rows[_i].doc);
	EK_JSON struct ek_json *patch = json(rows[_i].patch);
	EK_JSON struct ek_json *got = NULL;
	struct ek_err err = { 0 };
	int rc = ek_json_patch(doc, patch, &got, &err);

	check_json(doc, rows[_i].doc); /* whatever happened */
	if (rows[_i].want) {
		ck_assert_int_eq(rc, 0);
		check_json(got, rows[_i].want);
		ck_assert_ptr_ne(got, doc);
		return;
	}
	ck_assert_int_eq(rc, EK_EINVALID);
	ck_assert_str_eq(err.msg, "the server rejected our request due to an error in our request");
	ck_assert_ptr_null(got);
}
END_TEST

static const struct {
	const char *patch, *msg;
} shapes[] = {
	{ "{}", "json: cannot unmarshal object into Go value of type jsonpatch.Patch" },
	{ "'x'", "json: cannot unmarshal string into Go value of type jsonpatch.Patch" },
	{ "[1]", "json: cannot unmarshal number into Go value of type jsonpatch.Operation" },
	{ "[{},[]]", "json: cannot unmarshal array into Go value of type jsonpatch.Operation" },
};

START_TEST(refuses_what_is_no_patch)
{
	EK_JSON struct ek_json *doc = json("{}");
	EK_JSON struct ek_json *patch = json(shapes[_i].patch);
	struct ek_json *got = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_json_patch(doc, patch, &got, &err), EK_EBADREQUEST);
	ck_assert_str_eq(err.msg, shapes[_i].msg);
}
END_TEST

static int repeat(const char *doc_text, const char *op_text, size_t times, struct ek_err *err)
{
	EK_JSON struct ek_json *doc = json(doc_text);
	EK_JSON struct ek_json *op = json(op_text);
	EK_JSON struct ek_json *patch = ek_json_array();
	EK_JSON struct ek_json *got = NULL;

	for (size_t i = 0; i < times; i++)
		ek_json_append(patch, ek_json_ref(op));
	return ek_json_patch(doc, patch, &got, err);
}

START_TEST(bounds_operations)
{
	static const char op[] = "{'op':'add','path':'/a','value':1}";
	struct ek_err err = { 0 };

	ck_assert_int_eq(repeat("{}", op, 10000, &err), 0);
	ck_assert_int_eq(repeat("{}", op, 10001, &err), EK_ETOOLARGE);
	ck_assert_str_eq(err.msg, "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001");
}
END_TEST

START_TEST(bounds_copies)
{
	/* each copy doubles the document */
	ck_assert_int_eq(repeat("{'a':['0123456789']}", "{'op':'copy','from':'/a','path':'/a/-'}", 100, NULL), EK_EINVALID);
}
END_TEST

START_TEST(bounds_depth)
{
	static const char op[] = "{'op':'add','path':'/a','value':{}}";
	EK_BUF struct ek_buf path = EK_BUF_INIT(10000);
	EK_JSON struct ek_json *doc = ek_json_object();
	EK_JSON struct ek_json *patch = json("[]");
	EK_JSON struct ek_json *got = NULL;

	ck_assert_int_eq(repeat("{}", op, 1, NULL), 0);
	for (int i = 0; i < EK_JSON_MAX_DEPTH - 1; i++) {
		(void)ek_buf_str(&path, "/a");
		ek_json_append(patch, ek_json_make("{'op':'add','path':%s,'value':{}}", path.data));
	}
	ck_assert_int_eq(ek_json_patch(doc, patch, &got, NULL), 0);
	(void)ek_buf_str(&path, "/a");
	ek_json_append(patch, ek_json_make("{'op':'add','path':%s,'value':{}}", path.data));
	ek_json_unrefp(&got);
	ck_assert_int_eq(ek_json_patch(doc, patch, &got, NULL), EK_EINVALID);
}
END_TEST

/* Short operations on long lists: work is counted, not time. */
START_TEST(bounds_work)
{
	EK_BUF struct ek_buf doc = EK_BUF_INIT(1 << 20);

	(void)ek_buf_str(&doc, "{'l':[0");
	for (int i = 0; i < 100000; i++)
		(void)ek_buf_str(&doc, ",0");
	(void)ek_buf_str(&doc, "]}");
	ck_assert_int_eq(repeat(doc.data, "{'op':'add','path':'/l/0','value':1}", 100, NULL), 0);
	ck_assert_int_eq(repeat(doc.data, "{'op':'add','path':'/l/0','value':1}", 1000, NULL), EK_EINVALID);
	ck_assert_int_eq(repeat(doc.data, "{'op':'move','from':'/l','path':'/l'}", 1000, NULL), EK_EINVALID);
}
END_TEST

EK_TESTS("obj/json_patch", EK_ROWS(patches, rows), EK_ROWS(refuses_what_is_no_patch, shapes), bounds_operations,
	 bounds_copies, bounds_depth, bounds_work)
