/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <ekube/base.h>
#include <sys/types.h>

/* RESOLVE_* of <linux/openat2.h>: kernel ABI, and one header less that a libc must come with. */
#define EK_RESOLVE_NO_XDEV       0x01u
#define EK_RESOLVE_NO_MAGICLINKS 0x02u
#define EK_RESOLVE_NO_SYMLINKS   0x04u
#define EK_RESOLVE_BENEATH       0x08u

/* The system call, O_CLOEXEC added. A descriptor or -errno; -ENOSYS where it is not to be had. */
int ek_file_openat2(int dir_fd, const char *path, int flags, mode_t mode, unsigned resolve);

/* What ek_open_beneath() does on such kernels: no symbolic links at all, no "..". */
int ek_file_open_walk(int dir_fd, const char *path, int flags, mode_t mode);

/*
 * Open a directory that is an entry of dir_fd, not a link and not a mount point (-EXDEV). The
 * _by_id form is the fallback: it compares the mount ids that /proc tells.
 */
int ek_file_open_subdir(int dir_fd, const char *name);
int ek_file_open_subdir_by_id(int dir_fd, const char *name);
