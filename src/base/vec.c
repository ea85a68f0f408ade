/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/vec.h>

void *ek_vec_grow_(void *items, size_t *cap, size_t need, size_t item_size)
{
	size_t n = EK_MAX(*cap, (size_t)2) * 2;
	size_t size;

	n = EK_MAX(n, need);
	EK_ASSERT(!__builtin_mul_overflow(n, item_size, &size));
	*cap = n;
	return ek_realloc(items, size);
}
