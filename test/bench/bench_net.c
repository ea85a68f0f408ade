/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What networking costs on this machine, in a namespace of its own: lines of "name value unit".
 * Times are of the whole way through our own code and the kernel, JSON excluded.
 */

#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <ekube/net_dns.h>

#include "net/dns_zone.h"
#include "net/lab.h"

enum { PODS = 100, SERVICES = 1000, CHANGES = 200, QUESTIONS = 5000 };

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void report(const char *name, double *us, size_t n)
{
	qsort(us, n, sizeof(*us), by_value);
	printf("%s_p50 %.3f ms\n%s_p90 %.3f ms\n%s_max %.3f ms\n", name, us[n / 2] / 1e3, name,
	       us[n * 9 / 10] / 1e3, name, us[n - 1] / 1e3);
}

static struct ek_json *json(const char *text)
{
	struct ek_json *v = NULL;

	if (ek_json_parse(text, strlen(text), 1 << 20, &v, NULL, NULL) < 0)
		abort();
	return v;
}

static struct ek_json *service(int i)
{
	EK_FREE char *text =
		ek_str_fmt("{\"metadata\":{\"name\":\"svc-%d\",\"namespace\":\"default\"},\"spec\":"
			   "{\"clusterIP\":\"10.43.%d.%d\",\"ports\":[{\"port\":80}]}}",
			   i, 1 + i / 250, 1 + i % 250);

	return json(text);
}

static struct ek_json *slice(int i, int last)
{
	EK_FREE char *text = ek_str_fmt(
		"{\"metadata\":{\"name\":\"svc-%d\",\"namespace\":\"default\",\"labels\":"
		"{\"kubernetes.io/service-name\":\"svc-%d\"}},\"ports\":[{\"port\":80}],\"endpoints\":"
		"[{\"addresses\":[\"10.42.7.%d\"]},{\"addresses\":[\"10.42.8.1\"]},"
		"{\"addresses\":[\"10.42.9.1\"]}]}",
		i, i, last);

	return json(text);
}

/* ---- pods ---- */

static struct ek_podnet *bench_pods(struct lab *lab, const struct ek_net_config *cfg)
{
	static double up[PODS];
	struct ek_podnet *net = NULL;
	double start;

	if (ek_podnet_open(lab->loop, cfg, &net, NULL) < 0)
		abort();
	for (int i = 0; i < PODS; i++) {
		start = now_us();
		if (lab_pod_up(lab, net, EK_F("pod-%d", i), NULL, 0, NULL) < 0)
			abort();
		up[i] = now_us() - start;
	}
	report("pod_net_up", up, PODS);
	ek_podnet_close(net);
	start = now_us();
	if (ek_podnet_open(lab->loop, cfg, &net, NULL) < 0)
		abort();
	printf("pod_net_restart_with_%d %.3f ms\n", PODS, (now_us() - start) / 1e3);
	start = now_us();
	for (int i = 0; i < PODS; i++)
		ek_podnet_down(net, EK_F("pod-%d", i));
	printf("pod_net_down_call %.3f ms\n", (now_us() - start) / 1e3 / PODS);
	lab_settle(lab, net);
	printf("pod_net_down_background %.3f ms\n", (now_us() - start) / 1e3 / PODS);
	return net;
}

/* ---- Services ---- */

static void turn(struct lab *lab)
{
	while (ek_loop_turn(lab->loop))
		;
}

static void bench_services(struct lab *lab, const struct ek_net_config *cfg, struct ek_svcdir *dir)
{
	static double add[CHANGES], change[CHANGES], del[CHANGES];
	struct ek_services *s;
	double start;

	if (ek_services_open(lab->loop, cfg, dir, &s, NULL) < 0)
		abort();
	start = now_us();
	if (ek_services_start(s, NULL) < 0)
		abort();
	printf("services_replace_%d %.3f ms\n", SERVICES, (now_us() - start) / 1e3);
	for (int i = 0; i < CHANGES; i++) {
		EK_JSON struct ek_json *a = service(SERVICES + i), *b = slice(SERVICES + i, 1);
		EK_JSON struct ek_json *c = slice(SERVICES + i, 2);

		start = now_us();
		(void)ek_svcdir_set_service(dir, a, NULL);
		(void)ek_svcdir_set_slice(dir, b, NULL);
		turn(lab);
		add[i] = now_us() - start;
		start = now_us();
		(void)ek_svcdir_set_slice(dir, c, NULL);
		turn(lab);
		change[i] = now_us() - start;
		start = now_us();
		ek_svcdir_del_service(dir, "default", EK_F("svc-%d", SERVICES + i));
		ek_svcdir_del_slice(dir, "default", EK_F("svc-%d", SERVICES + i));
		turn(lab);
		del[i] = now_us() - start;
	}
	report("service_added_to_1000", add, CHANGES);
	report("endpoint_changed_among_1000", change, CHANGES);
	report("service_removed_from_1000", del, CHANGES);
	ek_services_close(s);
}

/* ---- names ---- */

static size_t build(uint8_t *buf, const char *name)
{
	struct ek_dns_name n;
	struct ek_dns_out o;

	(void)ek_dns_name_parse(name, &n);
	ek_dns_out_question(&o, buf, 512, 1, EK_DNS_RD, &n, EK_DNS_A);
	return ek_dns_out_end(&o, 0);
}

static void bench_dns(struct lab *lab, const struct ek_net_config *cfg, struct ek_svcdir *dir)
{
	struct ek_dns_config dc = { .domain = "cluster.local",
				    .n_listen = 1,
				    .listen = { cfg->local[0] } };
	static double us[QUESTIONS];
	uint8_t buf[512], answer[1232];
	struct ek_dns *dns;
	double start;
	int c;

	if (ek_dns_open(lab->loop, &dc, dir, &dns, NULL) < 0)
		abort();
	ek_dns_set_ready(dns);
	c = lab_connect(NULL, SOCK_DGRAM, NULL, "10.43.0.10", 53);
	for (int i = 0; i < QUESTIONS; i++) {
		size_t n = build(buf, EK_F("svc-%d.default.svc.cluster.local", i % SERVICES));

		if (i % 1000 == 0)
			usleep(1000 * 1000); /* one client may not ask faster */
		start = now_us();
		if (send(c, buf, n, 0) < 0)
			abort();
		turn(lab);
		if (recv(c, answer, sizeof(answer), MSG_DONTWAIT) < 0)
			abort();
		us[i] = now_us() - start;
	}
	report("dns_answer", us, QUESTIONS);
	close(c);
	ek_dns_close(dns);
}

int main(void)
{
	struct ek_net_config cfg;
	struct ek_podnet *net;
	struct ek_svcdir *dir = ek_svcdir_new("node-1");
	struct lab lab;

	if (!lab_enter(&lab))
		return 0;
	cfg = lab_config(&lab);
	net = bench_pods(&lab, &cfg);
	for (int i = 0; i < SERVICES; i++) {
		EK_JSON struct ek_json *a = service(i), *b = slice(i, 1);

		(void)ek_svcdir_set_service(dir, a, NULL);
		(void)ek_svcdir_set_slice(dir, b, NULL);
	}
	bench_services(&lab, &cfg, dir);
	bench_dns(&lab, &cfg, dir);
	ek_svcdir_free(dir);
	ek_podnet_close(net);
	(void)ek_net_remove(&cfg, NULL);
	lab_leave(&lab);
	return 0;
}
