/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Objects that must be there: made when missing, changed when they are not what they should be. */

#include "core.h"

struct ek_ensure {
	struct ek_registry *r;
	struct ensure_item *items;
	size_t              left;  /* writes not yet answered */
	struct ek_err       err;   /* the first failure */
	void (*idle)(struct ek_ensure *e); /* left came to 0 */
};

/*
 * wanted is owned. update(have, wanted) changes an editable copy of what is there and tells whether
 * anything is different; NULL: what is there stays as it is.
 */
void ek_ensure_object(struct ek_ensure *e, const struct ek_kind *k, struct ek_json *take_wanted,
		      bool (*update)(struct ek_json *have, const struct ek_json *wanted));
/* Forgets what was answered, and the answers of the rest. */
void ek_ensure_clear(struct ek_ensure *e);
/* The pos-th default role or binding; false past the last. */
bool ek_ensure_rbac(struct ek_ensure *e, size_t pos);
