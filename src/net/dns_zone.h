/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The cluster's names (Kubernetes DNS specification 1.1.0), answered from the directory of
 * Services. Pure: no loop, no sockets, no memory of its own.
 *
 *	<svc>.<ns>.svc.<domain>                     A AAAA of the Service or, headless, its endpoints
 *	_<port>._<proto>.<svc>.<ns>.svc.<domain>    SRV
 *	<host>.<svc>.<ns>.svc.<domain>              an endpoint: its hostname, or a-b-c-d of its address
 *	a-b-c-d.<ns>.pod.<domain>                   A of what it says
 *	d.c.b.a.in-addr.arpa                        PTR of a Service or an endpoint
 *	dns-version.<domain>                        TXT
 */

#include "dns.h"
#include "svc.h"

enum { EK_DNS_TTL = 5, EK_DNS_ZONE_BLOCKS = 4 };

struct ek_dns_zone {
	const struct ek_svcdir *dir;
	struct ek_dns_name      domain;
	struct ek_dns_name      ns_name, rname;  /* ns.dns.<domain>, hostmaster.<domain> */
	struct ek_ip            self[EK_NET_LOCAL_MAX]; /* where the server answers */
	size_t                  n_self;
	struct ek_cidr          blocks[EK_DNS_ZONE_BLOCKS]; /* addresses that nobody else knows names of */
	size_t                  n_blocks;
};

/* EK_EINVALID when the domain is no name. */
int ek_dns_zone_init(struct ek_dns_zone *z, const struct ek_svcdir *dir, const char *domain,
		     struct ek_err *err);

enum ek_dns_verdict {
	EK_DNS_DONE,    /* *ret_rcode is the answer's */
	EK_DNS_FOREIGN, /* not one of ours: ask elsewhere */
	EK_DNS_CHASE,   /* a CNAME: the records of *ret_target are to be added */
};

/*
 * Answer `name` and `type`, written into `out` behind what is there. Several addresses begin
 * with the `turn`th, so that clients that only try one are spread.
 */
enum ek_dns_verdict ek_dns_zone_answer(const struct ek_dns_zone *z, const struct ek_dns_name *name,
				       uint16_t type, uint32_t turn, struct ek_dns_out *out,
				       unsigned *ret_rcode, struct ek_dns_name *ret_target);
