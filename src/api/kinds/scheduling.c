/* SPDX-License-Identifier: Apache-2.0 */

/* PriorityClass, Lease, Event: small kinds with few rules. */

#include "check.h"
#include "kinds.h"

#include <ekube/str.h>

/* ---- PriorityClass ---- */

enum { MAX_USER_PRIORITY = 1000000000 };

static const struct {
	const char *name;
	int64_t value;
} system_classes[] = {
	{ "system-node-critical", 2000001000 },
	{ "system-cluster-critical", 2000000000 },
};

/* Why a class with a reserved name is not one of the system's; NULL when it is. */
static const char *not_of_system(const struct ek_json *obj, const char *name, char out[256])
{
	for (size_t i = 0; i < EK_ARRAY_LEN(system_classes); i++) {
		if (!ek_streq(name, system_classes[i].name))
			continue;
		if (ek_json_int_at(obj, "value", 0) != system_classes[i].value)
			return ek_str_into(out, 256, "value of %s PriorityClass must be %" PRId64,
					   name, system_classes[i].value);
		if (ek_json_bool_at(obj, "globalDefault", false))
			return ek_str_into(out, 256,
					   "globalDefault of %s PriorityClass must be false", name);
		return NULL;
	}
	return ek_str_into(out, 256, "%s is not a known system priority class", name);
}

void ek_priorityclass_validate(const struct ek_json *obj, const struct ek_json *old,
			       struct ek_causes *causes)
{
	const char *name = ek_meta_name(obj), *why;
	int64_t value = ek_json_int_at(obj, "value", 0);
	struct ek_check c = { .causes = causes };
	char text[256];

	if (old) {
		if (value != ek_json_int_at(old, "value", 0))
			ek_check_forbidden(&c, "value", "may not be changed in an update.");
		if (!ek_json_same(ek_json_get(obj, "preemptionPolicy"),
				  ek_json_get(old, "preemptionPolicy")))
			ek_check_invalid_str(&c, "preemptionPolicy",
					     ek_json_str_at(obj, "preemptionPolicy"),
					     "field is immutable");
		return;
	}
	if (name && ek_str_starts(name, "system-")) {
		why = not_of_system(obj, name, text);
		if (why)
			ek_check_forbidden(
				&c, "metadata.name",
				"priority class names with 'system-' prefix are reserved "
				"for system use only. error: %s",
				why);
	} else if (value > MAX_USER_PRIORITY) {
		ek_check_forbidden(&c, "value",
				   "maximum allowed value of a user defined priority is %d",
				   MAX_USER_PRIORITY);
	}
}

/* ---- Lease ---- */

void ek_lease_validate(const struct ek_json *obj, const struct ek_json *old,
		       struct ek_causes *causes)
{
	const struct ek_json *spec = ek_json_get(obj, "spec"),
			     *duration = ek_json_get(spec, "leaseDurationSeconds");
	struct ek_check c = { .causes = causes };

	(void)old;
	(void)ek_check_push(&c, "spec");
	if (duration && ek_json_int(duration, 0) <= 0)
		ek_check_invalid(&c, "leaseDurationSeconds", duration, "must be greater than 0");
	if (!ek_str_empty(ek_json_str_at(spec, "preferredHolder")) &&
	    ek_str_empty(ek_json_str_at(spec, "strategy")))
		ek_check_forbidden(&c, "preferredHolder",
				   "'preferredHolder' cannot be specified without 'strategy'");
}

/* ---- Event ---- */

enum {
	MAX_WORD = 128,
	MAX_NOTE = 1024,
};

static void check_word(struct ek_check *c, const char *field, const struct ek_json *obj)
{
	const struct ek_json *v = ek_json_get(obj, field);

	if (ek_json_str_len(v) == 0)
		ek_check_required(c, field, "");
	else if (ek_json_str_len(v) > MAX_WORD)
		ek_check_invalid_str(c, field, "", "can have at most %d characters", MAX_WORD);
}

/* Rules that came with eventTime bind who sets it. */
static void check_new_event(struct ek_check *c, const struct ek_json *obj)
{
	const char *controller = ek_json_str_at(obj, "reportingComponent");

	if (ek_str_empty(controller))
		ek_check_required(c, "reportingComponent", "");
	ek_check_name(c, "reportingComponent", controller, ek_name_qualified);
	check_word(c, "reportingInstance", obj);
	check_word(c, "action", obj);
	check_word(c, "reason", obj);
	if (ek_json_str_len(ek_json_get(obj, "message")) > MAX_NOTE)
		ek_check_invalid_str(c, "message", "", "can have at most %d characters", MAX_NOTE);
}

void ek_event_validate(const struct ek_json *obj, const struct ek_json *old,
		       struct ek_causes *causes)
{
	const char *ns = ek_meta_namespace(obj),
		   *about = ek_json_str_at(obj, "involvedObject.namespace");
	bool is_new = ek_json_str(ek_json_get(obj, "eventTime")), everywhere;
	struct ek_check c = { .causes = causes };

	(void)old;
	/* what has no namespace is told in "default", by new events in "kube-system" too */
	everywhere = ek_streq(ns, "default") || (is_new && ek_streq(ns, "kube-system"));
	if (ek_str_empty(about) ? !everywhere : (!is_new && !ek_streq(ns, about)))
		ek_check_invalid_str(&c, "involvedObject.namespace", about,
				     "does not match event.namespace");
	if (is_new)
		check_new_event(&c, obj);
}
