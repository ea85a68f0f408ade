/* SPDX-License-Identifier: Apache-2.0 */
#include "schema_types.h"

#include <ekube/str.h>
#include <stdlib.h>

#define CORE "io.k8s.api.core.v1."
#define APPS "io.k8s.api.apps.v1."
#define TYPE_META { "kind", EK_F_STR, .doc = "Kind." }, { "apiVersion", EK_F_STR, .doc = "Version." }
#define METADATA  { "metadata", EK_F_OBJ, .pb = 1, .of = &ek_type_object_meta, .doc = "Metadata." }

static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };
static const char *const restart_policies[] = { "Always", "Never", "OnFailure", NULL };

static const struct ek_field port_rows[] = {
	{ "name", EK_F_STR, .check = ek_name_port, .doc = "Name." },
	{ "hostPort", EK_F_INT32, .min = 1, .max = 65535, .doc = "Port of the host." },
	{ "containerPort", EK_F_INT32, .flags = EK_KEEP | EK_REQUIRED, .min = 1, .max = 65535, .doc = "Port." },
	{ "protocol", EK_F_STR, .flags = EK_REQUIRED, .dflt = "\"TCP\"", .one_of = protocols, .go = "v1.Protocol",
	  .doc = "Protocol." },
};
static EK_TYPE(t_port, CORE "ContainerPort", "A port.", port_rows);

static const struct ek_field field_ref_rows[] = {
	{ "apiVersion", EK_F_STR, .dflt = "\"v1\"", .doc = "Version." },
	{ "fieldPath", EK_F_STR, .flags = EK_KEEP | EK_REQUIRED, .doc = "Path." },
};
static EK_TYPE(t_field_ref, CORE "ObjectFieldSelector", "A field.", field_ref_rows, .flags = EK_ATOMIC);

static const struct ek_field resource_ref_rows[] = {
	{ "resource", EK_F_STR, .flags = EK_KEEP, .doc = "Resource." },
	{ "divisor", EK_F_QUANTITY, .doc = "Unit." },
};
static EK_TYPE(t_resource_ref, CORE "ResourceFieldSelector", "A resource.", resource_ref_rows);

static const struct ek_field env_from_rows[] = {
	{ "fieldRef", EK_F_OBJ, .flags = EK_POINTER, .of = &t_field_ref, .doc = "Field." },
	{ "resourceFieldRef", EK_F_OBJ, .flags = EK_POINTER, .of = &t_resource_ref, .doc = "Resource." },
};
static EK_TYPE(t_env_from, CORE "EnvVarSource", "A source.", env_from_rows);

static const struct ek_field env_rows[] = {
	{ "name", EK_F_STR, .flags = EK_KEEP | EK_REQUIRED, .doc = "Name." },
	{ "value", EK_F_STR, .doc = "Value." },
	{ "valueFrom", EK_F_OBJ, .flags = EK_POINTER, .of = &t_env_from, .doc = "Source." },
};
static EK_TYPE(t_env, CORE "EnvVar", "A variable.", env_rows);

static const struct ek_field resources_rows[] = {
	{ "limits", EK_F_QUANTITY, EK_MAP, .min = 0, .max = EK_NO_MAX, .doc = "Most." },
	{ "requests", EK_F_QUANTITY, EK_MAP, .min = 0, .max = EK_NO_MAX, .doc = "Least." },
};
static EK_TYPE(t_resources, CORE "ResourceRequirements", "Resources.", resources_rows);

static const struct ek_field http_get_rows[] = {
	{ "path", EK_F_STR, .dflt = "\"/\"", .doc = "Path." },
	{ "port", EK_F_INTORSTR, .flags = EK_KEEP, .doc = "Port." },
	{ "scheme", EK_F_STR, .dflt = "\"HTTP\"", .go = "v1.URIScheme", .doc = "Scheme." },
};
static EK_TYPE(t_http_get, CORE "HTTPGetAction", "A request.", http_get_rows);

static const struct ek_field handler_rows[] = {
	{ "httpGet", EK_F_OBJ, .flags = EK_POINTER, .of = &t_http_get, .doc = "Request." },
};
static EK_TYPE(t_handler, CORE "ProbeHandler", "A handler.", handler_rows);

