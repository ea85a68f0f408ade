/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/file.h>

#include <ekube/str.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ek_test.h>

static char path[64];

/* A directory that is gone when the test is over: EK_CLEANUP(leave) int dir = enter(); */
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
}

static void check_content(int dir, const char *name, const char *want)
{
	EK_FREE char *text = NULL;
	size_t n = 0;

	ck_assert_int_eq(ek_file_read(dir, name, 1 << 20, &text, &n, NULL), 0);
	ck_assert_str_eq(text, want);
	ck_assert_uint_eq(n, strlen(want));
}

static size_t count_entries(int dir)
{
	DIR *d = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY));
	size_t n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	(void)closedir(d);
	return n - 2;
}

START_TEST(writes_and_reads)
{
	EK_CLEANUP(leave) int dir = enter();
	struct stat st;

	(void)umask(077);
	for (int durable = 0; durable < 2; durable++) {
		ck_assert_int_eq(ek_file_write(dir, "f", "one", 3, 0644, durable, NULL), 0);
		check_content(dir, "f", "one");
		ck_assert_int_eq(fstatat(dir, "f", &st, 0), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0644); /* whatever the umask */
		ck_assert_int_eq(ek_file_write(dir, "f", "", 0, 0600, durable, NULL), 0);
		check_content(dir, "f", "");
		ck_assert_int_eq(fstatat(dir, "f", &st, 0), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0600);
	}
	ck_assert_uint_eq(count_entries(dir), 1); /* no temporary file stays */
}
END_TEST

START_TEST(paths_of_all_kinds)
{
	EK_CLEANUP(leave) int dir = enter();
	EK_FREE char *absolute = ek_path_join(path, "sub/abs");

	ck_assert_int_eq(mkdirat(dir, "sub", 0700), 0);
	ck_assert_int_eq(ek_file_write(dir, "sub/rel", "r", 1, 0600, true, NULL), 0);
	check_content(dir, "sub/rel", "r");
	ck_assert_int_eq(ek_file_write(AT_FDCWD, absolute, "a", 1, 0600, true, NULL), 0);
	check_content(AT_FDCWD, absolute, "a");
	ck_assert_int_eq(ek_file_write(-1, absolute, "b", 1, 0600, true, NULL), 0);
	check_content(-1, absolute, "b");
}
END_TEST

START_TEST(replacing_a_link_leaves_its_target)
{
	EK_CLEANUP(leave) int dir = enter();

	ck_assert_int_eq(ek_file_write(dir, "target", "old", 3, 0600, false, NULL), 0);
	ck_assert_int_eq(symlinkat("target", dir, "link"), 0);
	ck_assert_int_eq(ek_file_write(dir, "link", "new", 3, 0600, false, NULL), 0);
	check_content(dir, "target", "old");
	check_content(dir, "link", "new");
}
END_TEST

START_TEST(a_failed_write_changes_nothing)
{
	EK_CLEANUP(leave) int dir = enter();
	struct ek_err err;
	int rc;

	ck_assert_int_eq(mkdirat(dir, "d", 0700), 0);
	ck_assert_int_eq(ek_file_write(dir, "d", "x", 1, 0600, true, &err), -EISDIR);
	ck_assert_str_eq(err.msg, "write d: Is a directory");
	ck_assert_int_eq(ek_file_write(dir, "none/f", "x", 1, 0600, true, &err), -ENOENT);
	rc = ek_file_write(dir, "d/", "x", 1, 0600, true, &err);
	ck_assert_int_lt(rc, 0);
	ck_assert_uint_eq(count_entries(dir), 1);
}
END_TEST

START_TEST(temporary_names_skip_what_is_there)
{
	EK_CLEANUP(leave) int dir = enter();

	/* what a process of this pid left behind when the power went */
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(symlinkat("/etc/passwd", dir,
					   EK_F(".ek-tmp-%ld-%u", (long)getpid(), i)), 0);
	ck_assert_int_eq(ek_file_write(dir, "f", "one", 3, 0600, true, NULL), 0);
	check_content(dir, "f", "one");
	ck_assert_uint_eq(count_entries(dir), 4);
}
END_TEST

START_TEST(max_is_exact)
{
	EK_CLEANUP(leave) int dir = enter();
	/* around what the first allocation guesses */
	const size_t sizes[] = { 0, 1, 2, 4095, 4096, 4097, 10000 };

	for (size_t i = 0; i < EK_ARRAY_LEN(sizes); i++) {
		size_t n = sizes[i], got = 0;
		EK_FREE char *data = ek_calloc(1, n + 1);
		EK_FREE char *text = NULL;
		char *none = NULL;
		struct ek_err err;

		memset(data, 'x', n);
		ck_assert_int_eq(ek_file_write(dir, "f", data, n, 0600, false, NULL), 0);
		ck_assert_int_eq(ek_file_read(dir, "f", n, &text, &got, NULL), 0);
		ck_assert_uint_eq(got, n);
		ck_assert_str_eq(text, data);
		if (n == 0)
			continue;
		ck_assert_int_eq(ek_file_read(dir, "f", n - 1, &none, NULL, &err), EK_ETOOLARGE);
		ck_assert_ptr_null(none);
		ck_assert_str_eq(err.msg, EK_F("f is larger than %zu bytes", n - 1));
	}
}
END_TEST

