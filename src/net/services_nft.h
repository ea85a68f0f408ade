/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The table "<instance>_services": what svc_rules.h says, as nf_tables messages.
 *
 *	prerouting, output ──► services ──► svc ──► inner_3, outer_3_nodeport, ... ──► ep ──► dnat
 *	postrouting: masquerade what the chains marked
 *	input, forward, output: refuse what nobody serves
 */

#include "nft.h"
#include "svc_rules.h"

struct ek_services_table {
	const char    *name; /* borrowed */
	struct ek_cidr cluster_cidr, service_cidr; /* n 0: unknown */
};

/* Chains with the number of elements and chains that lead to them. */
struct ek_svc_chains {
	struct ek_map by_name; /* -> struct svc_chain_use */
};
void ek_svc_chains_done(struct ek_svc_chains *c);

/* What is to be told to the kernel: filled by ek_svc_elems_diff() of any number of Services. */
struct ek_svc_change {
	struct ek_svc_elems del, add;
};
void ek_svc_change_put(void *change, bool del, const struct ek_svc_elem *e);
void ek_svc_change_done(struct ek_svc_change *c);

/* Sticky clients of the table that is there now, to be put into the one that replaces it. */
struct ek_svc_sticky {
	uint8_t  key[16], data[8];
	uint64_t timeout_ms, expires_ms;
};
struct ek_svc_stickies {
	struct ek_svc_sticky *items;
	size_t n, cap;
};
int ek_services_nft_stickies(const struct ek_services_table *t, struct ek_nl *nft,
			     struct ek_svc_stickies *ret, struct ek_err *err);

/*
 * Apply a change and count its chains. When the kernel refuses, `chains` no longer means anything:
 * start over with ek_services_nft_replace() and everything there is in change->add.
 */
int ek_services_nft_apply(const struct ek_services_table *t, struct ek_nl *nft, struct ek_svc_chains *chains,
			  const struct ek_svc_change *change, struct ek_err *err);
int ek_services_nft_replace(const struct ek_services_table *t, struct ek_nl *nft, struct ek_svc_chains *chains,
			    const struct ek_svc_change *change, const struct ek_svc_stickies *stickies,
			    struct ek_err *err);
