/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/net_services.h>
#include <ekube/vec.h>

#include "ek_test.h"
#include "net/lab.h"
#include "nft.h"

/* A node with pods that serve, and whoever connects to them through Services. */

enum { BACKENDS_MAX = 8 };

struct world {
	struct lab lab;
	struct ek_net_config cfg;
	struct ek_podnet *net;
	struct ek_svcdir *dir;
	struct ek_services *services;
	int  tcp[BACKENDS_MAX], udp[BACKENDS_MAX]; /* listening in pod-0, pod-1 ... */
	char ip[BACKENDS_MAX][46];
	int  n;
};

static struct ek_json *json(const char *text)
{
	char *copy = ek_str_dup(text);
	struct ek_json *v = NULL;
	struct ek_err err = { 0 };

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	ck_assert_msg(ek_json_parse(copy, strlen(copy), 1 << 20, &v, NULL, &err) == 0, "%s: %s",
		      err.msg, copy);
	free(copy);
	return v;
}

static void settle(struct world *w)
{
	do {
		while (ek_loop_turn(w->lab.loop))
			;
		usleep(500);
	} while (!ek_services_idle(w->services));
}

static void start_services(struct world *w)
{
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_services_open(w->lab.loop, &w->cfg, w->dir, &w->services, &err), 0);
	ck_assert_msg(ek_services_start(w->services, &err) == 0, "%s", err.msg);
	settle(w);
}

static const char *pod(const struct world *w, int i)
{
	return ek_podnet_get(w->net, EK_F("pod-%d", i))->netns;
}

/* n pods, each with a TCP and a UDP server on port 80. */
static bool enter(struct world *w, int n)
{
	struct ek_err err = { 0 };

	*w = (struct world){ .n = n };
	if (!lab_enter(&w->lab))
		return false;
	w->cfg = lab_config(&w->lab);
	w->dir = ek_svcdir_new("node-1");
	ck_assert_msg(ek_podnet_open(w->lab.loop, &w->cfg, &w->net, &err) == 0, "%s", err.msg);
	for (int i = 0; i < n; i++) {
		struct ek_ip ip;

		ck_assert_int_eq(lab_pod_up(&w->lab, w->net, EK_F("pod-%d", i), NULL, 0, &ip), 0);
		ek_ip_format(&ip, w->ip[i]);
		w->tcp[i] = lab_listen(pod(w, i), SOCK_STREAM, "0.0.0.0", 80);
		w->udp[i] = lab_listen(pod(w, i), SOCK_DGRAM, "0.0.0.0", 80);
	}
	start_services(w);
	return true;
}

static void leave(struct world *w)
{
	settle(w);
	ek_services_close(w->services);
	ek_svcdir_free(w->dir);
	lab_settle(&w->lab, w->net);
	ek_podnet_close(w->net);
	lab_leave(&w->lab);
}

static void set_service(struct world *w, const char *name, const char *ip, const char *more)
{
	EK_FREE char *text = ek_str_fmt("{'metadata':{'name':'%s','namespace':'default'},"
					"'spec':{'clusterIP':'%s'%s}}",
					name, ip, more);
	EK_JSON struct ek_json *v = json(text);

	ck_assert_int_eq(ek_svcdir_set_service(w->dir, v, NULL), 0);
	settle(w);
}

#define TCP80 ",'ports':[{'port':80}]"
#define UDP80 ",'ports':[{'port':80,'protocol':'UDP'}]"
#define NODE80 ",'ports':[{'port':80,'nodePort':30080}]"
#define STICKY ",'sessionAffinity':'ClientIP'"

