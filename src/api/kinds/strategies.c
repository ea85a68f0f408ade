/* SPDX-License-Identifier: Apache-2.0 */

/* Every kind with a behaviour of its own, a row a kind. Source: k8s.io/kubernetes/pkg/registry. */

#include "kinds.h"

#include <ekube/str.h>

/* ---- hooks that several rows share ---- */

static void workload_prepare_create(struct ek_json *obj)
{
	ek_pod_spec_drop_disabled(ek_json_at(obj, "spec.template.spec"), NULL);
}

static void workload_prepare_update(struct ek_json *obj, const struct ek_json *old)
{
	ek_pod_spec_drop_disabled(ek_json_at(obj, "spec.template.spec"),
				  ek_json_at(old, "spec.template.spec"));
}

/* ---- the table ---- */

static const struct ek_strategy strategies[] = {
	{ .kind = &ek_kind_pod,
	  .unconditional_update = true,
	  .has_status = true,
	  .default_grace_s = 30,
	  .prepare_create = ek_pod_prepare_create,
	  .prepare_update = ek_pod_prepare_update,
	  .default_ = ek_pod_default,
	  .validate = ek_pod_validate,
	  .validate_status = ek_pod_status_validate,
	  .validate_ephemeral = ek_pod_ephemeral_validate,
	  .warn = ek_pod_warn,
	  .grace = ek_pod_grace },
	{ .kind = &ek_kind_podtemplate,
	  .unconditional_update = true,
	  .default_ = ek_podtemplate_default,
	  .validate = ek_podtemplate_validate },
	{ .kind = &ek_kind_rc,
	  .unconditional_update = true,
	  .has_status = true,
	  .prepare_create = workload_prepare_create,
	  .prepare_update = workload_prepare_update,
	  .default_ = ek_rc_default,
	  .validate = ek_rc_validate,
	  .validate_status = ek_replicaset_status_validate,
	  .warn = ek_workload_warn },
	{ .kind = &ek_kind_node,
	  .unconditional_update = true,
	  .has_status = true,
	  .prepare_create = ek_node_prepare_create,
	  .prepare_update = ek_node_prepare_update,
	  .default_ = ek_node_default,
	  .validate = ek_node_validate,
	  .validate_status = ek_node_status_validate },
	{ .kind = &ek_kind_namespace,
	  .name_check = ek_name_dns1123_label,
	  .unconditional_update = true,
	  .has_status = true,
	  .prepare_create = ek_namespace_prepare_create,
	  .prepare_update = ek_namespace_prepare_update,
	  .default_ = ek_namespace_default,
	  .validate = ek_namespace_validate,
	  .validate_status = ek_namespace_status_validate },
	{ .kind = &ek_kind_service,
	  .name_check = ek_name_dns1035_label,
	  .allow_create_on_update = true,
	  .unconditional_update = true,
	  .has_status = true,
	  .prepare_update = ek_service_prepare_update,
	  .default_ = ek_service_default,
	  .validate = ek_service_validate,
	  .validate_status = ek_service_status_validate },
	{ .kind = &ek_kind_endpoints,
	  .allow_create_on_update = true,
	  .unconditional_update = true,
	  .validate = ek_endpoints_validate },
	{ .kind = &ek_kind_configmap,
	  .unconditional_update = true,
	  .validate = ek_configmap_validate },
	{ .kind = &ek_kind_secret,
	  .unconditional_update = true,
	  .default_ = ek_secret_default,
	  .validate = ek_secret_validate },
	{ .kind = &ek_kind_serviceaccount,
	  .unconditional_update = true,
	  .prepare_create = ek_serviceaccount_prepare_create,
	  .prepare_update = ek_serviceaccount_prepare_update },
	{ .kind = &ek_kind_event,
	  .allow_create_on_update = true,
	  .unconditional_update = true,
	  .validate = ek_event_validate },
	{ .kind = &ek_kind_pv,
	  .unconditional_update = true,
	  .has_status = true,
	  .prepare_create = ek_storage_prepare_create,
	  .validate = ek_pv_validate },
	{ .kind = &ek_kind_pvc,
	  .unconditional_update = true,
	  .has_status = true,
	  .prepare_create = ek_storage_prepare_create,
	  .validate = ek_pvc_validate },
	{ .kind = &ek_kind_limitrange,
	  .allow_create_on_update = true,
	  .unconditional_update = true,
	  .default_ = ek_limitrange_default,
	  .validate = ek_limitrange_validate },
	{ .kind = &ek_kind_resourcequota,
	  .unconditional_update = true,
	  .has_status = true,
	  .validate = ek_resourcequota_validate,
	  .validate_status = ek_resourcequota_status_validate },
	{ .kind = &ek_kind_deployment,
	  .unconditional_update = true,
	  .has_status = true,
	  .prepare_create = workload_prepare_create,
	  .prepare_update = workload_prepare_update,
	  .default_ = ek_deployment_default,
	  .validate = ek_deployment_validate,
	  .validate_status = ek_deployment_status_validate,
	  .warn = ek_workload_warn },
	{ .kind = &ek_kind_replicaset,
	  .unconditional_update = true,
	  .has_status = true,
	  .prepare_create = workload_prepare_create,
	  .prepare_update = workload_prepare_update,
	  .default_ = ek_pod_template_default,
	  .validate = ek_replicaset_validate,
	  .validate_status = ek_replicaset_status_validate,
	  .warn = ek_workload_warn },
	{ .kind = &ek_kind_statefulset,
	  .name_check = ek_name_dns1123_label,
	  .unconditional_update = true,
	  .has_status = true,
	  .prepare_create = workload_prepare_create,
	  .prepare_update = workload_prepare_update,
	  .default_ = ek_statefulset_default,
	  .validate = ek_statefulset_validate,
	  .validate_status = ek_statefulset_status_validate,
	  .warn = ek_workload_warn },
	{ .kind = &ek_kind_daemonset,
	  .unconditional_update = true,
	  .has_status = true,
	  .prepare_create = workload_prepare_create,
	  .prepare_update = workload_prepare_update,
	  .default_ = ek_daemonset_default,
	  .validate = ek_daemonset_validate,
	  .warn = ek_workload_warn },
	{ .kind = &ek_kind_controllerrevision,
	  .unconditional_update = true,
	  .validate = ek_controllerrevision_validate },
	{ .kind = &ek_kind_lease, .allow_create_on_update = true, .validate = ek_lease_validate },
	{ .kind = &ek_kind_endpointslice,
	  .unconditional_update = true,
	  .validate = ek_endpointslice_validate },
	{ .kind = &ek_kind_role,
	  .name_check = ek_name_path_segment,
	  .allow_create_on_update = true,
	  .unconditional_update = true,
	  .validate = ek_role_validate },
	{ .kind = &ek_kind_clusterrole,
	  .name_check = ek_name_path_segment,
	  .allow_create_on_update = true,
	  .unconditional_update = true,
	  .validate = ek_clusterrole_validate },
	{ .kind = &ek_kind_rolebinding,
	  .name_check = ek_name_path_segment,
	  .allow_create_on_update = true,
	  .unconditional_update = true,
	  .default_ = ek_binding_default,
	  .validate = ek_rolebinding_validate },
	{ .kind = &ek_kind_clusterrolebinding,
	  .name_check = ek_name_path_segment,
	  .allow_create_on_update = true,
	  .unconditional_update = true,
	  .default_ = ek_binding_default,
	  .validate = ek_clusterrolebinding_validate },
	{ .kind = &ek_kind_priorityclass,
	  .unconditional_update = true,
	  .validate = ek_priorityclass_validate },
};

const struct ek_strategy *ek_strategy_of(const struct ek_kind *kind)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(strategies); i++)
		if (strategies[i].kind == kind)
			return &strategies[i];
	return NULL;
}

void ek_default_str(struct ek_json *obj, const char *key, const char *value)
{
	if (ek_str_empty(ek_json_str(ek_json_get(obj, key))))
		ek_json_set_str(obj, key, value);
}

void ek_default_bool(struct ek_json *obj, const char *key, bool value)
{
	if (ek_json_is_null(ek_json_get(obj, key)))
		ek_json_set_bool(obj, key, value);
}
