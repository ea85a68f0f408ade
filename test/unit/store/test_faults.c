/* SPDX-License-Identifier: Apache-2.0 */
#include "store_test.h"

#include <ekube/log.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <store/fault_store.h>
#include <store/fault_vfs.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

/*
 * The anomaly loop: the same work is done again and again while the first, second, third ... write,
 * sync or truncation of any file fails, once or from then on, until the work gets through without
 * meeting the fault. Whatever happens: who was told "done" finds it, who was told "failed" finds
 * the state of before, watchers have seen exactly what is there, and when the disk is well again
 * so is the store.
 */

enum { KEYS = 8 };

static const struct fault {
	const char *what;
	struct fault_plan plan;
	int rc; /* what a write is told */
} faults[] = {
	{ "no space, once", { .code = SQLITE_FULL, .error = ENOSPC }, -ENOSPC },
	{ "no space, for good", { .code = SQLITE_FULL, .error = ENOSPC, .forever = true }, -ENOSPC },
	{ "no quota, for good", { .code = SQLITE_IOERR_WRITE, .error = EDQUOT, .forever = true }, -ENOSPC },
	{ "I/O error, once", { .code = SQLITE_IOERR_WRITE, .error = EIO }, EK_EINTERNAL },
	{ "I/O error, for good", { .code = SQLITE_IOERR_FSYNC, .error = EIO, .forever = true }, EK_EINTERNAL },
	{ "torn write, once", { .code = SQLITE_IOERR_WRITE, .error = EIO, .torn = true }, EK_EINTERNAL },
};

/* What the world has been told. */
struct truth {
	struct env e;
	char *value[KEYS];  /* of the last write that was acknowledged; NULL: not there */
	int64_t rev;        /* the highest that was given out */
	struct watcher live;
	int rc;             /* expected failure */
	int n_failed;
};

static void note(const char *line)
{
	(void)line; /* failures of flushes are logged: not into the test's output */
}

static void on_line(void *arg, const char *line)
{
	(void)arg;
	note(line);
}

static const char *key_name(int k)
{
	static const char *const names[KEYS] = { "/k/0", "/k/1", "/k/2", "/k/3",
						 "/k/4", "/k/5", "/k/6", "/k/7" };

	return names[k];
}

/* Keys 0 and 1 are written volatile: an unclean end may take their newest. */
static bool is_volatile(int k)
{
	return k < 2;
}

static void write_batch(struct truth *t, int round)
{
	struct put p[KEYS];
	char value[KEYS][3000];
	bool deleted[KEYS];

	for (int k = 0; k < KEYS; k++) {
		enum ek_write_op op = t->value[k] ? EK_WRITE_UPDATE : EK_WRITE_CREATE;
		int size = 40 + (k * 311 + round * 97) % 2900;

		deleted[k] = t->value[k] && (k + round) % 5 == 0;
		memset(value[k], 'a' + round % 26, (size_t)size);
		snprintf(value[k] + size, sizeof(value[k]) - (size_t)size, "-%d", round);
		put_start(&t->e, &p[k], deleted[k] ? EK_WRITE_DELETE : op, key_name(k),
			  deleted[k] ? NULL : value[k], "i", 0,
			  is_volatile(k) ? EK_PUT_VOLATILE : 0);
	}
	ck_assert(ek_loop_until(t->e.loop, &p[KEYS - 1].done, 10000));
	for (int k = 0; k < KEYS; k++) {
		ck_assert_int_eq(p[k].rc, p[0].rc); /* all or none */
		if (p[k].rc < 0) {
			ck_assert_msg(p[k].rc == t->rc, "%s", p[k].w.err.msg);
			ck_assert_str_ne(p[k].w.err.msg, "");
			t->n_failed++;
			continue;
		}
		free(t->value[k]);
		t->value[k] = deleted[k] ? NULL : ek_str_dup(value[k]);
		ck_assert_int_gt(p[k].w.rev, t->rev);
		t->rev = p[k].w.rev;
	}
}

