/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/meta.h>

#include <ekube/str.h>

/* ---- taints ---- */

bool ek_taint_is_tolerated(const struct ek_json *taint, const struct ek_json *tolerations)
{
	const char *effect = ek_json_str_at(taint, "effect"), *key = ek_json_str_at(taint, "key");
	const char *value = ek_json_str_at(taint, "value");

	for (struct ek_json_iter it = ek_json_iter(tolerations); ek_json_next(&it);) {
		const char *t_effect = ek_json_str_at(it.value, "effect"),
			   *t_key = ek_json_str_at(it.value, "key");
		const char *t_value = ek_json_str_at(it.value, "value"),
			   *op = ek_json_str_at(it.value, "operator");

		if (!ek_str_empty(t_effect) && !ek_streq(t_effect, effect))
			continue;
		if (!ek_str_empty(t_key) && !ek_streq(t_key, key))
			continue;
		if (ek_streq(op, "Exists"))
			return true;
		if (!ek_str_empty(t_key) && ek_streq(t_value ? t_value : "", value ? value : ""))
			return true;
	}
	return false;
}

/* ---- node affinity ---- */

static bool compare_numbers(const char *have, const struct ek_json *values, bool greater)
{
	int64_t a, b;

	if (!have || ek_json_len(values) != 1 ||
	    ek_str_to_int(have, INT64_MIN, INT64_MAX, &a) < 0 ||
	    ek_str_to_int(ek_json_str(ek_json_elem(values, 0)), INT64_MIN, INT64_MAX, &b) < 0)
		return false;
	return greater ? a > b : a < b;
}

static bool match_requirement(const struct ek_json *req, const char *have)
{
	const char *op = ek_json_str_at(req, "operator");
	const struct ek_json *values = ek_json_get(req, "values");

	if (ek_streq(op, "In"))
		return have && ek_json_has_str(values, have);
	if (ek_streq(op, "NotIn"))
		return !have || !ek_json_has_str(values, have);
	if (ek_streq(op, "Exists"))
		return have != NULL;
	if (ek_streq(op, "DoesNotExist"))
		return have == NULL;
	if (ek_streq(op, "Gt"))
		return compare_numbers(have, values, true);
	return ek_streq(op, "Lt") && compare_numbers(have, values, false);
}

/* An empty term matches nothing. */
static bool match_term(const struct ek_json *node, const struct ek_json *term)
{
	const struct ek_json *labels = ek_json_get(term, "matchExpressions"),
			     *fields = ek_json_get(term, "matchFields");

	if (ek_json_len(labels) == 0 && ek_json_len(fields) == 0)
		return false;
	for (struct ek_json_iter it = ek_json_iter(labels); ek_json_next(&it);)
		if (!match_requirement(it.value,
				       ek_meta_label(node, ek_json_str_at(it.value, "key"))))
			return false;
	for (struct ek_json_iter it = ek_json_iter(fields); ek_json_next(&it);)
		if (!ek_streq(ek_json_str_at(it.value, "key"), "metadata.name") ||
		    !match_requirement(it.value, ek_meta_name(node)))
			return false;
	return true;
}

bool ek_node_selector_match(const struct ek_json *node, const struct ek_json *node_selector)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(node_selector, "nodeSelectorTerms"));
	     ek_json_next(&it);)
		if (match_term(node, it.value))
			return true;
	return false;
}

bool ek_node_wanted_by(const struct ek_json *node, const struct ek_json *spec)
{
	const struct ek_json *required = ek_json_at(
		spec, "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution");

	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "nodeSelector"));
	     ek_json_next(&it);)
		if (!ek_streq(ek_meta_label(node, it.key), ek_json_str(it.value)))
			return false;
	return !required || ek_node_selector_match(node, required);
}
