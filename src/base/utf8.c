/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include <stdio.h>
#include <string.h>

/* How long the character is that begins with c; 0 when none does. */
static size_t lead_len(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	if (c >= 0xf0 && c <= 0xf4)
		return 4;
	return 0;
}

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t ek_utf8_len(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = lead_len(u[0]);

	for (size_t i = 1; i < n; i++)
		if (!is_tail(u[i]))
			return 0;
	/* overlong forms, UTF-16 surrogates, past U+10FFFF */
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return n;
}

void ek_utf8_trim_cut(char *s)
{
	size_t n = strlen(s);
	size_t back = 0;

	while (back < n && back < 3 && is_tail((unsigned char)s[n - 1 - back]))
		back++;
	if (back < n && lead_len((unsigned char)s[n - 1 - back]) > back + 1)
		s[n - 1 - back] = '\0';
}

void ek_utf8_vformat(char *out, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(out, size, fmt, ap);

	if (n < 0)
		out[0] = '\0';
	else if ((size_t)n >= size)
		ek_utf8_trim_cut(out);
}
