/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/net.h>
#include <ekube/net_pod.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ekube/file.h>

#include "nft.h"
#include "podnet.h"
#include "rtnl.h"

static const struct {
	int proto;
	const char *name;
} protos[] = {
	{ IPPROTO_TCP, "TCP" }, { IPPROTO_UDP, "UDP" }, { IPPROTO_SCTP, "SCTP" },
};

int ek_net_proto(const char *name)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(protos); i++)
		if (!name || ek_streq(protos[i].name, name))
			return protos[i].proto;
	return -EINVAL;
}

const char *ek_net_proto_name(int proto)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(protos); i++)
		if (protos[i].proto == proto)
			return protos[i].name;
	return "?";
}

/* ---- configuration ---- */

static int check_names(const struct ek_net_config *cfg, struct ek_err *err)
{
	size_t n = cfg->name ? strspn(cfg->name, "abcdefghijklmnopqrstuvwxyz0123456789_-") : 0;

	if (n == 0 || cfg->name[n] || n > EK_NET_NAME_MAX)
		return ek_fail(err, EK_EINVALID,
			       "network name: want 1 to %d of [a-z0-9_-], got \"%s\"",
			       EK_NET_NAME_MAX, cfg->name ? cfg->name : "");
	n = cfg->bridge ? strcspn(cfg->bridge, "/ \t\n:%") : 0;
	if (n == 0 || cfg->bridge[n] || n > 15 || cfg->bridge[0] == '.')
		return ek_fail(err, EK_EINVALID,
			       "bridge: want an interface name of at most 15 bytes, got \"%s\"",
			       cfg->bridge ? cfg->bridge : "");
	if (ek_str_empty(cfg->run_dir))
		return ek_fail(err, EK_EINVALID, "network: no run directory");
	return 0;
}

static bool overlap(const struct ek_cidr *a, const struct ek_cidr *b)
{
	return a->ip.n && b->ip.n && (ek_cidr_has(a, &b->ip) || ek_cidr_has(b, &a->ip));
}

int ek_net_config_check(const struct ek_net_config *cfg, struct ek_err *err)
{
	const struct ek_cidr *blocks[] = { &cfg->pod_cidr, &cfg->cluster_cidr, &cfg->service_cidr };
	int rc = check_names(cfg, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < EK_ARRAY_LEN(blocks); i++)
		if (blocks[i]->ip.n && blocks[i]->ip.n != 4)
			return ek_fail(err, EK_EINVALID, "network: only IPv4 blocks are supported");
	if (cfg->pod_cidr.ip.n && cfg->cluster_cidr.ip.n &&
	    (!ek_cidr_has(&cfg->cluster_cidr, &cfg->pod_cidr.ip) ||
	     cfg->cluster_cidr.bits > cfg->pod_cidr.bits))
		return ek_fail(err, EK_EINVALID, "pod CIDR: lies outside the cluster CIDR");
	if (overlap(&cfg->service_cidr, &cfg->cluster_cidr) ||
	    overlap(&cfg->service_cidr, &cfg->pod_cidr))
		return ek_fail(err, EK_EINVALID, "service CIDR: overlaps the cluster CIDR");
	if (cfg->n_local > EK_NET_LOCAL_MAX)
		return ek_fail(err, EK_EINVALID, "network: more than %d local addresses",
			       EK_NET_LOCAL_MAX);
	for (size_t i = 0; i < cfg->n_local; i++)
		if (cfg->local[i].n != 4)
			return ek_fail(err, EK_EINVALID,
				       "network: only IPv4 addresses are supported");
	if (cfg->mtu && (cfg->mtu < 576 || cfg->mtu > 65535))
		return ek_fail(err, EK_EINVALID, "MTU: want 576 to 65535, got %d", cfg->mtu);
	return 0;
}

/* ---- removal ---- */

/* Remember the first failure, go on with the rest. */
static void note(int *first, struct ek_err *first_err, int rc, const struct ek_err *err)
{
	if (rc >= 0 || *first < 0)
		return;
	*first = rc;
	if (first_err)
		*first_err = *err;
}

static int remove_table(struct ek_nl *nft, const char *table, struct ek_err *err)
{
	EK_NFT_BATCH struct ek_nft_batch b;

	ek_nft_begin(&b, table);
	ek_nft_table(&b);
	ek_nft_table_del(&b);
	return ek_nft_commit(&b, nft, err);
}

static int remove_tables(const struct ek_net_config *cfg, struct ek_err *err)
{
	static const char *const suffixes[] = { "pods", "services" };
	struct ek_podnet_env env = { 0 };
	EK_NL struct ek_nl nft = EK_NL_INIT;
	int rc = ek_nl_open(&nft, NETLINK_NETFILTER, err);

	for (size_t i = 0; rc == 0 && i < EK_ARRAY_LEN(suffixes); i++)
		rc = remove_table(&nft, EK_F("%s_%s", cfg->name, suffixes[i]), err);
	env.name = ek_str_dup(cfg->name);
	if (rc == 0)
		rc = ek_podnet_others_withdraw(&env, &nft, err);
	ek_podnet_env_done(&env);
	return rc;
}

static int remove_links(const struct ek_net_config *cfg, struct ek_err *ret_err)
{
	struct ek_podnet_env env = { .name = ek_str_dup(cfg->name),
				     .netns_dir = ek_path_join(cfg->run_dir, "netns") };
	EK_NL struct ek_nl nl = EK_NL_INIT;
	struct ek_podnet_finds finds = { 0 };
	struct ek_err err;
	int first = 0, rc = ek_nl_open(&nl, NETLINK_ROUTE, &err);

	if (rc == 0)
		rc = ek_podnet_kernel_find(&env, &nl, &finds, &err);
	note(&first, ret_err, rc, &err);
	for (size_t i = 0; i < finds.n; i++) {
		rc = ek_podnet_kernel_detach(&env, finds.items[i].id, finds.items[i].link, &err);
		note(&first, ret_err, rc, &err);
	}
	free(finds.items);
	rc = nl.fd < 0 ? 0 : ek_rtnl_link_del(&nl, cfg->bridge, &err);
	note(&first, ret_err, rc, &err);
	(void)rmdir(env.netns_dir);
	ek_podnet_env_done(&env);
	return first;
}

int ek_net_remove(const struct ek_net_config *cfg, struct ek_err *err)
{
	struct ek_err e;
	int first = 0, rc = check_names(cfg, err);

	if (rc < 0)
		return rc;
	rc = remove_tables(cfg, &e);
	note(&first, err, rc, &e);
	rc = remove_links(cfg, &e);
	note(&first, err, rc, &e);
	return first;
}
