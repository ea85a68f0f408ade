/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/clock.h>

#include <time.h>

/* Set before threads start, or by a test that has none. */
static struct ek_clock_source source;

static struct timespec machine_time(clockid_t id)
{
	struct timespec t;

	EK_ASSERT(clock_gettime(id, &t) == 0);
	return t;
}

int64_t ek_clock_mono_ms(void)
{
	struct timespec t;

	if (source.mono_ms)
		return source.mono_ms(source.arg);
	t = machine_time(CLOCK_MONOTONIC);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t ek_clock_wall_us(void)
{
	struct timespec t;

	if (source.wall_us)
		return source.wall_us(source.arg);
	t = machine_time(CLOCK_REALTIME);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void ek_clock_set_source(const struct ek_clock_source *new_source)
{
	source = new_source ? *new_source : (struct ek_clock_source){ 0 };
}
