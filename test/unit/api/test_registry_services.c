/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_world.h"
#include "core.h"
#include "ek_test.h"
#include "admit/ipalloc.h"

#include <ekube/clock.h>
#include <ekube/str.h>

/* ---- numbers ---- */

START_TEST(numbers_come_from_the_upper_band_first)
{
	struct ek_numbers n;
	uint32_t i;

	ek_numbers_init(&n, 40, 10);
	for (int k = 0; k < 30; k++) {
		ck_assert(ek_numbers_next(&n, &i));
		ck_assert_uint_ge(i, 10);
	}
	for (int k = 0; k < 10; k++) {
		ck_assert(ek_numbers_next(&n, &i));
		ck_assert_uint_lt(i, 10);
	}
	ck_assert(!ek_numbers_next(&n, &i));
	ek_numbers_give_back(&n, 17);
	ek_numbers_give_back(&n, 17);
	ck_assert(!ek_numbers_has(&n, 17));
	ck_assert(ek_numbers_next(&n, &i));
	ck_assert_uint_eq(i, 17);
	ck_assert(!ek_numbers_take(&n, 17));
	ck_assert(!ek_numbers_take(&n, 40));
	ek_numbers_done(&n);
}
END_TEST

static const struct {
	uint32_t size, min, max, step, want;
} bands[] = {
	{ 2768, 16, 128, 32, 86 }, { 65534, 16, 256, 16, 256 }, { 254, 16, 256, 16, 16 },
	{ 16, 16, 256, 16, 0 },	   { 14, 16, 256, 16, 0 },	{ 1022, 16, 256, 16, 63 },
};

START_TEST(bands_are_as_upstream)
{
	ck_assert_uint_eq(ek_numbers_band(bands[_i].size, bands[_i].min, bands[_i].max,
					  bands[_i].step),
			  bands[_i].want);
}
END_TEST

/* ---- services as they are stored ---- */

static const struct made {
	const char *what, *spec;
	const char *path, *want; /* "*": any text; numbers as text */
} made[] = {
	{ "an address", "{'ports':[{'port':80}]}", "spec.clusterIP", "*" },
	{ "in both fields", "{'ports':[{'port':80}]}", "spec.clusterIPs.0", "*" },
	{ "one family", "{'ports':[{'port':80}]}", "spec.ipFamilies.0", "IPv4" },
	{ "and its policy", "{'ports':[{'port':80}]}", "spec.ipFamilyPolicy", "SingleStack" },
	{ "a wish", "{'clusterIP':'10.43.7.7','ports':[{'port':80}]}", "spec.clusterIPs.0",
	  "10.43.7.7" },
	{ "headless", "{'clusterIP':'None','selector':{'a':'b'},'ports':[{'port':80}]}",
	  "spec.clusterIPs.0", "None" },
	{ "headless, no selector", "{'clusterIP':'None','ports':[{'port':80}]}",
	  "spec.ipFamilies.1", "IPv6" },
	{ "its policy", "{'clusterIP':'None','ports':[{'port':80}]}", "spec.ipFamilyPolicy",
	  "RequireDualStack" },
	{ "external", "{'type':'ExternalName','externalName':'a.b'}", "spec.clusterIP", NULL },
	{ "no node port", "{'ports':[{'port':80}]}", "spec.ports.0.nodePort", NULL },
	{ "a node port", "{'type':'NodePort','ports':[{'port':80}]}", "spec.ports.0.nodePort",
	  "*" },
	{ "a certain one", "{'type':'NodePort','ports':[{'port':80,'nodePort':30123}]}",
	  "spec.ports.0.nodePort", "30123" },
	{ "for a balancer", "{'type':'LoadBalancer','ports':[{'port':80}]}",
	  "spec.ports.0.nodePort", "*" },
	{ "not wanted",
	  "{'type':'LoadBalancer','allocateLoadBalancerNodePorts':false,'ports':[{'port':80}]}",
	  "spec.ports.0.nodePort", NULL },
	{ "a port to ask for health",
	  "{'type':'LoadBalancer','externalTrafficPolicy':'Local','ports':[{'port':80}]}",
	  "spec.healthCheckNodePort", "*" },
	{ "both protocols",
	  "{'type':'NodePort','ports':[{'name':'a','port':53,'nodePort':30053},{'name':'b','port':53,"
	  "'protocol':'UDP'}]}",
	  "spec.ports.1.nodePort", "30053" },
};

static const char *text_at(struct world *w, const char *path)
{
	const struct ek_json *v = ek_json_at(world_object(w), path);
	static char text[32];

	if (ek_json_type(v) == EK_JSON_INT)
		return ek_str_into(text, sizeof(text), "%" PRId64, ek_json_int(v, 0));
	return ek_json_str(v);
}

