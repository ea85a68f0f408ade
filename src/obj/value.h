/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of this layer share: the curtain between struct ek_json and json_t. */

#include "text.h"

#include <ekube/json.h>

#include <jansson.h>

static inline json_t *ek_j(const struct ek_json *v)
{
	return (json_t *)(uintptr_t)v;
}

static inline struct ek_json *ek_v(json_t *j)
{
	return (struct ek_json *)(void *)j;
}

/* A container that may be written to: nobody else has seen it. */
static inline json_t *ek_j_own(struct ek_json *v)
{
	EK_ASSERT(v && ek_j(v)->refcount == 1);
	return ek_j(v);
}
