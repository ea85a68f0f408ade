/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/loop.h>

#include <ekube/clock.h>
#include <ek_test.h>

static int64_t virtual_ms;

static int64_t get_ms(void *arg)
{
	(void)arg;
	return virtual_ms;
}

static int64_t get_us(void *arg)
{
	(void)arg;
	return virtual_ms * 1000;
}

static const struct ek_clock_source virtual_clock = { get_ms, get_us, NULL };

static char fired[64];

struct named {
	struct ek_timer timer;
	char name;
	struct ek_loop *loop;
	struct named *victim; /* stopped when this fires */
	int64_t again_ms;     /* -1: not */
};

static void on_named(struct ek_timer *t)
{
	struct named *n = ek_container_of(t, struct named, timer);
	size_t len = strlen(fired);

	ck_assert(!ek_timer_active(t));
	ck_assert(len + 1 < sizeof(fired));
	fired[len] = n->name;
	if (n->victim)
		ek_timer_stop(&n->victim->timer);
	if (n->again_ms >= 0)
		ek_timer_start(n->loop, t, n->again_ms, on_named);
}

static void start(struct ek_loop *loop, struct named *n, char name, int64_t ms)
{
	n->name = name;
	n->loop = loop;
	n->again_ms = -1;
	ek_timer_start(loop, &n->timer, ms, on_named);
}

static struct ek_loop *virtual_loop(void)
{
	virtual_ms = 1000;
	ek_clock_set_source(&virtual_clock);
	return ek_loop_new();
}

START_TEST(virtual_time_fires_in_order)
{
	struct ek_loop *loop = virtual_loop();
	struct named t[5] = { 0 };

	start(loop, &t[0], 'c', 30);
	start(loop, &t[1], 'a', 10);
	start(loop, &t[2], 'B', 20);
	start(loop, &t[3], 'D', 20); /* the same moment: in the order of starting */
	start(loop, &t[4], 'h', 3600 * 1000);
	ck_assert_int_eq(ek_loop_advance(loop), 10);
	ck_assert_str_eq(fired, "");
	virtual_ms += 9;
	ck_assert_int_eq(ek_loop_advance(loop), 1);
	virtual_ms += 1;
	ck_assert_int_eq(ek_loop_advance(loop), 10);
	ck_assert_str_eq(fired, "a");
	virtual_ms += 1000;
	ck_assert_int_eq(ek_loop_advance(loop), 3600 * 1000 - 1010);
	ck_assert_str_eq(fired, "aBDc");
	ek_timer_stop(&t[4].timer);
	ek_timer_stop(&t[4].timer);
	ck_assert_int_eq(ek_loop_advance(loop), -1);
	ek_loop_free(loop);
}
END_TEST

START_TEST(starting_again_moves)
{
	struct ek_loop *loop = virtual_loop();
	struct named a = { 0 }, b = { 0 };

	start(loop, &a, 'a', 10);
	start(loop, &b, 'b', 20);
	start(loop, &a, 'a', 30);
	ck_assert_int_eq(ek_loop_advance(loop), 20);
	virtual_ms += 30;
	ck_assert_int_eq(ek_loop_advance(loop), -1);
	ck_assert_str_eq(fired, "ba");
	ek_loop_free(loop);
}
END_TEST

START_TEST(a_callback_stops_another_that_is_due)
{
	struct ek_loop *loop = virtual_loop();
	struct named a = { 0 }, b = { 0 };

	start(loop, &a, 'a', 10);
	start(loop, &b, 'b', 10);
	a.victim = &b;
	virtual_ms += 10;
	ck_assert_int_eq(ek_loop_advance(loop), -1);
	ck_assert_str_eq(fired, "a");
	ek_loop_free(loop);
}
END_TEST

