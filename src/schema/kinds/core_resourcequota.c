/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field scoped_resource_selector_requirement_rows[] = {
	{ "scopeName", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.ResourceQuotaScope",
	  .doc = "The scope." },
	{ "operator", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ScopeSelectorOperator",
	  .doc = "In, NotIn, Exists or DoesNotExist." },
	{ "values", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3, .doc = "Values for In and NotIn." },
};
static EK_TYPE(scoped_resource_selector_requirement_type,
	       "io.k8s.api.core.v1.ScopedResourceSelectorRequirement", "A condition on a scope.",
	       scoped_resource_selector_requirement_rows);

static const struct ek_field scope_selector_rows[] = {
	{ "matchExpressions", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1,
	  .of = &scoped_resource_selector_requirement_type, .doc = "The conditions." },
};
static EK_TYPE(scope_selector_type, "io.k8s.api.core.v1.ScopeSelector",
	       "Conditions on scopes that must all hold.", scope_selector_rows, .flags = EK_ATOMIC);

static const struct ek_field resource_quota_spec_rows[] = {
	{ "hard", EK_F_QUANTITY, EK_MAP, .pb = 1, .doc = "The most of each resource, and of objects." },
	{ "scopes", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2, .go = "v1.ResourceQuotaScope",
	  .doc = "Which objects count." },
	{ "scopeSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &scope_selector_type,
	  .doc = "Which objects count, in more detail." },
};
static EK_TYPE(resource_quota_spec_type, "io.k8s.api.core.v1.ResourceQuotaSpec", "How much may be used.",
	       resource_quota_spec_rows);

static const struct ek_field resource_quota_status_rows[] = {
	{ "hard", EK_F_QUANTITY, EK_MAP, .pb = 1, .doc = "The most, as enforced." },
	{ "used", EK_F_QUANTITY, EK_MAP, .pb = 2, .doc = "What is used now." },
};
static EK_TYPE(resource_quota_status_type, "io.k8s.api.core.v1.ResourceQuotaStatus", "How much is used.",
	       resource_quota_status_rows);

static const struct ek_field resource_quota_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &resource_quota_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &resource_quota_status_type, .doc = "What there is now." },
};
static EK_TYPE(resource_quota_type, "io.k8s.api.core.v1.ResourceQuota", "How much a namespace may use.",
	       resource_quota_rows);

static const struct ek_subresource resourcequota_subresources[] = {
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

static int by_key(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "cpu: 1/2, pods: 0/10", by name; those of limits apart. */
static struct ek_json *usage(const struct ek_json *quota, bool limits)
{
	const struct ek_json *hard = ek_json_at(quota, "status.hard"), *used = ek_json_at(quota, "status.used");
	EK_FREE const char **keys = ek_calloc(ek_json_len(hard) + 1, sizeof(*keys));
	EK_BUF struct ek_buf text = EK_CELL_TEXT;
	size_t n = 0;

	for (struct ek_json_iter it = ek_json_iter(hard); ek_json_next(&it);)
		if (ek_str_starts(it.key, "limits.") == limits)
			keys[n++] = it.key;
	qsort(keys, n, sizeof(*keys), by_key);
	for (size_t i = 0; i < n; i++) {
		const char *u = ek_json_str(ek_json_get(used, keys[i])), *h = ek_json_str(ek_json_get(hard, keys[i]));

		ek_cell_add(&text, ", ", keys[i]);
		(void)ek_buf_fmt(&text, ": %s/%s", u ? u : "0", h ? h : "0");
	}
	return ek_cell_text(&text, "");
}

EK_CELL(cell_request)
{
	return usage(obj, false);
}

EK_CELL(cell_limit)
{
	return usage(obj, true);
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	EK_COLUMN_AGE,
	{ .name = "Request", .type = "string", .doc = "Used and allowed, of all but limits.", .cell = cell_request },
	{ .name = "Limit", .type = "string", .doc = "Used and allowed, of limits.", .cell = cell_limit },
	{ 0 },
};

const struct ek_kind ek_kind_resourcequota = {
	.group = "", .version = "v1", .kind = "ResourceQuota",
	.plural = "resourcequotas", .singular = "resourcequota",
	.short_names = (const char *const[]){ "quota", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = resourcequota_subresources,
	.type = &resource_quota_type,
	.columns = columns,
};
