/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/str.h>

#include <ek_test.h>

#include "utf8.h"

START_TEST(compares)
{
	ck_assert(ek_streq("a", "a") && ek_streq(NULL, NULL));
	ck_assert(!ek_streq("a", "b") && !ek_streq(NULL, "") && !ek_streq("", NULL));
	ck_assert(ek_str_empty(NULL) && ek_str_empty("") && !ek_str_empty(" "));
	ck_assert(ek_str_starts("prefix", "pre") && ek_str_starts("x", ""));
	ck_assert(!ek_str_starts("pre", "prefix") && !ek_str_starts(NULL, "x"));
	ck_assert(ek_str_ends("a.txt", ".txt") && ek_str_ends("x", "") && ek_str_ends("x", "x"));
	ck_assert(!ek_str_ends("txt", ".txt") && !ek_str_ends(NULL, "x"));
}
END_TEST

START_TEST(copies)
{
	EK_FREE char *dup = ek_str_dup("abc");
	EK_FREE char *head = ek_str_ndup("abc", 2);
	EK_FREE char *whole = ek_str_ndup("abc", 20);
	EK_FREE char *made = ek_str_fmt("%s-%d", "x", 5);

	ck_assert_str_eq(dup, "abc");
	ck_assert_str_eq(head, "ab");
	ck_assert_str_eq(whole, "abc");
	ck_assert_str_eq(made, "x-5");
	ck_assert_ptr_null(ek_str_dup(NULL));
}
END_TEST

START_TEST(formats_any_length)
{
	static const int lengths[] = { 0, 1, 254, 255, 256, 257, 5000 };

	for (size_t i = 0; i < EK_ARRAY_LEN(lengths); i++) {
		EK_FREE char *s = ek_str_fmt("%*s.", lengths[i], "");

		ck_assert_uint_eq(strlen(s), (size_t)lengths[i] + 1);
		ck_assert_int_eq(s[lengths[i]], '.');
		ck_assert_uint_eq(strspn(s, " "), (size_t)lengths[i]);
	}
}
END_TEST

START_TEST(set_replaces_even_by_its_own_part)
{
	EK_FREE char *s = NULL;

	ek_str_set(&s, "one/two");
	ck_assert_str_eq(s, "one/two");
	ek_str_set(&s, s + 4);
	ck_assert_str_eq(s, "two");
	ek_str_set(&s, NULL);
	ck_assert_ptr_null(s);
}
END_TEST

START_TEST(short_lived_text)
{
	char small[4];

	ck_assert_str_eq(EK_F("%s/%s", "ns", "name"), "ns/name");
	ck_assert_str_eq(EK_I(INT64_MIN), "-9223372036854775808");
	ck_assert_str_eq(ek_str_into(small, sizeof(small), "%s", "abcdef"), "abc");
	ck_assert_str_eq(ek_str_into(small, sizeof(small), "ab%s", "\xc3\xa9"), "ab");
	ck_assert_str_eq(ek_str_into(small, sizeof(small), "a%s", "\xc3\xa9"), "a\xc3\xa9");
}
END_TEST

