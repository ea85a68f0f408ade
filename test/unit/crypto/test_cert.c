/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/crypto.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ekube/clock.h>
#include <ekube/str.h>
#include <ek_test.h>

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define DAY_US INT64_C(86400000000)

static char *sign(const struct ek_cert_spec *spec, const struct ek_key *key, const char *ca_pem,
		  const struct ek_key *ca_key)
{
	struct ek_err err = { 0 };
	char *pem = NULL;

	ck_assert_msg(ek_cert_sign(spec, key, ca_pem, ca_key, &pem, &err) == 0, "%s", err.msg);
	return pem;
}

static const struct ek_cert_spec ca_spec = { .common_name = "ekube-ca", .is_ca = true };

static X509 *parse(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	ck_assert_ptr_nonnull(x);
	return x;
}

/* What an independent judge says: X509_V_OK or a reason. */
static int judge(const char *pem, const char *between, const char *root, int purpose,
		 const char *host)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *x = parse(pem), *top = parse(root), *mid = between ? parse(between) : NULL;
	X509_VERIFY_PARAM *param;
	int verdict;

	X509_STORE_add_cert(store, top);
	if (mid)
		sk_X509_push(chain, mid);
	X509_STORE_CTX_init(ctx, store, x, chain);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_purpose(param, purpose);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
	if (host && !X509_VERIFY_PARAM_set1_ip_asc(param, host))
		X509_VERIFY_PARAM_set1_host(param, host, 0);
	verdict = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(chain);
	X509_free(x);
	X509_free(mid);
	X509_free(top);
	return verdict;
}

START_TEST(a_hierarchy_verifies)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *root_key = ek_key_new();
	EK_CLEANUP(ek_key_freep) struct ek_key *mid_key = ek_key_new();
	EK_CLEANUP(ek_key_freep) struct ek_key *key = ek_key_new();
	struct ek_cert_spec mid_spec = { .common_name = "mid", .is_ca = true };
	struct ek_cert_spec server = { .common_name = "kube-apiserver",
				       .for_server = true,
				       .sans = LIST("kubernetes.default.svc", "10.96.0.1",
						    "fd00::1", "*.pool.example") };
	struct ek_cert_spec client = { .common_name = "admin",
				       .for_client = true,
				       .organizations = LIST("system:masters", "second") };
	EK_FREE char *root = sign(&ca_spec, NULL, NULL, root_key);
	EK_FREE char *mid = sign(&mid_spec, mid_key, root, root_key);
	EK_FREE char *s = sign(&server, key, mid, mid_key);
	EK_FREE char *c = sign(&client, key, root, root_key);
	static const struct {
		const char *host;
		int verdict;
	} hosts[] = {
		{ "kubernetes.default.svc", X509_V_OK },
		{ "10.96.0.1", X509_V_OK },
		{ "fd00::1", X509_V_OK },
		{ "a.pool.example", X509_V_OK },
		{ "kube-apiserver", X509_V_ERR_HOSTNAME_MISMATCH },
		{ "10.96.0.2", X509_V_ERR_IP_ADDRESS_MISMATCH },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(hosts); i++)
		ck_assert_int_eq(judge(s, mid, root, X509_PURPOSE_SSL_SERVER, hosts[i].host),
				 hosts[i].verdict);
	ck_assert_int_eq(judge(s, mid, root, X509_PURPOSE_SSL_CLIENT, NULL),
			 X509_V_ERR_INVALID_PURPOSE);
	ck_assert_int_eq(judge(c, NULL, root, X509_PURPOSE_SSL_CLIENT, NULL), X509_V_OK);
	ck_assert_int_eq(judge(c, NULL, root, X509_PURPOSE_SSL_SERVER, NULL),
			 X509_V_ERR_INVALID_PURPOSE);
	ck_assert_int_eq(judge(s, NULL, root, X509_PURPOSE_SSL_SERVER, NULL),
			 X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
	ck_assert(ek_cert_matches(s, key));
	ck_assert(!ek_cert_matches(s, mid_key));
	ck_assert(!ek_cert_matches("nonsense", key));
	ck_assert(ek_cert_issued_by(s, mid));
	ck_assert(ek_cert_issued_by(root, root));
	ck_assert(!ek_cert_issued_by(s, root));
	ck_assert(!ek_cert_issued_by(mid, s));
	ck_assert(!ek_cert_issued_by(s, "nonsense"));
}
END_TEST

