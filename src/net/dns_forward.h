/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Questions to other servers: those of resolv.conf, never ourselves. One socket a question, with
 * a port of the kernel's choice and a random id, so that an answer is hard to forge; who does
 * not answer in a second is passed over, a truncated answer is fetched again by TCP.
 */

#include <ekube/stream.h>

#include "dns.h"

enum {
	EK_DNS_SERVERS_MAX = 8,
	EK_DNS_TRY_MS = 1000,
	EK_DNS_TRIES = 4,      /* in all: inside the five seconds a client's resolver waits */
	EK_DNS_RECHECK_MS = 5000,
};

struct ek_dns_server {
	char text[46];
	int  port;
	struct ek_udp_peer peer;
};

struct ek_dns_forward {
	struct ek_loop *loop;
	char           *conf;     /* resolv.conf; NULL: no servers */
	struct ek_ip    self[8];  /* addresses that are us */
	size_t          n_self;
	int             self_port;
	int             port;     /* of servers that do not say ("address#port" does) */
	struct ek_dns_server servers[EK_DNS_SERVERS_MAX];
	size_t          n, good;  /* good: who answered last */
	int64_t         checked_ms;
	int64_t         stamp[4]; /* of the file as it was read */
};

void ek_dns_forward_init(struct ek_dns_forward *f, struct ek_loop *loop, const char *conf, int port);
void ek_dns_forward_done(struct ek_dns_forward *f);
/* Servers out of the text of a resolv.conf; lines that are none are skipped. */
void ek_dns_forward_parse(struct ek_dns_forward *f, const char *text);

/* One question: in the caller's memory until cb was called, once, or it was cancelled. */
struct ek_dns_ask {
	struct ek_dns_name name;
	uint16_t type;
	bool     dnssec_ok, cd;
	/* answer NULL: nobody gave one. It is valid during the call; ask may be freed in it. */
	void (*cb)(struct ek_dns_ask *ask, const struct ek_dns_msg *answer);
	/* private */
	struct ek_dns_forward *f;
	struct ek_udp    udp;
	struct ek_stream tcp;
	struct ek_timer  timer;
	struct ek_buf    in;      /* what came by TCP */
	uint16_t         id;
	bool             plain;   /* without EDNS: the server does not know it */
	unsigned         tries;
	size_t           server;
	struct ek_dns_server to;  /* a copy: the list may change meanwhile */
};
/* EK_EUNAVAILABLE when there is no server that could be sent to; cb is not called then. */
int  ek_dns_ask_start(struct ek_dns_forward *f, struct ek_dns_ask *ask);
void ek_dns_ask_cancel(struct ek_dns_ask *ask);
