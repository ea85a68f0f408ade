/* SPDX-License-Identifier: Apache-2.0 */

/*
 * port-forward over SPDY (portforward.k8s.io): for each connection the client opens an error and
 * a data stream with the same requestID and the port. What goes wrong with one is said on its
 * error stream; the others go on. A channel is the data stream's id, which is unique in a
 * connection.
 */

#include <ekube/str.h>
#include <ekube/vec.h>
#include <stdlib.h>

#include "link_spdy.h"

enum { ROLE_NONE, ROLE_ERROR, ROLE_DATA, MAX_PORT = 65535 };

struct link_forward {
	struct link_spdy base;
	EK_VEC(struct spdy_stream *) streams;
};

static struct link_forward *of_link(struct link *l)
{
	return ek_container_of(link_spdy_of(l), struct link_forward, base);
}

static struct link_forward *of_spdy(struct spdy *sp)
{
	return ek_container_of((struct link_spdy *)spdy_owner(sp), struct link_forward, base);
}

static const char *header(const struct spdy_stream *st, const char *name)
{
	return ek_json_str(ek_json_get(st->headers, name));
}

static struct spdy_stream *data_stream(struct link_forward *f, int channel)
{
	for (size_t i = 0; i < f->streams.n; i++)
		if ((int)f->streams.items[i]->id == channel &&
		    f->streams.items[i]->role == ROLE_DATA)
			return f->streams.items[i];
	return NULL;
}

static struct spdy_stream *partner(struct link_forward *f, const struct spdy_stream *of)
{
	for (size_t i = 0; i < f->streams.n; i++) {
		struct spdy_stream *st = f->streams.items[i];

		if (st != of && st->role != of->role &&
		    ek_streq(header(st, "requestid"), header(of, "requestid")))
			return st;
	}
	return NULL;
}

/* ---- to the user ---- */

static bool forward_send(struct link *l, int channel, const void *data, size_t n)
{
	struct link_forward *f = of_link(l);
	struct spdy_stream *st = data_stream(f, channel);

	return !st || spdy_send(f->base.spdy, st, data, n);
}

static void forward_fail(struct link *l, int channel, const char *message)
{
	struct link_forward *f = of_link(l);
	struct spdy_stream *st = data_stream(f, channel);
	struct spdy_stream *error = st ? partner(f, st) : NULL;

	if (error && message)
		(void)spdy_send(f->base.spdy, error, message, strlen(message));
	if (error)
		spdy_end(f->base.spdy, error);
	if (st)
		spdy_end(f->base.spdy, st);
}

static void forward_end(struct link *l, int channel)
{
	forward_fail(l, channel, NULL);
}

static void forward_finish(struct link *l, const struct ek_json *status)
{
	struct link_forward *f = of_link(l);
	const char *message = ek_json_str_at(status, "message");

	/* from the end: one that is over now takes itself off the list */
	for (size_t i = f->streams.n; i-- > 0;) {
		struct spdy_stream *st = f->streams.items[i];

		if (message && st->role == ROLE_ERROR)
			(void)spdy_send(f->base.spdy, st, message, strlen(message));
		spdy_end(f->base.spdy, st);
	}
}

static const struct link_ops forward_ops = {
	.send = forward_send,
	.end = forward_end,
	.fail = forward_fail,
	.finish = forward_finish,
	.pause = link_spdy_pause,
	.close = link_spdy_close,
	.drop = link_spdy_drop,
};

/* ---- from the user ---- */

static void on_opened(struct spdy *sp, struct spdy_stream *st)
{
	struct link_forward *f = of_spdy(sp);
	const char *type = header(st, "streamtype"), *port_text = header(st, "port");
	struct spdy_stream *other;
	int64_t port;

	if (ek_str_to_int(port_text ? port_text : "", 1, MAX_PORT, &port) < 0 ||
	    !header(st, "requestid") || !(ek_streq(type, "error") || ek_streq(type, "data"))) {
		spdy_end(sp, st);
		return;
	}
	st->role = ek_streq(type, "error") ? ROLE_ERROR : ROLE_DATA;
	ek_vec_push(&f->streams, st);
	other = partner(f, st);
	if (!other)
		return;
	st->connected = other->connected = true;
	f->base.link.events->connected(&f->base.link, (int)(st->role == ROLE_DATA ? st : other)->id,
				       (int)port);
}

static void on_data(struct spdy *sp, struct spdy_stream *st, const char *data, size_t n)
{
	struct link_forward *f = of_spdy(sp);

	if (st->role == ROLE_DATA && st->connected)
		f->base.link.events->data(&f->base.link, (int)st->id, data, n);
}

static void on_ended(struct spdy *sp, struct spdy_stream *st)
{
	struct link_forward *f = of_spdy(sp);

	if (st->role == ROLE_DATA && st->connected)
		f->base.link.events->ended(&f->base.link, (int)st->id);
}

static void on_closed(struct spdy *sp, struct spdy_stream *st)
{
	struct link_forward *f = of_spdy(sp);

	for (size_t i = 0; i < f->streams.n; i++)
		if (f->streams.items[i] == st) {
			f->streams.items[i] = f->streams.items[--f->streams.n];
			return;
		}
}

static void on_freed(void *owner)
{
	struct link_forward *f =
		ek_container_of((struct link_spdy *)owner, struct link_forward, base);

	ek_vec_done(&f->streams);
	link_spdy_freed(&f->base, f);
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

struct link *link_forward_new(void)
{
	struct link_forward *f = ek_new(struct link_forward);

	link_spdy_init(&f->base, &forward_ops, &events);
	return &f->base.link;
}
