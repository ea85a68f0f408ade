/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One HTTP request and its response, as the handlers see it. How it travels (HTTP/1.1 or HTTP/2, TLS,
 * h2o) is front_h2o.c's business alone.
 *
 * A handler returns at once and answers whenever it can: http_reply() for what is whole,
 * http_start() + http_write()... + http_end() for what flows. `gone` fires exactly once, when the
 * response is complete or the client left, whichever is first: the handler drops what it holds and
 * never touches the request again.
 */

#include <ekube/buf.h>
#include <ekube/json.h>
#include <ekube/loop.h>

#include "registry.h"
#include "session/wire.h"

enum {
	HTTP_MAX_BODY      = 3 << 20,   /* as kube-apiserver: 3 MiB */
	HTTP_HIGH_WATER    = 64 << 10,  /* http_write says "enough" above */
	HTTP_LOW_WATER     = 16 << 10,  /* `drained` fires below */
	HTTP_STALL_MS      = 60 * 1000, /* a reader that takes nothing for so long is cut off */
	HTTP_MAX_TARGET    = 64 << 10,  /* path and query */
	HTTP_MAX_HEAD      = 128 << 10, /* and the headers with them */
};

struct http_req {
	/* the request; valid until `gone` */
	struct front         *front;
	const char           *method;
	const char           *path;    /* raw, without the query */
	const char           *query;   /* raw, "" when there is none */
	const void           *body;
	size_t                body_len;
	const struct ek_user *user;    /* set once authenticated */
	bool                  is_http1;

	/* the handler's */
	void *state;
	void (*gone)(struct http_req *r);
	void (*drained)(struct http_req *r); /* after http_write() returned false */
};

/* A request header by its lower-case name; NULL when absent. Lives as long as the request. */
const char *http_header(struct http_req *r, const char *name);

/* The i-th header of that name, for those that come several times. */
const char *http_header_at(struct http_req *r, const char *name, size_t i);
/*
 * All headers in their order, as they were sent but for Host, Content-Length, Transfer-Encoding, Expect and
 * Upgrade. False past the end. Both strings live as long as the request.
 */
bool http_header_entry(struct http_req *r, size_t i, const char **ret_name, const char **ret_value);
const char *http_host(struct http_req *r);           /* Host or :authority; "" when there is none */
const char *http_client_address(struct http_req *r); /* numeric, without the port */
/* A copy that lives as long as the request. */
const char *http_pool_text(struct http_req *r, const char *text);

/* Before http_reply or http_start; both strings are copied. */
void http_add_header(struct http_req *r, const char *name, const char *value);

/* A whole response. The body's reference is taken; NULL is empty. */
void http_reply(struct http_req *r, int status, const char *type, struct ek_bytes *take_body);
void http_reply_text(struct http_req *r, int status, const char *type, const char *text);
void http_reply_json(struct http_req *r, int status, struct ek_json *take_body);
/* The Status of an HTTP error that no code of err.h stands for; detail may be NULL. */
struct ek_json *http_error_status(int status, const char *detail);
const char     *http_reason(int status); /* "Not Found" */
/* A metav1.Status; the HTTP code is its `code`. */
void http_reply_status(struct http_req *r, struct ek_json *take_status);

/* A response that flows. The head is sent at once. */
void http_start(struct http_req *r, int status, const char *type);
/* The same when the length of what flows is known; -1: it is not. */
void http_start_length(struct http_req *r, int status, const char *type, int64_t length);
/* For who may wait long before he answers: notice from now on when the client leaves. */
void http_watch_client(struct http_req *r);
/* Takes a reference of its own. False: enough for now, go on when `drained` fires (the bytes were taken). */
bool http_write(struct http_req *r, struct ek_bytes *b);
/* Last call. ok false: the client shall notice that something is missing. */
void http_end(struct http_req *r, bool ok);

/*
 * HTTP/1.1 Upgrade (RFC 9110, 7.8): answers 101 with `protocol` and the added headers and hands the
 * connection over as a wire; the request is gone then. EK_ENOTALLOWED over HTTP/2, and then the request
 * still waits for its answer. w is the caller's, its callbacks set; `opened` fires once with 0 or a
 * failure, after which the wire is closed already.
 */
int http_upgrade(struct http_req *r, const char *protocol, struct wire *w, void (*opened)(struct wire *w, int rc));

/* What front_h2o.c calls for every request whose body has arrived. */
void front_handle(struct http_req *r);
