/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <ekube/str.h>
#include <stdlib.h>

#include "http/handlers.h"

enum { MAX_OFFERED = 16 };

/* In the order in which kubelets list them. */
static const char *const exec_protocols[] = { "v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io",
					      "channel.k8s.io", NULL };
static const char *const forward_protocols[] = { "portforward.k8s.io", NULL };
static const char *const ws_exec_protocols[] = { "v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io",
						 "channel.k8s.io", "base64.channel.k8s.io", "", NULL };
static const char *const ws_forward_protocols[] = { "SPDY/3.1+portforward.k8s.io", "v4.channel.k8s.io",
						    "v4.base64.channel.k8s.io", "", NULL };

bool link_tells_status(const char *protocol)
{
	return protocol[0] == 'v' && protocol[1] >= '4';
}

char *link_told(const char *protocol, const struct ek_json *status)
{
	if (link_tells_status(protocol))
		return ek_json_text(status);
	return ek_str_dup(ek_json_str_at(status, "message"));
}

/* ---- what both sides can speak ---- */

struct offer {
	const char *names[MAX_OFFERED];
	size_t      n;
};

/* A header's values, each a list with commas. */
static void read_offer(struct http_req *r, const char *header, struct offer *ret)
{
	ret->n = 0;
	for (size_t i = 0;; i++) {
		const char *value = http_header_at(r, header, i);

		if (!value)
			return;
		while (*value && ret->n < MAX_OFFERED) {
			size_t n;

			value += strspn(value, ", \t");
			n = strcspn(value, ", \t");
			if (n)
				ret->names[ret->n++] =
					http_pool_text(r, EK_F("%.*s", (int)n, value));
			value += n;
		}
	}
}

static const char *agree(const struct offer *offer, const char *const *served)
{
	for (size_t i = 0; i < offer->n; i++)
		for (const char *const *s = served; *s; s++)
			if (ek_streq(*s, offer->names[i]))
				return *s;
	return NULL;
}

static const char *list_offer(const struct offer *offer, char out[256])
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < offer->n && at < 200; i++)
		at += strlen(
			ek_str_into(out + at, 256 - at, "%s%.60s", i ? " " : "", offer->names[i]));
	return out;
}

static const char *list_served(const char *const *served, char out[256])
{
	size_t at = 0;

	out[0] = '\0';
	for (const char *const *s = served; *s; s++)
		at += strlen(ek_str_into(out + at, 256 - at, "%s%s", s == served ? "" : " ", *s));
	return out;
}

/* ---- SPDY ---- */

static void on_upgraded(struct wire *w, int rc)
{
	if (rc < 0)
		w->on_read(w, NULL, rc);
}

static int choose_spdy(struct request *rq, const char *const *served, const char **ret,
		       struct ek_err *err)
{
	struct offer offer;

	read_offer(rq->http, "x-stream-protocol-version", &offer);
	*ret = offer.n ? agree(&offer, served) : ""; /* what there was before there were versions */
	if (*ret) {
		if (**ret)
			http_add_header(rq->http, "x-stream-protocol-version", *ret);
		return 0;
	}
	for (const char *const *s = served; *s; s++)
		http_add_header(rq->http, "x-accepted-stream-protocol-versions", *s);
	return ek_fail(
		err, EK_EFORBIDDEN,
		"unable to upgrade: unable to negotiate protocol: client supports [%s], server accepts [%s]",
		list_offer(&offer, (char[256]){ 0 }), list_served(served, (char[256]){ 0 }));
}

static int open_spdy(struct request *rq, const struct ek_session_spec *spec, struct link **ret,
		     struct ek_err *err)
{
	bool forward = spec->kind == EK_SESSION_FORWARD;
	const char *protocol;
	struct wire *w;

	if (choose_spdy(rq, forward ? forward_protocols : exec_protocols, &protocol, err) < 0)
		return EK_EFORBIDDEN;
	*ret = forward ? link_forward_new() :
			 link_exec_new(spec, front_options(rq->front)->loop, protocol);
	w = link_spdy_wire(*ret);
	if (http_upgrade(rq->http, "SPDY/3.1", w, on_upgraded) == 0)
		return 0;
	(*ret)->ops->drop(*ret);
	return ek_fail(err, EK_EBADREQUEST, "exec, attach and port-forward need HTTP/1.1");
}

/* ---- WebSocket ---- */

bool link_wants_websocket(struct http_req *r)
{
	const char *upgrade = http_header(r, "upgrade");

	return upgrade && strcasecmp(upgrade, "websocket") == 0;
}

const char *link_ws_protocol(struct http_req *r, const char *const *served, struct ek_err *err)
{
	const char *protocol;
	struct offer offer;

	read_offer(r, "sec-websocket-protocol", &offer);
	protocol = offer.n ? agree(&offer, served) : "";
	if (!protocol)
		(void)ek_fail(err, EK_EBADREQUEST,
			      "requested protocol(s) are not supported: [%s]; supports [%s]",
			      list_offer(&offer, (char[256]){ 0 }),
			      list_served(served, (char[256]){ 0 }));
	return protocol;
}

static int open_websocket(struct request *rq, const struct ek_session_spec *spec, struct link **ret,
			  struct ek_err *err)
{
	bool forward = spec->kind == EK_SESSION_FORWARD;
	const char *protocol = link_ws_protocol(
		rq->http, forward ? ws_forward_protocols : ws_exec_protocols, err);
	int rc;

	if (!protocol)
		return EK_EBADREQUEST;
	if (!ek_str_starts(protocol, "SPDY/3.1+"))
		return link_channels_open(rq, spec, protocol, ret, err);
	*ret = link_forward_new();
	rc = ws_tunnel_open(rq, protocol, link_spdy_wire(*ret), err);
	if (rc < 0)
		(*ret)->ops->drop(*ret);
	return rc;
}

int link_open(struct request *rq, const struct ek_session_spec *spec,
	      const struct link_events *events, void *owner, struct link **ret)
{
	const char *upgrade = http_header(rq->http, "upgrade");
	struct link *l = NULL;
	struct ek_err err;
	int rc;

	if (link_wants_websocket(rq->http))
		rc = open_websocket(rq, spec, &l, &err);
	else if (upgrade && strcasecmp(upgrade, "SPDY/3.1") == 0)
		rc = open_spdy(rq, spec, &l, &err);
	else
		rc = ek_fail(&err, EK_EBADREQUEST, "Upgrade request required");
	if (rc < 0) {
		request_fail_err(rq, &err);
		return rc;
	}
	l->events = events;
	l->owner = owner;
	l->is_websocket = link_wants_websocket(rq->http);
	*ret = l; /* the 101 goes out in a later turn: nothing has happened yet */
	return 0;
}
