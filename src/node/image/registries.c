/* SPDX-License-Identifier: Apache-2.0 */
#include "registries.h"

#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/file.h>
#include <ekube/str.h>

enum {
	MIRRORS_MAX = 1000,
	MIRROR_ENDPOINTS_MAX = EK_ENDPOINTS_MAX - 2, /* room for the registry itself */
	REWRITES_MAX = 64,
	PEM_MAX = 4 << 20,
	GROUPS = 10,
};

/* ---- parsing ---- */

static int parse_endpoint(const struct ek_json *v, char **ret, struct ek_err *err)
{
	const char *s = ek_json_str(v);
	const char *host;

	if (ek_str_empty(s))
		return ek_fail(err, EK_EINVALID, "not a string");
	if (!strstr(s, "://")) {
		*ret = ek_str_fmt("https://%s", s);
		return 0;
	}
	if (!ek_str_starts(s, "http://") && !ek_str_starts(s, "https://"))
		return ek_fail(err, EK_EINVALID, "neither an http:// nor an https:// URL");
	host = strstr(s, "://") + 3;
	if (!*host || strpbrk(s, " \t\r\n?#@") || *host == '/')
		return ek_fail(err, EK_EINVALID, "not a URL of a registry: %.200s", s);
	*ret = ek_str_dup(s);
	return 0;
}

static int parse_endpoints(const struct ek_json *v, struct ek_registry_mirror *m,
			   struct ek_err *err)
{
	if (ek_json_is_null(v))
		return 0;
	if (!ek_json_is_array(v) || ek_json_len(v) > MIRROR_ENDPOINTS_MAX)
		return ek_fail(err, EK_EINVALID,
			       "mirrors.%s.endpoint: not a list of at most %d URLs", m->name,
			       MIRROR_ENDPOINTS_MAX);
	for (size_t i = 0; i < ek_json_len(v); i++) {
		char *endpoint = NULL;
		int rc = parse_endpoint(ek_json_elem(v, i), &endpoint, err);

		if (rc < 0)
			return ek_wrap(err, rc, "mirrors.%s.endpoint[%zu]", m->name, i);
		ek_vec_push(&m->endpoints, endpoint);
	}
	return 0;
}

/* Go's \d, \w and \s, which POSIX does not have. */
static char *to_posix(const char *pattern)
{
	struct ek_buf b = EK_BUF_INIT(64 << 10);

	for (const char *at = pattern; *at; at++) {
		if (*at != '\\' || !at[1]) {
			(void)ek_buf_char(&b, *at);
			continue;
		}
		at++;
		if (*at == 'd')
			(void)ek_buf_str(&b, "[0-9]");
		else if (*at == 'w')
			(void)ek_buf_str(&b, "[0-9A-Za-z_]");
		else if (*at == 's')
			(void)ek_buf_str(&b, "[[:space:]]");
		else
			(void)ek_buf_fmt(&b, "\\%c", *at);
	}
	return ek_buf_steal(&b);
}

static int parse_rewrites(const struct ek_json *v, struct ek_registry_mirror *m, struct ek_err *err)
{
	if (ek_json_is_null(v))
		return 0;
	if (!ek_json_is_object(v) || ek_json_len(v) > REWRITES_MAX)
		return ek_fail(err, EK_EINVALID,
			       "mirrors.%s.rewrite: not a map of at most %d patterns", m->name,
			       REWRITES_MAX);
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);) {
		struct ek_registry_rewrite w = { 0 };
		regex_t re;

		if (!ek_json_str(it.value) || strlen(it.key) > 1024)
			return ek_fail(err, EK_EINVALID,
				       "mirrors.%s.rewrite: \"%.100s\" has no replacement", m->name,
				       it.key);
		w.pattern = to_posix(it.key);
		w.replacement = ek_str_dup(ek_json_str(it.value));
		ek_vec_push(&m->rewrites, w);
		if (regcomp(&re, w.pattern, REG_EXTENDED) != 0)
			return ek_fail(err, EK_EINVALID,
				       "mirrors.%s.rewrite: not a regular expression: %.100s",
				       m->name, it.key);
		regfree(&re);
	}
	return 0;
}

