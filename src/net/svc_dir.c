/* SPDX-License-Identifier: Apache-2.0 */
#include "svc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/meta.h>
#include <ekube/net_pod.h>

#define PROXY_NAME_LABEL   "service.kubernetes.io/service-proxy-name"
#define SERVICE_NAME_LABEL "kubernetes.io/service-name"

enum { STICKY_DEFAULT = 10800, STICKY_MAX = 86400 };

/* ---- namespaces ---- */

struct ek_ns_use {
	size_t n;
};

static void use_namespace(struct ek_svcdir *dir, const char *ns)
{
	struct ek_ns_use *use = ek_map_get(&dir->ns_used, ns);

	if (!use) {
		use = ek_new(struct ek_ns_use);
		(void)ek_map_put(&dir->ns_used, ns, use);
	}
	use->n++;
}

static void unuse_namespace(struct ek_svcdir *dir, const char *ns)
{
	struct ek_ns_use *use = ek_map_get(&dir->ns_used, ns);

	if (--use->n == 0)
		free(ek_map_del(&dir->ns_used, ns));
}

void ek_svcdir_set_namespace(struct ek_svcdir *dir, const char *name)
{
	(void)ek_map_put(&dir->namespaces, name, dir);
}

void ek_svcdir_del_namespace(struct ek_svcdir *dir, const char *name)
{
	(void)ek_map_del(&dir->namespaces, name);
}

bool ek_svcdir_has_namespace(const struct ek_svcdir *dir, const char *name)
{
	return ek_map_get(&dir->namespaces, name) || ek_map_get(&dir->ns_used, name);
}

/* ---- entries ---- */

static struct ek_svc *entry(struct ek_svcdir *dir, const char *ns, const char *name)
{
	EK_FREE char *key = ek_str_fmt("%s/%s", ns, name);
	struct ek_svc *svc = ek_map_get(&dir->svcs, key);

	if (svc)
		return svc;
	svc = ek_new(struct ek_svc);
	svc->ns = ek_str_dup(ns);
	svc->key = ek_steal(key);
	svc->name = svc->key + strlen(ns) + 1;
	ek_list_init(&svc->slices);
	(void)ek_map_put(&dir->svcs, svc->key, svc);
	return svc;
}

static void free_ports(struct ek_svc_port *ports, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(ports[i].name);
	free(ports);
}

/* What the Service says; the entry and its slices stay. */
static void clear_spec(struct ek_svc *svc)
{
	free_ports(svc->ports, svc->n_ports);
	free(svc->cluster_ips);
	free(svc->outer_ips);
	free(svc->external_name);
	*svc = (struct ek_svc){
		.key = svc->key, .ns = svc->ns, .name = svc->name, .slices = svc->slices
	};
}

static void drop_if_empty(struct ek_svcdir *dir, struct ek_svc *svc)
{
	if (svc->exists || !ek_list_empty(&svc->slices))
		return;
	(void)ek_map_del(&dir->svcs, svc->key);
	free(svc->ns);
	free(svc->key);
	free(svc);
}

const struct ek_svc *ek_svcdir_get(const struct ek_svcdir *dir, const char *key)
{
	return ek_map_get(&dir->svcs, key);
}

static void notify(struct ek_svcdir *dir, const char *key)
{
	EK_FREE char *copy = ek_str_dup(key); /* the entry may be gone already */

	EK_LIST_EACH(node, tmp, &dir->watches) {
		struct ek_svcdir_watch *w = ek_container_of(node, struct ek_svcdir_watch, node);

		w->changed(w, copy);
	}
}

void ek_svcdir_watch(struct ek_svcdir *dir, struct ek_svcdir_watch *w)
{
	ek_list_add_tail(&dir->watches, &w->node);
}

void ek_svcdir_unwatch(struct ek_svcdir_watch *w)
{
	ek_list_del(&w->node);
}

/* ---- reading objects ---- */

static int names_of(const struct ek_json *obj, const char **ns, const char **name,
		    struct ek_err *err)
{
	*ns = ek_meta_namespace(obj);
	*name = ek_meta_name(obj);
	if (ek_str_empty(*ns) || ek_str_empty(*name))
		return ek_fail(err, EK_EINVALID, "metadata: want a name and a namespace");
	return 0;
}

