/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/loop.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ek_test.h>

/* ---- defer ---- */

static char order[64];

static void note(char c)
{
	size_t n = strlen(order);

	ck_assert(n + 1 < sizeof(order));
	order[n] = c;
}

struct named {
	struct ek_defer defer;
	struct ek_loop *loop;
	char name;
	int  again;
	struct named *victim, *successor;
};

static void on_defer(struct ek_defer *d)
{
	struct named *n = ek_container_of(d, struct named, defer);

	note(n->name);
	if (n->again-- > 0)
		ek_defer(n->loop, d, on_defer);
	if (n->victim)
		ek_defer_cancel(&n->victim->defer);
	if (n->successor)
		ek_defer(n->loop, &n->successor->defer, on_defer);
}

START_TEST(defers_run_once_in_order)
{
	struct ek_loop *loop = ek_loop_new();
	struct named a = { .name = 'a', .loop = loop }, b = { .name = 'b', .loop = loop };

	ek_defer(loop, &a.defer, on_defer);
	ek_defer(loop, &b.defer, on_defer);
	ek_defer(loop, &a.defer, on_defer);
	ck_assert_str_eq(order, "");
	ck_assert(ek_loop_turn(loop));
	ck_assert_str_eq(order, "ab");
	ck_assert(!ek_loop_turn(loop));
	ek_loop_free(loop);
}
END_TEST

START_TEST(a_defer_from_a_defer_waits_for_the_next_turn)
{
	struct ek_loop *loop = ek_loop_new();
	struct named a = { .name = 'a', .loop = loop, .again = 2 },
		     b = { .name = 'b', .loop = loop };

	a.successor = &b;
	ek_defer(loop, &a.defer, on_defer);
	ck_assert(ek_loop_turn(loop));
	ck_assert_str_eq(order, "a");
	ck_assert(ek_loop_turn(loop));
	ck_assert_str_eq(order, "aab");
	ck_assert(ek_loop_turn(loop));
	ck_assert_str_eq(order, "aaba");
	ck_assert(ek_loop_turn(loop));
	ck_assert_str_eq(order, "aabab");
	ck_assert(!ek_loop_turn(loop));
	ek_loop_free(loop);
}
END_TEST

START_TEST(a_cancelled_defer_does_not_run)
{
	struct ek_loop *loop = ek_loop_new();
	struct named a = { .name = 'a', .loop = loop }, b = { .name = 'b' }, c = { .name = 'c' };

	a.victim = &b; /* of the same turn */
	ek_defer(loop, &a.defer, on_defer);
	ek_defer(loop, &b.defer, on_defer);
	ek_defer(loop, &c.defer, on_defer);
	ek_defer_cancel(&c.defer);
	ek_defer_cancel(&c.defer);
	ck_assert(ek_loop_turn(loop));
	ck_assert_str_eq(order, "a");
	ck_assert(!ek_loop_turn(loop));
	ek_loop_free(loop);
}
END_TEST

/* ---- I/O, timers and defers within one turn ---- */

struct mixed {
	struct ek_loop *loop;
	struct ek_poll  poll;
	struct ek_timer timer;
	struct named    from_io, from_timer;
	int fd;
};

static void mixed_on_poll(struct ek_poll *p, int events)
{
	struct mixed *m = ek_container_of(p, struct mixed, poll);
	uint64_t count;

	ck_assert_int_eq(events, EK_READABLE);
	ck_assert_int_eq(read(m->fd, &count, sizeof(count)), sizeof(count));
	note('P');
	ek_defer(m->loop, &m->from_io.defer, on_defer);
}

static void mixed_on_timer(struct ek_timer *t)
{
	struct mixed *m = ek_container_of(t, struct mixed, timer);

	note('T');
	ek_defer(m->loop, &m->from_timer.defer, on_defer);
}

START_TEST(defers_end_the_turn_that_caused_them)
{
	struct mixed m = { .loop = ek_loop_new(), .fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK) };

	m.from_io.name = 'i';
	m.from_timer.name = 't';
	ck_assert_int_eq(ek_poll_start(m.loop, &m.poll, m.fd, EK_READABLE, mixed_on_poll), 0);
	ek_timer_start(m.loop, &m.timer, 0, mixed_on_timer);
	ck_assert(ek_loop_turn(m.loop));
	ck_assert_str_eq(order, "TPti");
	ek_poll_stop(&m.poll);
	close(m.fd);
	ek_loop_free(m.loop);
}
END_TEST

