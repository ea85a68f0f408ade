/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The composition root: makes the parts of a server, wires them, starts them in order and stops them in
 * reverse. Nobody else knows all of them. The options come from cmd_server.c through server_config.c.
 */

#include "instance.h"
#include "options.h"


/* What the options come down to. Strings belong to the options or to the config itself. */
struct server_config {
	struct instance    instance;
	const char        *bind_address;
	int                port;
	char              *advertise_address, *node_ip;
	char              *node_name;
	const char        *cluster_cidr, *service_cidr, *cluster_domain;
	char              *cluster_dns, *service_ip; /* of the DNS server and of kubernetes.default */
	const char        *node_port_range;
	const char *const *tls_sans;
	size_t             n_tls_sans;
	const char        *kubeconfig;
	unsigned           kubeconfig_mode;
	const char        *token_file;
	const char        *runtime;
	const char        *registries;   /* registries.yaml */
	bool               registries_asked; /* it must be there */
	char              *agent_dir;    /* what the node keeps */
	char              *pod_cidr;     /* this node's share of cluster_cidr */
	int                max_pods;     /* 0: the node's default */
	const char *const *node_labels, *const *node_taints;
	size_t             n_node_labels, n_node_taints;
	bool               disable_agent, disable_scheduler, disable_controllers, disable_network;
};

extern const struct option_row server_rows[]; /* the options of a server */

int  server_config_read(const struct options *o, struct server_config *ret, struct ek_err *err);
void server_config_done(struct server_config *c);

/* Runs until SIGTERM or SIGINT. 0, or a failure of the start in words. */
int server_run(const struct server_config *c, struct ek_err *err);