static const struct ek_field probe_rows[] = {
	{ "", EK_F_OBJ, .flags = EK_INLINE, .of = &t_handler, .doc = "Handler." },
	{ "initialDelaySeconds", EK_F_INT32, .doc = "Delay." },
	{ "periodSeconds", EK_F_INT32, .dflt = "10", .doc = "Period." },
	{ "terminationGracePeriodSeconds", EK_F_INT64, .flags = EK_POINTER, .doc = "Grace." },
};
static EK_TYPE(t_probe, CORE "Probe", "A probe.", probe_rows);

static const struct ek_field security_rows[] = {
	{ "privileged", EK_F_BOOL, .flags = EK_POINTER, .doc = "Privileged." },
	{ "runAsUser", EK_F_INT64, .flags = EK_POINTER, .doc = "User." },
};
static EK_TYPE(t_security, CORE "SecurityContext", "Security.", security_rows);

static const struct ek_field container_rows[] = {
	{ "name", EK_F_STR, .flags = EK_KEEP | EK_REQUIRED, .check = ek_name_dns1123_label, .doc = "Name." },
	{ "image", EK_F_STR, .doc = "Image." },
	{ "command", EK_F_STR, EK_LIST, EK_ATOMIC, .doc = "Command." },
	{ "ports", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .of = &t_port,
	  .list_keys = "containerPort,protocol", .merge_key = "containerPort", .doc = "Ports." },
	{ "env", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .of = &t_env, .list_keys = "name",
	  .merge_key = "name", .doc = "Environment." },
	{ "resources", EK_F_OBJ, .of = &t_resources, .doc = "Resources." },
	{ "livenessProbe", EK_F_OBJ, .flags = EK_POINTER, .of = &t_probe, .doc = "Probe." },
	{ "terminationMessagePath", EK_F_STR, .dflt = "\"/dev/termination-log\"", .doc = "Message." },
	{ "securityContext", EK_F_OBJ, .flags = EK_POINTER, .of = &t_security, .doc = "Security." },
	{ "stdin", EK_F_BOOL, .doc = "Standard input." },
};
static EK_TYPE(t_container, CORE "Container", "A container.", container_rows);

static const struct ek_field empty_dir_rows[] = {
	{ "medium", EK_F_STR, .go = "v1.StorageMedium", .doc = "Medium." },
	{ "sizeLimit", EK_F_QUANTITY, .flags = EK_POINTER, .doc = "Size." },
};
static EK_TYPE(t_empty_dir, CORE "EmptyDirVolumeSource", "Scratch.", empty_dir_rows);

static const struct ek_field host_path_rows[] = {
	{ "path", EK_F_STR, .flags = EK_KEEP | EK_REQUIRED, .doc = "Path." },
	{ "type", EK_F_STR, .flags = EK_POINTER, .dflt = "\"\"", .go = "v1.HostPathType", .doc = "Type." },
};
static EK_TYPE(t_host_path, CORE "HostPathVolumeSource", "A path of the host.", host_path_rows);

static const struct ek_field volume_source_rows[] = {
	{ "hostPath", EK_F_OBJ, .flags = EK_POINTER, .of = &t_host_path, .doc = "Path of the host." },
	{ "emptyDir", EK_F_OBJ, .flags = EK_POINTER, .of = &t_empty_dir, .doc = "Scratch." },
};
static EK_TYPE(t_volume_source, CORE "VolumeSource", "A source.", volume_source_rows);

static const struct ek_field volume_rows[] = {
	{ "name", EK_F_STR, .flags = EK_KEEP | EK_REQUIRED, .doc = "Name." },
	{ "", EK_F_OBJ, .flags = EK_INLINE, .of = &t_volume_source, .doc = "Source." },
};
static EK_TYPE(t_volume, CORE "Volume", "A volume.", volume_rows);

static const struct ek_field pod_spec_rows[] = {
	{ "volumes", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE | EK_PATCH_RETAIN, .of = &t_volume,
	  .list_keys = "name", .merge_key = "name", .doc = "Volumes." },
	{ "containers", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE | EK_KEEP | EK_REQUIRED, .pb = 2,
	  .of = &t_container, .list_keys = "name", .merge_key = "name", .doc = "Containers." },
	{ "restartPolicy", EK_F_STR, .dflt = "\"Always\"", .one_of = restart_policies, .go = "v1.RestartPolicy",
	  .doc = "Restart." },
	{ "terminationGracePeriodSeconds", EK_F_INT64, .flags = EK_POINTER, .dflt = "30", .max = EK_NO_MAX,
	  .doc = "Grace." },
	{ "nodeSelector", EK_F_STR, EK_MAP, EK_ATOMIC, .doc = "Node labels." },
	{ "hostNetwork", EK_F_BOOL, .doc = "Network of the host." },
};
EK_TYPE(t_pod_spec, CORE "PodSpec", "A pod.", pod_spec_rows);

