/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field secret_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "immutable", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 5 },
	{ "data", EK_F_BYTES, EK_MAP, .pb = 2 },
	{ "stringData", EK_F_STR, EK_MAP, .pb = 4 },
	{ "type", EK_F_STR, .pb = 3, .go = "v1.SecretType", .dflt = "\"Opaque\"" },
};
static EK_TYPE(secret_type, "io.k8s.api.core.v1.Secret", NULL, secret_rows);

const struct ek_kind ek_kind_secret = {
	.group = "", .version = "v1", .kind = "Secret",
	.plural = "secrets", .singular = "secret",
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &secret_type,
	.fields = (const char *const[]){
		"type",
		NULL,
	},
};
