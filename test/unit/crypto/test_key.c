/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/crypto.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <ekube/str.h>
#include <ek_test.h>

/* A public key of the given numbers. */
static char *rsa_public(unsigned modulus_bits, const char *exponent_hex)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_new(), *e = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params;
	char *data, *text;
	long len;

	BN_rand(n, (int)modulus_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
	BN_hex2bn(&e, exponent_hex);
	OSSL_PARAM_BLD_push_BN(build, "n", n);
	OSSL_PARAM_BLD_push_BN(build, "e", e);
	params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_fromdata_init(ctx);
	ck_assert_int_eq(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params), 1);
	PEM_write_bio_PUBKEY(bio, pkey);
	len = BIO_get_mem_data(bio, &data);
	text = ek_str_ndup(data, (size_t)len);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	BN_free(e);
	return text;
}

static char *pem_of(EVP_PKEY *take_pkey, bool traditional, const char *passphrase)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text;
	long n;

	ck_assert_ptr_nonnull(take_pkey);
	if (traditional)
		PEM_write_bio_PrivateKey_traditional(bio, take_pkey, NULL, NULL, 0, NULL, NULL);
	else
		PEM_write_bio_PKCS8PrivateKey(bio, take_pkey, passphrase ? EVP_aes_256_cbc() : NULL,
					      NULL, 0, NULL, (void *)(uintptr_t)passphrase);
	n = BIO_get_mem_data(bio, &data);
	text = ek_str_ndup(data, (size_t)n);
	BIO_free(bio);
	EVP_PKEY_free(take_pkey);
	return text;
}

START_TEST(a_new_key_goes_to_text_and_back)
{
	struct ek_key *k = ek_key_new(), *back = NULL, *public = NULL;
	char *pem = ek_key_to_pem(k);
	EK_FREE char *public_pem = ek_key_public_pem(k);
	EK_FREE char *again = NULL;
	EK_FREE char *id = ek_key_id(k);
	EK_FREE char *id2 = NULL;

	ck_assert(ek_str_starts(pem, "-----BEGIN PRIVATE KEY-----\n"));
	ck_assert(ek_str_starts(public_pem, "-----BEGIN PUBLIC KEY-----\n"));
	ck_assert_int_eq(ek_key_from_pem(pem, &back, NULL), 0);
	again = ek_key_to_pem(back);
	ck_assert_str_eq(pem, again);
	ck_assert_int_eq(ek_key_from_pem(public_pem, &public, NULL), 0);
	id2 = ek_key_id(public);
	ck_assert_str_eq(id, id2);
	ek_secret_freep(&pem);
	ek_key_free(k);
	ek_key_free(back);
	ek_key_free(public);
	ek_key_free(NULL);
}
END_TEST

START_TEST(keys_differ)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *a = ek_key_new(), *b = NULL;
	EK_FREE char *id_a = ek_key_id(a);
	EK_FREE char *id_b = NULL;

	b = ek_key_new();
	id_b = ek_key_id(b);
	ck_assert_str_ne(id_a, id_b);
	ck_assert_uint_eq(strlen(id_a), 43);
}
END_TEST

/* The P-256 key of RFC 7515, appendix A.3. */
static const char rfc_key[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
	"6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
	"-----END PUBLIC KEY-----\n";

START_TEST(a_known_key_has_its_known_web_form)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *k = NULL;
	EK_FREE char *jwk = NULL;
	EK_FREE char *pem = NULL;

	ck_assert_int_eq(ek_key_from_pem(rfc_key, &k, NULL), 0);
	jwk = ek_key_jwk(k);
	ck_assert_str_eq(
		jwk,
		"{\"use\":\"sig\",\"kty\":\"EC\",\"kid\":\"K9G7DESol8MKeqCZHN442AYv5EHeUNoPRoJTRPYC6Cc\",\"crv\":\"P-256\","
		"\"alg\":\"ES256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}");
	pem = ek_key_public_pem(k);
	ck_assert_str_eq(pem, rfc_key);
}
END_TEST

START_TEST(brought_keys_of_other_kinds)
{
	struct {
		char *pem;
		bool has_jwk;
	} rows[] = {
		{ pem_of(EVP_RSA_gen(2048), false, NULL), true },
		{ pem_of(EVP_RSA_gen(2048), true, NULL), true },
		{ pem_of(EVP_EC_gen("P-256"), true, NULL), true },
		{ pem_of(EVP_EC_gen("P-384"), false, NULL), false },
		{ pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), false, NULL), false },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
		EK_CLEANUP(ek_key_freep) struct ek_key *k = NULL;
		EK_FREE char *jwk = NULL;
		struct ek_err err = { 0 };

		ck_assert_msg(ek_key_from_pem(rows[i].pem, &k, &err) == 0, "%zu: %s", i, err.msg);
		jwk = ek_key_jwk(k);
		ck_assert_int_eq(jwk != NULL, rows[i].has_jwk);
		if (i < 2) {
			ck_assert_ptr_nonnull(strstr(jwk, "\"alg\":\"RS256\",\"n\":\""));
			ck_assert_ptr_nonnull(strstr(jwk, "\",\"e\":\"AQAB\"}"));
		}
		free(rows[i].pem);
	}
}
END_TEST

START_TEST(refuses_weak_locked_and_broken_keys)
{
	struct {
		char *pem;
		const char *words;
	} rows[] = {
		{ pem_of(EVP_RSA_gen(1024), false, NULL), "RSA key of 1024 bits" },
		{ rsa_public(2048, "01"), "unusual exponent" },
		{ rsa_public(2048, "010000"), "unusual exponent" },
		{ rsa_public(2048, "010000000000000001"), "unusual exponent" },
		{ pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), false, NULL),
		  "unsupported kind" },
		{ pem_of(EVP_EC_gen("P-256"), false, "secret"), "not a key in PEM form" },
		{ ek_str_dup(""), "not a key in PEM form" },
		{ ek_str_dup("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"), "not a key in PEM form" },
		{ ek_str_dup("-----BEGIN PRIVATE KEY-----\n"), "not a key in PEM form" },
		{ ek_str_dup("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
		  "not a key" },
		{ ek_calloc(1, 300 * 1024), "more than" },
	};

	memset(rows[EK_ARRAY_LEN(rows) - 1].pem, 'x', 300 * 1024 - 1);
	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
		struct ek_key *k = NULL;
		struct ek_err err = { 0 };

		ck_assert_int_eq(ek_key_from_pem(rows[i].pem, &k, &err), EK_EINVALID);
		ck_assert_msg(strstr(err.msg, rows[i].words) != NULL, "%zu: %s", i, err.msg);
		ck_assert_ptr_null(k);
		ck_assert_int_eq(ek_key_from_pem(rows[i].pem, &k, NULL), EK_EINVALID);
		free(rows[i].pem);
	}
}
END_TEST

EK_TESTS("crypto/key", a_new_key_goes_to_text_and_back, keys_differ,
	 a_known_key_has_its_known_web_form, brought_keys_of_other_kinds,
	 refuses_weak_locked_and_broken_keys)
