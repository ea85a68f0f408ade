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
#include "pod_log.h"
#include "websocket.h"

enum { MAX_EARLY = 1 << 20, MAX_PIECE = 128 << 10 };

static const char *const protocols[] = { "", "binary.k8s.io", "base64.binary.k8s.io", NULL };

struct ws_log {
	struct pod_log    log;      /* its request: NULL once the connection is a WebSocket */
	const char       *protocol;
	struct websocket *ws;
	struct ek_buf     early;    /* said before the 101 was out */
	bool              stands;
	int               rc;
};

static struct ws_log *of_session(struct ek_session *s)
{
	return ek_container_of(s, struct ws_log, log.session);
}

static void log_free(void *owner)
{
	struct ws_log *l = owner;

	pod_access_done(&l->log.access);
	ek_buf_done(&l->early);
	free(l);
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
	if (l->log.closed)
		finish(l);
	else
		pod_log_resume(&l->log);
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

	pod_log_resume(&l->log);
}

static void on_gone(struct websocket *ws)
{
	struct ws_log *l = websocket_owner(ws);

	pod_log_close(&l->log);
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
	struct request *rq = l->log.rq;
	struct ek_err err;

	l->ws = websocket_new(&events, l);
	/* the request is gone after it, this struct is not */
	rq->leave = NULL;
	if (websocket_upgrade(l->ws, rq->http, l->protocol, &err) == 0) {
		l->log.rq = NULL;
		return;
	}
	websocket_free(l->ws);
	pod_log_close(&l->log);
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

static void on_closed(struct ek_session *s, int rc, int exit_code, const char *message)
{
	struct ws_log *l = of_session(s);

	(void)exit_code;
	l->log.closed = true;
	l->rc = rc;
	if (l->stands)
		finish(l);
	else if (l->log.rq)
		pod_log_fail(&l->log, rc < 0 ? rc : EK_EINTERNAL, message);
}

static const struct ek_session_front front = {
	.ready = on_ready,
	.push = on_push,
	.push_end = pod_log_ignore,
	.resume = pod_log_ignore,
	.closed = on_closed,
};

static void leave(struct request *rq)
{
	struct pod_log *l = rq->state;

	pod_log_close(l);
	log_free(ek_container_of(l, struct ws_log, log));
}

void handle_pod_log_ws(struct request *rq)
{
	struct ws_log *l = ek_new(struct ws_log);
	struct ek_err err;

	l->log.session.front = &front;
	ek_buf_init(&l->early, MAX_EARLY);
	l->protocol = link_ws_protocol(rq->http, protocols, &err);
	if (!l->protocol)
		request_fail_err(rq, &err);
	if (!l->protocol || !pod_log_open(&l->log, rq, leave))
		log_free(l);
}
