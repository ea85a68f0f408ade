/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From a request that has arrived to the handler that answers it: routing, authentication, 404,
 * 405.
 */

#include "front.h"

#include <ekube/clock.h>
#include <ekube/str.h>
#include <stdlib.h>

#include "front_h2o.h"
#include "handlers.h"

enum { STOP_WAIT_MS = 200, STOP_STEP_MS = 50, STOP_TRIES = 40 };

struct front {
	const struct ek_api_options *options;
	struct ek_registry          *registry;
	struct listener             *listener;
	struct authn                *authn;
	struct ek_timer              stop_timer;
	int                          stop_tries;
	bool                         stopping;
	void (*stopped)(void *arg);
	void *stopped_arg;
};

/* ----------------------------------------------------------------- requests */

static void on_gone(struct http_req *r)
{
	struct request *rq = r->state;

	if (rq->leave)
		rq->leave(rq);
	ek_json_unref(rq->body);
	query_done(&rq->query);
	route_done(&rq->route);
	identity_done(&rq->id);
	free(rq);
}

void request_fail(struct request *rq, struct ek_json *take_status)
{
	http_reply_status(rq->http, take_status);
}

void request_fail_err(struct request *rq, const struct ek_err *err)
{
	http_reply_status(rq->http, ek_status_from_err(err));
}

static void fail_code(struct request *rq, int code, const char *message)
{
	struct ek_err err;

	(void)ek_fail(&err, code, "%s", message);
	request_fail_err(rq, &err);
}

bool request_authorized(struct request *rq)
{
	const struct route *rt = &rq->route;
	struct ek_authz_attrs a = {
		.user = &rq->id.user,
		.verb = rt->verb,
		.group = rt->group,
		.resource = rt->resource,
		.subresource = rt->subresource,
		.ns = rt->ns,
		.name = rt->name,
		.path = rt->is_resource ? NULL : rq->http->path,
	};
	char reason[256] = "";

	if (ek_authorize(rq->front->registry, &a, reason, sizeof(reason)))
		return true;
	request_fail(rq, ek_status_forbidden(&a, reason));
	return false;
}

static const struct path_handler *find_path(const char *path)
{
	for (const struct path_handler *h = path_handlers; h->path; h++) {
		size_t n = strlen(h->path);

		if (strncmp(path, h->path, n) == 0 &&
		    (path[n] == '\0' || (path[n] == '/' && (h->below || !path[n + 1]))))
			return h;
	}
	return NULL;
}

static void handle_path(struct request *rq)
{
	const struct path_handler *h = find_path(rq->http->path);

	if (!request_authorized(rq))
		return;
	if (!h)
		fail_code(rq, EK_ENOTFOUND, "the server could not find the requested resource");
	else if (!ek_streq(rq->http->method, "GET") && !ek_streq(rq->http->method, "HEAD"))
		fail_code(rq, EK_ENOTALLOWED,
			  "the server does not allow this method on the requested resource");
	else
		h->handle(rq);
}

static void handle_resource(struct request *rq)
{
	const struct route *rt = &rq->route;

	if (route_is_proxy(rt)) {
		handle_proxy(rq);
		return;
	}
	if (!rt->kind || (rt->subresource && !rt->sub) || rt->rest) {
		if (request_authorized(rq))
			fail_code(rq, EK_ENOTFOUND,
				  "the server could not find the requested resource");
		return;
	}
	if (!route_allowed(rt)) {
		if (request_authorized(rq))
			fail_code(
				rq, EK_ENOTALLOWED,
				"the server does not allow this method on the requested resource");
		return;
	}
	if (rt->sub && rt->sub->stream)
		handle_pod_stream(rq);
	else if (ek_streq(rt->verb, "list"))
		handle_list(rq);
	else if (ek_streq(rt->verb, "watch"))
		handle_watch(rq);
	else
		handle_object(rq);
}

