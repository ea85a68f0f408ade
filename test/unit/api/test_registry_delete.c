/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_world.h"
#include "ek_test.h"

#include <ekube/clock.h>
#include <ekube/str.h>

static void make_map(struct world *w, const char *name, const char *finalizers)
{
	char text[256];

	ek_str_into(text, sizeof(text),
		    "{'metadata':{'name':'%s','labels':{'app':'x'},'finalizers':[%s]}}", name,
		    finalizers);
	ck_assert_int_eq(world_create(w, &ek_kind_configmap, "default", text), 0);
}

static void make_pod(struct world *w, const char *node)
{
	char text[256];

	ek_str_into(text, sizeof(text),
		    "{'metadata':{'name':'p'},'spec':{'nodeName':'%s','containers':[{'name':'c',"
		    "'image':'i'}]}}",
		    node);
	ck_assert_int_eq(world_create(w, &ek_kind_pod, "default", text), 0);
}

/* ---- what becomes of a ConfigMap ---- */

enum after { GONE, MARKED, AS_IT_WAS };

static const struct row {
	const char *what;
	const char *finalizers; /* of the object */
	const char *body;       /* DeleteOptions */
	int         rc;
	enum after  after;
	const char *left;       /* its finalizers then, joined */
} rows[] = {
	{ "plain", "", NULL, 0, GONE, NULL },
	{ "kept by a finalizer", "'x/y'", NULL, 0, MARKED, "x/y" },
	{ "orphan", "", "{'propagationPolicy':'Orphan'}", 0, MARKED, "orphan" },
	{ "foreground", "", "{'propagationPolicy':'Foreground'}", 0, MARKED, "foregroundDeletion" },
	{ "background overrides the object", "'orphan'", "{'propagationPolicy':'Background'}", 0,
	  GONE, NULL },
	{ "the object's own wish", "'foregroundDeletion'", NULL, 0, MARKED, "foregroundDeletion" },
	{ "the old spelling", "", "{'orphanDependents':true}", 0, MARKED, "orphan" },
	{ "both spellings", "", "{'orphanDependents':true,'propagationPolicy':'Orphan'}",
	  EK_EINVALID, AS_IT_WAS, NULL },
	{ "no such policy", "", "{'propagationPolicy':'Never'}", EK_EINVALID, AS_IT_WAS, NULL },
	{ "another uid", "", "{'preconditions':{'uid':'x'}}", EK_ECONFLICT, AS_IT_WAS, NULL },
	{ "another revision", "", "{'preconditions':{'resourceVersion':'1'}}", EK_ECONFLICT,
	  AS_IT_WAS, NULL },
	{ "only to try", "", "{'dryRun':['All']}", 0, AS_IT_WAS, NULL },
	{ "trying wrongly", "", "{'dryRun':['Some']}", EK_EINVALID, AS_IT_WAS, NULL },
};

static char *joined(const struct ek_json *list)
{
	struct ek_buf out = EK_BUF_INIT(1024);

	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);)
		(void)ek_buf_fmt(&out, "%s%s", out.len ? "," : "", ek_json_str(it.value));
	return ek_buf_steal(&out);
}

START_TEST(deletes)
{
	const struct row *r = &rows[_i];
	EK_FREE char *left = NULL;
	struct world w;

	world_open(&w);
	make_map(&w, "a", r->finalizers);
	ck_assert_msg(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_configmap, "default", "a",
			       r->body) == r->rc,
		      "%s: %s", r->what, world_message(&w));
	ck_assert_int_eq(world_get(&w, &ek_kind_configmap, "default", "a"),
			 r->after == GONE ? EK_ENOTFOUND : 0);
	if (r->after == MARKED)
		ck_assert_ptr_nonnull(world_str(&w, "metadata.deletionTimestamp"));
	if (r->after == AS_IT_WAS)
		ck_assert_ptr_null(world_str(&w, "metadata.deletionTimestamp"));
	left = joined(ek_json_at(world_object(&w), "metadata.finalizers"));
	if (r->left)
		ck_assert_str_eq(left, r->left);
	world_close(&w);
}
END_TEST

START_TEST(sentences_of_refused_deletions)
{
	struct world w;
	int64_t rev;
	char uid[40], want[512];

	world_open(&w);
	make_map(&w, "a", "");
	ek_str_into(uid, sizeof(uid), "%s", world_str(&w, "metadata.uid"));
	rev = w.call.object->rev;
	(void)world_do(&w, NULL, EK_DO_DELETE, &ek_kind_configmap, "default", "a",
		       "{'preconditions':{'uid':'x'}}");
	ek_str_into(
		want, sizeof(want),
		"Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition (x) "
		"does not match the UID in record (%s). The object might have been deleted and then recreated",
		uid);
	ck_assert_str_eq(world_message(&w), want);
	(void)world_do(&w, NULL, EK_DO_DELETE, &ek_kind_configmap, "default", "a",
		       "{'preconditions':{'resourceVersion':'1'}}");
	ek_str_into(want, sizeof(want),
		    "Operation cannot be fulfilled on ConfigMap \"a\": the ResourceVersion in the "
		    "precondition (1) does not match the ResourceVersion in record (%" PRId64
		    "). The object might have been "
		    "modified",
		    rev);
	ck_assert_str_eq(world_message(&w), want);
	(void)world_do(&w, NULL, EK_DO_DELETE, &ek_kind_namespace, NULL, "default", NULL);
	ck_assert_str_eq(world_message(&w),
			 "namespaces \"default\" is forbidden: this namespace may not be deleted");
	world_close(&w);
}
END_TEST

