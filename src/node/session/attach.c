/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <ekube/str.h>

#include "container/shim_client.h"

/* ---- to the shim ---- */

static int send_frame(struct ek_attach *a, enum ek_shim_frame type, const void *data, size_t n)
{
	uint8_t frame[EK_SHIM_HEADER + 4] = { (uint8_t)type, 0, (uint8_t)(n & 0xff),
					      (uint8_t)(n >> 8) };
	size_t small = n <= 4 ? n : 0; /* in one piece with its header */
	int rc;

	if (small)
		memcpy(frame + EK_SHIM_HEADER, data, small);
	rc = ek_stream_write(&a->stream, frame, EK_SHIM_HEADER + small);
	return rc < 0 || n == small ? rc : ek_stream_write(&a->stream, data, n);
}

int ek_attach_write(struct ek_attach *a, const void *data, size_t n)
{
	const char *at = data;
	int rc = 0;

	while (n > 0 && rc >= 0) {
		size_t piece = EK_MIN(n, (size_t)EK_SHIM_FRAME_MAX);

		rc = send_frame(a, EK_SHIM_IN, at, piece);
		at += piece;
		n -= piece;
	}
	return rc < 0 ? rc : 0;
}

void ek_attach_end_stdin(struct ek_attach *a)
{
	(void)send_frame(a, EK_SHIM_IN, NULL, 0);
}

void ek_attach_resize(struct ek_attach *a, int cols, int rows)
{
	uint8_t b[4] = { (uint8_t)cols, (uint8_t)(cols >> 8), (uint8_t)rows, (uint8_t)(rows >> 8) };

	(void)send_frame(a, EK_SHIM_RESIZE, b, sizeof(b));
}

size_t ek_attach_pending(const struct ek_attach *a)
{
	return ek_stream_pending(&a->stream);
}

/* ---- from the shim ---- */

static void end(struct ek_attach *a, int rc)
{
	void (*on_end)(struct ek_attach *, int) = a->on_end;

	ek_attach_close(a);
	if (on_end)
		on_end(a, rc);
}

static void take_frame(struct ek_attach *a, const char *data, size_t n)
{
	switch (a->head[0]) {
	case EK_SHIM_OUT:
	case EK_SHIM_ERR:
		if (n && a->on_output)
			a->on_output(a, a->head[0] == EK_SHIM_OUT ? 1 : 2, data, n);
		return;
	case EK_SHIM_IS_STARTED:
		if (a->on_started)
			a->on_started(a);
		return;
	default: /* of a newer shim */
		return;
	}
}

/* A part of a header, or of a payload: these go through in the pieces they come in. */
static size_t take_piece(struct ek_attach *a, const char *data, size_t n)
{
	if (a->head_n < EK_SHIM_HEADER) {
		n = EK_MIN(n, EK_SHIM_HEADER - a->head_n);
		memcpy(a->head + a->head_n, data, n);
		a->head_n += n;
		if (a->head_n < EK_SHIM_HEADER)
			return n;
		a->left = (size_t)(a->head[2] | a->head[3] << 8);
		if (a->left == 0) {
			a->head_n = 0;
			take_frame(a, data, 0);
		}
		return n;
	}
	n = EK_MIN(n, a->left);
	a->left -= n;
	if (a->left == 0)
		a->head_n = 0;
	take_frame(a, data, n);
	return n;
}

static void on_read(struct ek_stream *s, const char *data, ssize_t n)
{
	struct ek_attach *a = ek_container_of(s, struct ek_attach, stream);
	bool gone = false;

	if (n <= 0) {
		/* a shim that goes with input of ours unread resets the connection: an end, too */
		end(a, n == -ECONNRESET || n == -EPIPE ? 0 : (int)n);
		return;
	}
	a->gone = &gone;
	while (n > 0) {
		size_t piece = take_piece(a, data, (size_t)n);

		if (gone)
			return;
		data += piece;
		n -= (ssize_t)piece;
	}
	a->gone = NULL;
}

static void on_drained(struct ek_stream *s)
{
	struct ek_attach *a = ek_container_of(s, struct ek_attach, stream);

	if (a->on_drained)
		a->on_drained(a);
}

/* The shim closed its end: what it sent before is still to be read, and then comes the end. */
static void on_error(struct ek_stream *s, int rc)
{
	(void)s;
	(void)rc;
}

static void on_connect(struct ek_stream *s, int rc)
{
	struct ek_attach *a = ek_container_of(s, struct ek_attach, stream);

	ek_closep(&a->dir_fd);
	a->dir_fd = -1;
	if (rc < 0) {
		end(a, rc);
		return;
	}
	a->connected = true;
	if (!a->paused)
		ek_stream_read_start(&a->stream);
}

void ek_attach_pause(struct ek_attach *a)
{
	a->paused = true;
	if (a->connected)
		ek_stream_read_stop(&a->stream);
}

void ek_attach_resume(struct ek_attach *a)
{
	a->paused = false;
	if (a->connected)
		ek_stream_read_start(&a->stream);
}

int ek_attach_open(struct ek_loop *loop, struct ek_attach *a, const char *dir, int want,
		   struct ek_err *err)
{
	/* through a descriptor: the folder's path may be longer than a socket's address can be */
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint8_t hello = (uint8_t)want;
	int rc;

	if (fd < 0)
		return ek_fail_errno(err, "open %s", dir);
	a->dir_fd = fd;
	a->head_n = a->left = 0;
	a->connected = a->paused = false;
	a->gone = NULL;
	a->stream.on_read = on_read;
	a->stream.on_drained = on_drained;
	a->stream.on_error = on_error;
	rc = ek_stream_connect_unix(loop, &a->stream,
				    EK_F("/proc/self/fd/%d/" EK_SHIM_F_ATTACH, fd), on_connect);
	if (rc < 0) {
		ek_closep(&a->dir_fd);
		return ek_fail(err, rc, "attach to %s: %s", dir, ek_err_name(rc));
	}
	return send_frame(a, EK_SHIM_HELLO, &hello,
			  1); /* queued before all that the caller writes */
}

void ek_attach_close(struct ek_attach *a)
{
	if (a->gone)
		*a->gone = true;
	a->gone = NULL;
	if (ek_stream_is_open(&a->stream) && !a->connected)
		ek_closep(&a->dir_fd);
	a->dir_fd = -1;
	a->connected = false;
	ek_stream_close(&a->stream);
}
