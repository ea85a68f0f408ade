/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A request once it is known who asks for what, and the handlers it goes to. One file a handler; each
 * embeds its state in struct request, so that a request is one allocation.
 */

#include "authn.h"
#include "encode.h"
#include "http.h"
#include "route.h"

struct request {
	struct http_req *http;
	struct front    *front;
	struct route     route;
	struct query     query;
	struct identity  id;
	struct encoder   enc;
	struct ek_json  *body;
	/* The handler's end: drop what is in progress. Called once, when the response is over. May be NULL. */
	void (*leave)(struct request *rq);

	union {
		struct ek_op op;
		struct {
			struct ek_list_op op;
			struct ek_buf     out;
			struct ek_bytes  *blocks[3]; /* of pieces */
			int64_t           rev;
			bool              started, any;
		} list;
		struct {
			struct ek_watch_op op;
			bool               started, any;
		} watch;
		void *state; /* of handlers that need more */
	};
};

/* Answers that several handlers give. The Status's reference is taken. */
void request_fail(struct request *rq, struct ek_json *take_status);
void request_fail_err(struct request *rq, const struct ek_err *err);
/* May this user do what the route says? False: the request was answered. */
bool request_authorized(struct request *rq);

/* Objects: get, create, update, patch, delete, deletecollection and subresources that are data. */
void handle_object(struct request *rq);
void handle_list(struct request *rq);
void handle_watch(struct request *rq);
/* pods/log, exec, attach, portforward. */
void handle_pod_stream(struct request *rq);
/* pods/proxy, services/proxy: any method. */
void handle_proxy(struct request *rq);

/*
 * Paths that are not resources. The first row whose path is the request's (or, with `below`, a folder
 * above it) answers. `open` rows answer anybody; the others ask the authorizer.
 */
struct path_handler {
	const char *path;
	bool        below;
	void (*handle)(struct request *rq);
};
extern const struct path_handler path_handlers[]; /* ended by a NULL path */
