/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field sysctl_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "value", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2 },
};
static EK_TYPE(sysctl_type, "io.k8s.api.core.v1.Sysctl", NULL, sysctl_rows);

static const struct ek_field pod_security_context_rows[] = {
	{ "seLinuxOptions", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1,
	  .of = &ek_type_se_linux_options },
	{ "windowsOptions", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8,
	  .of = &ek_type_windows_security_context_options },
	{ "runAsUser", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 2, .max = INT32_MAX },
	{ "runAsGroup", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 6, .max = INT32_MAX },
	{ "runAsNonRoot", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 3 },
	{ "supplementalGroups", EK_F_INT64, EK_LIST, EK_ATOMIC, .pb = 4, .max = INT32_MAX },
	{ "supplementalGroupsPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 12,
	  .go = "v1.SupplementalGroupsPolicy", .one_of = EK_ONE_OF("Merge", "Strict") },
	{ "fsGroup", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 5, .max = INT32_MAX },
	{ "sysctls", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 7, .of = &sysctl_type },
	{ "fsGroupChangePolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 9,
	  .go = "v1.PodFSGroupChangePolicy", .one_of = EK_ONE_OF("Always", "OnRootMismatch") },
	{ "seccompProfile", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10,
	  .of = &ek_type_seccomp_profile },
	{ "appArmorProfile", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11,
	  .of = &ek_type_app_armor_profile },
	{ "seLinuxChangePolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 13,
	  .go = "v1.PodSELinuxChangePolicy" },
};
static EK_TYPE(pod_security_context_type, "io.k8s.api.core.v1.PodSecurityContext", NULL,
	       pod_security_context_rows);

static const struct ek_field host_alias_rows[] = {
	{ "ip", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
	{ "hostnames", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2 },
};
static EK_TYPE(host_alias_type, "io.k8s.api.core.v1.HostAlias", NULL, host_alias_rows);

static const struct ek_field pod_dns_config_option_rows[] = {
	{ "name", EK_F_STR, .pb = 1 },
	{ "value", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2 },
};
static EK_TYPE(pod_dns_config_option_type, "io.k8s.api.core.v1.PodDNSConfigOption", NULL,
	       pod_dns_config_option_rows);

static const struct ek_field pod_dns_config_rows[] = {
	{ "nameservers", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 1 },
	{ "searches", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2 },
	{ "options", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 3, .of = &pod_dns_config_option_type },
};
static EK_TYPE(pod_dns_config_type, "io.k8s.api.core.v1.PodDNSConfig", NULL, pod_dns_config_rows);

static const struct ek_field pod_readiness_gate_rows[] = {
	{ "conditionType", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.PodConditionType",
	  .check = ek_name_qualified },
};
static EK_TYPE(pod_readiness_gate_type, "io.k8s.api.core.v1.PodReadinessGate", NULL,
	       pod_readiness_gate_rows);

static const struct ek_field pod_os_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.OSName",
	  .one_of = EK_ONE_OF("linux", "windows") },
};
static EK_TYPE(pod_os_type, "io.k8s.api.core.v1.PodOS", NULL, pod_os_rows);

static const struct ek_field pod_scheduling_gate_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
};
static EK_TYPE(pod_scheduling_gate_type, "io.k8s.api.core.v1.PodSchedulingGate", NULL,
	       pod_scheduling_gate_rows);

