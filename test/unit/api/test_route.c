/* SPDX-License-Identifier: Apache-2.0 */
#include "http/route.h"

#include <ekube/str.h>
#include <ek_test.h>

/* "verb group/version resource ns/name subresource rest", what is absent as "-"; a path's verb alone. */
static const struct {
	const char *method, *target, *expect;
} resolved[] = {
	{ "GET", "/healthz", "get" },
	{ "HEAD", "/healthz", "head" },
	{ "POST", "/apis", "post" },
	{ "GET", "/api", "get" },
	{ "GET", "/api/v1", "get" },
	{ "GET", "/apis/apps", "get" },
	{ "GET", "/apis/apps/v1", "get" },
	{ "GET", "/", "get" },
	{ "GET", "/api/v1/pods", "list /v1 pods -/- - -" },
	{ "GET", "/api/v1/pods/", "list /v1 pods -/- - -" },
	{ "GET", "//api//v1/pods", "list /v1 pods -/- - -" },
	{ "GET", "/api/v1/pods?watch=1", "watch /v1 pods -/- - -" },
	{ "GET", "/api/v1/pods?watch", "watch /v1 pods -/- - -" },
	{ "GET", "/api/v1/pods?watch=false", "list /v1 pods -/- - -" },
	{ "GET", "/api/v1/pods?watch=0", "list /v1 pods -/- - -" },
	{ "GET", "/api/v1/watch/pods", "watch /v1 pods -/- - -" },
	{ "GET", "/api/v1/watch/namespaces/d/pods", "watch /v1 pods d/- - -" },
	{ "GET", "/api/v1/namespaces/d/pods", "list /v1 pods d/- - -" },
	{ "GET", "/api/v1/namespaces/d/pods/p", "get /v1 pods d/p - -" },
	{ "HEAD", "/api/v1/namespaces/d/pods/p", "get /v1 pods d/p - -" },
	{ "GET", "/api/v1/namespaces/d/pods/p?watch=1", "get /v1 pods d/p - -" },
	{ "GET", "/api/v1/namespaces/d/pods/p/log", "get /v1 pods d/p log -" },
	{ "POST", "/api/v1/namespaces/d/pods/p/exec", "create /v1 pods d/p exec -" },
	{ "PUT", "/api/v1/namespaces/d/pods/p/status", "update /v1 pods d/p status -" },
	{ "PATCH", "/api/v1/namespaces/d/pods/p", "patch /v1 pods d/p - -" },
	{ "DELETE", "/api/v1/namespaces/d/pods/p", "delete /v1 pods d/p - -" },
	{ "DELETE", "/api/v1/namespaces/d/pods", "deletecollection /v1 pods d/- - -" },
	{ "POST", "/api/v1/namespaces/d/pods", "create /v1 pods d/- - -" },
	{ "FOO", "/api/v1/namespaces/d/pods", " /v1 pods d/- - -" },
	{ "GET", "/api/v1/namespaces", "list /v1 namespaces -/- - -" },
	{ "GET", "/api/v1/namespaces/d", "get /v1 namespaces d/d - -" },
	{ "PUT", "/api/v1/namespaces/d/finalize", "update /v1 namespaces d/d finalize -" },
	{ "PUT", "/api/v1/namespaces/d/status", "update /v1 namespaces d/d status -" },
	{ "GET", "/api/v1/nodes/n", "get /v1 nodes -/n - -" },
	{ "GET", "/apis/apps/v1/deployments", "list apps/v1 deployments -/- - -" },
	{ "GET", "/apis/apps/v1/namespaces/d/deployments/x/scale", "get apps/v1 deployments d/x scale -" },
	{ "GET", "/api/v1/namespaces/d/pods/p/log/a/b", "get /v1 pods d/p log a" },
	{ "GET", "/api/v1/namespaces/d/pods/p/proxy", "get /v1 pods d/p proxy -" },
	{ "GET", "/api/v1/namespaces/d/pods/p/proxy/", "get /v1 pods d/p proxy " },
	{ "GET", "/api/v1/namespaces/d/pods/p/proxy/a/b", "get /v1 pods d/p proxy a/b" },
	{ "GET", "/api/v1/namespaces/d/pods/p/proxy//a//b/", "get /v1 pods d/p proxy /a//b/" },
	{ "OPTIONS", "/api/v1/namespaces/d/services/https:s:x/proxy/%61%2F..", " /v1 services d/https:s:x proxy a/.." },
	{ "PUT", "/api/v1/namespaces/d/pods/p/proxy/1/2/3/4/5/6/7/8/9/10/11/12", "update /v1 pods d/p proxy 1/2/3/4/5/6/7/8/9/10/11/12" },
	{ "PATCH", "/api/v1/namespaces/d/pods/proxy/proxy", "patch /v1 pods d/proxy proxy -" },
	{ "GET", "/api/v1/namespaces/%64/pods/a%2Fb", "get /v1 pods d/a/b - -" },
};

