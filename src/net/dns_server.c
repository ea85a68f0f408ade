/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/net_dns.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/clock.h>
#include <ekube/log.h>
#include <ekube/stream.h>

#include "dns_cache.h"
#include "dns_forward.h"
#include "dns_zone.h"

/*
 *  datagram ─┐                     ┌─ ours ──────────────────────────────► answer
 *            ├─► question ─► zone ─┤                 ┌─ cached ──────────► answer
 *  stream ───┘                     └─ foreign ─► key ┤
 *                                                    └─ job ─► upstream ─► answer to all who wait
 *
 * A question that waits keeps only its bytes: when the answer is there it goes through the zone
 * again, so what stands before a foreign name (an ExternalName's CNAME) needs no memory.
 */

enum {
	QUERY_MAX = 2048,
	CHASE_MAX = 8,
	WAITS_MAX = 1024,
	WAITS_CLIENT_MAX = 128,
	CONNS_MAX = 128,
	CONNS_CLIENT_MAX = 32,
	CONN_WAITS_MAX = 16,
	CONN_PENDING_MAX = 256 << 10,
	CONN_IDLE_MS = 10000,
	RATE = 1000, /* questions a second and client, twice that at once */
	BUCKETS = 512,
	COMPLAIN_MS = 60000,
	ANY_PORT_TRIES = 32,
};

struct dns_port {
	struct ek_dns     *dns;
	struct ek_udp      udp;
	struct ek_listener tcp;
};

struct dns_conn {
	struct ek_dns     *dns;
	struct ek_stream   stream;
	struct ek_timer    idle;
	struct ek_buf      in;
	struct ek_udp_peer peer;
	size_t             waits;
	bool               ended, busy; /* busy: frames are being taken from `in` */
	struct ek_list     node;
};

/* Who asked: exactly one of udp and conn. */
struct dns_client {
	struct ek_udp     *udp;
	struct dns_conn   *conn;
	struct ek_udp_peer peer;
};

struct dns_wait {
	struct dns_client client;
	struct ek_bytes  *query;
	struct ek_list    node; /* in the job */
};

/* One question under way; who asks the same meanwhile joins, which also leaves a forger one try. */
struct dns_job {
	struct ek_dns    *dns;
	struct ek_dns_ask ask;
	char             *key;
	struct ek_list    waits;
};

struct bucket {
	int64_t last_ms;
	int32_t spent; /* thousandths of a question */
};

struct ek_dns {
	struct ek_loop       *loop;
	struct ek_dns_zone    zone;
	struct ek_dns_forward forward;
	struct ek_dns_cache   cache;
	struct dns_port       ports[EK_NET_LOCAL_MAX];
	size_t                n_ports;
	struct ek_list        conns;
	size_t                n_conns;
	struct ek_map         jobs; /* key -> struct dns_job */
	size_t                n_waits;
	struct bucket         buckets[BUCKETS];
	uint32_t              bucket_seed, turn;
	int64_t               complained_ms;
	bool                  ready;
	struct ek_dns_stats   stats;
	uint8_t               out[2 + EK_DNS_MSG_MAX]; /* one answer; in front TCP's length */
};

/* ---- limits ---- */

static const uint8_t *address_of(const struct ek_udp_peer *peer, size_t *ret_n)
{
	const struct sockaddr_in *v4 = (const void *)peer->sa;
	const struct sockaddr_in6 *v6 = (const void *)peer->sa;

	*ret_n = v4->sin_family == AF_INET ? 4 : 16;
	return v4->sin_family == AF_INET ? (const void *)&v4->sin_addr :
					   (const void *)&v6->sin6_addr;
}

static bool same_client(const struct ek_udp_peer *a, const struct ek_udp_peer *b)
{
	size_t n, m;
	const uint8_t *x = address_of(a, &n), *y = address_of(b, &m);

	return n == m && memcmp(x, y, n) == 0;
}

