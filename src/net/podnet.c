/* SPDX-License-Identifier: Apache-2.0 */
#include "podnet.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/log.h>
#include <ekube/vec.h>

#include "nft_watch.h"

/*
 * One entry a pod, by id:
 *
 *   up() ──► RISING ──► UP ──► down() ──► LEAVING ──► gone
 *               └─ failed ──────────────► gone           └─ someone waits: RISING again
 *
 * RISING and LEAVING are work in the pool. A down() that meets RISING takes effect when that ends.
 */
enum state { RISING, UP, LEAVING };

struct podnet_pod {
	struct ek_podnet_pod pub; /* first: what callers hold */
	struct ek_podnet    *net;
	enum state           state;
	bool                 unwanted; /* down() came while RISING */
	char                 id[EK_PODNET_ID_MAX + 1];
	char                 link[EK_PODNET_LINK_MAX];
	char                *netns;
	struct ek_podnet_port *ports;
	struct ek_list       waiting;  /* of struct ek_podnet_up, while LEAVING */
	struct ek_work       work;     /* LEAVING */
	struct ek_err        err;
	struct ek_list       by_age;
};

struct ek_podnet {
	struct ek_loop      *loop;
	struct ek_podnet_env env;
	struct ek_nl         nft;
	struct ek_nft_watch  watch;
	struct ek_map        pods;   /* id -> struct podnet_pod */
	struct ek_list       by_age;
	uint8_t             *taken;  /* a bit for each address of the block */
	uint32_t             n_addrs, next;
	size_t               busy;
	bool                 closing; /* freed when the last operation ends */
	struct ek_podnet_found *strays; /* between finding and removing */
	size_t               n_strays;
};

/* ---- addresses ---- */

static uint32_t offset_of(const struct ek_podnet *net, const struct ek_ip *ip)
{
	const uint8_t *a = ip->b, *base = net->env.cfg.pod_cidr.ip.b;

	return ((uint32_t)a[2] << 8 | a[3]) - ((uint32_t)base[2] << 8 | base[3]);
}

static void mark_address(struct ek_podnet *net, uint32_t i, bool taken)
{
	if (taken)
		net->taken[i / 8] |= (uint8_t)(1u << i % 8);
	else
		net->taken[i / 8] &= (uint8_t) ~(1u << i % 8);
}

/* Round robin, so that an address rests as long as it can before it means somebody else. */
static int take_address(struct ek_podnet *net, struct ek_ip *ret, struct ek_err *err)
{
	for (uint32_t tried = 0; tried < net->n_addrs; tried++) {
		uint32_t i = net->next;

		net->next = (net->next + 1) % net->n_addrs;
		if (net->taken[i / 8] & 1u << i % 8)
			continue;
		mark_address(net, i, true);
		return ek_cidr_nth(&net->env.cfg.pod_cidr, i, ret);
	}
	return ek_fail(err, EK_ETOOMANY, "all %u pod addresses of this node are in use",
		       net->n_addrs - 3);
}

static void init_addresses(struct ek_podnet *net)
{
	net->n_addrs = 1u << (32 - net->env.cfg.pod_cidr.bits);
	net->taken = ek_calloc((net->n_addrs + 7) / 8, 1);
	mark_address(net, 0, true); /* the network, the bridge, broadcast */
	mark_address(net, 1, true);
	mark_address(net, net->n_addrs - 1, true);
	net->next = 2;
}

/* ---- entries ---- */

static struct podnet_pod *new_pod(struct ek_podnet *net, const char *id, const struct ek_ip *ip)
{
	struct podnet_pod *p = ek_new(struct podnet_pod);

	p->net = net;
	(void)snprintf(p->id, sizeof(p->id), "%s", id);
	ek_podnet_link_name(net->env.name, id, p->link);
	p->netns = ek_str_fmt("%s/%s", net->env.netns_dir, id);
	p->pub = (struct ek_podnet_pod){ .id = p->id, .netns = p->netns, .ip = *ip };
	ek_list_init(&p->waiting);
	(void)ek_map_put(&net->pods, id, p);
	ek_list_add_tail(&net->by_age, &p->by_age);
	return p;
}

