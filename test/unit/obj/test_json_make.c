/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

START_TEST(makes_every_kind)
{
	EK_JSON struct ek_json *inner = json("{'x':[1]}");
	EK_JSON struct ek_json *v = ek_json_make("{'s':%s,'d':%d,'D':%D,'b':%b,'v':%v,'n':null,'t':true,'i':-12,'r':1.5}",
						 "text", -3, (int64_t)1 << 40, true, inner);

	check_json(v, "{'s':'text','d':-3,'D':1099511627776,'b':true,'v':{'x':[1]},'n':null,'t':true,'i':-12,'r':1.5}");
}
END_TEST

START_TEST(makes_texts)
{
	EK_JSON struct ek_json *v = ek_json_make("{'%s-k':'a %s of %d%% \\'q\\' \\n','%s':[ 'x' , %s ],%s:{}}",
						 "pre", "part", 50, "key", "y", "bare");

	check_json(v, "{'pre-k':'a part of 50% \\u0027q\\u0027 \\n','key':['x','y'],'bare':{}}");
}
END_TEST

START_TEST(null_drops_the_member_and_shifts_nothing)
{
	EK_JSON struct ek_json *v =
		ek_json_make("{'a':%s,'b':%s,'c':'%s/%s','d':[%s,%s],'e':%v,%s:%s,'f':{'g':%s}}", NULL, "b", NULL,
			     "unused", NULL, "d", NULL, NULL, "unused", NULL);

	check_json(v, "{'b':'b','d':['d'],'f':{}}");
}
END_TEST

START_TEST(keeps_a_reference_to_values)
{
	EK_JSON struct ek_json *inner = json("{'x':1}");
	struct ek_json *v = ek_json_make("[%v,%v]", inner, inner);

	ck_assert_ptr_eq(ek_json_elem(v, 0), inner);
	ek_json_unref(v);
	check_json(inner, "{'x':1}");
}
END_TEST

START_TEST(makes_small_ones)
{
	EK_JSON struct ek_json *a = ek_json_make(" [ ] ");
	EK_JSON struct ek_json *o = ek_json_make("{ }");
	EK_JSON struct ek_json *s = ek_json_make("%s", "x");
	EK_JSON struct ek_json *bad = ek_json_make("'%s'", "\xff");

	check_json(a, "[]");
	check_json(o, "{}");
	check_json(s, "'x'");
	ck_assert_str_eq(ek_json_str(bad), "\xef\xbf\xbd");
}
END_TEST

static const char *const malformed[] = {
	"", "{", "{'a'}", "{'a':1", "[1", "[1 2]", "'a", "{'a':%x}", "{a:1}", "%s", "[1]]", "tru", "'\\q'", "'%q'",
};

static void make_malformed(int i)
{
	ek_json_unref(ek_json_make(malformed[i], NULL));
}

START_TEST(malformed_templates_abort)
{
	ck_assert(aborts(make_malformed, _i));
}
END_TEST

START_TEST(a_constant_is_made_once)
{
	static struct ek_json *slot;
	EK_JSON struct ek_json *a = ek_json_const(&slot, "{'a':[1]}"),
			       *b = ek_json_const(&slot, "{'a':[1]}");
	struct ek_json *mine = ek_json_object();

	ck_assert_ptr_eq(a, b);
	ek_json_set(mine, "c", ek_json_ref(a));
	ek_json_edit(&mine);
	ek_json_set_int(ek_json_get(mine, "c"), "b", 2);
	check_json(mine, "{'c':{'a':[1],'b':2}}");
	check_json(a, "{'a':[1]}");
	ek_json_unref(mine);
}
END_TEST

EK_TESTS("obj/json_make", a_constant_is_made_once, makes_every_kind, makes_texts, null_drops_the_member_and_shifts_nothing,
	 keeps_a_reference_to_values, makes_small_ones,
	 EK_ROWS(malformed_templates_abort, malformed))
