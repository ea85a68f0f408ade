/* SPDX-License-Identifier: Apache-2.0 */
#include "handler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/http.h>

#include "session/exec.h"
#include "grpc_health.h"
#include "sandbox/sandbox.h"

enum { OUTPUT_MAX = 10 << 10, REDIRECTS_MAX = 10, HEADERS_MAX = 100, COMMAND_MAX = 1024 };

enum type { NOTHING, EXEC, HTTP, TCP, GRPC };

struct ek_handler {
	struct ek_ctr  *ctr;
	ek_handler_done done;
	void           *arg;
	enum type       type;      /* what is under way */
	struct ek_timer timer;     /* the timeout, a sleep, or the verdict on its way */
	enum ek_outcome outcome;
	char           *words;
	struct ek_buf   output;
	int64_t         timeout_ms;

	struct ek_exec  exec;
	struct ek_http  http;
	char           *url, *agent;
	struct ek_json
		*action; /* the HTTPGetAction (its headers are borrowed), or the ExecAction */
	EK_VEC(struct ek_http_header) headers;
	int             redirects;
	struct ek_stream tcp;
	struct ek_grpc_check grpc;
};

/* ---- the end ---- */

static void stop_all(struct ek_handler *h)
{
	ek_timer_stop(&h->timer);
	if (h->type == EXEC) {
		ek_exec_kill(&h->exec);
		ek_exec_close(&h->exec);
	} else if (h->type == TCP) {
		ek_stream_close(&h->tcp);
	} else if (h->type == GRPC) {
		ek_grpc_check_stop(&h->grpc);
	}
	h->type = NOTHING;
}

static void destroy(struct ek_handler *h)
{
	free(h->words);
	free(h->url);
	free(h->agent);
	ek_json_unref(h->action);
	ek_vec_done(&h->headers);
	ek_buf_done(&h->output);
	free(h);
}

static void on_verdict(struct ek_timer *t)
{
	struct ek_handler *h = ek_container_of(t, struct ek_handler, timer);
	ek_handler_done done = h->done;
	void *arg = h->arg;
	enum ek_outcome outcome = h->outcome;
	EK_FREE char *words = ek_steal(h->words);

	destroy(h);
	done(arg, outcome, words ? words : "");
}

/* In a later turn: the caller's callback may do as it likes with what brought us here. */
static void finish(struct ek_handler *h, enum ek_outcome outcome, const char *words)
{
	h->type = NOTHING;
	h->outcome = outcome;
	ek_str_set(&h->words, words);
	ek_timer_start(h->ctr->pod->node->loop, &h->timer, 0, on_verdict);
}

/* ---- exec ---- */

static void on_exec_output(struct ek_exec *x, int channel, const char *data, size_t n)
{
	struct ek_handler *h = ek_container_of(x, struct ek_handler, exec);

	(void)channel;
	(void)ek_buf_append(&h->output, data,
			    EK_MIN(n,
				   (size_t)OUTPUT_MAX - EK_MIN(h->output.len, (size_t)OUTPUT_MAX)));
}

static void finish_late(struct ek_handler *h)
{
	const struct ek_json *list = ek_json_at(h->action, "command");
	EK_BUF struct ek_buf words = EK_BUF_INIT(2 * OUTPUT_MAX);

	for (size_t i = 0; i < ek_json_len(list); i++)
		(void)ek_buf_fmt(&words, "%s%s", i ? " " : "", ek_json_str(ek_json_elem(list, i)));
	(void)ek_buf_str(&words, "");
	EK_JSON struct ek_json *quoted = ek_json_new_str(words.data ? words.data : "");
	EK_FREE char *text = ek_json_text(quoted);
	EK_FREE char *whole = ek_str_fmt("command timed out: %s timed out after %ds", text, (int)(h->timeout_ms / 1000));

	finish(h, EK_HANDLER_FAILED, whole);
}

static void on_exec_end(struct ek_exec *x, int rc, int code, const struct ek_err *err)
{
	struct ek_handler *h = ek_container_of(x, struct ek_handler, exec);

	if (rc == EK_ETIMEOUT)
		finish_late(h);
	else if (rc < 0)
		finish(h, EK_HANDLER_ERRORED, err->msg);
	else
		finish(h, code == 0 ? EK_HANDLER_OK : EK_HANDLER_FAILED, h->output.data ? h->output.data : "");
}

