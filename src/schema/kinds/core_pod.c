/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field sysctl_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Its name: net.ipv4.ip_forward." },
	{ "value", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .doc = "Its value." },
};
static EK_TYPE(sysctl_type, "io.k8s.api.core.v1.Sysctl", "A kernel parameter.", sysctl_rows);

static const struct ek_field pod_security_context_rows[] = {
	{ "seLinuxOptions", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &ek_type_se_linux_options,
	  .doc = "SELinux label." },
	{ "windowsOptions", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8,
	  .of = &ek_type_windows_security_context_options, .doc = "Settings for Windows." },
	{ "runAsUser", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 2, .max = INT32_MAX,
	  .doc = "User id to run as instead of the image's." },
	{ "runAsGroup", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 6, .max = INT32_MAX,
	  .doc = "Group id to run as." },
	{ "runAsNonRoot", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 3, .doc = "Refuse to start as user 0." },
	{ "supplementalGroups", EK_F_INT64, EK_LIST, EK_ATOMIC, .pb = 4, .max = INT32_MAX,
	  .doc = "Further groups of every process." },
	{ "supplementalGroupsPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 12,
	  .go = "v1.SupplementalGroupsPolicy", .one_of = EK_ONE_OF("Merge", "Strict"),
	  .doc = "Merge with the image's groups, or Strict." },
	{ "fsGroup", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 5, .max = INT32_MAX,
	  .doc = "Group that owns the volumes." },
	{ "sysctls", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 7, .of = &sysctl_type,
	  .doc = "Kernel parameters to set." },
	{ "fsGroupChangePolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 9, .go = "v1.PodFSGroupChangePolicy",
	  .one_of = EK_ONE_OF("Always", "OnRootMismatch"),
	  .doc = "Always or OnRootMismatch: when to change the owner." },
	{ "seccompProfile", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10, .of = &ek_type_seccomp_profile,
	  .doc = "System calls they may make." },
	{ "appArmorProfile", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &ek_type_app_armor_profile,
	  .doc = "AppArmor profile." },
	{ "seLinuxChangePolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 13, .go = "v1.PodSELinuxChangePolicy",
	  .doc = "MountOption or Recursive: how volumes get their label." },
};
static EK_TYPE(pod_security_context_type, "io.k8s.api.core.v1.PodSecurityContext",
	       "Rights of all processes of a pod.", pod_security_context_rows);

static const struct ek_field host_alias_rows[] = {
	{ "ip", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "The address." },
	{ "hostnames", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2, .doc = "Its names." },
};
static EK_TYPE(host_alias_type, "io.k8s.api.core.v1.HostAlias", "A line of /etc/hosts.", host_alias_rows);

static const struct ek_field pod_dns_config_option_rows[] = {
	{ "name", EK_F_STR, .pb = 1, .doc = "Its name." },
	{ "value", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2, .doc = "Its value, if it has one." },
};
static EK_TYPE(pod_dns_config_option_type, "io.k8s.api.core.v1.PodDNSConfigOption",
	       "An option of resolv.conf.", pod_dns_config_option_rows);

static const struct ek_field pod_dns_config_rows[] = {
	{ "nameservers", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 1, .doc = "Servers." },
	{ "searches", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2, .doc = "Domains to search." },
	{ "options", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 3, .of = &pod_dns_config_option_type,
	  .doc = "Options." },
};
static EK_TYPE(pod_dns_config_type, "io.k8s.api.core.v1.PodDNSConfig", "What to add to a pod's resolv.conf.",
	       pod_dns_config_rows);

static const struct ek_field pod_readiness_gate_rows[] = {
	{ "conditionType", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.PodConditionType",
	  .check = ek_name_qualified, .doc = "Type of a condition of the pod." },
};
static EK_TYPE(pod_readiness_gate_type, "io.k8s.api.core.v1.PodReadinessGate",
	       "A condition that readiness needs.", pod_readiness_gate_rows);

