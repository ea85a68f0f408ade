/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ek_test.h"
#include "net/lab.h"
#include "netns.h"
#include "nft.h"
#include "podnet.h"
#include "rtnl.h"

static struct ek_podnet *open_net(struct lab *lab)
{
	struct ek_net_config cfg = lab_config(lab);
	struct ek_podnet *net = NULL;
	struct ek_err err = { 0 };

	ck_assert_msg(ek_podnet_open(lab->loop, &cfg, &net, &err) == 0, "%s", err.msg);
	return net;
}

static const char *path_of(struct ek_podnet *net, const char *id)
{
	return ek_podnet_get(net, id)->netns;
}

static void check_reaches(const char *from_ns, const char *from_ip, int listener, const char *ip,
			  int port, const char *seen_as)
{
	char peer[46] = "";
	int c = lab_connect(from_ns, SOCK_STREAM, from_ip, ip, port), s;

	ck_assert_msg(c >= 0, "connect from %s to %s:%d: %s", from_ns ? from_ns : "node", ip, port,
		      strerror(-c));
	s = lab_accept(listener, 1000, peer);
	ck_assert_int_ge(s, 0);
	if (seen_as)
		ck_assert_str_eq(peer, seen_as);
	close(c);
	close(s);
}

/* ---- configuration ---- */

static const struct {
	const char *what, *name, *bridge, *pods, *cluster, *services;
	int mtu, rc;
} configs[] = {
	{ "the usual", "ekube", "ekube0", "10.42.0.0/24", "10.42.0.0/16", "10.43.0.0/16", 0, 0 },
	{ "no cluster known", "ekube", "ekube0", "10.42.0.0/24", NULL, NULL, 1400, 0 },
	{ "no name", "", "ekube0", "10.42.0.0/24", NULL, NULL, 0, EK_EINVALID },
	{ "a name with a slash", "a/b", "ekube0", "10.42.0.0/24", NULL, NULL, 0, EK_EINVALID },
	{ "bridge name too long", "e", "ekube0123456789ab", "10.42.0.0/24", NULL, NULL, 0, EK_EINVALID },
	{ "bridge name with a slash", "e", "a/b", "10.42.0.0/24", NULL, NULL, 0, EK_EINVALID },
	{ "pods outside the cluster", "e", "e0", "10.50.0.0/24", "10.42.0.0/16", NULL, 0, EK_EINVALID },
	{ "cluster smaller than node", "e", "e0", "10.42.0.0/20", "10.42.0.0/24", NULL, 0, EK_EINVALID },
	{ "services among pods", "e", "e0", "10.42.0.0/24", "10.42.0.0/16", "10.42.128.0/17", 0, EK_EINVALID },
	{ "IPv6", "e", "e0", "fd00::/64", NULL, NULL, 0, EK_EINVALID },
	{ "tiny MTU", "e", "e0", "10.42.0.0/24", NULL, NULL, 100, EK_EINVALID },
};

START_TEST(config_is_checked)
{
	struct ek_net_config cfg = { .name = configs[_i].name,
				     .bridge = configs[_i].bridge,
				     .run_dir = "/run/x",
				     .mtu = configs[_i].mtu };
	struct ek_err err = { 0 };

	cfg.pod_cidr = lab_cidr(configs[_i].pods);
	if (configs[_i].cluster)
		cfg.cluster_cidr = lab_cidr(configs[_i].cluster);
	if (configs[_i].services)
		cfg.service_cidr = lab_cidr(configs[_i].services);
	ck_assert_msg(ek_net_config_check(&cfg, &err) == configs[_i].rc, "%s: %s", configs[_i].what,
		      err.msg);
}
END_TEST

