/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field controller_revision_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "data", EK_F_RAW, .pb = 2, .of = &ek_type_raw_extension },
	{ "revision", EK_F_INT64, EK_ONE, EK_KEEP, .pb = 3, .max = EK_NO_MAX },
};
static EK_TYPE(controller_revision_type, "io.k8s.api.apps.v1.ControllerRevision", NULL,
	       controller_revision_rows);

const struct ek_kind ek_kind_controllerrevision = {
	.group = "apps", .version = "v1", .kind = "ControllerRevision",
	.plural = "controllerrevisions", .singular = "controllerrevision",
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &controller_revision_type,
};
