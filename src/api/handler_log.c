/* SPDX-License-Identifier: Apache-2.0 */

/* pods/log: text that flows from the node to the client, as fast as the client takes it. */

#include <ekube/str.h>
#include <stdlib.h>

#include "link.h"
#include "pod_access.h"

struct log_stream {
	struct ek_session session;
	struct request   *rq;
	struct pod_access access;
	bool              started, closed;
};

static void on_ready(struct ek_session *s)
{
	struct log_stream *l = ek_container_of(s, struct log_stream, session);

	l->started = true;
	http_start(l->rq->http, 200, "text/plain");
}

static bool on_push(struct ek_session *s, int channel, const void *data, size_t n)
{
	struct log_stream *l = ek_container_of(s, struct log_stream, session);
	struct ek_bytes *b = ek_bytes_new(data, n);
	bool more = http_write(l->rq->http, b);

	(void)channel;
	ek_bytes_unref(b);
	return more;
}

static void on_push_end(struct ek_session *s, int channel)
{
	(void)s;
	(void)channel;
}

static void on_closed(struct ek_session *s, int rc, int exit_code, const char *message)
{
	struct log_stream *l = ek_container_of(s, struct log_stream, session);
	struct ek_err err;

	(void)exit_code;
	l->closed = true;
	if (l->started) {
		http_end(l->rq->http, rc >= 0);
		return;
	}
	if (rc >= 0) {
		http_reply_text(l->rq->http, 200, "text/plain", "");
		return;
	}
	(void)ek_fail(&err, rc, "%s", message ? message : "the log cannot be read");
	request_fail_err(l->rq, &err);
}

static const struct ek_session_front front = {
	.ready = on_ready,
	.push = on_push,
	.push_end = on_push_end,
	.resume = on_push_end,
	.closed = on_closed,
};

static void on_drained(struct http_req *r)
{
	struct log_stream *l = ((struct request *)r->state)->state;

	if (!l->closed)
		l->session.back->resume(&l->session, EK_CH_STDOUT);
}

static void leave(struct request *rq)
{
	struct log_stream *l = rq->state;

	if (!l->closed && l->session.back)
		l->session.back->close(&l->session);
	pod_access_done(&l->access);
	free(l);
}

void handle_pod_log(struct request *rq)
{
	struct log_stream *l;

	if (link_wants_websocket(rq->http)) {
		handle_pod_log_ws(rq);
		return;
	}
	l = ek_new(struct log_stream);
	l->rq = rq;
	l->session.front = &front;
	if (!pod_access_open(rq, EK_SESSION_LOGS, &l->access)) {
		free(l);
		return;
	}
	rq->state = l;
	rq->leave = leave;
	rq->http->drained = on_drained;
	l->access.node->open(l->access.node, &l->access.spec, &l->session);
}
