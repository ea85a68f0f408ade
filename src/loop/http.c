/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/http.h>

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ekube/str.h>

#include "impl.h"

/*
 *	struct ek_http ◄──► xfer (curl's easy handle) ──► hub (multi handle, one a loop)
 *
 * The hub holds the connection, DNS and certificate caches. It is made by the first transfer and
 * goes after HUB_IDLE_MS without any, so that an idle process pays for none of it.
 *
 * curl must not be entered from its own callbacks. Whatever a user does in one (start, cancel)
 * waits in `births` and `deaths` until curl has returned; a cancelled transfer has no owner from
 * then on, and every callback of it fails.
 */

enum {
	HUB_IDLE_MS = 30 * 1000,
	CONNECT_MS = 30 * 1000,
	URL_MAX = 16 * 1024,
	HEADERS_MAX = 64 * 1024,
	BODY_DEFAULT = 1024 * 1024,
	MAX_CACHED = 32, /* idle connections */
};

#ifndef EK_VERSION
#define EK_VERSION "dev"
#endif

struct ek_http_hub {
	struct ek_loop *loop;
	CURLM          *multi;
	struct ek_timer timer; /* curl's own */
	struct ek_timer idle;
	struct ek_list  births, deaths;
	size_t          n_xfers;
	int             depth; /* inside curl */
};

struct xfer {
	struct ek_list      node; /* in births or deaths */
	struct ek_http_hub *hub;
	struct ek_http     *owner; /* NULL once cancelled */
	CURL               *easy;
	struct curl_slist  *headers;
	struct ek_timer     stall;
	struct ek_defer     resume;
	size_t              sent;
	int                 rc; /* why a callback of ours stopped it */
	bool                added, paused, told; /* told: of the head */
	char                error[CURL_ERROR_SIZE];
};

/* What stays until ek_http_done(): the reply's headers, each "name: value\0". */
struct reply {
	struct xfer  *xfer; /* NULL when over */
	struct ek_buf headers;
};

/* A socket that curl wants to have watched. */
struct sock {
	struct ek_poll      poll;
	struct ek_http_hub *hub;
	int                 fd;
};

static void settle(struct ek_http_hub *hub);

/* ---- the hub ---- */

static void drive(struct ek_http_hub *hub, curl_socket_t fd, int mask)
{
	int running;

	hub->depth++;
	(void)curl_multi_socket_action(hub->multi, fd, mask, &running);
	hub->depth--;
	settle(hub);
}

static void on_socket(struct ek_poll *p, int events)
{
	struct sock *s = ek_container_of(p, struct sock, poll);
	int mask = (events & (EK_READABLE | EK_HANGUP) ? CURL_CSELECT_IN : 0) |
		   (events & EK_WRITABLE ? CURL_CSELECT_OUT : 0);

	drive(s->hub, s->fd, mask); /* may free s */
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct ek_http_hub *hub = arg;
	struct sock *s = socket_arg;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s) {
			ek_poll_stop(&s->poll);
			free(s);
			curl_multi_assign(hub->multi, fd, NULL);
		}
		return 0;
	}
	if (!s) {
		s = ek_new(struct sock);
		s->hub = hub;
		s->fd = fd;
		curl_multi_assign(hub->multi, fd, s);
	}
	(void)ek_poll_start(hub->loop, &s->poll, fd,
			    (what & CURL_POLL_IN ? EK_READABLE : 0) |
				    (what & CURL_POLL_OUT ? EK_WRITABLE : 0),
			    on_socket);
	return 0;
}

