/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field service_port_rows[] = {
	{ "name", EK_F_STR, .pb = 1, .check = ek_name_dns1123_label,
	  .doc = "Its name; needed when there are several." },
	{ "protocol", EK_F_STR, .pb = 2, .go = "v1.Protocol", .dflt = "\"TCP\"",
	  .one_of = EK_ONE_OF("SCTP", "TCP", "UDP"), .doc = "TCP, UDP or SCTP." },
	{ "appProtocol", EK_F_STR, EK_ONE, EK_POINTER, .pb = 6, .check = ek_name_qualified,
	  .doc = "What is spoken: http, kubernetes.io/h2c." },
	{ "port", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 3, .min = 1, .max = 65535, .doc = "The port." },
	{ "targetPort", EK_F_INTORSTR, .pb = 4, .doc = "Number or name of the pods' port; port by default." },
	{ "nodePort", EK_F_INT32, .pb = 5, .doc = "Port on every node, for NodePort and LoadBalancer." },
};
static EK_TYPE(service_port_type, "io.k8s.api.core.v1.ServicePort", "A port of a Service.",
	       service_port_rows);

static const struct ek_field client_ip_config_rows[] = {
	{ "timeoutSeconds", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 1,
	  .doc = "How long a client is remembered; 10800 by default." },
};
static EK_TYPE(client_ip_config_type, "io.k8s.api.core.v1.ClientIPConfig",
	       "Settings of affinity by client address.", client_ip_config_rows);

static const struct ek_field session_affinity_config_rows[] = {
	{ "clientIP", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &client_ip_config_type,
	  .doc = "Those of ClientIP." },
};
static EK_TYPE(session_affinity_config_type, "io.k8s.api.core.v1.SessionAffinityConfig",
	       "Settings of session affinity.", session_affinity_config_rows);

static const struct ek_field service_spec_rows[] = {
	{ "ports", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 1, .of = &service_port_type,
	  .list_keys = "port,protocol", .merge_key = "port", .doc = "Its ports." },
	{ "selector", EK_F_STR, EK_MAP, EK_ATOMIC, .pb = 2,
	  .doc = "Labels of the pods behind it; without it somebody else makes the endpoints." },
	{ "clusterIP", EK_F_STR, .pb = 3,
	  .doc = "Its address; \"None\" for a headless Service, \"\" to be given one." },
	{ "clusterIPs", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 18,
	  .doc = "Its addresses, one a family; the first is clusterIP." },
	{ "type", EK_F_STR, .pb = 4, .go = "v1.ServiceType", .dflt = "\"ClusterIP\"",
	  .one_of = EK_ONE_OF("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"),
	  .doc = "ClusterIP, NodePort, LoadBalancer or ExternalName." },
	{ "externalIPs", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 5,
	  .doc = "Further addresses that nodes take traffic for." },
	{ "sessionAffinity", EK_F_STR, .pb = 7, .go = "v1.ServiceAffinity", .dflt = "\"None\"",
	  .one_of = EK_ONE_OF("ClientIP", "None"),
	  .doc = "None, or ClientIP: the same client meets the same pod." },
	{ "loadBalancerIP", EK_F_STR, .pb = 8, .doc = "Deprecated: address to ask the load balancer for." },
	{ "loadBalancerSourceRanges", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 9,
	  .doc = "Clients that the load balancer lets in." },
	{ "externalName", EK_F_STR, .pb = 10, .doc = "Name that an ExternalName Service stands for." },
	{ "externalTrafficPolicy", EK_F_STR, .pb = 11, .go = "v1.ServiceExternalTrafficPolicy",
	  .doc = "Cluster, or Local: only to pods on the node that was reached." },
	{ "healthCheckNodePort", EK_F_INT32, .pb = 12,
	  .doc = "Port where a load balancer asks nodes for local pods." },
	{ "publishNotReadyAddresses", EK_F_BOOL, .pb = 13,
	  .doc = "Whether DNS and endpoints include pods that are not ready." },
	{ "sessionAffinityConfig", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 14,
	  .of = &session_affinity_config_type, .doc = "Settings of session affinity." },
	{ "ipFamilies", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 19, .go = "v1.IPFamily",
	  .one_of = EK_ONE_OF("IPv4", "IPv6"), .doc = "IPv4, IPv6, in order of preference." },
	{ "ipFamilyPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 17, .go = "v1.IPFamilyPolicy",
	  .one_of = EK_ONE_OF("PreferDualStack", "RequireDualStack", "SingleStack"),
	  .doc = "SingleStack, PreferDualStack or RequireDualStack." },
	{ "allocateLoadBalancerNodePorts", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 20,
	  .doc = "Whether a LoadBalancer Service gets node ports." },
	{ "loadBalancerClass", EK_F_STR, EK_ONE, EK_POINTER, .pb = 21,
	  .doc = "Which load balancer shall serve it." },
	{ "internalTrafficPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 22,
	  .go = "v1.ServiceInternalTrafficPolicy", .one_of = EK_ONE_OF("Cluster", "Local"),
	  .doc = "Cluster, or Local: only to pods on the client's node." },
	{ "trafficDistribution", EK_F_STR, EK_ONE, EK_POINTER, .pb = 23, .one_of = EK_ONE_OF("PreferClose"),
	  .doc = "PreferClose: pods near the client first." },
};
static EK_TYPE(service_spec_type, "io.k8s.api.core.v1.ServiceSpec",
	       "How a Service is reached and what stands behind it.", service_spec_rows);

