/* SPDX-License-Identifier: Apache-2.0 */
#include "network.h"

#include "advice.h"

#include <ekube/log.h>
#include <ekube/net_dns.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>

#include "server.h"

struct network {
	struct ek_informer *services, *slices, *namespaces;
	struct ek_informer_handler on_service, on_slice, on_namespace;
	struct ek_podnet   *pods;
	struct ek_svcdir   *directory;
	struct ek_services *proxy;
	struct ek_dns      *dns;
	bool                complete;
};

static void say_refused(const char *what, struct ek_object *o, const struct ek_err *err)
{
	ek_warn("ignored by the network", "what", what, "name", ek_meta_name(ek_object_tree(o)),
		"error", err->msg);
}

/* When all three caches are complete the kernel and the names may follow them. */
static void synced(struct network *n)
{
	struct ek_err err;

	if (n->complete || !ek_informer_synced(n->services) || !ek_informer_synced(n->slices) ||
	    !ek_informer_synced(n->namespaces))
		return;
	n->complete = true;
	if (ek_services_start(n->proxy, &err) < 0)
		ek_error("Services are not in the kernel", "error", err.msg);
	ek_dns_set_ready(n->dns);
}

static void on_service(struct ek_informer_handler *h, struct ek_object *before,
		       struct ek_object *after)
{
	struct network *n = ek_container_of(h, struct network, on_service);
	struct ek_err err;

	if (!after)
		ek_svcdir_del_service(n->directory, ek_meta_namespace(ek_object_tree(before)),
				      ek_meta_name(ek_object_tree(before)));
	else if (ek_svcdir_set_service(n->directory, ek_object_tree(after), &err) < 0)
		say_refused("Service", after, &err);
}

static void on_slice(struct ek_informer_handler *h, struct ek_object *before,
		     struct ek_object *after)
{
	struct network *n = ek_container_of(h, struct network, on_slice);
	struct ek_err err;

	if (!after)
		ek_svcdir_del_slice(n->directory, ek_meta_namespace(ek_object_tree(before)),
				    ek_meta_name(ek_object_tree(before)));
	else if (ek_svcdir_set_slice(n->directory, ek_object_tree(after), &err) < 0)
		say_refused("EndpointSlice", after, &err);
}

static void on_namespace(struct ek_informer_handler *h, struct ek_object *before,
			 struct ek_object *after)
{
	struct network *n = ek_container_of(h, struct network, on_namespace);

	if (after)
		ek_svcdir_set_namespace(n->directory, ek_meta_name(ek_object_tree(after)));
	else
		ek_svcdir_del_namespace(n->directory, ek_meta_name(ek_object_tree(before)));
}

static void on_services_synced(struct ek_informer_handler *h)
{
	synced(ek_container_of(h, struct network, on_service));
}

static void on_slices_synced(struct ek_informer_handler *h)
{
	synced(ek_container_of(h, struct network, on_slice));
}

static void on_namespaces_synced(struct ek_informer_handler *h)
{
	synced(ek_container_of(h, struct network, on_namespace));
}

static void make_config(const struct server_config *c, struct ek_net_config *ret)
{
	*ret = (struct ek_net_config){
		.name = c->instance.table,
		.bridge = c->instance.bridge,
		.run_dir = c->instance.run_dir,
		.node_name = c->node_name,
		.n_local = 1,
	};
	(void)ek_cidr_parse(c->cluster_cidr, &ret->cluster_cidr, NULL);
	(void)ek_cidr_parse(c->service_cidr, &ret->service_cidr, NULL);
	(void)ek_cidr_parse(c->pod_cidr, &ret->pod_cidr, NULL);
	(void)ek_ip_parse(c->cluster_dns, &ret->local[0]);
}

