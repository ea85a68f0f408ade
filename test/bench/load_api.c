/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Load on a real `ekube server`: lines of "name<TAB>value<TAB>unit" for test/bench/run.
 *
 *   load_api PORT CA.pem CERT.pem KEY.pem SERVER_PID [pods|maps|list|watch|churn]...
 *
 * Keep-alive HTTP/1.1 over TLS with a client certificate; one request at a time on each
 * connection; one thread, one epoll. The client shares the machine with the server, so the
 * server's CPU time per request is said beside every rate: that figure holds on a noisy machine.
 * Pods name a scheduler that does not exist: what is measured is the create and nothing after it.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <ekube/base.h>

enum {
	PODS_1 = 1000,
	PODS_16 = 4000,
	PODS_64 = 5000, /* 10 000 together */
	LISTED = 10000,
	CHURNED = 50000,
	CHURN_DEADLINE_S = 60, /* of creating; what was created is deleted */
	LISTS = 5,
	WATCHERS = 1000,
	EVENTS = 7,
	SECONDS = 4, /* a timed load at most */
	MAX_SAMPLES = 1 << 20,
	HEAD_MAX = 8192,
	REQUEST_MAX = 4096,
};

enum body_state { HEAD, SIZED, CHUNK_SIZE, CHUNK, CHUNK_END };

struct conn {
	int fd;
	SSL *ssl;
	char out[REQUEST_MAX];
	size_t out_n, out_off;
	enum body_state state;
	char head[HEAD_MAX]; /* of the reply, or a chunk's size line */
	size_t head_n;
	int64_t left; /* of the body or chunk */
	int status;
	int64_t body; /* bytes of it so far */
	bool busy;    /* a reply is awaited */
	double sent, first, seen;
};

/* One load: `write_request` fills the next request, `n` counts them. */
struct load {
	void (*write_request)(struct conn *c, int n);
	int limit;
	double deadline;
	int base, started, done, failed;
	double *ms;
};

static struct {
	struct sockaddr_in addr;
	SSL_CTX *tls;
	int epoll;
	const char *pid;
	struct conn *conns;
	size_t n;
	struct load *load;
} bench;

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

EK_NORETURN static void die(const char *what)
{
	fprintf(stderr, "load_api: %s: %s\n", what, strerror(errno));
	ERR_print_errors_fp(stderr);
	exit(1);
}

static void row(const char *name, double value, const char *unit)
{
	printf("%s\t%.*f\t%s\n", name, value < 100 ? 2 : 0, value, unit);
	fflush(stdout);
}

/* ---- the server as /proc sees it ---- */

static double server_cpu_us(void)
{
	char path[64];
	unsigned long user = 0, sys = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/stat", bench.pid);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			 &user, &sys) != 2)
		die(path);
	fclose(f);
	return (double)(user + sys) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

static double server_kb(const char *field)
{
	char path[64], line[256];
	double kb = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/smaps_rollup", bench.pid);
	f = fopen(path, "re");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, field, strlen(field)))
			kb = strtod(line + strlen(field), NULL);
	}
	fclose(f);
	return kb;
}

/* ---- connections ---- */

static void conn_open(struct conn *c)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };
	int one = 1;

	memset(c, 0, sizeof(*c));
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&bench.addr, sizeof(bench.addr)) < 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->ssl = SSL_new(bench.tls);
	if (!c->ssl || !SSL_set_fd(c->ssl, c->fd) || SSL_connect(c->ssl) != 1)
		die("TLS");
	if (fcntl(c->fd, F_SETFL, O_NONBLOCK) < 0 ||
	    epoll_ctl(bench.epoll, EPOLL_CTL_ADD, c->fd, &ev) < 0)
		die("epoll");
}

static void conns_open(size_t n)
{
	bench.conns = ek_calloc(n, sizeof(*bench.conns));
	bench.n = n;
	for (size_t i = 0; i < n; i++)
		conn_open(&bench.conns[i]);
}

static void conns_close(void)
{
	for (size_t i = 0; i < bench.n; i++) {
		SSL_free(bench.conns[i].ssl);
		close(bench.conns[i].fd);
	}
	free(bench.conns);
	bench.conns = NULL;
	bench.n = 0;
}

