/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field taint_rows[] = {
	{ "key", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .check = ek_name_qualified, .doc = "Its key." },
	{ "value", EK_F_STR, .pb = 2, .check = ek_name_label_value, .doc = "Its value." },
	{ "effect", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3, .go = "v1.TaintEffect",
	  .one_of = EK_ONE_OF("NoSchedule", "PreferNoSchedule", "NoExecute"),
	  .doc = "NoSchedule, PreferNoSchedule or NoExecute." },
	{ "timeAdded", EK_F_TIME, EK_ONE, EK_POINTER, .pb = 4, .doc = "When it was put on, for NoExecute." },
};
static EK_TYPE(taint_type, "io.k8s.api.core.v1.Taint", "Keeps pods away that do not tolerate it.",
	       taint_rows);

static const struct ek_field config_map_node_config_source_rows[] = {
	{ "namespace", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "Namespace of the ConfigMap." },
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .doc = "Name of the ConfigMap." },
	{ "uid", EK_F_STR, .pb = 3, .go = "types.UID", .doc = "UID of the ConfigMap." },
	{ "resourceVersion", EK_F_STR, .pb = 4, .doc = "Version of the ConfigMap." },
	{ "kubeletConfigKey", EK_F_STR, EK_ONE, EK_KEEP, .pb = 5, .doc = "Key in the ConfigMap." },
};
static EK_TYPE(config_map_node_config_source_type, "io.k8s.api.core.v1.ConfigMapNodeConfigSource",
	       "Deprecated: does nothing.", config_map_node_config_source_rows);

static const struct ek_field node_config_source_rows[] = {
	{ "configMap", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &config_map_node_config_source_type,
	  .doc = "Where configuration came from." },
};
static EK_TYPE(node_config_source_type, "io.k8s.api.core.v1.NodeConfigSource", "Deprecated: does nothing.",
	       node_config_source_rows);

static const struct ek_field node_spec_rows[] = {
	{ "podCIDR", EK_F_STR, .pb = 1, .doc = "Addresses for its pods." },
	{ "podCIDRs", EK_F_STR, EK_LIST, EK_LIST_SET | EK_PATCH_MERGE, .pb = 7,
	  .doc = "Addresses for its pods, one block a family." },
	{ "providerID", EK_F_STR, .pb = 3, .doc = "Its id at the cloud provider." },
	{ "unschedulable", EK_F_BOOL, .pb = 4, .doc = "Whether new pods stay away." },
	{ "taints", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 5, .of = &taint_type,
	  .doc = "What keeps pods away that do not tolerate it." },
	{ "configSource", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 6, .of = &node_config_source_type,
	  .doc = "Deprecated: does nothing." },
	{ "externalID", EK_F_STR, .pb = 2, .doc = "Deprecated: does nothing." },
};
static EK_TYPE(node_spec_type, "io.k8s.api.core.v1.NodeSpec", "What is wanted of a node.", node_spec_rows);

static const struct ek_field node_condition_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.NodeConditionType", .doc = "Which one." },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ConditionStatus",
	  .doc = "True, False or Unknown." },
	{ "lastHeartbeatTime", EK_F_TIME, .pb = 3, .doc = "When the node last said so." },
	{ "lastTransitionTime", EK_F_TIME, .pb = 4, .doc = "When the status last changed." },
	{ "reason", EK_F_STR, .pb = 5, .doc = "Why, as one CamelCase word." },
	{ "message", EK_F_STR, .pb = 6, .doc = "Why, for people." },
};
static EK_TYPE(node_condition_type, "io.k8s.api.core.v1.NodeCondition", "One aspect of a node's state.",
	       node_condition_rows);

static const struct ek_field node_address_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.NodeAddressType",
	  .doc = "Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS." },
	{ "address", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .doc = "The name or address." },
};
static EK_TYPE(node_address_type, "io.k8s.api.core.v1.NodeAddress", "A name or address of a node.",
	       node_address_rows);

static const struct ek_field daemon_endpoint_rows[] = {
	{ "Port", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .doc = "The port." },
};
static EK_TYPE(daemon_endpoint_type, "io.k8s.api.core.v1.DaemonEndpoint", "A port of a service.",
	       daemon_endpoint_rows);

static const struct ek_field node_daemon_endpoints_rows[] = {
	{ "kubeletEndpoint", EK_F_OBJ, .pb = 1, .of = &daemon_endpoint_type,
	  .doc = "Where its node API listens." },
};
static EK_TYPE(node_daemon_endpoints_type, "io.k8s.api.core.v1.NodeDaemonEndpoints",
	       "Ports of a node's services.", node_daemon_endpoints_rows);