static int parse_mirror(struct ek_registries *r, const char *name, const struct ek_json *v,
			struct ek_err *err)
{
	struct ek_registry_mirror *m;
	int rc;

	if (!ek_json_is_object(v) && !ek_json_is_null(v))
		return ek_fail(err, EK_EINVALID, "mirrors.%s: not a map", name);
	ek_vec_push(&r->mirrors, ((struct ek_registry_mirror){ .name = ek_str_dup(name) }));
	m = &r->mirrors.items[r->mirrors.n - 1];
	rc = parse_endpoints(ek_json_get(v, "endpoint"), m, err);
	return rc < 0 ? rc : parse_rewrites(ek_json_get(v, "rewrite"), m, err);
}

static int parse_file(const struct ek_json *tls, const char *key, const char *host, char **ret,
		      struct ek_err *err)
{
	const struct ek_json *v = ek_json_get(tls, key);

	if (ek_json_is_null(v))
		return 0;
	if (!ek_json_str(v))
		return ek_fail(err, EK_EINVALID, "configs.%s.tls.%s: not a string", host, key);
	*ret = ek_str_dup(ek_json_str(v));
	return 0;
}

static int parse_host(struct ek_registries *r, const char *name, const struct ek_json *v,
		      struct ek_err *err)
{
	const struct ek_json *tls = ek_json_get(v, "tls"), *auth = ek_json_get(v, "auth");
	struct ek_registry_host *h;
	int rc = 0;

	if (!ek_json_is_object(v) && !ek_json_is_null(v))
		return ek_fail(err, EK_EINVALID, "configs.%s: not a map", name);
	if (!ek_json_is_object(tls) && !ek_json_is_null(tls))
		return ek_fail(err, EK_EINVALID, "configs.%s.tls: not a map", name);
	ek_vec_push(&r->hosts, ((struct ek_registry_host){ .name = ek_str_dup(name) }));
	h = &r->hosts.items[r->hosts.n - 1];
	if (!ek_json_is_null(auth) && ek_cred_parse(auth, &h->cred, err) < 0)
		return ek_wrap(err, EK_EINVALID, "configs.%s.auth", name);
	rc = parse_file(tls, "ca_file", name, &h->ca_file, err);
	if (rc == 0)
		rc = parse_file(tls, "cert_file", name, &h->cert_file, err);
	if (rc == 0)
		rc = parse_file(tls, "key_file", name, &h->key_file, err);
	h->insecure = ek_json_bool_at(tls, "insecure_skip_verify", false);
	return rc;
}

static int parse_all(struct ek_registries *r, const struct ek_json *v, struct ek_err *err)
{
	const struct ek_json *mirrors = ek_json_get(v, "mirrors"),
			     *configs = ek_json_get(v, "configs");
	int rc = 0;

	if (!ek_json_is_object(v) && !ek_json_is_null(v))
		return ek_fail(err, EK_EINVALID, "not a map");
	if (!ek_json_is_object(mirrors) && !ek_json_is_null(mirrors))
		return ek_fail(err, EK_EINVALID, "mirrors: not a map");
	if (!ek_json_is_object(configs) && !ek_json_is_null(configs))
		return ek_fail(err, EK_EINVALID, "configs: not a map");
	if (ek_json_len(mirrors) > MIRRORS_MAX || ek_json_len(configs) > MIRRORS_MAX)
		return ek_fail(err, EK_ETOOLARGE, "more than %d registries", MIRRORS_MAX);
	for (struct ek_json_iter it = ek_json_iter(mirrors); rc == 0 && ek_json_next(&it);)
		rc = parse_mirror(r, it.key, it.value, err);
	for (struct ek_json_iter it = ek_json_iter(configs); rc == 0 && ek_json_next(&it);)
		rc = parse_host(r, it.key, it.value, err);
	return rc;
}

