/* SPDX-License-Identifier: Apache-2.0 */
#include "admit.h"

#include <stdio.h>
#include <string.h>

#include <ekube/meta.h>
#include <ekube/str.h>

#include "spec/podspec.h"

EK_PRINTF(3, 4)
static bool refuse(struct ek_node_refusal *r, const char *reason, const char *fmt, ...)
{
	va_list ap;

	(void)snprintf(r->reason, sizeof(r->reason), "%s", reason);
	va_start(ap, fmt);
	(void)vsnprintf(r->message, sizeof(r->message), fmt, ap);
	va_end(ap);
	return false;
}

static bool refuse_rule(struct ek_node_refusal *r, const char *rule, const char *why)
{
	return refuse(r, rule, "Predicate %s failed: %s", rule, why);
}

/* ---- sysctls: those of a namespace that harm nobody else ---- */

static bool is_safe_sysctl(const char *name, const char **ret_namespace)
{
	static const char *const safe[] = {
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
		"net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports",
		"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
		"net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
	};

	*ret_namespace = ek_str_starts(name, "net.") ? "net" : "ipc";
	for (size_t i = 0; i < EK_ARRAY_LEN(safe); i++)
		if (ek_streq(safe[i], name))
			return true;
	return false;
}

static bool admit_sysctls(const struct ek_node_admit *in, struct ek_node_refusal *ret)
{
	const struct ek_json *list = ek_json_at(in->pod, "spec.securityContext.sysctls");
	bool net = ek_podspec_host_network(in->pod), ipc = ek_json_bool_at(in->pod, "spec.hostIPC", false);

	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		const char *given = ek_json_str_at(it.value, "name"), *ns;
		EK_FREE char *name = ek_podspec_sysctl_name(given ? given : "");

		if (!is_safe_sysctl(name, &ns))
			return refuse(ret, "SysctlForbidden", "forbidden sysctl: \"%s\" not allowlisted", name);
		if ((net && ek_streq(ns, "net")) || (ipc && ek_streq(ns, "ipc")))
			return refuse(ret, "SysctlForbidden", "forbidden sysctl: \"%s\" not allowed with host %s enabled", name, ns);
	}
	return true;
}

/* ---- the operating system ---- */

static bool admit_os(const struct ek_node_admit *in, struct ek_node_refusal *ret)
{
	const char *label = ek_meta_label(in->pod, "kubernetes.io/os"), *os = ek_json_str_at(in->pod, "spec.os.name");

	if (label && !ek_streq(label, "linux"))
		return refuse(ret, "PodOSSelectorNodeLabelDoesNotMatch",
			      "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label");
	if (os && !ek_streq(os, "linux"))
		return refuse(ret, "PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS");
	return true;
}

/* ---- resources ---- */

static int64_t used(const struct ek_node_admit *in, const char *resource)
{
	int64_t sum = 0;

	for (size_t i = 0; i < in->n_others; i++)
		sum += ek_podspec_request(in->others[i], resource);
	return sum;
}

static bool refuse_amount(struct ek_node_refusal *r, const char *resource, int64_t wanted,
			  int64_t taken, int64_t capacity)
{
	char reason[128];

	(void)snprintf(reason, sizeof(reason), "OutOf%s", resource);
	return refuse(r, reason, "Node didn't have enough resource: %s, requested: %lld, used: %lld, capacity: %lld", resource,
		      (long long)wanted, (long long)taken, (long long)capacity);
}

static bool admit_one(const struct ek_node_admit *in, const char *resource,
		      struct ek_node_refusal *ret)
{
	const struct ek_json *have = ek_json_get(in->allocatable, resource);
	int64_t wanted = ek_podspec_request(in->pod, resource),
		taken = wanted > 0 ? used(in, resource) : 0;
	int64_t capacity = ek_streq(resource, "cpu") ? ek_quantity_json_milli(have) : ek_quantity_json_value(have);

	return wanted <= 0 || wanted <= capacity - taken ?
		       true :
		       refuse_amount(ret, resource, wanted, taken, capacity);
}

