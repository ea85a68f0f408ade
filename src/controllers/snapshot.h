/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * All that a decision may see: the object, what belongs to it, the time. Trees are counted and
 * immutable; the snapshot holds its own references, so nothing changes under a decision.
 */

#include <ekube/object.h>
#include <ekube/schema.h>
#include <ekube/vec.h>

enum { SNAPSHOT_LISTS = 4 };

struct objects {
	struct ek_json **items;
	size_t n, cap;
};

struct snapshot {
	const struct ek_kind *kind;
	const char *ns, *name;		     /* ns NULL: cluster scope */
	struct ek_json *object;		     /* NULL: gone */
	struct objects list[SNAPSHOT_LISTS]; /* each controller says what is in which */
	int64_t now_us;
	const char *root_ca; /* PEM */
	int64_t seen_us;     /* when the controller last saw a sign of life; what of, it says */
	int64_t grace_ms;    /* how long a node may be silent; 0: as upstream */
	bool first;	     /* the controller has not seen the object before */
	bool flag;	     /* one fact of the surroundings, as the controller says */
	/* the plan of this pass failed: decide only what to tell about it */
	int failure; /* the code */
	const char *failure_text;
};

void snapshot_set(struct snapshot *s, struct ek_object *o); /* s->object */
void snapshot_add(struct snapshot *s, unsigned list, struct ek_object *o);
void snapshot_done(struct snapshot *s);
