/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/str.h>

#include <ek_test.h>

/* RFC 4648, section 10, and what differs between the alphabets. */
static const struct {
	const char *plain, *std, *url;
} pairs[] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
	{ "\xfb\xff\xfe", "+//+", "-__-" },
};

static void check_decodes(const char *text, bool url, const void *want, size_t want_n)
{
	EK_FREE char *data = NULL;
	size_t n = 99;

	ck_assert_int_eq(ek_base64_decode(text, strlen(text), url, &data, &n), 0);
	ck_assert_uint_eq(n, want_n);
	ck_assert_mem_eq(data, want, want_n);
	ck_assert_int_eq(data[n], '\0');
}

START_TEST(both_ways)
{
	const char *plain = pairs[_i].plain;
	EK_FREE char *std = ek_base64_encode(plain, strlen(plain), false);
	EK_FREE char *url = ek_base64_encode(plain, strlen(plain), true);

	ck_assert_str_eq(std, pairs[_i].std);
	ck_assert_str_eq(url, pairs[_i].url);
	check_decodes(std, false, plain, strlen(plain));
	check_decodes(url, true, plain, strlen(plain));
}
END_TEST

START_TEST(every_length_and_byte)
{
	unsigned char data[300];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7 & 0xff);
	for (size_t n = 0; n <= sizeof(data); n++)
		for (int url = 0; url < 2; url++) {
			EK_FREE char *text = ek_base64_encode(data, n, url);

			check_decodes(text, url, data, n);
		}
}
END_TEST

START_TEST(line_breaks_are_skipped)
{
	check_decodes("Zm9v\nYmFy\r\n", false, "foobar", 6);
	check_decodes("Z\nm8\n=\n", false, "fo", 2);
	check_decodes("\n", false, "", 0);
}
END_TEST

START_TEST(unused_bits_do_not_matter)
{
	check_decodes("Zh==", false, "f", 1);
	check_decodes("Zm9", true, "fo", 2);
}
END_TEST

static const struct {
	const char *text;
	bool url;
} bad[] = {
	{ "Z", false },     { "Zg", false },     { "Zg=", false },   { "Zg===", false },
	{ "Zm8", false },   { "Zm9v=", false },  { "Zm9v====", false }, { "====", false },
	{ "Zg==Zg==", false }, { "Zm 8=", false }, { "Zm8*", false }, { "-__-", false },
	{ "=", false },     { "Z", true },       { "Zg==", true },   { "+//+", true },
	{ "Zm9vZ", true },  { "Zm9v ", true },
};

START_TEST(refuses)
{
	const char *text = bad[_i].text;
	char *data = NULL;
	size_t n = 99;

	ck_assert_int_eq(ek_base64_decode(text, strlen(text), bad[_i].url, &data, &n), EK_EINVALID);
	ck_assert_ptr_null(data);
	ck_assert_uint_eq(n, 99);
}
END_TEST

START_TEST(length_is_optional)
{
	EK_FREE char *data = NULL;

	ck_assert_int_eq(ek_base64_decode("Zm9vYmFy!", 8, false, &data, NULL), 0);
	ck_assert_str_eq(data, "foobar");
}
END_TEST

EK_TESTS("base/base64", EK_ROWS(both_ways, pairs), every_length_and_byte, line_breaks_are_skipped,
	 unused_bits_do_not_matter, EK_ROWS(refuses, bad), length_is_optional)
