/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#define WHITEOUT ".wh."
#define OPAQUE   ".wh..wh..opq"

void ek_tree_init(struct ek_tree *t, int root_fd)
{
	*t = (struct ek_tree){ .root = root_fd, .at_fd = -1 };
}

static void forget_place(struct ek_tree *t)
{
	free(ek_steal(t->at_path));
	ek_closep(&t->at_fd);
	t->at_fd = -1;
}

void ek_tree_done(struct ek_tree *t)
{
	forget_place(t);
	for (size_t i = 0; i < t->links.n; i++) {
		free(t->links.items[i].path);
		free(t->links.items[i].target);
	}
	for (size_t i = 0; i < t->times.n; i++)
		free(t->times.items[i].path);
	ek_vec_done(&t->links);
	ek_vec_done(&t->times);
	ek_map_done(&t->implied);
}

/* ---- names ---- */

/* "./a//b/" -> "a/b"; "" for the root. EK_EINVALID for what must not be in a layer. */
static int clean_path(const char *in, char out[EK_TREE_PATH_MAX + 1], struct ek_err *err)
{
	size_t n = 0;

	for (const char *at = in; *at;) {
		size_t len = strcspn(at, "/");

		if (len == 2 && at[0] == '.' && at[1] == '.')
			return ek_fail(err, EK_EINVALID,
				       "the entry \"%.200s\" leads out of the layer", in);
		if (len > EK_TREE_NAME_MAX || n + len + 1 > EK_TREE_PATH_MAX)
			return ek_fail(err, EK_EINVALID,
				       "the name of the entry \"%.200s...\" is too long", in);
		if (len && !(len == 1 && at[0] == '.')) {
			if (n)
				out[n++] = '/';
			memcpy(out + n, at, len);
			n += len;
		}
		at += len;
		at += *at == '/';
	}
	out[n] = '\0';
	return 0;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- places ---- */

int ek_tree_open(int root, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC),
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
					   RESOLVE_NO_XDEV };
	long fd;

	do {
		fd = syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));
	} while (fd < 0 && (errno == EINTR || errno == EAGAIN)); /* EAGAIN: raced with a rename */
	if (fd < 0 && errno == ENOSYS)
		return ek_open_beneath(root, *path ? path : ".", flags, 0, true);
	return fd < 0 ? -errno : (int)fd;
}

bool ek_tree_is_whiteout(int dir_fd, const char *name)
{
	struct stat st;

	return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == 0;
}

static int set_opaque(int dir_fd, const char *name, struct ek_err *err)
{
	EK_CLOSE int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0) < 0)
		return ek_fail_errno(err, "mark \"%s\" opaque", name);
	return 0;
}

static int open_dir(struct ek_tree *t, const char *path, struct ek_err *err);

/* A directory that is not there, or only as a whiteout, is made: its child was first. */
static int make_implied(struct ek_tree *t, const char *path, struct ek_err *err)
{
	EK_FREE char *parent = ek_str_ndup(path, (size_t)(base_of(path) - path));
	const char *base = base_of(path);
	EK_CLOSE int dir = -1;
	bool hidden;

	if (*parent)
		parent[strlen(parent) - 1] = '\0';
	dir = open_dir(t, parent, err);
	if (dir < 0)
		return dir;
	hidden = ek_tree_is_whiteout(dir, base);
	if (hidden && unlinkat(dir, base, 0) < 0)
		return ek_fail_errno(err, "replace the whiteout of \"%s\"", path);
	if (mkdirat(dir, base, 0755) < 0)
		return ek_fail_errno(err, "make \"%s\"", path);
	if (hidden)
		return set_opaque(dir, base, err);
	if (t->implied.n + t->links.n >= EK_TREE_NOTES_MAX)
		return ek_fail(err, EK_EINVALID,
			       "the layer has more than %d directories without an entry",
			       EK_TREE_NOTES_MAX);
	ek_map_put(&t->implied, path, t);
	return 0;
}

/* An O_PATH descriptor, the caller's to close. */
static int open_dir(struct ek_tree *t, const char *path, struct ek_err *err)
{
	int fd = ek_tree_open(t->root, path, O_PATH | O_DIRECTORY), rc;

	if (fd >= 0)
		return fd;
	if (fd != -ENOENT && fd != -ENOTDIR)
		return ek_fail(err, fd, "open \"%s\": %s", path, ek_err_name(fd));
	rc = make_implied(t, path, err);
	if (rc < 0)
		return rc;
	fd = ek_tree_open(t->root, path, O_PATH | O_DIRECTORY);
	return fd < 0 ? ek_fail(err, fd, "open \"%s\": %s", path, ek_err_name(fd)) : fd;
}

