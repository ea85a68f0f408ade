/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/hash.h>

#include <pthread.h>
#include <string.h>

#include "rand.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint64_t secret[2];

static void make_secret(void)
{
	ek_rand_kernel(secret, sizeof(secret));
}

static uint64_t rotl(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

uint32_t ek_hash(const void *p, size_t n)
{
	const char *key = p;
	size_t left = n;
	uint64_t v[4], m, last = (uint64_t)n << 56;

	(void)pthread_once(&once, make_secret);
	v[0] = secret[0] ^ UINT64_C(0x736f6d6570736575);
	v[1] = secret[1] ^ UINT64_C(0x646f72616e646f6d);
	v[2] = secret[0] ^ UINT64_C(0x6c7967656e657261);
	v[3] = secret[1] ^ UINT64_C(0x7465646279746573);
	for (; left >= 8; left -= 8, key += 8) {
		memcpy(&m, key, 8);
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	m = 0;
	memcpy(&m, key, left);
	last ^= m;
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	m = v[0] ^ v[1] ^ v[2] ^ v[3];
	return (uint32_t)(m ^ (m >> 32));
}
