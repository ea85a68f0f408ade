/* SPDX-License-Identifier: Apache-2.0 */
#include "podnet.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>
#include <string.h>

#include "nft.h"

/*
 * The table "<instance>_pods":
 *
 *	map hostports { proto . address . port : address . port }   address 0.0.0.0: any of ours
 *	set self      { address . address }                         a pod and itself
 *
 *	prerouting, output  -> hostports: dnat
 *	postrouting         -> masquerade what would come back wrong or not at all
 *	input, output, forward: what must not pass
 */

static const struct ek_nft_set hostports = {
	.name = "hostports",
	.key_type = EK_NFT_TYPE3(EK_NFT_PROTO, EK_NFT_IPV4, EK_NFT_PORT), .key_n = 12,
	.data_type = EK_NFT_TYPE2(EK_NFT_IPV4, EK_NFT_PORT), .data_n = 8,
};
static const struct ek_nft_set self = {
	.name = "self", .key_type = EK_NFT_TYPE2(EK_NFT_IPV4, EK_NFT_IPV4), .key_n = 8,
};

enum { ICMP_REDIRECT_TYPE = 5 };

/* ---- rules ---- */

static void put_hostports(struct ek_nft_batch *b)
{
	static const uint8_t any[4];
	struct ek_nft_rule r;

	for (int local = 0; local < 2; local++) {
		ek_nft_rule_begin(&r, b, "hostports");
		if (local)
			ek_nft_if_local(&r, true);
		ek_nft_proto(&r, EK_NFT_R(0));
		if (local)
			ek_nft_load(&r, EK_NFT_R(1), any, sizeof(any));
		else
			ek_nft_daddr(&r, EK_NFT_R(1));
		ek_nft_dport(&r, EK_NFT_R(2));
		ek_nft_map(&r, hostports.name, EK_NFT_R(0), EK_NFT_R(3));
		ek_nft_dnat(&r, EK_NFT_R(3), EK_NFT_R(4));
		ek_nft_rule_end(&r);
	}
}

static void put_masquerade(const struct ek_podnet_env *env, struct ek_nft_batch *b)
{
	static const struct ek_cidr loopback = { .ip = { 4, { 127 } }, .bits = 8 };
	static const struct ek_cidr multicast = { .ip = { 4, { 224 } }, .bits = 4 };
	struct ek_nft_rule r;

	/* a pod that reached itself through a Service or a host port would see its own address */
	ek_nft_rule_begin(&r, b, "postrouting");
	ek_nft_saddr(&r, EK_NFT_R(0));
	ek_nft_daddr(&r, EK_NFT_R(1));
	ek_nft_match(&r, self.name, EK_NFT_R(0));
	ek_nft_masquerade(&r);
	ek_nft_rule_end(&r);

	/* a pod cannot answer to the node's loopback address */
	ek_nft_rule_begin(&r, b, "postrouting");
	ek_nft_if_name(&r, NFT_META_OIFNAME, true, env->bridge);
	ek_nft_if_saddr(&r, true, &loopback);
	ek_nft_masquerade(&r);
	ek_nft_rule_end(&r);

	/* outside the cluster nobody knows the way back to a pod */
	ek_nft_rule_begin(&r, b, "postrouting");
	ek_nft_if_name(&r, NFT_META_OIFNAME, false, env->bridge);
	ek_nft_if_saddr(&r, true, &env->cfg.pod_cidr);
	ek_nft_if_daddr(&r, false, &env->cfg.cluster_cidr);
	ek_nft_if_daddr(&r, false, &multicast);
	ek_nft_masquerade(&r);
	ek_nft_rule_end(&r);
}

