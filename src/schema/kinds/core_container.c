/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field container_port_rows[] = {
	{ "name", EK_F_STR, .pb = 1, .check = ek_name_port,
	  .doc = "Name by which Services find it, unique in the pod." },
	{ "hostPort", EK_F_INT32, .pb = 2, .min = 1, .max = 65535,
	  .doc = "Port of the node that leads here." },
	{ "containerPort", EK_F_INT32, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3, .min = 1, .max = 65535,
	  .doc = "The port in the container." },
	{ "protocol", EK_F_STR, .pb = 4, .go = "v1.Protocol", .dflt = "\"TCP\"",
	  .one_of = EK_ONE_OF("SCTP", "TCP", "UDP"), .doc = "TCP, UDP or SCTP." },
	{ "hostIP", EK_F_STR, .pb = 5, .doc = "Address of the node to bind the host port to." },
};
static EK_TYPE(container_port_type, "io.k8s.api.core.v1.ContainerPort", "A port of a container.",
	       container_port_rows);

static const struct ek_field container_resize_policy_rows[] = {
	{ "resourceName", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.ResourceName",
	  .doc = "cpu or memory." },
	{ "restartPolicy", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ResourceResizeRestartPolicy",
	  .doc = "NotRequired or RestartContainer." },
};
static EK_TYPE(container_resize_policy_type, "io.k8s.api.core.v1.ContainerResizePolicy",
	       "How a container takes a new amount of a resource.", container_resize_policy_rows);

static const struct ek_field volume_mount_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Name of the volume." },
	{ "readOnly", EK_F_BOOL, .pb = 2, .doc = "Mount it so that nobody can write." },
	{ "recursiveReadOnly", EK_F_STR, EK_ONE, EK_POINTER, .pb = 7, .go = "v1.RecursiveReadOnlyMode",
	  .doc = "Disabled, IfPossible or Enabled: also mounts below it." },
	{ "mountPath", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3,
	  .doc = "Path in the container; no ':' in it." },
	{ "subPath", EK_F_STR, .pb = 4, .doc = "Path in the volume that is mounted instead of its root." },
	{ "mountPropagation", EK_F_STR, EK_ONE, EK_POINTER, .pb = 5, .go = "v1.MountPropagationMode",
	  .one_of = EK_ONE_OF("Bidirectional", "HostToContainer", "None"),
	  .doc = "None, HostToContainer or Bidirectional: whose later mounts the other sees." },
	{ "subPathExpr", EK_F_STR, .pb = 6, .doc = "As subPath, with $(NAME) for variables." },
};
static EK_TYPE(volume_mount_type, "io.k8s.api.core.v1.VolumeMount", "Where a volume appears in a container.",
	       volume_mount_rows);

static const struct ek_field volume_device_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Name of a claim's volume." },
	{ "devicePath", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "Path in the container." },
};
static EK_TYPE(volume_device_type, "io.k8s.api.core.v1.VolumeDevice",
	       "Where a block device appears in a container.", volume_device_rows);

static const struct ek_field exec_action_rows[] = {
	{ "command", EK_F_STR, EK_LIST, EK_ATOMIC | EK_REQUIRED, .pb = 1,
	  .doc = "Program and arguments; no shell is involved." },
};
static EK_TYPE(exec_action_type, "io.k8s.api.core.v1.ExecAction", "A command in a container.",
	       exec_action_rows);

static const struct ek_field http_header_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "Its name." },
	{ "value", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .doc = "Its value." },
};
static EK_TYPE(http_header_type, "io.k8s.api.core.v1.HTTPHeader", "A header of a request.", http_header_rows);

static const struct ek_field http_get_action_rows[] = {
	{ "path", EK_F_STR, .pb = 1, .dflt = "\"/\"", .doc = "Path to ask for." },
	{ "port", EK_F_INTORSTR, EK_ONE, EK_KEEP, .pb = 2, .doc = "Number or name of the port." },
	{ "host", EK_F_STR, .pb = 3, .doc = "Host to ask; the pod's address by default." },
	{ "scheme", EK_F_STR, .pb = 4, .go = "v1.URIScheme", .dflt = "\"HTTP\"",
	  .one_of = EK_ONE_OF("HTTP", "HTTPS"), .doc = "HTTP or HTTPS; certificates are not checked." },
	{ "httpHeaders", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 5, .of = &http_header_type,
	  .doc = "Headers to send." },
};
static EK_TYPE(http_get_action_type, "io.k8s.api.core.v1.HTTPGetAction", "An HTTP GET request.",
	       http_get_action_rows);

