/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <ekube/base.h>

/* Bytes from the kernel, also when ek_rand_seed() made the rest of chance repeatable. */
void ek_rand_kernel(void *out, size_t n);
