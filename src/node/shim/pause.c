/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "impl.h"

/*
 * The first process of a PID namespace that the containers of a pod share. It reaps what they
 * leave behind and does
 * nothing else; the namespace lives as long as it does.
 */

/* Not even the path of the node's file is its containers' business: they see the name only. */
static void hide_arguments(char **argv)
{
	for (char **a = argv + 1; *a; a++)
		memset(*a, 0, strlen(*a));
}

static _Noreturn void hold(char **argv)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	(void)setsid();
	if (fd >= 0) {
		(void)!write(fd, "-998", 4);
		(void)close(fd);
	}
	for (int i = 0; i < 3; i++)
		(void)close(i);
	(void)signal(SIGCHLD, SIG_IGN); /* the kernel reaps */
	hide_arguments(argv);
	for (;;)
		(void)pause();
}

/* ekube has put us into a cgroup, or it is gone. */
static bool may_begin(void)
{
	char c;
	ssize_t n;

	do
		n = read(0, &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static bool pin(pid_t pid, const char *file)
{
	char path[64];
	struct text t = { .to = path, .max = sizeof(path) - 1 };
	int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	(void)close(fd);
	text_str(&t, "/proc/");
	text_int(&t, pid);
	text_str(&t, "/ns/pid");
	path[t.n] = '\0';
	return mount(path, file, NULL, MS_BIND, NULL) == 0;
}

int pause_main(char **argv)
{
	const char *file = argv[2];
	pid_t pid;

	if (!may_begin() || unshare(CLONE_NEWPID) < 0)
		return 1;
	pid = fork();
	if (pid == 0)
		hold(argv);
	if (pid < 0)
		return 1;
	if (pin(pid, file))
		return 0;
	(void)kill(pid, SIGKILL);
	return 1;
}