static const struct ek_field tcp_socket_action_rows[] = {
	{ "port", EK_F_INTORSTR, EK_ONE, EK_KEEP, .pb = 1, .doc = "Number or name of the port." },
	{ "host", EK_F_STR, .pb = 2, .doc = "Host to connect to; the pod's address by default." },
};
static EK_TYPE(tcp_socket_action_type, "io.k8s.api.core.v1.TCPSocketAction", "A TCP connection.",
	       tcp_socket_action_rows);

static const struct ek_field grpc_action_rows[] = {
	{ "port", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .min = 1, .max = 65535, .doc = "The port." },
	{ "service", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL | EK_POINTER, .pb = 2, .dflt = "\"\"",
	  .doc = "The service to ask about; none by default." },
};
static EK_TYPE(grpc_action_type, "io.k8s.api.core.v1.GRPCAction", "A call of the gRPC health service.",
	       grpc_action_rows);

static const struct ek_field probe_handler_rows[] = {
	{ "exec", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &exec_action_type,
	  .doc = "Run a command in the container: success is exit code 0." },
	{ "httpGet", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &http_get_action_type,
	  .doc = "An HTTP request: success is a status from 200 to 399." },
	{ "tcpSocket", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &tcp_socket_action_type,
	  .doc = "Open a TCP connection." },
	{ "grpc", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &grpc_action_type,
	  .doc = "The gRPC health protocol." },
};
static EK_TYPE(probe_handler_type, "io.k8s.api.core.v1.ProbeHandler", "How to ask; one of these.",
	       probe_handler_rows);

static const struct ek_field probe_rows[] = {
	{ "ProbeHandler", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1, .of = &probe_handler_type },
	{ "initialDelaySeconds", EK_F_INT32, .pb = 2, .max = EK_NO_MAX,
	  .doc = "Seconds after its start before the first try." },
	{ "timeoutSeconds", EK_F_INT32, .pb = 3, .max = EK_NO_MAX, .dflt = "1",
	  .doc = "Seconds a try may take." },
	{ "periodSeconds", EK_F_INT32, .pb = 4, .max = EK_NO_MAX, .dflt = "10",
	  .doc = "Seconds between tries." },
	{ "successThreshold", EK_F_INT32, .pb = 5, .max = EK_NO_MAX, .dflt = "1",
	  .doc = "Successes in a row to count as well again." },
	{ "failureThreshold", EK_F_INT32, .pb = 6, .max = EK_NO_MAX, .dflt = "3",
	  .doc = "Failures in a row to count as failed." },
	{ "terminationGracePeriodSeconds", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 7,
	  .doc = "Seconds to end after it failed, instead of the pod's." },
};
static EK_TYPE(probe_type, "io.k8s.api.core.v1.Probe", "How to learn the state of a container.", probe_rows);

static const struct ek_field sleep_action_rows[] = {
	{ "seconds", EK_F_INT64, EK_ONE, EK_KEEP, .pb = 1, .doc = "For how many seconds." },
};
static EK_TYPE(sleep_action_type, "io.k8s.api.core.v1.SleepAction", "A wait.", sleep_action_rows);

static const struct ek_field lifecycle_handler_rows[] = {
	{ "exec", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &exec_action_type,
	  .doc = "Run a command in the container." },
	{ "httpGet", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &http_get_action_type,
	  .doc = "An HTTP request." },
	{ "tcpSocket", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &tcp_socket_action_type,
	  .doc = "Deprecated: does nothing." },
	{ "sleep", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &sleep_action_type, .doc = "Wait a while." },
};
static EK_TYPE(lifecycle_handler_type, "io.k8s.api.core.v1.LifecycleHandler", "What to do; one of these.",
	       lifecycle_handler_rows);

