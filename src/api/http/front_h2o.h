/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The port: connections, TLS, HTTP. front.c owns one. */

#include "front.h"

struct listener;
struct tls_peer;
struct http_req;

int    listener_new(struct ek_loop *loop, struct front *front, const struct ek_api_options *o, struct listener **ret,
		    struct ek_err *err);
int    listener_start(struct listener *ln, const char *address, int port, struct ek_err *err);
int    listener_port(const struct listener *ln);
void   listener_stop(struct listener *ln);        /* no new connections; HTTP/2 clients are told */
size_t listener_connections(const struct listener *ln);
void   listener_cut_all(struct listener *ln);     /* breaks what is left; they close in the next turns */
void   listener_free(struct listener *ln);        /* no connection may be left */

/* Who the client's certificate says it is; for authentication. */
const struct tls_peer *http_peer(const struct http_req *r);
/* The connection has shown who it is: it is given more patience. */
void                   http_now_known(struct http_req *r);
