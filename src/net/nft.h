/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * nf_tables in its own messages. A batch is a transaction: the kernel takes all of it or none,
 * and packets see the old rules or the new ones. Nothing here decides what the rules say.
 *
 * A set's key is a row of 4-byte registers; a shorter part is padded with zeros behind. Rules load
 * the parts into consecutive registers, EK_NFT_R(0), EK_NFT_R(1) ... and look them up.
 */

#include "netlink.h"

#include <linux/netfilter/nf_tables.h>

/* <linux/netfilter.h> clashes with libc's <netinet/in.h>; these are all we need of it. */
enum { EK_NFPROTO_INET = 1, EK_NFPROTO_IPV4 = 2 };
enum {
	EK_NF_PREROUTING, EK_NF_INPUT, EK_NF_FORWARD, EK_NF_OUTPUT, EK_NF_POSTROUTING,
};
enum { EK_NF_DROP = 0, EK_NF_ACCEPT = 1 };
enum { EK_NF_PRIO_DSTNAT = -100, EK_NF_PRIO_FILTER = 0, EK_NF_PRIO_SRCNAT = 100 };

/* The nth 4-byte register. */
#define EK_NFT_R(n) ((unsigned)NFT_REG32_00 + (unsigned)(n))

/*
 * What nft(8) would call a key or a value, so that `nft list` shows it to people. The kernel only
 * looks at lengths.
 */
enum ek_nft_type {
	EK_NFT_VERDICT = 1, EK_NFT_IPV4 = 7, EK_NFT_PROTO = 12, EK_NFT_PORT = 13,
	EK_NFT_NUMBER = 19, /* a mark: the 32-bit number in this machine's byte order */
};
#define EK_NFT_TYPE2(a, b)          ((unsigned)(a) << 6 | (unsigned)(b))
#define EK_NFT_TYPE3(a, b, c)       (EK_NFT_TYPE2(a, b) << 6 | (unsigned)(c))
#define EK_NFT_TYPE4(a, b, c, d)    (EK_NFT_TYPE3(a, b, c) << 6 | (unsigned)(d))
#define EK_NFT_TYPE5(a, b, c, d, e) (EK_NFT_TYPE4(a, b, c, d) << 6 | (unsigned)(e))

struct ek_nft_set {
	const char *name;
	unsigned    key_type, key_n;   /* bytes; a multiple of 4 for concatenations */
	unsigned    data_type, data_n; /* data_type 0: a set; EK_NFT_VERDICT: a verdict map */
	unsigned    flags;             /* NFT_SET_TIMEOUT | NFT_SET_EVAL for what packets may add to */
	unsigned    max;               /* bounds what packets add; 0 for the others */
};

struct ek_nft_batch {
	struct ek_buf b;
	const char   *table; /* borrowed */
	size_t        last;  /* where the last message begins: it asks for the answer */
	unsigned      n;     /* messages */
};

void ek_nft_begin(struct ek_nft_batch *b, const char *table);
void ek_nft_done(struct ek_nft_batch *b);
#define EK_NFT_BATCH EK_CLEANUP(ek_nft_done)

/* Apply the whole batch. EK_ENOTFOUND when the table (or what the batch builds on) is not there. */
int ek_nft_commit(struct ek_nft_batch *b, struct ek_nl *nl, struct ek_err *err);
/* The same for a batch that makes its table first: says so when the kernel is not able to. */
int ek_nft_commit_whole(struct ek_nft_batch *b, struct ek_nl *nl, struct ek_err *err);

/* ---- tables, chains, sets: what exists already stays as it is ---- */
bool ek_nft_table_exists(struct ek_nl *nl, const char *table);
void ek_nft_table(struct ek_nft_batch *b);
void ek_nft_table_del(struct ek_nft_batch *b);     /* must exist: add it first in the same batch */
void ek_nft_table_replace(struct ek_nft_batch *b); /* an empty table, whatever was there */
void ek_nft_chain(struct ek_nft_batch *b, const char *name);
void ek_nft_base_chain(struct ek_nft_batch *b, const char *name, const char *type, unsigned hook,
		       int priority);
/* The same, dropping what none of its rules takes. */
void ek_nft_base_chain_drop(struct ek_nft_batch *b, const char *name, const char *type, unsigned hook,
			    int priority);
void ek_nft_chain_del(struct ek_nft_batch *b, const char *name);
void ek_nft_set(struct ek_nft_batch *b, const struct ek_nft_set *set);

/* ---- elements ---- */
/* A run of elements of one set, split into as many messages as it takes. */
struct ek_nft_elems {
	struct ek_nft_batch *b;
	const char *set;
	bool        del;
	size_t      msg, list; /* the open message; list 0: none */
};
void ek_nft_elems_begin(struct ek_nft_elems *e, struct ek_nft_batch *b, const char *set, bool del);
void ek_nft_elem(struct ek_nft_elems *e, const void *key, size_t key_n, const void *data,
		 size_t data_n); /* data NULL: none */