/* Clients share buckets by a hash that nobody can aim at. */
static bool within_rate(struct ek_dns *dns, const struct ek_udp_peer *peer)
{
	int64_t now = ek_clock_mono_ms(), earned;
	uint32_t h = dns->bucket_seed;
	struct bucket *b;
	size_t n;
	const uint8_t *p = address_of(peer, &n);

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x01000193u;
	b = &dns->buckets[(h >> 16 ^ h) % BUCKETS];
	earned = EK_MIN((now - b->last_ms) * RATE, (int64_t)b->spent);
	b->spent -= (int32_t)EK_MAX(earned, (int64_t)0);
	b->last_ms = now;
	if (b->spent + 1000 > 2 * RATE * 1000)
		return false;
	b->spent += 1000;
	return true;
}

static void complain(struct ek_dns *dns, const char *what, const struct ek_udp_peer *peer)
{
	int64_t now = ek_clock_mono_ms();
	struct ek_ip ip = { 0 };
	char text[46];
	size_t n;
	const uint8_t *p = address_of(peer, &n);

	if (dns->complained_ms && now - dns->complained_ms < COMPLAIN_MS)
		return;
	dns->complained_ms = now;
	ip.n = (uint8_t)n;
	memcpy(ip.b, p, n);
	ek_ip_format(&ip, text);
	ek_warn(what, "client", text);
}

static bool may_wait(const struct ek_dns *dns, const struct dns_client *client)
{
	size_t n = 0;

	if (dns->n_waits >= WAITS_MAX)
		return false;
	if (dns->n_waits < WAITS_CLIENT_MAX)
		return true;
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&dns->jobs, e));) {
		struct dns_job *job = e->value;

		EK_LIST_EACH(node, tmp, &job->waits)
			n += same_client(&ek_container_of(node, struct dns_wait, node)->client.peer,
					 &client->peer);
	}
	return n < WAITS_CLIENT_MAX;
}

/* ---- answers ---- */

static void conn_send(struct dns_conn *conn, uint8_t *data, size_t n);

/* `data` has two bytes in front for TCP. */
static void send_answer(const struct dns_client *client, uint8_t *data, size_t n)
{
	if (client->conn)
		conn_send(client->conn, data, n);
	else
		(void)ek_udp_send(client->udp, &client->peer, data + 2, n);
}

static void begin_answer(struct ek_dns *dns, const struct dns_client *client,
			 const struct ek_dns_msg *q, struct ek_dns_out *out)
{
	size_t max = client->conn ? EK_DNS_MSG_MAX : EK_MIN(q->udp_size, (uint16_t)EK_DNS_UDP_MAX);

	ek_dns_out_answer(out, dns->out + 2, max, q);
	out->flags |= EK_DNS_RA;
}

static void answer_rcode(struct ek_dns *dns, const struct dns_client *client,
			 const struct ek_dns_msg *q, unsigned rcode)
{
	struct ek_dns_out out;

	begin_answer(dns, client, q, &out);
	send_answer(client, dns->out, ek_dns_out_end(&out, rcode));
}

/* What the zone knows, following its own CNAMEs; *ret_name is what has to be asked elsewhere. */
static enum ek_dns_verdict ask_zone(struct ek_dns *dns, const struct ek_dns_msg *q, uint32_t turn,
				    struct ek_dns_out *out, unsigned *ret_rcode,
				    struct ek_dns_name *ret_name)
{
	struct ek_dns_name name = q->name;

	for (int i = 0; i < CHASE_MAX; i++) {
		struct ek_dns_name target;
		enum ek_dns_verdict v = ek_dns_zone_answer(&dns->zone, &name, q->type, turn, out,
							   ret_rcode, &target);

		*ret_name = name;
		if (v != EK_DNS_CHASE)
			return v;
		name = target;
	}
	*ret_rcode = EK_DNS_SERVFAIL;
	return EK_DNS_DONE;
}

/* The zone's part once more, and behind it what another server answered (NULL: none did). */
static void answer_foreign(struct ek_dns *dns, const struct dns_client *client,
			   const struct ek_dns_msg *q, const struct ek_dns_msg *theirs,
			   uint32_t age)
{
	struct ek_dns_out out;
	struct ek_dns_name name;
	unsigned rcode = EK_DNS_SERVFAIL;

	begin_answer(dns, client, q, &out);
	if (ask_zone(dns, q, dns->turn, &out, &rcode, &name) == EK_DNS_DONE) {
		/* became ours while it was asked for */
	} else if (!theirs || !ek_dns_name_equal(&name, &theirs->name)) {
		rcode = EK_DNS_SERVFAIL;
	} else {
		rcode = theirs->flags & EK_DNS_RCODE;
		out.flags |= theirs->flags & (q->flags & EK_DNS_AD ? EK_DNS_AD : 0);
		for (struct ek_dns_rr rr = { 0 }; ek_dns_rr_next(theirs, &rr);)
			if (rr.type != EK_DNS_OPT)
				ek_dns_put_copy(&out, rr.section, theirs, &rr,
						rr.ttl > age ? rr.ttl - age : 0);
	}
	send_answer(client, dns->out, ek_dns_out_end(&out, rcode));
}

