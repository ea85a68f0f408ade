/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/file.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/str.h>

#include "openat2.h"

/* One directory of mkdir -p. The mode is exact, whatever the umask is. */
static int make_one(int dir_fd, const char *path, mode_t mode)
{
	struct stat st;

	if (mkdirat(dir_fd, path, mode) == 0)
		return fchmodat(dir_fd, path, mode, 0) < 0 ? -errno : 0;
	if (errno != EEXIST)
		return -errno;
	if (fstatat(dir_fd, path, &st, 0) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int ek_dir_make(int dir_fd, const char *path, mode_t mode, struct ek_err *err)
{
	EK_FREE char *prefix = ek_str_dup(path);
	int rc = *path ? 0 : -ENOENT;

	for (char *at = prefix; rc == 0 && *at;) {
		char kept;

		at += strspn(at, "/");
		at += strcspn(at, "/");
		kept = *at;
		*at = '\0';
		rc = make_one(dir_fd, prefix, mode);
		*at = kept;
		at += strspn(at, "/");
	}
	return rc < 0 ? ek_fail(err, rc, "make directory %s: %s", path, strerror(-rc)) : 0;
}

/*
 * Depth is bounded though trees are not: a directory too far down is moved to the top and its
 * turn comes in the next round. So a tree of any depth costs a fixed number of descriptors.
 */
#define MAX_DEPTH 32

struct removal {
	int  top;     /* the directory that goes */
	bool hoisted; /* something was moved to the top: look there again */
};

static int hoist(struct removal *r, int dir_fd, const char *name)
{
	static atomic_uint serial;
	char to[48];
	struct stat st;

	do
		(void)snprintf(to, sizeof(to), ".ek-rm-%u", atomic_fetch_add(&serial, 1));
	while (fstatat(r->top, to, &st, AT_SYMLINK_NOFOLLOW) == 0);
	if (renameat(dir_fd, name, r->top, to) < 0)
		return -errno;
	r->hoisted = true;
	return 0;
}

static int remove_entry(struct removal *r, int dir_fd, const char *name, int depth);

static void close_dirp(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

/* Everything in the directory, which is closed afterwards. */
static int empty_dir(struct removal *r, int take_fd, int depth)
{
	EK_CLEANUP(close_dirp) DIR *d = fdopendir(take_fd);
	struct dirent *e;
	int rc = 0;

	if (!d) {
		rc = -errno;
		(void)close(take_fd);
		return rc;
	}
	while (rc == 0 && (errno = 0, e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = remove_entry(r, dirfd(d), e->d_name, depth);
	return rc < 0 ? rc : -errno;
}

static int unlink_at(int dir_fd, const char *name, int flags)
{
	return unlinkat(dir_fd, name, flags) < 0 && errno != ENOENT ? -errno : 0;
}

static int remove_entry(struct removal *r, int dir_fd, const char *name, int depth)
{
	int fd, rc = unlink_at(dir_fd, name, 0);

	if (rc != -EISDIR)
		return rc;
	rc = unlink_at(dir_fd, name, AT_REMOVEDIR);
	if (rc != -ENOTEMPTY && rc != -EEXIST)
		return rc;
	/* also before moving it: a mount must stay where it is */
	fd = ek_file_open_subdir(dir_fd, name);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (depth == MAX_DEPTH) {
		(void)close(fd);
		return hoist(r, dir_fd, name);
	}
	rc = empty_dir(r, fd, depth + 1);
	return rc < 0 ? rc : unlink_at(dir_fd, name, AT_REMOVEDIR);
}

static int remove_top(int parent, const char *name)
{
	struct removal r = { .top = -1 };
	int rc = unlink_at(parent, name, 0);
	EK_CLOSE int top = -1;

	if (rc != -EISDIR)
		return rc;
	top = r.top = ek_file_open_subdir(parent, name);
	if (top < 0)
		return top == -ENOENT ? 0 : top;
	do {
		int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return -errno;
		r.hoisted = false;
		rc = empty_dir(&r, fd, 0);
	} while (rc == 0 && r.hoisted);
	return rc < 0 ? rc : unlink_at(parent, name, AT_REMOVEDIR);
}

/* The directory that holds what is to go. Relative paths stay beneath dir_fd and use no links. */
static int open_parent(int dir_fd, const char *dir)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd;

	if (*dir && *dir != '/')
		return ek_open_beneath(dir_fd, dir, flags, 0, true);
	fd = openat(dir_fd, *dir ? dir : ".", flags);
	return fd < 0 ? -errno : fd;
}

/* Take the last component off; false when it names no entry ("", ".", "..", "/"). */
static bool split_last(char *path, char **ret_dir, char **ret_name)
{
	static char here[] = "";
	size_t n = strlen(path);
	char *slash;

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
	slash = strrchr(path, '/');
	*ret_name = slash ? slash + 1 : path;
	*ret_dir = slash ? path : here;
	if (!**ret_name || strcmp(*ret_name, ".") == 0 || strcmp(*ret_name, "..") == 0)
		return false;
	if (slash && slash > path)
		*slash = '\0';
	return true;
}

int ek_dir_remove(int dir_fd, const char *path, struct ek_err *err)
{
	EK_FREE char *copy = ek_str_dup(path);
	EK_CLOSE int parent = -1;
	char *dir, *name;
	int rc;

	if (!split_last(copy, &dir, &name))
		return ek_fail(err, -EINVAL, "remove %s: not an entry of a directory", path);
	/* "/name": the slash is the directory, the name begins behind it */
	rc = parent = open_parent(dir_fd, dir == name - 1 ? "/" : dir);
	if (rc == -ENOENT)
		return 0;
	if (parent >= 0)
		rc = remove_top(parent, name);
	return rc < 0 ? ek_fail(err, rc, "remove %s: %s", path, strerror(-rc)) : 0;
}