void front_handle(struct http_req *r)
{
	struct request *rq = ek_new(struct request);
	struct ek_json *refusal = NULL;
	struct ek_err err = { 0 };
	char audit[37];

	rq->http = r;
	rq->front = r->front;
	r->state = rq;
	r->gone = on_gone;
	ek_rand_uuid(audit);
	http_add_header(r, "audit-id", audit);
	if (query_parse(r->query, &rq->query, &err) < 0 ||
	    route_parse(r->method, r->path, &rq->query, &rq->route, &err) < 0) {
		request_fail_err(rq, &err);
		return;
	}
	if (authn_request(rq->front->authn, r, &rq->id) < 0) {
		fail_code(rq, EK_EUNAUTHORIZED, "Unauthorized");
		return;
	}
	if (authn_impersonate(r, &rq->id, &refusal) < 0) {
		request_fail(rq, refusal);
		return;
	}
	r->user = &rq->id.user;
	if (!ek_streq(rq->id.user.name, "system:anonymous"))
		http_now_known(r);
	if (r->body_len > HTTP_MAX_BODY && !route_is_proxy(&rq->route)) {
		fail_code(rq, EK_ETOOLARGE,
			  EK_F("Request entity too large: limit is %d", HTTP_MAX_BODY));
		return;
	}
	if (rq->route.is_resource)
		handle_resource(rq);
	else
		handle_path(rq);
}

/* ------------------------------------------------------------------- answers */

void http_reply_text(struct http_req *r, int status, const char *type, const char *text)
{
	http_reply(r, status, type, ek_bytes_new(text, strlen(text)));
}

void http_reply_json(struct http_req *r, int status, struct ek_json *take_body)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(64 << 20);

	(void)ek_json_write(take_body, &out);
	(void)ek_buf_char(&out, '\n');
	ek_json_unref(take_body);
	http_reply(r, status, "application/json", ek_bytes_new(out.data, out.len));
}

struct ek_json *http_error_status(int status, const char *detail)
{
	EK_FREE char *text =
		ek_str_fmt("%s%s%s", http_reason(status), detail ? ": " : "", detail ? detail : "");
	const char *reason = status == 400 ? "BadRequest" :
			     status == 413 ? "RequestEntityTooLarge" :
					     NULL;
	struct ek_json *s =
		ek_json_make("{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure',"
			     "'message':%s,'reason':%s}",
			     text, reason);

	ek_json_set_int(s, "code", status);
	return s;
}

void http_reply_status(struct http_req *r, struct ek_json *take_status)
{
	http_reply_json(r, (int)ek_json_int_at(take_status, "code", 500), take_status);
}

/* ------------------------------------------------------------- start and stop */

int front_new(const struct ek_api_options *o, struct ek_registry *reg, struct front **ret,
	      struct ek_err *err)
{
	struct front *f = ek_new(struct front);
	int rc;

	f->options = o;
	f->registry = reg;
	rc = authn_new(o->token_file, &f->authn, err);
	if (rc == 0)
		rc = listener_new(o->loop, f, o, &f->listener, err);
	if (rc < 0) {
		front_free(f);
		return rc;
	}
	*ret = f;
	return 0;
}

int front_start(struct front *f, struct ek_err *err)
{
	return listener_start(f->listener, f->options->bind_address, f->options->port, err);
}

int front_port(const struct front *f)
{
	return listener_port(f->listener);
}

static void finish_stop(struct ek_timer *t)
{
	struct front *f = ek_container_of(t, struct front, stop_timer);

	if (listener_connections(f->listener) && f->stop_tries++ < STOP_TRIES) {
		listener_cut_all(f->listener);
		ek_timer_start(f->options->loop, t, STOP_STEP_MS, finish_stop);
		return;
	}
	f->stopped(f->stopped_arg);
}

void front_stop(struct front *f, void (*stopped)(void *arg), void *arg)
{
	f->stopping = true;
	f->stopped = stopped;
	f->stopped_arg = arg;
	listener_stop(f->listener);
	ek_timer_start(f->options->loop, &f->stop_timer,
		       listener_connections(f->listener) ? STOP_WAIT_MS : 0, finish_stop);
}

void front_free(struct front *f)
{
	if (!f)
		return;
	ek_timer_stop(&f->stop_timer);
	listener_free(f->listener);
	authn_free(f->authn);
	free(f);
}

struct ek_registry *front_registry(struct front *f)
{
	return f->registry;
}

const struct ek_api_options *front_options(struct front *f)
{
	return f->options;
}

bool front_is_stopping(const struct front *f)
{
	return f->stopping;
}
