/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/net_dns.h>
#include <ekube/stream.h>

#include "dns_cache.h"
#include "dns_forward.h"
#include "ek_test.h"

/* ---- another name server, on the same loop ---- */

enum mood {
	ANSWERS,        /* 192.0.2.1 with a TTL of 60 */
	SILENT,
	SERVFAILS,
	TRUNCATES,      /* by UDP; 60 addresses by TCP */
	HATES_EDNS,
	NO_SUCH_NAME,   /* with an SOA of 20 seconds */
	FORGES,         /* a wrong id, a wrong question, then the right answer */
	TTL_ZERO,
	GARBAGE,
	CLOSES,         /* truncates by UDP, hangs up by TCP */
};

struct upstream {
	struct ek_loop *loop;
	enum mood mood;
	struct ek_udp udp;
	struct ek_listener tcp;
	struct ek_stream stream;
	int port, asked_udp, asked_tcp;
	uint16_t last_client_port;
	bool last_edns;
};

static size_t respond(const struct upstream *u, const struct ek_dns_msg *q, bool tcp, uint8_t *out)
{
	struct ek_dns_out o;
	struct ek_dns_name soa, ns;
	struct ek_ip ip = { 4, { 192, 0, 2, 1 } };
	int n = 1;

	ek_dns_out_answer(&o, out, tcp ? 4096 : 1232, q);
	if (u->mood == HATES_EDNS && q->edns) {
		o.edns = false;
		return ek_dns_out_end(&o, EK_DNS_FORMERR);
	}
	if (u->mood == SERVFAILS)
		return ek_dns_out_end(&o, EK_DNS_SERVFAIL);
	if (u->mood == NO_SUCH_NAME) {
		ck_assert_int_eq(ek_dns_name_parse("example", &soa), 0);
		ck_assert_int_eq(ek_dns_name_parse("ns.example", &ns), 0);
		ek_dns_put_soa(&o, EK_DNS_AUTHORITY, &soa, 60, &ns, &ns, 1, 20);
		return ek_dns_out_end(&o, EK_DNS_NXDOMAIN);
	}
	if ((u->mood == TRUNCATES || u->mood == CLOSES) && !tcp) {
		o.flags |= EK_DNS_TC;
		return ek_dns_out_end(&o, 0);
	}
	if (u->mood == TRUNCATES)
		n = 60;
	for (int i = 0; i < n; i++, ip.b[3]++)
		if (q->type == EK_DNS_A)
			ek_dns_put_ip(&o, EK_DNS_ANSWER, &q->name, u->mood == TTL_ZERO ? 0 : 60,
				      &ip);
	return ek_dns_out_end(&o, 0);
}

static void on_upstream(struct ek_udp *udp, const struct ek_udp_peer *from, const char *data,
			size_t n)
{
	struct upstream *u = ek_container_of(udp, struct upstream, udp);
	uint8_t out[1232];
	struct ek_dns_msg q;

	ck_assert_int_eq(ek_dns_parse(data, n, &q), 0);
	u->asked_udp++;
	u->last_client_port = ((const struct sockaddr_in *)(const void *)from->sa)->sin_port;
	u->last_edns = q.edns;
	if (u->mood == SILENT)
		return;
	if (u->mood == GARBAGE) {
		ck_assert_int_eq(ek_udp_send(udp, from, "garbage", 7), 0);
		return;
	}
	n = respond(u, &q, false, out);
	if (u->mood == FORGES) {
		out[0] ^= 1;
		ck_assert_int_eq(ek_udp_send(udp, from, out, n), 0);
		out[0] ^= 1;
		out[13] ^= 3; /* the first letter of the question */
		ck_assert_int_eq(ek_udp_send(udp, from, out, n), 0);
		out[13] ^= 3;
	}
	ck_assert_int_eq(ek_udp_send(udp, from, out, n), 0);
}

static void on_tcp_read(struct ek_stream *s, const char *data, ssize_t n)
{
	struct upstream *u = ek_container_of(s, struct upstream, stream);
	uint8_t out[2 + 4096];
	struct ek_dns_msg q;
	size_t len;

	if (n <= 2) {
		ek_stream_close(s);
		return;
	}
	ck_assert_int_eq(ek_dns_parse(data + 2, (size_t)n - 2, &q), 0);
	u->asked_tcp++;
	len = respond(u, &q, true, out + 2);
	out[0] = (uint8_t)(len >> 8);
	out[1] = (uint8_t)len;
	ck_assert_int_eq(ek_stream_write(s, out, 1), 0); /* in pieces, as networks do */
	ck_assert_int_eq(ek_stream_write(s, out + 1, len + 1), 0);
}

