/* SPDX-License-Identifier: Apache-2.0 */
#include "store_test.h"

#include <ekube/log.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <store/fault_vfs.h>
#include <sys/wait.h>

/*
 * A child writes and says what was acknowledged, down a pipe; it is killed at some instant, or
 * its disk fails and it ends without closing. The parent opens what is left: nothing that was
 * acknowledged may be missing, no revision may be given twice, and the file must be whole.
 */

enum { KEYS = 300, LIVES = 25 };

/* One acknowledged write, sent by its callback. Small enough for one write(2) to be all of it. */
struct ack {
	int32_t key;
	int32_t number; /* what was written; 0: deleted */
	int64_t rev;
};

struct pusher {
	struct ek_store_write w;
	struct env *e;
	int fd;
	struct ack ack;
	bool exists;
	char key[32];
};

static uint32_t rng;

static uint32_t pick(uint32_t n)
{
	rng = rng * 1664525u + 1013904223u;
	return (rng >> 8) % n;
}

static void push(struct pusher *p);

static void on_pushed(struct ek_store_write *w, int rc)
{
	struct pusher *p = ek_container_of(w, struct pusher, w);

	if (rc == 0) {
		p->ack.rev = w->rev;
		p->exists = w->op != EK_WRITE_DELETE;
		if (!(w->flags & EK_PUT_VOLATILE) &&
		    write(p->fd, &p->ack, sizeof(p->ack)) != sizeof(p->ack))
			_exit(3);
		/* of a volatile one only the revision counts */
		if ((w->flags & EK_PUT_VOLATILE) &&
		    write(p->fd, &(struct ack){ -1, 0, w->rev }, sizeof(p->ack)) != sizeof(p->ack))
			_exit(3);
	} else if (rc == EK_EEXISTS || rc == EK_ENOTFOUND) {
		p->exists = !p->exists; /* it does not know what an earlier life left */
	}
	push(p);
}

static void push(struct pusher *p)
{
	static int32_t number;
	uint32_t size = pick(8) ? 20 + pick(2000) : pick(20000);
	struct ek_bytes *v = ek_bytes_new(NULL, 12 + size);

	p->ack.key = (int32_t)pick(KEYS);
	p->ack.number = ++number;
	snprintf(v->data, 12, "%d", number);
	v->data[11] = ' ';
	snprintf(p->key, sizeof(p->key), "/k/%d", p->ack.key);
	p->w = (struct ek_store_write){ .op = p->exists ? EK_WRITE_UPDATE : EK_WRITE_CREATE,
					.key = p->key,
					.value = v,
					.index = v,
					.cb = on_pushed };
	if (p->exists && pick(10) == 0) {
		p->w.op = EK_WRITE_DELETE;
		p->ack.number = 0;
	} else if (p->ack.key < 10) {
		p->w.flags = EK_PUT_VOLATILE;
		p->w.index = NULL;
	}
	ek_store_write(p->e->s, &p->w);
	ek_bytes_unref(v);
}

static void live(struct env *e, int fd, const struct fault_plan *plan)
{
	struct pusher p[16] = { 0 };
	int n = 1 + (int)pick(16);

	e->loop = ek_loop_new(); /* the other one is the parent's, descriptors and all */
	env_start(e);
	if (plan)
		fault_vfs_plan(plan);
	for (int i = 0; i < n; i++) {
		p[i].e = e;
		p[i].fd = fd;
		push(&p[i]);
	}
	while (!plan || fault_vfs_operations() < plan->at + 50)
		ek_loop_turn(e->loop);
	_exit(0);
}

/* ---- the witness ---- */

struct truth {
	struct ack acks[KEYS]; /* the newest acknowledged write of each */
	int64_t rev;
};

/* Until the time is over or the other end is. */
static void hear(struct truth *t, int fd, int64_t until_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct ack a;

	while (ek_clock_mono_ms() < until_ms) {
		if (poll(&p, 1, 1) == 0)
			continue;
		if (read(fd, &a, sizeof(a)) != sizeof(a))
			return;
		ck_assert_int_gt(a.rev, t->rev);
		t->rev = a.rev;
		if (a.key >= 0)
			t->acks[a.key] = a;
	}
}

static void on_check(void *arg, int rc, const struct ek_record *r)
{
	const struct ack *a = arg;

	/* newer than what was acknowledged it may be: the answer was cut off */
	if (rc == 0 && r->rev > a->rev)
		return;
	if (a->number == 0) {
		/* deleted for good, unless somebody made it again and was cut off: seen above */
		ck_assert_msg(rc == EK_ENOTFOUND, "/k/%d was deleted and is there at %" PRId64,
			      a->key, rc == 0 ? r->rev : 0);
		return;
	}
	ck_assert_msg(rc == 0, "/k/%d = %d @%" PRId64 " is lost", a->key, a->number, a->rev);
	ck_assert_int_eq(r->rev, a->rev);
	ck_assert_int_eq((int)strtol(r->value->data, NULL, 10), a->number);
}