static const struct ek_field pod_resource_claim_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
	{ "resourceClaimName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 3 },
	{ "resourceClaimTemplateName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4 },
};
static EK_TYPE(pod_resource_claim_type, "io.k8s.api.core.v1.PodResourceClaim", NULL,
	       pod_resource_claim_rows);

static const struct ek_field pod_spec_rows[] = {
	{ "volumes", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE | EK_PATCH_RETAIN, .pb = 1,
	  .of = &ek_type_volume, .list_keys = "name", .merge_key = "name" },
	{ "initContainers", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 20,
	  .of = &ek_type_container, .list_keys = "name", .merge_key = "name" },
	{ "containers", EK_F_OBJ, EK_LIST, EK_KEEP | EK_LIST_MAP | EK_PATCH_MERGE | EK_REQUIRED,
	  .pb = 2, .of = &ek_type_container, .list_keys = "name", .merge_key = "name" },
	{ "ephemeralContainers", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 34,
	  .of = &ek_type_ephemeral_container, .list_keys = "name", .merge_key = "name" },
	{ "restartPolicy", EK_F_STR, .pb = 3, .go = "v1.RestartPolicy", .dflt = "\"Always\"",
	  .one_of = EK_ONE_OF("Always", "OnFailure", "Never") },
	{ "terminationGracePeriodSeconds", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 4, .dflt = "30" },
	{ "activeDeadlineSeconds", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 5, .min = 1,
	  .max = INT32_MAX },
	{ "dnsPolicy", EK_F_STR, .pb = 6, .go = "v1.DNSPolicy", .dflt = "\"ClusterFirst\"",
	  .one_of = EK_ONE_OF("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None") },
	{ "nodeSelector", EK_F_STR, EK_MAP, EK_ATOMIC, .pb = 7 },
	{ "serviceAccountName", EK_F_STR, .pb = 8, .check = ek_name_dns1123_subdomain },
	{ "serviceAccount", EK_F_STR, EK_ONE, EK_DEPRECATED, .pb = 9 },
	{ "automountServiceAccountToken", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 21 },
	{ "nodeName", EK_F_STR, .pb = 10, .check = ek_name_dns1123_subdomain },
	{ "hostNetwork", EK_F_BOOL, .pb = 11 },
	{ "hostPID", EK_F_BOOL, .pb = 12 },
	{ "hostIPC", EK_F_BOOL, .pb = 13 },
	{ "shareProcessNamespace", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 27 },
	{ "securityContext", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 14,
	  .of = &pod_security_context_type, .dflt = "{}" },
	{ "imagePullSecrets", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 15,
	  .of = &ek_type_local_object_reference, .list_keys = "name", .merge_key = "name" },
	{ "hostname", EK_F_STR, .pb = 16, .check = ek_name_dns1123_label },
	{ "subdomain", EK_F_STR, .pb = 17, .check = ek_name_dns1123_label },
	{ "affinity", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 18, .of = &ek_type_affinity },
	{ "schedulerName", EK_F_STR, .pb = 19, .dflt = "\"default-scheduler\"" },
	{ "tolerations", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 22, .of = &ek_type_toleration },
	{ "hostAliases", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 23,
	  .of = &host_alias_type, .list_keys = "ip", .merge_key = "ip" },
	{ "priorityClassName", EK_F_STR, .pb = 24, .check = ek_name_dns1123_subdomain },
	{ "priority", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 25 },
	{ "dnsConfig", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 26, .of = &pod_dns_config_type },
	{ "readinessGates", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 28,
	  .of = &pod_readiness_gate_type },
	{ "runtimeClassName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 29,
	  .check = ek_name_dns1123_subdomain },
	{ "enableServiceLinks", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 30 },
	{ "preemptionPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 31, .go = "v1.PreemptionPolicy",
	  .one_of = EK_ONE_OF("PreemptLowerPriority", "Never") },
	{ "overhead", EK_F_QUANTITY, EK_MAP, .pb = 32 },
	{ "topologySpreadConstraints", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 33,
	  .of = &ek_type_topology_spread_constraint, .list_keys = "topologyKey,whenUnsatisfiable",
	  .merge_key = "topologyKey" },
	{ "setHostnameAsFQDN", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 35 },
	{ "os", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 36, .of = &pod_os_type },
	{ "hostUsers", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 37 },
	{ "schedulingGates", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 38,
	  .of = &pod_scheduling_gate_type, .list_keys = "name", .merge_key = "name" },
	{ "resourceClaims", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE | EK_PATCH_RETAIN,
	  .pb = 39, .of = &pod_resource_claim_type, .list_keys = "name", .merge_key = "name" },
	{ "resources", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 40,
	  .of = &ek_type_resource_requirements },
};
static EK_TYPE(pod_spec_type, "io.k8s.api.core.v1.PodSpec", NULL, pod_spec_rows);

static const struct ek_field pod_condition_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.PodConditionType" },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ConditionStatus" },
	{ "lastProbeTime", EK_F_TIME, .pb = 3 },
	{ "lastTransitionTime", EK_F_TIME, .pb = 4 },
	{ "reason", EK_F_STR, .pb = 5 },
	{ "message", EK_F_STR, .pb = 6 },
};
static EK_TYPE(pod_condition_type, "io.k8s.api.core.v1.PodCondition", NULL, pod_condition_rows);

