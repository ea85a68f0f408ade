/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field scale_spec_rows[] = {
	{ "replicas", EK_F_INT32, .pb = 1, .max = EK_NO_MAX, .doc = "How many pods." },
};
static EK_TYPE(scale_spec_type, "io.k8s.api.autoscaling.v1.ScaleSpec", "What is wanted.", scale_spec_rows);

static const struct ek_field scale_status_rows[] = {
	{ "replicas", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .doc = "How many pods." },
	{ "selector", EK_F_STR, .pb = 2, .doc = "Which pods, as text." },
};
static EK_TYPE(scale_status_type, "io.k8s.api.autoscaling.v1.ScaleStatus", "What there is.",
	       scale_status_rows);

static const struct ek_field scale_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &scale_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &scale_status_type, .doc = "What there is now." },
};
EK_TYPE(ek_type_autoscaling_scale, "io.k8s.api.autoscaling.v1.Scale",
	"How many pods a controller shall have and has.", scale_rows);
