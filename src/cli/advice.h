/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <ekube/err.h>

/* "what is wrong: what to do about it". err may be NULL; returns rc. */
int advise(struct ek_err *err, int rc, const char *fmt, ...) EK_PRINTF(3, 4);
