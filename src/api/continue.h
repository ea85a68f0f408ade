/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Continue tokens: opaque to clients, base64 of {"v":"meta.k8s.io/v1","rv":7,"start":"default/web","n":40}. */

#include <ekube/json.h>

struct ek_continue {
	char   *start;     /* key behind the list's prefix; the list goes on behind it */
	int64_t rev;       /* -1: whatever is newest */
	int64_t remaining; /* objects that were left, -1 when nobody knows */
};

enum { EK_CONTINUE_MAX_BYTES = 4096 };

char *ek_continue_encode(const struct ek_continue *c);
/* EK_EBADREQUEST with upstream's sentence. */
int   ek_continue_decode(const char *token, struct ek_continue *ret, struct ek_err *err);