int ek_registries_parse(const struct ek_json *v, struct ek_registries **ret, struct ek_err *err)
{
	struct ek_registries *r = ek_new(struct ek_registries);
	int rc = parse_all(r, v, err);

	if (rc < 0)
		ek_registries_free(r);
	else
		*ret = r;
	return rc;
}

static int load_pem(const char *path, const char *host, const char *key, char **ret,
		    struct ek_err *err)
{
	int rc;

	if (ek_str_empty(path))
		return 0;
	free(ek_steal(*ret));
	rc = ek_file_read(AT_FDCWD, path, PEM_MAX, ret, NULL, err);
	return rc < 0 ? ek_wrap(err, rc, "configs.%s.tls.%s", host, key) : 0;
}

int ek_registries_load(struct ek_registries *r, struct ek_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < r->hosts.n && rc == 0; i++) {
		struct ek_registry_host *h = &r->hosts.items[i];

		rc = load_pem(h->ca_file, h->name, "ca_file", &h->ca_pem, err);
		if (rc == 0)
			rc = load_pem(h->cert_file, h->name, "cert_file", &h->cert_pem, err);
		if (rc == 0)
			rc = load_pem(h->key_file, h->name, "key_file", &h->key_pem, err);
	}
	return rc;
}

void ek_registries_free(struct ek_registries *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->mirrors.n; i++) {
		struct ek_registry_mirror *m = &r->mirrors.items[i];

		for (size_t j = 0; j < m->endpoints.n; j++)
			free(m->endpoints.items[j]);
		for (size_t j = 0; j < m->rewrites.n; j++) {
			free(m->rewrites.items[j].pattern);
			free(m->rewrites.items[j].replacement);
		}
		ek_vec_done(&m->endpoints);
		ek_vec_done(&m->rewrites);
		free(m->name);
	}
	for (size_t i = 0; i < r->hosts.n; i++) {
		struct ek_registry_host *h = &r->hosts.items[i];

		ek_cred_done(&h->cred);
		free(h->name);
		free(h->ca_file);
		free(h->cert_file);
		free(h->key_file);
		free(h->ca_pem);
		free(h->cert_pem);
		ek_secret_freep(&h->key_pem);
	}
	ek_vec_done(&r->mirrors);
	ek_vec_done(&r->hosts);
	free(r);
}

/* ---- choosing ---- */

static const struct ek_registry_mirror *mirror_of(const struct ek_registries *r, const char *domain)
{
	const struct ek_registry_mirror *any = NULL;

	for (size_t i = 0; r && i < r->mirrors.n; i++) {
		if (ek_streq(r->mirrors.items[i].name, domain))
			return &r->mirrors.items[i];
		if (ek_streq(r->mirrors.items[i].name, "*"))
			any = &r->mirrors.items[i];
	}
	return any;
}

static const struct ek_registry_host *host_of(const struct ek_registries *r, const char *base,
					      const char *domain)
{
	const char *at = strstr(base, "://") + 3;
	size_t n = strcspn(at, "/");

	for (size_t i = 0; r && i < r->hosts.n; i++)
		if (strlen(r->hosts.items[i].name) == n &&
		    memcmp(r->hosts.items[i].name, at, n) == 0)
			return &r->hosts.items[i];
	for (size_t i = 0; r && domain && i < r->hosts.n; i++)
		if (ek_streq(r->hosts.items[i].name, domain))
			return &r->hosts.items[i];
	return NULL;
}

/* "https://host" -> "https://host/v2"; a path with "/v2" in it is meant as it is. */
static char *with_version(const char *endpoint)
{
	size_t n = strlen(endpoint);
	const char *path = strchrnul(strstr(endpoint, "://") + 3, '/');

	while (n > 0 && endpoint[n - 1] == '/')
		n--;
	if (strstr(path, "/v2/") || ek_str_ends(path, "/v2"))
		return ek_str_ndup(endpoint, n);
	return ek_str_fmt("%.*s/v2", (int)n, endpoint);
}