/* Endpoints: the pods whose digits are in `who`; with "@" they run on another node. */
static void set_slice(struct world *w, const char *service, const char *who)
{
	struct ek_buf b = EK_BUF_INIT(1 << 16);
	const char *node = strchr(who, '@') ? "other" : "node-1", *comma = "";
	EK_JSON struct ek_json *v = NULL;

	(void)ek_buf_fmt(&b,
			 "{'metadata':{'name':'%s-1','namespace':'default','labels':"
			 "{'kubernetes.io/service-name':'%s'}},'addressType':'IPv4',"
			 "'ports':[{'port':80},{'port':80,'protocol':'UDP'}],'endpoints':[",
			 service, service);
	for (const char *c = who; *c; c++) {
		if (*c == '@')
			continue;
		(void)ek_buf_fmt(&b, "%s{'addresses':['%s'],'nodeName':'%s'}", comma,
				 w->ip[*c - '0'], node);
		comma = ",";
	}
	(void)ek_buf_str(&b, "]}");
	v = json(b.data);
	ek_buf_done(&b);
	ck_assert_int_eq(ek_svcdir_set_slice(w->dir, v, NULL), 0);
	settle(w);
}

/* Which backend a new connection ends at; -errno when at none. */
static int reach_as(struct world *w, const char *where, const char *from, const char *ip, int port,
		    char peer[46])
{
	struct pollfd fds[BACKENDS_MAX];
	int c = lab_connect(where, SOCK_STREAM, from, ip, port), at = -1;

	if (c < 0)
		return c;
	for (int i = 0; i < w->n; i++)
		fds[i] = (struct pollfd){ .fd = w->tcp[i], .events = POLLIN };
	ck_assert_int_gt(poll(fds, (nfds_t)w->n, 1000), 0);
	for (int i = 0; i < w->n; i++) {
		if (!fds[i].revents)
			continue;
		ck_assert_int_eq(at, -1);
		at = i;
		close(lab_accept(w->tcp[i], 0, peer));
	}
	close(c);
	return at;
}

static int reach(struct world *w, const char *where, const char *ip, int port)
{
	return reach_as(w, where, NULL, ip, port, NULL);
}

/* ---- balance ---- */

static const int off_on[] = { 0, 1 }; /* br_netfilter */

START_TEST(cluster_address_is_balanced)
{
	struct world w;
	int seen[3] = { 0 };
	char peer[46];

	if (!enter(&w, 4))
		return;
	lab_br_netfilter(_i);
	set_service(&w, "web", "10.43.0.1", TCP80);
	set_slice(&w, "web", "012");
	for (int i = 0; i < 60; i++) {
		int at = reach(&w, pod(&w, 3), "10.43.0.1", 80);

		ck_assert_int_ge(at, 0);
		ck_assert_int_lt(at, 3);
		seen[at]++;
	}
	for (int i = 0; i < 3; i++) /* 20 expected; below 4 once in a million */
		ck_assert_int_ge(seen[i], 4);
	ck_assert_int_ge(reach(&w, NULL, "10.43.0.1", 80), 0); /* the node itself */
	/* a pod is seen as itself, and hears from itself through the node */
	ck_assert_int_ge(reach_as(&w, pod(&w, 3), NULL, "10.43.0.1", 80, peer), 0);
	ck_assert_str_eq(peer, w.ip[3]);
	set_slice(&w, "web", "3");
	ck_assert_int_eq(reach_as(&w, pod(&w, 3), NULL, "10.43.0.1", 80, peer), 3);
	ck_assert_str_eq(peer, "10.42.0.1");
	leave(&w);
}
END_TEST

START_TEST(nobody_there_is_refused)
{
	struct world w;

	if (!enter(&w, 2))
		return;
	set_service(&w, "web", "10.43.0.1", NODE80 ",'externalIPs':['192.0.2.99']");
	ck_assert_int_eq(reach(&w, pod(&w, 1), "10.43.0.1", 80), -ECONNREFUSED);
	ck_assert_int_eq(reach(&w, NULL, "10.43.0.1", 80), -ECONNREFUSED);
	ck_assert_int_eq(reach(&w, pod(&w, 1), "10.43.0.1", 81), -ECONNREFUSED); /* no such port */
	ck_assert_int_eq(reach(&w, pod(&w, 1), "10.43.7.7", 80),
			 -ECONNREFUSED); /* no such Service */
	ck_assert_int_eq(reach(&w, w.lab.outside, "192.0.2.1", 30080), -ECONNREFUSED);
	ck_assert_int_eq(reach(&w, pod(&w, 1), "192.0.2.99", 80), -ECONNREFUSED);
	ck_assert_int_eq(reach(&w, NULL, "127.0.0.1", 30080), -ECONNREFUSED);
	set_slice(&w, "web", "0");
	ck_assert_int_eq(reach(&w, pod(&w, 1), "10.43.0.1", 80), 0);
	ck_assert_int_eq(reach(&w, w.lab.outside, "192.0.2.1", 30080), 0);
	ck_assert_int_eq(reach(&w, pod(&w, 1), "192.0.2.99", 80), 0);
	set_slice(&w, "web", "");
	ck_assert_int_eq(reach(&w, pod(&w, 1), "10.43.0.1", 80), -ECONNREFUSED);
	ek_svcdir_del_service(w.dir, "default", "web");
	settle(&w);
	ck_assert_int_eq(reach(&w, w.lab.outside, "192.0.2.1", 30080), -ECONNREFUSED);
	leave(&w);
}
END_TEST

