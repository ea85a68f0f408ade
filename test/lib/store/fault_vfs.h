/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A disk that fails: a layer over SQLite's own file system that counts what would change a file
 * (writes, syncs, truncations, new files, removals) and fails the nth, once or from there on for ever.
 */

#include <ekube/base.h>

struct fault_plan {
	int64_t at;      /* 1: the next one; 0: never */
	bool    forever;
	int     code;    /* SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC, ... */
	int     error;   /* errno that goes with it */
	bool    torn;    /* half of a failing write reaches the file all the same */
};

/* All databases opened from here on in this process. */
void fault_vfs_install(void);
void fault_vfs_plan(const struct fault_plan *plan); /* NULL: all is well */
int64_t fault_vfs_operations(void);                 /* counted since the last plan */
bool    fault_vfs_fired(void);                      /* since the last plan */
int64_t fault_vfs_bytes(void);                      /* written since the last plan */
int64_t fault_vfs_syncs(void);                      /* that succeeded since the last plan */
