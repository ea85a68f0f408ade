/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field event_series_rows[] = {
	{ "count", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .doc = "How often it happened." },
	{ "lastObservedTime", EK_F_MICROTIME, EK_ONE, EK_KEEP, .pb = 2, .doc = "When it last happened." },
};
static EK_TYPE(event_series_type, "io.k8s.api.events.v1.EventSeries", "How an event went on.",
	       event_series_rows);

static const struct ek_field event_rows[] = {
	EK_ROWS_TYPE_META,
	{ "metadata", EK_F_OBJ, EK_ONE, EK_KEEP | EK_OPTIONAL, .pb = 1, .of = &ek_type_object_meta,
	  .doc = "Name, namespace, labels, annotations and what else all objects have." },
	{ "eventTime", EK_F_MICROTIME, EK_ONE, EK_KEEP, .pb = 2, .doc = "When it first happened." },
	{ "series", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &event_series_type,
	  .doc = "How it went on." },
	{ "reportingController", EK_F_STR, .pb = 4, .doc = "Controller that reports it." },
	{ "reportingInstance", EK_F_STR, .pb = 5, .doc = "Which instance of that controller." },
	{ "action", EK_F_STR, .pb = 6, .doc = "What was done." },
	{ "reason", EK_F_STR, .pb = 7, .doc = "Why, as one word." },
	{ "regarding", EK_F_OBJ, .pb = 8, .of = &ek_type_object_reference, .doc = "What it happened to." },
	{ "related", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 9, .of = &ek_type_object_reference,
	  .doc = "Another object that it is about." },
	{ "note", EK_F_STR, .pb = 10, .doc = "What happened, for people." },
	{ "type", EK_F_STR, .pb = 11, .doc = "Normal or Warning." },
	{ "deprecatedSource", EK_F_OBJ, .pb = 12, .of = &ek_type_event_source,
	  .doc = "Deprecated: source of core events." },
	{ "deprecatedFirstTimestamp", EK_F_TIME, .pb = 13,
	  .doc = "Deprecated: firstTimestamp of core events." },
	{ "deprecatedLastTimestamp", EK_F_TIME, .pb = 14,
	  .doc = "Deprecated: lastTimestamp of core events." },
	{ "deprecatedCount", EK_F_INT32, .pb = 15, .doc = "Deprecated: count of core events." },
};
static EK_TYPE(event_type, "io.k8s.api.events.v1.Event", "Something that happened to an object.", event_rows);

/* ---- the same object in two groups: stored as a core Event, where some fields have other names ---- */

static const struct {
	const char *here, *stored;
} names[] = {
	{ "reportingController", "reportingComponent" },
	{ "regarding", "involvedObject" },
	{ "note", "message" },
	{ "deprecatedSource", "source" },
	{ "deprecatedFirstTimestamp", "firstTimestamp" },
	{ "deprecatedLastTimestamp", "lastTimestamp" },
	{ "deprecatedCount", "count" },
};

static const char *rename_field(const char *name, bool to_stored)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(names); i++)
		if (strcmp(name, to_stored ? names[i].here : names[i].stored) == 0)
			return to_stored ? names[i].stored : names[i].here;
	return name;
}

/* Decoding puts the members in the order of the other type, and drops or adds what is empty there. */
static struct ek_json *convert(const struct ek_json *in, const struct ek_kind *to, bool to_stored)
{
	EK_JSON struct ek_json *renamed = ek_json_object();
	struct ek_json *out;
	char version[96];

	for (struct ek_json_iter it = ek_json_iter(in); ek_json_next(&it);)
		ek_json_set(renamed, rename_field(it.key, to_stored), ek_json_ref(it.value));
	ek_json_set_str(renamed, "apiVersion", ek_kind_api_version(to, version));
	if (ek_schema_decode(to->type, renamed, EK_FIELDS_IGNORE, &out, NULL, NULL) < 0)
		return ek_steal(renamed); /* not what decoding once let in: shown as it is */
	return out;
}

static struct ek_json *from_stored(const struct ek_json *stored)
{
	return convert(stored, &ek_kind_events_event, false);
}

static struct ek_json *to_stored(const struct ek_json *obj)
{
	return convert(obj, &ek_kind_event, true);
}

const struct ek_kind ek_kind_events_event = {
	.group = "events.k8s.io", .version = "v1", .kind = "Event",
	.plural = "events", .singular = "event",
	.short_names = (const char *const[]){ "ev", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &event_type,
	.columns = ek_columns_event,
	.fields = (const char *const[]){
		"regarding.kind",
		"regarding.namespace",
		"regarding.name",
		"regarding.uid",
		"regarding.apiVersion",
		"regarding.resourceVersion",
		"regarding.fieldPath",
		"reason",
		"reportingController",
		"type",
		NULL,
	},
	.stored_as = &ek_kind_event,
	.from_stored = from_stored,
	.to_stored = to_stored,
};
