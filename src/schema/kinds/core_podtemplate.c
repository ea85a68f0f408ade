/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field pod_template_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "template", EK_F_OBJ, .pb = 2, .of = &ek_type_pod_template_spec, .doc = "The template." },
};
static EK_TYPE(pod_template_type, "io.k8s.api.core.v1.PodTemplate", "A template of pods, kept as an object.",
	       pod_template_rows);

EK_CELL(cell_containers)
{
	return ek_cell_members(ek_json_at(obj, "template.spec.containers"), "name");
}

EK_CELL(cell_images)
{
	return ek_cell_members(ek_json_at(obj, "template.spec.containers"), "image");
}

EK_CELL(cell_labels)
{
	return ek_cell_labels(ek_json_at(obj, "template.metadata.labels"));
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Containers", .type = "string", .doc = "Names of the template's containers.",
	  .cell = cell_containers },
	{ .name = "Images", .type = "string", .doc = "Images of the template's containers.", .cell = cell_images },
	{ .name = "Pod Labels", .type = "string", .doc = "Labels of its pods.", .cell = cell_labels },
	{ 0 },
};

const struct ek_kind ek_kind_podtemplate = {
	.group = "", .version = "v1", .kind = "PodTemplate",
	.plural = "podtemplates", .singular = "podtemplate",
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &pod_template_type,
	.columns = columns,
};