static void conn_flush(struct conn *c)
{
	while (c->out_off < c->out_n) {
		int n = SSL_write(c->ssl, c->out + c->out_off, (int)(c->out_n - c->out_off));

		if (n > 0)
			c->out_off += (size_t)n;
		else if (SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_WRITE)
			return;
		else
			die("write");
	}
}

/* `c->out` holds a request */
static void conn_send(struct conn *c)
{
	c->out_n = strlen(c->out);
	c->out_off = 0;
	c->state = HEAD;
	c->head_n = 0;
	c->body = 0;
	c->busy = true;
	c->first = 0;
	c->sent = now_ms();
	conn_flush(c);
}

static void load_next(struct conn *c)
{
	struct load *l = bench.load;

	if (l->started >= l->limit || (l->deadline > 0 && now_ms() >= l->deadline))
		return;
	l->write_request(c, l->base + l->started++);
	conn_send(c);
}

static void conn_replied(struct conn *c)
{
	struct load *l = bench.load;

	c->busy = false;
	c->state = HEAD;
	c->head_n = 0;
	if (!l)
		return;
	if (c->status / 100 == 2)
		l->ms[l->done++] = now_ms() - c->sent;
	else if (!l->failed++)
		fprintf(stderr, "load_api: answered %d\n", c->status);
	load_next(c);
}

static void head_read(struct conn *c)
{
	const char *length = strcasestr(c->head, "\r\ncontent-length:");

	c->status = atoi(c->head + strlen("HTTP/1.1 "));
	c->head_n = 0;
	if (length) {
		c->state = SIZED;
		c->left = strtoll(length + strlen("\r\ncontent-length:"), NULL, 10);
		if (c->left == 0)
			conn_replied(c);
	} else if (strcasestr(c->head, "\r\ntransfer-encoding: chunked")) {
		c->state = CHUNK_SIZE;
	} else {
		die("a reply without length");
	}
}

/* A line of a chunked body is whole: a size, or the end of a chunk. */
static void chunk_line(struct conn *c)
{
	c->head_n = 0;
	if (c->state == CHUNK_END) {
		if (c->left < 0)
			conn_replied(c);
		else
			c->state = CHUNK_SIZE;
		return;
	}
	c->left = strtoll(c->head, NULL, 16);
	c->state = c->left ? CHUNK : CHUNK_END;
	if (!c->left)
		c->left = -1; /* what follows is the last line */
}

static void line_byte(struct conn *c, char b)
{
	if (c->head_n == HEAD_MAX - 1)
		die("a head too long");
	c->head[c->head_n++] = b;
	c->head[c->head_n] = 0;
	if (b != '\n')
		return;
	if (c->state != HEAD)
		chunk_line(c);
	else if (c->head_n >= 4 && !strcmp(c->head + c->head_n - 4, "\r\n\r\n"))
		head_read(c);
}

static void conn_feed(struct conn *c, const char *p, size_t n)
{
	while (n) {
		size_t take = 1;

		if (c->state == SIZED || c->state == CHUNK) {
			take = (int64_t)n < c->left ? n : (size_t)c->left;
			c->left -= (int64_t)take;
			c->body += (int64_t)take;
			c->seen = now_ms();
			if (c->left == 0 && c->state == CHUNK)
				c->state = CHUNK_END;
			else if (c->left == 0)
				conn_replied(c);
		} else {
			line_byte(c, *p);
		}
		p += take;
		n -= take;
	}
}

static void conn_drive(struct conn *c)
{
	static char buf[65536];

	conn_flush(c);
	for (;;) {
		int n = SSL_read(c->ssl, buf, sizeof(buf));

		if (n <= 0 && SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ)
			return;
		if (n <= 0)
			die("the server closed a connection");
		if (c->first <= 0)
			c->first = now_ms();
		conn_feed(c, buf, (size_t)n);
	}
}

/* Whatever arrives within `ms`. */
static void turn(int ms)
{
	struct epoll_event evs[256];
	int n = epoll_wait(bench.epoll, evs, EK_ARRAY_LEN(evs), ms);

	for (int i = 0; i < n; i++)
		conn_drive(evs[i].data.ptr);
	if (n == 0 && ms >= 30000)
		die("no answer within 30 s");
}

static void request(struct conn *c)
{
	conn_send(c);
	while (c->busy)
		turn(30000);
}

/* ---- what is sent ---- */

