/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../lib/fake_client.h"

#include <ekube/informer.h>
#include <ekube/str.h>

static struct ek_loop *loop;
static struct fake_client *fake;
static struct ek_informers *informers;
static char seen[512];

/* "+a" added, "~a" changed, "-a" removed, "!" synced */
static void on_change(struct ek_informer_handler *h, struct ek_object *before,
		      struct ek_object *after)
{
	(void)h;
	strcat(seen, before && after ? "~" : after ? "+" : "-");
	strcat(seen, ek_meta_name(ek_object_tree(after ? after : before)));
	strcat(seen, " ");
}

static void on_synced(struct ek_informer_handler *h)
{
	(void)h;
	strcat(seen, "! ");
}

static struct ek_informer_handler handler = { .on_change = on_change, .on_synced = on_synced };

static void put(const char *ns, const char *name, const char *owner, const char *color)
{
	EK_JSON struct ek_json *owners =
		owner ? ek_json_make("[{'uid':%s,'kind':'X','name':'x','apiVersion':'v1'}]",
				     owner) :
			NULL;
	EK_JSON struct ek_json *o =
		ek_json_make("{'metadata':{'name':%s,'namespace':%s,'labels':{'color':%s},"
			     "'uid':%s,'ownerReferences':%v}}",
			     name, ns, color, name, owners);

	fake_client_put(fake, &ek_kind_configmap, o);
}

static void setup(void)
{
	seen[0] = '\0';
	loop = ek_loop_new();
	fake = fake_client_new(loop);
	informers = ek_informers_new(fake_client_of(fake));
}

static void teardown(void)
{
	ek_informers_free(informers);
	fake_client_free(fake);
	ek_loop_free(loop);
}

START_TEST(lists_then_follows)
{
	struct ek_informer *inf;

	setup();
	put("ns", "a", NULL, "red");
	inf = ek_informer_get(informers, &ek_kind_configmap, NULL, NULL, NULL);
	ek_informer_add(inf, &handler);
	ck_assert(!ek_informer_synced(inf));
	fake_client_settle(fake);
	ck_assert(ek_informer_synced(inf));
	put("ns", "b", NULL, "red");
	put("ns", "a", NULL, "blue");
	fake_client_remove(fake, &ek_kind_configmap, "ns", "b");
	fake_client_settle(fake);
	ck_assert_str_eq(seen, "+a ! +b ~a -b ");
	ck_assert_uint_eq(ek_informer_count(inf), 1);
	ck_assert_ptr_null(ek_informer_find(inf, "ns", "b"));
	ck_assert_str_eq(ek_meta_label(ek_object_tree(ek_informer_find(inf, "ns", "a")), "color"),
			 "blue");
	ck_assert_ptr_nonnull(ek_informer_find_uid(inf, "a"));
	teardown();
}
END_TEST

START_TEST(shares_a_cache_and_fills_a_late_handler)
{
	struct ek_informer *inf;

	setup();
	put("ns", "a", NULL, "red");
	inf = ek_informer_get(informers, &ek_kind_configmap, NULL, NULL, NULL);
	fake_client_settle(fake);
	ck_assert_ptr_eq(inf, ek_informer_get(informers, &ek_kind_configmap, NULL, NULL, NULL));
	ck_assert_int_eq(fake_client_calls_of(fake, EK_DO_LIST), 1);
	ek_informer_add(inf, &handler);
	ck_assert_str_eq(seen, "+a ! ");
	teardown();
}
END_TEST

START_TEST(who_wants_no_changes_hears_that_the_cache_is_complete)
{
	struct ek_informer_handler early = { .on_synced = on_synced }, late = early;
	struct ek_informer *inf;

	setup();
	put("ns", "a", NULL, "red");
	inf = ek_informer_get(informers, &ek_kind_configmap, NULL, NULL, NULL);
	ek_informer_add(inf, &early);
	fake_client_settle(fake);
	ck_assert_str_eq(seen, "! ");
	ek_informer_add(inf, &late);
	ck_assert_str_eq(seen, "! ! ");
	put("ns", "b", NULL, "red");
	fake_client_settle(fake);
	ck_assert_str_eq(seen, "! ! ");
	ck_assert_uint_eq(ek_informer_count(inf), 2);
	teardown();
}
END_TEST

