/* SPDX-License-Identifier: Apache-2.0 */
#include "http/query.h"

#include <ekube/buf.h>
#include <ekube/str.h>
#include <ek_test.h>

static const struct {
	const char *raw, *expect; /* "name=value|name=value" */
} parsed[] = {
	{ "", "" },
	{ "a=1", "a=1" },
	{ "a=1&b=2", "a=1|b=2" },
	{ "&&a=1&", "a=1" },
	{ "a", "a=" },
	{ "a=", "a=" },
	{ "=1", "=1" },
	{ "a=b=c", "a=b=c" },
	{ "a=x+y%20z", "a=x y z" },
	{ "command=%2Fbin%2Fsh&command=-c", "command=/bin/sh|command=-c" },
	{ "%61=%e2%82%ac", "a=\xe2\x82\xac" },
	{ "a=1;b=2", "a=1;b=2" },
};

START_TEST(parses)
{
	EK_BUF struct ek_buf have = EK_BUF_INIT(4096);
	struct ek_err err;
	struct query q;

	(void)ek_buf_str(&have, "");
	ck_assert_int_eq(query_parse(parsed[_i].raw, &q, &err), 0);
	for (size_t i = 0; i < q.params.n; i++)
		(void)ek_buf_fmt(&have, "%s%s=%s", i ? "|" : "", q.params.items[i].name,
				 q.params.items[i].value);
	ck_assert_str_eq(have.data ? have.data : "", parsed[_i].expect);
	query_done(&q);
}
END_TEST

static const char *const bad[] = { "%", "a=%", "a=%2", "a=%zz", "a=%00", "%00=1" };

START_TEST(refuses)
{
	struct ek_err err;
	struct query q;

	ck_assert_int_eq(query_parse(bad[_i], &q, &err), EK_EBADREQUEST);
	ck_assert_str_eq(err.msg, "the query is not properly escaped");
	query_done(&q);
}
END_TEST

START_TEST(has_a_maximum)
{
	EK_BUF struct ek_buf raw = EK_BUF_INIT(4096);
	struct ek_err err;
	struct query q;

	for (int i = 0; i < 256; i++)
		(void)ek_buf_str(&raw, "&a=1");
	ck_assert_int_eq(query_parse(raw.data, &q, &err), 0);
	query_done(&q);
	(void)ek_buf_str(&raw, "&a");
	ck_assert_int_eq(query_parse(raw.data, &q, &err), EK_EBADREQUEST);
	query_done(&q);
}
END_TEST

START_TEST(gives_the_first)
{
	struct ek_err err;
	struct query q;
	int64_t n;

	ck_assert_int_eq(query_parse("a=1&a=2&e=&x=y", &q, &err), 0);
	ck_assert_str_eq(query_get(&q, "a"), "1");
	ck_assert_str_eq(query_get(&q, "e"), "");
	ck_assert_ptr_null(query_get(&q, "none"));
	ck_assert(query_int(&q, "a", 9, &n, &err) == 0 && n == 1);
	ck_assert(query_int(&q, "e", 9, &n, &err) == 0 && n == 9);
	ck_assert(query_int(&q, "none", 9, &n, &err) == 0 && n == 9);
	ck_assert_int_eq(query_int(&q, "x", 9, &n, &err), EK_EBADREQUEST);
	ck_assert_str_eq(err.msg, "strconv.ParseInt: parsing \"y\": invalid syntax");
	query_done(&q);
}
END_TEST

static const struct {
	const char *raw;
	bool        value;
} bools[] = {
	{ "", false }, { "b=false", false }, { "b=FALSE", false }, { "b=0", false }, { "b=1", true }, { "b=true", true },
	{ "b=", true }, { "b", true }, { "b=no", true },
};

START_TEST(reads_bools_as_upstream)
{
	struct ek_err err;
	struct query q;

	ck_assert_int_eq(query_parse(bools[_i].raw, &q, &err), 0);
	ck_assert_int_eq(query_bool(&q, "b"), bools[_i].value);
	query_done(&q);
}
END_TEST

EK_TESTS("api/query", EK_ROWS(parses, parsed), EK_ROWS(refuses, bad), has_a_maximum, gives_the_first,
	 EK_ROWS(reads_bools_as_upstream, bools))
