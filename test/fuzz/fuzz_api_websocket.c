/* SPDX-License-Identifier: Apache-2.0 */
#include "api/session/websocket.h"

#include <ekube/str.h>

#include <stdlib.h>

#include "api/fake_wire.h"

/*
 * The first byte says how the rest arrives (in which pieces) and what the owner does; the rest is
 * what a client sends. Whatever it is: what we write are whole frames, at most one of them a
 * goodbye and that the last, and everything is given back.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ECHOES = 32, PAUSES = 64, CLOSES = 128 };

struct owner {
	int      habits;
	unsigned n_messages;
	bool     opened, gone, freed;
};

static void on_opened(struct websocket *ws)
{
	((struct owner *)websocket_owner(ws))->opened = true;
}

static void on_message(struct websocket *ws, bool is_text, char *data, size_t n)
{
	struct owner *o = websocket_owner(ws);

	EK_ASSERT(o->opened && !o->gone && n <= 1 << 20);
	if (n)
		data[0] = 'x'; /* it is ours during the call */
	if (o->habits & ECHOES)
		(void)websocket_send(ws, is_text, data, EK_MIN(n, (size_t)1), data,
				     EK_MIN(n, (size_t)4096));
	if (o->habits & PAUSES)
		websocket_pause(ws, true);
	if ((o->habits & CLOSES) && ++o->n_messages == 3)
		websocket_close(ws, WS_INTERNAL);
}

static void on_drained(struct websocket *ws)
{
	EK_ASSERT(!((struct owner *)websocket_owner(ws))->gone);
}

static void on_gone(struct websocket *ws)
{
	struct owner *o = websocket_owner(ws);

	EK_ASSERT(!o->gone);
	o->gone = true;
	websocket_close(ws, WS_NORMAL);
}

static void on_freed(void *owner)
{
	struct owner *o = owner;

	EK_ASSERT(!o->freed);
	o->freed = true;
}

static const struct websocket_events events = {
	.opened = on_opened,
	.message = on_message,
	.drained = on_drained,
	.gone = on_gone,
	.freed = on_freed,
};

static void check_written(const struct ek_buf *out)
{
	const unsigned char *p = (const unsigned char *)out->data;
	bool closed = false;
	size_t n;

	for (size_t at = 0; at < out->len; at += n) {
		EK_ASSERT(!closed && out->len - at >= 2 && (p[at] & 0xf0) == 0x80 &&
			  p[at + 1] < 127);
		closed = (p[at] & 15) == 8;
		n = 2 + p[at + 1];
		if (p[at + 1] == 126)
			n = 4 + ((size_t)p[at + 2] << 8 | p[at + 3]);
		EK_ASSERT(out->len - at >= n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct owner o = { .habits = size ? data[0] : 0 };
	size_t piece = (size_t)1 << (o.habits & 15);
	struct websocket *ws = websocket_new(&events, &o);
	struct fake_wire wire;

	fake_wire_bind(&wire, websocket_wire(ws));
	websocket_begin(ws);
	for (size_t at = 1, n; at < size && wire.wire; at += n) {
		n = EK_MIN(size - at, piece);
		fake_wire_says(&wire, data + at, n, piece);
		if (wire.wire && wire.paused)
			websocket_pause(ws, false);
	}
	fake_wire_drains(&wire);
	fake_wire_ends(&wire);
	if (wire.wire)
		websocket_close(ws, WS_NORMAL); /* paused to the end */
	EK_ASSERT(o.freed && wire.n_closed == 1);
	if (!wire.out.overflow)
		check_written(&wire.out);
	fake_wire_done(&wire);
	return 0;
}