static void put_filters(const struct ek_podnet_env *env, struct ek_nft_batch *b)
{
	static const struct ek_cidr loopback = { .ip = { 4, { 127 } }, .bits = 8 };
	static const uint8_t icmp = IPPROTO_ICMP, redirect = ICMP_REDIRECT_TYPE;
	struct ek_nft_rule r;

	/* route_localnet lets answers in; questions to what listens on 127.0.0.1 stay out */
	ek_nft_rule_begin(&r, b, "input");
	ek_nft_if_name(&r, NFT_META_IIFNAME, true, env->bridge);
	ek_nft_if_daddr(&r, true, &loopback);
	ek_nft_if_ct(&r, NFT_CT_STATE, false,
		     NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED));
	ek_nft_verdict(&r, EK_NF_DROP, NULL);
	ek_nft_rule_end(&r);

	/*
	 * what conntrack cannot place is not translated back: the client would answer it with a
	 * reset
	 */
	ek_nft_rule_begin(&r, b, "forward");
	ek_nft_if_name(&r, NFT_META_IIFNAME, true, env->bridge);
	ek_nft_if_ct(&r, NFT_CT_STATE, true, NF_CT_STATE_INVALID_BIT);
	ek_nft_verdict(&r, EK_NF_DROP, NULL);
	ek_nft_rule_end(&r);

	/* "your neighbour is on the same wire": he is, but he is not to be talked to directly */
	ek_nft_rule_begin(&r, b, "filter_output");
	ek_nft_if_name(&r, NFT_META_OIFNAME, true, env->bridge);
	ek_nft_proto(&r, EK_NFT_R(0));
	ek_nft_cmp(&r, NFT_CMP_EQ, EK_NFT_R(0), &icmp, 1);
	ek_nft_load_payload(&r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, EK_NFT_R(0));
	ek_nft_cmp(&r, NFT_CMP_EQ, EK_NFT_R(0), &redirect, 1);
	ek_nft_verdict(&r, EK_NF_DROP, NULL);
	ek_nft_rule_end(&r);
}

static void put_rules(const struct ek_podnet_env *env, struct ek_nft_batch *b)
{
	static const char *const entries[] = { "prerouting", "output" };
	struct ek_nft_rule r;

	ek_nft_set(b, &hostports);
	ek_nft_set(b, &self);
	ek_nft_chain(b, "hostports");
	ek_nft_base_chain(b, "prerouting", "nat", EK_NF_PREROUTING, EK_NF_PRIO_DSTNAT);
	ek_nft_base_chain(b, "output", "nat", EK_NF_OUTPUT, EK_NF_PRIO_DSTNAT);
	ek_nft_base_chain(b, "postrouting", "nat", EK_NF_POSTROUTING, EK_NF_PRIO_SRCNAT);
	ek_nft_base_chain(b, "input", "filter", EK_NF_INPUT, EK_NF_PRIO_FILTER);
	ek_nft_base_chain(b, "forward", "filter", EK_NF_FORWARD, EK_NF_PRIO_FILTER);
	ek_nft_base_chain(b, "filter_output", "filter", EK_NF_OUTPUT, EK_NF_PRIO_FILTER);
	for (size_t i = 0; i < EK_ARRAY_LEN(entries); i++) {
		ek_nft_rule_begin(&r, b, entries[i]);
		ek_nft_verdict(&r, NFT_JUMP, "hostports");
		ek_nft_rule_end(&r);
	}
	put_hostports(b);
	put_masquerade(env, b);
	put_filters(env, b);
}

/* ---- elements ---- */

struct hostport_key {
	uint8_t b[12];
};

static struct hostport_key key_of(const struct ek_podnet_port *p)
{
	struct hostport_key k = { .b = { p->proto } };
	uint16_t port = htons(p->host_port);

	if (p->host_ip.n == 4)
		memcpy(k.b + 4, p->host_ip.b, 4);
	memcpy(k.b + 8, &port, sizeof(port));
	return k;
}

static bool same_target(const struct ek_podnet_pod *a, const struct ek_podnet_port *ap,
			const struct ek_podnet_pod *b, const struct ek_podnet_port *bp)
{
	struct hostport_key ka = key_of(ap), kb = key_of(bp);

	return memcmp(&ka, &kb, sizeof(ka)) == 0 && ap->port == bp->port &&
	       ek_ip_equal(&a->ip, &b->ip);
}

static bool has(const struct ek_podnet_pod *pod, const struct ek_podnet_pod *of,
		const struct ek_podnet_port *p)
{
	for (size_t i = 0; i < pod->n_ports; i++)
		if (same_target(pod, &pod->ports[i], of, p))
			return true;
	return false;
}