START_TEST(link_names_tell_instances_apart)
{
	char a[EK_PODNET_LINK_MAX], b[EK_PODNET_LINK_MAX];

	ek_podnet_link_name("one", "8c2f9e9a-0000-4000-8000-000000000001", a);
	ek_podnet_link_name("one", "8c2f9e9a-0000-4000-8000-000000000002", b);
	ck_assert_str_ne(a, b);
	ck_assert_uint_eq(strlen(a), 15);
	ck_assert(ek_podnet_link_is_ours("one", a) && ek_podnet_link_is_ours("one", b));
	ck_assert(!ek_podnet_link_is_ours("two", a));
	ck_assert(!ek_podnet_link_is_ours("one", "eth0"));
}
END_TEST

/* ---- a pod and the world ---- */

START_TEST(pod_reaches_node_pods_and_the_world)
{
	struct lab lab;
	struct ek_podnet *net;
	struct ek_ip a, b;
	char text[64];
	int in_a, on_node, outside;

	if (!lab_enter(&lab))
		return;
	lab_br_netfilter(_i);
	net = open_net(&lab);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-a", NULL, 0, &a), 0);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-b", NULL, 0, &b), 0);
	ek_ip_format(&a, text);
	ck_assert_str_eq(text, "10.42.0.2");
	in_a = lab_listen(path_of(net, "pod-a"), SOCK_STREAM, "0.0.0.0", 80);
	on_node = lab_listen(NULL, SOCK_STREAM, "0.0.0.0", 6443);
	outside = lab_listen(lab.outside, SOCK_STREAM, "0.0.0.0", 80);

	check_reaches(path_of(net, "pod-b"), NULL, in_a, text, 80,
		      "10.42.0.3"); /* through the node */
	check_reaches(NULL, NULL, in_a, text, 80, "10.42.0.1");
	check_reaches(path_of(net, "pod-b"), NULL, on_node, "192.0.2.1", 6443, "10.42.0.3");
	check_reaches(path_of(net, "pod-b"), NULL, on_node, "10.43.0.10", 6443, "10.42.0.3");
	check_reaches(path_of(net, "pod-b"), NULL, outside, "192.0.2.2", 80,
		      "192.0.2.1"); /* masqueraded */
	check_reaches(path_of(net, "pod-a"), NULL, in_a, "127.0.0.1", 80, "127.0.0.1");

	lab_sysctl(NULL, "ipv4/ip_forward", text);
	ck_assert_str_eq(text, "1");
	ek_podnet_close(net);
	lab_leave(&lab);
}
END_TEST

struct trick {
	struct ek_ip gateway;
	int rc;
};

/* Inside a pod: let 127/8 out through eth0, for a packet to the node's own loopback address. */
static int unlock_loopback(void *arg)
{
	struct trick *t = arg;
	EK_NL struct ek_nl nl = EK_NL_INIT;
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	struct ek_ip home = { 4, { 127, 0, 0, 1 } };
	struct ek_cidr target = { .ip = { 4, { 127, 1, 1, 1 } }, .bits = 32 };
	struct ek_rtnl_link eth0;
	struct ek_err err;
	int rc = ek_sysctl_set("net/ipv4/conf/all/route_localnet", "1", &err);

	if (rc < 0 || ek_nl_open(&nl, NETLINK_ROUTE, &err) < 0 ||
	    ek_rtnl_link_get(&nl, "eth0", &eth0, &err) < 0)
		return -1;
	ek_rtnl_put_addr_del(&b, 1, &home, 8);
	ek_rtnl_put_route(&b, eth0.index, &target, &t->gateway);
	return ek_nl_talk(&nl, &b, NULL, NULL, NULL, &err);
}

/*
 * What NodePorts on 127.0.0.1 need must not open the node's loopback to a pod that knows the
 * trick.
 */