static int start_exec(struct ek_handler *h, const struct ek_json *action, struct ek_err *err)
{
	const struct ek_json *list = ek_json_get(action, "command");
	const char *command[COMMAND_MAX + 1];
	EK_FREE char *process = NULL;
	size_t n = ek_json_len(list);
	int rc;

	if (n == 0 || n > COMMAND_MAX)
		return ek_fail(err, EK_EINVALID, "a command of %zu words", n);
	for (size_t i = 0; i < n; i++)
		command[i] = ek_json_str(ek_json_elem(list, i));
	command[n] = NULL;
	h->action = ek_json_ref(action);
	rc = ek_ctr_exec_process(h->ctr, command, false, &process, err);
	if (rc < 0)
		return rc;
	const struct ek_exec_spec spec = { .program = h->ctr->pod->node->shim,
					   .runtime = h->ctr->pod->node->runtime_argv,
					   .id = h->ctr->id,
					   .dir = h->ctr->shim_dir,
					   .process = process,
					   .timeout_ms = h->timeout_ms };

	h->exec.on_output = on_exec_output;
	h->exec.on_end = on_exec_end;
	rc = ek_exec_start(h->ctr->pod->node->loop, &h->exec, &spec, err);
	if (rc == 0)
		h->type = EXEC;
	return rc;
}

/* ---- ports and hosts ---- */

int ek_handler_port(const struct ek_json *container, const struct ek_json *port)
{
	const char *name = ek_json_str(port);
	const struct ek_json *ports = ek_json_get(container, "ports");
	int64_t n = ek_json_int(port, 0);

	if (name && ek_str_to_int(name, 1, 65535, &n) < 0)
		n = ek_json_int_at(ek_json_find(ports, "name", name, NULL), "containerPort", 0);
	return n > 0 && n < 65536 ? (int)n : 0;
}

static const char *host_of(struct ek_handler *h, const struct ek_json *action)
{
	const char *host = ek_json_str_at(action, "host");

	return ek_str_empty(host) ? ek_pod_ip(h->ctr->pod) : host;
}

/* The host part of an absolute URL, and its length; of another one its start, and 0. */
static size_t host_in(const char *url, const char **ret)
{
	const char *at = strstr(url, "://");

	*ret = at ? at + 3 : url;
	if (!at)
		return 0;
	return (*ret)[0] == '[' ? strcspn(*ret, "]") + 1 : strcspn(*ret, ":/?#");
}

bool ek_handler_same_host(const char *url, const char *location)
{
	const char *a, *b;
	size_t n = host_in(url, &a), m = host_in(location, &b);

	return m == 0 || (n == m && strncmp(a, b, n) == 0);
}

/* ---- httpGet ---- */

static int get(struct ek_handler *h);

/* Where a redirect leads; malloc'd. */
static char *resolve(const char *url, const char *location)
{
	const char *host, *end;
	size_t n;

	if (strstr(location, "://"))
		return ek_str_dup(location);
	n = host_in(url, &host);
	end = host + n + strcspn(host + n, "/?#"); /* behind the port */
	if (location[0] == '/')
		return ek_str_fmt("%.*s%s", (int)(end - url), url, location);
	n = strcspn(end, "?#");
	while (n > 0 && end[n - 1] != '/')
		n--;
	return ek_str_fmt("%.*s%s%s", (int)(end - url + (ptrdiff_t)n), url, n ? "" : "/", location);
}

static void explain_http(struct ek_handler *h, int rc)
{
	const char *host, *why = h->http.err.msg;
	EK_FREE char *words = NULL;
	int port;

	(void)host_in(h->url, &host);
	port = (int)strcspn(host, "/?#");
	if (rc == -ECONNREFUSED)
		words = ek_str_fmt("Get \"%s\": dial tcp %.*s: connect: connection refused", h->url, port, host);
	else if (rc == EK_ETIMEOUT)
		words = ek_str_fmt("Get \"%s\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)", h->url);
	else
		words = ek_str_fmt("Get \"%s\": %s", h->url, why);
	finish(h, EK_HANDLER_FAILED, words);
}

