/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* PodStatus as a kubelet writes it: a pure function of what is seen and of the status before. */

#include "view.h"

/*
 * A new value. Conditions hold those that the node owns, and then those of others as the pod object has
 * them. Times of transitions and startTime are taken over from old_status.
 */
struct ek_json *ek_pod_status_make(const struct ek_pod_view *p);

/*
 * The strategic merge patch {"metadata":{"uid"},"status":{...}} that turns what the API has (`have`, the
 * status there) into `want`; NULL when nothing that the node owns differs.
 */
struct ek_json *ek_pod_status_patch(const struct ek_json *pod, const struct ek_json *have,
				    const struct ek_json *want);

/* Is a condition of this type the node's to write? */
bool ek_pod_status_owns(const char *condition);
