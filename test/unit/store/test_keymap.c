/* SPDX-License-Identifier: Apache-2.0 */
#include "keymap.h"

#include <ek_test.h>
#include <stdio.h>

static int freed;

static void count_free(void *value)
{
	free(value);
	freed++;
}

/* Against a plain table of all keys there can be. */
START_TEST(behaves_like_a_sorted_table)
{
	enum { N = 500 };
	struct keymap m = { 0 };
	int *table[N] = { 0 };
	size_t n = 0;
	uint32_t seed = 12345;
	char key[16];

	for (int step = 0; step < 20000; step++) {
		seed = seed * 1103515245u + 12345u;
		int i = (int)(seed >> 8) % N;
		const struct keynode *node;
		bool inclusive = step & 1;
		int after = i + !inclusive;

		snprintf(key, sizeof(key), "%04d", i);
		if (seed >> 31) {
			int *v = ek_malloc(sizeof(*v));

			*v = step;
			ck_assert_ptr_eq(keymap_put(&m, key, v), table[i]);
			n += !table[i];
			free(table[i]);
			table[i] = v;
		} else if (seed >> 30) {
			ck_assert_ptr_eq(keymap_del(&m, key), table[i]);
			n -= table[i] != NULL;
			free(table[i]);
			table[i] = NULL;
		}
		ck_assert_ptr_eq(keymap_get(&m, key), table[i]);
		ck_assert_uint_eq(m.n, n);
		node = keymap_from(&m, key, inclusive);
		while (after < N && !table[after])
			after++;
		ck_assert_ptr_eq(node ? node->value : NULL, after < N ? table[after] : NULL);
	}
	const struct keynode *node = keymap_from(&m, NULL, false);
	for (int i = 0; i < N; i++) {
		if (!table[i])
			continue;
		snprintf(key, sizeof(key), "%04d", i);
		ck_assert_str_eq(node->key, key);
		ck_assert_ptr_eq(node->value, table[i]);
		node = node->next[0];
	}
	ck_assert_ptr_null(node);
	keymap_done(&m, count_free);
	ck_assert_uint_eq((size_t)freed, n);
	ck_assert_uint_eq(m.n, 0);
	ck_assert_ptr_null(keymap_get(&m, "0001"));
}
END_TEST

START_TEST(orders_by_bytes)
{
	static const char *const keys[] = { "/a",    "/a/",	  "/a/b", "/a0",
					    "/\x7f", "/\xc3\xa9", "/\xff" };
	struct keymap m = { 0 };
	const struct keynode *n;
	size_t i = 0;

	for (size_t k = EK_ARRAY_LEN(keys); k-- > 0;)
		keymap_put(&m, keys[k], &m);
	for (n = keymap_from(&m, NULL, true); n; n = n->next[0])
		ck_assert_str_eq(n->key, keys[i++]);
	ck_assert_uint_eq(i, EK_ARRAY_LEN(keys));
	keymap_done(&m, NULL);
}
END_TEST

EK_TESTS("store/keymap", behaves_like_a_sorted_table, orders_by_bytes)
