/* SPDX-License-Identifier: Apache-2.0 */
#include "node/registry_box.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <ekube/stream.h>
#include <ekube/str.h>

#include "ek_test.h"

#define TOKEN "token-of-the-test"
#define BASIC "Basic dXNlcjpwYXNz"

struct connection {
	struct ek_list       node;
	struct registry_box *registry;
	struct ek_stream     stream;
	struct ek_buf        in;
	struct ek_defer      end;
	bool                 close_when_sent;
};

static void connection_free(struct connection *c)
{
	ek_list_del(&c->node);
	ek_defer_cancel(&c->end);
	ek_stream_close(&c->stream);
	ek_buf_done(&c->in);
	free(c);
}

static void on_end(struct ek_defer *d)
{
	connection_free(ek_container_of(d, struct connection, end));
}

static void end(struct connection *c)
{
	ek_defer(c->registry->loop, &c->end, on_end);
}

static bool header(const char *request, const char *name, char *out, size_t size)
{
	const char *at = strcasestr(request, name);

	out[0] = '\0';
	if (!at)
		return false;
	at += strlen(name);
	at += strspn(at, ": ");
	snprintf(out, size, "%.*s", (int)strcspn(at, "\r\n"), at);
	return true;
}

static void reply(struct connection *c, int status, const char *headers, const void *body, size_t n,
		  bool head)
{
	char head_text[2048];
	int len = snprintf(head_text, sizeof(head_text),
			   "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", status, n,
			   headers ? headers : "");

	/* the client may be gone */
	(void)ek_stream_write(&c->stream, head_text, (size_t)len);
	if (n && !head)
		(void)ek_stream_write(&c->stream, body, n);
}

static void reply_error(struct connection *c, int status, const char *headers, const char *message)
{
	EK_FREE char *body =
		ek_str_fmt("{\"errors\":[{\"code\":\"X\",\"message\":\"%s\"}]}", message);

	reply(c, status, headers, body, strlen(body), false);
}

/* ---- who may ---- */

static bool authorized(struct connection *c, const char *request)
{
	struct registry_box *r = c->registry;
	char auth[256], challenge[512];

	header(request, "\nAuthorization", auth, sizeof(auth));
	if (r->auth == REG_OPEN || (r->auth == REG_BASIC && ek_streq(auth, BASIC)) ||
	    (r->auth == REG_TOKEN && ek_streq(auth, "Bearer " TOKEN)))
		return true;
	if (r->auth == REG_BASIC) {
		reply_error(c, 401, "WWW-Authenticate: Basic realm=\"test\"\r\n",
			    "authentication required");
		return false;
	}
	if (r->realm)
		snprintf(challenge, sizeof(challenge),
			 "WWW-Authenticate: Bearer realm=\"%s\",service=\"test\"\r\n", r->realm);
	else
		snprintf(
			challenge, sizeof(challenge),
			"WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%d/token\",service=\"the test\","
			"scope=\"repository:%s:pull\"%s\r\n",
			r->port, r->repo, *auth ? ",error=\"insufficient_scope\"" : "");
	reply_error(c, 401, challenge, "authentication required");
	return false;
}

static void serve_token(struct connection *c, const char *request, const char *query)
{
	static const char answer[] = "{\"token\":\"" TOKEN "\",\"expires_in\":300}";
	struct registry_box *r = c->registry;

	r->tokens++;
	snprintf(r->last_token_query, sizeof(r->last_token_query), "%s", query);
	header(request, "\nAuthorization", r->last_token_auth, sizeof(r->last_token_auth));
	if (r->token_garbage)
		reply(c, 200, NULL, "<html>", 6, false);
	else if (r->token_denied || (r->last_token_auth[0] && !ek_streq(r->last_token_auth, BASIC)))
		reply_error(c, 401, NULL, "unauthorized");
	else
		reply(c, 200, NULL, answer, sizeof(answer) - 1, false);
}

/* ---- what it has ---- */

static void serve_manifest(struct connection *c, const char *what, bool head)
{
	struct registry_box *r = c->registry;
	struct ek_image_platform here = ek_image_platform_here();
	const char *manifest = r->manifest ? r->manifest : r->image->manifest;
	EK_FREE char *index = ek_str_fmt(
		"{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:%064d\",\"size\":1,\"platform\":{\"os\":\"linux\","
		"\"architecture\":\"pdp11\"}},{\"digest\":\"%s\",\"size\":%zu,\"platform\":{\"os\":\"linux\","
		"\"architecture\":\"%s\",\"variant\":\"%s\"}}]}",
		0, r->image->digest, strlen(r->image->manifest), here.arch, here.variant);
	const char *body = r->index && ek_streq(what, r->tag) ? index : manifest;
	char digest[EK_IMAGE_DIGEST_SIZE], headers[200];

	ek_image_digest_of(body, strlen(body), digest);
	if (head)
		r->heads++;
	else
		r->manifests++;
	if (head && r->no_head) {
		reply(c, 405, NULL, NULL, 0, true);
		return;
	}
	if (!ek_streq(what, r->tag) && !ek_streq(what, digest)) {
		reply_error(c, 404, NULL, "manifest unknown");
		return;
	}
	snprintf(headers, sizeof(headers), "Docker-Content-Digest: %s\r\n", digest);
	reply(c, 200, headers, body, strlen(body), head);
}

static bool find_blob(const struct made_image *m, const char *digest, const void **ret,
		      size_t *ret_n)
{
	if (ek_streq(m->id, digest)) {
		*ret = m->config;
		*ret_n = strlen(m->config);
		return true;
	}
	for (size_t i = 0; i < m->n_layers; i++) {
		if (!ek_streq(m->layers[i].digest, digest))
			continue;
		*ret = m->layers[i].blob.data;
		*ret_n = m->layers[i].blob.len;
		return true;
	}
	return false;
}

