/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

#include <ekube/meta.h>

static const char pod[] =
	"{'metadata':{'name':'web','namespace':'ns','uid':'u1','resourceVersion':'42','generation':3,"
	"'labels':{'app':'x'},'annotations':{'note':'y'},'finalizers':['f1','f2'],"
	"'ownerReferences':[{'uid':'o1'},{'uid':'o2','controller':true}]},"
	"'status':{'conditions':[{'type':'Ready','status':'True'},{'type':'Odd'}]}}";

START_TEST(reads_metadata)
{
	EK_JSON struct ek_json *o = json(pod);

	ck_assert_str_eq(ek_meta_name(o), "web");
	ck_assert_str_eq(ek_meta_namespace(o), "ns");
	ck_assert_str_eq(ek_meta_uid(o), "u1");
	ck_assert_int_eq(ek_meta_rev(o), 42);
	ck_assert_int_eq(ek_meta_generation(o), 3);
	ck_assert_str_eq(ek_meta_label(o, "app"), "x");
	ck_assert_ptr_null(ek_meta_label(o, "other"));
	ck_assert_str_eq(ek_meta_annotation(o, "note"), "y");
	ck_assert_uint_eq(ek_json_len(ek_meta_labels(o)) + ek_json_len(ek_meta_annotations(o)), 2);
	ck_assert(ek_meta_has_finalizer(o, "f2") && !ek_meta_has_finalizer(o, "f3"));
	ck_assert_str_eq(ek_json_str(ek_json_get(ek_meta_controller(o), "uid")), "o2");
	ck_assert(ek_meta_owned_by(o, "o1") && !ek_meta_owned_by(o, "o3") && !ek_meta_owned_by(o, NULL));
	ck_assert(!ek_meta_deleting(o));
}
END_TEST

static const char *const bare[] = { "{}", "{'metadata':null}", "{'metadata':{}}", "{'metadata':7}", "[]", "null" };

START_TEST(absent_everywhere)
{
	EK_JSON struct ek_json *o = json(bare[_i]);

	ck_assert_ptr_null(ek_meta_name(o));
	ck_assert_ptr_null(ek_meta_namespace(o));
	ck_assert_ptr_null(ek_meta_uid(o));
	ck_assert_int_eq(ek_meta_rev(o) + ek_meta_generation(o), 0);
	ck_assert_ptr_null(ek_meta_label(o, "a"));
	ck_assert_ptr_null(ek_meta_annotation(o, "a"));
	ck_assert_ptr_null(ek_meta_controller(o));
	ck_assert_ptr_null(ek_meta_condition(o, "Ready"));
	ck_assert(!ek_meta_deleting(o) && !ek_meta_has_finalizer(o, "f") && !ek_meta_owned_by(o, "o"));
	ck_assert(!ek_meta_condition_is(o, "Ready", "True") && !ek_meta_condition_is(o, "Ready", NULL));
}
END_TEST

static const struct {
	const char *rv;
	int64_t     rev;
} revisions[] = {
	{ "'1'", 1 }, { "'9223372036854775807'", INT64_MAX }, { "''", 0 }, { "'x'", 0 }, { "'-1'", 0 },
	{ "'9223372036854775808'", 0 }, { "5", 0 },
};

START_TEST(reads_revisions)
{
	EK_FREE char *text = ek_str_fmt("{'metadata':{'resourceVersion':%s}}", revisions[_i].rv);
	EK_JSON struct ek_json *o = json(text);

	ck_assert_int_eq(ek_meta_rev(o), revisions[_i].rev);
}
END_TEST

START_TEST(deleting)
{
	EK_JSON struct ek_json *o = json("{'metadata':{'deletionTimestamp':'2020-01-01T00:00:00Z'}}");

	ck_assert(ek_meta_deleting(o));
}
END_TEST

START_TEST(makes_owners)
{
	EK_JSON struct ek_json *o = json(pod);
	EK_JSON struct ek_json *ref = ek_meta_new_owner("apps/v1", "ReplicaSet", o);

	check_json(ref, "{'apiVersion':'apps/v1','kind':'ReplicaSet','name':'web','uid':'u1','controller':true,"
			"'blockOwnerDeletion':true}");
}
END_TEST

START_TEST(reads_conditions)
{
	EK_JSON struct ek_json *o = json(pod);

	ck_assert_ptr_nonnull(ek_meta_condition(o, "Ready"));
	ck_assert(ek_meta_condition_is(o, "Ready", "True") && !ek_meta_condition_is(o, "Ready", "False"));
	ck_assert(!ek_meta_condition_is(o, "Odd", "True") && !ek_meta_condition_is(o, "Odd", NULL));
}
END_TEST

START_TEST(sets_conditions)
{
	EK_JSON struct ek_json *o = json("{'status':{'phase':'Running'}}");

	ck_assert(ek_meta_set_condition(o, "Ready", "False", "Why", "because", "t1"));
	check_json(ek_json_at(o, "status.conditions"), "[{'type':'Ready','status':'False','lastTransitionTime':'t1',"
						       "'reason':'Why','message':'because'}]");
	ck_assert(!ek_meta_set_condition(o, "Ready", "False", "Why", "because", "t2"));
	ck_assert(ek_meta_set_condition(o, "Ready", "False", "Why", "more", "t3"));
	ck_assert_str_eq(ek_json_str_at(o, "status.conditions.0.lastTransitionTime"), "t1");
	ck_assert(ek_meta_set_condition(o, "Ready", "True", NULL, NULL, "t4"));
	ck_assert(ek_meta_set_condition(o, "Other", "Unknown", NULL, NULL, "t5"));
	check_json(o, "{'status':{'phase':'Running','conditions':[{'type':'Ready','status':'True','lastTransitionTime':'t4'},"
		      "{'type':'Other','status':'Unknown','lastTransitionTime':'t5'}]}}");
}
END_TEST

EK_TESTS("obj/meta", reads_metadata, EK_ROWS(absent_everywhere, bare), EK_ROWS(reads_revisions, revisions),
	 deleting, makes_owners, reads_conditions, sets_conditions)
