/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <ekube/file.h>
#include <ekube/clock.h>
#include <ekube/flow.h>
#include <ekube/informer.h>
#include <ekube/log.h>

#include "container.h"
#include "spec/env.h"
#include "handler.h"
#include "image_ensure.h"
#include "sandbox/pod_files.h"
#include "spec/podspec.h"
#include "prepare.h"
#include "probes.h"
#include "sandbox/sandbox.h"

/*
 *   OBJECTS ──► IMAGE ──► FOLDER ──► SANDBOX ──► PREPARE ──► LAUNCH ──► END
 *   (known)    (here)    (its root) (ready)     (the pool)  (the shim)
 *
 * Image and root on one side and the sandbox on the other come up at the same time: whoever is
 * slower is waited for. Up to PREPARE a cancel ends it; from LAUNCH on there is a container, and it
 * is stopped like one.
 */
enum { OBJECTS, IMAGE, FOLDER, SANDBOX, PREPARE, LAUNCH, END, N_STATES };

enum { CONFIG_RETRY_MS = 10 * 1000, COMMAND_ARGS = 16 };

struct ek_starting {
	struct ek_flow         flow;
	struct ek_slot        *slot;
	struct ek_pod         *pod;
	struct ek_json        *container;
	char                   id[65];
	char                  *dir;
	enum { NOT, FOR_OBJECTS, FOR_SANDBOX } waits;
	struct ek_image_ensure image;
	int target_pid; /* an ephemeral container looks at this one's processes; 0: at none */
	struct ek_work         work;
	struct ek_prepare      prepare;
	bool                   made;      /* the folder */
	struct ek_ctr         *ctr;       /* the shim was launched */
	struct ek_ctr_record   record;
	char                  *cgroup;
	const char            *reason;    /* of the failure */
	int64_t                retry_ms;
	struct ek_err          err;
	struct ek_node        *node;
};

static struct ek_starting *starting_of(struct ek_flow *f)
{
	return ek_container_of(f, struct ek_starting, flow);
}

static int fail(struct ek_starting *st, const char *reason, int rc)
{
	st->reason = reason;
	st->retry_ms = CONFIG_RETRY_MS;
	return rc;
}

/* ---- what users see ---- */

void ek_slot_wait(struct ek_slot *s, const char *reason, const char *message, int64_t retry_in_ms)
{
	ek_str_set(&s->wait_reason, reason);
	ek_str_set(&s->wait_message, message);
	s->retry_ms = retry_in_ms > 0 ? ek_clock_mono_ms() + retry_in_ms : 0;
}

void ek_slot_unwait(struct ek_slot *s)
{
	free(ek_steal(s->wait_reason));
	free(ek_steal(s->wait_message));
	s->retry_ms = 0;
}

/* ---- waiting for the pod ---- */

static int wait_or_go(struct ek_starting *st, int for_what, bool there, int next)
{
	if (there)
		return EK_GO(next);
	st->waits = for_what;
	return EK_WAIT(next);
}

void ek_starting_poke(struct ek_starting *st)
{
	const struct ek_pod *p = st->pod;
	bool there =
		(st->waits == FOR_OBJECTS && p->volumes && ek_volumes_objects_known(p->volumes)) ||
		(st->waits == FOR_SANDBOX && p->sandbox.state == EK_SANDBOX_READY &&
		 ek_volumes_ready(p->volumes));

	if (!there)
		return;
	st->waits = NOT;
	ek_flow_resume(&st->flow, 0);
}

static int step_objects(struct ek_flow *f)
{
	struct ek_starting *st = starting_of(f);
	const struct ek_pod *p = st->pod;

	return wait_or_go(st, FOR_OBJECTS, p->volumes && ek_volumes_objects_known(p->volumes),
			  IMAGE);
}

static void on_image(struct ek_image_ensure *e, int rc)
{
	struct ek_starting *st = ek_container_of(e, struct ek_starting, image);

	if (rc < 0 && rc != EK_ECANCELLED) {
		st->reason = e->reason;
		st->retry_ms = e->retry_ms;
		(void)ek_fail(&st->err, rc, "%s", e->message);
	}
	ek_flow_resume(&st->flow, rc);
}

static int step_image(struct ek_flow *f)
{
	struct ek_starting *st = starting_of(f);

	ek_image_ensure_start(&st->image, st->slot, st->container, on_image);
	return EK_WAIT(FOLDER);
}

