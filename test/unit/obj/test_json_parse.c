/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

static const struct {
	const char *in, *out; /* out: compact text */
} good[] = {
	{ " {} ", "{}" },
	{ "\t[\n1 ,2\r]", "[1,2]" },
	{ "{\"a\" : {\"b\":[]}}", "{\"a\":{\"b\":[]}}" },
	{ "\"\"", "\"\"" },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
	{ "\"\\u00e9\\u20AC\"", "\"\xc3\xa9\xe2\x82\xac\"" },
	{ "\"\\ud83d\\ude80\"", "\"\xf0\x9f\x9a\x80\"" },
	{ "\"\\ud800\"", "\"\xef\xbf\xbd\"" },
	{ "\"\\ud800x\"", "\"\xef\xbf\xbdx\"" },
	{ "\"\\ud800\\n\"", "\"\xef\xbf\xbd\\n\"" },
	{ "\"\\ud800\\u0041\"", "\"\xef\xbf\xbd" "A\"" },
	{ "\"\\ud800\\ud83d\\ude80\"", "\"\xef\xbf\xbd\xf0\x9f\x9a\x80\"" },
	{ "\"\\ude80\"", "\"\xef\xbf\xbd\"" },
	{ "\"\\u0000\\u001f\"", "\"\\u0000\\u001f\"" },
	{ "\"a\xff" "b\"", "\"a\xef\xbf\xbd" "b\"" },
	{ "\"\x7f\"", "\"\x7f\"" },
	{ "{\"\\u0061\":1}", "{\"a\":1}" },
	{ "{\"\\u0061\":{\"\\u0062\":\"\\u0063\"},\"d\":1}", "{\"a\":{\"b\":\"c\"},\"d\":1}" },
	{ "-0", "0" },
	{ "-0.0", "-0" },
	{ "0", "0" },
	{ "9223372036854775807", "9223372036854775807" },
	{ "-9223372036854775808", "-9223372036854775808" },
	{ "9223372036854775808", "9223372036854776000" },
	{ "-9223372036854775809", "-9223372036854776000" },
	{ "1.0", "1" },
	{ "1.50", "1.5" },
	{ "1e3", "1000" },
	{ "1E+2", "100" },
	{ "1e-7", "1e-7" },
	{ "0.000001", "0.000001" },
	{ "1e20", "100000000000000000000" },
	{ "1e21", "1e+21" },
	{ "0.1", "0.1" },
	{ "123456789.125", "123456789.125" },
	{ "999999999999999.9", "999999999999999.9" },
	{ "5e-324", "5e-324" },
	{ "1.7976931348623157e308", "1.7976931348623157e+308" },
	{ "[true,false,null]", "[true,false,null]" },
};

START_TEST(reads)
{
	struct ek_json *v = NULL;
	EK_FREE char *text = NULL;
	struct ek_err err;

	ck_assert_int_eq(ek_json_parse(good[_i].in, strlen(good[_i].in), 1000, &v, NULL, &err), 0);
	text = ek_json_text(v);
	ck_assert_str_eq(text, good[_i].out);
	ek_json_unref(v);
}
END_TEST

static const struct {
	const char *in, *msg;
} bad[] = {
	{ "", "unexpected end of JSON input (line 1, column 1)" },
	{ "  ", "unexpected end of JSON input (line 1, column 3)" },
	{ "{", "unexpected end of JSON input (line 1, column 2)" },
	{ "[1", "unexpected end of JSON input (line 1, column 3)" },
	{ "\"a", "unexpected end of JSON input (line 1, column 3)" },
	{ "\"a\\", "invalid character ' ' in string escape code (line 1, column 4)" },
	{ "\"\\u00", "invalid character ' ' in \\u hexadecimal character escape (line 1, column 6)" },
	{ "{\n \"a\": x}", "invalid character 'x' looking for beginning of value (line 2, column 7)" },
	{ "{} {}", "invalid character '{' after top-level value (line 1, column 4)" },
	{ "[1,]", "invalid character ']' looking for beginning of value (line 1, column 4)" },
	{ "[1 2]", "invalid character '2' after array element (line 1, column 4)" },
	{ "{\"a\":1,}", "invalid character '}' looking for beginning of object key string (line 1, column 8)" },
	{ "{a:1}", "invalid character 'a' looking for beginning of object key string (line 1, column 2)" },
	{ "{\"a\" 1}", "invalid character '1' after object key (line 1, column 6)" },
	{ "{\"a\":1 \"b\":2}", "invalid character '\"' after object key:value pair (line 1, column 8)" },
	{ "'a'", "invalid character '\\'' looking for beginning of value (line 1, column 1)" },
	{ "\"\n\"", "invalid character '\\n' in string literal (line 1, column 2)" },
	{ "\"\x01\"", "invalid character '\\x01' in string literal (line 1, column 2)" },
	{ "\"\\x\"", "invalid character 'x' in string escape code (line 1, column 3)" },
	{ "\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape (line 1, column 6)" },
	{ "\"\\ud83d\\uzz00\"", "invalid character 'z' in \\u hexadecimal character escape (line 1, column 10)" },
	{ "-", "invalid character ' ' in numeric literal (line 1, column 2)" },
	{ "-x", "invalid character 'x' in numeric literal (line 1, column 2)" },
	{ "01", "invalid character '1' after top-level value (line 1, column 2)" },
	{ "1.x", "invalid character 'x' after decimal point in numeric literal (line 1, column 3)" },
	{ "1ex", "invalid character 'x' in exponent of numeric literal (line 1, column 3)" },
	{ "tru", "invalid character ' ' in literal true (expecting 'e') (line 1, column 4)" },
	{ "trux", "invalid character 'x' in literal true (expecting 'e') (line 1, column 4)" },
	{ "nul\xc3\xa9", "invalid character '\xc3\x83' in literal null (expecting 'l') (line 1, column 4)" },
	{ "\xef\xbb\xbf{}", "invalid character '\xc3\xaf' looking for beginning of value (line 1, column 1)" },
	{ "\x80", "invalid character '\\x80' looking for beginning of value (line 1, column 1)" },
	{ "NaN", "invalid character 'N' looking for beginning of value (line 1, column 1)" },
	{ "1e400", "json: cannot unmarshal number 1e400 into Go value of type float64 (line 1, column 1)" },
	{ "{\"a\\u0000\":1}", "invalid character '\\x00' in object key string (line 1, column 2)" },
};

