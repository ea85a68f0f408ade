/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A connection that HTTP/1.1 has handed over: bytes both ways. It is closed by its user, and then
 * lives on until the peer has closed too or some seconds are over: closing with unread input
 * makes the kernel take back what the peer has not read yet.
 */

#include <errno.h>
#include <stdlib.h>

#include "front_conn.h"

enum { RAW_MAX_PENDING = 16 << 20, RAW_CLOSE_MS = 10 * 1000 };

struct raw {
	struct wire     *pub; /* not looked at any more once it is closing */
	void (*opened)(struct wire *w, int rc);
	struct conn     *conn;
	h2o_socket_t    *sock; /* NULL: the 101 is on its way */
	struct ek_loop  *loop;
	struct ek_buf    pending, sending;
	struct ek_timer  stall;
	unsigned         busy; /* inside a callback of ours: freeing waits */
	int              stall_ms;
	bool             writing, blocked, paused, closing;
	bool             ended; /* the peer closed, or it broke */
};

static void raw_free(struct raw *w)
{
	ek_timer_stop(&w->stall);
	if (w->sock) {
		w->conn->raw = NULL;
		h2o_socket_close(w->sock);
	}
	ek_buf_done(&w->pending);
	ek_buf_done(&w->sending);
	free(w);
}

static void on_linger_over(struct ek_timer *t)
{
	raw_free(ek_container_of(t, struct raw, stall));
}

static void on_raw_read(h2o_socket_t *sock, const char *err);

/* What is left to do for one that its user has closed. */
static void settle(struct raw *w)
{
	if (!w->closing || w->busy || w->writing || !w->sock)
		return;
	if (w->ended) {
		raw_free(w);
		return;
	}
	h2o_socket_read_start(w->sock, on_raw_read);
	ek_timer_start(w->loop, &w->stall, RAW_CLOSE_MS, on_linger_over);
}

static void tell_end(struct raw *w, int rc)
{
	if (w->ended)
		return;
	w->ended = true;
	if (!w->writing)
		ek_timer_stop(&w->stall); /* nothing to linger for */
	h2o_socket_read_stop(w->sock);
	w->busy++;
	if (!w->closing)
		w->pub->on_read(w->pub, NULL, rc); /* its user closes it, now or later */
	w->busy--;
	settle(w);
}

/* ---- writing ---- */

static void on_raw_stall(struct ek_timer *t)
{
	conn_cut(ek_container_of(t, struct raw, stall)->sock);
}

static void raw_send(struct raw *w);

static void on_raw_written(h2o_socket_t *sock, const char *err)
{
	struct raw *w = sock->data;

	w->writing = false;
	ek_timer_stop(&w->stall);
	ek_buf_clear(&w->sending);
	if (err || w->ended) {
		ek_buf_clear(&w->pending);
		if (w->ended)
			settle(w);
		else
			tell_end(w, -EPIPE);
		return;
	}
	if (w->pending.len)
		raw_send(w);
	w->busy++;
	if (w->blocked && !w->closing && w->pending.len < HTTP_LOW_WATER) {
		w->blocked = false;
		w->pub->on_drained(w->pub);
	}
	w->busy--;
	settle(w);
}

static void raw_send(struct raw *w)
{
	struct ek_buf empty = w->sending;
	h2o_iovec_t v;

	w->sending = w->pending;
	w->pending = empty;
	w->writing = true;
	v = h2o_iovec_init(w->sending.data, w->sending.len);
	ek_timer_start(w->loop, &w->stall, w->closing ? RAW_CLOSE_MS : w->stall_ms, on_raw_stall);
	h2o_socket_write(w->sock, &v, 1, on_raw_written);
}

static bool raw_write(struct wire *pub, const void *data, size_t n)
{
	struct raw *w = pub->impl;

	if (!w || w->ended)
		return true;
	if (ek_buf_append(&w->pending, data, n) < 0) {
		if (w->sock)
			conn_cut(w->sock); /* the user ignored "enough" beyond measure */
		return false;
	}
	if (!w->writing && w->sock)
		raw_send(w);
	w->blocked = w->pending.len > HTTP_HIGH_WATER;
	return !w->blocked;
}

/* ---- reading ---- */

static void on_raw_read(h2o_socket_t *sock, const char *err)
{
	struct raw *w = sock->data;
	size_t n = sock->input->size;

	/* the callback may close the connection: consume first, free last */
	w->busy++;
	if (n && !w->closing) {
		struct ek_bytes *copy = ek_bytes_new(sock->input->bytes, n);

		h2o_buffer_consume(&sock->input, n);
		w->pub->on_read(w->pub, copy->data, (ssize_t)n);
		ek_bytes_unref(copy);
	} else {
		h2o_buffer_consume(&sock->input, n);
	}
	w->busy--;
	if (err)
		tell_end(w, 0);
	else
		settle(w);
}

static void raw_pause(struct wire *pub, bool pause)
{
	struct raw *w = pub->impl;

	if (!w || w->ended)
		return;
	w->paused = pause;
	if (!w->sock)
		return;
	if (pause)
		h2o_socket_read_stop(w->sock);
	else
		h2o_socket_read_start(w->sock, on_raw_read);
}

static void raw_close(struct wire *pub)
{
	struct raw *w = pub->impl;

	if (!w)
		return;
	pub->impl = NULL;
	w->closing = true;
	if (w->writing)
		ek_timer_start(w->loop, &w->stall, RAW_CLOSE_MS, on_raw_stall);
	settle(w);
}

static const struct wire_ops raw_ops = {
	.write = raw_write,
	.pause = raw_pause,
	.close = raw_close,
};

void raw_break(struct raw *w)
{
	tell_end(w, -EPIPE);
}

/* ---- opening ---- */

static void on_upgraded(void *data, h2o_socket_t *sock, size_t reqsize)
{
	struct raw *w = data;
	struct wire *pub = w->pub;

	if (!sock) {
		if (!w->closing) {
			pub->impl = NULL;
			w->opened(pub, -EPIPE);
		}
		raw_free(w);
		return;
	}
	w->sock = sock;
	w->conn->raw = w;
	sock->data = w;
	h2o_buffer_consume(&sock->input, reqsize);
	w->busy++;
	if (!w->closing)
		w->opened(pub, 0);
	w->busy--;
	if (w->pending.len && !w->writing)
		raw_send(w);
	if (!w->closing && !w->paused) {
		h2o_socket_read_start(sock, on_raw_read);
		if (sock->input->size)
			on_raw_read(sock, NULL);
	} else {
		settle(w);
	}
}

int http_upgrade(struct http_req *r, const char *protocol, struct wire *pub,
		 void (*opened)(struct wire *pub, int rc))
{
	struct exchange *x = exchange_of(r);
	struct raw *w;

	if (!r->is_http1 || x->is_gone || x->broken)
		return EK_ENOTALLOWED;
	w = ek_new(struct raw);
	w->pub = pub;
	w->opened = opened;
	w->conn = x->conn;
	w->loop = x->conn->listener->loop;
	w->stall_ms = conn_stall_ms(x->conn);
	ek_buf_init(&w->pending, RAW_MAX_PENDING);
	ek_buf_init(&w->sending, RAW_MAX_PENDING);
	pub->ops = &raw_ops;
	pub->impl = w;
	x->started = x->finished = true;
	x->conn->upgraded = true;
	x->req->res.status = 101;
	x->req->res.reason = http_reason(101);
	http_add_header(r, "upgrade", protocol);
	h2o_http1_upgrade(x->req, NULL, 0, on_upgraded, w);
	return 0;
}
