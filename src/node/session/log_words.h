/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The end of a container's log, for one that left no last words: 80 lines, 2 KiB. Malloc'd; NULL: there is none. */
char *ek_log_last_words(const char *path);