static void check_reads(struct truth *t)
{
	int n = 0;

	for (int k = 0; k < KEYS; k++) {
		const char *text = get(&t->e, key_name(k));

		if (t->value[k]) {
			size_t len = strlen(t->value[k]);

			ck_assert_msg(strncmp(text + 5, t->value[k], len) == 0, "%s", key_name(k));
			ck_assert(text[5 + len] == '@');
			n++;
		} else {
			ck_assert_str_eq(text, "");
		}
	}
	ck_assert_int_eq(ek_store_count(t->e.s, "/k/"), n);
}

/* All that was ever acknowledged, by replay and live, is the same. */
static void check_watch(struct truth *t)
{
	struct watcher past;

	ck_assert_int_eq(t->live.ended, 0);
	ck_assert_int_eq(t->live.last_rev, t->rev);
	ck_assert_int_eq(watch_start(&t->e, &past, "/k/", t->live.w.from_rev, 0), 0);
	ck_assert_int_eq(past.last_rev, t->rev);
	watch_done(&past);
}

/* 6 batches with time between: flushes, checkpoints and upkeep are in it. */
static void work(struct truth *t)
{
	for (int round = 0; round < 6; round++) {
		write_batch(t, round);
		check_reads(t);
		pass_time(&t->e, 25 * 1000);
	}
}

static void reopen(struct truth *t)
{
	watch_done(&t->live);
	env_stop(&t->e);
	env_start(&t->e);
	check_reads(t);
	ck_assert_int_ge(ek_store_rev(t->e.s), t->rev);
}

static bool one_run(const struct fault *f, int64_t at)
{
	struct truth t = { .rc = f->rc };
	struct fault_plan plan = f->plan;
	bool fired;
	int n_failed;

	env_open(&t.e, SQLITE, NULL);
	write_batch(&t, 9);
	ck_assert_int_eq(watch_start(&t.e, &t.live, "/k/", t.rev, 0), 0);
	t.live.last_rev = t.rev;
	plan.at = at;
	fault_vfs_plan(&plan);
	work(&t);
	fired = fault_vfs_fired();
	fault_vfs_plan(NULL);
	n_failed = t.n_failed;
	pass_time(&t.e, 61 * 1000);
	check_reads(&t);
	write_batch(&t, 7);
	ck_assert_int_eq(t.n_failed, n_failed); /* well again */
	check_reads(&t);
	check_watch(&t);
	reopen(&t);
	env_close(&t.e);
	for (int k = 0; k < KEYS; k++)
		free(t.value[k]);
	return fired;
}

START_TEST(every_failure_in_turn)
{
	const struct fault *f = &faults[_i];
	int64_t at = 1;

	fault_vfs_install();
	virtual_time();
	ek_log_capture(on_line, NULL);
	while (one_run(f, at))
		at++;
	ck_assert_int_gt(at, 20); /* the fault did find something to break */
}
END_TEST

/* ---- opening on a failing disk: an error or a store, never a crash or half a database ---- */

