/* SPDX-License-Identifier: Apache-2.0 */

/* ValidateService and ValidateServiceUpdate in k8s.io/kubernetes/pkg/apis/core/validation. */

#include "check.h"
#include "kinds.h"

#include <ekube/str.h>

enum {
	KUBELET_PORT = 10250,
	MAX_AFFINITY = 86400,
	MAX_CLUSTER_IPS = 2,
};

static const char only_lb[] = "may only be used when `type` is 'LoadBalancer'";

static bool is_type(const struct ek_json *spec, const char *type)
{
	return ek_streq(ek_json_str_at(spec, "type"), type);
}

static bool is_headless(const struct ek_json *spec)
{
	const struct ek_json *ips = ek_json_get(spec, "clusterIPs");

	return (ek_json_len(ips) == 1 && ek_streq(ek_json_str(ek_json_elem(ips, 0)), "None")) ||
	       (ek_json_len(ips) == 0 && ek_streq(ek_json_str_at(spec, "clusterIP"), "None"));
}

/* ---- by type ---- */

static void check_external_name(struct ek_check *c, const struct ek_json *spec)
{
	static const char *const addresses[] = { "clusterIPs", "ipFamilies", "ipFamilyPolicy" };
	const char *name = ek_json_str_at(spec, "externalName");
	size_t n = name ? strlen(name) : 0;
	EK_FREE char *cname = NULL;

	for (size_t i = 0; i < EK_ARRAY_LEN(addresses); i++) {
		const struct ek_json *v = ek_json_get(spec, addresses[i]);

		if (ek_json_len(v) > 0 || ek_json_str(v))
			ek_check_forbidden(c, addresses[i],
					   "may not be set for ExternalName services");
	}
	cname = ek_str_ndup(name ? name : "", n > 0 && name[n - 1] == '.' ? n - 1 : n);
	if (ek_str_empty(cname))
		ek_check_required(c, "externalName", "");
	else
		ek_check_name(c, "externalName", cname, ek_name_dns1123_subdomain);
}

static void check_type(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *ports = ek_json_get(spec, "ports");

	if (is_type(spec, "ExternalName")) {
		check_external_name(c, spec);
		return;
	}
	if (ek_json_len(ports) == 0 && !is_headless(spec))
		ek_check_required(c, "ports", "");
	if (is_type(spec, "LoadBalancer"))
		for (struct ek_json_iter it = ek_json_iter(ports); ek_json_next(&it);)
			if (ek_json_int_at(it.value, "port", 0) == KUBELET_PORT)
				ek_check_invalid(
					c, EK_F("ports[%zu]", it.i), ek_json_get(it.value, "port"),
					"may not expose port %d externally since it is used by kubelet",
					KUBELET_PORT);
	if (is_headless(spec) && (is_type(spec, "LoadBalancer") || is_type(spec, "NodePort")))
		ek_check_invalid_str(c, "clusterIPs[0]", "None",
				     "may not be set to 'None' for %s services",
				     ek_json_str_at(spec, "type"));
}

/* ---- ports ---- */

static void check_port(struct ek_check *c, const struct ek_json *ports, const struct ek_json *port,
		       size_t i)
{
	const char *name = ek_json_str_at(port, "name");
	size_t first = i;

	if (ek_str_empty(name) && ek_json_len(ports) > 1)
		ek_check_required(c, "name", "");
	if (!ek_str_empty(name)) {
		ek_check_name(c, "name", name, ek_name_dns1123_label);
		if (ek_json_find(ports, "name", name, &first) && first != i)
			ek_check_duplicate(c, "name", name);
	}
	ek_check_port_or_name(c, "targetPort", ek_json_get(port, "targetPort"));
}

