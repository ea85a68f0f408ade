/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Digests, keys, certificates and tokens: the few operations a cluster's trust is made of.
 * The only folder that knows OpenSSL, but for the API server's TLS set-up.
 * All keys are ECDSA P-256; keys of other kinds (RSA, Ed25519) are accepted where people bring them.
 */

#include <ekube/err.h>

/* ---- digest ---- */
struct ek_sha256 {
	void *ctx; /* private */
};
void ek_sha256_init(struct ek_sha256 *h);
void ek_sha256_add(struct ek_sha256 *h, const void *data, size_t n);
void ek_sha256_hex(struct ek_sha256 *h, char out[65]); /* ends it and frees ctx */
void ek_sha256(const void *data, size_t n, uint8_t out[32]);

/* ---- keys and certificates, in PEM ---- */
struct ek_key; /* a private or public key */
struct ek_key *ek_key_new(void);
int            ek_key_from_pem(const char *pem, struct ek_key **ret, struct ek_err *err);
char          *ek_key_to_pem(const struct ek_key *k);        /* private, PKCS#8; free with ek_secret_freep */
char          *ek_key_public_pem(const struct ek_key *k);
void           ek_key_free(struct ek_key *k);
void           ek_key_freep(struct ek_key **k);

struct ek_cert_spec {
	const char        *common_name;
	const char *const *organizations; /* NULL-terminated or NULL */
	const char *const *sans;          /* DNS names and addresses, told apart by their form */
	bool               is_ca, for_server, for_client;
	/* 0: from an hour before the clock (never before 1970), one year (CA: ten) */
	int64_t            not_before_us, not_after_us;
};
/* Sign spec for subject_key (public part is enough) by ca; ca_pem NULL makes it self-signed with ca_key. */
int ek_cert_sign(const struct ek_cert_spec *spec, const struct ek_key *subject_key,
		 const char *ca_pem, const struct ek_key *ca_key, char **ret_pem, struct ek_err *err);

struct ek_cert_info {
	char   *common_name;
	char  **organizations; /* NULL-terminated */
	char  **sans;          /* NULL-terminated, as text */
	int64_t not_before_us, not_after_us;
	bool    is_ca;
	char    sha256[65];    /* of the DER form */
};
int  ek_cert_parse(const char *pem, struct ek_cert_info *ret, struct ek_err *err);
void ek_cert_info_done(struct ek_cert_info *info);
/* Does the key belong to the certificate? */
bool ek_cert_matches(const char *pem, const struct ek_key *k);
/* Did ca sign it (names and signature)? Says nothing about time. */
bool ek_cert_issued_by(const char *pem, const char *ca_pem);

/* ---- JSON web tokens: ES256 and RS256 over given JSON text (RFC 7519, RFC 7515) ---- */
int ek_jwt_sign(const struct ek_key *k, const char *key_id, const char *claims_json, char **ret_token,
		struct ek_err *err);
/* Checks form (at most 16 KiB), algorithm against the key, signature. Claims are the caller's to judge. */
int ek_jwt_verify(const struct ek_key *const *keys, size_t n_keys, const char *token,
		  char **ret_claims_json, struct ek_err *err);
/* The "kid" that Kubernetes gives a public key: base64url(sha256(DER of SubjectPublicKeyInfo)). */
char *ek_key_id(const struct ek_key *k);
/* The public key as a JSON web key (for /openid/v1/jwks), malloc'd JSON text. */
char *ek_key_jwk(const struct ek_key *k);
