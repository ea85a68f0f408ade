/* SPDX-License-Identifier: Apache-2.0 */
#include "warm.h"

#include "sandbox/cgroups.h"

enum { PAUSE_MS = 5, MOVES_MAX = 20 };

static void move(struct ek_warm *w);

static void on_again(struct ek_timer *t)
{
	move(ek_container_of(t, struct ek_warm, again));
}

static int run_move(struct ek_work *work)
{
	return ek_cgroups_stay(ek_container_of(work, struct ek_warm, work)->cgroups);
}

static void on_moved(struct ek_work *work, int rc)
{
	struct ek_warm *w = ek_container_of(work, struct ek_warm, work);

	w->working = false;
	w->useless |= rc < 0;
	if (w->launches > 0 && w->moves_left > 0 && !w->useless)
		ek_timer_start(w->loop, &w->again, PAUSE_MS, on_again);
	w->held(w->arg, false);
}

static void move(struct ek_warm *w)
{
	w->moves_left--;
	w->working = true;
	w->held(w->arg, true);
	w->work = (struct ek_work){ .run = run_move, .done = on_moved };
	ek_work_start(w->loop, &w->work);
}

void ek_warm_begin(struct ek_warm *w)
{
	w->launches++;
	w->moves_left = MOVES_MAX;
	if (!w->working && !w->useless && !ek_timer_active(&w->again))
		move(w);
}

void ek_warm_end(struct ek_warm *w)
{
	EK_ASSERT(w->launches > 0);
	if (--w->launches == 0)
		ek_timer_stop(&w->again);
}

void ek_warm_stop(struct ek_warm *w)
{
	w->useless = true;
	ek_timer_stop(&w->again);
}
