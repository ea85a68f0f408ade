/* SPDX-License-Identifier: Apache-2.0 */

/*
 * pods/exec and pods/attach over SPDY (remotecommand protocol v4.channel.k8s.io): the client opens a
 * stream for each of error, stdin, stdout, stderr, resize; when all it asked for are there the node's
 * session begins. What became of the command is told as a Status on the error stream.
 *
 *	101 ──► streams ──► node->open ──► bytes both ways ──► Status ──► close
 */

#include <ekube/log.h>
#include <ekube/str.h>
#include <stdlib.h>

#include "pod_access.h"
#include "spdy.h"

enum role { ROLE_NONE, ROLE_ERROR, ROLE_STDIN, ROLE_STDOUT, ROLE_STDERR, ROLE_RESIZE, N_ROLES };

enum { STREAMS_MS = 30 * 1000 };

static const char *const role_names[N_ROLES] = { "", "error", "stdin", "stdout", "stderr", "resize" };

struct exec_stream {
	struct ek_session   session;
	struct pod_access   access;
	struct spdy        *spdy;
	struct ek_loop     *loop;
	struct spdy_stream *streams[N_ROLES];
	struct ek_timer     patience;
	bool                opened; /* the node knows of the session */
	bool                over;   /* and is done with it */
	bool                paused;
};

static void exec_free(void *owner)
{
	struct exec_stream *x = owner;

	ek_timer_stop(&x->patience);
	pod_access_done(&x->access);
	free(x);
}

/* The user is gone, or all was said: end both halves. */
static void finish(struct exec_stream *x)
{
	if (x->opened && !x->over)
		x->session.back->close(&x->session);
	x->over = true;
	spdy_close(x->spdy); /* frees x, now or later */
}

/* ---- from the node ---- */

static void on_ready(struct ek_session *s)
{
	(void)s;
}

static enum role role_of_channel(int channel)
{
	return channel == EK_CH_STDERR ? ROLE_STDERR : ROLE_STDOUT;
}

static bool on_push(struct ek_session *s, int channel, const void *data, size_t n)
{
	struct exec_stream *x = ek_container_of(s, struct exec_stream, session);
	struct spdy_stream *st = x->streams[role_of_channel(channel)];

	return !st || spdy_send(x->spdy, st, data, n);
}

static void on_push_end(struct ek_session *s, int channel)
{
	struct exec_stream *x = ek_container_of(s, struct exec_stream, session);
	struct spdy_stream *st = x->streams[role_of_channel(channel)];

	if (st)
		spdy_end(x->spdy, st);
}

static void on_resume(struct ek_session *s, int channel)
{
	struct exec_stream *x = ek_container_of(s, struct exec_stream, session);

	(void)channel;
	if (x->paused) {
		x->paused = false;
		spdy_pause(x->spdy, false);
	}
}

static struct ek_json *result_status(int rc, int exit_code, const char *message)
{
	if (rc < 0)
		return ek_json_make("{'metadata':{},'status':'Failure','message':%s,'reason':'InternalError',"
				    "'details':{'causes':[{'message':%s}]},'code':500}", message, message);
	if (exit_code == 0)
		return ek_json_make("{'metadata':{},'status':'Success'}");
	return ek_json_make("{'metadata':{},'status':'Failure',"
			    "'message':'command terminated with non-zero exit code: exit status %d',"
			    "'reason':'NonZeroExitCode','details':{'causes':[{'reason':'ExitCode','message':'%d'}]}}",
			    exit_code, exit_code);
}

static void on_closed(struct ek_session *s, int rc, int exit_code, const char *message)
{
	struct exec_stream *x = ek_container_of(s, struct exec_stream, session);
	EK_JSON struct ek_json *status = result_status(rc, exit_code, message ? message : "the command could not be run");
	EK_FREE char *text = ek_json_text(status);

	x->over = true;
	on_push_end(s, EK_CH_STDOUT);
	on_push_end(s, EK_CH_STDERR);
	(void)spdy_send(x->spdy, x->streams[ROLE_ERROR], text, strlen(text));
	spdy_end(x->spdy, x->streams[ROLE_ERROR]);
	spdy_close(x->spdy);
	exec_free(x);
}

static const struct ek_session_front front = {
	.ready = on_ready,
	.push = on_push,
	.push_end = on_push_end,
	.resume = on_resume,
	.closed = on_closed,
};

/* ---- from the user ---- */

