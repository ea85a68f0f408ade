/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Events live an hour after their last write. One timer, armed only while there are events. */

#include "core.h"

struct ek_expiry *ek_expiry_new(struct ek_registry *r);
void              ek_expiry_free(struct ek_expiry *x);
int               ek_expiry_load(struct ek_expiry *x, struct ek_err *err);
