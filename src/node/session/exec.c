/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "console.h"
#include "shim/shim.h"

enum {
	ARGS_MAX = 64,
	PROCESS_MAX = 1 << 20,
	LINE_MAX_ = 64,
	GRACE_MS = 1000, /* after the exit, for output that a child of it keeps open */
};

/*
 *  start ──► "started" ──► "exit" ──► outputs at their end, or quiet for GRACE_MS ──► on_end
 *     └────► "failed" ─────────────────────────────────────────────────────────────────►┘
 *
 * Each arrow also waits for the helper process to be reaped: `proc` belongs to the loop till then.
 */
struct exec {
	struct ek_exec *owner; /* NULL once closed or ended */
	struct ek_loop *loop;
	int             depth; /* calls into the owner on the stack */

	struct ek_proc proc;
	bool           reaped, started, failed, exited, timed_out, paused, told;
	int            code;

	struct ek_stream status;
	char             line[LINE_MAX_];
	size_t           line_n;

	struct ek_stream  in, out, err; /* on a terminal only `out`, for both ways */
	bool              tty;
	struct ek_console console;
	bool              console_open;
	struct winsize    size;

	struct ek_timer timeout, grace;
	char           *base;    /* <dir>/exec-<n>: .pid, .json */
	struct ek_err   failure;
};

/* ---- the end ---- */

static void remove_file(const struct exec *e, const char *suffix)
{
	EK_FREE char *path = ek_str_fmt("%s%s", e->base, suffix);

	(void)unlink(path);
}

static void close_console(struct exec *e)
{
	if (e->console_open)
		ek_console_close(&e->console);
	e->console_open = false;
}

static void shut_all(struct exec *e)
{
	close_console(e);
	ek_stream_close(&e->status);
	ek_stream_close(&e->in);
	ek_stream_close(&e->out);
	ek_stream_close(&e->err);
	ek_timer_stop(&e->timeout);
	ek_timer_stop(&e->grace);
}

static bool is_over(const struct exec *e)
{
	bool drained = !ek_stream_is_open(&e->out) && !ek_stream_is_open(&e->err);

	return e->reaped && (e->failed || (e->exited && drained));
}

/* The last act of every event: tell the owner if it is over, free what nobody has a use for. */
static void settle(struct exec *e)
{
	struct ek_exec *x = e->owner;
	int rc = e->timed_out ? EK_ETIMEOUT : e->failed ? e->failure.code : 0;

	if (e->depth)
		return;
	if (x && is_over(e)) {
		if (e->timed_out)
			(void)ek_fail(&e->failure, EK_ETIMEOUT,
				      "the command took too long and was killed");
		e->owner = NULL;
		x->impl = NULL;
		shut_all(e);
		x->on_end(x, rc, e->code, &e->failure);
	}
	if (e->owner || !e->reaped)
		return;
	shut_all(e);
	ek_proc_done(&e->proc);
	remove_file(e, ".json");
	remove_file(e, ".pid");
	free(e->base);
	free(e);
}

static void fail(struct exec *e, int code, const char *why)
{
	if (e->failed || e->exited)
		return;
	e->failed = true;
	(void)ek_fail(&e->failure, code, "%s", why);
}

/* ---- output ---- */

static void on_grace_over(struct ek_timer *t)
{
	struct exec *e = ek_container_of(t, struct exec, grace);

	ek_stream_close(&e->out);
	ek_stream_close(&e->err);
	settle(e);
}

static void restart_grace(struct exec *e)
{
	if (e->exited && !e->paused)
		ek_timer_start(e->loop, &e->grace, GRACE_MS, on_grace_over);
	else
		ek_timer_stop(&e->grace); /* who pauses us may take his time */
}

static void on_output(struct exec *e, struct ek_stream *s, const char *data, ssize_t n)
{
	if (n <= 0) {
		ek_stream_close(s);
		settle(e);
		return;
	}
	restart_grace(e);
	if (!e->owner)
		return;
	e->depth++;
	e->owner->on_output(e->owner, s == &e->err ? 2 : 1, data, (size_t)n);
	e->depth--;
	settle(e);
}

