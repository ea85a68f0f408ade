/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

/* On both sides of every change of form: within the block, in a store, with an index. */
static const int sizes[] = { 0, 1, 3, 4, 8, 15, 16, 17, 18, 32, 33, 300, 5000 };

static const char *key_of(int i, char out[32])
{
	(void)ek_str_into(out, 32, i % 2 ? "k%d" : "example.com/key-%d", i);
	return out;
}

static struct ek_json *numbers(int from, int n)
{
	struct ek_json *v = ek_json_object();
	char key[32];

	for (int i = from; i < from + n; i++)
		ek_json_set_int(v, key_of(i, key), i);
	return v;
}

/* The members of v are the numbers that `want` says yes to, in order. */
static void check_members(const struct ek_json *v, int n, bool (*want)(int i))
{
	struct ek_json_iter it = ek_json_iter(v);
	size_t found = 0;
	char key[32];

	for (int i = 0; i < n; i++) {
		const struct ek_json *m = ek_json_get(v, key_of(i, key));

		ck_assert_int_eq(ek_json_int(m, -1), want(i) ? i : -1);
		if (!want(i))
			continue;
		ck_assert(ek_json_next(&it));
		ck_assert_str_eq(it.key, key);
		ck_assert_uint_eq(it.i, found++);
	}
	ck_assert(!ek_json_next(&it));
	ck_assert_ptr_null(it.key);
	ck_assert_uint_eq(ek_json_len(v), found);
}

static bool all(int i)
{
	return i >= 0;
}

static bool not_thirds(int i)
{
	return i % 3 != 0;
}

static bool few(int i)
{
	return i % 50 == 1 && i % 3 != 0;
}

static bool none(int i)
{
	return i < 0;
}

static void keep_only(struct ek_json *v, int n, bool (*want)(int i))
{
	char key[32];

	for (int i = 0; i < n; i++)
		if (!want(i))
			ek_json_del(v, key_of(i, key));
}

START_TEST(members_stay_in_order)
{
	int n = sizes[_i];
	EK_JSON struct ek_json *v = numbers(0, n);
	char key[32];

	check_members(v, n, all);
	for (int i = 0; i < n; i++)
		ek_json_set_int(v, key_of(i, key), i); /* keeps its place */
	check_members(v, n, all);
	ck_assert_ptr_null(ek_json_get(v, "k"));
	ck_assert_ptr_null(ek_json_get(v, "k1x"));
}
END_TEST

START_TEST(members_go_and_come_back)
{
	int n = sizes[_i];
	EK_JSON struct ek_json *v = numbers(0, n);
	char key[32];

	keep_only(v, n, not_thirds);
	check_members(v, n, not_thirds);
	keep_only(v, n, few);
	check_members(v, n, few);
	keep_only(v, n, none);
	check_members(v, n, none);
	for (int i = 0; i < n; i++)
		ek_json_set_int(v, key_of(i, key), i);
	check_members(v, n, all);
}
END_TEST

START_TEST(copies_and_texts_have_what_is_left)
{
	int n = sizes[_i];
	EK_JSON struct ek_json *v = numbers(0, n);
	EK_JSON struct ek_json *copy = NULL;
	EK_JSON struct ek_json *read = NULL;
	EK_FREE char *text = NULL;

	keep_only(v, n, not_thirds);
	copy = ek_json_copy(v);
	text = ek_json_text(v);
	read = json(text);
	check_members(copy, n, not_thirds);
	check_members(read, n, not_thirds);
	ck_assert(ek_json_equal(v, copy) && ek_json_equal(copy, read) && ek_json_same(read, v));
	ek_json_set_int(copy, "one more", 1); /* what has no room to spare grows */
	ek_json_set_int(read, "one more", 1);
	ek_json_del(copy, "one more");
	ek_json_del(read, "one more");
	check_members(copy, n, not_thirds);
	check_members(read, n, not_thirds);
}
END_TEST

