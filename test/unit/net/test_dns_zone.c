/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "dns_zone.h"
#include "ek_test.h"

/* ---- a cluster ---- */

static const char *const objects[] = {
	"{'kind':'Service','metadata':{'name':'web','namespace':'default'},'spec':{'clusterIP':'10.43.0.5',"
	"'ports':[{'name':'http','port':80},{'name':'dns','port':53,'protocol':'UDP'}]}}",
	"{'kind':'EndpointSlice','metadata':{'name':'web-x','namespace':'default','labels':"
	"{'kubernetes.io/service-name':'web'}},'ports':[{'name':'http','port':8080}],"
	"'endpoints':[{'addresses':['10.42.0.50']}]}",
	"{'kind':'Service','metadata':{'name':'dual','namespace':'default'},'spec':{'clusterIP':'10.43.0.6',"
	"'clusterIPs':['10.43.0.6','fd00:43::6'],'ports':[{'port':80}]}}",
	"{'kind':'Service','metadata':{'name':'db','namespace':'prod'},'spec':{'clusterIP':'None',"
	"'clusterIPs':['None'],'ports':[{'name':'sql','port':5432}]}}",
	"{'kind':'EndpointSlice','metadata':{'name':'db-x','namespace':'prod','labels':"
	"{'kubernetes.io/service-name':'db'}},'ports':[{'name':'sql','port':5432}],"
	"'endpoints':[{'addresses':['10.42.0.7'],'hostname':'db-0'},{'addresses':['10.42.1.8'],'hostname':'db-1'},"
	"{'addresses':['10.42.1.9'],'hostname':'db-2','conditions':{'ready':false}},{'addresses':['10.42.1.10']}]}",
	"{'kind':'EndpointSlice','metadata':{'name':'db-y','namespace':'prod','labels':"
	"{'kubernetes.io/service-name':'db'}},'addressType':'IPv6','ports':[{'name':'sql','port':5432}],"
	"'endpoints':[{'addresses':['fd00::7'],'hostname':'db-0'}]}",
	"{'kind':'Service','metadata':{'name':'empty','namespace':'prod'},'spec':{'clusterIP':'None',"
	"'ports':[{'name':'x','port':1}]}}",
	"{'kind':'Service','metadata':{'name':'portless','namespace':'prod'},'spec':{'clusterIP':'None'}}",
	"{'kind':'EndpointSlice','metadata':{'name':'portless-x','namespace':'prod','labels':"
	"{'kubernetes.io/service-name':'portless'}},'endpoints':[{'addresses':['10.42.0.11']}]}",
	"{'kind':'Service','metadata':{'name':'out','namespace':'default'},'spec':{'type':'ExternalName',"
	"'externalName':'www.example.com'}}",
	"{'kind':'Service','metadata':{'name':'in','namespace':'default'},'spec':{'type':'ExternalName',"
	"'externalName':'web.default.svc.cluster.local.'}}",
	"{'kind':'Service','metadata':{'name':'number','namespace':'default'},'spec':{'type':'ExternalName',"
	"'externalName':'192.0.2.7'}}",
	/* endpoints of nothing: the Service is what has a name */
	"{'kind':'EndpointSlice','metadata':{'name':'ghost-x','namespace':'prod','labels':"
	"{'kubernetes.io/service-name':'ghost'}},'ports':[{'port':1}],'endpoints':[{'addresses':['10.42.0.12']}]}",
};

static struct ek_svcdir *cluster(void)
{
	struct ek_svcdir *dir = ek_svcdir_new("n1");

	for (size_t i = 0; i < EK_ARRAY_LEN(objects); i++) {
		char *copy = ek_str_dup(objects[i]);
		EK_JSON struct ek_json *v = NULL;
		struct ek_err err = { 0 };

		for (char *c = copy; *c; c++)
			if (*c == '\'')
				*c = '"';
		ck_assert_msg(ek_json_parse(copy, strlen(copy), 1 << 20, &v, NULL, &err) == 0, "%s",
			      err.msg);
		if (ek_streq(ek_json_str_at(v, "kind"), "Service"))
			ck_assert_int_eq(ek_svcdir_set_service(dir, v, &err), 0);
		else
			ck_assert_int_eq(ek_svcdir_set_slice(dir, v, &err), 0);
		free(copy);
	}
	ek_svcdir_set_namespace(dir, "default");
	ek_svcdir_set_namespace(dir, "prod");
	ek_svcdir_set_namespace(dir, "quiet"); /* a namespace without Services */
	return dir;
}