static void on_out(struct ek_stream *s, const char *data, ssize_t n)
{
	on_output(ek_container_of(s, struct exec, out), s, data, n);
}

static void on_err(struct ek_stream *s, const char *data, ssize_t n)
{
	on_output(ek_container_of(s, struct exec, err), s, data, n);
}

static void drained(struct exec *e)
{
	if (!e->owner || !e->owner->on_drained)
		return;
	e->depth++;
	e->owner->on_drained(e->owner);
	e->depth--;
	settle(e);
}

static void on_in_drained(struct ek_stream *s)
{
	drained(ek_container_of(s, struct exec, in));
}

static void on_terminal_drained(struct ek_stream *s)
{
	drained(ek_container_of(s, struct exec, out));
}

/* It closed its stdin: what is still fed is for nobody. The writer must not wait. */
static void on_in_error(struct ek_stream *s, int rc)
{
	(void)rc;
	on_in_drained(s);
}

static void on_in_read(struct ek_stream *s, const char *data, ssize_t n)
{
	(void)s;
	(void)data;
	(void)n;
}

/* ---- terminal ---- */

static void on_terminal(struct ek_console *c, int take_fd)
{
	struct exec *e = ek_container_of(c, struct exec, console);

	close_console(e);
	if (e->size.ws_col)
		(void)ioctl(take_fd, TIOCSWINSZ, &e->size);
	e->out.on_read = on_out;
	e->out.on_drained = on_terminal_drained;
	if (ek_stream_open(e->loop, &e->out, take_fd) < 0)
		return;
	if (e->started && !e->paused)
		ek_stream_read_start(&e->out);
}

void ek_exec_resize(struct ek_exec *x, int cols, int rows)
{
	struct exec *e = x->impl;

	if (!e || !e->tty)
		return;
	e->size.ws_col = (unsigned short)cols;
	e->size.ws_row = (unsigned short)rows;
	if (ek_stream_is_open(&e->out))
		(void)ioctl(ek_stream_fd(&e->out), TIOCSWINSZ, &e->size);
}

/* ---- what the helper says ---- */

/* Only the runtime wrote there: had anything been started, the helper would have said so. */
static void fail_with_words(struct exec *e)
{
	char text[EK_SHIM_ERROR_MAX];
	ssize_t n = read(ek_stream_fd(&e->err), text, sizeof(text) - 1);

	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n > 0 ? n : 0] = '\0';
	fail(e, EK_EINTERNAL, n > 0 ? text : "the container runtime failed and did not say why");
}

static void on_was_started(struct exec *e)
{
	e->started = true;
	remove_file(e, ".json");
	remove_file(e, ".pid");
	if (e->tty && e->console_open)
		ek_console_look(&e->console);
	if (e->tty) /* it was the runtime's; on a terminal there is no stderr */
		ek_stream_close(&e->err);
	if (e->tty && !ek_stream_is_open(&e->out)) {
		fail(e, EK_EINTERNAL, "the container runtime sent no terminal");
		ek_proc_kill(&e->proc, SIGTERM);
		return;
	}
	if (!e->paused) {
		ek_stream_read_start(&e->out);
		if (!e->tty)
			ek_stream_read_start(&e->err);
	}
	if (!e->owner || !e->owner->on_started)
		return;
	e->depth++;
	e->owner->on_started(e->owner);
	e->depth--;
}

static void on_line(struct exec *e, const char *line)
{
	int code = 0;

	if (ek_str_starts(line, "started ")) {
		on_was_started(e);
	} else if (sscanf(line, "exit %d", &code) == 1) {
		e->exited = true;
		e->code = code;
		restart_grace(e);
	} else {
		fail_with_words(e);
	}
}

static void on_status(struct ek_stream *s, const char *data, ssize_t n)
{
	struct exec *e = ek_container_of(s, struct exec, status);

	if (n <= 0) {
		ek_stream_close(s);
		fail(e, EK_EINTERNAL, "the process that held the command was killed");
		settle(e);
		return;
	}
	e->depth++;
	for (ssize_t i = 0; i < n && ek_stream_is_open(s); i++) {
		if (data[i] != '\n') {
			if (e->line_n < LINE_MAX_ - 1)
				e->line[e->line_n++] = data[i];
			continue;
		}
		e->line[e->line_n] = '\0';
		e->line_n = 0;
		on_line(e, e->line);
	}
	e->depth--;
	settle(e);
}

