/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "impl.h"

/*
 *  launch ──► STARTING ── runtime ended well ──► RUNNING ── init ended ──► drain ──► exit record
 *                 └────── runtime failed ──► exit record with its words
 */
enum {
	LAUNCH_FAILED = 1,
	USAGE = 2,
	READS_A_TURN = 8,
	PAGE = 4096,
	TIDY_MS = 2000,
	STACK_PAGES = 16,
	DRAIN_READS = 2 * (2 << 20) / EK_SHIM_LINE_MAX
};

static struct shim the; /* zeroes: not one byte of it is in the file */

/* Apart from the rest and on pages of their own, so that tidy() can give these back. */
static char out_buf[EK_SHIM_LINE_MAX] __attribute__((aligned(4096)));
static char err_buf[EK_SHIM_LINE_MAX] __attribute__((aligned(4096)));

/* ---- what ekube is told, once ---- */

static void report(struct shim *s, bool good, const char *text, size_t n)
{
	struct iovec v[2] = { { (void *)(uintptr_t)(good ? "+" : "-"), 1 },
			      { (void *)(uintptr_t)text, n } };

	if (s->report < 0)
		return;
	(void)!writev(s->report, v, 2); /* ekube may be gone: it reads the files then */
	(void)close(s->report);
	s->report = -1;
}

static _Noreturn void give_up(struct shim *s, const char *what, bool record)
{
	s->ending.error = what;
	s->ending.code = 128;
	s->ending.finished = times_now();
	if (record) {
		record_exit(&s->ending);
		(void)unlink(EK_SHIM_F_ATTACH);
	}
	report(s, false, what, strlen(what));
	_exit(LAUNCH_FAILED);
}

/* The process that ekube started: waits for the report of the one that stays. */
static int await_report(int fd)
{
	char buf[1 + EK_SHIM_ERROR_MAX];
	size_t n = 0;
	ssize_t r;

	while (n < sizeof(buf) &&
	       ((r = read(fd, buf + n, sizeof(buf) - n)) > 0 || (r < 0 && errno == EINTR)))
		n += (size_t)(r > 0 ? r : 0);
	if (n && buf[0] == '+') {
		(void)!write(1, buf + 1, n - 1);
		return 0;
	}
	if (n)
		(void)!write(2, buf + 1, n - 1);
	else
		(void)!write(2, "the shim died", 13);
	return LAUNCH_FAILED;
}

/* ---- output ---- */

static void finish_chunk(struct output *o)
{
	size_t rest = o->have + o->fresh - o->dealt;

	memmove(o->buf, o->buf + o->dealt, rest);
	o->have = rest;
	o->fresh = 0;
}

static void deliver(struct shim *s)
{
	struct output *o = s->in_delivery;

	if (!attach_deliver(s))
		return;
	s->in_delivery = NULL;
	finish_chunk(o);
}

static void end_output(struct shim *s, struct output *o)
{
	if (o->have)
		(void)log_lines(&s->log, o->name, o->buf, o->have, true);
	o->have = 0;
	if (o->fd != s->in) /* else the terminal, which may still be resized and fed */
		(void)close(o->fd);
	o->fd = -1;
}

/* Read once; false when there is nothing (for now, or any more). */
static bool pump(struct shim *s, struct output *o)
{
	size_t room = EK_SHIM_LINE_MAX - o->have;
	ssize_t n;

	if (!o->big && room > PAGE)
		room = PAGE; /* a quiet container's shim touches one page */
	n = read(o->fd, o->buf + o->have, room);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) { /* a terminal whose last user went says EIO */
		end_output(s, o);
		return false;
	}
	o->big = (size_t)n == room;
	s->touched = true;
	o->fresh = (size_t)n;
	o->dealt = log_lines(&s->log, o->name, o->buf, o->have + o->fresh, false);
	for (int i = 0; i < EK_SHIM_CLIENTS_MAX; i++)
		s->clients[i].sent = 0;
	s->in_delivery = o;
	deliver(s);
	return !s->in_delivery;
}

