/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Rules about other pods: affinity and anti-affinity between pods, and spreading over topology domains. */

#include "filters.h"

void    filter_pod_affinity(const struct candidate *c, const struct node_info *n, const struct snapshot *all,
			    struct verdict *v);
void    filter_spread(const struct candidate *c, const struct node_info *n, const struct snapshot *all,
		      struct verdict *v);
int64_t score_pod_affinity(const struct candidate *c, const struct node_info *n, const struct snapshot *all);
int64_t score_spread(const struct candidate *c, const struct node_info *n, const struct snapshot *all);

/* For filters beside filters.c. */
void verdict_refuse(struct verdict *v, bool final, const char *reason);
