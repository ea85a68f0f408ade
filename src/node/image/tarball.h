/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reading an image archive, docker save's or an OCI layout, in one pass: JSON is kept, layers are
 * unpacked as they come by, before anybody can know whose they are. Then the manifests are followed.
 * Blocking: for the thread pool.
 */

#include <ekube/vec.h>

#include "layer.h"
#include "manifest.h"

enum {
	EK_TARBALL_FILES_MAX = 20000,
	EK_TARBALL_LAYERS_MAX = 2000,
	EK_TARBALL_JSON_MAX = 64 << 20, /* all of it together */
	EK_TARBALL_IMAGES_MAX = 1000,
	EK_TARBALL_NAME_MAX = 1024,
};

struct ek_tarball_file {
	char                  *json; /* or NULL */
	size_t                 json_len;
	int                    layer; /* index of its directory, -1: none */
	struct ek_layer_result result; /* of a layer; of JSON only `blob` */
	struct ek_err          err;    /* why a layer could not be unpacked */
	char                  *link;   /* the name of the file that it stands for, or NULL */
};

/* An image to be: its layers are files of the archive. */
struct ek_tarball_image {
	char   id[EK_IMAGE_DIGEST_SIZE], manifest_digest[EK_IMAGE_DIGEST_SIZE];
	char  *config, *manifest; /* copies; manifest may be NULL */
	size_t config_len, manifest_len;
	char **tags, **digests;
	EK_VEC(const struct ek_tarball_file *) layers;
	int64_t size, unpacked;
};

struct ek_tarball {
	int           dir;   /* each layer becomes <dir>/<layer> */
	const bool   *cancel;
	struct ek_map files; /* name -> struct ek_tarball_file */
	size_t        n_layers, json_bytes;
	EK_VEC(struct ek_tarball_image) images;
};

/* name: for an image without one; may be NULL. On failure only ek_tarball_done() is left to do. */
int  ek_tarball_read(struct ek_tarball *a, int fd, const char *name, struct ek_err *err);
void ek_tarball_done(struct ek_tarball *a);
