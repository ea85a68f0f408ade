/* SPDX-License-Identifier: Apache-2.0 */
#include "store_test.h"

/*
 * The promises of store.h, one test each, on every back end. Nothing here knows which it is.
 */

/* ---- writes ---- */

START_TEST(a_write_is_numbered_and_readable)
{
	struct env e;

	env_open(&e, (enum kind)_i, NULL);
	ck_assert_int_eq(ek_store_rev(e.s), 1); /* never 0, which means "any" */
	ck_assert_int_eq(create(&e, "/g/r/n/a", "1"), 2);
	ck_assert_int_eq(update(&e, "/g/r/n/a", "2"), 3);
	ck_assert_int_eq(create(&e, "/g/r/n/b", "x"), 4);
	ck_assert_str_eq(get(&e, "/g/r/n/a"), "/g/r/n/a=2@3/2#i");
	ck_assert_str_eq(get(&e, "/g/r/n/c"), "");
	ck_assert_int_eq(del(&e, "/g/r/n/a"), 5);
	ck_assert_str_eq(get(&e, "/g/r/n/a"), "");
	ck_assert_int_eq(create(&e, "/g/r/n/a", "3"), 6);
	ck_assert_str_eq(get(&e, "/g/r/n/a"), "/g/r/n/a=3@6/6#i");
	ck_assert_int_eq(ek_store_rev(e.s), 6);
	env_close(&e);
}
END_TEST

static char *const long_key = (char[EK_STORE_MAX_KEY + 2]){ 0 };

static const struct {
	const char *what;
	enum ek_write_op op;
	const char *key;
	const char *value;
	int64_t if_rev;
	int rc;
} write_rows[] = {
	{ "create over what is there", EK_WRITE_CREATE, "/a", "v", 0, EK_EEXISTS },
	{ "update what is not there", EK_WRITE_UPDATE, "/b", "v", 0, EK_ENOTFOUND },
	{ "the same, with a revision", EK_WRITE_UPDATE, "/b", "v", 2, EK_ENOTFOUND },
	{ "update an old revision", EK_WRITE_UPDATE, "/a", "v", 2, EK_ECONFLICT },
	{ "update a future revision", EK_WRITE_UPDATE, "/a", "v", 99, EK_ECONFLICT },
	{ "update the right revision", EK_WRITE_UPDATE, "/a", "v", 3, 0 },
	{ "update any revision", EK_WRITE_UPDATE, "/a", "v", 0, 0 },
	{ "delete what is not there", EK_WRITE_DELETE, "/b", NULL, 0, EK_ENOTFOUND },
	{ "delete an old revision", EK_WRITE_DELETE, "/a", NULL, 2, EK_ECONFLICT },
	{ "delete the right revision", EK_WRITE_DELETE, "/a", NULL, 3, 0 },
	{ "delete any revision", EK_WRITE_DELETE, "/a", NULL, 0, 0 },
	{ "no key", EK_WRITE_CREATE, "", "v", 0, EK_EINVALID },
	{ "key too long", EK_WRITE_CREATE, long_key, "v", 0, EK_EINVALID },
	{ "nothing to create", EK_WRITE_CREATE, "/b", NULL, 0, EK_EINVALID },
	{ "nothing to update", EK_WRITE_UPDATE, "/a", NULL, 0, EK_EINVALID },
	{ "empty value", EK_WRITE_CREATE, "/b", "", 0, 0 },
};

START_TEST(a_write_is_refused_for_a_reason)
{
	memset(long_key, 'k', EK_STORE_MAX_KEY + 1);
	for (size_t i = 0; i < EK_ARRAY_LEN(write_rows); i++) {
		struct env e;
		int64_t rev;
		int rc;

		env_open(&e, (enum kind)_i, NULL);
		create(&e, "/a", "1");
		ck_assert_int_eq(update(&e, "/a", "2"), 3);
		rc = write_rev(&e, write_rows[i].op, write_rows[i].key, write_rows[i].value, "i",
			       write_rows[i].if_rev, 0, &rev);
		ck_assert_msg(rc == write_rows[i].rc, "%s: %s", write_rows[i].what,
			      ek_err_name(rc));
		ck_assert_msg(rev == (rc == 0 ? 4 : 0), "%s", write_rows[i].what);
		if (rc < 0) {
			ck_assert_str_eq(get(&e, "/a"), "/a=2@3/2#i");
			ck_assert_int_eq(ek_store_rev(e.s), 3);
		}
		env_close(&e);
	}
}
END_TEST

