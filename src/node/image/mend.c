/* SPDX-License-Identifier: Apache-2.0 */
#include "mend.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sendfile.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <ekube/buf.h>
#include <ekube/file.h>
#include <ekube/str.h>

#include "tree.h"

enum { NOTES_BYTES_MAX = 64 << 20 };

/* ---- notes: "d<path>\0" for implied directories, "l<path>\0<target>\0" for links ---- */

int ek_notes_write(int dir_fd, const struct ek_tree *t, struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(NOTES_BYTES_MAX);

	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&t->implied, e));) {
		(void)ek_buf_char(&b, 'd');
		(void)ek_buf_append(&b, e->key, strlen(e->key) + 1);
	}
	for (size_t i = 0; i < t->links.n; i++) {
		(void)ek_buf_char(&b, 'l');
		(void)ek_buf_append(&b, t->links.items[i].path, strlen(t->links.items[i].path) + 1);
		(void)ek_buf_append(&b, t->links.items[i].target,
				    strlen(t->links.items[i].target) + 1);
	}
	if (b.overflow)
		return ek_fail(err, EK_ETOOLARGE,
			       "the layer has too many directories without an entry");
	return b.len ? ek_file_write(dir_fd, "notes", b.data, b.len, 0600, false, err) : 0;
}

/* ---- looking down ---- */

/*
 * Find `path` in the layers below, as a container would see it: from the top, and not below what
 * hides it. Returns an O_PATH descriptor, -ENOENT.
 */
static int find_below(const int *layers, size_t n, const char *path)
{
	while (n-- > 0) {
		EK_CLOSE int fs = openat(layers[n], "fs", O_PATH | O_DIRECTORY | O_CLOEXEC);
		int fd = fs < 0 ? -errno : ek_open_beneath(fs, path, O_PATH | O_NOFOLLOW, 0, true);
		struct stat st;

		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return fd; /* a file or a link is in the way: the path leads elsewhere */
		if (fstat(fd, &st) == 0 && !(S_ISCHR(st.st_mode) && st.st_rdev == 0))
			return fd;
		close(fd);
		return -ENOENT;
	}
	return -ENOENT;
}

static bool is_default(const struct stat *st)
{
	return (st->st_mode & 07777) == 0755 && st->st_uid == 0 && st->st_gid == 0;
}

/* ---- making ---- */

struct mend {
	const int    *layers;
	size_t        n; /* the last is the one to be mended */
	struct ek_map implied;
	int           out, fs;
};

