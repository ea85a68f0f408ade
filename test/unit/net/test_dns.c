/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "dns.h"
#include "ek_test.h"

/* ---- names ---- */

static const struct {
	const char *in, *out; /* out NULL: refused */
} names[] = {
	{ "web.default.svc.cluster.local", "web.default.svc.cluster.local." },
	{ "web.default.svc.cluster.local.", "web.default.svc.cluster.local." },
	{ "WeB.Example", "WeB.Example." },
	{ "", "." },
	{ ".", "." },
	{ "a", "a." },
	{ "_http._tcp.web", "_http._tcp.web." },
	{ "a..b", NULL },
	{ ".a", NULL },
	{ "sp ace.x", "sp\\032ace.x." },
	{ "123456789012345678901234567890123456789012345678901234567890123.x",
	  "123456789012345678901234567890123456789012345678901234567890123.x." },
	{ "1234567890123456789012345678901234567890123456789012345678901234.x", NULL },
};

START_TEST(name_text_round_trip)
{
	struct ek_dns_name name;
	char text[EK_DNS_TEXT_MAX];

	if (!names[_i].out) {
		ck_assert_int_eq(ek_dns_name_parse(names[_i].in, &name), -EINVAL);
		return;
	}
	ck_assert_int_eq(ek_dns_name_parse(names[_i].in, &name), 0);
	ek_dns_name_format(&name, text);
	ck_assert_str_eq(text, names[_i].out);
}
END_TEST

/* 63 + 63 + 63 + 61 and their lengths and the root make 255 bytes: the longest name there is. */
START_TEST(longest_name)
{
	char text[300], back[EK_DNS_TEXT_MAX];
	struct ek_dns_name name;

	memset(text, 'a', sizeof(text));
	text[63] = text[127] = text[191] = '.';
	text[253] = '\0';
	ck_assert_int_eq(ek_dns_name_parse(text, &name), 0);
	ck_assert_uint_eq(name.n, 255);
	ek_dns_name_format(&name, back);
	ck_assert_uint_eq(strlen(back), 254);
	text[253] = 'a';
	text[254] = '\0';
	ck_assert_int_eq(ek_dns_name_parse(text, &name), -EINVAL);

	name = (struct ek_dns_name){ .n = 255 };
	for (size_t at = 0; at < 254; at++)
		name.b[at] = (uint8_t)(at % 64 == 0 ? (at == 192 ? 61 : 63) : 0xff);
	ek_dns_name_format(&name, back); /* every byte escaped still fits */
	ck_assert_uint_eq(strlen(back), 4 * (63 * 3 + 61) + 4);
}
END_TEST

static struct ek_dns_name name_of(const char *text)
{
	struct ek_dns_name name;

	ck_assert_int_eq(ek_dns_name_parse(text, &name), 0);
	return name;
}

static const struct {
	const char *name, *suffix;
	int labels; /* -1: not under it */
} under[] = {
	{ "a.b.cluster.local", "cluster.local", 2 },
	{ "CLUSTER.Local", "cluster.local", 0 },
	{ "xcluster.local", "cluster.local", -1 },
	{ "local", "cluster.local", -1 },
	{ "cluster.local.example", "cluster.local", -1 },
	{ "a.b", ".", 2 },
};

START_TEST(name_is_under_suffix)
{
	struct ek_dns_name name = name_of(under[_i].name), suffix = name_of(under[_i].suffix);
	size_t labels = 99;

	ck_assert_int_eq(ek_dns_name_under(&name, &suffix, &labels), under[_i].labels >= 0);
	if (under[_i].labels >= 0)
		ck_assert_int_eq((int)labels, under[_i].labels);
}
END_TEST

static const struct {
	const char *name, *ip;
} reverse[] = {
	{ "4.3.2.10.in-addr.arpa", "10.2.3.4" },
	{ "255.0.0.127.IN-ADDR.ARPA", "127.0.0.255" },
	{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "2001:db8::1" },
	{ "2.10.in-addr.arpa", NULL },
	{ "256.3.2.10.in-addr.arpa", NULL },
	{ "x.3.2.10.in-addr.arpa", NULL },
	{ "0004.3.2.10.in-addr.arpa", NULL },
	{ "5.4.3.2.10.in-addr.arpa", NULL },
	{ "web.example", NULL },
};

