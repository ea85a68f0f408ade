/* SPDX-License-Identifier: Apache-2.0 */

/*
 * HTTP/1.1 and HTTP/2 over TLS by h2o: the port and its connections. What h2o 2.2.5 leaves open
 * is closed from outside:
 *  - a client that leaves while an HTTP/1 response flows is noticed (front_exchange.c);
 *  - HTTP/2 rapid reset (CVE-2023-44487): resets are counted per connection (conn_end);
 *  - readers that take nothing are cut off (stall), memory per response is bounded
 *    (HTTP_HIGH_WATER);
 *  - heads, bodies and targets have a maximum, and so has all that came in and is no request yet
 *    (on_received): by connection, and by port;
 *  - writers who never finish are cut off: h2o does so for HTTP/1, `idle` for all;
 *  - the number of connections has a maximum, and strangers who ask nothing make room for others;
 *  - what h2o would say in its own words is said as a Status (front_refuse.c).
 */

#include <ekube/clock.h>
#include <ekube/log.h>
#include <ekube/str.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front_conn.h"

enum {
	MAX_CONNECTIONS = 16384,
	SPARE_FILES = 256,               /* of the process' limit, for everything else */
	RESET_WINDOW_MS = 1000,
	MAX_RESETS = 200,                /* in a window; a working client resets a handful */
	H2_IDLE_MS = 120 * 1000,         /* h2o's: a byte begins it anew */
	IDLE_MS = 180 * 1000,            /* ours: only a request does */
	READ_MS = 60 * 1000,             /* HTTP/1: from the first byte to the whole request */
	HANDSHAKE_MS = 10 * 1000,
	KNOWN_STALL_MS = 600 * 1000,     /* people do page through logs */
	MAX_TAKEN_BODY = 16 << 20,       /* to answer who sends more than HTTP_MAX_BODY */
	MAX_HELD = 20 << 20,             /* by a connection */
	MAX_HELD_ALL = 64 << 20,
	H2_OVERHEAD = 16 << 10,          /* of a request, beside its body */
	INPUT_BYTES = 4096,              /* the head of a watch's request stays in its buffer */
	SMALL_RECORDS = 200 << 10,       /* h2o: a connection's first, for browsers */
};

/* ---------------------------------------------------------------- connections */

struct conn *conn_of(h2o_req_t *req)
{
	h2o_socket_t *sock = req->conn->callbacks->get_socket(req->conn);

	return sock->on_close.data;
}

void conn_cut(h2o_socket_t *sock)
{
	(void)shutdown(h2o_socket_get_fd(sock), SHUT_RDWR);
}

static void hold(struct conn *c, size_t n)
{
	c->held += n;
	c->listener->held += n;
}

static void release(struct conn *c, size_t n)
{
	n = EK_MIN(n, c->held);
	c->held -= n;
	c->listener->held -= n;
}

static void give_up(struct conn *c, const char *why)
{
	ek_debug("cut off a connection", "because", why);
	release(c, c->held);
	conn_cut(c->sock);
}

static void on_socket_closed(void *data)
{
	struct conn *c = data;

	release(c, c->held);
	ek_timer_stop(&c->idle);
	ek_list_del(&c->node);
	c->listener->n_conns--;
	tls_peer_done(&c->peer);
	free(c);
}

static void on_idle(struct ek_timer *t)
{
	give_up(ek_container_of(t, struct conn, idle), "it asks nothing");
}

static void start_idle(struct conn *c)
{
	ek_timer_start(c->listener->loop, &c->idle, IDLE_MS, on_idle);
}

/* Somebody must go so that the others stay: the stranger who holds most, else who holds most. */
static void relieve(struct listener *ln)
{
	struct conn *worst = NULL;

	EK_LIST_EACH(node, tmp, &ln->conns) {
		struct conn *c = ek_container_of(node, struct conn, node);

		if (!worst || (worst->known && !c->known) ||
		    (worst->known == c->known && c->held > worst->held))
			worst = c;
	}
	if (worst)
		give_up(worst, "too much is held in all");
}

