/* SPDX-License-Identifier: Apache-2.0 */

/* LimitRange and ResourceQuota. */

#include "check.h"
#include "kinds.h"
#include "resources.h"

#include <ekube/str.h>

/* ---- LimitRange ---- */

static void fill(struct ek_json *item, const char *field, const struct ek_json *from)
{
	for (struct ek_json_iter it = ek_json_iter(from); ek_json_next(&it);) {
		if (ek_json_is_null(ek_json_get(item, field)))
			ek_json_set(item, field, ek_json_object());
		if (!ek_json_get(ek_json_get(item, field), it.key))
			ek_json_set(ek_json_get(item, field), it.key, ek_json_copy(it.value));
	}
}

/* Of containers: max is the limit, the limit is the request, else min is. */
void ek_limitrange_default(struct ek_json *obj)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_at(obj, "spec.limits"));
	     ek_json_next(&it);) {
		if (!ek_streq(ek_json_str_at(it.value, "type"), "Container"))
			continue;
		fill(it.value, "default", ek_json_get(it.value, "max"));
		fill(it.value, "defaultRequest", ek_json_get(it.value, "default"));
		fill(it.value, "defaultRequest", ek_json_get(it.value, "min"));
	}
}

static void check_type(struct ek_check *c, const char *type)
{
	static const char *const types[] = { "Pod", "Container", "PersistentVolumeClaim", NULL };
	const char *msg;

	if (!type)
		type = "";
	msg = ek_name_qualified(type);
	if (msg)
		ek_check_invalid_str(c, "type", type, "%s", msg);
	else if (!strchr(type, '/') && !ek_check_one_of(type, types))
		ek_check_invalid_str(c, "type", type,
				     "must be a standard limit type or fully qualified");
}

static void check_names(struct ek_check *c, const char *type, const char *field,
			const struct ek_json *item)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(item, field)); ek_json_next(&it);) {
		size_t mark = ek_check_key(c, field, it.key);

		if (ek_streq(type, "Pod") || ek_streq(type, "Container"))
			ek_resource_container_name_validate(c, it.key);
		else
			ek_resource_name_validate(c, it.key);
		ek_check_pop(c, mark);
	}
}

/* Of two amounts the first may not be more: what the message calls them, and whose fault it is. */
static const struct {
	const char *less, *less_name, *more, *more_name, *at, *shown;
} orders[] = {
	{ "min", "min value", "max", "max value", "min", "min" },
	{ "min", "min value", "defaultRequest", "default request value", "defaultRequest",
	  "defaultRequest" },
	{ "defaultRequest", "default request value", "max", "max value", "defaultRequest",
	  "defaultRequest" },
	{ "defaultRequest", "default request value", "default", "default limit value",
	  "defaultRequest", "defaultRequest" },
	{ "min", "min value", "default", "default value", "default", "min" },
	{ "default", "default value", "max", "max value", "default", "max" },
};

static void check_order(struct ek_check *c, const struct ek_json *item, const char *resource)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(orders); i++) {
		const struct ek_json *a = ek_json_get(ek_json_get(item, orders[i].less), resource);
		const struct ek_json *b = ek_json_get(ek_json_get(item, orders[i].more), resource);
		EK_FREE char *text = NULL, *detail = NULL;
		char less[40], more[40];
		size_t mark;

		if (!a || !b || ek_resource_cmp(a, b) <= 0)
			continue;
		text = ek_check_text_quantity(
			ek_json_get(ek_json_get(item, orders[i].shown), resource));
		detail = ek_str_fmt("%s %s is greater than %s %s", orders[i].less_name,
				    ek_resource_text(a, less), orders[i].more_name,
				    ek_resource_text(b, more));
		mark = ek_check_key(c, orders[i].at, resource);
		ek_check_invalid_text(c, NULL, text, detail);
		ek_check_pop(c, mark);
	}
}

