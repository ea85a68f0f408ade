/* SPDX-License-Identifier: Apache-2.0 */

/* Containers of the three kinds: what holds of all, and what each may not have. */

#include "pod_validate.h"

#include <ekube/str.h>

/* ---- ports ---- */

static void check_port_names(struct ek_check *c, const struct ek_json *container)
{
	const struct ek_json *ports = ek_json_get(container, "ports");

	for (struct ek_json_iter it = ek_json_iter(ports); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		size_t first = it.i, mark = ek_check_elem(c, "ports", it.i);

		if (!ek_str_empty(name) && !ek_name_port(name) &&
		    ek_json_find(ports, "name", name, &first) && first != it.i)
			ek_check_duplicate(c, "name", name);
		ek_check_pop(c, mark);
	}
}

/* `seen` is an object of "protocol/address/port"; the path stands at the container. */
static void check_host_ports(struct ek_check *c, const struct ek_json *container,
			     struct ek_json *seen)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(container, "ports"));
	     ek_json_next(&it);) {
		int64_t port = ek_json_int_at(it.value, "hostPort", 0);
		const char *ip = ek_json_str_at(it.value, "hostIP");
		const char *key;

		if (port == 0)
			continue;
		key = EK_F("%s/%s/%" PRId64, ek_json_str_at(it.value, "protocol"), ip ? ip : "",
			   port);
		if (ek_json_get(seen, key)) {
			size_t mark = ek_check_elem(c, "ports", it.i);

			ek_check_duplicate(c, "hostPort", key);
			ek_check_pop(c, mark);
		}
		ek_json_set_bool(seen, key, true);
	}
}

/* ---- volume mounts and devices ---- */

static const struct ek_json *volume_of(const struct ek_pod_check *p, const char *name)
{
	if (!name || !ek_check_one_of(name, p->volumes))
		return NULL;
	return ek_json_find(ek_json_get(p->spec, "volumes"), "name", name, NULL);
}

/* Upstream says what follows of the list, not of its element. */
static void check_mount_modes(struct ek_check *c, const struct ek_json *mount,
			      const struct ek_json *container)
{
	static const char *const recursive[] = { "Disabled", "Enabled", "IfPossible", NULL };
	const char *rro = ek_json_str_at(mount, "recursiveReadOnly");
	const char *propagation = ek_json_str_at(mount, "mountPropagation");

	ek_check_path_below(c, "subPath", ek_json_str_at(mount, "subPath"));
	ek_check_path_below(c, "subPathExpr", ek_json_str_at(mount, "subPathExpr"));
	if (ek_streq(propagation, "Bidirectional") &&
	    !ek_json_bool_at(container, "securityContext.privileged", false))
		ek_check_forbidden(
			c, "mountPropagation",
			"Bidirectional mount propagation is available only to privileged containers");
	if (!rro || ek_streq(rro, "Disabled"))
		return;
	if (!ek_check_one_of(rro, recursive)) {
		ek_check_unsupported(c, "recursiveReadOnly", rro, recursive);
		return;
	}
	if (!ek_json_bool_at(mount, "readOnly", false))
		ek_check_forbidden(c, "recursiveReadOnly",
				   "may only be specified when readOnly is true");
	if (propagation && !ek_streq(propagation, "None"))
		ek_check_forbidden(
			c, "recursiveReadOnly",
			"may only be specified when mountPropagation is None or not specified");
}