static const struct ek_field pod_os_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.OSName",
	  .one_of = EK_ONE_OF("linux", "windows"), .doc = "linux or windows." },
};
static EK_TYPE(pod_os_type, "io.k8s.api.core.v1.PodOS", "Operating system.", pod_os_rows);

static const struct ek_field pod_scheduling_gate_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "Its name, unique in the pod." },
};
static EK_TYPE(pod_scheduling_gate_type, "io.k8s.api.core.v1.PodSchedulingGate",
	       "Something that scheduling waits for.", pod_scheduling_gate_rows);

static const struct ek_field pod_resource_claim_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "Name for the containers to use." },
	{ "resourceClaimName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 3, .doc = "An existing claim." },
	{ "resourceClaimTemplateName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4,
	  .doc = "Or a template to make one from." },
};
static EK_TYPE(pod_resource_claim_type, "io.k8s.api.core.v1.PodResourceClaim", "A dynamic resource of a pod.",
	       pod_resource_claim_rows);

static const struct ek_field pod_spec_rows[] = {
	{ "volumes", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE | EK_PATCH_RETAIN, .pb = 1,
	  .of = &ek_type_volume, .list_keys = "name", .merge_key = "name",
	  .doc = "Volumes that its containers can mount." },
	{ "initContainers", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 20,
	  .of = &ek_type_container, .list_keys = "name", .merge_key = "name",
	  .doc = "Containers that run to their end, one after another, before the others start." },
	{ "containers", EK_F_OBJ, EK_LIST, EK_KEEP | EK_LIST_MAP | EK_PATCH_MERGE | EK_REQUIRED, .pb = 2,
	  .of = &ek_type_container, .list_keys = "name", .merge_key = "name",
	  .doc = "The containers, at least one." },
	{ "ephemeralContainers", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 34,
	  .of = &ek_type_ephemeral_container, .list_keys = "name", .merge_key = "name",
	  .doc = "Containers put in later to look at it; by the subresource only." },
	{ "restartPolicy", EK_F_STR, .pb = 3, .go = "v1.RestartPolicy", .dflt = "\"Always\"",
	  .one_of = EK_ONE_OF("Always", "OnFailure", "Never"), .doc = "Always, OnFailure or Never." },
	{ "terminationGracePeriodSeconds", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 4, .dflt = "30",
	  .doc = "Seconds to end before it is killed; 30 by default." },
	{ "activeDeadlineSeconds", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 5, .min = 1, .max = INT32_MAX,
	  .doc = "Seconds it may run before it is failed." },
	{ "dnsPolicy", EK_F_STR, .pb = 6, .go = "v1.DNSPolicy", .dflt = "\"ClusterFirst\"",
	  .one_of = EK_ONE_OF("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"),
	  .doc = "ClusterFirst, ClusterFirstWithHostNet, Default or None." },
	{ "nodeSelector", EK_F_STR, EK_MAP, EK_ATOMIC, .pb = 7, .doc = "Labels that the node must have." },
	{ "serviceAccountName", EK_F_STR, .pb = 8, .check = ek_name_dns1123_subdomain,
	  .doc = "Service account it runs as." },
	{ "serviceAccount", EK_F_STR, EK_ONE, EK_DEPRECATED, .pb = 9,
	  .doc = "Deprecated: serviceAccountName." },
	{ "automountServiceAccountToken", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 21,
	  .doc = "Whether it gets a token of the service account." },
	{ "nodeName", EK_F_STR, .pb = 10, .check = ek_name_dns1123_subdomain,
	  .doc = "Where it runs; set by the scheduler." },
	{ "hostNetwork", EK_F_BOOL, .pb = 11, .doc = "Use the network of the node." },
	{ "hostPID", EK_F_BOOL, .pb = 12, .doc = "Use the process ids of the node." },
	{ "hostIPC", EK_F_BOOL, .pb = 13, .doc = "Use the IPC of the node." },
	{ "shareProcessNamespace", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 27,
	  .doc = "Whether its containers see each other's processes." },
	{ "securityContext", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 14, .of = &pod_security_context_type,
	  .dflt = "{}", .doc = "Rights of all its processes." },
	{ "imagePullSecrets", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 15,
	  .of = &ek_type_local_object_reference, .list_keys = "name", .merge_key = "name",
	  .doc = "Secrets with credentials for registries." },
	{ "hostname", EK_F_STR, .pb = 16, .check = ek_name_dns1123_label,
	  .doc = "Host name; the pod's name by default." },
	{ "subdomain", EK_F_STR, .pb = 17, .check = ek_name_dns1123_label,
	  .doc = "Makes its name hostname.subdomain.namespace.svc.domain." },
	{ "affinity", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 18, .of = &ek_type_affinity,
	  .doc = "Where it shall or shall not run." },
	{ "schedulerName", EK_F_STR, .pb = 19, .dflt = "\"default-scheduler\"",
	  .doc = "Which scheduler places it." },
	{ "tolerations", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 22, .of = &ek_type_toleration,
	  .doc = "Taints of nodes that it can bear." },
	{ "hostAliases", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 23, .of = &host_alias_type,
	  .list_keys = "ip", .merge_key = "ip", .doc = "Lines for its /etc/hosts." },
	{ "priorityClassName", EK_F_STR, .pb = 24, .check = ek_name_dns1123_subdomain,
	  .doc = "Priority class; also system-node-critical and system-cluster-critical." },
	{ "priority", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 25,
	  .doc = "The priority, taken from the class." },
	{ "dnsConfig", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 26, .of = &pod_dns_config_type,
	  .doc = "What to add to its resolv.conf." },
	{ "readinessGates", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 28, .of = &pod_readiness_gate_type,
	  .doc = "Conditions that must also be true for it to be ready." },
	{ "runtimeClassName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 29, .check = ek_name_dns1123_subdomain,
	  .doc = "Runtime class to run it with." },
	{ "enableServiceLinks", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 30,
	  .doc = "Whether it gets variables for every Service." },
	{ "preemptionPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 31, .go = "v1.PreemptionPolicy",
	  .one_of = EK_ONE_OF("PreemptLowerPriority", "Never"), .doc = "PreemptLowerPriority or Never." },
	{ "overhead", EK_F_QUANTITY, EK_MAP, .pb = 32,
	  .doc = "Resources for running it beyond its containers'." },
	{ "topologySpreadConstraints", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 33,
	  .of = &ek_type_topology_spread_constraint, .list_keys = "topologyKey,whenUnsatisfiable",
	  .merge_key = "topologyKey", .doc = "How evenly it is spread with its like." },
	{ "setHostnameAsFQDN", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 35,
	  .doc = "Whether the host name is the full name." },
	{ "os", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 36, .of = &pod_os_type,
	  .doc = "Operating system its containers are made for." },
	{ "hostUsers", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 37,
	  .doc = "False gives it a user namespace of its own." },
	{ "schedulingGates", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 38,
	  .of = &pod_scheduling_gate_type, .list_keys = "name", .merge_key = "name",
	  .doc = "While there are any it is not scheduled." },
	{ "resourceClaims", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE | EK_PATCH_RETAIN, .pb = 39,
	  .of = &pod_resource_claim_type, .list_keys = "name", .merge_key = "name",
	  .doc = "Dynamic resources to be there before it starts." },
	{ "resources", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 40, .of = &ek_type_resource_requirements,
	  .doc = "Resources of the pod as a whole." },
};
static EK_TYPE(pod_spec_type, "io.k8s.api.core.v1.PodSpec", "What a pod consists of.", pod_spec_rows);