static const struct ek_field host_ip_rows[] = {
	{ "ip", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
};
static EK_TYPE(host_ip_type, "io.k8s.api.core.v1.HostIP", NULL, host_ip_rows);

static const struct ek_field pod_ip_rows[] = {
	{ "ip", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
};
static EK_TYPE(pod_ip_type, "io.k8s.api.core.v1.PodIP", NULL, pod_ip_rows);

static const struct ek_field container_state_waiting_rows[] = {
	{ "reason", EK_F_STR, .pb = 1 },
	{ "message", EK_F_STR, .pb = 2 },
};
static EK_TYPE(container_state_waiting_type, "io.k8s.api.core.v1.ContainerStateWaiting", NULL,
	       container_state_waiting_rows);

static const struct ek_field container_state_running_rows[] = {
	{ "startedAt", EK_F_TIME, .pb = 1 },
};
static EK_TYPE(container_state_running_type, "io.k8s.api.core.v1.ContainerStateRunning", NULL,
	       container_state_running_rows);

static const struct ek_field container_state_terminated_rows[] = {
	{ "exitCode", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1 },
	{ "signal", EK_F_INT32, .pb = 2 },
	{ "reason", EK_F_STR, .pb = 3 },
	{ "message", EK_F_STR, .pb = 4 },
	{ "startedAt", EK_F_TIME, .pb = 5 },
	{ "finishedAt", EK_F_TIME, .pb = 6 },
	{ "containerID", EK_F_STR, .pb = 7 },
};
static EK_TYPE(container_state_terminated_type, "io.k8s.api.core.v1.ContainerStateTerminated", NULL,
	       container_state_terminated_rows);

static const struct ek_field container_state_rows[] = {
	{ "waiting", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &container_state_waiting_type },
	{ "running", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &container_state_running_type },
	{ "terminated", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3,
	  .of = &container_state_terminated_type },
};
static EK_TYPE(container_state_type, "io.k8s.api.core.v1.ContainerState", NULL,
	       container_state_rows);

static const struct ek_field volume_mount_status_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
	{ "mountPath", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2 },
	{ "readOnly", EK_F_BOOL, .pb = 3 },
	{ "recursiveReadOnly", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4,
	  .go = "v1.RecursiveReadOnlyMode" },
};
static EK_TYPE(volume_mount_status_type, "io.k8s.api.core.v1.VolumeMountStatus", NULL,
	       volume_mount_status_rows);

static const struct ek_field linux_container_user_rows[] = {
	{ "uid", EK_F_INT64, EK_ONE, EK_KEEP, .pb = 1 },
	{ "gid", EK_F_INT64, EK_ONE, EK_KEEP, .pb = 2 },
	{ "supplementalGroups", EK_F_INT64, EK_LIST, EK_ATOMIC, .pb = 3 },
};
static EK_TYPE(linux_container_user_type, "io.k8s.api.core.v1.LinuxContainerUser", NULL,
	       linux_container_user_rows);

static const struct ek_field container_user_rows[] = {
	{ "linux", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &linux_container_user_type },
};
static EK_TYPE(container_user_type, "io.k8s.api.core.v1.ContainerUser", NULL, container_user_rows);

static const struct ek_field resource_health_rows[] = {
	{ "resourceID", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.ResourceID" },
	{ "health", EK_F_STR, .pb = 2, .go = "v1.ResourceHealthStatus" },
};
static EK_TYPE(resource_health_type, "io.k8s.api.core.v1.ResourceHealth", NULL,
	       resource_health_rows);

static const struct ek_field resource_status_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.ResourceName" },
	{ "resources", EK_F_OBJ, EK_LIST, EK_LIST_MAP, .pb = 2, .of = &resource_health_type,
	  .list_keys = "resourceID" },
};
static EK_TYPE(resource_status_type, "io.k8s.api.core.v1.ResourceStatus", NULL,
	       resource_status_rows);

static const struct ek_field container_status_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
	{ "state", EK_F_OBJ, .pb = 2, .of = &container_state_type },
	{ "lastState", EK_F_OBJ, .pb = 3, .of = &container_state_type },
	{ "ready", EK_F_BOOL, EK_ONE, EK_KEEP, .pb = 4 },
	{ "restartCount", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 5 },
	{ "image", EK_F_STR, EK_ONE, EK_KEEP, .pb = 6 },
	{ "imageID", EK_F_STR, EK_ONE, EK_KEEP, .pb = 7 },
	{ "containerID", EK_F_STR, .pb = 8 },
	{ "started", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 9 },
	{ "allocatedResources", EK_F_QUANTITY, EK_MAP, .pb = 10 },
	{ "resources", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11,
	  .of = &ek_type_resource_requirements },
	{ "volumeMounts", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 12,
	  .of = &volume_mount_status_type, .list_keys = "mountPath", .merge_key = "mountPath" },
	{ "user", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 13, .of = &container_user_type },
	{ "allocatedResourcesStatus", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 14,
	  .of = &resource_status_type, .list_keys = "name", .merge_key = "name" },
};
static EK_TYPE(container_status_type, "io.k8s.api.core.v1.ContainerStatus", NULL,
	       container_status_rows);

