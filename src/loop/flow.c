/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/flow.h>

#include <ekube/err.h>

enum { WAITS = 0x100, STATE_MASK = 0xff };

static int last_of(const struct ek_flow *f)
{
	return f->n_states - 1;
}

static void note_failure(struct ek_flow *f, int rc)
{
	if (rc < 0 && f->rc == 0)
		f->rc = rc;
}

static void go_to(struct ek_flow *f, int next)
{
	if (f->rc < 0 && !f->ending)
		next = last_of(f);
	EK_ASSERT(next == last_of(f) || (f->states[f->state].next & EK_BIT(next)));
	f->state = next;
}

static void finish(struct ek_flow *f)
{
	f->running = false;
	f->active = false;
	f->done(f); /* may free f */
}

static void run(struct ek_flow *f)
{
	f->running = true;
	for (;;) {
		bool was_cancelled = f->cancelled;
		int r;

		f->ending |= f->state == last_of(f);
		r = f->states[f->state].step(f);
		note_failure(f, r);
		if (r == EK_END || (r < 0 && f->ending)) {
			finish(f);
			return;
		}
		go_to(f, r < 0 ? last_of(f) : r & STATE_MASK);
		if (r < 0 || !(r & WAITS) || f->resumed) {
			/* resumed: the callback fired before the step returned */
			f->resumed = false;
			continue;
		}
		f->running = false;
		if (f->cancelled && !was_cancelled && f->abort)
			f->abort(f); /* cancelled from inside the step that began to wait */
		return;
	}
}

void ek_flow_start(struct ek_flow *f, const struct ek_flow_state *states, int n)
{
	EK_ASSERT(f->done && !f->active && n > 0 && n <= 32);
	f->states = states;
	f->n_states = n;
	f->state = 0;
	f->rc = 0;
	f->resumed = f->cancelled = f->ending = false;
	f->active = true;
	run(f);
}

void ek_flow_resume(struct ek_flow *f, int rc)
{
	EK_ASSERT(f->active);
	note_failure(f, rc);
	if (f->running) {
		f->resumed = true;
		return;
	}
	if (f->rc < 0)
		f->state = last_of(f);
	run(f);
}

void ek_flow_cancel(struct ek_flow *f)
{
	if (!f->active || f->cancelled || f->ending)
		return; /* already on its way out: cleanup always runs to the end */
	f->cancelled = true;
	note_failure(f, EK_ECANCELLED);
	if (!f->running && f->abort)
		f->abort(f);
}

bool ek_flow_active(const struct ek_flow *f)
{
	return f->active;
}