START_TEST(what_was_written_is_read)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *ca_key = ek_key_new();
	EK_FREE char *ca = sign(&ca_spec, ca_key, NULL, ca_key);
	struct ek_cert_spec spec = {
		/* more than the 64 bytes of X.520: node names are longer */
		.common_name =
			"system:node:a-node-with-quite-a-long-name.in-some-region.of-some-provider.example.com",
		.organizations = LIST("system:nodes", "caf\xc3\xa9"),
		.sans = LIST("node", "192.0.2.7", "::1"),
		.for_client = true,
		.for_server = true,
		.not_before_us = 1000 * DAY_US,
		.not_after_us = 40000 * DAY_US, /* 2079: beyond UTCTime */
	};
	EK_FREE char *pem = sign(&spec, ca_key, ca, ca_key);
	struct ek_cert_info info;

	ck_assert_int_eq(ek_cert_parse(pem, &info, NULL), 0);
	ck_assert_str_eq(info.common_name, spec.common_name);
	for (int i = 0; i < 2; i++)
		ck_assert_str_eq(info.organizations[i], spec.organizations[i]);
	ck_assert_ptr_null(info.organizations[2]);
	for (int i = 0; i < 3; i++)
		ck_assert_str_eq(info.sans[i], spec.sans[i]);
	ck_assert_ptr_null(info.sans[3]);
	ck_assert_int_eq(info.not_before_us, spec.not_before_us);
	ck_assert_int_eq(info.not_after_us, spec.not_after_us);
	ck_assert(!info.is_ca);
	ck_assert_uint_eq(strlen(info.sha256), 64);
	ek_cert_info_done(&info);
	ek_cert_info_done(&info);

	ck_assert_int_eq(ek_cert_parse(ca, &info, NULL), 0);
	ck_assert(info.is_ca);
	ck_assert_ptr_null(info.organizations[0]);
	ck_assert_ptr_null(info.sans[0]);
	ek_cert_info_done(&info);
}
END_TEST

static int64_t now_us;

static int64_t get_us(void *arg)
{
	(void)arg;
	return now_us;
}

static int64_t get_ms(void *arg)
{
	(void)arg;
	return now_us / 1000;
}

/* A board without a clock begins in 1970. */
START_TEST(default_times)
{
	static const struct ek_clock_source clock = { get_ms, get_us, NULL };
	static const struct {
		int64_t now, from, to_leaf, to_ca;
	} rows[] = {
		{ 60 * 1000000, 0, 365 * DAY_US + 60 * 1000000, 3650 * DAY_US + 60 * 1000000 },
		{ 20000 * DAY_US, 20000 * DAY_US - DAY_US / 24, 20365 * DAY_US, 23650 * DAY_US },
	};
	EK_CLEANUP(ek_key_freep) struct ek_key *key = ek_key_new();
	struct ek_cert_spec leaf = { .common_name = "x" };

	ek_clock_set_source(&clock);
	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
		EK_FREE char *ca = NULL;
		EK_FREE char *pem = NULL;
		struct ek_cert_info info;

		now_us = rows[i].now;
		ca = sign(&ca_spec, NULL, NULL, key);
		pem = sign(&leaf, key, ca, key);
		ck_assert_int_eq(ek_cert_parse(pem, &info, NULL), 0);
		ck_assert_int_eq(info.not_before_us, rows[i].from);
		ck_assert_int_eq(info.not_after_us, rows[i].to_leaf);
		ek_cert_info_done(&info);
		ck_assert_int_eq(ek_cert_parse(ca, &info, NULL), 0);
		ck_assert_int_eq(info.not_after_us, rows[i].to_ca);
		ek_cert_info_done(&info);
	}
}
END_TEST

