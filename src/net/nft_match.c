/* SPDX-License-Identifier: Apache-2.0 */
#include "nft.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include <ekube/str.h>

/*
 * Matches that several rule sets share. They use the last register, which holds nothing beyond one
 * match.
 */

enum { SCRATCH = 15, IP_SADDR_AT = 12, IP_DADDR_AT = 16, DPORT_AT = 2 };

void ek_nft_proto(struct ek_nft_rule *r, unsigned reg)
{
	ek_nft_load_meta(r, NFT_META_L4PROTO, reg);
}

void ek_nft_saddr(struct ek_nft_rule *r, unsigned reg)
{
	ek_nft_load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, IP_SADDR_AT, 4, reg);
}

void ek_nft_daddr(struct ek_nft_rule *r, unsigned reg)
{
	ek_nft_load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, IP_DADDR_AT, 4, reg);
}

void ek_nft_dport(struct ek_nft_rule *r, unsigned reg)
{
	ek_nft_load_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, DPORT_AT, 2, reg);
}

void ek_nft_if_name(struct ek_nft_rule *r, unsigned meta_key, bool is, const char *name)
{
	char padded[16] = { 0 };

	memcpy(padded, name, strnlen(name, sizeof(padded) - 1));
	ek_nft_load_meta(r, meta_key, NFT_REG_4); /* 16 bytes: the last four registers */
	ek_nft_cmp(r, is ? NFT_CMP_EQ : NFT_CMP_NEQ, NFT_REG_4, padded, sizeof(padded));
}

static void in_cidr(struct ek_nft_rule *r, bool in, const struct ek_cidr *c)
{
	static const uint8_t zero[4];
	uint8_t mask[4] = { 0 };

	for (unsigned i = 0; i < c->bits; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	ek_nft_bitwise(r, EK_NFT_R(SCRATCH), sizeof(mask), mask, zero);
	ek_nft_cmp(r, in ? NFT_CMP_EQ : NFT_CMP_NEQ, EK_NFT_R(SCRATCH), c->ip.b, 4);
}

void ek_nft_if_saddr(struct ek_nft_rule *r, bool in, const struct ek_cidr *c)
{
	ek_nft_saddr(r, EK_NFT_R(SCRATCH));
	in_cidr(r, in, c);
}

void ek_nft_if_daddr(struct ek_nft_rule *r, bool in, const struct ek_cidr *c)
{
	ek_nft_daddr(r, EK_NFT_R(SCRATCH));
	in_cidr(r, in, c);
}

void ek_nft_if_local(struct ek_nft_rule *r, bool daddr)
{
	uint32_t local = RTN_LOCAL;

	if (daddr)
		ek_nft_load_daddr_type(r, EK_NFT_R(SCRATCH));
	else
		ek_nft_load_saddr_type(r, EK_NFT_R(SCRATCH));
	ek_nft_cmp(r, NFT_CMP_EQ, EK_NFT_R(SCRATCH), &local, sizeof(local));
}

void ek_nft_if_ct(struct ek_nft_rule *r, unsigned key, bool any, uint32_t bits)
{
	uint32_t zero = 0;

	ek_nft_load_ct(r, key, EK_NFT_R(SCRATCH));
	ek_nft_bitwise(r, EK_NFT_R(SCRATCH), sizeof(bits), &bits, &zero);
	ek_nft_cmp(r, any ? NFT_CMP_NEQ : NFT_CMP_EQ, EK_NFT_R(SCRATCH), &zero, sizeof(zero));
}
