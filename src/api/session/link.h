/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The user's end of an exec, an attach or a port-forward, whatever it travels in. One handler
 * (handler_session.c) speaks to links only; each way to travel is a link:
 *
 *	link_exec.c      exec, attach    SPDY, a stream a channel
 *	link_forward.c   port-forward    SPDY, a pair of streams a connection; also inside a WebSocket
 *	link_spdy.c      what these two share
 *	link_channels.c  all             WebSocket, a channel number before each message
 *
 * Channels: exec has LINK_STDIN..LINK_RESIZE; a port-forward one for each connection, any number.
 */

#include <ekube/json.h>
#include <ekube/pod_session.h>

struct http_req;
struct link;
struct request;

enum { LINK_STDIN = EK_CH_STDIN, LINK_STDOUT = EK_CH_STDOUT, LINK_STDERR = EK_CH_STDERR, LINK_ERROR, LINK_RESIZE };

struct link_ops {
	bool (*send)(struct link *l, int channel, const void *data, size_t n); /* false: enough for now */
	void (*end)(struct link *l, int channel);
	/* port-forward: what went wrong with a connection, which ends with it */
	void (*fail)(struct link *l, int channel, const char *message);
	/* The end of all: exec tells the Status, port-forward its message where it failed. */
	void (*finish)(struct link *l, const struct ek_json *status);
	void (*pause)(struct link *l, bool pause);
	void (*close)(struct link *l); /* no events but `freed` from now on */
	void (*drop)(struct link *l);  /* one that was never opened: no events */
};

struct link_events {
	/* exec: every channel that was asked for is there. Once, before all others. */
	void (*opened)(struct link *l);
	/* port-forward: the user opened a connection. */
	void (*connected)(struct link *l, int channel, int port);
	void (*data)(struct link *l, int channel, const char *data, size_t n);
	void (*ended)(struct link *l, int channel);
	void (*drained)(struct link *l); /* after send returned false */
	void (*gone)(struct link *l);    /* the user is gone: close */
	void (*freed)(void *owner);      /* after close, when nobody on the stack needs the owner any more */
};

struct link {
	const struct link_ops    *ops;
	const struct link_events *events;
	void                     *owner;
	bool                      is_websocket;
};

/*
 * Choose by the request's headers, agree on a protocol, and upgrade: the request is gone soon. spec is
 * borrowed for the link's life. On failure there are no events and the request was answered.
 */
int link_open(struct request *rq, const struct ek_session_spec *spec, const struct link_events *events, void *owner,
	      struct link **ret);

bool link_wants_websocket(struct http_req *r);
/* The first offered subprotocol that is served ("" when none is offered); NULL: none, err lists them. */
const char *link_ws_protocol(struct http_req *r, const char *const *served, struct ek_err *err);

/* ---- for the links and the one who chooses ---- */
struct wire;

/* What a failed command is told in: a Status from version 4 on, before that its message. */
bool link_tells_status(const char *protocol);
/* `status` as it is told; malloc'd, NULL: nothing is told. */
char *link_told(const char *protocol, const struct ek_json *status);

/* Made, then bound to a wire: http_upgrade(link_spdy_wire()). */
struct link *link_exec_new(const struct ek_session_spec *spec, struct ek_loop *loop, const char *protocol);
struct link *link_forward_new(void);
struct wire *link_spdy_wire(struct link *l); /* of either */

/* Both answer the request themselves, with the handshake; EK_EBADREQUEST: err says why it cannot. */
int link_channels_open(struct request *rq, const struct ek_session_spec *spec, const char *protocol,
		       struct link **ret, struct ek_err *err);
int ws_tunnel_open(struct request *rq, const char *protocol, struct wire *inner, struct ek_err *err);
