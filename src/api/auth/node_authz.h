/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The authorizer that is asked before RBAC when the user is a node: a node may do what the role
 * system:node says, but of what belongs to pods only what belongs to its own (node_graph.h). What it
 * writes is held to its own by admission (NodeRestriction).
 */

#include "authz.h"

struct ek_node_authz;

struct ek_node_authz *ek_node_authz_new(struct ek_registry *r);
void                  ek_node_authz_free(struct ek_node_authz *z);
int                   ek_node_authz_load(struct ek_node_authz *z, struct ek_err *err);

/* The node that the user is; NULL: he is none, or may do anything. "" when he does not say which. */
const char *ek_user_node(const struct ek_user *user);

/* False leaves the decision to others; then reason says why, "" when there is nothing to say. */
bool ek_node_authorize(struct ek_node_authz *z, const struct ek_authz_attrs *a, char *ret_reason, size_t n);
