/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * WebSocket (RFC 6455), the server's side: messages both ways over a wire. What the messages mean is the
 * owner's: ws_channels.h, ws_tunnel.h. A message has a maximum (MAX_MESSAGE in websocket.c), however
 * many fragments it comes in; pings are answered; extensions are not offered.
 */

#include <ekube/err.h>

#include "wire.h"

struct websocket;
struct http_req;

enum { WS_NORMAL = 1000, WS_GOING_AWAY = 1001, WS_PROTOCOL_ERROR = 1002, WS_TOO_BIG = 1009, WS_INTERNAL = 1011 };

struct websocket_events {
	/* The 101 is out: say something, if you like. */
	void (*opened)(struct websocket *ws);
	/* A whole message. data is the callee's to change during the call. */
	void (*message)(struct websocket *ws, bool is_text, char *data, size_t n);
	void (*drained)(struct websocket *ws);
	void (*gone)(struct websocket *ws); /* the connection is over: call websocket_close */
	/* After websocket_close, when nobody on the stack needs the owner any more: free it here and only here. */
	void (*freed)(void *owner);
};

/* Carried by whoever fills the wire's ops; websocket_begin says that it stands. */
struct websocket *websocket_new(const struct websocket_events *events, void *owner);
struct wire      *websocket_wire(struct websocket *ws);
void             *websocket_owner(struct websocket *ws);
void              websocket_begin(struct websocket *ws);
void              websocket_free(struct websocket *ws); /* of which no wire ever stood: no events */

/*
 * Answers the request with the handshake (RFC 6455, 4.2); `protocol` is the chosen subprotocol, "" for
 * none. On failure the websocket is as before and the request waits for its answer.
 */
int websocket_upgrade(struct websocket *ws, struct http_req *r, const char *protocol, struct ek_err *err);

/* One message, of two parts so that a prefix needs no copy. False: enough for now. */
bool websocket_send(struct websocket *ws, bool is_text, const void *head, size_t head_len, const void *data, size_t n);
void websocket_pause(struct websocket *ws, bool pause); /* no `message` until it is undone */
void websocket_close(struct websocket *ws, int code);   /* no events but `freed` from now on */
