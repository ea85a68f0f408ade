/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field priority_class_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "value", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 2, .doc = "The priority; higher goes first." },
	{ "globalDefault", EK_F_BOOL, .pb = 3, .doc = "Whether pods without a class get it." },
	{ "description", EK_F_STR, .pb = 4, .doc = "What it is for." },
	{ "preemptionPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 5, .go = "v1.PreemptionPolicy",
	  .dflt = "\"PreemptLowerPriority\"", .one_of = EK_ONE_OF("PreemptLowerPriority", "Never"),
	  .doc = "PreemptLowerPriority or Never: whether its pods may displace others." },
};
static EK_TYPE(priority_class_type, "io.k8s.api.scheduling.v1.PriorityClass", "A priority by name.",
	       priority_class_rows);

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Value", .type = "integer", .doc = "The priority it gives.", .path = "value" },
	{ .name = "Global-Default", .type = "boolean", .doc = "Whether pods without a class get it.",
	  .path = "globalDefault" },
	EK_COLUMN_AGE,
	{ .name = "PreemptionPolicy", .type = "string", .doc = "Whether its pods may displace others.",
	  .path = "preemptionPolicy" },
	{ 0 },
};

const struct ek_kind ek_kind_priorityclass = {
	.group = "scheduling.k8s.io", .version = "v1", .kind = "PriorityClass",
	.plural = "priorityclasses", .singular = "priorityclass",
	.short_names = (const char *const[]){ "pc", NULL },
	.verbs = EK_V_ALL,
	.type = &priority_class_type,
	.columns = columns,
};
