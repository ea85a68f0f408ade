/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A wire without a connection: what is written to it is kept, what the peer says is said by the test. */

#include <ekube/buf.h>

struct wire;

struct fake_wire {
	struct wire  *wire;   /* NULL once it was closed */
	struct ek_buf out;
	bool          paused, is_full;
	int           n_closed;
};

void fake_wire_bind(struct fake_wire *f, struct wire *w);
void fake_wire_done(struct fake_wire *f);
/* In pieces of at most `piece` bytes, until it is closed. */
void fake_wire_says(struct fake_wire *f, const void *data, size_t n, size_t piece);
void fake_wire_ends(struct fake_wire *f);
void fake_wire_drains(struct fake_wire *f);