static const struct ek_field lifecycle_rows[] = {
	{ "postStart", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &lifecycle_handler_type,
	  .doc = "Right after it started; when it fails the container is killed." },
	{ "preStop", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &lifecycle_handler_type,
	  .doc = "Before it is told to stop; the grace period runs meanwhile." },
};
static EK_TYPE(lifecycle_type, "io.k8s.api.core.v1.Lifecycle", "What to do at turns of a container's life.",
	       lifecycle_rows);

static const struct ek_field capabilities_rows[] = {
	{ "add", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 1, .go = "v1.Capability", .doc = "To be given." },
	{ "drop", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2, .go = "v1.Capability", .doc = "To be taken away." },
};
static EK_TYPE(capabilities_type, "io.k8s.api.core.v1.Capabilities",
	       "Linux capabilities, without CAP_ in front.", capabilities_rows);

static const struct ek_field se_linux_options_rows[] = {
	{ "user", EK_F_STR, .pb = 1, .doc = "User part." },
	{ "role", EK_F_STR, .pb = 2, .doc = "Role part." },
	{ "type", EK_F_STR, .pb = 3, .doc = "Type part." },
	{ "level", EK_F_STR, .pb = 4, .doc = "Level part." },
};
EK_TYPE(ek_type_se_linux_options, "io.k8s.api.core.v1.SELinuxOptions", "Parts of an SELinux label.",
	se_linux_options_rows);

static const struct ek_field windows_security_context_options_rows[] = {
	{ "gmsaCredentialSpecName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 1,
	  .doc = "Name of the GMSA credential spec." },
	{ "gmsaCredentialSpec", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2,
	  .doc = "The GMSA credential spec itself." },
	{ "runAsUserName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 3, .doc = "User to run as." },
	{ "hostProcess", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 4,
	  .doc = "Whether it runs as a process of the host." },
};
EK_TYPE(ek_type_windows_security_context_options, "io.k8s.api.core.v1.WindowsSecurityContextOptions",
	"Settings for Windows, of no use elsewhere.", windows_security_context_options_rows);

static const struct ek_field seccomp_profile_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.SeccompProfileType",
	  .one_of = EK_ONE_OF("Localhost", "RuntimeDefault", "Unconfined"),
	  .doc = "Localhost, RuntimeDefault or Unconfined." },
	{ "localhostProfile", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2,
	  .doc = "File of the profile on the node, for Localhost." },
};
EK_TYPE(ek_type_seccomp_profile, "io.k8s.api.core.v1.SeccompProfile", "System calls that processes may make.",
	seccomp_profile_rows);

static const struct ek_field app_armor_profile_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.AppArmorProfileType",
	  .one_of = EK_ONE_OF("Localhost", "RuntimeDefault", "Unconfined"),
	  .doc = "Localhost, RuntimeDefault or Unconfined." },
	{ "localhostProfile", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2,
	  .doc = "Name of a profile loaded on the node, for Localhost." },
};
EK_TYPE(ek_type_app_armor_profile, "io.k8s.api.core.v1.AppArmorProfile", "AppArmor profile of processes.",
	app_armor_profile_rows);

static const struct ek_field security_context_rows[] = {
	{ "capabilities", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &capabilities_type,
	  .doc = "Capabilities more or fewer than the runtime gives." },
	{ "privileged", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 2, .doc = "All rights of root on the node." },
	{ "seLinuxOptions", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &ek_type_se_linux_options,
	  .doc = "SELinux label." },
	{ "windowsOptions", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10,
	  .of = &ek_type_windows_security_context_options, .doc = "Settings for Windows." },
	{ "runAsUser", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 4, .max = INT32_MAX,
	  .doc = "User id to run as instead of the image's." },
	{ "runAsGroup", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 8, .max = INT32_MAX,
	  .doc = "Group id to run as." },
	{ "runAsNonRoot", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 5, .doc = "Refuse to start as user 0." },
	{ "readOnlyRootFilesystem", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 6,
	  .doc = "Whether its root file system is read-only." },
	{ "allowPrivilegeEscalation", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 7,
	  .doc = "Whether a process may gain more rights than its parent." },
	{ "procMount", EK_F_STR, EK_ONE, EK_POINTER, .pb = 9, .go = "v1.ProcMountType",
	  .one_of = EK_ONE_OF("Default", "Unmasked"),
	  .doc = "Default or Unmasked: which parts of /proc are hidden." },
	{ "seccompProfile", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &ek_type_seccomp_profile,
	  .doc = "System calls it may make." },
	{ "appArmorProfile", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 12, .of = &ek_type_app_armor_profile,
	  .doc = "AppArmor profile." },
};
static EK_TYPE(security_context_type, "io.k8s.api.core.v1.SecurityContext",
	       "Rights of a container's processes; what is set wins over the pod's.", security_context_rows);