START_TEST(node_loopback_is_out_of_reach)
{
	struct lab lab;
	struct ek_podnet *net;
	struct trick trick = { .gateway = lab_ip("10.42.0.1") };
	int secret, ns;

	if (!lab_enter(&lab))
		return;
	net = open_net(&lab);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-a", NULL, 0, NULL), 0);
	secret = lab_listen(NULL, SOCK_STREAM, "0.0.0.0", 9999);
	ns = ek_netns_open(path_of(net, "pod-a"), NULL);
	ck_assert_int_eq(ek_netns_run(ns, unlock_loopback, &trick, NULL), 0);
	ck_assert_int_eq(lab_connect(path_of(net, "pod-a"), SOCK_STREAM, "10.42.0.2", "127.1.1.1",
				     9999),
			 -ETIMEDOUT);
	if (system("command -v nft >/dev/null && nft flush chain ip lab_pods input") == 0) {
		/* the test tests something: without the rule the trick works */
		int c = lab_connect(path_of(net, "pod-a"), SOCK_STREAM, "10.42.0.2", "127.1.1.1",
				    9999);

		ck_assert_int_ge(c, 0);
		close(c);
	}
	close(ns);
	close(secret);
	ek_podnet_close(net);
	lab_leave(&lab);
}
END_TEST

/* ---- host ports ---- */

START_TEST(host_ports)
{
	struct lab lab;
	struct ek_podnet *net;
	struct ek_podnet_port ports[] = {
		{ .proto = IPPROTO_TCP, .host_port = 8080, .port = 80 },
		{ .proto = IPPROTO_TCP,
		  .host_port = 8081,
		  .port = 80,
		  .host_ip = lab_ip("192.0.2.1") },
	};
	int in_a;

	if (!lab_enter(&lab))
		return;
	lab_br_netfilter(_i);
	net = open_net(&lab);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-a", ports, 2, NULL), 0);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-b", NULL, 0, NULL), 0);
	in_a = lab_listen(path_of(net, "pod-a"), SOCK_STREAM, "0.0.0.0", 80);

	check_reaches(lab.outside, NULL, in_a, "192.0.2.1", 8080, "192.0.2.2");
	check_reaches(lab.outside, NULL, in_a, "192.0.2.1", 8081, "192.0.2.2");
	check_reaches(NULL, NULL, in_a, "127.0.0.1", 8080, "10.42.0.1");
	check_reaches(NULL, NULL, in_a, "192.0.2.1", 8080, NULL);
	check_reaches(path_of(net, "pod-b"), NULL, in_a, "192.0.2.1", 8080, "10.42.0.3");
	check_reaches(path_of(net, "pod-a"), NULL, in_a, "192.0.2.1", 8080,
		      "10.42.0.1"); /* itself */
	ck_assert_int_eq(lab_connect(NULL, SOCK_STREAM, NULL, "127.0.0.1", 8081), -ECONNREFUSED);

	/* another pod cannot have them, on whatever address */
	ports[0].host_ip = lab_ip("192.0.2.1");
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-c", ports, 1, NULL), -EADDRINUSE);
	lab_settle(&lab, net);
	ck_assert_ptr_null(ek_podnet_get(net, "pod-c"));

	/* asked again with other ports: the difference is applied */
	ports[0] = (struct ek_podnet_port){ .proto = IPPROTO_TCP, .host_port = 8088, .port = 80 };
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-a", ports, 1, NULL), 0);
	check_reaches(lab.outside, NULL, in_a, "192.0.2.1", 8088, "192.0.2.2");
	ck_assert_int_eq(lab_connect(lab.outside, SOCK_STREAM, NULL, "192.0.2.1", 8080),
			 -ECONNREFUSED);

	/* gone with the pod */
	ek_podnet_down(net, "pod-a");
	ck_assert_int_eq(lab_connect(lab.outside, SOCK_STREAM, NULL, "192.0.2.1", 8088),
			 -ECONNREFUSED);
	lab_settle(&lab, net);
	ek_podnet_close(net);
	lab_leave(&lab);
}
END_TEST

