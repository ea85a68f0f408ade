/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Questions about a Pod object, answered from the object alone. */

#include "view.h"

/* Containers of all kinds, init containers first, then main, then ephemeral ones; borrowed. NULL past the end. */
const struct ek_json *ek_podspec_container(const struct ek_json *pod, size_t i, enum ek_ctr_role *ret_role);
/* By name, of any kind; NULL when there is none. */
const struct ek_json *ek_podspec_find(const struct ek_json *pod, const char *name);
/* "spec.containers{web}": an event's involvedObject.fieldPath. */
char *ek_podspec_field_path(const struct ek_json *pod, const char *container);
/* "name_namespace(uid)": a pod in messages. */
char *ek_podspec_label(const struct ek_json *pod);

/* "Guaranteed", "Burstable", "BestEffort" */
const char *ek_podspec_qos(const struct ek_json *pod);

bool        ek_podspec_host_network(const struct ek_json *pod);
const char *ek_podspec_policy(const struct ek_json *pod);      /* restartPolicy, "Always" when absent */
bool        ek_podspec_is_finished(const struct ek_json *pod); /* status.phase is Succeeded or Failed */
/* "kernel/shmmax" is "kernel.shmmax"; malloc'd. */
char       *ek_podspec_sysctl_name(const char *name);
int64_t     ek_podspec_grace(const struct ek_json *pod);       /* deletion's, else spec's, else 30 s */

/*
 * What the scheduler counts for a pod: the larger of all main containers and sidecars together and of the
 * largest init container with the sidecars before it, and overhead. Milli-CPUs and bytes.
 */
struct ek_pod_amount {
	int64_t cpu_milli, memory;
};
struct ek_pod_amount ek_podspec_requests(const struct ek_json *pod);
/* Of any resource; "cpu" in milli. */
int64_t ek_podspec_request(const struct ek_json *pod, const char *resource);
/* The same of limits; -1 where a container has none. */
struct ek_pod_amount ek_podspec_limits(const struct ek_json *pod);
