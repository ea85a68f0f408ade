/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

#include "yaml_scalar.h"

/* Rows were checked against sigs.k8s.io/yaml. */
static const struct {
	const char *yaml, *want;
} good[] = {
	{ "", "null" },
	{ "# only a comment\n", "null" },
	{ "a: 1\nb: [x, 'y', \"z\"]\nc:\n- d: e\n  f: null\n", "{'a':1,'b':['x','y','z'],'c':[{'d':'e','f':null}]}" },
	{ "---\na: 1\n---\nb: 2\n", "{'a':1}" },
	{ "{\"json\": [1, {\"too\": true}]}", "{'json':[1,{'too':true}]}" },
	{ "t: [y, Yes, on, TRUE, true]\nf: [n, No, OFF, False]\ns: [tRue, yEs]",
	  "{'t':[true,true,true,true,true],'f':[false,false,false,false],'s':['tRue','yEs']}" },
	{ "[~, null, Null, NULL, '', nUll, ]", "[null,null,null,null,'','nUll']" },
	{ "[0x1F, 0X1f, 0o17, 017, 0b11, 1_000, +1, -_1, -0x10]", "[31,31,15,15,3,1000,1,-1,-16]" },
	{ "[08, 0x, 0b2, _1, 1__0, 0_0, 00]", "[8,'0x','0b2','_1',10,0,0]" },
	{ "[1.5, .5, 1., 1e3, 1e+3, -.5, .5e3, 1_0.5]", "[1.5,0.5,1,1000,1000,-0.5,500,10.5]" },
	{ "[.e1, 1e, 1e400, ._5, 1.2.3, '1.5', \"1\"]", "['.e1','1e','1e400','._5','1.2.3','1.5','1']" },
	{ "[9223372036854775807, -9223372036854775808, 18446744073709551616, -9223372036854775809]",
	  "[9223372036854775807,-9223372036854775808,18446744073709551616.0,-9223372036854775809.0]" },
	{ "[2020-01-01, 2020-01-01T10:00:00Z, 12:30, 1:2:3]", "['2020-01-01','2020-01-01T10:00:00Z','12:30','1:2:3']" },
	{ "[!!str 5, !!int \"5\", !!float 5, !!bool yes, !foo 5, !!binary aGVsbG8=, !!null ~]",
	  "['5',5,5.0,true,'5','hello',null]" },
	{ "1: a\ntrue: b\n1.5: c\n.5: d\n0x10: e\n1e10: f\nyes: g\n.inf: h\n-.inf: i\n.nan: j",
	  "{'1':'a','true':'g','1.5':'c','0.5':'d','16':'e','1e+10':'f','.inf':'h','-.inf':'i','.nan':'j'}" },
	{ "1000000.0: a\n0.0001: b\n0.00001: c\n3.14159265358979: d\n-0.0: e",
	  "{'1e+06':'a','0.0001':'b','1e-05':'c','3.1415927':'d','-0':'e'}" },
	{ "a: &x {b: [1]}\nc: *x\nd: *x", "{'a':{'b':[1]},'c':{'b':[1]},'d':{'b':[1]}}" },
	{ "a: &x 1\nb: &x 2\nc: *x", "{'a':1,'b':2,'c':2}" },
	{ "&k key: v\nx: *k", "{'key':'v','x':'key'}" },
	{ "- &x yes\n- *x : 1", "[true,{'true':1}]" },
	{ "a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", "{'a':{'p':1,'q':2},'b':{'p':1,'q':3}}" },
	{ "a: &x {p: 1, q: 2}\nb: {q: 3, <<: *x}", "{'a':{'p':1,'q':2},'b':{'q':2,'p':1}}" },
	{ "{<<: [{a: 1}, {a: 2, b: 3}], c: 4}", "{'a':1,'b':3,'c':4}" },
	{ "{'<<': 1, \"x\": <<}", "{'<<':1,'x':'<<'}" },
	{ "a: |\n  one\n  two\nb: >\n  one\n  two\nc: |-\n  x", "{'a':'one\\ntwo\\n','b':'one two\\n','c':'x'}" },
	{ "\"\\u00e9\\x41\\n\"", "'\xc3\xa9" "A\\n'" },
	{ "\"a\\0b\"", "'a\\u0000b'" },
	{ "\xef\xbb\xbf" "a: 1", "{'a':1}" },
	{ "a: 1\na: 2\n", "{'a':2}" },
};