START_TEST(udp_host_port)
{
	struct lab lab;
	struct ek_podnet *net;
	struct ek_podnet_port port = { .proto = IPPROTO_UDP, .host_port = 5353, .port = 53 };
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char buf[8];
	int in_a, c;

	if (!lab_enter(&lab))
		return;
	net = open_net(&lab);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-a", &port, 1, NULL), 0);
	in_a = lab_listen(path_of(net, "pod-a"), SOCK_DGRAM, "0.0.0.0", 53);
	c = lab_connect(lab.outside, SOCK_DGRAM, NULL, "192.0.2.1", 5353);
	ck_assert_int_eq(send(c, "ping", 4, 0), 4);
	ck_assert_int_eq(recvfrom(in_a, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len), 4);
	ck_assert_int_eq(sendto(in_a, "pong", 4, 0, (struct sockaddr *)&from, len), 4);
	ck_assert_int_eq(recv(c, buf, sizeof(buf), 0), 4);
	ck_assert_mem_eq(buf, "pong", 4);
	ek_podnet_close(net);
	lab_leave(&lab);
}
END_TEST

/* ---- crash-only ---- */

/* The loop dies, the pods do not: a new process finds addresses, ports and traffic as they were. */
START_TEST(restart_takes_pods_back)
{
	struct lab lab;
	struct ek_podnet *net;
	struct ek_podnet_port port = { .proto = IPPROTO_TCP, .host_port = 8080, .port = 80 };
	struct ek_ip ip;
	char text[46];
	int in_a, conn, peer;

	if (!lab_enter(&lab))
		return;
	net = open_net(&lab);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-a", &port, 1, &ip), 0);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-b", NULL, 0, NULL), 0);
	in_a = lab_listen(path_of(net, "pod-a"), SOCK_STREAM, "0.0.0.0", 80);
	conn = lab_connect(lab.outside, SOCK_STREAM, NULL, "192.0.2.1", 8080);
	peer = lab_accept(in_a, 1000, NULL);
	ek_podnet_close(net);

	net = open_net(&lab);
	ck_assert_int_eq(send(conn, "x", 1, 0), 1); /* the old connection lives */
	ck_assert_int_eq(recv(peer, text, 1, 0), 1);
	ck_assert_ptr_nonnull(ek_podnet_get(net, "pod-a"));
	ck_assert_ptr_nonnull(ek_podnet_get(net, "pod-b"));
	ck_assert(ek_ip_equal(&ek_podnet_get(net, "pod-a")->ip, &ip));
	ck_assert_uint_eq(ek_podnet_get(net, "pod-a")->n_ports, 1);
	check_reaches(lab.outside, NULL, in_a, "192.0.2.1", 8080, "192.0.2.2");
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-c", NULL, 0, &ip), 0);
	ek_ip_format(&ip, text);
	ck_assert_str_eq(text, "10.42.0.4"); /* nobody else's */
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-d", &port, 1, NULL), -EADDRINUSE);
	lab_settle(&lab, net);
	ek_podnet_close(net);
	lab_leave(&lab);
}
END_TEST

static int count_links(void *arg, const struct ek_rtnl_link *link)
{
	if (ek_podnet_link_is_ours("lab", link->name))
		++*(int *)arg;
	return 0;
}

