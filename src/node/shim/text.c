/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "impl.h"

/* What does not fit is left out: all callers' texts are bounded by their arrays. */
static void put(struct text *t, const char *s, size_t n)
{
	if (n > t->max - t->n)
		n = t->max - t->n;
	memcpy(t->to + t->n, s, n);
	t->n += n;
}

void text_str(struct text *t, const char *s)
{
	put(t, s, strlen(s));
}

void text_pad(struct text *t, int64_t v, int digits)
{
	char d[24];
	int i = (int)sizeof(d);

	do {
		d[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0 || (int)sizeof(d) - i < digits);
	put(t, d + i, sizeof(d) - (size_t)i);
}

void text_int(struct text *t, int64_t v)
{
	if (v < 0)
		text_str(t, "-");
	text_pad(t, v < 0 ? -v : v, 1);
}

void text_line(struct text *t, const char *key, int64_t v)
{
	text_str(t, key);
	text_str(t, " ");
	text_int(t, v);
	text_str(t, "\n");
}

int64_t text_to_int(const char *s)
{
	int64_t v = 0;

	if (*s < '0' || *s > '9')
		return -1;
	for (; *s >= '0' && *s <= '9' && v < INT64_MAX / 10 - 9; s++)
		v = v * 10 + (*s - '0');
	return v;
}

static int64_t now(clockid_t clock, int64_t units)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * units + ts.tv_nsec / (1000000000 / units);
}

int64_t now_mono_ms(void)
{
	return now(CLOCK_BOOTTIME, 1000);
}

int64_t now_wall_ns(void)
{
	return now(CLOCK_REALTIME, 1000000000);
}