static void free_pod(struct podnet_pod *p)
{
	if (p->pub.ip.n)
		mark_address(p->net, offset_of(p->net, &p->pub.ip), false);
	(void)ek_map_del(&p->net->pods, p->id);
	ek_list_del(&p->by_age);
	free(p->netns);
	free(p->ports);
	free(p);
}

/* ---- host ports ---- */

static bool is_any(const struct ek_ip *ip)
{
	for (size_t i = 0; i < ip->n; i++)
		if (ip->b[i])
			return false;
	return true;
}

static bool ports_meet(const struct ek_podnet_port *a, const struct ek_podnet_port *b)
{
	return a->proto == b->proto && a->host_port == b->host_port &&
	       (is_any(&a->host_ip) || is_any(&b->host_ip) ||
		ek_ip_equal(&a->host_ip, &b->host_ip));
}

static int check_port(const struct ek_podnet_up *up, const struct ek_podnet_port *p,
		      struct ek_err *err)
{
	const struct ek_podnet *net = up->net;

	EK_LIST_EACH(node, tmp, &net->by_age) {
		const struct podnet_pod *other = ek_container_of(node, struct podnet_pod, by_age);

		for (size_t i = 0; other != up->entry && i < other->pub.n_ports; i++)
			if (ports_meet(p, &other->pub.ports[i]))
				return ek_fail(err, -EADDRINUSE,
					       "host port %u/%s is in use by pod %s", p->host_port,
					       ek_net_proto_name(p->proto), other->id);
	}
	return 0;
}

/* The whole table from what we know: at the start, and when somebody flushed it. */
static int rebuild_table(struct ek_podnet *net, struct ek_err *err)
{
	EK_FREE const struct ek_podnet_pod **pods = ek_calloc(net->pods.n + 1, sizeof(*pods));
	size_t n = 0;

	EK_LIST_EACH(node, tmp, &net->by_age) {
		struct podnet_pod *p = ek_container_of(node, struct podnet_pod, by_age);

		if (p->state == UP)
			pods[n++] = &p->pub;
	}
	return ek_podnet_nft_replace(&net->env, &net->nft, pods, n, err);
}

static int change(struct ek_podnet *net, const struct ek_podnet_pod *was,
		  const struct ek_podnet_pod *now, struct ek_err *err)
{
	int rc = ek_podnet_nft_change(&net->env, &net->nft, was, now, err);

	if (rc != EK_ENOTFOUND)
		return rc;
	ek_warn("pods' table was changed from outside; rebuilding it", "table", net->env.table);
	rc = rebuild_table(net, err);
	return rc < 0 ? rc : ek_podnet_nft_change(&net->env, &net->nft, was, now, err);
}

static void on_table_gone(struct ek_nft_watch *w)
{
	struct ek_podnet *net = ek_container_of(w, struct ek_podnet, watch);
	struct ek_err err;

	ek_warn("pods' table was removed from outside; rebuilding it", "table", net->env.table);
	if (rebuild_table(net, &err) < 0)
		ek_error("pods' table is not there", "table", net->env.table, "error", err.msg);
}

static void admit(struct ek_podnet *net)
{
	struct ek_err err;

	if (ek_podnet_others_admit(&net->env, &net->nft, &err) < 0)
		ek_warn("cannot tell whether another firewall is in the way", "error", err.msg);
}

static void on_iptables(struct ek_nft_watch *w)
{
	admit(ek_container_of(w, struct ek_podnet, watch));
}

/* Make the host ports in the kernel what `up` asks for. */
static int settle_ports(struct ek_podnet_up *up)
{
	static const struct ek_podnet_pod nothing;
	struct podnet_pod *p = up->entry;
	struct ek_podnet_pod now = p->pub;
	int rc;

	for (size_t i = 0; i < up->n_ports; i++) {
		rc = check_port(up, &up->ports_copy[i], &up->err);
		if (rc < 0)
			return rc;
	}
	now.ports = up->ports_copy;
	now.n_ports = up->n_ports;
	rc = change(p->net, p->state == UP ? &p->pub : &nothing, &now, &up->err);
	if (rc < 0)
		return rc;
	free(p->ports);
	p->ports = ek_steal(up->ports_copy);
	p->pub = now;
	return 0;
}

/* ---- the end of an operation ---- */

static void destroy(struct ek_podnet *net);

