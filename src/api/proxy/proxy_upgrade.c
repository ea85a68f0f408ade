/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A request through the proxy that becomes a connection (WebSocket, SPDY): the backend is asked
 * over a connection of its own, and when it agrees both connections are tied together.
 *
 *	connect ──► request written ──► head read ──► 101: both ways, until one side ends
 *	                                         └──► 4xx, 5xx: the answer is passed on
 */

#include <ekube/str.h>
#include <ekube/stream.h>
#include <stdlib.h>

#include "proxy.h"
#include "proxy_reply.h"
#include "status.h"

enum {
	MAX_REPLY = 1 << 20,
	MAX_REPLY_HEAD = 64 << 10,
	ANSWER_MS = 60 * 1000,
	REFUSAL_MS = 10 * 1000, /* the rest of an answer that refuses */
};

struct tunnel {
	struct ek_stream   back;
	struct wire        wire;
	struct ek_loop    *loop;
	struct proxy_call *call;     /* NULL: upgraded, or its request is gone */
	struct proxy_reply reply;
	struct ek_buf      in;       /* from the backend, not yet passed on */
	struct ek_timer    patience;
	bool               answered; /* the head is there */
	bool               wired;
	bool               paused;   /* the client waits for the backend */
};

static void tunnel_free(struct tunnel *t)
{
	ek_timer_stop(&t->patience);
	ek_stream_close(&t->back);
	if (t->wired)
		wire_close(&t->wire);
	if (t->call)
		proxy_call_free(t->call);
	proxy_reply_done(&t->reply);
	ek_buf_done(&t->in);
	free(t);
}

/* Before the upgrade: the request waits for an answer. */
static void give_up(struct tunnel *t, const char *what, const char *why)
{
	struct request *rq = t->call->rq;

	rq->leave = NULL;
	request_fail(rq, ek_status_unknown("%s%s", what, why));
	tunnel_free(t);
}

static void leave(struct request *rq)
{
	tunnel_free(rq->state);
}

/* ---- both ways ---- */

static struct tunnel *of_wire(struct wire *w)
{
	return ek_container_of(w, struct tunnel, wire);
}

static void on_wire_read(struct wire *w, const char *data, ssize_t n)
{
	struct tunnel *t = of_wire(w);

	if (n <= 0 || ek_stream_write(&t->back, data, (size_t)n) < 0) {
		tunnel_free(t);
		return;
	}
	if (ek_stream_pending(&t->back) > HTTP_HIGH_WATER) {
		t->paused = true;
		wire_pause(w, true);
	}
}

static void on_back_drained(struct ek_stream *s)
{
	struct tunnel *t = ek_container_of(s, struct tunnel, back);

	if (!t->paused)
		return;
	t->paused = false;
	wire_pause(&t->wire, false);
}

static void on_wire_drained(struct wire *w)
{
	ek_stream_read_start(&of_wire(w)->back);
}

static void to_client(struct tunnel *t, const char *data, size_t n)
{
	if (!wire_write(&t->wire, data, n))
		ek_stream_read_stop(&t->back);
}

static void on_opened(struct wire *w, int rc)
{
	struct tunnel *t = of_wire(w);

	if (rc < 0) {
		tunnel_free(t);
		return;
	}
	t->wired = true;
	ek_stream_read_start(&t->back);
	if (t->in.len)
		to_client(t, t->in.data, t->in.len);
	ek_buf_done(&t->in);
}

/* ---- the answer ---- */

static void pass_headers(struct tunnel *t)
{
	const char *connection = proxy_reply_find(&t->reply, "Connection");

	for (size_t i = 0; i < t->reply.lines.n; i++)
		proxy_reply_header(t->call, t->reply.lines.items[i], connection);
}

static void switch_protocols(struct tunnel *t)
{
	struct request *rq = t->call->rq;
	const char *protocol = proxy_reply_find(&t->reply, "Upgrade");

	pass_headers(t);
	ek_timer_stop(&t->patience);
	ek_stream_read_stop(&t->back);
	ek_buf_consume(&t->in, t->reply.head_len);
	t->wire.on_read = on_wire_read;
	t->wire.on_drained = on_wire_drained;
	/* the request goes with the upgrade, the tunnel stays */
	rq->leave = NULL;
	proxy_call_free(ek_steal(t->call));
	if (http_upgrade(rq->http, protocol ? protocol : "", &t->wire, on_opened) < 0)
		tunnel_free(t);
}

