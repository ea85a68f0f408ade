/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What there is: /api, /apis and below, in the old form (one document a group version) and the
 * aggregated one (apidiscovery.k8s.io v2 and v2beta1: everything at once). Made from the kinds'
 * tables when asked, kept by the client (ETag), never by us.
 */

#include <ekube/crypto.h>
#include <ekube/str.h>
#include <stdlib.h>

#include "handlers.h"
#include "paths.h"

static bool same_group(const struct ek_kind *a, const struct ek_kind *b)
{
	return ek_streq(a->group, b->group);
}

static bool same_version(const struct ek_kind *a, const struct ek_kind *b)
{
	return same_group(a, b) && ek_streq(a->version, b->version);
}

/* Is ek_kinds[i] the first of its group (or group version)? */
static bool is_first(size_t i, bool (*same)(const struct ek_kind *a, const struct ek_kind *b))
{
	for (size_t k = 0; k < i; k++)
		if (same(ek_kinds[k], ek_kinds[i]))
			return false;
	return true;
}

static struct ek_json *verbs_json(uint32_t verbs)
{
	static const char *const names[] = { "create", "delete", "deletecollection", "get",
					     "list",   "patch",	 "update",	     "watch" };
	struct ek_json *a = ek_json_array();

	for (size_t i = 0; i < EK_ARRAY_LEN(names); i++)
		if (verbs & EK_BIT(i))
			ek_json_append(a, ek_json_new_str(names[i]));
	return a;
}

static struct ek_json *strings_json(const char *const *list)
{
	struct ek_json *a = list ? ek_json_array() : NULL;

	for (; list && *list; list++)
		ek_json_append(a, ek_json_new_str(*list));
	return a;
}

/* ---- the old form ---- */

static struct ek_json *resource_json(const struct ek_kind *k)
{
	EK_JSON struct ek_json *verbs = verbs_json(k->verbs);
	EK_JSON struct ek_json *shorts = strings_json(k->short_names);
	EK_JSON struct ek_json *categories = strings_json(k->categories);

	return ek_json_make(
		"{'name':%s,'singularName':%s,'namespaced':%b,'kind':%s,'verbs':%v,'shortNames':%v,"
		"'categories':%v}",
		k->plural, k->singular, k->namespaced, k->kind, verbs, shorts, categories);
}

static struct ek_json *subresource_json(const struct ek_kind *k, const struct ek_subresource *s)
{
	EK_JSON struct ek_json *verbs = verbs_json(s->verbs);
	EK_FREE char *name = ek_str_fmt("%s/%s", k->plural, s->name);

	return ek_json_make(
		"{'name':%s,'singularName':'','namespaced':%b,'group':%s,'version':%s,'kind':%s,'verbs':%v}",
		name, k->namespaced, ek_str_empty(s->group) ? NULL : s->group,
		ek_str_empty(s->group) ? NULL : s->version, s->kind ? s->kind : k->kind, verbs);
}

static struct ek_json *resource_list(const char *group, const char *version)
{
	EK_JSON struct ek_json *resources = ek_json_array();
	EK_FREE char *gv = *group ? ek_str_fmt("%s/%s", group, version) : ek_str_dup(version);

	for (const struct ek_kind *const *k = ek_kinds; *k; k++) {
		if (!ek_streq((*k)->group, group) || !ek_streq((*k)->version, version))
			continue;
		ek_json_append(resources, resource_json(*k));
		for (const struct ek_subresource *s = (*k)->subresources; s && s->name; s++)
			ek_json_append(resources, subresource_json(*k, s));
	}
	if (ek_json_len(resources) == 0)
		return NULL;
	return ek_json_make(
		"{'kind':'APIResourceList','apiVersion':'v1','groupVersion':%s,'resources':%v}", gv,
		resources);
}

static struct ek_json *group_json(const char *group)
{
	EK_JSON struct ek_json *versions = ek_json_array();

