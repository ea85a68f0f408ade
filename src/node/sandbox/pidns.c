/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "sandbox.h"

/*
 * shareProcessNamespace: the namespace needs a first process that outlives every container and
 * this ekube. The shim
 * is it (shim/pause.c). It is put into a cgroup of the pod before it does anything, so that
 * whatever happens the
 * pod's end is its end.
 */

#define CGROUP "pause"

static int spawn(const char *shim, const char *file, int input, pid_t *ret, struct ek_err *err)
{
	char *argv[] = { (char[]){ "/pause" }, (char[]){ "pause" }, (char *)(uintptr_t)file, NULL }, *env[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int rc;

	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawn_file_actions_adddup2(&actions, input, 0);
	(void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_RDWR, 0);
	(void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_RDWR, 0);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	rc = -posix_spawn(ret, shim, &actions, &attr, argv, env);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attr);
	return rc < 0 ? ek_fail(err, rc, "start %s: %s", shim, ek_err_name(rc)) : 0;
}

static int await_end(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

int ek_pidns_hold(const struct ek_cgroups *c, const char *pod_cgroup, const char *shim,
		  const char *file, struct ek_err *err)
{
	EK_FREE char *cgroup = ek_path_join(pod_cgroup, CGROUP);
	EK_CLOSE int in = -1, out = -1;
	int ends[2], rc;
	pid_t pid;

	if (ek_namespace_is_pinned(file) && ek_cgroups_has_process(c, cgroup))
		return 0;
	ek_namespace_unpin(file);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return ek_fail_errno(err, "make a pipe");
	in = ends[0];
	out = ends[1];
	rc = spawn(shim, file, in, &pid, err);
	if (rc < 0)
		return rc;
	rc = ek_cgroups_place(c, cgroup, pid, err);
	if (rc == 0)
		(void)!write(out, "", 1);
	ek_closep(&out); /* without a byte it gives up */
	out = -1;
	if (await_end(pid) < 0 && rc == 0)
		rc = ek_fail(err, -EIO, "make a PID namespace for the pod");
	return rc;
}