/* ---- its folder ---- */

static void fill_record(struct ek_starting *st, const struct ek_image *image)
{
	const struct ek_slot *s = st->slot;
	const char *wanted = ek_json_str_at(st->container, "image");
	int attempt = s->cur ? s->cur->attempt + 1 : s->restarts;

	st->record = (struct ek_ctr_record){
		.uid = ek_str_dup(st->pod->uid),
		.ns = ek_str_dup(st->pod->ns),
		.pod = ek_str_dup(st->pod->name),
		.container = ek_str_dup(s->name),
		.attempt = attempt,
		.image = ek_image_display(image, wanted),
		.image_id = ek_image_display_id(image, wanted),
		.image_key = ek_str_dup(image->id),
		.image_spec = ek_str_dup(wanted),
		.cgroup = ek_str_dup(st->cgroup),
		.log_path = ek_str_fmt("%s/%s/%d.log", st->pod->log_dir, s->name, attempt),
		.term_path = ek_str_fmt("%s/containers/%s/%.8s", st->pod->dir, s->name, st->id),
		.tty = ek_json_bool_at(st->container, "tty", false),
		.has_stdin = ek_json_bool_at(st->container, "stdin", false),
		/* on disk by the wall clock, which goes on over a restart */
		.backoff = { .ms = s->backoff.ms,
			     .updated_ms = s->backoff.ms ? ek_clock_wall_us() / 1000 -
								   (ek_clock_mono_ms() -
								    s->backoff.updated_ms) :
							   0 },
	};
	st->prepare.log_path = ek_str_dup(st->record.log_path);
	st->prepare.term_path = ek_str_dup(st->record.term_path);
	(void)ek_str_into(st->record.stop_signal, sizeof(st->record.stop_signal), "%s", st->prepare.image.stop_signal);
}

/* Everything that says what the container is, before anything of it exists. */
static int make_folder(struct ek_starting *st, const struct ek_image *image)
{
	if (mkdir(st->dir, 0700) < 0)
		return ek_fail_errno(&st->err, "make %s", st->dir);
	st->made = true;
	int rc = ek_ctr_record_write(st->dir, &st->record, &st->err);

	return rc < 0 ? rc : ek_rootfs_mount(st->node->images, image, st->dir, &st->err);
}

static int step_folder(struct ek_flow *f)
{
	struct ek_starting *st = starting_of(f);
	const struct ek_image *image = ek_images_find(st->node->images, ek_json_str_at(st->container, "image"));
	int rc;

	if (!image) /* removed right after it was pulled */
		return fail(st, "ErrImagePull", ek_fail(&st->err, EK_ENOTFOUND, "the image was removed"));
	rc = ek_images_config(st->node->images, image, &st->prepare.image, &st->err);
	if (rc == 0) {
		fill_record(st, image);
		rc = make_folder(st, image);
	}
	return rc < 0 ? fail(st, "CreateContainerError", rc) : EK_GO(SANDBOX);
}

/* ---- the sandbox ---- */

static int step_sandbox(struct ek_flow *f)
{
	struct ek_starting *st = starting_of(f);
	const struct ek_pod *p = st->pod;

	return wait_or_go(st, FOR_SANDBOX,
			  p->sandbox.state == EK_SANDBOX_READY && ek_volumes_ready(p->volumes),
			  PREPARE);
}

/* ---- prepare ---- */

static int make_env(struct ek_starting *st)
{
	struct ek_node *n = st->node;
	EK_VEC(const struct ek_json *) services = { 0 };
	struct ek_informer_iter it;
	int rc;

	if (!ek_informer_synced(n->service_informer))
		return ek_fail(&st->err, EK_EUNAVAILABLE, "services have not yet been read at least once, cannot construct envvars");
	/* only those that can matter: of the pod's namespace, and the API's */
	for (struct ek_object *o = ek_informer_first(n->service_informer, st->pod->ns, NULL, &it);
	     o; o = ek_informer_next(&it))
		ek_vec_push(&services, ek_object_tree(o));
	if (!ek_streq(st->pod->ns, "default")) {
		struct ek_object *api = ek_informer_find(n->service_informer, "default", "kubernetes");

		if (api)
			ek_vec_push(&services, ek_object_tree(api));
	}
	const struct ek_env_source src = {
		.pod = st->prepare.pod,
		.container = st->container,
		.pod_ip = ek_pod_ip(st->pod),
		.host_ip = n->ip,
		.allocatable = n->allocatable,
		.services = services.items,
		.n_services = services.n,
		.find = ek_volumes_find,
		.arg = st->pod->volumes,
	};

	rc = ek_env_make(&src, &st->prepare.env, &st->err);
	ek_vec_done(&services);
	/* trees are for the moment */
	for (struct ek_object *o = ek_informer_first(n->service_informer, st->pod->ns, NULL, &it);
	     o; o = ek_informer_next(&it))
		ek_object_slim(o);
	return rc;
}

