/* SPDX-License-Identifier: Apache-2.0 */
#include "api_port.h"

#include <arpa/inet.h>
#include <check.h>
#include <ctype.h>
#include <ekube/clock.h>
#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000, WRITE_MS = 1000, MAX_IN = 64 << 20 };

static struct ek_node_access *node_access(void *arg, const char *node_name)
{
	return ek_streq(node_name, "n") ? arg : NULL;
}

static char *sign(const struct port_world *p, const struct ek_key *key,
		  const struct ek_cert_spec *spec)
{
	struct ek_err err;
	char *pem = NULL;

	ck_assert_msg(ek_cert_sign(spec, key, p->ca, p->ca_key, &pem, &err) == 0, "%s", err.msg);
	return pem;
}

static void make_trust(struct port_world *p)
{
	static const char *const sans[] = { "127.0.0.1", "localhost", NULL };
	EK_CLEANUP(ek_key_freep) struct ek_key *key = ek_key_new();
	const struct ek_cert_spec ca = { .common_name = "ca", .is_ca = true };
	const struct ek_cert_spec server = { .common_name = "server",
					     .sans = sans,
					     .for_server = true };

	p->ca_key = ek_key_new();
	p->ca = sign(p, p->ca_key, &ca);
	p->key = ek_key_to_pem(key);
	p->cert = sign(p, key, &server);
}

static void write_tokens(char path[64])
{
	static const char text[] = PORT_ADMIN ",admin,1,\"system:masters\"\n" PORT_USER
					      ",jane,2,\"devs\"\n";
	int fd;

	(void)ek_str_into(path, 64, "/tmp/ekube-tokens-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	(void)close(fd);
}

void port_open(struct port_world *p, struct ek_node_access *access)
{
	char tokens[64];
	struct ek_loop *loop = ek_loop_new();

	*p = (struct port_world){ 0 };
	make_trust(p);
	write_tokens(tokens);
	p->w = (struct world){ .loop = loop, .store = ek_store_open_memory(loop, NULL) };
	world_start(&p->w, &(struct ek_api_options){
				   .serving_cert = p->cert,
				   .serving_key = p->key,
				   .client_ca = p->ca,
				   .token_file = tokens,
				   .bind_address = "127.0.0.1",
				   .port = -1,
				   .node_access = node_access,
				   .arg = access,
			   });
	(void)unlink(tokens);
	ck_assert_int_eq(world_create(&p->w, &ek_kind_serviceaccount, "default",
				      "{'metadata':{'name':'default'}}"),
			 0);
}

void port_close(struct port_world *p)
{
	world_close(&p->w);
	ek_key_free(p->ca_key);
	free(p->ca);
	free(p->cert);
	free(p->key);
}

void port_add_pod(struct port_world *p, bool several)
{
	static const char one[] = "{'metadata':{'name':'p'},'spec':{'nodeName':'n','containers':"
				  "[{'name':'c','image':'i'}]}}";
	static const char two[] =
		"{'metadata':{'name':'p'},'spec':{'nodeName':'n','initContainers':"
		"[{'name':'i','image':'i'}],'containers':"
		"[{'name':'c','image':'i'},{'name':'d','image':'i'}]}}";

	ck_assert_msg(world_create(&p->w, &ek_kind_pod, "default", several ? two : one) == 0, "%s",
		      world_message(&p->w));
}

/* ---- a client ---- */

static void pump(struct peer *c)
{
	static const bool never = false;

	if (!ek_loop_turn(c->loop))
		(void)ek_loop_until(c->loop, &never, 1);
}

static void connect_to(struct peer *c, struct port_world *p)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)ek_api_port(p->w.api)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(c->fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
}

/* What OpenSSL's queue holds is the server's, who shares our thread: it would be taken for ours. */
static int connect_more(struct peer *c)
{
	ERR_clear_error();
	return SSL_connect(c->ssl);
}