START_TEST(refuses)
{
	struct ek_json *v = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_json_parse(bad[_i].in, strlen(bad[_i].in), 1000, &v, NULL, &err),
			 EK_EBADREQUEST);
	ck_assert_str_eq(err.msg, bad[_i].msg);
	ck_assert_ptr_null(v);
}
END_TEST

START_TEST(refuses_a_nul_byte)
{
	struct ek_json *v = NULL;

	ck_assert_int_eq(ek_json_parse("{}\0", 3, 10, &v, NULL, NULL), EK_EBADREQUEST);
	ck_assert_int_eq(ek_json_parse("\"a\0b\"", 5, 10, &v, NULL, NULL), EK_EBADREQUEST);
}
END_TEST

START_TEST(bounds_size)
{
	struct ek_json *v = NULL;
	struct ek_err err;

	ck_assert_int_eq(ek_json_parse("[1,2]", 5, 4, &v, NULL, &err), EK_ETOOLARGE);
	ck_assert_str_eq(err.msg, "Request entity too large: limit is 4");
	ck_assert_int_eq(ek_json_parse("[1,2]", 5, 5, &v, NULL, &err), 0);
	ek_json_unref(v);
}
END_TEST

static char *nested(size_t depth)
{
	char *text = ek_malloc(2 * depth + 1);

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	text[2 * depth] = '\0';
	return text;
}

START_TEST(bounds_depth)
{
	EK_FREE char *fits = nested(EK_JSON_MAX_DEPTH);
	EK_FREE char *over = nested(EK_JSON_MAX_DEPTH + 1);
	struct ek_json *v = NULL;
	struct ek_err err;

	ck_assert_int_eq(ek_json_parse(fits, strlen(fits), 10000, &v, NULL, &err), 0);
	ek_json_unref(v);
	ck_assert_int_eq(ek_json_parse(over, strlen(over), 10000, &v, NULL, &err), EK_EBADREQUEST);
	ck_assert_str_eq(err.msg, "exceeded max depth (line 1, column 513)");
}
END_TEST

static const struct {
	const char *in, *out, *paths;
} duplicates[] = {
	{ "{'a':1,'b':2}", "{'a':1,'b':2}", NULL },
	{ "{'a':1,'b':2,'a':3}", "{'a':3,'b':2}", "a" },
	{ "{'spec':{'x':1,'x':2}}", "{'spec':{'x':2}}", "spec.x" },
	{ "{'l':[1,{'n':[[],{'k':1,'\\u006b':2}]}]}", "{'l':[1,{'n':[[],{'k':2}]}]}", "l[1].n[1].k" },
	{ "{'a':1,'a':2,'b':{'c':1,'c':2,'c':3}}", "{'a':2,'b':{'c':3}}", "a\nb.c\nb.c" },
	{ "[{'a':1},{'a':1,'a':2}]", "[{'a':1},{'a':2}]", "[1].a" },
};

START_TEST(reports_duplicates)
{
	EK_FREE char *text = ek_str_dup(duplicates[_i].in);
	EK_FREE char *paths = NULL;
	EK_JSON struct ek_json *v = NULL;

	for (char *p = text; (p = strchr(p, '\''));)
		*p = '"';
	ck_assert_int_eq(ek_json_parse(text, strlen(text), 1000, &v, &paths, NULL), 0);
	check_json(v, duplicates[_i].out);
	ck_assert(ek_streq(paths, duplicates[_i].paths));
}
END_TEST

START_TEST(reports_a_hundred_duplicates_at_most)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(10000);
	EK_FREE char *paths = NULL;
	EK_JSON struct ek_json *v = NULL;
	size_t lines = 1;

	(void)ek_buf_str(&text, "{\"a\":0");
	for (int i = 0; i < 300; i++)
		(void)ek_buf_str(&text, ",\"a\":1");
	(void)ek_buf_char(&text, '}');
	ck_assert_int_eq(ek_json_parse(text.data, text.len, 10000, &v, &paths, NULL), 0);
	for (const char *p = paths; (p = strchr(p, '\n')); p++)
		lines++;
	ck_assert_uint_eq(lines, 100);
}
END_TEST

EK_TESTS("obj/json_parse", EK_ROWS(reads, good), EK_ROWS(refuses, bad), refuses_a_nul_byte,
	 bounds_size, bounds_depth, EK_ROWS(reports_duplicates, duplicates),
	 reports_a_hundred_duplicates_at_most)
