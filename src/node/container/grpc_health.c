/* SPDX-License-Identifier: Apache-2.0 */
#include "grpc_health.h"

#include <string.h>

#include <ekube/str.h>

enum frame { F_DATA = 0, F_HEADERS = 1, F_RST = 3, F_SETTINGS = 4, F_PING = 6, F_GOAWAY = 7 };
enum {
	FLAG_ACK = 1,
	FLAG_END_STREAM = 1,
	FLAG_END_HEADERS = 4,
	HEAD = 9,
	IN_MAX = 64 << 10,
	NAME_MAX_LEN = 100
};

/* ---- writing ---- */

static void put_frame(struct ek_buf *b, enum frame type, unsigned flags, unsigned stream,
		      const void *data, size_t n)
{
	uint8_t head[HEAD] = { (uint8_t)(n >> 16),
			       (uint8_t)(n >> 8),
			       (uint8_t)n,
			       (uint8_t)type,
			       (uint8_t)flags,
			       0,
			       0,
			       0,
			       (uint8_t)stream };

	(void)ek_buf_append(b, head, sizeof(head));
	(void)ek_buf_append(b, data, n);
}

/*
 * A header whose name is in HPACK's static table (index) or new (index 0); never indexed, never
 * Huffman.
 */
static void put_header(struct ek_buf *b, unsigned index, const char *name, const char *value)
{
	if (index < 15) {
		(void)ek_buf_char(b, (char)index);
	} else {
		(void)ek_buf_char(b, 15);
		(void)ek_buf_char(b, (char)(index - 15));
	}
	if (index == 0) {
		(void)ek_buf_char(b, (char)strlen(name));
		(void)ek_buf_str(b, name);
	}
	(void)ek_buf_char(b, (char)strlen(value)); /* all are shorter than 127 */
	(void)ek_buf_str(b, value);
}