/* ---- asking elsewhere ---- */

static void conn_wait_over(struct dns_conn *conn);

static void free_wait(struct ek_dns *dns, struct dns_wait *w)
{
	struct dns_conn *conn = w->client.conn;

	ek_list_del(&w->node);
	ek_bytes_unref(w->query);
	free(w);
	dns->n_waits--;
	if (conn)
		conn_wait_over(conn);
}

static void free_job(struct dns_job *job)
{
	free(job->key);
	free(job);
}

static void on_upstream(struct ek_dns_ask *ask, const struct ek_dns_msg *answer)
{
	struct dns_job *job = ek_container_of(ask, struct dns_job, ask);
	struct ek_dns *dns = job->dns;

	if (answer)
		ek_dns_cache_put(&dns->cache, job->key, answer, ek_clock_mono_ms());
	(void)ek_map_del(&dns->jobs, job->key); /* who asks from here on finds the cache */
	/* nobody joins or leaves a job that is off the map */
	EK_LIST_EACH(node, tmp, &job->waits) {
		struct dns_wait *w = ek_container_of(node, struct dns_wait, node);
		struct ek_dns_msg q;

		if (ek_dns_parse(w->query->data, w->query->len, &q) == 0)
			answer_foreign(dns, &w->client, &q, answer, 0);
		free_wait(dns, w);
	}
	free_job(job);
}

static struct dns_job *start_job(struct ek_dns *dns, const char *key,
				 const struct ek_dns_name *name, const struct ek_dns_msg *q)
{
	struct dns_job *job = ek_new(struct dns_job);

	job->dns = dns;
	job->ask.name = *name;
	job->ask.type = q->type;
	job->ask.dnssec_ok = q->dnssec_ok;
	job->ask.cd = q->flags & EK_DNS_CD;
	job->ask.cb = on_upstream;
	job->key = ek_str_dup(key);
	ek_list_init(&job->waits);
	if (ek_dns_ask_start(&dns->forward, &job->ask) < 0) {
		free(job->key);
		free(job);
		return NULL;
	}
	dns->stats.forwarded++;
	(void)ek_map_put(&dns->jobs, key, job);
	return job;
}

static void ask_elsewhere(struct ek_dns *dns, const struct dns_client *client,
			  const struct ek_dns_msg *q, const struct ek_dns_name *name)
{
	char key[EK_DNS_KEY_MAX];
	const struct ek_bytes *cached;
	struct ek_dns_msg theirs;
	struct dns_job *job;
	struct dns_wait *w;
	uint32_t age;

	ek_dns_key(name, q->type, q->dnssec_ok, q->flags & EK_DNS_CD, key);
	cached = ek_dns_cache_get(&dns->cache, key, ek_clock_mono_ms(), &age);
	if (cached && ek_dns_parse(cached->data, cached->len, &theirs) == 0) {
		dns->stats.cache_hits++;
		answer_foreign(dns, client, q, &theirs, age);
		return;
	}
	if (!may_wait(dns, client)) {
		dns->stats.refused_busy++;
		complain(dns, "too many DNS questions under way", &client->peer);
		answer_rcode(dns, client, q, EK_DNS_SERVFAIL);
		return;
	}
	job = ek_map_get(&dns->jobs, key);
	if (!job)
		job = start_job(dns, key, name, q);
	if (!job) {
		answer_rcode(dns, client, q, EK_DNS_SERVFAIL);
		return;
	}
	w = ek_new(struct dns_wait);
	w->client = *client;
	w->query = ek_bytes_new(q->data, q->n);
	ek_list_add_tail(&job->waits, &w->node);
	dns->n_waits++;
	if (client->conn)
		client->conn->waits++;
}