static void pump_all(struct shim *s, struct output *o)
{
	for (int i = 0; i < READS_A_TURN && o->fd >= 0 && !s->in_delivery; i++)
		if (!pump(s, o))
			return;
}

/*
 * Give back what is not needed at rest: the buffers, and the stack's pages below this function.
 * Containers are quiet for most of their lives, and there may be hundreds of us.
 */
static __attribute__((noinline)) void tidy(struct shim *s)
{
	struct output *const both[] = { &s->out, &s->err };
	uintptr_t stack = ((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(PAGE - 1)) - PAGE;

	s->touched = false;
	if (getauxval(AT_PAGESZ) != PAGE)
		return; /* madvise would round up, into what is in use */
	for (int i = 0; i < 2; i++) {
		size_t keep = (both[i]->have + PAGE - 1) & ~(size_t)(PAGE - 1);

		(void)madvise(both[i]->buf + keep, EK_SHIM_LINE_MAX - keep, MADV_DONTNEED);
	}
	(void)madvise((void *)(stack - STACK_PAGES * PAGE), STACK_PAGES * PAGE, MADV_DONTNEED);
}

/* ---- the container's life ---- */

static void start_failed(struct shim *s, int status)
{
	static const char killed[] = "the container runtime was killed, or took too long";
	static const char silent[] = "the container runtime failed and did not say why";
	char text[EK_SHIM_ERROR_MAX];
	ssize_t n = read(s->err.fd, text, sizeof(text) - 1);

	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n > 0 ? n : 0] = '\0';
	give_up(s, n > 0 ? text : status == 128 + SIGKILL ? killed : silent, true);
}

static void started(struct shim *s)
{
	char text[256];
	struct text t = { .to = text, .max = sizeof(text) };

	s->init_pid = record_read_pid(EK_SHIM_F_PID);
	if (!s->init_pid)
		give_up(s, "the container runtime left no process number", true);
	if (s->tty && s->in < 0)
		give_up(s, "the container runtime sent no terminal", true);
	s->started = true;
	s->ending.started = times_now();
	if (record_started(s->init_pid, &s->ending.started, &t) < 0) {
		(void)kill(s->init_pid, SIGKILL);
		give_up(s, "the container's state could not be written", true);
	}
	if (s->tty) { /* the pipe was for the runtime's own words */
		(void)close(s->err.fd);
		s->err.fd = -1;
	}
	s->touched = true;
	report(s, true, text, t.n);
	attach_tell_started(s);
}

static void reap(struct shim *s)
{
	pid_t pid;
	int st;

	child_ended = 0;
	if (!s->started) {
		/* only the runtime: the container, if it is so quick, keeps its status for us */
		if (waitpid(s->runtime_pid, &st, WNOHANG) != s->runtime_pid)
			return;
		if (st != 0)
			start_failed(s, WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st));
		if (s->tty && s->in < 0) /* sent, but we have not looked yet */
			s->in = s->out.fd = console_receive(s->console);
		started(s);
	}
	while ((pid = waitpid(-1, &st, WNOHANG)) > 0) {
		if (pid != s->init_pid)
			continue;
		s->over = true;
		s->ending.finished = times_now();
		s->ending.signum = WIFSIGNALED(st) ? WTERMSIG(st) : 0;
		s->ending.code = WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
	}
	if (pid < 0 && errno == ECHILD && !s->over) { /* not born of us: nobody will tell */
		s->over = true;
		s->ending.finished = times_now();
		s->ending.code = 255;
		s->ending.error = "the container's process was not a child of the shim";
	}
}

/*
 * The container is over. What it wrote before is in the pipes: true when all of it is dealt with.
 * Bounded: a process that outlived the container may go on writing for ever.
 */
static bool drained(struct shim *s)
{
	if (s->in_delivery)
		return false;
	while (s->out.fd >= 0 && s->drain_reads < DRAIN_READS && pump(s, &s->out))
		s->drain_reads++;
	while (s->err.fd >= 0 && !s->in_delivery && s->drain_reads < DRAIN_READS &&
	       pump(s, &s->err))
		s->drain_reads++;
	return !s->in_delivery;
}

