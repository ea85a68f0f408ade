/* SPDX-License-Identifier: Apache-2.0 */
#include "impl.h"

/*
 * A binary heap ordered by (due, order of starting): equal times fire in the order in which they
 * were started, which a repeatable simulation needs.
 *
 * One uv_timer stands for the first of them. When it rings, or when something is due already, an
 * idle handle fires what is due: libuv runs that once a turn, while it would call a uv_timer of
 * 0 ms that is started again and again without ever looking at the descriptors.
 */

static bool before(const struct ek_timer *a, const struct ek_timer *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->seq < b->seq;
}

static void place(struct ek_loop *loop, size_t i, struct ek_timer *t)
{
	loop->heap.items[i] = t;
	t->slot = i + 1;
}

static void sift_up(struct ek_loop *loop, size_t i)
{
	struct ek_timer *t = loop->heap.items[i];

	while (i > 0 && before(t, loop->heap.items[(i - 1) / 2])) {
		place(loop, i, loop->heap.items[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	place(loop, i, t);
}

static void sift_down(struct ek_loop *loop, size_t i)
{
	struct ek_timer *t = loop->heap.items[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= loop->heap.n)
			break;
		if (child + 1 < loop->heap.n &&
		    before(loop->heap.items[child + 1], loop->heap.items[child]))
			child++;
		if (!before(loop->heap.items[child], t))
			break;
		place(loop, i, loop->heap.items[child]);
		i = child;
	}
	place(loop, i, t);
}

static void heap_remove(struct ek_loop *loop, struct ek_timer *t)
{
	size_t i = t->slot - 1;
	struct ek_timer *last = loop->heap.items[--loop->heap.n];

	t->slot = 0;
	if (last == t)
		return;
	place(loop, i, last);
	sift_up(loop, i);
	sift_down(loop, last->slot - 1);
}

static void on_due(uv_idle_t *due);

static void on_clock(uv_timer_t *clock)
{
	uv_idle_start(&ek_container_of(clock, struct ek_loop, clock)->due, on_due);
}

/* uv's timer follows the first of the heap. Virtual time may make it ring early: harmless. */
static void arm(struct ek_loop *loop)
{
	int64_t wait = loop->heap.n ? loop->heap.items[0]->due_ms - ek_clock_mono_ms() : -1;

	if (loop->heap.n && wait <= 0) {
		uv_idle_start(&loop->due, on_due);
		return;
	}
	uv_idle_stop(&loop->due);
	uv_timer_stop(&loop->clock);
	if (wait < 0)
		return;
	uv_update_time(&loop->uv);
	uv_timer_start(&loop->clock, on_clock, (uint64_t)wait, 0);
}

/* What a callback starts waits for the next turn, even with 0 ms. */
static void fire_due(struct ek_loop *loop)
{
	int64_t now = ek_clock_mono_ms();
	uint64_t limit = loop->timer_seq;

	while (loop->heap.n > 0) {
		struct ek_timer *t = loop->heap.items[0];

		if (t->due_ms > now || t->seq >= limit)
			break;
		heap_remove(loop, t);
		loop->n_events++;
		t->cb(t); /* may free t */
	}
}

static void on_due(uv_idle_t *due)
{
	struct ek_loop *loop = ek_container_of(due, struct ek_loop, due);

	uv_idle_stop(due);
	fire_due(loop);
	arm(loop);
}

void ek_timer_start(struct ek_loop *loop, struct ek_timer *t, int64_t ms,
		    void (*cb)(struct ek_timer *t))
{
	int64_t now = ek_clock_mono_ms();

	ek_timer_stop(t);
	t->loop = loop;
	t->cb = cb;
	t->due_ms = now + EK_MIN(EK_MAX(ms, 0), INT64_MAX / 4);
	t->seq = loop->timer_seq++;
	ek_vec_push(&loop->heap, t);
	sift_up(loop, loop->heap.n - 1);
	if (t->slot == 1)
		arm(loop);
}

void ek_timer_stop(struct ek_timer *t)
{
	bool was_first = t->slot == 1;

	if (t->slot == 0)
		return;
	heap_remove(t->loop, t);
	if (was_first)
		arm(t->loop);
}

int64_t ek_loop_advance(struct ek_loop *loop)
{
	int64_t wait;

	fire_due(loop);
	arm(loop);
	if (loop->heap.n == 0)
		return -1;
	wait = loop->heap.items[0]->due_ms - ek_clock_mono_ms();
	return EK_MAX(wait, 0);
}

void ek_loop_timers_init(struct ek_loop *loop)
{
	uv_timer_init(&loop->uv, &loop->clock);
	uv_idle_init(&loop->uv, &loop->due);
}

void ek_loop_timers_done(struct ek_loop *loop)
{
	EK_ASSERT(loop->heap.n == 0);
	ek_vec_done(&loop->heap);
	uv_close((uv_handle_t *)&loop->clock, NULL);
	uv_close((uv_handle_t *)&loop->due, NULL);
}
