/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

START_TEST(builds_objects)
{
	EK_JSON struct ek_json *v = ek_json_object();

	ek_json_set_str(v, "s", "x");
	ek_json_set_int(v, "n", -5);
	ek_json_set_bool(v, "b", true);
	ek_json_set(v, "null", ek_json_null());
	ek_json_set(v, "r", ek_json_new_real(1.5));
	ek_json_set(v, "f", ek_json_new_fmt("%d/%s", 3, "y"));
	check_json(v, "{'s':'x','n':-5,'b':true,'null':null,'r':1.5,'f':'3/y'}");
	ek_json_set_str(v, "s", NULL);
	ek_json_del(v, "b");
	ek_json_del(v, "never there");
	ek_json_set_int(v, "n", 6); /* keeps its place */
	check_json(v, "{'n':6,'null':null,'r':1.5,'f':'3/y'}");
}
END_TEST

START_TEST(builds_arrays)
{
	EK_JSON struct ek_json *v = ek_json_array();

	ek_json_append(v, ek_json_new_int(1));
	ek_json_append(v, ek_json_new_int(3));
	ek_json_insert(v, 1, ek_json_new_int(2));
	ek_json_insert(v, 3, ek_json_new_int(4));
	check_json(v, "[1,2,3,4]");
	ek_json_replace(v, 0, ek_json_new_str("one"));
	ek_json_remove(v, 2);
	check_json(v, "['one',2,4]");
}
END_TEST

static const struct {
	const char *before, *path, *after;
} sets[] = {
	{ "{}", "a", "{'a':7}" },
	{ "{}", "a.b.c", "{'a':{'b':{'c':7}}}" },
	{ "{'a':{'x':1}}", "a.b", "{'a':{'x':1,'b':7}}" },
	{ "{'a':null}", "a.b", "{'a':{'b':7}}" },
	{ "{'l':[{'n':1},{'n':2}]}", "l.1.n", "{'l':[{'n':1},{'n':7}]}" },
	{ "{'l':[1,2]}", "l.0", "{'l':[7,2]}" },
};

START_TEST(sets_through_paths)
{
	EK_JSON struct ek_json *v = json(sets[_i].before);

	ek_json_set_at(v, sets[_i].path, ek_json_new_int(7));
	check_json(v, sets[_i].after);
}
END_TEST

START_TEST(sets_at_null_removes)
{
	EK_JSON struct ek_json *v = json("{'a':{'b':1,'c':2}}");

	ek_json_set_at(v, "a.b", NULL);
	check_json(v, "{'a':{'c':2}}");
}
END_TEST

