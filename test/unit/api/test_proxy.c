/* SPDX-License-Identifier: Apache-2.0 */

/*
 * pods/proxy and services/proxy through the port, against a backend on the same loop. Backends on
 * loopback are refused, so the test lives in a network namespace of its own where lo has one more
 * address.
 */

#include <arpa/inet.h>
#include <ekube/clock.h>
#include <ekube/str.h>
#include <ekube/stream.h>
#include <ek_test.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/api_port.h"

#define ADDRESS "10.99.0.1"
#define NS	"/api/v1/namespaces/default"

struct scene {
	struct port_world  p;
	struct peer        c;
	struct ek_listener listener;
	struct ek_stream   back;     /* the last connection */
	struct ek_buf      got;      /* what came in over it */
	const char        *says;     /* sent when a request's head has come; NULL: nothing */
	size_t             to_send;  /* and then so much */
	int                port, n_accepted;
	bool               ended;    /* the proxy has closed */
	bool               echoes;   /* after the first head */
};

static bool enter_namespace(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP },
		     more = { .ifr_name = "lo:1" };
	EK_CLOSE int fd = -1;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
		printf("skipped: needs to be root, to make network namespaces\n");
		return false;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(inet_pton(AF_INET, ADDRESS, &sa.sin_addr), 1);
	memcpy(&more.ifr_addr, &sa, sizeof(sa));
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &up), 0);
	ck_assert_int_eq(ioctl(fd, SIOCSIFADDR, &more), 0);
	return true;
}

/* ---- the backend ---- */

static void feed(struct ek_stream *s)
{
	static const char x[16384] = { [0 ... 16383] = 'x' };
	struct scene *sc = ek_container_of(s, struct scene, back);

	while (sc->to_send && ek_stream_pending(s) < 200000) {
		size_t n = EK_MIN(sizeof(x), sc->to_send);

		(void)ek_stream_write(s, x, n);
		sc->to_send -= n;
	}
}

static void on_back_read(struct ek_stream *s, const char *data, ssize_t n)
{
	struct scene *sc = ek_container_of(s, struct scene, back);

	if (n <= 0) {
		sc->ended = true;
		ek_stream_close(s);
		return;
	}
	(void)ek_buf_append(&sc->got, data, (size_t)n);
	if (sc->echoes && !sc->says)
		(void)ek_stream_write(s, data, (size_t)n);
	if (sc->says && strstr(sc->got.data, "\r\n\r\n")) {
		(void)ek_stream_write(s, sc->says, strlen(sc->says));
		sc->says = NULL;
		feed(s);
	}
}

static void on_accept(struct ek_listener *l, int take_fd)
{
	struct scene *s = ek_container_of(l, struct scene, listener);

	ek_stream_close(&s->back);
	s->back = (struct ek_stream){ .on_read = on_back_read, .on_drained = feed };
	s->n_accepted++;
	ck_assert_int_eq(ek_stream_open(s->p.w.loop, &s->back, take_fd), 0);
	ek_stream_read_start(&s->back);
}

static void backend_says(struct scene *s, const char *text)
{
	(void)ek_stream_write(&s->back, text, strlen(text));
}

/* ---- the world ---- */

static void add_pod(struct scene *s, const char *name, const char *ip, const char *ports)
{
	EK_FREE char *pod = ek_str_fmt("{'metadata':{'name':'%s'},'spec':{'nodeName':'n','containers':"
				       "[{'name':'c','image':'i'},{'name':'d','image':'i','ports':%s}]}}",
				       name, ports);
	EK_FREE char *status = ek_str_fmt("{'status':{'podIP':'%s','podIPs':[{'ip':'%s'}]}}", ip, ip);

	ck_assert_msg(world_create(&s->p.w, &ek_kind_pod, "default", pod) == 0, "%s",
		      world_message(&s->p.w));
	if (!*ip)
		return;
	world_begin(&s->p.w, EK_DO_PATCH, &ek_kind_pod, "default", name)->subresource = "status";
	s->p.w.call.patch_type = EK_PATCH_MERGE_DOC;
	ck_assert_msg(world_call(&s->p.w, NULL, status) == 0, "%s", world_message(&s->p.w));
}

