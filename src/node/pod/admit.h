/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * May a pod that was bound to this node run on it? Whoever names the node in a pod goes past the scheduler, and a
 * node may have changed since. The rules and words of a kubelet; a pure function.
 *
 * Cluster-wide resources that a node does not know are somebody else's to count, as upstream.
 */

#include <ekube/json.h>

struct ek_node_admit {
	const struct ek_json        *pod;
	const struct ek_json        *node;        /* its labels and taints count */
	const struct ek_json        *allocatable;
	const struct ek_json *const *others;      /* pods that are here and not over */
	size_t                       n_others;
};

struct ek_node_refusal {
	char reason[128];  /* "OutOfcpu", "NodeAffinity", "SysctlForbidden", ... */
	char message[512];
};

/* False: refused. */
bool ek_node_admit(const struct ek_node_admit *in, struct ek_node_refusal *ret);
