/* SPDX-License-Identifier: Apache-2.0 */
#include "machine_try.h"

#include <ekube/loop.h>
#include <ekube/proc.h>
#include <ekube/str.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "network.h"
#include "server.h"

enum { MAX_OUTPUT = 4096, OUTPUT_MS = 5000 };

struct run {
	struct ek_proc proc;
	bool           done;
	int            rc;
};

static void on_exit_of(struct ek_proc *p, int rc)
{
	struct run *r = ek_container_of(p, struct run, proc);

	r->rc = rc;
	r->done = true;
}

char *machine_output_of(const char *program, const char *argument)
{
	const char *argv[] = { program, argument, NULL };
	const struct ek_proc_spec spec = { .argv = argv,
					   .stdio = { EK_PROC_NULL, EK_PROC_CAPTURE, EK_PROC_NULL },
					   .max_output = MAX_OUTPUT,
					   .timeout_ms = OUTPUT_MS };
	struct ek_loop *loop = ek_loop_new();
	struct run r = { 0 };
	char *text = NULL;

	if (ek_proc_start(loop, &r.proc, &spec, on_exit_of, NULL) == 0) {
		(void)ek_loop_until(loop, &r.done, OUTPUT_MS * 2);
		if (r.done && r.rc == 0)
			text = ek_str_dup(r.proc.out.data);
		ek_proc_done(&r.proc);
	}
	ek_loop_free(loop);
	return text;
}

/* In the child: nothing of it outlives the namespaces. */
static int open_network(const struct server_config *c, struct ek_err *err)
{
	struct ek_podnet *net = NULL;
	struct ek_loop *loop;
	int rc;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		return ek_fail_errno(err, "a network namespace, which this root may not make");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0)
		return ek_fail_errno(err, "a mount namespace");
	loop = ek_loop_new();
	rc = network_try(loop, c, &net, err);
	if (rc == 0)
		ek_podnet_close(net);
	return rc;
}

int machine_try_network(const struct server_config *c, struct ek_err *err)
{
	struct ek_err *told = err ? err : &(struct ek_err){ 0 };
	int fds[2], status = 0;
	pid_t pid;

	if (pipe(fds) < 0)
		return ek_fail_errno(err, "pipe");
	pid = fork();
	if (pid == 0) {
		struct ek_err e = { 0 };

		e.code = open_network(c, &e);
		_exit(write(fds[1], &e, sizeof(e)) == sizeof(e) ? 0 : 1);
	}
	(void)close(fds[1]);
	if (pid < 0 || read(fds[0], told, sizeof(*told)) != sizeof(*told))
		(void)ek_fail(told, EK_EINTERNAL, "the network cannot be tried");
	(void)close(fds[0]);
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
	return told->code;
}