START_TEST(refuses_to_sign)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *ca_key = ek_key_new();
	EK_CLEANUP(ek_key_freep) struct ek_key *other = ek_key_new();
	EK_CLEANUP(ek_key_freep) struct ek_key *public = NULL;
	EK_FREE char *public_pem = ek_key_public_pem(ca_key);
	EK_FREE char *ca = sign(&ca_spec, NULL, NULL, ca_key);
	struct ek_cert_spec leaf_spec = { .common_name = "leaf" };
	EK_FREE char *leaf = sign(&leaf_spec, other, ca, ca_key);
	char long_name[600];
	const struct {
		struct ek_cert_spec spec;
		const char *ca;
		const struct ek_key **ca_key;
		const char *words;
	} rows[] = {
		{ leaf_spec, ca, (const struct ek_key **)&other,
		  "does not belong to its certificate" },
		{ leaf_spec, ca, (const struct ek_key **)&public, "private key" },
		{ leaf_spec, leaf, (const struct ek_key **)&other, "not that of an authority" },
		{ leaf_spec, "junk", (const struct ek_key **)&ca_key,
		  "certificate of the authority: not a certificate" },
		{ leaf_spec, NULL, (const struct ek_key **)&ca_key, "signed with its own key" },
		{ { .common_name = "" }, ca, (const struct ek_key **)&ca_key, "common name" },
		{ { .common_name = long_name },
		  ca,
		  (const struct ek_key **)&ca_key,
		  "common name" },
		{ { .common_name = "a\nb" },
		  ca,
		  (const struct ek_key **)&ca_key,
		  "control character" },
		{ { .common_name = "a", .organizations = LIST("") },
		  ca,
		  (const struct ek_key **)&ca_key,
		  "organization" },
		{ { .common_name = "a", .sans = LIST("") },
		  ca,
		  (const struct ek_key **)&ca_key,
		  "alternative name" },
		{ { .common_name = "a", .sans = LIST("b c") },
		  ca,
		  (const struct ek_key **)&ca_key,
		  "neither" },
		{ { .common_name = "a", .sans = LIST("caf\xc3\xa9") },
		  ca,
		  (const struct ek_key **)&ca_key,
		  "neither" },
		{ { .common_name = "a", .not_before_us = 5, .not_after_us = 4 },
		  ca,
		  (const struct ek_key **)&ca_key,
		  "end after it begins" },
		{ { .common_name = "a", .not_before_us = -5 },
		  ca,
		  (const struct ek_key **)&ca_key,
		  "1970" },
	};

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	ck_assert_int_eq(ek_key_from_pem(public_pem, &public, NULL), 0);
	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
		struct ek_err err = { 0 };
		char *pem = NULL;

		ck_assert_int_eq(ek_cert_sign(&rows[i].spec, other, rows[i].ca, *rows[i].ca_key,
					      &pem, &err),
				 EK_EINVALID);
		ck_assert_msg(strstr(err.msg, rows[i].words) != NULL, "%zu: %s", i, err.msg);
		ck_assert_ptr_null(pem);
	}
}
END_TEST

