/* SPDX-License-Identifier: Apache-2.0 */
#include "route.h"

#include <ekube/str.h>
#include <stdlib.h>

enum { MAX_PARTS = 16 };

struct parts {
	char  *at[MAX_PARTS];
	size_t n, i;
};

static char *take(struct parts *p)
{
	return p->i < p->n ? p->at[p->i++] : NULL;
}

static size_t left(const struct parts *p)
{
	return p->n - p->i;
}

static const char *path_verb(const char *method)
{
	static const char *const verbs[][2] = {
		{ "GET", "get" },	  { "HEAD", "head" },	{ "POST", "post" },
		{ "PUT", "put" },	  { "PATCH", "patch" }, { "DELETE", "delete" },
		{ "OPTIONS", "options" },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(verbs); i++)
		if (ek_streq(verbs[i][0], method))
			return verbs[i][1];
	return "";
}

static const char *resource_verb(const char *method)
{
	static const char *const verbs[][2] = {
		{ "GET", "get" },    { "HEAD", "get" },	   { "POST", "create" },
		{ "PUT", "update" }, { "PATCH", "patch" }, { "DELETE", "delete" },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(verbs); i++)
		if (ek_streq(verbs[i][0], method))
			return verbs[i][1];
	return "";
}

/* "/api/v1/..." or "/apis/<group>/<version>/...", with something behind. */
static bool take_group(struct route *r, struct parts *p)
{
	char *root = take(p);

	if (ek_streq(root, "api") && left(p) >= 2) {
		r->group = "";
		r->version = take(p);
		return true;
	}
	if (ek_streq(root, "apis") && left(p) >= 3) {
		r->group = take(p);
		r->version = take(p);
		return true;
	}
	return false;
}

static void take_resource(struct route *r, struct parts *p)
{
	if (ek_streq(p->at[p->i], "namespaces")) {
		/* the namespace itself, its status or finalize; or something inside it */
		if (left(p) >= 3 && !(left(p) == 3 && (ek_streq(p->at[p->i + 2], "status") ||
						       ek_streq(p->at[p->i + 2], "finalize")))) {
			(void)take(p);
			r->ns = take(p);
		} else if (left(p) >= 2) {
			r->ns = p->at[p->i + 1];
		}
	}
	r->resource = take(p);
	r->name = take(p);
	r->subresource = take(p);
	r->rest = take(p);
}

/* "/api/v1/namespaces/{ns}/{plural}/{name}/proxy": what follows is a path of somebody else. */
static bool is_proxy(const struct parts *p)
{
	return p->n == 7 && ek_streq(p->at[0], "api") && ek_streq(p->at[2], "namespaces") &&
	       ek_streq(p->at[6], "proxy");
}

static const struct ek_subresource *find_sub(const struct ek_kind *k, const char *name)
{
	for (const struct ek_subresource *s = k ? k->subresources : NULL; s && s->name; s++)
		if (ek_streq(s->name, name))
			return s;
	return NULL;
}

static void choose_verb(struct route *r, const char *method, const struct query *q, bool watch_path)
{
	r->verb = resource_verb(method);
	if (watch_path)
		r->verb = "watch";
	else if (ek_streq(r->verb, "get") && !r->name)
		r->verb = query_bool(q, "watch") ? "watch" : "list";
	else if (ek_streq(r->verb, "delete") && !r->name)
		r->verb = "deletecollection";
}

/* The path's parts, decoded. *rest moves behind what was taken. */
static int take_apart(struct parts *p, char **rest)
{
	for (char *part; !is_proxy(p) && (part = strsep(rest, "/"));) {
		if (!*part)
			continue;
		if (p->n == MAX_PARTS - 1 || url_decode(part, false) < 0)
			return EK_EBADREQUEST;
		p->at[p->n++] = part;
	}
	return *rest && url_decode(*rest, false) < 0 ? EK_EBADREQUEST : 0;
}

int route_parse(const char *method, const char *path, const struct query *q, struct route *ret,
		struct ek_err *err)
{
	struct parts p = { .n = 0 };
	struct route r = { .text = ek_str_dup(path) };
	bool watch_path = false;
	char *rest = r.text;

	if (take_apart(&p, &rest) < 0) {
		route_done(&r);
		return ek_fail(err, EK_EBADREQUEST, "the path is not properly escaped or too deep");
	}
	*ret = r;
	ret->is_resource = take_group(ret, &p);
	if (!ret->is_resource) {
		ret->verb = path_verb(method);
		return 0;
	}
	if (left(&p) > 1 && ek_streq(p.at[p.i], "watch")) {
		watch_path = true;
		(void)take(&p);
	}
	take_resource(ret, &p);
	if (rest)
		ret->rest = rest;
	ret->kind = ek_kind_by_plural(ret->group, ret->version, ret->resource);
	if (ret->subresource)
		ret->sub = find_sub(ret->kind, ret->subresource);
	choose_verb(ret, method, q, watch_path);
	return 0;
}

void route_done(struct route *r)
{
	free(r->text);
	*r = (struct route){ 0 };
}

bool route_is_proxy(const struct route *r)
{
	return r->sub && r->ns && ek_streq(r->sub->name, "proxy");
}

bool route_allowed(const struct route *r)
{
	static const struct {
		const char *verb;
		uint32_t bit;
	} verbs[] = {
		{ "create", EK_V_CREATE },
		{ "delete", EK_V_DELETE },
		{ "deletecollection", EK_V_DELETECOLLECTION },
		{ "get", EK_V_GET },
		{ "list", EK_V_LIST },
		{ "patch", EK_V_PATCH },
		{ "update", EK_V_UPDATE },
		{ "watch", EK_V_WATCH },
	};
	uint32_t offered = r->subresource ? (r->sub ? r->sub->verbs : 0) : r->kind->verbs;

	for (size_t i = 0; i < EK_ARRAY_LEN(verbs); i++)
		if (ek_streq(verbs[i].verb, r->verb))
			return (offered & verbs[i].bit) != 0;
	return false;
}
