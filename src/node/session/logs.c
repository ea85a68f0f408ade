/* SPDX-License-Identifier: Apache-2.0 */
#include "logs.h"

#include <ekube/clock.h>
#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CHUNK = 32 << 10,
	MAX_LINE = 64 << 10, /* the shim cuts at 16 KiB */
};

struct impl {
	struct ek_log_reader *r;
	struct ek_loop       *loop;
	struct ek_log_options o;
	char                 *path;
	int                   fd, inotify;
	struct ek_poll        poll;
	struct ek_timer       next;
	struct ek_buf         in;     /* a line that is not complete yet */
	int64_t               left;   /* of limit_bytes */
	int64_t               lines;  /* left of tail_lines; < 0: as many as come */
	bool                  blocked, finishing, more;
};

static void run(struct ek_timer *t);

static void wake(struct impl *im)
{
	if (!ek_timer_active(&im->next))
		ek_timer_start(im->loop, &im->next, 0, run);
}

/* ---- where to begin ---- */

/* The offset behind which `lines` lines follow. */
static off_t tail_offset(int fd, int64_t lines)
{
	off_t at = lseek(fd, 0, SEEK_END);
	char buf[CHUNK];
	bool first = true;

	if (lines == 0)
		return at;
	while (at > 0) {
		size_t n = (size_t)EK_MIN(at, (off_t)sizeof(buf));

		at -= (off_t)n;
		if (pread(fd, buf, n, at) != (ssize_t)n)
			return 0;
		for (size_t i = n; i-- > 0;) {
			if (buf[i] != '\n')
				continue;
			if (first) { /* the end of the last line */
				first = false;
				continue;
			}
			if (--lines == 0)
				return at + (off_t)i + 1;
		}
		first = false;
	}
	return 0;
}

/* ---- lines ---- */

/* What the user sees of one line: -1 when it is none of ours. */
static int show(struct impl *im, const char *line, size_t n, struct ek_buf *out)
{
	const char *end = line + n, *stream, *tag, *text;
	char time[40];
	int64_t us;

	stream = memchr(line, ' ', n);
	if (!stream || (size_t)(stream - line) >= sizeof(time))
		return -1;
	tag = memchr(stream + 1, ' ', (size_t)(end - stream - 1));
	text = tag ? memchr(tag + 1, ' ', (size_t)(end - tag - 1)) : NULL;
	if (!text)
		return -1;
	if (im->o.since_us) {
		memcpy(time, line, (size_t)(stream - line));
		time[stream - line] = '\0';
		if (ek_time_parse(time, &us) < 0 || us < im->o.since_us)
			return 0;
	}
	if (im->o.timestamps)
		(void)ek_buf_append(out, line, (size_t)(stream - line) + 1);
	(void)ek_buf_append(out, text + 1, (size_t)(end - text - 1));
	if (tag[1] != 'P')
		(void)ek_buf_char(out, '\n');
	return 0;
}

/* false: the reader is blocked, or is gone. */
static bool deliver(struct impl *im, const struct ek_buf *out)
{
	size_t n = out->len;

	if (im->left >= 0)
		n = (size_t)EK_MIN((int64_t)n, im->left);
	if (im->left >= 0)
		im->left -= (int64_t)n;
	if (n == 0)
		return true;
	if (im->r->on_data(im->r, out->data, n))
		return im->r->impl == im;
	if (im->r->impl == im)
		im->blocked = true;
	return false;
}

static void show_lines(struct impl *im, struct ek_buf *out)
{
	char *end;

	while (im->lines != 0 && im->in.len && (end = memchr(im->in.data, '\n', im->in.len))) {
		im->lines -= im->lines > 0;
		(void)show(im, im->in.data, (size_t)(end - im->in.data), out);
		ek_buf_consume(&im->in, (size_t)(end - im->in.data) + 1);
	}
	if (im->in.len > MAX_LINE)
		ek_buf_clear(&im->in);
}

/* ---- the end of the file ---- */

