/* SPDX-License-Identifier: Apache-2.0 */
#include "store_test.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <store/fault_vfs.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* What only files can get wrong: opening, other versions, damage, locks, growth. */

static int64_t file_size(const struct env *e, const char *name)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", e->dir, name);
	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void db_do(const struct env *e, const char *sql)
{
	char path[128];
	sqlite3 *db;
	char *msg = NULL;

	snprintf(path, sizeof(path), "%s/store.db", e->dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &msg) == SQLITE_OK, "%s", msg);
	sqlite3_close(db);
}

static void put_file(const struct env *e, const char *name, const void *data, size_t n)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", e->dir, name);
	ck_assert_int_eq(ek_file_write(AT_FDCWD, path, data, n, 0600, false, NULL), 0);
}

static void open_fails(struct env *e, int rc, const char *because)
{
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_store_open_sqlite(e->loop, &e->options, &e->s, &err), rc);
	ck_assert_msg(strstr(err.msg, because) != NULL, "'%s' does not say '%s'", err.msg, because);
	ck_assert_int_eq(err.code, rc);
}

static void env_end(struct env *e)
{
	ek_loop_free(e->loop);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, e->dir, NULL), 0);
}

/* ---- what stays ---- */

START_TEST(everything_is_there_after_a_clean_end)
{
	struct env e;
	struct watcher w;
	struct stat st;
	char path[128];

	env_open(&e, SQLITE, NULL);
	create(&e, "/a", "1");
	update(&e, "/a", "2");
	create(&e, "/b", "1");
	del(&e, "/b");
	beat(&e, EK_WRITE_UPDATE, "/a", "3");
	beat(&e, EK_WRITE_CREATE, "/c", "4");
	ck_assert_int_gt(file_size(&e, "store.db-wal"), 0);
	env_stop(&e);
	ck_assert_int_eq(file_size(&e, "store.db-wal"), -1);
	env_start(&e);
	ck_assert_int_eq(ek_store_rev(e.s), 7);
	ck_list(&e, "", 0, "/a=3@6/2 /c=4@7/7");
	ck_list(&e, "", 4, "/a=2@3/2 /b=1@4/4");
	ck_assert_int_eq(watch_start(&e, &w, "", 2, 0), 0);
	ck_assert_str_eq(watched(&w), "~/a=2@3(i>i) +/b=1@4 -/b=1@5(i>i) ~/a=3@6(i>i) +/c=4@7");
	watch_done(&w);
	ck_assert_int_eq(create(&e, "/d", "1"), 8);
	snprintf(path, sizeof(path), "%s/store.db", e.dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s/store.db-wal", e.dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	env_close(&e);
}
END_TEST

START_TEST(revisions_survive_trimming)
{
	struct ek_store_options o = { .log_max_records = 1 };
	struct env e;
	struct watcher w;
	int64_t rev = 0;

	env_open(&e, SQLITE, &o);
	for (int life = 0; life < 5; life++) {
		for (int i = 0; i < 30; i++) {
			ck_assert_int_gt(create(&e, "/a", "1"), rev);
			rev = del(&e, "/a");
		}
		env_stop(&e);
		env_start(&e);
		ck_assert_int_eq(ek_store_rev(e.s), rev); /* though nothing but the log can tell */
		ck_assert_int_eq(watch_start(&e, &w, "", rev - 20, 0), EK_EEXPIRED);
		watch_done(&w);
		ck_assert_int_eq(watch_start(&e, &w, "", rev, 0), 0);
		watch_done(&w);
	}
	env_close(&e);
}
END_TEST

/* ---- what is refused ---- */

START_TEST(one_process_at_a_time)
{
	struct env e;
	struct ek_store *s = e.s;
	char pid[32];

	env_open(&e, SQLITE, NULL);
	s = e.s;
	snprintf(pid, sizeof(pid), "in use by process %d", (int)getpid());
	open_fails(&e, EK_ECONFLICT, pid);
	e.s = s;
	ck_assert_int_eq(create(&e, "/a", "1"), 2); /* undisturbed */
	env_close(&e);
}
END_TEST

START_TEST(a_lock_dies_with_its_process)
{
	struct env e;
	char pid[32];
	pid_t child;
	int ready[2];

	env_open(&e, SQLITE, NULL);
	env_stop(&e);
	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		struct ek_store *s;

		if (ek_store_open_sqlite(ek_loop_new(), &e.options, &s, NULL) < 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	ck_assert_int_eq(read(ready[0], pid, 1), 1);
	snprintf(pid, sizeof(pid), "in use by process %d", (int)child);
	open_fails(&e, EK_ECONFLICT, pid);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	env_start(&e);
	ck_assert_int_eq(create(&e, "/a", "1"), 2);
	env_close(&e);
}
END_TEST

static const struct {
	const char *what, *sql, *because;
} foreign_rows[] = {
	{ "a later schema", "PRAGMA user_version = 7", "its schema is 7, this ekube knows 1" },
	{ "an earlier schema", "PRAGMA user_version = 0", "its schema is 0" },
	{ "another program's", "PRAGMA application_id = 5", "not a database of ekube" },
	{ "another program's, never marked", "PRAGMA application_id = 0", "not a database of ekube" },
};

START_TEST(another_version_is_refused_and_left_alone)
{
	struct env e;
	char *before, *after;
	size_t n_before, n_after;
	char path[128];

	env_open(&e, SQLITE, NULL);
	create(&e, "/a", "1");
	env_stop(&e);
	db_do(&e, foreign_rows[_i].sql);
	snprintf(path, sizeof(path), "%s/store.db", e.dir);
	ck_assert_int_eq(ek_file_read(AT_FDCWD, path, 1 << 20, &before, &n_before, NULL), 0);
	open_fails(&e, EK_EINVALID, foreign_rows[_i].because);
	ck_assert_int_eq(ek_file_read(AT_FDCWD, path, 1 << 20, &after, &n_after, NULL), 0);
	ck_assert_uint_eq(n_before, n_after);
	ck_assert_mem_eq(before, after, n_before);
	free(before);
	free(after);
	env_end(&e);
}
END_TEST

START_TEST(what_is_no_database_is_refused)
{
	struct env e;
	char garbage[9000];

	env_open(&e, SQLITE, NULL);
	env_stop(&e);
	memset(garbage, 'g', sizeof(garbage));
	put_file(&e, "store.db", garbage, sizeof(garbage));
	open_fails(&e, EK_EINVALID, "store.db is not a database of ekube");
	put_file(&e, "store.db", garbage, 10);
	open_fails(&e, EK_EINVALID, "store.db is not a database of ekube");
	put_file(&e, "store.db", "", 0); /* a crash before the first page: begins anew */
	env_start(&e);
	ck_assert_int_eq(create(&e, "/a", "1"), 2);
	env_close(&e);
}
END_TEST

START_TEST(a_path_that_cannot_be_is_refused)
{
	struct env e;
	char path[128];

	env_open(&e, SQLITE, NULL);
	env_stop(&e);
	put_file(&e, "file", "x", 1);
	snprintf(path, sizeof(path), "%s/file/below", e.dir);
	e.options.path = path;
	open_fails(&e, -ENOTDIR, "file");
	env_end(&e);
}
END_TEST

/* ---- damage ---- */

static void fill(struct env *e, int n, int size)
{
	struct put *p = ek_calloc((size_t)n, sizeof(*p));
	char *value = ek_calloc(1, (size_t)size + 1);
	char key[48];

	memset(value, 'v', (size_t)size);
	for (int i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "/core/pods/default/pod-%06d", i);
		put_start(e, &p[i], EK_WRITE_CREATE, key, value, "index", 0, 0);
	}
	ck_assert(ek_loop_until(e->loop, &p[n - 1].done, 30000));
	ck_assert_int_eq(p[n - 1].rc, 0);
	free(value);
	free(p);
}

START_TEST(damage_is_noticed_at_the_start)
{
	struct env e;
	char page[4096];
	char path[128];
	int fd;

	env_open(&e, SQLITE, NULL);
	fill(&e, 200, 500);
	env_stop(&e);
	snprintf(path, sizeof(path), "%s/store.db", e.dir);
	memset(page, 0xa5, sizeof(page));
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(pwrite(fd, page, sizeof(page), 4096 * 12), sizeof(page));
	close(fd);
	open_fails(&e, EK_EINTERNAL, "is damaged");
	env_end(&e);
}
END_TEST

/* What only the full check sees: an index that lacks its entries. */
START_TEST(a_power_cut_is_followed_by_a_thorough_check)
{
	struct env e;

	env_open(&e, SQLITE, NULL);
	fill(&e, 50, 100);
	env_stop(&e);
	/* live gets the empty index of another table, and that one the other way round */
	db_do(&e,
	      "PRAGMA writable_schema = ON;"
	      "CREATE TABLE other (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);"
	      "CREATE TEMP TABLE roots AS SELECT name, rootpage FROM sqlite_schema WHERE type = 'index';"
	      "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM roots WHERE name LIKE '%other%')"
	      " WHERE name = 'sqlite_autoindex_live_1';"
	      "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM roots WHERE name LIKE '%live%')"
	      " WHERE name = 'sqlite_autoindex_other_1'");
	env_start(&e); /* after a clean end nobody looks so closely */
	env_stop(&e);
	put_file(&e, "store.db-wal", "", 0);
	put_file(&e, "lock", "1\n00000000-0000-0000-0000-000000000000\n", 39);
	open_fails(&e, EK_EINTERNAL, "is damaged");
	env_end(&e);
}
END_TEST

/* ---- files stay small ---- */

START_TEST(the_file_shrinks)
{
	struct env e;
	struct ek_store_stats st;
	int64_t full;
	struct ek_store_options o = { .log_max_records = 100 };
	struct put p[500];

	virtual_time();
	env_open(&e, SQLITE, &o);
	fill(&e, 5000, 2000);
	ek_store_stats(e.s, &st);
	full = st.file_bytes;
	ck_assert_int_gt(full, 10 << 20);
	for (int i = 0; i < 5000; i++) {
		char key[48];

		snprintf(key, sizeof(key), "/core/pods/default/pod-%06d", i);
		put_start(&e, &p[i % 500], EK_WRITE_DELETE, key, NULL, NULL, 0, 0);
		if (i % 500 == 499)
			ck_assert(ek_loop_until(e.loop, &p[499].done, 10000));
	}
	for (int i = 0; i < 100; i++) {
		pass_time(&e, 1000);
		usleep(10000); /* the checkpoint is in another thread */
	}
	pass_time(&e, 1000);
	ek_store_stats(e.s, &st);
	ck_assert_int_lt(st.file_bytes, full / 10);
	ck_assert_int_lt(file_size(&e, "store.db"), full / 10);
	ck_assert_int_lt(file_size(&e, "store.db-wal"), 5 << 20);
	/* and then nothing runs any more */
	for (int i = 0; i < 10; i++)
		pass_time(&e, 60 * 1000);
	ck_assert_int_eq(ek_loop_advance(e.loop), -1);
	env_close(&e);
}
END_TEST

static void let_threads_work(struct env *e)
{
	for (int quiet = 0; quiet < 20; quiet++) {
		usleep(1000);
		if (ek_loop_turn(e->loop))
			quiet = 0;
	}
}

static void rewrite(struct env *e, int rounds)
{
	struct put p[64];
	char value[4000];

	memset(value, 'v', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < 64; i++)
			put_start(e, &p[i], EK_WRITE_UPDATE, EK_F("/k/%d", i), value, "i", 0, 0);
		ck_assert(ek_loop_until(e->loop, &p[63].done, 10000));
		ck_assert_int_eq(p[63].rc, 0);
	}
}

