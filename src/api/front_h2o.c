/* SPDX-License-Identifier: Apache-2.0 */

/*
 * HTTP/1.1 and HTTP/2 over TLS by h2o: the other side of http.h. What h2o 2.2.5 leaves open is closed
 * here, from outside:
 *  - a client that leaves while an HTTP/1 response flows is noticed (early_read): h2o itself does not
 *    read meanwhile;
 *  - HTTP/2 rapid reset (CVE-2023-44487): resets are counted per connection (count_reset);
 *  - readers that take nothing are cut off (stall), memory per response is bounded (HTTP_HIGH_WATER);
 *  - bodies and targets have a maximum.
 */

#include "front_h2o.h"

#include <ekube/clock.h>
#include <ekube/log.h>
#include <ekube/stream.h>
#include <ekube/str.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define H2O_USE_LIBUV 1
#include <h2o.h>
#include <h2o/http1.h>

#include "front_tls.h"
#include "http.h"

enum {
	MAX_CONNECTIONS = 16384,
	MAX_SEND_PIECES = 64,
	RESET_WINDOW_MS = 1000,
	MAX_RESETS = 200, /* in a window; a working client resets a handful */
	IDLE_MS = 120 * 1000,
	READ_MS = 60 * 1000,
	HANDSHAKE_MS = 10 * 1000,
	MAX_EARLY_INPUT = 64 << 10,
};

struct listener {
	struct ek_loop    *loop;
	struct front      *front;
	h2o_globalconf_t   config;
	h2o_context_t      ctx;
	h2o_accept_ctx_t   accept;
	struct ek_listener listen;
	bool               listening;
	SSL_CTX           *ssl;
	struct ek_list     conns;
	size_t             n_conns;
};

struct conn {
	struct ek_list   node;
	struct listener *listener;
	h2o_socket_t    *sock;
	struct tls_peer  peer;
	struct exchange *early; /* the HTTP/1 response during which we read */
	int64_t          window_ms;
	unsigned         resets;
	bool             upgraded;
};

/* A request and its response; lives in the request's memory pool. */
struct exchange {
	struct http_req pub;
	h2o_generator_t gen;
	h2o_req_t      *req;
	struct conn    *conn;
	struct ek_timer stall;
	EK_VEC(struct ek_bytes *) pending;
	EK_VEC(struct ek_bytes *) sending;
	size_t          pending_bytes;
	bool            started, in_flight, ended, end_ok, finished, blocked, is_gone;
};

struct handler {
	h2o_handler_t    super;
	struct listener *listener;
};

/* ---------------------------------------------------------------- connections */

static struct conn *conn_of(h2o_req_t *req)
{
	h2o_socket_t *sock = req->conn->callbacks->get_socket(req->conn);

	return sock->on_close.data;
}

static void cut(h2o_socket_t *sock)
{
	(void)shutdown(h2o_socket_get_fd(sock), SHUT_RDWR);
}

static void on_socket_closed(void *data)
{
	struct conn *c = data;

	ek_list_del(&c->node);
	c->listener->n_conns--;
	tls_peer_done(&c->peer);
	free(c);
}

static void on_handshake_done(SSL *ssl)
{
	h2o_socket_t *sock = BIO_get_data(SSL_get_rbio(ssl));
	struct conn *c = sock->on_close.data;

	tls_peer_done(&c->peer);
	tls_read_peer(ssl, &c->peer);
}

static void on_tcp_closed(uv_handle_t *handle)
{
	free(handle);
}