static void on_reaped(struct ek_proc *p, int rc)
{
	struct exec *e = ek_container_of(p, struct exec, proc);

	(void)rc;
	e->reaped = true;
	settle(e);
}

/* ---- the beginning ---- */

static void on_timeout(struct ek_timer *t)
{
	struct exec *e = ek_container_of(t, struct exec, timeout);

	e->timed_out = true;
	ek_proc_kill(&e->proc, SIGTERM);
}

/* One pipe: our end becomes a stream (not yet read), theirs goes to the child. */
static int open_pipe(struct exec *e, struct ek_stream *s, bool we_read, int *ret_theirs)
{
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	rc = ek_stream_open(e->loop, s, ends[!we_read]);
	if (rc < 0)
		close(ends[we_read]);
	else
		*ret_theirs = ends[we_read];
	return rc;
}

struct ends {
	int in, out, err, status;
};

static void close_ends(struct ends *t)
{
	ek_closep(&t->in);
	ek_closep(&t->out);
	ek_closep(&t->err);
	ek_closep(&t->status);
}

static int open_pipes(struct exec *e, const struct ek_exec_spec *spec, struct ends *theirs)
{
	int rc;

	e->status.on_read = on_status;
	e->err.on_read = on_err;
	e->out.on_read = on_out;
	e->in.on_read = on_in_read;
	e->in.on_drained = on_in_drained;
	e->in.on_error = on_in_error;
	rc = open_pipe(e, &e->status, true, &theirs->status);
	if (rc == 0)
		rc = open_pipe(e, &e->err, true, &theirs->err);
	if (rc == 0 && !spec->tty)
		rc = open_pipe(e, &e->out, true, &theirs->out);
	if (rc == 0 && !spec->tty && spec->in)
		rc = open_pipe(e, &e->in, false, &theirs->in);
	return rc;
}

static int spawn(struct exec *e, const struct ek_exec_spec *spec, const struct ends *theirs,
		 const char *console, struct ek_err *err)
{
	EK_FREE char *pid = ek_str_fmt("%s.pid", e->base);
	EK_FREE char *json = ek_str_fmt("%s.json", e->base);
	const char *argv[ARGS_MAX + 20] = { spec->program, "exec", "-p", pid, "--" };
	const char *const tail[] = { "exec", "--detach", "--pid-file", pid, "--process", json };
	struct ek_proc_spec proc = {
		.argv = argv,
		.stdio = { theirs->in >= 0 ? EK_PROC_FD : EK_PROC_NULL,
			   theirs->out >= 0 ? EK_PROC_FD : EK_PROC_NULL, EK_PROC_FD },
		.fd = { theirs->in, theirs->out, theirs->err },
		.extra_fds = &theirs->status,
		.n_extra_fds = 1,
		.outlives = true,
	};
	size_t n = 5;

	for (size_t i = 0; spec->runtime[i]; i++) {
		if (i == ARGS_MAX)
			return ek_fail(err, EK_EINVALID, "more than %d arguments for the runtime",
				       ARGS_MAX);
		argv[n++] = spec->runtime[i];
	}
	for (size_t i = 0; i < EK_ARRAY_LEN(tail); i++)
		argv[n++] = tail[i];
	if (console) {
		argv[n++] = "--console-socket";
		argv[n++] = console;
	}
	argv[n++] = spec->id;
	return ek_proc_start(e->loop, &e->proc, &proc, on_reaped, err);
}

/*
 * The terminal's first size goes through the runtime, which sets it before the command runs: the
 * terminal itself reaches us when it may have asked already.
 */
