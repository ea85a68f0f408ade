/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ekube/str.h>

#include "impl.h"

enum { RSA_MIN_BITS = 2048, RSA_MAX_BITS = 16384, RSA_EXPONENT_MAX_BITS = 64 };

int ek_fail_openssl(struct ek_err *err, int code, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return ek_fail(err, code, "%s: %s", what, reason ? reason : "OpenSSL does not say why");
}

static struct ek_key *wrap(EVP_PKEY *take_pkey, bool has_private)
{
	struct ek_key *k = ek_new(struct ek_key);

	k->pkey = take_pkey;
	k->has_private = has_private;
	return k;
}

struct ek_key *ek_key_new(void)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");

	EK_ASSERT(pkey); /* only a machine without entropy fails here */
	return wrap(pkey, true);
}

void ek_key_free(struct ek_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

void ek_key_freep(struct ek_key **k)
{
	ek_key_free(*k);
}

/* ---- PEM ---- */

/* There is nobody to ask: keys with a passphrase are refused. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

/* The usual one has 17 bits; a long one makes every verification slow. */
static bool exponent_is_sane(EVP_PKEY *pkey)
{
	BIGNUM *e = NULL;
	bool sane;

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return false;
	sane = BN_is_odd(e) && !BN_is_one(e) && BN_num_bits(e) <= RSA_EXPONENT_MAX_BITS;
	BN_free(e);
	return sane;
}

static int check_kind(EVP_PKEY *pkey, struct ek_err *err)
{
	int bits = EVP_PKEY_get_bits(pkey);

	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_EC:
	case EVP_PKEY_ED25519:
		return 0;
	case EVP_PKEY_RSA:
		if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS)
			return ek_fail(err, EK_EINVALID,
				       "an RSA key of %d bits; it must have %d to %d", bits,
				       RSA_MIN_BITS, RSA_MAX_BITS);
		return exponent_is_sane(pkey) ?
			       0 :
			       ek_fail(err, EK_EINVALID, "an RSA key with an unusual exponent");
	default:
		return ek_fail(err, EK_EINVALID,
			       "a key of an unsupported kind; use EC, RSA or Ed25519");
	}
}

int ek_key_from_pem(const char *pem, struct ek_key **ret, struct ek_err *err)
{
	size_t n = strnlen(pem, EK_PEM_MAX + 1);
	bool has_private = true;
	EVP_PKEY *pkey;
	BIO *bio;

	if (n > EK_PEM_MAX)
		return ek_fail(err, EK_EINVALID, "a key of more than %d bytes", EK_PEM_MAX);
	bio = BIO_new_mem_buf(pem, (int)n);
	EK_ASSERT(bio);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	if (!pkey && !strstr(pem, "PRIVATE KEY-----")) {
		has_private = false;
		ERR_clear_error();
		(void)BIO_reset(bio);
		pkey = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
	}
	BIO_free(bio);
	if (!pkey)
		return ek_fail_openssl(err, EK_EINVALID, "not a key in PEM form");
	if (check_kind(pkey, err) < 0) {
		EVP_PKEY_free(pkey);
		return EK_EINVALID;
	}
	ERR_clear_error();
	*ret = wrap(pkey, has_private);
	return 0;
}

static char *take_text(BIO *take_bio)
{
	char *data, *text;
	long n = BIO_get_mem_data(take_bio, &data);

	text = ek_str_ndup(data, (size_t)n);
	BIO_free(take_bio); /* overwrites its memory */
	return text;
}

char *ek_key_to_pem(const struct ek_key *k)
{
	BIO *bio = BIO_new(BIO_s_mem());

	EK_ASSERT(bio && k->has_private &&
		  PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL) == 1);
	return take_text(bio);
}

char *ek_key_public_pem(const struct ek_key *k)
{
	BIO *bio = BIO_new(BIO_s_mem());

	EK_ASSERT(bio && PEM_write_bio_PUBKEY(bio, k->pkey) == 1);
	return take_text(bio);
}

/* ---- for tokens ---- */

enum ek_jwt_alg ek_key_jwt_alg(const struct ek_key *k)
{
	char curve[32] = "";

	switch (EVP_PKEY_get_base_id(k->pkey)) {
	case EVP_PKEY_RSA:
		return EK_JWT_RS256;
	case EVP_PKEY_EC:
		(void)EVP_PKEY_get_group_name(k->pkey, curve, sizeof(curve), NULL);
		return ek_streq(curve, "prime256v1") ? EK_JWT_ES256 : EK_JWT_NONE;
	default:
		return EK_JWT_NONE;
	}
}

char *ek_key_id(const struct ek_key *k)
{
	unsigned char *der = NULL;
	uint8_t sum[32];
	int n = i2d_PUBKEY(k->pkey, &der);

	EK_ASSERT(n > 0);
	ek_sha256(der, (size_t)n, sum);
	OPENSSL_free(der);
	return ek_base64_encode(sum, sizeof(sum), true);
}

/* One big number of the key in base64url; size 0: as short as it goes. */
static char *number(const struct ek_key *k, const char *name, int size)
{
	uint8_t bytes[RSA_MAX_BITS / 8];
	BIGNUM *bn = NULL;
	bool fits;

	EK_ASSERT(EVP_PKEY_get_bn_param(k->pkey, name, &bn) == 1);
	if (size == 0)
		size = BN_num_bytes(bn);
	fits = size <= (int)sizeof(bytes) && BN_bn2binpad(bn, bytes, size) == size;
	BN_free(bn);
	EK_ASSERT(fits); /* check_kind() saw to it */
	return ek_base64_encode(bytes, (size_t)size, true);
}

char *ek_key_jwk(const struct ek_key *k)
{
	enum ek_jwt_alg alg = ek_key_jwt_alg(k);
	EK_FREE char *id = ek_key_id(k);

	if (alg == EK_JWT_ES256) {
		EK_FREE char *x = number(k, OSSL_PKEY_PARAM_EC_PUB_X, 32);
		EK_FREE char *y = number(k, OSSL_PKEY_PARAM_EC_PUB_Y, 32);

		return ek_str_fmt(
			"{\"use\":\"sig\",\"kty\":\"EC\",\"kid\":\"%s\",\"crv\":\"P-256\","
			"\"alg\":\"ES256\",\"x\":\"%s\",\"y\":\"%s\"}",
			id, x, y);
	}
	if (alg == EK_JWT_RS256) {
		EK_FREE char *n = number(k, OSSL_PKEY_PARAM_RSA_N, 0);
		EK_FREE char *e = number(k, OSSL_PKEY_PARAM_RSA_E, 0);

		return ek_str_fmt(
			"{\"use\":\"sig\",\"kty\":\"RSA\",\"kid\":\"%s\",\"alg\":\"RS256\","
			"\"n\":\"%s\",\"e\":\"%s\"}",
			id, n, e);
	}
	return NULL;
}
