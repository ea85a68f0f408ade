/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the server does to metadata on its way in (k8s.io/apiserver/pkg/registry/rest). */

#include "core.h"

/* Forget what only the server may set. */
void ek_meta_wipe(struct ek_json *obj);
/* The namespace of the request, unless the object names another: then 400. */
int  ek_meta_put_namespace(struct ek_request *q, struct ek_json *obj);
/* The object names what the URL names, or 400. */
int  ek_meta_check_name(struct ek_request *q, const struct ek_json *obj);
/* The same owner twice becomes once, with a warning. */
void ek_meta_dedup_owners(struct ek_json *obj, struct ek_json *warnings);
/* What no update changes: taken over from the old object. */
void ek_meta_carry(struct ek_json *obj, const struct ek_json *old, int64_t old_rev);
/* Kinds that are stored as another: both leave everybody else alone. */
void            ek_meta_to_stored(struct ek_request *q);               /* q->obj in place */
struct ek_json *ek_meta_from_stored(struct ek_request *q, const struct ek_json *obj); /* a new reference */
