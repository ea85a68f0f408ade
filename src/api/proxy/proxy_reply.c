/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy_reply.h"

#include <ctype.h>
#include <ekube/str.h>
#include <stdlib.h>

enum { MAX_LINES = 256 };

/* "HTTP/1.1 101 Switching Protocols" */
static int parse_status(const char *line)
{
	int64_t status;
	char digits[4] = "";

	if (strncmp(line, "HTTP/1.", 7) != 0 || !isdigit((unsigned char)line[7]) || line[8] != ' ')
		return EK_EINVALID;
	line += 9;
	if (strnlen(line, 3) < 3 || (line[3] && line[3] != ' '))
		return EK_EINVALID;
	memcpy(digits, line, 3);
	if (ek_str_to_int(digits, 100, 999, &status) < 0)
		return EK_EINVALID;
	return (int)status;
}

static int cut_lines(struct proxy_reply *r)
{
	char *rest = r->text, *line = strsep(&rest, "\n");

	for (bool first = true; line && *line; line = strsep(&rest, "\n"), first = false) {
		size_t n = strlen(line);

		if (line[n - 1] == '\r')
			line[--n] = '\0';
		if (n == 0)
			break;
		if (first) {
			r->status = parse_status(line);
		} else {
			if (r->lines.n == MAX_LINES || !strchr(line, ':'))
				return EK_EINVALID;
			ek_vec_push(&r->lines, line);
		}
	}
	return r->status > 0 ? 1 : EK_EINVALID;
}

int proxy_reply_parse(const char *data, size_t n, struct proxy_reply *ret)
{
	const char *end = memmem(data, n, "\r\n\r\n", 4);
	struct proxy_reply r = { 0 };
	int rc;

	if (!end)
		return memchr(data, '\0', n) ? EK_EINVALID : 0;
	r.head_len = (size_t)(end - data) + 4;
	if (memchr(data, '\0', r.head_len))
		return EK_EINVALID;
	r.text = ek_str_ndup(data, r.head_len);
	rc = cut_lines(&r);
	if (rc < 0) {
		proxy_reply_done(&r);
		return rc;
	}
	*ret = r;
	return 1;
}

void proxy_reply_done(struct proxy_reply *r)
{
	free(r->text);
	ek_vec_done(&r->lines);
	*r = (struct proxy_reply){ 0 };
}

const char *proxy_reply_find(const struct proxy_reply *r, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < r->lines.n; i++) {
		const char *line = r->lines.items[i];

		if (strncasecmp(line, name, n) == 0 && line[n] == ':')
			return line + n + 1 + strspn(line + n + 1, " \t");
	}
	return NULL;
}

/* ---- bodies ---- */

/* "1a;extension\r\n": the chunk's length, and where it begins. 1, 0 or EK_EINVALID as below. */
static int chunk_head(const char *data, size_t n, size_t *ret_len, size_t *ret_at)
{
	const char *end = memmem(data, n, "\r\n", 2);
	size_t digits = 0, len = 0;

	if (!end)
		return n > 1024 ? EK_EINVALID : 0;
	for (; digits < 8 && isxdigit((unsigned char)data[digits]); digits++)
		len = len * 16 + (size_t)(data[digits] <= '9' ? data[digits] - '0' :
								(data[digits] | 0x20) - 'a' + 10);
	if (digits == 0 || isxdigit((unsigned char)data[digits]))
		return EK_EINVALID;
	*ret_len = len;
	*ret_at = (size_t)(end - data) + 2;
	return 1;
}

static int unchunk(const char *data, size_t n, struct ek_buf *out)
{
	size_t len, at;
	int rc;

	ek_buf_clear(out);
	for (;;) {
		rc = chunk_head(data, n, &len, &at);
		if (rc <= 0)
			return rc;
		if (len == 0)
			return 1; /* trailers are of no interest */
		if (n - at < len || n - at - len < 2)
			return 0;
		if (memcmp(data + at + len, "\r\n", 2) != 0)
			return EK_EINVALID;
		if (ek_buf_append(out, data + at, len) < 0)
			return EK_ETOOLARGE;
		data += at + len + 2;
		n -= at + len + 2;
	}
}

int proxy_reply_body(const struct proxy_reply *r, const char *data, size_t n, bool ended,
		     struct ek_buf *out)
{
	const char *coding = proxy_reply_find(r, "Transfer-Encoding"),
		   *length = proxy_reply_find(r, "Content-Length");
	int64_t want = 0;
	int rc;

	if (r->status == 204 || r->status == 304)
		return 1;
	if (coding) {
		rc = strcasecmp(coding, "chunked") == 0 ? unchunk(data, n, out) : EK_EINVALID;
		return rc == 0 && ended ? EK_EINVALID : rc;
	}
	if (length && ek_str_to_int(length, 0, INT32_MAX, &want) < 0)
		return EK_EINVALID;
	if (length ? n < (size_t)want : !ended)
		return ended ? EK_EINVALID : 0;
	ek_buf_clear(out);
	return ek_buf_append(out, data, length ? (size_t)want : n) < 0 ? EK_ETOOLARGE : 1;
}
