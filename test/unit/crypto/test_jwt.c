/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/crypto.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <ekube/str.h>
#include <ek_test.h>

static const char claims[] = "{\"iss\":\"https://kubernetes.default.svc\",\"sub\":\"system:serviceaccount:a:b\"}";

/* RFC 7515, appendix A.3. */
static const char rfc_key[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
	"6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
	"-----END PUBLIC KEY-----\n";
static const char rfc_token[] =
	"eyJhbGciOiJFUzI1NiJ9."
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

static struct ek_key *key_of(EVP_PKEY *take_pkey)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct ek_key *k = NULL;
	char *data;

	PEM_write_bio_PKCS8PrivateKey(bio, take_pkey, NULL, NULL, 0, NULL, NULL);
	BIO_write(bio, "", 1);
	BIO_get_mem_data(bio, &data);
	ck_assert_int_eq(ek_key_from_pem(data, &k, NULL), 0);
	BIO_free(bio);
	EVP_PKEY_free(take_pkey);
	return k;
}

static int verify(const struct ek_key *k, const char *token, char **ret, struct ek_err *err)
{
	return ek_jwt_verify(&k, 1, token, ret, err);
}

static char *signed_by(const struct ek_key *k)
{
	struct ek_err err = { 0 };
	char *token = NULL;

	ck_assert_msg(ek_jwt_sign(k, "the-kid_1", claims, &token, &err) == 0, "%s", err.msg);
	return token;
}

START_TEST(the_example_of_the_standard)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *k = NULL;
	EK_FREE char *text = NULL;

	ck_assert_int_eq(ek_key_from_pem(rfc_key, &k, NULL), 0);
	ck_assert_int_eq(verify(k, rfc_token, &text, NULL), 0);
	ck_assert_str_eq(
		text,
		"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
}
END_TEST

START_TEST(signs_and_verifies)
{
	struct ek_key *keys[] = { ek_key_new(), key_of(EVP_RSA_gen(2048)), ek_key_new(),
				  key_of(EVP_RSA_gen(3072)) };

	for (size_t i = 0; i < EK_ARRAY_LEN(keys); i++) {
		EK_FREE char *token = signed_by(keys[i]);
		EK_FREE char *text = NULL;
		EK_FREE char *header = NULL;
		size_t n;

		ck_assert_int_eq(ek_jwt_verify((const struct ek_key *const *)keys, 4, token, &text,
					       NULL),
				 0);
		ck_assert_str_eq(text, claims);
		ck_assert_int_eq(ek_base64_decode(token, strcspn(token, "."), true, &header, &n),
				 0);
		ck_assert_str_eq(header, i % 2 ? "{\"alg\":\"RS256\",\"kid\":\"the-kid_1\"}" :
						 "{\"alg\":\"ES256\",\"kid\":\"the-kid_1\"}");
		for (size_t other = 0; other < EK_ARRAY_LEN(keys); other++) {
			char *none = NULL;

			if (other != i)
				ck_assert_int_eq(verify(keys[other], token, &none, NULL),
						 EK_EUNAUTHORIZED);
			ck_assert_ptr_null(none);
		}
		ck_assert_int_eq(ek_jwt_verify(NULL, 0, token, &text, NULL), EK_EUNAUTHORIZED);
	}
	for (size_t i = 0; i < EK_ARRAY_LEN(keys); i++)
		ek_key_free(keys[i]);
}
END_TEST

/* r and s are now and then shorter than 32 bytes and must be padded: about one in a hundred. */
START_TEST(short_numbers_in_signatures)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *k = ek_key_new();

	for (int i = 0; i < 600; i++) {
		EK_FREE char *token = signed_by(k);
		EK_FREE char *text = NULL;

		ck_assert_int_eq(verify(k, token, &text, NULL), 0);
	}
}
END_TEST

START_TEST(no_byte_may_change)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *k = ek_key_new();
	EK_FREE char *token = signed_by(k);
	size_t n = strlen(token);

	for (size_t i = 0; i < n; i++) {
		EK_FREE char *bad = ek_str_dup(token);
		char *text = NULL;

		bad[i] = bad[i] == 'A' ? 'Q' : 'A';
		/* the last character of a part carries bits that nobody reads */
		if (i == n - 1 && verify(k, bad, &text, NULL) == 0) {
			free(text);
			continue;
		}
		ck_assert_int_eq(verify(k, bad, &text, NULL), EK_EUNAUTHORIZED);
		bad[i] = '\0';
		ck_assert_int_eq(verify(k, bad, &text, NULL), EK_EUNAUTHORIZED);
		ck_assert_ptr_null(text);
	}
}
END_TEST