static void add_service(struct scene *s, const char *name, const char *ports, const char *subsets)
{
	EK_FREE char *service = ek_str_fmt("{'metadata':{'name':'%s'},'spec':{'ports':%s}}", name, ports);
	EK_FREE char *endpoints =
		ek_str_fmt("{'metadata':{'name':'%s'},'subsets':%s}", name, subsets);

	ck_assert_msg(world_create(&s->p.w, &ek_kind_service, "default", service) == 0, "%s",
		      world_message(&s->p.w));
	ck_assert_msg(world_create(&s->p.w, &ek_kind_endpoints, "default", endpoints) == 0, "%s",
		      world_message(&s->p.w));
}

static bool scene_open(struct scene *s)
{
	EK_FREE char *ports = NULL, *subsets = NULL;

	*s = (struct scene){ .got = EK_BUF_INIT(32 << 20) };
	if (!enter_namespace())
		return false;
	port_open(&s->p, NULL);
	peer_open(&s->c, &s->p, "http/1.1");
	ck_assert_int_eq(ek_listen_tcp(s->p.w.loop, &s->listener, ADDRESS, 0, on_accept, NULL), 0);
	s->port = ek_listen_port(&s->listener);
	ports = ek_str_fmt("[{'name':'web','containerPort':%d}]", s->port);
	add_pod(s, "p", ADDRESS, ports);
	subsets = ek_str_fmt("[{'addresses':[{'ip':'" ADDRESS "','targetRef':{'kind':'Pod',"
			     "'namespace':'default','name':'p'}}],'ports':[{'name':'web','port':%d}]}]",
			     s->port);
	add_service(s, "s", "[{'name':'web','port':8080}]", subsets);
	return true;
}

static void scene_close(struct scene *s)
{
	peer_close(&s->c);
	ek_listen_stop(&s->listener);
	ek_stream_close(&s->back);
	world_settle(&s->p.w);
	port_close(&s->p);
	ek_buf_done(&s->got);
}

static void ask(struct scene *s, struct reply *r, const char *method, const char *target,
		const char *more, const char *body)
{
	EK_FREE char *path = ek_str_fmt(NS "%s", target);

	peer_ask(&s->c, r, method, path, PORT_ADMIN, more, body);
}

static void wait_for(struct scene *s, const char *text)
{
	static const bool never = false;

	for (int i = 0; i < 500 && !(s->got.data && strstr(s->got.data, text)); i++)
		(void)ek_loop_until(s->p.w.loop, &never, 10);
	ck_assert_msg(s->got.data && strstr(s->got.data, text), "'%s' is not in '%s'", text,
		      s->got.data ? s->got.data : "");
}

static void wait_ended(struct scene *s)
{
	ck_assert_msg(ek_loop_until(s->p.w.loop, &s->ended, 5000), "the backend is still asked");
}

#define HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

/* ------------------------------------------------------------ what is asked, and where */

static const struct {
	const char *method, *target, *line; /* the backend's first line; NULL: it is not asked */
	int         status;
} asked[] = {
	{ "GET", "/pods/p/proxy/", "GET / HTTP/1.1\r\n", 200 },
	{ "GET", "/pods/p/proxy/a/b?x=1&y=%20#z", "GET /a/b?x=1&y=%20%23z HTTP/1.1\r\n", 200 },
	{ "GET", "/pods/p/proxy/a%20b//../c/", "GET /c/ HTTP/1.1\r\n", 200 },
	{ "GET", "/pods/p/proxy/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g", "GET /1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g HTTP/1.1\r\n", 200 },
	{ "GET", "/pods/p:web/proxy/", "GET / HTTP/1.1\r\n", 200 },
	{ "GET", "/pods/http:p:web/proxy/", "GET / HTTP/1.1\r\n", 200 },
	{ "POST", "/pods/p/proxy", "POST / HTTP/1.1\r\n", 200 },
	{ "PUT", "/pods/p/proxy/a", "PUT /a HTTP/1.1\r\n", 200 },
	{ "PATCH", "/pods/p/proxy/a", "PATCH /a HTTP/1.1\r\n", 200 },
	{ "DELETE", "/pods/p/proxy/a", "DELETE /a HTTP/1.1\r\n", 200 },
	{ "OPTIONS", "/pods/p/proxy/a", "OPTIONS /a HTTP/1.1\r\n", 200 },
	{ "GET", "/services/s:web/proxy/a", "GET /a HTTP/1.1\r\n", 200 },
	{ "GET", "/services/s:8080/proxy/a", "GET /a HTTP/1.1\r\n", 200 },
	{ "GET", "/services/http:s:web/proxy/a", "GET /a HTTP/1.1\r\n", 200 },
};

