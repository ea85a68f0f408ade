/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Controllers that look at every kind there is. */

#include "runtime.h"

bool kind_is_served(const struct ek_kind *kind);
/* Kept, listed and watched under its own name. */
bool kind_is_kept(const struct ek_kind *kind);
/*
 * Rows for the metadata of all kept kinds but events: they come in crowds, own nothing and time out by themselves.
 * Malloc'd.
 */
struct watch_row *kinds_watch_rows(void (*map)(struct running *r, struct ek_object *before,
					       struct ek_object *after),
				   bool namespaced_only);
/* The kind that apiVersion and kind name; NULL when it is not served. */
const struct ek_kind *kind_of_reference(const char *api_version, const char *kind);
