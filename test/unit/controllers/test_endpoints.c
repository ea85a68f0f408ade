/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../lib/controllers/ctl_test.h"

#include "rows.h"

#include <ekube/str.h>

#define SVC(more) \
	"{'metadata':{'name':'web','namespace':'d','uid':'s1','labels':{'l':'1'}},'spec':{" \
	"'selector':{'a':'b'}," more \
	"}}"
#define PORTS	 "'ports':[{'name':'http','port':80,'targetPort':'www','protocol':'TCP'}]"
#define IP	 "'clusterIP':'10.0.0.1','ipFamilies':['IPv4'],"
#define HEADLESS "'clusterIP':'None','ipFamilies':['IPv4'],"
#define POD(name, ip, ready, meta, spec) \
	"{'metadata':{'name':'" name "','namespace':'d','uid':'" name "','labels':{'a':'b'}" meta \
	"},'spec':{" \
	"'nodeName':'n1','containers':[{'name':'c','ports':[{'name':'www'," \
	"'containerPort':8080}]}]" spec \
	"}," \
	"'status':{'phase':'Running','podIP':'" ip "','podIPs':[{'ip':'" ip \
	"'}],'conditions':[{'type':'Ready'," \
	"'status':'" ready "'}]}}"
#define GOING ",'deletionTimestamp':'2025-01-01T00:00:00Z'"

#define REF(name) "'targetRef':{'kind':'Pod','namespace':'d','name':'" name "','uid':'" name "'}"

static const struct {
	const char *what, *svc, *pods, *subsets; /* NULL: nothing is written */
} rows[] = {
	{ "ready and not ready", SVC(IP PORTS),
	  "[" POD("p1", "1.1.1.2", "True", "", "") "," POD("p2", "1.1.1.1", "False", "", "") "]",
	  "[{'addresses':[{'ip':'1.1.1.2','nodeName':'n1'," REF("p1") "}],'notReadyAddresses':[{'ip':'1.1.1.1','nodeName':'n1'," REF(
		  "p2") "}],'ports':[{'name':'http','port':8080,'protocol':'TCP'}]}]" },
	{ "sorted by address", SVC(IP PORTS),
	  "[" POD("p1", "1.1.1.2", "True", "", "") "," POD("p2", "1.1.1.1", "True", "", "") "]",
	  "[{'addresses':[{'ip':'1.1.1.1','nodeName':'n1'," REF("p2") "},{'ip':'1.1.1.2','nodeName':'n1'," REF(
		  "p1") "}],"
			"'ports':[{'name':'http','port':8080,'protocol':'TCP'}]}]" },
	{ "those that are wanted though not ready",
	  SVC(IP PORTS ",'publishNotReadyAddresses':true"),
	  "[" POD("p1", "1.1.1.1", "False", GOING, "") "]",
	  "[{'addresses':[{'ip':'1.1.1.1','nodeName':'n1'," REF(
		  "p1") "}],'ports':[{'name':'http','port':8080,'protocol':'TCP'}]}]" },
	{ "who leaves is left out", SVC(IP PORTS), "[" POD("p1", "1.1.1.1", "True", GOING, "") "]",
	  "[]" },
	{ "a port that the pod lacks", SVC(IP "'ports':[{'port':80,'targetPort':'other'}]"),
	  "[" POD("p1", "1.1.1.1", "True", "", "") "]", "[]" },
	{ "headless, without ports, with a hostname", SVC(HEADLESS "'ports':[]"),
	  "[" POD("p1", "1.1.1.1", "True", "", ",'hostname':'h','subdomain':'web'") "]",
	  "[{'addresses':[{'ip':'1.1.1.1','hostname':'h','nodeName':'n1'," REF("p1") "}]}]" },
	{ "no selector: not ours",
	  "{'metadata':{'name':'web','namespace':'d'},'spec':{" IP PORTS "}}", "[]", NULL },
	{ "an external name", SVC("'type':'ExternalName'"), "[]", NULL },
};

