/* SPDX-License-Identifier: Apache-2.0 */

#include <ekube/schema.h>

/* In discovery order: core first, then as kube-apiserver orders groups; by plural within a version. */
const struct ek_kind *const ek_kinds[] = {
	&ek_kind_configmap,
	NULL,
};
