/* SPDX-License-Identifier: Apache-2.0 */
#include "dns_forward.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/log.h>

enum { CONF_MAX = 64 << 10, QUESTION_MAX = 512 };

/* ---- resolv.conf ---- */

void ek_dns_forward_init(struct ek_dns_forward *f, struct ek_loop *loop, const char *conf, int port)
{
	*f = (struct ek_dns_forward){ .loop = loop,
				      .conf = ek_str_dup(conf),
				      .port = port ? port : 53,
				      .checked_ms = INT64_MIN / 2 };
}

void ek_dns_forward_done(struct ek_dns_forward *f)
{
	free(f->conf);
	*f = (struct ek_dns_forward){ 0 };
}

static bool is_self(const struct ek_dns_forward *f, const struct ek_ip *ip, int port)
{
	for (size_t i = 0; i < f->n_self; i++)
		if (port == f->self_port && ek_ip_equal(&f->self[i], ip))
			return true;
	return false;
}

static void add_server(struct ek_dns_forward *f, char *word)
{
	struct ek_dns_server s = { .port = f->port };
	char *hash = strchr(word, '#');
	struct ek_ip ip;
	int64_t port;

	if (hash) {
		*hash = '\0';
		if (ek_str_to_int(hash + 1, 1, 65535, &port) < 0)
			return;
		s.port = (int)port;
	}
	if (f->n == EK_DNS_SERVERS_MAX || ek_ip_parse(word, &ip) < 0 || is_self(f, &ip, s.port))
		return;
	ek_ip_format(&ip, s.text);
	if (ek_udp_peer(s.text, s.port, &s.peer) == 0)
		f->servers[f->n++] = s;
}

void ek_dns_forward_parse(struct ek_dns_forward *f, const char *text)
{
	EK_FREE char *copy = ek_str_dup(text);
	char *rest = NULL;

	f->n = f->good = 0;
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *at = NULL, *word = strtok_r(line, " \t\r", &at);

		if (!word || strcmp(word, "nameserver") != 0)
			continue;
		word = strtok_r(NULL, " \t\r", &at);
		if (word)
			add_server(f, word);
	}
}

/*
 * DHCP clients rewrite the file at any time; looking at it seldom and only when asked costs
 * nothing at rest.
 */
static void reload(struct ek_dns_forward *f)
{
	EK_FREE char *text = NULL;
	int64_t now = ek_clock_mono_ms(), stamp[4];
	struct ek_err err;
	struct stat st;

	if (!f->conf || now - f->checked_ms < EK_DNS_RECHECK_MS)
		return;
	f->checked_ms = now;
	if (stat(f->conf, &st) < 0)
		return; /* being replaced: the old servers do for now */
	stamp[0] = (int64_t)st.st_mtim.tv_sec;
	stamp[1] = (int64_t)st.st_mtim.tv_nsec;
	stamp[2] = (int64_t)st.st_ino;
	stamp[3] = (int64_t)st.st_size;
	if (memcmp(stamp, f->stamp, sizeof(stamp)) == 0)
		return;
	if (ek_file_read(AT_FDCWD, f->conf, CONF_MAX, &text, NULL, &err) < 0) {
		ek_warn("cannot read name servers", "error", err.msg);
		return;
	}
	memcpy(f->stamp, stamp, sizeof(stamp));
	ek_dns_forward_parse(f, text);
	ek_debug("name servers", "file", f->conf, "servers", EK_I(f->n));
}

/* ---- asking ---- */

static void try_next(struct ek_dns_ask *ask);
static void by_tcp(struct ek_dns_ask *ask);

static void close_sockets(struct ek_dns_ask *ask)
{
	ek_udp_close(&ask->udp);
	ek_stream_close(&ask->tcp);
	ek_timer_stop(&ask->timer);
	ek_buf_done(&ask->in);
}

static void finish(struct ek_dns_ask *ask, const struct ek_dns_msg *answer)
{
	struct ek_buf in = ask->in; /* the answer may lie in it */

	ask->in = (struct ek_buf){ 0 };
	close_sockets(ask);
	ask->cb(ask, answer);
	ek_buf_done(&in);
}

static size_t build(struct ek_dns_ask *ask, uint8_t *data)
{
	struct ek_dns_out o;

	ask->id = (uint16_t)ek_rand_below(65536);
	ek_dns_out_question(&o, data, QUESTION_MAX, ask->id, EK_DNS_RD | (ask->cd ? EK_DNS_CD : 0),
			    &ask->name, ask->type);
	o.edns = !ask->plain;
	o.dnssec_ok = ask->dnssec_ok;
	return ek_dns_out_end(&o, 0);
}

/* An answer to what we asked, from whom we asked. */
static bool is_answer(const struct ek_dns_ask *ask, const struct ek_dns_msg *m)
{
	return m->id == ask->id && (m->flags & EK_DNS_QR) && m->type == ask->type &&
	       m->class == EK_DNS_IN && ek_dns_name_equal(&m->name, &ask->name);
}

static void on_answer(struct ek_dns_ask *ask, const struct ek_dns_msg *m, bool tcp)
{
	unsigned rcode = m->flags & EK_DNS_RCODE;

	if ((rcode == EK_DNS_FORMERR || rcode == EK_DNS_NOTIMP) && !ask->plain) {
		ask->plain = true; /* from before EDNS; ask the same server in its own way */
		ask->server--;
		try_next(ask);
	} else if (rcode != EK_DNS_NOERROR && rcode != EK_DNS_NXDOMAIN &&
		   ask->tries < EK_DNS_TRIES && ask->f->n > 1) {
		try_next(ask); /* perhaps another one knows */
	} else if ((m->flags & EK_DNS_TC) && !tcp) {
		by_tcp(ask);
	} else {
		ask->f->good = ask->f->n ? ask->server % ask->f->n : 0;
		finish(ask, m);
	}
}

