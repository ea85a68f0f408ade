/* SPDX-License-Identifier: Apache-2.0 */
#include "api/proxy/proxy_reply.h"
#include "api/proxy/proxy_url.h"

#include <ekube/str.h>

#include <stdlib.h>

/*
 * What a backend behind the proxy says, and what a client asks for. Of a head no line holds what
 * would begin another one, bodies are no larger than what came, paths are clean, and nothing
 * smuggles a line's end.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PREFIX "/api/v1/namespaces/d/pods/p/proxy"

static void check_reply(const char *text, size_t n)
{
	EK_BUF struct ek_buf body = EK_BUF_INIT(1 << 16);
	struct proxy_reply r;
	int rc = proxy_reply_parse(text, n, &r);

	EK_ASSERT(rc == 1 || rc == 0 || rc == EK_EINVALID);
	if (rc <= 0)
		return;
	EK_ASSERT(r.head_len <= n && r.status >= 100 && r.status <= 999);
	for (size_t i = 0; i < r.lines.n; i++)
		EK_ASSERT(!strchr(r.lines.items[i], '\n') && strchr(r.lines.items[i], ':'));
	for (int ended = 0; ended < 2; ended++) {
		rc = proxy_reply_body(&r, text + r.head_len, n - r.head_len, ended, &body);
		EK_ASSERT(body.len <= n - r.head_len);
		EK_ASSERT(!ended || rc != 0);
	}
	proxy_reply_done(&r);
}

static void check_location(const char *text)
{
	EK_FREE char *once = proxy_location(text, PREFIX, "10.0.0.1:80", "api:6443");

	EK_ASSERT(strlen(once) <= 3 * strlen(text) + sizeof(PREFIX) + 1);
	EK_ASSERT(strchr(text, '\n') || !strchr(once, '\n'));
}

static void check_paths(const char *text)
{
	EK_FREE char *path = proxy_backend_path(text);
	EK_FREE char *again = proxy_backend_path(path);
	EK_FREE char *escaped = proxy_escape(path);
	struct proxy_name name;

	EK_ASSERT(*path == '/' && !strstr(path, "//") && ek_streq(path, again));
	EK_ASSERT(!strstr(path, "/../") && !ek_str_ends(path, "/.."));
	for (const char *c = escaped; *c; c++)
		EK_ASSERT(*c > ' ' && *c < 0x7f && *c != '?' && *c != '#');
	if (proxy_name_parse(text, &name) == 0)
		proxy_name_done(&name);
	(void)proxy_may_reach(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_FREE char *text = ek_str_ndup((const char *)data, size);

	check_reply((const char *)data, size);
	check_location(text);
	check_paths(text);
	return 0;
}