static const struct ek_field pod_resource_claim_status_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
	{ "resourceClaimName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2 },
};
static EK_TYPE(pod_resource_claim_status_type, "io.k8s.api.core.v1.PodResourceClaimStatus", NULL,
	       pod_resource_claim_status_rows);

static const struct ek_field pod_status_rows[] = {
	{ "phase", EK_F_STR, .pb = 1, .go = "v1.PodPhase" },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 2,
	  .of = &pod_condition_type, .list_keys = "type", .merge_key = "type" },
	{ "message", EK_F_STR, .pb = 3 },
	{ "reason", EK_F_STR, .pb = 4 },
	{ "nominatedNodeName", EK_F_STR, .pb = 11 },
	{ "hostIP", EK_F_STR, .pb = 5 },
	{ "hostIPs", EK_F_OBJ, EK_LIST, EK_ATOMIC | EK_PATCH_MERGE, .pb = 16, .of = &host_ip_type,
	  .merge_key = "ip" },
	{ "podIP", EK_F_STR, .pb = 6 },
	{ "podIPs", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 12, .of = &pod_ip_type,
	  .list_keys = "ip", .merge_key = "ip" },
	{ "startTime", EK_F_TIME, EK_ONE, EK_POINTER, .pb = 7 },
	{ "initContainerStatuses", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 10,
	  .of = &container_status_type },
	{ "containerStatuses", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 8,
	  .of = &container_status_type },
	{ "qosClass", EK_F_STR, .pb = 9, .go = "v1.PodQOSClass" },
	{ "ephemeralContainerStatuses", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 13,
	  .of = &container_status_type },
	{ "resize", EK_F_STR, .pb = 14, .go = "v1.PodResizeStatus" },
	{ "resourceClaimStatuses", EK_F_OBJ, EK_LIST,
	  EK_LIST_MAP | EK_PATCH_MERGE | EK_PATCH_RETAIN, .pb = 15,
	  .of = &pod_resource_claim_status_type, .list_keys = "name", .merge_key = "name" },
};
static EK_TYPE(pod_status_type, "io.k8s.api.core.v1.PodStatus", NULL, pod_status_rows);

static const struct ek_field pod_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &pod_spec_type },
	{ "status", EK_F_OBJ, .pb = 3, .of = &pod_status_type },
};
static EK_TYPE(pod_type, "io.k8s.api.core.v1.Pod", NULL, pod_rows);

static const struct ek_field pod_template_spec_rows[] = {
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &pod_spec_type },
};
EK_TYPE(ek_type_pod_template_spec, "io.k8s.api.core.v1.PodTemplateSpec", NULL,
	pod_template_spec_rows);

static const struct ek_field binding_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "target", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &ek_type_object_reference },
};
EK_TYPE(ek_type_binding, "io.k8s.api.core.v1.Binding", NULL, binding_rows);

static const struct ek_subresource pod_subresources[] = {
	{ "attach", "", "v1", "PodAttachOptions", .verbs = EK_V_CREATE | EK_V_GET, .stream = true },
	{ "binding", "", "v1", "Binding", .verbs = EK_V_CREATE, .type = &ek_type_binding },
	{ "ephemeralcontainers", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ "eviction", "policy", "v1", "Eviction", .verbs = EK_V_CREATE, .type = &ek_type_policy_eviction },
	{ "exec", "", "v1", "PodExecOptions", .verbs = EK_V_CREATE | EK_V_GET, .stream = true },
	{ "log", "", "v1", "Pod", .verbs = EK_V_GET, .stream = true },
	{ "portforward", "", "v1", "PodPortForwardOptions", .verbs = EK_V_CREATE | EK_V_GET, .stream = true },
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

const struct ek_kind ek_kind_pod = {
	.group = "", .version = "v1", .kind = "Pod",
	.plural = "pods", .singular = "pod",
	.short_names = (const char *const[]){ "po", NULL },
	.categories = (const char *const[]){ "all", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = pod_subresources,
	.type = &pod_type,
	.columns = ek_columns_pod,
	.fields = (const char *const[]){
		"spec.nodeName",
		"spec.host<spec.nodeName", /* its name before v1 */
		"spec.restartPolicy",
		"spec.schedulerName",
		"spec.serviceAccountName",
		"spec.hostNetwork=false",
		"status.phase",
		"status.podIP<status.podIPs.0.ip",
		"status.podIPs", /* known, though it never has a value */
		"status.nominatedNodeName",
		NULL,
	},
};
