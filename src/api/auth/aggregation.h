/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ClusterRoles with an aggregationRule: their rules are those of the roles that it selects, and are
 * written into the object, so that everybody sees what they grant.
 */

#include "core.h"

struct ek_aggregation *ek_aggregation_new(struct ek_registry *r);
void                   ek_aggregation_free(struct ek_aggregation *a);
/* A ClusterRole changed: look again at the end of this turn. */
void                   ek_aggregation_wanted(struct ek_aggregation *a);
/* Calls back when nothing is left to write. */
void                   ek_aggregation_settle(struct ek_aggregation *a, void (*cb)(void *arg), void *arg);