START_TEST(the_last_finalizer_ends_it)
{
	struct world w;

	world_open(&w);
	make_map(&w, "a", "'x/y'");
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_configmap, "default", "a", NULL),
			 0);
	ck_assert_str_eq(world_str(&w, "kind"), "ConfigMap");
	ck_assert_int_eq(world_create(&w, &ek_kind_configmap, "default",
				      "{'metadata':{'name':'a'}}"),
			 EK_EEXISTS);
	ck_assert_str_eq(world_message(&w),
			 "object is being deleted: configmaps \"a\" already exists");
	world_begin(&w, EK_DO_PATCH, &ek_kind_configmap, "default", "a")->patch_type =
		EK_PATCH_MERGE_DOC;
	ck_assert_int_eq(world_call(&w, NULL, "{'metadata':{'finalizers':null}}"), 0);
	ck_assert_int_eq(world_get(&w, &ek_kind_configmap, "default", "a"), EK_ENOTFOUND);
	world_close(&w);
}
END_TEST

/* ---- pods go gracefully ---- */

START_TEST(an_unscheduled_pod_goes_at_once)
{
	struct world w;

	world_open(&w);
	make_pod(&w, "");
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_pod, "default", "p", NULL), 0);
	ck_assert_str_eq(world_str(&w, "kind"), "Pod");
	ck_assert_int_eq(world_get(&w, &ek_kind_pod, "default", "p"), EK_ENOTFOUND);
	world_close(&w);
}
END_TEST

START_TEST(a_running_pod_gets_its_time)
{
	struct world w;
	int64_t us = 0, left;

	world_open(&w);
	make_pod(&w, "n1");
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_pod, "default", "p", NULL), 0);
	ck_assert_int_eq(world_int(&w, "metadata.deletionGracePeriodSeconds"), 30);
	ck_assert_int_eq(ek_time_parse(world_str(&w, "metadata.deletionTimestamp"), &us), 0);
	left = (us - ek_clock_wall_us()) / 1000000;
	ck_assert(left >= 27 && left <= 30);

	/* longer is not possible, shorter is */
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_pod, "default", "p",
				  "{'gracePeriodSeconds':60}"),
			 0);
	ck_assert_int_eq(world_int(&w, "metadata.deletionGracePeriodSeconds"), 30);
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_pod, "default", "p",
				  "{'gracePeriodSeconds':5}"),
			 0);
	ck_assert_int_eq(world_int(&w, "metadata.deletionGracePeriodSeconds"), 5);
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_pod, "default", "p",
				  "{'gracePeriodSeconds':0}"),
			 0);
	ck_assert_int_eq(world_get(&w, &ek_kind_pod, "default", "p"), EK_ENOTFOUND);
	world_close(&w);
}
END_TEST

START_TEST(a_finished_pod_goes_at_once)
{
	struct world w;

	world_open(&w);
	make_pod(&w, "n1");
	world_begin(&w, EK_DO_PATCH, &ek_kind_pod, "default", "p")->subresource = "status";
	w.call.patch_type = EK_PATCH_MERGE_DOC;
	ck_assert_int_eq(world_call(&w, NULL, "{'status':{'phase':'Succeeded'}}"), 0);
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_pod, "default", "p", NULL), 0);
	ck_assert_int_eq(world_get(&w, &ek_kind_pod, "default", "p"), EK_ENOTFOUND);
	world_close(&w);
}
END_TEST

START_TEST(eviction_is_a_deletion)
{
	struct world w;

	world_open(&w);
	make_pod(&w, "n1");
	world_begin(&w, EK_DO_CREATE, &ek_kind_pod, "default", "p")->subresource = "eviction";
	ck_assert_int_eq(world_call(&w, NULL, "{'metadata':{'name':'q'}}"), EK_EBADREQUEST);
	ck_assert_str_eq(world_message(&w), "name in URL does not match name in Eviction object");
	world_begin(&w, EK_DO_CREATE, &ek_kind_pod, "default", "p")->subresource = "eviction";
	ck_assert_int_eq(
		world_call(&w, NULL,
			   "{'metadata':{'name':'p'},'deleteOptions':{'gracePeriodSeconds':7}}"),
		0);
	ck_assert_str_eq(world_str(&w, "status"), "Success");
	ck_assert_int_eq(world_int(&w, "code"), 201);
	ck_assert_int_eq(world_get(&w, &ek_kind_pod, "default", "p"), 0);
	ck_assert_int_eq(world_int(&w, "metadata.deletionGracePeriodSeconds"), 7);
	world_close(&w);
}
END_TEST