/* ---- questions ---- */

/* NOERROR: a question like any other. */
static unsigned check_question(const struct ek_dns_msg *q)
{
	if (q->flags & EK_DNS_OPCODE)
		return EK_DNS_NOTIMP;
	if (q->edns && q->edns_version > 0)
		return EK_DNS_BADVERS;
	if (q->type == EK_DNS_OPT || q->counts[1] || q->counts[2])
		return EK_DNS_FORMERR;
	if (q->class != EK_DNS_IN || q->type == EK_DNS_AXFR || q->type == EK_DNS_IXFR)
		return EK_DNS_REFUSED;
	return EK_DNS_NOERROR;
}

static void on_question(struct ek_dns *dns, const struct dns_client *client, const void *data,
			size_t n)
{
	struct ek_dns_out out;
	struct ek_dns_name name;
	struct ek_dns_msg q;
	unsigned rcode;
	int rc = ek_dns_parse(data, n, &q);

	if (n < EK_DNS_HEADER || (q.flags & EK_DNS_QR))
		return; /* never answer an answer: two servers would talk for ever */
	dns->stats.queries++;
	rcode = rc < 0 ? EK_DNS_FORMERR : check_question(&q);
	if (rcode != EK_DNS_NOERROR) {
		answer_rcode(dns, client, &q, rcode);
		return;
	}
	begin_answer(dns, client, &q, &out);
	if (ask_zone(dns, &q, dns->turn++, &out, &rcode, &name) == EK_DNS_FOREIGN) {
		ask_elsewhere(dns, client, &q, &name);
		return;
	}
	if (!dns->ready) {
		answer_rcode(dns, client, &q, EK_DNS_SERVFAIL);
		return;
	}
	out.flags |= EK_DNS_AA;
	send_answer(client, dns->out, ek_dns_out_end(&out, rcode));
}

static void on_packet(struct ek_udp *u, const struct ek_udp_peer *from, const char *data, size_t n)
{
	struct ek_dns *dns = ek_container_of(u, struct dns_port, udp)->dns;
	struct dns_client client = { .udp = u, .peer = *from };

	if (n > QUERY_MAX)
		return;
	if (!within_rate(dns, from)) {
		dns->stats.refused_rate++;
		complain(dns, "a client asks DNS too fast", from);
		return;
	}
	on_question(dns, &client, data, n);
}

/* ---- TCP ---- */

static void free_conn(struct dns_conn *conn)
{
	struct ek_dns *dns = conn->dns;

	ek_timer_stop(&conn->idle);
	ek_stream_close(&conn->stream);
	ek_buf_done(&conn->in);
	ek_list_del(&conn->node);
	dns->n_conns--;
	free(conn);
}

/* Nobody is going to read its answers any more, but its questions may still be under way. */
static void close_conn(struct dns_conn *conn)
{
	conn->ended = true;
	ek_stream_close(&conn->stream);
	ek_timer_stop(&conn->idle);
	if (conn->waits == 0 && !conn->busy)
		free_conn(conn);
}

static void conn_send(struct dns_conn *conn, uint8_t *data, size_t n)
{
	data[0] = (uint8_t)(n >> 8);
	data[1] = (uint8_t)n;
	if (!ek_stream_is_open(&conn->stream))
		return;
	if (ek_stream_pending(&conn->stream) > CONN_PENDING_MAX ||
	    ek_stream_write(&conn->stream, data, n + 2) < 0)
		ek_stream_close(&conn->stream); /* whoever is up the stack frees it */
}

static void on_idle(struct ek_timer *t)
{
	struct dns_conn *conn = ek_container_of(t, struct dns_conn, idle);

	close_conn(conn);
}

