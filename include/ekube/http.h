/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * HTTP client on the loop: registries, probes, webhooks, agents. Many transfers at once, no
 * threads but the resolver's. Proxies only when asked for. libcurl underneath, in loop/http.c.
 */

#include <ekube/loop.h>

struct ek_http_header {
	const char *name, *value;
};

struct ek_http_tls {
	const char *ca_pem;         /* NULL: the machine's certificates */
	const char *cert_pem, *key_pem;
	bool        insecure;       /* accept any certificate */
};

struct ek_http {
	/* ---- request: borrowed until the callback ---- */
	const char                  *method;  /* "GET" when NULL */
	const char                  *url;     /* http:// or https:// only */
	const struct ek_http_header *headers;
	size_t                       n_headers;
	const void                  *body;
	size_t                       body_len;
	struct ek_http_tls           tls;
	int64_t                      connect_ms, total_ms; /* 0: 30 s, none */
	int64_t                      stall_ms; /* give up when nothing arrives for so long; 0: never */
	unsigned                     max_redirects;        /* 0: none are followed */
	bool                         same_host_auth;       /* Authorization never follows a redirect to another host */
	const char                  *unix_socket;          /* connect here instead; may be NULL */
	size_t                       max_body;             /* kept in `reply`; more is EK_ETOOLARGE; 0: 1 MiB */
	/*
	 * When set, the body of a 2xx goes here instead of `reply`. Return < 0 to stop the transfer
	 * with that code, EK_HTTP_PAUSE to be called again with the same bytes after ek_http_resume().
	 */
	int  (*on_body)(struct ek_http *h, const void *data, size_t n);
	/*
	 * For who passes replies on, and follows no redirects: called once when the head is there (never
	 * for a 1xx), and then on_body gets the body of every status. Return < 0 to stop the transfer.
	 */
	int  (*on_head)(struct ek_http *h);
	/*
	 * rc 0 whatever the HTTP status was; < 0 when the reply did not come whole: -errno of the
	 * connection (-ECONNREFUSED), EK_ETIMEOUT, EK_ETOOLARGE, -ELOOP (redirects), EK_EINVALID
	 * (URL, certificates given), EK_EUNAVAILABLE (no such host, TLS, ...); words in `err`.
	 * Fires exactly once, never from inside ek_http_start().
	 */
	void (*cb)(struct ek_http *h, int rc);

	/* ---- result ---- */
	int           status;
	struct ek_buf reply;
	struct ek_err err;

	/* private */
	void *impl;
};

#define EK_HTTP_PAUSE 1

/* EK_EINVALID with `err` when the request is malformed: then cb is not called. */
int         ek_http_start(struct ek_loop *loop, struct ek_http *h);
void        ek_http_resume(struct ek_http *h);
void        ek_http_cancel(struct ek_http *h);  /* cb fires with EK_ECANCELLED, before this returns */
const char *ek_http_header(const struct ek_http *h, const char *name); /* of the reply; NULL when absent */
/* All of the reply's headers as they came, "Name: value"; NULL begins, and ends. */
const char *ek_http_next_header(const struct ek_http *h, const char *line);
void        ek_http_done(struct ek_http *h);    /* free the reply; only after cb */
