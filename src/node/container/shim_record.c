/* SPDX-License-Identifier: Apache-2.0 */
#include "shim_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

enum { RECORD_MAX = 4096 };

/* The value of a `key value` line, as long as its line; NULL when there is none. */
static const char *value_of(const char *text, const char *key, size_t *ret_n)
{
	size_t n = strlen(key);

	for (const char *at = text; at && *at;) {
		const char *end = strchrnul(at, '\n');

		if (strncmp(at, key, n) == 0 && at[n] == ' ') {
			*ret_n = (size_t)(end - (at + n + 1));
			return at + n + 1;
		}
		at = *end ? end + 1 : NULL;
	}
	return NULL;
}

static int64_t number_of(const char *text, const char *key)
{
	size_t n = 0;
	const char *v = value_of(text, key, &n);
	char copy[24];
	int64_t number = 0;

	if (!v || n >= sizeof(copy))
		return 0;
	memcpy(copy, v, n);
	copy[n] = '\0';
	(void)ek_str_to_int(copy, 0, INT64_MAX, &number);
	return number;
}

static void text_of(const char *text, const char *key, char *out, size_t size)
{
	size_t n = 0;
	const char *v = value_of(text, key, &n);

	n = v ? EK_MIN(n, size - 1) : 0;
	if (n)
		memcpy(out, v, n);
	out[n] = '\0';
}

static bool is_this_boot(const char *boot)
{
	EK_FREE char *now = NULL;

	if (ek_file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &now, NULL, NULL) < 0)
		return true;
	now[strcspn(now, "\n")] = '\0';
	return ek_streq(now, boot);
}

static void read_shim(int dir_fd, struct ek_shim_record *r)
{
	EK_FREE char *text = NULL;
	char boot[64];

	if (ek_file_read(dir_fd, EK_SHIM_F_SHIM, RECORD_MAX, &text, NULL, NULL) < 0)
		return;
	r->has_shim = true;
	r->shim_pid = (int)number_of(text, "pid");
	r->shim_start = number_of(text, "start");
	text_of(text, "boot", boot, sizeof(boot));
	r->this_boot = is_this_boot(boot);
}

static void read_started(int dir_fd, struct ek_shim_record *r)
{
	EK_FREE char *text = NULL;

	if (ek_file_read(dir_fd, EK_SHIM_F_STARTED, RECORD_MAX, &text, NULL, NULL) < 0)
		return;
	r->has_started = true;
	r->status.pid = (int)number_of(text, "pid");
	r->init_start = number_of(text, "start");
	r->status.started_us = number_of(text, "wall") / 1000;
	r->status.started_ms = number_of(text, "mono");
}

static void read_exit(int dir_fd, struct ek_shim_record *r)
{
	EK_FREE char *text = NULL;
	struct ek_shim_status *st = &r->status;

	if (ek_file_read(dir_fd, EK_SHIM_F_EXIT, RECORD_MAX, &text, NULL, NULL) < 0)
		return;
	r->has_exit = true;
	st->code = (int)number_of(text, "code");
	st->signum = (int)number_of(text, "signal");
	st->oom = number_of(text, "oom") != 0;
	st->started_us = number_of(text, "started_wall") / 1000;
	st->started_ms = number_of(text, "started_mono");
	st->finished_us = number_of(text, "finished_wall") / 1000;
	st->finished_ms = number_of(text, "finished_mono");
	st->log_lost = number_of(text, "log_lost");
	text_of(text, "error", r->error, sizeof(r->error));
}

int ek_shim_record_read(const char *dir, struct ek_shim_record *ret, struct ek_err *err)
{
	EK_CLOSE int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir_fd < 0)
		return ek_fail_errno(err, "open %s", dir);
	*ret = (struct ek_shim_record){ .this_boot = true };
	read_shim(dir_fd, ret);
	read_started(dir_fd, ret);
	read_exit(dir_fd, ret);
	return 0;
}

int ek_shim_record_disown(const char *dir, struct ek_err *err)
{
	EK_FREE char *path = ek_path_join(dir, EK_SHIM_F_SHIM);
	EK_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return ek_fail_errno(err, "create %s", path);
	return ek_write_all(fd, "pid 0\n", 6);
}

/* Field 22 of /proc/<pid>/stat. */
static int64_t start_of(int pid)
{
	EK_FREE char *stat = NULL;
	char *at;

	if (ek_file_read(AT_FDCWD, EK_F("/proc/%d/stat", pid), RECORD_MAX, &stat, NULL, NULL) < 0)
		return -1;
	at = strrchr(stat, ')');
	for (int i = 0; at && i < 20; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoll(at + 1, NULL, 10) : -1;
}

int ek_pidfd_open(int pid, int64_t start)
{
	EK_CLOSE int fd = -1;

	if (pid <= 1)
		return -ESRCH;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return -errno;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* the descriptor names one process: if the number was given anew, this shows it now */
	return start_of(pid) == start ? ek_steal_fd(fd) : -ESRCH;
}