static void on_tcp(struct ek_listener *l, int take_fd)
{
	struct upstream *u = ek_container_of(l, struct upstream, tcp);

	ek_stream_close(&u->stream);
	if (u->mood == CLOSES) {
		close(take_fd);
		return;
	}
	u->stream.on_read = on_tcp_read;
	ck_assert_int_eq(ek_stream_open(u->loop, &u->stream, take_fd), 0);
	ek_stream_read_start(&u->stream);
}

static void open_upstream(struct upstream *u, struct ek_loop *loop, enum mood mood)
{
	struct ek_err err = { 0 };

	*u = (struct upstream){ .loop = loop, .mood = mood };
	for (int i = 0; i < 32; i++) { /* until a port is free for both */
		ck_assert_msg(ek_udp_open(loop, &u->udp, "127.0.0.1", 0, on_upstream, &err) == 0,
			      "%s", err.msg);
		u->port = ek_udp_port(&u->udp);
		if (ek_listen_tcp(loop, &u->tcp, "127.0.0.1", u->port, on_tcp, &err) == 0)
			return;
		ek_udp_close(&u->udp);
	}
	ck_abort_msg("%s", err.msg);
}

static void close_upstream(struct upstream *u)
{
	ek_udp_close(&u->udp);
	ek_listen_stop(&u->tcp);
	ek_stream_close(&u->stream);
}

/* ---- the server and a client ---- */

struct world {
	struct ek_loop *loop;
	struct ek_svcdir *dir;
	struct ek_dns *dns;
	struct upstream up[2];
	char conf[64];
	int client;
	uint8_t answer[65536];
	struct ek_dns_msg m;
};

static void write_conf(struct world *w, const char *text)
{
	ck_assert_int_eq(ek_file_write(AT_FDCWD, w->conf, text, strlen(text), 0600, false, NULL),
			 0);
}

static void set_service(struct world *w, const char *text)
{
	char *copy = ek_str_dup(text);
	EK_JSON struct ek_json *v = NULL;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	ck_assert_int_eq(ek_json_parse(copy, strlen(copy), 1 << 20, &v, NULL, NULL), 0);
	ck_assert_int_eq(ek_svcdir_set_service(w->dir, v, NULL), 0);
	free(copy);
}