START_TEST(zero_waits_for_the_next_turn)
{
	struct ek_loop *loop = virtual_loop();
	struct named a = { 0 };

	start(loop, &a, 'a', 0);
	a.again_ms = 0;
	for (int turns = 1; turns <= 3; turns++) {
		ck_assert_int_eq(ek_loop_advance(loop), 0);
		ck_assert_uint_eq(strlen(fired), (size_t)turns);
	}
	ck_assert(ek_loop_turn(loop)); /* the machine's own turn fires it as well, once */
	ck_assert_str_eq(fired, "aaaa");
	ek_timer_stop(&a.timer);
	ck_assert(!ek_loop_turn(loop));
	ek_loop_free(loop);
}
END_TEST

START_TEST(absurd_delays_are_bounded)
{
	struct ek_loop *loop = virtual_loop();
	struct named a = { 0 }, b = { 0 };

	start(loop, &a, 'a', INT64_MAX);
	start(loop, &b, 'b', INT64_MIN);
	ek_loop_advance(loop);
	ck_assert_str_eq(fired, "b");
	ek_timer_stop(&a.timer);
	ek_loop_free(loop);
}
END_TEST

/* Thousands, started, moved and stopped by a fixed dice: what remains fires in order, once. */
struct counted {
	struct ek_timer timer;
	int64_t due;
	int n_fired;
};
static int64_t last_due;

static void on_counted(struct ek_timer *t)
{
	struct counted *c = ek_container_of(t, struct counted, timer);

	ck_assert_int_le(last_due, c->due);
	ck_assert_int_le(c->due, virtual_ms);
	last_due = c->due;
	c->n_fired++;
}

START_TEST(a_heap_of_thousands)
{
	enum { N = 5000 };
	struct ek_loop *loop = virtual_loop();
	struct counted *all = ek_calloc(N, sizeof(*all));
	int64_t wait;

	ek_rand_seed(7);
	for (int i = 0; i < 4 * N; i++) {
		struct counted *c = &all[ek_rand_below(N)];

		if (ek_rand_below(4) == 0) {
			ek_timer_stop(&c->timer);
			continue;
		}
		c->due = virtual_ms + ek_rand_below(100000);
		ek_timer_start(loop, &c->timer, c->due - virtual_ms, on_counted);
	}
	for (int i = 0; i < N; i++) /* from here on n_fired is what is expected, negative */
		all[i].n_fired = ek_timer_active(&all[i].timer) ? -1 : 0;
	while ((wait = ek_loop_advance(loop)) >= 0)
		virtual_ms += wait + ek_rand_below(50);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(all[i].n_fired, 0);
	free(all);
	ek_loop_free(loop);
}
END_TEST

static void set_flag(struct ek_timer *t);
struct flagged {
	struct ek_timer timer;
	bool flag;
};
static void set_flag(struct ek_timer *t)
{
	ek_container_of(t, struct flagged, timer)->flag = true;
}

START_TEST(real_time_never_fires_early)
{
	struct ek_loop *loop = ek_loop_new();

	for (int ms = 0; ms < 12; ms += 3) {
		struct flagged f = { 0 };
		int64_t begin = ek_clock_mono_ms();

		ek_timer_start(loop, &f.timer, ms, set_flag);
		ck_assert(ek_loop_until(loop, &f.flag, 10000));
		ck_assert_int_ge(ek_clock_mono_ms() - begin, ms);
	}
	ek_loop_free(loop);
}
END_TEST

START_TEST(until_gives_up)
{
	struct ek_loop *loop = virtual_loop(); /* its clock stands still: the deadline is real */
	struct flagged f = { 0 };

	ek_timer_start(loop, &f.timer, 1000, set_flag);
	ck_assert(!ek_loop_until(loop, &f.flag, 20));
	ek_timer_stop(&f.timer);
	ek_loop_free(loop);
}
END_TEST

EK_TESTS("loop/timer", virtual_time_fires_in_order, starting_again_moves,
	 a_callback_stops_another_that_is_due, zero_waits_for_the_next_turn,
	 absurd_delays_are_bounded, a_heap_of_thousands, real_time_never_fires_early,
	 until_gives_up)
