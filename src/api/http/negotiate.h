/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the client wants to read and what it sent: Accept and Content-Type (RFC 9110, 12.5.1), with
 * Kubernetes' parameters: "application/json;as=Table;v=v1;g=meta.k8s.io".
 */

#include <ekube/err.h>

enum media { MEDIA_JSON, MEDIA_YAML, MEDIA_PROTOBUF }; /* protobuf is read, never written */
enum media_as { AS_IS, AS_TABLE, AS_PARTIAL, AS_PARTIAL_LIST };

struct media_choice {
	enum media    media;
	enum media_as as;
	const char   *meta_version; /* of meta.k8s.io: "v1" or "v1beta1" */
};

/* The first acceptable alternative in the client's order of preference. EK_ENOTACCEPTABLE. */
int media_negotiate(const char *accept, struct media_choice *ret, struct ek_err *err);

/* The body's type: "" counts as JSON. EK_EUNSUPPORTED. */
int media_of_body(const char *content_type, enum media *ret, struct ek_err *err);

/* Is the type (without its parameters) this one? */
bool media_is(const char *content_type, const char *type);
