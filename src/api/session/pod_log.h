/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a log has in common, whether it flows as a response (handler_log.c) or in a WebSocket (handler_log_ws.c). */

#include "pod_access.h"

struct pod_log {
	struct ek_session session;
	struct request   *rq;
	struct pod_access access;
	bool              closed; /* the node's half */
};

/*
 * Checks the request and has the node open the log; l is zeroed and its session's front set. False: the
 * request was answered. rq->state becomes l.
 */
bool pod_log_open(struct pod_log *l, struct request *rq, void (*leave)(struct request *rq));
/* The node said so before anything was sent: the answer. */
void pod_log_fail(struct pod_log *l, int rc, const char *message);
void pod_log_resume(struct pod_log *l);
void pod_log_close(struct pod_log *l); /* the node's half, unless it is */
/* Of ek_session_front: a log has one channel, and nothing to send to the node. */
void pod_log_ignore(struct ek_session *s, int channel);