START_TEST(walks_by_namespace_and_owner)
{
	struct ek_informer_iter it;
	struct ek_informer *inf;
	char walked[128] = "";

	setup();
	put("n1", "a", "u1", "red");
	put("n1", "b", "u2", "red");
	put("n2", "c", "u1", "red");
	inf = ek_informer_get(informers, &ek_kind_configmap, NULL, NULL, NULL);
	fake_client_settle(fake);
	for (struct ek_object *o = ek_informer_first(inf, "n1", NULL, &it); o;
	     o = ek_informer_next(&it))
		strcat(walked, ek_meta_name(ek_object_tree(o)));
	strcat(walked, " ");
	for (struct ek_object *o = ek_informer_first(inf, NULL, "u1", &it); o;
	     o = ek_informer_next(&it))
		strcat(walked, ek_meta_name(ek_object_tree(o)));
	strcat(walked, " ");
	for (struct ek_object *o = ek_informer_first(inf, "n2", "u1", &it); o;
	     o = ek_informer_next(&it))
		strcat(walked, ek_meta_name(ek_object_tree(o)));
	strcat(walked, " ");
	for (struct ek_object *o = ek_informer_first(inf, NULL, NULL, &it); o;
	     o = ek_informer_next(&it))
		strcat(walked, ek_meta_name(ek_object_tree(o)));
	ck_assert_str_eq(walked, "ab ac c abc");
	ck_assert_ptr_null(ek_informer_first(inf, "n3", NULL, &it));
	/* an owner that changes takes its dependents along */
	put("n1", "b", "u1", "red");
	fake_client_settle(fake);
	ck_assert_ptr_null(ek_informer_first(inf, NULL, "u2", &it));
	teardown();
}
END_TEST

START_TEST(leaving_the_selector_is_a_removal)
{
	struct ek_informer *inf;

	setup();
	put("ns", "a", NULL, "red");
	inf = ek_informer_get(informers, &ek_kind_configmap, NULL, "color=red", NULL);
	ek_informer_add(inf, &handler);
	fake_client_settle(fake);
	put("ns", "a", NULL, "blue");
	put("ns", "a", NULL, "red");
	fake_client_settle(fake);
	ck_assert_str_eq(seen, "+a ! -a +a ");
	teardown();
}
END_TEST

START_TEST(expired_lists_again_and_tells_the_difference)
{
	struct ek_informer *inf;
	const bool never = false;

	setup();
	put("ns", "a", NULL, "red");
	put("ns", "b", NULL, "red");
	inf = ek_informer_get(informers, &ek_kind_configmap, NULL, NULL, NULL);
	ek_informer_add(inf, &handler);
	fake_client_settle(fake);
	seen[0] = '\0';
	fake_client_break_watches(fake, EK_EEXPIRED);
	fake_client_settle(fake);
	fake_client_remove(fake, &ek_kind_configmap, "ns", "a");
	put("ns", "c", NULL, "red");
	(void)ek_loop_until(loop, &never, 1200); /* the first retry comes after 0.8 s */
	fake_client_settle(fake);
	ck_assert_str_eq(seen, "+c -a ");
	ck_assert_int_eq(fake_client_calls_of(fake, EK_DO_LIST), 2);
	teardown();
}
END_TEST

START_TEST(a_write_is_known_by_its_revision)
{
	struct ek_informer *inf;
	int64_t rev;

	setup();
	inf = ek_informer_get(informers, &ek_kind_configmap, NULL, NULL, NULL);
	fake_client_settle(fake);
	put("ns", "a", NULL, "red");
	rev = ek_meta_rev(fake_client_get(fake, &ek_kind_configmap, "ns", "a"));
	ck_assert_int_lt(ek_informer_rev(inf), rev);
	fake_client_settle(fake);
	ck_assert_int_ge(ek_informer_rev(inf), rev);
	teardown();
}
END_TEST

