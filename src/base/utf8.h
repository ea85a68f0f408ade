/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The little that base itself must know of UTF-8: where characters begin and end. */

#include <ekube/base.h>

/* Bytes of the well-formed character at s (NUL-terminated text); 0 when it is malformed. */
size_t ek_utf8_len(const char *s);

/*
 * s was cut to fit: drop what is left of a character that lost its end. What was malformed
 * before the cut stays as it was.
 */
void ek_utf8_trim_cut(char *s);

/* vsnprintf that says nothing of truncation but never cuts a character in two. */
void ek_utf8_vformat(char *out, size_t size, const char *fmt, va_list ap) EK_PRINTF(3, 0);
