/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/informer.h>

#include <ekube/str.h>
#include <stdlib.h>

/*
 * A key is in one of these places:
 *
 *	idle ──add──► ready ──► in work ──finish──► idle
 *	  └─after──► waiting ──timer──┘   └─added meanwhile──► ready
 *
 * Work starts from a deferred callback: what is added many times in one turn is worked on once.
 */

enum { RETRY_MIN_MS = 5, RETRY_MAX_MS = 1000 * 1000 };

struct item {
	struct ek_list   ready;
	struct ek_timer  timer;
	struct ek_queue *queue;
	char            *key;
	unsigned         failures;
	bool             in_work, dirty;
};

struct impl {
	struct ek_queue *queue;
	struct ek_map    items;
	struct ek_list   ready;
	struct ek_defer  start;
	unsigned         busy;
	bool             closed;
};

static void schedule(struct ek_queue *q);

static struct item *item_of(struct ek_queue *q, const char *key)
{
	struct impl *im = q->impl;
	struct item *it = ek_map_get(&im->items, key);

	if (it)
		return it;
	it = ek_new(struct item);
	it->queue = q;
	it->key = ek_str_dup(key);
	ek_map_put(&im->items, key, it);
	return it;
}

static void item_free(struct impl *im, struct item *it)
{
	ek_timer_stop(&it->timer);
	ek_list_del(&it->ready);
	ek_map_del(&im->items, it->key);
	free(it->key);
	free(it);
}

static void make_ready(struct item *it)
{
	struct impl *im = it->queue->impl;

	if (it->in_work) {
		it->dirty = true;
		return;
	}
	if (!it->ready.next)
		ek_list_add_tail(&im->ready, &it->ready);
	schedule(it->queue);
}

static void on_timer(struct ek_timer *t)
{
	make_ready(ek_container_of(t, struct item, timer));
}

static void wait_for(struct item *it, int64_t ms)
{
	/* of two waits the earlier one counts */
	if (ek_timer_active(&it->timer) && it->timer.due_ms <= ek_clock_mono_ms() + ms)
		return;
	ek_timer_start(it->queue->loop, &it->timer, ms, on_timer);
}

static void start_ready(struct ek_defer *d)
{
	struct impl *im = ek_container_of(d, struct impl, start);
	struct ek_queue *q = im->queue;

	while (!im->closed && im->busy < q->workers && !ek_list_empty(&im->ready)) {
		struct item *it = ek_list_first(&im->ready, struct item, ready);

		ek_list_del(&it->ready);
		it->in_work = true;
		im->busy++;
		q->work(q, it->key);
	}
}

static void schedule(struct ek_queue *q)
{
	struct impl *im = q->impl;

	if (!im->closed)
		ek_defer(q->loop, &im->start, start_ready);
}

void ek_queue_init(struct ek_loop *loop, struct ek_queue *q, unsigned workers,
		   void (*work)(struct ek_queue *q, const char *key))
{
	struct impl *im = ek_new(struct impl);

	EK_ASSERT(workers > 0);
	*q = (struct ek_queue){ .work = work, .workers = workers, .loop = loop, .impl = im };
	im->queue = q;
	ek_list_init(&im->ready);
}

void ek_queue_add(struct ek_queue *q, const char *key)
{
	struct impl *im = q->impl;

	if (!im->closed)
		make_ready(item_of(q, key));
}

void ek_queue_add_after(struct ek_queue *q, const char *key, int64_t ms)
{
	struct impl *im = q->impl;

	if (im->closed)
		return;
	if (ms <= 0)
		make_ready(item_of(q, key));
	else
		wait_for(item_of(q, key), ms);
}

static int64_t backoff_ms(unsigned failures)
{
	int64_t ms = RETRY_MIN_MS;

	while (failures-- > 0 && ms < RETRY_MAX_MS)
		ms *= 2;
	return EK_MIN(ms, (int64_t)RETRY_MAX_MS);
}

void ek_queue_finish(struct ek_queue *q, const char *key, int rc, int64_t again_ms)
{
	struct impl *im = q->impl;
	struct item *it = ek_map_get(&im->items, key);

	EK_ASSERT(it && it->in_work);
	it->in_work = false;
	im->busy--;
	if (im->closed) {
		item_free(im, it);
		return;
	}
	if (rc < 0)
		wait_for(it, backoff_ms(it->failures++));
	else
		it->failures = 0;
	if (rc >= 0 && again_ms > 0)
		wait_for(it, again_ms);
	if (it->dirty) {
		it->dirty = false;
		make_ready(it);
	} else if (!ek_timer_active(&it->timer) && !it->ready.next) {
		item_free(im, it);
	}
	schedule(q);
}

void ek_queue_close(struct ek_queue *q)
{
	struct impl *im = q->impl;

	if (!im)
		return;
	im->closed = true;
	ek_defer_cancel(&im->start);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&im->items, e));) {
		struct item *it = e->value;

		if (!it->in_work)
			item_free(im, it);
		else
			ek_timer_stop(&it->timer);
	}
}

void ek_queue_free(struct ek_queue *q)
{
	struct impl *im = q->impl;

	if (!im)
		return;
	ek_queue_close(q);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&im->items, e));)
		item_free(im, e->value);
	ek_map_done(&im->items);
	free(im);
	q->impl = NULL;
}