static void send_blob(struct connection *c, const char *data, size_t n, int64_t from, bool ranged,
		      bool layer)
{
	struct registry_box *r = c->registry;
	EK_FREE char *copy = ek_memdup(data, n + 1);
	char headers[200] = "";
	size_t len = n - (size_t)from, sent = len;

	if (r->corrupt > 0 && layer) {
		r->corrupt--;
		copy[n / 2] ^= 1;
	}
	if (r->breaks > 0 && (int64_t)len > r->break_after) {
		r->breaks--;
		sent = (size_t)r->break_after;
		c->close_when_sent = true;
	}
	if (ranged)
		snprintf(headers, sizeof(headers), "Content-Range: bytes %" PRId64 "-%zu/%zu\r\n",
			 from, n - 1, n);
	r->blob_bytes += (int64_t)sent;
	EK_FREE char *head = ek_str_fmt("HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n",
					ranged ? 206 : 200, len, headers);

	(void)ek_stream_write(&c->stream, head, strlen(head));
	(void)ek_stream_write(&c->stream, copy + from, sent);
	if (c->close_when_sent)
		ek_stream_shutdown(&c->stream);
}

static void serve_blob(struct connection *c, const char *request, const char *digest)
{
	struct registry_box *r = c->registry;
	char range[64], auth[64];
	const void *data;
	size_t n;
	int64_t from = 0;

	r->blobs++;
	r->saw_authorization |= header(request, "\nAuthorization", auth, sizeof(auth));
	if (r->redirect_to) {
		EK_FREE char *to = ek_str_fmt("Location: http://127.0.0.1:%d/v2/%s/blobs/%s\r\n",
					      r->redirect_to->port, r->redirect_to->repo, digest);

		reply(c, 307, to, NULL, 0, false);
		return;
	}
	if (r->fail_first > 0) {
		r->fail_first--;
		reply_error(c, r->fail_status, "Retry-After: 0\r\n", "later");
		return;
	}
	if (!find_blob(r->image, digest, &data, &n)) {
		reply_error(c, 404, NULL, "blob unknown");
		return;
	}
	if (!r->no_ranges && header(request, "\nRange: bytes=", range, sizeof(range))) {
		r->ranges++;
		from = strtoll(range, NULL, 10);
		if (from >= (int64_t)n) {
			reply_error(c, 416, NULL, "range");
			return;
		}
	}
	send_blob(c, data, n, from, from > 0, !ek_streq(digest, r->image->id));
}

static void serve(struct connection *c, const char *request)
{
	struct registry_box *r = c->registry;
	char method[16], path[1024];
	char prefix[300];

	ck_assert_int_eq(sscanf(request, "%15s %1023s", method, path), 2);
	if (ek_str_starts(path, "/token")) {
		serve_token(c, request, strchr(path, '?') ? strchr(path, '?') + 1 : "");
		return;
	}
	if (!authorized(c, request))
		return;
	snprintf(prefix, sizeof(prefix), "/v2/%s/manifests/", r->repo);
	if (ek_str_starts(path, prefix)) {
		serve_manifest(c, path + strlen(prefix), ek_streq(method, "HEAD"));
		return;
	}
	snprintf(prefix, sizeof(prefix), "/v2/%s/blobs/", r->repo);
	if (ek_str_starts(path, prefix))
		serve_blob(c, request, path + strlen(prefix));
	else
		reply_error(c, 404, NULL, "repository name not known to registry");
}

static void on_read(struct ek_stream *s, const char *data, ssize_t n)
{
	struct connection *c = ek_container_of(s, struct connection, stream);
	char *last;

	if (n <= 0 || ek_buf_append(&c->in, data, (size_t)n) < 0) {
		end(c);
		return;
	}
	while (c->in.len && (last = strstr(c->in.data, "\r\n\r\n"))) {
		EK_FREE char *request = ek_str_ndup(c->in.data, (size_t)(last + 2 - c->in.data));

		ek_buf_consume(&c->in, (size_t)(last + 4 - c->in.data));
		serve(c, request);
	}
}

static void on_drained(struct ek_stream *s)
{
	struct connection *c = ek_container_of(s, struct connection, stream);

	if (c->close_when_sent)
		end(c);
}

static void on_accept(struct ek_listener *l, int take_fd)
{
	struct registry_box *r = ek_container_of(l, struct registry_box, listener);
	struct connection *c = ek_new(struct connection);

	c->registry = r;
	c->stream.on_read = on_read;
	c->stream.on_drained = on_drained;
	ek_buf_init(&c->in, 64 << 10);
	ek_list_add_tail(&r->connections, &c->node);
	ck_assert_int_eq(ek_stream_open(r->loop, &c->stream, take_fd), 0);
	ek_stream_read_start(&c->stream);
}

void registry_box_open(struct ek_loop *loop, struct registry_box *r, const struct made_image *image,
		       const char *repo, const char *tag)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	struct ek_err err = { 0 };

	r->loop = loop;
	r->image = image;
	r->repo = repo;
	r->tag = tag;
	ek_list_init(&r->connections);
	ck_assert_msg(ek_listen_tcp(loop, &r->listener, "127.0.0.1", 0, on_accept, &err) == 0, "%s",
		      err.msg);
	ck_assert_int_eq(getsockname(r->listener.fd, (struct sockaddr *)&sa, &len), 0);
	r->port = ntohs(sa.sin_port);
}

void registry_box_close(struct registry_box *r)
{
	EK_LIST_EACH(node, tmp, &r->connections)
		connection_free(ek_container_of(node, struct connection, node));
	ek_listen_stop(&r->listener);
}
