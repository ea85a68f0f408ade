/* SPDX-License-Identifier: Apache-2.0 */
#include "store_test.h"

#include <store/fault_vfs.h>
#include <sys/wait.h>

/*
 * Volatile writes on SQLite: what they cost, when they reach the disk, what a crash takes, and
 * that merging them is never seen by who was there.
 */

static int64_t bytes_written(struct env *e)
{
	struct ek_store_stats st;

	ek_store_stats(e->s, &st);
	return st.bytes_written;
}

static void volatile_env(struct env *e, const struct ek_store_options *o)
{
	fault_vfs_install();
	virtual_time();
	env_open(e, SQLITE, o);
	for (int i = 0; i < 50; i++)
		create(e, EK_F("/leases/node-%d", i), "a lease as it is when it is made");
}

/* ---- flash ---- */

/* A lease every ten seconds for an hour: 360 writes, about 60 pages of two rows. */
START_TEST(heartbeats_hardly_touch_the_disk)
{
	struct env e;
	int64_t merged, durable;

	volatile_env(&e, NULL);
	for (int i = 0; i < 360; i++) {
		beat(&e, EK_WRITE_UPDATE, "/leases/node-7", "a lease with a new time");
		pass_time(&e, 10 * 1000);
	}
	pass_time(&e, 60 * 1000);
	fault_vfs_plan(NULL);
	merged = bytes_written(&e);
	for (int i = 0; i < 360; i++) {
		beat(&e, EK_WRITE_UPDATE, "/leases/node-7", "a lease with a new time");
		pass_time(&e, 10 * 1000);
	}
	merged = bytes_written(&e) - merged;
	/* what SQLite was asked to write, and what the store says it was */
	ck_assert_int_lt(fault_vfs_bytes(), 60 * 2 * 4300);
	ck_assert_int_lt(merged, 60 * 2 * 4300);
	ck_assert_int_gt(merged, 30 * 4096);
	durable = bytes_written(&e);
	for (int i = 0; i < 360; i++) {
		update(&e, "/leases/node-7", "a lease with a new time");
		pass_time(&e, 10 * 1000);
	}
	durable = bytes_written(&e) - durable;
	ck_assert_int_lt(merged * 4, durable);
	env_close(&e);
}
END_TEST

START_TEST(nothing_runs_when_nothing_waits)
{
	struct env e;

	volatile_env(&e, NULL);
	pass_time(&e, 60 * 1000);
	ck_assert_int_eq(ek_loop_advance(e.loop), -1);
	beat(&e, EK_WRITE_UPDATE, "/leases/node-1", "x"); /* reserves revisions: a durable write */
	pass_time(&e, 11 * 1000);
	ck_assert_int_eq(ek_loop_advance(e.loop), 49 * 1000); /* the flush */
	fault_vfs_plan(NULL);
	beat(&e, EK_WRITE_UPDATE, "/leases/node-1", "y");
	beat(&e, EK_WRITE_UPDATE, "/leases/node-2", "y");
	ck_assert_int_eq(fault_vfs_operations(), 0);
	ck_assert_int_eq(ek_loop_advance(e.loop), 49 * 1000);
	pass_time(&e, 49 * 1000);
	ck_assert_int_gt(fault_vfs_operations(), 0);
	pass_time(&e, 60 * 1000); /* the upkeep after it */
	ck_assert_int_eq(ek_loop_advance(e.loop), -1);
	env_close(&e);
}
END_TEST

START_TEST(a_durable_commit_takes_ripe_ones_along)
{
	struct env e;

	volatile_env(&e, NULL);
	beat(&e, EK_WRITE_UPDATE, "/leases/node-1", "x");
	pass_time(&e, 20 * 1000);
	update(&e, "/leases/node-2", "y");		      /* too early */
	ck_assert_int_eq(ek_loop_advance(e.loop), 10 * 1000); /* upkeep */
	pass_time(&e, 15 * 1000);
	ck_assert_int_eq(ek_loop_advance(e.loop), 25 * 1000); /* the flush is still to come */
	update(&e, "/leases/node-2", "z");
	pass_time(&e, 10 * 1000);
	ck_assert_int_eq(ek_loop_advance(e.loop), -1);
	env_close(&e);
}
END_TEST