static void on_http(struct ek_http *http, int rc)
{
	struct ek_handler *h = ek_container_of(http, struct ek_handler, http);
	const char *location = rc == 0 && http->status >= 300 && http->status < 400 ? ek_http_header(http, "Location") : NULL;
	EK_FREE char *next = NULL;

	h->type = NOTHING;
	if (rc == EK_ECANCELLED) {
		ek_http_done(http);
		destroy(h);
		return;
	}
	if (rc < 0 && rc != EK_ETOOLARGE) {
		explain_http(h, rc);
	} else if (location && !ek_handler_same_host(h->url, location)) {
		finish(h, EK_HANDLER_WARNED, EK_F("Probe terminated redirects, Response body: %.100s",
						  http->reply.data ? http->reply.data : ""));
	} else if (location && h->redirects++ < REDIRECTS_MAX) {
		next = resolve(h->url, location);
		ek_str_set(&h->url, next);
		ek_http_done(http);
		if (get(h) < 0)
			finish(h, EK_HANDLER_FAILED, EK_F("Get \"%s\": %s", h->url, h->http.err.msg));
		return;
	} else if (http->status >= 200 && http->status < 400) {
		finish(h, EK_HANDLER_OK, "");
	} else {
		finish(h, EK_HANDLER_FAILED, EK_F("HTTP probe failed with statuscode: %d", http->status));
	}
	ek_http_done(http);
}

static int get(struct ek_handler *h)
{
	h->http = (struct ek_http){ .url = h->url,
				    .headers = h->headers.items,
				    .n_headers = h->headers.n,
				    .tls = { .insecure = true },
				    .total_ms = h->timeout_ms,
				    .max_body = OUTPUT_MAX,
				    .cb = on_http };
	h->type = HTTP;
	return ek_http_start(h->ctr->pod->node->loop, &h->http);
}

static void add_header(struct ek_handler *h, const char *name, const char *value)
{
	struct ek_http_header header = { name, value };

	if (h->headers.n < HEADERS_MAX)
		ek_vec_push(&h->headers, header);
}

static int start_http(struct ek_handler *h, const struct ek_json *action, struct ek_err *err)
{
	const struct ek_json *spec = ek_slot_spec(h->ctr->slot), *list = ek_json_get(action, "httpHeaders");
	const char *scheme = ek_json_str_at(action, "scheme"), *path = ek_json_str_at(action, "path"), *host = host_of(h, action);
	int port = ek_handler_port(spec, ek_json_get(action, "port"));
	bool agent = false, accept = false;
	int rc;

	if (port == 0)
		return ek_fail(err, EK_EINVALID, "couldn't find port: %s", ek_json_str_at(action, "port") ? ek_json_str_at(action, "port") : "");
	if (!path)
		path = "/";
	h->url = ek_str_fmt(strchr(host, ':') ? "%s://[%s]:%d%s%s" : "%s://%s:%d%s%s", ek_streq(scheme, "HTTPS") ? "https" : "http",
			    host, port, path[0] == '/' ? "" : "/", path);
	h->action = ek_json_ref(action);
	for (size_t i = 0; i < ek_json_len(list); i++) {
		const char *name = ek_json_str_at(ek_json_elem(list, i), "name"), *value = ek_json_str_at(ek_json_elem(list, i), "value");

		agent |= name && strcasecmp(name, "User-Agent") == 0;
		accept |= name && strcasecmp(name, "Accept") == 0;
		/* set, but empty: not sent */
		if (name && !ek_str_empty(value))
			add_header(h, name, value);
	}
	if (!agent)
		add_header(h, "User-Agent", h->agent);
	if (!accept)
		add_header(h, "Accept", "*/*");
	rc = get(h);
	if (rc < 0) {
		h->type = NOTHING;
		*err = h->http.err;
	}
	return rc;
}

/* ---- tcpSocket, grpc, sleep ---- */

static void on_tcp(struct ek_stream *s, int rc)
{
	struct ek_handler *h = ek_container_of(s, struct ek_handler, tcp);

	if (rc == 0) {
		ek_stream_close(s);
		finish(h, EK_HANDLER_OK, "");
	} else {
		finish(h, EK_HANDLER_FAILED,
		       EK_F("dial tcp %s: %s", h->url,
			    rc == -ETIMEDOUT || rc == EK_ETIMEOUT ? "i/o timeout" :
			    rc == -ECONNREFUSED			  ? "connect: connection refused" :
								    ek_err_name(rc)));
	}
}