/* Take the whole questions out of `in`; false when the connection is gone. */
static bool take_questions(struct dns_conn *conn)
{
	struct dns_client client = { .conn = conn, .peer = conn->peer };

	conn->busy = true;
	while (conn->waits < CONN_WAITS_MAX && conn->in.len >= 2 &&
	       ek_stream_is_open(&conn->stream)) {
		const uint8_t *p = (const uint8_t *)conn->in.data;
		size_t len = (size_t)p[0] << 8 | p[1];

		if (len > QUERY_MAX ||
		    (conn->in.len >= len + 2 && !within_rate(conn->dns, &conn->peer)))
			ek_stream_close(&conn->stream);
		if (len > QUERY_MAX || conn->in.len < len + 2 || !ek_stream_is_open(&conn->stream))
			break;
		on_question(conn->dns, &client, p + 2, len);
		ek_buf_consume(&conn->in, len + 2);
	}
	conn->busy = false;
	if (!ek_stream_is_open(&conn->stream) ||
	    (conn->ended && conn->waits == 0 && ek_stream_pending(&conn->stream) == 0)) {
		close_conn(conn);
		return false;
	}
	return true;
}

static void resume_reading(struct dns_conn *conn)
{
	if (conn->waits < CONN_WAITS_MAX && !conn->ended)
		ek_stream_read_start(&conn->stream);
	else
		ek_stream_read_stop(&conn->stream);
	ek_timer_start(conn->dns->loop, &conn->idle, CONN_IDLE_MS, on_idle);
}

static void conn_wait_over(struct dns_conn *conn)
{
	conn->waits--;
	if (conn->busy)
		return;
	if (!ek_stream_is_open(&conn->stream)) {
		if (conn->waits == 0)
			free_conn(conn);
		return;
	}
	if (take_questions(conn))
		resume_reading(conn);
}

static void on_read(struct ek_stream *s, const char *data, ssize_t n)
{
	struct dns_conn *conn = ek_container_of(s, struct dns_conn, stream);

	if (n < 0 || (n > 0 && ek_buf_append(&conn->in, data, (size_t)n) < 0)) {
		close_conn(conn);
		return;
	}
	if (n == 0)
		conn->ended = true; /* a client may close its side and still wait for the answer */
	if (take_questions(conn))
		resume_reading(conn);
}

static void on_drained(struct ek_stream *s)
{
	struct dns_conn *conn = ek_container_of(s, struct dns_conn, stream);

	if (conn->ended && conn->waits == 0 && !conn->busy)
		close_conn(conn);
}

static void on_error(struct ek_stream *s, int rc)
{
	(void)rc;
	close_conn(ek_container_of(s, struct dns_conn, stream));
}

static bool may_connect(const struct ek_dns *dns, const struct ek_udp_peer *peer)
{
	size_t n = 0;

	if (dns->n_conns >= CONNS_MAX)
		return false;
	for (const struct ek_list *at = dns->conns.next; at != &dns->conns; at = at->next)
		n += same_client(&ek_container_of(at, const struct dns_conn, node)->peer, peer);
	return n < CONNS_CLIENT_MAX;
}

static void on_accept(struct ek_listener *l, int take_fd)
{
	struct ek_dns *dns = ek_container_of(l, struct dns_port, tcp)->dns;
	EK_CLOSE int fd = take_fd;
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	struct ek_udp_peer peer = { 0 };
	struct dns_conn *conn;

	if (getpeername(fd, (struct sockaddr *)&sa, &len) < 0)
		return;
	peer.len = EK_MIN((unsigned)len, (unsigned)sizeof(peer.sa));
	memcpy(peer.sa, &sa, peer.len);
	if (!may_connect(dns, &peer)) {
		complain(dns, "too many DNS connections", &peer);
		return;
	}
	conn = ek_new(struct dns_conn);
	conn->dns = dns;
	conn->peer = peer;
	ek_buf_init(&conn->in, 64 << 10);
	conn->stream.on_read = on_read;
	conn->stream.on_drained = on_drained;
	conn->stream.on_error = on_error;
	ek_list_add_tail(&dns->conns, &conn->node);
	dns->n_conns++;
	if (ek_stream_open(dns->loop, &conn->stream, ek_steal_fd(fd)) < 0)
		free_conn(conn);
	else
		resume_reading(conn);
}

/* ---- life ---- */

static int open_pair(struct ek_dns *dns, struct dns_port *p, const char *ip, int port,
		     struct ek_err *err)
{
	int rc = ek_udp_open(dns->loop, &p->udp, ip, port, on_packet, err);

	if (rc < 0)
		return rc;
	rc = ek_listen_tcp(dns->loop, &p->tcp, ip, port ? port : ek_udp_port(&p->udp), on_accept,
			   err);
	if (rc < 0)
		ek_udp_close(&p->udp);
	return rc;
}