static const struct ek_field port_status_rows[] = {
	{ "port", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .doc = "The port." },
	{ "protocol", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.Protocol", .doc = "Its protocol." },
	{ "error", EK_F_STR, EK_ONE, EK_POINTER, .pb = 3, .doc = "What is wrong with it." },
};
static EK_TYPE(port_status_type, "io.k8s.api.core.v1.PortStatus", "State of a port.", port_status_rows);

static const struct ek_field load_balancer_ingress_rows[] = {
	{ "ip", EK_F_STR, .pb = 1, .doc = "Address." },
	{ "hostname", EK_F_STR, .pb = 2, .doc = "Name." },
	{ "ipMode", EK_F_STR, EK_ONE, EK_POINTER, .pb = 3, .go = "v1.LoadBalancerIPMode",
	  .doc = "VIP, or Proxy: traffic comes from the load balancer's own address." },
	{ "ports", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 4, .of = &port_status_type,
	  .doc = "State of its ports." },
};
static EK_TYPE(load_balancer_ingress_type, "io.k8s.api.core.v1.LoadBalancerIngress",
	       "A name or address of a load balancer.", load_balancer_ingress_rows);

static const struct ek_field load_balancer_status_rows[] = {
	{ "ingress", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &load_balancer_ingress_type,
	  .doc = "Where it is reached." },
};
static EK_TYPE(load_balancer_status_type, "io.k8s.api.core.v1.LoadBalancerStatus",
	       "What a load balancer has.", load_balancer_status_rows);

static const struct ek_field service_status_rows[] = {
	{ "loadBalancer", EK_F_OBJ, .pb = 1, .of = &load_balancer_status_type,
	  .doc = "What the load balancer has." },
	{ "conditions", EK_F_OBJ, EK_LIST, EK_LIST_MAP | EK_PATCH_MERGE, .pb = 2, .of = &ek_type_condition,
	  .list_keys = "type", .merge_key = "type", .doc = "Aspects of its state." },
};
static EK_TYPE(service_status_type, "io.k8s.api.core.v1.ServiceStatus", "State of a Service.",
	       service_status_rows);

static const struct ek_field service_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &service_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &service_status_type, .doc = "What there is now." },
};
static EK_TYPE(service_type, "io.k8s.api.core.v1.Service", "A lasting name and address for a set of pods.",
	       service_rows);

static const struct ek_subresource service_subresources[] = {
	{ "proxy", "", "v1", "ServiceProxyOptions", .verbs = EK_V_PROXY, .stream = true },
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

EK_CELL(cell_cluster_ip)
{
	return ek_cell_str(ek_json_str_at(obj, "spec.clusterIPs.0"), "<none>");
}

EK_CELL(cell_external_ip)
{
	EK_BUF struct ek_buf text = EK_CELL_TEXT;
	EK_JSON struct ek_json *given = NULL;
	const char *type = ek_json_str_at(obj, "spec.type");

	if (ek_streq(type, "ExternalName"))
		return ek_cell_str(ek_json_str_at(obj, "spec.externalName"), "");
	if (ek_streq(type, "LoadBalancer"))
		given = ek_cell_ingress(ek_json_at(obj, "status.loadBalancer.ingress"));
	else if (!ek_streq(type, "ClusterIP") && !ek_streq(type, "NodePort"))
		return ek_json_new_str("<unknown>");
	if (ek_json_str_len(given))
		ek_cell_add(&text, ",", ek_json_str(given));
	for (struct ek_json_iter it = ek_json_iter(ek_json_at(obj, "spec.externalIPs")); ek_json_next(&it);)
		ek_cell_add(&text, ",", ek_json_str(it.value));
	return ek_cell_text(&text, given ? "<pending>" : "<none>");
}

/* "80:30080/TCP,53/UDP" */
EK_CELL(cell_ports)
{
	EK_BUF struct ek_buf text = EK_CELL_TEXT;

	for (struct ek_json_iter it = ek_json_iter(ek_json_at(obj, "spec.ports")); ek_json_next(&it);) {
		const char *protocol = ek_json_str_at(it.value, "protocol");
		int64_t port = ek_json_int_at(it.value, "port", 0);
		int64_t node_port = ek_json_int_at(it.value, "nodePort", 0);

		ek_cell_add(&text, ",", EK_I(port));
		if (node_port > 0)
			(void)ek_buf_fmt(&text, ":%" PRId64, node_port);
		(void)ek_buf_fmt(&text, "/%s", protocol ? protocol : "");
	}
	return ek_cell_text(&text, "<none>");
}

EK_CELL(cell_selector)
{
	return ek_cell_labels(ek_json_at(obj, "spec.selector"));
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Type", .type = "string", .doc = "How it is reached.", .path = "spec.type" },
	{ .name = "Cluster-IP", .type = "string", .doc = "Address inside the cluster.", .cell = cell_cluster_ip },
	{ .name = "External-IP", .type = "string", .doc = "Addresses from outside.", .cell = cell_external_ip },
	{ .name = "Port(s)", .type = "string", .doc = "Ports, with their ports on nodes.", .cell = cell_ports },
	EK_COLUMN_AGE,
	{ .name = "Selector", .type = "string", .priority = 1, .doc = "Which pods stand behind it.",
	  .cell = cell_selector },
	{ 0 },
};

const struct ek_kind ek_kind_service = {
	.group = "", .version = "v1", .kind = "Service",
	.plural = "services", .singular = "service",
	.short_names = (const char *const[]){ "svc", NULL },
	.categories = (const char *const[]){ "all", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = service_subresources,
	.type = &service_type,
	.columns = columns,
	.fields = (const char *const[]){
		"spec.clusterIP",
		"spec.type",
		NULL,
	},
};