static void on_timer(struct ek_timer *t)
{
	drive(ek_container_of(t, struct ek_http_hub, timer), CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
	struct ek_http_hub *hub = arg;

	(void)multi;
	if (ms < 0)
		ek_timer_stop(&hub->timer);
	else
		ek_timer_start(hub->loop, &hub->timer, ms, on_timer);
	return 0;
}

static void hub_free(struct ek_http_hub *hub)
{
	EK_ASSERT(hub->n_xfers == 0);
	hub->depth++;
	curl_multi_cleanup(hub->multi); /* calls watch_socket and set_timer */
	ek_timer_stop(&hub->timer);
	ek_timer_stop(&hub->idle);
	curl_global_cleanup();
	hub->loop->http = NULL;
	free(hub);
}

static void on_idle(struct ek_timer *t)
{
	hub_free(ek_container_of(t, struct ek_http_hub, idle));
}

void ek_loop_http_done(struct ek_loop *loop)
{
	if (loop->http)
		hub_free(loop->http);
}

static struct ek_http_hub *hub_get(struct ek_loop *loop)
{
	struct ek_http_hub *hub = loop->http;

	if (hub)
		return hub;
	hub = loop->http = ek_new(struct ek_http_hub);
	hub->loop = loop;
	ek_list_init(&hub->births);
	ek_list_init(&hub->deaths);
	EK_ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
	hub->multi = curl_multi_init();
	EK_ASSERT(hub->multi);
	curl_multi_setopt(hub->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(hub->multi, CURLMOPT_SOCKETDATA, hub);
	curl_multi_setopt(hub->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(hub->multi, CURLMOPT_TIMERDATA, hub);
	curl_multi_setopt(hub->multi, CURLMOPT_MAXCONNECTS, (long)MAX_CACHED);
	return hub;
}

/* ---- the end of a transfer ---- */

static void xfer_free(struct xfer *x)
{
	struct ek_http_hub *hub = x->hub;

	ek_list_del(&x->node);
	ek_timer_stop(&x->stall);
	ek_defer_cancel(&x->resume);
	if (x->added)
		curl_multi_remove_handle(hub->multi, x->easy);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
	free(x);
	if (--hub->n_xfers == 0)
		ek_timer_start(hub->loop, &hub->idle, HUB_IDLE_MS, on_idle);
}

/* From here on x answers to nobody. */
static struct ek_http *disown(struct xfer *x)
{
	struct ek_http *h = ek_steal(x->owner);

	((struct reply *)h->impl)->xfer = NULL;
	ek_timer_stop(&x->stall);
	ek_defer_cancel(&x->resume);
	if (x->hub->depth == 0) {
		xfer_free(x);
	} else {
		ek_list_del(&x->node);
		ek_list_add_tail(&x->hub->deaths, &x->node);
	}
	return h;
}

/* Without what may be secret: the user, the query. */
static int describe(const struct ek_http *h, int code, const char *why)
{
	const char *host = strstr(h->url, "://") + 3;
	size_t authority = strcspn(host, "/?#");
	const char *at = memchr(host, '@', authority);
	struct ek_err *err = (struct ek_err *)(uintptr_t)&h->err;

	if (at)
		host = at + 1;
	return ek_fail(err, code, "%s %.*s%.*s: %s", h->method ? h->method : "GET",
		       (int)(strstr(h->url, "://") + 3 - h->url), h->url,
		       (int)EK_MIN(strcspn(host, "?#"), 300), host, why);
}

static int code_of(struct xfer *x, CURLcode res)
{
	long os = 0;

	switch (res) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return EK_ETIMEOUT;
	case CURLE_COULDNT_CONNECT:
		curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &os);
		return os > 0 ? -(int)os : -ECONNREFUSED;
	case CURLE_URL_MALFORMAT: /* after a reply: it was a redirect to nowhere */
		return x->owner->status ? EK_EUNAVAILABLE : EK_EINVALID;
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
		return EK_EINVALID;
	case CURLE_TOO_MANY_REDIRECTS:
		return -ELOOP;
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return -ECONNRESET;
	default:
		return EK_EUNAVAILABLE;
	}
}

static const char *own_reason(const struct ek_http *h, int rc)
{
	switch (rc) {
	case EK_ETOOLARGE:
		return h->err.msg[0] ? h->err.msg : "the reply is too large";
	case EK_ETIMEOUT:
		return "the server stopped sending";
	case EK_ECANCELLED:
		return "cancelled";
	default:
		return ek_err_name(rc);
	}
}

static void finish(struct xfer *x, CURLcode res)
{
	int rc = x->rc < 0 ? x->rc : code_of(x, res);
	struct ek_http *h = x->owner;
	char why[CURL_ERROR_SIZE + 256] = "";

	if (x->rc < 0)
		ek_str_into(why, sizeof(why), "%s", own_reason(h, rc));
	else if (rc < 0)
		ek_str_into(why, sizeof(why), "%s", *x->error ? x->error : curl_easy_strerror(res));
	disown(x);
	if (rc < 0)
		describe(h, rc, why);
	h->cb(h, rc); /* may free h */
}

static void begin(struct xfer *x)
{
	ek_list_del(&x->node);
	x->added = true;
	curl_multi_add_handle(x->hub->multi, x->easy); /* goes to work in the next turn */
}

/* Curl has returned: now bury, bear, and tell those who are through. */
static void settle(struct ek_http_hub *hub)
{
	struct CURLMsg *msg;
	struct xfer *x;
	int left;

	if (hub->depth > 0)
		return;
	EK_LIST_EACH(node, tmp, &hub->deaths)
		xfer_free(ek_container_of(node, struct xfer, node));
	while ((x = ek_list_first(&hub->births, struct xfer, node)))
		begin(x);
	while ((msg = curl_multi_info_read(hub->multi, &left))) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &x);
		hub->loop->n_events++;
		finish(x, msg->data.result);
	}
}

