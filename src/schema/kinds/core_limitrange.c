/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field limit_range_item_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.LimitType",
	  .doc = "Pod, Container or PersistentVolumeClaim." },
	{ "max", EK_F_QUANTITY, EK_MAP, .pb = 2, .doc = "The most of each resource." },
	{ "min", EK_F_QUANTITY, EK_MAP, .pb = 3, .doc = "The least of each resource." },
	{ "default", EK_F_QUANTITY, EK_MAP, .pb = 4, .doc = "Limits of containers that have none." },
	{ "defaultRequest", EK_F_QUANTITY, EK_MAP, .pb = 5, .doc = "Requests of containers that have none." },
	{ "maxLimitRequestRatio", EK_F_QUANTITY, EK_MAP, .pb = 6,
	  .doc = "How much larger a limit may be than its request." },
};
static EK_TYPE(limit_range_item_type, "io.k8s.api.core.v1.LimitRangeItem", "Bounds and defaults of a type.",
	       limit_range_item_rows);

static const struct ek_field limit_range_spec_rows[] = {
	{ "limits", EK_F_OBJ, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1, .of = &limit_range_item_type,
	  .doc = "One a type." },
};
static EK_TYPE(limit_range_spec_type, "io.k8s.api.core.v1.LimitRangeSpec", "Bounds and defaults.",
	       limit_range_spec_rows);

static const struct ek_field limit_range_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &limit_range_spec_type, .doc = "What is wanted." },
};
static EK_TYPE(limit_range_type, "io.k8s.api.core.v1.LimitRange",
	       "Bounds and defaults for resources in a namespace.", limit_range_rows);

const struct ek_kind ek_kind_limitrange = {
	.group = "", .version = "v1", .kind = "LimitRange",
	.plural = "limitranges", .singular = "limitrange",
	.short_names = (const char *const[]){ "limits", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &limit_range_type,
	.columns = ek_columns_created,
};