static _Noreturn void finish(struct shim *s)
{
	struct output *const both[] = { &s->out, &s->err };

	for (int i = 0; i < 2; i++)
		if (both[i]->fd >=
		    0) /* something that outlived the container holds the other end */
			end_output(s, both[i]);
	s->ending.oom = record_oom(s->oom_path);
	s->ending.log_lost = s->log.lost_total;
	record_exit(&s->ending);
	(void)unlink(EK_SHIM_F_ATTACH);
	_exit(0);
}

/* ---- the loop ---- */

struct polled {
	struct pollfd p[5 + EK_SHIM_CLIENTS_MAX];
	nfds_t        n;
};

/* Returns where the entry is, so that its events can be looked up. */
static nfds_t want(struct polled *set, int fd, short events)
{
	set->p[set->n] = (struct pollfd){ .fd = fd, .events = events };
	return set->n++;
}

static int timeout_ms(const struct shim *s)
{
	if (!s->started)
		return EK_SHIM_RUNTIME_MS;
	if (s->in_delivery)
		return EK_SHIM_STALL_MS / 5;
	return s->touched ? TIDY_MS : -1;
}

static void wait_and_serve(struct shim *s)
{
	struct polled set = { .n = 0 };
	bool read_output = s->started && !s->in_delivery && !s->over;
	nfds_t listener = want(&set, s->listener, POLLIN);
	nfds_t console = want(&set, s->console, POLLIN);
	nfds_t in = want(&set, s->in_blocked ? s->in : -1, POLLOUT);
	nfds_t out = want(&set, read_output ? s->out.fd : -1, POLLIN);
	nfds_t err = want(&set, read_output ? s->err.fd : -1, POLLIN);
	nfds_t first = set.n;
	int ms = timeout_ms(s), n;
	struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };
	sigset_t none;

	for (int i = 0; i < EK_SHIM_CLIENTS_MAX; i++) {
		const struct client *c = &s->clients[i];
		/* a closed peer always polls as ready: leave out who has nothing to wait for */
		short events =
			(short)((s->in_blocked ? 0 : POLLIN) | (c->stalled_at ? POLLOUT : 0));

		(void)want(&set, events ? c->fd : -1, events);
	}
	(void)sigemptyset(&none);
	n = ppoll(set.p, set.n, ms < 0 ? NULL : &ts, &none);
	if (n == 0 && s->touched && s->started && !s->in_delivery)
		tidy(s);
	if (!s->started && now_mono_ms() - s->runtime_since >= EK_SHIM_RUNTIME_MS)
		(void)kill(s->runtime_pid, SIGKILL);
	if (child_ended)
		reap(s);
	if (s->in_delivery)
		deliver(s); /* also when the time of a stalled client is up */
	if (n <= 0)
		return;
	if (set.p[console].revents && s->in < 0 && !s->started)
		s->in = s->out.fd = console_receive(s->console);
	if (set.p[in].revents)
		s->in_blocked = false;
	if (set.p[out].revents && !s->over)
		pump_all(s, &s->out);
	if (set.p[err].revents && !s->over)
		pump_all(s, &s->err);
	for (int i = 0; i < EK_SHIM_CLIENTS_MAX; i++)
		if (set.p[first + i].revents & ~POLLOUT && s->clients[i].fd == set.p[first + i].fd)
			attach_input(s, &s->clients[i]);
	if (set.p[listener].revents)
		attach_accept(s);
}

/* ---- the beginning ---- */

static int pipe_for(int *ret_theirs, bool we_read)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	*ret_theirs = ends[we_read];
	(void)fcntl(ends[!we_read], F_SETFL, O_NONBLOCK);
	return ends[!we_read];
}

