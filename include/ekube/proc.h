/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Child processes: never through a shell, never with inherited descriptors or signal masks.
 * argv[0] is looked up in PATH when it has no slash.
 */

#include <ekube/stream.h>

struct ek_proc;

enum ek_proc_fd {
	EK_PROC_NULL,    /* /dev/null */
	EK_PROC_CAPTURE, /* stdout, stderr: collect into out/err, at most max_output bytes, the rest is dropped */
	EK_PROC_FD,      /* the given descriptor (borrowed) */
};

struct ek_proc_spec {
	const char *const *argv;        /* NULL-terminated */
	const char *const *env;         /* NULL: ekube's own */
	const char        *cwd;         /* NULL: ekube's own */
	enum ek_proc_fd    stdio[3];
	int                fd[3];
	const int         *extra_fds;   /* become 3, 4, ... in the child */
	size_t             n_extra_fds;
	size_t             max_output;  /* each of stdout and stderr; default 64 KiB */
	int64_t            timeout_ms;  /* 0: none; then SIGKILL and rc EK_ETIMEOUT */
	bool               new_session; /* of its own: then kill and timeout reach its whole group */
	bool               outlives;    /* may go on when the loop is freed, which then calls cb */
};

/*
 * Called once, after the child was reaped and its output read (what a grandchild that keeps the
 * pipe writes later than 100 ms after the exit is lost). rc: 0 when it exited with status 0,
 * EK_EINTERNAL when not, EK_ETIMEOUT, EK_ECANCELLED when the loop went first (outlives; no status).
 * status: exit code, or 128 + signal. out and err are NUL-terminated.
 */
typedef void (*ek_proc_cb)(struct ek_proc *p, int rc);

struct ek_proc {
	ek_proc_cb    cb;
	int           pid;
	int           status;
	struct ek_buf out, err;
	/* private */
	void *impl;
};

/* -errno when it cannot be started (-ENOENT: no such program): then cb is not called. */
int  ek_proc_start(struct ek_loop *loop, struct ek_proc *p, const struct ek_proc_spec *spec,
		   ek_proc_cb cb, struct ek_err *err);
void ek_proc_kill(struct ek_proc *p, int signum); /* the callback still fires */
void ek_proc_done(struct ek_proc *p);             /* free what was captured; only after cb */
