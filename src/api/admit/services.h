/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The addresses and ports that Services hold: taken when one is admitted, given back when its write
 * fails, it changes or goes. The truth is in the stored Services: the bitmaps are rebuilt from them.
 */

#include "core.h"

int  ek_services_new(struct ek_registry *r, struct ek_services **ret, struct ek_err *err);
void ek_services_free(struct ek_services *s);
/* A Service was stored, changed or removed: its cache tells. */
void ek_services_changed(struct ek_services *s, struct ek_object *before, struct ek_object *after);
/* Complete and check q->obj: families, cluster addresses, node ports. What was taken is noted in q->taken. */
int  ek_services_admit(struct ek_request *q);
void ek_services_give_back(struct ek_services *s, const struct ek_json *taken);
/* The first address: that of the service "kubernetes". */
const char *ek_services_first(struct ek_services *s, char out[46]);