static void start_runtime(struct shim *s)
{
	int stdio[3] = { 0, 1, 2 }; /* /dev/null, all of them */

	s->err.fd = pipe_for(&stdio[2], true);
	if (s->tty) {
		s->console = console_listen(s->console_path, sizeof(s->console_path));
		for (char **a = s->runtime; *a; a++)
			if (strcmp(*a, EK_SHIM_CONSOLE) == 0)
				*a = s->console_path;
	} else {
		s->out.fd = pipe_for(&stdio[1], true);
		if (s->use_stdin)
			s->in = pipe_for(&stdio[0], false);
	}
	if (s->err.fd < 0 ||
	    (s->tty ? s->console < 0 : s->out.fd < 0 || (s->use_stdin && s->in < 0)))
		give_up(s, "no pipes for the container's output", true);
	s->runtime_since = now_mono_ms();
	s->runtime_pid = runtime_fork(s->runtime, stdio);
	if (s->runtime_pid < 0)
		give_up(s, "no process for the container runtime", true);
	for (int i = 0; i < 3; i++)
		if (stdio[i] > 2)
			(void)close(stdio[i]);
}

/* Nothing of ekube's stays open: neither its pipes nor its folders. */
static void own_stdio(void)
{
	for (int i = 0; i < 3; i++) {
		(void)close(i);
		(void)open("/dev/null", O_RDWR);
	}
}

static _Noreturn void stay(struct shim *s)
{
	int rc;

	(void)setsid();
	signals_init(false);
	(void)umask(077);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	own_stdio();
	s->listener = attach_listen();
	(void)umask(022);
	rc = s->listener < 0 ? s->listener : record_claim();
	if (rc == -EEXIST || rc == -EADDRINUSE)
		give_up(s, "the container's folder has an owner already", false);
	if (rc < 0)
		give_up(s, "the container's state could not be written", true);
	record_reserve_exit();
	if (log_open(&s->log, s->log_path, s->log_max, s->log_files) < 0)
		give_up(s, "the container's log could not be opened", true);
	start_runtime(s);
	while (!s->over || !drained(s))
		wait_and_serve(s);
	finish(s);
}

static int run_main(struct shim *s)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return LAUNCH_FAILED;
	pid = fork();
	if (pid < 0)
		return LAUNCH_FAILED;
	if (pid > 0) {
		(void)close(ends[1]);
		return await_report(ends[0]);
	}
	(void)close(ends[0]);
	s->report = ends[1];
	stay(s);
}

/* ---- options ---- */

static int usage(void)
{
	static const char text[] = "ekube starts this program; it is of no use by itself\n";

	(void)!write(2, text, sizeof(text) - 1);
	return USAGE;
}

static void init(struct shim *s)
{
	s->report = s->listener = s->console = s->in = s->out.fd = s->err.fd = -1;
	s->out.buf = out_buf;
	s->err.buf = err_buf;
	s->out.name = "stdout";
	s->out.frame = EK_SHIM_OUT;
	s->out.want = EK_SHIM_WANT_OUT;
	s->err.name = "stderr";
	s->err.frame = EK_SHIM_ERR;
	s->err.want = EK_SHIM_WANT_ERR;
	for (int i = 0; i < EK_SHIM_CLIENTS_MAX; i++)
		s->clients[i].fd = -1;
}

static bool take_option(struct shim *s, char letter, const char *value)
{
	switch (letter) {
	case 'l':
		s->log_path = value;
		return true;
	case 's':
		s->log_max = text_to_int(value);
		return true;
	case 'n':
		s->log_files = (int)text_to_int(value);
		return true;
	case 'i':
		s->use_stdin = strcmp(value, "none") != 0;
		s->stdin_once = strcmp(value, "once") == 0;
		return true;
	case 'o':
		s->oom_path = value;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	struct shim *s = &the;
	const char *pid_file = NULL;
	int i;

	if (argc == 3 && strcmp(argv[1], "pause") == 0)
		return pause_main(argv);
	init(s);
	for (i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
		char letter = argv[i][0] == '-' ? argv[i][1] : '\0';

		if (letter == 't')
			s->tty = true;
		else if (i + 1 < argc && letter == 'p')
			pid_file = argv[++i];
		else if (i + 1 >= argc || !take_option(s, letter, argv[++i]))
			return usage();
	}
	if (i + 1 >= argc)
		return usage();
	s->runtime = argv + i + 1;
	if (strcmp(argv[1], "exec") == 0 && pid_file)
		return exec_main(pid_file, s->runtime);
	if (strcmp(argv[1], "run") != 0 || !s->log_path)
		return usage();
	return run_main(s);
}
