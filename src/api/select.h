/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What lists, watches and collections select: a prefix of the store and the two selectors. */

#include "core.h"

struct ek_select {
	struct ek_selector      *labels;
	struct ek_field_selector fields;
	char                    *prefix; /* of keys: narrowed when the fields name a namespace or an object */
	char                    *name;   /* the one object that is meant, or NULL */
	char                    *ns;
	size_t                   base;   /* bytes of prefix that kind and namespace make: tokens begin there */
	bool                     all;    /* no selectors beyond what the prefix says */
};

/* 0, or a negative code and its Status. */
int  ek_select_parse(const struct ek_kind *k, const char *ns, const char *labels, const char *fields,
		     struct ek_select *ret, struct ek_json **ret_status);
void ek_select_done(struct ek_select *s);
/* The object that authorization takes to be asked for by its name; NULL: none, or several. */
const char *ek_select_asked(const struct ek_select *s);
bool ek_select_has(const struct ek_select *s, const char *key, const struct ek_bytes *index);
