/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A part of apps/v1 Deployment and of its pods, enough to meet every kind of row: the tests of the
 * interpreters do not depend on which kinds the tables hold today.
 */

#include <ekube/schema.h>

extern const struct ek_type t_deployment, t_pod_spec, t_secret, t_event, t_open, t_everything;
extern const struct ek_kind t_kind_deployment, t_kind_pod, t_kind_scale_target;
extern const struct ek_kind *const t_kinds[]; /* ended by NULL */

/* From JSON with ' for "; aborts when it is none. */
struct ek_json *t_json(const char *text);
/* Compact text of a value, malloc'd. */
char *t_text(const struct ek_json *v);
