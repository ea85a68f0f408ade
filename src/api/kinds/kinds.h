/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the kinds' files share: their hooks, and defaults of the types that several kinds embed. */

#include "strategy.h"

/* ---- pod_defaults.c: PodSpec wherever it stands ---- */
void pod_spec_default(struct ek_json *spec);
void pod_default(struct ek_json *pod);
/* spec.template.spec of a workload. */
void pod_template_default(struct ek_json *owner);

/* ---- pod.c ---- */
void    pod_prepare_create(struct ek_json *pod);
void    pod_prepare_update(struct ek_json *pod, const struct ek_json *old);
int64_t pod_grace(const struct ek_json *pod, int64_t asked_s);

/* ---- service.c ---- */
void service_default(struct ek_json *svc);
void service_validate(const struct ek_json *svc, const struct ek_json *old, struct ek_causes *causes);

/* ---- namespace.c ---- */
void namespace_prepare_create(struct ek_json *ns);
void namespace_prepare_update(struct ek_json *ns, const struct ek_json *old);
void namespace_default(struct ek_json *ns);

/* ---- workloads.c ---- */
void deployment_default(struct ek_json *d);
void workload_validate(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes);
void deployment_validate(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes);
void rc_default(struct ek_json *rc);

/* ---- config.c ---- */
void configmap_validate(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes);
void secret_default(struct ek_json *obj);
void secret_validate(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes);

/* ---- rbac.c ---- */
void binding_default(struct ek_json *obj);
void binding_validate(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes);

/* Set when absent. */
void default_str(struct ek_json *obj, const char *key, const char *value);
void default_int(struct ek_json *obj, const char *key, int64_t value);
void default_bool(struct ek_json *obj, const char *key, bool value);
