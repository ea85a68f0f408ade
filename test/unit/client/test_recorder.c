/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../lib/fake_client.h"

#include <ekube/clock.h>
#include <ekube/informer.h>
#include <ekube/str.h>

static struct ek_loop *loop;
static struct fake_client *fake;
static struct ek_recorder *recorder;
static struct ek_json *pod;

static void setup(void)
{
	loop = ek_loop_new();
	fake = fake_client_new(loop);
	recorder = ek_recorder_new(fake_client_of(fake), "kubelet", "node-1");
	pod = ek_json_make("{'kind':'Pod','apiVersion':'v1','metadata':{'name':'web','namespace':'ns','uid':'u1',"
			   "'resourceVersion':'7'}}");
}

static void teardown(void)
{
	ek_recorder_free(recorder);
	fake_client_free(fake);
	ek_json_unref(pod);
	ek_loop_free(loop);
}

START_TEST(tells_about_whom_and_from_where)
{
	const struct ek_json *e;

	setup();
	ek_record(recorder, pod, "spec.containers{c}", "Normal", "Started", "Started container %s", "c");
	fake_client_settle(fake);
	e = fake_client_nth(fake, &ek_kind_event, 0);
	ck_assert_ptr_nonnull(e);
	ck_assert(ek_str_starts(ek_meta_name(e), "web."));
	ck_assert_str_eq(ek_meta_namespace(e), "ns");
	ck_assert_str_eq(ek_json_str_at(e, "involvedObject.uid"), "u1");
	ck_assert_str_eq(ek_json_str_at(e, "involvedObject.fieldPath"), "spec.containers{c}");
	ck_assert_str_eq(ek_json_str_at(e, "involvedObject.resourceVersion"), "7");
	ck_assert_str_eq(ek_json_str_at(e, "message"), "Started container c");
	ck_assert_str_eq(ek_json_str_at(e, "source.component"), "kubelet");
	ck_assert_str_eq(ek_json_str_at(e, "source.host"), "node-1");
	ck_assert_int_eq(ek_json_int_at(e, "count", 0), 1);
	teardown();
}
END_TEST

START_TEST(the_same_again_is_counted)
{
	setup();
	for (int i = 0; i < 5; i++) {
		ek_record(recorder, pod, NULL, "Warning", "BackOff", "Back-off restarting");
		if (i == 2)
			fake_client_settle(fake);
	}
	fake_client_settle(fake);
	ck_assert_uint_eq(fake_client_count(fake, &ek_kind_event), 1);
	ck_assert_int_eq(ek_json_int_at(fake_client_nth(fake, &ek_kind_event, 0), "count", 0), 5);
	teardown();
}
END_TEST

START_TEST(many_messages_of_one_reason_are_combined)
{
	const struct ek_json *e;

	setup();
	for (int i = 0; i < 15; i++)
		ek_record(recorder, pod, NULL, "Warning", "Failed", "attempt %d", i);
	fake_client_settle(fake);
	ck_assert_uint_eq(fake_client_count(fake, &ek_kind_event), 10);
	e = fake_client_nth(fake, &ek_kind_event, 9);
	ck_assert_str_eq(ek_json_str_at(e, "message"), "(combined from similar events): attempt 14");
	ck_assert_int_eq(ek_json_int_at(e, "count", 0), 6);
	teardown();
}
END_TEST

START_TEST(a_flood_about_one_object_is_cut)
{
	setup();
	for (int i = 0; i < 100; i++)
		ek_record(recorder, pod, NULL, "Normal", EK_F("Reason%d", i), "x");
	fake_client_settle(fake);
	ck_assert_uint_eq(fake_client_count(fake, &ek_kind_event), 25);
	teardown();
}
END_TEST

static int64_t still(void *arg)
{
	(void)arg;
	return 1000000;
}

