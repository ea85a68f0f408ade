/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Bytes both ways, in order, over whatever carries them: a connection that HTTP/1.1 handed over (http.h),
 * or the messages of a WebSocket (ws_tunnel.h). A wire is embedded in its user's struct; who carries it
 * fills in `ops` when the wire stands.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct wire {
	/* n > 0: data, valid during the call; 0: the peer closed; < 0: it broke. No more calls after either. */
	void (*on_read)(struct wire *w, const char *data, ssize_t n);
	void (*on_drained)(struct wire *w); /* after wire_write returned false */
	/* the carrier's */
	const struct wire_ops *ops;
	void *impl;
};

struct wire_ops {
	bool (*write)(struct wire *w, const void *data, size_t n);
	void (*pause)(struct wire *w, bool pause);
	void (*close)(struct wire *w);
};

/* Copies. False: enough for now, go on when `on_drained` fires (the bytes were taken). */
static inline bool wire_write(struct wire *w, const void *data, size_t n)
{
	return w->ops->write(w, data, n);
}

static inline void wire_pause(struct wire *w, bool pause)
{
	w->ops->pause(w, pause);
}

/* After what is queued was sent; no callbacks from now on, and the struct may go. */
static inline void wire_close(struct wire *w)
{
	w->ops->close(w);
}