static const struct ek_field container_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .check = ek_name_dns1123_label,
	  .doc = "A DNS label, unique in the pod." },
	{ "image", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 2, .doc = "The image to run." },
	{ "command", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3,
	  .doc = "What to run instead of the image's entry point; no shell is involved." },
	{ "args", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 4, .doc = "Arguments instead of those of the image." },
	{ "workingDir", EK_F_STR, .pb = 5, .doc = "Where it starts instead of the image's directory." },
	{ "ports", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 6, .of = &container_port_type,
	  .list_keys = "containerPort,protocol", .merge_key = "containerPort",
	  .doc = "Ports it listens on; for information, others are reachable too." },
	{ "envFrom", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 19, .of = &ek_type_env_from_source,
	  .doc = "Where to take whole sets of variables from." },
	{ "env", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 7, .of = &ek_type_env_var,
	  .list_keys = "name", .merge_key = "name", .doc = "Variables, which win over those of envFrom." },
	{ "resources", EK_F_OBJ, .pb = 8, .of = &ek_type_resource_requirements,
	  .doc = "CPU, memory and more that it needs and may use." },
	{ "resizePolicy", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 23, .of = &container_resize_policy_type,
	  .doc = "Which resources change without a restart." },
	{ "restartPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 24, .go = "v1.ContainerRestartPolicy",
	  .doc = "Always makes an init container a sidecar; else not to be set." },
	{ "volumeMounts", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 9, .of = &volume_mount_type,
	  .list_keys = "mountPath", .merge_key = "mountPath",
	  .doc = "Volumes of the pod and where they appear in it." },
	{ "volumeDevices", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 21,
	  .of = &volume_device_type, .list_keys = "devicePath", .merge_key = "devicePath",
	  .doc = "Block devices and where they appear in it." },
	{ "livenessProbe", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10, .of = &probe_type,
	  .doc = "Tells when to restart it." },
	{ "readinessProbe", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &probe_type,
	  .doc = "Tells when it can serve." },
	{ "startupProbe", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 22, .of = &probe_type,
	  .doc = "Tells when it is up; the other probes wait for that." },
	{ "lifecycle", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 12, .of = &lifecycle_type,
	  .doc = "What to do right after it started and before it stops." },
	{ "terminationMessagePath", EK_F_STR, .pb = 13, .dflt = "\"/dev/termination-log\"",
	  .doc = "File in the container that is read for its last message." },
	{ "terminationMessagePolicy", EK_F_STR, .pb = 20, .go = "v1.TerminationMessagePolicy",
	  .dflt = "\"File\"", .one_of = EK_ONE_OF("File", "FallbackToLogsOnError"),
	  .doc = "File, or FallbackToLogsOnError: the end of the log when the file is empty." },
	{ "imagePullPolicy", EK_F_STR, .pb = 14, .go = "v1.PullPolicy",
	  .one_of = EK_ONE_OF("Always", "IfNotPresent", "Never"),
	  .doc = "Always, IfNotPresent or Never; Always by default for the tag latest." },
	{ "securityContext", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 15, .of = &security_context_type,
	  .doc = "Rights of its processes; wins over that of the pod." },
	{ "stdin", EK_F_BOOL, .pb = 16, .doc = "Keep its standard input open." },
	{ "stdinOnce", EK_F_BOOL, .pb = 17,
	  .doc = "Close standard input when the first client that attached goes." },
	{ "tty", EK_F_BOOL, .pb = 18, .doc = "Give it a terminal; needs stdin." },
};
EK_TYPE(ek_type_container, "io.k8s.api.core.v1.Container", "One container of a pod.", container_rows);