static void handshake(struct peer *c, const char *alpn)
{
	int64_t end = ek_clock_mono_ms() + PATIENCE_MS;
	unsigned char wire[32];
	int rc;

	wire[0] = (unsigned char)strlen(alpn);
	memcpy(wire + 1, alpn, wire[0]);
	c->ssl = SSL_new(c->ctx);
	ck_assert_int_eq(SSL_set_alpn_protos(c->ssl, wire, wire[0] + 1u), 0);
	ck_assert_int_eq(SSL_set_fd(c->ssl, c->fd), 1);
	while ((rc = connect_more(c)) != 1) {
		int why = SSL_get_error(c->ssl, rc);

		ck_assert(why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE);
		ck_assert_msg(ek_clock_mono_ms() < end, "no handshake");
		pump(c);
	}
}

static void begin(struct peer *c, struct port_world *p)
{
	*c = (struct peer){ .loop = p->w.loop, .in = EK_BUF_INIT(MAX_IN) };
	c->ctx = SSL_CTX_new(TLS_client_method());
	connect_to(c, p);
}

void peer_open(struct peer *c, struct port_world *p, const char *alpn)
{
	begin(c, p);
	handshake(c, alpn);
}

void peer_open_cert(struct peer *c, struct port_world *p, const char *name, const char *org,
		    bool self_signed)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *key = ek_key_new();
	EK_FREE char *key_pem = ek_key_to_pem(key);
	const char *orgs[] = { org, NULL };
	const struct ek_cert_spec spec = { .common_name = name,
					   .organizations = orgs,
					   .for_client = true };
	struct port_world self = { .ca_key = key };
	EK_FREE char *pem = sign(self_signed ? &self : p, key, &spec);
	BIO *cert_bio = BIO_new_mem_buf(pem, -1), *key_bio = BIO_new_mem_buf(key_pem, -1);
	X509 *x = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL);
	EVP_PKEY *k = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);

	begin(c, p);
	ck_assert(SSL_CTX_use_certificate(c->ctx, x) == 1 &&
		  SSL_CTX_use_PrivateKey(c->ctx, k) == 1);
	X509_free(x);
	EVP_PKEY_free(k);
	BIO_free(cert_bio);
	BIO_free(key_bio);
	handshake(c, "http/1.1");
}

void peer_close(struct peer *c)
{
	if (!c->ssl)
		return;
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	(void)close(c->fd);
	ek_buf_done(&c->in);
	ERR_clear_error();
	c->ssl = NULL;
}

static void read_some(struct peer *c)
{
	char piece[16384];
	int n;

	if (c->ended)
		return;
	ERR_clear_error();
	while ((n = SSL_read(c->ssl, piece, sizeof(piece))) > 0)
		ck_assert_int_eq(ek_buf_append(&c->in, piece, (size_t)n), 0);
	if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ)
		c->ended = true;
	ERR_clear_error();
}

void peer_write(struct peer *c, const void *data, size_t n)
{
	const char *p = data;
	int64_t end = ek_clock_mono_ms() + WRITE_MS;

	while (n > 0 && !c->ended) {
		int sent;

		ERR_clear_error();
		sent = SSL_write(c->ssl, p, (int)EK_MIN(n, (size_t)16384));
		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
			continue;
		}
		if (SSL_get_error(c->ssl, sent) != SSL_ERROR_WANT_WRITE || ek_clock_mono_ms() > end)
			c->ended = true;
		pump(c);
	}
	ERR_clear_error();
}

void peer_print(struct peer *c, const char *fmt, ...)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(MAX_IN);
	va_list ap;

	va_start(ap, fmt);
	(void)ek_buf_vfmt(&text, fmt, ap);
	va_end(ap);
	peer_write(c, text.data, text.len);
}

