/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_world.h"
#include "ek_test.h"

#include <ekube/clock.h>
#include <ekube/controllers.h>
#include <ekube/log.h>
#include <ekube/str.h>
#include <stdio.h>

/*
 * The controllers against the real API: each under its own identity, so through RBAC, admission and
 * validation. What they write must be what the API takes.
 */

struct town {
	struct world w;
	struct ek_client *reader; /* of the caches */
	struct ek_client *clients[32];
	size_t n_clients;
	struct ek_informers *informers;
	struct ek_controllers *controllers;
};

static int complaints;

static void on_line(void *arg, const char *line)
{
	(void)arg;
	if (strstr(line, "level=warn") || strstr(line, "level=error")) {
		complaints++;
		(void)fprintf(stderr, "%s\n", line);
	}
}

static struct ek_client *client_for(void *arg, const char *user)
{
	static const char *const groups[] = { "system:serviceaccounts",
					      "system:serviceaccounts:kube-system",
					      "system:authenticated", NULL };
	struct town *t = arg;

	ck_assert_uint_lt(t->n_clients, EK_ARRAY_LEN(t->clients));
	t->clients[t->n_clients] = ek_api_local_client(t->w.api, user, groups);
	return t->clients[t->n_clients++];
}

static void town_open(struct town *t)
{
	static const char *const nobody[] = { "system:authenticated", NULL };
	struct ek_controllers_config config = { .root_ca = "CA", .node_grace_ms = 300 };

	*t = (struct town){ 0 };
	complaints = 0;
	ek_log_capture(on_line, NULL);
	world_open(&t->w);
	t->reader = ek_api_local_client(t->w.api, "system:kube-controller-manager", nobody);
	t->informers = ek_informers_new(t->reader);
	config.informers = t->informers;
	t->controllers = ek_controllers_start(t->w.loop, client_for, t, &config);
}

static void town_close(struct town *t)
{
	ek_controllers_stop(t->controllers);
	ek_informers_free(t->informers);
	for (size_t i = 0; i < t->n_clients; i++)
		ek_client_free(t->clients[i]);
	ek_client_free(t->reader);
	world_close(&t->w);
	ek_log_capture(NULL, NULL);
}

static void pass(struct town *t, int64_t ms)
{
	const bool never = false;

	(void)ek_loop_until(t->w.loop, &never, ms);
}

static size_t count(struct town *t, const struct ek_kind *k, const char *ns)
{
	ck_assert_int_eq(world_do(&t->w, NULL, EK_DO_LIST, k, ns, NULL, NULL), 0);
	return t->w.call.n_items;
}

/* Wait until there are n of a kind. */
static void expect(struct town *t, const struct ek_kind *k, const char *ns, size_t n)
{
	for (int i = 0; i < 100 && count(t, k, ns) != n; i++)
		pass(t, 50);
	ck_assert_msg(count(t, k, ns) == n, "%s: %zu instead of %zu", k->plural, count(t, k, ns),
		      n);
}

static void expect_str(struct town *t, const struct ek_kind *k, const char *ns, const char *name,
		       const char *path, const char *want)
{
	for (int i = 0; i < 100; i++) {
		if (world_get(&t->w, k, ns, name) == 0 && ek_streq(world_str(&t->w, path), want))
			return;
		pass(t, 50);
	}
	ck_abort_msg("%s %s: %s is %s, not %s", k->plural, name, path, world_str(&t->w, path),
		     want);
}

