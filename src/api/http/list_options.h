/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* metav1.ListOptions in a query: what lists and watches have in common. Strings are the query's. */

#include "handlers.h"

struct list_options {
	const char       *label_selector, *field_selector, *continue_token;
	int64_t           rev;       /* -1: not given */
	enum ek_rev_match rev_match;
	size_t            limit;
	int64_t           timeout_s;
	bool              bookmarks, initial_events;
};

/* Also what the client accepts, into rq->enc. False: the request was answered. */
bool list_options_read(struct request *rq, struct list_options *ret);