START_TEST(too_many_are_written_early)
{
	struct env e;
	enum { N = 10000 };
	struct put *p = ek_calloc(N, sizeof(*p));

	volatile_env(&e, NULL);
	for (int i = 0; i < N; i++)
		put_start(&e, &p[i], EK_WRITE_CREATE, EK_F("/events/%d", i), "event", "i", 0,
			  EK_PUT_VOLATILE);
	ck_assert(ek_loop_until(e.loop, &p[N - 1].done, 30000));
	ck_assert_int_eq(ek_store_count(e.s, "/events/"), N);
	ck_assert_int_gt(bytes_written(&e), 8192 * 20);
	ck_assert_str_ne(get(&e, "/events/17"), "");
	ck_assert_str_ne(get(&e, "/events/9999"), "");
	free(p);
	env_close(&e);
}
END_TEST

/* ---- a crash ---- */

struct told {
	int64_t rev;
	int64_t durable_rev;
};

/* Volatile and durable writes, then the end without a word. */
static void die(struct env *e, int pipe_fd, bool flushed)
{
	struct told t;

	e->loop = ek_loop_new(); /* the other one is the parent's, descriptors and all */
	env_start(e);
	beat(e, EK_WRITE_UPDATE, "/leases/node-1", "lost");
	beat(e, EK_WRITE_CREATE, "/events/1", "lost");
	if (flushed)
		pass_time(e, 60 * 1000);
	t.durable_rev = update(e, "/leases/node-2", "kept");
	for (int i = 0; i < 20; i++)
		t.rev = beat(e, EK_WRITE_UPDATE, "/leases/node-3", "lost");
	_exit(write(pipe_fd, &t, sizeof(t)) != sizeof(t));
}

START_TEST(a_crash_takes_volatile_ones_only_and_no_revision_twice)
{
	struct env e;
	struct told t;
	bool flushed = _i;

	volatile_env(&e, NULL);
	for (int life = 0; life < 3; life++) {
		int fd[2], status;
		pid_t child;

		env_stop(&e);
		ck_assert_int_eq(pipe(fd), 0);
		child = fork();
		if (child == 0)
			die(&e, fd[1], flushed);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_int_eq(status, 0);
		ck_assert_int_eq(read(fd[0], &t, sizeof(t)), sizeof(t));
		close(fd[0]);
		close(fd[1]);
		env_start(&e);
		ck_assert(strstr(get(&e, "/leases/node-2"), "=kept@") != NULL);
		ck_assert((strstr(get(&e, "/leases/node-1"), "=lost@") != NULL) == flushed);
		ck_assert((get(&e, "/events/1")[0] != '\0') == flushed);
		ck_assert_ptr_null(strstr(get(&e, "/leases/node-3"), "=lost@"));
		ck_assert_int_ge(ek_store_rev(e.s), t.rev);
		ck_assert_int_gt(update(&e, "/leases/node-2", "after"), t.rev);
		if (flushed)
			del(&e, "/events/1");
	}
	env_close(&e);
}
END_TEST

START_TEST(a_clean_end_leaves_no_gap)
{
	struct env e;
	int64_t rev;

	volatile_env(&e, NULL);
	for (int life = 0; life < 3; life++) {
		rev = beat(&e, EK_WRITE_UPDATE, "/leases/node-1", "x");
		env_stop(&e);
		env_start(&e);
		ck_assert_int_eq(ek_store_rev(e.s), rev);
		ck_assert(strstr(get(&e, "/leases/node-1"), "=x@") != NULL);
	}
	env_close(&e);
}
END_TEST

/* ---- merging, and who sees it ---- */

