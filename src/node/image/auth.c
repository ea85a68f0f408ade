/* SPDX-License-Identifier: Apache-2.0 */
#include "auth.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ekube/buf.h>
#include <ekube/str.h>

enum { ENTRIES_MAX = 1024, KEY_MAX = 1024, VALUE_MAX = 4096 };

/* ---- credentials ---- */

void ek_cred_done(struct ek_cred *c)
{
	ek_secret_freep(&c->username);
	ek_secret_freep(&c->password);
	ek_secret_freep(&c->identity_token);
	ek_secret_freep(&c->registry_token);
	*c = (struct ek_cred){ 0 };
}

bool ek_cred_is_empty(const struct ek_cred *c)
{
	return ek_str_empty(c->username) && ek_str_empty(c->password) &&
	       ek_str_empty(c->identity_token) && ek_str_empty(c->registry_token);
}

void ek_cred_copy(struct ek_cred *to, const struct ek_cred *from)
{
	*to = (struct ek_cred){ ek_str_dup(from->username), ek_str_dup(from->password),
				ek_str_dup(from->identity_token),
				ek_str_dup(from->registry_token) };
}

static int take_auth(const char *auth, struct ek_cred *c, struct ek_err *err)
{
	char *text = NULL, *colon;
	size_t n = 0;

	if (ek_base64_decode(auth, strlen(auth), false, &text, &n) < 0)
		return ek_fail(err, EK_EINVALID, "auth is not base64");
	text = ek_realloc(text, n + 1);
	text[n] = '\0';
	colon = strchr(text, ':');
	if (!colon) {
		ek_secret_freep(&text);
		return ek_fail(err, EK_EINVALID, "auth is not base64 of user:password");
	}
	*colon = '\0';
	ek_secret_freep(&c->username);
	ek_secret_freep(&c->password);
	c->username = ek_str_dup(text);
	c->password = ek_str_dup(colon + 1); /* docker once padded with NULs: they end it */
	*colon = ':';
	ek_secret_freep(&text);
	return 0;
}

static int take_string(const struct ek_json *v, const char *key, const char *other, char **ret,
		       struct ek_err *err)
{
	const struct ek_json *s = ek_json_get(v, key) ?: ek_json_get(v, other);

	if (ek_json_is_null(s))
		return 0;
	if (!ek_json_str(s) || ek_json_str_len(s) > EK_CRED_MAX)
		return ek_fail(err, EK_EINVALID, "%s is not a string, or too long", key);
	*ret = ek_str_dup(ek_json_str(s));
	return 0;
}

int ek_cred_parse(const struct ek_json *v, struct ek_cred *ret, struct ek_err *err)
{
	struct ek_cred c = { 0 };
	EK_FREE char *auth = NULL;
	int rc;

	if (!ek_json_is_object(v))
		return ek_fail(err, EK_EINVALID, "not an object");
	rc = take_string(v, "username", "username", &c.username, err);
	if (rc == 0)
		rc = take_string(v, "password", "password", &c.password, err);
	if (rc == 0)
		rc = take_string(v, "identitytoken", "identity_token", &c.identity_token, err);
	if (rc == 0)
		rc = take_string(v, "registrytoken", "token", &c.registry_token, err);
	if (rc == 0)
		rc = take_string(v, "auth", "auth", &auth, err);
	if (rc == 0 && !ek_str_empty(auth))
		rc = take_auth(auth, &c, err);
	if (rc < 0)
		ek_cred_done(&c);
	else
		*ret = c;
	return rc;
}

/* ---- kubelet's matching ---- */

/*
 * Where a secret's entry applies: host and path, without scheme and without the "/v1/" or "/v2/" that
 * Docker wrote behind hosts.
 */
static void key_of(const char *location, char out[KEY_MAX])
{
	const char *at = location, *path;

	if (ek_str_starts(at, "https://"))
		at += 8;
	else if (ek_str_starts(at, "http://"))
		at += 7;
	path = strchrnul(at, '/');
	(void)snprintf(out, KEY_MAX, "%.*s", (int)EK_MIN(path - at, KEY_MAX - 1), at);
	if (ek_str_starts(path, "/v1/") || ek_str_starts(path, "/v2/"))
		path += 3;
	if (*path && !ek_streq(path, "/"))
		(void)snprintf(out + strlen(out), KEY_MAX - strlen(out), "%s", path);
}

struct place {
	char        host[KEY_MAX];
	const char *port, *path;
};

static void split_place(const char *s, struct place *p)
{
	const char *slash = strchrnul(s, '/');
	char *colon;

	(void)snprintf(p->host, sizeof(p->host), "%.*s", (int)EK_MIN(slash - s, KEY_MAX - 1), s);
	p->path = slash;
	p->port = "";
	colon = strrchr(p->host, ':');
	if (colon && !strchr(colon, ']')) {
		*colon = '\0';
		p->port = colon + 1;
	}
}

