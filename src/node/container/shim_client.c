/* SPDX-License-Identifier: Apache-2.0 */
#include "shim_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/log.h>
#include <ekube/str.h>

#include "shim_record.h"

enum { LOG_MAX_BYTES = 10 << 20, LOG_MAX_FILES = 5, RUNTIME_ARGS_MAX = 64 };

extern const char ek_shim_start[], ek_shim_end[]; /* the program, put there by the linker */

/* ---- the program ---- */

int ek_shim_install(const char *dir, char **ret_program, struct ek_err *err)
{
	EK_FREE char *path = ek_path_join(dir, "ekube-shim");
	EK_FREE char *old = NULL;
	size_t n = (size_t)(ek_shim_end - ek_shim_start), old_n = 0;
	int rc;

	rc = ek_file_read(AT_FDCWD, path, n, &old, &old_n, NULL);
	if (rc < 0 || old_n != n || memcmp(old, ek_shim_start, n) != 0)
		rc = ek_file_write(AT_FDCWD, path, ek_shim_start, n, 0755, false, err);
	if (rc < 0)
		return rc;
	*ret_program = ek_steal(path);
	return 0;
}

/* ---- what is so ---- */

static void settle(struct ek_shim *s, enum ek_shim_state state)
{
	s->status.state = state;
	if (state != EK_SHIM_STARTING && state != EK_SHIM_RUNNING && s->pidfd >= 0) {
		ek_poll_stop(&s->poll);
		ek_closep(&s->pidfd);
		s->pidfd = -1;
	}
}

static void set_error(struct ek_shim *s, const char *words)
{
	ek_str_set(&s->words, *words ? words : NULL);
	s->status.error = s->words ? s->words : "";
}

/* A zombie that its parent is slow to reap still has its number: only the pidfd knows. */
static bool is_alive(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

/*
 * Read disk and kernel; leaves an open pidfd when there is a shim to watch. The order counts:
 * the shim writes "exit" before it goes, so whoever sees it gone reads "exit" once more.
 */
static int look(struct ek_shim *s, struct ek_err *err)
{
	struct ek_shim_record r;
	int rc;

	for (int attempt = 0;; attempt++) {
		rc = ek_shim_record_read(s->dir, &r, err);
		if (rc < 0)
			return rc;
		s->status = r.status;
		set_error(s, r.error);
		s->init_start = r.init_start;
		if (r.has_exit) {
			settle(s, EK_SHIM_EXITED);
			return 0;
		}
		if (!r.has_shim || r.shim_pid == 0) {
			settle(s, EK_SHIM_NONE);
			return 0;
		}
		if (s->pidfd < 0 && r.this_boot)
			s->pidfd = ek_pidfd_open(r.shim_pid, r.shim_start);
		if (s->pidfd >= 0 && is_alive(s->pidfd)) {
			settle(s, r.has_started ? EK_SHIM_RUNNING : EK_SHIM_STARTING);
			return 0;
		}
		if (attempt > 0) {
			settle(s, EK_SHIM_LOST);
			return 0;
		}
	}
}

static void on_shim_gone(struct ek_poll *p, int events)
{
	struct ek_shim *s = ek_container_of(p, struct ek_shim, poll);
	struct ek_err err = { 0 };

	(void)events;
	ek_poll_stop(&s->poll);
	ek_closep(&s->pidfd);
	s->pidfd = -1;
	if (look(s, &err) < 0) { /* the folder was removed under us */
		ek_warn("container's folder cannot be read", "dir", s->dir, "error", err.msg);
		settle(s, EK_SHIM_LOST);
	}
	s->on_change(s);
}

static int watch(struct ek_shim *s, struct ek_err *err)
{
	int rc = 0;

	if (s->pidfd >= 0)
		rc = ek_poll_start(s->loop, &s->poll, s->pidfd, EK_READABLE, on_shim_gone);
	return rc < 0 ? ek_fail(err, rc, "watch the shim of %s: %s", s->dir, ek_err_name(rc)) : 0;
}

/* ---- launch ---- */

/* Lives until the process has ended, whatever becomes of the one who wanted it. */
struct ek_shim_launch {
	struct ek_proc  proc;
	struct ek_shim *owner;
};

static void failed_to_launch(struct ek_shim *s, const char *why)
{
	EK_FREE char *words = ek_str_ndup(why, strnlen(why, EK_SHIM_ERROR_MAX - 1));
	size_t n = strlen(words);

	while (n > 0 && (words[n - 1] == '\n' || words[n - 1] == ' '))
		words[--n] = '\0';
	settle(s, EK_SHIM_EXITED);
	s->status.code = 128;
	set_error(s, words);
}

static void on_launched(struct ek_proc *p, int rc)
{
	struct ek_shim_launch *l = ek_container_of(p, struct ek_shim_launch, proc);
	struct ek_shim *s = l->owner;
	struct ek_err err = { 0 };

	if (s) {
		s->launch = NULL;
		if (rc < 0 && (look(s, &err) < 0 || s->status.state != EK_SHIM_EXITED))
			failed_to_launch(s, p->err.len ? p->err.data :
							 "the shim ended without a word");
		else if (rc == 0 && (look(s, &err) < 0 || watch(s, &err) < 0))
			failed_to_launch(s, err.msg);
	}
	ek_proc_done(p);
	free(l);
	if (s)
		s->on_change(s);
}

struct args {
	const char *v[RUNTIME_ARGS_MAX + 24];
	size_t      n;
};

static void add(struct args *a, const char *option, const char *value)
{
	a->v[a->n++] = option;
	if (value)
		a->v[a->n++] = value;
}

static int collect_args(struct args *a, const struct ek_shim_spec *spec, char numbers[2][24],
			struct ek_err *err)
{
	static const char *const stdins[] = { "none", "keep", "once" };
	int64_t bytes = spec->log_max_bytes ? spec->log_max_bytes : LOG_MAX_BYTES;
	int files = spec->log_max_files ? spec->log_max_files : LOG_MAX_FILES;

	add(a, spec->program, "run");
	add(a, "-l", spec->log_path);
	add(a, "-s", ek_str_into(numbers[0], 24, "%" PRId64, EK_MAX(bytes, 0)));
	add(a, "-n", ek_str_into(numbers[1], 24, "%d", EK_MAX(files, 2)));
	add(a, "-i", stdins[spec->in]);
	if (spec->tty)
		add(a, "-t", NULL);
	if (spec->oom_file)
		add(a, "-o", spec->oom_file);
	add(a, "--", NULL);
	for (size_t i = 0; spec->runtime[i]; i++) {
		if (i == RUNTIME_ARGS_MAX)
			return ek_fail(err, EK_EINVALID, "more than %d arguments for the runtime",
				       RUNTIME_ARGS_MAX);
		add(a, spec->runtime[i], NULL);
	}
	return 0;
}

int ek_shim_launch(struct ek_loop *loop, struct ek_shim *s, const struct ek_shim_spec *spec,
		   struct ek_err *err)
{
	/* a small environment: it is the shim's memory for as long as the container lives */
	static const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL
	};
	struct args args = { 0 };
	char numbers[2][24];
	struct ek_proc_spec proc = { .argv = args.v,
				     .env = env,
				     .cwd = spec->dir,
				     .stdio = { EK_PROC_NULL, EK_PROC_CAPTURE, EK_PROC_CAPTURE },
				     .outlives = true };
	int rc = collect_args(&args, spec, numbers, err);

	if (rc < 0)
		return rc;
	s->loop = loop;
	s->dir = ek_str_dup(spec->dir);
	s->pidfd = -1;
	s->status = (struct ek_shim_status){ .state = EK_SHIM_STARTING, .error = "" };
	s->launch = ek_new(struct ek_shim_launch);
	s->launch->owner = s;
	rc = ek_proc_start(loop, &s->launch->proc, &proc, on_launched, err);
	if (rc < 0) {
		free(ek_steal(s->launch));
		ek_shim_stop(s);
	}
	return rc;
}

