/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * SipHash-1-3 under a key of this process: keys that come from outside cannot be made to collide.
 * The key is from the kernel also when chance is seeded, so nothing that is visible may depend on it.
 */

#include <ekube/base.h>

uint32_t ek_hash(const void *p, size_t n);
