/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/http.h>

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ek_test.h>

/* ---- certificates, by hand: this layer knows nothing of crypto/ ---- */

struct identity {
	EVP_PKEY *key;
	X509     *cert;
	char     *cert_pem, *key_pem;
};

static void add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_ptr_nonnull(ext);
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
}

static char *bio_text(BIO *bio)
{
	char *data, *text;
	long n = BIO_get_mem_data(bio, &data);

	text = ek_malloc((size_t)n + 1);
	memcpy(text, data, (size_t)n);
	text[n] = '\0';
	BIO_free(bio);
	return text;
}

static struct identity make(const char *name, const struct identity *ca, const char *san)
{
	struct identity id = { .key = EVP_EC_gen("P-256"), .cert = X509_new() };
	X509 *issuer = ca ? ca->cert : id.cert;
	static int serial;
	BIO *bio = BIO_new(BIO_s_mem());

	X509_set_version(id.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(id.cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(id.cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(id.cert), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(id.cert), "CN", MBSTRING_UTF8,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(id.cert, X509_get_subject_name(issuer));
	X509_set_pubkey(id.cert, id.key);
	add_ext(id.cert, issuer, NID_basic_constraints, ca ? "CA:FALSE" : "critical,CA:TRUE");
	if (san)
		add_ext(id.cert, issuer, NID_subject_alt_name, san);
	ck_assert_int_gt(X509_sign(id.cert, ca ? ca->key : id.key, EVP_sha256()), 0);
	PEM_write_bio_X509(bio, id.cert);
	id.cert_pem = bio_text(bio);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, id.key, NULL, NULL, 0, NULL, NULL);
	id.key_pem = bio_text(bio);
	return id;
}

static void drop(struct identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
	free(id->cert_pem);
	free(id->key_pem);
}

/* ---- a blocking server in a thread: says who the client is, and serves one connection ---- */

struct server {
	pthread_t thread;
	SSL_CTX  *ctx;
	int       fd, port;
	int       max_version;
};

static void serve(SSL *ssl)
{
	char request[4096], name[64] = "nobody", reply[256];
	X509 *peer;

	if (SSL_accept(ssl) != 1 || SSL_read(ssl, request, sizeof(request)) <= 0)
		return;
	peer = SSL_get1_peer_certificate(ssl);
	if (peer)
		X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name,
					  sizeof(name));
	X509_free(peer);
	snprintf(reply, sizeof(reply),
		 "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
		 strlen(name), name);
	SSL_write(ssl, reply, (int)strlen(reply));
	SSL_shutdown(ssl);
}

static void *serve_one(void *arg)
{
	struct server *s = arg;
	int fd = accept(s->fd, NULL, NULL);
	SSL *ssl = SSL_new(s->ctx);

	SSL_set_fd(ssl, fd);
	serve(ssl);
	SSL_free(ssl);
	close(fd);
	return NULL;
}

static void server_start(struct server *s, const struct identity *id,
			 const struct identity *client_ca)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);

	s->ctx = SSL_CTX_new(TLS_server_method());
	ck_assert_int_eq(SSL_CTX_use_certificate(s->ctx, id->cert), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(s->ctx, id->key), 1);
	if (s->max_version) {
		SSL_CTX_set_min_proto_version(s->ctx, 0);
		SSL_CTX_set_max_proto_version(s->ctx, s->max_version);
		SSL_CTX_set_cipher_list(s->ctx, "ALL:@SECLEVEL=0");
	}
	if (client_ca) {
		X509_STORE_add_cert(SSL_CTX_get_cert_store(s->ctx), client_ca->cert);
		SSL_CTX_set_verify(s->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	inet_pton(AF_INET, "127.0.0.1", &sin.sin_addr);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(listen(s->fd, 5), 0);
	ck_assert_int_eq(getsockname(s->fd, (struct sockaddr *)&sin, &len), 0);
	s->port = ntohs(sin.sin_port);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, serve_one, s), 0);
}

static void server_stop(struct server *s)
{
	pthread_join(s->thread, NULL);
	close(s->fd);
	SSL_CTX_free(s->ctx);
}

static bool over;
static int result;

static void on_over(struct ek_http *h, int rc)
{
	(void)h;
	over = true;
	result = rc;
}