static bool was_rotated(struct impl *im)
{
	struct stat here, there;

	return fstat(im->fd, &here) == 0 && stat(im->path, &there) == 0 &&
	       here.st_ino != there.st_ino;
}

/* The next file, when there is one. */
static bool next_file(struct impl *im)
{
	int fd;

	if (!was_rotated(im))
		return false;
	fd = open(im->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	(void)close(im->fd);
	im->fd = fd;
	ek_buf_clear(&im->in);
	return true;
}

static void impl_free(struct impl *im)
{
	ek_poll_stop(&im->poll);
	ek_timer_stop(&im->next);
	if (im->inotify >= 0)
		(void)close(im->inotify);
	if (im->fd >= 0)
		(void)close(im->fd);
	ek_buf_done(&im->in);
	free(im->path);
	free(im);
}

static void end(struct impl *im, int rc)
{
	struct ek_log_reader *r = im->r;

	r->impl = NULL;
	impl_free(im);
	r->on_end(r, rc);
}

static void run(struct ek_timer *t)
{
	struct impl *im = ek_container_of(t, struct impl, next);
	EK_BUF struct ek_buf out = EK_BUF_INIT(CHUNK + MAX_LINE * 2);
	char *at = ek_buf_reserve(&im->in, CHUNK);
	ssize_t n = at ? read(im->fd, at, CHUNK) : -1;

	if (n < 0) {
		end(im, at ? -errno : EK_ETOOLARGE);
		return;
	}
	if (n > 0) {
		ek_buf_grew(&im->in, (size_t)n);
		show_lines(im, &out);
		if (!deliver(im, &out))
			return;
		if (im->left == 0 || im->lines == 0)
			end(im, 0);
		else
			wake(im); /* one piece a turn: others want the loop too */
		return;
	}
	if (next_file(im))
		wake(im);
	else if (!im->o.follow || im->finishing)
		end(im, 0);
}

static void on_inotify(struct ek_poll *p, int events)
{
	struct impl *im = ek_container_of(p, struct impl, poll);
	char buf[4096];

	(void)events;
	while (read(im->inotify, buf, sizeof(buf)) > 0)
		;
	if (!im->blocked)
		wake(im);
}

static int watch(struct impl *im, struct ek_err *err)
{
	EK_FREE char *copy = ek_str_dup(im->path);

	im->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (im->inotify < 0 ||
	    inotify_add_watch(im->inotify, dirname(copy), IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return ek_fail_errno(err, "watch %s", im->path);
	return ek_poll_start(im->loop, &im->poll, im->inotify, EK_READABLE, on_inotify);
}

int ek_log_open(struct ek_loop *loop, struct ek_log_reader *r, const char *path,
		const struct ek_log_options *o, struct ek_err *err)
{
	struct impl *im = ek_new(struct impl);
	int rc = 0;

	im->r = r;
	im->loop = loop;
	im->o = *o;
	im->path = ek_str_dup(path);
	im->inotify = -1;
	im->left = o->limit_bytes;
	im->lines = o->follow ? -1 : o->tail_lines; /* the log may grow while it is read */
	ek_buf_init(&im->in, CHUNK + MAX_LINE * 2);
	im->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (im->fd < 0)
		rc = ek_fail_errno(err, "open %s", path);
	else if (o->tail_lines >= 0)
		(void)lseek(im->fd, tail_offset(im->fd, o->tail_lines), SEEK_SET);
	if (rc == 0 && o->follow)
		rc = watch(im, err);
	if (rc < 0) {
		impl_free(im);
		return rc;
	}
	r->impl = im;
	wake(im);
	return 0;
}

void ek_log_resume(struct ek_log_reader *r)
{
	struct impl *im = r->impl;

	if (!im || !im->blocked)
		return;
	im->blocked = false;
	wake(im);
}

void ek_log_finish(struct ek_log_reader *r)
{
	struct impl *im = r->impl;

	if (!im)
		return;
	im->finishing = true;
	if (!im->blocked)
		wake(im);
}

void ek_log_close(struct ek_log_reader *r)
{
	if (r->impl)
		impl_free(r->impl);
	r->impl = NULL;
}