static const struct ek_field template_rows[] = {
	METADATA,
	{ "spec", EK_F_OBJ, .of = &t_pod_spec, .doc = "Spec." },
};
static EK_TYPE(t_template, CORE "PodTemplateSpec", "A template.", template_rows);

static const struct ek_field rolling_rows[] = {
	{ "maxUnavailable", EK_F_INTORSTR, .flags = EK_POINTER, .dflt = "\"25%\"", .doc = "Missing." },
	{ "maxSurge", EK_F_INTORSTR, .flags = EK_POINTER, .dflt = "\"25%\"", .doc = "Extra." },
};
static EK_TYPE(t_rolling, APPS "RollingUpdateDeployment", "Rolling.", rolling_rows);

static const struct ek_field strategy_rows[] = {
	{ "type", EK_F_STR, .dflt = "\"RollingUpdate\"", .go = "v1.DeploymentStrategyType", .doc = "Type." },
	{ "rollingUpdate", EK_F_OBJ, .flags = EK_POINTER, .of = &t_rolling, .doc = "Rolling." },
};
static EK_TYPE(t_strategy, APPS "DeploymentStrategy", "A strategy.", strategy_rows);

static const struct ek_field spec_rows[] = {
	{ "replicas", EK_F_INT32, .flags = EK_POINTER, .dflt = "1", .max = EK_NO_MAX, .doc = "How many." },
	{ "selector", EK_F_OBJ, .flags = EK_POINTER | EK_KEEP | EK_REQUIRED | EK_IMMUTABLE,
	  .of = &ek_type_label_selector, .doc = "Which." },
	{ "template", EK_F_OBJ, .flags = EK_KEEP, .of = &t_template, .doc = "Template." },
	{ "strategy", EK_F_OBJ, .flags = EK_PATCH_RETAIN, .of = &t_strategy, .doc = "How." },
	{ "minReadySeconds", EK_F_INT32, .max = EK_NO_MAX, .doc = "Ready." },
	{ "paused", EK_F_BOOL, .doc = "Paused." },
};
static EK_TYPE(t_deployment_spec, APPS "DeploymentSpec", "A deployment.", spec_rows);

static const struct ek_field status_rows[] = {
	{ "replicas", EK_F_INT32, .doc = "How many." },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .of = &ek_type_condition,
	  .list_keys = "type", .merge_key = "type", .doc = "Conditions." },
};
static EK_TYPE(t_deployment_status, APPS "DeploymentStatus", "Its status.", status_rows);

static const struct ek_field deployment_rows[] = {
	TYPE_META,
	METADATA,
	{ "spec", EK_F_OBJ, .of = &t_deployment_spec, .doc = "Wanted." },
	{ "status", EK_F_OBJ, .of = &t_deployment_status, .doc = "Seen." },
};
EK_TYPE(t_deployment, APPS "Deployment", "A deployment.", deployment_rows);

static const struct ek_field pod_rows[] = {
	TYPE_META,
	METADATA,
	{ "spec", EK_F_OBJ, .of = &t_pod_spec, .doc = "Wanted." },
};
static EK_TYPE(t_pod, CORE "Pod", "A pod.", pod_rows);

static const struct ek_field secret_rows[] = {
	TYPE_META,
	METADATA,
	{ "data", EK_F_BYTES, EK_MAP, .doc = "Data." },
	{ "type", EK_F_STR, .go = "v1.SecretType", .doc = "Type." },
};
EK_TYPE(t_secret, CORE "Secret", "A secret.", secret_rows);

static const struct ek_field event_rows[] = {
	TYPE_META,
	METADATA,
	{ "eventTime", EK_F_MICROTIME, .flags = EK_KEEP, .doc = "When." },
	{ "note", EK_F_STR, .max = 8, .doc = "What." },
};
EK_TYPE(t_event, "io.k8s.api.events.v1.Event", "An event.", event_rows);

static const struct ek_field open_rows[] = {
	{ "known", EK_F_INT32, .doc = "Known." },
};
EK_TYPE(t_open, "com.example.v1.Open", "Keeps what it does not know.", open_rows, .flags = EK_OPEN);

