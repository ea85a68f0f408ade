/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

#include <pthread.h>

static const size_t lengths[] = { 0, 1, 4, 5, 6, 21, 32, 33, 37, 254, 255, 256, 257, 70000 };

START_TEST(strings_of_every_length)
{
	size_t n = lengths[_i];
	EK_FREE char *text = ek_calloc(1, n + 1);
	EK_JSON struct ek_json *a = NULL;
	EK_JSON struct ek_json *b = NULL;
	EK_JSON struct ek_json *c = NULL;

	memset(text, '-', n);
	a = ek_json_new_strn(text, n);
	b = ek_json_new_str(text);
	ck_assert_uint_eq(ek_json_str_len(a), n);
	ck_assert_str_eq(ek_json_str(a), text);
	ck_assert(ek_json_equal(a, b));
	if (n > 0)
		text[n - 1] = '+';
	c = ek_json_new_fmt("%s", text);
	ck_assert_int_eq(ek_json_equal(a, c), n == 0);
}
END_TEST

static const int64_t integers[] = { INT64_MIN, -1, 0, 1, 63, 64, 65, INT32_MAX, INT64_MAX };

START_TEST(integers_of_every_size)
{
	EK_JSON struct ek_json *v = ek_json_new_int(integers[_i]);
	int other = (_i + 1) % (int)EK_ARRAY_LEN(integers);
	EK_JSON struct ek_json *next = ek_json_new_int(integers[other]);

	ck_assert_int_eq(ek_json_int(v, 5), integers[_i]);
	ck_assert_int_eq(ek_json_type(v), EK_JSON_INT);
	ck_assert(!ek_json_equal(v, next));
}
END_TEST

/* Lengths on both sides of every change of form: within the block, and in a store. */
static const int counts[] = { 0, 1, 3, 4, 16, 17, 255, 256, 1000 };

START_TEST(arrays_of_every_length)
{
	EK_JSON struct ek_json *v = ek_json_array();
	EK_JSON struct ek_json *copy = NULL;
	EK_JSON struct ek_json *read = NULL;
	EK_FREE char *text = NULL;
	int n = counts[_i];

	for (int i = 0; i < n; i++)
		ek_json_insert(v, (size_t)i / 2, ek_json_new_int(i));
	copy = ek_json_copy(v);
	text = ek_json_text(v);
	read = json(text);
	ck_assert(ek_json_equal(v, copy) && ek_json_equal(v, read));
	ek_json_append(copy, ek_json_null());
	ek_json_insert(read, 0, ek_json_null());
	ck_assert_uint_eq(ek_json_len(copy), (size_t)n + 1);
	ek_json_remove(copy, (size_t)n);
	ek_json_remove(read, 0);
	ck_assert(ek_json_equal(v, copy) && ek_json_equal(v, read));
	for (int i = n; i-- > 0;)
		ek_json_remove(v, (size_t)i / 2);
	ck_assert_uint_eq(ek_json_len(v), 0);
}
END_TEST

/* Parsing bounds depth, building does not. */
START_TEST(deep_trees_end_without_stack)
{
	struct ek_json *v = ek_json_new_str("at the bottom");

	for (int i = 0; i < 1000000; i++) {
		struct ek_json *up = i % 2 ? ek_json_object() : ek_json_array();

		for (int k = 0; k < i % 5; k++) /* more than fit into the block, some */
			i % 2 ? ek_json_set_int(up, (const char *[]){ "a", "b", "c", "own key" }[k], k + i) :
				ek_json_append(up, ek_json_new_int(k + i));
		if (i % 2)
			ek_json_set(up, "down", v);
		else
			ek_json_insert(up, ek_json_len(up) / 2, v);
		v = up;
	}
	ek_json_unref(v);
}
END_TEST

START_TEST(what_others_hold_outlives_a_tree)
{
	struct ek_json *v = json("{'a':{'b':['own text',{'c':{}}]},'d':[[[1.5]]]}");
	EK_JSON struct ek_json *b = ek_json_ref(ek_json_at(v, "a.b"));
	EK_JSON struct ek_json *text = ek_json_ref(ek_json_at(v, "a.b.0"));
	EK_JSON struct ek_json *real = ek_json_ref(ek_json_at(v, "d.0.0.0"));

	ek_json_unref(v);
	check_json(b, "['own text',{'c':{}}]");
	ck_assert_str_eq(ek_json_str(text), "own text");
	ck_assert(ek_json_real(real, 0) > 1);
}
END_TEST

enum { THREADS = 4, ROUNDS = 5000 };

static void *reader(void *tree)
{
	const struct ek_json *v = tree;

	for (int i = 0; i < ROUNDS; i++) {
		EK_JSON struct ek_json *mine = ek_json_copy(v);
		EK_JSON struct ek_json *part = ek_json_ref(ek_json_get(v, "spec"));
		EK_JSON struct ek_json *shared = ek_json_ref(v);

		ck_assert(ek_json_equal(mine, shared));
		ek_json_set(mine, "spec", ek_json_ref(part));
		(void)ek_json_edit(&mine);
		ek_json_set_at(mine, "spec.containers.0.image", ek_json_new_str("mine"));
		(void)ek_json_edit(&shared);
		ek_json_del(shared, "spec");
	}
	return NULL;
}

START_TEST(threads_share_a_tree)
{
	static const char text[] = "{'metadata':{'name':'a-name','labels':{'own/key':'own value'}},"
				   "'spec':{'containers':[{'name':'c','image':'docker.io/x','n':123456}]}}";
	EK_JSON struct ek_json *v = json(text);
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, reader, v), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	check_json(v, text);
	ek_json_set_at(v, "metadata.labels", NULL); /* asserts that nobody else holds any of it */
	ek_json_set_at(v, "spec.containers.0.image", NULL);
}
END_TEST

EK_TESTS("obj/value", EK_ROWS(strings_of_every_length, lengths),
	 EK_ROWS(integers_of_every_size, integers), EK_ROWS(arrays_of_every_length, counts),
	 deep_trees_end_without_stack, what_others_hold_outlives_a_tree, threads_share_a_tree)
