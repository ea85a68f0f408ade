/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../lib/controllers/ctl_test.h"

#include "rows.h"
#include "template.h"

#include <ekube/str.h>

#define D(replicas, image, strategy, more, status) \
	"{'kind':'Deployment','apiVersion':'apps/v1','metadata':{'name':'web'," \
	"'namespace':'d','uid':'u1','generation':1," \
	"'resourceVersion':'9','annotations':{'deployment.kubernetes.io/revision':'2'}}," \
	"'spec':{'replicas':" #replicas \
	",'selector':{'matchLabels':{'a':'b'}},'progressDeadlineSeconds':600," \
	"'revisionHistoryLimit':10," strategy \
		more "'template':" T(image) "},'status':" status "}"
#define T(image)                                                                                   \
	"{'metadata':{'labels':{'a':'b'}},'spec':{'containers':[{'name':'c','image':'" image "'}]}}"
#define ROLL(surge, unavailable)                                                                   \
	"'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':" surge                    \
	",'maxUnavailable':" unavailable "}},"
#define RECREATE "'strategy':{'type':'Recreate'},"
#define RS(name, at, replicas, available, image, revision, notes) \
	"{'metadata':{'name':'" name "','namespace':'d','uid':'" name \
	"','resourceVersion':'3','generation':1," \
	"'creationTimestamp':'2024-12-31T23:0" at ":00Z','labels':{'a':'b'},'annotations':{" \
	"'deployment.kubernetes.io/revision':'" revision "'" notes \
	"},'ownerReferences':[{'apiVersion':'apps/v1'," \
	"'kind':'Deployment','name':'web','uid':'u1','controller':true}]},'spec':{" \
	"'replicas':" #replicas \
	",'selector':{'matchLabels':{'a':'b'}},'template':" T( \
		image) "},'status':{'replicas':" #replicas ",'readyReplicas':" #available \
		       ",'availableReplicas':" #available ",'observedGeneration':1}}"
#define SIZES(desired, max)                                                                        \
	",'deployment.kubernetes.io/desired-replicas':'" #desired                                  \
	"','deployment.kubernetes.io/max-replicas':'" #max "'"

