/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ekube/clock.h>
#include <ekube/str.h>
#include <ekube/vec.h>

#include "impl.h"

enum { NAME_MAX_BYTES = 512, SANS_MAX = 1000 };

#define HOUR_US INT64_C(3600000000)
#define YEAR_US (365 * 24 * HOUR_US)

static void x509_freep(X509 **x)
{
	X509_free(*x);
}

static int read_cert(const char *pem, X509 **ret, struct ek_err *err)
{
	size_t n = strnlen(pem, EK_PEM_MAX + 1);
	BIO *bio;
	X509 *x;

	if (n > EK_PEM_MAX)
		return ek_fail(err, EK_EINVALID, "certificates of more than %d bytes", EK_PEM_MAX);
	bio = BIO_new_mem_buf(pem, (int)n);
	EK_ASSERT(bio);
	x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	if (!x)
		return ek_fail_openssl(err, EK_EINVALID, "not a certificate in PEM form");
	ERR_clear_error();
	*ret = x;
	return 0;
}

/* ---- signing ---- */

static int check_name(const char *s, const char *what, struct ek_err *err)
{
	if (!*s || strlen(s) > NAME_MAX_BYTES)
		return ek_fail(err, EK_EINVALID, "%s of a certificate must have 1 to %d bytes",
			       what, NAME_MAX_BYTES);
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return ek_fail(err, EK_EINVALID,
				       "a control character in the %s of a certificate", what);
	return 0;
}

/* A ready-made UTF8String: OpenSSL would hold the name to 64 bytes, and node names are longer. */
static int add_name(X509_NAME *name, int nid, const char *value, const char *what,
		    struct ek_err *err)
{
	if (check_name(value, what, err) < 0)
		return EK_EINVALID;
	EK_ASSERT(X509_NAME_add_entry_by_NID(name, nid, V_ASN1_UTF8STRING,
					     (const unsigned char *)value, -1, -1, 0) == 1);
	return 0;
}

static int set_subject(X509 *x, const struct ek_cert_spec *spec, struct ek_err *err)
{
	X509_NAME *name = X509_get_subject_name(x);
	int rc = 0;

	for (const char *const *o = spec->organizations; o && *o && rc == 0; o++)
		rc = add_name(name, NID_organizationName, *o, "organization", err);
	if (rc == 0 && spec->common_name)
		rc = add_name(name, NID_commonName, spec->common_name, "common name", err);
	return rc;
}

static void set_serial(X509 *x)
{
	uint8_t bytes[16];
	BIGNUM *bn;

	ek_rand_bytes(bytes, sizeof(bytes));
	bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, never short */
	bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
	EK_ASSERT(bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x)));
	BN_free(bn);
}

static int set_times(X509 *x, const struct ek_cert_spec *spec, struct ek_err *err)
{
	int64_t now = ek_clock_wall_us();
	int64_t from = spec->not_before_us ? spec->not_before_us : EK_MAX(now - HOUR_US, 0);
	int64_t to = spec->not_after_us ? spec->not_after_us :
					  now + (spec->is_ca ? 10 : 1) * YEAR_US;

	if (from < 0 || to <= from)
		return ek_fail(err, EK_EINVALID,
			       "a certificate must end after it begins, and not begin before 1970");
	if (!ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(from / 1000000)) ||
	    !ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(to / 1000000)))
		return ek_fail_openssl(err, EK_EINVALID, "the validity of a certificate");
	return 0;
}

static int add_san(GENERAL_NAMES *names, const char *san, struct ek_err *err)
{
	struct ek_ip ip;
	GENERAL_NAME *name;
	ASN1_STRING *value;
	bool is_ip = ek_ip_parse(san, &ip) == 0;

	if (check_name(san, "alternative name", err) < 0)
		return EK_EINVALID;
	for (const char *c = san; *c; c++)
		if (*c == ' ' || (unsigned char)*c > 0x7e)
			return ek_fail(err, EK_EINVALID, "neither a DNS name nor an address: %s",
				       san);
	name = GENERAL_NAME_new();
	value = is_ip ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
	EK_ASSERT(name && value);
	EK_ASSERT(ASN1_STRING_set(value, is_ip ? (const void *)ip.b : san, is_ip ? ip.n : -1) == 1);
	GENERAL_NAME_set0_value(name, is_ip ? GEN_IPADD : GEN_DNS, value);
	EK_ASSERT(sk_GENERAL_NAME_push(names, name) > 0);
	return 0;
}

static int set_sans(X509 *x, const char *const *sans, struct ek_err *err)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	size_t n = 0;
	int rc = 0;

	EK_ASSERT(names);
	for (; sans && sans[n] && rc == 0; n++)
		rc = n < SANS_MAX ?
			     add_san(names, sans[n], err) :
			     ek_fail(err, EK_EINVALID, "more than %d alternative names", SANS_MAX);
	if (rc == 0 && n > 0)
		EK_ASSERT(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1);
	GENERAL_NAMES_free(names);
	return rc;
}

