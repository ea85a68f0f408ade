/* SPDX-License-Identifier: Apache-2.0 */
#include "spdy.h"

#include <ekube/str.h>
#include <stdlib.h>
#include <zlib.h>

#include "spdy_dictionary.h"

enum {
	HEAD = 8,
	MAX_FRAME = 1 << 20,
	/* what one read may bring on top of a frame that is not whole */
	MAX_UNREAD = MAX_FRAME + (1 << 20),
	MAX_PIECE = 256 << 10,
	MAX_OUTPUT = MAX_PIECE + HEAD,
	MAX_HEADERS = 64 << 10,  /* after decompression */
	MAX_PAIRS = 64,
	MAX_STREAMS = 2048,
	FLAG_FIN = 1,
};

enum frame_type {
	SYN_STREAM = 1, SYN_REPLY = 2, RST_STREAM = 3, SETTINGS = 4, PING = 6, GOAWAY = 7,
	HEADERS = 8, WINDOW_UPDATE = 9,
};

struct spdy {
	struct wire               wire;
	const struct spdy_events *events;
	void                     *owner;
	struct ek_buf             in, out;
	struct ek_list            streams;
	size_t                    n_streams;
	uint32_t                  last_id;
	z_stream                  inflate, deflate;
	unsigned                  busy;   /* inside a callback of the connection: freeing waits */
	bool                      closed; /* no events any more */
	bool                      gone, paused;
};

static uint32_t get32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static void put32(char *p, uint32_t v)
{
	p[0] = (char)(v >> 24);
	p[1] = (char)(v >> 16);
	p[2] = (char)(v >> 8);
	p[3] = (char)v;
}

/* ------------------------------------------------------------------- sending */

static bool send_frame(struct spdy *s, uint32_t first, unsigned flags, const void *payload,
		       size_t n)
{
	char head[HEAD];

	put32(head, first);
	put32(head + 4, (uint32_t)flags << 24 | (uint32_t)n);
	if (!n)
		return wire_write(&s->wire, head, HEAD);
	ek_buf_clear(&s->out);
	(void)ek_buf_append(&s->out, head, HEAD);
	(void)ek_buf_append(&s->out, payload, n);
	return wire_write(&s->wire, s->out.data, s->out.len);
}

static bool send_control(struct spdy *s, enum frame_type type, unsigned flags, const void *payload,
			 size_t n)
{
	return send_frame(s, 0x80030000u | (uint32_t)type, flags, payload, n);
}

/* No headers: an empty block, through the connection's compressor. */
static void send_reply(struct spdy *s, uint32_t id)
{
	unsigned char none[4] = { 0 };
	char payload[64];

	put32(payload, id);
	s->deflate.next_in = none;
	s->deflate.avail_in = sizeof(none);
	s->deflate.next_out = (unsigned char *)payload + 4;
	s->deflate.avail_out = sizeof(payload) - 4;
	(void)deflate(&s->deflate, Z_SYNC_FLUSH);
	(void)send_control(s, SYN_REPLY, 0, payload, sizeof(payload) - s->deflate.avail_out);
}

static void send_reset(struct spdy *s, uint32_t id, uint32_t status)
{
	char payload[8];

	put32(payload, id);
	put32(payload + 4, status);
	(void)send_control(s, RST_STREAM, 0, payload, sizeof(payload));
}

/* ------------------------------------------------------------------- streams */

static struct spdy_stream *find(struct spdy *s, uint32_t id)
{
	EK_LIST_EACH(node, tmp, &s->streams) {
		struct spdy_stream *st = ek_container_of(node, struct spdy_stream, node);

		if (st->id == id)
			return st;
	}
	return NULL;
}

static void stream_free(struct spdy *s, struct spdy_stream *st)
{
	ek_list_del(&st->node);
	s->n_streams--;
	ek_json_unref(st->headers);
	free(st);
}

static void reap(struct spdy *s, struct spdy_stream *st)
{
	if (s->busy || s->closed || !st->local_ended || !st->remote_ended)
		return;
	s->events->closed(s, st);
	stream_free(s, st);
}

void spdy_free(struct spdy *s)
{
	EK_LIST_EACH(node, tmp, &s->streams) {
		stream_free(s, ek_container_of(node, struct spdy_stream, node));
	}
	(void)inflateEnd(&s->inflate);
	(void)deflateEnd(&s->deflate);
	ek_buf_done(&s->in);
	ek_buf_done(&s->out);
	free(s);
}

static void free_all(struct spdy *s)
{
	void (*freed)(void *owner) = s->events->freed;
	void *owner = s->owner;

	spdy_free(s);
	freed(owner);
}

static void take_frames(struct spdy *s);

