/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field bound_object_reference_rows[] = {
	{ "kind", EK_F_STR, .pb = 1, .doc = "Pod, Secret or Node." },
	{ "apiVersion", EK_F_STR, .pb = 2, .doc = "API version of the object." },
	{ "name", EK_F_STR, .pb = 3, .doc = "Name of the object." },
	{ "uid", EK_F_STR, .pb = 4, .go = "types.UID", .doc = "UID of the object." },
};
static EK_TYPE(bound_object_reference_type, "io.k8s.api.authentication.v1.BoundObjectReference",
	       "An object that a token is bound to.", bound_object_reference_rows);

static const struct ek_field token_request_spec_rows[] = {
	{ "audiences", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1, .doc = "Whom it is for." },
	{ "expirationSeconds", EK_F_INT64, EK_ONE, EK_KEEP | EK_OPTIONAL | EK_POINTER, .pb = 4,
	  .dflt = "3600", .doc = "How long it lives; at least 600." },
	{ "boundObjectRef", EK_F_OBJ, EK_ONE, EK_KEEP | EK_OPTIONAL | EK_POINTER, .pb = 3,
	  .of = &bound_object_reference_type, .doc = "Object with whose life it ends." },
};
static EK_TYPE(token_request_spec_type, "io.k8s.api.authentication.v1.TokenRequestSpec", "Which token.",
	       token_request_spec_rows);

static const struct ek_field token_request_status_rows[] = {
	{ "token", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "The token itself." },
	{ "expirationTimestamp", EK_F_TIME, EK_ONE, EK_KEEP, .pb = 2, .doc = "When it expires." },
};
static EK_TYPE(token_request_status_type, "io.k8s.api.authentication.v1.TokenRequestStatus", "The token.",
	       token_request_status_rows);

static const struct ek_field token_request_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &token_request_spec_type,
	  .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &token_request_status_type, .doc = "What there is now." },
};
EK_TYPE(ek_type_authentication_token_request, "io.k8s.api.authentication.v1.TokenRequest",
	"Asks for a token of a service account.", token_request_rows);
