/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The scheduler: gives every pod that names this scheduler a node, or says why none fits. It works from
 * informers' caches and writes bindings, conditions and events through the client; at rest it does
 * nothing.
 */

#include <ekube/informer.h>

struct ek_scheduler;

/* Both are borrowed until ek_scheduler_stop(). The client acts as system:kube-scheduler. */
struct ek_scheduler *ek_scheduler_start(struct ek_client *client, struct ek_informers *informers);
/* Pods that are being bound stay as the API decides. */
void ek_scheduler_stop(struct ek_scheduler *s);
