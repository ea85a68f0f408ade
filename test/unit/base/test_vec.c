/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/vec.h>

#include <ek_test.h>

START_TEST(pushes_in_order)
{
	EK_VEC(int) v = { 0 };

	for (int i = 0; i < 1000; i++)
		ek_vec_push(&v, i);
	ck_assert_uint_eq(v.n, 1000);
	ck_assert_uint_ge(v.cap, 1000);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(v.items[i], i);
	ek_vec_done(&v);
	ck_assert_ptr_null(v.items);
	ck_assert_uint_eq(v.n + v.cap, 0);
	ek_vec_done(&v);
}
END_TEST

START_TEST(removal_keeps_order)
{
	EK_VEC(char) v = { 0 };

	for (char c = 'a'; c <= 'e'; c++)
		ek_vec_push(&v, c);
	ek_vec_remove(&v, 2);
	ck_assert_mem_eq(v.items, "abde", 4);
	ek_vec_remove(&v, 0);
	ek_vec_remove(&v, v.n - 1);
	ck_assert_uint_eq(v.n, 2);
	ck_assert_mem_eq(v.items, "bd", 2);
	ek_vec_done(&v);
}
END_TEST

START_TEST(grows_to_what_is_needed)
{
	size_t cap = 0;
	EK_FREE int *items = ek_vec_grow_(NULL, &cap, 100, sizeof(int));

	ck_assert_uint_eq(cap, 100);
	memset(items, 0, cap * sizeof(int));
	items = ek_vec_grow_(items, &cap, 101, sizeof(int));
	ck_assert_uint_eq(cap, 200);
}
END_TEST

struct node {
	int v;
	struct ek_list link;
};

/* "123" for a list of 1, 2, 3. */
static void spell(struct ek_list *head, char *out)
{
	EK_LIST_EACH(at, next, head) {
		*out++ = (char)('0' + ek_container_of(at, struct node, link)->v);
	}
	*out = '\0';
}

START_TEST(lists)
{
	struct node nodes[4] = { { .v = 0 }, { .v = 1 }, { .v = 2 }, { .v = 3 } };
	struct ek_list head, untouched = { 0 };
	char out[8];

	ek_list_init(&head);
	ck_assert(ek_list_empty(&head) && ek_list_empty(&untouched));
	ck_assert_ptr_null(ek_list_first(&head, struct node, link));
	for (size_t i = 0; i < EK_ARRAY_LEN(nodes); i++)
		ek_list_add_tail(&head, &nodes[i].link);
	spell(&head, out);
	ck_assert_str_eq(out, "0123");
	ek_list_del(&nodes[1].link);
	ek_list_del(&nodes[1].link); /* already out */
	ck_assert_ptr_eq(ek_list_first(&head, struct node, link), &nodes[0]);
	EK_LIST_EACH(at, next, &head) {
		if (ek_container_of(at, struct node, link)->v != 2)
			ek_list_del(at);
	}
	spell(&head, out);
	ck_assert_str_eq(out, "2");
	ek_list_del(&nodes[2].link);
	ck_assert(ek_list_empty(&head));
	EK_LIST_EACH(at, next, &untouched) {
		ck_abort_msg("a zeroed head has no nodes");
	}
}
END_TEST

EK_TESTS("base/vec", pushes_in_order, removal_keeps_order, grows_to_what_is_needed, lists)
