/* SPDX-License-Identifier: Apache-2.0 */
#include "container.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/images.h>
#include <ekube/log.h>

#include "session/log_words.h"
#include "spec/podspec.h"
#include "probes.h"
#include "session/session.h"

enum { WORDS_MAX = 4096, CLEAN_WAIT_MS = 10 * 1000, CLEAN_AGAIN_MS = 5 * 1000 };

void ek_random_id(char out[65])
{
	uint8_t bytes[32];

	ek_rand_bytes(bytes, sizeof(bytes));
	ek_hex(bytes, sizeof(bytes), out);
}

/* ---- making and freeing ---- */

static void on_shim(struct ek_shim *s)
{
	struct ek_ctr *c = ek_container_of(s, struct ek_ctr, shim);

	ek_ctr_look(c);
}

struct ek_ctr *ek_ctr_new(struct ek_slot *slot, const char *id, struct ek_ctr_record *take_record)
{
	struct ek_ctr *c = ek_new(struct ek_ctr);
	struct ek_ctr_record *r = take_record;

	c->slot = slot;
	c->pod = slot->pod;
	(void)ek_str_into(c->id, sizeof(c->id), "%s", id);
	c->dir = ek_path_join(c->pod->node->dirs.containers, id);
	c->shim_dir = ek_path_join(c->dir, "shim");
	c->cgroup = ek_steal(r->cgroup);
	c->image = ek_steal(r->image);
	c->image_id = ek_steal(r->image_id);
	c->image_key = ek_steal(r->image_key);
	c->image_spec = ek_steal(r->image_spec);
	c->log_path = ek_steal(r->log_path);
	c->term_path = ek_steal(r->term_path);
	(void)ek_str_into(c->stop_signal, sizeof(c->stop_signal), "%s", r->stop_signal);
	c->attempt = r->attempt;
	c->tty = r->tty;
	c->has_stdin = r->has_stdin;
	c->shim.on_change = on_shim;
	ek_ctr_record_done(r);
	return c;
}

static void destroy(struct ek_ctr *c)
{
	char *texts[] = { c->dir,       c->shim_dir,  c->cgroup,   c->image, c->image_id,
			  c->image_key, c->image_spec, c->log_path, c->term_path, c->message };

	for (size_t i = 0; i < EK_ARRAY_LEN(texts); i++)
		free(texts[i]);
	free(c);
}

void ek_ctr_free(struct ek_ctr *c)
{
	if (!c)
		return;
	ek_ctr_let_go(c);
	ek_list_del(&c->leaving);
	c->slot = NULL;
	if (c->cleaning)
		c->pod = NULL; /* the work that is under way frees it */
	else
		destroy(c);
}

void ek_ctr_let_go(struct ek_ctr *c)
{
	ek_shim_stop(&c->shim);
	ek_ctr_stop_done(c);
}

/* ---- how it ended ---- */

/* The end of the log instead of last words that were not written. */
static char *words_of_log(const struct ek_ctr *c)
{
	return ek_log_last_words(c->log_path);
}

