/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of this folder share. */

#include <openssl/evp.h>

#include <ekube/crypto.h>

enum { EK_PEM_MAX = 256 * 1024 };

struct ek_key {
	EVP_PKEY *pkey;
	bool      has_private;
};

/* The JWT algorithms, each for one kind of key: a token cannot choose another for it. */
enum ek_jwt_alg { EK_JWT_NONE, EK_JWT_ES256, EK_JWT_RS256 };
enum ek_jwt_alg ek_key_jwt_alg(const struct ek_key *k);

/* Fill err with OpenSSL's last reason, and empty its queue. */
int ek_fail_openssl(struct ek_err *err, int code, const char *what);
