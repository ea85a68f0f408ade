/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A URL's query, decoded: "a=1&b=x%20y". At most 256 parameters; the first of a name counts. */

#include <ekube/err.h>
#include <ekube/vec.h>

struct query_param {
	const char *name, *value; /* inside `text` */
};

struct query {
	char *text;
	EK_VEC(struct query_param) params;
};

int  query_parse(const char *raw, struct query *ret, struct ek_err *err);
void query_done(struct query *q);

const char *query_get(const struct query *q, const char *name); /* NULL when absent */
/* Absent or empty gives dflt. EK_EBADREQUEST names the parameter. */
int query_int(const struct query *q, const char *name, int64_t dflt, int64_t *ret, struct ek_err *err);
/* As apimachinery converts query values: absent, "false" and "0" are false, everything else ("" too) is true. */
bool query_bool(const struct query *q, const char *name);

/* Percent-decoding in place ('+' only in queries). -EINVAL for bad escapes and embedded NULs. */
int url_decode(char *s, bool plus_is_space);