	for (size_t i = 0; ek_kinds[i]; i++) {
		EK_FREE char *gv = ek_str_fmt("%s/%s", ek_kinds[i]->group, ek_kinds[i]->version);

		if (ek_streq(ek_kinds[i]->group, group) && is_first(i, same_version))
			ek_json_append(versions, ek_json_make("{'groupVersion':%s,'version':%s}",
							      gv, ek_kinds[i]->version));
	}
	if (ek_json_len(versions) == 0)
		return NULL;
	return ek_json_make("{'name':%s,'versions':%v,'preferredVersion':%v}", group, versions,
			    ek_json_elem(versions, 0));
}

static struct ek_json *group_list(void)
{
	EK_JSON struct ek_json *groups = ek_json_array();

	for (size_t i = 0; ek_kinds[i]; i++)
		if (*ek_kinds[i]->group && is_first(i, same_group))
			ek_json_append(groups, group_json(ek_kinds[i]->group));
	return ek_json_make("{'kind':'APIGroupList','apiVersion':'v1','groups':%v}", groups);
}

static struct ek_json *core_versions(struct request *rq)
{
	const struct ek_api_options *o = front_options(rq->front);
	EK_FREE char *address =
		ek_str_fmt("%s:%d", o->advertise_address ? o->advertise_address : "127.0.0.1",
			   o->advertise_port);

	return ek_json_make(
		"{'kind':'APIVersions','versions':['v1'],"
		"'serverAddressByClientCIDRs':[{'clientCIDR':'0.0.0.0/0','serverAddress':%s}]}",
		address);
}

/* ---- the aggregated form ---- */

static struct ek_json *response_kind(const char *group, const char *version, const char *kind)
{
	return ek_json_make("{'group':%s,'version':%s,'kind':%s}", group, version, kind);
}

static struct ek_json *aggregated_subresources(const struct ek_kind *k)
{
	struct ek_json *a = k->subresources ? ek_json_array() : NULL;

	for (const struct ek_subresource *s = k->subresources; s && s->name; s++) {
		EK_JSON struct ek_json *verbs = verbs_json(s->verbs);
		EK_JSON struct ek_json *kind = response_kind(s->kind ? s->group : k->group,
							     s->kind ? s->version : k->version,
							     s->kind ? s->kind : k->kind);

		ek_json_append(a, ek_json_make("{'subresource':%s,'responseKind':%v,'verbs':%v}",
					       s->name, kind, verbs));
	}
	return a;
}

static struct ek_json *aggregated_resource(const struct ek_kind *k)
{
	EK_JSON struct ek_json *kind = response_kind(k->group, k->version, k->kind);
	EK_JSON struct ek_json *verbs = verbs_json(k->verbs);
	EK_JSON struct ek_json *shorts = strings_json(k->short_names);
	EK_JSON struct ek_json *categories = strings_json(k->categories);
	EK_JSON struct ek_json *subs = aggregated_subresources(k);

	return ek_json_make(
		"{'resource':%s,'responseKind':%v,'scope':%s,'singularResource':%s,'verbs':%v,"
		"'shortNames':%v,'categories':%v,'subresources':%v}",
		k->plural, kind, k->namespaced ? "Namespaced" : "Cluster", k->singular, verbs,
		shorts, categories, subs);
}

static struct ek_json *aggregated_version(const struct ek_kind *of)
{
	EK_JSON struct ek_json *resources = ek_json_array();

	for (const struct ek_kind *const *k = ek_kinds; *k; k++)
		if (same_version(*k, of))
			ek_json_append(resources, aggregated_resource(*k));
	return ek_json_make("{'version':%s,'resources':%v,'freshness':'Current'}", of->version,
			    resources);
}

static struct ek_json *aggregated_group(size_t first)
{
	EK_JSON struct ek_json *versions = ek_json_array();
	const struct ek_kind *of = ek_kinds[first];

	EK_ASSERT(of);
	for (size_t i = first; ek_kinds[i]; i++)
		if (same_group(ek_kinds[i], of) && is_first(i, same_version))
			ek_json_append(versions, aggregated_version(ek_kinds[i]));
	return ek_json_make("{'metadata':{'name':%s,'creationTimestamp':null},'versions':%v}",
			    *of->group ? of->group : NULL, versions);
}