/* A thousand pages are copied into the file by a thread, and the WAL begins anew. */
START_TEST(the_wal_does_not_grow)
{
	struct env e;
	int64_t max = 0;

	env_open(&e, SQLITE, NULL);
	for (int i = 0; i < 64; i++)
		create(&e, EK_F("/k/%d", i), "v");
	ck_assert_int_lt(file_size(&e, "store.db"), 100000);
	for (int cycle = 0; cycle < 20; cycle++) {
		rewrite(&e, 10); /* some 1300 pages */
		let_threads_work(&e);
		max = EK_MAX(max, file_size(&e, "store.db-wal"));
	}
	ck_assert_int_gt(file_size(&e, "store.db"), 1 << 20);
	ck_assert_int_gt(max, 1 << 20);
	ck_assert_int_lt(max, 16 << 20);
	/* and when nobody waits for the thread there is a limit all the same */
	rewrite(&e, 400);
	ck_assert_int_lt(file_size(&e, "store.db-wal"), 80 << 20);
	env_close(&e);
}
END_TEST

START_TEST(what_is_acknowledged_was_synced)
{
	struct env e;
	struct put p[64];

	fault_vfs_install();
	env_open(&e, SQLITE, NULL);
	create(&e, "/k", "0");
	fault_vfs_plan(NULL);
	for (int i = 1; i <= 20; i++) {
		update(&e, "/k", "x");
		ck_assert_int_eq(fault_vfs_syncs(), i);
	}
	for (int i = 0; i < 64; i++)
		put_start(&e, &p[i], EK_WRITE_CREATE, EK_F("/g/%d", i), "v", "i", 0, 0);
	ck_assert(ek_loop_until(e.loop, &p[63].done, 10000));
	ck_assert_int_eq(fault_vfs_syncs(), 21); /* one for all of them */
	env_close(&e);
}
END_TEST

