/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/log.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include <ekube/clock.h>

#include "utf8.h"

#define LINE_MAX_  4096 /* PIPE_BUF: a line to a pipe is never torn by another writer */
#define VALUE_MAX_ 1024

/* A line under construction; appends past its end are dropped, room for "\n" is kept. */
struct line {
	size_t n;
	char   text[LINE_MAX_];
};

static const char *const level_names[] = {
	[EK_LOG_ERROR] = "error",
	[EK_LOG_WARN]  = "warn",
	[EK_LOG_INFO]  = "info",
	[EK_LOG_DEBUG] = "debug",
};

static atomic_int max_level = EK_LOG_INFO;

static pthread_mutex_t capture_lock = PTHREAD_MUTEX_INITIALIZER;
static void (*capture_fn)(void *arg, const char *line);
static void *capture_arg;

void ek_log_set_level(enum ek_log_level level)
{
	atomic_store(&max_level, (int)level);
}

bool ek_log_enabled(enum ek_log_level level)
{
	return (int)level <= atomic_load(&max_level);
}

void ek_log_capture(void (*fn)(void *arg, const char *line), void *arg)
{
	(void)pthread_mutex_lock(&capture_lock);
	capture_fn = fn;
	capture_arg = arg;
	(void)pthread_mutex_unlock(&capture_lock);
}

/* All of s or nothing: half an escape would be a lie. */
static bool put(struct line *l, const char *s, size_t n)
{
	if (n > sizeof(l->text) - 2 - l->n)
		return false;
	memcpy(l->text + l->n, s, n);
	l->n += n;
	return true;
}

static void put_str(struct line *l, const char *s)
{
	size_t room = sizeof(l->text) - 2 - l->n;

	(void)put(l, s, strnlen(s, room));
}

/* Bytes at s that may be shown as they are; 0: what is there must be escaped. */
static size_t printable_len(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = ek_utf8_len(s);

	if (u[0] < ' ' || u[0] == '"' || u[0] == '\\' || u[0] == 0x7f)
		return 0;
	if (u[0] == 0xc2 && u[1] < 0xa0)
		return 0; /* C1 controls: terminals obey some of them */
	if (u[0] == 0xe2 && u[1] == 0x80 && u[2] >= 0xa8 && u[2] <= 0xae)
		return 0; /* line separators and direction overrides */
	return n;
}

static bool needs_quotes(const char *s)
{
	if (!*s || strlen(s) > VALUE_MAX_)
		return true;
	for (; *s; s++)
		if (*s <= ' ' || *s > '~' || *s == '=' || *s == '"' || *s == '\\')
			return true;
	return false;
}

static size_t escape(unsigned char c, char out[8])
{
	static const char letters[] = { ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't' };
	char letter = c < sizeof(letters) ? letters[c] : '\0';

	if (c == '"' || c == '\\')
		letter = (char)c;
	if (letter)
		return (size_t)snprintf(out, 8, "\\%c", letter);
	return (size_t)snprintf(out, 8, "\\x%02x", c);
}

static void put_value(struct line *l, const char *s)
{
	size_t start = l->n;
	char esc[8];

	if (!needs_quotes(s)) {
		put_str(l, s);
		return;
	}
	put_str(l, "\"");
	while (*s) {
		size_t n = printable_len(s);
		size_t n_esc = n ? 0 : escape((unsigned char)*s, esc);

		if (l->n - start + n + n_esc > VALUE_MAX_ ||
		    !put(l, n ? s : esc, n ? n : n_esc)) {
			put_str(l, "...");
			break;
		}
		s += n ? n : 1;
	}
	put_str(l, "\"");
}

/* One write a line, so lines of several threads do not mix. Nobody to tell when it fails. */
static void emit(struct line *l)
{
	bool captured = false;

	l->text[l->n] = '\0';
	(void)pthread_mutex_lock(&capture_lock);
	if (capture_fn) {
		capture_fn(capture_arg, l->text);
		captured = true;
	}
	(void)pthread_mutex_unlock(&capture_lock);
	if (captured)
		return;
	l->text[l->n++] = '\n';
	while (write(STDERR_FILENO, l->text, l->n) < 0 && errno == EINTR)
		;
}

void ek_log_write(enum ek_log_level level, const char *event, ...)
{
	int saved = errno;
	struct line l;
	const char *key, *value;
	char now[40];
	va_list ap;

	if (!ek_log_enabled(level))
		return;
	l.n = 0;
	ek_time_format_micro(ek_clock_wall_us(), now);
	put_str(&l, "time=");
	put_str(&l, now);
	put_str(&l, " level=");
	put_str(&l, level_names[level]);
	put_str(&l, " msg=");
	put_value(&l, event);
	va_start(ap, event);
	while ((key = va_arg(ap, const char *))) {
		put_str(&l, " ");
		put_str(&l, key);
		put_str(&l, "=");
		value = va_arg(ap, const char *);
		if (!value)
			break; /* a NULL value looks like the end of the list: treat it as such */
		put_value(&l, value);
	}
	va_end(ap);
	emit(&l);
	errno = saved;
}