/* Has a port before this one the same protocol and number? */
static bool seen_before(const struct ek_json *ports, size_t i, const char *field)
{
	const struct ek_json *port = ek_json_elem(ports, i);

	for (size_t k = 0; k < i; k++) {
		const struct ek_json *other = ek_json_elem(ports, k);

		if (ek_json_int_at(other, field, 0) == ek_json_int_at(port, field, 0) &&
		    ek_streq(ek_json_str_at(other, "protocol"), ek_json_str_at(port, "protocol")))
			return true;
	}
	return false;
}

static void add_duplicate(struct ek_check *c, const char *field, const char *text)
{
	size_t mark = ek_check_push(c, field);

	ek_cause_add_text(c->causes, EK_CAUSE_DUPLICATE, &c->at, text, NULL);
	ek_check_pop(c, mark);
}

static void check_duplicate_ports(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *ports = ek_json_get(spec, "ports");

	for (struct ek_json_iter it = ek_json_iter(ports); ek_json_next(&it);) {
		int64_t node_port = ek_json_int_at(it.value, "nodePort", 0);
		size_t mark = ek_check_elem(c, "ports", it.i);

		if (node_port != 0 && is_type(spec, "ClusterIP"))
			ek_check_forbidden(c, "nodePort",
					   "may not be used when `type` is 'ClusterIP'");
		if (node_port != 0 && seen_before(ports, it.i, "nodePort"))
			add_duplicate(c, "nodePort", EK_I(node_port));
		if (seen_before(ports, it.i, "port"))
			add_duplicate(
				c, NULL,
				EK_F("core.ServicePort{Name:\"\", Protocol:\"%s\", AppProtocol:(*string)(nil), "
				     "Port:%" PRId64
				     ", TargetPort:intstr.IntOrString{Type:0, IntVal:0, "
				     "StrVal:\"\"}, NodePort:0}",
				     ek_json_str_at(it.value, "protocol"),
				     ek_json_int_at(it.value, "port", 0)));
		ek_check_pop(c, mark);
	}
}

static void check_ports(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *ports = ek_json_get(spec, "ports");

	for (struct ek_json_iter it = ek_json_iter(ports); ek_json_next(&it);) {
		size_t mark = ek_check_elem(c, "ports", it.i);

		check_port(c, ports, it.value, it.i);
		ek_check_pop(c, mark);
	}
}

/* ---- session affinity ---- */

static void check_affinity(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *config = ek_json_get(spec, "sessionAffinityConfig");
	const struct ek_json *timeout = ek_json_at(config, "clientIP.timeoutSeconds");
	int64_t n = ek_json_int(timeout, 0);

	if (ek_streq(ek_json_str_at(spec, "sessionAffinity"), "None") && config)
		ek_check_forbidden(c, "sessionAffinityConfig",
				   "must not be set when session affinity is None");
	if (ek_streq(ek_json_str_at(spec, "sessionAffinity"), "ClientIP") && timeout &&
	    (n <= 0 || n > MAX_AFFINITY))
		ek_check_invalid(c, "sessionAffinityConfig.clientIP.timeoutSeconds", timeout,
				 "must be greater than 0 and less than %d", MAX_AFFINITY);
}

/* ---- addresses ---- */

static bool is_v6(const char *ip)
{
	return strchr(ip, ':');
}

static void check_in_step(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *ips = ek_json_get(spec, "clusterIPs");
	const char *ip = ek_json_str_at(spec, "clusterIP");

	if (ek_str_empty(ip)) {
		if (ek_json_len(ips) > 0)
			ek_check_invalid(c, "clusterIPs", ips,
					 "must be empty when `clusterIP` is not specified");
	} else if (ek_json_len(ips) == 0) {
		ek_check_required(c, "clusterIPs", "");
	} else if (!ek_streq(ek_json_str(ek_json_elem(ips, 0)), ip)) {
		ek_check_invalid(c, "clusterIPs", ips, "first value must match `clusterIP`");
	}
}