/* The cluster's DNS is an address of the node inside the Service block: nothing may reject it. */
START_TEST(own_addresses_are_left_alone)
{
	struct world w;
	int here, c;

	if (!enter(&w, 1))
		return;
	set_service(&w, "kube-dns", "10.43.0.10", ",'ports':[{'port':53}]");
	here = lab_listen(NULL, SOCK_STREAM, "10.43.0.10", 53);
	for (int i = 0; i < 2; i++) {
		c = lab_connect(i ? pod(&w, 0) : NULL, SOCK_STREAM, NULL, "10.43.0.10", 53);
		ck_assert_int_ge(c, 0);
		close(lab_accept(here, 1000, NULL));
		close(c);
	}
	leave(&w);
}
END_TEST

START_TEST(node_port)
{
	struct world w;
	char peer[46];

	if (!enter(&w, 2))
		return;
	lab_br_netfilter(_i);
	set_service(&w, "web", "10.43.0.1", NODE80 ",'externalIPs':['192.0.2.99']");
	set_slice(&w, "web", "0");
	ck_assert_int_eq(reach_as(&w, w.lab.outside, NULL, "192.0.2.1", 30080, peer), 0);
	ck_assert_str_eq(peer, "10.42.0.1"); /* policy Cluster: the answer comes back through us */
	ck_assert_int_eq(reach(&w, NULL, "192.0.2.1", 30080), 0);
	ck_assert_int_eq(reach(&w, NULL, "127.0.0.1", 30080), 0);
	ck_assert_int_eq(reach(&w, pod(&w, 1), "192.0.2.1", 30080), 0);
	ck_assert_int_eq(reach(&w, pod(&w, 0), "192.0.2.1", 30080), 0); /* itself */
	ck_assert_int_eq(reach(&w, pod(&w, 1), "192.0.2.99", 80), 0);
	ck_assert_int_eq(reach(&w, NULL, "192.0.2.99", 80), 0);
	leave(&w);
}
END_TEST

START_TEST(load_balancer_address)
{
	struct world w;
	EK_JSON struct ek_json *v =
		json("{'metadata':{'name':'web','namespace':'default'},'spec':"
		     "{'clusterIP':'10.43.0.1','ports':[{'port':80}]},"
		     "'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.1'}]}}}");

	if (!enter(&w, 2))
		return;
	ck_assert_int_eq(ek_svcdir_set_service(w.dir, v, NULL), 0);
	set_slice(&w, "web", "0");
	ck_assert_int_eq(reach(&w, w.lab.outside, "192.0.2.1", 80), 0);
	ck_assert_int_eq(reach(&w, pod(&w, 1), "192.0.2.1", 80), 0);
	leave(&w);
}
END_TEST