static int start_tcp(struct ek_handler *h, const struct ek_json *action, struct ek_err *err)
{
	const char *host = host_of(h, action);
	int port = ek_handler_port(ek_slot_spec(h->ctr->slot), ek_json_get(action, "port"));
	int rc;

	if (port == 0)
		return ek_fail(err, EK_EINVALID, "couldn't find port: %s", ek_json_str_at(action, "port") ? ek_json_str_at(action, "port") : "");
	h->url = ek_str_fmt(strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, port);
	rc = ek_stream_connect_tcp(h->ctr->pod->node->loop, &h->tcp, host, port, h->timeout_ms,
				   on_tcp);
	if (rc < 0)
		return ek_fail(err, rc, "dial tcp %s: %s", h->url, ek_err_name(rc));
	h->type = TCP;
	return 0;
}

static void on_grpc(struct ek_grpc_check *g, int rc, const char *words)
{
	finish(ek_container_of(g, struct ek_handler, grpc),
	       rc == 0 ? EK_HANDLER_OK : EK_HANDLER_FAILED, words);
}

static void on_grpc_late(struct ek_timer *t)
{
	struct ek_handler *h = ek_container_of(t, struct ek_handler, timer);

	ek_grpc_check_stop(&h->grpc);
	finish(h, EK_HANDLER_FAILED, EK_F("timeout: health rpc did not complete within %d ms", (int)h->timeout_ms));
}

static int start_grpc(struct ek_handler *h, const struct ek_json *action, struct ek_err *err)
{
	const char *service = ek_json_str_at(action, "service");
	struct ek_loop *loop = h->ctr->pod->node->loop;
	int port = ek_handler_port(ek_slot_spec(h->ctr->slot), ek_json_get(action, "port"));
	int rc;

	h->grpc.done = on_grpc;
	rc = ek_grpc_check_start(loop, &h->grpc, ek_pod_ip(h->ctr->pod), port, service ? service : "");
	if (rc < 0) {
		ek_grpc_check_stop(&h->grpc);
		return ek_fail(err, rc, "grpc: %s", ek_err_name(rc));
	}
	h->type = GRPC;
	if (h->timeout_ms > 0)
		ek_timer_start(loop, &h->timer, h->timeout_ms, on_grpc_late);
	return 0;
}

static void on_slept(struct ek_timer *t)
{
	finish(ek_container_of(t, struct ek_handler, timer), EK_HANDLER_OK, "");
}

/* ---- beginning and cancelling ---- */

static int start(struct ek_handler *h, const struct ek_json *action, struct ek_err *err)
{
	const struct ek_json *a;

	if (!ek_ctr_is_running(h->ctr))
		return ek_fail(err, EK_EUNAVAILABLE, "the container does not run");
	if ((a = ek_json_get(action, "exec")))
		return start_exec(h, a, err);
	if ((a = ek_json_get(action, "httpGet")))
		return start_http(h, a, err);
	if ((a = ek_json_get(action, "tcpSocket")))
		return start_tcp(h, a, err);
	if ((a = ek_json_get(action, "grpc")))
		return start_grpc(h, a, err);
	a = ek_json_get(action, "sleep");
	if (!a)
		return ek_fail(err, EK_EINVALID, "invalid handler: nothing to do");
	ek_timer_start(h->ctr->pod->node->loop, &h->timer, ek_json_int_at(a, "seconds", 0) * 1000, on_slept);
	return 0;
}

struct ek_handler *ek_handler_start(struct ek_ctr *c, const struct ek_json *action,
				    const char *agent, int64_t timeout_ms, ek_handler_done done,
				    void *arg)
{
	struct ek_handler *h = ek_new(struct ek_handler);
	struct ek_err err = { 0 };

	h->ctr = c;
	h->done = done;
	h->arg = arg;
	h->agent = ek_str_dup(agent);
	h->timeout_ms = timeout_ms;
	ek_buf_init(&h->output, OUTPUT_MAX);
	if (start(h, action, &err) < 0)
		finish(h, EK_HANDLER_ERRORED, err.msg);
	return h;
}

void ek_handler_cancel(struct ek_handler *h)
{
	if (!h)
		return;
	ek_timer_stop(&h->timer);
	if (h->type == HTTP) { /* its callback comes at once, and frees */
		ek_http_cancel(&h->http);
		return;
	}
	stop_all(h);
	destroy(h);
}
