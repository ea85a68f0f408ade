/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/meta.h>
#include <ekube/str.h>

#include <stdlib.h>

/* The canonical form means the same and settles; arithmetic stays in its bounds. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * At the second reading: what was calculated in binary and is no multiple of 1024 shows plain
 * digits, which then read as decimal ("1610613000" becomes "1610613k").
 */
static void settles(const struct ek_quantity *q)
{
	struct ek_quantity again = *q;
	char text[2][40];

	for (int i = 0; i < 2; i++) {
		ek_quantity_format(&again, text[i]);
		EK_ASSERT(ek_quantity_parse(text[i], &again, NULL) == 0);
		EK_ASSERT(ek_quantity_cmp(q, &again) == 0);
		EK_ASSERT(ek_quantity_value(q) == ek_quantity_value(&again));
	}
	ek_quantity_format(&again, text[0]);
	EK_ASSERT(ek_streq(text[0], text[1]));
}

/* Input: two quantities, a space between. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_FREE char *text = ek_str_ndup((const char *)data, size);
	struct ek_quantity a, b, sum;
	char *parts[2], kept[40];

	if (ek_str_split(text, ' ', parts, 2) < 2 || ek_quantity_parse(parts[0], &a, NULL) < 0)
		return 0;
	settles(&a);
	EK_ASSERT(ek_quantity_canonical(parts[0], kept, NULL) == 0);
	EK_ASSERT(ek_quantity_parse(kept, &sum, NULL) == 0 && ek_quantity_cmp(&a, &sum) == 0);
	if (ek_quantity_parse(parts[1], &b, NULL) < 0)
		return 0;
	EK_ASSERT(ek_quantity_cmp(&a, &b) == -ek_quantity_cmp(&b, &a));
	sum = a;
	ek_quantity_add(&sum, &b);
	settles(&sum);
	if (b.value > 0)
		EK_ASSERT(ek_quantity_cmp(&sum, &a) >= 0);
	ek_quantity_sub(&sum, &b);
	settles(&sum);
	return 0;
}
