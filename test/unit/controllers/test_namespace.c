/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../lib/controllers/ctl_test.h"

#include "rows.h"

#include <ekube/str.h>

#define NS(meta, finalizers, phase) \
	"{'kind':'Namespace','apiVersion':'v1','metadata':{'name':'a','uid':'u'," \
	"'resourceVersion':'3'" meta \
	"}," \
	"'spec':{'finalizers':[" finalizers "]},'status':{'phase':'" phase "'}}"
#define GOING ",'deletionTimestamp':'2025-01-01T00:00:00Z'"
#define OURS  "'kubernetes'"

static const struct {
	const char *what, *ns, *remaining, *first; /* first line of the plan; "" for none */
} rows[] = {
	{ "an active one", NS("", OURS, "Active"), NULL, "" },
	{ "one that is finished", NS(GOING, "", "Terminating"), NULL, "" },
	{ "somebody else's finalizer", NS(GOING, "'x'", "Terminating"), NULL, "" },
	{ "all of a kind at once, then it tells what remains", NS(GOING, OURS, "Terminating"),
	  "[{'resource':'pods','group':'','version':'v1','n':2,'fresh':2}]",
	  "0 delete-all pods\n1 update namespaces/status a\n" },
	{ "what is on its way is not told again", NS(GOING, OURS, "Terminating"),
	  "[{'resource':'pods','group':'','version':'v1','n':2,'fresh':0}]",
	  "0 update namespaces/status a\n" },
};

START_TEST(plans)
{
	struct snapshot s;
	EK_FREE char *got = NULL;

	ctl_snapshot(&s, &ek_kind_namespace, rows[_i].ns, rows[_i].remaining, NULL, NULL);
	got = ctl_decide(namespace_reconcile, &s);
	ck_assert_msg(ek_streq(got, rows[_i].first), "%s: got\n%s", rows[_i].what, got);
	snapshot_done(&s);
}
END_TEST

static const char *message(const struct ek_json *ns, const char *type)
{
	return ek_json_str_at(ek_meta_condition(ns, type), "message");
}

START_TEST(the_status_says_what_remains)
{
	struct snapshot s;
	EK_JSON struct ek_json *body = NULL;

	ctl_snapshot(
		&s, &ek_kind_namespace, NS(GOING, OURS, "Terminating"),
		"[{'resource':'pods','group':'','version':'v1','n':2,'fresh':2,'finalizers':{'x/y':1}},"
		"{'resource':'deployments','group':'apps','version':'v1','n':1,'fresh':1,'finalizers':{'x/y':1}}]",
		NULL, NULL);
	body = ctl_body(namespace_reconcile, &s, PLAN_UPDATE, &ek_kind_namespace, "status");
	ck_assert_str_eq(
		message(body, "NamespaceContentRemaining"),
		"Some resources are remaining: "
		"deployments.apps has 1 resource instances, pods. has 2 resource instances");
	ck_assert_str_eq(message(body, "NamespaceFinalizersRemaining"),
			 "Some content in the namespace has finalizers remaining: "
			 "x/y in 2 resource instances");
	ck_assert(ek_meta_condition_is(body, "NamespaceDeletionContentFailure", "False"));
	snapshot_done(&s);
}
END_TEST

static const struct controller *const only[] = { &namespace_controller };

static void put(struct ctl *c, const struct ek_kind *kind, const char *name, const char *more)
{
	EK_FREE char *text = ek_str_fmt(
		"{'metadata':{'name':'%s','namespace':'a'%s},'spec':{'nodeName':'n'}}", name, more);

	fake_client_put_text(c->fake, kind, text);
}

START_TEST(takes_everything_along_and_only_that)
{
	struct ctl c = { 0 };

	ctl_start(&c, only, 1);
	fake_client_put_text(c.fake, &ek_kind_namespace, NS("", OURS, "Active"));
	put(&c, &ek_kind_pod, "p", ",'deletionGracePeriodSeconds':30");
	put(&c, &ek_kind_configmap, "c", "");
	put(&c, &ek_kind_deployment, "d", "");
	put(&c, &ek_kind_event, "e", "");
	put(&c, &ek_kind_secret, "kept", ",'finalizers':['x/y']");
	fake_client_put_text(c.fake, &ek_kind_configmap,
			     "{'metadata':{'name':'other','namespace':'b'}}");
	ctl_settle(&c);
	fake_client_put_text(c.fake, &ek_kind_namespace, NS(GOING, OURS, "Terminating"));
	ctl_pass(&c, 5000);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_deployment), 0);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_configmap), 1);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_pod), 1); /* its node ends it */
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_namespace), 1);
	int calls = fake_client_calls(c.fake);
	ctl_pass(&c, 3600 * 1000);
	ck_assert_int_eq(fake_client_calls(c.fake), calls); /* waits, asks nobody */
	fake_client_remove(c.fake, &ek_kind_pod, "a", "p");
	ctl_settle(&c);
	fake_client_remove(c.fake, &ek_kind_secret, "a", "kept");
	ctl_pass(&c, 5000);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_namespace), 0);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_event), 0);
	ctl_stop(&c);
}
END_TEST

START_TEST(a_refusal_is_told_and_tried_again)
{
	struct ctl c = { 0 };
	const struct ek_json *ns;

	ctl_start(&c, only, 1);
	put(&c, &ek_kind_configmap, "c", "");
	ctl_settle(&c);
	fake_client_fail(c.fake, EK_DO_DELETE_COLLECTION, &ek_kind_configmap, EK_EINTERNAL, 3);
	fake_client_put_text(c.fake, &ek_kind_namespace, NS(GOING, OURS, "Terminating"));
	ctl_settle(&c);
	ns = fake_client_get(c.fake, &ek_kind_namespace, NULL, "a");
	ck_assert(ek_meta_condition_is(ns, "NamespaceDeletionContentFailure", "True"));
	ctl_pass(&c, 5000);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_namespace), 0);
	ctl_stop(&c);
}
END_TEST

EK_TESTS("controllers/namespace", EK_ROWS(plans, rows), the_status_says_what_remains,
	 takes_everything_along_and_only_that, a_refusal_is_told_and_tried_again)