/* A delete that was written and not acknowledged: the log tells. */
struct reaper {
	struct ek_store_watch w;
	struct truth *t;
};

static bool on_deleted(struct ek_store_watch *w, const struct ek_store_event *e)
{
	struct reaper *r = ek_container_of(w, struct reaper, w);
	int key = (int)strtol(e->key + 3, NULL, 10);

	if (e->type == EK_EVENT_DELETED && e->rev > r->t->acks[key].rev)
		r->t->acks[key] = (struct ack){ key, 0, e->rev };
	return true;
}

static void check(struct truth *t, struct env *e)
{
	struct reaper r = { .w = { .prefix = "/k/", .from_rev = t->rev, .on_event = on_deleted },
			    .t = t };

	/* answers come in order: what was written and not acknowledged comes after all that was */
	ck_assert_int_eq(ek_store_watch(e->s, &r.w, NULL), 0);
	ek_store_watch_stop(&r.w);
	for (int k = 0; k < KEYS; k++)
		if (t->acks[k].rev)
			ek_store_get(e->s, EK_F("/k/%d", k), on_check, &t->acks[k]);
	ck_assert_int_ge(ek_store_rev(e->s), t->rev);
	t->rev = ek_store_rev(e->s);
	ck_assert_int_gt(update(e, "/witness", "x"), t->rev);
	t->rev = ek_store_rev(e->s);
}

static void check_file(const struct env *e)
{
	sqlite3 *db;
	sqlite3_stmt *st;

	ck_assert_int_eq(sqlite3_open(EK_F("%s/store.db", e->dir), &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	ck_assert_str_eq((const char *)sqlite3_column_text(st, 0), "ok");
	sqlite3_finalize(st);
	sqlite3_close(db);
}

static void one_life(struct env *e, struct truth *t, const struct fault_plan *plan)
{
	int fd[2], status;
	pid_t child;

	ck_assert_int_eq(pipe(fd), 0);
	rng += 7919;
	child = fork();
	if (child == 0) {
		close(fd[0]);
		live(e, fd[1], plan);
	}
	close(fd[1]);
	if (!plan) {
		hear(t, fd[0], ek_clock_mono_ms() + 3 + pick(60));
		kill(child, SIGKILL);
	}
	hear(t, fd[0], INT64_MAX);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(plan ? WIFEXITED(status) && WEXITSTATUS(status) == 0 : WIFSIGNALED(status));
	close(fd[0]);
}

static void silent(void *arg, const char *line)
{
	(void)arg;
	ck_assert(strstr(line, "damaged") == NULL);
}

START_TEST(kill_at_any_instant)
{
	struct ek_store_options o = { .log_max_records = 100000, .volatile_ms = 20 };
	struct truth t = { .rev = 1 };
	struct env e;
	int64_t n = 0;

	rng = (uint32_t)_i + 1;
	ek_log_capture(silent, NULL);
	env_open(&e, SQLITE, &o);
	create(&e, "/witness", "x");
	for (int life = 0; life < LIVES; life++) {
		env_stop(&e);
		one_life(&e, &t, NULL);
		env_start(&e);
		n = EK_MAX(n, t.rev);
		check(&t, &e);
	}
	ck_assert_int_gt(n, LIVES * 10);
	env_stop(&e);
	check_file(&e);
	env_start(&e);
	env_close(&e);
}
END_TEST

static const struct fault_plan plans[] = {
	{ .code = SQLITE_IOERR_FSYNC, .error = EIO, .forever = true },
	{ .code = SQLITE_IOERR_WRITE, .error = EIO, .forever = true, .torn = true },
	{ .code = SQLITE_FULL, .error = ENOSPC },
	{ .code = SQLITE_IOERR_WRITE, .error = EIO, .torn = true },
};

START_TEST(a_failing_disk_and_then_the_end)
{
	struct ek_store_options o = { .log_max_records = 50, .volatile_ms = 20 };
	struct truth t = { .rev = 1 };
	struct env e;

	rng = (uint32_t)_i + 1000;
	ek_log_capture(silent, NULL);
	fault_vfs_install();
	env_open(&e, SQLITE, &o);
	create(&e, "/witness", "x");
	for (int life = 0; life < LIVES; life++) {
		struct fault_plan plan = plans[_i];

		plan.at = 1 + life * 3;
		env_stop(&e);
		one_life(&e, &t, &plan);
		env_start(&e);
		check(&t, &e);
	}
	env_stop(&e);
	check_file(&e);
	env_start(&e);
	env_close(&e);
}
END_TEST

static const int rounds[3];

EK_TESTS("store/crash", EK_ROWS(kill_at_any_instant, rounds), EK_ROWS(a_failing_disk_and_then_the_end, plans))
