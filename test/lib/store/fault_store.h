/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A store, of either back end, whose commits fail when a test says so. */

#include <ekube/store.h>

/* The next `n` commits fail with rc (and leave the state of before); n < 0: all. 0: they work again. */
void fault_store_commits(struct ek_store *s, int n, int rc);
