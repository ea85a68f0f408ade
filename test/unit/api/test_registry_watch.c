/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_world.h"
#include "core.h"
#include "ek_test.h"

#include <ekube/clock.h>
#include <ekube/str.h>
#include <stdlib.h>

/*
 * One watch and what it has told: "+a ~a -a" for additions, changes and removals, "*" for a
 * bookmark.
 */
struct seen {
	struct ek_watch_op op;
	struct ek_buf      log;
	struct ek_bytes   *last;      /* line, or NULL */
	int64_t            last_rev;
	bool               started, ended;
	int                rc;
	struct ek_json    *status;
	size_t             n, pause_at, leave_at;
};

static void on_started(struct ek_watch_op *op)
{
	ek_container_of(op, struct seen, op)->started = true;
}

static const char *name_in(const struct ek_bytes *line, char out[64])
{
	EK_JSON struct ek_json *v = NULL;

	ck_assert_int_eq(ek_json_parse(line->data, line->len, line->len, &v, NULL, NULL), 0);
	ck_assert(line->data[line->len - 1] == '\n');
	return ek_str_into(out, 64, "%s", ek_json_str_at(v, "object.metadata.name"));
}

static bool on_event(struct ek_watch_op *op, enum ek_watch_type type, struct ek_object *o,
		     struct ek_bytes *line)
{
	static const char marks[] = { [EK_WATCH_ADDED] = '+',
				      [EK_WATCH_MODIFIED] = '~',
				      [EK_WATCH_DELETED] = '-',
				      [EK_WATCH_BOOKMARK] = '*' };
	struct seen *s = ek_container_of(op, struct seen, op);
	char name[64] = "";

	if (type != EK_WATCH_BOOKMARK)
		ek_str_into(name, sizeof(name), "%s",
			    line ? name_in(line, (char[64]){ 0 }) :
				   ek_meta_name(ek_object_tree(o)));
	(void)ek_buf_fmt(&s->log, "%s%c%s", s->log.len ? " " : "", marks[type], name);
	ek_bytes_unref(s->last);
	s->last = line ? ek_bytes_ref(line) : NULL;
	s->last_rev = o->rev;
	s->n++;
	if (s->leave_at && s->n == s->leave_at)
		ek_watch_op_stop(op);
	return !(s->pause_at && s->n == s->pause_at);
}

static void on_ended(struct ek_watch_op *op, int rc, struct ek_json *status)
{
	struct seen *s = ek_container_of(op, struct seen, op);

	s->ended = true;
	s->rc = rc;
	s->status = status ? ek_json_ref(status) : NULL;
}

static void seen_init(struct seen *s, int64_t rev)
{
	*s = (struct seen){ .op = { .user = &ek_user_self,
				    .kind = &ek_kind_configmap,
				    .ns = "default",
				    .rev = rev,
				    .started = on_started,
				    .on_event = on_event,
				    .ended = on_ended },
			    .log = EK_BUF_INIT(4096) };
}

static void seen_done(struct seen *s)
{
	ek_watch_op_stop(&s->op);
	ek_buf_done(&s->log);
	ek_bytes_unref(s->last);
	ek_json_unref(s->status);
}

static void start(struct world *w, struct seen *s)
{
	ek_watch_op_start(ek_api_registry(w->api), &s->op);
}

static const char *log_of(struct seen *s)
{
	return s->log.data ? s->log.data : "";
}

static void make(struct world *w, const char *name, const char *label)
{
	ck_assert_int_eq(
		world_create(w, &ek_kind_configmap, "default",
			     EK_F("{'metadata':{'name':'%s','labels':{'app':'%s'}}}", name, label)),
		0);
}

static void change(struct world *w, const char *name, const char *label)
{
	ck_assert_int_eq(
		world_do(w, NULL, EK_DO_UPDATE, &ek_kind_configmap, "default", name,
			 EK_F("{'metadata':{'name':'%s','labels':{'app':'%s'}}}", name, label)),
		0);
}

