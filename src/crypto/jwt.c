/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include <ekube/str.h>

#include "impl.h"

enum { TOKEN_MAX = 16 * 1024, KID_MAX = 256, ES256_BYTES = 64 };

#define BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static const char *const alg_names[] = { [EK_JWT_ES256] = "ES256", [EK_JWT_RS256] = "RS256" };

/* ---- signatures: ES256 is r and s side by side (RFC 7518, 3.4), OpenSSL has them in DER ---- */

static bool der_to_raw(const uint8_t *der, size_t n, uint8_t raw[ES256_BYTES])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	bool ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32) == 32 &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32) == 32;

	ECDSA_SIG_free(sig);
	return ok;
}

/* Returns the length, der is for OPENSSL_free. */
static int raw_to_der(const uint8_t raw[ES256_BYTES], uint8_t **ret_der)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, 32, NULL), *s = BN_bin2bn(raw + 32, 32, NULL);
	int n;

	EK_ASSERT(sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1);
	n = i2d_ECDSA_SIG(sig, ret_der);
	ECDSA_SIG_free(sig);
	return n;
}

static int sign(const struct ek_key *k, enum ek_jwt_alg alg, const char *text, char **ret_sig)
{
	uint8_t out[2048], raw[ES256_BYTES]; /* RSA of 16384 bits at most */
	size_t n = sizeof(out);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	EK_ASSERT(ctx);
	ok = EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, k->pkey) == 1 &&
	     EVP_DigestSign(ctx, out, &n, (const uint8_t *)text, strlen(text)) == 1;
	EVP_MD_CTX_free(ctx);
	if (ok && alg == EK_JWT_ES256)
		ok = der_to_raw(out, n, raw);
	if (!ok)
		return EK_EINTERNAL;
	*ret_sig = alg == EK_JWT_ES256 ? ek_base64_encode(raw, sizeof(raw), true) :
					 ek_base64_encode(out, n, true);
	return 0;
}

static bool signature_fits(const struct ek_key *k, enum ek_jwt_alg alg, const char *text, size_t n,
			   const uint8_t *sig, size_t sig_n)
{
	uint8_t *der = NULL;
	EVP_MD_CTX *ctx;
	int der_n;
	bool ok;

	if (alg == EK_JWT_ES256) {
		if (sig_n != ES256_BYTES)
			return false;
		der_n = raw_to_der(sig, &der);
		if (der_n <= 0)
			return false;
		sig = der;
		sig_n = (size_t)der_n;
	}
	ctx = EVP_MD_CTX_new();
	EK_ASSERT(ctx);
	ok = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, k->pkey) == 1 &&
	     EVP_DigestVerify(ctx, sig, sig_n, (const uint8_t *)text, n) == 1;
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(der);
	ERR_clear_error();
	return ok;
}

/* ---- signing ---- */

/* Nothing that JSON would have to escape. */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e || *s == '"' || *s == '\\')
			return false;
	return true;
}

int ek_jwt_sign(const struct ek_key *k, const char *key_id, const char *claims_json,
		char **ret_token, struct ek_err *err)
{
	enum ek_jwt_alg alg = ek_key_jwt_alg(k);
	EK_FREE char *header = NULL;
	EK_FREE char *header64 = NULL;
	EK_FREE char *claims64 = NULL;
	EK_FREE char *text = NULL;
	EK_FREE char *sig = NULL;

	if (alg == EK_JWT_NONE || !k->has_private)
		return ek_fail(err, EK_EINVALID,
			       "tokens are signed with a private P-256 or RSA key");
	if (key_id && (strlen(key_id) > KID_MAX || !is_plain(key_id)))
		return ek_fail(err, EK_EINVALID, "not a key id");
	header = key_id ? ek_str_fmt("{\"alg\":\"%s\",\"kid\":\"%s\"}", alg_names[alg], key_id) :
			  ek_str_fmt("{\"alg\":\"%s\"}", alg_names[alg]);
	header64 = ek_base64_encode(header, strlen(header), true);
	claims64 = ek_base64_encode(claims_json, strlen(claims_json), true);
	text = ek_str_fmt("%s.%s", header64, claims64);
	if (sign(k, alg, text, &sig) < 0)
		return ek_fail_openssl(err, EK_EINTERNAL, "sign a token");
	if (strlen(text) + 1 + strlen(sig) > TOKEN_MAX)
		return ek_fail(err, EK_ETOOLARGE, "a token of more than %d bytes", TOKEN_MAX);
	*ret_token = ek_str_fmt("%s.%s", text, sig);
	return 0;
}

/* ---- the header: a flat object of strings; whatever is more is refused ---- */

struct cursor {
	const char *at, *end;
};

