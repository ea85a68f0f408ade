/* SPDX-License-Identifier: Apache-2.0 */
#include "net/lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/file.h>

#include "netns.h"
#include "rtnl.h"

/* Not Check's assertions: benchmarks work here too. */
#define MUST(what, ok)                                                                    \
	do {                                                                              \
		if (!(ok)) {                                                              \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, what);  \
			abort();                                                          \
		}                                                                         \
	} while (0)
#define OK(call)                                                                          \
	do {                                                                              \
		int ok_rc_ = (call);                                                      \
		MUST(EK_F("%s: %s", #call, ek_err_name(ok_rc_)), ok_rc_ >= 0);            \
	} while (0)

struct ek_ip lab_ip(const char *text)
{
	struct ek_ip ip = { 0 };

	OK(ek_ip_parse(text, &ip));
	return ip;
}

struct ek_cidr lab_cidr(const char *text)
{
	struct ek_cidr cidr = { 0 };

	OK(ek_cidr_parse(text, &cidr, NULL));
	return cidr;
}

/* ---- the outside world ---- */

static int furnish_outside(void *arg)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 2 };
	struct ek_nl *node = arg;
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	EK_NL struct ek_nl inside = EK_NL_INIT;
	EK_CLOSE int ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct ek_ip ip = { 4, { 192, 0, 2, 2 } }, gateway = { 4, { 192, 0, 2, 1 } };
	struct ek_cidr any = { .ip = { .n = 4 } };
	struct ek_rtnl_link link;
	struct ek_err err;
	int rc;

	ek_rtnl_put_veth(&b, "uplink", "eth0", mac, ns, 1500);
	rc = ek_nl_talk(node, &b, NULL, NULL, NULL, &err);
	if (rc < 0 || ek_nl_open(&inside, NETLINK_ROUTE, &err) < 0 ||
	    ek_rtnl_link_get(&inside, "eth0", &link, &err) < 0)
		return rc;
	ek_buf_clear(&b);
	ek_rtnl_put_up(&b, link.index);
	ek_rtnl_put_addr(&b, link.index, &ip, 24);
	rc = ek_nl_talk(&inside, &b, NULL, NULL, NULL, &err);
	if (rc < 0 || ek_rtnl_link_get(node, "uplink", &link, &err) < 0)
		return rc;
	ek_buf_clear(&b);
	ek_rtnl_put_up(&b, link.index);
	ek_rtnl_put_addr(&b, link.index, &gateway, 24);
	ek_rtnl_put_route(&b, link.index, &any, &ip);
	return ek_nl_talk(node, &b, NULL, NULL, NULL, &err);
}

bool lab_enter(struct lab *lab)
{
	EK_NL struct ek_nl node = EK_NL_INIT;
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	struct ek_err err;

	*lab = (struct lab){ .run_dir = "/tmp/ekube-net-XXXXXX" };
	if (geteuid() != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) < 0) {
		printf("skipped: needs to be root, to make network namespaces (%s)\n",
		       strerror(errno));
		return false;
	}
	OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	MUST("mkdtemp(lab->run_dir)", mkdtemp(lab->run_dir));
	OK(mount("lab", lab->run_dir, "tmpfs", 0, NULL));
	(void)snprintf(lab->outside, sizeof(lab->outside), "%s/outside", lab->run_dir);
	OK(ek_nl_open(&node, NETLINK_ROUTE, &err));
	ek_rtnl_put_up(&b, 1);
	OK(ek_nl_talk(&node, &b, NULL, NULL, NULL, &err));
	OK(ek_netns_create(lab->outside, furnish_outside, &node, &err));
	lab->loop = ek_loop_new();
	return true;
}

void lab_leave(struct lab *lab)
{
	if (!lab->loop)
		return;
	ek_loop_free(lab->loop);
	OK(ek_netns_delete(lab->outside, NULL));
	OK(umount2(lab->run_dir, MNT_DETACH));
	OK(rmdir(lab->run_dir));
}

struct ek_net_config lab_config(const struct lab *lab)
{
	return (struct ek_net_config){
		.name = "lab",
		.bridge = "lab0",
		.run_dir = lab->run_dir,
		.node_name = "node-1",
		.pod_cidr = lab_cidr("10.42.0.0/24"),
		.cluster_cidr = lab_cidr("10.42.0.0/16"),
		.service_cidr = lab_cidr("10.43.0.0/16"),
		.local = { lab_ip("10.43.0.10") },
		.n_local = 1,
	};
}

