/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../lib/controllers/ctl_test.h"

#include "rows.h"

#include <ekube/clock.h>
#include <ekube/str.h>

#define NODE(name, ready, more_conditions, spec)                                                   \
	"{'kind':'Node','apiVersion':'v1','metadata':{'name':'" name "','uid':'" name              \
	"','resourceVersion':'2',"                                                                 \
	"'creationTimestamp':'2024-12-31T00:00:00Z'},'spec':{" spec                                \
	"},'status':{'conditions':[{'type':'Ready',"                                               \
	"'status':'" ready "','reason':'r'}" more_conditions "]}}"
#define TAINT(key, effect) "{'key':'node.kubernetes.io/" key "','effect':'" effect "'}"

/*
 * flag: another node is ready; taints: "key:effect ..." after the pass, NULL when the node is not
 * written
 */
static const struct {
	const char *what, *node;
	bool another;
	const char *taints;
} taint_rows[] = {
	{ "a ready node", NODE("n", "True", "", ""), true, NULL },
	{ "not ready", NODE("n", "False", "", ""), true,
	  "not-ready:NoSchedule not-ready:NoExecute " },
	{ "not ready, the last", NODE("n", "False", "", ""), false, "not-ready:NoSchedule " },
	{ "unknown", NODE("n", "Unknown", "", ""), true,
	  "unreachable:NoSchedule unreachable:NoExecute " },
	{ "recovered",
	  NODE("n", "True", "",
	       "'taints':[" TAINT("unreachable", "NoSchedule") "," TAINT("unreachable",
									 "NoExecute") "]"),
	  true, "" },
	{ "another's taint stays",
	  NODE("n", "True", "",
	       "'taints':[" TAINT("x", "NoExecute") "," TAINT("not-ready", "NoSchedule") "]"),
	  true, "x:NoExecute " },
	{ "pressure and cordon",
	  NODE("n", "True", ",{'type':'DiskPressure','status':'True'}", "'unschedulable':true"),
	  true, "disk-pressure:NoSchedule unschedulable:NoSchedule " },
	{ "nothing new", NODE("n", "False", "", "'taints':[" TAINT("not-ready", "NoSchedule") "]"),
	  false, NULL },
};

START_TEST(taints_follow_conditions)
{
	struct snapshot s;
	EK_JSON struct ek_json *body = NULL;
	char got[256] = "";

	ctl_snapshot(&s, &ek_kind_node, taint_rows[_i].node, NULL, NULL, NULL);
	s.seen_us = s.now_us;
	s.flag = taint_rows[_i].another;
	body = ctl_body(node_lifecycle_reconcile, &s, PLAN_UPDATE, &ek_kind_node, NULL);
	for (struct ek_json_iter it = ek_json_iter(ek_json_at(body, "spec.taints"));
	     ek_json_next(&it);)
		strcat(got, EK_F("%s:%s ",
				 ek_json_str_at(it.value, "key") + strlen("node.kubernetes.io/"),
				 ek_json_str_at(it.value, "effect")));
	ck_assert_msg((body != NULL) == (taint_rows[_i].taints != NULL) &&
			      (!body || ek_streq(got, taint_rows[_i].taints)),
		      "%s: %s", taint_rows[_i].what, body ? got : "no write");
	snapshot_done(&s);
}
END_TEST

START_TEST(silence_is_unknown)
{
	static const struct {
		int64_t silent_s, grace_ms;
		bool lost;
	} cases[] = { { 39, 0, false }, { 41, 0, true }, { 5, 4000, true }, { 3, 4000, false } };

	for (size_t i = 0; i < EK_ARRAY_LEN(cases); i++) {
		struct snapshot s;
		EK_JSON struct ek_json *body = NULL;
		const struct ek_json *c;

		ctl_snapshot(&s, &ek_kind_node, NODE("n", "True", "", ""), NULL, NULL, NULL);
		s.seen_us = s.now_us - cases[i].silent_s * 1000000;
		s.grace_ms = cases[i].grace_ms;
		body = ctl_body(node_lifecycle_reconcile, &s, PLAN_UPDATE, &ek_kind_node, "status");
		ck_assert_int_eq(body != NULL, cases[i].lost);
		if (body) {
			c = ek_meta_condition(body, "Ready");
			ck_assert_str_eq(ek_json_str_at(c, "status"), "Unknown");
			ck_assert_str_eq(ek_json_str_at(c, "reason"), "NodeStatusUnknown");
			ck_assert_str_eq(ek_json_str_at(c, "message"),
					 "Kubelet stopped posting node status.");
			ck_assert_str_eq(ek_json_str_at(ek_meta_condition(body, "DiskPressure"),
							"reason"),
					 "NodeStatusNeverUpdated");
		}
		snapshot_done(&s);
	}
}
END_TEST

#define POD(tolerations, more)                                                                     \
	"{'kind':'Pod','metadata':{'name':'p','namespace':'d','uid':'p'" more                      \
	"},'spec':{'nodeName':'n','tolerations':[" tolerations "]}}"
