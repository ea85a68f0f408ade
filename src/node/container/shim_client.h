/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ekube's side of the shim: start a container's shim, find those that a former ekube started,
 * learn of the end, talk to the container. shim/shim.h says what the shim does and what is on
 * disk; disk and kernel are the only truth: nothing here survives ekube, nothing has to.
 *
 *	NONE ──launch──► STARTING ──► RUNNING ──► EXITED
 *	                     └── error ────────────►┘      LOST: somebody killed the shim
 *
 * At rest a container costs ekube one pidfd in the loop, and no time at all.
 */

#include <ekube/proc.h>

#include "shim/shim.h"

enum ek_shim_state {
	EK_SHIM_NONE,     /* the folder holds no container, and never will: make it anew */
	EK_SHIM_STARTING,
	EK_SHIM_RUNNING,
	EK_SHIM_EXITED,
	EK_SHIM_LOST,     /* the container may still run, unheld: kill it, delete it */
};

struct ek_shim_status {
	enum ek_shim_state state;
	int     pid;            /* the container's first process; 0 before it was started */
	int64_t started_us;     /* wall clock */
	int64_t finished_us;
	int64_t started_ms;     /* CLOCK_BOOTTIME: for durations */
	int64_t finished_ms;
	int     code, signum;   /* EXITED: code is 128 + signum when a signal ended it */
	bool    oom;            /* the kernel killed something in the container's cgroup for memory */
	int64_t log_lost;       /* bytes that the log had no room for */
	const char *error;      /* EXITED: not "" when it never ran; the runtime's words; until ek_shim_stop() */
};

enum ek_shim_stdin { EK_SHIM_STDIN_NONE, EK_SHIM_STDIN_KEEP, EK_SHIM_STDIN_ONCE };

/* All borrowed during the call. */
struct ek_shim_spec {
	const char        *program;       /* what ek_shim_install() wrote */
	const char        *dir;           /* absolute, exists, empty, mode 0700: the container's own */
	const char        *log_path;      /* absolute, its folder exists */
	int64_t            log_max_bytes; /* 0: 10 MiB, as kubelet's containerLogMaxSize; < 0: never rotated */
	int                log_max_files; /* 0: 5, as containerLogMaxFiles; at least 2 */
	enum ek_shim_stdin in;
	bool               tty;
	const char        *oom_file;      /* see -o in shim.h; may be NULL */
	const char *const *runtime;       /* argv, see shim.h; NULL-terminated */
};

struct ek_shim {
	/* The state changed: look at `status`. May stop and free the struct. */
	void (*on_change)(struct ek_shim *s);
	struct ek_shim_status status;
	/* private */
	struct ek_loop        *loop;
	char                  *dir;
	struct ek_shim_launch *launch;
	struct ek_poll         poll;
	int                    pidfd;
	struct ek_attach      *waiter;
	int64_t                init_start;
	char                  *words; /* status.error; NULL when it is "" */
};

/* Write the shim that ekube carries to <dir>/ekube-shim, unless it is there. Running ones keep theirs. */
int ek_shim_install(const char *dir, char **ret_program, struct ek_err *err);

/* Start a container. status.state is STARTING on success, and on_change tells how it went. */
int ek_shim_launch(struct ek_loop *loop, struct ek_shim *s, const struct ek_shim_spec *spec,
		   struct ek_err *err);

/*
 * Take over what is in `dir`. On success status is complete; on_change fires for what happens
 * later. For NONE, LOST and EXITED nothing will.
 */
int ek_shim_adopt(struct ek_loop *loop, struct ek_shim *s, const char *dir, struct ek_err *err);

/* To the container's first process, surely to no other. -ESRCH when it is gone. */
int ek_shim_signal(const struct ek_shim *s, int signum);

/* The first process is still runc's own, about to become the program: it dies of signals in its own way. */
bool ek_shim_is_entering(const struct ek_shim *s);

/* Look away. The container goes on. Harmless when zeroed or stopped. */
void ek_shim_stop(struct ek_shim *s);

/* ---- attach ---- */

struct ek_attach {
	/* channel: 1 or 2. The bytes are valid during the call. May close (and free) the struct. */
	void (*on_output)(struct ek_attach *a, int channel, const char *data, size_t n);
	void (*on_started)(struct ek_attach *a);      /* the container runs; may be NULL */
	void (*on_drained)(struct ek_attach *a);      /* what was written has left; may be NULL */
	void (*on_end)(struct ek_attach *a, int rc);  /* once, last: 0 when the container ended */
	/* private */
	struct ek_stream stream;
	uint8_t  head[EK_SHIM_HEADER];
	size_t   head_n, left;
	int      dir_fd; /* while connecting */
	bool     paused, connected;
	bool    *gone;
};

/* want: EK_SHIM_WANT_*. Connects to the shim of the container in `dir`. */
int    ek_attach_open(struct ek_loop *loop, struct ek_attach *a, const char *dir, int want,
		      struct ek_err *err);
int    ek_attach_write(struct ek_attach *a, const void *data, size_t n); /* stdin; copies */
size_t ek_attach_pending(const struct ek_attach *a);
void   ek_attach_end_stdin(struct ek_attach *a);
void   ek_attach_resize(struct ek_attach *a, int cols, int rows);
/* What was read already still comes. A client paused for EK_SHIM_STALL_MS with output waiting is dropped. */
void   ek_attach_pause(struct ek_attach *a);
void   ek_attach_resume(struct ek_attach *a);
void   ek_attach_close(struct ek_attach *a); /* no callback after */