static const struct {
	const char *in, *out;
} texts[] = {
	{ "plain", "plain" },
	{ "", "" },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x80" },
	{ "a\xff" "b", "a\xef\xbf\xbd" "b" },
	{ "\xc3", "\xef\xbf\xbd" },
	{ "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
};

START_TEST(repairs_strings)
{
	EK_JSON struct ek_json *v = ek_json_new_str(texts[_i].in);

	ck_assert_str_eq(ek_json_str(v), texts[_i].out);
}
END_TEST

START_TEST(strings_of_any_kind)
{
	EK_JSON struct ek_json *null = ek_json_new_str(NULL);
	EK_JSON struct ek_json *nul = ek_json_new_strn("a\0b", 3);
	EK_JSON struct ek_json *empty = ek_json_new_fmt("%s", "");

	ck_assert_int_eq(ek_json_type(null), EK_JSON_NULL);
	ck_assert_uint_eq(ek_json_str_len(nul), 3);
	ck_assert_int_eq(memcmp(ek_json_str(nul), "a\0b", 4), 0);
	ck_assert_str_eq(ek_json_str(empty), "");
}
END_TEST

START_TEST(copies_are_private)
{
	EK_JSON struct ek_json *v = json("{'a':{'b':[1,{'c':2}]},'s':'x'}");
	EK_JSON struct ek_json *copy = ek_json_copy(v);

	ck_assert(ek_json_equal(v, copy));
	ek_json_set_at(copy, "a.b.1.c", ek_json_new_int(3));
	ek_json_set_str(copy, "s", "y");
	check_json(v, "{'a':{'b':[1,{'c':2}]},'s':'x'}");
	check_json(copy, "{'a':{'b':[1,{'c':3}]},'s':'y'}");
}
END_TEST

START_TEST(edit_of_the_only_reference_copies_nothing)
{
	EK_JSON struct ek_json *v = json("{'a':{'b':[{}]}}");
	struct ek_json *before = v, *inner = ek_json_at(v, "a.b.0");

	ck_assert_ptr_eq(ek_json_edit(&v), before);
	ck_assert_ptr_eq(ek_json_at(v, "a.b.0"), inner);
}
END_TEST

START_TEST(edit_of_a_shared_value_copies)
{
	EK_JSON struct ek_json *v = json("{'a':{'b':1}}");
	EK_JSON struct ek_json *other = ek_json_ref(v);

	ck_assert_ptr_ne(ek_json_edit(&v), other);
	ek_json_set_at(v, "a.b", ek_json_new_int(2));
	check_json(v, "{'a':{'b':2}}");
	check_json(other, "{'a':{'b':1}}");
}
END_TEST

START_TEST(edit_copies_only_what_is_shared_below)
{
	EK_JSON struct ek_json *v = json("{'a':{'x':1},'l':[{'y':1}]}");
	EK_JSON struct ek_json *a = ek_json_ref(ek_json_get(v, "a"));
	EK_JSON struct ek_json *y = ek_json_ref(ek_json_at(v, "l.0"));
	struct ek_json *list = ek_json_get(v, "l"), *before = v;

	ck_assert_ptr_eq(ek_json_edit(&v), before);
	ck_assert_ptr_eq(ek_json_get(v, "l"), list);
	ek_json_set_at(v, "a.x", ek_json_new_int(2));
	ek_json_set_at(v, "l.0.y", ek_json_new_int(2));
	check_json(v, "{'a':{'x':2},'l':[{'y':2}]}");
	check_json(a, "{'x':1}");
	check_json(y, "{'y':1}");
}
END_TEST

static void broken_promise(int which)
{
	struct ek_json *v = json("{'a':[1]}");

	switch (which) {
	case 0: ek_json_set_int(ek_json_ref(v), "b", 1); break;
	case 1: ek_json_ref(ek_json_get(v, "a")); ek_json_set_at(v, "a.0", ek_json_new_int(2)); break;
	case 2: ek_json_append(v, ek_json_null()); break;
	case 3: ek_json_remove(ek_json_get(v, "a"), 1); break;
	case 4: ek_json_insert(ek_json_get(v, "a"), 2, ek_json_null()); break;
	case 5: ek_json_set(v, "a", v); break;
	case 6: ek_json_set_at(v, "a.7.x", ek_json_null()); break;
	case 7: (void)ek_json_new_real(1.0 / 0.0); break;
	case 8: ek_json_set_int(NULL, "a", 1); break;
	}
}

START_TEST(broken_promises_abort)
{
	ck_assert(aborts(broken_promise, _i));
}
END_TEST

static const int promises[9];

START_TEST(memory_of_values_comes_back)
{
	struct ek_json *v = ek_json_make("{'a':'b','c':[1,2,{'d':'e'}]}");
	size_t before = ek_json_kept();

	ek_json_unref(v);
	ck_assert_uint_ge(ek_json_kept(), before);
	v = ek_json_make("{'a':'b','c':[1,2,{'d':'e'}]}");
	ck_assert_uint_le(ek_json_kept(), before);
	ek_json_unref(v);
	ek_json_trim();
	ck_assert_uint_eq(ek_json_kept(), 0);
}
END_TEST

EK_TESTS("obj/json_build", memory_of_values_comes_back, builds_objects, builds_arrays, EK_ROWS(sets_through_paths, sets),
	 sets_at_null_removes, EK_ROWS(repairs_strings, texts), strings_of_any_kind,
	 copies_are_private, edit_of_the_only_reference_copies_nothing,
	 edit_of_a_shared_value_copies, edit_copies_only_what_is_shared_below,
	 EK_ROWS(broken_promises_abort, promises))