/* A TLS record of n bytes has come in. */
static void on_received(SSL *ssl, size_t n)
{
	h2o_socket_t *sock = BIO_get_data(SSL_get_rbio(ssl));
	struct conn *c = sock->on_close.data;

	if (c->upgraded)
		return;
	hold(c, n);
	if (c->held > MAX_HELD)
		give_up(c, "it holds too much");
	else if (c->listener->held > MAX_HELD_ALL)
		relieve(c->listener);
}

/* Streams that a client opens only to reset cost us work and it nothing: enough is enough. */
static void count_reset(struct conn *c)
{
	int64_t now = ek_clock_mono_ms();

	if (now - c->window_ms > RESET_WINDOW_MS) {
		c->window_ms = now;
		c->resets = 0;
	}
	if (++c->resets > MAX_RESETS)
		give_up(c, "it resets its requests");
}

void conn_begin(struct conn *c, size_t body_len, bool is_http1)
{
	release(c, is_http1 ? c->held : body_len + H2_OVERHEAD);
	ek_timer_stop(&c->idle);
	c->n_exchanges++;
}

void conn_end(struct conn *c, bool reset)
{
	if (--c->n_exchanges == 0 && !c->upgraded)
		start_idle(c);
	if (reset)
		count_reset(c);
}

/* Who reads much sends many small frames that allow more. */
void conn_sent(struct conn *c, size_t n)
{
	release(c, n / 32);
}

/*
 * TLS gives its buffer of 16 KB back after each record, so that thousands of quiet connections are
 * cheap. Where records follow each other it keeps it.
 */
void conn_flows(struct conn *c, bool much)
{
	if (much)
		(void)SSL_clear_mode(c->ssl, SSL_MODE_RELEASE_BUFFERS);
	else
		(void)SSL_set_mode(c->ssl, SSL_MODE_RELEASE_BUFFERS);
}

int conn_stall_ms(const struct conn *c)
{
	return c->known ? KNOWN_STALL_MS : HTTP_STALL_MS;
}

static void on_handshake_done(SSL *ssl)
{
	h2o_socket_t *sock = BIO_get_data(SSL_get_rbio(ssl));
	struct conn *c = sock->on_close.data;

	tls_peer_done(&c->peer);
	tls_read_peer(ssl, &c->peer);
	c->ssl = ssl;
	c->known = c->peer.verified;
}

/* ------------------------------------------------------------------ accepting */

static size_t max_connections(void)
{
	struct rlimit files;
	size_t n;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur > MAX_CONNECTIONS + SPARE_FILES)
		return MAX_CONNECTIONS;
	n = (size_t)files.rlim_cur;
	return n > 2 * SPARE_FILES ? n - SPARE_FILES : n / 2;
}

/* The oldest stranger who asks nothing. */
static void make_room(struct listener *ln)
{
	EK_LIST_EACH(node, tmp, &ln->conns) {
		struct conn *c = ek_container_of(node, struct conn, node);

		if (c->known || c->n_exchanges || c->upgraded)
			continue;
		give_up(c, "others want in");
		/* not chosen again while it closes */
		ek_list_del(&c->node);
		ek_list_add_tail(&ln->conns, &c->node);
		return;
	}
}

static void on_tcp_closed(uv_handle_t *handle)
{
	free(handle);
}

static uv_tcp_t *open_tcp(struct listener *ln, int take_fd)
{
	uv_tcp_t *tcp = ek_malloc(sizeof(*tcp));

	if (uv_tcp_init(ek_loop_uv(ln->loop), tcp) < 0) {
		free(tcp);
		(void)close(take_fd);
		return NULL;
	}
	if (uv_tcp_open(tcp, take_fd) < 0) {
		(void)close(take_fd);
		uv_close((uv_handle_t *)tcp, on_tcp_closed);
		return NULL;
	}
	(void)uv_tcp_nodelay(tcp, 1);
	return tcp;
}

