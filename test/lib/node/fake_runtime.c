/* SPDX-License-Identifier: Apache-2.0 */
#include "node/fake_runtime.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

struct order {
	const char *pid_file, *console, *script, *fail;
	char        text[65536];
};

const char *fake_runtime_path(void)
{
	static char path[512];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n > 0 ? n : 0] = '\0';
	return path;
}

static void send_master(const char *path, int master)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec v = { (void *)(uintptr_t) "/dev/ptmx", 9 };
	struct msghdr msg = { .msg_iov = &v,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		_exit(90);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &master, sizeof(int));
	if (sendmsg(fd, &msg, 0) < 0)
		_exit(91);
	close(fd);
}

static int open_terminal(const char *console)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		_exit(92);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	send_master(console, master);
	close(master);
	return slave;
}

static void write_pid(const char *path, int pid)
{
	FILE *f = fopen(path, "w");

	if (!f)
		_exit(93);
	fprintf(f, "%d", pid);
	fclose(f);
}

static void read_process(struct order *o, const char *path)
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(o->text, 1, sizeof(o->text) - 1, f) : 0;

	if (f)
		fclose(f);
	o->text[n] = '\0';
	o->script = o->text;
}

static void run(const struct order *o)
{
	int terminal = o->console ? open_terminal(o->console) : -1;
	int pid = fork();

	if (pid > 0) {
		write_pid(o->pid_file, pid);
		_exit(0);
	}
	setsid();
	if (terminal >= 0) {
		ioctl(terminal, TIOCSCTTY, 0);
		for (int i = 0; i < 3; i++)
			dup2(terminal, i);
		close(terminal);
	}
	execl("/bin/sh", "sh", "-c", o->script, (char *)NULL);
	_exit(94);
}

static void obey(int argc, char **argv)
{
	static struct order o;

	for (int i = 2; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--pid-file") == 0)
			o.pid_file = value;
		else if (strcmp(argv[i], "--console-socket") == 0)
			o.console = value;
		else if (strcmp(argv[i], "--sh") == 0)
			o.script = value;
		else if (strcmp(argv[i], "--process") == 0)
			read_process(&o, value);
		else if (strcmp(argv[i], "--fail") == 0)
			o.fail = value;
		else if (strcmp(argv[i], "--hang") == 0)
			sleep(1000);
	}
	/* a script that begins with "!" stands for a runtime that refuses */
	if (o.script && o.script[0] == '!')
		o.fail = o.script + 1;
	if (o.fail) {
		fprintf(stderr, "%s\n", o.fail);
		_exit(1);
	}
	run(&o);
}

/* Before main: musl gives constructors no arguments, the kernel does. */
__attribute__((constructor)) static void maybe_be_the_runtime(void)
{
	static char line[128 * 1024];
	char *argv[64];
	int argc = 0, fd = open("/proc/self/cmdline", O_RDONLY);
	ssize_t n = read(fd, line, sizeof(line) - 1);

	close(fd);
	for (char *at = line; n > 0 && at < line + n && argc < 63; at += strlen(at) + 1)
		argv[argc++] = at;
	if (argc > 1 && strcmp(argv[1], "fake-runtime") == 0)
		obey(argc, argv);
}