static const struct ek_field pod_condition_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.PodConditionType", .doc = "Which one." },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ConditionStatus",
	  .doc = "True, False or Unknown." },
	{ "lastProbeTime", EK_F_TIME, .pb = 3, .doc = "When it was last looked at." },
	{ "lastTransitionTime", EK_F_TIME, .pb = 4, .doc = "When the status last changed." },
	{ "reason", EK_F_STR, .pb = 5, .doc = "Why, as one CamelCase word." },
	{ "message", EK_F_STR, .pb = 6, .doc = "Why, for people." },
};
static EK_TYPE(pod_condition_type, "io.k8s.api.core.v1.PodCondition", "One aspect of a pod's state.",
	       pod_condition_rows);

static const struct ek_field host_ip_rows[] = {
	{ "ip", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "The address." },
};
static EK_TYPE(host_ip_type, "io.k8s.api.core.v1.HostIP", "An address of a node.", host_ip_rows);

static const struct ek_field pod_ip_rows[] = {
	{ "ip", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "The address." },
};
static EK_TYPE(pod_ip_type, "io.k8s.api.core.v1.PodIP", "An address of a pod.", pod_ip_rows);

static const struct ek_field container_state_waiting_rows[] = {
	{ "reason", EK_F_STR, .pb = 1, .doc = "Why: ContainerCreating, ImagePullBackOff, CrashLoopBackOff." },
	{ "message", EK_F_STR, .pb = 2, .doc = "Why, for people." },
};
static EK_TYPE(container_state_waiting_type, "io.k8s.api.core.v1.ContainerStateWaiting",
	       "Why a container does not run yet.", container_state_waiting_rows);