static void check_ratio(struct ek_check *c, const struct ek_json *item, const char *resource)
{
	const struct ek_json *ratio =
		ek_json_get(ek_json_get(item, "maxLimitRequestRatio"), resource);
	int64_t min = ek_quantity_json_milli(ek_json_get(ek_json_get(item, "min"), resource));
	int64_t max = ek_quantity_json_milli(ek_json_get(ek_json_get(item, "max"), resource));
	double most = min > 0 ? (double)max / (double)min : 0,
	       have = (double)ek_quantity_json_milli(ratio) / 1000;
	EK_FREE char *text = NULL, *detail = NULL;
	char shown[40];
	size_t mark;

	if (!ratio)
		return;
	if (have < 1)
		detail = ek_str_fmt("ratio %s is less than 1", ek_resource_text(ratio, shown));
	else if (min > 0 && max > 0 && have > most)
		detail = ek_str_fmt("ratio %s is greater than max/min = %f",
				    ek_resource_text(ratio, shown), most);
	if (!detail)
		return;
	text = ek_check_text_quantity(ratio);
	mark = ek_check_key(c, "maxLimitRequestRatio", resource);
	ek_check_invalid_text(c, NULL, text, detail);
	ek_check_pop(c, mark);
}

static void check_limit(struct ek_check *c, const struct ek_json *item)
{
	static const char *const fields[] = { "max", "min", "default", "defaultRequest",
					      "maxLimitRequestRatio" };
	const char *type = ek_json_str_at(item, "type");
	EK_JSON struct ek_json *seen = ek_json_object();
	bool pod = ek_streq(type, "Pod");

	for (size_t i = 0; i < EK_ARRAY_LEN(fields); i++) {
		bool is_default = ek_str_starts(fields[i], "default");

		if (pod && is_default) {
			if (ek_json_len(ek_json_get(item, fields[i])) > 0)
				ek_check_forbidden(c, fields[i],
						   "may not be specified when `type` is 'Pod'");
			continue;
		}
		check_names(c, type, fields[i], item);
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(item, fields[i]));
		     ek_json_next(&it);)
			ek_json_set_bool(seen, it.key, true);
	}
	if (ek_streq(type, "PersistentVolumeClaim") && !ek_json_at(item, "min.storage") &&
	    !ek_json_at(item, "max.storage"))
		ek_check_required(
			c, "limits",
			"either minimum or maximum storage value is required, but neither was provided");
	for (struct ek_json_iter it = ek_json_iter(seen); ek_json_next(&it);) {
		check_order(c, item, it.key);
		check_ratio(c, item, it.key);
	}
}

void ek_limitrange_validate(const struct ek_json *obj, const struct ek_json *old,
			    struct ek_causes *causes)
{
	const struct ek_json *limits = ek_json_at(obj, "spec.limits");
	struct ek_check c = { .causes = causes };

	(void)old;
	(void)ek_check_push(&c, "spec");
	for (struct ek_json_iter it = ek_json_iter(limits); ek_json_next(&it);) {
		const char *type = ek_json_str_at(it.value, "type");
		size_t first = it.i, mark = ek_check_elem(&c, "limits", it.i);

		check_type(&c, type);
		if (type && ek_json_find(limits, "type", type, &first) && first != it.i)
			ek_check_duplicate(&c, "type", type);
		check_limit(&c, it.value);
		ek_check_pop(&c, mark);
	}
}

/* ---- ResourceQuota ---- */

static const char *const scopes[] = { "Terminating",
				      "NotTerminating",
				      "BestEffort",
				      "NotBestEffort",
				      "PriorityClass",
				      "CrossNamespacePodAffinity",
				      NULL };

static bool fits(const char *scope, const char *resource)
{
	static const char *const compute[] = {
		"pods",		 "cpu",		 "memory",	    "limits.cpu",
		"limits.memory", "requests.cpu", "requests.memory", NULL
	};

	if (!ek_check_one_of(scope, scopes))
		return true;
	return ek_streq(scope, "BestEffort") ? ek_streq(resource, "pods") :
					       ek_check_one_of(resource, compute);
}

/* How messages show the scopes. */
static void invalid_scopes(struct ek_check *c, const char *field, const struct ek_json *list,
			   const char *detail)
{
	EK_FREE char *text =
		ek_check_text_own(ek_kind_resourcequota.type, "spec.scopes", list, "core");

	ek_check_invalid_text(c, field, text, detail);
}

static bool fits_all(const char *scope, const struct ek_json *hard)
{
	for (struct ek_json_iter it = ek_json_iter(hard); ek_json_next(&it);)
		if (ek_resource_is_standard_quota(it.key) && !fits(scope, it.key))
			return false;
	return true;
}

static void check_conflicts(struct ek_check *c, const char *field, const struct ek_json *names,
			    const struct ek_json *list)
{
	static const char *const pairs[][2] = { { "BestEffort", "NotBestEffort" },
						{ "Terminating", "NotTerminating" } };

	for (size_t i = 0; i < EK_ARRAY_LEN(pairs); i++)
		if (ek_json_has_str(names, pairs[i][0]) && ek_json_has_str(names, pairs[i][1]))
			invalid_scopes(c, field, list, "conflicting scopes");
}

