/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field resource_claim_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "Its name in the pod's spec.resourceClaims." },
	{ "request", EK_F_STR, .pb = 2, .doc = "Which request of the claim; absent for all." },
};
static EK_TYPE(resource_claim_type, "io.k8s.api.core.v1.ResourceClaim", "One of the pod's resource claims.",
	       resource_claim_rows);

static const struct ek_field resource_requirements_rows[] = {
	{ "limits", EK_F_QUANTITY, EK_MAP, .pb = 1, .max = EK_NO_MAX, .doc = "The most that may be used." },
	{ "requests", EK_F_QUANTITY, EK_MAP, .pb = 2, .max = EK_NO_MAX,
	  .doc = "What is set aside; the limits when absent." },
	{ "claims", EK_F_OBJ, EK_LIST, EK_LIST_MAP, .pb = 3, .of = &resource_claim_type, .list_keys = "name",
	  .doc = "Dynamic resource claims of the pod that the container uses." },
};
EK_TYPE(ek_type_resource_requirements, "io.k8s.api.core.v1.ResourceRequirements",
	"How much of CPU, memory and other resources.", resource_requirements_rows);

static const struct ek_field volume_resource_requirements_rows[] = {
	{ "limits", EK_F_QUANTITY, EK_MAP, .pb = 1, .doc = "The most that may be given." },
	{ "requests", EK_F_QUANTITY, EK_MAP, .pb = 2, .doc = "The least that must be given." },
};
EK_TYPE(ek_type_volume_resource_requirements, "io.k8s.api.core.v1.VolumeResourceRequirements",
	"How much storage.", volume_resource_requirements_rows);
