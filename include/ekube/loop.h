/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The one loop thread. It owns all state: everything below is called on it and calls back on it,
 * except where a comment says "any thread". Nothing called from here may block.
 *
 * Two nouns. A *watcher* (timer, poll, stream) is long-lived; its struct is embedded in the
 * owner's, zero-initialised, and may be freed as soon as _stop/_close has returned: no callback
 * fires afterwards. A *request* (work, write, connect) is one operation; its callback fires
 * exactly once and the memory belongs to the loop until then.
 *
 * Time is ek_clock_mono_ms(), so a simulation that replaces the clock and calls
 * ek_loop_advance() runs the same code in virtual time.
 */

#include <ekube/buf.h>
#include <ekube/err.h>
#include <ekube/vec.h>

struct ek_loop;

struct ek_loop *ek_loop_new(void);
void            ek_loop_free(struct ek_loop *loop); /* everything must be stopped */
void            ek_loop_run(struct ek_loop *loop);  /* until ek_loop_stop() */
void            ek_loop_stop(struct ek_loop *loop);
/* Run what is ready now without waiting; true when there was something. Tests. */
bool ek_loop_turn(struct ek_loop *loop);
/* Run until *flag is true or ms have passed; true when the flag was set. Tests. */
bool ek_loop_until(struct ek_loop *loop, const bool *flag, int64_t ms);
/* The uv_loop_t, for h2o's binding in api/ and for nobody else. */
void *ek_loop_uv(struct ek_loop *loop);

/* ---- timer: a node in one heap over one kernel timer; start and stop are O(log n). ---- */
struct ek_timer {
	void (*cb)(struct ek_timer *t);
	/* private */
	struct ek_loop *loop;
	int64_t  due_ms;
	uint64_t seq;  /* equal times fire in the order of starting */
	size_t   slot; /* heap index + 1; 0 is stopped */
};

/* Fires once, `ms` from now (0: next turn). Starting a started timer moves it. */
void ek_timer_start(struct ek_loop *loop, struct ek_timer *t, int64_t ms,
		    void (*cb)(struct ek_timer *t));
void ek_timer_stop(struct ek_timer *t); /* harmless when stopped or zeroed */
static inline bool ek_timer_active(const struct ek_timer *t)
{
	return t->slot != 0;
}
/* Virtual time: fire everything due at the replaced clock's now. Returns ms to the next timer, -1 if none. */
int64_t ek_loop_advance(struct ek_loop *loop);

/* ---- defer: run cb once, at the end of this turn of the loop (group commit lives on it). ---- */
struct ek_defer {
	void (*cb)(struct ek_defer *d);
	/* private */
	struct ek_list node;
};
void ek_defer(struct ek_loop *loop, struct ek_defer *d, void (*cb)(struct ek_defer *d)); /* again: no-op */
void ek_defer_cancel(struct ek_defer *d);

/* ---- work: blocking work in the thread pool, with inputs nobody else touches. ---- */
struct ek_work {
	int  (*run)(struct ek_work *w);           /* pool thread */
	void (*done)(struct ek_work *w, int rc);  /* loop thread; rc of run, EK_ECANCELLED if it never ran */
	/* private */
	void *req;
	int   rc;
};
void ek_work_start(struct ek_loop *loop, struct ek_work *w);
void ek_work_cancel(struct ek_work *w); /* only if not yet running; done still fires */

/* Any thread: have cb run on the loop. Messages run in order. */
void ek_loop_post(struct ek_loop *loop, void (*cb)(void *arg), void *arg);

/*
 * ---- poll: readiness of a descriptor (pidfd, netlink, inotify, pty, eventfd), level-triggered. ----
 * Started again on the same fd it changes the events; 0 keeps it asleep. One poll a descriptor.
 * An error on the descriptor is reported as all that was asked for and EK_HANGUP: read it, or stop.
 */
enum { EK_READABLE = 1, EK_WRITABLE = 2, EK_HANGUP = 4 };
struct ek_poll {
	void (*cb)(struct ek_poll *p, int events);
	/* private */
	void *handle;
};
int  ek_poll_start(struct ek_loop *loop, struct ek_poll *p, int fd, int events,
		   void (*cb)(struct ek_poll *p, int events));
void ek_poll_stop(struct ek_poll *p); /* does not close fd; closing it right afterwards is fine */

/* ---- signal ---- */
struct ek_signal {
	void (*cb)(struct ek_signal *s, int signum);
	/* private */
	void *handle;
};
int  ek_signal_start(struct ek_loop *loop, struct ek_signal *s, int signum,
		     void (*cb)(struct ek_signal *s, int signum));
void ek_signal_stop(struct ek_signal *s);
