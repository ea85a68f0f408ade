/* SPDX-License-Identifier: Apache-2.0 */

/* pods/log: text that flows from the node to the client, as fast as the client takes it. */

#include <ekube/str.h>
#include <stdlib.h>

#include "link.h"
#include "pod_log.h"

struct log_stream {
	struct pod_log log;
	bool           started;
};

static struct log_stream *of_session(struct ek_session *s)
{
	return ek_container_of(s, struct log_stream, log.session);
}

static void on_drained(struct http_req *r)
{
	pod_log_resume(((struct request *)r->state)->state);
}

static void on_ready(struct ek_session *s)
{
	struct log_stream *l = of_session(s);

	l->started = true;
	l->log.rq->http->drained = on_drained;
	http_start(l->log.rq->http, 200, "text/plain");
}

static bool on_push(struct ek_session *s, int channel, const void *data, size_t n)
{
	struct ek_bytes *b = ek_bytes_new(data, n);
	bool more = http_write(of_session(s)->log.rq->http, b);

	(void)channel;
	ek_bytes_unref(b);
	return more;
}

static void on_closed(struct ek_session *s, int rc, int exit_code, const char *message)
{
	struct log_stream *l = of_session(s);

	(void)exit_code;
	l->log.closed = true;
	if (l->started)
		http_end(l->log.rq->http, rc >= 0);
	else if (rc >= 0)
		http_reply_text(l->log.rq->http, 200, "text/plain", "");
	else
		pod_log_fail(&l->log, rc, message);
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
	pod_access_done(&l->access);
	free(ek_container_of(l, struct log_stream, log));
}

void handle_pod_log(struct request *rq)
{
	struct log_stream *l;

	if (link_wants_websocket(rq->http)) {
		handle_pod_log_ws(rq);
		return;
	}
	l = ek_new(struct log_stream);
	l->log.session.front = &front;
	if (!pod_log_open(&l->log, rq, leave))
		free(l);
}