START_TEST(external_policy_local)
{
	struct world w;
	char peer[46];

	if (!enter(&w, 2))
		return;
	set_service(&w, "web", "10.43.0.1", NODE80 ",'externalTrafficPolicy':'Local'");
	set_slice(&w, "web", "0");
	ck_assert_int_eq(reach_as(&w, w.lab.outside, NULL, "192.0.2.1", 30080, peer), 0);
	ck_assert_str_eq(peer, "192.0.2.2"); /* the client's own address is what this is for */
	ck_assert_int_eq(reach(&w, NULL, "192.0.2.1", 30080), 0);
	ck_assert_int_eq(reach(&w, NULL, "127.0.0.1", 30080), 0);
	ck_assert_int_eq(reach(&w, pod(&w, 1), "192.0.2.1", 30080), 0);
	set_slice(&w, "web", "@0"); /* nobody on this node: outside hears nothing, inside goes on */
	ck_assert_int_eq(reach(&w, w.lab.outside, "192.0.2.1", 30080), -ETIMEDOUT);
	ck_assert_int_eq(reach(&w, pod(&w, 1), "192.0.2.1", 30080), 0);
	ck_assert_int_eq(reach(&w, NULL, "192.0.2.1", 30080), 0);
	ck_assert_int_eq(reach(&w, pod(&w, 1), "10.43.0.1", 80), 0);
	leave(&w);
}
END_TEST

START_TEST(internal_policy_local)
{
	struct world w;

	if (!enter(&w, 2))
		return;
	set_service(&w, "web", "10.43.0.1", TCP80 ",'internalTrafficPolicy':'Local'");
	set_slice(&w, "web", "0");
	ck_assert_int_eq(reach(&w, pod(&w, 1), "10.43.0.1", 80), 0);
	set_slice(&w, "web", "@0");
	ck_assert_int_eq(reach(&w, pod(&w, 1), "10.43.0.1", 80), -ETIMEDOUT);
	leave(&w);
}
END_TEST

/* ---- affinity ---- */

START_TEST(client_stays_with_its_endpoint)
{
	struct world w;
	int at, other, moved = 0;

	if (!enter(&w, 5))
		return;
	set_service(&w, "web", "10.43.0.1", NODE80 STICKY);
	set_slice(&w, "web", "0123");
	at = reach(&w, pod(&w, 4), "10.43.0.1", 80);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(reach(&w, pod(&w, 4), "10.43.0.1", 80), at);
	other = reach(&w, w.lab.outside, "192.0.2.1", 30080);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(reach(&w, w.lab.outside, "192.0.2.1", 30080), other);

	/* a restart does not make clients wander */
	ek_services_close(w.services);
	start_services(&w);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(reach(&w, pod(&w, 4), "10.43.0.1", 80), at);

	/*
	 * its endpoint goes: it settles on another, though the old one is still in the kernel's
	 * memory
	 */
	set_slice(&w, "web", at == 0 ? "123" : at == 1 ? "023" : at == 2 ? "013" : "012");
	other = reach(&w, pod(&w, 4), "10.43.0.1", 80);
	ck_assert_int_ge(other, 0);
	ck_assert_int_ne(other, at);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(reach(&w, pod(&w, 4), "10.43.0.1", 80), other);

	/* and stays there when the first comes back */
	set_slice(&w, "web", "0123");
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(reach(&w, pod(&w, 4), "10.43.0.1", 80), other);

	set_service(&w, "web", "10.43.0.1", NODE80); /* no affinity any more */
	for (int i = 0; i < 40; i++)
		moved += reach(&w, pod(&w, 4), "10.43.0.1", 80) != other;
	ck_assert_int_gt(moved, 10);
	leave(&w);
}
END_TEST

START_TEST(affinity_times_out)
{
	struct world w;
	int first, moved = 0;

	if (!enter(&w, 5))
		return;
	set_service(&w, "web", "10.43.0.1",
		    TCP80 STICKY ",'sessionAffinityConfig':{'clientIP':{'timeoutSeconds':1}}");
	set_slice(&w, "web", "0123");
	first = reach(&w, pod(&w, 4), "10.43.0.1", 80);
	for (int i = 0; i < 3; i++) { /* each visit renews it */
		usleep(600 * 1000);
		ck_assert_int_eq(reach(&w, pod(&w, 4), "10.43.0.1", 80), first);
	}
	for (int i = 0; i < 8 && !moved; i++) {
		usleep(1200 * 1000);
		moved = reach(&w, pod(&w, 4), "10.43.0.1", 80) != first;
	}
	ck_assert_int_eq(moved, 1);
	leave(&w);
}
END_TEST