START_TEST(reads_what_has_no_size)
{
	EK_FREE char *text = NULL;
	char *none = NULL;

	ck_assert_int_eq(ek_file_read(AT_FDCWD, "/proc/self/status", 1 << 20, &text, NULL, NULL), 0);
	ck_assert_ptr_nonnull(strstr(text, "Pid:"));
	ck_assert_int_eq(ek_file_read(AT_FDCWD, "/dev/zero", 100000, &none, NULL, NULL),
			 EK_ETOOLARGE);
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(embedded_nul_is_counted)
{
	EK_CLEANUP(leave) int dir = enter();
	EK_FREE char *text = NULL;
	size_t n = 0;

	ck_assert_int_eq(ek_file_write(dir, "f", "a\0b", 3, 0600, false, NULL), 0);
	ck_assert_int_eq(ek_file_read(dir, "f", 10, &text, &n, NULL), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert_mem_eq(text, "a\0b", 4);
}
END_TEST

START_TEST(read_says_what_is_wrong)
{
	EK_CLEANUP(leave) int dir = enter();
	struct ek_err err;
	char *text = NULL;

	ck_assert_int_eq(ek_file_read(dir, "none", 10, &text, NULL, &err), -ENOENT);
	ck_assert_str_eq(err.msg, "open none: No such file or directory");
	ck_assert_int_eq(ek_file_read(dir, ".", 10, &text, NULL, &err), -EISDIR);
	ck_assert_str_eq(err.msg, "read .: Is a directory");
	ck_assert_ptr_null(text);
}
END_TEST

struct reader {
	int fd;
	size_t n;
};

static void *read_slowly(void *arg)
{
	struct reader *r = arg;
	char b[1000];
	ssize_t n;

	while ((n = read(r->fd, b, sizeof(b))) > 0)
		r->n += (size_t)n;
	return NULL;
}

START_TEST(write_all_is_all)
{
	enum { N = 300000 }; /* more than a pipe holds */
	EK_FREE char *data = ek_calloc(1, N);
	struct reader r = { 0 };
	pthread_t thread;
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	r.fd = ends[0];
	ck_assert_int_eq(pthread_create(&thread, NULL, read_slowly, &r), 0);
	ck_assert_int_eq(ek_write_all(ends[1], data, N), 0);
	(void)close(ends[1]);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(r.n, N);
	(void)close(ends[0]);
	ck_assert_int_eq(ek_write_all(-1, "x", 1), -EBADF);
	ck_assert_int_eq(ek_write_all(-1, "", 0), 0);
}
END_TEST

START_TEST(joins_paths)
{
	static const char *const rows[][3] = {
		{ "a", "b", "a/b" }, { "a/", "b", "a/b" }, { "/", "b", "/b" }, { "", "b", "b" },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
		EK_FREE char *joined = ek_path_join(rows[i][0], rows[i][1]);

		ck_assert_str_eq(joined, rows[i][2]);
	}
}
END_TEST

START_TEST(finds_programs)
{
	EK_CLEANUP(leave) int dir = enter();
	EK_FREE char *program = ek_path_join(path, "tool"), *plain = ek_path_join(path, "plain");
	EK_FREE char *by_path = NULL, *by_name = NULL, *usual = NULL;

	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(ek_file_write(AT_FDCWD, program, "x", 1, 0755, false, NULL), 0);
	ck_assert_int_eq(ek_file_write(AT_FDCWD, plain, "x", 1, 0644, false, NULL), 0);
	ck_assert_int_eq(setenv("PATH", path, 1), 0);
	by_path = ek_program_find(program);
	by_name = ek_program_find("tool");
	usual = ek_program_find("sh"); /* not in PATH */
	ck_assert_str_eq(by_path, program);
	ck_assert_str_eq(by_name, program);
	ck_assert_ptr_nonnull(usual);
	ck_assert_ptr_null(ek_program_find("plain"));
	ck_assert_ptr_null(ek_program_find(plain));
	ck_assert_ptr_null(ek_program_find(path)); /* a folder */
	ck_assert_ptr_null(ek_program_find("no such program"));
}
END_TEST

EK_TESTS("base/file", writes_and_reads, paths_of_all_kinds, replacing_a_link_leaves_its_target,
	 a_failed_write_changes_nothing, temporary_names_skip_what_is_there, max_is_exact,
	 reads_what_has_no_size, embedded_nul_is_counted, read_says_what_is_wrong, write_all_is_all,
	 joins_paths, finds_programs)
