/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* metav1.ListOptions in a query. Strings are the query's. */

#include "http/query.h"
#include "registry.h"

struct list_options {
	const char       *label_selector, *field_selector, *continue_token;
	int64_t           rev;       /* -1: not given */
	enum ek_rev_match rev_match;
	size_t            limit;
	int64_t           timeout_s;
	bool              bookmarks, initial_events;
};

int list_options_read(const struct query *q, struct list_options *ret, struct ek_err *err);
