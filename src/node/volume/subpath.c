/* SPDX-License-Identifier: Apache-2.0 */
#include "subpath.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

/* One folder of the path. -EXDEV or -ELOOP: it leads out. */
static int make_folder(int volume, const char *path, mode_t mode)
{
	EK_FREE char *copy = ek_str_dup(path);
	char *slash = strrchr(copy, '/');
	const char *name = slash ? slash + 1 : copy;
	EK_CLOSE int parent = -1, made = -1;

	if (slash)
		*slash = '\0';
	parent = ek_open_beneath(volume, slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, false);
	if (parent < 0)
		return parent;
	if (mkdirat(parent, name, mode) < 0)
		return errno == EEXIST ? 0 : -errno;
	/* the umask does not count here; a container may have put a link in its place already */
	made = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return made < 0 || fchmod(made, mode) < 0 ? -errno : 0;
}

static int make_folders(int volume, const char *sub)
{
	struct stat st;
	size_t n = strlen(sub);
	int rc = fstat(volume, &st) < 0 ? -errno : 0;

	for (size_t i = 1; rc == 0 && i <= n; i++) {
		EK_FREE char *prefix = ek_str_ndup(sub, i);
		EK_CLOSE int fd = -1;

		if (sub[i] != '/' && sub[i] != '\0')
			continue;
		if (sub[i - 1] == '/')
			continue;
		fd = ek_open_beneath(volume, prefix, O_PATH | O_CLOEXEC, 0, false);
		if (fd == -ENOENT)
			rc = make_folder(volume, prefix, st.st_mode & 07777);
		else if (fd < 0)
			rc = fd;
	}
	return rc;
}

static int make_target(const char *at, bool folder, struct ek_err *err)
{
	EK_FREE char *copy = ek_str_dup(at);
	int rc;

	while (umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	if (folder)
		return ek_dir_make(AT_FDCWD, at, 0750, err);
	rc = ek_dir_make(AT_FDCWD, dirname(copy), 0750, err);
	return rc < 0 ? rc : ek_file_write(AT_FDCWD, at, "", 0, 0640, false, err);
}

int ek_subpath_bind(const char *volume, const char *sub, const char *at, struct ek_err *err)
{
	EK_CLOSE int dir = open(volume, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct stat st;
	char source[32];
	int rc;

	if (dir < 0)
		return ek_fail_errno(err, "open %s", volume);
	rc = make_folders(dir, sub);
	if (rc == 0) {
		fd = ek_open_beneath(dir, sub, O_PATH | O_CLOEXEC, 0, false);
		rc = EK_MIN(fd, 0);
	}
	if (rc == -EXDEV || rc == -ELOOP)
		return ek_fail(err, EK_EINVALID, "subpath \"%s\" leads out of its volume", sub);
	if (rc < 0 || fstat(fd, &st) < 0)
		return ek_fail(err, rc < 0 ? rc : -errno, "open subpath \"%s\": %s", sub, ek_err_name(rc < 0 ? rc : -errno));
	rc = make_target(at, S_ISDIR(st.st_mode), err);
	if (rc < 0)
		return rc;
	(void)snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
	return mount(source, at, NULL, MS_BIND, NULL) < 0 ? ek_fail_errno(err, "bind subpath \"%s\"", sub) : 0;
}
