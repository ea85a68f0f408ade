/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Service default/kubernetes, by which pods reach this server, and its endpoints. They are there
 * from the start, and come back a second after somebody deleted or bent them.
 */

#include "ensure.h"

/* Make what is missing, mend what is wrong. */
void ek_own_service_ensure(struct ek_ensure *e);

/* Look after them from now on. *ret is set in any case, and the caller's to free. */
int  ek_own_service_keep(struct ek_registry *r, struct ek_own_service **ret, struct ek_err *err);
void ek_own_service_free(struct ek_own_service *o);
