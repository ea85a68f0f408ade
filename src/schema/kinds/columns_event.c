/* SPDX-License-Identifier: Apache-2.0 */

/* What "kubectl get events" prints, of core and of events.k8s.io: the names differ, the rest does not. */

#include "tables.h"

#include <ctype.h>

static const char *either(const struct ek_json *obj, const char *core, const char *events)
{
	const char *s = ek_json_str_at(obj, core);

	return ek_str_empty(s) ? ek_json_str_at(obj, events) : s;
}

static struct ek_json *first_seen(const struct ek_json *obj, int64_t now_us)
{
	const char *first = either(obj, "firstTimestamp", "deprecatedFirstTimestamp");

	return ek_cell_since(first ? first : ek_json_str_at(obj, "eventTime"), now_us);
}

EK_CELL(cell_last)
{
	const char *last = either(obj, "lastTimestamp", "deprecatedLastTimestamp");

	if (!ek_json_is_null(ek_json_get(obj, "series")))
		return ek_cell_since(ek_json_str_at(obj, "series.lastObservedTime"), now_us);
	return last ? ek_cell_since(last, now_us) : first_seen(obj, now_us);
}

/* "pod/web" */
EK_CELL(cell_object)
{
	const char *kind = either(obj, "involvedObject.kind", "regarding.kind");
	const char *name = either(obj, "involvedObject.name", "regarding.name");
	EK_FREE char *lower = ek_str_dup(kind ? kind : "");

	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return ek_str_empty(name) ? ek_json_new_str(lower) : ek_json_new_fmt("%s/%s", lower, name);
}

EK_CELL(cell_subobject)
{
	return ek_cell_str(either(obj, "involvedObject.fieldPath", "regarding.fieldPath"), "");
}

/* "kubelet, node-1" */
EK_CELL(cell_source)
{
	const char *component = either(obj, "source.component", "deprecatedSource.component");
	const char *host = either(obj, "source.host", "deprecatedSource.host");

	if (ek_str_empty(component))
		component = either(obj, "reportingComponent", "reportingController");
	if (ek_str_empty(host))
		host = ek_json_str_at(obj, "reportingInstance");
	if (ek_str_empty(host))
		return ek_cell_str(component, "");
	return ek_json_new_fmt("%s, %s", component ? component : "", host);
}

EK_CELL(cell_message)
{
	const char *s = either(obj, "message", "note");
	size_t n;

	if (!s)
		return ek_json_new_str("");
	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	return ek_json_new_strn(s, n);
}

EK_CELL(cell_count)
{
	int64_t n = ek_json_int_at(obj, "count", ek_json_int_at(obj, "deprecatedCount", 0));

	if (!ek_json_is_null(ek_json_get(obj, "series")))
		return ek_json_new_int(ek_json_int_at(obj, "series.count", 0));
	return ek_json_new_int(n ? n : 1); /* a new event does not count itself */
}

const struct ek_column ek_columns_event[] = {
	{ .name = "Last Seen", .type = "string", .doc = "When it last happened.", .cell = cell_last },
	{ .name = "Type", .type = "string", .doc = "Normal or Warning.", .path = "type" },
	{ .name = "Reason", .type = "string", .doc = "Why, as one word.", .path = "reason" },
	{ .name = "Object", .type = "string", .doc = "What it is about.", .cell = cell_object },
	{ .name = "Subobject", .type = "string", .priority = 1, .doc = "Which part of the object.", .cell = cell_subobject },
	{ .name = "Source", .type = "string", .priority = 1, .doc = "Who reports it.", .cell = cell_source },
	{ .name = "Message", .type = "string", .doc = "What happened, for people.", .cell = cell_message },
	{ .name = "First Seen", .type = "string", .priority = 1, .doc = "When it first happened.", .cell = first_seen },
	{ .name = "Count", .type = "string", .priority = 1, .doc = "How often it happened.", .cell = cell_count },
	{ .name = "Name", .type = "string", .format = "name", .priority = 1, .doc = "Name of the event.",
	  .path = "metadata.name" },
	{ 0 },
};
