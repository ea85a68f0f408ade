/* SPDX-License-Identifier: Apache-2.0 */
#include "services_nft.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/vec.h>

enum { STICKY_MAX = 65536, N_SETS = EK_SET_N };

#define FRONT3 EK_NFT_TYPE3(EK_NFT_PROTO, EK_NFT_IPV4, EK_NFT_PORT)
#define FRONT4(x) EK_NFT_TYPE4(EK_NFT_PROTO, EK_NFT_IPV4, EK_NFT_PORT, x)
#define FRONT_TARGET \
	EK_NFT_TYPE5(EK_NFT_PROTO, EK_NFT_IPV4, EK_NFT_PORT, EK_NFT_IPV4, EK_NFT_PORT)
#define TARGET EK_NFT_TYPE2(EK_NFT_IPV4, EK_NFT_PORT)

static const struct ek_nft_set sets[N_SETS] = {
	[EK_SET_SVC] = { .name = "svc", .key_type = FRONT3, .key_n = 12, .data_type = EK_NFT_VERDICT },
	[EK_SET_EP] = { .name = "ep", .key_type = FRONT4(EK_NFT_NUMBER), .key_n = 16,
			.data_type = TARGET, .data_n = 8 },
	[EK_SET_EP_LOCAL] = { .name = "ep_local", .key_type = FRONT4(EK_NFT_NUMBER), .key_n = 16,
			      .data_type = TARGET, .data_n = 8 },
	[EK_SET_KNOWN] = { .name = "known", .key_type = FRONT_TARGET, .key_n = 20 },
	[EK_SET_REFUSED] = { .name = "refused", .key_type = FRONT3, .key_n = 12,
			     .data_type = EK_NFT_VERDICT },
};

/* client . proto . address . port : endpoint. Written by packets, so bounded. */
static const struct ek_nft_set sticky = {
	.name = "sticky", .key_n = 16, .data_type = TARGET, .data_n = 8,
	.key_type = EK_NFT_TYPE4(EK_NFT_IPV4, EK_NFT_PROTO, EK_NFT_IPV4, EK_NFT_PORT),
	.flags = NFT_SET_TIMEOUT | NFT_SET_EVAL, .max = STICKY_MAX,
};

static const uint8_t any_address[4];

/* ---- base chains ---- */

/* proto . address . port into three registers from `reg` on. */
static void load_front(struct ek_nft_rule *r, bool any, unsigned reg)
{
	ek_nft_proto(r, EK_NFT_R(reg));
	if (any)
		ek_nft_load(r, EK_NFT_R(reg + 1), any_address, sizeof(any_address));
	else
		ek_nft_daddr(r, EK_NFT_R(reg + 1));
	ek_nft_dport(r, EK_NFT_R(reg + 2));
}

static void put_dispatch(struct ek_nft_batch *b, const char *chain, const char *map, bool any)
{
	struct ek_nft_rule r;

	ek_nft_rule_begin(&r, b, chain);
	if (any)
		ek_nft_if_local(&r, true);
	load_front(&r, any, 0);
	ek_nft_vmap(&r, map, EK_NFT_R(0));
	ek_nft_rule_end(&r);
}

static void put_jump(struct ek_nft_batch *b, const char *chain, const char *to)
{
	struct ek_nft_rule r;

	ek_nft_rule_begin(&r, b, chain);
	ek_nft_verdict(&r, NFT_JUMP, to);
	ek_nft_rule_end(&r);
}

static void put_masquerade(struct ek_nft_batch *b)
{
	const uint32_t mark = EK_NET_MARK, keep = ~(uint32_t)EK_NET_MARK, zero = 0;
	struct ek_nft_rule r;

	ek_nft_rule_begin(&r, b, "postrouting");
	ek_nft_load_meta(&r, NFT_META_MARK, EK_NFT_R(0));
	ek_nft_bitwise(&r, EK_NFT_R(0), sizeof(mark), &mark, &zero);
	ek_nft_cmp(&r, NFT_CMP_NEQ, EK_NFT_R(0), &zero, sizeof(zero));
	/* the mark has done its work: an encapsulated copy shall not be rewritten a second time */
	ek_nft_load_meta(&r, NFT_META_MARK, EK_NFT_R(0));
	ek_nft_bitwise(&r, EK_NFT_R(0), sizeof(mark), &keep, &zero);
	ek_nft_set_meta(&r, NFT_META_MARK, EK_NFT_R(0));
	ek_nft_masquerade(&r);
	ek_nft_rule_end(&r);
}

