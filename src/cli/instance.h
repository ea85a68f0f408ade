/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One server on a machine, told from others by its data directory. Everything that the kernel knows by
 * name (bridge, nftables table, cgroup, runtime directory) is derived from it, so several servers live
 * side by side and `ekube killall` of one leaves the others alone.
 */

#include <ekube/err.h>

/* Below the data directory. agent/images is the air-gap folder, where K3s has it too. */
#define INSTANCE_AGENT       "agent"
#define INSTANCE_AIR_GAP     "agent/images"
#define INSTANCE_IMAGE_STORE "agent/image-store"
#define INSTANCE_IMPORTED    "agent/imported.json"

struct instance {
	char *data_dir;   /* absolute; "/var/lib/ekube" */
	char *run_dir;    /* "/run/ekube", "/run/ekube-1a2b3c4d" */
	char *bridge;     /* "ekube0",     "ek-1a2b3c4d" */
	char *table;      /* "ekube",      "ekube-1a2b3c4d" */
	char *cgroup;     /* "ekube",      "ekube-1a2b3c4d" */
};

/* The directory need not exist. EK_EINVALID when the path is not absolute or too long. */
int  instance_of(const char *data_dir, struct instance *ret, struct ek_err *err);
void instance_done(struct instance *i);

/*
 * Make the data directory (mode 700), check the version of what is in it, and hold it: one program at a time
 * works on it, until *ret_lock is closed or the process ends, however it does. What another version of the layout
 * wrote is refused with a sentence, never touched.
 */
int instance_prepare(const struct instance *i, int *ret_lock, struct ek_err *err);

/* The same without making anything: EK_ECONFLICT names the process that works on it, -ENOENT: there is none. */
int instance_lock(const struct instance *i, int *ret_lock, struct ek_err *err);
