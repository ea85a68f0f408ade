/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Unpacking one layer: bytes, compressed or not, become a directory for overlayfs. Blocking: for the
 * thread pool.
 *
 *	source ──► sha256 (blob) ──► gzip | zstd | none ──► sha256 (diff id) ──► tar ──► tree.c
 *
 * A layer's directory holds "fs", what overlayfs gets, and "notes", what is to be mended (mend.c).
 */

#include <sys/types.h>

#include "ref.h"

/* Where bytes come from. Returns how many *ret_data points at, 0 at the end, < 0 with err filled. */
struct ek_bytes_source {
	ssize_t (*read)(struct ek_bytes_source *s, const void **ret_data, struct ek_err *err);
};

/* A descriptor as a source. */
struct ek_fd_source {
	struct ek_bytes_source source;
	int  fd;
	char buf[64 * 1024];
};
void ek_fd_source_init(struct ek_fd_source *s, int fd);

struct ek_layer_limits {
	int64_t max_bytes;   /* of the tar, and of the files as their sizes say; 0: 64 GiB */
	int64_t max_entries; /* 0: 2 million */
	const bool *cancel;  /* set by another thread; may be NULL */
};

struct ek_layer_result {
	char    diff_id[EK_IMAGE_DIGEST_SIZE];
	char    blob[EK_IMAGE_DIGEST_SIZE]; /* of the bytes as they came */
	int64_t blob_size;
	int64_t bytes;                      /* of files */
	int64_t entries;
};

/*
 * Unpack into the empty directory dir_fd ("fs" and "notes" are made in it). Reads the source to its
 * end. On failure what was made stays: the caller removes the directory.
 */
int ek_layer_unpack(int dir_fd, struct ek_bytes_source *source, const struct ek_layer_limits *limits,
		    struct ek_layer_result *ret, struct ek_err *err);

/* Is this how a layer begins: a tar, or one compressed in a way that is known here? n >= 512 helps. */
bool ek_layer_looks_like(const void *data, size_t n);