START_TEST(authorities_with_brought_keys)
{
	for (int i = 0; i < 3; i++) {
		EVP_PKEY *pkey = i == 0 ? EVP_RSA_gen(2048) :
				 i == 1 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") :
					  EVP_EC_gen("P-384");
		BIO *bio = BIO_new(BIO_s_mem());
		EK_CLEANUP(ek_key_freep) struct ek_key *ca_key = NULL;
		EK_CLEANUP(ek_key_freep) struct ek_key *key = ek_key_new();
		struct ek_cert_spec spec = { .common_name = "x",
					     .for_server = true,
					     .sans = LIST("x") };
		EK_FREE char *ca = NULL;
		EK_FREE char *pem = NULL;
		char *data;

		PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
		BIO_write(bio, "", 1);
		BIO_get_mem_data(bio, &data);
		ck_assert_int_eq(ek_key_from_pem(data, &ca_key, NULL), 0);
		ca = sign(&ca_spec, NULL, NULL, ca_key);
		pem = sign(&spec, key, ca, ca_key);
		ck_assert_int_eq(judge(pem, NULL, ca, X509_PURPOSE_SSL_SERVER, "x"), X509_V_OK);
		BIO_free(bio);
		EVP_PKEY_free(pkey);
	}
}
END_TEST

/* A certificate of the test's own making, with what ek_cert_sign() would refuse. */
static char *crafted(const char *cn, int cn_n, const char *dns, int dns_n)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	char *data, *pem;
	long n;

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, V_ASN1_UTF8STRING,
				   (const unsigned char *)cn, cn_n, -1, 0);
	ASN1_STRING_set(text, dns, dns_n);
	GENERAL_NAME_set0_value(name, GEN_DNS, text);
	sk_GENERAL_NAME_push(names, name);
	X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0);
	X509_set_pubkey(x, key);
	X509_sign(x, key, EVP_sha256());
	PEM_write_bio_X509(bio, x);
	n = BIO_get_mem_data(bio, &data);
	pem = ek_str_ndup(data, (size_t)n);
	BIO_free(bio);
	GENERAL_NAMES_free(names);
	X509_free(x);
	EVP_PKEY_free(key);
	return pem;
}

START_TEST(refuses_to_read)
{
	static const char cn[] = "admin\0.example.com", dns[] = "host\0.example.com";
	char *big = ek_calloc(1, 300 * 1024);
	struct {
		char *pem;
		const char *words; /* NULL: fine */
	} rows[] = {
		{ crafted("admin", 5, "host", 4), NULL },
		{ crafted(cn, sizeof(cn) - 1, "host", 4), "malformed" },
		{ crafted("admin", 5, dns, sizeof(dns) - 1), "malformed" },
		{ ek_str_dup(""), "not a certificate" },
		{ ek_str_dup("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
		  "not a certificate" },
		{ ek_str_dup("-----BEGIN CERTIFICATE-----"), "not a certificate" },
		{ big, "more than" },
	};

	memset(big, '-', 300 * 1024 - 1);
	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
		struct ek_cert_info info = { 0 };
		struct ek_err err = { 0 };
		int rc = ek_cert_parse(rows[i].pem, &info, &err);

		ck_assert_int_eq(rc, rows[i].words ? EK_EINVALID : 0);
		if (rc < 0)
			ck_assert_msg(strstr(err.msg, rows[i].words) != NULL, "%zu: %s", i,
				      err.msg);
		ek_cert_info_done(&info);
		free(rows[i].pem);
	}
}
END_TEST

/* Whatever bytes are cut or flipped: an answer, and nothing read out of bounds. */
START_TEST(damaged_certificates)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *key = ek_key_new();
	EK_FREE char *pem = sign(&ca_spec, NULL, NULL, key);
	size_t n = strlen(pem);

	for (size_t i = 0; i < n; i += 3) {
		EK_FREE char *bad = ek_str_dup(pem);
		struct ek_cert_info info;

		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		if (ek_cert_parse(bad, &info, NULL) == 0)
			ek_cert_info_done(&info);
		bad[i] = '\0';
		ck_assert_int_eq(ek_cert_parse(bad, &info, NULL), EK_EINVALID);
	}
}
END_TEST

EK_TESTS("crypto/cert", a_hierarchy_verifies, what_was_written_is_read, default_times,
	 refuses_to_sign, authorities_with_brought_keys, refuses_to_read, damaged_certificates)
