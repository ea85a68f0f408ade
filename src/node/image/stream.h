/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * libarchive between sources: a decompressor that is itself a source, and a tar reader over one.
 * What is compressed is told by its first bytes, and only once: a gzip inside a gzip is refused.
 */

#include <ekube/crypto.h>

#include "layer.h"

struct archive;

/* A source whose bytes are counted and hashed on their way. */
struct ek_hashed_source {
	struct ek_bytes_source  source;
	struct ek_bytes_source *from;
	struct ek_sha256        hash;
	int64_t                 n, max;
	bool                    done;
};
void ek_hashed_source_init(struct ek_hashed_source *s, struct ek_bytes_source *from, int64_t max);
int  ek_hashed_source_drain(struct ek_hashed_source *s, struct ek_err *err); /* to its end */
void ek_hashed_source_end(struct ek_hashed_source *s, char out[EK_IMAGE_DIGEST_SIZE]);

struct ek_decompressor {
	struct ek_bytes_source  source;
	struct ek_bytes_source *from;
	struct archive         *archive;
	const void             *first; /* looked at before libarchive was asked */
	ssize_t                 first_n;
	struct ek_err           from_err;
	bool                    failed;
};
int  ek_decompressor_open(struct ek_decompressor *d, struct ek_bytes_source *from, struct ek_err *err);
void ek_decompressor_close(struct ek_decompressor *d);

struct ek_tar {
	struct archive         *archive;
	struct ek_bytes_source *from;
	struct ek_err           from_err;
	bool                    failed;
};
int  ek_tar_open(struct ek_tar *t, struct ek_bytes_source *from, struct ek_err *err);
void ek_tar_close(struct ek_tar *t);
struct archive_entry;
/* 1: an entry; 0: the end; < 0. */
int ek_tar_next(struct ek_tar *t, struct archive_entry **ret, struct ek_err *err);
/* What went wrong below, if it was the source, else in libarchive's words. */
int ek_tar_fail(struct ek_tar *t, struct ek_err *err);

/*
 * libarchive turns names through the thread's locale; without UTF-8 it loses those that are not
 * ASCII. Enter before, leave after, on the same thread.
 */
void *ek_utf8_enter(void);
void  ek_utf8_leave(void *token);
