/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The directory from inside: compact forms of Service and EndpointSlice, for svc_rules and dns_zone. */

#include <ekube/net_services.h>

struct ek_svc_port {
	char    *name; /* "" when it has none */
	uint8_t  proto;
	uint16_t port, node_port;
};

enum ek_svc_ep_flags {
	EK_EP_READY = 1, EK_EP_SERVING = 2, EK_EP_TERMINATING = 4, EK_EP_LOCAL = 8,
};

struct ek_svc_ep {
	struct ek_ip ip;
	uint8_t      flags;
	char        *hostname; /* NULL when it has none */
};

struct ek_svc_slice {
	struct ek_svc      *svc; /* the entry it belongs to */
	char               *name;
	struct ek_svc_port *ports; /* node_port unused */
	size_t              n_ports;
	struct ek_svc_ep   *eps;
	size_t              n_eps;
	struct ek_list      node;  /* in svc->slices */
};

/* One name: the Service, its slices, or both. */
struct ek_svc {
	char *key;       /* "namespace/name"; ns and name point into it */
	char *ns, *name;
	bool  exists;    /* the Service itself is there */
	bool  headless, proxied; /* proxied: the kernel is to balance its addresses */
	bool  external_local, internal_local; /* traffic policies */
	uint32_t sticky; /* seconds of ClientIP affinity; 0: none */
	char *external_name; /* type ExternalName, else NULL */
	struct ek_ip *cluster_ips;
	size_t        n_cluster_ips;
	struct ek_ip *outer_ips; /* externalIPs and load balancer addresses */
	size_t        n_outer_ips;
	struct ek_svc_port *ports;
	size_t              n_ports;
	struct ek_list      slices; /* of struct ek_svc_slice */
};

struct ek_svcdir {
	char          *node_name;
	struct ek_map  svcs;       /* key -> struct ek_svc */
	struct ek_map  slices;     /* "namespace/name" -> struct ek_svc_slice */
	struct ek_map  namespaces; /* name -> the directory itself */
	struct ek_map  ns_used;    /* name -> struct ek_ns_use: namespaces that Services live in */
	struct ek_list watches;
};

const struct ek_svc *ek_svcdir_get(const struct ek_svcdir *dir, const char *key);
bool ek_svcdir_has_namespace(const struct ek_svcdir *dir, const char *name);