/* A cluster address that nobody rewrote: no such Service or port, or nobody behind it. */
static void put_unassigned(const struct ek_services_table *t, struct ek_nft_batch *b,
			   const char *chain)
{
	struct ek_nft_rule r;

	if (!t->service_cidr.ip.n)
		return;
	ek_nft_rule_begin(&r, b, chain);
	ek_nft_if_daddr(&r, true, &t->service_cidr);
	ek_nft_verdict(&r, NFT_GOTO, "reject");
	ek_nft_rule_end(&r);
}

static void put_refusals(const struct ek_services_table *t, struct ek_nft_batch *b,
			 const char *chain, bool here)
{
	struct ek_nft_rule r;

	ek_nft_rule_begin(&r, b, chain); /* one look for the many packets that are none of this */
	ek_nft_if_ct(&r, NFT_CT_STATE, true,
		     NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED));
	ek_nft_verdict(&r, EK_NF_ACCEPT, NULL);
	ek_nft_rule_end(&r);
	put_dispatch(b, chain, sets[EK_SET_REFUSED].name, false);
	if (!here) {
		put_unassigned(t, b, chain);
		return;
	}
	ek_nft_rule_begin(&r, b, chain);
	ek_nft_if_local(&r, true);
	load_front(&r, true, 0);
	ek_nft_vmap(&r, sets[EK_SET_REFUSED].name, EK_NFT_R(0));
	ek_nft_rule_end(&r);
	ek_nft_rule_begin(&r, b, chain); /* addresses of ours inside the block, as the DNS's */
	ek_nft_if_local(&r, true);
	ek_nft_verdict(&r, EK_NF_ACCEPT, NULL);
	ek_nft_rule_end(&r);
	put_unassigned(t, b, chain);
}

/*
 * A reset for TCP: an ICMP error comes back so fast that it meets the client still inside
 * connect(), where Linux takes it for a hint only and waits a second before it tries again.
 */
static void put_verdicts(struct ek_nft_batch *b)
{
	static const uint8_t tcp = IPPROTO_TCP;
	struct ek_nft_rule r;

	ek_nft_chain(b, "reject");
	ek_nft_rule_begin(&r, b, "reject");
	ek_nft_proto(&r, EK_NFT_R(0));
	ek_nft_cmp(&r, NFT_CMP_EQ, EK_NFT_R(0), &tcp, sizeof(tcp));
	ek_nft_reject_tcp(&r);
	ek_nft_rule_end(&r);
	ek_nft_rule_begin(&r, b, "reject");
	ek_nft_reject(&r);
	ek_nft_rule_end(&r);

	ek_nft_chain(b, "drop");
	ek_nft_rule_begin(&r, b, "drop");
	ek_nft_verdict(&r, EK_NF_DROP, NULL);
	ek_nft_rule_end(&r);
}

static void put_base(const struct ek_services_table *t, struct ek_nft_batch *b)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(sets); i++)
		ek_nft_set(b, &sets[i]);
	ek_nft_set(b, &sticky);
	put_verdicts(b);
	ek_nft_chain(b, "services");
	ek_nft_base_chain(b, "prerouting", "nat", EK_NF_PREROUTING, EK_NF_PRIO_DSTNAT);
	ek_nft_base_chain(b, "output", "nat", EK_NF_OUTPUT, EK_NF_PRIO_DSTNAT);
	ek_nft_base_chain(b, "postrouting", "nat", EK_NF_POSTROUTING, EK_NF_PRIO_SRCNAT);
	ek_nft_base_chain(b, "input", "filter", EK_NF_INPUT, EK_NF_PRIO_FILTER);
	ek_nft_base_chain(b, "forward", "filter", EK_NF_FORWARD, EK_NF_PRIO_FILTER);
	ek_nft_base_chain(b, "filter_output", "filter", EK_NF_OUTPUT, EK_NF_PRIO_FILTER);
	put_dispatch(b, "services", sets[EK_SET_SVC].name, false);
	put_dispatch(b, "services", sets[EK_SET_SVC].name, true);
	put_jump(b, "prerouting", "services");
	put_jump(b, "output", "services");
	put_masquerade(b);
	put_refusals(t, b, "input", true);
	put_refusals(t, b, "forward", false);
	put_refusals(t, b, "filter_output", true);
}

/* ---- chains for a number of endpoints ---- */

