/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/controllers/ctl_test.h"
#include "../../lib/ek_test.h"

#include "rows.h"

#include <ekube/controllers.h>
#include <ekube/str.h>

/*
 * A controller for the tests: what a ConfigMap's data ask for. {"create": name} makes a Secret,
 * {"twice": "1"} writes the object itself two times in a pass, {"check": name} wants a Secret of that name
 * gone before.
 */
static int passes;

static int reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err)
{
	const struct ek_json *data = ek_json_get(s->object, "data");
	const char *create = ek_json_str_at(data, "create"), *check = ek_json_str_at(data, "check");

	passes++;
	if (ek_json_get(data, "fail"))
		return ek_fail(err, EK_EINTERNAL, "asked to");
	if (check) {
		(void)plan_check(p, PLAN_CHECK_ABSENT, &ek_kind_secret, s->ns, check, check);
		plan_next_step(p);
	}
	if (create && s->list[0].n == 0)
		plan_create(p, &ek_kind_secret, s->ns,
			    ek_json_make("{'metadata':{'name':%s}}", create));
	if (ek_json_get(data, "twice") && !ek_json_at(s->object, "second")) {
		struct ek_json *a = ek_json_copy(s->object), *b = ek_json_copy(s->object);

		ek_json_set_at(a, "first", ek_json_new_int(1));
		ek_json_set_at(b, "second", ek_json_new_int(2));
		plan_update(p, &ek_kind_configmap, NULL, a);
		plan_next_step(p);
		plan_update(p, &ek_kind_configmap, NULL, b);
		plan_event(p, "Normal", "Written", "twice");
	}
	return 0;
}

static void collect(struct running *r, struct snapshot *s)
{
	const char *name = ek_json_str_at(ek_json_get(s->object, "data"), "create");
	struct ek_object *o =
		name ? ek_informer_find(running_informer(r, &ek_kind_secret), s->ns, name) : NULL;

	if (o)
		snapshot_add(s, 0, o);
}

static const struct watch_row watches[] = {
	{ .kind = &ek_kind_configmap, .map = map_self },
	{ .kind = &ek_kind_secret },
	{ 0 },
};
static const struct controller row = {
	.name = "test",
	.user = "test",
	.kind = &ek_kind_configmap,
	.watches = watches,
	.workers = 2,
	.collect = collect,
	.reconcile = reconcile,
};
static const struct controller *const rows[] = { &row };

static void setup(struct ctl *c)
{
	passes = 0;
	ctl_start(c, rows, 1);
	ctl_settle(c);
}

static void put(struct ctl *c, const char *data)
{
	EK_FREE char *text =
		ek_str_fmt("{'metadata':{'name':'a','namespace':'d','uid':'a'},'data':%s}", data);

	fake_client_put_text(c->fake, &ek_kind_configmap, text);
}

START_TEST(waits_for_its_own_writes)
{
	struct ctl c = { 0 };

	setup(&c);
	put(&c, "{'create':'s'}");
	for (int i = 0; i < 10; i++) { /* again and again, before the cache can have the secret */
		put(&c, "{'create':'s'}");
		ek_loop_turn(c.loop);
	}
	ctl_pass(&c, 3000);
	ck_assert_int_eq(fake_client_calls_of(c.fake, EK_DO_CREATE), 1);
	ctl_stop(&c);
}
END_TEST

START_TEST(a_broken_watch_does_not_block_for_ever)
{
	struct ctl c = { 0 };
	int before;

	setup(&c);
	fake_client_break_watches(c.fake, EK_EEXPIRED);
	ctl_pass(&c, 10);
	put(&c, "{'create':'s'}");
	ctl_pass(&c, 60 * 1000);
	ck_assert_int_eq(fake_client_calls_of(c.fake, EK_DO_CREATE), 1);
	before = passes;
	put(&c, "{'create':'s','x':'y'}");
	ctl_pass(&c, 60 * 1000);
	ck_assert_int_gt(passes, before);
	ctl_stop(&c);
}
END_TEST

START_TEST(a_second_write_follows_the_first)
{
	struct ctl c = { 0 };
	const struct ek_json *cm;

	setup(&c);
	put(&c, "{'twice':'1'}");
	ctl_settle(&c);
	cm = fake_client_get(c.fake, &ek_kind_configmap, "d", "a");
	ck_assert_int_eq(ek_json_int_at(cm, "second", 0), 2);
	ck_assert_int_eq(fake_client_calls_of(c.fake, EK_DO_UPDATE), 2); /* neither was refused */
	ck_assert_int_eq(ctl_events(&c, "Written"), 1);
	ctl_stop(&c);
}
END_TEST

