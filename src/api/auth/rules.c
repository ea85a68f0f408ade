/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include <ekube/str.h>

#include <stdlib.h>

/* A rule is five lists; a list is its length in two bytes and its strings. */
struct ek_rules {
	size_t len;
	char   data[];
};

static const char *const lists[] = { "verbs", "apiGroups", "resources", "resourceNames",
				     "nonResourceURLs" };

enum { MAX_STRINGS = 0xffff, MAX_BYTES = EK_OBJECT_MAX_BYTES };

/* ---- packing ---- */

static void put_list(struct ek_buf *out, const struct ek_json *list)
{
	size_t n = EK_MIN(ek_json_len(list), (size_t)MAX_STRINGS);

	(void)ek_buf_char(out, (char)(n >> 8));
	(void)ek_buf_char(out, (char)(n & 0xff));
	for (size_t i = 0; i < n; i++) {
		const char *s = ek_json_str(ek_json_elem(list, i));

		(void)ek_buf_append(out, s ? s : "", (s ? strlen(s) : 0) + 1);
	}
}

struct ek_rules *ek_rules_new(const struct ek_json *rules)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(MAX_BYTES);
	struct ek_rules *r;

	for (struct ek_json_iter it = ek_json_iter(rules); ek_json_next(&it);)
		for (size_t i = 0; i < EK_ARRAY_LEN(lists); i++)
			put_list(&out, ek_json_get(it.value, lists[i]));
	/* half a list must never be read: what does not fit grants nothing */
	if (out.overflow)
		ek_buf_clear(&out);
	r = ek_malloc(sizeof(*r) + out.len);
	r->len = out.len;
	if (out.len > 0)
		memcpy(r->data, out.data, out.len);
	return r;
}

/* ---- reading ---- */

static const char *take_list(const char *p, struct ek_strings *ret)
{
	ret->n = (size_t)(unsigned char)p[0] << 8 | (unsigned char)p[1];
	ret->first = p + 2;
	p += 2;
	for (size_t i = 0; i < ret->n; i++)
		p += strlen(p) + 1;
	return p;
}

bool ek_rules_next(const struct ek_rules *r, size_t *pos, struct ek_rule *ret)
{
	const char *p;

	if (!r || *pos >= r->len)
		return false;
	p = take_list(r->data + *pos, &ret->verbs);
	p = take_list(p, &ret->groups);
	p = take_list(p, &ret->resources);
	p = take_list(p, &ret->names);
	p = take_list(p, &ret->urls);
	*pos = (size_t)(p - r->data);
	return true;
}

const char *ek_strings_next(const struct ek_strings *s, const char *at)
{
	const char *p = s->first;

	if (!at)
		return s->n > 0 ? p : NULL;
	for (size_t i = 0; i < s->n; i++, p += strlen(p) + 1)
		if (p == at)
			return i + 1 < s->n ? p + strlen(p) + 1 : NULL;
	return NULL;
}

bool ek_strings_has(const struct ek_strings *s, const char *what)
{
	const char *p = s->first;

	for (size_t i = 0; i < s->n; i++, p += strlen(p) + 1)
		if (strcmp(p, what) == 0)
			return true;
	return false;
}

struct ek_json *ek_strings_json(const struct ek_strings *s)
{
	struct ek_json *list;
	const char *p = s->first;

	if (s->n == 0)
		return NULL;
	list = ek_json_array();
	for (size_t i = 0; i < s->n; i++, p += strlen(p) + 1)
		ek_json_append(list, ek_json_new_str(p));
	return list;
}

struct ek_json *ek_rule_json(const struct ek_rule *rule)
{
	struct ek_json *o = ek_json_object();

	ek_json_set(o, lists[0], ek_strings_json(&rule->verbs));
	ek_json_set(o, lists[1], ek_strings_json(&rule->groups));
	ek_json_set(o, lists[2], ek_strings_json(&rule->resources));
	ek_json_set(o, lists[3], ek_strings_json(&rule->names));
	ek_json_set(o, lists[4], ek_strings_json(&rule->urls));
	return o;
}

/* ---- matching (k8s.io/kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go) ---- */

static bool has_or_all(const struct ek_strings *s, const char *what)
{
	return ek_strings_has(s, "*") || ek_strings_has(s, what ? what : "");
}

static bool allows_resource(const struct ek_rule *rule, const struct ek_authz_attrs *a)
{
	if (ek_strings_has(&rule->resources, "*"))
		return true;
	if (ek_str_empty(a->subresource))
		return ek_strings_has(&rule->resources, a->resource);
	return ek_strings_has(&rule->resources, EK_F("%s/%s", a->resource, a->subresource)) ||
	       ek_strings_has(&rule->resources, EK_F("*/%s", a->subresource));
}

static bool allows_path(const struct ek_strings *urls, const char *path)
{
	const char *p = urls->first;

	for (size_t i = 0; i < urls->n; i++, p += strlen(p) + 1) {
		size_t n = strlen(p);

		if (strcmp(p, path) == 0 ||
		    (n > 0 && p[n - 1] == '*' && strncmp(p, path, n - 1) == 0))
			return true;
	}
	return false;
}

bool ek_rule_allows(const struct ek_rule *rule, const struct ek_authz_attrs *a)
{
	if (!has_or_all(&rule->verbs, a->verb))
		return false;
	if (a->path)
		return allows_path(&rule->urls, a->path);
	return has_or_all(&rule->groups, a->group) && allows_resource(rule, a) &&
	       (rule->names.n == 0 || ek_strings_has(&rule->names, a->name ? a->name : ""));
}
