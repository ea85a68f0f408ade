/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Links, addresses and routes of the namespace that a socket was opened in. The _put functions
 * append a message to a batch: the kernel takes a whole batch inside one system call, so nothing
 * can be killed between its messages (an error stops nothing, each message stands alone).
 */

#include <ekube/str.h>

#include "netlink.h"

struct ek_rtnl_link {
	int      index, master; /* master 0: none */
	unsigned flags;         /* IFF_UP ... */
	int      mtu;
	char     name[16];
	char     alias[256];
	char     kind[16];      /* "veth", "bridge"; "" for hardware */
};

struct ek_rtnl_addr {
	int          index;
	struct ek_ip ip;
	uint8_t      bits;
};

/* EK_ENOTFOUND when there is no such link. */
int ek_rtnl_link_get(struct ek_nl *nl, const char *name, struct ek_rtnl_link *ret,
		     struct ek_err *err);
int ek_rtnl_link_each(struct ek_nl *nl, int (*fn)(void *arg, const struct ek_rtnl_link *link),
		      void *arg, struct ek_err *err);
/*
 * Have what a link's state has to say said now: Linux tells bridges and queues of a new carrier
 * from a work queue, and what is sent before is lost.
 */
void ek_rtnl_link_settle(struct ek_nl *nl, const char *name);
int ek_rtnl_link_del(struct ek_nl *nl, const char *name, struct ek_err *err);
int ek_rtnl_addr_each(struct ek_nl *nl, int family,
		      int (*fn)(void *arg, const struct ek_rtnl_addr *addr), void *arg,
		      struct ek_err *err);
/* The MTU of the link that the IPv4 default route leaves by; 0 when there is none. */
int ek_rtnl_default_mtu(struct ek_nl *nl);

void ek_rtnl_put_bridge(struct ek_buf *b, const char *name, const uint8_t mac[6], int mtu);
/*
 * A pair, both down: `name` here, `peer` with peer_mac in the namespace peer_ns.
 */
void ek_rtnl_put_veth(struct ek_buf *b, const char *name, const char *peer,
		      const uint8_t peer_mac[6], int peer_ns, int mtu);
/* Enslave to a bridge and set up. */
void ek_rtnl_put_port(struct ek_buf *b, const char *name, int bridge_index);
/* A frame may leave by the port it came in by. */
void ek_rtnl_put_hairpin(struct ek_buf *b, const char *name);
void ek_rtnl_put_alias(struct ek_buf *b, const char *name, const char *alias);
void ek_rtnl_put_up(struct ek_buf *b, int index);
void ek_rtnl_put_mtu(struct ek_buf *b, int index, int mtu);
void ek_rtnl_put_addr(struct ek_buf *b, int index, const struct ek_ip *ip, unsigned bits);
void ek_rtnl_put_addr_del(struct ek_buf *b, int index, const struct ek_ip *ip, unsigned bits);
/* via NULL: on the link. An existing route to the same destination is replaced. */
void ek_rtnl_put_route(struct ek_buf *b, int index, const struct ek_cidr *to,
		       const struct ek_ip *via);