static void post(struct conn *c, const char *ns, const char *what, const char *body)
{
	int n = snprintf(
		c->out, REQUEST_MAX,
		"POST /api/v1/%s%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
		"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		ns, what, strlen(body), body);

	EK_ASSERT(n > 0 && n < REQUEST_MAX);
}

static void get(struct conn *c, const char *path)
{
	snprintf(c->out, REQUEST_MAX,
		 "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n", path);
}

static void write_config_map(struct conn *c, const char *ns, int n, int payload)
{
	char body[3072];

	snprintf(body, sizeof(body),
		 "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c-%d\"},"
		 "\"data\":{\"payload\":\"%0*d\"}}",
		 n, payload, n);
	post(c, ns, "/configmaps", body);
}

static void create_1k(struct conn *c, int n)
{
	write_config_map(c, "namespaces/bench", n, 900);
}

static void create_2k(struct conn *c, int n)
{
	write_config_map(c, "namespaces/listed", n, 1800);
}

static void create_pod(struct conn *c, int n)
{
	char body[2048];

	snprintf(
		body, sizeof(body),
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web-%d\",\"labels\":"
		"{\"app\":\"web\",\"app.kubernetes.io/part-of\":\"shop\",\"pod-template-hash\":\"5d8f7c9b6d\"},"
		"\"annotations\":{\"example.org/checksum\":\"%064d\"}},\"spec\":{\"schedulerName\":\"none\","
		"\"containers\":[{\"name\":\"web\",\"image\":\"registry.example.org/shop/web:1.27.3\","
		"\"args\":[\"--listen=:8080\",\"--verbose=2\"],\"ports\":[{\"name\":\"http\",\"containerPort\":8080}],"
		"\"env\":[{\"name\":\"POD_NAME\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"metadata.name\"}}},"
		"{\"name\":\"MODE\",\"value\":\"production\"}],\"resources\":{\"requests\":{\"cpu\":\"50m\","
		"\"memory\":\"64Mi\"},\"limits\":{\"memory\":\"128Mi\"}},\"readinessProbe\":{\"httpGet\":{\"path\":"
		"\"/ready\",\"port\":\"http\"},\"periodSeconds\":5},\"volumeMounts\":[{\"name\":\"data\",\"mountPath\":"
		"\"/data\"}]}],\"volumes\":[{\"name\":\"data\",\"emptyDir\":{}}],\"terminationGracePeriodSeconds\":10}}",
		n, n);
	post(c, "namespaces/bench", "/pods", body);
}

static int created; /* ConfigMaps c-0 .. in namespace bench */

static void create_churned(struct conn *c, int n)
{
	write_config_map(c, "namespaces/churned", n, 900);
}

static void delete_churned(struct conn *c, int n)
{
	snprintf(c->out, REQUEST_MAX,
		 "DELETE /api/v1/namespaces/churned/configmaps/c-%d HTTP/1.1\r\nHost: 127.0.0.1\r\n"
		 "Accept: application/json\r\n\r\n",
		 n);
}

static void get_one(struct conn *c, int n)
{
	char path[96];

	snprintf(path, sizeof(path), "/api/v1/namespaces/bench/configmaps/c-%d",
		 (int)((unsigned)n * 7919u % (unsigned)created));
	get(c, path);
}

/* ---- the loads ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void load_rows(const char *name, size_t clients, struct load *l, double took, double cpu)
{
	const char *s = clients > 1 ? "s" : "";
	char text[128];

	qsort(l->ms, (size_t)l->done, sizeof(*l->ms), by_value);
	snprintf(text, sizeof(text), "%s, %zu client%s", name, clients, s);
	row(text, l->done / took * 1e3, "/s");
	snprintf(text, sizeof(text), "%s, %zu client%s, p99", name, clients, s);
	row(text, l->ms[(int64_t)l->done * 99 / 100], "ms");
	snprintf(text, sizeof(text), "%s, %zu client%s, server CPU", name, clients, s);
	row(text, cpu / l->done, "us each");
}

/* How many succeeded; rows are printed when it has a name. */
static int load(const char *name, size_t clients, struct load l)
{
	double from, cpu, took;

	l.ms = ek_calloc(MAX_SAMPLES, sizeof(*l.ms));
	conns_open(clients);
	bench.load = &l;
	cpu = server_cpu_us();
	from = now_ms();
	if (l.deadline > 0)
		l.deadline += from;
	for (size_t i = 0; i < clients; i++)
		load_next(&bench.conns[i]);
	while (l.done + l.failed < l.started)
		turn(30000);
	took = now_ms() - from;
	cpu = server_cpu_us() - cpu;
	bench.load = NULL;
	conns_close();
	if (name && l.done)
		load_rows(name, clients, &l, took, cpu);
	if (l.failed)
		fprintf(stderr, "load_api: %d of %d failed\n", l.failed, l.started);
	free(l.ms);
	return l.done;
}

static void bench_pods(void)
{
	static const struct {
		size_t clients;
		int n;
	} steps[] = {
		{ 1, PODS_1 },
		{ 16, PODS_16 },
		{ 64, PODS_64 },
	};
	int n = 0;

	for (size_t i = 0; i < EK_ARRAY_LEN(steps); i++)
		n += load("durable creates of 1 KB Pods", steps[i].clients,
			  (struct load){ create_pod, .limit = steps[i].n, .base = n });
	row("pods stored", n, "pods");
	row("PSS right after 10 000 pods", server_kb("Pss:"), "kB");
	sleep(5);
	row("PSS 5 s after 10 000 pods", server_kb("Pss:"), "kB");
}

static void bench_config_maps(void)
{
	static const size_t clients[] = { 1, 16, 64 };

	for (size_t i = 0; i < EK_ARRAY_LEN(clients); i++)
		created += load("durable creates of 1 KB ConfigMaps", clients[i],
				(struct load){ create_1k, .limit = 50000, .base = created,
					       .deadline = SECONDS * 1e3 });
	if (!created)
		die("nothing was created");
	load("GETs", 16, (struct load){ get_one, .limit = MAX_SAMPLES, .deadline = SECONDS * 1e3 });
}

static void bench_list(void)
{
	double first[LISTS], total[LISTS], cpu;
	int64_t body = 0;

	load(NULL, 64, (struct load){ create_2k, .limit = LISTED });
	sleep(2);
	row("RSS before lists", server_kb("Rss:"), "kB");
	conns_open(1);
	cpu = server_cpu_us();
	for (int i = 0; i < LISTS; i++) {
		struct conn *c = &bench.conns[0];

		get(c, "/api/v1/namespaces/listed/configmaps");
		request(c);
		if (c->status != 200)
			die("list");
		first[i] = c->first - c->sent;
		total[i] = now_ms() - c->sent;
		body = c->body;
	}
	cpu = server_cpu_us() - cpu;
	conns_close();
	qsort(first, LISTS, sizeof(*first), by_value);
	qsort(total, LISTS, sizeof(*total), by_value);
	row("list of 10 000 objects of 2 KB, first byte", first[LISTS / 2], "ms");
	row("list of 10 000 objects of 2 KB, whole", total[LISTS / 2], "ms");
	row("list of 10 000 objects of 2 KB, server CPU", cpu / LISTS / 1e3, "ms");
	row("list of 10 000 objects of 2 KB, size", (double)body, "bytes");
	row("RSS after lists", server_kb("Rss:"), "kB");
}

/* What tens of thousands of objects leave behind when they are gone. */
static void bench_churn(void)
{
	double before;
	int n;

	sleep(2);
	before = server_kb("Pss:");
	row("PSS before 50 000 ConfigMaps come and go", before, "kB");
	n = load(NULL, 64, (struct load){ create_churned, .limit = CHURNED,
					  .deadline = CHURN_DEADLINE_S * 1e3 });
	row("ConfigMaps that came", n, "objects");
	row("PSS while they are there", server_kb("Pss:"), "kB");
	n = load("deletes of ConfigMaps", 64, (struct load){ delete_churned, .limit = n });
	row("PSS right after they went", server_kb("Pss:"), "kB");
	sleep(10);
	row("PSS 10 s after they went", server_kb("Pss:"), "kB");
}

/* The times from the create's departure to the event at watcher half way and at the last one. */
static void fan_out(int round, double *ret_half, double *ret_last)
{
	static double ms[WATCHERS];
	struct conn *writer = &bench.conns[WATCHERS];
	int64_t *had = ek_calloc(WATCHERS, sizeof(*had));
	size_t n = 0;

	for (size_t i = 0; i < WATCHERS; i++)
		had[i] = bench.conns[i].body;
	write_config_map(writer, "namespaces/watched", round, 100);
	conn_send(writer);
	while (n < WATCHERS || writer->busy) {
		turn(30000);
		n = 0;
		for (size_t i = 0; i < WATCHERS; i++)
			n += bench.conns[i].body > had[i];
	}
	for (size_t i = 0; i < WATCHERS; i++)
		ms[i] = bench.conns[i].seen - writer->sent;
	qsort(ms, WATCHERS, sizeof(*ms), by_value);
	*ret_half = ms[WATCHERS / 2];
	*ret_last = ms[WATCHERS - 1];
	free(had);
}

static void bench_watch(void)
{
	double half[EVENTS], last[EVENTS], before = server_kb("Pss:");

	conns_open(WATCHERS + 1);
	for (size_t i = 0; i < WATCHERS; i++) {
		get(&bench.conns[i], "/api/v1/namespaces/watched/configmaps?watch=true"
				     "&resourceVersion=0&timeoutSeconds=600");
		conn_send(&bench.conns[i]);
	}
	for (double end = now_ms() + 3000; now_ms() < end;)
		turn(100);
	row("PSS a watcher on a connection of its own", (server_kb("Pss:") - before) / WATCHERS,
	    "kB");
	for (int i = 0; i < EVENTS; i++)
		fan_out(i, &half[i], &last[i]);
	conns_close();
	qsort(half, EVENTS, sizeof(*half), by_value);
	qsort(last, EVENTS, sizeof(*last), by_value);
	row("one event at 1000 watchers, half of them", half[EVENTS / 2], "ms");
	row("one event at 1000 watchers, the last", last[EVENTS / 2], "ms");
}

static void make_namespaces(void)
{
	static const char *const names[] = { "bench", "listed", "watched", "churned" };
	char body[128];

	conns_open(1);
	for (size_t i = 0; i < EK_ARRAY_LEN(names); i++) {
		snprintf(body, sizeof(body),
			 "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\","
			 "\"metadata\":{\"name\":\"%s\"}}",
			 names[i]);
		post(&bench.conns[0], "", "namespaces", body);
		request(&bench.conns[0]);
		if (bench.conns[0].status != 201)
			die("namespace");
	}
	conns_close();
	sleep(1); /* for their default service accounts */
}

static const struct section {
	const char *name;
	void (*run)(void);
} sections[] = {
	{ "pods", bench_pods },
	{ "maps", bench_config_maps },
	{ "list", bench_list },
	{ "watch", bench_watch },
	{ "churn", bench_churn },
};

/* All of them when none is named. */
static bool is_wanted(const struct section *s, char **names)
{
	for (char **n = names; *n; n++)
		if (!strcmp(*n, s->name))
			return true;
	return !*names;
}

int main(int argc, char **argv)
{
	struct rlimit files = { WATCHERS + 100, WATCHERS + 100 };

	if (argc < 6) {
		fprintf(stderr, "usage: load_api PORT CA.pem CERT.pem KEY.pem SERVER_PID [pods|maps|list|watch|churn]...\n");
		return 2;
	}
	setrlimit(RLIMIT_NOFILE, &files);
	bench.addr.sin_family = AF_INET;
	bench.addr.sin_port = htons((uint16_t)atoi(argv[1]));
	bench.addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	bench.pid = argv[5];
	bench.epoll = epoll_create1(EPOLL_CLOEXEC);
	bench.tls = SSL_CTX_new(TLS_client_method());
	if (bench.epoll < 0 || !bench.tls || !SSL_CTX_load_verify_file(bench.tls, argv[2]) ||
	    SSL_CTX_use_certificate_chain_file(bench.tls, argv[3]) != 1 ||
	    SSL_CTX_use_PrivateKey_file(bench.tls, argv[4], SSL_FILETYPE_PEM) != 1)
		die("certificates");
	SSL_CTX_set_verify(bench.tls, SSL_VERIFY_PEER, NULL);
	make_namespaces();
	for (size_t i = 0; i < EK_ARRAY_LEN(sections); i++)
		if (is_wanted(&sections[i], argv + 6))
			sections[i].run();
	SSL_CTX_free(bench.tls);
	return 0;
}
