/* SPDX-License-Identifier: Apache-2.0 */
#include "nft_watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include <ekube/str.h>

#include "nft.h"

enum {
	NEWS_MAX = 32 << 10,
	NEWS_A_TURN = 16,
	SETTLE_MS = 200, /* a firewall that restarts flushes more than once */
};

static uint32_t port_of(const struct ek_nl *nl)
{
	struct sockaddr_nl sa = { 0 };
	socklen_t len = sizeof(sa);

	return getsockname(nl->fd, (struct sockaddr *)&sa, &len) < 0 ? 0 : sa.nl_pid;
}

/* Our own changes are the most frequent ones: the kernel is to drop the news of them right away. */
static void ignore_own(struct ek_nft_watch *w)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(w->own), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog prog = { .len = EK_ARRAY_LEN(code), .filter = code };

	(void)setsockopt(w->nl.fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static bool is_loss(const struct ek_nft_watch *w, const struct nlmsghdr *h, const char *payload)
{
	struct ek_nl_attr tb[NFTA_TABLE_NAME + 1];
	size_t n = h->nlmsg_len - NLMSG_HDRLEN;

	if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE) ||
	    h->nlmsg_pid == w->own || n < sizeof(struct nfgenmsg))
		return false;
	ek_nl_attrs(payload + sizeof(struct nfgenmsg), n - sizeof(struct nfgenmsg), tb,
		    NFTA_TABLE_NAME);
	return ek_streq(ek_nl_str(&tb[NFTA_TABLE_NAME]), w->table);
}

static bool is_forward(const struct nlmsghdr *h, const char *payload)
{
	struct ek_nl_attr tb[NFTA_CHAIN_NAME + 1];
	size_t n = h->nlmsg_len - NLMSG_HDRLEN;

	if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN) ||
	    n < sizeof(struct nfgenmsg))
		return false;
	ek_nl_attrs(payload + sizeof(struct nfgenmsg), n - sizeof(struct nfgenmsg), tb,
		    NFTA_CHAIN_NAME);
	return ek_streq(ek_nl_str(&tb[NFTA_CHAIN_TABLE]), "filter") &&
	       ek_streq(ek_nl_str(&tb[NFTA_CHAIN_NAME]), "FORWARD");
}

static void read_news(struct ek_nft_watch *w, const char *data, size_t n)
{
	while (n >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr h;
		size_t step;

		memcpy(&h, data, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > n)
			return;
		w->lost |= is_loss(w, &h, data + NLMSG_HDRLEN);
		w->forward |= is_forward(&h, data + NLMSG_HDRLEN);
		step = EK_MIN((size_t)NLMSG_ALIGN(h.nlmsg_len), n);
		data += step;
		n -= step;
	}
}

static void on_settled(struct ek_timer *t)
{
	struct ek_nft_watch *w = ek_container_of(t, struct ek_nft_watch, settle);
	EK_NL struct ek_nl nl = EK_NL_INIT;
	bool gone = w->lost, forward;

	/* lost and there again is somebody's copy of what it once was: as good as gone */
	if (!gone && ek_nl_open(&nl, NETLINK_NETFILTER, NULL) == 0)
		gone = !ek_nft_table_exists(&nl, w->table);
	forward = w->forward || w->missed;
	w->lost = w->missed = w->forward = false;
	if (gone)
		w->gone(w);
	if (forward && w->iptables)
		w->iptables(w);
}

static void on_news(struct ek_poll *p, int events)
{
	struct ek_nft_watch *w = ek_container_of(p, struct ek_nft_watch, poll);
	char data[NEWS_MAX];

	(void)events;
	for (int i = 0; i < NEWS_A_TURN; i++) {
		ssize_t n = recv(w->nl.fd, data, sizeof(data), MSG_DONTWAIT);

		if (n < 0 && errno == ENOBUFS)
			w->missed = true; /* more happened than we were told */
		else if (n < 0)
			break;
		else
			read_news(w, data, (size_t)n);
	}
	if ((w->lost || w->missed || w->forward) && !ek_timer_active(&w->settle))
		ek_timer_start(w->loop, &w->settle, SETTLE_MS, on_settled);
}

int ek_nft_watch_start(struct ek_loop *loop, struct ek_nft_watch *w, const char *table,
		       const struct ek_nl *ours, void (*gone)(struct ek_nft_watch *w),
		       struct ek_err *err)
{
	int group = NFNLGRP_NFTABLES, rc;

	*w = (struct ek_nft_watch){
		.gone = gone, .loop = loop, .table = table, .own = port_of(ours), .nl = EK_NL_INIT
	};
	rc = ek_nl_open(&w->nl, NETLINK_NETFILTER, err);
	if (rc < 0)
		return rc;
	ignore_own(w);
	if (setsockopt(w->nl.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		rc = ek_fail_errno(err, "watch nf_tables");
	if (rc == 0)
		rc = ek_poll_start(loop, &w->poll, w->nl.fd, EK_READABLE, on_news);
	if (rc < 0)
		ek_nft_watch_stop(w);
	return rc;
}

void ek_nft_watch_stop(struct ek_nft_watch *w)
{
	if (!w->gone)
		return;
	ek_timer_stop(&w->settle);
	ek_poll_stop(&w->poll);
	ek_nl_close(&w->nl);
	w->gone = NULL;
}
