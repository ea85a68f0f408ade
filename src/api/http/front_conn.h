/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Inside the port: what its four files share. Nobody else includes h2o's headers.
 *
 *	front_h2o.c       listener, connections, what each may hold
 *	front_exchange.c  a request and its response
 *	front_raw.c       connections that HTTP handed over
 *	front_refuse.c    requests that h2o would answer in its own words
 */

#include <ekube/loop.h>
#include <ekube/stream.h>

#define H2O_USE_LIBUV 1
#include <h2o.h>
#include <h2o/http1.h>

#include "front_h2o.h"
#include "front_tls.h"
#include "http.h"

struct listener {
	struct ek_loop    *loop;
	struct front      *front;
	h2o_globalconf_t   config;
	h2o_context_t      ctx;
	h2o_accept_ctx_t   accept;
	struct ek_listener listen;
	bool               listening;
	SSL_CTX           *ssl;
	struct ek_list     conns;   /* the oldest first */
	size_t             n_conns;
	size_t             held;    /* all that connections hold, see struct conn */
	char               joined[16 << 10]; /* small pieces on their way into a TLS record */
};

/*
 * `held` is what has come in and of which no request has been made yet: h2o keeps bodies whole, many at
 * a time, before it asks us. It is counted as TLS records arrive and is what bounds memory against
 * who sends and never asks.
 */
struct conn {
	struct ek_list   node;
	struct listener *listener;
	h2o_socket_t    *sock;
	SSL             *ssl;       /* the socket's, once there was a handshake */
	struct tls_peer  peer;
	struct exchange *early;     /* the HTTP/1 response during which we read */
	struct exchange *http1;     /* the HTTP/1 request in our hands */
	struct raw      *raw;       /* what the connection has become */
	struct ek_timer  idle;      /* runs while no request is in our hands */
	size_t           held;
	size_t           n_exchanges;
	int64_t          window_ms;
	unsigned         resets;
	bool             known;     /* has shown who it is */
	bool             upgraded;
};

/* A request and its response; lives in the request's memory pool. */
struct exchange {
	struct http_req pub;
	h2o_generator_t gen;
	h2o_req_t      *req;
	struct conn    *conn;
	struct ek_timer stall;
	EK_VEC(struct ek_bytes *) pending;
	EK_VEC(struct ek_bytes *) sending;
	size_t          pending_bytes;
	bool            chunked;        /* by us: h2o's filter keeps the head back until there is data */
	bool            head_only;
	bool            started, in_flight, ended, end_ok, finished, blocked, is_gone;
	bool            broken;         /* by us: whatever its handler still says is not heard */
};

struct handler {
	h2o_handler_t    super;
	struct listener *listener;
};

/* ---- connections ---- */
struct conn *conn_of(h2o_req_t *req);
void         conn_cut(h2o_socket_t *sock);               /* it closes in the next turns */
void         conn_begin(struct conn *c, size_t body_len, bool is_http1); /* a request is in our hands */
void         conn_end(struct conn *c, bool reset);
void         conn_sent(struct conn *c, size_t n);
void         conn_flows(struct conn *c, bool much);      /* said before bytes are written */
int          conn_stall_ms(const struct conn *c);

/* ---- exchanges ---- */
int              exchange_on_request(h2o_handler_t *h, h2o_req_t *req);
struct exchange *exchange_of(struct http_req *r);
void             exchange_break(struct exchange *x); /* nothing more is read or written */

/* ---- connections that were handed over ---- */
void raw_break(struct raw *w);

/* ---- what h2o would say by itself ---- */
void refuse_configure(h2o_hostconf_t *host);
/* The status to answer with when h2o could not read the request, else 0. */
int  refuse_status(const h2o_req_t *req);
