/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The probes of one running container: startup first, then liveness and readiness. Timers run only while the
 * container does.
 */

#include "container.h"

/*
 * The container of the slot runs: begin. For one that ekube meets again the API knows what it was: what had
 * started need not start again, and what was ready stays so until a probe says otherwise.
 */
void ek_probes_start(struct ek_slot *s, bool known_started, bool known_ready);
void ek_probes_stop(struct ek_slot *s);    /* harmless when there are none */
void ek_probes_leave_ready(struct ek_slot *s); /* the pod ends: only readiness goes on */

/* Verdicts; of a slot without probes all is well. */
bool ek_probes_started(const struct ek_slot *s);
bool ek_probes_ready(const struct ek_slot *s);
bool ek_probes_liveness_failed(const struct ek_slot *s);
bool ek_probes_startup_failed(const struct ek_slot *s);

/* ---- the rule of thresholds; pure ---- */
struct ek_probe_count {
	int  success_threshold, failure_threshold;
	int  successes, failures; /* in a row */
	bool good;                /* the verdict so far */
};
/* One more result; true when the verdict changed or was made for the first time. */
bool ek_probe_count(struct ek_probe_count *c, bool success);
