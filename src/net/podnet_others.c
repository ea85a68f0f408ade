/* SPDX-License-Identifier: Apache-2.0 */
#include "podnet.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#include <ekube/log.h>
#include <ekube/vec.h>

#include "nft.h"

/*
 * What other software on the machine does to forwarded packets. In nf_tables an "accept" of ours
 * is no answer to a "drop" of theirs. Docker and ufw set iptables' FORWARD policy to drop, so
 * there the bridge is let through by two rules with our name on them; of others' chains that
 * drop what they do not know we can only speak.
 */

#define IPTABLES_TABLE "filter"
#define IPTABLES_CHAIN "FORWARD"

struct tag {
	uint8_t b[2 + 64]; /* a comment as nft(8) and iptables(8) write it: type 0, length, text */
	size_t  n;
};

static struct tag tag_of(const struct ek_podnet_env *env)
{
	struct tag t = { 0 };
	size_t n = (size_t)snprintf((char *)t.b + 2, sizeof(t.b) - 2, "ekube %s", env->name) + 1;

	t.b[1] = (uint8_t)n;
	t.n = 2 + n;
	return t;
}

/* ---- others' chains ---- */

struct chains {
	const struct ek_podnet_env *env;
	bool iptables; /* drops, and is iptables' own */
};

static int on_chain(void *arg, unsigned type, const void *payload, size_t n)
{
	struct chains *c = arg;
	struct ek_nl_attr tb[NFTA_CHAIN_POLICY + 1], hook[NFTA_HOOK_HOOKNUM + 1];
	const char *table, *chain;
	struct nfgenmsg g;

	if (type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN) || n < sizeof(g))
		return 0;
	memcpy(&g, payload, sizeof(g));
	ek_nl_attrs((const char *)payload + sizeof(g), n - sizeof(g), tb, NFTA_CHAIN_POLICY);
	ek_nl_attrs(tb[NFTA_CHAIN_HOOK].data, tb[NFTA_CHAIN_HOOK].n, hook, NFTA_HOOK_HOOKNUM);
	table = ek_nl_str(&tb[NFTA_CHAIN_TABLE]);
	chain = ek_nl_str(&tb[NFTA_CHAIN_NAME]);
	if ((g.nfgen_family != EK_NFPROTO_IPV4 && g.nfgen_family != EK_NFPROTO_INET) || !table ||
	    !chain || ek_nl_get_be32(&hook[NFTA_HOOK_HOOKNUM], UINT32_MAX) != EK_NF_FORWARD ||
	    ek_nl_get_be32(&tb[NFTA_CHAIN_POLICY], EK_NF_ACCEPT) != EK_NF_DROP)
		return 0;
	if (g.nfgen_family == EK_NFPROTO_IPV4 && ek_streq(table, IPTABLES_TABLE) &&
	    ek_streq(chain, IPTABLES_CHAIN))
		c->iptables = true;
	else
		ek_warn("another firewall drops forwarded packets it does not know; pods may not be reached",
			"table", table, "chain", chain, "allow_interface", c->env->bridge);
	return 0;
}

static size_t dump_msg(struct ek_buf *b, unsigned type, unsigned family)
{
	struct nfgenmsg g = { .nfgen_family = (uint8_t)family, .version = NFNETLINK_V0 };

	return ek_nl_msg(b, NFNL_SUBSYS_NFTABLES << 8 | type, NLM_F_DUMP, &g, sizeof(g));
}

static int find_chains(struct chains *c, struct ek_nl *nft, struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);

	ek_nl_msg_end(&b, dump_msg(&b, NFT_MSG_GETCHAIN, 0));
	return ek_nl_talk(nft, &b, on_chain, c, NULL, err);
}

/* ---- our rules among theirs ---- */

struct rules {
	struct tag tag;
	EK_VEC(uint64_t) handles;
};

static int on_rule(void *arg, unsigned type, const void *payload, size_t n)
{
	struct rules *r = arg;
	struct ek_nl_attr tb[NFTA_RULE_USERDATA + 1], *a = &tb[NFTA_RULE_USERDATA];

	if (type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE) || n < sizeof(struct nfgenmsg))
		return 0;
	ek_nl_attrs((const char *)payload + sizeof(struct nfgenmsg), n - sizeof(struct nfgenmsg),
		    tb, NFTA_RULE_USERDATA);
	if (a->data && a->n == r->tag.n && memcmp(a->data, r->tag.b, a->n) == 0)
		ek_vec_push(&r->handles, ek_nl_get_be64(&tb[NFTA_RULE_HANDLE], 0));
	return 0;
}

static int find_rules(struct rules *r, struct ek_nl *nft, struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	size_t at = dump_msg(&b, NFT_MSG_GETRULE, EK_NFPROTO_IPV4);

	ek_nl_put_str(&b, NFTA_RULE_TABLE, IPTABLES_TABLE);
	ek_nl_put_str(&b, NFTA_RULE_CHAIN, IPTABLES_CHAIN);
	ek_nl_msg_end(&b, at);
	return ek_nl_talk(nft, &b, on_rule, r, NULL, err);
}

/* As iptables would write "-i bridge -j ACCEPT", so that it can read it. */
static void put_admission(struct ek_nft_batch *b, const struct ek_podnet_env *env,
			  unsigned meta_key, const struct tag *tag)
{
	struct ek_nft_rule r;

	ek_nft_rule_insert(&r, b, IPTABLES_CHAIN);
	ek_nft_load_meta(&r, meta_key, NFT_REG_1);
	ek_nft_cmp(&r, NFT_CMP_EQ, NFT_REG_1, env->bridge, strlen(env->bridge) + 1);
	ek_nft_verdict(&r, EK_NF_ACCEPT, NULL);
	ek_nft_rule_end_tagged(&r, tag->b, tag->n);
}

int ek_podnet_others_admit(const struct ek_podnet_env *env, struct ek_nl *nft, struct ek_err *err)
{
	EK_NFT_BATCH struct ek_nft_batch b;
	struct chains chains = { .env = env };
	struct rules rules = { .tag = tag_of(env) };
	size_t have;
	int rc = find_chains(&chains, nft, err);

	ek_nft_begin(&b, IPTABLES_TABLE);
	if (rc < 0 || !chains.iptables)
		return rc;
	rc = find_rules(&rules, nft, err);
	have = rules.handles.n;
	ek_vec_done(&rules.handles);
	if (rc < 0 || have >= 2)
		return rc;
	put_admission(&b, env, NFT_META_OIFNAME, &rules.tag);
	put_admission(&b, env, NFT_META_IIFNAME, &rules.tag);
	return ek_nft_commit(&b, nft, err);
}

int ek_podnet_others_withdraw(const struct ek_podnet_env *env, struct ek_nl *nft,
			      struct ek_err *err)
{
	EK_NFT_BATCH struct ek_nft_batch b;
	struct rules rules = { .tag = tag_of(env) };
	int rc = find_rules(&rules, nft, err);

	ek_nft_begin(&b, IPTABLES_TABLE);
	for (size_t i = 0; rc == 0 && i < rules.handles.n; i++)
		ek_nft_rule_del(&b, IPTABLES_CHAIN, rules.handles.items[i]);
	ek_vec_done(&rules.handles);
	if (rc == -ENOENT)
		return 0; /* no iptables, no rules */
	return rc < 0 ? rc : ek_nft_commit(&b, nft, err);
}