static const struct {
	const char *what, *d, *sets, *pods, *plan;
} rows[] = {
	/*
	 * the name is pinned: another one in a later version would roll every Deployment's history
	 */
	{ "the first set is made whole", D(3, "v1", ROLL("'25%'", "'25%'"), "", "{}"), "[]", NULL,
	  "0 create replicasets web-7cc97798b9=3\n1 update deployments web=3\n2 update deployments/status web\n"
	  "ScalingReplicaSet: Scaled up replica set web-7cc97798b9 from 0 to 3\n" },
	{ "a rollout begins with the surge", D(4, "v2", ROLL("1", "0"), "", "{}"),
	  "[" RS("web-1", "1", 4, 4, "v1", "1", SIZES(4, 5)) "]", NULL,
	  "0 create replicasets web-HASH2=1\n1 update deployments/status web\n"
	  "ScalingReplicaSet: Scaled up replica set web-HASH2 from 0 to 1\n" },
	{ "an available new pod lets an old one go", D(4, "v2", ROLL("1", "0"), "", "{}"),
	  "[" RS("web-1", "1", 4, 4, "v1", "1", SIZES(4, 5)) "," RS("web-2", "2", 1, 1, "v2", "2",
								    SIZES(4, 5)) "]",
	  NULL,
	  "0 update replicasets web-1=3\n1 update deployments/status web\n"
	  "ScalingReplicaSet: Scaled down replica set web-1 from 4 to 3\n" },
	{ "the new set grows into the room", D(4, "v2", ROLL("1", "0"), "", "{}"),
	  "[" RS("web-1", "1", 3, 3, "v1", "1", SIZES(4, 5)) "," RS("web-2", "2", 1, 1, "v2", "2",
								    SIZES(4, 5)) "]",
	  NULL,
	  "0 update replicasets web-2=2\n1 update deployments/status web\n"
	  "ScalingReplicaSet: Scaled up replica set web-2 from 1 to 2\n" },
	{ "unhealthy old pods go first", D(4, "v2", ROLL("1", "1"), "", "{}"),
	  "[" RS("web-1", "1", 4, 3, "v1", "1", SIZES(4, 5)) "," RS("web-2", "2", 1, 0, "v2", "2",
								    SIZES(4, 5)) "]",
	  NULL,
	  "0 update replicasets web-1=3\n1 update deployments/status web\n"
	  "ScalingReplicaSet: Scaled down replica set web-1 from 4 to 3\n" },
	{ "a change of size reaches the only set", D(5, "v1", ROLL("1", "0"), "", "{}"),
	  "[" RS("web-1", "1", 3, 3, "v1", "2", SIZES(3, 4)) "]", NULL,
	  "0 update replicasets web-1=5\n1 update deployments/status web\n"
	  "ScalingReplicaSet: Scaled up replica set web-1 from 3 to 5\n" },
	{ "in a rollout it is shared in proportion", D(20, "v2", ROLL("0", "1"), "", "{}"),
	  "[" RS("web-1", "1", 6, 6, "v1", "1", SIZES(10, 10)) "," RS("web-2", "2", 4, 4, "v2", "2",
								      SIZES(10, 10)) "]",
	  NULL,
	  "0 update replicasets web-1=12\n0 update replicasets web-2=8\n1 update deployments/status web\n"
	  "ScalingReplicaSet: Scaled up replica set web-1 from 6 to 12\n"
	  "ScalingReplicaSet: Scaled up replica set web-2 from 4 to 8\n" },
	{ "recreate empties the old ones first", D(2, "v2", RECREATE, "", "{}"),
	  "[" RS("web-1", "1", 2, 2, "v1", "1", SIZES(2, 2)) "]", NULL,
	  "0 update replicasets web-1=0\n1 update deployments/status web\n"
	  "ScalingReplicaSet: Scaled down replica set web-1 from 2 to 0\n" },
	{ "and waits for their pods", D(2, "v2", RECREATE, "", "{}"),
	  "[" RS("web-1", "1", 0, 0, "v1", "1", SIZES(2, 2)) "]",
	  "[{'metadata':{'name':'p','ownerReferences':[{'uid':'web-1','controller':true}]},'status':{'phase':'Running'}}]",
	  "0 update deployments/status web\n" },
	{ "then makes the new one", D(2, "v2", RECREATE, "", "{}"),
	  "[" RS("web-1", "1", 0, 0, "v1", "1", SIZES(2, 2)) "]", "[]",
	  "0 create replicasets web-HASH2=2\n1 update deployments/status web\n"
	  "ScalingReplicaSet: Scaled up replica set web-HASH2 from 0 to 2\n" },
	{ "paused: no new set", D(3, "v2", ROLL("1", "0"), "'paused':true,", "{}"),
	  "[" RS("web-1", "1", 3, 3, "v1", "1", SIZES(3, 4)) "]", NULL,
	  "0 update deployments/status web\n" },
	{ "an old template comes back with the next revision", D(1, "v1", ROLL("1", "0"), "", "{}"),
	  "[" RS("web-1", "1", 0, 0, "v1", "1", SIZES(1, 2)) "," RS("web-2", "2", 1, 1, "v2", "2",
								    SIZES(1, 2)) "]",
	  NULL,
	  "0 update deployments web=1\n1 update replicasets web-1=1\n2 update deployments/status web\n"
	  "ScalingReplicaSet: Scaled up replica set web-1 from 0 to 1\n" },
};

/* What the second template is called is not worth a constant in every row. */
static char *expand(const char *plan)
{
	EK_JSON struct ek_json *t = ctl_json(T("v2"));
	EK_BUF struct ek_buf out = EK_BUF_INIT(4096);
	char hash[16];

	template_hash(t, 0, false, hash);
	for (const char *p = plan; *p;) {
		if (ek_str_starts(p, "HASH2")) {
			(void)ek_buf_str(&out, hash);
			p += 5;
		} else {
			(void)ek_buf_char(&out, *p++);
		}
	}
	return ek_buf_steal(&out);
}

START_TEST(plans)
{
	struct snapshot s;
	EK_FREE char *got = NULL, *want = expand(rows[_i].plan);

	ctl_snapshot(&s, &ek_kind_deployment, rows[_i].d, rows[_i].sets, rows[_i].pods, NULL);
	got = ctl_decide(deployment_reconcile, &s);
	ck_assert_msg(ek_streq(got, want), "%s: got\n%s\nwant\n%s", rows[_i].what, got, want);
	snapshot_done(&s);
}
END_TEST

START_TEST(the_name_of_a_template)
{
	EK_JSON struct ek_json *a =
		ctl_json("{'metadata':{'labels':{'a':'b','c':'d'}},'spec':{'x':1}}");
	EK_JSON struct ek_json *b =
		ctl_json("{'spec':{'x':1},'metadata':{'labels':{'c':'d','a':'b'}}}");
	char ha[16], hb[16], hc[16];

	template_hash(a, 0, false, ha);
	template_hash(b, 0, false, hb);
	template_hash(b, 1, true, hc);
	ck_assert_str_eq(ha, hb);
	ck_assert_str_ne(ha, hc);
	ck_assert_uint_le(strlen(ha), 10);
	ck_assert_uint_eq(strspn(ha, "bcdfghjklmnpqrstvwxz2456789"), strlen(ha));
	ck_assert(template_same(a, b));
}
END_TEST