START_TEST(reverse_names)
{
	struct ek_dns_name name = name_of(reverse[_i].name), back;
	struct ek_ip ip = { 0 }, want = { 0 };

	if (!reverse[_i].ip) {
		ck_assert_int_eq(ek_dns_name_to_ip(&name, &ip), EK_ENOTFOUND);
		return;
	}
	ck_assert_int_eq(ek_ip_parse(reverse[_i].ip, &want), 0);
	ck_assert_int_eq(ek_dns_name_to_ip(&name, &ip), 0);
	ck_assert(ek_ip_equal(&ip, &want));
	ek_dns_name_reverse(&ip, &back);
	ck_assert(ek_dns_name_equal(&back, &name));
}
END_TEST

/* ---- reading ---- */

#define HEAD(qd, an, ns, ar) "\x12\x34\x01\x00" "\0" qd "\0" an "\0" ns "\0" ar
#define QUESTION "\3web\7example\0\0\1\0\1"
#define OPT "\0\0\x29\x04\xd0\0\0\x80\0\0\0"

static const struct {
	const char *what, *msg;
	size_t n;
	bool ok;
} messages[] = {
#define MSG(what, s, ok) { what, s, sizeof(s) - 1, ok }
	MSG("a question", HEAD("\1", "\0", "\0", "\0") QUESTION, true),
	MSG("with EDNS", HEAD("\1", "\0", "\0", "\1") QUESTION OPT, true),
	MSG("bytes behind the end are let be", HEAD("\1", "\0", "\0", "\0") QUESTION "junk", true),
	MSG("an answer with a pointer", HEAD("\1", "\1", "\0", "\0") QUESTION
	    "\xc0\x0c\0\1\0\1\0\0\0\5\0\4\12\0\0\1", true),
	MSG("nothing", "", false),
	MSG("half a header", "\x12\x34\x01\x00\0\1", false),
	MSG("no question", HEAD("\0", "\0", "\0", "\0"), false),
	MSG("two questions", HEAD("\2", "\0", "\0", "\0") QUESTION QUESTION, false),
	MSG("question cut short", HEAD("\1", "\0", "\0", "\0") "\3web\7exam", false),
	MSG("type cut short", HEAD("\1", "\0", "\0", "\0") "\3web\0\0\1\0", false),
	MSG("a pointer to itself", HEAD("\1", "\0", "\0", "\0") "\xc0\x0c\0\1\0\1", false),
	MSG("a pointer ahead", HEAD("\1", "\0", "\0", "\0") "\xc0\x0e\0\0\1\0\1", false),
	MSG("a pointer behind the end", HEAD("\1", "\0", "\0", "\0") "\xff\xff\0\1\0\1", false),
	MSG("half a pointer", HEAD("\1", "\0", "\0", "\0") "\3web\xc0", false),
	MSG("a reserved label type", HEAD("\1", "\0", "\0", "\0") "\x43web\0\0\1\0\1", false),
	MSG("a record that is not there", HEAD("\1", "\1", "\0", "\0") QUESTION, false),
	MSG("record data behind the end", HEAD("\1", "\1", "\0", "\0") QUESTION
	    "\xc0\x0c\0\1\0\1\0\0\0\5\0\5\12\0\0\1", false),
	MSG("two OPTs", HEAD("\1", "\0", "\0", "\2") QUESTION OPT OPT, false),
	MSG("an OPT among the answers", HEAD("\1", "\1", "\0", "\0") QUESTION OPT, false),
	MSG("an OPT with a name", HEAD("\1", "\0", "\0", "\1") QUESTION "\1x" OPT, false),
#undef MSG
};

START_TEST(reads_messages)
{
	struct ek_dns_msg m;
	int rc = ek_dns_parse(messages[_i].msg, messages[_i].n, &m);

	ck_assert_msg(rc == (messages[_i].ok ? 0 : -EBADMSG), "%s: %d", messages[_i].what, rc);
	if (messages[_i].n >= EK_DNS_HEADER)
		ck_assert_uint_eq(m.id, 0x1234); /* enough for a FORMERR */
}
END_TEST

START_TEST(reads_edns)
{
	static const char msg[] = HEAD("\1", "\0", "\0", "\1") QUESTION OPT;
	struct ek_dns_msg m;

	ck_assert_int_eq(ek_dns_parse(msg, sizeof(msg) - 1, &m), 0);
	ck_assert(m.edns && m.dnssec_ok);
	ck_assert_uint_eq(m.udp_size, 1232);
	ck_assert_uint_eq(m.type, EK_DNS_A);
	ck_assert_uint_eq(m.class, EK_DNS_IN);
}
END_TEST

