/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The node's part of a server, put together: the image store with its registries and its air-gap folder,
 * the socket by which `ekube image` asks, and the node itself.
 */

#include <ekube/node.h>

struct agent;
struct server_config;

/*
 * client acts as system:node:<name>; net is NULL when the network is left out. All are borrowed until
 * stopped. What is wrong is said in one sentence, and nothing runs then.
 */
int agent_start(struct ek_loop *loop, const struct server_config *c, struct ek_client *client,
		struct ek_informers *informers, struct ek_podnet *net, struct agent **ret, struct ek_err *err);
/* No container is touched. `stopped` fires once, when a is gone. */
void agent_stop(struct agent *a, void (*stopped)(void *arg), void *arg);

/* Logs, exec, attach, port-forward of the pods here. */
struct ek_node_access *agent_access(struct agent *a);

/* What the configuration says of the node, for `ekube killall` too; it borrows from c. */
void agent_node_options(const struct server_config *c, struct ek_node_options *ret);