START_TEST(a_refused_write_stops_the_plan_and_backs_off)
{
	struct ctl c = { 0 };

	setup(&c);
	fake_client_fail(c.fake, EK_DO_UPDATE, &ek_kind_configmap, EK_ECONFLICT, 1);
	put(&c, "{'twice':'1'}");
	ctl_settle(&c);
	ck_assert_int_eq(fake_client_calls_of(c.fake, EK_DO_UPDATE), 1);
	ck_assert_int_eq(ctl_events(&c, "Written"), 0);
	ctl_pass(&c, 100);
	ck_assert_int_eq(fake_client_calls_of(c.fake, EK_DO_UPDATE), 3);
	ctl_stop(&c);
}
END_TEST

START_TEST(a_check_that_fails_holds_the_rest_back)
{
	struct ctl c = { 0 };

	setup(&c);
	fake_client_put_text(c.fake, &ek_kind_secret,
			     "{'metadata':{'name':'x','namespace':'d','uid':'x'}}");
	put(&c, "{'create':'s','check':'x'}");
	ctl_pass(&c, 1000);
	ck_assert_int_eq(fake_client_calls_of(c.fake, EK_DO_CREATE), 0);
	fake_client_remove(c.fake, &ek_kind_secret, "d", "x");
	ctl_pass(&c, 20000);
	ck_assert_int_eq(fake_client_calls_of(c.fake, EK_DO_CREATE), 1);
	ctl_stop(&c);
}
END_TEST

START_TEST(a_failed_decision_backs_off)
{
	struct ctl c = { 0 };

	setup(&c);
	put(&c, "{'fail':'1'}");
	ctl_pass(&c, 1000);
	ck_assert_int_ge(passes, 5);
	ck_assert_int_le(passes, 12);
	ctl_stop(&c);
}
END_TEST

START_TEST(plans_as_text)
{
	struct plan p = { 0 };
	EK_FREE char *text = NULL;

	plan_next_step(&p); /* nothing to wait for yet */
	plan_create(&p, &ek_kind_secret, "d", ek_json_make("{'metadata':{'generateName':'s-'}}"));
	plan_next_step(&p);
	plan_next_step(&p);
	plan_delete_all(&p, &ek_kind_secret, "d");
	plan_event(&p, "Normal", "Why", "because %d", 1);
	plan_again(&p, 500);
	plan_again(&p, 900);
	text = plan_text(&p);
	ck_assert_str_eq(text, "0 create secrets s-\n1 delete-all secrets\nWhy: because 1\n");
	ck_assert_int_eq(p.again_ms, 500);
	plan_done(&p);
}
END_TEST

/* ---- all of them together, through the public door ---- */

static char users[2048];

static struct ek_client *client_for(void *arg, const char *user)
{
	strcat(users, user);
	strcat(users, " ");
	return arg;
}

static void start_all(struct ctl *c, struct ek_controllers **ret)
{
	struct ek_controllers_config config = { .root_ca = "CA" };

	ctl_clock_on();
	users[0] = '\0';
	c->loop = ek_loop_new();
	c->fake = fake_client_new(c->loop);
	c->informers = ek_informers_new(fake_client_of(c->fake));
	config.informers = c->informers;
	*ret = ek_controllers_start(c->loop, client_for, fake_client_of(c->fake), &config);
}

#define DEPLOYMENT \
	"{'metadata':{'name':'web','namespace':'d','uid':'u1','generation':1},'spec':{'replicas':3," \
	"'selector':{'matchLabels':{'a':'b'}},'progressDeadlineSeconds':600,'template':{'metadata':{" \
	"'labels':{'a':'b'}},'spec':{'containers':[{'name':'c','image':'v1'}]}}}}"