/* ---- answers as text ---- */

static void put_rr(struct ek_buf *out, const struct ek_dns_msg *m, const struct ek_dns_rr *rr)
{
	static const char *const sections[] = { "", "auth ", "add " };
	char text[EK_DNS_TEXT_MAX];
	const uint8_t *d = m->data + rr->data_at;
	struct ek_dns_name name;

	ck_assert_int_eq(ek_dns_name_read(m->data, m->n, rr->at, &name, NULL), 0);
	ek_dns_name_format(&name, text);
	ck_assert_uint_eq(rr->ttl, 5);
	(void)ek_buf_fmt(out, "%s%s ", sections[rr->section], text);
	if (rr->type == EK_DNS_A || rr->type == EK_DNS_AAAA) {
		struct ek_ip ip = { .n = (uint8_t)rr->data_n };
		char address[46];

		memcpy(ip.b, d, rr->data_n);
		ek_ip_format(&ip, address);
		(void)ek_buf_fmt(out, "%s %s\n", rr->type == EK_DNS_A ? "A" : "AAAA", address);
		return;
	}
	if (rr->type == EK_DNS_TXT) {
		(void)ek_buf_fmt(out, "TXT %.*s\n", d[0], d + 1);
		return;
	}
	if (rr->type == EK_DNS_SOA) {
		(void)ek_buf_str(out, "SOA\n");
		return;
	}
	ck_assert_int_eq(ek_dns_name_read(m->data, m->n,
					  rr->data_at + (rr->type == EK_DNS_SRV ? 6 : 0), &name,
					  NULL),
			 0);
	ek_dns_name_format(&name, text);
	if (rr->type == EK_DNS_SRV)
		(void)ek_buf_fmt(out, "SRV %u %u %u %s\n", d[0] << 8 | d[1], d[2] << 8 | d[3],
				 d[4] << 8 | d[5], text);
	else
		(void)ek_buf_fmt(out, "%s %s\n",
				 rr->type == EK_DNS_CNAME ? "CNAME" :
				 rr->type == EK_DNS_PTR	  ? "PTR" :
							    "NS",
				 text);
}

static char *ask(const struct ek_dns_zone *z, const char *text, uint16_t type, uint32_t turn)
{
	static const char *const rcodes[] = { "", "FORMERR", "SERVFAIL", "NXDOMAIN\n" };
	static uint8_t qbuf[512], buf[4096];
	struct ek_buf result = EK_BUF_INIT(1 << 20);
	struct ek_dns_name name, target = { 0 };
	struct ek_dns_msg q, m;
	struct ek_dns_out o;
	enum ek_dns_verdict verdict;
	unsigned rcode = 99;

	ck_assert_int_eq(ek_dns_name_parse(text, &name), 0);
	ek_dns_out_question(&o, qbuf, sizeof(qbuf), 7, 0, &name, type);
	ck_assert_int_eq(ek_dns_parse(qbuf, ek_dns_out_end(&o, 0), &q), 0);
	ek_dns_out_answer(&o, buf, sizeof(buf), &q);
	verdict = ek_dns_zone_answer(z, &q.name, q.type, turn, &o, &rcode, &target);
	if (verdict == EK_DNS_FOREIGN)
		return ek_str_dup("foreign");
	ck_assert_int_eq(ek_dns_parse(buf, ek_dns_out_end(&o, rcode), &m), 0);
	(void)ek_buf_str(&result, rcodes[rcode]);
	for (struct ek_dns_rr rr = { 0 }; ek_dns_rr_next(&m, &rr);)
		if (rr.type != EK_DNS_OPT)
			put_rr(&result, &m, &rr);
	if (verdict == EK_DNS_CHASE) {
		char chase[EK_DNS_TEXT_MAX];

		ek_dns_name_format(&target, chase);
		(void)ek_buf_fmt(&result, "chase %s\n", chase);
	}
	return ek_buf_steal(&result);
}

