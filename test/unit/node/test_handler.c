/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/str.h>

#include "ek_test.h"
#include "container/handler.h"
#include "container/probes.h"

/*
 * Probes and hooks over the network, against a server that answers by path; and the rule of
 * thresholds.
 */

/* ---- a server ---- */

struct server {
	int   fd, port;
	pid_t pid;
};

static int listen_on_loopback(int *ret_port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	*ret_port = ntohs(sa.sin_port);
	return fd;
}

static const struct {
	const char *path, *reply; /* after HTTP/1.1 */
} answers[] = {
	{ "/ok", "200 OK\r\nContent-Length: 2\r\n\r\nok" },
	{ "/bad", "503 Busy\r\nContent-Length: 4\r\n\r\nbusy" },
	{ "/teapot", "418 X\r\nContent-Length: 0\r\n\r\n" },
	{ "/there", "302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n" },
	{ "/relative/x", "302 Found\r\nLocation: y\r\nContent-Length: 0\r\n\r\n" },
	{ "/relative/y", "200 OK\r\nContent-Length: 0\r\n\r\n" },
	{ "/away", "302 Found\r\nLocation: http://example.com/\r\nContent-Length: 4\r\n\r\ngone" },
	{ "/round", "302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n" },
	{ "/nowhere", "302 Found\r\nContent-Length: 0\r\n\r\n" },
};

