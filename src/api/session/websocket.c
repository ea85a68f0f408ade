/* SPDX-License-Identifier: Apache-2.0 */
#include "websocket.h"

#include <ekube/buf.h>
#include <ekube/str.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "http/http.h"

enum {
	MAX_MESSAGE = 1 << 20,
	MAX_HEAD = 14,
	/* what one read may bring on top of a frame that is not whole */
	MAX_UNREAD = MAX_MESSAGE + MAX_HEAD + (1 << 20),
	MAX_PIECE = 256 << 10,
	MAX_OUTPUT = MAX_PIECE * 2 + MAX_HEAD,
	MAX_CONTROL = 125,
	KEY_LEN = 24, /* 16 bytes in base64 */
};

enum opcode { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

struct websocket {
	struct wire                    wire;
	const struct websocket_events *events;
	void                          *owner;
	struct ek_buf                  in, out;
	struct ek_buf                  message;   /* fragments of one that is not whole */
	unsigned                       busy;      /* inside a callback of the wire: freeing waits */
	bool                           in_message, is_text;
	bool                           blocked;   /* the wire has enough */
	bool                           said_close;
	bool                           closed;    /* no events any more */
	bool                           gone, paused;
};

struct frame {
	bool        fin;
	enum opcode opcode;
	char       *data;
	size_t      n;
};

/* ------------------------------------------------------------------- sending */

static void put_head(struct ek_buf *out, enum opcode opcode, size_t n)
{
	(void)ek_buf_char(out, (char)(0x80 | opcode));
	if (n <= MAX_CONTROL) {
		(void)ek_buf_char(out, (char)n);
		return;
	}
	(void)ek_buf_char(out, n < 65536 ? 126 : 127);
	for (int shift = n < 65536 ? 8 : 56; shift >= 0; shift -= 8)
		(void)ek_buf_char(out, (char)((uint64_t)n >> shift));
}

static bool send_frame(struct websocket *ws, enum opcode opcode, const void *head, size_t head_len,
		       const void *data, size_t n)
{
	ek_buf_clear(&ws->out);
	put_head(&ws->out, opcode, head_len + n);
	(void)ek_buf_append(&ws->out, head, head_len);
	(void)ek_buf_append(&ws->out, data, n);
	EK_ASSERT(!ws->out.overflow);
	ws->blocked = !wire_write(&ws->wire, ws->out.data, ws->out.len);
	return !ws->blocked;
}

static void say_close(struct websocket *ws, int code)
{
	char status[2] = { (char)(code >> 8), (char)code };

	if (ws->said_close || ws->gone)
		return;
	ws->said_close = true;
	(void)send_frame(ws, CLOSE, status, sizeof(status), NULL, 0);
}

bool websocket_send(struct websocket *ws, bool is_text, const void *head, size_t head_len,
		    const void *data, size_t n)
{
	EK_ASSERT(head_len + n <= MAX_OUTPUT - MAX_HEAD);
	if (ws->said_close || ws->gone)
		return true;
	return send_frame(ws, is_text ? TEXT : BINARY, head, head_len, data, n);
}

/* ------------------------------------------------------------------ receiving */

static void lost(struct websocket *ws)
{
	if (ws->gone)
		return;
	ws->gone = true;
	if (!ws->closed)
		ws->events->gone(ws);
}

static int fail(struct websocket *ws, int code)
{
	say_close(ws, code);
	return -1;
}

static int on_control(struct websocket *ws, const struct frame *f)
{
	switch (f->opcode) {
	case CLOSE:
		say_close(ws, f->n >= 2 ?
				      (unsigned char)f->data[0] << 8 | (unsigned char)f->data[1] :
				      WS_NORMAL);
		return -1;
	case PING:
		/* who asks without reading the answers gets none */
		if (!ws->blocked)
			(void)send_frame(ws, PONG, f->data, f->n, NULL, 0);
		return 1;
	case PONG:
		return 1;
	default:
		return fail(ws, WS_PROTOCOL_ERROR);
	}
}

static int on_data(struct websocket *ws, const struct frame *f)
{
	if ((f->opcode == CONTINUATION) != ws->in_message || f->opcode > BINARY)
		return fail(ws, WS_PROTOCOL_ERROR);
	if (f->opcode != CONTINUATION)
		ws->is_text = f->opcode == TEXT;
	if (f->fin && !ws->in_message) {
		ws->events->message(ws, ws->is_text, f->data, f->n);
		return 1;
	}
	if (ek_buf_append(&ws->message, f->data, f->n) < 0)
		return fail(ws, WS_TOO_BIG);
	ws->in_message = !f->fin;
	if (f->fin) {
		ws->events->message(ws, ws->is_text, ws->message.data, ws->message.len);
		ek_buf_done(&ws->message);
	}
	return 1;
}

/* The length of what comes before the data; 0 needs more. */
static size_t read_head(const struct ek_buf *in, uint64_t *ret_len)
{
	const unsigned char *p = (const unsigned char *)in->data;
	size_t extra = 0;

	if (in->len < 2)
		return 0;
	*ret_len = p[1] & 0x7f;
	if (*ret_len >= 126) {
		extra = *ret_len == 126 ? 2 : 8;
		if (in->len < 2 + extra)
			return 0;
		*ret_len = 0;
		for (size_t i = 0; i < extra; i++)
			*ret_len = *ret_len << 8 | p[2 + i];
	}
	return 2 + extra + 4;
}

static void unmask(char *data, size_t n, const char key[4])
{
	for (size_t i = 0; i < n; i++)
		data[i] = (char)(data[i] ^ key[i & 3]);
}

/* 1: took a frame; 0: needs more; < 0: over. */
static int take_frame(struct websocket *ws)
{
	struct frame f;
	uint64_t len = 0;
	size_t head = read_head(&ws->in, &len);
	char *p = ws->in.data;
	int rc;

	if (!head)
		return 0;
	f.fin = p[0] & 0x80;
	f.opcode = p[0] & 0x0f;
	/* no extension is agreed on, and clients mask (RFC 6455, 5.1 to 5.5) */
	if ((p[0] & 0x70) || !(p[1] & 0x80) || (f.opcode >= CLOSE && (!f.fin || len > MAX_CONTROL)))
		return fail(ws, WS_PROTOCOL_ERROR);
	if (len > MAX_MESSAGE)
		return fail(ws, WS_TOO_BIG);
	if (ws->in.len < head + len)
		return 0;
	f.data = p + head;
	f.n = (size_t)len;
	unmask(f.data, f.n, p + head - 4);
	rc = f.opcode >= CLOSE ? on_control(ws, &f) : on_data(ws, &f);
	ek_buf_consume(&ws->in, head + f.n);
	return rc;
}

/* Frames wait in `in` while the owner wants no more. */
static void take_frames(struct websocket *ws)
{
	int rc = 1;

	while (rc > 0 && !ws->closed && !ws->gone && !ws->paused)
		rc = take_frame(ws);
	if (rc < 0)
		lost(ws);
}

/* ------------------------------------------------------------------- the wire */

void websocket_free(struct websocket *ws)
{
	ek_buf_done(&ws->in);
	ek_buf_done(&ws->out);
	ek_buf_done(&ws->message);
	free(ws);
}

static void free_all(struct websocket *ws)
{
	void (*freed)(void *owner) = ws->events->freed;
	void *owner = ws->owner;

	websocket_free(ws);
	freed(owner);
}

/* Every callback of the wire is between these two: owners may close and resume inside. */
static void enter(struct websocket *ws)
{
	ws->busy++;
}

static void leave(struct websocket *ws)
{
	if (ws->busy == 1)
		take_frames(ws);
	if (--ws->busy == 0 && ws->closed)
		free_all(ws);
}

static void on_read(struct wire *w, const char *data, ssize_t n)
{
	struct websocket *ws = ek_container_of(w, struct websocket, wire);

	enter(ws);
	if (n <= 0 || ek_buf_append(&ws->in, data, (size_t)n) < 0)
		lost(ws);
	leave(ws);
}

static void on_drained(struct wire *w)
{
	struct websocket *ws = ek_container_of(w, struct websocket, wire);

	enter(ws);
	ws->blocked = false;
	if (!ws->closed)
		ws->events->drained(ws);
	leave(ws);
}

struct websocket *websocket_new(const struct websocket_events *events, void *owner)
{
	struct websocket *ws = ek_new(struct websocket);