static struct ek_json *aggregated(bool core, const char *version)
{
	EK_JSON struct ek_json *items = ek_json_array();
	EK_FREE char *api_version = ek_str_fmt("apidiscovery.k8s.io/%s", version);

	for (size_t i = 0; ek_kinds[i]; i++)
		if ((*ek_kinds[i]->group == '\0') == core && is_first(i, same_group))
			ek_json_append(items, aggregated_group(i));
	return ek_json_make(
		"{'kind':'APIGroupDiscoveryList','apiVersion':%s,'metadata':{},'items':%v}",
		api_version, items);
}

/* Which aggregated version does the client want before the plain form? NULL: none. */
static const char *wants_aggregated(const char *accept)
{
	static const char *const versions[] = { "v2", "v2beta1" };
	const char *best = NULL, *best_at = NULL;

	for (size_t i = 0; accept && i < EK_ARRAY_LEN(versions); i++) {
		EK_FREE char *want = ek_str_fmt(
			"application/json;g=apidiscovery.k8s.io;v=%s;as=APIGroupDiscoveryList",
			versions[i]);
		const char *at = strstr(accept, want);

		if (at && (!best_at || at < best_at)) {
			best = versions[i];
			best_at = at;
		}
	}
	return best;
}

/* ---- answering ---- */

static void reply_with_etag(struct request *rq, const char *type, struct ek_json *take_body)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(16 << 20);
	EK_JSON struct ek_json *body = take_body;
	const char *known = http_header(rq->http, "if-none-match");
	char etag[67] = "\"";
	uint8_t digest[32];

	(void)ek_json_write(body, &out);
	ek_sha256(out.data, out.len, digest);
	ek_hex(digest, sizeof(digest), etag + 1);
	etag[65] = '"';
	http_add_header(rq->http, "etag", etag);
	http_add_header(rq->http, "vary", "Accept");
	if (ek_streq(known, etag))
		http_reply(rq->http, 304, NULL, NULL);
	else
		http_reply(rq->http, 200, type, ek_bytes_new(out.data, out.len));
}

/* "/apis/apps/v1" has the parts "apps" and "v1". */
static void split_path(const char *path, char **ret_group, char **ret_version)
{
	EK_FREE char *copy = ek_str_dup(path);
	char *parts[4] = { NULL };
	size_t n = 0;

	for (char *rest = copy, *part; n < 4 && (part = strsep(&rest, "/"));)
		if (*part)
			parts[n++] = part;
	if (ek_streq(parts[0], "api")) {
		*ret_group = n > 1 ? ek_str_dup("") : NULL;
		*ret_version = ek_str_dup(parts[1]);
	} else {
		*ret_group = ek_str_dup(parts[1]);
		*ret_version = ek_str_dup(parts[2]);
	}
}

void handle_discovery(struct request *rq)
{
	bool core = strncmp(rq->http->path, "/apis", 5) != 0;
	const char *version = wants_aggregated(http_header(rq->http, "accept"));
	EK_FREE char *group = NULL, *group_version = NULL;
	struct ek_json *body;
	struct ek_err err;

	split_path(rq->http->path, &group, &group_version);
	if (!group && version) {
		EK_FREE char *type = ek_str_fmt(
			"application/json;g=apidiscovery.k8s.io;v=%s;as=APIGroupDiscoveryList",
			version);

		reply_with_etag(rq, type, aggregated(core, version));
		return;
	}
	if (!group)
		body = core ? core_versions(rq) : group_list();
	else if (group_version)
		body = resource_list(group, group_version);
	else
		body = group_json(group);
	if (body && group && !group_version) {
		ek_json_set_str(body, "kind", "APIGroup");
		ek_json_set_str(body, "apiVersion", "v1");
	}
	if (body) {
		reply_with_etag(rq, "application/json", body);
		return;
	}
	(void)ek_fail(&err, EK_ENOTFOUND, "the server could not find the requested resource");
	request_fail_err(rq, &err);
}
