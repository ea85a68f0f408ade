/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_wire.h"

#include "session/wire.h"

static bool on_write(struct wire *w, const void *data, size_t n)
{
	struct fake_wire *f = w->impl;

	EK_ASSERT(f->wire == w);
	(void)ek_buf_append(&f->out, data, n);
	return !f->is_full;
}

static void on_pause(struct wire *w, bool pause)
{
	struct fake_wire *f = w->impl;

	f->paused = pause;
}

static void on_close(struct wire *w)
{
	struct fake_wire *f = w->impl;

	f->wire = NULL;
	f->n_closed++;
}

static const struct wire_ops ops = { .write = on_write, .pause = on_pause, .close = on_close };

void fake_wire_bind(struct fake_wire *f, struct wire *w)
{
	*f = (struct fake_wire){ .wire = w, .out = EK_BUF_INIT(16 << 20) };
	w->ops = &ops;
	w->impl = f;
}

void fake_wire_done(struct fake_wire *f)
{
	ek_buf_done(&f->out);
}

void fake_wire_says(struct fake_wire *f, const void *data, size_t n, size_t piece)
{
	const char *p = data;

	while (n > 0 && f->wire) {
		size_t some = EK_MIN(n, piece);

		f->wire->on_read(f->wire, p, (ssize_t)some);
		p += some;
		n -= some;
	}
}

void fake_wire_ends(struct fake_wire *f)
{
	if (f->wire)
		f->wire->on_read(f->wire, NULL, 0);
}

void fake_wire_drains(struct fake_wire *f)
{
	f->is_full = false;
	if (f->wire)
		f->wire->on_drained(f->wire);
}
