/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Channels over a WebSocket: every message begins with a channel's number, as a byte or, in the
 * base64 protocols, as a digit before base64. exec and attach: stdin 0, stdout 1, stderr 2, error
 * 3, resize 4, and from version 5 on a message 255 names a channel that the client ends.
 * port-forward: a pair of channels for each of the query's ports, data and error, both beginning
 * with the port.
 *
 * Source: k8s.io/apimachinery/pkg/util/httpstream/wsstream.
 */

#include <ekube/str.h>
#include <stdlib.h>

#include "http/handlers.h"
#include "link.h"
#include "websocket.h"

enum { MAX_PORTS = 64, PIECE = 64 << 10, CLOSE_SIGNAL = 255 };

static const struct protocol {
	const char *name;
	bool        for_exec, for_forward, base64, ends_channels;
} protocols[] = {
	{ "v5.channel.k8s.io",        true,  false, false, true  },
	{ "v4.channel.k8s.io",        true,  true,  false, false },
	{ "v4.base64.channel.k8s.io", true,  true,  true,  false },
	{ "channel.k8s.io",           true,  false, false, false },
	{ "base64.channel.k8s.io",    true,  false, true,  false },
	{ "",                         true,  true,  false, false },
};

struct link_channels {
	struct link                   link;
	struct websocket             *ws;
	const struct protocol        *protocol;
	const struct ek_session_spec *spec;
	int                           ports[MAX_PORTS];
	size_t                        n_ports, n_over;
	bool                          over[MAX_PORTS];
};

static struct link_channels *of_link(struct link *l)
{
	return ek_container_of(l, struct link_channels, link);
}

/* ---- to the user ---- */

static bool send_piece(struct link_channels *c, int channel, const void *data, size_t n)
{
	char head = (char)channel;
	EK_FREE char *text = NULL;

	if (!c->protocol->base64)
		return websocket_send(c->ws, false, &head, 1, data, n);
	head = (char)('0' + channel);
	text = ek_base64_encode(data, n, false);
	return websocket_send(c->ws, true, &head, 1, text, strlen(text));
}

static bool send_all(struct link_channels *c, int channel, const void *data, size_t n)
{
	const char *p = data;
	bool more = true;

	for (size_t piece; n; p += piece, n -= piece) {
		piece = EK_MIN(n, (size_t)PIECE);
		more = send_piece(c, channel, p, piece);
	}
	return more;
}

static bool wanted(const struct link_channels *c, int channel)
{
	if (c->n_ports)
		return true;
	return (channel == LINK_STDOUT && c->spec->out) || (channel == LINK_STDERR && c->spec->err);
}

static bool channels_send(struct link *l, int channel, const void *data, size_t n)
{
	struct link_channels *c = of_link(l);

	return !wanted(c, channel) || send_all(c, channel, data, n);
}

/* A channel has no end; a port-forward is over when all its connections are. */
static void channels_end(struct link *l, int channel)
{
	struct link_channels *c = of_link(l);
	size_t i = (size_t)channel / 2;

	if (i >= c->n_ports || c->over[i])
		return;
	c->over[i] = true;
	if (++c->n_over == c->n_ports)
		l->events->gone(l);
}

static void channels_fail(struct link *l, int channel, const char *message)
{
	(void)send_all(of_link(l), channel + 1, message, strlen(message));
	channels_end(l, channel);
}

static void channels_finish(struct link *l, const struct ek_json *status)
{
	struct link_channels *c = of_link(l);
	EK_FREE char *text = NULL;

	if (c->n_ports) {
		const char *message = ek_json_str_at(status, "message");

		for (size_t i = 0; message && i < c->n_ports; i++)
			(void)send_all(c, (int)i * 2 + 1, message, strlen(message));
		return;
	}
	text = link_told(c->protocol->name, status);
	if (text)
		(void)send_all(c, LINK_ERROR, text, strlen(text));
}

static void channels_pause(struct link *l, bool pause)
{
	websocket_pause(of_link(l)->ws, pause);
}

static void channels_close(struct link *l)
{
	websocket_close(of_link(l)->ws, WS_NORMAL);
}

static void channels_drop(struct link *l)
{
	struct link_channels *c = of_link(l);

	websocket_free(c->ws);
	free(c);
}

static const struct link_ops channels_ops = {
	.send = channels_send,
	.end = channels_end,
	.fail = channels_fail,
	.finish = channels_finish,
	.pause = channels_pause,
	.close = channels_close,
	.drop = channels_drop,
};

/* ---- from the user ---- */

static void begin_forward(struct link_channels *c)
{
	for (size_t i = 0; i < c->n_ports; i++) {
		const char port[2] = { (char)c->ports[i], (char)(c->ports[i] >> 8) };

		(void)send_piece(c, (int)i * 2, port, sizeof(port));
		(void)send_piece(c, (int)i * 2 + 1, port, sizeof(port));
	}
	for (size_t i = 0; i < c->n_ports; i++)
		c->link.events->connected(&c->link, (int)i * 2, c->ports[i]);
}