START_TEST(the_longest_key_and_the_largest_value_fit)
{
	struct env e;
	struct put p = { 0 };
	char key[EK_STORE_MAX_KEY + 1];
	struct ek_bytes *v = ek_bytes_new(NULL, EK_STORE_MAX_VALUE);

	env_open(&e, (enum kind)_i, NULL);
	memset(key, 'k', EK_STORE_MAX_KEY);
	key[EK_STORE_MAX_KEY] = '\0';
	v->data[EK_STORE_MAX_VALUE - 1] = 'z';
	p.w = (struct ek_store_write){
		.op = EK_WRITE_CREATE, .key = key, .value = v, .cb = on_put
	};
	ek_store_write(e.s, &p.w);
	ck_assert(ek_loop_until(e.loop, &p.done, 10000));
	ck_assert_int_eq(p.rc, 0);
	ck_assert_int_eq(ek_store_count(e.s, key), 1);
	ck_assert_int_eq(ek_store_count(e.s, ""), 1);
	ek_bytes_unref(v);

	v = ek_bytes_new(NULL, EK_STORE_MAX_VALUE + 1);
	p = (struct put){ .w = { .op = EK_WRITE_CREATE, .key = "/b", .value = v, .cb = on_put } };
	ek_store_write(e.s, &p.w);
	ck_assert(ek_loop_until(e.loop, &p.done, 10000));
	ck_assert_int_eq(p.rc, EK_ETOOLARGE);
	ek_bytes_unref(v);
	env_close(&e);
}
END_TEST

/* Results of one batch: each as if it had been alone, in order, after all are visible. */
START_TEST(a_batch_is_applied_in_order)
{
	struct env e;
	struct put p[7];

	env_open(&e, (enum kind)_i, NULL);
	put_start(&e, &p[0], EK_WRITE_CREATE, "/a", "1", "i", 0, 0);
	put_start(&e, &p[1], EK_WRITE_CREATE, "/a", "2", "i", 0, 0);
	put_start(&e, &p[2], EK_WRITE_UPDATE, "/a", "3", "i", 2, 0);
	put_start(&e, &p[3], EK_WRITE_UPDATE, "/a", "4", "i", 2, 0);
	put_start(&e, &p[4], EK_WRITE_DELETE, "/a", NULL, NULL, 3, 0);
	put_start(&e, &p[5], EK_WRITE_UPDATE, "/a", "5", "i", 0, 0);
	put_start(&e, &p[6], EK_WRITE_CREATE, "/a", "6", "i", 0, 0);
	ck_assert_str_eq(get(&e, "/a"), ""); /* nobody sees what is not committed */
	ck_assert(ek_loop_until(e.loop, &p[6].done, 10000));
	ck_assert_int_eq(p[0].rc, 0);
	ck_assert_int_eq(p[1].rc, EK_EEXISTS);
	ck_assert_int_eq(p[2].rc, 0);
	ck_assert_int_eq(p[3].rc, EK_ECONFLICT);
	ck_assert_int_eq(p[4].rc, 0);
	ck_assert_int_eq(p[5].rc, EK_ENOTFOUND);
	ck_assert_int_eq(p[6].rc, 0);
	ck_assert_int_eq(p[6].w.rev, 5); /* refused writes take no revision */
	ck_assert_str_eq(get(&e, "/a"), "/a=6@5/5#i");
	env_close(&e);
}
END_TEST

struct order {
	struct ek_store_write w;
	struct env *e;
	int n;
	char seen[256];
};
static int order_next;

static void on_order(struct ek_store_write *w, int rc)
{
	struct order *o = ek_container_of(w, struct order, w);

	(void)rc;
	ck_assert_int_eq(o->n, order_next++);
	snprintf(o->seen, sizeof(o->seen), "%.200s", get(o->e, "/a"));
}

