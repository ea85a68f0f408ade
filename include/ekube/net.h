/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The network of one node of one cluster. Several clusters live on one machine when name, bridge
 * and address blocks differ: every table, interface and namespace carries the instance in its name.
 *
 * What is in the kernel is the state: a start reads it back (net_pod.h) or replaces it in one
 * transaction (net_services.h), a stop leaves it working.
 */

#include <ekube/str.h>

enum {
	EK_NET_NAME_MAX = 31,
	EK_NET_LOCAL_MAX = 4,
	EK_NET_MARK = 0x4000, /* on packets whose source is to be rewritten on the way out */
};

struct ek_net_config {
	const char    *name;         /* of the instance: [a-z0-9_-], begins the nf_tables tables' names */
	const char    *bridge;       /* interface name, at most 15 bytes */
	const char    *run_dir;      /* namespaces are pinned in <run_dir>/netns; a tmpfs */
	const char    *node_name;    /* "" or NULL: no endpoint counts as local */
	struct ek_cidr pod_cidr;     /* this node's share; its first address is the bridge's */
	struct ek_cidr cluster_cidr; /* all pods'; n 0: unknown, then the node's share stands for it */
	struct ek_cidr service_cidr; /* n 0: unknown */
	struct ek_ip   local[EK_NET_LOCAL_MAX]; /* more addresses for the bridge: the cluster's DNS */
	size_t         n_local;
	int            mtu;          /* 0: as the default route's link, else 1500 */
};

/* EK_EINVALID with the name of the field that is wrong. */
int ek_net_config_check(const struct ek_net_config *cfg, struct ek_err *err);

/*
 * Remove every trace of the instance: namespaces, interfaces, bridge, tables. Only name, bridge
 * and run_dir are looked at. Blocks up to some 30 ms for each pod; for `ekube killall`. What is
 * not there is no error; the rest is removed even when one thing cannot be.
 */
int ek_net_remove(const struct ek_net_config *cfg, struct ek_err *err);
