/* SPDX-License-Identifier: Apache-2.0 */

/* Service: defaults, and what a change of type takes with it (registry/core/service's strategy). */

#include "kinds.h"

#include <ekube/str.h>

static bool is_type(const struct ek_json *spec, const char *type)
{
	return ek_streq(ek_json_str_at(spec, "type"), type);
}

bool ek_service_is_external(const struct ek_json *spec)
{
	return is_type(spec, "NodePort") || is_type(spec, "LoadBalancer") ||
	       (is_type(spec, "ClusterIP") && ek_json_len(ek_json_get(spec, "externalIPs")) > 0);
}

bool ek_service_wants_health_port(const struct ek_json *spec)
{
	return is_type(spec, "LoadBalancer") &&
	       ek_streq(ek_json_str_at(spec, "externalTrafficPolicy"), "Local");
}

static bool wants_node_ports(const struct ek_json *spec)
{
	return is_type(spec, "NodePort") ||
	       (is_type(spec, "LoadBalancer") &&
		ek_json_bool_at(spec, "allocateLoadBalancerNodePorts", true));
}

/* ---- defaults ---- */

static void ports_default(const struct ek_json *ports)
{
	for (struct ek_json_iter it = ek_json_iter(ports); ek_json_next(&it);) {
		const struct ek_json *target = ek_json_get(it.value, "targetPort");

		if (ek_json_str(target) ? ek_json_str_len(target) == 0 :
					  ek_json_int(target, 0) == 0)
			ek_json_set_int(it.value, "targetPort",
					ek_json_int_at(it.value, "port", 0));
	}
}

static void affinity_default(struct ek_json *spec)
{
	const char *affinity = ek_json_str_at(spec, "sessionAffinity");

	if (ek_streq(affinity, "None"))
		ek_json_del(spec, "sessionAffinityConfig");
	else if (ek_streq(affinity, "ClientIP") &&
		 !ek_json_at(spec, "sessionAffinityConfig.clientIP.timeoutSeconds"))
		ek_json_set(spec, "sessionAffinityConfig",
			    ek_json_make("{'clientIP':{'timeoutSeconds':10800}}"));
}

void ek_service_default(struct ek_json *svc)
{
	struct ek_json *spec = ek_json_get(svc, "spec");

	if (!spec)
		return;
	affinity_default(spec);
	ports_default(ek_json_get(spec, "ports"));
	if (ek_service_is_external(spec))
		ek_default_str(spec, "externalTrafficPolicy", "Cluster");
	if (is_type(spec, "NodePort") || is_type(spec, "LoadBalancer") ||
	    is_type(spec, "ClusterIP"))
		ek_default_str(spec, "internalTrafficPolicy", "Cluster");
	if (!is_type(spec, "LoadBalancer"))
		return;
	ek_default_bool(spec, "allocateLoadBalancerNodePorts", true);
	for (struct ek_json_iter it = ek_json_iter(ek_json_at(svc, "status.loadBalancer.ingress"));
	     ek_json_next(&it);)
		if (!ek_str_empty(ek_json_str_at(it.value, "ip")))
			ek_default_str(it.value, "ipMode", "VIP");
}

/* ---- an update to another type ---- */

static void drop_same(struct ek_json *spec, const struct ek_json *old, const char *field)
{
	if (ek_json_same(ek_json_get(spec, field), ek_json_get(old, field)))
		ek_json_del(spec, field);
}

static bool has_port(const struct ek_json *spec, int64_t port)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "ports")); ek_json_next(&it);)
		if (ek_json_int_at(it.value, "nodePort", 0) == port)
			return true;
	return false;
}

/* The same set of node ports in both. */
static bool same_node_ports(const struct ek_json *a, const struct ek_json *b)
{
	struct ek_json_iter it;

	for (it = ek_json_iter(ek_json_get(a, "ports")); ek_json_next(&it);)
		if (ek_json_int_at(it.value, "nodePort", 0) &&
		    !has_port(b, ek_json_int_at(it.value, "nodePort", 0)))
			return false;
	for (it = ek_json_iter(ek_json_get(b, "ports")); ek_json_next(&it);)
		if (ek_json_int_at(it.value, "nodePort", 0) &&
		    !has_port(a, ek_json_int_at(it.value, "nodePort", 0)))
			return false;
	return true;
}

/*
 * A field that no longer applies goes when the client did not touch it: it was probably never the
 * client's, and would only be refused.
 */
void ek_service_prepare_update(struct ek_json *svc, const struct ek_json *old)
{
	static const char *const addresses[] = { "clusterIP", "clusterIPs", "ipFamilies",
						 "ipFamilyPolicy" };
	struct ek_json *spec = ek_json_get(svc, "spec");
	const struct ek_json *was = ek_json_get(old, "spec");

	if (!spec)
		return;
	if (!is_type(was, "ExternalName") && is_type(spec, "ExternalName"))
		for (size_t i = 0; i < EK_ARRAY_LEN(addresses); i++)
			drop_same(spec, was, addresses[i]);
	if (wants_node_ports(was) && !wants_node_ports(spec) && same_node_ports(was, spec))
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "ports"));
		     ek_json_next(&it);)
			ek_json_del(it.value, "nodePort");
	if (ek_service_wants_health_port(was) && !ek_service_wants_health_port(spec))
		drop_same(spec, was, "healthCheckNodePort");
	if (is_type(was, "LoadBalancer") && !is_type(spec, "LoadBalancer")) {
		drop_same(spec, was, "allocateLoadBalancerNodePorts");
		drop_same(spec, was, "loadBalancerClass");
	}
	if (ek_service_is_external(was) && !ek_service_is_external(spec))
		drop_same(spec, was, "externalTrafficPolicy");
}