static int links(void)
{
	EK_NL struct ek_nl nl = EK_NL_INIT;
	int n = 0;

	ck_assert_int_eq(ek_nl_open(&nl, NETLINK_ROUTE, NULL), 0);
	ck_assert_int_eq(ek_rtnl_link_each(&nl, count_links, &n, NULL), 0);
	return n;
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* Every moment a kill can fall on leaves something that the next start removes. */
START_TEST(half_made_pods_go)
{
	static const uint8_t mac[6] = { 2 };
	struct lab lab;
	struct ek_podnet *net;
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	EK_NL struct ek_nl nl = EK_NL_INIT;
	char path[128], link[EK_PODNET_LINK_MAX];
	struct ek_ip ip;
	int ns;

	if (!lab_enter(&lab))
		return;
	net = open_net(&lab);
	ck_assert_int_eq(lab_pod_up(&lab, net, "whole", NULL, 0, NULL), 0);
	ck_assert_int_eq(lab_pod_up(&lab, net, "unpinned", NULL, 0, NULL), 0);
	ek_podnet_close(net);
	ck_assert_int_eq(ek_nl_open(&nl, NETLINK_ROUTE, NULL), 0);

	/* a file, not yet a namespace */
	(void)snprintf(path, sizeof(path), "%s/netns/file", lab.run_dir);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	/* a namespace without an interface */
	(void)snprintf(path, sizeof(path), "%s/netns/bare", lab.run_dir);
	ck_assert_int_eq(ek_netns_create(path, nothing, NULL, NULL), 0);
	/* with an interface that has no alias yet */
	(void)snprintf(path, sizeof(path), "%s/netns/early", lab.run_dir);
	ck_assert_int_eq(ek_netns_create(path, nothing, NULL, NULL), 0);
	ns = ek_netns_open(path, NULL);
	ek_podnet_link_name("lab", "early", link);
	ek_rtnl_put_veth(&b, link, "eth0", mac, ns, 1500);
	ck_assert_int_eq(ek_nl_talk(&nl, &b, NULL, NULL, NULL, NULL), 0);
	close(ns);
	/* the pin is gone, the interface not yet */
	ns = ek_netns_open(EK_F("%s/netns/unpinned", lab.run_dir), NULL);
	ck_assert_int_eq(ek_netns_delete(EK_F("%s/netns/unpinned", lab.run_dir), NULL), 0);

	ck_assert_int_eq(links(), 3);
	net = open_net(&lab);
	ck_assert_int_eq(lab_pod_up(&lab, net, "early", NULL, 0, &ip),
			 0); /* waits for the removal */
	lab_settle(&lab, net);
	ck_assert_ptr_nonnull(ek_podnet_get(net, "whole"));
	ck_assert_ptr_null(ek_podnet_get(net, "unpinned"));
	ck_assert_int_eq(links(), 2);
	ck_assert_int_lt(access(EK_F("%s/netns/file", lab.run_dir), F_OK), 0);
	ck_assert_int_lt(access(EK_F("%s/netns/bare", lab.run_dir), F_OK), 0);
	close(ns);
	ek_podnet_close(net);
	lab_leave(&lab);
}
END_TEST

START_TEST(bridge_and_table_heal)
{
	struct lab lab;
	struct ek_podnet *net;
	struct ek_podnet_port port = { .proto = IPPROTO_TCP, .host_port = 8080, .port = 80 };
	EK_NL struct ek_nl nl = EK_NL_INIT;
	int in_a;

	if (!lab_enter(&lab))
		return;
	net = open_net(&lab);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-a", &port, 1, NULL), 0);
	in_a = lab_listen(path_of(net, "pod-a"), SOCK_STREAM, "0.0.0.0", 80);
	ek_podnet_close(net);
	ck_assert_int_eq(ek_nl_open(&nl, NETLINK_ROUTE, NULL), 0);
	ck_assert_int_eq(ek_rtnl_link_del(&nl, "lab0", NULL), 0);

	net = open_net(&lab);
	check_reaches(lab.outside, NULL, in_a, "192.0.2.1", 8080, "192.0.2.2");
	/* somebody ran "nft flush ruleset": the next change brings everything back */
	if (system("command -v nft >/dev/null && nft flush ruleset") == 0) {
		ck_assert_int_eq(lab_connect(lab.outside, SOCK_STREAM, NULL, "192.0.2.1", 8080),
				 -ECONNREFUSED);
		ck_assert_int_eq(lab_pod_up(&lab, net, "pod-b", NULL, 0, NULL), 0);
		check_reaches(lab.outside, NULL, in_a, "192.0.2.1", 8080, "192.0.2.2");
	}
	ek_podnet_close(net);
	lab_leave(&lab);
}
END_TEST

/* What "iptables -P FORWARD DROP" leaves behind, as Docker and ufw do it. */
static void make_forward_chain(const char *table, const char *name)
{
	EK_NL struct ek_nl nl = EK_NL_INIT;
	EK_NFT_BATCH struct ek_nft_batch b;
	struct ek_nft_rule r;

	ck_assert_int_eq(ek_nl_open(&nl, NETLINK_NETFILTER, NULL), 0);
	ek_nft_begin(&b, table);
	ek_nft_table(&b);
	ek_nft_base_chain_drop(&b, name, "filter", EK_NF_FORWARD, EK_NF_PRIO_FILTER);
	ek_nft_rule_begin(&r, &b, name); /* theirs, to be left alone */
	ek_nft_if_name(&r, NFT_META_IIFNAME, true, "docker0");
	ek_nft_verdict(&r, EK_NF_ACCEPT, NULL);
	ek_nft_rule_end(&r);
	ck_assert_int_eq(ek_nft_commit(&b, &nl, NULL), 0);
}

static int count_rule(void *arg, unsigned type, const void *payload, size_t n)
{
	static const char tag[] = "ekube lab";

	(void)type;
	*(int *)arg += memmem(payload, n, tag, sizeof(tag)) != NULL;
	return 0;
}

/* How many of their rules carry our name. */
static int admission_rules(void)
{
	EK_NL struct ek_nl nl = EK_NL_INIT;
	EK_BUF struct ek_buf b = EK_BUF_INIT(4096);
	struct nfgenmsg g = { .nfgen_family = AF_INET };
	size_t at = ek_nl_msg(&b, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE, NLM_F_DUMP, &g,
			      sizeof(g));
	int n = 0;

	ek_nl_put_str(&b, NFTA_RULE_TABLE, "filter");
	ek_nl_msg_end(&b, at);
	ck_assert_int_eq(ek_nl_open(&nl, NETLINK_NETFILTER, NULL), 0);
	ck_assert_int_eq(ek_nl_talk(&nl, &b, count_rule, &n, NULL, NULL), 0);
	return n;
}

START_TEST(other_firewalls_let_pods_through)
{
	struct lab lab;
	struct ek_podnet *net;
	struct ek_net_config cfg;
	int in_a, outside;

	if (!lab_enter(&lab))
		return;
	cfg = lab_config(&lab);
	if (_i == 0)
		make_forward_chain("filter", "FORWARD");
	net = open_net(&lab);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-a", NULL, 0, NULL), 0);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-b", NULL, 0, NULL), 0);
	in_a = lab_listen(path_of(net, "pod-a"), SOCK_STREAM, "0.0.0.0", 80);
	outside = lab_listen(lab.outside, SOCK_STREAM, "0.0.0.0", 80);
	if (_i == 1) { /* the other one starts later */
		make_forward_chain("filter", "FORWARD");
		for (int i = 0; i < 600; i++) {
			(void)ek_loop_turn(lab.loop);
			usleep(1000);
		}
	}
	check_reaches(path_of(net, "pod-a"), NULL, outside, "192.0.2.2", 80, "192.0.2.1");
	check_reaches(path_of(net, "pod-b"), NULL, in_a, "10.42.0.2", 80, "10.42.0.3");
	ek_podnet_close(net);
	net = open_net(&lab); /* again: not a second pair of rules */
	ek_podnet_close(net);
	ck_assert_int_eq(admission_rules(), 2);
	ck_assert_int_eq(ek_net_remove(&cfg, NULL), 0);
	ck_assert_int_eq(admission_rules(), 0);
	lab_leave(&lab);
}
END_TEST

