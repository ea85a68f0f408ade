/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One repository at one registry, as somebody: requests with whatever the registry wants to see first.
 *
 *	GET ──► 401 with a challenge ──► token (or Basic) ──► GET again
 *
 * The token is kept for the requests that follow. Credentials go to the registry's host and to the
 * realm it names, never to where it redirects, and over plain http only when the registry is.
 * What may pass by itself (a reset connection, 429, 5xx) is tried again, a few times.
 */

#include <ekube/http.h>

#include "registries.h"

struct ek_image_source {
	struct ek_loop    *loop;
	struct ek_endpoint endpoint;
	struct ek_cred     cred;
	char              *authorization; /* learned; NULL: none */
	int                refs;
};
/* One reference. cred is copied; may be NULL. */
struct ek_image_source *ek_image_source_new(struct ek_loop *loop, const struct ek_endpoint *e,
					    const struct ek_cred *cred);
struct ek_image_source *ek_image_source_ref(struct ek_image_source *r);
void                    ek_image_source_unref(struct ek_image_source *r); /* NULL is fine */

struct ek_image_source_get {
	struct ek_image_source *registry;  /* a reference is held while it runs */
	const char *method;            /* NULL: GET */
	const char *what;              /* "manifests" or "blobs" */
	const char *name;              /* tag or digest; borrowed until cb */
	int64_t     from;              /* Range; 0: all */
	size_t      max_body;          /* of http.reply */
	int       (*on_body)(struct ek_image_source_get *g, const void *data, size_t n); /* as in http.h */
	/*
	 * Once, not from within start. rc 0: 2xx, look at http. Else err, and rc is EK_ENOTFOUND, EK_EUNAUTHORIZED,
	 * EK_EFORBIDDEN, EK_EUNAVAILABLE (no answer, or that of a broken server), EK_EINVALID (an answer that makes
	 * no sense), what on_body returned. The struct may be freed in it.
	 */
	void (*cb)(struct ek_image_source_get *g, int rc);
	struct ek_http http;
	struct ek_err  err;
	/* private */
	struct ek_http  token;
	struct ek_timer timer;
	char           *url, *token_url, *token_body, *token_auth;
	char            range[48];
	struct ek_http_header headers[3], token_headers[2];
	int             attempt;
	bool            active, authorized, got_body, with_cred;
	char            challenge_error[80];
};
void ek_image_source_get_start(struct ek_image_source_get *g);
void ek_image_source_get_cancel(struct ek_image_source_get *g); /* no cb */
void ek_image_source_get_done(struct ek_image_source_get *g);   /* frees the reply; after cb or cancel; harmless else */

/* May the failure pass by itself? */
bool ek_image_source_may_pass(int rc);
