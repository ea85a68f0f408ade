/* SPDX-License-Identifier: Apache-2.0 */
#include "kinds.h"

#include <ekube/str.h>

bool kind_is_served(const struct ek_kind *kind)
{
	for (const struct ek_kind *const *k = ek_kinds; *k; k++)
		if (*k == kind)
			return true;
	return false;
}

bool kind_is_kept(const struct ek_kind *kind)
{
	uint32_t needs = EK_V_LIST | EK_V_WATCH | EK_V_DELETE;

	return !kind->stored_as && (kind->verbs & needs) == needs;
}

struct watch_row *kinds_watch_rows(void (*map)(struct running *r, struct ek_object *before,
					       struct ek_object *after),
				   bool namespaced_only)
{
	size_t n = 0, at = 0;
	struct watch_row *rows;

	while (ek_kinds[n])
		n++;
	rows = ek_calloc(n + 1, sizeof(*rows));
	for (const struct ek_kind *const *k = ek_kinds; *k; k++)
		if (kind_is_kept(*k) && *k != &ek_kind_event &&
		    ((*k)->namespaced || !namespaced_only))
			rows[at++] = (struct watch_row){ *k, map, .metadata = true };
	return rows;
}

const struct ek_kind *kind_of_reference(const char *api_version, const char *kind)
{
	const char *slash = api_version ? strchr(api_version, '/') : NULL;
	EK_FREE char *group = slash ? ek_str_ndup(api_version, (size_t)(slash - api_version)) :
				      ek_str_dup("");

	if (ek_str_empty(api_version) || ek_str_empty(kind))
		return NULL;
	return ek_kind_find(group, slash ? slash + 1 : api_version, kind);
}
