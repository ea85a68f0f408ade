/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What logs, exec, attach and port-forward have in common: the pod, its node, the container, and the
 * checks that come before anything is opened. Messages are kube-apiserver's.
 */

#include <ekube/pod_session.h>

#include "http/handlers.h"

struct pod_access {
	struct ek_object       *pod;
	char                   *container;
	struct ek_node_access  *node;
	struct ek_session_spec  spec;
	/* exec: its own copies, because the request goes when the connection is upgraded */
	const char            **command;
	struct ek_json         *words;
};

/*
 * Authorizes, finds pod and node, reads the query's options for `kind` and checks them. False: the
 * request was answered.
 */
bool pod_access_open(struct request *rq, enum ek_session_kind kind, struct pod_access *ret);
void pod_access_done(struct pod_access *a);

/* One file each. */
void handle_pod_log(struct request *rq);
void handle_pod_log_ws(struct request *rq);
void handle_pod_session(struct request *rq, enum ek_session_kind kind);
