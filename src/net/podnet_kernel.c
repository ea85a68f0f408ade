/* SPDX-License-Identifier: Apache-2.0 */
#include "podnet.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/log.h>
#include <ekube/vec.h>

#include "netns.h"
#include "rtnl.h"

#define POD_LINK "eth0"

/* ---- names ---- */

static uint64_t fnv1a(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 0x100000001b3u;
	return h ^ h >> 29; /* the low bits of FNV alone are poor */
}

static char *put_base32(char *out, uint64_t v, size_t digits)
{
	while (digits-- > 0) {
		*out++ = "0123456789abcdefghijklmnopqrstuv"[v & 31];
		v >>= 5;
	}
	return out;
}

/* "ek", 3 digits of the instance, 10 of the pod: 50 bits, so that no two pods of a node meet. */
void ek_podnet_link_name(const char *instance, const char *id, char out[EK_PODNET_LINK_MAX])
{
	memcpy(out, "ek", 2);
	*put_base32(put_base32(out + 2, fnv1a(instance), 3), fnv1a(id), 10) = '\0';
}

bool ek_podnet_link_is_ours(const char *instance, const char *link)
{
	char want[EK_PODNET_LINK_MAX];

	ek_podnet_link_name(instance, "", want);
	return strlen(link) == 15 && memcmp(link, want, 5) == 0;
}

