/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The node from the inside: who owns what. All of it is the loop thread's; what the pool works on is
 * copied or counted.
 *
 *   ek_node ──► ek_pod (by uid) ──► ek_slot (a container of the spec) ──► ek_ctr (an attempt)
 *                  │                    └─ ek_starting (the attempt being made)
 *                  ├─ sandbox: network, namespaces, cgroup, files
 *                  ├─ volumes, and the objects it refers to
 *                  └─ the status on its way to the API
 *
 * Anything that happens ends in ek_pod_kick(): once a turn of the loop, what is seen goes through
 * ek_pod_plan() and what it wants is begun (pod_worker.c, pod_act.c).
 */

#include <ekube/node.h>

#include "sandbox/cgroups.h"
#include "node_status.h"
#include "pod/pod_plan.h"
#include "spec/runtime_spec.h"
#include "session/session.h"
#include "container/shim_client.h"
#include "volume/volumes.h"
#include "container/warm.h"

struct ek_ctr;
struct ek_image_gc;
struct ek_net_asked;
struct ek_pod;
struct ek_probes;
struct ek_sessions;
struct ek_slot;
struct ek_starting;
struct ek_status_write;

/* Where things are. Every pod and container has one folder in each. */
struct ek_node_dirs {
	char *pods;       /* <data>/pods/<uid>: manifest, volumes, hosts, ... */
	char *containers; /* <data>/containers/<id>: record, bundle, root, shim's folder */
	char *logs;       /* <logs>/<ns>_<name>_<uid>/<container>/<attempt>.log */
	char *memory;     /* a tmpfs of its own: <run>/volumes/<uid> */
	char *ns;         /* <run>/ns/<uid>/{ipc,uts} */
	char *shm;        /* <run>/shm/<uid>: a tmpfs each */
	char *runtime;    /* <run>/runtime: runc's root */
};

struct ek_node {
	struct ek_loop      *loop;
	struct ek_client    *client;
	struct ek_informers *informers;
	struct ek_images    *images;
	struct ek_podnet    *net;
	struct ek_recorder  *recorder;
	struct ek_sources   *sources;
	struct ek_cgroups   *cgroups;
	struct ek_node_status *status;   /* the Node object */
	struct ek_node_status_options status_options;
	struct ek_sessions  *sessions;
	struct ek_session_host session_host;
	struct ek_node_access access;

	char *name, *ip, *pod_cidr, *dns, *domain, *version;
	char **labels, **taints;         /* NULL-terminated */
	int   max_pods, api_port;
	bool  no_limits;
	char *data_dir, *run_dir;
	struct ek_node_dirs dirs;

	char *runtime;                   /* its path; NULL: not found */
	char *runtime_name;              /* "runc" */
	char *runtime_wanted;            /* as asked for */
	const char *runtime_argv[6];     /* runtime, "--root", dirs.runtime, and what keeps its log out of stderr */
	char  runtime_version[64];        /* "runc://1.1.5" */
	struct ek_proc version_proc;
	char *shim;
	struct ek_spec_machine machine;
	struct ek_json *allocatable;
	struct ek_json *devices;         /* for privileged containers; read when first needed */

	struct ek_informer *pod_informer, *service_informer, *node_informer; /* the last: of this Node alone */
	struct ek_informer_handler on_pod, on_service;
	struct ek_map   pods;            /* uid -> struct ek_pod */
	int64_t         burstable_milli; /* what the cgroup was told */
	struct ek_image_gc *image_gc;
	struct ek_warm      warm;

	bool            started, stopping;
	size_t          busy;            /* works in the pool and calls that outlive their owner */
	struct ek_timer stop_timer;
	void          (*stopped)(void *arg);
	void           *stopped_arg;
};

/* ---- a pod ---- */

#define EK_POD_MANIFEST "pod.json" /* in the pod's folder: the object, for the next start */

struct ek_sandbox {
	enum ek_sandbox_state state;
	bool                  net_up, files_made, failed, reused;
	bool                  in_parts;  /* a former start left an unknown part of it */
	struct ek_net_asked  *up;        /* NULL: it is not being asked for */
	bool                  working;   /* making, then removing, in the pool */
	struct ek_timer       retry;
	int64_t               pause_ms;
	char                  ip[46];    /* "" until it has one */
};

struct ek_pod {
	struct ek_node   *node;
	char             *uid, *ns, *name;
	char             *dir, *memory_dir, *log_dir;
	char             *cgroup;        /* "/ekube/kubepods/.../pod<uid>" */
	struct ek_object *object;        /* the newest that the API said, or the one on disk */
	bool              in_api;        /* the API has it */
	bool              plugged;       /* from a former start, and not yet looked at (coldplug.h) */
	bool              settled;       /* there was nothing to do for it when it was first seen: it had ended */
	bool              ending, ended;
	bool              rejected;      /* it was never let in (admit.h) */
	char             *fail_reason, *fail_message;
	int64_t           grace_s;       /* of the end; -1: as the object says */
	int64_t           first_seen_us;
	struct ek_sandbox sandbox;
	struct ek_volumes *volumes;
	bool              volumes_leaving; /* something of them is still in the pool */
	EK_VEC(struct ek_slot *) slots;
	struct ek_defer   kick;
	struct ek_timer   again, deadline;
	size_t            cleanups;      /* of its containers, in the pool */
	struct ek_list    discarded;     /* containers, until they are gone */