static void put_mark(struct ek_nft_rule *r)
{
	const uint32_t mark = EK_NET_MARK, keep = ~(uint32_t)EK_NET_MARK;

	ek_nft_load_meta(r, NFT_META_MARK, EK_NFT_R(0));
	ek_nft_bitwise(r, EK_NFT_R(0), sizeof(mark), &keep, &mark);
	ek_nft_set_meta(r, NFT_META_MARK, EK_NFT_R(0));
}

/* R0 client, R1-3 front; R4.. as each rule needs. */
static void put_sticky(struct ek_nft_batch *b, const char *chain, const struct ek_svc_chain *c,
		       bool local)
{
	const char *map = sets[local ? EK_SET_EP_LOCAL : EK_SET_EP].name;
	uint64_t ms = (uint64_t)c->sticky * 1000;
	struct ek_nft_rule r;

	/* one who was here before, and whose endpoint still is one */
	ek_nft_rule_begin(&r, b, chain);
	ek_nft_saddr(&r, EK_NFT_R(0));
	load_front(&r, c->any, 1);
	ek_nft_map(&r, sticky.name, EK_NFT_R(0), EK_NFT_R(4));
	ek_nft_match(&r, sets[EK_SET_KNOWN].name, EK_NFT_R(1));
	ek_nft_dynset(&r, sticky.name, NFT_DYNSET_OP_UPDATE, EK_NFT_R(0), EK_NFT_R(4), ms);
	ek_nft_dnat(&r, EK_NFT_R(4), EK_NFT_R(5));
	ek_nft_rule_end(&r);

	/*
	 * a new one, or one whose endpoint is gone: an update would keep the old data, so delete
	 * first
	 */
	ek_nft_rule_begin(&r, b, chain);
	ek_nft_saddr(&r, EK_NFT_R(0));
	load_front(&r, c->any, 1);
	ek_nft_load_random(&r, local ? c->n_local : c->n, EK_NFT_R(4));
	ek_nft_map(&r, map, EK_NFT_R(1), EK_NFT_R(5));
	ek_nft_dynset(&r, sticky.name, NFT_DYNSET_OP_DELETE, EK_NFT_R(0), EK_NFT_R(5), 0);
	ek_nft_dynset(&r, sticky.name, NFT_DYNSET_OP_UPDATE, EK_NFT_R(0), EK_NFT_R(5), ms);
	ek_nft_dnat(&r, EK_NFT_R(5), EK_NFT_R(6));
	ek_nft_rule_end(&r);
}

static void put_balance(struct ek_nft_batch *b, const char *chain, const struct ek_svc_chain *c,
			bool local)
{
	struct ek_nft_rule r;

	if (c->sticky)
		put_sticky(b, chain, c, local);
	/* also what a sticky Service falls back to when the set of clients is full */
	ek_nft_rule_begin(&r, b, chain);
	load_front(&r, c->any, 0);
	ek_nft_load_random(&r, local ? c->n_local : c->n, EK_NFT_R(3));
	ek_nft_map(&r, sets[local ? EK_SET_EP_LOCAL : EK_SET_EP].name, EK_NFT_R(0), EK_NFT_R(4));
	ek_nft_dnat(&r, EK_NFT_R(4), EK_NFT_R(5));
	ek_nft_rule_end(&r);
}

/*
 * Who comes from outside the cluster must get his answer from here, not from the endpoint
 * directly.
 */
static void put_inner(const struct ek_services_table *t, struct ek_nft_batch *b, const char *name,
		      const struct ek_svc_chain *c)
{
	struct ek_nft_rule r;

	if (t->cluster_cidr.ip.n) {
		ek_nft_rule_begin(&r, b, name);
		ek_nft_if_saddr(&r, false, &t->cluster_cidr);
		put_mark(&r);
		ek_nft_rule_end(&r);
	}
	put_balance(b, name, c, false);
}

static void put_outer(struct ek_nft_batch *b, const char *name, const char *inner)
{
	struct ek_nft_rule r;

	ek_nft_rule_begin(&r, b, name);
	put_mark(&r);
	ek_nft_verdict(&r, NFT_GOTO, inner);
	ek_nft_rule_end(&r);
}