/* The directory that `path` is in; borrowed, kept for the entries that follow. */
static int place_of(struct ek_tree *t, const char *path, struct ek_err *err)
{
	size_t n = (size_t)(base_of(path) - path);
	EK_FREE char *dir = ek_str_ndup(path, n ? n - 1 : 0);
	int fd;

	if (t->at_path && ek_streq(t->at_path, dir))
		return t->at_fd;
	forget_place(t);
	fd = open_dir(t, dir, err);
	if (fd < 0)
		return fd;
	t->at_fd = fd;
	t->at_path = ek_steal(dir);
	return fd;
}

/* ---- what an entry has besides its data ---- */

static bool takes_xattr(const char *name)
{
	return ek_streq(name, "security.capability") ||
	       (ek_str_starts(name, "user.") && !ek_str_starts(name, "user.overlay."));
}

/* fd: of the file itself, or O_PATH (then through /proc, which no link in the layer can reach). */
static int put_xattrs(int fd, struct archive_entry *e, const char *path, struct ek_err *err)
{
	const char *name;
	const void *value;
	size_t size;
	int n = 0;

	archive_entry_xattr_reset(e);
	while (archive_entry_xattr_next(e, &name, &value, &size) == ARCHIVE_OK) {
		if (!name || !takes_xattr(name))
			continue;
		if (++n > EK_TREE_XATTRS_MAX || size > EK_TREE_XATTR_SIZE_MAX)
			return ek_fail(err, EK_EINVALID,
				       "\"%.200s\" has too many or too large attributes", path);
		/* user.* is a courtesy: not every file system has it, nor every kind of file */
		if (setxattr(EK_F("/proc/self/fd/%d", fd), name, value, size, 0) < 0 &&
		    (errno != ENOTSUP || name[0] == 's') && !(errno == EPERM && name[0] == 'u'))
			return ek_fail_errno(err, "set %s of \"%.200s\"", name, path);
	}
	return 0;
}

static int check_owner(struct archive_entry *e, const char *path, struct ek_err *err)
{
	int64_t uid = archive_entry_uid(e), gid = archive_entry_gid(e);

	if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
		return ek_fail(err, EK_EINVALID, "\"%.200s\" has an impossible owner", path);
	return 0;
}

static struct timespec time_of(struct archive_entry *e)
{
	struct timespec ts = { .tv_sec = archive_entry_mtime(e),
			       .tv_nsec = archive_entry_mtime_nsec(e) };

	if (ts.tv_nsec < 0 || ts.tv_nsec > 999999999)
		ts.tv_nsec = 0;
	return ts;
}

/*
 * Owner, then mode (a change of owner clears set-id bits and capabilities), attributes, time.
 * Of symbolic links there is no mode.
 */