START_TEST(reads)
{
	EK_JSON struct ek_json *v = NULL;
	struct ek_err err = { 0 };
	int rc = ek_yaml_parse(good[_i].yaml, strlen(good[_i].yaml), 1000, &v, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	check_json(v, good[_i].want);
}
END_TEST

static const struct {
	const char *yaml, *msg;
} bad[] = {
	{ "a: b: c", "yaml: mapping values are not allowed in this context" },
	{ "a: 1\nb: @x\n", "yaml: line 2: found character that cannot start any token" },
	{ "a:\n\t- b\n", "yaml: line 2: found character that cannot start any token" },
	{ "a: [1, 2\nb: 3", "yaml: line 1: did not find expected ',' or ']'" },
	{ "- a\nb: c\n", "yaml: line 1: did not find expected '-' indicator" },
	{ "a: *x", "yaml: unknown anchor 'x' referenced" },
	{ "a: &x [*x]", "yaml: anchor 'x' value contains itself" },
	{ "a: !!int x", "yaml: cannot decode !!str `x` as a !!int" },
	{ "a: !!int 1.5", "yaml: cannot decode !!float `1.5` as a !!int" },
	{ "a: !!bool 1", "yaml: cannot decode !!int `1` as a !!bool" },
	{ "a: !!binary '*'", "yaml: !!binary value contains invalid base64 data" },
	{ "a: .inf", "json: unsupported value: +Inf" },
	{ "a: -.Inf", "json: unsupported value: -Inf" },
	{ "a: .NaN", "json: unsupported value: NaN" },
	{ "<<: 1", "yaml: map merge requires map or sequence of maps as the value" },
	{ "<<: [1]", "yaml: map merge requires map or sequence of maps as the value" },
	{ "a: &x [{b: 1}]\nc: {<<: *x}", "yaml: map merge requires map or sequence of maps as the value" },
	{ "[a]: b", "yaml: invalid map key: only scalars may be keys" },
	{ "{a: b}: c", "yaml: invalid map key: only scalars may be keys" },
	{ "~: a", "unsupported map key of type: null" },
	{ "\"a\\0b\": c", "yaml: invalid map key: it holds a NUL byte" },
	{ "a: \x01", "yaml: control characters are not allowed" },
	{ "a: \xff", "yaml: invalid leading UTF-8 octet" },
	{ "%YAML 3.0\n---\na", "yaml: found incompatible YAML document" },
};

START_TEST(refuses)
{
	struct ek_json *v = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_yaml_parse(bad[_i].yaml, strlen(bad[_i].yaml), 1000, &v, &err),
			 EK_EBADREQUEST);
	ck_assert_str_eq(err.msg, bad[_i].msg);
	ck_assert_ptr_null(v);
}
END_TEST

static const struct {
	const char *yaml, *lines;
} duplicates[] = {
	{ "a: 1\nb: 2\n", NULL },
	{ "a: 1\na: 2\n", "line 2: key \"a\" already set in map" },
	{ "x:\n  a: 1\n  b: 2\n  a: 3\n  b: 4\n",
	  "line 4: key \"a\" already set in map\nline 5: key \"b\" already set in map" },
	{ "a: &x {p: 1}\nb: {p: 2, <<: *x}\n", "line 2: key \"p\" already set in map" },
};

START_TEST(reports_duplicates)
{
	EK_JSON struct ek_json *v = NULL;
	EK_FREE char *lines = NULL;
	const char *yaml = duplicates[_i].yaml;

	ck_assert_int_eq(ek_yaml_parse_dup(yaml, strlen(yaml), 1000, &v, &lines, NULL), 0);
	ck_assert_msg(ek_streq(lines, duplicates[_i].lines), "%s", lines);
}
END_TEST

static const struct {
	const char *yaml, *want;
} streams[] = {
	{ "", "[]" },
	{ "---\n---\n# nothing\n---\nnull\n", "[]" },
	{ "a: 1\n---\n---\n- 2\n---\n# c\n---\nx\n...\n", "[{'a':1},[2],'x']" },
	{ "a: &x 1\n---\nb: 2", "[{'a':1},{'b':2}]" },
};

