/* SPDX-License-Identifier: Apache-2.0 */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ekube/str.h>

/* The first descriptor of a message; all others are closed. -1 when there is none. */
static int receive_fd(int fd)
{
	char bytes[256]; /* the terminal's name: of no use */
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * 8)];
	} control;
	struct iovec v = { bytes, sizeof(bytes) };
	struct msghdr msg = { .msg_iov = &v,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int first = -1;

	if (recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int got;

			memcpy(&got, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (first < 0)
				first = got;
			else
				close(got);
		}
	}
	return first;
}

static void drop_connection(struct ek_console *c)
{
	ek_poll_stop(&c->poll);
	ek_closep(&c->fd);
	c->fd = -1;
}

static void receive(struct ek_console *c)
{
	int fd = receive_fd(c->fd);

	if (fd == -EAGAIN)
		return;
	drop_connection(c);
	if (fd >= 0)
		c->on_terminal(c, fd);
}

static void on_message(struct ek_poll *p, int events)
{
	(void)events;
	receive(ek_container_of(p, struct ek_console, poll));
}

static void on_accept(struct ek_listener *l, int take_fd)
{
	struct ek_console *c = ek_container_of(l, struct ek_console, listener);

	drop_connection(c);
	c->fd = take_fd;
	if (ek_poll_start(c->loop, &c->poll, c->fd, EK_READABLE, on_message) < 0)
		drop_connection(c);
}

int ek_console_open(struct ek_loop *loop, struct ek_console *c, const char *dir, const char *name,
		    char path[64], struct ek_err *err)
{
	int rc;

	c->loop = loop;
	c->fd = -1;
	c->dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->dir_fd < 0)
		return ek_fail_errno(err, "open %s", dir);
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	(void)snprintf(path, 64, "/proc/%d/fd/%d/%s", (int)getpid(), c->dir_fd, c->name);
	rc = ek_listen_unix(loop, &c->listener, path, 0600, on_accept, err);
	if (rc < 0)
		ek_closep(&c->dir_fd);
	return rc;
}

void ek_console_look(struct ek_console *c)
{
	int fd;

	if (c->fd < 0) {
		fd = accept4(c->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0)
			on_accept(&c->listener, fd);
	}
	if (c->fd >= 0)
		receive(c);
}

void ek_console_close(struct ek_console *c)
{
	drop_connection(c);
	ek_listen_stop(&c->listener);
	(void)unlinkat(c->dir_fd, c->name, 0);
	ek_closep(&c->dir_fd);
	c->dir_fd = -1;
}
