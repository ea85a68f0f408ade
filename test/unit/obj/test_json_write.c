/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

#include "text.h"

#include <math.h>

START_TEST(writes_pretty)
{
	EK_JSON struct ek_json *v = json("{'a':{'b':[1,{}],'c':[]},'d':'x'}");
	EK_BUF struct ek_buf out = EK_BUF_INIT(1000);

	ck_assert_int_eq(ek_json_write_pretty(v, &out), 0);
	ck_assert_str_eq(out.data,
			 "{\n  \"a\": {\n    \"b\": [\n      1,\n      {}\n    ],\n    \"c\": []\n  },\n  \"d\": \"x\"\n}");
}
END_TEST

START_TEST(absent_is_null)
{
	EK_FREE char *text = ek_json_text(NULL);

	ck_assert_str_eq(text, "null");
}
END_TEST

START_TEST(stops_at_the_maximum)
{
	EK_JSON struct ek_json *v = json("{'key':'some value','list':[1,2,3]}");

	EK_FREE char *whole = ek_json_text(v);
	size_t n = strlen(whole);

	for (size_t max = 0; max <= n; max++) {
		EK_BUF struct ek_buf out = EK_BUF_INIT(max);
		EK_BUF struct ek_buf pretty = EK_BUF_INIT(max);

		ck_assert_int_eq(ek_json_write(v, &out), max < n ? EK_ETOOLARGE : 0);
		ck_assert_uint_le(out.len, max);
		ck_assert_int_eq(ek_json_write_pretty(v, &pretty), EK_ETOOLARGE);
	}
}
END_TEST

static const struct {
	double      d;
	const char *text;
} reals[] = {
	{ 0.0, "0" },
	{ -0.0, "-0" },
	{ 1.0, "1" },
	{ -1.5, "-1.5" },
	{ 100.0, "100" },
	{ 0.1, "0.1" },
	{ 0.3, "0.3" },
	{ 1.0 / 3, "0.3333333333333333" },
	{ 2.0 / 3, "0.6666666666666666" },
	{ 123456.789, "123456.789" },
	{ 1e-6, "0.000001" },
	{ 1.25e-6, "0.00000125" },
	{ 9.99e-7, "9.99e-7" },
	{ 1e-10, "1e-10" },
	{ 1e20, "100000000000000000000" },
	{ 1e21, "1e+21" },
	{ 1.5e300, "1.5e+300" },
	{ 9007199254740993.0, "9007199254740992" },
	{ 1e15, "1000000000000000" },
	{ 0.30000000000000004, "0.30000000000000004" },
};

START_TEST(writes_reals_like_go)
{
	char text[EK_REAL_TEXT];

	ek_json_real_text(reals[_i].d, text);
	ck_assert_str_eq(text, reals[_i].text);
}
END_TEST

START_TEST(reals_come_back)
{
	double d = 5e-324;

	for (int i = 0; i < 4000; i++) {
		char text[EK_REAL_TEXT];

		ek_json_real_text(d, text);
		ck_assert_msg(strtod(text, NULL) == d, "%a became %s", d, text);
		ck_assert_uint_lt(strlen(text), EK_REAL_TEXT);
		d = d * 1.4271 + 5e-324;
		if (!isfinite(d))
			d = 1e-310;
	}
}
END_TEST

static const struct {
	const char *in, *out;
} quotes[] = {
	{ "a", "\"a\"" },
	{ "", "\"\"" },
	{ "a\"b\\c\n", "\"a\\\"b\\\\c\\n\"" },
	{ "\x01\x7f", "\"\\x01\\x7f\"" },
	{ "\xc3\xa9", "\"\xc3\xa9\"" },
	{ "\xff", "\"\\xff\"" },
	{ "0123456789012345678901234567890", "\"01234567890123456789012345...\"" },
};

START_TEST(quotes_for_messages)
{
	char out[32];

	ck_assert_str_eq(ek_quote(quotes[_i].in, out, sizeof out), quotes[_i].out);
}
END_TEST

EK_TESTS("obj/json_write", writes_pretty, absent_is_null, stops_at_the_maximum,
	 EK_ROWS(writes_reals_like_go, reals), reals_come_back,
	 EK_ROWS(quotes_for_messages, quotes))
