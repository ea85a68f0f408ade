/* SPDX-License-Identifier: Apache-2.0 */
#include "template.h"

#include <ekube/str.h>
#include <stdio.h>
#include <stdlib.h>

#define HASH_LABEL "pod-template-hash"

bool template_same(const struct ek_json *a, const struct ek_json *b)
{
	EK_JSON struct ek_json *x = ek_json_copy(a), *y = ek_json_copy(b);

	ek_json_del(ek_meta_labels(x), HASH_LABEL);
	ek_json_del(ek_meta_labels(y), HASH_LABEL);
	return ek_json_same(x, y);
}

/* ---- hash ---- */

enum { FNV_BASIS = 0x811c9dc5u, FNV_PRIME = 16777619 };

static void feed(uint32_t *h, const void *data, size_t n)
{
	const uint8_t *b = data;

	for (size_t i = 0; i < n; i++)
		*h = (*h ^ b[i]) * FNV_PRIME;
}

static void feed_str(uint32_t *h, const char *s)
{
	feed(h, s, strlen(s) + 1);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct ek_json_iter *)a)->key, ((const struct ek_json_iter *)b)->key);
}

static void feed_value(uint32_t *h, const struct ek_json *v);

static void feed_object(uint32_t *h, const struct ek_json *v)
{
	struct ek_json_iter *members = ek_calloc(ek_json_len(v) + 1, sizeof(*members));
	size_t n = 0;

	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
		members[n++] = it;
	qsort(members, n, sizeof(*members), by_key);
	for (size_t i = 0; i < n; i++) {
		feed_str(h, members[i].key);
		feed_value(h, members[i].value);
	}
	free(members);
}

static void feed_value(uint32_t *h, const struct ek_json *v)
{
	EK_FREE char *text = NULL;

	feed(h, (char[]){ (char)('0' + ek_json_type(v)) }, 1);
	switch (ek_json_type(v)) {
	case EK_JSON_OBJECT:
		feed_object(h, v);
		return;
	case EK_JSON_ARRAY:
		for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
			feed_value(h, it.value);
		return;
	default:
		text = ek_json_text(v);
		feed_str(h, text);
	}
}

void template_hash(const struct ek_json *template, int64_t collisions, bool has_collisions,
		   char out[16])
{
	static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
	uint32_t h = FNV_BASIS;

	feed_value(&h, template);
	if (has_collisions)
		feed_str(&h, EK_I(collisions));
	(void)ek_str_into(out, 16, "%" PRIu32, h);
	for (char *c = out; *c; c++)
		*c = alphabet[(size_t)*c % (sizeof(alphabet) - 1)];
}
