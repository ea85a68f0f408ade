/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "text.h"

#include <ekube/meta.h>

enum {
	EK_QUANTITY_NANO = -9,
	EK_QUANTITY_SCALE_MAX = 30,
	EK_QUANTITY_MAX_BYTES = 256,
};
