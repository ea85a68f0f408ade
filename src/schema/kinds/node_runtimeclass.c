/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field overhead_rows[] = {
	{ "podFixed", EK_F_QUANTITY, EK_MAP, .pb = 1, .doc = "The same for every pod." },
};
static EK_TYPE(overhead_type, "io.k8s.api.node.v1.Overhead", "Resources for running a pod.", overhead_rows);

static const struct ek_field scheduling_rows[] = {
	{ "nodeSelector", EK_F_STR, EK_MAP, EK_ATOMIC, .pb = 1, .doc = "Labels that they have." },
	{ "tolerations", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &ek_type_toleration,
	  .doc = "Taints of theirs to tolerate." },
};
static EK_TYPE(scheduling_type, "io.k8s.api.node.v1.Scheduling", "Which nodes can run a class.",
	       scheduling_rows);

static const struct ek_field runtime_class_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "handler", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .check = ek_name_dns1123_label,
	  .doc = "What the node calls it." },
	{ "overhead", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &overhead_type,
	  .doc = "Resources it needs beyond the containers'." },
	{ "scheduling", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &scheduling_type,
	  .doc = "Which nodes have it." },
};
static EK_TYPE(runtime_class_type, "io.k8s.api.node.v1.RuntimeClass", "A way to run containers.",
	       runtime_class_rows);

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Handler", .type = "string", .doc = "What the node calls it.", .path = "handler" },
	EK_COLUMN_AGE,
	{ 0 },
};

const struct ek_kind ek_kind_runtimeclass = {
	.group = "node.k8s.io", .version = "v1", .kind = "RuntimeClass",
	.plural = "runtimeclasses", .singular = "runtimeclass",
	.verbs = EK_V_ALL,
	.type = &runtime_class_type,
	.columns = columns,
};
