/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Logs, exec, attach and port-forward through the port, against a node that does what the test
 * says.
 */

#include <ekube/clock.h>
#include <ekube/str.h>
#include <ek_test.h>

#include "api/api_port.h"
#include "api/fake_node.h"
#include "api/spdy_text.h"

#define POD "/api/v1/namespaces/default/pods/p"

struct scene {
	struct port_world p;
	struct fake_node  node;
	struct peer       c;
	struct spdy_text  spdy;
	struct ek_buf     told;  /* of the channel that was waited for */
};

static void scene_open(struct scene *s, bool several)
{
	*s = (struct scene){ .told = EK_BUF_INIT(64 << 20) };
	fake_node_init(&s->node);
	port_open(&s->p, &s->node.access);
	port_add_pod(&s->p, several);
	spdy_text_init(&s->spdy);
	peer_open(&s->c, &s->p, "http/1.1");
}

static void scene_close(struct scene *s)
{
	peer_close(&s->c);
	port_close(&s->p);
	spdy_text_done(&s->spdy);
	fake_node_done(&s->node);
	ek_buf_done(&s->told);
}

static void wait_until(struct scene *s, const bool *flag)
{
	ck_assert_msg(peer_until_set(&s->c, flag), "it did not happen");
}

/* Turn the loop until the node has so many bytes of a channel. */
static void wait_got(struct scene *s, int channel, size_t n)
{
	static const bool never = false;

	for (int i = 0; i < 500 && s->node.got[channel].len < n; i++)
		(void)ek_loop_until(s->p.w.loop, &never, 10);
	ck_assert_uint_ge(s->node.got[channel].len, n);
}

static void wait_opened(struct scene *s)
{
	static const bool never = false;

	for (int i = 0; i < 500 && !s->node.n_opened; i++)
		(void)ek_loop_until(s->p.w.loop, &never, 10);
	ck_assert_int_eq(s->node.n_opened, 1);
}

static void is_got(struct scene *s, int channel, const char *text)
{
	wait_got(s, channel, strlen(text));
	ck_assert_str_eq(s->node.got[channel].data, text);
	ek_buf_clear(&s->node.got[channel]);
}

static void is_told(struct scene *s, const char *text)
{
	ck_assert_str_eq(s->told.data ? s->told.data : "", text);
	ek_buf_clear(&s->told);
}

/* ------------------------------------------------------------- what is refused */

static const struct {
	const char *method, *target, *more;
	bool        several;
	int         code;
	const char *reason, *message;
} refused[] = {
	{ "GET", POD "/log?container=x", NULL, false, 400, "BadRequest", "container x is not valid for pod p" },
	{ "GET", POD "/log", NULL, true, 400, "BadRequest",
	  "a container name must be specified for pod p, choose one of: [i c d]" },
	{ "GET", POD "/log?tailLines=x", NULL, false, 400, "BadRequest", "strconv.ParseInt: parsing \"x\": invalid syntax" },
	{ "GET", POD "/log?tailLines=-1", NULL, false, 422, "Invalid",
	  "PodLogOptions \"p\" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0" },
	{ "GET", POD "/log?limitBytes=0", NULL, false, 422, "Invalid",
	  "PodLogOptions \"p\" is invalid: limitBytes: Invalid value: 0: must be greater than 0" },
	{ "GET", POD "/log?sinceSeconds=0", NULL, false, 422, "Invalid",
	  "PodLogOptions \"p\" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0" },
	{ "GET", POD "/log?sinceSeconds=1&sinceTime=2024-01-01T00:00:00Z", NULL, false, 422, "Invalid",
	  "PodLogOptions \"p\" is invalid: : Forbidden: at most one of `sinceTime` or `sinceSeconds` may be "
	  "specified" },
	{ "POST", POD "/log", NULL, false, 405, "MethodNotAllowed", "does not allow this method" },
	{ "POST", POD "/exec?command=a&stdout=1", NULL, false, 400, "BadRequest", "Upgrade request required" },
	{ "POST", POD "/exec?command=a", NULL, false, 400, "BadRequest", "you must specify at least 1 of stdin, stdout, stderr" },
	{ "POST", POD "/exec?stdout=1", NULL, false, 400, "BadRequest", "you must specify at least one command" },
	{ "POST", POD "/exec?command=a&stdout=1&container=x", NULL, false, 400, "BadRequest",
	  "container x is not valid for pod p" },
	{ "POST", POD "/attach?stdout=1", "Upgrade: teapot/1\r\nConnection: upgrade\r\n", false, 400, "BadRequest",
	  "Upgrade request required" },
	{ "POST", POD "/exec?command=a&stdout=1",
	  "Upgrade: SPDY/3.1\r\nConnection: upgrade\r\nX-Stream-Protocol-Version: v9.channel.k8s.io\r\n", false, 403,
	  "Forbidden",
	  "unable to upgrade: unable to negotiate protocol: client supports [v9.channel.k8s.io], server accepts "
	  "[v4.channel.k8s.io v3.channel.k8s.io v2.channel.k8s.io channel.k8s.io]" },
	{ "GET", POD "/exec?command=a&stdout=1",
	  "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
	  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: chat\r\n",
	  false, 400, "BadRequest", "requested protocol(s) are not supported: [chat]" },
	{ "GET", POD "/exec?command=a&stdout=1",
	  "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 8\r\n", false, 400, "BadRequest",
	  "WebSocket Version" },
	{ "GET", POD "/exec?command=a&stdout=1",
	  "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n", false,
	  400, "BadRequest", "Sec-WebSocket-Key" },
	{ "GET", POD "/portforward",
	  "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
	  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n",
	  false, 400, "BadRequest", "query parameter \"port\" is required" },
};

START_TEST(refuses)
{
	struct scene s;
	struct reply r;

	scene_open(&s, refused[_i].several);
	peer_ask(&s.c, &r, refused[_i].method, refused[_i].target, PORT_ADMIN, refused[_i].more,
		 NULL);
	reply_is_status(&r, refused[_i].code, refused[_i].reason, refused[_i].message);
	reply_done(&r);
	ck_assert_int_eq(s.node.n_opened, 0);
	/* the connection is as good as before; h2o takes "Connection: upgrade" for its end */
	if (refused[_i].more)
		ck_assert(peer_until_end(&s.c));
	else
		peer_ask(&s.c, &r, "GET", "/healthz", NULL, NULL, NULL);
	reply_done(&r);
	scene_close(&s);
}
END_TEST

