/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field rolling_update_daemon_set_rows[] = {
	{ "maxUnavailable", EK_F_INTORSTR, EK_ONE, EK_POINTER, .pb = 1,
	  .doc = "On how many nodes it may be missing; a number or a percentage." },
	{ "maxSurge", EK_F_INTORSTR, EK_ONE, EK_POINTER, .pb = 2,
	  .doc = "On how many nodes there may be two; a number or a percentage." },
};
static EK_TYPE(rolling_update_daemon_set_type, "io.k8s.api.apps.v1.RollingUpdateDaemonSet",
	       "Settings of a rolling update.", rolling_update_daemon_set_rows);

static const struct ek_field daemon_set_update_strategy_rows[] = {
	{ "type", EK_F_STR, .pb = 1, .go = "v1.DaemonSetUpdateStrategyType", .dflt = "\"RollingUpdate\"",
	  .one_of = EK_ONE_OF("RollingUpdate", "OnDelete"), .doc = "RollingUpdate or OnDelete." },
	{ "rollingUpdate", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &rolling_update_daemon_set_type,
	  .doc = "Settings of RollingUpdate." },
};
static EK_TYPE(daemon_set_update_strategy_type, "io.k8s.api.apps.v1.DaemonSetUpdateStrategy",
	       "How old pods give way to new ones.", daemon_set_update_strategy_rows);

static const struct ek_field daemon_set_spec_rows[] = {
	{ "selector", EK_F_OBJ, EK_ONE, EK_KEEP | EK_POINTER, .pb = 1, .of = &ek_type_label_selector,
	  .doc = "Which pods are its own; must match the template's labels." },
	{ "template", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &ek_type_pod_template_spec,
	  .doc = "The pods it makes." },
	{ "updateStrategy", EK_F_OBJ, .pb = 3, .of = &daemon_set_update_strategy_type,
	  .doc = "How old pods give way to new ones." },
	{ "minReadySeconds", EK_F_INT32, .pb = 4, .max = EK_NO_MAX,
	  .doc = "Seconds a pod must be ready before it counts as available." },
	{ "revisionHistoryLimit", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 6, .max = EK_NO_MAX, .dflt = "10",
	  .doc = "How many old revisions to keep for going back; 10 by default." },
};
static EK_TYPE(daemon_set_spec_type, "io.k8s.api.apps.v1.DaemonSetSpec", "What is wanted of a DaemonSet.",
	       daemon_set_spec_rows);

static const struct ek_field daemon_set_condition_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.DaemonSetConditionType",
	  .doc = "Which one." },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ConditionStatus",
	  .doc = "True, False or Unknown." },
	{ "lastTransitionTime", EK_F_TIME, .pb = 3, .doc = "When the status last changed." },
	{ "reason", EK_F_STR, .pb = 4, .doc = "Why, as one CamelCase word." },
	{ "message", EK_F_STR, .pb = 5, .doc = "Why, for people." },
};
static EK_TYPE(daemon_set_condition_type, "io.k8s.api.apps.v1.DaemonSetCondition", "One aspect of its state.",
	       daemon_set_condition_rows);

static const struct ek_field daemon_set_status_rows[] = {
	{ "currentNumberScheduled", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .max = EK_NO_MAX,
	  .doc = "Nodes that shall run its pod and do." },
	{ "numberMisscheduled", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 2, .max = EK_NO_MAX,
	  .doc = "Nodes that run its pod and shall not." },
	{ "desiredNumberScheduled", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 3, .max = EK_NO_MAX,
	  .doc = "Nodes that shall run its pod." },
	{ "numberReady", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 4, .max = EK_NO_MAX,
	  .doc = "Nodes where it is ready." },
	{ "observedGeneration", EK_F_INT64, .pb = 5, .max = EK_NO_MAX,
	  .doc = "metadata.generation that the controller has last acted on." },
	{ "updatedNumberScheduled", EK_F_INT32, .pb = 6, .max = EK_NO_MAX,
	  .doc = "Nodes where it follows the current template." },
	{ "numberAvailable", EK_F_INT32, .pb = 7, .max = EK_NO_MAX, .doc = "Nodes where it can serve." },
	{ "numberUnavailable", EK_F_INT32, .pb = 8, .max = EK_NO_MAX, .doc = "Nodes where it cannot." },
	{ "collisionCount", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 9, .max = EK_NO_MAX,
	  .doc = "Collisions of hashes so far, to make a new name." },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 10,
	  .of = &daemon_set_condition_type, .list_keys = "type", .merge_key = "type",
	  .doc = "Aspects of its state." },
};
static EK_TYPE(daemon_set_status_type, "io.k8s.api.apps.v1.DaemonSetStatus", "What a DaemonSet has.",
	       daemon_set_status_rows);

static const struct ek_field daemon_set_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &daemon_set_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &daemon_set_status_type, .doc = "What there is now." },
};
static EK_TYPE(daemon_set_type, "io.k8s.api.apps.v1.DaemonSet", "One pod on every node.", daemon_set_rows);

static const struct ek_subresource daemonset_subresources[] = {
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

EK_CELL(cell_node_selector)
{
	return ek_cell_labels(ek_json_at(obj, "spec.template.spec.nodeSelector"));
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Desired", .type = "integer", .doc = "How many nodes shall run its pod.",
	  .path = "status.desiredNumberScheduled" },
	{ .name = "Current", .type = "integer", .doc = "How many of them have it.",
	  .path = "status.currentNumberScheduled" },
	{ .name = "Ready", .type = "integer", .doc = "How many of these are ready.", .path = "status.numberReady" },
	{ .name = "Up-to-date", .type = "integer", .doc = "How many follow the current template.",
	  .path = "status.updatedNumberScheduled" },
	{ .name = "Available", .type = "integer", .doc = "How many can serve.", .path = "status.numberAvailable" },
	{ .name = "Node Selector", .type = "string", .doc = "Which nodes it is for.", .cell = cell_node_selector },
	EK_COLUMN_AGE,
	EK_COLUMN_CONTAINERS,
	EK_COLUMN_IMAGES,
	EK_COLUMN_SELECTOR,
	{ 0 },
};

const struct ek_kind ek_kind_daemonset = {
	.group = "apps", .version = "v1", .kind = "DaemonSet",
	.plural = "daemonsets", .singular = "daemonset",
	.short_names = (const char *const[]){ "ds", NULL },
	.categories = (const char *const[]){ "all", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = daemonset_subresources,
	.type = &daemon_set_type,
	.columns = columns,
};
