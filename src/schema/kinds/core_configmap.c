/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "immutable", EK_F_BOOL, .flags = EK_POINTER, .pb = 4,
	  .doc = "When true, data cannot be changed, only metadata." },
	{ "data", EK_F_STR, EK_MAP, .pb = 2, .doc = "Text by key; keys are letters, digits, '-', '_' and '.'." },
	{ "binaryData", EK_F_BYTES, EK_MAP, .pb = 3, .doc = "Bytes by key, for what is not UTF-8." },
};
static EK_TYPE(type, "io.k8s.api.core.v1.ConfigMap", "Configuration data for pods to consume.", rows);

static struct ek_json *cell_data(const struct ek_json *obj, int64_t now_us)
{
	(void)now_us;
	return ek_json_new_int((int64_t)(ek_json_len(ek_json_get(obj, "data")) +
					 ek_json_len(ek_json_get(obj, "binaryData"))));
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Data", .type = "string", .doc = "How many keys.", .cell = cell_data },
	EK_COLUMN_AGE,
	{ 0 },
};

const struct ek_kind ek_kind_configmap = {
	.group = "", .version = "v1", .kind = "ConfigMap",
	.plural = "configmaps", .singular = "configmap",
	.short_names = (const char *const[]){ "cm", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &type,
	.columns = columns,
};