START_TEST(asks_the_backend)
{
	struct scene s;
	struct reply r;

	if (!scene_open(&s))
		return;
	s.says = HELLO;
	ask(&s, &r, asked[_i].method, asked[_i].target, NULL, NULL);
	ck_assert_msg(r.status == asked[_i].status, "%d: %s", r.status, r.body);
	ck_assert_str_eq(r.body, "hello");
	ck_assert_msg(ek_str_starts(s.got.data, asked[_i].line), "%s", s.got.data);
	reply_done(&r);
	scene_close(&s);
}
END_TEST

static const struct {
	const char *method, *target;
	int         code;
	const char *reason, *message;
} refused[] = {
	{ "GET", "/pods/a:b:c:d/proxy/", 400, "BadRequest", "invalid pod request \"a:b:c:d\"" },
	{ "GET", "/services/ftp:s:80/proxy/", 400, "BadRequest", "invalid service request \"ftp:s:80\"" },
	{ "GET", "/pods/q/proxy/", 404, "NotFound", "pods \"q\" not found" },
	{ "GET", "/pods/p:nothing/proxy/", 400, "BadRequest", "invalid pod request \"p:nothing\"" },
	{ "GET", "/pods/pending/proxy/", 400, "BadRequest", "address not allowed" },
	{ "GET", "/pods/sneaky/proxy/", 400, "BadRequest", "address not allowed" },
	{ "GET", "/pods/p:1/proxy/", 503, "ServiceUnavailable",
	  "error trying to reach service: dial tcp " ADDRESS ":1: connect: connection refused" },
	{ "GET", "/pods/bare/proxy/", 503, "ServiceUnavailable",
	  "error trying to reach service: dial tcp " ADDRESS ":80: connect: connection refused" },
	{ "GET", "/pods/https:bare:/proxy/", 503, "ServiceUnavailable", "dial tcp " ADDRESS ":443: connect" },
	{ "GET", "/services/t/proxy/", 404, "NotFound", "endpoints \"t\" not found" },
	{ "GET", "/services/t:80/proxy/", 404, "NotFound", "services \"t\" not found" },
	{ "GET", "/services/s:81/proxy/", 503, "ServiceUnavailable", "no service port 81 found for service \"s\"" },
	{ "GET", "/services/s:x/proxy/", 503, "ServiceUnavailable", "no endpoints available for service \"s:x\"" },
	{ "GET", "/services/s/proxy/", 503, "ServiceUnavailable", "no endpoints available for service \"s\"" },
	{ "GET", "/services/none:80/proxy/", 503, "ServiceUnavailable", "no endpoints available for service \"none\"" },
	{ "GET", "/services/forged:80/proxy/", 503, "ServiceUnavailable",
	  "no endpoints available for service \"forged:80\"" },
	{ "TRACE", "/pods/p/proxy/", 405, "MethodNotAllowed", "does not allow this method" },
};

