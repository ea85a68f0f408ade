/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the table files share: types that more than one of them uses, rows and columns that every
 * kind has. A type that one file alone uses is static there.
 *
 * Writing rows, from the Go declaration:
 *   - order of rows = order of Go's fields (it is the order of encoding);
 *   - json:"x" without omitempty      -> EK_KEEP; with "+optional" above it: EK_KEEP | EK_OPTIONAL
 *   - *T                              -> EK_POINTER
 *   - a named string type             -> .go = "v1.RestartPolicy" (package dot name)
 *   - []T, map[string]T               -> EK_LIST, EK_MAP (a map of quantities is a ResourceList)
 *   - map[string]ExtraValue           -> EK_MAP_OF_LISTS, .go = "v1.ExtraValue" (the list's name)
 *   - patchStrategy, patchMergeKey    -> EK_PATCH_MERGE, EK_PATCH_RETAIN, .merge_key
 *   - listType, listMapKey, structType, mapType -> EK_LIST_SET, EK_LIST_MAP and .list_keys, EK_ATOMIC
 *   - EK_REQUIRED, .one_of, .check, .min/.max: what k8s.io/kubernetes/pkg/apis/.../validation says
 *     with no condition on other fields; .dflt: what defaults.go sets with no condition.
 * What depends on other fields belongs to the kind's hooks.
 */

#include <ekube/schema.h>
#include <ekube/str.h>

#include "types.h"

/* ---- rows ---- */
#define EK_ROWS_TYPE_META                                                                       \
	{ "kind", EK_F_STR, .doc = "What this object is: the kind's name in CamelCase." },      \
	{ "apiVersion", EK_F_STR, .doc = "Group and version of the schema that the object follows." }

#define EK_ROW_METADATA                                                                         \
	{ "metadata", EK_F_OBJ, .pb = 1, .of = &ek_type_object_meta,                            \
	  .doc = "Name, namespace, labels, annotations and what else all objects have." }

/* A type of any JSON value: it has a name and no rows. */
#define EK_RAW_TYPE(var, name_, doc_)                                                           \
	const struct ek_type var = { .name = (name_), .doc = (doc_),                            \
				     .cache = &(struct ek_type_cache){ 0 } }

/* Values of an enumeration, for .one_of: EK_ONE_OF("TCP", "UDP"). */
#define EK_ONE_OF(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* ---- columns ---- */
#define EK_COLUMN_NAME                                                                          \
	{ .name = "Name", .type = "string", .format = "name",                                   \
	  .doc = "Name, unique in its namespace.", .path = "metadata.name" }
#define EK_COLUMN_AGE                                                                           \
	{ .name = "Age", .type = "string", .doc = "Time since creation.", .cell = ek_cell_age }

/* Columns of every kind that has none of its own: Name and Age. */
extern const struct ek_column ek_columns_default[];

/* Name and Created At: those for which upstream has no columns either. */
extern const struct ek_column ek_columns_created[];

/* Containers, Images, Selector of spec.template, shown with -o wide. */
#define EK_COLUMN_CONTAINERS                                                                    \
	{ .name = "Containers", .type = "string", .priority = 1,                                \
	  .doc = "Names of the template's containers.", .cell = ek_cell_containers }
#define EK_COLUMN_IMAGES                                                                        \
	{ .name = "Images", .type = "string", .priority = 1,                                    \
	  .doc = "Images of the template's containers.", .cell = ek_cell_images }
#define EK_COLUMN_SELECTOR                                                                      \
	{ .name = "Selector", .type = "string", .priority = 1,                                  \
	  .doc = "Which pods belong to it.", .cell = ek_cell_selector }

/* A cell that looks at the object alone; its body follows. */
#define EK_CELL(name)                                                                           \
	static struct ek_json *name(const struct ek_json *obj, __attribute__((unused)) int64_t now_us)

struct ek_json *ek_cell_age(const struct ek_json *obj, int64_t now_us);
struct ek_json *ek_cell_containers(const struct ek_json *obj, int64_t now_us);
struct ek_json *ek_cell_images(const struct ek_json *obj, int64_t now_us);
struct ek_json *ek_cell_selector(const struct ek_json *obj, int64_t now_us);

/* "5m" since an RFC 3339 time, "<unknown>" for NULL and nonsense. */
struct ek_json *ek_cell_since(const char *time, int64_t now_us);
/* s, or `none` when it is empty. */
struct ek_json *ek_cell_str(const char *s, const char *none);
/* The members `name` of a list's elements, "a,b". */
struct ek_json *ek_cell_members(const struct ek_json *list, const char *name);
/* A map of strings, "a=b,c=d"; "<none>" when it is empty. */
struct ek_json *ek_cell_labels(const struct ek_json *map);

/* A metav1.LabelSelector as text; "<none>" when it is empty or absent. */
struct ek_json *ek_cell_label_selector(const struct ek_json *selector);
/* Addresses and names of a load balancer, sorted, each once. */
struct ek_json *ek_cell_ingress(const struct ek_json *ingress);

/* Items behind a separator; the buffer's bounds are the object's. */
void            ek_cell_add(struct ek_buf *text, const char *separator, const char *item);
struct ek_json *ek_cell_text(struct ek_buf *text, const char *none);
#define EK_CELL_TEXT EK_BUF_INIT(EK_JSON_MAX_BYTES)

/* columns_volume.c */
struct ek_json *ek_cell_access_modes(const struct ek_json *modes);
struct ek_json *ek_cell_volume_class(const struct ek_json *obj, int64_t now_us);
struct ek_json *ek_cell_volume_attributes_class(const struct ek_json *obj, int64_t now_us);
struct ek_json *ek_cell_volume_phase(const struct ek_json *obj, int64_t now_us);
struct ek_json *ek_cell_volume_mode(const struct ek_json *obj, int64_t now_us);

/* rbac_rules.c: Name, Role, Age, Users, Groups, ServiceAccounts */
extern const struct ek_column ek_columns_binding[];

/* columns_pod.c, columns_event.c */
extern const struct ek_column ek_columns_pod[], ek_columns_event[];

/*
 * Kinds that have tables and are not served: their controllers do not exist yet. Whoever writes one
 * moves the name to schema.h and adds a row to kinds.c.
 */
extern const struct ek_kind ek_kind_job, ek_kind_cronjob, ek_kind_pdb, ek_kind_storageclass, ek_kind_ingress,
	ek_kind_ingressclass, ek_kind_networkpolicy, ek_kind_runtimeclass;

/* ---- types of apimachinery (meta.c) beyond those in schema.h ---- */
extern const struct ek_type ek_type_fields_v1, ek_type_raw_extension, ek_type_label_selector_requirement,
	ek_type_field_selector_requirement,
	ek_type_managed_fields_entry, ek_type_preconditions, ek_type_status_details, ek_type_status_cause,
	ek_type_watch_event, ek_type_patch, ek_type_group_version_kind;

/* core_references.c: LocalObjectReference with a required name */
extern const struct ek_type ek_type_named_reference;
