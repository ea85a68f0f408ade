/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The objects that every cluster begins with: made when they are missing, brought up to date when they are ours. */

#include "core.h"

void ek_bootstrap_start(struct ek_registry *r, void (*done)(void *arg, int rc, const struct ek_err *err), void *arg);
void ek_bootstrap_free(struct ek_bootstrap *b);
