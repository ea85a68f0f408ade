/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/http.h>

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/str.h>
#include <ekube/stream.h>
#include <ek_test.h>

/*
 * A tiny server on the same loop. What it does is in the path:
 *	/hello /echo /status/N /size/N /redirect/N /to?URL /headers/N
 *	/silent (no answer) /stall (half an answer) /cut (half an answer, then the end) /junk
 */
struct server {
	struct ek_listener listener;
	struct ek_loop *loop;
	struct ek_list  conns;
	int n_conns, n_requests, n_open;
	char last_auth[64];
};

struct conn {
	struct ek_list   node;
	struct ek_stream stream;
	struct server   *server;
	struct ek_buf    in;
	size_t           to_send; /* of a large body, fed as the queue drains */
};

static void conn_free(struct conn *c)
{
	ek_stream_close(&c->stream);
	ek_buf_done(&c->in);
	ek_list_del(&c->node);
	c->server->n_open--;
	free(c);
}

static void say(struct conn *c, const char *text)
{
	(void)ek_stream_write(&c->stream, text, strlen(text));
}

static void feed(struct conn *c)
{
	static const char x[16384] = { [0 ... 16383] = 'x' };

	while (c->to_send && ek_stream_pending(&c->stream) < 200000) {
		size_t n = EK_MIN(sizeof(x), c->to_send);

		(void)ek_stream_write(&c->stream, x, n);
		c->to_send -= n;
	}
}

static void reply(struct conn *c, int status, const char *headers, const char *body)
{
	EK_FREE char *text = ek_str_fmt("HTTP/1.1 %d Whatever\r\nContent-Length: %zu\r\n%s\r\n%s",
					status, strlen(body), headers, body);

	say(c, text);
}

static void redirect(struct conn *c, const char *to)
{
	EK_FREE char *location = ek_str_fmt("Location: %s\r\n", to);

	reply(c, 302, location, "this body is of nobody's interest");
}

static void headers(struct conn *c, int n)
{
	say(c, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < n; i++)
		say(c, "X-Padding: 0123456789012345678901234567890123456789\r\n");
	say(c, "Content-Length: 0\r\n\r\n");
}

static const char *value_of(const char *head, const char *name, char *out, size_t size)
{
	const char *at = strcasestr(head, name);

	out[0] = 0;
	if (at)
		snprintf(out, size, "%.*s", (int)strcspn(at + strlen(name), "\r\n"),
			 at + strlen(name));
	return out;
}

static void echo(struct conn *c, const char *head, const char *body, size_t n)
{
	char type[64], host[64], custom[64], agent[64];
	EK_FREE char *text =
		ek_str_fmt("%.*s|%s|%s|%s|%s|%s|%zu:%.20s", (int)strcspn(head, "\r\n"), head,
			   value_of(head, "\r\nContent-Type: ", type, sizeof(type)),
			   value_of(head, "\r\nX-Custom: ", custom, sizeof(custom)),
			   strcasestr(head, "\r\nX-Empty:\r\n") ? "e" : "",
			   value_of(head, "\r\nUser-Agent: ekube", agent, sizeof(agent)) ? "" : "?",
			   strcasestr(head, "Expect") ? "expects" : "", n, body);

	ck_assert_ptr_nonnull(value_of(head, "\r\nHost: ", host, sizeof(host)));
	reply(c, 200, "X-Reply: one\r\nx-reply-2:two\r\nX-None:\r\n", text);
}