/* ---- post ---- */

struct posts {
	struct ek_loop *loop;
	bool all;
	int  next[4];
	int  n;
};
static struct posts posts;
enum { POSTS = 5000 };

static void on_post(void *arg)
{
	int value = (int)(intptr_t)arg, who = value / POSTS;

	ck_assert_int_eq(value % POSTS, posts.next[who]++); /* each thread's in its order */
	posts.all = ++posts.n == 4 * POSTS;
}

static void *post_all(void *arg)
{
	for (int i = 0; i < POSTS; i++)
		ek_loop_post(posts.loop, on_post,
			     (void *)(intptr_t)((int)(intptr_t)arg * POSTS + i));
	return NULL;
}

START_TEST(posts_from_threads_arrive_in_order)
{
	pthread_t threads[4];

	posts.loop = ek_loop_new();
	for (intptr_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, post_all, (void *)i), 0);
	ck_assert(ek_loop_until(posts.loop, &posts.all, 30000));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ek_loop_post(posts.loop, on_post, NULL); /* never delivered, and not leaked */
	ek_loop_free(posts.loop);
}
END_TEST

static void stop_loop(void *arg)
{
	ek_loop_stop(arg);
}

START_TEST(run_until_stop)
{
	struct ek_loop *loop = ek_loop_new();

	ek_loop_post(loop, stop_loop, loop);
	ek_loop_run(loop);
	ek_loop_stop(loop); /* before the run: it ends at once */
	ek_loop_run(loop);
	ek_loop_post(loop, stop_loop, loop);
	ek_loop_run(loop);
	ek_loop_free(loop);
}
END_TEST

/* ---- waiting ---- */

struct alarm {
	struct ek_timer timer;
	struct ek_loop *loop;
	bool            rang;
};

static void on_alarm(struct ek_timer *t)
{
	struct alarm *a = ek_container_of(t, struct alarm, timer);

	a->rang = true;
	ek_loop_stop(a->loop);
}

/* Timers ring before a turn's poll, which would wait for the next one: an hour. */
START_TEST(waiting_ends_when_a_timer_says_so)
{
	struct ek_loop *loop = ek_loop_new();
	struct alarm hour = { .loop = loop }, now = { .loop = loop };
	static const bool never = false;

	ek_timer_start(loop, &hour.timer, 3600 * 1000, on_alarm);
	ck_assert(!ek_loop_until(loop, &never, 0));
	ek_timer_start(loop, &now.timer, 0, on_alarm);
	ck_assert(ek_loop_until(loop, &now.rang, 3600 * 1000));
	ek_loop_run(loop); /* which the alarm has stopped */
	ek_timer_start(loop, &now.timer, 0, on_alarm);
	ek_loop_run(loop);
	ek_timer_stop(&hour.timer);
	ck_assert(!hour.rang);
	ck_assert(!ek_loop_until(loop, &never, 0)); /* and is freed with what it waited with */
	ek_loop_free(loop);
}
END_TEST

/* ---- work ---- */

struct job {
	struct ek_work work;
	atomic_bool *gate;
	int  input, output, n_done, rc;
	bool over;
};

static int job_run(struct ek_work *w)
{
	struct job *j = ek_container_of(w, struct job, work);

	while (j->gate && !atomic_load(j->gate))
		usleep(1000);
	j->output = j->input * 2;
	return j->input == 13 ? EK_EINVALID : 0;
}

static void job_done(struct ek_work *w, int rc)
{
	struct job *j = ek_container_of(w, struct job, work);

	j->n_done++;
	j->rc = rc;
	j->over = true;
}

