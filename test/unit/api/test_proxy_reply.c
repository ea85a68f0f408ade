/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/proxy_reply.h"

#include <ek_test.h>
#include <ekube/str.h>

#define OK "HTTP/1.1 400 Bad\r\n"

/* "status lines|first value of X|body"; what is not there as "-". A number alone: the code. */
static const struct {
	const char *text;
	bool        ended;
	const char *expect;
} rows[] = {
	{ "", false, "more" },
	{ "HTTP/1.1 101 Switching", false, "more" },
	{ "HTTP/1.1 101 Switching\r\nX: 1\r\n", false, "more" },
	{ "HTTP/1.1 101\r\n\r\n", true, "101 0|-|" },
	{ "HTTP/1.0 404 No\r\nx:\t a \r\nX: b\r\n\r\nbody", true, "404 2|a |body" },
	{ OK "\r\nbody", false, "400 0|-|more" },
	{ OK "Content-Length: 2\r\n\r\nbody", false, "400 1|-|bo" },
	{ OK "Content-Length: 9\r\n\r\nbody", false, "400 1|-|more" },
	{ OK "Content-Length: 9\r\n\r\nbody", true, "400 1|-|bad" },
	{ OK "Content-Length: -1\r\n\r\nbody", true, "400 1|-|bad" },
	{ OK "Content-Length: 99999999999999999999\r\n\r\nbody", true, "400 1|-|bad" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", false,
	  "400 1|-|abc0123456789" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n3\r\nab", false, "400 1|-|more" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n3\r\nab", true, "400 1|-|bad" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", false, "400 1|-|bad" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n\r\n", false, "400 1|-|bad" },
	{ OK "Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n", false, "400 1|-|bad" },
	{ OK "Transfer-Encoding: gzip\r\n\r\n", true, "400 1|-|bad" },
	{ OK "Content-Length: 17\r\n\r\n0123456789abcdefg", false, "400 1|-|large" },
	{ "HTTP/1.1 204 None\r\n\r\n", false, "204 0|-|" },
	{ "HTTP/2 101 x\r\n\r\n", false, "bad" },
	{ "HTTP/1.1 99 x\r\n\r\n", false, "bad" },
	{ "HTTP/1.1 1010 x\r\n\r\n", false, "bad" },
	{ "HTTP/1.1 1", false, "more" },
	{ "HTTP/1.1 1\r\n\r\n", false, "bad" },
	{ "SSH-2.0-x\r\n\r\n", false, "bad" },
	{ "\r\n\r\n", false, "bad" },
	{ "HTTP/1.1 200 x\r\nno colon\r\n\r\n", false, "bad" },
};

static char *describe(const char *text, bool ended)
{
	EK_BUF struct ek_buf body = EK_BUF_INIT(16);
	struct proxy_reply r;
	const char *x;
	char *out;
	int rc = proxy_reply_parse(text, strlen(text), &r);

	if (rc <= 0)
		return ek_str_dup(rc == 0 ? "more" : "bad");
	x = proxy_reply_find(&r, "X");
	rc = proxy_reply_body(&r, text + r.head_len, strlen(text + r.head_len), ended, &body);
	out = ek_str_fmt("%d %zu|%s|%s", r.status, r.lines.n, x ? x : "-",
			 rc == 0	     ? "more" :
			 rc == EK_ETOOLARGE ? "large" :
			 rc < 0		    ? "bad" :
			 body.data	    ? body.data :
					      "");
	proxy_reply_done(&r);
	return out;
}

START_TEST(takes_replies_apart)
{
	EK_FREE char *have = describe(rows[_i].text, rows[_i].ended);

	ck_assert_str_eq(have, rows[_i].expect);
}
END_TEST

START_TEST(bounds_lines_and_knows_nuls)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(1 << 20);
	struct proxy_reply r;

	ck_assert_int_eq(proxy_reply_parse("HTTP/1.1 101 x\r\na:\0\r\n\r\n", 23, &r), EK_EINVALID);
	ck_assert_int_eq(proxy_reply_parse("HTTP/1.1\0", 9, &r), EK_EINVALID);
	(void)ek_buf_str(&text, "HTTP/1.1 101 x\r\n");
	for (int i = 0; i < 257; i++)
		(void)ek_buf_str(&text, "a: b\r\n");
	(void)ek_buf_str(&text, "\r\n");
	ck_assert_int_eq(proxy_reply_parse(text.data, text.len, &r), EK_EINVALID);
}
END_TEST

EK_TESTS("api/proxy_reply", EK_ROWS(takes_replies_apart, rows), bounds_lines_and_knows_nuls)
