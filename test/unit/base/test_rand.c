/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/clock.h>

#include <ek_test.h>

START_TEST(kernel_chance_differs)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 };

	ek_rand_bytes(a, sizeof(a));
	ek_rand_bytes(b, sizeof(b));
	ck_assert_mem_ne(a, b, sizeof(a));
	ek_rand_bytes(NULL, 0);
}
END_TEST

/* More than one getrandom() may return at once. */
START_TEST(fills_large_blocks)
{
	enum { N = 1 << 20 };
	EK_FREE unsigned char *b = ek_calloc(1, N);
	size_t zeros = 0;

	ek_rand_bytes(b, N);
	for (size_t i = 0; i < N; i++)
		zeros += b[i] == 0;
	ck_assert_uint_gt(zeros, N / 256 / 2);
	ck_assert_uint_lt(zeros, N / 256 * 2);
}
END_TEST

START_TEST(seed_repeats)
{
	unsigned char a[20], b[20], c[20];

	ek_rand_seed(42);
	ek_rand_bytes(a, sizeof(a));
	ek_rand_seed(43);
	ek_rand_bytes(b, sizeof(b));
	ek_rand_seed(42);
	ek_rand_bytes(c, sizeof(c));
	ck_assert_mem_eq(a, c, sizeof(a));
	ck_assert_mem_ne(a, b, sizeof(a));
	ek_rand_seed(0);
	ek_rand_bytes(b, sizeof(b));
	ek_rand_seed(0);
	ek_rand_bytes(c, sizeof(c));
	ck_assert_mem_ne(b, c, sizeof(b));
}
END_TEST

/* Recorded seeds of failed simulations must mean the same on every machine and for ever. */
START_TEST(seed_means_the_same_everywhere)
{
	char uuid[37];

	ek_rand_seed(1);
	ek_rand_uuid(uuid);
	ck_assert_str_eq(uuid, "c510c70f-6daf-42b3-aa4c-364796553b85");
}
END_TEST

START_TEST(below_is_uniform_and_below)
{
	unsigned counts[7] = { 0 };

	ek_rand_seed(7);
	for (int i = 0; i < 70000; i++) {
		uint32_t v = ek_rand_below(7);

		ck_assert_uint_lt(v, 7);
		counts[v]++;
	}
	for (size_t i = 0; i < 7; i++) {
		ck_assert_uint_gt(counts[i], 9500);
		ck_assert_uint_lt(counts[i], 10500);
	}
	ck_assert_uint_eq(ek_rand_below(1), 0);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_lt(ek_rand_below(0x80000001u), 0x80000001u);
}
END_TEST

START_TEST(suffixes)
{
	char s[2001], none[1] = "x";

	ek_rand_suffix(none, 0);
	ck_assert_str_eq(none, "");
	ek_rand_suffix(s, 5);
	ck_assert_uint_eq(strlen(s), 5);
	ek_rand_suffix(s, 2000);
	ck_assert_uint_eq(strspn(s, "bcdfghjklmnpqrstvwxz2456789"), 2000);
	for (const char *c = "bcdfghjklmnpqrstvwxz2456789"; *c; c++)
		ck_assert_ptr_nonnull(strchr(s, *c));
}
END_TEST

START_TEST(uuids)
{
	char a[37], b[37];

	for (int i = 0; i < 100; i++) {
		ek_rand_uuid(a);
		ck_assert_uint_eq(strlen(a), 36);
		ck_assert_uint_eq(strspn(a, "0123456789abcdef-"), 36);
		ck_assert(a[8] == '-' && a[13] == '-' && a[18] == '-' && a[23] == '-');
		ck_assert_int_eq(a[14], '4');
		ck_assert_ptr_nonnull(strchr("89ab", a[19]));
	}
	ek_rand_uuid(b);
	ck_assert_str_ne(a, b);
}
END_TEST

EK_TESTS("base/rand", kernel_chance_differs, fills_large_blocks, seed_repeats,
	 seed_means_the_same_everywhere, below_is_uniform_and_below, suffixes, uuids)
