/* SPDX-License-Identifier: Apache-2.0 */
#include "nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* ---- batches ---- */

static size_t message(struct ek_buf *b, unsigned type, unsigned flags, unsigned family,
		      unsigned res)
{
	struct nfgenmsg g = { .nfgen_family = (uint8_t)family,
			      .version = NFNETLINK_V0,
			      .res_id = htons((uint16_t)res) };

	return ek_nl_msg(b, type, flags, &g, sizeof(g));
}

static size_t begin(struct ek_nft_batch *b, unsigned type, unsigned flags)
{
	b->last = message(&b->b, NFNL_SUBSYS_NFTABLES << 8 | type, flags, EK_NFPROTO_IPV4, 0);
	b->n++;
	return b->last;
}

void ek_nft_begin(struct ek_nft_batch *b, const char *table)
{
	*b = (struct ek_nft_batch){ .b = EK_BUF_INIT(EK_NL_BATCH_MAX), .table = table };
	ek_nl_msg_end(&b->b,
		      message(&b->b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
}

void ek_nft_done(struct ek_nft_batch *b)
{
	ek_buf_done(&b->b);
}

int ek_nft_commit(struct ek_nft_batch *b, struct ek_nl *nl, struct ek_err *err)
{
	struct nlmsghdr h;
	size_t failed = 0;
	int rc;

	if (b->n == 0)
		return 0;
	if (!b->b.overflow) {
		memcpy(&h, b->b.data + b->last, sizeof(h));
		h.nlmsg_flags |= NLM_F_ACK;
		memcpy(b->b.data + b->last, &h, sizeof(h));
	}
	ek_nl_msg_end(&b->b,
		      message(&b->b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
	rc = ek_nl_talk(nl, &b->b, NULL, NULL, &failed, err);
	if (rc == -ENOENT)
		return ek_wrap(err, EK_ENOTFOUND, "nf_tables: table %s: message %zu", b->table,
			       failed);
	return rc < 0 ? ek_wrap(err, rc, "nf_tables: table %s: message %zu", b->table, failed) : 0;
}

/* A batch that begins with its own table misses nothing but what the kernel was built without. */
int ek_nft_commit_whole(struct ek_nft_batch *b, struct ek_nl *nl, struct ek_err *err)
{
	int rc = ek_nft_commit(b, nl, err);

	if (rc == EK_ENOTFOUND || rc == -EOPNOTSUPP || rc == -EAFNOSUPPORT ||
	    rc == -EPROTONOSUPPORT || rc == -EINVAL)
		return ek_wrap(
			err, EK_EUNAVAILABLE,
			"the kernel lacks a part of nf_tables; it needs NF_TABLES, "
			"NF_TABLES_IPV4, NFT_CT, NFT_NAT, NFT_MASQ, NFT_NUMGEN, NFT_FIB_IPV4 "
			"and NFT_REJECT, built in or as modules");
	return rc;
}

/* ---- tables, chains, sets ---- */

bool ek_nft_table_exists(struct ek_nl *nl, const char *table)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	size_t at = message(&b, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, NLM_F_ACK,
			    EK_NFPROTO_IPV4, 0);

	ek_nl_put_str(&b, NFTA_TABLE_NAME, table);
	ek_nl_msg_end(&b, at);
	return ek_nl_talk(nl, &b, NULL, NULL, NULL, NULL) == 0;
}

void ek_nft_table(struct ek_nft_batch *b)
{
	size_t at = begin(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);

	ek_nl_put_str(&b->b, NFTA_TABLE_NAME, b->table);
	ek_nl_msg_end(&b->b, at);
}

void ek_nft_table_del(struct ek_nft_batch *b)
{
	size_t at = begin(b, NFT_MSG_DELTABLE, 0);

	ek_nl_put_str(&b->b, NFTA_TABLE_NAME, b->table);
	ek_nl_msg_end(&b->b, at);
}

void ek_nft_table_replace(struct ek_nft_batch *b)
{
	ek_nft_table(b);
	ek_nft_table_del(b);
	ek_nft_table(b);
}

void ek_nft_chain(struct ek_nft_batch *b, const char *name)
{
	size_t at = begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);

	ek_nl_put_str(&b->b, NFTA_CHAIN_TABLE, b->table);
	ek_nl_put_str(&b->b, NFTA_CHAIN_NAME, name);
	ek_nl_msg_end(&b->b, at);
}

static void base_chain(struct ek_nft_batch *b, const char *name, const char *type, unsigned hook,
		       int priority, unsigned policy)
{
	size_t at = begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE), nest;

	ek_nl_put_str(&b->b, NFTA_CHAIN_TABLE, b->table);
	ek_nl_put_str(&b->b, NFTA_CHAIN_NAME, name);
	nest = ek_nl_nest(&b->b, NFTA_CHAIN_HOOK);
	ek_nl_put_be32(&b->b, NFTA_HOOK_HOOKNUM, hook);
	ek_nl_put_be32(&b->b, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	ek_nl_nest_end(&b->b, nest);
	ek_nl_put_be32(&b->b, NFTA_CHAIN_POLICY, policy);
	ek_nl_put_str(&b->b, NFTA_CHAIN_TYPE, type);
	ek_nl_msg_end(&b->b, at);
}

void ek_nft_base_chain(struct ek_nft_batch *b, const char *name, const char *type, unsigned hook,
		       int priority)
{
	base_chain(b, name, type, hook, priority, EK_NF_ACCEPT);
}

void ek_nft_base_chain_drop(struct ek_nft_batch *b, const char *name, const char *type,
			    unsigned hook, int priority)
{
	base_chain(b, name, type, hook, priority, EK_NF_DROP);
}

void ek_nft_chain_del(struct ek_nft_batch *b, const char *name)
{
	size_t at = begin(b, NFT_MSG_DELCHAIN, 0);

	ek_nl_put_str(&b->b, NFTA_CHAIN_TABLE, b->table);
	ek_nl_put_str(&b->b, NFTA_CHAIN_NAME, name);
	ek_nl_msg_end(&b->b, at);
}

void ek_nft_set(struct ek_nft_batch *b, const struct ek_nft_set *set)
{
	size_t at = begin(b, NFT_MSG_NEWSET, NLM_F_CREATE), nest;
	unsigned flags = set->flags | (set->data_type ? NFT_SET_MAP : 0u);

	ek_nl_put_str(&b->b, NFTA_SET_TABLE, b->table);
	ek_nl_put_str(&b->b, NFTA_SET_NAME, set->name);
	ek_nl_put_be32(&b->b, NFTA_SET_FLAGS, flags);
	ek_nl_put_be32(&b->b, NFTA_SET_KEY_TYPE, set->key_type);
	ek_nl_put_be32(&b->b, NFTA_SET_KEY_LEN, set->key_n);
	if (set->data_type == EK_NFT_VERDICT) {
		ek_nl_put_be32(&b->b, NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT);
	} else if (set->data_type) {
		ek_nl_put_be32(&b->b, NFTA_SET_DATA_TYPE, set->data_type);
		ek_nl_put_be32(&b->b, NFTA_SET_DATA_LEN, set->data_n);
	}
	if (set->max) {
		nest = ek_nl_nest(&b->b, NFTA_SET_DESC);
		ek_nl_put_be32(&b->b, NFTA_SET_DESC_SIZE, set->max);
		ek_nl_nest_end(&b->b, nest);
	}
	ek_nl_put_be32(&b->b, NFTA_SET_ID, b->n); /* unique in the batch is all it has to be */
	ek_nl_msg_end(&b->b, at);
}

/* ---- elements ---- */

void ek_nft_elems_begin(struct ek_nft_elems *e, struct ek_nft_batch *b, const char *set, bool del)
{
	*e = (struct ek_nft_elems){ .b = b, .set = set, .del = del };
}

void ek_nft_elems_end(struct ek_nft_elems *e)
{
	if (!e->list)
		return;
	ek_nl_nest_end(&e->b->b, e->list);
	ek_nl_msg_end(&e->b->b, e->msg);
	e->list = 0;
}

static size_t elem_begin(struct ek_nft_elems *e, const void *key, size_t key_n)
{
	struct ek_buf *b = &e->b->b;
	size_t at, nest;

	if (e->list && b->len - e->list > EK_NL_NEST_MAX - 512)
		ek_nft_elems_end(e);
	if (!e->list) {
		e->msg = begin(e->b, e->del ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM,
			       e->del ? 0 : NLM_F_CREATE | NLM_F_EXCL);
		ek_nl_put_str(b, NFTA_SET_ELEM_LIST_TABLE, e->b->table);
		ek_nl_put_str(b, NFTA_SET_ELEM_LIST_SET, e->set);
		e->list = ek_nl_nest(b, NFTA_SET_ELEM_LIST_ELEMENTS);
	}
	at = ek_nl_nest(b, NFTA_LIST_ELEM);
	nest = ek_nl_nest(b, NFTA_SET_ELEM_KEY);
	ek_nl_put(b, NFTA_DATA_VALUE, key, key_n);
	ek_nl_nest_end(b, nest);
	return at;
}

void ek_nft_elem(struct ek_nft_elems *e, const void *key, size_t key_n, const void *data,
		 size_t data_n)
{
	ek_nft_elem_timed(e, key, key_n, data, data_n, 0, 0);
}

void ek_nft_elem_timed(struct ek_nft_elems *e, const void *key, size_t key_n, const void *data,
		       size_t data_n, uint64_t timeout_ms, uint64_t expires_ms)
{
	struct ek_buf *b = &e->b->b;
	size_t at = elem_begin(e, key, key_n), nest;

	if (data) {
		nest = ek_nl_nest(b, NFTA_SET_ELEM_DATA);
		ek_nl_put(b, NFTA_DATA_VALUE, data, data_n);
		ek_nl_nest_end(b, nest);
	}
	if (timeout_ms) {
		ek_nl_put_be64(b, NFTA_SET_ELEM_TIMEOUT, timeout_ms);
		ek_nl_put_be64(b, NFTA_SET_ELEM_EXPIRATION, expires_ms);
	}
	ek_nl_nest_end(b, at);
}

static void put_verdict(struct ek_buf *b, unsigned attr, int code, const char *chain)
{
	size_t nest = ek_nl_nest(b, attr), inner = ek_nl_nest(b, NFTA_DATA_VERDICT);

	ek_nl_put_be32(b, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		ek_nl_put_str(b, NFTA_VERDICT_CHAIN, chain);
	ek_nl_nest_end(b, inner);
	ek_nl_nest_end(b, nest);
}

void ek_nft_elem_goto(struct ek_nft_elems *e, const void *key, size_t key_n, const char *chain)
{
	size_t at = elem_begin(e, key, key_n);

	put_verdict(&e->b->b, NFTA_SET_ELEM_DATA, NFT_GOTO, chain);
	ek_nl_nest_end(&e->b->b, at);
}

struct elem_walk {
	int (*fn)(void *arg, const struct ek_nft_found *e);
	void *arg;
};

static struct ek_nl_attr value_of(const struct ek_nl_attr *a)
{
	struct ek_nl_attr tb[NFTA_DATA_VALUE + 1];

	ek_nl_attrs(a->data, a->n, tb, NFTA_DATA_VALUE);
	return tb[NFTA_DATA_VALUE];
}

/* One element's attributes. */
static int on_elem(struct elem_walk *w, const char *attrs, size_t n)
{
	struct ek_nl_attr el[NFTA_SET_ELEM_EXPIRATION + 1], key, data;
	struct ek_nft_found found;

	ek_nl_attrs(attrs, n, el, NFTA_SET_ELEM_EXPIRATION);
	key = value_of(&el[NFTA_SET_ELEM_KEY]);
	data = value_of(&el[NFTA_SET_ELEM_DATA]);
	if (!key.data)
		return 0;
	found = (struct ek_nft_found){
		.key = key.data,
		.key_n = key.n,
		.data = data.data,
		.data_n = data.n,
		.timeout_ms = ek_nl_get_be64(&el[NFTA_SET_ELEM_TIMEOUT], 0),
		.expires_ms = ek_nl_get_be64(&el[NFTA_SET_ELEM_EXPIRATION], 0),
	};
	return w->fn(w->arg, &found);
}

static int on_elems(void *arg, unsigned type, const void *payload, size_t n)
{
	struct ek_nl_attr tb[NFTA_SET_ELEM_LIST_ELEMENTS + 1];
	const char *at;
	size_t left;

	if (type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM) || n < sizeof(struct nfgenmsg))
		return 0;
	ek_nl_attrs((const char *)payload + sizeof(struct nfgenmsg), n - sizeof(struct nfgenmsg),
		    tb, NFTA_SET_ELEM_LIST_ELEMENTS);
	at = tb[NFTA_SET_ELEM_LIST_ELEMENTS].data;
	left = tb[NFTA_SET_ELEM_LIST_ELEMENTS].n;
	while (left >= sizeof(struct nlattr)) {
		struct nlattr a;
		size_t step;
		int rc;

		memcpy(&a, at, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > left)
			break;
		rc = on_elem(arg, at + sizeof(a), a.nla_len - sizeof(a));
		if (rc < 0)
			return rc;
		step = EK_MIN((size_t)NLA_ALIGN(a.nla_len), left);
		at += step;
		left -= step;
	}
	return 0;
}

int ek_nft_elems_each(struct ek_nl *nl, const char *table, const char *set,
		      int (*fn)(void *arg, const struct ek_nft_found *e), void *arg,
		      struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	struct elem_walk walk = { .fn = fn, .arg = arg };
	size_t at = message(&b, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM, NLM_F_DUMP,
			    EK_NFPROTO_IPV4, 0);
	int rc;

	ek_nl_put_str(&b, NFTA_SET_ELEM_LIST_TABLE, table);
	ek_nl_put_str(&b, NFTA_SET_ELEM_LIST_SET, set);
	ek_nl_msg_end(&b, at);
	rc = ek_nl_talk(nl, &b, on_elems, &walk, NULL, err);
	if (rc == -ENOENT)
		return ek_fail(err, EK_ENOTFOUND, "nf_tables: no set %s in table %s", set, table);
	return rc < 0 ? ek_wrap(err, rc, "nf_tables: list set %s", set) : 0;
}

/* ---- rules ---- */

static void rule_begin(struct ek_nft_rule *r, struct ek_nft_batch *b, const char *chain,
		       unsigned where)
{
	r->b = b;
	r->msg = begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | where);
	ek_nl_put_str(&b->b, NFTA_RULE_TABLE, b->table);
	ek_nl_put_str(&b->b, NFTA_RULE_CHAIN, chain);
	r->exprs = ek_nl_nest(&b->b, NFTA_RULE_EXPRESSIONS);
}

void ek_nft_rule_begin(struct ek_nft_rule *r, struct ek_nft_batch *b, const char *chain)
{
	rule_begin(r, b, chain, NLM_F_APPEND);
}

void ek_nft_rule_insert(struct ek_nft_rule *r, struct ek_nft_batch *b, const char *chain)
{
	rule_begin(r, b, chain, 0);
}

void ek_nft_rule_end(struct ek_nft_rule *r)
{
	ek_nl_nest_end(&r->b->b, r->exprs);
	ek_nl_msg_end(&r->b->b, r->msg);
}

void ek_nft_rule_end_tagged(struct ek_nft_rule *r, const void *userdata, size_t n)
{
	ek_nl_nest_end(&r->b->b, r->exprs);
	ek_nl_put(&r->b->b, NFTA_RULE_USERDATA, userdata, n);
	ek_nl_msg_end(&r->b->b, r->msg);
}

void ek_nft_rule_del(struct ek_nft_batch *b, const char *chain, uint64_t handle)
{
	size_t at = begin(b, NFT_MSG_DELRULE, 0);

	ek_nl_put_str(&b->b, NFTA_RULE_TABLE, b->table);
	ek_nl_put_str(&b->b, NFTA_RULE_CHAIN, chain);
	ek_nl_put_be64(&b->b, NFTA_RULE_HANDLE, handle);
	ek_nl_msg_end(&b->b, at);
}

/* An expression is open from expr_begin() to expr_end(). */
struct expr {
	struct ek_buf *b;
	size_t elem, data;
};

static struct expr expr_begin(struct ek_nft_rule *r, const char *name)
{
	struct expr e = { .b = &r->b->b };

	e.elem = ek_nl_nest(e.b, NFTA_LIST_ELEM);
	ek_nl_put_str(e.b, NFTA_EXPR_NAME, name);
	e.data = ek_nl_nest(e.b, NFTA_EXPR_DATA);
	return e;
}

static void expr_end(struct expr *e)
{
	ek_nl_nest_end(e->b, e->data);
	ek_nl_nest_end(e->b, e->elem);
}

static void put_value(struct expr *e, unsigned attr, const void *data, size_t n)
{
	size_t nest = ek_nl_nest(e->b, attr);

	ek_nl_put(e->b, NFTA_DATA_VALUE, data, n);
	ek_nl_nest_end(e->b, nest);
}

void ek_nft_load_meta(struct ek_nft_rule *r, unsigned key, unsigned reg)
{
	struct expr e = expr_begin(r, "meta");

	ek_nl_put_be32(e.b, NFTA_META_DREG, reg);
	ek_nl_put_be32(e.b, NFTA_META_KEY, key);
	expr_end(&e);
}

void ek_nft_set_meta(struct ek_nft_rule *r, unsigned key, unsigned reg)
{
	struct expr e = expr_begin(r, "meta");

	ek_nl_put_be32(e.b, NFTA_META_KEY, key);
	ek_nl_put_be32(e.b, NFTA_META_SREG, reg);
	expr_end(&e);
}

void ek_nft_load_ct(struct ek_nft_rule *r, unsigned key, unsigned reg)
{
	struct expr e = expr_begin(r, "ct");

	ek_nl_put_be32(e.b, NFTA_CT_DREG, reg);
	ek_nl_put_be32(e.b, NFTA_CT_KEY, key);
	expr_end(&e);
}

void ek_nft_load_payload(struct ek_nft_rule *r, unsigned base, unsigned at, unsigned n,
			 unsigned reg)
{
	struct expr e = expr_begin(r, "payload");

	ek_nl_put_be32(e.b, NFTA_PAYLOAD_DREG, reg);
	ek_nl_put_be32(e.b, NFTA_PAYLOAD_BASE, base);
	ek_nl_put_be32(e.b, NFTA_PAYLOAD_OFFSET, at);
	ek_nl_put_be32(e.b, NFTA_PAYLOAD_LEN, n);
	expr_end(&e);
}

void ek_nft_load(struct ek_nft_rule *r, unsigned reg, const void *data, size_t n)
{
	struct expr e = expr_begin(r, "immediate");

	ek_nl_put_be32(e.b, NFTA_IMMEDIATE_DREG, reg);
	put_value(&e, NFTA_IMMEDIATE_DATA, data, n);
	expr_end(&e);
}

void ek_nft_load_random(struct ek_nft_rule *r, unsigned below, unsigned reg)
{
	struct expr e = expr_begin(r, "numgen");

	ek_nl_put_be32(e.b, NFTA_NG_DREG, reg);
	ek_nl_put_be32(e.b, NFTA_NG_MODULUS, below);
	ek_nl_put_be32(e.b, NFTA_NG_TYPE, NFT_NG_RANDOM);
	ek_nl_put_be32(e.b, NFTA_NG_OFFSET, 0);
	expr_end(&e);
}

static void load_addr_type(struct ek_nft_rule *r, unsigned which, unsigned reg)
{
	struct expr e = expr_begin(r, "fib");

	ek_nl_put_be32(e.b, NFTA_FIB_DREG, reg);
	ek_nl_put_be32(e.b, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	ek_nl_put_be32(e.b, NFTA_FIB_FLAGS, which);
	expr_end(&e);
}

void ek_nft_load_daddr_type(struct ek_nft_rule *r, unsigned reg)
{
	load_addr_type(r, NFTA_FIB_F_DADDR, reg);
}

void ek_nft_load_saddr_type(struct ek_nft_rule *r, unsigned reg)
{
	load_addr_type(r, NFTA_FIB_F_SADDR, reg);
}

void ek_nft_cmp(struct ek_nft_rule *r, unsigned op, unsigned reg, const void *data, size_t n)
{
	struct expr e = expr_begin(r, "cmp");

	ek_nl_put_be32(e.b, NFTA_CMP_SREG, reg);
	ek_nl_put_be32(e.b, NFTA_CMP_OP, op);
	put_value(&e, NFTA_CMP_DATA, data, n);
	expr_end(&e);
}

void ek_nft_bitwise(struct ek_nft_rule *r, unsigned reg, size_t n, const void *mask,
		    const void * xor)
{
	struct expr e = expr_begin(r, "bitwise");

	ek_nl_put_be32(e.b, NFTA_BITWISE_SREG, reg);
	ek_nl_put_be32(e.b, NFTA_BITWISE_DREG, reg);
	ek_nl_put_be32(e.b, NFTA_BITWISE_LEN, (uint32_t)n);
	put_value(&e, NFTA_BITWISE_MASK, mask, n);
	put_value(&e, NFTA_BITWISE_XOR, xor, n);
	expr_end(&e);
}

static struct expr lookup(struct ek_nft_rule *r, const char *set, unsigned reg)
{
	struct expr e = expr_begin(r, "lookup");

	ek_nl_put_str(e.b, NFTA_LOOKUP_SET, set);
	ek_nl_put_be32(e.b, NFTA_LOOKUP_SREG, reg);
	return e;
}

void ek_nft_match(struct ek_nft_rule *r, const char *set, unsigned reg)
{
	struct expr e = lookup(r, set, reg);

	expr_end(&e);
}

void ek_nft_map(struct ek_nft_rule *r, const char *map, unsigned reg, unsigned to)
{
	struct expr e = lookup(r, map, reg);

	ek_nl_put_be32(e.b, NFTA_LOOKUP_DREG, to);
	expr_end(&e);
}

void ek_nft_vmap(struct ek_nft_rule *r, const char *map, unsigned reg)
{
	ek_nft_map(r, map, reg, NFT_REG_VERDICT);
}

void ek_nft_dynset(struct ek_nft_rule *r, const char *set, unsigned op, unsigned key_reg,
		   unsigned data_reg, uint64_t timeout_ms)
{
	struct expr e = expr_begin(r, "dynset");

	ek_nl_put_str(e.b, NFTA_DYNSET_SET_NAME, set);
	ek_nl_put_be32(e.b, NFTA_DYNSET_OP, op);
	ek_nl_put_be32(e.b, NFTA_DYNSET_SREG_KEY, key_reg);
	if (data_reg)
		ek_nl_put_be32(e.b, NFTA_DYNSET_SREG_DATA, data_reg);
	if (timeout_ms)
		ek_nl_put_be64(e.b, NFTA_DYNSET_TIMEOUT, timeout_ms);
	expr_end(&e);
}

void ek_nft_verdict(struct ek_nft_rule *r, int code, const char *chain)
{
	struct expr e = expr_begin(r, "immediate");

	ek_nl_put_be32(e.b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	put_verdict(e.b, NFTA_IMMEDIATE_DATA, code, chain);
	expr_end(&e);
}

void ek_nft_dnat(struct ek_nft_rule *r, unsigned addr_reg, unsigned port_reg)
{
	struct expr e = expr_begin(r, "nat");

	ek_nl_put_be32(e.b, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	ek_nl_put_be32(e.b, NFTA_NAT_FAMILY, EK_NFPROTO_IPV4);
	ek_nl_put_be32(e.b, NFTA_NAT_REG_ADDR_MIN, addr_reg);
	ek_nl_put_be32(e.b, NFTA_NAT_REG_PROTO_MIN, port_reg);
	expr_end(&e);
}

void ek_nft_masquerade(struct ek_nft_rule *r)
{
	struct expr e = expr_begin(r, "masq");

	/*
	 * NF_NAT_RANGE_PROTO_RANDOM_FULLY: two clients taking the same port at once would lose one
	 */
	ek_nl_put_be32(e.b, NFTA_MASQ_FLAGS, 1u << 4);
	expr_end(&e);
}

void ek_nft_reject(struct ek_nft_rule *r)
{
	struct expr e = expr_begin(r, "reject");

	ek_nl_put_be32(e.b, NFTA_REJECT_TYPE, NFT_REJECT_ICMP_UNREACH);
	ek_nl_put_u8(e.b, NFTA_REJECT_ICMP_CODE, 3);
	expr_end(&e);
}

void ek_nft_reject_tcp(struct ek_nft_rule *r)
{
	struct expr e = expr_begin(r, "reject");

	ek_nl_put_be32(e.b, NFTA_REJECT_TYPE, NFT_REJECT_TCP_RST);
	expr_end(&e);
}
