/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "impl.h"

#define EXIT_TMP ".exit"

enum { EXIT_MAX = 512 + EK_SHIM_ERROR_MAX, STAT_MAX = 1024 };

struct times times_now(void)
{
	return (struct times){ now_wall_ns(), now_mono_ms() };
}

/* A small file as a string; "" when it cannot be read. */
static size_t slurp(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd >= 0) {
		n = read(fd, out, size - 1);
		(void)close(fd);
	}
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static int write_file(const char *path, const struct text *t)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, t->to, t->n);
	(void)close(fd);
	return n == (ssize_t)t->n ? 0 : -EIO;
}

/* Field 22 of /proc/<pid>/stat; the name before it may hold anything, so count from its end. */
static int64_t start_ticks(pid_t pid)
{
	char path[32], stat[STAT_MAX];
	struct text t = { .to = path, .max = sizeof(path) - 1 };
	const char *at;

	text_str(&t, "/proc/");
	text_int(&t, pid);
	text_str(&t, "/stat");
	path[t.n] = '\0';
	(void)slurp(path, stat, sizeof(stat));
	at = strrchr(stat, ')');
	for (int i = 0; at && i < 20; i++)
		at = strchr(at + 1, ' ');
	return at ? text_to_int(at + 1) : 0;
}

static void identify(struct text *t, pid_t pid)
{
	text_line(t, "pid", pid);
	text_line(t, "start", start_ticks(pid));
}

int record_claim(void)
{
	char text[160], boot[64], tmp[32];
	struct text t = { .to = text, .max = sizeof(text) };
	struct text name = { .to = tmp, .max = sizeof(tmp) - 1 };
	int rc;

	text_str(&name, ".shim-");
	text_int(&name, getpid());
	tmp[name.n] = '\0';
	identify(&t, getpid());
	(void)slurp("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	text_str(&t, "boot ");
	text_str(&t, boot); /* ends in a newline */
	rc = write_file(tmp, &t);
	if (rc == 0 && link(tmp, EK_SHIM_F_SHIM) < 0)
		rc = -errno;
	(void)unlink(tmp);
	return rc;
}

int record_started(pid_t pid, const struct times *at, struct text *t)
{
	int rc;

	identify(t, pid);
	text_line(t, "wall", at->wall_ns);
	text_line(t, "mono", at->mono_ms);
	rc = write_file(".started", t);
	if (rc < 0)
		return rc;
	return rename(".started", EK_SHIM_F_STARTED) < 0 ? -errno : 0;
}

pid_t record_read_pid(const char *path)
{
	char text[32];

	(void)slurp(path, text, sizeof(text));
	return (pid_t)(text_to_int(text) > 1 ? text_to_int(text) : 0);
}

void record_reserve_exit(void)
{
	char text[EXIT_MAX];
	struct text t = { .to = text, .max = sizeof(text), .n = sizeof(text) };

	memset(text, '\n', sizeof(text));
	(void)write_file(EXIT_TMP, &t);
}

static void one_line(struct text *t, const char *s)
{
	size_t from = t->n;

	text_str(t, s);
	for (size_t i = from; i < t->n; i++)
		if ((unsigned char)t->to[i] < ' ')
			t->to[i] = ' ';
}

void record_exit(const struct ending *e)
{
	char text[EXIT_MAX];
	struct text t = { .to = text, .max = sizeof(text) - 1 };
	int fd = open(EXIT_TMP, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	text_line(&t, "code", e->code);
	text_line(&t, "signal", e->signum);
	text_line(&t, "oom", e->oom);
	text_line(&t, "started_wall", e->started.wall_ns);
	text_line(&t, "started_mono", e->started.mono_ms);
	text_line(&t, "finished_wall", e->finished.wall_ns);
	text_line(&t, "finished_mono", e->finished.mono_ms);
	text_line(&t, "log_lost", e->log_lost);
	if (e->error) {
		text_str(&t, "error ");
		one_line(&t, e->error);
		t.max++;
		text_str(&t, "\n");
	}
	/* over the reserved bytes, so that no block has to be found */
	if (fd < 0 || pwrite(fd, text, t.n, 0) != (ssize_t)t.n)
		return;
	(void)ftruncate(fd, (off_t)t.n);
	(void)close(fd);
	(void)rename(EXIT_TMP, EK_SHIM_F_EXIT);
}

/* Both memory.events (v2) and memory.oom_control (v1) have a line "oom_kill <n>". */
bool record_oom(const char *path)
{
	char text[512];
	const char *at;

	if (!path)
		return false;
	(void)slurp(path, text, sizeof(text));
	for (at = text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (strncmp(at, "oom_kill ", 9) == 0)
			return text_to_int(at + 9) > 0;
	return false;
}
