/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Layers are unpacked alone, so that every image that has one shares it. Two things cannot be known
 * alone; they are noted, and mended when an image puts its layers on one another:
 *
 *	- a directory that the layer implies but has no entry for: in the overlay it would replace the
 *	  mode and owner that a lower layer gave it (1777 of /tmp, say);
 *	- a hard link to a file of a lower layer.
 *
 * What is mended lies in a small layer of its own right above. Most images need none.
 */

#include <ekube/err.h>

struct ek_tree;

/* Write <dir_fd>/notes. No file when there is nothing to note. */
int ek_notes_write(int dir_fd, const struct ek_tree *t, struct ek_err *err);

/*
 * `layers` are descriptors of layer directories (with "fs" inside), lowest first; mend the last one by
 * means of the others. Returns 1 when something was made in the directory out_fd ("fs" and, for sharing,
 * nothing else), 0 when there was nothing to mend.
 */
int ek_mend(const int *layers, size_t n, int out_fd, struct ek_err *err);
