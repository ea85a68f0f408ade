/* SPDX-License-Identifier: Apache-2.0 */
#include "dns.h"

#include <errno.h>
#include <string.h>

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void set16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void set32(uint8_t *p, uint32_t v)
{
	set16(p, v >> 16);
	set16(p + 2, v & 0xffff);
}

/* ---- reading ---- */

int ek_dns_name_read(const void *data, size_t n, size_t at, struct ek_dns_name *ret,
		     size_t *ret_end)
{
	const uint8_t *p = data;
	struct ek_dns_name out = { 0 };
	size_t len = 0, end = 0, lowest = at, jumps = 0;

	for (;;) {
		unsigned c;

		if (at >= n)
			return -EBADMSG;
		c = p[at];
		if (c >= 0xc0) {
			if (at + 2 > n)
				return -EBADMSG;
			if (!end)
				end = at + 2;
			at = get16(p + at) & 0x3fff;
			/*
			 * each jump goes further back, so they end; and no honest name needs more
			 */
			if (at >= lowest || ++jumps > EK_DNS_LABELS_MAX)
				return -EBADMSG;
			lowest = at;
			continue;
		}
		if (c > 63 || at + 1 + c > n || len + 1 + c > EK_DNS_NAME_MAX)
			return -EBADMSG;
		memcpy(out.b + len, p + at, c + 1);
		len += c + 1;
		at += c + 1;
		if (c == 0)
			break;
	}
	out.n = (uint8_t)len;
	*ret = out;
	if (ret_end)
		*ret_end = end ? end : at;
	return 0;
}

/* Past the name at `at` without looking where its pointer leads; 0 when it does not end. */
static size_t skip_name(const uint8_t *p, size_t n, size_t at)
{
	while (at < n) {
		if (p[at] >= 0xc0)
			return at + 2 <= n ? at + 2 : 0;
		if (p[at] > 63)
			return 0;
		if (p[at] == 0)
			return at + 1;
		at += p[at] + 1u;
	}
	return 0;
}

bool ek_dns_rr_next(const struct ek_dns_msg *msg, struct ek_dns_rr *rr)
{
	size_t at = rr->i == 0 ? msg->records_at : rr->end;
	size_t i = rr->i, fixed;

	if (i >= (size_t)msg->counts[1] + msg->counts[2] + msg->counts[3])
		return false;
	fixed = skip_name(msg->data, msg->n, at);
	if (fixed == 0 || fixed + 10 > msg->n)
		return false;
	*rr = (struct ek_dns_rr){
		.section = i < msg->counts[1]			       ? EK_DNS_ANSWER :
			   i < (size_t)msg->counts[1] + msg->counts[2] ? EK_DNS_AUTHORITY :
									 EK_DNS_ADDITIONAL,
		.type = get16(msg->data + fixed),
		.class = get16(msg->data + fixed + 2),
		.ttl = get32(msg->data + fixed + 4),
		.data_n = get16(msg->data + fixed + 8),
		.at = at,
		.ttl_at = fixed + 4,
		.data_at = fixed + 10,
		.i = i + 1,
	};
	rr->end = rr->data_at + rr->data_n;
	return rr->end <= msg->n;
}

static void read_opt(struct ek_dns_msg *m, const struct ek_dns_rr *rr)
{
	m->edns = true;
	m->opt_at = rr->at;
	m->udp_size = EK_MAX(rr->class, (uint16_t)EK_DNS_UDP_PLAIN);
	m->ext_rcode = (uint8_t)(rr->ttl >> 24);
	m->edns_version = (uint8_t)(rr->ttl >> 16);
	m->dnssec_ok = rr->ttl & 0x8000;
}