static char *substitute(const char *path, const char *replacement, const regmatch_t *g)
{
	struct ek_buf b = EK_BUF_INIT(4096);

	(void)ek_buf_append(&b, path, (size_t)g[0].rm_so);
	for (const char *at = replacement; *at; at++) {
		bool braces = at[0] == '$' && at[1] == '{';
		const char *digit = at + 1 + braces;

		if (*at != '$' || *digit < '0' || *digit > '9' || (braces && digit[1] != '}')) {
			(void)ek_buf_char(&b, *at);
			continue;
		}
		if (g[*digit - '0'].rm_so >= 0)
			(void)ek_buf_append(
				&b, path + g[*digit - '0'].rm_so,
				(size_t)(g[*digit - '0'].rm_eo - g[*digit - '0'].rm_so));
		at = digit + braces;
	}
	(void)ek_buf_str(&b, path + g[0].rm_eo);
	return ek_buf_steal(&b);
}

/* The first pattern that matches rewrites, if what comes out can be a path. */
static char *rewrite(const struct ek_registry_mirror *m, const char *path)
{
	for (size_t i = 0; i < m->rewrites.n; i++) {
		regmatch_t groups[GROUPS];
		struct ek_image_ref check;
		char *result = NULL;
		regex_t re;

		if (regcomp(&re, m->rewrites.items[i].pattern, REG_EXTENDED) != 0)
			continue;
		if (regexec(&re, path, GROUPS, groups, 0) == 0)
			result = substitute(path, m->rewrites.items[i].replacement, groups);
		regfree(&re);
		if (result && ek_image_ref_parse(EK_F("x.y/%s", result), &check, NULL) == 0)
			return result;
		free(result);
	}
	return ek_str_dup(path);
}

static bool is_local(const char *domain)
{
	return ek_streq(domain, "localhost") || ek_str_starts(domain, "localhost:") ||
	       ek_str_starts(domain, "127.") || ek_str_starts(domain, "[::1]");
}

/* A mirror entry may only say how the registry itself is reached (over http): no mirror then. */
static bool is_at(const char *base, const char *host)
{
	const char *at = strstr(base, "://");
	size_t n;

	EK_ASSERT(at && host);
	at += 3;
	n = strcspn(at, "/");
	return strlen(host) == n && memcmp(at, host, n) == 0;
}

static void push(struct ek_endpoint *list, size_t *n, const struct ek_registries *r,
		 char *take_base, char *take_repo, const char *domain, const char *host)
{
	EK_FREE char *base = take_base;
	bool is_mirror = !is_at(base, host) && !is_at(base, domain);

	list[(*n)++] = (struct ek_endpoint){ .base = with_version(base),
					     .repo = take_repo,
					     .host = host_of(r, base, is_mirror ? NULL : domain),
					     .is_mirror = is_mirror };
}

size_t ek_registries_endpoints(const struct ek_registries *r, const struct ek_image_ref *ref,
			       struct ek_endpoint ret[EK_ENDPOINTS_MAX])
{
	const struct ek_registry_mirror *m = mirror_of(r, ref->domain);
	const char *host = ek_streq(ref->domain, "docker.io") ? "registry-1.docker.io" :
								ref->domain;
	size_t n = 0;

	for (size_t i = 0; m && i < m->endpoints.n; i++)
		push(ret, &n, r, ek_str_dup(m->endpoints.items[i]), rewrite(m, ref->path),
		     ref->domain, host);
	/* on this machine nobody listens in: registries here rarely have a certificate */
	if (is_local(ref->domain))
		push(ret, &n, r, ek_str_fmt("http://%s", host), ek_str_dup(ref->path), ref->domain,
		     host);
	push(ret, &n, r, ek_str_fmt("https://%s", host), ek_str_dup(ref->path), ref->domain, host);
	return n;
}

void ek_endpoint_done(struct ek_endpoint *e)
{
	free(e->base);
	free(e->repo);
	*e = (struct ek_endpoint){ 0 };
}
