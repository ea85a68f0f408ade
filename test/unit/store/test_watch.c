/* SPDX-License-Identifier: Apache-2.0 */
#include "store_test.h"

/* What watches promise, on every back end. */

START_TEST(a_watch_from_now_gets_what_comes)
{
	struct env e;
	struct watcher all, ns, one, other;

	env_open(&e, (enum kind)_i, NULL);
	create(&e, "/g/pods/a/x", "0");
	ck_assert_int_eq(watch_start(&e, &all, "", 0, 0), 0);
	ck_assert_int_eq(watch_start(&e, &ns, "/g/pods/a/", 0, 0), 0);
	ck_assert_int_eq(watch_start(&e, &one, "/g/pods/a/x", 0, 0), 0);
	ck_assert_int_eq(watch_start(&e, &other, "/g/nodes/", 0, 0), 0);
	update(&e, "/g/pods/a/x", "1");	 /* 3 */
	create(&e, "/g/pods/ab", "1");	 /* 4 */
	create(&e, "/g/pods/a/xy", "1"); /* 5 */
	del(&e, "/g/pods/a/x");		 /* 6 */
	create(&e, "/g", "1");		 /* 7 */
	ck_assert_str_eq(
		watched(&all),
		"~/g/pods/a/x=1@3(i>i) +/g/pods/ab=1@4 +/g/pods/a/xy=1@5 -/g/pods/a/x=1@6(i>i) +/g=1@7");
	ck_assert_str_eq(watched(&ns),
			 "~/g/pods/a/x=1@3(i>i) +/g/pods/a/xy=1@5 -/g/pods/a/x=1@6(i>i)");
	ck_assert_str_eq(watched(&one),
			 "~/g/pods/a/x=1@3(i>i) +/g/pods/a/xy=1@5 -/g/pods/a/x=1@6(i>i)");
	ck_assert_str_eq(watched(&other), "");
	/* a bookmark needs no event */
	ck_assert_int_eq(other.w.at_rev, 7);
	ck_assert_int_eq(ns.w.at_rev, 7);
	watch_done(&all);
	watch_done(&ns);
	watch_done(&one);
	watch_done(&other);
	env_close(&e);
}
END_TEST

/* All that happened, from every revision on: the same on replay as it was live. */
START_TEST(a_watch_from_the_past_gets_the_same_as_live)
{
	struct env e;
	struct watcher live, past;
	int64_t rev;

	env_open(&e, (enum kind)_i, NULL);
	ck_assert_int_eq(watch_start(&e, &live, "/w/", 0, 0), 0);
	create(&e, "/w/a", "1");
	write_rev(&e, EK_WRITE_UPDATE, "/w/a", "2", "j", 0, 0, &rev); /* the index changes */
	create(&e, "/w/b", "1");
	create(&e, "/x/b", "1");
	write_rev(&e, EK_WRITE_UPDATE, "/w/a", "3", "k", 0, 0, &rev);
	write_rev(&e, EK_WRITE_DELETE, "/w/a", "final", "l", 0, 0, &rev);
	create(&e, "/w/a", "4");
	del(&e, "/w/b");
	write_rev(&e, EK_WRITE_DELETE, "/w/a", "4", "i", 0, 0, &rev); /* final state as the last */
	ck_assert_str_eq(watched(&live),
			 "+/w/a=1@2 ~/w/a=2@3(i>j) +/w/b=1@4 ~/w/a=3@6(j>k) -/w/a=final@7(k>l) "
			 "+/w/a=4@8 -/w/b=1@9(i>i) -/w/a=4@10(i>i)");
	for (int64_t from = 1; from <= rev; from++) {
		const char *expect = watched(&live);
		char mark[24];

		/* the rest of the live text, behind the last event that is not after `from` */
		for (int64_t r = 2; r <= from; r++) {
			char *at;

			snprintf(mark, sizeof(mark), "@%" PRId64, r);
			at = strstr(expect, mark);
			if (at) {
				at += strcspn(at, " ");
				expect = at + (*at == ' ');
			}
		}
		ck_assert_int_eq(watch_start(&e, &past, "/w/", from, 0), 0);
		ck_assert_str_eq(watched(&past), expect);
		ck_assert_int_eq(past.w.at_rev, rev);
		watch_done(&past);
	}
	/* from the future: a client of another life of this cluster */
	ck_assert_int_eq(watch_start(&e, &past, "/w/", rev + 1, 0), 0);
	create(&e, "/w/a", "5");
	create(&e, "/w/b", "6");
	ck_assert_str_eq(watched(&past), "+/w/b=6@12");
	watch_done(&past);
	watch_done(&live);
	env_close(&e);
}
END_TEST

