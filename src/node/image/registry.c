/* SPDX-License-Identifier: Apache-2.0 */
#include "registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/json.h>
#include <ekube/str.h>

#include "manifest.h"

enum {
	CONNECT_MS = 30 * 1000,
	STALL_MS = 60 * 1000,
	TOKEN_MAX = 64 * 1024,
	REDIRECTS_MAX = 10,
	ATTEMPTS = 4,
	BACK_OFF_MS = 500,
	RETRY_AFTER_MAX_S = 30,
	REPLY_MAX = 64 * 1024, /* of an error */
};

struct ek_image_source *ek_image_source_new(struct ek_loop *loop, const struct ek_endpoint *e,
					    const struct ek_cred *cred)
{
	struct ek_image_source *r = ek_new(struct ek_image_source);

	r->refs = 1;
	r->loop = loop;
	r->endpoint = (struct ek_endpoint){ ek_str_dup(e->base), ek_str_dup(e->repo), e->host,
					    e->is_mirror };
	if (cred)
		ek_cred_copy(&r->cred, cred);
	if (cred && !ek_str_empty(cred->registry_token))
		r->authorization = ek_str_fmt("Bearer %s", cred->registry_token);
	return r;
}

struct ek_image_source *ek_image_source_ref(struct ek_image_source *r)
{
	r->refs++;
	return r;
}

void ek_image_source_unref(struct ek_image_source *r)
{
	if (!r || --r->refs > 0)
		return;
	ek_endpoint_done(&r->endpoint);
	ek_cred_done(&r->cred);
	ek_secret_freep(&r->authorization);
	free(r);
}

/* ---- words ---- */

static const char *status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} rows[] = {
		{ 400, "400 Bad Request" },	   { 401, "401 Unauthorized" },
		{ 403, "403 Forbidden" },	   { 404, "404 Not Found" },
		{ 405, "405 Method Not Allowed" }, { 416, "416 Requested Range Not Satisfiable" },
		{ 429, "429 Too Many Requests" },  { 500, "500 Internal Server Error" },
		{ 502, "502 Bad Gateway" },	   { 503, "503 Service Unavailable" },
		{ 504, "504 Gateway Timeout" },
	};
	static _Thread_local char other[24];

	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++)
		if (rows[i].status == status)
			return rows[i].text;
	(void)snprintf(other, sizeof(other), "%d", status);
	return other;
}

/* {"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]} */
static void server_message(const struct ek_http *h, char out[200])
{
	EK_JSON struct ek_json *v = NULL;
	const struct ek_json *first;
	const char *message;

	out[0] = '\0';
	if (!h->reply.len ||
	    ek_json_parse(h->reply.data, h->reply.len, REPLY_MAX, &v, NULL, NULL) < 0)
		return;
	first = ek_json_elem(ek_json_get(v, "errors"), 0);
	message = ek_json_str_at(first, "message")     ?:
			  ek_json_str_at(v, "details") ?:
							 ek_json_str_at(v, "message");
	if (message)
		(void)snprintf(out, 200, "%s", message);
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
}

bool ek_image_source_may_pass(int rc)
{
	return rc == EK_EUNAVAILABLE || rc == EK_ETIMEOUT || rc == EK_ETOOMANY ||
	       rc == -ECONNRESET || rc == -EPIPE;
}

/* ---- the end ---- */

static void forget_requests(struct ek_image_source_get *g)
{
	ek_timer_stop(&g->timer);
	free(ek_steal(g->url));
	free(ek_steal(g->token_url));
	ek_secret_freep(&g->token_body);
	ek_secret_freep(&g->token_auth);
	ek_http_done(&g->token);
	g->token = (struct ek_http){ 0 };
}

static void finish(struct ek_image_source_get *g, int rc)
{
	struct ek_image_source *r = g->registry;

	g->active = false;
	if (rc < 0)
		g->err.code = rc;
	forget_requests(g);
	g->cb(g, rc);
	ek_image_source_unref(r);
}

