/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field preferred_scheduling_term_rows[] = {
	{ "weight", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1 },
	{ "preference", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &ek_type_node_selector_term },
};
static EK_TYPE(preferred_scheduling_term_type, "io.k8s.api.core.v1.PreferredSchedulingTerm", NULL,
	       preferred_scheduling_term_rows);

static const struct ek_field node_affinity_rows[] = {
	{ "requiredDuringSchedulingIgnoredDuringExecution", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1,
	  .of = &ek_type_node_selector },
	{ "preferredDuringSchedulingIgnoredDuringExecution", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2,
	  .of = &preferred_scheduling_term_type },
};
static EK_TYPE(node_affinity_type, "io.k8s.api.core.v1.NodeAffinity", NULL, node_affinity_rows);

static const struct ek_field pod_affinity_term_rows[] = {
	{ "labelSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &ek_type_label_selector },
	{ "namespaces", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2 },
	{ "topologyKey", EK_F_STR, EK_ONE, EK_KEEP, .pb = 3, .check = ek_name_qualified },
	{ "namespaceSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4,
	  .of = &ek_type_label_selector },
	{ "matchLabelKeys", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 5 },
	{ "mismatchLabelKeys", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 6 },
};
static EK_TYPE(pod_affinity_term_type, "io.k8s.api.core.v1.PodAffinityTerm", NULL,
	       pod_affinity_term_rows);

static const struct ek_field weighted_pod_affinity_term_rows[] = {
	{ "weight", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1 },
	{ "podAffinityTerm", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &pod_affinity_term_type },
};
static EK_TYPE(weighted_pod_affinity_term_type, "io.k8s.api.core.v1.WeightedPodAffinityTerm", NULL,
	       weighted_pod_affinity_term_rows);

static const struct ek_field pod_affinity_rows[] = {
	{ "requiredDuringSchedulingIgnoredDuringExecution", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1,
	  .of = &pod_affinity_term_type },
	{ "preferredDuringSchedulingIgnoredDuringExecution", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2,
	  .of = &weighted_pod_affinity_term_type },
};
static EK_TYPE(pod_affinity_type, "io.k8s.api.core.v1.PodAffinity", NULL, pod_affinity_rows);

static const struct ek_field pod_anti_affinity_rows[] = {
	{ "requiredDuringSchedulingIgnoredDuringExecution", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1,
	  .of = &pod_affinity_term_type },
	{ "preferredDuringSchedulingIgnoredDuringExecution", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2,
	  .of = &weighted_pod_affinity_term_type },
};
static EK_TYPE(pod_anti_affinity_type, "io.k8s.api.core.v1.PodAntiAffinity", NULL,
	       pod_anti_affinity_rows);

static const struct ek_field affinity_rows[] = {
	{ "nodeAffinity", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &node_affinity_type },
	{ "podAffinity", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &pod_affinity_type },
	{ "podAntiAffinity", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &pod_anti_affinity_type },
};
EK_TYPE(ek_type_affinity, "io.k8s.api.core.v1.Affinity", NULL, affinity_rows);

static const struct ek_field toleration_rows[] = {
	{ "key", EK_F_STR, .pb = 1, .check = ek_name_qualified },
	{ "operator", EK_F_STR, .pb = 2, .go = "v1.TolerationOperator",
	  .one_of = EK_ONE_OF("Equal", "Exists") },
	{ "value", EK_F_STR, .pb = 3 },
	{ "effect", EK_F_STR, .pb = 4, .go = "v1.TaintEffect",
	  .one_of = EK_ONE_OF("NoSchedule", "PreferNoSchedule", "NoExecute") },
	{ "tolerationSeconds", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 5 },
};
EK_TYPE(ek_type_toleration, "io.k8s.api.core.v1.Toleration", NULL, toleration_rows);

static const struct ek_field topology_spread_constraint_rows[] = {
	{ "maxSkew", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .min = 1, .max = EK_NO_MAX },
	{ "topologyKey", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2 },
	{ "whenUnsatisfiable", EK_F_STR, EK_ONE, EK_KEEP, .pb = 3,
	  .go = "v1.UnsatisfiableConstraintAction",
	  .one_of = EK_ONE_OF("DoNotSchedule", "ScheduleAnyway") },
	{ "labelSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &ek_type_label_selector },
	{ "minDomains", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 5, .min = 1, .max = EK_NO_MAX },
	{ "nodeAffinityPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 6,
	  .go = "v1.NodeInclusionPolicy", .one_of = EK_ONE_OF("Honor", "Ignore") },
	{ "nodeTaintsPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 7, .go = "v1.NodeInclusionPolicy",
	  .one_of = EK_ONE_OF("Honor", "Ignore") },
	{ "matchLabelKeys", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 8 },
};
EK_TYPE(ek_type_topology_spread_constraint, "io.k8s.api.core.v1.TopologySpreadConstraint", NULL,
	topology_spread_constraint_rows);
