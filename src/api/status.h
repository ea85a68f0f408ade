/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * metav1.Status with the sentences that Kubernetes' API server speaks (k8s.io/apimachinery/pkg/api/errors).
 * Every builder returns a new value. registry.h has those that the front needs too.
 */

#include "registry.h"

/* "pods", "deployments.apps": out holds 256. */
const char *ek_resource_name(const struct ek_kind *k, char out[256]);
/* Go's %q. out is cut at n. */
const char *ek_go_quoted(const char *s, char *out, size_t n);
#define EK_Q(s) ek_go_quoted((s), (char[512]){ 0 }, 512)

struct ek_json *ek_status_not_found(const struct ek_kind *k, const char *name);
struct ek_json *ek_status_exists(const struct ek_kind *k, const char *name);
struct ek_json *ek_status_name_conflict(const struct ek_kind *k, const char *name); /* of a generated name */
struct ek_json *ek_status_conflict(const struct ek_kind *k, const char *name, const char *fmt, ...) EK_PRINTF(3, 4);
struct ek_json *ek_status_modified(const struct ek_kind *k, const char *name); /* "the object has been modified; ..." */
struct ek_json *ek_status_bad_request(const char *fmt, ...) EK_PRINTF(1, 2);
struct ek_json *ek_status_internal(const char *fmt, ...) EK_PRINTF(1, 2);
struct ek_json *ek_status_too_large(const char *fmt, ...) EK_PRINTF(1, 2);
struct ek_json *ek_status_expired(const char *message);
struct ek_json *ek_status_not_allowed(const struct ek_kind *k, const char *action);
/* An admission's refusal: `pods "x" is forbidden: ...` */
struct ek_json *ek_status_denied(const struct ek_kind *k, const char *name, const char *fmt, ...) EK_PRINTF(3, 4);
/* An error of no known reason: HTTP 500, no reason, the message alone. */
struct ek_json *ek_status_unknown(const char *fmt, ...) EK_PRINTF(1, 2);
/* "Timeout: Too large resource version: 9, current: 3" */
struct ek_json *ek_status_future_rev(int64_t rev, int64_t current);
/* Causes under another kind than a served one ("DeleteOptions" of meta.k8s.io). */
struct ek_json *ek_status_invalid_of(const char *group, const char *kind, const char *name,
				     const struct ek_causes *causes);
/* Success; code 0 is left out. details borrowed or NULL. */
struct ek_json *ek_status_success(int code, const struct ek_json *details);
/* What a successful delete tells of an object. */
struct ek_json *ek_status_deleted(const struct ek_kind *k, const struct ek_json *obj);

/* The negative code of a failed Status, for who only passes it on. */
int ek_status_code(const struct ek_json *status);