/* Policy Local is for those outside; pods and the node itself are served as inside the cluster. */
static void put_local(const struct ek_services_table *t, struct ek_nft_batch *b, const char *name,
		      const struct ek_svc_chain *c, const char *inner)
{
	struct ek_nft_rule r;

	if (t->cluster_cidr.ip.n) {
		ek_nft_rule_begin(&r, b, name);
		ek_nft_if_saddr(&r, true, &t->cluster_cidr);
		ek_nft_verdict(&r, NFT_GOTO, inner);
		ek_nft_rule_end(&r);
	}
	ek_nft_rule_begin(&r, b, name);
	ek_nft_if_local(&r, false);
	put_mark(&r);
	ek_nft_verdict(&r, NFT_GOTO, inner);
	ek_nft_rule_end(&r);
	if (c->n_local) {
		put_balance(b, name, c, true);
		return;
	}
	ek_nft_rule_begin(&r, b, name);
	ek_nft_verdict(&r, EK_NF_DROP, NULL);
	ek_nft_rule_end(&r);
}

/* ---- counting chains ---- */

struct svc_chain_use {
	struct ek_svc_chain chain;
	size_t n;
	bool fresh; /* not yet told to the kernel */
};

void ek_svc_chains_done(struct ek_svc_chains *c)
{
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&c->by_name, e));)
		free(e->value);
	ek_map_done(&c->by_name);
	*c = (struct ek_svc_chains){ 0 };
}

static bool is_fixed(const struct ek_svc_chain *c)
{
	return c->kind == EK_CHAIN_REJECT || c->kind == EK_CHAIN_DROP;
}

static struct ek_svc_chain inner_of(const struct ek_svc_chain *c)
{
	struct ek_svc_chain inner = *c;

	inner.kind = EK_CHAIN_INNER;
	inner.n_local = 0;
	return inner;
}

static void count(struct ek_svc_chains *chains, const struct ek_svc_chain *c, int by)
{
	char name[EK_SVC_CHAIN_NAME_MAX];
	struct svc_chain_use *use;

	if (is_fixed(c))
		return;
	ek_svc_chain_name(c, name);
	use = ek_map_get(&chains->by_name, name);
	if (!use) {
		use = ek_new(struct svc_chain_use);
		use->chain = *c;
		use->fresh = true;
		(void)ek_map_put(&chains->by_name, name, use);
	}
	use->n += (size_t)by;
}

static void put_one_chain(const struct ek_services_table *t, struct ek_nft_batch *b,
			  const char *name, const struct ek_svc_chain *c)
{
	const struct ek_svc_chain inner = inner_of(c);
	char inner_name[EK_SVC_CHAIN_NAME_MAX];

	ek_svc_chain_name(&inner, inner_name);
	ek_nft_chain(b, name);
	if (c->kind == EK_CHAIN_INNER)
		put_inner(t, b, name, c);
	else if (c->kind == EK_CHAIN_OUTER)
		put_outer(b, name, inner_name);
	else
		put_local(t, b, name, c, inner_name);
}

/*
 * Fresh chains, those that others lead to first; each of the others counts as leading to its inner
 * one.
 */
static void put_fresh(const struct ek_services_table *t, struct ek_nft_batch *b,
		      struct ek_svc_chains *chains)
{
	EK_VEC(struct ek_svc_chain) inner = { 0 };

	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&chains->by_name, e));) {
		const struct svc_chain_use *use = e->value;

		if (use->fresh && use->chain.kind != EK_CHAIN_INNER)
			ek_vec_push(&inner, inner_of(&use->chain));
	}
	for (size_t i = 0; i < inner.n; i++)
		count(chains, &inner.items[i], 1);
	ek_vec_done(&inner);
	for (int outer = 0; outer < 2; outer++) {
		for (struct ek_map_entry *e = NULL; (e = ek_map_next(&chains->by_name, e));) {
			struct svc_chain_use *use = e->value;

			if (!use->fresh || (use->chain.kind != EK_CHAIN_INNER) != outer)
				continue;
			put_one_chain(t, b, e->key, &use->chain);
			use->fresh = false;
		}
	}
}

static void del_unused(struct ek_nft_batch *b, struct ek_svc_chains *chains)
{
	for (int inner = 0; inner < 2; inner++) {
		for (struct ek_map_entry *e = NULL; (e = ek_map_next(&chains->by_name, e));) {
			struct svc_chain_use *use = e->value;
			struct ek_svc_chain in = inner_of(&use->chain);

			if (use->n > 0 || (use->chain.kind == EK_CHAIN_INNER) != inner)
				continue;
			ek_nft_chain_del(b, e->key);
			if (!inner)
				count(chains, &in, -1);
			(void)ek_map_del(&chains->by_name, e->key);
			free(use);
		}
	}
}

/* ---- changes ---- */

