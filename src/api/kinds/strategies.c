/* SPDX-License-Identifier: Apache-2.0 */

/* Every kind with a behaviour of its own, a row a kind. Source: the strategies in k8s.io/kubernetes/pkg/registry. */

#include "kinds.h"

#include <ekube/str.h>

static const struct ek_strategy strategies[] = {
	{ .kind = &ek_kind_pod, .unconditional_update = true, .has_status = true, .default_grace_s = 30,
	  .prepare_create = pod_prepare_create, .prepare_update = pod_prepare_update, .default_ = pod_default,
	  .grace = pod_grace },
	{ .kind = &ek_kind_podtemplate, .unconditional_update = true },
	{ .kind = &ek_kind_rc, .unconditional_update = true, .has_status = true, .default_ = rc_default },
	{ .kind = &ek_kind_node, .unconditional_update = true, .has_status = true },
	{ .kind = &ek_kind_namespace, .name_check = ek_name_dns1123_label, .unconditional_update = true, .has_status = true,
	  .prepare_create = namespace_prepare_create, .prepare_update = namespace_prepare_update,
	  .default_ = namespace_default },
	{ .kind = &ek_kind_service, .name_check = ek_name_dns1035_label, .allow_create_on_update = true,
	  .unconditional_update = true, .has_status = true, .default_ = service_default, .validate = service_validate },
	{ .kind = &ek_kind_endpoints, .allow_create_on_update = true, .unconditional_update = true },
	{ .kind = &ek_kind_configmap, .unconditional_update = true, .validate = configmap_validate },
	{ .kind = &ek_kind_secret, .unconditional_update = true, .default_ = secret_default, .validate = secret_validate },
	{ .kind = &ek_kind_serviceaccount, .unconditional_update = true },
	{ .kind = &ek_kind_event, .allow_create_on_update = true, .unconditional_update = true },
	{ .kind = &ek_kind_pv, .unconditional_update = true, .has_status = true },
	{ .kind = &ek_kind_pvc, .unconditional_update = true, .has_status = true },
	{ .kind = &ek_kind_limitrange, .allow_create_on_update = true, .unconditional_update = true },
	{ .kind = &ek_kind_resourcequota, .unconditional_update = true, .has_status = true },
	{ .kind = &ek_kind_deployment, .unconditional_update = true, .has_status = true, .default_ = deployment_default,
	  .validate = deployment_validate },
	{ .kind = &ek_kind_replicaset, .unconditional_update = true, .has_status = true,
	  .default_ = pod_template_default, .validate = workload_validate },
	{ .kind = &ek_kind_statefulset, .unconditional_update = true, .has_status = true },
	{ .kind = &ek_kind_daemonset, .unconditional_update = true, .has_status = true },
	{ .kind = &ek_kind_lease, .allow_create_on_update = true },
	{ .kind = &ek_kind_endpointslice, .unconditional_update = true },
	{ .kind = &ek_kind_role, .name_check = ek_name_path_segment, .allow_create_on_update = true,
	  .unconditional_update = true },
	{ .kind = &ek_kind_clusterrole, .name_check = ek_name_path_segment, .allow_create_on_update = true,
	  .unconditional_update = true },
	{ .kind = &ek_kind_rolebinding, .name_check = ek_name_path_segment, .allow_create_on_update = true,
	  .unconditional_update = true, .default_ = binding_default, .validate = binding_validate },
	{ .kind = &ek_kind_clusterrolebinding, .name_check = ek_name_path_segment, .allow_create_on_update = true,
	  .unconditional_update = true, .default_ = binding_default, .validate = binding_validate },
	{ .kind = &ek_kind_priorityclass, .unconditional_update = true },
};

const struct ek_strategy *ek_strategy_of(const struct ek_kind *kind)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(strategies); i++)
		if (strategies[i].kind == kind)
			return &strategies[i];
	return NULL;
}

void default_str(struct ek_json *obj, const char *key, const char *value)
{
	if (ek_str_empty(ek_json_str(ek_json_get(obj, key))))
		ek_json_set_str(obj, key, value);
}

void default_int(struct ek_json *obj, const char *key, int64_t value)
{
	if (ek_json_is_null(ek_json_get(obj, key)))
		ek_json_set_int(obj, key, value);
}

void default_bool(struct ek_json *obj, const char *key, bool value)
{
	if (ek_json_is_null(ek_json_get(obj, key)))
		ek_json_set_bool(obj, key, value);
}