/* One condition at a time; the others are NULL, 0, false. */
static bool wait_for(struct peer *c, size_t n, const char *text, bool end, const bool *flag)
{
	int64_t until = ek_clock_mono_ms() + PATIENCE_MS;

	for (;;) {
		read_some(c);
		if ((n && c->in.len >= n) ||
		    (text && c->in.len && memmem(c->in.data, c->in.len, text, strlen(text))) ||
		    (end && c->ended) || (flag && *flag))
			return true;
		if ((c->ended && !flag) || ek_clock_mono_ms() > until)
			return false;
		pump(c);
	}
}

bool peer_read(struct peer *c, size_t n)
{
	return n == 0 || wait_for(c, n, NULL, false, NULL);
}

bool peer_until(struct peer *c, const char *text)
{
	return wait_for(c, 0, text, false, NULL);
}

bool peer_until_end(struct peer *c)
{
	return wait_for(c, 0, NULL, true, NULL);
}

bool peer_until_set(struct peer *c, const bool *flag)
{
	return wait_for(c, 0, NULL, false, flag);
}

void peer_take(struct peer *c, size_t n)
{
	ek_buf_consume(&c->in, n);
}

/* ---- HTTP/1.1 ---- */

static size_t length_of(const char *head)
{
	const char *p = strstr(head, "\ncontent-length:");

	return p ? strtoul(p + 16, NULL, 10) : SIZE_MAX;
}

void peer_reply(struct peer *c, struct reply *r)
{
	size_t head, length;

	*r = (struct reply){ 0 };
	ck_assert_msg(peer_until(c, "\r\n\r\n"), "no answer; so far: %.*s", (int)c->in.len,
		      c->in.data ? c->in.data : "");
	head = (size_t)((char *)memmem(c->in.data, c->in.len, "\r\n\r\n", 4) - c->in.data) + 4;
	r->head = ek_str_ndup(c->in.data, head);
	for (char *p = r->head; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	r->status = (int)strtol(r->head + strcspn(r->head, " "), NULL, 10);
	peer_take(c, head);
	length = length_of(r->head);
	if (r->status == 101 || r->status == 304 || length == SIZE_MAX)
		return;
	ck_assert_msg(peer_read(c, length), "the body is not whole");
	r->body = ek_str_ndup(c->in.data ? c->in.data : "", length);
	peer_take(c, length);
	(void)ek_json_parse(r->body, length, MAX_IN, &r->json, NULL, NULL);
}

void peer_ask(struct peer *c, struct reply *r, const char *method, const char *target,
	      const char *token, const char *more, const char *body)
{
	peer_print(c, "%s %s HTTP/1.1\r\nHost: h\r\n", method, target);
	if (token)
		peer_print(c, "Authorization: Bearer %s\r\n", token);
	if (body)
		peer_print(c, "Content-Length: %zu\r\n", strlen(body));
	peer_print(c, "%s\r\n%s", more ? more : "", body ? body : "");
	peer_reply(c, r);
}

void reply_done(struct reply *r)
{
	free(r->head);
	free(r->body);
	ek_json_unref(r->json);
	*r = (struct reply){ 0 };
}

void reply_is_status(const struct reply *r, int code, const char *reason, const char *message)
{
	const char *have = ek_json_str_at(r->json, "reason"),
		   *text = ek_json_str_at(r->json, "message");

	ck_assert_msg(r->status == code, "HTTP %d instead of %d: %s", r->status, code,
		      r->body ? r->body : "");
	ck_assert_msg(strstr(r->head, "\r\ncontent-type: application/json"), "%s", r->head);
	ck_assert_str_eq(ek_json_str_at(r->json, "kind"), "Status");
	ck_assert_str_eq(ek_json_str_at(r->json, "apiVersion"), "v1");
	ck_assert_str_eq(ek_json_str_at(r->json, "status"), "Failure");
	ck_assert_int_eq(ek_json_int_at(r->json, "code", 0), code);
	ck_assert_str_eq(have ? have : "", reason);
	ck_assert_msg(text && strstr(text, message), "'%s' is not in '%s'", message, text);
}