static const struct ek_field node_system_info_rows[] = {
	{ "machineID", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "Content of /etc/machine-id." },
	{ "systemUUID", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .doc = "UUID of the machine." },
	{ "bootID", EK_F_STR, EK_ONE, EK_KEEP, .pb = 3, .doc = "Changes with every boot." },
	{ "kernelVersion", EK_F_STR, EK_ONE, EK_KEEP, .pb = 4, .doc = "Version of the kernel." },
	{ "osImage", EK_F_STR, EK_ONE, EK_KEEP, .pb = 5, .doc = "Name of the operating system." },
	{ "containerRuntimeVersion", EK_F_STR, EK_ONE, EK_KEEP, .pb = 6,
	  .doc = "Runtime and its version: runtime://1.2." },
	{ "kubeletVersion", EK_F_STR, EK_ONE, EK_KEEP, .pb = 7, .doc = "Version of what runs its pods." },
	{ "kubeProxyVersion", EK_F_STR, EK_ONE, EK_KEEP, .pb = 8,
	  .doc = "Deprecated: version of what routes Services." },
	{ "operatingSystem", EK_F_STR, EK_ONE, EK_KEEP, .pb = 9, .doc = "linux or windows." },
	{ "architecture", EK_F_STR, EK_ONE, EK_KEEP, .pb = 10, .doc = "amd64, arm64 and so on." },
};
static EK_TYPE(node_system_info_type, "io.k8s.api.core.v1.NodeSystemInfo", "Machine and software of a node.",
	       node_system_info_rows);

static const struct ek_field container_image_rows[] = {
	{ "names", EK_F_STR, EK_LIST, EK_KEEP | EK_OPTIONAL | EK_ATOMIC, .pb = 1, .doc = "Its names." },
	{ "sizeBytes", EK_F_INT64, .pb = 2, .doc = "Its size." },
};
static EK_TYPE(container_image_type, "io.k8s.api.core.v1.ContainerImage", "An image on a node.",
	       container_image_rows);

static const struct ek_field attached_volume_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.UniqueVolumeName", .doc = "Its name." },
	{ "devicePath", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .doc = "Its device." },
};
static EK_TYPE(attached_volume_type, "io.k8s.api.core.v1.AttachedVolume", "A volume attached to a node.",
	       attached_volume_rows);

static const struct ek_field node_config_status_rows[] = {
	{ "assigned", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &node_config_source_type,
	  .doc = "What it shall use." },
	{ "active", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &node_config_source_type,
	  .doc = "What it uses." },
	{ "lastKnownGood", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &node_config_source_type,
	  .doc = "What it goes back to." },
	{ "error", EK_F_STR, .pb = 4, .doc = "What went wrong." },
};
static EK_TYPE(node_config_status_type, "io.k8s.api.core.v1.NodeConfigStatus",
	       "State of a node's configuration.", node_config_status_rows);

static const struct ek_field node_runtime_handler_features_rows[] = {
	{ "recursiveReadOnlyMounts", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 1,
	  .doc = "Mounts that are read-only all the way down." },
	{ "userNamespaces", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 2, .doc = "User namespaces." },
};
static EK_TYPE(node_runtime_handler_features_type, "io.k8s.api.core.v1.NodeRuntimeHandlerFeatures",
	       "What a runtime handler can do.", node_runtime_handler_features_rows);

static const struct ek_field node_runtime_handler_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL, .pb = 1,
	  .doc = "Its name; \"\" for the default." },
	{ "features", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &node_runtime_handler_features_type,
	  .doc = "What it can do." },
};
static EK_TYPE(node_runtime_handler_type, "io.k8s.api.core.v1.NodeRuntimeHandler",
	       "Something that runs containers.", node_runtime_handler_rows);

static const struct ek_field node_features_rows[] = {
	{ "supplementalGroupsPolicy", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 1,
	  .doc = "Whether it obeys supplementalGroupsPolicy." },
};
static EK_TYPE(node_features_type, "io.k8s.api.core.v1.NodeFeatures", "What a node can do.",
	       node_features_rows);

static const struct ek_field node_status_rows[] = {
	{ "capacity", EK_F_QUANTITY, EK_MAP, .pb = 1, .doc = "All its resources." },
	{ "allocatable", EK_F_QUANTITY, EK_MAP, .pb = 2, .doc = "Those that pods can have." },
	{ "phase", EK_F_STR, .pb = 3, .go = "v1.NodePhase", .doc = "Deprecated: no longer set." },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 4, .of = &node_condition_type,
	  .list_keys = "type", .merge_key = "type",
	  .doc = "Ready, MemoryPressure, DiskPressure, PIDPressure and others." },
	{ "addresses", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 5, .of = &node_address_type,
	  .list_keys = "type", .merge_key = "type", .doc = "Its names and addresses." },
	{ "daemonEndpoints", EK_F_OBJ, .pb = 6, .of = &node_daemon_endpoints_type,
	  .doc = "Ports of its services." },
	{ "nodeInfo", EK_F_OBJ, .pb = 7, .of = &node_system_info_type, .doc = "Its machine and software." },
	{ "images", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 8, .of = &container_image_type,
	  .doc = "Images it holds." },
	{ "volumesInUse", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 9, .go = "v1.UniqueVolumeName",
	  .doc = "Volumes that it has mounted." },
	{ "volumesAttached", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 10, .of = &attached_volume_type,
	  .doc = "Volumes that are attached to it." },
	{ "config", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &node_config_status_type,
	  .doc = "State of its configuration." },
	{ "runtimeHandlers", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 12, .of = &node_runtime_handler_type,
	  .doc = "What can run its containers." },
	{ "features", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 13, .of = &node_features_type,
	  .doc = "What it can do." },
};
static EK_TYPE(node_status_type, "io.k8s.api.core.v1.NodeStatus", "What a node says of itself.",
	       node_status_rows);

