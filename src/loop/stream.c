/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/stream.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "impl.h"

/*
 * On ek_poll rather than uv_stream: one code for sockets, pipes and terminals, bytes are copied
 * only when the kernel would not take them at once, and the descriptor is closed when
 * ek_stream_close() returns.
 */

enum {
	READ_CHUNK = 32 * 1024,
	READS_A_TURN = 4, /* then the others have their turn */
	QUEUE_MAX = 64 * 1024 * 1024,
	/* a unix listener with a full backlog says EAGAIN, and no event follows */
	BACKLOG_RETRY_MS = 20,
	BACKLOG_TRIES = 250,
};

struct stream {
	struct ek_stream *owner; /* NULL once closed */
	struct ek_poll    poll;
	int               fd;
	int               old_flags; /* of a pipe or terminal, others may share it; -1: socket */
	int               depth;     /* callbacks on the stack; who closes in one, we free later */
	bool              reading, read_ended;
	bool              shut_wanted, shut;
	int               write_rc; /* first failed write; sticks */

	struct ek_buf queue; /* bytes [sent, len) wait for the kernel */
	size_t        sent;

	void (*on_connect)(struct ek_stream *s, int rc); /* non-NULL while connecting */
	struct ek_timer         timer;                   /* of connecting */
	struct sockaddr_storage peer;
	socklen_t               peer_len;
	int                     tries;
	bool                    in_progress; /* the kernel will tell by making it writable */
};

static void on_ready(struct ek_poll *p, int events);

static size_t pending(const struct stream *st)
{
	return st->queue.len - st->sent;
}

static void watch(struct stream *st)
{
	int events = 0;

	if (!st->owner || st->fd < 0)
		return;
	if (st->on_connect)
		events = st->in_progress ? EK_WRITABLE : 0;
	else
		events = (st->reading && !st->read_ended ? EK_READABLE : 0) |
			 (pending(st) ? EK_WRITABLE : 0);
	if (!events && !st->poll.handle)
		return;
	(void)ek_poll_start(st->owner->loop, &st->poll, st->fd, events, on_ready);
}

static void enter(struct stream *st)
{
	st->depth++;
}

/* True while the stream is still open. */
static bool leave(struct stream *st)
{
	bool open = st->owner != NULL;

	if (--st->depth == 0 && !open)
		free(st);
	return open;
}

/* ---- reading ---- */

static bool deliver(struct stream *st, const char *data, ssize_t n)
{
	enter(st);
	if (n <= 0)
		st->read_ended = true;
	st->owner->on_read(st->owner, data, n);
	return leave(st);
}

/* False when the stream was closed in a callback. */
static bool read_some(struct stream *st)
{
	char chunk[READ_CHUNK];

	for (int i = 0; i < READS_A_TURN && st->reading && !st->read_ended; i++) {
		ssize_t n = read(st->fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && errno == EIO && st->old_flags >= 0)
			n = 0; /* a terminal whose other side was closed */
		if (!deliver(st, chunk, n < 0 ? -errno : n))
			return false;
		if (n < (ssize_t)sizeof(chunk))
			break;
	}
	return true;
}

/* ---- writing ---- */

static ssize_t write_now(struct stream *st, const void *data, size_t n)
{
	ssize_t put;

	do {
		put = st->old_flags < 0 ? send(st->fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT) :
					  write(st->fd, data, n);
	} while (put < 0 && errno == EINTR);
	if (put < 0)
		return errno == EAGAIN ? 0 : -errno;
	return put;
}

static void drop_queue(struct stream *st)
{
	ek_buf_done(&st->queue);
	st->sent = 0;
}

static void shut_if_drained(struct stream *st)
{
	if (!st->shut_wanted || st->shut || st->on_connect || pending(st))
		return;
	st->shut = true;
	if (st->old_flags < 0) {
		(void)shutdown(st->fd, SHUT_WR);
	} else if ((st->old_flags & O_ACCMODE) == O_WRONLY) {
		ek_poll_stop(&st->poll); /* the only way to end a pipe is to close it */
		ek_closep(&st->fd);
		st->fd = -1;
	}
}

