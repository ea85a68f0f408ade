/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/str.h>

#include <stdio.h>
#include <stdlib.h>

#include "utf8.h"

bool ek_str_starts(const char *s, const char *prefix)
{
	return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool ek_str_ends(const char *s, const char *suffix)
{
	size_t n = s ? strlen(s) : 0;
	size_t m = strlen(suffix);

	return s && n >= m && memcmp(s + n - m, suffix, m) == 0;
}

char *ek_str_dup(const char *s)
{
	return s ? ek_memdup(s, strlen(s) + 1) : NULL;
}

char *ek_str_ndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = ek_malloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

/* Most texts are short: formatted once, then copied. */
char *ek_str_fmt(const char *fmt, ...)
{
	char small[256], *s;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	EK_ASSERT(n >= 0);
	if ((size_t)n < sizeof(small))
		return ek_memdup(small, (size_t)n + 1);
	s = ek_malloc((size_t)n + 1);
	va_start(ap, fmt);
	(void)vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void ek_str_set(char **p, const char *s)
{
	char *old = *p;

	*p = ek_str_dup(s); /* before the free: s may lie inside the old one */
	free(old);
}

const char *ek_str_into(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ek_utf8_vformat(out, size, fmt, ap);
	va_end(ap);
	return out;
}

int ek_str_to_int(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	bool minus = s && *s == '-';
	int64_t v = 0;

	if (s && (*s == '-' || *s == '+'))
		s++;
	if (ek_str_empty(s))
		return EK_EINVALID;
	for (; *s; s++) {
		int digit = *s - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, minus ? -digit : digit, &v))
			return EK_EINVALID;
	}
	if (v < min || v > max)
		return EK_EINVALID;
	*ret = v;
	return 0;
}

int ek_str_to_bool(const char *s, bool *ret)
{
	static const char *const words[2][6] = {
		{ "0", "f", "F", "false", "FALSE", "False" },
		{ "1", "t", "T", "true", "TRUE", "True" },
	};

	for (size_t i = 0; s && i < EK_ARRAY_LEN(words[0]); i++)
		for (size_t truth = 0; truth < 2; truth++)
			if (strcmp(s, words[truth][i]) == 0) {
				*ret = truth;
				return 0;
			}
	return EK_EINVALID;
}

size_t ek_str_split(char *s, char sep, char **parts, size_t max)
{
	size_t n = 0;

	EK_ASSERT(max > 0);
	for (;;) {
		parts[n++] = s;
		s = n < max ? strchr(s, sep) : NULL;
		if (!s)
			return n;
		*s++ = '\0';
	}
}

bool ek_secret_equal(const void *a, size_t a_len, const void *b, size_t b_len)
{
	const volatile unsigned char *x = a, *y = b;
	unsigned char diff = 0;

	if (a_len != b_len)
		return false;
	for (size_t i = 0; i < a_len; i++)
		diff = (unsigned char)(diff | (x[i] ^ y[i]));
	return diff == 0;
}

void ek_secret_freep(char **p)
{
	if (*p)
		explicit_bzero(*p, strlen(*p));
	free(*p);
}

void ek_hex(const void *data, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = data;

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[b[i] >> 4];
		*out++ = digits[b[i] & 15];
	}
	*out = '\0';
}
