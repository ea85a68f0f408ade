/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/buf.h>

#include <ekube/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP ((size_t)64)

void ek_buf_init(struct ek_buf *b, size_t max)
{
	*b = (struct ek_buf)EK_BUF_INIT(max);
}

void ek_buf_done(struct ek_buf *b)
{
	free(b->data);
	ek_buf_init(b, b->max);
}

void ek_buf_clear(struct ek_buf *b)
{
	b->len = 0;
	b->overflow = false;
	if (b->data)
		b->data[0] = '\0';
}

/* Memory for n more bytes and the NUL, or the overflow. */
static int make_room(struct ek_buf *b, size_t n)
{
	size_t max = EK_MIN(b->max, SIZE_MAX / 2 - 1);
	size_t need, cap;

	if (b->overflow || b->len > max || n > max - b->len) {
		b->overflow = true;
		return EK_ETOOLARGE;
	}
	need = b->len + n + 1;
	if (need <= b->cap)
		return 0;
	cap = EK_MAX(EK_MAX(b->cap * 2, need), FIRST_CAP);
	cap = EK_MIN(cap, max + 1);
	b->data = ek_realloc(b->data, cap);
	b->cap = cap;
	b->data[b->len] = '\0';
	return 0;
}

char *ek_buf_reserve(struct ek_buf *b, size_t n)
{
	return make_room(b, n) < 0 ? NULL : b->data + b->len;
}

void ek_buf_grew(struct ek_buf *b, size_t n)
{
	if (n == 0)
		return;
	EK_ASSERT(b->cap > b->len && n < b->cap - b->len);
	b->len += n;
	b->data[b->len] = '\0';
}

int ek_buf_append(struct ek_buf *b, const void *data, size_t n)
{
	/* encoders come by here for every few bytes: what fits goes in at once */
	if ((b->overflow || n >= b->cap - b->len) && make_room(b, n) < 0)
		return EK_ETOOLARGE;
	if (n)
		memcpy(b->data + b->len, data, n);
	b->len += n;
	b->data[b->len] = '\0';
	return 0;
}

int ek_buf_str(struct ek_buf *b, const char *s)
{
	return ek_buf_append(b, s, strlen(s));
}

int ek_buf_char(struct ek_buf *b, char c)
{
	if (b->overflow || b->cap - b->len < 2)
		return ek_buf_append(b, &c, 1);
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
	return 0;
}

int ek_buf_vfmt(struct ek_buf *b, const char *fmt, va_list ap)
{
	size_t room = b->cap - b->len;
	va_list again;
	char *to;
	int n;

	if (b->overflow)
		return EK_ETOOLARGE;
	va_copy(again, ap);
	n = vsnprintf(b->data ? b->data + b->len : NULL, room, fmt, again);
	va_end(again);
	EK_ASSERT(n >= 0);
	if ((size_t)n < room && (size_t)n <= b->max - EK_MIN(b->len, b->max)) {
		b->len += (size_t)n;
		return 0;
	}
	if (b->data)
		b->data[b->len] = '\0'; /* what the first try left behind */
	to = ek_buf_reserve(b, (size_t)n);
	if (!to)
		return EK_ETOOLARGE;
	(void)vsnprintf(to, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
	return 0;
}

int ek_buf_fmt(struct ek_buf *b, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = ek_buf_vfmt(b, fmt, ap);
	va_end(ap);
	return rc;
}

void ek_buf_consume(struct ek_buf *b, size_t n)
{
	EK_ASSERT(n <= b->len);
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n + 1);
	b->len -= n;
}

char *ek_buf_steal(struct ek_buf *b)
{
	char *s = ek_steal(b->data);

	if (!s)
		s = ek_calloc(1, 1);
	else if (b->cap / 2 > b->len)
		s = ek_realloc(s, b->len + 1); /* strings live longer than buffers */
	ek_buf_init(b, b->max);
	return s;
}
