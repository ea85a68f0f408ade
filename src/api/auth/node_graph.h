/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a node has to do with: the pods that are bound to it, and what those refer to. Pods are kept by
 * node, each with the names in its spec, by a watch on the store; claims and volumes are read when
 * somebody asks. k8s.io/kubernetes/plugin/pkg/auth/authorizer/node/graph.go has the relationships:
 *
 *	node ◄─ pod ◄─ Secret, ConfigMap, ServiceAccount, PersistentVolumeClaim ◄─ PersistentVolume ◄─ Secret
 *
 * Current before a writer hears of his write, like a cache. At a start nothing is parsed: a pod that was
 * stored already is read when its node asks for something.
 */

#include "core.h"

struct ek_node_graph *ek_node_graph_new(struct ek_registry *r);
void                  ek_node_graph_free(struct ek_node_graph *g);
int                   ek_node_graph_load(struct ek_node_graph *g, struct ek_err *err);

/* Is this object (of a kind drawn above) the node's to know? ns NULL for what has none. */
bool ek_node_graph_has(struct ek_node_graph *g, const char *node, const struct ek_kind *kind, const char *ns,
		       const char *name);