START_TEST(up_down_races)
{
	struct lab lab;
	struct ek_podnet *net;
	struct ek_ip first, again;

	if (!lab_enter(&lab))
		return;
	net = open_net(&lab);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-a", NULL, 0, &first), 0);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-a", NULL, 0, &again), 0); /* has it already */
	ck_assert(ek_ip_equal(&first, &again));
	ek_podnet_down(net, "pod-a");
	ck_assert_ptr_null(ek_podnet_get(net, "pod-a"));
	ek_podnet_down(net, "pod-a");
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-a", NULL, 0, &again),
			 0);			 /* after the removal */
	ck_assert(!ek_ip_equal(&first, &again)); /* addresses rest before they are used again */
	ek_podnet_down(net, "pod-a");
	ek_podnet_down(net, "never-was");
	lab_settle(&lab, net);
	ck_assert_int_eq(links(), 0);
	ck_assert_int_eq(lab_pod_up(&lab, net, "../etc", NULL, 0, NULL), EK_EINVALID);
	ek_podnet_close(net);
	lab_leave(&lab);
}
END_TEST

static void on_up(struct ek_podnet_up *up, int rc)
{
	(void)up;
	ck_assert_int_eq(rc, 0);
}

/* SIGTERM comes at any time: what is under way ends in its own time. */
START_TEST(closing_waits_for_nobody)
{
	struct lab lab;
	struct ek_podnet *net;
	struct ek_podnet_up ups[3] = { 0 };

	if (!lab_enter(&lab))
		return;
	net = open_net(&lab);
	ck_assert_int_eq(lab_pod_up(&lab, net, "leaving", NULL, 0, NULL), 0);
	for (int i = 0; i < 3; i++) {
		ups[i] = (struct ek_podnet_up){ .id = i == 2 ? "leaving" : EK_F("pod-%d", i),
						.done = on_up };
		if (i == 2)
			ek_podnet_down(net, "leaving");
		ek_podnet_up(net, &ups[i]);
	}
	ek_podnet_close(net);
	for (int i = 0; i < 200; i++) {
		(void)ek_loop_turn(lab.loop);
		usleep(1000);
	}
	net = open_net(&lab);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_nonnull(ek_podnet_get(net, ups[i].id_copy));
	ek_podnet_close(net);
	lab_leave(&lab);
}
END_TEST

