/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A part of a volume, mounted so that no link or rename inside the volume can make it something else. */

#include <ekube/err.h>

/*
 * Bind volume/sub to `at` (made here; what was mounted there goes). Missing folders of `sub` are made with
 * the volume's mode. EK_EINVALID for a path that leads out of the volume, also through links. Blocks.
 */
int ek_subpath_bind(const char *volume, const char *sub, const char *at, struct ek_err *err);
