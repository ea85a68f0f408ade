/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field limit_range_item_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.LimitType" },
	{ "max", EK_F_QUANTITY, EK_MAP, .pb = 2 },
	{ "min", EK_F_QUANTITY, EK_MAP, .pb = 3 },
	{ "default", EK_F_QUANTITY, EK_MAP, .pb = 4 },
	{ "defaultRequest", EK_F_QUANTITY, EK_MAP, .pb = 5 },
	{ "maxLimitRequestRatio", EK_F_QUANTITY, EK_MAP, .pb = 6 },
};
static EK_TYPE(limit_range_item_type, "io.k8s.api.core.v1.LimitRangeItem", NULL,
	       limit_range_item_rows);

static const struct ek_field limit_range_spec_rows[] = {
	{ "limits", EK_F_OBJ, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1, .of = &limit_range_item_type },
};
static EK_TYPE(limit_range_spec_type, "io.k8s.api.core.v1.LimitRangeSpec", NULL,
	       limit_range_spec_rows);

static const struct ek_field limit_range_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &limit_range_spec_type },
};
static EK_TYPE(limit_range_type, "io.k8s.api.core.v1.LimitRange", NULL, limit_range_rows);

const struct ek_kind ek_kind_limitrange = {
	.group = "", .version = "v1", .kind = "LimitRange",
	.plural = "limitranges", .singular = "limitrange",
	.short_names = (const char *const[]){ "limits", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &limit_range_type,
	.columns = ek_columns_created,
};