/* As a kubelet would: bind, run, give an address. */
static void run_pods(struct town *t, const char *node)
{
	char *names[64];
	size_t n = count(t, &ek_kind_pod, "a");

	ck_assert_uint_le(n, EK_ARRAY_LEN(names));
	for (size_t i = 0; i < n; i++)
		names[i] = ek_str_dup(ek_meta_name(ek_object_tree(t->w.call.items[i])));
	for (size_t i = 0; i < n; i++) {
		EK_FREE char *binding = ek_str_fmt(
			"{'target':{'kind':'Node','name':'%s'},'metadata':{'name':'%s'}}", node,
			names[i]);
		EK_FREE char *status = ek_str_fmt(
			"{'status':{'phase':'Running','podIP':'10.42.0.%d','podIPs':[{'ip':'10.42.0.%d'}],"
			"'conditions':[{'type':'Ready','status':'True'}]}}",
			(int)i + 1, (int)i + 1);
		struct ek_call *c = world_begin(&t->w, EK_DO_CREATE, &ek_kind_pod, "a", names[i]);

		c->subresource = "binding";
		(void)world_call(&t->w, NULL, binding); /* bound already: fine */
		c = world_begin(&t->w, EK_DO_PATCH, &ek_kind_pod, "a", names[i]);
		c->subresource = "status";
		c->patch_type = EK_PATCH_MERGE_DOC;
		ck_assert_msg(world_call(&t->w, NULL, status) == 0, "%s", world_message(&t->w));
		free(names[i]);
	}
}

/* And ends those that are told to go. */
static void bury_pods(struct town *t)
{
	char *names[64];
	size_t n = count(t, &ek_kind_pod, "a"), dying = 0;

	for (size_t i = 0; i < n; i++)
		if (ek_meta_deleting(ek_object_tree(t->w.call.items[i])))
			names[dying++] =
				ek_str_dup(ek_meta_name(ek_object_tree(t->w.call.items[i])));
	for (size_t i = 0; i < dying; i++) {
		struct ek_call *c = world_begin(&t->w, EK_DO_DELETE, &ek_kind_pod, "a", names[i]);

		c->grace_s = 0;
		(void)world_call(&t->w, NULL, NULL);
		free(names[i]);
	}
}

static const char deployment[] =
	"{'metadata':{'name':'web'},'spec':{'replicas':3,'selector':{'matchLabels':{'app':'web'}},"
	"'template':{'metadata':{'labels':{'app':'web'}},'spec':{'containers':[{'name':'c','image':'i:1'}]}}}}";

static void create(struct town *t, const struct ek_kind *k, const char *ns, const char *text)
{
	ck_assert_msg(world_create(&t->w, k, ns, text) == 0, "%s", world_message(&t->w));
}

static void patch(struct town *t, const struct ek_kind *k, const char *ns, const char *name,
		  const char *text)
{
	world_begin(&t->w, EK_DO_PATCH, k, ns, name)->patch_type = EK_PATCH_MERGE_DOC;
	ck_assert_msg(world_call(&t->w, NULL, text) == 0, "%s", world_message(&t->w));
}

static int64_t revision(struct town *t)
{
	(void)count(t, &ek_kind_configmap, NULL);
	return t->w.call.list_rev;
}

/* Nobody writes anything. */
static void at_rest(struct town *t)
{
	int64_t before;

	pass(t, 200);
	before = revision(t);
	pass(t, 1500);
	ck_assert_int_eq(revision(t), before);
}

START_TEST(many_pods_come_and_go)
{
	struct town t;

	town_open(&t);
	create(&t, &ek_kind_namespace, NULL, "{'metadata':{'name':'a'}}");
	expect(&t, &ek_kind_serviceaccount, "a", 1);
	create(&t, &ek_kind_deployment, "a", deployment);
	patch(&t, &ek_kind_deployment, "a", "web", "{'spec':{'replicas':300}}");
	expect(&t, &ek_kind_pod, "a", 300);
	pass(&t, 200);
	ck_assert_uint_eq(count(&t, &ek_kind_pod, "a"), 300);
	patch(&t, &ek_kind_deployment, "a", "web", "{'spec':{'replicas':7}}");
	expect(&t, &ek_kind_pod, "a", 7);
	patch(&t, &ek_kind_deployment, "a", "web", "{'spec':{'replicas':0}}");
	expect(&t, &ek_kind_pod, "a", 0);
	at_rest(&t);
	ck_assert_int_eq(complaints, 0);
	town_close(&t);
}
END_TEST

