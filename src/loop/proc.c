/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/proc.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "impl.h"

enum {
	OUTPUT_DEFAULT = 64 * 1024,
	READS_A_TURN = 8,
	EXTRA_FDS_MAX = 64,
	GRACE_MS = 100, /* after the exit, for a pipe that a grandchild keeps open */
};

/*
 *  start ──► exited ──► both captures at their end, or GRACE_MS ──► cb
 *     └─ timeout: SIGKILL ─┘
 */
struct capture {
	struct ek_poll poll;
	struct ek_buf *buf;
	struct proc   *proc;
	int            fd; /* -1: at its end, or never captured */
};

struct proc {
	uv_process_t    uv;
	struct ek_proc *p; /* NULL after cb */
	struct ek_loop *loop;
	struct capture  captures[2];
	struct ek_timer timer; /* the timeout, then the grace */
	struct ek_list  node;  /* in the loop's, when it may outlive it */
	bool            spawned, exited, timed_out, group, outlives;
};

static void on_closed(uv_handle_t *uv)
{
	free(ek_container_of((uv_process_t *)uv, struct proc, uv));
}

static void end_capture(struct capture *c)
{
	if (c->fd < 0)
		return;
	ek_poll_stop(&c->poll);
	ek_closep(&c->fd);
	c->fd = -1;
}

static void release(struct proc *proc)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(proc->captures); i++)
		end_capture(&proc->captures[i]);
	ek_timer_stop(&proc->timer);
	if (proc->outlives)
		ek_list_del(&proc->node);
	if (proc->spawned)
		uv_close((uv_handle_t *)&proc->uv, on_closed);
	else
		free(proc);
}

static void tell(struct proc *proc, int rc)
{
	struct ek_proc *p = ek_steal(proc->p);

	p->impl = NULL;
	release(proc);
	p->cb(p, rc);
}

static void finish(struct proc *proc)
{
	tell(proc, proc->timed_out ? EK_ETIMEOUT : proc->p->status ? EK_EINTERNAL : 0);
}

void ek_loop_leave_processes(struct ek_loop *loop)
{
	EK_LIST_EACH(node, tmp, &loop->outliving)
		tell(ek_container_of(node, struct proc, node), EK_ECANCELLED);
}

static void finish_if_over(struct proc *proc)
{
	if (proc->exited && proc->captures[0].fd < 0 && proc->captures[1].fd < 0)
		finish(proc);
}

/* ---- output ---- */

static void keep(struct ek_buf *b, const char *data, size_t n)
{
	n = EK_MIN(n, b->max - b->len);
	if (n)
		(void)ek_buf_append(b, data, n);
}

/* Read what is there now; past max it is read too, so that the child does not stall. */
static void drain(struct capture *c, int max_reads)
{
	char chunk[16 * 1024];

	for (int i = 0; i < max_reads && c->fd >= 0; i++) {
		ssize_t n = read(c->fd, chunk, sizeof(chunk));

		if (n > 0)
			keep(c->buf, chunk, (size_t)n);
		else if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		else
			end_capture(c);
	}
}

static void on_output(struct ek_poll *p, int events)
{
	struct capture *c = ek_container_of(p, struct capture, poll);

	(void)events;
	drain(c, READS_A_TURN);
	finish_if_over(c->proc);
}

/* ---- the end ---- */

static void signal_it(struct proc *proc, int signum)
{
	if (!proc->exited) /* once it was reaped, the number may be another's */
		(void)kill(proc->group ? -proc->uv.pid : proc->uv.pid, signum);
}

static void on_timeout(struct ek_timer *t)
{
	struct proc *proc = ek_container_of(t, struct proc, timer);

	proc->timed_out = true;
	signal_it(proc, SIGKILL);
}

static void on_grace_over(struct ek_timer *t)
{
	struct proc *proc = ek_container_of(t, struct proc, timer);

	for (size_t i = 0; i < EK_ARRAY_LEN(proc->captures); i++) {
		drain(&proc->captures[i], READS_A_TURN);
		end_capture(&proc->captures[i]);
	}
	finish(proc);
}

static void on_child_exit(uv_process_t *uv, int64_t status, int signum)
{
	struct proc *proc = ek_container_of(uv, struct proc, uv);

	proc->loop->n_events++;
	proc->exited = true;
	proc->p->status = signum ? 128 + signum : (int)status;
	ek_timer_start(proc->loop, &proc->timer, GRACE_MS, on_grace_over);
	finish_if_over(proc);
}

void ek_proc_kill(struct ek_proc *p, int signum)
{
	if (p->impl)
		signal_it(p->impl, signum);
}

void ek_proc_done(struct ek_proc *p)
{
	EK_ASSERT(!p->impl);
	ek_buf_done(&p->out);
	ek_buf_done(&p->err);
}