/* The rows: what the server shows, what the client trusts and shows, what comes of it. */
enum { NONE, RIGHT, WRONG };

static const struct {
	const char *san;
	int  ca;         /* that the client trusts; NONE: the machine's */
	bool insecure;
	int  client;     /* certificate that the client shows */
	bool asks;       /* the server wants one */
	int  max_version;
	const char *reply; /* NULL: EK_EUNAVAILABLE */
} rows[] = {
	{ "IP:127.0.0.1", RIGHT, false, NONE, false, 0, "nobody" },
	{ "IP:127.0.0.1", RIGHT, false, RIGHT, true, 0, "client" },
	{ "IP:127.0.0.1", RIGHT, false, NONE, true, 0, NULL },
	{ "IP:127.0.0.1", RIGHT, false, WRONG, true, 0, NULL },
	{ "IP:127.0.0.1", WRONG, false, NONE, false, 0, NULL },
	{ "IP:127.0.0.1", NONE, false, NONE, false, 0, NULL },
	{ "IP:127.0.0.2", RIGHT, false, NONE, false, 0, NULL },
	{ "DNS:127.0.0.1", RIGHT, false, NONE, false, 0, NULL },
	{ "DNS:example.com", NONE, true, NONE, false, 0, "nobody" },
	{ "IP:127.0.0.1", RIGHT, false, NONE, false, TLS1_2_VERSION, "nobody" },
	{ "IP:127.0.0.1", RIGHT, true, NONE, false, TLS1_1_VERSION, NULL },
};

START_TEST(trusts_whom_it_should)
{
	struct identity ca = make("ca", NULL, NULL), other_ca = make("other", NULL, NULL);
	struct identity id = make("server", &ca, rows[_i].san);
	struct identity client = make("client", rows[_i].client == WRONG ? &other_ca : &ca, NULL);
	struct server s = { .max_version = rows[_i].max_version };
	struct ek_loop *loop = ek_loop_new();
	struct ek_http h = { .cb = on_over, .max_body = 100 };
	char url[64];

	server_start(&s, &id, rows[_i].asks ? &ca : NULL);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", s.port);
	h.url = url;
	h.tls.ca_pem = rows[_i].ca == RIGHT ? ca.cert_pem :
		       rows[_i].ca == WRONG ? other_ca.cert_pem :
					      NULL;
	h.tls.insecure = rows[_i].insecure;
	if (rows[_i].client) {
		h.tls.cert_pem = client.cert_pem;
		h.tls.key_pem = client.key_pem;
	}
	ck_assert_int_eq(ek_http_start(loop, &h), 0);
	ck_assert(ek_loop_until(loop, &over, 20000));
	if (rows[_i].reply) {
		ck_assert_msg(result == 0, "%s", h.err.msg);
		ck_assert_str_eq(h.reply.data, rows[_i].reply);
	} else {
		ck_assert_int_lt(result, 0);
		ck_assert_str_ne(h.err.msg, "");
	}
	ek_http_done(&h);
	ek_loop_free(loop);
	server_stop(&s);
	drop(&ca);
	drop(&other_ca);
	drop(&id);
	drop(&client);
}
END_TEST

START_TEST(malformed_certificates_are_the_callers_fault)
{
	struct ek_loop *loop = ek_loop_new();
	struct identity ca = make("ca", NULL, NULL);
	struct server s = { 0 };
	struct ek_http h = { .cb = on_over, .max_body = 100 };
	char url[64];

	server_start(&s, &ca, NULL);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", s.port);
	h.url = url;
	if (_i)
		h.tls.cert_pem = h.tls.key_pem = "this is no PEM";
	else
		h.tls.ca_pem = "this is no PEM";
	ck_assert_int_eq(ek_http_start(loop, &h), 0);
	ck_assert(ek_loop_until(loop, &over, 20000));
	ck_assert_msg(result == EK_EINVALID, "%d %s", result, h.err.msg);
	ek_http_done(&h);
	ek_loop_free(loop);
	server_stop(&s);
	drop(&ca);
}
END_TEST

static const int two[2];

EK_TESTS("loop/http TLS", EK_ROWS(trusts_whom_it_should, rows),
	 EK_ROWS(malformed_certificates_are_the_callers_fault, two))