static void check_mount(struct ek_pod_check *p, const struct ek_json *container, size_t i)
{
	static const char *const subs[] = { "subPath", "subPathExpr" };
	const struct ek_json *mounts = ek_json_get(container, "volumeMounts"),
			     *mount = ek_json_elem(mounts, i);
	const struct ek_json *devices = ek_json_get(container, "volumeDevices");
	const char *name = ek_json_str_at(mount, "name"),
		   *path = ek_json_str_at(mount, "mountPath");
	const struct ek_json *volume = volume_of(p, name);
	struct ek_check *c = &p->c;
	size_t first = i, mark = ek_check_elem(c, "volumeMounts", i);

	if (!volume)
		ek_check_notfound(c, "name", name);
	if (ek_json_find(mounts, "mountPath", path, &first) && first != i)
		ek_check_invalid_str(c, "mountPath", path, "must be unique");
	if (ek_json_find(devices, "name", name, NULL))
		ek_check_invalid_str(c, "name", name, "must not already exist in volumeDevices");
	if (ek_json_find(devices, "devicePath", path, NULL))
		ek_check_invalid_str(c, "mountPath", path,
				     "must not already exist as a path in volumeDevices");
	for (size_t k = 0; k < EK_ARRAY_LEN(subs); k++)
		if (ek_json_get(volume, "image") && !ek_str_empty(ek_json_str_at(mount, subs[k])))
			ek_check_invalid(c, subs[k], ek_json_get(mount, subs[k]),
					 "not allowed in image volume sources");
	if (!ek_str_empty(ek_json_str_at(mount, "subPath")) &&
	    !ek_str_empty(ek_json_str_at(mount, "subPathExpr")))
		ek_check_invalid(c, "subPathExpr", ek_json_get(mount, "subPathExpr"),
				 "subPathExpr and subPath are mutually exclusive");
	ek_check_pop(c, mark);
	mark = ek_check_push(c, "volumeMounts");
	check_mount_modes(c, mount, container);
	ek_check_pop(c, mark);
}

static void check_device(struct ek_pod_check *p, const struct ek_json *container, size_t i)
{
	const struct ek_json *devices = ek_json_get(container, "volumeDevices"),
			     *device = ek_json_elem(devices, i);
	const struct ek_json *mounts = ek_json_get(container, "volumeMounts");
	const char *name = ek_json_str_at(device, "name"),
		   *path = ek_json_str_at(device, "devicePath");
	const struct ek_json *volume = volume_of(p, name);
	struct ek_check *c = &p->c;
	size_t first = i, mark = ek_check_elem(c, "volumeDevices", i);

	if (!ek_str_empty(name) && ek_json_find(devices, "name", name, &first) && first != i)
		ek_check_invalid_str(c, "name", name, "must be unique");
	if (!volume)
		ek_check_notfound(c, "name", name);
	else if (!ek_json_get(volume, "persistentVolumeClaim") && !ek_json_get(volume, "ephemeral"))
		ek_check_invalid_str(
			c, "name", name,
			"can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
	first = i;
	if (ek_json_find(devices, "devicePath", path, &first) && first != i)
		ek_check_invalid_str(c, "devicePath", path, "must be unique");
	if (path && ek_check_has_backstep(path))
		ek_check_invalid_str(c, "devicePath", path, "can not contain backsteps ('..')");
	if (ek_json_find(mounts, "name", name, NULL))
		ek_check_invalid_str(c, "name", name, "must not already exist in volumeMounts");
	if (ek_json_find(mounts, "mountPath", path, NULL))
		ek_check_invalid_str(c, "devicePath", path,
				     "must not already exist as a path in volumeMounts");
	ek_check_pop(c, mark);
}

/* ---- resizePolicy: about the list, all of it ---- */

static void check_resize(struct ek_pod_check *p, const struct ek_json *list)
{
	static const char *const resources[] = { "cpu", "memory", NULL };
	static const char *const policies[] = { "NotRequired", "RestartContainer", NULL };
	bool never = ek_streq(ek_json_str_at(p->spec, "restartPolicy"), "Never");
	struct ek_check *c = &p->c;

	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		const char *resource = ek_json_str_at(it.value, "resourceName");
		const char *policy = ek_json_str_at(it.value, "restartPolicy");
		size_t first = it.i;

		if (ek_json_find(list, "resourceName", resource, &first) && first != it.i) {
			size_t mark = ek_check_elem(c, "resizePolicy", it.i);

			ek_check_duplicate(c, NULL, resource);
			ek_check_pop(c, mark);
		}
		if (ek_str_empty(resource))
			ek_check_required(c, "resizePolicy", "");
		else if (!ek_check_one_of(resource, resources))
			ek_check_unsupported(c, "resizePolicy", resource, resources);
		if (ek_str_empty(policy))
			ek_check_required(c, "resizePolicy", "");
		else if (!ek_check_one_of(policy, policies))
			ek_check_unsupported(c, "resizePolicy", policy, policies);
		if (never && !ek_streq(policy, "NotRequired"))
			ek_check_invalid_str(
				c, "resizePolicy", policy,
				"must be 'NotRequired' when `restartPolicy` is 'Never'");
	}
}

