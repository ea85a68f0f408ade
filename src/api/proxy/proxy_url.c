/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy_url.h"

#include <ctype.h>
#include <ekube/buf.h>
#include <stdlib.h>

#include "http/query.h"

enum { MAX_PATH = 256 << 10 }; /* three times what a request's target may be */

int proxy_name_parse(const char *id, struct proxy_name *ret)
{
	struct proxy_name n = { .text = ek_str_dup(id), .scheme = "", .port = "" };
	char *parts[4];
	size_t count = ek_str_split(n.text, ':', parts, EK_ARRAY_LEN(parts));

	if (count == 3)
		n.scheme = parts[0];
	if (count > 1)
		n.port = parts[count - 1];
	n.name = parts[count == 3];
	if (count > 3 || !*n.name ||
	    (*n.scheme && !ek_streq(n.scheme, "http") && !ek_streq(n.scheme, "https"))) {
		free(n.text);
		return EK_EINVALID;
	}
	*ret = n;
	return 0;
}

void proxy_name_done(struct proxy_name *n)
{
	free(n->text);
	*n = (struct proxy_name){ 0 };
}

bool proxy_may_reach(const char *text)
{
	static const char *const closed[] = {
		"0.0.0.0/8",	      "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4",
		"255.255.255.255/32", "::/127",	     "fe80::/10",      "ff00::/8",
	};
	struct ek_cidr block;
	struct ek_ip ip;

	if (ek_str_empty(text) || ek_ip_parse(text, &ip) < 0)
		return false;
	for (size_t i = 0; i < EK_ARRAY_LEN(closed); i++) {
		EK_ASSERT(ek_cidr_parse(closed[i], &block, NULL) == 0);
		if (ek_cidr_has(&block, &ip))
			return false;
	}
	return true;
}

/* ---- paths ---- */

/* A rooted path without empty parts, "." and "..", as Go's path.Clean. */
static char *clean(const char *path)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(MAX_PATH);

	for (const char *part = path; *part;) {
		size_t n = strcspn(part, "/");

		if (n == 2 && strncmp(part, "..", 2) == 0) {
			while (out.len && out.data[--out.len] != '/')
				;
		} else if (n && !(n == 1 && *part == '.')) {
			(void)ek_buf_char(&out, '/');
			(void)ek_buf_append(&out, part, n);
		}
		part += n;
		part += strspn(part, "/");
	}
	return out.len ? ek_str_ndup(out.data, out.len) : ek_str_dup("/");
}

/* Joined and clean, yet ending with a slash when b does. */
static char *join(const char *a, const char *b)
{
	EK_FREE char *both = ek_str_fmt("%s/%s", a, b);
	EK_FREE char *path = clean(both);

	if (ek_str_ends(b, "/") && !ek_str_ends(path, "/"))
		return ek_str_fmt("%s/", path);
	return ek_steal(path);
}

char *proxy_backend_path(const char *rest)
{
	if (!rest)
		return ek_str_dup("");
	return join("", *rest ? rest : "/");
}

char *proxy_escape(const char *path)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(3 * (size_t)MAX_PATH);

	for (const char *c = path; *c; c++) {
		if (isalnum((unsigned char)*c) || strchr("-_.~$&+,/:;=@", *c))
			(void)ek_buf_char(&out, *c);
		else
			(void)ek_buf_fmt(&out, "%%%02X", (unsigned char)*c);
	}
	return ek_buf_steal(&out);
}

char *proxy_prefix(const char *request_path, const char *backend_path)
{
	bool slash = ek_str_ends(request_path, "/") && !ek_str_ends(backend_path, "/");
	EK_FREE char *suffix = ek_str_fmt("%s%s", backend_path, slash ? "/" : "");

	if (!ek_str_ends(request_path, suffix))
		return ek_str_dup(request_path);
	return ek_str_ndup(request_path, strlen(request_path) - strlen(suffix));
}

char *proxy_forwarded_uri(const char *prefix, const char *backend_path)
{
	return join(prefix, backend_path);
}

/* ---- Location ---- */

/* An absolute or relative URL; pieces of the text. */
struct pieces {
	const char *host; /* with the port; NULL: none */
	const char *path, *tail; /* tail: query and fragment */
	size_t      host_len, path_len;
	bool        is_url; /* it can be taken apart */
};

static struct pieces take_apart(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
	struct pieces p = { .is_url = true };

	if (n && isalpha((unsigned char)*s) && s[n] == ':')
		s += n + 1;
	if (strncmp(s, "//", 2) == 0) {
		p.host = s + 2;
		p.host_len = strcspn(p.host, "/?#");
		p.is_url = !memchr(p.host, '@', p.host_len);
		s = p.host + p.host_len;
	}
	p.path = s;
	p.path_len = strcspn(s, "?#");
	p.tail = s + p.path_len;
	return p;
}

static bool is_host(const struct pieces *p, const char *host)
{
	return strlen(host) == p->host_len && memcmp(p->host, host, p->host_len) == 0;
}

char *proxy_location(const char *target, const char *prefix, const char *backend_host,
		     const char *request_host)
{
	struct pieces p = take_apart(target);
	bool named = p.host && p.host_len; /* a host is given, and it is not to be taken away */
	EK_FREE char *path = ek_str_ndup(p.path, p.path_len), *moved = NULL, *escaped = NULL;

	if (!p.is_url || *path != '/' || url_decode(path, false) < 0 ||
	    (named && !is_host(&p, backend_host) && !is_host(&p, request_host)))
		return ek_str_dup(target);
	named = named && is_host(&p, request_host);
	if (ek_str_starts(path, prefix))
		return ek_str_dup(named ? target : p.path);
	moved = join(prefix, path);
	escaped = proxy_escape(moved);
	return ek_str_fmt("%.*s%s%s", named ? (int)(p.path - target) : 0, target, escaped, p.tail);
}
