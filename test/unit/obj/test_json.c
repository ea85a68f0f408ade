/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

static const char pod[] =
	"{'kind':'Pod','metadata':{'name':'web','labels':{'a':'b'}},'n':3,'r':2.0,'half':0.5,'t':true,"
	"'spec':{'containers':[{'name':'one','ports':[80,443]},{'name':'two'}]},'none':null,'list':['x','y']}";

static const struct {
	const char *path, *want; /* NULL: absent */
} paths[] = {
	{ "kind", "'Pod'" },
	{ "metadata.name", "'web'" },
	{ "metadata.labels", "{'a':'b'}" },
	{ "spec.containers.1.name", "'two'" },
	{ "spec.containers.0.ports.1", "443" },
	{ "none", "null" },
	{ "spec.containers.2", NULL },
	{ "spec.containers.x", NULL },
	{ "spec.containers.", NULL },
	{ "spec.containers.-1", NULL },
	{ "spec.containers.99999999999999999999999", NULL },
	{ "kind.name", NULL },
	{ "", NULL },
	{ "missing.deeper", NULL },
};

START_TEST(walks_paths)
{
	EK_JSON struct ek_json *v = json(pod);
	struct ek_json *at = ek_json_at(v, paths[_i].path);

	if (paths[_i].want)
		check_json(at, paths[_i].want);
	else
		ck_assert_ptr_null(at);
}
END_TEST

START_TEST(reads_with_defaults)
{
	EK_JSON struct ek_json *v = json(pod);

	ck_assert_int_eq(ek_json_int_at(v, "n", -1), 3);
	ck_assert_int_eq(ek_json_int_at(v, "r", -1), 2);
	ck_assert_int_eq(ek_json_int_at(v, "half", -1), -1);
	ck_assert_int_eq(ek_json_int_at(v, "kind", -1), -1);
	ck_assert_double_eq(ek_json_real(ek_json_get(v, "n"), 0), 3.0);
	ck_assert_double_eq(ek_json_real(ek_json_get(v, "kind"), 7.0), 7.0);
	ck_assert(ek_json_bool_at(v, "t", false) && ek_json_bool_at(v, "n", true));
	ck_assert(!ek_json_bool_at(v, "missing", false));
	ck_assert_str_eq(ek_json_str_at(v, "metadata.name"), "web");
	ck_assert_ptr_null(ek_json_str_at(v, "n"));
	ck_assert_uint_eq(ek_json_str_len(ek_json_get(v, "kind")), 3);
}
END_TEST

START_TEST(absent_answers_everything)
{
	ck_assert_int_eq(ek_json_type(NULL), EK_JSON_ABSENT);
	ck_assert(ek_json_is_null(NULL) && !ek_json_is_object(NULL) && !ek_json_is_array(NULL));
	ck_assert_ptr_null(ek_json_get(NULL, "a"));
	ck_assert_ptr_null(ek_json_at(NULL, "a.b"));
	ck_assert_ptr_null(ek_json_str(NULL));
	ck_assert_uint_eq(ek_json_str_len(NULL) + ek_json_len(NULL), 0);
	ck_assert_ptr_null(ek_json_elem(NULL, 0));
	ck_assert_ptr_null(ek_json_find(NULL, "name", "x", NULL));
	ck_assert(!ek_json_has_str(NULL, "x"));
	for (struct ek_json_iter it = ek_json_iter(NULL); ek_json_next(&it);)
		ck_abort_msg("nothing to iterate");
	ek_json_unref(NULL);
	ck_assert_ptr_null(ek_json_ref(NULL));
	ck_assert_ptr_null(ek_json_copy(NULL));
}
END_TEST

static const struct {
	const char *text;
	enum ek_json_type type;
} types[] = {
	{ "null", EK_JSON_NULL }, { "true", EK_JSON_BOOL },  { "false", EK_JSON_BOOL },   { "1", EK_JSON_INT },
	{ "1.5", EK_JSON_REAL },  { "'s'", EK_JSON_STR },    { "[]", EK_JSON_ARRAY },     { "{}", EK_JSON_OBJECT },
	{ "9223372036854775807", EK_JSON_INT },               { "9223372036854775808", EK_JSON_REAL },
	{ "-9223372036854775808", EK_JSON_INT },              { "-9223372036854775809", EK_JSON_REAL },
};

START_TEST(knows_types)
{
	EK_JSON struct ek_json *v = json(types[_i].text);

	ck_assert_int_eq(ek_json_type(v), types[_i].type);
}
END_TEST

