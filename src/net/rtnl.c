/* SPDX-License-Identifier: Apache-2.0 */
#include "rtnl.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { CREATE = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL };

static int family_of(const struct ek_ip *ip)
{
	return ip->n == 4 ? AF_INET : AF_INET6;
}

/* ---- links: building ---- */

static size_t link_msg(struct ek_buf *b, unsigned type, unsigned flags, int index,
		       unsigned ifi_flags)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC,
				 .ifi_index = index,
				 .ifi_flags = ifi_flags,
				 .ifi_change = ifi_flags };

	return ek_nl_msg(b, type, flags, &ifi, sizeof(ifi));
}

void ek_rtnl_put_bridge(struct ek_buf *b, const char *name, const uint8_t mac[6], int mtu)
{
	size_t at = link_msg(b, RTM_NEWLINK, CREATE, 0, IFF_UP);
	size_t info, data;

	ek_nl_put_str(b, IFLA_IFNAME, name);
	/*
	 * without an address of its own a bridge takes its lowest port's, and pods' ARP goes stale
	 */
	ek_nl_put(b, IFLA_ADDRESS, mac, 6);
	ek_nl_put_u32(b, IFLA_MTU, (uint32_t)mtu);
	info = ek_nl_nest(b, IFLA_LINKINFO);
	ek_nl_put_str(b, IFLA_INFO_KIND, "bridge");
	data = ek_nl_nest(b, IFLA_INFO_DATA);
	ek_nl_put_u8(b, IFLA_BR_MCAST_SNOOPING, 0); /* its queries and timers would serve nobody */
	ek_nl_nest_end(b, data);
	ek_nl_nest_end(b, info);
	ek_nl_msg_end(b, at);
}

void ek_rtnl_put_veth(struct ek_buf *b, const char *name, const char *peer,
		      const uint8_t peer_mac[6], int peer_ns, int mtu)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	size_t at = link_msg(b, RTM_NEWLINK, CREATE, 0, 0);
	size_t info, data, pair;

	ek_nl_put_str(b, IFLA_IFNAME, name);
	ek_nl_put_u32(b, IFLA_MTU, (uint32_t)mtu);
	info = ek_nl_nest(b, IFLA_LINKINFO);
	ek_nl_put_str(b, IFLA_INFO_KIND, "veth");
	data = ek_nl_nest(b, IFLA_INFO_DATA);
	pair = ek_nl_nest(b, VETH_INFO_PEER);
	(void)ek_buf_append(b, &ifi, sizeof(ifi));
	ek_nl_put_str(b, IFLA_IFNAME, peer);
	ek_nl_put(b, IFLA_ADDRESS, peer_mac, 6);
	ek_nl_put_u32(b, IFLA_MTU, (uint32_t)mtu);
	ek_nl_put_u32(b, IFLA_NET_NS_FD, (uint32_t)peer_ns);
	ek_nl_nest_end(b, pair);
	ek_nl_nest_end(b, data);
	ek_nl_nest_end(b, info);
	ek_nl_msg_end(b, at);
}

void ek_rtnl_put_port(struct ek_buf *b, const char *name, int bridge_index)
{
	size_t at = link_msg(b, RTM_NEWLINK, NLM_F_ACK, 0, IFF_UP);

	ek_nl_put_str(b, IFLA_IFNAME, name);
	ek_nl_put_u32(b, IFLA_MASTER, (uint32_t)bridge_index);
	ek_nl_msg_end(b, at);
}

void ek_rtnl_put_hairpin(struct ek_buf *b, const char *name)
{
	size_t at = link_msg(b, RTM_NEWLINK, NLM_F_ACK, 0, 0);
	size_t info, data;

	ek_nl_put_str(b, IFLA_IFNAME, name);
	info = ek_nl_nest(b, IFLA_LINKINFO);
	ek_nl_put_str(b, IFLA_INFO_SLAVE_KIND, "bridge");
	data = ek_nl_nest(b, IFLA_INFO_SLAVE_DATA);
	ek_nl_put_u8(b, IFLA_BRPORT_MODE, 1);
	ek_nl_nest_end(b, data);
	ek_nl_nest_end(b, info);
	ek_nl_msg_end(b, at);
}

void ek_rtnl_put_alias(struct ek_buf *b, const char *name, const char *alias)
{
	size_t at = link_msg(b, RTM_NEWLINK, NLM_F_ACK, 0, 0);

	ek_nl_put_str(b, IFLA_IFNAME, name);
	ek_nl_put(b, IFLA_IFALIAS, alias, strlen(alias));
	ek_nl_msg_end(b, at);
}

void ek_rtnl_put_up(struct ek_buf *b, int index)
{
	ek_nl_msg_end(b, link_msg(b, RTM_NEWLINK, NLM_F_ACK, index, IFF_UP));
}

