/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_world.h"
#include "core.h"
#include "ek_test.h"

#include <ekube/clock.h>
#include <ekube/str.h>
#include <stdlib.h>

/* One list, with everything that it said. */
struct listing {
	struct ek_list_op op;
	EK_VEC(char *) names;
	int64_t  rev, remaining;
	char    *next;
	struct ek_json *status;
	int      rc;
	size_t   pause_at; /* after so many objects; 0: never */
	bool     paused, ended;
};

static void on_start(struct ek_list_op *op, int64_t rev)
{
	ek_container_of(op, struct listing, op)->rev = rev;
}

static bool on_object(struct ek_list_op *op, struct ek_object *o)
{
	struct listing *l = ek_container_of(op, struct listing, op);

	ek_vec_push(&l->names, ek_str_dup(ek_meta_name(ek_object_tree(o))));
	l->paused = l->pause_at && l->names.n == l->pause_at;
	return !l->paused;
}

static void on_done(struct ek_list_op *op, int rc, const char *next, int64_t remaining,
		    struct ek_json *status)
{
	struct listing *l = ek_container_of(op, struct listing, op);

	l->rc = rc;
	l->next = ek_str_dup(next);
	l->remaining = remaining;
	l->status = status ? ek_json_ref(status) : NULL;
	l->ended = true;
}

static void listing_init(struct listing *l, const struct ek_kind *k, const char *ns)
{
	*l = (struct listing){ .op = { .user = &ek_user_self,
				       .kind = k,
				       .ns = ns,
				       .rev = -1,
				       .on_start = on_start,
				       .on_object = on_object,
				       .done = on_done } };
}

static void listing_done(struct listing *l)
{
	for (size_t i = 0; i < l->names.n; i++)
		free(l->names.items[i]);
	ek_vec_done(&l->names);
	free(l->next);
	ek_json_unref(l->status);
}

static const char *names_of(const struct listing *l, char out[256])
{
	out[0] = '\0';
	for (size_t i = 0; i < l->names.n; i++)
		ek_str_into(out + strlen(out), 256 - strlen(out), "%s%s", i ? " " : "",
			    l->names.items[i]);
	return out;
}

static void make(struct world *w, const char *ns, const char *name, const char *label)
{
	char text[256];

	ek_str_into(text, sizeof(text), "{'metadata':{'name':'%s','labels':{'app':'%s'}}}", name,
		    label);
	ck_assert_int_eq(world_create(w, &ek_kind_configmap, ns, text), 0);
}

static void populate(struct world *w)
{
	world_open(w);
	make(w, "default", "a", "x");
	make(w, "default", "b", "y");
	make(w, "default", "c", "x");
	make(w, "kube-public", "a", "y");
	make(w, "kube-public", "d", "x");
}

/* ---- what is selected ---- */

static const struct selection {
	const char *what, *ns, *labels, *fields, *want;
} selections[] = {
	{ "a namespace", "default", NULL, NULL, "a b c" },
	{ "everywhere", NULL, NULL, NULL, "a b c a d" },
	{ "by label", NULL, "app=x", NULL, "a c d" },
	{ "by label, negated", "default", "app!=x", NULL, "b" },
	{ "by a set", "default", "app in (y,z)", NULL, "b" },
	{ "by name", "default", NULL, "metadata.name=b", "b" },
	{ "by name everywhere", NULL, NULL, "metadata.name=a", "a a" },
	{ "a name is no prefix", "default", NULL, "metadata.name=", "" },
	{ "by namespace", NULL, NULL, "metadata.namespace=kube-public", "a d" },
	{ "by name and namespace", NULL, NULL, "metadata.namespace=kube-public,metadata.name=d",
	  "d" },
	{ "not by name", "default", NULL, "metadata.name!=b", "a c" },
	{ "both selectors", NULL, "app=x", "metadata.namespace=kube-public", "d" },
	{ "nothing there", "kube-node-lease", NULL, NULL, "" },
};

