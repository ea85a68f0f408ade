/* SPDX-License-Identifier: Apache-2.0 */

/* k8s.io/apimachinery/pkg/apis/meta/v1/validation: labels and label selectors. */

#include <ekube/schema.h>
#include <ekube/str.h>

static void check_key(const char *key, const struct ek_path *at, struct ek_causes *causes)
{
	EK_JSON struct ek_json *bad = NULL;
	const char *msg = ek_name_qualified(key);

	if (!msg)
		return;
	bad = ek_json_new_str(key);
	ek_cause_add(causes, EK_CAUSE_INVALID, at, bad, "%s", msg);
}

static void check_value(const struct ek_json *value, const struct ek_path *at,
			struct ek_causes *causes)
{
	const char *s = ek_json_str(value);
	const char *msg = s ? ek_name_label_value(s) : NULL;

	if (msg)
		ek_cause_add(causes, EK_CAUSE_INVALID, at, value, "%s", msg);
}

void ek_labels_validate(const struct ek_json *labels, struct ek_path *at, struct ek_causes *causes)
{
	for (struct ek_json_iter it = ek_json_iter(labels); ek_json_next(&it);) {
		check_key(it.key, at, causes);
		check_value(it.value, at, causes);
	}
}

static void check_operator(const struct ek_json *req, struct ek_path *at, struct ek_causes *causes)
{
	const struct ek_json *op = ek_json_get(req, "operator");
	const char *s = ek_json_str(op) ? ek_json_str(op) : "";
	bool takes = strcmp(s, "In") == 0 || strcmp(s, "NotIn") == 0;
	bool takes_none = strcmp(s, "Exists") == 0 || strcmp(s, "DoesNotExist") == 0;
	size_t n = ek_json_len(ek_json_get(req, "values"));
	size_t mark = ek_path_push(at, takes || takes_none ? "values" : "operator");

	if (takes && n == 0)
		ek_cause_add(causes, EK_CAUSE_REQUIRED, at, NULL,
			     "must be specified when `operator` is 'In' or 'NotIn'");
	else if (takes_none && n > 0)
		ek_cause_add(causes, EK_CAUSE_FORBIDDEN, at, NULL,
			     "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
	else if (!takes && !takes_none) {
		EK_JSON struct ek_json *bad = ek_json_new_str(s);

		ek_cause_add(causes, EK_CAUSE_INVALID, at, bad, "not a valid selector operator");
	}
	ek_path_pop(at, mark);
}

static void check_requirement(const struct ek_json *req, bool allow_invalid_values,
			      struct ek_path *at, struct ek_causes *causes)
{
	const char *key = ek_json_str_at(req, "key");
	size_t mark;

	check_operator(req, at, causes);
	mark = ek_path_push(at, "key");
	check_key(key ? key : "", at, causes);
	ek_path_pop(at, mark);
	if (allow_invalid_values)
		return;
	mark = ek_path_push(at, "values");
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(req, "values"));
	     ek_json_next(&it);) {
		size_t at_value = ek_path_index(at, it.i);

		check_value(it.value, at, causes);
		ek_path_pop(at, at_value);
	}
	ek_path_pop(at, mark);
}

void ek_label_selector_validate(const struct ek_json *sel, bool allow_invalid_values,
				struct ek_path *at, struct ek_causes *causes)
{
	size_t mark = ek_path_push(at, "matchLabels");

	ek_labels_validate(ek_json_get(sel, "matchLabels"), at, causes);
	ek_path_pop(at, mark);
	mark = ek_path_push(at, "matchExpressions");
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(sel, "matchExpressions"));
	     ek_json_next(&it);) {
		size_t at_req = ek_path_index(at, it.i);

		check_requirement(it.value, allow_invalid_values, at, causes);
		ek_path_pop(at, at_req);
	}
	ek_path_pop(at, mark);
}
