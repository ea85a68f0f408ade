/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/proc.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ek_test.h>

struct child {
	struct ek_proc proc;
	int  n, rc;
	bool over;
};

static void on_over(struct ek_proc *p, int rc)
{
	struct child *c = ek_container_of(p, struct child, proc);

	c->n++;
	c->rc = rc;
	c->over = true;
}

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define SH(script) ARGV("sh", "-c", script)

static struct ek_proc_spec capture(const char *const *argv)
{
	return (struct ek_proc_spec){ .argv = argv,
				      .stdio = { EK_PROC_NULL, EK_PROC_CAPTURE, EK_PROC_CAPTURE } };
}

static void run(struct ek_loop *loop, struct child *c, const struct ek_proc_spec *spec)
{
	struct ek_err err = { 0 };

	*c = (struct child){ 0 };
	ck_assert_msg(ek_proc_start(loop, &c->proc, spec, on_over, &err) == 0, "%s", err.msg);
	ck_assert_int_gt(c->proc.pid, 0);
	ck_assert(!c->over);
	ck_assert(ek_loop_until(loop, &c->over, 20000));
	ck_assert_int_eq(c->n, 1);
	ck_assert_int_eq(kill(c->proc.pid, 0), -1); /* reaped */
}

static const struct {
	const char *script, *out, *err;
	int status, rc;
} endings[] = {
	{ "printf hello", "hello", "", 0, 0 },
	{ "printf bad >&2; exit 3", "", "bad", 3, EK_EINTERNAL },
	{ "printf half; kill -9 $$", "half", "", 128 + 9, EK_EINTERNAL },
	{ "read line; printf \"<$line>\"", "<>", "", 0, 0 }, /* standard input is /dev/null */
	{ "true", "", "", 0, 0 },
	{ "exec >&- 2>&-; sleep 0.05; exit 7", "", "", 7, EK_EINTERNAL }, /* closes before it exits */
};

START_TEST(ends)
{
	struct ek_loop *loop = ek_loop_new();
	struct ek_proc_spec spec = capture(SH(endings[_i].script));
	struct child c;

	run(loop, &c, &spec);
	ck_assert_str_eq(c.proc.out.data, endings[_i].out);
	ck_assert_str_eq(c.proc.err.data, endings[_i].err);
	ck_assert_int_eq(c.proc.status, endings[_i].status);
	ck_assert_int_eq(c.rc, endings[_i].rc);
	ek_proc_done(&c.proc);
	ek_loop_free(loop);
}
END_TEST

START_TEST(output_is_cut_but_read_to_its_end)
{
	struct ek_loop *loop = ek_loop_new();
	struct ek_proc_spec spec =
		capture(SH("head -c 3000000 /dev/zero | tr '\\0' x; printf end >&2"));
	struct child c;

	spec.max_output = 1000;
	run(loop, &c, &spec);
	ck_assert_int_eq(c.rc, 0);
	ck_assert_uint_eq(c.proc.out.len, 1000);
	ck_assert_str_eq(c.proc.err.data, "end");
	ek_proc_done(&c.proc);
	spec.max_output = 0;
	run(loop, &c, &spec);
	ck_assert_uint_eq(c.proc.out.len, 64 * 1024);
	ek_proc_done(&c.proc);
	ek_loop_free(loop);
}
END_TEST

START_TEST(a_timeout_kills_the_whole_session)
{
	struct ek_loop *loop = ek_loop_new();
	struct ek_proc_spec spec =
		capture(SH("trap '' TERM; printf pid; sleep 1000 & printf $!; wait"));
	struct child c;
	int grandchild, tries = 0;

	spec.timeout_ms = 300;
	spec.new_session = true;
	run(loop, &c, &spec);
	ck_assert_int_eq(c.rc, EK_ETIMEOUT);
	ck_assert_int_eq(c.proc.status, 128 + SIGKILL);
	ck_assert_int_eq(sscanf(c.proc.out.data, "pid%d", &grandchild), 1);
	while (kill(grandchild, 0) == 0 && tries++ < 100) { /* init has to reap it */
		char path[64], state = 0;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/stat", grandchild);
		f = fopen(path, "re");
		if (f && fscanf(f, "%*d %*s %c", &state) == 1 && state == 'Z')
			tries = 1000;
		if (f)
			fclose(f);
		usleep(10000);
	}
	ck_assert(tries != 100);
	ek_proc_done(&c.proc);
	ek_loop_free(loop);
}
END_TEST