void ek_image_source_get_cancel(struct ek_image_source_get *g)
{
	struct ek_image_source *r = g->registry;

	if (!g->active)
		return;
	g->active = false; /* the callbacks that follow find nobody */
	ek_http_cancel(&g->http);
	ek_http_cancel(&g->token);
	forget_requests(g);
	ek_image_source_unref(r);
}

void ek_image_source_get_done(struct ek_image_source_get *g)
{
	EK_ASSERT(!g->active);
	ek_http_done(&g->http);
	g->http = (struct ek_http){ 0 };
}

static void send_it(struct ek_image_source_get *g);

static void on_retry(struct ek_timer *t)
{
	send_it(ek_container_of(t, struct ek_image_source_get, timer));
}

static bool try_again(struct ek_image_source_get *g)
{
	const char *after = ek_http_header(&g->http, "Retry-After");
	int64_t ms = (int64_t)BACK_OFF_MS << g->attempt, seconds;

	/* what was handed out cannot be taken back; the caller asks for the rest himself */
	if (g->got_body || ++g->attempt >= ATTEMPTS)
		return false;
	if (after && ek_str_to_int(after, 0, INT32_MAX, &seconds) == 0)
		ms = EK_MIN(seconds, (int64_t)RETRY_AFTER_MAX_S) * 1000;
	ek_timer_start(g->registry->loop, &g->timer, ms, on_retry);
	return true;
}

/* ---- tokens ---- */

static void token_failed(struct ek_image_source_get *g, int code, const char *why)
{
	finish(g, ek_fail(&g->err, code, "failed to authorize: failed to fetch %s token: %s",
			  g->with_cred ? "oauth" : "anonymous", why));
}

static void on_token(struct ek_http *h, int rc)
{
	struct ek_image_source_get *g = ek_container_of(h, struct ek_image_source_get, token);
	EK_JSON struct ek_json *v = NULL;
	const char *token;

	if (!g->active)
		return;
	if (rc < 0) {
		token_failed(g, EK_EUNAVAILABLE, h->err.msg);
		return;
	}
	if (h->status / 100 != 2) {
		bool denied = h->status == 401 || h->status == 403 || h->status == 400;
		EK_FREE char *why = ek_str_fmt("unexpected status from %s request to %.200s: %s",
					       h->method ? h->method : "GET", g->token_url,
					       status_text(h->status));

		token_failed(g, denied ? EK_EUNAUTHORIZED : EK_EUNAVAILABLE, why);
		return;
	}
	if (ek_json_parse(h->reply.data, h->reply.len, TOKEN_MAX, &v, NULL, NULL) < 0) {
		token_failed(g, EK_EUNAVAILABLE, "the answer is not JSON");
		return;
	}
	token = ek_json_str_at(v, "token") ?: ek_json_str_at(v, "access_token");
	if (ek_str_empty(token)) {
		token_failed(g, EK_EUNAVAILABLE, "the answer holds no token");
		return;
	}
	ek_secret_freep(&g->registry->authorization);
	g->registry->authorization = ek_str_fmt("Bearer %s", token);
	ek_http_done(h);
	*h = (struct ek_http){ 0 };
	send_it(g);
}

static char *basic_auth(const struct ek_cred *c)
{
	EK_CLEANUP(ek_secret_freep)
	char *pair =
		ek_str_fmt("%s:%s", c->username ? c->username : "", c->password ? c->password : "");
	EK_CLEANUP(ek_secret_freep) char *b64 = ek_base64_encode(pair, strlen(pair), false);

	return ek_str_fmt("Basic %s", b64);
}

static void set_tls(struct ek_http *h, const struct ek_registry_host *host)
{
	if (host)
		h->tls = (struct ek_http_tls){ .ca_pem = host->ca_pem,
					       .cert_pem = host->cert_pem,
					       .key_pem = host->key_pem,
					       .insecure = host->insecure };
}

