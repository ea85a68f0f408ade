/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../lib/controllers/ctl_test.h"

#include "rows.h"

#include <ekube/str.h>

#define RS(replicas, status) \
	"{'metadata':{'name':'web','namespace':'d','uid':'u1','generation':1," \
	"'resourceVersion':'5'}," \
	"'spec':{'replicas':" #replicas ",'selector':{'matchLabels':{'a':'b'}}," \
	"'template':{'metadata':{'labels':{'a':'b'}},'spec':{}}},'status':" status "}"
#define OWN \
	"'ownerReferences':[{'apiVersion':'apps/v1','kind':'ReplicaSet','name':'web','uid':'u1','controller':true}]"
#define OTHER \
	"'ownerReferences':[{'apiVersion':'apps/v1','kind':'ReplicaSet','name':'x','uid':'u2','controller':true}]"
#define POD(name, meta, status)                                                                    \
	"{'metadata':{'name':'" name "','namespace':'d','uid':'" name                              \
	"','resourceVersion':'7'," meta "},"                                                       \
	"'spec':{'nodeName':'n'},'status':" status "}"
#define L "'labels':{'a':'b'},"
#define READY \
	"{'phase':'Running','conditions':[{'type':'Ready','status':'True','lastTransitionTime':'2024-12-31T23:59:00Z'}]}"
#define RUNNING "{'phase':'Running'}"
#define ST(n, r)                                                                                   \
	"{'replicas':" #n ",'fullyLabeledReplicas':" #n ",'readyReplicas':" #r                     \
	",'availableReplicas':" #r ",'observedGeneration':1}"

static const struct {
	const char *what, *rs, *pods, *plan;
} rows[] = {
	{ "from zero in growing batches", RS(4, "{'replicas':0,'observedGeneration':1}"), "[]",
	  "0 create pods web-\n1 create pods web-\n1 create pods web-\n2 create pods web-\n" },
	{ "steady is silent", RS(1, ST(1, 1)), "[" POD("p1", L OWN, READY) "]", "" },
	{ "status behind", RS(1, "{'replicas':0}"), "[" POD("p1", L OWN, READY) "]",
	  "0 update replicasets/status web\n" },
	{ "unready goes first", RS(1, ST(2, 1)),
	  "[" POD("p1", L OWN, READY) "," POD("p2", L OWN, RUNNING) "]", "0 delete pods p2\n" },
	{ "the cheaper one goes first", RS(1, ST(2, 2)),
	  "[" POD("p1", L OWN, READY) "," POD(
		  "p2", L "'annotations':{'controller.kubernetes.io/pod-deletion-cost':'-5'}," OWN,
		  READY) "]",
	  "0 delete pods p2\n" },
	{ "orphans are adopted after a look at the owner", RS(1, ST(1, 1)),
	  "[" POD("p1", "'labels':{'a':'b'}", READY) "]",
	  "0 alive? replicasets web\n1 patch pods p1\n" },
	{ "what does not match is released and replaced", RS(1, ST(1, 0)),
	  "[" POD("p1", OWN, READY) "]",
	  "0 patch pods p1\n1 create pods web-\n2 update replicasets/status web\n" },
	{ "another's pod is left alone", RS(0, "{'replicas':0,'observedGeneration':1}"),
	  "[" POD("p1", L OTHER, READY) "]", "" },
	{ "finished pods do not count", RS(1, "{'replicas':0,'observedGeneration':1}"),
	  "[" POD("p1", L OWN, "{'phase':'Failed'}") "]", "0 create pods web-\n" },
	{ "no pods for one that is being deleted",
	  "{'metadata':{'name':'web','namespace':'d','uid':'u1','deletionTimestamp':'2025-01-01T00:00:00Z'},"
	  "'spec':{'replicas':3,'selector':{'matchLabels':{'a':'b'}},'template':{}},'status':{'replicas':0}}",
	  "[]", "" },
};

START_TEST(plans)
{
	struct snapshot s;
	EK_FREE char *got = NULL;

	ctl_snapshot(&s, &ek_kind_replicaset, rows[_i].rs, rows[_i].pods, NULL, NULL);
	got = ctl_decide(replicaset_reconcile, &s);
	ck_assert_msg(ek_streq(got, rows[_i].plan), "%s: got\n%s", rows[_i].what, got);
	snapshot_done(&s);
}
END_TEST

START_TEST(failure_becomes_a_condition)
{
	struct snapshot s;
	EK_JSON struct ek_json *body = NULL;

	ctl_snapshot(&s, &ek_kind_replicaset, RS(2, "{'replicas':0}"), "[]", NULL, NULL);
	s.failure = EK_EFORBIDDEN;
	s.failure_text = "exceeded quota";
	body = ctl_body(replicaset_reconcile, &s, PLAN_UPDATE, &ek_kind_replicaset, "status");
	ck_assert_str_eq(ek_json_str_at(ek_meta_condition(body, "ReplicaFailure"), "reason"),
			 "FailedCreate");
	ck_assert_str_eq(ek_json_str_at(ek_meta_condition(body, "ReplicaFailure"), "message"),
			 "exceeded quota");
	snapshot_done(&s);
}
END_TEST

