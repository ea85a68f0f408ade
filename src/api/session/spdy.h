/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * SPDY/3.1, the server's side, as kubectl speaks it for exec, attach and port-forward: the client opens
 * all streams, each with a few headers that say what it is for. No flow control but the wire's: what the
 * other side of a stream cannot take stops the reading of the whole connection.
 *
 * Source: SPDY Protocol - Draft 3.1.
 */

#include <ekube/json.h>
#include <ekube/vec.h>

#include "wire.h"

struct spdy;

struct spdy_stream {
	uint32_t        id;
	struct ek_json *headers;      /* object of strings, names in lower case */
	int             role;         /* the owner's */
	bool            connected;    /* the owner's */
	bool            local_ended, remote_ended;
	/* private */
	struct ek_list  node;
};

struct spdy_events {
	void (*opened)(struct spdy *s, struct spdy_stream *st);
	void (*data)(struct spdy *s, struct spdy_stream *st, const char *data, size_t n);
	void (*ended)(struct spdy *s, struct spdy_stream *st);  /* the client will send no more on it */
	void (*closed)(struct spdy *s, struct spdy_stream *st); /* both sides ended it: forget it, it is freed */
	void (*drained)(struct spdy *s);
	void (*gone)(struct spdy *s);                           /* the connection is over: call spdy_close */
	/* After spdy_close, when nobody on the stack needs the owner any more: free it here and only here. */
	void (*freed)(void *owner);
};

/* Whoever carries the wire calls its on_read from when it stands. */
struct spdy *spdy_new(const struct spdy_events *events, void *owner);
struct wire *spdy_wire(struct spdy *s);
void        *spdy_owner(struct spdy *s);
void         spdy_free(struct spdy *s); /* of which no wire ever stood: no events */

/* Ending a stream that the client has ended frees it, at once or when the event that we are in is over. */
bool spdy_send(struct spdy *s, struct spdy_stream *st, const void *data, size_t n); /* false: enough for now */
void spdy_end(struct spdy *s, struct spdy_stream *st);
void spdy_pause(struct spdy *s, bool pause); /* no `data`, and soon no reading, until it is undone */

/* Say goodbye, send what is queued, and be freed; no events but `freed` from now on. */
void spdy_close(struct spdy *s);
