/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/str.h>

static const char alphabets[2][65] = {
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

char *ek_base64_encode(const void *data, size_t n, bool url)
{
	const char *digits = alphabets[url];
	const unsigned char *in = data;
	char *text, *out;

	EK_ASSERT(n < SIZE_MAX / 4 * 3 - 4);
	text = out = ek_malloc(n / 3 * 4 + 5);
	for (; n >= 3; n -= 3, in += 3) {
		*out++ = digits[in[0] >> 2];
		*out++ = digits[(in[0] & 3) << 4 | in[1] >> 4];
		*out++ = digits[(in[1] & 15) << 2 | in[2] >> 6];
		*out++ = digits[in[2] & 63];
	}
	if (n > 0) {
		unsigned second = n > 1 ? in[1] : 0;

		*out++ = digits[in[0] >> 2];
		*out++ = digits[(in[0] & 3u) << 4 | second >> 4];
		if (n > 1)
			*out++ = digits[(second & 15) << 2];
		for (; !url && n < 3; n++)
			*out++ = '=';
	}
	*out = '\0';
	return text;
}

/* 0..63, or -1. No table: the two alphabets differ in two characters. */
static int digit_value(char c, bool url)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (url ? '-' : '+'))
		return 62;
	if (c == (url ? '_' : '/'))
		return 63;
	return -1;
}

/*
 * As forgiving as Kubernetes' own decoder and no more: line breaks anywhere are skipped (people
 * paste what `base64` wrapped), unused bits of the last digit are not looked at.
 */
int ek_base64_decode(const char *s, size_t n, bool url, char **ret_data, size_t *ret_n)
{
	EK_FREE char *data = ek_malloc(n / 4 * 3 + 4);
	size_t len = 0, digits = 0, pad = 0;
	uint32_t acc = 0; /* the low `bits` of it wait to fill a byte */
	unsigned bits = 0;

	for (size_t i = 0; i < n; i++) {
		int v = digit_value(s[i], url);

		if (s[i] == '\r' || s[i] == '\n')
			continue;
		if (s[i] == '=' && !url) {
			pad++;
			continue;
		}
		if (v < 0 || pad > 0)
			return EK_EINVALID;
		acc = acc << 6 | (uint32_t)v;
		bits += 6;
		digits++;
		if (bits < 8)
			continue;
		bits -= 8;
		data[len++] = (char)(acc >> bits & 0xff);
	}
	if (digits % 4 == 1 || (!url && pad != (4 - digits % 4) % 4))
		return EK_EINVALID;
	data[len] = '\0';
	*ret_data = ek_steal(data);
	if (ret_n)
		*ret_n = len;
	return 0;
}
