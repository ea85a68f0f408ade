/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Characters and numbers as text. */

#include <ekube/buf.h>

/* Length of the well-formed UTF-8 sequence at p (1..4), 0 when there is none. */
size_t ek_json_utf8_len(const char *p, const char *end);

/* Length of the text in front of the first byte that is not UTF-8. */
size_t ek_json_utf8_span(const char *s, size_t n);

/* Length of the text in front of the first byte that JSON must escape. ret_ascii may be NULL; false is a guess. */
size_t ek_json_plain_span(const char *s, size_t n, bool *ret_ascii);

/* Append n bytes, each byte that is not UTF-8 replaced by U+FFFD. */
int ek_json_utf8_append(struct ek_buf *out, const char *s, size_t n);

/* Append one code point; surrogates and what is past U+10FFFF become U+FFFD. */
int ek_json_utf8_char(struct ek_buf *out, uint32_t c);

/* `"key":`, the key escaped like any string. */
void ek_json_write_key(struct ek_buf *out, const char *key);

void ek_json_write_int(struct ek_buf *out, int64_t n);

/* A double as Go's encoding/json writes it: shortest, no exponent within 1e-6 .. 1e21. */
enum { EK_REAL_TEXT = 40 };
void ek_json_real_text(double d, char out[EK_REAL_TEXT]);

/* Go's %q for messages: quoted, escaped, cut with "..." when it does not fit. */
const char *ek_quote(const char *s, char *out, size_t size);