static int open_port(struct ek_dns *dns, const struct ek_ip *ip, int port, struct ek_err *err)
{
	struct dns_port *p = &dns->ports[dns->n_ports];
	int rc = -EADDRINUSE;
	char text[46];

	p->dns = dns;
	ek_ip_format(ip, text);
	/* a port that is free for UDP may be taken for TCP: with port 0 another one will do */
	for (int i = 0; rc == -EADDRINUSE && i < (port ? 1 : ANY_PORT_TRIES); i++)
		rc = open_pair(dns, p, text, port, err);
	if (rc == 0)
		dns->n_ports++;
	return rc;
}

static int configure(struct ek_dns *dns, const struct ek_dns_config *cfg,
		     const struct ek_svcdir *dir, struct ek_err *err)
{
	int rc = ek_dns_zone_init(&dns->zone, dir, cfg->domain, err);

	if (rc < 0)
		return rc;
	if (cfg->n_listen > EK_NET_LOCAL_MAX || cfg->n_blocks > EK_DNS_ZONE_BLOCKS)
		return ek_fail(err, EK_EINVALID, "too many addresses or blocks");
	memcpy(dns->zone.self, cfg->listen, cfg->n_listen * sizeof(cfg->listen[0]));
	dns->zone.n_self = cfg->n_listen;
	for (size_t i = 0; i < cfg->n_blocks; i++)
		if (cfg->blocks[i].ip.n)
			dns->zone.blocks[dns->zone.n_blocks++] = cfg->blocks[i];
	ek_dns_forward_init(&dns->forward, dns->loop, cfg->resolv_conf, cfg->forward_port);
	memcpy(dns->forward.self, cfg->listen, cfg->n_listen * sizeof(cfg->listen[0]));
	dns->forward.n_self = cfg->n_listen;
	dns->forward.self_port = cfg->port < 0 ? 0 : cfg->port ? cfg->port : 53;
	for (size_t i = 0; rc == 0 && i < cfg->n_listen; i++)
		rc = open_port(dns, &cfg->listen[i], dns->forward.self_port, err);
	return rc;
}

int ek_dns_open(struct ek_loop *loop, const struct ek_dns_config *cfg, const struct ek_svcdir *dir,
		struct ek_dns **ret, struct ek_err *err)
{
	struct ek_dns *dns = ek_new(struct ek_dns);
	int rc;

	dns->loop = loop;
	ek_list_init(&dns->conns);
	ek_dns_cache_init(&dns->cache);
	dns->bucket_seed = ek_rand_below(UINT32_MAX);
	dns->turn = ek_rand_below(1 << 16);
	rc = configure(dns, cfg, dir, err);
	if (rc < 0) {
		ek_dns_close(dns);
		return ek_wrap(err, rc, "cluster DNS");
	}
	*ret = dns;
	return 0;
}

void ek_dns_set_ready(struct ek_dns *dns)
{
	dns->ready = true;
}

int ek_dns_port(const struct ek_dns *dns)
{
	return dns->n_ports ? ek_udp_port(&dns->ports[0].udp) : -EBADF;
}

struct ek_dns_stats ek_dns_stats(const struct ek_dns *dns)
{
	return dns->stats;
}

void ek_dns_close(struct ek_dns *dns)
{
	for (size_t i = 0; i < dns->n_ports; i++) {
		ek_udp_close(&dns->ports[i].udp);
		ek_listen_stop(&dns->ports[i].tcp);
	}
	EK_LIST_EACH(node, tmp,
		     &dns->conns) /* before their questions end, or they would ask the next */
		close_conn(ek_container_of(node, struct dns_conn, node));
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&dns->jobs, e));) {
		struct dns_job *job = e->value;

		ek_dns_ask_cancel(&job->ask);
		EK_LIST_EACH(node, tmp, &job->waits)
			free_wait(dns, ek_container_of(node, struct dns_wait, node));
		free_job(job);
	}
	EK_ASSERT(ek_list_empty(&dns->conns));
	ek_map_done(&dns->jobs);
	ek_dns_cache_done(&dns->cache);
	ek_dns_forward_done(&dns->forward);
	free(dns);
}
