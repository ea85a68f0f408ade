/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field container_port_rows[] = {
	{ "name", EK_F_STR, .pb = 1, .check = ek_name_port },
	{ "hostPort", EK_F_INT32, .pb = 2, .min = 1, .max = 65535 },
	{ "containerPort", EK_F_INT32, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3, .min = 1,
	  .max = 65535 },
	{ "protocol", EK_F_STR, .pb = 4, .go = "v1.Protocol", .dflt = "\"TCP\"",
	  .one_of = EK_ONE_OF("SCTP", "TCP", "UDP") },
	{ "hostIP", EK_F_STR, .pb = 5 },
};
static EK_TYPE(container_port_type, "io.k8s.api.core.v1.ContainerPort", NULL, container_port_rows);

static const struct ek_field container_resize_policy_rows[] = {
	{ "resourceName", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.ResourceName" },
	{ "restartPolicy", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2,
	  .go = "v1.ResourceResizeRestartPolicy" },
};
static EK_TYPE(container_resize_policy_type, "io.k8s.api.core.v1.ContainerResizePolicy", NULL,
	       container_resize_policy_rows);

static const struct ek_field volume_mount_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "readOnly", EK_F_BOOL, .pb = 2 },
	{ "recursiveReadOnly", EK_F_STR, EK_ONE, EK_POINTER, .pb = 7,
	  .go = "v1.RecursiveReadOnlyMode" },
	{ "mountPath", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3 },
	{ "subPath", EK_F_STR, .pb = 4 },
	{ "mountPropagation", EK_F_STR, EK_ONE, EK_POINTER, .pb = 5,
	  .go = "v1.MountPropagationMode",
	  .one_of = EK_ONE_OF("Bidirectional", "HostToContainer", "None") },
	{ "subPathExpr", EK_F_STR, .pb = 6 },
};
static EK_TYPE(volume_mount_type, "io.k8s.api.core.v1.VolumeMount", NULL, volume_mount_rows);

static const struct ek_field volume_device_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "devicePath", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
};
static EK_TYPE(volume_device_type, "io.k8s.api.core.v1.VolumeDevice", NULL, volume_device_rows);

static const struct ek_field exec_action_rows[] = {
	{ "command", EK_F_STR, EK_LIST, EK_ATOMIC | EK_REQUIRED, .pb = 1 },
};
static EK_TYPE(exec_action_type, "io.k8s.api.core.v1.ExecAction", NULL, exec_action_rows);

static const struct ek_field http_header_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
	{ "value", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2 },
};
static EK_TYPE(http_header_type, "io.k8s.api.core.v1.HTTPHeader", NULL, http_header_rows);

static const struct ek_field http_get_action_rows[] = {
	{ "path", EK_F_STR, .pb = 1, .dflt = "\"/\"" },
	{ "port", EK_F_INTORSTR, EK_ONE, EK_KEEP, .pb = 2 },
	{ "host", EK_F_STR, .pb = 3 },
	{ "scheme", EK_F_STR, .pb = 4, .go = "v1.URIScheme", .dflt = "\"HTTP\"",
	  .one_of = EK_ONE_OF("HTTP", "HTTPS") },
	{ "httpHeaders", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 5, .of = &http_header_type },
};
static EK_TYPE(http_get_action_type, "io.k8s.api.core.v1.HTTPGetAction", NULL,
	       http_get_action_rows);

static const struct ek_field tcp_socket_action_rows[] = {
	{ "port", EK_F_INTORSTR, EK_ONE, EK_KEEP, .pb = 1 },
	{ "host", EK_F_STR, .pb = 2 },
};
static EK_TYPE(tcp_socket_action_type, "io.k8s.api.core.v1.TCPSocketAction", NULL,
	       tcp_socket_action_rows);

static const struct ek_field grpc_action_rows[] = {
	{ "port", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .min = 1, .max = 65535 },
	{ "service", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL | EK_POINTER, .pb = 2,
	  .dflt = "\"\"" },
};
static EK_TYPE(grpc_action_type, "io.k8s.api.core.v1.GRPCAction", NULL, grpc_action_rows);

static const struct ek_field probe_handler_rows[] = {
	{ "exec", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &exec_action_type },
	{ "httpGet", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &http_get_action_type },
	{ "tcpSocket", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &tcp_socket_action_type },
	{ "grpc", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &grpc_action_type },
};
static EK_TYPE(probe_handler_type, "io.k8s.api.core.v1.ProbeHandler", NULL, probe_handler_rows);