static const struct ek_field container_state_running_rows[] = {
	{ "startedAt", EK_F_TIME, .pb = 1, .doc = "Since when." },
};
static EK_TYPE(container_state_running_type, "io.k8s.api.core.v1.ContainerStateRunning",
	       "A container that runs.", container_state_running_rows);

static const struct ek_field container_state_terminated_rows[] = {
	{ "exitCode", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .doc = "Its exit code." },
	{ "signal", EK_F_INT32, .pb = 2, .doc = "The signal that ended it." },
	{ "reason", EK_F_STR, .pb = 3, .doc = "Why: Completed, Error, OOMKilled." },
	{ "message", EK_F_STR, .pb = 4, .doc = "Its last message." },
	{ "startedAt", EK_F_TIME, .pb = 5, .doc = "When it started." },
	{ "finishedAt", EK_F_TIME, .pb = 6, .doc = "When it ended." },
	{ "containerID", EK_F_STR, .pb = 7, .doc = "Id in the runtime: runtime://id." },
};
static EK_TYPE(container_state_terminated_type, "io.k8s.api.core.v1.ContainerStateTerminated",
	       "How a container ended.", container_state_terminated_rows);

static const struct ek_field container_state_rows[] = {
	{ "waiting", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &container_state_waiting_type,
	  .doc = "It is not running yet." },
	{ "running", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &container_state_running_type,
	  .doc = "It is running." },
	{ "terminated", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &container_state_terminated_type,
	  .doc = "It has ended." },
};
static EK_TYPE(container_state_type, "io.k8s.api.core.v1.ContainerState",
	       "What a container does; one of these.", container_state_rows);

static const struct ek_field volume_mount_status_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "Name of the mount." },
	{ "mountPath", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .doc = "Path in the container." },
	{ "readOnly", EK_F_BOOL, .pb = 3, .doc = "Whether nobody can write." },
	{ "recursiveReadOnly", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4, .go = "v1.RecursiveReadOnlyMode",
	  .doc = "Whether that holds for mounts below it." },
};
static EK_TYPE(volume_mount_status_type, "io.k8s.api.core.v1.VolumeMountStatus",
	       "How a volume is mounted in a container.", volume_mount_status_rows);

static const struct ek_field linux_container_user_rows[] = {
	{ "uid", EK_F_INT64, EK_ONE, EK_KEEP, .pb = 1, .doc = "User id." },
	{ "gid", EK_F_INT64, EK_ONE, EK_KEEP, .pb = 2, .doc = "Group id." },
	{ "supplementalGroups", EK_F_INT64, EK_LIST, EK_ATOMIC, .pb = 3, .doc = "Further groups." },
};
static EK_TYPE(linux_container_user_type, "io.k8s.api.core.v1.LinuxContainerUser",
	       "Ids of a container's first process.", linux_container_user_rows);

