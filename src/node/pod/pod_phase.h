/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Parts of pod_status.c: what follows from the statuses of the containers in `status`. */

#include "view.h"

/* "Pending", "Running", "Succeeded", "Failed"; static. */
const char *ek_pod_phase(const struct ek_pod_view *p, const struct ek_json *status);
/* Is there evidence that init containers had come to their end once? */
bool ek_pod_was_initialized(const struct ek_pod_view *p, const struct ek_json *status);
/* Sets status.conditions; phase is there already. */
void ek_pod_conditions_put(const struct ek_pod_view *p, struct ek_json *status);