START_TEST(who_reads_after_a_conflict_sees_the_winner)
{
	struct env e;
	struct order o[20] = { 0 };
	struct ek_bytes *v = ek_bytes_new("v", 1);

	env_open(&e, (enum kind)_i, NULL);
	create(&e, "/a", "old");
	for (int i = 0; i < 20; i++) {
		o[i].e = &e;
		o[i].n = i;
		o[i].w = (struct ek_store_write){
			.op = EK_WRITE_UPDATE, .key = "/a", .if_rev = 2, .value = v, .cb = on_order
		};
		ek_store_write(e.s, &o[i].w);
	}
	while (order_next < 20)
		ek_loop_turn(e.loop);
	for (int i = 0; i < 20; i++) {
		ck_assert_str_eq(o[i].seen, "/a=v@3/2#");
		ck_assert_int_eq(o[i].w.err.code, i == 0 ? 0 : EK_ECONFLICT);
	}
	ek_bytes_unref(v);
	env_close(&e);
}
END_TEST

START_TEST(the_key_is_copied)
{
	struct env e;
	struct put p;
	char key[] = "/key/one";

	env_open(&e, (enum kind)_i, NULL);
	put_start(&e, &p, EK_WRITE_CREATE, key, "1", "i", 0, 0);
	memset(key, 'x', sizeof(key) - 1);
	ck_assert(ek_loop_until(e.loop, &p.done, 10000));
	ck_assert_str_eq(get(&e, "/key/one"), "/key/one=1@2/2#i");
	env_close(&e);
}
END_TEST

struct again {
	struct ek_store_write *w;
	struct ek_store *s;
	struct ek_bytes *v;
	int left;
	bool done;
};
static struct again again;

static void on_again(struct ek_store_write *w, int rc)
{
	ck_assert_int_eq(rc, 0);
	if (again.left-- == 0) {
		free(w); /* the callback is the last that touches it */
		again.done = true;
		return;
	}
	w->op = EK_WRITE_UPDATE;
	w->if_rev = w->rev;
	w->key = "/again";
	ek_store_write(again.s, w);
}

START_TEST(a_write_may_be_started_again_or_freed_in_its_callback)
{
	struct env e;

	env_open(&e, (enum kind)_i, NULL);
	again = (struct again){
		.w = ek_new(struct ek_store_write), .s = e.s, .v = ek_bytes_new("v", 1), .left = 5
	};
	*again.w = (struct ek_store_write){
		.op = EK_WRITE_CREATE, .key = "/again", .value = again.v, .cb = on_again
	};
	ek_store_write(e.s, again.w);
	ck_assert(ek_loop_until(e.loop, &again.done, 10000));
	ck_assert_str_eq(get(&e, "/again"), "/again=v@7/2#");
	ek_bytes_unref(again.v);
	env_close(&e);
}
END_TEST

START_TEST(large_batches_are_cut_and_lose_nothing)
{
	enum { N = 3000 };
	struct env e;
	struct put *p = ek_calloc(N, sizeof(*p));
	char key[32];
	struct ek_store_stats st;

	env_open(&e, (enum kind)_i, NULL);
	for (int i = 0; i < N; i++) {
		snprintf(key, sizeof(key), "/k/%05d", (i * 7919) % N);
		put_start(&e, &p[i], EK_WRITE_CREATE, key, "v", "i", 0, 0);
	}
	ck_assert(ek_loop_until(e.loop, &p[N - 1].done, 30000));
	for (int i = 0; i < N; i++)
		ck_assert(p[i].done && p[i].rc == 0 && p[i].w.rev == i + 2);
	ck_assert_int_eq(ek_store_count(e.s, "/k/"), N);
	ek_store_stats(e.s, &st);
	ck_assert_int_eq(st.writes, N);
	ck_assert(st.commits >= 1 && st.commits < 10);
	free(p);
	env_close(&e);
}
END_TEST

/* ---- lists ---- */

static void fill(struct env *e)
{
	static const char *const keys[] = { "/g/pods/a/1", "/g/pods/a/2",      "/g/pods/a/2/x",
					    "/g/pods/b/1", "/g/pods",	       "/g/podsx/a",
					    "/g/pod/a",	   "/g/pods/\xc3\xa9", "/g/pods/\x7f" };

	for (size_t i = 0; i < EK_ARRAY_LEN(keys); i++)
		ck_assert_int_gt(create(e, keys[i], "v"), 0);
}