static int open_out(struct mend *m, struct ek_err *err)
{
	if (m->fs >= 0)
		return 0;
	if (mkdirat(m->out, "fs", 0755) < 0 && errno != EEXIST)
		return ek_fail_errno(err, "make the layer's directory");
	m->fs = openat(m->out, "fs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return m->fs < 0 ? ek_fail_errno(err, "open the layer's directory") : 0;
}

static int copy_owner_and_mode(int dir, const char *name, const struct stat *st, struct ek_err *err)
{
	if (fchownat(dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(dir, name, st->st_mode & 07777, 0) < 0)
		return ek_fail_errno(err, "set mode and owner of \"%.200s\"", name);
	return 0;
}

/* What the layers say of a directory: the highest one counts that does not merely imply it. */
static int look_at_dir(const struct mend *m, const char *path, struct stat *ret)
{
	EK_CLOSE int fd =
		find_below(m->layers, ek_map_get(&m->implied, path) ? m->n - 1 : m->n, path);

	if (fd < 0 || fstat(fd, ret) < 0 || !S_ISDIR(ret->st_mode))
		return -ENOENT;
	return 0;
}

/* The directory and those above it, each as it is below: none of them may be hidden. */
static int mend_dir(struct mend *m, const char *path, struct ek_err *err)
{
	EK_FREE char *part = ek_str_dup(path);
	struct stat st;
	int rc = open_out(m, err);

	for (char *at = part; rc == 0 && at;) {
		char *slash = strchr(at, '/');

		if (slash)
			*slash = '\0';
		if (mkdirat(m->fs, part, 0755) < 0 && errno != EEXIST)
			return ek_fail_errno(err, "make \"%.200s\"", part);
		if (look_at_dir(m, part, &st) == 0)
			rc = copy_owner_and_mode(m->fs, part, &st, err);
		if (slash)
			*slash = '/';
		at = slash ? slash + 1 : NULL;
	}
	return rc;
}

static int copy_data(int from, int to, int64_t size, struct ek_err *err)
{
	while (size > 0) {
		ssize_t n = sendfile(to, from, NULL, (size_t)EK_MIN(size, INT64_C(1) << 20));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ek_fail_errno(err, "copy a linked file");
		size -= n;
	}
	return 0;
}

static void copy_capability(int from, int to)
{
	char value[64];
	ssize_t n = fgetxattr(from, "security.capability", value, sizeof(value));

	if (n > 0)
		(void)fsetxattr(to, "security.capability", value, (size_t)n, 0);
}

static int copy_file(struct mend *m, int below, const struct stat *st, const char *path,
		     struct ek_err *err)
{
	EK_CLOSE int from = open(EK_F("/proc/self/fd/%d", below), O_RDONLY | O_CLOEXEC);
	EK_CLOSE int to =
		openat(m->fs, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct timespec times[2] = { st->st_mtim, st->st_mtim };
	int rc;

	if (from < 0 || to < 0)
		return ek_fail_errno(err, "copy \"%.200s\"", path);
	rc = copy_data(from, to, st->st_size, err);
	if (rc < 0)
		return rc;
	if (fchown(to, st->st_uid, st->st_gid) < 0 || fchmod(to, st->st_mode & 07777) < 0)
		return ek_fail_errno(err, "set mode and owner of \"%.200s\"", path);
	copy_capability(from, to);
	(void)futimens(to, times);
	return 0;
}

/*
 * A link to a file of a lower layer becomes a copy: overlayfs would break the link at the first
 * write anyway.
 */
static int mend_link(struct mend *m, const char *path, const char *target, struct ek_err *err)
{
	EK_CLOSE int below = find_below(m->layers, m->n - 1, target);
	const char *slash = strrchr(path, '/');
	EK_FREE char *dir = ek_str_ndup(path, slash ? (size_t)(slash - path) : 0);
	struct stat st;
	int rc;

	if (below < 0 || fstat(below, &st) < 0 || !S_ISREG(st.st_mode))
		return ek_fail(
			err, EK_EINVALID,
			"the link \"%.150s\" leads to \"%.150s\", which is no file of the image",
			path, target);
	rc = *dir ? mend_dir(m, dir, err) : open_out(m, err);
	return rc < 0 ? rc : copy_file(m, below, &st, path, err);
}

static int mend_note(struct mend *m, const char *note, const char *target, struct ek_err *err)
{
	struct stat st;

	if (note[0] == 'l')
		return mend_link(m, note + 1, target, err);
	if (look_at_dir(m, note + 1, &st) < 0 || is_default(&st))
		return 0;
	return mend_dir(m, note + 1, err);
}

/* The note behind this one; *ret_target is "" for a directory. All end with a NUL, also the last. */
static const char *next_note(const char *note, const char *end, const char **ret_target)
{
	const char *next = note + strlen(note) + 1;

	*ret_target = note[0] == 'l' && next < end ? next : "";
	return note[0] == 'l' && next < end ? next + strlen(next) + 1 : next;
}

static int mend_notes(struct mend *m, const char *notes, size_t len, struct ek_err *err)
{
	const char *end = notes + len, *target, *next;
	int rc = 0;

	for (const char *at = notes; at < end; at = next_note(at, end, &target))
		if (at[0] == 'd')
			ek_map_put(&m->implied, at + 1, m);
	for (const char *at = notes; rc == 0 && at < end; at = next) {
		next = next_note(at, end, &target);
		rc = mend_note(m, at, target, err);
	}
	return rc < 0 ? rc : m->fs >= 0;
}

int ek_mend(const int *layers, size_t n, int out_fd, struct ek_err *err)
{
	EK_FREE char *notes = NULL;
	struct mend m = { .layers = layers, .n = n, .out = out_fd, .fs = -1 };
	size_t len = 0;
	int rc = ek_file_read(layers[n - 1], "notes", NOTES_BYTES_MAX, &notes, &len, NULL);

	if (rc < 0)
		return rc == -ENOENT ?
			       0 :
			       ek_fail(err, rc, "read a layer's notes: %s", ek_err_name(rc));
	rc = mend_notes(&m, notes, len, err);
	ek_map_done(&m.implied);
	ek_closep(&m.fs);
	return rc;
}
