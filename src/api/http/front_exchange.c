/* SPDX-License-Identifier: Apache-2.0 */

/* A request and its response: the other side of http.h. */

#include <ekube/log.h>
#include <ekube/str.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "front_conn.h"

enum {
	MAX_SEND_PIECES = 64,
	MAX_EARLY_INPUT = 64 << 10,
	KEEP_BUFFER_ABOVE = 32 << 10, /* bytes at a time: a long list, not a watch */
};

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
	if (x->pub.gone)
		x->pub.gone(&x->pub);
	drop_all(x);
	if (x->conn->http1 == x)
		x->conn->http1 = NULL;
	conn_end(x->conn, !x->finished && x->req->version >= 0x200);
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
	conn_cut(x->conn->sock);
}

/*
 * Data or the end of the connection while an HTTP/1 response flows. Data is the next request
 * (kept for h2o, which looks into the buffer when the response is complete); the end is news that
 * h2o would only learn from a failing write.
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
	conn_cut(sock);
	exchange_break(x);
}

void exchange_break(struct exchange *x)
{
	if (x->broken || x->is_gone)
		return;
	x->broken = true;
	stop_early_read(x);
	if (x->in_flight)
		return; /* the write fails now, and h2o cleans up */
	x->in_flight = true;
	if (!x->started)
		h2o_start_response(x->req, &x->gen);
	x->started = true;
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

/* Move up to `max` pieces from pending to sending. */
static size_t take_pieces(struct exchange *x, h2o_iovec_t *bufs, size_t max, size_t *ret_bytes)
{
	size_t n = EK_MIN(x->pending.n, max);

	*ret_bytes = 0;
	for (size_t i = 0; i < n; i++) {
		struct ek_bytes *b = x->pending.items[i];

		bufs[i] = h2o_iovec_init(b->data, b->len);
		*ret_bytes += b->len;
		ek_vec_push(&x->sending, b);
	}
	for (size_t i = n; i < x->pending.n; i++)
		x->pending.items[i - n] = x->pending.items[i];
	x->pending.n -= n;
	x->pending_bytes -= *ret_bytes;
	conn_sent(x->conn, *ret_bytes);
	return n;
}

/*
 * Each buffer that h2o is given becomes a TLS record, and a record costs more than copying what is
 * small: the head of a chunk, an event and the chunk's end go as one. HTTP/1 over TLS only, where
 * what is written has been encrypted when the call returns.
 */
static size_t join_pieces(struct listener *ln, h2o_iovec_t *bufs, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += bufs[i].len;
	if (n < 2 || len > sizeof(ln->joined))
		return n;
	len = 0;
	for (size_t i = 0; i < n; i++) {
		memcpy(ln->joined + len, bufs[i].base, bufs[i].len);
		len += bufs[i].len;
	}
	bufs[0] = h2o_iovec_init(ln->joined, len);
	return 1;
}

