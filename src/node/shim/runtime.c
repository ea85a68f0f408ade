/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "impl.h"

#define CONSOLE "console"

volatile int child_ended, asked_to_end;

/* ---- signals: blocked, but for the moment of waiting ---- */

static void on_signal(int signum)
{
	if (signum == SIGCHLD)
		child_ended = 1;
	else
		asked_to_end = 1;
}

static const int ignored[] = { SIGPIPE, SIGHUP, SIGINT, SIGTERM,
			       SIGQUIT, SIGUSR1, SIGUSR2, SIGTTOU };

static void handle(int signum, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = SA_NOCLDSTOP };

	(void)sigaction(signum, &sa, NULL);
}

void signals_init(bool heed_term)
{
	sigset_t set;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		handle(ignored[i], SIG_IGN);
	handle(SIGCHLD, on_signal);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	if (heed_term) {
		handle(SIGTERM, on_signal);
		(void)sigaddset(&set, SIGTERM);
	}
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
}

/* What is ignored or blocked here would be ignored and blocked in the container. */
static void signals_restore(void)
{
	sigset_t none;

	for (int i = 1; i < 65; i++) /* also what ekube itself was started with */
		handle(i, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- the runtime ---- */

pid_t runtime_fork(char *const *argv, const int stdio[3])
{
	static const char cannot[] = "the container runtime could not be executed\n";
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	signals_restore();
	(void)umask(022);
	for (int i = 0; i < 3; i++)
		if (stdio[i] != i && dup2(stdio[i], i) < 0)
			_exit(127);
	(void)execvp(argv[0], argv);
	(void)!write(2, cannot, sizeof(cannot) - 1);
	_exit(127);
}

/* ---- the terminal ---- */

/*
 * The path is through /proc/<pid>/cwd: the folder's own may be longer than a socket's address
 * can be, and the runtime changes its working directory before it connects.
 */
int console_listen(char *path, size_t size)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = CONSOLE };
	struct text t = { .to = path, .max = size - 1 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	(void)unlink(CONSOLE);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 1) < 0) {
		(void)close(fd);
		return -1;
	}
	text_str(&t, "/proc/");
	text_int(&t, getpid());
	text_str(&t, "/cwd/" CONSOLE);
	path[t.n] = '\0';
	return fd;
}

static int receive_fd(int fd)
{
	char name[256];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * 4)];
	} control;
	struct iovec v = { name, sizeof(name) };
	struct msghdr msg = { .msg_iov = &v,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int master = -1;

	if (recvmsg(fd, &msg, MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&master, CMSG_DATA(c), sizeof(int));
	return master;
}

int console_receive(int listener)
{
	struct timeval soon = { .tv_sec = 10 };
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int master;

	if (fd < 0)
		return -1;
	/* the runtime sends right after it connects; it is root, as we are */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	master = receive_fd(fd);
	(void)close(fd);
	if (master >= 0)
		(void)fcntl(master, F_SETFL, O_NONBLOCK);
	(void)unlink(CONSOLE);
	return master;
}

/* ---- exec ---- */

static void tell(const char *word, int64_t n)
{
	char line[48];
	struct text t = { .to = line, .max = sizeof(line) };

	text_line(&t, word, n);
	(void)!write(EK_SHIM_STATUS_FD, line, t.n);
}

/* Wait for `pid`, reaping whatever else falls to us; TERM kills it. Returns the exit code. */
static int wait_for(pid_t pid)
{
	sigset_t none;
	pid_t got;
	int st;

	(void)sigemptyset(&none);
	for (;;) {
		while ((got = waitpid(-1, &st, WNOHANG)) > 0)
			if (got == pid)
				return WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
		if (got < 0 && errno == ECHILD)
			return -1;
		if (asked_to_end)
			(void)kill(pid, SIGKILL);
		(void)ppoll(NULL, 0, NULL, &none);
	}
}

/* Only the runtime: what it started may have ended already, and must be found by its number. */
static int wait_for_runtime(pid_t pid)
{
	sigset_t none;
	int st;

	(void)sigemptyset(&none);
	while (waitpid(pid, &st, WNOHANG) == 0) {
		if (asked_to_end)
			(void)kill(pid, SIGKILL);
		(void)ppoll(NULL, 0, NULL, &none);
	}
	return WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
}

int exec_main(const char *pid_file, char **argv)
{
	static const int own[3] = { 0, 1, 2 };
	pid_t runtime, pid;
	int code;

	signals_init(true);
	(void)fcntl(EK_SHIM_STATUS_FD, F_SETFD, FD_CLOEXEC);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	runtime = runtime_fork(argv, own);
	/* nobody must wait for the end of a pipe because of us */
	for (int i = 0; i < 3; i++) {
		(void)close(i);
		(void)open("/dev/null", O_RDWR);
	}
	code = runtime > 0 ? wait_for_runtime(runtime) : 127;
	pid = code == 0 ? record_read_pid(pid_file) : 0;
	if (!pid) {
		tell("failed", code);
		return 1;
	}
	tell("started", pid);
	tell("exit", wait_for(pid));
	return 0;
}
