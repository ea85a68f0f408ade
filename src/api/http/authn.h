/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who asks: client certificate, service account token, static token; else system:anonymous, which RBAC
 * lets see the health and version paths only.
 */

#include "front.h"
#include "http.h"

struct authn; /* the static tokens */

/* token_file: lines "token,user,uid,\"group1,group2\"" (RFC 4180 quoting); NULL: none. */
int  authn_new(const char *token_file, struct authn **ret, struct ek_err *err);
void authn_free(struct authn *a);

/* Whose strings live as long as the request. */
struct identity {
	struct ek_user       user;
	struct ek_token_user token;    /* when by service account token */
	const char         **groups;
	const char         **as_groups; /* of the user who is impersonated */
};

/* 0, or EK_EUNAUTHORIZED when credentials were given and are no good. */
int  authn_request(struct authn *a, struct http_req *r, struct identity *ret);

/*
 * Impersonate-User and Impersonate-Group: replaces the user when the one who asks may do so ("impersonate"
 * on users, groups, serviceaccounts). On refusal *ret_status is what to answer.
 */
int  authn_impersonate(struct http_req *r, struct identity *id, struct ek_json **ret_status);
void identity_done(struct identity *id);
