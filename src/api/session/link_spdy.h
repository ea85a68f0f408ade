/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the links that travel in SPDY have in common: the connection, and what is done to it as a whole.
 * A link embeds it and is its connection's owner.
 */

#include "link.h"
#include "spdy.h"

struct link_spdy {
	struct link               link;
	struct spdy              *spdy;
	const struct spdy_events *events;
};

/* l.spdy is the connection, whose owner is l; ops and events are the kind's. */
void link_spdy_init(struct link_spdy *l, const struct link_ops *ops, const struct spdy_events *events);
struct link_spdy *link_spdy_of(struct link *l);

/* Rows of link_ops. */
void link_spdy_pause(struct link *l, bool pause);
void link_spdy_close(struct link *l);
void link_spdy_drop(struct link *l);

/* Rows of spdy_events. */
void link_spdy_drained(struct spdy *sp);
void link_spdy_gone(struct spdy *sp);
/* The end of the row `freed`: frees take_memory, in which the link was, and tells the link's owner. */
void link_spdy_freed(struct link_spdy *l, void *take_memory);
