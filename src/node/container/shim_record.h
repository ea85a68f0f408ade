/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Reading the files that a shim leaves in a container's folder. */

#include "shim_client.h"

struct ek_shim_record {
	int     shim_pid;
	int64_t shim_start;
	bool    this_boot;
	bool    has_shim, has_started, has_exit;
	int64_t init_start;
	struct ek_shim_status status; /* but for its state and the error */
	char    error[EK_SHIM_ERROR_MAX];
};

/* -errno only when the folder cannot be read; files that are not there are just not there. */
int ek_shim_record_read(const char *dir, struct ek_shim_record *ret, struct ek_err *err);

/* Make the folder nobody's, for ever. -EEXIST when a shim was quicker. */
int ek_shim_record_disown(const char *dir, struct ek_err *err);

/* A pidfd of the process that had this number and began at `start`; -ESRCH when it is gone. */
int ek_pidfd_open(int pid, int64_t start);