/* An empty message tells that the session stands. */
static void on_opened(struct websocket *ws)
{
	struct link_channels *c = websocket_owner(ws);

	if (c->n_ports) {
		begin_forward(c);
		return;
	}
	(void)send_piece(c,
			 c->spec->out ? LINK_STDOUT :
			 c->spec->err ? LINK_STDERR :
					LINK_ERROR,
			 "", 0);
	c->link.events->opened(&c->link);
}

static void take(struct link_channels *c, int channel, const char *data, size_t n)
{
	struct link *l = &c->link;

	if (c->n_ports) {
		if (channel % 2 == 0 && (size_t)channel / 2 < c->n_ports && !c->over[channel / 2])
			l->events->data(l, channel, data, n);
	} else if (channel == CLOSE_SIGNAL && c->protocol->ends_channels) {
		if (n == 1 && data[0] == LINK_STDIN && c->spec->in)
			l->events->ended(l, LINK_STDIN);
	} else if ((channel == LINK_STDIN && c->spec->in) || channel == LINK_RESIZE) {
		l->events->data(l, channel, data, n);
	}
}

static void on_message(struct websocket *ws, bool is_text, char *data, size_t n)
{
	struct link_channels *c = websocket_owner(ws);
	EK_FREE char *plain = NULL;
	size_t plain_len = 0;

	(void)is_text;
	if (n == 0)
		return;
	if (!c->protocol->base64)
		take(c, (unsigned char)data[0], data + 1, n - 1);
	else if (ek_base64_decode(data + 1, n - 1, false, &plain, &plain_len) == 0)
		take(c, (unsigned char)(data[0] - '0'), plain, plain_len);
}

static void on_drained(struct websocket *ws)
{
	struct link_channels *c = websocket_owner(ws);

	c->link.events->drained(&c->link);
}

static void on_gone(struct websocket *ws)
{
	struct link_channels *c = websocket_owner(ws);

	c->link.events->gone(&c->link);
}

static void on_freed(void *owner)
{
	struct link_channels *c = owner;
	struct link link = c->link;

	free(c);
	link.events->freed(link.owner);
}

static const struct websocket_events events = {
	.opened = on_opened,
	.message = on_message,
	.drained = on_drained,
	.gone = on_gone,
	.freed = on_freed,
};

/* ---- opening ---- */

static const struct protocol *find_protocol(const struct ek_session_spec *spec, const char *name)
{
	bool forward = spec->kind == EK_SESSION_FORWARD;

	for (size_t i = 0; i < EK_ARRAY_LEN(protocols); i++)
		if (ek_streq(protocols[i].name, name) &&
		    (forward ? protocols[i].for_forward : protocols[i].for_exec))
			return &protocols[i];
	return NULL;
}

static int add_ports(struct link_channels *c, const char *value, struct ek_err *err)
{
	EK_FREE char *copy = ek_str_dup(value);
	char *rest = copy;

	for (char *part; (part = strsep(&rest, ","));) {
		int64_t port;

		if (c->n_ports == MAX_PORTS)
			return ek_fail(err, EK_EBADREQUEST, "more than %d ports", MAX_PORTS);
		if (ek_str_to_int(part, 1, 65535, &port) < 0)
			return ek_fail(err, EK_EBADREQUEST, "unable to parse \"%.64s\" as a port",
				       value);
		c->ports[c->n_ports++] = (int)port;
	}
	return 0;
}

static int read_ports(struct link_channels *c, const struct query *q, struct ek_err *err)
{
	for (size_t i = 0; i < q->params.n; i++) {
		if (!ek_streq(q->params.items[i].name, "ports"))
			continue;
		if (add_ports(c, q->params.items[i].value, err) < 0)
			return EK_EBADREQUEST;
	}
	return c->n_ports ? 0 :
			    ek_fail(err, EK_EBADREQUEST, "query parameter \"port\" is required");
}

int link_channels_open(struct request *rq, const struct ek_session_spec *spec, const char *protocol,
		       struct link **ret, struct ek_err *err)
{
	struct link_channels *c = ek_new(struct link_channels);
	int rc = 0;

	c->link.ops = &channels_ops;
	c->spec = spec;
	c->protocol = find_protocol(spec, protocol);
	c->ws = websocket_new(&events, c);
	if (spec->kind == EK_SESSION_FORWARD)
		rc = read_ports(c, &rq->query, err);
	if (rc == 0)
		rc = websocket_upgrade(c->ws, rq->http, protocol, err);
	if (rc < 0) {
		channels_drop(&c->link);
		return rc;
	}
	*ret = &c->link;
	return 0;
}