/* Are all of them addresses? */
static bool check_each(struct ek_check *c, const struct ek_json *ips)
{
	bool good = true;

	for (struct ek_json_iter it = ek_json_iter(ips); ek_json_next(&it);) {
		const char *ip = ek_json_str(it.value);

		if (it.i == 0 && ek_streq(ip, "None")) {
			if (ek_json_len(ips) > 1) {
				ek_check_invalid(c, "clusterIPs", ips,
						 "'None' must be the first and only value");
				good = false;
			}
			continue;
		}
		good = ek_check_ip(c, EK_F("clusterIPs[%zu]", it.i), ip) && good;
	}
	if (ek_json_len(ips) > MAX_CLUSTER_IPS)
		ek_check_invalid(c, "clusterIPs", ips, "may only hold up to 2 values");
	return good;
}

static void check_families(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *ips = ek_json_get(spec, "clusterIPs"),
			     *families = ek_json_get(spec, "ipFamilies");

	if (ek_json_len(ips) == 2 &&
	    is_v6(ek_json_str(ek_json_elem(ips, 0))) == is_v6(ek_json_str(ek_json_elem(ips, 1))))
		ek_check_invalid(c, "clusterIPs", ips,
				 "may specify no more than one IP for each IP family");
	if (is_headless(spec))
		return;
	for (struct ek_json_iter it = ek_json_iter(ips); ek_json_next(&it);) {
		const char *family = ek_json_str(ek_json_elem(families, it.i)),
			   *ip = ek_json_str(it.value);

		if (family && ek_streq(family, "IPv6") != is_v6(ip))
			ek_check_invalid_str(
				c, EK_F("clusterIPs[%zu]", it.i), ip,
				"expected an %s value as indicated by `ipFamilies[%zu]`", family,
				it.i);
	}
}

static void check_addresses(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *families = ek_json_get(spec, "ipFamilies");

	if (is_type(spec, "ExternalName"))
		return;
	check_in_step(c, spec);
	for (struct ek_json_iter it = ek_json_iter(families); ek_json_next(&it);)
		for (size_t k = 0; k < it.i; k++)
			if (ek_json_equal(ek_json_elem(families, k), it.value)) {
				ek_check_duplicate(c, EK_F("ipFamilies[%zu]", it.i),
						   ek_json_str(it.value));
				break;
			}
	if (check_each(c, ek_json_get(spec, "clusterIPs")))
		check_families(c, spec);
}

/* ---- load balancers and traffic ---- */

static void check_load_balancer(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *ranges = ek_json_get(spec, "loadBalancerSourceRanges");
	const char *class = ek_json_str_at(spec, "loadBalancerClass");
	bool is_lb = is_type(spec, "LoadBalancer");

	if (ek_json_len(ranges) > 0 && !is_lb)
		ek_check_forbidden(c, "LoadBalancerSourceRanges", only_lb);
	for (struct ek_json_iter it = ek_json_iter(ranges); ek_json_next(&it);) {
		const char *s = ek_json_str(it.value);
		EK_FREE char *trimmed = NULL;
		size_t n;

		s += strspn(s, " \t\r\n");
		n = strlen(s);
		while (n > 0 && strchr(" \t\r\n", s[n - 1]))
			n--;
		trimmed = ek_str_ndup(s, n);
		ek_check_cidr(c, EK_F("LoadBalancerSourceRanges[%zu]", it.i), trimmed);
	}
	if (!is_lb && ek_json_get(spec, "allocateLoadBalancerNodePorts"))
		ek_check_forbidden(c, "allocateLoadBalancerNodePorts", only_lb);
	if (class && is_lb)
		ek_check_name(c, "loadBalancerClass", class, ek_name_qualified);
	else if (class)
		ek_check_forbidden(c, "loadBalancerClass", only_lb);
}