/* The last thing that is done to net: it may be gone afterwards. */
static void unbusy(struct ek_podnet *net)
{
	net->busy--;
	if (net->closing && net->busy == 0)
		destroy(net);
}

/* ---- down ---- */

static void rise(struct ek_podnet_up *up);

static int leave_run(struct ek_work *w)
{
	struct podnet_pod *p = ek_container_of(w, struct podnet_pod, work);

	return ek_podnet_kernel_detach(&p->net->env, p->id, p->link, &p->err);
}

static void leave_done(struct ek_work *w, int rc)
{
	struct podnet_pod *p = ek_container_of(w, struct podnet_pod, work);
	struct ek_podnet *net = p->net;
	struct ek_list waiting;

	if (rc < 0) /* the address goes back all the same: the next start finds what is left */
		ek_warn("pod network is not gone", "pod", p->id, "error", p->err.msg);
	ek_list_init(&waiting);
	EK_LIST_EACH(node, tmp, &p->waiting) {
		ek_list_del(node);
		ek_list_add_tail(&waiting, node);
	}
	free_pod(p);
	EK_LIST_EACH(node, tmp, &waiting) {
		ek_list_del(node);
		rise(ek_container_of(node, struct ek_podnet_up, node));
	}
	unbusy(net);
}

static void leave(struct podnet_pod *p)
{
	static const struct ek_podnet_pod nothing;
	struct ek_err err;

	if (p->state == UP && change(p->net, &p->pub, &nothing, &err) < 0)
		ek_warn("host ports are not gone", "pod", p->id, "error", err.msg);
	p->pub.n_ports = 0;
	p->state = LEAVING;
	p->work = (struct ek_work){ .run = leave_run, .done = leave_done };
	p->net->busy++;
	ek_work_start(p->net->loop, &p->work);
}

void ek_podnet_down(struct ek_podnet *net, const char *id)
{
	struct podnet_pod *p = ek_map_get(&net->pods, id);

	if (!p)
		return;
	if (p->state == UP)
		leave(p);
	else if (p->state == RISING)
		p->unwanted = true;
}

/* ---- up ---- */

static void finish(struct ek_podnet_up *up, int rc)
{
	struct ek_podnet *net = up->net;

	free(up->ports_copy);
	up->ports_copy = NULL;
	up->done(up, rc); /* up may be gone */
	unbusy(net);
}

static void on_answer(struct ek_defer *d)
{
	struct ek_podnet_up *up = ek_container_of(d, struct ek_podnet_up, defer);

	finish(up, up->rc);
}

/* What is known at once is told at the end of the turn: never before ek_podnet_up() returned. */
static void answer(struct ek_podnet_up *up, int rc)
{
	up->rc = rc;
	ek_defer(up->net->loop, &up->defer, on_answer);
}

static int rise_run(struct ek_work *w)
{
	struct ek_podnet_up *up = ek_container_of(w, struct ek_podnet_up, work);

	return ek_podnet_kernel_attach(&up->net->env, up->entry->id, &up->entry->pub.ip, &up->err);
}

static void rise_done(struct ek_work *w, int rc)
{
	struct ek_podnet_up *up = ek_container_of(w, struct ek_podnet_up, work);
	struct podnet_pod *p = up->entry;

	if (rc < 0) {
		free_pod(p);
		finish(up, rc);
		return;
	}
	rc = p->unwanted ? ek_fail(&up->err, EK_ECANCELLED, "pod %s is to go", p->id) :
			   settle_ports(up);
	if (rc < 0) {
		leave(p);
	} else {
		p->state = UP;
		up->pod = &p->pub;
	}
	finish(up, rc);
}

static void rise(struct ek_podnet_up *up)
{
	struct ek_podnet *net = up->net;
	struct podnet_pod *p = ek_map_get(&net->pods, up->id_copy);
	struct ek_ip ip;
	int rc;

	up->entry = p;
	if (p && p->state == LEAVING) {
		ek_list_add_tail(&p->waiting, &up->node);
		return;
	}
	if (p && p->state == RISING) {
		answer(up, ek_fail(&up->err, -EALREADY, "network of %s is being made", p->id));
		return;
	}
	if (p) {
		rc = settle_ports(up);
		up->pod = rc < 0 ? NULL : &p->pub;
		answer(up, rc);
		return;
	}
	rc = take_address(net, &ip, &up->err);
	if (rc < 0) {
		answer(up, rc);
		return;
	}
	up->entry = new_pod(net, up->id_copy, &ip);
	up->work = (struct ek_work){ .run = rise_run, .done = rise_done };
	ek_work_start(net->loop, &up->work);
}

