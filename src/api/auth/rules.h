/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * RBAC rules, packed: a role is one block of strings one behind the other, because a cluster has
 * hundreds of rules that are read at every request and hardly ever change.
 */

#include "registry.h"

/* n strings, each with its NUL, one behind the other. */
struct ek_strings {
	const char *first;
	size_t      n;
};

struct ek_rule {
	struct ek_strings verbs, groups, resources, names, urls;
};

struct ek_rules; /* immutable */

struct ek_rules *ek_rules_new(const struct ek_json *rules); /* an array of rbac/v1 PolicyRule */
/* for (size_t pos = 0; ek_rules_next(r, &pos, &rule);) */
bool ek_rules_next(const struct ek_rules *r, size_t *pos, struct ek_rule *ret);

bool            ek_rule_allows(const struct ek_rule *rule, const struct ek_authz_attrs *a);
bool            ek_strings_has(const struct ek_strings *s, const char *what);
const char     *ek_strings_next(const struct ek_strings *s, const char *at); /* at NULL: the first */
struct ek_json *ek_strings_json(const struct ek_strings *s);                  /* NULL when empty */
struct ek_json *ek_rule_json(const struct ek_rule *rule);