START_TEST(a_paused_watch_misses_nothing)
{
	struct env e;
	struct watcher w;

	env_open(&e, (enum kind)_i, NULL);
	ck_assert_int_eq(watch_start(&e, &w, "/w/", 0, 2), 0); /* pauses after every second */
	create(&e, "/w/a", "1");
	update(&e, "/w/a", "2");
	update(&e, "/w/a", "3");
	create(&e, "/v/a", "1");
	update(&e, "/w/a", "4");
	del(&e, "/w/a");
	ck_assert_str_eq(watched(&w), "+/w/a=1@2 ~/w/a=2@3(i>i)");
	ck_assert_int_eq(w.w.at_rev, 3); /* while it is paused nothing more has been delivered */
	ek_store_watch_resume(&w.w);
	ck_assert_int_eq(w.n, 4);
	ck_assert_int_eq(w.w.at_rev, 6);
	ek_store_watch_resume(&w.w);
	ck_assert_str_eq(watched(&w),
			 "+/w/a=1@2 ~/w/a=2@3(i>i) ~/w/a=3@4(i>i) ~/w/a=4@6(i>i) -/w/a=4@7(i>i)");
	create(&e, "/w/b", "1"); /* the sixth: live again, and paused again */
	create(&e, "/w/c", "1");
	ck_assert_int_eq(w.n, 6);
	ek_store_watch_resume(&w.w);
	ek_store_watch_resume(&w.w); /* not paused: harmless */
	ck_assert_int_eq(w.n, 7);
	watch_done(&w);
	ek_store_watch_resume(&w.w);
	ek_store_watch_stop(&w.w);
	env_close(&e);
}
END_TEST

START_TEST(too_slow_a_watch_is_ended_once)
{
	struct ek_store_options o = { .log_max_records = 20 };
	struct env e;
	struct watcher w[3];

	env_open(&e, (enum kind)_i, &o);
	create(&e, "/w/a", "0");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(watch_start(&e, &w[i], "/w/", 0, i < 2), 0);
	for (int i = 0; i < 100; i++)
		update(&e, "/w/a", "x");
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(w[i].n, 1);
		ck_assert_int_eq(w[i].ended, EK_EEXPIRED);
		ek_store_watch_resume(&w[i].w);
	}
	ck_assert_int_eq(w[2].n, 100);
	ck_assert_int_eq(w[2].ended, 0);
	for (int i = 0; i < 3; i++)
		watch_done(&w[i]);
	env_close(&e);
}
END_TEST

/* ---- one encoding for all ---- */

struct sharer {
	struct ek_store_watch w;
	int n, made, found;
};
static struct ek_bytes *encoding;

static bool on_shared(struct ek_store_watch *w, const struct ek_store_event *e)
{
	struct sharer *s = ek_container_of(w, struct sharer, w);

	s->n++;
	if (!*e->shared) {
		*e->shared = ek_bytes_ref(encoding);
		s->made++;
	} else {
		ck_assert_ptr_eq(*e->shared, encoding);
		s->found++;
	}
	return true;
}

static void *seen_made[4];
static int n_made;

static bool on_made(struct ek_store_watch *w, const struct ek_store_event *e)
{
	(void)w;
	seen_made[n_made++] = e->made;
	return true;
}

static void written(struct ek_store_write *w, int rc)
{
	(void)w;
	ck_assert_int_eq(rc, 0);
}

/* Live watchers get what the writer made of the value; who replays gets bytes only. */
START_TEST(an_event_carries_what_the_writer_made)
{
	static int made;
	struct env e;
	struct ek_store_watch live = { .prefix = "/", .on_event = on_made }, late = live;
	struct ek_bytes *value = ek_bytes_new("v", 1);
	struct ek_store_write w = {
		.op = EK_WRITE_CREATE, .key = "/a", .value = value, .made = &made, .cb = written
	};

	n_made = 0;
	env_open(&e, (enum kind)_i, NULL);
	create(&e, "/w", "1");
	ck_assert_int_eq(ek_store_watch(e.s, &live, NULL), 0);
	ek_store_write(e.s, &w);
	while (w.rev == 0)
		ek_loop_turn(e.loop);
	late.from_rev = w.rev - 1;
	ck_assert_int_eq(ek_store_watch(e.s, &late, NULL), 0);
	ck_assert_int_eq(n_made, 2);
	ck_assert_ptr_eq(seen_made[0], &made);
	ck_assert_ptr_null(seen_made[1]);
	ek_store_watch_stop(&live);
	ek_store_watch_stop(&late);
	ek_bytes_unref(value);
	env_close(&e);
}
END_TEST