START_TEST(subsets)
{
	struct snapshot s;
	EK_JSON struct ek_json *body = NULL, *want = ctl_json(rows[_i].subsets);
	EK_FREE char *got = NULL;

	ctl_snapshot(&s, &ek_kind_service, rows[_i].svc, rows[_i].pods, NULL, NULL);
	body = ctl_body(endpoints_reconcile, &s, PLAN_CREATE, &ek_kind_endpoints, NULL);
	got = ek_json_text(ek_json_get(body, "subsets"));
	ck_assert_msg((body != NULL) == (want != NULL) &&
			      ek_json_same(want, ek_json_get(body, "subsets")),
		      "%s: %s", rows[_i].what, got);
	snapshot_done(&s);
}
END_TEST

START_TEST(labels_follow_the_service)
{
	struct snapshot s;
	EK_JSON struct ek_json *body = NULL;

	ctl_snapshot(&s, &ek_kind_service, SVC(HEADLESS PORTS), "[]", NULL, NULL);
	body = ctl_body(endpoints_reconcile, &s, PLAN_CREATE, &ek_kind_endpoints, NULL);
	ck_assert_str_eq(ek_meta_label(body, "l"), "1");
	ck_assert_ptr_nonnull(ek_meta_label(body, "service.kubernetes.io/headless"));
	snapshot_done(&s);
}
END_TEST

START_TEST(conditions_of_a_slice)
{
	static const struct {
		const char *pod, *more;
		bool ready, serving, terminating;
	} cases[] = {
		{ POD("p", "1.1.1.1", "True", "", ""), "", true, true, false },
		{ POD("p", "1.1.1.1", "False", "", ""), "", false, false, false },
		{ POD("p", "1.1.1.1", "True", GOING, ""), "", false, true, true },
		{ POD("p", "1.1.1.1", "False", "", ""), ",'publishNotReadyAddresses':true", true,
		  false, false },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(cases); i++) {
		EK_FREE char *svc = ek_str_fmt(
			"%s%s}}",
			"{'metadata':{'name':'web','namespace':'d','uid':'s1'},'spec':{'selector':{'a':'b'}," IP
				PORTS,
			cases[i].more);
		EK_FREE char *pods = ek_str_fmt("[%s]", cases[i].pod);
		EK_JSON struct ek_json *body = NULL;
		struct snapshot s;

		ctl_snapshot(
			&s, &ek_kind_service, svc, pods, NULL,
			"[{'metadata':{'name':'n1','labels':{'topology.kubernetes.io/zone':'z'}}}]");
		body = ctl_body(endpointslice_reconcile, &s, PLAN_CREATE, &ek_kind_endpointslice,
				NULL);
		ck_assert_int_eq(ek_json_bool_at(body, "endpoints.0.conditions.ready", false),
				 cases[i].ready);
		ck_assert_int_eq(ek_json_bool_at(body, "endpoints.0.conditions.serving", false),
				 cases[i].serving);
		ck_assert_int_eq(ek_json_bool_at(body, "endpoints.0.conditions.terminating", false),
				 cases[i].terminating);
		ck_assert_str_eq(ek_json_str_at(body, "endpoints.0.zone"), "z");
		ck_assert_str_eq(ek_meta_label(body, "kubernetes.io/service-name"), "web");
		ck_assert_str_eq(ek_json_str_at(ek_meta_controller(body), "kind"), "Service");
		snapshot_done(&s);
	}
}
END_TEST

static const struct controller *const both[] = { &endpoints_controller, &endpointslice_controller };

static void put_pod(struct ctl *c, int i, const char *ready)
{
	EK_FREE char *text = ek_str_fmt(
		"{'metadata':{'name':'p%03d','namespace':'d','uid':'p%03d','labels':{'a':'b'}},'spec':{"
		"'nodeName':'n1','containers':[{'name':'c','ports':[{'name':'www','containerPort':8080}]}]},"
		"'status':{'phase':'Running','podIP':'10.1.%d.%d','conditions':[{'type':'Ready','status':'%s'}]}}",
		i, i, i / 250, i % 250 + 1, ready);

	fake_client_put_text(c->fake, &ek_kind_pod, text);
}