static const struct ek_field node_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &node_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &node_status_type, .doc = "What there is now." },
};
static EK_TYPE(node_type, "io.k8s.api.core.v1.Node", "A machine that runs pods.", node_rows);

static const struct ek_subresource node_subresources[] = {
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

EK_CELL(cell_status)
{
	const struct ek_json *ready = ek_meta_condition(obj, "Ready");
	const char *status = "Unknown";

	if (ready)
		status = ek_streq(ek_json_str_at(ready, "status"), "True") ? "Ready" : "NotReady";
	if (!ek_json_bool_at(obj, "spec.unschedulable", false))
		return ek_json_new_str(status);
	return ek_json_new_fmt("%s,SchedulingDisabled", status);
}

enum { MAX_ROLES = 32 }; /* as many as anybody wants to read */

/* The role that a label gives, NULL for none. */
static const char *role_of(const char *key, const char *value)
{
	static const char prefix[] = "node-role.kubernetes.io/";

	if (ek_str_starts(key, prefix))
		return key + sizeof(prefix) - 1;
	return strcmp(key, "kubernetes.io/role") == 0 ? value : NULL;
}

/* Insert in order, each once. */
static size_t add_role(const char **roles, size_t n, const char *role)
{
	size_t i = 0;

	while (i < n && strcmp(roles[i], role) < 0)
		i++;
	if (n == MAX_ROLES || (i < n && strcmp(roles[i], role) == 0))
		return n;
	memmove(&roles[i + 1], &roles[i], (n - i) * sizeof(*roles));
	roles[i] = role;
	return n + 1;
}

EK_CELL(cell_roles)
{
	EK_BUF struct ek_buf text = EK_CELL_TEXT;
	const char *roles[MAX_ROLES];
	size_t n = 0;

	for (struct ek_json_iter it = ek_json_iter(ek_meta_labels(obj)); ek_json_next(&it);) {
		const char *role = role_of(it.key, ek_json_str(it.value));

		if (!ek_str_empty(role))
			n = add_role(roles, n, role);
	}
	for (size_t i = 0; i < n; i++)
		ek_cell_add(&text, ",", roles[i]);
	return ek_cell_text(&text, "<none>");
}

static struct ek_json *address(const struct ek_json *node, const char *type)
{
	const struct ek_json *a = ek_json_find(ek_json_at(node, "status.addresses"), "type", type, NULL);

	return ek_json_new_str(a ? ek_json_str_at(a, "address") : "<none>");
}

EK_CELL(cell_internal_ip)
{
	return address(obj, "InternalIP");
}

EK_CELL(cell_external_ip)
{
	return address(obj, "ExternalIP");
}

EK_CELL(cell_os_image)
{
	return ek_cell_str(ek_json_str_at(obj, "status.nodeInfo.osImage"), "<unknown>");
}

EK_CELL(cell_kernel)
{
	return ek_cell_str(ek_json_str_at(obj, "status.nodeInfo.kernelVersion"), "<unknown>");
}

EK_CELL(cell_runtime)
{
	return ek_cell_str(ek_json_str_at(obj, "status.nodeInfo.containerRuntimeVersion"), "<unknown>");
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Status", .type = "string", .doc = "Whether it is ready, and takes pods.", .cell = cell_status },
	{ .name = "Roles", .type = "string", .doc = "What its labels say it is for.", .cell = cell_roles },
	EK_COLUMN_AGE,
	{ .name = "Version", .type = "string", .doc = "Version of what runs its pods.",
	  .path = "status.nodeInfo.kubeletVersion" },
	{ .name = "Internal-IP", .type = "string", .priority = 1, .doc = "Address inside the cluster.",
	  .cell = cell_internal_ip },
	{ .name = "External-IP", .type = "string", .priority = 1, .doc = "Address from outside.",
	  .cell = cell_external_ip },
	{ .name = "OS-Image", .type = "string", .priority = 1, .doc = "Its operating system.", .cell = cell_os_image },
	{ .name = "Kernel-Version", .type = "string", .priority = 1, .doc = "Its kernel.", .cell = cell_kernel },
	{ .name = "Container-Runtime", .type = "string", .priority = 1, .doc = "What runs its containers.",
	  .cell = cell_runtime },
	{ 0 },
};

const struct ek_kind ek_kind_node = {
	.group = "", .version = "v1", .kind = "Node",
	.plural = "nodes", .singular = "node",
	.short_names = (const char *const[]){ "no", NULL },
	.verbs = EK_V_ALL,
	.subresources = node_subresources,
	.type = &node_type,
	.columns = columns,
	.fields = (const char *const[]){
		"spec.unschedulable=false",
		NULL,
	},
};