/* ---- curl's questions during a transfer ---- */

static void on_stall(struct ek_timer *t)
{
	struct xfer *x = ek_container_of(t, struct xfer, stall);

	x->rc = EK_ETIMEOUT;
	finish(x, CURLE_OPERATION_TIMEDOUT);
}

static void note_progress(struct xfer *x)
{
	if (x->owner && x->owner->stall_ms > 0)
		ek_timer_start(x->hub->loop, &x->stall, x->owner->stall_ms, on_stall);
}

static int on_connected(void *arg, char *ip, char *local_ip, int port, int local_port)
{
	(void)ip, (void)local_ip, (void)port, (void)local_port;
	note_progress(arg);
	return CURL_PREREQFUNC_OK;
}

/* What comes afterwards among the headers is a trailer. */
static size_t tell_head(struct xfer *x, size_t n)
{
	struct ek_http *h = x->owner;
	int rc;

	if (!h->on_head || h->status < 200 || x->told)
		return n;
	x->told = true;
	rc = h->on_head(h);
	if (!x->owner)
		return 0; /* cancelled in there */
	if (rc < 0)
		x->rc = rc;
	return rc < 0 ? 0 : n;
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	struct xfer *x = arg;
	struct reply *reply;
	size_t len = n * size;

	if (!x->owner)
		return 0;
	note_progress(x);
	reply = x->owner->impl;
	if (len > 9 && strncmp(line, "HTTP/", 5) == 0) { /* of another reply: redirect, 100 */
		const char *space = memchr(line, ' ', len);

		ek_buf_clear(&reply->headers);
		x->owner->status = space ? (int)strtol(space, NULL, 10) : 0;
		return len;
	}
	while (len > 0 && isspace((unsigned char)line[len - 1]))
		len--;
	if (len == 0)
		return tell_head(x, n * size);
	if (ek_buf_append(&reply->headers, line, len) < 0 ||
	    ek_buf_char(&reply->headers, '\0') < 0) {
		x->rc = ek_fail(&x->owner->err, EK_ETOOLARGE,
				"the reply's headers are larger than %d bytes", HEADERS_MAX);
		return 0;
	}
	return n * size;
}

static size_t to_owner(struct xfer *x, const void *data, size_t n)
{
	int rc = x->owner->on_body(x->owner, data, n);

	if (!x->owner)
		return 0; /* cancelled in there */
	if (rc == EK_HTTP_PAUSE) {
		x->paused = true;
		ek_timer_stop(&x->stall); /* it is us who do not want more */
		return CURL_WRITEFUNC_PAUSE;
	}
	if (rc < 0)
		x->rc = rc;
	return rc < 0 ? 0 : n;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct xfer *x = arg;
	struct ek_http *h = x->owner;

	n *= size;
	if (!h)
		return 0;
	if (n == 0)
		return 0;
	note_progress(x);
	if (h->on_body && (h->on_head || h->status / 100 == 2))
		return to_owner(x, data, n);
	if (ek_buf_append(&h->reply, data, n) < 0) {
		x->rc = ek_fail(&h->err, EK_ETOOLARGE, "the reply is larger than %zu bytes",
				h->reply.max);
		return 0;
	}
	return n;
}

static size_t on_send(char *out, size_t size, size_t n, void *arg)
{
	struct xfer *x = arg;

	if (!x->owner)
		return CURL_READFUNC_ABORT;
	note_progress(x);
	n = EK_MIN(n * size, x->owner->body_len - x->sent);
	if (n)
		memcpy(out, (const char *)x->owner->body + x->sent, n);
	x->sent += n;
	return n;
}