START_TEST(needs_a_node)
{
	struct scene s;
	struct reply r;

	scene_open(&s, false);
	ck_assert_int_eq(
		world_create(
			&s.p.w, &ek_kind_pod, "default",
			"{'metadata':{'name':'q'},'spec':{'containers':[{'name':'c','image':'i'}]}}"),
		0);
	ck_assert_int_eq(
		world_create(&s.p.w, &ek_kind_pod, "default",
			     "{'metadata':{'name':'r'},'spec':{'nodeName':'far','containers':"
			     "[{'name':'c','image':'i'}]}}"),
		0);
	peer_ask(&s.c, &r, "GET", "/api/v1/namespaces/default/pods/q/exec?command=a&stdout=1",
		 PORT_ADMIN, NULL, NULL);
	reply_is_status(&r, 400, "BadRequest", "pod q does not have a host assigned");
	reply_done(&r);
	/* kube-apiserver answers with nothing where nothing runs yet */
	peer_ask(&s.c, &r, "GET", "/api/v1/namespaces/default/pods/q/log", PORT_ADMIN, NULL, NULL);
	ck_assert_int_eq(r.status, 200);
	ck_assert_str_eq(r.body, "");
	reply_done(&r);
	peer_ask(&s.c, &r, "GET", "/api/v1/namespaces/default/pods/r/log", PORT_ADMIN, NULL, NULL);
	reply_is_status(&r, 503, "ServiceUnavailable", "node far cannot be reached");
	reply_done(&r);
	scene_close(&s);
}
END_TEST

START_TEST(asks_the_authorizer)
{
	static const char *const subs[] = { "exec", "attach", "portforward", "log" };
	struct scene s;
	struct reply r;

	scene_open(&s, false);
	for (size_t i = 0; i < EK_ARRAY_LEN(subs); i++) {
		EK_FREE char *target = ek_str_fmt(POD "/%s?command=a&stdout=1", subs[i]);
		EK_FREE char *words =
			ek_str_fmt("User \"jane\" cannot get resource \"pods/%s\"", subs[i]);

		peer_ask(&s.c, &r, "GET", target, PORT_USER, NULL, NULL);
		reply_is_status(&r, 403, "Forbidden", words);
		reply_done(&r);
	}
	scene_close(&s);
}
END_TEST

/* ----------------------------------------------------------------------- logs */

static const struct {
	int         rc;
	const char *message;
	int         code;
	const char *reason, *words;
} log_errors[] = {
	{ EK_EBADREQUEST, "container \"c\" in pod \"p\" is waiting to start: ContainerCreating", 400, "BadRequest",
	  "container \"c\" in pod \"p\" is waiting to start: ContainerCreating" },
	{ EK_EBADREQUEST, "previous terminated container \"c\" in pod \"p\" not found", 400, "BadRequest",
	  "previous terminated container \"c\" in pod \"p\" not found" },
	{ EK_ENOTFOUND, "pod \"p\" not found", 404, "NotFound", "pod \"p\" not found" },
	{ EK_EINTERNAL, "bad luck", 500, "InternalError", "Internal error occurred: bad luck" },
};

START_TEST(passes_on_why_there_is_no_log)
{
	struct scene s;
	struct reply r;

	scene_open(&s, false);
	s.node.refuse = log_errors[_i].message;
	s.node.refuse_rc = log_errors[_i].rc;
	peer_ask(&s.c, &r, "GET", POD "/log", PORT_ADMIN, NULL, NULL);
	reply_is_status(&r, log_errors[_i].code, log_errors[_i].reason, log_errors[_i].words);
	reply_done(&r);
	scene_close(&s);
}
END_TEST

START_TEST(follows_a_log)
{
	struct scene s;
	struct reply r;

	scene_open(&s, false);
	peer_ask(&s.c, &r, "GET", POD "/log?follow=true&tailLines=7&timestamps=1&previous=0",
		 PORT_ADMIN, NULL, NULL);
	ck_assert_int_eq(r.status, 200);
	ck_assert_msg(strstr(r.head, "content-type: text/plain\r\n"), "%s", r.head);
	reply_done(&r);
	ck_assert_str_eq(s.node.words, "logs default/p c");
	ck_assert(s.node.spec.follow && s.node.spec.timestamps && !s.node.spec.previous);
	ck_assert_int_eq(s.node.spec.tail_lines, 7);
	ck_assert(fake_node_says(&s.node, EK_CH_STDOUT, "first\n"));
	ck_assert(peer_until(&s.c, "first\n"));
	ck_assert(fake_node_says(&s.node, EK_CH_STDOUT, "second\n"));
	fake_node_ends(&s.node, 0, 0, NULL);
	ck_assert(peer_until(&s.c, "second\n"));
	ck_assert(peer_until(&s.c, "\r\n0\r\n\r\n"));
	scene_close(&s);
}
END_TEST

START_TEST(notices_that_a_follower_leaves)
{
	struct scene s;
	struct reply r;

	scene_open(&s, false);
	peer_ask(&s.c, &r, "GET", POD "/log?follow=true", PORT_ADMIN, NULL, NULL);
	reply_done(&r);
	peer_close(&s.c);
	ck_assert(ek_loop_until(s.p.w.loop, &s.node.is_closed,
				5000)); /* nothing was said meanwhile */
	scene_close(&s);
}
END_TEST

START_TEST(holds_back_a_log_that_nobody_reads)
{
	EK_FREE char *line = ek_calloc(1, 100001);
	static const bool never = false;
	struct scene s;
	struct reply r;
	size_t said = 0;

	memset(line, 'x', 100000);
	scene_open(&s, false);
	peer_ask(&s.c, &r, "GET", POD "/log?follow=true", PORT_ADMIN, NULL, NULL);
	reply_done(&r);
	for (bool more = true; more && said < 1000; said++) {
		more = fake_node_says(&s.node, EK_CH_STDOUT, line);
		(void)ek_loop_until(s.p.w.loop, &never, 1);
	}
	ck_assert_uint_lt(said, 1000); /* told that it is enough */
	ck_assert_int_eq(s.node.n_resumed, 0);
	ck_assert(peer_read(&s.c, said * 100000));
	for (int i = 0; i < 500 && !s.node.n_resumed; i++)
		(void)ek_loop_until(s.p.w.loop, &never, 1);
	ck_assert_int_eq(s.node.n_resumed, 1);
	fake_node_ends(&s.node, 0, 0, NULL);
	scene_close(&s);
}
END_TEST

