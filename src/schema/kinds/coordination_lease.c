/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field lease_spec_rows[] = {
	{ "holderIdentity", EK_F_STR, EK_ONE, EK_POINTER, .pb = 1 },
	{ "leaseDurationSeconds", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 2 },
	{ "acquireTime", EK_F_MICROTIME, EK_ONE, EK_POINTER, .pb = 3 },
	{ "renewTime", EK_F_MICROTIME, EK_ONE, EK_POINTER, .pb = 4 },
	{ "leaseTransitions", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 5, .max = EK_NO_MAX },
	{ "strategy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 6, .go = "v1.CoordinatedLeaseStrategy" },
	{ "preferredHolder", EK_F_STR, EK_ONE, EK_POINTER, .pb = 7 },
};
static EK_TYPE(lease_spec_type, "io.k8s.api.coordination.v1.LeaseSpec", NULL, lease_spec_rows);

static const struct ek_field lease_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &lease_spec_type },
};
static EK_TYPE(lease_type, "io.k8s.api.coordination.v1.Lease", NULL, lease_rows);

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Holder", .type = "string", .doc = "Who holds it.", .path = "spec.holderIdentity" },
	EK_COLUMN_AGE,
	{ 0 },
};

const struct ek_kind ek_kind_lease = {
	.group = "coordination.k8s.io", .version = "v1", .kind = "Lease",
	.plural = "leases", .singular = "lease",
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &lease_type,
	.columns = columns,
};