START_TEST(a_taken_name_counts_a_collision)
{
	struct snapshot s;
	EK_FREE char *name = expand("web-HASH2");
	EK_FREE char *sets = ek_str_fmt(
		"[{'metadata':{'name':'%s','namespace':'d','uid':'z'},'spec':{'template':{}}}]",
		name);
	EK_JSON struct ek_json *body = NULL;

	ctl_snapshot(&s, &ek_kind_deployment, D(1, "v2", ROLL("1", "0"), "", "{}"), sets, NULL,
		     NULL);
	body = ctl_body(deployment_reconcile, &s, PLAN_UPDATE, &ek_kind_deployment, "status");
	ck_assert_int_eq(ek_json_int_at(body, "status.collisionCount", 0), 1);
	snapshot_done(&s);
}
END_TEST

#define PROGRESSING(reason, at) \
	"{'observedGeneration':1,'replicas':1,'updatedReplicas':1,'unavailableReplicas':1," \
	"'conditions':[" \
	"{'type':'Progressing','status':'True','reason':'" reason "','lastUpdateTime':'" at "'," \
	"'lastTransitionTime':'2024-12-31T23:00:00Z','message':'m'},{'type':'Available'," \
	"'status':'False'," \
	"'reason':'MinimumReplicasUnavailable','message':'m','lastUpdateTime':'" at \
	"','lastTransitionTime':'" at "'}]}"

START_TEST(progress_has_a_deadline)
{
	struct snapshot s;
	struct plan p = { 0 };
	EK_JSON struct ek_json *body = NULL;
	const struct ek_json *c;

	ctl_snapshot(&s, &ek_kind_deployment,
		     D(1, "v1", ROLL("1", "0"), "",
		       PROGRESSING("ReplicaSetUpdated", "2024-12-31T23:49:59Z")),
		     "[" RS("web-1", "1", 1, 0, "v1", "2", SIZES(1, 2)) "]", NULL, NULL);
	body = ctl_body(deployment_reconcile, &s, PLAN_UPDATE, &ek_kind_deployment, "status");
	c = ek_meta_condition(body, "Progressing");
	ck_assert_str_eq(ek_json_str_at(c, "reason"), "ProgressDeadlineExceeded");
	ck_assert_str_eq(ek_json_str_at(c, "message"),
			 "ReplicaSet \"web-1\" has timed out progressing.");
	snapshot_done(&s);

	/* a second before: nothing to write, and a time to come back at */
	ctl_snapshot(&s, &ek_kind_deployment,
		     D(1, "v1", ROLL("1", "0"), "",
		       PROGRESSING("ReplicaSetUpdated", "2024-12-31T23:50:01Z")),
		     "[" RS("web-1", "1", 1, 0, "v1", "2", SIZES(1, 2)) "]", NULL, NULL);
	ck_assert_int_eq(deployment_reconcile(&s, &p, NULL), 0);
	ck_assert_uint_eq(p.writes.n, 0);
	ck_assert_int_eq(p.again_ms, 2000);
	plan_done(&p);
	snapshot_done(&s);
}
END_TEST

START_TEST(a_refused_set_is_told)
{
	struct snapshot s;
	EK_JSON struct ek_json *body = NULL;

	ctl_snapshot(&s, &ek_kind_deployment, D(1, "v1", ROLL("1", "0"), "", "{}"), "[]", NULL,
		     NULL);
	s.failure = EK_EFORBIDDEN;
	s.failure_text = "exceeded quota";
	body = ctl_body(deployment_reconcile, &s, PLAN_UPDATE, &ek_kind_deployment, "status");
	ck_assert_str_eq(ek_json_str_at(ek_meta_condition(body, "Progressing"), "reason"),
			 "ReplicaSetCreateError");
	snapshot_done(&s);
}
END_TEST

/* ---- running, with ReplicaSets and pods that become ready ---- */

static const struct controller *const both[] = { &deployment_controller, &replicaset_controller };

static void put(struct ctl *c, int replicas, const char *image, const char *strategy)
{
	EK_FREE char *text = ek_str_fmt(
		"{'metadata':{'name':'web','namespace':'d','uid':'u1','generation':1},'spec':{"
		"'replicas':%d,'selector':{'matchLabels':{'a':'b'}},'progressDeadlineSeconds':600,"
		"'revisionHistoryLimit':1,%s'template':{'metadata':{'labels':{'a':'b'}},'spec':"
		"{'containers':[{'name':'c','image':'%s'}]}}}}",
		replicas, strategy, image);

	fake_client_put_text(c->fake, &ek_kind_deployment, text);
}

