/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which nodes can hold a pod, and how well: two tables over a snapshot. Everything here is pure.
 *
 * Reasons are those of kube-scheduler's plugins, word for word: people and tools read them in the
 * PodScheduled condition and in events.
 */

#include "node_info.h"

enum { MAX_REASONS = 8, MAX_REASON = 160 };

struct verdict {
	bool   fits;
	bool   final; /* no preemption could help ("unschedulable and unresolvable") */
	size_t n;
	char   reasons[MAX_REASONS][MAX_REASON];
};

/* The pod as it waits: its tree and what was worked out of it. */
struct candidate {
	const struct ek_json  *pod;
	const struct pod_info *info;
};

/* Runs the filters in order; the first one that refuses gives the reasons. */
void filter_node(const struct candidate *c, const struct node_info *n, const struct snapshot *all, struct verdict *ret);

/* 0..100 per score, times the score's weight, summed. feasible: the nodes that passed. */
int64_t score_node(const struct candidate *c, const struct node_info *n, const struct snapshot *all);