/*
 * Every callback of the wire is between these two: owners may close, end and resume whatever they
 * like inside.
 */
static void enter(struct spdy *s)
{
	s->busy++;
}

static void leave(struct spdy *s)
{
	if (s->busy == 1)
		take_frames(s);
	if (--s->busy)
		return;
	if (s->closed) {
		free_all(s);
		return;
	}
	EK_LIST_EACH(node, tmp, &s->streams) {
		reap(s, ek_container_of(node, struct spdy_stream, node));
	}
}

static void remote_end(struct spdy *s, struct spdy_stream *st)
{
	if (st->remote_ended)
		return;
	st->remote_ended = true;
	if (!s->closed)
		s->events->ended(s, st);
}

/* ------------------------------------------------------------------- headers */

/* The whole block, or -1 when it is damaged or too large. */
static int decompress(struct spdy *s, const char *data, size_t n, struct ek_buf *out)
{
	s->inflate.next_in = (unsigned char *)data;
	s->inflate.avail_in = (unsigned)n;
	for (;;) {
		unsigned char piece[2048];
		int rc;

		s->inflate.next_out = piece;
		s->inflate.avail_out = sizeof(piece);
		rc = inflate(&s->inflate, Z_SYNC_FLUSH);
		if (rc == Z_NEED_DICT) {
			unsigned char dict[SPDY_DICTIONARY_SIZE];

			spdy_dictionary(dict);
			if (inflateSetDictionary(&s->inflate, dict, sizeof(dict)) != Z_OK)
				return -1;
			continue;
		}
		if (rc != Z_OK && rc != Z_BUF_ERROR)
			return -1;
		if (ek_buf_append(out, piece, sizeof(piece) - s->inflate.avail_out) < 0)
			return -1;
		if (s->inflate.avail_in == 0 && s->inflate.avail_out > 0)
			return 0;
		if (rc == Z_BUF_ERROR)
			return -1;
	}
}

static char *take_text(const char **p, const char *end)
{
	uint32_t n;
	char *text;

	if (end - *p < 4)
		return NULL;
	n = get32(*p);
	*p += 4;
	if (n > (size_t)(end - *p))
		return NULL;
	text = ek_str_ndup(*p, n);
	*p += n;
	return text;
}

static struct ek_json *parse_headers(const struct ek_buf *block)
{
	EK_JSON struct ek_json *headers = ek_json_object();
	const char *p = block->data, *end = p + block->len;
	uint32_t pairs;

	if (block->len < 4)
		return NULL;
	pairs = get32(p);
	p += 4;
	if (pairs > MAX_PAIRS)
		return NULL;
	while (pairs-- > 0) {
		EK_FREE char *name = take_text(&p, end);
		EK_FREE char *value = name ? take_text(&p, end) : NULL;

		if (!value)
			return NULL;
		for (char *c = name; *c; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c + 'a' - 'A');
		ek_json_set_str(headers, name, value);
	}
	return ek_steal(headers);
}

/* -------------------------------------------------------------------- frames */

static int on_syn_stream(struct spdy *s, unsigned flags, const char *p, size_t n)
{
	EK_BUF struct ek_buf block = EK_BUF_INIT(MAX_HEADERS);
	struct ek_json *headers;
	struct spdy_stream *st;
	uint32_t id;

	if (n < 10 || decompress(s, p + 10, n - 10, &block) < 0)
		return -1;
	id = get32(p) & 0x7fffffff;
	headers = parse_headers(&block);
	if (!headers)
		return -1;
	if (id % 2 == 0 || id <= s->last_id || s->n_streams >= MAX_STREAMS) {
		ek_json_unref(headers);
		send_reset(s, id, 3 /* refused */);
		return 0;
	}
	st = ek_new(struct spdy_stream);
	st->id = s->last_id = id;
	st->headers = headers;
	ek_list_add_tail(&s->streams, &st->node);
	s->n_streams++;
	send_reply(s, id);
	s->events->opened(s, st);
	if (flags & FLAG_FIN)
		remote_end(s, st);
	return 0;
}

static int on_control(struct spdy *s, uint32_t first, unsigned flags, const char *p, size_t n)
{
	struct spdy_stream *st;

	if ((first >> 16 & 0x7fff) != 3)
		return -1;
	switch (first & 0xffff) {
	case SYN_STREAM:
		return on_syn_stream(s, flags, p, n);
	case RST_STREAM:
		st = n >= 8 ? find(s, get32(p) & 0x7fffffff) : NULL;
		if (st) {
			st->local_ended = true;
			remote_end(s, st);
		}
		return 0;
	case PING:
		if (n >= 4 && get32(p) % 2 == 1) /* odd ones are the client's questions */
			(void)send_control(s, PING, 0, p, 4);
		return 0;
	default:
		return 0; /* SETTINGS, GOAWAY, WINDOW_UPDATE, HEADERS tell us nothing that we use */
	}
}