static const struct ek_field probe_rows[] = {
	{ "ProbeHandler", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1, .of = &probe_handler_type },
	{ "initialDelaySeconds", EK_F_INT32, .pb = 2, .max = EK_NO_MAX },
	{ "timeoutSeconds", EK_F_INT32, .pb = 3, .max = EK_NO_MAX, .dflt = "1" },
	{ "periodSeconds", EK_F_INT32, .pb = 4, .max = EK_NO_MAX, .dflt = "10" },
	{ "successThreshold", EK_F_INT32, .pb = 5, .max = EK_NO_MAX, .dflt = "1" },
	{ "failureThreshold", EK_F_INT32, .pb = 6, .max = EK_NO_MAX, .dflt = "3" },
	{ "terminationGracePeriodSeconds", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 7 },
};
static EK_TYPE(probe_type, "io.k8s.api.core.v1.Probe", NULL, probe_rows);

static const struct ek_field sleep_action_rows[] = {
	{ "seconds", EK_F_INT64, EK_ONE, EK_KEEP, .pb = 1 },
};
static EK_TYPE(sleep_action_type, "io.k8s.api.core.v1.SleepAction", NULL, sleep_action_rows);

static const struct ek_field lifecycle_handler_rows[] = {
	{ "exec", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &exec_action_type },
	{ "httpGet", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &http_get_action_type },
	{ "tcpSocket", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &tcp_socket_action_type },
	{ "sleep", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &sleep_action_type },
};
static EK_TYPE(lifecycle_handler_type, "io.k8s.api.core.v1.LifecycleHandler", NULL,
	       lifecycle_handler_rows);

static const struct ek_field lifecycle_rows[] = {
	{ "postStart", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &lifecycle_handler_type },
	{ "preStop", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &lifecycle_handler_type },
};
static EK_TYPE(lifecycle_type, "io.k8s.api.core.v1.Lifecycle", NULL, lifecycle_rows);

static const struct ek_field capabilities_rows[] = {
	{ "add", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 1, .go = "v1.Capability" },
	{ "drop", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2, .go = "v1.Capability" },
};
static EK_TYPE(capabilities_type, "io.k8s.api.core.v1.Capabilities", NULL, capabilities_rows);

static const struct ek_field se_linux_options_rows[] = {
	{ "user", EK_F_STR, .pb = 1 },
	{ "role", EK_F_STR, .pb = 2 },
	{ "type", EK_F_STR, .pb = 3 },
	{ "level", EK_F_STR, .pb = 4 },
};
EK_TYPE(ek_type_se_linux_options, "io.k8s.api.core.v1.SELinuxOptions", NULL, se_linux_options_rows);

static const struct ek_field windows_security_context_options_rows[] = {
	{ "gmsaCredentialSpecName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 1 },
	{ "gmsaCredentialSpec", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2 },
	{ "runAsUserName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 3 },
	{ "hostProcess", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 4 },
};
EK_TYPE(ek_type_windows_security_context_options,
	"io.k8s.api.core.v1.WindowsSecurityContextOptions", NULL,
	windows_security_context_options_rows);

static const struct ek_field seccomp_profile_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.SeccompProfileType",
	  .one_of = EK_ONE_OF("Localhost", "RuntimeDefault", "Unconfined") },
	{ "localhostProfile", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2 },
};
EK_TYPE(ek_type_seccomp_profile, "io.k8s.api.core.v1.SeccompProfile", NULL, seccomp_profile_rows);

static const struct ek_field app_armor_profile_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.AppArmorProfileType",
	  .one_of = EK_ONE_OF("Localhost", "RuntimeDefault", "Unconfined") },
	{ "localhostProfile", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2 },
};
EK_TYPE(ek_type_app_armor_profile, "io.k8s.api.core.v1.AppArmorProfile", NULL,
	app_armor_profile_rows);

static const struct ek_field security_context_rows[] = {
	{ "capabilities", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &capabilities_type },
	{ "privileged", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 2 },
	{ "seLinuxOptions", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3,
	  .of = &ek_type_se_linux_options },
	{ "windowsOptions", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10,
	  .of = &ek_type_windows_security_context_options },
	{ "runAsUser", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 4, .max = INT32_MAX },
	{ "runAsGroup", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 8, .max = INT32_MAX },
	{ "runAsNonRoot", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 5 },
	{ "readOnlyRootFilesystem", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 6 },
	{ "allowPrivilegeEscalation", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 7 },
	{ "procMount", EK_F_STR, EK_ONE, EK_POINTER, .pb = 9, .go = "v1.ProcMountType",
	  .one_of = EK_ONE_OF("Default", "Unmasked") },
	{ "seccompProfile", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11,
	  .of = &ek_type_seccomp_profile },
	{ "appArmorProfile", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 12,
	  .of = &ek_type_app_armor_profile },
};
static EK_TYPE(security_context_type, "io.k8s.api.core.v1.SecurityContext", NULL,
	       security_context_rows);

