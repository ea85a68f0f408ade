/* SPDX-License-Identifier: Apache-2.0 */
#include "volume_make.h"

#include <dirent.h>
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

enum { TREE_DEPTH_MAX = 64 };

void ek_volume_job_done(struct ek_volume_job *job)
{
	ek_payload_done(&job->payload);
	free(job->path);
}

/* ---- emptyDir ---- */

static int give_to(const char *path, int64_t group, unsigned mode, struct ek_err *err)
{
	if (group >= 0 && chown(path, (uid_t)-1, (gid_t)group) < 0)
		return ek_fail_errno(err, "chown %s", path);
	/* what is made inside belongs to the group as well */
	if (chmod(path, group >= 0 ? mode | 02070 : mode) < 0)
		return ek_fail_errno(err, "chmod %s", path);
	return 0;
}

static bool is_mount_point(const char *path)
{
	EK_FREE char *copy = ek_str_dup(path);
	struct stat st, up;

	return lstat(path, &st) == 0 && lstat(dirname(copy), &up) == 0 && st.st_dev != up.st_dev;
}

/* In memory nobody deletes what is another's: the mode a tmpfs has by itself. */
static int make_empty(const struct ek_volume_job *job, struct ek_err *err)
{
	unsigned mode = job->type == EK_VOLUME_MEMORY ? 01777 : 0777;
	int rc = ek_dir_make(AT_FDCWD, job->path, 0755, err);
	char options[64];

	if (rc < 0)
		return rc;
	if (job->type == EK_VOLUME_MEMORY && !is_mount_point(job->path)) {
		(void)snprintf(options, sizeof(options), job->size > 0 ? "mode=1777,size=%" PRId64 : "mode=1777", job->size);
		if (mount("tmpfs", job->path, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
			return ek_fail_errno(err, "mount tmpfs on %s", job->path);
	}
	return give_to(job->path, job->group, mode, err);
}

/* ---- hostPath ---- */

static const struct {
	const char *type;
	mode_t      format;
	const char *what;
} host_types[] = {
	{ "Directory", S_IFDIR, "a directory" },
	{ "DirectoryOrCreate", S_IFDIR, "a directory" },
	{ "File", S_IFREG, "a file" },
	{ "FileOrCreate", S_IFREG, "a file" },
	{ "Socket", S_IFSOCK, "a socket file" },
	{ "CharDevice", S_IFCHR, "a character device" },
	{ "BlockDevice", S_IFBLK, "a block device" },
};

static int make_host(const struct ek_volume_job *job, struct ek_err *err)
{
	bool any = ek_str_empty(job->host_type), create = any || ek_str_ends(job->host_type, "OrCreate");
	struct stat st;

	if (stat(job->path, &st) < 0) {
		if (errno != ENOENT)
			return ek_fail_errno(err, "stat %s", job->path);
		if (create && ek_streq(job->host_type, "FileOrCreate")) {
			EK_CLOSE int fd = open(job->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

			if (fd < 0)
				return ek_fail_errno(err, "make %s", job->path);
		} else if (create) {
			int rc = ek_dir_make(AT_FDCWD, job->path, 0755, err);

			if (rc < 0)
				return rc;
		}
	}
	if (any)
		return 0;
	for (size_t i = 0; i < EK_ARRAY_LEN(host_types); i++) {
		if (!ek_streq(host_types[i].type, job->host_type))
			continue;
		if (stat(job->path, &st) < 0 || (st.st_mode & S_IFMT) != host_types[i].format)
			return ek_fail(err, EK_EINVALID, "hostPath type check failed: %s is not %s", job->path,
				       host_types[i].what);
		return 0;
	}
	return ek_fail(err, EK_EINVALID, "hostPath type check failed: %s is an unknown type", job->host_type);
}

/* ---- local ---- */

static int give_tree(int dir, const char *name, gid_t gid, int depth)
{
	EK_CLOSE int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	DIR *d;

	if (fd < 0) {
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISLNK(st.st_mode))
			return 0;
		if (fchownat(dir, name, (uid_t)-1, gid, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		return fchmodat(dir, name, (st.st_mode & 07777) | 0660, 0) < 0 ? -errno : 0;
	}
	if (fstat(fd, &st) < 0 || fchown(fd, (uid_t)-1, gid) < 0 ||
	    fchmod(fd, (st.st_mode & 07777) | 02770) < 0)
		return -errno;
	d = depth > 0 ? fdopendir(dup(fd)) : NULL;
	for (struct dirent *e; d && (e = readdir(d));)
		if (!ek_streq(e->d_name, ".") && !ek_streq(e->d_name, ".."))
			(void)give_tree(fd, e->d_name, gid, depth - 1);
	if (d)
		closedir(d);
	return 0;
}

static int make_local(const struct ek_volume_job *job, struct ek_err *err)
{
	struct stat st;
	int rc;

	if (stat(job->path, &st) < 0)
		return ek_fail(err, EK_ENOTFOUND, "path \"%s\" does not exist", job->path);
	if (job->group < 0 ||
	    (job->root_only && st.st_gid == (gid_t)job->group && (st.st_mode & 02070) == 02070))
		return 0;
	rc = give_tree(AT_FDCWD, job->path, (gid_t)job->group, TREE_DEPTH_MAX);
	return rc < 0 ? ek_fail(err, rc, "give %s to group %" PRId64 ": %s", job->path, job->group, ek_err_name(rc)) : 0;
}

static int make_files(const struct ek_volume_job *job, struct ek_err *err)
{
	int rc = ek_dir_make(AT_FDCWD, job->path, 0755, err);

	if (rc == 0)
		rc = ek_atomic_write(job->path, &job->payload, job->group, NULL, err);
	if (rc == 0)
		rc = give_to(job->path, job->group, 0777, err);
	return rc;
}

int ek_volume_make(const struct ek_volume_job *job, struct ek_err *err)
{
	switch (job->type) {
	case EK_VOLUME_EMPTY:
	case EK_VOLUME_MEMORY:
		return make_empty(job, err);
	case EK_VOLUME_FILES:
		return make_files(job, err);
	case EK_VOLUME_HOST:
		return make_host(job, err);
	case EK_VOLUME_LOCAL:
		return make_local(job, err);
	}
	return ek_fail(err, EK_EINVALID, "unknown volume type");
}
