/* SPDX-License-Identifier: Apache-2.0 */
#include "api/http/route.h"

#include <ekube/str.h>

#include <stdlib.h>

/* "METHOD target": any text is refused or resolved, and what was resolved lies inside its own text. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_route(const struct route *r)
{
	EK_ASSERT(r->verb);
	if (!r->is_resource)
		return;
	EK_ASSERT(r->group && r->version && r->resource);
	EK_ASSERT(!r->subresource || r->name);
	EK_ASSERT(!r->rest || r->subresource);
	EK_ASSERT(!r->sub || r->kind);
	if (r->kind)
		(void)route_allowed(r);
}

static void check_query(const struct query *q)
{
	struct ek_err err;
	int64_t n;

	for (size_t i = 0; i < q->params.n; i++) {
		EK_ASSERT(q->params.items[i].value && query_get(q, q->params.items[i].name));
		(void)query_bool(q, q->params.items[i].name);
		if (query_int(q, q->params.items[i].name, 0, &n, &err) < 0)
			EK_ASSERT(err.code == EK_EBADREQUEST);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_FREE char *text = ek_str_ndup((const char *)data, size);
	char *path = strchr(text, ' '), *raw;
	struct ek_err err;
	struct query q;
	struct route r;

	if (path)
		*path++ = '\0';
	else
		path = text;
	raw = strchr(path, '?');
	if (raw)
		*raw++ = '\0';
	if (query_parse(raw ? raw : "", &q, &err) == 0) {
		check_query(&q);
		if (route_parse(text, path, &q, &r, &err) == 0) {
			check_route(&r);
			route_done(&r);
		} else {
			EK_ASSERT(err.code == EK_EBADREQUEST);
		}
	}
	query_done(&q);
	return 0;
}