static int read_port(const struct ek_json *v, struct ek_svc_port *ret, struct ek_err *err)
{
	int proto = ek_net_proto(ek_json_str_at(v, "protocol"));
	int64_t port = ek_json_int_at(v, "port", 0), node_port = ek_json_int_at(v, "nodePort", 0);
	const char *name = ek_json_str_at(v, "name");

	if (proto < 0)
		return ek_fail(err, EK_EINVALID, "ports: no such protocol: %s",
			       ek_json_str_at(v, "protocol"));
	if (port < 0 || port > 65535 || node_port < 0 || node_port > 65535)
		return ek_fail(err, EK_EINVALID, "ports: not a port: %" PRId64, port);
	*ret = (struct ek_svc_port){ .name = ek_str_dup(name ? name : ""),
				     .proto = (uint8_t)proto,
				     .port = (uint16_t)port,
				     .node_port = (uint16_t)node_port };
	return 0;
}

static int read_ports(const struct ek_json *arr, struct ek_svc_port **ret, size_t *ret_n,
		      struct ek_err *err)
{
	size_t n = ek_json_len(arr);
	struct ek_svc_port *ports;

	if (n > EK_SVC_PORTS_MAX)
		return ek_fail(err, EK_EINVALID, "ports: more than %d", EK_SVC_PORTS_MAX);
	ports = ek_calloc(n + 1, sizeof(*ports));
	for (size_t i = 0; i < n; i++) {
		int rc = read_port(ek_json_elem(arr, i), &ports[i], err);

		if (rc < 0) {
			free_ports(ports, i);
			return rc;
		}
	}
	*ret = ports;
	*ret_n = n;
	return 0;
}

static int add_ip(struct ek_ip **ips, size_t *n, const char *text, struct ek_err *err)
{
	struct ek_ip ip;

	if (ek_str_empty(text) || ek_streq(text, "None"))
		return 0;
	if (ek_ip_parse(text, &ip) < 0)
		return ek_fail(err, EK_EINVALID, "not an address: %s", text);
	for (size_t i = 0; i < *n; i++)
		if (ek_ip_equal(&(*ips)[i], &ip))
			return 0;
	*ips = ek_realloc(*ips, (*n + 1) * sizeof(**ips));
	(*ips)[(*n)++] = ip;
	return 0;
}

static int read_addresses(const struct ek_json *service, struct ek_svc *svc, struct ek_err *err)
{
	const struct ek_json *ips = ek_json_at(service, "spec.clusterIPs");
	const struct ek_json *outer = ek_json_at(service, "spec.externalIPs");
	const struct ek_json *ingress = ek_json_at(service, "status.loadBalancer.ingress");
	int rc = add_ip(&svc->cluster_ips, &svc->n_cluster_ips,
			ek_json_str_at(service, "spec.clusterIP"), err);

	for (size_t i = 0; rc == 0 && i < ek_json_len(ips) && i < 2; i++)
		rc = add_ip(&svc->cluster_ips, &svc->n_cluster_ips,
			    ek_json_str(ek_json_elem(ips, i)), err);
	for (size_t i = 0; rc == 0 && i < ek_json_len(outer) && i < EK_SVC_PORTS_MAX; i++)
		rc = add_ip(&svc->outer_ips, &svc->n_outer_ips, ek_json_str(ek_json_elem(outer, i)),
			    err);
	for (size_t i = 0; rc == 0 && i < ek_json_len(ingress) && i < EK_SVC_PORTS_MAX; i++) {
		const struct ek_json *at = ek_json_elem(ingress, i);

		if (!ek_streq(ek_json_str_at(at, "ipMode"),
			      "Proxy")) /* comes back to us rewritten */
			rc = add_ip(&svc->outer_ips, &svc->n_outer_ips, ek_json_str_at(at, "ip"),
				    err);
	}
	return rc;
}

static uint32_t read_sticky(const struct ek_json *service)
{
	int64_t s = ek_json_int_at(service, "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
				   STICKY_DEFAULT);

	if (!ek_streq(ek_json_str_at(service, "spec.sessionAffinity"), "ClientIP"))
		return 0;
	return (uint32_t)EK_MAX((int64_t)1, EK_MIN(s, (int64_t)STICKY_MAX));
}

