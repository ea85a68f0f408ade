/* SPDX-License-Identifier: Apache-2.0 */
#include "authn.h"

#include <ekube/crypto.h>
#include <ekube/file.h>
#include <ekube/str.h>
#include <fcntl.h>
#include <stdlib.h>

#include "front_h2o.h"
#include "front_tls.h"

enum { MAX_TOKEN_FILE = 1 << 20, MAX_TOKEN = 16 << 10, MAX_FIELDS = 4, MAX_IMPERSONATED = 64 };

struct row {
	char  *token, *name, *uid;
	char **groups; /* NULL-terminated */
};

struct authn {
	EK_VEC(struct row) rows;
};

/* ---- the file ---- */

/* One field of a comma-separated line, unquoted in place. */
static char *take_field(char **rest)
{
	char *field = *rest, *w;

	if (!field)
		return NULL;
	if (*field != '"') {
		*rest = strchr(field, ',');
		if (*rest)
			*(*rest)++ = '\0';
		return field;
	}
	w = ++field;
	for (char *r = field;; r++) {
		if (*r == '\0' || (*r == '"' && r[1] != '"')) {
			*rest = *r && r[1] == ',' ? r + 2 : NULL;
			break;
		}
		if (*r == '"')
			r++;
		*w++ = *r;
	}
	*w = '\0';
	return field;
}

static char **split_groups(char *text, const char *extra)
{
	EK_VEC(char *) v = { 0 };

	for (char *part; (part = strsep(&text, ","));)
		if (*part)
			ek_vec_push(&v, ek_str_dup(part));
	ek_vec_push(&v, ek_str_dup(extra));
	ek_vec_push(&v, NULL);
	return v.items;
}

static int add_line(struct authn *a, char *line, int number, struct ek_err *err)
{
	char *fields[MAX_FIELDS] = { NULL };
	struct row row;
	int n = 0;

	while (n < MAX_FIELDS && (fields[n] = take_field(&line)))
		n++;
	if (n < 3 || !*fields[0] || !*fields[1])
		return ek_fail(err, EK_EINVALID,
			       "line %d must be token,user,uid[,\"group1,group2\"]", number);
	row = (struct row){ ek_str_dup(fields[0]), ek_str_dup(fields[1]), ek_str_dup(fields[2]),
			    split_groups(fields[3], "system:authenticated") };
	ek_vec_push(&a->rows, row);
	return 0;
}

int authn_new(const char *token_file, struct authn **ret, struct ek_err *err)
{
	struct authn *a = ek_new(struct authn);
	char *text = NULL, *rest;
	int rc = 0, number = 0;

	if (token_file)
		rc = ek_file_read(AT_FDCWD, token_file, MAX_TOKEN_FILE, &text, NULL, err);
	rest = text;
	for (char *line; rc == 0 && rest && (line = strsep(&rest, "\n"));) {
		number++;
		if (*line && *line != '#')
			rc = add_line(a, line, number, err);
	}
	ek_secret_freep(&text);
	if (rc < 0) {
		authn_free(a);
		return ek_wrap(err, rc, "token file %s (--token-auth-file)", token_file);
	}
	*ret = a;
	return 0;
}

void authn_free(struct authn *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->rows.n; i++) {
		struct row *row = &a->rows.items[i];

		ek_secret_freep(&row->token);
		free(row->name);
		free(row->uid);
		for (char **g = row->groups; *g; g++)
			free(*g);
		free(row->groups);
	}
	ek_vec_done(&a->rows);
	free(a);
}

/* ---- a request ---- */

static int by_certificate(const struct tls_peer *peer, struct identity *id)
{
	size_t n = 0;

	if (!peer->verified || ek_str_empty(peer->name))
		return EK_EUNAUTHORIZED;
	while (peer->groups[n])
		n++;
	id->groups = ek_calloc(n + 2, sizeof(*id->groups));
	memcpy(id->groups, peer->groups, n * sizeof(*id->groups));
	id->groups[n] = "system:authenticated";
	id->user = (struct ek_user){ .name = peer->name, .groups = id->groups };
	return 0;
}

/* Every row is compared, in time that does not tell which one came close. */
static const struct row *find_token(const struct authn *a, const char *token)
{
	const struct row *found = NULL;
	uint8_t want[32], have[32];

	ek_sha256(token, strlen(token), want);
	for (size_t i = 0; i < a->rows.n; i++) {
		ek_sha256(a->rows.items[i].token, strlen(a->rows.items[i].token), have);
		if (ek_secret_equal(want, sizeof(want), have, sizeof(have)))
			found = &a->rows.items[i];
	}
	return found;
}

static int by_token(const struct authn *a, struct ek_registry *reg, const char *token,
		    struct identity *id)
{
	const struct row *row;
	int rc;

	if (strlen(token) > MAX_TOKEN)
		return EK_EUNAUTHORIZED;
	row = find_token(a, token);
	if (row) {
		id->user = (struct ek_user){ .name = row->name,
					     .uid = row->uid,
					     .groups = (const char *const *)row->groups };
		return 0;
	}
	rc = ek_token_check(reg, token, NULL, &id->token, NULL);
	if (rc < 0)
		return EK_EUNAUTHORIZED;
	id->user = id->token.user;
	return 0;
}

/*
 * Browsers cannot set headers of a WebSocket: there the token may be among the subprotocols
 * (k8s.io/apiserver/pkg/authentication/request/websocket/protocol.go). Malloc'd.
 */
