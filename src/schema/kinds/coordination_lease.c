/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field lease_spec_rows[] = {
	{ "holderIdentity", EK_F_STR, EK_ONE, EK_POINTER, .pb = 1, .doc = "Who holds it." },
	{ "leaseDurationSeconds", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 2,
	  .doc = "How long it is held after it was renewed." },
	{ "acquireTime", EK_F_MICROTIME, EK_ONE, EK_POINTER, .pb = 3, .doc = "When it was taken." },
	{ "renewTime", EK_F_MICROTIME, EK_ONE, EK_POINTER, .pb = 4, .doc = "When it was last renewed." },
	{ "leaseTransitions", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 5, .max = EK_NO_MAX,
	  .doc = "How often it changed hands." },
	{ "strategy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 6, .go = "v1.CoordinatedLeaseStrategy",
	  .doc = "How the holder is chosen." },
	{ "preferredHolder", EK_F_STR, EK_ONE, EK_POINTER, .pb = 7, .doc = "Who should take it." },
};
static EK_TYPE(lease_spec_type, "io.k8s.api.coordination.v1.LeaseSpec", "Who holds it and since when.",
	       lease_spec_rows);

static const struct ek_field lease_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &lease_spec_type, .doc = "What is wanted." },
};
static EK_TYPE(lease_type, "io.k8s.api.coordination.v1.Lease", "Something that one at a time holds.",
	       lease_rows);

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