#define Z ".svc.cluster.local"
#define SOA "auth cluster.local. SOA\n"
#define NX "NXDOMAIN\n" SOA

static const struct {
	const char *name;
	uint16_t type;
	const char *want;
} rows[] = {
	/* with a cluster address */
	{ "web.default" Z, EK_DNS_A, "web.default.svc.cluster.local. A 10.43.0.5\n" },
	{ "WEB.Default.SVC.Cluster.Local", EK_DNS_A, "WEB.Default.SVC.Cluster.Local. A 10.43.0.5\n" },
	{ "web.default" Z, EK_DNS_AAAA, SOA },
	{ "web.default" Z, EK_DNS_TXT, SOA },
	{ "dual.default" Z, EK_DNS_A, "dual.default.svc.cluster.local. A 10.43.0.6\n" },
	{ "dual.default" Z, EK_DNS_AAAA, "dual.default.svc.cluster.local. AAAA fd00:43::6\n" },
	{ "_http._tcp.web.default" Z, EK_DNS_SRV,
	  "_http._tcp.web.default.svc.cluster.local. SRV 0 100 80 web.default.svc.cluster.local.\n"
	  "add web.default.svc.cluster.local. A 10.43.0.5\n" },
	{ "_dns._UDP.web.default" Z, EK_DNS_SRV,
	  "_dns._UDP.web.default.svc.cluster.local. SRV 0 100 53 web.default.svc.cluster.local.\n"
	  "add web.default.svc.cluster.local. A 10.43.0.5\n" },
	{ "_http._udp.web.default" Z, EK_DNS_SRV, NX },
	{ "_none._tcp.web.default" Z, EK_DNS_SRV, NX },
	{ "_tcp.web.default" Z, EK_DNS_SRV, NX },
	{ "web.default" Z, EK_DNS_SRV,
	  "web.default.svc.cluster.local. SRV 0 50 53 web.default.svc.cluster.local.\n"
	  "web.default.svc.cluster.local. SRV 0 50 80 web.default.svc.cluster.local.\n"
	  "add web.default.svc.cluster.local. A 10.43.0.5\n" },
	{ "_http._tcp.web.default" Z, EK_DNS_A, "_http._tcp.web.default.svc.cluster.local. A 10.43.0.5\n" },
	{ "10-42-0-50.web.default" Z, EK_DNS_A, "10-42-0-50.web.default.svc.cluster.local. A 10.42.0.50\n" },
	{ "10-42-0-51.web.default" Z, EK_DNS_A, NX },
	{ "nosuch.default" Z, EK_DNS_A, NX },
	{ "web.nosuch" Z, EK_DNS_A, NX },
	{ "a.b.c.web.default" Z, EK_DNS_A, NX },
	{ "ghost.prod" Z, EK_DNS_A, NX },

	/* headless */
	{ "db.prod" Z, EK_DNS_A,
	  "db.prod.svc.cluster.local. A 10.42.0.7\n"
	  "db.prod.svc.cluster.local. A 10.42.1.8\n"
	  "db.prod.svc.cluster.local. A 10.42.1.10\n" },
	{ "db.prod" Z, EK_DNS_AAAA, "db.prod.svc.cluster.local. AAAA fd00::7\n" },
	{ "db-0.db.prod" Z, EK_DNS_A, "db-0.db.prod.svc.cluster.local. A 10.42.0.7\n" },
	{ "DB-0.db.prod" Z, EK_DNS_AAAA, "DB-0.db.prod.svc.cluster.local. AAAA fd00::7\n" },
	{ "db-1.db.prod" Z, EK_DNS_AAAA, SOA },
	{ "db-2.db.prod" Z, EK_DNS_A, NX }, /* not ready */
	{ "10-42-1-10.db.prod" Z, EK_DNS_A, "10-42-1-10.db.prod.svc.cluster.local. A 10.42.1.10\n" },
	{ "10-42-0-7.db.prod" Z, EK_DNS_A, NX }, /* it has a hostname */
	{ "_sql._tcp.db.prod" Z, EK_DNS_SRV,
	  "_sql._tcp.db.prod.svc.cluster.local. SRV 0 33 5432 10-42-1-10.db.prod.svc.cluster.local.\n"
	  "_sql._tcp.db.prod.svc.cluster.local. SRV 0 33 5432 db-0.db.prod.svc.cluster.local.\n"
	  "_sql._tcp.db.prod.svc.cluster.local. SRV 0 33 5432 db-1.db.prod.svc.cluster.local.\n"
	  "add db-0.db.prod.svc.cluster.local. A 10.42.0.7\n"
	  "add db-1.db.prod.svc.cluster.local. A 10.42.1.8\n"
	  "add 10-42-1-10.db.prod.svc.cluster.local. A 10.42.1.10\n"
	  "add db-0.db.prod.svc.cluster.local. AAAA fd00::7\n" },
	{ "empty.prod" Z, EK_DNS_A, NX },
	{ "portless.prod" Z, EK_DNS_A, "portless.prod.svc.cluster.local. A 10.42.0.11\n" },
	{ "portless.prod" Z, EK_DNS_SRV, SOA },

	/* external names */
	{ "out.default" Z, EK_DNS_A, "out.default.svc.cluster.local. CNAME www.example.com.\nchase www.example.com.\n" },
	{ "out.default" Z, EK_DNS_CNAME, "out.default.svc.cluster.local. CNAME www.example.com.\n" },
	{ "in.default" Z, EK_DNS_AAAA,
	  "in.default.svc.cluster.local. CNAME web.default.svc.cluster.local.\nchase web.default.svc.cluster.local.\n" },
	{ "x.out.default" Z, EK_DNS_A, NX },
	{ "number.default" Z, EK_DNS_A, NX },

	/* pods */
	{ "10-42-0-99.default.pod.cluster.local", EK_DNS_A, "10-42-0-99.default.pod.cluster.local. A 10.42.0.99\n" },
	{ "fd00--9.default.pod.cluster.local", EK_DNS_AAAA, "fd00--9.default.pod.cluster.local. AAAA fd00::9\n" },
	{ "10-42-0-99.default.pod.cluster.local", EK_DNS_AAAA, SOA },
	{ "10-42-0-99.nosuch.pod.cluster.local", EK_DNS_A, NX },
	{ "10-42-0.default.pod.cluster.local", EK_DNS_A, NX },
	{ "10-42-0-999.default.pod.cluster.local", EK_DNS_A, NX },
	{ "x.10-42-0-9.default.pod.cluster.local", EK_DNS_A, NX },

	/* what lies between exists, without records */
	{ "default" Z, EK_DNS_A, SOA },
	{ "quiet" Z, EK_DNS_A, SOA },
	{ "nosuch" Z, EK_DNS_A, NX },
	{ "svc.cluster.local", EK_DNS_A, SOA },
	{ "pod.cluster.local", EK_DNS_A, SOA },
	{ "default.pod.cluster.local", EK_DNS_A, SOA },
	{ "nosuch.cluster.local", EK_DNS_A, NX },
	{ "cluster.local", EK_DNS_A, SOA },

	/* the zone about itself */
	{ "cluster.local", EK_DNS_SOA, "cluster.local. SOA\n" },
	{ "cluster.local", EK_DNS_NS, "cluster.local. NS ns.dns.cluster.local.\nadd ns.dns.cluster.local. A 10.43.0.10\n" },
	{ "ns.dns.cluster.local", EK_DNS_A, "ns.dns.cluster.local. A 10.43.0.10\n" },
	{ "ns.dns.cluster.local", EK_DNS_AAAA, SOA },
	{ "dns-version.cluster.local", EK_DNS_TXT, "dns-version.cluster.local. TXT 1.1.0\n" },
	{ "dns-version.cluster.local", EK_DNS_A, SOA },

	/* addresses */
	{ "5.0.43.10.in-addr.arpa", EK_DNS_PTR, "5.0.43.10.in-addr.arpa. PTR web.default.svc.cluster.local.\n" },
	{ "7.0.42.10.in-addr.arpa", EK_DNS_PTR, "7.0.42.10.in-addr.arpa. PTR db-0.db.prod.svc.cluster.local.\n" },
	{ "10.1.42.10.in-addr.arpa", EK_DNS_PTR, "10.1.42.10.in-addr.arpa. PTR 10-42-1-10.db.prod.svc.cluster.local.\n" },
	{ "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", EK_DNS_PTR,
	  "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa. PTR "
	  "db-0.db.prod.svc.cluster.local.\n" },
	{ "5.0.43.10.in-addr.arpa", EK_DNS_A, "auth 5.0.43.10.in-addr.arpa. SOA\n" },
	{ "9.9.43.10.in-addr.arpa", EK_DNS_PTR, "NXDOMAIN\nauth 9.9.43.10.in-addr.arpa. SOA\n" },
	{ "8.8.8.8.in-addr.arpa", EK_DNS_PTR, "foreign" },
	{ "43.10.in-addr.arpa", EK_DNS_PTR, "foreign" },

	/* not ours, and not names at all */
	{ "www.example.com", EK_DNS_A, "foreign" },
	{ "xcluster.local", EK_DNS_A, "foreign" },
	{ ".", EK_DNS_NS, "foreign" },
	{ "we b.default" Z, EK_DNS_A, NX },
	{ "default/web.x" Z, EK_DNS_A, NX },
};