START_TEST(work_gives_its_result)
{
	struct ek_loop *loop = ek_loop_new();
	struct job good = { .input = 21 }, bad = { .input = 13 };

	good.work = (struct ek_work){ .run = job_run, .done = job_done };
	bad.work = good.work;
	ek_work_start(loop, &good.work);
	ek_work_start(loop, &bad.work);
	ck_assert(ek_loop_until(loop, &good.over, 10000));
	ck_assert(ek_loop_until(loop, &bad.over, 10000));
	ck_assert_int_eq(good.output, 42);
	ck_assert_int_eq(good.rc, 0);
	ck_assert_int_eq(bad.rc, EK_EINVALID);
	ek_work_cancel(&good.work); /* too late: nothing */
	good.over = false;
	ek_work_start(loop, &good.work); /* and again */
	ck_assert(ek_loop_until(loop, &good.over, 10000));
	ck_assert_int_eq(good.n_done, 2);
	ek_loop_free(loop);
}
END_TEST

START_TEST(work_is_cancelled_only_before_it_runs)
{
	enum { N = 16 };
	struct ek_loop *loop = ek_loop_new();
	static atomic_bool gate;
	struct job jobs[N] = { 0 };
	int cancelled = 0;

	for (int i = 0; i < N; i++) {
		jobs[i].work = (struct ek_work){ .run = job_run, .done = job_done };
		jobs[i].gate = &gate;
		jobs[i].input = 1;
		ek_work_start(loop, &jobs[i].work);
	}
	usleep(50000);
	for (int i = 0; i < N; i++)
		ek_work_cancel(&jobs[i].work);
	atomic_store(&gate, true);
	for (int i = 0; i < N; i++) {
		ck_assert(ek_loop_until(loop, &jobs[i].over, 10000));
		ck_assert_int_eq(jobs[i].n_done, 1);
		ck_assert_int_eq(jobs[i].output, jobs[i].rc == EK_ECANCELLED ? 0 : 2);
		cancelled += jobs[i].rc == EK_ECANCELLED;
	}
	ck_assert_int_ge(cancelled, N - 4); /* the pool has four threads */
	ek_loop_free(loop);
}
END_TEST

/* ---- poll ---- */

struct watcher {
	struct ek_poll poll;
	struct watcher *other;
	int fd, n, events;
	bool stop_self;
};

static void on_watch(struct ek_poll *p, int events)
{
	struct watcher *w = ek_container_of(p, struct watcher, poll);

	w->n++;
	w->events = events;
	if (w->stop_self) {
		ek_poll_stop(p);
		close(w->fd);
	}
	if (w->other && w->other->poll.handle) {
		ek_poll_stop(&w->other->poll);
		close(w->other->fd);
		memset(w->other, 0xa5, sizeof(*w->other)); /* its owner's memory is gone */
	}
}