static bool admit_huge_pages(const struct ek_node_admit *in, struct ek_node_refusal *ret)
{
	const struct ek_json *c;
	enum ek_ctr_role role;

	for (size_t i = 0; (c = ek_podspec_container(in->pod, i, &role)); i++)
		for (struct ek_json_iter it = ek_json_iter(ek_json_at(c, "resources.requests")); ek_json_next(&it);)
			if (ek_str_starts(it.key, "hugepages-") && !admit_one(in, it.key, ret))
				return false;
	return true;
}

static bool admit_amounts(const struct ek_node_admit *in, struct ek_node_refusal *ret)
{
	static const char *const counted[] = { "cpu", "memory", "ephemeral-storage" };
	int64_t pods = ek_quantity_json_value(ek_json_get(in->allocatable, "pods"));

	if ((int64_t)in->n_others + 1 > pods)
		return refuse_amount(ret, "pods", 1, (int64_t)in->n_others, pods);
	for (size_t i = 0; i < EK_ARRAY_LEN(counted); i++)
		if (!admit_one(in, counted[i], ret))
			return false;
	return admit_huge_pages(in, ret);
}

/* ---- host ports ---- */

static const char *or_else(const struct ek_json *port, const char *key, const char *usual)
{
	const char *s = ek_json_str_at(port, key);

	return ek_str_empty(s) ? usual : s;
}

static bool clash(const struct ek_json *a, const struct ek_json *b)
{
	static const char any[] = "0.0.0.0";
	const char *x = or_else(a, "hostIP", any), *y = or_else(b, "hostIP", any);
	int64_t port = ek_json_int_at(a, "hostPort", 0);

	return port > 0 && port == ek_json_int_at(b, "hostPort", 0) &&
	       ek_streq(or_else(a, "protocol", "TCP"), or_else(b, "protocol", "TCP")) &&
	       (ek_streq(x, y) || ek_streq(x, any) || ek_streq(y, any));
}

static bool is_port_free(const struct ek_json *port, const struct ek_json *other)
{
	const struct ek_json *c;
	enum ek_ctr_role role;

	for (size_t i = 0; (c = ek_podspec_container(other, i, &role)); i++)
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(c, "ports")); ek_json_next(&it);)
			if (role != EK_CTR_INIT && clash(port, it.value))
				return false;
	return true;
}

static bool admit_ports(const struct ek_node_admit *in, struct ek_node_refusal *ret)
{
	const struct ek_json *c;
	enum ek_ctr_role role;

	for (size_t i = 0; (c = ek_podspec_container(in->pod, i, &role)); i++)
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(c, "ports")); ek_json_next(&it);)
			for (size_t k = 0; k < in->n_others; k++)
				if (role != EK_CTR_INIT && !is_port_free(it.value, in->others[k]))
					return refuse_rule(ret, "NodePorts", "node(s) didn't have free ports for the requested pod ports");
	return true;
}

/* ---- labels and taints ---- */

static bool admit_affinity(const struct ek_node_admit *in, struct ek_node_refusal *ret)
{
	if (ek_node_wanted_by(in->node, ek_json_get(in->pod, "spec")))
		return true;
	return refuse_rule(ret, "NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
}

/* Of taints only those that would drive it away again. */
static bool admit_taints(const struct ek_node_admit *in, struct ek_node_refusal *ret)
{
	const struct ek_json *tolerations = ek_json_at(in->pod, "spec.tolerations");

	for (struct ek_json_iter it = ek_json_iter(ek_json_at(in->node, "spec.taints")); ek_json_next(&it);)
		if (ek_streq(ek_json_str_at(it.value, "effect"), "NoExecute") && !ek_taint_is_tolerated(it.value, tolerations))
			return refuse_rule(ret, "TaintToleration", "node(s) had taints that the pod didn't tolerate");
	return true;
}

bool ek_node_admit(const struct ek_node_admit *in, struct ek_node_refusal *ret)
{
	static bool (*const rules[])(const struct ek_node_admit *in,
				     struct ek_node_refusal *ret) = {
		admit_sysctls, admit_os, admit_amounts, admit_affinity, admit_ports, admit_taints,
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(rules); i++)
		if (!rules[i](in, ret))
			return false;
	return true;
}