static void fill_paths(struct ek_starting *st)
{
	struct ek_prepare *p = &st->prepare;
	struct ek_sandbox_paths paths;
	const char *netns = ek_sandbox_netns(st->pod);
	bool privileged = ek_spec_is_privileged(st->container);

	ek_sandbox_paths(st->pod, &paths);
	p->dir = ek_str_dup(st->dir);
	p->shim_dir = ek_path_join(st->dir, "shim");
	p->hostname = ek_pod_hostname(p->pod, st->node->domain);
	p->cgroup = ek_str_dup(st->cgroup);
	p->netns = ek_str_dup(netns);
	p->ipcns = ek_steal(paths.ipc);
	p->utsns = ek_steal(paths.uts);
	p->pidns = st->target_pid ? ek_str_fmt("/proc/%d/ns/pid", st->target_pid) : ek_steal(paths.pid);
	p->shm = ek_steal(paths.shm);
	p->machine = st->node->machine;
	p->no_limits = st->node->no_limits;
	p->seccomp_dir = ek_path_join(st->node->data_dir, "seccomp");
	if (privileged && !st->node->devices)
		st->node->devices = ek_prepare_devices();
	p->devices = privileged ? ek_json_ref(st->node->devices) : NULL;
	ek_sandbox_paths_done(&paths);
}

static int run_prepare(struct ek_work *w)
{
	return ek_prepare_run(&ek_container_of(w, struct ek_starting, work)->prepare);
}

static void on_prepared(struct ek_work *w, int rc)
{
	struct ek_starting *st = ek_container_of(w, struct ek_starting, work);

	if (rc < 0 && rc != EK_ECANCELLED) {
		st->reason = st->prepare.reason;
		st->retry_ms = CONFIG_RETRY_MS;
		st->err = st->prepare.err;
	}
	ek_flow_resume(&st->flow, rc);
}

static int find_target(struct ek_starting *st)
{
	const char *name = ek_json_str_at(st->container, "targetContainerName");
	const struct ek_slot *s = ek_str_empty(name) ? NULL : ek_pod_slot(st->pod, name);

	if (ek_str_empty(name))
		return 0;
	if (!s || !ek_ctr_is_running(s->cur))
		return ek_fail(&st->err, EK_ENOTFOUND, "unable to find target container %s", name);
	st->target_pid = s->cur->shim.status.pid;
	return 0;
}

static int step_prepare(struct ek_flow *f)
{
	struct ek_starting *st = starting_of(f);
	int rc;

	st->prepare.pod = ek_json_ref(ek_pod_json(st->pod));
	st->prepare.container = ek_json_ref(st->container);
	rc = find_target(st);
	if (rc == 0)
		rc = make_env(st);
	if (rc < 0)
		return fail(st, "CreateContainerConfigError", rc);
	fill_paths(st);
	rc = ek_prepare_mounts(&st->prepare, st->pod, st->slot->name, &st->err);
	if (rc < 0)
		return fail(st, "CreateContainerConfigError", rc);
	st->work = (struct ek_work){ .run = run_prepare, .done = on_prepared };
	ek_work_start(st->node->loop, &st->work);
	return EK_WAIT(LAUNCH);
}

/* ---- launch ---- */