START_TEST(a_workload_comes_and_goes_without_a_trace)
{
	struct ctl c = { 0 };
	struct ek_controllers *all;
	int calls;

	start_all(&c, &all);
	fake_client_put_text(
		c.fake, &ek_kind_namespace,
		"{'metadata':{'name':'d','uid':'d'},'spec':{'finalizers':['kubernetes']}}");
	fake_client_put_text(
		c.fake, &ek_kind_service,
		"{'metadata':{'name':'web','namespace':'d','uid':'s'},"
		"'spec':{'clusterIP':'10.0.0.1','selector':{'a':'b'},'ports':[{'port':80}]}}");
	fake_client_put_text(c.fake, &ek_kind_deployment, DEPLOYMENT);
	ctl_settle(&c);
	while (ctl_run_pods(&c))
		ctl_pass(&c, 100);
	ctl_pass(&c, 1000);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_pod), 3);
	ck_assert_ptr_nonnull(fake_client_get(c.fake, &ek_kind_endpoints, "d", "web"));
	calls = fake_client_calls(c.fake);
	ctl_pass(&c, 24 * 3600 * 1000);
	ck_assert_int_eq(fake_client_calls(c.fake), calls); /* a day of rest */
	fake_client_remove(c.fake, &ek_kind_deployment, "d", "web");
	fake_client_remove(c.fake, &ek_kind_service, "d", "web");
	ctl_pass(&c, 5000);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_replicaset), 0);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_pod), 0);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_endpoints), 0);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_endpointslice), 0);
	fake_client_put_text(
		c.fake, &ek_kind_namespace,
		"{'metadata':{'name':'d','uid':'d','deletionTimestamp':'2025-01-01T00:00:00Z'},"
		"'spec':{'finalizers':['kubernetes']}}");
	ctl_pass(&c, 5000);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_namespace), 0);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_serviceaccount), 0);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_configmap), 0);
	ck_assert_ptr_nonnull(
		strstr(users, "system:serviceaccount:kube-system:deployment-controller "));
	ek_controllers_stop(all);
	c.n = 0;
	ctl_stop(&c);
}
END_TEST

START_TEST(stops_at_any_moment)
{
	for (int turns = 0; turns < 60; turns += 3) {
		struct ctl c = { 0 };
		struct ek_controllers *all;

		start_all(&c, &all);
		fake_client_put_text(c.fake, &ek_kind_namespace, "{'metadata':{'name':'d'}}");
		fake_client_put_text(c.fake, &ek_kind_deployment, DEPLOYMENT);
		for (int i = 0; i < turns; i++)
			ek_loop_turn(c.loop);
		ek_controllers_stop(all);
		ctl_stop(&c);
	}
}
END_TEST

/* Whatever is refused and whichever watch breaks on the way: the end is the same. */
START_TEST(the_end_does_not_depend_on_the_way)
{
	static const int codes[] = { EK_ECONFLICT, EK_EINTERNAL, EK_EUNAVAILABLE, EK_ETIMEOUT };

	for (unsigned seed = 0; seed < 12; seed++) {
		struct ctl c = { 0 };
		struct ek_controllers *all;

		start_all(&c, &all);
		fake_client_put_text(c.fake, &ek_kind_namespace, "{'metadata':{'name':'d'}}");
		fake_client_put_text(c.fake, &ek_kind_deployment, DEPLOYMENT);
		for (unsigned i = 0; i < 10; i++) {
			fake_client_fail(c.fake, i % 2 ? EK_DO_CREATE : EK_DO_UPDATE, NULL,
					 codes[(seed + i) % EK_ARRAY_LEN(codes)],
					 (int)(seed % 3) + 1);
			if ((seed + i) % 4 == 0)
				fake_client_break_watches(c.fake, i % 2 ? EK_EEXPIRED : -5);
			ctl_pass(&c, 200 + 37 * (int64_t)seed);
			(void)ctl_run_pods(&c);
		}
		ctl_pass(&c, 120 * 1000);
		while (ctl_run_pods(&c))
			ctl_pass(&c, 60 * 1000);
		ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_replicaset), 1);
		ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_pod), 3);
		ck_assert_int_eq(
			ek_json_int_at(fake_client_get(c.fake, &ek_kind_deployment, "d", "web"),
				       "status.availableReplicas", 0),
			3);
		ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_serviceaccount), 1);
		ek_controllers_stop(all);
		ctl_stop(&c);
	}
}
END_TEST

EK_TESTS("controllers/runtime", waits_for_its_own_writes, a_broken_watch_does_not_block_for_ever,
	 a_second_write_follows_the_first, a_refused_write_stops_the_plan_and_backs_off,
	 a_check_that_fails_holds_the_rest_back, a_failed_decision_backs_off, plans_as_text,
	 a_workload_comes_and_goes_without_a_trace, stops_at_any_moment,
	 the_end_does_not_depend_on_the_way)