/* A queue: what is new comes in while what is old goes. Neither memory nor time may be for ever. */
START_TEST(members_pass_through)
{
	EK_JSON struct ek_json *v = numbers(0, 100);
	char key[32];

	for (int i = 100; i < 20000; i++) {
		ek_json_del(v, key_of(i - 100, key));
		ek_json_set_int(v, key_of(i, key), i);
	}
	ck_assert_uint_eq(ek_json_len(v), 100);
	ck_assert_int_eq(ek_json_int_at(v, "k19999", -1), 19999);
	ck_assert_int_eq(ek_json_int_at(v, "k19901", -1), 19901);
	ck_assert_ptr_null(ek_json_get(v, "k19899"));
}
END_TEST

static const char *const keys[] = { "", "a", "ab", "aB", "b", "name", "nama", "nome", "names",
				    "metadata", "metadatA", "abcdefgh", "abcdefgH", "abcdefghi",
				    "abcdefghI", "\xc3\xa9" };

/* Same length and first byte, one prefix of another, empty, on both sides of a byte of length. */
START_TEST(similar_keys_are_told_apart)
{
	EK_JSON struct ek_json *v = ek_json_object();
	char first[600], second[600];

	for (int i = 0; i < (int)EK_ARRAY_LEN(keys); i++)
		ek_json_set_int(v, keys[i], i);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < (int)EK_ARRAY_LEN(keys); i++)
			ck_assert_int_eq(ek_json_int(ek_json_get(v, keys[i]), -1), i);
		for (size_t n = 253; n <= 513; n += 65) { /* the second round has an index */
			memset(first, 'x', n);
			first[n] = '\0';
			memcpy(second, first, n + 1);
			second[n - 1] = 'y';
			ek_json_set_int(v, first, (int64_t)n);
			ek_json_set_int(v, second, -(int64_t)n);
			ck_assert_int_eq(ek_json_int(ek_json_get(v, first), 0), (int64_t)n);
			ck_assert_int_eq(ek_json_int(ek_json_get(v, second), 0), -(int64_t)n);
		}
	}
}
END_TEST

START_TEST(edits_while_iterating)
{
	EK_JSON struct ek_json *v = numbers(0, 40);
	size_t n = 0;

	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it); n++) {
		if (it.i == 0)
			ek_json_set_int(v, "added", 40); /* comes at the end */
		ek_json_set(v, it.key, ek_json_new_fmt("%zu", it.i));
	}
	ck_assert_uint_eq(n, 41);
	ck_assert_str_eq(ek_json_str_at(v, "k39"), "39");
	ck_assert_str_eq(ek_json_str_at(v, "added"), "40");
}
END_TEST

/* As many members as a request can have, each key twice. */
START_TEST(huge_objects)
{
	enum { MEMBERS = 130000 };
	EK_BUF struct ek_buf text = EK_BUF_INIT(EK_JSON_MAX_BYTES);
	EK_JSON struct ek_json *v = NULL;
	EK_FREE char *duplicates = NULL;
	size_t lines = 1;
	char key[32];

	(void)ek_buf_char(&text, '{');
	for (int i = 0; i < 2 * MEMBERS; i++)
		(void)ek_buf_fmt(&text, "%s\"%x\":%d", i ? "," : "", (unsigned)(i % MEMBERS),
				 i / MEMBERS);
	(void)ek_buf_char(&text, '}');
	ck_assert_int_eq(ek_json_parse(text.data, text.len, text.len, &v, &duplicates, NULL), 0);
	ck_assert_uint_eq(ek_json_len(v), MEMBERS);
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);) {
		(void)ek_str_into(key, sizeof(key), "%zx", it.i);
		ck_assert_str_eq(it.key, key);
		ck_assert_int_eq(ek_json_int(it.value, -1), 1);
		ck_assert_ptr_eq(ek_json_get(v, key), it.value);
	}
	for (const char *p = duplicates; (p = strchr(p, '\n')); p++)
		lines++;
	ck_assert_uint_eq(lines, 100);
	for (int i = 0; i < MEMBERS; i++) {
		(void)ek_str_into(key, sizeof(key), "%x", (unsigned)i);
		ek_json_del(v, key);
	}
	ck_assert_uint_eq(ek_json_len(v), 0);
}
END_TEST

EK_TESTS("obj/members", EK_ROWS(members_stay_in_order, sizes),
	 EK_ROWS(members_go_and_come_back, sizes),
	 EK_ROWS(copies_and_texts_have_what_is_left, sizes), members_pass_through,
	 similar_keys_are_told_apart, edits_while_iterating, huge_objects)