/* A token with this header and a signature made as an attacker would make it. */
static char *forged(const char *header, const char *secret, const struct ek_key *k)
{
	EK_FREE char *h = ek_base64_encode(header, strlen(header), true);
	EK_FREE char *c = ek_base64_encode(claims, strlen(claims), true);
	EK_FREE char *text = ek_str_fmt("%s.%s", h, c);
	EK_FREE char *sig = NULL;

	if (secret) { /* HS256 with the public key as the secret */
		uint8_t mac[EVP_MAX_MD_SIZE];
		unsigned n = sizeof(mac);

		HMAC(EVP_sha256(), secret, (int)strlen(secret), (uint8_t *)text, strlen(text), mac,
		     &n);
		sig = ek_base64_encode(mac, n, true);
	} else {
		EK_FREE char *token = signed_by(k);

		sig = ek_str_dup(strrchr(token, '.') + 1);
	}
	return ek_str_fmt("%s.%s", text, sig);
}

static const struct {
	const char *header;
	bool hmac;
	const char *words;
} headers[] = {
	{ "{\"alg\":\"none\"}", false, "algorithm" },
	{ "{\"alg\":\"None\"}", false, "algorithm" },
	{ "{\"alg\":\"\"}", false, "algorithm" },
	{ "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", true, "algorithm" },
	{ "{\"alg\":\"RS256\"}", true, "no known key" },
	{ "{\"alg\":\"ES256\"}", true, "no known key" },
	{ "{\"alg\":\"ES384\"}", false, "algorithm" },
	{ "{\"alg\":\"es256\"}", false, "algorithm" },
	{ "{\"alg\":\"ES256 \"}", false, "algorithm" },
	{ "{}", false, "malformed" },
	{ "", false, "base64url" },
	{ " ", false, "malformed" },
	{ "[]", false, "malformed" },
	{ "null", false, "malformed" },
	{ "{\"alg\":\"ES256\"", false, "malformed" },
	{ "{\"alg\":\"ES256\"}}", false, "malformed" },
	{ "{\"alg\":\"ES256\"} x", false, "malformed" },
	{ "{\"alg\":\"ES256\",}", false, "malformed" },
	{ "{\"alg\":ES256}", false, "malformed" },
	{ "{\"alg\":256}", false, "malformed" },
	{ "{\"alg\":null}", false, "malformed" },
	{ "{\"alg\":[\"ES256\"]}", false, "malformed" },
	{ "{\"alg\" \"ES256\"}", false, "malformed" },
	{ "{alg:\"ES256\"}", false, "malformed" },
	{ "{\"alg\":\"none\",\"alg\":\"ES256\"}", false, "malformed" },
	{ "{\"alg\":\"ES256\",\"alg\":\"none\"}", false, "malformed" },
	{ "{\"Alg\":\"ES256\"}", false, "malformed" },
	{ "{\"\\u0061lg\":\"ES256\"}", false, "malformed" },
	{ "{\"alg\":\"ES256\",\"crit\":\"exp\"}", false, "malformed" },
	{ "{\"alg\":\"ES256\",\"crit\":[\"exp\"]}", false, "malformed" },
	{ "{\"alg\":\"ES256\",\"b64\":false}", false, "malformed" },
	{ "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\"}}", false, "malformed" },
	{ "{\"alg\":\"ES256\",\"kid", false, "malformed" },
	{ "{\"alg\":\"ES256\",\"kid\":", false, "malformed" },
	{ "{\"alg\":\"ES256\",\"kid\":\"x", false, "malformed" },
	{ "{\"alg\":\"ES256\",\"kid\":\"a\nb\"}", false, "malformed" },
	{ " { \"typ\" : \"JWT\" ,\n\"alg\"\t: \"ES256\" , \"kid\":\"\" } ", false, "no known key" }, /* well formed */
};

START_TEST(forged_headers)
{
	struct ek_key *keys[] = { ek_key_new(), key_of(EVP_RSA_gen(2048)) };
	struct ek_err err = { 0 };

	for (size_t i = 0; i < EK_ARRAY_LEN(keys); i++) {
		EK_FREE char *public = ek_key_public_pem(keys[i]);
		EK_FREE char *token =
			forged(headers[_i].header, headers[_i].hmac ? public : NULL, keys[i]);
		char *text = NULL;

		ck_assert_int_eq(ek_jwt_verify((const struct ek_key *const *)keys, 2, token, &text,
					       &err),
				 EK_EUNAUTHORIZED);
		ck_assert_msg(strstr(err.msg, headers[_i].words) != NULL, "%s", err.msg);
		ck_assert_ptr_null(text);
		ek_key_free(keys[i]);
		keys[i] = ek_key_new();
	}
	ek_key_free(keys[0]);
	ek_key_free(keys[1]);
}
END_TEST

/* An ES256 signature of r = s = 0 verified everywhere once (CVE-2022-21449). */
static const char *const signatures[] = {
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	"AAAA", "A", "", "====", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	"__________________________________________________________________________________8",
};

