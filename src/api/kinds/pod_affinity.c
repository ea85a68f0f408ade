/* SPDX-License-Identifier: Apache-2.0 */

/* Where a pod may run: affinities, spread constraints, tolerations. */

#include "pod_validate.h"

#include <ekube/str.h>

static const char required[] = "requiredDuringSchedulingIgnoredDuringExecution";
static const char preferred[] = "preferredDuringSchedulingIgnoredDuringExecution";

static void check_weight(struct ek_check *c, const struct ek_json *term)
{
	int64_t n = ek_json_int_at(term, "weight", 0);

	if (n < 1 || n > 100) {
		EK_JSON struct ek_json *bad = ek_json_new_int(n);

		ek_check_invalid(c, "weight", bad, "must be in the range 1-100");
	}
}

/* ---- nodes ---- */

static void check_expression(struct ek_check *c, const struct ek_json *r)
{
	static const char *const sets[] = { "In", "NotIn", NULL }, *const bare[] = { "Exists",
										     "DoesNotExist",
										     NULL };
	static const char *const sizes[] = { "Gt", "Lt", NULL };
	const char *op = ek_json_str_at(r, "operator");
	size_t n = ek_json_len(ek_json_get(r, "values"));

	if (ek_check_one_of(op, sets)) {
		if (n == 0)
			ek_check_required(c, "values",
					  "must be specified when `operator` is 'In' or 'NotIn'");
	} else if (ek_check_one_of(op, bare)) {
		if (n > 0)
			ek_check_forbidden(
				c, "values",
				"may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
	} else if (ek_check_one_of(op, sizes)) {
		if (n != 1)
			ek_check_required(
				c, "values",
				"must be specified single value when `operator` is 'Lt' or 'Gt'");
	} else {
		ek_check_invalid_str(c, "operator", op, "not a valid selector operator");
	}
	ek_check_name(c, "key", ek_json_str_at(r, "key"), ek_name_qualified);
}

/* Of fields there is only the name. */
static void check_field(struct ek_check *c, const struct ek_json *r)
{
	const char *op = ek_json_str_at(r, "operator"), *key = ek_json_str_at(r, "key");
	const struct ek_json *values = ek_json_get(r, "values");

	if (!ek_streq(op, "In") && !ek_streq(op, "NotIn"))
		ek_check_invalid_str(c, "operator", op, "not a valid selector operator");
	else if (ek_json_len(values) != 1)
		ek_check_required(
			c, "values",
			"must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
	if (!ek_streq(key, "metadata.name")) {
		ek_check_invalid_str(c, "key", key, "not a valid field selector key");
		return;
	}
	for (struct ek_json_iter it = ek_json_iter(values); ek_json_next(&it);) {
		size_t mark = ek_check_elem(c, "values", it.i);

		ek_check_name(c, NULL, ek_json_str(it.value), ek_name_dns1123_subdomain);
		ek_check_pop(c, mark);
	}
}

static void check_node_term(struct ek_check *c, const struct ek_json *term)
{
	struct ek_json_iter it;
	size_t mark;

	for (it = ek_json_iter(ek_json_get(term, "matchExpressions")); ek_json_next(&it);) {
		mark = ek_check_elem(c, "matchExpressions", it.i);
		check_expression(c, it.value);
		ek_check_pop(c, mark);
	}
	for (it = ek_json_iter(ek_json_get(term, "matchFields")); ek_json_next(&it);) {
		mark = ek_check_elem(c, "matchFields", it.i);
		check_field(c, it.value);
		ek_check_pop(c, mark);
	}
}

void ek_node_selector_validate(struct ek_check *c, const struct ek_json *selector)
{
	const struct ek_json *terms = ek_json_get(selector, "nodeSelectorTerms");

	if (ek_json_len(terms) == 0)
		ek_check_required(c, "nodeSelectorTerms",
				  "must have at least one node selector term");
	for (struct ek_json_iter it = ek_json_iter(terms); ek_json_next(&it);) {
		size_t mark = ek_check_elem(c, "nodeSelectorTerms", it.i);

		check_node_term(c, it.value);
		ek_check_pop(c, mark);
	}
}

static void check_node_affinity(struct ek_check *c, const struct ek_json *affinity)
{
	size_t mark = ek_check_push(c, "nodeAffinity");
	size_t below = ek_check_push(c, required);

	if (ek_json_get(affinity, required))
		ek_node_selector_validate(c, ek_json_get(affinity, required));
	ek_check_pop(c, below);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(affinity, preferred));
	     ek_json_next(&it);) {
		below = ek_check_elem(c, preferred, it.i);
		check_weight(c, it.value);
		(void)ek_check_push(c, "preference");
		check_node_term(c, ek_json_get(it.value, "preference"));
		ek_check_pop(c, below);
	}
	ek_check_pop(c, mark);
}

