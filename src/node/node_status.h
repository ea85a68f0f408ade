/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The Node object: registered at start, its status written when something changed and every five
 * minutes, its Lease renewed every ten seconds. Nothing here knows of pods.
 *
 *   GET ─► (missing: CREATE) ─► PATCH status ─► Lease ─► every 10 s: Lease; on change or 5 min: status
 *             failures: again after a second, doubling to 30 s
 */

#include <ekube/client.h>

struct ek_node_status_options {
	struct ek_loop    *loop;
	struct ek_client  *client;
	const char        *name, *ip, *pod_cidr; /* pod_cidr may be NULL */
	const char *const *labels, *const *taints;
	size_t             n_labels, n_taints;
	const char        *version;         /* kubeletVersion */
	const char        *runtime_version; /* "runc://1.1.5" */
	const char        *data_dir;        /* its file system is the node's ephemeral storage */
	int                max_pods, api_port;
};

struct ek_node_status;

/* The Node as it is registered when there is none yet: a new value. */
struct ek_json *ek_node_initial(const struct ek_node_status_options *o);

/* Options are borrowed until stop. */
struct ek_node_status *ek_node_status_start(const struct ek_node_status_options *o);
void                   ek_node_status_stop(struct ek_node_status *s);

/* The Ready condition; at first True, "KubeletReady". message may be NULL for True. */
void ek_node_status_set_ready(struct ek_node_status *s, bool ready, const char *message);
/* status.images: an array of {names, sizeBytes}; the reference is taken. */
void ek_node_status_set_images(struct ek_node_status *s, struct ek_json *take_images);

/* cpu, memory, ephemeral-storage, pods of this machine as a ResourceList: a new value. */
struct ek_json *ek_node_capacity(const char *data_dir, int max_pods);
