/* SPDX-License-Identifier: Apache-2.0 */

/*
 * exec and attach over SPDY: the client opens a stream for each of error, stdin, stdout, stderr and
 * resize, and ends them as it pleases.
 */

#include <ekube/log.h>
#include <ekube/str.h>
#include <stdlib.h>

#include "link.h"
#include "spdy.h"

enum { N_CHANNELS = LINK_RESIZE + 1, NO_ROLE = N_CHANNELS, STREAMS_MS = 30 * 1000 };

static const char *const stream_types[N_CHANNELS] = { "stdin", "stdout", "stderr", "error", "resize" };

struct link_exec {
	struct link                   link;
	struct spdy                  *spdy;
	const struct ek_session_spec *spec;
	struct spdy_stream           *streams[N_CHANNELS];
	struct ek_timer               patience; /* until all streams are there */
	char                         *protocol;
	bool                          complete;
};

static struct link_exec *of_link(struct link *l)
{
	return ek_container_of(l, struct link_exec, link);
}

/* ---- to the user ---- */

static bool exec_send(struct link *l, int channel, const void *data, size_t n)
{
	struct link_exec *x = of_link(l);
	struct spdy_stream *st = x->streams[channel];

	return !st || spdy_send(x->spdy, st, data, n);
}

static void exec_end(struct link *l, int channel)
{
	struct link_exec *x = of_link(l);

	if (x->streams[channel])
		spdy_end(x->spdy, x->streams[channel]);
}

static void exec_fail(struct link *l, int channel, const char *message)
{
	(void)exec_send(l, LINK_ERROR, message, strlen(message));
	exec_end(l, channel);
}

static void exec_finish(struct link *l, const struct ek_json *status)
{
	EK_FREE char *text = link_told(of_link(l)->protocol, status);

	exec_end(l, LINK_STDOUT);
	exec_end(l, LINK_STDERR);
	if (text)
		(void)exec_send(l, LINK_ERROR, text, strlen(text));
	exec_end(l, LINK_ERROR);
}

static void exec_pause(struct link *l, bool pause)
{
	spdy_pause(of_link(l)->spdy, pause);
}

static void exec_close(struct link *l)
{
	spdy_close(of_link(l)->spdy);
}

static void on_freed(void *owner);

static void exec_drop(struct link *l)
{
	spdy_free(of_link(l)->spdy);
	on_freed(of_link(l));
}

static const struct link_ops exec_ops = {
	.send = exec_send,
	.end = exec_end,
	.fail = exec_fail,
	.finish = exec_finish,
	.pause = exec_pause,
	.close = exec_close,
	.drop = exec_drop,
};

/* ---- from the user ---- */

static bool all_streams(const struct link_exec *x)
{
	const struct ek_session_spec *s = x->spec;

	return x->streams[LINK_ERROR] && (!s->in || x->streams[LINK_STDIN]) &&
	       (!s->out || x->streams[LINK_STDOUT]) && (!s->err || x->streams[LINK_STDERR]);
}

static void on_opened(struct spdy *sp, struct spdy_stream *st)
{
	struct link_exec *x = spdy_owner(sp);
	const char *type = ek_json_str(ek_json_get(st->headers, "streamtype"));

	st->role = NO_ROLE;
	for (int i = 0; i < N_CHANNELS; i++)
		if (ek_streq(stream_types[i], type) && !x->streams[i]) {
			st->role = i;
			x->streams[i] = st;
		}
	if (x->complete || !all_streams(x))
		return;
	x->complete = true;
	ek_timer_stop(&x->patience);
	x->link.events->opened(&x->link);
}

static void on_data(struct spdy *sp, struct spdy_stream *st, const char *data, size_t n)
{
	struct link_exec *x = spdy_owner(sp);

	if (x->complete && (st->role == LINK_STDIN || st->role == LINK_RESIZE))
		x->link.events->data(&x->link, st->role, data, n);
}

static void on_ended(struct spdy *sp, struct spdy_stream *st)
{
	struct link_exec *x = spdy_owner(sp);

	if (x->complete && st->role == LINK_STDIN)
		x->link.events->ended(&x->link, LINK_STDIN);
}

static void on_closed(struct spdy *sp, struct spdy_stream *st)
{
	struct link_exec *x = spdy_owner(sp);

	if (st->role != NO_ROLE)
		x->streams[st->role] = NULL;
}

static void on_drained(struct spdy *sp)
{
	struct link_exec *x = spdy_owner(sp);

	x->link.events->drained(&x->link);
}

static void on_gone(struct spdy *sp)
{
	struct link_exec *x = spdy_owner(sp);

	x->link.events->gone(&x->link);
}

static void on_freed(void *owner)
{
	struct link_exec *x = owner;
	struct link link = x->link;

	ek_timer_stop(&x->patience);
	free(x->protocol);
	free(x);
	if (link.events)
		link.events->freed(link.owner);
}

static const struct spdy_events events = {
	.opened = on_opened,
	.data = on_data,
	.ended = on_ended,
	.closed = on_closed,
	.drained = on_drained,
	.gone = on_gone,
	.freed = on_freed,
};

static void on_patience(struct ek_timer *t)
{
	struct link_exec *x = ek_container_of(t, struct link_exec, patience);

	ek_debug("the client opened no streams", "in", "30s");
	x->link.events->gone(&x->link);
}

struct link *link_exec_new(const struct ek_session_spec *spec, struct ek_loop *loop,
			   const char *protocol)
{
	struct link_exec *x = ek_new(struct link_exec);

	x->link.ops = &exec_ops;
	x->spec = spec;
	x->protocol = ek_str_dup(protocol);
	x->spdy = spdy_new(&events, x);
	ek_timer_start(loop, &x->patience, STREAMS_MS, on_patience);
	return &x->link;
}

struct wire *link_exec_wire(struct link *l)
{
	return spdy_wire(of_link(l)->spdy);
}