static void send_pending(struct exchange *x)
{
	h2o_iovec_t bufs[MAX_SEND_PIECES + 3];
	h2o_send_state_t state = H2O_SEND_STATE_IN_PROGRESS;
	size_t bytes, first = x->chunked && x->pending.n ? 1 : 0;
	size_t n = first + take_pieces(x, bufs + first, MAX_SEND_PIECES, &bytes);
	char chunk_head[16];

	if (x->ended && x->pending.n == 0) {
		state = x->end_ok ? H2O_SEND_STATE_FINAL : H2O_SEND_STATE_ERROR;
		x->finished = true;
		stop_early_read(x);
	}
	if (first) {
		(void)ek_str_into(chunk_head, sizeof(chunk_head), "%zx\r\n", bytes);
		bufs[0] = h2o_iovec_init(chunk_head, strlen(chunk_head));
		bufs[n++] = h2o_iovec_init(H2O_STRLIT("\r\n"));
	}
	/* without it the client sees that something is missing */
	if (x->chunked && state == H2O_SEND_STATE_FINAL)
		bufs[n++] = h2o_iovec_init(H2O_STRLIT("0\r\n\r\n"));
	if (x->pub.is_http1)
		n = join_pieces(x->conn->listener, bufs, n);
	conn_flows(x->conn, bytes > KEEP_BUFFER_ABOVE && !x->finished);
	x->in_flight = true;
	ek_timer_start(x->conn->listener->loop, &x->stall, conn_stall_ms(x->conn), on_stall);
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
	if (x->ended) {
		send_pending(x); /* x may be gone: with nothing to write h2o is through at once */
		return;
	}
	if (x->pending.n) {
		send_pending(x);
	} else {
		/* a quiet watch keeps no buffers */
		ek_vec_done(&x->sending);
		ek_vec_done(&x->pending);
	}
	if (x->blocked && x->pending_bytes < HTTP_LOW_WATER) {
		x->blocked = false;
		if (x->pub.drained)
			x->pub.drained(&x->pub);
	}
}

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} rows[] = {
		{ 101, "Switching Protocols" },
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 203, "Non-Authoritative Information" },
		{ 204, "No Content" },
		{ 205, "Reset Content" },
		{ 206, "Partial Content" },
		{ 207, "Multi-Status" },
		{ 300, "Multiple Choices" },
		{ 301, "Moved Permanently" },
		{ 302, "Found" },
		{ 303, "See Other" },
		{ 304, "Not Modified" },
		{ 307, "Temporary Redirect" },
		{ 308, "Permanent Redirect" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 402, "Payment Required" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 407, "Proxy Authentication Required" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 411, "Length Required" },
		{ 412, "Precondition Failed" },
		{ 413, "Request Entity Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 416, "Requested Range Not Satisfiable" },
		{ 417, "Expectation Failed" },
		{ 418, "I'm a teapot" },
		{ 421, "Misdirected Request" },
		{ 422, "Unprocessable Entity" },
		{ 423, "Locked" },
		{ 424, "Failed Dependency" },
		{ 425, "Too Early" },
		{ 426, "Upgrade Required" },
		{ 428, "Precondition Required" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 451, "Unavailable For Legal Reasons" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++)
		if (rows[i].status == status)
			return rows[i].reason;
	return status < 400 ? "OK" : "Error";
}

static char *pool_text(h2o_req_t *req, h2o_iovec_t v)
{
	return h2o_strdup(&req->pool, v.base, v.len).base;
}

struct exchange *exchange_of(struct http_req *r)
{
	return ek_container_of(r, struct exchange, pub);
}

static void begin(struct exchange *x, int status, const char *type, size_t length)
{
	EK_ASSERT(!x->started);
	x->started = true;
	x->req->res.status = status;
	x->req->res.reason = http_reason(status);
	x->req->res.content_length = length;
	if (type) {
		h2o_iovec_t copy = h2o_strdup(&x->req->pool, type, SIZE_MAX);

		h2o_add_header(&x->req->pool, &x->req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL,
			       copy.base, copy.len);
	}
	h2o_add_header(&x->req->pool, &x->req->res.headers, H2O_TOKEN_CACHE_CONTROL, NULL,
		       H2O_STRLIT("no-cache, private"));
	x->head_only = ek_streq(x->pub.method, "HEAD") || status == 204 || status == 304;
	if (length == SIZE_MAX && x->req->version == 0x101 && !x->head_only) {
		x->chunked = true;
		h2o_add_header(&x->req->pool, &x->req->res.headers, H2O_TOKEN_TRANSFER_ENCODING,
			       NULL, H2O_STRLIT("chunked"));
	} else if (length == SIZE_MAX) {
		x->req->http1_is_persistent = 0; /* HTTP/1.0: the connection's end is the body's */
	}
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
	return h2o_strdup(&x->req->pool, x->req->headers.entries[at].value.base,
			  x->req->headers.entries[at].value.len)
		.base;
}

