/* SPDX-License-Identifier: Apache-2.0 */
#include "ipalloc.h"

#include <ekube/clock.h>

#include <stdlib.h>

void ek_numbers_init(struct ek_numbers *n, uint32_t size, uint32_t band)
{
	*n = (struct ek_numbers){ .bits = ek_calloc(size / 8 + 1, 1),
				  .size = size,
				  .band = EK_MIN(band, size) };
}

void ek_numbers_done(struct ek_numbers *n)
{
	free(n->bits);
	*n = (struct ek_numbers){ 0 };
}

bool ek_numbers_has(const struct ek_numbers *n, uint32_t i)
{
	return i < n->size && (n->bits[i / 8] >> (i % 8) & 1);
}

bool ek_numbers_take(struct ek_numbers *n, uint32_t i)
{
	if (i >= n->size || ek_numbers_has(n, i))
		return false;
	n->bits[i / 8] = (uint8_t)(n->bits[i / 8] | 1u << (i % 8));
	n->used++;
	return true;
}

void ek_numbers_give_back(struct ek_numbers *n, uint32_t i)
{
	if (!ek_numbers_has(n, i))
		return;
	n->bits[i / 8] = (uint8_t)(n->bits[i / 8] & ~(1u << (i % 8)));
	n->used--;
}

/* From a random place in [from, to) around to it again. */
static bool next_in(struct ek_numbers *n, uint32_t from, uint32_t to, uint32_t *ret)
{
	uint32_t count = to - from, at;

	if (count == 0)
		return false;
	at = ek_rand_below(count);
	for (uint32_t k = 0; k < count; k++) {
		uint32_t i = from + (at + k) % count;

		if (ek_numbers_take(n, i)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

bool ek_numbers_next(struct ek_numbers *n, uint32_t *ret)
{
	if (n->used >= n->size)
		return false;
	return next_in(n, n->band, n->size, ret) || next_in(n, 0, n->band, ret);
}

uint32_t ek_numbers_band(uint32_t size, uint32_t min, uint32_t max, uint32_t step)
{
	if (size <= min)
		return 0;
	return EK_MIN(EK_MAX(size / step, min), max);
}
