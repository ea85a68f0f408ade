/* SPDX-License-Identifier: Apache-2.0 */

/* Roles and bindings: k8s.io/kubernetes/pkg/apis/rbac. */

#include "check.h"
#include "kinds.h"

#include <ekube/str.h>

static const char group[] = "rbac.authorization.k8s.io";

/* ---- roles ---- */

static void check_rule(struct ek_check *c, const struct ek_json *rule, bool namespaced)
{
	const struct ek_json *urls = ek_json_get(rule, "nonResourceURLs");
	bool groups = ek_json_len(ek_json_get(rule, "apiGroups")) > 0,
	     resources = ek_json_len(ek_json_get(rule, "resources")) > 0;

	if (ek_json_len(ek_json_get(rule, "verbs")) == 0)
		ek_check_required(c, "verbs", "verbs must contain at least one value");
	if (ek_json_len(urls) > 0) {
		if (namespaced)
			ek_check_invalid(c, "nonResourceURLs", urls,
					 "namespaced rules cannot apply to non-resource URLs");
		if (groups || resources || ek_json_len(ek_json_get(rule, "resourceNames")) > 0)
			ek_check_invalid(
				c, "nonResourceURLs", urls,
				"rules cannot apply to both regular resources and non-resource URLs");
		return;
	}
	if (!groups)
		ek_check_required(c, "apiGroups",
				  "resource rules must supply at least one api group");
	if (!resources)
		ek_check_required(c, "resources",
				  "resource rules must supply at least one resource");
}

static void check_rules(struct ek_check *c, const struct ek_json *role, bool namespaced)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(role, "rules"));
	     ek_json_next(&it);) {
		size_t mark = ek_check_elem(c, "rules", it.i);

		check_rule(c, it.value, namespaced);
		ek_check_pop(c, mark);
	}
}

void ek_role_validate(const struct ek_json *obj, const struct ek_json *old,
		      struct ek_causes *causes)
{
	struct ek_check c = { .causes = causes };

	(void)old;
	check_rules(&c, obj, true);
}

void ek_clusterrole_validate(const struct ek_json *obj, const struct ek_json *old,
			     struct ek_causes *causes)
{
	const struct ek_json *aggregation = ek_json_get(obj, "aggregationRule");
	const struct ek_json *selectors = ek_json_get(aggregation, "clusterRoleSelectors");
	struct ek_check c = { .causes = causes };

	(void)old;
	check_rules(&c, obj, false);
	if (aggregation && ek_json_len(selectors) == 0)
		ek_check_required(
			&c, "aggregationRule.clusterRoleSelectors",
			"at least one clusterRoleSelector required if aggregationRule is non-nil");
	for (struct ek_json_iter it = ek_json_iter(selectors); ek_json_next(&it);) {
		size_t mark = ek_check_push(&c, "aggregationRule");

		(void)ek_check_elem(&c, "clusterRoleSelectors", it.i);
		ek_label_selector_validate(it.value, false, &c.at, causes);
		ek_check_pop(&c, mark);
	}
}

/* ---- bindings ---- */

void ek_binding_default(struct ek_json *obj)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(obj, "subjects"));
	     ek_json_next(&it);) {
		const char *kind = ek_json_str_at(it.value, "kind");

		if (ek_streq(kind, "User") || ek_streq(kind, "Group"))
			ek_default_str(it.value, "apiGroup", group);
	}
}

static void check_subject(struct ek_check *c, const struct ek_json *subject, bool namespaced)
{
	static const char *const kinds[] = { "ServiceAccount", "User", "Group", NULL };
	static const char *const core[] = { "", NULL }, *const rbac[] = { group, NULL };
	const char *kind = ek_json_str_at(subject, "kind"), *name = ek_json_str_at(subject, "name");
	const char *of = ek_json_str_at(subject, "apiGroup");

	if (ek_streq(kind, "ServiceAccount")) {
		if (!ek_str_empty(name))
			ek_check_name(c, "name", name, ek_name_dns1123_subdomain);
		if (!ek_str_empty(of))
			ek_check_unsupported(c, "apiGroup", of, core);
		if (!namespaced && ek_str_empty(ek_json_str_at(subject, "namespace")))
			ek_check_required(c, "namespace", "");
	} else if (!ek_check_one_of(kind, kinds)) {
		ek_check_unsupported(c, "kind", kind, kinds);
	} else if (!ek_streq(of, group)) {
		ek_check_unsupported(c, "apiGroup", of, rbac);
	}
}

static void check_binding(const struct ek_kind *k, const struct ek_json *obj,
			  const struct ek_json *old, const char *const *kinds,
			  struct ek_causes *causes)
{
	const char *kind = ek_json_str_at(obj, "roleRef.kind");
	const struct ek_json *ref = ek_json_get(obj, "roleRef");
	struct ek_check c = { .causes = causes };

	if (!ek_check_one_of(kind, kinds))
		ek_check_unsupported(&c, "roleRef.kind", kind, kinds);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(obj, "subjects"));
	     ek_json_next(&it);) {
		size_t mark = ek_check_elem(&c, "subjects", it.i);

		check_subject(&c, it.value, k->namespaced);
		ek_check_pop(&c, mark);
	}
	if (old && !ek_json_same(ref, ek_json_get(old, "roleRef"))) {
		EK_FREE char *own = ek_check_text_own(k->type, "roleRef", ref, "rbac");

		ek_check_invalid_text(&c, "roleRef", own, "cannot change roleRef");
	}
}

void ek_rolebinding_validate(const struct ek_json *obj, const struct ek_json *old,
			     struct ek_causes *causes)
{
	static const char *const kinds[] = { "Role", "ClusterRole", NULL };

	check_binding(&ek_kind_rolebinding, obj, old, kinds, causes);
}

void ek_clusterrolebinding_validate(const struct ek_json *obj, const struct ek_json *old,
				    struct ek_causes *causes)
{
	static const char *const kinds[] = { "ClusterRole", NULL };

	check_binding(&ek_kind_clusterrolebinding, obj, old, kinds, causes);
}