START_TEST(refuses)
{
	/* no pod, a pod with another address, a pod of another namespace, one that is not ready */
	static const char forged[] =
		"[{'addresses':[{'ip':'" ADDRESS "'},{'ip':'10.99.0.2','targetRef':{'kind':'Pod','namespace':'default',"
		"'name':'p'}},{'ip':'" ADDRESS "','targetRef':{'kind':'Pod','namespace':'other','name':'p'}}],"
		"'notReadyAddresses':[{'ip':'" ADDRESS "','targetRef':{'kind':'Pod','namespace':'default',"
		"'name':'p'}}],'ports':[{'port':80}]}]";
	struct scene s;
	struct reply r;

	if (!scene_open(&s))
		return;
	add_pod(&s, "pending", "", "[]");
	add_pod(&s, "sneaky", "127.0.0.1", "[]");
	add_pod(&s, "bare", ADDRESS, "[]");
	add_service(&s, "none", "[{'port':80}]", "[]");
	add_service(&s, "forged", "[{'port':80}]", forged);
	ask(&s, &r, refused[_i].method, refused[_i].target, NULL, NULL);
	reply_is_status(&r, refused[_i].code, refused[_i].reason, refused[_i].message);
	ck_assert_int_eq(s.n_accepted, 0);
	reply_done(&r);
	scene_close(&s);
}
END_TEST

START_TEST(redirects_to_the_slash)
{
	struct scene s;
	struct reply r;

	if (!scene_open(&s))
		return;
	ask(&s, &r, "GET", "/services/http:s:web/proxy?x=1", NULL, NULL);
	ck_assert_int_eq(r.status, 301);
	ck_assert_msg(strstr(r.head, "\r\nlocation: " NS "/services/http:s:web/proxy/?x=1\r\n"), "%s",
		      r.head);
	ck_assert_int_eq(s.n_accepted, 0);
	reply_done(&r);
	scene_close(&s);
}
END_TEST

START_TEST(asks_who_may)
{
	static const char *const methods[][2] = { { "GET", "get" },	{ "HEAD", "get" },
						  { "POST", "create" }, { "PUT", "update" },
						  { "PATCH", "patch" }, { "DELETE", "delete" } };
	struct scene s;

	if (!scene_open(&s))
		return;
	for (size_t i = 0; i < EK_ARRAY_LEN(methods); i++) {
		EK_FREE char *words = ek_str_fmt("cannot %s resource \\\"services/proxy\\\" in API group "
						 "\\\"\\\" in the namespace \\\"default\\\"",
						 methods[i][1]);

		peer_print(&s.c, "%s " NS "/services/http:s:web/proxy/ HTTP/1.1\r\n"
				 "Authorization: Bearer " PORT_USER "\r\n\r\n", methods[i][0]);
		ck_assert(peer_until(&s.c, "HTTP/1.1 403 Forbidden"));
		ck_assert(peer_until(&s.c, i == 1 ? "\r\n\r\n" : words));
		ck_assert_msg(i == 1 || strstr(s.c.in.data, "\"services \\\"http:s:web\\\" is forbidden"),
			      "%s", s.c.in.data);
		(void)peer_until(&s.c, i == 1 ? "\r\n\r\n" : "}\n");
		peer_take(&s.c, s.c.in.len);
	}
	ck_assert_int_eq(s.n_accepted, 0);
	scene_close(&s);
}
END_TEST

/* ------------------------------------------------------------ headers and bodies */

START_TEST(passes_headers_on)
{
	static const char *const there[] = {
		"\r\nHost: h\r\n", "\r\nX-Mine: 1\r\n", "\r\nCookie: a=b\r\n", "\r\nContent-Type: text/x\r\n",
		"\r\nContent-Length: 4\r\n", "\r\nX-Forwarded-For: 1.2.3.4, 127.0.0.1\r\n",
		"\r\nX-Forwarded-Uri: " NS "/pods/p/proxy/a\r\n", "\r\n\r\nbody",
	};
	static const char *const gone[] = { "Authorization", "Bearer", "Impersonate",
					    "Keep-Alive",    "Te:",    "Connection",
					    "X-Hop",	     "evil",   "Proxy-" };
	struct scene s;
	struct reply r;

	if (!scene_open(&s))
		return;
	s.says = HELLO;
	ask(&s, &r, "POST", "/pods/p/proxy/a",
	    "X-Mine: 1\r\nCookie: a=b\r\nContent-Type: text/x\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
	    "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nProxy-Authorization: x\r\nX-Forwarded-For: 1.2.3.4\r\n"
	    "X-Forwarded-Uri: /evil\r\nImpersonate-User: admin\r\nImpersonate-Group: system:masters\r\n",
	    "body");
	ck_assert_msg(r.status == 200, "%s", r.body);
	for (size_t i = 0; i < EK_ARRAY_LEN(there); i++)
		ck_assert_msg(strcasestr(s.got.data, there[i]), "no '%s' in '%s'", there[i], s.got.data);
	for (size_t i = 0; i < EK_ARRAY_LEN(gone); i++)
		ck_assert_msg(!strcasestr(s.got.data, gone[i]), "'%s' in '%s'", gone[i], s.got.data);
	reply_done(&r);
	scene_close(&s);
}
END_TEST

