/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../lib/controllers/ctl_test.h"

#include "rows.h"

#include <ekube/str.h>

#define REF(kind, uid, more)                                                                       \
	"{'apiVersion':'v1','kind':'" kind "','name':'" uid "','uid':'" uid "'" more "}"
#define OBJ(kind, name, refs, more)                                                                \
	"{'apiVersion':'v1','kind':'" kind "','metadata':{'name':'" name                           \
	"','namespace':'d','uid':'" name "',"                                                      \
	"'resourceVersion':'4','ownerReferences':[" refs "]" more "}}"
#define CM(name, refs, more) OBJ("ConfigMap", name, refs, more)
#define BLOCK		     ",'blockOwnerDeletion':true"
#define GOING		     ",'deletionTimestamp':'2025-01-01T00:00:00Z'"
#define WAITS		     GOING ",'finalizers':['foregroundDeletion']"

static const struct {
	const char *what, *object, *owners, *dependents, *plan;
} rows[] = {
	{ "no owner", CM("a", "", ""), NULL, NULL, "" },
	{ "an owner that is there", CM("a", REF("Secret", "o", ""), ""),
	  "[" OBJ("Secret", "o", "", "") "]", NULL, "" },
	{ "an owner that is not", CM("a", REF("Secret", "o", ""), ""), NULL, NULL,
	  "0 absent? secrets o\n1 delete configmaps a\n" },
	{ "one of two is not", CM("a", REF("Secret", "o", "") "," REF("Secret", "q", ""), ""),
	  "[" OBJ("Secret", "o", "", "") "]", NULL, "0 absent? secrets q\n1 patch configmaps a\n" },
	{ "an owner of an unknown kind", CM("a", REF("Widget", "o", ""), ""), NULL, NULL, "" },
	{ "an owner that only leaves slowly still owns", CM("a", REF("Secret", "o", ""), ""),
	  "[" OBJ("Secret", "o", "", GOING ",'finalizers':['x/y']") "]", NULL, "" },
	{ "an owner that waits for us", CM("a", REF("Secret", "o", ""), ""),
	  "[" OBJ("Secret", "o", "", WAITS) "]", NULL, "0 delete configmaps a\n" },
	{ "owners that wait for each other", CM("a", REF("Secret", "o", ""), ""),
	  "[" OBJ("Secret", "o", "", WAITS) "]",
	  "[" OBJ("Secret", "o", REF("ConfigMap", "a", BLOCK), WAITS) "]",
	  "0 patch secrets o\n1 delete configmaps a\n" },
	{ "orphans its dependents, then goes", CM("a", "", GOING ",'finalizers':['orphan']"), NULL,
	  "[" CM("b", REF("ConfigMap", "a", ""), "") "]",
	  "0 patch configmaps b\n1 patch configmaps a\n" },
	{ "waits while one blocks", CM("a", "", WAITS), NULL,
	  "[" CM("b", REF("ConfigMap", "a", BLOCK), "") "]", "" },
	{ "and for no others", CM("a", "", WAITS), NULL,
	  "[" CM("b", REF("ConfigMap", "a", ""), "") "]", "0 patch configmaps a\n" },
	{ "deleted without either", CM("a", "", GOING ",'finalizers':['x/y']"), NULL, NULL, "" },
};

START_TEST(plans)
{
	struct snapshot s;
	EK_FREE char *got = NULL;

	ctl_snapshot(&s, &ek_kind_configmap, rows[_i].object, rows[_i].owners, rows[_i].dependents,
		     NULL);
	got = ctl_decide(garbage_reconcile, &s);
	ck_assert_msg(ek_streq(got, rows[_i].plan), "%s: got\n%s", rows[_i].what, got);
	snapshot_done(&s);
}
END_TEST

static const struct controller *const only[] = { &garbage_collector };