bool http_header_entry(struct http_req *r, size_t i, const char **ret_name, const char **ret_value)
{
	h2o_req_t *req = exchange_of(r)->req;
	const h2o_header_t *h;

	if (i >= req->headers.size)
		return false;
	h = &req->headers.entries[i];
	*ret_name = h2o_strdup(&req->pool, h->orig_name ? h->orig_name : h->name->base,
			       h->name->len)
			    .base;
	*ret_value = pool_text(req, h->value);
	return true;
}

const char *http_host(struct http_req *r)
{
	h2o_req_t *req = exchange_of(r)->req;

	return req->input.authority.base ? pool_text(req, req->input.authority) : "";
}

const char *http_client_address(struct http_req *r)
{
	h2o_req_t *req = exchange_of(r)->req;
	struct sockaddr_storage sa;
	char text[INET6_ADDRSTRLEN + IF_NAMESIZE] = "";

	if (req->conn->callbacks->get_peername(req->conn, (struct sockaddr *)&sa) > 0)
		(void)getnameinfo((struct sockaddr *)&sa, sizeof(sa), text, sizeof(text), NULL, 0,
				  NI_NUMERICHOST);
	return http_pool_text(r, ek_str_starts(text, "::ffff:") ? text + 7 : text);
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

	h2o_add_header_by_str(&x->req->pool, &x->req->res.headers, n.base, n.len, 1, NULL, v.base,
			      v.len);
}

void http_reply(struct http_req *r, int status, const char *type, struct ek_bytes *take_body)
{
	struct exchange *x = exchange_of(r);

	if (x->is_gone || x->broken) {
		ek_bytes_unref(take_body);
		return;
	}
	begin(x, status, type, take_body ? take_body->len : 0);
	if (x->head_only) {
		ek_bytes_unref(take_body);
	} else if (take_body) {
		x->pending_bytes += take_body->len;
		ek_vec_push(&x->pending, take_body);
	}
	x->ended = x->end_ok = true;
	send_pending(x);
}

void http_start_length(struct http_req *r, int status, const char *type, int64_t length)
{
	struct exchange *x = exchange_of(r);

	if (x->is_gone || x->broken)
		return;
	begin(x, status, type, length < 0 ? SIZE_MAX : (size_t)length);
	send_pending(x); /* nothing yet: sends the head */
	watch_for_close(x);
}

void http_start(struct http_req *r, int status, const char *type)
{
	http_start_length(r, status, type, -1);
}

void http_watch_client(struct http_req *r)
{
	watch_for_close(exchange_of(r));
}

bool http_write(struct http_req *r, struct ek_bytes *b)
{
	struct exchange *x = exchange_of(r);

	if (x->is_gone || x->broken || x->ended)
		return true;
	if (b->len && !x->head_only) {
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

	if (x->is_gone || x->broken || x->ended)
		return;
	x->ended = true;
	x->end_ok = ok;
	if (!x->in_flight)
		send_pending(x);
}

/* ----------------------------------------------------------------- a request */

static struct exchange *exchange_new(struct listener *ln, h2o_req_t *req)
{
	struct exchange *x = h2o_mem_alloc_shared(&req->pool, sizeof(*x), on_dispose);
	char *path = pool_text(req, req->path), *query = strchr(path, '?');

	memset(x, 0, sizeof(*x));
	x->req = req;
	x->conn = conn_of(req);
	x->gen.proceed = on_proceed;
	x->gen.stop = on_stop;
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
	return x;
}

int exchange_on_request(h2o_handler_t *h, h2o_req_t *req)
{
	struct exchange *x = exchange_new(((struct handler *)h)->listener, req);
	int status = refuse_status(req);

	conn_begin(x->conn, x->pub.body_len, x->pub.is_http1);
	if (x->pub.is_http1)
		x->conn->http1 = x;
	if (status) {
		req->http1_is_persistent = 0;
		http_reply_json(&x->pub, status, http_error_status(status, NULL));
	} else {
		front_handle(&x->pub);
	}
	return 0;
}

const struct tls_peer *http_peer(const struct http_req *r)
{
	return &ek_container_of(r, const struct exchange, pub)->conn->peer;
}

void http_now_known(struct http_req *r)
{
	exchange_of(r)->conn->known = true;
}