START_TEST(a_long_list_comes_in_pages)
{
	struct ek_informer *inf;

	setup();
	for (int i = 0; i < 1001; i++)
		put("ns", EK_F("c%d", i), NULL, "red");
	inf = ek_informer_get(informers, &ek_kind_configmap, NULL, NULL, NULL);
	fake_client_settle(fake);
	ck_assert(ek_informer_synced(inf));
	ck_assert_uint_eq(ek_informer_count(inf), 1001);
	ck_assert_int_eq(fake_client_calls_of(fake, EK_DO_LIST), 3);
	teardown();
}
END_TEST

/* A page that fails begins the list anew, and nothing is lost or told twice. */
START_TEST(a_page_that_fails_begins_the_list_anew)
{
	struct ek_informer *inf;
	const bool never = false;

	setup();
	for (int i = 0; i < 501; i++)
		put("ns", EK_F("c%d", i), NULL, "red");
	inf = ek_informer_get(informers, &ek_kind_configmap, NULL, NULL, NULL);
	while (fake_client_calls_of(fake, EK_DO_LIST) < 1)
		(void)ek_loop_until(loop, &never, 1);
	fake_client_fail(fake, EK_DO_LIST, &ek_kind_configmap, EK_EEXPIRED, 1);
	(void)ek_loop_until(loop, &never, 1000); /* the retry comes after 0.8 s */
	fake_client_settle(fake);
	ck_assert(ek_informer_synced(inf));
	ck_assert_uint_eq(ek_informer_count(inf), 501);
	ck_assert_int_eq(fake_client_calls_of(fake, EK_DO_LIST), 4);
	teardown();
}
END_TEST

static void put_with_data(const char *name)
{
	EK_JSON struct ek_json *o = ek_json_make(
		"{'kind':'ConfigMap','apiVersion':'v1','metadata':{'name':%s,'namespace':'ns','uid':%s,"
		"'annotations':{'a':'b'},'labels':{'color':'red'},'finalizers':['f']},'data':{'k':'v'}}",
		name, name);

	fake_client_put(fake, &ek_kind_configmap, o);
}

START_TEST(metadata_is_all_that_is_kept)
{
	struct ek_informer *inf;
	const struct ek_json *a;

	setup();
	put_with_data("a");
	inf = ek_informer_get_metadata(informers, &ek_kind_configmap, NULL);
	ek_informer_add(inf, &handler);
	fake_client_settle(fake);
	put_with_data("b");
	fake_client_settle(fake);
	fake_client_remove(fake, &ek_kind_configmap, "ns", "b");
	fake_client_settle(fake);
	ck_assert_str_eq(seen, "+a ! +b -b ");
	a = ek_object_tree(ek_informer_find(inf, "ns", "a"));
	ck_assert(ek_meta_has_finalizer(a, "f"));
	ck_assert_str_eq(ek_meta_label(a, "color"), "red");
	ck_assert_int_gt(ek_meta_rev(a), 0);
	ck_assert_str_eq(ek_json_str_at(a, "kind"), "ConfigMap");
	ck_assert_ptr_null(ek_json_get(a, "data"));
	ck_assert_ptr_null(ek_meta_annotations(a));
	ck_assert_ptr_eq(inf, ek_informer_get_metadata(informers, &ek_kind_configmap, NULL));
	ck_assert_ptr_ne(inf, ek_informer_get(informers, &ek_kind_configmap, NULL, NULL, NULL));
	teardown();
}
END_TEST

START_TEST(who_wants_metadata_shares_whole_objects)
{
	struct ek_informer *inf;

	setup();
	inf = ek_informer_get(informers, &ek_kind_configmap, NULL, NULL, NULL);
	ck_assert_ptr_eq(inf, ek_informer_get_metadata(informers, &ek_kind_configmap, NULL));
	fake_client_settle(fake);
	ck_assert_int_eq(fake_client_calls_of(fake, EK_DO_LIST), 1);
	teardown();
}
END_TEST

EK_TESTS("client/informer", a_long_list_comes_in_pages, a_page_that_fails_begins_the_list_anew,
	 metadata_is_all_that_is_kept, who_wants_metadata_shares_whole_objects, lists_then_follows,
	 shares_a_cache_and_fills_a_late_handler,
	 who_wants_no_changes_hears_that_the_cache_is_complete, walks_by_namespace_and_owner,
	 leaving_the_selector_is_a_removal, expired_lists_again_and_tells_the_difference,
	 a_write_is_known_by_its_revision)
