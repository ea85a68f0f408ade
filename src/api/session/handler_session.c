/* SPDX-License-Identifier: Apache-2.0 */

/*
 * pods/exec, attach and portforward: a link to the user (link.h) and a session with the node
 * (pod_session.h), tied together. Bytes go through; who cannot take more pauses the other side.
 *
 *	101 ──► link opened ──► node->open ──► bytes both ways ──► result ──► close
 *
 * Words are a kubelet's, as the API server passes them on.
 */

#include <ekube/str.h>
#include <stdlib.h>

#include "link.h"
#include "pod_access.h"

enum { MAX_RESIZE = 4096 };

struct connection {
	int  channel, port;
	bool over;
};

struct session {
	struct ek_session  session;
	struct pod_access  access;
	struct link       *link;
	struct ek_buf      resize; /* what came of a size so far */
	EK_VEC(struct connection) connections;
	bool               opened; /* the node knows of the session */
	bool               ready;  /* and has begun */
	bool               over;   /* one side is done with it */
	bool               paused; /* the user was told to wait */
};

static void session_free(void *owner)
{
	struct session *x = owner;

	pod_access_done(&x->access);
	ek_buf_done(&x->resize);
	ek_vec_done(&x->connections);
	free(x);
}

/* ---- from the node ---- */

static struct session *of_session(struct ek_session *s)
{
	return ek_container_of(s, struct session, session);
}

static void on_ready(struct ek_session *s)
{
	of_session(s)->ready = true;
}

static bool on_push(struct ek_session *s, int channel, const void *data, size_t n)
{
	struct session *x = of_session(s);

	return x->link->ops->send(x->link, channel, data, n);
}

static struct connection *find_connection(struct session *x, int channel)
{
	for (size_t i = 0; i < x->connections.n; i++)
		if (x->connections.items[i].channel == channel)
			return &x->connections.items[i];
	return NULL;
}

static void on_push_end(struct ek_session *s, int channel)
{
	struct session *x = of_session(s);
	struct connection *c = find_connection(x, channel);

	if (c)
		c->over = true;
	x->link->ops->end(x->link, channel);
}

static void on_connect_failed(struct ek_session *s, int channel, const char *message)
{
	struct session *x = of_session(s);
	struct connection *c = find_connection(x, channel);
	EK_FREE char *text = NULL;

	if (!c)
		return;
	c->over = true;
	text = ek_str_fmt("error forwarding port %d to pod %s, uid %s: %s", c->port,
			  x->access.spec.pod, x->access.spec.uid, message);
	x->link->ops->fail(x->link, channel, text);
}

static void on_resume(struct ek_session *s, int channel)
{
	struct session *x = of_session(s);

	(void)channel;
	if (!x->paused)
		return;
	x->paused = false;
	x->link->ops->pause(x->link, false);
}

static struct ek_json *internal_error(const char *prefix, const char *message)
{
	EK_FREE char *text = ek_str_fmt("%s%s", prefix, message);

	return ek_json_make(
		"{'metadata':{},'status':'Failure','message':%s,'reason':'InternalError',"
		"'details':{'causes':[{'message':%s}]},'code':500}",
		text, message);
}

static struct ek_json *refusal(const struct session *x, const char *why)
{
	bool attach = x->access.spec.kind == EK_SESSION_ATTACH;
	EK_FREE char *text = NULL;

	if (x->access.spec.kind == EK_SESSION_FORWARD)
		return internal_error("", why);
	if (x->ready) {
		text = ek_str_fmt("error %s container: %s",
				  attach ? "attaching to" : "executing command in", why);
		return internal_error("Internal error occurred: ", text);
	}
	text = ek_str_fmt("unable to upgrade connection: %s", why);
	return internal_error(x->link->is_websocket ? "Internal error occurred: " : "", text);
}

static struct ek_json *result(const struct session *x, int rc, int exit_code, const char *message)
{
	if (rc < 0)
		return refusal(x, message ? message : "the node gave no reason");
	if (exit_code == 0)
		return ek_json_make("{'metadata':{},'status':'Success'}");
	return ek_json_make(
		"{'metadata':{},'status':'Failure',"
		"'message':'command terminated with non-zero exit code: exit status %d',"
		"'reason':'NonZeroExitCode','details':{'causes':[{'reason':'ExitCode','message':'%d'}]}}",
		exit_code, exit_code);
}