/* ---- namespaces ---- */

START_TEST(a_namespace_waits_for_its_content)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_namespace, NULL, "{'metadata':{'name':'n'}}"),
			 0);
	ck_assert_str_eq(world_str(&w, "spec.finalizers.0"), "kubernetes");
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_namespace, NULL, "n", NULL), 0);
	ck_assert_str_eq(world_str(&w, "status.phase"), "Terminating");
	ck_assert_ptr_nonnull(world_str(&w, "metadata.deletionTimestamp"));
	ck_assert_int_eq(world_create(&w, &ek_kind_configmap, "n", "{'metadata':{'name':'a'}}"),
			 EK_EFORBIDDEN);
	ck_assert_str_eq(
		world_message(&w),
		"configmaps \"a\" is forbidden: unable to create new content in namespace n "
		"because it is being terminated");
	ck_assert_str_eq(world_status(&w, "details.causes.0.reason"), "NamespaceTerminating");
	/* once more changes nothing */
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_namespace, NULL, "n", NULL), 0);
	ck_assert_int_eq(world_get(&w, &ek_kind_namespace, NULL, "n"), 0);

	world_begin(&w, EK_DO_UPDATE, &ek_kind_namespace, NULL, "n")->subresource = "finalize";
	ck_assert_int_eq(world_call(&w, NULL, "{'metadata':{'name':'n'},'spec':{'finalizers':[]}}"),
			 0);
	ck_assert_int_eq(world_get(&w, &ek_kind_namespace, NULL, "n"), EK_ENOTFOUND);
	world_close(&w);
}
END_TEST

/* ---- collections ---- */

START_TEST(a_collection_goes_by_label)
{
	struct world w;

	world_open(&w);
	make_map(&w, "a", "");
	make_map(&w, "b", "'x/y'");
	ck_assert_int_eq(
		world_create(&w, &ek_kind_configmap, "default", "{'metadata':{'name':'c'}}"), 0);
	ck_assert_int_eq(world_create(&w, &ek_kind_configmap, "kube-system",
				      "{'metadata':{'name':'a','labels':{'app':'x'}}}"),
			 0);
	world_begin(&w, EK_DO_DELETE_COLLECTION, &ek_kind_configmap, "default", NULL)
		->label_selector = "app=x";
	ck_assert_int_eq(world_call(&w, NULL, NULL), 0);
	ck_assert_str_eq(world_str(&w, "kind"), "ConfigMapList");
	ck_assert_uint_eq(ek_json_len(ek_json_get(world_object(&w), "items")), 2);
	ck_assert_int_eq(world_get(&w, &ek_kind_configmap, "default", "a"), EK_ENOTFOUND);
	ck_assert_int_eq(world_get(&w, &ek_kind_configmap, "default", "b"), 0);
	ck_assert_ptr_nonnull(world_str(&w, "metadata.deletionTimestamp"));
	ck_assert_int_eq(world_get(&w, &ek_kind_configmap, "default", "c"), 0);
	ck_assert_int_eq(world_get(&w, &ek_kind_configmap, "kube-system", "a"), 0);
	world_close(&w);
}
END_TEST

START_TEST(a_large_collection_goes_in_pages)
{
	enum { MANY = 1203 };
	struct world w;

	world_open(&w);
	for (int i = 0; i < MANY; i++) {
		char text[64];

		ek_str_into(text, sizeof(text), "{'metadata':{'name':'m%d'}}", i);
		ck_assert_int_eq(world_create(&w, &ek_kind_configmap, "default", text), 0);
	}
	world_begin(&w, EK_DO_DELETE_COLLECTION, &ek_kind_configmap, "default", NULL);
	ck_assert_int_eq(world_call(&w, NULL, NULL), 0);
	world_begin(&w, EK_DO_LIST, &ek_kind_configmap, "default", NULL);
	ck_assert_int_eq(world_call(&w, NULL, NULL), 0);
	ck_assert_uint_eq(w.call.n_items, 0);
	world_close(&w);
}
END_TEST

EK_TESTS("api/registry_delete", EK_ROWS(deletes, rows), sentences_of_refused_deletions,
	 the_last_finalizer_ends_it, an_unscheduled_pod_goes_at_once, a_running_pod_gets_its_time,
	 a_finished_pod_goes_at_once, eviction_is_a_deletion, a_namespace_waits_for_its_content,
	 a_collection_goes_by_label, a_large_collection_goes_in_pages)