static void answer(struct conn *c, const char *head, const char *body, size_t n)
{
	int number = 0;
	char path[2100] = "", *query;
	EK_FREE char *next = NULL;

	c->server->n_requests++;
	value_of(head, "\r\nAuthorization: ", c->server->last_auth, sizeof(c->server->last_auth));
	sscanf(head, "%*s %2048s", path);
	query = strchr(path, '?');
	if (strcmp(path, "/hello") == 0)
		reply(c, 200, "", "hello");
	else if (strncmp(path, "/echo", 5) == 0)
		echo(c, head, body, n);
	else if (sscanf(path, "/status/%d", &number) == 1)
		reply(c, number, "", number == 204 ? "" : "status");
	else if (sscanf(path, "/redirect/%d", &number) == 1)
		redirect(c, number ? (next = ek_str_fmt("/redirect/%d", number - 1)) : "/echo");
	else if (strncmp(path, "/to?", 4) == 0)
		redirect(c, query + 1);
	else if (sscanf(path, "/headers/%d", &number) == 1)
		headers(c, number);
	else if (sscanf(path, "/size/%d", &number) == 1) {
		EK_FREE char *top = ek_str_fmt("HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n",
					       query ? query + 1 : "200 OK", number);

		say(c, top);
		c->to_send = (size_t)number;
		feed(c);
	} else if (strcmp(path, "/stall") == 0 || strcmp(path, "/cut") == 0) {
		say(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
		if (path[1] == 'c')
			ek_stream_shutdown(&c->stream);
	} else if (strcmp(path, "/junk") == 0)
		say(c, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
}

static void on_conn_read(struct ek_stream *s, const char *data, ssize_t n)
{
	struct conn *c = ek_container_of(s, struct conn, stream);
	char *end, length[32];
	size_t head_n, body_n;

	if (n <= 0) {
		conn_free(c);
		return;
	}
	ck_assert_int_eq(ek_buf_append(&c->in, data, (size_t)n), 0);
	while (c->in.len && (end = strstr(c->in.data, "\r\n\r\n"))) {
		EK_FREE char *head = NULL;

		head_n = (size_t)(end + 4 - c->in.data);
		head = ek_str_ndup(c->in.data, head_n);
		body_n = (size_t)atoi(
			value_of(head, "\r\nContent-Length: ", length, sizeof(length)));
		if (c->in.len < head_n + body_n)
			return;
		answer(c, head, c->in.data + head_n, body_n);
		ek_buf_consume(&c->in, head_n + body_n);
	}
}

static void on_conn_drained(struct ek_stream *s)
{
	feed(ek_container_of(s, struct conn, stream));
}

static void on_accept(struct ek_listener *l, int take_fd)
{
	struct server *srv = ek_container_of(l, struct server, listener);
	struct conn *c = ek_new(struct conn);

	c->server = srv;
	c->stream.on_read = on_conn_read;
	c->stream.on_drained = on_conn_drained;
	ek_buf_init(&c->in, 8 << 20);
	ek_list_add_tail(&srv->conns, &c->node);
	srv->n_conns++;
	srv->n_open++;
	ck_assert_int_eq(ek_stream_open(srv->loop, &c->stream, take_fd), 0);
	ek_stream_read_start(&c->stream);
}

static int port;

static void server_start(struct server *s, struct ek_loop *loop)
{
	*s = (struct server){ .loop = loop };
	ek_list_init(&s->conns);
	ck_assert_int_eq(ek_listen_tcp(loop, &s->listener, "127.0.0.1", 0, on_accept, NULL), 0);
	port = ek_listen_port(&s->listener);
}

static void server_stop(struct server *s)
{
	EK_LIST_EACH(node, tmp, &s->conns)
		conn_free(ek_container_of(node, struct conn, node));
	ek_listen_stop(&s->listener);
}

/* ---- the client ---- */

struct client {
	struct ek_http http;
	struct ek_loop *loop;
	char   url[2200];
	int    n, rc;
	bool   over;
	size_t got;
	int    n_body, pause_every, stop_with, n_pauses;
	const char *paused_at; /* the bytes seen when we paused */
	size_t paused_n;
	bool   resume_at_once, cancel_in_body, free_in_cb;
	struct ek_timer later;
	struct client *cancel_other, *start_other;
};

static void on_over(struct ek_http *h, int rc)
{
	struct client *c = ek_container_of(h, struct client, http);

	c->n++;
	c->rc = rc;
	c->over = true;
	ck_assert_int_eq(h->err.code, rc);
	if (c->free_in_cb)
		ek_http_done(h);
}

static const char *at(const char *path)
{
	static char url[2200];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", port, path);
	return url;
}

static struct client client_new(struct ek_loop *loop, const char *path)
{
	struct client c = { .loop = loop, .http = { .cb = on_over, .max_body = 1000 } };

	snprintf(c.url, sizeof(c.url), "%s", at(path));
	return c;
}

static void begin(struct client *c)
{
	c->http.url = c->url;
	ck_assert_msg(ek_http_start(c->loop, &c->http) == 0, "%s", c->http.err.msg);
	ck_assert(!c->over);
}

static void run(struct client *c)
{
	begin(c);
	ck_assert(ek_loop_until(c->loop, &c->over, 20000));
	ck_assert_int_eq(c->n, 1);
}

START_TEST(gets_and_shares_the_connection)
{
	struct ek_loop *loop = ek_loop_new();
	struct server s;

	server_start(&s, loop);
	for (int i = 0; i < 3; i++) {
		struct client c = client_new(loop, "/hello");

		run(&c);
		ck_assert_int_eq(c.rc, 0);
		ck_assert_int_eq(c.http.status, 200);
		ck_assert_str_eq(c.http.reply.data, "hello");
		ek_http_done(&c.http);
		ek_http_done(&c.http);
	}
	ck_assert_int_eq(s.n_requests, 3);
	ck_assert_int_eq(s.n_conns, 1);
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

static const struct {
	const char *method, *body, *content_type, *expected;
} methods[] = {
	{ NULL, NULL, NULL, "GET /echo HTTP/1.1||||||0:" },
	{ "GET", NULL, "a/b", "GET /echo HTTP/1.1|a/b|||||0:" },
	{ "POST", "data", "application/json", "POST /echo HTTP/1.1|application/json|||||4:data" },
	{ "POST", "data", NULL, "POST /echo HTTP/1.1||||||4:data" },
	{ "POST", NULL, NULL, "POST /echo HTTP/1.1||||||0:" },
	{ "PUT", "data", "a/b", "PUT /echo HTTP/1.1|a/b|||||4:data" },
	{ "PATCH", "data", "a/b", "PATCH /echo HTTP/1.1|a/b|||||4:data" },
	{ "DELETE", NULL, NULL, "DELETE /echo HTTP/1.1||||||0:" },
	{ "DELETE", "why", NULL, "DELETE /echo HTTP/1.1||||||3:why" },
};

START_TEST(sends_methods_and_bodies)
{
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	struct server s;
	struct ek_http_header type = { "Content-Type", methods[_i].content_type };

	server_start(&s, loop);
	c = client_new(loop, "/echo");
	c.http.method = methods[_i].method;
	c.http.body = methods[_i].body;
	c.http.body_len = methods[_i].body ? strlen(methods[_i].body) : 0;
	c.http.headers = &type;
	c.http.n_headers = methods[_i].content_type != NULL;
	run(&c);
	ck_assert_int_eq(c.rc, 0);
	ck_assert_str_eq(c.http.reply.data, methods[_i].expected);
	ck_assert_str_eq(ek_http_header(&c.http, "X-REPLY"), "one");
	ck_assert_str_eq(ek_http_header(&c.http, "X-Reply-2"), "two");
	ck_assert_str_eq(ek_http_header(&c.http, "X-None"), "");
	ck_assert_ptr_null(ek_http_header(&c.http, "X-Rep"));
	ek_http_done(&c.http);
	ck_assert_ptr_null(ek_http_header(&c.http, "X-Reply"));
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

START_TEST(sends_large_bodies_and_odd_headers)
{
	struct ek_loop *loop = ek_loop_new();
	struct ek_http_header odd[] = { { "X-Custom", "a: b;c \xc3\xa9" }, { "X-Empty", "" } };
	char *big = ek_malloc(3 << 20);
	struct client c;
	struct server s;

	memset(big, 'y', 3 << 20);
	server_start(&s, loop);
	c = client_new(loop, "/echo");
	c.http.method = "PUT";
	c.http.body = big;
	c.http.body_len = 3 << 20;
	c.http.headers = odd;
	c.http.n_headers = 2;
	run(&c);
	ck_assert_str_eq(c.http.reply.data,
			 "PUT /echo HTTP/1.1||a: b;c \xc3\xa9|e|||3145728:yyyyyyyyyyyyyyyyyyyy");
	ek_http_done(&c.http);
	free(big);
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

START_TEST(head_and_empty_replies)
{
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	struct server s;

	server_start(&s, loop);
	c = client_new(loop, "/headers/2");
	c.http.method = "HEAD";
	run(&c);
	ck_assert_int_eq(c.http.status, 200);
	ck_assert_str_eq(c.http.reply.data, "");
	ck_assert_ptr_nonnull(ek_http_header(&c.http, "x-padding"));
	ek_http_done(&c.http);
	c = client_new(loop, "/status/204");
	run(&c);
	ck_assert_int_eq(c.http.status, 204);
	ek_http_done(&c.http);
	c = client_new(loop, "/status/503"); /* a status is no failure of ours */
	run(&c);
	ck_assert_int_eq(c.rc, 0);
	ck_assert_int_eq(c.http.status, 503);
	ck_assert_str_eq(c.http.reply.data, "status");
	ek_http_done(&c.http);
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

/* ---- redirects ---- */

static const struct {
	const char *path;
	unsigned max;
	int rc, status, n_requests;
} redirects[] = {
	{ "/redirect/0", 0, 0, 302, 1 },
	{ "/redirect/0", 1, 0, 200, 2 },
	{ "/redirect/4", 5, 0, 200, 6 },
	{ "/redirect/5", 5, -ELOOP, 302, 6 },
	{ "/to?ftp://127.0.0.1/x", 5, EK_EUNAVAILABLE, 302, 1 },
	{ "/to?file:///etc/passwd", 5, EK_EUNAVAILABLE, 302, 1 },
	{ "/to?gopher://127.0.0.1/x", 5, EK_EUNAVAILABLE, 302, 1 },
};

START_TEST(follows_redirects)
{
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	struct server s;

	server_start(&s, loop);
	c = client_new(loop, redirects[_i].path);
	c.http.max_redirects = redirects[_i].max;
	run(&c);
	ck_assert_int_eq(c.rc, redirects[_i].rc);
	ck_assert_int_eq(c.http.status, redirects[_i].status);
	ck_assert_int_eq(s.n_requests, redirects[_i].n_requests);
	if (c.http.status == 200) {
		ck_assert_str_eq(c.http.reply.data, "GET /echo HTTP/1.1||||||0:");
		ck_assert_ptr_null(ek_http_header(&c.http, "Location"));
	}
	ek_http_done(&c.http);
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

START_TEST(authorization_stays_with_its_host)
{
	struct ek_loop *loop = ek_loop_new();
	struct ek_http_header auth = { "Authorization", "Bearer secret" };
	char path[3000];
	struct client c;
	struct server s, other;

	server_start(&other, loop);
	snprintf(path, sizeof(path), "/to?%s", at("/echo"));
	server_start(&s, loop);
	c = client_new(loop, path); /* the other one is another port, which is another host here */
	c.http.headers = &auth;
	c.http.n_headers = 1;
	c.http.max_redirects = 3;
	run(&c);
	ck_assert_int_eq(c.http.status, 200);
	ck_assert_str_eq(s.last_auth, "Bearer secret");
	ck_assert_int_eq(other.n_requests, 1);
	ck_assert_str_eq(other.last_auth, "");
	ek_http_done(&c.http);
	c = client_new(loop, "/redirect/0");
	c.http.headers = &auth;
	c.http.n_headers = 1;
	c.http.max_redirects = 3;
	run(&c);
	ck_assert_int_eq(s.n_requests, 3);
	ck_assert_str_eq(s.last_auth, "Bearer secret");
	ek_http_done(&c.http);
	server_stop(&s);
	server_stop(&other);
	ek_loop_free(loop);
}
END_TEST

/* ---- limits and failures ---- */

static const struct {
	const char *path;
	size_t max;
	int64_t stall_ms, total_ms;
	int rc, status;
	const char *words;
} failures[] = {
	{ "/size/1000", 1000, 0, 0, 0, 200, "" },
	{ "/size/1001", 1000, 0, 0, EK_ETOOLARGE, 200, "the reply is larger than 1000 bytes" },
	{ "/size/2000000", 0, 0, 0, EK_ETOOLARGE, 200, "the reply is larger than 1048576 bytes" },
	{ "/headers/2000", 1000, 0, 0, EK_ETOOLARGE, 200, "headers are larger than" },
	{ "/silent", 1000, 100, 0, EK_ETIMEOUT, 0, "the server stopped sending" },
	{ "/stall", 1000, 100, 0, EK_ETIMEOUT, 200, "the server stopped sending" },
	{ "/silent", 1000, 0, 100, EK_ETIMEOUT, 0, "timed out" },
	{ "/stall", 1000, 5000, 100, EK_ETIMEOUT, 200, "timed out" },
	{ "/cut", 1000, 0, 0, -ECONNRESET, 200, "" },
	{ "/junk", 1000, 0, 0, EK_EUNAVAILABLE, 0, "HTTP/0.9" },
};

START_TEST(fails)
{
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	struct server s;

	server_start(&s, loop);
	c = client_new(loop, failures[_i].path);
	c.http.max_body = failures[_i].max;
	c.http.stall_ms = failures[_i].stall_ms;
	c.http.total_ms = failures[_i].total_ms;
	run(&c);
	ck_assert_int_eq(c.rc, failures[_i].rc);
	ck_assert_int_eq(c.http.status, failures[_i].status);
	ck_assert_msg(strstr(c.http.err.msg, failures[_i].words) != NULL, "%s", c.http.err.msg);
	if (c.rc < 0)
		ck_assert_msg(strncmp(c.http.err.msg, "GET http://127.0.0.1:", 21) == 0, "%s",
			      c.http.err.msg);
	ek_http_done(&c.http);
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

static const struct {
	const char *method, *url, *name, *value;
} malformed[] = {
	{ NULL, NULL, NULL, NULL },
	{ NULL, "", NULL, NULL },
	{ NULL, "127.0.0.1/", NULL, NULL },
	{ NULL, "ftp://127.0.0.1/", NULL, NULL },
	{ NULL, "file:///etc/passwd", NULL, NULL },
	{ NULL, "http://127.0.0.1/a b", NULL, NULL },
	{ NULL, "http://127.0.0.1/\r\nX: y", NULL, NULL },
	{ "GET /x HTTP/1.1\r\nX: y", "http://127.0.0.1/", NULL, NULL },
	{ "", "http://127.0.0.1/", NULL, NULL },
	{ NULL, "http://127.0.0.1/", "X", "a\r\nY: b" },
	{ NULL, "http://127.0.0.1/", "X: y\r\nZ", "a" },
	{ NULL, "http://127.0.0.1/", "", "a" },
};

START_TEST(refuses_malformed_requests)
{
	struct ek_loop *loop = ek_loop_new();
	struct client c = { .http = { .cb = on_over } };
	struct ek_http_header header = { malformed[_i].name, malformed[_i].value };

	c.http.method = malformed[_i].method;
	c.http.url = malformed[_i].url;
	c.http.headers = &header;
	c.http.n_headers = header.name != NULL;
	ck_assert_int_eq(ek_http_start(loop, &c.http), EK_EINVALID);
	ck_assert_str_ne(c.http.err.msg, "");
	ek_http_cancel(&c.http);
	ek_http_resume(&c.http);
	ck_assert_int_eq(c.n, 0);
	ek_loop_free(loop);
}
END_TEST

START_TEST(refused_and_unknown_hosts)
{
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	struct server s;

	server_start(&s, loop);
	server_stop(&s);
	c = client_new(loop, "/x?token=secret");
	run(&c);
	ck_assert_int_eq(c.rc, -ECONNREFUSED);
	ck_assert_ptr_null(strstr(c.http.err.msg, "secret"));
	ek_http_done(&c.http);
	c = client_new(loop, "");
	snprintf(c.url, sizeof(c.url), "http://user:password@127.0.0.1:%d/path", port);
	run(&c);
	ck_assert_int_eq(c.rc, -ECONNREFUSED);
	ck_assert_ptr_null(strstr(c.http.err.msg, "password"));
	ck_assert_ptr_nonnull(strstr(c.http.err.msg, "GET http://127.0.0.1:"));
	ek_http_done(&c.http);
	ek_loop_free(loop);
}
END_TEST

/* ---- bodies by pieces ---- */

static void resume_later(struct ek_timer *t)
{
	ek_http_resume(&ek_container_of(t, struct client, later)->http);
}

static int on_body(struct ek_http *h, const void *data, size_t n)
{
	struct client *c = ek_container_of(h, struct client, http);

	ck_assert(h->on_head || h->status / 100 == 2);
	if (c->start_other) {
		begin(c->start_other);
		c->start_other = NULL;
	}
	if (c->cancel_other) {
		ek_http_cancel(&c->cancel_other->http);
		ck_assert_int_eq(c->cancel_other->n, 1);
		ek_http_done(&c->cancel_other->http);
		memset(c->cancel_other, 0xa5, sizeof(*c->cancel_other));
		c->cancel_other = NULL;
	}
	if (c->cancel_in_body) {
		ek_http_cancel(h);
		ck_assert_int_eq(c->n, 1);
		return 0;
	}
	if (c->stop_with && c->got > 50000)
		return c->stop_with;
	c->n_body++;
	if (c->pause_every && c->n_body % c->pause_every == 0) {
		c->n_pauses++;
		c->paused_n = n;
		if (c->resume_at_once)
			ek_http_resume(h);
		else
			ek_timer_start(c->loop, &c->later, 1, resume_later);
		return EK_HTTP_PAUSE;
	}
	if (c->paused_n)
		ck_assert_uint_ge(n, EK_MIN(c->paused_n, 16384)); /* the same bytes, nothing lost */
	c->paused_n = 0;
	for (size_t i = 0; i < n; i++)
		if (((const char *)data)[i] != 'x') /* each ck_assert costs a write() */
			ck_abort_msg("byte %zu is wrong", c->got + i);
	c->got += n;
	return 0;
}

START_TEST(a_body_comes_by_pieces)
{
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	struct server s;

	server_start(&s, loop);
	c = client_new(loop, "/size/5000000");
	c.http.on_body = on_body;
	run(&c);
	ck_assert_int_eq(c.rc, 0);
	ck_assert_uint_eq(c.got, 5000000);
	ck_assert_uint_eq(c.http.reply.len, 0);
	ek_http_done(&c.http);
	c = client_new(loop, "/size/600?404"); /* not 2xx: into the reply */
	c.http.on_body = on_body;
	run(&c);
	ck_assert_int_eq(c.http.status, 404);
	ck_assert_uint_eq(c.got, 0);
	ck_assert_uint_eq(c.http.reply.len, 600);
	ek_http_done(&c.http);
	c = client_new(loop, "/size/5000000");
	c.http.on_body = on_body;
	c.stop_with = -ENOSPC;
	run(&c);
	ck_assert_int_eq(c.rc, -ENOSPC);
	ck_assert_uint_lt(c.got, 100000);
	ek_http_done(&c.http);
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

START_TEST(pausing_loses_nothing)
{
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	struct server s;

	server_start(&s, loop);
	for (int row = 0; row < 4; row++) {
		c = client_new(loop, "/size/3000000");
		c.http.on_body = on_body;
		c.http.stall_ms = 5000;
		c.pause_every = row / 2 ? 2 : 5;
		c.resume_at_once = row % 2;
		run(&c);
		ck_assert_int_eq(c.rc, 0);
		ck_assert_uint_eq(c.got, 3000000);
		ck_assert_int_gt(c.n_pauses, 1);
		ek_http_done(&c.http);
	}
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

START_TEST(a_pause_pushes_back_and_does_not_stall)
{
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	struct server s;
	struct conn *conn;
	size_t left;
	bool never = false;

	server_start(&s, loop);
	c = client_new(loop, "/size/50000000");
	c.http.on_body = on_body;
	c.http.stall_ms = 50;
	c.pause_every = 1;
	begin(&c);
	while (c.n_pauses == 0)
		ek_loop_turn(loop);
	ek_timer_stop(&c.later); /* nobody resumes */
	ck_assert(!ek_loop_until(loop, &never, 200));
	ck_assert(!c.over);
	conn = ek_list_first(&s.conns, struct conn, node);
	left = conn->to_send;
	ck_assert_uint_gt(left, 0);
	ck_assert(!ek_loop_until(loop, &never, 50));
	ck_assert_uint_eq(conn->to_send, left);
	c.pause_every = 0;
	ek_http_resume(&c.http);
	ck_assert(ek_loop_until(loop, &c.over, 20000));
	ck_assert_int_eq(c.rc, 0);
	ck_assert_uint_eq(c.got, 50000000);
	ek_http_done(&c.http);
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

/* ---- replies that are passed on ---- */

static int n_heads, head_stops_with;

static int on_head(struct ek_http *h)
{
	struct client *c = ek_container_of(h, struct client, http);

	n_heads++;
	ck_assert_uint_eq(c->got, 0);
	if (c->cancel_in_body)
		ek_http_cancel(h);
	return head_stops_with;
}

START_TEST(a_head_comes_before_every_body)
{
	static const char *const paths[] = { "/size/600?404", "/size/600?200", "/size/600?302" };
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	struct server s;

	server_start(&s, loop);
	for (int i = 0; i < 3; i++) {
		const char *line = NULL;

		c = client_new(loop, paths[i]);
		c.http.on_head = on_head;
		c.http.on_body = on_body;
		n_heads = 0;
		run(&c);
		ck_assert_int_eq(c.rc, 0);
		ck_assert_int_eq(n_heads, 1);
		ck_assert_int_eq(c.http.status, atoi(strchr(paths[i], '?') + 1));
		ck_assert_uint_eq(c.got, 600);
		ck_assert_uint_eq(c.http.reply.len, 0);
		line = ek_http_next_header(&c.http, line);
		ck_assert_str_eq(line, "Content-Length: 600");
		ck_assert_ptr_null(ek_http_next_header(&c.http, line));
		ek_http_done(&c.http);
		ck_assert_ptr_null(ek_http_next_header(&c.http, NULL));
	}
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

START_TEST(a_head_may_stop_the_transfer)
{
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	struct server s;

	server_start(&s, loop);
	for (int row = 0; row < 2; row++) {
		c = client_new(loop, "/size/500000");
		c.http.on_head = on_head;
		c.http.on_body = on_body;
		c.cancel_in_body = row == 1;
		head_stops_with = row == 0 ? -EPROTO : 0;
		run(&c);
		ck_assert_int_eq(c.rc, row ? EK_ECANCELLED : -EPROTO);
		ck_assert_uint_eq(c.got, 0);
		ek_http_done(&c.http);
	}
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

START_TEST(stopping_after_a_pause)
{
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	struct server s;

	server_start(&s, loop);
	c = client_new(loop, "/size/5000000");
	c.http.on_body = on_body;
	c.pause_every = 6;
	c.stop_with = EK_ECONFLICT;
	run(&c);
	ck_assert_int_eq(c.rc, EK_ECONFLICT);
	ek_http_done(&c.http);
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

/* ---- cancelling ---- */

START_TEST(cancelled_at_every_moment)
{
	struct ek_loop *loop = ek_loop_new();
	struct server s;

	server_start(&s, loop);
	for (int turns = 0; turns < 12; turns++) {
		struct client c = client_new(loop, "/stall");

		begin(&c);
		for (int i = 0; i < turns; i++)
			ek_loop_turn(loop);
		ek_http_cancel(&c.http);
		ck_assert_int_eq(c.n, 1);
		ck_assert_int_eq(c.rc, EK_ECANCELLED);
		ek_http_cancel(&c.http);
		ek_http_resume(&c.http);
		ck_assert_int_eq(c.n, 1);
		ek_http_done(&c.http);
	}
	for (int i = 0; i < 10; i++)
		ek_loop_turn(loop);
	ck_assert_int_eq(s.n_open, 0); /* connections that were given up are closed */
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

START_TEST(cancelled_while_a_name_is_looked_up)
{
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	int64_t begun;

	port = 1;
	c = client_new(loop, "");
	snprintf(c.url, sizeof(c.url), "http://localhost:1/");
	begin(&c);
	ek_loop_turn(loop);
	begun = ek_clock_mono_ms();
	ek_http_cancel(&c.http);
	ck_assert_int_lt(ek_clock_mono_ms() - begun, 2000); /* does not wait for the resolver */
	ck_assert_int_eq(c.rc, EK_ECANCELLED);
	ek_http_done(&c.http);
	usleep(100000);
	ek_loop_free(loop);
}
END_TEST

START_TEST(cancelled_from_inside_on_body)
{
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	struct server s;

	server_start(&s, loop);
	c = client_new(loop, "/size/5000000");
	c.http.on_body = on_body;
	c.cancel_in_body = true;
	c.free_in_cb = true;
	run(&c);
	ck_assert_int_eq(c.rc, EK_ECANCELLED);
	for (int i = 0; i < 10; i++)
		ek_loop_turn(loop);
	ck_assert_int_eq(c.n, 1);
	ck_assert_int_eq(s.n_open, 0);
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

/* One transfer's callback ends another, frees it, and begins a third. */
START_TEST(cancels_and_starts_others_from_inside_on_body)
{
	struct ek_loop *loop = ek_loop_new();
	struct client a, b, c;
	struct server s;

	server_start(&s, loop);
	a = client_new(loop, "/size/100000");
	b = client_new(loop, "/size/50000000");
	c = client_new(loop, "/hello");
	a.http.on_body = b.http.on_body = on_body;
	a.cancel_other = &b;
	a.start_other = &c;
	begin(&b);
	while (b.got == 0)
		ek_loop_turn(loop);
	begin(&a);
	ck_assert(ek_loop_until(loop, &a.over, 20000));
	ck_assert(ek_loop_until(loop, &c.over, 20000));
	ck_assert_int_eq(a.rc, 0);
	ck_assert_uint_eq(a.got, 100000);
	ck_assert_str_eq(c.http.reply.data, "hello");
	ek_http_done(&a.http);
	ek_http_done(&c.http);
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

START_TEST(a_body_may_go_with_its_owner)
{
	struct ek_loop *loop = ek_loop_new();
	char *big = ek_calloc(1, 4 << 20);
	struct client *c = ek_new(struct client);
	struct server s;

	server_start(&s, loop);
	*c = client_new(loop, "/silent");
	c->http.method = "POST";
	c->http.body = big;
	c->http.body_len = 4 << 20;
	begin(c);
	while (s.n_conns == 0)
		ek_loop_turn(loop);
	ek_http_cancel(&c->http);
	ek_http_done(&c->http);
	free(big);
	free(c);
	for (int i = 0; i < 10; i++)
		ek_loop_turn(loop);
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

START_TEST(many_at_once)
{
	enum { N = 100 };
	struct ek_loop *loop = ek_loop_new();
	struct client *c = ek_calloc(N, sizeof(*c));
	struct server s;

	server_start(&s, loop);
	for (int i = 0; i < N; i++) {
		c[i] = client_new(loop, i % 2 ? "/size/30000" : "/hello");
		c[i].http.max_body = 30000;
		begin(&c[i]);
	}
	for (int i = 0; i < N; i++) {
		ck_assert(ek_loop_until(loop, &c[i].over, 20000));
		ck_assert_int_eq(c[i].rc, 0);
		ck_assert_uint_eq(c[i].http.reply.len, i % 2 ? 30000 : 5);
		ek_http_done(&c[i].http);
	}
	free(c);
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

START_TEST(a_unix_socket_and_no_proxy)
{
	char dir[] = "/tmp/ek-http-XXXXXX", path[64];
	struct ek_loop *loop = ek_loop_new();
	struct client c;
	struct server s = { .loop = loop };

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	ek_list_init(&s.conns);
	ck_assert_int_eq(ek_listen_unix(loop, &s.listener, path, 0600, on_accept, NULL), 0);
	c = client_new(loop, "");
	snprintf(c.url, sizeof(c.url), "http://nowhere.invalid/hello");
	c.http.unix_socket = path;
	run(&c);
	ck_assert_int_eq(c.rc, 0);
	ck_assert_str_eq(c.http.reply.data, "hello");
	ek_http_done(&c.http);
	server_stop(&s);
	ck_assert_int_eq(rmdir(dir), 0);
	ek_loop_free(loop);
}
END_TEST

/* ---- idleness ---- */

static int64_t offset_ms;

static int64_t shifted_ms(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + offset_ms;
}

static int64_t wall_us(void *arg)
{
	return shifted_ms(arg) * 1000;
}

START_TEST(after_a_while_nothing_is_kept)
{
	static const struct ek_clock_source shifted = { shifted_ms, wall_us, NULL };
	struct ek_loop *loop;
	struct client c;
	struct server s;

	ek_clock_set_source(&shifted);
	loop = ek_loop_new();
	server_start(&s, loop);
	c = client_new(loop, "/hello");
	run(&c);
	ek_http_done(&c.http);
	ck_assert_int_eq(s.n_open, 1);
	ck_assert_int_gt(ek_loop_advance(loop), 20000);
	offset_ms = 31000;
	ck_assert_int_eq(ek_loop_advance(loop), -1);
	for (int i = 0; i < 10; i++)
		ek_loop_turn(loop);
	ck_assert_int_eq(s.n_open, 0); /* the cached connection is gone, no timer runs */
	c = client_new(loop, "/hello");
	run(&c);
	ck_assert_int_eq(c.rc, 0);
	ek_http_done(&c.http);
	server_stop(&s);
	ek_loop_free(loop);
}
END_TEST

EK_TESTS("loop/http", gets_and_shares_the_connection, EK_ROWS(sends_methods_and_bodies, methods),
	 sends_large_bodies_and_odd_headers, head_and_empty_replies,
	 EK_ROWS(follows_redirects, redirects), authorization_stays_with_its_host,
	 EK_ROWS(fails, failures), EK_ROWS(refuses_malformed_requests, malformed),
	 refused_and_unknown_hosts, a_body_comes_by_pieces, pausing_loses_nothing,
	 a_pause_pushes_back_and_does_not_stall, a_head_comes_before_every_body,
	 a_head_may_stop_the_transfer, stopping_after_a_pause, cancelled_at_every_moment,
	 cancelled_while_a_name_is_looked_up, cancelled_from_inside_on_body,
	 cancels_and_starts_others_from_inside_on_body, a_body_may_go_with_its_owner, many_at_once,
	 a_unix_socket_and_no_proxy, after_a_while_nothing_is_kept)
