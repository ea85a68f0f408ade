/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field bound_object_reference_rows[] = {
	{ "kind", EK_F_STR, .pb = 1 },
	{ "apiVersion", EK_F_STR, .pb = 2 },
	{ "name", EK_F_STR, .pb = 3 },
	{ "uid", EK_F_STR, .pb = 4, .go = "types.UID" },
};
static EK_TYPE(bound_object_reference_type, "io.k8s.api.authentication.v1.BoundObjectReference",
	       NULL, bound_object_reference_rows);

static const struct ek_field token_request_spec_rows[] = {
	{ "audiences", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1 },
	{ "expirationSeconds", EK_F_INT64, EK_ONE, EK_KEEP | EK_OPTIONAL | EK_POINTER, .pb = 4,
	  .dflt = "3600" },
	{ "boundObjectRef", EK_F_OBJ, EK_ONE, EK_KEEP | EK_OPTIONAL | EK_POINTER, .pb = 3,
	  .of = &bound_object_reference_type },
};
static EK_TYPE(token_request_spec_type, "io.k8s.api.authentication.v1.TokenRequestSpec", NULL,
	       token_request_spec_rows);

static const struct ek_field token_request_status_rows[] = {
	{ "token", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
	{ "expirationTimestamp", EK_F_TIME, EK_ONE, EK_KEEP, .pb = 2 },
};
static EK_TYPE(token_request_status_type, "io.k8s.api.authentication.v1.TokenRequestStatus", NULL,
	       token_request_status_rows);

static const struct ek_field token_request_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &token_request_spec_type },
	{ "status", EK_F_OBJ, .pb = 3, .of = &token_request_status_type },
};
EK_TYPE(ek_type_authentication_token_request, "io.k8s.api.authentication.v1.TokenRequest", NULL,
	token_request_rows);
