/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

size_t ek_json_utf8_len(const char *s, const char *end)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t left = (size_t)(end - s);
	unsigned lo = 0x80, hi = 0xbf; /* bounds of the second byte */
	size_t n;

	if (left == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (left < n)
		return 0;
	switch (p[0]) {
	case 0xe0: lo = 0xa0; break; /* overlong */
	case 0xed: hi = 0x9f; break; /* surrogates */
	case 0xf0: lo = 0x90; break; /* overlong */
	case 0xf4: hi = 0x8f; break; /* past U+10FFFF */
	default: break;
	}
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* One byte in each of eight. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

size_t ek_json_utf8_span(const char *s, size_t n)
{
	const char *p = s, *end = s + n;
	uint64_t eight;
	size_t len;

	for (;;) {
		while (end - p >= 8) {
			memcpy(&eight, p, 8);
			if (eight & EACH(0x80))
				break;
			p += 8;
		}
		len = ek_json_utf8_len(p, end);
		if (len == 0)
			return (size_t)(p - s);
		p += len;
	}
}

/* Top bits of the bytes of x that are zero; what is above the lowest one may be wrong. */
static uint64_t zeros(uint64_t x)
{
	return (x - EACH(1)) & ~x & EACH(0x80);
}

size_t ek_json_plain_span(const char *s, size_t n, bool *ret_ascii)
{
	uint64_t eight, stops, seen = 0;
	size_t i = 0;

	for (; n - i >= 8; i += 8) {
		memcpy(&eight, s + i, 8);
		eight = le64toh(eight);
		seen |= eight; /* with what is behind the stop: that errs to the safe side */
		stops = zeros(eight ^ EACH('"')) | zeros(eight ^ EACH('\\')) |
			zeros(eight & EACH(0xe0));
		if (stops)
			break;
	}
	if (n - i >= 8)
		i += (size_t)__builtin_ctzll(stops) / 8;
	else
		for (; i < n && (unsigned char)s[i] >= 0x20 && s[i] != '"' && s[i] != '\\'; i++)
			seen |= (unsigned char)s[i];
	if (ret_ascii)
		*ret_ascii = !(seen & EACH(0x80));
	return i;
}

int ek_json_utf8_append(struct ek_buf *out, const char *s, size_t n)
{
	const char *end = s + n;
	int rc = 0;

	while (s < end && rc == 0) {
		const char *run = s;
		size_t len = 0;

		while (s < end && (len = ek_json_utf8_len(s, end)) > 0)
			s += len;
		rc = ek_buf_append(out, run, (size_t)(s - run));
		if (rc == 0 && s < end) {
			rc = ek_buf_append(out, "\xef\xbf\xbd", 3);
			s++;
		}
	}
	return rc;
}

int ek_json_utf8_char(struct ek_buf *out, uint32_t c)
{
	char b[4];

	if (c < 0x80) {
		b[0] = (char)c;
		return ek_buf_append(out, b, 1);
	}
	if (c < 0x800) {
		b[0] = (char)(0xc0 | c >> 6);
		b[1] = (char)(0x80 | (c & 0x3f));
		return ek_buf_append(out, b, 2);
	}
	if ((c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		c = 0xfffd;
	if (c < 0x10000) {
		b[0] = (char)(0xe0 | c >> 12);
		b[1] = (char)(0x80 | (c >> 6 & 0x3f));
		b[2] = (char)(0x80 | (c & 0x3f));
		return ek_buf_append(out, b, 3);
	}
	b[0] = (char)(0xf0 | c >> 18);
	b[1] = (char)(0x80 | (c >> 12 & 0x3f));
	b[2] = (char)(0x80 | (c >> 6 & 0x3f));
	b[3] = (char)(0x80 | (c & 0x3f));
	return ek_buf_append(out, b, 4);
}

/* One character of %q at s: its length in s; *out_n receives how much was put into out (<= 6). */
static size_t quote_one(const char *s, const char *end, char out[8], size_t *out_n)
{
	static const char named[] = "\a\b\f\n\r\t\v\"\\";
	static const char letters[] = "abfnrtv\"\\";
	size_t n = ek_json_utf8_len(s, end);
	const char *at = strchr(named, *s);

	if (at) {
		out[0] = '\\';
		out[1] = letters[at - named];
		*out_n = 2;
		return 1;
	}
	if (n == 0 || (unsigned char)*s < 0x20 || *s == 0x7f) {
		*out_n = (size_t)snprintf(out, 8, "\\x%02x", (unsigned)(unsigned char)*s);
		return 1;
	}
	memcpy(out, s, n);
	*out_n = n;
	return n;
}

const char *ek_quote(const char *s, char *out, size_t size)
{
	const char *end = s + strlen(s);
	size_t at = 0;

	EK_ASSERT(size >= 16);
	out[at++] = '"';
	while (s < end) {
		char one[8];
		size_t n, len = quote_one(s, end, one, &n);

		if (at + n + 5 > size) { /* keep room for ..." and the NUL */
			memcpy(out + at, "...", 3);
			at += 3;
			break;
		}
		memcpy(out + at, one, n);
		at += n;
		s += len;
	}
	out[at++] = '"';
	out[at] = '\0';
	return out;
}