START_TEST(an_event_is_encoded_once)
{
	struct env e;
	struct sharer s[4] = { 0 };
	static const char *const prefixes[] = { "/w/", "/w/", "/w/a", "" };
	int made = 0, found = 0;

	env_open(&e, (enum kind)_i, NULL);
	encoding = ek_bytes_new("e", 1);
	for (int i = 0; i < 4; i++) {
		s[i].w = (struct ek_store_watch){ .prefix = prefixes[i], .on_event = on_shared };
		ck_assert_int_eq(ek_store_watch(e.s, &s[i].w, NULL), 0);
	}
	create(&e, "/w/a", "1");
	create(&e, "/w/b", "1");
	for (int i = 0; i < 4; i++) {
		made += s[i].made;
		found += s[i].found;
	}
	ck_assert_int_eq(made, 2);
	ck_assert_int_eq(found, 5);	     /* b concerns three of the four */
	ck_assert_int_eq(encoding->refs, 1); /* dropped with the events */
	for (int i = 0; i < 4; i++)
		ek_store_watch_stop(&s[i].w);
	s[0] = (struct sharer){ .w = { .prefix = "/w/", .from_rev = 1, .on_event = on_shared } };
	ck_assert_int_eq(ek_store_watch(e.s, &s[0].w, NULL), 0);
	ck_assert_int_eq(s[0].n, 2);
	ck_assert_int_eq(encoding->refs, 1);
	ek_store_watch_stop(&s[0].w);
	ek_bytes_unref(encoding);
	env_close(&e);
}
END_TEST

/* ---- everything a callback may do ---- */

enum act { NOTHING, STOP_SELF, STOP_NEXT, STOP_PREV, STOP_ALL, START_NOW, START_PAST,
	   RESTART_SELF, RESUME_SELF, RESUME_PREV, WRITE, FREE_SELF, N_ACTS };

struct actor {
	struct ek_store_watch w;
	struct env *e;
	struct actor *others; /* five */
	int i;
	enum act act;
	int64_t at;           /* does it with this revision */
	int n;
	int64_t last;
	bool stopped;
};

static struct actor *extra;
static struct put act_put;

static bool on_act(struct ek_store_watch *w, const struct ek_store_event *e);

static void start_extra(struct actor *a, int64_t from)
{
	extra = ek_new(struct actor);
	extra->w = (struct ek_store_watch){ .prefix = "/w/", .from_rev = from, .on_event = on_act };
	extra->e = a->e;
	ck_assert_int_eq(ek_store_watch(a->e->s, &extra->w, NULL), 0);
}

static void stop_actor(struct actor *a)
{
	ek_store_watch_stop(&a->w);
	a->stopped = true;
}

static bool do_act(struct actor *a)
{
	struct actor *next = a->others ? &a->others[(a->i + 1) % 5] : NULL;
	struct actor *prev = a->others ? &a->others[(a->i + 4) % 5] : NULL;

	switch (a->act) {
	case STOP_SELF:
		stop_actor(a);
		break;
	case STOP_NEXT:
		stop_actor(next);
		break;
	case STOP_PREV:
		stop_actor(prev);
		break;
	case STOP_ALL:
		for (int i = 0; i < 5; i++)
			stop_actor(&a->others[i]);
		break;
	case START_NOW:
		start_extra(a, 0);
		break;
	case START_PAST:
		start_extra(a, 1);
		break;
	case RESTART_SELF:
		ek_store_watch_stop(&a->w);
		a->w.from_rev = 0;
		ck_assert_int_eq(ek_store_watch(a->e->s, &a->w, NULL), 0);
		break;
	case RESUME_SELF:
		ek_store_watch_resume(&a->w);
		return false;
	case RESUME_PREV:
		ek_store_watch_resume(&prev->w);
		break;
	case WRITE:
		put_start(a->e, &act_put, EK_WRITE_CREATE, "/w/more", "1", "i", 0, 0);
		break;
	case FREE_SELF:
		ek_store_watch_stop(&a->w);
		memset(a, 0xaa, offsetof(struct actor, e)); /* as good as freed */
		a->stopped = true;
		break;
	default:
		break;
	}
	return true;
}