/* A redirect, or a cached connection that had died: the body is sent again. */
static int on_rewind(void *arg, curl_off_t offset, int origin)
{
	struct xfer *x = arg;

	if (!x->owner || origin != SEEK_SET || offset < 0 || (size_t)offset > x->owner->body_len)
		return CURL_SEEKFUNC_FAIL;
	x->sent = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)arg, (void)purpose;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- the beginning ---- */

static bool is_token(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("!#$%&'*+-.^_`|~", *s))
			return false;
	return true;
}

static bool is_field_value(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 && *s != '\t')
			return false;
	return true;
}

static int check(struct ek_http *h)
{
	if (!h->url || strlen(h->url) > URL_MAX)
		return ek_fail(&h->err, EK_EINVALID, "no URL, or one longer than %d bytes",
			       URL_MAX);
	if (strncasecmp(h->url, "http://", 7) != 0 && strncasecmp(h->url, "https://", 8) != 0)
		return ek_fail(&h->err, EK_EINVALID, "not an http or https URL: %.300s", h->url);
	for (const char *c = h->url; *c; c++)
		if ((unsigned char)*c <= 0x20 || *c == 0x7f)
			return ek_fail(&h->err, EK_EINVALID,
				       "a space or control character in the URL");
	if (h->method && !is_token(h->method))
		return ek_fail(&h->err, EK_EINVALID, "not an HTTP method: %.100s", h->method);
	for (size_t i = 0; i < h->n_headers; i++)
		if (!is_token(h->headers[i].name) || !is_field_value(h->headers[i].value))
			return ek_fail(&h->err, EK_EINVALID, "not an HTTP header: %.100s",
				       h->headers[i].name);
	return 0;
}

static void append_header(struct xfer *x, const char *line)
{
	struct curl_slist *list = curl_slist_append(x->headers, line);

	EK_ASSERT(list);
	x->headers = list;
}

static void set_headers(struct xfer *x, const struct ek_http *h)
{
	bool has_type = false;

	append_header(x, "Expect:"); /* no waiting for "100 Continue" */
	for (size_t i = 0; i < h->n_headers; i++) {
		const struct ek_http_header *header = &h->headers[i];
		bool empty = !*header->value; /* curl wants these spelt so */
		EK_FREE char *line =
			ek_str_fmt(empty ? "%s;%s" : "%s: %s", header->name, header->value);

		has_type |= strcasecmp(header->name, "Content-Type") == 0;
		append_header(x, line);
	}
	if (!has_type)
		append_header(x, "Content-Type:"); /* curl would claim a web form */
	curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
	curl_easy_setopt(x->easy, CURLOPT_USERAGENT, "ekube/" EK_VERSION);
}

static void set_method(struct xfer *x, const struct ek_http *h)
{
	const char *method = h->method ? h->method : "GET";
	CURL *easy = x->easy;

	if (ek_streq(method, "HEAD")) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (ek_streq(method, "POST")) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L); /* redirects then do as browsers do */
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)h->body_len);
	} else if (h->body_len) {
		curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)h->body_len);
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
	} else if (!ek_streq(method, "GET")) {
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
	}
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
	curl_easy_setopt(easy, CURLOPT_READDATA, x);
	curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_rewind);
	curl_easy_setopt(easy, CURLOPT_SEEKDATA, x);
}

static void set_blob(CURL *easy, CURLoption option, const char *pem)
{
	struct curl_blob blob = { (void *)(uintptr_t)pem, strlen(pem), CURL_BLOB_COPY };

	curl_easy_setopt(easy, option, &blob);
}