static void on_accept(struct ek_listener *l, int take_fd)
{
	struct listener *ln = ek_container_of(l, struct listener, listen);
	uv_tcp_t *tcp;
	struct conn *c;

	if (ln->n_conns >= MAX_CONNECTIONS) {
		(void)close(take_fd);
		return;
	}
	tcp = ek_malloc(sizeof(*tcp));
	if (uv_tcp_init(ek_loop_uv(ln->loop), tcp) < 0) {
		free(tcp);
		(void)close(take_fd);
		return;
	}
	if (uv_tcp_open(tcp, take_fd) < 0) {
		(void)close(take_fd);
		uv_close((uv_handle_t *)tcp, on_tcp_closed);
		return;
	}
	(void)uv_tcp_nodelay(tcp, 1);
	c = ek_new(struct conn);
	c->listener = ln;
	c->sock = h2o_uv_socket_create((uv_stream_t *)tcp, on_tcp_closed);
	c->sock->on_close.cb = on_socket_closed;
	c->sock->on_close.data = c;
	ek_list_add_tail(&ln->conns, &c->node);
	ln->n_conns++;
	h2o_accept(&ln->accept, c->sock);
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
		cut(c->sock);
}

/* ------------------------------------------------------------------ responses */

static void drop_all(struct exchange *x)
{
	for (size_t i = 0; i < x->pending.n; i++)
		ek_bytes_unref(x->pending.items[i]);
	for (size_t i = 0; i < x->sending.n; i++)
		ek_bytes_unref(x->sending.items[i]);
	ek_vec_done(&x->pending);
	ek_vec_done(&x->sending);
}

static void stop_early_read(struct exchange *x)
{
	if (!x->conn || x->conn->early != x)
		return;
	x->conn->early = NULL;
	h2o_socket_read_stop(x->conn->sock);
}

/* The end, from whichever side; the request's memory may live a little longer. */
static void leave(struct exchange *x)
{
	if (x->is_gone)
		return;
	x->is_gone = true;
	ek_timer_stop(&x->stall);
	stop_early_read(x);
	if (!x->finished && x->req->version >= 0x200)
		count_reset(x->conn);
	if (x->pub.gone)
		x->pub.gone(&x->pub);
	drop_all(x);
}

static void on_dispose(void *p)
{
	leave(p);
}

static void on_stop(h2o_generator_t *gen, h2o_req_t *req)
{
	(void)req;
	leave(ek_container_of(gen, struct exchange, gen));
}

static void on_stall(struct ek_timer *t)
{
	struct exchange *x = ek_container_of(t, struct exchange, stall);

	ek_debug("cut off a reader that takes nothing", "path", x->pub.path);
	cut(x->conn->sock);
}

/*
 * Data or the end of the connection while an HTTP/1 response flows. Data is the next request (kept for
 * h2o, which looks into the buffer when the response is complete); the end is news that h2o would only
 * learn from a failing write.
 */
static void early_read(h2o_socket_t *sock, const char *err)
{
	struct conn *c = sock->on_close.data;
	struct exchange *x = c->early;

	if (!x || (!err && sock->input->size <= MAX_EARLY_INPUT))
		return;
	stop_early_read(x);
	if (!err)
		return;
	cut(sock);
	if (x->in_flight)
		return; /* the write fails now, and h2o cleans up */
	x->in_flight = true;
	h2o_send(x->req, NULL, 0, H2O_SEND_STATE_ERROR);
}

static void watch_for_close(struct exchange *x)
{
	/* what h2o points at inside the input buffer must not move: only requests without a body */
	if (!x->pub.is_http1 || x->pub.body_len || x->conn->early)
		return;
	x->conn->early = x;
	h2o_socket_read_start(x->conn->sock, early_read);
}

static void send_pending(struct exchange *x)
{
	h2o_iovec_t bufs[MAX_SEND_PIECES];
	size_t n = EK_MIN(x->pending.n, (size_t)MAX_SEND_PIECES);
	h2o_send_state_t state = H2O_SEND_STATE_IN_PROGRESS;

	for (size_t i = 0; i < n; i++) {
		struct ek_bytes *b = x->pending.items[i];

		bufs[i] = h2o_iovec_init(b->data, b->len);
		x->pending_bytes -= b->len;
		ek_vec_push(&x->sending, b);
	}
	for (size_t i = n; i < x->pending.n; i++)
		x->pending.items[i - n] = x->pending.items[i];
	x->pending.n -= n;
	if (x->ended && x->pending.n == 0) {
		state = x->end_ok ? H2O_SEND_STATE_FINAL : H2O_SEND_STATE_ERROR;
		x->finished = true;
		stop_early_read(x);
	}
	x->in_flight = true;
	ek_timer_start(x->conn->listener->loop, &x->stall, HTTP_STALL_MS, on_stall);
	h2o_send(x->req, bufs, n, state);
}