static void on_accept(struct ek_listener *l, int take_fd)
{
	struct listener *ln = ek_container_of(l, struct listener, listen);
	uv_tcp_t *tcp;
	struct conn *c;

	if (ln->n_conns >= max_connections()) {
		(void)close(take_fd);
		make_room(ln);
		return;
	}
	tcp = open_tcp(ln, take_fd);
	if (!tcp)
		return;
	c = ek_new(struct conn);
	c->listener = ln;
	c->sock = h2o_uv_socket_create((uv_stream_t *)tcp, on_tcp_closed);
	c->sock->bytes_written = SMALL_RECORDS;
	c->sock->on_close.cb = on_socket_closed;
	c->sock->on_close.data = c;
	ek_list_add_tail(&ln->conns, &c->node);
	ln->n_conns++;
	start_idle(c);
	h2o_accept(&ln->accept, c->sock);
}

/* ------------------------------------------------------------------ listener */

static void configure(struct listener *ln)
{
	h2o_hostconf_t *host;
	h2o_pathconf_t *path;
	struct handler *h;

	h2o_config_init(&ln->config);
	ln->config.server_name = h2o_iovec_init(NULL, 0);
	ln->config.max_request_entity_size = MAX_TAKEN_BODY;
	ln->config.handshake_timeout = HANDSHAKE_MS;
	ln->config.http1.req_timeout = READ_MS;
	ln->config.http1.upgrade_to_http2 = 0;
	ln->config.http2.idle_timeout = H2_IDLE_MS;
	host = h2o_config_register_host(&ln->config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
	refuse_configure(host);
	path = h2o_config_register_path(host, "/", 0);
	h = (struct handler *)h2o_create_handler(path, sizeof(*h));
	h->super.on_req = exchange_on_request;
	h->listener = ln;
}

int listener_new(struct ek_loop *loop, struct front *front, const struct ek_api_options *o,
		 struct listener **ret, struct ek_err *err)
{
	struct listener *ln = ek_new(struct listener);
	int rc;

	ln->loop = loop;
	ln->front = front;
	ek_list_init(&ln->conns);
	rc = tls_context_new(o->serving_cert, o->serving_key, o->client_ca, on_handshake_done,
			     on_received, &ln->ssl, err);
	if (rc < 0) {
		free(ln);
		return rc;
	}
	configure(ln);
	h2o_socket_buffer_prototype._initial_buf.capacity = INPUT_BYTES;
	h2o_context_init(&ln->ctx, ek_loop_uv(loop), &ln->config);
	ln->accept = (h2o_accept_ctx_t){ .ctx = &ln->ctx,
					 .hosts = ln->config.hosts,
					 .ssl_ctx = ln->ssl };
	*ret = ln;
	return 0;
}

int listener_start(struct listener *ln, const char *address, int port, struct ek_err *err)
{
	int rc = ek_listen_tcp(ln->loop, &ln->listen, address, EK_MAX(port, 0), on_accept, err);

	if (rc == -EADDRINUSE)
		return ek_fail(
			err, rc,
			"port %d is in use by another program: stop it, or choose another with --https-listen-port",
			port);
	ln->listening = rc >= 0;
	return rc;
}

int listener_port(const struct listener *ln)
{
	return ln->listening ? EK_MAX(ek_listen_port(&ln->listen), 0) : 0;
}

void listener_stop(struct listener *ln)
{
	if (ln->listening)
		ek_listen_stop(&ln->listen);
	ln->listening = false;
	h2o_context_request_shutdown(&ln->ctx);
}

size_t listener_connections(const struct listener *ln)
{
	return ln->n_conns;
}

void listener_cut_all(struct listener *ln)
{
	EK_LIST_EACH(node, tmp, &ln->conns) {
		struct conn *c = ek_container_of(node, struct conn, node);

		/* who does not read at the moment would not notice */
		conn_cut(c->sock);
		if (c->raw)
			raw_break(c->raw);
		else if (c->http1)
			exchange_break(c->http1);
	}
}

void listener_free(struct listener *ln)
{
	if (!ln)
		return;
	EK_ASSERT(ln->n_conns == 0);
	/* a second after the first goodbye h2o says it again: there is nobody left to hear it */
	h2o_timeout_unlink(&ln->ctx.http2._graceful_shutdown_timeout);
	h2o_context_dispose(&ln->ctx);
	h2o_config_dispose(&ln->config);
	SSL_CTX_free(ln->ssl);
	free(ln);
}
