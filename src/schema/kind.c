/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/schema.h>
#include <ekube/str.h>
#include <stdio.h>

const struct ek_kind *ek_kind_find(const char *group, const char *version, const char *kind)
{
	for (const struct ek_kind *const *k = ek_kinds; *k; k++)
		if (strcmp((*k)->kind, kind) == 0 && strcmp((*k)->group, group) == 0 &&
		    strcmp((*k)->version, version) == 0)
			return *k;
	return NULL;
}

const struct ek_kind *ek_kind_by_plural(const char *group, const char *version, const char *plural)
{
	for (const struct ek_kind *const *k = ek_kinds; *k; k++)
		if (strcmp((*k)->plural, plural) == 0 && strcmp((*k)->group, group) == 0 &&
		    strcmp((*k)->version, version) == 0)
			return *k;
	return NULL;
}

const char *ek_kind_api_version(const struct ek_kind *k, char out[96])
{
	return ek_str_into(out, 96, "%s%s%s", k->group, *k->group ? "/" : "", k->version);
}