/* ---- somebody else with the sqlite3 shell ---- */

START_TEST(another_writer_is_an_error_and_no_more)
{
	struct env e;
	char path[128];
	sqlite3 *db;

	env_open(&e, SQLITE, NULL);
	create(&e, "/a", "1");
	snprintf(path, sizeof(path), "%s/store.db", e.dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(update(&e, "/a", "2"), EK_EUNAVAILABLE);
	ck_assert_str_eq(get(&e, "/a"), "/a=1@2/2#i");
	ck_assert_int_eq(ek_store_rev(e.s), 2);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	ck_assert_int_eq(update(&e, "/a", "2"), 3);
	sqlite3_close(db);
	env_close(&e);
}
END_TEST

EK_TESTS("store/sqlite", everything_is_there_after_a_clean_end, revisions_survive_trimming,
	 one_process_at_a_time, a_lock_dies_with_its_process,
	 EK_ROWS(another_version_is_refused_and_left_alone, foreign_rows),
	 what_is_no_database_is_refused,
	 a_path_that_cannot_be_is_refused, damage_is_noticed_at_the_start,
	 a_power_cut_is_followed_by_a_thorough_check, the_file_shrinks, the_wal_does_not_grow,
	 what_is_acknowledged_was_synced,
	 another_writer_is_an_error_and_no_more)