/* ---- UDP ---- */

/* Send one datagram; which backend got it, -1 when none did. */
static int ping(struct world *w, int c)
{
	struct pollfd fds[BACKENDS_MAX];
	char buf[16];
	int at = -1;

	(void)recv(c, buf, sizeof(buf), MSG_DONTWAIT); /* an ICMP error from before */
	ck_assert_int_eq(send(c, "ping", 4, 0), 4);
	for (int i = 0; i < w->n; i++)
		fds[i] = (struct pollfd){ .fd = w->udp[i], .events = POLLIN };
	if (poll(fds, (nfds_t)w->n, 300) <= 0)
		return -1;
	for (int i = 0; i < w->n; i++)
		if (fds[i].revents && recv(w->udp[i], buf, sizeof(buf), 0) == 4)
			at = i;
	return at;
}

START_TEST(udp_follows_its_endpoints)
{
	struct world w;
	int c, node_client;

	if (!enter(&w, 3))
		return;
	/*
	 * somebody talks before there is anybody: the entry conntrack makes must not outlive that
	 */
	c = lab_connect(pod(&w, 2), SOCK_DGRAM, NULL, "10.43.0.1", 80);
	node_client = lab_connect(w.lab.outside, SOCK_DGRAM, NULL, "192.0.2.1", 30080);
	ck_assert_int_eq(ping(&w, c), -1);
	ck_assert_int_eq(ping(&w, node_client), -1);
	set_service(&w, "dns", "10.43.0.1",
		    ",'ports':[{'port':80,'protocol':'UDP','nodePort':30080}]");
	set_slice(&w, "dns", "0");
	ck_assert_int_eq(ping(&w, c), 0);
	ck_assert_int_eq(ping(&w, node_client), 0);
	/* its endpoint is replaced under a client that never stops */
	set_slice(&w, "dns", "1");
	ck_assert_int_eq(ping(&w, c), 1);
	ck_assert_int_eq(ping(&w, node_client), 1);
	/* another one comes: who is served stays where he is */
	set_slice(&w, "dns", "01");
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(ping(&w, c), 1);
	/* changed while nobody watched */
	settle(&w);
	ek_services_close(w.services);
	ek_svcdir_free(w.dir);
	w.dir = ek_svcdir_new("node-1");
	ck_assert_int_eq(ek_services_open(w.lab.loop, &w.cfg, w.dir, &w.services, NULL), 0);
	set_service(&w, "dns", "10.43.0.1", UDP80);
	set_slice(&w, "dns", "0");
	ck_assert_int_eq(ek_services_start(w.services, NULL), 0);
	settle(&w);
	ck_assert_int_eq(ping(&w, c), 0);
	leave(&w);
}
END_TEST

/* ---- many, and what goes wrong ---- */

static void set_many(struct world *w, int n)
{
	for (int i = 0; i < n; i++) {
		EK_FREE char *name = ek_str_fmt("svc-%d", i);
		EK_FREE char *text = ek_str_fmt(
			"{'metadata':{'name':'%s','namespace':'default'},'spec':{'clusterIP':'10.43.%d.%d',"
			"'ports':[{'port':80}]}}",
			name, 1 + i / 250, 1 + i % 250);
		EK_FREE char *slice = ek_str_fmt(
			"{'metadata':{'name':'%s','namespace':'default','labels':"
			"{'kubernetes.io/service-name':'%s'}},'ports':[{'port':80}],'endpoints':"
			"[{'addresses':['%s']},{'addresses':['10.42.9.1']},{'addresses':['10.42.9.2']}]}",
			name, name, w->ip[0]);
		EK_JSON struct ek_json *a = json(text), *b = json(slice);

		ck_assert_int_eq(ek_svcdir_set_service(w->dir, a, NULL), 0);
		ck_assert_int_eq(ek_svcdir_set_slice(w->dir, b, NULL), 0);
	}
	settle(w);
}

