/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Service account tokens; see ek_token_issue and ek_token_check in registry.h. */

#include "core.h"

/* Without a key in the options no token can be made and none is good. */
int  ek_tokens_new(const struct ek_api_options *options, struct ek_tokens **ret, struct ek_err *err);
void ek_tokens_free(struct ek_tokens *t);

/* POST serviceaccounts/token. */
void ek_token_request_start(struct ek_request *q);