/* One row of each type and shape that the kinds above lack. */
static const struct ek_field everything_rows[] = {
	{ "double", EK_F_DOUBLE, .doc = "A number." },
	{ "duration", EK_F_DURATION, .doc = "A duration." },
	{ "durationPtr", EK_F_DURATION, .flags = EK_POINTER, .doc = "A duration." },
	{ "raw", EK_F_RAW, .flags = EK_POINTER, .doc = "Anything." },
	{ "extra", EK_F_STR, EK_MAP_OF_LISTS, .go = "v1.ExtraValue", .doc = "Lists." },
	{ "bytes", EK_F_BYTES, .doc = "Bytes." },
	{ "times", EK_F_TIME, EK_LIST, .doc = "Times." },
	{ "quantity", EK_F_QUANTITY, .doc = "A quantity." },
	{ "objects", EK_F_OBJ, EK_MAP, .of = &t_empty_dir, .doc = "Objects." },
	{ "keepInt", EK_F_INT32, .flags = EK_KEEP, .doc = "A number." },
	{ "keepBool", EK_F_BOOL, .flags = EK_KEEP, .doc = "A flag." },
	{ "keepPtr", EK_F_STR, .flags = EK_KEEP | EK_POINTER, .doc = "A text." },
	{ "tags", EK_F_STR, EK_LIST, EK_LIST_SET | EK_PATCH_MERGE, .doc = "Tags." },
};
EK_TYPE(t_everything, "com.example.v1.Everything", "One of each.", everything_rows);

/* ---- kinds ---- */

static const struct ek_field scale_spec_rows[] = {
	{ "replicas", EK_F_INT32, .doc = "How many." },
};
static EK_TYPE(t_scale_spec, "io.k8s.api.autoscaling.v1.ScaleSpec", "Wanted.", scale_spec_rows);

static const struct ek_field scale_rows[] = {
	TYPE_META,
	METADATA,
	{ "spec", EK_F_OBJ, .of = &t_scale_spec, .doc = "Wanted." },
};
static EK_TYPE(t_scale, "io.k8s.api.autoscaling.v1.Scale", "How many.", scale_rows);

static const struct ek_subresource deployment_subs[] = {
	{ .name = "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ .name = "scale", .group = "autoscaling", .version = "v1", .kind = "Scale",
	  .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE, .type = &t_scale },
	{ 0 },
};

const struct ek_kind t_kind_deployment = {
	.group = "apps", .version = "v1", .kind = "Deployment", .plural = "deployments", .singular = "deployment",
	.namespaced = true, .verbs = EK_V_ALL, .subresources = deployment_subs,
	.type = &t_deployment,
};

static const struct ek_subresource pod_subs[] = {
	{ .name = "log", .verbs = EK_V_GET, .stream = true },
	{ .name = "exec", .kind = "PodExecOptions", .verbs = EK_V_GET | EK_V_CREATE, .stream = true },
	{ .name = "proxy", .kind = "PodProxyOptions", .verbs = EK_V_PROXY, .stream = true },
	{ 0 },
};

const struct ek_kind t_kind_pod = {
	.group = "", .version = "v1", .kind = "Pod", .plural = "pods", .singular = "pod",
	.namespaced = true, .verbs = EK_V_ALL, .subresources = pod_subs, .type = &t_pod,
};

/* Cluster-scoped, and with few verbs. */
const struct ek_kind t_kind_scale_target = {
	.group = "example.com", .version = "v1beta1", .kind = "Thing", .plural = "things", .singular = "thing",
	.verbs = EK_V_CREATE | EK_V_GET | EK_V_LIST, .type = &t_open,
};

const struct ek_kind *const t_kinds[] = {
	&t_kind_pod, &t_kind_deployment, &t_kind_scale_target, NULL,
};

/* ---- values ---- */

struct ek_json *t_json(const char *text)
{
	EK_FREE char *copy = ek_str_dup(text);
	struct ek_json *v = NULL;
	struct ek_err err = { 0 };

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	EK_ASSERT(ek_json_parse(copy, strlen(copy), EK_JSON_MAX_BYTES, &v, NULL, &err) == 0);
	return v;
}

char *t_text(const struct ek_json *v)
{
	return v ? ek_json_text(v) : ek_str_dup("absent");
}