static void drop(struct world *w, const char *name)
{
	ck_assert_int_eq(world_do(w, NULL, EK_DO_DELETE, &ek_kind_configmap, "default", name, NULL),
			 0);
}

/* ---- what is told ---- */

START_TEST(from_a_revision_only_what_follows)
{
	struct world w;
	struct seen s;

	world_open(&w);
	make(&w, "a", "x");
	seen_init(&s, ek_store_rev(w.store));
	start(&w, &s);
	ck_assert(s.started);
	make(&w, "b", "x");
	change(&w, "a", "y");
	drop(&w, "b");
	ck_assert_str_eq(log_of(&s), "+b ~a -b");
	ck_assert_int_eq(s.last_rev, ek_store_rev(w.store));
	seen_done(&s);
	world_close(&w);
}
END_TEST

START_TEST(past_changes_come_first)
{
	struct world w;
	struct seen s;
	int64_t rev;

	world_open(&w);
	rev = ek_store_rev(w.store);
	make(&w, "a", "x");
	change(&w, "a", "y");
	seen_init(&s, rev);
	start(&w, &s);
	ck_assert_str_eq(log_of(&s), "+a ~a");
	seen_done(&s);
	world_close(&w);
}
END_TEST

static const struct beginning {
	const char        *what;
	int64_t            rev;
	enum ek_rev_match  match;
	bool               initial, bookmarks;
	const char        *want; /* with ConfigMap a there */
} beginnings[] = {
	{ "no revision", -1, EK_REV_UNSET, false, false, "+a" },
	{ "any revision", 0, EK_REV_UNSET, false, false, "+a" },
	{ "changes only", -1, EK_REV_NOT_OLDER, false, true, "" },
	{ "a streaming list", -1, EK_REV_NOT_OLDER, true, true, "+a *" },
	{ "a streaming list of any age", 0, EK_REV_NOT_OLDER, true, true, "+a *" },
	{ "a streaming list without its mark", -1, EK_REV_NOT_OLDER, true, false, "+a" },
};

START_TEST(begins)
{
	const struct beginning *b = &beginnings[_i];
	struct world w;
	struct seen s;

	world_open(&w);
	make(&w, "a", "x");
	seen_init(&s, b->rev);
	s.op.rev_match = b->match;
	s.op.initial_events = b->initial;
	s.op.bookmarks = b->bookmarks;
	start(&w, &s);
	ck_assert_msg(strcmp(log_of(&s), b->want) == 0, "%s: %s", b->what, log_of(&s));
	if (b->initial && b->bookmarks)
		ck_assert_ptr_nonnull(
			strstr(s.last->data, "\"k8s.io/initial-events-end\":\"true\""));
	make(&w, "z", "x");
	ck_assert(ek_str_ends(log_of(&s), "+z"));
	seen_done(&s);
	world_close(&w);
}
END_TEST

START_TEST(objects_come_into_sight_and_fall_out_of_it)
{
	struct world w;
	struct seen s;

	world_open(&w);
	make(&w, "a", "x");
	make(&w, "b", "y");
	seen_init(&s, -1);
	s.op.label_selector = "app=x";
	start(&w, &s);
	change(&w, "b", "x");
	change(&w, "a", "y");
	change(&w, "a", "z");
	drop(&w, "a");
	drop(&w, "b");
	ck_assert_str_eq(log_of(&s), "+a +b -a -b");
	seen_done(&s);
	world_close(&w);
}
END_TEST

START_TEST(a_name_is_watched_alone)
{
	struct world w;
	struct seen s;

	world_open(&w);
	seen_init(&s, ek_store_rev(w.store));
	s.op.field_selector = "metadata.name=a";
	start(&w, &s);
	make(&w, "a", "x");
	make(&w, "ab", "x");
	ck_assert_str_eq(log_of(&s), "+a");
	seen_done(&s);
	world_close(&w);
}
END_TEST