/* ----------------------------------------------------------------- exec, SPDY */

#define SPDY_HEADERS "Upgrade: SPDY/3.1\r\nConnection: Upgrade\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n" \
		     "X-Stream-Protocol-Version: v3.channel.k8s.io\r\n"

static void spdy_upgrade(struct scene *s, const char *target)
{
	struct reply r;

	peer_ask(&s->c, &r, "POST", target, PORT_ADMIN, SPDY_HEADERS, NULL);
	ck_assert_msg(r.status == 101, "%d %s", r.status, r.body ? r.body : "");
	ck_assert_msg(strstr(r.head, "upgrade: spdy/3.1\r\n"), "%s", r.head);
	ck_assert_msg(strstr(r.head, "x-stream-protocol-version: v4.channel.k8s.io\r\n"), "%s",
		      r.head);
	reply_done(&r);
}

static void spdy_syn(struct scene *s, uint32_t id, const char *type)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(1 << 20);

	spdy_put_syn(&s->spdy, &out, id, false, (const char *const[]){ "streamtype", type, NULL });
	peer_write(&s->c, out.data, out.len);
}

static void spdy_data(struct scene *s, uint32_t id, bool fin, const char *text)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(64 << 20);

	spdy_put_data(&out, id, fin, text, strlen(text));
	peer_write(&s->c, out.data, out.len);
}

/*
 * Data of that stream into `told` until it ends or `n` bytes are there; other frames are passed
 * over.
 */
static void spdy_wait(struct scene *s, uint32_t id, size_t n)
{
	for (bool fin = false; !fin && s->told.len < n;) {
		struct spdy_frame f;
		size_t size;

		ck_assert_msg(peer_read(&s->c, 8), "nothing came");
		size = spdy_get(&s->c.in, &f);
		if (!size) {
			ck_assert_msg(peer_read(&s->c, s->c.in.len + 1), "a frame is not whole");
			continue;
		}
		if (f.type == 0 && f.id == id) {
			(void)ek_buf_append(&s->told, f.data, f.n);
			fin = f.flags & 1;
		}
		peer_take(&s->c, size);
	}
}

enum { ERROR_ID = 1, STDIN_ID = 3, STDOUT_ID = 5, STDERR_ID = 7, RESIZE_ID = 9 };

static void spdy_exec(struct scene *s, const char *target)
{
	spdy_upgrade(s, target);
	spdy_syn(s, ERROR_ID, "error");
	if (strstr(target, "stdin=true"))
		spdy_syn(s, STDIN_ID, "stdin");
	if (strstr(target, "stdout=true"))
		spdy_syn(s, STDOUT_ID, "stdout");
	if (strstr(target, "stderr=true"))
		spdy_syn(s, STDERR_ID, "stderr");
	wait_opened(s);
}

START_TEST(runs_a_command_over_spdy)
{
	struct scene s;

	scene_open(&s, true);
	spdy_exec(
		&s, POD
		"/exec?container=d&command=sh&command=-c&command=x%20y&stdin=true&stdout=true&stderr=true");
	ck_assert_str_eq(s.node.words, "exec default/p d [sh -c x y] in out err");
	spdy_data(&s, STDIN_ID, false, "in");
	is_got(&s, EK_CH_STDIN, "in");
	ck_assert(!s.node.ended[EK_CH_STDIN]);
	spdy_data(&s, STDIN_ID, true, "put");
	is_got(&s, EK_CH_STDIN, "put");
	wait_until(&s, &s.node.ended[EK_CH_STDIN]);
	ck_assert(fake_node_says(&s.node, EK_CH_STDOUT, "out"));
	spdy_wait(&s, STDOUT_ID, 3);
	is_told(&s, "out");
	ck_assert(fake_node_says(&s.node, EK_CH_STDERR, "err"));
	spdy_wait(&s, STDERR_ID, 3);
	is_told(&s, "err");
	fake_node_ends(&s.node, 0, 0, NULL);
	spdy_wait(&s, ERROR_ID, SIZE_MAX);
	is_told(&s, "{\"metadata\":{},\"status\":\"Success\"}");
	ck_assert_int_eq(s.node.n_closed, 0);
	scene_close(&s);
}
END_TEST