/*
 * Each pointer leads to the one before. A whole message of them would make reading its names
 * quadratic.
 */
START_TEST(pointer_chains_are_bounded)
{
	static uint8_t msg[0x4000];
	struct ek_dns_name name;
	size_t at = 12;

	msg[at] = 0;
	for (at = 14; at + 2 <= sizeof(msg); at += 2) {
		msg[at] = (uint8_t)(0xc0 | (at - 2) >> 8);
		msg[at + 1] = (uint8_t)(at - 2);
	}
	msg[12] = 1;
	msg[13] = 'x';
	msg[14] = 0;
	msg[15] = 0;
	msg[16] = 0xc0;
	msg[17] = 12;
	ck_assert_int_eq(ek_dns_name_read(msg, sizeof(msg), 16 + 2 * 126, &name, NULL), 0);
	ck_assert_uint_eq(name.n, 3);
	ck_assert_int_eq(ek_dns_name_read(msg, sizeof(msg), 16 + 2 * 127, &name, NULL), -EBADMSG);
	ck_assert_int_eq(ek_dns_name_read(msg, sizeof(msg), sizeof(msg) - 2, &name, NULL),
			 -EBADMSG);
}
END_TEST

/* ---- building ---- */

static struct ek_dns_msg question(uint8_t *buf, const char *text, bool edns)
{
	struct ek_dns_name name = name_of(text);
	struct ek_dns_out o;
	struct ek_dns_msg q;
	size_t n;

	ek_dns_out_question(&o, buf, 512, 0xbeef, EK_DNS_RD, &name, EK_DNS_A);
	o.edns = edns;
	n = ek_dns_out_end(&o, 0);
	ck_assert_int_eq(ek_dns_parse(buf, n, &q), 0);
	return q;
}

static void check_record(const struct ek_dns_msg *m, const struct ek_dns_rr *rr, const char *owner,
			 const char *target, size_t skip)
{
	struct ek_dns_name name, want = name_of(owner);

	ck_assert_int_eq(ek_dns_name_read(m->data, m->n, rr->at, &name, NULL), 0);
	ck_assert(ek_dns_name_equal(&name, &want));
	if (!target)
		return;
	want = name_of(target);
	ck_assert_int_eq(ek_dns_name_read(m->data, m->n, rr->data_at + skip, &name, NULL), 0);
	ck_assert(ek_dns_name_equal(&name, &want));
}

START_TEST(builds_what_it_reads)
{
	uint8_t qbuf[512], buf[512], copy[600];
	struct ek_dns_msg q = question(qbuf, "Web.Default.svc.cluster.local", true), m;
	struct ek_dns_name zone = name_of("cluster.local"), ns = name_of("ns.dns.cluster.local");
	struct ek_dns_name owner = q.name;
	struct ek_ip ip = { 4, { 10, 43, 0, 7 } };
	struct ek_dns_out o;
	struct ek_dns_rr rr = { 0 };
	size_t n;

	ek_dns_out_answer(&o, buf, sizeof(buf), &q);
	ek_dns_put_ip(&o, EK_DNS_ANSWER, &owner, 5, &ip);
	ek_dns_put_srv(&o, EK_DNS_ANSWER, &owner, 5, 0, 100, 443, &ns);
	ek_dns_put_name(&o, EK_DNS_ANSWER, &owner, 5, EK_DNS_CNAME, &ns);
	ek_dns_put_txt(&o, EK_DNS_ANSWER, &owner, 5, "1.1.0");
	ek_dns_put_soa(&o, EK_DNS_AUTHORITY, &zone, 5, &ns, &ns, 7, 5);
	n = ek_dns_out_end(&o, EK_DNS_NXDOMAIN);

	ck_assert_int_eq(ek_dns_parse(buf, n, &m), 0);
	ck_assert_uint_eq(m.id, 0xbeef);
	ck_assert_uint_eq(m.flags, EK_DNS_QR | EK_DNS_RD | EK_DNS_NXDOMAIN);
	ck_assert_mem_eq(m.name.b, q.name.b, q.name.n); /* the client's own letters */
	ck_assert(m.edns);
	ck_assert_uint_eq(m.counts[1], 4);

	/* a copy into another message says the same, though names lie elsewhere */
	ek_dns_out_answer(&o, copy, sizeof(copy), &q);
	for (rr = (struct ek_dns_rr){ 0 }; ek_dns_rr_next(&m, &rr);)
		if (rr.type != EK_DNS_OPT)
			ek_dns_put_copy(&o, rr.section, &m, &rr, rr.ttl);
	n = ek_dns_out_end(&o, 0);
	for (int round = 0; round < 2; round++) {
		rr = (struct ek_dns_rr){ 0 };
		ck_assert(ek_dns_rr_next(&m, &rr) && rr.type == EK_DNS_A && rr.ttl == 5);
		check_record(&m, &rr, "web.default.svc.cluster.local", NULL, 0);
		ck_assert_mem_eq(m.data + rr.data_at, ip.b, 4);
		ck_assert(ek_dns_rr_next(&m, &rr) && rr.type == EK_DNS_SRV);
		check_record(&m, &rr, "web.default.svc.cluster.local", "ns.dns.cluster.local", 6);
		ck_assert_uint_eq(rr.data_n, 6 + ns.n); /* not compressed */
		ck_assert(ek_dns_rr_next(&m, &rr) && rr.type == EK_DNS_CNAME);
		check_record(&m, &rr, "web.default.svc.cluster.local", "ns.dns.cluster.local", 0);
		ck_assert(ek_dns_rr_next(&m, &rr) && rr.type == EK_DNS_TXT);
		ck_assert_mem_eq(m.data + rr.data_at,
				 "\5"
				 "1.1.0",
				 6);
		ck_assert(ek_dns_rr_next(&m, &rr) && rr.type == EK_DNS_SOA &&
			  rr.section == EK_DNS_AUTHORITY);
		check_record(&m, &rr, "cluster.local", "ns.dns.cluster.local", 0);
		ck_assert(ek_dns_rr_next(&m, &rr) && rr.type == EK_DNS_OPT);
		ck_assert(!ek_dns_rr_next(&m, &rr));
		ck_assert_int_eq(ek_dns_parse(copy, n, &m), 0);
	}
}
END_TEST