START_TEST(every_failure_while_opening)
{
	const struct fault *f = &faults[_i];

	fault_vfs_install();
	virtual_time();
	for (int64_t at = 1;; at++) {
		struct fault_plan plan = f->plan;
		struct env e = { .kind = SQLITE, .loop = ek_loop_new() };
		struct ek_err err = { 0 };
		bool fired;
		int rc;

		strcpy(e.dir, "/tmp/ek-store-XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(e.dir));
		e.options.path = e.dir;
		plan.at = at;
		fault_vfs_plan(&plan);
		rc = ek_store_open_sqlite(e.loop, &e.options, &e.s, &err);
		fired = fault_vfs_fired();
		fault_vfs_plan(NULL);
		if (rc == 0)
			env_stop(&e);
		else
			ck_assert_str_ne(err.msg, "");
		ck_assert(fired || rc == 0);
		env_start(&e); /* what the failure left behind is no obstacle */
		ck_assert_int_eq(create(&e, "/a", "1"), 2);
		env_close(&e);
		if (!fired)
			break;
	}
}
END_TEST

/* ---- real ones ---- */

/* Fill until it is full, free some, go on. */
static void fill_the_disk(struct env *e, void (*give_room)(void *arg), void *arg)
{
	char value[8000];
	int64_t rev = 0, n = 0;

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (rev = 1; rev > 0 && n < 2000; n++)
		rev = create(e, EK_F("/k/%d", (int)n), value);
	ck_assert_int_eq(rev, -ENOSPC);
	n--;
	ck_assert_int_gt(n, 5);
	ck_assert_int_eq(update(e, "/k/1", value), -ENOSPC);
	ck_assert_int_eq(ek_store_count(e->s, "/k/"), n);
	ck_assert_str_ne(get(e, "/k/3"), "");
	give_room(arg);
	ck_assert_int_gt(create(e, "/later", "1"), 0);
	ck_assert_int_gt(del(e, "/k/0"), 0);
	env_stop(e);
	env_start(e);
	ck_assert_int_eq(ek_store_count(e->s, "/k/"), n - 1);
}

static void lift_limit(void *arg)
{
	(void)arg;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY }),
			 0);
}

START_TEST(a_file_size_limit_is_a_full_disk)
{
	struct env e;
	struct rlimit old;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	env_open(&e, SQLITE, NULL);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 1 << 20, old.rlim_max }), 0);
	fill_the_disk(&e, lift_limit, NULL);
	env_close(&e);
}
END_TEST

static void enlarge(void *arg)
{
	ck_assert_int_eq(mount("tmpfs", arg, "tmpfs", MS_REMOUNT, "size=64m"), 0);
}

START_TEST(a_full_file_system)
{
	struct env e = { .kind = SQLITE, .loop = ek_loop_new() };
	char top[] = "/tmp/ek-store-XXXXXX";

	/* in a mount namespace of its own; who may not make one has the test above */
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		ek_loop_free(e.loop);
		return;
	}
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(mount("tmpfs", top, "tmpfs", 0, "size=2m"), 0);
	snprintf(e.dir, sizeof(e.dir), "%s/store", top);
	env_start(&e);
	fill_the_disk(&e, enlarge, top);
	env_close(&e);
	ck_assert_int_eq(umount(top), 0);
	ck_assert_int_eq(rmdir(top), 0);
}
END_TEST

/* ---- what a failed flush of volatile versions does ---- */

START_TEST(a_failed_flush_is_tried_again)
{
	struct env e;
	struct fault_plan plan = { .at = 1, .forever = true, .code = SQLITE_FULL, .error = ENOSPC };

	fault_vfs_install();
	virtual_time();
	ek_log_capture(on_line, NULL);
	env_open(&e, SQLITE, NULL);
	create(&e, "/a", "0");
	beat(&e, EK_WRITE_UPDATE, "/a", "1");
	fault_vfs_plan(&plan);
	for (int i = 0; i < 5; i++) {
		pass_time(&e, 60 * 1000);
		ck_assert_str_eq(get(&e, "/a"), "/a=1@3/2#i");
	}
	ck_assert(fault_vfs_fired());
	fault_vfs_plan(NULL);
	pass_time(&e, 60 * 1000);
	ck_assert_int_gt(fault_vfs_operations(), 0);
	ck_assert_str_eq(get(&e, "/a"), "/a=1@3/2#i");
	env_stop(&e);
	env_start(&e);
	ck_assert_str_eq(get(&e, "/a"), "/a=1@3/2#i");
	env_close(&e);
}
END_TEST

/* ---- the double that other layers use ---- */

