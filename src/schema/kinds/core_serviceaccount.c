/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field service_account_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "secrets", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 2,
	  .of = &ek_type_object_reference, .list_keys = "name", .merge_key = "name",
	  .doc = "Secrets that its pods may use." },
	{ "imagePullSecrets", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 3, .of = &ek_type_local_object_reference,
	  .doc = "Secrets with credentials for registries, given to its pods." },
	{ "automountServiceAccountToken", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 4,
	  .doc = "Whether its pods get a token." },
};
static EK_TYPE(service_account_type, "io.k8s.api.core.v1.ServiceAccount", "An identity for pods.",
	       service_account_rows);

static const struct ek_subresource serviceaccount_subresources[] = {
	{ "token", "authentication.k8s.io", "v1", "TokenRequest", .verbs = EK_V_CREATE, .type = &ek_type_authentication_token_request },
	{ 0 },
};

EK_CELL(cell_secrets)
{
	return ek_json_new_int((int64_t)ek_json_len(ek_json_get(obj, "secrets")));
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Secrets", .type = "string", .doc = "How many secrets it names.", .cell = cell_secrets },
	EK_COLUMN_AGE,
	{ 0 },
};

const struct ek_kind ek_kind_serviceaccount = {
	.group = "", .version = "v1", .kind = "ServiceAccount",
	.plural = "serviceaccounts", .singular = "serviceaccount",
	.short_names = (const char *const[]){ "sa", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = serviceaccount_subresources,
	.type = &service_account_type,
	.columns = columns,
};
