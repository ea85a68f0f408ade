/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field secret_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "immutable", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 5,
	  .doc = "When true, data cannot be changed, only metadata." },
	{ "data", EK_F_BYTES, EK_MAP, .pb = 2, .doc = "Bytes by key." },
	{ "stringData", EK_F_STR, EK_MAP, .pb = 4, .doc = "Text by key, for writing: becomes data." },
	{ "type", EK_F_STR, .pb = 3, .go = "v1.SecretType", .dflt = "\"Opaque\"",
	  .doc = "What it is for: Opaque, kubernetes.io/tls and so on." },
};
static EK_TYPE(secret_type, "io.k8s.api.core.v1.Secret", "Data that not everybody may read.", secret_rows);

EK_CELL(cell_data)
{
	return ek_json_new_int((int64_t)ek_json_len(ek_json_get(obj, "data")));
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Type", .type = "string", .doc = "What kind of secret.", .path = "type" },
	{ .name = "Data", .type = "string", .doc = "How many keys.", .cell = cell_data },
	EK_COLUMN_AGE,
	{ 0 },
};

const struct ek_kind ek_kind_secret = {
	.group = "", .version = "v1", .kind = "Secret",
	.plural = "secrets", .singular = "secret",
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &secret_type,
	.columns = columns,
	.fields = (const char *const[]){
		"type",
		NULL,
	},
};