START_TEST(selects)
{
	const struct selection *s = &selections[_i];
	struct listing l;
	struct world w;
	char names[256];

	populate(&w);
	listing_init(&l, &ek_kind_configmap, s->ns);
	l.op.label_selector = s->labels;
	l.op.field_selector = s->fields;
	ek_list_op_start(ek_api_registry(w.api), &l.op);
	ck_assert(l.ended);
	ck_assert_int_eq(l.rc, 0);
	ck_assert_msg(strcmp(names_of(&l, names), s->want) == 0, "%s: %s", s->what, names);
	ck_assert_int_eq(l.rev, ek_store_rev(w.store));
	ck_assert_ptr_null(l.next);
	listing_done(&l);
	world_close(&w);
}
END_TEST

/* ---- refusals ---- */

static const struct refusal {
	const char        *what;
	const char        *labels, *fields, *token;
	int64_t            rev; /* 1000000: in the future */
	enum ek_rev_match  match;
	int                rc;
	const char        *message;
} refusals[] = {
	{ "bad label selector", "a=(", NULL, NULL, -1, EK_REV_UNSET, EK_EBADREQUEST, NULL },
	{ "bad field selector", NULL, "a", NULL, -1, EK_REV_UNSET, EK_EBADREQUEST,
	  "invalid selector: 'a'; can't understand 'a'" },
	{ "unknown field", NULL, "spec.x=1", NULL, -1, EK_REV_UNSET, EK_EBADREQUEST,
	  "\"spec.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"" },
	{ "match without revision", NULL, NULL, NULL, -1, EK_REV_EXACT, EK_EINVALID,
	  "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden "
	  "unless resourceVersion is provided" },
	{ "exactly nothing", NULL, NULL, NULL, 0, EK_REV_EXACT, EK_EINVALID,
	  "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is "
	  "forbidden for resourceVersion \"0\"" },
	{ "the future", NULL, NULL, NULL, 1000000, EK_REV_NOT_OLDER, EK_ETIMEOUT, NULL },
	{ "the exact future", NULL, NULL, NULL, 1000000, EK_REV_EXACT, EK_ETIMEOUT, NULL },
	{ "no token", NULL, NULL, "?", -1, EK_REV_UNSET, EK_EBADREQUEST,
	  "invalid continue token: continue key is not valid: illegal base64 data" },
	{ "an empty token", NULL, NULL, "e30", -1, EK_REV_UNSET, EK_EBADREQUEST,
	  "invalid continue token: continue key is not valid: server does not recognize this encoded version " },
	{ "a token that climbs out", NULL, NULL,
	  "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi9zZWNyZXRzLyJ9", -1, EK_REV_UNSET,
	  EK_EBADREQUEST, "invalid continue token: continue key is not valid: ../secrets/" },
	{ "a token with a revision", NULL, NULL,
	  "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhIn0", 1, EK_REV_UNSET,
	  EK_EBADREQUEST, "specifying resource version is not allowed when using continue" },
};

START_TEST(refuses)
{
	const struct refusal *r = &refusals[_i];
	struct listing l;
	struct world w;

	populate(&w);
	listing_init(&l, &ek_kind_configmap, "default");
	l.op.label_selector = r->labels;
	l.op.field_selector = r->fields;
	l.op.continue_token = r->token;
	l.op.rev = r->rev;
	l.op.rev_match = r->match;
	ek_list_op_start(ek_api_registry(w.api), &l.op);
	ck_assert_msg(l.rc == r->rc, "%s: %d %s", r->what, l.rc,
		      ek_json_str_at(l.status, "message"));
	if (r->message)
		ck_assert_str_eq(ek_json_str_at(l.status, "message"), r->message);
	ck_assert_uint_eq(l.names.n, 0);
	listing_done(&l);
	world_close(&w);
}
END_TEST

START_TEST(pod_fields_are_told_from_others)
{
	struct listing l;
	struct world w;

	world_open(&w);
	listing_init(&l, &ek_kind_pod, "default");
	l.op.field_selector = "spec.color=red";
	ek_list_op_start(ek_api_registry(w.api), &l.op);
	ck_assert_str_eq(ek_json_str_at(l.status, "message"),
			 "field label not supported: spec.color");
	listing_done(&l);
	listing_init(&l, &ek_kind_pod, "default");
	l.op.field_selector = "spec.nodeName=,status.phase!=Running";
	ek_list_op_start(ek_api_registry(w.api), &l.op);
	ck_assert_int_eq(l.rc, 0);
	listing_done(&l);
	world_close(&w);
}
END_TEST

/* ---- pages ---- */

START_TEST(pages_are_one_snapshot)
{
	struct listing one, two;
	struct world w;
	char names[256];

	populate(&w);
	listing_init(&one, &ek_kind_configmap, "default");
	one.op.limit = 2;
	ek_list_op_start(ek_api_registry(w.api), &one.op);
	ck_assert_str_eq(names_of(&one, names), "a b");
	ck_assert_ptr_nonnull(one.next);
	ck_assert_int_eq(one.remaining, 1);

	/* what happens between the pages is not seen */
	make(&w, "default", "bb", "x");
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_configmap, "default", "c", NULL),
			 0);

	listing_init(&two, &ek_kind_configmap, "default");
	two.op.limit = 2;
	two.op.continue_token = one.next;
	ek_list_op_start(ek_api_registry(w.api), &two.op);
	ck_assert_int_eq(two.rc, 0);
	ck_assert_str_eq(names_of(&two, names), "c");
	ck_assert_int_eq(two.rev, one.rev);
	ck_assert_ptr_null(two.next);
	listing_done(&one);
	listing_done(&two);
	world_close(&w);
}
END_TEST

