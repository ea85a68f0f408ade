/* SPDX-License-Identifier: Apache-2.0 */

/*
 * SPDY inside a WebSocket, as kubectl forwards ports since 1.31 (KEP-4006): binary messages, one
 * after the other, are the bytes of the inner wire.
 */

#include <stdlib.h>

#include "http/handlers.h"
#include "link.h"
#include "websocket.h"

enum { PIECE = 64 << 10 };

struct tunnel {
	struct websocket *ws;
	struct wire      *inner; /* NULL: its user closed it */
};

/* ---- from inside ---- */

static bool inner_write(struct wire *w, const void *data, size_t n)
{
	struct tunnel *t = w->impl;
	const char *p = data;
	bool more = true;

	for (size_t piece; n; p += piece, n -= piece) {
		piece = EK_MIN(n, (size_t)PIECE);
		more = websocket_send(t->ws, false, "", 0, p, piece);
	}
	return more;
}

static void inner_pause(struct wire *w, bool pause)
{
	struct tunnel *t = w->impl;

	websocket_pause(t->ws, pause);
}

static void inner_close(struct wire *w)
{
	struct tunnel *t = w->impl;

	t->inner = NULL;
	websocket_close(t->ws, WS_NORMAL);
}

static const struct wire_ops inner_ops = {
	.write = inner_write,
	.pause = inner_pause,
	.close = inner_close,
};

/* ---- from outside ---- */

static void on_opened(struct websocket *ws)
{
	(void)ws; /* the client speaks first */
}

static void on_message(struct websocket *ws, bool is_text, char *data, size_t n)
{
	struct tunnel *t = websocket_owner(ws);

	if (is_text)
		t->inner->on_read(t->inner, NULL, -1);
	else if (n)
		t->inner->on_read(t->inner, data, (ssize_t)n);
}

static void on_drained(struct websocket *ws)
{
	struct tunnel *t = websocket_owner(ws);

	t->inner->on_drained(t->inner);
}

static void on_gone(struct websocket *ws)
{
	struct tunnel *t = websocket_owner(ws);

	t->inner->on_read(t->inner, NULL, 0);
}

static const struct websocket_events events = {
	.opened = on_opened,
	.message = on_message,
	.drained = on_drained,
	.gone = on_gone,
	.freed = free,
};

int ws_tunnel_open(struct request *rq, const char *protocol, struct wire *inner, struct ek_err *err)
{
	struct tunnel *t = ek_new(struct tunnel);
	int rc;

	t->inner = inner;
	t->ws = websocket_new(&events, t);
	inner->ops = &inner_ops;
	inner->impl = t;
	rc = websocket_upgrade(t->ws, rq->http, protocol, err);
	if (rc < 0) {
		websocket_free(t->ws);
		free(t);
	}
	return rc;
}
