/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/buf.h>

#include <stdlib.h>
#include <string.h>

struct ek_bytes *ek_bytes_new(const void *data, size_t n)
{
	struct ek_bytes *b;

	EK_ASSERT(n < INT32_MAX);
	b = ek_malloc(offsetof(struct ek_bytes, data) + n + 1);
	b->refs = 1;
	b->len = (uint32_t)n;
	if (data)
		memcpy(b->data, data, n);
	else
		memset(b->data, 0, n);
	b->data[n] = '\0';
	return b;
}

struct ek_bytes *ek_bytes_ref(struct ek_bytes *b)
{
	unsigned was = __atomic_fetch_add(&b->refs, 1, __ATOMIC_RELAXED);

	EK_ASSERT(was > 0 && was < UINT32_MAX / 2);
	return b;
}

void ek_bytes_unref(struct ek_bytes *b)
{
	/* release what this holder did, acquire what the others did before the memory goes */
	if (b && __atomic_fetch_sub(&b->refs, 1, __ATOMIC_ACQ_REL) == 1)
		free(b);
}

void ek_bytes_unrefp(struct ek_bytes **b)
{
	ek_bytes_unref(*b);
}
