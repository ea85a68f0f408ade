/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Tell when somebody else took a table of ours away: "nft flush ruleset", which restarting the
 * machine's firewall does too. Without this the node would be deaf until the next change.
 */

#include <ekube/loop.h>

#include "netlink.h"

struct ek_nft_watch {
	void (*gone)(struct ek_nft_watch *w); /* a moment after it happened */
	void (*iptables)(struct ek_nft_watch *w); /* FORWARD was made or its policy set; may be NULL */
	/* private */
	struct ek_loop *loop;
	struct ek_poll  poll;
	struct ek_timer settle;
	struct ek_nl    nl;
	const char     *table;
	uint32_t        own;
	bool            lost, missed; /* saw it go; saw less than there was */
	bool            forward;      /* saw iptables' FORWARD change */
};

/* `ours` is the socket whose changes are none of the news; table is borrowed. */
int  ek_nft_watch_start(struct ek_loop *loop, struct ek_nft_watch *w, const char *table,
			const struct ek_nl *ours, void (*gone)(struct ek_nft_watch *w), struct ek_err *err);
void ek_nft_watch_stop(struct ek_nft_watch *w); /* harmless when stopped or zeroed */
