/* SPDX-License-Identifier: Apache-2.0 */

/*
 * pods/proxy and services/proxy (k8s.io/apimachinery/pkg/util/proxy/upgradeaware.go): the answer
 * flows as fast as the client takes it, and a client who leaves ends the request to the backend.
 */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "core.h"
#include "proxy.h"
#include "proxy_url.h"
#include "status.h"

struct forward {
	struct ek_http     http;
	struct proxy_call *call;
	char              *url;
	bool               started, over, blocked;
};

void proxy_call_free(struct proxy_call *c)
{
	free(c->path);
	free(c->prefix);
	free(c->target_text);
	ek_vec_done(&c->headers);
	free(c);
}

/* ---- failures ---- */

void proxy_unreachable(struct proxy_call *c, const char *why)
{
	request_fail(c->rq, ek_status_new(EK_EUNAVAILABLE, NULL, NULL, NULL,
					  "error trying to reach service: %s", why));
}

const char *proxy_dial_error(const struct proxy_target *t, int rc, char out[256])
{
	static const struct {
		int rc;
		const char *words;
	} rows[] = {
		{ -ECONNREFUSED, "connect: connection refused" },
		{ -EHOSTUNREACH, "connect: no route to host" },
		{ -ENETUNREACH, "connect: network is unreachable" },
		{ -ETIMEDOUT, "connect: connection timed out" },
		{ EK_ETIMEOUT, "i/o timeout" },
	};
	bool v6 = strchr(t->ip, ':') != NULL;
	const char *words = NULL;

	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++)
		if (rows[i].rc == rc)
			words = rows[i].words;
	return ek_str_into(out, 256, "dial tcp %s%s%s:%d: %s%s", v6 ? "[" : "", t->ip,
			   v6 ? "]" : "", t->port, words ? "" : "connect: ",
			   words ? words : ek_err_name(rc));
}

static void fail(struct forward *f, int rc)
{
	char words[256];

	if (rc == -ECONNRESET)
		proxy_unreachable(f->call, "EOF");
	else if (rc == EK_ETIMEOUT || (rc < 0 && rc > EK_ERR_BASE_ && f->http.status == 0))
		proxy_unreachable(f->call, proxy_dial_error(&f->call->target, rc, words));
	else
		proxy_unreachable(f->call, rc < 0 ? f->http.err.msg : "malformed HTTP response");
}

/* ---- the answer ---- */

/* -1: it is not known. */
static int64_t content_length(const struct ek_http *h)
{
	const char *text = ek_http_header(h, "Content-Length");
	int64_t n;

	if (!text || ek_http_header(h, "Transfer-Encoding") ||
	    ek_str_to_int(text, 0, INT64_MAX / 2, &n) < 0)
		return -1;
	return n;
}

static int on_head(struct ek_http *h)
{
	struct forward *f = ek_container_of(h, struct forward, http);
	const char *connection = ek_http_header(h, "Connection");

	for (const char *line = NULL; (line = ek_http_next_header(h, line));)
		proxy_reply_header(f->call, line, connection);
	f->started = true;
	http_start_length(f->call->rq->http, h->status, NULL, content_length(h));
	return 0;
}

static int on_body(struct ek_http *h, const void *data, size_t n)
{
	struct forward *f = ek_container_of(h, struct forward, http);
	struct ek_bytes *b;

	if (f->blocked)
		return EK_HTTP_PAUSE;
	b = ek_bytes_new(data, n);
	f->blocked = !http_write(f->call->rq->http, b);
	ek_bytes_unref(b);
	return 0;
}

static void on_drained(struct http_req *r)
{
	struct forward *f = ((struct request *)r->state)->state;

	f->blocked = false;
	ek_http_resume(&f->http);
}

static void on_over(struct ek_http *h, int rc)
{
	struct forward *f = ek_container_of(h, struct forward, http);

	f->over = true;
	if (rc == EK_ECANCELLED)
		return;
	if (f->started)
		http_end(f->call->rq->http, rc == 0);
	else
		fail(f, rc);
}

