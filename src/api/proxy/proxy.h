/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * pods/proxy and services/proxy: a request goes on to a pod, its answer comes back.
 *
 *	handler_proxy.c   who may, redirects, requests and what comes of them
 *	proxy_target.c    which address and port a name stands for
 *	proxy_headers.c   which headers travel, and which do not
 *	proxy_upgrade.c   requests that become a connection
 *	proxy_url.c proxy_reply.c   names, paths; replies: pure functions
 */

#include <ekube/http.h>

#include "http/handlers.h"

enum { PROXY_CONNECT_MS = 30 * 1000 };

struct proxy_target {
	char ip[46];
	int  port;
	bool tls;
	char host[64]; /* as a URL has it: "10.42.0.7:80", "[fd00::7]" when no port was found */
};

/* Lives as long as the request. */
struct proxy_call {
	struct request     *rq;
	struct proxy_target target;
	char               *path;   /* at the backend, decoded; "" when nothing follows "proxy" */
	char               *prefix; /* of the request path: where the backend's root is */
	char               *target_text; /* "/path?query", escaped */
	EK_VEC(struct ek_http_header) headers; /* in the request's memory pool */
};
void proxy_call_free(struct proxy_call *c);

/* False: the request was answered. */
bool proxy_target_find(struct request *rq, struct proxy_target *ret);

/* Fills c->headers. Nothing that proves who the caller is goes on. */
void proxy_request_headers(struct proxy_call *c, bool upgrade);
/* One of the backend's, "Name: value", to the client; `connection` is the backend's header of that name or NULL. */
void proxy_reply_header(struct proxy_call *c, const char *line, const char *connection);

/* 503, "error trying to reach service: ..." */
void proxy_unreachable(struct proxy_call *c, const char *why);
/* Go's words for a failure to connect: "dial tcp 10.0.0.1:80: connect: connection refused". out holds 256. */
const char *proxy_dial_error(const struct proxy_target *t, int rc, char out[256]);

/* Takes the call. */
void proxy_upgrade(struct proxy_call *take_call);
