/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field event_source_rows[] = {
	{ "component", EK_F_STR, .pb = 1, .doc = "Which component." },
	{ "host", EK_F_STR, .pb = 2, .doc = "On which node." },
};
EK_TYPE(ek_type_event_source, "io.k8s.api.core.v1.EventSource", "Who reports an event.", event_source_rows);

static const struct ek_field event_series_rows[] = {
	{ "count", EK_F_INT32, .pb = 1, .doc = "How often it happened." },
	{ "lastObservedTime", EK_F_MICROTIME, .pb = 2, .doc = "When it last happened." },
};
static EK_TYPE(event_series_type, "io.k8s.api.core.v1.EventSeries", "How an event went on.",
	       event_series_rows);

static const struct ek_field event_rows[] = {
	EK_ROWS_TYPE_META,
	{ "metadata", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 1, .of = &ek_type_object_meta,
	  .doc = "Name, namespace, labels, annotations and what else all objects have." },
	{ "involvedObject", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &ek_type_object_reference,
	  .doc = "What it happened to." },
	{ "reason", EK_F_STR, .pb = 3, .doc = "Why, as one word." },
	{ "message", EK_F_STR, .pb = 4, .doc = "What happened, for people." },
	{ "source", EK_F_OBJ, .pb = 5, .of = &ek_type_event_source, .doc = "Who reports it." },
	{ "firstTimestamp", EK_F_TIME, .pb = 6, .doc = "When it first happened." },
	{ "lastTimestamp", EK_F_TIME, .pb = 7, .doc = "When it last happened." },
	{ "count", EK_F_INT32, .pb = 8, .doc = "How often it happened." },
	{ "type", EK_F_STR, .pb = 9, .doc = "Normal or Warning." },
	{ "eventTime", EK_F_MICROTIME, .pb = 10, .doc = "When it first happened, to the microsecond." },
	{ "series", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &event_series_type,
	  .doc = "How it went on." },
	{ "action", EK_F_STR, .pb = 12, .doc = "What was done." },
	{ "related", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 13, .of = &ek_type_object_reference,
	  .doc = "Another object that it is about." },
	{ "reportingComponent", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL, .pb = 14,
	  .doc = "Controller that reports it." },
	{ "reportingInstance", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL, .pb = 15,
	  .doc = "Which instance of that controller." },
};
static EK_TYPE(event_type, "io.k8s.api.core.v1.Event", "Something that happened to an object.", event_rows);

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
