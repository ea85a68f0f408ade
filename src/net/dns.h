/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * DNS messages (RFC 1035, 2782, 3596, 6891): a parser that trusts no length, count or pointer, and
 * a builder that never writes past its buffer: what does not fit is left out and TC set.
 *
 * A name is its uncompressed wire form. Comparing ignores the case of ASCII letters, and may do
 * so byte by byte: a length byte is at most 63, below 'A'.
 */

#include <ekube/str.h>

enum {
	EK_DNS_NAME_MAX = 255,    /* bytes on the wire */
	EK_DNS_LABELS_MAX = 127,
	EK_DNS_TEXT_MAX = 1024,   /* as text, every byte escaped */
	EK_DNS_MSG_MAX = 65535,
	EK_DNS_UDP_PLAIN = 512,   /* a client that does not say what it takes */
	EK_DNS_UDP_MAX = 1232,    /* what we offer and use: passes any link unfragmented */
	EK_DNS_HEADER = 12,
	EK_DNS_OPT_SIZE = 11,
};

enum ek_dns_type {
	EK_DNS_A = 1, EK_DNS_NS = 2, EK_DNS_CNAME = 5, EK_DNS_SOA = 6, EK_DNS_PTR = 12,
	EK_DNS_TXT = 16, EK_DNS_AAAA = 28, EK_DNS_SRV = 33, EK_DNS_OPT = 41, EK_DNS_AXFR = 252,
	EK_DNS_IXFR = 251, EK_DNS_ANY = 255,
};
enum { EK_DNS_IN = 1 };

enum ek_dns_flags {
	EK_DNS_QR = 0x8000, EK_DNS_OPCODE = 0x7800, EK_DNS_AA = 0x0400, EK_DNS_TC = 0x0200,
	EK_DNS_RD = 0x0100, EK_DNS_RA = 0x0080, EK_DNS_AD = 0x0020, EK_DNS_CD = 0x0010,
	EK_DNS_RCODE = 0x000f,
};

enum ek_dns_rcode {
	EK_DNS_NOERROR, EK_DNS_FORMERR, EK_DNS_SERVFAIL, EK_DNS_NXDOMAIN, EK_DNS_NOTIMP,
	EK_DNS_REFUSED, EK_DNS_BADVERS = 16,
};

enum ek_dns_section { EK_DNS_ANSWER, EK_DNS_AUTHORITY, EK_DNS_ADDITIONAL };

struct ek_dns_name {
	uint8_t n; /* bytes, the root's zero included; a zeroed struct is no name */
	uint8_t b[EK_DNS_NAME_MAX];
};

/* ---- names ---- */
/* "web.default.svc.cluster.local", with or without the final dot; -EINVAL when it is no name. */
int    ek_dns_name_parse(const char *text, struct ek_dns_name *ret);
/* With a final dot; a dot or backslash in a label as \., others that do not print as \ddd. */
void   ek_dns_name_format(const struct ek_dns_name *name, char out[EK_DNS_TEXT_MAX]);
bool   ek_dns_name_equal(const struct ek_dns_name *a, const struct ek_dns_name *b);
/* Where each label begins, the root left out; returns how many. */
size_t ek_dns_name_labels(const struct ek_dns_name *name, uint8_t ret[EK_DNS_LABELS_MAX]);
/* True when name is suffix or below it; *ret_labels is how many labels it has more. */
bool   ek_dns_name_under(const struct ek_dns_name *name, const struct ek_dns_name *suffix,
			 size_t *ret_labels);
/* "10.1.2.3" as 3.2.1.10.in-addr.arpa, and back; EK_ENOTFOUND when it is not such a name. */
void   ek_dns_name_reverse(const struct ek_ip *ip, struct ek_dns_name *ret);
int    ek_dns_name_to_ip(const struct ek_dns_name *name, struct ek_ip *ret);

