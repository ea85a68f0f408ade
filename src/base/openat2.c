/* SPDX-License-Identifier: Apache-2.0 */
#include "openat2.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ekube/file.h>

#ifndef SYS_openat2
#define SYS_openat2 437 /* the same on every architecture */
#endif

struct how {
	uint64_t flags, mode, resolve;
};

int ek_file_openat2(int dir_fd, const char *path, int flags, mode_t mode, unsigned resolve)
{
	struct how how = { .resolve = resolve };
	long fd;

	flags |= O_CLOEXEC;
	if (!(flags & O_PATH))
		flags |= O_LARGEFILE; /* 32-bit kernels add it to openat, not to openat2 */
	how.flags = (uint64_t)(unsigned)flags;
	if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)
		how.mode = mode;
	/* EAGAIN: something was renamed meanwhile and the kernel cannot vouch for ".." */
	for (int tries = 0; tries < 100; tries++) {
		fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

/* Old seccomp filters answer EPERM to calls they do not know; then the walk decides. */
static bool is_unavailable(int rc)
{
	return rc == -ENOSYS || rc == -EPERM;
}

int ek_open_beneath(int dir_fd, const char *path, int flags, mode_t mode, bool no_symlinks)
{
	unsigned resolve = EK_RESOLVE_BENEATH | EK_RESOLVE_NO_MAGICLINKS;
	int rc;

	if (no_symlinks)
		resolve |= EK_RESOLVE_NO_SYMLINKS;
	rc = ek_file_openat2(dir_fd, path, flags, mode, resolve);
	return is_unavailable(rc) ? ek_file_open_walk(dir_fd, path, flags, mode) : rc;
}

/* The next component of *path, which moves past it and the slashes behind. 0 or -errno. */
static int take_component(const char **path, char out[NAME_MAX + 1])
{
	size_t n = strcspn(*path, "/");

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(out, *path, n);
	out[n] = '\0';
	*path += n;
	*path += strspn(*path, "/");
	return strcmp(out, "..") == 0 ? -EXDEV : 0;
}

int ek_file_open_walk(int dir_fd, const char *path, int flags, mode_t mode)
{
	EK_CLOSE int parent = -1;
	char name[NAME_MAX + 1];
	bool dir_wanted;
	int rc, fd;

	if (*path == '/')
		return -EXDEV;
	if (!*path)
		return -ENOENT;
	dir_wanted = path[strlen(path) - 1] == '/';
	rc = take_component(&path, name);
	while (rc == 0 && *path) {
		fd = openat(parent >= 0 ? parent : dir_fd, name,
			    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		ek_closep(&parent);
		parent = fd;
		rc = take_component(&path, name);
	}
	if (rc < 0)
		return rc;
	if (dir_wanted)
		flags |= O_DIRECTORY;
	fd = openat(parent >= 0 ? parent : dir_fd, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	return fd < 0 ? -errno : fd;
}

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int ek_file_open_subdir(int dir_fd, const char *name)
{
	int rc = ek_file_openat2(dir_fd, name, DIR_FLAGS, 0,
				 EK_RESOLVE_NO_XDEV | EK_RESOLVE_BENEATH | EK_RESOLVE_NO_SYMLINKS);

	return is_unavailable(rc) ? ek_file_open_subdir_by_id(dir_fd, name) : rc;
}

/* "mnt_id:" of /proc/self/fdinfo tells bind mounts of one file system apart; st_dev does not. */
static int mount_id(int fd, int64_t *ret)
{
	EK_FREE char *text = NULL;
	char path[48];
	char *at;
	int rc;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	rc = ek_file_read(AT_FDCWD, path, 4096, &text, NULL, NULL);
	if (rc < 0)
		return rc;
	at = strstr(text, "mnt_id:");
	if (!at)
		return -ENOSYS;
	*ret = strtol(at + strlen("mnt_id:"), NULL, 10);
	return 0;
}

int ek_file_open_subdir_by_id(int dir_fd, const char *name)
{
	EK_CLOSE int fd = openat(dir_fd, name, DIR_FLAGS);
	EK_CLOSE int here = -1;
	int64_t id, id_here;
	int rc;

	if (fd < 0)
		return -errno;
	here = openat(dir_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC); /* dir_fd may be AT_FDCWD */
	if (here < 0)
		return -errno;
	rc = mount_id(fd, &id);
	if (rc < 0)
		return rc;
	rc = mount_id(here, &id_here);
	if (rc < 0)
		return rc;
	return id == id_here ? ek_steal_fd(fd) : -EXDEV;
}