static const char *machine_certificates(void)
{
	static const char *const places[] = {
		"/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch */
		"/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
		"/etc/ssl/ca-bundle.pem",	      /* SUSE */
		"/etc/ssl/cert.pem",
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(places); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return places[0];
}

static void set_tls(CURL *easy, const struct ek_http_tls *tls)
{
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	if (tls->ca_pem)
		set_blob(easy, CURLOPT_CAINFO_BLOB, tls->ca_pem);
	else
		curl_easy_setopt(easy, CURLOPT_CAINFO, machine_certificates());
	if (tls->cert_pem)
		set_blob(easy, CURLOPT_SSLCERT_BLOB, tls->cert_pem);
	if (tls->key_pem)
		set_blob(easy, CURLOPT_SSLKEY_BLOB, tls->key_pem);
	if (tls->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void set_transfer(struct xfer *x, const struct ek_http *h)
{
	CURL *easy = x->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->error);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* a cancel does not wait for the resolver's thread */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_URL, h->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, h->max_redirects ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)EK_MIN(h->max_redirects, 100u));
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
			 (long)EK_MIN(h->connect_ms > 0 ? h->connect_ms : CONNECT_MS, INT32_MAX));
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)EK_MIN(EK_MAX(h->total_ms, 0), INT32_MAX));
	if (h->unix_socket)
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, h->unix_socket);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, x);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
}

int ek_http_start(struct ek_loop *loop, struct ek_http *h)
{
	struct ek_http_hub *hub;
	struct reply *reply;
	struct xfer *x;
	int rc;

	EK_ASSERT(h->cb && !h->impl);
	h->status = 0;
	h->err = (struct ek_err){ 0 };
	rc = check(h);
	if (rc < 0)
		return rc;
	hub = hub_get(loop);
	ek_timer_stop(&hub->idle);
	hub->n_xfers++;
	x = ek_new(struct xfer);
	x->hub = hub;
	x->owner = h;
	x->easy = curl_easy_init();
	EK_ASSERT(x->easy);
	reply = ek_new(struct reply);
	reply->xfer = x;
	ek_buf_init(&reply->headers, HEADERS_MAX);
	h->impl = reply;
	ek_buf_init(&h->reply, h->max_body ? h->max_body : BODY_DEFAULT);
	(void)ek_buf_append(&h->reply, "", 0); /* a string even when nothing comes */
	set_transfer(x, h);
	set_method(x, h);
	set_headers(x, h);
	set_tls(x->easy, &h->tls);
	if (hub->depth == 0)
		begin(x);
	else
		ek_list_add_tail(&hub->births, &x->node);
	return 0;
}

static void on_resume(struct ek_defer *d)
{
	struct xfer *x = ek_container_of(d, struct xfer, resume);
	struct ek_http_hub *hub = x->hub;
	CURLcode res;

	if (!x->paused)
		return;
	x->paused = false;
	note_progress(x);
	hub->depth++;
	res = curl_easy_pause(x->easy, CURLPAUSE_CONT); /* calls on_body */
	hub->depth--;
	if (res != CURLE_OK && x->owner)
		finish(x, res);
	settle(hub);
}

void ek_http_resume(struct ek_http *h)
{
	struct reply *reply = h->impl;

	/* At the end of the turn: on_body may be running, and has not yet said that it pauses. */
	if (reply && reply->xfer)
		ek_defer(reply->xfer->hub->loop, &reply->xfer->resume, on_resume);
}

void ek_http_cancel(struct ek_http *h)
{
	struct reply *reply = h->impl;

	if (!reply || !reply->xfer)
		return;
	disown(reply->xfer);
	describe(h, EK_ECANCELLED, "cancelled");
	h->cb(h, EK_ECANCELLED);
}

const char *ek_http_header(const struct ek_http *h, const char *name)
{
	const struct reply *reply = h->impl;
	size_t n = strlen(name), at = 0;

	while (reply && at < reply->headers.len) {
		const char *line = reply->headers.data + at;

		if (strncasecmp(line, name, n) == 0 && line[n] == ':')
			return line + n + 1 + strspn(line + n + 1, " \t");
		at += strlen(line) + 1;
	}
	return NULL;
}

const char *ek_http_next_header(const struct ek_http *h, const char *line)
{
	const struct reply *reply = h->impl;
	const char *next;

	if (!reply || !reply->headers.data)
		return NULL;
	next = line ? line + strlen(line) + 1 : reply->headers.data;
	return next < reply->headers.data + reply->headers.len ? next : NULL;
}

void ek_http_done(struct ek_http *h)
{
	struct reply *reply = ek_steal(h->impl);

	ek_buf_done(&h->reply);
	if (!reply)
		return;
	EK_ASSERT(!reply->xfer);
	ek_buf_done(&reply->headers);
	free(reply);
}