START_TEST(the_encoding_is_shared)
{
	struct seen one, two, other;
	struct world w;

	world_open(&w);
	seen_init(&one, ek_store_rev(w.store));
	seen_init(&two, ek_store_rev(w.store));
	seen_init(&other, ek_store_rev(w.store));
	other.op.want_objects = true;
	start(&w, &one);
	start(&w, &two);
	start(&w, &other);
	make(&w, "a", "x");
	ck_assert_ptr_eq(one.last, two.last);
	ck_assert_ptr_null(other.last);
	ck_assert_str_eq(log_of(&other), "+a");
	ck_assert(ek_str_starts(one.last->data,
				"{\"type\":\"ADDED\",\"object\":{\"kind\":\"ConfigMap\""));
	seen_done(&one);
	seen_done(&two);
	seen_done(&other);
	world_close(&w);
}
END_TEST

/* ---- pace and leaving ---- */

START_TEST(a_slow_watcher_misses_nothing)
{
	struct world w;
	struct seen s;

	world_open(&w);
	make(&w, "a", "x");
	make(&w, "b", "x");
	seen_init(&s, -1);
	s.pause_at = 1;
	start(&w, &s);
	ck_assert_str_eq(log_of(&s), "+a");
	make(&w, "c", "x");
	ek_watch_op_resume(&s.op);
	ck_assert_str_eq(log_of(&s), "+a +b +c");
	s.pause_at = 4;
	make(&w, "d", "x");
	make(&w, "e", "x");
	ck_assert_str_eq(log_of(&s), "+a +b +c +d");
	ek_watch_op_resume(&s.op);
	ck_assert_str_eq(log_of(&s), "+a +b +c +d +e");
	seen_done(&s);
	world_close(&w);
}
END_TEST

static const struct leaving {
	const char *what;
	size_t      at;
	bool        initial;
	const char *want;
} leavings[] = {
	{ "in the list", 1, true, "+a" },
	{ "at the mark", 3, true, "+a +b *" },
	{ "live", 4, true, "+a +b * +c" },
};

START_TEST(may_leave_inside_any_event)
{
	const struct leaving *l = &leavings[_i];
	struct world w;
	struct seen s;

	world_open(&w);
	make(&w, "a", "x");
	make(&w, "b", "x");
	seen_init(&s, -1);
	s.op.rev_match = EK_REV_NOT_OLDER;
	s.op.initial_events = s.op.bookmarks = true;
	s.leave_at = l->at;
	start(&w, &s);
	make(&w, "c", "x");
	make(&w, "d", "x");
	ck_assert_str_eq(log_of(&s), l->want);
	ck_assert(!s.ended);
	seen_done(&s);
	world_close(&w);
}
END_TEST

static void leave_at_start(struct ek_watch_op *op)
{
	ek_watch_op_stop(op);
}

START_TEST(may_leave_when_it_starts)
{
	struct world w;
	struct seen s;

	world_open(&w);
	make(&w, "a", "x");
	seen_init(&s, -1);
	s.op.started = leave_at_start;
	start(&w, &s);
	ck_assert_str_eq(log_of(&s), "");
	seen_done(&s);
	world_close(&w);
}
END_TEST

/* ---- ends and refusals ---- */

START_TEST(history_that_is_gone_is_an_event)
{
	const struct ek_store_options o = { .log_max_records = 4, .log_max_age_ms = 1000 };
	struct ek_loop *loop = ek_loop_new();
	struct world w;
	struct seen s;

	world_open_with(&w, ek_store_open_memory(loop, &o), loop);
	for (int i = 0; i < 20; i++)
		make(&w, EK_F("m%d", i), "x");
	seen_init(&s, 1);
	start(&w, &s);
	ck_assert(s.started && s.ended);
	ck_assert_int_eq(s.rc, EK_EEXPIRED);
	ck_assert_int_eq(ek_json_int_at(s.status, "code", 0), 410);
	ck_assert_str_eq(ek_json_str_at(s.status, "reason"), "Expired");
	ck_assert_str_eq(ek_json_str_at(s.status, "message"),
			 EK_F("too old resource version: 1 (%" PRId64 ")",
			      ek_store_floor(w.store)));
	seen_done(&s);
	/* the oldest that can be told */
	seen_init(&s, ek_store_floor(w.store));
	start(&w, &s);
	ck_assert(!s.ended);
	seen_done(&s);
	world_close(&w);
}
END_TEST

