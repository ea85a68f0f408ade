/* SPDX-License-Identifier: Apache-2.0 */
#include "api/session/spdy.h"

#include <ekube/str.h>

#include <stdlib.h>

#include "api/fake_wire.h"

/*
 * The first byte says how the rest arrives (in which pieces) and what the owner does; the rest is
 * what a client sends. Whatever it is: streams are opened once, speak only between their opening
 * and their end, and everything is given back.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENDS = 16, PAUSES = 32, CLOSES = 64, TALKS = 128 };

struct owner {
	int      habits;
	uint32_t last_id;
	unsigned n_data;
	bool     gone, freed;
};

static void on_opened(struct spdy *sp, struct spdy_stream *st)
{
	struct owner *o = spdy_owner(sp);

	EK_ASSERT(!o->gone && st->id > o->last_id && st->id % 2 == 1);
	EK_ASSERT(ek_json_is_object(st->headers));
	o->last_id = st->id;
	st->role = 1;
}

static void on_data(struct spdy *sp, struct spdy_stream *st, const char *data, size_t n)
{
	struct owner *o = spdy_owner(sp);

	EK_ASSERT(!o->gone && st->role == 1 && n > 0 && data);
	if (o->habits & TALKS)
		(void)spdy_send(sp, st, data, n);
	if (o->habits & ENDS)
		spdy_end(sp, st);
	if (o->habits & PAUSES)
		spdy_pause(sp, true);
	if ((o->habits & CLOSES) && ++o->n_data == 3)
		spdy_close(sp);
}

static void on_ended(struct spdy *sp, struct spdy_stream *st)
{
	struct owner *o = spdy_owner(sp);

	EK_ASSERT(!o->gone && st->role == 1);
	st->role = 2;
	if (o->habits & ENDS)
		spdy_end(sp, st);
}

static void on_closed(struct spdy *sp, struct spdy_stream *st)
{
	EK_ASSERT(st->role == 2 && st->local_ended && st->remote_ended);
	(void)sp;
}

static void on_drained(struct spdy *sp)
{
	EK_ASSERT(!((struct owner *)spdy_owner(sp))->gone);
}

static void on_gone(struct spdy *sp)
{
	struct owner *o = spdy_owner(sp);

	EK_ASSERT(!o->gone);
	o->gone = true;
	spdy_close(sp);
}

static void on_freed(void *owner)
{
	struct owner *o = owner;

	EK_ASSERT(!o->freed);
	o->freed = true;
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct owner o = { .habits = size ? data[0] : 0 };
	size_t piece = (size_t)1 << (o.habits & 15);
	struct spdy *sp = spdy_new(&events, &o);
	struct fake_wire wire;

	fake_wire_bind(&wire, spdy_wire(sp));
	for (size_t at = 1, n; at < size && wire.wire; at += n) {
		n = EK_MIN(size - at, piece);
		fake_wire_says(&wire, data + at, n, piece);
		if (wire.wire && wire.paused)
			spdy_pause(sp, false);
	}
	fake_wire_drains(&wire);
	fake_wire_ends(&wire);
	if (wire.wire)
		spdy_close(sp); /* paused to the end */
	EK_ASSERT(o.freed && wire.n_closed == 1);
	fake_wire_done(&wire);
	return 0;
}