static int check_up(const struct ek_podnet_up *up, struct ek_err *err)
{
	if (!ek_podnet_id_ok(up->id))
		return ek_fail(err, EK_EINVALID, "pod id: want 1 to %d of [A-Za-z0-9._-]",
			       EK_PODNET_ID_MAX);
	if (up->n_ports > EK_PODNET_PORTS_MAX)
		return ek_fail(err, EK_EINVALID, "more than %d host ports", EK_PODNET_PORTS_MAX);
	for (size_t i = 0; i < up->n_ports; i++)
		for (size_t j = 0; j < i; j++)
			if (ports_meet(&up->ports[i], &up->ports[j]))
				return ek_fail(err, EK_EINVALID,
					       "host port %u/%s is asked for twice",
					       up->ports[i].host_port,
					       ek_net_proto_name(up->ports[i].proto));
	return 0;
}

void ek_podnet_up(struct ek_podnet *net, struct ek_podnet_up *up)
{
	int rc;

	up->net = net;
	up->pod = NULL;
	up->entry = NULL;
	up->ports_copy = NULL;
	up->defer = (struct ek_defer){ 0 };
	up->node = (struct ek_list){ 0 };
	net->busy++;
	rc = check_up(up, &up->err);
	if (rc < 0) {
		answer(up, rc);
		return;
	}
	if (up->n_ports)
		up->ports_copy = ek_memdup(up->ports, up->n_ports * sizeof(*up->ports));
	(void)snprintf(up->id_copy, sizeof(up->id_copy), "%s", up->id);
	rise(up);
}

/* ---- open: take back what is there ---- */

struct stray {
	struct ek_podnet      *net;
	struct ek_podnet_found found;
	struct ek_work         work;
	struct ek_err          err;
};

static int stray_run(struct ek_work *w)
{
	struct stray *s = ek_container_of(w, struct stray, work);

	return ek_podnet_kernel_detach(&s->net->env, s->found.id, s->found.link, &s->err);
}

static void stray_done(struct ek_work *w, int rc)
{
	struct stray *s = ek_container_of(w, struct stray, work);
	struct ek_podnet *net = s->net;

	if (rc < 0)
		ek_warn("half-made pod network stays", "link", s->found.link, "error", s->err.msg);
	free(s);
	unbusy(net);
}

static void remove_stray(struct ek_podnet *net, const struct ek_podnet_found *found)
{
	struct podnet_pod *p;
	struct stray *s;

	/* an entry, so that an up() of the same pod waits for it */
	if (*found->id && !ek_map_get(&net->pods, found->id)) {
		p = new_pod(net, found->id, &(struct ek_ip){ 0 });
		p->state = RISING;
		leave(p);
		return;
	}
	s = ek_new(struct stray);
	s->net = net;
	s->found = *found;
	s->work = (struct ek_work){ .run = stray_run, .done = stray_done };
	net->busy++;
	ek_work_start(net->loop, &s->work);
}

/* Only once everything else has succeeded: nothing may be under way when open fails. */
static void remove_strays(struct ek_podnet *net)
{
	for (size_t i = 0; i < net->n_strays; i++)
		remove_stray(net, &net->strays[i]);
	free(net->strays);
	net->strays = NULL;
}

static void take_back(struct ek_podnet *net, const struct ek_podnet_finds *finds)
{
	net->strays = ek_calloc(finds->n + 1, sizeof(*net->strays));
	for (size_t i = 0; i < finds->n; i++) {
		const struct ek_podnet_found *found = &finds->items[i];
		uint32_t at = found->ip.n ? offset_of(net, &found->ip) : 0;

		if (!found->ip.n || net->taken[at / 8] & 1u << at % 8) {
			net->strays[net->n_strays++] = *found;
			continue;
		}
		mark_address(net, at, true);
		net->next = EK_MAX(net->next, at + 1) % net->n_addrs;
		new_pod(net, found->id, &found->ip)->state = UP;
	}
	if (finds->n)
		ek_info("pod networks taken back", "pods", EK_I(finds->n - net->n_strays),
			"removed", EK_I(net->n_strays));
}