int ek_dns_parse(const void *data, size_t n, struct ek_dns_msg *ret)
{
	struct ek_dns_msg m = { .data = data, .n = n, .udp_size = EK_DNS_UDP_PLAIN };
	struct ek_dns_rr rr = { 0 };
	size_t records = 0;

	*ret = m;
	if (n < EK_DNS_HEADER || n > EK_DNS_MSG_MAX)
		return -EBADMSG;
	m.id = get16(m.data);
	m.flags = get16(m.data + 2);
	*ret = m;
	for (size_t i = 0; i < 4; i++)
		m.counts[i] = get16(m.data + 4 + 2 * i);
	if (m.counts[0] != 1 ||
	    ek_dns_name_read(data, n, EK_DNS_HEADER, &m.name, &m.records_at) < 0 ||
	    m.records_at + 4 > n)
		return -EBADMSG;
	m.type = get16(m.data + m.records_at);
	m.class = get16(m.data + m.records_at + 2);
	m.records_at += 4;
	while (ek_dns_rr_next(&m, &rr)) {
		records++;
		if (rr.type != EK_DNS_OPT)
			continue;
		if (m.edns || rr.section != EK_DNS_ADDITIONAL || m.data[rr.at] != 0)
			return -EBADMSG;
		read_opt(&m, &rr);
	}
	if (records != (size_t)m.counts[1] + m.counts[2] + m.counts[3])
		return -EBADMSG;
	*ret = m;
	return 0;
}

/* ---- building ---- */

static void put(struct ek_dns_out *o, const void *data, size_t n)
{
	if (o->full || o->n + n > o->max) {
		o->full = true;
		return;
	}
	memcpy(o->data + o->n, data, n);
	o->n += n;
}

static void put16(struct ek_dns_out *o, unsigned v)
{
	uint8_t b[2];

	set16(b, v);
	put(o, b, sizeof(b));
}

static void put32(struct ek_dns_out *o, uint32_t v)
{
	uint8_t b[4];

	set32(b, v);
	put(o, b, sizeof(b));
}

static void put_plain_name(struct ek_dns_out *o, const struct ek_dns_name *name)
{
	put(o, name->b, name->n);
}

/* Where in the message the labels of `name` from `from` on are already written; 0 when nowhere. */
static unsigned find_seen(const struct ek_dns_out *o, const struct ek_dns_name *name, size_t from)
{
	struct ek_dns_name tail = { .n = (uint8_t)(name->n - from) }, there;

	memcpy(tail.b, name->b + from, tail.n);
	for (size_t i = 0; i < o->n_seen; i++)
		if (ek_dns_name_read(o->data, o->n, o->seen[i], &there, NULL) == 0 &&
		    ek_dns_name_equal(&there, &tail))
			return o->seen[i];
	return 0;
}

static void put_name(struct ek_dns_out *o, const struct ek_dns_name *name)
{
	for (size_t at = 0; at < name->n; at += name->b[at] + 1u) {
		unsigned where = name->b[at] ? find_seen(o, name, at) : 0;

		if (where) {
			put16(o, 0xc000u | where);
			return;
		}
		if (name->b[at] && !o->full && o->n < 0x4000 && o->n_seen < EK_DNS_COMPRESS_MAX)
			o->seen[o->n_seen++] = (uint16_t)o->n;
		put(o, name->b + at, name->b[at] + 1u);
	}
}

static void begin(struct ek_dns_out *o, void *data, size_t max, uint16_t id, uint16_t flags)
{
	EK_ASSERT(max >= EK_DNS_UDP_PLAIN);
	*o = (struct ek_dns_out){ .data = data,
				  .n = EK_DNS_HEADER,
				  .max = EK_MIN(max, (size_t)EK_DNS_MSG_MAX),
				  .flags = flags };
	memset(o->data, 0, EK_DNS_HEADER);
	set16(o->data, id);
}