void ek_svc_change_put(void *change, bool del, const struct ek_svc_elem *e)
{
	struct ek_svc_change *c = change;

	if (del)
		ek_vec_push(&c->del, *e);
	else
		ek_vec_push(&c->add, *e);
}

void ek_svc_change_done(struct ek_svc_change *c)
{
	ek_svc_elems_done(&c->del);
	ek_svc_elems_done(&c->add);
}

static void put_elem(struct ek_nft_elems *out, bool del, const struct ek_svc_elem *e)
{
	size_t key_n = ek_svc_key_n(e->set);
	char name[EK_SVC_CHAIN_NAME_MAX];

	if (del || e->set == EK_SET_KNOWN) {
		ek_nft_elem(out, e->key, key_n, NULL, 0);
	} else if (ek_svc_set_leads(e->set)) {
		ek_svc_chain_name(&e->chain, name);
		ek_nft_elem_goto(out, e->key, key_n, name);
	} else {
		ek_nft_elem(out, e->key, key_n, e->data, sizeof(e->data));
	}
}

static void put_elems(struct ek_nft_batch *b, bool del, const struct ek_svc_elems *elems)
{
	for (unsigned set = 0; set < N_SETS; set++) {
		struct ek_nft_elems out;

		ek_nft_elems_begin(&out, b, sets[set].name, del);
		for (size_t i = 0; i < elems->n; i++)
			if (elems->items[i].set == set)
				put_elem(&out, del, &elems->items[i]);
		ek_nft_elems_end(&out);
	}
}

static void put_change(const struct ek_services_table *t, struct ek_nft_batch *b,
		       struct ek_svc_chains *chains, const struct ek_svc_change *change)
{
	for (size_t i = 0; i < change->add.n; i++)
		if (ek_svc_set_leads(change->add.items[i].set))
			count(chains, &change->add.items[i].chain, 1);
	for (size_t i = 0; i < change->del.n; i++)
		if (ek_svc_set_leads(change->del.items[i].set))
			count(chains, &change->del.items[i].chain, -1);
	put_fresh(t, b, chains);
	put_elems(b, true, &change->del);
	put_elems(b, false, &change->add);
	del_unused(b, chains);
}

int ek_services_nft_apply(const struct ek_services_table *t, struct ek_nl *nft,
			  struct ek_svc_chains *chains, const struct ek_svc_change *change,
			  struct ek_err *err)
{
	EK_NFT_BATCH struct ek_nft_batch b;

	ek_nft_begin(&b, t->name);
	put_change(t, &b, chains, change);
	return ek_nft_commit(&b, nft, err);
}

int ek_services_nft_replace(const struct ek_services_table *t, struct ek_nl *nft,
			    struct ek_svc_chains *chains, const struct ek_svc_change *change,
			    const struct ek_svc_stickies *stickies, struct ek_err *err)
{
	EK_NFT_BATCH struct ek_nft_batch b;
	struct ek_nft_elems out;

	EK_ASSERT(chains->by_name.n == 0 && change->del.n == 0);
	ek_nft_begin(&b, t->name);
	ek_nft_table_replace(&b);
	put_base(t, &b);
	put_change(t, &b, chains, change);
	ek_nft_elems_begin(&out, &b, sticky.name, false);
	for (size_t i = 0; i < stickies->n; i++)
		ek_nft_elem_timed(&out, stickies->items[i].key, 16, stickies->items[i].data, 8,
				  stickies->items[i].timeout_ms, stickies->items[i].expires_ms);
	ek_nft_elems_end(&out);
	return ek_nft_commit_whole(&b, nft, err);
}

static int on_sticky(void *arg, const struct ek_nft_found *e)
{
	struct ek_svc_stickies *ret = arg;
	struct ek_svc_sticky s = { .timeout_ms = e->timeout_ms, .expires_ms = e->expires_ms };

	if (e->key_n != sizeof(s.key) || e->data_n != sizeof(s.data) || !s.timeout_ms ||
	    !s.expires_ms || ret->n >= STICKY_MAX)
		return 0;
	memcpy(s.key, e->key, sizeof(s.key));
	memcpy(s.data, e->data, sizeof(s.data));
	ek_vec_push(ret, s);
	return 0;
}

int ek_services_nft_stickies(const struct ek_services_table *t, struct ek_nl *nft,
			     struct ek_svc_stickies *ret, struct ek_err *err)
{
	int rc = ek_nft_elems_each(nft, t->name, sticky.name, on_sticky, ret, err);

	return rc == EK_ENOTFOUND ? 0 : rc;
}
