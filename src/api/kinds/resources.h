/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Names and amounts of resources: k8s.io/kubernetes/pkg/apis/core/helper and validation. */

#include "check.h"

bool ek_resource_is_hugepages(const char *name);
bool ek_resource_is_native(const char *name);
bool ek_resource_may_overcommit(const char *name);
bool ek_resource_is_standard_quota(const char *name);

/* Each stands at the resource's own path. */
void ek_resource_name_validate(struct ek_check *c, const char *name);
void ek_resource_container_name_validate(struct ek_check *c, const char *name);
void ek_resource_quota_name_validate(struct ek_check *c, const char *name);
void ek_resource_amount_validate(struct ek_check *c, const char *name,
				 const struct ek_json *amount);

int ek_resource_cmp(const struct ek_json *a, const struct ek_json *b);
/* An amount's text. */
const char *ek_resource_text(const struct ek_json *v, char out[40]);