static int launch(struct ek_starting *st)
{
	struct ek_ctr *c = st->ctr;
	EK_FREE char *pid = ek_path_join(c->shim_dir, EK_SHIM_F_PID),
		     *oom = ek_cgroups_oom_file(st->node->cgroups, c->cgroup);
	const char *root = st->node->dirs.runtime;
	const char *argv[COMMAND_ARGS] = { st->node->runtime, "--root",   root,       "--log",
					   "/dev/null",       "run",      "--detach", "--bundle",
					   c->dir,            "--pid-file", pid };
	size_t n = 11;
	struct ek_shim_spec spec = {
		.program = st->node->shim,
		.dir = c->shim_dir,
		.log_path = c->log_path,
		.tty = c->tty,
		.oom_file = oom,
		.runtime = argv,
		.in = !c->has_stdin					 ? EK_SHIM_STDIN_NONE :
		      ek_json_bool_at(st->container, "stdinOnce", false) ? EK_SHIM_STDIN_ONCE :
									   EK_SHIM_STDIN_KEEP,
	};

	if (c->tty) {
		argv[n++] = "--console-socket";
		argv[n++] = EK_SHIM_CONSOLE;
	}
	argv[n++] = c->id;
	return ek_shim_launch(st->node->loop, &c->shim, &spec, &st->err);
}

static int step_launch(struct ek_flow *f)
{
	struct ek_starting *st = starting_of(f);
	int rc = ek_node_need_runtime(st->node, &st->err);

	if (rc < 0)
		return fail(st, "RunContainerError", rc);
	st->ctr = ek_ctr_new(st->slot, st->id, &st->record);
	st->ctr->starting = st;
	rc = launch(st);
	if (rc < 0) {
		ek_ctr_free(ek_steal(st->ctr));
		return fail(st, "RunContainerError", rc);
	}
	ek_warm_begin(&st->node->warm);
	return EK_WAIT(END);
}

void ek_starting_launched(struct ek_starting *st)
{
	ek_flow_resume(&st->flow, 0);
}

/* ---- the end ---- */

static void on_hook(void *arg, enum ek_outcome outcome, const char *words)
{
	struct ek_ctr *c = arg;

	c->hook = NULL;
	c->hook_running = false;
	if (outcome == EK_HANDLER_FAILED || outcome == EK_HANDLER_ERRORED) {
		/* the words may hold secrets: they go to the status, not into an event */
		ek_pod_event(c->pod, c->slot->name, "Warning", "FailedPostStartHook", "PostStartHook failed");
		c->hook_failed = true;
		ek_slot_wait(c->slot, "PostStartHookError", words, 0);
	} else {
		ek_probes_start(c->slot, false, false);
	}
	ek_pod_kick(c->pod);
}

static void begin_life(struct ek_slot *s, const struct ek_json *container)
{
	const struct ek_json *hook = ek_json_at(container, "lifecycle.postStart");

	if (!hook) {
		ek_probes_start(s, false, false);
		return;
	}
	s->cur->hook_running = true;
	s->cur->hook = ek_handler_start(s->cur, hook, "kube-lifecycle/1.32", 0, on_hook, s->cur);
}

/* The attempt reached the runtime: it is the slot's newest from now on. */
static void settle(struct ek_starting *st)
{
	struct ek_slot *s = st->slot;
	struct ek_ctr *c = st->ctr;
	const struct ek_shim_status *status = &c->shim.status;

	c->starting = NULL;
	ek_warm_end(&st->node->warm);
	if (s->before)
		ek_ctr_discard(s->before);
	s->before = s->cur;
	s->cur = c;
	s->must_restart = false;
	ek_slot_unwait(s);
	ek_pod_event(s->pod, s->name, "Normal", "Created", "Created container: %s", s->name);
	if (status->error[0]) {
		EK_FREE char *words = ek_str_fmt("failed to start container: OCI runtime create failed: %s", status->error);

		ek_pod_event(s->pod, s->name, "Warning", "Failed", "Error: %s", words);
		ek_slot_wait(s, "RunContainerError", words, 0);
	} else {
		ek_pod_event(s->pod, s->name, "Normal", "Started", "Started container %s", s->name);
		if (status->state == EK_SHIM_RUNNING && !st->node->stopping)
			begin_life(s, st->container);
	}
}

struct undo {
	struct ek_work  work;
	struct ek_pod  *pod;
	struct ek_node *node;
	char            id[65];
	char           *cgroup;
	struct ek_err   err;
};

static int run_undo(struct ek_work *w)
{
	struct undo *u = ek_container_of(w, struct undo, work);

	return ek_ctr_remove_folder(u->node, u->id, u->cgroup, &u->err);
}

static void on_undone(struct ek_work *w, int rc)
{
	struct undo *u = ek_container_of(w, struct undo, work);

	if (rc < 0)
		ek_warn("a half-made container is left for the next start", "id", u->id, "error", u->err.msg);
	u->pod->cleanups--;
	ek_pod_kick(u->pod);
	ek_node_release(u->node);
	free(u->cgroup);
	free(u);
}