START_TEST(one_among_a_thousand)
{
	struct world w;

	if (!enter(&w, 3))
		return;
	set_many(&w, 1000);
	set_slice(&w, "svc-700", "1"); /* named svc-700-1: a second slice beside the first */
	ek_svcdir_del_slice(w.dir, "default", "svc-700");
	settle(&w);
	ck_assert_int_eq(reach(&w, pod(&w, 2), "10.43.3.201", 80), 1);
	ek_svcdir_del_service(w.dir, "default", "svc-701");
	settle(&w);
	ck_assert_int_eq(reach(&w, pod(&w, 2), "10.43.3.202", 80), -ECONNREFUSED);
	/* all of them at once, as after a restart */
	ek_services_close(w.services);
	start_services(&w);
	ck_assert_int_eq(reach(&w, pod(&w, 2), "10.43.3.201", 80), 1);
	ck_assert_int_eq(reach(&w, pod(&w, 2), "10.43.3.202", 80), -ECONNREFUSED);
	for (int i = 0; i < 1000; i++)
		ek_svcdir_del_service(w.dir, "default", EK_F("svc-%d", i));
	settle(&w);
	ck_assert_int_eq(reach(&w, pod(&w, 2), "10.43.3.201", 80), -ECONNREFUSED);
	leave(&w);
}
END_TEST

START_TEST(restart_keeps_connections)
{
	struct world w;
	char byte;
	int c, s;

	if (!enter(&w, 2))
		return;
	set_service(&w, "web", "10.43.0.1", TCP80);
	set_slice(&w, "web", "0");
	c = lab_connect(pod(&w, 1), SOCK_STREAM, NULL, "10.43.0.1", 80);
	s = lab_accept(w.tcp[0], 1000, NULL);
	ek_services_close(w.services);
	ck_assert_int_eq(reach(&w, pod(&w, 1), "10.43.0.1", 80), 0); /* nobody at home, all works */
	start_services(&w);
	ck_assert_int_eq(send(c, "x", 1, 0), 1);
	ck_assert_int_eq(recv(s, &byte, 1, 0), 1);
	leave(&w);
}
END_TEST

START_TEST(a_flushed_ruleset_comes_back)
{
	struct world w;

	if (!enter(&w, 2))
		return;
	set_service(&w, "web", "10.43.0.1", TCP80);
	set_slice(&w, "web", "0");
	if (system("command -v nft >/dev/null && nft flush ruleset") == 0) {
		ck_assert_int_lt(reach(&w, pod(&w, 1), "10.43.0.1", 80), 0);
		set_service(&w, "another", "10.43.0.2", TCP80); /* heals at once */
		ck_assert_int_eq(reach(&w, pod(&w, 1), "10.43.0.1", 80), 0);
	}
	usleep(300 * 1000);
	settle(&w);
	if (system("command -v nft >/dev/null && nft flush ruleset") == 0) {
		for (int i = 0; i < 2000 && reach(&w, pod(&w, 1), "10.43.0.1", 80) < 0; i++)
			settle(&w); /* by itself, a moment later */
		ck_assert_int_eq(reach(&w, pod(&w, 1), "10.43.0.1", 80), 0);
	}
	leave(&w);
}
END_TEST

/* Two Services with one external address: the first has it, the second waits for it. */
START_TEST(contested_address)
{
	struct world w;

	if (!enter(&w, 3))
		return;
	set_service(&w, "one", "10.43.0.1", TCP80 ",'externalIPs':['192.0.2.99']");
	set_slice(&w, "one", "0");
	set_service(&w, "two", "10.43.0.2", TCP80 ",'externalIPs':['192.0.2.99']");
	set_slice(&w, "two", "1");
	ck_assert_int_eq(reach(&w, pod(&w, 2), "192.0.2.99", 80), 0);
	ck_assert_int_eq(reach(&w, pod(&w, 2), "10.43.0.2", 80), 1);
	ek_svcdir_del_service(w.dir, "default", "one");
	settle(&w);
	ck_assert_int_eq(reach(&w, pod(&w, 2), "192.0.2.99", 80), 1);
	leave(&w);
}
END_TEST

struct dump {
	char **items;
	size_t n, cap;
};

