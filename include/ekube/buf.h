/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Bytes: a growable buffer that cannot be made without a maximum, and an immutable counted
 * block that is shared by everybody who needs the same bytes (a stored object, a watch event).
 */

#include <ekube/base.h>

/*
 * data is always NUL-terminated once something was appended; the NUL does not count in len.
 * An append that would pass max leaves the buffer as it was and sets `overflow`, which sticks:
 * writers of many small pieces check it once at the end.
 */
struct ek_buf {
	char  *data;
	size_t len;
	size_t cap;
	size_t max;
	bool   overflow;
};

#define EK_BUF_INIT(max_) { .max = (max_) }
#define EK_BUF EK_CLEANUP(ek_buf_done)

void ek_buf_init(struct ek_buf *b, size_t max);
void ek_buf_done(struct ek_buf *b);  /* frees; the buffer may be used again, empty */
void ek_buf_clear(struct ek_buf *b); /* forgets the contents, keeps the memory */

/* All return 0 or EK_ETOOLARGE. */
int ek_buf_append(struct ek_buf *b, const void *data, size_t n);
int ek_buf_str(struct ek_buf *b, const char *s);
int ek_buf_char(struct ek_buf *b, char c);
int ek_buf_fmt(struct ek_buf *b, const char *fmt, ...) EK_PRINTF(2, 3);
int ek_buf_vfmt(struct ek_buf *b, const char *fmt, va_list ap) EK_PRINTF(2, 0);

/* Room for n more bytes; returns where to write them, NULL past max. Commit with ek_buf_grew. */
char *ek_buf_reserve(struct ek_buf *b, size_t n);
void  ek_buf_grew(struct ek_buf *b, size_t n);

/* Drop the first n bytes (a consumer took them). */
void ek_buf_consume(struct ek_buf *b, size_t n);

/* The contents as a malloc'd string (never NULL); the buffer is empty afterwards. */
char *ek_buf_steal(struct ek_buf *b);

/* Immutable counted bytes. The count is atomic: blocks cross threads freely. */
struct ek_bytes {
	unsigned refs;
	uint32_t len;
	char     data[]; /* NUL-terminated beyond len */
};

struct ek_bytes *ek_bytes_new(const void *data, size_t n); /* data NULL: zeroed, to be filled */
struct ek_bytes *ek_bytes_ref(struct ek_bytes *b);         /* returns b */
void             ek_bytes_unref(struct ek_bytes *b);       /* NULL is fine */
void             ek_bytes_unrefp(struct ek_bytes **b);
