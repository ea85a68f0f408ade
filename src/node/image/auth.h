/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who we are to a registry: credentials from image pull secrets, matched as kubelet matches them, and
 * the challenges that registries answer with (RFC 7235, Docker's token authentication). Pure.
 */

#include <ekube/json.h>
#include <ekube/vec.h>

enum { EK_CRED_MAX = 8 * 1024, EK_CREDS_MAX = 64 };

struct ek_cred {
	char *username, *password;
	char *identity_token; /* an OAuth refresh token */
	char *registry_token; /* a bearer token as it is */
};
void ek_cred_done(struct ek_cred *c); /* overwrites */
bool ek_cred_is_empty(const struct ek_cred *c);
void ek_cred_copy(struct ek_cred *to, const struct ek_cred *from);

/* { "username", "password", "auth" (base64 of user:password), "identitytoken", "registrytoken" } */
int ek_cred_parse(const struct ek_json *v, struct ek_cred *ret, struct ek_err *err);

/*
 * The credentials of the secrets that match an image's name ("docker.io/library/busybox"), the most
 * specific first. An entry that cannot be read is skipped, as kubelet does. Free each with ek_cred_done.
 */
size_t ek_keyring_lookup(const struct ek_json *const *secrets, size_t n, const char *image,
			 struct ek_cred ret[EK_CREDS_MAX]);

/* WWW-Authenticate. */
struct ek_challenge {
	bool  bearer, basic;
	char *realm, *service, *scope, *error; /* of the bearer one; may be NULL */
};
void ek_challenge_parse(const char *header, struct ek_challenge *ret);
void ek_challenge_done(struct ek_challenge *c);

/* Percent-encoded for a query. */
char *ek_url_escape(const char *s);