static int on_data(struct spdy *s, uint32_t id, unsigned flags, const char *p, size_t n)
{
	struct spdy_stream *st = find(s, id & 0x7fffffff);

	if (!st || st->remote_ended)
		return 0;
	if (n)
		s->events->data(s, st, p, n);
	if (!s->closed && (flags & FLAG_FIN))
		remote_end(s, st);
	return 0;
}

/* 1: took a frame; 0: needs more; < 0: not SPDY. */
static int take_frame(struct spdy *s)
{
	uint32_t first, second;
	size_t n;
	int rc;

	if (s->in.len < HEAD)
		return 0;
	first = get32(s->in.data);
	second = get32(s->in.data + 4);
	n = second & 0xffffff;
	if (n > MAX_FRAME)
		return -1;
	if (s->in.len < HEAD + n)
		return 0;
	if (first & 0x80000000u)
		rc = on_control(s, first, second >> 24, s->in.data + HEAD, n);
	else
		rc = on_data(s, first, second >> 24, s->in.data + HEAD, n);
	ek_buf_consume(&s->in, HEAD + n);
	return rc < 0 ? rc : 1;
}

static void lost(struct spdy *s)
{
	if (s->gone)
		return;
	s->gone = true;
	if (!s->closed)
		s->events->gone(s);
}

/* Frames wait in `in` while the owner wants no more. */
static void take_frames(struct spdy *s)
{
	int rc = 1;

	while (rc > 0 && !s->closed && !s->gone && !s->paused)
		rc = take_frame(s);
	if (rc < 0)
		lost(s);
}

static void on_read(struct wire *w, const char *data, ssize_t n)
{
	struct spdy *s = ek_container_of(w, struct spdy, wire);

	enter(s);
	if (n <= 0 || ek_buf_append(&s->in, data, (size_t)n) < 0)
		lost(s);
	leave(s);
}

static void on_drained(struct wire *w)
{
	struct spdy *s = ek_container_of(w, struct spdy, wire);

	enter(s);
	if (!s->closed)
		s->events->drained(s);
	leave(s);
}

/* ------------------------------------------------------------------- outside */

struct spdy *spdy_new(const struct spdy_events *events, void *owner)
{
	struct spdy *s = ek_new(struct spdy);

	s->events = events;
	s->owner = owner;
	s->wire.on_read = on_read;
	s->wire.on_drained = on_drained;
	ek_list_init(&s->streams);
	ek_buf_init(&s->in, MAX_UNREAD);
	ek_buf_init(&s->out, MAX_OUTPUT);
	EK_ASSERT(inflateInit(&s->inflate) == Z_OK);
	/* we only ever say "no headers": the smallest compressor that there is */
	EK_ASSERT(deflateInit2(&s->deflate, Z_NO_COMPRESSION, Z_DEFLATED, 9, 1,
			       Z_DEFAULT_STRATEGY) == Z_OK);
	return s;
}

struct wire *spdy_wire(struct spdy *s)
{
	return &s->wire;
}

void *spdy_owner(struct spdy *s)
{
	return s->owner;
}

bool spdy_send(struct spdy *s, struct spdy_stream *st, const void *data, size_t n)
{
	const char *p = data;
	bool more = true;

	while (n && !st->local_ended && !s->gone) {
		size_t piece = EK_MIN(n, (size_t)MAX_PIECE);

		more = send_frame(s, st->id, 0, p, piece);
		p += piece;
		n -= piece;
	}
	return more;
}

void spdy_end(struct spdy *s, struct spdy_stream *st)
{
	if (st->local_ended || s->gone)
		return;
	st->local_ended = true;
	(void)send_frame(s, st->id, FLAG_FIN, NULL, 0);
	reap(s, st);
}

void spdy_pause(struct spdy *s, bool pause)
{
	if (s->closed || s->paused == pause)
		return;
	s->paused = pause;
	wire_pause(&s->wire, pause);
	if (pause)
		return;
	enter(s);
	leave(s); /* takes the frames that waited */
}

void spdy_close(struct spdy *s)
{
	char payload[8];

	if (s->closed)
		return;
	s->closed = true;
	if (!s->gone) {
		put32(payload, s->last_id);
		put32(payload + 4, 0);
		(void)send_control(s, GOAWAY, 0, payload, sizeof(payload));
	}
	wire_close(&s->wire);
	if (!s->busy)
		free_all(s);
}