static int dump_elem(void *arg, const struct ek_nft_found *e)
{
	struct dump *d = arg;
	char key[64], data[64] = "";

	ck_assert_uint_le(e->key_n, 24);
	ek_hex(e->key, e->key_n, key);
	if (e->data)
		ek_hex(e->data, e->data_n, data);
	ek_vec_push(d, ek_str_fmt("%s=%s", key, data));
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What the kernel holds: every element of every set but the clients', sorted. */
static char *dump_table(void)
{
	static const char *const sets[] = { "svc", "ep", "ep_local", "known", "refused" };
	struct ek_buf out = EK_BUF_INIT(1 << 20);
	EK_NL struct ek_nl nl = EK_NL_INIT;

	ck_assert_int_eq(ek_nl_open(&nl, NETLINK_NETFILTER, NULL), 0);
	for (size_t i = 0; i < EK_ARRAY_LEN(sets); i++) {
		struct dump d = { 0 };

		ck_assert_int_eq(
			ek_nft_elems_each(&nl, "lab_services", sets[i], dump_elem, &d, NULL), 0);
		if (d.n)
			qsort(d.items, d.n, sizeof(*d.items), by_text);
		for (size_t k = 0; k < d.n; k++) {
			(void)ek_buf_fmt(&out, "%s %s\n", sets[i], d.items[k]);
			free(d.items[k]);
		}
		free(d.items);
	}
	return ek_buf_steal(&out);
}

/* Any history of changes ends in the same rules as a fresh start from its outcome. */
START_TEST(increments_equal_a_fresh_start)
{
	static const char *const specs[] = { TCP80,
					     NODE80,
					     TCP80 STICKY,
					     NODE80 STICKY,
					     NODE80 ",'externalTrafficPolicy':'Local'",
					     NODE80 ",'internalTrafficPolicy':'Local'" };
	static const char *const ends[] = { "", "0", "01", "012", "@0", "@12", "2" };
	struct world w;

	if (!enter(&w, 4))
		return;
	ek_rand_seed(3);
	for (int round = 0; round < 200; round++) {
		const char *name = ek_rand_below(2) ? "web" : "api";

		switch (ek_rand_below(4)) {
		case 0:
			ek_svcdir_del_service(w.dir, "default", name);
			settle(&w);
			break;
		case 1:
			set_service(&w, name, *name == 'w' ? "10.43.0.1" : "10.43.0.2",
				    specs[ek_rand_below(EK_ARRAY_LEN(specs))]);
			break;
		default:
			set_slice(&w, name, ends[ek_rand_below(EK_ARRAY_LEN(ends))]);
		}
	}
	ek_svcdir_del_service(w.dir, "default",
			      "api"); /* who has the node port depends on history */
	/* one endpoint: which place several have does, too */
	set_service(&w, "web", "10.43.0.1", NODE80 ",'externalTrafficPolicy':'Local'");
	set_slice(&w, "web", "0");
	for (int round = 0; round < 2; round++) {
		EK_FREE char *before = dump_table(), *after = NULL;

		ek_services_close(w.services);
		start_services(&w);
		after = dump_table();
		ck_assert_str_eq(before, after);
		set_slice(&w, "web", "");
	}
	set_slice(&w, "web", "0");
	ck_assert_int_eq(reach(&w, pod(&w, 3), "10.43.0.1", 80), 0);
	ck_assert_int_eq(reach(&w, w.lab.outside, "192.0.2.1", 30080), 0);
	ck_assert_int_eq(reach(&w, pod(&w, 3), "10.43.0.2", 80), -ECONNREFUSED);
	leave(&w);
}
END_TEST

EK_TESTS("net/services", EK_ROWS(cluster_address_is_balanced, off_on), nobody_there_is_refused,
	 own_addresses_are_left_alone, EK_ROWS(node_port, off_on), load_balancer_address,
	 external_policy_local, internal_policy_local, client_stays_with_its_endpoint,
	 affinity_times_out, udp_follows_its_endpoints, one_among_a_thousand,
	 restart_keeps_connections, a_flushed_ruleset_comes_back, contested_address,
	 increments_equal_a_fresh_start)
