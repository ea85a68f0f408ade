/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A start: take back what runs, finish or undo what was half made. */

#include "node_impl.h"

/*
 * Fill node->pods from disk and kernel, and remove what belongs to no pod. Blocks: for the start. Nothing is done with
 * the pods yet, because the API may want something else of them by now.
 */
void ek_coldplug(struct ek_node *n);

/* The API has spoken of this pod, or will not: go on where the former ekube was. Harmless for others. */
void ek_coldplug_resume(struct ek_pod *p);