static const struct {
	const char *prefix, *after;
	size_t limit;
	const char *keys;
	bool more;
} list_rows[] = {
	{ "/g/pods/", NULL, 0, "/g/pods/a/1 /g/pods/a/2 /g/pods/a/2/x /g/pods/b/1 /g/pods/\x7f /g/pods/\xc3\xa9", false },
	{ "/g/pods/a/", NULL, 0, "/g/pods/a/1 /g/pods/a/2 /g/pods/a/2/x", false },
	{ "/g/pods/a/2", NULL, 0, "/g/pods/a/2 /g/pods/a/2/x", false },
	{ "/g/pods", NULL, 3, "/g/pods /g/pods/a/1 /g/pods/a/2", true },
	{ "/g/pods/a/", NULL, 3, "/g/pods/a/1 /g/pods/a/2 /g/pods/a/2/x", false },
	{ "/g/pods/a/", NULL, 2, "/g/pods/a/1 /g/pods/a/2", true },
	{ "/g/pods/a/", "/g/pods/a/1", 1, "/g/pods/a/2", true },
	{ "/g/pods/a/", "/g/pods/a/2", 1, "/g/pods/a/2/x", false },
	{ "/g/pods/a/", "/g/pods/a/2/x", 1, "", false },
	{ "/g/pods/a/", "/g/pods/a/15", 0, "/g/pods/a/2 /g/pods/a/2/x", false }, /* a key that is gone */
	{ "/g/pods/b/", "/g/a", 0, "/g/pods/b/1", false },                       /* a token of elsewhere */
	{ "/g/pods/a/", "/g/pods/b/1", 0, "", false },
	{ "/none/", NULL, 0, "", false },
	{ "/none/", NULL, 5, "", false },
	{ "", NULL, 2, "/g/pod/a /g/pods", true },
	{ "/g/pods/\xc3", NULL, 0, "/g/pods/\xc3\xa9", false },
};

static void keys_only(const char *text, char *out)
{
	bool in_key = true;

	for (; *text; text++) {
		if (*text == '=')
			in_key = false;
		if (*text == ' ')
			in_key = true;
		if (in_key)
			*out++ = *text;
	}
	*out = '\0';
}

START_TEST(a_list_is_ordered_bounded_and_continued)
{
	struct env e;

	env_open(&e, (enum kind)_i, NULL);
	fill(&e);
	for (size_t i = 0; i < EK_ARRAY_LEN(list_rows); i++) {
		struct lister t = { .l = { .prefix = list_rows[i].prefix,
					   .after = list_rows[i].after,
					   .limit = list_rows[i].limit,
					   .on_record = on_record,
					   .done = on_listed },
				    .text = EK_BUF_INIT(1 << 20) };
		char keys[1024];

		ek_store_list(e.s, &t.l);
		ck_assert(t.done);
		ck_assert_int_eq(t.rc, 0);
		ck_assert_int_eq(t.l.at_rev, ek_store_rev(e.s));
		keys_only(t.text.data ? t.text.data : "", keys);
		ck_assert_str_eq(keys, list_rows[i].keys);
		ck_assert_msg(t.more == list_rows[i].more, "row %zu", i);
		if (!list_rows[i].after && !list_rows[i].limit)
			ck_assert_int_eq(ek_store_count(e.s, list_rows[i].prefix), t.n);
		ek_buf_done(&t.text);
	}
	env_close(&e);
}
END_TEST

START_TEST(a_list_shows_the_past)
{
	struct env e;
	int rc;

	env_open(&e, (enum kind)_i, NULL);
	create(&e, "/l/a", "a1"); /* 2 */
	create(&e, "/l/b", "b1"); /* 3 */
	create(&e, "/l/c", "c1"); /* 4 */
	update(&e, "/l/a", "a2"); /* 5 */
	del(&e, "/l/b");	  /* 6 */
	create(&e, "/l/b", "b2"); /* 7 */
	update(&e, "/l/b", "b3"); /* 8 */
	update(&e, "/l/a", "a3"); /* 9 */
	del(&e, "/l/b");	  /* 10 */
	create(&e, "/l/d", "d1"); /* 11 */
	create(&e, "/k/x", "x");  /* 12 */
	del(&e, "/l/c");	  /* 13 */
	ck_list(&e, "/l/", 1, "");
	ck_list(&e, "/l/", 2, "/l/a=a1@2/2");
	ck_list(&e, "/l/", 4, "/l/a=a1@2/2 /l/b=b1@3/3 /l/c=c1@4/4");
	ck_list(&e, "/l/", 5, "/l/a=a2@5/2 /l/b=b1@3/3 /l/c=c1@4/4");
	ck_list(&e, "/l/", 6, "/l/a=a2@5/2 /l/c=c1@4/4");
	ck_list(&e, "/l/", 7, "/l/a=a2@5/2 /l/b=b2@7/7 /l/c=c1@4/4");
	ck_list(&e, "/l/", 8, "/l/a=a2@5/2 /l/b=b3@8/7 /l/c=c1@4/4");
	ck_list(&e, "/l/", 9, "/l/a=a3@9/2 /l/b=b3@8/7 /l/c=c1@4/4");
	ck_list(&e, "/l/", 10, "/l/a=a3@9/2 /l/c=c1@4/4");
	ck_list(&e, "/l/", 12, "/l/a=a3@9/2 /l/c=c1@4/4 /l/d=d1@11/11");
	ck_list(&e, "/l/", 13, "/l/a=a3@9/2 /l/d=d1@11/11");
	ck_list(&e, "/l/", 0, "/l/a=a3@9/2 /l/d=d1@11/11");
	free(list_at(&e, "/l/", 14, &rc));
	ck_assert_int_eq(rc, EK_EINVALID);
	env_close(&e);
}
END_TEST

