/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field scoped_resource_selector_requirement_rows[] = {
	{ "scopeName", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.ResourceQuotaScope" },
	{ "operator", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ScopeSelectorOperator" },
	{ "values", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3 },
};
static EK_TYPE(scoped_resource_selector_requirement_type,
	       "io.k8s.api.core.v1.ScopedResourceSelectorRequirement", NULL,
	       scoped_resource_selector_requirement_rows);

static const struct ek_field scope_selector_rows[] = {
	{ "matchExpressions", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1,
	  .of = &scoped_resource_selector_requirement_type },
};
static EK_TYPE(scope_selector_type, "io.k8s.api.core.v1.ScopeSelector", NULL,
	       scope_selector_rows, .flags = EK_ATOMIC);

static const struct ek_field resource_quota_spec_rows[] = {
	{ "hard", EK_F_QUANTITY, EK_MAP, .pb = 1 },
	{ "scopes", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2, .go = "v1.ResourceQuotaScope" },
	{ "scopeSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &scope_selector_type },
};
static EK_TYPE(resource_quota_spec_type, "io.k8s.api.core.v1.ResourceQuotaSpec", NULL,
	       resource_quota_spec_rows);

static const struct ek_field resource_quota_status_rows[] = {
	{ "hard", EK_F_QUANTITY, EK_MAP, .pb = 1 },
	{ "used", EK_F_QUANTITY, EK_MAP, .pb = 2 },
};
static EK_TYPE(resource_quota_status_type, "io.k8s.api.core.v1.ResourceQuotaStatus", NULL,
	       resource_quota_status_rows);

static const struct ek_field resource_quota_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &resource_quota_spec_type },
	{ "status", EK_F_OBJ, .pb = 3, .of = &resource_quota_status_type },
};
static EK_TYPE(resource_quota_type, "io.k8s.api.core.v1.ResourceQuota", NULL, resource_quota_rows);

static const struct ek_subresource resourcequota_subresources[] = {
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
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
};
