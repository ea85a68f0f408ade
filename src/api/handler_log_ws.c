/* SPDX-License-Identifier: Apache-2.0 */

/*
 * pods/log in a WebSocket: an empty message, then the text in messages of any length, then the
 * end. What the user sends is not looked at. The node speaks first, so that a log that cannot be
 * read is told of with HTTP:
 *
 *	node->open ──► ready ──► 101 ──► opened ──► messages ──► closed
 */

#include <ekube/str.h>
#include <stdlib.h>

#include "link.h"
#include "pod_access.h"
#include "websocket.h"

enum { MAX_EARLY = 1 << 20, MAX_PIECE = 128 << 10 };

static const char *const protocols[] = { "", "binary.k8s.io", "base64.binary.k8s.io", NULL };

struct ws_log {
	struct ek_session session;
	struct request   *rq;      /* NULL once the connection is a WebSocket */
	struct pod_access access;
	const char       *protocol;
	struct websocket *ws;
	struct ek_buf     early;   /* said before the 101 was out */
	bool              stands, closed;
	int               rc;
};

static struct ws_log *of_session(struct ek_session *s)
{
	return ek_container_of(s, struct ws_log, session);
}

static void log_free(void *owner)
{
	struct ws_log *l = owner;

	pod_access_done(&l->access);
	ek_buf_done(&l->early);
	free(l);
}

static void close_node(struct ws_log *l)
{
	if (!l->closed && l->session.back)
		l->session.back->close(&l->session);
	l->closed = true;
}

static void finish(struct ws_log *l)
{
	websocket_close(l->ws, l->rc < 0 ? WS_INTERNAL : WS_NORMAL);
}

static bool say(struct ws_log *l, const char *data, size_t n)
{
	bool more = true;

	for (size_t at = 0, piece; at < n; at += piece) {
		piece = EK_MIN(n - at, (size_t)MAX_PIECE);
		if (ek_str_starts(l->protocol, "base64")) {
			EK_FREE char *text = ek_base64_encode(data + at, piece, false);

			more = websocket_send(l->ws, true, "", 0, text, strlen(text));
		} else {
			more = websocket_send(l->ws, false, "", 0, data + at, piece);
		}
	}
	return more;
}

/* ---- from the user ---- */

static void on_opened(struct websocket *ws)
{
	struct ws_log *l = websocket_owner(ws);

	l->stands = true;
	(void)websocket_send(ws, ek_str_starts(l->protocol, "base64"), "", 0, "", 0);
	(void)say(l, l->early.data, l->early.len);
	ek_buf_done(&l->early);
	if (l->closed)
		finish(l);
	else
		l->session.back->resume(&l->session, EK_CH_STDOUT);
}

static void on_message(struct websocket *ws, bool is_text, char *data, size_t n)
{
	(void)ws;
	(void)is_text;
	(void)data;
	(void)n;
}

static void on_drained(struct websocket *ws)
{
	struct ws_log *l = websocket_owner(ws);

	if (!l->closed)
		l->session.back->resume(&l->session, EK_CH_STDOUT);
}

static void on_gone(struct websocket *ws)
{
	close_node(websocket_owner(ws));
	websocket_close(ws, WS_NORMAL);
}

static const struct websocket_events events = {
	.opened = on_opened,
	.message = on_message,
	.drained = on_drained,
	.gone = on_gone,
	.freed = log_free,
};

/* ---- from the node ---- */

static void on_ready(struct ek_session *s)
{
	struct ws_log *l = of_session(s);
	struct request *rq = l->rq;
	struct ek_err err;

	l->ws = websocket_new(&events, l);
	/* the request is gone after it, this struct is not */
	rq->leave = NULL;
	if (websocket_upgrade(l->ws, rq->http, l->protocol, &err) == 0) {
		l->rq = NULL;
		return;
	}
	websocket_free(l->ws);
	close_node(l);
	log_free(l);
	request_fail_err(rq, &err);
}

static bool on_push(struct ek_session *s, int channel, const void *data, size_t n)
{
	struct ws_log *l = of_session(s);

	(void)channel;
	if (l->stands)
		return say(l, data, n);
	(void)ek_buf_append(&l->early, data, n);
	return false;
}

static void on_push_end(struct ek_session *s, int channel)
{
	(void)s;
	(void)channel;
}

static void on_closed(struct ek_session *s, int rc, int exit_code, const char *message)
{
	struct ws_log *l = of_session(s);
	struct ek_err err;

	(void)exit_code;
	l->closed = true;
	l->rc = rc;
	if (l->stands) {
		finish(l);
	} else if (l->rq) {
		(void)ek_fail(&err, rc < 0 ? rc : EK_EINTERNAL, "%s", message ? message : "the log cannot be read");
		request_fail_err(l->rq, &err);
	}
}

static const struct ek_session_front front = {
	.ready = on_ready,
	.push = on_push,
	.push_end = on_push_end,
	.resume = on_push_end,
	.closed = on_closed,
};

static void leave(struct request *rq)
{
	struct ws_log *l = rq->state;

	close_node(l);
	log_free(l);
}

void handle_pod_log_ws(struct request *rq)
{
	struct ws_log *l = ek_new(struct ws_log);
	struct ek_err err;

	l->rq = rq;
	l->session.front = &front;
	ek_buf_init(&l->early, MAX_EARLY);
	l->protocol = link_ws_protocol(rq->http, protocols, &err);
	if (!l->protocol)
		request_fail_err(rq, &err);
	if (!l->protocol || !pod_access_open(rq, EK_SESSION_LOGS, &l->access)) {
		log_free(l);
		return;
	}
	rq->state = l;
	rq->leave = leave;
	l->access.node->open(l->access.node, &l->access.spec, &l->session);
}
