/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The controllers there are, and their decisions for the tests. */

#include "runtime.h"

extern const struct controller replicaset_controller, replication_controller, deployment_controller,
	serviceaccount_controller, root_ca_controller, endpoints_controller,
	endpointslice_controller, namespace_controller, garbage_collector,
	node_lifecycle_controller, taint_eviction_controller, pod_gc_controller;

int deployment_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err);
int replicaset_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err);
int serviceaccount_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err);
int root_ca_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err);
int endpoints_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err);
int endpointslice_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err);
int namespace_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err);
int garbage_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err);
int node_lifecycle_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err);
int taint_eviction_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err);
int pod_gc_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err);