START_TEST(forged_signatures)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *k = ek_key_new();
	EK_FREE char *token = signed_by(k);
	EK_FREE char *bad = NULL;
	char *text = NULL;

	bad = ek_str_fmt("%.*s.%s", (int)(strrchr(token, '.') - token), token, signatures[_i]);
	ck_assert_int_eq(verify(k, bad, &text, NULL), EK_EUNAUTHORIZED);
	ck_assert_ptr_null(text);
}
END_TEST

static const char *const shapes[] = {
	"", ".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d", "eyJhbGciOiJFUzI1NiJ9..", ".e30.", "é.é.é",
	"eyJhbGciOiJFUzI1NiJ9 .e30.AAAA", "eyJhbGciOiJFUzI1NiJ9.e30=.AAAA", "eyJhbGciOiJFUzI1NiJ9\n.e30.AAAA",
	"eyJhbGciOiJFUzI1NiJ9.e30.AA+A", "Bearer eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
};

START_TEST(misshapen_tokens)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *k = ek_key_new();
	struct ek_err err = { 0 };
	char *text = NULL;

	ck_assert_int_eq(verify(k, shapes[_i], &text, &err), EK_EUNAUTHORIZED);
	ck_assert_str_ne(err.msg, "");
}
END_TEST

START_TEST(size_limits)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *k = ek_key_new();
	char *big = ek_calloc(1, 20000), *token = NULL;
	EK_FREE char *text = NULL;
	struct ek_err err = { 0 };

	memset(big, ' ', 12000);
	ck_assert_int_eq(ek_jwt_sign(k, NULL, big, &token, &err), 0);
	ck_assert_int_eq(verify(k, token, &text, NULL), 0);
	ck_assert_str_eq(text, big);
	free(token);
	token = NULL;
	memset(big, ' ', 12300);
	ck_assert_int_eq(ek_jwt_sign(k, NULL, big, &token, &err), EK_ETOOLARGE);
	ck_assert_ptr_null(token);
	memset(big, 'A', 16385);
	ck_assert_int_eq(verify(k, big, &token, &err), EK_EUNAUTHORIZED);
	ck_assert_ptr_nonnull(strstr(err.msg, "16384"));
	free(big);
}
END_TEST

/* Claims of three NULs, rightly signed. */
START_TEST(claims_that_are_no_text)
{
	static const char text[] = "eyJhbGciOiJSUzI1NiJ9.AAAA";
	EVP_PKEY *pkey = EVP_RSA_gen(2048);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EK_CLEANUP(ek_key_freep) struct ek_key *k = NULL;
	EK_FREE char *sig64 = NULL;
	EK_FREE char *token = NULL;
	uint8_t sig[256];
	size_t n = sizeof(sig);
	struct ek_err err = { 0 };
	char *got = NULL;

	ck_assert_int_eq(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey), 1);
	ck_assert_int_eq(EVP_DigestSign(ctx, sig, &n, (const uint8_t *)text, strlen(text)), 1);
	EVP_MD_CTX_free(ctx);
	k = key_of(pkey);
	sig64 = ek_base64_encode(sig, n, true);
	token = ek_str_fmt("%s.%s", text, sig64);
	ck_assert_int_eq(verify(k, token, &got, &err), EK_EUNAUTHORIZED);
	ck_assert_str_eq(err.msg, "the token's claims are not text");
	ck_assert_ptr_null(got);
}
END_TEST

START_TEST(who_cannot_sign)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *public = NULL;
	EK_CLEANUP(ek_key_freep) struct ek_key *p384 = key_of(EVP_EC_gen("P-384"));
	EK_CLEANUP(ek_key_freep)
	struct ek_key *ed = key_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	EK_CLEANUP(ek_key_freep) struct ek_key *k = ek_key_new();
	const struct ek_key *cannot[3];
	struct ek_err err;
	char *token = NULL;

	ck_assert_int_eq(ek_key_from_pem(rfc_key, &public, NULL), 0);
	cannot[0] = public;
	cannot[1] = p384;
	cannot[2] = ed;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ek_jwt_sign(cannot[i], "kid", claims, &token, &err), EK_EINVALID);
	ck_assert_int_eq(ek_jwt_sign(k, "a\"b", claims, &token, &err), EK_EINVALID);
	ck_assert_int_eq(ek_jwt_sign(k, "a\\b", claims, &token, &err), EK_EINVALID);
	ck_assert_int_eq(ek_jwt_sign(k, "a\nb", claims, &token, &err), EK_EINVALID);
	ck_assert_ptr_null(token);
}
END_TEST

EK_TESTS("crypto/jwt", the_example_of_the_standard, signs_and_verifies,
	 short_numbers_in_signatures, no_byte_may_change, EK_ROWS(forged_headers, headers),
	 EK_ROWS(forged_signatures, signatures), EK_ROWS(misshapen_tokens, shapes), size_limits,
	 claims_that_are_no_text, who_cannot_sign)
