/* SPDX-License-Identifier: Apache-2.0 */
#include "kinds.h"

#include <ekube/str.h>

static bool is_external(const struct ek_json *spec)
{
	return ek_streq(ek_json_str_at(spec, "type"), "NodePort") || ek_streq(ek_json_str_at(spec, "type"), "LoadBalancer");
}

static void ports_default(const struct ek_json *ports)
{
	for (struct ek_json_iter it = ek_json_iter(ports); ek_json_next(&it);) {
		const struct ek_json *target = ek_json_get(it.value, "targetPort");

		default_str(it.value, "protocol", "TCP");
		if (ek_json_is_null(target) || (ek_json_type(target) == EK_JSON_INT && ek_json_int(target, 0) == 0) ||
		    ek_streq(ek_json_str(target), ""))
			ek_json_set_int(it.value, "targetPort", ek_json_int_at(it.value, "port", 0));
	}
}

void service_default(struct ek_json *svc)
{
	struct ek_json *spec = ek_json_get(svc, "spec");

	if (!spec)
		return;
	default_str(spec, "sessionAffinity", "None");
	default_str(spec, "type", "ClusterIP");
	if (ek_streq(ek_json_str_at(spec, "sessionAffinity"), "ClientIP") &&
	    !ek_json_at(spec, "sessionAffinityConfig.clientIP.timeoutSeconds"))
		ek_json_set_at(spec, "sessionAffinityConfig.clientIP.timeoutSeconds", ek_json_new_int(10800));
	ports_default(ek_json_get(spec, "ports"));
	if (is_external(spec))
		default_str(spec, "externalTrafficPolicy", "Cluster");
	if (!ek_streq(ek_json_str_at(spec, "type"), "ExternalName"))
		default_str(spec, "internalTrafficPolicy", "Cluster");
	if (ek_streq(ek_json_str_at(spec, "type"), "LoadBalancer"))
		default_bool(spec, "allocateLoadBalancerNodePorts", true);
}

static void validate_ports(const struct ek_json *spec, struct ek_path *at, struct ek_causes *causes)
{
	const struct ek_json *ports = ek_json_get(spec, "ports");
	bool headless = ek_streq(ek_json_str_at(spec, "clusterIP"), "None");
	size_t mark = ek_path_push(at, "ports");

	if (ek_json_len(ports) == 0 && !headless && !ek_streq(ek_json_str_at(spec, "type"), "ExternalName"))
		ek_cause_add(causes, EK_CAUSE_REQUIRED, at, NULL, "%s", "");
	for (size_t i = 0; i < ek_json_len(ports); i++) {
		const char *name = ek_json_str_at(ek_json_elem(ports, i), "name");
		size_t m = ek_path_index(at, i), m2 = ek_path_push(at, "name"), first = i;

		if (ek_str_empty(name) && ek_json_len(ports) > 1)
			ek_cause_add(causes, EK_CAUSE_REQUIRED, at, NULL, "%s", "");
		if (!ek_str_empty(name) && ek_json_find(ports, "name", name, &first) && first != i)
			ek_cause_add(causes, EK_CAUSE_DUPLICATE, at, ek_json_get(ek_json_elem(ports, i), "name"), "%s", "");
		ek_path_pop(at, m2);
		ek_path_pop(at, m);
	}
	ek_path_pop(at, mark);
}

void service_validate(const struct ek_json *svc, const struct ek_json *old, struct ek_causes *causes)
{
	const struct ek_json *spec = ek_json_get(svc, "spec");
	struct ek_path at = { .len = 0 };

	(void)old;
	(void)ek_path_push(&at, "spec");
	validate_ports(spec, &at, causes);
}
