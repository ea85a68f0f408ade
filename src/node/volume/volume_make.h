/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Part of volumes.c: one volume made on the disk, with everything that is needed for it in hand. For the pool. */

#include "atomic_writer.h"

enum ek_volume_type {
	EK_VOLUME_EMPTY,   /* a directory */
	EK_VOLUME_MEMORY,  /* a tmpfs */
	EK_VOLUME_FILES,   /* a payload */
	EK_VOLUME_HOST,    /* something of the node: checked, made when asked for */
	EK_VOLUME_LOCAL,   /* a directory of the node that the pod's group gets */
};

struct ek_volume_job {
	const char         *name;      /* of the volume; borrowed */
	enum ek_volume_type type;
	char               *path;
	struct ek_payload   payload;   /* FILES */
	int64_t             size;      /* MEMORY: bytes, 0: half of the machine's */
	const char         *host_type; /* HOST: hostPath.type; borrowed */
	int64_t             group;     /* -1: none */
	bool                root_only; /* LOCAL: look at the directory itself only (OnRootMismatch) */
};

int  ek_volume_make(const struct ek_volume_job *job, struct ek_err *err);
void ek_volume_job_done(struct ek_volume_job *job);