static void check_traffic(struct ek_check *c, const struct ek_json *spec)
{
	static const char *const policies[] = { "Cluster", "Local", NULL };
	const char *policy = ek_json_str_at(spec, "externalTrafficPolicy");
	const struct ek_json *health = ek_json_get(spec, "healthCheckNodePort");
	int64_t n = ek_json_int(health, 0);

	if (!ek_service_is_external(spec)) {
		if (!ek_str_empty(policy))
			ek_check_invalid_str(c, "externalTrafficPolicy", policy,
					     "may only be set for externally-accessible services");
	} else if (!ek_str_empty(policy) && !ek_check_one_of(policy, policies)) {
		ek_check_unsupported(c, "externalTrafficPolicy", policy, policies);
	}
	if (!ek_service_wants_health_port(spec)) {
		if (n != 0)
			ek_check_invalid(c, "healthCheckNodePort", health,
					 "may only be set when `type` is "
					 "'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
	} else if (n == 0) {
		ek_check_required(c, "healthCheckNodePort", "");
	} else if (n < 1 || n > 65535) {
		ek_check_invalid(c, "healthCheckNodePort", health,
				 "must be between 1 and 65535, inclusive");
	}
}

/* ---- updates ---- */

/* The list's own type, not what one of its elements would be. */
static void check_list_update(struct ek_check *c, const char *list, const struct ek_json *now,
			      const struct ek_json *was, bool first_only)
{
	size_t n = ek_json_len(now), had = ek_json_len(was);

	for (size_t i = 0; n == had && i < n; i++)
		if (!ek_json_equal(ek_json_elem(now, i), ek_json_elem(was, i)))
			ek_check_invalid(c, EK_F("%s[%zu]", list, first_only ? 0 : i), now,
					 "may not change once set");
	if (n != had && n > 0 && had > 0 &&
	    !ek_json_equal(ek_json_elem(now, 0), ek_json_elem(was, 0)))
		ek_check_invalid(c, EK_F("%s[0]", list), now, "may not change once set");
}

static void check_shrunk(struct ek_check *c, const struct ek_json *spec, const char *list,
			 const struct ek_json *was, const char *what)
{
	const struct ek_json *now = ek_json_get(spec, list);
	const char *policy = ek_json_str_at(spec, "ipFamilyPolicy");

	if (ek_json_len(was) <= ek_json_len(now))
		return;
	if (ek_json_len(ek_json_get(spec, "clusterIPs")) == 0) {
		EK_JSON struct ek_json *none = ek_json_array();

		ek_check_invalid(c, EK_F("%s[0]", list), now ? now : none,
				 "primary %s can not be unset", what);
	}
	if (ek_json_len(now) == 1 && !ek_streq(policy, "SingleStack"))
		ek_check_invalid(c, "ipFamilyPolicy", ek_json_get(spec, "ipFamilyPolicy"),
				 "must be set to 'SingleStack' when releasing the secondary %s",
				 what);
}

static void check_update(struct ek_check *c, const struct ek_json *spec, const struct ek_json *old)
{
	const struct ek_json *ips = ek_json_get(old, "clusterIPs"),
			     *families = ek_json_get(old, "ipFamilies");
	bool headless = is_headless(spec), was_headless = is_headless(old);
	const struct ek_json *class = ek_json_get(spec, "loadBalancerClass");

	if (!is_type(spec, "ExternalName") && !is_type(old, "ExternalName")) {
		if (!headless || !was_headless) {
			check_list_update(c, "clusterIPs", ek_json_get(spec, "clusterIPs"), ips,
					  false);
			check_shrunk(c, spec, "clusterIPs", ips, "clusterIP");
		}
		if (!headless && !was_headless) {
			check_list_update(c, "ipFamilies", ek_json_get(spec, "ipFamilies"),
					  families, true);
			check_shrunk(c, spec, "ipFamilies", families, "ipFamily");
		}
	}
	if (is_type(spec, "LoadBalancer") && is_type(old, "LoadBalancer") &&
	    !ek_json_equal(class, ek_json_get(old, "loadBalancerClass")))
		ek_check_invalid(c, "loadBalancerClass", class, "may not change once set");
	if (ek_service_wants_health_port(spec) && ek_service_wants_health_port(old) &&
	    ek_json_int_at(spec, "healthCheckNodePort", 0) !=
		    ek_json_int_at(old, "healthCheckNodePort", 0))
		ek_check_forbidden(c, "healthCheckNodePort", "field is immutable");
}

/* ---- all of it ---- */

static void check_topology_annotations(struct ek_check *c, const struct ek_json *svc)
{
	static const char hints[] = "service.kubernetes.io/topology-aware-hints";
	static const char mode[] = "service.kubernetes.io/topology-mode";
	const char *a = ek_meta_annotation(svc, hints), *b = ek_meta_annotation(svc, mode);
	size_t mark;

	if (!a || !b || ek_streq(a, b))
		return;
	mark = ek_check_push(c, "metadata");
	(void)ek_check_key(c, "annotations", mode);
	ek_check_invalid_str(c, NULL, b, "must match annotations[%s] when both are specified",
			     hints);
	ek_check_pop(c, mark);
}

void ek_service_validate(const struct ek_json *svc, const struct ek_json *old,
			 struct ek_causes *causes)
{
	const struct ek_json *spec = ek_json_get(svc, "spec");
	struct ek_check c = { .causes = causes };
	size_t mark;

	check_topology_annotations(&c, svc);
	(void)ek_check_push(&c, "spec");
	if (old)
		check_update(&c, spec, ek_json_get(old, "spec"));
	check_type(&c, spec);
	check_ports(&c, spec);
	mark = ek_check_push(&c, "selector");
	ek_labels_validate(ek_json_get(spec, "selector"), &c.at, causes);
	ek_check_pop(&c, mark);
	check_affinity(&c, spec);
	check_addresses(&c, spec);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "externalIPs"));
	     ek_json_next(&it);)
		if (ek_check_ip(&c, EK_F("externalIPs[%zu]", it.i), ek_json_str(it.value)))
			ek_check_ip_special(&c, EK_F("externalIPs[%zu]", it.i),
					    ek_json_str(it.value));
	check_duplicate_ports(&c, spec);
	check_load_balancer(&c, spec);
	check_traffic(&c, spec);
}

