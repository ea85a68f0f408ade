/* SPDX-License-Identifier: Apache-2.0 */

/* RoleBinding and ClusterRoleBinding. */

#include "kinds.h"

#include <ekube/str.h>

static const char group[] = "rbac.authorization.k8s.io";

void binding_default(struct ek_json *obj)
{
	struct ek_json *ref = ek_json_get(obj, "roleRef");

	if (ref)
		default_str(ref, "apiGroup", group);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(obj, "subjects")); ek_json_next(&it);) {
		const char *kind = ek_json_str_at(it.value, "kind");

		if (ek_streq(kind, "User") || ek_streq(kind, "Group"))
			default_str(it.value, "apiGroup", group);
	}
}

void binding_validate(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes)
{
	struct ek_path at = { .len = 0 };

	(void)ek_path_push(&at, "roleRef");
	if (old && !ek_json_same(ek_json_get(obj, "roleRef"), ek_json_get(old, "roleRef")))
		ek_cause_add(causes, EK_CAUSE_INVALID, &at, ek_json_get(obj, "roleRef"), "cannot change roleRef");
}