static const struct ek_field container_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1,
	  .check = ek_name_dns1123_label },
	{ "image", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 2 },
	{ "command", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3 },
	{ "args", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 4 },
	{ "workingDir", EK_F_STR, .pb = 5 },
	{ "ports", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 6,
	  .of = &container_port_type, .list_keys = "containerPort,protocol",
	  .merge_key = "containerPort" },
	{ "envFrom", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 19, .of = &ek_type_env_from_source },
	{ "env", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 7, .of = &ek_type_env_var,
	  .list_keys = "name", .merge_key = "name" },
	{ "resources", EK_F_OBJ, .pb = 8, .of = &ek_type_resource_requirements },
	{ "resizePolicy", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 23,
	  .of = &container_resize_policy_type },
	{ "restartPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 24,
	  .go = "v1.ContainerRestartPolicy" },
	{ "volumeMounts", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 9,
	  .of = &volume_mount_type, .list_keys = "mountPath", .merge_key = "mountPath" },
	{ "volumeDevices", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 21,
	  .of = &volume_device_type, .list_keys = "devicePath", .merge_key = "devicePath" },
	{ "livenessProbe", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10, .of = &probe_type },
	{ "readinessProbe", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &probe_type },
	{ "startupProbe", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 22, .of = &probe_type },
	{ "lifecycle", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 12, .of = &lifecycle_type },
	{ "terminationMessagePath", EK_F_STR, .pb = 13, .dflt = "\"/dev/termination-log\"" },
	{ "terminationMessagePolicy", EK_F_STR, .pb = 20, .go = "v1.TerminationMessagePolicy",
	  .dflt = "\"File\"", .one_of = EK_ONE_OF("File", "FallbackToLogsOnError") },
	{ "imagePullPolicy", EK_F_STR, .pb = 14, .go = "v1.PullPolicy",
	  .one_of = EK_ONE_OF("Always", "IfNotPresent", "Never") },
	{ "securityContext", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 15, .of = &security_context_type },
	{ "stdin", EK_F_BOOL, .pb = 16 },
	{ "stdinOnce", EK_F_BOOL, .pb = 17 },
	{ "tty", EK_F_BOOL, .pb = 18 },
};
EK_TYPE(ek_type_container, "io.k8s.api.core.v1.Container", NULL, container_rows);

static const struct ek_field ephemeral_container_common_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1,
	  .check = ek_name_dns1123_label },
	{ "image", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 2 },
	{ "command", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3 },
	{ "args", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 4 },
	{ "workingDir", EK_F_STR, .pb = 5 },
	{ "ports", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 6,
	  .of = &container_port_type, .list_keys = "containerPort,protocol",
	  .merge_key = "containerPort" },
	{ "envFrom", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 19, .of = &ek_type_env_from_source },
	{ "env", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 7, .of = &ek_type_env_var,
	  .list_keys = "name", .merge_key = "name" },
	{ "resources", EK_F_OBJ, .pb = 8, .of = &ek_type_resource_requirements },
	{ "resizePolicy", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 23,
	  .of = &container_resize_policy_type },
	{ "restartPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 24,
	  .go = "v1.ContainerRestartPolicy" },
	{ "volumeMounts", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 9,
	  .of = &volume_mount_type, .list_keys = "mountPath", .merge_key = "mountPath" },
	{ "volumeDevices", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 21,
	  .of = &volume_device_type, .list_keys = "devicePath", .merge_key = "devicePath" },
	{ "livenessProbe", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10, .of = &probe_type },
	{ "readinessProbe", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &probe_type },
	{ "startupProbe", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 22, .of = &probe_type },
	{ "lifecycle", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 12, .of = &lifecycle_type },
	{ "terminationMessagePath", EK_F_STR, .pb = 13, .dflt = "\"/dev/termination-log\"" },
	{ "terminationMessagePolicy", EK_F_STR, .pb = 20, .go = "v1.TerminationMessagePolicy",
	  .dflt = "\"File\"", .one_of = EK_ONE_OF("File", "FallbackToLogsOnError") },
	{ "imagePullPolicy", EK_F_STR, .pb = 14, .go = "v1.PullPolicy",
	  .one_of = EK_ONE_OF("Always", "IfNotPresent", "Never") },
	{ "securityContext", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 15, .of = &security_context_type },
	{ "stdin", EK_F_BOOL, .pb = 16 },
	{ "stdinOnce", EK_F_BOOL, .pb = 17 },
	{ "tty", EK_F_BOOL, .pb = 18 },
};
static EK_TYPE(ephemeral_container_common_type, "io.k8s.api.core.v1.EphemeralContainerCommon", NULL,
	       ephemeral_container_common_rows);

static const struct ek_field ephemeral_container_rows[] = {
	{ "EphemeralContainerCommon", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1,
	  .of = &ephemeral_container_common_type },
	{ "targetContainerName", EK_F_STR, .pb = 2 },
};
EK_TYPE(ek_type_ephemeral_container, "io.k8s.api.core.v1.EphemeralContainer", NULL,
	ephemeral_container_rows);