static int read_spec(const struct ek_json *service, struct ek_svc *svc, struct ek_err *err)
{
	const char *type = ek_json_str_at(service, "spec.type");
	int rc;

	svc->exists = true;
	if (ek_streq(type, "ExternalName")) {
		const char *name = ek_json_str_at(service, "spec.externalName");

		svc->external_name = ek_str_dup(name ? name : "");
		return 0;
	}
	svc->external_local =
		ek_streq(ek_json_str_at(service, "spec.externalTrafficPolicy"), "Local");
	svc->internal_local =
		ek_streq(ek_json_str_at(service, "spec.internalTrafficPolicy"), "Local");
	svc->sticky = read_sticky(service);
	rc = read_addresses(service, svc, err);
	if (rc == 0)
		rc = read_ports(ek_json_at(service, "spec.ports"), &svc->ports, &svc->n_ports, err);
	svc->headless = svc->n_cluster_ips == 0;
	svc->proxied = !svc->headless && !ek_meta_label(service, PROXY_NAME_LABEL);
	return rc;
}

int ek_svcdir_set_service(struct ek_svcdir *dir, const struct ek_json *service, struct ek_err *err)
{
	struct ek_svc fresh = { 0 }, *svc;
	const char *ns, *name;
	int rc = names_of(service, &ns, &name, err);

	if (rc == 0)
		rc = read_spec(service, &fresh, err);
	if (rc < 0) {
		clear_spec(&fresh);
		return ek_wrap(err, rc, "Service %s",
			       ek_meta_name(service) ? ek_meta_name(service) : "");
	}
	svc = entry(dir, ns, name);
	if (!svc->exists)
		use_namespace(dir, ns);
	clear_spec(svc);
	fresh.key = svc->key;
	fresh.ns = svc->ns;
	fresh.name = svc->name;
	fresh.slices = svc->slices;
	*svc = fresh; /* the list's neighbours point at svc->slices, which has not moved */
	notify(dir, svc->key);
	return 0;
}

void ek_svcdir_del_service(struct ek_svcdir *dir, const char *ns, const char *name)
{
	EK_FREE char *key = ek_str_fmt("%s/%s", ns, name);
	struct ek_svc *svc = ek_map_get(&dir->svcs, key);

	if (!svc || !svc->exists)
		return;
	clear_spec(svc);
	unuse_namespace(dir, ns);
	drop_if_empty(dir, svc);
	notify(dir, key);
}

/* ---- slices ---- */

static void free_slice(struct ek_svc_slice *slice)
{
	for (size_t i = 0; i < slice->n_eps; i++)
		free(slice->eps[i].hostname);
	free(slice->eps);
	free_ports(slice->ports, slice->n_ports);
	free(slice->name);
	free(slice);
}

/* Absent conditions: ready is yes, serving is what ready is, terminating is no. */
static uint8_t read_conditions(const struct ek_svcdir *dir, const struct ek_json *v)
{
	bool ready = ek_json_bool_at(v, "conditions.ready", true);
	bool serving = ek_json_bool_at(v, "conditions.serving", ready);
	uint8_t flags = 0;

	if (ready)
		flags |= EK_EP_READY;
	if (serving)
		flags |= EK_EP_SERVING;
	if (ek_json_bool_at(v, "conditions.terminating", false))
		flags |= EK_EP_TERMINATING;
	if (dir->node_name && ek_streq(ek_json_str_at(v, "nodeName"), dir->node_name))
		flags |= EK_EP_LOCAL;
	return flags;
}

static int read_endpoints(const struct ek_svcdir *dir, const struct ek_json *arr,
			  struct ek_svc_slice *slice, struct ek_err *err)
{
	size_t n = ek_json_len(arr);

