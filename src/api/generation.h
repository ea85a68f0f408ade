/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* metadata.generation: which kinds count it, and which changes count. */

#include <ekube/schema.h>

bool ek_kind_counts_generation(const struct ek_kind *k);
bool ek_generation_changed(const struct ek_kind *k, const struct ek_json *obj, const struct ek_json *old);