static size_t count_endpoints(struct ctl *c, size_t *ret_largest)
{
	const struct ek_json *slice;
	size_t n = 0;

	*ret_largest = 0;
	for (size_t i = 0; (slice = fake_client_nth(c->fake, &ek_kind_endpointslice, i)); i++) {
		size_t here = ek_json_len(ek_json_get(slice, "endpoints"));

		n += here;
		*ret_largest = EK_MAX(*ret_largest, here);
	}
	return n;
}

START_TEST(many_pods_make_several_slices_that_stay_put)
{
	struct ctl c = { 0 };
	size_t largest;
	int updates, calls;

	ctl_start(&c, both, 2);
	for (int i = 0; i < 250; i++)
		put_pod(&c, i, "True");
	fake_client_put_text(c.fake, &ek_kind_service, SVC(IP PORTS));
	ctl_settle(&c);
	ck_assert_uint_eq(count_endpoints(&c, &largest), 250);
	ck_assert_uint_eq(largest, 100);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_endpointslice), 3);
	/* one pod's change is one slice's write, and one of Endpoints */
	updates = fake_client_calls_of(c.fake, EK_DO_UPDATE);
	put_pod(&c, 7, "False");
	ctl_settle(&c);
	ck_assert_int_eq(fake_client_calls_of(c.fake, EK_DO_UPDATE), updates + 2);
	calls = fake_client_calls(c.fake);
	put_pod(&c, 7, "False"); /* nothing that matters */
	ctl_pass(&c, 3600 * 1000);
	ck_assert_int_eq(fake_client_calls(c.fake), calls);
	/* all gone: one empty slice stays */
	for (int i = 0; i < 250; i++) {
		EK_FREE char *name = ek_str_fmt("p%03d", i);

		fake_client_remove(c.fake, &ek_kind_pod, "d", name);
	}
	ctl_settle(&c);
	ck_assert_uint_eq(count_endpoints(&c, &largest), 0);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_endpointslice), 1);
	fake_client_remove(c.fake, &ek_kind_service, "d", "web");
	ctl_settle(&c);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_endpoints), 0);
	ctl_stop(&c);
}
END_TEST

START_TEST(a_label_taken_away_takes_the_pod_away)
{
	struct ctl c = { 0 };
	size_t largest;

	ctl_start(&c, both, 2);
	put_pod(&c, 1, "True");
	fake_client_put_text(c.fake, &ek_kind_service, SVC(IP PORTS));
	ctl_settle(&c);
	ck_assert_uint_eq(count_endpoints(&c, &largest), 1);
	fake_client_put_text(
		c.fake, &ek_kind_pod,
		"{'metadata':{'name':'p001','namespace':'d','uid':'p001','labels':{'a':'c'}},"
		"'status':{'phase':'Running','podIP':'10.1.0.2','conditions':[{'type':'Ready','status':'True'}]}}");
	ctl_settle(&c);
	ck_assert_uint_eq(count_endpoints(&c, &largest), 0);
	ctl_stop(&c);
}
END_TEST

START_TEST(a_slice_that_somebody_spoilt_is_mended)
{
	struct ctl c = { 0 };
	const struct ek_json *slice;
	size_t largest;

	ctl_start(&c, both, 2);
	put_pod(&c, 1, "True");
	fake_client_put_text(c.fake, &ek_kind_service, SVC(IP PORTS));
	ctl_settle(&c);
	slice = fake_client_nth(c.fake, &ek_kind_endpointslice, 0);
	EK_JSON struct ek_json *copy = ek_json_copy(slice);
	ek_json_set(copy, "endpoints", ek_json_array());
	fake_client_put(c.fake, &ek_kind_endpointslice, copy);
	ctl_settle(&c);
	ck_assert_uint_eq(count_endpoints(&c, &largest), 1);
	ctl_stop(&c);
}
END_TEST

EK_TESTS("controllers/endpoints", EK_ROWS(subsets, rows), labels_follow_the_service,
	 conditions_of_a_slice, many_pods_make_several_slices_that_stay_put,
	 a_label_taken_away_takes_the_pod_away, a_slice_that_somebody_spoilt_is_mended)
