/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <ekube/str.h>
#include <stdlib.h>

#include "exec.h"
#include "forward.h"
#include "logs.h"
#include "container/shim_client.h"

enum { HIGH_WATER = 256 << 10 };

struct ek_sessions {
	struct ek_session_host *host;
	struct ek_list          all;
};

/* One session; what it leads to depends on its kind. */
struct back {
	struct ek_list          node;
	struct ek_sessions     *owner;
	struct ek_session      *session;
	enum ek_session_kind    kind;
	struct ek_session_target target;
	struct ek_log_reader    log;
	struct ek_exec          exec;
	struct ek_attach        attach;
	struct ek_forward      *forward;
	bool                    open;    /* the part that the kind names was started */
	bool                    started; /* exec: runs */
	bool                    fed_up;  /* the user was told to wait with stdin */
};

static struct back *back_of(struct ek_session *s)
{
	return s->back_state;
}

static void back_free(struct back *b)
{
	ek_list_del(&b->node);
	ek_session_target_done(&b->target);
	b->session->back_state = NULL;
	free(b);
}

void ek_session_target_done(struct ek_session_target *t)
{
	free(t->dir);
	free(t->id);
	free(t->log_path);
	free(t->netns);
	free(t->process);
	*t = (struct ek_session_target){ 0 };
}

/* Our side ended: tell the user last, because the session may go with it. */
static void tell_closed(struct back *b, int rc, int code, const char *message)
{
	struct ek_session *s = b->session;
	EK_FREE char *copy = ek_str_dup(message);

	back_free(b);
	s->front->closed(s, rc, code, copy);
}

/* ---- logs ---- */

static bool on_log(struct ek_log_reader *r, const char *data, size_t n)
{
	struct back *b = ek_container_of(r, struct back, log);

	return b->session->front->push(b->session, EK_CH_STDOUT, data, n);
}

static void on_log_end(struct ek_log_reader *r, int rc)
{
	tell_closed(ek_container_of(r, struct back, log), rc, 0, rc < 0 ? "the log could not be read" : NULL);
}

static int open_logs(struct back *b, const struct ek_session_spec *spec, struct ek_err *err)
{
	const struct ek_log_options o = {
		.tail_lines = spec->tail_lines,
		.limit_bytes = spec->limit_bytes,
		.since_us = spec->since_us,
		.timestamps = spec->timestamps,
		.follow = spec->follow && b->target.running,
	};

	b->log = (struct ek_log_reader){ .on_data = on_log, .on_end = on_log_end };
	return ek_log_open(b->owner->host->loop, &b->log, b->target.log_path, &o, err);
}

/* ---- exec ---- */

static void on_exec_started(struct ek_exec *x)
{
	struct back *b = ek_container_of(x, struct back, exec);

	b->started = true;
	if (b->fed_up) {
		b->fed_up = false;
		b->session->front->resume(b->session, EK_CH_STDIN);
	}
}

static void on_exec_output(struct ek_exec *x, int channel, const char *data, size_t n)
{
	struct back *b = ek_container_of(x, struct back, exec);

	if (!b->session->front->push(b->session, channel, data, n) && b->session->back_state == b)
		ek_exec_pause(x);
}

static void on_exec_drained(struct ek_exec *x)
{
	struct back *b = ek_container_of(x, struct back, exec);

	if (b->fed_up) {
		b->fed_up = false;
		b->session->front->resume(b->session, EK_CH_STDIN);
	}
}

static void on_exec_end(struct ek_exec *x, int rc, int code, const struct ek_err *err)
{
	struct back *b = ek_container_of(x, struct back, exec);

	b->open = false;
	tell_closed(b, rc, code, rc < 0 && err ? err->msg : NULL);
}

static int open_exec(struct back *b, const struct ek_session_spec *spec, struct ek_err *err)
{
	const struct ek_exec_spec x = {
		.program = b->owner->host->shim,
		.runtime = b->owner->host->runtime,
		.id = b->target.id,
		.dir = b->target.dir,
		.process = b->target.process,
		.tty = spec->tty,
		.in = spec->in,
	};

	b->exec = (struct ek_exec){
		.on_started = on_exec_started,
		.on_output = on_exec_output,
		.on_drained = on_exec_drained,
		.on_end = on_exec_end,
	};
	return ek_exec_start(b->owner->host->loop, &b->exec, &x, err);
}

/* ---- attach ---- */

static void on_attach_output(struct ek_attach *a, int channel, const char *data, size_t n)
{
	struct back *b = ek_container_of(a, struct back, attach);

	if (!b->session->front->push(b->session, channel, data, n) && b->session->back_state == b)
		ek_attach_pause(a);
}

static void on_attach_drained(struct ek_attach *a)
{
	struct back *b = ek_container_of(a, struct back, attach);

	if (b->fed_up) {
		b->fed_up = false;
		b->session->front->resume(b->session, EK_CH_STDIN);
	}
}

static void on_attach_end(struct ek_attach *a, int rc)
{
	struct back *b = ek_container_of(a, struct back, attach);

	b->open = false;
	tell_closed(b, rc, 0, rc < 0 ? "the connection to the container broke" : NULL);
}

static int open_attach(struct back *b, const struct ek_session_spec *spec, struct ek_err *err)
{
	int want = (spec->out ? EK_SHIM_WANT_OUT : 0) | (spec->err ? EK_SHIM_WANT_ERR : 0) |
		   (spec->in ? EK_SHIM_WANT_IN : 0);

	b->attach = (struct ek_attach){
		.on_output = on_attach_output,
		.on_drained = on_attach_drained,
		.on_end = on_attach_end,
	};
	return ek_attach_open(b->owner->host->loop, &b->attach, b->target.dir, want, err);
}

