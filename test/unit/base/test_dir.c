/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/file.h>

#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ek_test.h>

#include "openat2.h"

static char path[64];

static int enter(void)
{
	(void)ek_str_into(path, sizeof(path), "/tmp/ek-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void leave(int *dir)
{
	(void)close(*dir);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, path, NULL), 0);
	ck_assert_int_eq(access(path, F_OK), -1);
}

static bool exists(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void touch(int dir, const char *name)
{
	ck_assert_int_eq(ek_file_write(dir, name, "x", 1, 0600, false, NULL), 0);
}

static mode_t mode_of(int dir, const char *name)
{
	struct stat st;

	ck_assert_int_eq(fstatat(dir, name, &st, 0), 0);
	return st.st_mode & 07777;
}

START_TEST(makes_all_parents)
{
	EK_CLEANUP(leave) int dir = enter();
	EK_FREE char *absolute = ek_path_join(path, "x//y/");

	(void)umask(077);
	ck_assert_int_eq(ek_dir_make(dir, "a/b/c", 0755, NULL), 0);
	ck_assert_uint_eq(mode_of(dir, "a"), 0755);
	ck_assert_uint_eq(mode_of(dir, "a/b/c"), 0755);
	ck_assert_int_eq(ek_dir_make(dir, "a/b/c/d", 0700, NULL), 0);
	ck_assert_uint_eq(mode_of(dir, "a/b/c"), 0755); /* was there: keeps its mode */
	ck_assert_uint_eq(mode_of(dir, "a/b/c/d"), 0700);
	ck_assert_int_eq(ek_dir_make(AT_FDCWD, absolute, 0700, NULL), 0);
	ck_assert(exists(dir, "x/y"));
	ck_assert_int_eq(ek_dir_make(dir, ".", 0700, NULL), 0);
	ck_assert_int_eq(ek_dir_make(AT_FDCWD, "/", 0700, NULL), 0);
}
END_TEST

START_TEST(does_not_make_over_a_file)
{
	EK_CLEANUP(leave) int dir = enter();
	struct ek_err err;

	touch(dir, "f");
	ck_assert_int_eq(ek_dir_make(dir, "f", 0700, &err), -ENOTDIR);
	ck_assert_str_eq(err.msg, "make directory f: Not a directory");
	ck_assert_int_eq(ek_dir_make(dir, "f/g", 0700, NULL), -ENOTDIR);
	ck_assert_int_eq(ek_dir_make(dir, "", 0700, NULL), -ENOENT);
}
END_TEST

START_TEST(removes_trees)
{
	EK_CLEANUP(leave) int dir = enter();

	ck_assert_int_eq(ek_dir_make(dir, "t/a/b", 0700, NULL), 0);
	ck_assert_int_eq(ek_dir_make(dir, "t/c", 0700, NULL), 0);
	touch(dir, "t/f");
	touch(dir, "t/a/b/f");
	for (int i = 0; i < 300; i++)
		touch(dir, EK_F("t/c/%d", i));
	ck_assert_int_eq(mkfifoat(dir, "t/fifo", 0600), 0);
	ck_assert_int_eq(ek_dir_remove(dir, "t/a", NULL), 0);
	ck_assert(!exists(dir, "t/a") && exists(dir, "t/f"));
	ck_assert_int_eq(ek_dir_remove(dir, "t/", NULL), 0);
	ck_assert(!exists(dir, "t"));
}
END_TEST

START_TEST(what_is_missing_is_removed)
{
	EK_CLEANUP(leave) int dir = enter();

	ck_assert_int_eq(ek_dir_remove(dir, "none", NULL), 0);
	ck_assert_int_eq(ek_dir_remove(dir, "none/deeper", NULL), 0);
	touch(dir, "f");
	ck_assert_int_eq(ek_dir_remove(dir, "f", NULL), 0); /* a file goes as well */
	ck_assert(!exists(dir, "f"));
}
END_TEST

static const char *const refused[] = { "", ".", "..", "a/..", "a/.", "/", "a/../.." };

START_TEST(removes_entries_only)
{
	EK_CLEANUP(leave) int dir = enter();
	struct ek_err err;

	ck_assert_int_eq(ek_dir_make(dir, "a/b", 0700, NULL), 0);
	ck_assert_int_eq(ek_dir_remove(dir, refused[_i], &err), -EINVAL);
	ck_assert(exists(dir, "a/b"));
}
END_TEST

START_TEST(links_are_removed_not_followed)
{
	EK_CLEANUP(leave) int dir = enter();
	EK_FREE char *outside = ek_path_join(path, "keep");

	ck_assert_int_eq(ek_dir_make(dir, "keep/d", 0700, NULL), 0);
	touch(dir, "keep/f");
	ck_assert_int_eq(ek_dir_make(dir, "t", 0700, NULL), 0);
	ck_assert_int_eq(symlinkat(outside, dir, "t/abs"), 0);
	ck_assert_int_eq(symlinkat("../keep", dir, "t/rel"), 0);
	ck_assert_int_eq(symlinkat("keep", dir, "link"), 0);
	/* not through a link either */
	ck_assert_int_lt(ek_dir_remove(dir, "link/d", NULL), 0);
	ck_assert_int_lt(ek_dir_remove(dir, "../x", NULL), 0);
	ck_assert_int_eq(ek_dir_remove(dir, "t", NULL), 0);
	ck_assert_int_eq(ek_dir_remove(dir, "link", NULL), 0);
	ck_assert(!exists(dir, "t") && !exists(dir, "link"));
	ck_assert(exists(dir, "keep/d") && exists(dir, "keep/f"));
}
END_TEST

/* Deeper than there are descriptors, and longer than a path may be. */
START_TEST(depth_does_not_matter)
{
	EK_CLEANUP(leave) int dir = enter();
	const struct rlimit few = { 64, 64 };
	char name[101];
	int at = dup(dir);

	memset(name, 'd', 100);
	name[100] = '\0';
	for (int i = 0; i < 500; i++) {
		int next;

		ck_assert_int_eq(mkdirat(at, name, 0700), 0);
		ck_assert_int_eq(mkdirat(at, "side", 0700), 0);
		touch(at, "f");
		next = openat(at, name, O_RDONLY | O_DIRECTORY);
		ck_assert_int_ge(next, 0);
		(void)close(at);
		at = next;
	}
	(void)close(at);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(ek_dir_remove(dir, name, NULL), 0);
	ck_assert(!exists(dir, name));
}
END_TEST

/* A mount namespace of the test's own. False without the right to have one. */
static bool own_mounts(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static void bind(const char *from, const char *to)
{
	EK_FREE char *a = ek_path_join(path, from);
	EK_FREE char *b = ek_path_join(path, to);

	ck_assert_int_eq(mount(a, b, NULL, MS_BIND, NULL), 0);
}

static void unbind(const char *at)
{
	EK_FREE char *p = ek_path_join(path, at);

	ck_assert_int_eq(umount2(p, MNT_DETACH), 0);
}

/* A bind mount of the same file system has the same st_dev: the case that eats data. */
START_TEST(mounts_are_not_crossed)
{
	/* the namespace first: a descriptor from before it would not see its mounts */
	bool able = own_mounts();
	EK_CLEANUP(leave) int dir = enter();
	struct ek_err err;
	int fd;

	if (!able)
		return;
	ck_assert_int_eq(ek_dir_make(dir, "data", 0700, NULL), 0);
	touch(dir, "data/precious");
	ck_assert_int_eq(ek_dir_make(dir, "pod/volumes/v", 0700, NULL), 0);
	bind("data", "pod/volumes/v");
	ck_assert(exists(dir, "pod/volumes/v/precious"));
	ck_assert_int_lt(ek_dir_remove(dir, "pod", &err), 0);
	ck_assert_int_lt(ek_dir_remove(dir, "pod/volumes/v", &err), 0);
	ck_assert(exists(dir, "data/precious"));

	fd = openat(dir, "pod/volumes", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(ek_file_open_subdir_by_id(fd, "v"), -EXDEV);
	ck_assert_int_lt(ek_file_open_subdir(fd, "v"), 0);
	(void)close(fd);

	unbind("pod/volumes/v");
	ck_assert_int_eq(ek_dir_remove(dir, "pod", NULL), 0);
	ck_assert(exists(dir, "data/precious"));
}
END_TEST

START_TEST(subdirectories_open_both_ways)
{
	EK_CLEANUP(leave) int dir = enter();
	int (*const ways[])(int, const char *) = { ek_file_open_subdir, ek_file_open_subdir_by_id };

	ck_assert_int_eq(mkdirat(dir, "d", 0700), 0);
	ck_assert_int_eq(symlinkat("d", dir, "link"), 0);
	touch(dir, "f");
	for (size_t i = 0; i < EK_ARRAY_LEN(ways); i++) {
		int fd = ways[i](dir, "d");

		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		(void)close(fd);
		ck_assert_int_lt(ways[i](dir, "link"), 0);
		ck_assert_int_lt(ways[i](dir, "f"), 0);
		ck_assert_int_eq(ways[i](dir, "none"), -ENOENT);
	}
}
END_TEST

EK_TESTS("base/dir", makes_all_parents, does_not_make_over_a_file, removes_trees,
	 what_is_missing_is_removed, EK_ROWS(removes_entries_only, refused),
	 links_are_removed_not_followed, depth_does_not_matter, mounts_are_not_crossed,
	 subdirectories_open_both_ways)