/* The ports of one state that the other does not have. */
static void put_ports(struct ek_nft_batch *b, bool del, const struct ek_podnet_pod *pod,
		      const struct ek_podnet_pod *other)
{
	struct ek_nft_elems e;

	ek_nft_elems_begin(&e, b, hostports.name, del);
	for (size_t i = 0; i < pod->n_ports; i++) {
		struct hostport_key key = key_of(&pod->ports[i]);
		uint16_t port = htons(pod->ports[i].port);
		uint8_t data[8] = { 0 };

		if (has(other, pod, &pod->ports[i]))
			continue;
		memcpy(data, pod->ip.b, 4);
		memcpy(data + 4, &port, sizeof(port));
		ek_nft_elem(&e, key.b, sizeof(key.b), del ? NULL : data, sizeof(data));
	}
	ek_nft_elems_end(&e);
}

static void put_self(struct ek_nft_batch *b, bool del, const struct ek_ip *ip)
{
	struct ek_nft_elems e;
	uint8_t key[8];

	memcpy(key, ip->b, 4);
	memcpy(key + 4, ip->b, 4);
	ek_nft_elems_begin(&e, b, self.name, del);
	ek_nft_elem(&e, key, sizeof(key), NULL, 0);
	ek_nft_elems_end(&e);
}

static void put_change(struct ek_nft_batch *b, const struct ek_podnet_pod *was,
		       const struct ek_podnet_pod *now)
{
	bool same_ip = was->ip.n == now->ip.n &&
		       (was->ip.n == 0 || ek_ip_equal(&was->ip, &now->ip));

	if (was->ip.n && !same_ip)
		put_self(b, true, &was->ip);
	put_ports(b, true, was, now);
	put_ports(b, false, now, was);
	if (now->ip.n && !same_ip)
		put_self(b, false, &now->ip);
}

int ek_podnet_nft_change(const struct ek_podnet_env *env, struct ek_nl *nft,
			 const struct ek_podnet_pod *was, const struct ek_podnet_pod *now,
			 struct ek_err *err)
{
	EK_NFT_BATCH struct ek_nft_batch b;

	ek_nft_begin(&b, env->table);
	put_change(&b, was, now);
	return ek_nft_commit(&b, nft, err);
}

int ek_podnet_nft_replace(const struct ek_podnet_env *env, struct ek_nl *nft,
			  const struct ek_podnet_pod *const *pods, size_t n, struct ek_err *err)
{
	static const struct ek_podnet_pod nothing;
	EK_NFT_BATCH struct ek_nft_batch b;

	ek_nft_begin(&b, env->table);
	ek_nft_table_replace(&b);
	put_rules(env, &b);
	for (size_t i = 0; i < n; i++)
		put_change(&b, &nothing, pods[i]);
	return ek_nft_commit_whole(&b, nft, err);
}

struct port_walk {
	int (*fn)(void *arg, const struct ek_ip *pod, const struct ek_podnet_port *port);
	void *arg;
};

static int on_hostport(void *arg, const struct ek_nft_found *e)
{
	static const uint8_t any[4];
	struct port_walk *w = arg;
	struct ek_podnet_port port = { 0 };
	struct ek_ip ip = { .n = 4 };
	const uint8_t *k = e->key, *d = e->data;

	if (e->key_n != 12 || !d || e->data_n < 6)
		return 0;
	port.proto = k[0];
	if (memcmp(k + 4, any, 4) != 0) {
		port.host_ip.n = 4;
		memcpy(port.host_ip.b, k + 4, 4);
	}
	port.host_port = (uint16_t)(k[8] << 8 | k[9]);
	port.port = (uint16_t)(d[4] << 8 | d[5]);
	memcpy(ip.b, d, 4);
	return w->fn(w->arg, &ip, &port);
}

int ek_podnet_nft_each(const struct ek_podnet_env *env, struct ek_nl *nft,
		       int (*fn)(void *arg, const struct ek_ip *pod,
				 const struct ek_podnet_port *port),
		       void *arg, struct ek_err *err)
{
	struct port_walk walk = { .fn = fn, .arg = arg };
	int rc = ek_nft_elems_each(nft, env->table, hostports.name, on_hostport, &walk, err);

	return rc == EK_ENOTFOUND ? 0 : rc;
}