START_TEST(merged_versions_are_one_change_in_a_replay)
{
	struct env e;
	struct watcher w;
	int64_t from;

	virtual_time();
	env_open(&e, SQLITE, NULL);
	create(&e, "/a", "0");		      /* 2 */
	beat(&e, EK_WRITE_UPDATE, "/a", "1"); /* 3 */
	beat(&e, EK_WRITE_CREATE, "/b", "1"); /* 4 */
	create(&e, "/c", "1");		      /* 5: durable, overtakes them on the disk */
	beat(&e, EK_WRITE_UPDATE, "/a", "2"); /* 6 */
	beat(&e, EK_WRITE_UPDATE, "/b", "2"); /* 7 */
	for (int flushed = 0; flushed < 2; flushed++) {
		static const struct {
			int64_t from;
			const char *events;
		} rows[] = {
			{ 1, "+/a=0@2 +/c=1@5 ~/a=2@6(i>i) +/b=2@7" },
			{ 2, "+/c=1@5 ~/a=2@6(i>i) +/b=2@7" },
			{ 3, "+/c=1@5 ~/a=2@6(i>i) +/b=2@7" },
			{ 4, "+/c=1@5 ~/a=2@6(i>i) ~/b=2@7(i>i)" }, /* has seen b already */
			{ 5, "~/a=2@6(i>i) ~/b=2@7(i>i)" },
			{ 6, "~/b=2@7(i>i)" },
			{ 7, "" },
		};

		for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
			from = rows[i].from;
			ck_assert_int_eq(watch_start(&e, &w, "", from, 0), 0);
			ck_assert_str_eq(watched(&w), rows[i].events);
			watch_done(&w);
		}
		pass_time(&e, 60 * 1000);
	}
	env_close(&e);
}
END_TEST

START_TEST(an_old_snapshot_of_a_merged_version_is_gone)
{
	struct env e;
	static const int expect[] = { 0, 0, EK_EEXPIRED, EK_EEXPIRED, 0, 0 }; /* at 2 .. 7 */
	int rc;

	virtual_time();
	env_open(&e, SQLITE, NULL);
	create(&e, "/a", "0");		      /* 2 */
	create(&e, "/z", "0");		      /* 3 */
	beat(&e, EK_WRITE_UPDATE, "/a", "1"); /* 4 */
	update(&e, "/z", "1");		      /* 5 */
	beat(&e, EK_WRITE_UPDATE, "/a", "2"); /* 6 */
	update(&e, "/z", "2");		      /* 7 */
	for (int flushed = 0; flushed < 2; flushed++) {
		for (int i = 0; i < 6; i++) {
			free(list_at(&e, "", i + 2, &rc));
			ck_assert_int_eq(rc, expect[i]);
			free(list_at(&e, "/z", i + 2, &rc)); /* others are not concerned */
			ck_assert_int_eq(rc, 0);
		}
		ck_list(&e, "", 3, "/a=0@2/2 /z=0@3/3");
		ck_list(&e, "", 6, "/a=2@6/2 /z=1@5/3");
		pass_time(&e, 60 * 1000);
	}
	env_close(&e);
}
END_TEST

START_TEST(a_list_in_progress_keeps_what_it_needs)
{
	struct env e;
	struct lister t;

	volatile_env(&e, NULL);
	beat(&e, EK_WRITE_UPDATE, "/leases/node-30", "seen");
	list_start(&e, &t, "/leases/", 0, 5);
	for (int i = 0; i < 3; i++) {
		beat(&e, EK_WRITE_UPDATE, "/leases/node-30", "later");
		beat(&e, EK_WRITE_UPDATE, "/leases/node-0",
		     "behind the list: nobody needs the old one");
		pass_time(&e, 70 * 1000);
	}
	while (!t.done)
		ek_store_list_resume(&t.l);
	ck_assert_int_eq(t.rc, 0);
	ck_assert_int_eq(t.n, 50);
	ck_assert(strstr(t.text.data, "/leases/node-30=seen@") != NULL);
	ck_assert_ptr_null(strstr(t.text.data, "later"));
	ck_assert_ptr_null(strstr(t.text.data, "behind"));
	ek_buf_done(&t.text);
	env_close(&e);
}
END_TEST