static void put_request(struct ek_buf *b, const char *authority, const char *service)
{
	EK_BUF struct ek_buf headers = EK_BUF_INIT(1024), body = EK_BUF_INIT(1024);
	size_t n = strlen(service), message = n ? n + 2 : 0;

	(void)ek_buf_str(b, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	put_frame(b, F_SETTINGS, 0, 0, NULL, 0);
	(void)ek_buf_append(&headers, "\x83\x86", 2); /* POST, http */
	put_header(&headers, 4, NULL, "/grpc.health.v1.Health/Check");
	put_header(&headers, 1, NULL, authority);
	put_header(&headers, 31, NULL, "application/grpc");
	put_header(&headers, 58, NULL, "kube-probe/1.32");
	put_header(&headers, 0, "te", "trailers");
	put_frame(b, F_HEADERS, FLAG_END_HEADERS, 1, headers.data, headers.len);
	/* not compressed, four bytes of length, HealthCheckRequest{1: service} */
	(void)ek_buf_append(&body, (char[]){ 0, 0, 0, 0, (char)message }, 5);
	if (n > 0) {
		(void)ek_buf_append(&body, (char[]){ 0x0a, (char)n }, 2);
		(void)ek_buf_append(&body, service, n);
	}
	put_frame(b, F_DATA, FLAG_END_STREAM, 1, body.data, body.len);
}

static void send(struct ek_grpc_check *g, const struct ek_buf *b)
{
	(void)ek_stream_write(&g->stream, b->data, b->len);
}

/* ---- reading ---- */

static void finish(struct ek_grpc_check *g, int rc, const char *words)
{
	if (g->finished)
		return;
	ek_grpc_check_stop(g);
	g->done(g, rc, words);
}

/* HealthCheckResponse{1: status}; a status that is not there is 0. */
static void judge(struct ek_grpc_check *g)
{
	static const char *const statuses[] = { "UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN" };
	unsigned status = 0;
	char words[80];

	if (g->message_n < 5) {
		finish(g, -1, "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)");
		return;
	}
	if (g->message_n >= 7 && g->message[5] == 0x08)
		status = g->message[6];
	if (status == 1) {
		finish(g, 0, "service healthy");
		return;
	}
	(void)ek_str_into(words, sizeof(words), "service unhealthy (responded with \"%s\")",
			  status < EK_ARRAY_LEN(statuses) ? statuses[status] : "?");
	finish(g, 1, words);
}

static void on_frame(struct ek_grpc_check *g, unsigned type, unsigned flags, unsigned stream,
		     const uint8_t *data, size_t n)
{
	EK_BUF struct ek_buf answer = EK_BUF_INIT(256);
	size_t room = sizeof(g->message) - g->message_n;

	if (type == F_SETTINGS && !(flags & FLAG_ACK)) {
		put_frame(&answer, F_SETTINGS, FLAG_ACK, 0, NULL, 0);
		send(g, &answer);
	} else if (type == F_PING && !(flags & FLAG_ACK) && n == 8) {
		put_frame(&answer, F_PING, FLAG_ACK, 0, data, n);
		send(g, &answer);
	} else if (type == F_GOAWAY || (type == F_RST && stream == 1)) {
		g->verdict = true;
	} else if (stream == 1 && type == F_DATA) {
		memcpy(g->message + g->message_n, data, EK_MIN(n, room));
		g->message_n += EK_MIN(n, room);
	}
	if (stream == 1 && (type == F_DATA || type == F_HEADERS) && (flags & FLAG_END_STREAM))
		g->verdict = true;
}

static void on_read(struct ek_stream *s, const char *data, ssize_t n)
{
	struct ek_grpc_check *g = ek_container_of(s, struct ek_grpc_check, stream);

	if (n <= 0) {
		judge(g);
		return;
	}
	if (ek_buf_append(&g->in, data, (size_t)n) < 0) {
		finish(g, -1, "error: too long an answer");
		return;
	}
	while (!g->verdict && g->in.len >= HEAD) {
		const uint8_t *h = (const uint8_t *)g->in.data;
		size_t len = (size_t)h[0] << 16 | (size_t)h[1] << 8 | h[2];
		unsigned stream = (unsigned)(h[5] & 0x7f) << 24 | (unsigned)h[6] << 16 |
				  (unsigned)h[7] << 8 | h[8];

		if (g->in.len < HEAD + len)
			return;
		on_frame(g, h[3], h[4], stream, h + HEAD, len);
		ek_buf_consume(&g->in, HEAD + len);
	}
	/* the last act: whoever is told may free the struct */
	if (g->verdict)
		judge(g);
}

static void on_error(struct ek_stream *s, int rc)
{
	finish(ek_container_of(s, struct ek_grpc_check, stream), rc, ek_err_name(rc));
}

static void on_connected(struct ek_stream *s, int rc)
{
	struct ek_grpc_check *g = ek_container_of(s, struct ek_grpc_check, stream);

	if (rc < 0)
		finish(g, rc, ek_err_name(rc));
	else
		ek_stream_read_start(s);
}

int ek_grpc_check_start(struct ek_loop *loop, struct ek_grpc_check *g, const char *ip, int port,
			const char *service)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(4096);
	int rc;

	if (strlen(service) > NAME_MAX_LEN)
		return EK_EINVALID;
	ek_buf_init(&g->in, IN_MAX);
	g->stream.on_read = on_read;
	g->stream.on_error = on_error;
	rc = ek_stream_connect_tcp(loop, &g->stream, ip, port, 0, on_connected);
	if (rc < 0)
		return rc;
	put_request(&b, EK_F("%s:%d", ip, port), service);
	return ek_stream_write(&g->stream, b.data, b.len);
}

void ek_grpc_check_stop(struct ek_grpc_check *g)
{
	g->finished = true;
	if (ek_stream_is_open(&g->stream))
		ek_stream_close(&g->stream);
	ek_buf_done(&g->in);
}