START_TEST(a_pod_is_made_to_the_template)
{
	struct snapshot s;
	EK_JSON struct ek_json *body = NULL;
	const struct ek_json *ref;

	ctl_snapshot(&s, &ek_kind_replicaset, RS(1, "{}"), "[]", NULL, NULL);
	body = ctl_body(replicaset_reconcile, &s, PLAN_CREATE, &ek_kind_pod, NULL);
	ref = ek_meta_controller(body);
	ck_assert_str_eq(ek_json_str_at(body, "metadata.generateName"), "web-");
	ck_assert_str_eq(ek_meta_label(body, "a"), "b");
	ck_assert_str_eq(ek_json_str_at(ref, "apiVersion"), "apps/v1");
	ck_assert(ek_json_bool_at(ref, "blockOwnerDeletion", false));
	snapshot_done(&s);
}
END_TEST

static const struct controller *const only_rs[] = { &replicaset_controller };

static void put_rs(struct ctl *c, int replicas)
{
	EK_FREE char *text =
		ek_str_fmt("{'metadata':{'name':'web','namespace':'d','uid':'u1','generation':1},"
			   "'spec':{'replicas':%d,'selector':{'matchLabels':{'a':'b'}},'template':"
			   "{'metadata':{'labels':{'a':'b'}},'spec':{}}}}",
			   replicas);

	fake_client_put_text(c->fake, &ek_kind_replicaset, text);
}

START_TEST(runs_up_and_down)
{
	struct ctl c = { 0 };
	const struct ek_json *rs;
	int calls;

	ctl_start(&c, only_rs, 1);
	put_rs(&c, 10);
	ctl_settle(&c);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_pod), 10);
	rs = fake_client_get(c.fake, &ek_kind_replicaset, "d", "web");
	ck_assert_int_eq(ek_json_int_at(rs, "status.replicas", 0), 10);
	calls = fake_client_calls(c.fake);
	ctl_pass(&c, 3600 * 1000);
	ck_assert_int_eq(fake_client_calls(c.fake), calls); /* silent at rest */
	put_rs(&c, 3);
	ctl_settle(&c);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_pod), 3);
	ck_assert_int_eq(ctl_events(&c, "SuccessfulCreate"), 10);
	ck_assert_int_eq(ctl_events(&c, "SuccessfulDelete"), 7);
	ctl_stop(&c);
}
END_TEST

START_TEST(refusals_are_told_and_tried_again)
{
	struct ctl c = { 0 };
	const struct ek_json *rs;

	ctl_start(&c, only_rs, 1);
	ctl_settle(&c);
	fake_client_fail(c.fake, EK_DO_CREATE, &ek_kind_pod, EK_EFORBIDDEN, 3);
	put_rs(&c, 4);
	ctl_settle(&c);
	rs = fake_client_get(c.fake, &ek_kind_replicaset, "d", "web");
	ck_assert(ek_meta_condition_is(rs, "ReplicaFailure", "True"));
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_pod), 0);
	ctl_pass(&c, 2000);
	rs = fake_client_get(c.fake, &ek_kind_replicaset, "d", "web");
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_pod), 4);
	ck_assert_ptr_null(ek_meta_condition(rs, "ReplicaFailure"));
	ck_assert_int_ge(ctl_events(&c, "FailedCreate"), 1);
	ctl_stop(&c);
}
END_TEST

START_TEST(never_too_many_while_the_cache_is_behind)
{
	struct ctl c = { 0 };

	ctl_start(&c, only_rs, 1);
	put_rs(&c, 5);
	/* changes of the object come in while its pods are being made */
	for (int i = 0; i < 50; i++) {
		ek_loop_turn(c.loop);
		put_rs(&c, 5);
		ck_assert_uint_le(fake_client_count(c.fake, &ek_kind_pod), 5);
	}
	ctl_pass(&c, 5000);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_pod), 5);
	ctl_stop(&c);
}
END_TEST

START_TEST(stops_in_the_middle)
{
	for (int turns = 0; turns < 12; turns++) {
		struct ctl c = { 0 };

		ctl_start(&c, only_rs, 1);
		put_rs(&c, 20);
		for (int i = 0; i < turns; i++)
			ek_loop_turn(c.loop);
		ctl_stop(&c);
	}
}
END_TEST

START_TEST(a_replication_controller_too)
{
	static const struct controller *const rc[] = { &replication_controller };
	struct ctl c = { 0 };

	ctl_start(&c, rc, 1);
	fake_client_put_text(
		c.fake, &ek_kind_rc,
		"{'metadata':{'name':'w','namespace':'d','uid':'u1'},'spec':{'replicas':2,"
		"'selector':{'a':'b'},'template':{'metadata':{'labels':{'a':'b'}},'spec':{}}}}");
	ctl_settle(&c);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_pod), 2);
	ctl_stop(&c);
}
END_TEST

EK_TESTS("controllers/replicaset", EK_ROWS(plans, rows), failure_becomes_a_condition,
	 a_pod_is_made_to_the_template, runs_up_and_down, refusals_are_told_and_tried_again,
	 never_too_many_while_the_cache_is_behind, stops_in_the_middle,
	 a_replication_controller_too)
