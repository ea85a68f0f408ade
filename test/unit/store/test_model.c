/* SPDX-License-Identifier: Apache-2.0 */
#include "store_test.h"

/*
 * The same random life on both back ends, step by step: every result, list, count and watch must
 * be equal. SQLite is closed and opened again on the way, logs are trimmed, time passes.
 *
 * Where volatile writes are in the game, SQLite may merge versions that nobody watched: a replay
 * is then a part of the reference's, leads to the same state, and an old snapshot may be gone.
 * Live watches, new lists and lists in progress stay equal to the letter.
 */

enum { N_KEYS = 40, N_WATCHES = 6, N_LISTS = 4 };

static uint64_t seed;

static uint32_t pick(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

struct twin {
	struct env e[N_KINDS];
	bool with_volatile;
	bool small_log;
	struct watcher w[N_KINDS][N_WATCHES];
	bool watching[N_WATCHES];
	struct lister l[N_KINDS][N_LISTS];
	bool listing[N_LISTS];
	int steps_done;
};

static const char *const prefixes[] = { "", "/", "/a/", "/a/r/", "/a/r/n1/", "/b/", "/b/r/", "/none/", "/a/r/n1/k1" };

static const char *random_key(char out[64])
{
	uint32_t i = pick(N_KEYS);

	snprintf(out, 64, "/%s/r/n%u/k%u", i % 3 ? "a" : "b", i % 4, i);
	return out;
}

static struct ek_bytes *random_bytes(uint32_t max)
{
	uint32_t n = pick(20) == 0 ? pick(20000) : pick(max);
	struct ek_bytes *b = ek_bytes_new(NULL, n);

	for (uint32_t i = 0; i < n; i++)
		b->data[i] = (char)('a' + (i < 8 ? pick(26) : i % 26));
	return b;
}

/* ---- writes ---- */

struct twin_put {
	struct put p[N_KINDS];
	char key[64];
};

static int64_t random_rev(struct twin *t)
{
	int64_t rev = ek_store_rev(t->e[MEMORY].s);

	int64_t recent = rev - pick(60);

	return pick(3) && recent > 0 ? recent : 1 + pick((uint32_t)rev);
}

static void start_put(struct twin *t, struct twin_put *tp)
{
	enum ek_write_op op = (enum ek_write_op)(pick(10) < 6 ? 1 : pick(2) * 2);
	bool with_value = op != EK_WRITE_DELETE || pick(2);
	struct ek_bytes *value = with_value ? random_bytes(300) : NULL;
	struct ek_bytes *index = pick(4) ? ek_bytes_new("idx", pick(4)) : NULL;
	unsigned flags = t->with_volatile && pick(2) ? EK_PUT_VOLATILE : 0;
	int64_t if_rev = pick(4) ? 0 : random_rev(t);

	random_key(tp->key);
	for (int k = 0; k < N_KINDS; k++) {
		tp->p[k] = (struct put){ .w = { .op = op,
						.key = tp->key,
						.if_rev = if_rev,
						.value = value,
						.index = index,
						.flags = flags,
						.cb = on_put } };
		ek_store_write(t->e[k].s, &tp->p[k].w);
	}
	ek_bytes_unref(value);
	ek_bytes_unref(index);
}

static void step_write(struct twin *t)
{
	struct twin_put puts[12];
	uint32_t n = 1 + (pick(2) ? 0 : pick(12));

	for (uint32_t i = 0; i < n; i++)
		start_put(t, &puts[i]);
	for (int k = 0; k < N_KINDS; k++)
		ck_assert(ek_loop_until(t->e[k].loop, &puts[n - 1].p[k].done, 20000));
	for (uint32_t i = 0; i < n; i++) {
		ck_assert(puts[i].p[MEMORY].done && puts[i].p[SQLITE].done);
		ck_assert_int_eq(puts[i].p[MEMORY].rc, puts[i].p[SQLITE].rc);
		ck_assert_int_eq(puts[i].p[MEMORY].w.rev, puts[i].p[SQLITE].w.rev);
	}
}

/* ---- reads ---- */

static void step_get(struct twin *t)
{
	char key[64];
	char *text;

	random_key(key);
	text = ek_str_dup(get(&t->e[MEMORY], key));
	ck_assert_str_eq(text, get(&t->e[SQLITE], key));
	free(text);
}

static void step_count(struct twin *t)
{
	const char *prefix = prefixes[pick(EK_ARRAY_LEN(prefixes))];

	ck_assert_int_eq(ek_store_count(t->e[MEMORY].s, prefix),
			 ek_store_count(t->e[SQLITE].s, prefix));
	ck_assert_int_eq(ek_store_rev(t->e[MEMORY].s), ek_store_rev(t->e[SQLITE].s));
}

static void compare_lists(struct twin *t, struct lister *m, struct lister *q, bool may_expire)
{
	ck_assert(m->done && q->done);
	if (m->rc == EK_EEXPIRED || q->rc == EK_EEXPIRED) {
		ck_assert_msg(may_expire || t->small_log, "expired: memory %d sqlite %d", m->rc,
			      q->rc);
	} else {
		ck_assert_int_eq(m->rc, q->rc);
		ck_assert_int_eq(m->more, q->more);
		ck_assert_str_eq(m->text.data ? m->text.data : "",
				 q->text.data ? q->text.data : "");
		ck_assert_int_eq(m->l.at_rev, q->l.at_rev);
	}
	ek_buf_done(&m->text);
	ek_buf_done(&q->text);
}

static void step_list(struct twin *t)
{
	struct lister l[N_KINDS];
	const char *prefix = prefixes[pick(EK_ARRAY_LEN(prefixes))];
	char after[64];
	size_t limit = pick(2) ? 0 : 1 + pick(10);
	int64_t at_rev = pick(2) ? 0 : random_rev(t);
	bool use_after = pick(3) == 0;

	random_key(after);
	for (int k = 0; k < N_KINDS; k++) {
		l[k] = (struct lister){ .l = { .prefix = prefix,
					       .after = use_after ? after : NULL,
					       .at_rev = at_rev,
					       .limit = limit,
					       .on_record = on_record,
					       .done = on_listed },
					.text = EK_BUF_INIT(64 << 20) };
		ek_store_list(t->e[k].s, &l[k].l);
	}
	compare_lists(t, &l[MEMORY], &l[SQLITE], at_rev != 0 && t->with_volatile);
}

/* A list that goes on while the world changes. */
static void step_slow_list(struct twin *t)
{
	uint32_t i = pick(N_LISTS);
	struct lister *m = &t->l[MEMORY][i], *q = &t->l[SQLITE][i];

	if (!t->listing[i]) {
		const char *prefix = prefixes[pick(EK_ARRAY_LEN(prefixes))];
		int budget = 1 + (int)pick(4);

		list_start(&t->e[MEMORY], m, prefix, 0, budget);
		list_start(&t->e[SQLITE], q, prefix, 0, budget);
		t->listing[i] = true;
	} else if (pick(20) == 0) {
		ek_store_list_cancel(&m->l);
		ek_store_list_cancel(&q->l);
		ek_buf_done(&m->text);
		ek_buf_done(&q->text);
		t->listing[i] = false;
		return;
	} else {
		ek_store_list_resume(&m->l);
		ek_store_list_resume(&q->l);
	}
	/* they do not trim at the same moment */
	if (m->done != q->done) {
		struct lister *ended = m->done ? m : q;

		ck_assert(t->small_log && ended->rc == EK_EEXPIRED);
		ek_store_list_cancel(m->done ? &q->l : &m->l);
		ek_buf_done(&m->text);
		ek_buf_done(&q->text);
		t->listing[i] = false;
	} else if (m->done) {
		compare_lists(t, m, q, false);
		t->listing[i] = false;
	}
}

/* ---- watches ---- */

/* Every event of `part` is one of `whole`, in its order. */
static void check_merged(const char *whole, const char *part)
{
	while (*part) {
		size_t n = strcspn(part, "@");
		const char *at;
		char rev[32];

		/* "+key=value@rev..." : the type may differ, from the key to the revision it may not */
		n += strcspn(part + n, "( ");
		ck_assert_uint_lt(strcspn(part, "@"), n);
		snprintf(rev, sizeof(rev), "%.*s", (int)(n - strcspn(part, "@")),
			 part + strcspn(part, "@"));
		at = strstr(whole, rev);
		while (at && at[strlen(rev)] != ' ' && at[strlen(rev)] != '(' &&
		       at[strlen(rev)] != '\0')
			at = strstr(at + 1, rev);
		ck_assert_msg(at != NULL, "%s is not in the reference", rev);
		at -= n - strlen(rev) - 1;
		ck_assert_msg(at >= whole && strncmp(at, part + 1, n - 1) == 0, "%.*s differs",
			      (int)n, part);
		whole = at + n - 1;
		part += n;
		part += strcspn(part, " ");
		part += *part == ' ';
	}
}

static void compare_watches(struct twin *t, struct watcher *m, struct watcher *q, bool replayed)
{
	if (m->ended || q->ended) {
		ck_assert(t->small_log);
	} else if (t->with_volatile && replayed) {
		check_merged(watched(m), watched(q));
		ck_assert_int_eq(m->last_rev, q->last_rev);
	} else {
		ck_assert_str_eq(watched(m), watched(q));
		ck_assert_int_eq(m->w.at_rev, q->w.at_rev);
	}
}

/* A client's cache, filled by a list, kept up by a watch that must make sense to it. */
struct mirror {
	struct ek_store_list l;
	struct ek_store_watch w;
	struct ek_map seen; /* key -> struct ek_bytes, the index */
	bool listed;
};

static bool on_mirror_record(struct ek_store_list *l, const struct ek_record *r)
{
	struct mirror *m = ek_container_of(l, struct mirror, l);

	ck_assert_ptr_null(ek_map_put(&m->seen, r->key, ek_bytes_ref(r->index)));
	return true;
}

static void on_mirror_listed(struct ek_store_list *l, int rc, bool more)
{
	ck_assert_int_eq(rc, 0);
	ck_assert(!more);
	ek_container_of(l, struct mirror, l)->listed = true;
}

static bool same(const struct ek_bytes *a, const struct ek_bytes *b)
{
	return a && b && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static bool on_mirror_event(struct ek_store_watch *w, const struct ek_store_event *e)
{
	struct mirror *m = ek_container_of(w, struct mirror, w);
	struct ek_bytes *had = ek_map_get(&m->seen, e->key);

	if (e->type == EK_EVENT_ADDED)
		ck_assert_msg(!had, "%s added twice, at %" PRId64, e->key, e->rev);
	else
		ck_assert_msg(same(had, e->prev_index), "%s was not so before %" PRId64, e->key,
			      e->rev);
	if (e->type == EK_EVENT_DELETED)
		ek_map_del(&m->seen, e->key);
	else
		ek_map_put(&m->seen, e->key, ek_bytes_ref(e->index));
	ek_bytes_unref(had);
	return true;
}

static void mirror_list(struct mirror *m, struct ek_store *s, const char *prefix, int64_t at_rev)
{
	m->l = (struct ek_store_list){ .prefix = prefix,
				       .at_rev = at_rev,
				       .on_record = on_mirror_record,
				       .done = on_mirror_listed };
	ek_store_list(s, &m->l);
	ck_assert(m->listed);
}

static void mirror_done(struct mirror *m)
{
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&m->seen, e));)
		ek_bytes_unref(e->value);
	ek_map_done(&m->seen);
}

