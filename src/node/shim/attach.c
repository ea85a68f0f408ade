/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "impl.h"

enum { TAKE = 2048 };

int attach_listen(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = EK_SHIM_F_ATTACH };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	int rc;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, EK_SHIM_CLIENTS_MAX) < 0) {
		rc = -errno;
		(void)close(fd);
		return rc;
	}
	return fd;
}

static void tell_started(struct shim *s, struct client *c)
{
	static const uint8_t frame[EK_SHIM_HEADER] = { EK_SHIM_IS_STARTED };

	/* no output is read before the start, so this never cuts a frame of output in two */
	if (!s->started || !c->greeted || c->told)
		return;
	c->told = true;
	if (send(c->fd, frame, sizeof(frame), MSG_DONTWAIT | MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(frame))
		attach_drop(s, c);
}

void attach_tell_started(struct shim *s)
{
	for (int i = 0; i < EK_SHIM_CLIENTS_MAX; i++)
		if (s->clients[i].fd >= 0)
			tell_started(s, &s->clients[i]);
}

void attach_accept(struct shim *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (int i = 0; i < EK_SHIM_CLIENTS_MAX; i++) {
		if (s->clients[i].fd >= 0)
			continue;
		s->clients[i] = (struct client){ .fd = fd };
		return;
	}
	(void)close(fd);
}

/* ---- stdin ---- */

static void close_stdin(struct shim *s)
{
	if (s->in >= 0 && !s->tty) /* a terminal is one descriptor for both ways */
		(void)close(s->in);
	if (!s->tty)
		s->in = -1;
	s->in_blocked = false;
}

static void stdin_ended(struct shim *s, struct client *c)
{
	if ((c->want & EK_SHIM_WANT_IN) && s->stdin_once)
		close_stdin(s);
	c->want &= (uint8_t)~EK_SHIM_WANT_IN;
}

void attach_drop(struct shim *s, struct client *c)
{
	stdin_ended(s, c);
	(void)close(c->fd);
	c->fd = -1;
	c->want = 0;
}

/* How many of n bytes are done with: taken by the container, or by nobody, for ever. */
static ssize_t feed(struct shim *s, struct client *c, const char *data, size_t n)
{
	ssize_t done;

	if (s->in < 0 || !(c->want & EK_SHIM_WANT_IN))
		return (ssize_t)n;
	done = write(s->in, data, n);
	if (done >= 0)
		return done;
	if (errno == EAGAIN || errno == EINTR) {
		s->in_blocked = true;
		return 0;
	}
	close_stdin(s); /* the container closed its end */
	return (ssize_t)n;
}

/*
 * Bytes are looked at, offered to the container, and only then taken from the socket: what it
 * does not want yet stays there, pushes back on the client, and costs us no memory.
 */
static bool take_input(struct shim *s, struct client *c)
{
	char data[TAKE];
	size_t want = c->left < TAKE ? c->left : TAKE;
	ssize_t n = recv(c->fd, data, want, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0)
		n = feed(s, c, data, (size_t)n);
	else
		attach_drop(s, c);
	if (n <= 0)
		return false;
	(void)recv(c->fd, data, (size_t)n, MSG_DONTWAIT);
	c->left = (uint16_t)(c->left - n);
	return true;
}

static void resize(const struct shim *s, const uint8_t b[4])
{
	struct winsize size = { .ws_col = (unsigned short)(b[0] | b[1] << 8),
				.ws_row = (unsigned short)(b[2] | b[3] << 8) };

	if (s->tty && s->in >= 0)
		(void)ioctl(s->in, TIOCSWINSZ, &size);
}

/* A frame of few bytes: taken whole or not yet. */
static bool take_small(struct shim *s, struct client *c)
{
	uint8_t b[4];
	ssize_t n = recv(c->fd, b, c->left, MSG_PEEK | MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		attach_drop(s, c);
	if (n != c->left)
		return false;
	(void)recv(c->fd, b, c->left, MSG_DONTWAIT);
	c->left = 0;
	if (c->head[0] == EK_SHIM_RESIZE) {
		resize(s, b);
	} else {
		c->want = b[0];
		c->greeted = true;
		tell_started(s, c);
	}
	return c->fd >= 0;
}

static bool take_header(struct shim *s, struct client *c)
{
	ssize_t n =
		recv(c->fd, c->head + c->head_n, EK_SHIM_HEADER - (size_t)c->head_n, MSG_DONTWAIT);
	bool good;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0)
		c->head_n = (uint8_t)(c->head_n + n);
	if (n > 0 && c->head_n < EK_SHIM_HEADER)
		return false;
	c->left = (uint16_t)(c->head[2] | c->head[3] << 8);
	good = c->head[0] == EK_SHIM_IN || (c->head[0] == EK_SHIM_HELLO && c->left == 1) ||
	       (c->head[0] == EK_SHIM_RESIZE && c->left == 4);
	if (n <= 0 || !good) {
		attach_drop(s, c);
		return false;
	}
	if (c->head[0] == EK_SHIM_IN && c->left == 0)
		stdin_ended(s, c);
	return true;
}

void attach_input(struct shim *s, struct client *c)
{
	bool more = true;

	for (int i = 0; i < 16 && more && c->fd >= 0 && !s->in_blocked; i++) {
		if (c->left == 0 && c->head_n == EK_SHIM_HEADER)
			c->head_n = 0;
		if (c->head_n < EK_SHIM_HEADER)
			more = take_header(s, c);
		else if (c->head[0] == EK_SHIM_IN)
			more = take_input(s, c);
		else
			more = take_small(s, c);
	}
}

/* ---- stdout and stderr ---- */

/* True when this client needs no more of the chunk. */
static bool deliver_to(struct shim *s, struct client *c, const struct output *o)
{
	uint8_t head[EK_SHIM_HEADER] = { o->frame, 0, (uint8_t)o->fresh, (uint8_t)(o->fresh >> 8) };
	size_t total = EK_SHIM_HEADER + o->fresh;

	while (c->sent < total) {
		size_t skip = c->sent < EK_SHIM_HEADER ? c->sent : EK_SHIM_HEADER;
		size_t at = c->sent - skip;
		struct iovec v[2] = { { head + skip, EK_SHIM_HEADER - skip },
				      { (void *)(uintptr_t)(o->buf + o->have + at),
					o->fresh - at } };
		struct msghdr msg = { .msg_iov = v, .msg_iovlen = 2 };
		ssize_t n = sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			int64_t now = now_mono_ms();

			if (!c->stalled_at)
				c->stalled_at = now;
			if (now - c->stalled_at < EK_SHIM_STALL_MS)
				return false;
		}
		if (n < 0) {
			attach_drop(s, c);
			return true;
		}
		c->sent += (uint32_t)n;
		c->stalled_at = 0;
	}
	return true;
}

bool attach_deliver(struct shim *s)
{
	const struct output *o = s->in_delivery;
	bool all = true;

	for (int i = 0; i < EK_SHIM_CLIENTS_MAX; i++) {
		struct client *c = &s->clients[i];

		if (c->fd >= 0 && (c->want & o->want))
			all &= deliver_to(s, c, o);
	}
	return all;
}