void ek_rtnl_put_mtu(struct ek_buf *b, int index, int mtu)
{
	size_t at = link_msg(b, RTM_NEWLINK, NLM_F_ACK, index, 0);

	ek_nl_put_u32(b, IFLA_MTU, (uint32_t)mtu);
	ek_nl_msg_end(b, at);
}

/* ---- links: reading ---- */

struct link_walk {
	int (*fn)(void *arg, const struct ek_rtnl_link *link);
	void *arg;
};

static void copy_str(char *out, size_t size, const struct ek_nl_attr *a)
{
	const char *s = ek_nl_str(a);

	(void)snprintf(out, size, "%s", s ? s : "");
}

static int on_link(void *arg, unsigned type, const void *payload, size_t n)
{
	struct link_walk *w = arg;
	struct ek_nl_attr tb[IFLA_IFALIAS + 1], info[IFLA_INFO_KIND + 1];
	struct ek_rtnl_link link = { 0 };
	struct ifinfomsg ifi;

	if (type != RTM_NEWLINK || n < sizeof(ifi))
		return 0;
	memcpy(&ifi, payload, sizeof(ifi));
	ek_nl_attrs((const char *)payload + sizeof(ifi), n - sizeof(ifi), tb, IFLA_IFALIAS);
	ek_nl_attrs(tb[IFLA_LINKINFO].data, tb[IFLA_LINKINFO].n, info, IFLA_INFO_KIND);
	link.index = ifi.ifi_index;
	link.flags = ifi.ifi_flags;
	link.master = (int)ek_nl_u32(&tb[IFLA_MASTER], 0);
	link.mtu = (int)ek_nl_u32(&tb[IFLA_MTU], 0);
	copy_str(link.name, sizeof(link.name), &tb[IFLA_IFNAME]);
	copy_str(link.alias, sizeof(link.alias), &tb[IFLA_IFALIAS]);
	copy_str(link.kind, sizeof(link.kind), &info[IFLA_INFO_KIND]);
	return w->fn(w->arg, &link);
}

int ek_rtnl_link_each(struct ek_nl *nl, int (*fn)(void *arg, const struct ek_rtnl_link *link),
		      void *arg, struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	struct link_walk walk = { .fn = fn, .arg = arg };
	int rc;

	ek_nl_msg_end(&b, link_msg(&b, RTM_GETLINK, NLM_F_DUMP, 0, 0));
	rc = ek_nl_talk(nl, &b, on_link, &walk, NULL, err);
	return rc < 0 ? ek_wrap(err, rc, "list links") : 0;
}

static int take_link(void *arg, const struct ek_rtnl_link *link)
{
	struct ek_rtnl_link *ret = arg;

	*ret = *link;
	return 0;
}

int ek_rtnl_link_get(struct ek_nl *nl, const char *name, struct ek_rtnl_link *ret,
		     struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	struct link_walk walk = { .fn = take_link, .arg = ret };
	size_t at = link_msg(&b, RTM_GETLINK, NLM_F_ACK, 0, 0);
	int rc;

	ek_nl_put_str(&b, IFLA_IFNAME, name);
	ek_nl_msg_end(&b, at);
	rc = ek_nl_talk(nl, &b, on_link, &walk, NULL, err);
	if (rc == -ENODEV)
		return ek_fail(err, EK_ENOTFOUND, "no network interface %s", name);
	return rc < 0 ? ek_wrap(err, rc, "look up %s", name) : 0;
}

void ek_rtnl_link_settle(struct ek_nl *nl, const char *name)
{
	struct ethtool_value link = { .cmd = ETHTOOL_GLINK };
	struct ifreq req = { .ifr_data = (char *)&link };

	(void)snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	(void)ioctl(nl->fd, SIOCETHTOOL, &req); /* asking is what settles it */
}

int ek_rtnl_link_del(struct ek_nl *nl, const char *name, struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	size_t at = link_msg(&b, RTM_DELLINK, NLM_F_ACK, 0, 0);
	int rc;

	ek_nl_put_str(&b, IFLA_IFNAME, name);
	ek_nl_msg_end(&b, at);
	rc = ek_nl_talk(nl, &b, NULL, NULL, NULL, err);
	return rc == -ENODEV ? 0 : rc < 0 ? ek_wrap(err, rc, "delete %s", name) : 0;
}

/* ---- addresses ---- */

static void addr_msg(struct ek_buf *b, unsigned type, unsigned flags, int index,
		     const struct ek_ip *ip, unsigned bits)
{
	struct ifaddrmsg ifa = { .ifa_family = (uint8_t)family_of(ip),
				 .ifa_prefixlen = (uint8_t)bits,
				 .ifa_index = (uint32_t)index };
	size_t at;

	if (ip->n == 16)
		ifa.ifa_flags = IFA_F_NODAD; /* we give addresses out: nobody else has this one */
	at = ek_nl_msg(b, type, flags, &ifa, sizeof(ifa));
	ek_nl_put(b, IFA_LOCAL, ip->b, ip->n);
	ek_nl_put(b, IFA_ADDRESS, ip->b, ip->n);
	ek_nl_msg_end(b, at);
}