/* What the reference held at `from`, plus what SQLite says came after, is what it holds now. */
static void check_sense(struct twin *t, const char *prefix, int64_t from)
{
	struct mirror m = { 0 }, now = { 0 };

	mirror_list(&m, t->e[MEMORY].s, prefix, from);
	m.w = (struct ek_store_watch){ .prefix = prefix,
				       .from_rev = from,
				       .on_event = on_mirror_event };
	ck_assert_int_eq(ek_store_watch(t->e[SQLITE].s, &m.w, NULL), 0);
	ek_store_watch_stop(&m.w);
	mirror_list(&now, t->e[MEMORY].s, prefix, 0);
	ck_assert_uint_eq(m.seen.n, now.seen.n);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&now.seen, e));)
		ck_assert(same(e->value, ek_map_get(&m.seen, e->key)));
	mirror_done(&m);
	mirror_done(&now);
}

static void step_watch_past(struct twin *t)
{
	struct watcher m, q;
	const char *prefix = prefixes[pick(EK_ARRAY_LEN(prefixes))];
	int64_t from = random_rev(t);
	int rc_m = watch_start(&t->e[MEMORY], &m, prefix, from, 0);
	int rc_q = watch_start(&t->e[SQLITE], &q, prefix, from, 0);

	if (rc_m < 0 || rc_q < 0) {
		ck_assert_msg(t->small_log, "from %" PRId64 ": memory %d, sqlite %d", from, rc_m,
			      rc_q);
	} else {
		compare_watches(t, &m, &q, true);
		check_sense(t, prefix, from);
	}
	watch_done(&m);
	watch_done(&q);
}