static int open_dns(struct ek_loop *loop, const struct server_config *c,
		    const struct ek_net_config *net, struct network *n, struct ek_err *err)
{
	struct ek_dns_config dns = {
		.domain = c->cluster_domain,
		.listen = { net->local[0] },
		.n_listen = 1,
		.blocks = { net->cluster_cidr, net->service_cidr },
		.n_blocks = 2,
		.resolv_conf = "/etc/resolv.conf",
	};

	return ek_dns_open(loop, &dns, n->directory, &n->dns, err);
}

static void follow(struct network *n, struct ek_informers *informers)
{
	n->on_service = (struct ek_informer_handler){ .on_change = on_service,
						      .on_synced = on_services_synced };
	n->on_slice = (struct ek_informer_handler){ .on_change = on_slice,
						    .on_synced = on_slices_synced };
	n->on_namespace = (struct ek_informer_handler){ .on_change = on_namespace,
							.on_synced = on_namespaces_synced };
	n->services = ek_informer_get(informers, &ek_kind_service, NULL, NULL, NULL);
	n->slices = ek_informer_get(informers, &ek_kind_endpointslice, NULL, NULL, NULL);
	n->namespaces = ek_informer_get(informers, &ek_kind_namespace, NULL, NULL, NULL);
	ek_informer_add(n->services, &n->on_service);
	ek_informer_add(n->slices, &n->on_slice);
	ek_informer_add(n->namespaces, &n->on_namespace);
}

/* What a kernel answers that was built without a part, or whose modules are not there. */
static int say_why(int rc, struct ek_err *err)
{
	(void)ek_wrap(err, rc, "network");
	if (rc == -EOPNOTSUPP || rc == -EPROTONOSUPPORT || rc == -EAFNOSUPPORT || rc == -ENODEV)
		return advise(
			err, rc,
			"the kernel lacks that: load its modules (modprobe -a bridge veth nf_tables), or "
			"leave the network out with --disable network");
	if (rc == -EPERM)
		return advise(
			err, rc,
			"this root may not set up a network: run ekube on the machine itself, or in a "
			"privileged container");
	return rc;
}

int network_start(struct ek_loop *loop, const struct server_config *c,
		  struct ek_informers *informers, struct network **ret, struct ek_err *err)
{
	struct network *n = ek_new(struct network);
	bool was_there = if_nametoindex(c->instance.bridge) != 0;
	struct ek_net_config net;
	int rc;

	make_config(c, &net);
	rc = ek_podnet_open(loop, &net, &n->pods, err);
	if (rc == 0) {
		n->directory = ek_svcdir_new(c->node_name);
		rc = ek_services_open(loop, &net, n->directory, &n->proxy, err);
	}
	if (rc == 0)
		rc = open_dns(loop, c, &net, n, err);
	if (rc < 0) {
		network_stop(n);
		if (!was_there)
			(void)ek_net_remove(&net, NULL); /* a failed first start leaves nothing */
		return say_why(rc, err);
	}
	follow(n, informers);
	*ret = n;
	return 0;
}

void network_stop(struct network *n)
{
	if (!n)
		return;
	if (n->services) {
		ek_informer_remove(n->services, &n->on_service);
		ek_informer_remove(n->slices, &n->on_slice);
		ek_informer_remove(n->namespaces, &n->on_namespace);
	}
	if (n->dns)
		ek_dns_close(n->dns);
	if (n->proxy)
		ek_services_close(n->proxy);
	if (n->directory)
		ek_svcdir_free(n->directory);
	if (n->pods)
		ek_podnet_close(n->pods);
	free(n);
}

struct ek_podnet *network_podnet(struct network *n)
{
	return n->pods;
}

int network_remove(const struct server_config *c, struct ek_err *err)
{
	struct ek_net_config net;

	make_config(c, &net);
	return ek_net_remove(&net, err);
}

int network_try(struct ek_loop *loop, const struct server_config *c, struct ek_podnet **ret,
		struct ek_err *err)
{
	struct ek_net_config net;

	make_config(c, &net);
	return ek_podnet_open(loop, &net, ret, err);
}
