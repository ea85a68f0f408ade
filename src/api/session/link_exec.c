/* SPDX-License-Identifier: Apache-2.0 */

/*
 * exec and attach over SPDY: the client opens a stream for each of error, stdin, stdout, stderr and
 * resize, and ends them as it pleases.
 */

#include <ekube/log.h>
#include <ekube/str.h>
#include <stdlib.h>

#include "link_spdy.h"

enum { N_CHANNELS = LINK_RESIZE + 1, NO_ROLE = N_CHANNELS, STREAMS_MS = 30 * 1000 };

static const char *const stream_types[N_CHANNELS] = { "stdin", "stdout", "stderr", "error", "resize" };

struct link_exec {
	struct link_spdy              base;
	const struct ek_session_spec *spec;
	struct spdy_stream           *streams[N_CHANNELS];
	struct ek_timer               patience; /* until all streams are there */
	char                         *protocol;
	bool                          complete;
};

static struct link_exec *of_link(struct link *l)
{
	return ek_container_of(link_spdy_of(l), struct link_exec, base);
}

static struct link_exec *of_spdy(struct spdy *sp)
{
	return ek_container_of((struct link_spdy *)spdy_owner(sp), struct link_exec, base);
}

/* ---- to the user ---- */

static bool exec_send(struct link *l, int channel, const void *data, size_t n)
{
	struct link_exec *x = of_link(l);
	struct spdy_stream *st = x->streams[channel];

	return !st || spdy_send(x->base.spdy, st, data, n);
}

static void exec_end(struct link *l, int channel)
{
	struct link_exec *x = of_link(l);

	if (x->streams[channel])
		spdy_end(x->base.spdy, x->streams[channel]);
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

static const struct link_ops exec_ops = {
	.send = exec_send,
	.end = exec_end,
	.fail = exec_fail,
	.finish = exec_finish,
	.pause = link_spdy_pause,
	.close = link_spdy_close,
	.drop = link_spdy_drop,
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
	struct link_exec *x = of_spdy(sp);
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
	x->base.link.events->opened(&x->base.link);
}

static void on_data(struct spdy *sp, struct spdy_stream *st, const char *data, size_t n)
{
	struct link_exec *x = of_spdy(sp);

	if (x->complete && (st->role == LINK_STDIN || st->role == LINK_RESIZE))
		x->base.link.events->data(&x->base.link, st->role, data, n);
}

static void on_ended(struct spdy *sp, struct spdy_stream *st)
{
	struct link_exec *x = of_spdy(sp);

	if (x->complete && st->role == LINK_STDIN)
		x->base.link.events->ended(&x->base.link, LINK_STDIN);
}

static void on_closed(struct spdy *sp, struct spdy_stream *st)
{
	struct link_exec *x = of_spdy(sp);

	if (st->role != NO_ROLE)
		x->streams[st->role] = NULL;
}

static void on_freed(void *owner)
{
	struct link_exec *x = ek_container_of((struct link_spdy *)owner, struct link_exec, base);

	ek_timer_stop(&x->patience);
	free(x->protocol);
	link_spdy_freed(&x->base, x);
}

static const struct spdy_events events = {
	.opened = on_opened,
	.data = on_data,
	.ended = on_ended,
	.closed = on_closed,
	.drained = link_spdy_drained,
	.gone = link_spdy_gone,
	.freed = on_freed,
};

static void on_patience(struct ek_timer *t)
{
	struct link_exec *x = ek_container_of(t, struct link_exec, patience);

	ek_debug("the client opened no streams", "in", "30s");
	x->base.link.events->gone(&x->base.link);
}

struct link *link_exec_new(const struct ek_session_spec *spec, struct ek_loop *loop,
			   const char *protocol)
{
	struct link_exec *x = ek_new(struct link_exec);

	link_spdy_init(&x->base, &exec_ops, &events);
	x->spec = spec;
	x->protocol = ek_str_dup(protocol);
	ek_timer_start(loop, &x->patience, STREAMS_MS, on_patience);
	return &x->base.link;
}