static const struct {
	int         rc, exit_code;
	const char *message, *told;
} ends[] = {
	{ 0, 0, NULL, "{\"metadata\":{},\"status\":\"Success\"}" },
	{ 0, 7, NULL,
	  "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"command terminated with non-zero exit code: exit "
	  "status 7\",\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":[{\"reason\":\"ExitCode\",\"message\":\"7\"}]}}" },
	{ EK_EINTERNAL, 0, "no such file",
	  "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"Internal error occurred: error executing command in "
	  "container: no such file\",\"reason\":\"InternalError\",\"details\":{\"causes\":[{\"message\":\"error executing "
	  "command in container: no such file\"}]},\"code\":500}" },
};

START_TEST(tells_the_end_over_spdy)
{
	struct scene s;

	scene_open(&s, false);
	spdy_exec(&s, POD "/exec?command=a&stdout=true");
	ck_assert(fake_node_says(&s.node, EK_CH_STDOUT, "last words"));
	fake_node_ends(&s.node, ends[_i].rc, ends[_i].exit_code, ends[_i].message);
	spdy_wait(&s, STDOUT_ID, SIZE_MAX);
	is_told(&s, "last words");
	spdy_wait(&s, ERROR_ID, SIZE_MAX);
	is_told(&s, ends[_i].told);
	scene_close(&s);
}
END_TEST

START_TEST(tells_that_a_container_does_not_run)
{
	struct scene s;

	scene_open(&s, false);
	s.node.refuse = "container not found (\"c\")";
	s.node.refuse_rc = EK_ENOTFOUND;
	spdy_exec(&s, POD "/exec?command=a&stdout=true");
	spdy_wait(&s, ERROR_ID, SIZE_MAX);
	ck_assert(strstr(
		s.told.data,
		"\"message\":\"unable to upgrade connection: container not found (\\\"c\\\")\""));
	scene_close(&s);
}
END_TEST

START_TEST(resizes_a_terminal)
{
	struct scene s;

	scene_open(&s, false);
	spdy_exec(&s, POD "/exec?command=sh&stdin=true&stdout=true&tty=true");
	ck_assert_str_eq(s.node.words, "exec default/p c [sh] in out tty");
	spdy_syn(&s, RESIZE_ID, "resize");
	/* in pieces, several in one, nonsense between */
	spdy_data(&s, RESIZE_ID, false, "{\"Width\":80,\"Hei");
	spdy_data(
		&s, RESIZE_ID, false,
		"ght\":24}\n{\"Width\":-1,\"Height\":7}{nonsense}{\"Width\":132,\"Height\":50}\n");
	spdy_data(&s, STDIN_ID, false, "x");
	wait_got(&s, EK_CH_STDIN, 1);
	ck_assert_int_eq(s.node.cols, 132);
	ck_assert_int_eq(s.node.rows, 50);
	fake_node_ends(&s.node, 0, 0, NULL);
	scene_close(&s);
}
END_TEST

START_TEST(notices_that_the_user_leaves)
{
	struct scene s;

	scene_open(&s, false);
	spdy_exec(&s, POD "/exec?command=sh&stdin=true&stdout=true");
	peer_close(&s.c);
	ck_assert(ek_loop_until(s.p.w.loop, &s.node.is_closed, 5000));
	ck_assert_int_eq(s.node.n_closed, 1);
	scene_close(&s);
}
END_TEST

/* Input that the node does not take is not read; what was read waits and comes in order. */
START_TEST(holds_back_input)
{
	EK_FREE char *text = ek_calloc(1, 50001);
	struct scene s;
	size_t before;

	memset(text, 'a', 50000);
	scene_open(&s, false);
	spdy_exec(&s, POD "/exec?command=sh&stdin=true&stdout=true");
	s.node.is_full = true;
	for (int i = 0; i < 4; i++)
		spdy_data(&s, STDIN_ID, false, text);
	spdy_data(&s, STDIN_ID, true, "end");
	wait_got(&s, EK_CH_STDIN, 50000);
	world_settle(&s.p.w);
	before = s.node.got[EK_CH_STDIN].len;
	ck_assert_uint_eq(before, 50000); /* one push, then silence */
	s.node.is_full = false;
	s.node.session->front->resume(s.node.session, EK_CH_STDIN);
	wait_until(&s, &s.node.ended[EK_CH_STDIN]);
	ck_assert_uint_eq(s.node.got[EK_CH_STDIN].len, 200003);
	ck_assert_str_eq(s.node.got[EK_CH_STDIN].data + 200000, "end");
	fake_node_ends(&s.node, 0, 0, NULL);
	scene_close(&s);
}
END_TEST

START_TEST(holds_back_output)
{
	EK_FREE char *text = ek_calloc(1, 100001);
	static const bool never = false;
	struct scene s;
	size_t said = 0;

	memset(text, 'b', 100000);
	scene_open(&s, false);
	spdy_exec(&s, POD "/exec?command=sh&stdout=true");
	for (bool more = true; more && said < 1000; said++) {
		more = fake_node_says(&s.node, EK_CH_STDOUT, text);
		(void)ek_loop_until(s.p.w.loop, &never, 1);
	}
	ck_assert_uint_lt(said, 1000);
	spdy_wait(&s, STDOUT_ID, said * 100000);
	ck_assert_uint_eq(s.told.len, said * 100000);
	for (int i = 0; i < 500 && !s.node.n_resumed; i++)
		(void)ek_loop_until(s.p.w.loop, &never, 1);
	ck_assert_int_ge(s.node.n_resumed, 1);
	fake_node_ends(&s.node, 0, 0, NULL);
	scene_close(&s);
}
END_TEST

/* All that was said arrives, although the client goes on sending while the command ends. */
START_TEST(loses_no_output_at_the_end)
{
	EK_FREE char *text = ek_calloc(1, 1000001);
	struct scene s;

	memset(text, 'c', 1000000);
	scene_open(&s, false);
	spdy_exec(&s, POD "/exec?command=sh&stdin=true&stdout=true");
	(void)fake_node_says(&s.node, EK_CH_STDOUT, text);
	fake_node_ends(&s.node, 0, 0, NULL);
	spdy_data(&s, STDIN_ID, false, "more input, which nobody reads");
	spdy_wait(&s, STDOUT_ID, SIZE_MAX);
	ck_assert_uint_eq(s.told.len, 1000000);
	ek_buf_clear(&s.told);
	spdy_wait(&s, ERROR_ID, SIZE_MAX);
	is_told(&s, "{\"metadata\":{},\"status\":\"Success\"}");
	scene_close(&s);
}
END_TEST

/* -------------------------------------------------------------- exec, WebSocket */

enum { WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

static void ws_upgrade(struct scene *s, const char *target, const char *protocol)
{
	EK_FREE char *more = ek_str_fmt(
		"Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"%s%s%s",
		*protocol ? "Sec-WebSocket-Protocol: " : "", protocol, *protocol ? "\r\n" : "");
	struct reply r;

	peer_ask(&s->c, &r, "GET", target, PORT_ADMIN, more, NULL);
	ck_assert_msg(r.status == 101, "%d %s", r.status, r.body ? r.body : "");
	/* RFC 6455's own example */
	ck_assert_msg(strstr(r.head, "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"),
		      "%s", r.head);
	if (*protocol && !strchr(protocol, ','))
		ck_assert_msg(strcasestr(r.head, protocol), "%s", r.head);
	reply_done(&r);
}

static void ws_frame(struct scene *s, int first, const void *data, size_t n)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(64 << 20);
	static const char key[4] = { 0x12, 0x34, 0x56, 0x78 };

	(void)ek_buf_char(&out, (char)first);
	if (n < 126) {
		(void)ek_buf_char(&out, (char)(0x80 | n));
	} else {
		(void)ek_buf_char(&out, (char)(0x80 | 127));
		for (int shift = 56; shift >= 0; shift -= 8)
			(void)ek_buf_char(&out, (char)((uint64_t)n >> shift));
	}
	(void)ek_buf_append(&out, key, 4);
	for (size_t i = 0; i < n; i++)
		(void)ek_buf_char(&out, (char)(((const char *)data)[i] ^ key[i % 4]));
	peer_write(&s->c, out.data, out.len);
}

static void ws_send(struct scene *s, int channel, const char *text)
{
	EK_BUF struct ek_buf m = EK_BUF_INIT(64 << 20);

	(void)ek_buf_char(&m, (char)channel);
	(void)ek_buf_str(&m, text);
	ws_frame(s, 0x80 | WS_BINARY, m.data, m.len);
}

/* The next frame into `told`; returns its opcode. */
static int ws_next(struct scene *s)
{
	const unsigned char *p;
	uint64_t n;
	size_t head = 2;
	int opcode;

	ek_buf_clear(&s->told);
	ck_assert_msg(peer_read(&s->c, 2), "nothing came");
	p = (const unsigned char *)s->c.in.data;
	opcode = p[0] & 15;
	n = p[1];
	ck_assert_uint_lt(n, 128); /* servers do not mask */
	if (n >= 126) {
		size_t extra = n == 126 ? 2 : 8;

		ck_assert(peer_read(&s->c, 2 + extra));
		p = (const unsigned char *)s->c.in.data;
		for (n = 0; head < 2 + extra; head++)
			n = n << 8 | p[head];
	}
	ck_assert(peer_read(&s->c, head + n));
	(void)ek_buf_append(&s->told, s->c.in.data + head, n);
	peer_take(&s->c, head + n);
	return opcode;
}

static void ws_is(struct scene *s, int channel, const char *text)
{
	ck_assert_int_eq(ws_next(s), WS_BINARY);
	ck_assert_uint_ge(s->told.len, 1);
	ck_assert_int_eq(s->told.data[0], channel);
	ck_assert_str_eq(s->told.data + 1, text);
}

START_TEST(runs_a_command_over_websocket)
{
	struct scene s;

	scene_open(&s, false);
	ws_upgrade(&s, POD "/exec?command=cat&stdin=true&stdout=true&stderr=true",
		   "v5.channel.k8s.io");
	ws_is(&s, 1, ""); /* it stands */
	ck_assert_str_eq(s.node.words, "exec default/p c [cat] in out err");
	ws_send(&s, 0, "hello");
	is_got(&s, EK_CH_STDIN, "hello");
	/* a message in pieces, with a ping inside */
	ws_frame(&s, WS_BINARY, "\0wo", 3);
	ws_frame(&s, 0x80 | WS_PING, "there?", 6);
	ws_frame(&s, 0x80, "rld", 3);
	is_got(&s, EK_CH_STDIN, "world");
	ck_assert_int_eq(ws_next(&s), WS_PONG);
	ck_assert_str_eq(s.told.data, "there?");
	ws_send(&s, 4, "{\"Width\":100,\"Height\":30}");
	ws_send(&s, 9, "a channel that does not exist");
	ws_send(&s, 1, "a channel that is not the client's");
	ck_assert(fake_node_says(&s.node, EK_CH_STDOUT, "out"));
	ws_is(&s, 1, "out");
	ck_assert(fake_node_says(&s.node, EK_CH_STDERR, "err"));
	ws_is(&s, 2, "err");
	ck_assert(!s.node.ended[EK_CH_STDIN]);
	ws_frame(&s, 0x80 | WS_BINARY, "\xff\0", 2);
	wait_until(&s, &s.node.ended[EK_CH_STDIN]);
	ck_assert_int_eq(s.node.cols, 100);
	fake_node_ends(&s.node, 0, 3, NULL);
	ws_is(&s, 3,
	      ends[1].told[0] ?
		      "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"command terminated with "
		      "non-zero exit code: exit status 3\",\"reason\":\"NonZeroExitCode\",\"details\":"
		      "{\"causes\":[{\"reason\":\"ExitCode\",\"message\":\"3\"}]}}" :
		      "");
	ck_assert_int_eq(ws_next(&s), WS_CLOSE);
	ck_assert_mem_eq(s.told.data, "\x03\xe8", 2);
	ck_assert_int_eq(s.node.n_closed, 0);
	scene_close(&s);
}
END_TEST

static const struct {
	const char *protocol, *hello, *in, *out, *end;
	int         opcode;
} old_protocols[] = {
	{ "v4.channel.k8s.io", "\1", "\0abc", "\1xyz", "\3{\"metadata\":{},\"status\":\"Success\"}", WS_BINARY },
	{ "channel.k8s.io", "\1", "\0abc", "\1xyz", NULL, WS_BINARY },
	{ "", "\1", "\0abc", "\1xyz", NULL, WS_BINARY },
	{ "base64.channel.k8s.io", "1", "0YWJj", "1eHl6", NULL, WS_TEXT },
	{ "v4.base64.channel.k8s.io", "1", "0YWJj", "1eHl6", "3eyJtZXRhZGF0YSI6e30sInN0YXR1cyI6IlN1Y2Nlc3MifQ==", WS_TEXT },
	{ "nobody.speaks.this, v4.channel.k8s.io", "\1", "\0abc", "\1xyz", "\3{\"metadata\":{},\"status\":\"Success\"}",
	  WS_BINARY },
};

START_TEST(speaks_older_protocols)
{
	const char *in = old_protocols[_i].in;
	struct scene s;

	scene_open(&s, false);
	ws_upgrade(&s, POD "/attach?stdin=true&stdout=true", old_protocols[_i].protocol);
	ck_assert_int_eq(ws_next(&s), old_protocols[_i].opcode);
	ck_assert_str_eq(s.told.data, old_protocols[_i].hello);
	ck_assert_str_eq(s.node.words, "attach default/p c in out");
	ws_frame(&s, 0x80 | old_protocols[_i].opcode, in, *in ? strlen(in) : 4);
	is_got(&s, EK_CH_STDIN, "abc");
	/* the signal is younger: this is a channel that does not exist */
	ws_frame(&s, 0x80 | WS_BINARY, "\xff\0", 2);
	ck_assert(fake_node_says(&s.node, EK_CH_STDOUT, "xyz"));
	ck_assert_int_eq(ws_next(&s), old_protocols[_i].opcode);
	ck_assert_str_eq(s.told.data, old_protocols[_i].out);
	ck_assert(!s.node.ended[EK_CH_STDIN]);
	fake_node_ends(&s.node, 0, 0, NULL);
	if (old_protocols[_i].end) {
		ck_assert_int_eq(ws_next(&s), old_protocols[_i].opcode);
		ck_assert_str_eq(s.told.data, old_protocols[_i].end);
	}
	ck_assert_int_eq(ws_next(&s), WS_CLOSE);
	scene_close(&s);
}
END_TEST

START_TEST(tells_websockets_that_a_container_does_not_run)
{
	struct scene s;

	scene_open(&s, false);
	s.node.refuse = "container not found (\"c\")";
	s.node.refuse_rc = EK_ENOTFOUND;
	ws_upgrade(&s, POD "/exec?command=a&stdin=true", "v5.channel.k8s.io");
	ws_is(&s, 3, "");
	ck_assert_int_eq(ws_next(&s), WS_BINARY);
	ck_assert(strstr(s.told.data + 1,
			 "\"message\":\"Internal error occurred: unable to upgrade connection: "
			 "container not found (\\\"c\\\")\""));
	scene_close(&s);
}
END_TEST

static const struct {
	const char *protocol, *hello, *said;
	int         opcode;
} log_protocols[] = {
	{ "", "", "line", WS_BINARY },
	{ "binary.k8s.io", "", "line", WS_BINARY },
	{ "base64.binary.k8s.io", "", "bGluZQ==", WS_TEXT },
};

START_TEST(tells_a_log_over_websocket)
{
	struct scene s;

	scene_open(&s, false);
	ws_upgrade(&s, POD "/log?follow=true", log_protocols[_i].protocol);
	ck_assert_int_eq(ws_next(&s), log_protocols[_i].opcode);
	ck_assert_uint_eq(s.told.len, 0); /* it stands */
	ck_assert_str_eq(s.node.words, "logs default/p c");
	ws_frame(&s, 0x80 | WS_BINARY, "nobody listens", 14);
	ck_assert(fake_node_says(&s.node, EK_CH_STDOUT, "line"));
	ck_assert_int_eq(ws_next(&s), log_protocols[_i].opcode);
	ck_assert_str_eq(s.told.data, log_protocols[_i].said);
	fake_node_ends(&s.node, 0, 0, NULL);
	ck_assert_int_eq(ws_next(&s), WS_CLOSE);
	ck_assert_mem_eq(s.told.data, "\x03\xe8", 2);
	scene_close(&s);
}
END_TEST

START_TEST(notices_that_a_websocket_leaves_a_log)
{
	struct scene s;

	scene_open(&s, false);
	ws_upgrade(&s, POD "/log?follow=true", "binary.k8s.io");
	ck_assert_int_eq(ws_next(&s), WS_BINARY);
	peer_close(&s.c);
	ck_assert(ek_loop_until(s.p.w.loop, &s.node.is_closed, 5000));
	scene_close(&s);
}
END_TEST

#define UPGRADE_TO(version) "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: " version \
			    "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

/* Before the handshake errors are told with HTTP. */
static const struct {
	const char *more, *refuse;
	const char *words;
} log_refusals[] = {
	{ UPGRADE_TO("13"), "container \"c\" in pod \"p\" is waiting to start: ContainerCreating", "is waiting to start" },
	{ UPGRADE_TO("8"), NULL, "only 13 is spoken here" },
	{ UPGRADE_TO("13") "Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n", NULL,
	  "requested protocol(s) are not supported: [v4.channel.k8s.io]; supports [ binary.k8s.io base64.binary.k8s.io]" },
};

START_TEST(refuses_a_log_before_the_handshake)
{
	struct scene s;
	struct reply r;

	scene_open(&s, false);
	s.node.refuse = log_refusals[_i].refuse;
	s.node.refuse_rc = EK_EBADREQUEST;
	peer_ask(&s.c, &r, "GET", POD "/log", PORT_ADMIN, log_refusals[_i].more, NULL);
	reply_is_status(&r, 400, "BadRequest", log_refusals[_i].words);
	reply_done(&r);
	ck_assert_ptr_null(s.node.session);
	scene_close(&s);
}
END_TEST

static const struct {
	int         first; /* of the frame */
	const char *data;
	size_t      n;
	int         code;  /* we close with it */
} breaches[] = {
	{ 0x80, "x", 1, 1002 },                 /* a continuation of nothing */
	{ 0xc0 | WS_BINARY, "\0x", 2, 1002 },   /* an extension */
	{ 0x80 | 3, "x", 1, 1002 },             /* an opcode that is none */
	{ 0x80 | 11, "x", 1, 1002 },
	{ WS_PING, "x", 1, 1002 },              /* a control frame in pieces */
	{ 0x80 | WS_CLOSE, "\x03\xe9", 2, 1001 }, /* goodbye is answered alike */
	{ 0x80 | WS_CLOSE, "", 0, 1000 },
};

START_TEST(closes_on_a_breach)
{
	struct scene s;

	scene_open(&s, false);
	ws_upgrade(&s, POD "/exec?command=a&stdin=true&stdout=true", "v5.channel.k8s.io");
	ws_is(&s, 1, "");
	ws_frame(&s, breaches[_i].first, breaches[_i].data, breaches[_i].n);
	ck_assert_int_eq(ws_next(&s), WS_CLOSE);
	ck_assert_int_eq((unsigned char)s.told.data[0] << 8 | (unsigned char)s.told.data[1],
			 breaches[_i].code);
	ck_assert_int_eq(s.node.n_closed, 1);
	scene_close(&s);
}
END_TEST

START_TEST(refuses_large_messages)
{
	EK_FREE char *text = ek_calloc(1, 700000);
	struct scene s;

	scene_open(&s, false);
	ws_upgrade(&s, POD "/exec?command=a&stdin=true&stdout=true", "v5.channel.k8s.io");
	ws_is(&s, 1, "");
	if (_i == 0) { /* in pieces */
		ws_frame(&s, WS_BINARY, text, 700000);
		ws_frame(&s, 0x80, text, 700000);
	} else { /* at once: the length is enough */
		peer_write(&s.c, "\x82\xff\0\0\0\0\x10\0\0\0mask", 14);
	}
	ck_assert_int_eq(ws_next(&s), WS_CLOSE);
	ck_assert_mem_eq(s.told.data, "\x03\xf1", 2); /* 1009 */
	ck_assert_int_eq(s.node.n_closed, 1);
	ck_assert_uint_eq(s.node.got[EK_CH_STDIN].len, 0);
	scene_close(&s);
}
END_TEST

START_TEST(holds_back_input_over_websocket)
{
	EK_FREE char *text = ek_calloc(1, 30001);
	struct scene s;

	memset(text, 'a', 30000);
	scene_open(&s, false);
	ws_upgrade(&s, POD "/exec?command=a&stdin=true&stdout=true", "v5.channel.k8s.io");
	ws_is(&s, 1, "");
	s.node.is_full = true;
	for (int i = 0; i < 5; i++)
		ws_send(&s, 0, text);
	wait_got(&s, EK_CH_STDIN, 30000);
	world_settle(&s.p.w);
	ck_assert_uint_eq(s.node.got[EK_CH_STDIN].len, 30000);
	s.node.is_full = false;
	s.node.session->front->resume(s.node.session, EK_CH_STDIN);
	wait_got(&s, EK_CH_STDIN, 150000);
	fake_node_ends(&s.node, 0, 0, NULL);
	scene_close(&s);
}
END_TEST

/* ---------------------------------------------------------------- port-forward */

static void put_pair(struct scene *s, struct ek_buf *out, uint32_t id, const char *request,
		     const char *port)
{
	spdy_put_syn(&s->spdy, out, id, true,
		     (const char *const[]){ "streamtype", "error", "port", port, "requestid",
					    request, NULL });
	spdy_put_syn(&s->spdy, out, id + 2, false,
		     (const char *const[]){ "streamtype", "data", "port", port, "requestid",
					    request, NULL });
}

static void forward_upgrade(struct scene *s)
{
	struct reply r;

	peer_ask(
		&s->c, &r, "POST", POD "/portforward", PORT_ADMIN,
		"Upgrade: SPDY/3.1\r\nConnection: Upgrade\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\n",
		NULL);
	ck_assert_int_eq(r.status, 101);
	ck_assert_msg(strstr(r.head, "x-stream-protocol-version: portforward.k8s.io\r\n"), "%s",
		      r.head);
	reply_done(&r);
}

START_TEST(forwards_over_spdy)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(1 << 20);
	struct scene s;

	scene_open(&s, true);
	forward_upgrade(&s);
	put_pair(&s, &out, 1, "0", "8080");
	put_pair(&s, &out, 5, "1", "9090");
	peer_write(&s.c, out.data, out.len);
	spdy_data(&s, 3, false, "GET /");
	is_got(&s, 3, "GET /");
	ck_assert_str_eq(s.node.words, "forward default/p");
	ck_assert_int_eq(s.node.channel, 7);
	ck_assert_int_eq(s.node.port, 9090);
	ck_assert_int_eq(s.node.n_opened, 1);
	spdy_data(&s, 7, true, "only this");
	is_got(&s, 7, "only this");
	wait_until(&s, &s.node.ended[7]);
	ck_assert(fake_node_says(&s.node, 7, "answer"));
	spdy_wait(&s, 7, 6);
	is_told(&s, "answer");
	/* one fails, the other goes on */
	s.node.session->connect_failed(s.node.session, 3, "connection refused");
	spdy_wait(&s, 1, SIZE_MAX);
	ck_assert_msg(ek_str_starts(s.told.data, "error forwarding port 8080 to pod p, uid ") &&
			      ek_str_ends(s.told.data, ": connection refused"),
		      "%s", s.told.data);
	ek_buf_clear(&s.told);
	ck_assert(fake_node_says(&s.node, 7, "more"));
	s.node.session->front->push_end(s.node.session, 7);
	spdy_wait(&s, 7, SIZE_MAX);
	is_told(&s, "more");
	peer_close(&s.c);
	ck_assert(ek_loop_until(s.p.w.loop, &s.node.is_closed, 5000));
	scene_close(&s);
}
END_TEST

START_TEST(refuses_bad_forwards)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(1 << 20);
	struct scene s;

	scene_open(&s, false);
	forward_upgrade(&s);
	put_pair(&s, &out, 1, "0", "0");
	put_pair(&s, &out, 5, "1", "65536");
	put_pair(&s, &out, 9, "2", "x");
	spdy_put_syn(&s.spdy, &out, 13, false,
		     (const char *const[]){ "streamtype", "tea", "port", "1", "requestid", "3",
					    NULL });
	spdy_put_syn(&s.spdy, &out, 15, false,
		     (const char *const[]){ "streamtype", "data", "port", "1", NULL });
	put_pair(&s, &out, 17, "4", "80");
	peer_write(&s.c, out.data, out.len);
	spdy_wait(&s, 11, SIZE_MAX);
	spdy_wait(&s, 15, SIZE_MAX);
	wait_opened(&s);
	ck_assert_int_eq(s.node.channel, 19);
	scene_close(&s);
}
END_TEST

