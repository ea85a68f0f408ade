/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/stream.h>

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "impl.h"

enum { DATAGRAM_MAX = 64 * 1024, PACKETS_A_TURN = 32 };

static void on_datagrams(struct ek_poll *p, int events)
{
	struct ek_udp *u = ek_container_of(p, struct ek_udp, poll);
	char data[DATAGRAM_MAX];
	bool closed = false;

	(void)events;
	u->closed = &closed;
	for (int i = 0; i < PACKETS_A_TURN; i++) {
		struct ek_udp_peer from = { 0 };
		socklen_t len = sizeof(from.sa);
		ssize_t n = recvfrom(u->fd, data, sizeof(data), MSG_DONTWAIT,
				     (struct sockaddr *)from.sa, &len);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			continue; /* the echo of something sent earlier to a closed port */
		from.len = (unsigned)len;
		u->on_packet(u, &from, data, (size_t)n); /* may close and free u */
		if (closed)
			return;
	}
	u->closed = NULL;
}

int ek_udp_peer(const char *ip, int port, struct ek_udp_peer *ret)
{
	struct sockaddr_storage sa;
	unsigned len;
	int rc = ek_loop_sockaddr(ip, port, &sa, &len);

	if (rc < 0)
		return rc;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->sa, &sa, len);
	ret->len = len;
	return 0;
}

int ek_udp_open(struct ek_loop *loop, struct ek_udp *u, const char *ip, int port,
		void (*on_packet)(struct ek_udp *u, const struct ek_udp_peer *from,
				  const char *data, size_t n),
		struct ek_err *err)
{
	EK_CLOSE int fd = -1;
	struct sockaddr_storage sa;
	unsigned len;
	int one = 1, rc;

	if (ek_loop_sockaddr(ip, port, &sa, &len) < 0)
		return ek_fail(err, EK_EINVALID, "not an address and port: %s:%d", ip ? ip : "",
			       port);
	fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ek_fail_errno(err, "socket");
	if (sa.ss_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sa, len) < 0)
		return ek_fail_errno(err, "bind to %s port %d (UDP)", ip, port);
	*u = (struct ek_udp){ .on_packet = on_packet };
	rc = ek_poll_start(loop, &u->poll, fd, EK_READABLE, on_datagrams);
	if (rc < 0)
		return ek_fail(err, rc, "watch the UDP socket: %s", ek_err_name(rc));
	u->fd = ek_steal_fd(fd);
	return 0;
}

int ek_udp_send(struct ek_udp *u, const struct ek_udp_peer *to, const void *data, size_t n)
{
	ssize_t put;

	do {
		put = sendto(u->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL,
			     (const struct sockaddr *)to->sa, (socklen_t)to->len);
	} while (put < 0 && errno == EINTR);
	return put < 0 ? -errno : 0;
}

int ek_udp_port(const struct ek_udp *u)
{
	return u->poll.handle ? ek_loop_port(u->fd) : -EBADF;
}

void ek_udp_close(struct ek_udp *u)
{
	if (!u->poll.handle)
		return;
	ek_poll_stop(&u->poll);
	close(u->fd);
	u->fd = -1;
	if (u->closed)
		*u->closed = true;
	u->closed = NULL;
}
