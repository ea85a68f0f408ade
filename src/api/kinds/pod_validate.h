/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Validation of PodSpec wherever it stands, a file a subject. Every function stands at the path of what
 * it checks (or of the whole spec, when it takes one) and leaves the path as it was.
 *
 * What a row of the tables says (required, enumerations, formats, bounds) is not said again here.
 */

#include "check.h"

struct ek_pod_check {
	struct ek_check c;
	const struct ek_json *spec;
	bool is_pod;	      /* not a template: what is only decided when the pod is made counts */
	const char *name;     /* the pod's, NULL in a template */
	const char **volumes; /* names of the sound volumes, ended by NULL */
};

/* pod_validate.c: the whole, at "spec". */
void ek_pod_spec_validate(struct ek_check *c, const struct ek_json *spec, bool is_pod,
			  const char *pod_name);
/* at the template: "spec.template" */
void ek_pod_template_validate(struct ek_check *c, const struct ek_json *template);
void ek_pod_annotations_validate(struct ek_check *c, const struct ek_json *annotations,
				 const struct ek_json *spec);

/* pod_volumes.c: fills p->volumes (the array is the caller's to free, the names are the spec's). */
void ek_pod_volumes_validate(struct ek_pod_check *p);
/* pod_containers.c */
void ek_pod_containers_validate(struct ek_pod_check *p);
/* pod_env.c: at the container; and the selectors, which volumes have as well */
void ek_pod_env_validate(struct ek_check *c, const struct ek_json *container);
void ek_pod_field_ref_validate(struct ek_check *c, const struct ek_json *ref, bool volume);
void ek_pod_resource_ref_validate(struct ek_check *c, const struct ek_json *ref, bool volume);
/* pod_probes.c: at the container */
void ek_pod_probes_validate(struct ek_check *c, const struct ek_json *container,
			    const struct ek_json *grace);
/* pod_security.c */
void ek_pod_security_validate(struct ek_pod_check *p);
void ek_pod_container_security_validate(struct ek_check *c, const struct ek_json *container,
					bool host_users);
/* pod_affinity.c: affinity, spread constraints, tolerations */
void ek_pod_affinity_validate(struct ek_check *c, const struct ek_json *spec);
void ek_pod_tolerations_validate(struct ek_check *c,
				 const struct ek_json *tolerations); /* at the list */
void ek_node_selector_validate(struct ek_check *c, const struct ek_json *selector);
/* resources.c: at "resources" of a container; claims: the spec's resourceClaims */
void ek_resources_validate(struct ek_check *c, const struct ek_json *resources,
			   const struct ek_json *claims);
/* pod_update.c: what an update may change */
void ek_pod_update_validate(struct ek_check *c, const struct ek_json *pod,
			    const struct ek_json *old);