START_TEST(integers_from_reals_stay_in_range)
{
	EK_JSON struct ek_json *edge = json("[9223372036854775808, -9223372036854775808.0, 1e300, -1e300]");

	ck_assert_int_eq(ek_json_int(ek_json_elem(edge, 0), 5), 5);
	ck_assert_int_eq(ek_json_int(ek_json_elem(edge, 1), 5), INT64_MIN);
	ck_assert_int_eq(ek_json_int(ek_json_elem(edge, 2), 5), 5);
	ck_assert_int_eq(ek_json_int(ek_json_elem(edge, 3), 5), 5);
}
END_TEST

START_TEST(finds_in_lists)
{
	EK_JSON struct ek_json *v = json(pod);
	struct ek_json *list = ek_json_at(v, "spec.containers");
	size_t i = 9;

	ck_assert_ptr_eq(ek_json_find(list, "name", "two", &i), ek_json_elem(list, 1));
	ck_assert_uint_eq(i, 1);
	ck_assert_ptr_null(ek_json_find(list, "name", "three", &i));
	ck_assert_ptr_null(ek_json_find(list, "name", NULL, NULL));
	ck_assert(ek_json_has_str(ek_json_get(v, "list"), "y") && !ek_json_has_str(ek_json_get(v, "list"), "z"));
}
END_TEST

START_TEST(iterates_in_order)
{
	EK_JSON struct ek_json *v = json("{'z':1,'a':2,'m':[10,20]}");
	char seen[64] = "";

	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
		(void)ek_str_into(seen + strlen(seen), 16, "%s%zu ", it.key, it.i);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(v, "m")); ek_json_next(&it);)
		(void)ek_str_into(seen + strlen(seen), 16, "%s%" PRId64 " ", it.key ? it.key : "-", ek_json_int(it.value, 0));
	ck_assert_str_eq(seen, "z0 a1 m2 -10 -20 ");
}
END_TEST

static const struct {
	const char *a, *b;
	bool equal, same;
} pairs[] = {
	{ "1", "1.0", true, true },
	{ "1", "2", false, false },
	{ "'a'", "'a'", true, true },
	{ "'a'", "'b'", false, false },
	{ "true", "true", true, true },
	{ "true", "false", false, false },
	{ "null", "''", false, true },
	{ "null", "[]", false, true },
	{ "{}", "[]", false, true },
	{ "0", "null", false, false },
	{ "false", "null", false, false },
	{ "{'a':1,'b':2}", "{'b':2,'a':1}", true, true },
	{ "{'a':1}", "{'a':1,'b':null}", false, true },
	{ "{'a':1,'b':[]}", "{'a':1}", false, true },
	{ "{'a':1}", "{'a':1,'b':0}", false, false },
	{ "{'a':{'b':''}}", "{'a':{}}", false, true },
	{ "[1,2]", "[1,2]", true, true },
	{ "[1,2]", "[2,1]", false, false },
	{ "[1,'']", "[1,null]", false, true },
	{ "[1]", "[1,null]", false, false },
	{ "'\\u0000a'", "'\\u0000b'", false, false },
	{ "'1'", "1", false, false },
};

START_TEST(compares)
{
	EK_JSON struct ek_json *a = json(pairs[_i].a);
	EK_JSON struct ek_json *b = json(pairs[_i].b);

	ck_assert_int_eq(ek_json_equal(a, b), pairs[_i].equal);
	ck_assert_int_eq(ek_json_equal(b, a), pairs[_i].equal);
	ck_assert_int_eq(ek_json_same(a, b), pairs[_i].same);
	ck_assert_int_eq(ek_json_same(b, a), pairs[_i].same);
}
END_TEST

START_TEST(compares_with_absent)
{
	EK_JSON struct ek_json *null = ek_json_null();
	EK_JSON struct ek_json *one = ek_json_new_int(1);

	ck_assert(ek_json_equal(NULL, NULL) && !ek_json_equal(NULL, null) &&
		  !ek_json_equal(null, NULL));
	ck_assert(ek_json_same(NULL, null) && ek_json_same(null, NULL) && !ek_json_same(one, NULL));
}
END_TEST

EK_TESTS("obj/json", EK_ROWS(walks_paths, paths), reads_with_defaults, absent_answers_everything,
	 EK_ROWS(knows_types, types), integers_from_reals_stay_in_range, finds_in_lists,
	 iterates_in_order, EK_ROWS(compares, pairs), compares_with_absent)
