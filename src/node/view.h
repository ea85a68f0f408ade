/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A pod as it is at one moment: what the API wants of it and what the machine shows. Input of the pure
 * parts (pod_plan.h: what to do; pod_status.h: what to tell), which thereby need neither loop nor disk.
 */

#include <ekube/json.h>

enum ek_ctr_role {
	EK_CTR_INIT,      /* runs to its end before the next one begins */
	EK_CTR_SIDECAR,   /* an init container that stays: restartPolicy Always */
	EK_CTR_MAIN,
	EK_CTR_EPHEMERAL, /* never restarted, counts for nothing */
};

enum ek_ctr_state {
	EK_CTR_NONE,     /* no attempt was made yet */
	EK_CTR_STARTING, /* image, files, runtime: not running yet */
	EK_CTR_RUNNING,
	EK_CTR_STOPPING,
	EK_CTR_EXITED,
};

/* One attempt, running or ended. */
struct ek_ctr_run {
	const char *id;         /* 64 hexadecimal digits */
	const char *image_id;
	const char *image;      /* as statuses call it */
	int         restarts;   /* attempts before it */
	int64_t     started_us; /* wall clock; 0: it never ran */
	bool        ended;
	int64_t     finished_us, finished_ms; /* wall clock; monotonic */
	int         code, signum;
	const char *reason;     /* "Completed", "Error", "OOMKilled", "StartError", ... */
	const char *message;    /* the termination message; may be NULL */
};

struct ek_ctr_view {
	const struct ek_json    *spec;    /* the Container */
	const char              *name;
	enum ek_ctr_role         role;
	enum ek_ctr_state        state;
	const struct ek_ctr_run *run;     /* the newest attempt that got as far as the runtime; NULL: none */
	const struct ek_ctr_run *before;  /* the one before it; NULL: none, or forgotten */
	int                      restarts; /* when run is NULL */
	const char *wait_reason, *wait_message; /* why the last start failed; NULL: it did not */
	int64_t     not_before_ms;        /* back-off: no start earlier */
	/* of a running one */
	bool        started;              /* the startup probe succeeded, or there is none; postStart is done */
	bool        ready;
	bool        hook_running;         /* its postStart: it does not count as running yet */
	bool        liveness_failed, startup_failed, hook_failed;
	bool        changed;              /* the API wants another image */
	bool        must_restart;         /* it was stopped in order to start again */
	bool        holding;              /* stopping, and waits for its turn to be signalled */
};

enum ek_sandbox_state { EK_SANDBOX_NONE, EK_SANDBOX_STARTING, EK_SANDBOX_READY, EK_SANDBOX_STOPPING };

struct ek_pod_view {
	const struct ek_json *pod;        /* the whole object */
	const struct ek_json *old_status; /* the last one written, or the API's */
	const char           *policy;     /* restartPolicy */
	enum ek_sandbox_state sandbox;
	bool                  ending;     /* deleted, finished, evicted: everything stops, nothing starts */
	bool                  ended;      /* and everything has stopped, for ever */
	bool                  rejected;   /* it never came to have containers: nothing is told of them */
	const char           *fail_reason, *fail_message; /* the pod failed for this reason; NULL: it did not */
	const char           *ip;         /* NULL: none yet */
	const char           *host_ip;
	const char           *runtime;    /* "runc": containerID begins with runc:// */
	int64_t               now_ms, now_us;
	int64_t               start_us;   /* when the node first saw it */
	struct ek_ctr_view   *ctrs;       /* init containers first, in the order of the spec */
	size_t                n_ctrs;
};

static inline bool ek_ctr_is_alive(const struct ek_ctr_view *c)
{
	return c->state == EK_CTR_STARTING || c->state == EK_CTR_RUNNING || c->state == EK_CTR_STOPPING;
}

static inline bool ek_ctr_is_init(const struct ek_ctr_view *c)
{
	return c->role == EK_CTR_INIT || c->role == EK_CTR_SIDECAR;
}

/* Will it be started again, or for the first time, unless the pod ends? */
bool ek_ctr_wants_start(const struct ek_pod_view *p, const struct ek_ctr_view *c);
