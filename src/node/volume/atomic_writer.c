/* SPDX-License-Identifier: Apache-2.0 */
#include "atomic_writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#define DATA "..data"
#define DATA_NEW "..data_tmp"

enum { PATH_LEN_MAX = 4095, NAME_LEN_MAX = 255, LINK_MAX_LEN = 256 };

/* ---- payload ---- */

/* No "", ".", ".." on the way, and no name that the layout itself uses. */
static bool is_safe(const char *path)
{
	EK_FREE char *copy = ek_str_dup(path);
	char *part = copy, *slash;

	if (path[0] == '/' || strlen(path) > PATH_LEN_MAX || ek_str_starts(path, ".."))
		return false;
	for (;; part = slash + 1) {
		slash = strchr(part, '/');
		if (slash)
			*slash = '\0';
		if (!*part || ek_streq(part, ".") || ek_streq(part, "..") || strlen(part) > NAME_LEN_MAX)
			return false;
		if (!slash)
			return true;
	}
}

int ek_payload_add(struct ek_payload *p, const char *path, const void *data, size_t n,
		   unsigned mode, int64_t uid, struct ek_err *err)
{
	struct ek_payload_file f = { .mode = mode & 0777, .n = n, .uid = uid };

	if (!is_safe(path))
		return ek_fail(err, EK_EINVALID, "invalid path in a volume: \"%s\"", path);
	if (p->files.n >= EK_PAYLOAD_FILES_MAX || n > EK_PAYLOAD_BYTES_MAX - p->bytes)
		return ek_fail(err, EK_ETOOLARGE, "a volume has more than %d files or %d bytes", EK_PAYLOAD_FILES_MAX,
			       EK_PAYLOAD_BYTES_MAX);
	p->bytes += n;
	f.data = ek_memdup(data ? data : "", n ? n : 1);
	for (size_t i = 0; i < p->files.n; i++)
		if (ek_streq(p->files.items[i].path, path)) {
			f.path = p->files.items[i].path;
			free(p->files.items[i].data);
			p->files.items[i] = f;
			return 0;
		}
	f.path = ek_str_dup(path);
	ek_vec_push(&p->files, f);
	return 0;
}

void ek_payload_done(struct ek_payload *p)
{
	for (size_t i = 0; i < p->files.n; i++) {
		free(p->files.items[i].path);
		free(p->files.items[i].data);
	}
	ek_vec_done(&p->files);
	p->bytes = 0;
}

/* ---- is it so already? ---- */

