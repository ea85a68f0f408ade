/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which address and port a pod's or a Service's name stands for
 * (k8s.io/kubernetes/pkg/registry/core/{pod,service}, ResourceLocation). An address counts only
 * when it is in the status of a pod of the same namespace: what users write into Endpoints is not
 * believed.
 */

#include <ekube/clock.h>

#include "core.h"
#include "proxy.h"
#include "proxy_url.h"
#include "status.h"

static bool refuse(struct request *rq, struct ek_json *take_status)
{
	request_fail(rq, take_status);
	return false;
}

static bool refuse_unavailable(struct request *rq, const char *what, const char *name)
{
	return refuse(rq, ek_status_new(EK_EUNAVAILABLE, NULL, NULL, NULL,
					"%s for service %s", what, EK_Q(name)));
}

static struct ek_object *read_object(struct request *rq, const struct ek_kind *k, const char *name)
{
	struct ek_object *o = ek_registry_read(front_registry(rq->front), k, rq->route.ns, name);

	if (!o)
		request_fail(rq, ek_status_not_found(k, name));
	return o;
}

/* port 0: none is known, the scheme decides. */
static void set_place(struct proxy_target *t, const char *ip, int port)
{
	bool v6 = strchr(ip, ':') != NULL;

	(void)ek_str_into(t->ip, sizeof(t->ip), "%s", ip);
	(void)ek_str_into(t->host, sizeof(t->host), "%s%s%s", v6 ? "[" : "", ip, v6 ? "]" : "");
	t->port = port ? port : t->tls ? 443 : 80;
	if (port)
		(void)ek_str_into(t->host + strlen(t->host), sizeof(t->host) - strlen(t->host),
				  ":%d", port);
}

/* ---- pods ---- */

/* The port called so, or the first one when name is ""; 0 when there is none. */
static int container_port(const struct ek_json *pod, const char *name)
{
	const struct ek_json *containers = ek_json_at(pod, "spec.containers");

	for (size_t i = 0; i < ek_json_len(containers); i++) {
		const struct ek_json *ports = ek_json_get(ek_json_elem(containers, i), "ports");
		const struct ek_json *port = *name ? ek_json_find(ports, "name", name, NULL) :
						     ek_json_elem(ports, 0);

		if (port)
			return (int)ek_json_int_at(port, "containerPort", 0);
	}
	return 0;
}

static bool find_pod(struct request *rq, const struct proxy_name *n, struct proxy_target *ret)
{
	EK_CLEANUP(ek_object_unrefp) struct ek_object *pod =
		read_object(rq, &ek_kind_pod, n->name);
	const char *ip;
	int64_t port = 0;

	if (!pod)
		return false;
	ip = ek_json_str_at(ek_object_tree(pod), "status.podIPs.0.ip");
	if (!proxy_may_reach(ip))
		return refuse(rq, ek_status_bad_request("address not allowed"));
	if (!*n->port || ek_str_to_int(n->port, 1, UINT16_MAX, &port) < 0)
		port = container_port(ek_object_tree(pod), n->port);
	if (*n->port && !port)
		return refuse(rq, ek_status_bad_request("invalid pod request %s",
							EK_Q(rq->route.name)));
	set_place(ret, ip, (int)port);
	return true;
}

/* ---- Services ---- */

/* The name of the Service's port of that number. NULL: the request was answered. Malloc'd. */
static char *service_port_name(struct request *rq, const char *service, int64_t number)
{
	EK_CLEANUP(ek_object_unrefp) struct ek_object *o =
		read_object(rq, &ek_kind_service, service);
	const struct ek_json *ports = o ? ek_json_at(ek_object_tree(o), "spec.ports") : NULL;

	for (size_t i = 0; i < ek_json_len(ports); i++) {
		const struct ek_json *port = ek_json_elem(ports, i);
		const char *name = ek_json_str_at(port, "name");

		if (ek_json_int_at(port, "port", 0) == number)
			return ek_str_dup(name ? name : "");
	}
	if (o)
		(void)refuse_unavailable(rq, EK_F("no service port %" PRId64 " found", number),
					 service);
	return NULL;
}

