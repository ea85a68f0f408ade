/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The folders of a node: named from the options, made at a start, emptied by ek_node_remove_all(). */

#include "node_impl.h"

void ek_node_dirs_name(struct ek_node_dirs *d, const struct ek_node_options *o);
int  ek_node_dirs_make(const struct ek_node_dirs *d, struct ek_err *err);
void ek_node_dirs_done(struct ek_node_dirs *d);
