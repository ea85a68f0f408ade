/* SPDX-License-Identifier: Apache-2.0 */
#include "query.h"

#include <ekube/str.h>
#include <errno.h>
#include <stdlib.h>

enum { MAX_PARAMS = 256 };

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int url_decode(char *s, bool plus_is_space)
{
	char *w = s;

	for (; *s; s++) {
		if (*s == '+' && plus_is_space) {
			*w++ = ' ';
		} else if (*s != '%') {
			*w++ = *s;
		} else {
			int hi = hex_digit(s[1]), lo = hi < 0 ? -1 : hex_digit(s[2]);

			if (lo < 0 || hi * 16 + lo == 0)
				return -EINVAL;
			*w++ = (char)(hi * 16 + lo);
			s += 2;
		}
	}
	*w = '\0';
	return 0;
}

int query_parse(const char *raw, struct query *ret, struct ek_err *err)
{
	char *rest;

	*ret = (struct query){ .text = ek_str_dup(raw) };
	rest = ret->text;
	for (char *part; (part = strsep(&rest, "&"));) {
		struct query_param p = { part, "" };
		char *eq = strchr(part, '=');

		if (!*part)
			continue;
		if (ret->params.n == MAX_PARAMS)
			return ek_fail(err, EK_EBADREQUEST, "the query has more than %d parameters",
				       MAX_PARAMS);
		if (eq) {
			*eq = '\0';
			p.value = eq + 1;
		}
		if (url_decode(part, true) < 0 || (eq && url_decode(eq + 1, true) < 0))
			return ek_fail(err, EK_EBADREQUEST, "the query is not properly escaped");
		ek_vec_push(&ret->params, p);
	}
	return 0;
}

void query_done(struct query *q)
{
	free(q->text);
	ek_vec_done(&q->params);
	q->text = NULL;
}

const char *query_get(const struct query *q, const char *name)
{
	for (size_t i = 0; i < q->params.n; i++)
		if (ek_streq(q->params.items[i].name, name))
			return q->params.items[i].value;
	return NULL;
}

int query_int(const struct query *q, const char *name, int64_t dflt, int64_t *ret,
	      struct ek_err *err)
{
	const char *s = query_get(q, name);

	*ret = dflt;
	if (ek_str_empty(s))
		return 0;
	if (ek_str_to_int(s, INT64_MIN, INT64_MAX, ret) < 0)
		return ek_fail(err, EK_EBADREQUEST,
			       "strconv.ParseInt: parsing \"%.80s\": invalid syntax", s);
	return 0;
}

bool query_bool(const struct query *q, const char *name)
{
	const char *s = query_get(q, name);

	return s && !ek_streq(s, "0") && strcasecmp(s, "false") != 0;
}
