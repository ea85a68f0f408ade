/* SPDX-License-Identifier: Apache-2.0 */
#include "services.h"

#include <ekube/str.h>

bool service_is_managed(const struct ek_json *svc)
{
	return !ek_streq(ek_json_str_at(svc, "spec.type"), "ExternalName") &&
	       ek_json_len(ek_json_at(svc, "spec.selector")) > 0;
}

bool service_is_headless(const struct ek_json *svc)
{
	const char *ip = ek_json_str_at(svc, "spec.clusterIP");

	return ek_str_empty(ip) || ek_streq(ip, "None");
}

bool service_is_ipv6(const char *ip)
{
	return ip && strchr(ip, ':');
}

const char *service_pod_ip(const struct ek_json *pod, bool v6)
{
	const char *ip = ek_json_str_at(pod, "status.podIP");

	for (struct ek_json_iter it = ek_json_iter(ek_json_at(pod, "status.podIPs"));
	     ek_json_next(&it);) {
		const char *one = ek_json_str_at(it.value, "ip");

		if (!ek_str_empty(one) && service_is_ipv6(one) == v6)
			return one;
	}
	return !ek_str_empty(ip) && service_is_ipv6(ip) == v6 ? ip : NULL;
}

bool service_wants_pod(const struct ek_json *pod, bool with_terminating)
{
	if (pod_is_over(pod) || (!service_pod_ip(pod, false) && !service_pod_ip(pod, true)))
		return false;
	return with_terminating || !ek_meta_deleting(pod);
}

bool service_gives_hostname(const struct ek_json *svc, const struct ek_json *pod)
{
	return !ek_str_empty(ek_json_str_at(pod, "spec.hostname")) &&
	       ek_streq(ek_json_str_at(pod, "spec.subdomain"), ek_meta_name(svc));
}

struct ek_json *service_target_ref(const struct ek_json *pod)
{
	return ek_json_make("{'kind':'Pod','namespace':%s,'name':%s,'uid':%s}",
			    ek_meta_namespace(pod), ek_meta_name(pod), ek_meta_uid(pod));
}

/* ---- ports ---- */

static const char *protocol_of(const struct ek_json *port)
{
	const char *p = ek_json_str_at(port, "protocol");

	return ek_str_empty(p) ? "TCP" : p;
}

static int64_t find_in(const struct ek_json *containers, const char *name, const char *protocol,
		       bool sidecars_only)
{
	for (struct ek_json_iter c = ek_json_iter(containers); ek_json_next(&c);) {
		if (sidecars_only && !ek_streq(ek_json_str_at(c.value, "restartPolicy"), "Always"))
			continue;
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(c.value, "ports"));
		     ek_json_next(&it);)
			if (ek_streq(ek_json_str_at(it.value, "name"), name) &&
			    ek_streq(protocol_of(it.value), protocol))
				return ek_json_int_at(it.value, "containerPort", 0);
	}
	return 0;
}

/* 0: the pod has no such port */
static int64_t port_number(const struct ek_json *svc_port, const struct ek_json *pod)
{
	const struct ek_json *target = ek_json_get(svc_port, "targetPort");
	const char *name = ek_json_str(target);
	int64_t n;

	if (!name)
		return ek_json_int(target, 0) ? ek_json_int(target, 0) :
						ek_json_int_at(svc_port, "port", 0);
	n = find_in(ek_json_at(pod, "spec.containers"), name, protocol_of(svc_port), false);
	return n ? n :
		   find_in(ek_json_at(pod, "spec.initContainers"), name, protocol_of(svc_port),
			   true);
}

struct ek_json *service_ports_of(const struct ek_json *svc, const struct ek_json *pod)
{
	struct ek_json *list = ek_json_array();

	for (struct ek_json_iter it = ek_json_iter(ek_json_at(svc, "spec.ports"));
	     ek_json_next(&it);) {
		int64_t n = port_number(it.value, pod);
		const char *name = ek_json_str_at(it.value, "name");

		if (n > 0)
			ek_json_append(
				list,
				ek_json_make("{'name':%s,'port':%D,'protocol':%s,'appProtocol':%s}",
					     name ? name : "", n, protocol_of(it.value),
					     ek_json_str_at(it.value, "appProtocol")));
	}
	return list;
}

/* ---- what it sees ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(ek_meta_name(*(struct ek_json *const *)a),
		      ek_meta_name(*(struct ek_json *const *)b));
}

void service_collect_pods(struct running *r, struct snapshot *s)
{
	EK_CLEANUP(ek_selector_unrefp)
	struct ek_selector *selector = ek_selector_from_map(ek_json_at(s->object, "spec.selector"));
	struct ek_informer_iter it;

	for (struct ek_object *o =
		     ek_informer_first(running_informer(r, &ek_kind_pod), s->ns, NULL, &it);
	     o; o = ek_informer_next(&it))
		if (ek_index_match(o->index, selector, NULL))
			snapshot_add(s, SERVICE_PODS, o);
	if (s->list[SERVICE_PODS].n)
		qsort(s->list[SERVICE_PODS].items, s->list[SERVICE_PODS].n,
		      sizeof(struct ek_json *), by_name);
}

/* Most changes of a pod (containers' states, restarts) are nothing to a Service. */
static bool is_same_endpoint(const struct ek_json *a, const struct ek_json *b)
{
	static const char *const paths[] = { "metadata.labels", "spec.nodeName", "spec.hostname",
					     "spec.subdomain",	"status.podIP",	 "status.podIPs",
					     "metadata.uid" };

	for (size_t i = 0; i < EK_ARRAY_LEN(paths); i++)
		if (!ek_json_same(ek_json_at(a, paths[i]), ek_json_at(b, paths[i])))
			return false;
	return pod_is_ready(a) == pod_is_ready(b) && pod_is_over(a) == pod_is_over(b) &&
	       ek_meta_deleting(a) == ek_meta_deleting(b);
}

void map_pod_to_services(struct running *r, struct ek_object *before, struct ek_object *after)
{
	const struct ek_json *pod = ek_object_tree(after ? after : before);
	struct ek_informer *services = running_informer(r, &ek_kind_service);
	struct ek_informer_iter it;

	if (before && after) {
		bool same = is_same_endpoint(ek_object_tree(before), pod);

		ek_object_slim(before);
		if (same)
			return;
	}
	for (struct ek_object *o = ek_informer_first(services, ek_meta_namespace(pod), NULL, &it);
	     o; o = ek_informer_next(&it)) {
		const struct ek_json *svc = ek_object_tree(o);
		EK_CLEANUP(ek_selector_unrefp)
		struct ek_selector *sel = ek_selector_from_map(ek_json_at(svc, "spec.selector"));

		if (service_is_managed(svc) &&
		    ((after && ek_index_match(after->index, sel, NULL)) ||
		     (before && ek_index_match(before->index, sel, NULL))))
			running_enqueue(r, ek_meta_namespace(svc), ek_meta_name(svc));
		ek_object_slim(o);
	}
}
