/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Defaults of pods that depend on other fields, or that stand in places where the table cannot give
 * them (only when the parent is there). Source: SetDefaults_* and SetObjectDefaults_Pod in
 * k8s.io/kubernetes/pkg/apis/core/v1.
 */

#include "kinds.h"

#include <ekube/str.h>

static void default_object(struct ek_json *obj, const char *key)
{
	if (ek_json_is_null(ek_json_get(obj, key)))
		ek_json_set(obj, key, ek_json_object());
}

/* The tag of an image's name: "latest" when it has neither tag nor digest, "" when only a digest. */
static const char *image_tag(const char *image)
{
	const char *slash = strrchr(image, '/');
	const char *colon = strchr(slash ? slash : image, ':');

	if (strchr(image, '@'))
		return "";
	return colon ? colon + 1 : "latest";
}

static void http_get_default(struct ek_json *get)
{
	if (!get)
		return;
	default_str(get, "path", "/");
	default_str(get, "scheme", "HTTP");
}

static void probe_default(struct ek_json *probe)
{
	if (!probe)
		return;
	/* zero means "not given" in all of these */
	if (ek_json_int_at(probe, "timeoutSeconds", 0) == 0)
		ek_json_set_int(probe, "timeoutSeconds", 1);
	if (ek_json_int_at(probe, "periodSeconds", 0) == 0)
		ek_json_set_int(probe, "periodSeconds", 10);
	if (ek_json_int_at(probe, "successThreshold", 0) == 0)
		ek_json_set_int(probe, "successThreshold", 1);
	if (ek_json_int_at(probe, "failureThreshold", 0) == 0)
		ek_json_set_int(probe, "failureThreshold", 3);
	http_get_default(ek_json_get(probe, "httpGet"));
	if (ek_json_get(probe, "grpc"))
		default_str(ek_json_get(probe, "grpc"), "service", "");
}

static void env_default(const struct ek_json *container)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(container, "env")); ek_json_next(&it);) {
		struct ek_json *ref = ek_json_at(it.value, "valueFrom.fieldRef");

		if (ref)
			default_str(ref, "apiVersion", "v1");
	}
}

/* A limit without a request is its own request. */
static void requests_default(struct ek_json *container)
{
	struct ek_json *resources = ek_json_get(container, "resources");
	const struct ek_json *limits = ek_json_get(resources, "limits");

	if (ek_json_len(limits) == 0)
		return;
	default_object(resources, "requests");
	for (struct ek_json_iter it = ek_json_iter(limits); ek_json_next(&it);)
		default_str(ek_json_get(resources, "requests"), it.key, ek_json_str(it.value));
}

static void container_default(struct ek_json *c)
{
	const char *image = ek_json_str_at(c, "image");

	default_object(c, "resources");
	default_str(c, "terminationMessagePath", "/dev/termination-log");
	default_str(c, "terminationMessagePolicy", "File");
	default_str(c, "imagePullPolicy", image && ek_streq(image_tag(image), "latest") ? "Always" : "IfNotPresent");
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(c, "ports")); ek_json_next(&it);)
		default_str(it.value, "protocol", "TCP");
	probe_default(ek_json_get(c, "livenessProbe"));
	probe_default(ek_json_get(c, "readinessProbe"));
	probe_default(ek_json_get(c, "startupProbe"));
	http_get_default(ek_json_at(c, "lifecycle.postStart.httpGet"));
	http_get_default(ek_json_at(c, "lifecycle.preStop.httpGet"));
	env_default(c);
}

static void items_default(const struct ek_json *items)
{
	for (struct ek_json_iter it = ek_json_iter(items); ek_json_next(&it);) {
		struct ek_json *ref = ek_json_get(it.value, "fieldRef");

		if (ref)
			default_str(ref, "apiVersion", "v1");
	}
}

static void projected_default(struct ek_json *projected)
{
	if (!projected)
		return;
	default_int(projected, "defaultMode", 0644);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(projected, "sources")); ek_json_next(&it);) {
		struct ek_json *token = ek_json_get(it.value, "serviceAccountToken");

		if (token)
			default_int(token, "expirationSeconds", 3600);
		items_default(ek_json_at(it.value, "downwardAPI.items"));
	}
}

static void volume_default(struct ek_json *v)
{
	static const char *const with_mode[] = { "secret", "configMap", "downwardAPI" };
	struct ek_json *host_path = ek_json_get(v, "hostPath");

	if (ek_json_len(v) == 1) /* nothing but its name */
		ek_json_set(v, "emptyDir", ek_json_object());
	for (size_t i = 0; i < EK_ARRAY_LEN(with_mode); i++)
		if (ek_json_get(v, with_mode[i]))
			default_int(ek_json_get(v, with_mode[i]), "defaultMode", 0644);
	items_default(ek_json_at(v, "downwardAPI.items"));
	projected_default(ek_json_get(v, "projected"));
	if (host_path && !ek_json_get(host_path, "type"))
		ek_json_set_str(host_path, "type", "");
}

static void host_ports_default(const struct ek_json *containers)
{
	for (struct ek_json_iter c = ek_json_iter(containers); ek_json_next(&c);)
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(c.value, "ports")); ek_json_next(&it);)
			if (ek_json_int_at(it.value, "hostPort", 0) == 0 && ek_json_get(it.value, "containerPort"))
				ek_json_set_int(it.value, "hostPort", ek_json_int_at(it.value, "containerPort", 0));
}

void pod_spec_default(struct ek_json *spec)
{
	static const char *const lists[] = { "containers", "initContainers", "ephemeralContainers" };

	default_str(spec, "restartPolicy", "Always");
	default_int(spec, "terminationGracePeriodSeconds", 30);
	default_str(spec, "dnsPolicy", "ClusterFirst");
	default_object(spec, "securityContext");
	default_str(spec, "schedulerName", "default-scheduler");
	/* the old name of the field is kept in step */
	if (ek_json_str_at(spec, "serviceAccountName"))
		default_str(spec, "serviceAccount", ek_json_str_at(spec, "serviceAccountName"));
	else if (ek_json_str_at(spec, "serviceAccount"))
		default_str(spec, "serviceAccountName", ek_json_str_at(spec, "serviceAccount"));
	if (ek_json_bool_at(spec, "hostNetwork", false)) {
		host_ports_default(ek_json_get(spec, "containers"));
		host_ports_default(ek_json_get(spec, "initContainers"));
	}
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "volumes")); ek_json_next(&it);)
		volume_default(it.value);
	for (size_t i = 0; i < EK_ARRAY_LEN(lists); i++)
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, lists[i])); ek_json_next(&it);)
			container_default(it.value);
}

void pod_default(struct ek_json *pod)
{
	struct ek_json *spec = ek_json_get(pod, "spec");

	if (!spec)
		return;
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "containers")); ek_json_next(&it);)
		requests_default(it.value);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "initContainers")); ek_json_next(&it);)
		requests_default(it.value);
	default_bool(spec, "enableServiceLinks", true);
	pod_spec_default(spec);
}

void pod_template_default(struct ek_json *owner)
{
	struct ek_json *spec = ek_json_at(owner, "spec.template.spec");

	default_int(ek_json_get(owner, "spec"), "replicas", 1);
	if (spec)
		pod_spec_default(spec);
}
