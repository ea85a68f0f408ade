/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field eviction_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "deleteOptions", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &ek_type_delete_options,
	  .doc = "How to delete it." },
};
EK_TYPE(ek_type_policy_eviction, "io.k8s.api.policy.v1.Eviction",
	"Asks for a pod to leave; a disruption budget may refuse.", eviction_rows);
