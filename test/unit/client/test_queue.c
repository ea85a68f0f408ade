/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"

#include <ekube/clock.h>
#include <ekube/informer.h>
#include <ekube/str.h>

static int64_t now_ms;

static int64_t mono(void *arg)
{
	(void)arg;
	return now_ms;
}

static int64_t wall(void *arg)
{
	(void)arg;
	return now_ms * 1000;
}

static struct ek_loop *loop;
static struct ek_queue queue;
static char worked[256]; /* keys in order of work, separated by spaces */

static void note(const char *key)
{
	strcat(worked, key);
	strcat(worked, " ");
}

static void work_only(struct ek_queue *q, const char *key)
{
	(void)q;
	note(key);
}

static void setup(unsigned workers, void (*work)(struct ek_queue *q, const char *key))
{
	static const struct ek_clock_source virtual = { mono, wall, NULL };

	ek_clock_set_source(&virtual);
	now_ms = 1000;
	worked[0] = '\0';
	loop = ek_loop_new();
	ek_queue_init(loop, &queue, workers, work);
}

static void teardown(void)
{
	ek_queue_free(&queue);
	ek_loop_free(loop);
}

static void turns(void)
{
	for (int i = 0; i < 5; i++) {
		ek_loop_advance(loop);
		ek_loop_turn(loop);
	}
}

/* Move virtual time and run what became due. */
static void pass(int64_t ms)
{
	now_ms += ms;
	turns();
}

START_TEST(added_often_is_worked_on_once)
{
	setup(1, work_only);
	ek_queue_add(&queue, "a");
	ek_queue_add(&queue, "a");
	ek_queue_add(&queue, "a");
	turns();
	ck_assert_str_eq(worked, "a ");
	ek_queue_finish(&queue, "a", 0, 0);
	turns();
	ck_assert_str_eq(worked, "a ");
	teardown();
}
END_TEST

START_TEST(added_while_in_work_is_worked_on_again)
{
	setup(2, work_only);
	ek_queue_add(&queue, "a");
	turns();
	ek_queue_add(&queue, "a");
	turns();
	ck_assert_str_eq(worked, "a "); /* never two workers on one key */
	ek_queue_finish(&queue, "a", 0, 0);
	turns();
	ck_assert_str_eq(worked, "a a ");
	ek_queue_finish(&queue, "a", 0, 0);
	teardown();
}
END_TEST

START_TEST(workers_are_bounded_and_order_is_kept)
{
	setup(2, work_only);
	ek_queue_add(&queue, "a");
	ek_queue_add(&queue, "b");
	ek_queue_add(&queue, "c");
	turns();
	ck_assert_str_eq(worked, "a b ");
	ek_queue_finish(&queue, "b", 0, 0);
	turns();
	ck_assert_str_eq(worked, "a b c ");
	ek_queue_finish(&queue, "a", 0, 0);
	ek_queue_finish(&queue, "c", 0, 0);
	teardown();
}
END_TEST

START_TEST(failures_back_off_and_success_forgets)
{
	static const int64_t waits[] = { 5, 10, 20, 40 };

	setup(1, work_only);
	ek_queue_add(&queue, "a");
	turns();
	for (size_t i = 0; i < EK_ARRAY_LEN(waits); i++) {
		worked[0] = '\0';
		ek_queue_finish(&queue, "a", EK_EINTERNAL, 0);
		pass(waits[i] - 1);
		ck_assert_str_eq(worked, "");
		pass(1);
		ck_assert_str_eq(worked, "a ");
	}
	ek_queue_finish(&queue, "a", 0, 0);
	ek_queue_add(&queue, "a");
	turns();
	worked[0] = '\0';
	ek_queue_finish(&queue, "a", EK_EINTERNAL, 0);
	pass(5);
	ck_assert_str_eq(worked, "a ");
	ek_queue_finish(&queue, "a", 0, 0);
	teardown();
}
END_TEST

START_TEST(the_earlier_of_two_waits_counts)
{
	setup(1, work_only);
	ek_queue_add_after(&queue, "a", 1000);
	ek_queue_add_after(&queue, "a", 50);
	ek_queue_add_after(&queue, "a", 500);
	pass(50);
	ck_assert_str_eq(worked, "a ");
	ek_queue_finish(&queue, "a", 0, 0);
	pass(5000);
	ck_assert_str_eq(worked, "a ");
	teardown();
}
END_TEST

START_TEST(again_comes_back)
{
	setup(1, work_only);
	ek_queue_add(&queue, "a");
	turns();
	ek_queue_finish(&queue, "a", 0, 300);
	pass(299);
	ck_assert_str_eq(worked, "a ");
	pass(1);
	ck_assert_str_eq(worked, "a a ");
	ek_queue_finish(&queue, "a", 0, 0);
	teardown();
}
END_TEST

START_TEST(closed_starts_nothing)
{
	setup(1, work_only);
	ek_queue_add(&queue, "a");
	turns();
	ek_queue_add(&queue, "b");
	ek_queue_close(&queue);
	ek_queue_finish(&queue, "a", 0, 0);
	ek_queue_add(&queue, "c");
	pass(10000);
	ck_assert_str_eq(worked, "a ");
	teardown();
}
END_TEST

static void work_at_once(struct ek_queue *q, const char *key)
{
	note(key);
	ek_queue_finish(q, key, 0, 0);
}

START_TEST(work_may_finish_before_it_returns)
{
	setup(1, work_at_once);
	ek_queue_add(&queue, "a");
	ek_queue_add(&queue, "b");
	turns();
	ck_assert_str_eq(worked, "a b ");
	teardown();
}
END_TEST

EK_TESTS("client/queue", added_often_is_worked_on_once, added_while_in_work_is_worked_on_again,
	 workers_are_bounded_and_order_is_kept, failures_back_off_and_success_forgets,
	 the_earlier_of_two_waits_counts, again_comes_back, closed_starts_nothing,
	 work_may_finish_before_it_returns)