/* ---- adopt ---- */

static void on_waiter_started(struct ek_attach *a);

static void drop_waiter(struct ek_shim *s)
{
	if (!s->waiter)
		return;
	ek_attach_close(s->waiter);
	free(ek_steal(s->waiter));
}

struct waiter {
	struct ek_attach attach; /* first: freed through it */
	struct ek_shim  *owner;
};

/* The container of a shim that we met while it was starting runs now. */
static void on_waiter_started(struct ek_attach *a)
{
	struct ek_shim *s = ek_container_of(a, struct waiter, attach)->owner;

	drop_waiter(s);
	if (look(s, NULL) == 0)
		s->on_change(s);
}

/* Its pidfd tells the rest. */
static void on_waiter_end(struct ek_attach *a, int rc)
{
	(void)rc;
	drop_waiter(ek_container_of(a, struct waiter, attach)->owner);
}

static int wait_for_start(struct ek_shim *s)
{
	struct waiter *w = ek_new(struct waiter);
	int rc;

	w->owner = s;
	w->attach.on_started = on_waiter_started;
	w->attach.on_end = on_waiter_end;
	s->waiter = &w->attach;
	rc = ek_attach_open(s->loop, &w->attach, s->dir, 0, NULL);
	if (rc < 0)
		free(ek_steal(s->waiter));
	return rc;
}

int ek_shim_adopt(struct ek_loop *loop, struct ek_shim *s, const char *dir, struct ek_err *err)
{
	int rc;

	s->loop = loop;
	s->dir = ek_str_dup(dir);
	s->pidfd = -1;
	rc = look(s, err);
	if (rc == 0 && s->status.state == EK_SHIM_NONE &&
	    ek_shim_record_disown(dir, NULL) == -EEXIST)
		rc = look(s, err); /* it was on its way */
	if (rc == 0)
		rc = watch(s, err);
	/* when it cannot be asked, it is going, and the pidfd will tell */
	if (rc == 0 && s->status.state == EK_SHIM_STARTING)
		(void)wait_for_start(s);
	if (rc < 0)
		ek_shim_stop(s);
	return rc;
}

int ek_shim_signal(const struct ek_shim *s, int signum)
{
	EK_CLOSE int fd = ek_pidfd_open(s->status.pid, s->init_start);

	if (fd < 0)
		return fd;
	return syscall(SYS_pidfd_send_signal, fd, signum, NULL, 0) < 0 ? -errno : 0;
}

bool ek_shim_is_entering(const struct ek_shim *s)
{
	EK_FREE char *name = NULL;
	struct ek_err err;

	return ek_file_read(AT_FDCWD, EK_F("/proc/%d/comm", s->status.pid), 64, &name, NULL, &err) == 0 &&
	       ek_str_starts(name, "runc:[");
}

void ek_shim_stop(struct ek_shim *s)
{
	if (!s->dir)
		return;
	if (s->launch)
		s->launch->owner = NULL;
	s->launch = NULL;
	drop_waiter(s);
	ek_poll_stop(&s->poll);
	ek_closep(&s->pidfd);
	s->pidfd = -1;
	set_error(s, "");
	free(ek_steal(s->dir));
}