/* False when the stream was closed in a callback. */
static bool flush(struct stream *st)
{
	ssize_t put = write_now(st, st->queue.data + st->sent, pending(st));

	if (put < 0) {
		st->write_rc = (int)put;
		drop_queue(st);
		enter(st);
		if (st->owner->on_error)
			st->owner->on_error(st->owner, st->write_rc);
		return leave(st);
	}
	st->sent += (size_t)put;
	if (pending(st)) {
		if (st->sent > st->queue.len / 2) {
			ek_buf_consume(&st->queue, st->sent);
			st->sent = 0;
		}
		return true;
	}
	drop_queue(st);
	shut_if_drained(st);
	enter(st);
	if (st->owner->on_drained)
		st->owner->on_drained(st->owner);
	return leave(st);
}

int ek_stream_write(struct ek_stream *s, const void *data, size_t n)
{
	struct stream *st = s->handle;
	ssize_t put = 0;

	if (!st || st->shut_wanted)
		return -EPIPE;
	if (st->write_rc < 0)
		return st->write_rc;
	if (!st->on_connect && !pending(st) && n)
		put = write_now(st, data, n);
	if (put < 0)
		return st->write_rc = (int)put;
	if ((size_t)put < n) {
		if (ek_buf_append(&st->queue, (const char *)data + put, n - (size_t)put) < 0) {
			st->queue.overflow = false;
			/* half a message is worse than none */
			return put ? (st->write_rc = EK_ETOOLARGE) : EK_ETOOLARGE;
		}
		watch(st);
	}
	return 0;
}

size_t ek_stream_pending(const struct ek_stream *s)
{
	return s->handle ? pending(s->handle) : 0;
}

int ek_stream_fd(const struct ek_stream *s)
{
	const struct stream *st = s->handle;

	return st ? st->fd : -1;
}

void ek_stream_shutdown(struct ek_stream *s)
{
	struct stream *st = s->handle;

	if (!st)
		return;
	st->shut_wanted = true;
	shut_if_drained(st);
}

/* ---- life ---- */

static struct stream *stream_new(struct ek_loop *loop, struct ek_stream *s, int take_fd)
{
	struct stream *st = ek_new(struct stream);

	EK_ASSERT(!s->handle);
	st->owner = s;
	st->fd = take_fd;
	st->old_flags = -1;
	ek_buf_init(&st->queue, QUEUE_MAX);
	s->loop = loop;
	s->handle = st;
	return st;
}

int ek_stream_open(struct ek_loop *loop, struct ek_stream *s, int take_fd)
{
	int fd = take_fd, type, flags = fcntl(fd, F_GETFL);
	socklen_t len = sizeof(type);
	struct stream *st;
	int rc;

	if (flags < 0)
		return -errno;
	st = stream_new(loop, s, fd);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		st->old_flags = flags;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	rc = ek_poll_start(loop, &st->poll, fd, 0, on_ready); /* makes it non-blocking */
	if (rc < 0)
		ek_stream_close(s);
	return rc;
}

void ek_stream_close(struct ek_stream *s)
{
	struct stream *st = s->handle;

	if (!st)
		return;
	s->handle = NULL;
	st->owner = NULL;
	ek_poll_stop(&st->poll);
	ek_timer_stop(&st->timer);
	if (st->fd >= 0) {
		if (st->old_flags >= 0 && !(st->old_flags & O_NONBLOCK))
			(void)fcntl(st->fd, F_SETFL, st->old_flags); /* the shell's terminal */
		close(st->fd);
	}
	drop_queue(st);
	if (st->depth == 0)
		free(st);
}