START_TEST(pages_of_a_selection_count_what_is_selected)
{
	struct listing l;
	struct world w;
	char names[256];

	populate(&w);
	listing_init(&l, &ek_kind_configmap, NULL);
	l.op.limit = 2;
	l.op.label_selector = "app=x";
	ek_list_op_start(ek_api_registry(w.api), &l.op);
	ck_assert_str_eq(names_of(&l, names), "a c");
	ck_assert_ptr_nonnull(l.next);
	ck_assert_int_eq(l.remaining, -1);
	listing_done(&l);
	world_close(&w);
}
END_TEST

static int64_t mono_now;

static int64_t mono(void *arg)
{
	(void)arg;
	return mono_now;
}

static int64_t wall(void *arg)
{
	(void)arg;
	return 1700000000000000 + mono_now * 1000;
}

/* History of a handful of changes: what is older than that is gone. */
static void open_forgetful(struct world *w)
{
	const struct ek_store_options o = { .log_max_records = 4, .log_max_age_ms = 1000 };
	struct ek_loop *loop = ek_loop_new();

	world_open_with(w, ek_store_open_memory(loop, &o), loop);
}

START_TEST(a_token_of_a_forgotten_revision_has_expired)
{
	struct listing one, two;
	struct world w;

	open_forgetful(&w);
	make(&w, "default", "a", "x");
	make(&w, "default", "b", "x");
	listing_init(&one, &ek_kind_configmap, "default");
	one.op.limit = 1;
	ek_list_op_start(ek_api_registry(w.api), &one.op);
	for (int i = 0; i < 20; i++)
		make(&w, "kube-public", EK_F("m%d", i), "x");
	listing_init(&two, &ek_kind_configmap, "default");
	two.op.limit = 1;
	two.op.continue_token = one.next;
	ek_list_op_start(ek_api_registry(w.api), &two.op);
	ck_assert_int_eq(two.rc, EK_EEXPIRED);
	ck_assert_int_eq(ek_json_int_at(two.status, "code", 0), 410);
	/* the answer has a token to go on with, at the price of consistency */
	listing_done(&one);
	listing_init(&one, &ek_kind_configmap, "default");
	one.op.limit = 1;
	one.op.continue_token = ek_json_str_at(two.status, "metadata.continue");
	ck_assert_ptr_nonnull(one.op.continue_token);
	ek_list_op_start(ek_api_registry(w.api), &one.op);
	ck_assert_int_eq(one.rc, 0);
	ck_assert_uint_eq(one.names.n, 1);
	ck_assert_str_eq(one.names.items[0], "b");
	listing_done(&one);
	listing_done(&two);
	world_close(&w);
}
END_TEST

