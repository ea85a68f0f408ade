/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The network of this server, put together: pods' network, Services in the kernel, the cluster's names,
 * all fed from the informers.
 */

#include <ekube/informer.h>
#include <ekube/net_pod.h>

struct network;
struct server_config;

int  network_start(struct ek_loop *loop, const struct server_config *c, struct ek_informers *informers,
		   struct network **ret, struct ek_err *err);
/* Everything in the kernel stays and goes on working. */
void network_stop(struct network *n);
/* For the node; lives until network_stop(). */
struct ek_podnet *network_podnet(struct network *n);

/* Remove every trace of the instance's network from the kernel. */
int network_remove(const struct server_config *c, struct ek_err *err);

/* The pods' part alone, for a look whether the kernel can do it. */
int network_try(struct ek_loop *loop, const struct server_config *c, struct ek_podnet **ret, struct ek_err *err);
