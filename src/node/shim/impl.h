/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The shim's own header. No allocation, no stdio: everything is in one static struct, and pages
 * of it that are never touched cost nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "shim.h"

/* ---- text.c: just enough of printf ---- */
struct text {
	char *to;
	size_t n, max;
};
void text_str(struct text *t, const char *s);
void text_int(struct text *t, int64_t v);
void text_pad(struct text *t, int64_t v, int digits);
void text_line(struct text *t, const char *key, int64_t v); /* "key v\n" */
int64_t text_to_int(const char *s); /* leading digits; -1 when there are none */
int64_t now_mono_ms(void);
int64_t now_wall_ns(void);

/* ---- log.c: the container's log in the CRI format ---- */
struct log {
	int         fd, dir;   /* the file and its folder */
	const char *base;      /* its name there */
	int64_t     size, max_size;
	int64_t     retry_at;  /* a rotation that failed is tried again at this size */
	int         max_files;
	int64_t     last_rotation; /* seconds; names must differ and sort */
	int64_t     lost, lost_total; /* bytes that found no room */
	bool        torn;      /* the file ends inside a line */
};
int  log_open(struct log *l, const char *path, int64_t max_size, int max_files);
/*
 * Write the complete lines of buf[0, n), and the rest too when it is a whole buffer or `at_end`.
 * Returns how many bytes were dealt with; what follows them is an unfinished line.
 */
size_t log_lines(struct log *l, const char *stream, const char *buf, size_t n, bool at_end);

/* ---- record.c: the files of shim.h ---- */
struct times {
	int64_t wall_ns, mono_ms;
};
struct times times_now(void);
int  record_claim(void); /* 0, or -EEXIST when the folder has an owner */
int  record_started(pid_t pid, const struct times *at, struct text *ret_text);
pid_t record_read_pid(const char *path); /* 0 when there is none */
/* At the start: so that a disk full at the end has room for the exit record. */
void record_reserve_exit(void);
struct ending {
	int          code, signum;
	bool         oom;
	struct times started, finished;
	int64_t      log_lost;
	const char  *error; /* NULL: it ran */
};
void record_exit(const struct ending *e);
bool record_oom(const char *path);

/* ---- runtime.c ---- */
extern volatile int child_ended; /* set by SIGCHLD */
extern volatile int asked_to_end; /* set by SIGTERM, only in exec */
void  signals_init(bool heed_term);
pid_t runtime_fork(char *const *argv, const int stdio[3]);
int   console_listen(char *path, size_t size); /* fills in the path to give to the runtime */
int   console_receive(int listener); /* the terminal's master, or -1 */
int   exec_main(const char *pid_file, char **argv);

/* ---- pause.c ---- */
int pause_main(char **argv);

/* ---- attach.c ---- */
struct client {
	int      fd;
	uint8_t  want;       /* EK_SHIM_WANT_* */
	bool     greeted, told; /* HELLO came; IS_STARTED was sent */
	uint8_t  head[EK_SHIM_HEADER];
	uint8_t  head_n;     /* bytes of the frame header that came */
	uint16_t left;       /* bytes of its payload still to come */
	uint32_t sent;       /* of the chunk in delivery, its header included */
	int64_t  stalled_at; /* mono ms; 0: not */
};

/* One output of the container. buf holds an unfinished line, then what was just read. */
struct output {
	int         fd; /* -1: at its end */
	const char *name;
	uint8_t     frame, want;
	bool        big; /* the last read filled what it was given: read more next time */
	size_t      have, fresh, dealt;
	char       *buf; /* EK_SHIM_LINE_MAX */
};

struct shim {
	/* options */
	const char *log_path, *oom_path;
	int64_t     log_max;
	int         log_files;
	bool        tty, use_stdin, stdin_once;
	char      **runtime;
	char        console_path[64];

	int         report;   /* to the process that ekube started; -1 once told */
	int         listener, console;
	int         in;       /* the container's stdin or terminal; -1: closed */
	bool        in_blocked;
	pid_t       runtime_pid, init_pid;
	int64_t     runtime_since;
	bool        started, over, touched;
	int         drain_reads;
	struct ending ending;
	struct log  log;
	struct output *in_delivery; /* its fresh bytes are on their way to the clients */
	struct client clients[EK_SHIM_CLIENTS_MAX];
	struct output out, err;
};

int  attach_listen(void); /* -errno; -EADDRINUSE when the folder is another's */
void attach_accept(struct shim *s);
void attach_input(struct shim *s, struct client *c);
void attach_drop(struct shim *s, struct client *c);
void attach_tell_started(struct shim *s);
/* Send what is left of the chunk in delivery; true when nobody waits for it any more. */
bool attach_deliver(struct shim *s);