START_TEST(commits_fail_on_request)
{
	struct env e;
	struct watcher w;

	env_open(&e, (enum kind)_i, NULL);
	create(&e, "/a", "1");
	ck_assert_int_eq(watch_start(&e, &w, "", 0, 0), 0);
	fault_store_commits(e.s, 2, -ENOSPC);
	ck_assert_int_eq(update(&e, "/a", "2"), -ENOSPC);
	ck_assert_int_eq(create(&e, "/b", "2"), -ENOSPC);
	ck_assert_str_eq(get(&e, "/a"), "/a=1@2/2#i");
	ck_assert_str_eq(get(&e, "/b"), "");
	ck_assert_int_eq(beat(&e, EK_WRITE_UPDATE, "/a", "3"), 3);
	ck_assert_int_eq(beat(&e, EK_WRITE_UPDATE, "/a", "4"), 4);
	fault_store_commits(e.s, 1, EK_EINTERNAL);
	ck_assert_int_eq(beat(&e, EK_WRITE_UPDATE, "/a", "5"), EK_EINTERNAL);
	ck_assert_str_eq(get(&e, "/a"), "/a=4@4/2#i");
	fault_store_commits(e.s, 1, EK_EINTERNAL);
	ck_assert_int_eq(del(&e, "/a"), EK_EINTERNAL);
	ck_assert_str_eq(get(&e, "/a"), "/a=4@4/2#i");
	ck_assert_int_eq(del(&e, "/a"), 5);
	ck_assert_str_eq(watched(&w), "~/a=3@3(i>i) ~/a=4@4(i>i) -/a=4@5(i>i)");
	watch_done(&w);
	ck_assert_int_eq(watch_start(&e, &w, "", 1, 0), 0);
	ck_assert_int_eq(w.last_rev, 5);
	watch_done(&w);
	env_close(&e);
}
END_TEST

/* What a failed batch took out of memory is put back as it was: in the order of revisions. */
START_TEST(a_failed_batch_puts_volatile_versions_back)
{
	struct env e;
	struct watcher w;
	struct put p[3];

	env_open(&e, (enum kind)_i, NULL);
	create(&e, "/a", "1");
	create(&e, "/b", "1");
	create(&e, "/c", "1");
	beat(&e, EK_WRITE_UPDATE, "/a", "2");
	beat(&e, EK_WRITE_UPDATE, "/b", "2");
	beat(&e, EK_WRITE_UPDATE, "/c", "2");
	fault_store_commits(e.s, 1, EK_EINTERNAL);
	put_start(&e, &p[0], EK_WRITE_UPDATE, "/a", "3", "i", 0, 0);
	put_start(&e, &p[1], EK_WRITE_UPDATE, "/b", "3", "i", 0, EK_PUT_VOLATILE);
	put_start(&e, &p[2], EK_WRITE_DELETE, "/c", NULL, NULL, 0, 0);
	ck_assert(ek_loop_until(e.loop, &p[2].done, 10000));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(p[i].rc, EK_EINTERNAL);
	ck_list(&e, "", 0, "/a=2@5/2 /b=2@6/3 /c=2@7/4");
	ck_list(&e, "", 4, "/a=1@2/2 /b=1@3/3 /c=1@4/4");
	ck_assert_int_eq(watch_start(&e, &w, "", 4, 0), 0);
	ck_assert_str_eq(watched(&w), "~/a=2@5(i>i) ~/b=2@6(i>i) ~/c=2@7(i>i)");
	watch_done(&w);
	env_close(&e);
}
END_TEST

EK_TESTS("store/faults", EK_ROWS(every_failure_in_turn, faults), EK_ROWS(every_failure_while_opening, faults),
	 a_file_size_limit_is_a_full_disk, a_full_file_system, a_failed_flush_is_tried_again,
	 EK_ROWS(commits_fail_on_request, kinds),
	 EK_ROWS(a_failed_batch_puts_volatile_versions_back, kinds))