/* Some are live all the time, some pause and resume. */
static void step_watch(struct twin *t)
{
	uint32_t i = pick(N_WATCHES);
	struct watcher *m = &t->w[MEMORY][i], *q = &t->w[SQLITE][i];
	int budget = i < N_WATCHES / 2 ? 0 : 1 + (int)pick(5);

	if (!t->watching[i]) {
		const char *prefix = prefixes[pick(EK_ARRAY_LEN(prefixes))];

		ck_assert_int_eq(watch_start(&t->e[MEMORY], m, prefix, 0, budget), 0);
		ck_assert_int_eq(watch_start(&t->e[SQLITE], q, prefix, 0, budget), 0);
		t->watching[i] = true;
		return;
	}
	if (pick(4)) {
		ek_store_watch_resume(&m->w);
		ek_store_watch_resume(&q->w);
		return;
	}
	m->budget = q->budget = 0;
	ek_store_watch_resume(&m->w);
	ek_store_watch_resume(&q->w);
	compare_watches(t, m, q, i >= N_WATCHES / 2);
	watch_done(m);
	watch_done(q);
	t->watching[i] = false;
}

/* ---- life ---- */

static void drop_all(struct twin *t)
{
	for (int i = 0; i < N_WATCHES; i++) {
		for (int k = 0; k < N_KINDS && t->watching[i]; k++)
			watch_done(&t->w[k][i]);
		t->watching[i] = false;
	}
	for (int i = 0; i < N_LISTS; i++) {
		for (int k = 0; k < N_KINDS && t->listing[i]; k++) {
			ek_store_list_cancel(&t->l[k][i].l);
			ek_buf_done(&t->l[k][i].text);
		}
		t->listing[i] = false;
	}
}

