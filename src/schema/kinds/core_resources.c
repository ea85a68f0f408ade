/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field resource_claim_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
	{ "request", EK_F_STR, .pb = 2 },
};
static EK_TYPE(resource_claim_type, "io.k8s.api.core.v1.ResourceClaim", NULL, resource_claim_rows);

static const struct ek_field resource_requirements_rows[] = {
	{ "limits", EK_F_QUANTITY, EK_MAP, .pb = 1, .max = EK_NO_MAX },
	{ "requests", EK_F_QUANTITY, EK_MAP, .pb = 2, .max = EK_NO_MAX },
	{ "claims", EK_F_OBJ, EK_LIST, EK_LIST_MAP, .pb = 3, .of = &resource_claim_type,
	  .list_keys = "name" },
};
EK_TYPE(ek_type_resource_requirements, "io.k8s.api.core.v1.ResourceRequirements", NULL,
	resource_requirements_rows);

static const struct ek_field volume_resource_requirements_rows[] = {
	{ "limits", EK_F_QUANTITY, EK_MAP, .pb = 1 },
	{ "requests", EK_F_QUANTITY, EK_MAP, .pb = 2 },
};
EK_TYPE(ek_type_volume_resource_requirements, "io.k8s.api.core.v1.VolumeResourceRequirements", NULL,
	volume_resource_requirements_rows);
