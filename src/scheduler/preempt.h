/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Preemption: when no node has room, the node where the fewest and least important pods must go makes
 * room, if the pod outranks them. Victims end gracefully; the pod is nominated for the node and is
 * scheduled there, like any other, when they are gone.
 */

#include <ekube/informer.h>

#include "filters.h"

struct preempt {
	struct ek_client   *client;
	struct ek_recorder *recorder;
	struct ek_list      evictions; /* calls in flight */
};

void preempt_init(struct preempt *p, struct ek_client *client, struct ek_recorder *recorder);
void preempt_done(struct preempt *p);

/*
 * The node whose pods were asked to leave (its name belongs to the snapshot), or NULL. ret_hope: the
 * sentence that follows the reasons, malloc'd.
 */
const char *preempt_for(struct preempt *p, const struct candidate *c, const struct snapshot *all,
			const struct verdict *verdicts, char **ret_hope);
