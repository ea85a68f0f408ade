/* SPDX-License-Identifier: Apache-2.0 */

/*
 * pods/portforward over SPDY (portforward.k8s.io): for each connection the client opens an error and a
 * data stream with the same requestID and the port. What goes wrong with one is said on its error stream;
 * the others go on.
 */

#include <ekube/str.h>
#include <stdlib.h>

#include "pod_access.h"
#include "spdy.h"

enum { ROLE_ERROR = 1, ROLE_DATA = 2, MAX_PORT = 65535 };

/* Channels are data streams' ids: unique in a connection. */
struct forward {
	struct ek_session   session;
	struct pod_access   access;
	struct spdy        *spdy;
	EK_VEC(struct spdy_stream *) streams;
	bool                opened, over, paused;
};

static void forward_free(void *owner)
{
	struct forward *f = owner;

	ek_vec_done(&f->streams);
	pod_access_done(&f->access);
	free(f);
}

static void finish(struct forward *f)
{
	if (f->opened && !f->over)
		f->session.back->close(&f->session);
	f->over = true;
	spdy_close(f->spdy); /* frees f, now or later */
}

static const char *header(const struct spdy_stream *st, const char *name)
{
	return ek_json_str(ek_json_get(st->headers, name));
}

static struct spdy_stream *data_stream(struct forward *f, int channel)
{
	for (size_t i = 0; i < f->streams.n; i++)
		if ((int)f->streams.items[i]->id == channel && f->streams.items[i]->role == ROLE_DATA)
			return f->streams.items[i];
	return NULL;
}

static struct spdy_stream *partner(struct forward *f, const struct spdy_stream *of)
{
	for (size_t i = 0; i < f->streams.n; i++) {
		struct spdy_stream *st = f->streams.items[i];

		if (st != of && st->role != of->role && ek_streq(header(st, "requestid"), header(of, "requestid")))
			return st;
	}
	return NULL;
}

/* ---- from the node ---- */

static void on_ready(struct ek_session *s)
{
	(void)s;
}

static bool on_push(struct ek_session *s, int channel, const void *data, size_t n)
{
	struct forward *f = ek_container_of(s, struct forward, session);
	struct spdy_stream *st = data_stream(f, channel);

	return !st || spdy_send(f->spdy, st, data, n);
}

static void on_push_end(struct ek_session *s, int channel)
{
	struct forward *f = ek_container_of(s, struct forward, session);
	struct spdy_stream *st = data_stream(f, channel);
	struct spdy_stream *error = st ? partner(f, st) : NULL;

	if (st)
		spdy_end(f->spdy, st);
	if (error)
		spdy_end(f->spdy, error);
}

static void on_resume(struct ek_session *s, int channel)
{
	struct forward *f = ek_container_of(s, struct forward, session);

	(void)channel;
	if (f->paused) {
		f->paused = false;
		spdy_pause(f->spdy, false);
	}
}

static void on_connect_failed(struct ek_session *s, int channel, const char *message)
{
	struct forward *f = ek_container_of(s, struct forward, session);
	struct spdy_stream *st = data_stream(f, channel);
	struct spdy_stream *error = st ? partner(f, st) : NULL;

	if (error)
		(void)spdy_send(f->spdy, error, message, strlen(message));
	on_push_end(s, channel);
}

static void on_closed(struct ek_session *s, int rc, int exit_code, const char *message)
{
	struct forward *f = ek_container_of(s, struct forward, session);

	(void)exit_code;
	f->over = true;
	for (size_t i = 0; rc < 0 && i < f->streams.n; i++)
		if (f->streams.items[i]->role == ROLE_ERROR && message)
			(void)spdy_send(f->spdy, f->streams.items[i], message, strlen(message));
	spdy_close(f->spdy); /* frees f, now or later */
}

static const struct ek_session_front front = {
	.ready = on_ready,
	.push = on_push,
	.push_end = on_push_end,
	.resume = on_resume,
	.closed = on_closed,
};

/* ---- from the user ---- */

static void on_stream(struct spdy *sp, struct spdy_stream *st)
{
	struct forward *f = spdy_owner(sp);
	struct spdy_stream *data;
	int64_t port;

	st->role = ek_streq(header(st, "streamtype"), "error") ? ROLE_ERROR : ROLE_DATA;
	if (ek_str_to_int(header(st, "port") ? header(st, "port") : "", 1, MAX_PORT, &port) < 0) {
		spdy_end(sp, st);
		return;
	}
	ek_vec_push(&f->streams, st);
	if (!partner(f, st))
		return;
	data = st->role == ROLE_DATA ? st : partner(f, st);
	if (!f->opened) {
		f->opened = true;
		f->access.node->open(f->access.node, &f->access.spec, &f->session);
	}
	if (!f->over)
		f->session.back->connect(&f->session, (int)data->id, (int)port);
}

static void on_data(struct spdy *sp, struct spdy_stream *st, const char *data, size_t n)
{
	struct forward *f = spdy_owner(sp);

	if (!f->opened || f->over || st->role != ROLE_DATA)
		return;
	if (!f->session.back->push(&f->session, (int)st->id, data, n) && !f->over) {
		f->paused = true;
		spdy_pause(sp, true);
	}
}

static void on_ended(struct spdy *sp, struct spdy_stream *st)
{
	struct forward *f = spdy_owner(sp);

	if (f->opened && !f->over && st->role == ROLE_DATA)
		f->session.back->push_end(&f->session, (int)st->id);
}

static void on_stream_closed(struct spdy *sp, struct spdy_stream *st)
{
	struct forward *f = spdy_owner(sp);

	for (size_t i = 0; i < f->streams.n; i++)
		if (f->streams.items[i] == st) {
			f->streams.items[i] = f->streams.items[--f->streams.n];
			return;
		}
}

static void on_drained(struct spdy *sp)
{
	struct forward *f = spdy_owner(sp);

	for (size_t i = 0; f->opened && !f->over && i < f->streams.n; i++)
		if (f->streams.items[i]->role == ROLE_DATA)
			f->session.back->resume(&f->session, (int)f->streams.items[i]->id);
}

static void on_gone(struct spdy *sp)
{
	finish(spdy_owner(sp));
}

static void on_started(struct spdy *sp)
{
	(void)sp;
}

static const struct spdy_events events = {
	.started = on_started,
	.opened = on_stream,
	.data = on_data,
	.ended = on_ended,
	.closed = on_stream_closed,
	.drained = on_drained,
	.gone = on_gone,
	.freed = forward_free,
};

void handle_pod_forward(struct request *rq)
{
	struct forward *f = ek_new(struct forward);
	const char *upgrade = http_header(rq->http, "upgrade");
	struct ek_err err;

	if (!pod_access_open(rq, EK_SESSION_FORWARD, &f->access)) {
		free(f);
		return;
	}
	if (!upgrade || strcasecmp(upgrade, "SPDY/3.1") != 0) {
		(void)ek_fail(&err, EK_EBADREQUEST, "Upgrade request required");
		request_fail_err(rq, &err);
		forward_free(f);
		return;
	}
	f->session.front = &front;
	f->session.connect_failed = on_connect_failed;
	http_add_header(rq->http, "x-stream-protocol-version", "portforward.k8s.io");
	if (spdy_upgrade(rq->http, &events, f, &f->spdy) < 0) {
		(void)ek_fail(&err, EK_EBADREQUEST, "exec, attach and port-forward need HTTP/1.1");
		request_fail_err(rq, &err);
		forward_free(f);
	}
}