/* Is it the address of the pod that it says? */
static bool is_pods(struct request *rq, const struct ek_json *address)
{
	const char *ip = ek_json_str_at(address, "ip"),
		   *pod_name = ek_json_str_at(address, "targetRef.name");
	EK_CLEANUP(ek_object_unrefp) struct ek_object *pod = NULL;

	if (!proxy_may_reach(ip) || ek_str_empty(pod_name) ||
	    !ek_streq(ek_json_str_at(address, "targetRef.namespace"), rq->route.ns))
		return false;
	pod = ek_registry_read(front_registry(rq->front), &ek_kind_pod, rq->route.ns, pod_name);
	return pod && ek_json_find(ek_json_at(ek_object_tree(pod), "status.podIPs"), "ip", ip,
				   NULL);
}

/* A ready address of the subset, beginning anywhere. */
static bool choose_address(struct request *rq, const struct ek_json *subset, const char *port_name,
			   struct proxy_target *ret)
{
	const struct ek_json *addresses = ek_json_get(subset, "addresses"),
			     *ports = ek_json_get(subset, "ports"), *port = NULL;
	size_t n = ek_json_len(addresses), first = n ? ek_rand_below((uint32_t)n) : 0;

	for (size_t i = 0; !port && i < ek_json_len(ports); i++) {
		const char *name = ek_json_str_at(ek_json_elem(ports, i), "name");

		if (ek_streq(name ? name : "", port_name))
			port = ek_json_elem(ports, i);
	}
	for (size_t i = 0; port && i < n; i++) {
		const struct ek_json *address = ek_json_elem(addresses, (first + i) % n);

		if (!is_pods(rq, address))
			continue;
		set_place(ret, ek_json_str_at(address, "ip"),
			  (int)ek_json_int_at(port, "port", 0));
		return true;
	}
	return false;
}

static bool find_service(struct request *rq, const struct proxy_name *n, struct proxy_target *ret)
{
	EK_CLEANUP(ek_object_unrefp) struct ek_object *endpoints = NULL;
	EK_FREE char *port_name = ek_str_dup(n->port);
	const struct ek_json *subsets;
	int64_t number;
	size_t count, first;

	if (ek_str_to_int(n->port, INT64_MIN, INT64_MAX, &number) == 0) {
		free(port_name);
		port_name = service_port_name(rq, n->name, number);
		if (!port_name)
			return false;
	}
	endpoints = read_object(rq, &ek_kind_endpoints, n->name);
	if (!endpoints)
		return false;
	subsets = ek_json_get(ek_object_tree(endpoints), "subsets");
	count = ek_json_len(subsets);
	if (count == 0)
		return refuse_unavailable(rq, "no endpoints available", n->name);
	first = ek_rand_below((uint32_t)count);
	for (size_t i = 0; i < count; i++)
		if (choose_address(rq, ek_json_elem(subsets, (first + i) % count), port_name, ret))
			return true;
	return refuse_unavailable(rq, "no endpoints available", rq->route.name);
}

bool proxy_target_find(struct request *rq, struct proxy_target *ret)
{
	EK_CLEANUP(proxy_name_done) struct proxy_name n = { 0 };
	bool is_pod = rq->route.kind == &ek_kind_pod;

	if (proxy_name_parse(rq->route.name, &n) < 0)
		return refuse(rq, ek_status_bad_request("invalid %s request %s",
							is_pod ? "pod" : "service",
							EK_Q(rq->route.name)));
	*ret = (struct proxy_target){ .tls = ek_streq(n.scheme, "https") };
	return is_pod ? find_pod(rq, &n, ret) : find_service(rq, &n, ret);
}