static void on_timeout(struct ek_timer *t)
{
	try_next(ek_container_of(t, struct ek_dns_ask, timer));
}

/* ---- UDP ---- */

static bool same_peer(const struct ek_udp_peer *a, const struct ek_udp_peer *b)
{
	const struct sockaddr_in6 *x6 = (const void *)a->sa, *y6 = (const void *)b->sa;
	const struct sockaddr_in *x = (const void *)a->sa, *y = (const void *)b->sa;

	if (x->sin_family != y->sin_family || x->sin_port != y->sin_port)
		return false;
	return x->sin_family == AF_INET ? x->sin_addr.s_addr == y->sin_addr.s_addr :
					  memcmp(&x6->sin6_addr, &y6->sin6_addr, 16) == 0;
}

static void on_packet(struct ek_udp *u, const struct ek_udp_peer *from, const char *data, size_t n)
{
	struct ek_dns_ask *ask = ek_container_of(u, struct ek_dns_ask, udp);
	struct ek_dns_msg m;

	/* what is not the answer is somebody's attempt at one: go on waiting */
	if (!same_peer(from, &ask->to.peer) || ek_dns_parse(data, n, &m) < 0 || !is_answer(ask, &m))
		return;
	on_answer(ask, &m, false);
}

static bool by_udp(struct ek_dns_ask *ask)
{
	uint8_t data[QUESTION_MAX];
	size_t n = build(ask, data);
	const char *any = strchr(ask->to.text, ':') ? "::" : "0.0.0.0";

	if (ek_udp_open(ask->f->loop, &ask->udp, any, 0, on_packet, NULL) < 0)
		return false;
	if (ek_udp_send(&ask->udp, &ask->to.peer, data, n) == 0)
		return true;
	ek_udp_close(&ask->udp);
	return false;
}

/* ---- TCP ---- */

static void on_read(struct ek_stream *s, const char *data, ssize_t n)
{
	struct ek_dns_ask *ask = ek_container_of(s, struct ek_dns_ask, tcp);
	const uint8_t *p;
	struct ek_dns_msg m;
	size_t len;

	if (n <= 0 || ek_buf_append(&ask->in, data, (size_t)n) < 0) {
		try_next(ask);
		return;
	}
	p = (const uint8_t *)ask->in.data;
	if (ask->in.len < 2)
		return;
	len = (size_t)p[0] << 8 | p[1];
	if (ask->in.len < len + 2)
		return;
	if (ek_dns_parse(p + 2, len, &m) < 0 || !is_answer(ask, &m))
		try_next(ask);
	else
		on_answer(ask, &m, true);
}

static void on_error(struct ek_stream *s, int rc)
{
	(void)rc;
	try_next(ek_container_of(s, struct ek_dns_ask, tcp));
}

static void on_connect(struct ek_stream *s, int rc)
{
	if (rc < 0)
		try_next(ek_container_of(s, struct ek_dns_ask, tcp));
	else
		ek_stream_read_start(s);
}

static void by_tcp(struct ek_dns_ask *ask)
{
	uint8_t data[2 + QUESTION_MAX];
	size_t n;

	close_sockets(ask);
	ask->in = (struct ek_buf)EK_BUF_INIT(2 + EK_DNS_MSG_MAX + 1);
	ask->tcp.on_read = on_read;
	ask->tcp.on_error = on_error;
	ask->tcp.on_drained = NULL;
	ek_timer_start(ask->f->loop, &ask->timer, 2 * EK_DNS_TRY_MS, on_timeout);
	if (ek_stream_connect_tcp(ask->f->loop, &ask->tcp, ask->to.text, ask->to.port,
				  EK_DNS_TRY_MS, on_connect) < 0) {
		try_next(ask);
		return;
	}
	n = build(ask, data + 2);
	data[0] = (uint8_t)(n >> 8);
	data[1] = (uint8_t)n;
	if (ek_stream_write(&ask->tcp, data, n + 2) < 0)
		try_next(ask);
}

/* ---- one server after the other ---- */

/* Send to the next server that takes it; false when there is none left. */
static bool send_on(struct ek_dns_ask *ask)
{
	struct ek_dns_forward *f = ask->f;

	while (ask->tries < EK_DNS_TRIES && f->n) {
		ask->tries++;
		ask->to = f->servers[++ask->server % f->n];
		if (by_udp(ask)) {
			ek_timer_start(f->loop, &ask->timer, EK_DNS_TRY_MS, on_timeout);
			return true;
		}
	}
	return false;
}

static void try_next(struct ek_dns_ask *ask)
{
	close_sockets(ask);
	if (!send_on(ask))
		finish(ask, NULL);
}

int ek_dns_ask_start(struct ek_dns_forward *f, struct ek_dns_ask *ask)
{
	reload(f);
	ask->f = f;
	ask->tries = 0;
	ask->plain = false;
	ask->udp = (struct ek_udp){ 0 };
	ask->tcp = (struct ek_stream){ 0 };
	ask->timer = (struct ek_timer){ 0 };
	ask->in = (struct ek_buf){ 0 };
	ask->server = f->good + f->n - 1; /* the next one is the good one */
	return send_on(ask) ? 0 : EK_EUNAVAILABLE;
}

void ek_dns_ask_cancel(struct ek_dns_ask *ask)
{
	close_sockets(ask);
}
