/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The JSON of images: manifests and indexes (OCI and Docker schema 2), and image configs. Pure
 * functions over bytes that nobody trusts: every size and count has a maximum, every digest is
 * checked for its form.
 */

#include <ekube/json.h>

#include "ref.h"

enum {
	EK_IMAGE_JSON_MAX = 4 << 20,  /* a manifest, an index, a config */
	EK_IMAGE_LAYERS_MAX = 256,
	EK_IMAGE_MANIFESTS_MAX = 1024, /* in an index */
	EK_IMAGE_LIST_MAX = 4096,      /* strings of a config's lists */
};

/* What a registry is asked for, best first. */
#define EK_IMAGE_ACCEPT                                                                         \
	"application/vnd.oci.image.index.v1+json, "                                             \
	"application/vnd.docker.distribution.manifest.list.v2+json, "                           \
	"application/vnd.oci.image.manifest.v1+json, "                                          \
	"application/vnd.docker.distribution.manifest.v2+json, */*"

struct ek_image_descriptor {
	char    digest[EK_IMAGE_DIGEST_SIZE];
	int64_t size;
};

struct ek_image_manifest {
	struct ek_image_descriptor  config;
	struct ek_image_descriptor *layers; /* lowest first */
	size_t                      n_layers;
};

struct ek_image_platform {
	char os[16], arch[16], variant[16];
};

/* What this machine runs: linux, Go's name of the architecture, "v7" or so on 32-bit ARM. */
struct ek_image_platform ek_image_platform_here(void);

/* Is it an index (a list of manifests by platform)? */
bool ek_image_is_index(const struct ek_json *v);

/*
 * The manifest of an index that runs here; among several the closest variant, then the first.
 * EK_ENOTFOUND, "no match for platform in manifest", when there is none.
 */
int ek_image_index_choose(const struct ek_json *index, const struct ek_image_platform *here,
			  struct ek_image_descriptor *ret, struct ek_err *err);

int  ek_image_manifest_parse(const struct ek_json *v, struct ek_image_manifest *ret, struct ek_err *err);
void ek_image_manifest_done(struct ek_image_manifest *m);

/* What a container takes from its image. Lists are NULL-terminated and never NULL. */
struct ek_image_config {
	char **entrypoint, **cmd, **env;
	char **ports;   /* "80/tcp" */
	char **volumes; /* paths */
	char  *user, *working_dir, *stop_signal; /* "" when not said */
	char **diff_ids;
	char   arch[16], os[16];
};
int  ek_image_config_parse(const struct ek_json *v, struct ek_image_config *ret, struct ek_err *err);
void ek_image_config_done(struct ek_image_config *c);

/*
 * OCI chain identifiers: of layer 0 its diff id, of layer i sha256(chain(i - 1) + " " + diff id i).
 * `chain` is replaced by the next one; start with "".
 */
void ek_image_chain_next(char chain[EK_IMAGE_DIGEST_SIZE], const char *diff_id);

/* "sha256:<hex>" of bytes. */
void ek_image_digest_of(const void *data, size_t n, char out[EK_IMAGE_DIGEST_SIZE]);
