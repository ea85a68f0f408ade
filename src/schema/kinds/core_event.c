/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field event_source_rows[] = {
	{ "component", EK_F_STR, .pb = 1 },
	{ "host", EK_F_STR, .pb = 2 },
};
EK_TYPE(ek_type_event_source, "io.k8s.api.core.v1.EventSource", NULL, event_source_rows);

static const struct ek_field event_series_rows[] = {
	{ "count", EK_F_INT32, .pb = 1 },
	{ "lastObservedTime", EK_F_MICROTIME, .pb = 2 },
};
static EK_TYPE(event_series_type, "io.k8s.api.core.v1.EventSeries", NULL, event_series_rows);

static const struct ek_field event_rows[] = {
	EK_ROWS_TYPE_META,
	{ "metadata", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 1, .of = &ek_type_object_meta },
	{ "involvedObject", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &ek_type_object_reference },
	{ "reason", EK_F_STR, .pb = 3 },
	{ "message", EK_F_STR, .pb = 4 },
	{ "source", EK_F_OBJ, .pb = 5, .of = &ek_type_event_source },
	{ "firstTimestamp", EK_F_TIME, .pb = 6 },
	{ "lastTimestamp", EK_F_TIME, .pb = 7 },
	{ "count", EK_F_INT32, .pb = 8 },
	{ "type", EK_F_STR, .pb = 9 },
	{ "eventTime", EK_F_MICROTIME, .pb = 10 },
	{ "series", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &event_series_type },
	{ "action", EK_F_STR, .pb = 12 },
	{ "related", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 13, .of = &ek_type_object_reference },
	{ "reportingComponent", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL, .pb = 14 },
	{ "reportingInstance", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL, .pb = 15 },
};
static EK_TYPE(event_type, "io.k8s.api.core.v1.Event", NULL, event_rows);

const struct ek_kind ek_kind_event = {
	.group = "", .version = "v1", .kind = "Event",
	.plural = "events", .singular = "event",
	.short_names = (const char *const[]){ "ev", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &event_type,
	.columns = ek_columns_event,
	.fields = (const char *const[]){
		"involvedObject.kind",
		"involvedObject.namespace",
		"involvedObject.name",
		"involvedObject.uid",
		"involvedObject.apiVersion",
		"involvedObject.resourceVersion",
		"involvedObject.fieldPath",
		"reason",
		"reportingComponent",
		"source<source.component|reportingComponent",
		"type",
		NULL,
	},
};