static void put(struct ctl *c, const char *name, const char *owner)
{
	EK_FREE char *refs =
		owner ? ek_str_fmt(
				"{'apiVersion':'v1','kind':'ConfigMap','name':'%s','uid':'%s','blockOwnerDeletion':true}",
				owner, owner) :
			ek_str_dup("");
	EK_FREE char *text = ek_str_fmt(
		"{'metadata':{'name':'%s','namespace':'d','uid':'%s','ownerReferences':[%s]}}",
		name, name, refs);

	fake_client_put_text(c->fake, &ek_kind_configmap, text);
}

static void chain(struct ctl *c)
{
	ctl_start(c, only, 1);
	put(c, "a", NULL);
	put(c, "b", "a");
	put(c, "c", "b");
	put(c, "other", NULL);
	ctl_settle(c);
	ck_assert_uint_eq(fake_client_count(c->fake, &ek_kind_configmap), 4);
}

static void on_deleted(struct ek_call *call, int rc)
{
	ck_assert_int_eq(rc, 0);
	ek_call_done(call);
}

static void delete (struct ctl *c, const char *name, const char *propagation)
{
	static struct ek_call call;

	ek_call_init(&call, EK_DO_DELETE, &ek_kind_configmap, "d", name, on_deleted);
	call.propagation = propagation;
	ek_call_start(fake_client_of(c->fake), &call);
	ctl_pass(c, 2000);
}

START_TEST(in_the_background)
{
	struct ctl c = { 0 };
	int calls;

	chain(&c);
	delete (&c, "a", "Background");
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_configmap), 1);
	calls = fake_client_calls(c.fake);
	ctl_pass(&c, 3600 * 1000);
	ck_assert_int_eq(fake_client_calls(c.fake), calls);
	ctl_stop(&c);
}
END_TEST

START_TEST(in_the_foreground)
{
	struct ctl c = { 0 };

	chain(&c);
	delete (&c, "a", "Foreground");
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_configmap), 1);
	ctl_stop(&c);
}
END_TEST

START_TEST(in_the_foreground_the_owner_is_last)
{
	struct ctl c = { 0 };

	ctl_start(&c, only, 1);
	put(&c, "a", NULL);
	fake_client_put_text(
		c.fake, &ek_kind_configmap,
		"{'metadata':{'name':'b','namespace':'d','uid':'b','finalizers':['x/y'],"
		"'ownerReferences':[{'apiVersion':'v1','kind':'ConfigMap','name':'a','uid':'a','blockOwnerDeletion':true}]}}");
	ctl_settle(&c);
	delete (&c, "a", "Foreground");
	ck_assert(ek_meta_deleting(fake_client_get(c.fake, &ek_kind_configmap, "d", "b")));
	ck_assert_ptr_nonnull(fake_client_get(c.fake, &ek_kind_configmap, "d", "a"));
	fake_client_remove(c.fake, &ek_kind_configmap, "d", "b");
	ctl_pass(&c, 2000);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_configmap), 0);
	ctl_stop(&c);
}
END_TEST

START_TEST(orphans_stay)
{
	struct ctl c = { 0 };

	chain(&c);
	delete (&c, "a", "Orphan");
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_configmap), 3);
	ck_assert_uint_eq(
		ek_json_len(ek_json_at(fake_client_get(c.fake, &ek_kind_configmap, "d", "b"),
				       "metadata.ownerReferences")),
		0);
	ctl_stop(&c);
}
END_TEST

START_TEST(what_lost_its_owner_while_nobody_looked)
{
	struct ctl c = { 0 };

	ctl_clock_on();
	c.loop = ek_loop_new();
	c.fake = fake_client_new(c.loop);
	put(&c, "b", "gone");
	put(&c, "c", "b");
	ctl_start(&c, only, 1);
	ctl_pass(&c, 2000);
	ck_assert_uint_eq(fake_client_count(c.fake, &ek_kind_configmap), 0);
	ctl_stop(&c);
}
END_TEST

EK_TESTS("controllers/garbage", EK_ROWS(plans, rows), in_the_background, in_the_foreground,
	 in_the_foreground_the_owner_is_last, orphans_stay, what_lost_its_owner_while_nobody_looked)
