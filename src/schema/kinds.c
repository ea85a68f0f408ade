/* SPDX-License-Identifier: Apache-2.0 */

#include <ekube/schema.h>

/*
 * What is served, in discovery order: core first, then as kube-apiserver orders groups; by plural
 * within a version. A kind whose controller does not exist yet has tables and is not here: who
 * creates one is told so, instead of waiting for pods that nobody makes.
 */
const struct ek_kind *const ek_kinds[] = {
	&ek_kind_configmap,
	&ek_kind_endpoints,
	&ek_kind_event,
	&ek_kind_limitrange,
	&ek_kind_namespace,
	&ek_kind_node,
	&ek_kind_pvc,
	&ek_kind_pv,
	&ek_kind_pod,
	&ek_kind_podtemplate,
	&ek_kind_rc,
	&ek_kind_resourcequota,
	&ek_kind_secret,
	&ek_kind_serviceaccount,
	&ek_kind_service,
	&ek_kind_deployment,
	&ek_kind_replicaset,
	&ek_kind_events_event,
	&ek_kind_selfsubjectreview,
	&ek_kind_tokenreview,
	&ek_kind_localsubjectaccessreview,
	&ek_kind_selfsubjectaccessreview,
	&ek_kind_selfsubjectrulesreview,
	&ek_kind_subjectaccessreview,
	&ek_kind_clusterrolebinding,
	&ek_kind_clusterrole,
	&ek_kind_rolebinding,
	&ek_kind_role,
	&ek_kind_priorityclass,
	&ek_kind_lease,
	&ek_kind_endpointslice,
	NULL,
};
