/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Pod templates: are two the same, and the short name of one. Pure. */

#include <ekube/meta.h>

/* pod-template-hash left aside; absent, null and empty are the same. */
bool template_same(const struct ek_json *a, const struct ek_json *b);

/*
 * A name part for the template: 32-bit FNV-1a in the alphabet of Kubernetes' suffixes, at most 10
 * characters. Members may come in any order. collisions changes it when the name is taken.
 */
void template_hash(const struct ek_json *template, int64_t collisions, bool has_collisions,
		   char out[16]);