static void refused(struct tunnel *t, bool ended)
{
	EK_BUF struct ek_buf body = EK_BUF_INIT(MAX_REPLY);
	int rc = proxy_reply_body(&t->reply, t->in.data + t->reply.head_len,
				  t->in.len - t->reply.head_len, ended, &body);
	struct http_req *r = t->call->rq->http;

	if (rc == 0)
		return;
	if (rc < 0) {
		give_up(t, "", "malformed HTTP response");
		return;
	}
	pass_headers(t);
	t->call->rq->leave = NULL;
	http_reply(r, t->reply.status, NULL, body.len ? ek_bytes_new(body.data, body.len) : NULL);
	tunnel_free(t);
}

static void on_impatient(struct ek_timer *timer)
{
	struct tunnel *t = ek_container_of(timer, struct tunnel, patience);

	give_up(t, "", "timeout awaiting response to the upgrade");
}

static void take_head(struct tunnel *t)
{
	int rc = proxy_reply_parse(t->in.data, t->in.len, &t->reply);

	if (rc == 0 && t->in.len <= MAX_REPLY_HEAD)
		return;
	if (rc <= 0) {
		give_up(t, "", "malformed HTTP response");
		return;
	}
	t->answered = true;
	if (t->reply.status == 101) {
		switch_protocols(t);
	} else if (t->reply.status < 400) {
		give_up(t, "invalid upgrade response: status code ", EK_I(t->reply.status));
	} else {
		ek_timer_start(t->loop, &t->patience, REFUSAL_MS, on_impatient);
		refused(t, false);
	}
}

static void on_back_read(struct ek_stream *s, const char *data, ssize_t n)
{
	struct tunnel *t = ek_container_of(s, struct tunnel, back);

	if (t->wired && n > 0)
		to_client(t, data, (size_t)n);
	else if (t->wired)
		tunnel_free(t);
	else if (n <= 0 && t->answered)
		refused(t, true);
	else if (n <= 0)
		give_up(t, "", "unexpected EOF");
	else if (ek_buf_append(&t->in, data, (size_t)n) < 0)
		give_up(t, "", "the response is too large");
	else if (t->answered)
		refused(t, false);
	else
		take_head(t);
}

static void on_back_error(struct ek_stream *s, int rc)
{
	struct tunnel *t = ek_container_of(s, struct tunnel, back);

	if (t->call)
		give_up(t, "error sending request: ", ek_err_name(rc));
	else
		tunnel_free(t);
}

/* ---- the request ---- */

static int write_request(struct tunnel *t)
{
	struct http_req *r = t->call->rq->http;
	EK_BUF struct ek_buf out = EK_BUF_INIT(4 * (size_t)HTTP_MAX_HEAD);
	int rc;

	(void)ek_buf_fmt(&out, "%s %s HTTP/1.1\r\n", r->method, t->call->target_text);
	for (size_t i = 0; i < t->call->headers.n; i++)
		(void)ek_buf_fmt(&out, "%s: %s\r\n", t->call->headers.items[i].name,
				 t->call->headers.items[i].value);
	if (r->body_len)
		(void)ek_buf_fmt(&out, "Content-Length: %zu\r\n", r->body_len);
	(void)ek_buf_str(&out, "\r\n");
	if (out.overflow)
		return EK_ETOOLARGE;
	rc = ek_stream_write(&t->back, out.data, out.len);
	return rc < 0 || !r->body_len ? rc : ek_stream_write(&t->back, r->body, r->body_len);
}

static void on_connected(struct ek_stream *s, int rc)
{
	struct tunnel *t = ek_container_of(s, struct tunnel, back);
	char words[256];

	if (rc == 0)
		rc = write_request(t);
	if (rc < 0) {
		give_up(t, "error dialing backend: ",
			proxy_dial_error(&t->call->target, rc, words));
		return;
	}
	ek_timer_start(t->loop, &t->patience, ANSWER_MS, on_impatient);
	ek_stream_read_start(s);
}

void proxy_upgrade(struct proxy_call *take_call)
{
	struct tunnel *t = ek_new(struct tunnel);
	const struct proxy_target *to = &take_call->target;
	struct request *rq = take_call->rq;
	char words[256];
	int rc;

	t->loop = front_options(rq->front)->loop;
	t->call = take_call;
	t->back.on_read = on_back_read;
	t->back.on_drained = on_back_drained;
	t->back.on_error = on_back_error;
	ek_buf_init(&t->in, MAX_REPLY + MAX_REPLY_HEAD);
	if (to->tls) {
		give_up(t, "error dialing backend: ", "upgrades go to http backends only");
		return;
	}
	proxy_request_headers(take_call, true);
	rq->state = t;
	rq->leave = leave;
	rc = ek_stream_connect_tcp(t->loop, &t->back, to->ip, to->port, PROXY_CONNECT_MS,
				   on_connected);
	if (rc < 0)
		give_up(t, "error dialing backend: ", proxy_dial_error(to, rc, words));
}