void ek_service_status_validate(const struct ek_json *svc, const struct ek_json *old,
				struct ek_causes *causes)
{
	static const char *const modes[] = { "Proxy", "VIP", NULL };
	const struct ek_json *ingress = ek_json_at(svc, "status.loadBalancer.ingress");
	struct ek_check c = { .causes = causes };

	(void)old;
	(void)ek_check_push(&c, "status.loadBalancer");
	if (ek_json_len(ingress) > 0 && !is_type(ek_json_get(svc, "spec"), "LoadBalancer")) {
		ek_check_forbidden(&c, "ingress",
				   "may only be used when `spec.type` is 'LoadBalancer'");
		return;
	}
	for (struct ek_json_iter it = ek_json_iter(ingress); ek_json_next(&it);) {
		const char *ip = ek_json_str_at(it.value, "ip"),
			   *mode = ek_json_str_at(it.value, "ipMode");
		const char *host = ek_json_str_at(it.value, "hostname");
		struct ek_ip parsed;
		size_t mark = ek_check_elem(&c, "ingress", it.i);

		if (!ek_str_empty(ip))
			(void)ek_check_ip(&c, "ip", ip);
		if (!mode && !ek_str_empty(ip))
			ek_check_required(&c, "ipMode", "must be specified when `ip` is set");
		else if (mode && ek_str_empty(ip))
			ek_check_forbidden(&c, "ipMode",
					   "may not be specified when `ip` is not set");
		else if (mode && !ek_check_one_of(mode, modes))
			ek_check_unsupported(&c, "ipMode", mode, modes);
		if (!ek_str_empty(host)) {
			ek_check_name(&c, "hostname", host, ek_name_dns1123_subdomain);
			if (ek_ip_parse(host, &parsed) == 0)
				ek_check_invalid_str(&c, "hostname", host,
						     "must be a DNS name, not an IP address");
		}
		ek_check_pop(&c, mark);
	}
}