static void tunnel_send(struct scene *s, const struct ek_buf *frames)
{
	/* messages do not respect frames */
	for (size_t at = 0; at < frames->len; at += 50)
		ws_frame(s, 0x80 | WS_BINARY, frames->data + at,
			 EK_MIN((size_t)50, frames->len - at));
}

/* Until the stream's data is `text`. */
static void tunnel_wait(struct scene *s, struct ek_buf *inner, uint32_t id, const char *text)
{
	EK_BUF struct ek_buf have = EK_BUF_INIT(1 << 20);
	struct spdy_frame f;
	size_t size;

	while (have.len < strlen(text)) {
		while (!(size = spdy_get(inner, &f))) {
			ck_assert_int_eq(ws_next(s), WS_BINARY);
			(void)ek_buf_append(inner, s->told.data, s->told.len);
		}
		if (f.type == 0 && f.id == id)
			(void)ek_buf_append(&have, f.data, f.n);
		ek_buf_consume(inner, size);
	}
	ck_assert_str_eq(have.data, text);
}

START_TEST(forwards_through_a_tunnel)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(1 << 20), inner = EK_BUF_INIT(1 << 20);
	struct scene s;

	scene_open(&s, false);
	ws_upgrade(&s, POD "/portforward", "SPDY/3.1+portforward.k8s.io");
	put_pair(&s, &out, 1, "0", "8080");
	spdy_put_data(&out, 3, false, "request", 7);
	tunnel_send(&s, &out);
	is_got(&s, 3, "request");
	ck_assert_int_eq(s.node.port, 8080);
	ck_assert(fake_node_says(&s.node, 3, "response"));
	tunnel_wait(&s, &inner, 3, "response");
	fake_node_ends(&s.node, EK_EUNAVAILABLE, 0, "the node is stopping");
	tunnel_wait(&s, &inner, 1, "the node is stopping");
	while (ws_next(&s) != WS_CLOSE)
		;
	scene_close(&s);
}
END_TEST

