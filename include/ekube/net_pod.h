/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Pods' network namespaces: one pinned file, one veth pair, one address each.
 *
 *   pod                              node
 *   eth0 10.42.0.7/32 ---- veth ---- bridge 10.42.0.1/24, 10.43.0.10/32
 *   default via 10.42.0.1            routes, nf_tables
 *
 * A pod has no route to its neighbours but through the bridge's address, so all traffic between
 * pods is routed, and replies of a Service's endpoint meet the conntrack entry of the requests:
 * br_netfilter is not needed. Where it is loaded (other software wants it) it rewrites a frame
 * to a Service on the bridge already; that works too, and is why ports are hairpin.
 *
 * Crash-only: a namespace counts from the moment its interface carries the alias
 * "ekube <instance> <id> <address>", the last step of making it. ek_podnet_open() takes these back
 * with their addresses and host ports and removes everything that was half made or half removed.
 *
 * All on the loop thread; the slow parts run in the pool.
 */

#include <ekube/loop.h>
#include <ekube/net.h>

enum {
	EK_PODNET_ID_MAX = 63,      /* [A-Za-z0-9._-]; usually the pod's uid */
	EK_PODNET_PORTS_MAX = 1024, /* host ports of one pod */
	EK_PODNET_PATH_MAX = 512,
};

struct ek_podnet;

/* 6, 17 or 132 for "TCP", "UDP", "SCTP"; NULL is TCP; -EINVAL for anything else. */
int         ek_net_proto(const char *name);
const char *ek_net_proto_name(int proto);

struct ek_podnet_port {
	uint8_t      proto;          /* IPPROTO_TCP, _UDP, _SCTP */
	struct ek_ip host_ip;        /* n 0 or all zeros: every address of the node */
	uint16_t     host_port, port;
};

/*
 * Bring up forwarding, bridge, tables; take back what an earlier process left. Blocks for some
 * milliseconds: for the start. EK_EINVALID for a config that cannot be.
 */
int  ek_podnet_open(struct ek_loop *loop, const struct ek_net_config *cfg, struct ek_podnet **ret,
		    struct ek_err *err);
/*
 * The pods' network stays as it is. What is under way comes to its end, callbacks included, and
 * the memory goes then: nothing may be asked of net any more.
 */
void ek_podnet_close(struct ek_podnet *net);
/* Operations under way, background removals included. */
size_t ek_podnet_busy(const struct ek_podnet *net);

/* A pod that is up; borrowed until it goes. NULL when there is none of that id. */
struct ek_podnet_pod {
	const char  *id, *netns;     /* netns: the file to hand to the runtime */
	struct ek_ip ip;
	const struct ek_podnet_port *ports;
	size_t       n_ports;
};
const struct ek_podnet_pod *ek_podnet_get(const struct ek_podnet *net, const char *id);
/* for (const struct ek_podnet_pod *p = NULL; (p = ek_podnet_next(net, p));) in order of age. */
const struct ek_podnet_pod *ek_podnet_next(const struct ek_podnet *net,
					   const struct ek_podnet_pod *after);

/* One pod coming up: a request in the caller's memory, the loop's until done was called. */
struct ek_podnet_up {
	const char *id;                     /* in; read before ek_podnet_up() returns, as the ports */
	const struct ek_podnet_port *ports;
	size_t      n_ports;
	void (*done)(struct ek_podnet_up *up, int rc); /* exactly once, after ek_podnet_up() returned */
	/* out: */
	const struct ek_podnet_pod *pod;    /* when rc is 0 */
	struct ek_err err;
	/* private */
	struct ek_podnet *net;
	struct podnet_pod *entry;
	struct ek_podnet_port *ports_copy;
	char        id_copy[EK_PODNET_ID_MAX + 1];
	struct ek_work  work;
	struct ek_defer defer;
	struct ek_list  node;
	int         rc;
};
/*
 * An id that is up already gets what it has, with the host ports asked for now. One that is still
 * being removed comes up after that. -EADDRINUSE: a host port is another pod's; EK_ETOOMANY: the
 * node has no address left.
 */
void ek_podnet_up(struct ek_podnet *net, struct ek_podnet_up *up);

/*
 * Take a pod's network away; its processes should be gone. Host ports stop at once, the interface
 * goes in the background, then the address is free. An unknown id is fine.
 */
void ek_podnet_down(struct ek_podnet *net, const char *id);