static const struct ek_field ephemeral_container_common_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .check = ek_name_dns1123_label,
	  .doc = "A DNS label, unique in the pod." },
	{ "image", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 2, .doc = "The image to run." },
	{ "command", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 3,
	  .doc = "What to run instead of the image's entry point; no shell is involved." },
	{ "args", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 4, .doc = "Arguments instead of those of the image." },
	{ "workingDir", EK_F_STR, .pb = 5, .doc = "Where it starts instead of the image's directory." },
	{ "ports", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 6, .of = &container_port_type,
	  .list_keys = "containerPort,protocol", .merge_key = "containerPort",
	  .doc = "Ports it listens on; for information, others are reachable too." },
	{ "envFrom", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 19, .of = &ek_type_env_from_source,
	  .doc = "Where to take whole sets of variables from." },
	{ "env", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 7, .of = &ek_type_env_var,
	  .list_keys = "name", .merge_key = "name", .doc = "Variables, which win over those of envFrom." },
	{ "resources", EK_F_OBJ, .pb = 8, .of = &ek_type_resource_requirements,
	  .doc = "CPU, memory and more that it needs and may use." },
	{ "resizePolicy", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 23, .of = &container_resize_policy_type,
	  .doc = "Which resources change without a restart." },
	{ "restartPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 24, .go = "v1.ContainerRestartPolicy",
	  .doc = "Always makes an init container a sidecar; else not to be set." },
	{ "volumeMounts", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 9, .of = &volume_mount_type,
	  .list_keys = "mountPath", .merge_key = "mountPath",
	  .doc = "Volumes of the pod and where they appear in it." },
	{ "volumeDevices", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 21,
	  .of = &volume_device_type, .list_keys = "devicePath", .merge_key = "devicePath",
	  .doc = "Block devices and where they appear in it." },
	{ "livenessProbe", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10, .of = &probe_type,
	  .doc = "Tells when to restart it." },
	{ "readinessProbe", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &probe_type,
	  .doc = "Tells when it can serve." },
	{ "startupProbe", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 22, .of = &probe_type,
	  .doc = "Tells when it is up; the other probes wait for that." },
	{ "lifecycle", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 12, .of = &lifecycle_type,
	  .doc = "What to do right after it started and before it stops." },
	{ "terminationMessagePath", EK_F_STR, .pb = 13, .dflt = "\"/dev/termination-log\"",
	  .doc = "File in the container that is read for its last message." },
	{ "terminationMessagePolicy", EK_F_STR, .pb = 20, .go = "v1.TerminationMessagePolicy",
	  .dflt = "\"File\"", .one_of = EK_ONE_OF("File", "FallbackToLogsOnError"),
	  .doc = "File, or FallbackToLogsOnError: the end of the log when the file is empty." },
	{ "imagePullPolicy", EK_F_STR, .pb = 14, .go = "v1.PullPolicy",
	  .one_of = EK_ONE_OF("Always", "IfNotPresent", "Never"),
	  .doc = "Always, IfNotPresent or Never; Always by default for the tag latest." },
	{ "securityContext", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 15, .of = &security_context_type,
	  .doc = "Rights of its processes; wins over that of the pod." },
	{ "stdin", EK_F_BOOL, .pb = 16, .doc = "Keep its standard input open." },
	{ "stdinOnce", EK_F_BOOL, .pb = 17,
	  .doc = "Close standard input when the first client that attached goes." },
	{ "tty", EK_F_BOOL, .pb = 18, .doc = "Give it a terminal; needs stdin." },
};
static EK_TYPE(ephemeral_container_common_type, "io.k8s.api.core.v1.EphemeralContainerCommon",
	       "What a debug container shares with others.", ephemeral_container_common_rows);

static const struct ek_field ephemeral_container_rows[] = {
	{ "EphemeralContainerCommon", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1,
	  .of = &ephemeral_container_common_type },
	{ "targetContainerName", EK_F_STR, .pb = 2, .doc = "The container whose processes it sees." },
};
EK_TYPE(ek_type_ephemeral_container, "io.k8s.api.core.v1.EphemeralContainer",
	"A container put into a running pod to look at it.", ephemeral_container_rows);