static void add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	EK_ASSERT(ext && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static void set_usage(X509 *x, X509 *issuer, const struct ek_cert_spec *spec, bool is_rsa)
{
	const char *extended = spec->for_server && spec->for_client ? "serverAuth,clientAuth" :
			       spec->for_server			    ? "serverAuth" :
			       spec->for_client			    ? "clientAuth" :
								      NULL;

	add_ext(x, issuer, NID_basic_constraints,
		spec->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	add_ext(x, issuer, NID_key_usage,
		spec->is_ca ? "critical,digitalSignature,keyEncipherment,keyCertSign" :
		is_rsa	    ? "critical,digitalSignature,keyEncipherment" :
			      "critical,digitalSignature");
	if (extended)
		add_ext(x, issuer, NID_ext_key_usage, extended);
	add_ext(x, issuer, NID_subject_key_identifier, "hash");
	if (issuer != x)
		add_ext(x, issuer, NID_authority_key_identifier, "keyid");
}

static int check_issuer(X509 *ca, const struct ek_key *ca_key, struct ek_err *err)
{
	if (!ca_key->has_private)
		return ek_fail(err, EK_EINVALID, "signing needs the private key of the authority");
	if (ca && EVP_PKEY_eq(X509_get0_pubkey(ca), ca_key->pkey) != 1) {
		ERR_clear_error();
		return ek_fail(err, EK_EINVALID,
			       "the authority's key does not belong to its certificate");
	}
	if (ca && X509_check_ca(ca) != 1)
		return ek_fail(err, EK_EINVALID,
			       "the signing certificate is not that of an authority");
	return 0;
}

static int fill(X509 *x, X509 *issuer, const struct ek_cert_spec *spec, EVP_PKEY *subject_key,
		struct ek_err *err)
{
	int rc;

	EK_ASSERT(X509_set_version(x, X509_VERSION_3) == 1);
	set_serial(x);
	rc = set_subject(x, spec, err);
	if (rc == 0)
		rc = set_times(x, spec, err);
	if (rc < 0)
		return rc;
	EK_ASSERT(X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1);
	EK_ASSERT(X509_set_pubkey(x, subject_key) == 1);
	set_usage(x, issuer, spec, EVP_PKEY_get_base_id(subject_key) == EVP_PKEY_RSA);
	return set_sans(x, spec->sans, err);
}

static char *cert_text(X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text;
	long n;

	EK_ASSERT(bio && PEM_write_bio_X509(bio, x) == 1);
	n = BIO_get_mem_data(bio, &data);
	text = ek_str_ndup(data, (size_t)n);
	BIO_free(bio);
	return text;
}

int ek_cert_sign(const struct ek_cert_spec *spec, const struct ek_key *subject_key,
		 const char *ca_pem, const struct ek_key *ca_key, char **ret_pem,
		 struct ek_err *err)
{
	EK_CLEANUP(x509_freep) X509 *ca = NULL;
	EK_CLEANUP(x509_freep) X509 *x = X509_new();
	const EVP_MD *md = EVP_PKEY_get_base_id(ca_key->pkey) == EVP_PKEY_ED25519 ? NULL :
										    EVP_sha256();
	int rc;

	EK_ASSERT(x);
	rc = ca_pem ? read_cert(ca_pem, &ca, err) : 0;
	if (rc < 0)
		return ek_wrap(err, rc, "certificate of the authority");
	rc = check_issuer(ca, ca_key, err);
	if (rc < 0)
		return rc;
	if (!ca && subject_key && EVP_PKEY_eq(subject_key->pkey, ca_key->pkey) != 1)
		return ek_fail(err, EK_EINVALID,
			       "a self-signed certificate is signed with its own key");
	rc = fill(x, ca ? ca : x, spec, ca ? subject_key->pkey : ca_key->pkey, err);
	if (rc < 0)
		return rc;
	if (X509_sign(x, ca_key->pkey, md) <= 0)
		return ek_fail_openssl(err, EK_EINVALID, "sign a certificate");
	*ret_pem = cert_text(x);
	return 0;
}

/* ---- reading ---- */

typedef EK_VEC(char *) string_vec;

/* A NUL inside a name is how one certificate is made to look like another's. */
static char *text_of(const ASN1_STRING *s)
{
	unsigned char *utf8 = NULL;
	int n = ASN1_STRING_to_UTF8(&utf8, s);
	char *text = NULL;

	if (n >= 0 && !memchr(utf8, '\0', (size_t)n))
		text = ek_str_ndup((char *)utf8, (size_t)n);
	if (n >= 0)
		OPENSSL_free(utf8);
	ERR_clear_error();
	return text;
}

static char *ip_text(const ASN1_OCTET_STRING *s)
{
	struct ek_ip ip = { 0 };
	char text[46];
	int n = ASN1_STRING_length(s);

	if (n != 4 && n != 16)
		return NULL;
	ip.n = (uint8_t)n;
	memcpy(ip.b, ASN1_STRING_get0_data(s), (size_t)n);
	ek_ip_format(&ip, text);
	return ek_str_dup(text);
}

static bool read_subject(X509 *x, struct ek_cert_info *info)
{
	X509_NAME *name = X509_get_subject_name(x);
	string_vec orgs = { 0 };
	bool ok = true;

	for (int i = 0; i < X509_NAME_entry_count(name) && ok; i++) {
		X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(e));
		char *text;

		if (nid != NID_commonName && nid != NID_organizationName)
			continue;
		text = text_of(X509_NAME_ENTRY_get_data(e));
		ok = text != NULL;
		if (ok && nid == NID_organizationName) {
			ek_vec_push(&orgs, text);
		} else if (ok) { /* of several, the last counts: as Go reads them */
			free(info->common_name);
			info->common_name = text;
		}
	}
	if (!info->common_name)
		info->common_name = ek_str_dup("");
	ek_vec_push(&orgs, NULL);
	info->organizations = orgs.items;
	return ok;
}

static bool read_sans(X509 *x, struct ek_cert_info *info)
{
	int status = -1;
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, &status, NULL);
	string_vec sans = { 0 };
	bool ok = names || status == -1; /* -1: there are none */

	for (int i = 0; names && ok && i < sk_GENERAL_NAME_num(names); i++) {
		int type;
		ASN1_STRING *value =
			GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
		char *text;

		if (type != GEN_DNS && type != GEN_IPADD && type != GEN_URI && type != GEN_EMAIL)
			continue;
		text = type == GEN_IPADD ? ip_text(value) : text_of(value);
		ok = text != NULL;
		if (ok)
			ek_vec_push(&sans, text);
	}
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	ek_vec_push(&sans, NULL);
	info->sans = sans.items;
	return ok;
}