static struct sockaddr_in to_port(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

static void enter(struct world *w, enum mood first, enum mood second)
{
	struct ek_dns_config cfg = { .domain = "cluster.local",
				     .port = -1,
				     .n_listen = 1,
				     .listen = { { 4, { 127, 0, 0, 1 } } } };
	struct sockaddr_in sa;
	struct ek_err err = { 0 };

	*w = (struct world){ .loop = ek_loop_new(), .dir = ek_svcdir_new(NULL) };
	open_upstream(&w->up[0], w->loop, first);
	open_upstream(&w->up[1], w->loop, second);
	(void)snprintf(w->conf, sizeof(w->conf), "/tmp/ekube-dns-%d.conf", getpid());
	write_conf(
		w,
		EK_F("search example\nnameserver 127.0.0.1#%d\nnameserver 127.0.0.1#%d # comment\n",
		     w->up[0].port, w->up[1].port));
	cfg.resolv_conf = w->conf;
	ck_assert_msg(ek_dns_open(w->loop, &cfg, w->dir, &w->dns, &err) == 0, "%s", err.msg);
	ek_dns_set_ready(w->dns);
	set_service(
		w,
		"{'metadata':{'name':'web','namespace':'default'},'spec':{'clusterIP':'10.43.0.5',"
		"'ports':[{'name':'http','port':80}]}}");
	w->client = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	sa = to_port(ek_dns_port(w->dns));
	ck_assert_int_eq(connect(w->client, (struct sockaddr *)&sa, sizeof(sa)), 0);
}

static void leave(struct world *w)
{
	ek_dns_close(w->dns);
	close_upstream(&w->up[0]);
	close_upstream(&w->up[1]);
	ek_svcdir_free(w->dir);
	ek_loop_free(w->loop);
	close(w->client);
	unlink(w->conf);
}

static size_t build(uint8_t *buf, const char *name, uint16_t type, uint16_t id, bool edns)
{
	struct ek_dns_name n;
	struct ek_dns_out o;

	ck_assert_int_eq(ek_dns_name_parse(name, &n), 0);
	ek_dns_out_question(&o, buf, 512, id, EK_DNS_RD, &n, type);
	o.edns = edns;
	return ek_dns_out_end(&o, 0);
}

/* Wait for one datagram; false when none comes within ms. */
static bool receive(struct world *w, int ms)
{
	int64_t until = ek_clock_mono_ms() + ms;

	while (ek_clock_mono_ms() < until) {
		ssize_t n = recv(w->client, w->answer, sizeof(w->answer), 0);

		if (n > 0) {
			ck_assert_int_eq(ek_dns_parse(w->answer, (size_t)n, &w->m), 0);
			return true;
		}
		if (!ek_loop_turn(w->loop))
			usleep(200);
	}
	return false;
}

static unsigned ask(struct world *w, const char *name, uint16_t type, bool edns)
{
	static uint16_t id = 100;
	uint8_t buf[512];
	size_t n = build(buf, name, type, ++id, edns);

	ck_assert_int_eq((int)send(w->client, buf, n, 0), (int)n);
	ck_assert(receive(w, 8000));
	ck_assert_uint_eq(w->m.id, id);
	ck_assert_int_eq(w->m.edns, edns); /* no OPT for who did not send one */
	ck_assert(w->m.flags & EK_DNS_QR && w->m.flags & EK_DNS_RA && w->m.flags & EK_DNS_RD);
	return w->m.flags & EK_DNS_RCODE;
}

static void check_first_ip(const struct world *w, const char *want, uint32_t ttl)
{
	struct ek_dns_rr rr = { 0 };
	char text[46];
	struct ek_ip ip = { .n = 4 };

	while (ek_dns_rr_next(&w->m, &rr) && rr.type != EK_DNS_A)
		;
	ck_assert_uint_eq(rr.type, EK_DNS_A);
	memcpy(ip.b, w->m.data + rr.data_at, 4);
	ek_ip_format(&ip, text);
	ck_assert_str_eq(text, want);
	ck_assert_uint_eq(rr.ttl, ttl);
}

START_TEST(answers_about_the_cluster)
{
	struct world w;

	enter(&w, ANSWERS, ANSWERS);
	ck_assert_uint_eq(ask(&w, "web.default.svc.cluster.local", EK_DNS_A, true), EK_DNS_NOERROR);
	ck_assert(w.m.flags & EK_DNS_AA);
	check_first_ip(&w, "10.43.0.5", 5);
	ck_assert_uint_eq(ask(&w, "nosuch.default.svc.cluster.local", EK_DNS_A, false),
			  EK_DNS_NXDOMAIN);
	ck_assert_int_eq(w.up[0].asked_udp + w.up[1].asked_udp, 0);
	leave(&w);
}
END_TEST

START_TEST(fails_rather_than_lies_before_it_is_ready)
{
	struct world w;
	struct ek_dns_config cfg = { .domain = "cluster.local",
				     .port = -1,
				     .n_listen = 1,
				     .listen = { { 4, { 127, 0, 0, 1 } } } };
	struct sockaddr_in sa;

	enter(&w, ANSWERS, ANSWERS);
	ek_dns_close(w.dns);
	cfg.resolv_conf = w.conf;
	ck_assert_int_eq(ek_dns_open(w.loop, &cfg, w.dir, &w.dns, NULL), 0);
	sa = to_port(ek_dns_port(w.dns));
	ck_assert_int_eq(connect(w.client, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_uint_eq(ask(&w, "nosuch.default.svc.cluster.local", EK_DNS_A, false),
			  EK_DNS_SERVFAIL);
	ck_assert_uint_eq(ask(&w, "www.example", EK_DNS_A, false), EK_DNS_NOERROR);
	ek_dns_set_ready(w.dns);
	ck_assert_uint_eq(ask(&w, "nosuch.default.svc.cluster.local", EK_DNS_A, false),
			  EK_DNS_NXDOMAIN);
	leave(&w);
}
END_TEST

/* ---- forwarding ---- */

START_TEST(forwards_and_remembers)
{
	struct world w;
	uint16_t port;

	enter(&w, ANSWERS, ANSWERS);
	ck_assert_uint_eq(ask(&w, "www.example", EK_DNS_A, true), EK_DNS_NOERROR);
	check_first_ip(&w, "192.0.2.1", 60);
	ck_assert(!(w.m.flags & EK_DNS_AA));
	port = w.up[0].last_client_port;
	ck_assert_uint_eq(ask(&w, "WWW.Example", EK_DNS_A, false), EK_DNS_NOERROR);
	ck_assert_mem_eq(w.m.name.b, "\3WWW\7Example", 13); /* the asker's own letters */
	ck_assert_int_eq(w.up[0].asked_udp, 1);
	ck_assert_uint_eq(ask(&w, "www.example", EK_DNS_AAAA, false), EK_DNS_NOERROR);
	ck_assert_uint_eq(w.m.counts[1], 0);
	ck_assert_int_eq(w.up[0].asked_udp, 2);
	ck_assert_int_eq(w.up[1].asked_udp, 0);
	ck_assert_uint_ne(w.up[0].last_client_port, port);
	ck_assert_uint_eq(ek_dns_stats(w.dns).cache_hits, 1);
	leave(&w);
}
END_TEST

static const struct {
	const char *what;
	enum mood first, second;
	unsigned rcode;
	int first_udp, first_tcp, second_udp; /* -1: any */
} moods[] = {
	{ "the first is silent", SILENT, ANSWERS, EK_DNS_NOERROR, 1, 0, 1 },
	{ "the first fails", SERVFAILS, ANSWERS, EK_DNS_NOERROR, 1, 0, 1 },
	{ "both fail", SERVFAILS, SERVFAILS, EK_DNS_SERVFAIL, 2, 0, 2 },
	{ "the first speaks garbage", GARBAGE, ANSWERS, EK_DNS_NOERROR, 1, 0, 1 },
	{ "from before EDNS", HATES_EDNS, ANSWERS, EK_DNS_NOERROR, 2, 0, 0 },
	{ "truncated", TRUNCATES, ANSWERS, EK_DNS_NOERROR, 1, 1, 0 },
	{ "truncated, and no TCP", CLOSES, ANSWERS, EK_DNS_NOERROR, 1, 0, 1 },
	{ "a forger is faster", FORGES, SILENT, EK_DNS_NOERROR, 1, 0, 0 },
	{ "no such name", NO_SUCH_NAME, SILENT, EK_DNS_NXDOMAIN, 1, 0, 0 },
	{ "nobody is there", SILENT, SILENT, EK_DNS_SERVFAIL, 2, 0, 2 },
};

START_TEST(copes_with_other_servers)
{
	struct world w;

	enter(&w, moods[_i].first, moods[_i].second);
	ck_assert_msg(ask(&w, "www.example", EK_DNS_A, true) == moods[_i].rcode, "%s: %u",
		      moods[_i].what, w.m.flags & EK_DNS_RCODE);
	ck_assert_int_eq(w.up[0].asked_udp, moods[_i].first_udp);
	ck_assert_int_eq(w.up[0].asked_tcp, moods[_i].first_tcp);
	ck_assert_int_eq(w.up[1].asked_udp, moods[_i].second_udp);
	if (moods[_i].rcode == EK_DNS_NOERROR)
		check_first_ip(&w, "192.0.2.1", 60);
	if (moods[_i].first == SILENT && moods[_i].second == ANSWERS) {
		/* who answered last is asked first */
		ck_assert_uint_eq(ask(&w, "www2.example", EK_DNS_A, true), EK_DNS_NOERROR);
		ck_assert_int_eq(w.up[0].asked_udp, 1);
	}
	leave(&w);
}
END_TEST

START_TEST(long_answers_are_cut_for_those_who_take_little)
{
	struct world w;

	enter(&w, TRUNCATES, SILENT);
	ck_assert_uint_eq(ask(&w, "www.example", EK_DNS_A, true), EK_DNS_NOERROR);
	ck_assert(!(w.m.flags & EK_DNS_TC));
	ck_assert_uint_eq(w.m.counts[1], 60);
	ck_assert_uint_eq(ask(&w, "www.example", EK_DNS_A, false), EK_DNS_NOERROR);
	ck_assert(w.m.flags & EK_DNS_TC);
	ck_assert_uint_le(w.m.n, 512);
	ck_assert_uint_gt(w.m.counts[1], 20);
	leave(&w);
}
END_TEST

START_TEST(external_name_is_followed)
{
	struct world w;
	struct ek_dns_rr rr = { 0 };

	enter(&w, ANSWERS, ANSWERS);
	set_service(
		&w,
		"{'metadata':{'name':'out','namespace':'default'},'spec':{'type':'ExternalName',"
		"'externalName':'www.example'}}");
	set_service(&w,
		    "{'metadata':{'name':'in','namespace':'default'},'spec':{'type':'ExternalName',"
		    "'externalName':'web.default.svc.cluster.local'}}");
	set_service(
		&w,
		"{'metadata':{'name':'loop','namespace':'default'},'spec':{'type':'ExternalName',"
		"'externalName':'loop.default.svc.cluster.local'}}");
	for (int i = 0; i < 2; i++) { /* asked, and remembered */
		ck_assert_uint_eq(ask(&w, "out.default.svc.cluster.local", EK_DNS_A, false),
				  EK_DNS_NOERROR);
		rr = (struct ek_dns_rr){ 0 };
		ck_assert(ek_dns_rr_next(&w.m, &rr) && rr.type == EK_DNS_CNAME);
		check_first_ip(&w, "192.0.2.1", 60);
		ck_assert_int_eq(w.up[0].asked_udp, 1);
	}
	ck_assert_uint_eq(ask(&w, "in.default.svc.cluster.local", EK_DNS_A, false), EK_DNS_NOERROR);
	check_first_ip(&w, "10.43.0.5", 5);
	ck_assert_uint_eq(ask(&w, "loop.default.svc.cluster.local", EK_DNS_A, false),
			  EK_DNS_SERVFAIL);
	leave(&w);
}
END_TEST

START_TEST(servers_come_and_go)
{
	struct world w;

	enter(&w, ANSWERS, ANSWERS);
	write_conf(&w, "# nothing\n");
	ck_assert_uint_eq(ask(&w, "www.example", EK_DNS_A, false), EK_DNS_SERVFAIL);
	leave(&w);
}
END_TEST

/* Many who ask the same at once make one question. */
START_TEST(the_same_question_is_asked_once)
{
	struct world w;
	uint8_t buf[512];

	enter(&w, ANSWERS, ANSWERS);
	for (uint16_t i = 0; i < 50; i++) {
		size_t n = build(buf, "www.example", EK_DNS_A, i, false);

		ck_assert_int_eq((int)send(w.client, buf, n, 0), (int)n);
	}
	for (int i = 0; i < 50; i++)
		ck_assert(receive(&w, 2000));
	ck_assert_int_eq(w.up[0].asked_udp, 1);
	leave(&w);
}
END_TEST

/* ---- what bad input gets ---- */

#define HEAD(flags, qd) "\x12\x34" flags "\0" qd "\0\0\0\0\0\0"
#define QUESTION "\3web\7example\0\0\1\0\1"

static const struct {
	const char *what, *msg;
	size_t n;
	int rcode; /* -1: no answer at all */
} bad[] = {
#define BAD(what, s, rcode) { what, s, sizeof(s) - 1, rcode }
	BAD("nothing", "", -1),
	BAD("half a header", "\x12\x34\1\0\0\1", -1),
	BAD("an answer", HEAD("\x81\x80", "\1") QUESTION, -1),
	BAD("a malformed answer", HEAD("\x81\x80", "\1") "\xff", -1),
	BAD("no question", HEAD("\1\0", "\0"), EK_DNS_FORMERR),
	BAD("a cut question", HEAD("\1\0", "\1") "\3we", EK_DNS_FORMERR),
	BAD("a pointer loop", HEAD("\1\0", "\1") "\xc0\x0c\0\1\0\1", EK_DNS_FORMERR),
	BAD("an update", HEAD("\x28\0", "\1") QUESTION, EK_DNS_NOTIMP),
	BAD("a zone transfer", HEAD("\1\0", "\1") "\7cluster\5local\0\0\xfc\0\1", EK_DNS_REFUSED),
	BAD("chaos", HEAD("\1\0", "\1") "\7version\4bind\0\0\x10\0\3", EK_DNS_REFUSED),
	BAD("an answer in the question", "\x12\x34\1\0\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\0\1\0\1\0\0\0\5\0\0",
	    EK_DNS_FORMERR),
	BAD("EDNS of the future", "\x12\x34\1\0\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\4\xd0\0\1\0\0\0\0", 0),
#undef BAD
};

START_TEST(bad_questions)
{
	struct world w;
	ssize_t n = -1;

	enter(&w, ANSWERS, ANSWERS);
	ck_assert_int_eq((int)send(w.client, bad[_i].msg, bad[_i].n, 0), (int)bad[_i].n);
	for (int i = 0; i < 200 && n < 0; i++) {
		ek_loop_turn(w.loop);
		n = recv(w.client, w.answer, sizeof(w.answer), 0);
		usleep(200);
	}
	if (bad[_i].rcode < 0) {
		ck_assert_msg(n < 0, "%s", bad[_i].what);
	} else {
		ck_assert_msg(n >= 12, "%s", bad[_i].what);
		ck_assert_mem_eq(w.answer, "\x12\x34", 2);
		ck_assert_msg((w.answer[3] & 15) == bad[_i].rcode, "%s: %u", bad[_i].what,
			      w.answer[3] & 15u);
	}
	if (strcmp(bad[_i].what, "EDNS of the future") == 0) {
		ck_assert_int_eq(ek_dns_parse(w.answer, (size_t)n, &w.m), 0);
		ck_assert_uint_eq(w.m.ext_rcode, 1); /* 16, BADVERS */
	}
	ck_assert_uint_eq(ask(&w, "web.default.svc.cluster.local", EK_DNS_A, false),
			  EK_DNS_NOERROR);
	leave(&w);
}
END_TEST

static int64_t standing_still(void *arg)
{
	return *(int64_t *)arg;
}

START_TEST(a_flood_is_dropped)
{
	struct world w;
	int64_t now = 1000;
	struct ek_clock_source clock = { .mono_ms = standing_still, .wall_us = standing_still,
					 .arg = &now };
	uint8_t buf[512];
	size_t n = build(buf, "web.default.svc.cluster.local", EK_DNS_A, 1, false);
	int answers = 0;

	enter(&w, ANSWERS, ANSWERS);
	ek_clock_set_source(&clock);
	for (int i = 0; i < 4500; i++) {
		if (i == 3000)
			now += 500; /* half a second earns five hundred questions */
		(void)send(w.client, buf, n, 0);
		ek_loop_turn(w.loop);
		while (recv(w.client, w.answer, sizeof(w.answer), 0) > 0)
			answers++;
	}
	ck_assert_int_eq(answers, 2500);
	ck_assert_uint_eq(ek_dns_stats(w.dns).refused_rate, 2000);
	ek_clock_set_source(NULL);
	leave(&w);
}
END_TEST

START_TEST(questions_under_way_are_bounded)
{
	struct world w;
	uint8_t buf[512];
	int failed = 0;

	enter(&w, SILENT, SILENT);
	for (uint16_t i = 0; i < 400; i++) {
		size_t n = build(buf, EK_F("host-%u.example", i), EK_DNS_A, i, false);

		ck_assert_int_eq((int)send(w.client, buf, n, 0), (int)n);
		while (ek_loop_turn(w.loop))
			;
		while (receive(&w, 1))
			failed += (w.m.flags & EK_DNS_RCODE) == EK_DNS_SERVFAIL;
	}
	ck_assert_int_eq(failed, 400 - 128);
	ck_assert_uint_eq(ek_dns_stats(w.dns).refused_busy, 400 - 128);
	leave(&w); /* with 128 of them under way */
}
END_TEST

/* ---- TCP ---- */

static int tcp_connect(struct world *w)
{
	struct sockaddr_in sa = to_port(ek_dns_port(w->dns));
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* One answer from a stream; its length, 0 when the server hung up, -1 when nothing comes. */
static ssize_t tcp_receive(struct world *w, int fd, int ms)
{
	int64_t until = ek_clock_mono_ms() + ms;
	size_t have = 0, want = 2;

	while (have < want && ek_clock_mono_ms() < until) {
		ssize_t n = recv(fd, w->answer + have, want - have, 0);

		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return 0;
		if (n > 0)
			have += (size_t)n;
		if (have == 2)
			want = 2 + ((size_t)w->answer[0] << 8 | w->answer[1]);
		if (n < 0 && !ek_loop_turn(w->loop))
			usleep(200);
	}
	if (have < want)
		return -1;
	ck_assert_int_eq(ek_dns_parse(w->answer + 2, want - 2, &w->m), 0);
	return (ssize_t)want - 2;
}

static void tcp_send(int fd, const char *name, uint16_t id)
{
	uint8_t buf[514];
	size_t n = build(buf + 2, name, EK_DNS_A, id, false);

	buf[0] = (uint8_t)(n >> 8);
	buf[1] = (uint8_t)n;
	ck_assert_int_eq((int)send(fd, buf, n + 2, 0), (int)n + 2);
}

START_TEST(tcp_answers_in_full)
{
	struct world w;
	int fd;

	enter(&w, TRUNCATES, SILENT);
	fd = tcp_connect(&w);
	tcp_send(fd, "www.example", 1);
	ck_assert_int_gt(tcp_receive(&w, fd, 5000), 900);
	ck_assert_uint_eq(w.m.counts[1], 60);
	/* several at once, on the same connection, some of ours and some of others' */
	for (uint16_t i = 0; i < 40; i++)
		tcp_send(fd, i % 2 ? EK_F("h%d.example", i) : "web.default.svc.cluster.local", i);
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0); /* it has asked all it wanted */
	for (int i = 0; i < 40; i++)
		ck_assert_int_gt(tcp_receive(&w, fd, 5000), 0);
	ck_assert_int_eq(tcp_receive(&w, fd, 5000), 0);
	close(fd);
	leave(&w);
}
END_TEST

START_TEST(tcp_nonsense_ends_the_connection)
{
	struct world w;
	int fd;

	enter(&w, ANSWERS, ANSWERS);
	fd = tcp_connect(&w);
	ck_assert_int_eq((int)send(fd,
				   "\xff\xff"
				   "GET / HTTP/1.1",
				   16, 0),
			 16);
	ck_assert_int_eq(tcp_receive(&w, fd, 2000), 0);
	close(fd);
	fd = tcp_connect(&w); /* gone in the middle of waiting */
	w.up[0].mood = w.up[1].mood = SILENT;
	tcp_send(fd, "www.example", 1);
	for (int i = 0; i < 20; i++)
		ek_loop_turn(w.loop);
	close(fd);
	ck_assert_uint_eq(ask(&w, "web.default.svc.cluster.local", EK_DNS_A, false),
			  EK_DNS_NOERROR);
	ck_assert_uint_eq(ask(&w, "www.example", EK_DNS_A, false), EK_DNS_SERVFAIL);
	leave(&w);
}
END_TEST

START_TEST(tcp_connections_are_bounded)
{
	struct world w;
	int fds[40], refused = 0;

	enter(&w, ANSWERS, ANSWERS);
	for (int i = 0; i < 40; i++) {
		fds[i] = tcp_connect(&w);
		ek_loop_turn(w.loop);
	}
	for (int i = 0; i < 40; i++)
		refused += tcp_receive(&w, fds[i], 20) == 0;
	ck_assert_int_eq(refused, 8);
	for (int i = 0; i < 40; i++)
		close(fds[i]);
	leave(&w);
}
END_TEST

/* ---- cache ---- */

static void put(struct ek_dns_cache *c, const char *name, enum mood mood, int64_t now)
{
	struct upstream u = { .mood = mood };
	uint8_t qbuf[512], buf[4096];
	struct ek_dns_msg q, m;
	char key[EK_DNS_KEY_MAX];

	ck_assert_int_eq(ek_dns_parse(qbuf, build(qbuf, name, EK_DNS_A, 1, false), &q), 0);
	ck_assert_int_eq(ek_dns_parse(buf, respond(&u, &q, false, buf), &m), 0);
	ek_dns_key(&m.name, EK_DNS_A, false, false, key);
	ek_dns_cache_put(c, key, &m, now);
}

static bool has(struct ek_dns_cache *c, const char *name, int64_t now)
{
	struct ek_dns_name n;
	char key[EK_DNS_KEY_MAX];
	uint32_t age;

	ck_assert_int_eq(ek_dns_name_parse(name, &n), 0);
	ek_dns_key(&n, EK_DNS_A, false, false, key);
	return ek_dns_cache_get(c, key, now, &age) != NULL;
}

START_TEST(cache_keeps_as_long_as_it_may)
{
	struct ek_dns_cache c;

	ek_dns_cache_init(&c);
	put(&c, "a.example", ANSWERS, 0);
	put(&c, "b.example", NO_SUCH_NAME, 0);
	put(&c, "c.example", SERVFAILS, 0);
	put(&c, "d.example", TRUNCATES, 0);
	put(&c, "e.example", TTL_ZERO, 0);
	ck_assert(has(&c, "A.EXAMPLE", 29999));
	ck_assert(!has(&c, "a.example", 30000)); /* 60 seconds are more than we keep */
	ck_assert(has(&c, "b.example", 19999));
	ck_assert(!has(&c, "b.example", 20000)); /* its SOA's minimum */
	ck_assert(!has(&c, "c.example", 0) && !has(&c, "d.example", 0) && !has(&c, "e.example", 0));
	ck_assert_uint_eq(c.bytes, 0);
	ek_dns_cache_done(&c);
}
END_TEST

START_TEST(cache_is_bounded)
{
	struct ek_dns_cache c;

	ek_dns_cache_init(&c);
	for (int i = 0; i < 3000; i++) {
		put(&c, EK_F("h%d.example", i), ANSWERS, 0);
		(void)has(&c, "h0.example", 0); /* asked for all the time: stays */
	}
	ck_assert_uint_eq(c.entries.n, EK_DNS_CACHE_ENTRIES);
	ck_assert_uint_le(c.bytes, EK_DNS_CACHE_BYTES);
	ck_assert(has(&c, "h0.example", 0) && has(&c, "h2999.example", 0) &&
		  !has(&c, "h1.example", 0));
	ek_dns_cache_done(&c);
}
END_TEST

/* ---- resolv.conf ---- */

static const struct {
	const char *text, *want;
} confs[] = {
	{ "nameserver 192.0.2.1\nnameserver 2001:db8::1\n", "192.0.2.1:53 2001:db8::1:53 " },
	{ "  nameserver\t192.0.2.1  \r\n", "192.0.2.1:53 " },
	{ "nameserver 192.0.2.1#5353", "192.0.2.1:5353 " },
	{ "#nameserver 192.0.2.1\n;nameserver 192.0.2.2\nsearch x\noptions ndots:5\n", "" },
	{ "nameserver\nnameserver nonsense\nnameserver 192.0.2.1#0\nnameserver 192.0.2.300\n", "" },
	{ "nameserver 10.43.0.10\nnameserver 192.0.2.1\n", "192.0.2.1:53 " }, /* ourselves */
	{ "nameserver 10.43.0.10#5353\n", "10.43.0.10:5353 " }, /* another server at our address */
	{ "nameserver 127.0.0.53\n", "127.0.0.53:53 " },
	{ "nameserver 1.0.0.1\nnameserver 1.0.0.2\nnameserver 1.0.0.3\nnameserver 1.0.0.4\nnameserver 1.0.0.5\n"
	  "nameserver 1.0.0.6\nnameserver 1.0.0.7\nnameserver 1.0.0.8\nnameserver 1.0.0.9\n",
	  "1.0.0.1:53 1.0.0.2:53 1.0.0.3:53 1.0.0.4:53 1.0.0.5:53 1.0.0.6:53 1.0.0.7:53 1.0.0.8:53 " },
};

START_TEST(reads_resolv_conf)
{
	struct ek_buf got = EK_BUF_INIT(4096);
	struct ek_dns_forward f;

	ek_dns_forward_init(&f, NULL, NULL, 0);
	f.self[0] = (struct ek_ip){ 4, { 10, 43, 0, 10 } };
	f.n_self = 1;
	f.self_port = 53;
	ek_dns_forward_parse(&f, confs[_i].text);
	for (size_t i = 0; i < f.n; i++)
		(void)ek_buf_fmt(&got, "%s:%d ", f.servers[i].text, f.servers[i].port);
	ck_assert_str_eq(got.data ? got.data : "", confs[_i].want);
	ek_buf_done(&got);
	ek_dns_forward_done(&f);
}
END_TEST

EK_TESTS("net/dns_server", answers_about_the_cluster, fails_rather_than_lies_before_it_is_ready,
	 forwards_and_remembers, EK_ROWS(copes_with_other_servers, moods),
	 long_answers_are_cut_for_those_who_take_little, external_name_is_followed,
	 servers_come_and_go, the_same_question_is_asked_once, EK_ROWS(bad_questions, bad),
	 a_flood_is_dropped, questions_under_way_are_bounded, tcp_answers_in_full,
	 tcp_nonsense_ends_the_connection, tcp_connections_are_bounded,
	 cache_keeps_as_long_as_it_may, cache_is_bounded, EK_ROWS(reads_resolv_conf, confs))