void ek_nft_elem_goto(struct ek_nft_elems *e, const void *key, size_t key_n, const char *chain);
void ek_nft_elems_end(struct ek_nft_elems *e);

/* For sets with NFT_SET_TIMEOUT: lives timeout_ms whenever a packet renews it, for now expires_ms. */
void ek_nft_elem_timed(struct ek_nft_elems *e, const void *key, size_t key_n, const void *data,
		       size_t data_n, uint64_t timeout_ms, uint64_t expires_ms);

struct ek_nft_found {
	const void *key, *data; /* not aligned; data NULL for a plain set */
	size_t      key_n, data_n;
	uint64_t    timeout_ms, expires_ms; /* 0 without */
};
/* Every element of a set. EK_ENOTFOUND when there is no such set. */
int ek_nft_elems_each(struct ek_nl *nl, const char *table, const char *set,
		      int (*fn)(void *arg, const struct ek_nft_found *e), void *arg, struct ek_err *err);

/* ---- rules ---- */
struct ek_nft_rule {
	struct ek_nft_batch *b;
	size_t msg, exprs;
};
void ek_nft_rule_begin(struct ek_nft_rule *r, struct ek_nft_batch *b, const char *chain);
void ek_nft_rule_insert(struct ek_nft_rule *r, struct ek_nft_batch *b, const char *chain); /* in front */
void ek_nft_rule_end(struct ek_nft_rule *r);
void ek_nft_rule_end_tagged(struct ek_nft_rule *r, const void *userdata, size_t n);
void ek_nft_rule_del(struct ek_nft_batch *b, const char *chain, uint64_t handle);

void ek_nft_load_meta(struct ek_nft_rule *r, unsigned key, unsigned reg);
void ek_nft_load_ct(struct ek_nft_rule *r, unsigned key, unsigned reg);
void ek_nft_load_payload(struct ek_nft_rule *r, unsigned base, unsigned at, unsigned n, unsigned reg);
void ek_nft_load(struct ek_nft_rule *r, unsigned reg, const void *data, size_t n);
void ek_nft_load_random(struct ek_nft_rule *r, unsigned below, unsigned reg);
void ek_nft_load_daddr_type(struct ek_nft_rule *r, unsigned reg); /* RTN_LOCAL ... */
void ek_nft_load_saddr_type(struct ek_nft_rule *r, unsigned reg);
void ek_nft_cmp(struct ek_nft_rule *r, unsigned op, unsigned reg, const void *data, size_t n);
void ek_nft_bitwise(struct ek_nft_rule *r, unsigned reg, size_t n, const void *mask, const void *xor);
void ek_nft_match(struct ek_nft_rule *r, const char *set, unsigned reg);              /* is in the set */
void ek_nft_map(struct ek_nft_rule *r, const char *map, unsigned reg, unsigned to);   /* or the rule ends */
void ek_nft_vmap(struct ek_nft_rule *r, const char *map, unsigned reg);
/* NFT_DYNSET_OP_UPDATE or _DELETE; data_reg 0 for a set. */
void ek_nft_dynset(struct ek_nft_rule *r, const char *set, unsigned op, unsigned key_reg,
		   unsigned data_reg, uint64_t timeout_ms);
void ek_nft_set_meta(struct ek_nft_rule *r, unsigned key, unsigned reg);
void ek_nft_verdict(struct ek_nft_rule *r, int code, const char *chain); /* chain for goto, jump */
void ek_nft_dnat(struct ek_nft_rule *r, unsigned addr_reg, unsigned port_reg);
void ek_nft_masquerade(struct ek_nft_rule *r);
void ek_nft_reject(struct ek_nft_rule *r);     /* ICMP port unreachable */
void ek_nft_reject_tcp(struct ek_nft_rule *r); /* a reset; the rule must have matched TCP */

/* ---- what several rule sets say alike ---- */
void ek_nft_proto(struct ek_nft_rule *r, unsigned reg);
void ek_nft_saddr(struct ek_nft_rule *r, unsigned reg);
void ek_nft_daddr(struct ek_nft_rule *r, unsigned reg);
void ek_nft_dport(struct ek_nft_rule *r, unsigned reg);
void ek_nft_if_name(struct ek_nft_rule *r, unsigned meta_key, bool is, const char *name);
struct ek_cidr;
void ek_nft_if_saddr(struct ek_nft_rule *r, bool in, const struct ek_cidr *c);
void ek_nft_if_daddr(struct ek_nft_rule *r, bool in, const struct ek_cidr *c);
void ek_nft_if_local(struct ek_nft_rule *r, bool daddr);
/* Any of `bits` is set in what the ct key says (NFT_CT_STATE, NFT_CT_STATUS). */
void ek_nft_if_ct(struct ek_nft_rule *r, unsigned key, bool any, uint32_t bits);
