/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/buf.h>

#include <ekube/err.h>
#include <pthread.h>

#include <ek_test.h>

START_TEST(grows_and_terminates)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(1 << 20);

	for (int i = 0; i < 10000; i++) {
		ck_assert_int_eq(ek_buf_char(&b, (char)('a' + i % 26)), 0);
		ck_assert_int_eq(b.data[b.len], '\0');
	}
	ck_assert_uint_eq(b.len, 10000);
	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(b.data[i], 'a' + i % 26);
	ck_assert(!b.overflow);
}
END_TEST

START_TEST(max_is_reached_but_not_passed)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(5);

	ck_assert_int_eq(ek_buf_str(&b, "abc"), 0);
	ck_assert_int_eq(ek_buf_str(&b, "de"), 0);
	ck_assert_str_eq(b.data, "abcde");
	ck_assert_int_eq(ek_buf_char(&b, 'f'), EK_ETOOLARGE);
	ck_assert(b.overflow);
	ck_assert_str_eq(b.data, "abcde");
}
END_TEST

START_TEST(overflow_sticks)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(5);

	ck_assert_int_eq(ek_buf_str(&b, "abc"), 0);
	ck_assert_int_eq(ek_buf_str(&b, "def"), EK_ETOOLARGE);
	ck_assert_int_eq(ek_buf_str(&b, "d"), EK_ETOOLARGE); /* would fit, but leave a gap */
	ck_assert_int_eq(ek_buf_fmt(&b, "d"), EK_ETOOLARGE);
	ck_assert_ptr_null(ek_buf_reserve(&b, 1));
	ck_assert_str_eq(b.data, "abc");
	ek_buf_clear(&b);
	ck_assert(!b.overflow);
	ck_assert_int_eq(ek_buf_str(&b, "d"), 0);
	ck_assert_str_eq(b.data, "d");
}
END_TEST

START_TEST(nothing_fits_into_nothing)
{
	struct ek_buf none = { 0 };
	EK_BUF struct ek_buf all = EK_BUF_INIT(SIZE_MAX);

	ck_assert_int_eq(ek_buf_append(&none, NULL, 0), 0);
	ck_assert_int_eq(ek_buf_char(&none, 'x'), EK_ETOOLARGE);
	ek_buf_done(&none);
	/* sizes that would wrap around */
	ck_assert_int_eq(ek_buf_str(&all, "x"), 0);
	ck_assert_ptr_null(ek_buf_reserve(&all, SIZE_MAX));
	ck_assert(all.overflow);
}
END_TEST

START_TEST(formats_into_the_room_there_is)
{
	/* every length around the first capacity, so that both tries of the formatter are met */
	for (int n = 0; n < 200; n++) {
		EK_BUF struct ek_buf b = EK_BUF_INIT(4096);

		ck_assert_int_eq(ek_buf_str(&b, "ab"), 0);
		ck_assert_int_eq(ek_buf_fmt(&b, "%*d|", n, 7), 0);
		ck_assert_uint_eq(b.len, 2 + (size_t)EK_MAX(n, 1) + 1);
		ck_assert_uint_eq(strlen(b.data), b.len);
		ck_assert_int_eq(b.data[b.len - 1], '|');
		ck_assert_int_eq(strncmp(b.data, "ab", 2), 0);
	}
}
END_TEST

START_TEST(format_past_max_leaves_it_alone)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(8);

	ck_assert_int_eq(ek_buf_fmt(&b, "%d", 1234), 0);
	ck_assert_int_eq(ek_buf_fmt(&b, "%05d", 6), EK_ETOOLARGE);
	ck_assert_str_eq(b.data, "1234");
	ek_buf_clear(&b);
	ck_assert_int_eq(ek_buf_fmt(&b, "%08d", 6), 0);
	ck_assert_str_eq(b.data, "00000006");
}
END_TEST