void ek_dns_out_answer(struct ek_dns_out *o, void *data, size_t max, const struct ek_dns_msg *q)
{
	begin(o, data, max, q->id,
	      (uint16_t)(EK_DNS_QR | (q->flags & (EK_DNS_OPCODE | EK_DNS_RD | EK_DNS_CD))));
	o->edns = q->edns;
	o->dnssec_ok = q->dnssec_ok;
	if (o->edns)
		o->max -= EK_DNS_OPT_SIZE;
	if (q->name.n == 0)
		return;
	put_name(o, &q->name);
	put16(o, q->type);
	put16(o, q->class);
	o->counts[0] = 1;
}

void ek_dns_out_question(struct ek_dns_out *o, void *data, size_t max, uint16_t id, uint16_t flags,
			 const struct ek_dns_name *name, uint16_t type)
{
	begin(o, data, max, id, flags);
	o->edns = true;
	o->max -= EK_DNS_OPT_SIZE;
	put_name(o, name);
	put16(o, type);
	put16(o, EK_DNS_IN);
	o->counts[0] = 1;
}

/* A record under construction, and what to go back to when it does not fit. */
struct mark {
	size_t n, n_seen, len_at;
};

static struct mark rr_begin(struct ek_dns_out *o, const struct ek_dns_name *owner, uint16_t type,
			    uint16_t class, uint32_t ttl)
{
	struct mark m = { .n = o->n, .n_seen = o->n_seen };

	put_name(o, owner);
	put16(o, type);
	put16(o, class);
	put32(o, ttl);
	m.len_at = o->n;
	put16(o, 0);
	return m;
}

static void rr_end(struct ek_dns_out *o, enum ek_dns_section s, const struct mark *m)
{
	for (size_t i = s + 1u; i < 3; i++)
		EK_ASSERT(o->counts[i + 1] == 0); /* sections come in order */
	if (o->full) {
		o->n = m->n;
		o->n_seen = m->n_seen;
		if (s != EK_DNS_ADDITIONAL) /* what is only additional may go missing */
			o->flags |= EK_DNS_TC;
		return;
	}
	set16(o->data + m->len_at, (unsigned)(o->n - m->len_at - 2));
	o->counts[s + 1]++;
}

void ek_dns_put_ip(struct ek_dns_out *o, enum ek_dns_section s, const struct ek_dns_name *owner,
		   uint32_t ttl, const struct ek_ip *ip)
{
	struct mark m = rr_begin(o, owner, ip->n == 4 ? EK_DNS_A : EK_DNS_AAAA, EK_DNS_IN, ttl);

	put(o, ip->b, ip->n);
	rr_end(o, s, &m);
}

void ek_dns_put_name(struct ek_dns_out *o, enum ek_dns_section s, const struct ek_dns_name *owner,
		     uint32_t ttl, uint16_t type, const struct ek_dns_name *target)
{
	struct mark m = rr_begin(o, owner, type, EK_DNS_IN, ttl);

	put_name(o, target);
	rr_end(o, s, &m);
}

void ek_dns_put_srv(struct ek_dns_out *o, enum ek_dns_section s, const struct ek_dns_name *owner,
		    uint32_t ttl, uint16_t priority, uint16_t weight, uint16_t port,
		    const struct ek_dns_name *target)
{
	struct mark m = rr_begin(o, owner, EK_DNS_SRV, EK_DNS_IN, ttl);

	put16(o, priority);
	put16(o, weight);
	put16(o, port);
	put_plain_name(o, target); /* RFC 2782: never compressed */
	rr_end(o, s, &m);
}

void ek_dns_put_txt(struct ek_dns_out *o, enum ek_dns_section s, const struct ek_dns_name *owner,
		    uint32_t ttl, const char *text)
{
	struct mark m = rr_begin(o, owner, EK_DNS_TXT, EK_DNS_IN, ttl);
	uint8_t n = (uint8_t)strnlen(text, 255);

	put(o, &n, 1);
	put(o, text, n);
	rr_end(o, s, &m);
}