START_TEST(a_paused_list_stays_in_its_snapshot)
{
	struct env e;
	struct lister t;

	env_open(&e, (enum kind)_i, NULL);
	create(&e, "/l/a", "1");
	create(&e, "/l/c", "1");
	create(&e, "/l/e", "1");
	create(&e, "/l/g", "1");
	list_start(&e, &t, "/l/", 0, 1); /* pauses after each */
	ck_assert_str_eq(t.text.data, "/l/a=1@2/2");
	ck_assert_int_eq(t.l.at_rev, 5);
	update(&e, "/l/c", "2");
	del(&e, "/l/e");
	create(&e, "/l/b", "2");
	create(&e, "/l/z", "2");
	ek_store_list_resume(&t.l);
	ck_assert_str_eq(t.text.data, "/l/a=1@2/2 /l/c=1@3/3");
	create(&e, "/l/e", "3");
	update(&e, "/l/e", "4");
	del(&e, "/l/g");
	ek_store_list_resume(&t.l);
	ck_assert_str_eq(t.text.data, "/l/a=1@2/2 /l/c=1@3/3 /l/e=1@4/4");
	create(&e, "/l/g", "5");
	ek_store_list_resume(&t.l);
	ck_assert_str_eq(t.text.data, "/l/a=1@2/2 /l/c=1@3/3 /l/e=1@4/4 /l/g=1@5/5");
	ck_assert(!t.done);
	ek_store_list_resume(&t.l);
	ck_assert(t.done && t.rc == 0 && !t.more);
	ek_store_list_resume(&t.l); /* harmless */
	ek_buf_done(&t.text);
	env_close(&e);
}
END_TEST

START_TEST(a_list_is_cancelled_while_paused)
{
	struct env e;
	struct lister t;

	env_open(&e, (enum kind)_i, NULL);
	fill(&e);
	list_start(&e, &t, "/", 0, 2);
	ek_store_list_cancel(&t.l);
	ek_store_list_resume(&t.l);
	ek_store_list_cancel(&t.l);
	ck_assert_int_eq(t.n, 2);
	ck_assert(!t.done);
	ek_buf_done(&t.text);
	list_start(&e, &t, "/", 0, 2); /* and one that the close finds */
	env_close(&e);
	ck_assert(!t.done);
	ek_store_list_cancel(&t.l);
	ek_buf_done(&t.text);
}
END_TEST

struct meddler {
	struct ek_store_list l;
	struct env *e;
	int n;
	int cancel_at, resume_at;
	bool done;
};

static bool on_meddle(struct ek_store_list *l, const struct ek_record *r)
{
	struct meddler *m = ek_container_of(l, struct meddler, l);

	m->n++;
	ck_list(m->e, "/g/pods/a/", 0, "/g/pods/a/1=v@2/2 /g/pods/a/2=v@3/3 /g/pods/a/2/x=v@4/4");
	ck_assert_str_ne(get(m->e, r->key), "");
	if (m->n == m->cancel_at)
		ek_store_list_cancel(l);
	if (m->n != m->resume_at)
		return true;
	ek_store_list_resume(l); /* overtakes the "false" */
	return false;
}

