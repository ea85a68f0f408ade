/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Who controls what: claiming objects by selector and controller reference. Pure. */

#include "plan.h"
#include "snapshot.h"

/*
 * Of `all`, those that owner controls after this pass: its own that match stay, its own that do not
 * match are released, orphans that match are adopted (with a check before that the owner is still
 * there). Writes go into the plan, a step before what follows. *ret borrows from `all`; free its
 * items.
 */
void refs_claim(const struct ek_kind *owner_kind, const struct ek_json *owner,
		const struct ek_selector *selector, const struct ek_kind *kind,
		const struct objects *all, struct plan *p, struct objects *ret);

/* The selector of a workload: a LabelSelector, or the plain map of a ReplicationController. */
int refs_selector(const struct ek_kind *kind, const struct ek_json *obj, struct ek_selector **ret,
		  struct ek_err *err);