/* ---- what holds of every container ---- */

static void check_common(struct ek_pod_check *p, const struct ek_json *container)
{
	bool host_users = ek_json_bool_at(p->spec, "hostUsers", true);
	struct ek_check *c = &p->c;
	size_t mark;

	check_port_names(c, container);
	ek_pod_env_validate(c, container);
	for (size_t i = 0; i < ek_json_len(ek_json_get(container, "volumeMounts")); i++)
		check_mount(p, container, i);
	for (size_t i = 0; i < ek_json_len(ek_json_get(container, "volumeDevices")); i++)
		check_device(p, container, i);
	mark = ek_check_push(c, "resources");
	ek_resources_validate(c, ek_json_get(container, "resources"),
			      ek_json_get(p->spec, "resourceClaims"));
	ek_check_pop(c, mark);
	check_resize(p, ek_json_get(container, "resizePolicy"));
	ek_pod_container_security_validate(c, container, host_users);
}

/* Templates may hold what only becomes an image's name later. */
static void check_image_blanks(struct ek_check *c, const struct ek_json *container)
{
	const char *image = ek_json_str_at(container, "image");

	if (!ek_str_empty(image) &&
	    (strchr(" \t\n\r\v\f", image[0]) || strchr(" \t\n\r\v\f", image[strlen(image) - 1])))
		ek_check_invalid_str(c, "image", image,
				     "must not have leading or trailing whitespace");
}

/* ---- the three lists ---- */

static void check_regular(struct ek_pod_check *p, const struct ek_json *list,
			  const struct ek_json *grace)
{
	EK_JSON struct ek_json *ports = ek_json_object();

	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		size_t first = it.i, mark = ek_check_elem(&p->c, "containers", it.i);

		check_common(p, it.value);
		if (ek_json_find(list, "name", name, &first) && first != it.i)
			ek_check_duplicate(&p->c, "name", name);
		ek_pod_probes_validate(&p->c, it.value, grace);
		if (ek_json_get(it.value, "restartPolicy"))
			ek_check_forbidden(&p->c, "restartPolicy",
					   "may not be set for non-init containers");
		check_host_ports(&p->c, it.value, ports);
		if (p->is_pod)
			check_image_blanks(&p->c, it.value);
		ek_check_pop(&p->c, mark);
	}
}

static void check_init_only(struct ek_check *c, const struct ek_json *container,
			    const struct ek_json *grace)
{
	static const char *const always[] = { "Always", NULL };
	static const char *const not_once[] = { "lifecycle", "livenessProbe", "readinessProbe",
						"startupProbe" };
	const char *policy = ek_json_str_at(container, "restartPolicy");

	if (policy && !ek_streq(policy, "Always"))
		ek_check_unsupported(c, "restartPolicy", policy, always);
	if (ek_streq(policy, "Always")) {
		ek_pod_probes_validate(c, container, grace);
	} else {
		for (size_t i = 0; i < EK_ARRAY_LEN(not_once); i++)
			if (ek_json_get(container, not_once[i]))
				ek_check_forbidden(
					c, not_once[i],
					"may not be set for init containers without restartPolicy=Always");
	}
	if (ek_json_len(ek_json_get(container, "resizePolicy")) > 0)
		ek_check_invalid(c, "resizePolicy", ek_json_get(container, "resizePolicy"),
				 "must not be set for init containers");
}

