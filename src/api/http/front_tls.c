/* SPDX-License-Identifier: Apache-2.0 */
#include "front_tls.h"

#include <ekube/str.h>
#include <ekube/vec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

enum { MAX_NAME = 1024, MAX_GROUPS = 64 };

/* In order of preference, as ALPN wire format (RFC 7301). */
static const unsigned char protocols[] = "\x02h2\x08http/1.1";

static int handshake_index = -1; /* where a context keeps its handshake_done */
static int received_index = -1;

static int tls_fail(struct ek_err *err, const char *what)
{
	char text[160];

	ERR_error_string_n(ERR_get_error(), text, sizeof(text));
	ERR_clear_error();
	return ek_fail(err, EK_EINVALID, "%s: %s", what, text);
}

static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
			   const unsigned char *in, unsigned in_len, void *arg)
{
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_len, protocols, sizeof(protocols) - 1, in, in_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/*
 * Judged later, by the result that OpenSSL remembers: a bad certificate is a 401, not a broken
 * handshake.
 */
static int accept_any(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	(void)ctx;
	return 1;
}

static void on_info(const SSL *ssl, int where, int ret)
{
	void (*done)(SSL * ssl);

	(void)ret;
	if (!(where & SSL_CB_HANDSHAKE_DONE))
		return;
	done = (void (*)(SSL *))SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), handshake_index);
	done((SSL *)ssl);
}

static void on_message(int is_write, int version, int type, const void *buf, size_t len, SSL *ssl,
		       void *arg)
{
	const unsigned char *head = buf;
	void (*received)(SSL * ssl, size_t n);

	(void)version;
	(void)arg;
	if (is_write || type != SSL3_RT_HEADER || len < SSL3_RT_HEADER_LENGTH ||
	    !SSL_is_init_finished(ssl))
		return;
	received =
		(void (*)(SSL *, size_t))SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), received_index);
	received(ssl, (size_t)head[3] << 8 | head[4]);
}

static int add_authorities(SSL_CTX *ctx, const char *pem, struct ek_err *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	int n = 0;

	for (X509 *ca; (ca = PEM_read_bio_X509(bio, NULL, NULL, NULL)); n++) {
		(void)X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca);
		(void)SSL_CTX_add_client_CA(ctx, ca);
		X509_free(ca);
	}
	BIO_free(bio);
	ERR_clear_error();
	return n > 0 ? 0 : ek_fail(err, EK_EINVALID, "the client authority holds no certificate");
}

static int use_pair(SSL_CTX *ctx, const char *cert_pem, const char *key_pem, struct ek_err *err)
{
	BIO *cert_bio = BIO_new_mem_buf(cert_pem, -1);
	BIO *key_bio = BIO_new_mem_buf(key_pem, -1);
	X509 *cert = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
	bool ok = cert && key && SSL_CTX_use_certificate(ctx, cert) == 1 &&
		  SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;

	for (X509 *more; ok && (more = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL));)
		ok = SSL_CTX_add0_chain_cert(ctx, more) == 1;
	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(cert_bio);
	BIO_free(key_bio);
	if (!ok)
		return tls_fail(err, "serving certificate and key");
	ERR_clear_error();
	return 0;
}

int tls_context_new(const char *cert_pem, const char *key_pem, const char *client_ca_pem,
		    void (*handshake_done)(SSL *ssl), void (*received)(SSL *ssl, size_t n),
		    SSL_CTX **ret, struct ek_err *err)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int rc;

	if (!ctx)
		return tls_fail(err, "TLS context");
	if (handshake_index < 0) {
		handshake_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
		received_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	}
	(void)SSL_CTX_set_ex_data(ctx, received_index, (void *)received);
	(void)SSL_CTX_set_ex_data(ctx, handshake_index, (void *)handshake_done);
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20");
	/*
	 * no resumption: kubectl never resumes, and what is not kept costs nothing and leaks
	 * nothing
	 */
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_IGNORE_UNEXPECTED_EOF);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	(void)SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_alpn_select_cb(ctx, select_protocol, NULL);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any);
	SSL_CTX_set_info_callback(ctx, on_info);
	SSL_CTX_set_msg_callback(ctx, on_message);
	rc = use_pair(ctx, cert_pem, key_pem, err);
	if (rc == 0 && client_ca_pem)
		rc = add_authorities(ctx, client_ca_pem, err);
	if (rc < 0) {
		SSL_CTX_free(ctx);
		return rc;
	}
	*ret = ctx;
	return 0;
}

static char *entry_text(X509_NAME_ENTRY *entry)
{
	unsigned char *utf8 = NULL;
	int n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
	char *text = n > 0 && n <= MAX_NAME && !memchr(utf8, 0, (size_t)n) ?
			     ek_str_ndup((char *)utf8, (size_t)n) :
			     NULL;

	OPENSSL_free(utf8);
	return text;
}

static void read_subject(X509_NAME *subject, struct tls_peer *p)
{
	size_t n = 0;

	p->groups = ek_calloc(MAX_GROUPS + 1, sizeof(*p->groups));
	for (int i = 0; i < X509_NAME_entry_count(subject); i++) {
		X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, i);
		int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
		char *text = nid == NID_commonName || nid == NID_organizationName ?
				     entry_text(entry) :
				     NULL;

		if (!text)
			continue;
		if (nid == NID_commonName && !p->name)
			p->name = text;
		else if (nid == NID_organizationName && n < MAX_GROUPS)
			p->groups[n++] = text;
		else
			free(text);
	}
	p->groups = ek_realloc(p->groups, (n + 1) * sizeof(*p->groups));
}

void tls_read_peer(SSL *ssl, struct tls_peer *ret)
{
	X509 *cert = SSL_get1_peer_certificate(ssl);

	*ret = (struct tls_peer){ 0 };
	if (!cert)
		return;
	ret->has_cert = true;
	ret->verified = SSL_get_verify_result(ssl) == X509_V_OK &&
			X509_check_purpose(cert, X509_PURPOSE_SSL_CLIENT, 0) == 1;
	if (ret->verified)
		read_subject(X509_get_subject_name(cert), ret);
	X509_free(cert);
	ERR_clear_error();
}

void tls_peer_done(struct tls_peer *p)
{
	free(p->name);
	for (char **g = p->groups; g && *g; g++)
		free(*g);
	free(p->groups);
	*p = (struct tls_peer){ 0 };
}
