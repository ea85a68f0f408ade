/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A registry on loopback, in the test's own loop, that can be told to misbehave. */

#include <ekube/stream.h>

#include "node/image_box.h"

enum { REG_OPEN, REG_BASIC, REG_TOKEN };

struct registry_box {
	/* what it does */
	struct ek_loop          *loop;
	const struct made_image *image;
	const char *repo, *tag;
	int         auth;            /* user "user", password "pass" */
	bool        index;           /* the tag stands for an index with this image in it */
	bool        no_ranges, no_head;
	int         fail_first;      /* so many requests for blobs get `fail_status` */
	int         fail_status;
	int64_t     break_after;     /* a blob's connection ends after so many bytes ... */
	int         breaks;          /* ... so many times */
	int         corrupt;         /* so many blobs come with a wrong byte */
	struct registry_box *redirect_to; /* blobs live there */
	bool        token_denied, token_garbage;
	const char *realm;           /* instead of its own */
	const char *manifest;        /* instead of the image's */

	/* what happened */
	int      port;
	unsigned manifests, heads, blobs, tokens, ranges;
	int64_t  blob_bytes;
	bool     saw_authorization;  /* on a blob request */
	char     last_token_query[512];
	char     last_token_auth[256];

	/* private */
	struct ek_listener listener;
	struct ek_list     connections;
};

void registry_box_open(struct ek_loop *loop, struct registry_box *r, const struct made_image *image,
		       const char *repo, const char *tag);
void registry_box_close(struct registry_box *r);