START_TEST(notices_that_a_tunnel_ends)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(1 << 20);
	struct scene s;

	scene_open(&s, false);
	ws_upgrade(&s, POD "/portforward", "SPDY/3.1+portforward.k8s.io");
	put_pair(&s, &out, 1, "0", "8080");
	tunnel_send(&s, &out);
	wait_opened(&s);
	if (_i == 0)
		peer_close(&s.c);
	else if (_i == 1)
		ws_frame(&s, 0x80 | WS_CLOSE, "\x03\xe8", 2);
	else
		ws_frame(&s, 0x80 | WS_TEXT, "no text here", 12);
	ck_assert(ek_loop_until(s.p.w.loop, &s.node.is_closed, 5000));
	ck_assert_int_eq(s.node.n_closed, 1);
	scene_close(&s);
}
END_TEST

START_TEST(forwards_over_channels)
{
	struct scene s;

	scene_open(&s, false);
	ws_upgrade(&s, POD "/portforward?ports=8080,443", "v4.channel.k8s.io");
	for (int i = 0; i < 4; i++) { /* each channel begins with its port */
		ck_assert_int_eq(ws_next(&s), WS_BINARY);
		ck_assert_uint_eq(s.told.len, 3);
		ck_assert_int_eq(s.told.data[0], i);
		ck_assert_int_eq((unsigned char)s.told.data[1] | s.told.data[2] << 8,
				 i < 2 ? 8080 : 443);
	}
	ck_assert_int_eq(s.node.channel, 2);
	ck_assert_int_eq(s.node.port, 443);
	ws_send(&s, 2, "hello");
	is_got(&s, 2, "hello");
	ck_assert(fake_node_says(&s.node, 0, "there"));
	ws_is(&s, 0, "there");
	s.node.session->connect_failed(s.node.session, 2, "refused");
	ck_assert_int_eq(ws_next(&s), WS_BINARY);
	ck_assert_int_eq(s.told.data[0], 3);
	ck_assert(strstr(s.told.data + 1, "error forwarding port 443 to pod p, uid "));
	ck_assert_int_eq(s.node.n_closed, 0);
	s.node.session->front->push_end(s.node.session, 0); /* the last */
	ck_assert_int_eq(ws_next(&s), WS_CLOSE);
	ck_assert_int_eq(s.node.n_closed, 1);
	scene_close(&s);
}
END_TEST