static void on_meddled(struct ek_store_list *l, int rc, bool more)
{
	struct meddler *m = ek_container_of(l, struct meddler, l);

	ck_assert_int_eq(rc, 0);
	ck_assert(!more);
	m->done = true;
}

START_TEST(a_list_may_be_meddled_with_from_its_callback)
{
	struct env e;
	struct meddler m;

	env_open(&e, (enum kind)_i, NULL);
	fill(&e);
	for (int i = 1; i <= 9; i++) {
		m = (struct meddler){
			.l = { .prefix = "/", .on_record = on_meddle, .done = on_meddled },
			.e = &e,
			.cancel_at = i
		};
		ek_store_list(e.s, &m.l);
		ck_assert_int_eq(m.n, i);
		ck_assert(!m.done);
		m = (struct meddler){
			.l = { .prefix = "/", .on_record = on_meddle, .done = on_meddled },
			.e = &e,
			.resume_at = i
		};
		ek_store_list(e.s, &m.l);
		ck_assert_int_eq(m.n, 9);
		ck_assert(m.done);
	}
	env_close(&e);
}
END_TEST

/* ---- the log ---- */

static void churn(struct env *e, int n)
{
	for (int i = 0; i < n; i++)
		ck_assert_int_gt(update(e, "/churn", "x"), 0);
}

START_TEST(the_log_is_trimmed_by_number)
{
	struct ek_store_options o = { .log_max_records = 50 };
	struct env e;
	struct ek_store_stats st;
	struct watcher w;
	int64_t rev;
	int rc;

	env_open(&e, (enum kind)_i, &o);
	create(&e, "/churn", "x");
	create(&e, "/old", "1");
	for (int i = 0; i < 20; i++) {
		churn(&e, 20);
		ek_store_stats(e.s, &st);
		ck_assert_int_le(st.log_records, 100);
	}
	ck_assert_int_ge(st.log_records, 50);
	rev = ek_store_rev(e.s);
	ck_assert_int_eq(rev, 403);
	/* what was promised is there, what is long gone says so */
	ck_list(&e, "/old", rev - 40, "/old=1@3/3");
	free(list_at(&e, "/old", 10, &rc));
	ck_assert_int_eq(rc, EK_EEXPIRED);
	ck_assert_int_eq(watch_start(&e, &w, "/", 10, 0), EK_EEXPIRED);
	watch_done(&w);
	ck_assert_int_eq(watch_start(&e, &w, "/", rev - 45, 0), 0);
	ck_assert_int_eq(w.n, 45);
	ck_assert_int_eq(w.ended, 0);
	watch_done(&w);
	env_close(&e);
}
END_TEST

START_TEST(the_log_is_trimmed_by_age)
{
	struct ek_store_options o = { .log_max_age_ms = 60 * 1000 };
	struct env e;
	struct ek_store_stats st;

	virtual_time();
	env_open(&e, (enum kind)_i, &o);
	create(&e, "/churn", "x");
	for (int i = 0; i < 300; i++) {
		churn(&e, 1);
		pass_time(&e, 100);
	}
	ek_store_stats(e.s, &st);
	ck_assert_int_eq(st.log_records, 301); /* half a minute: all there */
	for (int i = 0; i < 20; i++) {
		churn(&e, 1);
		pass_time(&e, 30 * 1000);
	}
	ek_store_stats(e.s, &st);
	ck_assert_int_lt(st.log_records, 100);
	ck_assert_int_gt(st.log_records, 0);
	env_close(&e);
}
END_TEST

/* ---- volatile writes: one promise more to test on who does not keep it in memory ---- */

