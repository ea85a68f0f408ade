/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <ekube/file.h>
#include <ekube/str.h>
#include <ekube/stream.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "image_ops.h"
#include "instance.h"

struct control {
	struct ek_loop    *loop;
	struct ek_images  *images;
	struct ek_listener listener;
	struct ek_list     askers;
	char              *path;
	void             (*stopped)(void *arg);
	void              *arg;
};

struct asker {
	struct ek_list  node;
	struct control *control;
	struct ek_poll  poll;
	int             fd, passed_fd;
	struct ek_buf   in;
	struct image_op op;
	bool            busy;
};

static void asker_free(struct asker *a)
{
	ek_poll_stop(&a->poll);
	ek_list_del(&a->node);
	ek_buf_done(&a->in);
	if (a->passed_fd >= 0)
		(void)close(a->passed_fd);
	(void)close(a->fd);
	free(a);
}

/* Lines are small and few; a command that does not read loses them. */
static void say(struct asker *a, const struct ek_json *line)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(CONTROL_MAX_LINE);

	(void)ek_json_write(line, &out);
	(void)ek_buf_char(&out, '\n');
	if (!out.overflow)
		(void)!send(a->fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void control_free(struct control *c)
{
	free(c->path);
	free(c);
}

static void stop_if_alone(struct control *c)
{
	void (*stopped)(void *arg) = c->stopped;
	void *arg = c->arg;

	if (!ek_list_empty(&c->askers))
		return;
	control_free(c);
	stopped(arg);
}

static void on_line(struct image_op *op, const struct ek_json *line)
{
	say(ek_container_of(op, struct asker, op), line);
}

static void on_done(struct image_op *op, const struct ek_json *last)
{
	struct asker *a = ek_container_of(op, struct asker, op);

	struct control *c = a->control;

	say(a, last);
	asker_free(a);
	if (c->stopped)
		stop_if_alone(c);
}

static void take_request(struct asker *a)
{
	EK_JSON struct ek_json *request = NULL;
	EK_JSON struct ek_json *refusal = NULL;
	struct ek_err err;

	ek_poll_stop(&a->poll);
	if (ek_json_parse(a->in.data, a->in.len, CONTROL_MAX_LINE, &request, NULL, &err) < 0) {
		refusal = ek_json_make("{'error':%s}", err.msg);
		say(a, refusal);
		asker_free(a);
		return;
	}
	a->busy = true;
	a->op.line = on_line;
	a->op.done = on_done;
	image_op_start(&a->op, a->control->images, request, ek_steal_fd(a->passed_fd));
}

static void keep_fd(struct asker *a, struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		int fd;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
		if (a->passed_fd >= 0)
			(void)close(a->passed_fd);
		a->passed_fd = fd;
	}
}

static void on_readable(struct ek_poll *p, int events)
{
	struct asker *a = ek_container_of(p, struct asker, poll);
	char data[4096], space[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = space,
			      .msg_controllen = sizeof(space) };
	ssize_t n = recvmsg(a->fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	(void)events;
	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0)
		keep_fd(a, &msg);
	if (n <= 0 || ek_buf_append(&a->in, data, (size_t)n) < 0)
		asker_free(a);
	else if (a->in.data[a->in.len - 1] == '\n')
		take_request(a);
}

static void on_accept(struct ek_listener *l, int take_fd)
{
	struct control *c = ek_container_of(l, struct control, listener);
	struct asker *a = ek_new(struct asker);

	a->control = c;
	a->fd = take_fd;
	a->passed_fd = -1;
	ek_buf_init(&a->in, CONTROL_MAX_LINE);
	ek_list_add_tail(&c->askers, &a->node);
	if (ek_poll_start(c->loop, &a->poll, a->fd, EK_READABLE, on_readable) < 0)
		asker_free(a);
}

int control_start(struct ek_loop *loop, const struct instance *i, struct ek_images *images,
		  struct control **ret, struct ek_err *err)
{
	struct control *c = ek_new(struct control);
	int rc;

	c->loop = loop;
	c->images = images;
	c->path = ek_path_join(i->run_dir, "control.sock");
	ek_list_init(&c->askers);
	rc = ek_dir_make(AT_FDCWD, i->run_dir, 0700, err);
	if (rc == 0)
		rc = ek_listen_unix(loop, &c->listener, c->path, 0600, on_accept, err);
	if (rc < 0) {
		control_free(c);
		return rc;
	}
	*ret = c;
	return 0;
}

void control_stop(struct control *c, void (*stopped)(void *arg), void *arg)
{
	ek_listen_stop(&c->listener);
	(void)unlink(c->path);
	EK_LIST_EACH(node, tmp, &c->askers) {
		struct asker *a = ek_container_of(node, struct asker, node);

		if (a->busy)
			image_op_cancel(&a->op);
		else
			asker_free(a);
	}
	/* from here on the last one that ends takes c with it */
	c->stopped = stopped;
	c->arg = arg;
	stop_if_alone(c);
}

/* ------------------------------------------------------------ the other side */

static int send_request(int sock, const struct ek_json *request, int fd)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(CONTROL_MAX_LINE);
	char space[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	(void)ek_json_write(request, &out);
	(void)ek_buf_char(&out, '\n');
	iov = (struct iovec){ out.data, out.len };
	if (fd >= 0) {
		struct cmsghdr *c;

		msg.msg_control = space;
		msg.msg_controllen = sizeof(space);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static bool is_last(const struct ek_json *line)
{
	return ek_json_get(line, "done") || ek_json_get(line, "error");
}

int control_ask(const struct instance *i, const struct ek_json *request, int fd,
		void (*line_fn)(void *arg, const struct ek_json *line), void *arg,
		struct ek_json **ret_last, struct ek_err *err)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	EK_CLOSE int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	EK_BUF struct ek_buf in = EK_BUF_INIT(CONTROL_MAX_LINE * 4);
	int rc;

	(void)ek_str_into(sa.sun_path, sizeof(sa.sun_path), "%s/control.sock", i->run_dir);
	if (sock < 0 || connect(sock, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return ek_fail_errno(err, "%s", sa.sun_path);
	rc = send_request(sock, request, fd);
	while (rc == 0) {
		char data[4096];
		ssize_t n = recv(sock, data, sizeof(data), 0);

		if (n <= 0 || ek_buf_append(&in, data, (size_t)n) < 0)
			return ek_fail(err, EK_EUNAVAILABLE,
				       "the server ended the conversation; its log may say why");
		for (char *end; in.len && (end = memchr(in.data, '\n', in.len));) {
			EK_JSON struct ek_json *line = NULL;

			if (ek_json_parse(in.data, (size_t)(end - in.data), CONTROL_MAX_LINE, &line,
					  NULL, err) < 0)
				return EK_EINTERNAL;
			ek_buf_consume(&in, (size_t)(end - in.data) + 1);
			if (is_last(line)) {
				*ret_last = ek_steal(line);
				return 0;
			}
			line_fn(arg, line);
		}
	}
	return ek_fail(err, rc, "the server does not answer");
}
