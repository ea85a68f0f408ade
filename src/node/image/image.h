/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The image store (its contract is <ekube/images.h>) with what the node itself needs to know of images. */

#include <ekube/images.h>

#include "manifest.h"
#include "ref.h"
