/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field pod_template_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "template", EK_F_OBJ, .pb = 2, .of = &ek_type_pod_template_spec },
};
static EK_TYPE(pod_template_type, "io.k8s.api.core.v1.PodTemplate", NULL, pod_template_rows);

const struct ek_kind ek_kind_podtemplate = {
	.group = "", .version = "v1", .kind = "PodTemplate",
	.plural = "podtemplates", .singular = "podtemplate",
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &pod_template_type,
};
