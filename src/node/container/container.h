/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One attempt at a container, from the moment its folder and record are on the disk.
 *
 *   <containers>/<id>/record.json   what it is; written first, before anything else is done
 *                     process.json  OCI's process, for exec
 *                     config.json, rootfs, upper, work      the bundle
 *                     shim/         the shim's (shim/shim.h)
 *
 *   starting ──► RUNNING ──► (stopping: preStop, turn, TERM, KILL) ──► EXITED ──► cleaned ──► removed
 */

#include "node_impl.h"

struct ek_cleaning;
struct ek_handler;

struct ek_ctr {
	struct ek_pod  *pod;
	struct ek_slot *slot;
	char            id[65];
	char           *dir, *shim_dir;
	char           *cgroup;
	char           *image, *image_id;    /* as statuses call them */
	char           *image_key;           /* the ID in the store: it must not be collected */
	char           *image_spec;          /* as the pod asked for it */
	char           *log_path;
	char           *term_path;           /* where its last words are */
	char            stop_signal[24];     /* the image's; "" is TERM */
	int             attempt;
	bool            tty, has_stdin;

	struct ek_shim  shim;
	struct ek_starting *starting;        /* it waits for the launch */
	bool            hook_running, hook_failed;
	struct ek_handler *hook;             /* postStart, then preStop */

	bool            ended;               /* reason, message are final */
	const char     *reason;
	char           *message;
	int64_t         ended_ms;            /* ek_clock_mono_ms() when it was seen to end */
	bool            cleaned;             /* nothing is left but the folder */
	struct ek_cleaning *cleaning;        /* under way */
	bool            discard;             /* remove folder and logs as well, then free */
	struct ek_list  leaving;             /* in pod->discarded, once it is discarded */

	/* stopping */
	bool            stopping, holding, signalled, killed;
	int64_t         grace_ms, stop_began_ms;
	struct ek_timer stop_timer;
	bool            restart_after;
};

/* The record's fields; for starting and coldplug. */
struct ek_ctr_record {
	char *uid, *ns, *pod, *container, *image, *image_id, *image_key, *image_spec, *cgroup, *log_path, *term_path;
	char  stop_signal[24];
	int   attempt;
	bool  tty, has_stdin;
	struct ek_backoff backoff; /* updated_ms: wall clock here */
};
int  ek_ctr_record_write(const char *dir, const struct ek_ctr_record *r, struct ek_err *err);
int  ek_ctr_record_read(const char *dir, struct ek_ctr_record *ret, struct ek_err *err);
void ek_ctr_record_done(struct ek_ctr_record *r);

/* Takes the record's texts. Nothing happens yet; the shim is launched or adopted by the caller. */
struct ek_ctr *ek_ctr_new(struct ek_slot *slot, const char *id, struct ek_ctr_record *take_record);
/* Let go without touching the container. */
void ek_ctr_free(struct ek_ctr *c);
/* The node stops: look away. */
void ek_ctr_let_go(struct ek_ctr *c);
/* Its state changed: of the shim's on_change, and after adopting. */
void ek_ctr_look(struct ek_ctr *c);

bool ek_ctr_is_running(const struct ek_ctr *c);
void ek_ctr_fill_run(const struct ek_ctr *c, struct ek_ctr_run *ret);

/* Take folder, logs and memory of it away, once it has ended and is cleaned. It is freed in time. */
void ek_ctr_discard(struct ek_ctr *c);

/* Half-made: kill what may be there, unmount, remove. For the pool. */
int ek_ctr_remove_folder(const struct ek_node *n, const char *id, const char *cgroup, struct ek_err *err);

/* ---- stopping (container_stop.c) ---- */
void ek_ctr_stop(struct ek_ctr *c, const struct ek_plan_action *a);
void ek_ctr_turn(struct ek_ctr *c);     /* it may be signalled now */
void ek_ctr_hurry(struct ek_ctr *c);    /* the pod's grace became shorter */
void ek_ctr_stop_done(struct ek_ctr *c); /* it ended: timers and hooks too */

/* ---- starting (container_start.c) ---- */
void ek_slot_start(struct ek_slot *s);
void ek_starting_cancel(struct ek_starting *st);
void ek_starting_poke(struct ek_starting *st);
void ek_starting_launched(struct ek_starting *st); /* the shim says that it runs, or that it does not */
/* A start failed, or has to wait: what users see. retry_ms: not again before. */
void ek_slot_wait(struct ek_slot *s, const char *reason, const char *message, int64_t retry_in_ms);
void ek_slot_unwait(struct ek_slot *s);

/* ---- an exec in it ---- */
/* process.json with this command; malloc'd JSON text. */
int ek_ctr_exec_process(const struct ek_ctr *c, const char *const *command, bool tty, char **ret, struct ek_err *err);