static char *last_words(const struct ek_ctr *c)
{
	const struct ek_json *spec = ek_slot_spec(c->slot);
	EK_CLOSE int fd = open(c->term_path ? c->term_path : "", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char text[WORDS_MAX];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

	if (n > 0)
		return ek_str_ndup(text, (size_t)n);
	if (c->shim.status.code != 0 &&
	    ek_streq(ek_json_str_at(spec, "terminationMessagePolicy"), "FallbackToLogsOnError"))
		return words_of_log(c);
	return NULL;
}

static void say_end(struct ek_ctr *c)
{
	const struct ek_shim_status *s = &c->shim.status;

	if (s->state == EK_SHIM_LOST) {
		c->reason = "ContainerStatusUnknown";
		c->message = ek_str_dup("The container could not be located when the pod was terminated");
	} else if (s->error[0]) {
		c->reason = "StartError";
		c->message = ek_str_fmt("failed to start container: OCI runtime create failed: %s", s->error);
	} else {
		c->reason = s->code == 0 ? "Completed" : s->oom ? "OOMKilled" : "Error";
		c->message = last_words(c);
	}
	if (s->log_lost > 0)
		ek_warn("lines of a container's log were lost", "container", c->slot->name, "pod", c->pod->name, "bytes",
			EK_I(s->log_lost));
}

bool ek_ctr_is_running(const struct ek_ctr *c)
{
	return c && !c->ended && c->shim.status.state == EK_SHIM_RUNNING;
}

void ek_ctr_fill_run(const struct ek_ctr *c, struct ek_ctr_run *ret)
{
	const struct ek_shim_status *s = &c->shim.status;

	*ret = (struct ek_ctr_run){
		.id = c->id,
		.image_id = c->image_id,
		.image = c->image,
		.restarts = c->attempt,
		.started_us = s->started_us,
		.ended = c->ended,
		.finished_us = s->finished_us,
		.finished_ms = c->ended_ms,
		.code = s->code,
		.signum = s->signum,
		.reason = c->reason,
		.message = c->message,
	};
	if (s->state == EK_SHIM_LOST)
		ret->code = 137;
}

/* ---- cleaning ---- */

int ek_ctr_remove_folder(const struct ek_node *n, const char *id, const char *cgroup,
			 struct ek_err *err)
{
	EK_FREE char *dir = ek_path_join(n->dirs.containers, id),
		     *runtime = ek_path_join(n->dirs.runtime, id);
	int rc = cgroup ? ek_cgroups_remove(n->cgroups, cgroup, CLEAN_WAIT_MS, err) : 0;

	if (rc == 0)
		rc = ek_rootfs_remove(dir, err);
	if (rc == 0)
		rc = ek_dir_remove(AT_FDCWD, runtime, err);
	return rc < 0 ? rc : ek_dir_remove(AT_FDCWD, dir, err);
}

/* "3.log", "3.log.20260102-030405", ... */
static void remove_logs(const char *log_path)
{
	const char *slash = strrchr(log_path, '/');
	EK_FREE char *dir = slash ? ek_str_ndup(log_path, (size_t)(slash - log_path)) : NULL;
	DIR *d = dir ? opendir(dir) : NULL;

	for (struct dirent *e; d && (e = readdir(d));)
		if (ek_str_starts(e->d_name, slash + 1))
			(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
}

struct ek_cleaning {
	struct ek_work  work;
	struct ek_ctr  *ctr;
	struct ek_node *node;
	struct ek_err   err;
};

/*
 * Pool: only what does not change is read. What the runtime remembers of a container are files
 * in its
 * root; `runc delete` would remove the same, in a hundred times the time.
 */
static int run_clean(struct ek_work *w)
{
	struct ek_cleaning *k = ek_container_of(w, struct ek_cleaning, work);
	const struct ek_ctr *c = k->ctr;
	EK_FREE char *runtime = ek_path_join(k->node->dirs.runtime, c->id);
	int rc;

	if (c->cleaned) {
		if (c->log_path)
			remove_logs(c->log_path);
		if (c->term_path)
			(void)unlink(c->term_path);
		return ek_dir_remove(AT_FDCWD, c->dir, &k->err);
	}
	rc = ek_cgroups_remove(k->node->cgroups, c->cgroup, CLEAN_WAIT_MS, &k->err);
	if (rc == 0)
		rc = ek_rootfs_remove(c->dir, &k->err);
	return rc < 0 ? rc : ek_dir_remove(AT_FDCWD, runtime, &k->err);
}

static void clean(struct ek_ctr *c);

static void on_clean_again(struct ek_timer *t)
{
	struct ek_ctr *c = ek_container_of(t, struct ek_ctr, stop_timer);

	c->pod->cleanups--;
	clean(c);
}

static void on_cleaned(struct ek_work *w, int rc)
{
	EK_FREE struct ek_cleaning *k = ek_container_of(w, struct ek_cleaning, work);
	struct ek_ctr *c = k->ctr;
	struct ek_pod *p = c->pod;
	struct ek_node *n = k->node;
	bool removed = c->cleaned && rc == 0;

	c->cleaning = NULL;
	if (!p) {
		destroy(c);
		ek_node_release(n);
		return;
	}
	if (rc < 0) { /* something does not die: the pod is not over before it has */
		ek_warn("cleaning up after a container failed", "id", c->id, "pod", EK_F("%s/%s", p->ns, p->name), "error",
			k->err.msg);
		if (!n->stopping)
			ek_timer_start(n->loop, &c->stop_timer, CLEAN_AGAIN_MS, on_clean_again);
	} else {
		p->cleanups--;
		c->cleaned = true;
		if (removed)
			ek_ctr_free(c);
		else if (c->discard)
			clean(c);
		ek_pod_kick(p);
	}
	ek_node_release(n);
}

/* First what it held of the machine, then, for one that is discarded, folder and logs. */
static void clean(struct ek_ctr *c)
{
	struct ek_cleaning *k = ek_new(struct ek_cleaning);

	k->ctr = c;
	k->node = c->pod->node;
	k->work = (struct ek_work){ .run = run_clean, .done = on_cleaned };
	c->cleaning = k;
	c->pod->cleanups++;
	ek_node_hold(k->node);
	ek_work_start(k->node->loop, &k->work);
}

/*
 * One that is not known to have ended: of a former start, and not the newest. Cleaning up kills
 * what there is of it.
 */
void ek_ctr_discard(struct ek_ctr *c)
{
	c->discard = true;
	c->slot = NULL;
	ek_list_add_tail(&c->pod->discarded, &c->leaving);
	if (!c->ended) {
		ek_ctr_let_go(c);
		c->ended = true;
		clean(c);
	} else if (c->cleaned && !c->cleaning) {
		clean(c);
	}
}

/* ---- its state ---- */

static void end(struct ek_ctr *c)
{
	c->ended = true;
	c->ended_ms = ek_clock_mono_ms();
	say_end(c);
	ek_ctr_stop_done(c);
	if (c->slot && c->slot->cur == c)
		ek_probes_stop(c->slot);
	ek_sessions_container_ended(c->pod->node->sessions, c->shim_dir);
	clean(c);
}

void ek_ctr_look(struct ek_ctr *c)
{
	enum ek_shim_state state = c->shim.status.state;

	if (c->starting) {
		if (state != EK_SHIM_STARTING)
			ek_starting_launched(c->starting);
		return;
	}
	if (!c->ended && (state == EK_SHIM_EXITED || state == EK_SHIM_LOST))
		end(c);
	/* met again while it was starting */
	else if (state == EK_SHIM_RUNNING && c->slot && c->slot->cur == c && !c->slot->probes &&
		 !c->stopping && !c->hook_running && !c->hook_failed && !c->pod->plugged)
		ek_probes_start(c->slot, false, false);
	ek_pod_kick(c->pod);
}