static int make(struct world *w, const char *name, const char *spec)
{
	EK_FREE char *text = ek_str_fmt("{'metadata':{'name':'%s'},'spec':%s}", name, spec);

	return world_create(w, &ek_kind_service, "default", text);
}

static int patch(struct world *w, const char *name, const char *text)
{
	world_begin(w, EK_DO_PATCH, &ek_kind_service, "default", name)->patch_type =
		EK_PATCH_MERGE_DOC;
	return world_call(w, NULL, text);
}

START_TEST(makes)
{
	const struct made *m = &made[_i];
	struct world w;

	world_open(&w);
	ck_assert_msg(make(&w, "s", m->spec) == 0, "%s: %s", m->what, world_message(&w));
	if (m->want && strcmp(m->want, "*") == 0)
		ck_assert_ptr_nonnull(text_at(&w, m->path));
	else
		ck_assert_pstr_eq(text_at(&w, m->path), m->want);
	world_close(&w);
}
END_TEST

static const struct refusal {
	const char *what, *spec;
	int rc;
	const char *message;
} refusals[] = {
	{ "somebody's address", "{'clusterIP':'10.43.0.1','ports':[{'port':80}]}", EK_EINVALID,
	  "Service \"s\" is invalid: spec.clusterIPs: Invalid value: []string{\"10.43.0.1\"}: failed to allocate IP 10.43.0.1: "
	  "provided IP is already allocated" },
	{ "an address of elsewhere", "{'clusterIP':'10.99.0.1','ports':[{'port':80}]}", EK_EINVALID,
	  "Service \"s\" is invalid: spec.clusterIPs: Invalid value: []string{\"10.99.0.1\"}: failed to allocate IP 10.99.0.1: the "
	  "provided IP (10.99.0.1) is not in the valid range. The range of valid IPs is 10.43.0.0/16" },
	{ "somebody's port", "{'type':'NodePort','ports':[{'port':80,'nodePort':30080}]}",
	  EK_EINVALID,
	  "Service \"s\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated" },
	{ "a port of elsewhere", "{'type':'NodePort','ports':[{'port':80,'nodePort':80}]}",
	  EK_EINVALID,
	  "Service \"s\" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The "
	  "range of valid ports is 30000-32767" },
	{ "two families", "{'ipFamilyPolicy':'RequireDualStack','ports':[{'port':80}]}",
	  EK_EINVALID,
	  "Service \"s\" is invalid: spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured "
	  "for dual-stack services" },
	{ "the other family", "{'ipFamilies':['IPv6'],'ports':[{'port':80}]}", EK_EINVALID,
	  "Service \"s\" is invalid: spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster" },
};

START_TEST(refuses)
{
	const struct refusal *r = &refusals[_i];
	struct world w;

	world_open(&w);
	ck_assert_int_eq(
		make(&w, "taken", "{'type':'NodePort','ports':[{'port':80,'nodePort':30080}]}"), 0);
	ck_assert_int_eq(make(&w, "s", r->spec), r->rc);
	ck_assert_str_eq(world_message(&w), r->message);
	world_close(&w);
}
END_TEST

/* ---- giving back ---- */

START_TEST(what_a_service_held_is_free_when_it_goes)
{
	static const char spec[] =
		"{'type':'NodePort','clusterIP':'10.43.9.9','ports':[{'port':80,'nodePort':30080}]}";
	struct world w;

	world_open(&w);
	ck_assert_int_eq(make(&w, "a", spec), 0);
	ck_assert_int_eq(make(&w, "b", spec), EK_EINVALID);
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_service, "default", "a", NULL),
			 0);
	ck_assert_str_eq(world_str(&w, "kind"), "Service");
	ck_assert_int_eq(make(&w, "b", spec), 0);
	world_close(&w);
}
END_TEST

START_TEST(what_a_refused_service_took_is_free)
{
	struct world w;

	world_open(&w);
	/* the port is taken after the address, and refused */
	ck_assert_int_eq(
		make(&w, "a",
		     "{'type':'NodePort','clusterIP':'10.43.9.9','ports':[{'port':80,'nodePort':1}]}"),
		EK_EINVALID);
	ck_assert_int_eq(make(&w, "a", "{'clusterIP':'10.43.9.9','ports':[{'port':80}]}"), 0);
	/* the name is taken */
	ck_assert_int_eq(make(&w, "a", "{'clusterIP':'10.43.9.10','ports':[{'port':80}]}"),
			 EK_EEXISTS);
	ck_assert_int_eq(make(&w, "b", "{'clusterIP':'10.43.9.10','ports':[{'port':80}]}"), 0);
	/* only tried */
	world_begin(&w, EK_DO_CREATE, &ek_kind_service, "default", NULL)->dry_run = true;
	ck_assert_int_eq(
		world_call(
			&w, NULL,
			"{'metadata':{'name':'c'},'spec':{'clusterIP':'10.43.9.11','ports':[{'port':"
			"80}]}}"),
		0);
	ck_assert_int_eq(make(&w, "c", "{'clusterIP':'10.43.9.11','ports':[{'port':80}]}"), 0);
	world_close(&w);
}
END_TEST