/* ------------------------------------------------------------ the server stops */

enum {
	END_SPDY, END_SPDY_PAUSED, END_WS, END_WS_FORWARD,
	END_LOG, END_LOG_STUFFED, END_LOG_SILENT, N_END,
};

static void begin_session(struct scene *s, int how)
{
	EK_FREE char *stuff = ek_calloc(1, 100001);
	struct reply r;

	switch (how) {
	case END_SPDY:
	case END_SPDY_PAUSED:
		spdy_exec(s, POD "/exec?command=sh&stdin=true&stdout=true");
		s->node.is_full = how == END_SPDY_PAUSED;
		spdy_data(s, STDIN_ID, false, "in");
		wait_got(s, EK_CH_STDIN, 2);
		return;
	case END_WS:
		ws_upgrade(s, POD "/exec?command=sh&stdin=true&stdout=true", "v5.channel.k8s.io");
		return;
	case END_WS_FORWARD:
		ws_upgrade(s, POD "/portforward?ports=1", "v4.channel.k8s.io");
		return;
	default:
		break;
	}
	s->node.is_silent = how == END_LOG_SILENT;
	peer_print(&s->c,
		   "GET " POD "/log?follow=true HTTP/1.1\r\nAuthorization: Bearer " PORT_ADMIN
		   "\r\n\r\n");
	if (how == END_LOG_SILENT)
		return;
	peer_reply(&s->c, &r);
	reply_done(&r);
	memset(stuff, 'x', 100000);
	if (how == END_LOG_STUFFED) /* more than is read ahead */
		peer_print(&s->c, "%s", stuff);
	world_settle(&s->p.w);
}