/* ---- reading ---- */
struct ek_dns_msg {
	const uint8_t *data;
	size_t   n;
	uint16_t id, flags;
	uint16_t counts[4]; /* question, answer, authority, additional */
	struct ek_dns_name name;
	uint16_t type, class;
	size_t   records_at; /* behind the question */
	/* EDNS */
	bool     edns, dnssec_ok;
	uint8_t  edns_version, ext_rcode;
	uint16_t udp_size;   /* 512 without EDNS, never less */
	size_t   opt_at;     /* where its record begins; 0 without */
};

/*
 * Read a message with exactly one question. Every record is walked, so that what came out as
 * well-formed can be iterated without further checks. -EBADMSG for anything else; header fields
 * are filled in as far as they were there, for the sake of a FORMERR answer.
 */
int ek_dns_parse(const void *data, size_t n, struct ek_dns_msg *ret);

struct ek_dns_rr {
	enum ek_dns_section section;
	uint16_t type, class, data_n;
	uint32_t ttl;
	size_t   at, ttl_at, data_at, end;
	size_t   i; /* 0 before the first; how many were read */
};

/* for (struct ek_dns_rr rr = { 0 }; ek_dns_rr_next(&msg, &rr);). False at the end or where it breaks. */
bool ek_dns_rr_next(const struct ek_dns_msg *msg, struct ek_dns_rr *rr);

/* The name at `at` of a message, following pointers; *ret_end (may be NULL) is where it ends there. */
int ek_dns_name_read(const void *data, size_t n, size_t at, struct ek_dns_name *ret, size_t *ret_end);

/* ---- building ---- */
enum { EK_DNS_COMPRESS_MAX = 64 };

struct ek_dns_out {
	uint8_t *data;
	size_t   n, max;   /* max leaves room for OPT */
	uint16_t flags;
	uint16_t counts[4];
	bool     edns, dnssec_ok;
	bool     full;     /* something did not fit: nothing follows it */
	uint16_t seen[EK_DNS_COMPRESS_MAX]; /* where label sequences begin that may be pointed at */
	size_t   n_seen;
};

/*
 * An answer to q in `data` of `max` bytes (at least EK_DNS_UDP_PLAIN): its id, RD and CD, its
 * question letter by letter. Without q->name there is no question section.
 */
void ek_dns_out_answer(struct ek_dns_out *o, void *data, size_t max, const struct ek_dns_msg *q);
/* A question of our own, with EDNS. */
void ek_dns_out_question(struct ek_dns_out *o, void *data, size_t max, uint16_t id, uint16_t flags,
			 const struct ek_dns_name *name, uint16_t type);

void ek_dns_put_ip(struct ek_dns_out *o, enum ek_dns_section s, const struct ek_dns_name *owner,
		   uint32_t ttl, const struct ek_ip *ip); /* A or AAAA */
/* CNAME, PTR or NS. */
void ek_dns_put_name(struct ek_dns_out *o, enum ek_dns_section s, const struct ek_dns_name *owner,
		     uint32_t ttl, uint16_t type, const struct ek_dns_name *target);
void ek_dns_put_srv(struct ek_dns_out *o, enum ek_dns_section s, const struct ek_dns_name *owner,
		    uint32_t ttl, uint16_t priority, uint16_t weight, uint16_t port,
		    const struct ek_dns_name *target);
void ek_dns_put_txt(struct ek_dns_out *o, enum ek_dns_section s, const struct ek_dns_name *owner,
		    uint32_t ttl, const char *text); /* at most 255 bytes */
void ek_dns_put_soa(struct ek_dns_out *o, enum ek_dns_section s, const struct ek_dns_name *owner,
		    uint32_t ttl, const struct ek_dns_name *mname, const struct ek_dns_name *rname,
		    uint32_t serial, uint32_t minimum);
/* A record of another message, with the names inside it written out; left out when they are malformed. */
void ek_dns_put_copy(struct ek_dns_out *o, enum ek_dns_section s, const struct ek_dns_msg *from,
		     const struct ek_dns_rr *rr, uint32_t ttl);

/* Write OPT, flags and counts. Returns the length. */
size_t ek_dns_out_end(struct ek_dns_out *o, unsigned rcode);
