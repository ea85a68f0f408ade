/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "impl.h"

/*
 * One line of the log: "2024-05-01T10:20:30.123456789Z stdout F text\n", P instead of F for a
 * part that its line goes on after.
 */
enum {
	STAMP = sizeof("2006-01-02T15:04:05.000000000Z") - 1,
	BATCH = 48, /* lines a system call */
	SUFFIX = sizeof("20060102-150405") - 1,
	NAME_SIZE = 256,
	RETRY_BYTES = 1 << 20,
};

/* ---- time ---- */

static void stamp(char out[STAMP])
{
	struct text t = { .to = out, .max = STAMP };
	struct timespec ts;
	struct tm tm;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	(void)gmtime_r(&ts.tv_sec, &tm);
	text_pad(&t, tm.tm_year + 1900, 4);
	text_str(&t, "-");
	text_pad(&t, tm.tm_mon + 1, 2);
	text_str(&t, "-");
	text_pad(&t, tm.tm_mday, 2);
	text_str(&t, "T");
	text_pad(&t, tm.tm_hour, 2);
	text_str(&t, ":");
	text_pad(&t, tm.tm_min, 2);
	text_str(&t, ":");
	text_pad(&t, tm.tm_sec, 2);
	text_str(&t, ".");
	text_pad(&t, ts.tv_nsec, 9);
	text_str(&t, "Z");
}

static void rotated_name(const struct log *l, time_t at, char out[NAME_SIZE])
{
	struct text t = { .to = out, .max = NAME_SIZE - 1 };
	struct tm tm;

	(void)gmtime_r(&at, &tm);
	text_str(&t, l->base);
	text_str(&t, ".");
	text_pad(&t, tm.tm_year + 1900, 4);
	text_pad(&t, tm.tm_mon + 1, 2);
	text_pad(&t, tm.tm_mday, 2);
	text_str(&t, "-");
	text_pad(&t, tm.tm_hour, 2);
	text_pad(&t, tm.tm_min, 2);
	text_pad(&t, tm.tm_sec, 2);
	out[t.n] = '\0';
}

/* ---- rotation ---- */

static bool is_rotated(const struct log *l, const char *name)
{
	size_t n = strlen(l->base);

	return strncmp(name, l->base, n) == 0 && name[n] == '.' && strlen(name + n + 1) == SUFFIX &&
	       strspn(name + n + 1, "0123456789-") == SUFFIX;
}

