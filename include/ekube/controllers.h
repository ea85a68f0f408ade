/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The controllers: each brings what is closer to what is wanted. They work from informers' caches, write
 * through clients under their own identities, and do nothing at rest.
 */

#include <ekube/informer.h>

struct ek_controllers;

struct ek_controllers_config {
	/* Borrowed until stop. Shared with who else uses them; their client may list everything. */
	struct ek_informers *informers;
	/* PEM of the cluster's CA for kube-root-ca.crt; borrowed until stop. NULL: not published. */
	const char *root_ca;
	/* How long a node may be silent before it counts as unreachable; 0: 40 s as upstream. */
	int64_t node_grace_ms;
};

/*
 * client_for answers with the client of a user like "system:serviceaccount:kube-system:namespace-controller"
 * in the groups of every service account there (system:serviceaccounts, system:authenticated,
 * system:serviceaccounts:kube-system). It is asked once a controller; a user may be asked for twice.
 * The clients stay the caller's and must live until stop.
 */
struct ek_controllers *ek_controllers_start(struct ek_loop *loop,
					    struct ek_client *(*client_for)(void *arg,
									    const char *user),
					    void *arg, const struct ek_controllers_config *config);
void ek_controllers_stop(struct ek_controllers *c); /* writes in flight may still happen */