/* The child is gone, a grandchild keeps the pipe: we do not wait for it. */
START_TEST(a_grandchild_does_not_hold_us)
{
	struct ek_loop *loop = ek_loop_new();
	struct ek_proc_spec spec = capture(SH("sleep 30 & printf $!"));
	struct child c;
	int64_t begin = ek_clock_mono_ms();

	run(loop, &c, &spec);
	ck_assert_int_lt(ek_clock_mono_ms() - begin, 20000);
	ck_assert_int_eq(c.rc, 0);
	ck_assert_int_gt(atoi(c.proc.out.data), 1);
	kill(atoi(c.proc.out.data), SIGKILL);
	ek_proc_done(&c.proc);
	ek_loop_free(loop);
}
END_TEST

START_TEST(kill_is_heard)
{
	struct ek_loop *loop = ek_loop_new();
	struct ek_proc_spec spec = { .argv = ARGV("sleep", "1000") };
	struct child c = { 0 };

	ck_assert_int_eq(ek_proc_start(loop, &c.proc, &spec, on_over, NULL), 0);
	ek_proc_kill(&c.proc, SIGTERM);
	ck_assert(ek_loop_until(loop, &c.over, 10000));
	ck_assert_int_eq(c.proc.status, 128 + SIGTERM);
	ek_proc_kill(&c.proc, SIGTERM); /* nobody there any more */
	ek_proc_done(&c.proc);
	ek_loop_free(loop);
}
END_TEST

START_TEST(one_outlives_the_loop)
{
	struct ek_loop *loop = ek_loop_new();
	struct ek_proc_spec spec = capture(ARGV("sleep", "1000"));
	struct child ended = { 0 }, goes_on = { 0 };
	int pid, status;

	spec.outlives = true;
	run(loop, &ended, &(struct ek_proc_spec){ .argv = ARGV("true"), .outlives = true });
	ck_assert_int_eq(ek_proc_start(loop, &goes_on.proc, &spec, on_over, NULL), 0);
	pid = goes_on.proc.pid;
	ek_loop_free(loop);
	ck_assert_int_eq(ended.n, 1);
	ck_assert_int_eq(goes_on.n, 1);
	ck_assert_int_eq(goes_on.rc, EK_ECANCELLED);
	ck_assert_int_eq(waitpid(pid, &status, WNOHANG), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ek_proc_done(&ended.proc);
	ek_proc_done(&goes_on.proc);
}
END_TEST

START_TEST(what_cannot_be_started)
{
	struct ek_loop *loop = ek_loop_new();
	struct ek_proc_spec missing = capture(ARGV("/no/such/program"));
	struct ek_proc_spec no_exec = capture(ARGV("/proc/self/status"));
	struct ek_proc_spec no_dir = capture(ARGV("true"));
	struct child c = { 0 };
	struct ek_err err = { 0 };
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), next;

	close(fd);
	no_dir.cwd = "/no/such/dir";
	ck_assert_int_eq(ek_proc_start(loop, &c.proc, &missing, on_over, &err), -ENOENT);
	ck_assert_str_eq(err.msg, "start /no/such/program: No such file or directory");
	ck_assert_int_eq(ek_proc_start(loop, &c.proc, &no_exec, on_over, &err), -EACCES);
	ck_assert_int_eq(ek_proc_start(loop, &c.proc, &no_dir, on_over, &err), -ENOENT);
	for (int i = 0; i < 5; i++)
		ek_loop_turn(loop);
	ck_assert_int_eq(c.n, 0);
	next = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_le(next, fd + 1); /* nothing leaked; libuv may have opened its signal pipe */
	close(next);
	ek_loop_free(loop);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* nor a zombie */
}
END_TEST