START_TEST(address_block_runs_out_and_recovers)
{
	struct lab lab;
	struct ek_podnet *net = NULL;
	struct ek_net_config cfg;
	struct ek_err err = { 0 };

	if (!lab_enter(&lab))
		return;
	cfg = lab_config(&lab);
	cfg.pod_cidr = lab_cidr("10.42.0.0/29"); /* 8 - network, bridge, broadcast = 5 */
	ck_assert_int_eq(ek_podnet_open(lab.loop, &cfg, &net, &err), 0);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(lab_pod_up(&lab, net, EK_F("pod-%d", i), NULL, 0, NULL), 0);
	ck_assert_int_eq(lab_pod_up(&lab, net, "one-too-many", NULL, 0, NULL), EK_ETOOMANY);
	ek_podnet_down(net, "pod-3");
	lab_settle(&lab, net);
	ck_assert_int_eq(lab_pod_up(&lab, net, "fits-again", NULL, 0, NULL), 0);
	ek_podnet_close(net);
	lab_leave(&lab);
}
END_TEST

START_TEST(instances_do_not_meet)
{
	struct lab lab;
	struct ek_podnet *one, *two = NULL;
	struct ek_net_config cfg;
	struct ek_err err = { 0 };
	int in_a;

	if (!lab_enter(&lab))
		return;
	one = open_net(&lab);
	cfg = lab_config(&lab);
	cfg.name = "other";
	cfg.bridge = "other0";
	cfg.run_dir = EK_F("%s/other", lab.run_dir);
	cfg.pod_cidr = lab_cidr("10.52.0.0/24");
	cfg.cluster_cidr = lab_cidr("10.52.0.0/16");
	cfg.service_cidr = lab_cidr("10.53.0.0/16");
	cfg.n_local = 0;
	ck_assert_int_eq(ek_podnet_open(lab.loop, &cfg, &two, &err), 0);
	ck_assert_int_eq(lab_pod_up(&lab, one, "pod-a", NULL, 0, NULL), 0);
	ck_assert_int_eq(lab_pod_up(&lab, two, "pod-a", NULL, 0, NULL), 0);
	in_a = lab_listen(path_of(one, "pod-a"), SOCK_STREAM, "0.0.0.0", 80);
	ek_podnet_close(two);
	ck_assert_msg(ek_net_remove(&cfg, &err) == 0, "%s", err.msg);
	check_reaches(NULL, NULL, in_a, "10.42.0.2", 80, "10.42.0.1");
	ck_assert_int_eq(links(), 1);
	ek_podnet_close(one);
	lab_leave(&lab);
}
END_TEST

