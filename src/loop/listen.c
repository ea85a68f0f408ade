/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/stream.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <ekube/log.h>

#include "impl.h"

enum { BACKLOG = 1024, ACCEPTS_A_TURN = 64, PAUSE_MS = 100 };

int ek_loop_sockaddr(const char *ip, int port, struct sockaddr_storage *ret, unsigned *ret_len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (!ip || port < 0 || port > 65535)
		return -EINVAL;
	if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		*ret_len = sizeof(*v4);
		return 0;
	}
	if (inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		*ret_len = sizeof(*v6);
		return 0;
	}
	return -EINVAL;
}

int ek_loop_port(int fd)
{
	struct sockaddr_in6 sa = { 0 };
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		return -errno;
	if (sa.sin6_family != AF_INET && sa.sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	return ntohs(sa.sin6_port); /* struct sockaddr_in has it in the same place */
}

static void on_acceptable(struct ek_poll *p, int events);

static void watch(struct ek_listener *l)
{
	(void)ek_poll_start(l->loop, &l->poll, l->fd, EK_READABLE, on_acceptable);
}

static void on_pause_over(struct ek_timer *t)
{
	watch(ek_container_of(t, struct ek_listener, pause));
}

/* Descriptors or memory ran out: the connection stays queued, and we would spin on it. */
static void pause_accepting(struct ek_listener *l, int reason)
{
	if (!l->starved)
		ek_warn("cannot accept connections", "reason", strerror(reason));
	l->starved = true;
	(void)ek_poll_start(l->loop, &l->poll, l->fd, 0, on_acceptable);
	ek_timer_start(l->loop, &l->pause, PAUSE_MS, on_pause_over);
}

static void on_acceptable(struct ek_poll *p, int events)
{
	struct ek_listener *l = ek_container_of(p, struct ek_listener, poll);
	bool stopped = false;
	int one = 1;

	(void)events;
	l->stopped = &stopped;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 &&
		    (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
			pause_accepting(l, errno);
		if (fd < 0)
			break; /* none left, or it went away while it was queued */
		l->starved = false;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		l->on_accept(l, fd); /* may stop and free l */
		if (stopped)
			return;
	}
	l->stopped = NULL;
}

static int start(struct ek_loop *loop, struct ek_listener *l, int take_fd,
		 void (*on_accept)(struct ek_listener *l, int take_fd), struct ek_err *err)
{
	EK_CLOSE int fd = take_fd;
	int rc;

	if (listen(fd, BACKLOG) < 0)
		return ek_fail_errno(err, "listen");
	*l = (struct ek_listener){ .on_accept = on_accept, .loop = loop };
	rc = ek_poll_start(loop, &l->poll, fd, EK_READABLE, on_acceptable);
	if (rc < 0)
		return ek_fail(err, rc, "watch the listening socket: %s", ek_err_name(rc));
	l->fd = ek_steal_fd(fd);
	return 0;
}

int ek_listen_tcp(struct ek_loop *loop, struct ek_listener *l, const char *ip, int port,
		  void (*on_accept)(struct ek_listener *l, int take_fd), struct ek_err *err)
{
	EK_CLOSE int fd = -1;
	struct sockaddr_storage sa;
	unsigned len;
	int one = 1;

	if (ek_loop_sockaddr(ip, port, &sa, &len) < 0)
		return ek_fail(err, EK_EINVALID, "not an address and port: %s:%d", ip ? ip : "",
			       port);
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ek_fail_errno(err, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (sa.ss_family == AF_INET6) /* so that 0.0.0.0 and :: can be listened on side by side */
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sa, len) < 0)
		return ek_fail_errno(err, "bind to %s port %d", ip, port);
	return start(loop, l, ek_steal_fd(fd), on_accept, err);
}

/* A socket file that nobody listens on is left from a process that was killed. */
static bool remove_stale(const struct sockaddr_un *sun)
{
	EK_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (fd < 0 || lstat(sun->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	if (connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 || errno != ECONNREFUSED)
		return false;
	return unlink(sun->sun_path) == 0;
}

int ek_listen_unix(struct ek_loop *loop, struct ek_listener *l, const char *path, unsigned mode,
		   void (*on_accept)(struct ek_listener *l, int take_fd), struct ek_err *err)
{
	EK_CLOSE int fd = -1;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int rc;

	if (strlen(path) >= sizeof(sun.sun_path))
		return ek_fail(err, -ENAMETOOLONG, "socket path is longer than %zu bytes: %s",
			       sizeof(sun.sun_path) - 1, path);
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ek_fail_errno(err, "socket");
	(void)fchmod(fd, (mode_t)mode); /* Linux gives the file the socket's mode: no open moment */
	rc = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	if (rc < 0 && errno == EADDRINUSE && remove_stale(&sun))
		rc = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	if (rc < 0)
		return ek_fail_errno(err, "bind to %s", path);
	if (chmod(path, (mode_t)mode) < 0) /* what the umask took away */
		return ek_fail_errno(err, "chmod %s", path);
	return start(loop, l, ek_steal_fd(fd), on_accept, err);
}

int ek_listen_port(const struct ek_listener *l)
{
	return l->poll.handle ? ek_loop_port(l->fd) : -EBADF;
}

void ek_listen_stop(struct ek_listener *l)
{
	struct sockaddr_un sun = { 0 };
	socklen_t len = sizeof(sun);

	if (!l->poll.handle)
		return;
	ek_poll_stop(&l->poll);
	ek_timer_stop(&l->pause);
	if (getsockname(l->fd, (struct sockaddr *)&sun, &len) == 0 && sun.sun_family == AF_UNIX &&
	    sun.sun_path[0])
		(void)unlink(sun.sun_path);
	close(l->fd);
	l->fd = -1;
	if (l->stopped)
		*l->stopped = true;
	l->stopped = NULL;
}