static void answer(int fd)
{
	char request[4096];
	ssize_t n = 0, r;

	while (n < (ssize_t)sizeof(request) - 1 &&
	       (r = read(fd, request + n, sizeof(request) - 1 - (size_t)n)) > 0) {
		n += r;
		request[n] = '\0';
		if (strstr(request, "\r\n\r\n"))
			break;
	}
	request[n] = '\0';
	if (ek_str_starts(request, "GET /slow "))
		(void)sleep(30);
	if (ek_str_starts(request, "GET /header ")) {
		bool good = strcasestr(request, "\r\nX-A: 1\r\n") && strcasestr(request, "\r\nUser-Agent: kube-probe/1.32\r\n") &&
			    strcasestr(request, "\r\nAccept: */*\r\n") && strcasestr(request, "\r\nHost: a.example\r\n");

		(void)dprintf(fd, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", good ? "200 OK" : "400 Bad");
		return;
	}
	for (size_t i = 0; i < EK_ARRAY_LEN(answers); i++) {
		EK_FREE char *line = ek_str_fmt("GET %s HTTP", answers[i].path);

		if (ek_str_starts(request, line))
			(void)dprintf(fd, "HTTP/1.1 %s", answers[i].reply);
	}
}

static void serve(struct server *s)
{
	s->fd = listen_on_loopback(&s->port);
	s->pid = fork();
	if (s->pid > 0)
		return;
	for (;;) {
		int fd = accept(s->fd, NULL, NULL);

		if (fork() == 0) {
			answer(fd);
			_exit(0);
		}
		(void)close(fd);
	}
}

static void stop_serving(struct server *s)
{
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
	(void)close(s->fd);
}

/* ---- a container that seems to run ---- */

struct world {
	struct ek_node  node;
	struct ek_pod   pod;
	struct ek_slot  slot;
	struct ek_ctr   ctr;
	enum ek_outcome outcome;
	char            words[4096];
	bool            done;
};

static void open_world(struct world *w, int port)
{
	EK_FREE char *text = ek_str_fmt("{'metadata':{'name':'p','namespace':'d','uid':'u'},'spec':{'hostNetwork':true,'containers':["
					"{'name':'c','ports':[{'name':'web','containerPort':%d}]}]}}", port);
	static char ip[] = "127.0.0.1", name[] = "c";
	EK_JSON struct ek_json *pod = ek_json_make(text);

	memset(w, 0, sizeof(*w));
	w->node.loop = ek_loop_new();
	w->node.ip = ip;
	w->pod.node = &w->node;
	w->pod.object = ek_object_new(pod, 1, NULL);
	w->slot.pod = &w->pod;
	w->slot.name = name;
	w->ctr.pod = &w->pod;
	w->ctr.slot = &w->slot;
	w->ctr.shim.status.state = EK_SHIM_RUNNING;
}

static void close_world(struct world *w)
{
	ek_object_unref(w->pod.object);
	ek_loop_free(w->node.loop);
}

static void on_done(void *arg, enum ek_outcome outcome, const char *words)
{
	struct world *w = arg;

	w->outcome = outcome;
	(void)snprintf(w->words, sizeof(w->words), "%s", words);
	w->done = true;
}

static void try(struct world *w, const char *action, int64_t timeout_ms)
{
	EK_JSON struct ek_json *a = ek_json_make(action);

	w->done = false;
	(void)ek_handler_start(&w->ctr, a, "kube-probe/1.32", timeout_ms, on_done, w);
	ck_assert(!w->done); /* never before it returned */
	ck_assert(ek_loop_until(w->node.loop, &w->done, 20000));
}

#define GET(path) "{'httpGet':{'port':'web','path':'" path "'}}"
#define P "@" /* the port, in expected words */

static const struct {
	const char     *action;
	enum ek_outcome outcome;
	const char     *words;
} rows[] = {
	{ GET("/ok"), EK_HANDLER_OK, "" },
	{ GET("ok"), EK_HANDLER_OK, "" },
	{ GET("/bad"), EK_HANDLER_FAILED, "HTTP probe failed with statuscode: 503" },
	{ GET("/teapot"), EK_HANDLER_FAILED, "HTTP probe failed with statuscode: 418" },
	{ GET("/there"), EK_HANDLER_OK, "" },
	{ GET("/relative/x"), EK_HANDLER_OK, "" },
	{ GET("/away"), EK_HANDLER_WARNED, "Probe terminated redirects, Response body: gone" },
	{ GET("/nowhere"), EK_HANDLER_OK, "" },
	{ GET("/slow"), EK_HANDLER_FAILED,
	  "Get \"http://127.0.0.1:" P "/slow\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)" },
	{ "{'httpGet':{'port':'web','path':'/header','httpHeaders':[{'name':'X-A','value':'1'},{'name':'Host','value':'a.example'}]}}",
	  EK_HANDLER_OK, "" },
	{ "{'httpGet':{'port':1,'path':'/'}}", EK_HANDLER_FAILED,
	  "Get \"http://127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: connection refused" },
	{ "{'httpGet':{'port':'nobody','path':'/'}}", EK_HANDLER_ERRORED, "couldn't find port: nobody" },
	{ "{'tcpSocket':{'port':'web'}}", EK_HANDLER_OK, "" },
	{ "{'tcpSocket':{'port':1}}", EK_HANDLER_FAILED, "dial tcp 127.0.0.1:1: connect: connection refused" },
	{ "{'tcpSocket':{'port':'nobody'}}", EK_HANDLER_ERRORED, "couldn't find port: nobody" },
	{ "{'sleep':{'seconds':0}}", EK_HANDLER_OK, "" },
	{ "{}", EK_HANDLER_ERRORED, "invalid handler: nothing to do" },
};

START_TEST(handles)
{
	struct server s;
	struct world w;
	EK_FREE char *want = NULL;
	const char *at = strstr(rows[_i].words, "127.0.0.1:" P);

	serve(&s);
	open_world(&w, s.port);
	try(&w, rows[_i].action, 1000);
	want = at ? ek_str_fmt("%.*s127.0.0.1:%d%s", (int)(at - rows[_i].words), rows[_i].words, s.port, at + strlen("127.0.0.1:" P)) :
		    ek_str_dup(rows[_i].words);
	ck_assert_str_eq(w.words, want);
	ck_assert_int_eq(w.outcome, rows[_i].outcome);
	close_world(&w);
	stop_serving(&s);
}
END_TEST

START_TEST(endless_redirects_end)
{
	struct server s;
	struct world w;

	serve(&s);
	open_world(&w, s.port);
	try(&w, GET("/round"), 5000);
	ck_assert_int_ne(w.outcome, EK_HANDLER_ERRORED);
	close_world(&w);
	stop_serving(&s);
}
END_TEST

/* Called off: nothing is called, and nothing is left behind (the sanitizers look). */
static const char *const cancel_rows[] = { GET("/slow"), GET("/ok"), "{'tcpSocket':{'port':'web'}}", "{'sleep':{'seconds':100}}",
					   "{'grpc':{'port':1}}", "{}" };

START_TEST(cancels)
{
	EK_JSON struct ek_json *a = ek_json_make(cancel_rows[_i]);
	struct server s;
	struct world w;

	for (int turns = 0; turns < 4; turns++) {
		struct ek_handler *h;

		serve(&s);
		open_world(&w, s.port);
		h = ek_handler_start(&w.ctr, a, "kube-lifecycle/1.32", 0, on_done, &w);
		for (int i = 0; i < turns && !w.done; i++)
			(void)ek_loop_turn(w.node.loop);
		if (!w.done)
			ek_handler_cancel(h);
		w.done = true;
		while (ek_loop_turn(w.node.loop))
			;
		close_world(&w);
		stop_serving(&s);
	}
}
END_TEST

START_TEST(needs_a_running_container)
{
	struct world w;

	open_world(&w, 80);
	w.ctr.shim.status.state = EK_SHIM_EXITED;
	try(&w, GET("/ok"), 1000);
	ck_assert_int_eq(w.outcome, EK_HANDLER_ERRORED);
	close_world(&w);
}
END_TEST

static const struct {
	const char *a, *b;
	bool        same;
} host_rows[] = {
	{ "http://h/x", "/y", true },
	{ "http://h:1/x", "http://h:2/y", true },
	{ "http://h/x", "https://h/y", true },
	{ "http://h/x", "http://hh/y", false },
	{ "http://[::1]:8/x", "http://[::1]/", true },
	{ "http://[::1]:8/x", "http://[::2]/", false },
	{ "http://h?x", "http://h#y", true },
};

START_TEST(same_host)
{
	ck_assert_int_eq(ek_handler_same_host(host_rows[_i].a, host_rows[_i].b),
			 host_rows[_i].same);
}
END_TEST

/* ---- thresholds: + and - are results, g where the verdict is good after them ---- */

static const struct {
	int         success, failure;
	bool        good;
	const char *results, *verdicts;
} count_rows[] = {
	{ 1, 3, true, "---", "gg." },
	{ 1, 3, true, "--+--", "ggggg" },
	{ 1, 1, false, "+-+", "g.g" },
	{ 2, 1, false, "++-++", ".g..g" },
	{ 3, 2, false, "++-+++--", ".....gg." },
};

START_TEST(counts)
{
	struct ek_probe_count c = { .success_threshold = count_rows[_i].success,
				    .failure_threshold = count_rows[_i].failure,
				    .good = count_rows[_i].good };

	for (size_t i = 0; count_rows[_i].results[i]; i++) {
		bool was = c.good, changed = ek_probe_count(&c, count_rows[_i].results[i] == '+');

		ck_assert_int_eq(c.good, count_rows[_i].verdicts[i] == 'g');
		ck_assert_int_eq(changed, c.good != was);
	}
}
END_TEST

EK_TESTS("node/handler", EK_ROWS(handles, rows), endless_redirects_end, EK_ROWS(cancels, cancel_rows), needs_a_running_container,
	 EK_ROWS(same_host, host_rows), EK_ROWS(counts, count_rows))
