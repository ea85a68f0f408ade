/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "store.h"

/*
 * The options of a mount have one page. Hence descriptors for long paths and short links for the
 * layers: "/proc/self/fd/9/0123456789abcdef" is 33 bytes, room for 110 layers.
 */
enum { OPTIONS_MAX = 4095 };

/* Overlayfs wants the highest first. */
static int put_lower(const struct ek_images *s, const struct ek_image *image, int links,
		     struct ek_buf *b, struct ek_err *err)
{
	size_t n = 0;
	char link[80];

	while (image->layers[n])
		n++;
	if (n == 0) /* FROM scratch and nothing more: any empty directory will do */
		(void)ek_buf_fmt(b, "/proc/self/fd/%d/none", links);
	while (n-- > 0) {
		if (ek_images_link_of(s, image->layers[n], link) < 0)
			return ek_fail(err, EK_EINTERNAL, "layer %s of the image is gone",
				       image->layers[n]);
		(void)ek_buf_fmt(b, "/proc/self/fd/%d/%s%s", links, link, n ? ":" : "");
	}
	return 0;
}

static int explain(int rc, const char *dir, struct ek_err *err)
{
	if (rc == -ENODEV)
		return ek_fail(err, rc, "the kernel has no overlayfs: run modprobe overlay");
	if (rc == -EINVAL)
		return ek_fail(
			err, rc,
			"mount overlayfs on %s: the file system below cannot hold one (is it itself an "
			"overlay, or NFS?); choose another --data-dir",
			dir);
	return ek_fail(err, rc, "mount overlayfs on %s: %s", dir, ek_err_name(rc));
}

static int mount_overlay(const char *dir, int dir_fd, const char *lower, struct ek_err *err)
{
	EK_FREE char *options = ek_str_fmt(
		"lowerdir=%s,upperdir=/proc/self/fd/%d/upper,workdir=/proc/self/fd/%d/work", lower,
		dir_fd, dir_fd);
	/* "volatile": fsync in a container costs nothing, its writable layer never outlives it (Linux 5.10) */
	EK_FREE char *quick = ek_str_fmt("%s,volatile", options);
	EK_FREE char *at = ek_str_fmt("/proc/self/fd/%d/rootfs", dir_fd);

	if (strlen(quick) > OPTIONS_MAX)
		return ek_fail(err, EK_ETOOLARGE,
			       "the image has more layers than overlayfs can be told of");
	if (mount("overlay", at, "overlay", 0, quick) == 0)
		return 0;
	if (errno == EINVAL && mount("overlay", at, "overlay", 0, options) == 0)
		return 0;
	return explain(-errno, dir, err);
}

/* The root directory itself is the upper one's: it takes after the lowest layer's. */
static void copy_root_mode(const struct ek_images *s, const struct ek_image *image, int dir_fd)
{
	struct stat st;

	if (!image->layers[0] ||
	    fstatat(s->dir, EK_F("layers/%s/fs", image->layers[0]), &st, 0) < 0)
		return;
	(void)fchownat(dir_fd, "upper", st.st_uid, st.st_gid, 0);
	(void)fchmodat(dir_fd, "upper", st.st_mode & 07777, 0);
}

static int make_folders(int dir_fd, struct ek_err *err)
{
	static const char *const folders[] = { "upper", "work", "rootfs" };
	int rc;

	/* of an earlier try: a volatile overlay must not be mounted twice on the same */
	for (size_t i = 0; i < EK_ARRAY_LEN(folders); i++) {
		rc = ek_dir_remove(dir_fd, folders[i], err);
		if (rc < 0)
			return rc;
		if (mkdirat(dir_fd, folders[i], 0755) < 0)
			return ek_fail_errno(err, "make %s", folders[i]);
	}
	return 0;
}

int ek_rootfs_mount(const struct ek_images *s, const struct ek_image *image, const char *dir,
		    struct ek_err *err)
{
	EK_CLOSE int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EK_CLOSE int links = openat(s->dir, "l", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EK_BUF struct ek_buf lower = EK_BUF_INIT(64 << 10);
	int rc;

	if (dir_fd < 0 || links < 0)
		return ek_fail_errno(err, "open %s", dir);
	if (ek_rootfs_is_mounted(dir))
		return 0;
	rc = make_folders(dir_fd, err);
	if (rc == 0)
		rc = put_lower(s, image, links, &lower, err);
	if (rc < 0)
		return rc;
	if (!image->layers[0] && mkdirat(links, "none", 0755) < 0 && errno != EEXIST)
		return ek_fail_errno(err, "make an empty layer");
	copy_root_mode(s, image, dir_fd);
	return mount_overlay(dir, dir_fd, lower.data, err);
}

bool ek_rootfs_is_mounted(const char *dir)
{
	EK_FREE char *at = ek_path_join(dir, "rootfs");
	struct stat st, up;

	return lstat(dir, &up) == 0 && lstat(at, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_dev != up.st_dev;
}

int ek_rootfs_remove(const char *dir, struct ek_err *err)
{
	static const char *const folders[] = { "rootfs", "work", "upper" };
	EK_FREE char *at = ek_path_join(dir, "rootfs");
	EK_CLOSE int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (dir_fd < 0)
		return errno == ENOENT ? 0 : ek_fail_errno(err, "open %s", dir);
	/* detached: a process that is dying slowly must not keep the folder */
	while (umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	if (errno != EINVAL && errno != ENOENT)
		return ek_fail_errno(err, "unmount %s", at);
	for (size_t i = 0; i < EK_ARRAY_LEN(folders) && rc == 0; i++)
		rc = ek_dir_remove(dir_fd, folders[i], err);
	return rc;
}