static bool on_act(struct ek_store_watch *w, const struct ek_store_event *e)
{
	struct actor *a = ek_container_of(w, struct actor, w);

	ck_assert(!a->stopped);
	ck_assert_int_gt(e->rev, a->last);
	a->last = e->rev;
	a->n++;
	if (a->at == e->rev)
		return do_act(a);
	return true;
}

/* What the five got of revisions 2, 3, 4 (one batch) and 5, when number 2 acts on 3. */
static const struct {
	const char *what;
	enum act act;
	int n[5];
	int extra; /* what a watch started on the way got */
} act_rows[] = {
	{ "nothing", NOTHING, { 4, 4, 4, 4, 4 }, 0 },
	{ "stop self", STOP_SELF, { 4, 4, 2, 4, 4 }, 0 },
	{ "stop next", STOP_NEXT, { 4, 4, 4, 1, 4 }, 0 },
	{ "stop previous", STOP_PREV, { 4, 2, 4, 4, 4 }, 0 },
	{ "stop all", STOP_ALL, { 2, 2, 2, 1, 2 }, 0 }, /* the short prefix is asked first */
	{ "start from now", START_NOW, { 4, 4, 4, 4, 4 }, 1 },
	{ "start from the past", START_PAST, { 4, 4, 4, 4, 4 }, 4 },
	{ "restart self from now", RESTART_SELF, { 4, 4, 3, 4, 4 }, 0 },
	{ "resume self", RESUME_SELF, { 4, 4, 4, 4, 4 }, 0 },
	{ "resume one that runs", RESUME_PREV, { 4, 4, 4, 4, 4 }, 0 },
	{ "write", WRITE, { 5, 5, 5, 5, 5 }, 0 },
	{ "free self", FREE_SELF, { 4, 4, 2, 4, 4 }, 0 },
};

static void run_act(enum kind kind, size_t row)
{
	struct env e;
	struct actor a[5] = { 0 };
	struct put p[3];

	env_open(&e, kind, NULL);
	for (int i = 0; i < 5; i++) {
		a[i] = (struct actor){ .w = { .prefix = i == 4 ? "/" : "/w/", .on_event = on_act },
				       .e = &e,
				       .others = a,
				       .i = i };
		ck_assert_int_eq(ek_store_watch(e.s, &a[i].w, NULL), 0);
	}
	a[2].act = act_rows[row].act;
	a[2].at = 3;
	put_start(&e, &p[0], EK_WRITE_CREATE, "/w/a", "1", "i", 0, 0);
	put_start(&e, &p[1], EK_WRITE_CREATE, "/w/b", "1", "i", 0, 0);
	put_start(&e, &p[2], EK_WRITE_UPDATE, "/w/a", "2", "i", 0, 0);
	ck_assert(ek_loop_until(e.loop, &p[2].done, 10000));
	if (act_rows[row].act == WRITE)
		ck_assert(ek_loop_until(e.loop, &act_put.done, 10000));
	create(&e, "/w/c", "1");
	for (int i = 0; i < 5; i++) {
		int expect = act_rows[row].n[i];

		ck_assert_msg(a[i].n == expect, "%s: watcher %d got %d, not %d", act_rows[row].what,
			      i, a[i].n, expect);
		if (!a[i].stopped)
			ek_store_watch_stop(&a[i].w);
	}
	if (extra) {
		ck_assert_msg(extra->n == act_rows[row].extra, "%s: extra got %d",
			      act_rows[row].what, extra->n);
		ek_store_watch_stop(&extra->w);
		free(ek_steal(extra));
	}
	env_close(&e);
}

START_TEST(a_callback_may_do_anything)
{
	for (size_t row = 0; row < EK_ARRAY_LEN(act_rows); row++)
		run_act((enum kind)_i, row);
}
END_TEST