/*
 * 100 addresses do not fit in 512 bytes: whole records stay, TC says so, EDNS still has its room.
 */
START_TEST(truncates_at_a_record)
{
	uint8_t qbuf[512], buf[512];
	struct ek_dns_msg q = question(qbuf, "web.default.svc.cluster.local", _i == 1), m;
	struct ek_dns_out o;
	struct ek_ip ip = { 4, { 10, 0, 0, 1 } };
	size_t n;

	ek_dns_out_answer(&o, buf, sizeof(buf), &q);
	for (int i = 0; i < 100; i++)
		ek_dns_put_ip(&o, EK_DNS_ANSWER, &q.name, 5, &ip);
	n = ek_dns_out_end(&o, 0);
	ck_assert_uint_le(n, 512);
	ck_assert_int_eq(ek_dns_parse(buf, n, &m), 0);
	ck_assert(m.flags & EK_DNS_TC);
	ck_assert_int_eq(m.edns, _i == 1);
	ck_assert_uint_eq(m.counts[1], (512u - (_i == 1 ? 11u : 0) - 12 - 31 - 4) / 16);
}
END_TEST

START_TEST(additional_may_go_missing_silently)
{
	uint8_t qbuf[512], buf[512];
	struct ek_dns_msg q = question(qbuf, "web.example", false), m;
	struct ek_dns_out o;
	struct ek_ip ip = { 4, { 10, 0, 0, 1 } };
	size_t n;

	ek_dns_out_answer(&o, buf, sizeof(buf), &q);
	ek_dns_put_ip(&o, EK_DNS_ANSWER, &q.name, 5, &ip);
	for (int i = 0; i < 100; i++)
		ek_dns_put_ip(&o, EK_DNS_ADDITIONAL, &q.name, 5, &ip);
	n = ek_dns_out_end(&o, 0);
	ck_assert_int_eq(ek_dns_parse(buf, n, &m), 0);
	ck_assert(!(m.flags & EK_DNS_TC));
	ck_assert_uint_eq(m.counts[1], 1);
	ck_assert_uint_gt(m.counts[3], 20);
}
END_TEST

static const int both[] = { 0, 1 };

EK_TESTS("net/dns", EK_ROWS(name_text_round_trip, names), longest_name,
	 EK_ROWS(name_is_under_suffix, under), EK_ROWS(reverse_names, reverse),
	 EK_ROWS(reads_messages, messages), reads_edns, pointer_chains_are_bounded,
	 builds_what_it_reads, EK_ROWS(truncates_at_a_record, both),
	 additional_may_go_missing_silently)
