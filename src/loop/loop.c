/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/loop.h>

#include <signal.h>
#include <string.h>

#include <ekube/log.h>

#include "impl.h"

struct post {
	struct ek_list node;
	void (*cb)(void *arg);
	void *arg;
};

/* ---- defers ---- */

static void on_spin(uv_idle_t *spin)
{
	(void)spin; /* being active is its whole work: the poll that follows does not wait */
}

static void on_check(uv_check_t *check)
{
	struct ek_loop *loop = ek_container_of(check, struct ek_loop, check);
	struct ek_list now;

	ek_list_init(&now);
	if (!ek_list_empty(&loop->defers)) {
		now = loop->defers;
		now.next->prev = &now;
		now.prev->next = &now;
		ek_list_init(&loop->defers);
	}
	while (!ek_list_empty(&now)) {
		struct ek_defer *d = ek_list_first(&now, struct ek_defer, node);

		ek_list_del(&d->node);
		loop->n_events++;
		d->cb(d);
	}
	if (ek_list_empty(&loop->defers))
		uv_idle_stop(&loop->spin);
}

void ek_defer(struct ek_loop *loop, struct ek_defer *d, void (*cb)(struct ek_defer *d))
{
	if (d->node.next)
		return;
	d->cb = cb;
	ek_list_add_tail(&loop->defers, &d->node);
	uv_idle_start(&loop->spin, on_spin);
}

void ek_defer_cancel(struct ek_defer *d)
{
	ek_list_del(&d->node);
}

/* ---- posts ---- */

void ek_loop_post(struct ek_loop *loop, void (*cb)(void *arg), void *arg)
{
	struct post *p = ek_new(struct post);

	p->cb = cb;
	p->arg = arg;
	pthread_mutex_lock(&loop->post_lock);
	ek_list_add_tail(&loop->posts, &p->node);
	pthread_mutex_unlock(&loop->post_lock);
	uv_async_send(&loop->wake);
}

static struct post *next_post(struct ek_loop *loop)
{
	struct post *p;

	pthread_mutex_lock(&loop->post_lock);
	p = ek_list_first(&loop->posts, struct post, node);
	if (p)
		ek_list_del(&p->node);
	pthread_mutex_unlock(&loop->post_lock);
	return p;
}

static void on_wake(uv_async_t *wake)
{
	struct ek_loop *loop = ek_container_of(wake, struct ek_loop, wake);
	struct post *p;

	/* A bound, so that a thread that posts without end cannot keep the loop from its I/O. */
	for (int i = 0; i < 1000; i++) {
		p = next_post(loop);
		if (!p)
			return;
		loop->n_events++;
		p->cb(p->arg);
		free(p);
	}
	uv_async_send(wake);
}

/* ---- life ---- */

struct ek_loop *ek_loop_new(void)
{
	struct ek_loop *loop = ek_new(struct ek_loop);
	int rc;

	/* A peer that went away is an error code of write(), not the end of the process. */
	signal(SIGPIPE, SIG_IGN);

	ek_list_init(&loop->defers);
	ek_list_init(&loop->posts);
	ek_list_init(&loop->outliving);
	pthread_mutex_init(&loop->post_lock, NULL);
	rc = uv_loop_init(&loop->uv);
	if (rc == 0)
		rc = uv_async_init(&loop->uv, &loop->wake, on_wake);
	if (rc < 0) {
		ek_error("no event loop", "reason", uv_strerror(rc));
		EK_ASSERT(rc == 0);
	}
	uv_check_init(&loop->uv, &loop->check);
	uv_check_start(&loop->check, on_check);
	uv_unref((uv_handle_t *)&loop->check);
	uv_idle_init(&loop->uv, &loop->spin);
	ek_loop_timers_init(loop);
	return loop;
}

static void complain_of_leftover(uv_handle_t *handle, void *arg)
{
	if (uv_is_closing(handle))
		return;
	ek_error("loop freed with a live watcher", "type", uv_handle_type_name(handle->type));
	*(bool *)arg = true;
}

void ek_loop_free(struct ek_loop *loop)
{
	bool leftover = false;
	struct post *p;

	if (!loop)
		return;
	ek_loop_leave_processes(loop);
	ek_loop_http_done(loop);
	uv_close((uv_handle_t *)&loop->check, NULL);
	uv_close((uv_handle_t *)&loop->spin, NULL);
	uv_close((uv_handle_t *)&loop->wake, NULL);
	ek_loop_timers_done(loop);
	uv_walk(&loop->uv, complain_of_leftover, &leftover);
	EK_ASSERT(!leftover);
	uv_run(&loop->uv, UV_RUN_DEFAULT); /* close callbacks, and work that is still in the pool */
	EK_ASSERT(uv_loop_close(&loop->uv) == 0);
	while ((p = next_post(loop)))
		free(p);
	pthread_mutex_destroy(&loop->post_lock);
	free(loop);
}

void ek_loop_run(struct ek_loop *loop)
{
	while (!loop->stopping)
		uv_run(&loop->uv, UV_RUN_ONCE);
	loop->stopping = false;
}

/* A turn begins with timers: what one says here must not wait for the poll that follows. */
void ek_loop_stop(struct ek_loop *loop)
{
	loop->stopping = true;
	uv_async_send(&loop->wake);
}

bool ek_loop_turn(struct ek_loop *loop)
{
	uint64_t before = loop->n_events;

	uv_run(&loop->uv, UV_RUN_NOWAIT);
	return loop->n_events != before;
}

/* What ek_loop_until waits for. */
struct until {
	uv_timer_t   deadline;
	uv_prepare_t before_poll;
	const bool  *flag;
	bool         late;
	int          n_open; /* handles */
};

static void on_deadline(uv_timer_t *timer)
{
	ek_container_of(timer, struct until, deadline)->late = true;
}

/* A turn begins with timers: what they brought about must not wait for the poll that follows. */
static void on_before_poll(uv_prepare_t *prepare)
{
	const struct until *u = ek_container_of(prepare, struct until, before_poll);

	if (*u->flag || u->late)
		uv_stop(prepare->loop);
}

static void on_until_closed(uv_handle_t *handle)
{
	struct until *u = handle->data;

	if (--u->n_open == 0)
		free(u);
}

bool ek_loop_until(struct ek_loop *loop, const bool *flag, int64_t ms)
{
	struct until *u = ek_new(struct until);

	u->flag = flag;
	u->n_open = 2;
	uv_prepare_init(&loop->uv, &u->before_poll);
	uv_prepare_start(&u->before_poll, on_before_poll);
	/* By the machine's clock: a test with virtual time must not wait for ever either. */
	uv_timer_init(&loop->uv, &u->deadline);
	u->before_poll.data = u->deadline.data = u;
	uv_update_time(&loop->uv);
	uv_timer_start(&u->deadline, on_deadline, ms > 0 ? (uint64_t)ms : 0, 0);
	while (!*flag && !u->late)
		uv_run(&loop->uv, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&u->before_poll, on_until_closed);
	uv_close((uv_handle_t *)&u->deadline, on_until_closed);
	return *flag;
}

void *ek_loop_uv(struct ek_loop *loop)
{
	return &loop->uv;
}
