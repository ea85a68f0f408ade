/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Fields of features that are not on by default in v1.32: they vanish on the way in, as in an API
 * server without those feature gates (DropDisabledPodFields), unless the stored object has them.
 */

#include "kinds.h"

#include <ekube/str.h>

static const char *const lists[] = { "containers", "initContainers", "ephemeralContainers" };

static void drop(struct ek_json *obj, const char *field, const struct ek_json *old)
{
	if (obj && ek_json_get(obj, field) && !ek_json_get(old, field))
		ek_json_del(obj, field);
}

static void drop_in_container(struct ek_json *c, const struct ek_json *old)
{
	struct ek_json *context = ek_json_get(c, "securityContext");
	const struct ek_json *old_context = ek_json_get(old, "securityContext");

	drop(c, "resizePolicy", old); /* InPlacePodVerticalScaling */
	drop(ek_json_get(c, "resources"), "claims",
	     ek_json_get(old, "resources")); /* DynamicResourceAllocation */
	/* ProcMountType */
	if (ek_json_get(context, "procMount") && !ek_json_get(old_context, "procMount"))
		ek_json_set_str(context, "procMount", "Default");
}

static void drop_in_volume(struct ek_json *v, const struct ek_json *old)
{
	drop(v, "image", old); /* ImageVolume */
	for (struct ek_json_iter it = ek_json_iter(ek_json_at(v, "projected.sources"));
	     ek_json_next(&it);)
		drop(it.value, "clusterTrustBundle",
		     ek_json_elem(ek_json_at(old, "projected.sources"),
				  it.i)); /* ClusterTrustBundleProjection */
}

void ek_pod_spec_drop_disabled(struct ek_json *spec, const struct ek_json *old_spec)
{
	static const char *const fields[] = {
		"resources",	  /* PodLevelResources */
		"resourceClaims", /* DynamicResourceAllocation */
		"hostUsers",	  /* UserNamespacesSupport */
	};
	static const char *const context_fields[] = {
		"supplementalGroupsPolicy", /* SupplementalGroupsPolicy */
		"seLinuxChangePolicy",	    /* SELinuxChangePolicy */
	};
	struct ek_json_iter it;

	for (size_t i = 0; i < EK_ARRAY_LEN(fields); i++)
		drop(spec, fields[i], old_spec);
	for (size_t i = 0; i < EK_ARRAY_LEN(context_fields); i++)
		drop(ek_json_get(spec, "securityContext"), context_fields[i],
		     ek_json_get(old_spec, "securityContext"));
	for (size_t i = 0; i < EK_ARRAY_LEN(lists); i++)
		for (it = ek_json_iter(ek_json_get(spec, lists[i])); ek_json_next(&it);)
			drop_in_container(it.value,
					  ek_json_elem(ek_json_get(old_spec, lists[i]), it.i));
	for (it = ek_json_iter(ek_json_get(spec, "volumes")); ek_json_next(&it);)
		drop_in_volume(it.value, ek_json_elem(ek_json_get(old_spec, "volumes"), it.i));
}
