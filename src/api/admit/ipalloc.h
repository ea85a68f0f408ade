/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Numbers 0..size-1 given out one at a time: random ones from the upper band, so that the lower band
 * stays free for who asks for a certain one (KEP-3070, KEP-3668).
 */

#include <ekube/base.h>

struct ek_numbers {
	uint8_t *bits;
	uint32_t size, band, used;
};

void ek_numbers_init(struct ek_numbers *n, uint32_t size, uint32_t band);
void ek_numbers_done(struct ek_numbers *n);
bool ek_numbers_has(const struct ek_numbers *n, uint32_t i);
bool ek_numbers_take(struct ek_numbers *n, uint32_t i);    /* false: somebody has it */
bool ek_numbers_next(struct ek_numbers *n, uint32_t *ret); /* any free one; false: none is */
void ek_numbers_give_back(struct ek_numbers *n, uint32_t i);

/* Size of the band for certain numbers: size/step, but at least min and at most max; 0 for small ranges. */
uint32_t ek_numbers_band(uint32_t size, uint32_t min, uint32_t max, uint32_t step);
