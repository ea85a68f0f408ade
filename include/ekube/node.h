/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The node: runs the pods that are bound to it, and tells the API how they and the machine are. What
 * a kubelet and a container runtime do elsewhere; containers are run by runc or crun.
 *
 * Crash-only: containers hang on shims of their own, what the node knows of them is on disk before it
 * acts. A start takes back what runs, finishes or undoes what was half made, and stops what was deleted
 * meanwhile. A stop touches no container.
 *
 * Several nodes live on one machine when name, directories and cgroup differ.
 */

#include <ekube/images.h>
#include <ekube/informer.h>
#include <ekube/net_pod.h>
#include <ekube/pod_session.h>

struct ek_node;

/* Texts are copied; objects are borrowed until the node has stopped. */
struct ek_node_options {
	struct ek_loop      *loop;
	struct ek_client    *client;       /* acts as system:node:<name> */
	struct ek_informers *informers;    /* shared caches: this node's pods, Services */
	struct ek_images    *images;
	struct ek_podnet    *net;          /* NULL: only pods with hostNetwork can run */

	const char *name;                  /* of the Node object: a DNS subdomain */
	const char *ip;                    /* InternalIP */
	const char *pod_cidr;              /* NULL: not said in the Node object */
	const char *const *labels;         /* "key=value" */
	size_t             n_labels;
	const char *const *taints;         /* "key=value:Effect", "key:Effect"; given at registration only */
	size_t             n_taints;

	const char *data_dir;              /* absolute, on a disk: pods' volumes, containers */
	const char *run_dir;               /* absolute, a tmpfs: secrets, what a reboot may forget */
	const char *log_dir;               /* absolute; NULL: <data_dir>/logs. As /var/log/pods */
	const char *cgroup;                /* of the instance, one name: "ekube". All pods are below it */
	const char *runtime;               /* "runc" (NULL), "crun", or a path */
	const char *cluster_dns;           /* address; NULL: pods use the machine's resolv.conf */
	const char *cluster_domain;        /* NULL: "cluster.local" */
	const char *version;               /* "v1.32.0+ekube": Node.status.nodeInfo.kubeletVersion */
	int         max_pods;              /* 0: 110 */
	int         api_port;              /* of the node's own API, for the Node object; 0: 10250 */
	bool        no_cgroup_limits;      /* tests: place containers, limit nothing */
};

/* What is wrong with the machine or the options is said in one sentence. Nothing is started yet. */
int ek_node_new(const struct ek_node_options *options, struct ek_node **ret, struct ek_err *err);

/* Take back what runs, register, follow the API. */
void ek_node_start(struct ek_node *node);

/*
 * Let go of everything without touching a container. `stopped` fires once, when nothing is in flight
 * any more; then the node may be freed, and after it client, informers, images, net.
 */
void ek_node_stop(struct ek_node *node, void (*stopped)(void *arg), void *arg);
void ek_node_free(struct ek_node *node);

/* Logs, exec, attach, port-forward. The node's own, until it is freed. */
struct ek_node_access *ek_node_access(struct ek_node *node);

/*
 * Remove every trace of an instance's pods from the machine: containers, mounts, cgroups. The server must
 * not run. Volumes' data and logs stay. Blocks. For `ekube killall`; of the options the directories, cgroup and
 * runtime are looked at.
 */
int ek_node_remove_all(const struct ek_node_options *options, struct ek_err *err);