static void on_closed(struct ek_session *s, int rc, int exit_code, const char *message)
{
	struct session *x = of_session(s);
	EK_JSON struct ek_json *status = result(x, rc, exit_code, message);

	x->over = true;
	x->link->ops->finish(x->link, status);
	x->link->ops->close(x->link); /* frees x, now or later */
}

static const struct ek_session_front front = {
	.ready = on_ready,
	.push = on_push,
	.push_end = on_push_end,
	.resume = on_resume,
	.closed = on_closed,
};

/* ---- from the user ---- */

static void open_node(struct session *x)
{
	x->opened = true;
	x->access.node->open(x->access.node, &x->access.spec, &x->session);
}

static void on_opened(struct link *l)
{
	open_node(l->owner);
}

static void forget_old_connections(struct session *x)
{
	size_t n = 0;

	for (size_t i = 0; i < x->connections.n; i++)
		if (!x->connections.items[i].over)
			x->connections.items[n++] = x->connections.items[i];
	x->connections.n = n;
}

static void on_connected(struct link *l, int channel, int port)
{
	struct session *x = l->owner;
	struct connection c = { channel, port, false };

	forget_old_connections(x);
	ek_vec_push(&x->connections, c);
	if (!x->opened)
		open_node(x);
	if (!x->over)
		x->session.back->connect(&x->session, channel, port);
}

/* Sizes are JSON objects one after the other, in pieces of any length. */
static void take_sizes(struct session *x, const char *data, size_t n)
{
	if (ek_buf_append(&x->resize, data, n) < 0)
		ek_buf_clear(&x->resize);
	for (const char *end;
	     x->resize.len && (end = memchr(x->resize.data, '}', x->resize.len));) {
		size_t len = (size_t)(end - x->resize.data) + 1;
		EK_JSON struct ek_json *size = NULL;
		int cols, rows;

		if (ek_json_parse(x->resize.data, len, MAX_RESIZE, &size, NULL, NULL) == 0) {
			cols = (int)ek_json_int_at(size, "Width", 0);
			rows = (int)ek_json_int_at(size, "Height", 0);
			if (cols > 0 && cols <= UINT16_MAX && rows > 0 && rows <= UINT16_MAX)
				x->session.back->resize(&x->session, cols, rows);
		}
		ek_buf_consume(&x->resize, len);
	}
}

static void on_data(struct link *l, int channel, const char *data, size_t n)
{
	struct session *x = l->owner;

	if (!x->opened || x->over)
		return;
	if (x->access.spec.kind != EK_SESSION_FORWARD && channel == LINK_RESIZE) {
		take_sizes(x, data, n);
	} else if (n && !x->session.back->push(&x->session, channel, data, n) && !x->over) {
		x->paused = true;
		l->ops->pause(l, true);
	}
}

static void on_ended(struct link *l, int channel)
{
	struct session *x = l->owner;

	if (x->opened && !x->over)
		x->session.back->push_end(&x->session, channel);
}

static void on_drained(struct link *l)
{
	struct session *x = l->owner;

	if (!x->opened || x->over)
		return;
	if (x->access.spec.kind != EK_SESSION_FORWARD) {
		x->session.back->resume(&x->session, EK_CH_STDOUT);
		if (!x->over)
			x->session.back->resume(&x->session, EK_CH_STDERR);
	}
	for (size_t i = 0; !x->over && i < x->connections.n; i++)
		if (!x->connections.items[i].over)
			x->session.back->resume(&x->session, x->connections.items[i].channel);
}

/* What exec started goes on without us, but for a terminal. */
static void on_gone(struct link *l)
{
	struct session *x = l->owner;

	if (x->opened && !x->over)
		x->session.back->close(&x->session);
	x->over = true;
	l->ops->close(l); /* frees x, now or later */
}

static const struct link_events events = {
	.opened = on_opened,
	.connected = on_connected,
	.data = on_data,
	.ended = on_ended,
	.drained = on_drained,
	.gone = on_gone,
	.freed = session_free,
};

void handle_pod_session(struct request *rq, enum ek_session_kind kind)
{
	struct session *x = ek_new(struct session);

	x->session.front = &front;
	x->session.connect_failed = on_connect_failed;
	ek_buf_init(&x->resize, MAX_RESIZE);
	if (!pod_access_open(rq, kind, &x->access) ||
	    link_open(rq, &x->access.spec, &events, x, &x->link) < 0)
		session_free(x);
}
