/* SPDX-License-Identifier: Apache-2.0 */
#include "forward.h"

#include <arpa/inet.h>
#include <ekube/str.h>
#include <ekube/stream.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_MS = 5000, HIGH_WATER = 256 << 10, MAX_EARLY = 1 << 20, MAX_CONNECTIONS = 512 };

struct connection {
	struct ek_list     node;
	struct ek_forward *f; /* NULL: the session is gone, and the connect is still under way */
	struct ek_work     connect; /* in the pool: enters the namespace */
	struct ek_stream   stream;
	struct ek_buf      early;   /* what came before the connection stood */
	char              *netns;
	int                channel, port, fd;
	bool               standing, remote_ended, user_ended, blocked;
};

struct ek_forward {
	struct ek_loop    *loop;
	struct ek_session *session;
	struct ek_list     connections;
	char              *netns;
	size_t             n;
};

static struct connection *find(struct ek_forward *f, int channel)
{
	EK_LIST_EACH(node, tmp, &f->connections) {
		struct connection *c = ek_container_of(node, struct connection, node);

		if (c->channel == channel)
			return c;
	}
	return NULL;
}

static void connection_free(struct connection *c)
{
	ek_list_del(&c->node);
	if (c->f)
		c->f->n--;
	if (ek_stream_is_open(&c->stream))
		ek_stream_close(&c->stream);
	if (c->fd >= 0)
		(void)close(c->fd);
	ek_buf_done(&c->early);
	free(c->netns);
	free(c);
}

/* ---- connecting, in the pool ---- */

static int connect_here(int port, int *ret_fd)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t n = sizeof(int);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		error = errno;
		if (error == EINPROGRESS) {
			error = poll(&p, 1, CONNECT_MS) == 1 ? 0 : ETIMEDOUT;
			if (!error)
				(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n);
		}
	}
	if (error) {
		(void)close(fd);
		return -error;
	}
	*ret_fd = fd;
	return 0;
}

/* The socket is of the namespace in which it was made, whoever uses it later. */
static int run_connect(struct ek_work *w)
{
	struct connection *c = ek_container_of(w, struct connection, connect);
	EK_CLOSE int home = -1;
	EK_CLOSE int there = -1;
	int rc;

	if (!c->netns)
		return connect_here(c->port, &c->fd);
	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	there = open(c->netns, O_RDONLY | O_CLOEXEC);
	if (home < 0 || there < 0 || setns(there, CLONE_NEWNET) < 0)
		return -errno;
	rc = connect_here(c->port, &c->fd);
	EK_ASSERT(setns(home, CLONE_NEWNET) ==
		  0); /* a pool thread that is lost in a pod serves nobody */
	return rc;
}

/* ---- from the pod ---- */

static void end_if_over(struct connection *c)
{
	if (c->remote_ended && c->user_ended && ek_stream_pending(&c->stream) == 0)
		connection_free(c);
}

static void on_read(struct ek_stream *s, const char *data, ssize_t n)
{
	struct connection *c = ek_container_of(s, struct connection, stream);
	struct ek_session *session = c->f->session;

	if (n > 0) {
		if (!session->front->push(session, c->channel, data, (size_t)n))
			ek_stream_read_stop(s);
		return;
	}
	c->remote_ended = true;
	session->front->push_end(session, c->channel);
	end_if_over(c);
}

static void on_drained(struct ek_stream *s)
{
	struct connection *c = ek_container_of(s, struct connection, stream);

	if (c->blocked) {
		c->blocked = false;
		c->f->session->front->resume(c->f->session, c->channel);
	}
	end_if_over(c);
}

static void on_error(struct ek_stream *s, int rc)
{
	struct connection *c = ek_container_of(s, struct connection, stream);

	(void)rc;
	c->f->session->front->push_end(c->f->session, c->channel);
	connection_free(c);
}

static void fail(struct connection *c, int rc)
{
	struct ek_session *s = c->f->session;
	EK_FREE char *text = ek_str_fmt("failed to connect to localhost:%d inside namespace \"%s\": %s", c->port,
					c->netns ? c->netns : "host", strerror(-rc));

	if (s->connect_failed)
		s->connect_failed(s, c->channel, text);
	connection_free(c);
}

static void on_connected(struct ek_work *w, int rc)
{
	struct connection *c = ek_container_of(w, struct connection, connect);

	if (!c->f) {
		connection_free(c);
		return;
	}
	if (rc == 0) {
		c->stream = (struct ek_stream){ .on_read = on_read,
						.on_drained = on_drained,
						.on_error = on_error };
		rc = ek_stream_open(c->f->loop, &c->stream, ek_steal_fd(c->fd));
	}
	if (rc < 0) {
		fail(c, rc);
		return;
	}
	c->standing = true;
	if (c->early.len)
		(void)ek_stream_write(&c->stream, c->early.data, c->early.len);
	ek_buf_done(&c->early);
	if (c->user_ended)
		ek_stream_shutdown(&c->stream);
	ek_stream_read_start(&c->stream);
}

/* ---- from the user ---- */

struct ek_forward *ek_forward_new(struct ek_loop *loop, const char *netns,
				  struct ek_session *session)
{
	struct ek_forward *f = ek_new(struct ek_forward);

	f->loop = loop;
	f->session = session;
	f->netns = ek_str_dup(netns);
	ek_list_init(&f->connections);
	return f;
}

void ek_forward_connect(struct ek_forward *f, int channel, int port)
{
	struct connection *c = ek_new(struct connection);

	c->f = f;
	c->channel = channel;
	c->port = port;
	c->fd = -1;
	c->netns = ek_str_dup(f->netns);
	ek_buf_init(&c->early, MAX_EARLY);
	ek_list_add_tail(&f->connections, &c->node);
	if (f->n++ >= MAX_CONNECTIONS) {
		fail(c, -EMFILE);
		return;
	}
	c->connect.run = run_connect;
	c->connect.done = on_connected;
	ek_work_start(f->loop, &c->connect);
}

bool ek_forward_push(struct ek_forward *f, int channel, const void *data, size_t n)
{
	struct connection *c = find(f, channel);

	if (!c)
		return true;
	if (!c->standing)
		return ek_buf_append(&c->early, data, n) == 0;
	(void)ek_stream_write(&c->stream, data, n);
	c->blocked = ek_stream_pending(&c->stream) > HIGH_WATER;
	return !c->blocked;
}

void ek_forward_push_end(struct ek_forward *f, int channel)
{
	struct connection *c = find(f, channel);

	if (!c || c->user_ended)
		return;
	c->user_ended = true;
	if (!c->standing)
		return;
	ek_stream_shutdown(&c->stream);
	end_if_over(c);
}

void ek_forward_resume(struct ek_forward *f, int channel)
{
	struct connection *c = find(f, channel);

	if (c && c->standing && !c->remote_ended)
		ek_stream_read_start(&c->stream);
}

void ek_forward_close(struct ek_forward *f)
{
	EK_LIST_EACH(node, tmp, &f->connections) {
		struct connection *c = ek_container_of(node, struct connection, node);

		if (c->standing) {
			connection_free(c);
			continue;
		}
		/* the pool has it: freed when it comes back */
		ek_list_del(&c->node);
		c->f = NULL;
	}
	free(f->netns);
	free(f);
}