bool ek_podnet_id_ok(const char *id)
{
	size_t n =
		id ? strspn(id,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") :
		     0;

	return n > 0 && n <= EK_PODNET_ID_MAX && !id[n] && id[0] != '.';
}

/* ---- what never changes ---- */

int ek_podnet_env_init(struct ek_podnet_env *env, const struct ek_net_config *cfg,
		       struct ek_err *err)
{
	int rc = ek_net_config_check(cfg, err);

	if (rc < 0)
		return rc;
	if (cfg->pod_cidr.bits < EK_PODNET_CIDR_BITS_MIN || cfg->pod_cidr.bits > 29)
		return ek_fail(err, EK_EINVALID, "pod CIDR: want a block of /16 to /29, got /%u",
			       cfg->pod_cidr.bits);
	*env = (struct ek_podnet_env){
		.cfg = *cfg,
		.name = ek_str_dup(cfg->name),
		.bridge = ek_str_dup(cfg->bridge),
		.netns_dir = ek_path_join(cfg->run_dir, "netns"),
		.table = ek_str_fmt("%s_pods", cfg->name),
	};
	(void)ek_cidr_nth(&cfg->pod_cidr, 1, &env->gateway);
	if (cfg->cluster_cidr.ip.n == 0)
		env->cfg.cluster_cidr = cfg->pod_cidr;
	env->cfg.name = env->name;
	env->cfg.bridge = env->bridge;
	env->cfg.run_dir = env->cfg.node_name = NULL;
	return 0;
}

void ek_podnet_env_done(struct ek_podnet_env *env)
{
	free(env->name);
	free(env->bridge);
	free(env->netns_dir);
	free(env->table);
	*env = (struct ek_podnet_env){ 0 };
}

/* ---- bridge ---- */

static void bridge_mac(const char *instance, uint8_t mac[6])
{
	uint64_t h = fnv1a(instance);

	mac[0] = 0x02; /* locally administered */
	for (int i = 1; i < 6; i++)
		mac[i] = (uint8_t)(h >> 8 * i);
}

static int ensure_bridge(struct ek_podnet_env *env, struct ek_nl *nl, struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	struct ek_rtnl_link link;
	uint8_t mac[6];
	int rc = ek_rtnl_link_get(nl, env->bridge, &link, err);

	if (rc == EK_ENOTFOUND) {
		bridge_mac(env->name, mac);
		ek_rtnl_put_bridge(&b, env->bridge, mac, env->mtu);
		rc = ek_nl_talk(nl, &b, NULL, NULL, NULL, err);
		if (rc < 0)
			return ek_wrap(err, rc, "create bridge %s", env->bridge);
		rc = ek_rtnl_link_get(nl, env->bridge, &link, err);
	}
	if (rc < 0)
		return rc;
	if (!ek_streq(link.kind, "bridge"))
		return ek_fail(err, EK_EINVALID,
			       "network interface %s is there already and is no bridge; "
			       "choose another name for the bridge or remove it",
			       env->bridge);
	env->bridge_index = link.index;
	return 0;
}

struct addr_sweep {
	const struct ek_podnet_env *env;
	struct ek_buf *b;
};

/* Addresses of an earlier configuration would attract traffic that is somebody else's now. */
static int sweep_addr(void *arg, const struct ek_rtnl_addr *addr)
{
	struct addr_sweep *s = arg;
	const struct ek_net_config *cfg = &s->env->cfg;

	if (addr->index != s->env->bridge_index)
		return 0;
	if (ek_ip_equal(&addr->ip, &s->env->gateway) && addr->bits == cfg->pod_cidr.bits)
		return 0;
	for (size_t i = 0; i < cfg->n_local; i++)
		if (ek_ip_equal(&addr->ip, &cfg->local[i]) && addr->bits == 32)
			return 0;
	ek_rtnl_put_addr_del(s->b, addr->index, &addr->ip, addr->bits);
	return 0;
}

static int configure_bridge(struct ek_podnet_env *env, struct ek_nl *nl, struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	struct addr_sweep sweep = { .env = env, .b = &b };
	const struct ek_net_config *cfg = &env->cfg;
	int rc = ek_rtnl_addr_each(nl, AF_INET, sweep_addr, &sweep, err);

	if (rc < 0)
		return rc;
	ek_rtnl_put_mtu(&b, env->bridge_index, env->mtu);
	ek_rtnl_put_up(&b, env->bridge_index);
	ek_rtnl_put_addr(&b, env->bridge_index, &env->gateway, cfg->pod_cidr.bits);
	for (size_t i = 0; i < cfg->n_local; i++)
		ek_rtnl_put_addr(&b, env->bridge_index, &cfg->local[i], 32);
	/*
	 * so that a node without a default route has somewhere to send what nf_tables will rewrite
	 */
	if (cfg->service_cidr.ip.n)
		ek_rtnl_put_route(&b, env->bridge_index, &cfg->service_cidr, NULL);
	rc = ek_nl_talk(nl, &b, NULL, NULL, NULL, err);
	return rc < 0 ? ek_wrap(err, rc, "configure bridge %s", env->bridge) : 0;
}

/*
 * route_localnet: NodePorts and host ports answer on 127.0.0.1 too; the input chain keeps pods
 * away from what else listens there. send_redirects: packets between pods leave by the interface
 * they came in by, and each redirect would use up the sender's allowance of ICMP errors, so that
 * "connection refused" never arrived. It counts when "all" or the interface has it; the other
 * interfaces have it of their own, so nothing changes for them.
 */
static int set_sysctls(const struct ek_podnet_env *env, struct ek_err *err)
{
	const struct {
		const char *key, *value;
	} rows[] = {
		{ "net/ipv4/ip_forward", "1" },
		{ EK_F("net/ipv4/conf/%s/route_localnet", env->bridge), "1" },
		{ "net/ipv4/conf/all/send_redirects", "0" },
		{ EK_F("net/ipv4/conf/%s/send_redirects", env->bridge), "0" },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
		int rc = ek_sysctl_set(rows[i].key, rows[i].value, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

int ek_podnet_kernel_prepare(struct ek_podnet_env *env, struct ek_nl *nl, struct ek_err *err)
{
	int rc = ek_dir_make(AT_FDCWD, env->netns_dir, 0755, err);

	if (rc < 0)
		return rc;
	env->mtu = env->cfg.mtu ? env->cfg.mtu : ek_rtnl_default_mtu(nl);
	if (env->mtu == 0)
		env->mtu = 1500;
	rc = ensure_bridge(env, nl, err);
	if (rc == 0)
		rc = configure_bridge(env, nl, err);
	return rc < 0 ? rc : set_sysctls(env, err);
}

/* ---- one pod ---- */

struct attach {
	const struct ek_podnet_env *env;
	const struct ek_ip *ip;
	const char *path, *link;
	struct ek_nl *node; /* a socket of the node's namespace */
	struct ek_err *err;
};

/* An address that comes back on another interface comes back with the same hardware address. */
static void pod_mac(const struct ek_ip *ip, uint8_t mac[6])
{
	mac[0] = 0x0a;
	mac[1] = 0x58;
	memcpy(mac + 2, ip->b + ip->n - 4, 4);
}

static int make_pair(struct attach *a)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	EK_CLOSE int ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	uint8_t mac[6];
	int rc;

	if (ns < 0)
		return ek_fail_errno(a->err, "open /proc/thread-self/ns/net");
	pod_mac(a->ip, mac);
	ek_rtnl_put_veth(&b, a->link, POD_LINK, mac, ns, a->env->mtu);
	ek_rtnl_put_port(&b, a->link, a->env->bridge_index);
	ek_rtnl_put_hairpin(&b, a->link);
	rc = ek_nl_talk(a->node, &b, NULL, NULL, NULL, a->err);
	return rc < 0 ? ek_wrap(a->err, rc, "attach %s to %s", a->link, a->env->bridge) : 0;
}

/* Runs inside the new namespace, with a socket from outside at hand. */
static int furnish(void *arg)
{
	struct attach *a = arg;
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	EK_NL struct ek_nl inside = EK_NL_INIT;
	struct ek_cidr gateway = { .ip = a->env->gateway, .bits = 32 };
	struct ek_cidr everywhere = { .ip = { .n = a->env->gateway.n } };
	struct ek_rtnl_link eth0 = { 0 };
	int rc = make_pair(a);

	if (rc == 0)
		rc = ek_nl_open(&inside, NETLINK_ROUTE, a->err);
	if (rc == 0)
		rc = ek_rtnl_link_get(&inside, POD_LINK, &eth0, a->err);
	if (rc < 0)
		return rc;
	ek_rtnl_put_up(&b, eth0.index);
	ek_rtnl_put_addr(&b, eth0.index, a->ip, 32);
	ek_rtnl_put_route(&b, eth0.index, &gateway, NULL);
	ek_rtnl_put_route(&b, eth0.index, &everywhere, &a->env->gateway);
	rc = ek_nl_talk(&inside, &b, NULL, NULL, NULL, a->err);
	if (rc < 0)
		return ek_wrap(a->err, rc, "set the pod's address and routes");
	/* in this order: a port makes its bridge carry; before that packets would be lost */
	ek_rtnl_link_settle(a->node, a->link);
	ek_rtnl_link_settle(a->node, a->env->bridge);
	ek_rtnl_link_settle(&inside, POD_LINK);
	return 0;
}

static void format_alias(const struct ek_podnet_env *env, const char *id, const struct ek_ip *ip,
			 char *out, size_t size)
{
	char text[46];

	ek_ip_format(ip, text);
	(void)snprintf(out, size, "ekube %s %s %s", env->name, id, text);
}

int ek_podnet_kernel_attach(const struct ek_podnet_env *env, const char *id, const struct ek_ip *ip,
			    struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	EK_FREE char *path = ek_path_join(env->netns_dir, id);
	EK_NL struct ek_nl node = EK_NL_INIT;
	char link[EK_PODNET_LINK_MAX], alias[256];
	struct attach a = {
		.env = env, .ip = ip, .path = path, .link = link, .node = &node, .err = err
	};
	int rc = ek_nl_open(&node, NETLINK_ROUTE, err);

	if (rc < 0)
		return rc;
	ek_podnet_link_name(env->name, id, link);
	format_alias(env, id, ip, alias, sizeof(alias));
	rc = ek_netns_create(path, furnish, &a, err);
	ek_rtnl_put_alias(&b, link, alias); /* last: from here on the pod counts */
	if (rc == 0)
		rc = ek_nl_talk(&node, &b, NULL, NULL, NULL, err);
	if (rc < 0) {
		(void)ek_netns_delete(path, NULL);
		(void)ek_rtnl_link_del(&node, link, NULL);
		return ek_wrap(err, rc, "network of %s", id);
	}
	return 0;
}

int ek_podnet_kernel_detach(const struct ek_podnet_env *env, const char *id, const char *link,
			    struct ek_err *err)
{
	EK_FREE char *path = ek_path_join(env->netns_dir, id);
	EK_NL struct ek_nl node = EK_NL_INIT;
	int rc = ek_nl_open(&node, NETLINK_ROUTE, err);

	if (rc == 0 && *id)
		rc = ek_netns_delete(path, err);
	/*
	 * the kernel would do it, but only when the last process there is gone, and at its leisure
	 */
	return rc < 0 ? rc : ek_rtnl_link_del(&node, link, err);
}

/* ---- what an earlier process left ---- */

struct find {
	const struct ek_podnet_env *env;
	struct ek_podnet_finds *ret;
	struct ek_buf *b; /* repairs */
	struct ek_map seen;
};

/* "ekube <instance> <id> <address>" of this instance, and the link is the one that id has. */
static bool read_alias(const struct ek_podnet_env *env, const struct ek_rtnl_link *link,
		       struct ek_podnet_found *ret)
{
	char copy[sizeof(link->alias)], name[EK_PODNET_LINK_MAX], *parts[5];

	memcpy(copy, link->alias, sizeof(copy));
	if (ek_str_split(copy, ' ', parts, 5) != 4 || !ek_streq(parts[0], "ekube") ||
	    !ek_streq(parts[1], env->name) || !ek_podnet_id_ok(parts[2]) ||
	    ek_ip_parse(parts[3], &ret->ip) < 0)
		return false;
	ek_podnet_link_name(env->name, parts[2], name);
	(void)snprintf(ret->id, sizeof(ret->id), "%s", parts[2]);
	return ek_streq(name, link->name) && ek_cidr_has(&env->cfg.pod_cidr, &ret->ip);
}

static int find_link(void *arg, const struct ek_rtnl_link *link)
{
	struct find *f = arg;
	struct ek_podnet_found found = { 0 };
	EK_FREE char *path = NULL;
	EK_CLOSE int ns = -1;

	if (!ek_streq(link->kind, "veth") || !ek_podnet_link_is_ours(f->env->name, link->name))
		return 0;
	if (!read_alias(f->env, link, &found)) {
		found = (struct ek_podnet_found){ 0 };
		memcpy(found.link, link->name, sizeof(found.link));
		ek_vec_push(f->ret, found);
		return 0;
	}
	memcpy(found.link, link->name, sizeof(found.link));
	path = ek_path_join(f->env->netns_dir, found.id);
	ns = ek_netns_open(path, NULL);
	if (ns < 0)
		found.ip.n = 0; /* being removed when the lights went out */
	else if (link->master != f->env->bridge_index || !(link->flags & IFF_UP)) {
		ek_rtnl_put_port(f->b, link->name, f->env->bridge_index);
		ek_rtnl_put_hairpin(f->b, link->name);
	}
	(void)ek_map_put(&f->seen, found.id, f);
	ek_vec_push(f->ret, found);
	return 0;
}

/* Pins that no interface goes with. */
static int find_pins(struct find *f, struct ek_err *err)
{
	DIR *dir = opendir(f->env->netns_dir);

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return ek_fail_errno(err, "open %s", f->env->netns_dir);
	for (struct dirent *e; (e = readdir(dir));) {
		struct ek_podnet_found found = { 0 };

		if (!ek_podnet_id_ok(e->d_name) || ek_map_get(&f->seen, e->d_name))
			continue;
		memcpy(found.id, e->d_name, strlen(e->d_name) + 1);
		ek_podnet_link_name(f->env->name, found.id, found.link);
		ek_vec_push(f->ret, found);
	}
	closedir(dir);
	return 0;
}

int ek_podnet_kernel_find(const struct ek_podnet_env *env, struct ek_nl *nl,
			  struct ek_podnet_finds *ret, struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	struct find f = { .env = env, .ret = ret, .b = &b };
	int rc = ek_rtnl_link_each(nl, find_link, &f, err);

	if (rc == 0)
		rc = find_pins(&f, err);
	if (rc == 0 && b.len > 0)
		rc = ek_nl_talk(nl, &b, NULL, NULL, NULL, err);
	ek_map_done(&f.seen);
	return rc;
}
