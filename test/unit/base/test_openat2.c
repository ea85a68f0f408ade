/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/file.h>

#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ek_test.h>

#include "openat2.h"

static char path[64];

/*
 * in/			what dir is open on
 *   d/f, d/e/f
 *   to-d -> d		stays inside
 *   out -> ../secret	leaves
 *   abs -> /etc	leaves
 *   self -> /proc/self	a way to magic links
 * secret
 */
static int enter(void)
{
	EK_FREE char *in = NULL;
	int dir;

	(void)ek_str_into(path, sizeof(path), "/tmp/ek-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
	in = ek_path_join(path, "in");
	ck_assert_int_eq(ek_dir_make(AT_FDCWD, in, 0700, NULL), 0);
	dir = open(in, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(ek_dir_make(dir, "d/e", 0700, NULL), 0);
	ck_assert_int_eq(ek_file_write(dir, "d/f", "x", 1, 0600, false, NULL), 0);
	ck_assert_int_eq(ek_file_write(dir, "d/e/f", "x", 1, 0600, false, NULL), 0);
	ck_assert_int_eq(ek_file_write(dir, "../secret", "x", 1, 0600, false, NULL), 0);
	ck_assert_int_eq(symlinkat("d", dir, "to-d"), 0);
	ck_assert_int_eq(symlinkat("../secret", dir, "out"), 0);
	ck_assert_int_eq(symlinkat("/etc", dir, "abs"), 0);
	ck_assert_int_eq(symlinkat("/proc/self", dir, "self"), 0);
	return dir;
}

static void leave(int *dir)
{
	(void)close(*dir);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, path, NULL), 0);
}

static bool opens(int fd)
{
	if (fd < 0)
		return false;
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	(void)close(fd);
	return true;
}

static const struct {
	const char *path;
	bool links;    /* opens where links are allowed */
	bool no_links; /* opens where they are not */
	bool walk;     /* opens by the walk of old kernels */
} rows[] = {
	{ "d/f", true, true, true },
	{ "d//e/./f", true, true, true },
	{ "d", true, true, true },
	{ "d/", true, true, true },
	{ ".", true, true, true },
	{ "d/../d/f", true, true, false },
	{ "to-d/f", true, false, false },
	{ "to-d", true, false, false },
	{ "out", false, false, false },
	{ "../secret", false, false, false },
	{ "d/../../secret", false, false, false },
	{ "..", false, false, false },
	{ "/etc/passwd", false, false, false },
	{ "abs/passwd", false, false, false },
	{ "self/exe", false, false, false },
	{ "none", false, false, false },
	{ "none/f", false, false, false },
	{ "d/f/", false, false, false },
	{ "d/f/g", false, false, false },
	{ "", false, false, false },
};

static bool kernel_has_openat2(void)
{
	return opens(ek_file_openat2(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0, 0));
}

START_TEST(stays_beneath)
{
	EK_CLEANUP(leave) int dir = enter();
	bool strict = !kernel_has_openat2();
	const char *p = rows[_i].path;
	bool links = strict ? rows[_i].walk : rows[_i].links;
	bool no_links = strict ? rows[_i].walk : rows[_i].no_links;

	ck_assert(opens(ek_open_beneath(dir, p, O_RDONLY, 0, false)) == links);
	ck_assert(opens(ek_open_beneath(dir, p, O_RDONLY, 0, true)) == no_links);
	ck_assert(opens(ek_file_open_walk(dir, p, O_RDONLY, 0)) == rows[_i].walk);
}
END_TEST

START_TEST(creates)
{
	EK_CLEANUP(leave) int dir = enter();
	const int flags = O_WRONLY | O_CREAT | O_EXCL;
	struct stat st;

	(void)umask(0);
	ck_assert(opens(ek_open_beneath(dir, "d/new", flags, 0640, true)));
	ck_assert_int_eq(fstatat(dir, "d/new", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(ek_open_beneath(dir, "d/new", flags, 0640, true), -EEXIST);
	ck_assert(opens(ek_file_open_walk(dir, "d/walked", flags, 0640)));
	ck_assert_int_eq(ek_file_open_walk(dir, "d/walked", flags, 0640), -EEXIST);
	/* a dangling link must not become a file elsewhere */
	ck_assert_int_eq(symlinkat("../created", dir, "dangling"), 0);
	ck_assert(!opens(ek_open_beneath(dir, "dangling", O_WRONLY | O_CREAT, 0600, false)));
	ck_assert(!opens(ek_file_open_walk(dir, "dangling", O_WRONLY | O_CREAT, 0600)));
	ck_assert_int_eq(faccessat(dir, "../created", F_OK, 0), -1);
}
END_TEST

START_TEST(flags_that_openat2_is_strict_about)
{
	EK_CLEANUP(leave) int dir = enter();

	/* a mode without O_CREAT, O_PATH beside other flags */
	ck_assert(opens(ek_open_beneath(dir, "d/f", O_RDONLY, 0600, true)));
	ck_assert(opens(ek_open_beneath(dir, "d", O_PATH | O_DIRECTORY, 0600, true)));
	ck_assert(opens(ek_open_beneath(dir, "d/f", O_PATH | O_NOFOLLOW, 0, false)));
}
END_TEST

START_TEST(long_names)
{
	EK_CLEANUP(leave) int dir = enter();
	char name[300];

	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	ck_assert_int_eq(ek_open_beneath(dir, name, O_RDONLY, 0, true), -ENAMETOOLONG);
	ck_assert_int_eq(ek_file_open_walk(dir, name, O_RDONLY, 0), -ENAMETOOLONG);
	name[255] = '\0';
	ck_assert_int_eq(ek_file_open_walk(dir, name, O_RDONLY, 0), -ENOENT);
}
END_TEST

EK_TESTS("base/openat2", EK_ROWS(stays_beneath, rows), creates,
	 flags_that_openat2_is_strict_about, long_names)