START_TEST(updates_keep_what_they_do_not_name)
{
	struct world w;
	char ip[46];

	world_open(&w);
	ck_assert_int_eq(
		make(&w, "a",
		     "{'type':'NodePort','ports':[{'name':'x','port':80,'nodePort':30080}]}"),
		0);
	ek_str_into(ip, sizeof(ip), "%s", world_str(&w, "spec.clusterIP"));
	ck_assert_int_eq(
		world_do(
			&w, NULL, EK_DO_UPDATE, &ek_kind_service, "default", "a",
			"{'metadata':{'name':'a'},'spec':{'type':'NodePort','ports':[{'name':'x','port':81}]}}"),
		0);
	ck_assert_str_eq(world_str(&w, "spec.clusterIP"), ip);
	ck_assert_str_eq(world_str(&w, "spec.clusterIPs.0"), ip);
	ck_assert_int_eq(world_int(&w, "spec.ports.0.nodePort"), 30080);
	ck_assert_int_eq(world_int(&w, "spec.ports.0.port"), 81);
	world_close(&w);
}
END_TEST

START_TEST(a_changed_port_is_free_again)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(
		make(&w, "a", "{'type':'NodePort','ports':[{'port':80,'nodePort':30080}]}"), 0);
	ck_assert_int_eq(patch(&w, "a", "{'spec':{'ports':[{'port':80,'nodePort':30081}]}}"), 0);
	ck_assert_int_eq(make(&w, "b",
			      "{'type':'NodePort','ports':[{'port':80,'nodePort':30081}]}"),
			 EK_EINVALID);
	ck_assert_int_eq(
		make(&w, "b", "{'type':'NodePort','ports':[{'port':80,'nodePort':30080}]}"), 0);
	world_close(&w);
}
END_TEST

/* ---- the server's own ---- */

START_TEST(the_kubernetes_service_is_there)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_get(&w, &ek_kind_service, "default", "kubernetes"), 0);
	ck_assert_str_eq(world_str(&w, "spec.clusterIP"), "10.43.0.1");
	ck_assert_int_eq(world_int(&w, "spec.ports.0.port"), 443);
	ck_assert_int_eq(world_int(&w, "spec.ports.0.targetPort"), 6443);
	ck_assert_int_eq(world_get(&w, &ek_kind_endpoints, "default", "kubernetes"), 0);
	ck_assert_str_eq(world_str(&w, "subsets.0.addresses.0.ip"), "192.0.2.1");
	ck_assert_int_eq(world_get(&w, &ek_kind_endpointslice, "default", "kubernetes"), 0);
	ck_assert_str_eq(world_str(&w, "endpoints.0.addresses.0"), "192.0.2.1");
	world_close(&w);
}
END_TEST

static int64_t passed_ms;

static int64_t mono(void *arg)
{
	(void)arg;
	return 1000000 + passed_ms;
}

static int64_t wall(void *arg)
{
	(void)arg;
	return 1700000000000000 + passed_ms * 1000;
}

/* `kubectl delete all --all` is soon said, and pods want to reach the API afterwards, too. */
START_TEST(the_kubernetes_service_comes_back)
{
	static const struct ek_clock_source clock = { .mono_ms = mono, .wall_us = wall };
	static const struct ek_kind *const kinds[] = { &ek_kind_service, &ek_kind_endpoints,
						       &ek_kind_endpointslice };
	struct world w;

	ek_clock_set_source(&clock);
	world_open(&w);
	for (size_t i = 0; i < EK_ARRAY_LEN(kinds); i++) {
		ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, kinds[i], "default", "kubernetes",
					  NULL),
				 0);
		ck_assert_int_eq(world_get(&w, kinds[i], "default", "kubernetes"), EK_ENOTFOUND);
	}
	passed_ms += 1001;
	(void)ek_loop_advance(w.loop);
	world_settle(&w);
	for (size_t i = 0; i < EK_ARRAY_LEN(kinds); i++)
		ck_assert_int_eq(world_get(&w, kinds[i], "default", "kubernetes"), 0);
	ck_assert_int_eq(world_get(&w, &ek_kind_service, "default", "kubernetes"), 0);
	ck_assert_str_eq(world_str(&w, "spec.clusterIP"), "10.43.0.1");
	world_close(&w);
}
END_TEST

