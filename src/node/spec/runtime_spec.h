/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The OCI configuration of a container (config.json), out of the pod, the image and what the node has
 * made ready. A pure function: paths are only written down.
 */

#include <ekube/json.h>
#include <ekube/vec.h>

#include "image/manifest.h"
#include "user.h"

enum ek_propagation { EK_PROP_NONE, EK_PROP_HOST_TO_CONTAINER, EK_PROP_BIDIRECTIONAL };

/* A bind mount: volumes, /etc/hosts, ... */
struct ek_spec_mount {
	char               *source, *target; /* malloc'd */
	bool                read_only;
	bool                recursive_read_only;
	enum ek_propagation propagation;
};

/* What the machine offers for limits. */
struct ek_spec_machine {
	bool    unified;       /* cgroup v2 alone */
	bool    swap_limit;    /* swap can be limited */
	int64_t memory;        /* bytes, for the OOM score */
};

/* All borrowed. Paths are absolute; NULL namespaces are those of the node. */
struct ek_spec_input {
	const struct ek_json         *pod, *container;
	const struct ek_image_config *image;
	const struct ek_map          *env;       /* of the pod: name -> value */
	const struct ek_user         *user;
	const char                   *root;      /* of the file system */
	const char                   *hostname;
	const char                   *cgroup;    /* "/ekube/kubepods/..." */
	const char                   *netns, *ipcns, *utsns; /* to join */
	const char                   *pidns;     /* to join; NULL: one of its own, unless hostPID */
	const char                   *shm;       /* the pod's /dev/shm; NULL: the node's */
	const struct ek_spec_mount   *mounts;
	size_t                        n_mounts;
	const struct ek_json         *devices;   /* of the node, for privileged containers: OCI's list */
	const struct ek_json         *localhost_profile; /* seccomp, when the pod names one */
	struct ek_spec_machine        machine;
	bool                          no_limits;
};

/* EK_EINVALID with what users see in CreateContainerError. */
int ek_runtime_spec(const struct ek_spec_input *in, struct ek_json **ret, struct ek_err *err);

/* The "process" of a command more in the container with this config. */
struct ek_json *ek_runtime_spec_exec(const struct ek_json *config, const char *const *command, bool tty);

bool ek_spec_is_privileged(const struct ek_json *container);
/* Which profile is to be used: "RuntimeDefault", "Unconfined", "Localhost" with *ret_file. */
const char *ek_spec_seccomp_type(const struct ek_json *pod, const struct ek_json *container, const char **ret_file);
int ek_spec_oom_score(const struct ek_json *pod, const struct ek_json *container, int64_t memory);

/* ---- cgroup v1 units, as kubelet converts them ---- */
enum { EK_CPU_PERIOD = 100000 };
int64_t ek_cpu_shares(int64_t milli);
int64_t ek_cpu_quota(int64_t milli);     /* 0: none */
int64_t ek_cpu_weight(int64_t shares);   /* of cgroup v2 */

/* Part of it (spec_mounts.c): OCI's list of mounts, in the order in which they are to be made. */
struct ek_json *ek_spec_mounts(const struct ek_spec_input *in);
/* Part of it (spec_resources.c) */
struct ek_json *ek_spec_resources(const struct ek_spec_input *in, bool privileged);

void ek_spec_mount_done(struct ek_spec_mount *m);