/* Part by part, so that a star never matches a dot. */
static bool host_matches(char *glob, char *host)
{
	char *glob_parts[64], *host_parts[64];
	size_t n = ek_str_split(glob, '.', glob_parts, 64);

	if (ek_str_split(host, '.', host_parts, 64) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (fnmatch(glob_parts[i], host_parts[i], 0) != 0)
			return false;
	return true;
}

static bool key_matches(const char *key, const char *image)
{
	struct place glob, target;

	split_place(key, &glob);
	split_place(image, &target);
	return ek_streq(glob.port, target.port) && ek_str_starts(target.path, glob.path) &&
	       host_matches(glob.host, target.host);
}

static bool is_default_registry(const char *image)
{
	const char *slash = strchrnul(image, '/');
	size_t n = (size_t)(slash - image);

	if (n == 0)
		return false;
	if (!*slash || ek_str_starts(image, "docker.io/") ||
	    ek_str_starts(image, "index.docker.io/"))
		return true;
	return !memchr(image, '.', n) && !memchr(image, ':', n);
}

struct entry {
	char                  key[KEY_MAX];
	const struct ek_json *value;
	size_t                order;
};

/* Reverse order of keys, so that longer paths come first; equal keys as they were given. */
static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(y->key, x->key);

	return order ? order : x->order > y->order ? 1 : -1;
}

static size_t collect_entries(const struct ek_json *const *secrets, size_t n, struct entry *entries)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct ek_json *auths = ek_json_get(secrets[i], "auths");
		struct ek_json_iter it = ek_json_iter(auths ? auths : secrets[i]);

		while (ek_json_next(&it) && count < ENTRIES_MAX) {
			if (!it.key || !ek_json_is_object(it.value))
				continue;
			key_of(it.key, entries[count].key);
			entries[count].value = it.value;
			entries[count].order = count;
			count++;
		}
	}
	return count;
}

size_t ek_keyring_lookup(const struct ek_json *const *secrets, size_t n, const char *image,
			 struct ek_cred ret[EK_CREDS_MAX])
{
	EK_FREE struct entry *entries = ek_calloc(ENTRIES_MAX, sizeof(entries[0]));
	size_t count = collect_entries(secrets, n, entries), found = 0;

	qsort(entries, count, sizeof(entries[0]), by_key);
	for (size_t i = 0; i < count && found < EK_CREDS_MAX; i++)
		if (key_matches(entries[i].key, image) &&
		    ek_cred_parse(entries[i].value, &ret[found], NULL) == 0)
			found++;
	if (found || !is_default_registry(image))
		return found;
	for (size_t i = 0; i < count && found < EK_CREDS_MAX; i++)
		if (ek_streq(entries[i].key, "index.docker.io") &&
		    ek_cred_parse(entries[i].value, &ret[found], NULL) == 0)
			found++;
	return found;
}

/* ---- challenges ---- */

static const char *skip(const char *at, const char *set)
{
	return at + strspn(at, set);
}

/* One key=value or key="value"; returns behind it, NULL when there is none. */
static const char *read_param(const char *at, char key[64], char value[VALUE_MAX])
{
	size_t n = strcspn(at, "= \t,\""), out = 0;

	if (n == 0 || n >= 64)
		return NULL;
	memcpy(key, at, n);
	key[n] = '\0';
	at = skip(at + n, " \t");
	if (*at != '=')
		return NULL;
	at = skip(at + 1, " \t");
	if (*at == '"') {
		for (at++; *at && *at != '"'; at++) {
			if (*at == '\\' && at[1])
				at++;
			if (out < VALUE_MAX - 1)
				value[out++] = *at;
		}
		at += *at == '"';
	} else {
		for (; *at && !strchr(" \t,", *at); at++)
			if (out < VALUE_MAX - 1)
				value[out++] = *at;
	}
	value[out] = '\0';
	return at;
}

static void take_param(struct ek_challenge *c, const char *key, const char *value)
{
	const struct {
		const char *key;
		char **to;
	} rows[] = { { "realm", &c->realm },
		     { "service", &c->service },
		     { "scope", &c->scope },
		     { "error", &c->error } };

	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++)
		if (strcasecmp(key, rows[i].key) == 0 && !*rows[i].to)
			*rows[i].to = ek_str_dup(value);
}

/* Schemes follow one another, each with its parameters: `Bearer realm="..",service="..", Basic realm=".."`. */
void ek_challenge_parse(const char *header, struct ek_challenge *ret)
{
	struct ek_challenge c = { 0 };
	bool in_bearer = false;

	for (const char *at = skip(header, " \t,"); *at; at = skip(at, " \t,")) {
		char key[64], value[VALUE_MAX];
		const char *next = read_param(at, key, value);
		size_t word = strcspn(at, " \t,");

		if (next) {
			if (in_bearer)
				take_param(&c, key, value);
			at = next;
			continue;
		}
		in_bearer = word == 6 && strncasecmp(at, "Bearer", 6) == 0 && !c.bearer;
		c.bearer |= in_bearer;
		c.basic |= word == 5 && strncasecmp(at, "Basic", 5) == 0;
		at += word ? word : 1;
	}
	*ret = c;
}

void ek_challenge_done(struct ek_challenge *c)
{
	free(c->realm);
	free(c->service);
	free(c->scope);
	free(c->error);
	*c = (struct ek_challenge){ 0 };
}

char *ek_url_escape(const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = ek_malloc(3 * strlen(s) + 1), *to = out;

	for (; *s; s++) {
		if (isalnum((unsigned char)*s) || strchr("-._~", *s)) {
			*to++ = *s;
			continue;
		}
		*to++ = '%';
		*to++ = hex[(unsigned char)*s >> 4];
		*to++ = hex[(unsigned char)*s & 15];
	}
	*to = '\0';
	return out;
}