static void check_scopes(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *list = ek_json_get(spec, "scopes");

	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		if (!ek_check_one_of(ek_json_str(it.value), scopes))
			invalid_scopes(c, "scopes", list, "unsupported scope");
		if (!fits_all(ek_json_str(it.value), ek_json_get(spec, "hard")))
			invalid_scopes(c, "scopes", list, "unsupported scope applied to resource");
	}
	check_conflicts(c, "scopes", list, list);
}

static void check_expression(struct ek_check *c, const struct ek_json *r)
{
	const char *scope = ek_json_str_at(r, "scopeName"), *op = ek_json_str_at(r, "operator");
	const struct ek_json *values = ek_json_get(r, "values");
	bool sets = ek_streq(op, "In") || ek_streq(op, "NotIn");
	bool bare = ek_streq(op, "Exists") || ek_streq(op, "DoesNotExist");

	if (!ek_check_one_of(scope, scopes))
		ek_check_invalid_str(c, "scopeName", scope, "unsupported scope");
	else if (!ek_streq(scope, "PriorityClass") && !ek_streq(op, "Exists"))
		ek_check_invalid_str(
			c, "operator", op,
			"must be 'Exists' when scope is any of "
			"ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
			"ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or "
			"ResourceQuotaScopeCrossNamespacePodAffinity");
	if (sets && ek_json_len(values) == 0)
		ek_check_required(
			c, "values",
			"must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
	else if (bare && ek_json_len(values) > 0)
		ek_check_invalid(
			c, "values", values,
			"must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
	else if (!sets && !bare)
		ek_check_invalid_str(c, "operator", op, "not a valid selector operator");
}

static void check_scope_selector(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *selector = ek_json_get(spec, "scopeSelector");
	EK_JSON struct ek_json *names = ek_json_array();
	size_t mark = ek_check_push(c, "scopeSelector.matchExpressions");

	for (struct ek_json_iter it = ek_json_iter(ek_json_get(selector, "matchExpressions"));
	     ek_json_next(&it);) {
		check_expression(c, it.value);
		if (!fits_all(ek_json_str_at(it.value, "scopeName"), ek_json_get(spec, "hard")))
			ek_check_invalid(c, NULL, selector,
					 "unsupported scope applied to resource");
		ek_json_append(names, ek_json_new_str(ek_json_str_at(it.value, "scopeName")));
	}
	check_conflicts(c, NULL, names, ek_json_get(spec, "scopes"));
	ek_check_pop(c, mark);
}

static void check_amounts(struct ek_check *c, const char *list, const struct ek_json *of)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(of, list)); ek_json_next(&it);) {
		size_t mark = ek_check_key(c, list, it.key);

		ek_resource_quota_name_validate(c, it.key);
		ek_resource_amount_validate(c, it.key, it.value);
		ek_check_pop(c, mark);
	}
}

static bool all_in(const struct ek_json *a, const struct ek_json *b)
{
	for (struct ek_json_iter it = ek_json_iter(a); ek_json_next(&it);)
		if (!ek_json_has_str(b, ek_json_str(it.value)))
			return false;
	return true;
}

void ek_resourcequota_validate(const struct ek_json *obj, const struct ek_json *old,
			       struct ek_causes *causes)
{
	const struct ek_json *spec = ek_json_get(obj, "spec"), *list = ek_json_get(spec, "scopes");
	const struct ek_json *was = ek_json_at(old, "spec.scopes");
	struct ek_check c = { .causes = causes };

	(void)ek_check_push(&c, "spec");
	check_amounts(&c, "hard", spec);
	check_scopes(&c, spec);
	check_scope_selector(&c, spec);
	if (old && (!all_in(list, was) || !all_in(was, list)))
		invalid_scopes(&c, "scopes", list, "field is immutable");
}

void ek_resourcequota_status_validate(const struct ek_json *obj, const struct ek_json *old,
				      struct ek_causes *causes)
{
	struct ek_check c = { .causes = causes };

	(void)old;
	(void)ek_check_push(&c, "status");
	check_amounts(&c, "hard", ek_json_get(obj, "status"));
	check_amounts(&c, "used", ek_json_get(obj, "status"));
}