	ws->events = events;
	ws->owner = owner;
	ws->wire.on_read = on_read;
	ws->wire.on_drained = on_drained;
	ek_buf_init(&ws->in, MAX_UNREAD);
	ek_buf_init(&ws->out, MAX_OUTPUT);
	ek_buf_init(&ws->message, MAX_MESSAGE);
	return ws;
}

struct wire *websocket_wire(struct websocket *ws)
{
	return &ws->wire;
}

void *websocket_owner(struct websocket *ws)
{
	return ws->owner;
}

void websocket_begin(struct websocket *ws)
{
	enter(ws);
	if (!ws->closed)
		ws->events->opened(ws);
	leave(ws);
}

void websocket_pause(struct websocket *ws, bool pause)
{
	if (ws->closed || ws->paused == pause)
		return;
	ws->paused = pause;
	wire_pause(&ws->wire, pause);
	if (pause)
		return;
	enter(ws);
	leave(ws); /* takes the frames that waited */
}

void websocket_close(struct websocket *ws, int code)
{
	if (ws->closed)
		return;
	say_close(ws, code);
	ws->closed = true;
	wire_close(&ws->wire);
	if (!ws->busy)
		free_all(ws);
}

/* ------------------------------------------------------------------ handshake */

static void on_upgraded(struct wire *w, int rc)
{
	struct websocket *ws = ek_container_of(w, struct websocket, wire);

	if (rc == 0) {
		websocket_begin(ws);
		return;
	}
	enter(ws);
	lost(ws);
	leave(ws);
}

static char *accept_of(const char *key)
{
	EK_FREE char *text = ek_str_fmt("%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	EK_ASSERT(EVP_Digest(text, strlen(text), digest, &n, EVP_sha1(), NULL) == 1);
	return ek_base64_encode(digest, n, false);
}

int websocket_upgrade(struct websocket *ws, struct http_req *r, const char *protocol,
		      struct ek_err *err)
{
	const char *key = http_header(r, "sec-websocket-key");
	EK_FREE char *accept = NULL;

	if (!ek_streq(http_header(r, "sec-websocket-version"), "13"))
		return ek_fail(err, EK_EBADREQUEST,
			       "missing or bad WebSocket Version: only 13 is spoken here");
	if (!key || strlen(key) != KEY_LEN)
		return ek_fail(err, EK_EBADREQUEST, "missing or bad Sec-WebSocket-Key");
	if (!ek_streq(r->method, "GET") || !r->is_http1)
		return ek_fail(err, EK_EBADREQUEST, "a WebSocket is opened with GET over HTTP/1.1");
	accept = accept_of(key);
	http_add_header(r, "sec-websocket-accept", accept);
	if (*protocol)
		http_add_header(r, "sec-websocket-protocol", protocol);
	if (http_upgrade(r, "websocket", &ws->wire, on_upgraded) < 0)
		return ek_fail(err, EK_EBADREQUEST, "the connection cannot be upgraded");
	return 0;
}