static struct podnet_pod *pod_at(const struct ek_podnet *net, const struct ek_ip *ip)
{
	EK_LIST_EACH(node, tmp, &net->by_age) {
		struct podnet_pod *p = ek_container_of(node, struct podnet_pod, by_age);

		if (p->state == UP && ek_ip_equal(&p->pub.ip, ip))
			return p;
	}
	return NULL;
}

static int take_back_port(void *arg, const struct ek_ip *ip, const struct ek_podnet_port *port)
{
	struct podnet_pod *p = pod_at(arg, ip);

	if (!p || p->pub.n_ports >= EK_PODNET_PORTS_MAX)
		return 0; /* the pod is gone: so is the port, when the table is rebuilt */
	p->ports = ek_realloc(p->ports, (p->pub.n_ports + 1) * sizeof(*p->ports));
	p->ports[p->pub.n_ports++] = *port;
	p->pub.ports = p->ports;
	return 0;
}

static int restore(struct ek_podnet *net, struct ek_err *err)
{
	EK_NL struct ek_nl nl = EK_NL_INIT;
	struct ek_podnet_finds finds = { 0 };
	int rc = ek_nl_open(&nl, NETLINK_ROUTE, err);

	if (rc == 0)
		rc = ek_podnet_kernel_prepare(&net->env, &nl, err);
	if (rc == 0)
		rc = ek_podnet_kernel_find(&net->env, &nl, &finds, err);
	if (rc == 0)
		take_back(net, &finds);
	if (rc == 0)
		rc = ek_podnet_nft_each(&net->env, &net->nft, take_back_port, net, err);
	if (rc == 0)
		rc = rebuild_table(net, err);
	if (rc == 0)
		rc = ek_nft_watch_start(net->loop, &net->watch, net->env.table, &net->nft,
					on_table_gone, err);
	free(finds.items);
	if (rc < 0)
		return rc;
	net->watch.iptables = on_iptables;
	admit(net);
	return 0;
}

int ek_podnet_open(struct ek_loop *loop, const struct ek_net_config *cfg, struct ek_podnet **ret,
		   struct ek_err *err)
{
	struct ek_podnet *net = ek_new(struct ek_podnet);
	int rc;

	net->loop = loop;
	net->nft.fd = -1;
	ek_list_init(&net->by_age);
	rc = ek_podnet_env_init(&net->env, cfg, err);
	if (rc < 0) {
		free(net);
		return rc;
	}
	init_addresses(net);
	rc = ek_nl_open(&net->nft, NETLINK_NETFILTER, err);
	if (rc == 0)
		rc = restore(net, err);
	if (rc == 0)
		remove_strays(net);
	if (rc < 0) {
		ek_podnet_close(net);
		return ek_wrap(err, rc, "pod network");
	}
	*ret = net;
	return 0;
}

void ek_podnet_close(struct ek_podnet *net)
{
	net->closing = true;
	ek_nft_watch_stop(&net->watch);
	if (net->busy == 0)
		destroy(net);
}

static void destroy(struct ek_podnet *net)
{
	EK_LIST_EACH(node, tmp, &net->by_age)
		free_pod(ek_container_of(node, struct podnet_pod, by_age));
	ek_map_done(&net->pods);
	ek_nl_close(&net->nft);
	ek_podnet_env_done(&net->env);
	free(net->strays);
	free(net->taken);
	free(net);
}

size_t ek_podnet_busy(const struct ek_podnet *net)
{
	return net->busy;
}

const struct ek_podnet_pod *ek_podnet_get(const struct ek_podnet *net, const char *id)
{
	const struct podnet_pod *p = ek_map_get(&net->pods, id);

	return p && p->state == UP ? &p->pub : NULL;
}

const struct ek_podnet_pod *ek_podnet_next(const struct ek_podnet *net,
					   const struct ek_podnet_pod *after)
{
	const struct ek_list *at = &net->by_age;

	if (after)
		at = &ek_container_of(after, const struct podnet_pod, pub)->by_age;
	for (at = at->next; at != &net->by_age; at = at->next) {
		const struct podnet_pod *p = ek_container_of(at, const struct podnet_pod, by_age);

		if (p->state == UP)
			return &p->pub;
	}
	return NULL;
}