static const struct {
	const char *method, *reply;
	int         status;
	const char *there, *gone; /* in the head */
} answered[] = {
	{ "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: a/b\r\n\r\nok", 200, "\r\ncontent-type: a/b\r\n", "chunked" },
	{ "GET", "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nok", 404, "http/1.1 404 not found\r\n", "application/json" },
	{ "GET", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", 503, "content-length: 0\r\n", "application/json" },
	{ "GET", "HTTP/1.1 204 No\r\n\r\n", 204, "http/1.1 204 no content\r\n", "transfer-encoding" },
	{ "GET", "HTTP/1.1 304 No\r\nETag: x\r\n\r\n", 304, "\r\netag: x\r\n", "transfer-encoding" },
	{ "GET", "HTTP/1.1 302 Go\r\nLocation: /login?x\r\nContent-Length: 0\r\n\r\n", 302,
	  "\r\nlocation: " NS "/pods/p/proxy/login?x\r\n", "audit: " },
	{ "GET", "HTTP/1.1 301 Go\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", 301,
	  "\r\nlocation: http://elsewhere/\r\n", "proxy" },
	{ "GET", "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Length: 0\r\n\r\n", 200,
	  "\r\nset-cookie: a\r\nset-cookie: b\r\n", "chunked" },
	{ "GET",
	  "HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nAccess-Control-Allow-Origin: *\r\nX-Bad: a\x01z\r\n"
	  "Keep-Alive: 1\r\nDate: then\r\nContent-Length: 0\r\n\r\n",
	  200, "\r\ndate: ", "x-hop" },
	{ "GET", "HTTP/1.1 200 OK\r\nKeep-Alive: 1\r\nContent-Length: 0\r\n\r\n", 200, "cache-control: no-cache, private", "keep-alive: 1" },
	{ "GET", "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\n\r\n", 200, "audit-id: ", "access-control" },
	{ "GET", "HTTP/1.1 200 OK\r\nX-Bad: a\x01z\r\nContent-Length: 0\r\n\r\n", 200, "audit-id: ", "x-bad" },
	{ "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n", 299, "http/1.1 299 ok\r\n", "http/1.1 100" },
};

START_TEST(passes_answers_back)
{
	struct scene s;
	struct reply r;

	if (!scene_open(&s))
		return;
	s.says = answered[_i].reply;
	ask(&s, &r, answered[_i].method, "/pods/p/proxy/a", NULL, NULL);
	ck_assert_msg(r.status == answered[_i].status, "%d: %s", r.status, r.body);
	ck_assert_msg(strstr(r.head, answered[_i].there), "no '%s' in '%s'", answered[_i].there, r.head);
	ck_assert_msg(!strstr(r.head, answered[_i].gone), "'%s' in '%s'", answered[_i].gone, r.head);
	if (strstr(answered[_i].reply, "\r\n\r\nok"))
		ck_assert_str_eq(r.body, "ok");
	reply_done(&r);
	scene_close(&s);
}
END_TEST

START_TEST(heads_have_no_body)
{
	struct scene s;
	struct reply r;

	if (!scene_open(&s))
		return;
	s.says = "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n";
	peer_print(&s.c, "HEAD " NS "/pods/p/proxy/a HTTP/1.1\r\nAuthorization: Bearer " PORT_ADMIN "\r\n\r\n");
	ck_assert(peer_until(&s.c, "Content-Length: 12345\r\n"));
	ck_assert(peer_until(&s.c, "\r\n\r\n"));
	peer_take(&s.c, s.c.in.len);
	peer_ask(&s.c, &r, "GET", "/version", NULL, NULL, NULL); /* the connection is as it was */
	ck_assert_int_eq(r.status, 200);
	reply_done(&r);
	scene_close(&s);
}
END_TEST

static const char *const broken[] = {
	"SSH-2.0-x\r\n\r\n", "HTTP/1.1 101 Surprise\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
	NULL,
};

START_TEST(says_what_is_wrong_with_an_answer)
{
	struct scene s;
	struct reply r;

	if (!scene_open(&s))
		return;
	peer_print(&s.c, "GET " NS "/pods/p/proxy/a HTTP/1.1\r\nAuthorization: Bearer " PORT_ADMIN "\r\n\r\n");
	wait_for(&s, "\r\n\r\n");
	if (broken[_i])
		backend_says(&s, broken[_i]);
	ek_stream_shutdown(&s.back);
	peer_reply(&s.c, &r);
	reply_is_status(&r, 503, "ServiceUnavailable", "error trying to reach service: ");
	reply_done(&r);
	scene_close(&s);
}
END_TEST

START_TEST(cuts_what_the_backend_cuts)
{
	struct scene s;

	if (!scene_open(&s))
		return;
	s.says = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
	peer_print(&s.c, "GET " NS "/pods/p/proxy/a HTTP/1.1\r\nAuthorization: Bearer " PORT_ADMIN "\r\n\r\n");
	ck_assert(peer_until(&s.c, "half"));
	ek_stream_close(&s.back);
	ck_assert_msg(peer_until_end(&s.c), "the client is not told");
	ck_assert_msg(!strstr(s.c.in.data, "0\r\n\r\n"), "%s", s.c.in.data);
	scene_close(&s);
}
END_TEST

/* ------------------------------------------------------------ what flows */

START_TEST(events_flow)
{
	struct scene s;

	if (!scene_open(&s))
		return;
	s.says = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
	peer_print(&s.c, "GET " NS "/pods/p/proxy/events HTTP/1.1\r\nAuthorization: Bearer " PORT_ADMIN
			 "\r\n\r\n");
	ck_assert(peer_until(&s.c, "text/event-stream")); /* before there is any */
	for (int i = 0; i < 3; i++) {
		backend_says(&s, "9\r\ndata: 1\n\n\r\n");
		ck_assert(peer_until(&s.c, "data: 1\n\n"));
		peer_take(&s.c, s.c.in.len);
	}
	peer_close(&s.c);
	wait_ended(&s);
	scene_close(&s);
}
END_TEST

START_TEST(who_leaves_early_is_noticed)
{
	struct scene s;

	if (!scene_open(&s))
		return;
	peer_print(&s.c, "GET " NS "/pods/p/proxy/slow HTTP/1.1\r\nAuthorization: Bearer " PORT_ADMIN
			 "\r\n\r\n");
	wait_for(&s, "\r\n\r\n"); /* and nothing is answered */
	peer_close(&s.c);
	wait_ended(&s);
	scene_close(&s);
}
END_TEST

START_TEST(who_does_not_read_is_waited_for)
{
	static const bool never = false;
	enum { SIZE = 60 << 20 };
	EK_FREE char *head = ek_str_fmt("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
	struct scene s;
	size_t left;

	if (!scene_open(&s))
		return;
	s.says = head;
	s.to_send = SIZE;
	peer_print(&s.c, "GET " NS "/pods/p/proxy/big HTTP/1.1\r\nAuthorization: Bearer " PORT_ADMIN
			 "\r\n\r\n");
	wait_for(&s, "\r\n\r\n");
	do {
		left = s.to_send;
		(void)ek_loop_until(s.p.w.loop, &never, 200);
	} while (s.to_send != left);
	ck_assert_uint_gt(left, SIZE / 2); /* what the kernel's buffers and ours hold is far less */
	ck_assert(peer_until(&s.c, "\r\n\r\n"));
	peer_take(&s.c, (size_t)((char *)memmem(s.c.in.data, s.c.in.len, "\r\n\r\n", 4) - s.c.in.data) + 4);
	ck_assert(peer_read(&s.c, SIZE));
	scene_close(&s);
}
END_TEST

START_TEST(large_bodies_go_through)
{
	enum { SIZE = 8 << 20 };
	EK_FREE char *body = ek_malloc(SIZE + 1);
	struct scene s;
	struct reply r;

	if (!scene_open(&s))
		return;
	memset(body, 'b', SIZE);
	memcpy(body + SIZE - 3, "end", 4);
	peer_print(&s.c, "PUT " NS "/pods/p/proxy/up HTTP/1.1\r\nAuthorization: Bearer " PORT_ADMIN
			 "\r\nContent-Length: %d\r\n\r\n", SIZE);
	peer_write(&s.c, body, SIZE);
	wait_for(&s, "bend");
	backend_says(&s, HELLO);
	peer_reply(&s.c, &r);
	ck_assert_int_eq(r.status, 200);
	reply_done(&r);
	scene_close(&s);
}
END_TEST

/* ------------------------------------------------------------ connections */

static int64_t shift_ms;

static int64_t shifted_mono(void *arg)
{
	struct timespec now;

	(void)arg;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + shift_ms;
}

static int64_t shifted_wall(void *arg)
{
	(void)arg;
	return (int64_t)time(NULL) * 1000000;
}

static const struct ek_clock_source shifted = { shifted_mono, shifted_wall, NULL };

#define WS "GET " NS "/pods/p/proxy/chat?x=1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
#define BEARER "base64url.bearer.authorization.k8s.io.YWRtaW4tdG9rZW4" /* the administrator's */

START_TEST(upgrades)
{
	struct scene s;
	size_t before;

	if (!scene_open(&s))
		return;
	shift_ms = 0;
	ek_clock_set_source(&shifted);
	s.says = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
		 "Sec-WebSocket-Accept: abc\r\n\r\nfirst";
	s.echoes = true;
	peer_print(&s.c, WS "Sec-WebSocket-Key: xyz\r\nSec-WebSocket-Protocol: " BEARER ", chat\r\n\r\n");
	ck_assert(peer_until(&s.c, "\r\n\r\n"));
	ck_assert_msg(ek_str_starts(s.c.in.data, "HTTP/1.1 101 "), "%s", s.c.in.data);
	ck_assert(strcasestr(s.c.in.data, "\r\nupgrade: websocket\r\n"));
	ck_assert(strcasestr(s.c.in.data, "\r\nsec-websocket-accept: abc\r\n"));
	ck_assert(peer_until(&s.c, "first"));
	peer_take(&s.c, s.c.in.len);
	ck_assert_msg(ek_str_starts(s.got.data, "GET /chat?x=1 HTTP/1.1\r\nHost: h\r\n"), "%s", s.got.data);
	ck_assert(strcasestr(s.got.data, "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"));
	ck_assert(strcasestr(s.got.data, "\r\nSec-WebSocket-Key: xyz\r\n"));
	ck_assert(strcasestr(s.got.data, "\r\nSec-WebSocket-Protocol: chat\r\n"));
	ck_assert(!strstr(s.got.data, "bearer"));
	before = s.got.len;
	peer_write(&s.c, "\x01\x02\0\x03", 4);
	ck_assert(peer_read(&s.c, 4));
	ck_assert_mem_eq(s.c.in.data, "\x01\x02\0\x03", 4);
	ck_assert_uint_eq(s.got.len, before + 4);
	if (_i == 0) {
		peer_close(&s.c);
		wait_ended(&s);
	} else {
		ek_stream_close(&s.back);
		world_settle(&s.p.w);
		shift_ms = 11 * 1000; /* the client may say goodbye for so long */
		(void)ek_loop_advance(s.p.w.loop);
		ck_assert(peer_until_end(&s.c));
	}
	scene_close(&s);
}
END_TEST

static const struct {
	const char *reply;
	int         code;
	const char *reason, *message; /* NULL: passed on */
} not_upgraded[] = {
	{ "HTTP/1.1 426 No\r\nContent-Length: 4\r\nX-Why: x\r\n\r\nwhy?", 426, NULL, "why?" },
	{ "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwhy?\r\n0\r\n\r\n", 500, NULL, "why?" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 500, "", "invalid upgrade response: status code 200" },
	{ "SSH-2.0-x\r\n\r\n", 500, "", "malformed HTTP response" },
};

START_TEST(upgrades_may_be_refused)
{
	struct scene s;
	struct reply r;

	if (!scene_open(&s))
		return;
	s.says = not_upgraded[_i].reply;
	peer_print(&s.c, WS "Authorization: Bearer " PORT_ADMIN "\r\n\r\n");
	peer_reply(&s.c, &r);
	if (not_upgraded[_i].reason) {
		reply_is_status(&r, not_upgraded[_i].code, "", not_upgraded[_i].message);
	} else {
		ck_assert_int_eq(r.status, not_upgraded[_i].code);
		ck_assert_str_eq(r.body, not_upgraded[_i].message);
	}
	reply_done(&r);
	scene_close(&s);
}
END_TEST

static const struct {
	const char *target, *message;
} unreachable[] = {
	{ "/pods/p:1/proxy/", "error dialing backend: dial tcp " ADDRESS ":1: connect: connection refused" },
	{ "/pods/https:p:/proxy/", "error dialing backend: upgrades go to http backends only" },
	{ "/pods/p/proxy/", "unexpected EOF" },
};

START_TEST(upgrades_need_a_backend)
{
	struct scene s;
	struct reply r;

	if (!scene_open(&s))
		return;
	peer_print(&s.c, "GET " NS "%s HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
			 "Authorization: Bearer " PORT_ADMIN "\r\n\r\n", unreachable[_i].target);
	if (strstr(unreachable[_i].message, "EOF")) {
		wait_for(&s, "\r\n\r\n");
		ek_stream_close(&s.back);
	}
	peer_reply(&s.c, &r);
	reply_is_status(&r, 500, "", unreachable[_i].message);
	reply_done(&r);
	scene_close(&s);
}
END_TEST

START_TEST(the_server_may_stop_meanwhile)
{
	struct scene s;

	if (!scene_open(&s))
		return;
	if (_i == 0) {
		s.says = "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n";
		peer_print(&s.c, WS "Authorization: Bearer " PORT_ADMIN "\r\n\r\n");
		ck_assert(peer_until(&s.c, "\r\n\r\n"));
	} else {
		peer_print(&s.c, "%s", _i == 1 ? WS : "GET " NS "/pods/p/proxy/slow HTTP/1.1\r\n");
		peer_print(&s.c, "Authorization: Bearer " PORT_ADMIN "\r\n\r\n");
		wait_for(&s, "\r\n\r\n");
	}
	ek_listen_stop(&s.listener);
	ek_stream_close(&s.back);
	port_close(&s.p);
	peer_close(&s.c);
	ek_buf_done(&s.got);
}
END_TEST

static const int two[2], three[3];

EK_TESTS("api/proxy", EK_ROWS(asks_the_backend, asked), EK_ROWS(refuses, refused),
	 redirects_to_the_slash, asks_who_may, passes_headers_on,
	 EK_ROWS(passes_answers_back, answered), heads_have_no_body,
	 EK_ROWS(says_what_is_wrong_with_an_answer, broken), cuts_what_the_backend_cuts,
	 events_flow, who_leaves_early_is_noticed, who_does_not_read_is_waited_for,
	 large_bodies_go_through, EK_ROWS(upgrades, two),
	 EK_ROWS(upgrades_may_be_refused, not_upgraded),
	 EK_ROWS(upgrades_need_a_backend, unreachable),
	 EK_ROWS(the_server_may_stop_meanwhile, three))
