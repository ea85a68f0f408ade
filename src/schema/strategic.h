/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Strategic merge, between its two files: maps in strategic.c, lists in strategic_list.c. */

#include "type.h"

/*
 * Merge `patch` into *original, both owned by the caller alone. t NULL: nothing is known of the
 * members, objects merge as in RFC 7386 and lists are replaced. *original may be exchanged.
 */
int ek_smp_merge_map(const struct ek_type *t, struct ek_json **original, struct ek_json *patch,
		     struct ek_err *err);

/* How one list merges. */
struct ek_smp_list {
	const struct ek_type *elem;      /* of its elements; NULL when they are no objects of a known type */
	const char           *merge_key; /* "" for scalars */
	bool                  merges;    /* patchStrategy=merge; else it is replaced */
};

/* A new array: `patch` merged into `original`, or its elements deleted from it (is_delete). */
int ek_smp_merge_list(const struct ek_smp_list *how, const struct ek_json *original, const struct ek_json *patch,
		      bool is_delete, struct ek_json **ret, struct ek_err *err);

/*
 * What "$setElementOrder/x" wants: the elements of x (original and patch, either NULL when absent)
 * in that order. *ret stays NULL when there is nothing to order.
 */
int ek_smp_order_list(const struct ek_smp_list *how, const struct ek_json *original, struct ek_json *patch,
		      const struct ek_json *order, struct ek_json **ret, struct ek_err *err);

/* Drop the maps that carry "$patch". False when v itself is one. */
bool ek_smp_remove_directives(struct ek_json *v);

/* ---- the words of k8s.io/apimachinery/pkg/util/mergepatch ---- */
int ek_smp_bad_type(const char *expected, const struct ek_json *actual, struct ek_err *err);
int ek_smp_no_merge_key(const struct ek_json *map, const char *key, struct ek_err *err);
int ek_smp_bad_directive(const struct ek_json *directive, const struct ek_json *map, struct ek_err *err);
