/* SPDX-License-Identifier: Apache-2.0 */
#include "node/shim_box.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/str.h>

#include "node/fake_runtime.h"

enum { WAIT_MS = 20000 };

void box_open(struct box *b)
{
	struct ek_err err = { 0 };

	strcpy(b->dir, "/tmp/ek-shim-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(b->dir));
	b->loop = ek_loop_new();
	ck_assert_msg(ek_shim_install(b->dir, &b->program, &err) == 0, "%s", err.msg);
}

void box_close(struct box *b)
{
	ek_loop_free(b->loop);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, b->dir, NULL), 0);
	free(b->program);
}

static void on_change(struct ek_shim *s)
{
	struct jar *j = ek_container_of(s, struct jar, shim);

	j->changes++;
	if (s->status.state == EK_SHIM_EXITED || s->status.state == EK_SHIM_LOST)
		j->ended = true;
}

static void name_jar(struct box *b, struct jar *j, const char *name)
{
	*j = (struct jar){ .box = b };
	snprintf(j->dir, sizeof(j->dir), "%s/%s", b->dir, name);
	snprintf(j->log, sizeof(j->log), "%s/%s/0.log", b->dir, name);
	j->shim.on_change = on_change;
}

void jar_launch_argv(struct box *b, struct jar *j, const char *name, const char *const *runtime,
		     const struct ek_shim_spec *options)
{
	struct ek_shim_spec spec = options ? *options : (struct ek_shim_spec){ 0 };
	struct ek_err err = { 0 };

	name_jar(b, j, name);
	ck_assert_int_eq(mkdir(j->dir, 0700), 0);
	spec.program = b->program;
	spec.dir = j->dir;
	spec.runtime = runtime;
	if (!spec.log_path)
		spec.log_path = j->log;
	ck_assert_msg(ek_shim_launch(b->loop, &j->shim, &spec, &err) == 0, "%s", err.msg);
}

void jar_launch(struct box *b, struct jar *j, const char *name, const char *script,
		const struct ek_shim_spec *options)
{
	EK_FREE char *pid = ek_str_fmt("%s/%s/pid", b->dir, name);
	const char *argv[] = { fake_runtime_path(),
			       "fake-runtime",
			       "--pid-file",
			       pid,
			       "--sh",
			       script,
			       NULL,
			       NULL,
			       NULL };

	if (options && options->tty) {
		argv[6] = "--console-socket";
		argv[7] = EK_SHIM_CONSOLE;
	}
	jar_launch_argv(b, j, name, argv, options);
}

void jar_adopt(struct box *b, struct jar *j, const char *name)
{
	struct ek_err err = { 0 };

	name_jar(b, j, name);
	ck_assert_msg(ek_shim_adopt(b->loop, &j->shim, j->dir, &err) == 0, "%s", err.msg);
	j->ended = j->shim.status.state >= EK_SHIM_EXITED;
}

void jar_running(struct jar *j)
{
	int64_t until = ek_clock_mono_ms() + WAIT_MS;
	bool never = false;

	while (j->shim.status.state == EK_SHIM_STARTING && ek_clock_mono_ms() < until)
		(void)ek_loop_until(j->box->loop, &never, 1);
	ck_assert_msg(j->shim.status.state == EK_SHIM_RUNNING || j->shim.status.error[0] == '\0',
		      "state %d: %s", j->shim.status.state, j->shim.status.error);
	ck_assert_int_ne(j->shim.status.state, EK_SHIM_STARTING);
}

void jar_ended(struct jar *j)
{
	ck_assert_msg(ek_loop_until(j->box->loop, &j->ended, WAIT_MS), "the container did not end");
}

char *jar_log(struct jar *j)
{
	struct ek_err err = { 0 };
	char *text = NULL;

	ck_assert_msg(ek_file_read(AT_FDCWD, j->log, 64 << 20, &text, NULL, &err) == 0, "%s",
		      err.msg);
	return text;
}

void jar_close(struct jar *j)
{
	if (j->shim.status.state == EK_SHIM_RUNNING) {
		(void)ek_shim_signal(&j->shim, SIGKILL);
		jar_ended(j);
	}
	if (j->shim.status.state == EK_SHIM_LOST)
		(void)ek_shim_signal(&j->shim, SIGKILL);
	ek_shim_stop(&j->shim);
}

char *strip_stamps(char *log)
{
	char *to = log;

	for (const char *at = log; *at;) {
		const char *end = strchrnul(at, '\n');
		const char *space = memchr(at, ' ', (size_t)(end - at));
		size_t n;

		at = space ? space + 1 : at;
		n = (size_t)(end - at) + (*end == '\n');
		memmove(to, at, n);
		to += n;
		at = end + (*end == '\n');
	}
	*to = '\0';
	return log;
}

/* ---- attach ---- */

static void on_output(struct ek_attach *a, int channel, const char *data, size_t n)
{
	struct ear *e = ek_container_of(a, struct ear, a);

	ck_assert_int_eq(ek_buf_append(&e->text[channel], data, n), 0);
}

static void on_started(struct ek_attach *a)
{
	ek_container_of(a, struct ear, a)->started = true;
}

static void on_end(struct ek_attach *a, int rc)
{
	struct ear *e = ek_container_of(a, struct ear, a);

	e->ended = true;
	e->rc = rc;
}

void ear_try(struct jar *j, struct ear *e, int want)
{
	struct ek_err err = { 0 };

	*e = (struct ear){
		.a = { .on_output = on_output, .on_started = on_started, .on_end = on_end }
	};
	for (int i = 0; i < 3; i++)
		ek_buf_init(&e->text[i], 64 << 20);
	ck_assert_msg(ek_attach_open(j->box->loop, &e->a, j->dir, want, &err) == 0, "%s", err.msg);
}

void ear_open(struct jar *j, struct ear *e, int want)
{
	ear_try(j, e, want);
	ck_assert(ek_loop_until(j->box->loop, &e->started, WAIT_MS));
}

bool ear_hears(struct box *b, struct ear *e, int channel, const char *text)
{
	int64_t until = ek_clock_mono_ms() + WAIT_MS;
	bool never = false;

	while (ek_clock_mono_ms() < until) {
		if (e->text[channel].data && strstr(e->text[channel].data, text))
			return true;
		(void)ek_loop_until(b->loop, &never, 2);
	}
	return false;
}

void ear_close(struct ear *e)
{
	ek_attach_close(&e->a);
	for (int i = 0; i < 3; i++)
		ek_buf_done(&e->text[i]);
}
