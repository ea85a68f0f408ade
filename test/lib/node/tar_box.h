/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Tar archives made by hand, honest and otherwise. */

#include <ekube/buf.h>

struct tar_entry {
	const char *name;
	char        type; /* '0' file, '1' hard link, '2' link, '3' char, '4' block, '5' directory, '6' fifo */
	unsigned    mode;
	const char *link; /* of '1' and '2' */
	const char *data;
	int64_t     uid, gid, mtime;
	unsigned    major, minor;
	int64_t     size;     /* instead of the data's, when not 0 */
	const char *pax[4];   /* "key=value" records that come before it, NULL-terminated */
	const char *xattr;    /* name of one attribute, as SCHILY.xattr.<name> */
	const char *xattr_value;
	size_t      xattr_size; /* 0: strlen */
};

void tar_add(struct ek_buf *b, const struct tar_entry *e);
void tar_add_data(struct ek_buf *b, const char *name, const void *data, size_t n);
void tar_end(struct ek_buf *b); /* two blocks of zeroes */

enum { TAR_PLAIN, TAR_GZIP, TAR_ZSTD };
/* A compressed copy. */
struct ek_buf tar_compress(const struct ek_buf *b, int how);
