/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/clock.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>

#include <ekube/str.h>

#include "rand.h"

/* Repeatable chance for simulations: xoshiro256** filled by splitmix64. Both public domain. */
static pthread_mutex_t seeded_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool seeded;
static uint64_t state[4];

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = (*x += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static uint64_t xoshiro(void)
{
	uint64_t result = rotl(state[1] * 5, 7) * 9;
	uint64_t t = state[1] << 17;

	state[2] ^= state[0];
	state[3] ^= state[1];
	state[1] ^= state[2];
	state[0] ^= state[3];
	state[2] ^= t;
	state[3] = rotl(state[3], 45);
	return result;
}

/* Byte by byte from the low end, so that a seed means the same on every machine. */
static void seeded_bytes(unsigned char *out, size_t n)
{
	uint64_t word = 0;

	(void)pthread_mutex_lock(&seeded_lock);
	for (size_t i = 0; i < n; i++, word >>= 8) {
		if (i % 8 == 0)
			word = xoshiro();
		out[i] = (unsigned char)(word & 0xff);
	}
	(void)pthread_mutex_unlock(&seeded_lock);
}

void ek_rand_seed(uint64_t seed)
{
	uint64_t x = seed;

	(void)pthread_mutex_lock(&seeded_lock);
	for (size_t i = 0; i < EK_ARRAY_LEN(state); i++)
		state[i] = splitmix(&x);
	(void)pthread_mutex_unlock(&seeded_lock);
	atomic_store(&seeded, seed != 0);
}

void ek_rand_kernel(void *out, size_t n)
{
	char *at = out;

	while (n > 0) {
		ssize_t r = getrandom(at, n, 0);

		if (r < 0 && errno == EINTR)
			continue;
		EK_ASSERT(r > 0); /* no kernel that ekube runs on lacks getrandom */
		at += r;
		n -= (size_t)r;
	}
}

void ek_rand_bytes(void *out, size_t n)
{
	int saved = errno;

	if (atomic_load(&seeded))
		seeded_bytes(out, n);
	else
		ek_rand_kernel(out, n);
	errno = saved;
}

static uint32_t rand_u32(void)
{
	unsigned char b[4];

	ek_rand_bytes(b, sizeof(b));
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

uint32_t ek_rand_below(uint32_t n)
{
	uint32_t skip, x;

	EK_ASSERT(n > 0);
	skip = (0 - n) % n; /* 2^32 mod n: these few values would make some results likelier */
	do
		x = rand_u32();
	while (x < skip);
	return x % n;
}

void ek_rand_suffix(char *out, size_t n)
{
	/* no vowels, no 0 1 3: words and lookalikes do not arise */
	static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";

	for (size_t i = 0; i < n; i++)
		out[i] = alphabet[ek_rand_below(sizeof(alphabet) - 1)];
	out[n] = '\0';
}

void ek_rand_uuid(char out[37])
{
	static const unsigned char groups[] = { 4, 2, 2, 2, 6 };
	unsigned char b[16];
	size_t at = 0;

	ek_rand_bytes(b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* version 4 */
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80); /* variant of RFC 9562 */
	for (size_t i = 0; i < EK_ARRAY_LEN(groups); i++) {
		if (i > 0)
			*out++ = '-';
		ek_hex(b + at, groups[i], out);
		at += groups[i];
		out += 2 * groups[i];
	}
}