/* A change by a person: the status is not theirs. */
static void change(struct ctl *c, const char *path, struct ek_json *take_value)
{
	const struct ek_json *d = fake_client_get(c->fake, &ek_kind_deployment, "d", "web");
	EK_JSON struct ek_json *copy = ek_json_copy(d);

	ek_json_set_at(copy, path, take_value);
	ek_json_set_at(copy, "metadata.generation", ek_json_new_int(ek_meta_generation(d) + 1));
	fake_client_put(c->fake, &ek_kind_deployment, copy);
}

static void set_image(struct ctl *c, const char *image)
{
	change(c, "spec.template.spec.containers",
	       ek_json_make("[{'name':'c','image':%s}]", image));
}

static void run(struct ctl *c, int *ret_most, int *ret_least)
{
	ctl_settle(c);
	for (int i = 0; i < 60; i++) {
		const struct ek_json *pod;
		int n = 0, ready = 0;

		for (size_t k = 0; (pod = fake_client_nth(c->fake, &ek_kind_pod, k)); k++, n++)
			ready += ek_meta_condition_is(pod, "Ready", "True");
		*ret_most = EK_MAX(*ret_most, n);
		*ret_least = EK_MIN(*ret_least, ready);
		if (ctl_run_pods(c) == 0 && i > 2)
			break;
		ctl_pass(c, 1000);
	}
}

static const struct ek_json *get(struct ctl *c)
{
	return fake_client_get(c->fake, &ek_kind_deployment, "d", "web");
}

START_TEST(rolls_within_its_bounds)
{
	struct ctl c = { 0 };
	int most = 0, least = 100, calls;

	ctl_start(&c, both, 2);
	put(&c, 10, "v1", ROLL("3", "2"));
	run(&c, &most, &least);
	ck_assert_int_eq(most, 10);
	ck_assert_str_eq(ek_json_str_at(ek_meta_condition(get(&c), "Progressing"), "reason"),
			 "NewReplicaSetAvailable");
	ck_assert_str_eq(ek_meta_annotation(get(&c), "deployment.kubernetes.io/revision"), "1");
	most = 0;
	least = 100;
	set_image(&c, "v2");
	run(&c, &most, &least);
	ck_assert_int_le(most, 13);
	ck_assert_int_ge(least, 8);
	ck_assert_int_eq(ek_json_int_at(get(&c), "status.updatedReplicas", 0), 10);
	ck_assert_int_eq(ek_json_int_at(get(&c), "status.replicas", 0), 10);
	ck_assert_str_eq(ek_meta_annotation(get(&c), "deployment.kubernetes.io/revision"), "2");
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_replicaset), 2);
	calls = fake_client_calls(c.fake);
	ctl_pass(&c, 3600 * 1000);
	ck_assert_int_eq(fake_client_calls(c.fake), calls);
	/* back: as `rollout undo` does, by the old template; then history is trimmed to one */
	set_image(&c, "v1");
	run(&c, &most, &least);
	ck_assert_str_eq(ek_meta_annotation(get(&c), "deployment.kubernetes.io/revision"), "3");
	set_image(&c, "v3");
	run(&c, &most, &least);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_replicaset), 2);
	change(&c, "spec.replicas", ek_json_new_int(0));
	run(&c, &most, &least);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_pod), 0);
	ctl_stop(&c);
}
END_TEST

START_TEST(recreates)
{
	struct ctl c = { 0 };
	int most = 0, least = 100;

	ctl_start(&c, both, 2);
	put(&c, 3, "v1", RECREATE);
	run(&c, &most, &least);
	set_image(&c, "v2");
	run(&c, &most, &least);
	ck_assert_int_eq(most, 3);
	ck_assert_int_eq(ek_json_int_at(get(&c), "status.updatedReplicas", 0), 3);
	ck_assert_int_eq(ek_json_int_at(get(&c), "status.availableReplicas", 0), 3);
	ctl_stop(&c);
}
END_TEST

START_TEST(a_stuck_rollout_times_out_once)
{
	struct ctl c = { 0 };
	int calls;

	ctl_start(&c, both, 2);
	put(&c, 2, "v1", ROLL("1", "0"));
	ctl_pass(&c, 700 * 1000);
	ck_assert_str_eq(ek_json_str_at(ek_meta_condition(get(&c), "Progressing"), "reason"),
			 "ProgressDeadlineExceeded");
	calls = fake_client_calls(c.fake);
	ctl_pass(&c, 3600 * 1000);
	ck_assert_int_eq(fake_client_calls(c.fake), calls);
	ctl_stop(&c);
}
END_TEST

EK_TESTS("controllers/deployment", EK_ROWS(plans, rows), the_name_of_a_template,
	 a_taken_name_counts_a_collision, progress_has_a_deadline, a_refused_set_is_told,
	 rolls_within_its_bounds, recreates, a_stuck_rollout_times_out_once)
