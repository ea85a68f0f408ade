/* SPDX-License-Identifier: Apache-2.0 */

/* The port over real TLS: every failure is a Status, and nobody holds more than he may. */

#include <arpa/inet.h>
#include <dirent.h>
#include <ekube/clock.h>
#include <ekube/str.h>
#include <ek_test.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/api_port.h"

#define PODS "/api/v1/namespaces/default/pods"

/* ---- clients whose requests cannot be read, or ask too much ---- */

static const struct {
	const char *text;   /* sent as it is; %T is the administrator's token */
	char        filler; /* then so much of this */
	size_t      n;
	const char *tail;
	int         code;
	const char *reason, *message;
} refused[] = {
	{ "GET / HTTP/1.1\r\nHost h\r\n\r\n", 0, 0, "", 400, "BadRequest", "Bad Request" },
	{ "\x16\x03\x01 no HTTP at all\r\n\r\n", 0, 0, "", 400, "BadRequest", "Bad Request" },
	{ "GET / HTTP/9.9\r\n\r\n", 0, 0, "", 400, "BadRequest", "Bad Request" },
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, 0, "", 400, "BadRequest", "Bad Request" },
	{ "GET /", 'a', 200 << 10, "", 414, "", "URI Too Long" },
	{ "GET /", 'a', 70 << 10, " HTTP/1.1\r\nHost: h\r\n\r\n", 414, "", "URI Too Long" },
	{ "GET / HTTP/1.1\r\nX: ", 'a', 200 << 10, "", 431, "", "Request Header Fields Too Large" },
	{ "GET / HTTP/1.1\r\nX: ", 'a', 140 << 10, "\r\n\r\n", 431, "", "Request Header Fields Too Large" },
	{ "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 0, 0, "", 400, "BadRequest", "broken content-length" },
	{ "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 0, 0, "", 400, "BadRequest", "broken content-length" },
	{ "POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 0, 0, "", 413, "RequestEntityTooLarge", "too large" },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 0, 0, "", 400, "BadRequest", "transfer-encoding" },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 0, 0, "", 400, "BadRequest", "chunked" },
	{ "POST / HTTP/1.1\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n", 0, 0, "", 417, "", "Expectation Failed" },
	{ "GET /api/v1/%zz HTTP/1.1\r\n\r\n", 0, 0, "", 400, "BadRequest", "not properly escaped" },
	{ "GET /api?a=%0 HTTP/1.1\r\n\r\n", 0, 0, "", 400, "BadRequest", "not properly escaped" },
	{ "GET /a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p HTTP/1.1\r\n\r\n", 0, 0, "", 400, "BadRequest", "too deep" },
	{ "FOO " PODS " HTTP/1.1\r\n%T\r\n", 0, 0, "", 405, "MethodNotAllowed", "does not allow this method" },
	{ "POST /version HTTP/1.1\r\n%T\r\n", 0, 0, "", 405, "MethodNotAllowed", "does not allow this method" },
	{ "GET /nothing HTTP/1.1\r\n%T\r\n", 0, 0, "", 404, "NotFound", "could not find the requested resource" },
	{ "GET /api/v1/nothing HTTP/1.1\r\n%T\r\n", 0, 0, "", 404, "NotFound", "could not find the requested resource" },
	{ "GET " PODS "/p/nothing HTTP/1.1\r\n%T\r\n", 0, 0, "", 404, "NotFound", "could not find the requested" },
	{ "GET " PODS " HTTP/1.1\r\n%TAccept: image/png\r\n\r\n", 0, 0, "", 406, "NotAcceptable", "media types" },
	{ "POST " PODS " HTTP/1.1\r\n%TContent-Type: image/png\r\nContent-Length: 1\r\n\r\nx", 0, 0, "", 415,
	  "UnsupportedMediaType", "accepted media types include" },
	{ "POST " PODS " HTTP/1.1\r\n%TContent-Length: 4194304\r\n\r\n", 'a', 4 << 20, "", 413, "RequestEntityTooLarge",
	  "Request entity too large: limit is 3145728" },
	{ "GET " PODS " HTTP/1.1\r\n\r\n", 0, 0, "", 403, "Forbidden",
	  "pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API group \"\" in the "
	  "namespace \"default\"" },
	{ "GET " PODS " HTTP/1.1\r\nAuthorization: Bearer wrong\r\n\r\n", 0, 0, "", 401, "Unauthorized", "Unauthorized" },
	{ "GET " PODS " HTTP/1.1\r\nAuthorization: Bearer \r\n\r\n", 0, 0, "", 401, "Unauthorized", "Unauthorized" },
	{ "GET " PODS "/p/exec?command=a&stdout=1 HTTP/1.1\r\n%T\r\n", 0, 0, "", 404, "NotFound", "pods \"p\" not found" },
};

static void send_filled(struct peer *c, const char *text, char filler, size_t n, const char *tail)
{
	const char *token = strstr(text, "%T");
	EK_FREE char *fill = ek_malloc(n + 1);

	memset(fill, filler, n);
	if (token)
		peer_print(c, "%.*sAuthorization: Bearer " PORT_ADMIN "\r\n%s", (int)(token - text),
			   text, token + 2);
	else
		peer_write(c, text, strlen(text));
	peer_write(c, fill, n);
	peer_write(c, tail, strlen(tail));
}

START_TEST(answers_with_a_status)
{
	struct port_world p;
	struct peer c;
	struct reply r;

	port_open(&p, NULL);
	peer_open(&c, &p, "http/1.1");
	send_filled(&c, refused[_i].text, refused[_i].filler, refused[_i].n, refused[_i].tail);
	peer_reply(&c, &r);
	reply_is_status(&r, refused[_i].code, refused[_i].reason, refused[_i].message);
	reply_done(&r);
	peer_close(&c);
	port_close(&p);
}
END_TEST

START_TEST(counts_headers)
{
	struct port_world p;
	struct peer c;
	struct reply r;

	port_open(&p, NULL);
	peer_open(&c, &p, "http/1.1");
	peer_print(&c, "GET /version HTTP/1.1\r\n");
	for (int i = 0; i < 101; i++)
		peer_print(&c, "X-%d: y\r\n", i);
	peer_print(&c, "\r\n");
	peer_reply(&c, &r);
	reply_is_status(&r, 431, "", "Request Header Fields Too Large");
	ck_assert_msg(peer_until_end(&c), "the connection stays open");
	reply_done(&r);
	peer_close(&c);
	port_close(&p);
}
END_TEST

START_TEST(goes_on_after_a_refusal_of_ours)
{
	struct port_world p;
	struct peer c;
	struct reply r;

	port_open(&p, NULL);
	peer_open(&c, &p, "http/1.1");
	peer_ask(&c, &r, "GET", "/nothing", PORT_ADMIN, NULL, NULL);
	reply_is_status(&r, 404, "NotFound", "could not find");
	reply_done(&r);
	peer_ask(&c, &r, "GET", "/version", NULL, NULL, NULL);
	ck_assert_int_eq(r.status, 200);
	ck_assert_str_eq(ek_json_str_at(r.json, "gitVersion"), "v1.32.0+test");
	reply_done(&r);
	/* two in one piece */
	peer_print(&c, "GET /livez HTTP/1.1\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n");
	for (int i = 0; i < 2; i++) {
		peer_reply(&c, &r);
		ck_assert_int_eq(r.status, 200);
		ck_assert_str_eq(r.body, "ok");
		reply_done(&r);
	}
	peer_close(&c);
	port_close(&p);
}
END_TEST

/* ---- duplicate fields ---- */

static const struct {
	const char *query, *type, *body;
	int         status;
	const char *expect; /* in the warning header or the message */
} duplicates[] = {
	{ "?fieldValidation=Strict", "application/json",
	  "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"1\",\"k\":\"2\"}}", 400, "duplicate field \"data.k\"" },
	{ "?fieldValidation=Warn", "application/json",
	  "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"1\",\"k\":\"2\"}}", 201, "duplicate field" },
	{ "?fieldValidation=Ignore", "application/json",
	  "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"1\",\"k\":\"2\"}}", 201, NULL },
	{ "?fieldValidation=Strict", "application/yaml", "metadata: {name: a}\ndata:\n  k: '1'\n  k: '2'\n", 400, "key \"k\"" },
	{ "?fieldValidation=Warn", "application/yaml", "metadata: {name: a}\ndata:\n  k: '1'\n  k: '2'\n", 201, "already set" },
};

START_TEST(tells_of_duplicate_fields)
{
	EK_FREE char *type = ek_str_fmt("Content-Type: %s\r\n", duplicates[_i].type);
	EK_FREE char *target =
		ek_str_fmt("/api/v1/namespaces/default/configmaps%s", duplicates[_i].query);
	const char *expect = duplicates[_i].expect;
	struct port_world p;
	struct peer c;
	struct reply r;

	port_open(&p, NULL);
	peer_open(&c, &p, "http/1.1");
	peer_ask(&c, &r, "POST", target, PORT_ADMIN, type, duplicates[_i].body);
	ck_assert_msg(r.status == duplicates[_i].status, "%d: %s", r.status, r.body);
	if (!expect)
		ck_assert_msg(!strstr(r.head, "warning:"), "%s", r.head);
	else if (r.status == 400)
		reply_is_status(&r, 400, "BadRequest", expect);
	else
		ck_assert_msg(strstr(r.head, "warning: 299 - ") && strstr(r.head, expect), "%s",
			      r.head);
	reply_done(&r);
	peer_close(&c);
	port_close(&p);
}
END_TEST

/* ---- who holds too much ---- */

static size_t count_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

static int64_t shift_ms;
static int64_t real_base_ms;

static int64_t real_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t shifted_mono(void *arg)
{
	(void)arg;
	return real_ms() + shift_ms - real_base_ms;
}

static int64_t shifted_wall(void *arg)
{
	struct timespec now;

	(void)arg;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* From here on time can be made to pass. */
static void hold_time(void)
{
	static const struct ek_clock_source source = { shifted_mono, shifted_wall, NULL };

	shift_ms = real_base_ms = 0;
	ek_clock_set_source(&source);
}

static void pass(struct port_world *p, int64_t ms)
{
	shift_ms += ms;
	(void)ek_loop_advance(p->w.loop);
}

START_TEST(notices_a_watcher_who_leaves)
{
	static const bool never = false;
	struct port_world p;
	struct peer c, other;
	struct reply r;
	size_t before;

	port_open(&p, NULL);
	peer_open(&other, &p, "http/1.1"); /* whatever is opened once is open */
	before = count_files();
	peer_open(&c, &p, "http/1.1");
	peer_ask(&c, &r, "GET", PODS "?watch=1&resourceVersion=0", PORT_ADMIN, NULL, NULL);
	ck_assert_int_eq(r.status, 200);
	reply_done(&r);
	ck_assert_uint_eq(count_files(), before + 2);
	peer_close(&c);
	for (int i = 0; i < 100 && count_files() > before; i++)
		(void)ek_loop_until(p.w.loop, &never, 10);
	ck_assert_uint_eq(count_files(), before); /* no event was needed */
	peer_close(&other);
	port_close(&p);
}
END_TEST

/* Clients die: their kernels reset what they leave. */
START_TEST(forgets_a_connection_that_was_reset)
{
	const struct linger at_once = { .l_onoff = 1 };
	static const bool never = false;
	struct port_world p;
	struct peer c;
	struct reply r;
	size_t before;

	port_open(&p, NULL);
	peer_open(&c, &p, "http/1.1");
	peer_ask(&c, &r, "GET", "/healthz", NULL, NULL, NULL);
	reply_done(&r);
	before = count_files();
	ck_assert_int_eq(setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	peer_close(&c);
	for (int i = 0; i < 100 && count_files() > before - 2; i++)
		(void)ek_loop_until(p.w.loop, &never, 10);
	ck_assert_uint_eq(count_files(), before - 2);
	port_close(&p);
}
END_TEST

static const char *const unfinished[] = {
	"", "GET / HT", "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc",
	"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "GET /version HTTP/1.1\r\n\r\n",
};

START_TEST(cuts_off_who_asks_nothing)
{
	struct port_world p;
	struct peer c;

	hold_time();
	port_open(&p, NULL);
	peer_open(&c, &p, "http/1.1");
	peer_print(&c, "%s", unfinished[_i]);
	world_settle(&p.w);
	pass(&p, 179 * 1000);
	ck_assert(!c.ended);
	world_settle(&p.w);
	pass(&p, 2 * 1000);
	ck_assert_msg(peer_until_end(&c), "still connected");
	peer_close(&c);
	port_close(&p);
}
END_TEST

START_TEST(waits_for_a_watcher)
{
	struct port_world p;
	struct peer c;
	struct reply r;

	hold_time();
	port_open(&p, NULL);
	peer_open(&c, &p, "http/1.1");
	peer_ask(&c, &r, "GET", "/api/v1/namespaces/default/configmaps?watch=1", PORT_ADMIN, NULL,
		 NULL);
	ck_assert_int_eq(r.status, 200);
	reply_done(&r);
	pass(&p, 1000 * 1000);
	ck_assert_int_eq(world_create(&p.w, &ek_kind_configmap, "default",
				      "{'metadata':{'name':'late'}}"),
			 0);
	ck_assert(peer_until(&c, "late"));
	peer_close(&c);
	port_close(&p);
}
END_TEST

enum { CROWD = 90 };

/* In a process of its own, so that only the server's ends are ours. */
static void crowd_in(int port, int done_fd)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char byte = 0;

	for (int i = 0; i < CROWD; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
			_exit(1);
	}
	(void)write(done_fd, &byte, 1);
	for (;;)
		(void)pause();
}

/* Of strangers who ask nothing only so many fit, and they make room for who comes later. */
START_TEST(bounds_connections)
{
	struct rlimit files = { .rlim_cur = 128, .rlim_max = RLIM_INFINITY };
	static const bool never = false;
	struct port_world p;
	struct peer c;
	struct reply r;
	size_t before;
	int ends[2];
	pid_t pid;
	char byte;

	port_open(&p, NULL);
	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		crowd_in(ek_api_port(p.w.api), ends[1]);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = 128; /* a half is for connections */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
	before = count_files();
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	for (int i = 0; i < 200 && ek_loop_turn(p.w.loop); i++)
		ck_assert_uint_le(count_files(), before + 66);
	(void)ek_loop_until(p.w.loop, &never, 20);
	ck_assert_uint_ge(count_files(), before + 32);
	(void)kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	(void)ek_loop_until(p.w.loop, &never, 50);
	peer_open(&c, &p, "http/1.1");
	peer_ask(&c, &r, "GET", "/version", NULL, NULL, NULL);
	ck_assert_int_eq(r.status, 200);
	reply_done(&r);
	peer_close(&c);
	port_close(&p);
}
END_TEST

/* ---- HTTP/2 ---- */

enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, GOAWAY = 7, WINDOW_UPDATE = 8 };
enum { END_STREAM = 1, END_HEADERS = 4 };

static void h2_frame(struct peer *c, int type, int flags, uint32_t id, const void *data, size_t n)
{
	char head[9] = { (char)(n >> 16),  (char)(n >> 8),  (char)n,
			 (char)type,	   (char)flags,	    (char)(id >> 24),
			 (char)(id >> 16), (char)(id >> 8), (char)id };

	peer_write(c, head, sizeof(head));
	peer_write(c, data, n);
}

static void h2_open(struct peer *c, struct port_world *p)
{
	peer_open(c, p, "h2");
	peer_print(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	h2_frame(c, SETTINGS, 0, 0, "", 0);
}

static void literal(struct ek_buf *b, const char *s)
{
	ck_assert_uint_lt(strlen(s), 127);
	(void)ek_buf_char(b, (char)strlen(s));
	(void)ek_buf_str(b, s);
}

/* RFC 7541: indexes of the static table, literals without indexing, no Huffman. */
static void h2_ask(struct peer *c, uint32_t id, bool post, const char *path, const char *token,
		   bool end)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(4096);

	(void)ek_buf_char(&b, (char)(post ? 0x83 : 0x82));
	(void)ek_buf_char(&b, (char)0x87);
	(void)ek_buf_char(&b, 0x04);
	literal(&b, path);
	(void)ek_buf_char(&b, 0x01);
	literal(&b, "h");
	if (token) {
		EK_FREE char *text = ek_str_fmt("Bearer %s", token);

		(void)ek_buf_append(&b, "\x0f\x08", 2);
		literal(&b, text);
	}
	h2_frame(c, HEADERS, END_HEADERS | (end ? END_STREAM : 0), id, b.data, b.len);
}

/* The data of the stream's frames until its end. */
static void h2_body(struct peer *c, uint32_t id, struct ek_buf *out)
{
	for (;;) {
		const unsigned char *h;
		uint32_t n, of;
		int type, flags;

		ck_assert_msg(peer_read(c, 9), "no more frames");
		h = (const unsigned char *)c->in.data;
		n = (uint32_t)h[0] << 16 | (uint32_t)h[1] << 8 | h[2];
		type = h[3];
		flags = h[4];
		of = (uint32_t)h[5] << 24 | (uint32_t)h[6] << 16 | (uint32_t)h[7] << 8 | h[8];
		ck_assert(peer_read(c, 9 + n));
		if (type == DATA && of == id)
			(void)ek_buf_append(out, c->in.data + 9, n);
		ck_assert_msg(type != RST_STREAM || of != id, "the stream was reset");
		peer_take(c, 9 + n);
		if (of == id && (flags & END_STREAM))
			return;
	}
}

static void h2_is_status(struct peer *c, uint32_t id, int code, const char *message)
{
	EK_BUF struct ek_buf body = EK_BUF_INIT(1 << 20);
	EK_JSON struct ek_json *v = NULL;

	h2_body(c, id, &body);
	ck_assert_msg(ek_json_parse(body.data, body.len, 1 << 20, &v, NULL, NULL) == 0, "%.*s",
		      (int)body.len, body.data);
	ck_assert_str_eq(ek_json_str_at(v, "kind"), "Status");
	ck_assert_int_eq(ek_json_int_at(v, "code", 0), code);
	ck_assert_msg(strstr(ek_json_str_at(v, "message"), message), "%s",
		      ek_json_str_at(v, "message"));
}

START_TEST(speaks_http2)
{
	EK_BUF struct ek_buf body = EK_BUF_INIT(1 << 20);
	struct port_world p;
	struct peer c;

	port_open(&p, NULL);
	h2_open(&c, &p);
	h2_ask(&c, 1, false, "/healthz", NULL, true);
	h2_body(&c, 1, &body);
	ck_assert_str_eq(body.data, "ok");
	h2_ask(&c, 3, false, PODS, NULL, true);
	h2_is_status(&c, 3, 403, "pods is forbidden");
	h2_ask(&c, 5, false, "/nothing", PORT_ADMIN, true);
	h2_is_status(&c, 5, 404, "could not find");
	peer_close(&c);
	port_close(&p);
}
END_TEST

/* Watches end with the server, which stops in bounded time. */
START_TEST(stops_under_watches)
{
	struct port_world p;
	struct peer one, two;
	struct reply r;

	port_open(&p, NULL);
	peer_open(&one, &p, "http/1.1");
	peer_ask(&one, &r, "GET", PODS "?watch=1", PORT_ADMIN, NULL, NULL);
	ck_assert_int_eq(r.status, 200);
	reply_done(&r);
	h2_open(&two, &p);
	h2_ask(&two, 1, false, PODS "?watch=1", PORT_ADMIN, true);
	world_settle(&p.w);
	port_close(&p); /* which waits for it */
	peer_close(&one);
	peer_close(&two);
}
END_TEST

START_TEST(refuses_bad_characters_in_http2)
{
	struct port_world p;
	struct peer c;

	port_open(&p, NULL);
	h2_open(&c, &p);
	h2_frame(&c, HEADERS, END_HEADERS | END_STREAM, 1, "\x82\x87\x84\x00\x01x\x02\x01\x02", 9);
	h2_is_status(&c, 1, 400, "found an invalid character in header value");
	peer_close(&c);
	port_close(&p);
}
END_TEST

START_TEST(refuses_a_large_body_in_http2)
{
	EK_FREE char *piece = ek_calloc(1, 16384);
	struct port_world p;
	struct peer c;

	port_open(&p, NULL);
	h2_open(&c, &p);
	h2_ask(&c, 1, true, PODS, PORT_ADMIN, false);
	for (int i = 0; i < 256; i++)
		h2_frame(&c, DATA, i == 255 ? END_STREAM : 0, 1, piece, 16384);
	h2_is_status(&c, 1, 413, "limit is 3145728");
	peer_close(&c);
	port_close(&p);
}
END_TEST

START_TEST(cuts_off_rapid_resets)
{
	struct port_world p;
	struct peer c, other;
	struct reply r;
	uint32_t id = 1;

	port_open(&p, NULL);
	h2_open(&c, &p);
	/* a watch lasts, so that the reset comes before the answer's end */
	for (; id < 4000 && !c.ended; id += 2) {
		h2_ask(&c, id, false, PODS "?watch=1", PORT_ADMIN, true);
		h2_frame(&c, RST_STREAM, 0, id, "\0\0\0\x8", 4);
	}
	ck_assert_msg(peer_until_end(&c), "still connected after %u resets", id / 2);
	peer_open(&other, &p, "http/1.1");
	peer_ask(&other, &r, "GET", "/healthz", NULL, NULL, NULL);
	ck_assert_int_eq(r.status, 200);
	reply_done(&r);
	peer_close(&c);
	peer_close(&other);
	port_close(&p);
}
END_TEST

/* Bodies that never end: what h2o keeps for one connection is bounded. */
START_TEST(bounds_what_a_connection_holds)
{
	EK_FREE char *piece = ek_calloc(1, 16384);
	struct port_world p;
	static const bool never = false;
	size_t sent = 0, before;
	struct peer c;

	port_open(&p, NULL);
	h2_open(&c, &p);
	world_settle(&p.w);
	before = count_files();
	for (uint32_t id = 1; id < 200 && !c.ended; id += 2) {
		h2_ask(&c, id, true, PODS, NULL, false);
		for (int i = 0; i < 128 && !c.ended; i++, sent += 16384)
			h2_frame(&c, DATA, 0, id, piece, 16384);
	}
	(void)ek_loop_until(p.w.loop, &never, 50);
	ck_assert_msg(count_files() < before, "still connected after %zu bytes", sent);
	ck_assert_uint_lt(sent, 40 << 20);
	peer_close(&c);
	port_close(&p);
}
END_TEST

EK_TESTS("api/front", EK_ROWS(answers_with_a_status, refused), counts_headers,
	 goes_on_after_a_refusal_of_ours, EK_ROWS(tells_of_duplicate_fields, duplicates),
	 notices_a_watcher_who_leaves, forgets_a_connection_that_was_reset,
	 EK_ROWS(cuts_off_who_asks_nothing, unfinished), waits_for_a_watcher, bounds_connections,
	 speaks_http2, stops_under_watches, refuses_bad_characters_in_http2,
	 refuses_a_large_body_in_http2, cuts_off_rapid_resets, bounds_what_a_connection_holds)
