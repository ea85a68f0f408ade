/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A struct ek_client over the registry; see ek_api_local_client. */

#include "registry.h"

struct ek_client *ek_local_client_new(struct ek_registry *r, struct ek_loop *loop, const char *user,
				      const char *const *groups);
