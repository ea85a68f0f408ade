/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Port-forward: TCP connections to 127.0.0.1 inside a pod's network namespace, many in one session. */

#include <ekube/pod_session.h>

struct ek_forward;

/* netns: the file of the pod's namespace; NULL is the host's. Pushes into session->front. */
struct ek_forward *ek_forward_new(struct ek_loop *loop, const char *netns, struct ek_session *session);
void ek_forward_connect(struct ek_forward *f, int channel, int port);
bool ek_forward_push(struct ek_forward *f, int channel, const void *data, size_t n);
void ek_forward_push_end(struct ek_forward *f, int channel);
void ek_forward_resume(struct ek_forward *f, int channel);
void ek_forward_close(struct ek_forward *f); /* no calls into the session from now on */
