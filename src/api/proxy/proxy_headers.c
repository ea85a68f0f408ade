/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which headers travel through the proxy: those of a connection stay on it (RFC 9110, 7.6.1),
 * those that prove who the caller is end here, as in kube-apiserver's filters.
 */

#include <ctype.h>

#include "proxy.h"
#include "proxy_url.h"

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(name, list[i]) == 0)
			return true;
	return false;
}

/* Is it in a list with commas? */
static bool has_token(const char *list, const char *token)
{
	size_t len = strlen(token);

	for (const char *at = list; at && *at;) {
		size_t n;

		at += strspn(at, ", \t");
		n = strcspn(at, ", \t");
		if (n == len && strncasecmp(at, token, n) == 0)
			return true;
		at += n;
	}
	return false;
}

/* Of one connection alone, or ours to say. */
static bool stays(const char *name, const char *connection)
{
	static const char *const hop[] = {
		"Connection",	       "Content-Length",   "Keep-Alive", "Proxy-Authenticate",
		"Proxy-Authorization", "Proxy-Connection", "Te",	 "Trailer",
		"Transfer-Encoding",   "Upgrade",
	};

	return is_one_of(name, hop, EK_ARRAY_LEN(hop)) || has_token(connection, name);
}

/* ---- to the backend ---- */

static bool ends_here(const char *name)
{
	static const char *const ours[] = {
		"Authorization",  "Expect",	     "Host",
		"HTTP2-Settings", "X-Forwarded-For", "X-Forwarded-Uri",
	};

	return is_one_of(name, ours, EK_ARRAY_LEN(ours)) ||
	       strncasecmp(name, "Impersonate-", strlen("Impersonate-")) == 0;
}

static void add(struct proxy_call *c, const char *name, const char *value)
{
	struct ek_http_header h = { name, value };

	ek_vec_push(&c->headers, h);
}

/* Subprotocols but for the token that may be among them (authn.c). */
static const char *without_token(struct http_req *r, const char *protocols)
{
	static const char prefix[] = "base64url.bearer.authorization.k8s.io.";
	EK_BUF struct ek_buf out = EK_BUF_INIT(HTTP_MAX_HEAD);

	for (const char *at = protocols; *at;) {
		size_t n;

		at += strspn(at, ", \t");
		n = strcspn(at, ", \t");
		if (n && strncmp(at, prefix, strlen(prefix)) != 0) {
			(void)ek_buf_str(&out, out.len ? "," : "");
			(void)ek_buf_append(&out, at, n);
		}
		at += n;
	}
	return out.len ? http_pool_text(r, out.data) : NULL;
}

static void add_forwarded_for(struct proxy_call *c)
{
	struct http_req *r = c->rq->http;
	EK_BUF struct ek_buf out = EK_BUF_INIT(HTTP_MAX_HEAD + 64);
	const char *prior;

	for (size_t i = 0; (prior = http_header_at(r, "x-forwarded-for", i)); i++)
		(void)ek_buf_fmt(&out, "%s, ", prior);
	(void)ek_buf_str(&out, http_client_address(r));
	add(c, "X-Forwarded-For", http_pool_text(r, out.data));
}

void proxy_request_headers(struct proxy_call *c, bool upgrade)
{
	struct http_req *r = c->rq->http;
	const char *connection = http_header(r, "connection"), *name, *value;

	if (*http_host(r))
		add(c, "Host", http_host(r));
	for (size_t i = 0; http_header_entry(r, i, &name, &value); i++) {
		if (strcasecmp(name, "Sec-WebSocket-Protocol") == 0)
			value = without_token(r, value);
		if (value && !ends_here(name) && !stays(name, connection))
			add(c, name, value);
	}
	add_forwarded_for(c);
	if (upgrade) {
		add(c, "Connection", "Upgrade");
		add(c, "Upgrade", http_header(r, "upgrade"));
	} else {
		EK_FREE char *uri = proxy_forwarded_uri(c->prefix, c->path);

		add(c, "X-Forwarded-Uri", http_pool_text(r, uri));
	}
}

/* ---- to the client ---- */

static bool ends_at_us(const char *name)
{
	static const char *const rows[] = {
		"Access-Control-Allow-Credentials", "Access-Control-Allow-Headers",
		"Access-Control-Allow-Methods", "Access-Control-Allow-Origin", "Date",
	};

	return is_one_of(name, rows, EK_ARRAY_LEN(rows));
}

static bool is_sound(const char *name, const char *value)
{
	if (!*name)
		return false;
	for (const char *s = name; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("!#$%&'*+-.^_`|~", *s))
			return false;
	for (const char *s = value; *s; s++)
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

void proxy_reply_header(struct proxy_call *c, const char *line, const char *connection)
{
	const char *colon = strchr(line, ':'), *value = colon ? colon + 1 : NULL;
	EK_FREE char *name = colon ? ek_str_ndup(line, (size_t)(colon - line)) : NULL;
	EK_FREE char *moved = NULL;

	if (!name)
		return;
	value += strspn(value, " \t");
	for (char *s = name; *s; s++)
		*s = (char)tolower((unsigned char)*s);
	if (!is_sound(name, value) || stays(name, connection) || ends_at_us(name))
		return;
	if (ek_streq(name, "location"))
		moved = proxy_location(value, c->prefix, c->target.host, http_host(c->rq->http));
	http_add_header(c->rq->http, name, moved ? moved : value);
}