	if (n > EK_SVC_SLICE_MAX)
		return ek_fail(err, EK_EINVALID, "endpoints: more than %d", EK_SVC_SLICE_MAX);
	slice->eps = ek_calloc(n + 1, sizeof(*slice->eps));
	for (size_t i = 0; i < n; i++) {
		const struct ek_json *v = ek_json_elem(arr, i);
		/* several addresses of one endpoint are the same thing; clients use the first */
		const char *text = ek_json_str(ek_json_elem(ek_json_get(v, "addresses"), 0));
		const char *hostname = ek_json_str_at(v, "hostname");
		struct ek_svc_ep *ep = &slice->eps[slice->n_eps];

		if (ek_str_empty(text))
			continue;
		if (ek_ip_parse(text, &ep->ip) < 0)
			return ek_fail(err, EK_EINVALID, "endpoints: not an address: %s", text);
		ep->flags = read_conditions(dir, v);
		ep->hostname = ek_str_empty(hostname) ? NULL : ek_str_dup(hostname);
		slice->n_eps++;
	}
	return 0;
}

static int read_slice(const struct ek_svcdir *dir, const struct ek_json *obj,
		      struct ek_svc_slice *slice, struct ek_err *err)
{
	int rc = read_ports(ek_json_get(obj, "ports"), &slice->ports, &slice->n_ports, err);

	if (rc < 0 || ek_streq(ek_json_str_at(obj, "addressType"), "FQDN"))
		return rc;
	return read_endpoints(dir, ek_json_get(obj, "endpoints"), slice, err);
}

void ek_svcdir_del_slice(struct ek_svcdir *dir, const char *ns, const char *name)
{
	EK_FREE char *key = ek_str_fmt("%s/%s", ns, name);
	EK_FREE char *svc_key = NULL;
	struct ek_svc_slice *slice = ek_map_del(&dir->slices, key);

	if (!slice)
		return;
	svc_key = ek_str_dup(slice->svc->key);
	ek_list_del(&slice->node);
	drop_if_empty(dir, slice->svc);
	free_slice(slice);
	notify(dir, svc_key);
}

int ek_svcdir_set_slice(struct ek_svcdir *dir, const struct ek_json *obj, struct ek_err *err)
{
	const char *service = ek_meta_label(obj, SERVICE_NAME_LABEL), *ns, *name;
	struct ek_svc_slice *slice, *old;
	EK_FREE char *key = NULL;
	int rc = names_of(obj, &ns, &name, err);

	if (rc < 0)
		return ek_wrap(err, rc, "EndpointSlice");
	slice = ek_new(struct ek_svc_slice);
	rc = read_slice(dir, obj, slice, err);
	if (rc < 0) {
		free_slice(slice);
		return ek_wrap(err, rc, "EndpointSlice %s/%s", ns, name);
	}
	key = ek_str_fmt("%s/%s", ns, name);
	old = ek_map_get(&dir->slices, key);
	if (old && (ek_str_empty(service) || !ek_streq(old->svc->name, service)))
		ek_svcdir_del_slice(dir, ns, name); /* moved to another Service, or to none */
	if (ek_str_empty(service)) {
		free_slice(slice);
		return 0;
	}
	slice->name = ek_str_dup(name);
	slice->svc = entry(dir, ns, service);
	ek_list_add_tail(&slice->svc->slices, &slice->node);
	old = ek_map_put(&dir->slices, key, slice);
	if (old) {
		ek_list_del(&old->node);
		free_slice(old);
	}
	notify(dir, slice->svc->key);
	return 0;
}

/* ---- the directory ---- */

struct ek_svcdir *ek_svcdir_new(const char *node_name)
{
	struct ek_svcdir *dir = ek_new(struct ek_svcdir);

	dir->node_name = ek_str_empty(node_name) ? NULL : ek_str_dup(node_name);
	ek_list_init(&dir->watches);
	return dir;
}

void ek_svcdir_free(struct ek_svcdir *dir)
{
	if (!dir)
		return;
	EK_ASSERT(ek_list_empty(&dir->watches));
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&dir->slices, e));) {
		struct ek_svc_slice *slice = e->value;

		ek_list_del(&slice->node);
		free_slice(slice);
	}
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&dir->svcs, e));) {
		struct ek_svc *svc = e->value;

		clear_spec(svc);
		free(svc->ns);
		free(svc->key);
		free(svc);
	}
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&dir->ns_used, e));)
		free(e->value);
	ek_map_done(&dir->slices);
	ek_map_done(&dir->svcs);
	ek_map_done(&dir->ns_used);
	ek_map_done(&dir->namespaces);
	free(dir->node_name);
	free(dir);
}