/* Whatever is open when it stops: it stops, and the node is told. */
START_TEST(ends_with_the_server)
{
	struct scene s;

	scene_open(&s, false);
	begin_session(&s, _i);
	wait_opened(&s);
	port_close(&s.p);
	ck_assert_int_eq(s.node.n_closed, 1);
	peer_close(&s.c);
	spdy_text_done(&s.spdy);
	fake_node_done(&s.node);
	ek_buf_done(&s.told);
}
END_TEST

static const int all_ends[N_END];
static const int three[3];
static const int two[2];

EK_TESTS("api/session", EK_ROWS(refuses, refused), needs_a_node, asks_the_authorizer,
	 EK_ROWS(passes_on_why_there_is_no_log, log_errors), follows_a_log,
	 EK_ROWS(tells_a_log_over_websocket, log_protocols), notices_that_a_websocket_leaves_a_log,
	 EK_ROWS(refuses_a_log_before_the_handshake, log_refusals),
	 notices_that_a_follower_leaves, holds_back_a_log_that_nobody_reads,
	 runs_a_command_over_spdy, EK_ROWS(tells_the_end_over_spdy, ends),
	 tells_that_a_container_does_not_run, resizes_a_terminal, notices_that_the_user_leaves,
	 holds_back_input, holds_back_output, loses_no_output_at_the_end,
	 runs_a_command_over_websocket, EK_ROWS(speaks_older_protocols, old_protocols),
	 tells_websockets_that_a_container_does_not_run, EK_ROWS(closes_on_a_breach, breaches),
	 EK_ROWS(refuses_large_messages, two), holds_back_input_over_websocket,
	 forwards_over_spdy, refuses_bad_forwards, forwards_through_a_tunnel,
	 EK_ROWS(notices_that_a_tunnel_ends, three), forwards_over_channels,
	 EK_ROWS(ends_with_the_server, all_ends))