static const struct {
	const char *s;
	int64_t min, max;
	bool ok;
	int64_t v;
} ints[] = {
	{ "0", 0, 10, true, 0 },
	{ "10", 0, 10, true, 10 },
	{ "11", 0, 10, false, 0 },
	{ "-1", 0, 10, false, 0 },
	{ "-5", -5, 5, true, -5 },
	{ "+5", -5, 5, true, 5 },
	{ "007", 0, 10, true, 7 },
	{ "9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX },
	{ "-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN },
	{ "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
	{ "-9223372036854775809", INT64_MIN, INT64_MAX, false, 0 },
	{ "99999999999999999999", INT64_MIN, INT64_MAX, false, 0 },
	{ "", 0, 10, false, 0 },
	{ NULL, 0, 10, false, 0 },
	{ "-", -5, 10, false, 0 },
	{ "--1", -5, 10, false, 0 },
	{ " 1", 0, 10, false, 0 },
	{ "1 ", 0, 10, false, 0 },
	{ "1.0", 0, 10, false, 0 },
	{ "0x1", 0, 10, false, 0 },
	{ "1e1", 0, 10, false, 0 },
};

START_TEST(reads_integers)
{
	int64_t v = -77;
	int rc = ek_str_to_int(ints[_i].s, ints[_i].min, ints[_i].max, &v);

	ck_assert_int_eq(rc, ints[_i].ok ? 0 : EK_EINVALID);
	ck_assert_int_eq(v, ints[_i].ok ? ints[_i].v : -77);
}
END_TEST

START_TEST(reads_booleans)
{
	const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };
	const char *const bad[] = { NULL, "", "yes", "tRUE", "on", "true ", "10" };
	bool v;

	for (size_t i = 0; i < EK_ARRAY_LEN(yes); i++) {
		v = false;
		ck_assert_int_eq(ek_str_to_bool(yes[i], &v), 0);
		ck_assert(v);
		ck_assert_int_eq(ek_str_to_bool(no[i], &v), 0);
		ck_assert(!v);
	}
	for (size_t i = 0; i < EK_ARRAY_LEN(bad); i++)
		ck_assert_int_eq(ek_str_to_bool(bad[i], &v), EK_EINVALID);
}
END_TEST

static const struct {
	const char *s;
	size_t max, n;
	const char *parts[4];
} splits[] = {
	{ "a/b/c", 4, 3, { "a", "b", "c" } },
	{ "a/b/c", 2, 2, { "a", "b/c" } },
	{ "a/b/c", 1, 1, { "a/b/c" } },
	{ "", 4, 1, { "" } },
	{ "/", 4, 2, { "", "" } },
	{ "a//b", 4, 3, { "a", "", "b" } },
	{ "abc", 4, 1, { "abc" } },
};

START_TEST(splits_in_place)
{
	char s[16], *parts[4];
	size_t n;

	(void)ek_str_into(s, sizeof(s), "%s", splits[_i].s);
	n = ek_str_split(s, '/', parts, splits[_i].max);
	ck_assert_uint_eq(n, splits[_i].n);
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(parts[i], splits[_i].parts[i]);
}
END_TEST

START_TEST(secrets)
{
	char *secret = ek_str_dup("token"), *none = NULL;

	ck_assert(ek_secret_equal("abc", 3, "abc", 3));
	ck_assert(ek_secret_equal("a\0c", 3, "a\0c", 3));
	ck_assert(!ek_secret_equal("abc", 3, "abd", 3));
	ck_assert(!ek_secret_equal("\0bc", 3, "\1bc", 3));
	ck_assert(!ek_secret_equal("abc", 3, "ab", 2));
	ck_assert(ek_secret_equal(NULL, 0, NULL, 0));
	ek_secret_freep(&secret);
	ek_secret_freep(&none);
}
END_TEST

START_TEST(hex)
{
	char out[9];

	ek_hex("\x00\x7f\x80\xff", 4, out);
	ck_assert_str_eq(out, "007f80ff");
	ek_hex(NULL, 0, out);
	ck_assert_str_eq(out, "");
}
END_TEST

static const struct {
	const char *s;
	size_t len; /* of the first character, 0 malformed */
} utf8[] = {
	{ "a", 1 }, { "", 1 }, { "\x7f", 1 },
	{ "\xc3\xa9", 2 }, { "\xe2\x82\xac", 3 }, { "\xf0\x9f\x9a\x80", 4 }, { "\xf4\x8f\xbf\xbf", 4 },
	{ "\x80", 0 }, { "\xc0\x80", 0 }, { "\xc1\xbf", 0 }, { "\xe0\x9f\xbf", 0 },
	{ "\xed\xa0\x80", 0 }, { "\xf0\x8f\xbf\xbf", 0 }, { "\xf4\x90\x80\x80", 0 }, { "\xf5\x80\x80\x80", 0 },
	{ "\xc3", 0 }, { "\xe2\x82", 0 }, { "\xf0\x9f\x9a", 0 }, { "\xff", 0 }, { "\xc3" "a", 0 },
};

START_TEST(characters)
{
	ck_assert_uint_eq(ek_utf8_len(utf8[_i].s), utf8[_i].len);
}
END_TEST

EK_TESTS("base/str", compares, copies, formats_any_length, set_replaces_even_by_its_own_part,
	 short_lived_text, EK_ROWS(reads_integers, ints), reads_booleans,
	 EK_ROWS(splits_in_place, splits), secrets, hex, EK_ROWS(characters, utf8))
