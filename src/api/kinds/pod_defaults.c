/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Defaults of pods that depend on other fields. Source: SetDefaults_* in
 * k8s.io/kubernetes/pkg/apis/core/v1, and the conversion that keeps serviceAccount in step.
 */

#include "kinds.h"

#include <ekube/str.h>

#include <ctype.h>

/* ---- a container's ---- */

/* The first part of an image's name is a registry when it could be a host. */
static const char *repository_of(const char *image)
{
	size_t n = strcspn(image, "/");

	if (image[n] == '/' && (memchr(image, '.', n) || memchr(image, ':', n) ||
				strncmp(image, "localhost/", 10) == 0))
		return image + n + 1;
	return image;
}

/* Would upstream's parser take it? What it does not take has no tag. */
static bool is_image(const char *image)
{
	const char *repository = repository_of(image);
	size_t n = strcspn(repository, ":@");

	for (size_t i = 0; i < n; i++)
		if (!islower((unsigned char)repository[i]) &&
		    !isdigit((unsigned char)repository[i]) && !strchr("._-/", repository[i]))
			return false;
	return n > 0;
}

/* Neither tag nor digest means the tag "latest"; a tag counts also beside a digest. */
static bool is_latest(const char *image)
{
	const char *tag, *digest;
	size_t n;

	if (!image || !is_image(image))
		return false;
	digest = strchr(image, '@');
	n = strcspn(repository_of(image), ":@");
	tag = repository_of(image) + n;
	if (*tag != ':')
		return !digest;
	return strcspn(tag + 1, "@") == strlen("latest") &&
	       strncmp(tag + 1, "latest", strlen("latest")) == 0;
}

/* A limit without a request is its own request. */
static void requests_default(struct ek_json *container)
{
	struct ek_json *resources = ek_json_get(container, "resources");
	const struct ek_json *limits = ek_json_get(resources, "limits");

	if (ek_json_len(limits) == 0)
		return;
	if (ek_json_is_null(ek_json_get(resources, "requests")))
		ek_json_set(resources, "requests", ek_json_object());
	for (struct ek_json_iter it = ek_json_iter(limits); ek_json_next(&it);)
		if (!ek_json_get(ek_json_get(resources, "requests"), it.key))
			ek_json_set(ek_json_get(resources, "requests"), it.key,
				    ek_json_copy(it.value));
}

static void host_ports_default(const struct ek_json *containers)
{
	for (struct ek_json_iter c = ek_json_iter(containers); ek_json_next(&c);)
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(c.value, "ports"));
		     ek_json_next(&it);)
			if (ek_json_int_at(it.value, "hostPort", 0) == 0 &&
			    ek_json_get(it.value, "containerPort"))
				ek_json_set_int(it.value, "hostPort",
						ek_json_int_at(it.value, "containerPort", 0));
}

/* ---- a volume's ---- */

static void volume_default(struct ek_json *v)
{
	if (ek_json_len(v) == (ek_json_get(v, "name") ? 1u : 0u)) /* nothing but its name */
		ek_json_set(v, "emptyDir", ek_json_object());
	if (ek_json_get(v, "image"))
		ek_default_str(ek_json_get(v, "image"), "pullPolicy",
			       is_latest(ek_json_str_at(v, "image.reference")) ? "Always" :
										 "IfNotPresent");
}

/* ---- PodSpec ---- */

/* serviceAccount is the old name of serviceAccountName: they always say the same. */
void ek_pod_sync_account(struct ek_json *spec)
{
	const char *name = ek_json_str_at(spec, "serviceAccountName");

	if (ek_str_empty(name))
		name = ek_json_str_at(spec, "serviceAccount");
	if (ek_str_empty(name))
		return;
	ek_json_set(spec, "serviceAccountName", ek_json_new_str(name));
	ek_json_set(spec, "serviceAccount",
		    ek_json_new_str(ek_json_str_at(spec, "serviceAccountName")));
}

void ek_pod_spec_default(struct ek_json *spec)
{
	static const char *const lists[] = { "containers", "initContainers",
					     "ephemeralContainers" };

	ek_pod_sync_account(spec);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "volumes"));
	     ek_json_next(&it);)
		volume_default(it.value);
	for (size_t i = 0; i < EK_ARRAY_LEN(lists); i++)
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, lists[i]));
		     ek_json_next(&it);)
			ek_default_str(it.value, "imagePullPolicy",
				       is_latest(ek_json_str_at(it.value, "image")) ?
					       "Always" :
					       "IfNotPresent");
}

/* What only pods get: templates keep what was written, since their pods come by here. */
void ek_pod_default(struct ek_json *pod)
{
	struct ek_json *spec = ek_json_get(pod, "spec");

	if (!spec)
		return;
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "containers"));
	     ek_json_next(&it);)
		requests_default(it.value);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "initContainers"));
	     ek_json_next(&it);)
		requests_default(it.value);
	ek_default_bool(spec, "enableServiceLinks", true);
	if (ek_json_int_at(spec, "terminationGracePeriodSeconds", 0) < 0)
		ek_json_set_int(spec, "terminationGracePeriodSeconds", 1);
	if (ek_json_bool_at(spec, "hostNetwork", false)) {
		host_ports_default(ek_json_get(spec, "containers"));
		host_ports_default(ek_json_get(spec, "initContainers"));
	}
	ek_pod_spec_default(spec);
}

void ek_pod_template_default(struct ek_json *owner)
{
	struct ek_json *spec = ek_json_at(owner, "spec.template.spec");

	if (spec)
		ek_pod_spec_default(spec);
}

void ek_podtemplate_default(struct ek_json *t)
{
	struct ek_json *spec = ek_json_at(t, "template.spec");

	if (spec)
		ek_pod_spec_default(spec);
}