void ek_stream_read_start(struct ek_stream *s)
{
	struct stream *st = s->handle;

	EK_ASSERT(!st || s->on_read);
	if (!st)
		return;
	st->reading = true;
	watch(st);
}

void ek_stream_read_stop(struct ek_stream *s)
{
	struct stream *st = s->handle;

	if (!st)
		return;
	st->reading = false;
	watch(st);
}

/* ---- connecting ---- */

static void connected(struct stream *st, int rc)
{
	__typeof__(st->on_connect) cb = st->on_connect;
	struct ek_stream *s = st->owner;

	st->on_connect = NULL;
	ek_timer_stop(&st->timer);
	if (rc < 0) {
		ek_stream_close(s);
		cb(s, rc);
		return;
	}
	enter(st);
	cb(s, 0);
	if (!leave(st))
		return;
	if (pending(st) && !flush(st))
		return;
	shut_if_drained(st);
	watch(st);
}

static void on_connect_ready(struct stream *st)
{
	int failed = 0;
	socklen_t len = sizeof(failed);

	if (getsockopt(st->fd, SOL_SOCKET, SO_ERROR, &failed, &len) < 0)
		failed = errno;
	connected(st, -failed);
}

static void on_connect_late(struct ek_timer *t)
{
	connected(ek_container_of(t, struct stream, timer), -ETIMEDOUT);
}

static void try_unix(struct ek_timer *t)
{
	struct stream *st = ek_container_of(t, struct stream, timer);
	int rc = connect(st->fd, (struct sockaddr *)&st->peer, st->peer_len) < 0 ? -errno : 0;

	if (rc == -EAGAIN && ++st->tries <= BACKLOG_TRIES)
		ek_timer_start(st->owner->loop, t, BACKLOG_RETRY_MS, try_unix);
	else
		connected(st, rc);
}

int ek_stream_connect_unix(struct ek_loop *loop, struct ek_stream *s, const char *path,
			   void (*cb)(struct ek_stream *s, int rc))
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct stream *st;
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	st = stream_new(loop, s, fd);
	st->on_connect = cb;
	memcpy(&st->peer, &sun, sizeof(sun));
	st->peer_len = sizeof(sun);
	ek_timer_start(loop, &st->timer, 0, try_unix);
	return 0;
}

static void tcp_failed_at_once(struct ek_timer *t)
{
	struct stream *st = ek_container_of(t, struct stream, timer);

	connected(st, st->write_rc);
}

int ek_stream_connect_tcp(struct ek_loop *loop, struct ek_stream *s, const char *ip, int port,
			  int64_t ms, void (*cb)(struct ek_stream *s, int rc))
{
	struct sockaddr_storage sa;
	unsigned len;
	struct stream *st;
	int fd, one = 1, rc = ek_loop_sockaddr(ip, port, &sa, &len);

	if (rc < 0)
		return rc;
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	st = stream_new(loop, s, fd);
	st->on_connect = cb;
	rc = connect(fd, (struct sockaddr *)&sa, len) < 0 ? -errno : 0;
	if (rc == -EINPROGRESS || rc == 0) {
		st->in_progress = true;
		if (ms > 0)
			ek_timer_start(loop, &st->timer, ms, on_connect_late);
		watch(st);
	} else {
		st->write_rc = rc;
		ek_timer_start(loop, &st->timer, 0, tcp_failed_at_once);
	}
	return 0;
}

static void on_ready(struct ek_poll *p, int events)
{
	struct stream *st = ek_container_of(p, struct stream, poll);

	if (st->on_connect) {
		on_connect_ready(st);
		return;
	}
	enter(st);
	if ((events & (EK_WRITABLE | EK_HANGUP)) && pending(st))
		(void)flush(st);
	if (st->owner && st->fd >= 0 && (events & (EK_READABLE | EK_HANGUP)))
		(void)read_some(st);
	watch(st);
	(void)leave(st);
}
