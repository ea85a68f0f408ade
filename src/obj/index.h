/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <ekube/object.h>

/* Whether every byte is as ek_index_new() would have written it. */
bool ek_index_valid(const struct ek_bytes *ix);