static void on_ready(void *arg, int rc, const struct ek_err *err)
{
	(void)err;
	ck_assert_int_eq(rc, 0);
	*(bool *)arg = true;
}

static void on_stopped(void *arg)
{
	*(bool *)arg = true;
}

START_TEST(a_second_start_writes_nothing_and_knows_what_is_taken)
{
	static const char *const masters[] = { "system:masters", NULL };
	struct ek_api_options o = { .service_cidr = "10.43.0.0/16",
				    .advertise_address = "192.0.2.1",
				    .advertise_port = 6443 };
	bool done = false;
	struct world w;
	int64_t rev;

	world_open(&w);
	ck_assert_int_eq(make(&w, "a", "{'clusterIP':'10.43.9.9','ports':[{'port':80}]}"), 0);
	rev = ek_store_rev(w.store);
	ek_call_done(&w.call);
	ek_api_stop(w.api, on_stopped, &done);
	ck_assert(ek_loop_until(w.loop, &done, 5000));
	ek_client_free(w.admin);
	ek_api_free(w.api);

	done = false;
	o.loop = w.loop;
	o.store = w.store;
	ck_assert_int_eq(ek_api_new(&o, &w.api, NULL), 0);
	ek_api_start(w.api, on_ready, &done);
	ck_assert(ek_loop_until(w.loop, &done, 5000));
	ck_assert_int_eq(ek_store_rev(w.store), rev);
	w.admin = ek_api_local_client(w.api, "admin", masters);
	w.call = (struct ek_call){ 0 };
	ck_assert_int_eq(make(&w, "b", "{'clusterIP':'10.43.9.9','ports':[{'port':80}]}"),
			 EK_EINVALID);
	world_close(&w);
}
END_TEST

START_TEST(a_role_that_lost_a_rule_gets_it_back)
{
	static const char *const masters[] = { "system:masters", NULL };
	struct ek_api_options o = { .service_cidr = "10.43.0.0/16" };
	bool done = false;
	struct world w;

	world_open(&w);
	world_begin(&w, EK_DO_PATCH, &ek_kind_clusterrole, NULL, "system:basic-user")->patch_type =
		EK_PATCH_MERGE_DOC;
	ck_assert_int_eq(world_call(&w, NULL, "{'rules':[]}"), 0);
	world_begin(&w, EK_DO_PATCH, &ek_kind_clusterrole, NULL, "system:kube-dns")->patch_type =
		EK_PATCH_MERGE_DOC;
	ck_assert_int_eq(
		world_call(
			&w, NULL,
			"{'metadata':{'annotations':{'rbac.authorization.kubernetes.io/autoupdate':"
			"'false'}},'rules':[]}"),
		0);
	ek_call_done(&w.call);
	ek_api_stop(w.api, on_stopped, &done);
	ck_assert(ek_loop_until(w.loop, &done, 5000));
	ek_client_free(w.admin);
	ek_api_free(w.api);
	done = false;
	o.loop = w.loop;
	o.store = w.store;
	ck_assert_int_eq(ek_api_new(&o, &w.api, NULL), 0);
	ek_api_start(w.api, on_ready, &done);
	ck_assert(ek_loop_until(w.loop, &done, 5000));
	w.admin = ek_api_local_client(w.api, "admin", masters);
	w.call = (struct ek_call){ 0 };
	/* looking through the roles is left for after the start */
	for (int i = 0; i < 1000; i++) {
		bool tick = false;

		ck_assert_int_eq(world_get(&w, &ek_kind_clusterrole, NULL, "system:basic-user"), 0);
		if (ek_json_len(ek_json_get(world_object(&w), "rules")) > 0)
			break;
		(void)ek_loop_until(w.loop, &tick, 5);
	}
	ck_assert_int_eq(world_get(&w, &ek_kind_clusterrole, NULL, "system:basic-user"), 0);
	ck_assert_uint_eq(ek_json_len(ek_json_get(world_object(&w), "rules")), 2);
	ck_assert_int_eq(world_get(&w, &ek_kind_clusterrole, NULL, "system:kube-dns"), 0);
	ck_assert_uint_eq(ek_json_len(ek_json_get(world_object(&w), "rules")), 0);
	world_close(&w);
}
END_TEST

EK_TESTS("api/registry_services", numbers_come_from_the_upper_band_first,
	 EK_ROWS(bands_are_as_upstream, bands), EK_ROWS(makes, made), EK_ROWS(refuses, refusals),
	 what_a_service_held_is_free_when_it_goes, what_a_refused_service_took_is_free,
	 updates_keep_what_they_do_not_name, a_changed_port_is_free_again,
	 the_kubernetes_service_is_there, the_kubernetes_service_comes_back,
	 a_second_start_writes_nothing_and_knows_what_is_taken,
	 a_role_that_lost_a_rule_gets_it_back)
