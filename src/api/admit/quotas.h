/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ResourceQuota: what a namespace may hold. What it holds is counted when it matters: when something is
 * made there (admission), and a moment after anything changed there (status.used).
 */

#include "admission.h"

/* Amounts of resources by name: "pods", "requests.cpu", "count/deployments.apps". */
struct ek_amount {
	char              *name;
	struct ek_quantity q;
};
struct ek_amounts {
	EK_VEC(struct ek_amount) v;
};
void              ek_amounts_add(struct ek_amounts *a, const char *name, const struct ek_quantity *q);
struct ek_amount *ek_amounts_find(const struct ek_amounts *a, const char *name);
void              ek_amounts_done(struct ek_amounts *a);

/* quota_usage.c: what one object uses, under all names that it counts under. */
void ek_usage_of(const struct ek_kind *k, const struct ek_json *obj, struct ek_amounts *a);
/* "cpu for: a,b; memory for: a": what the quota names and the pod's containers do not. NULL: nothing. Malloc'd. */
char *ek_usage_missing(const struct ek_json *pod, const struct ek_json *hard);
/* Does a quota with scopes count this pod? */
bool ek_usage_in_scope(const struct ek_json *quota, const struct ek_json *pod);

/* quotas.c */
struct ek_quotas *ek_quotas_new(struct ek_registry *r);
void              ek_quotas_free(struct ek_quotas *s);
/* A ResourceQuota was stored, changed or removed: its cache tells. */
void              ek_quotas_changed(struct ek_quotas *s, struct ek_object *before, struct ek_object *after);