static void leave(struct request *rq)
{
	struct forward *f = rq->state;

	if (!f->over)
		ek_http_cancel(&f->http);
	ek_http_done(&f->http);
	proxy_call_free(f->call);
	free(f->url);
	free(f);
}

/* ---- the request ---- */

static void forward(struct proxy_call *c)
{
	struct forward *f = ek_new(struct forward);
	struct request *rq = c->rq;
	const char *method = rq->http->method;
	struct ek_http_header nothing = { "Content-Length", "0" };

	f->call = c;
	f->url = ek_str_fmt("%s://%s%s", c->target.tls ? "https" : "http", c->target.host,
			    c->target_text);
	proxy_request_headers(c, false);
	if (!rq->http->body_len && (ek_streq(method, "PUT") || ek_streq(method, "PATCH")))
		ek_vec_push(&c->headers, nothing);
	f->http = (struct ek_http){
		.method = method,
		.url = f->url,
		.headers = c->headers.items,
		.n_headers = c->headers.n,
		.body = rq->http->body,
		.body_len = rq->http->body_len,
		.tls = { .insecure = true }, /* as kube-apiserver: pods have no names to check */
		.connect_ms = PROXY_CONNECT_MS,
		.on_head = on_head,
		.on_body = on_body,
		.cb = on_over,
	};
	rq->state = f;
	rq->leave = leave;
	rq->http->drained = on_drained;
	if (ek_http_start(front_options(rq->front)->loop, &f->http) < 0) {
		f->over = true;
		proxy_unreachable(c, f->http.err.msg);
		return;
	}
	http_watch_client(rq->http);
}

/* Pages with relative links need the slash. */
static void redirect(struct proxy_call *c, const char *path)
{
	struct http_req *r = c->rq->http;
	EK_FREE char *escaped = proxy_escape(path);
	EK_FREE char *to = ek_str_fmt("%s/%s%s", escaped, *r->query ? "?" : "", r->query);

	http_add_header(r, "location", to);
	http_reply(r, 301, NULL, NULL);
}

/* A '#' is no fragment here: it was sent. */
static char *target_text(const char *path, const char *query)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(4 * (size_t)HTTP_MAX_TARGET);
	EK_FREE char *escaped = proxy_escape(path);

	(void)ek_buf_fmt(&out, "%s%s", *escaped ? escaped : "/", *query ? "?" : "");
	for (; *query; query++)
		(void)(*query == '#' ? ek_buf_str(&out, "%23") : ek_buf_char(&out, *query));
	return ek_buf_steal(&out);
}

static bool is_method(const char *method)
{
	static const char *const methods[] = { "GET",	 "POST", "PUT",	   "PATCH",
					       "DELETE", "HEAD", "OPTIONS" };

	for (size_t i = 0; i < EK_ARRAY_LEN(methods); i++)
		if (ek_streq(method, methods[i]))
			return true;
	return false;
}

void handle_proxy(struct request *rq)
{
	const char *method = rq->http->method;
	EK_FREE char *path = ek_str_dup(rq->http->path);
	struct proxy_target target;
	struct proxy_call *c;

	if (!request_authorized(rq))
		return;
	if (!is_method(method)) {
		request_fail(rq, ek_status_new(EK_ENOTALLOWED, NULL, NULL, NULL,
					       "the server does not allow this method on the requested resource"));
		return;
	}
	if (!proxy_target_find(rq, &target))
		return;
	EK_ASSERT(url_decode(path, false) == 0); /* route.c has done so */
	c = ek_new(struct proxy_call);
	c->rq = rq;
	c->target = target;
	c->path = proxy_backend_path(rq->route.rest);
	c->prefix = proxy_prefix(path, c->path);
	c->target_text = target_text(c->path, rq->http->query);
	if (rq->http->is_http1 && http_header(rq->http, "upgrade")) {
		proxy_upgrade(c);
	} else if (!*c->path && (ek_streq(method, "GET") || ek_streq(method, "HEAD"))) {
		redirect(c, path);
		proxy_call_free(c);
	} else {
		forward(c);
	}
}
