/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What controllers ask of pods, and how they make them. Pure. */

#include "plan.h"
#include "snapshot.h"

bool pod_is_over(const struct ek_json *pod);   /* Succeeded or Failed */
bool pod_is_active(const struct ek_json *pod); /* neither over nor being deleted */
bool pod_is_ready(const struct ek_json *pod);
/*
 * Ready for at least min_ready_s; *ret_again_us, when not yet, says how long that still takes (else
 * untouched).
 */
bool pod_is_available(const struct ek_json *pod, int64_t min_ready_s, int64_t now_us,
		      int64_t *ret_again_us);

int64_t object_time_us(const struct ek_json *obj, const char *path); /* 0 when absent */

/* A new pod from owner's spec.template, controlled by owner. */
struct ek_json *pod_from_template(const struct ek_kind *owner_kind, const struct ek_json *owner);

/*
 * Which pods a scale-down takes first: sorts so that the first are the ones to delete
 * (ActivePodsWithRanks of pkg/controller). related: pods on whose nodes others should rather go.
 */
void pods_sort_for_deletion(struct ek_json **pods, size_t n, const struct objects *related,
			    int64_t now_us);
