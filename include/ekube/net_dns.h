/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The cluster's name server, in the process: UDP and TCP on the cluster's DNS address. Names of
 * the cluster come from the directory of Services, all others from the servers of resolv.conf.
 *
 * Bounded: 1024 cached answers, 1024 questions under way and 128 for one client, 1000 questions a
 * second for one client, 128 TCP connections. Beyond that questions are dropped: clients ask again.
 */

#include <ekube/net_services.h>

struct ek_dns;

struct ek_dns_config {
	const char    *domain;       /* "cluster.local" */
	struct ek_ip   listen[EK_NET_LOCAL_MAX];
	size_t         n_listen;
	int            port;         /* 0: 53; -1: any that is free, see ek_dns_port() */
	struct ek_cidr blocks[4];    /* pods' and Services': reverse names here are ours alone */
	size_t         n_blocks;
	const char    *resolv_conf;  /* NULL: only the cluster's names are answered */
	int            forward_port; /* 0: 53 */
};

/* The addresses must be there already (ek_podnet_open() puts them on the bridge). */
int  ek_dns_open(struct ek_loop *loop, const struct ek_dns_config *cfg, const struct ek_svcdir *dir,
		 struct ek_dns **ret, struct ek_err *err);
void ek_dns_close(struct ek_dns *dns);

/*
 * The directory is complete. Until then questions about the cluster fail, so that nobody learns,
 * and remembers, that a Service does not exist which was just not heard of yet.
 */
void ek_dns_set_ready(struct ek_dns *dns);

int ek_dns_port(const struct ek_dns *dns);

struct ek_dns_stats {
	uint64_t queries, forwarded, cache_hits, refused_rate, refused_busy;
};
struct ek_dns_stats ek_dns_stats(const struct ek_dns *dns);
