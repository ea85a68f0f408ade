/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Images of this node: the list of them in the Node object, and their removal when the disk is nearly full: from 85
 * % on,
 * down to 80 %, the longest here first, never one that a pod uses (kubelet's defaults).
 */

#include "node_impl.h"

void ek_image_gc_start(struct ek_node *n);
void ek_image_gc_stop(struct ek_node *n); /* harmless when not started */
/* The Node object is there, or anew: tell it. */
void ek_image_gc_tell(struct ek_node *n);

/* How many bytes must go from a file system of this size with so much available; 0: enough is free. Pure. */
int64_t ek_image_gc_excess(int64_t size, int64_t available);