START_TEST(reserve_then_grew)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(100);
	char *to = ek_buf_reserve(&b, 100);

	ck_assert_ptr_nonnull(to);
	memset(to, 'x', 100);
	ek_buf_grew(&b, 3);
	ck_assert_str_eq(b.data, "xxx");
	ck_assert_ptr_nonnull(ek_buf_reserve(&b, 97));
	ck_assert(!b.overflow);
	ck_assert_ptr_null(ek_buf_reserve(&b, 98));
	ek_buf_grew(&b, 0);
	ck_assert_uint_eq(b.len, 3);
}
END_TEST

START_TEST(consume_takes_from_the_front)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(100);

	ek_buf_consume(&b, 0);
	ek_buf_str(&b, "hello world");
	ek_buf_consume(&b, 6);
	ck_assert_str_eq(b.data, "world");
	ek_buf_consume(&b, 5);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_str_eq(b.data, "");
}
END_TEST

START_TEST(steal_empties)
{
	struct ek_buf b;
	EK_FREE char *empty = NULL;
	EK_FREE char *text = NULL;

	ek_buf_init(&b, 100);
	empty = ek_buf_steal(&b);
	ck_assert_str_eq(empty, "");
	ek_buf_str(&b, "once");
	text = ek_buf_steal(&b);
	ck_assert_str_eq(text, "once");
	ck_assert_ptr_null(b.data);
	ck_assert_uint_eq(b.max, 100);
	ck_assert_int_eq(ek_buf_str(&b, "again"), 0);
	ek_buf_done(&b);
	ck_assert_ptr_null(b.data);
	ck_assert_int_eq(ek_buf_str(&b, "and again"), 0);
	ek_buf_done(&b);
}
END_TEST

START_TEST(holds_any_bytes)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(100);

	ck_assert_int_eq(ek_buf_append(&b, "a\0b", 3), 0);
	ck_assert_uint_eq(b.len, 3);
	ck_assert_mem_eq(b.data, "a\0b", 4);
}
END_TEST

START_TEST(bytes_are_copied_and_terminated)
{
	struct ek_bytes *b = ek_bytes_new("a\0b", 3);
	struct ek_bytes *zero = ek_bytes_new(NULL, 4);
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *empty = ek_bytes_new("", 0);

	ck_assert_uint_eq(b->len, 3);
	ck_assert_mem_eq(b->data, "a\0b", 4);
	ck_assert_mem_eq(zero->data, "\0\0\0\0", 5);
	ck_assert_uint_eq(empty->len, 0);
	ck_assert_ptr_eq(ek_bytes_ref(b), b);
	ek_bytes_unref(b);
	ck_assert_mem_eq(b->data, "a\0b", 4); /* the other holder's */
	ek_bytes_unref(b);
	ek_bytes_unref(zero);
	ek_bytes_unref(NULL);
}
END_TEST

static void *hold_and_drop(void *arg)
{
	struct ek_bytes *b = arg;

	for (int i = 0; i < 20000; i++) {
		ek_bytes_ref(b);
		ek_bytes_unref(b);
	}
	ek_bytes_unref(b);
	return NULL;
}

START_TEST(bytes_cross_threads)
{
	struct ek_bytes *b = ek_bytes_new("shared", 6);
	pthread_t threads[4];

	for (size_t i = 0; i < EK_ARRAY_LEN(threads); i++) {
		ek_bytes_ref(b);
		ck_assert_int_eq(pthread_create(&threads[i], NULL, hold_and_drop, b), 0);
	}
	for (size_t i = 0; i < EK_ARRAY_LEN(threads); i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(b->refs, 1);
	ek_bytes_unref(b);
}
END_TEST

EK_TESTS("base/buf", grows_and_terminates, max_is_reached_but_not_passed, overflow_sticks,
	 nothing_fits_into_nothing, formats_into_the_room_there_is,
	 format_past_max_leaves_it_alone, reserve_then_grew, consume_takes_from_the_front,
	 steal_empties, holds_any_bytes, bytes_are_copied_and_terminated, bytes_cross_threads)