static bool same_file(int dir, const struct ek_payload_file *f, int64_t gid)
{
	EK_FREE char *text = NULL;
	struct stat st;
	size_t n = 0;

	if (fstatat(dir, f->path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return false;
	if ((st.st_mode & 07777) != f->mode || (gid >= 0 && st.st_gid != (gid_t)gid) ||
	    (f->uid >= 0 && st.st_uid != (uid_t)f->uid))
		return false;
	return ek_file_read(dir, f->path, f->n, &text, &n, NULL) == 0 && n == f->n &&
	       memcmp(text, f->data, n) == 0;
}

static size_t count_files(int dir, int depth)
{
	EK_CLOSE int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	size_t n = 0;

	if (d)
		(void)ek_steal_fd(fd);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (e->d_type == DT_REG) {
			n++;
		} else if (e->d_type == DT_DIR && e->d_name[0] != '.' && depth > 0) {
			EK_CLOSE int sub = openat(dir, e->d_name,
						  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			n += sub >= 0 ? count_files(sub, depth - 1) : 0;
		}
	}
	if (d)
		closedir(d);
	return n;
}

static bool is_current(int dir, const struct ek_payload *p, int64_t gid)
{
	EK_CLOSE int data = openat(dir, DATA, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (data < 0 || count_files(data, 16) != p->files.n)
		return false;
	for (size_t i = 0; i < p->files.n; i++)
		if (!same_file(data, &p->files.items[i], gid))
			return false;
	return true;
}

/* ---- the new directory ---- */

static int own(int fd, int64_t uid, int64_t gid)
{
	if (uid < 0 && gid < 0)
		return 0;
	return fchown(fd, uid < 0 ? (uid_t)-1 : (uid_t)uid, gid < 0 ? (gid_t)-1 : (gid_t)gid) < 0 ?
		       -errno :
		       0;
}

/* Directories of a path; those of a group hand it on. */
static int make_parents(int base, const char *path, int64_t gid)
{
	EK_FREE char *copy = ek_str_dup(path);

	for (char *slash = copy; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (mkdirat(base, copy, 0755) < 0) {
			if (errno != EEXIST)
				return -errno;
			continue;
		}
		if (gid >= 0) {
			EK_CLOSE int fd = openat(base, copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			if (fd < 0 || own(fd, -1, gid) < 0 || fchmod(fd, 02755) < 0)
				return -errno;
		}
	}
	return 0;
}

static int put_file(int base, const struct ek_payload_file *f, int64_t gid, struct ek_err *err)
{
	EK_CLOSE int fd = -1;
	int rc = make_parents(base, f->path, gid);

	if (rc < 0)
		return ek_fail(err, rc, "make the folder of %s: %s", f->path, ek_err_name(rc));
	fd = openat(base, f->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ek_fail_errno(err, "make %s", f->path);
	rc = ek_write_all(fd, f->data, f->n);
	if (rc == 0)
		rc = own(fd, f->uid, gid);
	/* last: changing the owner takes bits away, and the umask does not count here */
	if (rc == 0 && fchmod(fd, f->mode) < 0)
		rc = -errno;
	return rc < 0 ? ek_fail(err, rc, "write %s: %s", f->path, ek_err_name(rc)) : 0;
}

static int make_version(int dir, char name[64], const struct ek_payload *p, int64_t gid,
			struct ek_err *err)
{
	EK_CLOSE int fd = -1;
	struct timespec now;
	char stamp[32];
	struct tm tm;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	(void)strftime(stamp, sizeof(stamp), "%Y_%m_%d_%H_%M_%S", &tm);
	for (long n = now.tv_nsec;; n++) {
		(void)snprintf(name, 64, "..%s.%09ld", stamp, n);
		if (mkdirat(dir, name, 0755) == 0)
			break;
		if (errno != EEXIST)
			return ek_fail_errno(err, "make %s", name);
	}
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, gid >= 0 ? 02755 : 0755) < 0 || own(fd, -1, gid) < 0)
		return ek_fail_errno(err, "make %s", name);
	for (size_t i = 0; i < p->files.n; i++) {
		int rc = put_file(fd, &p->files.items[i], gid, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- links ---- */

static int move_link(int dir, const char *version, struct ek_err *err)
{
	(void)unlinkat(dir, DATA_NEW, 0);
	if (symlinkat(version, dir, DATA_NEW) < 0 || renameat(dir, DATA_NEW, dir, DATA) < 0)
		return ek_fail_errno(err, "move " DATA);
	return 0;
}

static bool has_top(const struct ek_payload *p, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < p->files.n; i++) {
		const char *path = p->files.items[i].path;

		if (strncmp(path, name, n) == 0 && (path[n] == '/' || !path[n]))
			return true;
	}
	return false;
}

static int add_links(int dir, const struct ek_payload *p, struct ek_err *err)
{
	for (size_t i = 0; i < p->files.n; i++) {
		const char *path = p->files.items[i].path;
		EK_FREE char *top = ek_str_ndup(path, strcspn(path, "/"));
		EK_FREE char *target = ek_str_fmt(DATA "/%s", top);

		if (symlinkat(target, dir, top) < 0 && errno != EEXIST)
			return ek_fail_errno(err, "link %s", top);
	}
	return 0;
}

/* What nobody sees any more: links of files that went, versions that are not the current one. */
static void sweep(int dir, const struct ek_payload *p, const char *current)
{
	EK_VEC(char *) gone = { 0 };
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	for (struct dirent *e; d && (e = readdir(d));) {
		bool version = e->d_type == DT_DIR && ek_str_starts(e->d_name, "..") && e->d_name[2];

		if (version ? !ek_streq(e->d_name, current) :
			      e->d_type == DT_LNK && !ek_streq(e->d_name, DATA) &&
				      !has_top(p, e->d_name))
			ek_vec_push(&gone, ek_str_dup(e->d_name));
	}
	if (d)
		closedir(d);
	for (size_t i = 0; i < gone.n; i++) {
		if (unlinkat(dir, gone.items[i], 0) < 0)
			(void)ek_dir_remove(dir, gone.items[i], NULL);
		free(gone.items[i]);
	}
	ek_vec_done(&gone);
}

int ek_atomic_write(const char *dir, const struct ek_payload *p, int64_t gid, bool *ret_changed,
		    struct ek_err *err)
{
	EK_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool changed = false;
	char version[64];
	int rc = 0;

	if (fd < 0)
		return ek_fail_errno(err, "open %s", dir);
	if (!is_current(fd, p, gid)) {
		changed = true;
		rc = make_version(fd, version, p, gid, err);
		if (rc == 0)
			rc = move_link(fd, version, err);
		if (rc == 0)
			rc = add_links(fd, p, err);
		if (rc < 0) {
			if (version[0] == '.')
				(void)ek_dir_remove(fd, version, NULL);
			return rc;
		}
		sweep(fd, p, version);
	}
	if (ret_changed)
		*ret_changed = changed;
	return 0;
}