static char *websocket_token(struct http_req *r)
{
	static const char prefix[] = "base64url.bearer.authorization.k8s.io.";
	const char *upgrade = http_header(r, "upgrade"), *header;
	char *token = NULL;

	if (!upgrade || strcasecmp(upgrade, "websocket") != 0)
		return NULL;
	for (size_t i = 0; !token && (header = http_header_at(r, "sec-websocket-protocol", i));
	     i++) {
		const char *at = strstr(header, prefix), *text = at ? at + strlen(prefix) : "";
		size_t n = strcspn(text, ", \t"), token_len = 0;

		if (!at || (at != header && !strchr(", \t", at[-1])))
			continue;
		if (ek_base64_decode(text, n, true, &token, &token_len) < 0)
			return ek_str_dup("");
	}
	return token;
}

/* Malloc'd; NULL when the request has none. */
static char *find_bearer(struct http_req *r)
{
	const char *header = http_header(r, "authorization");

	if (header && strncasecmp(header, "bearer ", 7) == 0)
		return ek_str_dup(header + 7 + strspn(header + 7, " "));
	return websocket_token(r);
}

/* A certificate first; one that does not verify leaves it to the token. */
int authn_request(struct authn *a, struct http_req *r, struct identity *ret)
{
	static const char *const anonymous[] = { "system:unauthenticated", NULL };
	EK_CLEANUP(ek_secret_freep) char *token = NULL;
	const struct tls_peer *peer = http_peer(r);

	*ret = (struct identity){ 0 };
	if (peer->has_cert && by_certificate(peer, ret) == 0)
		return 0;
	token = find_bearer(r);
	if (token)
		return *token ? by_token(a, front_registry(r->front), token, ret) :
				EK_EUNAUTHORIZED;
	if (peer->has_cert)
		return EK_EUNAUTHORIZED;
	ret->user = (struct ek_user){ .name = "system:anonymous", .groups = anonymous };
	return 0;
}

/* ---- impersonation (k8s.io/apiserver/pkg/endpoints/filters/impersonation.go) ---- */

static const char account_prefix[] = "system:serviceaccount:";

static bool may_impersonate(struct http_req *r, const struct ek_user *who, const char *resource,
			    const char *ns, const char *name, struct ek_json **ret_status)
{
	const struct ek_authz_attrs a = { .user = who,
					  .verb = "impersonate",
					  .group = "",
					  .resource = resource,
					  .ns = ns,
					  .name = name };
	char reason[256] = "";

	if (ek_authorize(front_registry(r->front), &a, reason, sizeof(reason)))
		return true;
	*ret_status = ek_status_forbidden(&a, reason);
	return false;
}

static bool may_become(struct http_req *r, const struct ek_user *who, const char *user,
		       struct ek_json **ret_status)
{
	EK_FREE char *copy = NULL;
	char *parts[2];

	if (!ek_str_starts(user, account_prefix))
		return may_impersonate(r, who, "users", NULL, user, ret_status);
	copy = ek_str_dup(user + strlen(account_prefix));
	if (ek_str_split(copy, ':', parts, 2) != 2)
		return may_impersonate(r, who, "users", NULL, user, ret_status);
	return may_impersonate(r, who, "serviceaccounts", parts[0], parts[1], ret_status);
}

/* A service account has its groups by its name. Strings live with the request. */
static size_t account_groups(struct http_req *r, const char *user, const char **out)
{
	const char *ns = user + strlen(account_prefix);

	if (!ek_str_starts(user, account_prefix))
		return 0;
	out[0] = "system:serviceaccounts";
	out[1] = http_pool_text(r, EK_F("system:serviceaccounts:%.*s", (int)strcspn(ns, ":"), ns));
	return 2;
}

/* Everybody is authenticated or not, unless the one who asks has said so already. */
static void add_standing(const char *user, const char **groups, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ek_streq(groups[i], "system:authenticated") ||
		    ek_streq(groups[i], "system:unauthenticated"))
			return;
	groups[n] = ek_streq(user, "system:anonymous") ? "system:unauthenticated" :
							 "system:authenticated";
}

static int refuse_impersonation(struct ek_json **ret_status, const char *why)
{
	*ret_status = ek_status_new(EK_EBADREQUEST, NULL, NULL, NULL, "%s", why);
	return EK_EBADREQUEST;
}

int authn_impersonate(struct http_req *r, struct identity *id, struct ek_json **ret_status)
{
	const char *user = http_header(r, "impersonate-user");
	const char **groups;
	size_t n = 0;

	if (ek_str_empty(user)) {
		if (!http_header_at(r, "impersonate-group", 0) &&
		    !http_header(r, "impersonate-uid"))
			return 0;
		return refuse_impersonation(ret_status,
					    "requested impersonation without impersonating a user");
	}
	if (http_header_at(r, "impersonate-group", MAX_IMPERSONATED))
		return refuse_impersonation(ret_status, "too many groups are impersonated");
	if (!may_become(r, &id->user, user, ret_status))
		return EK_EFORBIDDEN;
	groups = ek_calloc(MAX_IMPERSONATED + 2, sizeof(*groups));
	id->as_groups = groups;
	for (const char *g; (g = http_header_at(r, "impersonate-group", n)); n++) {
		if (!may_impersonate(r, &id->user, "groups", NULL, g, ret_status))
			return EK_EFORBIDDEN;
		groups[n] = g;
	}
	if (n == 0)
		n = account_groups(r, user, groups);
	add_standing(user, groups, n);
	id->user = (struct ek_user){ .name = user, .groups = groups };
	return 0;
}

void identity_done(struct identity *id)
{
	ek_token_user_done(&id->token);
	free(id->groups);
	free(id->as_groups);
	*id = (struct identity){ 0 };
}
