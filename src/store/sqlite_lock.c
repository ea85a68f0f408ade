/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

/*
 * One process at a time. The kernel drops the lock with the process, however that ends; the number
 * in the file is for the message only. The descriptor is closed on exec and never handed to a
 * child: a fork that does not exec would keep the lock alive.
 */
static int say_who(int fd, const char *dir, struct ek_err *err)
{
	char pid[16] = { 0 };
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	if (n <= 0)
		return ek_fail(err, EK_ECONFLICT, "%s is in use by another process", dir);
	pid[strspn(pid, "0123456789")] = '\0';
	return ek_fail(err, EK_ECONFLICT, "%s is in use by process %s", dir, pid);
}

int sqlite_lock(const char *dir, int *ret_fd, struct ek_err *err)
{
	EK_FREE char *path = ek_path_join(dir, "lock");
	EK_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char pid[16];
	int n;

	if (fd < 0)
		return ek_fail_errno(err, "open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return say_who(fd, dir, err);
		return ek_fail_errno(err, "lock %s", path);
	}
	n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	/* a full disk must not keep the store from being read */
	if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)n, 0) != n)
		errno = 0;
	*ret_fd = ek_steal_fd(fd);
	return 0;
}
