/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One try of what probes and lifecycle hooks are made of: exec, httpGet, tcpSocket, grpc, sleep.
 * A request: done fires once, in a later turn of the loop, unless it was cancelled.
 */

#include "container.h"

enum ek_outcome {
	EK_HANDLER_OK,
	EK_HANDLER_WARNED,  /* it worked, but there is something to say */
	EK_HANDLER_FAILED,
	EK_HANDLER_ERRORED, /* it could not be tried */
};

struct ek_handler;
/* words: what there is to say of it; may be "". */
typedef void (*ek_handler_done)(void *arg, enum ek_outcome outcome, const char *words);

/*
 * action: an element with "exec", "httpGet", ... (a Probe, a LifecycleHandler); borrowed for the call.
 * agent: "kube-probe/1.32". timeout_ms 0: none.
 */
struct ek_handler *ek_handler_start(struct ek_ctr *c, const struct ek_json *action,
				    const char *agent, int64_t timeout_ms, ek_handler_done done,
				    void *arg);
void ek_handler_cancel(struct ek_handler *h); /* done does not fire; NULL is fine */

/* A port by number, or by the name that one of the container's ports has; 0 when there is none. */
int ek_handler_port(const struct ek_json *container, const struct ek_json *port);

/* Does a Location lead to the same host? Pure. */
bool ek_handler_same_host(const char *url, const char *location);
