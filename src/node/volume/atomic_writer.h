/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Files of a volume that change all at once:
 *
 *	<dir>/..2026_01_02_03_04_05.123456789/a/b    the files
 *	<dir>/..data -> ..2026_01_02_03_04_05.123456789
 *	<dir>/a      -> ..data/a                     what containers see
 *
 * A change makes a new directory and moves the link. Blocks: for the thread pool.
 */

#include <ekube/err.h>
#include <ekube/vec.h>

enum {
	EK_PAYLOAD_FILES_MAX = 4096,
	EK_PAYLOAD_BYTES_MAX = 32 << 20,
};

struct ek_payload_file {
	char    *path;   /* relative, "a/b"; checked by ek_payload_add */
	char    *data;
	size_t   n;
	unsigned mode;
	int64_t  uid;    /* -1: root */
};

struct ek_payload {
	EK_VEC(struct ek_payload_file) files;
	size_t bytes;
};

/* A later file of the same path replaces an earlier one. EK_EINVALID for a path that leads out. */
int  ek_payload_add(struct ek_payload *p, const char *path, const void *data, size_t n, unsigned mode, int64_t uid,
		    struct ek_err *err);
void ek_payload_done(struct ek_payload *p);

/*
 * Bring dir (which exists) to the payload. gid: owner group of all, -1: none. *ret_changed (may be NULL):
 * whether there was something to do.
 */
int ek_atomic_write(const char *dir, const struct ek_payload *p, int64_t gid, bool *ret_changed, struct ek_err *err);