START_TEST(poll_reports_what_was_asked_for)
{
	struct ek_loop *loop = ek_loop_new();
	struct watcher w = { 0 };
	int sv[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	ck_assert_int_eq(ek_poll_start(loop, &w.poll, sv[0], EK_READABLE, on_watch), 0);
	ck_assert(!ek_loop_turn(loop));
	ck_assert_int_eq(write(sv[1], "x", 1), 1);
	ck_assert(ek_loop_turn(loop));
	ck_assert_int_eq(w.events, EK_READABLE);
	ck_assert_int_eq(ek_poll_start(loop, &w.poll, sv[0], EK_READABLE | EK_WRITABLE | EK_HANGUP,
				       on_watch),
			 0);
	ck_assert(ek_loop_turn(loop));
	ck_assert_int_eq(w.events, EK_READABLE | EK_WRITABLE);
	close(sv[1]);
	ck_assert(ek_loop_turn(loop));
	ck_assert_int_eq(w.events, EK_READABLE | EK_WRITABLE | EK_HANGUP);
	ck_assert_int_eq(ek_poll_start(loop, &w.poll, sv[0], 0, on_watch), 0);
	ck_assert(!ek_loop_turn(loop));
	ek_poll_stop(&w.poll);
	ek_poll_stop(&w.poll);
	close(sv[0]);
	ek_loop_free(loop);
}
END_TEST

START_TEST(poll_refuses_files_and_bad_descriptors)
{
	struct ek_loop *loop = ek_loop_new();
	struct watcher w = { 0 };
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(ek_poll_start(loop, &w.poll, fd, EK_READABLE, on_watch), -EPERM);
	close(fd);
	ck_assert_int_lt(ek_poll_start(loop, &w.poll, fd, EK_READABLE, on_watch), 0);
	ck_assert_ptr_null(w.poll.handle);
	ek_loop_free(loop);
}
END_TEST

START_TEST(nothing_fires_after_stop)
{
	struct ek_loop *loop = ek_loop_new();
	struct watcher w[2] = { 0 };

	/* both are ready in one turn: who comes first stops the other and itself */
	for (int i = 0; i < 2; i++) {
		w[i].fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
		w[i].other = &w[1 - i];
		w[i].stop_self = true;
		ck_assert_int_eq(ek_poll_start(loop, &w[i].poll, w[i].fd, EK_READABLE, on_watch),
				 0);
	}
	ck_assert(ek_loop_turn(loop));
	ck_assert(w[0].n == 1 || w[1].n == 1);
	ck_assert(!ek_loop_turn(loop));
	ek_loop_free(loop);
}
END_TEST

START_TEST(a_descriptor_number_is_used_again_at_once)
{
	struct ek_loop *loop = ek_loop_new();

	for (int i = 0; i < 100; i++) {
		struct watcher w = { .fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK) };
		struct watcher next = { 0 };

		ck_assert_int_eq(ek_poll_start(loop, &w.poll, w.fd, EK_READABLE, on_watch), 0);
		if (i % 2)
			ck_assert(ek_loop_turn(loop));
		ek_poll_stop(&w.poll);
		close(w.fd);
		next.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		ck_assert_int_eq(next.fd, w.fd);
		ck_assert_int_eq(ek_poll_start(loop, &next.poll, next.fd, EK_READABLE, on_watch),
				 0);
		ck_assert(!ek_loop_turn(loop));
		ck_assert_int_eq(eventfd_write(next.fd, 1), 0);
		ck_assert(ek_loop_turn(loop));
		ck_assert_int_eq(next.n, 1);
		ek_poll_stop(&next.poll);
		close(next.fd);
	}
	ek_loop_free(loop);
}
END_TEST

/* ---- signal ---- */

struct sig {
	struct ek_signal signal;
	int  got, n;
	bool seen;
};

static void on_sig(struct ek_signal *s, int signum)
{
	struct sig *g = ek_container_of(s, struct sig, signal);

	g->got = signum;
	g->n++;
	g->seen = true;
}

START_TEST(signals_arrive_on_the_loop)
{
	struct ek_loop *loop = ek_loop_new();
	struct sig g = { 0 }, h = { 0 };

	ck_assert_int_eq(ek_signal_start(loop, &g.signal, SIGHUP, on_sig), 0);
	ck_assert_int_eq(ek_signal_start(loop, &h.signal, SIGHUP, on_sig), 0);
	kill(getpid(), SIGHUP);
	ck_assert(ek_loop_until(loop, &g.seen, 10000));
	ck_assert_int_eq(g.got, SIGHUP);
	ek_loop_turn(loop);
	ck_assert_int_eq(h.n, 1);
	ek_signal_stop(&h.signal);
	g.seen = false;
	kill(getpid(), SIGHUP);
	ck_assert(ek_loop_until(loop, &g.seen, 10000));
	ck_assert_int_eq(h.n, 1);
	ck_assert_int_lt(ek_signal_start(loop, &h.signal, SIGKILL, on_sig), 0);
	ek_signal_stop(&g.signal);
	ek_signal_stop(&h.signal);
	ek_loop_free(loop);
}
END_TEST

EK_TESTS("loop/loop", defers_run_once_in_order, a_defer_from_a_defer_waits_for_the_next_turn,
	 a_cancelled_defer_does_not_run, defers_end_the_turn_that_caused_them,
	 posts_from_threads_arrive_in_order, run_until_stop,
	 waiting_ends_when_a_timer_says_so, work_gives_its_result,
	 work_is_cancelled_only_before_it_runs, poll_reports_what_was_asked_for,
	 poll_refuses_files_and_bad_descriptors, nothing_fires_after_stop,
	 a_descriptor_number_is_used_again_at_once, signals_arrive_on_the_loop)