void ek_rtnl_put_addr(struct ek_buf *b, int index, const struct ek_ip *ip, unsigned bits)
{
	addr_msg(b, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, index, ip, bits);
}

void ek_rtnl_put_addr_del(struct ek_buf *b, int index, const struct ek_ip *ip, unsigned bits)
{
	addr_msg(b, RTM_DELADDR, NLM_F_ACK, index, ip, bits);
}

struct addr_walk {
	int (*fn)(void *arg, const struct ek_rtnl_addr *addr);
	void *arg;
};

static int on_addr(void *arg, unsigned type, const void *payload, size_t n)
{
	struct addr_walk *w = arg;
	struct ek_nl_attr tb[IFA_LOCAL + 1], *a;
	struct ek_rtnl_addr addr = { 0 };
	struct ifaddrmsg ifa;

	if (type != RTM_NEWADDR || n < sizeof(ifa))
		return 0;
	memcpy(&ifa, payload, sizeof(ifa));
	ek_nl_attrs((const char *)payload + sizeof(ifa), n - sizeof(ifa), tb, IFA_LOCAL);
	a = tb[IFA_LOCAL].data ? &tb[IFA_LOCAL] : &tb[IFA_ADDRESS];
	if (!a->data || (a->n != 4 && a->n != 16))
		return 0;
	addr.index = (int)ifa.ifa_index;
	addr.bits = ifa.ifa_prefixlen;
	addr.ip.n = (uint8_t)a->n;
	memcpy(addr.ip.b, a->data, a->n);
	return w->fn(w->arg, &addr);
}

int ek_rtnl_addr_each(struct ek_nl *nl, int family,
		      int (*fn)(void *arg, const struct ek_rtnl_addr *addr), void *arg,
		      struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	struct ifaddrmsg ifa = { .ifa_family = (uint8_t)family };
	struct addr_walk walk = { .fn = fn, .arg = arg };
	int rc;

	ek_nl_msg_end(&b, ek_nl_msg(&b, RTM_GETADDR, NLM_F_DUMP, &ifa, sizeof(ifa)));
	rc = ek_nl_talk(nl, &b, on_addr, &walk, NULL, err);
	return rc < 0 ? ek_wrap(err, rc, "list addresses") : 0;
}

/* ---- routes ---- */

void ek_rtnl_put_route(struct ek_buf *b, int index, const struct ek_cidr *to,
		       const struct ek_ip *via)
{
	struct rtmsg rt = {
		.rtm_family = (uint8_t)family_of(&to->ip),
		.rtm_dst_len = to->bits,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = via || to->ip.n == 16 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	size_t at = ek_nl_msg(b, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, &rt,
			      sizeof(rt));

	if (to->bits > 0)
		ek_nl_put(b, RTA_DST, to->ip.b, to->ip.n);
	if (via)
		ek_nl_put(b, RTA_GATEWAY, via->b, via->n);
	ek_nl_put_u32(b, RTA_OIF, (uint32_t)index);
	ek_nl_msg_end(b, at);
}

static int on_route(void *arg, unsigned type, const void *payload, size_t n)
{
	int *ret_index = arg;
	struct ek_nl_attr tb[RTA_OIF + 1];
	struct rtmsg rt;

	if (type != RTM_NEWROUTE || n < sizeof(rt) || *ret_index)
		return 0;
	memcpy(&rt, payload, sizeof(rt));
	if (rt.rtm_dst_len != 0 || rt.rtm_table != RT_TABLE_MAIN)
		return 0;
	ek_nl_attrs((const char *)payload + sizeof(rt), n - sizeof(rt), tb, RTA_OIF);
	*ret_index = (int)ek_nl_u32(&tb[RTA_OIF], 0);
	return 0;
}

struct find_mtu {
	int index, mtu;
};

static int match_mtu(void *arg, const struct ek_rtnl_link *link)
{
	struct find_mtu *f = arg;

	if (link->index == f->index)
		f->mtu = link->mtu;
	return 0;
}

int ek_rtnl_default_mtu(struct ek_nl *nl)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	struct rtmsg rt = { .rtm_family = AF_INET };
	struct find_mtu find = { 0 };

	ek_nl_msg_end(&b, ek_nl_msg(&b, RTM_GETROUTE, NLM_F_DUMP, &rt, sizeof(rt)));
	if (ek_nl_talk(nl, &b, on_route, &find.index, NULL, NULL) < 0 || !find.index)
		return 0;
	if (ek_rtnl_link_each(nl, match_mtu, &find, NULL) < 0)
		return 0;
	return find.mtu;
}
