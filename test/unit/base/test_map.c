/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/vec.h>

#include <ekube/clock.h>
#include <ekube/str.h>

#include <ek_test.h>

static int one = 1, two = 2;

START_TEST(empty_map_answers)
{
	struct ek_map m = { 0 };

	ck_assert_ptr_null(ek_map_get(&m, "a"));
	ck_assert_ptr_null(ek_map_del(&m, "a"));
	ck_assert_ptr_null(ek_map_next(&m, NULL));
	ek_map_done(&m);
}
END_TEST

START_TEST(put_get_del)
{
	struct ek_map m = { 0 };
	char key[] = "key";

	ck_assert_ptr_null(ek_map_put(&m, key, &one));
	key[0] = 'x'; /* the map has its own copy */
	ck_assert_ptr_eq(ek_map_get(&m, "key"), &one);
	ck_assert_ptr_null(ek_map_get(&m, "xey"));
	ck_assert_ptr_eq(ek_map_put(&m, "key", &two), &one);
	ck_assert_uint_eq(m.n, 1);
	ck_assert_ptr_null(ek_map_put(&m, "", &one));
	ck_assert_ptr_eq(ek_map_get(&m, ""), &one);
	ck_assert_ptr_eq(ek_map_del(&m, "key"), &two);
	ck_assert_ptr_null(ek_map_del(&m, "key"));
	ck_assert_ptr_null(ek_map_get(&m, "key"));
	ck_assert_uint_eq(m.n, 1);
	ek_map_done(&m);
	ck_assert_uint_eq(m.n, 0);
	ck_assert_ptr_null(ek_map_put(&m, "after", &one));
	ek_map_done(&m);
}
END_TEST

/* The keys in order, joined. */
static const char *order(const struct ek_map *m, char *out)
{
	out[0] = '\0';
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(m, e));)
		strcat(out, e->key);
	return out;
}

START_TEST(iterates_in_order_of_insertion)
{
	struct ek_map m = { 0 };
	char out[32];

	for (const char *c = "zyxabc"; *c; c++)
		ek_map_put(&m, EK_F("%c", *c), &one);
	ck_assert_str_eq(order(&m, out), "zyxabc");
	ek_map_put(&m, "y", &two); /* replacing does not move */
	ek_map_del(&m, "x");
	ck_assert_str_eq(order(&m, out), "zyabc");
	ek_map_put(&m, "x", &one); /* coming back is coming last */
	ck_assert_str_eq(order(&m, out), "zyabcx");
	for (int i = 0; i < 100; i++) { /* new layouts keep the order */
		ek_map_put(&m, "tmp", &one);
		ek_map_del(&m, "tmp");
	}
	ck_assert_str_eq(order(&m, out), "zyabcx");
	ek_map_done(&m);
}
END_TEST

START_TEST(current_key_may_go_during_iteration)
{
	struct ek_map m = { 0 };
	size_t seen = 0;

	for (int i = 0; i < 100; i++)
		ek_map_put(&m, EK_I(i), &one);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&m, e)); seen++)
		if (seen % 2)
			ck_assert_ptr_eq(ek_map_del(&m, e->key), &one);
	ck_assert_uint_eq(seen, 100);
	ck_assert_uint_eq(m.n, 50);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&m, e));)
		ek_map_del(&m, e->key);
	ck_assert_uint_eq(m.n, 0);
	ck_assert_ptr_null(ek_map_next(&m, NULL));
	ek_map_done(&m);
}
END_TEST

/* Keys of every length up to three words of the hash. */
START_TEST(key_lengths)
{
	struct ek_map m = { 0 };
	char key[26] = "";
	int values[25];

	for (size_t n = 0; n < 25; n++) {
		memset(key, 'k', n);
		key[n] = '\0';
		ek_map_put(&m, key, &values[n]);
	}
	for (size_t n = 0; n < 25; n++) {
		memset(key, 'k', n);
		key[n] = '\0';
		ck_assert_ptr_eq(ek_map_get(&m, key), &values[n]);
	}
	ek_map_done(&m);
}
END_TEST

/* Against the plainest possible model: an array indexed by key. */
START_TEST(behaves_like_its_model)
{
	enum { KEYS = 500 };
	static int values[KEYS][2];
	int *model[KEYS] = { NULL };
	struct ek_map m = { 0 };
	size_t live = 0;

	ek_rand_seed(20250101);
	for (int step = 0; step < 100000; step++) {
		uint32_t k = ek_rand_below(KEYS);
		int *v = &values[k][ek_rand_below(2)];
		/* in turns it grows and shrinks */
		bool put = ek_rand_below(100) < (step / 10000 % 2 ? 20u : 80u);
		const char *key = EK_F("key-%u", k);

		ck_assert_ptr_eq(ek_map_get(&m, key), model[k]);
		if (put) {
			ck_assert_ptr_eq(ek_map_put(&m, key, v), model[k]);
			live += !model[k];
			model[k] = v;
		} else {
			ck_assert_ptr_eq(ek_map_del(&m, key), model[k]);
			live -= !!model[k];
			model[k] = NULL;
		}
		ck_assert_uint_eq(m.n, live);
	}
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&m, e)); live--)
		ck_assert_ptr_eq(e->value, model[atoi(e->key + 4)]);
	ck_assert_uint_eq(live, 0);
	ek_map_done(&m);
}
END_TEST

START_TEST(churn_does_not_grow)
{
	struct ek_map m = { 0 };

	for (int i = 0; i < 100000; i++) {
		ek_map_put(&m, EK_I(i), &one);
		if (i >= 10)
			ck_assert_ptr_eq(ek_map_del(&m, EK_I(i - 10)), &one);
	}
	ck_assert_uint_eq(m.n, 10);
	ck_assert_uint_le(m.cap, 32);
	ck_assert_uint_le(m.n_slots, 64);
	ek_map_done(&m);
}
END_TEST

START_TEST(shrinks_after_a_flood)
{
	struct ek_map m = { 0 };
	size_t big;

	for (int i = 0; i < 10000; i++)
		ek_map_put(&m, EK_I(i), &one);
	big = m.cap;
	for (int i = 0; i < 10000; i++)
		ek_map_del(&m, EK_I(i));
	for (size_t i = 0; i < big; i++) {
		ek_map_put(&m, "x", &one);
		ek_map_del(&m, "x");
	}
	ck_assert_uint_lt(m.cap, big / 100);
	ek_map_done(&m);
}
END_TEST

START_TEST(tidies_up_when_told)
{
	struct ek_map m = { 0 };
	size_t big;

	for (int i = 0; i < 10000; i++)
		ek_map_put(&m, EK_I(i), &one);
	for (int i = 0; i < 9990; i++)
		ek_map_del(&m, EK_I(i));
	big = m.cap;
	ek_map_tidy(&m);
	ck_assert_uint_lt(m.cap, big / 100);
	ck_assert_uint_eq(m.n, 10);
	for (int i = 9990; i < 10000; i++)
		ck_assert_ptr_eq(ek_map_get(&m, EK_I(i)), &one);
	ek_map_done(&m);
}
END_TEST

EK_TESTS("base/map", tidies_up_when_told, empty_map_answers, put_get_del, iterates_in_order_of_insertion,
	 current_key_may_go_during_iteration, key_lengths, behaves_like_its_model,
	 churn_does_not_grow, shrinks_after_a_flood)