static void check_init(struct ek_pod_check *p, const struct ek_json *list,
		       const struct ek_json *grace)
{
	const struct ek_json *regular = ek_json_get(p->spec, "containers");

	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		size_t first = it.i, mark = ek_check_elem(&p->c, "initContainers", it.i);
		EK_JSON struct ek_json *ports = ek_json_object(); /* they run one by one */

		check_common(p, it.value);
		if (!ek_str_empty(name) &&
		    (ek_json_find(regular, "name", name, NULL) ||
		     (ek_json_find(list, "name", name, &first) && first != it.i)))
			ek_check_duplicate(&p->c, "name", name);
		check_host_ports(&p->c, it.value, ports);
		check_init_only(&p->c, it.value, grace);
		if (p->is_pod)
			check_image_blanks(&p->c, it.value);
		ek_check_pop(&p->c, mark);
	}
}

static bool is_main(const struct ek_json *spec, const char *name)
{
	return ek_json_find(ek_json_get(spec, "containers"), "name", name, NULL) ||
	       ek_json_find(ek_json_get(spec, "initContainers"), "name", name, NULL);
}

/* A guest for debugging is no part of the pod's work. */
static void check_ephemeral_only(struct ek_check *c, const struct ek_json *container)
{
	static const char *const denied[] = { "ports",	       "resources",	"resizePolicy",
					      "restartPolicy", "livenessProbe", "readinessProbe",
					      "startupProbe",  "lifecycle" };
	static const char *const subs[] = { "subPath", "subPathExpr" };
	static const char text[] = "cannot be set for an Ephemeral Container";

	for (size_t i = 0; i < EK_ARRAY_LEN(denied); i++) {
		const struct ek_json *v = ek_json_get(container, denied[i]);

		if (ek_json_len(v) > 0 || ek_json_str(v) ||
		    (ek_json_is_object(v) && !ek_streq(denied[i], "resources")))
			ek_check_forbidden(c, denied[i], text);
	}
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(container, "volumeMounts"));
	     ek_json_next(&it);) {
		size_t mark = ek_check_elem(c, "volumeMounts", it.i);

		for (size_t i = 0; i < EK_ARRAY_LEN(subs); i++)
			if (!ek_str_empty(ek_json_str_at(it.value, subs[i])))
				ek_check_forbidden(c, subs[i], text);
		ek_check_pop(c, mark);
	}
}

static void check_ephemeral(struct ek_pod_check *p, const struct ek_json *list)
{
	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		const char *target = ek_json_str_at(it.value, "targetContainerName");
		size_t first = it.i, mark = ek_check_elem(&p->c, "ephemeralContainers", it.i);

		check_common(p, it.value);
		check_image_blanks(&p->c, it.value);
		if (is_main(p->spec, name) ||
		    (ek_json_find(list, "name", name, &first) && first != it.i))
			ek_check_duplicate(&p->c, "name", name);
		if (!ek_str_empty(target) && !is_main(p->spec, target))
			ek_check_notfound(&p->c, "targetContainerName", target);
		check_ephemeral_only(&p->c, it.value);
		ek_check_pop(&p->c, mark);
	}
}

void ek_pod_containers_validate(struct ek_pod_check *p)
{
	const struct ek_json *grace = ek_json_get(p->spec, "terminationGracePeriodSeconds");

	check_regular(p, ek_json_get(p->spec, "containers"), grace);
	check_init(p, ek_json_get(p->spec, "initContainers"), grace);
	check_ephemeral(p, ek_json_get(p->spec, "ephemeralContainers"));
}
