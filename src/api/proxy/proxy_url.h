/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Names, paths and addresses of the proxy subresources, as k8s.io/apimachinery/pkg/util/{net,proxy} and Go's
 * path and net/url treat them. Pure functions; what they return is the caller's (free).
 */

#include <ekube/str.h>

/* "name", "name:port", "scheme:name:port". */
struct proxy_name {
	char       *text;   /* private */
	const char *scheme; /* "", "http", "https" */
	const char *name;   /* not empty */
	const char *port;   /* "" when there is none */
};
/* EK_EINVALID when it is none of them. */
int  proxy_name_parse(const char *id, struct proxy_name *ret);
void proxy_name_done(struct proxy_name *n);

/*
 * May the proxy connect there? Unicast addresses that mean the same machine to everybody: neither loopback
 * nor link-local, multicast or unspecified.
 */
bool proxy_may_reach(const char *ip);

/*
 * The path at the backend: `rest` is what follows "proxy" in the decoded request path, NULL when nothing does,
 * not even a slash; then "". Else cleaned as Go's path.Clean does, with the slash at its end kept.
 */
char *proxy_backend_path(const char *rest);
/* Percent-encoded as Go's url.URL encodes a path; slashes are left alone. */
char *proxy_escape(const char *path);

/* What the request path has before the backend's path: where the backend's root appears to be. */
char *proxy_prefix(const char *request_path, const char *backend_path);
char *proxy_forwarded_uri(const char *prefix, const char *backend_path);

/*
 * A Location of the backend as the client has to see it: paths on the backend's own host (which the backend
 * calls by its address, or by the name that the client used) move below the prefix.
 */
char *proxy_location(const char *target, const char *prefix, const char *backend_host, const char *request_host);