static bool read_time(const ASN1_TIME *t, int64_t *ret_us)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(t, &tm))
		return false;
	*ret_us = (int64_t)timegm(&tm) * 1000000;
	return true;
}

static void digest_der(X509 *x, char out[65])
{
	unsigned char *der = NULL;
	uint8_t sum[32];
	int n = i2d_X509(x, &der);

	EK_ASSERT(n > 0);
	ek_sha256(der, (size_t)n, sum);
	OPENSSL_free(der);
	ek_hex(sum, sizeof(sum), out);
}

int ek_cert_parse(const char *pem, struct ek_cert_info *ret, struct ek_err *err)
{
	EK_CLEANUP(x509_freep) X509 *x = NULL;
	struct ek_cert_info info = { 0 };
	bool ok;
	int rc = read_cert(pem, &x, err);

	if (rc < 0)
		return rc;
	ok = read_subject(x, &info);
	ok = read_sans(x, &info) && ok;
	ok = ok && read_time(X509_get0_notBefore(x), &info.not_before_us) &&
	     read_time(X509_get0_notAfter(x), &info.not_after_us);
	if (!ok) {
		ek_cert_info_done(&info);
		return ek_fail(err, EK_EINVALID,
			       "a name or a time in the certificate is malformed");
	}
	info.is_ca = X509_check_ca(x) == 1;
	ERR_clear_error();
	digest_der(x, info.sha256);
	*ret = info;
	return 0;
}

static void free_strings(char **list)
{
	for (char **s = list; s && *s; s++)
		free(*s);
	free(list);
}

void ek_cert_info_done(struct ek_cert_info *info)
{
	free(info->common_name);
	free_strings(info->organizations);
	free_strings(info->sans);
	*info = (struct ek_cert_info){ 0 };
}

bool ek_cert_matches(const char *pem, const struct ek_key *k)
{
	EK_CLEANUP(x509_freep) X509 *x = NULL;
	bool same;

	if (read_cert(pem, &x, NULL) < 0)
		return false;
	same = EVP_PKEY_eq(X509_get0_pubkey(x), k->pkey) == 1;
	ERR_clear_error();
	return same;
}

bool ek_cert_issued_by(const char *pem, const char *ca_pem)
{
	EK_CLEANUP(x509_freep) X509 *x = NULL;
	EK_CLEANUP(x509_freep) X509 *ca = NULL;
	bool yes;

	if (read_cert(pem, &x, NULL) < 0 || read_cert(ca_pem, &ca, NULL) < 0)
		return false;
	yes = X509_check_issued(ca, x) == X509_V_OK && X509_verify(x, X509_get0_pubkey(ca)) == 1;
	ERR_clear_error();
	return yes;
}