static bool all_streams(const struct exec_stream *x)
{
	const struct ek_session_spec *s = &x->access.spec;

	return x->streams[ROLE_ERROR] && (!s->in || x->streams[ROLE_STDIN]) && (!s->out || x->streams[ROLE_STDOUT]) &&
	       (!s->err || x->streams[ROLE_STDERR]) && (!s->tty || x->streams[ROLE_RESIZE]);
}

static void on_stream(struct spdy *sp, struct spdy_stream *st)
{
	struct exec_stream *x = spdy_owner(sp);
	const char *type = ek_json_str(ek_json_get(st->headers, "streamtype"));

	for (int role = ROLE_ERROR; role < N_ROLES; role++)
		if (ek_streq(role_names[role], type) && !x->streams[role]) {
			st->role = role;
			x->streams[role] = st;
		}
	if (x->opened || !all_streams(x))
		return;
	x->opened = true;
	ek_timer_stop(&x->patience);
	x->access.node->open(x->access.node, &x->access.spec, &x->session);
}

static void resize(struct exec_stream *x, const char *data, size_t n)
{
	EK_JSON struct ek_json *size = NULL;

	if (ek_json_parse(data, n, 4096, &size, NULL, NULL) < 0)
		return;
	x->session.back->resize(&x->session, (int)ek_json_int_at(size, "Width", 0), (int)ek_json_int_at(size, "Height", 0));
}

static void on_data(struct spdy *sp, struct spdy_stream *st, const char *data, size_t n)
{
	struct exec_stream *x = spdy_owner(sp);

	if (!x->opened || x->over)
		return;
	if (st->role == ROLE_RESIZE) {
		resize(x, data, n);
	} else if (st->role == ROLE_STDIN && !x->session.back->push(&x->session, EK_CH_STDIN, data, n) && !x->over) {
		x->paused = true;
		spdy_pause(sp, true);
	}
}

static void on_ended(struct spdy *sp, struct spdy_stream *st)
{
	struct exec_stream *x = spdy_owner(sp);

	if (x->opened && !x->over && st->role == ROLE_STDIN)
		x->session.back->push_end(&x->session, EK_CH_STDIN);
}

static void on_stream_closed(struct spdy *sp, struct spdy_stream *st)
{
	struct exec_stream *x = spdy_owner(sp);

	if (st->role != ROLE_NONE)
		x->streams[st->role] = NULL;
}

static void on_drained(struct spdy *sp)
{
	struct exec_stream *x = spdy_owner(sp);

	if (!x->opened || x->over)
		return;
	x->session.back->resume(&x->session, EK_CH_STDOUT);
	if (!x->over)
		x->session.back->resume(&x->session, EK_CH_STDERR);
}

static void on_gone(struct spdy *sp)
{
	finish(spdy_owner(sp));
}

static void on_patience(struct ek_timer *t)
{
	ek_debug("the client opened no streams", "in", "30s");
	finish(ek_container_of(t, struct exec_stream, patience));
}

static void on_started(struct spdy *sp)
{
	struct exec_stream *x = spdy_owner(sp);

	ek_timer_start(x->loop, &x->patience, STREAMS_MS, on_patience);
}

static const struct spdy_events events = {
	.started = on_started,
	.opened = on_stream,
	.data = on_data,
	.ended = on_ended,
	.closed = on_stream_closed,
	.drained = on_drained,
	.gone = on_gone,
	.freed = exec_free,
};

void handle_pod_exec(struct request *rq, enum ek_session_kind kind)
{
	struct exec_stream *x = ek_new(struct exec_stream);
	const char *upgrade = http_header(rq->http, "upgrade");
	struct ek_err err;

	if (!pod_access_open(rq, kind, &x->access)) {
		free(x);
		return;
	}
	if (!upgrade || strcasecmp(upgrade, "SPDY/3.1") != 0) {
		(void)ek_fail(&err, EK_EBADREQUEST, "Upgrade request required");
		request_fail_err(rq, &err);
		exec_free(x);
		return;
	}
	x->session.front = &front;
	x->loop = front_options(rq->front)->loop;
	if (http_header(rq->http, "x-stream-protocol-version"))
		http_add_header(rq->http, "x-stream-protocol-version", "v4.channel.k8s.io");
	if (spdy_upgrade(rq->http, &events, x, &x->spdy) < 0) {
		(void)ek_fail(&err, EK_EBADREQUEST, "exec, attach and port-forward need HTTP/1.1");
		request_fail_err(rq, &err);
		exec_free(x);
	}
}