/* Versions that move from memory to the disk behind the back of a list. */
START_TEST(a_list_finds_what_was_flushed_meanwhile)
{
	struct env e;
	struct lister t;

	virtual_time();
	env_open(&e, SQLITE, NULL);
	create(&e, "/l/a", "1");
	beat(&e, EK_WRITE_CREATE, "/l/x", "1");
	beat(&e, EK_WRITE_CREATE, "/l/y", "1");
	list_start(&e, &t, "/l/", 0, 1);
	ek_store_list_resume(&t.l); /* past the last row on the disk */
	pass_time(&e, 60 * 1000);
	while (!t.done)
		ek_store_list_resume(&t.l);
	ck_assert_str_eq(t.text.data, "/l/a=1@2/2 /l/x=1@3/3 /l/y=1@4/4");
	ek_buf_done(&t.text);
	env_close(&e);
}
END_TEST

/* The index decides who sees an object: every step of it must be told, so it does not wait. */
START_TEST(a_changed_index_is_durable)
{
	struct env e;
	struct watcher w;
	int64_t rev;

	virtual_time();
	env_open(&e, SQLITE, NULL);
	create(&e, "/a", "0");							  /* 2 */
	beat(&e, EK_WRITE_UPDATE, "/a", "1");					  /* 3 */
	write_rev(&e, EK_WRITE_UPDATE, "/a", "2", "j", 0, EK_PUT_VOLATILE, &rev); /* 4 */
	write_rev(&e, EK_WRITE_UPDATE, "/a", "3", "j", 0, EK_PUT_VOLATILE, &rev); /* 5 */
	write_rev(&e, EK_WRITE_UPDATE, "/a", "4", "i", 0, EK_PUT_VOLATILE, &rev); /* 6 */
	ck_assert_int_eq(watch_start(&e, &w, "", 2, 0), 0);
	ck_assert_str_eq(watched(&w), "~/a=1@3(i>i) ~/a=2@4(i>j) ~/a=3@5(j>j) ~/a=4@6(j>i)");
	watch_done(&w);
	env_close(&e);
}
END_TEST

/* A volatile version that waits while the log is trimmed past it. */
START_TEST(a_late_flush_stays_behind_the_floor)
{
	struct ek_store_options o = { .log_max_records = 10 };
	struct env e;
	struct watcher w;
	int64_t rev, late;

	virtual_time();
	env_open(&e, SQLITE, &o);
	create(&e, "/a", "0");
	late = beat(&e, EK_WRITE_UPDATE, "/a", "late");
	create(&e, "/b", "0");
	for (int i = 0; i < 100; i++)
		rev = update(&e, "/b", "x");
	ck_assert(strstr(get(&e, "/a"), "=late@3/2") != NULL);
	pass_time(&e, 60 * 1000);
	env_stop(&e);
	env_start(&e);
	ck_assert_str_eq(get(&e, "/a"), "/a=late@3/2#i");
	ck_assert_int_eq(watch_start(&e, &w, "", late, 0),
			 EK_EEXPIRED); /* changes of b are missing */
	watch_done(&w);
	ck_assert_int_eq(watch_start(&e, &w, "", rev - 5, 0), 0);
	ck_assert_int_eq(w.n, 5);
	watch_done(&w);
	env_close(&e);
}
END_TEST

static const int both[2];

EK_TESTS("store/volatile", heartbeats_hardly_touch_the_disk, nothing_runs_when_nothing_waits,
	 a_durable_commit_takes_ripe_ones_along, too_many_are_written_early,
	 EK_ROWS(a_crash_takes_volatile_ones_only_and_no_revision_twice, both),
	 a_clean_end_leaves_no_gap,
	 merged_versions_are_one_change_in_a_replay, an_old_snapshot_of_a_merged_version_is_gone,
	 a_list_in_progress_keeps_what_it_needs,
	 a_list_finds_what_was_flushed_meanwhile, a_changed_index_is_durable,
	 a_late_flush_stays_behind_the_floor)