static void prepare_token(struct ek_image_source_get *g, const struct ek_challenge *c)
{
	const struct ek_cred *cred = &g->registry->cred;
	EK_FREE char *service = ek_url_escape(c->service ? c->service : "");
	EK_FREE char *own_scope = ek_str_fmt("repository:%s:pull", g->registry->endpoint.repo);
	EK_FREE char *scope = ek_url_escape(c->scope ? c->scope : own_scope);
	EK_CLEANUP(ek_secret_freep) char *refresh = NULL;

	g->token = (struct ek_http){ .cb = on_token,
				     .connect_ms = CONNECT_MS,
				     .stall_ms = STALL_MS,
				     .max_body = TOKEN_MAX,
				     .headers = g->token_headers,
				     .max_redirects = REDIRECTS_MAX,
				     .same_host_auth = true };
	set_tls(&g->token, g->registry->endpoint.host);
	if (!ek_str_empty(cred->identity_token)) {
		refresh = ek_url_escape(cred->identity_token);
		g->token_url = ek_str_dup(c->realm);
		g->token_body = ek_str_fmt(
			"grant_type=refresh_token&service=%s&scope=%s&client_id=ekube&refresh_token=%s",
			service, scope, refresh);
		g->token.method = "POST";
		g->token.body = g->token_body;
		g->token.body_len = strlen(g->token_body);
		g->token_headers[0] =
			(struct ek_http_header){ "Content-Type",
						 "application/x-www-form-urlencoded" };
		g->token.n_headers = 1;
	} else {
		g->token_url = ek_str_fmt("%s%cservice=%s&scope=%s", c->realm,
					  strchr(c->realm, '?') ? '&' : '?', service, scope);
		if (!ek_str_empty(cred->username)) {
			g->token_auth = basic_auth(cred);
			g->token_headers[0] =
				(struct ek_http_header){ "Authorization", g->token_auth };
			g->token.n_headers = 1;
		}
	}
	g->token.url = g->token_url;
	g->with_cred = g->token.n_headers > 0;
}

static void fetch_token(struct ek_image_source_get *g, const struct ek_challenge *c)
{
	bool plain = ek_str_starts(g->registry->endpoint.base, "http://");
	int rc;

	free(ek_steal(g->token_url));
	ek_secret_freep(&g->token_body);
	ek_secret_freep(&g->token_auth);
	prepare_token(g, c);
	if (g->with_cred && !plain && !ek_str_starts(g->token_url, "https://")) {
		token_failed(g, EK_EUNAUTHORIZED,
			     "the registry wants the password sent in the clear");
		return;
	}
	rc = ek_http_start(g->registry->loop, &g->token);
	if (rc < 0)
		token_failed(g, EK_EUNAVAILABLE, g->token.err.msg);
}

/* True when something was begun that leads to another try. */
static bool answer_challenge(struct ek_image_source_get *g)
{
	const char *header = ek_http_header(&g->http, "WWW-Authenticate");
	EK_CLEANUP(ek_challenge_done) struct ek_challenge c = { 0 };

	if (!header)
		return false;
	ek_challenge_parse(header, &c);
	if (c.error)
		(void)snprintf(g->challenge_error, sizeof(g->challenge_error), "%s", c.error);
	if (g->authorized)
		return false;
	if (c.bearer && !ek_str_empty(c.realm)) {
		g->authorized = true;
		fetch_token(g, &c);
		return true;
	}
	if (!c.basic || ek_str_empty(g->registry->cred.username))
		return false;
	g->authorized = true;
	ek_secret_freep(&g->registry->authorization);
	g->registry->authorization = basic_auth(&g->registry->cred);
	send_it(g);
	return true;
}

/* ---- requests ---- */