static char *describe(const struct route *r)
{
	if (!r->is_resource)
		return ek_str_dup(r->verb);
	return ek_str_fmt("%s %s/%s %s %s/%s %s %s", r->verb, r->group, r->version, r->resource,
			  r->ns ? r->ns : "-", r->name ? r->name : "-",
			  r->subresource ? r->subresource : "-", r->rest ? r->rest : "-");
}

static int parse(const char *method, const char *target, struct route *r, struct ek_err *err)
{
	EK_FREE char *path = ek_str_dup(target);
	char *query = strchr(path, '?');
	struct query q;
	int rc;

	if (query)
		*query++ = '\0';
	ck_assert_int_eq(query_parse(query ? query : "", &q, err), 0);
	rc = route_parse(method, path, &q, r, err);
	query_done(&q);
	return rc;
}

START_TEST(resolves)
{
	EK_FREE char *have = NULL;
	struct ek_err err;
	struct route r;

	ck_assert_int_eq(parse(resolved[_i].method, resolved[_i].target, &r, &err), 0);
	have = describe(&r);
	ck_assert_str_eq(have, resolved[_i].expect);
	route_done(&r);
}
END_TEST

static const char *const bad_paths[] = { "/api/%", "/api/%0", "/api/%zz", "/api/v1/pods/%00", "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g",
					 "/api/v1/namespaces/d/pods/p/proxy/%zz", "/api/v1/namespaces/d/pods/p/proxy/a%00" };

START_TEST(refuses)
{
	struct route r;
	struct ek_err err;

	ck_assert_int_eq(parse("GET", bad_paths[_i], &r, &err), EK_EBADREQUEST);
}
END_TEST

static const struct {
	const char *method, *target;
	bool        allowed;
} offers[] = {
	{ "GET", "/api/v1/pods", true },
	{ "GET", "/api/v1/namespaces/d/pods/p/log", true },
	{ "POST", "/api/v1/namespaces/d/pods/p/log", false },
	{ "POST", "/api/v1/namespaces/d/pods/p/exec", true },
	{ "GET", "/api/v1/namespaces/d/pods/p/exec", true },
	{ "DELETE", "/api/v1/namespaces/d/pods/p/exec", false },
	{ "POST", "/api/v1/namespaces/d/pods/p/nothing", false },
	{ "FOO", "/api/v1/pods", false },
	{ "DELETE", "/api/v1/namespaces", false },
	{ "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", true },
	{ "GET", "/apis/authorization.k8s.io/v1/subjectaccessreviews", false },
};

START_TEST(knows_what_is_offered)
{
	struct ek_err err;
	struct route r;

	ck_assert_int_eq(parse(offers[_i].method, offers[_i].target, &r, &err), 0);
	ck_assert_ptr_nonnull(r.kind);
	ck_assert_int_eq(route_allowed(&r), offers[_i].allowed);
	route_done(&r);
}
END_TEST

START_TEST(knows_no_other_kinds)
{
	struct ek_err err;
	struct route r;

	ck_assert_int_eq(parse("GET", "/apis/apps/v1/namespaces/d/dragons/x", &r, &err), 0);
	ck_assert(r.is_resource && !r.kind);
	route_done(&r);
	ck_assert_int_eq(parse("GET", "/api/v1/namespaces/d/pods/x/dragons", &r, &err), 0);
	ck_assert(r.kind && !r.sub);
	route_done(&r);
}
END_TEST

EK_TESTS("api/route", EK_ROWS(resolves, resolved), EK_ROWS(refuses, bad_paths), EK_ROWS(knows_what_is_offered, offers),
	 knows_no_other_kinds)
