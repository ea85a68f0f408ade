/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field preferred_scheduling_term_rows[] = {
	{ "weight", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .doc = "From 1 to 100." },
	{ "preference", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &ek_type_node_selector_term,
	  .doc = "What the node should match." },
};
static EK_TYPE(preferred_scheduling_term_type, "io.k8s.api.core.v1.PreferredSchedulingTerm",
	       "A wish and its weight.", preferred_scheduling_term_rows);

static const struct ek_field node_affinity_rows[] = {
	{ "requiredDuringSchedulingIgnoredDuringExecution", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1,
	  .of = &ek_type_node_selector, .doc = "What must hold when it is scheduled." },
	{ "preferredDuringSchedulingIgnoredDuringExecution", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2,
	  .of = &preferred_scheduling_term_type, .doc = "What would be nice, by weight." },
};
static EK_TYPE(node_affinity_type, "io.k8s.api.core.v1.NodeAffinity", "Which nodes a pod wants.",
	       node_affinity_rows);

static const struct ek_field pod_affinity_term_rows[] = {
	{ "labelSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &ek_type_label_selector,
	  .doc = "Which pods." },
	{ "namespaces", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2,
	  .doc = "In which namespaces; the pod's own by default." },
	{ "topologyKey", EK_F_STR, EK_ONE, EK_KEEP, .pb = 3, .check = ek_name_qualified,
	  .doc = "Label of nodes whose equal value means near." },
	{ "namespaceSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &ek_type_label_selector,
	  .doc = "Namespaces by their labels." },
	{ "matchLabelKeys", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 5,
	  .doc = "Labels whose values are taken from the pod and must be equal." },
	{ "mismatchLabelKeys", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 6,
	  .doc = "Labels whose values are taken from the pod and must differ." },
};
static EK_TYPE(pod_affinity_term_type, "io.k8s.api.core.v1.PodAffinityTerm",
	       "A set of pods, and what counts as near.", pod_affinity_term_rows);

static const struct ek_field weighted_pod_affinity_term_rows[] = {
	{ "weight", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .doc = "From 1 to 100." },
	{ "podAffinityTerm", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &pod_affinity_term_type,
	  .doc = "The pods to be near or away from." },
};
static EK_TYPE(weighted_pod_affinity_term_type, "io.k8s.api.core.v1.WeightedPodAffinityTerm",
	       "A wish and its weight.", weighted_pod_affinity_term_rows);

static const struct ek_field pod_affinity_rows[] = {
	{ "requiredDuringSchedulingIgnoredDuringExecution", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1,
	  .of = &pod_affinity_term_type, .doc = "What must hold when it is scheduled." },
	{ "preferredDuringSchedulingIgnoredDuringExecution", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2,
	  .of = &weighted_pod_affinity_term_type, .doc = "What would be nice, by weight." },
};
static EK_TYPE(pod_affinity_type, "io.k8s.api.core.v1.PodAffinity", "Which pods a pod wants to be near.",
	       pod_affinity_rows);

static const struct ek_field pod_anti_affinity_rows[] = {
	{ "requiredDuringSchedulingIgnoredDuringExecution", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1,
	  .of = &pod_affinity_term_type, .doc = "What must hold when it is scheduled." },
	{ "preferredDuringSchedulingIgnoredDuringExecution", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2,
	  .of = &weighted_pod_affinity_term_type, .doc = "What would be nice, by weight." },
};
static EK_TYPE(pod_anti_affinity_type, "io.k8s.api.core.v1.PodAntiAffinity",
	       "Which pods a pod wants to be away from.", pod_anti_affinity_rows);

static const struct ek_field affinity_rows[] = {
	{ "nodeAffinity", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &node_affinity_type,
	  .doc = "By labels of nodes." },
	{ "podAffinity", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &pod_affinity_type,
	  .doc = "Near which pods." },
	{ "podAntiAffinity", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &pod_anti_affinity_type,
	  .doc = "Away from which pods." },
};
EK_TYPE(ek_type_affinity, "io.k8s.api.core.v1.Affinity", "Where a pod shall or shall not run.",
	affinity_rows);

static const struct ek_field toleration_rows[] = {
	{ "key", EK_F_STR, .pb = 1, .check = ek_name_qualified,
	  .doc = "Key of the taint; absent for all, with Exists." },
	{ "operator", EK_F_STR, .pb = 2, .go = "v1.TolerationOperator",
	  .one_of = EK_ONE_OF("Equal", "Exists"), .doc = "Equal or Exists." },
	{ "value", EK_F_STR, .pb = 3, .doc = "Value of the taint, for Equal." },
	{ "effect", EK_F_STR, .pb = 4, .go = "v1.TaintEffect",
	  .one_of = EK_ONE_OF("NoSchedule", "PreferNoSchedule", "NoExecute"),
	  .doc = "NoSchedule, PreferNoSchedule, NoExecute; absent for all." },
	{ "tolerationSeconds", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 5,
	  .doc = "How long it stays after a NoExecute taint came; absent for ever." },
};
EK_TYPE(ek_type_toleration, "io.k8s.api.core.v1.Toleration", "A taint of nodes that the pod can bear.",
	toleration_rows);

static const struct ek_field topology_spread_constraint_rows[] = {
	{ "maxSkew", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .min = 1, .max = EK_NO_MAX,
	  .doc = "By how many pods domains may differ." },
	{ "topologyKey", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2,
	  .doc = "Label of nodes whose value is the domain." },
	{ "whenUnsatisfiable", EK_F_STR, EK_ONE, EK_KEEP, .pb = 3, .go = "v1.UnsatisfiableConstraintAction",
	  .one_of = EK_ONE_OF("DoNotSchedule", "ScheduleAnyway"),
	  .doc = "DoNotSchedule, or ScheduleAnyway to make it a wish." },
	{ "labelSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &ek_type_label_selector,
	  .doc = "Which pods are counted." },
	{ "minDomains", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 5, .min = 1, .max = EK_NO_MAX,
	  .doc = "How many domains there must be at least." },
	{ "nodeAffinityPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 6, .go = "v1.NodeInclusionPolicy",
	  .one_of = EK_ONE_OF("Honor", "Ignore"),
	  .doc = "Honor or Ignore the pod's node selector when counting." },
	{ "nodeTaintsPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 7, .go = "v1.NodeInclusionPolicy",
	  .one_of = EK_ONE_OF("Honor", "Ignore"), .doc = "Honor or Ignore taints when counting." },
	{ "matchLabelKeys", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 8,
	  .doc = "Labels whose values are taken from the pod to count." },
};
EK_TYPE(ek_type_topology_spread_constraint, "io.k8s.api.core.v1.TopologySpreadConstraint",
	"How evenly pods are spread over zones, nodes or others.", topology_spread_constraint_rows);
