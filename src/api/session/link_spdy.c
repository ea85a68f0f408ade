/* SPDX-License-Identifier: Apache-2.0 */
#include "link_spdy.h"

#include <stdlib.h>

void link_spdy_init(struct link_spdy *l, const struct link_ops *ops,
		    const struct spdy_events *events)
{
	l->link.ops = ops;
	l->events = events;
	l->spdy = spdy_new(events, l);
}

struct link_spdy *link_spdy_of(struct link *l)
{
	return ek_container_of(l, struct link_spdy, link);
}

struct wire *link_spdy_wire(struct link *l)
{
	return spdy_wire(link_spdy_of(l)->spdy);
}

void link_spdy_pause(struct link *l, bool pause)
{
	spdy_pause(link_spdy_of(l)->spdy, pause);
}

void link_spdy_close(struct link *l)
{
	spdy_close(link_spdy_of(l)->spdy);
}

void link_spdy_drop(struct link *l)
{
	struct link_spdy *s = link_spdy_of(l);

	spdy_free(s->spdy);
	s->events->freed(s);
}

void link_spdy_drained(struct spdy *sp)
{
	struct link_spdy *l = spdy_owner(sp);

	l->link.events->drained(&l->link);
}

void link_spdy_gone(struct spdy *sp)
{
	struct link_spdy *l = spdy_owner(sp);

	l->link.events->gone(&l->link);
}

void link_spdy_freed(struct link_spdy *l, void *take_memory)
{
	struct link link = l->link;

	free(take_memory);
	if (link.events)
		link.events->freed(link.owner);
}
