/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/str.h>

/* What to allocate at first: the size that the file says, or a guess where it says none (/proc). */
static size_t first_cap(int fd, size_t max)
{
	struct stat st;
	size_t cap = 4096;

	if (fstat(fd, &st) == 0 && st.st_size > 0)
		cap = (uint64_t)st.st_size >= max ? max + 1 : (size_t)st.st_size + 1;
	return EK_MIN(cap, max + 1);
}

/*
 * One byte more than max is asked for: it tells "exactly max" from "too large". The buffer ends
 * up with room for the NUL.
 */
static ssize_t read_up_to(int fd, size_t max, char **ret)
{
	EK_FREE char *text = NULL;
	size_t cap = first_cap(fd, max), n = 0;

	text = ek_malloc(cap + 1);
	for (;;) {
		ssize_t r = read(fd, text + n, cap - n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		n += (size_t)r;
		if (r == 0 || n > max)
			break;
		if (n == cap) {
			cap = cap > max / 2 ? max + 1 : cap * 2;
			text = ek_realloc(text, cap + 1);
		}
	}
	text[n] = '\0';
	*ret = ek_steal(text);
	return (ssize_t)n;
}

int ek_file_read(int dir_fd, const char *path, size_t max, char **ret_text, size_t *ret_n,
		 struct ek_err *err)
{
	EK_FREE char *text = NULL;
	EK_CLOSE int fd = -1;
	ssize_t n;

	EK_ASSERT(max < SSIZE_MAX / 2);
	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return ek_fail_errno(err, "open %s", path);
	n = read_up_to(fd, max, &text);
	if (n < 0)
		return ek_fail(err, (int)n, "read %s: %s", path, strerror((int)-n));
	if ((size_t)n > max)
		return ek_fail(err, EK_ETOOLARGE, "%s is larger than %zu bytes", path, max);
	*ret_text = ek_steal(text);
	if (ret_n)
		*ret_n = (size_t)n;
	return 0;
}

int ek_write_all(int fd, const void *data, size_t n)
{
	const char *at = data;

	while (n > 0) {
		ssize_t r = write(fd, at, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			return -EIO;
		at += r;
		n -= (size_t)r;
	}
	return 0;
}

static int fill(int fd, const void *data, size_t n, mode_t mode, bool durable)
{
	int rc;

	if (fchmod(fd, mode) < 0) /* whatever the umask is */
		return -errno;
	rc = ek_write_all(fd, data, n);
	if (rc < 0)
		return rc;
	return durable && fsync(fd) < 0 ? -errno : 0;
}

/* A new file in dir_fd under a name of its own; *ret_fd is open for writing. */
static int make_temp(int dir_fd, char name[48], int *ret_fd)
{
	static atomic_uint serial;
	int fd = -1;

	/* EEXIST: left behind by a process of this pid that lost power. Take the next number. */
	for (int tries = 0; fd < 0 && tries < 1000; tries++) {
		(void)snprintf(name, 48, ".ek-tmp-%ld-%u", (long)getpid(),
			       atomic_fetch_add(&serial, 1));
		fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    0600);
		if (fd < 0 && errno != EEXIST && errno != EINTR)
			break;
	}
	*ret_fd = fd;
	return fd < 0 ? -errno : 0;
}

static int replace(int dir_fd, const char *name, const void *data, size_t n, mode_t mode,
		   bool durable)
{
	EK_CLOSE int fd = -1;
	char temp[48];
	int rc = make_temp(dir_fd, temp, &fd);

	if (rc < 0)
		return rc;
	rc = fill(fd, data, n, mode, durable);
	if (rc == 0 && renameat(dir_fd, temp, dir_fd, name) < 0)
		rc = -errno;
	if (rc < 0)
		(void)unlinkat(dir_fd, temp, 0);
	else if (durable && fsync(dir_fd) < 0)
		rc = -errno;
	return rc;
}

/* Directory of path; its last component in *ret_name. */
static int open_parent(int dir_fd, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	EK_FREE char *dir = NULL;
	int fd;

	if (!slash)
		dir = ek_str_dup(".");
	else
		dir = ek_str_ndup(path, slash == path ? 1 : (size_t)(slash - path));
	*ret_name = slash ? slash + 1 : path;
	fd = openat(dir_fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int ek_file_write(int dir_fd, const char *path, const void *data, size_t n, mode_t mode,
		  bool durable, struct ek_err *err)
{
	const char *name;
	EK_CLOSE int parent = open_parent(dir_fd, path, &name);
	int rc = parent < 0 ? parent : replace(parent, name, data, n, mode, durable);

	if (rc < 0)
		return ek_fail(err, rc, "write %s: %s", path, strerror(-rc));
	return 0;
}

char *ek_path_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);

	if (n == 0)
		return ek_str_dup(name);
	return ek_str_fmt("%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
}

static bool is_program(const char *path)
{
	struct stat st;

	return access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

char *ek_program_find(const char *name)
{
	static const char usual[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	const char *path = getenv("PATH");
	EK_FREE char *list = ek_str_fmt("%s:%s", path ? path : "", usual);
	char *rest = list;

	if (strchr(name, '/'))
		return is_program(name) ? ek_str_dup(name) : NULL;
	for (char *dir; (dir = strsep(&rest, ":"));) {
		EK_FREE char *at = *dir == '/' ? ek_path_join(dir, name) : NULL;

		if (at && is_program(at))
			return ek_steal(at);
	}
	return NULL;
}
