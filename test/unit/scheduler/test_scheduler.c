/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../lib/fake_client.h"

#include <ekube/scheduler.h>
#include <ekube/str.h>

static struct ek_loop *loop;
static struct fake_client *fake;
static struct ek_informers *informers;
static struct ek_scheduler *scheduler;

static void setup(void)
{
	loop = ek_loop_new();
	fake = fake_client_new(loop);
	informers = ek_informers_new(fake_client_of(fake));
}

static void start(void)
{
	scheduler = ek_scheduler_start(fake_client_of(fake), informers);
	fake_client_settle(fake);
}

static void teardown(void)
{
	ek_scheduler_stop(scheduler);
	ek_informers_free(informers);
	fake_client_free(fake);
	ek_loop_free(loop);
}

static void put_node(const char *name, const char *cpu)
{
	EK_JSON struct ek_json *o = ek_json_make("{'metadata':{'name':%s},'status':{'allocatable':{'cpu':%s,"
						 "'memory':'1Gi','pods':'10'}}}", name, cpu);

	fake_client_put(fake, &ek_kind_node, o);
}

static void put_pod(const char *name, const char *cpu, int priority)
{
	EK_JSON struct ek_json *o = ek_json_make(
		"{'metadata':{'name':%s,'namespace':'ns','uid':%s},'spec':{'schedulerName':'default-scheduler',"
		"'priority':%d,'containers':[{'name':'c','resources':{'requests':{'cpu':%s}}}]}}",
		name, name, priority, cpu);

	fake_client_put(fake, &ek_kind_pod, o);
}

static const char *node_of(const char *pod)
{
	const char *node = ek_json_str_at(fake_client_get(fake, &ek_kind_pod, "ns", pod), "spec.nodeName");

	return node ? node : "";
}

static const char *condition(const char *pod, const char *field)
{
	const struct ek_json *c = ek_meta_condition(fake_client_get(fake, &ek_kind_pod, "ns", pod), "PodScheduled");

	return ek_json_str(ek_json_get(c, field));
}

START_TEST(binds_and_tells)
{
	setup();
	put_node("n1", "1");
	put_pod("a", "500m", 0);
	start();
	ck_assert_str_eq(node_of("a"), "n1");
	const struct ek_json *e = fake_client_nth(fake, &ek_kind_event, 0);
	ck_assert_str_eq(ek_json_str_at(e, "reason"), "Scheduled");
	ck_assert_str_eq(ek_json_str_at(e, "message"), "Successfully assigned ns/a to n1");
	ck_assert_str_eq(ek_json_str_at(e, "source.component"), "default-scheduler");
	teardown();
}
END_TEST

START_TEST(says_why_not_and_tries_again_when_room_comes)
{
	const bool never = false;

	setup();
	put_node("n1", "1");
	put_pod("a", "700m", 0);
	start();
	put_pod("b", "700m", 0);
	fake_client_settle(fake);
	ck_assert_str_eq(node_of("b"), "");
	ck_assert_str_eq(condition("b", "status"), "False");
	ck_assert_str_eq(condition("b", "reason"), "Unschedulable");
	ck_assert_str_eq(condition("b", "message"),
			 "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: "
			 "1 No preemption victims found for incoming pod.");
	fake_client_remove(fake, &ek_kind_pod, "ns", "a");
	fake_client_settle(fake);
	(void)ek_loop_until(loop, &never, 1300); /* the first back-off is a second */
	fake_client_settle(fake);
	ck_assert_str_eq(node_of("b"), "n1");
	teardown();
}
END_TEST

START_TEST(without_nodes)
{
	setup();
	start();
	put_pod("a", "1", 0);
	fake_client_settle(fake);
	ck_assert_str_eq(condition("a", "message"), "no nodes available to schedule pods");
	teardown();
}
END_TEST

START_TEST(two_pods_do_not_share_the_last_room)
{
	setup();
	put_node("n1", "1");
	put_pod("a", "600m", 0);
	put_pod("b", "600m", 0);
	start();
	ck_assert_int_eq((*node_of("a") != '\0') + (*node_of("b") != '\0'), 1);
	teardown();
}
END_TEST

START_TEST(the_important_goes_first)
{
	setup();
	put_node("n1", "1");
	put_pod("low", "600m", 0);
	put_pod("high", "600m", 100);
	start();
	ck_assert_str_eq(node_of("high"), "n1");
	ck_assert_str_eq(node_of("low"), "");
	teardown();
}
END_TEST

START_TEST(makes_room_for_the_important)
{
	setup();
	put_node("n1", "1");
	put_pod("low", "600m", 0);
	start();
	ck_assert_str_eq(node_of("low"), "n1");
	put_pod("high", "600m", 100);
	fake_client_settle(fake);
	const struct ek_json *low = fake_client_get(fake, &ek_kind_pod, "ns", "low");
	const struct ek_json *why = ek_meta_condition(low, "DisruptionTarget");

	ck_assert(ek_meta_deleting(low));
	ck_assert_str_eq(ek_json_str_at(why, "status"), "True");
	ck_assert_str_eq(ek_json_str_at(why, "reason"), "PreemptionByScheduler");
	ck_assert_str_eq(ek_json_str_at(why, "message"), "default-scheduler: preempting to accommodate a higher priority pod");
	ck_assert_str_eq(ek_json_str_at(fake_client_get(fake, &ek_kind_pod, "ns", "high"), "status.nominatedNodeName"), "n1");
	teardown();
}
END_TEST

START_TEST(a_failed_bind_is_tried_again)
{
	const bool never = false;

	setup();
	put_node("n1", "1");
	put_pod("a", "600m", 0);
	fake_client_fail(fake, EK_DO_CREATE, &ek_kind_pod, EK_EINTERNAL, 1);
	start();
	ck_assert_str_eq(node_of("a"), "");
	(void)ek_loop_until(loop, &never, 1300);
	fake_client_settle(fake);
	ck_assert_str_eq(node_of("a"), "n1");
	teardown();
}
END_TEST

START_TEST(leaves_others_pods_alone)
{
	EK_JSON struct ek_json *o = ek_json_make("{'metadata':{'name':'x','namespace':'ns','uid':'x'},"
						 "'spec':{'schedulerName':'mine','containers':[{}]}}");

	setup();
	put_node("n1", "1");
	fake_client_put(fake, &ek_kind_pod, o);
	start();
	ck_assert_str_eq(node_of("x"), "");
	ck_assert_ptr_null(condition("x", "status"));
	teardown();
}
END_TEST

START_TEST(a_thousand_nodes)
{
	setup();
	for (int i = 0; i < 1000; i++)
		put_node(EK_F("n%d", i), "1");
	for (int i = 0; i < 20; i++)
		put_pod(EK_F("p%d", i), "600m", 0);
	start();
	for (int i = 0; i < 20; i++)
		ck_assert_str_ne(node_of(EK_F("p%d", i)), "");
	teardown();
}
END_TEST

EK_TESTS("scheduler/scheduler", binds_and_tells, says_why_not_and_tries_again_when_room_comes,
	 without_nodes, two_pods_do_not_share_the_last_room, the_important_goes_first,
	 makes_room_for_the_important, a_failed_bind_is_tried_again, leaves_others_pods_alone,
	 a_thousand_nodes)