/* ---- pods ---- */

struct waiting {
	struct ek_podnet_up up;
	bool done;
	int rc;
};

static void on_up(struct ek_podnet_up *up, int rc)
{
	struct waiting *w = ek_container_of(up, struct waiting, up);

	MUST("!w->done", !w->done);
	w->done = true;
	w->rc = rc;
}

int lab_pod_up(struct lab *lab, struct ek_podnet *net, const char *id,
	       const struct ek_podnet_port *ports, size_t n, struct ek_ip *ret_ip)
{
	struct waiting w = { .up = { .id = id, .ports = ports, .n_ports = n, .done = on_up } };

	ek_podnet_up(net, &w.up);
	MUST("!w.done", !w.done);
	MUST("ek_loop_until(lab->loop, &w.done, 20000)", ek_loop_until(lab->loop, &w.done, 20000));
	if (w.rc < 0)
		printf("%s: %s\n", id, w.up.err.msg);
	else if (ret_ip)
		*ret_ip = w.up.pod->ip;
	return w.rc;
}

void lab_settle(struct lab *lab, struct ek_podnet *net)
{
	for (int i = 0; i < 20000 && ek_podnet_busy(net); i++) {
		if (!ek_loop_turn(lab->loop))
			usleep(1000);
	}
	MUST("ek_podnet_busy(net)", ek_podnet_busy(net) == 0);
}

/* ---- sockets ---- */

static int make_socket(void *arg)
{
	int fd = socket(AF_INET, *(int *)arg | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int lab_socket(const char *where, int type)
{
	EK_CLOSE int ns = -1;
	int fd, one = 1;

	if (where) {
		ns = ek_netns_open(where, NULL);
		OK(ns);
		fd = ek_netns_run(ns, make_socket, &type, NULL);
	} else {
		fd = make_socket(&type);
	}
	OK(fd);
	OK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
	return fd;
}

static struct sockaddr_in address(const char *ip, int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	MUST("inet_pton(AF_INET, ip, &sa.sin_addr)", inet_pton(AF_INET, ip, &sa.sin_addr) == 1);
	return sa;
}

int lab_listen(const char *where, int type, const char *ip, int port)
{
	struct sockaddr_in sa = address(ip, port);
	int fd = lab_socket(where, type);

	OK(bind(fd, (struct sockaddr *)&sa, sizeof(sa)));
	if (type == SOCK_STREAM)
		OK(listen(fd, 128));
	return fd;
}

int lab_connect(const char *where, int type, const char *from, const char *ip, int port)
{
	EK_CLOSE int fd = lab_socket(where, type);
	struct sockaddr_in sa = address(ip, port), source = address(from ? from : "0.0.0.0", 0);
	struct timeval second = { .tv_sec = 1 };

	OK(bind(fd, (struct sockaddr *)&source, sizeof(source)));
	OK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second)));
	OK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return errno == EINPROGRESS ? -ETIMEDOUT : -errno;
	return ek_steal_fd(fd);
}

int lab_accept(int fd, int ms, char ret_peer[46])
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	int got;

	if (poll(&p, 1, ms) <= 0)
		return -EAGAIN;
	got = accept(fd, (struct sockaddr *)&sa, &len);
	OK(got);
	if (ret_peer)
		inet_ntop(AF_INET, &sa.sin_addr, ret_peer, 46);
	return got;
}

void lab_br_netfilter(bool on)
{
	if (access("/proc/sys/net/bridge/bridge-nf-call-iptables", F_OK) == 0)
		OK(ek_sysctl_set("net/bridge/bridge-nf-call-iptables", on ? "1" : "0", NULL));
}

struct sysctl_ask {
	const char *key;
	char *out;
};

static int read_sysctl(void *arg)
{
	struct sysctl_ask *ask = arg;
	EK_FREE char *path = ek_str_fmt("/proc/sys/net/%s", ask->key);
	EK_FREE char *text = NULL;
	int rc = ek_file_read(AT_FDCWD, path, 63, &text, NULL, NULL);

	if (rc == 0)
		(void)sprintf(ask->out, "%.*s", (int)strcspn(text, "\n"), text);
	return rc;
}

void lab_sysctl(const char *where, const char *key, char out[64])
{
	struct sysctl_ask ask = { .key = key, .out = out };
	EK_CLOSE int ns = where ? ek_netns_open(where, NULL) : -1;

	OK(where ? ek_netns_run(ns, read_sysctl, &ask, NULL) : read_sysctl(&ask));
}