START_TEST(an_exact_revision_is_shown_or_gone)
{
	struct listing l;
	struct world w;
	int64_t rev;

	open_forgetful(&w);
	make(&w, "default", "a", "x");
	rev = ek_store_rev(w.store);
	make(&w, "default", "b", "x");
	listing_init(&l, &ek_kind_configmap, "default");
	l.op.rev = rev;
	l.op.rev_match = EK_REV_EXACT;
	ek_list_op_start(ek_api_registry(w.api), &l.op);
	ck_assert_uint_eq(l.names.n, 1);
	ck_assert_int_eq(l.rev, rev);
	listing_done(&l);
	for (int i = 0; i < 20; i++)
		make(&w, "kube-public", EK_F("m%d", i), "x");
	listing_init(&l, &ek_kind_configmap, "default");
	l.op.rev = rev;
	l.op.rev_match = EK_REV_EXACT;
	ek_list_op_start(ek_api_registry(w.api), &l.op);
	ck_assert_str_eq(ek_json_str_at(l.status, "message"),
			 "The resourceVersion for the provided list is too old.");
	listing_done(&l);
	world_close(&w);
}
END_TEST

/* ---- the asker's pace ---- */

START_TEST(a_list_can_pause_and_go_on)
{
	struct listing l;
	struct world w;
	char names[256];

	populate(&w);
	listing_init(&l, &ek_kind_configmap, NULL);
	l.pause_at = 2;
	ek_list_op_start(ek_api_registry(w.api), &l.op);
	ck_assert(l.paused && !l.ended);
	ck_assert_uint_eq(l.names.n, 2);
	ek_list_op_resume(&l.op);
	ck_assert(l.ended);
	ck_assert_str_eq(names_of(&l, names), "a b c a d");
	listing_done(&l);
	world_close(&w);
}
END_TEST

START_TEST(a_paused_list_can_be_left)
{
	struct listing l;
	struct world w;

	populate(&w);
	listing_init(&l, &ek_kind_configmap, NULL);
	l.pause_at = 2;
	ek_list_op_start(ek_api_registry(w.api), &l.op);
	ek_list_op_cancel(&l.op);
	ek_list_op_resume(&l.op);
	ck_assert(!l.ended);
	listing_done(&l);
	world_close(&w);
}
END_TEST

static bool leave_at_once(struct ek_list_op *op, struct ek_object *o)
{
	(void)o;
	ek_list_op_cancel(op);
	return true;
}

START_TEST(a_list_can_be_left_from_inside)
{
	struct listing l;
	struct world w;

	populate(&w);
	listing_init(&l, &ek_kind_configmap, NULL);
	l.op.on_object = leave_at_once;
	ek_list_op_start(ek_api_registry(w.api), &l.op);
	ck_assert(!l.ended);
	listing_done(&l);
	world_close(&w);
}
END_TEST

/* ---- events go after an hour ---- */

START_TEST(events_expire)
{
	static const struct ek_clock_source clock = { .mono_ms = mono, .wall_us = wall };
	static const char event[] =
		"{'metadata':{'name':'%s'},'involvedObject':{'namespace':'default'},'reason':'r'}";
	struct listing l;
	struct world w;
	char text[256], names[256];

	ek_clock_set_source(&clock);
	world_open(&w);
	ek_str_into(text, sizeof(text), event, "old");
	ck_assert_int_eq(world_create(&w, &ek_kind_event, "default", text), 0);
	mono_now += 30 * 60 * 1000;
	ek_str_into(text, sizeof(text), event, "new");
	ck_assert_int_eq(world_create(&w, &ek_kind_event, "default", text), 0);
	mono_now += 32 * 60 * 1000;
	ek_loop_advance(w.loop);
	world_settle(&w);
	listing_init(&l, &ek_kind_event, "default");
	ek_list_op_start(ek_api_registry(w.api), &l.op);
	ck_assert_str_eq(names_of(&l, names), "new");
	listing_done(&l);
	mono_now += 32 * 60 * 1000;
	ek_loop_advance(w.loop);
	world_settle(&w);
	listing_init(&l, &ek_kind_event, "default");
	ek_list_op_start(ek_api_registry(w.api), &l.op);
	ck_assert_uint_eq(l.names.n, 0);
	listing_done(&l);
	world_close(&w);
}
END_TEST

EK_TESTS("api/registry_list", EK_ROWS(selects, selections), EK_ROWS(refuses, refusals),
	 pod_fields_are_told_from_others, pages_are_one_snapshot,
	 pages_of_a_selection_count_what_is_selected, a_token_of_a_forgotten_revision_has_expired,
	 an_exact_revision_is_shown_or_gone, a_list_can_pause_and_go_on, a_paused_list_can_be_left,
	 a_list_can_be_left_from_inside, events_expire)
