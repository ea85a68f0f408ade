/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field topology_selector_label_requirement_rows[] = {
	{ "key", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "The label." },
	{ "values", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 2,
	  .doc = "Its values, one of which must match." },
};
static EK_TYPE(topology_selector_label_requirement_type,
	       "io.k8s.api.core.v1.TopologySelectorLabelRequirement", "A condition on a label.",
	       topology_selector_label_requirement_rows);

static const struct ek_field topology_selector_term_rows[] = {
	{ "matchLabelExpressions", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1,
	  .of = &topology_selector_label_requirement_type,
	  .doc = "Conditions on labels that must all hold." },
};
static EK_TYPE(topology_selector_term_type, "io.k8s.api.core.v1.TopologySelectorTerm", "A set of nodes.",
	       topology_selector_term_rows, .flags = EK_ATOMIC);

static const struct ek_field storage_class_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "provisioner", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .doc = "Who makes the volumes." },
	{ "parameters", EK_F_STR, EK_MAP, .pb = 3, .doc = "What the provisioner is told." },
	{ "reclaimPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4, .go = "v1.PersistentVolumeReclaimPolicy",
	  .dflt = "\"Delete\"", .one_of = EK_ONE_OF("Delete", "Retain"),
	  .doc = "Delete or Retain: what becomes of volumes after their claims." },
	{ "mountOptions", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 5, .doc = "Options of mount." },
	{ "allowVolumeExpansion", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 6, .doc = "Whether claims may grow." },
	{ "volumeBindingMode", EK_F_STR, EK_ONE, EK_POINTER, .pb = 7, .go = "v1.VolumeBindingMode",
	  .dflt = "\"Immediate\"", .one_of = EK_ONE_OF("Immediate", "WaitForFirstConsumer"),
	  .doc = "Immediate or WaitForFirstConsumer." },
	{ "allowedTopologies", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 8, .of = &topology_selector_term_type,
	  .doc = "Where volumes may be made." },
};
static EK_TYPE(storage_class_type, "io.k8s.api.storage.v1.StorageClass", "A kind of storage to be had.",
	       storage_class_rows);

EK_CELL(cell_name)
{
	const char *is_default = ek_meta_annotation(obj, "storageclass.kubernetes.io/is-default-class");
	const char *was_default = ek_meta_annotation(obj, "storageclass.beta.kubernetes.io/is-default-class");
	const char *name = ek_meta_name(obj);

	if (!ek_streq(is_default, "true") && !ek_streq(was_default, "true"))
		return ek_cell_str(name, "");
	return ek_json_new_fmt("%s (default)", name ? name : "");
}

EK_CELL(cell_expansion)
{
	return ek_json_new_bool(ek_json_bool_at(obj, "allowVolumeExpansion", false));
}

EK_CELL(cell_reclaim)
{
	const char *policy = ek_json_str_at(obj, "reclaimPolicy");

	return ek_json_new_str(policy ? policy : "Delete");
}

EK_CELL(cell_binding)
{
	const char *mode = ek_json_str_at(obj, "volumeBindingMode");

	return ek_json_new_str(mode ? mode : "Immediate");
}

static const struct ek_column columns[] = {
	{ .name = "Name", .type = "string", .format = "name", .doc = "Name of the class.", .cell = cell_name },
	{ .name = "Provisioner", .type = "string", .doc = "Who makes the volumes.", .path = "provisioner" },
	{ .name = "ReclaimPolicy", .type = "string", .doc = "What becomes of volumes after their claims.",
	  .cell = cell_reclaim },
	{ .name = "VolumeBindingMode", .type = "string", .doc = "When volumes are made.", .cell = cell_binding },
	{ .name = "AllowVolumeExpansion", .type = "string", .doc = "Whether claims may grow.",
	  .cell = cell_expansion },
	EK_COLUMN_AGE,
	{ 0 },
};

const struct ek_kind ek_kind_storageclass = {
	.group = "storage.k8s.io", .version = "v1", .kind = "StorageClass",
	.plural = "storageclasses", .singular = "storageclass",
	.short_names = (const char *const[]){ "sc", NULL },
	.verbs = EK_V_ALL,
	.type = &storage_class_type,
	.columns = columns,
};