void ek_dns_put_soa(struct ek_dns_out *o, enum ek_dns_section s, const struct ek_dns_name *owner,
		    uint32_t ttl, const struct ek_dns_name *mname, const struct ek_dns_name *rname,
		    uint32_t serial, uint32_t minimum)
{
	struct mark m = rr_begin(o, owner, EK_DNS_SOA, EK_DNS_IN, ttl);

	put_name(o, mname);
	put_name(o, rname);
	put32(o, serial);
	put32(o, 7200); /* refresh, retry, expire: nobody transfers this zone */
	put32(o, 1800);
	put32(o, 86400);
	put32(o, minimum);
	rr_end(o, s, &m);
}

/*
 * How the data of a record with names inside is laid out: bytes, names, bytes. These are the types
 * whose names may be compressed (RFC 3597); all later ones may be copied as they are.
 */
static bool names_inside(uint16_t type, size_t *ret_before, size_t *ret_names)
{
	static const struct {
		uint16_t type;
		uint8_t before, names;
	} rows[] = {
		{ EK_DNS_NS, 0, 1 },	  { 3 /* MD */, 0, 1 },	 { 4 /* MF */, 0, 1 },
		{ EK_DNS_CNAME, 0, 1 },	  { EK_DNS_SOA, 0, 2 },	 { 7 /* MB */, 0, 1 },
		{ 8 /* MG */, 0, 1 },	  { 9 /* MR */, 0, 1 },	 { EK_DNS_PTR, 0, 1 },
		{ 14 /* MINFO */, 0, 2 }, { 15 /* MX */, 2, 1 }, { 17 /* RP */, 0, 2 },
		{ 18 /* AFSDB */, 2, 1 }, { 21 /* RT */, 2, 1 }, { 26 /* PX */, 2, 2 },
		{ EK_DNS_SRV, 6, 1 },	  { 36 /* KX */, 2, 1 }, { 39 /* DNAME */, 0, 1 },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
		if (rows[i].type != type)
			continue;
		*ret_before = rows[i].before;
		*ret_names = rows[i].names;
		return true;
	}
	return false;
}

void ek_dns_put_copy(struct ek_dns_out *o, enum ek_dns_section s, const struct ek_dns_msg *from,
		     const struct ek_dns_rr *rr, uint32_t ttl)
{
	struct ek_dns_name owner, inside[2];
	size_t before = 0, names = 0, at = rr->data_at;
	struct mark m;

	if (names_inside(rr->type, &before, &names))
		at += before;
	if (at > rr->end || ek_dns_name_read(from->data, from->n, rr->at, &owner, NULL) < 0)
		return;
	for (size_t i = 0; i < names; i++)
		if (ek_dns_name_read(from->data, rr->end, at, &inside[i], &at) < 0)
			return;
	m = rr_begin(o, &owner, rr->type, rr->class, ttl);
	put(o, from->data + rr->data_at, before);
	for (size_t i = 0; i < names; i++)
		put_plain_name(o, &inside[i]);
	put(o, from->data + at, rr->end - at);
	rr_end(o, s, &m);
}

static void put_opt(struct ek_dns_out *o, unsigned rcode)
{
	uint8_t opt[EK_DNS_OPT_SIZE] = { 0 };

	set16(opt + 1, EK_DNS_OPT);
	set16(opt + 3, EK_DNS_UDP_MAX);
	opt[5] = (uint8_t)(rcode >> 4);
	opt[7] = o->dnssec_ok ? 0x80 : 0;
	memcpy(o->data + o->n, opt, sizeof(opt)); /* begin() kept this much free */
	o->n += sizeof(opt);
	o->counts[3]++;
}

size_t ek_dns_out_end(struct ek_dns_out *o, unsigned rcode)
{
	if (o->edns)
		put_opt(o, rcode);
	set16(o->data + 2, (o->flags & ~(unsigned)EK_DNS_RCODE) | (rcode & EK_DNS_RCODE));
	for (size_t i = 0; i < 4; i++)
		set16(o->data + 4 + 2 * i, o->counts[i]);
	return o->n;
}