static void step_reopen(struct twin *t)
{
	drop_all(t);
	env_stop(&t->e[SQLITE]);
	env_start(&t->e[SQLITE]);
	step_count(t);
}

static void step_time(struct twin *t)
{
	int64_t ms = pick(30000);

	test_ms += ms;
	for (int k = 0; k < N_KINDS; k++) {
		ek_loop_advance(t->e[k].loop);
		ek_loop_turn(t->e[k].loop);
	}
}

static void step(struct twin *t)
{
	uint32_t what = pick(1000);

	if (what < 400)
		step_write(t);
	else if (what < 480)
		step_get(t);
	else if (what < 500)
		step_count(t);
	else if (what < 600)
		step_list(t);
	else if (what < 740)
		step_slow_list(t);
	else if (what < 800)
		step_watch_past(t);
	else if (what < 960)
		step_watch(t);
	else if (what < 997)
		step_time(t);
	else
		step_reopen(t);
}

static const struct mode {
	const char *what;
	bool with_volatile;
	int64_t log;
	int steps;
} modes[] = {
	{ "durable, long log", false, 1000000, 3000 },
	{ "durable, short log", false, 30, 3000 },
	{ "volatile, long log", true, 1000000, 4000 },
	{ "volatile, short log", true, 30, 3000 },
};

START_TEST(both_back_ends_live_the_same_life)
{
	const struct mode *m = &modes[_i];
	const char *env_seed = getenv("EK_TEST_SEED");
	int rounds = env_seed ? 1 : 3;

	for (int round = 0; round < rounds; round++) {
		struct twin t = { .with_volatile = m->with_volatile, .small_log = m->log < 1000 };
		/* age is left out of it: the back ends mark time differently */
		struct ek_store_options o = { .log_max_records = m->log,
					      .log_max_age_ms = INT64_MAX / 4 };

		seed = env_seed ? strtoull(env_seed, NULL, 10) : (uint64_t)(round * 7 + _i + 1);
		virtual_time();
		for (int k = 0; k < N_KINDS; k++)
			env_open(&t.e[k], (enum kind)k, &o);
		for (int i = 0; i < m->steps; i++)
			step(&t);
		drop_all(&t);
		for (int k = 0; k < N_KINDS; k++)
			env_close(&t.e[k]);
	}
}
END_TEST

EK_TESTS("store/model", EK_ROWS(both_back_ends_live_the_same_life, modes))
