/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/*
 * One process at a time. The kernel drops the lock with the process, however that ends. The file
 * holds the number of the process, for the message, and the machine's boot id: was the power gone
 * since, or only a process?
 */
enum { BOOT_ID_LEN = 36 };

static int say_who(int fd, const char *dir, struct ek_err *err)
{
	char pid[16] = { 0 };
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	if (n <= 0)
		return ek_fail(err, EK_ECONFLICT, "%s is in use by another process", dir);
	pid[strspn(pid, "0123456789")] = '\0';
	return ek_fail(err, EK_ECONFLICT, "%s is in use by process %s", dir, pid);
}

int sqlite_lock(const char *dir, int *ret_fd, bool *ret_same_boot, struct ek_err *err)
{
	EK_FREE char *path = ek_path_join(dir, "lock");
	EK_FREE char *boot = NULL;
	EK_FREE char *text = NULL;
	EK_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char old[128] = { 0 };

	if (fd < 0)
		return ek_fail_errno(err, "open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return say_who(fd, dir, err);
		return ek_fail_errno(err, "lock %s", path);
	}
	ek_file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &boot, NULL, NULL);
	*ret_same_boot = boot && strlen(boot) >= BOOT_ID_LEN &&
			 pread(fd, old, sizeof(old) - 1, 0) > 0 && strstr(old, boot);
	text = ek_str_fmt("%d\n%s", (int)getpid(), boot ? boot : "");
	/* a full disk must not keep the store from being read */
	if (pwrite(fd, text, strlen(text), 0) < 0 || ftruncate(fd, (off_t)strlen(text)) < 0)
		errno = 0;
	*ret_fd = ek_steal_fd(fd);
	return 0;
}