/* The same acts during a replay, which only the watch itself sees. */
START_TEST(a_callback_may_stop_its_watch_while_it_replays)
{
	struct env e;
	struct actor a = { 0 };
	static const enum act acts[] = { STOP_SELF, FREE_SELF, RESTART_SELF, RESUME_SELF, WRITE };
	static const int expect[] = { 2, 2, 2, 4, 4 };

	env_open(&e, (enum kind)_i, NULL);
	create(&e, "/w/a", "1");
	create(&e, "/w/b", "1");
	update(&e, "/w/a", "2");
	create(&e, "/w/c", "1");
	for (size_t i = 0; i < EK_ARRAY_LEN(acts); i++) {
		a = (struct actor){ .w = { .prefix = "/w/", .from_rev = 1, .on_event = on_act },
				    .e = &e,
				    .act = acts[i],
				    .at = 3 };
		ck_assert_int_eq(ek_store_watch(e.s, &a.w, NULL), 0);
		ck_assert_int_eq(a.n, expect[i]);
		if (!a.stopped)
			ek_store_watch_stop(&a.w);
	}
	env_close(&e);
}
END_TEST

/* ---- many ---- */

static int end_order[100], n_ended;

static void on_end_stop_other(struct ek_store_watch *w, int rc)
{
	struct watcher *t = ek_container_of(w, struct watcher, w);
	struct watcher *neighbour = (t->n & 1) ? t + 1 : t - 1;

	(void)rc;
	end_order[n_ended++] = t->ended;
	ek_store_watch_stop(&neighbour->w);
}

static bool never(struct ek_store_watch *w, const struct ek_store_event *e)
{
	(void)w;
	(void)e;
	return false;
}

START_TEST(ends_may_stop_other_watches)
{
	struct ek_store_options o = { .log_max_records = 20 };
	struct env e;
	struct watcher w[100] = { 0 };

	env_open(&e, (enum kind)_i, &o);
	create(&e, "/w/a", "1");
	for (int i = 0; i < 100; i++) {
		w[i].n = (i & 1) ? 0 : 1;
		w[i].w = (struct ek_store_watch){ .prefix = "/w/",
						  .on_event = never,
						  .on_end = on_end_stop_other };
		ck_assert_int_eq(ek_store_watch(e.s, &w[i].w, NULL), 0);
	}
	for (int i = 0; i < 100; i++)
		update(&e, "/w/a", "x");
	ck_assert_int_eq(n_ended, 50);
	env_close(&e);
}
END_TEST

START_TEST(many_watchers_of_many_prefixes)
{
	enum { N = 6000 };
	struct env e;
	struct watcher *w = ek_calloc(N, sizeof(*w));
	struct ek_store_stats st;

	virtual_time();
	env_open(&e, (enum kind)_i, NULL);
	for (int i = 0; i < N; i++) {
		char prefix[32];

		snprintf(prefix, sizeof(prefix), "/w/%0*d/", 1 + i % 7, i % 300);
		ck_assert_int_eq(watch_start(&e, &w[i], prefix, 0, 0), 0);
	}
	ek_store_stats(e.s, &st);
	ck_assert_int_eq(st.watchers, N);
	create(&e, "/w/0007/a", "1");
	for (int i = 0; i < N; i++) {
		int expect = i % 300 == 7 && i % 7 == 3;

		ck_assert_int_eq(w[i].n, expect);
	}
	/* with so many, at_rev of the others follows a little later, and then nothing is armed */
	pass_time(&e, 1000);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(w[i].w.at_rev, 2);
	for (int i = 0; i < N; i++)
		watch_done(&w[(i * 7) % N]);
	for (int i = 0; i < N; i++)
		watch_done(&w[i]);
	ek_store_stats(e.s, &st);
	ck_assert_int_eq(st.watchers, 0);
	free(w);
	env_close(&e);
}
END_TEST

EK_TESTS("store/watch",
	 EK_ROWS(a_watch_from_now_gets_what_comes, kinds),
	 EK_ROWS(a_watch_from_the_past_gets_the_same_as_live, kinds),
	 EK_ROWS(a_paused_watch_misses_nothing, kinds),
	 EK_ROWS(too_slow_a_watch_is_ended_once, kinds),
	 EK_ROWS(an_event_carries_what_the_writer_made, kinds),
	 EK_ROWS(an_event_is_encoded_once, kinds),
	 EK_ROWS(a_callback_may_do_anything, kinds),
	 EK_ROWS(a_callback_may_stop_its_watch_while_it_replays, kinds),
	 EK_ROWS(ends_may_stop_other_watches, kinds),
	 EK_ROWS(many_watchers_of_many_prefixes, kinds))