/* ---- pods ---- */

static void check_label_keys(struct ek_check *c, const char *which, const struct ek_json *term)
{
	const struct ek_json *keys = ek_json_get(term, which);

	if (ek_json_len(keys) == 0)
		return;
	if (!ek_json_get(term, "labelSelector")) {
		ek_check_forbidden(c, which, "must not be specified when labelSelector is not set");
		return;
	}
	for (struct ek_json_iter it = ek_json_iter(keys); ek_json_next(&it);) {
		size_t mark = ek_check_elem(c, which, it.i);

		ek_check_name(c, NULL, ek_json_str(it.value), ek_name_qualified);
		ek_check_pop(c, mark);
	}
}

/* What preparation added may be there once: a second expression of that key is the client's. */
static void check_keys_against_selector(struct ek_check *c, const struct ek_json *keys,
					const struct ek_json *selector)
{
	const struct ek_json *labels = ek_json_get(selector, "matchLabels");
	const struct ek_json *expressions = ek_json_get(selector, "matchExpressions");

	for (struct ek_json_iter it = ek_json_iter(expressions); ek_json_next(&it);) {
		const char *key = ek_json_str_at(it.value, "key");
		size_t first = it.i;

		if (!key || (!ek_json_get(labels, key) &&
			     ek_json_find(expressions, "key", key, &first) && first == it.i))
			continue;
		for (struct ek_json_iter k = ek_json_iter(keys); ek_json_next(&k);)
			if (ek_streq(ek_json_str(k.value), key)) {
				size_t mark = ek_check_index(c, k.i);

				ek_check_invalid_str(
					c, NULL, key,
					"exists in both matchLabelKeys and labelSelector");
				ek_check_pop(c, mark);
			}
	}
}

static void check_selector(struct ek_check *c, const char *field, const struct ek_json *term)
{
	size_t mark = ek_check_push(c, field);

	ek_label_selector_validate(ek_json_get(term, field), false, &c->at, c->causes);
	ek_check_pop(c, mark);
}

static void check_pod_term(struct ek_check *c, const struct ek_json *term)
{
	const struct ek_json *keys = ek_json_get(term, "matchLabelKeys");

	check_selector(c, "labelSelector", term);
	check_selector(c, "namespaceSelector", term);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(term, "namespaces"));
	     ek_json_next(&it);)
		ek_check_name(c, "namespace", ek_json_str(it.value), ek_name_dns1123_label);
	check_label_keys(c, "matchLabelKeys", term);
	check_label_keys(c, "mismatchLabelKeys", term);
	check_keys_against_selector(c, keys, ek_json_get(term, "labelSelector"));
	for (struct ek_json_iter it = ek_json_iter(keys); ek_json_next(&it);) {
		const char *key = ek_json_str(it.value);
		size_t mark = ek_check_elem(c, "matchLabelKeys", it.i);

		if (ek_json_has_str(ek_json_get(term, "mismatchLabelKeys"), key))
			ek_check_invalid_str(c, NULL, key,
					     "exists in both matchLabelKeys and mismatchLabelKeys");
		ek_check_pop(c, mark);
	}
	if (ek_str_empty(ek_json_str_at(term, "topologyKey"))) {
		ek_check_required(c, "topologyKey", "can not be empty");
		ek_check_name(c, "topologyKey", "", ek_name_qualified);
	}
}

static void check_pod_affinity(struct ek_check *c, const char *which,
			       const struct ek_json *affinity)
{
	size_t mark = ek_check_push(c, which), below;
	struct ek_json_iter it;

	for (it = ek_json_iter(ek_json_get(affinity, required)); ek_json_next(&it);) {
		below = ek_check_elem(c, required, it.i);
		check_pod_term(c, it.value);
		ek_check_pop(c, below);
	}
	for (it = ek_json_iter(ek_json_get(affinity, preferred)); ek_json_next(&it);) {
		below = ek_check_elem(c, preferred, it.i);
		check_weight(c, it.value);
		(void)ek_check_push(c, "podAffinityTerm");
		check_pod_term(c, ek_json_get(it.value, "podAffinityTerm"));
		ek_check_pop(c, below);
	}
	ek_check_pop(c, mark);
}

/* ---- spread ---- */

static bool selects_by(const struct ek_json *selector, const char *key)
{
	return ek_json_get(ek_json_get(selector, "matchLabels"), key) ||
	       ek_json_find(ek_json_get(selector, "matchExpressions"), "key", key, NULL);
}

