/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Files, safely: relative to a directory descriptor, bounded, atomic when replaced. */

#include <ekube/err.h>
#include <sys/types.h>

/*
 * Read a file as one NUL-terminated string, relative to dir_fd (AT_FDCWD allowed).
 * More than `max` bytes is an error. *ret_text belongs to the caller. ret_n may be NULL.
 */
int ek_file_read(int dir_fd, const char *path, size_t max, char **ret_text, size_t *ret_n,
		 struct ek_err *err);

/*
 * Replace a file so that after a power cut either the old or the new contents are there:
 * temporary name, write, fsync, rename, fsync of the directory (skipped when !durable).
 */
int ek_file_write(int dir_fd, const char *path, const void *data, size_t n, mode_t mode,
		  bool durable, struct ek_err *err);

/* mkdir -p; existing directories keep their mode. */
int ek_dir_make(int dir_fd, const char *path, mode_t mode, struct ek_err *err);

/* rm -rf below dir_fd, never following links or crossing mount points. Missing is success. */
int ek_dir_remove(int dir_fd, const char *path, struct ek_err *err);

/*
 * openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS [| RESOLVE_NO_SYMLINKS]): the result is inside
 * dir_fd whatever the path or the links in it say. Falls back to a component walk with
 * O_NOFOLLOW where the kernel has no openat2.
 */
int ek_open_beneath(int dir_fd, const char *path, int flags, mode_t mode, bool no_symlinks);

/* Write all or fail; EINTR is handled. */
int ek_write_all(int fd, const void *data, size_t n);

/* For messages: one static sentence-free join, malloc'd: "a/b". */
char *ek_path_join(const char *dir, const char *name) EK_MUST_USE;

/*
 * Where a program is: by its path, or by its name in PATH (absolute folders only) and then in the
 * usual places, which a service's PATH may lack. Malloc'd; NULL when there is none.
 */
char *ek_program_find(const char *name) EK_MUST_USE;
