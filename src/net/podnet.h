/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Between the parts of pod networking: the loop's (podnet.c), the kernel's and nf_tables'. */

#include <ekube/net_pod.h>

#include "netlink.h"

enum { EK_PODNET_LINK_MAX = 16, EK_PODNET_CIDR_BITS_MIN = 16 };

/* What never changes after open; safe to read in the pool. Owns its strings. */
struct ek_podnet_env {
	struct ek_net_config cfg;
	char  *name, *bridge, *netns_dir, *table;
	int    bridge_index, mtu;
	struct ek_ip gateway;
};
int  ek_podnet_env_init(struct ek_podnet_env *env, const struct ek_net_config *cfg, struct ek_err *err);
void ek_podnet_env_done(struct ek_podnet_env *env);

/* The interface of a pod on the node's side, from the instance's and the pod's names alone. */
void ek_podnet_link_name(const char *instance, const char *id, char out[EK_PODNET_LINK_MAX]);
bool ek_podnet_link_is_ours(const char *instance, const char *link);
bool ek_podnet_id_ok(const char *id);

/* ---- podnet_kernel.c: blocking ---- */
/* Bridge with its addresses and routes, forwarding, sysctls; sets bridge_index and mtu. */
int ek_podnet_kernel_prepare(struct ek_podnet_env *env, struct ek_nl *nl, struct ek_err *err);
/* What the pool does for one pod: all or nothing. */
int ek_podnet_kernel_attach(const struct ek_podnet_env *env, const char *id, const struct ek_ip *ip,
			    struct ek_err *err);
/* id "": only the link. */
int ek_podnet_kernel_detach(const struct ek_podnet_env *env, const char *id, const char *link,
			    struct ek_err *err);

/* What was found in the kernel: a complete pod, or something to be detached (ip.n is 0 then). */
struct ek_podnet_found {
	char         id[EK_PODNET_ID_MAX + 1]; /* "" for a half-made link */
	char         link[EK_PODNET_LINK_MAX];
	struct ek_ip ip;
};
struct ek_podnet_finds {
	struct ek_podnet_found *items;
	size_t n, cap;
};
/* Also puts complete pods' interfaces back on the bridge, should it have been replaced. */
int  ek_podnet_kernel_find(const struct ek_podnet_env *env, struct ek_nl *nl,
			   struct ek_podnet_finds *ret, struct ek_err *err);

/* ---- podnet_nft.c ---- */
/* The whole table, in one transaction: rules, and the addresses and host ports of these pods. */
int ek_podnet_nft_replace(const struct ek_podnet_env *env, struct ek_nl *nft,
			  const struct ek_podnet_pod *const *pods, size_t n, struct ek_err *err);
/*
 * What is there for a pod becomes what shall be; an ip of n 0 stands for nothing. EK_ENOTFOUND
 * when somebody emptied the table behind our back.
 */
int ek_podnet_nft_change(const struct ek_podnet_env *env, struct ek_nl *nft,
			 const struct ek_podnet_pod *was, const struct ek_podnet_pod *now,
			 struct ek_err *err);
/* Every host port in the table; none when there is no table. */
int ek_podnet_nft_each(const struct ek_podnet_env *env, struct ek_nl *nft,
		       int (*fn)(void *arg, const struct ek_ip *pod, const struct ek_podnet_port *port),
		       void *arg, struct ek_err *err);

/* ---- podnet_others.c ---- */
/* Let the bridge through where other software drops what is forwarded; once is enough. */
int ek_podnet_others_admit(const struct ek_podnet_env *env, struct ek_nl *nft, struct ek_err *err);
int ek_podnet_others_withdraw(const struct ek_podnet_env *env, struct ek_nl *nft, struct ek_err *err);