/* How many rotated files there are; the oldest one's name. musl's readdir would allocate. */
static int find_oldest(const struct log *l, char oldest[NAME_SIZE])
{
	struct {
		uint64_t ino;
		int64_t off;
		uint16_t len;
		uint8_t type;
		char name[];
	} * e;
	char buf[2048] __attribute__((aligned(8)));
	int count = 0;
	long n;

	oldest[0] = '\0';
	(void)lseek(l->dir, 0, SEEK_SET);
	while ((n = syscall(SYS_getdents64, l->dir, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n; at += e->len) {
			e = (void *)(buf + at);
			if (!is_rotated(l, e->name) || strlen(e->name) >= NAME_SIZE)
				continue;
			count++;
			if (!oldest[0] || strcmp(e->name, oldest) < 0)
				memcpy(oldest, e->name, strlen(e->name) + 1);
		}
	}
	return count;
}

static void prune(const struct log *l)
{
	char oldest[NAME_SIZE];

	while (find_oldest(l, oldest) > l->max_files - 1)
		if (unlinkat(l->dir, oldest, 0) < 0)
			return;
}

static int open_file(struct log *l, int flags)
{
	return openat(l->dir, l->base, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | flags, 0640);
}

static void rotate(struct log *l)
{
	char name[NAME_SIZE];
	int64_t at = now_wall_ns() / 1000000000;
	int fd;

	if (at <= l->last_rotation) /* many in a second: names must differ, and keep their order */
		at = l->last_rotation + 1;
	rotated_name(l, (time_t)at, name);
	l->retry_at = l->size + RETRY_BYTES;
	if (renameat(l->dir, l->base, l->dir, name) < 0 && errno != ENOENT)
		return;
	fd = open_file(l, 0);
	if (fd < 0) { /* no room for another file: go on with this one */
		(void)renameat(l->dir, name, l->dir, l->base);
		return;
	}
	(void)close(l->fd);
	l->fd = fd;
	l->size = l->retry_at = 0;
	l->torn = false;
	l->last_rotation = at;
	prune(l);
}

int log_open(struct log *l, const char *path, int64_t max_size, int max_files)
{
	const char *slash = strrchr(path, '/');
	char folder[4096];
	struct stat st;

	if (!slash || (size_t)(slash - path) >= sizeof(folder))
		return -EINVAL;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	l->base = slash + 1;
	if (strlen(l->base) + 1 + SUFFIX >= NAME_SIZE)
		return -ENAMETOOLONG;
	l->max_size = max_size;
	l->max_files = max_files;
	l->dir = open(folder[0] ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->dir < 0)
		return -errno;
	l->fd = open_file(l, 0);
	if (l->fd < 0 || fstat(l->fd, &st) < 0)
		return -errno;
	l->size = st.st_size;
	return 0;
}

/* ---- writing ---- */

/* All of it, or what finds room: a full disk costs lines, never the container's life. */
static int put(struct log *l, struct iovec *v, int n)
{
	while (n > 0) {
		ssize_t done = writev(l->fd, v, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			break;
		l->size += done;
		for (; n > 0 && (size_t)done >= v->iov_len; v++, n--)
			done -= (ssize_t)v->iov_len;
		if (n > 0) {
			v->iov_base = (char *)v->iov_base + done;
			v->iov_len -= (size_t)done;
		}
		l->torn = n > 0;
	}
	if (n == 0)
		return 0;
	for (int i = 0; i < n; i++) {
		l->lost += (int64_t)v[i].iov_len;
		l->lost_total += (int64_t)v[i].iov_len;
	}
	return -1;
}

/* Room again: say what is missing, where it is missing. */
static int confess(struct log *l)
{
	char note[160];
	struct text t = { .to = note, .max = sizeof(note) };
	struct iovec v = { .iov_base = note };
	int64_t lost = l->lost;

	if (l->torn)
		text_str(&t, "\n");
	stamp(note + t.n);
	t.n += STAMP;
	text_str(&t, " stderr F ekube: ");
	text_int(&t, lost);
	text_str(&t, " bytes of this log were lost: the file could not be written\n");
	v.iov_len = t.n;
	l->lost = 0;
	if (put(l, &v, 1) == 0)
		return 0;
	/* the note itself is nothing that anybody loses */
	l->lost_total -= l->lost;
	l->lost = lost;
	return -1;
}

struct batch {
	struct iovec v[BATCH * 3];
	int          n;
	char         full[STAMP + 16], part[STAMP + 16];
	size_t       head;
};

static void flush(struct log *l, struct batch *b)
{
	if (b->n == 0)
		return;
	if (l->size >= l->max_size && l->max_size > 0 && l->size >= l->retry_at)
		rotate(l);
	if (l->lost && confess(l) < 0) {
		for (int i = 0; i < b->n; i++) {
			l->lost += (int64_t)b->v[i].iov_len;
			l->lost_total += (int64_t)b->v[i].iov_len;
		}
	} else {
		(void)put(l, b->v, b->n);
	}
	b->n = 0;
}

static void add(struct log *l, struct batch *b, const char *data, size_t n, bool whole)
{
	static char newline[] = "\n";

	if (b->n + 3 > BATCH * 3)
		flush(l, b);
	b->v[b->n++] = (struct iovec){ whole ? b->full : b->part, b->head };
	b->v[b->n++] = (struct iovec){ (void *)(uintptr_t)data, n };
	if (!whole)
		b->v[b->n++] = (struct iovec){ newline, 1 };
}

static void begin(struct batch *b, const char *stream)
{
	struct text t = { .to = b->full, .max = sizeof(b->full), .n = STAMP };

	b->n = 0;
	stamp(b->full);
	text_str(&t, " ");
	text_str(&t, stream);
	text_str(&t, " F ");
	b->head = t.n;
	memcpy(b->part, b->full, t.n);
	b->part[t.n - 2] = 'P';
}

size_t log_lines(struct log *l, const char *stream, const char *buf, size_t n, bool at_end)
{
	struct batch b;
	const char *newline;
	size_t at = 0;

	begin(&b, stream);
	while (at < n && (newline = memchr(buf + at, '\n', n - at))) {
		size_t len = (size_t)(newline + 1 - (buf + at));

		add(l, &b, buf + at, len, true);
		at += len;
	}
	if (at < n && (at_end || n - at == EK_SHIM_LINE_MAX)) {
		add(l, &b, buf + at, n - at, false);
		at = n;
	}
	flush(l, &b);
	return at;
}