START_TEST(remove_leaves_nothing)
{
	struct lab lab;
	struct ek_podnet *net;
	struct ek_net_config cfg;
	EK_NL struct ek_nl nl = EK_NL_INIT;
	struct ek_rtnl_link link;
	struct ek_err err = { 0 };

	if (!lab_enter(&lab))
		return;
	cfg = lab_config(&lab);
	net = open_net(&lab);
	ck_assert_int_eq(lab_pod_up(&lab, net, "pod-a", NULL, 0, NULL), 0);
	ek_podnet_close(net);
	for (int i = 0; i < 2; i++) /* again: nothing there is no error */
		ck_assert_msg(ek_net_remove(&cfg, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(ek_nl_open(&nl, NETLINK_ROUTE, NULL), 0);
	ck_assert_int_eq(ek_rtnl_link_get(&nl, "lab0", &link, NULL), EK_ENOTFOUND);
	ck_assert_int_eq(links(), 0);
	ck_assert_int_lt(access(EK_F("%s/netns", lab.run_dir), F_OK), 0);
	lab_leave(&lab);
}
END_TEST

START_TEST(bridge_name_taken_by_something_else)
{
	static const uint8_t mac[6] = { 2 };
	struct lab lab;
	struct ek_podnet *net = NULL;
	struct ek_net_config cfg;
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	EK_NL struct ek_nl nl = EK_NL_INIT;
	struct ek_err err = { 0 };
	int ns;

	if (!lab_enter(&lab))
		return;
	ns = ek_netns_open(lab.outside, NULL);
	ck_assert_int_eq(ek_nl_open(&nl, NETLINK_ROUTE, NULL), 0);
	ek_rtnl_put_veth(&b, "lab0", "x", mac, ns, 1500);
	ck_assert_int_eq(ek_nl_talk(&nl, &b, NULL, NULL, NULL, NULL), 0);
	cfg = lab_config(&lab);
	ck_assert_int_eq(ek_podnet_open(lab.loop, &cfg, &net, &err), EK_EINVALID);
	ck_assert_ptr_nonnull(strstr(err.msg, "is no bridge"));
	close(ns);
	lab_leave(&lab);
}
END_TEST

static const int off_on[] = { 0, 1 }; /* br_netfilter */

EK_TESTS("net/podnet", EK_ROWS(config_is_checked, configs), link_names_tell_instances_apart,
	 EK_ROWS(pod_reaches_node_pods_and_the_world, off_on), node_loopback_is_out_of_reach,
	 EK_ROWS(host_ports, off_on), udp_host_port, restart_takes_pods_back, half_made_pods_go,
	 bridge_and_table_heal, EK_ROWS(other_firewalls_let_pods_through, off_on), up_down_races,
	 closing_waits_for_nobody, address_block_runs_out_and_recovers, instances_do_not_meet,
	 remove_leaves_nothing, bridge_name_taken_by_something_else)