START_TEST(refuses)
{
	struct world w;
	struct seen s;

	world_open(&w);
	seen_init(&s, -1);
	s.op.initial_events = true;
	start(&w, &s);
	ck_assert(!s.started);
	ck_assert_int_eq(s.rc, EK_EINVALID);
	ck_assert_str_eq(
		ek_json_str_at(s.status, "details.causes.0.message"),
		"Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
	seen_done(&s);
	seen_init(&s, 1000000);
	s.op.initial_events = true;
	s.op.rev_match = EK_REV_NOT_OLDER;
	start(&w, &s);
	ck_assert_int_eq(s.rc, EK_ETIMEOUT);
	seen_done(&s);
	seen_init(&s, -1);
	s.op.label_selector = "a=(";
	start(&w, &s);
	ck_assert_int_eq(s.rc, EK_EBADREQUEST);
	seen_done(&s);
	world_close(&w);
}
END_TEST

/* ---- time ---- */

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

static void pass(struct world *w, int64_t seconds)
{
	for (int64_t i = 0; i < seconds; i++) {
		mono_now += 1000;
		ek_loop_advance(w->loop);
	}
	world_settle(w);
}

START_TEST(bookmarks_tell_where_the_watch_is)
{
	static const struct ek_clock_source clock = { .mono_ms = mono, .wall_us = wall };
	struct seen with, without;
	struct world w;

	ek_clock_set_source(&clock);
	world_open(&w);
	seen_init(&with, ek_store_rev(w.store));
	with.op.bookmarks = true;
	seen_init(&without, ek_store_rev(w.store));
	start(&w, &with);
	start(&w, &without);
	ck_assert_int_eq(world_create(&w, &ek_kind_secret, "default", "{'metadata':{'name':'s'}}"),
			 0);
	pass(&w, 61);
	ck_assert_str_eq(log_of(&with), "*");
	ck_assert_int_eq(with.last_rev, ek_store_rev(w.store));
	ck_assert_str_eq(log_of(&without), "");
	pass(&w, 61);
	ck_assert_str_eq(log_of(&with), "*"); /* nothing new to tell */
	seen_done(&with);
	seen_done(&without);
	world_close(&w);
}
END_TEST

START_TEST(a_watch_ends_when_its_time_is_over)
{
	static const struct ek_clock_source clock = { .mono_ms = mono, .wall_us = wall };
	struct world w;
	struct seen s;

	ek_clock_set_source(&clock);
	world_open(&w);
	seen_init(&s, ek_store_rev(w.store));
	s.op.timeout_s = 10;
	start(&w, &s);
	pass(&w, 9);
	ck_assert(!s.ended);
	pass(&w, 2);
	ck_assert(s.ended);
	ck_assert_int_eq(s.rc, 0);
	seen_done(&s);
	world_close(&w);
}
END_TEST

EK_TESTS("api/registry_watch", from_a_revision_only_what_follows, past_changes_come_first,
	 EK_ROWS(begins, beginnings), objects_come_into_sight_and_fall_out_of_it,
	 a_name_is_watched_alone, the_encoding_is_shared, a_slow_watcher_misses_nothing,
	 EK_ROWS(may_leave_inside_any_event, leavings), may_leave_when_it_starts,
	 history_that_is_gone_is_an_event, refuses, bookmarks_tell_where_the_watch_is,
	 a_watch_ends_when_its_time_is_over)
