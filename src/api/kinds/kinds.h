/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the kinds' files share: their hooks, a line a hook, in the order of strategies.c. */

#include "check.h"
#include "strategy.h"

#define EK_VALIDATE_HOOK(name)                                                                     \
	void name(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes)

/* ---- pod_defaults.c ---- */
void ek_pod_sync_account(struct ek_json *spec);
void ek_pod_spec_default(struct ek_json *spec);
void ek_pod_default(struct ek_json *pod);
void ek_pod_template_default(struct ek_json *owner); /* spec.template of a workload */
void ek_podtemplate_default(struct ek_json *t);

/* ---- pod.c, pod_gates.c, pod_warn.c ---- */
void ek_pod_prepare_create(struct ek_json *pod);
void ek_pod_prepare_update(struct ek_json *pod, const struct ek_json *old);
int64_t ek_pod_grace(const struct ek_json *pod, int64_t asked_s);
/* Fields of features that are off in v1.32 go, unless the old object has them. */
void ek_pod_spec_drop_disabled(struct ek_json *spec, const struct ek_json *old_spec);
void ek_pod_warn(const struct ek_json *obj, const struct ek_json *old, struct ek_json *warnings);
void ek_workload_warn(const struct ek_json *obj, const struct ek_json *old,
		      struct ek_json *warnings);

/* ---- pod_validate.c, pod_update.c ---- */
EK_VALIDATE_HOOK(ek_pod_validate);
EK_VALIDATE_HOOK(ek_pod_status_validate);
EK_VALIDATE_HOOK(ek_pod_ephemeral_validate);
EK_VALIDATE_HOOK(ek_podtemplate_validate);
void ek_pod_template_metadata_validate(struct ek_check *c, const struct ek_json *template);

/* ---- service.c, service_validate.c ---- */
bool ek_service_is_external(const struct ek_json *spec);
bool ek_service_wants_health_port(const struct ek_json *spec);
void ek_service_default(struct ek_json *svc);
void ek_service_prepare_update(struct ek_json *svc, const struct ek_json *old);
EK_VALIDATE_HOOK(ek_service_validate);
EK_VALIDATE_HOOK(ek_service_status_validate);

/* ---- namespace.c, node.c, endpoints.c ---- */
void ek_namespace_prepare_create(struct ek_json *ns);
void ek_namespace_prepare_update(struct ek_json *ns, const struct ek_json *old);
void ek_namespace_default(struct ek_json *ns);
EK_VALIDATE_HOOK(ek_namespace_validate);
EK_VALIDATE_HOOK(ek_namespace_status_validate);
void ek_node_default(struct ek_json *node);
void ek_node_prepare_create(struct ek_json *node);
void ek_node_prepare_update(struct ek_json *node, const struct ek_json *old);
EK_VALIDATE_HOOK(ek_node_validate);
EK_VALIDATE_HOOK(ek_node_status_validate);
EK_VALIDATE_HOOK(ek_endpoints_validate);
EK_VALIDATE_HOOK(ek_endpointslice_validate);

/* ---- workloads.c, workloads_validate.c ---- */
void ek_deployment_default(struct ek_json *d);
void ek_daemonset_default(struct ek_json *d);
void ek_statefulset_default(struct ek_json *s);
void ek_rc_default(struct ek_json *rc);
EK_VALIDATE_HOOK(ek_deployment_validate);
EK_VALIDATE_HOOK(ek_deployment_status_validate);
EK_VALIDATE_HOOK(ek_replicaset_validate);
EK_VALIDATE_HOOK(ek_replicaset_status_validate);
EK_VALIDATE_HOOK(ek_rc_validate);
EK_VALIDATE_HOOK(ek_daemonset_validate);
EK_VALIDATE_HOOK(ek_statefulset_validate);
EK_VALIDATE_HOOK(ek_statefulset_status_validate);
EK_VALIDATE_HOOK(ek_controllerrevision_validate);

/* ---- config.c ---- */
EK_VALIDATE_HOOK(ek_configmap_validate);
void ek_secret_default(struct ek_json *obj);
EK_VALIDATE_HOOK(ek_secret_validate);
void ek_serviceaccount_prepare_create(struct ek_json *obj);
void ek_serviceaccount_prepare_update(struct ek_json *obj, const struct ek_json *old);

/* ---- storage.c, limits.c ---- */
void ek_pvc_spec_validate(struct ek_check *c, const struct ek_json *spec);
void ek_storage_prepare_create(struct ek_json *obj);
EK_VALIDATE_HOOK(ek_pv_validate);
EK_VALIDATE_HOOK(ek_pvc_validate);
void ek_limitrange_default(struct ek_json *obj);
EK_VALIDATE_HOOK(ek_limitrange_validate);
EK_VALIDATE_HOOK(ek_resourcequota_validate);
EK_VALIDATE_HOOK(ek_resourcequota_status_validate);

/* ---- rbac.c, scheduling.c ---- */
void ek_binding_default(struct ek_json *obj);
EK_VALIDATE_HOOK(ek_role_validate);
EK_VALIDATE_HOOK(ek_clusterrole_validate);
EK_VALIDATE_HOOK(ek_rolebinding_validate);
EK_VALIDATE_HOOK(ek_clusterrolebinding_validate);
EK_VALIDATE_HOOK(ek_priorityclass_validate);
EK_VALIDATE_HOOK(ek_lease_validate);
EK_VALIDATE_HOOK(ek_event_validate);

/* Set when absent. */
void ek_default_str(struct ek_json *obj, const char *key, const char *value);
void ek_default_bool(struct ek_json *obj, const char *key, bool value);
