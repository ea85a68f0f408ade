/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The blocking part of making a container: users, mounts, files, configuration. All inputs are its own; it runs in
 * the pool and knows nothing of pods' life.
 */

#include "node_impl.h"

/* A volumeMount on its way to become a bind mount. */
struct ek_prepare_mount {
	char               *volume;  /* path of the volume, or of the file to bind */
	char               *sub;     /* below it; NULL: all of it */
	char               *bind_at; /* where a sub-path is bound */
	char               *target;
	bool                read_only, recursive_read_only, may_be_missing;
	enum ek_propagation propagation;
};

struct ek_prepare {
	/* in: owned */
	struct ek_json *pod, *container;
	struct ek_map   env;
	struct ek_image_config image;
	EK_VEC(struct ek_prepare_mount) mounts;
	char *dir, *shim_dir;        /* of the container; dir exists, its root is mounted */
	char *hostname, *cgroup;
	char *netns, *ipcns, *utsns, *pidns, *shm;
	char *log_path, *term_path;  /* their folders are made */
	struct ek_spec_machine machine;
	struct ek_json *devices;
	char *seccomp_dir;           /* of Localhost profiles */
	bool  no_limits;
	/* out */
	const char *reason;          /* "CreateContainerConfigError", "CreateContainerError" */
	struct ek_err err;
};

int  ek_prepare_run(struct ek_prepare *p);
void ek_prepare_done(struct ek_prepare *p);

/*
 * The mounts of a container: volumeMounts in volumes that are ready, /etc/hosts and others. On the loop.
 * Fills pod, container, env before. EK_EINVALID with words for CreateContainerConfigError.
 */
int ek_prepare_mounts(struct ek_prepare *p, const struct ek_pod *pod, const char *container, struct ek_err *err);

/* The node's devices as OCI lists them, for privileged containers. */
struct ek_json *ek_prepare_devices(void);