static int put_metadata(struct ek_tree *t, int dir, const char *path, struct archive_entry *e,
			struct ek_err *err)
{
	const char *base = *path ? base_of(path) : ".";
	EK_CLOSE int fd = openat(dir, base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct timespec times[2] = { time_of(e), time_of(e) };
	bool is_link = archive_entry_filetype(e) == AE_IFLNK,
	     is_dir = archive_entry_filetype(e) == AE_IFDIR;
	int rc = check_owner(e, path, err);

	if (rc < 0)
		return rc;
	if (fd < 0)
		return ek_fail_errno(err, "open \"%.200s\"", path);
	if (fchownat(fd, "", (uid_t)archive_entry_uid(e), (gid_t)archive_entry_gid(e),
		     AT_EMPTY_PATH) < 0)
		return ek_fail_errno(err, "change the owner of \"%.200s\"", path);
	if (!is_link && chmod(EK_F("/proc/self/fd/%d", fd), archive_entry_perm(e) & 07777) < 0)
		return ek_fail_errno(err, "change the mode of \"%.200s\"", path);
	if (!is_link)
		rc = put_xattrs(fd, e, path, err);
	if (rc < 0)
		return rc;
	if (!is_dir)
		(void)utimensat(dir, base, times, AT_SYMLINK_NOFOLLOW);
	else if (t->times.n < EK_TREE_TIMES_MAX)
		ek_vec_push(&t->times, ((struct ek_tree_time){ ek_str_dup(path), times[0].tv_sec,
							       times[0].tv_nsec }));
	return 0;
}

/* ---- the kinds of entries ---- */

static int put_data(struct archive *a, int fd, const char *path, int64_t size, struct ek_err *err)
{
	const void *block;
	size_t n;
	int64_t offset;
	int rc;

	while ((rc = archive_read_data_block(a, &block, &n, &offset)) == ARCHIVE_OK) {
		for (size_t done = 0; done < n;) {
			ssize_t w = pwrite(fd, (const char *)block + done, n - done,
					   (off_t)offset + (off_t)done);

			if (w < 0 && errno == EINTR)
				continue;
			if (w < 0)
				return ek_fail_errno(err, "write \"%.200s\"", path);
			done += (size_t)w;
		}
	}
	if (rc != ARCHIVE_EOF)
		return ek_fail(err, EK_EINVALID, "read \"%.200s\": %s", path,
			       archive_error_string(a));
	if (ftruncate(fd, (off_t)size) < 0) /* holes at the end */
		return ek_fail_errno(err, "write \"%.200s\"", path);
	return 0;
}

static int put_file(struct archive *a, int dir, const char *path, struct archive_entry *e,
		    struct ek_err *err)
{
	EK_CLOSE int fd = openat(dir, base_of(path),
				 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return ek_fail_errno(err, "make \"%.200s\"", path);
	return put_data(a, fd, path, archive_entry_size(e), err);
}

static int put_hard_link(struct ek_tree *t, int dir, const char *path, const char *to,
			 struct ek_err *err)
{
	char target[EK_TREE_PATH_MAX + 1];
	EK_FREE char *from_dir = NULL;
	EK_CLOSE int from = -1;
	int rc = clean_path(to, target, err), from_rc;