START_TEST(descriptors_environment_directory)
{
	struct ek_loop *loop = ek_loop_new();
	struct ek_proc_spec spec =
		capture(SH("read a; read b <&3; read c <&4; echo \"$a $b $c $X$HOME\"; pwd; "
			   "ls /proc/self/fd | tr '\\n' ' '"));
	int p[3][2], leaked = open("/dev/null", O_RDONLY); /* NOLINT: inheritable on purpose */
	struct child c;

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(pipe2(p[i], O_CLOEXEC), 0);
		ck_assert_int_eq(dprintf(p[i][1], "in%d\n", i), 4);
	}
	spec.stdio[0] = EK_PROC_FD;
	spec.fd[0] = p[0][0];
	spec.extra_fds = (const int[]){ p[1][0], p[2][0] };
	spec.n_extra_fds = 2;
	spec.cwd = "/usr";
	spec.env = ARGV("X=y", "PATH=/usr/bin:/bin");
	run(loop, &c, &spec);
	/* 0 to 4, and the one by which ls reads the directory */
	ck_assert_str_eq(c.proc.out.data, "in0 in1 in2 y\n/usr\n0 1 2 3 4 5 ");
	ck_assert_int_ge(fcntl(p[0][0], F_GETFD), 0); /* borrowed */
	for (int i = 0; i < 3; i++) {
		close(p[i][0]);
		close(p[i][1]);
	}
	close(leaked);
	ek_proc_done(&c.proc);
	ek_loop_free(loop);
}
END_TEST

START_TEST(signals_are_as_new)
{
	struct ek_loop *loop = ek_loop_new();
	struct ek_proc_spec spec =
		capture(SH("grep -E 'Sig(Blk|Ign)' /proc/self/status | cut -f2 | tr '\\n' ' '"));
	struct child c;
	sigset_t set;
	unsigned long long blocked, ignored;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR2, SIG_IGN);
	run(loop, &c, &spec);
	ck_assert_int_eq(sscanf(c.proc.out.data, "%llx %llx", &blocked, &ignored), 2);
	ck_assert_uint_eq(blocked, 0);
	ck_assert_uint_eq(ignored & ((1ull << (SIGUSR2 - 1)) | (1ull << (SIGPIPE - 1))), 0);
	ek_proc_done(&c.proc);
	ek_loop_free(loop);
}
END_TEST

START_TEST(many_at_once)
{
	enum { N = 30 };
	struct ek_loop *loop = ek_loop_new();
	struct child c[N] = { 0 };

	for (int i = 0; i < N; i++) {
		char script[64];
		struct ek_proc_spec spec = capture(SH(script));

		snprintf(script, sizeof(script), "printf %d; exit %d", i, i);
		ck_assert_int_eq(ek_proc_start(loop, &c[i].proc, &spec, on_over, NULL), 0);
	}
	for (int i = 0; i < N; i++) {
		ck_assert(ek_loop_until(loop, &c[i].over, 20000));
		ck_assert_int_eq(c[i].proc.status, i);
		ck_assert_int_eq(atoi(c[i].proc.out.data), i);
		ek_proc_done(&c[i].proc);
	}
	ek_loop_free(loop);
}
END_TEST

EK_TESTS("loop/proc", EK_ROWS(ends, endings), output_is_cut_but_read_to_its_end,
	 a_timeout_kills_the_whole_session, a_grandchild_does_not_hold_us, kill_is_heard,
	 one_outlives_the_loop, what_cannot_be_started, descriptors_environment_directory,
	 signals_are_as_new,
	 many_at_once)
