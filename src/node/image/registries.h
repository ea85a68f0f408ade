/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* registries.yaml as K3s documents it: mirrors, rewrites, credentials and TLS of registries. */

#include "auth.h"
#include "ref.h"

/* configs: what we are and whom we trust at a host ("host" or "host:port"). */
struct ek_registry_host {
	char          *name;
	struct ek_cred cred;
	char          *ca_file, *cert_file, *key_file;
	bool           insecure;
	char          *ca_pem, *cert_pem, *key_pem; /* after ek_registries_load() */
};

struct ek_registry_rewrite {
	char *pattern, *replacement; /* POSIX extended; $1 ... $9 */
};

struct ek_registry_mirror {
	char  *name; /* of a registry, or "*" for those without an entry of their own */
	EK_VEC(char *) endpoints;
	EK_VEC(struct ek_registry_rewrite) rewrites;
};

struct ek_registries {
	EK_VEC(struct ek_registry_mirror) mirrors;
	EK_VEC(struct ek_registry_host) hosts;
};

/* Pure: reads no file. The error names the field: "mirrors.docker.io.endpoint[1]: ...". */
int  ek_registries_parse(const struct ek_json *v, struct ek_registries **ret, struct ek_err *err);
int  ek_registries_load(struct ek_registries *r, struct ek_err *err); /* the TLS files; blocks */
void ek_registries_free(struct ek_registries *r); /* NULL is fine */

/* Where to ask for an image, in order; the registry itself comes last. */
struct ek_endpoint {
	char                          *base; /* "https://registry-1.docker.io/v2" */
	char                          *repo; /* the image's path there, rewritten */
	const struct ek_registry_host *host; /* may be NULL */
	bool                           is_mirror;
};
enum { EK_ENDPOINTS_MAX = 16 };
size_t ek_registries_endpoints(const struct ek_registries *r, const struct ek_image_ref *ref,
			       struct ek_endpoint ret[EK_ENDPOINTS_MAX]);
void   ek_endpoint_done(struct ek_endpoint *e);