static void check_spread_keys(struct ek_check *c, const struct ek_json *s)
{
	const struct ek_json *keys = ek_json_get(s, "matchLabelKeys"),
			     *selector = ek_json_get(s, "labelSelector");

	if (ek_json_len(keys) > 0 && !selector)
		ek_check_forbidden(c, "matchLabelKeys",
				   "must not be specified when labelSelector is not set");
	for (struct ek_json_iter it = ek_json_iter(keys); ek_json_next(&it);) {
		const char *key = ek_json_str(it.value);
		size_t mark = ek_check_elem(c, "matchLabelKeys", it.i);

		ek_check_name(c, NULL, key, ek_name_qualified);
		if (selects_by(selector, key))
			ek_check_invalid_str(c, NULL, key,
					     "exists in both matchLabelKeys and labelSelector");
		ek_check_pop(c, mark);
	}
}

static void check_spread(struct ek_check *c, const struct ek_json *list, size_t i)
{
	static const char *const actions[] = { "DoNotSchedule", "ScheduleAnyway", NULL };
	const struct ek_json *s = ek_json_elem(list, i), *domains = ek_json_get(s, "minDomains");
	const char *key = ek_json_str_at(s, "topologyKey"),
		   *when = ek_json_str_at(s, "whenUnsatisfiable");

	if (ek_str_empty(key))
		ek_check_required(c, "topologyKey", "can not be empty");
	if (ek_str_empty(when))
		ek_check_unsupported(c, "whenUnsatisfiable", "", actions);
	for (size_t k = i + 1; k < ek_json_len(list); k++)
		if (ek_streq(ek_json_str_at(ek_json_elem(list, k), "topologyKey"), key) &&
		    ek_streq(ek_json_str_at(ek_json_elem(list, k), "whenUnsatisfiable"), when)) {
			ek_check_duplicate(c, "{topologyKey, whenUnsatisfiable}",
					   EK_F("{%s, %s}", key, when));
			break;
		}
	if (domains && !ek_streq(when, "DoNotSchedule"))
		ek_check_invalid(
			c, "minDomains", domains,
			"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not %s", when);
	check_spread_keys(c, s);
	check_selector(c, "labelSelector", s);
}

/* ---- tolerations ---- */

static void check_toleration(struct ek_check *c, const struct ek_json *t)
{
	const char *key = ek_json_str_at(t, "key"), *op = ek_json_str_at(t, "operator");
	const char *value = ek_json_str_at(t, "value"), *msg;

	if (ek_str_empty(key) && !ek_streq(op, "Exists"))
		ek_check_invalid_str(c, "operator", op,
				     "operator must be Exists when `key` is empty, which means "
				     "\"match all values and all keys\"");
	if (ek_json_get(t, "tolerationSeconds") &&
	    !ek_streq(ek_json_str_at(t, "effect"), "NoExecute"))
		ek_check_invalid_str(c, "effect", ek_json_str_at(t, "effect"),
				     "effect must be 'NoExecute' when `tolerationSeconds` is set");
	if (ek_str_empty(value))
		return;
	if (ek_streq(op, "Exists"))
		ek_check_invalid_str(c, "operator", value,
				     "value must be empty when `operator` is 'Exists'");
	else if ((ek_str_empty(op) || ek_streq(op, "Equal")) && (msg = ek_name_label_value(value)))
		ek_check_invalid_str(c, "operator", value, "%s", msg);
}

void ek_pod_tolerations_validate(struct ek_check *c, const struct ek_json *tolerations)
{
	for (struct ek_json_iter it = ek_json_iter(tolerations); ek_json_next(&it);) {
		size_t mark = ek_check_index(c, it.i);

		check_toleration(c, it.value);
		ek_check_pop(c, mark);
	}
}

void ek_pod_affinity_validate(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *affinity = ek_json_get(spec, "affinity");
	const struct ek_json *spreads = ek_json_get(spec, "topologySpreadConstraints");
	size_t mark = ek_check_push(c, "affinity");

	check_node_affinity(c, ek_json_get(affinity, "nodeAffinity"));
	check_pod_affinity(c, "podAffinity", ek_json_get(affinity, "podAffinity"));
	check_pod_affinity(c, "podAntiAffinity", ek_json_get(affinity, "podAntiAffinity"));
	ek_check_pop(c, mark);
	for (size_t i = 0; i < ek_json_len(spreads); i++) {
		mark = ek_check_elem(c, "topologySpreadConstraints", i);
		check_spread(c, spreads, i);
		ek_check_pop(c, mark);
	}
	mark = ek_check_push(c, "tolerations");
	ek_pod_tolerations_validate(c, ek_json_get(spec, "tolerations"));
	ek_check_pop(c, mark);
}