static void make_zone(struct ek_dns_zone *z, struct ek_svcdir *dir)
{
	struct ek_err err = { 0 };

	ck_assert_msg(ek_dns_zone_init(z, dir, "cluster.local", &err) == 0, "%s", err.msg);
	ck_assert_int_eq(ek_ip_parse("10.43.0.10", &z->self[0]), 0);
	z->n_self = 1;
	ck_assert_int_eq(ek_cidr_parse("10.43.0.0/16", &z->blocks[0], &err), 0);
	z->n_blocks = 1;
}

START_TEST(zone_answers)
{
	struct ek_svcdir *dir = cluster();
	struct ek_dns_zone z;
	char *got;

	make_zone(&z, dir);
	got = ask(&z, rows[_i].name, rows[_i].type, 0);
	ck_assert_msg(strcmp(got, rows[_i].want) == 0, "%s type %u:\n%s--- want:\n%s",
		      rows[_i].name, rows[_i].type, got, rows[_i].want);
	free(got);
	ek_svcdir_free(dir);
}
END_TEST

START_TEST(addresses_take_turns)
{
	struct ek_svcdir *dir = cluster();
	struct ek_dns_zone z;
	char *got;

	make_zone(&z, dir);
	got = ask(&z, "db.prod" Z, EK_DNS_A, 1);
	ck_assert_ptr_nonnull(strstr(got, "10.42.1.8\ndb.prod.svc.cluster.local. A 10.42.1.10\n"));
	free(got);
	ek_svcdir_free(dir);
}
END_TEST