static const struct ek_field container_user_rows[] = {
	{ "linux", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &linux_container_user_type,
	  .doc = "On Linux." },
};
static EK_TYPE(container_user_type, "io.k8s.api.core.v1.ContainerUser", "User that a container first ran as.",
	       container_user_rows);

static const struct ek_field resource_health_rows[] = {
	{ "resourceID", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.ResourceID", .doc = "Which one." },
	{ "health", EK_F_STR, .pb = 2, .go = "v1.ResourceHealthStatus",
	  .doc = "Healthy, Unhealthy or Unknown." },
};
static EK_TYPE(resource_health_type, "io.k8s.api.core.v1.ResourceHealth", "State of a device.",
	       resource_health_rows);

static const struct ek_field resource_status_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.ResourceName",
	  .doc = "Name of the resource." },
	{ "resources", EK_F_OBJ, EK_LIST, EK_LIST_MAP, .pb = 2, .of = &resource_health_type,
	  .list_keys = "resourceID", .doc = "Its pieces." },
};
static EK_TYPE(resource_status_type, "io.k8s.api.core.v1.ResourceStatus", "State of a kind of device.",
	       resource_status_rows);

static const struct ek_field container_status_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "Name of the container." },
	{ "state", EK_F_OBJ, .pb = 2, .of = &container_state_type, .doc = "What it does now." },
	{ "lastState", EK_F_OBJ, .pb = 3, .of = &container_state_type, .doc = "How it ended last time." },
	{ "ready", EK_F_BOOL, EK_ONE, EK_KEEP, .pb = 4, .doc = "Whether it passes its readiness probe." },
	{ "restartCount", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 5, .doc = "How often it was started again." },
	{ "image", EK_F_STR, EK_ONE, EK_KEEP, .pb = 6, .doc = "Image that it runs." },
	{ "imageID", EK_F_STR, EK_ONE, EK_KEEP, .pb = 7, .doc = "Digest of that image." },
	{ "containerID", EK_F_STR, .pb = 8, .doc = "Id in the runtime: runtime://id." },
	{ "started", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 9,
	  .doc = "Whether it is up, as its startup probe says." },
	{ "allocatedResources", EK_F_QUANTITY, EK_MAP, .pb = 10, .doc = "Resources set aside for it." },
	{ "resources", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &ek_type_resource_requirements,
	  .doc = "Resources as its cgroup has them." },
	{ "volumeMounts", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 12,
	  .of = &volume_mount_status_type, .list_keys = "mountPath", .merge_key = "mountPath",
	  .doc = "How its volumes are mounted." },
	{ "user", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 13, .of = &container_user_type,
	  .doc = "User it runs as." },
	{ "allocatedResourcesStatus", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 14,
	  .of = &resource_status_type, .list_keys = "name", .merge_key = "name",
	  .doc = "State of devices and the like." },
};
static EK_TYPE(container_status_type, "io.k8s.api.core.v1.ContainerStatus", "What became of a container.",
	       container_status_rows);

static const struct ek_field pod_resource_claim_status_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "Name in the pod's spec." },
	{ "resourceClaimName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2, .doc = "Name of the claim." },
};
static EK_TYPE(pod_resource_claim_status_type, "io.k8s.api.core.v1.PodResourceClaimStatus",
	       "A claim made for a pod.", pod_resource_claim_status_rows);

