/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Writing a layer's entries below a directory, for overlayfs. The entries come from strangers:
 * whatever their names and links say, nothing outside the directory is made, changed or opened.
 *
 *	- paths are resolved as if the directory were the root (openat2, RESOLVE_IN_ROOT), ".." is refused;
 *	- ".wh.x" becomes a 0:0 character device, ".wh..wh..opq" the opaque attribute, as overlayfs wants;
 *	- of extended attributes only security.capability and user.* are taken: trusted.overlay.* would
 *	  redirect reads to other files of the machine's.
 *
 * A directory that no entry made, because its child came alone, is "implied": in an overlay it would
 * hide the mode and owner of the same directory in a lower layer. These, and hard links whose target
 * is not in the layer, are written down, and mended where the layers below are known (mend.c).
 */

#include <ekube/err.h>
#include <ekube/vec.h>

enum {
	EK_TREE_NAME_MAX = 255,
	EK_TREE_PATH_MAX = 4095,
	EK_TREE_XATTRS_MAX = 64,          /* an entry */
	EK_TREE_XATTR_SIZE_MAX = 64 * 1024,
	EK_TREE_NOTES_MAX = 64 * 1024,    /* implied directories and open links of a layer */
	EK_TREE_TIMES_MAX = 256 * 1024,   /* directories whose times are kept */
};

struct archive;
struct archive_entry;

struct ek_tree_link {
	char *path, *target;
};

struct ek_tree_time {
	char   *path;
	int64_t sec;
	long    nsec;
};

struct ek_tree {
	int root;                 /* borrowed */
	struct ek_map implied;    /* path -> anything */
	EK_VEC(struct ek_tree_link) links;
	EK_VEC(struct ek_tree_time) times;
	int64_t bytes;            /* of files, as their sizes say */
	/* private: the directory of the last entry */
	char *at_path;
	int   at_fd;
};

void ek_tree_init(struct ek_tree *t, int root_fd);
void ek_tree_done(struct ek_tree *t);

/* Write one entry; its data is read from `a`. */
int ek_tree_add(struct ek_tree *t, struct archive *a, struct archive_entry *e, struct ek_err *err);

/* After the last entry: the directories' times. */
void ek_tree_finish(struct ek_tree *t);

/* openat2(RESOLVE_IN_ROOT): links, also absolute ones, lead to places below root. -errno. */
int ek_tree_open(int root, const char *path, int flags);
bool ek_tree_is_whiteout(int dir_fd, const char *name);
