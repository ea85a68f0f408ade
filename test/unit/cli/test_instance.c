/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_test.h"

#include <ekube/file.h>
#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instance.h"

static char dir[64];

static void setup(void)
{
	strcpy(dir, "/tmp/ek-instance-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, dir, NULL), 0);
}

START_TEST(instances_have_names_of_their_own)
{
	struct instance a, b, c;

	ck_assert_int_eq(instance_of("/var/lib//ekube/", &a, NULL), 0);
	ck_assert_str_eq(a.data_dir, "/var/lib/ekube");
	ck_assert_str_eq(a.run_dir, "/run/ekube");
	ck_assert_str_eq(a.bridge, "ekube0");
	ck_assert_int_eq(instance_of("/tmp/x", &b, NULL), 0);
	ck_assert_int_eq(instance_of("/tmp/y", &c, NULL), 0);
	ck_assert_str_ne(b.bridge, c.bridge);
	ck_assert_uint_lt(strlen(b.bridge), 16);
	ck_assert_int_eq(instance_of("relative", &(struct instance){ 0 }, NULL), EK_EINVALID);
	instance_done(&a);
	instance_done(&b);
	instance_done(&c);
}
END_TEST

START_TEST(another_layout_is_refused)
{
	struct instance i;
	struct ek_err err;
	int lock = -1;

	setup();
	ck_assert_int_eq(instance_of(dir, &i, &err), 0);
	ck_assert_int_eq(instance_prepare(&i, &lock, &err), 0);
	ek_closep(&lock);
	ck_assert_int_eq(instance_prepare(&i, &lock, &err), 0);
	ek_closep(&lock);
	EK_FREE char *layout = ek_path_join(dir, "layout");
	EK_FREE char *lock_file = ek_path_join(dir, "lock");
	ck_assert_int_eq(ek_file_write(AT_FDCWD, layout, "99\n", 3, 0600, false, NULL), 0);
	ck_assert_int_eq(unlink(lock_file), 0);
	ck_assert_int_eq(instance_prepare(&i, &lock, &err), EK_EINVALID);
	ck_assert_ptr_nonnull(strstr(err.msg, "another version"));
	ck_assert_int_ne(access(lock_file, F_OK), 0); /* nothing is touched */
	instance_done(&i);
	teardown();
}
END_TEST

/* The sentence has the number of the process; the lock ends with it. */
START_TEST(one_process_at_a_time)
{
	struct instance i;
	struct ek_err err;
	int lock = -1, there[2];
	char byte;
	pid_t pid;

	setup();
	ck_assert_int_eq(instance_of(dir, &i, &err), 0);
	ck_assert_int_eq(instance_lock(&i, &lock, &err), -ENOENT);
	ck_assert_int_eq(pipe(there), 0);
	pid = fork();
	if (pid == 0) {
		if (instance_prepare(&i, &lock, NULL) == 0 && write(there[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(there[0], &byte, 1), 1);
	ck_assert_int_eq(instance_prepare(&i, &lock, &err), EK_ECONFLICT);
	ck_assert_ptr_nonnull(strstr(err.msg, EK_F("process %d:", (int)pid)));
	ck_assert_int_eq(instance_lock(&i, &lock, &err), EK_ECONFLICT);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(instance_lock(&i, &lock, &err), 0);
	ek_closep(&lock);
	instance_done(&i);
	teardown();
}
END_TEST

EK_TESTS("cli/instance", instances_have_names_of_their_own, another_layout_is_refused, one_process_at_a_time)