static void undo_folder(struct ek_starting *st)
{
	struct undo *u = ek_new(struct undo);

	u->pod = st->pod;
	u->node = st->node;
	u->cgroup = ek_str_dup(st->cgroup);
	(void)ek_str_into(u->id, sizeof(u->id), "%s", st->id);
	u->work = (struct ek_work){ .run = run_undo, .done = on_undone };
	u->pod->cleanups++;
	ek_node_hold(u->node);
	ek_work_start(u->node->loop, &u->work);
}

static void tell_failure(struct ek_starting *st)
{
	struct ek_slot *s = st->slot;

	if (!st->reason)
		return;
	/* what was pulled in vain has said so already: upstream says it twice, too */
	ek_pod_event(s->pod, s->name, "Warning", "Failed", "Error: %s",
		     ek_streq(st->reason, "ErrImagePull") || ek_streq(st->reason, "ImagePullBackOff") ||
		     ek_streq(st->reason, "InvalidImageName") || ek_streq(st->reason, "ErrImageNeverPull") ? st->reason : st->err.msg);
	ek_slot_wait(s, st->reason, st->err.msg, st->retry_ms);
}

static int step_end(struct ek_flow *f)
{
	struct ek_starting *st = starting_of(f);

	st->slot->starting = NULL;
	if (st->ctr)
		settle(st);
	else if (st->made)
		undo_folder(st);
	if (f->rc < 0 && f->rc != EK_ECANCELLED)
		tell_failure(st);
	return EK_END;
}

static void on_done(struct ek_flow *f)
{
	struct ek_starting *st = starting_of(f);
	struct ek_ctr *c = st->ctr;
	struct ek_pod *p = st->pod;
	struct ek_node *n = st->node;

	ek_image_ensure_done(&st->image);
	ek_prepare_done(&st->prepare);
	ek_ctr_record_done(&st->record);
	ek_json_unref(st->container);
	free(st->dir);
	free(st->cgroup);
	free(st);
	if (c && n->stopping)
		ek_ctr_let_go(c);
	else if (c)
		ek_ctr_look(c); /* it may have ended already */
	ek_pod_kick(p);
	ek_node_release(n);
}

static void abort_wait(struct ek_flow *f)
{
	struct ek_starting *st = starting_of(f);

	if (st->waits != NOT) {
		st->waits = NOT;
		ek_flow_resume(f, EK_ECANCELLED);
	} else if (f->state == FOLDER) { /* a flow that waits is in the state that it waits for */
		ek_image_ensure_cancel(&st->image);
	} else if (f->state == LAUNCH) {
		ek_work_cancel(&st->work);
	}
}

static const struct ek_flow_state states[N_STATES] = {
	[OBJECTS] = { "objects", step_objects, EK_BIT(IMAGE) },
	[IMAGE]   = { "image", step_image, EK_BIT(FOLDER) },
	[FOLDER]  = { "folder", step_folder, EK_BIT(SANDBOX) },
	[SANDBOX] = { "sandbox", step_sandbox, EK_BIT(PREPARE) },
	[PREPARE] = { "prepare", step_prepare, EK_BIT(LAUNCH) },
	[LAUNCH]  = { "launch", step_launch, EK_BIT(END) },
	[END]     = { "end", step_end, 0 },
};

void ek_slot_start(struct ek_slot *s)
{
	struct ek_starting *st = ek_new(struct ek_starting);
	const struct ek_json *container = ek_slot_spec(s);

	EK_ASSERT(!s->starting && container);
	if (s->cur && s->cur->ended)
		ek_backoff_next(&s->backoff, s->cur->ended_ms, ek_clock_mono_ms());
	st->slot = s;
	st->pod = s->pod;
	st->node = s->pod->node;
	st->container = ek_json_ref(container);
	ek_random_id(st->id);
	st->dir = ek_path_join(st->node->dirs.containers, st->id);
	st->cgroup = ek_str_fmt("%s/%s", s->pod->cgroup, st->id);
	st->flow = (struct ek_flow){ .abort = abort_wait, .done = on_done };
	s->starting = st;
	ek_node_hold(st->node);
	ek_flow_start(&st->flow, states, N_STATES);
}

void ek_starting_cancel(struct ek_starting *st)
{
	if (!st->ctr)
		ek_flow_cancel(&st->flow);
}