static int write_process(const struct exec *e, const struct ek_exec_spec *spec, struct ek_err *err)
{
	EK_FREE char *path = ek_str_fmt("%s.json", e->base);
	EK_FREE char *text = NULL;
	const char *at = spec->process;

	if (strlen(at) > PROCESS_MAX)
		return ek_fail(err, EK_ETOOLARGE, "the command is larger than %d bytes",
			       PROCESS_MAX);
	if (spec->tty && spec->cols > 0 && at[0] == '{' && at[1] == '"')
		text = ek_str_fmt("{\"consoleSize\":{\"height\":%d,\"width\":%d},%s", spec->rows,
				  spec->cols, at + 1);
	return ek_file_write(AT_FDCWD, path, text ? text : at, strlen(text ? text : at), 0600,
			     false, err);
}

static int begin(struct exec *e, const struct ek_exec_spec *spec, struct ek_err *err)
{
	EK_CLEANUP(close_ends) struct ends theirs = { -1, -1, -1, -1 };
	const char *name = strrchr(e->base, '/') + 1;
	char console[64];
	int rc = write_process(e, spec, err);

	if (rc < 0)
		return rc;
	rc = open_pipes(e, spec, &theirs);
	if (rc < 0)
		return ek_fail(err, rc, "open a pipe: %s", ek_err_name(rc));
	if (spec->tty) {
		e->console.on_terminal = on_terminal;
		rc = ek_console_open(e->loop, &e->console, spec->dir, EK_F("%s.tty", name), console,
				     err);
		if (rc < 0)
			return rc;
		e->console_open = true;
	}
	return spawn(e, spec, &theirs, spec->tty ? console : NULL, err);
}

int ek_exec_start(struct ek_loop *loop, struct ek_exec *x, const struct ek_exec_spec *spec,
		  struct ek_err *err)
{
	static unsigned counter;
	struct exec *e = ek_new(struct exec);
	int rc;

	e->owner = x;
	e->loop = loop;
	e->tty = spec->tty;
	e->size.ws_col = (unsigned short)spec->cols;
	e->size.ws_row = (unsigned short)spec->rows;
	e->base = ek_str_fmt("%s/exec-%d-%u", spec->dir, (int)getpid(), counter++);
	rc = begin(e, spec, err);
	if (rc < 0) {
		e->owner = NULL;
		e->reaped = true;
		settle(e);
		return rc;
	}
	x->impl = e;
	ek_stream_read_start(&e->status);
	if (spec->timeout_ms > 0)
		ek_timer_start(loop, &e->timeout, spec->timeout_ms, on_timeout);
	return 0;
}

/* ---- from the owner ---- */

static struct ek_stream *stdin_of(struct exec *e)
{
	return e->tty ? &e->out : &e->in;
}

int ek_exec_write(struct ek_exec *x, const void *data, size_t n)
{
	return x->impl ? ek_stream_write(stdin_of(x->impl), data, n) : -EPIPE;
}

size_t ek_exec_pending(const struct ek_exec *x)
{
	return x->impl ? ek_stream_pending(stdin_of(x->impl)) : 0;
}

void ek_exec_end_stdin(struct ek_exec *x)
{
	if (x->impl && !x->impl->tty)
		ek_stream_shutdown(&x->impl->in);
}

void ek_exec_pause(struct ek_exec *x)
{
	struct exec *e = x->impl;

	if (!e || e->paused)
		return;
	e->paused = true;
	ek_stream_read_stop(&e->out);
	ek_stream_read_stop(&e->err);
	restart_grace(e);
}

void ek_exec_resume(struct ek_exec *x)
{
	struct exec *e = x->impl;

	if (!e || !e->paused)
		return;
	e->paused = false;
	if (e->started) {
		ek_stream_read_start(&e->out);
		ek_stream_read_start(&e->err);
	}
	restart_grace(e);
}

void ek_exec_kill(struct ek_exec *x)
{
	if (x->impl)
		ek_proc_kill(&x->impl->proc, SIGTERM);
}

void ek_exec_close(struct ek_exec *x)
{
	struct exec *e = x->impl;

	if (!e)
		return;
	x->impl = NULL;
	e->owner = NULL;
	if (!e->started) /* nothing of it should begin now */
		ek_proc_kill(&e->proc, SIGTERM);
	shut_all(e);
	settle(e);
}