/* ---- the beginning ---- */

/*
 * Ours are close-on-exec already. This is about what we were started with and what libraries
 * open, at any time: hence before each child.
 */
static void mark_descriptors(void)
{
	DIR *dir;
	struct dirent *e;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) == 0)
		return;
#endif
	dir = opendir("/proc/self/fd");
	while (dir && (e = readdir(dir))) {
		int fd = (int)strtol(e->d_name, NULL, 10);

		if (fd > 2)
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	if (dir)
		closedir(dir);
}

/* The child gets the writing end; it is closed here once the child has it. */
static int open_capture(struct proc *proc, int i, struct ek_buf *buf, size_t max, int *ret_child_fd)
{
	struct capture *c = &proc->captures[i];
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	c->fd = ends[0];
	c->proc = proc;
	c->buf = buf;
	ek_buf_init(buf, max);
	rc = ek_poll_start(proc->loop, &c->poll, c->fd, EK_READABLE, on_output);
	*ret_child_fd = ends[1];
	return rc;
}

static int fill_stdio(struct proc *proc, const struct ek_proc_spec *spec,
		      uv_stdio_container_t *stdio, int child_fds[2])
{
	size_t max = spec->max_output ? spec->max_output : OUTPUT_DEFAULT;
	int rc;

	for (int i = 0; i < 3; i++) {
		stdio[i].flags = UV_INHERIT_FD;
		stdio[i].data.fd = spec->fd[i];
		if (spec->stdio[i] == EK_PROC_NULL)
			stdio[i].flags = UV_IGNORE; /* libuv opens /dev/null for 0, 1 and 2 */
		if (spec->stdio[i] != EK_PROC_CAPTURE)
			continue;
		EK_ASSERT(i > 0);
		rc = open_capture(proc, i - 1, i == 1 ? &proc->p->out : &proc->p->err, max,
				  &child_fds[i - 1]);
		if (rc < 0)
			return rc;
		stdio[i].data.fd = child_fds[i - 1];
	}
	for (size_t i = 0; i < spec->n_extra_fds; i++) {
		stdio[3 + i].flags = UV_INHERIT_FD;
		stdio[3 + i].data.fd = spec->extra_fds[i];
	}
	return 0;
}

static int spawn(struct proc *proc, const struct ek_proc_spec *spec)
{
	uv_stdio_container_t stdio[3 + EXTRA_FDS_MAX] = { 0 };
	int child_fds[2] = { -1, -1 };
	uv_process_options_t options = {
		.exit_cb = on_child_exit,
		.file = spec->argv[0],
		.args = (char **)(uintptr_t)spec->argv,
		.env = (char **)(uintptr_t)spec->env,
		.cwd = spec->cwd,
		.flags = spec->new_session ? UV_PROCESS_DETACHED : 0,
		.stdio_count = (int)(3 + spec->n_extra_fds),
		.stdio = stdio,
	};
	int rc = fill_stdio(proc, spec, stdio, child_fds);

	if (rc == 0) {
		/* from here on the loop knows the handle, even if this fails */
		proc->spawned = true;
		rc = uv_spawn(&proc->loop->uv, &proc->uv, &options);
	}
	ek_closep(&child_fds[0]);
	ek_closep(&child_fds[1]);
	return rc;
}

int ek_proc_start(struct ek_loop *loop, struct ek_proc *p, const struct ek_proc_spec *spec,
		  ek_proc_cb cb, struct ek_err *err)
{
	struct proc *proc;
	int rc;

	EK_ASSERT(spec->argv && spec->argv[0] && cb && spec->n_extra_fds <= EXTRA_FDS_MAX);
	mark_descriptors();
	*p = (struct ek_proc){ .cb = cb };
	proc = ek_new(struct proc);
	proc->p = p;
	proc->loop = loop;
	proc->group = spec->new_session;
	proc->captures[0].fd = proc->captures[1].fd = -1;
	proc->outlives = spec->outlives;
	if (proc->outlives)
		ek_list_add_tail(&loop->outliving, &proc->node);
	rc = spawn(proc, spec);
	if (rc < 0) {
		release(proc);
		ek_proc_done(p);
		return ek_fail(err, rc, "start %s: %s", spec->argv[0], ek_err_name(rc));
	}
	p->impl = proc;
	p->pid = proc->uv.pid;
	(void)ek_buf_append(&p->out, "", 0); /* so that both are strings, whatever comes */
	(void)ek_buf_append(&p->err, "", 0);
	if (spec->timeout_ms > 0)
		ek_timer_start(loop, &proc->timer, spec->timeout_ms, on_timeout);
	return 0;
}