START_TEST(reads_streams)
{
	EK_JSON struct ek_json *v = NULL;

	ck_assert_int_eq(
		ek_yaml_parse_all(streams[_i].yaml, strlen(streams[_i].yaml), 1000, &v, NULL), 0);
	check_json(v, streams[_i].want);
}
END_TEST

START_TEST(anchors_end_with_their_document)
{
	static const char text[] = "a: &x 1\n---\nb: *x\n";
	struct ek_json *v = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_yaml_parse_all(text, strlen(text), 1000, &v, &err), EK_EBADREQUEST);
	ck_assert_str_eq(err.msg, "yaml: unknown anchor 'x' referenced");
}
END_TEST

START_TEST(aliased_values_may_be_edited)
{
	static const char text[] = "a: &x {p: {q: 1}}\nb: *x\nc: [*x]\n";
	EK_JSON struct ek_json *v = NULL;

	ck_assert_int_eq(ek_yaml_parse(text, strlen(text), 1000, &v, NULL), 0);
	ek_json_set_at(v, "a.p.q", ek_json_new_int(2));
	ek_json_set_at(v, "c.0.p.q", ek_json_new_int(3));
	check_json(v, "{'a':{'p':{'q':2}},'b':{'p':{'q':1}},'c':[{'p':{'q':3}}]}");
}
END_TEST

static void expect_refusal(const struct ek_buf *text, int rc, const char *msg)
{
	struct ek_json *v = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_yaml_parse(text->data, text->len, EK_JSON_MAX_BYTES, &v, &err), rc);
	ck_assert_str_eq(err.msg, msg);
}

START_TEST(a_billion_laughs)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(100000);

	(void)ek_buf_str(&text, "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
	for (int i = 1; i < 20; i++)
		(void)ek_buf_fmt(&text, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1,
				 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	expect_refusal(&text, EK_EBADREQUEST, "yaml: document contains excessive aliasing");
}
END_TEST

START_TEST(one_long_string_many_times)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(EK_JSON_MAX_BYTES);

	(void)ek_buf_str(&text, "- &a ");
	for (int i = 0; i < 1 << 20; i++)
		(void)ek_buf_char(&text, 'x');
	for (int i = 0; i < 90; i++)
		(void)ek_buf_str(&text, "\n- *a");
	expect_refusal(&text, EK_EBADREQUEST, "yaml: document contains excessive aliasing");
}
END_TEST

START_TEST(deep_by_brackets)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(100000);

	for (int i = 0; i < 600; i++)
		(void)ek_buf_char(&text, '[');
	expect_refusal(&text, EK_EBADREQUEST, "yaml: exceeded max depth");
}
END_TEST

START_TEST(deep_by_aliases)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(100000);

	for (int doc = 0; doc < 3; doc++) {
		(void)ek_buf_fmt(&text, "- &a%d ", doc);
		for (int i = 0; i < 200; i++)
			(void)ek_buf_char(&text, '[');
		if (doc)
			(void)ek_buf_fmt(&text, "*a%d", doc - 1);
		for (int i = 0; i < 200; i++)
			(void)ek_buf_char(&text, ']');
		(void)ek_buf_char(&text, '\n');
	}
	expect_refusal(&text, EK_EBADREQUEST, "yaml: exceeded max depth");
}
END_TEST

START_TEST(too_many_anchors)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(100000);

	for (int i = 0; i < 1001; i++)
		(void)ek_buf_fmt(&text, "- &a%d 1\n", i);
	expect_refusal(&text, EK_EBADREQUEST, "yaml: document has too many anchors");
}
END_TEST

START_TEST(too_large)
{
	struct ek_json *v = NULL;
	struct ek_err err;

	ck_assert_int_eq(ek_yaml_parse("a: 1", 4, 3, &v, &err), EK_ETOOLARGE);
	ck_assert_str_eq(err.msg, "Request entity too large: limit is 3");
}
END_TEST

/* ---- writing ---- */