/* ---- what the user does ---- */

static bool user_pushes(struct ek_session *s, int channel, const void *data, size_t n)
{
	struct back *b = back_of(s);
	size_t waiting = 0;

	if (!b || !b->open)
		return true;
	switch (b->kind) {
	case EK_SESSION_EXEC:
		(void)ek_exec_write(&b->exec, data, n);
		waiting = ek_exec_pending(&b->exec);
		break;
	case EK_SESSION_ATTACH:
		(void)ek_attach_write(&b->attach, data, n);
		waiting = ek_attach_pending(&b->attach);
		break;
	case EK_SESSION_FORWARD:
		return ek_forward_push(b->forward, channel, data, n);
	default:
		return true;
	}
	b->fed_up = waiting > HIGH_WATER;
	return !b->fed_up;
}

static void user_ends(struct ek_session *s, int channel)
{
	struct back *b = back_of(s);

	if (!b || !b->open)
		return;
	if (b->kind == EK_SESSION_EXEC)
		ek_exec_end_stdin(&b->exec);
	else if (b->kind == EK_SESSION_ATTACH)
		ek_attach_end_stdin(&b->attach);
	else if (b->kind == EK_SESSION_FORWARD)
		ek_forward_push_end(b->forward, channel);
}

static void user_resumes(struct ek_session *s, int channel)
{
	struct back *b = back_of(s);

	if (!b || !b->open)
		return;
	if (b->kind == EK_SESSION_EXEC)
		ek_exec_resume(&b->exec);
	else if (b->kind == EK_SESSION_ATTACH)
		ek_attach_resume(&b->attach);
	else if (b->kind == EK_SESSION_FORWARD)
		ek_forward_resume(b->forward, channel);
	else
		ek_log_resume(&b->log);
}

static void user_resizes(struct ek_session *s, int cols, int rows)
{
	struct back *b = back_of(s);

	if (b && b->open && b->kind == EK_SESSION_EXEC)
		ek_exec_resize(&b->exec, cols, rows);
	else if (b && b->open && b->kind == EK_SESSION_ATTACH)
		ek_attach_resize(&b->attach, cols, rows);
}

static void user_connects(struct ek_session *s, int channel, int port)
{
	struct back *b = back_of(s);

	if (b && b->open && b->kind == EK_SESSION_FORWARD)
		ek_forward_connect(b->forward, channel, port);
}

static void stop_back(struct back *b)
{
	if (!b->open)
		return;
	b->open = false;
	switch (b->kind) {
	case EK_SESSION_LOGS:
		ek_log_close(&b->log);
		break;
	case EK_SESSION_EXEC:
		ek_exec_close(&b->exec);
		break;
	case EK_SESSION_ATTACH:
		ek_attach_close(&b->attach);
		break;
	case EK_SESSION_FORWARD:
		ek_forward_close(b->forward);
		break;
	}
}

static void user_closes(struct ek_session *s)
{
	struct back *b = back_of(s);

	if (!b)
		return;
	stop_back(b);
	back_free(b);
}

static const struct ek_session_back back_ops = {
	.push = user_pushes,
	.push_end = user_ends,
	.resume = user_resumes,
	.resize = user_resizes,
	.connect = user_connects,
	.close = user_closes,
};

/* ---- open and free ---- */

static int open_kind(struct back *b, const struct ek_session_spec *spec, struct ek_err *err)
{
	switch (spec->kind) {
	case EK_SESSION_LOGS:
		return open_logs(b, spec, err);
	case EK_SESSION_EXEC:
		return open_exec(b, spec, err);
	case EK_SESSION_ATTACH:
		return open_attach(b, spec, err);
	default:
		b->forward = ek_forward_new(b->owner->host->loop, b->target.netns, b->session);
		return 0;
	}
}

void ek_sessions_open(struct ek_sessions *s, const struct ek_session_spec *spec,
		      struct ek_session *session)
{
	struct back *b = ek_new(struct back);
	struct ek_err err = { 0 };
	int rc;

	b->owner = s;
	b->session = session;
	b->kind = spec->kind;
	session->back = &back_ops;
	session->back_state = b;
	ek_list_add_tail(&s->all, &b->node);
	rc = s->host->find(s->host, spec, &b->target, &err);
	if (rc == 0)
		rc = open_kind(b, spec, &err);
	if (rc < 0) {
		tell_closed(b, rc, 0, err.msg);
		return;
	}
	b->open = true;
	session->front->ready(session);
}

struct ek_sessions *ek_sessions_new(struct ek_session_host *host)
{
	struct ek_sessions *s = ek_new(struct ek_sessions);

	s->host = host;
	ek_list_init(&s->all);
	return s;
}

void ek_sessions_container_ended(struct ek_sessions *s, const char *dir)
{
	EK_LIST_EACH(node, tmp, &s->all) {
		struct back *b = ek_container_of(node, struct back, node);

		if (b->kind == EK_SESSION_LOGS && b->open && ek_streq(b->target.dir, dir))
			ek_log_finish(&b->log);
	}
}

void ek_sessions_free(struct ek_sessions *s)
{
	if (!s)
		return;
	EK_LIST_EACH(node, tmp, &s->all) {
		struct back *b = ek_container_of(node, struct back, node);

		stop_back(b);
		tell_closed(b, EK_EUNAVAILABLE, 0, "the node is stopping");
	}
	free(s);
}
