/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Requests that h2o answers by itself, made to end in a Status like all others. There are two
 * roads:
 *
 *  - a head that cannot be read gets a fixed text, written straight to the socket. The parser
 *    that http1.c calls is therefore wrapped (the linker's --wrap): what it refuses becomes a
 *    request of HTTP/1.0 whose method is one of our marks, which comes to our handler, is
 *    answered, and ends the connection.
 *  - errors found later (length, chunks, expectations, characters in HTTP/2 headers) are
 *    responses on the host's fallback path; a filter there replaces their bodies.
 */

#include <ekube/str.h>
#include <stdlib.h>

#include "front_conn.h"

/* As picohttpparser declares them. */
struct phr_header;
int __real_phr_parse_request(const char *buf, size_t len, const char **method, size_t *method_len,
			     const char **path, size_t *path_len, int *minor_version,
			     struct phr_header *headers, size_t *num_headers, size_t last_len);
int __wrap_phr_parse_request(const char *buf, size_t len, const char **method, size_t *method_len,
			     const char **path, size_t *path_len, int *minor_version,
			     struct phr_header *headers, size_t *num_headers, size_t last_len);

enum { BROKEN = -1, INCOMPLETE = -2 };

/* Known by their addresses: no client can send these. */
static const struct mark {
	char method[4];
	int  status;
} marks[] = { { "-", 400 }, { "-", 414 }, { "-", 431 } };

static int why_refused(const char *buf, size_t len, int rc, bool all_headers_used)
{
	if (rc == BROKEN)
		return all_headers_used ? 431 : 400;
	return memchr(buf, '\n', len) ? 431 : 414;
}

/* Empty lines before a closing are nothing to answer. */
static bool only_line_ends(const char *buf, size_t len)
{
	return len <= 4 && strspn(buf, "\r\n") >= len;
}

int __wrap_phr_parse_request(const char *buf, size_t len, const char **method, size_t *method_len,
			     const char **path, size_t *path_len, int *minor_version,
			     struct phr_header *headers, size_t *num_headers, size_t last_len)
{
	size_t max_headers = *num_headers;
	int rc = __real_phr_parse_request(buf, len, method, method_len, path, path_len,
					  minor_version, headers, num_headers, last_len);
	int status;

	if ((rc == INCOMPLETE && len < HTTP_MAX_HEAD) || (rc > 0 && rc <= HTTP_MAX_HEAD) ||
	    (rc == BROKEN && only_line_ends(buf, len)))
		return rc;
	status = why_refused(buf, len, rc, *num_headers == max_headers);
	for (size_t i = 0; i < EK_ARRAY_LEN(marks); i++)
		if (marks[i].status == status)
			*method = marks[i].method;
	*method_len = 1;
	*path = "/";
	*path_len = 1;
	*minor_version = 0;
	*num_headers = 0;
	return (int)len;
}

static bool head_too_large(const h2o_req_t *req)
{
	size_t n = req->path.len;

	for (size_t i = 0; i < req->headers.size; i++)
		n += req->headers.entries[i].name->len + req->headers.entries[i].value.len;
	return n > HTTP_MAX_HEAD || req->headers.size > H2O_MAX_HEADERS;
}

int refuse_status(const h2o_req_t *req)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(marks); i++)
		if (req->input.method.base == marks[i].method)
			return marks[i].status;
	if (req->path.len > HTTP_MAX_TARGET)
		return 414;
	return head_too_large(req) ? 431 : 0;
}

/* ---- the filter ---- */

static h2o_iovec_t status_text(h2o_req_t *req, const h2o_iovec_t *why)
{
	EK_FREE char *detail = why ? ek_str_ndup(why->base, why->len) : NULL;
	EK_JSON struct ek_json *status = http_error_status(req->res.status, detail);
	EK_FREE char *text = ek_json_text(status);

	return h2o_strdup(&req->pool, text, SIZE_MAX);
}

/* h2o sends its words in one piece, and the head with it. */
static void send_status(h2o_ostream_t *o, h2o_req_t *req, h2o_iovec_t *bufs, size_t n,
			h2o_send_state_t state)
{
	h2o_iovec_t body = status_text(req, n ? bufs : NULL);

	req->res.content_length = body.len;
	h2o_ostream_send_next(o, req, &body, 1, state);
}

static void on_setup(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot)
{
	h2o_ostream_t *o = h2o_add_ostream(req, sizeof(*o), slot);
	ssize_t type = h2o_find_header(&req->res.headers, H2O_TOKEN_CONTENT_TYPE, -1);

	(void)self;
	o->do_send = send_status;
	req->res.reason = http_reason(req->res.status);
	if (type >= 0)
		req->res.headers.entries[type].value =
			h2o_iovec_init(H2O_STRLIT("application/json"));
	h2o_setup_next_ostream(req, &o->next);
}

void refuse_configure(h2o_hostconf_t *host)
{
	h2o_filter_t *f = h2o_create_filter(&host->fallback_path, sizeof(*f));

	f->on_setup_ostream = on_setup;
}
