/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The memory of JSON values: freed blocks wait for the next tree. */

#include <ekube/base.h>

void  nodes_start(void); /* on the main thread, before any other call */
void *nodes_alloc(size_t n);
void *nodes_resize(void *p, size_t before, size_t n);
void  nodes_free(void *p, size_t n); /* n as it was asked for */