static int refuse(struct ek_image_source_get *g)
{
	char said[200];
	int status = g->http.status;

	server_message(&g->http, said);
	if (status == 404)
		return ek_fail(&g->err, EK_ENOTFOUND, "not found");
	if (status == 401 || status == 403)
		return ek_fail(
			&g->err, status == 401 ? EK_EUNAUTHORIZED : EK_EFORBIDDEN,
			"pull access denied, repository does not exist or may require authorization%s%s%s",
			g->challenge_error[0] || said[0] ? ": server message: " : "",
			g->challenge_error[0] ? g->challenge_error : said,
			g->challenge_error[0] ? ": authorization failed" : "");
	return ek_fail(&g->err,
		       status == 429 ? EK_ETOOMANY :
		       status >= 500 ? EK_EUNAVAILABLE :
				       EK_EINVALID,
		       "unexpected status from %s request to %.200s: %s%s%s",
		       g->method ? g->method : "GET", g->url, status_text(status),
		       said[0] ? ": " : "", said);
}

static void on_reply(struct ek_http *h, int rc)
{
	struct ek_image_source_get *g = ek_container_of(h, struct ek_image_source_get, http);

	if (!g->active)
		return;
	if (rc == 0 && h->status / 100 == 2) {
		finish(g, 0);
		return;
	}
	if (rc == 0 && h->status == 401 && answer_challenge(g))
		return;
	if (rc == 0)
		rc = refuse(g);
	else if (g->err.code != rc) /* else on_body said why */
		(void)ek_fail(&g->err, rc, "failed to do request: %s", h->err.msg);
	if (ek_image_source_may_pass(rc) && try_again(g))
		return;
	if (rc == EK_ETOOMANY || (h->status == 0 && rc != EK_EINVALID && rc != EK_ETOOLARGE))
		rc = EK_EUNAVAILABLE;
	finish(g, rc);
}

static int on_body(struct ek_http *h, const void *data, size_t n)
{
	struct ek_image_source_get *g = ek_container_of(h, struct ek_image_source_get, http);

	g->got_body = true;
	return g->on_body(g, data, n);
}

static void on_bad_url(struct ek_timer *t)
{
	struct ek_image_source_get *g = ek_container_of(t, struct ek_image_source_get, timer);

	finish(g, ek_fail(&g->err, EK_EINVALID, "%s", g->http.err.msg));
}

static void send_it(struct ek_image_source_get *g)
{
	size_t n = 0;

	ek_http_done(&g->http);
	g->headers[n++] = (struct ek_http_header){ "Accept", ek_streq(g->what, "blobs") ?
								     "*/*" :
								     EK_IMAGE_ACCEPT };
	if (g->registry->authorization)
		g->headers[n++] =
			(struct ek_http_header){ "Authorization", g->registry->authorization };
	if (g->from > 0) {
		(void)snprintf(g->range, sizeof(g->range), "bytes=%" PRId64 "-", g->from);
		g->headers[n++] = (struct ek_http_header){ "Range", g->range };
	}
	g->http = (struct ek_http){ .cb = on_reply,
				    .method = g->method,
				    .url = g->url,
				    .headers = g->headers,
				    .n_headers = n,
				    .connect_ms = CONNECT_MS,
				    .stall_ms = STALL_MS,
				    .max_redirects = REDIRECTS_MAX,
				    .same_host_auth = true,
				    .max_body = EK_MAX(g->max_body, (size_t)REPLY_MAX),
				    .on_body = g->on_body ? on_body : NULL };
	set_tls(&g->http, g->registry->endpoint.host);
	if (ek_http_start(g->registry->loop, &g->http) < 0)
		ek_timer_start(g->registry->loop, &g->timer, 0, on_bad_url);
}

void ek_image_source_get_start(struct ek_image_source_get *g)
{
	const struct ek_endpoint *e = &g->registry->endpoint;

	EK_ASSERT(!g->active && g->cb);
	g->active = true;
	g->authorized = g->got_body = g->with_cred = false;
	g->attempt = 0;
	g->challenge_error[0] = '\0';
	g->err = (struct ek_err){ 0 };
	(void)ek_image_source_ref(g->registry);
	g->url = ek_str_fmt("%s/%s/%s/%s", e->base, e->repo, g->what, g->name);
	send_it(g);
}