START_TEST(a_workload_lives_and_its_namespace_ends)
{
	struct town t;

	town_open(&t);
	create(&t, &ek_kind_namespace, NULL, "{'metadata':{'name':'a'}}");
	expect(&t, &ek_kind_serviceaccount, "a", 1);
	expect(&t, &ek_kind_configmap, "a", 1);
	create(&t, &ek_kind_service, "a",
	       "{'metadata':{'name':'web'},'spec':{'selector':{'app':'web'},'ports':[{'port':80}]}}");
	create(&t, &ek_kind_deployment, "a", deployment);
	expect(&t, &ek_kind_pod, "a", 3);
	run_pods(&t, "n1");
	expect_str(&t, &ek_kind_deployment, "a", "web", "status.conditions.1.reason",
		   "NewReplicaSetAvailable");
	ck_assert_int_eq(world_int(&t.w, "status.availableReplicas"), 3);
	expect_str(&t, &ek_kind_endpoints, "a", "web", "subsets.0.addresses.2.ip", "10.42.0.3");
	expect(&t, &ek_kind_endpointslice, "a", 1);
	ck_assert_uint_eq(ek_json_len(ek_json_get(ek_object_tree(t.w.call.items[0]), "endpoints")),
			  3);
	at_rest(&t);
	/* a rollout */
	patch(&t, &ek_kind_deployment, "a", "web",
	      "{'spec':{'template':{'spec':{'containers':[{'name':'c','image':'i:2'}]}}}}");
	for (int i = 0; i < 40; i++) {
		pass(&t, 30);
		run_pods(&t, "n1");
		bury_pods(&t);
	}
	expect(&t, &ek_kind_replicaset, "a", 2);
	expect(&t, &ek_kind_pod, "a", 3);
	expect_str(&t, &ek_kind_deployment, "a", "web", "status.conditions.1.reason",
		   "NewReplicaSetAvailable");
	ck_assert_str_eq(
		ek_meta_annotation(world_object(&t.w), "deployment.kubernetes.io/revision"), "2");
	/* gone: everything below goes too */
	ck_assert_int_eq(world_do(&t.w, NULL, EK_DO_DELETE, &ek_kind_deployment, "a", "web", NULL),
			 0);
	expect(&t, &ek_kind_replicaset, "a", 0);
	for (int i = 0; i < 20; i++) {
		pass(&t, 30);
		bury_pods(&t);
	}
	expect(&t, &ek_kind_pod, "a", 0);
	ck_assert_int_eq(world_do(&t.w, NULL, EK_DO_DELETE, &ek_kind_namespace, NULL, "a", NULL),
			 0);
	for (int i = 0; i < 100 && world_get(&t.w, &ek_kind_namespace, NULL, "a") == 0; i++)
		pass(&t, 50);
	ck_assert_int_eq(world_get(&t.w, &ek_kind_namespace, NULL, "a"), EK_ENOTFOUND);
	ck_assert_int_eq(complaints, 0);
	town_close(&t);
}
END_TEST

/* Its controllers would make again what the end deletes: they are refused, and say nothing. */
START_TEST(a_namespace_takes_a_running_workload_along)
{
	struct town t;

	town_open(&t);
	create(&t, &ek_kind_namespace, NULL, "{'metadata':{'name':'a'}}");
	expect(&t, &ek_kind_serviceaccount, "a", 1);
	create(&t, &ek_kind_deployment, "a", deployment);
	create(&t, &ek_kind_service, "a",
	       "{'metadata':{'name':'web'},'spec':{'selector':{'app':'web'},'ports':[{'port':80}]}}");
	expect(&t, &ek_kind_pod, "a", 3);
	run_pods(&t, "n1");
	ck_assert_int_eq(world_do(&t.w, NULL, EK_DO_DELETE, &ek_kind_namespace, NULL, "a", NULL),
			 0);
	for (int i = 0; i < 100 && world_get(&t.w, &ek_kind_namespace, NULL, "a") == 0; i++) {
		bury_pods(&t);
		pass(&t, 50);
	}
	ck_assert_int_eq(world_get(&t.w, &ek_kind_namespace, NULL, "a"), EK_ENOTFOUND);
	ck_assert_uint_eq(count(&t, &ek_kind_pod, "a"), 0);
	ck_assert_uint_eq(count(&t, &ek_kind_endpointslice, "a"), 0);
	ck_assert_uint_eq(count(&t, &ek_kind_event, "a"), 0);
	at_rest(&t);
	ck_assert_int_eq(complaints, 0);
	town_close(&t);
}
END_TEST