	/* status: one write at a time (status_writer.c) */
	struct ek_json   *status;        /* the newest made; NULL: none yet */
	struct ek_json   *status_api;    /* what the API has, as far as known */
	struct ek_status_write *write;   /* of the status, or its DELETE; NULL: nothing is under way */
	int64_t           status_rev;    /* of status_api */
	struct ek_timer   status_timer;
	int64_t           status_pause_ms;
	bool              status_patient;  /* the timer runs because a container is starting */
	bool              delete_sent;
	bool              leaving;       /* on its way out of node->pods */
	bool              forgetting;    /* the last of its files are being removed */
};

/* ---- a container of the spec ---- */

struct ek_slot {
	struct ek_pod      *pod;
	char               *name;
	enum ek_ctr_role    role;
	struct ek_ctr      *cur, *before;   /* the newest attempt that reached the runtime; the one before */
	struct ek_starting *starting;
	struct ek_backoff   backoff;
	int                 restarts;       /* of the next attempt when cur is NULL */
	bool                must_restart;
	int64_t             retry_ms;       /* a start failed: not again before (monotonic) */
	char               *wait_reason, *wait_message;
	/* pulling */
	struct ek_backoff   pull_backoff;
	char               *pull_error;     /* of the last pull; NULL: it went well */
	struct ek_probes   *probes;         /* of the running container; NULL: it has none */
};

const struct ek_json *ek_slot_spec(const struct ek_slot *s); /* borrowed from the pod's object; NULL: gone */

/* ---- ids ---- */
void ek_random_id(char out[65]);

/* ---- the node (node.c, node_access.c) ---- */
void ek_node_access_init(struct ek_node *n);
void ek_node_hold(struct ek_node *n);    /* something is in flight that a stop waits for */
void ek_node_release(struct ek_node *n);
/* EK_EUNAVAILABLE with one sentence when there is no runtime; looks again each time. */
int  ek_node_need_runtime(struct ek_node *n, struct ek_err *err);
void ek_node_count_burstable(struct ek_node *n);

/* ---- pods (pods.c) ---- */
struct ek_pod *ek_pods_find(struct ek_node *n, const char *ns, const char *name, const char *uid);
struct ek_pod *ek_pod_new(struct ek_node *n, struct ek_object *object);
void ek_pod_free(struct ek_pod *p);
void ek_pod_forget(struct ek_pod *p);     /* it is over and gone from the API: remove every trace; freed in time */
void ek_pod_set_object(struct ek_pod *p, struct ek_object *object);
void ek_pods_follow(struct ek_node *n);   /* informers, from here on */
void ek_pods_unfollow(struct ek_node *n);
const struct ek_json *ek_pod_json(const struct ek_pod *p); /* borrowed for this turn of the loop */
struct ek_slot *ek_pod_slot(const struct ek_pod *p, const char *container);
void ek_pod_remember(struct ek_pod *p);   /* the manifest, to disk */

/* An event about the pod, or about one of its containers. */
void ek_pod_event(const struct ek_pod *p, const char *container, const char *type, const char *reason,
		  const char *fmt, ...) EK_PRINTF(5, 6);

/* ---- the worker (pod_worker.c, pod_act.c) ---- */
void ek_pod_kick(struct ek_pod *p);
void ek_pod_end(struct ek_pod *p, const char *reason, const char *message,
		int64_t grace_s); /* reason NULL: no failure */
void ek_pod_view(struct ek_pod *p, struct ek_pod_view *ret, struct ek_ctr_run *runs); /* runs: two a slot */
void ek_pod_act(struct ek_pod *p, struct ek_plan *plan); /* may bring plan->again_ms forward */
/* What starting containers may be waiting for has changed. */
void ek_pod_poke(struct ek_pod *p);

/* ---- the sandbox (sandbox.c) ---- */
void ek_sandbox_setup(struct ek_pod *p);
void ek_sandbox_teardown(struct ek_pod *p);
void ek_sandbox_stop(struct ek_pod *p);   /* the node stops: no more retries */
const char *ek_sandbox_netns(const struct ek_pod *p); /* NULL: the node's */

/* ---- the status (status_writer.c) ---- */
void ek_status_update(struct ek_pod *p, const struct ek_pod_view *view);
void ek_status_stop(struct ek_pod *p);
const struct ek_json *ek_status_last(const struct ek_pod *p); /* the newest made, else the API's; borrowed */