START_TEST(volatile_writes_are_visible_at_once)
{
	struct env e;
	struct watcher w;

	env_open(&e, (enum kind)_i, NULL);
	create(&e, "/a", "1"); /* 2 */
	ck_assert_int_eq(watch_start(&e, &w, "/", 0, 0), 0);
	ck_assert_int_eq(beat(&e, EK_WRITE_UPDATE, "/a", "2"), 3);
	ck_assert_str_eq(get(&e, "/a"), "/a=2@3/2#i");
	ck_assert_int_eq(beat(&e, EK_WRITE_CREATE, "/b", "1"), 4);
	ck_assert_int_eq(beat(&e, EK_WRITE_CREATE, "/b", "1"), EK_EEXISTS);
	ck_assert_int_eq(beat(&e, EK_WRITE_UPDATE, "/c", "1"), EK_ENOTFOUND);
	ck_assert_int_eq(ek_store_rev(e.s), 4);
	ck_assert_int_eq(ek_store_count(e.s, "/"), 2);
	ck_list(&e, "/", 0, "/a=2@3/2 /b=1@4/4");
	ck_list(&e, "/", 3, "/a=2@3/2");
	ck_list(&e, "/", 2, "/a=1@2/2");
	ck_assert_int_eq(update(&e, "/a", "3"), 5);
	ck_assert_int_eq(del(&e, "/b"), 6);
	ck_assert_int_eq(ek_store_count(e.s, "/"), 1);
	ck_list(&e, "/", 4, "/a=2@3/2 /b=1@4/4");
	ck_list(&e, "/", 0, "/a=3@5/2");
	ck_assert_str_eq(watched(&w), "~/a=2@3(i>i) +/b=1@4 ~/a=3@5(i>i) -/b=1@6(i>i)");
	watch_done(&w);
	ck_assert_int_eq(watch_start(&e, &w, "/", 1, 0), 0);
	ck_assert_str_eq(watched(&w), "+/a=1@2 ~/a=2@3(i>i) +/b=1@4 ~/a=3@5(i>i) -/b=1@6(i>i)");
	watch_done(&w);
	env_close(&e);
}
END_TEST

/* ---- the end ---- */

static int late_rc;
static struct ek_store_write late;

static void on_last(struct ek_store_write *w, int rc)
{
	struct put *p = ek_container_of(w, struct put, w);

	p->done = true;
	p->rc = rc;
}

static void on_late(struct ek_store_write *w, int rc)
{
	(void)w;
	late_rc = rc;
}

static struct ek_store *closing;

static void on_last_writes_more(struct ek_store_write *w, int rc)
{
	on_last(w, rc);
	late = (struct ek_store_write){ .op = EK_WRITE_DELETE, .key = "/a", .cb = on_late };
	ek_store_write(closing, &late);
}

START_TEST(close_commits_and_answers)
{
	struct env e;
	struct watcher w;
	struct put p[2];

	env_open(&e, (enum kind)_i, NULL);
	ck_assert_int_eq(watch_start(&e, &w, "/", 0, 0), 0);
	put_start(&e, &p[0], EK_WRITE_CREATE, "/a", "1", "i", 0, 0);
	put_start(&e, &p[1], EK_WRITE_CREATE, "/b", "1", "i", 0, 0);
	p[1].w.cb = on_last_writes_more;
	closing = e.s;
	env_close(&e);
	ck_assert(p[0].done && p[0].rc == 0);
	ck_assert(p[1].done && p[1].rc == 0);
	ck_assert_int_eq(late_rc, EK_EUNAVAILABLE); /* exactly once, also this one */
	ck_assert_int_eq(w.ended, 0);
	watch_done(&w);
	ek_store_close(NULL);
}
END_TEST

EK_TESTS("store/conformance",
	 EK_ROWS(a_write_is_numbered_and_readable, kinds),
	 EK_ROWS(a_write_is_refused_for_a_reason, kinds),
	 EK_ROWS(the_longest_key_and_the_largest_value_fit, kinds),
	 EK_ROWS(a_batch_is_applied_in_order, kinds),
	 EK_ROWS(who_reads_after_a_conflict_sees_the_winner, kinds),
	 EK_ROWS(the_key_is_copied, kinds),
	 EK_ROWS(a_write_may_be_started_again_or_freed_in_its_callback, kinds),
	 EK_ROWS(large_batches_are_cut_and_lose_nothing, kinds),
	 EK_ROWS(a_list_is_ordered_bounded_and_continued, kinds),
	 EK_ROWS(a_list_shows_the_past, kinds),
	 EK_ROWS(a_paused_list_stays_in_its_snapshot, kinds),
	 EK_ROWS(a_list_is_cancelled_while_paused, kinds),
	 EK_ROWS(a_list_may_be_meddled_with_from_its_callback, kinds),
	 EK_ROWS(the_log_is_trimmed_by_number, kinds),
	 EK_ROWS(the_log_is_trimmed_by_age, kinds),
	 EK_ROWS(volatile_writes_are_visible_at_once, kinds),
	 EK_ROWS(close_commits_and_answers, kinds))