static void on_proceed(h2o_generator_t *gen, h2o_req_t *req)
{
	struct exchange *x = ek_container_of(gen, struct exchange, gen);

	(void)req;
	x->in_flight = false;
	ek_timer_stop(&x->stall);
	for (size_t i = 0; i < x->sending.n; i++)
		ek_bytes_unref(x->sending.items[i]);
	x->sending.n = 0;
	if (x->pending.n || x->ended) {
		send_pending(x);
	} else {
		/* a quiet watch keeps no buffers */
		ek_vec_done(&x->sending);
		ek_vec_done(&x->pending);
	}
	if (x->blocked && !x->ended && x->pending_bytes < HTTP_LOW_WATER) {
		x->blocked = false;
		if (x->pub.drained)
			x->pub.drained(&x->pub);
	}
}

static const char *reason_of(int status)
{
	static const struct {
		int         status;
		const char *reason;
	} rows[] = {
		{ 101, "Switching Protocols" }, { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
		{ 301, "Moved Permanently" }, { 304, "Not Modified" }, { 307, "Temporary Redirect" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 406, "Not Acceptable" }, { 409, "Conflict" }, { 410, "Gone" },
		{ 413, "Request Entity Too Large" }, { 414, "URI Too Long" }, { 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Entity" }, { 429, "Too Many Requests" }, { 500, "Internal Server Error" },
		{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++)
		if (rows[i].status == status)
			return rows[i].reason;
	return status < 400 ? "OK" : "Error";
}

static struct exchange *exchange_of(struct http_req *r)
{
	return ek_container_of(r, struct exchange, pub);
}

static void begin(struct exchange *x, int status, const char *type, size_t length)
{
	EK_ASSERT(!x->started);
	x->started = true;
	x->req->res.status = status;
	x->req->res.reason = reason_of(status);
	x->req->res.content_length = length;
	if (type) {
		h2o_iovec_t copy = h2o_strdup(&x->req->pool, type, SIZE_MAX);

		h2o_add_header(&x->req->pool, &x->req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, copy.base, copy.len);
	}
	h2o_add_header(&x->req->pool, &x->req->res.headers, H2O_TOKEN_CACHE_CONTROL, NULL,
		       H2O_STRLIT("no-cache, private"));
	h2o_start_response(x->req, &x->gen);
}

const char *http_header(struct http_req *r, const char *name)
{
	struct exchange *x = exchange_of(r);
	ssize_t i = h2o_find_header_by_str(&x->req->headers, name, strlen(name), SIZE_MAX);
	h2o_iovec_t v;

	if (ek_streq(name, "upgrade"))
		v = x->req->upgrade;
	else if (i >= 0)
		v = x->req->headers.entries[i].value;
	else
		return NULL;
	return v.base ? h2o_strdup(&x->req->pool, v.base, v.len).base : NULL;
}

const char *http_header_at(struct http_req *r, const char *name, size_t i)
{
	struct exchange *x = exchange_of(r);
	ssize_t at = -1;

	do {
		at = h2o_find_header_by_str(&x->req->headers, name, strlen(name), at);
	} while (at >= 0 && i-- > 0);
	if (at < 0)
		return NULL;
	return h2o_strdup(&x->req->pool, x->req->headers.entries[at].value.base, x->req->headers.entries[at].value.len).base;
}

const char *http_pool_text(struct http_req *r, const char *text)
{
	return h2o_strdup(&exchange_of(r)->req->pool, text, SIZE_MAX).base;
}

void http_add_header(struct http_req *r, const char *name, const char *value)
{
	struct exchange *x = exchange_of(r);
	h2o_iovec_t n = h2o_strdup(&x->req->pool, name, SIZE_MAX);
	h2o_iovec_t v = h2o_strdup(&x->req->pool, value, SIZE_MAX);

	h2o_add_header_by_str(&x->req->pool, &x->req->res.headers, n.base, n.len, 1, NULL, v.base, v.len);
}

void http_reply(struct http_req *r, int status, const char *type, struct ek_bytes *take_body)
{
	struct exchange *x = exchange_of(r);

	if (x->is_gone) {
		ek_bytes_unref(take_body);
		return;
	}
	begin(x, status, type, take_body ? take_body->len : 0);
	if (take_body) {
		x->pending_bytes += take_body->len;
		ek_vec_push(&x->pending, take_body);
	}
	x->ended = x->end_ok = true;
	send_pending(x);
}

void http_start(struct http_req *r, int status, const char *type)
{
	struct exchange *x = exchange_of(r);

	if (x->is_gone)
		return;
	begin(x, status, type, SIZE_MAX);
	send_pending(x); /* nothing yet: sends the head */
	watch_for_close(x);
}

bool http_write(struct http_req *r, struct ek_bytes *b)
{
	struct exchange *x = exchange_of(r);

	if (x->is_gone || x->ended)
		return true;
	if (b->len) {
		ek_vec_push(&x->pending, ek_bytes_ref(b));
		x->pending_bytes += b->len;
	}
	if (!x->in_flight && x->pending.n)
		send_pending(x);
	x->blocked = x->pending_bytes > HTTP_HIGH_WATER;
	return !x->blocked;
}

void http_end(struct http_req *r, bool ok)
{
	struct exchange *x = exchange_of(r);

	if (x->is_gone || x->ended)
		return;
	x->ended = true;
	x->end_ok = ok;
	if (!x->in_flight)
		send_pending(x);
}

/* ----------------------------------------------------------------- a request */

static char *pool_text(h2o_req_t *req, h2o_iovec_t v)
{
	return h2o_strdup(&req->pool, v.base, v.len).base;
}

static int on_request(h2o_handler_t *h, h2o_req_t *req)
{
	struct listener *ln = ((struct handler *)h)->listener;
	struct exchange *x = h2o_mem_alloc_shared(&req->pool, sizeof(*x), on_dispose);
	char *path = pool_text(req, req->path), *query;

	memset(x, 0, sizeof(*x));
	x->req = req;
	x->conn = conn_of(req);
	x->gen.proceed = on_proceed;
	x->gen.stop = on_stop;
	query = strchr(path, '?');
	if (query)
		*query++ = '\0';
	x->pub = (struct http_req){
		.front = ln->front,
		.method = pool_text(req, req->method),
		.path = path,
		.query = query ? query : "",
		.body = req->entity.base,
		.body_len = req->entity.len,
		.is_http1 = req->version < 0x200,
	};
	front_handle(&x->pub);
	return 0;
}

const struct tls_peer *http_peer(const struct http_req *r)
{
	return &ek_container_of(r, const struct exchange, pub)->conn->peer;
}

bool http_target_too_long(const struct http_req *r)
{
	return ek_container_of(r, const struct exchange, pub)->req->path.len > HTTP_MAX_TARGET;
}

/* ------------------------------------------------------------------- upgrade */

struct raw {
	struct http_raw *pub;
	void (*opened)(struct http_raw *c, int rc);
	h2o_socket_t    *sock;
	struct ek_loop  *loop;
	struct ek_buf    pending, sending;
	struct ek_timer  stall;
	bool             writing, reading, blocked, closing;
};

enum { RAW_MAX_PENDING = 16 << 20, RAW_CLOSE_MS = 10 * 1000 };

static void raw_free(struct raw *w)
{
	ek_timer_stop(&w->stall);
	if (w->sock)
		h2o_socket_close(w->sock);
	ek_buf_done(&w->pending);
	ek_buf_done(&w->sending);
	free(w);
}

static void raw_broke(struct raw *w, int rc)
{
	if (w->closing) {
		raw_free(w);
		return;
	}
	h2o_socket_read_stop(w->sock);
	w->pub->on_read(w->pub, NULL, rc); /* its owner closes it, now or later */
}

static void raw_send(struct raw *w);

static void on_raw_stall(struct ek_timer *t)
{
	cut(ek_container_of(t, struct raw, stall)->sock);
}

static void on_raw_written(h2o_socket_t *sock, const char *err)
{
	struct raw *w = sock->data;

	w->writing = false;
	ek_timer_stop(&w->stall);
	ek_buf_clear(&w->sending);
	if (err) {
		ek_buf_clear(&w->pending);
		raw_broke(w, -EPIPE);
		return;
	}
	if (w->pending.len)
		raw_send(w);
	else if (w->closing) {
		if (!w->reading)
			raw_free(w);
		return;
	}
	if (w->blocked && w->pending.len < HTTP_LOW_WATER) {
		w->blocked = false;
		if (!w->closing && w->pub->on_drained)
			w->pub->on_drained(w->pub);
	}
}

static void raw_send(struct raw *w)
{
	struct ek_buf empty = w->sending;
	h2o_iovec_t v;

	w->sending = w->pending;
	w->pending = empty;
	w->writing = true;
	v = h2o_iovec_init(w->sending.data, w->sending.len);
	ek_timer_start(w->loop, &w->stall, w->closing ? RAW_CLOSE_MS : HTTP_STALL_MS, on_raw_stall);
	h2o_socket_write(w->sock, &v, 1, on_raw_written);
}

static void on_raw_read(h2o_socket_t *sock, const char *err)
{
	struct raw *w = sock->data;
	size_t n = sock->input->size;

	/* the callback may close the connection: consume first, free last */
	w->reading = true;
	if (n && !w->closing) {
		struct ek_bytes *copy = ek_bytes_new(sock->input->bytes, n);

		h2o_buffer_consume(&sock->input, n);
		w->pub->on_read(w->pub, copy->data, (ssize_t)n);
		ek_bytes_unref(copy);
	}
	w->reading = false;
	if (w->closing && (err || !w->writing))
		raw_free(w);
	else if (err)
		raw_broke(w, 0);
}

static void on_upgraded(void *data, h2o_socket_t *sock, size_t reqsize)
{
	struct raw *w = data;
	struct http_raw *pub = w->pub;

	if (w->closing) { /* closed before the 101 was out */
		w->sock = sock;
		raw_free(w);
		return;
	}
	if (!sock) {
		pub->impl = NULL;
		w->opened(pub, -EPIPE);
		raw_free(w);
		return;
	}
	w->sock = sock;
	sock->data = w;
	h2o_buffer_consume(&sock->input, reqsize);
	h2o_socket_read_start(sock, on_raw_read);
	w->reading = true; /* it may be closed at once: then w goes below */
	w->opened(pub, 0);
	w->reading = false;
	if (!w->closing && sock->input->size)
		on_raw_read(sock, NULL);
	else if (w->closing && !w->writing)
		raw_free(w);
}

int http_upgrade(struct http_req *r, const char *protocol, struct http_raw *c, void (*opened)(struct http_raw *c, int rc))
{
	struct exchange *x = exchange_of(r);
	struct raw *w;

	if (!r->is_http1 || x->is_gone)
		return EK_ENOTALLOWED;
	w = ek_new(struct raw);
	w->pub = c;
	w->opened = opened;
	w->loop = x->conn->listener->loop;
	ek_buf_init(&w->pending, RAW_MAX_PENDING);
	ek_buf_init(&w->sending, RAW_MAX_PENDING);
	c->impl = w;
	x->started = x->finished = true;
	x->conn->upgraded = true;
	x->req->res.status = 101;
	x->req->res.reason = reason_of(101);
	http_add_header(r, "upgrade", protocol);
	h2o_http1_upgrade(x->req, NULL, 0, on_upgraded, w);
	return 0;
}

bool http_raw_write(struct http_raw *c, const void *data, size_t n)
{
	struct raw *w = c->impl;

	if (!w || w->closing)
		return true;
	if (ek_buf_append(&w->pending, data, n) < 0) {
		cut(w->sock); /* the owner ignored "enough" beyond measure */
		return false;
	}
	if (!w->writing)
		raw_send(w);
	w->blocked = w->pending.len > HTTP_HIGH_WATER;
	return !w->blocked;
}

void http_raw_read_pause(struct http_raw *c)
{
	struct raw *w = c->impl;

	if (w && w->sock)
		h2o_socket_read_stop(w->sock);
}

void http_raw_read_resume(struct http_raw *c)
{
	struct raw *w = c->impl;

	if (w && w->sock)
		h2o_socket_read_start(w->sock, on_raw_read);
}

void http_raw_close(struct http_raw *c)
{
	struct raw *w = c->impl;

	if (!w)
		return;
	c->impl = NULL;
	w->closing = true;
	if (!w->sock)
		return; /* the 101 is still on its way: on_upgraded finishes */
	h2o_socket_read_stop(w->sock);
	if (w->writing)
		ek_timer_start(w->loop, &w->stall, RAW_CLOSE_MS, on_raw_stall);
	else if (!w->reading)
		raw_free(w);
}

/* ------------------------------------------------------------------ listener */

static void configure(struct listener *ln)
{
	h2o_hostconf_t *host;
	h2o_pathconf_t *path;
	struct handler *h;

	h2o_config_init(&ln->config);
	ln->config.server_name = h2o_iovec_init(NULL, 0);
	ln->config.max_request_entity_size = HTTP_MAX_BODY;
	ln->config.handshake_timeout = HANDSHAKE_MS;
	ln->config.http1.req_timeout = READ_MS;
	ln->config.http1.upgrade_to_http2 = 0;
	ln->config.http2.idle_timeout = IDLE_MS;
	host = h2o_config_register_host(&ln->config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
	path = h2o_config_register_path(host, "/", 0);
	h = (struct handler *)h2o_create_handler(path, sizeof(*h));
	h->super.on_req = on_request;
	h->listener = ln;
}

int listener_new(struct ek_loop *loop, struct front *front, const struct ek_api_options *o, struct listener **ret,
		 struct ek_err *err)
{
	struct listener *ln = ek_new(struct listener);
	int rc;

	ln->loop = loop;
	ln->front = front;
	ek_list_init(&ln->conns);
	rc = tls_context_new(o->serving_cert, o->serving_key, o->client_ca, on_handshake_done, &ln->ssl, err);
	if (rc < 0) {
		free(ln);
		return rc;
	}
	configure(ln);
	h2o_context_init(&ln->ctx, ek_loop_uv(loop), &ln->config);
	ln->accept = (h2o_accept_ctx_t){ .ctx = &ln->ctx, .hosts = ln->config.hosts, .ssl_ctx = ln->ssl };
	*ret = ln;
	return 0;
}

int listener_start(struct listener *ln, const char *address, int port, struct ek_err *err)
{
	int rc = ek_listen_tcp(ln->loop, &ln->listen, address, port, on_accept, err);

	if (rc == -EADDRINUSE)
		return ek_fail(err, rc, "port %d is in use by another program: stop it, or choose another with --https-listen-port",
			       port);
	ln->listening = rc >= 0;
	return rc;
}

int listener_port(const struct listener *ln)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);

	if (!ln->listening || getsockname(ln->listen.fd, (struct sockaddr *)&sa, &n) < 0)
		return 0;
	return ntohs(sa.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&sa)->sin6_port
					      : ((struct sockaddr_in *)&sa)->sin_port);
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
	EK_LIST_EACH(node, tmp, &ln->conns)
		cut(ek_container_of(node, struct conn, node)->sock);
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