static void delete_with(struct town *t, const char *propagation)
{
	world_begin(&t->w, EK_DO_DELETE, &ek_kind_deployment, "a", "web")->propagation =
		propagation;
	ck_assert_int_eq(world_call(&t->w, NULL, NULL), 0);
}

START_TEST(cascades)
{
	static const char *const ways[] = { "Foreground", "Background" };
	struct town t;

	town_open(&t);
	create(&t, &ek_kind_namespace, NULL, "{'metadata':{'name':'a'}}");
	expect(&t, &ek_kind_serviceaccount, "a", 1);
	for (size_t i = 0; i < EK_ARRAY_LEN(ways); i++) {
		create(&t, &ek_kind_deployment, "a", deployment);
		expect(&t, &ek_kind_pod, "a", 3);
		delete_with(&t, ways[i]);
		expect(&t, &ek_kind_pod, "a", 0);
		expect(&t, &ek_kind_replicaset, "a", 0);
		expect(&t, &ek_kind_deployment, "a", 0);
	}
	create(&t, &ek_kind_deployment, "a", deployment);
	expect(&t, &ek_kind_pod, "a", 3);
	delete_with(&t, "Orphan");
	expect(&t, &ek_kind_deployment, "a", 0);
	pass(&t, 200);
	expect(&t, &ek_kind_replicaset, "a", 1);
	/* the same again adopts what was left */
	create(&t, &ek_kind_deployment, "a", deployment);
	pass(&t, 300);
	expect(&t, &ek_kind_replicaset, "a", 1);
	ck_assert_ptr_nonnull(ek_meta_controller(ek_object_tree(t.w.call.items[0])));
	expect(&t, &ek_kind_pod, "a", 3);
	ck_assert_int_eq(complaints, 0);
	town_close(&t);
}
END_TEST

START_TEST(a_silent_node)
{
	struct town t;

	town_open(&t);
	create(&t, &ek_kind_namespace, NULL, "{'metadata':{'name':'a'}}");
	expect(&t, &ek_kind_serviceaccount, "a", 1);
	create(&t, &ek_kind_node, NULL, "{'metadata':{'name':'n1'}}");
	create(&t, &ek_kind_deployment, "a", deployment);
	expect(&t, &ek_kind_pod, "a", 3);
	run_pods(&t, "n1");
	struct ek_call *c = world_begin(&t.w, EK_DO_PATCH, &ek_kind_node, NULL, "n1");
	c->subresource = "status";
	c->patch_type = EK_PATCH_MERGE_DOC;
	ck_assert_int_eq(
		world_call(
			&t.w, NULL,
			"{'status':{'conditions':[{'type':'Ready','status':'True','reason':'x'}]}}"),
		0);
	expect_str(&t, &ek_kind_node, NULL, "n1", "status.conditions.0.reason",
		   "NodeStatusUnknown");
	for (int i = 0; i < 100 && count(&t, &ek_kind_event, "default") < 2; i++)
		pass(&t, 50);
	expect_str(&t, &ek_kind_node, NULL, "n1", "spec.taints.0.key",
		   "node.kubernetes.io/unreachable");
	expect(&t, &ek_kind_pod, "a", 3);
	ck_assert(ek_meta_condition_is(ek_object_tree(t.w.call.items[0]), "Ready", "False"));
	ck_assert_int_eq(complaints, 0);
	town_close(&t);
}
END_TEST

EK_TESTS("sim/controllers", a_workload_lives_and_its_namespace_ends, many_pods_come_and_go,
	 a_namespace_takes_a_running_workload_along, cascades, a_silent_node)