static const struct {
	const char *in, *yaml;
} written[] = {
	{ "{'b':1,'a':[{'x':'v','z':[]},'s'],'c':{}}", "a:\n- x: v\n  z: []\n- s\nb: 1\nc: {}\n" },
	{ "[true,null,1.5,-3]", "- true\n- null\n- 1.5\n- -3\n" },
	{ "['true','no','1','1.5','','~','<<','12:30','0x10','.inf']",
	  "- \"true\"\n- \"no\"\n- \"1\"\n- \"1.5\"\n- \"\"\n- \"~\"\n- \"<<\"\n- \"12:30\"\n- \"0x10\"\n- \".inf\"\n" },
	{ "{'yes':1,'2':3}", "\"2\": 3\n\"yes\": 1\n" },
	{ "'one\\ntwo\\n'", "|\n  one\n  two\n" },
	{ "{'a':'x: y','b':'- z','c':'# d'}", "a: 'x: y'\nb: '- z'\nc: '# d'\n" },
};

START_TEST(writes)
{
	EK_JSON struct ek_json *v = json(written[_i].in);
	EK_BUF struct ek_buf out = EK_BUF_INIT(1000);

	ck_assert_int_eq(ek_yaml_write(v, &out), 0);
	ck_assert_str_eq(out.data, written[_i].yaml);
}
END_TEST

static const char *const survivors[] = {
	"null", "''", "' '", "'a '", "' a'", "'a\\n'", "'\\n'", "'\\n\\n a'", "' a\\n b'", "'a\\n\\n\\n'", "'\\t'", "'a\\tb\\n'",
	"'\\r\\n'", "'\\u0085'", "'\\u2028x\\ny'", "'\\ufeff'", "'\\u0000'", "'\xf0\x9f\x9a\x80\\n'", "'---'", "'...'",
	"'- '", "'? a'", "': '", "'a:'", "'%x'", "'@'", "'`'", "'!x'", "'&x'", "'*x'", "'|'", "'>'", "'\\u007f'",
	"[[[]],[{}],{}]", "{'':''}", "{'a\\nb':{'- c':[null]}}", "1e300", "-1e-300", "9223372036854775808",
	"{'a':'x\\n#y\\n','b':'\\n  lead','c':'trail  \\n'}",
	"{'0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	"0123456789012345678901234567890123456789':1}",
};

START_TEST(what_is_written_is_read)
{
	EK_JSON struct ek_json *v = json(survivors[_i]);
	EK_JSON struct ek_json *back = NULL;
	EK_BUF struct ek_buf out = EK_BUF_INIT(2000);
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_yaml_write(v, &out), 0);
	ck_assert_msg(ek_yaml_parse(out.data, out.len, 2000, &back, &err) == 0, "%s\n%s", err.msg, out.data);
	ck_assert_msg(ek_json_equal(v, back), "%s", out.data);
}
END_TEST

START_TEST(writing_stops_at_the_maximum)
{
	EK_JSON struct ek_json *v = json("{'a':['b','c'],'d':{'e':'f'}}");

	for (size_t max = 0; max < 20; max++) {
		EK_BUF struct ek_buf out = EK_BUF_INIT(max);

		ck_assert_int_eq(ek_yaml_write(v, &out), EK_ETOOLARGE);
	}
}
END_TEST

static const struct {
	const char *s;
	bool        base60;
} sixties[] = {
	{ "1:30", true }, { "-1:30", true }, { "+12:30:45", true }, { "1:30.5", true }, { "1_0:30.", true },
	{ "1", false },   { "a:30", false }, { "1:3x", false },     { "1.5", false },   { "", false }, { "1:2.3.4", false },
};

START_TEST(knows_base60)
{
	ck_assert_int_eq(ek_yaml_base60(sixties[_i].s), sixties[_i].base60);
}
END_TEST

EK_TESTS("obj/yaml", EK_ROWS(reads, good), EK_ROWS(refuses, bad),
	 EK_ROWS(reports_duplicates, duplicates), EK_ROWS(reads_streams, streams),
	 anchors_end_with_their_document, aliased_values_may_be_edited, a_billion_laughs,
	 one_long_string_many_times, deep_by_brackets, deep_by_aliases, too_many_anchors, too_large,
	 EK_ROWS(writes, written), EK_ROWS(what_is_written_is_read, survivors),
	 writing_stops_at_the_maximum, EK_ROWS(knows_base60, sixties))