START_TEST(events_of_one_moment_have_names_of_their_own)
{
	static const struct ek_clock_source clock = { .mono_ms = still, .wall_us = still };

	setup();
	ek_clock_set_source(&clock);
	ek_rand_seed(2); /* two of these would be one */
	for (int i = 0; i < 25; i++)
		ek_record(recorder, pod, NULL, "Normal", EK_F("Reason%d", i), "x");
	ek_clock_set_source(NULL);
	fake_client_settle(fake);
	ck_assert_uint_eq(fake_client_count(fake, &ek_kind_event), 25);
	teardown();
}
END_TEST

START_TEST(an_expired_event_is_made_anew)
{
	EK_FREE char *name = NULL;

	setup();
	ek_record(recorder, pod, NULL, "Warning", "BackOff", "again");
	fake_client_settle(fake);
	name = ek_str_dup(ek_meta_name(fake_client_nth(fake, &ek_kind_event, 0)));
	fake_client_remove(fake, &ek_kind_event, "ns", name);
	ek_record(recorder, pod, NULL, "Warning", "BackOff", "again");
	fake_client_settle(fake);
	ck_assert_uint_eq(fake_client_count(fake, &ek_kind_event), 1);
	ck_assert_int_eq(ek_json_int_at(fake_client_nth(fake, &ek_kind_event, 0), "count", 0), 2);
	teardown();
}
END_TEST

START_TEST(what_comes_while_it_is_written_is_one_more_write)
{
	setup();
	ek_record(recorder, pod, NULL, "Warning", "BackOff", "again");
	ek_loop_turn(loop); /* in flight */
	ek_record(recorder, pod, NULL, "Warning", "BackOff", "again");
	ek_record(recorder, pod, NULL, "Warning", "BackOff", "again");
	fake_client_settle(fake);
	ck_assert_uint_eq(fake_client_count(fake, &ek_kind_event), 1);
	ck_assert_int_eq(ek_json_int_at(fake_client_nth(fake, &ek_kind_event, 0), "count", 0), 3);
	ck_assert_int_eq(fake_client_calls_of(fake, EK_DO_CREATE), 1);
	ck_assert_int_eq(fake_client_calls_of(fake, EK_DO_PATCH), 1);
	teardown();
}
END_TEST

static void record_about(int i)
{
	EK_JSON struct ek_json *other = ek_json_make("{'kind':'Pod','apiVersion':'v1','metadata':{'name':%s,'namespace':'ns','uid':%s}}",
						     EK_F("p%d", i), EK_F("u-%d", i));

	ek_record(recorder, other, NULL, "Normal", "Started", "x");
}

START_TEST(the_oldest_is_forgotten)
{
	enum { MANY = 512 };

	setup();
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++)
			record_about(i);
		fake_client_settle(fake);
	}
	ck_assert_uint_eq(fake_client_count(fake, &ek_kind_event), MANY);
	/* one too many takes the place of the first, of which nobody knows now that it has one */
	record_about(MANY);
	record_about(0);
	fake_client_settle(fake);
	ck_assert_uint_eq(fake_client_count(fake, &ek_kind_event), MANY + 2);
	teardown();
}
END_TEST

START_TEST(forgotten_while_it_is_written)
{
	setup();
	for (int i = 0; i < 2000; i++)
		record_about(i);
	fake_client_settle(fake);
	ck_assert_uint_eq(fake_client_count(fake, &ek_kind_event), 2000);
	teardown();
}
END_TEST

START_TEST(freed_with_a_write_in_flight)
{
	setup();
	ek_record(recorder, pod, NULL, "Normal", "Started", "x");
	ek_loop_turn(loop); /* this one is in flight, */
	ek_record(recorder, pod, NULL, "Normal", "Started", "x");
	ek_record(recorder, pod, NULL, "Normal", "Created", "x"); /* and this one is not yet */
	teardown();
}
END_TEST

EK_TESTS("client/recorder", tells_about_whom_and_from_where, the_same_again_is_counted,
	 many_messages_of_one_reason_are_combined, a_flood_about_one_object_is_cut,
	 events_of_one_moment_have_names_of_their_own,
	 an_expired_event_is_made_anew, what_comes_while_it_is_written_is_one_more_write,
	 the_oldest_is_forgotten, forgotten_while_it_is_written, freed_with_a_write_in_flight)