START_TEST(answers_follow_the_directory)
{
	struct ek_svcdir *dir = cluster();
	struct ek_dns_zone z;
	char *got;

	make_zone(&z, dir);
	ek_svcdir_del_service(dir, "default", "web");
	got = ask(&z, "web.default" Z, EK_DNS_A, 0);
	ck_assert_str_eq(got, NX);
	free(got);
	got = ask(&z, "5.0.43.10.in-addr.arpa", EK_DNS_PTR, 0);
	ck_assert_ptr_nonnull(strstr(got, "NXDOMAIN"));
	free(got);
	ek_svcdir_del_slice(dir, "prod", "db-x");
	got = ask(&z, "db.prod" Z, EK_DNS_A, 0);
	ck_assert_str_eq(got, SOA);
	free(got);
	ek_svcdir_free(dir);
}
END_TEST

static const char *const bad_domains[] = { "", ".", "a..b", ".local",
	"a123456789.a123456789.a123456789.a123456789.a123456789.a123456789.a123456789.a123456789.a123456789."
	"a123456789.a123456789.a123456789.a123456789.a123456789.a123456789.a123456789.a123456789.a123456789" };

START_TEST(domain_is_checked)
{
	struct ek_dns_zone z;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_dns_zone_init(&z, NULL, bad_domains[_i], &err), EK_EINVALID);
	ck_assert_ptr_nonnull(strstr(err.msg, "cluster domain"));
}
END_TEST

EK_TESTS("net/dns_zone", EK_ROWS(zone_answers, rows), addresses_take_turns,
	 answers_follow_the_directory, EK_ROWS(domain_is_checked, bad_domains))
