/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One process more in a running container: exec, exec probes, lifecycle hooks, cp.
 *
 * `runc exec --detach` is run by the shim program in its exec role: 20 KB that wait for the exit
 * status, where a runc that waits holds 10 MB. Output does not pass through it: pipes and terminal
 * lead straight to here.
 *
 * Nothing survives ekube: its pipes break, and what was run sees that.
 */

#include <ekube/proc.h>

struct ek_exec_spec {
	const char        *program; /* the shim */
	const char *const *runtime; /* runc and its global options: { "runc", "--root", R, NULL } */
	const char        *id;      /* the container's, as the runtime knows it */
	const char        *dir;     /* the container's folder, for files of the moment */
	const char        *process; /* JSON: the OCI "process" object; its "terminal" must say what tty does */
	bool               tty;
	bool               in;      /* else stdin is /dev/null */
	int                cols, rows; /* tty; 0: unknown */
	int64_t            timeout_ms; /* 0: none; then it is killed, and rc is EK_ETIMEOUT */
};

struct ek_exec {
	void (*on_started)(struct ek_exec *x); /* may be NULL */
	/* channel: 1 or 2 (never on a terminal). The bytes are valid during the call. */
	void (*on_output)(struct ek_exec *x, int channel, const char *data, size_t n);
	void (*on_drained)(struct ek_exec *x); /* what was written to stdin has left; may be NULL */
	/*
	 * Once, last; the struct may be freed in it. rc 0: it ran, code is its exit status (128 + signal).
	 * rc < 0: it could not be started (err has the runtime's words) or took too long.
	 */
	void (*on_end)(struct ek_exec *x, int rc, int code, const struct ek_err *err);
	/* private */
	struct exec *impl;
};

/* On failure on_end does not fire. No callback comes before the return. */
int ek_exec_start(struct ek_loop *loop, struct ek_exec *x, const struct ek_exec_spec *spec,
		  struct ek_err *err);

/* stdin, from on_started on; copies */
int    ek_exec_write(struct ek_exec *x, const void *data, size_t n);
size_t ek_exec_pending(const struct ek_exec *x);
void   ek_exec_end_stdin(struct ek_exec *x);
void   ek_exec_resize(struct ek_exec *x, int cols, int rows);

/* Back-pressure: what was read already still comes, then nothing until resume. */
void ek_exec_pause(struct ek_exec *x);
void ek_exec_resume(struct ek_exec *x);

void ek_exec_kill(struct ek_exec *x); /* SIGKILL; on_end still comes */

/*
 * Let go: no callback after, the struct is free at once. On a terminal the process gets SIGHUP, as from
 * any terminal that goes; without one its pipes break.
 */
void ek_exec_close(struct ek_exec *x);