#define T(key, seconds) "{'key':'" key "','operator':'Exists','effect':'NoExecute'" seconds "}"
#define TAINTED(taints) "[{'metadata':{'name':'n'},'spec':{'taints':[" taints "]}}]"
#define X		"{'key':'x','value':'v','effect':'NoExecute'}"
#define LONG_AGO	"{'key':'x','effect':'NoExecute','timeAdded':'2024-12-31T23:59:50Z'}"
#define EVICTED                                                                                    \
	"0 update pods/status p\n1 delete pods p\nTaintManagerEviction: Marking for deletion Pod d/p\n"

static const struct {
	const char *what, *pod, *node, *plan;
	int64_t again_ms;
} evictions[] = {
	{ "no taint", POD("", ""), TAINTED(""), "", 0 },
	{ "not tolerated", POD("", ""), TAINTED(X), EVICTED, 0 },
	{ "tolerated for ever", POD(T("x", ""), ""), TAINTED(X), "", 0 },
	{ "everything tolerated", POD("{'operator':'Exists'}", ""), TAINTED(X), "", 0 },
	{ "another value", POD("{'key':'x','value':'w','effect':'NoExecute'}", ""), TAINTED(X),
	  EVICTED, 0 },
	{ "the same value", POD("{'key':'x','value':'v','effect':'NoExecute'}", ""), TAINTED(X), "",
	  0 },
	{ "tolerated for a while", POD(T("x", ",'tolerationSeconds':30"), ""), TAINTED(X), "",
	  30001 },
	{ "counted from when the taint came", POD(T("x", ",'tolerationSeconds':30"), ""),
	  TAINTED(LONG_AGO), "", 20001 },
	{ "that is over", POD(T("x", ",'tolerationSeconds':10"), ""), TAINTED(LONG_AGO), EVICTED,
	  0 },
	{ "the shortest counts",
	  POD(T("x", ",'tolerationSeconds':30") "," T("y", ",'tolerationSeconds':7"), ""),
	  TAINTED(X ",{'key':'y','effect':'NoExecute'}"), "", 7001 },
	{ "NoSchedule does not evict", POD("", ""), TAINTED("{'key':'x','effect':'NoSchedule'}"),
	  "", 0 },
	{ "already leaving", POD("", ",'deletionTimestamp':'2025-01-01T00:00:00Z'"), TAINTED(X), "",
	  0 },
};

START_TEST(evicts)
{
	struct snapshot s;
	struct plan p = { 0 };
	EK_FREE char *got = NULL;

	ctl_snapshot(&s, &ek_kind_pod, evictions[_i].pod, evictions[_i].node, NULL, NULL);
	s.seen_us = s.now_us;
	ck_assert_int_eq(taint_eviction_reconcile(&s, &p, NULL), 0);
	got = plan_text(&p);
	ck_assert_msg(ek_streq(got, evictions[_i].plan), "%s: got\n%s", evictions[_i].what, got);
	ck_assert_int_eq(p.again_ms, evictions[_i].again_ms);
	plan_done(&p);
	snapshot_done(&s);
}
END_TEST

#define TAKEN_BACK "TaintManagerEviction: Cancelling deletion of Pod d/p\n"

START_TEST(an_eviction_that_was_planned_is_called_off)
{
	struct snapshot s;
	EK_FREE char *got = NULL;

	ctl_snapshot(&s, &ek_kind_pod, POD("", ""), TAINTED(""), NULL, NULL);
	s.flag = true;
	got = ctl_decide(taint_eviction_reconcile, &s);
	ck_assert_str_eq(got, TAKEN_BACK);
	snapshot_done(&s);
}
END_TEST

START_TEST(of_too_many_finished_pods_the_oldest_go)
{
	struct snapshot s = { .kind = &ek_kind_pod, .ns = "*", .name = "finished" };
	EK_FREE char *got = NULL;

	for (int i = 0; i < 12502; i++)
		ek_vec_push(&s.list[1], ek_json_make("{'metadata':{'name':%s,'namespace':'d'}}",
						     EK_F("p%d", i)));
	got = ctl_decide(pod_gc_reconcile, &s);
	ck_assert_str_eq(got, "0 delete pods p0\n0 delete pods p1\n");
	snapshot_done(&s);
}
END_TEST

/* ---- running ---- */

static const struct controller *const all[] = { &node_lifecycle_controller,
						&taint_eviction_controller, &pod_gc_controller };

static void put_lease(struct ctl *c, const char *node)
{
	char now[40];

	ek_time_format_micro(ek_clock_wall_us(), now);
	EK_FREE char *text = ek_str_fmt(
		"{'metadata':{'name':'%s','namespace':'kube-node-lease'},'spec':{'renewTime':'%s'}}",
		node, now);
	fake_client_put_text(c->fake, &ek_kind_lease, text);
}