static bool take(struct cursor *c, char expected)
{
	while (c->at < c->end &&
	       (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
		c->at++;
	if (c->at == c->end || *c->at != expected)
		return false;
	c->at++;
	return true;
}

/* A string without escapes. Ours have none, and what is escaped could hide a name. */
static bool take_string(struct cursor *c, const char **ret, size_t *ret_n)
{
	if (!take(c, '"'))
		return false;
	*ret = c->at;
	while (c->at < c->end && *c->at != '"' && *c->at != '\\' && (unsigned char)*c->at >= 0x20)
		c->at++;
	*ret_n = (size_t)(c->at - *ret);
	return take(c, '"');
}

static enum ek_jwt_alg alg_of(const char *name, size_t n)
{
	for (size_t i = 1; i < EK_ARRAY_LEN(alg_names); i++)
		if (strlen(alg_names[i]) == n && memcmp(alg_names[i], name, n) == 0)
			return (enum ek_jwt_alg)i;
	return EK_JWT_NONE;
}

static bool name_is(const char *name, size_t n, const char *what)
{
	return strlen(what) == n && memcmp(name, what, n) == 0;
}

static int parse_header(const char *json, size_t n, enum ek_jwt_alg *ret_alg, struct ek_err *err)
{
	struct cursor c = { json, json + n };
	bool ok = take(&c, '{'), seen = false;
	const char *name, *value;
	size_t name_n, value_n;

	while (ok) {
		ok = take_string(&c, &name, &name_n) && take(&c, ':') &&
		     take_string(&c, &value, &value_n);
		if (!ok || name_is(name, name_n, "crit") || (seen && name_is(name, name_n, "alg")))
			return ek_fail(err, EK_EUNAUTHORIZED, "the token's header is malformed");
		if (name_is(name, name_n, "alg")) {
			seen = true;
			*ret_alg = alg_of(value, value_n);
		}
		if (!take(&c, ','))
			break;
	}
	if (!ok || !seen || !take(&c, '}') || take(&c, '\0') || c.at != c.end)
		return ek_fail(err, EK_EUNAUTHORIZED, "the token's header is malformed");
	if (*ret_alg == EK_JWT_NONE)
		return ek_fail(err, EK_EUNAUTHORIZED, "the token's algorithm is not accepted");
	return 0;
}

/* ---- verification ---- */

static int decode(const char *s, size_t n, char **ret, size_t *ret_n, struct ek_err *err)
{
	if (n == 0 || ek_base64_decode(s, n, true, ret, ret_n) < 0)
		return ek_fail(err, EK_EUNAUTHORIZED, "a part of the token is not base64url");
	return 0;
}

static int check_signature(const struct ek_key *const *keys, size_t n_keys, enum ek_jwt_alg alg,
			   const char *token, const char *end, const char *sig64,
			   struct ek_err *err)
{
	EK_FREE char *sig = NULL;
	size_t n = 0;
	int rc = decode(sig64, strlen(sig64), &sig, &n, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n_keys; i++)
		if (ek_key_jwt_alg(keys[i]) == alg &&
		    signature_fits(keys[i], alg, token, (size_t)(end - token), (uint8_t *)sig, n))
			return 0;
	return ek_fail(err, EK_EUNAUTHORIZED, "no known key has signed the token");
}

int ek_jwt_verify(const struct ek_key *const *keys, size_t n_keys, const char *token,
		  char **ret_claims_json, struct ek_err *err)
{
	EK_FREE char *header = NULL;
	EK_FREE char *claims = NULL;
	enum ek_jwt_alg alg = EK_JWT_NONE;
	const char *dot1, *dot2;
	size_t n;
	int rc;

	if (strnlen(token, TOKEN_MAX + 1) > TOKEN_MAX)
		return ek_fail(err, EK_EUNAUTHORIZED, "a token of more than %d bytes", TOKEN_MAX);
	if (token[strspn(token, BASE64URL ".")]) /* the decoder would skip line ends */
		return ek_fail(err, EK_EUNAUTHORIZED,
			       "a character that does not belong into a token");
	dot1 = strchr(token, '.');
	dot2 = dot1 ? strchr(dot1 + 1, '.') : NULL;
	if (!dot2 || strchr(dot2 + 1, '.'))
		return ek_fail(err, EK_EUNAUTHORIZED, "a token has three parts");
	rc = decode(token, (size_t)(dot1 - token), &header, &n, err);
	if (rc == 0)
		rc = parse_header(header, n, &alg, err);
	if (rc == 0)
		rc = check_signature(keys, n_keys, alg, token, dot2, dot2 + 1, err);
	if (rc == 0)
		rc = decode(dot1 + 1, (size_t)(dot2 - dot1 - 1), &claims, &n, err);
	if (rc < 0)
		return rc;
	if (memchr(claims, '\0', n))
		return ek_fail(err, EK_EUNAUTHORIZED, "the token's claims are not text");
	*ret_claims_json = ek_steal(claims);
	return 0;
}