	if (rc < 0)
		return rc;
	from_dir = ek_str_ndup(target, (size_t)(base_of(target) - target));
	from = ek_tree_open(t->root, from_dir, O_PATH | O_DIRECTORY);
	from_rc = from;
	if (from >= 0)
		from_rc = linkat(from, base_of(target), dir, base_of(path), 0) < 0 ? -errno : 0;
	if (from_rc == 0)
		return 0;
	if (from_rc != -ENOENT && from_rc != -ENOTDIR)
		return ek_fail(err, from_rc, "link \"%.150s\" to \"%.150s\": %s", path, target,
			       ek_err_name(from_rc));
	if (t->implied.n + t->links.n >= EK_TREE_NOTES_MAX)
		return ek_fail(err, EK_EINVALID,
			       "the layer has too many links to what it does not hold");
	ek_vec_push(&t->links, ((struct ek_tree_link){ ek_str_dup(path), ek_str_dup(target) }));
	return 0;
}

static int put_node(int dir, const char *path, struct archive_entry *e, struct ek_err *err)
{
	mode_t type = archive_entry_filetype(e);
	dev_t dev =
		makedev((unsigned)archive_entry_rdevmajor(e), (unsigned)archive_entry_rdevminor(e));

	if (mknodat(dir, base_of(path), type | 0600, type == AE_IFIFO ? 0 : dev) < 0)
		return ek_fail_errno(err, "make the device \"%.200s\"", path);
	return 0;
}

static int put_symlink(int dir, const char *path, struct archive_entry *e, struct ek_err *err)
{
	const char *to = archive_entry_symlink(e);

	/* wherever it points: only a container follows it, and ek_tree_open() below the root */
	if (ek_str_empty(to) || strlen(to) > EK_TREE_PATH_MAX)
		return ek_fail(err, EK_EINVALID, "the link \"%.200s\" points nowhere, or too far",
			       path);
	if (symlinkat(to, dir, base_of(path)) < 0)
		return ek_fail_errno(err, "make the link \"%.200s\"", path);
	return 0;
}

/*
 * Make room for an entry: what is there goes, but a directory that becomes one again stays.
 * *ret_hidden: there was a whiteout, and what was below must stay hidden.
 */
static int clear_place(struct ek_tree *t, int dir, const char *path, bool is_dir, bool *ret_hidden,
		       bool *ret_stays, struct ek_err *err)
{
	const char *base = base_of(path);
	struct stat st;
	int rc;

	*ret_hidden = *ret_stays = false;
	if (fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : ek_fail_errno(err, "look at \"%.200s\"", path);
	if (S_ISDIR(st.st_mode) && is_dir) {
		*ret_stays = true;
		return 0;
	}
	*ret_hidden = S_ISCHR(st.st_mode) && st.st_rdev == 0;
	if (!S_ISDIR(st.st_mode))
		return unlinkat(dir, base, 0) < 0 ? ek_fail_errno(err, "replace \"%.200s\"", path) :
						    0;
	rc = ek_dir_remove(dir, base, err);
	/* the kept descriptor may be of something below */
	forget_place(t);
	return rc;
}

static int put_dir(struct ek_tree *t, int dir, const char *path, bool hidden, bool stays,
		   struct ek_err *err)
{
	(void)ek_map_del(&t->implied, path);
	if (stays)
		return 0;
	if (mkdirat(dir, base_of(path), 0700) < 0)
		return ek_fail_errno(err, "make \"%.200s\"", path);
	return hidden ? set_opaque(dir, base_of(path), err) : 0;
}

static int put_entry(struct ek_tree *t, struct archive *a, struct archive_entry *e,
		     const char *path, struct ek_err *err)
{
	const char *hard_link = archive_entry_hardlink(e);
	mode_t type = archive_entry_filetype(e);
	bool hidden, stays;
	int dir = place_of(t, path, err), rc;

	if (dir < 0)
		return dir;
	rc = clear_place(t, dir, path, type == AE_IFDIR && !hard_link, &hidden, &stays, err);
	if (rc < 0)
		return rc;
	dir = place_of(t, path, err);
	if (dir < 0)
		return dir;
	if (hard_link)
		return put_hard_link(t, dir, path, hard_link, err);
	if (type == AE_IFREG)
		rc = put_file(a, dir, path, e, err);
	else if (type == AE_IFDIR)
		rc = put_dir(t, dir, path, hidden, stays, err);
	else if (type == AE_IFLNK)
		rc = put_symlink(dir, path, e, err);
	else if (type == AE_IFCHR || type == AE_IFBLK || type == AE_IFIFO)
		rc = put_node(dir, path, e, err);
	else
		return 0; /* a socket: it means nothing without its process */
	return rc < 0 ? rc : put_metadata(t, dir, path, e, err);
}

static int put_whiteout(struct ek_tree *t, const char *path, struct ek_err *err)
{
	const char *name = base_of(path) + sizeof(WHITEOUT) - 1;
	int dir = place_of(t, path, err);
	struct stat st = { 0 };

	if (dir < 0)
		return dir;
	if (ek_streq(base_of(path), OPAQUE))
		return set_opaque(dir, ".", err);
	if (ek_str_starts(name, ".wh."))
		return 0; /* an old union file system's own books */
	if (!*name || ek_streq(name, ".") || ek_streq(name, ".."))
		return ek_fail(err, EK_EINVALID,
			       "the whiteout \"%.200s\" hides nothing that can be", path);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return mknodat(dir, name, S_IFCHR, 0) < 0 ?
			       ek_fail_errno(err, "make the whiteout \"%.200s\"", path) :
			       0;
	/* it hides what is below, not what this layer holds itself */
	return S_ISDIR(st.st_mode) ? set_opaque(dir, name, err) : 0;
}

int ek_tree_add(struct ek_tree *t, struct archive *a, struct archive_entry *e, struct ek_err *err)
{
	const char *name = archive_entry_pathname(e);
	char path[EK_TREE_PATH_MAX + 1] = "";
	int rc;

	if (!name)
		return ek_fail(err, EK_EINVALID, "an entry has no name that can be read");
	rc = clean_path(name, path, err);
	if (rc < 0)
		return rc;
	if (ek_str_starts(base_of(path), WHITEOUT))
		return put_whiteout(t, path, err);
	if (!*path && archive_entry_filetype(e) != AE_IFDIR)
		return ek_fail(err, EK_EINVALID, "the layer's root is not a directory");
	if (!*path)
		return put_metadata(t, t->root, path, e, err);
	return put_entry(t, a, e, path, err);
}

void ek_tree_finish(struct ek_tree *t)
{
	for (size_t i = t->times.n; i-- > 0;) {
		const struct ek_tree_time *m = &t->times.items[i];
		struct timespec ts = { .tv_sec = (time_t)m->sec, .tv_nsec = m->nsec };
		struct timespec times[2] = { ts, ts };
		EK_CLOSE int fd =
			ek_tree_open(t->root, m->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

		if (fd >= 0) /* it may have been replaced since */
			(void)futimens(fd, times);
	}
}