static void start(struct ctl *c)
{
	ctl_start(c, all, 3);
	fake_client_put_text(c->fake, &ek_kind_node, NODE("n", "True", "", ""));
	fake_client_put_text(c->fake, &ek_kind_node, NODE("m", "True", "", ""));
	fake_client_put_text(
		c->fake, &ek_kind_pod,
		"{'metadata':{'name':'p','namespace':'d','uid':'p'},'spec':{'nodeName':'n',"
		"'terminationGracePeriodSeconds':30,'tolerations':[{'key':'node.kubernetes.io/unreachable',"
		"'operator':'Exists','effect':'NoExecute','tolerationSeconds':300},{'key':'node.kubernetes.io/not-ready',"
		"'operator':'Exists','effect':'NoExecute','tolerationSeconds':300}]},'status':{'phase':'Running',"
		"'conditions':[{'type':'Ready','status':'True'}]}}");
	ctl_settle(c);
}

static void pass_with_leases(struct ctl *c, int seconds, bool n, bool m)
{
	for (int i = 0; i < seconds; i += 10) {
		if (n)
			put_lease(c, "n");
		if (m)
			put_lease(c, "m");
		ctl_pass(c, 10 * 1000);
	}
}

static const struct ek_json *node(struct ctl *c)
{
	return fake_client_get(c->fake, &ek_kind_node, NULL, "n");
}

static const struct ek_json *pod(struct ctl *c)
{
	return fake_client_get(c->fake, &ek_kind_pod, "d", "p");
}

START_TEST(a_node_that_falls_silent_and_comes_back)
{
	struct ctl c = { 0 };
	int calls;

	start(&c);
	calls = fake_client_calls(c.fake);
	pass_with_leases(&c, 600, true, true);
	ck_assert_int_eq(fake_client_calls(c.fake), calls); /* leases alone cause no traffic */
	pass_with_leases(&c, 60, false, true);
	ck_assert(ek_meta_condition_is(node(&c), "Ready", "Unknown"));
	ck_assert_uint_eq(ek_json_len(ek_json_at(node(&c), "spec.taints")), 2);
	ck_assert(ek_meta_condition_is(pod(&c), "Ready", "False"));
	ck_assert_int_eq(ctl_events(&c, "NodeNotReady"), 2);
	/* back: its kubelet says so */
	EK_JSON struct ek_json *copy = ek_json_copy(node(&c));
	ek_json_set_str(ek_meta_condition(copy, "Ready"), "status", "True");
	ek_json_set_str(ek_meta_condition(copy, "Ready"), "lastHeartbeatTime",
			"2025-01-01T00:20:00Z");
	fake_client_put(c.fake, &ek_kind_node, copy);
	pass_with_leases(&c, 600, true, true);
	ck_assert_uint_eq(ek_json_len(ek_json_at(node(&c), "spec.taints")), 0);
	ck_assert(!ek_meta_deleting(pod(&c)));
	ck_assert_int_eq(ctl_events(&c, "TaintManagerEviction"), 1);
	ctl_stop(&c);
}
END_TEST

START_TEST(pods_of_a_lost_node_go_after_five_minutes)
{
	struct ctl c = { 0 };

	start(&c);
	pass_with_leases(&c, 330, false, true);
	ck_assert(!ek_meta_deleting(pod(&c)));
	pass_with_leases(&c, 40, false, true);
	ck_assert(ek_meta_deleting(pod(&c)));
	ck_assert_str_eq(ek_json_str_at(ek_meta_condition(pod(&c), "DisruptionTarget"), "reason"),
			 "DeletionByTaintManager");
	ctl_stop(&c);
}
END_TEST

START_TEST(when_all_are_lost_nobody_is_evicted)
{
	struct ctl c = { 0 };

	start(&c);
	ctl_pass(&c, 3600 * 1000);
	ck_assert(ek_meta_condition_is(node(&c), "Ready", "Unknown"));
	ck_assert_uint_eq(ek_json_len(ek_json_at(node(&c), "spec.taints")), 1);
	ck_assert(!ek_meta_deleting(pod(&c)));
	ctl_stop(&c);
}
END_TEST

START_TEST(pods_of_a_removed_node_go)
{
	struct ctl c = { 0 };

	start(&c);
	fake_client_remove(c.fake, &ek_kind_node, NULL, "n");
	pass_with_leases(&c, 30, false, true);
	ck_assert_ptr_nonnull(pod(&c));
	pass_with_leases(&c, 30, false, true);
	ck_assert_ptr_null(pod(&c));
	ctl_stop(&c);
}
END_TEST

START_TEST(unless_the_node_came_back)
{
	struct ctl c = { 0 };

	start(&c);
	fake_client_remove(c.fake, &ek_kind_node, NULL, "n");
	pass_with_leases(&c, 20, false, true);
	fake_client_put_text(c.fake, &ek_kind_node, NODE("n", "True", "", ""));
	pass_with_leases(&c, 60, true, true);
	ck_assert_ptr_nonnull(pod(&c));
	ctl_stop(&c);
}
END_TEST

EK_TESTS("controllers/nodes", EK_ROWS(taints_follow_conditions, taint_rows), silence_is_unknown,
	 EK_ROWS(evicts, evictions), an_eviction_that_was_planned_is_called_off,
	 of_too_many_finished_pods_the_oldest_go, a_node_that_falls_silent_and_comes_back,
	 pods_of_a_lost_node_go_after_five_minutes, when_all_are_lost_nobody_is_evicted,
	 pods_of_a_removed_node_go, unless_the_node_came_back)
