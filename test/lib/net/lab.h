/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A network laboratory: the test process moves into a network and a mount namespace of its own,
 * so that whatever it does to "the node" the machine never notices. A socket stays in the
 * namespace it was made in, so one thread can play every client and server.
 *
 *   outside 192.0.2.2 ---- 192.0.2.1 node 10.42.0.1 ---- pods 10.42.0.x
 */

#include <netinet/in.h>

#include <ekube/loop.h>
#include <ekube/net.h>
#include <ekube/net_pod.h>

struct lab {
	char run_dir[64];
	char outside[80];  /* a pinned namespace */
	struct ek_loop *loop;
};

/* False, with a message, when this process may not make namespaces: the test has to return then. */
bool lab_enter(struct lab *lab);
void lab_leave(struct lab *lab);

struct ek_ip   lab_ip(const char *text);
struct ek_cidr lab_cidr(const char *text);
struct ek_net_config lab_config(const struct lab *lab);

/* ek_podnet_up() and wait; the result is its rc. */
int  lab_pod_up(struct lab *lab, struct ek_podnet *net, const char *id,
		const struct ek_podnet_port *ports, size_t n, struct ek_ip *ret_ip);
/* Wait until nothing is under way. */
void lab_settle(struct lab *lab, struct ek_podnet *net);

/* Where something runs: NULL is the node, else a pinned namespace's path. */
int lab_socket(const char *where, int type);
int lab_listen(const char *where, int type, const char *ip, int port);
/* A connected socket or -errno; a second is all it gets. from may be NULL. */
int lab_connect(const char *where, int type, const char *from, const char *ip, int port);
/* Accept what is waiting within ms: a socket, or -EAGAIN. ret_peer (may be NULL) is who it is. */
int lab_accept(int fd, int ms, char ret_peer[46]);
/* Whether the bridge hands frames to nf_tables itself (br_netfilter); nothing where it is not loaded. */
void lab_br_netfilter(bool on);
/* The whole of /proc/sys/net/<key> there, without the newline. */
void lab_sysctl(const char *where, const char *key, char out[64]);