static const struct ek_field pod_status_rows[] = {
	{ "phase", EK_F_STR, .pb = 1, .go = "v1.PodPhase",
	  .doc = "Pending, Running, Succeeded, Failed or Unknown." },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 2, .of = &pod_condition_type,
	  .list_keys = "type", .merge_key = "type",
	  .doc = "PodScheduled, Initialized, ContainersReady, Ready and others." },
	{ "message", EK_F_STR, .pb = 3, .doc = "Why it is in this phase, for people." },
	{ "reason", EK_F_STR, .pb = 4, .doc = "Why it is in this phase: Evicted." },
	{ "nominatedNodeName", EK_F_STR, .pb = 11, .doc = "Node where room is being made for it." },
	{ "hostIP", EK_F_STR, .pb = 5, .doc = "Address of its node." },
	{ "hostIPs", EK_F_OBJ, EK_LIST, EK_ATOMIC | EK_PATCH_MERGE, .pb = 16, .of = &host_ip_type,
	  .merge_key = "ip", .doc = "Addresses of its node, one a family." },
	{ "podIP", EK_F_STR, .pb = 6, .doc = "Its address." },
	{ "podIPs", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 12, .of = &pod_ip_type,
	  .list_keys = "ip", .merge_key = "ip", .doc = "Its addresses, one a family." },
	{ "startTime", EK_F_TIME, EK_ONE, EK_POINTER, .pb = 7, .doc = "When its node first saw it." },
	{ "initContainerStatuses", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 10, .of = &container_status_type,
	  .doc = "States of its init containers." },
	{ "containerStatuses", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 8, .of = &container_status_type,
	  .doc = "States of its containers." },
	{ "qosClass", EK_F_STR, .pb = 9, .go = "v1.PodQOSClass",
	  .doc = "Guaranteed, Burstable or BestEffort." },
	{ "ephemeralContainerStatuses", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 13, .of = &container_status_type,
	  .doc = "States of its ephemeral containers." },
	{ "resize", EK_F_STR, .pb = 14, .go = "v1.PodResizeStatus",
	  .doc = "State of a change of resources." },
	{ "resourceClaimStatuses", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE | EK_PATCH_RETAIN,
	  .pb = 15, .of = &pod_resource_claim_status_type, .list_keys = "name", .merge_key = "name",
	  .doc = "Claims made for it." },
};
static EK_TYPE(pod_status_type, "io.k8s.api.core.v1.PodStatus", "What became of a pod.", pod_status_rows);

static const struct ek_field pod_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &pod_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &pod_status_type, .doc = "What there is now." },
};
static EK_TYPE(pod_type, "io.k8s.api.core.v1.Pod",
	       "Containers that run together on one node, with one address and common volumes.", pod_rows);

static const struct ek_field pod_template_spec_rows[] = {
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &pod_spec_type, .doc = "What they consist of." },
};
EK_TYPE(ek_type_pod_template_spec, "io.k8s.api.core.v1.PodTemplateSpec", "The pods that a controller makes.",
	pod_template_spec_rows);

static const struct ek_field binding_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "target", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &ek_type_object_reference, .doc = "The node." },
};
EK_TYPE(ek_type_binding, "io.k8s.api.core.v1.Binding", "Tells a pod its node.", binding_rows);

static const struct ek_subresource pod_subresources[] = {
	{ "attach", "", "v1", "PodAttachOptions", .verbs = EK_V_CREATE | EK_V_GET, .stream = true },
	{ "binding", "", "v1", "Binding", .verbs = EK_V_CREATE, .type = &ek_type_binding },
	{ "ephemeralcontainers", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ "eviction", "policy", "v1", "Eviction", .verbs = EK_V_CREATE, .type = &ek_type_policy_eviction },
	{ "exec", "", "v1", "PodExecOptions", .verbs = EK_V_CREATE | EK_V_GET, .stream = true },
	{ "log", "", "v1", "Pod", .verbs = EK_V_GET, .stream = true },
	{ "portforward", "", "v1", "PodPortForwardOptions", .verbs = EK_V_CREATE | EK_V_GET, .stream = true },
	{ "proxy", "", "v1", "PodProxyOptions", .verbs = EK_V_PROXY, .stream = true },
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
