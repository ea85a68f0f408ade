/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Names of images: [domain/]path[:tag][@digest], with Docker's defaults, as
 * distribution/reference reads them. A parsed reference is always whole: domain and path, and a
 * tag or a digest or both.
 */

#include <ekube/err.h>

enum {
	EK_IMAGE_NAME_MAX = 255,
	EK_IMAGE_DIGEST_SIZE = 72, /* "sha256:" and 64 hexadecimal digits, and the NUL */
	EK_IMAGE_REF_SIZE = 768,   /* the longest reference */
};

struct ek_image_ref {
	char domain[EK_IMAGE_NAME_MAX + 1]; /* "docker.io" */
	char path[EK_IMAGE_NAME_MAX + 1];   /* "library/busybox" */
	char tag[129];                      /* "" when only a digest was given */
	char digest[EK_IMAGE_DIGEST_SIZE];  /* "" or "sha256:..." */
};

/* EK_EINVALID with the words that kubelet's users know. */
int ek_image_ref_parse(const char *s, struct ek_image_ref *ret, struct ek_err *err);

/* "docker.io/library/busybox:latest"; with a digest: name@digest, without the tag. */
void ek_image_ref_format(const struct ek_image_ref *ref, char out[EK_IMAGE_REF_SIZE]);
/* domain/path */
void ek_image_ref_name(const struct ek_image_ref *ref, char out[EK_IMAGE_REF_SIZE]);

/* For digests and what is as short: cut at the size. */
void ek_image_digest_copy(char to[EK_IMAGE_DIGEST_SIZE], const char *from);

/* Is s "sha256:" and 64 lower-case hexadecimal digits? The only algorithm there is here. */
bool ek_image_is_digest(const char *s);
